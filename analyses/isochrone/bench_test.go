package isochrone

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// delaware is the state's OpenStreetMap extract, which is part of the
// paulmach/osm module, without people.
func delaware(tb testing.TB) *geodata.Snapshot {
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
	s, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "delaware", Name: "Delaware"}, Catalogue: geodata.DefaultCatalogue(), Roads: roads})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func BenchmarkIsochrone(b *testing.B) {
	s, nets := delaware(b), traveltime.NewNetworks("")
	dover := orb.Point{-75.5244, 39.1582}
	if _, err := nets.Get(context.Background(), s, "car"); err != nil {
		b.Fatal(err)
	}
	for _, within := range [][]int{{10}, {10, 20}, {10, 20, 30}} {
		p := Params{At: &dover, Within: minutes(within...)}
		b.Run(p.Within[len(within)-1].String(), func(b *testing.B) {
			var r *Result
			for b.Loop() {
				r = run(b, s, nets, p)
			}
			last := r.Areas[len(r.Areas)-1]
			b.ReportMetric(last.SquareKilometres, "km²")
			b.ReportMetric(r.Spacing, "m-apart")
		})
	}
}
