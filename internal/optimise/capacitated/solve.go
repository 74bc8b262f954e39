package capacitated

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// Solution is what a search has found, and why it found nothing.
type Solution struct {
	optimise.Solution
	Obstacle *Obstacle // where there is no set, whatever it costs
}

// rootSteps and nodeSteps bound the work on the bound of a node; fewSets is how many
// sets are rather tried than parted further.
const (
	rootSteps = 2000
	nodeSteps = 60
	fewSets   = 60
	// These bound memory: of parts that are put off, and of sets that were tried.
	mostPending = 20_000
	mostKnown   = 1 << 20
)

type solver struct {
	*compiled
	o       optimise.Options
	ctx     context.Context
	found   []optimise.Set   // the best, as many as are wanted
	known   map[string]score // sets that were tried
	amounts []float64        // People
	sum     float64          // of amounts
	lack    []float64        // per demand, of move
	list    []gainer
	needed  int64 // people of whom nobody may be left over, if a set is to be below what is asked
	pending []*node
	current *node // being worked on
	nodes   int
	steps   int
	tried   int // the root's step of the last exchange
}

// score is what came of a set.
type score struct{ cost, short int64 }

// Solve searches. It ends early, with what is known, when ctx does or the limit of
// nodes is reached; an error is an optimise.ErrProblem.
func Solve(ctx context.Context, p *Problem, o optimise.Options) (*Solution, error) {
	c, err := compile(p)
	if err != nil {
		return nil, errors.Join(optimise.ErrProblem, err)
	}
	s := newSolver(ctx, c, o)
	s.search()
	found := &Solution{Solution: *s.report()}
	if found.Status == optimise.Infeasible && o.Below == 0 {
		found.Obstacle = s.obstacle()
	}
	return found, nil
}

func newSolver(ctx context.Context, c *compiled, o optimise.Options) *solver {
	s := &solver{compiled: c, o: o, ctx: ctx, known: map[string]score{}, amounts: make([]float64, c.demands), lack: make([]float64, c.demands), needed: c.must, tried: math.MinInt / 2}
	s.o.Best = max(1, o.Best)
	for i, a := range c.People {
		s.amounts[i] = float64(a)
		s.sum += float64(a)
		if last := c.Else[i]; a > 0 && o.Below > 0 && last != optimise.Must && last >= o.Below {
			s.needs, s.needed = append(s.needs, int32(i)), s.needed+a // nobody left over is below
		}
	}
	return s
}

