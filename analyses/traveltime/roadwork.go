package traveltime

import (
	"fmt"
	"maps"
	"slices"

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
// customisation. Places of the old network are brought over by Rejoin.
// A way the mode does not use, and a speed out of range, are errors that name it.
func (n *Network) Change(w Roadwork) (*Network, error) {
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
	canJoin := make([]bool, len(edges))
	way, whole, t := int32(-1), int64(0), profile.Travel{}
	for i := range edges {
		e := &n.edges[i]
		if e.way != way {
			way, whole, t = e.way, n.wayMillimetres(&n.roads.Ways[e.way]), r.travel[e.way]
			if closed[way] {
				t.Forward, t.Backward = 0, 0
			} else if pm, ok := w.PerMille[t.Class]; ok {
				t.Forward, t.Backward = slower(t.Forward, pm), slower(t.Backward, pm)
			}
		}
		nodes := n.roads.Ways[way].Nodes
		edges[i].Forward, edges[i].Backward = r.weights(e.millimetres, &t, whole, nodes[e.first], nodes[e.last])
		canJoin[i] = t.Snap && !closed[way]
	}
	return n.reweighed(edges, canJoin)
}

func (n *Network) closedWays(ids []int64) (map[int32]bool, error) {
	wanted := map[int64]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	closed := map[int32]bool{}
	if len(wanted) == 0 {
		return closed, nil
	}
	for i := range n.edges {
		if way := n.edges[i].way; wanted[n.roads.Ways[way].ID] {
			closed[way] = true
		}
	}
	if len(closed) < len(wanted) {
		for _, id := range ids {
			if !slices.ContainsFunc(n.edges, func(e edge) bool { return n.roads.Ways[e.way].ID == id }) {
				return nil, fmt.Errorf("way %d cannot be closed: mode %s uses no such way", id, n.Mode)
			}
		}
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

func (n *Network) reweighed(edges []roadgraph.Edge, canJoin []bool) (*Network, error) {
	g, err := n.graph.Reweigh(edges)
	if err != nil {
		return nil, err
	}
	m := newNetwork(n.roads, n.profile)
	m.graph, m.edges, m.Stats, m.rules = g, slices.Clone(n.edges), n.Stats, n.rules
	m.Stats.Joinable = 0
	for i := range m.edges {
		m.edges[i].joinable = false
	}
	m.markJoinable(canJoin)
	if m.joinsNoMoreThan(n) {
		m.index = n.index
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

func (n *Network) joinsNoMoreThan(other *Network) bool {
	for i := range n.edges {
		if n.edges[i].joinable && !other.edges[i].joinable {
			return false
		}
	}
	return true
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
func (n *Network) Classes() []string {
	seen := map[string]bool{}
	for _, e := range n.edges {
		seen[n.rules().travel[e.way].Class] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
