package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// cellsOfAnEPCI is how many inhabited 200 m cells a French EPCI has on average:
// 2.3 million by 1,254. It has 30,000 road nodes, as Liechtenstein has.
const cellsOfAnEPCI = 1834

// region is a country of EPCIs side by side on a square, each with the roads of
// Liechtenstein from OpenStreetMap, an average EPCI's cells beside them with
// INSEE's thirty columns, and five town halls; a few roads join neighbours.
func region(tb testing.TB, epcis int) *geodata.Snapshot {
	tb.Helper()
	const pbf = "../../../shared/data/liechtenstein/liechtenstein.osm.pbf"
	if _, err := os.Stat(pbf); err != nil {
		tb.Skipf("SKIPPED: needs the open data pack in ../shared/data: %v", err)
	}
	roads, _, err := load.Roads(context.Background(), []string{filepath.FromSlash(pbf)}, load.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	c := geodata.Content{Territory: geodata.Territory{ID: "region", Name: "Region"}, Catalogue: geodata.DefaultCatalogue(),
		Population: geodata.Population{Name: "generated", Vintage: 2021, CellSize: 200}}
	for _, std := range geodata.StandardColumns {
		if len(c.Population.Columns) < 30 {
			c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: std.Name})
		}
	}
	box := orb.Bound{Min: roads.Nodes[0].Point(), Max: roads.Nodes[0].Point()}
	var ends []int32 // nodes of roads, westernmost first
	on := make([]bool, len(roads.Nodes))
	for _, w := range roads.Ways {
		for _, n := range w.Nodes {
			on[n] = true
		}
	}
	for i, n := range roads.Nodes {
		box = box.Extend(n.Point())
		if on[i] {
			ends = append(ends, int32(i))
		}
	}
	slices.SortFunc(ends, func(a, b int32) int {
		return cmp.Or(cmp.Compare(roads.Nodes[a].Lon, roads.Nodes[b].Lon), cmp.Compare(a, b))
	})
	side := 1
	for side*side < epcis {
		side++
	}
	width, height := box.Max[0]-box.Min[0]+0.001, box.Max[1]-box.Min[1]+0.001
	nodes := int32(len(roads.Nodes))
	r := rand.New(rand.NewPCG(4, 4))
	for k := range epcis {
		dx, dy := float64(k%side)*width, float64(k/side)*height
		at := func(p orb.Point) orb.Point { return orb.Point{p[0] + dx, p[1] + dy} }
		epci, code := fmt.Sprintf("2%08d", k), fmt.Sprintf("%05d", k+1)
		lo, hi := at(box.Min), at(box.Max)
		c.Communes = append(c.Communes, geodata.Commune{Code: code, Name: "Commune " + code, EPCI: epci, EPCIName: "Pays " + epci, Study: true,
			Outline: orb.MultiPolygon{{{lo, {hi[0], lo[1]}, hi, {lo[0], hi[1]}, lo}}}})
		base := int32(k) * nodes
		for i, n := range roads.Nodes {
			p := at(n.Point())
			c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(base) + int64(i) + 1, Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
		}
		for i, w := range roads.Ways {
			moved := geodata.Way{ID: int64(k)<<32 + int64(i), Nodes: make([]int32, len(w.Nodes)), Tags: w.Tags}
			for j, n := range w.Nodes {
				moved.Nodes[j] = base + n
			}
			c.Roads.Ways = append(c.Roads.Ways, moved)
		}
		for j, from := range []int{k - 1, k - side} {
			for n := range 6 {
				if from >= 0 && (j == 1 || k%side > 0) {
					c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: int64(k)<<32 + 1<<31 + int64(10*j+n), Tags: geodata.Tags{{Key: "highway", Value: "primary"}},
						Nodes: []int32{int32(from)*nodes + ends[len(ends)-1-n*5], base + ends[n*5]}})
				}
			}
		}
		for i := range cellsOfAnEPCI {
			p := at(roads.Nodes[ends[r.IntN(len(ends))]].Point())
			p = orb.Point{p[0] + 0.0005*r.Float64(), p[1] + 0.0005*r.Float64()}
			const d = 0.001
			c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("CRS3035RES200mN%07dE%07d", 200*k, 200*i), Centre: p, Commune: code, Study: true,
				Outline: orb.Ring{{p[0] - d, p[1] - d}, {p[0] + d, p[1] - d}, {p[0] + d, p[1] + d}, {p[0] - d, p[1] + d}, {p[0] - d, p[1] - d}}})
			for n := range c.Population.Columns {
				c.Population.Columns[n].Values = append(c.Population.Columns[n].Values, geodata.Amount(r.IntN(200))*geodata.Unit/10)
			}
		}
		for i := range 5 {
			c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("m%d-%d", k, i), Name: "Mairie", Service: "town_hall", Status: geodata.Existing,
				Location: at(roads.Nodes[ends[r.IntN(len(ends))]].Point()), Commune: code})
		}
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
