package traveltime

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/maillage/maillage/internal/roadgraph"
)

// homeTime is a home from which a place is reached, and how long it takes.
type homeTime struct {
	home int32
	time uint32 // milliseconds, both walks included
}

// within finds, for each place, the homes from which it is reached within the limit,
// in the order of homes: the times are Matrix's. Work grows with what lies within.
func (h *Homes) within(ctx context.Context, to []Place, limit Time) ([][]homeTime, error) {
	out := make([][]homeTime, len(to))
	leaving := h.leaving()
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(to)) {
		all.Go(func() {
			w := &nearHomes{h: h, leaving: leaving, limit: uint32(min(limit, Time(roadgraph.Infinity-1))), search: roadgraph.NewBounded(&h.n.graph.In), best: make([]uint32, h.Len())}
			for i := range w.best {
				w.best[i] = roadgraph.Infinity
			}
			for j := int(next.Add(1)) - 1; j < len(to) && ctx.Err() == nil; j = int(next.Add(1)) - 1 {
				out[j] = w.find(to[j])
			}
		})
	}
	all.Wait()
	return out, ctx.Err()
}

// leaving lists the exits by their state: those of state s are the exits
// at[first[s]:first[s+1]].
type leaving struct{ first, at []uint32 }

func (h *Homes) leaving() leaving {
	l := leaving{first: make([]uint32, h.n.graph.States()+1)}
	for _, e := range h.exits {
		if e.state != roadgraph.NoOwner {
			l.first[e.state+1]++
		}
	}
	for s := 1; s < len(l.first); s++ {
		l.first[s] += l.first[s-1]
	}
	l.at = make([]uint32, l.first[len(l.first)-1])
	fill := slices.Clone(l.first)
	for k, e := range h.exits {
		if e.state != roadgraph.NoOwner {
			l.at[fill[e.state]] = uint32(k)
			fill[e.state]++
		}
	}
	return l
}

// nearHomes finds the homes around one place after another.
type nearHomes struct {
	h       *Homes
	leaving leaving
	limit   uint32
	search  *roadgraph.Bounded
	best    []uint32 // Infinity between two places
	found   []int32
}

func (w *nearHomes) find(to Place) (out []homeTime) {
	for state, t := range w.search.Settle(w.h.seeds(to), w.limit) {
		for _, k := range w.leaving.at[w.leaving.first[state]:w.leaving.first[state+1]] {
			w.offer(int32(k/2), add(w.h.exits[k].after, t))
		}
	}
	for _, i := range w.h.neighbours(to) {
		w.offer(i, w.h.n.direct(w.h.places[i], to))
	}
	slices.Sort(w.found)
	for _, i := range w.found {
		out = append(out, homeTime{i, w.best[i]})
		w.best[i] = roadgraph.Infinity
	}
	w.found = w.found[:0]
	return out
}

func (w *nearHomes) offer(home int32, t uint32) {
	if t = add(t, w.h.places[home].Walk); t > w.limit {
		return
	}
	if w.best[home] == roadgraph.Infinity {
		w.found = append(w.found, home)
	}
	w.best[home] = min(w.best[home], t)
}
