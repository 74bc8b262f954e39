package geopackage

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store/layers"
)

func written(t *testing.T) (string, *geodata.Snapshot) {
	t.Helper()
	s := seal(t, smallTown(t))
	path := filepath.Join(t.TempDir(), "ville.gpkg")
	if err := Write(t.Context(), path, s, Options{}); err != nil {
		t.Fatal(err)
	}
	return path, s
}

func TestGDALSeesTheTerritory(t *testing.T) {
	path, _ := written(t)
	gpkgtest.OGRInfo(t, path)
	got := gpkgtest.Describe(t, path)
	want := map[string]struct {
		geometry string
		count    int
		extent   []float64
		fields   string
	}{
		"communes":   {"Multi Polygon", 2, []float64{-0.5, -0.3, 47.5, 47.6}, "id:String name:String population:Integer64 study:Integer/Boolean area:String epci:String epci_name:String"},
		"cells":      {"Polygon", 4, []float64{-0.48, -0.34, 47.55, 47.57}, "id:String commune:String study:Integer/Boolean imputed:Integer/Boolean lon:Real lat:Real ind:Real ind_0_3:Real"},
		"facilities": {"Point", 3, []float64{-0.47, -0.35, 47.53, 47.55}, "id:String name:String service:String status:String commune:String capacity:Integer64 hours:String accessible:String itinerant:Integer/Boolean note:String source:String holidays:String catchment:String"},
		"roads":      {"Line String", 2, []float64{-0.49, -0.31, 47.51, 47.55}, "id:String name:String ref:String highway:String oneway:String maxspeed:String tags:String"},
		"territory":  {"None", 1, nil, ""},
		"services":   {"None", 7, nil, ""},
		"sources":    {"None", 1, nil, ""},
	}
	for name, w := range want {
		l, ok := got[name]
		if !ok || l.Geometry != w.geometry || len(l.Features) != w.count {
			t.Errorf("%s: %s with %d features, want %s with %d", name, l.Geometry, len(l.Features), w.geometry, w.count)
		}
		if w.extent == nil {
			continue
		}
		for i := range w.extent {
			if d := l.Extent[i] - w.extent[i]; d > 1e-9 || d < -1e-9 {
				t.Errorf("%s: extent %v, want %v", name, l.Extent, w.extent)
			}
		}
		if diff := cmp.Diff(w.fields, strings.Join(l.Fields, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if len(got) != len(want)+1 { // and layer_styles
		t.Errorf("GDAL lists %d tables, want %d", len(got), len(want)+1)
	}
	creche := got["facilities"].Features[0]
	if diff := cmp.Diff(map[string]any{"id": "creche-1", "name": "Les Petits Loups", "service": "creche", "status": "existing", "commune": "49001", "capacity": 25.,
		"hours":      "Mo 08:30-12:00,13:30-17:00; Tu 08:30-12:00,13:30-17:00; We 08:30-12:00,13:30-17:00; Th 08:30-12:00,13:30-17:00; Fr 08:30-12:00,13:30-17:00",
		"accessible": "yes", "itinerant": false, "note": nil, "source": "CAF", "holidays": nil, "catchment": nil}, creche.Values); diff != "" {
		t.Error(diff)
	}
}

func TestQGISDrawsTheTerritory(t *testing.T) {
	path, s := written(t)
	drawn := gpkgtest.Draw(t, path, "communes", "cells", "facilities", "roads")
	for _, l := range []geodata.Layer{layers.Communes(s), layers.Facilities(s, nil), layers.Roads(s, nil)} {
		d := drawn[l.Name]
		if d.Renderer != "categorizedSymbol" || d.Attribute != l.Classes.Field || d.Count != len(l.IDs) {
			t.Errorf("%s: %+v", l.Name, d)
		}
		used := map[string]bool{}
		for _, v := range l.Field(l.Classes.Field).Texts {
			used[v] = true
		}
		for i, c := range l.Classes.Values {
			if d.Categories[i] != c.Label.Fr {
				t.Errorf("%s: legend entry %d is %q, want %q", l.Name, i, d.Categories[i], c.Label.Fr)
			}
			if n := d.Pixels(c.Colour); used[c.Value] && n < 20 {
				t.Errorf("%s: class %s shows in %d pixels of %s", l.Name, c.Value, n, c.Colour)
			}
		}
	}
	d := drawn["cells"]
	if d.Renderer != "graduatedSymbol" || d.Attribute != "ind" || d.Aliases["ind"] != "habitants (persons)" {
		t.Errorf("cells: %+v", d)
	}
}

func TestCellsAreColouredInFifths(t *testing.T) {
	for _, c := range []struct {
		people []float64
		want   string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "2 habitants ou moins; de 2 à 4 habitants; de 4 à 6 habitants; de 6 à 8 habitants; plus de 8 habitants"},
		{[]float64{123, 124, 456, 789, 12345}, "120 habitants ou moins; de 120 à 460 habitants; de 460 à 790 habitants; plus de 790 habitants"},
		{[]float64{0.25}, "1 habitant ou moins; plus de 1 habitant"},
		{[]float64{0, 0}, ""},
		{nil, ""},
	} {
		l := geodata.Layer{Fields: []geodata.Field{{Name: "ind", Kind: geodata.Real, Reals: c.people}}}
		var labels []string
		if steps := cellSteps(l); steps != nil {
			for i, s := range steps.Steps {
				labels = append(labels, s.Label)
				if i > 0 && s.UpTo <= steps.Steps[i-1].UpTo {
					t.Errorf("%v: bounds do not rise: %+v", c.people, steps)
				}
			}
		}
		if got := strings.Join(labels, "; "); got != c.want {
			t.Errorf("%v: %s, want %s", c.people, got, c.want)
		}
	}
}

// TestEditsAreRead edits a copy of the file with GDAL, as QGIS does, and reads it.
func TestEditsAreRead(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	for name, c := range map[string]struct {
		sql    string
		change func(*geodata.Content) // what the edit means; nil when it is refused
		reason string
	}{
		"nothing": {"UPDATE facilities SET name = name", func(*geodata.Content) {}, ""},
		"move a facility": {"UPDATE facilities SET geom = (SELECT geom FROM facilities WHERE id = 'fs-1') WHERE id = 'creche-1'",
			func(c *geodata.Content) { c.Facilities[0].Location = c.Facilities[1].Location }, ""},
		"add a facility": {"INSERT INTO facilities (geom, id, name, service) SELECT geom, 'new', 'Nouveau', 'youth' FROM facilities WHERE id = 'fs-1'",
			func(c *geodata.Content) {
				c.Facilities = append(c.Facilities, geodata.Facility{ID: "new", Name: "Nouveau", Service: "youth", Location: c.Facilities[1].Location, Status: geodata.Existing})
			}, ""},
		"forget a capacity": {"UPDATE facilities SET capacity = NULL, hours = '' WHERE id = 'creche-1'",
			func(c *geodata.Content) {
				c.Facilities[0].Capacity, c.Facilities[0].Hours = nil, &geodata.WeeklyHours{}
			}, ""},
		"correct a count": {"UPDATE cells SET ind = 121.25 WHERE id = 'cell-a'", func(c *geodata.Content) {
			c.Population.Columns[0].Values = append([]geodata.Amount{121_250_000}, c.Population.Columns[0].Values[1:]...)
		}, ""},
		"delete the neighbour": {"DELETE FROM communes WHERE id = '49002'", func(c *geodata.Content) { c.Communes = c.Communes[:1] }, ""},
		"study the neighbour":  {"UPDATE communes SET study = 1", func(c *geodata.Content) { c.Communes[1].Study = true }, ""},
		"set a speed limit": {"UPDATE roads SET maxspeed = '30' WHERE id = '2'", func(c *geodata.Content) {
			c.Roads.Ways[1].Tags = geodata.Tags{{Key: "highway", Value: "residential"}, {Key: "maxspeed", Value: "30"}, {Key: "name", Value: "Rue de l'Église"}}
		}, ""},
		"delete a road": {"DELETE FROM roads WHERE id = '2'", func(c *geodata.Content) { c.Roads.Ways = c.Roads.Ways[:1] }, ""},
		"reroute a road": {"UPDATE roads SET geom = (SELECT geom FROM roads WHERE id = '1') WHERE id = '2'",
			func(c *geodata.Content) { c.Roads.Ways[1].Nodes = []int32{0, 1, 2, 3} }, ""},
		"draw a road": {"INSERT INTO roads (geom, id, highway) VALUES (AsGPB(GeomFromText('LINESTRING (-0.45 47.51, -0.4 47.52, -0.31 47.55)', 4326)), '3', 'service')",
			func(c *geodata.Content) {
				c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: -1, Lon: -4000000, Lat: 475200000})
				c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: 3, Nodes: []int32{4, 5, 3}, Tags: geodata.Tags{{Key: "highway", Value: "service"}}})
			}, ""},
		"unknown service":    {"UPDATE facilities SET service = 'cinema' WHERE id = 'fs-1'", nil, `facility fs-1: unknown service "cinema"`},
		"unknown status":     {"UPDATE facilities SET status = 'open' WHERE id = 'fs-1'", nil, `facilities, row 2: facility fs-1: unknown status "open"`},
		"nonsense hours":     {"UPDATE facilities SET hours = 'le matin' WHERE id = 'fs-1'", nil, `facilities, row 2: facility fs-1: opening hours "le matin"`},
		"lost point":         {"UPDATE facilities SET geom = NULL WHERE id = 'fs-1'", nil, "facilities, row 2: geom of fs-1 is absent: want a point"},
		"words for a number": {"UPDATE cells SET ind = 'beaucoup' WHERE id = 'cell-a'", nil, "cells, row 1: ind of cell-a is beaucoup: want a number"},
		"a count removed":    {"UPDATE cells SET ind = NULL WHERE id = 'cell-a'", nil, "cells, row 1: ind of cell-a is absent: want a number"},
		"a negative count":   {"UPDATE cells SET ind = -1 WHERE id = 'cell-a'", nil, "cell cell-a: ind is negative"},
		"a road by name":     {"UPDATE roads SET id = 'D859' WHERE id = '1'", nil, `roads, row 1: id of D859 is "D859": want a whole number`},
	} {
		t.Run(name, func(t *testing.T) {
			path, s := written(t)
			gpkgtest.Run(t, "ogrinfo", "-q", path, "-sql", c.sql)
			got, err := Read(t.Context(), path)
			if c.change == nil {
				if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), path) {
					t.Errorf("want an error with %q, got %v", c.reason, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			content := smallTown(t)
			c.change(&content)
			want := seal(t, content)
			if got.ID() != want.ID() {
				t.Error(cmp.Diff(want.Content(), got.Content()))
			}
			if (got.ID() == s.ID()) != (name == "nothing") {
				t.Error("an edit must give another snapshot, and only an edit")
			}
		})
	}
}

