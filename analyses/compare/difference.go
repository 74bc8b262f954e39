package compare

import (
	"time"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// table is whom the scenarios reach, and how fast: what everything here is computed from.
type table struct {
	cells   []int               // positions in the population of those that count, in each scenario
	demand  []*demand.Demand    // per scenario: people may be those of another year
	times   [][]traveltime.Time // per scenario, parallel to cells
	within  []coverage.Threshold
	notable coverage.Threshold
}

func newTable(p *Params, all ...*asked) *table {
	t := &table{cells: all[0].demand.Cells, within: p.Within, notable: p.Notable}
	for _, one := range all {
		t.demand, t.times = append(t.demand, one.demand), append(t.times, one.Cells.Times)
	}
	return t
}

// covered is the demand of the k-th cell in a scenario, if it is within a bound there.
func (t *table) covered(scenario, k int, bound coverage.Threshold) geodata.Amount {
	if t.times[scenario][k].Within(time.Duration(bound)) {
		return t.demand[scenario].Amount[t.cells[k]]
	}
	return 0
}

// crossing is 1 where a cell is covered in scenario b and not in a, -1 where in a and
// not in b, else 0.
func crossing(a, b traveltime.Time, bound time.Duration) int {
	switch in := a.Within(bound); {
	case in == b.Within(bound):
		return 0
	case in:
		return -1
	}
	return 1
}

// kind is what becomes of a cell from one time to another.
func (t *table) kind(a, b traveltime.Time) Kind {
	for _, bound := range t.within {
		switch crossing(a, b, time.Duration(bound)) {
		case 1:
			return NewlyCovered
		case -1:
			return NoLongerCovered
		}
	}
	switch {
	case t.notably(b, a):
		return Nearer
	case t.notably(a, b):
		return Farther
	}
	return Same
}

// notably says that one time is shorter than another by more than is notable; who is
// not reached is infinitely far.
func (t *table) notably(shorter, longer traveltime.Time) bool {
	if !shorter.Reached() || !longer.Reached() {
		return shorter.Reached() && !longer.Reached()
	}
	return shorter < longer && time.Duration(longer-shorter)*time.Millisecond > time.Duration(t.notable)
}

// change adds up what becomes of some cells, by their positions among those that
// count, from scenario a to b; of is b's row of them.
func (t *table) change(of coverage.Row, members []int, a, b int) Change {
	guard := t.demand[b].Guard
	gained, lost := make([]secrecy.Sum, len(t.within)), make([]secrecy.Sum, len(t.within))
	kinds := map[Kind]*secrecy.Sum{NewlyCovered: {}, Nearer: {}, Same: {}, Farther: {}, NoLongerCovered: {}}
	for _, k := range members {
		i := t.cells[k]
		guard.Add(kinds[t.kind(t.times[a][k], t.times[b][k])], i, t.demand[b].Amount[i])
		for w, bound := range t.within {
			if more := t.covered(b, k, bound) - t.covered(a, k, bound); more > 0 {
				guard.Add(&gained[w], i, more)
			} else {
				t.demand[a].Guard.Add(&lost[w], i, -more)
			}
		}
	}
	c := Change{Code: of.Code, Name: of.Name, Demand: of.Demand,
		NewlyCovered: guard.Tell(*kinds[NewlyCovered]), Nearer: guard.Tell(*kinds[Nearer]), Same: guard.Tell(*kinds[Same]),
		Farther: guard.Tell(*kinds[Farther]), NoLongerCovered: guard.Tell(*kinds[NoLongerCovered])}
	for w := range t.within {
		c.Gained, c.Lost = append(c.Gained, guard.Tell(gained[w])), append(c.Lost, t.demand[a].Guard.Tell(lost[w]))
		c.Net = append(c.Net, c.Gained[w]-c.Lost[w])
	}
	return c
}

// difference is that of scenario b from a, for b's rows of the territory and communes.
func (t *table) difference(territory coverage.Row, communes []coverage.Row, a, b int) Difference {
	everyone := make([]int, len(t.cells))
	byCommune := map[string][]int{}
	for k, i := range t.cells {
		everyone[k] = k
		code := t.demand[b].Population.Cells[i].Commune
		byCommune[code] = append(byCommune[code], k)
	}
	d := Difference{Scenario: b, Territory: t.change(territory, everyone, a, b), Communes: []Change{}, Gaining: make([]int, len(t.within)), Losing: make([]int, len(t.within))}
	for _, commune := range communes {
		c := t.change(commune, byCommune[commune.Code], a, b)
		d.Communes = append(d.Communes, c)
		for w, net := range c.Net {
			switch {
			case net > 0:
				d.Gaining[w]++
			case net < 0:
				d.Losing[w]++
			}
		}
	}
	return d
}

// cellChanges are those of scenario b from a.
func (t *table) cellChanges(a, b int) CellChanges {
	n := len(t.cells)
	c := CellChanges{Kinds: make([]Kind, n), Net: make([][]geodata.Amount, len(t.within))}
	for w := range c.Net {
		c.Net[w] = make([]geodata.Amount, n)
	}
	for k := range t.cells {
		c.Kinds[k] = t.kind(t.times[a][k], t.times[b][k])
		for w, bound := range t.within {
			c.Net[w][k] = t.covered(b, k, bound) - t.covered(a, k, bound)
		}
	}
	return c
}

// best is the scenario in which a cell is notably nearer than in every other; -1 if none.
func (t *table) best(k int) int {
	first := 0
	for s := range t.times {
		if t.times[s][k] < t.times[first][k] {
			first = s
		}
	}
	for s := range t.times {
		if s != first && !t.notably(t.times[first][k], t.times[s][k]) {
			return -1
		}
	}
	return first
}

// covered tells the demand within a bound, given the time of each cell that counts.
func covered(d *demand.Demand, times []traveltime.Time, bound time.Duration) geodata.Amount {
	var sum secrecy.Sum
	for k, i := range d.Cells {
		if times[k].Within(bound) {
			d.Guard.Add(&sum, i, d.Amount[i])
		}
	}
	return d.Guard.Tell(sum)
}
