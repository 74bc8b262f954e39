package roadgraph

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// hierarchyOf orders and contracts a graph, with coordinates of a grid or random ones.
func hierarchyOf(t testing.TB, g *Graph, at []Coordinate) *Hierarchy {
	t.Helper()
	if at == nil {
		r := rand.New(rand.NewPCG(1, uint64(g.States())))
		at = make([]Coordinate, g.States())
		for i := range at {
			at[i] = Coordinate{int32(r.IntN(1000)), int32(r.IntN(1000))}
		}
	}
	order, err := NestedDissection(context.Background(), g, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHierarchy(g, order)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// climbing computes the times from a state to all by the definition: up from
// the source, then down, over the arcs the metric kept.
func (m *Metric) climbing(from uint32) []uint32 {
	n := len(m.h.order)
	byRank := make([]uint32, n)
	for i := range byRank {
		byRank[i] = Infinity
	}
	byRank[m.h.rank[from]] = 0
	for v := range n {
		for _, a := range m.climb.arcs[m.climb.first[v]:m.climb.first[v+1]] {
			byRank[a.To] = min(byRank[a.To], byRank[v]+a.Weight)
		}
	}
	for v := n - 1; v >= 0; v-- {
		for _, a := range m.fall.arcs[m.fall.first[v]:m.fall.first[v+1]] {
			byRank[v] = min(byRank[v], byRank[a.To]+a.Weight, Infinity)
		}
	}
	out := make([]uint32, n)
	for s := range out {
		out[s] = byRank[m.h.rank[s]]
	}
	return out
}

func TestHierarchyEqualsDijkstraOnRandomNetworks(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 13))
		n, edges, forbidden := randomNetwork(r)
		g, err := Build(n, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		h := hierarchyOf(t, g, nil)
		other := make([]uint32, len(g.Out.Arcs))
		for k := range other {
			other[k] = []uint32{0, 5, Closed, MaxWeight, uint32(r.IntN(100))}[r.IntN(5)]
		}
		for _, weights := range [][]uint32{nil, other} {
			m := h.Customise(weights)
			out := g.Out
			if weights != nil {
				out = reweigh(g, weights)
			}
			s := NewSearch(&out)
			for v := range uint32(g.States()) {
				want, _ := s.Run([]Seed{{State: v}})
				if got := m.climbing(v); !slices.Equal(got, want) {
					t.Fatalf("seed %d from %d: %v, want %v", seed, v, got, want)
				}
			}
		}
	}
}

// reweigh copies the adjacency with other weights, without closed arcs.
func reweigh(g *Graph, weights []uint32) Adjacency {
	a := Adjacency{First: []uint32{0}}
	for s := range g.States() {
		for k := g.Out.First[s]; k < g.Out.First[s+1]; k++ {
			if weights[k] != Closed {
				a.Arcs = append(a.Arcs, Arc{g.Out.Arcs[k].To, weights[k]})
			}
		}
		a.First = append(a.First, uint32(len(a.Arcs)))
	}
	return a
}

// Closing directions and changing times keeps the shape: the same order serves,
// searches and components agree with a network built anew.
func TestReweighedEqualsBuiltAnew(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 19))
		n, edges, forbidden := randomNetwork(r)
		g, err := Build(n, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		changed := slices.Clone(edges)
		for i := range changed {
			for _, w := range []*uint32{&changed[i].Forward, &changed[i].Backward} {
				if *w != Closed {
					*w = []uint32{*w, Closed, uint32(r.IntN(50))}[r.IntN(3)]
				}
			}
		}
		got, err := g.Reweigh(changed)
		if err != nil {
			t.Fatal(err)
		}
		anew, err := Build(n, changed, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		weights := make([]uint32, len(got.Out.Arcs))
		for k, a := range got.Out.Arcs {
			weights[k] = a.Weight
		}
		m := hierarchyOf(t, g, nil).Customise(weights)
		for v := range uint32(n) {
			want, _ := NewSearch(&anew.Out).Run([]Seed{{State: v}})
			plain, _ := NewSearch(&got.Out).Run([]Seed{{State: v}})
			if !slices.Equal(vertexTimes(anew, want), vertexTimes(got, plain)) || !slices.Equal(plain, m.climbing(v)) {
				t.Fatalf("seed %d from %d: anew %v, reweighed %v, hierarchy %v", seed, v, want, plain, m.climbing(v))
			}
		}
		a, _ := anew.Components()
		b, _ := got.Components()
		for v := range n {
			for w := range n {
				if (a[v] == a[w]) != (b[v] == b[w]) {
					t.Fatalf("seed %d: components differ at %d and %d", seed, v, w)
				}
			}
		}
	}
	g, _ := Build(2, []Edge{{0, 1, 5, Closed}}, nil)
	if _, err := g.Reweigh([]Edge{{0, 1, 5, 5}}); err == nil {
		t.Error("a closed direction was opened")
	}
}

