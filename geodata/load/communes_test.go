package load

import (
	"bufio"
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
)

const smallSquare = `{"type":"Polygon","coordinates":[[[0,47],[0.02,47],[0.02,47.02],[0,47.02],[0,47]]]}`

// communesOf reads communes from the text of a GeoJSON file.
func communesOf(t testing.TB, text string) ([]geodata.Commune, *FileReport) {
	t.Helper()
	cs, rep, err := Communes(context.Background(), tempFile(t, "communes.geojson", text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return cs, rep
}

func TestCommuneFieldsUnderTheirCommonNames(t *testing.T) {
	want := geodata.Commune{Code: "49347", Name: "Tiercé", EPCI: "200068955", EPCIName: "CC Anjou Loir et Sarthe", Population: 4589}
	for _, properties := range []string{
		`{"code":"49347","nom":"Tiercé","population":4589,"epci":"200068955","epci_nom":"CC Anjou Loir et Sarthe"}`,
		`{"INSEE_COM":"49347","NOM":"Tiercé","POPULATION":"4589","SIREN_EPCI":"200068955","NOM_EPCI":"CC Anjou Loir et Sarthe"}`,
		`{"code_insee":"49347","nom_officiel":"Tiercé","population":4589.0,"codes_siren_des_epci":"200068955","nom_epci":"CC Anjou Loir et Sarthe"}`,
		`{"CODGEO":"49347","LIBGEO":"Tiercé","PMUN":4589,"EPCI":200068955,"LIBEPCI":"CC Anjou Loir et Sarthe"}`,
		`{"insee":49347,"name":"Tiercé","pop":4589,"codeEpci":"200068955","epci_name":"CC Anjou Loir et Sarthe"}`,
	} {
		cs, rep := communesOf(t, collection(feature(properties, smallSquare)))
		got := cs[0]
		got.Outline = nil
		if len(cs) != 1 || !reflect.DeepEqual(got, want) || len(rep.Notes) > 0 {
			t.Errorf("%s: %+v, notes %q; want %+v", properties, got, rep.Notes, want)
		}
	}
}

func TestCommuneOptionalFields(t *testing.T) {
	cs, rep := communesOf(t, collection(feature(`{"code":"2A004","population":null,"epci":"NC"}`, smallSquare)))
	if c := cs[0]; c.Code != "2A004" || c.Name != "2A004" || c.Population != 0 || c.EPCI != "" {
		t.Errorf("%+v", c)
	}
	if want := []string{"communes without a name, which show their code: 1"}; !slices.Equal(rep.Notes, want) {
		t.Errorf("notes %q, want %q", rep.Notes, want)
	}
}

func TestCommunesAtFaultAreRejectedAndTheRestLoads(t *testing.T) {
	const lambert = `{"type":"Polygon","coordinates":[[[440000,6720000],[450000,6720000],[450000,6730000],[440000,6720000]]]}`
	for text, want := range map[string]Rejection{
		feature(`{"nom":"Tiercé"}`, smallSquare): {"feature number 2", "", "",
			"no INSEE code: expected a field code, insee, insee_com, code_insee, codgeo, insee_code, codeinsee, code_commune, depcom"},
		feature(`{"code":"1033"}`, smallSquare): {"feature number 2", "code", "1033",
			"not an INSEE code of five characters such as 49347 or 2A004 (is a leading zero lost?)"},
		feature(`{"INSEE":"49 347"}`, smallSquare): {"feature number 2", "INSEE", "49 347",
			"not an INSEE code of five characters such as 49347 or 2A004 (is a leading zero lost?)"},
		feature(`{"code":"49007"}`, smallSquare): {"feature number 2", "code", "49007", "the same commune as feature number 1 (49007), which was kept"},
		feature(`{"code":"49347","population":-3}`, smallSquare): {"feature number 2 (49347)", "population", "-3",
			"not a number of people: expected a whole number such as 4589"},
		feature(`{"code":"49347","population":"12,5"}`, smallSquare): {"feature number 2 (49347)", "population", "12,5",
			"not a number of people: expected a whole number such as 4589"},
		feature(`{"code":"49347"}`, `null`): {"feature number 2 (49347)", "geometry", "", "no outline: expected a Polygon or MultiPolygon"},
		feature(`{"code":"49347"}`, `{"type":"Point","coordinates":[0,47]}`): {"feature number 2 (49347)", "geometry", "Point",
			"expected a Polygon or MultiPolygon"},
		feature(`{"code":"49347"}`, `{"type":"Polygon","coordinates":[]}`): {"feature number 2 (49347)", "geometry", "",
			"no ring of three distinct points or more"},
		feature(`{"code":"49347"}`, `{"type":"Polygon","coordinates":[[[0,47],[1,47],[0,47],[0,47]]]}`): {"feature number 2 (49347)", "geometry", "",
			"no ring of three distinct points or more"},
		feature(`{"code":"49347"}`, `{"type":"Polygon","coordinates":[[[47,0],[47,1],[48,1],[47,0]]]}`): {"feature number 2 (49347)", "geometry", "47.5, 0.5",
			"looks like latitude, longitude: swap"},
		feature(`{"code":"49347"}`, `{"type":"Polygon","coordinates":[[[0,47],[0,47.02],[181,47.02],[0,47]]]}`): {"feature number 2 (49347)", "geometry", "181, 47.02",
			"not a longitude and latitude in degrees"},
		feature(`{"code":"49347"}`, lambert): {"feature number 2 (49347)", "geometry", "440000, 6720000",
			"not a longitude and latitude in degrees; it fits Lambert-93 (EPSG:2154), which the file must then state"},
	} {
		cs, rep := communesOf(t, collection(feature(`{"code":"49007"}`, smallSquare)+","+text+","+feature(`{"code":"49333"}`, smallSquare)))
		if len(cs) != 2 || cs[0].Code != "49007" || cs[1].Code != "49333" || rep.Read != 3 || rep.Loaded != 2 {
			t.Errorf("%s: %d communes, %d read, %d loaded", text, len(cs), rep.Read, rep.Loaded)
		}
		if !slices.Equal(rep.Rejected, []Rejection{want}) {
			t.Errorf("%s: rejected\n%+v, want\n%+v", text, rep.Rejected, want)
		}
	}
}

func TestCommuneFilesThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct {
		content string
		words   []string
	}{
		{"code,nom\n49347,Tiercé\n", []string{"no outlines", "not CSV"}},
		{collection(feature(`{"nom":"Tiercé"}`, smallSquare)), []string{"none of 1 records", "fields: nom", "no INSEE code"}},
		{`{"crs":{"properties":{"name":"EPSG:27572"}},"features":[` + feature(`{}`, `null`) + `]}`, []string{"EPSG:27572 is not supported", "2154"}},
		{"<html>", []string{"HTML page"}},
	} {
		path := tempFile(t, "t.geojson", c.content)
		cs, rep, err := Communes(context.Background(), path, Options{})
		wantError(t, err, path, c.words...)
		if cs != nil || rep == nil || rep.File != path || rep.Layer != "communes" {
			t.Errorf("%d communes, report %+v", len(cs), rep)
		}
	}
}

// Outlines with faults whose right form can be told by hand, in hundredths of
// a degree north-east of 0° E, 47° N.
func TestOutlinesAreMadeValid(t *testing.T) {
	ring := func(xy ...float64) (r orb.Ring) {
		for i := 0; i < len(xy); i += 2 {
			r = append(r, orb.Point{xy[i] / 100, 47 + xy[i+1]/100})
		}
		return r
	}
	square := ring(0, 0, 4, 0, 4, 4, 0, 4, 0, 0)
	hole := ring(1, 1, 1, 2, 2, 2, 2, 1, 1, 1)
	reversed := func(r orb.Ring) orb.Ring { r = slices.Clone(r); r.Reverse(); return r }
	for name, c := range map[string]struct {
		outline, want orb.MultiPolygon
		notes         []string // what each begins with
	}{
		"already valid":   {orb.MultiPolygon{{square, hole}}, orb.MultiPolygon{{square, hole}}, nil},
		"turned":          {orb.MultiPolygon{{reversed(square), reversed(hole)}}, orb.MultiPolygon{{square, hole}}, nil},
		"not closed":      {orb.MultiPolygon{{square[:4]}}, orb.MultiPolygon{{square}}, []string{"rings closed: 1"}},
		"repeated points": {orb.MultiPolygon{{ring(0, 0, 0, 0, 4, 0, 4, 4, 4, 4, 0, 4, 0, 0, 0, 0)}}, orb.MultiPolygon{{square}}, nil},
		"a hole of 2 points": {orb.MultiPolygon{{square, ring(1, 1, 2, 2, 1, 1)[:2], hole}}, orb.MultiPolygon{{square, hole}},
			[]string{"rings closed: 1", "rings of fewer than three distinct points dropped: 1"}},
		"two parts": {orb.MultiPolygon{{square}, {ring(6, 0, 8, 0, 7, 1, 6, 0)}}, orb.MultiPolygon{{square}, {ring(6, 0, 8, 0, 7, 1, 6, 0)}}, nil},
		"an hourglass": {orb.MultiPolygon{{ring(0, 0, 4, 4, 4, 0, 0, 4, 0, 0)}},
			orb.MultiPolygon{{ring(0, 0, 2, 2, 0, 4, 0, 0)}, {ring(2, 2, 4, 0, 4, 4, 2, 2)}},
			[]string{"outline repaired (polygon ring not simple (at or near {0 47})): area 0.0000 km² before, 6.76"}},
		"a spike":              {orb.MultiPolygon{{ring(0, 0, 4, 0, 4, 4, 6, 6, 4, 4, 0, 4, 0, 0)}}, orb.MultiPolygon{{square}}, []string{"outline repaired"}},
		"a spike on its edge":  {orb.MultiPolygon{{ring(0, 0, 4, 0, 2, 0, 4, 0, 4, 4, 0, 4, 0, 0)}}, nil, []string{"outline repaired"}},
		"a hole by its border": {orb.MultiPolygon{{ring(0, 0, 2, 1, 1, 2, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0)}}, orb.MultiPolygon{{square, ring(0, 0, 1, 2, 2, 1, 0, 0)}}, []string{"outline repaired"}},
		"a hole outside":       {orb.MultiPolygon{{square, ring(6, 6, 6, 7, 7, 7, 6, 6)}}, orb.MultiPolygon{{square}}, []string{"outline repaired"}},
		"a hole twice":         {orb.MultiPolygon{{square, hole, hole}}, orb.MultiPolygon{{square, hole}}, []string{"outline repaired"}},
		"a part twice":         {orb.MultiPolygon{{square}, {square}}, orb.MultiPolygon{{square}}, []string{"outline repaired"}},
		"a part in a part":     {orb.MultiPolygon{{square}, {reversed(hole)}}, orb.MultiPolygon{{square}}, []string{"outline repaired"}},
	} {
		got, notes, err := cleanOutline(c.outline)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.want == nil {
			c.want = orb.MultiPolygon{{square}} // with a point on an edge
		}
		if d := difference(got, c.want); d > 1e-12 {
			t.Errorf("%s: %v\nwant %v (area between them %g square degrees)", name, got, c.want, d)
		}
		checkOutline(t, name, got)
		if len(notes) != len(c.notes) {
			t.Errorf("%s: notes %q, want %q", name, notes, c.notes)
			continue
		}
		for i, n := range notes {
			if !strings.HasPrefix(n, c.notes[i]) {
				t.Errorf("%s: note %q, want %q", name, n, c.notes[i])
			}
		}
	}
}

// difference is the area that lies in one outline only.
func difference(a, b orb.MultiPolygon) float64 {
	d, err := geom.SymmetricDifference(toGeom(a).AsGeometry(), toGeom(b).AsGeometry())
	if err != nil {
		return math.Inf(1)
	}
	return d.Area()
}

// checkOutline checks what geodata.Commune promises of its outline.
func checkOutline(t testing.TB, name string, mp orb.MultiPolygon) {
	t.Helper()
	if err := toGeom(mp).Validate(); err != nil || len(mp) == 0 {
		t.Errorf("%s: outline is not valid: %v", name, err)
	}
	for _, polygon := range mp {
		for i, ring := range polygon {
			if !ring.Closed() || len(ring) < 4 || len(slices.Compact(slices.Clone(ring))) != len(ring) {
				t.Errorf("%s: ring %v", name, ring)
			}
			if a := ringArea(ring); (a > 0) != (i == 0) || a == 0 {
				t.Errorf("%s: ring %d has the signed area %g", name, i, a)
			}
		}
	}
}

// Whatever the ring, the repaired outline holds exactly what the ring winds
// around an odd number of times.
func TestRepairKeepsEvenOddRegion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 12).Draw(t, "n")
		var ring orb.Ring
		for range n {
			ring = append(ring, orb.Point{float64(rapid.IntRange(0, 6).Draw(t, "x")), float64(rapid.IntRange(0, 6).Draw(t, "y"))})
		}
		ring = append(ring, ring[0])
		got, _, err := cleanOutline(orb.MultiPolygon{{ring}})
		if err == nil {
			if err := toGeom(got).Validate(); err != nil {
				t.Fatalf("%v: %v", got, err)
			}
		}
		for x := 0.37; x < 6; x++ {
			for y := 0.41; y < 6; y++ {
				p := orb.Point{x, y}
				inside := slices.ContainsFunc(got, func(polygon orb.Polygon) bool { return covers(polygon, p) })
				if want := locate(ring, p) > 0; inside != want {
					t.Fatalf("%v inside: %v, want %v; outline %v (%v)", p, inside, want, got, err)
				}
			}
		}
	})
}

