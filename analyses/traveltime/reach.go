package traveltime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/internal/roadgraph"
)

// Direction says which way the roads are travelled.
type Direction string

// The directions between a point and the places around it.
const (
	ToPoint   Direction = "to"   // from homes all around to the point
	FromPoint Direction = "from" // from the point to places all around
)

// ParseDirection accepts "to" and "from"; empty text means ToPoint.
func ParseDirection(s string) (Direction, error) {
	switch d := Direction(s); d {
	case "":
		return ToPoint, nil
	case ToPoint, FromPoint:
		return d, nil
	}
	return "", fmt.Errorf("unknown direction %q: want to (who reaches the point) or from (where one gets from it)", s)
}

// Reach is what lies within a time of a point. Times are those of Matrix: from
// the door at one end to the door at the other, both walks included. It may be
// read by many goroutines.
type Reach struct {
	Direction Direction
	Limit     Time
	n         *Network
	place     Place
	search    *roadgraph.Bounded
	entries   []entry   // by directed edge, then position
	riding    []Stretch // of timed modes: see ride.around
}

// entry is a place from which a directed edge is covered, one way or the other:
// near is nearest to the point in time.
type entry struct {
	edge roadgraph.DirectedEdge
	near uint32
	time uint32 // at near
}

// Reach looks around a place up to a limit, inclusive. It fails when ctx ends or
// the direction is none; a timed mode has only ToPoint. Work and memory grow with what
// is reached.
func (n *Network) Reach(ctx context.Context, p Place, d Direction, limit Time) (*Reach, error) {
	d, err := ParseDirection(string(d))
	if err != nil {
		return nil, err
	}
	r := &Reach{Direction: d, Limit: min(limit, Time(roadgraph.Infinity-1)), n: n, place: p}
	var seeds []roadgraph.Seed
	switch {
	case !p.On:
	case d == ToPoint:
		seeds = n.arrive(nil, p, 0)
	default:
		for _, d := range n.openDirections(p.At.Edge) {
			seeds = append(seeds, roadgraph.Seed{State: n.graph.HeadState(d), Distance: add(n.graph.After(d, p.At.At), p.Walk)})
		}
	}
	adjacency := &n.graph.In
	if d == FromPoint {
		adjacency = &n.graph.Out
	}
	r.search = roadgraph.NewBounded(adjacency)
	if err := r.spread(ctx, seeds, end{place: p}); err != nil {
		return nil, err
	}
	if n.ride == nil || !p.On {
		return r, nil
	}
	if d != ToPoint {
		return nil, fmt.Errorf("direction %q: by a mode that depends on when one leaves, only who reaches the point is known; want to", d)
	}
	r.riding, err = n.ride.around(ctx, p, r.Limit)
	return r, err
}

// Times are those of Matrix between places and the point, Unreachable beyond the limit.
func (r *Reach) Times(ctx context.Context, places []Place) ([]Time, error) {
	out := make([]Time, len(places))
	if r.n.ride == nil {
		parallel(len(places), func(i int) {
			t, ok := r.Time(places[i])
			if out[i] = t; !ok {
				out[i] = Unreachable
			}
		})
		return out, ctx.Err()
	}
	err := r.n.Homes(places).Matrix(ctx, []Place{r.place}, func(_ int, times []Time) error {
		for i, t := range times {
			if out[i] = t; t > r.Limit {
				out[i] = Unreachable
			}
		}
		return nil
	})
	return out, err
}

// Near are roads near which all places lie whose Times are within the limit:
// Stretches by one threshold, and by a timed mode those near which one may begin to
// ride. From none of these places one walks longer to one of the roads than the limit
// less the road's Time.
func (r *Reach) Near() []Stretch { return append(r.Stretches([]Time{r.Limit}), r.riding...) }

