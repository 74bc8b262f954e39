package traveltime

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
}
