package load

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	orbwkb "github.com/paulmach/orb/encoding/wkb"
)

// gpkgSchema is the part of OGC 12-128r19 that a reader needs.
const gpkgSchema = `
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, ''), ('Lambert-93', 100, 'epsg', 2154, ''),
	('none', -1, 'NONE', -1, 'undefined'), ('CRS84', 84, 'OGC', 84, '');
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER, z TINYINT, m TINYINT);`

// layerSQL registers a layer of features and creates its table.
func layerSQL(name string, srs int, columns string) string {
	return fmt.Sprintf(`INSERT INTO gpkg_contents VALUES ('%[1]s', 'features', %[2]d);
INSERT INTO gpkg_geometry_columns VALUES ('%[1]s', 'geom', 'GEOMETRY', %[2]d, 0, 0);
CREATE TABLE "%[1]s" (fid INTEGER PRIMARY KEY, geom BLOB%[3]s);`, name, srs, columns)
}

// newSQLite makes a database from statements, parted by semicolons.
func newSQLite(t testing.TB, script string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made here #1?.gpkg")
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("#", "%23", "?", "%3F").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(script, args...); err != nil {
		t.Fatal(err)
	}
	return path
}

// gpkgBlob writes a geometry in little-endian order, without an envelope.
func gpkgBlob(srs int32, g orb.Geometry) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{'G', 'P', 0, 1}, uint32(srs))
	return append(b, orbwkb.MustMarshal(g, binary.LittleEndian)...)
}

func TestGeoPackageRows(t *testing.T) {
	path := newSQLite(t, gpkgSchema+layerSQL("communes", 100, `, "Nom ""long""" TEXT, n INTEGER, x REAL, yes BOOLEAN, day DATE, raw BLOB`)+`
		INSERT INTO communes VALUES (7, ?, 'Tiercé', 9007199254740993, 0.1, 1, '2024-08-01', x'00'), (3, NULL, '', NULL, 1e21, 0, NULL, NULL)`,
		gpkgBlob(100, orb.Point{1, 2}))
	tab := mustReadTable(t, path)
	want := []record{
		{where: "row 3", id: "3", values: map[string]string{"fid": "3", "x": "1000000000000000000000", "yes": "false"}},
		{where: "row 7", id: "7", geometry: orb.Point{1, 2}, values: map[string]string{
			"fid": "7", `Nom "long"`: "Tiercé", "n": "9007199254740993", "x": "0.1", "yes": "true", "day": "2024-08-01"}},
	}
	if !reflect.DeepEqual(tab.records, want) {
		t.Errorf("read %+v, want %+v", tab.records, want)
	}
	if want := []string{"fid", `Nom "long"`, "n", "x", "yes", "day", "raw"}; !slices.Equal(tab.fields, want) {
		t.Errorf("fields %q, want %q", tab.fields, want)
	}
	if tab.epsg != 2154 || tab.format != "GeoPackage" || tab.report.Read != 2 {
		t.Errorf("EPSG:%d, %s, %d read", tab.epsg, tab.format, tab.report.Read)
	}
}

func TestGeoPackageChoiceOfLayer(t *testing.T) {
	attributes := func(name string) string {
		return `INSERT INTO gpkg_contents VALUES ('` + name + `', 'attributes', 0); CREATE TABLE "` + name + `" (a TEXT); INSERT INTO "` + name + `" VALUES ('1');`
	}
	one := gpkgSchema + layerSQL("Communes", 4326, "") + `INSERT INTO Communes VALUES (1, NULL);` + attributes("layer_styles")
	path := newSQLite(t, one)
	if tab := mustReadTable(t, path); tab.epsg != 4326 || len(tab.report.Notes) > 0 {
		t.Errorf("the style table counts as a layer: EPSG:%d, notes %q", tab.epsg, tab.report.Notes)
	}
	mixed := newSQLite(t, one+attributes("facts"))
	if tab := mustReadTable(t, mixed); tab.epsg != 4326 || len(tab.report.Notes) != 1 {
		t.Errorf("one layer with geometry among others: EPSG:%d, notes %q", tab.epsg, tab.report.Notes)
	}
	if tab := mustReadTable(t, mixed+"#FACTS"); tab.epsg != 0 || len(tab.records) != 1 || tab.records[0].values["a"] != "1" || tab.records[0].where != "row 1" {
		t.Errorf("named layer: %+v", tab)
	}
	two := newSQLite(t, one+layerSQL("cells", 4326, ""))
	_, err := readTable(two)
	wantError(t, err, two, "several layers", "#LAYER", "Communes, cells")
	_, err = readTable(two + "#roads")
	wantError(t, err, two, `no layer "roads"`, "Communes, cells")
	if tab := mustReadTable(t, two+"#communes"); len(tab.records) != 1 {
		t.Errorf("%d records", len(tab.records))
	}
	view := newSQLite(t, gpkgSchema+`CREATE TABLE t (a, geom); INSERT INTO t VALUES (1, NULL), (2, NULL); CREATE VIEW v AS SELECT * FROM t WHERE a > 1;
		INSERT INTO gpkg_contents VALUES ('v', 'features', 84); INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POINT', 84, 0, 0);`)
	if tab := mustReadTable(t, view); len(tab.records) != 1 || tab.records[0].values["a"] != "2" || tab.epsg != 4326 {
		t.Errorf("a view as a layer: %+v", tab)
	}
}

func TestGeoPackageThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		words  []string
	}{
		"another database":     {`CREATE TABLE t (a)`, []string{"not a GeoPackage", "gpkg_contents"}},
		"no layers":            {gpkgSchema, []string{"without any layer"}},
		"missing table":        {gpkgSchema + layerSQL("a", 4326, "") + `DROP TABLE a`, []string{"layer a", "table is missing"}},
		"unregistered column":  {gpkgSchema + layerSQL("a", 4326, "") + `DELETE FROM gpkg_geometry_columns`, []string{"layer a", "gpkg_geometry_columns does not name"}},
		"missing column":       {gpkgSchema + layerSQL("a", 4326, "") + `UPDATE gpkg_geometry_columns SET column_name = 'shape'`, []string{`no geometry column "shape"`}},
		"missing tables":       {gpkgSchema + layerSQL("a", 4326, "") + `DROP TABLE gpkg_geometry_columns`, []string{"layer a", "no such table: gpkg_geometry_columns"}},
		"unknown system":       {gpkgSchema + layerSQL("a", 99, ""), []string{"srs_id 99", "gpkg_spatial_ref_sys"}},
		"undefined system":     {gpkgSchema + layerSQL("a", -1, ""), []string{"NONE -1", "undefined"}},
		"a view that recurses": {gpkgSchema + layerSQL("a", 4326, "") + `DROP TABLE a; CREATE VIEW a AS SELECT load_extension('x') AS geom, 1 AS b`, []string{"load_extension"}},
	} {
		path := newSQLite(t, c.script)
		_, err := readTable(path)
		t.Run(name, func(t *testing.T) { wantError(t, err, path, c.words...) })
	}
}

func TestGeoPackageCutOrDamagedIsAnError(t *testing.T) {
	path := newSQLite(t, gpkgSchema+layerSQL("a", 4326, ", b TEXT")+`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000)
		INSERT INTO a SELECT i, NULL, hex(zeroblob(50)) FROM n`)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{20, 99, 100, 4096, len(whole) / 2, len(whole) - 1} {
		cut := tempFile(t, "cut.gpkg", string(whole[:n]))
		_, err := readTable(cut)
		wantError(t, err, cut, "cut off", "download it again")
	}
	packed := tempFile(t, "packed.gpkg", gzipped(t, string(whole)))
	_, err = readTable(packed)
	wantError(t, err, packed, "inside gzip")
	damaged := bytes.Clone(whole)
	for i := len(damaged) / 2; i < len(damaged); i++ {
		damaged[i] = 0xa5
	}
	bad := tempFile(t, "damaged.gpkg", string(damaged))
	_, err = readTable(bad)
	wantError(t, err, bad, "damaged")
}

func TestGeoPackageIsNotWrittenTo(t *testing.T) {
	path := newSQLite(t, gpkgSchema+layerSQL("a", 4326, "")+"INSERT INTO a VALUES (1, NULL)")
	before, _ := os.ReadFile(path)
	mustReadTable(t, path)
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("reading changed the file")
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("reading left files: %v", files)
	}
	db, err := openForeignSQLite(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DELETE FROM a"); err == nil {
		t.Error("a foreign file can be written to")
	}
	var trusted, queryOnly int
	db.QueryRow("PRAGMA trusted_schema").Scan(&trusted)
	db.QueryRow("PRAGMA query_only").Scan(&queryOnly)
	if trusted != 0 || queryOnly != 1 {
		t.Errorf("trusted_schema %d, query_only %d", trusted, queryOnly)
	}
}

func TestGeoPackageChangesStillInTheJournalAreRead(t *testing.T) {
	path := newSQLite(t, "PRAGMA journal_mode=WAL;"+gpkgSchema+layerSQL("a", 4326, ""))
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("#", "%23", "?", "%3F").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("PRAGMA wal_autocheckpoint=0; INSERT INTO a VALUES (1, NULL)"); err != nil {
		t.Fatal(err)
	}
	if tab := mustReadTable(t, path); len(tab.records) != 1 {
		t.Errorf("%d records while the file is being edited, want 1", len(tab.records))
	}
}

