package scenario

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// A street of two kilometres with a shortcut from A to E that only feet may use.
// People walk 500 m in six minutes; cells hold powers of two, so that a sum names
// who is in it.
//
//	West | East
//	A(1) ---- B(2) ---- C(4) ---- D(8) ---- E(16)   each 500 m
//
// In 2021 West has 14 people and East 12, in 2018 West has 10 and nobody tells of East.
// The nursery is at A; a second is planned at E, a third a candidate at C. The
// town hall of West is at B; East has none.
func street(t testing.TB) (towntest.Town, *geodata.Snapshot) {
	t.Helper()
	tw := towntest.Town{Drawing: "A----B----C----D----E", Ways: map[string]string{
		"AB": "highway=residential name=Rue", "BC": "highway=secondary ref=D5", "CD": "highway=secondary", "DE": "highway=residential"}}
	commune := func(code, name string, from, to float64) geodata.Commune {
		a, b := tw.At(from, 2), tw.At(to, -2)
		return geodata.Commune{Code: code, Name: name, Study: true, Outline: orb.MultiPolygon{orb.Bound{Min: a, Max: b}.ToPolygon()}}
	}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "street", Name: "Street"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{commune("10001", "West", -2, 12), commune("10002", "East", 12, 22)},
	}
	ind, young := geodata.Column{Name: "ind"}, geodata.Column{Name: "ind_0_3"}
	for i, letter := range "ABCDE" {
		code := "10001"
		if letter > 'C' {
			code = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: code, Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
		young.Values = append(young.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind, young}
	c.Census = []geodata.CensusRow{{Commune: "10001", Year: 2018, To: geodata.AndOver, Persons: geodata.Whole(10)}, {Commune: "10001", Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(14)},
		{Commune: "10002", Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(12)}}
	places := 10
	c.Facilities = []geodata.Facility{
		{ID: "nursery", Service: "creche", Location: tw.Point('A'), Commune: "10001", Status: geodata.Existing, Capacity: &places},
		{ID: "plan", Service: "creche", Location: tw.Point('E'), Commune: "10002", Status: geodata.Planned},
		{ID: "idea", Service: "creche", Location: tw.Point('C'), Commune: "10001", Status: geodata.Candidate},
		{ID: "hall", Service: "town_hall", Location: tw.Point('B'), Commune: "10001", Status: geodata.Existing},
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return tw, s
}

func parse(t testing.TB, text string) *Scenario {
	t.Helper()
	sc, err := Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// changes is a scenario of changes, one a line.
func changes(t testing.TB, lines ...string) *Scenario {
	t.Helper()
	return parse(t, "changes:\n  - "+strings.Join(lines, "\n  - "))
}

func apply(t testing.TB, s *geodata.Snapshot, nets *traveltime.Networks, sc *Scenario) *World {
	t.Helper()
	w, err := Apply(context.Background(), s, nets, sc)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// times are those of the cells in whole seconds, on foot to the nearest nursery.
func times(t testing.TB, s *geodata.Snapshot, nets *traveltime.Networks, p coverage.Params) string {
	t.Helper()
	p.Service, p.Mode = "creche", "foot"
	r, err := coverage.Run(context.Background(), s, nets, p)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, time := range r.Cells.Times {
		if sec, ok := time.Seconds(); ok {
			out = append(out, trim(sec))
		} else {
			out = append(out, time.State())
		}
	}
	return strings.Join(out, " ")
}

func trim(seconds float64) string {
	b, _ := json.Marshal(float64(int(seconds + 0.5))) //nolint:errcheck // a number
	return string(b)
}
