package optimise

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
)

// Options of a search. The zero value searches until the proof.
type Options struct {
	Nodes    int            // limit of nodes; 0 for none
	Below    int64          // only sets that cost less matter; 0 for all
	Best     int            // how many different sets are wanted, best first; 1 when 0
	Start    []int32        // a set to begin with; may break the rules, and is then left
	Progress func(Solution) // told of every better set or bound; may be nil
}

// Status is how much an answer is worth.
type Status string

// The statuses of an answer.
const (
	Optimal    Status = "optimal"    // proven: no set is better
	Feasible   Status = "feasible"   // a set, and a bound that it does not reach
	Infeasible Status = "infeasible" // proven: there is no set, or none below what was asked
	Unknown    Status = "unknown"    // no set was found yet
)

// Set is p open sites, rising, and what they cost.
type Set struct {
	Sites []int32
	Cost  int64
}

// Solution is what a search has found.
type Solution struct {
	Set                 // the best; no sites where none was found
	Best         []Set  // as many as were wanted and there are, best first
	Bound        int64  // no set costs less
	Status       Status // of the best
	Nodes, Steps int    // parts of the search; steps of the bound
}

// Gap is how much lower another set might be, as a share of the cost; 0 when optimal.
func (s *Solution) Gap() float64 {
	if s.Status == Optimal || s.Cost == s.Bound {
		return 0
	}
	return float64(s.Cost-s.Bound) / float64(s.Cost)
}

// rootSteps and nodeSteps bound the work on the bound of a node.
const (
	rootSteps = 3000
	nodeSteps = 120
)

type solver struct {
	*compiled
	o       Options
	ctx     context.Context
	found   []Set // the best, as many as are wanted
	rho     []float64
	in      []bool
	pending []*node
	current *node // being worked on
	nodes   int
	steps   int
	tried   int // the root's step of the last exchange
}

// ErrProblem marks a problem that is not one.
var ErrProblem = errors.New("not a problem")

// Solve searches. It ends early, with what is known, when ctx does or the limit of
// nodes is reached; an error is about the problem itself.
func Solve(ctx context.Context, p *Problem, o Options) (*Solution, error) {
	c, err := compile(p)
	if err != nil {
		return nil, errors.Join(ErrProblem, err)
	}
	s := &solver{compiled: c, o: o, ctx: ctx, rho: make([]float64, p.Sites), in: make([]bool, p.Sites), tried: math.MinInt / 2}
	s.o.Best = max(1, o.Best)
	s.search()
	return s.report(), nil
}

func (s *solver) search() {
	root := &node{fixed: make([]State, s.Sites), u: s.firstPrices(), bound: math.Inf(-1)}
	if s.Fixed != nil {
		copy(root.fixed, s.Fixed)
	}
	free, open := s.free(root)
	if s.propagate(root, &free, &open) {
		return
	}
	s.pending = []*node{root}
	s.begin(root, free, open)
	for len(s.pending) > 0 && !s.interrupted() {
		nd := s.pending[len(s.pending)-1]
		s.pending = s.pending[:len(s.pending)-1]
		if s.proves(nd.bound) {
			continue
		}
		s.current = nd
		s.nodes++
		steps := nodeSteps
		if nd.depth == 0 {
			steps = rootSteps
		}
		done := s.lagrange(nd, steps)
		if s.current = nil; done {
			continue
		}
		if s.interrupted() || s.o.Nodes > 0 && s.nodes >= s.o.Nodes {
			s.pending = append(s.pending, nd)
			return
		}
		s.branch(nd)
		s.tell()
	}
}

// branch splits a node by its site with the lowest ρ: open first.
func (s *solver) branch(nd *node) {
	s.charge(nd.u)
	free, _ := s.free(nd)
	j := slices.MinFunc(free, func(a, b int32) int { return cmp.Or(cmp.Compare(s.rho[a], s.rho[b]), cmp.Compare(a, b)) })
	for _, st := range []State{Closed, Open} {
		child := &node{fixed: slices.Clone(nd.fixed), u: nd.u, bound: nd.bound, depth: nd.depth + 1}
		child.fixed[j] = st
		if free, open := s.free(child); !s.propagate(child, &free, &open) {
			s.pending = append(s.pending, child)
		}
	}
}

// firstPrices are what each demand costs at a site of middling nearness.
func (s *solver) firstPrices() []float64 {
	u := make([]float64, s.demands)
	for i := range u {
		choices := s.choices(i)
		u[i] = float64(s.last[i])
		if at := s.Sites/(2*max(1, s.P)) + 1; at < len(choices) {
			u[i] = float64(choices[at].Cost)
		} else if n := len(choices); n > 0 && s.last[i] == s.barred {
			u[i] = float64(choices[n-1].Cost)
		}
	}
	return u
}

