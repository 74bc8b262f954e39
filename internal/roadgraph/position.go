package roadgraph

// Whole is the position of an edge's head; 0 is its tail.
const Whole = 1 << 24

// Position is a point along an edge, At 2^-24 of the way from its tail to its head.
type Position struct {
	Edge uint32
	At   uint32 // 0..Whole
}

// Before returns the milliseconds from the start of the directed edge to the
// position, and After from there to its end; together they are its weight. The
// directed edge must be open and a direction of the position's edge.
func (g *Graph) Before(d DirectedEdge, at uint32) uint32 {
	if d.IsBackward() {
		at = Whole - at
	}
	return uint32(uint64(g.Weight(d)) * uint64(at) >> 24)
}

// After is the rest of the directed edge: see Before.
func (g *Graph) After(d DirectedEdge, at uint32) uint32 { return g.Weight(d) - g.Before(d, at) }

// Along returns the time from one position to another without leaving their
// edge, in the direction that is open and leads there; Infinity if none does.
func (g *Graph) Along(from, to Position) uint32 {
	best := Infinity
	if from.Edge != to.Edge {
		return best
	}
	for _, d := range []DirectedEdge{Forward(int(from.Edge)), Backward(int(from.Edge))} {
		if g.Weight(d) == Closed || (d.IsBackward() && to.At > from.At) || (!d.IsBackward() && to.At < from.At) {
			continue
		}
		best = min(best, g.Before(d, to.At)-g.Before(d, from.At))
	}
	return best
}
