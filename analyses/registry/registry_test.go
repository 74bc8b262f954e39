package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// TestAnAnswerByNameIsTheAnalysissOwn asks every analysis by name and directly.
func TestAnAnswerByNameIsTheAnalysissOwn(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	ctx, nets := t.Context(), traveltime.NewNetworks("")
	at := orb.Point{-0.25, 47.67}
	direct := map[string]func() (any, error){
		"coverage": func() (any, error) {
			return coverage.Run(ctx, s, nets, coverage.Params{Service: "creche", Mode: "bike", Within: []coverage.Threshold{coverage.Minutes(10)}})
		},
		"isochrone": func() (any, error) {
			return isochrone.Run(ctx, s, nets, isochrone.Params{At: &at})
		},
		"uncertainty": func() (any, error) {
			return uncertainty.Run(ctx, s, nets, uncertainty.Params{Params: coverage.Params{Service: "creche"}, Draws: 20, Seed: 7}, nil)
		},
	}
	params := map[string]string{
		"coverage":    `{"service":"creche","mode":"bike","within":["10m"]}`,
		"isochrone":   `{"at":[-0.25,47.67]}`,
		"uncertainty": `{"service":"creche","draws":20,"seed":7}`,
	}
	layers := map[string]string{"coverage": "coverage_cells", "isochrone": "isochrone", "uncertainty": "uncertainty_communes"}
	for name, ask := range direct {
		a, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		wantJSON, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			calls := 0
			got, err := a.Run(ctx, s, nets, []byte(params[a.Name]), func(int, int) { calls++ })
			if err != nil {
				t.Fatalf("%s: %v", a.Name, err)
			}
			gotJSON, err := got.JSON()
			if err != nil || !bytes.Equal(gotJSON, wantJSON) {
				t.Errorf("%s: by name %.200s, directly %.200s, %v", a.Name, gotJSON, wantJSON, err)
			}
			l := got.Layers()
			if l.Provenance.Snapshot != s.ID() || !slices.ContainsFunc(l.Layers, func(l geodata.Layer) bool { return l.Name == layers[a.Name] }) {
				t.Errorf("%s: no layer %s of %s", a.Name, layers[a.Name], s.ID())
			}
			if a.Name == "uncertainty" && calls != 20 {
				t.Errorf("progress was told %d times of 20 draws", calls)
			}
		}
	}
}

func TestParamsAreSpeltAlike(t *testing.T) {
	for name, c := range map[string]struct{ analysis, raw, want string }{
		"nothing":          {"coverage", "", `{"service":"","mode":"","within":null,"statuses":null}`},
		"order and spaces": {"coverage", ` { "within" : [ "600s" ], "service" : "creche" } `, `{"service":"creche","mode":"","within":["10m"],"statuses":null}`},
		"defaults":         {"uncertainty", `{"service":"creche"}`, `{"service":"creche","mode":"","within":null,"statuses":null,"draws":200,"seed":1}`},
		"seed":             {"uncertainty", `{"seed":18446744073709551615}`, `{"service":"","mode":"","within":null,"statuses":null,"draws":200,"seed":18446744073709551615}`},
		"a point":          {"isochrone", `{"at":[-0.25,47.67]}`, `{"at":[-0.25,47.67],"mode":"","direction":"","within":null}`},
	} {
		a, err := Get(c.analysis)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.Params([]byte(c.raw)); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestWordsAreParams(t *testing.T) {
	for _, c := range []struct {
		analysis string
		words    map[string]string
		want     string
	}{
		{"coverage", map[string]string{"service": "creche", "within": "10m, 15m", "statuses": "existing"}, `{"service":"creche","mode":"","within":["10m","15m"],"statuses":["existing"]}`},
		{"coverage", map[string]string{"service": "123"}, `{"service":"123","mode":"","within":null,"statuses":null}`},
		{"isochrone", map[string]string{"at": "-0.25,47.67", "direction": "from"}, `{"at":[-0.25,47.67],"mode":"","direction":"from","within":null}`},
		{"coverage", map[string]string{"within": `["10m"]`}, `{"service":"","mode":"","within":["10m"],"statuses":null}`},
		{"uncertainty", map[string]string{"draws": "50", "a": "x,y"}, `{"service":"","mode":"","within":null,"statuses":null,"draws":50,"seed":1,"a":["x","y"]}`},
	} {
		a, err := Get(c.analysis)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.FromWords(c.words); err != nil || string(got) != c.want {
			t.Errorf("%v: %s, %v; want %s", c.words, got, err, c.want)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	raw := func(analysis, raw string) func() error {
		return func() error {
			a, err := Get(analysis)
			if err == nil {
				_, err = a.Params([]byte(raw))
			}
			return err
		}
	}
	words := func(analysis, name, word string) func() error {
		return func() error {
			a, err := Get(analysis)
			if err == nil {
				_, err = a.FromWords(map[string]string{name: word})
			}
			return err
		}
	}
	for want, f := range map[string]func() error{
		`analysis: unknown analysis "isocrone": want coverage, isochrone, `:                 raw("isocrone", ""),
		`servcie: coverage has no such parameter: it has service, mode, within, statuses`:   raw("coverage", `{"servcie":"creche"}`),
		`draw: uncertainty has no such parameter: it has service, mode, within, statuses, `: words("uncertainty", "draw", "10"),
		`within: want a list, not a JSON string`:                                            raw("coverage", `{"within":"10m"}`),
		`draws: want a whole number, not a JSON string`:                                     raw("uncertainty", `{"draws":"10"}`),
		`draws: want a whole number, not a JSON number 1.5`:                                 raw("uncertainty", `{"draws":1.5}`),
		`seed: want a whole number from 0, not a JSON number -1`:                            raw("uncertainty", `{"seed":-1}`),
		`service: want a text, not a JSON number`:                                           raw("uncertainty", `{"service":7}`),
		`within: threshold "10": want a duration with its unit`:                             raw("coverage", `{"within":["10"]}`),
		`within: want a text, not a JSON number`:                                            raw("coverage", `{"within":[10]}`),
		`within: threshold "0m": want a duration`:                                           raw("isochrone", `{"within":[null]}`),
		`within: threshold "ten": want a duration`:                                          words("isochrone", "within", "10m,ten"),
		`params: unexpected EOF`:                                                            raw("coverage", `{"service":`),
		`params: want one JSON object and nothing after it`:                                 raw("coverage", `{} {}`),
		`draws: "many": want a whole number`:                                                words("uncertainty", "draws", "many"),
		`at: "-0.25": want 2 numbers with a comma between them, not 1`:                      words("isochrone", "at", "-0.25"),
		`at: "west": want a number`:                                                         words("isochrone", "at", "west,north"),
	} {
		err := f()
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, analyses.ErrParams) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

// FuzzParams: whatever is taken is spelt so that it is taken again, the same.
func FuzzParams(f *testing.F) {
	for _, s := range []string{`{"service":"creche","within":["10m"]}`, `{"at":[-0.25,47.67]}`, `{"draws":20,"a":["x"]}`, `{"at":null}`, `[]`, `{"within":[null]}`, `{"scenario":{"name":"x","changes":[{"close":{"facility":"a"}}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, a := range All() {
			once, err := a.Params(raw)
			if err != nil {
				if !errors.Is(err, analyses.ErrParams) {
					t.Errorf("%s: %v is no ParamError", a.Name, err)
				}
				continue
			}
			if twice, err := a.Params(once); err != nil || !bytes.Equal(once, twice) {
				t.Errorf("%s: %s became %s, %v", a.Name, once, twice, err)
			}
		}
	})
}
