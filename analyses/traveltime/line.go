package traveltime

import (
	"cmp"
	"math"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/internal/roadgraph"
)

// stretch is the line along an edge from one position to another, two points or
// more, in that order.
func (n *Network) stretch(edge int, from, to uint32) orb.LineString {
	if from > to {
		line := n.stretch(edge, to, from)
		line.Reverse()
		return line
	}
	e := &n.edges[edge]
	nodes := n.roads.Ways[e.way].Nodes[e.first : e.last+1]
	begin, end := e.along(from), e.along(to)
	line := orb.LineString{}
	var passed float64
	for k := 1; k < len(nodes); k++ {
		a, b := n.roads.Nodes[nodes[k-1]].Point(), n.roads.Nodes[nodes[k]].Point()
		length := float64(n.millimetres(nodes[k-1], nodes[k]))
		next := passed + length
		if len(line) == 0 && (begin < next || k == len(nodes)-1) {
			line = append(line, between(a, b, begin-passed, length))
		}
		if len(line) > 0 {
			if end <= next || k == len(nodes)-1 {
				return append(line, between(a, b, end-passed, length))
			}
			line = append(line, b)
		}
		passed = next
	}
	return line
}

// along is a position in millimetres from the edge's tail.
func (e *edge) along(at uint32) float64 {
	return float64(e.millimetres) * float64(at) / roadgraph.Whole
}

// metres is the length between two positions.
func (e *edge) metres(from, to uint32) float64 { return math.Abs(e.along(to)-e.along(from)) / 1000 }

func between(a, b orb.Point, part, whole float64) orb.Point {
	switch {
	case part <= 0 || whole == 0:
		return a
	case part >= whole:
		return b
	}
	return orb.Point{a[0] + part/whole*(b[0]-a[0]), a[1] + part/whole*(b[1]-a[1])}
}

// startOf and endOf are the positions at which a directed edge begins and ends.
func startOf(d roadgraph.DirectedEdge) uint32 {
	if d.IsBackward() {
		return roadgraph.Whole
	}
	return 0
}

func endOf(d roadgraph.DirectedEdge) uint32 { return roadgraph.Whole - startOf(d) }

// Road is what a way is called.
type Road struct {
	Name  string `json:"name"`  // empty if it has none
	Ref   string `json:"ref"`   // its number: D 766
	Class string `json:"class"` // OpenStreetMap's highway class, or "ferry"
}

// Title is what people call the road: name (number), or which of them it has.
func (r Road) Title() string {
	if r.Name == "" || r.Ref == "" || r.Name == r.Ref {
		return cmp.Or(r.Name, r.Ref)
	}
	return r.Name + " (" + r.Ref + ")"
}

func (n *Network) road(edge int) Road { return n.roadOf(n.edges[edge].way) }

func (n *Network) roadOf(way int32) Road {
	tags := n.roads.Ways[way].Tags
	class := tags.Get("highway")
	if class == "" {
		class = tags.Get("route")
	}
	return Road{tags.Get("name"), tags.Get("ref"), class}
}
