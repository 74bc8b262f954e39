package week

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Options limit the work.
type Options struct {
	Rounds   int // of search and proof; 0 for no limit
	Seed     uint64
	Start    Plan            // to begin with; nil for none
	Progress func(*Solution) // told after every round
}

// Solution is the best plan found and what is proven of it.
type Solution struct {
	Plan   Plan
	Value  int64
	Bound  int64 // no plan that keeps all limits but Given is worth more
	Proven bool
	// Given are the limits that the plan does not keep, because none was found that does.
	Given  []int
	Rounds int
}

// Gap is the share of the bound that may be missing.
func (s *Solution) Gap() float64 {
	if s.Bound <= s.Value || s.Bound == 0 {
		return 0
	}
	return float64(s.Bound-s.Value) / float64(s.Bound)
}

// The work of a round.
const (
	searching = 60
	proving   = 120
	giveUp    = 12 // rounds after which limits that nothing kept are given up
)

// What keeps sums within 64 bits.
const mostLimits = 6 // of a stop

// ErrLocks is that locks of a shift cannot be kept together.
var ErrLocks = errors.New("the locked stays of a shift cannot be kept together with its times")

// Solve looks for the plan worth most until it is proven, the rounds are done or ctx
// ends, and returns the best until then. What cannot be worked with is an error, and
// so are locks that do not fit (ErrLocks) and a start that is none.
func Solve(ctx context.Context, p *Problem, o Options) (*Solution, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	whole := *p
	whole.Limits = append([]Limit(nil), p.Limits...)
	c := compile(&whole)
	if worst := c.worst(); worst > 1<<62 {
		return nil, fmt.Errorf("week: sums may come to %.3g, too much to count exactly: want coarser weights", worst)
	}
	for s, limits := range c.limitsOf {
		if len(limits) > mostLimits {
			return nil, fmt.Errorf("week: stop %d has %d limits: want at most %d", s, len(limits), mostLimits)
		}
	}
	for i := range p.Shifts {
		if !c.fits(&p.Shifts[i]) {
			return nil, fmt.Errorf("shift %d: %w", i, ErrLocks)
		}
	}
	if o.Start != nil && len(o.Start) != len(p.Shifts) {
		return nil, fmt.Errorf("week: a start of %d shifts for %d", len(o.Start), len(p.Shifts))
	}
	s, q := newSearch(c, o.Seed), newProver(c)
	s.begin(o.Start)
	var given []int
	for round := 1; ; round++ {
		if s.best.missing() == 0 {
			q.best = max(q.best, s.best.value)
		}
		var both sync.WaitGroup
		both.Go(func() { s.run(ctx, searching) })
		q.work(ctx, proving)
		both.Wait()
		if q.found != nil && q.found.better(s.best) {
			s.best.copyOf(q.found)
			s.now.copyOf(q.found)
		}
		if s.best.missing() == 0 {
			q.best = max(q.best, s.best.value)
		} else if q.over() || round == giveUp {
			given = append(given, c.giveUp(s.best)...)
			q = newProver(c)
			continue
		}
		found := &Solution{Plan: copyPlan(s.best.plan), Value: s.best.value, Bound: max(q.bound, q.best), Given: given, Rounds: round}
		found.Proven = q.over() && s.best.missing() == 0
		if found.Proven {
			found.Bound = found.Value
		}
		last := found.Proven || round == o.Rounds || over(ctx)
		if last && s.best.missing() > 0 { // a bound for what keeps the other limits
			given = append(given, c.giveUp(s.best)...)
			found.Given = given
			q = newProver(c)
			q.best = s.best.value
			q.work(ctx, proving)
			found.Bound = max(q.bound, q.best)
		} else if s.best.missing() > 0 {
			found.Given = append(append([]int(nil), given...), c.broken(s.best)...)
		}
		if o.Progress != nil {
			o.Progress(found)
		}
		if last {
			return found, nil
		}
	}
}

// worst is more than any sum of worth and prices: those of all minutes at their first
// price, for each of the shifts that may be out at once, and those of limits.
func (c *compiled) worst() float64 {
	var flat float64
	for i, x := range c.cells {
		flat += float64(x.Weight) * float64(c.mostOf[i]) * 100
	}
	together, visits := map[int]int{}, 0
	for i := range c.Shifts {
		together[c.Shifts[i].Day]++
		visits = max(visits, int((c.Shifts[i].To-c.Shifts[i].From)/c.Step)+1)
	}
	most := 1
	for _, n := range together {
		most = max(most, n)
	}
	limits := 0
	for _, l := range c.limitsOf {
		limits = max(limits, len(l))
	}
	return flat*float64(most) + 4*float64(c.all())*float64(1+visits*limits)
}

// over says that the time is up, which is no failure: there is a plan.
func over(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

func copyPlan(p Plan) Plan {
	out := make(Plan, len(p))
	for i, stays := range p {
		out[i] = append([]Stay{}, stays...)
	}
	return out
}

// broken lists the limits that a plan does not keep.
func (c *compiled) broken(x *state) (limits []int) {
	for l, limit := range c.Limits {
		if x.visits[l] < limit.Least || x.visits[l] > limit.Most {
			limits = append(limits, l)
		}
	}
	return limits
}

// giveUp asks for no more than a plan has.
func (c *compiled) giveUp(x *state) []int {
	limits := c.broken(x)
	for _, l := range limits {
		c.Limits[l].Least, c.Limits[l].Most = min(c.Limits[l].Least, x.visits[l]), max(c.Limits[l].Most, x.visits[l])
	}
	return limits
}
