package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
)

// Four EPCIs side by side, each with a part of one street, in both stores: asked
// EPCI by EPCI, in child processes, the answer is that of one process.
func TestARegionIsAnsweredEPCIByEPCI(t *testing.T) {
	dir := t.TempDir()
	var communes, cells strings.Builder
	cells.WriteString("id,lon,lat,ind\n")
	for i, x := range []string{"0.00", "0.10", "0.20", "0.30"} {
		to := []string{"0.10", "0.20", "0.30", "0.40"}[i]
		if i > 0 {
			communes.WriteString(",")
		}
		communes.WriteString(`{"type":"Feature","properties":{"code":"4900` + string(rune('1'+i)) + `","nom":"Commune","epci":"20000000` + string(rune('1'+i)) + `","epci_nom":"Pays"},
			"geometry":{"type":"Polygon","coordinates":[[[` + x + `,47],[` + to + `,47],[` + to + `,47.1],[` + x + `,47.1],[` + x + `,47]]]}}`)
		cells.WriteString("a" + x + "," + x[:3] + "3,47.05,10\nb" + x + "," + x[:3] + "7,47.051,20\n")
	}
	files := map[string]string{
		"communes.geojson": `{"type":"FeatureCollection","features":[` + communes.String() + `]}`,
		"cells.csv":        cells.String(),
		"roads.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"secondary"},"geometry":{"type":"LineString","coordinates":
			[[0.01,47.05],[0.05,47.05],[0.11,47.05],[0.15,47.05],[0.21,47.05],[0.25,47.05],[0.31,47.05],[0.39,47.05]]}}]}`,
		"halls.csv": "id,nom,lon,lat\nm,Mairie,0.02,47.05\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, target := range []string{in("region.gpkg"), pgtest.URL(t)} {
		command(t, "import", "-q", "--into", target, "--id", "region", "--communes", in("communes.geojson"), "--population", in("cells.csv"),
			"--roads", in("roads.geojson"), "--facilities", "town_hall="+in("halls.csv"), "--study-area", "49001,49002,49003,49004")
		want := command(t, "coverage", "--on", target, "--service", "town_hall", "--within", "5m,15m", "--json")
		got := command(t, "run", "coverage", "--on", target, "--param", "service=town_hall", "--param", "within=5m,15m", "--each", "epci", "--buffer", "1km", "--json")
		if got != want {
			t.Errorf("EPCI by EPCI:\n%s\nin one piece:\n%s", got, want)
		}
		if n := strings.Count(command(t, "runs", "--on", target, "--json"), `"state": "done"`); n != 4 {
			t.Errorf("%d runs are done, want one for each of 4 EPCIs", n)
		}
	}
}

func TestEachRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "town.gpkg")
	command(t, "import", "-q", "--into", file, "--id", "A", "--roads", writeTown(t, dir))
	for want, args := range map[string][]string{
		"uncertainty cannot be put together": {"uncertainty", "--param", "service=creche"},
		"does not go with it":                {"coverage", "--param", "service=creche", "--detach"},
		"want a distance with its unit":      {"coverage", "--param", "service=creche", "--buffer", "20"},
		"the territory has no communes":      {"coverage", "--param", "service=creche"},
	} {
		var out, errs strings.Builder
		if code := run(t.Context(), append([]string{"run", "--on", file, "--each", "epci"}, args...), &out, &errs); code == exitOK || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit %d, %q; want %q", args, code, errs.String(), want)
		}
	}
}
