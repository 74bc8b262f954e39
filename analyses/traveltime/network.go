package traveltime

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// IslandKilometres is the length of road from which a separate part of the
// network counts as an island of its own rather than as a stray piece of a map.
const IslandKilometres = 20

// Network is the roads as one mode sees them, ready for questions. It is
// immutable and may be used by many goroutines.
type Network struct {
	Mode  string
	Stats Stats

	roads   *geodata.Roads
	profile *profile.Profile
	graph   *roadgraph.Graph
	edges   []edge // parallel to the graph's
	index   *index
	rules   func() *rules // read when first needed

	ride ride // of timed modes, whose network is that for walking; nil for others

	preparing sync.Mutex
	engine    atomic.Pointer[engine] // nil until Prepare
}

// Stats describes a network.
type Stats struct {
	Vertices   int     `json:"vertices"`
	Edges      int     `json:"edges"`
	States     int     `json:"states"`     // vertices and their copies for turn restrictions
	Kilometres float64 `json:"kilometres"` // length of all edges
	Joinable   int     `json:"joinable"`   // edges that points may join
	Turns      int     `json:"turns"`      // turn restrictions that act
	TurnsLost  int     `json:"turns_lost"` // restrictions whose ways are not connected as they say
}

// edge is a stretch of one way between two junctions: its nodes first..last.
type edge struct {
	way         int32
	first, last int32
	millimetres int64
	joinable    bool
}

// segment is one straight piece of an edge, from node first+index to the next.
type segment struct{ edge, index int32 }