func TestGeoPackageProgressAndCancellation(t *testing.T) {
	path := newSQLite(t, gpkgSchema+layerSQL("a", 4326, "")+`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 25000) INSERT INTO a SELECT i, NULL FROM n`)
	var shares []float64
	opt := Options{Progress: func(_ string, read, size int64) {
		shares = append(shares, math.Round(100*float64(read)/float64(size))/100)
	}}
	recs, err := openRecords(context.Background(), path, opt, &FileReport{})
	if err != nil {
		t.Fatal(err)
	}
	shares = nil // those of recognising the format
	recs.each(func(*record) error { return nil })
	recs.close()
	if want := []float64{0.4, 0.8, 1}; !slices.Equal(shares, want) {
		t.Errorf("progress %v, want %v", shares, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	recs, err = openRecords(ctx, path, Options{}, &FileReport{})
	if err != nil {
		t.Fatal(err)
	}
	defer recs.close()
	n := 0
	err = recs.each(func(*record) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("%d records after the cancellation, error %v", n, err)
	}
}

var someGeometries = []orb.Geometry{
	orb.Point{-0.47, 47.62},
	orb.LineString{{0, 0}, {1, 2}},
	orb.Polygon{{{0, 0}, {3, 0}, {0, 3}, {0, 0}}, {{1, 1}, {1, 2}, {2, 1}, {1, 1}}},
	orb.MultiPoint{{1, 2}, {3, 4}},
	orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
	orb.MultiPolygon{{{{0, 0}, {3, 0}, {0, 3}, {0, 0}}}, {{{9, 9}, {10, 9}, {9, 10}, {9, 9}}}},
}

// Every envelope, byte order and form of well-known binary gives the same geometry.
func TestGeoPackageGeometryForms(t *testing.T) {
	for _, want := range someGeometries {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for envelope, size := range []int{0, 32, 48, 48, 64} {
				for _, body := range wkbForms(t, want, order) {
					flags := byte(envelope << 1)
					if order == binary.LittleEndian {
						flags |= 1
					}
					srs := int32(-7)
					blob := order.AppendUint32([]byte{'G', 'P', 0, flags}, uint32(srs))
					blob = append(append(blob, make([]byte, size)...), body...)
					got, err := gpkgGeometry(blob, srs)
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Fatalf("%T, %v, envelope %d: %v, %v; want %v", want, order, envelope, got, err, want)
					}
				}
			}
		}
	}
}

// wkbForms writes a geometry plain, extended with a system, and with heights
// or measures in ISO's and the extended form.
func wkbForms(t *testing.T, g orb.Geometry, order binary.AppendByteOrder) [][]byte {
	plain := orbwkb.MustMarshal(g, order.(binary.ByteOrder))
	withSRID := ewkb.MustMarshal(g, 4326, order.(binary.ByteOrder))
	return [][]byte{plain, withSRID,
		raiseWKB(g, order, 1000, 1), raiseWKB(g, order, 2000, 1), raiseWKB(g, order, 3000, 2),
		raiseWKB(g, order, 0x80000000, 1), raiseWKB(g, order, 0x40000000, 1), raiseWKB(g, order, 0xc0000000, 2)}
}

// raiseWKB writes well-known binary with extra numbers in each position.
func raiseWKB(g orb.Geometry, order binary.AppendByteOrder, kind uint32, extra int) (b []byte) {
	header := func(k uint32) {
		mark := byte(0)
		if order == binary.LittleEndian {
			mark = 1
		}
		b = order.AppendUint32(append(b, mark), kind+k)
	}
	point := func(p orb.Point) {
		for _, v := range append(p[:], make([]float64, extra)...) {
			b = order.AppendUint64(b, math.Float64bits(v))
		}
	}
	points := func(ps []orb.Point) {
		b = order.AppendUint32(b, uint32(len(ps)))
		for _, p := range ps {
			point(p)
		}
	}
	var write func(orb.Geometry)
	write = func(g orb.Geometry) {
		switch g := g.(type) {
		case orb.Point:
			header(1)
			point(g)
		case orb.LineString:
			header(2)
			points(g)
		case orb.Polygon:
			header(3)
			b = order.AppendUint32(b, uint32(len(g)))
			for _, r := range g {
				points(r)
			}
		case orb.MultiPoint:
			header(4)
			b = order.AppendUint32(b, uint32(len(g)))
			for _, p := range g {
				write(p)
			}
		case orb.MultiLineString:
			header(5)
			b = order.AppendUint32(b, uint32(len(g)))
			for _, l := range g {
				write(l)
			}
		case orb.MultiPolygon:
			header(6)
			b = order.AppendUint32(b, uint32(len(g)))
			for _, p := range g {
				write(p)
			}
		}
	}
	write(g)
	return b
}

