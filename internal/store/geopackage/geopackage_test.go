package geopackage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
)

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func roundTrip(t testing.TB, s *geodata.Snapshot) *geodata.Snapshot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(context.Background(), path, s, Options{}); err != nil {
		t.Fatal(err)
	}
	back, err := Read(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestEmptyTerritoryComesBack(t *testing.T) {
	s := seal(t, geodata.Content{Territory: geodata.Territory{ID: "nowhere"}})
	if got := roundTrip(t, s); got.ID() != s.ID() {
		t.Error("another id")
	}
	s = seal(t, geodata.Content{Territory: geodata.Territory{ID: "nowhere"}, Catalogue: geodata.Catalogue{}})
	if got := roundTrip(t, s); got.ID() != s.ID() {
		t.Error("an empty catalogue became none")
	}
}

// draw makes any content that NewSnapshot accepts.
func draw(t *rapid.T) geodata.Content {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", " ", "a", "A", "é'\"<&>", "=1+1", "\x00", "\u2028\n\r\t", "12", "1e3", "日本", "NULL"}), rapid.String())
	name := func(n int, label string) []string {
		return rapid.SliceOfNDistinct(text, 0, n, rapid.ID[string]).Draw(t, label)
	}
	str := func(label string) string { return text.Draw(t, label) }
	yes := func(label string) bool { return rapid.Bool().Draw(t, label) }
	degrees := rapid.OneOf(rapid.Float64Range(-90, 90), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-7, 5e-324, 90, -90, 47.123456789012345}))
	point := func(label string) orb.Point { return orb.Point{degrees.Draw(t, label), degrees.Draw(t, label)} }
	ring := func(label string) orb.Ring {
		r := orb.Ring{}
		for range rapid.IntRange(0, 5).Draw(t, label) {
			r = append(r, point(label))
		}
		return r
	}
	tags := func(label string) geodata.Tags {
		if yes(label + " nil") {
			return nil
		}
		keys := rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom([]string{"highway", "name", "ref", "oneway", "maxspeed", "access", ""}), text), 0, 5, rapid.ID[string]).Draw(t, label)
		slices.Sort(keys)
		out := geodata.Tags{}
		for _, k := range keys {
			out = append(out, geodata.Tag{Key: k, Value: str(label)})
		}
		return out
	}
	amount := rapid.OneOf(rapid.Int64Range(0, 1e12), rapid.Int64Range(0, int64(geodata.MaxAmount)), rapid.Int64Range(0, math.MaxInt64), rapid.SampledFrom([]int64{0, 1, 1<<51 + 1, 1<<53 - 1, 1<<53 + 1, math.MaxInt64}))

	c := geodata.Content{Territory: geodata.Territory{ID: "t" + str("id"), Name: str("name"), Modelled: yes("modelled")}}
	if yes("catalogue") {
		c.Catalogue = geodata.DefaultCatalogue()
		c.Catalogue[0].OSM, c.Catalogue[1].Demand, c.Catalogue[2].Within = nil, nil, map[string][]int{}
	} else {
		c.Catalogue = geodata.Catalogue{{ID: "creche"}}
	}
	for _, id := range name(4, "communes") {
		m := geodata.Commune{Code: "m" + id, Name: str("n"), EPCI: str("e"), EPCIName: str("en"), Population: rapid.IntRange(0, 1e6).Draw(t, "pop"), Study: yes("study")}
		for range rapid.IntRange(0, 2).Draw(t, "polygons") {
			var poly orb.Polygon
			for range rapid.IntRange(0, 2).Draw(t, "rings") {
				poly = append(poly, ring("ring"))
			}
			m.Outline = append(m.Outline, poly)
		}
		c.Communes = append(c.Communes, m)
	}
	p := &c.Population
	p.CellSize, p.Vintage, p.Name = rapid.IntRange(0, 1000).Draw(t, "size"), rapid.IntRange(0, 2100).Draw(t, "year"), str("grid")
	for _, id := range name(5, "cells") {
		cell := geodata.Cell{ID: "c" + id, Centre: point("centre"), Commune: str("commune"), Study: yes("s"), Imputed: yes("i")}
		if yes("outline") {
			cell.Outline = ring("outline")
		}
		p.Cells = append(p.Cells, cell)
	}
	for _, col := range rapid.SliceOfNDistinct(rapid.OneOf(rapid.SampledFrom([]string{"ind", "Ind", "IND", "fid", "geom", "lon", "commune", "commune_2", "gpkg_x", "1a", ""}), text), 0, 5, rapid.ID[string]).Draw(t, "columns") {
		values := make([]geodata.Amount, len(p.Cells))
		for i := range values {
			values[i] = geodata.Amount(amount.Draw(t, "amount"))
		}
		p.Columns = append(p.Columns, geodata.Column{Name: col, Values: values})
	}
	for _, id := range name(4, "facilities") {
		f := geodata.Facility{ID: "f" + id, Name: str("n"), Service: "creche", Location: point("at"), Commune: str("c"), Itinerant: yes("it"), Note: str("note"), Source: str("src"),
			Accessible: rapid.SampledFrom([]geodata.Accessibility{"", "yes", "no", "limited"}).Draw(t, "acc"),
			Status:     rapid.SampledFrom([]geodata.Status{geodata.Existing, geodata.Planned, geodata.Candidate}).Draw(t, "status")}
		if yes("capacity") {
			n := rapid.Int().Draw(t, "places")
			f.Capacity = &n
		}
		if yes("hours") {
			f.Hours = &geodata.WeeklyHours{}
			for d := range f.Hours {
				from := 0
				for range rapid.IntRange(0, 2).Draw(t, "spans") {
					a := rapid.IntRange(from, 1439).Draw(t, "from")
					b := rapid.IntRange(a+1, 1440).Draw(t, "to")
					f.Hours[d] = append(f.Hours[d], geodata.Interval{From: a, To: b})
					if from = b; from > 1438 {
						break
					}
				}
			}
		}
		c.Facilities = append(c.Facilities, f)
	}
	r := &c.Roads
	for _, id := range rapid.SliceOfNDistinct(rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64()), 2, 6, rapid.ID[int64]).Draw(t, "nodes") {
		r.Nodes = append(r.Nodes, geodata.RoadNode{ID: id, Lon: rapid.Int32().Draw(t, "lon"), Lat: rapid.Int32().Draw(t, "lat")})
	}
	node := func(label string) int32 { return int32(rapid.IntRange(0, len(r.Nodes)-1).Draw(t, label)) }
	for _, id := range rapid.SliceOfNDistinct(rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64()), 0, 4, rapid.ID[int64]).Draw(t, "ways") {
		w := geodata.Way{ID: id, Tags: tags("way tags")}
		for range rapid.IntRange(2, 5).Draw(t, "length") {
			w.Nodes = append(w.Nodes, node("through"))
		}
		r.Ways = append(r.Ways, w)
	}
	for range rapid.IntRange(0, 3).Draw(t, "tagged") {
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: node("tagged"), Tags: tags("node tags")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "restrictions") {
		r.Restrictions = append(r.Restrictions, geodata.Restriction{ID: rapid.Int64().Draw(t, "rid"), From: rapid.Int64().Draw(t, "from"), ViaNode: rapid.Int64().Draw(t, "via"),
			ViaWays: rapid.SliceOf(rapid.Int64()).Draw(t, "via ways"), To: rapid.Int64().Draw(t, "to"), Tags: tags("restriction tags")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "sources") {
		c.Sources = append(c.Sources, geodata.Source{Layer: str("l"), Name: str("n"), Publisher: str("p"), Licence: str("li"), Vintage: str("v")})
	}
	return c
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		s, err := geodata.NewSnapshot(draw(t))
		if err != nil {
			t.Fatal(err)
		}
		n++
		path := filepath.Join(dir, fmt.Sprint(n, ".gpkg"))
		if err := Write(context.Background(), path, s, Options{}); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path) //nolint:errcheck // in a temporary folder
		back, err := Read(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		if back.ID() != s.ID() {
			t.Errorf("another id: %s", cmp.Diff(s.Content(), back.Content(), cmpopts.EquateEmpty()))
		}
		// The id leaves out where things come from.
		if diff := cmp.Diff(s.Content(), back.Content(), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSameSnapshotGivesTheSameBytes(t *testing.T) {
	s := seal(t, smallTown(t))
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "t.gpkg")
		if err := Write(t.Context(), path, s, Options{}); err != nil {
			t.Fatal(err)
		}
		files[i], _ = os.ReadFile(path)
	}
	if len(files[0]) == 0 || !bytes.Equal(files[0], files[1]) {
		t.Error("two files of the same snapshot differ")
	}
}

func TestRecordsAFileCannotHoldAreNamed(t *testing.T) {
	for want, breakIt := range map[string]func(*geodata.Content){
		"commune without an id":                                        func(c *geodata.Content) { c.Communes[0].Code = "" },
		`commune "49001": "\xff" is not UTF-8 text`:                    func(c *geodata.Content) { c.Communes[0].Name = "\xff" },
		"way 1: tags must be sorted by key, each key once (a)":         func(c *geodata.Content) { c.Roads.Ways[0].Tags = geodata.Tags{{Key: "b"}, {Key: "a"}} },
		"way 1: tags must be sorted by key, each key once (b)":         func(c *geodata.Content) { c.Roads.Ways[0].Tags = geodata.Tags{{Key: "b"}, {Key: "b"}} },
		"facility creche-1: opening hours \"Mo 10:00-09:00\": spans o": func(c *geodata.Content) { c.Facilities[0].Hours = &geodata.WeeklyHours{{{From: 600, To: 540}}} },
	} {
		c := smallTown(t)
		breakIt(&c)
		dir := t.TempDir()
		err := Write(t.Context(), filepath.Join(dir, "t.gpkg"), seal(t, c), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		nothingIn(t, dir)
	}
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s was left behind", e.Name())
	}
}

func TestCancelledWritingLeavesNothing(t *testing.T) {
	s := seal(t, manyRoads(20_000))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	last := 0
	err := Write(ctx, filepath.Join(dir, "t.gpkg"), s, Options{Progress: func(done, total int) {
		if last = done; done > total/2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || last == 0 {
		t.Error(err, last)
	}
	nothingIn(t, dir)
	if _, err := Read(ctx, filepath.Join(dir, "t.gpkg")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestCancelledReadingStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(t.Context(), path, seal(t, smallTown(t)), Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, path); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestProgressEndsAtTheTotal(t *testing.T) {
	s := seal(t, manyRoads(5000))
	last, sum := -1, 0
	err := Write(t.Context(), filepath.Join(t.TempDir(), "t.gpkg"), s, Options{Progress: func(done, total int) {
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last, sum = done, total
	}})
	if err != nil || last != sum || sum < 5000 {
		t.Error(err, last, sum)
	}
}

// manyRoads is a grid of streets with about as many nodes per way as a real network.
func manyRoads(ways int) geodata.Content {
	r := rand.New(rand.NewPCG(1, uint64(ways)))
	c := geodata.Content{Territory: geodata.Territory{ID: "roads", Name: "Roads"}, Catalogue: geodata.DefaultCatalogue()}
	classes := []string{"residential", "residential", "service", "tertiary", "unclassified", "track", "secondary"}
	shared := map[string]geodata.Tags{}
	id := int64(4_000_000_000)
	for w := range ways {
		lon, lat := r.Int32N(10_000_000)-758_000_000, r.Int32N(10_000_000)+388_000_000
		way := geodata.Way{ID: int64(10_000 + 7*w)}
		for range 2 + r.IntN(12) {
			id += 1 + r.Int64N(3)
			lon, lat = lon+r.Int32N(4000), lat+r.Int32N(4000)-2000
			way.Nodes = append(way.Nodes, int32(len(c.Roads.Nodes)))
			c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: id, Lon: lon, Lat: lat})
		}
		class, name := classes[r.IntN(len(classes))], fmt.Sprint("Road ", r.IntN(20_000))
		key := class + name
		if shared[key] == nil {
			shared[key] = geodata.Tags{{Key: "highway", Value: class}, {Key: "lanes", Value: "2"}, {Key: "name", Value: name}, {Key: "surface", Value: "asphalt"}}
		}
		way.Tags = shared[key]
		c.Roads.Ways = append(c.Roads.Ways, way)
		if w%20 == 0 {
			c.Roads.Tagged = append(c.Roads.Tagged, geodata.TaggedNode{Node: way.Nodes[0], Tags: geodata.Tags{{Key: "highway", Value: "traffic_signals"}}})
		}
	}
	return c
}

func delaware(b *testing.B) *geodata.Snapshot {
	s := seal(b, manyRoads(85_000))
	b.Logf("%d ways, %d nodes", len(s.Roads().Ways), len(s.Roads().Nodes))
	return s
}

func BenchmarkWrite(b *testing.B) {
	s := delaware(b)
	path := filepath.Join(b.TempDir(), "t.gpkg")
	for b.Loop() {
		if err := Write(b.Context(), path, s, Options{Overwrite: true}); err != nil {
			b.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

func BenchmarkRead(b *testing.B) {
	s := delaware(b)
	path := filepath.Join(b.TempDir(), "t.gpkg")
	if err := Write(b.Context(), path, s, Options{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		back, err := Read(b.Context(), path)
		if err != nil || back.ID() != s.ID() {
			b.Fatal(err, "or another id")
		}
	}
}

func FuzzDecodeBlobs(f *testing.F) {
	c := manyRoads(20)
	f.Add(encodeNodes(c.Roads.Nodes))
	f.Add(encodeLines(c.Roads.Ways))
	f.Fuzz(func(t *testing.T, blob []byte) {
		if nodes, err := decodeNodes(nil, blob); err == nil {
			if again, err := decodeNodes(nil, encodeNodes(nodes)); err != nil || !slices.Equal(nodes, again) {
				t.Fatal("nodes", err)
			}
		}
		if ways, err := decodeLines(nil, blob); err == nil {
			if again, err := decodeLines(nil, encodeLines(ways)); err != nil || !cmp.Equal(ways, again) {
				t.Fatal("lines", err)
			}
		}
	})
}