// NewNetwork builds the network of the roads for a profile. It fails when the
// mode can use none of them, or when ctx ends.
func NewNetwork(ctx context.Context, roads *geodata.Roads, p *profile.Profile) (*Network, error) {
	n := newNetwork(roads, p)
	b := newBuilder(n)
	b.cut()
	if len(n.edges) == 0 {
		return nil, fmt.Errorf("no road is open to mode %s", n.Mode)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g, err := roadgraph.Build(b.vertices, b.graphEdges, b.forbidden())
	if err != nil {
		return nil, fmt.Errorf("network of mode %s: %w", n.Mode, err)
	}
	n.graph = g
	n.markJoinable(b.canJoin)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.Stats.Vertices, n.Stats.Edges, n.Stats.States = b.vertices, len(n.edges), g.States()
	return n, nil
}

func newNetwork(roads *geodata.Roads, p *profile.Profile) *Network {
	return &Network{Mode: p.Mode(), roads: roads, profile: p, index: new(index), rules: sync.OnceValue(func() *rules { return readRules(roads, p) })}
}

// rules are what the profile says of every road.
type rules struct {
	travel  []profile.Travel // per way
	blocked map[int32]bool   // nodes nobody passes
	delay   map[int32]uint32 // nodes that cost time, in milliseconds
}

func readRules(roads *geodata.Roads, p *profile.Profile) *rules {
	r := &rules{travel: make([]profile.Travel, len(roads.Ways)), blocked: map[int32]bool{}, delay: map[int32]uint32{}}
	for i, w := range roads.Ways {
		r.travel[i] = p.Way(w.Tags)
	}
	for _, t := range roads.Tagged {
		passable, delay := p.Node(t.Tags)
		if !passable {
			r.blocked[t.Node] = true
		}
		if delay > 0 {
			r.delay[t.Node] = delay
		}
	}
	return r
}

// builder cuts ways into edges.
type builder struct {
	*Network
	*rules
	vertexOf   []int32 // per node: its vertex, noVertex, or notYet
	canJoin    []bool  // per edge, by the profile
	graphEdges []roadgraph.Edge
	vertices   int
	edgesOf    map[int64][]int32 // way id → its edges in order, for ways with restrictions
	nodeVertex map[int64]uint32  // via node id → vertex
}

const (
	noVertex = -1 // inside an edge
	notYet   = -2 // a junction whose vertex has no number yet
)

func newBuilder(n *Network) *builder {
	b := &builder{Network: n, rules: n.rules(), edgesOf: map[int64][]int32{}, nodeVertex: map[int64]uint32{}}
	b.findJunctions()
	return b
}

func open(t profile.Travel) bool { return t.Forward > 0 || t.Backward > 0 }

// findJunctions marks the nodes at which ways are cut: their ends, nodes used
// twice, and nodes that block, delay or turn a traveller.
func (b *builder) findJunctions() {
	use := make([]uint8, len(b.roads.Nodes))
	for i, w := range b.roads.Ways {
		if !open(b.travel[i]) {
			continue
		}
		for _, v := range w.Nodes {
			use[v] = min(use[v]+1, 2)
		}
		use[w.Nodes[0]], use[w.Nodes[len(w.Nodes)-1]] = 2, 2
	}
	b.vertexOf = make([]int32, len(use))
	for v := range use {
		b.vertexOf[v] = noVertex
		_, delays := b.delay[int32(v)]
		if use[v] > 1 || (use[v] == 1 && (delays || b.blocked[int32(v)])) {
			b.vertexOf[v] = notYet
		}
	}
	vias := map[int64]bool{}
	for _, r := range b.roads.Restrictions {
		b.edgesOf[r.From], b.edgesOf[r.To] = nil, nil
		for _, v := range r.ViaWays {
			b.edgesOf[v] = nil
		}
		if r.ViaNode != 0 {
			vias[r.ViaNode] = true
		}
	}
	if len(vias) == 0 {
		return
	}
	for v, node := range b.roads.Nodes {
		if vias[node.ID] && use[v] > 0 {
			b.vertexOf[v] = notYet
		}
	}
}

func (b *builder) cut() {
	for i := range b.roads.Ways {
		if open(b.travel[i]) {
			b.cutWay(int32(i))
		}
	}
}

func (b *builder) cutWay(i int32) {
	w := &b.roads.Ways[i]
	whole := b.wayMillimetres(w)
	first := 0
	tail := b.vertex(w.Nodes[0])
	for k := 1; k < len(w.Nodes); k++ {
		if b.vertexOf[w.Nodes[k]] == noVertex {
			continue
		}
		head := b.vertex(w.Nodes[k])
		b.addEdge(i, first, k, tail, head, whole)
		first, tail = k, head
		if b.blocked[w.Nodes[k]] {
			tail = b.vertex(w.Nodes[k]) // the far side of the barrier
		}
	}
}

// vertex returns the vertex of a junction. A blocked node is a dead end for
// each stretch of road that comes to it, so it gets a new vertex every time.
func (b *builder) vertex(node int32) uint32 {
	if b.blocked[node] {
		b.vertices++
		return uint32(b.vertices - 1)
	}
	if b.vertexOf[node] == notYet {
		b.vertexOf[node] = int32(b.vertices)
		b.vertices++
	}
	return uint32(b.vertexOf[node])
}

func (b *builder) addEdge(way int32, first, last int, tail, head uint32, wholeWay int64) {
	w, t := &b.roads.Ways[way], &b.travel[way]
	var mm int64
	for k := first + 1; k <= last; k++ {
		mm += b.millimetres(w.Nodes[k-1], w.Nodes[k])
	}
	e := roadgraph.Edge{Tail: tail, Head: head}
	e.Forward, e.Backward = b.weights(mm, t, wholeWay, w.Nodes[first], w.Nodes[last])
	if _, wanted := b.edgesOf[w.ID]; wanted {
		b.edgesOf[w.ID] = append(b.edgesOf[w.ID], int32(len(b.edges)))
	}
	b.graphEdges = append(b.graphEdges, e)
	b.edges = append(b.edges, edge{way: way, first: int32(first), last: int32(last), millimetres: mm})
	b.canJoin = append(b.canJoin, t.Snap)
	b.Stats.Kilometres += float64(mm) / 1e6
}

// weights are the times over a stretch of a way in both directions.
func (r *rules) weights(mm int64, t *profile.Travel, wholeWay int64, first, last int32) (forward, backward uint32) {
	return weight(mm, t.Forward, t, wholeWay, r.delay[last]), weight(mm, t.Backward, t, wholeWay, r.delay[first])
}

// weight is the time over a stretch in milliseconds, rounded once: its length at
// the speed, or its part of the way's timetabled duration, plus the delay at its end.
func weight(mm int64, speed profile.Speed, t *profile.Travel, wholeWay int64, delay uint32) uint32 {
	if speed == 0 {
		return roadgraph.Closed
	}
	var ms uint64
	if t.Duration > 0 && wholeWay > 0 {
		ms = (uint64(t.Duration)*uint64(mm) + uint64(wholeWay)/2) / uint64(wholeWay)
	} else {
		ms = (uint64(mm)*3600 + uint64(speed)/2) / uint64(speed) // mm ÷ (m/h) = ms ÷ 3600
	}
	return uint32(min(ms+uint64(delay), uint64(roadgraph.MaxWeight)))
}

func (n *Network) wayMillimetres(w *geodata.Way) (whole int64) {
	for k := 1; k < len(w.Nodes); k++ {
		whole += n.millimetres(w.Nodes[k-1], w.Nodes[k])
	}
	return whole
}

func (n *Network) millimetres(a, b int32) int64 {
	return int64(math.Round(geodata.Distance(n.roads.Nodes[a].Point(), n.roads.Nodes[b].Point()) * 1000))
}

// markJoinable finds the edges from which one gets away and back.
func (n *Network) markJoinable(allowed []bool) {
	component, count := n.graph.Components()
	length := make([]int64, count)
	in := make([]int32, len(n.edges)) // component of the edge, -1 if it lies between components
	for i := range n.edges {
		in[i] = n.edgeComponent(i, component)
		if in[i] >= 0 {
			length[in[i]] += n.edges[i].millimetres
		}
	}
	largest := 0
	for c := range length {
		if length[c] > length[largest] {
			largest = c
		}
	}
	for i := range n.edges {
		if c := in[i]; c >= 0 && allowed[i] && (int(c) == largest || length[c] >= IslandKilometres*1_000_000) {
			n.edges[i].joinable = true
			n.Stats.Joinable++
		}
	}
}

// edgeComponent is the component in which an open direction of the edge begins and ends.
func (n *Network) edgeComponent(i int, component []uint32) int32 {
	for _, d := range []roadgraph.DirectedEdge{roadgraph.Forward(i), roadgraph.Backward(i)} {
		if n.graph.Weight(d) == roadgraph.Closed {
			continue
		}
		c := component[n.graph.HeadState(d)]
		for _, s := range n.graph.TailStates(d) {
			if component[s] == c {
				return int32(c)
			}
		}
	}
	return -1
}

// index finds the segments of joinable edges near a point. Networks that differ
// in their speeds only share one.
type index struct {
	once sync.Once
	tree rtree.RTreeG[indexed]
}

// indexed is a segment in the index. With which corners of its box its ends are,
// it needs no look at the roads to be measured.
type indexed struct {
	segment
	westward, southward bool // from its first end to its second
}

// ends of the segment whose box is lo, hi.
func (x indexed) ends(lo, hi [2]float64) (a, b orb.Point) {
	a, b = lo, hi
	if x.westward {
		a[0], b[0] = b[0], a[0]
	}
	if x.southward {
		a[1], b[1] = b[1], a[1]
	}
	return a, b
}

// segments returns the index, filled when it is first needed.
func (n *Network) segments() *rtree.RTreeG[indexed] {
	n.index.once.Do(func() {
		for i, e := range n.edges {
			if !e.joinable {
				continue
			}
			for k := e.first; k < e.last; k++ {
				s := segment{int32(i), k - e.first}
				a, b := n.segmentEnds(s)
				n.index.tree.Insert(
					[2]float64{min(a[0], b[0]), min(a[1], b[1])},
					[2]float64{max(a[0], b[0]), max(a[1], b[1])}, indexed{s, b[0] < a[0], b[1] < a[1]})
			}
		}
	})
	return &n.index.tree
}

func (n *Network) segmentEnds(s segment) (a, b orb.Point) {
	e := &n.edges[s.edge]
	nodes := n.roads.Ways[e.way].Nodes
	return n.roads.Nodes[nodes[e.first+s.index]].Point(), n.roads.Nodes[nodes[e.first+s.index+1]].Point()
}
