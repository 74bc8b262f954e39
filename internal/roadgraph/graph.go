package roadgraph

import (
	"fmt"
	"math"
	"slices"
)

// Limits of times, in milliseconds. The sum of two of them fits in a uint32.
const (
	Infinity  uint32 = math.MaxInt32  // no path, or none under 24.8 days: sums saturate here
	MaxWeight uint32 = 1 << 30        // longer edges saturate here
	Closed    uint32 = math.MaxUint32 // an edge's direction that may not be travelled
)

// Edge joins two vertices. Forward is the time from Tail to Head in
// milliseconds, Backward from Head to Tail; either may be Closed.
type Edge struct {
	Tail, Head        uint32
	Forward, Backward uint32
}

// DirectedEdge is an edge in one direction: 2·edge, plus 1 for backward.
type DirectedEdge uint32

// Forward is the e-th edge from tail to head.
func Forward(e int) DirectedEdge { return DirectedEdge(2 * e) }

// Backward is the e-th edge from head to tail.
func Backward(e int) DirectedEdge { return DirectedEdge(2*e + 1) }

// Edge returns the edge it is a direction of.
func (d DirectedEdge) Edge() int { return int(d >> 1) }

// IsBackward says which direction it is.
func (d DirectedEdge) IsBackward() bool { return d&1 == 1 }

// Reverse is the other direction of the same edge.
func (d DirectedEdge) Reverse() DirectedEdge { return d ^ 1 }

// Arc leads to a state in Weight milliseconds.
type Arc struct{ To, Weight uint32 }

// Adjacency lists the arcs of each state: those of s are Arcs[First[s]:First[s+1]].
type Adjacency struct {
	First []uint32
	Arcs  []Arc
}

// Graph is an immutable network ready for searches. States below Vertices are
// the vertices themselves, the others are copies that remember a turn.
type Graph struct {
	Vertices int
	Out, In  Adjacency
	// Via is the directed edge of each arc of Out.
	Via []DirectedEdge

	edges []Edge
	// head is the state in which one arrives after starting on a directed edge.
	head []uint32
	// tails[tailFirst[d]:tailFirst[d+1]] are the states from which d may be travelled.
	tailFirst, tails []uint32
	// copies are the vertices that the states from Vertices on stand for.
	copies []uint32
}

// Vertex is the vertex that a state stands for.
func (g *Graph) Vertex(state uint32) uint32 {
	if int(state) < g.Vertices {
		return state
	}
	return g.copies[int(state)-g.Vertices]
}

// States is the number of states.
func (g *Graph) States() int { return len(g.Out.First) - 1 }

// Edges returns the edges the graph was built from; read-only.
func (g *Graph) Edges() []Edge { return g.edges }

// Weight returns the time of a whole directed edge, or Closed.
func (g *Graph) Weight(d DirectedEdge) uint32 {
	if d.IsBackward() {
		return g.edges[d.Edge()].Backward
	}
	return g.edges[d.Edge()].Forward
}

// HeadState is the state in which one arrives at the end of a directed edge
// after starting somewhere along it.
func (g *Graph) HeadState(d DirectedEdge) uint32 { return g.head[d] }

// TailStates are the states from which a directed edge may be travelled.
func (g *Graph) TailStates(d DirectedEdge) []uint32 { return g.tails[g.tailFirst[d]:g.tailFirst[d+1]] }

// Reweigh returns the same network with other times on its edges, sharing its
// shape; a direction may be Closed that was open, never the reverse. A closed
// direction's arcs stay, with weight Infinity.
func (g *Graph) Reweigh(edges []Edge) (*Graph, error) {
	if len(edges) != len(g.edges) {
		return nil, fmt.Errorf("roadgraph: %d edges to reweigh %d", len(edges), len(g.edges))
	}
	h := *g
	h.edges = slices.Clone(edges)
	for i := range h.edges {
		e, was := &h.edges[i], g.edges[i]
		e.Forward, e.Backward = saturate(e.Forward), saturate(e.Backward)
		if e.Tail != was.Tail || e.Head != was.Head || (was.Forward == Closed && e.Forward != Closed) || (was.Backward == Closed && e.Backward != Closed) {
			return nil, fmt.Errorf("roadgraph: edge %d joins other vertices or opens what was closed", i)
		}
	}
	h.Out.Arcs = slices.Clone(g.Out.Arcs)
	for k, d := range h.Via {
		h.Out.Arcs[k].Weight = min(h.Weight(d), Infinity)
	}
	h.In = reverse(&h.Out)
	return &h, nil
}

