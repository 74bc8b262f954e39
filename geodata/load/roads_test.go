package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// osmText writes OSM XML from a short form, a line an element:
//
//	n1 -0.5 47.6 barrier=gate
//	w10 1,2,3 highway=residential name=Rue+du+Port
//	r5 from:w10 via:n2 to:w11 type=restriction restriction=no_left_turn
//
// A plus in a value is a space; "v3" after the id is a version.
func osmText(short string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<osm version="0.6">` + "\n")
	names := map[byte]string{'n': "node", 'w': "way", 'r': "relation"}
	for line := range strings.Lines(short) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		kind := names[words[0][0]]
		fmt.Fprintf(&b, `<%s id="%s"`, kind, words[0][1:])
		words = words[1:]
		if len(words) > 0 && words[0][0] == 'v' && !strings.Contains(words[0], "=") {
			fmt.Fprintf(&b, ` version="%s"`, words[0][1:])
			words = words[1:]
		}
		if kind == "node" {
			fmt.Fprintf(&b, ` lon="%s" lat="%s"`, words[0], words[1])
			words = words[2:]
		}
		b.WriteString(">")
		for _, word := range words {
			if key, value, ok := strings.Cut(word, "="); ok {
				fmt.Fprintf(&b, `<tag k="%s" v="%s"/>`, key, strings.ReplaceAll(value, "+", " "))
			} else if role, member, ok := strings.Cut(word, ":"); ok {
				fmt.Fprintf(&b, `<member type="%s" ref="%s" role="%s"/>`, names[member[0]], member[1:], role)
			} else {
				for ref := range strings.SplitSeq(word, ",") {
					fmt.Fprintf(&b, `<nd ref="%s"/>`, ref)
				}
			}
		}
		fmt.Fprintf(&b, "</%s>\n", kind)
	}
	b.WriteString("</osm>\n")
	return b.String()
}

// lineText writes GeoJSON lines from "x y,x y highway=residential" a line.
func lineText(short string) string {
	var features []string
	for line := range strings.Lines(short) {
		points, tags, _ := strings.Cut(strings.TrimSpace(line), " highway=")
		if points == "" {
			continue
		}
		var coords []string
		for p := range strings.SplitSeq(points, ",") {
			coords = append(coords, "["+strings.ReplaceAll(strings.TrimSpace(p), " ", ",")+"]")
		}
		highway, name, _ := strings.Cut(tags, " ")
		features = append(features, fmt.Sprintf(
			`{"type":"Feature","properties":{"highway":%q,"name":%q},"geometry":{"type":"LineString","coordinates":[%s]}}`,
			highway, name, strings.Join(coords, ",")))
	}
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",\n") + `]}`
}

func readRoads(t testing.TB, opt Options, paths ...string) (geodata.Roads, []*FileReport) {
	t.Helper()
	roads, reports, err := Roads(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	checkRoads(t, roads)
	return roads, reports
}

// checkRoads verifies what geodata.Roads promises.
func checkRoads(t testing.TB, r geodata.Roads) {
	t.Helper()
	used := make([]bool, len(r.Nodes))
	for i, w := range r.Ways {
		if i > 0 && w.ID <= r.Ways[i-1].ID {
			t.Fatalf("ways %d and %d are not in order", r.Ways[i-1].ID, w.ID)
		}
		if len(w.Nodes) < 2 {
			t.Fatalf("way %d has %d nodes", w.ID, len(w.Nodes))
		}
		for k, n := range w.Nodes {
			used[n] = true
			if k > 0 && n == w.Nodes[k-1] {
				t.Fatalf("way %d names a node twice in a row", w.ID)
			}
		}
		if !slices.IsSortedFunc(w.Tags, compareTag) {
			t.Fatalf("way %d: tags out of order: %v", w.ID, w.Tags)
		}
	}
	for i, n := range r.Nodes {
		if i > 0 && n.ID <= r.Nodes[i-1].ID {
			t.Fatalf("nodes %d and %d are not in order", r.Nodes[i-1].ID, n.ID)
		}
		if !used[i] {
			t.Fatalf("node %d is on no way", n.ID)
		}
	}
	for i, n := range r.Tagged {
		if i > 0 && n.Node <= r.Tagged[i-1].Node {
			t.Fatal("tagged nodes are not in order")
		}
	}
	for i, x := range r.Restrictions {
		if i > 0 && x.ID <= r.Restrictions[i-1].ID {
			t.Fatal("restrictions are not in order")
		}
	}
}

// shown writes roads as text: "w10: 1 2 3 highway=residential".
func shown(r geodata.Roads) string {
	var b strings.Builder
	tags := func(tags geodata.Tags) {
		for _, t := range tags {
			fmt.Fprintf(&b, " %s=%s", t.Key, t.Value)
		}
		b.WriteString("\n")
	}
	for _, w := range r.Ways {
		fmt.Fprintf(&b, "w%d:", w.ID)
		for _, n := range w.Nodes {
			fmt.Fprintf(&b, " %d", r.Nodes[n].ID)
		}
		tags(w.Tags)
	}
	for _, n := range r.Tagged {
		fmt.Fprintf(&b, "n%d:", r.Nodes[n.Node].ID)
		tags(n.Tags)
	}
	for _, x := range r.Restrictions {
		fmt.Fprintf(&b, "r%d: %d", x.ID, x.From)
		if x.ViaNode != 0 {
			fmt.Fprintf(&b, " (%d)", x.ViaNode)
		}
		for _, v := range x.ViaWays {
			fmt.Fprintf(&b, " %d", v)
		}
		fmt.Fprintf(&b, " %d", x.To)
		tags(x.Tags)
	}
	return b.String()
}

func wantShown(t *testing.T, r geodata.Roads, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if diff := cmp.Diff(strings.Join(lines, "\n")+"\n", shown(r)); diff != "" {
		t.Errorf("roads (-want +got):\n%s", diff)
	}
}

// wantNotes checks that the report says each of the texts, and nothing else.
func wantNotes(t *testing.T, rep *FileReport, texts ...string) {
	t.Helper()
	if len(rep.Notes) != len(texts) {
		t.Errorf("notes %q, want %q", rep.Notes, texts)
		return
	}
	for i, text := range texts {
		if !strings.Contains(rep.Notes[i], text) {
			t.Errorf("note %q, want %q", rep.Notes[i], text)
		}
	}
}

const grid = `
	n1 0.0 47.0
	n2 0.1 47.0
	n3 0.2 47.0
	n4 0.3 47.0
	n5 0.1 47.1
	n6 0.2 47.1
