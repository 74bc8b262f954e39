package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/fetch/fetchtest"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store/geopackage"
)

// valley fetches the made-up EPCI of package fetchtest from its publishers.
func valley(p *fetchtest.Publishers, cache string, options ...string) []string {
	return append([]string{"fetch", fetchtest.EPCI, "--mirror", p.URL, "--cache", cache}, options...)
}

type fetchAnswer struct {
	EPCI, Name string
	Files      []struct{ Source, Name, From, Missing, Vintage, Path string }
	Import     struct {
		Communes   int
		Studied    int     `json:"communes_studied"`
		People     float64 `json:"people_studied"`
		Facilities map[string]int
		Rejected   int
	}
}

// From the publishers' files to the answer, in one command and another: of the
// five cells of the EPCI, 10 + 20 + 40 + 80 + 160 people; c0 is at the crèche and
// the town hall, France Services is at the end of c4. By car along 800 m of a
// residential road everybody is within five minutes of both.
func TestFetchThenCoverage(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	dir := t.TempDir()
	file, cache := filepath.Join(dir, "val.gpkg"), filepath.Join(dir, "cache")
	a := done(t, valley(p, cache, "--into", file)...)
	for part := range strings.SplitSeq("CC du Val Inventé : fichiers téléchargés 12, du cache 0, du dossier 0|the grid counts 310 people in the study area, the census of 2022 316 (98 %)", "|") {
		if !strings.Contains(a.err, part) {
			t.Errorf("%q is not in\n%s", part, a.err)
		}
	}
	if !strings.Contains(a.out, "CC du Val Inventé\n  3 communes (2 étudiées), 6 carreaux, 310 habitants étudiés\n  équipements : alsh 1, creche 2, france_services 1, senior 1, town_hall 1\n") {
		t.Errorf("summary:\n%s", a.out)
	}
	snap, err := geopackage.Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if snap.Territory().ID != fetchtest.EPCI || snap.Territory().Name != fetchtest.EPCIName || snap.Territory().Modelled {
		t.Errorf("%+v", snap.Territory())
	}
	for _, m := range snap.Communes() {
		if m.Study != (m.EPCI == fetchtest.EPCI) || m.Study && m.EPCIName != fetchtest.EPCIName {
			t.Errorf("%+v", m)
		}
	}
	// The census by age is kept, and adds up to what the summary says.
	people := geodata.Amount(0)
	for _, r := range snap.Census() {
		if m, known := snap.Commune(r.Commune); r.Year == 2022 && known && m.Study {
			people += r.Persons
		}
	}
	if people/geodata.Unit != 316 || !strings.Contains(a.out, "  recensement : ") {
		t.Errorf("%s people in the census of 2022, want 316", people)
	}
	for _, want := range []geodata.Source{
		{Layer: "communes", Name: "communes voisines, par département", Publisher: "Etalab, API Découpage administratif (IGN, INSEE)", Licence: "Licence Ouverte 2.0", Vintage: "2026-11-20"},
		{Layer: "population", Name: "population par carreau de 200 m (Filosofi)", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2021"},
		{Layer: "census", Name: "population par âge et commune (recensement)", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2022"},
		{Layer: "facilities", Name: "équipements (base permanente des équipements)", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2025"},
		{Layer: "roads", Name: "routes (OpenStreetMap), par région d'avant 2016", Publisher: "© OpenStreetMap contributors (Geofabrik)", Licence: "ODbL 1.0", Vintage: "2026-11-20"},
		{Layer: "timetables", Name: "Réseau régional inventé (gtfs-" + fetchtest.Timetable + ".zip)", Publisher: "Région inventée", Licence: "odc-odbl", Vintage: "2026-11-20"},
	} {
		if !slices.Contains(snap.Sources(), want) {
			t.Errorf("no source %+v among\n%+v", want, snap.Sources())
		}
	}

	out := filepath.Join(dir, "c.geojson")
	answer := done(t, "coverage", "--on", file, "--service", "france_services", "--within", "5m", "--out", out)
	if !strings.Contains(answer.out, "310") || !strings.Contains(answer.out, "100,0") {
		t.Errorf("coverage:\n%s", answer.out)
	}
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), "© OpenStreetMap contributors (Geofabrik)") || !strings.Contains(string(text), "ODbL 1.0") {
		t.Errorf("the answer does not name its sources (%v)", err)
	}

	// The same again from the cache gives the same territory.
	again := filepath.Join(dir, "again.gpkg")
	p.Close()
	done(t, "fetch", "val inventé", "--offline", "--cache", cache, "--into", again)
	second, err := geopackage.Read(t.Context(), again)
	if err != nil || second.ID() != snap.ID() {
		t.Errorf("another territory from the same files (%v)", err)
	}
}

func TestFetchSaysWhatIsMissingAndGoesOn(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	p.Put("BPE25.zip", nil)
	p.Put("timetables-index.json", nil)
	p.Put("communes-departement-53.geojson", nil)
	dir := t.TempDir()
	a := done(t, valley(p, filepath.Join(dir, "cache"), "--into", filepath.Join(dir, "val.gpkg"), "--lang", "en")...)
	for part := range strings.SplitSeq("warning: missing: bpe (|/BPE25.zip: there is no such file (404 Not Found)|--url bpe=ADDRESS|warning: missing: neighbours (|warning: missing: timetables-index (", "|") {
		if !strings.Contains(a.err, part) {
			t.Errorf("%q is not in\n%s", part, a.err)
		}
	}
	if !strings.Contains(a.out, "2 communes (2 studied), 6 cells, 310 people studied\n  facilities: france_services 1\n") {
		t.Errorf("%s", a.out)
	}
	// Without the outlines of its own department, the EPCI's serve.
	p.Put("communes-departement-49.geojson", nil)
	p.Put("communes-departement-53.geojson", fetchtest.Files(t)["communes-departement-53.geojson"])
	sum := decode[fetchAnswer](t, done(t, valley(p, filepath.Join(dir, "cache2"), "--into", filepath.Join(dir, "2.gpkg"), "--json")...).out)
	if sum.Import.Communes != 3 || sum.Import.Studied != 2 || sum.Import.Rejected != 0 || sum.Import.People != 310 {
		t.Errorf("%+v", sum.Import)
	}
}

func TestFetchIntoADatabase(t *testing.T) {
	on := pgtest.URL(t)
	p := fetchtest.Serve(t, fetchtest.Files(t))
	cache := t.TempDir()
	done(t, valley(p, cache, "--into", on)...)
	if answer := done(t, "coverage", "--on", on, "--service", "creche", "--within", "10m"); !strings.Contains(answer.out, "CC du Val Inventé") {
		t.Errorf("%s", answer.out)
	}
	refused(t, exitError, "is stored already|--overwrite", valley(p, cache, "--into", on)...)
	done(t, valley(p, cache, "--into", on, "--overwrite")...)
}

func TestFetchStopsWithoutWhatItNeeds(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	p.Trouble("pays-de-la-loire-latest.osm.pbf", fetchtest.Answer(200, "<!DOCTYPE html><title>Maintenance</title>"))
	dir := t.TempDir()
	cache, into := filepath.Join(dir, "cache"), filepath.Join(dir, "val.gpkg")
	refused(t, exitError, `a source that is needed is missing|roads (routes|an HTML page came instead of the file ("Maintenance")|--url roads=ADDRESS`, valley(p, cache, "--into", into)...)
	if left := names(t, dir); left != "cache" {
		t.Errorf("left behind: %s", left)
	}
	// Another file for the one source, and all is well.
	pbf := filepath.Join(dir, "mine.osm.pbf")
	if err := os.WriteFile(pbf, fetchtest.Files(t)["pays-de-la-loire-latest.osm.pbf"], 0o666); err != nil {
		t.Fatal(err)
	}
	done(t, valley(p, cache, "--into", into, "--url", "roads="+pbf)...)
	refused(t, exitError, into+" exists", valley(p, cache, "--into", into)...)
}

func TestFetchRefusesWhatCannotBeMeant(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	cache := t.TempDir()
	refused(t, exitUsage, "no such EPCI: none of 4 has the SIREN 249900018; near: 249900019 (CC du Val Inventé)", "fetch", "249900018", "--mirror", p.URL, "--cache", cache)
	refused(t, exitUsage, `2 have a name with "val": give the SIREN of one`, "fetch", "val", "--mirror", p.URL, "--cache", cache)
	refused(t, exitUsage, `--url "bpe": want ID=URL or ID=FILE`, valley(p, cache, "--url", "bpe")...)
	refused(t, exitUsage, `unknown source "gtfs": want one of epcis`, valley(p, cache, "--skip", "gtfs")...)
	refused(t, exitUsage, "--offline and --refresh exclude each other", valley(p, cache, "--offline", "--refresh")...)
	refused(t, exitUsage, "--buffer", valley(p, cache, "--buffer", "20")...)
	refused(t, exitUsage, "--timeout", valley(p, cache, "--timeout", "0s")...)
}

func TestFetchDryRun(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	a := done(t, "fetch", "200068955", "--cache", cache, "--dry-run")
	for part := range strings.SplitSeq("source            quoi|https://geo.api.gouv.fr/epcis/200068955/communes?|INSEE|Licence Ouverte 2.0|ODbL 1.0|environ 300 MB|à télécharger, nécessaire|"+
		"https://download.geofabrik.de/europe/france/{extract}-latest.osm.pbf", "|") {
		if !strings.Contains(a.out, part) {
			t.Errorf("%q is not in\n%s", part, a.out)
		}
	}
	if !strings.Contains(a.err, "personne ne les a encore vérifiées") {
		t.Errorf("%s", a.err)
	}
	if names(t, dir) != "" {
		t.Error("a dry run wrote something")
	}
	done(t, valley(p, cache)...)
	asked := len(p.Seen(""))
	a = done(t, valley(p, cache, "--dry-run")...)
	if n := strings.Count(a.out, "en cache"); n != 11 || !strings.Contains(a.out, "pays-de-la-loire-latest.osm.pbf") { // all but the network's timetable, which the list tells
		t.Errorf("%d in the cache\n%s", n, a.out)
	}
	if len(p.Seen("")) != asked {
		t.Error("a dry run asked somebody")
	}
	sum := decode[fetchAnswer](t, done(t, valley(p, cache, "--dry-run", "--json")...).out)
	if sum.EPCI != fetchtest.EPCI || len(sum.Files) != 12 || sum.Files[5].Source != "grid" || sum.Files[5].From != "cache" {
		t.Errorf("%+v", sum)
	}
}

// The proxy of the environment is asked for hosts that are not this machine.
func TestFetchThroughAProxy(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	var through atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "mirror.invalid" { // an absolute address, as proxies get it
			through.Add(1)
		}
		p.Send(w, r)
	}))
	defer proxy.Close()
	cmd := program(t, "fetch", fetchtest.EPCI, "--mirror", "http://mirror.invalid/data", "--cache", t.TempDir())
	cmd.Env = append(slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasSuffix(strings.ToLower(strings.SplitN(e, "=", 2)[0]), "_proxy") }), "HTTP_PROXY="+proxy.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := through.Load(); n != 13 { // twelve files and a checksum
		t.Errorf("%d requests through the proxy, want 13", n)
	}
}

