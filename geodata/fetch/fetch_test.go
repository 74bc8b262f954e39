package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/geodata/fetch/fetchtest"
)

// options fetch from a server that is quick to answer: waits are short.
func options(t *testing.T, p *fetchtest.Publishers) Options {
	return Options{Cache: filepath.Join(t.TempDir(), "cache"), Mirror: p.URL, Buffer: 20_000, Agent: "maillage/test (+https://example.org)",
		Stall: 5 * time.Second, Wait: time.Millisecond, Tries: 3}
}

func run(t *testing.T, opt Options) (*Result, error) {
	t.Helper()
	return Run(t.Context(), fetchtest.EPCI, opt)
}

// whole runs and wants everything.
func whole(t *testing.T, opt Options) *Result {
	t.Helper()
	r, err := run(t, opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Missing() {
		t.Fatal(f.Problem())
	}
	return r
}

func fileOf(t *testing.T, r *Result, name string) File {
	t.Helper()
	i := slices.IndexFunc(r.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no file %s among %d", name, len(r.Files))
	}
	return r.Files[i]
}

func listing(r *Result) (out []string) {
	for _, f := range r.Files {
		out = append(out, fmt.Sprintf("%s %s %s", f.Source.ID, f.Name, f.From))
	}
	return out
}

const pbfName = "pays-de-la-loire-latest.osm.pbf"

func TestEverythingIsFetchedOnceAndKept(t *testing.T) {
	files := fetchtest.Files(t)
	p := fetchtest.Serve(t, files)
	opt := options(t, p)
	r := whole(t, opt)
	want := []string{
		"epcis epcis.json network",
		"communes-index communes-index.json network",
		"communes communes-epci-249900019.geojson network",
		"neighbours communes-departement-49.geojson network",
		"neighbours communes-departement-53.geojson network", // the Mayenne lies within the buffer
		"grid Filosofi2021_carreaux_200m_csv.zip network",
		"census base-cc-evol-struct-pop-2022_csv.zip network",
		"france_services france-services.csv network",
		"bpe BPE25.zip network",
		"roads pays-de-la-loire-latest.osm.pbf network", // of both departments
		"timetables-index timetables-index.json network",
		"timetables gtfs-" + fetchtest.Timetable + ".zip network",
	}
	if diff := cmp.Diff(want, listing(r)); diff != "" {
		t.Error(diff)
	}
	if r.EPCI != (EPCI{fetchtest.EPCI, fetchtest.EPCIName}) || !slices.Equal(r.Departments, []string{"49"}) {
		t.Errorf("%v in %v", r.EPCI, r.Departments)
	}
	for _, f := range r.Files {
		got, err := os.ReadFile(f.Path)
		if err != nil || !bytes.Equal(got, files[f.Name]) {
			t.Errorf("%s differs from what is published (%v)", f.Name, err)
		}
		sum := sha256.Sum256(files[f.Name])
		if f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != int64(len(files[f.Name])) {
			t.Errorf("%s: %s, %d bytes", f.Name, f.SHA256, f.Bytes)
		}
	}
	if f := fileOf(t, r, "Filosofi2021_carreaux_200m_csv.zip"); !strings.HasSuffix(f.Table(), "_csv.zip#carreaux_200m_met.csv") || f.Vintage != "2021" {
		t.Errorf("%s of %s", f.Table(), f.Vintage)
	}
	if f := fileOf(t, r, pbfName); f.Vintage != "2026-11-20" || f.Key != "pays-de-la-loire" { // the server's Last-Modified
		t.Errorf("roads of %s, %s", f.Vintage, f.Key)
	}
	if f := r.Files[len(r.Files)-1]; f.Source.Licence != "odc-odbl" || f.Source.Publisher != "Région inventée" {
		t.Errorf("the timetable is of %+v", f.Source)
	}
	for _, q := range p.Seen("") {
		if q.Header.Get("User-Agent") != opt.Agent {
			t.Errorf("%s was asked for by %q", q.Name, q.Header.Get("User-Agent"))
		}
	}
	if n := p.AtOnce(); n > perHost {
		t.Errorf("%d connections at once, want at most %d", n, perHost)
	}

	asked := len(p.Seen(""))
	again := whole(t, opt)
	if len(p.Seen("")) != asked {
		t.Errorf("%d requests for what is in the cache", len(p.Seen(""))-asked)
	}
	for i, f := range again.Files {
		if f.From != FromCache || f.SHA256 != r.Files[i].SHA256 || f.Vintage != r.Files[i].Vintage {
			t.Errorf("%s from %s, of %q, was of %q", f.Name, f.From, f.Vintage, r.Files[i].Vintage)
		}
	}
	entries, err := os.ReadDir(opt.Cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".part") {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// A folder with the files under the same names serves as well as an address,
// and the cache of one machine as the mirror of another.
func TestAFolderIsAMirror(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	first := options(t, p)
	whole(t, first)
	opt := Options{Cache: t.TempDir(), Mirror: first.Cache, Buffer: 20_000}
	p.Close()
	r := whole(t, opt)
	for _, f := range r.Files {
		if f.From != FromMirror || filepath.Dir(f.Path) != first.Cache {
			t.Errorf("%s from %s at %s", f.Name, f.From, f.Path)
		}
	}
	if err := os.Remove(filepath.Join(first.Cache, "BPE25.zip")); err != nil {
		t.Fatal(err)
	}
	r, err := run(t, opt)
	if f := fileOf(t, r, "BPE25.zip"); err != nil || f.Err == nil || !strings.Contains(f.Problem(), filepath.Join(first.Cache, "BPE25.zip")+": there is no such file") {
		t.Errorf("%v, %v", err, f.Problem())
	}
}

// An interrupted transfer goes on where it stopped, and the bytes are the same.
func TestAnInterruptedTransferGoesOn(t *testing.T) {
	files := fetchtest.Files(t)
	files[pbfName] = longPBF(t, files[pbfName], 3<<20)
	delete(files, pbfName+".md5")
	p := fetchtest.Serve(t, files)
	opt := options(t, p)
	opt.Tries = 1
	p.Trouble(pbfName, p.Cut(1<<20))
	r, err := run(t, opt)
	if !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), "cut short: the connection broke after") {
		t.Fatal(err)
	}
	part := filepath.Join(opt.Cache, pbfName+".part")
	info, statErr := os.Stat(part)
	if f := fileOf(t, r, pbfName); statErr != nil || f.Path != "" || info.Size() == 0 || info.Size() > 1<<20 {
		t.Fatalf("%v, part of %v", f.Path, statErr)
	}
	if _, err := os.Stat(filepath.Join(opt.Cache, pbfName)); err == nil {
		t.Fatal("half a file has the name of the whole")
	}
	p.Trouble(pbfName, nil)
	r = whole(t, opt)
	seen := p.Seen(pbfName)
	last := seen[len(seen)-1].Header
	if want := fmt.Sprintf("bytes=%d-", info.Size()); last.Get("Range") != want || last.Get("If-Range") == "" {
		t.Errorf("Range %q, If-Range %q, want %q and an ETag", last.Get("Range"), last.Get("If-Range"), want)
	}
	if got, _ := os.ReadFile(fileOf(t, r, pbfName).Path); !bytes.Equal(got, files[pbfName]) {
		t.Error("the bytes differ")
	}
}

// A connection that breaks again and again, but brings something each time, gets
// there within one run however often it breaks.
func TestTriesThatBringSomethingDoNotCount(t *testing.T) {
	files := fetchtest.Files(t)
	files[pbfName] = longPBF(t, files[pbfName], 4<<20)
	delete(files, pbfName+".md5")
	p := fetchtest.Serve(t, files)
	p.Trouble(pbfName, p.Cut(400<<10)) // some eleven connections, of three tries
	r := whole(t, options(t, p))
	if got, _ := os.ReadFile(fileOf(t, r, pbfName).Path); !bytes.Equal(got, files[pbfName]) {
		t.Error("the bytes differ")
	}
	if n := len(p.Seen(pbfName)); n < 10 {
		t.Errorf("%d requests: was nothing cut?", n)
	}
}

// longPBF adds a block that readers pass over.
func longPBF(t *testing.T, pbf []byte, n int) []byte {
	t.Helper()
	block := []byte{0, 0, 0, 15, 10, 7, 'P', 'a', 'd', 'd', 'i', 'n', 'g', 24, 0, 0, 0, 0, 0}
	size := block[14:19]
	for i := range size { // a varint of five bytes
		size[i] = byte(n>>(7*i)) & 0x7f
		if i < 4 {
			size[i] |= 0x80
		}
	}
	block[3] = byte(len(block) - 4)
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(i * i >> 7)
	}
	return slices.Concat(pbf, block, body)
}