`

func TestRoadsOfATown(t *testing.T) {
	path := tempFile(t, "town.osm", osmText(grid+`
		n7 0.9 47.9 amenity=bench
		n8 0.1 47.2 barrier=gate access=private operator=somebody
		n9 0.1 47.3 highway=traffic_signals crossing=yes
		n10 0.2 47.2 highway=crossing
		w100 1,2,3 highway=residential name=Rue+du+Port oneway=yes surface=asphalt building=no
		w50 2,5,8,9 highway=track tracktype=grade2
		w60 3,6,10 highway=construction
		w70 6,10 waterway=stream
		w80 3,4 route=ferry duration=00:20 name=Le+bac
		w90 3,6 highway=path
		r5 from:w100 via:n2 to:w50 type=restriction restriction=no_left_turn except=bicycle day_on=Monday
	`))
	roads, reports := readRoads(t, Options{}, path)
	wantShown(t, roads, `
		w50: 2 5 8 9 highway=track tracktype=grade2
		w80: 3 4 duration=00:20 name=Le bac route=ferry
		w90: 3 6 highway=path
		w100: 1 2 3 highway=residential name=Rue du Port oneway=yes surface=asphalt
		n8: access=private barrier=gate
		n9: highway=traffic_signals
		r5: 100 (2) 50 except=bicycle restriction=no_left_turn
	`)
	if p := roads.Nodes[0]; p.ID != 1 || p.Lon != 0 || p.Lat != 470000000 {
		t.Errorf("node 1 is %+v", p)
	}
	rep := reports[0]
	if rep.Layer != "roads" || rep.Format != osmXML || rep.Read != 4 || rep.Loaded != 4 || len(rep.Rejected) != 0 {
		t.Errorf("report %+v", rep)
	}
	wantNotes(t, rep, "1 ways that nobody can use were left out: construction 1")
}

func TestEqualTagsShareMemory(t *testing.T) {
	path := tempFile(t, "town.osm", osmText(grid+`
		w1 1,2 highway=residential name=A source=survey
		w2 2,3 name=A highway=residential
		w3 3,4 highway=residential name=B`))
	roads, _ := readRoads(t, Options{}, path)
	if &roads.Ways[0].Tags[0] != &roads.Ways[1].Tags[0] {
		t.Error("the same tags stand in memory twice")
	}
	if &roads.Ways[0].Tags[0] == &roads.Ways[2].Tags[0] {
		t.Error("different tags share memory")
	}
}

func TestGapsCutWays(t *testing.T) {
	// Nodes 20 and 21 are beyond the border of the extract.
	path := tempFile(t, "cut.osm", osmText(grid+`
		w10 1,2,20,3,4 highway=primary
		w11 20,2,3,21 highway=primary
		w12 1,20,2,3,21,4,20,5,6 highway=primary
		w13 20,21,1,20 highway=primary
		w14 4,4,5,5,5,6 highway=primary
		w15 6 highway=primary
		w16 6,6 highway=primary
		w17 highway=primary
		r1 from:w10 via:n3 to:w11 type=restriction restriction=no_left_turn
		r2 from:w12 via:n5 to:w14 type=restriction restriction=only_right_turn
	`))
	roads, reports := readRoads(t, Options{}, path)
	const part = 1 << 40
	wantShown(t, roads, fmt.Sprintf(`
		w10: 1 2 highway=primary
		w11: 2 3 highway=primary
		w12: 2 3 highway=primary
		w14: 4 5 6 highway=primary
		w%[1]d: 3 4 highway=primary
		w%[2]d: 5 6 highway=primary
		r1: %[1]d (3) 11 restriction=no_left_turn
		r2: %[2]d (5) 14 restriction=only_right_turn
	`, 10+part, 12+part))
	rep := reports[0]
	if rep.Read != 8 || rep.Loaded != 4 || len(rep.Rejected) != 4 {
		t.Errorf("report: %+v", rep)
	}
	for i, want := range []string{
		"way 13: nodes = \"\": no two different nodes in a row",
		"way 15: nodes = \"\": fewer than two nodes",
		"way 16: nodes = \"\": no two different nodes in a row",
		"way 17: nodes = \"\": fewer than two nodes",
	} {
		if got := rep.Rejected[i].String(); !strings.HasPrefix(got, want) {
			t.Errorf("rejection %q, want %q", got, want)
		}
	}
	wantNotes(t, rep, "3 ways go through nodes that the file lacks, and end there; 2 of them lie in several parts", "1 ways name a node twice")
}

func TestTheAreaKeepsWholeWays(t *testing.T) {
	path := tempFile(t, "town.osm", osmText(grid+`
		w10 1,2,3,4 highway=primary
		w11 2,5 highway=primary
		w12 5,6 highway=primary
		r1 from:w10 via:n2 to:w11 type=restriction restriction=no_left_turn
		r2 from:w11 via:n5 to:w12 type=restriction restriction=no_left_turn`))
	west := func(p orb.Point) bool { return p[1] < 47.05 && p[0] < 0.15 }
	roads, reports := readRoads(t, Options{Keep: west}, path)
	wantShown(t, roads, `
		w10: 1 2 3 4 highway=primary
		w11: 2 5 highway=primary
		r1: 10 (2) 11 restriction=no_left_turn`)
	if rep := reports[0]; rep.Loaded != 2 || rep.Outside != 1 {
		t.Errorf("report: %+v", rep)
	}
	roads, reports = readRoads(t, Options{Keep: func(orb.Point) bool { return false }}, path)
	if len(roads.Ways) != 0 || reports[0].Outside != 3 {
		t.Errorf("a file whose roads all lie outside is sound: %+v", reports[0])
	}
}

func TestRestrictionsBetweenRoads(t *testing.T) {
	path := tempFile(t, "turns.osm", osmText(grid+`
		w10 1,2 highway=primary
		w11 2,3 highway=primary
		w12 3,4 highway=primary
		w13 2,5 highway=primary
		w14 5,6 highway=primary
		w15 6,3 highway=primary
		w99 6,3 waterway=stream
		r1 from:w10 from:w13 via:n2 to:w11 type=restriction restriction=no_entry
		r2 from:w10 via:w15 via:w14 via:w13 to:w12 type=restriction restriction=no_u_turn
		r3 from:w10 via:n2 to:w13 type=restriction restriction:conditional=no_left_turn+@+(Mo-Fr)
		r4 from:w10 via:n2 to:w99 type=restriction restriction=no_left_turn
		r5 from:w10 via:n3 to:w11 type=restriction restriction=no_left_turn
		r6 from:w10 to:w11 type=restriction restriction=no_left_turn
		r7 from:w10 via:n2 to:w11 type=restriction
		r8 from:w10 via:n2 to:w11 type=route restriction=no_left_turn
		r9 from:w10 via:n2 to:w11 type=restriction restriction:hgv=no_straight_on restriction:conditional=x
		r10 from:w10 via:w14 to:w12 type=restriction restriction=no_u_turn
	`))
	roads, reports := readRoads(t, Options{}, path)
	var got []string
	for line := range strings.Lines(shown(roads)) {
		if line[0] == 'r' {
			got = append(got, line)
		}
	}
	want := []string{
		"r1: 10 (2) 11 restriction=no_entry\n",
		"r2: 10 13 14 15 12 restriction=no_u_turn\n", // in the order of the journey
		"r9: 10 (2) 11 restriction:hgv=no_straight_on\n",
		fmt.Sprintf("r%d: 13 (2) 11 restriction=no_entry\n", 1+1<<40),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantNotes(t, reports[0], "6 turn restrictions were left out: holds at some hours only 1, is on ways or nodes that are not among the roads 1, joins ways that do not touch 2, lacks a from, a to, or one via 1, says nothing 1")
}

func TestOverlappingExtracts(t *testing.T) {
	// The second is newer: node 2 has moved, way 10 goes on to node 4. Way 12 is
	// cut in the first, where node 6 is missing.
	a := tempFile(t, "a.osm", osmText(`
		n1 v1 0.0 47.0
		n2 v1 0.1 47.0 barrier=gate
		n3 v1 0.2 47.0
		n5 v1 0.1 47.1
		w10 v1 1,2,3 highway=primary
		w11 v3 2,5 highway=primary name=new
		w12 v1 5,6 highway=primary
		r1 from:w10 via:n2 to:w11 type=restriction restriction=no_left_turn`))
	b := tempFile(t, "b.osm", osmText(`
		n2 v2 0.1 47.01 barrier=bollard
		n3 v1 0.2 47.0
		n4 v1 0.3 47.0
		n5 v1 0.1 47.1
		n6 v1 0.2 47.1
		w10 v2 2,3,4 highway=secondary
		w11 v2 2,5 highway=primary name=old
		w12 v1 5,6 highway=primary
		r1 from:w10 via:n2 to:w11 type=restriction restriction=no_left_turn`))
	roads, reports := readRoads(t, Options{}, a, b)
	wantShown(t, roads, `
		w10: 2 3 4 highway=secondary
		w11: 2 5 highway=primary name=new
		w12: 5 6 highway=primary
		n2: barrier=bollard
		r1: 10 (2) 11 restriction=no_left_turn`)
	if lat := roads.Nodes[0].Lat; roads.Nodes[0].ID != 2 || lat != 470100000 {
		t.Errorf("node 2 stands at latitude %d", lat)
	}
	for _, rep := range reports {
		if rep.Read != 3 || rep.Loaded != 3 {
			t.Errorf("%s: %+v", rep.File, rep)
		}
		wantNotes(t, rep, "3 ways stand in another file as well")
	}
	other, _ := readRoads(t, Options{}, b, a)
	if !reflect.DeepEqual(roads, other) {
		t.Error("the order of the files changes the roads")
	}
}

func TestLinesConnectWhereTheyShareAVertex(t *testing.T) {
	// The second line crosses the first at its inner vertex 0.1 47; the third
	// passes over it without a vertex there. 0.30000001 is 0.3 to 1e-7 degree.
	path := tempFile(t, "roads.geojson", lineText(`
		0 47,0.1 47,0.3 47 highway=secondary D 52
		0.1 46.9,0.1 47,0.1 47.1 highway=secondary D 74
		0.2 46.9,0.2 47.1 highway=secondary D 770
		0.30000001 47,0.3 47.1 highway=tertiary end`))
	roads, reports := readRoads(t, Options{}, path)
	// Vertices by longitude then latitude: 0,47 is -8 … 0.3,47.1 is -1.
	wantShown(t, roads, `
		w-4: -8 -6 -2 highway=secondary name=D 52
		w-3: -7 -6 -5 highway=secondary name=D 74
		w-2: -4 -3 highway=secondary name=D 770
		w-1: -2 -1 highway=tertiary name=end`)
	if rep := reports[0]; rep.Format != "GeoJSON" || rep.Read != 4 || rep.Loaded != 4 {
		t.Errorf("report: %+v", rep)
	}
}

func TestLinePropertiesAreTags(t *testing.T) {
	path := tempFile(t, "roads.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"Highway":"residential","oneway":true,"maxspeed":30,"lanes":2,"name":null,"ref":""},
		 "geometry":{"type":"MultiLineString","coordinates":[[[0,47],[0.1,47]],[[0.2,47],[0.3,47,12.5]]]}}]}`)
	roads, _ := readRoads(t, Options{}, path)
	wantShown(t, roads, `
		w-2: -4 -3 highway=residential maxspeed=30 oneway=true
		w-1: -2 -1 highway=residential maxspeed=30 oneway=true`)
}

