package whatif

import (
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// sums are the people of the territory, its communes and its ages by how far they
// are; Totals are what may be told of them.
type sums struct {
	guard          *secrecy.Guard
	territory      sum
	communes, ages []sum
}

// sum is what a Count adds up.
type sum struct {
	covered                   []secrecy.Sum // by threshold
	reached, unreachable, off secrecy.Sum
}

// change adds the people of a home of a time and its class, or takes them away.
func (s *sum) change(by func(*secrecy.Sum, int, geodata.Amount), home, class int, t traveltime.Time, people geodata.Amount) {
	switch t {
	case traveltime.Unreachable:
		by(&s.unreachable, home, people)
	case traveltime.OffNetwork:
		by(&s.off, home, people)
	default:
		by(&s.reached, home, people)
	}
	for w := class; w < len(s.covered); w++ {
		by(&s.covered[w], home, people)
	}
}

func (s *sum) tell(g *secrecy.Guard, covered []geodata.Amount, unreachable, off *geodata.Amount) {
	for w := range covered {
		covered[w] = g.Tell(s.covered[w])
	}
	*unreachable, *off = g.Tell(s.unreachable), g.Tell(s.off)
}

// add begins with the people as they are.
func (x *Session) add() {
	some := func(n int) []sum {
		out := make([]sum, n)
		for i := range out {
			out[i].covered = make([]secrecy.Sum, len(x.base.Params.Within))
		}
		return out
	}
	x.sums.territory, x.sums.communes, x.sums.ages = some(1)[0], some(len(x.base.Communes)), some(len(x.base.Ages))
	for k, t := range x.times {
		x.count(x.sums.guard.Add, k, t)
	}
}

// count adds the people of a cell whose time it is, or takes them away.
func (x *Session) count(by func(*secrecy.Sum, int, geodata.Amount), cell int, t traveltime.Time) {
	home, class, people := x.homeOf[cell], x.Class(t), x.base.Cells.Demand[cell]
	x.sums.territory.change(by, home, class, t, people)
	if row := x.rowOf[cell]; row >= 0 {
		x.sums.communes[row].change(by, home, class, t, people)
	}
	for b := range x.ages {
		x.sums.ages[b].change(by, home, class, t, x.ages[b][cell])
	}
}

// tell brings the totals up to date, where they may have changed.
func (x *Session) tell(communes []int) {
	g, t := x.sums.guard, &x.totals.Territory
	x.sums.territory.tell(g, t.Covered, &t.Unreachable, &t.OffNetwork)
	t.Mean, t.Median = nil, nil
	if g.Tell(x.sums.territory.reached) > 0 {
		t.Mean, t.Median = coverage.Averages(x.times, x.base.Cells.Demand)
	}
	for _, row := range communes {
		c := &x.totals.Communes[row]
		x.sums.communes[row].tell(g, c.Covered, &c.Unreachable, &c.OffNetwork)
	}
	for b := range x.totals.Ages {
		a := &x.totals.Ages[b]
		x.sums.ages[b].tell(g, a.Covered, &a.Unreachable, &a.OffNetwork)
	}
}
