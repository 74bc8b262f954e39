package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

// twoPlans asks which of two sites for France Services is the better one.
func twoPlans(file string, more ...string) []string {
	return append([]string{"uncertainty", "--on", file, "--service", "france_services", "--draws", "40", "--a", "france_services-49347-planned", "--b", "fs-49333-seiches"}, more...)
}

type uncertaintyAnswer struct {
	Territory struct {
		Demand  float64
		Covered []struct{ Low, Median, High float64 }
	}
	Communes []struct {
		Demand float64
		Share  []struct{ Low, Median, High float64 } `json:"share_percent"`
	}
	Cells struct {
		ID     []string
		Within [][]int `json:"draws_within"`
	}
}

func TestUncertaintyOfTheEmbeddedTerritory(t *testing.T) {
	file := territory(t)
	golden(t, "uncertainty", done(t, twoPlans(file)...).out)
	// Without anything opened the profile's coverage lies within the intervals.
	var sure coverageAnswer
	var got uncertaintyAnswer
	within := []string{"--on", file, "--service", "france_services", "--within", "10m,15m,20m", "--json"}
	sure = decode[coverageAnswer](t, done(t, append([]string{"coverage"}, within...)...).out)
	got = decode[uncertaintyAnswer](t, done(t, append([]string{"uncertainty"}, within...)...).out)
	if got.Territory.Demand != sure.Territory.Demand || len(got.Communes) != len(sure.Communes) {
		t.Errorf("%v people in %d communes, want %v in %d", got.Territory.Demand, len(got.Communes), sure.Territory.Demand, len(sure.Communes))
	}
	for k, in := range got.Territory.Covered {
		if !(in.Low < in.Median && in.Median < in.High && in.Low <= sure.Territory.Covered[k] && sure.Territory.Covered[k] <= in.High) {
			t.Errorf("threshold %d: %v does not hold %v", k, in, sure.Territory.Covered[k])
		}
	}
	for k := range got.Cells.Within {
		for i, n := range got.Cells.Within[k] {
			if n < 0 || n > 200 || (k > 0 && n < got.Cells.Within[k-1][i]) {
				t.Errorf("cell %s lies within threshold %d in %d of 200 draws", got.Cells.ID[i], k, n)
			}
		}
	}
	en := done(t, append([]string{"--lang", "en"}, twoPlans(file)...)...).out
	for _, part := range []string{"by car", "40 draws of speeds", "Opened on top (choice A): france_services-49347-planned", "A covers more people than B"} {
		if !strings.Contains(en, part) {
			t.Errorf("%q is not in\n%s", part, en)
		}
	}
}

// The files of one answer: GDAL reads all, QGIS shows the cells by what is sure.
func TestUncertaintyAsFiles(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	for _, name := range []string{"u.gpkg", "u.geojson", "u.csv"} {
		if a := done(t, twoPlans(file, "--out", filepath.Join(dir, name))...); !strings.Contains(a.out, "→ ") || !strings.Contains(a.out, name) {
			t.Errorf("%s is not named in\n%s", name, a.out)
		}
	}
	if got := names(t, dir); got != "u.csv u.csv-metadata.json u.geojson u.gpkg" {
		t.Error(got)
	}
	cells := decode[uncertaintyAnswer](t, done(t, twoPlans(file, "--json")...).out).Cells.ID
	rows := records(t, filepath.Join(dir, "u.csv"))
	if len(rows)-1 != len(cells) || rows[1][0] != cells[0] || strings.Join(rows[0][3:11], ",") !=
		"low_seconds [s],median_seconds [s],high_seconds [s],width_seconds [s],probability_15m [%],probability_20m [%],probability_30m [%],class" {
		t.Errorf("%d rows of %d cells: %v", len(rows)-1, len(cells), rows[0])
	}
	refused(t, exitError, "u.gpkg|overwrite", twoPlans(file, "--out", filepath.Join(dir, "u.gpkg"))...)
	done(t, twoPlans(file, "--out", filepath.Join(dir, "u.gpkg"), "--overwrite")...)
	for _, name := range []string{"u.gpkg", "u.geojson"} {
		if info := gpkgtest.OGRInfo(t, filepath.Join(dir, name)); !strings.Contains(info, "probability_30m: Real") {
			t.Error(info)
		}
	}
	drawn := gpkgtest.Draw(t, filepath.Join(dir, "u.gpkg"), "uncertainty_cells", "uncertainty_communes")
	legend := drawn["uncertainty_cells"].Categories
	if got := strings.Join(legend, ", "); !strings.HasPrefix(got, "15 min ou moins, sûr à 95 %, autour de 15 min, incertain, 20 min ou moins, sûr à 95 %, autour de 20 min, incertain") {
		t.Error("legend in QGIS:", got)
	}
	for what, colour := range map[string]string{"sure": coverage.RampColour(0, 4), "uncertain": "#f5d76e"} {
		if n := drawn["uncertainty_cells"].Pixels(colour); n < 50 {
			t.Errorf("what is %s shows in %d pixels of %s", what, n, colour)
		}
	}
}

