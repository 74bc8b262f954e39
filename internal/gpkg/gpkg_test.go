package gpkg

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

// reach is a layer of three squares side by side, one per class, with a value absent in the last.
func reach() geodata.Layer {
	square := func(x float64) orb.Geometry {
		return orb.Polygon{{{x, 47}, {x + 1, 47}, {x + 1, 48}, {x, 48}, {x, 47}}}
	}
	return geodata.Layer{
		Name:     "cells",
		Title:    geodata.Text{Fr: "Carreaux"},
		IDs:      []string{"a", "b", "c"},
		Geometry: []orb.Geometry{square(0), square(1), square(2)},
		Fields: []geodata.Field{
			{Name: "state", Label: geodata.Text{Fr: "État"}, Texts: []string{"near", "far", "none"}},
			{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "Temps de trajet", En: "Travel time"}, Kind: geodata.Real, Reals: []float64{60.5, 1200, 0}, Null: []bool{false, false, true}},
			{Name: "people", Unit: "persons", Label: geodata.Text{Fr: "Habitants"}, Kind: geodata.Integer, Ints: []int64{1, 1 << 40, 0}},
			{Name: "imputed", Kind: geodata.Boolean, Bools: []bool{true, false, false}},
		},
		Classes: &geodata.Classes{Field: "state", Values: []geodata.Class{
			{Value: "near", Label: geodata.Text{Fr: "à moins de 10 min"}, Colour: "#1a9850"},
			{Value: "far", Label: geodata.Text{Fr: "au-delà"}, Colour: "#d73027"},
			{Value: "none", Label: geodata.Text{Fr: "inaccessible <à pied> & \"seul\""}, Colour: "#7f7f7f"},
		}},
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestStylesAreAsBefore(t *testing.T) {
	plain := reach()
	plain.Classes = nil
	for name, c := range map[string]struct {
		layer geodata.Layer
		kind  string
		style Style
	}{
		"classes.qml":  {reach(), "POLYGON", Style{}},
		"outlined.qml": {reach(), "MULTIPOLYGON", Style{Outlined: true, Widths: []float64{0.8, 0.5, 0.5}, Label: "state"}},
		"points.qml":   {plain, "POINT", Style{}},
		"steps.qml":    {plain, "LINESTRING", Style{Steps: &Steps{Field: "seconds", Steps: []Step{{600, "10 min ou moins", "#ffffb2"}, {1e300, "plus de 10 min", "#bd0026"}}}}},
	} {
		got, err := QML(&c.layer, c.kind, c.style)
		if err != nil {
			t.Fatal(name, err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := QML(&plain, "POINT", Style{Steps: &Steps{Field: "state"}}); err == nil || !strings.Contains(err.Error(), `steps of field "state": want a field of numbers`) {
		t.Error(err)
	}
}

func write(t *testing.T, path string, layers ...geodata.Layer) {
	t.Helper()
	f, err := Create(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	for _, l := range layers {
		if err := f.WriteLayer(t.Context(), l, LayerOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.WriteMetadata(t.Context(), "https://example.org", []byte(`{"modelled":true}`)); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, path, question string) (answer string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	if err := db.QueryRow(question).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer
}

func TestSameDataGiveTheSameBytes(t *testing.T) {
	dir := t.TempDir()
	var files [2][]byte
	for i := range files {
		path := filepath.Join(dir, fmt.Sprint(i, ".gpkg"))
		write(t, path, reach(), scattered(3000))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two files of the same layers differ")
	}
}

func TestGDALReadsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file #1?.gpkg")
	write(t, path, reach())
	gpkgtest.OGRInfo(t, path)
	got := gpkgtest.Describe(t, path)["cells"]
	want := gpkgtest.Layer{
		Name: "cells", Geometry: "Polygon", EPSG: "4326", Extent: []float64{0, 3, 47, 48},
		Fields: []string{"id:String", "state:String", "seconds:Real", "people:Integer64", "imputed:Integer/Boolean"},
		Features: []gpkgtest.Feature{
			{WKT: "POLYGON ((0 47,1 47,1 48,0 48,0 47))", Valid: true, Values: map[string]any{"id": "a", "state": "near", "seconds": 60.5, "people": 1., "imputed": true}},
			{WKT: "POLYGON ((1 47,2 47,2 48,1 48,1 47))", Valid: true, Values: map[string]any{"id": "b", "state": "far", "seconds": 1200., "people": float64(1 << 40), "imputed": false}},
			{WKT: "POLYGON ((2 47,3 47,3 48,2 48,2 47))", Valid: true, Values: map[string]any{"id": "c", "state": "none", "seconds": nil, "people": 0., "imputed": false}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestQGISShowsTheClasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gpkg")
	l := reach()
	write(t, path, l)
	d := gpkgtest.Draw(t, path, "cells")["cells"]
	if d.Renderer != "categorizedSymbol" || d.Attribute != "state" {
		t.Fatalf("%+v", d)
	}
	for i, c := range l.Classes.Values {
		if d.Categories[i] != c.Label.Fr {
			t.Errorf("legend entry %d is %q, want %q", i, d.Categories[i], c.Label.Fr)
		}
		if n := d.Pixels(c.Colour); n < 10000 {
			t.Errorf("class %s: %d pixels of %s, want a third of the picture", c.Value, n, c.Colour)
		}
	}
	if d.Aliases["seconds"] != "Temps de trajet (s)" {
		t.Errorf("field seconds is shown as %q", d.Aliases["seconds"])
	}
}

func TestFeaturesOfNoClassAreShownAsOthers(t *testing.T) {
	l := reach()
	l.Classes.Values = l.Classes.Values[:2]
	path := filepath.Join(t.TempDir(), "a.gpkg")
	write(t, path, l)
	d := gpkgtest.Draw(t, path, "cells")["cells"]
	if diff := cmp.Diff([]string{"à moins de 10 min", "au-delà", "autres"}, d.Categories); diff != "" || d.Pixels(otherColour) < 10000 {
		t.Error(diff, d.Pixels(otherColour))
	}
}

// scattered is n points in a square, some of them empty.
func scattered(n int) geodata.Layer {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	l := geodata.Layer{Name: "points", IDs: make([]string, n), Geometry: make([]orb.Geometry, n)}
	for i := range n {
		l.IDs[i] = fmt.Sprint(i)
		if i%97 != 5 {
			l.Geometry[i] = orb.Point{r.NormFloat64(), 47 + r.Float64()}
		}
	}
	return l
}

func TestSpatialIndexFindsWhatAScanFinds(t *testing.T) {
	for _, n := range []int{0, 1, 51, 52, 3000} { // one node holds 51
		path := filepath.Join(t.TempDir(), "a.gpkg")
		l := scattered(n)
		write(t, path, l)
		if got := query(t, path, "SELECT rtreecheck('rtree_points_geom')"); got != "ok" {
			t.Fatalf("%d points: SQLite's own check of the index: %s", n, got)
		}
		r := rand.New(rand.NewPCG(7, 7))
		for range 20 {
			x, y := r.NormFloat64(), 47+r.Float64()
			want := 0
			for _, g := range l.Geometry {
				// The index holds 32-bit numbers, rounded outwards.
				if p, ok := g.(orb.Point); ok && floor32(p[0]) <= float32(x+.2) && -floor32(-p[0]) >= float32(x) && floor32(p[1]) <= float32(y+.1) && -floor32(-p[1]) >= float32(y) {
					want++
				}
			}
			got := query(t, path, fmt.Sprintf("SELECT count(*) FROM rtree_points_geom WHERE minx <= %v AND maxx >= %v AND miny <= %v AND maxy >= %v",
				float32(x+.2), float32(x), float32(y+.1), float32(y)))
			if got != fmt.Sprint(want) {
				t.Fatalf("%d points: the index finds %s in a window, a scan %d", n, got, want)
			}
		}
	}
}

func TestEditingKeepsTheIndexRight(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path := filepath.Join(t.TempDir(), "a.gpkg")
	write(t, path, scattered(200))
	for _, edit := range []string{
		"UPDATE points SET geom = (SELECT geom FROM points WHERE fid = 1) WHERE fid = 2",
		"DELETE FROM points WHERE fid > 60",
		"UPDATE points SET geom = NULL WHERE fid = 3",
		"INSERT INTO points (id, geom) SELECT 'new', geom FROM points WHERE fid = 1",
	} {
		gpkgtest.Run(t, "ogrinfo", "-q", path, "-sql", edit)
	}
	if got := query(t, path, "SELECT rtreecheck('rtree_points_geom')"); got != "ok" {
		t.Error(got)
	}
	if got := query(t, path, "SELECT count(*) FROM rtree_points_geom"); got != "59" { // 60, less the empty fid 6, less fid 3, and one new
		t.Error(got)
	}
}

func TestHilbertCurveVisitsNeighbours(t *testing.T) {
	// The four quarters in order, and the first steps, of the curve of order 16.
	at := map[uint32][2]uint32{}
	for x := range uint32(8) {
		for y := range uint32(8) {
			at[Hilbert(x, y)] = [2]uint32{x, y}
		}
	}
	for d := uint32(1); d < 64; d++ {
		a, b := at[d-1], at[d]
		if dist := math.Abs(float64(a[0])-float64(b[0])) + math.Abs(float64(a[1])-float64(b[1])); dist != 1 {
			t.Fatalf("step %d goes from %v to %v", d, a, b)
		}
	}
}

func TestGeometryColumnIsTheNarrowestType(t *testing.T) {
	point, line := orb.Point{1, 2}, orb.LineString{{0, 0}, {1, 1}}
	poly := orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}
	for _, c := range []struct {
		geometry []orb.Geometry
		want     string
	}{
		{[]orb.Geometry{point, nil, point}, "POINT"},
		{[]orb.Geometry{poly, poly[0], orb.Bound{Max: point}}, "POLYGON"},
		{[]orb.Geometry{poly, orb.MultiPolygon{poly}, poly}, "MULTIPOLYGON"},
		{[]orb.Geometry{orb.MultiLineString{line}, line}, "MULTILINESTRING"},
		{[]orb.Geometry{point, orb.MultiPoint{point}}, "MULTIPOINT"},
		{[]orb.Geometry{point, line}, "GEOMETRY"},
		{[]orb.Geometry{nil}, "GEOMETRY"},
		{[]orb.Geometry{orb.Collection{point}}, "GEOMETRY"},
	} {
		if got := typeOf(c.geometry); got != c.want {
			t.Errorf("%v: %s, want %s", c.geometry, got, c.want)
		}
		for _, g := range c.geometry {
			if g == nil || c.want == "GEOMETRY" {
				continue
			}
			if got := kindOf(promote(g, c.want)); got != c.want {
				t.Errorf("%v in a %s column is written as %s", g, c.want, got)
			}
		}
	}
}

func TestLayersThatDoNotHoldTogetherAreRefused(t *testing.T) {
	for want, breakIt := range map[string]func(*geodata.Layer){
		`layer a b: "a b" is not an identifier`: func(l *geodata.Layer) { l.Name = "a b" },
		"names beginning with gpkg_":            func(l *geodata.Layer) { l.Name = "gpkg_x" },
		"field Geom: the name is taken":         func(l *geodata.Layer) { l.Fields[0].Name = "Geom" },
		"field STATE: the name is taken":        func(l *geodata.Layer) { l.Fields[1].Name = "STATE" },
		"field seconds: 2 values for 3":         func(l *geodata.Layer) { l.Fields[1].Reals = l.Fields[1].Reals[:2] },
		"2 geometries for 3 features":           func(l *geodata.Layer) { l.Geometry = l.Geometry[:2] },
		"feature b: seconds is NaN":             func(l *geodata.Layer) { l.Fields[1].Reals[1] = math.NaN() },
		"UNIQUE constraint failed: cells.id":    func(l *geodata.Layer) { l.IDs[2] = "a" },
		`"red" is not a colour`:                 func(l *geodata.Layer) { l.Classes.Values[0].Colour = "red" },
		`classes of field "nothing"`:            func(l *geodata.Layer) { l.Classes.Field = "nothing" },
	} {
		dir := t.TempDir()
		f, err := Create(t.Context(), filepath.Join(dir, "a.gpkg"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		l := reach()
		breakIt(&l)
		if err := f.WriteLayer(t.Context(), l, LayerOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		f.Abort()
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
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	f, err := Create(ctx, filepath.Join(dir, "a.gpkg"), Options{Progress: func(row int) {
		if row >= 2048 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.WriteLayer(ctx, scattered(100_000), LayerOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if f.rows > 4096 {
		t.Errorf("%d rows were written after the cancel", f.rows-2048)
	}
	f.Abort()
	nothingIn(t, dir)
}

func TestFullDiskIsSaidAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(t.Context(), filepath.Join(dir, "a.gpkg"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.exec(t.Context(), "PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	err = f.WriteLayer(t.Context(), scattered(10_000), LayerOptions{})
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Error(err)
	}
	f.Abort()
	nothingIn(t, dir)
}

func TestExistingFileIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gpkg")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), path, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	f, err := Create(t.Context(), path, Options{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if b, _ := os.ReadFile(path); string(b) != "mine" {
		t.Error("an aborted overwrite touched the file")
	}
}

func one(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestReaderGivesBackRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gpkg")
	f, err := Create(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	want := [][]any{{int64(1), "é\x00'", 1.5, int64(1), []byte{0, 1}}, {int64(7), nil, nil, nil, nil}}
	table := Table{Name: "things", Title: "Choses", Columns: []string{"fid INTEGER PRIMARY KEY", "a TEXT", "b REAL", "c BOOLEAN", "d BLOB"}}
	if err := f.WriteTable(t.Context(), table, one(want...)); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	gpkgtest.OGRInfo(t, path)
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got [][]any
	err = r.Rows(t.Context(), "things", []string{"fid", "A", "b", "c", "d"}, func(row int64, values []any) error {
		if row != values[0] {
			t.Errorf("row id %d of fid %v", row, values[0])
		}
		got = append(got, append([]any(nil), values...))
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, c := range []struct{ table, column, want string }{
		{"nothing", "a", "table nothing is missing"},
		{"things", "z", "table things has no column z (it has fid, a, b, c, d)"},
	} {
		err := r.Rows(t.Context(), c.table, []string{c.column}, func(int64, []any) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Error(err)
		}
	}
}

func TestReaderSaysWhatAFileIsNot(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.gpkg")
	write(t, good, scattered(2000))
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	plain := append([]byte(nil), whole...)
	copy(plain[68:], "\x00\x00\x00\x00")
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":  {nil, "is empty"},
		"html":   {[]byte("<!DOCTYPE html><title>404</title>"), "not a GeoPackage"},
		"sqlite": {plain, "an SQLite file but not a GeoPackage"},
		"short":  {whole[:50], "ends in the middle of its header"},
		"cut":    {whole[:len(whole)/2], "damaged or cut short"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), path)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for path, want := range map[string]error{dir: nil, filepath.Join(dir, "none"): fs.ErrNotExist} {
		if _, err := Open(t.Context(), path); err == nil || (want != nil && !errors.Is(err, want)) {
			t.Error(err)
		}
	}
}
