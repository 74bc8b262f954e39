package traveltime

import (
	"context"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/roadgraph"
)

// Route is a quickest way from a home to a facility. Its time is Matrix's, to
// the millisecond, and the sum of its legs' times.
type Route struct {
	// Time is OffNetwork when the home is too far from any road, Unreachable when
	// the facility is or no road leads there; the rest is empty then.
	Time   Time
	Metres float64
	Line   orb.LineString // from the home's door to the facility's
	Legs   []Leg
	// Edges are those travelled, the first and the last perhaps in part; none by timed modes.
	Edges []roadgraph.DirectedEdge
	// Timed says that it takes as long only for who leaves at Leave, in milliseconds
	// since the beginning of the day.
	Timed bool
	Leave int32
}

// Leg is a part of a route on one road, or one of the walks at its ends.
type Leg struct {
	Walk   bool
	Road   Road // empty for a walk
	Metres float64
	Time   Time
	Line   orb.LineString
	By     string // the mode of roads, of timed modes
	Wait   bool   // for the ride that follows
	Ride   *Ride  // nil but for rides
}

// Ride is a ride in a vehicle: of a route of the timetable, or on demand.
type Ride struct {
	Route              geodata.Route // without id on demand
	OnDemand           string        // name of the service; empty by timetable
	Headsign           string
	From, To           string // names of the stops; empty on demand
	Departure, Arrival int32  // milliseconds since the beginning of the day
}

// Route finds a quickest way by the mode from a home to a facility; among equals
// always the same. It fails only when ctx ends.
// By a timed mode it is the way of the first departure that takes as long as Matrix says.
func (n *Network) Route(ctx context.Context, h, f Place) (*Route, error) {
	if n.ride != nil {
		return n.timedRoute(ctx, h, f)
	}
	return n.walkRoute(ctx, h, f)
}

// walkRoute is Route on the network alone.
func (n *Network) walkRoute(ctx context.Context, h, f Place) (*Route, error) {
	switch {
	case !h.On:
		return &Route{Time: OffNetwork}, ctx.Err()
	case !f.On:
		return &Route{Time: Unreachable}, ctx.Err()
	}
	best, pieces, err := n.path(ctx, h, f)
	if err != nil {
		return nil, err
	}
	r := &Route{Time: n.total(h, best)}
	if !r.Time.Reached() {
		return r, nil
	}
	r.assemble(n, h, f, pieces)
	return r, nil
}

// piece is an edge on the path, or the part of it that is travelled.
type piece struct {
	edge     roadgraph.DirectedEdge
	from, to uint32
}

// path returns the least time between where two places join the network, the
// facility's walk included, and the way.
func (n *Network) path(ctx context.Context, h, f Place) (uint32, []piece, error) {
	g := n.graph
	best := n.direct(h, f)
	way := n.directPieces(h, f)
	var seeds []roadgraph.Seed
	var starts []roadgraph.DirectedEdge
	for _, d := range n.openDirections(h.At.Edge) {
		starts = append(starts, d)
		seeds = append(seeds, roadgraph.Seed{State: g.HeadState(d), Distance: g.After(d, h.At.At)})
	}
	type arrival struct {
		edge roadgraph.DirectedEdge
		time uint32
	}
	arrivals := map[uint32]arrival{}
	for _, d := range n.openDirections(f.At.Edge) {
		t := add(g.Before(d, f.At.At), f.Walk)
		for _, s := range g.TailStates(d) {
			if a, ok := arrivals[s]; !ok || t < a.time {
				arrivals[s] = arrival{d, t}
			}
		}
	}
	search := roadgraph.NewBounded(&g.Out)
	last, lastEdge, settled := roadgraph.NoOwner, roadgraph.DirectedEdge(0), 0
	for state, t := range search.Settle(seeds, roadgraph.Infinity) {
		if settled++; t >= best || (settled%4096 == 0 && ctx.Err() != nil) {
			break
		}
		if a, ok := arrivals[state]; ok && add(t, a.time) < best {
			best, last, lastEdge = add(t, a.time), state, a.edge
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if last != roadgraph.NoOwner {
		seed, arcs := search.Path(last)
		way = []piece{{starts[seed], h.At.At, endOf(starts[seed])}}
		for _, k := range arcs {
			way = append(way, piece{g.Via[k], startOf(g.Via[k]), endOf(g.Via[k])})
		}
		way = append(way, piece{lastEdge, startOf(lastEdge), f.At.At})
	}
	return best, way, nil
}

// directPieces is the way along the edge both places are on, in the direction of direct.
func (n *Network) directPieces(h, f Place) []piece {
	along := n.graph.Along(h.At, f.At)
	for _, d := range n.openDirections(h.At.Edge) {
		forth := h.At.At == f.At.At || (f.At.At < h.At.At) == d.IsBackward()
		if along < roadgraph.Infinity && forth && n.graph.Before(d, f.At.At)-n.graph.Before(d, h.At.At) == along {
			return []piece{{d, h.At.At, f.At.At}}
		}
	}
	return nil
}

// assemble turns the pieces into legs, walks before and after.
func (r *Route) assemble(n *Network, h, f Place, way []piece) {
	if h.Walk > 0 {
		r.add(Leg{Walk: true, Metres: h.Metres, Time: Time(h.Walk), Line: orb.LineString{h.Of, h.Point}})
	}
	for i, p := range way {
		e := p.edge.Edge()
		r.Edges = append(r.Edges, p.edge)
		leg := Leg{Road: n.road(e), Metres: n.edges[e].metres(p.from, p.to), Line: n.stretch(e, p.from, p.to),
			Time: Time(n.graph.Before(p.edge, p.to) - n.graph.Before(p.edge, p.from))}
		// Where a place joins the network is known exactly, its position on the edge
		// to a 2^-24th.
		if i == 0 {
			leg.Line[0] = h.Point
		}
		if i == len(way)-1 {
			leg.Line[len(leg.Line)-1] = f.Point
		}
		if leg.Time > 0 || leg.Metres > 0 {
			r.add(leg)
		}
	}
	if f.Walk > 0 {
		r.add(Leg{Walk: true, Metres: f.Metres, Time: Time(f.Walk), Line: orb.LineString{f.Point, f.Of}})
	}
	r.Line = orb.LineString{h.Of}
	for _, leg := range r.Legs {
		r.Metres += leg.Metres
		r.Line = join(r.Line, leg.Line)
	}
	if len(r.Line) == 1 { // the facility is the home's neighbour at the same door
		r.Line = append(r.Line, f.Of)
	}
}

// add appends a leg, to the last one if they are on the same road.
func (r *Route) add(leg Leg) {
	if k := len(r.Legs) - 1; k >= 0 && !leg.Walk && !r.Legs[k].Walk && r.Legs[k].Road == leg.Road {
		last := &r.Legs[k]
		last.Metres += leg.Metres
		last.Time += leg.Time
		last.Line = join(last.Line, leg.Line)
		return
	}
	leg.Line = join(slices.Clone(leg.Line[:1]), leg.Line[1:])
	if len(leg.Line) == 1 {
		leg.Line = append(leg.Line, leg.Line[0])
	}
	r.Legs = append(r.Legs, leg)
}

// join appends a line to another without repeating points.
func join(line, more orb.LineString) orb.LineString {
	for _, p := range more {
		if p != line[len(line)-1] {
			line = append(line, p)
		}
	}
	return line
}