func TestLinesAreProjected(t *testing.T) {
	// The origin of Lambert-93: 3° E, 46.5° N is x = 700000, y = 6600000.
	path := tempFile(t, "roads.geojson", `{"type":"FeatureCollection",
		"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}},"features":[
		{"type":"Feature","properties":{"highway":"primary"},
		 "geometry":{"type":"LineString","coordinates":[[700000,6600000],[700000,6610000]]}}]}`)
	roads, _ := readRoads(t, Options{}, path)
	if n := roads.Nodes[0]; n.Lon != 30000000 || n.Lat != 465000000 {
		t.Errorf("the origin of Lambert-93 is at %+v", n)
	}
}

func TestLinesOfAGeoPackageLayer(t *testing.T) {
	path := newSQLite(t, gpkgSchema+layerSQL("other", 4326, "")+layerSQL("lines", 4326, ", highway TEXT, maxspeed INTEGER")+`
		INSERT INTO lines VALUES (1, ?, 'primary', 80)`, gpkgBlob(4326, orb.LineString{{0, 47}, {0.1, 47}}))
	roads, reports := readRoads(t, Options{}, path+"#lines")
	wantShown(t, roads, "w-1: -2 -1 highway=primary maxspeed=80")
	if rep := reports[0]; rep.Format != "GeoPackage" || rep.File != path {
		t.Errorf("%s, %s", rep.Format, rep.File)
	}
}

