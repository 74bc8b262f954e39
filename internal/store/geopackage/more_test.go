package geopackage

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// fullAt is a store with the town that has everything.
func fullAt(t *testing.T) (path string, s *Store) {
	t.Helper()
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path = filepath.Join(t.TempDir(), "s.gpkg")
	s = opened(t, path)
	put1(t, s, storetest.Full(t))
	return path, s
}

func TestGISSeesZonesCountsAndCensus(t *testing.T) {
	path, s := fullAt(t)
	seen := gpkgtest.Describe(t, path)
	for layer, want := range map[string]int{"zones": 4, "counts_ecoles": 2, "counts_logements": 1, "counts_rien_encore": 0, "census": 15} {
		if l, there := seen[layer]; !there || len(l.Features) != want {
			t.Errorf("%s: there %v, %d features, want %d", layer, there, len(l.Features), want)
		}
	}
	wantWhole(t, path)
	// The key is in a table for programs, and in no layer.
	for layer, l := range seen {
		for _, f := range l.Features {
			for field, value := range f.Values {
				if text, ok := value.(string); ok && (strings.Contains(text, storetest.Key) || strings.Contains(text, "another key")) {
					t.Errorf("%s: %s holds a key", layer, field)
				}
			}
		}
	}
	// What the next territory lacks is gone with this one.
	put1(t, s, vintageOf(t, "other", 2021))
	for layer := range gpkgtest.Describe(t, path) {
		if layer == "zones" || layer == "census" || strings.HasPrefix(layer, "counts_") {
			t.Errorf("%s is still there", layer)
		}
	}
}

func TestEditsOfZonesCountsAndCensusAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		sql    string
		change func(*geodata.Content)
	}{
		"a zone renamed": {"UPDATE zones SET name = 'Bourg' WHERE code = '490010101' AND layer = 'iris'", func(c *geodata.Content) { c.Zones[0].Name = "Bourg" }},
		"a zone less":    {"DELETE FROM zones WHERE layer = 'iris'", func(c *geodata.Content) { c.Zones = c.Zones[2:] }},
		"a school moved": {"UPDATE counts_ecoles SET geom = AsGPB(GeomFromText('POINT (1.5 47.5)', 4326)) WHERE id = '0490001A'", func(c *geodata.Content) {
			c.Counts[2].Cells[0].Centre = [2]float64{1.5, 47.5}
		}},
		"more pupils": {"UPDATE counts_ecoles SET c__l_ves = 121 WHERE id = '0490001A'", func(c *geodata.Content) {
			c.Counts[2].Columns[1].Values = []geodata.Amount{geodata.Whole(121), 33_500_000}
		}},
		"census corrected": {"UPDATE census SET persons = 7, age_to = 4 WHERE commune = '49003' AND sex = 'M' AND age_from = 0", func(c *geodata.Content) {
			i := slices.IndexFunc(c.Census, func(r geodata.CensusRow) bool { return r.Commune == "49003" && r.Sex == geodata.Male && r.From == 0 })
			c.Census[i].Persons, c.Census[i].To = geodata.Whole(7), 4
		}},
		"open to all": {"UPDATE facilities SET catchment = NULL, holidays = 'Sa 10:00-12:00' WHERE id = 'creche-1'", func(c *geodata.Content) {
			c.Facilities[0].Catchment, c.Facilities[0].Holidays = geodata.Everybody, &geodata.WeeklyHours{5: {{From: 600, To: 720}}}
		}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			path, s := fullAt(t)
			edit(t, path, c.sql)
			content := storetest.Full(t).Content()
			c.change(&content)
			want := seal(t, content)
			wantSame(t, "edited", want, get(t, s, store.Ref{}))
			part := geodata.Part{EPCI: "200068955", Buffer: 100}
			cut, err := geodata.Cut(want, part)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.ReadPart(t.Context(), store.Ref{}, part)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, "a part", cut, got)
			put1(t, s, vintageOf(t, "other", 2021))
			wantSame(t, "put away", want, get(t, s, store.Ref{Territory: "town"}))
		})
	}
}

