package fragility

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/towntest"
)

// The street, walked: the town hall at A, then homes at A to E, 600 m (some 7 minutes) apart.
// A and B are the West, C and D the East, E a village of its own.
//
//	A-----B-----C-----D-----E
var street = towntest.Town{Drawing: "A-----B-----C-----D-----E", Ways: map[string]string{"ABCDE": "highway=residential"}}

// along puts a cell at each of the first letters, with columns of as many values.
func along(columns map[string][]int64) geodata.Content {
	c := geodata.Content{Territory: geodata.Territory{ID: "pays"}, Catalogue: geodata.DefaultCatalogue(), Roads: street.Roads(),
		Communes:   []geodata.Commune{{Code: "10001", Name: "Ouest", Study: true}, {Code: "10002", Name: "Est", Study: true}, {Code: "10003", Name: "Bout", Study: true}},
		Facilities: []geodata.Facility{{ID: "hall", Service: "town_hall", Status: geodata.Existing, Location: street.Point('A')}}}
	for name, values := range columns {
		col := geodata.Column{Name: name}
		for _, v := range values {
			col.Values = append(col.Values, geodata.Whole(v))
		}
		c.Population.Columns = append(c.Population.Columns, col)
	}
	for i := range columns["ind"] {
		letter := byte('A' + i)
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: street.Point(letter), Study: true, Commune: c.Communes[i/2].Code})
	}
	return c
}