func TestLinesJoinOpenStreetMap(t *testing.T) {
	town := tempFile(t, "town.osm", osmText(grid+"w10 1,2,3 highway=primary\nw11 5,6 waterway=river"))
	plan := tempFile(t, "planned.geojson", lineText(`
		0.1 47,0.1 47.1 highway=tertiary by-pass
		0.1 47.1,0.5 47.1 highway=tertiary by-pass`))
	want := `
		w-2: 2 -2 highway=tertiary name=by-pass
		w-1: -2 -1 highway=tertiary name=by-pass
		w10: 1 2 3 highway=primary`
	roads, _ := readRoads(t, Options{}, town, plan)
	wantShown(t, roads, want)
	other, _ := readRoads(t, Options{}, plan, town)
	if !reflect.DeepEqual(roads, other) {
		t.Error("the order of the files changes the roads")
	}
}

func TestLinesDrawnTwiceCountOnce(t *testing.T) {
	line := "0 47,0.1 47 highway=primary\n"
	a := tempFile(t, "a.geojson", lineText(line+"0 47,0.2 47 highway=primary"))
	b := tempFile(t, "b.geojson", lineText(line+line))
	roads, reports := readRoads(t, Options{}, a, b)
	wantShown(t, roads, `
		w-2: -3 -2 highway=primary
		w-1: -3 -1 highway=primary`)
	wantNotes(t, reports[0])
	wantNotes(t, reports[1], "2 lines were drawn before")
}

