package traveltime

import (
	"github.com/maillage/maillage/internal/roadgraph"
)

// coordinates are the places of the graph's states, in metres times ten or so:
// longitudes are shrunk to the length they have at the middle latitude.
func (n *Network) coordinates() []roadgraph.Coordinate {
	vertex := make([]int32, n.graph.Vertices) // → node
	for i, e := range n.graph.Edges() {
		nodes := n.roads.Ways[n.edges[i].way].Nodes
		vertex[e.Tail] = nodes[n.edges[i].first]
		vertex[e.Head] = nodes[n.edges[i].last]
	}
	at := make([]roadgraph.Coordinate, n.graph.States())
	for s := range at {
		node := n.roads.Nodes[vertex[n.graph.Vertex(uint32(s))]]
		at[s] = roadgraph.Coordinate{X: int32(int64(node.Lon) * 7 / 10), Y: node.Lat} // cos 45° ≈ 0.7
	}
	return at
}
