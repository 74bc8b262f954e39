package roadgraph

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Lanes is how many targets one sweep serves.
const Lanes = 16

// Row holds the times from one state to Lanes targets.
type Row [Lanes]uint32

// Selection prepares a metric for questions about some states only: the part of
// the sweep graph that leads up from them (RPHAST: Delling, Goldberg & Werneck
// 2011). It is immutable; each goroutine asks through a Sweeper of its own.
type Selection struct {
	m *Metric
	// Positions number the ranks of the selection from the highest down, so that
	// arcs lead to lower positions and a sweep runs forward.
	first    []uint32
	arcs     []Arc    // To is a position
	position []uint32 // rank → position; NoOwner outside
	at       []uint32 // per state asked for: its position
	// A large selection is swept by several threads: first the ranks above, one
	// after the other, then ranges that depend on those and on themselves only.
	above  []uint32 // positions, rising
	ranges [][2]uint32
}

// parallelSweepFrom is how many ranks make threads pay; tests lower it.
var parallelSweepFrom = 100_000

// Select prepares questions about the given states, in their order; nil means all states.
func (m *Metric) Select(states []uint32) *Selection {
	n := len(m.h.order)
	s := &Selection{m: m, position: make([]uint32, n)}
	marked := newBits(n)
	if states == nil {
		marked.all(n)
	}
	for _, v := range states {
		marked.set(m.h.rank[v])
	}
	size, arcs := 0, 0
	marked.rising(func(v uint32) {
		size++
		for _, a := range m.climb.arcs[m.climb.first[v]:m.climb.first[v+1]] {
			marked.set(a.To)
			arcs++
		}
	})
	for i := range s.position {
		s.position[i] = NoOwner
	}
	s.first, s.arcs = make([]uint32, 1, size+1), make([]Arc, 0, arcs)
	marked.falling(func(v uint32) {
		s.position[v] = uint32(len(s.first) - 1)
		for _, a := range m.climb.arcs[m.climb.first[v]:m.climb.first[v+1]] {
			s.arcs = append(s.arcs, Arc{s.position[a.To], a.Weight})
		}
		s.first = append(s.first, uint32(len(s.arcs)))
	})
	s.divide(size)
	if states == nil {
		states = make([]uint32, n)
		for v := range states {
			states[v] = uint32(v)
		}
	}
	s.at = make([]uint32, len(states))
	for i, v := range states {
		s.at[i] = s.position[m.h.rank[v]]
	}
	return s
}

// divide splits the positions into those above and ranges, one per subtree of
// the elimination tree, which the ranks' postorder makes contiguous.
func (s *Selection) divide(size int) {
	if size < parallelSweepFrom {
		s.ranges = [][2]uint32{{0, uint32(size)}}
		return
	}
	work := s.m.h.subtrees()
	for k := len(work.above) - 1; k >= 0; k-- {
		if p := s.position[work.above[k]]; p != NoOwner {
			s.above = append(s.above, p)
		}
	}
	for k := len(work.roots) - 1; k >= 0; k-- { // subtrees by rising ranks have falling positions
		members := work.members[k]
		first, last := NoOwner, uint32(0)
		for _, v := range members {
			if p := s.position[v]; p != NoOwner {
				first, last = min(first, p), max(last, p)
			}
		}
		if first != NoOwner {
			s.ranges = append(s.ranges, [2]uint32{first, last + 1})
		}
	}
}

// Asked is the number of states asked for.
func (s *Selection) Asked() int { return len(s.at) }

// Size is the number of ranks and arcs a sweep visits.
func (s *Selection) Size() (ranks, arcs int) { return len(s.first) - 1, len(s.arcs) }

// Sweeper holds the working memory of one goroutine.
type Sweeper struct {
	s       *Selection
	rows    []Row
	labels  []uint64 // for Nearest
	chain   []uint32 // ranks above the seeds, rising
	link    []uint32 // rank → place in chain, valid where chain agrees
	climbed []Row
	touched []uint32 // positions of the chain, rising
	singles []uint64
	single  []uint32 // for One
}

// NewSweeper returns a sweeper over the selection.
func (s *Selection) NewSweeper() *Sweeper {
	return &Sweeper{s: s, link: make([]uint32, len(s.m.h.order))}
}

