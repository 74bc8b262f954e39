package traveltime

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
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
