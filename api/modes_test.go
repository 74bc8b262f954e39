package api_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// The street has neither a timetable nor transport on demand: modes say so, and so do
// questions by them. The embedded territory has both, and answers.
func TestModesSayWhatTheTerritoryCanTell(t *testing.T) {
	available := func(h *geodata.Snapshot) (ids []string) {
		w := call(handler(t, func(cfg *api.Config) { cfg.Snapshot = h }), "GET", "/api/v1/modes", "")
		var all []api.Mode
		if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all) != 7 {
			t.Fatalf("%d modes: %s, %v", len(all), w.Body, err)
		}
		for _, m := range all {
			if m.Available {
				ids = append(ids, m.ID)
			}
			if timed := strings.HasPrefix(m.ID, "transit") || m.ID == "on-demand"; m.Timed != timed || m.Label.Fr == "" {
				t.Errorf("%+v", m)
			}
			if m.ID == "transit-bike" && m.Available && (m.First != "2026-09-01" || m.Last != "2027-08-31") {
				t.Errorf("the timetable is of %s to %s", m.First, m.Last)
			}
		}
		return ids
	}
	country, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"car", "bike", "foot"}, available(street(t))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"car", "bike", "foot", "transit", "transit-bike", "transit-car", "on-demand"}, available(country)); diff != "" {
		t.Error(diff)
	}
	h := handler(t, func(cfg *api.Config) { cfg.Snapshot = country })
	for _, target := range []string{
		"/api/v1/coverage?service=creche&mode=" + url.QueryEscape("transit-bike Sa p80"),
		"/api/v1/routes?from=-0.4688,47.6160&to=fs-49333-seiches&mode=transit",
		"/api/v1/isochrones?facility=fs-49333-seiches&within=30m&mode=on-demand",
	} {
		if w := call(h, "GET", target, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "07:00-09:00 p") {
			t.Errorf("%s: %d %.300s", target, w.Code, w.Body)
		}
	}
	for target, says := range map[string]string{
		"/api/v1/coverage?service=creche&mode=transit+Xx":                                           "unknown word",
		"/api/v1/coverage?service=creche&mode=transit+2020-01-01":                                   "want a day from 2026-09-01 to 2027-08-31",
		"/api/v1/isochrones?facility=fs-49333-seiches&mode=transit&layer=roads":                     "there are no roads, only areas",
		"/api/v1/isochrones?facility=fs-49333-seiches&mode=transit&direction=from":                  "only from where the point is reached is known",
		"/api/v1/coverage?service=creche&mode=transit&within_km=5":                                  "want car, bike or foot",
		"/api/v1/uncertainty?service=creche&mode=on-demand&draws=20&within=10m":                     "want car, bike or foot",
		"/api/v1/routes?from=-0.4688,47.6160&to=fs-49333-seiches&mode=" + url.QueryEscape("car Tu"): "car is the same at all times",
	} {
		if w := call(h, "GET", target, ""); w.Code != 422 || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s: %d %.400s, want 422: …%s…", target, w.Code, w.Body, says)
		}
	}
	if w := call(handler(t, nil), "GET", "/api/v1/coverage?service=creche&mode=transit", ""); w.Code != 422 || !strings.Contains(w.Body.String(), "no timetable: import one with --gtfs") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
