package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// census lists rows as "49347 2021 F 0-2 12.5", without a sex for both together.
func census(rows []geodata.CensusRow) (out []string) {
	for _, r := range rows {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %d %s %s %s", r.Commune, r.Year, r.Sex, r.Ages(), r.Persons)), " "))
	}
	return out
}

func TestCensusLayouts(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"c.csv", "commune,year,sex,age,persons\n49347,2021,F,0-2,12.5\n49347,2021,H,0-2,13\n49347,2021,F,80+,40\n2A004,2021,,4,1\n", "49347 2021 F 0-2 12.5|49347 2021 M 0-2 13|49347 2021 F 80+ 40|2A004 2021 4 1"},
		{"ages_2019.csv", "codgeo;tranche;effectif\n49347;0 à 2 ans;7\n49347;3 ans;8\n49347;80 ans et plus;9,5\n", "49347 2019 0-2 7|49347 2019 3 8|49347 2019 80+ 9.5"},
		{"c.csv", "insee,annee,age_from,age_to,population\n49347,2021,0,2,7\n49347,2021,80,,9\n", "49347 2021 0-2 7|49347 2021 80+ 9"},
		{"BTT_TD_POP1B_2021.csv", "NIVGEO;CODGEO;LIBGEO;SEXE;AGED100;NB\nCOM;49347;Tiercé;1;000;21.5\nCOM;49347;Tiercé;2;000;20\nCOM;49347;Tiercé;2;100;1.25\n", "49347 2021 M 0 21.5|49347 2021 F 0 20|49347 2021 F 100+ 1.25"},
		{"pop-sexe-age-2018.csv", "CODGEO,LIBGEO,SEXE1_AGED100000,SEXE2_AGED100000,SEXE2_AGED100100\n49347,Tiercé,21.5,20,1.25\n", "49347 2018 M 0 21.5|49347 2018 F 0 20|49347 2018 F 100+ 1.25"},
		{"p2018.csv", "CODGEO,SEXE1_AGED100000,sexe1_aged100000\n49347,21.5,20\n", "!the columns SEXE1_AGED100000 and sexe1_aged100000 are the same"},
		{"c.csv", "commune,commune_name,year,age,persons\n", "!only a header"},
		{"c.csv", "commune,year,age\n49347,2021,4\n", "!no column persons: want commune, year, age and persons, or one of INSEE's tables; the file has commune, year, age"},
		{"c.csv", "year,persons\n2021,4\n", "!no column commune (its INSEE code), age, or age_from and age_to: want"},
		{"c.csv", "commune,age,persons\n49347,4,1\n", "!which year? want a column year, or a year in the file's name, such as population_2021.csv"},
	} {
		rows, rep, err := Census(t.Context(), tempFile(t, c.name, c.text), CensusOptions{})
		if says, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s: %v, want %s", c.text, err, says)
			}
			continue
		}
		if err != nil || strings.Join(census(rows), "|") != c.want || len(rep.Rejected) > 0 {
			t.Errorf("%s: %q, %v, %v\nwant %s", c.name, census(rows), rep.Rejected, err, c.want)
		}
	}
}

func TestCensusRowsThatAreWrong(t *testing.T) {
	rows, rep, err := Census(t.Context(), tempFile(t, "c.csv", `commune,year,sex,age,persons
49347,2021,F,0-4,10
Tiercé,2021,F,5,1
49347,21,F,5,1
49347,2021,x,5,1
49347,2021,F,five,1
49347,2021,F,9-5,1
49347,2021,F,5,-1
49347,2021,F,5,
49347,2021,F,4-6,1
49347,2021,,7,1
49347,2021,M,4-6,1
`), CensusOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rep.Rejected {
		got = append(got, r.String())
	}
	want := []string{
		`line 3: commune = "Tiercé": not an INSEE commune code such as 49347`,
		`line 4: year = "21": want a year such as 2021`,
		`line 5: sex = "x": want F or M (INSEE's 2 and 1), or nothing for both together`,
		`line 6: age = "five": want ages such as 0-2, 80+ or 4`,
		`line 7: age = "9-5": want ages such as 0-2, 80+ or 4, the youngest first`,
		`line 8: persons = "-1": want a number of people such as 640.251`,
		`line 9: persons = "": want a number of people such as 640.251`,
		`line 10: commune = "49347": ages 4-6 of 2021 are counted already, as 0-4, by line 2 of c.csv`,
		`line 11: commune = "49347": line 2 of c.csv tells women and men of 2021 apart and this does not, or the reverse: want one or the other`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"49347 2021 F 0-4 10", "49347 2021 M 4-6 1"}, census(rows)); diff != "" {
		t.Error(diff)
	}
}

