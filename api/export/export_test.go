package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// result is a coverage of three cells, the last of them unreachable, and a
// commune with a hole; its rings go the wrong way round on purpose.
func result() analyses.Result {
	square := func(x, y, side float64) orb.Ring {
		return orb.Ring{{x, y}, {x, y + side}, {x + side, y + side}, {x + side, y}, {x, y}} // clockwise
	}
	hole := square(-0.45, 47.52, 0.01)
	hole.Reverse()
	cells := geodata.Layer{
		Name: "cells", Title: geodata.Text{Fr: "Temps de trajet", En: "Travel times"},
		IDs:      []string{"N2029800E4254200", "=b", "c"},
		Geometry: []orb.Geometry{orb.Polygon{square(-0.5, 47.5, 0.02)}, orb.Polygon{square(-0.48, 47.5, 0.02)}, orb.Polygon{square(-0.46, 47.5, 0.02)}},
		Fields: []geodata.Field{
			{Name: "state", Label: geodata.Text{Fr: "accès", En: "access"}, Texts: []string{"near", "far", "unreachable"}},
			{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "temps", En: "time"}, Kind: geodata.Real, Reals: []float64{612.345, 1e-7, math.NaN()}, Null: []bool{false, false, true}},
			{Name: "people", Unit: "persons", Label: geodata.Text{Fr: "habitants"}, Kind: geodata.Integer, Ints: []int64{120, -1, 1 << 60}},
			{Name: "imputed", Label: geodata.Text{Fr: "imputé"}, Kind: geodata.Boolean, Bools: []bool{true, false, false}},
			{Name: "facility", Label: geodata.Text{Fr: "équipement"}, Texts: []string{"Crèche \"Les Petits\", <Tiercé> & co\nbis", "=HYPERLINK(\"http://x\")", ""}, Null: []bool{false, false, true}},
		},
		Classes: &geodata.Classes{Field: "state", Values: []geodata.Class{
			{Value: "near", Label: geodata.Text{Fr: "moins de 15 min", En: "under 15 min"}, Colour: "#1a9850"},
			{Value: "far", Label: geodata.Text{Fr: "15 min ou plus", En: "15 min or more"}, Colour: "#d73027"},
			{Value: "unreachable", Label: geodata.Text{Fr: "inaccessible", En: "unreachable"}, Colour: "#7f7f7f"},
		}},
	}
	communes := geodata.Layer{
		Name: "communes", Title: geodata.Text{Fr: "Communes"}, IDs: []string{"49347", "49002"},
		Geometry: []orb.Geometry{orb.MultiPolygon{{square(-0.5, 47.5, 0.1), hole}}, nil},
		Fields:   []geodata.Field{{Name: "share", Unit: "%", Label: geodata.Text{Fr: "part couverte", En: "share covered"}, Kind: geodata.Real, Reals: []float64{66.67, 0}}},
	}
	return analyses.Result{
		Name: "coverage", Title: geodata.Text{Fr: "Couverture", En: "Coverage"}, Layers: []geodata.Layer{cells, communes},
		Provenance: analyses.Provenance{
			Territory: geodata.Territory{ID: "200068955", Name: "Anjou Loir et Sarthe", Modelled: true},
			Snapshot:  strings.Repeat("ab", 32), Analysis: "coverage", Params: map[string]any{"service": "creche", "within": []string{"15m"}}, Version: "0.1.0",
			Sources: []geodata.Source{{Layer: "population", Name: "Filosofi", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2019"}},
			Notes:   []geodata.Text{{Fr: "Un carreau sur quatre est imputé.", En: "One cell in four is imputed."}},
		},
	}
}

func TestFilesAreAsBefore(t *testing.T) {
	r := result()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"cells.geojson":           func(b *bytes.Buffer) error { return GeoJSON(b, r.Layers[0], r.Provenance) },
		"communes.geojson":        func(b *bytes.Buffer) error { return GeoJSON(b, r.Layers[1], r.Provenance) },
		"cells.csv":               func(b *bytes.Buffer) error { return CSV(b, r.Layers[0], r.Provenance) },
		"cells.csv-metadata.json": func(b *bytes.Buffer) error { return CSVMetadata(b, "cells.csv", r.Layers[0], r.Provenance) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(name, err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestGeoJSONSaysWhatIsModelledAndWhereItIsFrom(t *testing.T) {
	r := result()
	var b bytes.Buffer
	if err := GeoJSON(&b, r.Layers[0], r.Provenance); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Maillage struct {
			Modelled   bool
			Provenance struct{ Sources []geodata.Source }
		}
		CRS any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Maillage.Modelled || got.CRS != nil || got.Maillage.Provenance.Sources[0].Licence != "Licence Ouverte 2.0" {
		t.Errorf("%+v", got)
	}
}

// randomShape is a polygon or more around a place, with holes, going either way.
func randomShape(r *rand.Rand) orb.Geometry {
	ring := func(x, y, radius float64) orb.Ring {
		var out orb.Ring
		n := 3 + r.IntN(6)
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			out = append(out, orb.Point{x + radius*cos, y + radius*sin})
		}
		if r.IntN(4) > 0 { // unclosed ones are closed by the writer
			out = append(out, out[0])
		}
		if r.IntN(2) == 0 {
			out.Reverse()
		}
		return out
	}
	polygon := func() orb.Polygon {
		x, y := r.Float64()*10-5, 40+r.Float64()*10
		return orb.Polygon{ring(x, y, 0.1), ring(x, y, 0.03)}
	}
	switch r.IntN(6) {
	case 0:
		return orb.Point{r.NormFloat64(), 47}
	case 1:
		return orb.LineString{{r.Float64(), 47}, {r.Float64(), 48}}
	case 2:
		return nil
	case 3:
		return orb.MultiPolygon{polygon(), polygon()}
	case 4:
		return orb.Collection{polygon(), orb.Point{1, 2}}
	}
	return polygon()
}

func TestGeoJSONKeepsTheRulesOfRFC7946(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := geodata.Layer{Name: "shapes"}
		for i := range 1 + r.IntN(10) {
			l.IDs = append(l.IDs, fmt.Sprint(i))
			l.Geometry = append(l.Geometry, randomShape(r))
		}
		var b bytes.Buffer
		if err := GeoJSON(&b, l, analyses.Provenance{}); err != nil {
			t.Fatal(err)
		}
		fc, err := geojson.UnmarshalFeatureCollection(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		bound := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
		any := false
		for i, f := range fc.Features {
			if f.ID != l.IDs[i] {
				t.Errorf("id %v, want %v", f.ID, l.IDs[i])
			}
			if (f.Geometry == nil) != (l.Geometry[i] == nil) {
				t.Errorf("geometry %v of %v", f.Geometry, l.Geometry[i])
			}
			if f.Geometry == nil {
				continue
			}
			any = true
			bound = bound.Union(f.Geometry.Bound())
			rightHand(t, f.Geometry)
		}
		if any && (len(fc.BBox) != 4 || fc.BBox.Bound() != bound) || !any && fc.BBox != nil {
			t.Errorf("bbox %v around %v", fc.BBox, bound)
		}
	}
}

func rightHand(t *testing.T, g orb.Geometry) {
	t.Helper()
	switch g := g.(type) {
	case orb.Polygon:
		for i, ring := range g {
			want := orb.CCW
			if i > 0 {
				want = orb.CW
			}
			if ring.Orientation() != want || !ring.Closed() {
				t.Errorf("ring %d of a polygon: orientation %v, closed %v", i, ring.Orientation(), ring.Closed())
			}
			for _, p := range ring {
				for _, v := range p {
					if math.Round(v*1e7)/1e7 != v {
						t.Errorf("%v has more than 7 decimals", v)
					}
				}
			}
		}
	case orb.MultiPolygon:
		for _, p := range g {
			rightHand(t, p)
		}
	case orb.Collection:
		for _, p := range g {
			rightHand(t, p)
		}
	}
}

func TestWritingDoesNotChangeTheLayer(t *testing.T) {
	r := result()
	var b bytes.Buffer
	if err := GeoJSON(&b, r.Layers[0], r.Provenance); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(result().Layers[0], r.Layers[0], cmpopts.EquateNaNs()); diff != "" {
		t.Error("the layer was changed:", diff)
	}
}

func TestCSVIsReadByItsDescription(t *testing.T) {
	r := result()
	var table, about bytes.Buffer
	if err := errors.Join(CSV(&table, r.Layers[0], r.Provenance), CSVMetadata(&about, "cells.csv", r.Layers[0], r.Provenance)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := json.Unmarshal(about.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	for k, c := range d.Schema.Columns {
		if c.Titles["und"][0] != rows[0][k] {
			t.Errorf("column %d is headed %q, described as %q", k, rows[0][k], c.Titles["und"][0])
		}
	}
	if diff := cmp.Diff([]string{"id", "state", "seconds [s]", "people [persons]", "imputed", "facility", "lon", "lat", "modelled"}, rows[0]); diff != "" {
		t.Error(diff)
	}
	// Ids as they are, absent values empty, text that looks like a formula made text.
	if diff := cmp.Diff([]string{"=b", "far", "0.0000001", "-1", "false", "'=HYPERLINK(\"http://x\")", "-0.47", "47.51", "true"}, rows[2]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c", "unreachable", "", "1152921504606846976", "false", "", "-0.45", "47.51", "true"}, rows[3]); diff != "" {
		t.Error(diff)
	}
}

func TestTextIsNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Tiercé": "Tiercé", "=1+1": "'=1+1", "@x": "'@x", "+33 2 41": "'+33 2 41", "-": "'-", "\t=1": "'\t=1",
		"-5": "-5", "+2.5": "+2.5", "a=b": "a=b", "- bis": "'- bis",
	} {
		if got := safeText(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
}

func TestValuesThatHaveNoFormAreErrors(t *testing.T) {
	for want, breakIt := range map[string]func(*geodata.Layer){
		"feature =b: seconds: NaN":            func(l *geodata.Layer) { l.Fields[1].Reals[1] = math.NaN() },
		"feature =b: seconds: -Inf":           func(l *geodata.Layer) { l.Fields[1].Reals[1] = math.Inf(-1) },
		"feature c: coordinates [NaN 1] are ": func(l *geodata.Layer) { l.Geometry[2] = orb.Point{math.NaN(), 1} },
		"feature c: a ring of 3 points":       func(l *geodata.Layer) { l.Geometry[2] = orb.Polygon{{{0, 0}, {1, 1}, {0, 0}}} },
	} {
		for _, extension := range []string{".geojson", ".csv", ".gpkg"} {
			if extension != ".geojson" && !strings.Contains(want, "seconds") {
				continue // GeoPackage keeps any coordinates; a table has no rings
			}
			r := result()
			breakIt(&r.Layers[0])
			dir := t.TempDir()
			err := ToFile(t.Context(), filepath.Join(dir, "a"+extension), r, false)
			if err == nil || extension != ".gpkg" && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want an error with %q, got %v", extension, want, err)
			}
			onlyIn(t, dir)
		}
	}
}

func onlyIn(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", dir, diff)
	}
}

func TestEveryFormatAppearsWholeOrNotAtAll(t *testing.T) {
	for extension, files := range map[string][]string{".geojson": {"a.geojson"}, ".JSON": {"a.JSON"}, ".gpkg": {"a.gpkg"}, ".csv": {"a.csv", "a.csv-metadata.json"}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a"+extension)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := ToFile(cancelled, path, result(), false); !errors.Is(err, context.Canceled) {
			t.Error(extension, err)
		}
		onlyIn(t, dir)
		if err := ToFile(t.Context(), path, result(), false); err != nil {
			t.Error(extension, err)
		}
		onlyIn(t, dir, files...)
		before, _ := os.ReadFile(path)
		if err := ToFile(t.Context(), path, result(), false); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
			t.Error(extension, err)
		}
		if err := ToFile(t.Context(), path, result(), true); err != nil {
			t.Error(extension, err)
		}
		if after, _ := os.ReadFile(path); len(after) == 0 || !bytes.Equal(before, after) {
			t.Error(extension, "the same result gave other bytes")
		}
		onlyIn(t, dir, files...)
		if err := ToFile(t.Context(), filepath.Join(dir, "none", "a"+extension), result(), false); !errors.Is(err, fs.ErrNotExist) {
			t.Error(extension, err)
		}
	}
}

func TestUnknownFormatListsTheKnown(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.shp", "a", "gpkg"} {
		err := ToFile(t.Context(), filepath.Join(dir, name), result(), false)
		if err == nil || !strings.Contains(err.Error(), "want a name ending in .geojson, .json, .gpkg, .csv") {
			t.Error(name, err)
		}
	}
	if err := ToFile(t.Context(), filepath.Join(dir, "a.csv"), analyses.Result{Name: "none"}, false); err == nil {
		t.Error("a result without layers was written")
	}
	onlyIn(t, dir)
}

