package geodata

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

func amounts(vs ...string) []Amount {
	out := make([]Amount, len(vs))
	for i, v := range vs {
		a, err := ParseAmount(v)
		if err != nil {
			panic(err)
		}
		out[i] = a
	}
	return out
}

func TestAmountIsExact(t *testing.T) {
	for in, want := range map[string]string{
		"12": "12", "12.5": "12.5", "12,5": "12.5", "-3": "-3", "0.0000005": "0.000001", "-0.0000005": "-0.000001",
		"0.00000049": "0", "1e3": "1000", "1.5E2": "150", ".5": "0.5", "123456789012.123456": "123456789012.123456",
	} {
		a, err := ParseAmount(in)
		if err != nil && in != ".5" {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if a.String() != want {
			t.Errorf("%q = %s, want %s", in, a, want)
		}
	}
	for _, in := range []string{"", "NaN", "Inf", "abc", "1/2", "0x10", "1e999999999", "1 2", "--1", "9e18"} {
		if a, err := ParseAmount(in); err == nil {
			t.Errorf("%q was read as %s, want an error", in, a)
		}
	}
}

func TestDemandSharesAddUpExactly(t *testing.T) {
	p := &Population{Cells: make([]Cell, 2), Columns: []Column{
		{"ind_0_3", amounts("4", "1")}, {"ind_4_5", amounts("2", "0")}, {"ind_6_10", amounts("5", "0")}, {"ind_11_17", amounts("7", "1")},
	}}
	alsh, err := DefaultCatalogue().Service("alsh")
	if err != nil {
		t.Fatal(err)
	}
	got, used, err := alsh.Count(p)
	if err != nil || used.Estimated {
		t.Fatal(err, used)
	}
	// 1/4·4 + 2 + 5 + 1/7·7 = 9; 1/4 + 1/7 = 11/28 = 0.392857 142…
	if diff := cmp.Diff(amounts("9", "0.392857"), got); diff != "" {
		t.Error(diff)
	}
}

func TestCoarseGridGivesEstimatedDemand(t *testing.T) {
	p := &Population{Cells: make([]Cell, 1), Columns: []Column{{"ind", amounts("100")}, {"y_lt15", amounts("15")}, {"y_1564", amounts("50")}, {"y_ge65", amounts("35")}}}
	want := map[string]struct {
		n         string
		estimated bool
	}{"creche": {"3", true}, "alsh": {"9", true}, "youth": {"7", true}, "senior": {"35", false}, "town_hall": {"100", false}}
	for id, w := range want {
		s, _ := DefaultCatalogue().Service(id)
		got, used, err := s.Count(p)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].String() != w.n || used.Estimated != w.estimated {
			t.Errorf("%s: %s people, estimated %v; want %s, %v", id, got[0], used.Estimated, w.n, w.estimated)
		}
	}
	s, _ := DefaultCatalogue().Service("creche")
	_, _, err := s.Count(&Population{})
	if err == nil || !strings.Contains(err.Error(), "ind_0_3") {
		t.Errorf("a grid without ages must name the missing column, got %v", err)
	}
}

// town is a small but complete content, in an order drawn by r.
func town(r *rand.Rand) Content {
	c := Content{Territory: Territory{ID: "t", Name: "Town"}, Catalogue: DefaultCatalogue()}
	for _, i := range r.Perm(5) {
		c.Communes = append(c.Communes, Commune{Code: string(rune('a' + i)), Study: i > 2})
	}
	values := []Amount{}
	for _, i := range r.Perm(6) {
		c.Population.Cells = append(c.Population.Cells, Cell{ID: string(rune('a' + i)), Centre: orb.Point{float64(i), 1}})
		values = append(values, Whole(int64(i)))
	}
	c.Population.Columns = []Column{{"ind", values}}
	at := map[int]int32{}
	for k, i := range r.Perm(7) {
		c.Roads.Nodes = append(c.Roads.Nodes, RoadNode{ID: int64(10 * i), Lon: int32(i)})
		at[i] = int32(k)
	}
	for _, i := range r.Perm(6) {
		c.Roads.Ways = append(c.Roads.Ways, Way{ID: int64(i), Nodes: []int32{at[i], at[i+1]}, Tags: Tags{{"highway", "residential"}}})
	}
	for _, i := range r.Perm(3) {
		c.Roads.Tagged = append(c.Roads.Tagged, TaggedNode{at[2*i], Tags{{"barrier", "gate"}}})
		c.Facilities = append(c.Facilities, Facility{ID: string(rune('x' + i)), Service: "creche", Status: Existing})
	}
	return c
}

