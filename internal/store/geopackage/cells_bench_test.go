package geopackage

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// manyCells is a lattice of 200 m squares with the columns of INSEE's grid.
func manyCells(n int) geodata.Content {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	c := geodata.Content{Territory: geodata.Territory{ID: "grid", Name: "Grid"}, Catalogue: geodata.DefaultCatalogue()}
	p := &c.Population
	p.CellSize, p.Vintage, p.Name = 200, 2021, "INSEE Filosofi 200 m 2021"
	const side = 0.0018
	wide := 1500
	for i := range n {
		x, y := -1+float64(i%wide)*side, 46+float64(i/wide)*side
		p.Cells = append(p.Cells, geodata.Cell{ID: fmt.Sprintf("CRS3035RES200mN%dE%d", 2000000+200*(i/wide), 4000000+200*(i%wide)),
			Centre: orb.Point{x + side/2, y + side/2}, Outline: orb.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}},
			Commune: fmt.Sprintf("%05d", 49000+i/wide/40*40+i%wide/40), Study: i%3 == 0, Imputed: i%7 == 0})
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

func BenchmarkCellsWrite(b *testing.B) {
	for _, n := range []int{20_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := seal(b, manyCells(n))
			path := filepath.Join(b.TempDir(), "t.gpkg")
			for b.Loop() {
				if err := Write(b.Context(), path, s, Options{Overwrite: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
		})
	}
}

func BenchmarkCellsRead(b *testing.B) {
	for _, n := range []int{20_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := seal(b, manyCells(n))
			path := filepath.Join(b.TempDir(), "t.gpkg")
			if err := Write(b.Context(), path, s, Options{Overwrite: true}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if back, err := Read(b.Context(), path); err != nil || back.ID() != s.ID() {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
		})
	}
}
