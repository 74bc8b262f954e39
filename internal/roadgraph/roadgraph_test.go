package roadgraph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// oracle finds shortest times without states, tries or heaps: it relaxes whole
// histories of the last travelled edges, as many as the longest forbidden
// sequence, until nothing improves.
func oracle(vertices int, edges []Edge, forbidden [][]DirectedEdge, from uint32) []uint32 {
	longest := 1
	for _, f := range forbidden {
		longest = max(longest, len(f))
	}
	type history string
	key := func(v uint32, h []DirectedEdge) history { return history(fmt.Sprint(v, h)) }
	type place struct {
		v uint32
		h []DirectedEdge
	}
	best := map[history]uint32{key(from, nil): 0}
	todo := []place{{from, nil}}
	dist := make([]uint32, vertices)
	for i := range dist {
		dist[i] = Infinity
	}
	dist[from] = 0
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		d := best[key(p.v, p.h)]
		for i, e := range edges {
			for _, back := range []bool{false, true} {
				tail, head := e.ends(back)
				w, de := e.Forward, Forward(i)
				if back {
					w, de = e.Backward, Backward(i)
				}
				if w == Closed || tail != p.v {
					continue
				}
				h := append(slices.Clone(p.h), de)
				if slices.ContainsFunc(forbidden, func(f []DirectedEdge) bool {
					return len(h) >= len(f) && slices.Equal(h[len(h)-len(f):], f)
				}) {
					continue
				}
				if len(h) > longest-1 {
					h = h[len(h)-(longest-1):]
				}
				nd := min(d+min(w, MaxWeight), Infinity)
				if old, ok := best[key(head, h)]; !ok || nd < old {
					best[key(head, h)] = nd
					todo = append(todo, place{head, h})
					dist[head] = min(dist[head], nd)
				}
			}
		}
	}
	return dist
}

// vertexTimes folds the copies back into their vertices.
func vertexTimes(g *Graph, distance []uint32) []uint32 {
	out := slices.Clone(distance[:g.Vertices])
	for d := range g.head {
		_, head := g.edges[d/2].ends(d%2 == 1)
		out[head] = min(out[head], distance[g.head[d]])
	}
	for s, v := range copiesOf(g) {
		out[v] = min(out[v], distance[s])
	}
	return out
}

// copiesOf maps each copy to its vertex: the head of any arc that leads to it.
func copiesOf(g *Graph) map[int]uint32 {
	m := map[int]uint32{}
	for k, arc := range g.Out.Arcs {
		if int(arc.To) >= g.Vertices {
			_, head := g.edges[g.Via[k].Edge()].ends(g.Via[k].IsBackward())
			m[int(arc.To)] = head
		}
	}
	return m
}

// randomNetwork draws edges with one-ways, closed edges, self loops, parallel
// edges and zero times, and forbidden walks of 2 to 4 edges.
func randomNetwork(r *rand.Rand) (vertices int, edges []Edge, forbidden [][]DirectedEdge) {
	vertices = 2 + r.IntN(8)
	weight := func() uint32 {
		switch r.IntN(6) {
		case 0:
			return Closed
		case 1:
			return 0
		}
		return uint32(r.IntN(20))
	}
	for range r.IntN(16) {
		edges = append(edges, Edge{uint32(r.IntN(vertices)), uint32(r.IntN(vertices)), weight(), weight()})
	}
	if len(edges) == 0 {
		return
	}
	for range r.IntN(6) {
		seq := []DirectedEdge{DirectedEdge(r.IntN(2 * len(edges)))}
		for range 1 + r.IntN(3) {
			_, at := edges[seq[len(seq)-1].Edge()].ends(seq[len(seq)-1].IsBackward())
			var next []DirectedEdge
			for i, e := range edges {
				if e.Tail == at {
					next = append(next, Forward(i))
				}
				if e.Head == at {
					next = append(next, Backward(i))
				}
			}
			if len(next) == 0 {
				break
			}
			seq = append(seq, next[r.IntN(len(next))])
		}
		if len(seq) > 1 {
			forbidden = append(forbidden, seq)
		}
	}
	return
}

func TestDijkstraEqualsHistoriesOnRandomNetworks(t *testing.T) {
	pairs := 0
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 7))
		n, edges, forbidden := randomNetwork(r)
		g, err := Build(n, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		out, in := NewSearch(&g.Out), NewSearch(&g.In)
		for v := range uint32(n) {
			want := oracle(n, edges, forbidden, v)
			distance, _ := out.Run([]Seed{{State: v}})
			if got := vertexTimes(g, distance); !slices.Equal(got, want) {
				t.Fatalf("seed %d from %d: %v, want %v\nedges %v\nforbidden %v", seed, v, got, want, edges, forbidden)
			}
			pairs += n
			// Backwards: the time to any state of a vertex, asked from the plain vertex v.
			for w := range uint32(n) {
				seeds := []Seed{{State: w}}
				for s, at := range copiesOf(g) {
					if at == w {
						seeds = append(seeds, Seed{State: uint32(s)})
					}
				}
				back, _ := in.Run(seeds)
				if back[v] != want[w] {
					t.Fatalf("seed %d: backwards from %d to %d: %d, want %d", seed, w, v, back[v], want[w])
				}
			}
		}
	}
	t.Logf("%d pairs equal", pairs)
}

