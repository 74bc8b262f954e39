package load

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

func facilityOptions(service string) FacilityOptions {
	return FacilityOptions{Service: service, Catalogue: geodata.DefaultCatalogue()}
}

func loadFacilities(t testing.TB, path string, opt FacilityOptions) ([]geodata.Facility, *FileReport) {
	t.Helper()
	fs, rep, err := Facilities(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Loaded != len(fs) {
		t.Fatalf("the report says %d loaded, there are %d facilities", rep.Loaded, len(fs))
	}
	return fs, rep
}

func week(t testing.TB, s string) *geodata.WeeklyHours {
	t.Helper()
	w, err := geodata.ParseWeeklyHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func places(n int) *int { return &n }

func TestGenericFacilities(t *testing.T) {
	fs, rep := loadFacilities(t, file(t, "f.csv", `id;Nom;lon;lat;Capacité;horaires;PMR;Statut;itinérant;code_insee;remarque;source;couleur
a1;Les P'tits Loups;-0,4525;47,6145;25;Mo-Fr 07:30-18:30;oui;existant;non;49347;été seulement;CAF;bleu
a2;Projet;-0,25;47,67;12.0;;partiel;Projet;;49127;;;
7;Bus;-0,30;47,60;;;;;oui;Tiercé;;;
`), facilityOptions("creche"))
	want := []geodata.Facility{
		{
			ID: "a1", Name: "Les P'tits Loups", Service: "creche", Location: orb.Point{-0.4525, 47.6145}, Commune: "49347",
			Capacity: places(25), Hours: week(t, "Mo-Fr 07:30-18:30"), Accessible: geodata.AccessibleYes,
			Status: geodata.Existing, Note: "été seulement", Source: "CAF",
		},
		{
			ID: "a2", Name: "Projet", Service: "creche", Location: orb.Point{-0.25, 47.67}, Commune: "49127",
			Capacity: places(12), Accessible: geodata.AccessibleLimited, Status: geodata.Planned,
		},
		{
			ID: "creche-7", Name: "Bus", Service: "creche", Location: orb.Point{-0.30, 47.60},
			Status: geodata.Existing, Itinerant: true,
		},
	}
	if diff := cmp.Diff(want, fs); diff != "" {
		t.Error(diff)
	}
	wantNote(t, rep, "columns not used: couleur")
}

func TestFacilityFormatsAgree(t *testing.T) {
	fromCSV, _ := loadFacilities(t, file(t, "f.csv", "id,name,lon,lat,capacity\nx,École,-0.45,47.61,30\n"), facilityOptions("alsh"))
	fromJSON, _ := loadFacilities(t, file(t, "f.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"id":"x","name":"École","capacity":30},"geometry":{"type":"Point","coordinates":[-0.45,47.61]}}]}`), facilityOptions("alsh"))
	if diff := cmp.Diff(fromCSV, fromJSON); diff != "" {
		t.Error(diff)
	}
	// A building's outline stands for its centroid.
	outline, _ := loadFacilities(t, file(t, "f.geojson", `{"type":"Feature","id":"way/1","properties":{},
		"geometry":{"type":"Polygon","coordinates":[[[0,47],[0.001,47],[0.001,47.002],[0,47.002],[0,47]]]}}`), facilityOptions("alsh"))
	if f := outline[0]; f.ID != "way/1" || math.Hypot(f.Location[0]-0.0005, f.Location[1]-47.001) > 1e-12 {
		t.Errorf("%+v", f)
	}
}

func TestFacilityCoordinates(t *testing.T) {
	// PROJ: 440785.5, 6729973.5 in Lambert-93 is -0.451978281, 47.619141045.
	for _, c := range []struct {
		header string
		epsg   int
	}{{"LAMBERT_X,LAMBERT_Y", 0}, {"x_l93,y_l93", 0}, {"x,y", 2154}, {"X_Lambert93,Y_Lambert93", 4326}} {
		opt := facilityOptions("creche")
		opt.EPSG = c.epsg
		fs, _ := loadFacilities(t, file(t, "f.csv", c.header+"\n440785.5,6729973.5\n"), opt)
		if p := fs[0].Location; math.Hypot(p[0]+0.451978281, p[1]-47.619141045) > 1e-8 {
			t.Errorf("%s: %v", c.header, p)
		}
	}
	for text, want := range map[string]string{
		"x,y\n440785.5,6729973.5\n": "state it with --epsg 2154",
		"x,y\n12,13000\n":           "no common one fits",
		"name\nÉcole\n":             "no coordinates: want columns such as lon and lat",
	} {
		_, _, err := Facilities(context.Background(), file(t, "f.csv", text), facilityOptions("creche"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Ids made from name and place outlive another order of the rows.
func TestMadeIDs(t *testing.T) {
	a, rep := loadFacilities(t, file(t, "a.csv", "nom,lon,lat\nUn,1,47\nDeux,1,47\nUn,2,47\n"), facilityOptions("alsh"))
	b, _ := loadFacilities(t, file(t, "b.csv", "lon,nom,lat\n2,Un,47\n1.0,Deux,47\n1,Un,47\n"), facilityOptions("alsh"))
	slices.Reverse(b)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	if a[0].ID == a[1].ID || a[0].ID == a[2].ID || !strings.HasPrefix(a[0].ID, "alsh-") {
		t.Errorf("%v", a)
	}
	wantNote(t, rep, "ids made from name and place, for want of an id column: 3")
}

func TestFacilitiesRejected(t *testing.T) {
	fs, rep := loadFacilities(t, file(t, "f.csv", `id,name,lon,lat,status,itinerant,capacity,opening_hours,accessible
a,,1,47,,,,,
a,,1.5,47,,,,,
b,,47,1,,,,,
c,,NaN,47,,,,,
d,,1,97,,,,,
e,,,,,,,,
f,,1,47,open,,,,
g,,1,47,,perhaps,,,
h,,1,47,,,-3,PH off,sometimes
i,,0,0,,,,,
`), facilityOptions("creche"))
	rejected(t, rep,
		`line 3: id = "a": duplicate: already on line 2`,
		`line 4: lon, lat = "47, 1": longitude and latitude are swapped`,
		`line 5: lon = "NaN": not a coordinate: want a number such as -0.4561 or 440123.5`,
		`line 6: lon, lat = "1, 97": 1, 97 is not in the area of WGS 84 (EPSG:4326), longitudes -180 to 180 and latitudes -90 to 90; are lon and lat swapped?`,
		`line 7: lon = "": coordinate is missing`,
		`line 8: status = "open": want existing, planned or candidate (existant, prévu, projet, candidat)`,
		`line 9: itinerant = "perhaps": want yes or no (oui, non, 1, 0)`,
		`line 11: lon, lat = "0, 0": coordinates are 0, 0: a place left blank`,
	)
	if h := fs[1]; h.ID != "h" || h.Capacity != nil || h.Hours != nil || h.Accessible != geodata.AccessibleUnknown {
		t.Errorf("%+v", h)
	}
	wantNote(t, rep, `opening hours not understood, left unknown; want the form Mo-Fr 08:30-12:00,13:30-17:00: 1 (line 10 "PH off")`)
	wantNote(t, rep, `capacities that are not a number of places, left unknown: 1 (line 10 "-3")`)
	wantNote(t, rep, `accessibility not understood, left unknown; want yes, no or limited: 1 (line 10 "sometimes")`)
}

func TestFacilitiesOfAnUnknownService(t *testing.T) {
	_, rep, err := Facilities(context.Background(), file(t, "f.csv", "lon,lat\n1,47\n"), facilityOptions("cinema"))
	if err == nil || !strings.Contains(err.Error(), `unknown service "cinema": want one of creche`) || rep == nil {
		t.Errorf("%v, %v", rep, err)
	}
}

func TestBPE(t *testing.T) {
	fs, rep := loadFacilities(t, "testdata/facilities/bpe21_ensemble_xy.csv", facilityOptions("creche"))
	// PROJ's places of the rows' coordinates: Lambert-93, then UTM 20N and 40S.
	want := []orb.Point{{-0.451978281, 47.619141045}, {-0.451978281, 47.619141045}, {-0.353609, 47.578383}, {-61.55, 16.25}, {55.45, -20.88}}
	if len(fs) != len(want) {
		t.Fatalf("%d facilities, want %d", len(fs), len(want))
	}
	for i, f := range fs {
		if math.Hypot(f.Location[0]-want[i][0], f.Location[1]-want[i][1]) > 1e-6 {
			t.Errorf("%s is at %v, want %v", f.ID, f.Location, want[i])
		}
		if f.Service != "creche" || f.Source != "INSEE, BPE D502" {
			t.Errorf("%+v", f)
		}
	}
	if fs[1].ID != fs[0].ID+"-2" {
		t.Errorf("two facilities at one address: %s and %s", fs[0].ID, fs[1].ID)
	}
	if fs[2].Note != "position : acceptable" || fs[2].Commune != "49333" {
		t.Errorf("%+v", fs[2])
	}
	rejected(t, rep,
		`line 5: LAMBERT_X = "": coordinate is missing; QUALITE_XY is "Non géolocalisé"`,
		`line 6: LAMBERT_X, LAMBERT_Y = "0, 0": coordinates are 0, 0: a place left blank; QUALITE_XY is "Mauvaise"`,
		`line 10: DEPCOM = "4934": not an INSEE commune code such as 49347`,
	)
	wantNote(t, rep, "facilities of other types than D502: 1 skipped")
	wantNote(t, rep, "positions that INSEE does not rate good: 1 (line 4 Acceptable)")

	services, _ := loadFacilities(t, "testdata/facilities/bpe21_ensemble_xy.csv", facilityOptions("france_services"))
	if len(services) != 1 || services[0].Commune != "49127" {
		t.Errorf("%+v", services)
	}
	_, _, err := Facilities(context.Background(), "testdata/facilities/bpe21_ensemble_xy.csv", facilityOptions("alsh"))
	if err == nil || !strings.Contains(err.Error(), "service alsh no BPE type") {
		t.Errorf("a service without types: %v", err)
	}
}

// Recent editions name the facility and its system, and have degrees.
func TestRecentBPE(t *testing.T) {
	fs, _ := loadFacilities(t, file(t, "bpe.csv", `AN;NOMRS;DEPCOM;TYPEQU;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE;QUALITE_XY;EPSG
2024;MULTI-ACCUEIL;49347;D502;440785.5;6729973.5;-0.451978;47.619141;11;2154
2024;MICRO-CRECHE;49333;D502;;;-0.353609;47.578383;33;2154
`), facilityOptions("creche"))
	if fs[0].Name != "MULTI-ACCUEIL" || fs[0].Note != "" || fs[1].Location != (orb.Point{-0.353609, 47.578383}) || fs[1].Note != "position : 33" {
		t.Errorf("%+v", fs)
	}
}

func TestBPEWithoutCoordinates(t *testing.T) {
	check := func(t *testing.T, path string) {
		t.Helper()
		_, _, err := Facilities(context.Background(), path, facilityOptions("creche"))
		if err == nil || !strings.Contains(err.Error(), "has no coordinates: take the file of geolocated facilities") {
			t.Errorf("%s: %v", path, err)
		}
	}
	check(t, file(t, "bpe.csv", "REG,DEP,DEPCOM,DCIRIS,AN,TYPEQU,NB_EQUIP\n52,49,49347,49347,2019,D502,1\n"))
	t.Run("published", func(t *testing.T) { check(t, published(t, "anjou/bpe_2019_communes.csv")) })
}

func TestFranceServices(t *testing.T) {
	path := file(t, "fs.csv", `"id_fs","lib_fs","insee_com","latitude","longitude","h_lundi","h_mardi","h_samedi","commentaire","type_fs","format_fs"
"1","Fixe","49127",47.67,-0.25,"09:00 - 12:00 / 13:30 - 17:00",,"9h-12h",,"Principal","Fixe"
"2","Bus","49347",47.61,-0.45,,"00:00 - 00:00 / 14:00 - 17:00",,"tournée","Principal","Bus_équivalent"
"3","Libre","49347",47.61,-0.44,"le matin","09:00 - 12:00",,,"Antenne","Fixe_antenne(s)"
"4","Nulle part","49347",,,"09:00 - 12:00",,,,"Principal","Fixe"
"5","Zéro","49347",0,0,"09:00 - 12:00",,,,"Principal","Fixe"
"6","Muette","49347",47.6,-0.4,,,,,"Principal","Itinérante"
"2","Deux fois","49347",47.6,-0.4,,,,,"Principal","Fixe"
`)
	fs, rep := loadFacilities(t, path, facilityOptions("france_services"))
	base := geodata.Facility{Service: "france_services", Status: geodata.Existing, Source: "ANCT, France services"}
	want := []geodata.Facility{base, base, base, base}
	set := func(f *geodata.Facility, id, name, commune string, lon, lat float64) {
		f.ID, f.Name, f.Commune, f.Location = id, name, commune, orb.Point{lon, lat}
	}
	set(&want[0], "fs-1", "Fixe", "49127", -0.25, 47.67)
	want[0].Hours = week(t, "Mo 09:00-12:00,13:30-17:00; Sa 09:00-12:00")
	set(&want[1], "fs-2", "Bus", "49347", -0.45, 47.61)
	want[1].Hours, want[1].Itinerant, want[1].Note = week(t, "Tu 14:00-17:00"), true, "Bus équivalent; tournée"
	set(&want[2], "fs-3", "Libre", "49347", -0.44, 47.61)
	want[2].Note = "Antenne; Fixe antenne(s)"
	set(&want[3], "fs-6", "Muette", "49347", -0.4, 47.6)
	want[3].Itinerant, want[3].Note = true, "Itinérante"
	if diff := cmp.Diff(want, fs); diff != "" {
		t.Error(diff)
	}
	rejected(t, rep,
		`line 5: longitude = "": coordinate is missing`,
		`line 6: longitude, latitude = "0, 0": coordinates are 0, 0: a place left blank`,
		`line 8: id = "fs-2": duplicate: already on line 3`,
	)
	wantNote(t, rep, `opening hours not understood, the sites' hours left unknown: 1 (line 4 h_lundi "le matin")`)
	wantNote(t, rep, "spans 00:00 - 00:00 left out as blank: 1 (line 3 h_mardi)")
	wantNote(t, rep, "sites without any opening hours: 1")
}

// The list of 1 August 2024: every site loads and every day with text parses.
func TestPublishedFranceServices(t *testing.T) {
	fs, rep := loadFacilities(t, published(t, "anjou/france_services_2024-08-01.csv"), facilityOptions("france_services"))
	if len(fs) != 2845 || len(rep.Rejected) != 0 {
		t.Errorf("%d sites, %d rejected, want 2845 and none", len(fs), len(rep.Rejected))
	}
	if slices.ContainsFunc(rep.Notes, func(n string) bool { return strings.Contains(n, "not understood") }) {
		t.Errorf("some hours were not understood: %v", rep.Notes)
	}
	wantNote(t, rep, "sites without any opening hours: 48,")
	byID := map[string]geodata.Facility{}
	maine, itinerant := 0, 0
	for _, f := range fs {
		byID[f.ID] = f
		if strings.HasPrefix(f.Commune, "49") {
			maine++
		}
		if f.Itinerant {
			itinerant++
		}
	}
	if maine != 28 || itinerant != 134+29 {
		t.Errorf("%d sites in Maine-et-Loire, want 28; %d itinerant, want 163", maine, itinerant)
	}
	for _, want := range []geodata.Facility{
		{
			ID: "fs-908", Name: "France services Durtal", Commune: "49127", Location: orb.Point{-0.256457, 47.671271},
			Hours: week(t, "Mo,Tu,Th 08:30-12:00,13:30-17:00; We,Fr 08:30-12:00"),
			Note:  "Espace labellisé 01/09/2020",
		},
		{
			ID: "fs-909", Name: "France services Durtal - Antenne de Seiches sur le Loir", Commune: "49333",
			Location: orb.Point{-0.353608760292521, 47.5783832332215},
			Hours:    week(t, "Mo,Tu,Th 08:30-12:00,13:30-17:00; We 13:30-17:00"),
			Note:     "Antenne; Fixe antenne(s); Espace labellisé 01/09/2020",
		},
		{
			ID: "fs-3110", Name: "Bus France services Anjou Loir et Sarthe", Commune: "49347", Location: orb.Point{-0.452506, 47.614549},
			Hours:     week(t, "Mo,Tu,Th 09:00-12:30,13:30-17:00; We 09:00-12:30; Fr 09:00-13:00"),
			Itinerant: true, Note: "Bus équivalent; Espace labellisé 01/07/2023",
		},
	} {
		want.Service, want.Status, want.Source = "france_services", geodata.Existing, "ANCT, France services"
		if diff := cmp.Diff(want, byID[want.ID]); diff != "" {
			t.Errorf("%s: %s", want.ID, diff)
		}
	}
}

// OpenStreetMap files are recognised whatever their name.
func TestFacilitiesFromOpenStreetMap(t *testing.T) {
	for _, name := range []string{"bayreuth/north-bayreuth.osm.pbf", "bayreuth/north-bayreuth.osm.gz"} {
		fs, rep := loadFacilities(t, published(t, name), facilityOptions("town_hall"))
		if len(fs) == 0 || !strings.Contains(rep.Format, "OpenStreetMap") {
			t.Errorf("%s: %d town halls, %s", name, len(fs), rep.Format)
		}
	}
}

func TestPublishedSchools(t *testing.T) {
	fs, rep := loadFacilities(t, published(t, "anjou/schools.csv"), facilityOptions("alsh"))
	if len(fs) != 1125 || len(rep.Rejected) != 0 {
		t.Errorf("%d schools, %d rejected", len(fs), len(rep.Rejected))
	}
	want := geodata.Facility{
		ID: "0440243A", Name: "Collège Sainte-Anne", Service: "alsh", Location: orb.Point{-1.027374, 47.383104},
		Commune: "44213", Status: geodata.Existing,
	}
	if diff := cmp.Diff(want, fs[0]); diff != "" {
		t.Error(diff)
	}
	wantNote(t, rep, "columns not used: type, sector, commune, ips")
}

func FuzzFacilities(f *testing.F) {
	bpe, err := os.ReadFile("testdata/facilities/bpe21_ensemble_xy.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bpe)
	f.Add([]byte("id,name,lon,lat,status,itinerant,capacity,opening_hours,accessible\na,x,1,47,projet,oui,3,Mo 08:00-12:00,yes\n"))
	f.Add([]byte("id_fs,lib_fs,latitude,longitude,h_lundi,format_fs\n1,x,47.6,-0.4,09:00 - 12:00 / 09:00 - 17:00,Bus\n"))
	f.Add([]byte("x;y\n440785,5;6729973,5\n"))
	f.Add([]byte(`{"type":"Feature","id":1,"properties":{"nom":"a"},"geometry":{"type":"MultiPoint","coordinates":[[1,47]]}}`))
	opt := facilityOptions("creche")
	opt.EPSG = 2154
	f.Fuzz(func(t *testing.T, text []byte) {
		rep := &FileReport{File: "facilities"}
		recs, err := recordsOf(text, rep)
		if err != nil {
			return
		}
		lists := make([][]geodata.Facility, 1)
		if err := readFacilities(recs, []FacilityOptions{opt}, []*FileReport{rep}, lists); err != nil {
			return
		}
		fs := lists[0]
		if rep.Read < rep.Loaded+rep.Outside+len(rep.Rejected) {
			t.Fatalf("%d read, but %d loaded, %d outside, %d rejected", rep.Read, rep.Loaded, rep.Outside, len(rep.Rejected))
		}
		content := geodata.Content{Territory: geodata.Territory{ID: "t"}, Catalogue: geodata.DefaultCatalogue(), Facilities: fs}
		if _, err := geodata.NewSnapshot(content); err != nil {
			t.Fatalf("what was loaded does not make a snapshot: %v", err)
		}
	})
}