// A server that knows no ranges sends all again; one that has another version
// meanwhile too. Neither gives a file of two halves.
func TestResumingWithoutRangesAndAfterAChange(t *testing.T) {
	base := fetchtest.Files(t)[pbfName]
	old, changed := longPBF(t, base, 3<<20), longPBF(t, base, 2<<20+77)
	for name, then := range map[string]func(p *fetchtest.Publishers){
		"no ranges": func(p *fetchtest.Publishers) {
			p.Trouble(pbfName, func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("Range")
				p.Send(w, r)
			})
		},
		"changed": func(p *fetchtest.Publishers) {
			p.Put(pbfName, changed)
			p.Trouble(pbfName, nil)
		},
		"shorter, and no If-Range": func(p *fetchtest.Publishers) {
			p.Put(pbfName, base)
			p.Trouble(pbfName, func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("If-Range")
				p.Send(w, r)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := fetchtest.Files(t)
			files[pbfName] = old
			delete(files, pbfName+".md5")
			p := fetchtest.Serve(t, files)
			opt := options(t, p)
			opt.Tries = 1
			p.Trouble(pbfName, p.Cut(1<<20))
			if _, err := run(t, opt); err == nil {
				t.Fatal("nothing was cut")
			}
			then(p)
			opt.Tries = 3
			r := whole(t, opt)
			want, _ := p.File(pbfName)
			if got, _ := os.ReadFile(fileOf(t, r, pbfName).Path); !bytes.Equal(got, want) {
				t.Error("the bytes differ")
			}
			if !slices.ContainsFunc(p.Seen(pbfName), func(q fetchtest.Request) bool { return q.Header.Get("Range") != "" }) {
				t.Error("it was not tried to go on")
			}
		})
	}
}