func TestOrderDoesNotDependOnThreads(t *testing.T) {
	g, err := Build(10_000, grid(100), nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []uint32
	var weights *Metric
	for _, procs := range []int{1, 2, 8} {
		old := runtime.GOMAXPROCS(procs)
		order, err := NestedDissection(context.Background(), g, gridCoordinates(100), nil)
		if err != nil {
			t.Fatal(err)
		}
		h, err := NewHierarchy(g, order)
		if err != nil {
			t.Fatal(err)
		}
		m := h.Customise(nil)
		runtime.GOMAXPROCS(old)
		if want == nil {
			want, weights = order, m
		}
		if !slices.Equal(order, want) {
			t.Errorf("GOMAXPROCS %d gives another order", procs)
		}
		if !slices.Equal(m.climb.arcs, weights.climb.arcs) || !slices.Equal(m.fall.arcs, weights.fall.arcs) {
			t.Errorf("GOMAXPROCS %d gives other weights", procs)
		}
	}
}

func gridCoordinates(n int) []Coordinate {
	at := make([]Coordinate, n*n)
	for i := range at {
		at[i] = Coordinate{int32(i % n), int32(i / n)}
	}
	return at
}

// Every path of the engine against Dijkstra: all states and a selection, many
// targets at once, nearest, the scalar kernel and the one in use.
func TestSweepsEqualDijkstra(t *testing.T) {
	checkSweeps(t)
	defer func(n int) { parallelSweepFrom = n }(parallelSweepFrom)
	parallelSweepFrom = 0
	defer func(n int) { smallestTask = n }(smallestTask)
	smallestTask = 2
	checkSweeps(t)
}

func checkSweeps(t *testing.T) {
	t.Helper()
	t.Logf("kernel: %s", Kernel)
	pairs := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 17))
		n, edges, forbidden := randomNetwork(r)
		g, err := Build(n, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		m := hierarchyOf(t, g, nil).Customise(nil)
		states := g.States()
		var chosen []uint32
		for range 1 + r.IntN(states) {
			chosen = append(chosen, uint32(r.IntN(states)))
		}
		targets := make([][]Seed, 1+r.IntN(Lanes))
		var all []Seed
		for lane := range targets {
			for range r.IntN(3) {
				seed := Seed{State: uint32(r.IntN(states)), Distance: uint32(r.IntN(30)), Owner: uint32(lane)}
				targets[lane] = append(targets[lane], seed)
				all = append(all, seed)
			}
		}
		back := NewSearch(&g.In)
		for _, asked := range [][]uint32{nil, chosen} {
			s := m.Select(asked)
			w := s.NewSweeper()
			if asked == nil {
				for v := range states {
					asked = append(asked, uint32(v))
				}
			}
			for range 2 { // the second time with what the first left behind
				w.To(targets)
				for lane, seeds := range targets {
					want, _ := back.Run(seeds)
					for i, v := range asked {
						pairs++
						if got := w.Time(i, lane); got != want[v] {
							t.Fatalf("seed %d: state %d → target %d: %d, want %d", seed, v, lane, got, want[v])
						}
					}
				}
				rows := slices.Clone(w.rows)
				for i := range rows {
					rows[i][3] = 7 // what untouched rows hold must not matter
				}
				w.climb(targets)
				for k, v := range w.chain {
					if p := s.position[v]; p != NoOwner {
						rows[p] = w.climbed[k]
					}
				}
				sweepScalar(s.first, s.arcs, rows, w.touched)
				if !slices.Equal(rows, w.rows) {
					t.Fatalf("seed %d: the scalar sweep differs from %s", seed, Kernel)
				}
				times, owners := make([]uint32, len(asked)), make([]uint32, len(asked))
				for lane, seeds := range targets {
					w.One(seeds, times)
					want, _ := back.Run(seeds)
					for i, v := range asked {
						if times[i] != want[v] {
							t.Fatalf("seed %d: state %d → one target %d: %d, want %d", seed, v, lane, times[i], want[v])
						}
					}
				}
				w.Nearest(all, times, owners)
				k := 1 + r.IntN(4)
				kTimes, kOwners := make([]uint32, k*len(asked)), make([]uint32, k*len(asked))
				w.KNearest(k, all, kTimes, kOwners)
				checkKNearest(t, back, targets, asked, k, kTimes, kOwners)
				wantTimes, wantOwners := back.Run(all)
				for i, v := range asked {
					if times[i] != wantTimes[v] || owners[i] != wantOwners[v] {
						t.Fatalf("seed %d: state %d: nearest is %d at %d, want %d at %d", seed, v, owners[i], times[i], wantOwners[v], wantTimes[v])
					}
				}
			}
		}
	}
	t.Logf("%d pairs equal", pairs)
}

// checkKNearest sorts the times to every target by brute force.
func checkKNearest(t *testing.T, back *Search, targets [][]Seed, asked []uint32, k int, times, owners []uint32) {
	t.Helper()
	labels := make([][]uint64, len(asked))
	for lane, seeds := range targets {
		if len(seeds) == 0 {
			continue
		}
		d, _ := back.Run(seeds)
		for i, v := range asked {
			if d[v] < Infinity {
				labels[i] = append(labels[i], uint64(d[v])<<32|uint64(lane))
			}
		}
	}
	for i := range asked {
		slices.Sort(labels[i])
		for j := range k {
			want := nobody
			if j < len(labels[i]) {
				want = labels[i][j]
			}
			if got := uint64(times[i*k+j])<<32 | uint64(owners[i*k+j]); got != want {
				t.Fatalf("state %d, nearest number %d of %d: %d at %d, want %d at %d", asked[i], j+1, k, uint32(got), got>>32, uint32(want), want>>32)
			}
		}
	}
}
