package geopackage

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		path := filepath.Join(t.TempDir(), "a store #1?.gpkg")
		return func() store.Store { return openAt(t, path, OpenOptions{Create: true, Wait: 5 * time.Second}) }
	})
}

func TestLedger(t *testing.T) {
	storetest.RunLedger(t, func(t *testing.T) *ledger.Ledger {
		return opened(t, filepath.Join(t.TempDir(), "s.gpkg")).Ledger()
	})
}

func openAt(t testing.TB, path string, o OpenOptions) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// opened is a store that is made where there is none, and closed when the test ends.
func opened(t testing.TB, path string) *Store {
	t.Helper()
	s := openAt(t, path, OpenOptions{Create: true, Wait: time.Second})
	t.Cleanup(func() { s.Close() })
	return s
}

// vintageOf is the small town of a year, with as many people in its first cell.
func vintageOf(t testing.TB, territory string, year int) *geodata.Snapshot {
	t.Helper()
	c := smallTown(t)
	c.Territory.ID, c.Population.Vintage = territory, year
	c.Population.Columns[0].Values[0] = geodata.Whole(int64(year))
	return seal(t, c)
}

func put1(t testing.TB, s *Store, snap *geodata.Snapshot) {
	t.Helper()
	if err := s.Write(context.Background(), snap, store.WriteOptions{By: "test"}); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *Store, ref store.Ref) *geodata.Snapshot {
	t.Helper()
	snap, err := s.Read(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func wantSame(t testing.TB, what string, want, got *geodata.Snapshot) {
	t.Helper()
	if diff := cmp.Diff(want.Content(), got.Content(), cmpopts.EquateEmpty()); diff != "" || want.ID() != got.ID() {
		t.Errorf("%s: %s", what, diff)
	}
}

// wantWhole is SQLite's own check of a file, and of its spatial indexes.
func wantWhole(t testing.TB, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, check := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check"} {
		var said string
		if err := db.QueryRow(check).Scan(&said); err != nil && !errors.Is(err, sql.ErrNoRows) || said != "ok" && said != "" {
			t.Errorf("%s: %s %v", check, said, err)
		}
	}
	indexes, err := db.Query("SELECT name, rtreecheck(name) FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING rtree%'")
	if err != nil {
		t.Fatal(err)
	}
	defer indexes.Close()
	for indexes.Next() {
		var name, said string
		if err := indexes.Scan(&name, &said); err != nil || said != "ok" {
			t.Errorf("%s: %s %v", name, said, err)
		}
	}
}

// TestGISSeesWhatWasWrittenLast looks at a file with GDAL and QGIS after each of
// several writes, while the store is open.
func TestGISSeesWhatWasWrittenLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	empty := gpkgtest.Describe(t, path)
	if len(empty) != 1 { // layer_styles
		t.Errorf("GDAL lists %d tables of an empty store", len(empty))
	}
	anjou := storetest.Anjou(t)
	look := func(what string, want *geodata.Snapshot) {
		t.Helper()
		gpkgtest.OGRInfo(t, path)
		wantWhole(t, path)
		got := gpkgtest.Describe(t, path)
		var names []string
		for name, l := range got {
			names = append(names, name)
			for _, f := range l.Features {
				if f.WKT != "" && !f.Valid {
					t.Errorf("%s: a feature of %s is not valid", what, name)
				}
			}
		}
		slices.Sort(names)
		tables := []string{"cells", "communes", "facilities", "layer_styles", "roads", "services", "sources", "territory"}
		if len(want.Census()) > 0 {
			tables = slices.Insert(tables, 1, "census")
		}
		if want.Timetable() != nil {
			tables = append(tables, "lines", "on_demand", "stops")
			slices.Sort(tables)
		}
		if diff := cmp.Diff(tables, names); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		drawn := gpkgtest.Draw(t, path, "communes", "cells", "facilities", "roads")
		for name, n := range map[string]int{"communes": len(want.Communes()), "cells": len(want.Population().Cells), "facilities": len(want.Facilities()), "roads": len(want.Roads().Ways)} {
			if len(got[name].Features) != n || drawn[name].Count != n {
				t.Errorf("%s: GDAL counts %d %s, QGIS %d, want %d", what, len(got[name].Features), name, drawn[name].Count, n)
			}
		}
		if got["territory"].Features[0].Values["id"] != want.Territory().ID {
			t.Errorf("%s: the layers show %v", what, got["territory"].Features[0].Values["id"])
		}
		if d := drawn["communes"]; d.Renderer != "categorizedSymbol" || d.Pixels("#1f3a5f") < 20 {
			t.Errorf("%s: communes are drawn %+v", what, d)
		}
	}
	put1(t, s, vintageOf(t, "town", 2019))
	look("the first", vintageOf(t, "town", 2019))
	put1(t, s, anjou)
	look("another territory", anjou)
	put1(t, s, vintageOf(t, "town", 2021))
	look("another vintage", vintageOf(t, "town", 2021))
	if err := s.Remove(t.Context(), store.Ref{Territory: "town"}, ""); err != nil {
		t.Fatal(err)
	}
	look("what is left", anjou)
}