func TestUncertaintyThatCannotBeAsked(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	there := filepath.Join(t.TempDir(), "there.csv")
	if err := os.WriteFile(there, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code  int
		parts string
		args  []string
	}{
		{exitUsage, "--service", []string{"--on", file}},
		{exitUsage, "draws: want 20 to 10000, not 5", []string{"--on", file, "--service", "creche", "--draws", "5"}},
		{exitUsage, "--seed", []string{"--on", file, "--service", "creche", "--seed", "-1"}},
		{exitUsage, `a: no facility "nowhere" of service creche`, []string{"--on", file, "--service", "creche", "--a", "nowhere"}},
		{exitUsage, "a: missing: b is compared with it", []string{"--on", file, "--service", "france_services", "--b", "fs-49333-seiches"}},
		{exitUsage, `unknown service "nope"`, []string{"--on", file, "--service", "nope"}},
		{exitUsage, "--within|want a duration", []string{"--on", file, "--service", "creche", "--within", "10"}},
		{exitUsage, `unknown format ".txt"|.gpkg`, []string{"--on", file, "--service", "creche", "--out", filepath.Join(dir, "x.txt")}},
		{exitError, "there.csv|overwrite", []string{"--on", file, "--service", "creche", "--out", there}},
		{exitError, "nope.gpkg: no such file", []string{"--on", "nope.gpkg", "--service", "creche", "--out", filepath.Join(dir, "x.csv")}},
	} {
		refused(t, c.code, c.parts, append([]string{"uncertainty"}, c.args...)...)
	}
	if left := names(t, dir); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// The same question gets the same bytes from the server as from the command
// line, which only sets them on lines of their own.
func TestUncertaintyServedIsUncertaintyPrinted(t *testing.T) {
	file := ownTerritory(t)
	cmd := program(t, "serve", "--on", file, "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         //nolint:errcheck // killed below
	defer cmd.Process.Kill() //nolint:errcheck // it serves for ever
	line, err := bufio.NewReader(out).ReadString('\n')
	_, rest, ok := strings.Cut(line, "http://")
	if err != nil || !ok {
		t.Fatal(line, err)
	}
	base, _, _ := strings.Cut(rest, "/ ")
	response, err := http.Get("http://" + base + "/api/v1/uncertainty?service=france_services&draws=40&a=france_services-49347-planned&b=fs-49333-seiches")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	served, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err, string(served))
	}
	var printed bytes.Buffer
	if err := json.Compact(&printed, []byte(done(t, twoPlans(file, "--json")...).out)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(printed.Bytes(), served) {
		t.Errorf("printed %d bytes %.300s…\nserved %d bytes %.300s…", printed.Len(), printed.Bytes(), len(served), served)
	}
}
