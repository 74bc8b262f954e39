package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store/geopackage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sharedData finds the data packs beside the project, or skips the test.
func sharedData(t testing.TB, pack string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", pack)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: the data pack %s is not at ../shared/data", pack)
	}
	return dir
}

func records(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err = csv.NewReader(f).ReadAll(); err != nil {
		t.Fatal(path, err)
	}
	return rows
}

// figures is what coverage --json says of one row.
type figures struct {
	Code        string    `json:"code"`
	Demand      float64   `json:"demand"`
	Covered     []float64 `json:"covered"`
	Share       []float64 `json:"share_percent"`
	Unreachable float64   `json:"unreachable"`
	OffNetwork  float64   `json:"off_network"`
	Mean        float64   `json:"mean_seconds"`
}

type coverageAnswer struct {
	Territory figures   `json:"territory"`
	Communes  []figures `json:"communes"`
}

// The times file and the people of the territory file give the coverage that
// the coverage command reports, per commune and in all.
func TestTimesAddUpToCoverage(t *testing.T) {
	file, csvFile := territory(t), filepath.Join(t.TempDir(), "t.csv")
	done(t, "times", "--on", file, "--service", "france_services", "--out", csvFile)
	within := []float64{15 * 60, 20 * 60, 30 * 60}
	rows := records(t, csvFile)
	if strings.Join(rows[0], ",") != "cell_id,facility_id,seconds" {
		t.Error(rows[0])
	}
	nearest := map[string]float64{}
	for _, r := range rows[1:] {
		seconds, err := strconv.ParseFloat(r[2], 64)
		if err != nil {
			continue // no way
		}
		if best, ok := nearest[r[0]]; !ok || seconds < best {
			nearest[r[0]] = seconds
		}
	}
	snap, err := geopackage.Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	people, _ := snap.Population().Column("ind")
	if len(rows)-1 != 2*len(people) {
		t.Errorf("%d rows for %d cells and two sites", len(rows)-1, len(people))
	}
	want := map[string]*[4]geodata.Amount{} // demand, then covered
	for i, cell := range snap.Population().Cells {
		if !cell.Study {
			continue
		}
		for _, code := range []string{cell.Commune, snap.Territory().ID} {
			if want[code] == nil {
				want[code] = new([4]geodata.Amount)
			}
			want[code][0] += people[i]
			for k, w := range within {
				if seconds, ok := nearest[cell.ID]; ok && seconds <= w {
					want[code][k+1] += people[i]
				}
			}
		}
	}
	got := decode[coverageAnswer](t, done(t, "coverage", "--on", file, "--service", "france_services", "--json").out)
	if len(got.Communes) != 17 {
		t.Errorf("%d communes", len(got.Communes))
	}
	for _, r := range append(got.Communes, got.Territory) {
		w := want[r.Code]
		if w == nil || r.Demand != w[0].Float() || r.Covered[0] != w[1].Float() || r.Covered[1] != w[2].Float() || r.Covered[2] != w[3].Float() {
			t.Errorf("%+v, from the times %v", r, w)
		}
	}
}

func TestDemoOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	a := done(t, "demo", "--once", "--out", dir)
	for _, want := range []string{"MODÉLISÉES", "EAJE", "ALSH", "11-17 ans", "France Services", "personnes âgées", "centre social", "mairie"} {
		if !strings.Contains(a.out, want) {
			t.Errorf("%q is not in\n%s", want, a.out)
		}
	}
	snap, err := geopackage.Read(t.Context(), filepath.Join(dir, "territory.gpkg"))
	if err != nil || !snap.Territory().Modelled {
		t.Fatal(err)
	}
	want := 2 // territory.gpkg, coverage-communes.csv
	for _, service := range snap.Catalogue() {
		want += 4 // .gpkg, .geojson, .csv and its description
		name := filepath.Join(dir, "coverage-"+service.ID)
		cells := 0
		var collection struct{ Features []json.RawMessage }
		text, err := os.ReadFile(name + ".geojson")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &collection); err != nil {
			t.Error(name, err)
		}
		for _, c := range snap.Population().Cells {
			if c.Study {
				cells++
			}
		}
		if rows := records(t, name+".csv"); len(rows) != cells+1 || len(collection.Features) != cells {
			t.Errorf("%s: %d rows, %d features for %d cells", service.ID, len(rows)-1, len(collection.Features), cells)
		}
	}
	if got := len(strings.Fields(names(t, dir))); got != want {
		t.Errorf("%d files, want %d: %s", got, want, names(t, dir))
	}
	if rows := records(t, filepath.Join(dir, "coverage-communes.csv")); len(rows) != 18 {
		t.Errorf("%d communes in coverage-communes.csv", len(rows)-1)
	}
	// A second demo replaces the first, and says the same.
	if again := done(t, "demo", "--once", "--out", dir); again.out != a.out {
		t.Errorf("not the same again:\n%s\n%s", a.out, again.out)
	}
}

