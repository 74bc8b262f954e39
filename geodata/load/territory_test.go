package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// pack is a folder of the optional open data, or skips the test.
func pack(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: needs the open data pack ../shared/data/%s: %v", name, err)
	}
	return dir
}

func anjouSpec(dir string) Spec {
	in := func(name string) string { return filepath.Join(dir, name) }
	return Spec{ID: "200068955", Name: "Anjou Loir et Sarthe", Communes: []string{in("communes.geojson")}, Population: []string{in("census2021_1km.csv")},
		Roads: []string{in("roads_main.geojson")}, Facilities: []FacilityFile{{Service: "france_services", Path: in("france_services_2024-08-01.csv")}},
		StudyArea: "200068955", Buffer: 20_000}
}

func TestAnjouImport(t *testing.T) {
	s, report, err := Territory(context.Background(), anjouSpec(pack(t, "anjou")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	studied, people := 0, geodata.Amount(0)
	for _, c := range s.Communes() {
		if c.Study {
			studied++
		}
	}
	ind, _ := s.Population().Column("ind")
	for i, c := range s.Population().Cells {
		if c.Study {
			people += ind[i]
		}
	}
	if studied != 17 || people != geodata.Whole(28_280) {
		t.Errorf("%d communes and %s people studied, want 17 and 28280 (census 2021)", studied, people)
	}
	inEPCI := 0
	for _, f := range s.Facilities() {
		if c, ok := s.Commune(f.Commune); ok && c.Study {
			inEPCI++
		}
	}
	if inEPCI != 3 {
		t.Errorf("%d France Services in the EPCI, want 3", inEPCI)
	}
	for _, f := range report.Files {
		t.Logf("%s: %d read, %d loaded, %d outside, %d rejected; %v", filepath.Base(f.File), f.Read, f.Loaded, f.Outside, len(f.Rejected), f.Notes)
		if f.Read != f.Loaded+f.Outside+len(f.Rejected) {
			t.Errorf("%s: %d read, but %d loaded + %d outside + %d rejected", f.File, f.Read, f.Loaded, f.Outside, len(f.Rejected))
		}
	}
}

// write puts a small file into a temporary folder.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// village is a complete small territory in files: two communes of 0.01° side by
// side at 47.5° N, a street through both, five people places.
func village(t testing.TB) Spec {
	square := func(code, name, epci string, west float64) string {
		e, w := ftoa(west+0.01), ftoa(west)
		return `{"type":"Feature","properties":{"code":"` + code + `","nom":"` + name + `","epci":"` + epci + `"},"geometry":{"type":"Polygon","coordinates":[[[` +
			w + `,47.5],[` + e + `,47.5],[` + e + `,47.51],[` + w + `,47.51],[` + w + `,47.5]]]}}`
	}
	return Spec{
		ID: "v", Name: "Village", Buffer: 2000, StudyArea: "111111111",
		Communes:   []string{write(t, "communes.geojson", `{"type":"FeatureCollection","features":[`+square("49001", "Ouest", "111111111", -0.40)+","+square("49002", "Est", "222222222", -0.39)+`]}`)},
		Population: []string{write(t, "people.csv", "id,lon,lat,ind\na,-0.395,47.505,10\nb,-0.391,47.505,20\nc,-0.385,47.505,40\nd,-0.37,47.505,80\nfar,-0.2,47.505,160\n")},
		Roads: []string{write(t, "roads.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"residential"},
			"geometry":{"type":"LineString","coordinates":[[-0.40,47.505],[-0.39,47.505],[-0.37,47.505]]}}]}`)},
		Facilities: []FacilityFile{{Service: "creche", Path: write(t, "creches.csv", "name,lon,lat\nLes Lutins,-0.394,47.505\nSirène,-0.394,47.527\nLoin,2.3,48.8\n")}},
	}
}

func ftoa(f float64) string { return strings.TrimRight(strings.TrimRight(fmtFloat(f), "0"), ".") }

func fmtFloat(f float64) string {
	a, err := geodata.AmountOf(f)
	if err != nil {
		panic(err)
	}
	return a.String()
}

func TestVillage(t *testing.T) {
	spec := village(t)
	s, report, err := Territory(context.Background(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Population().Cells {
		study := ""
		if c.Study {
			study = "*"
		}
		got = append(got, c.ID+":"+c.Commune+study)
	}
	// d lies in no commune but within 2 km of the study area; far does not.
	if want := []string{"a:49001*", "b:49001*", "c:49002", "d:"}; !slices.Equal(got, want) {
		t.Errorf("cells %v, want %v", got, want)
	}
	if fs := s.Facilities(); len(fs) != 1 || fs[0].Name != "Les Lutins" || fs[0].Commune != "49001" {
		t.Errorf("facilities %+v", fs)
	}
	last := report.Files[len(report.Files)-1]
	if last.Outside != 1 || len(last.Rejected) != 1 || !strings.Contains(last.Rejected[0].Reason, "from any road") {
		t.Errorf("Loin is outside and Sirène far from any road: %+v", last)
	}

	spec.Strict = true
	if _, r, err := Territory(context.Background(), spec, Options{}); !errors.Is(err, ErrStrict) || r.Rejected() != 1 {
		t.Errorf("a strict import must refuse, got %v", err)
	}
}

func TestSnapshotDoesNotDependOnFileOrder(t *testing.T) {
	spec := village(t)
	a, _, err := Territory(context.Background(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec.Population = []string{
		write(t, "part2.csv", "id,lon,lat,ind\nd,-0.37,47.505,80\nb,-0.391,47.505,20\n"),
		write(t, "part1.csv", "id,lon,lat,ind\nc,-0.385,47.505,40\na,-0.395,47.505,10\n")}
	b, _, err := Territory(context.Background(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Population().Name != b.Population().Name {
		t.Logf("names %q and %q", a.Population().Name, b.Population().Name)
	}
	if a.ID() != b.ID() {
		t.Error("the same cells from two files in another order gave another snapshot")
	}
}

func TestStudyAreaErrorsSayWhatWouldBeRight(t *testing.T) {
	for area, want := range map[string]string{
		"999999999":       "no commune of EPCI 999999999",
		"49001,49999":     "unknown commune code 49999",
		"nowhere.geojson": "want the 9-digit SIREN",
	} {
		spec := village(t)
		spec.StudyArea = area
		if _, _, err := Territory(context.Background(), spec, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", area, err, want)
		}
	}
	spec := village(t)
	spec.Population[0] = write(t, "paris.csv", "id,lon,lat,ind\na,2.35,48.85,10\n")
	if _, _, err := Territory(context.Background(), spec, Options{}); err == nil || !strings.Contains(err.Error(), "do the files cover the same region") {
		t.Errorf("got %v", err)
	}
}

func TestStudyAreaByPolygonAndCodes(t *testing.T) {
	for _, area := range []string{"49002", write(t, "area.geojson", `{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[-0.3895,47.4],[-0.38,47.4],[-0.38,47.6],[-0.3895,47.6],[-0.3895,47.4]]]}}`)} {
		spec := village(t)
		spec.StudyArea = area
		s, _, err := Territory(context.Background(), spec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Population().Cells {
			if c.Study != (c.ID == "c") {
				t.Errorf("%s: cell %s studied: %v", area, c.ID, c.Study)
			}
		}
	}
}

func TestWithoutCommunesEverythingIsStudied(t *testing.T) {
	spec := village(t)
	spec.Communes, spec.StudyArea, spec.Facilities = nil, "", nil
	s, _, err := Territory(context.Background(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Population().Cells {
		if !c.Study {
			t.Errorf("cell %s is not studied", c.ID)
		}
	}
}

func TestAreaEqualsDistanceEverywhere(t *testing.T) {
	cs, _, err := Communes(context.Background(), filepath.Join(pack(t, "anjou"), "communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	outline := markStudy(cs, func(c *geodata.Commune) bool { return c.EPCI == "200068955" })
	a := newArea(outline, 20_000)
	r := rand.New(rand.NewPCG(1, 2))
	in := 0
	for range 20_000 {
		p := orb.Point{-1.1 + 1.5*r.Float64(), 47.1 + 1.05*r.Float64()}
		want := a.distance(p) <= 20_000
		if a.keeps(p) != want {
			t.Fatalf("%v: kept %v, distance %.1f m", p, a.keeps(p), a.distance(p))
		}
		if want {
			in++
		}
	}
	if in < 2000 || in > 18_000 {
		t.Errorf("%d of 20000 points inside: the test does not see the border", in)
	}
}