// To computes the times from the selected states to up to Lanes targets, each
// given by the states and times from which it is entered. Time(i, lane) reads
// them until the next call.
func (w *Sweeper) To(targets [][]Seed) {
	if w.rows == nil {
		w.rows = make([]Row, len(w.s.first)-1)
	}
	w.climb(targets)
	w.touch(func(p uint32, k int) { w.rows[p] = w.climbed[k] })
	sweep(w.s.first, w.s.arcs, w.rows, w.touched)
}

// Time is the time from the i-th selected state to a lane of the last To, or Infinity.
func (w *Sweeper) Time(i, lane int) uint32 { return w.rows[w.s.at[i]][lane] }

// Row are the times from the i-th selected state to all lanes of the last To.
func (w *Sweeper) Row(i int) *Row { return &w.rows[w.s.at[i]] }

// climb fills the rows of the ranks above the seeds, in rising order.
func (w *Sweeper) climb(targets [][]Seed) {
	w.ancestors(func(yield func(state uint32)) {
		for _, seeds := range targets {
			for _, seed := range seeds {
				yield(seed.State)
			}
		}
	})
	w.climbed = slices.Grow(w.climbed[:0], len(w.chain))[:len(w.chain)]
	for k := range w.climbed {
		w.climbed[k] = infinite
	}
	h := w.s.m.h
	for lane, seeds := range targets {
		for _, seed := range seeds {
			t := &w.climbed[w.link[h.rank[seed.State]]][lane]
			*t = min(*t, seed.Distance, Infinity)
		}
	}
	fall := &w.s.m.fall
	for k, v := range w.chain {
		from := &w.climbed[k]
		for _, a := range fall.arcs[fall.first[v]:fall.first[v+1]] {
			relax(&w.climbed[w.link[a.To]], from, a.Weight)
		}
	}
}

var infinite = func() (r Row) {
	for i := range r {
		r[i] = Infinity
	}
	return r
}()

func relax(to, from *Row, weight uint32) {
	for i := range to {
		to[i] = min(to[i], from[i]+weight)
	}
}

// ancestors collects the ranks of the states and of all above them in the
// elimination tree, rising, and links each rank to its place.
func (w *Sweeper) ancestors(states func(yield func(state uint32))) {
	h := w.s.m.h
	w.chain = w.chain[:0]
	states(func(state uint32) {
		for v := h.rank[state]; v != noParent && !w.linked(v); v = h.parent[v] {
			w.link[v] = uint32(len(w.chain))
			w.chain = append(w.chain, v)
		}
	})
	slices.Sort(w.chain)
	for k, v := range w.chain {
		w.link[v] = uint32(k)
	}
}

func (w *Sweeper) linked(v uint32) bool {
	k := w.link[v]
	return int(k) < len(w.chain) && w.chain[k] == v
}

// Nearest computes, for every selected state, the time to the nearest of any
// number of targets and that target's owner, in one sweep; among equal times the
// lowest owner wins. The slices run parallel to the selected states: Infinity
// and NoOwner where none is reached.
func (w *Sweeper) Nearest(seeds []Seed, times, owners []uint32) {
	if w.labels == nil {
		w.labels = make([]uint64, len(w.s.first)-1)
	}
	w.climbSingle(seeds)
	w.touch(func(p uint32, k int) { w.labels[p] = w.singles[k] })
	w.sweepSingle()
	for i, p := range w.s.at {
		times[i], owners[i] = uint32(w.labels[p]>>32), uint32(w.labels[p])
	}
}

// A label packs time and owner, so that the least label is the nearest target,
// the lowest owner among equals.
const nobody = uint64(Infinity)<<32 | uint64(NoOwner)