func TestForbiddenTurn(t *testing.T) {
	// 0 →a→ 1 →b→ 2, and the detour 1 →c→ 3 →d→ 2. Turning from a into b is forbidden.
	edges := []Edge{{0, 1, 10, Closed}, {1, 2, 10, Closed}, {1, 3, 10, Closed}, {3, 2, 10, Closed}}
	g, err := Build(4, edges, [][]DirectedEdge{{Forward(0), Forward(1)}})
	if err != nil {
		t.Fatal(err)
	}
	if g.States() != 5 {
		t.Errorf("%d states: one junction has a restriction, so one copy was expected besides 4 vertices", g.States())
	}
	s := NewSearch(&g.Out)
	if d, _ := s.Run([]Seed{{State: 0}}); d[2] != 30 {
		t.Errorf("0 → 2 takes %d ms, want 30 by the detour", d[2])
	}
	if d, _ := s.Run([]Seed{{State: 1}}); d[2] != 10 {
		t.Errorf("1 → 2 takes %d ms, want 10: who starts at 1 did not come through a", d[2])
	}
	// Starting in the middle of a, one arrives at 1 through a as well.
	if d, _ := s.Run([]Seed{{State: g.HeadState(Forward(0)), Distance: g.After(Forward(0), Whole/2)}}); d[2] != 25 {
		t.Errorf("middle of a → 2 takes %d ms, want 5+20", d[2])
	}
}

func TestLowestOwnerWinsTies(t *testing.T) {
	edges := []Edge{{0, 1, 5, 5}, {1, 2, 5, 5}}
	g, _ := Build(3, edges, nil)
	for _, seeds := range [][]Seed{{{0, 0, 1}, {2, 0, 0}}, {{2, 0, 0}, {0, 0, 1}}} {
		d, o := NewSearch(&g.In).Run(seeds)
		if !slices.Equal(d, []uint32{0, 5, 0}) || !slices.Equal(o, []uint32{1, 0, 0}) {
			t.Errorf("times %v owners %v, want 0 5 0 and 1 0 0", d, o)
		}
	}
}

func TestPositionsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 10000 {
		g, _ := Build(2, []Edge{{0, 1, uint32(r.IntN(1 << 30)), uint32(r.IntN(100))}}, nil)
		a, b := uint32(r.IntN(Whole+1)), uint32(r.IntN(Whole+1))
		for _, d := range []DirectedEdge{Forward(0), Backward(0)} {
			if g.Before(d, a)+g.After(d, a) != g.Weight(d) {
				t.Fatal("the parts of an edge must add up to it")
			}
		}
		along := g.Along(Position{0, a}, Position{0, b})
		d := Forward(0)
		if b < a {
			d = Backward(0)
		}
		if want := g.After(d, a) - g.After(d, b); along != want {
			t.Fatalf("along %d, want %d", along, want)
		}
	}
	oneway, _ := Build(2, []Edge{{0, 1, 100, Closed}}, nil)
	if got := oneway.Along(Position{0, Whole}, Position{0, 0}); got != Infinity {
		t.Errorf("against a one-way: %d", got)
	}
}

func TestTimesSaturate(t *testing.T) {
	edges := []Edge{{0, 1, Closed - 1, Closed}, {1, 2, MaxWeight, Closed}, {2, 3, MaxWeight, Closed}}
	g, _ := Build(5, edges, nil)
	d, _ := NewSearch(&g.Out).Run([]Seed{{State: 0}})
	if want := []uint32{0, MaxWeight, Infinity, Infinity, Infinity}; !slices.Equal(d, want) {
		t.Errorf("%v, want %v", d, want)
	}
}

func TestComponents(t *testing.T) {
	for seed := range uint64(500) {
		n, edges, forbidden := randomNetwork(rand.New(rand.NewPCG(seed, 11)))
		g, err := Build(n, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		c, count := g.Components()
		s := NewSearch(&g.Out)
		reach := make([][]uint32, g.States())
		for v := range reach {
			d, _ := s.Run([]Seed{{State: uint32(v)}})
			reach[v] = slices.Clone(d)
		}
		for v := range reach {
			if int(c[v]) >= count {
				t.Fatal("component out of range")
			}
			for w := range reach {
				mutual := reach[v][w] < Infinity && reach[w][v] < Infinity
				if mutual != (c[v] == c[w]) {
					t.Fatalf("seed %d: states %d and %d", seed, v, w)
				}
			}
		}
	}
}

func TestBuildNamesWhatIsWrong(t *testing.T) {
	edges := []Edge{{0, 1, 1, 1}, {1, 2, 1, 1}}
	for want, forbidden := range map[string][][]DirectedEdge{
		"two directed edges":            {{Forward(0)}},
		"edge 9 is not there":           {{Forward(0), Forward(9)}},
		"edge 0 does not follow edge 1": {{Forward(1), Forward(0)}},
	} {
		if _, err := Build(3, edges, forbidden); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := Build(2, edges, nil); err == nil {
		t.Error("an edge to a vertex that is not there was accepted")
	}
}

// grid makes an n × n town with two-way streets.
func grid(n int) []Edge {
	r := rand.New(rand.NewPCG(1, 1))
	var edges []Edge
	for y := range n {
		for x := range n {
			v := uint32(y*n + x)
			if x+1 < n {
				w := uint32(1000 + r.IntN(9000))
				edges = append(edges, Edge{v, v + 1, w, w})
			}
			if y+1 < n {
				w := uint32(1000 + r.IntN(9000))
				edges = append(edges, Edge{v, v + uint32(n), w, w})
			}
		}
	}
	return edges
}

func BenchmarkDijkstraOneToAll(b *testing.B) {
	for _, n := range []int{100, 300, 1000} {
		b.Run(fmt.Sprintf("vertices=%d", n*n), func(b *testing.B) {
			g, err := Build(n*n, grid(n), nil)
			if err != nil {
				b.Fatal(err)
			}
			s := NewSearch(&g.In)
			for i := 0; b.Loop(); i++ {
				s.Run([]Seed{{State: uint32(i*7919) % uint32(n*n)}})
			}
		})
	}
}
