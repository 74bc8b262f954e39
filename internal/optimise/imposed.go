package optimise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Imposition is the best set that has a certain site or, of a site of the solution,
// that does without it.
type Imposition struct {
	Site   int32
	Open   bool // the set has it
	Set         // the best found; no sites where none was
	Bound  int64
	Status Status // infeasible: no set has it, or none does without it
	Nodes  int
}

// Imposed answers for every site of a problem what it costs to have it or, if it is
// one of the solution's, to do without it. The prices that prove the solution bound
// that for all sites at once; one exchange gives a set for each. Where the two differ
// a search follows, of o.Nodes nodes and o.Steps steps at most for each site, without
// limit for 0, and none at all for less than 0 nodes. Sites with cheap sets are searched
// first. When ctx ends so do the searches; what is known then is returned. No other
// option counts.
// An error is about the problem, or a solution that is none of it.
func Imposed(ctx context.Context, p *Problem, solution *Solution, o Options) ([]Imposition, error) {
	c, err := compile(p)
	if err != nil {
		return nil, errors.Join(ErrProblem, err)
	}
	x := &imposing{solver: newSolver(ctx, c, Options{}), solution: solution, limit: Options{Nodes: o.Nodes, Steps: o.Steps}}
	if err := x.check(); err != nil {
		return nil, errors.Join(ErrProblem, err)
	}
	x.bounds()
	x.exchanges()
	if o.Nodes >= 0 {
		x.searches()
	}
	return x.out, nil
}

type imposing struct {
	*solver
	solution *Solution
	limit    Options // for each site
	nd       *node
	out      []Imposition // per site
}

// check says what is wrong with the solution.
func (x *imposing) check() error {
	for _, j := range x.solution.Sites {
		if j < 0 || int(j) >= x.Sites {
			return fmt.Errorf("the solution has a site %d: want sites of 0 to %d", j, x.Sites-1)
		}
	}
	open := opened(x.Sites, x.solution.Sites)
	if cost := x.value(open); !x.allowed(open) || cost >= x.barred || cost != x.solution.Cost {
		return fmt.Errorf("the solution %v is not one of this problem, or costs %d and not %d", x.solution.Sites, cost, x.solution.Cost)
	}
	for j := range open {
		x.out = append(x.out, Imposition{Site: int32(j), Open: !open[j], Bound: x.solution.Bound, Status: Unknown})
	}
	return nil
}

func opened(sites int, set []int32) []bool {
	open := make([]bool, sites)
	for _, j := range set {
		open[j] = true
	}
	return open
}

// bounds finds the prices, and by them a bound for every site.
func (x *imposing) bounds() {
	x.whole = true
	x.nd = x.root()
	x.nd.u = x.firstPrices()
	x.offer(x.solution.Sites)
	x.lagrange(x.nd, rootSteps)
	free, open, _ := x.propagate(x.nd.fixed)
	total := x.relax(x.nd.u, free, open)
	x.pick.edges()
	for j := range x.out {
		im := &x.out[j]
		switch st := x.nd.fixed[j]; {
		case st != Free && (st == Open) != im.Open:
			im.Status = Infeasible
		case st == Free && x.pick.taken[j] != im.Open:
			if more := x.pick.changed(int32(j)); math.IsInf(more, 1) {
				im.Status = Infeasible
			} else {
				im.Bound = max(im.Bound, up(total+more))
			}
		default:
			im.Bound = max(im.Bound, up(total))
		}
		if im.Status == Infeasible {
			im.Bound = 0
		}
	}
}

