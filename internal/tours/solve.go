package tours

import (
	"context"
	"slices"
)

// Options of a search. The zero value searches until the proof.
type Options struct {
	Iterations int            // limit of changes to a plan; 0 for none
	Labels     int            // limit of labels, the work on the bound; 0 for none
	Seed       uint64         // of what is drawn
	Progress   func(Solution) // told of every better plan or bound; may be nil
}

// Status is how much an answer is worth.
type Status string

// The statuses of an answer. There always is a plan: that no vehicle leaves.
const (
	Optimal  Status = "optimal"  // proven: no plan scores more
	Feasible Status = "feasible" // a plan, and a bound that it does not reach
)

// Solution is what a search has found.
type Solution struct {
	Routes     [][]int32 // from start to end, each by a point at least; no more than vehicles
	Score      int64
	Bound      int64 // no plan scores more
	Status     Status
	Iterations int // changes to a plan
	Labels     int // work on the bound
	Parts      int // of the proof, settled or divided
}

// Gap is how much more another plan might score, as a share of the bound.
func (s *Solution) Gap() float64 {
	if s.Bound == s.Score {
		return 0
	}
	return float64(s.Bound-s.Score) / float64(s.Bound)
}

// The work of the first round; each has half as much again as the one before.
const (
	firstIterations = 2 * cycle
	firstLabels     = 40_000
)

// Solve searches. It ends early, with what is known, when ctx does or both limits are
// reached; an error is about the problem itself.
func Solve(ctx context.Context, p *Problem, o Options) (*Solution, error) {
	c, err := compile(p)
	if err != nil {
		return nil, err
	}
	s := newSearch(ctx, c, o.Seed)
	x := newProver(ctx, c, s.pool)
	last := Solution{Score: -1}
	for iterations, labels := firstIterations, firstLabels; ; iterations, labels = iterations*3/2, labels*3/2 {
		search, prove := iterations, labels
		if o.Iterations > 0 {
			search = min(search, o.Iterations-s.iterations)
		}
		if o.Labels > 0 {
			prove = min(prove, o.Labels-x.l.made)
		}
		s.run(search, x.bound())
		x.best = max(x.best, s.best.score)
		if prove > 0 {
			x.run(prove)
		}
		s.take(x.found)
		x.found = nil
		now := report(s, x)
		if o.Progress != nil && (now.Score > last.Score || now.Bound < last.Bound) {
			o.Progress(*now)
		}
		last = *now
		ended := ctx.Err() != nil || search <= 0 && prove <= 0
		if ended || now.Status == Optimal {
			return now, nil
		}
	}
}

// take takes over a plan that was found elsewhere, if it is better.
func (s *search) take(routes [][]int32) {
	if routes == nil {
		return
	}
	s.now.copyOf(s.planOf(routes))
	if s.now.better(s.best) {
		s.best.copyOf(s.now)
	}
}

// planOf is the plan of given routes.
func (c *compiled) planOf(routes [][]int32) *plan {
	p := c.newPlan()
	for r, route := range routes {
		for at, i := range route[1 : len(route)-1] {
			p.insert(i, r, at+1)
		}
	}
	return p
}

// report is what is known now.
func report(s *search, x *prover) *Solution {
	r := &Solution{Score: s.best.score, Bound: max(x.bound(), s.best.score), Status: Feasible, Iterations: s.iterations, Labels: x.l.made, Parts: x.parts}
	for _, route := range s.best.routes {
		if len(route) > 2 {
			r.Routes = append(r.Routes, slices.Clone(route))
		}
	}
	if r.Bound == r.Score {
		r.Status = Optimal
	}
	return r
}
