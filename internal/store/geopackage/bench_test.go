package geopackage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/store"
)

// manyCells is a lattice of 200 m squares, 1500 wide, with the columns of
// INSEE's grid and some more, 30 in all.
func manyCells(n int) geodata.Content {
	const wide, side = 1500, 0.0018
	r := rand.New(rand.NewPCG(3, uint64(n)))
	c := geodata.Content{Territory: geodata.Territory{ID: "grid", Name: "Grid"}, Catalogue: geodata.DefaultCatalogue()}
	p := &c.Population
	p.CellSize, p.Vintage, p.Name = 200, 2021, "INSEE Filosofi 200 m 2021"
	at := func(i, j int) orb.Point { return orb.Point{-1 + float64(i)*side, 46 + float64(j)*side} }
	for k := range n {
		i, j := k%wide, k/wide
		p.Cells = append(p.Cells, geodata.Cell{ID: fmt.Sprintf("CRS3035RES200mN%dE%d", 2000000+200*j, 4000000+200*i),
			Centre: orb.Point{at(i, j)[0] + side/2, at(i, j)[1] + side/2}, Outline: orb.Ring{at(i, j), at(i+1, j), at(i+1, j+1), at(i, j+1), at(i, j)},
			Commune: fmt.Sprintf("%05d", j/40*40+i/40), Study: k%3 == 0, Imputed: k%7 == 0})
	}
	for k := range 30 {
		name := fmt.Sprint("extra_", k)
		if k < len(geodata.StandardColumns) {
			name = geodata.StandardColumns[k].Name
		}
		col := geodata.Column{Name: name, Values: make([]geodata.Amount, n)}
		for i := range col.Values {
			col.Values[i] = geodata.Amount(r.Int64N(1000)) * geodata.Unit / 10
		}
		p.Columns = append(p.Columns, col)
	}
	return c
}

// sizes are how many cells are measured; France has 2.3 million.
func sizes() []int {
	if os.Getenv("MAILLAGE_BENCH_LARGE") != "" {
		return []int{20_000, 200_000, 2_300_000}
	}
	return []int{20_000, 100_000}
}

// BenchmarkImport writes cells with 30 columns into a new file, and into a store.
func BenchmarkImport(b *testing.B) {
	for _, n := range sizes() {
		s := seal(b, manyCells(n))
		measure := func(b *testing.B, path string, write func() error) {
			for b.Loop() {
				if err := write(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
			if info, err := os.Stat(path); err == nil {
				b.ReportMetric(float64(info.Size())/1e6, "MB")
			}
		}
		b.Run(fmt.Sprint(n, " cells/file"), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "t.gpkg")
			measure(b, path, func() error { return Write(b.Context(), path, s, Options{Overwrite: true}) })
		})
		b.Run(fmt.Sprint(n, " cells/store"), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "t.gpkg")
			st := opened(b, path)
			vintage := 0
			measure(b, path, func() error {
				vintage++
				return st.Write(b.Context(), s, store.WriteOptions{Vintage: fmt.Sprint(vintage)})
			})
		})
	}
}

// BenchmarkOpen reads territories of real road networks with 20,000 cells.
func BenchmarkOpen(b *testing.B) {
	liechtenstein, _, err := load.Roads(b.Context(), []string{filepath.Join(sharedData(b, "liechtenstein"), "liechtenstein.osm.pbf")}, load.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for name, roads := range map[string]geodata.Roads{"Liechtenstein": liechtenstein, "Delaware": delaware(b)} {
		c := manyCells(20_000)
		c.Roads = roads
		s := seal(b, c)
		path := filepath.Join(b.TempDir(), "t.gpkg")
		if err := Write(b.Context(), path, s, Options{}); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%s, %d nodes", name, len(roads.Nodes)), func(b *testing.B) {
			for b.Loop() {
				if back, err := Read(b.Context(), path); err != nil || back.ID() != s.ID() {
					b.Fatal(err, "or another id")
				}
			}
		})
		// An edit makes the layer be read.
		for _, layer := range []string{"cells", "roads"} {
			change(b, path, "UPDATE maillage_edits SET edits = 1 WHERE layer = '"+layer+"'")
			b.Run(fmt.Sprintf("%s, %s edited", name, layer), func(b *testing.B) {
				for b.Loop() {
					if back, err := Read(b.Context(), path); err != nil || back.ID() != s.ID() {
						b.Fatal(err, "or another id")
					}
				}
			})
			change(b, path, "UPDATE maillage_edits SET edits = 0")
		}
	}
}

// BenchmarkOpenPart reads a hundred square kilometres or so out of more and more.
func BenchmarkOpenPart(b *testing.B) {
	for _, n := range sizes() {
		c := manyCells(n)
		c.Roads = spread(manyRoads(n/10).Roads, n)
		corner := c.Population.Cells[0].Centre
		c.Communes = []geodata.Commune{{Code: "1", EPCI: "here", Outline: orb.MultiPolygon{{{corner, {corner[0] + .02, corner[1]}, {corner[0], corner[1] + .02}, corner}}}}}
		path := filepath.Join(b.TempDir(), "t.gpkg")
		st := opened(b, path)
		put1(b, st, seal(b, c))
		for name, part := range map[string]*geodata.Part{"part": {EPCI: "here", Buffer: 4000}, "all": nil} {
			b.Run(fmt.Sprintf("%s of %d cells", name, n), func(b *testing.B) {
				for b.Loop() {
					if _, err := st.read(b.Context(), store.Ref{}, part); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// spread puts the streets of manyRoads, which lie in one square degree, where n cells are.
func spread(r geodata.Roads, n int) geodata.Roads {
	for i := range r.Nodes {
		r.Nodes[i].Lon = -10_000_000 + (r.Nodes[i].Lon+758_000_000)*27/10
		r.Nodes[i].Lat = 460_000_000 + int32(float64(r.Nodes[i].Lat-388_000_000)*float64(n)/1500*.0018)
	}
	return r
}
