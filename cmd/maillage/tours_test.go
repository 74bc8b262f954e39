package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/tours"
)

// The week of the bus, by a file and a flag that comes before it, in every form.
func TestToursOfATerritory(t *testing.T) {
	dir := t.TempDir()
	command(t, "demo", "--once", "-q", "--out", dir)
	on, plan := filepath.Join(dir, "territory.gpkg"), filepath.Join(dir, "plan.yaml")
	question := "service: france_services\nwithin: 15m\nweeks: 2\nevery_commune: true\nvehicles:\n  - {id: bus, depot: Tiercé, shifts: 'Mo-Th 08:30-17:00', break: 45m 11:30-14:00}\n"
	if err := os.WriteFile(plan, []byte(question), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	out := command(t, "tours", "--on", on, "--plan", plan, "--within", "10m", "--effort", "2", "--json",
		"--gtfs", at("bus.zip"), "--calendar", at("bus.ics"), "--sheet", at("bus.html"), "--out", at("bus.gpkg"), "--from", "20270104", "--url", "https://www.example.fr")
	var r tours.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Params.Within.String() != "10m" || r.Params.Weeks != 2 || len(r.Visits) < 17 || len(r.Missing) > 0 {
		t.Errorf("%+v, %d visits, missing %v: want 10 minutes, two weeks and all 17 communes", r.Params, len(r.Visits), r.Missing)
	}
	for name, want := range map[string]string{"bus.ics": "BEGIN:VEVENT", "bus.html": "<html lang=\"fr\""} {
		text, err := os.ReadFile(at(name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v: no %s", name, err, want)
		}
	}
	feed, err := zip.OpenReader(at("bus.zip"))
	if err != nil || len(feed.File) < 6 {
		t.Fatalf("bus.zip: %v", err)
	}
	feed.Close() //nolint:errcheck // only read
	text := command(t, "tours", "--on", on, "--plan", plan, "--effort", "1")
	if !strings.Contains(text, "## Semaine 2") || !strings.Contains(text, "| Lundi") {
		t.Errorf("the week as a text: %.500s", text)
	}
}

// A file that cannot be read, a flag without its partner, and a rule that cannot be
// kept are told before anything is written.
func TestToursOfATerritoryNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	command(t, "demo", "--once", "-q", "--out", dir)
	on := filepath.Join(dir, "territory.gpkg")
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("service: france_services\nvehicle: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"missing flags: --on":            {"--service", "france_services"},
		"tours has no such parameter":    {"--on", on, "--plan", bad},
		"--gtfs wants --url":             {"--on", on, "--service", "france_services", "--gtfs", filepath.Join(dir, "x.zip")},
		"want the Monday":                {"--on", on, "--service", "france_services", "--calendar", filepath.Join(dir, "x.ics"), "--from", "20270105"},
		"too short for any stop":         {"--on", on, "--service", "france_services", "--vehicles", `[{"id":"x","shifts":"Mo 08:00-08:40"}]`},
		"--time-limit=0s: want a time":   {"--on", on, "--service", "france_services", "--time-limit", "0s"},
		"the depot at 3.00000, 40.00000": {"--on", on, "--service", "france_services", "--vehicles", `[{"id":"x","lon":3,"lat":40,"shifts":"Mo 08:00-12:00"}]`},
	} {
		code, _, problem := maillage(t, append([]string{"tours"}, args...)...)
		if code != exitUsage || !strings.Contains(problem, want) {
			t.Errorf("%v: exit %d, %s: want exit %d and %q", args, code, problem, exitUsage, want)
		}
	}
}