func TestRepairIsTheSameEveryTime(t *testing.T) {
	star := orb.MultiPolygon{{{{0, 0}, {5, 9}, {9, 1}, {-1, 6}, {8, 8}, {2, -3}, {3, 11}, {0, 0}}, {{1, 1}, {7, 7}, {1, 7}, {7, 1}, {1, 1}}}}
	first, notes, err := cleanOutline(star)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, againNotes, _ := cleanOutline(star)
		if !reflect.DeepEqual(again, first) || !slices.Equal(againNotes, notes) {
			t.Fatalf("%v\n%v", again, first)
		}
	}
}

func TestARingThatCrossesItselfWithoutEndIsRejected(t *testing.T) {
	var ring orb.Ring
	for i := range 400 {
		ring = append(ring, orb.Point{float64(i%2) * 10, float64(i*37%400) / 10})
	}
	_, _, err := cleanOutline(orb.MultiPolygon{{ring}})
	if err == nil || !strings.Contains(err.Error(), "crosses itself more than 10000 times") {
		t.Errorf("got %v", err)
	}
}

func TestRealCommunes(t *testing.T) {
	cs, rep, err := Communes(context.Background(), sharedFile(t, "anjou/communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cs) != 540 || rep.Read != 540 || rep.Loaded != 540 || len(rep.Rejected)+len(rep.Notes) > 0 {
		t.Fatalf("%d communes, report %+v", len(cs), rep)
	}
	if want := "commune outlines, GeoJSON, WGS 84 (EPSG:4326)"; rep.Format != want {
		t.Errorf("format %q, want %q", rep.Format, want)
	}
	// Areas in km² as published by IGN and INSEE.
	published := map[string]float64{"49347": 34.1, "49220": 88.5, "49127": 61.1, "49333": 29.0, "49163": 61.1, "49110": 31.4, "49132": 19.8,
		"49174": 22.0, "49090": 17.7, "49257": 8.5, "49188": 21.1, "49076": 10.7, "49017": 13.5, "49216": 12.1, "49107": 10.4, "49209": 9.1, "49334": 7.2}
	members, population, unknown := 0, 0, 0
	for _, c := range cs {
		checkOutline(t, c.Code, c.Outline)
		if c.Population == 0 {
			unknown++
		}
		if c.EPCI != "200068955" {
			continue
		}
		members++
		population += c.Population
		if c.EPCIName != "CC Anjou Loir et Sarthe" {
			t.Errorf("%s belongs to %q", c.Code, c.EPCIName)
		}
		if got, want := outlineArea(c.Outline)/1e6, published[c.Code]; math.Abs(got-want) > want*0.02 {
			t.Errorf("%s %s: %.2f km², published %.1f", c.Code, c.Name, got, want)
		}
	}
	if members != 17 || population != 28_413 || unknown != 18 {
		t.Errorf("%d communes of %d people, %d without population; want 17 of 28413, 18", members, population, unknown)
	}
}

// The real communes in Lambert-93 and LAEA, as GDAL converts and writes them,
// come back to where they were within a centimetre.
func TestRealCommunesInOtherCoordinateSystems(t *testing.T) {
	from := sharedFile(t, "anjou/communes.geojson")
	want, _, err := Communes(context.Background(), from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, format, epsg string }{
		{"l93.gpkg", "GPKG", "EPSG:2154"}, {"laea.gpkg", "GPKG", "EPSG:3035"}, {"l93.geojson", "GeoJSON", "EPSG:2154"}, {"laea.geojson", "GeoJSON", "EPSG:3035"},
	} {
		path := gdalFile(t, c.name, from, "-f", c.format, "-t_srs", c.epsg)
		got, rep, err := Communes(context.Background(), path, Options{})
		if err != nil || len(got) != len(want) || len(rep.Rejected)+len(rep.Notes) > 0 {
			t.Fatalf("%s: %d communes, %v, report %+v", c.name, len(got), err, rep)
		}
		if !strings.Contains(rep.Format, c.epsg) {
			t.Errorf("%s: format %q", c.name, rep.Format)
		}
		for i := range got {
			if d := farthest(got[i].Outline, want[i].Outline); !(d < 0.01) {
				t.Fatalf("%s: %s is %g m away", c.name, got[i].Code, d)
			}
			got[i].Outline = want[i].Outline
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("%s: %+v, want %+v", c.name, got[i], want[i])
			}
		}
	}
}

