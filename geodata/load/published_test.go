package load

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// The files here are written as INSEE and geo.api.gouv.fr publish them: archive
// layout, separators, quotes and column names, for a few made-up records.

// zipped makes an archive of name, text, name, text, …
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		m, err := w.Create(parts[i])
		if err == nil {
			_, err = m.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bpe25 is the beginning of each line of BPE25.csv; the real file has 95 columns.
const bpe25 = `"AN";"NOMRS";"DEPCOM";"DEP";"TYPEQU";"CAPACITE";"LAMBERT_X";"LAMBERT_Y";"LONGITUDE";"LATITUDE";"QUALITE_XY";"EPSG";"QUALITE_GEOLOC"
"2025";"LES LUTINS; MULTI-ACCUEIL";"49347";"49";"D502";;440785;6729974;-0.45199;47.61915;"B";"2154";"11"
"2025";"_Z";"49347";"49";"D509";;440885;6729974;-0.45066;47.61918;"A";"2154";"12"
"2025";"MAIRIE DE TIERCE";"49347";"49";"A129";;440785;6730074;-0.45204;47.62004;"M";"2154";"33"
"2025";"SANS POSITION";"49347";"49";"D502";;;;;;"_Z";"2154";"_Z"
"2025";"RESTAURANT";"49347";"49";"A504";;440785;6729974;-0.45199;47.61915;"B";"2154";"11"
`

func TestTheServicesOfTheBPEAreReadInOnePass(t *testing.T) {
	path := tempFile(t, "BPE25.zip", string(zipped(t, "BPE25.csv", bpe25)))
	opts := []FacilityOptions{facilityOptions("creche"), facilityOptions("town_hall")}
	opts[0].Types, opts[1].Types = []string{"D502", "D509"}, []string{"A129"}
	lists, reports, err := facilitiesOf(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fs := range lists {
		for _, f := range fs {
			got = append(got, fmt.Sprintf("%s %q %s | %s | %s", f.Service, f.Name, f.Commune, f.Source, f.Note))
		}
	}
	want := []string{
		`creche "LES LUTINS; MULTI-ACCUEIL" 49347 | INSEE, BPE D502 | `,
		`creche "" 49347 | INSEE, BPE D509 | position : acceptable`,
		`town_hall "MAIRIE DE TIERCE" 49347 | INSEE, BPE A129 | position : mauvaise`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := reports[0]; r.Read != 5 || r.Loaded != 2 || len(r.Rejected) != 1 || r.Rejected[0].Record != "line 5" {
		t.Errorf("crèches: %+v", r)
	}
	if r := reports[1]; r.Read != 5 || r.Loaded != 1 || len(r.Rejected) != 0 {
		t.Errorf("town halls: %+v", r)
	}
	// LAMBERT_X and LAMBERT_Y, which are read, agree with the file's longitude and latitude.
	if d := geodata.Distance(lists[0][0].Location, orb.Point{-0.45199, 47.61915}); d > 2 {
		t.Errorf("%.0f m off", d)
	}
	// Each service alone says the same.
	alone, _, err := Facilities(t.Context(), path, opts[1])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lists[1], alone); diff != "" {
		t.Error(diff)
	}
}

func TestZipArchives(t *testing.T) {
	grid := func(id string) string { return "idcar_200m,ind\n" + id + ",12.5\n" }
	met, reun := grid("CRS3035RES200mN2777000E3537000"), grid("CRS2975RES200mN7650200E327000")
	path := tempFile(t, "Filosofi2021_carreaux_200m_csv.zip", string(zipped(t, "carreaux_200m_met.csv", met, "carreaux_200m_reun.csv", reun)))
	pop, rep, err := Population(t.Context(), path+"#carreaux_200m_met.csv", PopulationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(pop.Cells) != 1 || pop.Cells[0].ID != "CRS3035RES200mN2777000E3537000" || pop.Vintage != 2021 || rep.File != path {
		t.Errorf("%+v from %s", pop, rep.File)
	}
	for _, c := range []struct{ path, says string }{
		{path, "several tables in the archive: write FILE.zip#NAME with one of carreaux_200m_met.csv, carreaux_200m_reun.csv"},
		{path + "#carreaux_200m_mart.csv", `no file "carreaux_200m_mart.csv" in the archive: expected one of carreaux_200m_met.csv`},
		{tempFile(t, "a.zip", string(zipped(t, "Filosofi2019_carreaux_200m_csv.7z", "7z"))), "holds a 7z archive, Filosofi2019_carreaux_200m_csv.7z, which is not read: unpack it"},
		{tempFile(t, "book.xlsx", string(zipped(t, "[Content_Types].xml", "<x/>"))), "a zip archive (or .xlsx, .ods, .kmz) without a table; it holds [Content_Types].xml"},
		{tempFile(t, "page.zip", string(zipped(t, "a.csv", "<!DOCTYPE html><html>"))), "a.csv: an HTML page"},
	} {
		if _, _, err := Population(t.Context(), c.path, PopulationOptions{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", filepath.Base(c.path), err, c.says)
		}
	}
}

func TestDamagedZipArchives(t *testing.T) {
	var rows strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&rows, "CRS3035RES200mN%dE3537000,%d.25\n", 2777000+200*i, i*i%97)
	}
	whole := zipped(t, "grid.csv", "idcar_200m,ind\n"+rows.String())
	if _, _, err := Population(t.Context(), tempFile(t, "whole.zip", string(whole)), PopulationOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"cut": whole[:len(whole)/2], "damaged": flipped(whole, len(whole)/2)} {
		path := tempFile(t, name+".zip", string(text))
		if _, _, err := Population(t.Context(), path, PopulationOptions{}); err == nil ||
			!strings.Contains(err.Error(), "the zip archive is cut off or damaged: download it again") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	for i := range 64 { // a run of it, so that the text cannot come out right
		b[at+i] ^= 0x5a
	}
	return b
}

// A GeoPackage in an archive is unpacked beside, read, and removed.
func TestGeoPackageInAnArchive(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	made := newSQLite(t, gpkgSchema+layerSQL("carreaux_200m_met", 100, ", idcar_200m TEXT, ind REAL")+
		`INSERT INTO carreaux_200m_met VALUES (1, NULL, 'CRS3035RES200mN2777000E3537000', 12.5);`)
	gpkg, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Filosofi2021_carreaux_200m_gpkg.zip")
	if err := os.WriteFile(path, zipped(t, "carreaux_200m_met.gpkg", string(gpkg)), 0o666); err != nil {
		t.Fatal(err)
	}
	pop, _, err := Population(t.Context(), path, PopulationOptions{})
	if err != nil || len(pop.Cells) != 1 {
		t.Fatal(len(pop.Cells), err)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// baseCC is the communal base of the census of 2022: the columns used here stand
// among some 300.
const baseCC = `CODGEO;P22_POP;P16_POP;P11_POP;P22_POP0014;P22_POP1529;P22_POP3044;P22_POP4559;P22_POP6074;P22_POP7589;P22_POP90P;P22_H0014;P22_POP0019;P16_POP0014
49347;4589.5;4500;4300;800.25;600.25;800;900;889;500;100;400;1100.5;790
49220;3687;3700;3600;600;500;600;800;687;400;100;300;900;610
`

func TestCommunalBase(t *testing.T) {
	path := tempFile(t, "base-cc-evol-struct-pop-2022_csv.zip", string(zipped(t,
		"base-cc-evol-struct-pop-2022.CSV", baseCC, "meta_base-cc-evol-struct-pop-2022.CSV", "COD_VAR;LIB_VAR\nP22_POP;Population en 2022\n")))
	rows, rep, err := Census(t.Context(), path, CensusOptions{Wanted: func(code string) bool { return code == "49347" }})
	if err != nil {
		t.Fatal(err)
	}
	// Of the earlier censuses the file has totals only.
	if got, want := census(rows), []string{
		"49347 2011 0+ 4300", "49347 2016 0+ 4500", "49347 2022 0-14 800.25", "49347 2022 15-29 600.25", "49347 2022 30-44 800", "49347 2022 45-59 900",
		"49347 2022 60-74 889", "49347 2022 75-89 500", "49347 2022 90+ 100",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	// The seven bands are the whole population, so none is missing and none counted twice.
	sum := geodata.Amount(0)
	for _, r := range rows {
		if r.Year == 2022 {
			sum += r.Persons
		}
	}
	if sum.String() != "4589.5" {
		t.Errorf("the bands add up to %s of 4589.5", sum)
	}
	if rep.Read != 2 || rep.Loaded != 1 || rep.Outside != 1 {
		t.Errorf("%+v", rep)
	}
}

func TestCensusWithOtherColumns(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{strings.Replace(baseCC, "CODGEO", "COMMUNE", 1), "no column CODGEO with the communes' codes; the file has COMMUNE, P22_POP"},
		{strings.ReplaceAll(strings.ReplaceAll(baseCC, "P22_POP", "POP_22"), "P1", "Q1"), "no column age, or age_from and age_to, persons: want commune, year, age and persons, or one of INSEE's tables; the file has CODGEO, POP_22"},
		{strings.Replace(baseCC, "P22_POP;", "POP22;", 1), "no column P22_POP with the total; the file has CODGEO, POP22"},
		{strings.ReplaceAll(baseCC, "49347", "Tiercé"), ""},
		{strings.ReplaceAll(strings.ReplaceAll(baseCC, "49347", "Tiercé"), "49220", "Morannes"), `no record could be loaded; the first: line 2: CODGEO = "Tiercé": not an INSEE commune code`},
		{strings.Replace(baseCC, "4589.5", "-1", 1), ""},
	} {
		_, rep, err := Census(t.Context(), tempFile(t, "c.csv", c.text), CensusOptions{})
		if c.says == "" {
			if err != nil || rep.Loaded != 1 || len(rep.Rejected) != 1 {
				t.Errorf("%v, %+v", err, rep)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
}

// The outlines of geo.api.gouv.fr give the EPCI as a code, and as an object with its name.
func TestCommunesOfTheGeographicAPI(t *testing.T) {
	path := tempFile(t, "communes.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"nom":"Tiercé","code":"49347","population":4589,"codeEpci":"200068955","epci":{"code":"200068955","nom":"CC Anjou Loir et Sarthe"}},
		"geometry":{"type":"Polygon","coordinates":[[[-0.5,47.6],[-0.4,47.6],[-0.4,47.7],[-0.5,47.7],[-0.5,47.6]]]}},
		{"type":"Feature","properties":{"nom":"Île-de-Bréhat","code":"22016","population":371},"geometry":{"type":"Polygon","coordinates":[[[-3,48.8],[-2.9,48.8],[-2.9,48.9],[-3,48.9],[-3,48.8]]]}}]}`)
	cs, _, err := Communes(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cs) != 2 || cs[0].EPCI != "200068955" || cs[0].EPCIName != "CC Anjou Loir et Sarthe" || cs[1].EPCI != "" {
		t.Errorf("%+v", cs)
	}
}

// What the publisher says of a file travels with the territory; a source that is
// only recorded does too.
func TestOriginsTravelWithTheTerritory(t *testing.T) {
	roads := tempFile(t, "r.geojson", `{"type":"Feature","id":"r1","properties":{"highway":"residential"},"geometry":{"type":"LineString","coordinates":[[0,47],[0.01,47]]}}`)
	census := tempFile(t, "census.csv", strings.ReplaceAll(baseCC, "49347", "49901"))
	communes := tempFile(t, "c.geojson", `{"type":"Feature","properties":{"nom":"A","code":"49901"},"geometry":{"type":"Polygon","coordinates":[[[-1,46],[1,46],[1,48],[-1,48],[-1,46]]]}}`)
	timetables := geodata.Source{Layer: "timetables", Name: "gtfs.zip", Publisher: "Aléop"}
	spec := Spec{ID: "t", Communes: []string{communes}, Roads: []string{roads}, Census: []string{census},
		Origins:  map[string]geodata.Source{roads: {Name: "OpenStreetMap", Publisher: "Geofabrik", Licence: "ODbL 1.0", Vintage: "2026-11-20"}},
		Recorded: []geodata.Source{timetables}}
	s, _, err := Territory(t.Context(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := geodata.Source{Layer: "roads", Name: "OpenStreetMap", Publisher: "Geofabrik", Licence: "ODbL 1.0", Vintage: "2026-11-20"}
	if !slices.Contains(s.Sources(), want) || !slices.Contains(s.Sources(), timetables) {
		t.Errorf("%+v", s.Sources())
	}
	if s.Communes()[0].Population != 4590 { // 4589.5, rounded half up
		t.Errorf("population %d", s.Communes()[0].Population)
	}
}
