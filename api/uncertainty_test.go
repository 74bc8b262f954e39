package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb/geojson"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
)

func TestUncertaintyIsWhatTheAnalysisSays(t *testing.T) {
	h := handler(t, nil)
	p := uncertainty.Params{
		Params: coverage.Params{Service: "creche", Mode: "bike", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(15)}, Statuses: []geodata.Status{geodata.Existing}},
		Draws:  30, Seed: 7, A: []string{"bus", "east"}, B: []string{"west"},
	}
	direct, err := uncertainty.Run(t.Context(), street(t), traveltime.NewNetworks(""), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(direct)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"POST": call(h, "POST", "/api/v1/uncertainty", `{"service":"creche","mode":"bike","within":["15m","10m"],"statuses":["existing"],"draws":30,"seed":7,"a":["east","bus","east"],"b":["west"]}`),
		"GET":  call(h, "GET", "/api/v1/uncertainty?service=creche&mode=bike&within=10m,15m&draws=30&seed=7&a=east,bus&b=west", ""),
	} {
		if w.Code != 200 || w.Body.String() != string(want) {
			t.Errorf("%s differs from the analysis: %d %.300s", name, w.Code, w.Body)
		}
	}
}

// Of what may be left out, 100 draws from the seed 1 with nothing opened.
func TestUncertaintyHasDefaults(t *testing.T) {
	h := handler(t, nil)
	posted, linked := call(h, "POST", "/api/v1/uncertainty", `{"service":"creche"}`), call(h, "GET", "/api/v1/uncertainty?service=creche", "")
	if posted.Code != 200 || posted.Body.String() != linked.Body.String() {
		t.Fatalf("posted %d %.300s\nlinked %d %.300s", posted.Code, posted.Body, linked.Code, linked.Body)
	}
	got := decode[struct{ Params map[string]any }](t, posted)
	if diff := cmp.Diff(map[string]any{"service": "creche", "mode": "car", "within": []any{"10m", "15m", "20m"}, "statuses": []any{"existing"}, "draws": 100.0, "seed": 1.0}, got.Params); diff != "" {
		t.Error(diff)
	}
}