// A transfer that stands still is cut, tried again, and in the end given up.
func TestATransferThatStandsStill(t *testing.T) {
	files := fetchtest.Files(t)
	files[pbfName] = longPBF(t, files[pbfName], 2<<20)
	delete(files, pbfName+".md5")
	p := fetchtest.Serve(t, files)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	standing := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(files[pbfName])))
		w.Write(files[pbfName][:100_000])
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	p.Trouble(pbfName, standing)
	opt := options(t, p)
	opt.Stall, opt.Tries = 300*time.Millisecond, 2
	_, err := run(t, opt)
	if !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), "cut short: the transfer stood still after 100000 of ") || !strings.Contains(err.Error(), "(tried 2 times)") {
		t.Error(err)
	}
	p.Trouble(pbfName, fetchtest.InTurn(standing, p.Send))
	whole(t, opt)
}

// So does one that begins an error, or a handful of bytes, and says no more.
func TestAnAnswerThatStandsStillAtItsBeginning(t *testing.T) {
	for status, says := range map[int]string{500: "500 Internal Server Error", 200: "cut short: the transfer stood still after 7 of 1000 bytes"} {
		p := fetchtest.Serve(t, fetchtest.Files(t))
		p.Trouble("BPE25.zip", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			w.Write([]byte("PK\x03\x04abc"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		opt := options(t, p)
		opt.Stall, opt.Tries = 200*time.Millisecond, 2
		r, err := run(t, opt)
		if f := fileOf(t, r, "BPE25.zip"); err != nil || f.Err == nil || !strings.Contains(f.Err.Error(), says) {
			t.Errorf("%d: %v, %v", status, err, f.Err)
		}
	}
}

func TestWhatIsWrongWithAnAnswer(t *testing.T) {
	page := "<!DOCTYPE html>\n<html><head><title>Page introuvable | Insee</title></head><body></body></html>"
	zipName, listName := "BPE25.zip", "france-services.csv"
	for _, c := range []struct {
		what, name string
		trouble    func(p *fetchtest.Publishers) http.HandlerFunc
		requests   int
		says       string // parts, separated by |
	}{
		{"404", zipName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(404, "") }, 1,
			`bpe (équipements|/BPE25.zip: there is no such file (404 Not Found)|the entry "bpe" of the catalogue may be out of date: see https://www.insee.fr/fr/statistiques/8217525|--url bpe=ADDRESS`},
		{"a page", zipName, func(*fetchtest.Publishers) http.HandlerFunc {
			return fetchtest.Answer(200, page, "Content-Type", "text/html; charset=utf-8")
		}, 1, `an HTML page came instead of the file ("Page introuvable | Insee")|--url bpe=ADDRESS`},
		{"forbidden", zipName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(403, page) }, 1, `the server answered 403 Forbidden ("Page introuvable | Insee")`},
		{"429 for ever", zipName, func(*fetchtest.Publishers) http.HandlerFunc {
			return fetchtest.Answer(429, "slow down", "Retry-After", "0")
		}, 3,
			`the server answered 429 Too Many Requests: "slow down" (tried 3 times)`},
		{"429 for long", zipName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(429, "", "Retry-After", "7200") }, 1,
			"429 Too Many Requests: the server asks to wait 2h0m0s: try again then"},
		{"503", zipName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(503, "") }, 3, "503 Service Unavailable (tried 3 times)"},
		{"not a zip", zipName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(200, `{"error":"quota"}`) }, 1,
			`expected a zip archive; it begins with "{\"error\":\"quota\"}"`},
		{"cut, and the server does not say so", zipName, func(p *fetchtest.Publishers) http.HandlerFunc {
			text, _ := p.File(zipName)
			return fetchtest.Answer(200, string(text[:len(text)/2]))
		}, 1, "cut short or damaged: the zip archive has no end after"},
		{"cut", zipName, func(p *fetchtest.Publishers) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("Range") // it begins anew each time and comes no farther
				p.Cut(200)(w, r)
			}
		}, 3, "cut short: the connection broke after 200 of |(tried 3 times)"},
		{"empty", listName, func(*fetchtest.Publishers) http.HandlerFunc { return fetchtest.Answer(200, "") }, 1, "nothing came: 0 bytes instead of CSV"},
		{"renamed columns", listName, func(p *fetchtest.Publishers) http.HandlerFunc {
			text, _ := p.File(listName)
			return fetchtest.Answer(200, strings.NewReplacer(`"id_fs"`, `"identifiant"`, `"latitude"`, `"lat_wgs84"`).Replace(string(text)))
		}, 1, "columns that are read are missing: id_fs, latitude; the file has identifiant, insee_dep, lib_fs"},
		{"another archive", zipName, func(p *fetchtest.Publishers) http.HandlerFunc {
			text, _ := p.File("Filosofi2021_carreaux_200m_csv.zip")
			return fetchtest.Answer(200, string(text))
		}, 1, "no file BPE25.csv in the archive, which has carreaux_200m_mart.csv, carreaux_200m_met.csv"},
		{"cut JSON", "communes-departement-53.geojson", func(p *fetchtest.Publishers) http.HandlerFunc {
			text, _ := p.File("communes-departement-53.geojson")
			return fetchtest.Answer(200, string(text[:len(text)-20]))
		}, 1, "neighbours (communes voisines|cut short: the JSON ends in the middle, after"},
		{"an error in JSON", "communes-departement-53.geojson", func(*fetchtest.Publishers) http.HandlerFunc {
			return fetchtest.Answer(200, `{"code":400,"message":"Bad Request"}`)
		}, 1, `expected a GeoJSON FeatureCollection; it begins with "{\"code\":400,\"message\":\"Bad Request\"}"`},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := fetchtest.Serve(t, fetchtest.Files(t))
			p.Trouble(c.name, c.trouble(p))
			opt := options(t, p)
			r, err := run(t, opt)
			if err != nil {
				t.Fatal("what is not needed stopped everything:", err)
			}
			missing := r.Missing()
			if len(missing) != 1 || missing[0].Name != c.name {
				t.Fatalf("missing: %v", missing)
			}
			problem := missing[0].Problem()
			for part := range strings.SplitSeq(strings.ReplaceAll(c.says, " | Insee", "¦"), "|") {
				if part = strings.ReplaceAll(part, "¦", " | Insee"); !strings.Contains(problem, part) {
					t.Errorf("%q is not in\n%s", part, problem)
				}
			}
			if n := len(p.Seen(c.name)); n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			if _, err := os.Stat(filepath.Join(opt.Cache, c.name)); err == nil {
				t.Error("a bad file is in the cache")
			}
			// When the publisher is well again, so is the cache, whatever was left.
			p.Trouble(c.name, nil)
			r = whole(t, opt)
			want, _ := p.File(c.name)
			if got, _ := os.ReadFile(fileOf(t, r, c.name).Path); !bytes.Equal(got, want) {
				t.Error("what was left of the bad file spoils the good one")
			}
		})
	}
}

