package postgis

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
)

// grid is so many squares of 200 m with 30 columns.
func grid(cells int) geodata.Population {
	p := geodata.Population{CellSize: 200, Vintage: 2019, Name: "grid", Cells: make([]geodata.Cell, cells)}
	const dx, dy, side = .0026, .0018, 1500
	for i := range p.Cells {
		x, y := -75.8+dx*float64(i%side), 38.4+dy*float64(i/side)
		p.Cells[i] = geodata.Cell{ID: fmt.Sprintf("CRS3035RES200mN%07dE%07d", 2_000_000+200*(i/side), 3_000_000+200*(i%side)), Commune: "49007", Study: true,
			Centre: orb.Point{x + dx/2, y + dy/2}, Outline: orb.Ring{{x, y}, {x + dx, y}, {x + dx, y + dy}, {x, y + dy}, {x, y}}}
	}
	for k := range 30 {
		values := make([]geodata.Amount, cells)
		for i := range values {
			values[i] = geodata.Amount(1_000_003 * ((i + k) % 50))
		}
		name := fmt.Sprintf("column_%02d", k)
		if k == 0 {
			name = "ind"
		}
		p.Columns = append(p.Columns, geodata.Column{Name: name, Values: values})
	}
	return p
}

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// delaware is the roads of a US state, which are inside the module paulmach/osm:
// 85,000 ways and 360,000 nodes, more than an intercommunality has.
func delaware(t testing.TB) geodata.Roads {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	pbf := filepath.Join(strings.TrimSpace(string(out)), "testdata", "delaware-latest.osm.pbf")
	if _, missing := os.Stat(pbf); err != nil || missing != nil {
		t.Skip("SKIPPED, NOT CHECKED: the module paulmach/osm is not there:", err, missing)
	}
	roads, _, err := load.Roads(t.Context(), []string{pbf}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return roads
}

// BenchmarkRead opens a territory of 20,000 cells with a real road network.
func BenchmarkRead(b *testing.B) {
	s := open(b, pgtest.URL(b))
	snap := seal(b, geodata.Content{Territory: geodata.Territory{ID: "delaware"}, Population: grid(20_000), Roads: delaware(b)})
	if err := s.Write(b.Context(), snap, store.WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Read(b.Context(), store.Ref{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite imports cells with 30 columns, indexes and views included;
// MAILLAGE_BENCH_LARGE=1 as many as France has squares of 200 m.
func BenchmarkWrite(b *testing.B) {
	cells := 200_000
	if os.Getenv("MAILLAGE_BENCH_LARGE") != "" {
		cells = 2_300_000
	}
	s := open(b, pgtest.URL(b))
	snap := seal(b, geodata.Content{Territory: geodata.Territory{ID: "france"}, Population: grid(cells)})
	for b.Loop() {
		if err := s.Write(b.Context(), snap, store.WriteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cells)*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
}
