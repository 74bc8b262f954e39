package traveltime

import (
	"context"
	"iter"

	"github.com/maillage/maillage/internal/roadgraph"
)

// Nearest is Homes.Nearest for homes asked once.
func (n *Network) Nearest(ctx context.Context, from, to []Place) ([]Time, []int32, error) {
	return n.Homes(from).Nearest(ctx, to)
}

// Matrix is Homes.Matrix for homes asked once.
func (n *Network) Matrix(ctx context.Context, from, to []Place, emit func(j int, times []Time) error) error {
	return n.Homes(from).Matrix(ctx, to, emit)
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
	case t >= roadgraph.Infinity:
		return Unreachable
	}
	return Time(t + h.Walk)
}

// openDirections yields the directions in which an edge may be travelled, with
// their number among them.
func (n *Network) openDirections(edge uint32) iter.Seq2[int, roadgraph.DirectedEdge] {
	return func(yield func(int, roadgraph.DirectedEdge) bool) {
		k := 0
		for _, d := range [2]roadgraph.DirectedEdge{roadgraph.Forward(int(edge)), roadgraph.Backward(int(edge))} {
			if n.graph.Weight(d) == roadgraph.Closed {
				continue
			}
			if !yield(k, d) {
				return
			}
			k++
		}
	}
}