func TestGeoPackageGeometriesAtFault(t *testing.T) {
	sound := gpkgBlob(4326, orb.Polygon{{{0, 0}, {3, 0}, {0, 3}, {0, 0}}})
	for n := range sound {
		if g, err := gpkgGeometry(sound[:n], 4326); err == nil {
			t.Errorf("cut after %d bytes: %v", n, g)
		}
	}
	change := func(at int, v byte) []byte {
		b := bytes.Clone(sound)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		blob []byte
		word string
	}{
		{change(0, 'X'), "does not begin with GP"},
		{change(2, 1), "version 1"},
		{change(3, 0x21), "flags 0x21"},
		{change(3, 0x0b), "envelope of unknown kind 5"},
		{change(4, 0), "srs_id 4096, while its layer's is 4326"},
		{change(8, 9), "byte order 9"},
		{change(9, 10), "type 10 is not read"},
		{change(9, 7), "type 7 is not read"},
		{change(13, 200), "ends in the middle"},
		{append(bytes.Clone(sound), 0), "1 bytes after the geometry"},
		{gpkgBlob(4326, orb.Point{math.NaN(), 1}), "NaN is not a coordinate"},
		{gpkgBlob(4326, orb.Point{1, math.Inf(-1)}), "-Inf is not a coordinate"},
	} {
		if g, err := gpkgGeometry(c.blob, 4326); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%x: %v, %v; want an error with %q", c.blob, g, err, c.word)
		}
	}
	empty := gpkgBlob(4326, orb.Point{math.NaN(), math.NaN()})
	empty[3] |= 0x10
	if g, err := gpkgGeometry(empty, 4326); g != nil || err != nil {
		t.Errorf("an empty point is %v, %v; want no geometry", g, err)
	}

	path := newSQLite(t, gpkgSchema+layerSQL("a", 4326, "")+"INSERT INTO a VALUES (1, ?), (2, ?), (3, 'text')", sound[:20], sound)
	tab := mustReadTable(t, path)
	want := []Rejection{{"row 1", "geom", "", "the geometry ends in the middle"}, {"row 3", "geom", "text", "not a GeoPackage geometry"}}
	if len(tab.records) != 1 || tab.records[0].id != "2" || !slices.Equal(tab.report.Rejected, want) || tab.report.Read != 3 {
		t.Errorf("records %+v, rejected %+v", tab.records, tab.report.Rejected)
	}
}

// gdalFile has GDAL write a file from another; the test is skipped without GDAL.
func gdalFile(t testing.TB, name, from string, options ...string) string {
	t.Helper()
	tool, err := exec.LookPath("ogr2ogr")
	if err != nil {
		t.Skip("SKIPPED: ogr2ogr (Debian's gdal-bin) is not installed")
	}
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command(tool, append(options, path, from)...).CombinedOutput(); err != nil {
		t.Fatalf("ogr2ogr: %v: %s", err, out)
	}
	return path
}

// What GDAL writes of a real file as GeoPackage reads as that file.
func TestGeoPackageWrittenByGDAL(t *testing.T) {
	from := sharedFile(t, "anjou/communes.geojson")
	path := gdalFile(t, "communes.gpkg", from, "-f", "GPKG", "-nlt", "PROMOTE_TO_MULTI")
	want, got := mustReadTable(t, from), mustReadTable(t, path)
	if len(got.records) != len(want.records) || got.epsg != 4326 || len(got.report.Rejected)+len(got.report.Notes) > 0 {
		t.Fatalf("%d records, EPSG:%d, report %+v", len(got.records), got.epsg, got.report)
	}
	for i, r := range got.records {
		delete(r.values, "fid")
		g := want.records[i].geometry
		if p, ok := g.(orb.Polygon); ok {
			g = orb.MultiPolygon{p}
		}
		if !maps.Equal(r.values, want.records[i].values) || !reflect.DeepEqual(r.geometry, g) {
			t.Fatalf("%s: %v differs from %v", r.where, r.values, want.records[i].values)
		}
	}
}

func FuzzGeoPackageGeometry(f *testing.F) {
	for _, g := range someGeometries {
		f.Add(gpkgBlob(4326, g))
		f.Add(append(binary.BigEndian.AppendUint32([]byte{'G', 'P', 0, 0}, 4326), raiseWKB(g, binary.BigEndian, 3000, 2)...))
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		g, err := gpkgGeometry(blob, 4326)
		if err != nil || g == nil {
			return
		}
		again, err := gpkgGeometry(gpkgBlob(4326, g), 4326)
		if err != nil || !reflect.DeepEqual(again, g) {
			t.Fatalf("%v reads back as %v, %v", g, again, err)
		}
	})
}
