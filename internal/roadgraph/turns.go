package roadgraph

import "fmt"

// turns is the trie of forbidden sequences (Aho & Corasick 1975). Node 0 is the
// root: nothing worth remembering. Terminal nodes are completed forbidden
// sequences; the others, but the root, become copies of vertices.
type turns struct {
	vertices int
	child    []map[DirectedEdge]int
	fail     []int
	terminal []bool
	vertex   []uint32 // where one stands after the prefix
	copyOf   []int    // trie node → number of the copy, -1 for root and terminals
	nodes    []int    // number of the copy → trie node
}

const root = 0

func (g *Graph) newTurns(forbidden [][]DirectedEdge) (*turns, error) {
	t := &turns{vertices: g.Vertices}
	t.add(0)
	for i, seq := range forbidden {
		if err := g.checkSequence(seq); err != nil {
			return nil, fmt.Errorf("roadgraph: forbidden turn %d: %w", i, err)
		}
		at := root
		for _, d := range seq {
			next, ok := t.child[at][d]
			if !ok {
				_, head := g.edges[d.Edge()].ends(d.IsBackward())
				next = t.add(head)
				t.child[at][d] = next
			}
			at = next
		}
		t.terminal[at] = true
	}
	t.link(forbidden)
	t.number()
	return t, nil
}

func (t *turns) add(vertex uint32) int {
	t.child = append(t.child, map[DirectedEdge]int{})
	t.fail = append(t.fail, root)
	t.terminal = append(t.terminal, false)
	t.vertex = append(t.vertex, vertex)
	return len(t.child) - 1
}

func (g *Graph) checkSequence(seq []DirectedEdge) error {
	if len(seq) < 2 {
		return fmt.Errorf("needs two directed edges or more, has %d", len(seq))
	}
	for i, d := range seq {
		if d.Edge() >= len(g.edges) {
			return fmt.Errorf("edge %d is not there", d.Edge())
		}
		if i == 0 {
			continue
		}
		_, head := g.edges[seq[i-1].Edge()].ends(seq[i-1].IsBackward())
		tail, _ := g.edges[d.Edge()].ends(d.IsBackward())
		if head != tail {
			return fmt.Errorf("edge %d does not follow edge %d", d.Edge(), seq[i-1].Edge())
		}
	}
	return nil
}

// link sets the failure links breadth first: the failure of prefix p·d is the
// longest proper suffix of p·d that is a prefix too.
func (t *turns) link(forbidden [][]DirectedEdge) {
	depth := 0
	for _, seq := range forbidden {
		depth = max(depth, len(seq))
	}
	// Walking the sequences level by level visits parents before children, in an
	// order that does not depend on map iteration.
	for level := 1; level <= depth; level++ {
		for _, seq := range forbidden {
			if len(seq) < level {
				continue
			}
			parent := root
			for _, d := range seq[:level-1] {
				parent = t.child[parent][d]
			}
			d := seq[level-1]
			node := t.child[parent][d]
			if parent != root {
				t.fail[node] = t.step(t.fail[parent], d)
			}
			t.terminal[node] = t.terminal[node] || t.terminal[t.fail[node]]
		}
	}
}

// step follows a directed edge from a trie node: the longest suffix of what was
// travelled that is a prefix of a forbidden sequence.
func (t *turns) step(node int, d DirectedEdge) int {
	for {
		if next, ok := t.child[node][d]; ok {
			return next
		}
		if node == root {
			return root
		}
		node = t.fail[node]
	}
}

func (t *turns) number() {
	t.copyOf = make([]int, len(t.child))
	for node := range t.child {
		t.copyOf[node] = -1
		if node != root && !t.terminal[node] {
			t.copyOf[node] = len(t.nodes)
			t.nodes = append(t.nodes, node)
		}
	}
}

func (t *turns) copies() int { return len(t.nodes) }

// next follows d; allowed is false when that completes a forbidden sequence.
func (t *turns) next(node int, d DirectedEdge) (to int, allowed bool) {
	to = t.step(node, d)
	return to, !t.terminal[to]
}

// state is the graph state of a trie node, at a vertex where it is the root.
func (t *turns) state(node int, vertex uint32) uint32 {
	if node == root {
		return vertex
	}
	return uint32(t.vertices + t.copyOf[node])
}

// at is the inverse of state.
func (t *turns) at(state uint32) (node int, vertex uint32) {
	if int(state) < t.vertices {
		return root, state
	}
	node = t.nodes[int(state)-t.vertices]
	return node, t.vertex[node]
}