func TestSnapshotIDDependsOnContentNotOrder(t *testing.T) {
	first, err := NewSnapshot(town(rand.New(rand.NewPCG(1, 1))))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		s, err := NewSnapshot(town(rand.New(rand.NewPCG(seed, 2))))
		if err != nil {
			t.Fatal(err)
		}
		if s.ID() != first.ID() {
			t.Fatalf("seed %d: records in another order gave another id", seed)
		}
		if diff := cmp.Diff(first.Content(), s.Content()); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestSnapshotIDSeesEveryChange(t *testing.T) {
	base, err := NewSnapshot(town(rand.New(rand.NewPCG(1, 1))))
	if err != nil {
		t.Fatal(err)
	}
	places := 12
	changes := map[string]func(*Content){
		"name":       func(c *Content) { c.Territory.Name = "Other" },
		"modelled":   func(c *Content) { c.Territory.Modelled = true },
		"catalogue":  func(c *Content) { c.Catalogue[0].Within = map[string][]int{"car": {11}} },
		"outline":    func(c *Content) { c.Communes[0].Outline = orb.MultiPolygon{{}} },
		"study":      func(c *Content) { c.Communes[0].Study = true },
		"cell":       func(c *Content) { c.Population.Cells[0].Imputed = true },
		"count":      func(c *Content) { c.Population.Columns[0].Values = amounts("9", "1", "2", "3", "4", "5") },
		"capacity":   func(c *Content) { c.Facilities[0].Capacity = &places },
		"hours":      func(c *Content) { c.Facilities[0].Hours = &WeeklyHours{} },
		"road nodes": func(c *Content) { c.Roads.Nodes = append([]RoadNode{{ID: 99}}, c.Roads.Nodes...); fixup(c) },
	}
	seen := map[string]string{base.ID(): "base"}
	for name, change := range changes {
		c := base.Content()
		change(&c)
		s, err := NewSnapshot(c)
		if err != nil {
			t.Fatal(name, err)
		}
		if other, ok := seen[s.ID()]; ok {
			t.Errorf("%s gives the same id as %s", name, other)
		}
		seen[s.ID()] = name
	}
	again, err := NewSnapshot(base.Content())
	if err != nil || again.ID() != base.ID() {
		t.Error("the unchanged content must keep its id", err)
	}
}

// fixup moves the ways' nodes by one after a node was put in front.
func fixup(c *Content) {
	ways := make([]Way, len(c.Roads.Ways))
	for i, w := range c.Roads.Ways {
		ways[i] = Way{w.ID, []int32{w.Nodes[0] + 1, w.Nodes[1] + 1}, w.Tags}
	}
	tagged := make([]TaggedNode, len(c.Roads.Tagged))
	for i, n := range c.Roads.Tagged {
		tagged[i] = TaggedNode{n.Node + 1, n.Tags}
	}
	c.Roads.Ways, c.Roads.Tagged = ways, tagged
}

func TestSnapshotRefusesWhatDoesNotHoldTogether(t *testing.T) {
	for want, breakIt := range map[string]func(*Content){
		"cell a appears twice":            func(c *Content) { c.Population.Cells[1].ID = "a" },
		"is negative":                     func(c *Content) { c.Population.Columns[0].Values[0] = -1 },
		"has 1 values for 6 cells":        func(c *Content) { c.Population.Columns[0].Values = amounts("1") },
		"unknown service \"cinema\"":      func(c *Content) { c.Facilities[0].Service = "cinema" },
		"through a node that is not":      func(c *Content) { c.Roads.Ways[0].Nodes = []int32{0, 99} },
		"not a longitude in ±180 and a l": func(c *Content) { c.Facilities[0].Location = orb.Point{0, 91} },
		"id is missing":                   func(c *Content) { c.Territory.ID = "" },
	} {
		base, err := NewSnapshot(town(rand.New(rand.NewPCG(1, 1))))
		if err != nil {
			t.Fatal(err)
		}
		c := base.Content()
		breakIt(&c)
		if _, err := NewSnapshot(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestWeeklyHoursReadBackWhatTheyWrite(t *testing.T) {
	w, err := ParseWeeklyHours("Mo-Tu,Th 08:30-12:00,13:30-17:00; We,Fr 8:30-12:00; Su off")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.Minutes(), 3*(210+210)+2*210; got != want {
		t.Errorf("%d minutes a week, want %d", got, want)
	}
	again, err := ParseWeeklyHours(w.String())
	if err != nil || cmp.Diff(w, again) != "" {
		t.Error(w, again, err)
	}
	for _, bad := range []string{"PH off", "Mo 12:00-08:00", "Mo 08:00-10:00,09:00-11:00", "Mo 25:00-26:00", "Jan-Mar Mo 08:00-12:00"} {
		if _, err := ParseWeeklyHours(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
