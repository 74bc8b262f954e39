package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/internal/store/ledger"
)

const (
	tierce  = "../../analyses/plans/anjou-loir-et-sarthe/scenarios/france-services-tierce.yaml"
	seiches = "../../analyses/plans/anjou-loir-et-sarthe/scenarios/france-services-seiches.yaml"
)

// Every command that asks takes a scenario, and says so in its answer; one that
// changes nothing is the territory as it is.
func TestCommandsAskInAScenario(t *testing.T) {
	file := territory(t)
	text, err := os.ReadFile(tierce)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scenario.Parse(tierce, text)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"coverage":    {"coverage", "--service", "france_services", "--json"},
		"uncertainty": {"uncertainty", "--service", "france_services", "--draws", "20", "--json"},
		"isochrone":   {"isochrone", "--facility", "france_services-49347-planned", "--within", "10m", "--json"},
		"fragility":   {"fragility", "--json"},
		"access":      {"access", "--service", "france_services", "--capacity", "20", "--json"},
		"route":       {"route", "--from=-0.4688,47.6160", "--to", "france_services-49347-planned", "--json"},
	} {
		t.Run(name, func(t *testing.T) {
			args = append(args, "--on", file)
			base := done(t, args...).out
			if got := done(t, append(args, "--scenario", seiches)...).out; got != base || strings.Contains(base, `"scenario"`) {
				t.Error("a scenario without changes has another answer than none")
			}
			got := done(t, append(args, "--scenario", tierce)...).out
			if got == base || !strings.Contains(got, sc.ID()) {
				t.Errorf("the answer does not tell of the scenario: %.300s", got)
			}
		})
	}
	out := filepath.Join(t.TempDir(), "times.csv")
	done(t, "times", "--on", file, "--service", "france_services", "--scenario", tierce, "--out", out)
	if got := read(t, out); strings.Contains(got, "fs-49333-seiches") || !strings.Contains(got, "france_services-49347-planned") {
		t.Error("the times are not those of the scenario")
	}
	en := done(t, "--lang", "en", "coverage", "--on", file, "--service", "creche", "--scenario", `{"changes":[{"create":{"id":"x","service":"creche","commune":"Durtal"}}]}`).out
	if !strings.Contains(en, "x: placed at the town hall of Durtal (town_hall-49127-existing).") {
		t.Errorf("no note in\n%s", en)
	}
}

func TestBadScenariosAreRefusedWithTheirLines(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	form := write("form.yaml", "changes:\n  - close: {facilty: a}\n  - open: fs-49127-durtal\n")
	fit := write("fit.yaml", "changes:\n  - close: {facility: fs-49333-seiche}\n\n  - open: {facility: fs-49127-durtal}\n")
	for _, args := range [][]string{
		{"coverage", "--service", "creche", "--on", file}, {"fragility", "--on", file}, {"run", "coverage", "--param", "service=creche", "--on", file},
		{"run", "coverage", "--params", `{"service":"creche"}`, "--on", file},
	} {
		said := refused(t, exitUsage, "form.yaml:2: changes[0].close: unknown field", append(args, "--scenario", form)...)
		if !strings.Contains(said.err, "form.yaml:3: changes[1].open: ") {
			t.Errorf("%v: the second is not told: %s", args, said.err)
		}
		said = refused(t, exitUsage, `fit.yaml:2: changes[0].close.facility: there is no facility "fs-49333-seiche": there is fs-49333-seiches`, append(args, "--scenario", fit)...)
		if !strings.Contains(said.err, "fit.yaml:4: changes[1].open.facility: fs-49127-durtal is open already") {
			t.Errorf("%v: the second is not told: %s", args, said.err)
		}
		refused(t, exitUsage, "--scenario: neither JSON nor a file that can be read", append(args, "--scenario", filepath.Join(dir, "none.yaml"))...)
	}
	refused(t, exitUsage, "the parameters have a scenario already", "run", "coverage", "--on", file, "--params", `{"service":"creche","scenario":{"changes":[{"close":{"facility":"a"}}]}}`, "--scenario", tierce)
	refused(t, exitUsage, "a scenario cannot be put together from answers by EPCI", "run", "coverage", "--on", file, "--param", "service=creche", "--scenario", tierce, "--each", "epci")
	refused(t, exitUsage, "own travel times tell nothing of kilometres, zones, scenarios", "coverage", "--times", "t.csv", "--demand", "d.csv", "--scenario", tierce)
}

// A run in a scenario is answered like the command, and verified.
func TestARunInAScenarioIsVerified(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		fine(t, "run", "coverage", "--on", on, "--param", "service=france_services", "--scenario", tierce)
		runs := decode[[]ledger.Run](t, fine(t, "runs", "--on", on, "--json"))
		if _, sc, err := registry.Split(runs[0].Params); err != nil || len(sc.Changes) != 3 {
			t.Fatalf("%s, %v", runs[0].Params, err)
		}
		out := filepath.Join(t.TempDir(), "a.json")
		fine(t, "run", "coverage", "--on", on, "--param", "service=france_services", "--scenario", tierce, "--out", out)
		var got, want any
		stored := read(t, out)
		told := done(t, "coverage", "--on", on, "--service", "france_services", "--scenario", tierce, "--json").out
		if err := json.Unmarshal([]byte(stored), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(told), &want); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(got)  //nolint:errcheck // it was JSON
		b, _ := json.Marshal(want) //nolint:errcheck // likewise
		if string(a) != string(b) || !strings.Contains(stored, `"scenario":{"id":"`) {
			t.Errorf("stored %.300s\ntold %.300s", a, b)
		}
		if v := decode[verification](t, done(t, "verify", "--on", on, "--json", runs[0].ID).out); !v.Equal {
			t.Errorf("%+v", v)
		}
	})
}