func seal(t *testing.T, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t *testing.T, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	if p.Mode == "" {
		p.Mode = "foot"
	}
	r, err := Run(t.Context(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func weight(w float64) *float64 { return &w }

func numbers(values []*float64) (out []float64) {
	for _, v := range values {
		if v == nil {
			out = append(out, -1)
		} else {
			out = append(out, *v)
		}
	}
	return out
}

var nearly = cmpopts.EquateApprox(0, 1e-9)

// Four cells of ten people and ten households. By poverty B and C tie; by people
// alone the order is D, C, B, A; by distance A, B, C, D. With ten of forty below
// a half of its own, the k-th of four has rank 12.5, 37.5, 62.5 or 87.5.
func TestScoreByHand(t *testing.T) {
	c := along(map[string][]int64{"ind": {10, 10, 10, 10}, "men": {10, 10, 10, 10}, "men_pauv": {0, 2, 2, 6}, "men_1ind": {8, 4, 2, 0}})
	s := seal(t, c)
	r := run(t, s, Params{})
	for k, want := range [][]float64{{12.5, 50, 50, 87.5}, {87.5, 62.5, 37.5, 12.5}, {12.5, 37.5, 62.5, 87.5}} {
		if diff := cmp.Diff(want, numbers(r.Cells.Ranks[k]), nearly); diff != "" {
			t.Errorf("%s: %s", r.Components[k].Name, diff)
		}
	}
	if diff := cmp.Diff([]float64{37.5, 50, 50, 62.5}, numbers(r.Cells.Score), nearly); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"single_parents", "aged", "no_car"}, r.Missing); diff != "" {
		t.Error(diff)
	}
	west, bout := r.Communes[0], r.Communes[2]
	if *west.Score != 43.75 || *west.Values[0] != 10 || *west.Values[1] != 60 || *west.Ranks[0] != 31.25 || *r.Territory.Score != 50 {
		t.Errorf("%+v", west)
	}
	if bout.Score != nil || bout.Values[0] != nil || bout.Population != 0 {
		t.Errorf("nobody lives there: %+v", bout)
	}
	if diff := cmp.Diff([]int{1, 3, 3, 5}, r.Cells.Quintiles); diff != "" {
		t.Error(diff)
	}
	// Poverty twice, distance not at all.
	r = run(t, s, Params{Poverty: weight(2), Far: weight(0)})
	if diff := cmp.Diff([]float64{112.5 / 3, 162.5 / 3, 137.5 / 3, 187.5 / 3}, numbers(r.Cells.Score), nearly); diff != "" {
		t.Error(diff)
	}
	if len(r.Components) != 2 || slices.Contains(r.Missing, "far") {
		t.Errorf("%+v, missing %v", r.Components, r.Missing)
	}
}

// A cell without households has no share of them, and its score is of what it has.
func TestACellWithoutHouseholds(t *testing.T) {
	r := run(t, seal(t, along(map[string][]int64{"ind": {10, 30}, "men": {5, 0}, "men_pauv": {5, 0}})), Params{})
	if got := numbers(r.Cells.Ranks[0]); got[0] != 50 || got[1] != -1 {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff([]float64{(50 + 12.5) / 2, 62.5}, numbers(r.Cells.Score), nearly); diff != "" {
		t.Error(diff)
	}
}

// Nobody is farther than an hour: who is not reached at all is as far. Two services
// count alike.
func TestFarIsAnHourAtMost(t *testing.T) {
	c := along(map[string][]int64{"ind": {1, 1, 1}})
	c.Population.Cells[2].Centre = street.At(0, 900) // 90 km away
	c.Facilities = append(c.Facilities, geodata.Facility{ID: "fs", Service: "france_services", Status: geodata.Existing, Location: street.Point('B')})
	r := run(t, seal(t, c), Params{})
	if diff := cmp.Diff([]string{"town_hall", "france_services"}, r.Params.Services); diff != "" {
		t.Fatal(diff)
	}
	got := numbers(r.Cells.Values[0])
	if math.Abs(got[0]-got[1]) > 0.001 || got[2] != 3600 || got[0] < 150 || got[0] > 300 { // half of some 7 minutes
		t.Errorf("%v seconds", got)
	}
}

// At A three in four households have a car, at B and D unknown ones; from C on it is
// over 12 minutes to the hall. Powers of two tell who is on the list.
func TestIsolatedPeopleAreFarOrWithoutACar(t *testing.T) {
	columns := map[string][]int64{"ind": {100, 100, 100, 100, 100}, "men": {40, 40, 40, 40, 40}, "men_1ind": {8, 1, 4, 16, 32}, "ind_80p": {4, 0, 16, 8, 0}}
	p := Params{Beyond: coverage.Minutes(12)}
	list := func(places []Place) (out []string) {
		for _, x := range places {
			out = append(out, fmt.Sprint(x.ID, " ", x.Name, " ", x.Isolated, " of ", x.Population))
		}
		return out
	}
	r := run(t, seal(t, along(columns)), p)
	if diff := cmp.Diff([]string{"E Bout 32 of 100", "D Est 16 of 100", "C Est 4 of 100"}, list(r.Unseen)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"C Est 16 of 100", "D Est 8 of 100"}, list(r.Visits)); diff != "" {
		t.Error(diff)
	}
	columns["men_voit0"] = []int64{10, 0, 40, 0, 0}
	r = run(t, seal(t, along(columns)), p)
	if diff := cmp.Diff([]string{"E Bout 32 of 100", "D Est 16 of 100", "C Est 4 of 100", "A Ouest 2 of 100"}, list(r.Unseen)); diff != "" {
		t.Error(diff)
	}
	p.Top = 1
	s := seal(t, along(columns))
	r = run(t, s, p)
	if diff := cmp.Diff([]string{"C Est 16 of 100"}, list(r.Visits)); diff != "" {
		t.Error(diff)
	}
	for _, l := range r.Layers(s).Layers {
		for _, f := range l.Fields {
			if n := len(f.Texts) + len(f.Ints) + len(f.Reals); n != len(l.IDs) || f.Label.Fr == "" || f.Label.En == "" || len(l.Geometry) != n {
				t.Errorf("%s %s: %d values of %d rows, %+v", l.Name, f.Name, n, len(l.IDs), f.Label)
			}
		}
	}
}

// Of 3, 8, 20 and 5 households in a row the 3 join the 8 beside them and the 5 the 20; a
// commune of 10 is not told.
func TestPlacesAreNeverAHousehold(t *testing.T) {
	var homes []home
	for i, h := range []struct {
		commune string
		x, n    int64
	}{{"a", 0, 3}, {"a", 1, 8}, {"a", 10, 20}, {"b", 11, 10}, {"a", 13, 5}} {
		homes = append(homes, home{fmt.Sprint(i), h.commune, orb.Point{float64(h.x) / 1000, 0}, geodata.Whole(h.n)})
	}
	places, withheld := group(homes, geodata.Whole(11))
	var got [][]int
	for _, p := range places {
		got = append(got, p.cells)
	}
	if diff := cmp.Diff([][]int{{0, 1}, {2, 4}}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{3}, withheld); diff != "" {
		t.Error(diff)
	}
	// In a territory: the West has 4 and 8 households, told as one place of 12; the 5 of the village are not told.
	r := run(t, seal(t, along(map[string][]int64{"ind": {9, 9, 40, 40, 9}, "men": {4, 8, 20, 20, 5}, "men_1ind": {4, 8, 0, 0, 5}, "men_voit0": {4, 8, 0, 0, 0}})), Params{Beyond: coverage.Minutes(20)})
	if len(r.Unseen) != 1 || r.Unseen[0].Isolated != geodata.Whole(12) || r.Unseen[0].Households != geodata.Whole(12) || len(r.Unseen[0].Cells) != 2 || r.Withheld != 1 {
		t.Errorf("%+v, %d withheld", r.Unseen, r.Withheld)
	}
}

// Whatever the homes: each is in one place of its commune or withheld with all of it, and no place has too few.
func TestPlacesHaveTheMinimum(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var homes []home
		sum := map[string]geodata.Amount{}
		for i := range rapid.IntRange(1, 40).Draw(rt, "homes") {
			h := home{fmt.Sprintf("%03d", i), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "commune"),
				orb.Point{rapid.Float64Range(0, 0.1).Draw(rt, "x"), rapid.Float64Range(47, 47.1).Draw(rt, "y")}, geodata.Amount(rapid.Int64Range(0, 15_000_000).Draw(rt, "households"))}
			homes, sum[h.commune] = append(homes, h), sum[h.commune]+h.households
		}
		places, withheld := group(homes, geodata.Whole(11))
		seen := slices.Clone(withheld)
		for _, i := range withheld {
			if sum[homes[i].commune] >= geodata.Whole(11) {
				rt.Fatalf("home %d is withheld, its commune has %s households", i, sum[homes[i].commune])
			}
		}
		for _, p := range places {
			var n geodata.Amount
			for _, i := range p.cells {
				if n += homes[i].households; homes[i].commune != homes[p.cells[0]].commune {
					rt.Fatalf("place %v lies in two communes", p.cells)
				}
			}
			if n < geodata.Whole(11) || n != p.households {
				rt.Fatalf("place %v has %s households, it says %s", p.cells, n, p.households)
			}
			seen = append(seen, p.cells...)
		}
		slices.Sort(seen)
		for i := range homes {
			if i >= len(seen) || seen[i] != i {
				rt.Fatalf("homes %v are told, of %d", seen, len(homes))
			}
		}
	})
}