// spread searches from the seeds, and lists what it covers.
func (r *Reach) spread(ctx context.Context, seeds []roadgraph.Seed, ends ...end) error {
	var states []uint32
	for state := range r.search.Settle(seeds, uint32(r.Limit)) {
		if states = append(states, state); len(states)%4096 == 0 && ctx.Err() != nil {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.enter(states, ends...)
	return nil
}

// near are the roads around ends from which some end is reached within the limit.
func (n *Network) near(ctx context.Context, limit Time, ends []end) ([]Stretch, error) {
	r := &Reach{Direction: ToPoint, Limit: min(limit, Time(roadgraph.Infinity-1)), n: n, search: roadgraph.NewBounded(&n.graph.In)}
	var seeds []roadgraph.Seed
	for _, e := range ends {
		if !e.place.On {
			continue
		}
		for _, s := range n.arrive(nil, e.place, 0) {
			s.Distance = add(s.Distance, e.after)
			seeds = append(seeds, s)
		}
	}
	if err := r.spread(ctx, seeds, ends...); err != nil {
		return nil, err
	}
	return r.Stretches([]Time{r.Limit}), nil
}

// end is a place that is looked around, and how long it takes from there.
type end struct {
	place Place
	after uint32
}

// enter lists the entries of all edges that are covered in whole or in part.
func (r *Reach) enter(states []uint32, ends ...end) {
	g := r.n.graph
	for _, s := range states {
		t := r.search.Time(s)
		if r.Direction == FromPoint {
			for k := g.Out.First[s]; k < g.Out.First[s+1]; k++ {
				r.entries = append(r.entries, entry{g.Via[k], startOf(g.Via[k]), t})
			}
			continue
		}
		// Whoever starts along an edge knows of no turn before it: those edges are
		// the arcs from plain vertices.
		for _, in := range g.In.Arcs[g.In.First[s]:g.In.First[s+1]] {
			if int(in.To) >= g.Vertices {
				continue
			}
			for k := g.Out.First[in.To]; k < g.Out.First[in.To+1]; k++ {
				if g.Out.Arcs[k].To == s {
					r.entries = append(r.entries, entry{g.Via[k], endOf(g.Via[k]), t})
				}
			}
		}
	}
	for _, e := range ends {
		if t := add(e.after, e.place.Walk); e.place.On && Time(t) <= r.Limit {
			for _, d := range r.n.openDirections(e.place.At.Edge) {
				r.entries = append(r.entries, entry{d, e.place.At.At, t})
			}
		}
	}
	slices.SortFunc(r.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.edge, b.edge), cmp.Compare(a.near, b.near), cmp.Compare(a.time, b.time))
	})
	// An edge may be entered from several copies of its first vertex: the earliest counts.
	r.entries = slices.CompactFunc(r.entries, func(a, b entry) bool { return a.edge == b.edge && a.near == b.near })
}

// Time is the time between the point and another place by road; ok is false where it
// is beyond the limit or there is no way.
func (r *Reach) Time(p Place) (t Time, ok bool) {
	if !p.On || !r.place.On {
		return 0, false
	}
	g := r.n.graph
	best := roadgraph.Infinity
	for _, d := range r.n.openDirections(p.At.Edge) {
		if r.Direction == ToPoint {
			best = min(best, add(g.After(d, p.At.At), r.search.Time(g.HeadState(d))))
			continue
		}
		for _, s := range g.TailStates(d) {
			best = min(best, add(g.Before(d, p.At.At), r.search.Time(s)))
		}
	}
	from, to := p.At, r.place.At
	if r.Direction == FromPoint {
		from, to = to, from
	}
	if along := g.Along(from, to); along < roadgraph.Infinity {
		best = min(best, add(along, r.place.Walk))
	}
	t = Time(add(best, p.Walk))
	return t, t <= r.Limit
}

// at is the time on an entry's edge at a position beyond its near end.
func (r *Reach) at(e entry, position uint32) uint32 {
	g := r.n.graph
	a, b := g.Before(e.edge, e.near), g.Before(e.edge, position)
	if r.Direction == ToPoint {
		a, b = b, a
	}
	return add(e.time, b-a)
}

