package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

func TestAnalysesAreListed(t *testing.T) {
	type analysis struct {
		Name       string
		Title      geodata.Text
		Parameters []registry.Param
	}
	got := decode[[]analysis](t, call(handler(t, nil), "GET", "/api/v1/analyses", ""))
	var want []analysis
	for _, a := range registry.All() {
		want = append(want, analysis{a.Name, a.Title, a.Parameters()})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 3 {
		t.Error(diff)
	}
	// As a program reads it.
	if w := call(handler(t, nil), "GET", "/api/v1/analyses", ""); !strings.Contains(w.Body.String(), `{"name":"service","doc":"id of a service of the catalogue","type":"string","list":false,"required":true}`) ||
		!strings.Contains(w.Body.String(), `"type":"integer","list":false,"required":false,"default":200,"at_once":500}`) {
		t.Errorf("%.900s", w.Body)
	}
}

// What every analysis answers here is what its own operation answers, byte for byte.
func TestAnAnalysisByNameIsItsOwnOperation(t *testing.T) {
	h := handler(t, nil)
	point := isochroneAt(t)
	for _, c := range []struct{ own, body, link string }{
		{call(h, "POST", "/api/v1/coverage", `{"service":"creche","mode":"bike","within":["10m","15m"],"statuses":["existing","planned"]}`).Body.String(),
			`coverage {"service":"creche","mode":"bike","within":["10m","15m"],"statuses":["existing","planned"]}`,
			"coverage?service=creche&mode=bike&within=10m,15m&statuses=existing,planned"},
		{call(h, "GET", "/api/v1/coverage?service=creche", "").Body.String(), `coverage {"service":"creche","mode":null}`, "coverage?service=creche"},
		{point, `isochrone {"at":[-0.35,47.6],"within":["10m","20m"]}`, "isochrone?at=-0.35,47.6&within=10m&within=20m"},
		{call(h, "GET", "/api/v1/uncertainty?service=creche&draws=30&seed=7&a=bus,east&b=west", "").Body.String(),
			`uncertainty {"service":"creche","draws":30,"seed":7,"a":["bus","east"],"b":["west"]}`, "uncertainty?service=creche&draws=30&seed=7&a=bus,east&b=west"},
	} {
		name, body, _ := strings.Cut(c.body, " ")
		for how, w := range map[string]*httptest.ResponseRecorder{
			"POST": call(h, "POST", "/api/v1/analyses/"+name, body), "GET": call(h, "GET", "/api/v1/analyses/"+c.link, ""),
		} {
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != c.own || len(c.own) < 100 {
				t.Errorf("%s %s: %d %.300s\nwant %.300s", how, c.link, w.Code, w.Body, c.own)
			}
		}
	}
}

// isochroneAt is the answer about a point; its own operation gives layers alone.
func isochroneAt(t *testing.T) string {
	t.Helper()
	a, err := registry.Get("isochrone")
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Run(t.Context(), street(t), traveltime.NewNetworks(""), []byte(`{"at":[-0.35,47.6],"within":["10m","20m"]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Result.(*isochrone.Result); !ok {
		t.Fatalf("%T", r.Result)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The files, too, are those of the analyses' own operations, under another name.
func TestAnAnalysisAsFiles(t *testing.T) {
	h := handler(t, nil)
	for link, own := range map[string]string{
		"coverage?service=creche&format=csv":                             "coverage?service=creche&format=csv",
		"coverage?service=creche&format=csv&layer=communes":              "coverage?service=creche&format=csv&layer=communes",
		"coverage?service=creche&format=csv&layer=coverage_ages":         "coverage?service=creche&format=csv&layer=ages",
		"coverage?service=creche&format=geojson":                         "coverage?service=creche&format=geojson",
		"uncertainty?service=creche&draws=40&format=csv&layer=territory": "uncertainty?service=creche&draws=40&format=csv&layer=territory",
		"isochrone?facility=hall&within=10m,20m&format=geojson":          "isochrones?facility=hall&within=10m,20m",
	} {
		got, want := call(h, "GET", "/api/v1/analyses/"+link, ""), call(h, "GET", "/api/v1/"+own, "")
		if got.Code != 200 || got.Body.String() != want.Body.String() || got.Header().Get("Content-Type") != want.Header().Get("Content-Type") || got.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v %.200s\nwant %.200s", link, got.Code, got.Header(), got.Body, want.Body)
		}
	}
	w := call(h, "POST", "/api/v1/analyses/coverage?format=csv&layer=ages", `{"service":"creche"}`)
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="maillage-coverage-street-ages.csv"` {
		t.Error(w.Code, got)
	}
	path := filepath.Join(t.TempDir(), "c.gpkg")
	w = call(h, "GET", "/api/v1/analyses/coverage?service=creche&format=gpkg", "")
	if err := os.WriteFile(path, w.Body.Bytes(), 0o666); err != nil || w.Header().Get("Content-Disposition") != `attachment; filename="maillage-coverage-street.gpkg"` {
		t.Fatal(err, w.Header())
	}
	if layers := gpkgtest.Describe(t, path); len(layers["coverage_cells"].Features) != 42 || len(layers["coverage_communes"].Features) != 2 {
		t.Errorf("%d cells, %d communes", len(layers["coverage_cells"].Features), len(layers["coverage_communes"].Features))
	}
}

func TestAnalysesThatCannotBeAnswered(t *testing.T) {
	h := handler(t, nil)
	many := strings.Repeat("x,", 50) + "x"
	refused := func(method, target, body string, code int, location, says string) {
		t.Helper()
		w := call(h, method, "/api/v1/analyses/"+target, body)
		if w.Code != code || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("ETag") != "" ||
			!strings.Contains(w.Body.String(), fmt.Sprintf(`"location":%q`, location)) || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s %s %.80s: %d %s\nwant %d, %s and %q", method, target, body, w.Code, w.Body, code, location, says)
		}
	}
	for target, want := range map[string][2]string{
		"coverage":                                       {"query.service", "unknown service"},
		"coverage?service=cinema":                        {"query.service", "want one of creche"},
		"coverage?servce=creche":                         {"query.servce", "it has service, mode, within, statuses"},
		"coverage?service=creche&mode=boat":              {"query.mode", "unknown mode"},
		"coverage?service=creche&within=10":              {"query.within", "want a duration"},
		"coverage?service=creche&within=15m,10m":         {"query.within", "must rise"},
		"coverage?service=creche&within=" + minutes(13):  {"query.within", "13 of them: want 12 at most; a run may have more"},
		"uncertainty?service=creche&draws=501":           {"query.draws", "501: want 500 at most; a run may have more"},
		"uncertainty?service=creche&draws=19":            {"query.draws", "want 20 to 10000"},
		"uncertainty?service=creche&draws=many":          {"query.draws", "want a whole number"},
		"uncertainty?service=creche&a=" + many:           {"query.a", "51 of them: want 50 at most"},
		"isochrone?at=west,north":                        {"query.at", "want a number"},
		"isochrone?facility=nowhere":                     {"query.facility", "nowhere"},
		"coverage?service=creche&format=xlsx":            {"query.format", "json"},
		"coverage?service=creche&format=csv&layer=homes": {"query.layer", "want cells, communes, ages, facilities"},
	} {
		refused("GET", target, "", 422, want[0], want[1])
	}
	for body, want := range map[string][2]string{
		`{}`:                                  {"body.service", "unknown service"},
		`{"service":7}`:                       {"body.service", "want a text, not a JSON number"},
		`{"service":"creche","within":"10m"}`: {"body.within", "want a list"},
		`{"service":"creche","within":["1"]}`: {"body.within", "want a duration"},
		`{"service":"creche","draws":5}`:      {"body.draws", "no such parameter"},
		`[1]`:                                 {"body", "expected object"},
	} {
		refused("POST", "coverage", body, 422, want[0], want[1])
	}
	refused("GET", "covrage?service=creche", "", 404, "path.name", "want coverage, isochrone")
	refused("POST", "covrage", `{}`, 404, "path.name", "want coverage, isochrone")
	for code, w := range map[int]*httptest.ResponseRecorder{
		400: call(h, "POST", "/api/v1/analyses/coverage", `{"service":`),
		405: call(h, "DELETE", "/api/v1/analyses/coverage", ""),
		413: call(h, "POST", "/api/v1/analyses/coverage", `{"service":"`+strings.Repeat("x", 2<<20)+`"}`),
	} {
		if w.Code != code || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s, want %d", w.Code, w.Body, code)
		}
	}
	without := handler(t, func(c *api.Config) { c.Analyses = nil })
	if w := call(without, "GET", "/api/v1/analyses", ""); w.Code != 404 {
		t.Errorf("a server without analyses: %d", w.Code)
	}
}

// minutes are n rising thresholds.
func minutes(n int) string {
	var all []string
	for k := range n {
		all = append(all, fmt.Sprintf("%dm", k+1))
	}
	return strings.Join(all, ",")
}

// However it is spelt, a question is run once.
func TestEqualQuestionsByNameAreRunOnce(t *testing.T) {
	var runs atomic.Int32
	h := handler(t, func(c *api.Config) {
		run := c.Analyses
		c.Analyses = func(ctx context.Context, a registry.Analysis, s *geodata.Snapshot, params []byte, tell func(registry.Progress)) (registry.Answer, error) {
			runs.Add(1)
			return run(ctx, a, s, params, tell)
		}
	})
	for _, ask := range []func() *httptest.ResponseRecorder{
		func() *httptest.ResponseRecorder {
			return call(h, "GET", "/api/v1/analyses/coverage?service=creche&within=600s,15m", "")
		},
		func() *httptest.ResponseRecorder {
			return call(h, "GET", "/api/v1/analyses/coverage?within=10m&service=creche&within=15m&format=csv", "")
		},
		func() *httptest.ResponseRecorder {
			return call(h, "POST", "/api/v1/analyses/coverage", ` {"within":["10m","15m"],  "service":"creche","statuses":null}`)
		},
	} {
		if w := ask(); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if runs.Load() != 1 {
		t.Errorf("%d runs of one question", runs.Load())
	}
}

func TestAnAnalysisEndsWithItsClient(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	h := handler(t, func(c *api.Config) {
		c.Analyses = func(ctx context.Context, _ registry.Analysis, _ *geodata.Snapshot, _ []byte, _ func(registry.Progress)) (registry.Answer, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return registry.Answer{}, ctx.Err()
		}
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-begun
		leave()
	}()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/analyses/coverage?service=creche", nil).WithContext(ctx))
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the run goes on without its client")
	}
	if w.Code != 499 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The description names every parameter of every analysis.
func TestAnalysesAreDescribed(t *testing.T) {
	doc := decode[struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name string }
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any
				Required   []string
			}
		}
	}](t, call(handler(t, nil), "GET", "/openapi.json", ""))
	for _, a := range registry.All() {
		path := doc.Paths["/api/v1/analyses/"+a.Name]
		ref := path["post"].RequestBody.Content["application/json"].Schema.Ref
		schema := doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		linked := map[string]bool{}
		for _, p := range path["get"].Parameters {
			linked[p.Name] = true
		}
		for _, p := range a.Parameters() {
			if schema.Properties[p.Name] == nil || !linked[p.Name] {
				t.Errorf("%s: %s is not described: %s, %v", a.Name, p.Name, ref, linked)
			}
		}
		if !linked["format"] || !linked["layer"] || len(schema.Properties) != len(a.Parameters()) {
			t.Errorf("%s: %v, %v", a.Name, linked, schema.Properties)
		}
	}
	if got := doc.Components.Schemas["CoverageRequest"].Required; len(got) != 1 || got[0] != "service" {
		t.Errorf("coverage requires %v", got)
	}
}