// town draws the columns of some cells; all counts are even, so that cells can be halved exactly.
func town(rt *rapid.T) []part {
	n := rapid.IntRange(2, 12).Draw(rt, "cells")
	people := make([]geodata.Amount, n)
	for i := range people {
		people[i] = geodata.Amount(2 * rapid.Int64Range(1, 50).Draw(rt, "people"))
	}
	var parts []part
	for range rapid.IntRange(1, 4).Draw(rt, "components") {
		p := part{num: make([]geodata.Amount, n), den: make([]geodata.Amount, n), weight: rapid.Float64Range(0.1, 5).Draw(rt, "weight")}
		for i := range n {
			p.den[i] = geodata.Amount(2 * rapid.Int64Range(1, 20).Draw(rt, "households"))
			p.num[i] = geodata.Amount(2 * rapid.Int64Range(0, int64(p.den[i]/2)).Draw(rt, "of them"))
		}
		p.by = p.den
		parts = append(parts, p)
	}
	return append(parts, part{num: people, den: people, by: people, weight: 0}) // carries the people, weighs nothing
}

func scores(parts []part) (out []float64) {
	var ranks [][]float64
	for k := range parts {
		ranks = append(ranks, parts[k].ranks())
	}
	for i := range parts[0].num {
		s, _ := score(parts, ranks, i)
		out = append(out, s)
	}
	return out
}

func mean(parts []part) float64 {
	var sum, all float64
	for i, s := range scores(parts) {
		n := parts[len(parts)-1].by[i].Float()
		sum, all = sum+s*n, all+n
	}
	return sum / all
}

func TestScoresBehave(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parts := town(rt)
		before := scores(parts)
		for _, s := range before {
			if s < 0 || s > 100 {
				rt.Fatalf("a score of %g", s)
			}
		}
		for k := range parts[:len(parts)-1] {
			var sum, all float64
			for i, r := range parts[k].ranks() {
				sum, all = sum+r*parts[k].by[i].Float(), all+parts[k].by[i].Float()
			}
			if math.Abs(sum/all-50) > 1e-9 {
				rt.Fatalf("the mean rank is %g, of all shares 50", sum/all)
			}
		}
		cell, k := rapid.IntRange(0, len(before)-1).Draw(rt, "cell"), rapid.IntRange(0, len(parts)-2).Draw(rt, "component")

		scaled := slices.Clone(parts)
		by := rapid.Float64Range(0.01, 100).Draw(rt, "times")
		for c := range scaled {
			scaled[c].weight *= by
		}
		if diff := cmp.Diff(before, scores(scaled), nearly); diff != "" {
			rt.Fatalf("weights times %g: %s", by, diff)
		}

		halved := slices.Clone(parts)
		for c := range halved {
			p := &halved[c]
			p.num, p.den, p.by = halve(p.num, cell), halve(p.den, cell), halve(p.by, cell)
		}
		if a, b := mean(parts), mean(halved); math.Abs(a-b) > 1e-9 {
			rt.Fatalf("a cell in two halves: the zone's score goes from %g to %g", a, b)
		}

		worse := slices.Clone(parts)
		worse[k].num = slices.Clone(parts[k].num)
		worse[k].num[cell] += geodata.Amount(rapid.Int64Range(0, int64(parts[k].den[cell]-parts[k].num[cell])).Draw(rt, "more"))
		if after := scores(worse); after[cell] < before[cell] {
			rt.Fatalf("more of component %d in cell %d: its score falls from %g to %g", k, cell, before[cell], after[cell])
		}
	})
}