// GDAL reads the demo's files without a warning, and QGIS opens the answer in the map's colours.
func TestDemoFilesInGDALAndQGIS(t *testing.T) {
	dir := t.TempDir()
	done(t, "demo", "--once", "--out", dir)
	for name := range strings.FieldsSeq(names(t, dir)) {
		if filepath.Ext(name) == ".gpkg" || filepath.Ext(name) == ".geojson" {
			gpkgtest.OGRInfo(t, filepath.Join(dir, name))
		}
	}
	drawn := gpkgtest.Draw(t, filepath.Join(dir, "coverage-france_services.gpkg"), "coverage_cells", "coverage_communes", "coverage_facilities")
	if got := strings.Join(drawn["coverage_cells"].Categories, ", "); !strings.HasPrefix(got, "15 min ou moins, 20 min ou moins, 30 min ou moins, plus de 30 min") {
		t.Error("legend in QGIS:", got)
	}
	if got := drawn["coverage_facilities"].Categories; len(got) != 3 || got[0] != "lieu ouvert" {
		t.Error("legend of facilities in QGIS:", got)
	}
	for k := range 3 {
		if n := drawn["coverage_cells"].Pixels(coverage.RampColour(k, 4)); n < 50 {
			t.Errorf("class %d shows in %d pixels of %s", k, n, coverage.RampColour(k, 4))
		}
	}
}

// The demo serves the page and the API until Ctrl-C, which is a good end.
func TestDemoServesUntilInterrupted(t *testing.T) {
	cmd := program(t, "demo", "--out", t.TempDir(), "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill() //nolint:errcheck // for a test that failed early
	base := ""
	for lines := bufio.NewScanner(out); base == "" && lines.Scan(); {
		if _, rest, ok := strings.Cut(lines.Text(), "http://"); ok {
			base, _, _ = strings.Cut("http://"+rest, "/ ")
		}
	}
	response, err := http.Post(base+"/api/v1/coverage", "application/json", strings.NewReader(`{"service":"creche","mode":"car","within":["15m"]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err)
	}
	asked := decode[coverageAnswer](t, done(t, "coverage", "--on", territory(t), "--service", "creche", "--within", "15m", "--json").out)
	served := decode[coverageAnswer](t, string(body))
	if served.Territory.Covered[0] != asked.Territory.Covered[0] || served.Territory.Demand != asked.Territory.Demand {
		t.Errorf("served %+v, asked on the command line %+v", served.Territory, asked.Territory)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error("Ctrl-C while serving:", err)
	}
}

// pack is a real data set, imported and asked as README.md does.
type pack struct {
	name, service, within string
	options               func(dir string) []string
}

var packs = []pack{
	{"anjou", "france_services", "15m,20m,30m", func(dir string) []string {
		return []string{"--communes", dir + "/communes.geojson", "--population", dir + "/census2021_1km.csv", "--roads", dir + "/roads_main.geojson",
			"--facilities", "france_services=" + dir + "/france_services_2024-08-01.csv", "--study-area", "200068955", "--buffer", "20km"}
	}},
	{"bayreuth", "town_hall", "5m,10m", func(dir string) []string {
		return []string{"--population", dir + "/census2021_1km.csv", "--roads", dir + "/north-bayreuth.osm.pbf", "--facilities", "town_hall=" + dir + "/north-bayreuth.osm.pbf"}
	}},
	{"liechtenstein", "town_hall", "5m,10m", func(dir string) []string {
		return []string{"--population", dir + "/census2021_1km.csv", "--roads", dir + "/liechtenstein.osm.pbf", "--facilities", "town_hall=" + dir + "/liechtenstein.osm.pbf"}
	}},
}

// The headline figures of the real packs, and that times agrees with coverage on them.
func TestRealPacks(t *testing.T) {
	for _, p := range packs {
		t.Run(p.name, func(t *testing.T) {
			dir, tmp := sharedData(t, p.name), t.TempDir()
			file := filepath.Join(tmp, "t.gpkg")
			sum := decode[importSummary](t, done(t, append([]string{"import", "--into", file, "--id", p.name, "--json"}, p.options(dir)...)...).out)
			got := decode[coverageAnswer](t, done(t, "coverage", "--on", file, "--service", p.service, "--within", p.within, "--json").out)
			times := decode[timesSummary](t, done(t, "times", "--on", file, "--service", p.service, "--out", filepath.Join(tmp, "t.csv"), "--json").out)
			text := fmt.Sprintf("communes %d, studied %d; cells %d; people studied %s; facilities %s; ways %d, road nodes %d; rejected %d\n",
				sum.Communes, sum.Studied, sum.Cells, sum.People, counts(sum.Facilities), sum.Ways, sum.RoadNodes, sum.Rejected)
			text += fmt.Sprintf("%s by car within %s: %v of %v people (%v %%); off the network %v, unreachable %v; mean %.0f s\n",
				p.service, p.within, got.Territory.Covered, got.Territory.Demand, got.Territory.Share, got.Territory.OffNetwork, got.Territory.Unreachable, got.Territory.Mean)
			text += fmt.Sprintf("times: %d cells, %d facilities, %d reached\n", times.Cells, times.Facilities, times.Reached)
			golden(t, p.name, text)
			if rows := len(records(t, filepath.Join(tmp, "t.csv"))) - 1; rows != times.Cells*times.Facilities {
				t.Errorf("%d rows", rows)
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s(make golden rewrites it, when the change is meant)", got, want)
	}
}

// French tables by default, English ones when asked.
func TestLanguages(t *testing.T) {
	fr := done(t, "coverage", "--on", territory(t), "--service", "creche")
	en := done(t, "--lang", "en", "coverage", "--on", territory(t), "--service", "creche")
	if !strings.Contains(fr.out, "en voiture") || !strings.Contains(fr.out, ",") || !strings.Contains(en.out, "by car") {
		t.Errorf("%s\n%s", fr.out, en.out)
	}
}
