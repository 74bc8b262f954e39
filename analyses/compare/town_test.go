package compare

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// A street of 1.8 km. People walk from a letter to the next, 450 m, in 324 seconds;
// cells hold powers of two, so that a sum names who is in it.
//
//	West | East
//	A(1) ---- B(2) ---- C(4) ---- D(8) ---- E(16)
//
// The town hall is at A; another is planned at E, and D is a candidate. A lane that
// nobody needs leads from C to X.
var drawing = towntest.Town{Spacing: 90, Drawing: "A----B----C----D----E\n          X", Ways: map[string]string{
	"AB": "highway=residential", "BC": "highway=residential", "CD": "highway=residential", "DE": "highway=residential", "CX": "highway=living_street"}}

func content() geodata.Content {
	tw := drawing
	commune := func(code, name string, from, to float64) geodata.Commune {
		a, b := tw.At(from, 2), tw.At(to, -2)
		return geodata.Commune{Code: code, Name: name, Study: true, Outline: orb.MultiPolygon{orb.Bound{Min: a, Max: b}.ToPolygon()}}
	}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "street", Name: "Street"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{commune("10001", "West", -2, 12), commune("10002", "East", 12, 22)},
	}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDE" {
		code := "10001"
		if letter > 'C' {
			code = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: code, Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Facilities = []geodata.Facility{
		{ID: "hall", Service: "town_hall", Location: tw.Point('A'), Commune: "10001", Status: geodata.Existing},
		{ID: "plan", Service: "town_hall", Location: tw.Point('E'), Commune: "10002", Status: geodata.Planned},
		{ID: "idea", Service: "town_hall", Location: tw.Point('D'), Commune: "10002", Status: geodata.Candidate},
	}
	return c
}

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scenarios are one for each list of changes, separated by semicolons.
func scenarios(t testing.TB, lists ...string) (out Scenarios) {
	t.Helper()
	for _, list := range lists {
		text := "changes: []"
		if list != "" {
			text = "changes:\n  - " + strings.Join(strings.Split(list, "; "), "\n  - ")
		}
		sc, err := scenario.Parse("", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sc)
	}
	return out
}

// Scenarios of the street.
const (
	today  = ""
	openD  = "open: {facility: idea}"
	openE  = "open: {facility: plan}"
	moveE  = "open: {facility: plan}; close: {facility: hall}"
	closed = "close_road: {way: 4}" // from C to X, where nobody goes
)

func question(t testing.TB, lists ...string) Params {
	return Params{Service: "town_hall", Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(7)}, Scenarios: scenarios(t, lists...)}
}

func run(t testing.TB, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole64 are amounts in whole people.
func whole64(n ...int64) (out []geodata.Amount) {
	for _, v := range n {
		out = append(out, geodata.Whole(v))
	}
	return out
}

func says(texts []geodata.Text, lang string) (out []string) {
	for _, x := range texts {
		out = append(out, strings.ReplaceAll(x.In(lang), "\u202f", " "))
	}
	return slices.Clip(out)
}
