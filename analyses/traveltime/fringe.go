package traveltime

import (
	"context"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/roadgraph"
)

// Fringe tells which answers of a network that was cut out of a larger one
// (geodata.Cut with the same frame) are those of the larger one.
type Fringe struct {
	n        *Network
	frame    orb.Bound
	crossing []bool                     // edges with a node outside of the frame: their ends need not be junctions of the larger network
	doubtful rtree.RTreeG[[2]orb.Point] // segments that the larger network may join points to, and this one does not
	small    bool                       // there may be a larger part of the network elsewhere
}

// Fringe looks at where the frame cuts the network.
func (n *Network) Fringe(frame orb.Bound) *Fringe {
	f := &Fringe{n: n, frame: frame, crossing: make([]bool, len(n.edges))}
	for i, e := range n.edges {
		for _, node := range n.roads.Ways[e.way].Nodes[e.first : e.last+1] {
			if !frame.Contains(n.roads.Nodes[node].Point()) {
				f.crossing[i] = true
				break
			}
		}
	}
	f.doubt()
	return f
}

// doubt finds the edges that cannot be joined here, but could be if ways beyond
// the frame lead from them and back to them.
func (f *Fringe) doubt() {
	edges, r := f.n.graph.Edges(), f.n.rules()
	from, to := f.spread(edges, true), f.spread(edges, false)
	var joinable int64
	for i, e := range f.n.edges {
		if e.joinable {
			joinable += e.millimetres
			continue
		}
		x := edges[i]
		away, back := to[x.Tail] || to[x.Head], from[x.Tail] || from[x.Head]
		if !r.travel[e.way].Snap || !away || !back {
			continue
		}
		for k := e.first; k < e.last; k++ {
			a, b := f.n.segmentEnds(segment{int32(i), k - e.first})
			f.doubtful.Insert([2]float64{min(a[0], b[0]), min(a[1], b[1])}, [2]float64{max(a[0], b[0]), max(a[1], b[1])}, [2]orb.Point{a, b})
		}
	}
	f.small = joinable < IslandKilometres*1_000_000
}

// spread finds the vertices that can be reached from crossing edges, or from
// which these can be reached, turn restrictions apart.
func (f *Fringe) spread(edges []roadgraph.Edge, forward bool) []bool {
	next := make([][]uint32, f.n.Stats.Vertices)
	seen := make([]bool, f.n.Stats.Vertices)
	var queue []uint32
	reach := func(v uint32) {
		if !seen[v] {
			seen[v] = true
			queue = append(queue, v)
		}
	}
	for i, e := range edges {
		there, back := e.Forward != roadgraph.Closed, e.Backward != roadgraph.Closed
		if !forward {
			there, back = back, there
		}
		if there {
			next[e.Tail] = append(next[e.Tail], e.Head)
		}
		if back {
			next[e.Head] = append(next[e.Head], e.Tail)
		}
		if f.crossing[i] {
			reach(e.Tail)
			reach(e.Head)
		}
	}
	for len(queue) > 0 {
		v := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, w := range next[v] {
			reach(w)
		}
	}
	return seen
}

// Certain says that the larger network joins the place to the same road: none
// that this one does not know, or would not join, can be as near.
func (f *Fringe) Certain(p Place) bool {
	metres := f.n.MaxAccess()
	if p.On {
		metres = p.Metres
	}
	mx, my := geodata.MetresPerDegree(p.Of[1])
	border := min((p.Of[0]-f.frame.Min[0])*mx, (f.frame.Max[0]-p.Of[0])*mx, (p.Of[1]-f.frame.Min[1])*my, (f.frame.Max[1]-p.Of[1])*my)
	if f.small || metres >= border {
		return false
	}
	dx, dy := metres/mx, metres/my
	nearer := false
	f.doubtful.Search([2]float64{p.Of[0] - dx, p.Of[1] - dy}, [2]float64{p.Of[0] + dx, p.Of[1] + dy}, func(_, _ [2]float64, s [2]orb.Point) bool {
		d, _ := offset(p.Of, s[0], s[1], mx, my)
		nearer = d <= metres
		return !nearer
	})
	return !nearer
}

// Escape returns, for every home, the soonest moment at which a way from it could
// leave the frame, or reach one of the doubtful places: whatever takes less takes
// as long in the larger network. Unreachable means never, 0 that it is not
// certain where the home is joined.
func (h *Homes) Escape(ctx context.Context, f *Fringe, doubtful []Place) ([]Time, error) {
	var seeds []roadgraph.Seed
	for i, crosses := range f.crossing {
		if !crosses {
			continue
		}
		for _, d := range h.n.openDirections(uint32(i)) {
			for _, s := range h.n.graph.TailStates(d) {
				seeds = append(seeds, roadgraph.Seed{State: s})
			}
		}
	}
	for _, p := range doubtful {
		if p.On {
			seeds = h.n.arrive(seeds, p, 0)
		}
	}
	label := h.nearestStates(seeds)
	times := make([]Time, len(h.places))
	next := 0
	for i := range h.places {
		best := roadgraph.Infinity
		for _, e := range h.exits[2*i : 2*i+2] {
			if e.state != roadgraph.NoOwner {
				t, _ := label(next, e.state)
				best = min(best, add(e.after, t))
				next++
			}
		}
		times[i] = Time(best)
	}
	for _, p := range doubtful {
		for _, i := range h.neighbours(p) {
			times[i] = min(times[i], Time(h.n.direct(h.places[i], p)))
		}
	}
	for i, p := range h.places {
		times[i] = h.n.total(p, uint32(times[i]))
		if !f.Certain(p) || p.On && f.crossing[p.At.Edge] {
			times[i] = 0
		}
	}
	return times, ctx.Err()
}