// Interrupted while it fetches, a process says so, leaves a part and no target,
// and goes on from the part the next time.
func TestCtrlCWhileFetching(t *testing.T) {
	files := fetchtest.Files(t)
	p := fetchtest.Serve(t, files)
	dir := t.TempDir()
	cache, into := filepath.Join(dir, "cache"), filepath.Join(dir, "val.gpkg")
	name := "Filosofi2021_carreaux_200m_csv.zip"
	cmd := program(t, valley(p, cache, "--into", into)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	half := len(files[name]) / 2
	p.Trouble(name, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(files[name])))
		w.Write(files[name][:half])
		w.(http.Flusher).Flush()
		for {
			if info, err := os.Stat(filepath.Join(cache, name+".part")); err == nil && info.Size() == int64(half) {
				break
			}
		}
		cmd.Process.Signal(os.Interrupt)
		<-r.Context().Done()
	})
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitError || !strings.Contains(said.String(), "interrupted") {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if left := names(t, dir); left != "cache" {
		t.Errorf("left behind: %s", left)
	}
	p.Trouble(name, nil)
	done(t, valley(p, cache, "--into", into)...)
	seen := p.Seen(name)
	if got := seen[len(seen)-1].Header.Get("Range"); got != fmt.Sprintf("bytes=%d-", half) {
		t.Errorf("Range %q", got)
	}
}