// squareFeature is a square of side degrees as GeoJSON.
func squareFeature(properties string, x, y, side float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]]}}`,
		properties, x, y, x+side, y, x+side, y+side, x, y+side, x, y)
}

func features(fs ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(fs, ",") + `]}`
}

func TestZones(t *testing.T) {
	path := tempFile(t, "z.geojson", features(
		squareFeature(`"code_iris":"493470101","nom_iris":"Centre","id":"iris.1"`, 0, 47, .01),
		squareFeature(`"code_iris":"493470102","id":"iris.2"`, .01, 47, .01),
		squareFeature(`"code_iris":"493470102"`, .02, 47, .01),
		squareFeature(`"nom_iris":"Sans code"`, .02, 47, .01),
		`{"type":"Feature","properties":{"code_iris":"p"},"geometry":{"type":"Point","coordinates":[0,47]}}`,
		`{"type":"Feature","properties":{"code_iris":"bow"},"geometry":{"type":"Polygon","coordinates":[[[0,47],[0.01,47.01],[0.01,47],[0,47.01],[0,47]]]}}`))
	zones, rep, err := Zones(t.Context(), ZoneFile{Layer: "iris", Path: path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, z := range zones {
		got = append(got, fmt.Sprintf("%s/%s %s, %d corners", z.Layer, z.ID, z.Name, len(vertices(z.Outline))))
	}
	if want := []string{"iris/493470101 Centre, 5 corners", "iris/493470102 493470102, 5 corners", "iris/bow bow, 8 corners"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(rep.Rejected) != 3 || !strings.Contains(rep.Rejected[0].String(), `code_iris = "493470102": the same zone as`) ||
		!strings.Contains(rep.Rejected[1].String(), "no code: want a field code_iris") || !strings.Contains(rep.Rejected[2].String(), "expected a Polygon or MultiPolygon") {
		t.Errorf("%v", rep.Rejected)
	}
	wantNote(t, rep, "zones without a name, which show their code: 2")
	if !slices.ContainsFunc(rep.Notes, func(n string) bool { return strings.Contains(n, "outline repaired") }) {
		t.Errorf("the bow tie: %q", rep.Notes)
	}
	// Other fields, by name.
	zones, _, err = Zones(t.Context(), ZoneFile{Layer: "x", Path: path, IDField: "nom_iris", Named: "code_iris"}, Options{})
	if err != nil || len(zones) != 2 || zones[0].ID != "Centre" || zones[0].Name != "493470101" {
		t.Errorf("%v, %v", zones, err)
	}
	if _, _, err := Zones(t.Context(), ZoneFile{Layer: "x", Path: tempFile(t, "z.csv", "id,name\n1,a\n")}, Options{}); err == nil || !strings.Contains(err.Error(), "no outlines: expected GeoJSON") {
		t.Error(err)
	}
}

// TestZonesOfTheVillage: the commune studied is 0.01° × 0.01° at 47.5° N, which is
// 753.4 m × 1111.8 m = 83.76 ha; a zone covers its west half, another the third
// quarter and half of the first one again.
func TestZonesOfTheVillage(t *testing.T) {
	spec := village(t)
	tall := func(id string, from, to float64) string {
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":"%s"},"geometry":{"type":"Polygon","coordinates":[[[%v,47.5],[%v,47.5],[%v,47.51],[%v,47.51],[%v,47.5]]]}}`, id, from, to, to, from, from)
	}
	spec.Zones = []ZoneFile{{Layer: "quartiers", Path: tempFile(t, "q.geojson", features(tall("ouest", -.40, -.395), tall("milieu", -.3975, -.3925), tall("ailleurs", 2, 2.01)))}}
	s, report, err := Territory(t.Context(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if zones, err := s.ZonesOf("quartiers"); err != nil || len(zones) != 2 || zones[0].ID != "milieu" {
		t.Errorf("%v, %v", zones, err)
	}
	rep := report.Files[len(report.Files)-1]
	if rep.Read != 3 || rep.Loaded != 2 || rep.Outside != 1 {
		t.Errorf("%+v", rep)
	}
	wantNote(t, rep, "zones that overlap, by 20.94 ha in all: who lives there is counted in each; pairs: 1 (ouest and milieu share 20.94 ha)")
	wantNote(t, rep, "20.94 ha of the 83.76 ha of the communes studied lie in no zone (25.0 %)")
	if want := (geodata.Source{Layer: "zones", Name: "q.geojson (zones quartiers, GeoJSON, WGS 84 (EPSG:4326))"}); !slices.Contains(s.Sources(), want) {
		t.Errorf("sources %v", s.Sources())
	}
	spec.Zones = append(spec.Zones, spec.Zones[0])
	if _, _, err := Territory(t.Context(), spec, Options{}); err == nil || !strings.Contains(err.Error(), "zones quartiers:") || !strings.Contains(err.Error(), "give each division its own") {
		t.Errorf("the same division twice: %v", err)
	}
}

func TestCounts(t *testing.T) {
	p, rep, err := Counts(t.Context(), CountsFile{Name: "écoles", Path: tempFile(t, "e.csv", `uai;nom;type;insee_code;code_postal;lon;lat;Élèves;classes;ips
0490001A;A;Primaire;49347;49125;-0.45;47.61;120;5;101,5
0490002B;B;Collège;;49125;-0.46;47.62;;2;NS
0490003C;C;Collège;x;49125;-0.47;47.63;beaucoup;2;99
0490004D;D;Collège;49347;49125;-0.47;47.63;-3;2;99
0490001A;E;Collège;49347;49125;-0.47;47.63;3;2;99
;F;Collège;49347;49125;-0.47;47.63;3;2;99
0490007G;G;Collège;49347;49125;;47.63;3;2;99
0490008H;H;Collège;49347;49125;-0.40;47.6;3;2;99
`)}, 0, Options{Keep: func(p orb.Point) bool { return p[0] < -.41 }})
	if err != nil {
		t.Fatal(err)
	}
	want := geodata.Population{Name: "écoles",
		Cells: []geodata.Cell{{ID: "0490001A", Centre: orb.Point{-.45, 47.61}, Commune: "49347"}, {ID: "0490002B", Centre: orb.Point{-.46, 47.62}}},
		Columns: []geodata.Column{{Name: "élèves", Values: []geodata.Amount{geodata.Whole(120), 0}}, {Name: "classes", Values: []geodata.Amount{geodata.Whole(5), geodata.Whole(2)}},
			{Name: "ips", Values: []geodata.Amount{101_500_000, 0}}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, r := range rep.Rejected {
		got = append(got, r.String())
	}
	if diff := cmp.Diff([]string{
		`line 6: uai = "0490001A": duplicate: already on line 2`,
		`line 7: uai = "": the place has no id`,
		`line 8: lon = "": coordinate is missing`,
		`line 4: Élèves = "beaucoup": want a number that is not below 0, such as 120, or nothing where it is not known`,
		`line 5: Élèves = "-3": want a number that is not below 0, such as 120, or nothing where it is not known`,
	}, got); diff != "" {
		t.Error(diff)
	}
	if rep.Read != 8 || rep.Loaded != 2 || rep.Outside != 1 {
		t.Errorf("%+v", rep)
	}
	wantNote(t, rep, "values of Élèves that are absent, or not told (NS), count as 0: 1 (line 3)")
	wantNote(t, rep, "columns that count nothing: nom, type")
}

func TestCountsFilesThatAreWrong(t *testing.T) {
	for text, says := range map[string]string{
		"name,lon,lat,n\na,1,47,3\n":         "no id: want a column id, identifiant, uai",
		"id,n\na,3\n":                        "no coordinates: want columns such as lon and lat",
		"id,x,y,n\na,440785,6729973,3\n":     "do not say their coordinate system",
		"id,lon,lat,type\na,1,47,x\n":        "no column counts anything: want one of numbers, such as pupils; the file has id, lon, lat, type",
		"id,lon,lat,n,N\na,1,47,1,2\n":       "the columns n and N differ by capital letters only",
		"id,lon,lat,code_postal\na,1,47,1\n": "no column counts anything",
	} {
		if _, _, err := Counts(t.Context(), CountsFile{Name: "n", Path: tempFile(t, "n.csv", text)}, 0, Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s%v, want %s", text, err, says)
		}
	}
}

func TestFacilitiesForResidentsAndInHolidays(t *testing.T) {
	fs, rep := loadFacilities(t, file(t, "f.csv", `id;lon;lat;catchment;hours_holidays;vacances_lundi;vacances_mardi
a;-0.45;47.61;communal;Mo-Fr 09:00-12:00;;
b;-0.45;47.61;intercommunal;;8h30-12h / 14h-18h;fermé
c;-0.45;47.61;epci;;fermé;
d;-0.45;47.61;;;;
e;-0.45;47.61;canton;;;
f;-0.45;47.61;tous;;toujours;
`), facilityOptions("creche"))
	var got []string
	for _, f := range fs {
		holidays := "unknown"
		if f.Holidays != nil {
			holidays = "[" + f.Holidays.String() + "]"
		}
		got = append(got, fmt.Sprintf("%s %q %s", f.ID, f.Catchment, holidays))
	}
	if diff := cmp.Diff([]string{`a "commune" [` + week(t, "Mo-Fr 09:00-12:00").String() + `]`, `b "epci" [Mo 08:30-12:00,14:00-18:00]`, `c "epci" []`, `d "" unknown`, `f "" unknown`}, got); diff != "" {
		t.Error(diff)
	}
	if len(rep.Rejected) != 1 || rep.Rejected[0].String() != `line 6: catchment = "canton": unknown catchment "canton": want commune, epci, or nothing for everybody` {
		t.Errorf("%v", rep.Rejected)
	}
	wantNote(t, rep, `opening hours not understood, left unknown; want the form Mo-Fr 08:30-12:00,13:30-17:00: 1 (line 7 vacances_lundi "toujours")`)
}

func TestVillageWithEverything(t *testing.T) {
	spec := village(t)
	key := "sixteen letters or more"
	spec.Rule = geodata.Rule{Minimum: 11, Of: "ind", Key: key}
	spec.Counts = []CountsFile{{Name: "schools", Path: tempFile(t, "s.csv", "id,lon,lat,commune,pupils\nin,-0.395,47.505,,30\nnear,-0.37,47.505,49002,20\nfar,2,47,49001,10\n"),
		Rule: geodata.Rule{Minimum: 5, Of: "pupils", Key: key}}}
	spec.Census = []string{tempFile(t, "c.csv", "commune,year,age,persons\n49001,2021,0+,30\n49002,2021,0+,50\n75056,2021,0+,2100000\n"),
		tempFile(t, "c2.csv", "commune,year,age,persons\n49001,2015,0+,20\n49001,2021,3,1\n")}
	s, report, err := Territory(t.Context(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CountsNamed("schools")
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Cells; len(c) != 2 || c[0].Commune != "49001" || !c[0].Study || c[1].Commune != "49002" || c[1].Study || p.Rule.Key != key || s.Population().Rule.Of != "ind" {
		t.Errorf("%+v, %+v", c, p.Rule)
	}
	if got := census(s.Census()); !slices.Equal(got, []string{"49001 2015 0+ 20", "49001 2021 0+ 30", "49002 2021 0+ 50"}) {
		t.Errorf("%q", got)
	}
	if !slices.ContainsFunc(report.Files, func(f *FileReport) bool {
		return len(f.Rejected) == 1 && strings.Contains(f.Rejected[0].Reason, "ages 3 of 2021 are counted already, as 0+, by line 2 of c.csv")
	}) {
		t.Error("a census that counts people again was not refused")
	}
	spec.Rule.Of = "men"
	if _, _, err := Territory(t.Context(), spec, Options{}); err == nil || err.Error() != `population: the minimum of its secrecy counts "men": want one of the columns ind` {
		t.Error(err)
	}
	spec.Rule, spec.Counts[0].Rule.Of = geodata.Rule{}, "beds"
	if _, _, err := Territory(t.Context(), spec, Options{}); err == nil || err.Error() != `counts schools: the minimum of its secrecy counts "beds": want one of the columns pupils` {
		t.Error(err)
	}
}

// TestSchoolsAndTotalsOfAnjou reads the published lists: 1,125 schools of which 103
// have no index, and the grid of totals, whose cells of 2021 add up to the EPCI's
// 28,280 inhabitants.
func TestSchoolsAndTotalsOfAnjou(t *testing.T) {
	dir := pack(t, "anjou")
	spec := anjouSpec(dir)
	spec.Counts = []CountsFile{{Name: "schools", Path: filepath.Join(dir, "schools.csv")}}
	spec.Census = []string{filepath.Join(dir, "population_2006-2021_1km.csv")}
	s, report, err := Territory(t.Context(), spec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CountsNamed("schools")
	if err != nil || len(p.Columns) != 1 || p.Columns[0].Name != "ips" || len(p.Cells) < 10 {
		t.Errorf("%v, %v", p, err)
	}
	for _, rep := range report.Files {
		if rep.Layer == "counts" && (rep.Read != 1125 || rep.Loaded+rep.Outside != 1125) {
			t.Errorf("%d read, %d loaded, %d outside, %v", rep.Read, rep.Loaded, rep.Outside, rep.Rejected)
		}
	}
	if years := s.CensusYears(); !slices.Equal(years, []int{2006, 2011, 2018, 2021}) {
		t.Errorf("years %v", years)
	}
	people := map[int]geodata.Amount{}
	for _, r := range s.Census() {
		if m, _ := s.Commune(r.Commune); m.Study {
			people[r.Year] += r.Persons
		}
		if r.From != 0 || r.To != geodata.AndOver || r.Sex != geodata.AnySex {
			t.Errorf("%+v", r)
		}
	}
	if people[2021] != geodata.Whole(28_280) {
		t.Errorf("people %v", people)
	}
}

func FuzzCensus(f *testing.F) {
	f.Add([]byte("commune,year,sex,age,persons\n49347,2021,F,0-2,12.5\n49347,2021,H,80+,13\n"))
	f.Add([]byte("CODGEO;SEXE;AGED100;NB\n49347;1;000;21.5\n49347;2;100;1\n"))
	f.Add([]byte("CODGEO,SEXE1_AGED100000,SEXE2_AGED100100\n49347,21.5,20\n"))
	f.Add([]byte("insee;annee;age_from;age_to;nb\n2A004;2021;0;;1\n"))
	f.Add([]byte(baseCC))
	f.Fuzz(func(t *testing.T, text []byte) {
		rep := &FileReport{File: "census_2021"}
		recs, err := recordsOf(text, rep)
		if err != nil {
			return
		}
		r := &censusReader{rep: rep, recs: recs, counted: &countedPeople{}}
		if r.recognise() != nil || recs.each(func(rec *record) error { r.add(rec); return nil }) != nil {
			return
		}
		// Whatever was read is a census that a snapshot accepts.
		if _, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, Census: r.out}); err != nil {
			t.Fatal(err)
		}
		if rep.Read != rep.Loaded+rep.Outside+len(rep.Rejected) {
			t.Fatalf("%d read, but %d loaded, %d outside, %d rejected", rep.Read, rep.Loaded, rep.Outside, len(rep.Rejected))
		}
	})
}

func FuzzCounts(f *testing.F) {
	f.Add([]byte("uai,nom,lon,lat,pupils\n0490001A,x,-0.45,47.6,120\n0490002B,y,-0.45,47.6,\n"))
	f.Add([]byte("id;x;y;n\na;440785,5;6729973,5;1,5\n"))
	f.Add([]byte(`{"type":"Feature","id":1,"properties":{"n":3,"insee":"49347"},"geometry":{"type":"Point","coordinates":[1,47]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rep := &FileReport{File: "counts"}
		recs, err := recordsOf(text, rep)
		if err != nil {
			return
		}
		r := &countsReader{rep: rep, recs: recs, first: map[string]string{}, pop: geodata.Population{Name: "n"}}
		if r.recognise(2154) != nil || recs.each(r.add) != nil || r.finish() != nil {
			return
		}
		if _, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, Counts: []geodata.Population{r.pop}}); err != nil {
			t.Fatal(err)
		}
		if rep.Read != rep.Loaded+rep.Outside+len(rep.Rejected) {
			t.Fatalf("%d read, but %d loaded, %d outside, %d rejected", rep.Read, rep.Loaded, rep.Outside, len(rep.Rejected))
		}
	})
}