func (e Edge) ends(backward bool) (tail, head uint32) {
	if backward {
		return e.Head, e.Tail
	}
	return e.Tail, e.Head
}

// Build makes the graph of the edges between vertices 0..vertices-1, without the
// forbidden sequences. Times above MaxWeight saturate. An edge to a vertex that
// is not there, or a sequence that is shorter than two, names an edge that is not
// there or is not connected, is an error.
func Build(vertices int, edges []Edge, forbidden [][]DirectedEdge) (*Graph, error) {
	edges = slices.Clone(edges)
	for i := range edges {
		e := &edges[i]
		if int(e.Tail) >= vertices || int(e.Head) >= vertices {
			return nil, fmt.Errorf("roadgraph: edge %d joins %d and %d, but there are %d vertices", i, e.Tail, e.Head, vertices)
		}
		e.Forward, e.Backward = saturate(e.Forward), saturate(e.Backward)
	}
	g := &Graph{Vertices: vertices, edges: edges}
	turns, err := g.newTurns(forbidden)
	if err != nil {
		return nil, err
	}
	g.connect(turns)
	return g, nil
}

func saturate(w uint32) uint32 {
	if w == Closed {
		return w
	}
	return min(w, MaxWeight)
}

// connect fills the adjacency: vertex states first, then the trie's copies.
func (g *Graph) connect(t *turns) {
	out := g.outgoing()
	states := g.Vertices + t.copies()
	for _, node := range t.nodes {
		g.copies = append(g.copies, t.vertex[node])
	}
	g.head = make([]uint32, 2*len(g.edges))
	for d := range g.head {
		d := DirectedEdge(d)
		_, head := g.edges[d.Edge()].ends(d.IsBackward())
		s, _ := t.next(root, d)
		g.head[d] = t.state(s, head)
	}
	g.Out.First = make([]uint32, states+1)
	for s := range states {
		prefix, vertex := t.at(uint32(s))
		for _, d := range out[vertex] {
			next, allowed := t.next(prefix, d)
			if !allowed {
				continue
			}
			_, head := g.edges[d.Edge()].ends(d.IsBackward())
			g.Out.Arcs = append(g.Out.Arcs, Arc{t.state(next, head), g.Weight(d)})
			g.Via = append(g.Via, d)
		}
		g.Out.First[s+1] = uint32(len(g.Out.Arcs))
	}
	g.In = reverse(&g.Out)
	g.indexTails()
}

// outgoing lists the open directed edges that leave each vertex, in edge order.
func (g *Graph) outgoing() [][]DirectedEdge {
	count := make([]uint32, g.Vertices+1)
	total := 0
	g.eachOpen(func(d DirectedEdge, tail uint32) { count[tail]++; total++ })
	all := make([]DirectedEdge, 0, total)
	out := make([][]DirectedEdge, g.Vertices)
	for v := range out {
		out[v] = all[len(all) : len(all) : len(all)+int(count[v])]
		all = all[:len(all)+int(count[v])]
	}
	g.eachOpen(func(d DirectedEdge, tail uint32) { out[tail] = append(out[tail], d) })
	return out
}

func (g *Graph) eachOpen(f func(d DirectedEdge, tail uint32)) {
	for i, e := range g.edges {
		if e.Forward != Closed {
			f(Forward(i), e.Tail)
		}
		if e.Backward != Closed {
			f(Backward(i), e.Head)
		}
	}
}

func reverse(a *Adjacency) Adjacency {
	n := len(a.First) - 1
	first := make([]uint32, n+2)
	for _, arc := range a.Arcs {
		first[arc.To+2]++
	}
	for i := 2; i < len(first); i++ {
		first[i] += first[i-1]
	}
	arcs := make([]Arc, len(a.Arcs))
	for s := range n {
		for _, arc := range a.Arcs[a.First[s]:a.First[s+1]] {
			arcs[first[arc.To+1]] = Arc{uint32(s), arc.Weight}
			first[arc.To+1]++
		}
	}
	return Adjacency{first[:n+1], arcs}
}

func (g *Graph) indexTails() {
	n := 2 * len(g.edges)
	first := make([]uint32, n+2)
	for _, d := range g.Via {
		first[d+2]++
	}
	for i := 2; i < len(first); i++ {
		first[i] += first[i-1]
	}
	g.tails = make([]uint32, len(g.Via))
	for s := range g.States() {
		for k := g.Out.First[s]; k < g.Out.First[s+1]; k++ {
			d := g.Via[k]
			g.tails[first[d+1]] = uint32(s)
			first[d+1]++
		}
	}
	g.tailFirst = first[:n+1]
}
