package roadgraph

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
)

// Coordinate is where a state lies, in any units that are even in both
// directions; it guides the order and changes no result.
type Coordinate struct{ X, Y int32 }

// NestedDissection orders the states of a graph for contraction, least
// important first, from its shape alone: the order serves every weight set.
//
// States of degree one and two go first, in rounds of independent sets, because
// contracting them adds nothing. The rest is bisected again and again by
// inertial flow (Schild & Sommer 2015): the nodes are sorted along a direction,
// the first and last quarter become source and sink, and a minimum cut between
// them (Dinic 1970) gives the separator, which goes last.
//
// The order is a list of states; it depends on the graph and coordinates alone,
// not on the number of threads. progress, if not nil, is told the share of states that
// are placed. It fails only when ctx ends or the coordinates do not match the states.
func NestedDissection(ctx context.Context, g *Graph, at []Coordinate, progress func(done, total int)) ([]uint32, error) {
	if len(at) != g.States() {
		return nil, errors.New("roadgraph: want a coordinate for every state")
	}
	d := &dissection{ctx: ctx, at: at, total: g.States(), progress: progress, slots: make(chan struct{}, runtime.GOMAXPROCS(0)-1)}
	first, core := peel(undirected(g))
	d.placed(len(first))
	order := make([]uint32, g.States())
	copy(order, first)
	d.order(core, order[len(first):])
	d.wait.Wait()
	return order, ctx.Err()
}

// undirected lists the neighbours of every state in either direction, each once, sorted.
func undirected(g *Graph) [][]uint32 {
	n := g.States()
	lists := make([][]uint32, n)
	all := make([]uint32, 0, 2*len(g.Out.Arcs))
	for v := range n {
		from := len(all)
		for _, a := range []*Adjacency{&g.Out, &g.In} {
			for _, arc := range a.Arcs[a.First[v]:a.First[v+1]] {
				if arc.To != uint32(v) {
					all = append(all, arc.To)
				}
			}
		}
		slices.Sort(all[from:])
		kept := slices.Compact(all[from:])
		all = all[:from+len(kept)]
		lists[v] = all[from:len(all):len(all)]
	}
	return lists
}

// peel contracts states of degree at most two until none is left, and returns
// them in order together with the graph of the others.
func peel(lists [][]uint32) (first []uint32, core *piece) {
	gone := make([]bool, len(lists))
	touched := make([]uint32, len(lists)) // round in which a neighbour went
	todo := make([]uint32, len(lists))
	for v := range todo {
		todo[v] = uint32(v)
	}
	for round := uint32(1); len(todo) > 0; round++ {
		var next []uint32
		for _, v := range todo {
			if gone[v] || len(lists[v]) > 2 {
				continue
			}
			if touched[v] == round {
				next = append(next, v)
				continue
			}
			gone[v] = true
			first = append(first, v)
			for _, u := range lists[v] {
				touched[u] = round
				lists[u] = without(lists[u], v)
			}
			if len(lists[v]) == 2 {
				a, b := lists[v][0], lists[v][1]
				lists[a], lists[b] = with(lists[a], b), with(lists[b], a)
			}
			next = append(next, lists[v]...)
		}
		slices.Sort(next)
		todo = slices.Compact(next)
	}
	return first, newPiece(lists, gone)
}

func without(list []uint32, v uint32) []uint32 {
	i, ok := slices.BinarySearch(list, v)
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}

func with(list []uint32, v uint32) []uint32 {
	i, ok := slices.BinarySearch(list, v)
	if ok {
		return list
	}
	return slices.Insert(list, i, v)
}

// piece is an undirected part of the graph with its own numbering.
type piece struct {
	states []uint32 // in the whole graph
	first  []uint32
	to     []uint32
}

func newPiece(lists [][]uint32, gone []bool) *piece {
	p := &piece{}
	number := make([]uint32, len(lists))
	for v := range lists {
		if !gone[v] {
			number[v] = uint32(len(p.states))
			p.states = append(p.states, uint32(v))
		}
	}
	p.first = make([]uint32, 1, len(p.states)+1)
	for _, v := range p.states {
		for _, u := range lists[v] {
			p.to = append(p.to, number[u])
		}
		p.first = append(p.first, uint32(len(p.to)))
	}
	return p
}

