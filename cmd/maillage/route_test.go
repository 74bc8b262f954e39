package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/geopackage"
	"github.com/maillage/maillage/internal/towntest"
)

// hamlet is a territory file west of nothing: a street from A to B with the town
// hall at B, and a cell of two people at A.
func hamlet(t *testing.T) (file string, town towntest.Town) {
	t.Helper()
	town = towntest.Town{Drawing: `A---------B`, Ways: map[string]string{"AB": "highway=residential name=Rue_Haute"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "h", Name: "Hameau"}, Catalogue: geodata.DefaultCatalogue(), Roads: town.Roads()}
	c.Population.Cells = []geodata.Cell{{ID: "home", Centre: town.Point('A'), Study: true}}
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: []geodata.Amount{geodata.Whole(2)}}}
	c.Facilities = []geodata.Facility{{ID: "hall", Name: "Mairie", Service: "town_hall", Location: town.Point('B'), Status: geodata.Existing}}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "hamlet.gpkg")
	if err := geopackage.Write(t.Context(), file, s, geopackage.Options{}); err != nil {
		t.Fatal(err)
	}
	return file, town
}

func maillage(t *testing.T, args ...string) (code int, out, errors string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestRouteNamesTheStreet(t *testing.T) {
	file, town := hamlet(t)
	out := filepath.Join(t.TempDir(), "way.geojson")
	code, table, problem := maillage(t, "route", "--on", file, "--from", "home", "--to", "hall", "--mode", "foot", "--out", out)
	// A kilometre at 5 km/h takes 12 minutes.
	for _, part := range []string{"home → Mairie — à pied", "Rue_Haute", "1\u202f000  12:00", "way.geojson"} {
		if code != exitOK || !strings.Contains(table, part) {
			t.Errorf("exit %d: %q is not in\n%s%s", code, part, table, problem)
		}
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := geojson.UnmarshalFeatureCollection(b)
	if err != nil || len(lines.Features) == 0 {
		t.Fatal(err, len(lines.Features))
	}
	// West of the meridian a point begins with a minus sign.
	west := town.At(-1, 0)
	code, text, problem := maillage(t, "route", "--on", file, "--from", fmt.Sprintf("%.7f,%.7f", west[0], west[1]), "--to", "hall", "--mode", "foot", "--json")
	var got struct {
		Seconds float64
		Legs    []struct {
			Walk    bool
			Name    string
			Seconds float64
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != exitOK {
		t.Fatal(code, err, problem)
	}
	if sum := got.Legs[0].Seconds + got.Legs[1].Seconds; !got.Legs[0].Walk || got.Legs[1].Name != "Rue_Haute" || got.Seconds < 791 || got.Seconds > 793 || sum > got.Seconds {
		t.Errorf("%+v: want 100 m on foot, then the street, 792 s in all", got)
	}
}

func TestIsochroneCountsAndWrites(t *testing.T) {
	file, town := hamlet(t)
	dir := t.TempDir()
	middle := town.At(5, 0)
	at := fmt.Sprintf("%.7f,%.7f", middle[0], middle[1])
	code, text, problem := maillage(t, "isochrone", "--on", file, "--at", at, "--mode", "foot", "--within", "3m,7m", "--json")
	var got struct {
		Areas []struct {
			Within     string
			Roads      float64 `json:"road_kilometres"`
			Population float64
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != exitOK {
		t.Fatal(code, err, problem)
	}
	// 3 min: 250 m either way, nobody; 7 min: the whole kilometre, the two at its end.
	if a := got.Areas; len(a) != 2 || a[0].Roads < 0.499 || a[0].Roads > 0.501 || a[0].Population != 0 || a[1].Roads < 0.999 || a[1].Population != 2 {
		t.Errorf("%+v", a)
	}
	for name, kind := range map[string]string{"areas.geojson": "MultiPolygon", "roads.geojson": "LineString"} {
		args := []string{"isochrone", "--on", file, "--facility", "hall", "--out", filepath.Join(dir, name)}
		if kind == "LineString" {
			args = append(args, "--lines")
		}
		code, table, problem := maillage(t, args...)
		if code != exitOK || !strings.Contains(table, "Temps d'accès à Mairie") {
			t.Fatal(code, table, problem)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		fc, err := geojson.UnmarshalFeatureCollection(b)
		if err != nil || len(fc.Features) == 0 || fc.Features[0].Geometry.GeoJSONType() != kind {
			t.Errorf("%s: %v: want %s", name, err, kind)
		}
	}
	if code, _, problem := maillage(t, "isochrone", "--on", file, "--facility", "hall", "--out", filepath.Join(dir, "all.gpkg")); code != exitOK {
		t.Error(problem)
	}
}

func TestWaysThatAreNotThere(t *testing.T) {
	file, _ := hamlet(t)
	dir := t.TempDir()
	there := filepath.Join(t.TempDir(), "there.gpkg")
	if err := os.WriteFile(there, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitError, "no route: off_network", []string{"route", "--from", "5,5", "--to", "hall"}},
		{exitUsage, "no cell of the grid", []string{"route", "--from", "nowhere", "--to", "hall"}},
		{exitUsage, "is no facility", []string{"route", "--from", "home", "--to", "pool"}},
		{exitUsage, "unknown mode", []string{"route", "--from", "home", "--to", "hall", "--mode", "boat"}},
		{exitError, "overwrite", []string{"route", "--from", "home", "--to", "hall", "--out", there}},
		{exitError, "overwrite", []string{"isochrone", "--facility", "hall", "--out", there}},
		{exitUsage, "unknown format", []string{"route", "--from", "home", "--to", "hall", "--out", filepath.Join(dir, "x.txt")}},
		{exitUsage, "--from", []string{"route", "--to", "hall"}},
		{exitUsage, "--at=LON,LAT or --facility=ID", []string{"isochrone"}},
		{exitUsage, "can't be used together", []string{"isochrone", "--at", "0,0", "--facility", "hall"}},
		{exitUsage, "expected longitude,latitude", []string{"isochrone", "--at", "--json"}},
		{exitUsage, "want longitude,latitude", []string{"isochrone", "--at", "here"}},
		{exitUsage, "off_network", []string{"isochrone", "--at", "-5,5"}},
		{exitUsage, "want a duration", []string{"isochrone", "--facility", "hall", "--within", "10"}},
		{exitUsage, "unknown direction", []string{"isochrone", "--facility", "hall", "--direction", "up"}},
		{exitUsage, "unknown format", []string{"isochrone", "--facility", "hall", "--out", filepath.Join(dir, "x.txt")}},
	} {
		code, _, problem := maillage(t, append(c.args, "--on", file)...)
		if code != c.code || !strings.Contains(problem, c.says) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, code, c.code, problem)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