//go:embed testdata/edit.py
var editScript string

// TestQGISEditsWhileTheStoreIsOpen moves and renames a facility in QGIS.
func TestQGISEditsWhileTheStoreIsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	if said := gpkgtest.QGIS(t, editScript, path, "facilities", "creche-1", "name=Les Grands Loups", "capacity=30", "-0.46,47.56"); !strings.Contains(said, "saved") {
		t.Fatal(said)
	}
	c := vintageOf(t, "town", 2019).Content()
	places := 30
	c.Facilities[0].Name, c.Facilities[0].Capacity, c.Facilities[0].Location = "Les Grands Loups", &places, orb.Point{-0.46, 47.56}
	edited := seal(t, c)
	wantSame(t, "edited in QGIS", edited, get(t, s, store.Ref{}))
	wantWhole(t, path)
	// And it is kept when another vintage takes its place.
	put1(t, s, vintageOf(t, "town", 2021))
	wantSame(t, "edited, then put away", edited, get(t, s, store.Ref{Vintage: "2019"}))
}

// edit changes a file as GDAL does.
func edit(t testing.TB, path, statement string) {
	t.Helper()
	gpkgtest.Run(t, "ogrinfo", "-q", path, "-sql", statement)
}

func TestEditsArePutAwayWithTheirVintage(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	edit(t, path, "UPDATE cells SET ind = 7.5 WHERE id = 'cell-b'")
	edit(t, path, "UPDATE territory SET name = 'La Cité'")
	edit(t, path, "DELETE FROM roads WHERE id = '2'")
	c := vintageOf(t, "town", 2019).Content()
	c.Territory.Name = "La Cité"
	c.Population.Columns[0].Values = slices.Clone(c.Population.Columns[0].Values)
	c.Population.Columns[0].Values[1] = 7_500_000
	c.Roads.Ways = c.Roads.Ways[:1]
	edited := seal(t, c)
	wantSame(t, "edited", edited, get(t, s, store.Ref{}))

	put1(t, s, vintageOf(t, "other", 2021))
	wantSame(t, "put away", edited, get(t, s, store.Ref{Territory: "town"}))
	vs, err := s.Vintages(t.Context())
	if err != nil || len(vs) != 2 || vs[1].Snapshot != edited.ID() || vs[1].Territory.Name != "La Cité" || vs[1].Ways != 1 {
		t.Errorf("%+v %v", vs, err)
	}
	// Shown again, it has the edits in the layers.
	if err := s.Remove(t.Context(), store.Ref{Territory: "other"}, ""); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "shown again", edited, get(t, s, store.Ref{}))
	if n := len(gpkgtest.Describe(t, path)["roads"].Features); n != 1 {
		t.Errorf("GDAL sees %d roads", n)
	}
}