// halve cuts the cell into two, the second at the end.
func halve(values []geodata.Amount, cell int) []geodata.Amount {
	out := append(slices.Clone(values), values[cell]/2)
	out[cell] /= 2
	return out
}

// What is told of confidential counts is perturbed, and is nothing below the minimum.
func TestConfidentialCountsAreGuarded(t *testing.T) {
	columns := map[string][]int64{"ind": {100, 100, 100, 100, 100}, "men": {40, 40, 40, 40, 40}, "men_1ind": {8, 1, 4, 16, 32}}
	c := along(columns)
	open := run(t, seal(t, along(columns)), Params{Beyond: coverage.Minutes(12)})
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "men", Key: "a secret of the owner"}
	s := secrecy.Protect(seal(t, c))
	r := run(t, s, Params{Beyond: coverage.Minutes(12)})
	if r.Provenance.Secrecy == nil {
		t.Error("it does not say that the counts are confidential")
	}
	differ := false
	for i, p := range r.Unseen {
		off := p.Isolated - open.Unseen[i].Isolated
		if differ = differ || off != 0; off > secrecy.MaxNoise || off < -secrecy.MaxNoise {
			t.Errorf("%s told, %s counted", p.Isolated, open.Unseen[i].Isolated)
		}
	}
	if !differ && r.Territory.Population == open.Territory.Population {
		t.Error("nothing is perturbed")
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	good := along(map[string][]int64{"ind": {1, 1}, "y_ge65": {1, 0}})
	empty := along(map[string][]int64{"ind": {}})
	none := along(map[string][]int64{"ind": {1}})
	none.Facilities = nil
	for want, c := range map[string]struct {
		content geodata.Content
		p       Params
	}{
		"poverty: a weight of -1: want a number from 0":             {good, Params{Poverty: weight(-1)}},
		"far: a weight of NaN: want a number from 0":                {good, Params{Far: weight(math.NaN())}},
		"far: no component with a weight has a column in the grid":  {good, Params{Far: weight(0), Aged: weight(0)}},
		"services: creche has no facility that counts: name others": {good, Params{Services: []string{"creche"}}},
		`services: unknown service "x": want one of creche`:         {good, Params{Services: []string{"x"}}},
		"services: none of [town_hall france_services social_centr": {none, Params{}},
		"mode: ":                                    {good, Params{Mode: "boat"}},
		"beyond: 60m: want less than an hour":       {good, Params{Beyond: coverage.Minutes(60)}},
		"top: -1: want 1 place or more":             {good, Params{Top: -1}},
		"minimum: 10 households: want 11 or more":   {good, Params{Minimum: 10}},
		"border: ":                                  {good, Params{Options: coverage.SupplyOptions{Border: "x"}}},
		"service: the territory has no population ": {empty, Params{}},
	} {
		_, err := Run(t.Context(), seal(t, c.content), traveltime.NewNetworks(""), c.p)
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, analyses.ErrParams) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The embedded territory's grid has three ranges of ages and no households: 65 and
// over and the way to services make the score, and the rest is said to be missing.
func TestTheEmbeddedTerritory(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, s, Params{Mode: "car"})
	if diff := cmp.Diff([]string{"poverty", "single_parents", "alone", "no_car"}, r.Missing); diff != "" {
		t.Error(diff)
	}
	if len(r.Components) != 2 || r.Components[0].Column != "y_ge65" || len(r.Communes) != 17 || math.Abs(*r.Territory.Score-50) > 1 {
		t.Errorf("%+v %+v", r.Components, r.Territory)
	}
	if len(r.Unseen) != 0 || len(r.Visits) == 0 || len(r.Visits) > DefaultTop {
		t.Errorf("%d and %d places", len(r.Unseen), len(r.Visits))
	}
	for _, p := range r.Visits {
		if p.Population < geodata.Whole(MinHouseholds*perHousehold) || p.Seconds <= 0 || p.Seconds > FarLimit.Seconds() {
			t.Errorf("%+v", p)
		}
	}
	t.Logf("score of the territory %.2f; first place to visit: %+v", *r.Territory.Score, r.Visits[0])
	one, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := json.Marshal(run(t, s, Params{Mode: "car"})); string(one) != string(two) {
		t.Error("two answers differ")
	}
}
