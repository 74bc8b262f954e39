package access

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The street: A(1), B(2), C(4), D(8), E(16) every 500 m, six minutes on foot; F(32)
// on an island. X(1000) lives at A too, in a commune that is not studied. Nurseries
// are at A (30 places) and E (15).
func street(t *testing.T, change func(*geodata.Content)) *geodata.Snapshot {
	t.Helper()
	tw := towntest.Town{Drawing: "A----B----C----D----E" + strings.Repeat("\n", 30) + "F-G", Ways: map[string]string{"ABCDE": "highway=residential", "FG": "highway=residential"}}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}, {Code: "10003", Name: "Abroad"}},
	}
	col := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDEF" {
		commune := "10001"
		if letter > 'C' {
			commune = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: commune, Study: true})
		col.Values = append(col.Values, geodata.Whole(1<<i))
	}
	c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: "X", Centre: tw.Point('A'), Commune: "10003"})
	col.Values = append(col.Values, geodata.Whole(1000))
	c.Population.Columns = []geodata.Column{col}
	thirty, fifteen := 30, 15
	c.Facilities = []geodata.Facility{
		{ID: "f1", Name: "West", Service: "town_hall", Location: tw.Point('A'), Commune: "10001", Status: geodata.Existing, Capacity: &thirty},
		{ID: "f2", Name: "East", Service: "town_hall", Location: tw.Point('E'), Commune: "10002", Status: geodata.Existing, Capacity: &fifteen},
	}
	if change != nil {
		change(&c)
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func within(minutes int) Params {
	return Params{Service: "town_hall", Mode: "foot", Method: TwoStep, Steps: Steps{{coverage.Minutes(minutes), 1}}}
}

func run(t *testing.T, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTerritoryByHand(t *testing.T) {
	s := street(t, nil)
	r := run(t, s, within(13)) // A, B, C and X reach f1; C, D and E reach f2
	f1, f2 := 30./1007, 15./28
	near(t, "score", r.Cells.Scores, f1, f1, f1+f2, f2, f2, 0)
	if diff := cmp.Diff([]string{"reached", "reached", "reached", "reached", "reached", "unreached"}, r.Cells.States); diff != "" {
		t.Error(diff)
	}
	near(t, "communes", []*float64{r.Communes[0].Mean, r.Communes[1].Mean, r.Territory.Mean}, (7*f1+4*f2)/7, 24*f2/56, (7*f1+28*f2)/63)
	if w, e, all := r.Communes[0], r.Communes[1], r.Territory; w.Places+e.Places != all.Places || w.Demand+e.Demand != all.Demand || e.Unreached != geodata.Whole(32) || all.Unreached != geodata.Whole(32) {
		t.Errorf("communes do not add up to the territory: %+v, %+v, %+v", w, e, all)
	}
	if r.Sites[0].InReach != geodata.Whole(1007) || r.Sites[1].InReach != geodata.Whole(28) || r.Check.Supply != geodata.Whole(45) || math.Abs(r.Check.Difference) > 1e-12 {
		t.Errorf("%+v, %+v", r.Sites, r.Check)
	}
	l := r.Layers(s)
	if len(l.Layers) != 3 || l.Layers[0].Field("class").Value(5) != "unreached" || l.Layers[0].Field("class").Value(2) != "much_better" {
		t.Errorf("%+v", l.Layers[0])
	}
	notes := ""
	for _, n := range r.Provenance.Notes {
		notes += n.En + "\n"
	}
	for _, want := range []string{"The people around (1000) share the same places.", "50.8 % of the people concerned have no facility in reach."} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes lack %q:\n%s", want, notes)
		}
	}
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(run(t, s, within(13)))
	if string(a) != string(b) {
		t.Error("asked twice, it answers twice otherwise")
	}
}

func TestEveryMethodOfATerritory(t *testing.T) {
	s := street(t, nil)
	for _, m := range methods {
		r := run(t, s, Params{Service: "town_hall", Mode: "foot", Method: m})
		if math.Abs(r.Check.Difference) > 1e-9 || r.Check.Supply != geodata.Whole(45) {
			t.Errorf("%s: %+v", m, r.Check)
		}
		if got := r.Cells.Scores[5]; m == RAAM && got != nil || m != RAAM && *got != 0 {
			t.Errorf("%s: the island has score %v", m, got)
		}
	}
	if p := run(t, s, Params{Service: "town_hall"}).Params; p.Method != Enhanced || p.Mode != "car" || p.Steps[1].String() != "20m:0.68" {
		t.Errorf("defaults: %+v", p)
	}
}

func TestCapacities(t *testing.T) {
	zero, five, less := 0, 5, -1
	unknown := street(t, func(c *geodata.Content) { c.Facilities[1].Capacity = nil })
	none := street(t, func(c *geodata.Content) { c.Facilities[0].Capacity, c.Facilities[1].Capacity = &zero, &zero })
	p := within(13)
	for want, c := range map[string]struct {
		s        *geodata.Snapshot
		capacity *int
		service  string
	}{
		"capacity: the capacity of f2 is not known: import it, or name one that counts": {unknown, nil, "town_hall"},
		"capacity: no facility has any capacity: 2 of them have 0":                      {none, nil, "town_hall"},
		"capacity: -1: want a number of places, 0 or more":                              {unknown, &less, "town_hall"},
		"service: no facility of this service counts":                                   {unknown, nil, "social_centre"},
		"service: ": {unknown, nil, "creche"},
	} {
		q := p
		q.Capacity, q.Service = c.capacity, c.service
		_, err := Run(context.Background(), c.s, traveltime.NewNetworks(""), q)
		if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	p.Capacity = &five
	r := run(t, unknown, p)
	if r.Sites[1].Site.Capacity != geodata.Whole(5) || r.Check.Supply != geodata.Whole(35) {
		t.Errorf("%+v", r.Sites)
	}
	if n := r.Provenance.Notes; len(n) == 0 || n[0].En != "Capacity of 1 facility not known: taken as 5." {
		t.Errorf("%+v", n)
	}
	half := street(t, func(c *geodata.Content) { c.Facilities[1].Capacity = &zero })
	if r := run(t, half, within(13)); *r.Sites[1].Ratio != 0 || r.Sites[1].Saturation != nil || *r.Cells.Scores[4] != 0 {
		t.Errorf("a facility of no places has a ratio of 0, and no saturation: %+v", r.Sites[1])
	}
}
