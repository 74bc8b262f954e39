package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb/geojson"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// call sends a request with headers given as pairs.
func call(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %.300s", err, w.Body)
	}
	return v
}

func TestEveryRouteAnswersWithItsContentType(t *testing.T) {
	h := handler(t, nil)
	for target, want := range map[string]string{
		"/healthz":                           "text/plain; charset=utf-8",
		"/":                                  "text/html; charset=utf-8",
		"/api/docs":                          "text/html; charset=utf-8",
		"/openapi.json":                      "application/vnd.oai.openapi+json;version=3.1",
		"/openapi-3.0.json":                  "application/vnd.oai.openapi+json;version=3.0",
		"/api/v1/territory":                  "application/json",
		"/api/v1/services":                   "application/json",
		"/api/v1/modes":                      "application/json",
		"/api/v1/communes":                   "application/geo+json",
		"/api/v1/cells":                      "application/geo+json",
		"/api/v1/cells?area=all":             "application/geo+json",
		"/api/v1/facilities":                 "application/geo+json",
		"/api/v1/roads":                      "application/geo+json",
		"/api/v1/coverage?service=creche":    "application/json",
		"/api/v1/uncertainty?service=creche": "application/json",
		"/api/v1/analyses":                   "application/json",
		"/api/v1/analyses/coverage?service=creche":   "application/json",
		"/api/v1/isochrones?facility=hall&mode=bike": "application/geo+json",
		"/api/v1/routes?from=c05&to=hall":            "application/geo+json",
	} {
		w := call(h, "GET", target, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != want {
			t.Errorf("GET %s: %d %s, want 200 %s", target, w.Code, w.Header().Get("Content-Type"), want)
		}
		if head := call(h, "HEAD", target, ""); head.Code != 200 {
			t.Errorf("HEAD %s: %d", target, head.Code)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("X-Request-Id") == "" {
			t.Errorf("GET %s lacks a security header or its id: %v", target, w.Header())
		}
	}
}

func TestTerritoryTellsWhatIsThere(t *testing.T) {
	s := street(t)
	got := decode[api.TerritorySummary](t, call(handler(t, nil), "GET", "/api/v1/territory", ""))
	if got.ID != "street" || !got.Modelled || got.Snapshot != s.ID() || got.Version != "test" || got.Grid.Vintage != 2021 {
		t.Errorf("%+v", got)
	}
	// 41 cells on the street and the farm; the cell of Voisine is in the buffer.
	want := api.Counts{Communes: 2, Cells: 42, Population: geodata.Whole(168), AllCommunes: 3, AllCells: 43, AllFacilities: 4, RoadNodes: 41, RoadWays: 1}
	if diff := cmp.Diff(want, got.Counts); diff != "" {
		t.Error(diff)
	}
	for _, service := range got.Services {
		if service.ID == "creche" {
			// The bus is itinerant and does not count.
			if diff := cmp.Diff(map[geodata.Status]int{"existing": 1, "planned": 1, "candidate": 0}, service.Facilities); diff != "" {
				t.Error(diff)
			}
		}
	}
	if len(got.Services) != len(geodata.DefaultCatalogue()) || len(got.Modes) != 7 || len(got.Sources) != 1 {
		t.Errorf("%d services, %d modes, %d sources", len(got.Services), len(got.Modes), len(got.Sources))
	}
	if w, e := got.BBox[0], got.BBox[2]; w >= -0.4 || e <= -0.3 || e >= -0.25 {
		t.Errorf("bbox %v does not frame the two communes of the study area alone", got.BBox)
	}
}

func TestLayersAreFeatureCollectionsWithProvenance(t *testing.T) {
	h := handler(t, nil)
	for target, want := range map[string]int{
		"communes": 3, "cells": 42, "cells?area=study": 42, "cells?area=all": 43,
		"facilities": 4, "facilities?service=creche": 3, "facilities?service=senior": 0, "roads": 1,
	} {
		w := call(h, "GET", "/api/v1/"+target, "")
		fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if len(fc.Features) != want {
			t.Errorf("%s: %d features, want %d", target, len(fc.Features), want)
		}
		about, _ := fc.ExtraMembers["maillage"].(map[string]any)
		prov, _ := about["provenance"].(map[string]any)
		territory, _ := prov["territory"].(map[string]any)
		if territory["modelled"] != true || prov["snapshot"] != street(t).ID() || prov["sources"] == nil {
			t.Errorf("%s: provenance %v does not name the modelled territory, its snapshot and sources", target, prov)
		}
		if strings.Contains(w.Body.String(), "$schema") {
			t.Errorf("%s: a foreign $schema is in the body", target)
		}
	}
	w := call(h, "GET", "/api/v1/facilities?service=creche", "")
	fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	byID := map[any]geojson.Properties{}
	for _, f := range fc.Features {
		byID[f.ID] = f.Properties
	}
	west := byID["west"]
	if west["name"] != "Crèche <b>Ouest</b>" || west["status"] != "existing" || west["capacity"] != 20.0 || !strings.HasPrefix(west["hours"].(string), "Mo 08:30-12:00,13:30-17:00; Tu") {
		t.Errorf("west: %v", west)
	}
	if east := byID["east"]; east["status"] != "planned" || east["capacity"] != nil {
		t.Errorf("east: %v", east)
	}
	if byID["bus"]["itinerant"] != true {
		t.Errorf("bus: %v", byID["bus"])
	}
}

func TestRoadsAreSimplifiedButComplete(t *testing.T) {
	w := call(handler(t, nil), "GET", "/api/v1/roads", "")
	fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	// The street is straight: 41 nodes become its two ends.
	line := fc.Features[0].Geometry.(interface{ Dimensions() int })
	raw, _ := json.Marshal(geojson.NewGeometry(fc.Features[0].Geometry))
	if line.Dimensions() != 1 || strings.Count(string(raw), "47.6") != 2 || fc.Features[0].Properties["ref"] != "D 1" {
		t.Errorf("%s %v", raw, fc.Features[0].Properties)
	}
}

// plain is a result as JSON sees it, exact numbers kept as text.
func plain(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

func TestCoverageIsWhatTheAnalysisSays(t *testing.T) {
	s := street(t)
	h := handler(t, nil)
	direct, err := run()(t.Context(), s, coverage.Params{Service: "creche", Mode: "bike", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15)}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(direct)
	if err != nil {
		t.Fatal(err)
	}
	posted := call(h, "POST", "/api/v1/coverage", `{"service":"creche","mode":"bike","within":["15m","10m","15m"],"statuses":["existing"]}`)
	if posted.Code != 200 {
		t.Fatal(posted.Code, posted.Body)
	}
	linked := call(h, "GET", "/api/v1/coverage?service=creche&mode=bike&within=10m,15m", "")
	for name, w := range map[string]*httptest.ResponseRecorder{"POST": posted, "GET": linked} {
		if diff := cmp.Diff(plain(t, want), plain(t, w.Body.Bytes())); diff != "" {
			t.Errorf("%s differs from the analysis: %s", name, diff)
		}
	}
	// 3 of 4 children in each of 42 cells are under three.
	if direct.Territory.Demand != geodata.Whole(126) || direct.Territory.OffNetwork != geodata.Whole(3) {
		t.Errorf("demand %s, off the network %s; want 126 and 3 (the farm)", direct.Territory.Demand, direct.Territory.OffNetwork)
	}
}

func TestPlannedFacilitiesCountWhenAsked(t *testing.T) {
	h := handler(t, nil)
	covered := func(statuses string) float64 {
		w := call(h, "POST", "/api/v1/coverage", `{"service":"creche","mode":"bike","within":["10m"],"statuses":`+statuses+`}`)
		type answer struct {
			Territory struct {
				Covered []float64 `json:"covered"`
			} `json:"territory"`
		}
		return decode[answer](t, w).Territory.Covered[0]
	}
	one, two := covered(`["existing"]`), covered(`["existing","planned"]`)
	if one <= 0 || two != 2*one {
		t.Errorf("one end covers %v, both ends %v: want twice as many, the street is symmetrical", one, two)
	}
}

func TestResultsAsFiles(t *testing.T) {
	h := handler(t, nil)
	for query, want := range map[string]struct{ kind, name, holds string }{
		"format=geojson":              {"application/geo+json", "maillage-street-creche-car-cells.geojson", `"coverage_cells"`},
		"format=geojson&layer=ages":   {"application/geo+json", "maillage-street-creche-car-ages.geojson", `"ind_0_3"`},
		"format=csv&layer=communes":   {"text/csv; charset=utf-8", "maillage-street-creche-car-communes.csv", "Ouest"},
		"format=csv&layer=facilities": {"text/csv; charset=utf-8", "maillage-street-creche-car-facilities.csv", "west"},
		"format=gpkg":                 {"application/geopackage+sqlite3", "maillage-street-creche-car.gpkg", "coverage_communes"},
	} {
		posted := call(h, "POST", "/api/v1/coverage?"+query, `{"service":"creche"}`)
		linked := call(h, "GET", "/api/v1/coverage?service=creche&"+query, "")
		for method, w := range map[string]*httptest.ResponseRecorder{"POST": posted, "GET": linked} {
			if w.Code != 200 || w.Header().Get("Content-Type") != want.kind || w.Header().Get("Content-Disposition") != `attachment; filename="`+want.name+`"` {
				t.Errorf("%s %s: %d %s %s", method, query, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Content-Disposition"))
			}
			if !strings.Contains(w.Body.String(), want.holds) {
				t.Errorf("%s %s does not hold %s", method, query, want.holds)
			}
		}
		if !bytes.Equal(posted.Body.Bytes(), linked.Body.Bytes()) {
			t.Errorf("%s: the same question gave two files", query)
		}
	}
}

// fault is a problem document.
type fault struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

func TestErrorsAreProblems(t *testing.T) {
	h := handler(t, nil)
	for _, c := range []struct {
		method, target, body string
		status               int
		says                 string // in the detail or in an error's message
		at                   string // location of an error
	}{
		{"GET", "/nowhere", "", 404, "/openapi.json", ""},
		{"GET", "/api/v1/nowhere", "", 404, "/api/v1/nowhere", ""},
		{"GET", "/assets/../../go.mod", "", 404, "nothing is at", ""},
		{"GET", "/.gitkeep", "", 404, "nothing is at", ""},
		{"DELETE", "/api/v1/territory", "", 405, "allowed: GET, HEAD", ""},
		{"PUT", "/api/v1/coverage", "{}", 405, "allowed: GET, HEAD, POST", ""},
		{"POST", "/nowhere", "{}", 404, "nothing is at", ""},
		{"POST", "/api/v1/coverage", `{"service":`, 400, "", ""},
		{"POST", "/api/v1/coverage", `{}`, 422, "service", "body"},
		{"POST", "/api/v1/coverage", `{"service":"creche","colour":"red"}`, 422, "unexpected property", "body.colour"},
		{"POST", "/api/v1/coverage", `{"service":7}`, 422, "expected string", "body.service"},
		{"POST", "/api/v1/coverage", `{"service":"cinema"}`, 422, "want one of creche, alsh", "body.service"},
		{"POST", "/api/v1/coverage", `{"service":"creche","mode":"horse"}`, 422, "want one of car, bike, foot", "body.mode"},
		{"POST", "/api/v1/coverage", `{"service":"creche","within":["10m","15"]}`, 422, "duration with its unit", "body.within[1]"},
		{"POST", "/api/v1/coverage", `{"service":"creche","statuses":["open"]}`, 422, "existing, planned or candidate", "body.statuses[0]"},
		{"POST", "/api/v1/coverage?format=dwg", `{"service":"creche"}`, 422, "expected value to be one of", "query.format"},
		{"POST", "/api/v1/coverage", `{"service":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "", ""},
		{"GET", "/api/v1/coverage", "", 422, "required", "query.service"},
		{"GET", "/api/v1/coverage?service=cinema", "", 422, "want one of creche", "query.service"},
		{"GET", "/api/v1/coverage?service=senior", "", 422, "ind_65_79", "query.service"},
		{"GET", "/api/v1/cells?area=mars", "", 422, "expected value to be one of", "query.area"},
		{"GET", "/api/v1/facilities?service=cinema", "", 422, "want one of creche", "query.service"},
	} {
		w := call(h, c.method, c.target, c.body)
		name := c.method + " " + c.target + " " + c.body[:min(len(c.body), 60)]
		if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d as a problem", name, w.Code, w.Header().Get("Content-Type"), c.status)
			continue
		}
		p := decode[fault](t, w)
		said, at := p.Detail, c.at == ""
		for _, e := range p.Errors {
			said += " " + e.Message
			at = at || e.Location == c.at
		}
		if p.Status != c.status || p.Title != http.StatusText(c.status) || !strings.Contains(said, c.says) || !at {
			t.Errorf("%s: %s\nwant %q at %q", name, w.Body, c.says, c.at)
		}
		if w.Header().Get("ETag") != "" {
			t.Errorf("%s: an error carries an ETag", name)
		}
		if c.status == 405 && !strings.Contains(c.says, w.Header().Get("Allow")) {
			t.Errorf("%s: Allow is %q", name, w.Header().Get("Allow"))
		}
	}
}

func TestServerFaultsTellTheLogNotTheClient(t *testing.T) {
	for name, coverageRun := range map[string]func() (*coverage.Result, error){
		"error": func() (*coverage.Result, error) { return nil, errors.New("password is hunter2") },
		"panic": func() (*coverage.Result, error) { panic("password is hunter2") },
	} {
		h := handler(t, func(c *api.Config) {
			c.Coverage = func(context.Context, *geodata.Snapshot, coverage.Params) (*coverage.Result, error) {
				return coverageRun()
			}
		})
		w := call(h, "GET", "/api/v1/coverage?service=creche", "")
		if w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestAnAnswerThatTakesTooLongIsRefused(t *testing.T) {
	h := handler(t, func(c *api.Config) {
		c.Timeout = 20 * time.Millisecond
		c.Coverage = func(ctx context.Context, _ *geodata.Snapshot, _ coverage.Params) (*coverage.Result, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	if w := call(h, "GET", "/api/v1/coverage?service=creche", ""); w.Code != 503 || decode[fault](t, w).Detail == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestADisconnectStopsTheWork(t *testing.T) {
	begun, stopped := make(chan struct{}), make(chan struct{})
	h := handler(t, func(c *api.Config) {
		c.Coverage = func(ctx context.Context, _ *geodata.Snapshot, _ coverage.Params) (*coverage.Result, error) {
			close(begun)
			<-ctx.Done()
			close(stopped)
			return nil, ctx.Err()
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, hangUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/coverage?service=creche", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-begun
		hangUp()
	}()
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("the run went on after its only client had gone")
	}
}

func TestClientsKeepWhatHasNotChanged(t *testing.T) {
	h := handler(t, nil)
	seen := map[string]string{}
	for _, target := range []string{"/api/v1/territory", "/api/v1/cells", "/api/v1/cells?area=all", "/api/v1/coverage?service=creche", "/openapi.json", "/"} {
		w := call(h, "GET", target, "")
		tag := w.Header().Get("ETag")
		if tag == "" || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: ETag %q, Cache-Control %q", target, tag, w.Header().Get("Cache-Control"))
		}
		if other, ok := seen[tag]; ok {
			t.Errorf("%s and %s share a tag", target, other)
		}
		seen[tag] = target
		again := call(h, "GET", target, "", "If-None-Match", `"x", `+tag)
		if again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s with its tag: %d and %d bytes, want 304 and none", target, again.Code, again.Body.Len())
		}
	}
	other := handler(t, func(c *api.Config) { c.Version = "test 2" })
	tag := call(h, "GET", "/api/v1/territory", "").Header().Get("ETag")
	if w := call(other, "GET", "/api/v1/territory", "", "If-None-Match", tag); w.Code != 200 {
		t.Errorf("another version with the old tag: %d, want 200", w.Code)
	}
	if w := call(h, "POST", "/api/v1/coverage", `{"service":"creche"}`); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("POST: Cache-Control %q", w.Header().Get("Cache-Control"))
	}
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	h := handler(t, nil)
	whole := call(h, "GET", "/api/v1/cells", "")
	w := call(h, "GET", "/api/v1/cells", "", "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() >= whole.Body.Len()/2 {
		t.Fatalf("%q, %d of %d bytes", w.Header().Get("Content-Encoding"), w.Body.Len(), whole.Body.Len())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !bytes.Equal(b, whole.Body.Bytes()) {
		t.Error("the compressed body differs", err)
	}
}

func TestOtherOriginsAreLetInOnlyWhenNamed(t *testing.T) {
	closed := call(handler(t, nil), "GET", "/api/v1/territory", "", "Origin", "https://example.org")
	if got := closed.Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("by default %q may read the API", got)
	}
	h := handler(t, func(c *api.Config) { c.Origins = []string{"https://example.org"} })
	for origin, want := range map[string]string{"https://example.org": "https://example.org", "https://example.com": ""} {
		w := call(h, "GET", "/api/v1/territory", "", "Origin", origin)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", origin, got, want)
		}
	}
}

func TestRequestIDIsKeptWhenItIsAPlainWord(t *testing.T) {
	h := handler(t, nil)
	if got := call(h, "GET", "/healthz", "", "X-Request-Id", "abc-1").Header().Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"a b", "a\"b", strings.Repeat("a", 65)} {
		if got := call(h, "GET", "/healthz", "", "X-Request-Id", bad).Header().Get("X-Request-Id"); got == bad || got == "" {
			t.Errorf("%q was answered with %q", bad, got)
		}
	}
}

func TestPageFiles(t *testing.T) {
	h := handler(t, func(c *api.Config) {
		c.Page = fstest.MapFS{
			"index.html":       {Data: []byte("<title>page</title>")},
			"assets/a-1.mjs":   {Data: []byte("export {}")},
			"assets/f-1.woff2": {Data: []byte("font")},
		}
	})
	for target, want := range map[string][2]string{
		"/":                 {"text/html; charset=utf-8", "no-cache"},
		"/assets/a-1.mjs":   {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/assets/f-1.woff2": {"font/woff2", "public, max-age=31536000, immutable"},
	} {
		w := call(h, "GET", target, "")
		if got := [2]string{w.Header().Get("Content-Type"), w.Header().Get("Cache-Control")}; w.Code != 200 || got != want {
			t.Errorf("%s: %d %v, want %v", target, w.Code, got, want)
		}
	}
	empty := handler(t, func(c *api.Config) { c.Page = os.DirFS(t.TempDir()) })
	if w := call(empty, "GET", "/", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "make web") {
		t.Errorf("without a built page: %d %s", w.Code, w.Body)
	}
}

func TestNewNeedsASnapshotAndAnAnalysis(t *testing.T) {
	if _, err := api.New(api.Config{}); err == nil {
		t.Error("an empty Config was accepted")
	}
}
