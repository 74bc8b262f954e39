package traveltime

import (
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// forbidden turns the restrictions that act on the mode into forbidden sequences
// of directed edges. "only" restrictions forbid every other way out.
// A restriction whose ways are not connected as it says is counted and has no effect.
func (b *builder) forbidden() [][]roadgraph.DirectedEdge {
	for v, node := range b.roads.Nodes {
		if b.vertexOf[v] >= 0 {
			b.nodeVertex[node.ID] = uint32(b.vertexOf[v])
		}
	}
	var out [][]roadgraph.DirectedEdge
	leaving := map[uint32][]roadgraph.DirectedEdge(nil)
	for i := range b.roads.Restrictions {
		r := &b.roads.Restrictions[i]
		turn := b.profile.Restriction(r.Tags)
		if turn == profile.TurnNone {
			continue
		}
		if !b.travelled(r) {
			continue // ways the mode does not use at all
		}
		if leaving == nil {
			leaving = b.leaving()
		}
		seqs := b.sequences(r, turn == profile.TurnOnly, leaving)
		if len(seqs) == 0 {
			b.Stats.TurnsLost++
			continue
		}
		b.Stats.Turns++
		out = append(out, seqs...)
	}
	return out
}

// travelled says whether the mode uses every way the restriction names.
func (b *builder) travelled(r *geodata.Restriction) bool {
	for _, way := range append([]int64{r.From, r.To}, r.ViaWays...) {
		if len(b.edgesOf[way]) == 0 {
			return false
		}
	}
	return true
}

// leaving lists the open directed edges that leave each vertex.
func (b *builder) leaving() map[uint32][]roadgraph.DirectedEdge {
	m := map[uint32][]roadgraph.DirectedEdge{}
	for i, e := range b.graphEdges {
		if e.Forward != roadgraph.Closed {
			m[e.Tail] = append(m[e.Tail], roadgraph.Forward(i))
		}
		if e.Backward != roadgraph.Closed {
			m[e.Head] = append(m[e.Head], roadgraph.Backward(i))
		}
	}
	return m
}

func (b *builder) sequences(r *geodata.Restriction, only bool, leaving map[uint32][]roadgraph.DirectedEdge) (out [][]roadgraph.DirectedEdge) {
	for _, path := range b.approaches(r) {
		at := b.head(path[len(path)-1])
		allowed := map[roadgraph.DirectedEdge]bool{}
		for _, d := range leaving[at] {
			// A road that goes on under the same id is meant, turning round on it
			// only where that is what is forbidden.
			last := path[len(path)-1]
			same := b.wayID(d) == r.To
			turnsRound := d == last.Reverse()
			if same && (!turnsRound || r.From == r.To) && (r.From != r.To || turnsRound || len(r.ViaWays) > 0) {
				allowed[d] = true
			}
		}
		if len(allowed) == 0 {
			continue
		}
		for _, d := range leaving[at] {
			if allowed[d] != only {
				seq := append(append([]roadgraph.DirectedEdge{}, path...), d)
				out = append(out, seq)
			}
		}
	}
	return out
}

// approaches lists the travelled sequences from the from-way to where the
// restriction's last turn is made.
func (b *builder) approaches(r *geodata.Restriction) (paths [][]roadgraph.DirectedEdge) {
	for _, e := range b.edgesOf[r.From] {
		for _, d := range b.directions(e) {
			paths = append(paths, []roadgraph.DirectedEdge{d})
		}
	}
	if len(r.ViaWays) == 0 {
		via, ok := b.nodeVertex[r.ViaNode]
		return keep(paths, func(p []roadgraph.DirectedEdge) bool { return ok && b.head(p[0]) == via })
	}
	for _, way := range r.ViaWays {
		var longer [][]roadgraph.DirectedEdge
		for _, p := range paths {
			for _, run := range b.runs(way) {
				if b.tail(run[0]) == b.head(p[len(p)-1]) {
					longer = append(longer, append(append([]roadgraph.DirectedEdge{}, p...), run...))
				}
			}
		}
		paths = longer
	}
	return paths
}

// runs are the whole way travelled from end to end, in its open directions.
func (b *builder) runs(way int64) (out [][]roadgraph.DirectedEdge) {
	edges := b.edgesOf[way]
	var forward, backward []roadgraph.DirectedEdge
	for i, e := range edges {
		if b.graphEdges[e].Forward != roadgraph.Closed {
			forward = append(forward, roadgraph.Forward(int(e)))
		}
		if last := edges[len(edges)-1-i]; b.graphEdges[last].Backward != roadgraph.Closed {
			backward = append(backward, roadgraph.Backward(int(last)))
		}
	}
	for _, run := range [][]roadgraph.DirectedEdge{forward, backward} {
		if len(run) == len(edges) {
			out = append(out, run)
		}
	}
	return out
}

func (b *builder) directions(e int32) (out []roadgraph.DirectedEdge) {
	if b.graphEdges[e].Forward != roadgraph.Closed {
		out = append(out, roadgraph.Forward(int(e)))
	}
	if b.graphEdges[e].Backward != roadgraph.Closed {
		out = append(out, roadgraph.Backward(int(e)))
	}
	return out
}

func (b *builder) head(d roadgraph.DirectedEdge) uint32 { return b.tail(d.Reverse()) }

func (b *builder) tail(d roadgraph.DirectedEdge) uint32 {
	if d.IsBackward() {
		return b.graphEdges[d.Edge()].Head
	}
	return b.graphEdges[d.Edge()].Tail
}

func (b *builder) wayID(d roadgraph.DirectedEdge) int64 {
	return b.roads.Ways[b.edges[d.Edge()].way].ID
}

func keep(paths [][]roadgraph.DirectedEdge, ok func([]roadgraph.DirectedEdge) bool) (out [][]roadgraph.DirectedEdge) {
	for _, p := range paths {
		if ok(p) {
			out = append(out, p)
		}
	}
	return out
}