func TestCellsThatArePointsFollowTheirPoint(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	c := smallTown(t)
	for i := range c.Population.Cells {
		c.Population.Cells[i].Outline = nil
	}
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(t.Context(), path, seal(t, c), Options{}); err != nil {
		t.Fatal(err)
	}
	gpkgtest.Run(t, "ogrinfo", "-q", path, "-sql", "UPDATE cells SET geom = (SELECT geom FROM cells WHERE fid = 2) WHERE fid = 1")
	got, err := Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if want := (orb.Point{-0.45, 47.56}); got.Population().Cells[0].Centre != want {
		t.Errorf("moved to %v, read at %v", want, got.Population().Cells[0].Centre)
	}
}

func TestExactCountGivesWayToAnEdit(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	c := smallTown(t)
	const big = geodata.Amount(1<<62 - 1)
	c.Population.Columns[0].Values[0] = big
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(t.Context(), path, seal(t, c), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sql  string
		want geodata.Amount
	}{{"UPDATE cells SET ind = ind", big}, {"UPDATE cells SET ind = 5 WHERE id = 'cell-a'", geodata.Whole(5)}} {
		gpkgtest.Run(t, "ogrinfo", "-q", path, "-sql", step.sql)
		s, err := Read(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Population().Columns[0].Values[0]; got != step.want {
			t.Errorf("%s: %d, want %d", step.sql, got, step.want)
		}
	}
}

// Plain SQLite lacks the functions that the triggers of geometry columns call.
const dropTriggers = "DROP TRIGGER rtree_roads_geom_update1; DROP TRIGGER rtree_roads_geom_update2; DROP TRIGGER rtree_roads_geom_update3; DROP TRIGGER rtree_roads_geom_update4;"

func change(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // Exec has committed
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(statement, err)
	}
}