// TestGDALReadsEveryExport also has GDAL convert the GeoPackage to GeoJSON and
// compares it with ours: two ways to the same file.
func TestGDALReadsEveryExport(t *testing.T) {
	gpkgtest.Need(t, "ogr2ogr", "gdal-bin")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"a.geojson", "a.gpkg", "a.csv"} {
		if err := ToFile(t.Context(), at(name), result(), false); err != nil {
			t.Fatal(err)
		}
		gpkgtest.OGRInfo(t, at(name))
	}
	stored := gpkgtest.Describe(t, at("a.gpkg"))
	if got := stored["cells"]; len(got.Features) != 3 || got.EPSG != "4326" || got.Features[2].Values["seconds"] != nil || got.Features[1].Values["facility"] != `=HYPERLINK("http://x")` {
		t.Errorf("%+v", got)
	}
	if got := stored["communes"]; got.Geometry != "Multi Polygon" || len(got.Features) != 2 || got.Features[1].WKT != "" || !got.Features[0].Valid {
		t.Errorf("%+v", got)
	}
	ours := gpkgtest.Describe(t, at("a.geojson"))["cells"]
	gpkgtest.Run(t, "ogr2ogr", "-q", "-f", "GeoJSON", "-lco", "RFC7946=YES", "-lco", "COORDINATE_PRECISION=7", at("b.geojson"), at("a.gpkg"), "cells")
	theirs := gpkgtest.Describe(t, at("b.geojson"))["cells"]
	if len(ours.Features) != 3 || len(theirs.Features) != 3 {
		t.Fatalf("%d and %d features, want 3", len(ours.Features), len(theirs.Features))
	}
	for i := range ours.Features {
		if diff := cmp.Diff(theirs.Features[i], ours.Features[i], cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("feature %d, GDAL's and ours: %s", i, diff)
		}
	}
	table := gpkgtest.Describe(t, at("a.csv"))["a"]
	if len(table.Features) != 3 || table.Features[0].Values["seconds [s]"] != "612.345" {
		t.Errorf("%+v", table)
	}
}

func TestQGISShowsTheResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gpkg")
	r := result()
	if err := GeoPackage(t.Context(), path, r, false); err != nil {
		t.Fatal(err)
	}
	d := gpkgtest.Draw(t, path, "cells", "communes")
	if diff := cmp.Diff([]string{"moins de 15 min", "15 min ou plus", "inaccessible"}, d["cells"].Categories); diff != "" {
		t.Error(diff)
	}
	for _, c := range r.Layers[0].Classes.Values {
		if n := d["cells"].Pixels(c.Colour); n < 10_000 {
			t.Errorf("class %s shows in %d pixels of %s, want a third of the picture", c.Value, n, c.Colour)
		}
	}
	// Outlines: they would hide the cells otherwise.
	if n := d["communes"].Pixels("#4c78a8"); n < 200 || n > 20_000 {
		t.Errorf("communes show in %d pixels, want their outlines", n)
	}
	if d["communes"].Renderer != "singleSymbol" || d["communes"].Aliases["share"] != "part couverte (%)" {
		t.Errorf("%+v", d["communes"])
	}
}

func BenchmarkGeoJSON(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	l := geodata.Layer{Name: "cells", Fields: []geodata.Field{{Name: "seconds", Kind: geodata.Real}}}
	for i := range 20_000 {
		x, y := r.Float64(), 47+r.Float64()
		l.IDs = append(l.IDs, fmt.Sprint("CRS3035RES200mN", i))
		l.Geometry = append(l.Geometry, orb.Polygon{{{x, y}, {x + .002, y}, {x + .002, y + .002}, {x, y + .002}, {x, y}}})
		l.Fields[0].Reals = append(l.Fields[0].Reals, float64(r.IntN(3_600_000))/1000)
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := GeoJSON(&out, l, analyses.Provenance{}); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