func (w *Sweeper) climbSingle(seeds []Seed) {
	w.ancestors(func(yield func(state uint32)) {
		for _, seed := range seeds {
			yield(seed.State)
		}
	})
	w.singles = slices.Grow(w.singles[:0], len(w.chain))[:len(w.chain)]
	for k := range w.singles {
		w.singles[k] = nobody
	}
	h, fall := w.s.m.h, &w.s.m.fall
	for _, seed := range seeds {
		if seed.Distance < Infinity {
			l := &w.singles[w.link[h.rank[seed.State]]]
			*l = min(*l, uint64(seed.Distance)<<32|uint64(seed.Owner))
		}
	}
	for k, v := range w.chain {
		for _, a := range fall.arcs[fall.first[v]:fall.first[v+1]] {
			l := &w.singles[w.link[a.To]]
			*l = min(*l, w.singles[k]+uint64(a.Weight)<<32)
		}
	}
	for k := range w.singles {
		w.singles[k] = min(w.singles[k], nobody)
	}
}

func (w *Sweeper) sweepSingle() {
	labels, first, arcs := w.labels, w.s.first, w.s.arcs
	w.eachRange(func(from, to uint32) {
		k, _ := slices.BinarySearch(w.touched, from)
		for p := from; p < to; p++ {
			best := nobody
			if k < len(w.touched) && w.touched[k] == p {
				best = labels[p]
				k++
			}
			for _, a := range arcs[first[p]:first[p+1]] {
				best = min(best, labels[a.To]+uint64(a.Weight)<<32)
			}
			labels[p] = best
		}
	})
}

// eachRange calls sweep for all positions, each after those it depends on, on
// all processors if the selection is large.
func (w *Sweeper) eachRange(sweep func(from, to uint32)) {
	for i := 0; i < len(w.s.above); {
		from, to := w.s.above[i], w.s.above[i]
		for ; i < len(w.s.above) && w.s.above[i] == to; i++ {
			to++
		}
		sweep(from, to)
	}
	if len(w.s.ranges) == 1 {
		sweep(w.s.ranges[0][0], w.s.ranges[0][1])
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(w.s.ranges)); i = next.Add(1) - 1 {
				sweep(w.s.ranges[i][0], w.s.ranges[i][1])
			}
		})
	}
	wg.Wait()
}

// One computes the times from the selected states to a single target; the i-th
// of times belongs to the i-th selected state.
func (w *Sweeper) One(seeds []Seed, times []uint32) {
	if w.single == nil {
		w.single = make([]uint32, len(w.s.first)-1)
	}
	w.climb([][]Seed{seeds})
	single, first, arcs := w.single, w.s.first, w.s.arcs
	w.touch(func(p uint32, k int) { single[p] = w.climbed[k][0] })
	w.eachRange(func(from, to uint32) {
		k, _ := slices.BinarySearch(w.touched, from)
		for p := from; p < to; p++ {
			best := Infinity
			if k < len(w.touched) && w.touched[k] == p {
				best = single[p]
				k++
			}
			for _, a := range arcs[first[p]:first[p+1]] {
				best = min(best, single[a.To]+a.Weight)
			}
			single[p] = best
		}
	})
	for i, p := range w.s.at {
		times[i] = single[p]
	}
}

// touch lists the positions of the chain in the selection, rising, and hands
// each over with its place in the chain.
func (w *Sweeper) touch(put func(p uint32, k int)) {
	w.touched = w.touched[:0]
	for k := len(w.chain) - 1; k >= 0; k-- {
		if p := w.s.position[w.chain[k]]; p != NoOwner {
			put(p, k)
			w.touched = append(w.touched, p)
		}
	}
}

// bitset marks ranks.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i uint32) { b[i/64] |= 1 << (i % 64) }

func (b bitset) all(n int) {
	for i := range n {
		b.set(uint32(i))
	}
}

// rising visits the marked ranks in order, those marked ahead meanwhile included.
func (b bitset) rising(f func(v uint32)) {
	for w := range b {
		seen := uint64(0)
		for b[w]&^seen != 0 {
			i := bits.TrailingZeros64(b[w] &^ seen)
			seen |= 1<<i | (1<<i - 1)
			f(uint32(w*64 + i))
		}
	}
}

func (b bitset) falling(f func(v uint32)) {
	for w := len(b) - 1; w >= 0; w-- {
		for word := b[w]; word != 0; {
			i := 63 - bits.LeadingZeros64(word)
			word &^= 1 << i
			f(uint32(w*64 + i))
		}
	}
}
