package registry

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata/anjou"
)

// questions are one for each analysis.
var questions = map[string]string{
	"coverage": `{"service":"creche","within_km":[5]}`, "isochrone": `{"at":[-0.25,47.67]}`, "uncertainty": `{"service":"creche","draws":20}`,
	"itinerant": `{"service":"france_services"}`, "referral": `{"first":"town_hall","second":"france_services"}`, "colocation": `{}`, "needs": `{"to":2025}`,
	"access": `{"service":"creche","capacity":20}`, "capacity": `{"service":"creche","capacity":20}`, "together": `{"service":"creche","antennas":1}`, "frontier": `{"service":"creche"}`, "sensitivity": `{"service":"creche"}`,
	"fragility": `{}`, "tours": `{"service":"creche","effort":1,"within":"10m"}`,
	"compare": `{"service":"creche","draws":20,"scenarios":[{"changes":[]},{"changes":[{"create":{"id":"x","service":"creche","commune":"Tiercé"}}]}]}`,
	"shapley": `{"service":"creche","sites":["creche-49127-planned"],"points":[{"id":"x","lon":-0.46,"lat":47.61}]}`,
	"site":    `{"model":"mclp","service":"creche","p":1,"within":"10m"}`,
}

// Every analysis can be asked in a scenario, tells so, and is asked about the data
// as they are by an empty one.
func TestEveryAnalysisIsAskedInAScenario(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	const changes = `{"name":{"fr":"Durtal"},"changes":[{"open":{"facility":"creche-49127-planned"}},{"speed":{"class":"secondary","percent":80}}]}`
	sc, err := scenario.Parse("", []byte(changes))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range All() {
		t.Run(a.Name, func(t *testing.T) {
			question := questions[a.Name]
			if question == "" {
				t.Fatal("there is no question here for it: add one")
			}
			ask := func(raw string) (string, analyses.Provenance) {
				t.Helper()
				answer, err := a.Run(t.Context(), s, nets, []byte(raw), nil)
				if err != nil {
					t.Fatal(err)
				}
				b, err := answer.JSON()
				if err != nil {
					t.Fatal(err)
				}
				return string(b), answer.Layers().Provenance
			}
			with := func(scenario string) string {
				return strings.Replace(strings.TrimSuffix(question, "}")+`,"scenario":`+scenario+"}", "{,", "{", 1)
			}
			base, is := ask(question)
			if is.Scenario != nil || strings.Contains(base, `"scenario"`) {
				t.Error("an answer about the data as they are tells of a scenario")
			}
			for _, none := range []string{`{}`, `{"name":{"fr":"x"},"changes":[]}`, "null"} {
				if got, _ := ask(with(none)); got != base {
					t.Errorf("scenario %s: another answer", none)
				}
			}
			got, in := ask(with(changes))
			if in.Scenario == nil || in.Scenario.ID != sc.ID() || in.Scenario.Name.Fr != "Durtal" || in.Snapshot != s.ID() || !strings.Contains(got, `"scenario":{"id":"`+sc.ID()) {
				t.Errorf("its provenance is %+v", in)
			}
			if again, _ := ask(with(changes)); again != got {
				t.Error("asked twice, it answers otherwise")
			}
		})
	}
	a, err := Get("coverage")
	if err != nil {
		t.Fatal(err)
	}
	w, err := scenario.Apply(t.Context(), s, nets, sc)
	if err != nil {
		t.Fatal(err)
	}
	want, err := coverage.Run(t.Context(), w.Snapshot, w.Networks, coverage.Params{Service: "creche"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Run(t.Context(), s, nets, []byte(`{"service":"creche","scenario":`+changes+`}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	gotJSON, errGot := got.JSON()
	wantJSON, errWant := Answer{Result: want}.JSON()
	if err := errors.Join(errGot, errWant); err != nil || !bytes.Equal(gotJSON, wantJSON) || len(want.Facilities) != 10 {
		t.Errorf("%.300s, %v\nwant %.300s", gotJSON, err, wantJSON)
	}
}

func TestAScenarioIsAParameter(t *testing.T) {
	a, err := Get("coverage")
	if err != nil {
		t.Fatal(err)
	}
	const own = `{"service":"creche","mode":"","within":null,"statuses":null`
	for raw, want := range map[string]string{
		`{"scenario":{"changes":[{"hours":{"hours":"Mo 8h-12h","facility":"a"}}],"name":"x"},"service":"creche"}`: own +
			`,"scenario":{"name":{"fr":"x"},"changes":[{"hours":{"facility":"a","hours":"Mo 08:00-12:00"}}]}}`,
		`{"scenario":{"name":"x"},"service":"creche"}`: own + `}`,
		`{"service":"creche","scenario":null}`:         own + `}`,
	} {
		got, err := a.Params([]byte(raw))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", raw, got, err)
			continue
		}
		if twice, err := a.Params(got); err != nil || !bytes.Equal(twice, got) {
			t.Errorf("%s became %s, %v", got, twice, err)
		}
	}
	for _, word := range []string{`{"changes":[{"close":{"facility":"a"}}]}`, "changes:\n  - close: {facility: a}"} {
		got, err := a.FromWords(map[string]string{"service": "creche", "scenario": word})
		if want := own + `,"scenario":{"changes":[{"close":{"facility":"a"}}]}}`; err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", word, got, err)
		}
	}
	if _, err := a.Shared([]byte(`{"service":"creche","scenario":{"changes":[{"close":{"facility":"a"}}]}}`)); !errors.Is(err, analyses.ErrParams) {
		t.Errorf("by EPCI: %v", err)
	}
}

func TestWhatIsWrongWithAScenarioIsNamed(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Get("coverage")
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		`{"service":"creche","scenario":7}`:                                                          `scenario: "7": want an object with fields among name, note, cost, changes`,
		`{"service":"creche","scenario":{"changes":[{"close":{}},{"open":7}]}}`:                      "scenario: changes[0].close: facility is missing: want id of a facility\nchanges[1].open: \"7\": want an object",
		`{"service":"creche","scenario":{"changes":[{"close":{"facility":"creche-49127-planed"}}]}}`: `scenario: changes[0].close.facility: there is no facility "creche-49127-planed": there is creche-49127-planned`,
	} {
		_, err := a.Run(t.Context(), s, traveltime.NewNetworks(""), []byte(raw), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, analyses.ErrParams) {
			t.Errorf("%s: %v\nwant %s", raw, err, want)
		}
	}
}