// A server that is busy is left alone as long as it asks, then asked again.
func TestRetryAfterIsHeeded(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	var at []time.Time
	p.Trouble("BPE25.zip", fetchtest.InTurn(func(w http.ResponseWriter, r *http.Request) {
		at = append(at, time.Now())
		fetchtest.Answer(429, "", "Retry-After", "1")(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		at = append(at, time.Now())
		p.Send(w, r)
	}))
	whole(t, options(t, p))
	if len(at) != 2 || at[1].Sub(at[0]) < time.Second {
		t.Errorf("asked at %v", at)
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{"": 0, "120": 2 * time.Minute, "-1": 0, "soon": 0,
		"Fri, 20 Nov 2026 12:00:30 GMT": 30 * time.Second, "Fri, 20 Nov 2026 11:00:00 GMT": 0} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// What is needed stops before an import, and says all that is missing of it.
func TestWhatIsNeededStops(t *testing.T) {
	for name, says := range map[string]string{
		"epcis.json":                         "epcis (liste des EPCI)",
		"communes-index.json":                "communes-index (liste des communes",
		"communes-epci-249900019.geojson":    "communes (communes de l'EPCI",
		"Filosofi2021_carreaux_200m_csv.zip": "grid (population",
		pbfName:                              "roads (routes",
	} {
		p := fetchtest.Serve(t, fetchtest.Files(t))
		p.Put(name, nil)
		r, err := run(t, options(t, p))
		if !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "404") {
			t.Errorf("without %s: %v", name, err)
		}
		if len(r.Files) == 0 {
			t.Errorf("without %s the result tells nothing", name)
		}
	}
	// The other sources go on: a second run needs the missing one only.
	p := fetchtest.Serve(t, fetchtest.Files(t))
	p.Put("Filosofi2021_carreaux_200m_csv.zip", nil)
	opt := options(t, p)
	if _, err := run(t, opt); !errors.Is(err, ErrRequired) {
		t.Fatal(err)
	}
	p.Put("Filosofi2021_carreaux_200m_csv.zip", fetchtest.Files(t)["Filosofi2021_carreaux_200m_csv.zip"])
	for _, f := range whole(t, opt).Files {
		if (f.From == FromNetwork) != (f.Source.ID == "grid") {
			t.Errorf("%s from %s", f.Name, f.From)
		}
	}
	// Left out on purpose, it stops nothing.
	p.Put("Filosofi2021_carreaux_200m_csv.zip", nil)
	opt = options(t, p)
	opt.Skip = []string{"grid", "timetables"}
	for _, f := range whole(t, opt).Files {
		if f.Source.ID == "grid" || f.Source.Use == Timetables {
			t.Errorf("%s was not left out", f.Name)
		}
	}
}

func TestThePublishersChecksum(t *testing.T) {
	files := fetchtest.Files(t)
	p := fetchtest.Serve(t, files)
	wrong := strings.Repeat("0123456789abcdef", 2) + "  " + pbfName + "\n"
	p.Put(pbfName+".md5", []byte(wrong))
	opt := options(t, p)
	_, err := run(t, opt)
	if !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), "its checksum is wrong: MD5 ") || !strings.Contains(err.Error(), "the publisher says 0123456789abcdef0123456789abcdef") {
		t.Fatal(err)
	}
	if n := len(p.Seen(pbfName)); n != 2 { // the second after a fresh look at the sum
		t.Errorf("%d transfers, want 2", n)
	}
	if left, _ := filepath.Glob(filepath.Join(opt.Cache, pbfName+"*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// The sum of yesterday beside the file of today: replaced between the two requests.
	p.Trouble(pbfName+".md5", fetchtest.InTurn(fetchtest.Answer(200, wrong), fetchtest.Answer(200, string(fetchtest.Files(t)[pbfName+".md5"]))))
	if r := whole(t, opt); len(fileOf(t, r, pbfName).Notes) != 0 {
		t.Error(fileOf(t, r, pbfName).Notes)
	}
	// Without a sum the file is taken, and the note says so.
	p.Trouble(pbfName+".md5", fetchtest.Answer(404, ""))
	if r := whole(t, options(t, p)); !slices.Contains(fileOf(t, r, pbfName).Notes, "no checksum beside it (.md5)") {
		t.Error(fileOf(t, r, pbfName).Notes)
	}
	p.Trouble(pbfName+".md5", fetchtest.Answer(200, "<html>404</html>"))
	if _, err := run(t, options(t, p)); err == nil || !strings.Contains(err.Error(), "its checksum") {
		t.Error(err)
	}
}

// A file of the cache that somebody changed is noticed by its sum.
func TestAChangedFileInTheCacheIsNoticed(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	path := fileOf(t, whole(t, opt), "france-services.csv").Path
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(text, []byte("Val Inventé"), []byte("Val Changé."), 1)
	if err := os.WriteFile(path, edited, 0o666); err != nil {
		t.Fatal(err)
	}
	opt.Offline = true
	r, err := run(t, opt)
	if f := fileOf(t, r, "france-services.csv"); err != nil || !errors.Is(f.Err, errChanged) || !strings.Contains(f.Problem(), "SHA-256") {
		t.Errorf("%v, %s", err, f.Problem())
	}
	opt.Offline = false
	f := fileOf(t, whole(t, opt), "france-services.csv")
	if f.From != FromNetwork || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "it is not what was fetched") {
		t.Errorf("%+v", f)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, text) {
		t.Error("the changed file was not replaced")
	}
}

func TestRefresh(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	whole(t, opt)
	text, _ := p.File("france-services.csv")
	p.Put("france-services.csv", bytes.Replace(text, []byte("Val Inventé"), []byte("Val Nouveau"), 1))
	if f := fileOf(t, whole(t, opt), "france-services.csv"); f.From != FromCache {
		t.Error("fetched again although nobody asked")
	}
	opt.Refresh = true
	for _, f := range whole(t, opt).Files {
		switch {
		case f.Name != "france-services.csv" && (f.From != FromCache || len(f.Notes) != 0):
			t.Errorf("%s has not changed, but came from %s %v", f.Name, f.From, f.Notes)
		case f.Name == "france-services.csv" && (f.From != FromNetwork || len(f.Notes) != 1 || !strings.HasPrefix(f.Notes[0], "the publisher has changed it since ")):
			t.Errorf("%+v", f)
		}
	}
}

func TestOffline(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	opt.Offline = true
	if _, err := run(t, opt); !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), "it is not in the cache "+opt.Cache) {
		t.Fatal(err)
	}
	if n := len(p.Seen("")); n != 0 {
		t.Fatalf("%d requests offline", n)
	}
	opt.Offline = false
	whole(t, opt)
	p.Close()
	opt.Offline, opt.Mirror = true, "" // from wherever it once came
	for _, f := range whole(t, opt).Files {
		if f.From != FromCache {
			t.Errorf("%s from %s", f.Name, f.From)
		}
	}
}