func TestLinesAtFaultAreRejected(t *testing.T) {
	feature := func(properties, kind, coordinates string) string {
		return fmt.Sprintf(`{"type":"Feature","properties":%s,"geometry":{"type":%q,"coordinates":%s}}`, properties, kind, coordinates)
	}
	road := `{"highway":"primary"}`
	path := tempFile(t, "roads.geojson", `{"type":"FeatureCollection","features":[`+strings.Join([]string{
		feature(road, "LineString", "[[0.01,47.01],[0.02,47.02]]"),
		feature(`{"name":"no class"}`, "LineString", "[[0,47],[1,47]]"),
		feature(`{"highway":"proposed"}`, "LineString", "[[0,47],[1,47]]"),
		feature(road, "LineString", "[[0,47],[1,97]]"),
		feature(road, "LineString", "[[0,47],[1000,47]]"),
		feature(road, "LineString", "[[0,47],[null,47]]"),
		feature(road, "LineString", "[[0,47],[NaN,47]]"),
		feature(road, "LineString", "[[0,47],[0.00000001,47]]"),
		feature(road, "LineString", "[]"),
		feature(road, "Point", "[0,47]"),
		`{"type":"Feature","properties":` + road + `,"geometry":null}`,
		feature(road, "LineString", "[[47.01,0.01],[47.02,0.02]]"),
		feature(road, "LineString", "[[20.01,10.01],[20.02,10.02]]"),
	}, ",\n")+`]}`)
	area := orb.Bound{Min: orb.Point{0, 47}, Max: orb.Point{0.1, 47.1}}
	roads, reports := readRoads(t, Options{Keep: area.Contains}, path)
	wantShown(t, roads, "w-1: -2 -1 highway=primary")
	rep := reports[0]
	if rep.Read != 12 || rep.Loaded != 1 || rep.Outside != 1 || len(rep.Rejected) != 10 {
		t.Errorf("read %d, loaded %d, outside %d, rejected %d", rep.Read, rep.Loaded, rep.Outside, len(rep.Rejected))
	}
	for i, want := range []string{
		`number 2: highway = "": missing`,
		`number 4: lat = "97": not a latitude`,
		`number 5: lon = "1000": not a longitude`,
		`number 6: geometry = "": "null`,
		`number 7: geometry = "": "NaN`,
		`number 8: geometry = "": fewer than two different vertices`,
		`number 9: geometry = "": fewer than two different vertices`,
		`number 10: geometry = "Point": expected a LineString`,
		`number 11: geometry = "": missing`,
		`longitude and latitude exchanged`,
	} {
		if got := rep.Rejected[i].String(); !strings.Contains(got, want) {
			t.Errorf("rejection %q, want %q", got, want)
		}
	}
	wantNotes(t, rep, "1 lines that nobody can use were left out: proposed 1")
}

