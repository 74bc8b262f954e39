package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/scenario"
)

const opened = `{"name":{"fr":"Est"},"changes":[{"open":{"facility":"east"}}]}`

func TestAnalysesAreAskedInAScenario(t *testing.T) {
	h := handler(t, nil)
	ask := func(scenario string) string {
		t.Helper()
		w := call(h, "POST", "/api/v1/analyses/coverage", `{"service":"creche","scenario":`+scenario+`}`)
		if w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
		return w.Body.String()
	}
	base := call(h, "POST", "/api/v1/analyses/coverage", `{"service":"creche"}`).Body.String()
	if ask(`{}`) != base || ask(`null`) != base || ask(`{"changes":[]}`) != base {
		t.Error("an empty scenario has another answer than none")
	}
	sc, err := scenario.Parse("", []byte(opened))
	if err != nil {
		t.Fatal(err)
	}
	got := ask(opened)
	if !strings.Contains(got, `"scenario":{"id":"`+sc.ID()+`","name":{"fr":"Est"}}`) || !strings.Contains(got, `"east"`) {
		t.Errorf("%.600s", got)
	}
	for _, text := range []string{opened, "name: Est\nchanges:\n  - open: {facility: east}"} {
		if w := call(h, "GET", "/api/v1/analyses/coverage?service=creche&scenario="+url.QueryEscape(text), ""); w.Code != 200 || w.Body.String() != got {
			t.Errorf("as a link: %d %.300s", w.Code, w.Body)
		}
	}
	for body, want := range map[string]string{
		`{"service":"creche","scenario":[]}`:                                                "body.scenario",
		`{"service":"creche","scenario":{"changes":[{"open":{"facility":"west"}}]}}`:        "changes[0].open.facility: west is open already",
		`{"service":"creche","scenario":{"changes":[{"speed":{"class":"x","percent":5}}]}}`: "no road here is of class",
	} {
		if w := call(h, "POST", "/api/v1/analyses/coverage", body); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", body, w.Code, w.Body, want)
		}
	}
}

func TestTheSchemaOfScenariosIsServed(t *testing.T) {
	h := handler(t, nil)
	w := call(h, "GET", "/api/v1/schemas/scenario.json", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/schema+json" || w.Body.String() != string(scenario.Schema()) || w.Header().Get("ETag") == "" {
		t.Errorf("%d %v %.200s", w.Code, w.Header(), w.Body)
	}
	doc := call(h, "GET", "/openapi.json", "").Body.String()
	if n := strings.Count(doc, `"scenario":{"$ref":"#/components/schemas/Scenario"}`); n < 10 {
		t.Errorf("%d analyses are described with a scenario", n)
	}
	if !strings.Contains(doc, `"close_road"`) {
		t.Error("the description does not say what a scenario is")
	}
}

func TestAScenarioFileIsChecked(t *testing.T) {
	h := handler(t, nil)
	ask := func(text string) (int, string) {
		w := call(h, "POST", "/api/v1/scenarios/check", text, "Content-Type", "application/yaml")
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	sc, err := scenario.Parse("", []byte(opened))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"` + sc.ID() + `","scenario":` + opened + `}`
	for _, text := range []string{opened, "# east\nname: Est\nchanges:\n  - open: {facility: east}\n"} {
		if code, got := ask(text); code != 200 || got != want {
			t.Errorf("%d %s, want %s", code, got, want)
		}
	}
	code, got := ask("changes:\n  - opens: {facility: east}\n  - close: {}\n")
	if code != 422 || !strings.Contains(got, "line 2: changes[0]") || !strings.Contains(got, "line 3: changes[1].close") || strings.Count(got, `"location"`) != 3 {
		t.Errorf("%d %s: want an unknown field and no change in line 2, no facility in line 3", code, got)
	}
	if code, got := ask(""); code != 400 && code != 422 {
		t.Errorf("nothing: %d %s", code, got)
	}
}
