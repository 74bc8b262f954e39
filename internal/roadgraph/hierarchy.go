package roadgraph

import (
	"errors"
	"slices"
	"sync"
)

// Hierarchy is a customisable contraction hierarchy (Dibbelt, Strasser & Wagner
// 2016): the states in an order, and for each the higher ones it is joined to
// when all lower ones have been contracted. It depends on the graph's shape
// alone; Customise gives it weights.
//
// Inside, states are known by their rank, 0 the least important.
type Hierarchy struct {
	graph  *Graph
	order  []uint32 // rank → state
	rank   []uint32 // state → rank
	first  []uint32 // the arcs of rank v are first[v]..first[v+1]
	head   []uint32 // their upper ends, rising within v
	tail   []uint32 // their lower ends
	parent []uint32 // in the elimination tree: the lowest upper neighbour; noParent at a root
	// Arcs by upper end: those below v are lower[lowerFirst[v]:lowerFirst[v+1]], by rising lower end.
	lowerFirst, lower []uint32
	// place says where each arc of graph.Out weighs: arc·2, +1 when it leads down; NoOwner for loops.
	place   []uint32
	divided sync.Once
	work    subtrees
}

const noParent = ^uint32(0)

// NewHierarchy contracts the graph in the order, a permutation of its states.
func NewHierarchy(g *Graph, order []uint32) (*Hierarchy, error) {
	n := g.States()
	h := &Hierarchy{graph: g, order: slices.Clone(order), rank: make([]uint32, n)}
	seen := make([]bool, n)
	if len(order) != n {
		return nil, errors.New("roadgraph: the order must name every state once")
	}
	for r, s := range order {
		if int(s) >= n || seen[s] {
			return nil, errors.New("roadgraph: the order must name every state once")
		}
		seen[s] = true
		h.rank[s] = uint32(r)
	}
	h.eliminate()
	h.postorder()
	h.transpose()
	h.locate()
	return h, nil
}

// eliminate finds the upper neighbours of every rank: its own and those of the
// ranks whose lowest upper neighbour it is.
func (h *Hierarchy) eliminate() {
	n := len(h.order)
	h.first = make([]uint32, n+1)
	h.parent = make([]uint32, n)
	child := make([]uint32, n) // the last child; siblings follow
	sibling := make([]uint32, n)
	mark := make([]uint32, n)
	for v := range n {
		child[v], mark[v] = noParent, noParent
	}
	for v := range uint32(n) {
		from := len(h.head)
		add := func(w uint32) {
			if w > v && mark[w] != v {
				mark[w] = v
				h.head = append(h.head, w)
			}
		}
		s := h.order[v]
		for _, a := range []*Adjacency{&h.graph.Out, &h.graph.In} {
			for _, arc := range a.Arcs[a.First[s]:a.First[s+1]] {
				add(h.rank[arc.To])
			}
		}
		for c := child[v]; c != noParent; c = sibling[c] {
			for _, w := range h.head[h.first[c]:h.first[c+1]] {
				add(w)
			}
		}
		slices.Sort(h.head[from:])
		h.first[v+1] = uint32(len(h.head))
		h.parent[v] = noParent
		if from < len(h.head) {
			p := h.head[from]
			h.parent[v] = p
			sibling[v], child[p] = child[p], v
		}
	}
}

// postorder renumbers the ranks so that each subtree of the elimination tree is
// a range. The hierarchy stays the same; sweeps walk through memory in order.
func (h *Hierarchy) postorder() {
	n := len(h.order)
	size := make([]uint32, n) // of the subtree
	for v := range n {
		size[v]++
		if p := h.parent[v]; p != noParent {
			size[p] += size[v]
		}
	}
	// Going down, each subtree takes the range that ends where its parent's or its
	// next sibling's begins.
	end := make([]uint32, n)
	free := uint32(n)
	order := make([]uint32, n)
	for v := n - 1; v >= 0; v-- {
		if p := h.parent[v]; p == noParent {
			end[v] = free
			free -= size[v]
		} else {
			end[v] = size[p] // what is left of the parent's range, see below
			size[p] = end[v] - size[v]
		}
		order[end[v]-1] = h.order[v]
		size[v] = end[v] - 1
	}
	h.order = order
	for r, s := range order {
		h.rank[s] = uint32(r)
	}
	h.head = h.head[:0]
	h.eliminate()
}

func (h *Hierarchy) transpose() {
	n := len(h.order)
	h.tail = make([]uint32, len(h.head))
	h.lowerFirst = make([]uint32, n+2)
	for v := range n {
		for a := h.first[v]; a < h.first[v+1]; a++ {
			h.tail[a] = uint32(v)
			h.lowerFirst[h.head[a]+2]++
		}
	}
	for v := 2; v < len(h.lowerFirst); v++ {
		h.lowerFirst[v] += h.lowerFirst[v-1]
	}
	h.lower = make([]uint32, len(h.head))
	for a, w := range h.head {
		h.lower[h.lowerFirst[w+1]] = uint32(a)
		h.lowerFirst[w+1]++
	}
	h.lowerFirst = h.lowerFirst[:n+1]
}

// locate finds the arc of the hierarchy in which each arc of the graph weighs.
func (h *Hierarchy) locate() {
	g := h.graph
	h.place = make([]uint32, len(g.Out.Arcs))
	for s := range g.States() {
		for k := g.Out.First[s]; k < g.Out.First[s+1]; k++ {
			u, v := h.rank[s], h.rank[g.Out.Arcs[k].To]
			switch {
			case u < v:
				h.place[k] = 2 * h.arc(u, v)
			case u > v:
				h.place[k] = 2*h.arc(v, u) + 1
			default:
				h.place[k] = NoOwner
			}
		}
	}
}

// arc is the number of the arc between two joined ranks.
func (h *Hierarchy) arc(low, high uint32) uint32 {
	i, _ := slices.BinarySearch(h.head[h.first[low]:h.first[low+1]], high)
	return h.first[low] + uint32(i)
}

// subtrees divides the elimination tree when it is first needed.
func (h *Hierarchy) subtrees() *subtrees {
	h.divided.Do(func() { h.work = divide(h.parent) })
	return &h.work
}
