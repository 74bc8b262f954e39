package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/geopackage"
)

const secrecyKey = "0123456789abcdef0123456789abcdef"

// everything is the flags of a village with all that a territory may have.
func everything(t *testing.T, dir, into string) []string {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	square := func(code string, west, east string) string {
		return `{"type":"Feature","properties":{"quartier":"` + code + `","titre":"Quartier ` + code + `"},"geometry":{"type":"Polygon","coordinates":[[[` +
			west + `,47.5],[` + east + `,47.5],[` + east + `,47.6],[` + west + `,47.6],[` + west + `,47.5]]]}}`
	}
	return []string{"import", "--into", into, "--id", "t",
		"--population", write("homes.csv", "id,lon,lat,ind,men\na,-0.395,47.505,30,12\nb,-0.385,47.515,20,9\n"),
		"--roads", write("r.geojson", `{"type":"Feature","properties":{"highway":"residential"},"geometry":{"type":"LineString","coordinates":[[-0.40,47.505],[-0.37,47.505]]}}`),
		"--zones", "quartiers=" + write("q:a.geojson", `{"type":"FeatureCollection","features":[`+square("A", "-0.5", "-0.4")+","+square("B", "-0.4", "-0.3")+`]}`) + ":quartier:titre",
		"--counts", "écoles=" + write("e.csv", "uai,lon,lat,pupils\n0490001A,-0.395,47.505,120\n"),
		"--census", write("c.csv", "commune,year,sex,age,persons\n49001,2021,F,0-2,7\n49001,2015,F,0-2,8\n"),
		"--confidential", "11:men", "--counts-confidential", "écoles=5:pupils"}
}

func TestImportOfEverything(t *testing.T) {
	dir := t.TempDir()
	into := filepath.Join(dir, "t.gpkg")
	t.Setenv("MAILLAGE_SECRECY_KEY", secrecyKey)
	said := done(t, everything(t, dir, into)...).out
	for _, line := range []string{"  zones : quartiers 2\n", "  dénombrements : écoles 1\n", "  recensement : 2015 2021\n", "  sous secret statistique : population, écoles\n"} {
		if !strings.Contains(said, line) {
			t.Errorf("%s\nwant %q", said, line)
		}
	}
	if strings.Contains(said, secrecyKey) {
		t.Error("the key is told")
	}
	s, err := geopackage.Read(t.Context(), into)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CountsNamed("écoles")
	if err != nil || p.Rule != (geodata.Rule{Minimum: 5, Of: "pupils", Key: secrecyKey}) || s.Population().Rule != (geodata.Rule{Minimum: 11, Of: "men", Key: secrecyKey}) {
		t.Errorf("%+v, %+v, %v", s.Population().Rule, p, err)
	}
	if z := s.Zones(); len(z) != 2 || z[0].ID != "A" || z[0].Name != "Quartier A" || !slices.Equal(s.CensusYears(), []int{2015, 2021}) {
		t.Errorf("%v, %v", z, s.CensusYears())
	}
	if english := done(t, append(everything(t, dir, into), "--overwrite", "--lang", "en")...).out; !strings.Contains(english, "  under statistical secrecy: population, écoles\n") {
		t.Error(english)
	}
	sum := decode[importSummary](t, done(t, append(everything(t, dir, into), "--overwrite", "--json")...).out)
	if sum.Zones["quartiers"] != 2 || sum.Counts["écoles"] != 1 || len(sum.Census) != 2 || !slices.Equal(sum.Secret, []string{"population", "écoles"}) {
		t.Errorf("%+v", sum)
	}
}

func TestImportFlagsThatAreWrong(t *testing.T) {
	for says, flags := range map[string][]string{
		`--zones "iris.gpkg"|NAME=FILE`:                                       {"--zones", "iris.gpkg"},
		`--counts "=e.csv"|NAME=FILE`:                                         {"--counts", "=e.csv"},
		`--confidential "men:11"|MINIMUM:COLUMN`:                              {"--confidential", "men:11", "--secrecy-key", secrecyKey},
		`--confidential "1:men"|a minimum of 2 or more`:                       {"--confidential", "1:men", "--secrecy-key", secrecyKey},
		`--confidential needs a key|16 characters|openssl rand -hex 16|has 0`: {"--confidential", "11:men"},
		`this one has 5|MAILLAGE_SECRECY_KEY`:                                 {"--confidential", "11:men", "--secrecy-key", "short"},
		`--confidential: there is no --population`:                            {"--confidential", "11:men", "--secrecy-key", secrecyKey},
		`--counts-confidential "beds=5:n"|the NAME of a --counts`:             {"--counts", "schools=s.csv", "--counts-confidential", "beds=5:n", "--secrecy-key", secrecyKey},
	} {
		t.Setenv("MAILLAGE_SECRECY_KEY", "")
		refused(t, exitUsage, says, append([]string{"import", "--into", filepath.Join(t.TempDir(), "x.gpkg"), "--id", "x", "--roads", "r"}, flags...)...)
	}
}
