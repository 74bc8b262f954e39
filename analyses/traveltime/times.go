package traveltime

import (
	"context"
	"runtime"
	"sync"

	"github.com/maillage/maillage/internal/roadgraph"
)

// Nearest returns, for every home, the time to its nearest facility and that
// facility's position in to (the lowest among equals; -1 when none is reached).
// Facilities that are off the network reach nobody.
func (n *Network) Nearest(ctx context.Context, from, to []Place) ([]Time, []int32, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var seeds []roadgraph.Seed
	sameEdge := map[uint32][]int{} // edge → facilities on it
	for j, f := range to {
		if !f.On {
			continue
		}
		seeds = n.arrive(seeds, f, uint32(j))
		sameEdge[f.At.Edge] = append(sameEdge[f.At.Edge], j)
	}
	distance, owner := roadgraph.NewSearch(&n.graph.In).Run(seeds)
	times := make([]Time, len(from))
	nearest := make([]int32, len(from))
	parallel(len(from), func(i int) {
		h := from[i]
		best, who := n.depart(h, distance, owner)
		if h.On {
			for _, j := range sameEdge[h.At.Edge] {
				best, who = closer(best, who, n.direct(h, to[j]), uint32(j))
			}
		}
		times[i], nearest[i] = n.total(h, best), int32(who)
	})
	return times, nearest, nil
}

// Matrix computes the time from every home to every facility. It calls emit
// once per facility, in the order of to, with the times of all homes; the slice
// is reused afterwards. Work stops when ctx ends or emit returns an error.
// Searches run on all processors; memory is a few rows, not the whole matrix.
func (n *Network) Matrix(ctx context.Context, from, to []Place, emit func(j int, times []Time) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := min(runtime.GOMAXPROCS(0), max(len(to), 1))
	rows := make([]chan []Time, workers) // worker w computes facilities w, w+workers, …
	free := make([]chan []Time, workers)
	var wg sync.WaitGroup
	for w := range workers {
		rows[w], free[w] = make(chan []Time, 1), make(chan []Time, 2)
		free[w] <- make([]Time, len(from))
		free[w] <- make([]Time, len(from))
		wg.Go(func() {
			search := roadgraph.NewSearch(&n.graph.In)
			for j := w; j < len(to); j += workers {
				select {
				case row := <-free[w]:
					n.toOne(search, from, to[j], row)
					select {
					case rows[w] <- row:
					case <-ctx.Done():
						return
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	defer wg.Wait()
	defer stop()
	for j := range to {
		w := j % workers
		select {
		case row := <-rows[w]:
			if err := emit(j, row); err != nil {
				return err
			}
			free[w] <- row
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// toOne fills row with the times of all homes to one facility.
func (n *Network) toOne(search *roadgraph.Search, from []Place, to Place, row []Time) {
	var seeds []roadgraph.Seed
	if to.On {
		seeds = n.arrive(nil, to, 0)
	}
	distance, owner := search.Run(seeds)
	for i, h := range from {
		best, _ := n.depart(h, distance, owner)
		if h.On && to.On && h.At.Edge == to.At.Edge {
			best = min(best, n.direct(h, to))
		}
		row[i] = n.total(h, best)
	}
}

// arrive seeds the states from which a facility's edge may be travelled, with
// the time from there to the facility's door.
func (n *Network) arrive(seeds []roadgraph.Seed, f Place, owner uint32) []roadgraph.Seed {
	for _, d := range n.openDirections(f.At.Edge) {
		t := n.graph.Before(d, f.At.At) + f.Walk
		for _, s := range n.graph.TailStates(d) {
			seeds = append(seeds, roadgraph.Seed{State: s, Distance: t, Owner: owner})
		}
	}
	return seeds
}

// depart returns the best time from where a home joins the network, by either
// open direction of its edge.
func (n *Network) depart(h Place, distance, owner []uint32) (best, who uint32) {
	best, who = roadgraph.Infinity, roadgraph.NoOwner
	if !h.On {
		return best, who
	}
	for _, d := range n.openDirections(h.At.Edge) {
		s := n.graph.HeadState(d)
		if distance[s] == roadgraph.Infinity {
			continue
		}
		best, who = closer(best, who, add(n.graph.After(d, h.At.At), distance[s]), owner[s])
	}
	return best, who
}

// direct is the time to a facility on the same edge, without leaving it.
func (n *Network) direct(h, f Place) uint32 {
	along := n.graph.Along(h.At, f.At)
	if along == roadgraph.Infinity {
		return along
	}
	return add(along, f.Walk)
}

func closer(best, who, t, owner uint32) (uint32, uint32) {
	if t < best || (t == best && t < roadgraph.Infinity && owner < who) {
		return t, owner
	}
	return best, who
}

func add(a, b uint32) uint32 { return min(a+b, roadgraph.Infinity) }

// total adds the walk from home, and names the states.
func (n *Network) total(h Place, t uint32) Time {
	switch {
	case !h.On:
		return OffNetwork
	case t == roadgraph.Infinity:
		return Unreachable
	}
	return Time(t + h.Walk)
}

func (n *Network) openDirections(edge uint32) []roadgraph.DirectedEdge {
	both := [2]roadgraph.DirectedEdge{roadgraph.Forward(int(edge)), roadgraph.Backward(int(edge))}
	lo, hi := 0, 2
	if n.graph.Weight(both[0]) == roadgraph.Closed {
		lo = 1
	}
	if n.graph.Weight(both[1]) == roadgraph.Closed {
		hi = 1
	}
	return both[lo:hi]
}
