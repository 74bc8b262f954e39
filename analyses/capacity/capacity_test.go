package capacity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The street: A(1), B(2), C(4), D(8), E(16) every 500 m, six minutes on foot; F(32)
// on an island. X(2) lives at A too, in a commune that is not studied. Town halls
// are at A (4 places) and E (100). A third, with 7 places, is in no commune.
func street(t *testing.T, change func(*geodata.Content)) *geodata.Snapshot {
	t.Helper()
	tw := towntest.Town{Drawing: "A----B----C----D----E" + strings.Repeat("\n", 30) + "F-G" + strings.Repeat("\n", 30) + "H-I",
		Ways: map[string]string{"ABCDE": "highway=residential", "FG": "highway=residential", "HI": "highway=residential"}}
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
	col.Values = append(col.Values, geodata.Whole(2))
	c.Population.Columns = []geodata.Column{col}
	four, hundred, seven := 4, 100, 7
	c.Facilities = []geodata.Facility{
		{ID: "f1", Name: "West", Service: "town_hall", Location: tw.Point('A'), Commune: "10001", Status: geodata.Existing, Capacity: &four},
		{ID: "f2", Name: "East", Service: "town_hall", Location: tw.Point('E'), Commune: "10002", Status: geodata.Existing, Capacity: &hundred},
		{ID: "f3", Name: "Nowhere", Service: "town_hall", Location: tw.Point('H'), Status: geodata.Existing, Capacity: &seven},
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

func params() Params {
	within := coverage.Minutes(13)
	return Params{Service: "town_hall", Mode: "foot", Within: &within}
}

func run(t *testing.T, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// f1 has places for A and X, who are at its door, and for one of B, who reach nothing
// else: C go to f2, as near for them. The other of B is left over, and F.
func TestStreetByHand(t *testing.T) {
	s := street(t, nil)
	r := run(t, s, params())
	whole := geodata.Whole
	if diff := cmp.Diff([]geodata.Amount{whole(1), whole(1), whole(4), whole(8), whole(16), 0}, r.Cells.Placed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]geodata.Amount{0, whole(1), 0, 0, 0, whole(32)}, r.Cells.LeftOver); diff != "" {
		t.Error(diff)
	}
	if r.Around != whole(2) {
		t.Errorf("%s people around have a place, want the 2 of X", r.Around)
	}
	near := func(what string, got *float64, want, tolerance float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > tolerance {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	w, e, all := r.Communes[0], r.Communes[1], r.Territory
	near("mean of the west", w.Mean, 60*(0*1+6*1+12*4)/6., 2) // the drawing is rounded to 1 cm
	near("rate of the west", w.Rate, 100*4/7., 1e-12)
	near("rate of the east", e.Rate, 100*100/56., 1e-12)
	near("rate of the territory", all.Rate, 100*104/63., 1e-12)
	want := Row{Code: "10001", Name: geodata.Text{Fr: "West"}, Demand: whole(7), Places: whole(4), Placed: whole(6), LeftOver: whole(1)}
	w.Mean, w.Rate = nil, nil
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
	if w.Demand+e.Demand != all.Demand || w.Places+e.Places != all.Places || w.Placed+e.Placed != all.Placed || w.LeftOver+e.LeftOver != all.LeftOver || e.OutReach != whole(32) {
		t.Errorf("communes do not add up to the territory: %+v, %+v, %+v", w, e, all)
	}
	f1, f2, f3 := r.Facilities[0], r.Facilities[1], r.Facilities[2]
	if f1.Placed != whole(4) || f1.InReach != whole(9) || *f1.Filled != 1 || *f1.Asked != 9./4 || f1.Worth != nil {
		t.Errorf("f1: %+v: want it full, and another place to give somebody one", f1)
	}
	if f2.Placed != whole(28) || *f2.Filled != 0.28 || *f2.Worth != 0 || f3.Placed != 0 || f3.InReach != 0 {
		t.Errorf("f2: %+v, f3: %+v", f2, f3)
	}
	notes := ""
	for _, n := range r.Provenance.Notes {
		notes += n.En + "\n"
	}
	for _, want := range []string{"within 13 min", "2 places go to people around", "33 people are left without a place, 32 of them with no facility in reach"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes lack %q:\n%s", want, notes)
		}
	}
	l := r.Layers(s).Layers
	if len(l) != 3 || l[0].Field("class").Value(1) != "most" || l[0].Field("class").Value(5) != "none" || l[1].Field("rate").Value(0) == nil {
		t.Errorf("%+v", l)
	}
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(run(t, s, params()))
	if string(a) != string(b) {
		t.Error("asked twice, it answers twice otherwise")
	}
}

// A facility for residents only leaves out who lives elsewhere.
func TestResidentsOnly(t *testing.T) {
	s := street(t, func(c *geodata.Content) { c.Facilities[0].Catchment = geodata.OfCommune })
	r := run(t, s, params())
	if r.Around != 0 || r.Cells.Placed[1] != geodata.Whole(2) {
		t.Errorf("placed %v, around %s: want B to have the places that X cannot", r.Cells.Placed, r.Around)
	}
}

func TestTheRateIsOfficialAboveTenThousand(t *testing.T) {
	s := street(t, func(c *geodata.Content) { c.Population.Columns[0].Values[0] = geodata.Whole(10_000) })
	if r := run(t, s, params()); !r.Communes[0].Official || r.Communes[1].Official {
		t.Errorf("%+v: want 10 006 inhabitants to be official, and 56 not", r.Communes)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	s := street(t, func(c *geodata.Content) {
		c.Facilities[2].Capacity = nil
		for _, service := range c.Catalogue {
			delete(service.Within, "bike")
		}
	})
	for want, change := range map[string]func(*Params){
		"capacity: the capacity of f3 is not known":   func(p *Params) {},
		"service: no facility of this service counts": func(p *Params) { p.Service = "social_centre" },
		`service: unknown service "cinema"`:           func(p *Params) { p.Service = "cinema" },
		"statuses: unknown status":                    func(p *Params) { p.Statuses = []geodata.Status{"closed"} },
		"mode: ":                                      func(p *Params) { p.Mode = "rocket"; n := 1; p.Capacity = &n },
		"within: service town_hall has no default":    func(p *Params) { p.Within, p.Mode = nil, "bike" },
		"border: ": func(p *Params) { p.Border = "outside" },
	} {
		p := params()
		change(&p)
		if _, err := Run(context.Background(), s, traveltime.NewNetworks(""), p); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Whatever the homes, sites and times, to the last millionth of a person: everybody
// is placed or left over, and no site is given more than it has.
func TestEverybodyIsSomewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 20).Draw(t, "homes"), rapid.IntRange(1, 6).Draw(t, "sites")
		var homes, sites []string
		var demand, capacity, used []geodata.Amount
		var pairs []matrix.Pair
		for i := range n {
			homes = append(homes, fmt.Sprint(i))
			demand = append(demand, geodata.Amount(rapid.Int64Range(0, 9e6).Draw(t, "demand")))
			for j := range m {
				if at := rapid.Uint32Range(0, 4000).Draw(t, "time"); at < 2500 {
					pairs = append(pairs, matrix.Pair{Home: int32(i), Site: int32(j), Time: traveltime.Time(at)})
				}
			}
		}
		for j := range m {
			sites = append(sites, fmt.Sprint(j))
			capacity = append(capacity, geodata.Whole(rapid.Int64Range(0, 30).Draw(t, "capacity")))
		}
		times, err := matrix.New(homes, sites, pairs)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Place(times, demand, capacity)
		if err != nil {
			t.Fatal(err)
		}
		used = make([]geodata.Amount, m)
		for i := range homes {
			sum := p.LeftOver[i]
			to, _ := times.From(i)
			for w, x := range p.From(i) {
				sum += x
				used[to[w]] += x
			}
			if sum != demand[i] || p.Placed[i] != demand[i]-p.LeftOver[i] {
				t.Fatalf("home %d: %s of %s are somewhere", i, sum, demand[i])
			}
		}
		for j := range sites {
			if used[j] != p.Used[j] || used[j] > capacity[j] || p.Scarce[j] && used[j] < capacity[j] {
				t.Fatalf("site %d: %s used of %s", j, used[j], capacity[j])
			}
		}
	})
}

// A territory that was imported without communes has all the places there are.
func TestWithoutCommunesAllPlacesCount(t *testing.T) {
	s := street(t, func(c *geodata.Content) {
		c.Communes = nil
		for i := range c.Facilities {
			c.Facilities[i].Commune = ""
		}
	})
	r := run(t, s, params())
	var all geodata.Amount
	for _, f := range r.Facilities {
		all += f.Places
	}
	if all == 0 || r.Territory.Places != all || r.Territory.Rate == nil {
		t.Errorf("%s places of %s: %+v", r.Territory.Places, all, r.Territory)
	}
}
