package traveltime

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// Roadwork changes roads without changing the map: ways that are closed, and
// classes that are faster or slower.
type Roadwork struct {
	Close []int64 `json:"close,omitempty"` // way ids
	// PerMille is the speed kept, by class of road (profile.Travel.Class): 900 is
	// a tenth slower. Classes not named keep their speed; timetabled ferries theirs.
	PerMille map[string]int `json:"per_mille,omitempty"`
}

// Limits of a changed speed, in per mille of the profile's.
const (
	MinPerMille = 10
	MaxPerMille = 10_000
)

// Change returns the network with the roadwork done. It shares the shape, and so
// the hierarchy's order: a prepared network stays prepared, at the cost of a
// customisation. Points join the edges they could join before, but for closed
// ones: who lives beyond a closed bridge is cut off, not led over the river to the
// next road. Places of the old network are brought over by Rejoin. A changed
// network can be changed again: closed ways stay closed, and the speeds it has are
// those that are scaled.
// A way the mode does not use, and a speed out of range, are errors that name it. By a
// timed mode the roads to the stops change too, always from those as mapped, and a way
// that is not used does no harm.
func (n *Network) Change(w Roadwork) (*Network, error) {
	if n.ride != nil {
		return n.ride.on(context.Background(), w)
	}
	closed, err := n.closedWays(w.Close)
	if err != nil {
		return nil, err
	}
	for class, pm := range w.PerMille {
		if pm < MinPerMille || pm > MaxPerMille {
			return nil, fmt.Errorf("speed of class %s: %d per mille is not between %d and %d", class, pm, MinPerMille, MaxPerMille)
		}
	}
	r := n.rules()
	edges := slices.Clone(n.graph.Edges())
	way, whole, t := int32(-1), int64(0), profile.Travel{}
	for i := range edges {
		e := &n.edges[i]
		if e.way != way {
			way, t = e.way, w.of(r.travel[e.way], closed[e.way])
			if t.Duration > 0 { // nothing else asks for the length of the whole way
				whole = n.wayMillimetres(&n.roads.Ways[way])
			}
		}
		nodes := n.roads.Ways[way].Nodes
		edges[i].Forward, edges[i].Backward = r.weights(e.millimetres, &t, whole, nodes[e.first], nodes[e.last])
	}
	m, err := n.reweighed(edges, closed)
	if err != nil {
		return nil, err
	}
	w.PerMille = maps.Clone(w.PerMille)
	m.rules = sync.OnceValue(func() *rules {
		changed := *r
		changed.travel = make([]profile.Travel, len(r.travel))
		for i, t := range r.travel {
			changed.travel[i] = w.of(t, closed[int32(i)])
		}
		return &changed
	})
	return m, nil
}

// of is what a mode may still do on a way.
func (w Roadwork) of(t profile.Travel, closed bool) profile.Travel {
	if closed {
		t.Forward, t.Backward = 0, 0
	} else if pm, ok := w.PerMille[t.Class]; ok {
		t.Forward, t.Backward = slower(t.Forward, pm), slower(t.Backward, pm)
	}
	return t
}

func (n *Network) closedWays(ids []int64) (map[int32]bool, error) {
	closed := map[int32]bool{}
	for _, id := range ids {
		way, ok := n.wayNumber(id)
		if !ok {
			return nil, fmt.Errorf("way %d cannot be closed: mode %s uses no such way", id, n.Mode)
		}
		closed[way] = true
	}
	return closed, nil
}

// slower scales a speed, never to a standstill.
func slower(s profile.Speed, perMille int) profile.Speed {
	if s == 0 {
		return 0
	}
	return max(profile.Speed(uint64(s)*uint64(perMille)/1000), 1)
}

func (n *Network) reweighed(edges []roadgraph.Edge, closed map[int32]bool) (*Network, error) {
	g, err := n.graph.Reweigh(edges)
	if err != nil {
		return nil, err
	}
	m := newNetwork(n.roads, n.profile)
	m.graph, m.edges, m.Stats, m.rules, m.index = g, n.edges, n.Stats, n.rules, n.index
	if len(closed) > 0 {
		n.segments() // filled by this network, which joins more
		m.edges = slices.Clone(n.edges)
		for i := range m.edges {
			if e := &m.edges[i]; e.joinable && closed[e.way] {
				e.joinable = false
				m.Stats.Joinable--
			}
		}
	}
	if e := n.engine.Load(); e != nil {
		weights := make([]uint32, len(g.Out.Arcs))
		for k, a := range g.Out.Arcs {
			weights[k] = a.Weight
		}
		m.engine.Store(&engine{hierarchy: e.hierarchy, metric: e.hierarchy.Customise(weights)})
	}
	return m, nil
}

// Rejoin joins places of another network of the same shape to this one: those
// whose edge can still be joined stay, the others go to the nearest that can.
func (n *Network) Rejoin(places []Place) []Place {
	out := slices.Clone(places)
	parallel(len(out), func(i int) {
		if p := &out[i]; !p.On || !n.edges[p.At.Edge].joinable {
			*p = n.Place(p.Of)
		}
	})
	return out
}

// On brings homes over to another network of the same shape.
func (h *Homes) On(n *Network) *Homes { return n.Homes(n.Rejoin(h.places)) }

// Classes lists the classes of road the mode uses, sorted.
func (n *Network) Classes() (classes []string) {
	for _, t := range n.rules().travel {
		if open(t) && !slices.Contains(classes, t.Class) {
			classes = append(classes, t.Class)
		}
	}
	slices.Sort(classes)
	return classes
}

// Way is a road of the map.
type Way struct {
	ID int64
	Road
	Line orb.LineString
}

// Way finds a way by its id; ok is false when the mode uses no such way.
func (n *Network) Way(id int64) (w Way, ok bool) {
	i, ok := n.wayNumber(id)
	if !ok {
		return w, false
	}
	return n.way(i), true
}

// WayNear is the way of the mode nearest to a point, the lowest id among equals,
// whether points may join it or not; ok is false when none is within the distance
// beyond which a place is off the network. It looks at every road.
func (n *Network) WayNear(p orb.Point) (w Way, ok bool) {
	mx, my := geodata.MetresPerDegree(p[1])
	best, metres := int32(-1), math.Inf(1)
	for i, e := range n.edges {
		for k := e.first; k < e.last; k++ {
			a, b := n.segmentEnds(segment{int32(i), k - e.first})
			if d, _ := offset(p, a, b, mx, my); d < metres {
				best, metres = e.way, d
			}
		}
	}
	if metres > float64(n.profile.MaxAccess()) {
		return w, false
	}
	return n.way(best), true
}

func (n *Network) way(i int32) Way {
	w := Way{ID: n.roads.Ways[i].ID, Road: n.roadOf(i)}
	for _, node := range n.roads.Ways[i].Nodes {
		w.Line = append(w.Line, n.roads.Nodes[node].Point())
	}
	return w
}

// wayNumber is the position in the roads of a way the mode uses.
func (n *Network) wayNumber(id int64) (int32, bool) {
	i, ok := slices.BinarySearchFunc(n.roads.Ways, id, func(w geodata.Way, id int64) int { return cmp.Compare(w.ID, id) })
	return int32(i), ok && open(n.rules().travel[i])
}