// Interrupted at any moment, nothing has the name of a whole file that is not
// whole, and the next run ends well.
func TestInterruption(t *testing.T) {
	files := fetchtest.Files(t)
	files[pbfName] = longPBF(t, files[pbfName], 2<<20)
	delete(files, pbfName+".md5")
	p := fetchtest.Serve(t, files)
	opt := options(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	p.Trouble(pbfName, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(files[pbfName])))
		w.Write(files[pbfName][:1<<20])
		w.(http.Flusher).Flush()
		for part := filepath.Join(opt.Cache, pbfName+".part"); ; time.Sleep(time.Millisecond) {
			if info, err := os.Stat(part); err == nil && info.Size() == 1<<20 { // it is on the disk: now
				cancel()
				<-r.Context().Done()
				return
			}
		}
	})
	if _, err := Run(ctx, fetchtest.EPCI, opt); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(opt.Cache, pbfName)); err == nil {
		t.Fatal("half a file has the name of the whole")
	}
	p.Trouble(pbfName, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "bytes=1048576-" || r.Header.Get("If-Range") != `"one"` {
			t.Errorf("Range %q, If-Range %q", r.Header.Get("Range"), r.Header.Get("If-Range"))
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 1048576-%d/%d", len(files[pbfName])-1, len(files[pbfName])))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(files[pbfName][1<<20:])
	})
	r := whole(t, opt)
	if got, _ := os.ReadFile(fileOf(t, r, pbfName).Path); !bytes.Equal(got, files[pbfName]) {
		t.Error("the bytes differ")
	}
}

