package roadgraph

import "fmt"

// Metric is a hierarchy with the weights of one mode and speed set. Its arcs,
// upwards and downwards, weigh the shortest time between their ends (perfect
// customisation), and those that are no shortest path are gone, so that a search
// looks at little more than a contraction hierarchy made for these weights would.
type Metric struct {
	h        *Hierarchy
	up, down []uint32 // per arc of the hierarchy: the time from its lower end to its upper, and back
	// climb lists for each rank the arcs that lead up from it; fall the arcs by
	// which it is reached from above.
	climb, fall sweepGraph
}

// sweepGraph joins each rank to higher ones: first[v]..first[v+1].
type sweepGraph struct {
	first []uint32
	arcs  []Arc // To is a rank
}

// Customise gives the hierarchy the weights of its own graph's arcs, or, when
// weights is not nil, others in the order of Graph.Out.Arcs; Closed leaves an
// arc out. The result depends on the weights alone, not on the number of threads.
func (h *Hierarchy) Customise(weights []uint32) *Metric {
	m := &Metric{h: h, up: make([]uint32, len(h.head)), down: make([]uint32, len(h.head))}
	for a := range m.up {
		m.up[a], m.down[a] = Infinity, Infinity
	}
	for k, p := range h.place {
		if p == NoOwner {
			continue
		}
		w := h.graph.Out.Arcs[k].Weight
		if weights != nil {
			w = weights[k]
		}
		if w >= Infinity {
			continue
		}
		w = min(w, MaxWeight)
		if p&1 == 0 {
			m.up[p/2] = min(m.up[p/2], w)
		} else {
			m.down[p/2] = min(m.down[p/2], w)
		}
	}
	h.subtrees().bottomUp(m.shortcuts)
	keepUp, keepDown := make([]bool, len(m.up)), make([]bool, len(m.up))
	h.subtrees().topDown(func() func(uint32) { return m.perfect(keepUp, keepDown) })
	m.climb = m.sparse(m.up, keepUp)
	m.fall = m.sparse(m.down, keepDown)
	return m
}

// shortcuts lets the arcs of a rank v take the way through each lower rank u
// that is joined to both their ends.
func (m *Metric) shortcuts() func(v uint32) {
	h := m.h
	at := make([]uint32, len(h.order)) // rank → arc of v that leads there, valid where the head says so
	return func(v uint32) {
		for a := h.first[v]; a < h.first[v+1]; a++ {
			at[h.head[a]] = a
		}
		for _, a := range h.lower[h.lowerFirst[v]:h.lowerFirst[v+1]] {
			toV, fromV := m.up[a], m.down[a]
			for b := a + 1; b < h.first[h.tail[a]+1]; b++ {
				c := at[h.head[b]]
				m.up[c] = min(m.up[c], fromV+m.up[b], Infinity)
				m.down[c] = min(m.down[c], m.down[b]+toV, Infinity)
			}
		}
	}
}

// perfect lets the arcs of a rank v take the way over each higher rank, and
// marks those for which that was not shorter.
func (m *Metric) perfect(keepUp, keepDown []bool) func(v uint32) {
	h := m.h
	at := make([]uint32, len(h.order))
	for i := range at {
		at[i] = NoOwner
	}
	return func(v uint32) {
		from, to := h.first[v], h.first[v+1]
		for a := from; a < to; a++ {
			at[h.head[a]] = a
			keepUp[a], keepDown[a] = m.up[a] < Infinity, m.down[a] < Infinity
		}
		for a := from; a < to; a++ { // v – x
			x := h.head[a]
			for c := h.first[x]; c < h.first[x+1]; c++ { // x – y, perfect already
				b := at[h.head[c]] // v – y
				if b == NoOwner {
					continue
				}
				lower(&m.up[a], &keepUp[a], m.up[b]+m.down[c])
				lower(&m.up[b], &keepUp[b], m.up[a]+m.up[c])
				lower(&m.down[a], &keepDown[a], m.up[c]+m.down[b])
				lower(&m.down[b], &keepDown[b], m.down[c]+m.down[a])
			}
		}
		for a := from; a < to; a++ {
			at[h.head[a]] = NoOwner
		}
	}
}

func lower(w *uint32, keep *bool, by uint32) {
	if by < *w {
		*w, *keep = by, false
	}
}

func (m *Metric) sparse(weight []uint32, keep []bool) sweepGraph {
	h := m.h
	n := len(h.order)
	kept := 0
	for _, k := range keep {
		if k {
			kept++
		}
	}
	g := sweepGraph{first: make([]uint32, n+1), arcs: make([]Arc, 0, kept)}
	for v := range n {
		for a := h.first[v]; a < h.first[v+1]; a++ {
			if keep[a] {
				g.arcs = append(g.arcs, Arc{h.head[a], weight[a]})
			}
		}
		g.first[v+1] = uint32(len(g.arcs))
	}
	return g
}

// String tells the sizes.
func (h *Hierarchy) String() string {
	return fmt.Sprintf("%d ranks, %d arcs, height %d", len(h.order), len(h.head), h.height())
}

func (h *Hierarchy) height() int {
	depth := make([]int, len(h.order))
	most := 0
	for v := len(depth) - 1; v >= 0; v-- {
		if p := h.parent[v]; p != noParent {
			depth[v] = depth[p] + 1
			most = max(most, depth[v])
		}
	}
	return most
}