func (s *solver) search() {
	root := &node{fixed: make([]optimise.State, s.Sites), often: make([]float64, s.Sites)}
	copy(root.fixed, s.Fixed)
	free, open := s.free(root)
	if s.propagate(root, &free, &open) {
		return
	}
	s.pending = []*node{root}
	root.u = s.begin(root, free, open).u
	if len(s.found) == 0 && s.must > 0 && !s.feasible() {
		return
	}
	down := false
	for len(s.pending) > 0 && !s.interrupted() {
		nd := s.next(down)
		if down = false; s.proves(nd.bound) {
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
		down = true
		s.tell()
	}
}

// next takes a part to search: one of those the last was split into, and where that
// came to an end the one of the least bound, as long as not too many are kept.
func (s *solver) next(down bool) *node {
	at := len(s.pending) - 1
	for k, nd := range s.pending {
		if !down && len(s.pending) < mostPending && nd.bound < s.pending[at].bound {
			at = k
		}
	}
	nd := s.pending[at]
	s.pending = slices.Delete(s.pending, at, at+1)
	return nd
}

// branch splits a node by the site of which the bound is least sure; the side that it
// opens or closes more often is searched first.
func (s *solver) branch(nd *node) {
	free, _ := s.free(nd)
	j := slices.MinFunc(free, func(a, b int32) int {
		return cmp.Or(cmp.Compare(math.Abs(nd.often[a]-0.5), math.Abs(nd.often[b]-0.5)), cmp.Compare(a, b))
	})
	sides := []optimise.State{optimise.Closed, optimise.Open}
	if nd.often[j] < 0.5 {
		slices.Reverse(sides)
	}
	for _, st := range sides {
		child := &node{fixed: slices.Clone(nd.fixed), u: nd.u, toll: nd.toll, often: nd.often, bound: nd.bound, depth: nd.depth + 1}
		child.fixed[j] = st
		if free, open := s.free(child); !s.propagate(child, &free, &open) {
			s.pending = append(s.pending, child)
		}
	}
}

// leaf answers a node that holds one set at most.
func (s *solver) leaf(free, open []int32) (done, leaf bool) {
	switch {
	case s.P > 0 && (len(open) > s.P || len(open)+len(free) < s.P):
		return true, true
	case s.P > 0 && len(open) == s.P || len(free) == 0:
		s.offer(open)
		return true, true
	case s.P > 0 && len(open)+len(free) == s.P:
		s.offer(append(slices.Clone(open), free...))
		return true, true
	}
	return false, false
}

// few tries all sets of a node that the bound does not exclude, where these are few.
// It is true when that was done: the node then holds nothing better than what is known.
func (s *solver) few(nd *node) bool {
	free, open := s.free(nd)
	r := rates{u: nd.u, toll: nd.toll, rho: make([]float64, s.Sites)}
	s.charge(&r, nd.fixed)
	s.cheapest(free, open, r.rho)
	l := lister{solver: s, free: free, rho: r.rho, least: make([]float64, len(free)+1)}
	for k, j := range free {
		l.least[k+1] = l.least[k] + r.rho[j]
		if s.P == 0 {
			l.least[k+1] = l.least[k] + min(0, r.rho[j])
		}
	}
	total := s.safe(r.base, &r)
	for _, j := range open {
		total += r.rho[j]
	}
	if l.add(open, 0, total); len(l.sets) > fewSets {
		return false
	}
	slices.SortStableFunc(l.sets, func(a, b bounded) int { return cmp.Compare(a.bound, b.bound) })
	for _, set := range l.sets {
		if s.interrupted() {
			return false
		}
		if !s.proves(set.bound) {
			s.offer(set.open)
		}
	}
	return true
}

// lister lists sets by their bounds.
type lister struct {
	*solver
	free  []int32 // by ρ
	rho   []float64
	least []float64 // of the first k free sites, the sum of ρ, or of those below 0 where any number may be open
	sets  []bounded
}

type bounded struct {
	open  []int32
	bound float64
}

// add lists the sets of what is open and some of the free sites from k on, until they
// are too many.
func (l *lister) add(open []int32, k int, total float64) {
	if l.P > 0 && len(open) == l.P || l.P == 0 && k == len(l.free) {
		l.sets = append(l.sets, bounded{slices.Clone(open), total})
		return
	}
	end := len(l.free)
	if l.P > 0 {
		end = k + l.P - len(open)
	}
	if len(l.sets) > fewSets || end > len(l.free) || l.proves(total+l.least[end]-l.least[k]) {
		return
	}
	l.add(append(open, l.free[k]), k+1, total+l.rho[l.free[k]])
	l.add(open, k+1, total)
}

// offer takes a set for an answer, if it is one and among the best.
func (s *solver) offer(open []int32) {
	if !s.allowed(open) {
		return
	}
	list := slices.Sorted(slices.Values(open))
	if _, is := s.known[key(list)]; !is {
		s.take(s.place(list))
	}
}

// take takes note of an allowed set, and it for an answer if it is among the best.
func (s *solver) take(set *placed) {
	name := key(set.open)
	if _, is := s.known[name]; is {
		return
	}
	if len(s.known) == mostKnown {
		clear(s.known)
	}
	s.known[name] = score{set.cost, set.short}
	found := optimise.Set{Sites: set.open, Cost: set.cost}
	if set.short > 0 || set.cost >= s.worst() || slices.ContainsFunc(s.found, func(f optimise.Set) bool { return slices.Equal(f.Sites, found.Sites) }) {
		return
	}
	at, _ := slices.BinarySearchFunc(s.found, found, func(a, b optimise.Set) int {
		return cmp.Or(cmp.Compare(a.Cost, b.Cost), slices.Compare(a.Sites, b.Sites))
	})
	s.found = slices.Insert(s.found, at, found)
	s.found = s.found[:min(len(s.found), s.o.Best)]
	if at == 0 {
		s.tell()
	}
}

func key(sites []int32) string {
	name := make([]byte, 0, 4*len(sites))
	for _, j := range sites {
		name = binary.LittleEndian.AppendUint32(name, uint32(j))
	}
	return string(name)
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
func (s *solver) proves(bound float64) bool { return up(bound) >= s.worst() }

// up is the least whole number that is not below a bound.
func up(bound float64) int64 {
	return int64(math.Ceil(max(-0x1p62, min(bound, 0x1p62))))
}

func (s *solver) interrupted() bool { return s.ctx.Err() != nil }

func (s *solver) tell() {
	if s.o.Progress != nil {
		s.o.Progress(*s.report())
	}
}

// report is what is known now.
func (s *solver) report() *optimise.Solution {
	r := optimise.Solution{Best: slices.Clone(s.found), Nodes: s.nodes, Steps: s.steps}
	if len(s.found) > 0 {
		r.Set = s.found[0]
	}
	low, left := int64(math.MaxInt64), len(s.pending) > 0 || s.current != nil
	for _, nd := range s.pending {
		low = min(low, up(nd.bound))
	}
	if s.current != nil {
		low = min(low, up(s.current.bound))
	}
	switch {
	case left && len(s.found) == 0:
		r.Status, r.Bound = optimise.Unknown, low
	case len(s.found) == 0:
		r.Status = optimise.Infeasible
	case left && low < r.Cost:
		r.Status, r.Bound = optimise.Feasible, low
	default:
		r.Status, r.Bound = optimise.Optimal, r.Cost
	}
	return &r
}