func TestAnEditWithoutSenseIsNotThrownAway(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	edit(t, path, "UPDATE facilities SET status = 'open' WHERE id = 'fs-1'")
	for _, other := range []*geodata.Snapshot{vintageOf(t, "town", 2021), vintageOf(t, "other", 2019)} {
		err := s.Write(t.Context(), other, store.WriteOptions{})
		if err == nil || !strings.Contains(err.Error(), "vintage 2019 of town was edited") || !strings.Contains(err.Error(), `facilities, row 2: facility fs-1: unknown status "open"`) {
			t.Errorf("%v, want an error that names the edit", err)
		}
	}
	vs, err := s.Vintages(t.Context())
	if err != nil || len(vs) != 1 {
		t.Fatal(vs, err)
	}
	// It may be replaced or removed.
	put1(t, s, vintageOf(t, "town", 2019))
	wantSame(t, "replaced", vintageOf(t, "town", 2019), get(t, s, store.Ref{}))
	edit(t, path, "UPDATE facilities SET status = 'open' WHERE id = 'fs-1'")
	if err := s.Remove(t.Context(), store.Ref{}, ""); err != nil {
		t.Error(err)
	}
}

// TestTablesMadeAnewAreRead: GDAL makes a table anew to change a field, and
// people drop triggers; then nobody counts edits.
func TestTablesMadeAnewAreRead(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	for _, loss := range []string{
		"ALTER TABLE cells ADD COLUMN remark TEXT",
		"DROP TRIGGER maillage_cells_update",
		"DELETE FROM maillage_edits WHERE layer = 'cells'",
	} {
		path := filepath.Join(t.TempDir(), "s.gpkg")
		s := opened(t, path)
		put1(t, s, vintageOf(t, "town", 2019))
		change(t, path, loss)
		edit(t, path, "UPDATE cells SET commune = '49009' WHERE id = 'cell-a'")
		if got := get(t, s, store.Ref{}).Population().Cells[0].Commune; got != "49009" {
			t.Errorf("%s, then an edit: read %s", loss, got)
		}
	}
}

func TestPartsOfAnEditedTerritory(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	anjou := storetest.Anjou(t)
	part := geodata.Part{EPCI: "200068955", Buffer: 500}
	for _, statement := range []string{
		"UPDATE facilities SET geom = (SELECT geom FROM facilities WHERE fid = 2) WHERE fid = 1",
		"UPDATE communes SET epci = '200068955' WHERE fid < 5",
		"UPDATE cells SET ind = 99 WHERE fid = 100",
		"DELETE FROM roads WHERE fid < 50",
	} {
		path := filepath.Join(t.TempDir(), "s.gpkg")
		s := opened(t, path)
		put1(t, s, anjou)
		edit(t, path, statement)
		whole := get(t, s, store.Ref{})
		want, err := geodata.Cut(whole, part)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.ReadPart(t.Context(), store.Ref{}, part)
		if err != nil || got.ID() != want.ID() || whole.ID() == anjou.ID() {
			t.Errorf("%s: %v, or another part, or no edit", statement, err)
		}
	}
}

// TestPartsAreReadAlone damages what lies far away: whoever reads a part does not notice.
func TestPartsAreReadAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	c := manyCells(20_000)
	c.Roads = manyRoads(5_000).Roads
	first, last := c.Population.Cells[0].Outline, c.Population.Cells[19_999].Outline
	c.Communes = []geodata.Commune{{Code: "1", EPCI: "here", Outline: orb.MultiPolygon{{first}}}, {Code: "2", EPCI: "there", Outline: orb.MultiPolygon{{last}}}}
	put1(t, s, seal(t, c))
	here := geodata.Part{EPCI: "here", Buffer: 2000}
	want, err := geodata.Cut(seal(t, c), here)
	if err != nil {
		t.Fatal(err)
	}
	change(t, path, "UPDATE maillage_packed SET content = x'00' WHERE kind IN ('cells', 'roads') AND min_x > -0.9 OR label = 'there'")
	got, err := s.ReadPart(t.Context(), store.Ref{}, here)
	if err != nil || got.ID() != want.ID() {
		t.Error("reading a part:", err)
	}
	if _, err := s.Read(t.Context(), store.Ref{}); err == nil || !strings.Contains(err.Error(), "damaged content") {
		t.Errorf("reading all: %v", err)
	}
}