// begin finds a first set, greedily: each time the site that saves most.
func (s *solver) begin(root *node, free, open []int32) {
	s.offer(s.o.Start)
	nd := &node{fixed: slices.Clone(root.fixed)}
	for s.P == 0 || len(open) < s.P {
		set := s.serve(open)
		best, at := int64(-1), int32(-1)
		if s.P == 0 {
			best = 0
		}
		for _, j := range free {
			if gain := set.saving(j); gain > best {
				best, at = gain, j
			}
		}
		if at < 0 && s.P == 0 {
			break // no site more is worth while
		}
		if at < 0 {
			return // what is open leaves no room for as many: branching will see
		}
		nd.fixed[at] = Open
		if free, open = s.free(nd); s.propagate(nd, &free, &open) {
			return
		}
	}
	s.exchanged(open)
}

// saving is what opening a site saves.
func (s *served) saving(in int32) (gain int64) {
	for _, v := range s.visits(in) {
		gain += max(0, s.best[v.demand]-v.cost)
	}
	return gain - s.opening(in)
}

// exchanged offers a set and what exchanges make of it.
func (s *solver) exchanged(list []int32) {
	set := s.serve(list)
	s.offer(list)
	if s.allowed(set.open) {
		set.improve(math.MaxInt)
		s.offer(set.sorted())
	}
}

// try offers a set that the bound came by; at the root, now and then with exchanges.
func (s *solver) try(nd *node, chosen []int32, step int) {
	if nd.depth == 0 && step >= s.tried+40 {
		s.tried = step
		s.exchanged(chosen)
		return
	}
	s.offer(chosen)
}

// offer takes a set for an answer, if it is one and among the best.
func (s *solver) offer(list []int32) {
	if s.P > 0 && len(list) != s.P {
		return
	}
	open := make([]bool, s.Sites)
	for _, j := range list {
		if j < 0 || int(j) >= s.Sites {
			return
		}
		open[j] = true
	}
	cost := s.value(open)
	if cost >= s.worst() || !s.allowed(open) {
		return
	}
	set := Set{slices.Sorted(slices.Values(list)), cost}
	if slices.ContainsFunc(s.found, func(f Set) bool { return slices.Equal(f.Sites, set.Sites) }) {
		return
	}
	at, _ := slices.BinarySearchFunc(s.found, set, func(a, b Set) int { return cmp.Or(cmp.Compare(a.Cost, b.Cost), slices.Compare(a.Sites, b.Sites)) })
	s.found = slices.Insert(s.found, at, set)
	s.found = s.found[:min(len(s.found), s.o.Best)]
	if at == 0 {
		s.tell()
	}
}

// worst is what a set must be lower than to be among the best.
func (s *solver) worst() int64 {
	if len(s.found) < s.o.Best {
		if s.o.Below > 0 {
			return min(s.barred, s.o.Below)
		}
		return s.barred
	}
	return s.found[len(s.found)-1].Cost
}

// proves says that nothing of such a bound can be among the best: costs are whole
// numbers, and the bound is a sum of floats.
func (s *solver) proves(bound float64) bool {
	return bound > float64(s.worst()-1)+1e-6+1e-12*math.Abs(bound)
}

func (s *solver) interrupted() bool { return s.ctx.Err() != nil }

func (s *solver) tell() {
	if s.o.Progress != nil {
		s.o.Progress(*s.report())
	}
}

// report is what is known now.
func (s *solver) report() *Solution {
	r := Solution{Best: slices.Clone(s.found), Nodes: s.nodes, Steps: s.steps}
	if len(s.found) > 0 {
		r.Set = s.found[0]
	}
	low, left := math.Inf(1), len(s.pending) > 0 || s.current != nil
	for _, nd := range s.pending {
		low = min(low, nd.bound)
	}
	if s.current != nil {
		low = min(low, s.current.bound)
	}
	switch {
	case left && len(s.found) == 0:
		r.Status = Unknown
	case len(s.found) == 0:
		r.Status = Infeasible
	case left && low <= float64(r.Cost-1)+1e-6:
		r.Status = Feasible
	default:
		r.Status, r.Bound = Optimal, r.Cost
		return &r
	}
	if r.Bound = 0; low > 0 && !math.IsInf(low, 1) {
		r.Bound = int64(math.Ceil(low - 1e-6 - 1e-12*low))
	}
	if len(s.found) > 0 {
		r.Bound = min(r.Bound, r.Cost)
	}
	return &r
}