func TestEditsOfZonesCountsAndCensusThatMakeNoSense(t *testing.T) {
	for sql, want := range map[string]string{
		"UPDATE zones SET code = NULL WHERE fid = 2":                 `zones, row 2: code of iris/490020000 is empty: want text that no other zone`,
		"UPDATE zones SET layer = '' WHERE fid = 2":                  `zones, row 2: layer of iris/490020000 is empty: want the name of a division`,
		"UPDATE counts_ecoles SET classes = NULL WHERE fid = 1":      `counts_ecoles, row 1: classes of 0490001A is absent: want a number`,
		"UPDATE census SET persons = 'beaucoup' WHERE fid = 3":       `census, row 3: persons of 3 is beaucoup: want a number`,
		"UPDATE census SET sex = 'H' WHERE fid = 3":                  `sex "H": want F, M or nothing`,
		"UPDATE facilities SET catchment = 'canton' WHERE fid = 1":   `facilities, row 1: facility creche-1: unknown catchment "canton"`,
		"UPDATE facilities SET holidays = 'toujours' WHERE fid = 1":  `facilities, row 1: facility creche-1: opening hours "toujours"`,
		"UPDATE counts_ecoles SET geom = NULL WHERE id = '0490002B'": `counts_ecoles, row 2: geom of 0490002B is absent: want a point`,
	} {
		path, s := fullAt(t)
		edit(t, path, sql)
		if _, err := s.Read(t.Context(), store.Ref{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}

// TestCountsARealCannotHold: an edit elsewhere in the layer leaves them alone.
func TestCountsARealCannotHold(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	c := storetest.Full(t).Content()
	large := geodata.Amount(1<<53 + 1)
	if back, err := geodata.AmountOf(large.Float()); err == nil && back == large {
		t.Fatal("a REAL holds it")
	}
	c.Census[3].Persons, c.Counts[0].Columns[0].Values = large, []geodata.Amount{large} // homes come first
	path := filepath.Join(t.TempDir(), "s.gpkg")
	s := opened(t, path)
	put1(t, s, seal(t, c))
	edit(t, path, "UPDATE census SET commune = '49009' WHERE fid = 1")
	edit(t, path, "UPDATE counts_logements SET commune = '49009' WHERE id = 'w'")
	got := get(t, s, store.Ref{})
	if r := got.Census(); !slices.ContainsFunc(r, func(r geodata.CensusRow) bool { return r.Persons == large }) || r[len(r)-1].Commune != "49009" {
		t.Error(r)
	}
	if p, err := got.CountsNamed("logements"); err != nil || p.Columns[0].Values[0] != large || p.Cells[0].Commune != "49009" {
		t.Error(p, err)
	}
}

// TestALayerOfATechnicianNamedZones: it is theirs, so that a territory with zones
// is refused until it has another name, and one without leaves it alone.
func TestALayerOfATechnicianNamedZones(t *testing.T) {
	path := stored(t, "schema2.gpkg")
	gpkgtest.Need(t, "ogr2ogr", "gdal-bin")
	geojson := filepath.Join(t.TempDir(), "z.geojson")
	if err := os.WriteFile(geojson, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[0,47]}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	gpkgtest.Run(t, "ogr2ogr", "-update", "-nln", "zones", path, geojson)
	s := opened(t, path)
	put1(t, s, vintageOf(t, "other", 2021))
	if err := s.Write(t.Context(), storetest.Full(t), store.WriteOptions{}); err == nil || !strings.Contains(err.Error(), "layers of its own named zones") {
		t.Errorf("writing zones: %v", err)
	}
	if err := s.Remove(t.Context(), store.Ref{Territory: "other"}, ""); err != nil {
		t.Fatal(err)
	}
	if n := len(gpkgtest.Describe(t, path)["zones"].Features); n != 1 {
		t.Errorf("the technician's layer has %d features, want 1", n)
	}
}

// TestSchema2IsReadAndBroughtUpToDate: the file holds the small town of schema1 as
// 2019, which is shown, and another state of it as 2021.
func TestSchema2IsReadAndBroughtUpToDate(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	for name, c := range map[string]struct {
		sql    string
		change func(*geodata.Content)
	}{
		"as released":       {"", func(*geodata.Content) {}},
		"a facility edited": {"UPDATE facilities SET name = 'Les Loups' WHERE id = 'creche-1'", func(c *geodata.Content) { c.Facilities[0].Name = "Les Loups" }},
		"a cell edited":     {"UPDATE cells SET ind = 5 WHERE id = 'cell-b'", func(c *geodata.Content) { c.Population.Columns[0].Values[1] = geodata.Whole(5) }},
		"the name edited":   {"UPDATE territory SET name = 'La Cité'", func(c *geodata.Content) { c.Territory.Name = "La Cité" }},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			path := stored(t, "schema2.gpkg")
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
				wantSame(t, "2019", want, get(t, s, store.Ref{Vintage: "2019"}))
				wantSame(t, "2021", vintageOf(t, "town", 2021), get(t, s, store.Ref{Vintage: "2021"}))
			}
			s := openAt(t, path, OpenOptions{ReadOnly: true})
			look(s)
			s.Close()
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("reading changed the file")
			}
			for range 2 { // brought up to date, once
				s := openAt(t, path, OpenOptions{})
				look(s)
				s.Close()
			}
			wantWhole(t, path)
			edited, err := reading(t.Context(), path, func(in *reader) (bool, error) {
				if _, err := in.vintages(); err != nil || in.schema != SchemaVersion {
					t.Errorf("schema %d, %v", in.schema, err)
				}
				edited, err := in.edited(shownTables)
				return anyOf(edited), err
			})
			if err != nil || edited != (c.sql != "") {
				t.Errorf("counts as edited: %v; %v", edited, err)
			}
			s = opened(t, path)
			edit(t, path, "UPDATE facilities SET catchment = 'epci', holidays = 'Mo 09:00-12:00' WHERE id = 'creche-1'")
			content.Facilities[0].Catchment, content.Facilities[0].Holidays = geodata.OfEPCI, &geodata.WeeklyHours{{{From: 540, To: 720}}}
			want = seal(t, content)
			look(s)
			put1(t, s, storetest.Full(t)) // the same vintage of the same territory, with all that schema 3 has
			wantSame(t, "replaced", storetest.Full(t), get(t, s, store.Ref{}))
		})
	}
}

// TestSchema2EditedWithoutSenseIsOpened: it can be corrected, as before.
func TestSchema2EditedWithoutSenseIsOpened(t *testing.T) {
	gpkgtest.Need(t, "ogrinfo", "gdal-bin")
	path := stored(t, "schema2.gpkg")
	edit(t, path, "UPDATE facilities SET status = 'open' WHERE id = 'fs-1'")
	s := opened(t, path)
	if _, err := s.Read(t.Context(), store.Ref{}); err == nil || !strings.Contains(err.Error(), `facility fs-1: unknown status "open"`) {
		t.Error(err)
	}
	edit(t, path, "UPDATE facilities SET status = 'planned' WHERE id = 'fs-1'")
	wantSame(t, "corrected", seal(t, inSchema1(t)), get(t, s, store.Ref{}))
}

func TestInterruptedMigrationLeavesSchema2(t *testing.T) {
	path, interrupted := stored(t, "schema2.gpkg"), 0
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
		if got, err := Read(t.Context(), path); err != nil || got.ID() != seal(t, inSchema1(t)).ID() {
			t.Fatalf("interrupted after %d: %v, or another territory", n, err)
		}
	}
	if interrupted < 3 {
		t.Errorf("it was interrupted %d times only", interrupted)
	}
}