// ownFile is a technician's GeoPackage with a layer of paths, a style and a note.
func ownFile(t *testing.T, layer string) string {
	t.Helper()
	gpkgtest.Need(t, "ogr2ogr", "gdal-bin")
	dir := t.TempDir()
	geojson := filepath.Join(dir, "paths.geojson")
	if err := os.WriteFile(geojson, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"sentier"},"geometry":{"type":"LineString","coordinates":[[-0.5,47.5],[-0.4,47.6]]}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "own.gpkg")
	gpkgtest.Run(t, "ogr2ogr", "-f", "GPKG", "-nln", layer, "-mo", "NOTE=the technician's own", path, geojson)
	return path
}

func TestOtherLayersAreLeftAlone(t *testing.T) {
	path := ownFile(t, "chemins")
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	layer := gpkgtest.Describe(t, path)["chemins"]
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody makes a store of it by mistake.
	if _, err := Open(t.Context(), path, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "is a GeoPackage, but not a territory of Maillage") {
		t.Error(err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(content, again) {
		t.Error("the file was changed")
	}
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	put1(t, s, vintageOf(t, "town", 2021))
	wantSame(t, "beside other layers", vintageOf(t, "town", 2021), get(t, s, store.Ref{}))
	gpkgtest.OGRInfo(t, path)
	if err := s.Remove(t.Context(), store.Ref{}, ""); err != nil {
		t.Fatal(err)
	}
	got := gpkgtest.Describe(t, path)
	if diff := cmp.Diff(layer, got["chemins"]); diff != "" {
		t.Error(diff)
	}
	if len(got) != 2 { // and layer_styles
		t.Errorf("GDAL lists %d tables", len(got))
	}
	if said := gpkgtest.Run(t, "ogrinfo", "-ro", path); !strings.Contains(said, "the technician's own") {
		t.Errorf("the file's note is gone: %s", said)
	}
	wantWhole(t, path)
}

func TestALayerOfOurNameIsNotReplaced(t *testing.T) {
	path := ownFile(t, "Cells")
	_, err := Open(t.Context(), path, OpenOptions{Create: true})
	if err == nil || !strings.Contains(err.Error(), "has layers of its own named cells: rename them") {
		t.Error(err)
	}
}

// TestAnEditOfAnOldLayerChangesNothingElse: somebody has the facilities of 2019 open in
// QGIS while those of 2021 are written, and changes one, which QGIS knows by its row.
func TestAnEditOfAnOldLayerChangesNothingElse(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	for range 2 {
		put1(t, s, vintageOf(t, "town", 2021))
		for layer, rows := range map[string]int{"communes": 2, "cells": 4, "facilities": 3, "roads": 2} {
			edit(t, path, fmt.Sprintf("DELETE FROM %s WHERE fid <= %d", layer, rows))
		}
		wantSame(t, "after the edit", vintageOf(t, "town", 2021), get(t, s, store.Ref{}))
	}
	wantWhole(t, path)
}

func TestStylesSavedInQGISStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	style := strings.NewReplacer("#own#", "255,0,255,255").Replace(`<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version="3.22.0" styleCategories="Symbology"><renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0"><symbols><symbol type="marker" name="0" alpha="1" clip_to_extent="1"><layer class="SimpleMarker" enabled="1" pass="0" locked="0"><prop k="name" v="square"/><prop k="color" v="#own#"/><prop k="outline_style" v="no"/><prop k="size" v="8"/></layer></symbol></symbols></renderer-v2></qgis>`)
	change(t, path, "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "+
		"VALUES ('', '', 'facilities', 'geom', 'mine', '"+strings.ReplaceAll(style, "'", "''")+"', '', 1, '', '')")
	put1(t, s, vintageOf(t, "town", 2021))
	d := gpkgtest.Draw(t, path, "facilities")["facilities"]
	if d.Renderer != "singleSymbol" || d.Pixels("#ff00ff") < 100 {
		t.Errorf("the technician's style is not used: %+v", d)
	}
}

func TestOpeningWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := filepath.Join(dir, "newer.gpkg")
	if err := Write(t.Context(), newer, vintageOf(t, "town", 2019), Options{}); err != nil {
		t.Fatal(err)
	}
	change(t, newer, "UPDATE territory SET schema = 99")
	newerLedger := filepath.Join(dir, "newer ledger.gpkg")
	opened(t, newerLedger)
	change(t, newerLedger, "INSERT INTO "+ledger.VersionTable+" (version_id, is_applied) VALUES (9999, true)")
	for path, c := range map[string]struct {
		is   error
		says string
	}{
		filepath.Join(dir, "none.gpkg"):       {fs.ErrNotExist, "none.gpkg"},
		dir:                                   {nil, "is a folder"},
		write("page.gpkg", "<!DOCTYPE html>"): {nil, "does not begin as an SQLite file"},
		write("empty.gpkg", ""):               {nil, "is empty, not a GeoPackage"},
		newer:                                 {store.ErrNewerSchema, "newer.gpkg was written by a newer version of Maillage (newer schema: 99; this one reads up to 4)"},
		newerLedger:                           {store.ErrNewerSchema, "its ledger is at 9999"},
		filepath.Join(dir, "no", "folder", "x.gpkg"): {fs.ErrNotExist, "x.gpkg"},
	} {
		for _, o := range []OpenOptions{{}, {Create: true}, {ReadOnly: true}} {
			if o.Create && filepath.Base(path) == "none.gpkg" || o.ReadOnly && path == newerLedger {
				continue // these succeed
			}
			s, err := Open(t.Context(), path, o)
			if err == nil {
				s.Close()
			}
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %+v: %v, want %q", filepath.Base(path), o, err, c.says)
			}
		}
	}
	if _, err := Read(t.Context(), newer); !errors.Is(err, store.ErrNewerSchema) {
		t.Error(err)
	}
}