func TestTwoFetchesDoNotShareACache(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	var inner error
	p.Trouble("epcis.json", func(w http.ResponseWriter, r *http.Request) {
		_, inner = run(t, opt)
		p.Send(w, r)
	})
	whole(t, opt)
	if inner == nil || !strings.Contains(inner.Error(), "another fetch is using the cache") {
		t.Error(inner)
	}
}

func TestLimits(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	limit := 50_000_000 // of the catalogue
	p.Trouble("france-services.csv", fetchtest.Answer(200, "id_fs", "Content-Length", fmt.Sprint(limit+1)))
	opt := options(t, p)
	r, err := run(t, opt)
	if f := fileOf(t, r, "france-services.csv"); err != nil || f.Err == nil || !strings.Contains(f.Err.Error(), "more than the 50 MB it may have") {
		t.Error(err, f.Err)
	}
	p.Trouble("france-services.csv", func(w http.ResponseWriter, _ *http.Request) { // it does not say how much
		row := bytes.Repeat([]byte("x"), 1<<20)
		for sent := 0; sent < limit+10<<20; sent += len(row) {
			if _, err := w.Write(row); err != nil {
				return
			}
		}
	})
	r, err = run(t, opt)
	if f := fileOf(t, r, "france-services.csv"); err != nil || f.Err == nil || !strings.Contains(f.Err.Error(), "more than the 50 MB it may have came") {
		t.Error(err, f.Err)
	}
	if left, _ := filepath.Glob(filepath.Join(opt.Cache, "france-services.csv*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// From https a redirection to http is not followed; one to another path is, as data.gouv.fr does.
func TestRedirections(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	text, _ := p.File("france-services.csv")
	p.Put("liste-fs-20261101.csv", text)
	p.Trouble("france-services.csv", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/resources/liste-fs-20261101.csv", http.StatusFound)
	})
	whole(t, options(t, p))
	secure := httptest.NewTLSServer(http.RedirectHandler(p.URL, http.StatusFound))
	defer secure.Close()
	c := newClient("test", time.Second, time.Millisecond, 3)
	c.http.Transport = secure.Client().Transport
	tr := &transfer{client: c, url: secure.URL + "/x", part: filepath.Join(t.TempDir(), "x"), limit: 100, progress: func(int64, int64) {}}
	if _, err := tr.run(t.Context()); err == nil || !strings.Contains(err.Error(), "from https to http://") {
		t.Error(err)
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	p.Close()
	if _, err := run(t, opt); !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), "connection refused (tried 3 times)") {
		t.Error(err)
	}
	opt.Mirror = "ftp://example.org"
	if _, err := run(t, opt); err == nil || !strings.Contains(err.Error(), "there is no such file") { // taken for a folder
		t.Error(err)
	}
}

func TestProgressAddsUp(t *testing.T) {
	files := fetchtest.Files(t)
	p := fetchtest.Serve(t, files)
	opt := options(t, p)
	var done, total int64
	opt.Progress = func(d, n int64) { done, total = d, n }
	whole(t, opt)
	want := int64(0)
	for name, text := range files {
		if !strings.HasSuffix(name, ".md5") {
			want += int64(len(text))
		}
	}
	if done != want || total != want {
		t.Errorf("%d of %d bytes, want %d", done, total, want)
	}
}

func TestPlanAsksNobody(t *testing.T) {
	p := fetchtest.Serve(t, fetchtest.Files(t))
	opt := options(t, p)
	r, err := Plan(fetchtest.EPCI, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Seen("")) != 0 {
		t.Error("a plan asked the server")
	}
	if _, err := os.Stat(opt.Cache); err == nil {
		t.Error("a plan made the cache")
	}
	want := []string{"epcis epcis.json ", "communes-index communes-index.json ", "communes communes-epci-249900019.geojson ",
		"neighbours communes-departement-{department}.geojson ", "grid Filosofi2021_carreaux_200m_csv.zip ", "census base-cc-evol-struct-pop-2022_csv.zip ",
		"france_services france-services.csv ", "bpe BPE25.zip ", "roads {extract}-latest.osm.pbf ", "timetables-index timetables-index.json ", "timetables gtfs-{resource}.zip "}
	if diff := cmp.Diff(want, listing(r)); diff != "" {
		t.Error(diff)
	}
	// With the lists at hand it knows which departments and extracts.
	whole(t, opt)
	asked := len(p.Seen(""))
	r, err = Plan(fetchtest.EPCI, opt)
	if err != nil || len(p.Seen("")) != asked {
		t.Fatal(err, len(p.Seen(""))-asked)
	}
	for i, name := range []string{"communes-departement-49.geojson", "communes-departement-53.geojson", pbfName} {
		if f := fileOf(t, r, name); f.From != FromCache || f.Bytes == 0 {
			t.Errorf("%d: %+v", i, f)
		}
	}
	if _, err := Plan("Ankou", opt); !errors.Is(err, ErrUnknownEPCI) || !strings.Contains(err.Error(), "200068955 (CC Anjou Loir et Sarthe)") {
		t.Error(err)
	}
}

// The addresses of the first territory, as they are in the catalogue.
func TestAddresses(t *testing.T) {
	f, err := prepare(Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		j   job
		url string
	}{
		{job{id: "communes", values: map[string]string{"epci": "200068955"}}, "https://geo.api.gouv.fr/epcis/200068955/communes?fields=code,nom,population,codeEpci,epci&format=geojson&geometry=contour"},
		{job{id: "neighbours", values: map[string]string{"department": "2A"}}, "https://geo.api.gouv.fr/departements/2A/communes?fields=code,nom,population,codeEpci,epci&format=geojson&geometry=contour"},
		{job{id: "roads", values: map[string]string{"extract": "pays-de-la-loire"}}, "https://download.geofabrik.de/europe/france/pays-de-la-loire-latest.osm.pbf"},
		{job{id: "grid", values: map[string]string{"zone": "met"}}, "https://www.insee.fr/fr/statistiques/fichier/8735162/Filosofi2021_carreaux_200m_csv.zip"},
	} {
		file, err := f.locate(c.j)
		if err != nil || file.URL != c.url {
			t.Errorf("%s: %s, want %s (%v)", c.j.id, file.URL, c.url, err)
		}
	}
}

func TestOptionsThatCannotBeMeant(t *testing.T) {
	for _, c := range []struct {
		opt  Options
		says string
	}{
		{Options{Skip: []string{"bep"}}, `unknown source "bep": want one of epcis, communes-index, communes, neighbours, grid`},
		{Options{Skip: []string{"communes"}}, "communes says what to fetch: it cannot be left out"},
		{Options{URLs: map[string]string{"bpe": "https://example.org/{annee}.zip"}}, "another address for bpe|unknown {annee}"},
		{Options{URLs: map[string]string{"bpe": "https://example.org/{department}.zip"}}, "{department} has no value here"},
	} {
		c.opt.Cache = t.TempDir()
		_, err := run(t, c.opt)
		for part := range strings.SplitSeq(c.says, "|") {
			if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), part) {
				t.Errorf("%v, want %q", err, part)
			}
		}
	}
}

