package geopackage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

// sharedData finds the data packs beside the project, or skips the test.
func sharedData(t testing.TB, pack string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", pack)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: the data pack %s is not at ../shared/data", pack)
	}
	return dir
}

func TestAnjouComesBack(t *testing.T) {
	dir := sharedData(t, "anjou")
	s, report, err := load.Territory(t.Context(), load.Spec{
		ID: "200068955", Name: "Anjou Loir et Sarthe", StudyArea: "200068955", Buffer: 10_000,
		Communes:   []string{filepath.Join(dir, "communes.geojson")},
		Population: []string{filepath.Join(dir, "census2021_1km.csv")},
		Roads:      []string{filepath.Join(dir, "roads_main.geojson")},
		Facilities: []load.FacilityFile{{Service: "france_services", Path: filepath.Join(dir, "france_services_2024-08-01.csv")}},
	}, load.Options{})
	if err != nil {
		t.Fatal(err, report)
	}
	path := filepath.Join(t.TempDir(), "anjou.gpkg")
	if err := Write(t.Context(), path, s, Options{}); err != nil {
		t.Fatal(err)
	}
	back, err := Read(t.Context(), path)
	if err != nil || back.ID() != s.ID() {
		t.Fatal("another id, or", err)
	}
	gpkgtest.OGRInfo(t, path)
	d := gpkgtest.Draw(t, path, "communes", "cells", "facilities", "roads")
	for name, want := range map[string]int{"communes": len(s.Communes()), "cells": len(s.Population().Cells), "facilities": len(s.Facilities()), "roads": len(s.Roads().Ways)} {
		if d[name].Count != want || want == 0 {
			t.Errorf("QGIS counts %d %s of %d", d[name].Count, name, want)
		}
	}
	if n := d["communes"].Pixels("#1f3a5f"); n < 500 {
		t.Errorf("the study area's outline shows in %d pixels", n)
	}
}

// TestDelawareComesBack stores the roads of a US state and reports how long it takes.
func TestDelawareComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	roads := delaware(t)
	s := seal(t, geodata.Content{Territory: geodata.Territory{ID: "delaware"}, Roads: roads})
	path := filepath.Join(t.TempDir(), "delaware.gpkg")
	start := time.Now()
	if err := Write(t.Context(), path, s, Options{}); err != nil {
		t.Fatal(err)
	}
	wrote := time.Since(start)
	start = time.Now()
	back, err := Read(t.Context(), path)
	if err != nil || back.ID() != s.ID() {
		t.Fatal("another id, or", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d ways, %d nodes: written in %v, read in %v, %d MB", len(roads.Ways), len(roads.Nodes), wrote, time.Since(start), info.Size()>>20)
}

// delaware is the roads of a US state, which are inside the module paulmach/osm.
func delaware(t testing.TB) geodata.Roads {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	pbf := filepath.Join(strings.TrimSpace(string(out)), "testdata", "delaware-latest.osm.pbf")
	if _, missing := os.Stat(pbf); err != nil || missing != nil {
		t.Skip("SKIPPED, NOT CHECKED: the module paulmach/osm is not there:", err, missing)
	}
	roads, _, err := load.Roads(t.Context(), []string{pbf}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return roads
}
