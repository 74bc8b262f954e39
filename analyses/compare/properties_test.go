package compare

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// anything is a question about a street of random people in random scenarios.
func anything(t *testing.T, rt *rapid.T) (*geodata.Snapshot, Params) {
	c := content()
	for i := range c.Population.Cells {
		c.Population.Columns[0].Values[i] = geodata.Amount(rapid.Int64Range(1, 1e9).Draw(rt, "people"))
	}
	var lists []string
	for range rapid.IntRange(2, 5).Draw(rt, "scenarios") {
		lists = append(lists, rapid.SampledFrom([]string{today, openD, openE, moveE, closed,
			"close: {facility: hall}", "close_road: {way: 2}", "speed: {class: residential, percent: 150}", "move: {facility: hall, commune: East}",
			fmt.Sprintf("create: {id: new, service: town_hall, at: [%.5f, 0]}", rapid.Float64Range(0, 0.016).Draw(rt, "at")),
		}).Draw(rt, "changes"))
	}
	p := question(t, lists...)
	p.Within = []coverage.Threshold{coverage.Minutes(rapid.IntRange(1, 10).Draw(rt, "near")), coverage.Minutes(rapid.IntRange(11, 30).Draw(rt, "far"))}
	return seal(t, c), p
}

func plus(a, b []geodata.Amount) []geodata.Amount {
	out := slices.Clone(a)
	for k := range b {
		out[k] += b[k]
	}
	return out
}

// parts are the amounts of a change that add up.
func (c *Change) parts() []geodata.Amount {
	return slices.Concat(c.Gained, c.Lost, c.Net, []geodata.Amount{c.Demand, c.NewlyCovered, c.Nearer, c.Same, c.Farther, c.NoLongerCovered})
}

func TestPropertyDifferencesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, p := anything(t, rt)
		r := run(t, s, p)
		for d := range r.Differences {
			of := &r.Differences[d]
			communes := make([]geodata.Amount, len(of.Territory.parts()))
			byCommune := map[string][]geodata.Amount{}
			for i := range of.Communes {
				communes = plus(communes, of.Communes[i].parts())
				byCommune[of.Communes[i].Code] = make([]geodata.Amount, len(p.Within))
			}
			if diff := cmp.Diff(of.Territory.parts(), communes); diff != "" {
				rt.Fatalf("communes: %s", diff)
			}
			for k, code := range r.Cells.Communes {
				for w := range p.Within {
					byCommune[code][w] += r.Cells.Changes[d].Net[w][k]
				}
			}
			for _, c := range of.Communes {
				if !slices.Equal(byCommune[c.Code], c.Net) {
					rt.Fatalf("cells of %s add up to %v, not %v", c.Code, byCommune[c.Code], c.Net)
				}
			}
			x := of.Territory
			if x.NewlyCovered+x.Nearer+x.Same+x.Farther+x.NoLongerCovered != x.Demand {
				rt.Fatalf("%+v is not everybody", x)
			}
			for w := range p.Within {
				if got := r.Scenarios[of.Scenario].Territory.Covered[w] - r.Scenarios[0].Territory.Covered[w]; got != x.Net[w] {
					rt.Fatalf("%s more are covered, and %s are gained", got, x.Net[w])
				}
			}
		}
		for w, bound := range p.Within {
			for i := range r.Scenarios {
				if m := int(bound / coverage.Minutes(1)); r.Minutes[m-1].Covered[i] != r.Scenarios[i].Territory.Covered[w] {
					rt.Fatalf("scenario %d within %s", i, bound)
				}
			}
		}
	})
}

// Another scenario changes nothing of the others but their ranks.
func TestPropertyOneMoreScenarioChangesNoOther(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, p := anything(t, rt)
		if rapid.IntRange(0, 4).Draw(rt, "verdict") == 0 {
			p.Draws, p.Seed = 20, rapid.Uint64().Draw(rt, "seed")
		}
		few := run(t, s, p)
		p.Scenarios = append(slices.Clone(p.Scenarios), scenarios(t, rapid.SampledFrom([]string{openD, closed, "speed: {class: living_street, percent: 50}"}).Draw(rt, "another"))...)
		more := run(t, s, p)
		n := len(few.Scenarios)
		if diff := cmp.Diff(few.Scenarios, more.Scenarios[:n]); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(few.Differences, more.Differences[:n-1]); diff != "" {
			rt.Fatal(diff)
		}
		for w := range few.Verdict {
			if diff := cmp.Diff(few.Verdict[w].Covered, more.Verdict[w].Covered[:n]); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

// Held against each other the other way round, who wins loses.
func TestPropertyDifferencesMirror(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, p := anything(t, rt)
		p.Scenarios = p.Scenarios[:2]
		there := run(t, s, p).Differences[0].Territory
		slices.Reverse(p.Scenarios)
		back := run(t, s, p).Differences[0].Territory
		back.Gained, back.Lost = back.Lost, back.Gained
		back.NewlyCovered, back.NoLongerCovered = back.NoLongerCovered, back.NewlyCovered
		back.Nearer, back.Farther = back.Farther, back.Nearer
		for w := range back.Net {
			back.Net[w] = -back.Net[w]
		}
		if diff := cmp.Diff(there, back); diff != "" {
			rt.Fatal(diff)
		}
	})
}
