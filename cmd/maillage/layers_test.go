package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/registry"
)

// Whatever analysis is asked of the embedded territory, GDAL opens its GeoPackage, and
// finds features in its first layer, drawn where the territory is.
func TestEveryAnalysisOpensInGDAL(t *testing.T) {
	ogrinfo, err := exec.LookPath("ogrinfo")
	if err != nil {
		t.Skip("SKIPPED: GDAL's ogrinfo is not installed (gdal-bin)")
	}
	dir := t.TempDir()
	command(t, "demo", "--once", "-q", "--out", dir)
	on := filepath.Join(dir, "territory.gpkg")
	asked := map[string][]string{
		"isochrone": {"--at=-0.47,47.61", "--within", "10m"}, "uncertainty": {"--service", "creche", "--draws", "20"}, "coverage": {"--service", "creche", "--detailed"},
		"access": {"--service", "creche", "--capacity", "20"}, "capacity": {"--service", "creche", "--capacity", "20"}, "site": {"--service", "creche", "--losses"}, "together": {"--service", "creche", "--antennas", "1"},
		"compare": {"--service", "creche", "--draws", "20", "today", `{"changes":[{"create":{"id":"x","service":"creche","commune":"Durtal"}}]}`}, "shapley": {"--service", "creche", "--sites", "creche-49127-planned"},
		"frontier": {"--service", "creche"}, "sensitivity": {"--service", "creche"}, "itinerant": {"--service", "france_services"}, "tours": {"--service", "france_services", "--effort", "1"},
	}
	features := regexp.MustCompile(`Feature Count: (\d+)\n(?:.*\n)*?Extent: \((-?[\d.]+), (-?[\d.]+)\)`)
	for _, a := range registry.All() {
		t.Run(a.Name, func(t *testing.T) {
			out := filepath.Join(dir, a.Name+".gpkg")
			command(t, append([]string{"-q", flagName(a.Name), "--on", on, "--out", out}, asked[a.Name]...)...)
			layers, err := exec.CommandContext(t.Context(), ogrinfo, "-ro", "-so", "-al", out).CombinedOutput()
			if err != nil || strings.Contains(string(layers), "ERROR") || strings.Contains(string(layers), "Warning") {
				t.Fatalf("ogrinfo: %v\n%.2000s", err, layers)
			}
			first := features.FindStringSubmatch(string(layers))
			if first == nil {
				t.Fatalf("no layer with features:\n%.2000s", layers)
			}
			n, _ := strconv.Atoi(first[1])
			lon, _ := strconv.ParseFloat(first[2], 64)
			lat, _ := strconv.ParseFloat(first[3], 64)
			if n == 0 || lon < -1 || lon > 0 || lat < 47 || lat > 48 {
				t.Errorf("%d features from %g, %g: want some, in Anjou", n, lon, lat)
			}
		})
	}
}