func TestAFileOfWriteIsAStoreOfOneVintage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	want := vintageOf(t, "town", 2019)
	if err := Write(t.Context(), path, want, Options{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []OpenOptions{{ReadOnly: true}, {}} {
		s := openAt(t, path, o)
		vs, err := s.Vintages(t.Context())
		if err != nil || len(vs) != 1 || vs[0].Name != "2019" || vs[0].Snapshot != want.ID() || !vs[0].Imported.Equal(info.ModTime()) && o.ReadOnly {
			t.Errorf("%+v: %+v %v", o, vs, err)
		}
		wantSame(t, "read", want, get(t, s, store.Ref{Territory: "town", Vintage: "2019"}))
		s.Close()
	}
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2021))
	wantSame(t, "the older one", want, get(t, s, store.Ref{Vintage: "2019"}))
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := Open(t.Context(), path, OpenOptions{Create: true})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Ledger().Record(t.Context(), ledger.Entry{Action: "hello"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	entries, err := opened(t, path).Ledger().Entries(t.Context(), ledger.EntryFilter{})
	if err != nil || len(entries) != 8 {
		t.Errorf("%d entries, want 8: %v", len(entries), err)
	}
}

func TestClosingLeavesOnePiece(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.gpkg")
	a, b := openAt(t, path, OpenOptions{Create: true}), openAt(t, path, OpenOptions{})
	put1(t, a, vintageOf(t, "town", 2019))
	if err := errors.Join(a.Close(), a.Close()); err != nil {
		t.Error(err)
	}
	wantSame(t, "by the other", vintageOf(t, "town", 2019), get(t, b, store.Ref{}))
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("%v were left", entries)
	}
	head := make([]byte, 20)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, head); err != nil || head[18] != 1 { // 1: a rollback journal; 2: a write-ahead log
		t.Errorf("journal mode %d: %v", head[18], err)
	}
}

func TestAFileInUseIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := openAt(t, path, OpenOptions{Create: true})
	put1(t, s, vintageOf(t, "town", 2019))
	err := Write(t.Context(), path, vintageOf(t, "town", 2021), Options{Overwrite: true})
	if !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), path) {
		t.Errorf("overwriting an open store: %v, want ErrBusy", err)
	}
	wantSame(t, "what was there", vintageOf(t, "town", 2019), get(t, s, store.Ref{}))
	s.Close()
	if err := Write(t.Context(), path, vintageOf(t, "town", 2021), Options{Overwrite: true}); err != nil {
		t.Error(err)
	}
}

// hold begins a transaction as another program would.
func hold(t *testing.T, path, begin string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(begin); err != nil {
		t.Fatal(err)
	}
}

func TestBusy(t *testing.T) {
	t.Parallel() // it waits
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := openAt(t, path, OpenOptions{Create: true, Wait: 100 * time.Millisecond})
	t.Cleanup(func() { s.Close() })
	put1(t, s, vintageOf(t, "town", 2019))
	hold(t, path, "BEGIN IMMEDIATE")
	for name, err := range map[string]error{
		"Write":  s.Write(t.Context(), vintageOf(t, "other", 2021), store.WriteOptions{}),
		"Remove": s.Remove(t.Context(), store.Ref{}, ""),
	} {
		if !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrBusy", name, err)
		}
	}
	wantSame(t, "meanwhile", vintageOf(t, "town", 2019), get(t, s, store.Ref{}))
	opened(t, path)

	// Without a write-ahead log whoever reads must wait as well.
	locked := filepath.Join(t.TempDir(), "locked.gpkg")
	if err := Write(t.Context(), locked, vintageOf(t, "town", 2019), Options{}); err != nil {
		t.Fatal(err)
	}
	hold(t, locked, "BEGIN EXCLUSIVE")
	if _, err := Read(t.Context(), locked); !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), "locked by another program; save and close it there") {
		t.Errorf("Read: %v, want ErrBusy", err)
	}
}

// TestLocksSurviveACopy: a copy made by this process must not let another
// process take the log away.
func TestLocksSurviveACopy(t *testing.T) {
	gpkgtest.Need(t, "sqlite3", "sqlite3")
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, vintageOf(t, "town", 2019))
	if _, err := os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if mode := gpkgtest.Run(t, "sqlite3", path, "PRAGMA journal_mode"); !strings.Contains(mode, "wal") {
		t.Fatal(mode)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Error("the log is gone:", err)
	}
	put1(t, s, vintageOf(t, "town", 2021))
	if got := gpkgtest.Run(t, "sqlite3", path, "SELECT count(*) FROM maillage_vintages"); strings.TrimSpace(got) != "2" {
		t.Errorf("another process sees %s vintages", got)
	}
}

// schema1 unpacks a file of schema 1: the small town, with a count that a REAL
// cannot hold and a cell that is a point.
func schema1(t *testing.T) string { return stored(t, "schema1.gpkg") }

