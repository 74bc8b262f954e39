package traveltime

import (
	"context"
	"fmt"
	"slices"

	"github.com/maillage/maillage/internal/roadgraph"
)

// MaxK bounds how many nearest facilities KNearest gives.
const MaxK = 16

// KNearest returns, for every home, its k nearest facilities, nearest first, the
// lower among equals: times[i*k+j] and their positions in to, Unreachable (or
// OffNetwork) and -1 where fewer are reached. A network that is not prepared is
// prepared first.
func (h *Homes) KNearest(ctx context.Context, to []Place, k int) (times []Time, nearest []int32, err error) {
	if k < 1 || k > MaxK {
		return nil, nil, fmt.Errorf("the %d nearest: want 1 to %d", k, MaxK)
	}
	if h.n.ride != nil {
		return h.timedNearest(ctx, to, k)
	}
	if h.engine == nil {
		if err := h.n.Prepare(ctx, nil); err != nil {
			return nil, nil, err
		}
		h = h.n.Homes(h.places)
	}
	var seeds []roadgraph.Seed
	for j, f := range to {
		if f.On {
			seeds = h.n.arrive(seeds, f, uint32(j))
		}
	}
	asked := h.sel.Asked()
	t, owner := make([]uint32, k*asked), make([]uint32, k*asked)
	h.sel.NewSweeper().KNearest(k, seeds, t, owner)
	times, nearest = make([]Time, k*len(h.places)), make([]int32, k*len(h.places))
	onEdge := map[int32][]int{} // home → facilities on its edge
	for j, f := range to {
		for _, i := range h.neighbours(f) {
			onEdge[i] = append(onEdge[i], j)
		}
	}
	next := 0
	for i, p := range h.places {
		best := map[uint32]uint32{} // owner → time
		offer := func(owner, t uint32) {
			if old, ok := best[owner]; t < roadgraph.Infinity && (!ok || t < old) {
				best[owner] = t
			}
		}
		for _, e := range h.exits[2*i : 2*i+2] {
			if e.state == roadgraph.NoOwner {
				continue
			}
			for j := next * k; j < (next+1)*k; j++ {
				offer(owner[j], add(e.after, t[j]))
			}
			next++
		}
		for _, j := range onEdge[int32(i)] {
			offer(uint32(j), h.n.direct(p, to[j]))
		}
		h.rank(p, best, times[i*k:(i+1)*k], nearest[i*k:(i+1)*k])
	}
	return times, nearest, ctx.Err()
}

// rank writes the k least of the times.
func (h *Homes) rank(p Place, best map[uint32]uint32, times []Time, nearest []int32) {
	labels := make([]uint64, 0, len(best))
	for owner, t := range best {
		labels = append(labels, uint64(t)<<32|uint64(owner))
	}
	slices.Sort(labels)
	for j := range times {
		if j < len(labels) {
			times[j], nearest[j] = h.n.total(p, uint32(labels[j]>>32)), int32(uint32(labels[j]))
		} else {
			times[j], nearest[j] = h.n.total(p, roadgraph.Infinity), -1
		}
	}
}
