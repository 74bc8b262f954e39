package traveltime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// delaware reads the state's OpenStreetMap extract, which is part of the
// paulmach/osm module, and builds its car network.
func delaware(tb testing.TB) *Network {
	tb.Helper()
	roads, _, err := load.Roads(context.Background(), []string{delawarePath(tb)}, load.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := profile.For("car")
	if err != nil {
		tb.Fatal(err)
	}
	n, err := NewNetwork(context.Background(), &roads, p)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func delawarePath(tb testing.TB) string {
	tb.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	if err != nil {
		tb.Skipf("SKIPPED: needs the module paulmach/osm for its Delaware extract: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "testdata", "delaware-latest.osm.pbf")
}

// tile lays copies of the network's graph side by side on a square and joins
// neighbours by roads between the places where they nearly touch: a country made
// of real towns, right for memory and bandwidth, with a thinner long-distance
// network than a real one.
func tile(tb testing.TB, n *Network, copies int) (*roadgraph.Graph, []roadgraph.Coordinate) {
	tb.Helper()
	at := n.coordinates()[:n.graph.Vertices]
	if copies == 1 {
		return n.graph, n.coordinates()
	}
	west := make([]uint32, len(at))
	for v := range west {
		west[v] = uint32(v)
	}
	south := slices.Clone(west)
	slices.SortFunc(west, func(a, b uint32) int { return cmp.Or(cmp.Compare(at[a].X, at[b].X), cmp.Compare(a, b)) })
	slices.SortFunc(south, func(a, b uint32) int { return cmp.Or(cmp.Compare(at[a].Y, at[b].Y), cmp.Compare(a, b)) })
	v := len(at)
	width, height := at[west[v-1]].X-at[west[0]].X, at[south[v-1]].Y-at[south[0]].Y
	side := int(math.Ceil(math.Sqrt(float64(copies))))
	var edges []roadgraph.Edge
	var where []roadgraph.Coordinate
	const roads, minutes5 = 12, 300_000
	for k := range copies {
		base, x, y := uint32(k*v), int32(k%side), int32(k/side)
		for _, e := range n.graph.Edges() {
			edges = append(edges, roadgraph.Edge{Tail: e.Tail + base, Head: e.Head + base, Forward: e.Forward, Backward: e.Backward})
		}
		for _, p := range at {
			where = append(where, roadgraph.Coordinate{X: p.X/int32(side) + x*(width/int32(side)), Y: p.Y/int32(side) + y*(height/int32(side))})
		}
		for r := range roads {
			if x > 0 {
				edges = append(edges, roadgraph.Edge{Tail: base - uint32(v) + west[v-1-r*7], Head: base + west[r*7], Forward: minutes5, Backward: minutes5})
			}
			if y > 0 {
				edges = append(edges, roadgraph.Edge{Tail: base - uint32(side*v) + south[v-1-r*7], Head: base + south[r*7], Forward: minutes5, Backward: minutes5})
			}
		}
	}
	g, err := roadgraph.Build(copies*v, edges, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g, where
}

// BenchmarkEngine measures the engine on Delaware and on 24 copies of it (1.7
// million junctions); with MAILLAGE_BENCH_LARGE=1 also on 169 (12 million).
func BenchmarkEngine(b *testing.B) {
	n := delaware(b)
	sizes := []int{1, 24}
	if os.Getenv("MAILLAGE_BENCH_LARGE") != "" {
		sizes = []int{169}
	}
	for _, copies := range sizes {
		b.Run(fmt.Sprintf("junctions=%d", copies*n.graph.Vertices), func(b *testing.B) {
			g, at := tile(b, n, copies)
			runtime.GC()
			benchEngine(b, g, at)
		})
	}
}

func benchEngine(b *testing.B, g *roadgraph.Graph, at []roadgraph.Coordinate) {
	var order []uint32
	var h *roadgraph.Hierarchy
	var m *roadgraph.Metric
	var err error
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			if order, err = roadgraph.NestedDissection(context.Background(), g, at, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("contract", func(b *testing.B) {
		for b.Loop() {
			if h, err = roadgraph.NewHierarchy(g, order); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("customise", func(b *testing.B) {
		for b.Loop() {
			m = h.Customise(nil)
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		b.ReportMetric(float64(mem.HeapAlloc)/(1<<20), "heap-MiB")
	})
	b.Logf("%s", h)
	b.Run("open", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "network")
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(roadgraph.WriteImage(f, [32]byte{}, roadgraph.Prepare(g, h, m).Arrays()), f.Close()); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			data, err := roadgraph.MapFile(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := roadgraph.ReadImage(data, [32]byte{}, roadgraph.NewPrepared().Arrays()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
	})
	states := uint64(g.States())
	spread := func(k int) (out []uint32) {
		for i := range uint64(k) {
			out = append(out, uint32((i+1)*2654435761%states))
		}
		return out
	}
	targets := func(list []uint32) (out [][]roadgraph.Seed) {
		for _, v := range list {
			out = append(out, []roadgraph.Seed{{State: v}})
		}
		return out
	}
	b.Run("dijkstra-tree", func(b *testing.B) {
		s, from := roadgraph.NewSearch(&g.In), spread(100)
		s.Run([]roadgraph.Seed{{State: from[99]}})
		for i := 0; b.Loop(); i++ {
			s.Run([]roadgraph.Seed{{State: from[i%100]}})
		}
	})
	b.Run("batched-16-trees", func(b *testing.B) {
		sel := m.Select(nil)
		ranks, arcs := sel.Size()
		w := sel.NewSweeper()
		t := targets(spread(16))
		w.To(t) // the first sweep also pays for fresh memory
		for b.Loop() {
			w.To(t)
		}
		trees := float64(b.N) * 16
		b.ReportMetric(b.Elapsed().Seconds()*1e6/trees, "µs/tree")
		// Rows written, rows read over arcs, arcs and offsets read.
		bytes := float64(ranks)*(64+4) + float64(arcs)*(64+8)
		b.ReportMetric(bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
	})
	b.Run("matrix-50x2000-with-selection", func(b *testing.B) {
		homes, facilities := spread(2000), spread(50)
		for b.Loop() {
			sel := m.Select(homes)
			w := sel.NewSweeper()
			for i := 0; i < 50; i += roadgraph.Lanes {
				w.To(targets(facilities[i:min(i+roadgraph.Lanes, 50)]))
			}
		}
	})
	cells := make([]uint32, 0, states/5) // as many as a 200 m grid has beside its roads
	for v := uint32(0); uint64(v) < states; v += 5 {
		cells = append(cells, v)
	}
	for _, asked := range [][]uint32{cells, nil} {
		name := "nearest-of-50-all-cells"
		if asked == nil {
			name = "nearest-of-50-all-states"
		}
		b.Run(name, func(b *testing.B) {
			sel := m.Select(asked)
			w := sel.NewSweeper()
			var seeds []roadgraph.Seed
			for i, v := range spread(50) {
				seeds = append(seeds, roadgraph.Seed{State: v, Owner: uint32(i)})
			}
			times, owners := make([]uint32, sel.Asked()), make([]uint32, sel.Asked())
			w.Nearest(seeds, times, owners)
			for b.Loop() {
				w.Nearest(seeds, times, owners)
			}
		})
	}
}

// BenchmarkMemory is the machine's read bandwidth, to hold the sweep's against.
func BenchmarkMemory(b *testing.B) {
	data := make([]uint64, 1<<26)
	for i := range data {
		data[i] = uint64(i)
	}
	var sum uint64
	for b.Loop() {
		var s0, s1, s2, s3 uint64
		for i := 0; i < len(data); i += 32 {
			d := (*[32]uint64)(data[i:])
			s0, s1, s2, s3 = s0+d[0], s1+d[8], s2+d[16], s3+d[24] // one word of each cache line
		}
		sum += s0 + s1 + s2 + s3
	}
	_ = sum
	b.ReportMetric(float64(len(data)*8)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
}

// tileRoads lays copies of the roads side by side on a square, in their own
// coordinates, and joins neighbours by a few roads: tile, with everything a
// network needs to join points to it.
func tileRoads(roads *geodata.Roads, copies int) *geodata.Roads {
	if copies == 1 {
		return roads
	}
	lo, hi := [2]int32{math.MaxInt32, math.MaxInt32}, [2]int32{math.MinInt32, math.MinInt32}
	on := make([]bool, len(roads.Nodes))
	for _, w := range roads.Ways {
		for _, n := range w.Nodes {
			on[n] = true
		}
	}
	var ends []int32 // nodes of roads, westernmost first
	for i, n := range roads.Nodes {
		lo, hi = [2]int32{min(lo[0], n.Lon), min(lo[1], n.Lat)}, [2]int32{max(hi[0], n.Lon), max(hi[1], n.Lat)}
		if on[i] {
			ends = append(ends, int32(i))
		}
	}
	slices.SortFunc(ends, func(a, b int32) int {
		return cmp.Or(cmp.Compare(roads.Nodes[a].Lon, roads.Nodes[b].Lon), cmp.Compare(a, b))
	})
	width, height := hi[0]-lo[0]+1000, hi[1]-lo[1]+1000
	side := int(math.Ceil(math.Sqrt(float64(copies))))
	n := int32(len(roads.Nodes))
	var most int64
	for _, w := range roads.Ways {
		most = max(most, w.ID)
	}
	out := &geodata.Roads{}
	link := geodata.Tags{{Key: "highway", Value: "primary"}}
	for k := range copies {
		base, dx, dy := int32(k)*n, int32(k%side)*width, int32(k/side)*height
		for i, node := range roads.Nodes {
			out.Nodes = append(out.Nodes, geodata.RoadNode{ID: int64(base) + int64(i), Lon: node.Lon + dx, Lat: node.Lat + dy})
		}
		for _, w := range roads.Ways {
			nodes := make([]int32, len(w.Nodes))
			for i, x := range w.Nodes {
				nodes[i] = base + x
			}
			out.Ways = append(out.Ways, geodata.Way{ID: int64(k)*2*most + w.ID, Nodes: nodes, Tags: w.Tags})
		}
		for r := range 12 {
			for _, from := range []int{k - 1, k - side} {
				if from >= 0 && (from == k-side || k%side > 0) {
					out.Ways = append(out.Ways, geodata.Way{ID: (int64(k)*2+1)*most + int64(len(out.Ways)), Tags: link,
						Nodes: []int32{int32(from)*n + ends[len(ends)-1-r*7], base + ends[r*7]}})
				}
			}
		}
	}
	slices.SortFunc(out.Ways, func(a, b geodata.Way) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// BenchmarkStep moves, adds and closes sites among 50, seen from 2,000 homes and
// from 20,000, on Delaware and on 24 copies of it.
func BenchmarkStep(b *testing.B) {
	one := delaware(b)
	for _, copies := range []int{1, 24} {
		n, err := NewNetwork(context.Background(), tileRoads(one.roads, copies), one.profile)
		if err != nil {
			b.Fatal(err)
		}
		if err := n.Prepare(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
		for _, homes := range []int{2000, 20_000} {
			b.Run(fmt.Sprintf("junctions=%d/homes=%d", n.Stats.Vertices, homes), func(b *testing.B) { benchStep(b, n, homes) })
		}
	}
}

func benchStep(b *testing.B, n *Network, homes int) {
	r := rand.New(rand.NewPCG(3, 3))
	many := func(k int) []Place {
		points := make([]orb.Point, k)
		for i := range points {
			points[i] = n.roads.Nodes[r.IntN(len(n.roads.Nodes))].Point()
		}
		return n.Places(points)
	}
	h := n.Homes(many(homes))
	x, err := h.Incumbent(context.Background(), many(50))
	if err != nil {
		b.Fatal(err)
	}
	targets := many(1000)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		started := time.Now()
		switch i % 4 {
		case 0:
			x.Add(targets[i%1000])
		case 1:
			x.Move(50, targets[i%1000]) //nolint:errcheck // the site is there
		case 2:
			x.Remove(50) //nolint:errcheck // the site is there
		case 3:
			x.Undo()
			x.Undo()
			x.Undo()
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	ranks, _ := h.sel.Size()
	b.ReportMetric(float64(ranks), "ranks")
}
