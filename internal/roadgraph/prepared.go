package roadgraph

// Prepared is a graph with its hierarchy and metric, as an image holds it.
type Prepared struct {
	Graph     *Graph
	Hierarchy *Hierarchy
	Metric    *Metric

	vertices []uint64 // one number, as an array
}

// Prepare orders nothing: it bundles what NestedDissection, NewHierarchy and
// Customise made, to be saved.
func Prepare(g *Graph, h *Hierarchy, m *Metric) *Prepared {
	return &Prepared{Graph: g, Hierarchy: h, Metric: m, vertices: []uint64{uint64(g.Vertices)}}
}

// NewPrepared is empty, to be filled from an image by Arrays and Restore.
func NewPrepared() *Prepared {
	p := &Prepared{Graph: &Graph{}, Hierarchy: &Hierarchy{}, Metric: &Metric{}}
	p.Hierarchy.graph, p.Metric.h = p.Graph, p.Hierarchy
	return p
}

// Arrays lists everything an image must hold.
func (p *Prepared) Arrays() []Array {
	g, h, m := p.Graph, p.Hierarchy, p.Metric
	return []Array{
		ArrayOf(&p.vertices), ArrayOf(&g.Out.First), ArrayOf(&g.Out.Arcs), ArrayOf(&g.In.First), ArrayOf(&g.In.Arcs), ArrayOf(&g.Via),
		ArrayOf(&g.edges), ArrayOf(&g.head), ArrayOf(&g.tailFirst), ArrayOf(&g.tails), ArrayOf(&g.copies),
		ArrayOf(&h.order), ArrayOf(&h.rank), ArrayOf(&h.first), ArrayOf(&h.head), ArrayOf(&h.tail), ArrayOf(&h.parent),
		ArrayOf(&h.lowerFirst), ArrayOf(&h.lower), ArrayOf(&h.place),
		ArrayOf(&m.up), ArrayOf(&m.down), ArrayOf(&m.climb.first), ArrayOf(&m.climb.arcs), ArrayOf(&m.fall.first), ArrayOf(&m.fall.arcs),
	}
}

// Restore finishes after ReadImage has filled the arrays.
func (p *Prepared) Restore() { p.Graph.Vertices = int(p.vertices[0]) }