// farthest is the largest distance in metres between the points of two outlines of the same form.
func farthest(a, b orb.MultiPolygon) float64 {
	d := 0.0
	for i := range a {
		for j := range a[i] {
			for k := range a[i][j] {
				d = max(d, geodata.Distance(a[i][j][k], b[i][j][k]))
			}
		}
	}
	return d
}

func FuzzCommunes(f *testing.F) {
	for _, geometry := range []string{smallSquare, `null`,
		`{"type":"Polygon","coordinates":[[[0,47],[4,51],[4,47],[0,51],[0,47]],[[1,48],[1,49],[2,49]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,47],[4,47],[4,51],[0,47]]],[[[0,47],[4,47],[4,51],[0,47]]]]}`} {
		f.Add(collection(feature(`{"code":"49347","nom":"Tiercé","population":4589}`, geometry)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		rep := &FileReport{}
		recs, err := openGeoJSON(bufio.NewReader(strings.NewReader(text)), rep)
		if err != nil {
			return
		}
		cs, err := readCommunes(t.Context(), recs, rep)
		if err != nil {
			return
		}
		if rep.Read != rep.Loaded+len(rep.Rejected) || rep.Loaded != len(cs) {
			t.Fatalf("%d communes, report %+v", len(cs), rep)
		}
		codes := map[string]bool{}
		for _, c := range cs {
			if codes[c.Code] || c.Name == "" || c.Population < 0 {
				t.Fatalf("%+v", c)
			}
			codes[c.Code] = true
			checkOutline(t, c.Code, c.Outline)
		}
	})
}

// Squares of one degree with these codes, from the south-west:
//
//	C D
//	A B
func fourSquares() []geodata.Commune {
	var cs []geodata.Commune
	for i, code := range []string{"D", "B", "C", "A"} { // not in the order of codes
		x, y := [4]float64{1, 1, 0, 0}[i], [4]float64{1, 0, 1, 0}[i]
		cs = append(cs, geodata.Commune{Code: code, Outline: orb.MultiPolygon{{{{x, y}, {x + 1, y}, {x + 1, y + 1}, {x, y + 1}, {x, y}}}}})
	}
	return cs
}

func TestAPointOnABorderBelongsToTheLowestCode(t *testing.T) {
	cs := fourSquares()
	l := newLocator(cs)
	for p, want := range map[orb.Point]string{
		{0.5, 0.5}: "A", {1.5, 0.5}: "B", {0.5, 1.5}: "C", {1.5, 1.5}: "D",
		{1, 0.5}: "A", {0.5, 1}: "A", {1.5, 1}: "B", {1, 1.5}: "C", {1, 1}: "A",
		{0, 0}: "A", {2, 0}: "B", {2, 1}: "B", {1, 2}: "C", {2, 2}: "D", {0.3, 0}: "A",
		{-0.001, 0.5}: "", {2.001, 1}: "", {0.5, 2.001}: "", {3, 1}: "", {-1, 1}: "", {-1, 0}: "",
	} {
		got := ""
		if i, ok := l.at(p); ok {
			got = cs[i].Code
		}
		if got != want {
			t.Errorf("%v lies in %q, want %q", p, got, want)
		}
	}
}

func TestAHoleIsOutsideAndItsBorderInside(t *testing.T) {
	outer := geodata.Commune{Code: "B", Outline: orb.MultiPolygon{{
		{{0, 0}, {3, 0}, {3, 3}, {0, 3}, {0, 0}}, {{1, 1}, {1, 2}, {2, 2}, {2, 1}, {1, 1}}}}}
	enclave := geodata.Commune{Code: "A", Outline: orb.MultiPolygon{{{{1, 1}, {2, 1}, {2, 2}, {1, 2}, {1, 1}}}}}
	for p, want := range map[orb.Point]bool{{1.5, 1.5}: false, {1, 1.5}: true, {0.5, 1.5}: true, {2.5, 1}: true, {1, 1}: true} {
		if _, ok := newLocator([]geodata.Commune{outer}).at(p); ok != want {
			t.Errorf("%v inside: %v, want %v", p, ok, want)
		}
	}
	l := newLocator([]geodata.Commune{outer, enclave})
	for p, want := range map[orb.Point]int{{1.5, 1.5}: 1, {1, 1.5}: 1, {0.5, 1.5}: 0} {
		if i, ok := l.at(p); !ok || i != want {
			t.Errorf("%v lies in commune %d, %v; want %d", p, i, ok, want)
		}
	}
}

func TestNearestCommune(t *testing.T) {
	cs := fourSquares()
	l := newLocator(cs)
	_, my := geodata.MetresPerDegree(-0.01)
	for _, c := range []struct {
		p      orb.Point
		limit  float64
		want   string
		metres float64
	}{
		{orb.Point{0.5, 0.5}, 0, "A", 0},
		{orb.Point{1, 1}, 1000, "A", 0},
		{orb.Point{0.5, -0.01}, 2000, "A", 0.01 * my},
		{orb.Point{1, -0.01}, 2000, "A", 0.01 * my}, // A and B are equally near
		{orb.Point{1.2, -0.01}, 2000, "B", 0.01 * my},
		{orb.Point{0.5, -0.01}, 0.01*my - 1, "", 0},
		{orb.Point{9, 9}, 1000, "", 0},
	} {
		i, metres, ok := l.nearest(c.p, c.limit)
		got := ""
		if ok {
			got = cs[i].Code
		}
		if got != c.want || math.Abs(metres-c.metres) > 1e-6 {
			t.Errorf("nearest to %v within %v m: %q at %v m, want %q at %v m", c.p, c.limit, got, metres, c.want, c.metres)
		}
	}
}

// The locator agrees with orb's test of every commune, on random points, on
// every corner of every outline and on the middle of every side.
func TestLocatorAgainstBruteForceOnRealCommunes(t *testing.T) {
	cs, _, err := Communes(context.Background(), sharedFile(t, "anjou/communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLocator(cs)
	r := rand.New(rand.NewPCG(1, 2))
	outside := 0
	for range 2000 {
		p := orb.Point{-1.3 + 1.9*r.Float64(), 47 + 1.3*r.Float64()}
		want, found := -1, 0
		for i := range cs {
			if planar.MultiPolygonContains(cs[i].Outline, p) {
				want = i
				found++
			}
		}
		if found > 1 {
			continue // outlines simplified one by one overlap a little; see below
		}
		if i, ok := l.at(p); ok != (found == 1) || (ok && i != want) {
			t.Fatalf("%v lies in %d (%v), brute force says %d", p, i, ok, want)
		}
		if found == 0 {
			outside++
			checkNearest(t, l, cs, p)
		}
	}
	if outside == 0 || outside == 2000 {
		t.Errorf("%d of 2000 points outside: the test shows nothing", outside)
	}
	bounds := make([]orb.Bound, len(cs))
	for i := range cs {
		bounds[i] = cs[i].Outline.Bound()
	}
	shared := 0
	for _, c := range cs[:100] {
		for _, ring := range c.Outline[0] {
			for k := 1; k < len(ring); k++ {
				corner := ring[k]
				middle := orb.Point{(ring[k-1][0] + corner[0]) / 2, (ring[k-1][1] + corner[1]) / 2}
				for _, p := range []orb.Point{corner, middle} {
					shared += checkLowestCode(t, l, cs, bounds, p)
				}
			}
		}
	}
	if shared < 1000 {
		t.Errorf("only %d points on borders that communes share", shared)
	}
}

// checkLowestCode returns 1 if more than one commune holds p.
func checkLowestCode(t *testing.T, l *locator, cs []geodata.Commune, bounds []orb.Bound, p orb.Point) int {
	t.Helper()
	var codes []string
	for i, c := range cs {
		if bounds[i].Contains(p) && slices.ContainsFunc(c.Outline, func(polygon orb.Polygon) bool { return covers(polygon, p) }) {
			codes = append(codes, c.Code)
		}
	}
	i, ok := l.at(p)
	if ok != (len(codes) > 0) || (ok && cs[i].Code != slices.Min(codes)) {
		t.Fatalf("%v lies in %d (%v), brute force says %v", p, i, ok, codes)
	}
	return min(len(codes)/2, 1)
}

func checkNearest(t *testing.T, l *locator, cs []geodata.Commune, p orb.Point) {
	t.Helper()
	const limit = 20_000
	mx, my := geodata.MetresPerDegree(p[1])
	want, best := "", math.Inf(1)
	for _, c := range cs {
		for _, polygon := range c.Outline {
			if d := outlineDistance(polygon, p, mx, my); d < best || (d == best && c.Code < want) {
				want, best = c.Code, d
			}
		}
	}
	i, metres, ok := l.nearest(p, limit)
	if ok != (best <= limit) || (ok && (cs[i].Code != want || metres != best)) {
		t.Fatalf("nearest to %v: %v at %v m, brute force says %s at %v m", p, ok, metres, want, best)
	}
}

func TestOrientIsExact(t *testing.T) {
	// Points a few units in the last place off a line, where rounding misleads.
	rapid.Check(t, func(t *rapid.T) {
		ulps := rapid.IntRange(-8, 8)
		at := func(v float64, n int) float64 { return v + float64(n)*0x1p-47 } // ulps of numbers from 32 to 64
		base := rapid.Float64Range(33, 62)
		x, y := base.Draw(t, "x"), base.Draw(t, "y")
		a := orb.Point{at(x, ulps.Draw(t, "ax")), at(y, ulps.Draw(t, "ay"))}
		b := orb.Point{at(x+0.5, ulps.Draw(t, "bx")), at(y+0.25, ulps.Draw(t, "by"))}
		c := orb.Point{at(x+1, ulps.Draw(t, "cx")), at(y+0.5, ulps.Draw(t, "cy"))}
		got := orient(a, b, c)
		if want := orientExact(a, b, c); got != want {
			t.Fatalf("orient(%v, %v, %v) = %d, want %d", a, b, c, got, want)
		}
		if orient(b, a, c) != -got || orient(b, c, a) != got {
			t.Fatalf("orient(%v, %v, %v) depends on the order of the points", a, b, c)
		}
	})
}

func BenchmarkLocator(b *testing.B) {
	cs, _, err := Communes(context.Background(), sharedFile(b, "anjou/communes.geojson"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	l := newLocator(cs)
	r := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		l.at(orb.Point{-1 + 1.3*r.Float64(), 47.2 + 0.9*r.Float64()})
	}
}