func TestUncertaintyAsFiles(t *testing.T) {
	h := handler(t, nil)
	const question = "/api/v1/uncertainty?service=creche&mode=bike&within=10m,15m&draws=40&a=east&b=west"
	result := decode[struct {
		Cells struct {
			ID     []string
			Low    []float64 `json:"low_seconds"`
			Within [][]int   `json:"draws_within"`
		}
		Verdict []struct {
			A float64 `json:"a_percent"`
		}
	}](t, call(h, "GET", question, ""))
	table := func(layer string) [][]string {
		t.Helper()
		w := call(h, "GET", question+"&format=csv&layer="+layer, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" ||
			w.Header().Get("Content-Disposition") != `attachment; filename="maillage-uncertainty-street-creche-bike-`+layer+`.csv"` {
			t.Fatalf("%s: %d %v", layer, w.Code, w.Header())
		}
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	cells := table("cells")
	if got := strings.Join(cells[0], ","); got != "id,commune,demand [persons],low_seconds [s],median_seconds [s],high_seconds [s],width_seconds [s],probability_10m [%],probability_15m [%],class,lon,lat,modelled" {
		t.Error(got)
	}
	if len(cells) != 1+len(result.Cells.ID) || len(result.Cells.ID) != 42 {
		t.Fatalf("%d rows, %d cells; want the 41 on the street and the farm", len(cells)-1, len(result.Cells.ID))
	}
	for i, row := range cells[1:] {
		low := fmt.Sprint(result.Cells.Low[i])
		if row[0] == "farm" { // 4 km from the road
			low = ""
		}
		if row[0] != result.Cells.ID[i] || row[3] != low || row[7] != fmt.Sprint(100*float64(result.Cells.Within[0][i])/40) {
			t.Errorf("row %d: %v", i, row)
		}
	}
	if communes := table("communes"); len(communes) != 3 || communes[1][0] != "01001" {
		t.Errorf("communes: %v", communes)
	}
	territory := table("territory")
	if len(territory) != 3 || territory[1][0] != "10m" || territory[2][9] != fmt.Sprint(result.Verdict[1].A) || territory[0][9] != "a_percent [%]" {
		t.Errorf("territory: %v; verdict %v", territory, result.Verdict)
	}
	w := call(h, "GET", question+"&format=geojson", "")
	fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
	if err != nil || len(fc.Features) != 42 || fc.Features[0].Geometry.GeoJSONType() != "Polygon" || w.Header().Get("Content-Type") != "application/geo+json" {
		t.Errorf("%v: %s, %d features", err, w.Header().Get("Content-Type"), len(fc.Features))
	}
	path := filepath.Join(t.TempDir(), "u.gpkg")
	if err := os.WriteFile(path, call(h, "GET", question+"&format=gpkg", "").Body.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	layers := gpkgtest.Describe(t, path)
	for name, want := range map[string]int{"uncertainty_cells": 42, "uncertainty_communes": 2, "uncertainty_territory": 2} {
		if got := len(layers[name].Features); got != want {
			t.Errorf("GDAL reads %d features of %s, want %d", got, name, want)
		}
	}
}

func TestUncertaintyThatCannotBeAnswered(t *testing.T) {
	h := handler(t, nil)
	for target, want := range map[string]struct{ location, says string }{
		"":                                   {"query.service", "required"},
		"service=cinema":                     {"query.service", "unknown service"},
		"service=creche&mode=boat":           {"query.mode", "unknown mode"},
		"service=creche&within=10":           {"query.within[0]", "want a duration"},
		"service=creche&statuses=shut":       {"query.statuses[0]", "unknown status"},
		"service=creche&draws=19":            {"query.draws", "20"},
		"service=creche&draws=501":           {"query.draws", "500"},
		"service=creche&draws=many":          {"query.draws", "integer"},
		"service=creche&seed=0":              {"query.seed", "1"},
		"service=creche&seed=-1":             {"query.seed", ""},
		"service=creche&a=hall":              {"query.a", `no facility \"hall\" of service creche`},
		"service=creche&a=east&b=nowhere":    {"query.b", `no facility \"nowhere\"`},
		"service=creche&b=east":              {"query.a", "missing: b is compared with it"},
		"service=creche&format=xlsx":         {"query.format", "json"},
		"service=creche&format=csv&layer=ha": {"query.layer", "territory"},
	} {
		w := call(h, "GET", "/api/v1/uncertainty?"+target, "")
		if w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), want.says) ||
			!strings.Contains(w.Body.String(), `"location":"`+want.location+`"`) || w.Header().Get("ETag") != "" {
			t.Errorf("%s: %d %s, want 422 at %s: %s", target, w.Code, w.Body, want.location, want.says)
		}
	}
	for body, want := range map[string]struct {
		status   int
		location string
	}{
		`{"service":"creche","draws":501}`:        {422, "body.draws"},
		`{"service":"creche","draws":0}`:          {422, "body.draws"},
		`{"service":"creche","draws":"x"}`:        {422, "body.draws"},
		`{"service":"creche","seed":0}`:           {422, "body.seed"},
		`{"service":"creche","a":["x"]}`:          {422, "body.a"},
		`{"service":"creche","a":"east"}`:         {422, "body.a"},
		`{"service":"creche","b":["east"]}`:       {422, "body.a"},
		`{"service":"creche","within":["10"]}`:    {422, "body.within[0]"},
		`{"service":"creche","within":"10m"}`:     {422, "body.within"},
		`{"service":"creche","draw":50}`:          {422, "body.draw"},
		`{"service":"nope"}`:                      {422, "body.service"},
		`{}`:                                      {422, "body"},
		`{"service":`:                             {400, ""},
		`{"service":"creche","mode":"submarine"}`: {422, "body.mode"},
	} {
		w := call(h, "POST", "/api/v1/uncertainty", body)
		if w.Code != want.status || !strings.Contains(w.Body.String(), `"`+want.location) {
			t.Errorf("%s: %d %s, want %d at %s", body, w.Code, w.Body, want.status, want.location)
		}
	}
}

// Equal questions are one run, in whatever order they name their sites and in
// whatever form the answer is wanted; a client that has the answer gets none.
func TestUncertaintyIsAskedOnce(t *testing.T) {
	runs := 0
	h := handler(t, func(c *api.Config) {
		answer := c.Uncertainty
		c.Uncertainty = func(ctx context.Context, s *geodata.Snapshot, p uncertainty.Params) (*uncertainty.Result, error) {
			runs++
			return answer(ctx, s, p)
		}
	})
	const question = "/api/v1/uncertainty?service=creche&draws=20&a=east,west"
	first := call(h, "GET", question, "")
	for _, target := range []string{question, "/api/v1/uncertainty?service=creche&draws=20&a=west,east,west&mode=car", question + "&format=csv&layer=communes", question + "&format=gpkg"} {
		if w := call(h, "GET", target, ""); w.Code != 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	call(h, "POST", "/api/v1/uncertainty", `{"service":"creche","draws":20,"a":["west","east"]}`)
	if w := call(h, "GET", question, "", "If-None-Match", first.Header().Get("ETag")); w.Code != 304 {
		t.Errorf("%d for what the client has", w.Code)
	}
	if runs != 1 {
		t.Errorf("%d runs for one question", runs)
	}
	if call(h, "GET", question+"&seed=2", ""); runs != 2 {
		t.Error("another seed is another question")
	}
}

// A run that takes longer than the server allows is stopped, and said to be.
func TestUncertaintyHasTheTimeOfARequest(t *testing.T) {
	stopped := make(chan error, 1)
	h := handler(t, func(c *api.Config) {
		c.Timeout = 50 * time.Millisecond
		c.Uncertainty = func(ctx context.Context, _ *geodata.Snapshot, _ uncertainty.Params) (*uncertainty.Result, error) {
			<-ctx.Done()
			stopped <- ctx.Err()
			return nil, ctx.Err()
		}
	})
	if w := call(h, "GET", "/api/v1/uncertainty?service=creche", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "longer than the server allows") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("the run goes on though nobody waits for it")
	}
}

func TestAServerMayLeaveUncertaintyOut(t *testing.T) {
	h := handler(t, func(c *api.Config) { c.Uncertainty = nil })
	if w := call(h, "GET", "/api/v1/uncertainty?service=creche", ""); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
