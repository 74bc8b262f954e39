package registry

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// TestEveryAnalysisCanBeOfferedAnywhere: the command line, the API and its
// description know an analysis by nothing but this.
func TestEveryAnalysisCanBeOfferedAnywhere(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	// The command line and the API have these themselves.
	taken := []string{"on", "territory", "vintage", "out", "overwrite", "json", "lang", "quiet", "help", "version", "format", "layer"}
	var names []string
	for _, a := range All() {
		if !word.MatchString(a.Name) || slices.Contains(names, a.Name) {
			t.Errorf("analysis %q: want a name of its own, in small letters", a.Name)
		}
		names = append(names, a.Name)
		if a.Title.Fr == "" || a.Title.En == "" {
			t.Errorf("%s: its title is %+v: want it in French and English", a.Name, a.Title)
		}
		if len(a.Parameters()) == 0 {
			t.Errorf("%s has no parameters", a.Name)
		}
		var params []string
		for _, p := range a.Parameters() {
			if !word.MatchString(p.Name) || slices.Contains(params, p.Name) || slices.Contains(taken, p.Name) {
				t.Errorf("%s: parameter %q: want a name in small letters, once, and none of %v: set its json tag", a.Name, p.Name, taken)
			}
			params = append(params, p.Name)
			if p.Doc == "" || strings.ContainsAny(p.Doc, "`$") || strings.HasSuffix(p.Doc, ".") {
				t.Errorf("%s: parameter %s: doc %q: want a text without a full stop, ` and $", a.Name, p.Name, p.Doc)
			}
		}
		if _, err := a.Params(nil); err != nil {
			t.Errorf("%s: its defaults are not its parameters: %v", a.Name, err)
		}
	}
}

func TestParametersAreDescribed(t *testing.T) {
	type own struct {
		Centre [2]float64        `json:"centre" doc:"a point"`
		Share  *float64          `json:"share,omitempty" doc:"a share"`
		Exact  bool              `json:"exact" doc:"or about"`
		Moves  []struct{ X int } `json:"moves" doc:"what moves" atonce:"9"`
		Grid   [][]int           `json:"grid" doc:"rows"`
		Weight map[string]int    `json:"weight" doc:"by name"`
		Hidden string            `json:"-"`
	}
	a := Analysis{Name: "own", about: question[own]{silent: own{Exact: true}}}
	want := []Param{
		{Name: "centre", Doc: "a point", Type: "number", List: true, AtOnce: 2},
		{Name: "share", Doc: "a share", Type: "number"},
		{Name: "exact", Doc: "or about", Type: "boolean", Default: []byte("true")},
		{Name: "moves", Doc: "what moves", Type: "object", List: true, AtOnce: 9},
		{Name: "grid", Doc: "rows", Type: "array", List: true},
		{Name: "weight", Doc: "by name", Type: "object"},
		scenarioParam,
	}
	if diff := cmp.Diff(want, a.Parameters()); diff != "" {
		t.Error(diff)
	}
	raw, err := a.FromWords(map[string]string{"centre": "-0.5,47", "share": "0.25", "exact": "false", "moves": `[{"X":1},{"X":2}]`, "grid": `[[1,2],[3]]`, "weight": `{"a":1}`})
	if got, want := string(raw), `{"centre":[-0.5,47],"share":0.25,"exact":false,"moves":[{"X":1},{"X":2}],"grid":[[1,2],[3]],"weight":{"a":1}}`; got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	u, err := Get("uncertainty")
	if err != nil {
		t.Fatal(err)
	}
	ps := u.Parameters()
	if p := ps[0]; p.Name != "service" || !p.Required || p.Type != "string" || p.List { // of the embedded question
		t.Errorf("%+v", p)
	}
	if p := ps[2]; p.Name != "within" || p.Required || p.Type != "string" || !p.List || p.AtOnce != 12 {
		t.Errorf("%+v", p)
	}
	if p := ps[slices.IndexFunc(ps, func(p Param) bool { return p.Name == "draws" })]; p.Type != "integer" || string(p.Default) != "200" || p.AtOnce != 500 {
		t.Errorf("%+v", p)
	}
}

// Who leaves out what is required is told so by the analysis.
func TestWhatIsRequiredIsNoDefault(t *testing.T) {
	s, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t", Name: "T"}, Catalogue: geodata.DefaultCatalogue()})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range All() {
		if !slices.ContainsFunc(a.Parameters(), func(p Param) bool { return p.Required }) {
			continue
		}
		if _, err := a.Run(context.Background(), s, traveltime.NewNetworks(""), nil, nil); err == nil {
			t.Errorf("%s answers without what is required", a.Name)
		}
	}
}