// stored unpacks a file of testdata.
func stored(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func inSchema1(t *testing.T) geodata.Content {
	c := smallTown(t)
	c.Population.Columns[0].Values[0] = 1<<62 - 1
	c.Population.Cells[3].Outline = nil
	return c
}

func TestSchema1IsReadAndBroughtUpToDate(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	for name, c := range map[string]struct {
		sql    string
		change func(*geodata.Content)
	}{
		"as released": {"", func(*geodata.Content) {}},
		"edited": {"UPDATE cells SET ind = 5 WHERE id = 'cell-b'", func(c *geodata.Content) {
			c.Population.Columns[0].Values[1] = geodata.Whole(5)
		}},
		"with a road drawn": {"INSERT INTO roads (geom, id, highway) VALUES (AsGPB(GeomFromText('LINESTRING (-0.45 47.51, -0.4 47.52)', 4326)), '3', 'service')",
			func(c *geodata.Content) {
				c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: -1, Lon: -4000000, Lat: 475200000})
				c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: 3, Nodes: []int32{4, 5}, Tags: geodata.Tags{{Key: "highway", Value: "service"}}})
			}},
	} {
		t.Run(name, func(t *testing.T) {
			path := schema1(t)
			if c.sql != "" {
				edit(t, path, c.sql)
			}
			content := inSchema1(t)
			c.change(&content)
			want := seal(t, content)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			look := func(s *Store) {
				t.Helper()
				wantSame(t, "read", want, get(t, s, store.Ref{}))
				vs, err := s.Vintages(t.Context())
				if err != nil || len(vs) != 1 || vs[0].Territory != want.Territory() || vs[0].Name != "2019" || vs[0].Cells != 4 || vs[0].Ways != len(want.Roads().Ways) || !vs[0].Current {
					t.Errorf("%+v %v", vs, err)
				}
			}
			// Reading leaves the file alone.
			s := openAt(t, path, OpenOptions{ReadOnly: true})
			look(s)
			s.Close()
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("reading changed the file")
			}
			// Opening it to write brings it up to date, once.
			for range 2 {
				s := openAt(t, path, OpenOptions{})
				look(s)
				s.Close()
			}
			gpkgtest.OGRInfo(t, path)
			wantWhole(t, path)
			s = opened(t, path)
			tables, err := reading(t.Context(), path, func(in *reader) ([]string, error) { return in.file.Tables(t.Context()) })
			if err != nil {
				t.Fatal(err)
			}
			for _, old := range schema1Tables {
				if slices.Contains(tables, old) {
					t.Errorf("table %s is still there", old)
				}
			}
			put1(t, s, vintageOf(t, "town", 2021))
			wantSame(t, "put away", want, get(t, s, store.Ref{Vintage: "2019"}))
		})
	}
}

// countdown ends after its error has been asked for n times: an interruption at
// a chosen moment of the work.
type countdown struct {
	context.Context
	mu     sync.Mutex
	left   int
	cancel context.CancelFunc
}

func interruptAfter(parent context.Context, n int) *countdown {
	ctx, cancel := context.WithCancel(parent)
	return &countdown{Context: ctx, left: n, cancel: cancel}
}

func (c *countdown) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

func TestInterruptedMigrationLeavesSchema1(t *testing.T) {
	path, interrupted := schema1(t), 0
	for n := 0; ; n += 1 + n/4 {
		s, err := Open(interruptAfter(t.Context(), n), path, OpenOptions{})
		if err == nil {
			s.Close()
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted after %d: %v", n, err)
		}
		interrupted++
		got, err := Read(t.Context(), path)
		if err != nil || got.ID() != seal(t, inSchema1(t)).ID() {
			t.Fatalf("interrupted after %d: %v, or another territory", n, err)
		}
	}
	if interrupted < 3 {
		t.Errorf("it was interrupted %d times only", interrupted)
	}
	wantSame(t, "in the end", seal(t, inSchema1(t)), get(t, opened(t, path), store.Ref{}))
}

// TestErrorsOfGpkgAreThoseOfStore keeps the two vocabularies together.
func TestErrorsOfGpkgAreThoseOfStore(t *testing.T) {
	for from, to := range map[error]error{gpkg.ErrLocked: store.ErrBusy, gpkg.ErrReadOnly: store.ErrReadOnly, fs.ErrExist: fs.ErrExist} {
		if err := explain(from); !errors.Is(err, to) || !errors.Is(err, from) {
			t.Errorf("%v became %v", from, err)
		}
	}
}