// TestFileThatIsBeingEdited: QGIS keeps its changes in a write-ahead log while a file is open.
func TestFileThatIsBeingEdited(t *testing.T) {
	path, _ := written(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a temporary file
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"PRAGMA journal_mode = wal", "UPDATE territory SET name = 'saved'", "BEGIN", "UPDATE territory SET name = 'not yet saved'"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Read(t.Context(), path)
	if err != nil || s.Territory().Name != "saved" {
		t.Errorf("%v, want the name as it was last saved", err)
	}
}

func TestFilesThatAreNoTerritorySaySo(t *testing.T) {
	for want, statement := range map[string]string{
		"not a territory of Maillage":                                    "DROP TABLE territory; DROP TABLE maillage_vintages",
		"table territory is missing":                                     "ALTER TABLE territory RENAME TO other",
		"newer version of Maillage (newer schema: 99; this one reads up": "UPDATE territory SET schema = 99",
		"territory has 0 rows, want one":                                 "DELETE FROM territory",
		"table cells is missing":                                         "ALTER TABLE cells RENAME TO other",
		"table facilities has no column status (it has fid, geom, id, ":  "ALTER TABLE facilities RENAME COLUMN status TO state",
		"table cells has no column ind_0_3":                              "ALTER TABLE cells DROP COLUMN ind_0_3",
		"maillage_packed: chunk 0 of roads: damaged content":             "UPDATE maillage_packed SET content = x'05ff' WHERE kind = 'roads' AND chunk = 0",
		"maillage_packed: cells: damaged content":                        "UPDATE maillage_packed SET content = 5 WHERE kind = 'cells'",
		"maillage_packed: road nodes: 0 of 5 are there: damaged":         "DELETE FROM maillage_packed WHERE kind = 'roads'",
		"maillage_packed: vintage 1 is missing":                          "DELETE FROM maillage_packed",
		"maillage_packed: head: unexpected end of JSON":                  "UPDATE maillage_packed SET content = x'7b' WHERE kind = 'head'",
		"services, row 1: definition":                                    "UPDATE services SET definition = '<'",
		"roads, row 1: geom of 1 is damaged geometry":                    dropTriggers + "UPDATE roads SET geom = x'4750'",
	} {
		path, _ := written(t)
		change(t, path, statement)
		_, err := Read(t.Context(), path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: want an error with %q, got %v", statement, want, err)
		}
	}
}

// TestDamagedFiles cuts a file short everywhere, and flips bytes in
// it: reading may succeed where the byte does not matter, but never panics.
func TestDamagedFiles(t *testing.T) {
	path, s := written(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.gpkg")
	read := func(content []byte) (*geodata.Snapshot, error) {
		if err := os.WriteFile(damaged, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return Read(t.Context(), damaged)
	}
	for n := 0; n < len(whole); n += len(whole)/40 + 1 {
		if _, err := read(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes were read as a territory", n, len(whole))
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	same, other, refused := 0, 0, 0
	for range 200 {
		bad := append([]byte(nil), whole...)
		for range 20 {
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		got, err := read(bad)
		switch {
		case err != nil:
			refused++
		case got.ID() == s.ID():
			same++
		default:
			other++
		}
	}
	t.Logf("of 200 files with 20 changed bytes: %d refused, %d read as other territories, %d as the same", refused, other, same)
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}