// What the user gives in place of a source may be another edition in another
// form, such as the grid of 2019 unpacked; pages and halves are refused all the same.
func TestOtherFilesInPlaceOfASource(t *testing.T) {
	files := fetchtest.Files(t)
	p := fetchtest.Serve(t, files)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zipped := files["Filosofi2021_carreaux_200m_csv.zip"]
	p.Put("carreaux_2019.csv", []byte("Idcar_200m,Ind\n"))
	for _, c := range []struct{ address, name, member, says string }{
		{write("carreaux_200m_met.csv", []byte("Idcar_200m,Ind\n")), "carreaux_200m_met.csv", "", ""},
		{write("Filosofi2019.zip", zipped), "Filosofi2019.zip", "carreaux_200m_met.csv", ""},
		{write("roads.zip", files["BPE25.zip"]), "roads.zip", "", ""}, // the reader says what it makes of it
		{p.URL + "/other/carreaux_2019.csv?x=1", "grid-carreaux_2019.csv", "", ""},
		{write("half.zip", zipped[:len(zipped)/2]), "half.zip", "", "cut short or damaged"},
		{write("half.osm.pbf", files[pbfName][:len(files[pbfName])-9]), "half.osm.pbf", "", "cut short: the PBF ends"},
		{write("page.csv", []byte("<html><h1>Oups</h1>")), "page.csv", "", `an HTML page came instead of the file ("Oups")`},
		{write("empty.csv", nil), "empty.csv", "", "an empty file"},
		{dir, filepath.Base(dir), "", "a folder"},
	} {
		opt := options(t, p)
		opt.URLs = map[string]string{"grid": c.address}
		r, err := run(t, opt)
		f := fileOf(t, r, c.name)
		if c.says != "" {
			if !errors.Is(err, ErrRequired) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", c.name, err, c.says)
			}
			continue
		}
		if err != nil || f.Member != c.member || f.Vintage != "" || !f.Other {
			t.Errorf("%s: %v, %+v", c.name, err, f)
		}
		if again := fileOf(t, whole(t, opt), c.name); again.Member != c.member || isAddress(c.address) != (again.From == FromCache) {
			t.Errorf("%s again: %+v", c.name, again)
		}
	}
}
