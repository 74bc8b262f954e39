package roadgraph

import (
	"iter"
	"slices"
	"sort"
)

// Bounded is Dijkstra's search that stops early: at a time limit, or when the
// caller has seen enough. Its work grows with what it reaches, not with the
// graph. A Bounded answers one question after another, by one goroutine at a time.
type Bounded struct {
	a *Adjacency
	// reached holds the time plus one, so that memory fresh from the system, which
	// is zero, need not be touched where the search never comes.
	reached []uint32
	from    []uint32 // the arc by which a state was reached; fromSeed + its number for seeds
	heap    heap
	touched []uint32
}

const fromSeed = 1 << 31

// NewBounded prepares searches over the graph's Out (times from the seeds) or In
// (times to the seeds).
func NewBounded(a *Adjacency) *Bounded {
	n := len(a.First) - 1
	return &Bounded{a: a, reached: make([]uint32, n), from: make([]uint32, n)}
}

// Settle yields the states by rising time from their nearest seed, up to the
// limit, inclusive. Breaking off the loop ends the search. Time and Path answer
// until the next Settle.
func (b *Bounded) Settle(seeds []Seed, limit uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(state, time uint32) bool) {
		for _, v := range b.touched {
			b.reached[v] = 0
		}
		b.touched, b.heap = b.touched[:0], b.heap[:0]
		limit = min(limit, Infinity-1)
		for i, seed := range seeds {
			b.improve(seed.State, seed.Distance, fromSeed+uint32(i), limit)
		}
		for len(b.heap) > 0 {
			key := b.heap.pop()
			d, v := uint32(key>>32), uint32(key)
			if d+1 != b.reached[v] {
				continue // improved since it was pushed
			}
			if !yield(v, d) {
				return
			}
			for k := b.a.First[v]; k < b.a.First[v+1]; k++ {
				b.improve(b.a.Arcs[k].To, d+b.a.Arcs[k].Weight, k, limit)
			}
		}
	}
}

func (b *Bounded) improve(v, d, from, limit uint32) {
	if d > limit || (b.reached[v] != 0 && d+1 >= b.reached[v]) {
		return
	}
	if b.reached[v] == 0 {
		b.touched = append(b.touched, v)
	}
	b.reached[v], b.from[v] = d+1, from
	b.heap.push(uint64(d)<<32 | uint64(v))
}

// Time is the time of a state, Infinity where the search did not come. Before a
// search has ended, times of states it has not yielded may still fall.
func (b *Bounded) Time(state uint32) uint32 {
	if b.reached[state] == 0 {
		return Infinity
	}
	return b.reached[state] - 1
}

// Path returns the number of the seed from which a yielded state was reached,
// and the arcs, as positions in the adjacency, that lead from there to it.
func (b *Bounded) Path(state uint32) (seed int, arcs []uint32) {
	k := b.from[state]
	for k < fromSeed {
		arcs = append(arcs, k)
		// The arc's tail is the last state whose list begins at or before it.
		tail := sort.Search(len(b.a.First), func(i int) bool { return b.a.First[i] > k }) - 1
		k = b.from[tail]
	}
	slices.Reverse(arcs)
	return int(k - fromSeed), arcs
}
