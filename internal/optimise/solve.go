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
	Steps    int            // limit of steps of the bound; 0 for none
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

// Gap is how much lower another set might be, as a share of the cost: 0 when optimal, 1
// where there is no set.
func (s *Solution) Gap() float64 {
	switch {
	case s.Status == Unknown:
		return 1
	case s.Status == Optimal || s.Cost == s.Bound:
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
	relaxed
	o        Options
	ctx      context.Context
	found    []Set // the best, as many as are wanted
	rho      []float64
	under    []int32   // per demand, how many sites cost less than its price
	below    int       // their sum
	slack    []float64 // per demand, the sites it lacks
	joint    []int32   // per demand, where its shares are among the prices; 0 where it has none
	together []int32   // demands that have
	kept     int       // free sites in the lists
	pending  []*node
	current  *node // being worked on
	nodes    int
	steps    int
	tried    int  // the root's step of the last exchange
	warm     bool // the first prices are good already
	whole    bool // no sites are fixed by the bound
}

// ErrProblem marks a problem that is not one.
var ErrProblem = errors.New("not a problem")

// Solve searches. It ends early, with what is known, when ctx does or a limit of
// nodes or steps is reached; an error is about the problem itself.
func Solve(ctx context.Context, p *Problem, o Options) (*Solution, error) {
	c, err := compile(p)
	if err != nil {
		return nil, errors.Join(ErrProblem, err)
	}
	s := newSolver(ctx, c, o)
	root := s.root()
	root.u = s.firstPrices()
	if _, _, empty := s.propagate(root.fixed); !empty {
		s.pending = []*node{root}
		s.begin(root.fixed)
		s.solve()
	}
	return s.report(), nil
}

func newSolver(ctx context.Context, c *compiled, o Options) *solver {
	o.Best = max(1, o.Best)
	return &solver{compiled: c, o: o, ctx: ctx, rho: make([]float64, c.Sites), under: make([]int32, c.demands), slack: make([]float64, c.demands),
		kept: c.Sites, tried: math.MinInt / 2, relaxed: relaxed{pick: c.newPick(), share: make([]float64, c.Sites)}}
}

// root is the node of all sets.
func (s *solver) root() *node {
	nd := &node{fixed: make([]State, s.Sites), bound: math.Inf(-1)}
	copy(nd.fixed, s.Fixed)
	return nd
}

func (s *solver) solve() {
	for len(s.pending) > 0 && !s.interrupted() {
		nd := s.pending[len(s.pending)-1]
		s.pending = s.pending[:len(s.pending)-1]
		if s.proves(nd.bound) {
			continue
		}
		s.current = nd
		s.nodes++
		steps := nodeSteps
		if nd.depth == 0 && !s.warm {
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

// branch splits a node by the free site that the bound wants most: open first.
func (s *solver) branch(nd *node) {
	free, open := split(nd.fixed)
	s.relax(nd.u, free, open)
	j := s.pick.free[0]
	for _, st := range []State{Closed, Open} {
		child := &node{fixed: slices.Clone(nd.fixed), u: nd.u, bound: nd.bound, depth: nd.depth + 1}
		child.fixed[j] = st
		if _, _, empty := s.propagate(child.fixed); !empty {
			s.pending = append(s.pending, child)
		}
	}
}

// firstPrices are what each demand costs at a site of middling nearness.
func (s *solver) firstPrices() []float64 {
	u := make([]float64, s.joins())
	for _, i := range s.together {
		s.reshare(i, s.shares(u, int(i)), s.shares(u, int(i)), 0)
	}
	for i := range s.demands {
		choices := s.choices(i)
		u[i] = s.ceiling(i)
		at := s.need(i)*s.Sites/(2*max(1, s.P)) + 1
		if at >= len(choices) && s.must(i) {
			at = len(choices) - 1
		}
		if at >= 0 && at < len(choices) {
			u[i] = min(u[i], float64(s.unit(choices[at])*s.weight[i]))
		}
	}
	return u
}

// begin finds a first set, greedily: each time the site that saves most.
func (s *solver) begin(root []State) {
	s.offer(s.o.Start)
	fixed := slices.Clone(root)
	free, open := split(fixed)
	isOpen, gain := make([]bool, s.Sites), make([]int64, s.Sites)
	for len(free) > 0 {
		for _, j := range open {
			isOpen[j] = true
		}
		s.gains(isOpen, gain)
		at := slices.MaxFunc(free, func(a, b int32) int { return cmp.Or(cmp.Compare(gain[a], gain[b]), cmp.Compare(b, a)) })
		if s.P == 0 && gain[at] <= 0 {
			if at = s.lacking(free, open, gain); at < 0 {
				break // no site more is worth while
			}
		}
		before := slices.Clone(fixed)
		fixed[at] = Open
		var empty bool
		if free, open, empty = s.propagate(fixed); empty {
			fixed = before
			fixed[at] = Closed
			if free, open, empty = s.propagate(fixed); empty {
				return // branching will see
			}
		}
	}
	s.exchanged(open)
}

// lacking is the free site that saves most of those whose group has too few open; -1
// if none has.
func (s *solver) lacking(free, open []int32, gain []int64) int32 {
	count := make([]int, len(s.groups))
	for _, j := range open {
		count[s.group[j]]++
	}
	at := int32(-1)
	for _, j := range free {
		if count[s.group[j]] < s.groups[s.group[j]].Least && (at < 0 || gain[j] > gain[at]) {
			at = j
		}
	}
	return at
}

// gains fills in what opening each site would save. To a demand that needs more sites
// than are open, each that it lacks costs a part of the cost of none.
func (s *solver) gains(open []bool, gain []int64) {
	for j := range gain {
		gain[j] = -s.opening(int32(j))
	}
	mask, shift := choice(1)<<s.shift-1, s.shift
	for i := range s.demands {
		own, w, need := s.choices(i), s.weight[i], s.need(i)
		worst := s.last[i] / int64(need)
		for n, x := range own {
			if open[x&mask] {
				if need--; need == 0 {
					own, worst = own[:n], s.unit(x)*w
					break
				}
			}
		}
		for _, x := range own {
			save := worst - int64(x>>shift)*w
			if save <= 0 {
				break
			}
			gain[x&mask] += save
		}
	}
}

// exchanged offers a set and what exchanges make of it.
func (s *solver) exchanged(list []int32) {
	s.offer(list)
	if s.allowed(opened(s.Sites, list)) {
		set := s.serve(list)
		set.improve()
		s.offer(set.sorted())
	}
}

// try offers the set that the bound came by; at the root, now and then with exchanges.
func (s *solver) try(nd *node, step int) {
	if nd.depth == 0 && step >= s.tried+40 {
		s.tried = step
		s.exchanged(s.set)
		return
	}
	s.offer(s.set)
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
// numbers.
func (s *solver) proves(bound float64) bool {
	most := float64(s.worst() - 1)
	return bound > most+1e-6+1e-15*most
}

func (s *solver) interrupted() bool {
	return s.ctx.Err() != nil || s.o.Steps > 0 && s.steps >= s.o.Steps
}

func (s *solver) tell() {
	if s.o.Progress != nil {
		s.o.Progress(*s.report())
	}
}

// up is the least cost that a bound allows: costs are whole numbers.
func up(bound float64) int64 {
	if bound <= 0 {
		return 0
	}
	return int64(math.Ceil(bound - 1e-6 - 1e-15*bound))
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
	case left && up(low) < r.Cost:
		r.Status = Feasible
	default:
		r.Status, r.Bound = Optimal, r.Cost
		return &r
	}
	if !math.IsInf(low, 1) {
		r.Bound = up(low)
	}
	if len(s.found) > 0 {
		r.Bound = min(r.Bound, r.Cost)
	}
	return &r
}
