package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/gpkg/gpkgtest"
	"github.com/maillage/maillage/internal/store/ledger"
)

// The second France Services antenna of the plan: at Tiercé in place of Seiches.
func TestTierceOrSeichesOnTheCommandLine(t *testing.T) {
	file := territory(t)
	out := filepath.Join(t.TempDir(), "compare.gpkg")
	asked := []string{"compare", seiches, tierce, "--on", file, "--service", "france_services", "--within", "20m", "--draws", "20"}
	said := strings.ReplaceAll(done(t, append(asked, "--out", out)...).out, "\u202f", " ")
	for _, part := range []string{
		"France Services : seconde antenne à Tiercé, comparé à France Services : seconde antenne à Seiches-sur-le-Loir",
		"gagné", "perdu", "changement", " ; ce classement tient dans ", " des tirages (écart de ", "les mêmes pour tous les scénarios",
	} {
		if !strings.Contains(said, part) {
			t.Errorf("no %q in\n%s", part, said)
		}
	}
	layers := gpkgtest.Describe(t, out)
	if len(layers["compare_scenarios"].Features) != 2 || len(layers["compare_ranks"].Features) != 60 || len(layers["compare_communes"].Features) != 17 || len(layers["compare_cells"].Features) < 1000 {
		t.Errorf("%d scenarios, %d minutes, %d communes, %d cells", len(layers["compare_scenarios"].Features), len(layers["compare_ranks"].Features), len(layers["compare_communes"].Features), len(layers["compare_cells"].Features))
	}
	type row struct {
		Code string
		Net  []float64
	}
	r := decode[struct {
		Conclusion  []struct{ Fr, En string }
		Scenarios   []struct{ Territory struct{ Covered []float64 } }
		Differences []struct {
			Of        int
			Territory row
			Communes  []row
		}
		Verdict []struct {
			Holds float64 `json:"holds_percent"`
		}
	}](t, done(t, append(asked, "--json")...).out)
	d := r.Differences[0]
	if len(r.Conclusion) < 1 || len(r.Verdict) != 1 || d.Of != 1 || len(d.Communes) != 17 {
		t.Errorf("%+v", r)
	}
	// Whoever sums the file's communes has the territory's gain.
	sum := 0.0
	for _, c := range d.Communes {
		sum += c.Net[0]
	}
	if gain := r.Scenarios[1].Territory.Covered[0] - r.Scenarios[0].Territory.Covered[0]; sum-gain > 1e-6 || gain-sum > 1e-6 || d.Territory.Net[0]-gain > 1e-6 || gain == 0 {
		t.Errorf("communes gain %g, the territory %g", sum, gain)
	}
	if none := done(t, append(asked, "--json", "--draws", "0")...).out; strings.Contains(none, `"verdict"`) {
		t.Error("a verdict without draws")
	}
}

// Runs of both are worked out again to the byte.
func TestComparisonsAreRuns(t *testing.T) {
	file := ownTerritory(t) // runs stay in it
	for analysis, params := range map[string]string{
		"compare": `{"service":"france_services","within":["20m"],"draws":20,"scenarios":[{"changes":[]},{"name":{"fr":"Tiercé"},"changes":[{"open":{"facility":"france_services-49347-planned"}}]}]}`,
		"shapley": `{"service":"france_services","sites":["france_services-49347-planned","fs-49333-seiches"],"points":[{"id":"jarze","lon":-0.24,"lat":47.56}],"game":"travel"}`,
	} {
		done(t, "run", analysis, "--on", file, "--params", params)
		run := decode[[]ledger.Run](t, done(t, "runs", "--on", file, "--json").out)[0]
		if v := decode[verification](t, done(t, "verify", "--on", file, "--json", run.ID).out); run.Analysis != analysis || !v.Equal || v.Then.Bytes < 1000 {
			t.Errorf("%s: %+v", run.Analysis, v)
		}
	}
	said := done(t, "shapley", "--on", file, "--service", "france_services", "--within", "20m", "--sites", "france_services-49347-planned,fs-49333-seiches").out
	if !strings.Contains(said, "Ce que vaut chaque lieu") || !strings.Contains(said, "france_services-49347-planned") {
		t.Error(said)
	}
}

func TestBadComparisonsAreRefused(t *testing.T) {
	file, dir := territory(t), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	form := write("form.yaml", "changes:\n  - close: {facilty: a}\n")
	fit := write("fit.yaml", "changes:\n\n  - close: {facility: fs-49333-seiche}\n")
	ask := []string{"compare", "--on", file, "--service", "france_services"}
	refused(t, exitUsage, "scenarios: 1 scenario: want 2 to 10", append(ask, tierce)...)
	refused(t, exitUsage, "scenarios: 11 scenarios: want 2 to 10", append(ask, strings.Fields(strings.Repeat("today ", 11))...)...)
	refused(t, exitUsage, "form.yaml:2: changes[0].close: unknown field", append(ask, "today", form)...)
	refused(t, exitUsage, `scenarios[1]: |fit.yaml:3: changes[0].close.facility: there is no facility "fs-49333-seiche": there is fs-49333-seiches`, append(ask, "today", fit)...)
	refused(t, exitUsage, `tomorrow.yaml is neither a scenario file that can be read nor "today"`, append(ask, "today", "tomorrow.yaml")...)
	refused(t, exitUsage, "draws: want 20 to 10000, or 0 for no verdict, not 5", append(ask, "today", tierce, "--draws", "5")...)
	refused(t, exitUsage, "--notable: threshold", append(ask, "today", tierce, "--notable", "1")...)
	refused(t, exitUsage, `sites: no facility "x" of service france_services: there is `, "shapley", "--on", file, "--service", "france_services", "--sites", "x")
}