func TestFilesWithoutRoads(t *testing.T) {
	good := tempFile(t, "good.osm", osmText(grid+"w10 1,2 highway=primary"))
	for _, c := range []struct{ name, content, want string }{
		{"empty.osm", "", "empty file"},
		{"page.osm", "<!DOCTYPE html><html><body>Not found</body></html>", "HTML"},
		{"page.geojson", "\n<html><head></head></html>", "HTML"},
		{"river.osm", osmText(grid + "w10 1,2 waterway=river"), "no roads: nothing in it has a highway tag"},
		{"works.osm", osmText(grid + "w10 1,2 highway=construction"), "no roads: nothing in it"},
		{"nodes.osm", osmText("w77 88,99 highway=primary"), "no roads: all of 1 records were rejected, the first: way 77"},
		{"nothing.osm", osmText(""), "no roads"},
		{"changes.osc", "<?xml version='1.0'?><osmChange version=\"0.6\"></osmChange>", "changes"},
		{"other.xml", "<?xml version='1.0'?><gpx></gpx>", "an XML file"},
		{"overpass.osm", strings.Replace(osmText(grid+"w10 1,2 highway=primary"), "</osm>",
			"<remark>runtime error: Query timed out</remark></osm>", 1), "incomplete"},
		{"table.csv", "a,b\n1,2\n", "no roads: a table without lines"},
		{"points.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"bus_stop"},"geometry":{"type":"Point","coordinates":[0,47]}}]}`, "expected a LineString"},
		{"none.geojson", `{"type":"FeatureCollection","features":[]}`, "without any feature"},
		{"cut.geojson", lineText("0 47,1 47 highway=primary")[:100], "ends in the middle"},
	} {
		path := tempFile(t, c.name, c.content)
		_, _, err := Roads(context.Background(), []string{good, path}, Options{})
		wantError(t, err, path, c.want)
	}
	missing := filepath.Join(t.TempDir(), "missing.osm")
	_, _, err := Roads(context.Background(), []string{missing}, Options{})
	wantError(t, err, missing, "no such file")
}

func TestXMLElementsAtFaultAreRejected(t *testing.T) {
	path := tempFile(t, "faults.osm", osmText(`
		n1 0.0 47.0
		n2 NaN 47.0
		n3 0.2 4700
		n4 here 47.0
		n5 0.4 47.0
		n6 0.5 47.0
		nX 0.5 47.0
		n7 900 900
		w10 1,2,3,4,5,6 highway=primary
		w11 1,x,5 highway=primary
		w-12 1,5 highway=primary
		w99999999999999 1,5 highway=primary
		rY from:w10 type=restriction
		r1 from:w10 via:n5 to:wZ type=restriction restriction=no_left_turn
	`))
	roads, reports := readRoads(t, Options{}, path)
	wantShown(t, roads, "w10: 5 6 highway=primary")
	var got []string
	for _, x := range reports[0].Rejected {
		got = append(got, fmt.Sprintf("%s %s %s", x.Record, x.Field, x.Value))
	}
	want := []string{
		"node 2 lon NaN", "node 3 lat 4700", "node 4 lon here", "node X id X",
		"relation 1 ref Z", "relation Y id Y", "way -12 id ", "way 11 ref x", "way 99999999999999 id ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDeletedElementsAreSkipped(t *testing.T) {
	text := osmText(grid + "w10 1,2 highway=primary\nw11 2,3 highway=primary\nw12 3,4 highway=primary")
	text = strings.Replace(text, `id="11"`, `id="11" action="delete"`, 1)
	text = strings.Replace(text, `id="12"`, `id="12" visible="false"`, 1)
	roads, _ := readRoads(t, Options{}, tempFile(t, "edited.osm", text))
	wantShown(t, roads, "w10: 1 2 highway=primary")
}

// TestOrderNeverMatters shuffles the records of random towns, deals them to
// several files, and expects the same roads.
func TestOrderNeverMatters(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for range 20 {
		var nodes, ways, lines []string
		for i := range 12 {
			nodes = append(nodes, fmt.Sprintf("n%d 0.%d 47.%d", i+1, r.IntN(5), r.IntN(5)))
		}
		for i := range 8 {
			ways = append(ways, fmt.Sprintf("w%d %d,%d,%d highway=primary", i+1, 1+r.IntN(14), 1+r.IntN(14), 1+r.IntN(14)))
			lines = append(lines, fmt.Sprintf("0.%d 47.%d,0.%d 47.%d highway=primary", r.IntN(5), r.IntN(5), r.IntN(5), r.IntN(5)))
		}
		for i := range 5 {
			ways = append(ways, fmt.Sprintf("r%d from:w%d via:n%d to:w%d type=restriction restriction=no_left_turn", i+1, 1+r.IntN(8), 1+r.IntN(12), 1+r.IntN(8)))
		}
		var first geodata.Roads
		for try := range 4 {
			r.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			r.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
			all := strings.Join(nodes, "\n") + "\n"
			half := r.IntN(len(ways)-1) + 1
			cut := r.IntN(len(lines)-1) + 1
			paths := []string{
				write("a.osm", osmText(all+strings.Join(ways[:half], "\n")+"\nw9 1,2,3,4,5,6,7,8 highway=path")),
				write("b.osm", osmText(strings.Join(ways[half:], "\n")+"\nw9 1,2,3,4,5,6,7,8 highway=path\n"+all)),
				write("a.geojson", lineText(strings.Join(lines[:cut], "\n")+"\n0 47,1 47 highway=path")),
				write("b.geojson", lineText(strings.Join(lines[cut:], "\n")+"\n0 47,1 47 highway=path")),
			}
			r.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
			roads, _ := readRoads(t, Options{}, paths...)
			if try == 0 {
				first = roads
			} else if diff := cmp.Diff(shown(first), shown(roads)); diff != "" || !reflect.DeepEqual(first.Nodes, roads.Nodes) {
				t.Fatalf("another order, other roads:\n%s", diff)
			}
		}
	}
}

func TestRoadsStopWhenCancelled(t *testing.T) {
	path := tempFile(t, "town.osm", osmText(grid+"w10 1,2 highway=primary"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := Roads(ctx, []string{path}, Options{})
	wantError(t, err, path, "context canceled")
}

func TestRoadsTellTheirProgress(t *testing.T) {
	for _, path := range []string{
		tempFile(t, "town.osm", osmText(grid+"w10 1,2 highway=primary")),
		tempFile(t, "town.osm.pbf", pbfTown(pbfOptions{dense: true})),
	} {
		var last, size int64
		_, _, err := Roads(context.Background(), []string{path}, Options{Progress: func(file string, read, of int64) {
			if file != path || read < last || read > of {
				t.Errorf("%s: %d of %d after %d", file, read, of, last)
			}
			last, size = read, of
		}})
		if err != nil || last != size || last == 0 {
			t.Errorf("%s: ended at %d of %d (%v)", path, last, size, err)
		}
	}
}

func FuzzRoadsGeoJSON(f *testing.F) {
	f.Add([]byte(lineText("0 47,0.1 47,0.3 47 highway=secondary D 52")))
	f.Add([]byte(`{"type":"Feature","properties":{"highway":"path","oneway":-1},"geometry":{"type":"MultiLineString","coordinates":[[[0,47],[1,47]],[]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRoads(t, "roads.geojson", data) })
}

func FuzzOSMXML(f *testing.F) {
	f.Add([]byte(osmText(grid + "w10 1,2,20,3 highway=primary\nr1 from:w10 via:n2 to:w10 type=restriction restriction=no_u_turn")))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRoads(t, "town.osm", data) })
}

// fuzzRoads expects sound roads or an error, and the same twice.
func fuzzRoads(t *testing.T, name string, data []byte) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	roads, _, err := Roads(context.Background(), []string{path}, Options{})
	if err != nil {
		return
	}
	checkRoads(t, roads)
	again, _, err := Roads(context.Background(), []string{path, path}, Options{})
	if err != nil || !reflect.DeepEqual(roads.Nodes, again.Nodes) || shown(roads) != shown(again) {
		t.Fatalf("reading a file twice over changes the roads (%v)", err)
	}
}