// far is the position farthest from the entry's near end that is within the
// limit; ok is false when not even the near end is.
func (r *Reach) far(e entry, limit Time) (position uint32, ok bool) {
	if Time(e.time) > limit {
		return 0, false
	}
	end := endOf(e.edge)
	if r.Direction == ToPoint {
		end = startOf(e.edge)
	}
	step := func(i int) uint32 { // i positions away from near
		if end < e.near {
			return e.near - uint32(i)
		}
		return e.near + uint32(i)
	}
	length := int(max(end, e.near) - min(end, e.near))
	// Times rise along the edge: find the first position that is too far.
	i := sort.Search(length, func(i int) bool { return Time(r.at(e, step(i+1))) > limit })
	return step(i), true
}

// MaxAccess is the distance in metres beyond which a point is off the network.
func (n *Network) MaxAccess() float64 { return float64(n.profile.MaxAccess()) }

// WalkTime is the time to walk some metres straight.
func (n *Network) WalkTime(metres float64) Time {
	return Time(walkMillis(metres, float64(n.profile.WalkSpeed())))
}

// WalkMetres is how far one walks straight in a time.
func (n *Network) WalkMetres(t Time) float64 {
	return float64(t) * float64(n.profile.WalkSpeed()) / 3_600_000
}

// Stretch is a part of a road that is within one threshold and not within the
// one before, in one direction of travel at least.
type Stretch struct {
	Road   Road
	Line   orb.LineString // along the way as it is drawn, whatever the direction of travel
	Metres float64
	Class  int  // position of the threshold
	Time   Time // the least on the stretch, walk at the point's end included
}

// Stretches are the covered roads, cut where a threshold is passed; by a timed mode
// those on which one walks all the way. Thresholds rise, none beyond the limit. The order is that of the network's edges.
func (r *Reach) Stretches(thresholds []Time) (out []Stretch) {
	for i, j := 0, 0; i < len(r.entries); i = j {
		edge := r.entries[i].edge.Edge()
		for j = i; j < len(r.entries) && r.entries[j].edge.Edge() == edge; j++ {
		}
		for _, s := range r.sections(r.entries[i:j], thresholds) {
			out = append(out, Stretch{r.n.road(edge), r.n.stretch(edge, s.from, s.to), r.n.edges[edge].metres(s.from, s.to), s.class, Time(s.time)})
		}
	}
	return out
}

// section is a part of an edge, from < to, with the class of its threshold.
type section struct {
	from, to uint32
	class    int
	time     uint32 // the least on it
}

// span is what one entry covers within one threshold.
type span struct {
	section
	entry entry
}

// sections cuts one edge by the thresholds, in the order of positions.
func (r *Reach) sections(entries []entry, thresholds []Time) (out []section) {
	var spans []span // by class
	var cuts []uint32
	for class, limit := range thresholds {
		for _, e := range entries {
			if far, ok := r.far(e, limit); ok && far != e.near {
				spans = append(spans, span{section{from: min(far, e.near), to: max(far, e.near), class: class}, e})
				cuts = append(cuts, far, e.near)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for k := 1; k < len(cuts); k++ {
		s := section{cuts[k-1], cuts[k], -1, roadgraph.Infinity}
		for _, sp := range spans {
			if sp.from > s.from || sp.to < s.to {
				continue
			}
			if s.class < 0 {
				s.class = sp.class
			}
			// Times are linear along an edge: the least is at an end.
			s.time = min(s.time, r.at(sp.entry, s.from), r.at(sp.entry, s.to))
		}
		last := len(out) - 1
		switch {
		case s.class < 0:
		case last >= 0 && out[last].to == s.from && out[last].class == s.class:
			out[last].to, out[last].time = s.to, min(out[last].time, s.time)
		default:
			out = append(out, s)
		}
	}
	return out
}