// The genuinely published files: the national list of France Services as the
// ANCT publishes it, the outlines of 540 communes, the census grid of a
// kilometre, in one command.
func TestFetchPublishedFiles(t *testing.T) {
	anjou := sharedData(t, "anjou")
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(anjou, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	files := fetchtest.Files(t)
	files["france-services.csv"] = read("france_services_2024-08-01.csv")
	files["communes-departement-49.geojson"] = read("communes.geojson") // of all departments around
	files["communes-epci-200068955.geojson"] = read("communes.geojson")
	files["communes-index.json"] = []byte(`[{"code":"49347","codeDepartement":"49","codeRegion":"52","codeEpci":"200068955","centre":{"type":"Point","coordinates":[-0.4688,47.616]}}]`)
	// What INSEE counts by commune has no coordinates: another file under the BPE's name.
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	if m, err := w.Create("BPE25.csv"); err != nil {
		t.Fatal(err)
	} else if _, err := m.Write(read("bpe_2019_communes.csv")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files["BPE25.zip"] = zipped.Bytes()
	p := fetchtest.Serve(t, files)
	dir := t.TempDir()
	file := filepath.Join(dir, "anjou.gpkg")
	a := done(t, "fetch", "Anjou Loir et Sarthe", "--into", file, "--mirror", p.URL, "--cache", filepath.Join(dir, "cache"), "--skip", "timetables,census",
		"--url", "grid="+filepath.Join(anjou, "census2021_1km.csv"), "--url", "roads="+filepath.Join(anjou, "roads_main.geojson"))
	if !strings.Contains(a.err, "BPE25.csv in the archive: columns that are read are missing: NOMRS, LAMBERT_X, LAMBERT_Y, EPSG, QUALITE_XY; the file has REG, DEP, DEPCOM, DCIRIS, AN, TYPEQU, NB_EQUIP") {
		t.Errorf("%s", a.err)
	}
	if !strings.Contains(a.out, "(17 étudiées)") || !strings.Contains(a.out, "28\u202f280 habitants étudiés") || !strings.Contains(a.out, "france_services 13") {
		t.Errorf("%s", a.out)
	}
	// The same territory as by naming each file to import.
	by := filepath.Join(dir, "import.gpkg")
	done(t, "import", "--into", by, "--id", "200068955", "--name", "CC Anjou Loir et Sarthe", "--study-area", "200068955", "--communes", filepath.Join(anjou, "communes.geojson"),
		"--population", filepath.Join(anjou, "census2021_1km.csv"), "--roads", filepath.Join(anjou, "roads_main.geojson"),
		"--facilities", "france_services="+filepath.Join(anjou, "france_services_2024-08-01.csv"))
	fetched, err := geopackage.Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	imported, err := geopackage.Read(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	if fetched.ID() != imported.ID() {
		t.Errorf("fetch and import make different territories of the same files")
	}
	answer := done(t, "coverage", "--on", file, "--service", "france_services", "--within", "15m,20m,30m")
	if !strings.Contains(answer.out, "67,9") { // as the README says
		t.Errorf("%s", answer.out)
	}
}
