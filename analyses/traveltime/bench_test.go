package traveltime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// delaware reads the state's OpenStreetMap extract, which is part of the
// paulmach/osm module, and builds its car network.
func delaware(tb testing.TB) *Network {
	tb.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	if err != nil {
		tb.Skipf("SKIPPED: needs the module paulmach/osm for its Delaware extract: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "testdata", "delaware-latest.osm.pbf")
	roads, _, err := load.Roads(context.Background(), []string{path}, load.Options{})
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

func BenchmarkHierarchy(b *testing.B) {
	n := delaware(b)
	b.Logf("%+v", n.Stats)
	at := n.coordinates()
	order, err := roadgraph.NestedDissection(context.Background(), n.graph, at, nil)
	if err != nil {
		b.Fatal(err)
	}
	h, err := roadgraph.NewHierarchy(n.graph, order)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			if _, err := roadgraph.NestedDissection(context.Background(), n.graph, at, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("contract", func(b *testing.B) {
		for b.Loop() {
			if _, err := roadgraph.NewHierarchy(n.graph, order); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("customise", func(b *testing.B) {
		for b.Loop() {
			h.Customise(nil)
		}
	})
	b.Logf("%s", h)
	m := h.Customise(nil)
	states := uint32(n.graph.States())
	spread := func(k int) (out []uint32) {
		for i := range uint32(k) {
			out = append(out, uint32(uint64(i)*2654435761%uint64(states)))
		}
		return out
	}
	b.Run("dijkstra-tree", func(b *testing.B) {
		s := roadgraph.NewSearch(&n.graph.In)
		for i := 0; b.Loop(); i++ {
			s.Run([]roadgraph.Seed{{State: spread(100)[i%100]}})
		}
	})
	targets := func(list []uint32) (out [][]roadgraph.Seed) {
		for _, v := range list {
			out = append(out, []roadgraph.Seed{{State: v}})
		}
		return out
	}
	b.Run("batched-16-trees", func(b *testing.B) {
		sel := m.Select(nil)
		r, a := sel.Size()
		w := sel.NewSweeper()
		t := targets(spread(16))
		for b.Loop() {
			w.To(t)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16, "ns/tree")
		b.ReportMetric(float64(r), "ranks")
		b.ReportMetric(float64(a), "arcs")
	})
	b.Run("matrix-50x2000-with-selection", func(b *testing.B) {
		homes, facilities := spread(2000), spread(50)
		for b.Loop() {
			sel := m.Select(homes)
			w := sel.NewSweeper()
			for i := 0; i < 50; i += 16 {
				w.To(targets(facilities[i:min(i+16, 50)]))
			}
		}
	})
	b.Run("nearest-of-50", func(b *testing.B) {
		sel := m.Select(nil)
		w := sel.NewSweeper()
		var seeds []roadgraph.Seed
		for i, v := range spread(50) {
			seeds = append(seeds, roadgraph.Seed{State: v, Owner: uint32(i)})
		}
		times, owners := make([]uint32, states), make([]uint32, states)
		for b.Loop() {
			w.Nearest(seeds, times, owners)
		}
	})
}

// BenchmarkStep moves, adds and closes sites among 50, seen from 2,000 homes and
// from 20,000, on Delaware.
func BenchmarkStep(b *testing.B) {
	n := delaware(b)
	if err := n.Prepare(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	place := func() Place { return n.Place(n.roads.Nodes[r.IntN(len(n.roads.Nodes))].Point()) }
	many := func(k int) (out []Place) {
		for range k {
			out = append(out, place())
		}
		return out
	}
	for _, homes := range []int{2000, 20_000} {
		b.Run(fmt.Sprintf("homes=%d", homes), func(b *testing.B) {
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
					x.Move(50, targets[i%1000])
				case 2:
					x.Remove(50)
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
		})
	}
}