// part extracts the nodes whose label is the wanted one.
func (p *piece) part(label []uint8, wanted uint8, size int) *piece {
	q := &piece{states: make([]uint32, 0, size), first: make([]uint32, 1, size+1)}
	number := make([]uint32, len(p.states))
	for v, l := range label {
		if l == wanted {
			number[v] = uint32(len(q.states))
			q.states = append(q.states, p.states[v])
		}
	}
	for v, l := range label {
		if l != wanted {
			continue
		}
		for _, u := range p.to[p.first[v]:p.first[v+1]] {
			if label[u] == wanted {
				q.to = append(q.to, number[u])
			}
		}
		q.first = append(q.first, uint32(len(q.to)))
	}
	return q
}

type dissection struct {
	ctx      context.Context
	at       []Coordinate
	slots    chan struct{} // a token per extra goroutine
	wait     sync.WaitGroup
	mu       sync.Mutex
	done     int
	total    int
	progress func(done, total int)
}

func (d *dissection) placed(n int) {
	if d.progress == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done += n
	d.progress(d.done, d.total)
}

// order fills out with the states of the piece, least important first.
func (d *dissection) order(p *piece, out []uint32) {
	if d.ctx.Err() != nil {
		return
	}
	n := len(p.states)
	if n <= 2 {
		copy(out, p.states)
		d.placed(n)
		return
	}
	label, sizes := d.split(p)
	low, high := p.part(label, 0, sizes[0]), p.part(label, 1, sizes[1])
	at := sizes[0] + sizes[1]
	for v, l := range label {
		if l == separator {
			out[at] = p.states[v]
			at++
		}
	}
	d.placed(sizes[separator])
	d.both(n, func() { d.order(low, out[:sizes[0]]) }, func() { d.order(high, out[sizes[0]:sizes[0]+sizes[1]]) })
}

const parallelFrom = 4096 // nodes from which a second goroutine pays

// both runs two tasks, at the same time if the work is large and a slot is free.
func (d *dissection) both(size int, a, b func()) {
	if size >= parallelFrom {
		select {
		case d.slots <- struct{}{}:
			d.wait.Go(func() {
				defer func() { <-d.slots }()
				a()
			})
			b()
			return
		default:
		}
	}
	a()
	b()
}

const separator = 2

// split labels the nodes 0, 1 or separator, so that no edge joins 0 and 1.
func (d *dissection) split(p *piece) (label []uint8, sizes [3]int) {
	label, connected := p.component()
	if !connected {
		return label, count(label)
	}
	best := label
	var cost uint64
	f := newFlow(p)
	for k := range directions {
		cand := f.bisect(d.project(p, k))
		sizes := count(cand)
		// A small separator and even sides: the expected fill grows with the
		// square of the separator, the remaining work with the larger side.
		c := uint64(sizes[separator]) << 32 / uint64(min(sizes[0], sizes[1])+1)
		if k == 0 || c < cost {
			best, cost = cand, c
		}
	}
	return best, count(best)
}

func count(label []uint8) (sizes [3]int) {
	for _, l := range label {
		sizes[l]++
	}
	return sizes
}

// component labels the nodes that node 0 leads to 0, the others 1.
func (p *piece) component() (label []uint8, connected bool) {
	label = make([]uint8, len(p.states))
	for v := range label {
		label[v] = 1
	}
	label[0] = 0
	stack, seen := []uint32{0}, 1
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, u := range p.to[p.first[v]:p.first[v+1]] {
			if label[u] == 1 {
				label[u] = 0
				seen++
				stack = append(stack, u)
			}
		}
	}
	return label, seen == len(label)
}

const directions = 4

// project sorts the nodes along west-east, south-north and the diagonals.
func (d *dissection) project(p *piece, k int) []uint32 {
	key := make([]uint64, len(p.states))
	for v, s := range p.states {
		x, y := int64(d.at[s].X), int64(d.at[s].Y)
		z := [directions]int64{x, y, x + y, x - y}[k]
		key[v] = uint64(z+1<<33)<<28 | uint64(v) // ties by number: at most 2^28 nodes
	}
	slices.Sort(key)
	order := make([]uint32, len(key))
	for i, kv := range key {
		order[i] = uint32(kv & (1<<28 - 1))
	}
	return order
}
