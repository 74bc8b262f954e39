package traveltime

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// liechtenstein reads the real country, or skips.
func liechtenstein(t testing.TB) *geodata.Snapshot {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "liechtenstein")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: needs the open data pack in ../shared/data: %v", err)
	}
	s, _, err := load.Territory(context.Background(), load.Spec{ID: "li", Name: "Liechtenstein",
		Population: []string{filepath.Join(dir, "census2021_1km.csv")}, Roads: []string{filepath.Join(dir, "liechtenstein.osm.pbf")}, Buffer: 20_000}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLiechtensteinEqualsTheOracle(t *testing.T) {
	s := liechtenstein(t)
	r := rand.New(rand.NewPCG(20, 26))
	for _, mode := range profile.Modes() {
		n, err := NewNetworks("").Get(context.Background(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", mode, n.Stats)
		var homes, facilities []orb.Point
		cells := s.Population().Cells
		for range 15 {
			homes = append(homes, cells[r.IntN(len(cells))].Centre)
		}
		for range 20 {
			p := cells[r.IntN(len(cells))].Centre
			facilities = append(facilities, orb.Point{p[0] + (r.Float64()-0.5)*0.01, p[1] + (r.Float64()-0.5)*0.01})
		}
		check(t, n, homes, facilities)
	}
}

// A million pairs on each real network, by every path of the engine: all states
// and a selection, sixteen targets at once, one target, nearest, each against
// Dijkstra on the same graph. The SIMD kernel is used where the build has it.
func TestAMillionRealPairs(t *testing.T) {
	networks := map[string]*Network{"Delaware": delaware(t)}
	if s, err := NewNetworks("").Get(context.Background(), liechtenstein(t), "car"); err != nil {
		t.Fatal(err)
	} else {
		networks["Liechtenstein"] = s
	}
	for name, n := range networks {
		if err := n.Prepare(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		states := n.graph.States()
		r := rand.New(rand.NewPCG(uint64(states), 1))
		var chosen []uint32
		for range 2000 {
			chosen = append(chosen, uint32(r.IntN(states)))
		}
		m := n.engine.Load().metric
		all, some, search := m.Select(nil).NewSweeper(), m.Select(chosen).NewSweeper(), roadgraph.NewSearch(&n.graph.In)
		pairs, single := 0, make([]uint32, len(chosen))
		for pairs < 1_000_000 {
			targets := make([][]roadgraph.Seed, roadgraph.Lanes)
			for lane := range targets {
				targets[lane] = []roadgraph.Seed{{State: uint32(r.IntN(states)), Distance: uint32(r.IntN(60_000)), Owner: uint32(lane)}}
			}
			all.To(targets)
			some.To(targets)
			for lane, seeds := range targets {
				want, _ := search.Run(seeds)
				some.One(seeds, single)
				for v := range want {
					if got := all.Time(v, lane); got != want[v] {
						t.Fatalf("%s: %d → %d: %d ms, Dijkstra says %d", name, v, seeds[0].State, got, want[v])
					}
				}
				for i, v := range chosen {
					if some.Time(i, lane) != want[v] || single[i] != want[v] {
						t.Fatalf("%s: selected %d → %d: %d and %d ms, Dijkstra says %d", name, v, seeds[0].State, some.Time(i, lane), single[i], want[v])
					}
				}
				pairs += states
			}
			seeds := slices.Concat(targets...)
			want, owner := search.Run(seeds)
			times, owners := make([]uint32, states), make([]uint32, states)
			all.Nearest(seeds, times, owners)
			if !slices.Equal(times, want) || !slices.Equal(owners, owner) {
				t.Fatalf("%s: nearest differs from Dijkstra", name)
			}
		}
		t.Logf("%s, %s kernel: %d pairs of %d states (%d turn restrictions), no mismatch", name, roadgraph.Kernel, pairs, states, n.Stats.Turns)
	}
}