// exchanges finds for every site the best set that one exchange gives.
func (x *imposing) exchanges() {
	set := x.serve(x.solution.Sites)
	for j := range x.out {
		im := &x.out[j]
		if im.Status == Infeasible {
			continue
		}
		in, out, save, any := set.with(im)
		if !any {
			continue
		}
		im.Cost, im.Status = x.solution.Cost-save, Feasible
		for _, k := range x.solution.Sites {
			if k != out {
				im.Sites = append(im.Sites, k)
			}
		}
		if in >= 0 {
			im.Sites = append(im.Sites, in)
		}
		slices.Sort(im.Sites)
		if im.Cost >= x.penalty() && x.value(opened(x.Sites, im.Sites)) >= x.barred {
			im.Set, im.Status = Set{}, Unknown // it does not serve all that it has to
			continue
		}
		if im.Cost <= im.Bound {
			im.Bound, im.Status = im.Cost, Optimal
		}
	}
}

// with is the exchange that saves most of those that bring a site in, or take it out.
func (s *served) with(im *Imposition) (in, out int32, save int64, any bool) {
	try := func(j, k, v int64) {
		if (!any || v > save) && s.may(int32(j), int32(k)) {
			in, out, save, any = int32(j), int32(k), v, true
		}
	}
	j := int64(im.Site)
	if im.Open {
		gain := s.gain[j] - s.opening(im.Site)
		if s.P == 0 {
			try(j, -1, gain)
		}
		for at, k := range s.list {
			try(j, int64(k), gain-s.loss[at]+s.extra[at][j]+s.opening(k))
		}
		return in, out, save, any
	}
	at := s.place[j]
	if s.P == 0 {
		try(-1, j, s.opening(im.Site)-s.loss[at])
	}
	for k := range int64(s.Sites) {
		if !s.open[k] {
			try(k, j, s.gain[k]-s.opening(int32(k))-s.loss[at]+s.extra[at][k]+s.opening(im.Site))
		}
	}
	return in, out, save, any
}

// batches is into how many parts the searches are divided: those with the cheapest
// sets go first, since few sites can be in sets as cheap.
const batches = 8

// searches closes what is open between bounds and sets.
func (x *imposing) searches() {
	var left []*Imposition
	for j := range x.out {
		if st := x.out[j].Status; st == Feasible || st == Unknown {
			left = append(left, &x.out[j])
		}
	}
	ceiling := func(im *Imposition) int64 {
		if im.Status == Unknown {
			return math.MaxInt64
		}
		return im.Cost
	}
	slices.SortStableFunc(left, func(a, b *Imposition) int { return cmp.Compare(ceiling(a), ceiling(b)) })
	for n := range batches {
		if part := left[n*len(left)/batches : (n+1)*len(left)/batches]; len(part) > 0 {
			x.batch(part, ceiling(part[len(part)-1]))
		}
	}
}

// batch searches for sites whose best sets cost no more than a ceiling.
func (x *imposing) batch(part []*Imposition, ceiling int64) {
	lists := *x.compiled
	fixed := slices.Clone(x.nd.fixed)
	for j, im := range x.out {
		if im.Open && im.Bound > ceiling {
			fixed[j] = Closed
		}
	}
	lists.drop(fixed)
	lists.turn()
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(len(part), runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(part); n = int(next.Add(1)) - 1 {
				x.search(lists, part[n])
			}
		})
	}
	all.Wait()
}

// search searches for one site, with prices and set of the problem without it.
func (x *imposing) search(lists compiled, im *Imposition) {
	p := *lists.Problem
	p.Fixed = slices.Clone(p.Fixed)
	if p.Fixed[im.Site] = Closed; im.Open {
		p.Fixed[im.Site] = Open
	}
	lists.Problem = &p
	s := newSolver(x.ctx, &lists, x.limit)
	s.warm, s.joint, s.together = true, x.joint, x.together
	root := s.root()
	root.u, root.bound = x.nd.u, float64(im.Bound)
	if _, _, empty := s.propagate(root.fixed); !empty {
		s.pending = []*node{root}
		if im.Status == Feasible {
			s.exchanged(im.Sites)
		} else {
			s.begin(root.fixed)
		}
		s.solve()
	}
	r := s.report()
	im.Set, im.Status, im.Nodes = r.Set, r.Status, r.Nodes
	if im.Bound = max(im.Bound, r.Bound); r.Status == Infeasible {
		im.Bound = 0
	}
}
