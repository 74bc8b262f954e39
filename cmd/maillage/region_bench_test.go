package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
)

// cellsOfAnEPCI is how many inhabited 200 m cells a French EPCI has on average:
// 2.3 million by 1,254. It has 30,000 road nodes, as Liechtenstein has.
const cellsOfAnEPCI = 1834

// region is a country of EPCIs side by side on a square, each with the roads of
// Liechtenstein from OpenStreetMap, an average EPCI's cells beside them with
// INSEE's thirty columns, and five town halls; six roads join neighbours.
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
	box := orb.Bound{Min: vaduz, Max: vaduz}
	inhabited := aroundVaduz(tb, &roads)
	var ends []int32 // nodes of the roads that people live by
	for i, n := range roads.Nodes {
		if inhabited(n.Point(), 0.1) {
			ends = append(ends, int32(i))
			box = box.Extend(n.Point())
		}
	}
	somewhere := func(r *rand.Rand) orb.Point {
		p := roads.Nodes[ends[r.IntN(len(ends))]].Point()
		return orb.Point{p[0] + 0.0005*r.Float64(), p[1] + 0.0005*r.Float64()}
	}
	side := 1
	for side*side < epcis {
		side++
	}
	width, height := box.Max[0]-box.Min[0]+0.001, box.Max[1]-box.Min[1]+0.001
	first := make([]int32, epcis) // node of each
	r := rand.New(rand.NewPCG(4, 4))
	for k := range epcis {
		dx, dy := float64(k%side)*width, float64(k/side)*height
		at := func(p orb.Point) orb.Point { return orb.Point{p[0] + dx, p[1] + dy} }
		epci, code := fmt.Sprintf("2%08d", k), fmt.Sprintf("%05d", k+1)
		lo, hi := at(box.Min), at(box.Max)
		c.Communes = append(c.Communes, geodata.Commune{Code: code, Name: "Commune " + code, EPCI: epci, EPCIName: "Pays " + epci, Study: true,
			Outline: orb.MultiPolygon{{{lo, {hi[0], lo[1]}, hi, {lo[0], hi[1]}, lo}}}})
		first[k] = int32(len(c.Roads.Nodes))
		for i, n := range roads.Nodes {
			p := at(n.Point())
			c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(first[k]) + int64(i) + 1, Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
		}
		for i, w := range roads.Ways {
			if slices.ContainsFunc(w.Nodes, func(n int32) bool { return !box.Contains(roads.Nodes[n].Point()) }) {
				continue // beyond the border
			}
			moved := geodata.Way{ID: int64(k)<<32 + int64(i), Nodes: make([]int32, len(w.Nodes)), Tags: w.Tags}
			for j, n := range w.Nodes {
				moved.Nodes[j] = first[k] + n
			}
			c.Roads.Ways = append(c.Roads.Ways, moved)
		}
		for axis, from := range []int{k - 1, k - side} {
			if from < 0 || axis == 0 && k%side == 0 {
				continue
			}
			for _, end := range facing(roads.Nodes, ends, axis) {
				link(&c.Roads, first[from]+end[1], first[k]+end[0])
			}
		}
		for i := range cellsOfAnEPCI {
			p := somewhere(r)
			for !inhabited(p, 200) {
				p = somewhere(r)
			}
			p = at(p)
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

// facing picks, in six bands across an axis (0: west to east, 1: south to north),
// the first node along it and the last.
func facing(nodes []geodata.RoadNode, among []int32, axis int) (pairs [6][2]int32) {
	at := func(n int32, axis int) float64 { return nodes[n].Point()[axis] }
	across := slices.Clone(among)
	slices.SortStableFunc(across, func(a, b int32) int { return cmp.Compare(at(a, 1-axis), at(b, 1-axis)) })
	for i := range pairs {
		band := across[i*len(across)/6 : (i+1)*len(across)/6]
		along := func(a, b int32) int { return cmp.Or(cmp.Compare(at(a, axis), at(b, axis)), cmp.Compare(a, b)) }
		pairs[i] = [2]int32{slices.MinFunc(band, along), slices.MaxFunc(band, along)}
	}
	return pairs
}

// link leads a road from a node to another, with a side street about every 500 m.
func link(r *geodata.Roads, from, to int32) {
	a, b := r.Nodes[from].Point(), r.Nodes[to].Point()
	add := func(p orb.Point) int32 {
		r.Nodes = append(r.Nodes, geodata.RoadNode{ID: 1<<40 + int64(len(r.Nodes)), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
		return int32(len(r.Nodes) - 1)
	}
	way := func(class string, nodes ...int32) {
		r.Ways = append(r.Ways, geodata.Way{ID: 1<<50 + int64(len(r.Ways)), Tags: geodata.Tags{{Key: "highway", Value: class}}, Nodes: nodes})
	}
	steps := 1 + int(max(math.Abs(b[0]-a[0]), math.Abs(b[1]-a[1]))/0.005)
	main := []int32{from}
	for i := 1; i < steps; i++ {
		f := float64(i) / float64(steps)
		p := orb.Point{a[0] + f*(b[0]-a[0]), a[1] + f*(b[1]-a[1])}
		main = append(main, add(p))
		way("residential", main[i], add(orb.Point{p[0] + 0.0005, p[1] + 0.0005}))
	}
	way("primary", append(main, to)...)
}

// vaduz is in the middle of Liechtenstein.
var vaduz = orb.Point{9.5215, 47.141}

// aroundVaduz tells the points, at most some metres from a road, from which one can
// drive to Vaduz and back. (From the others, beyond the border, the roads back are
// not in the file.)
func aroundVaduz(tb testing.TB, roads *geodata.Roads) func(p orb.Point, metres float64) bool {
	tb.Helper()
	p, err := profile.For("car")
	if err != nil {
		tb.Fatal(err)
	}
	n, err := traveltime.NewNetwork(context.Background(), roads, p)
	if err != nil {
		tb.Fatal(err)
	}
	var reaches [2]*traveltime.Reach
	for i, d := range []traveltime.Direction{traveltime.FromPoint, traveltime.ToPoint} {
		if reaches[i], err = n.Reach(context.Background(), n.Place(vaduz), d, traveltime.Time(time.Hour.Milliseconds())); err != nil {
			tb.Fatal(err)
		}
	}
	return func(p orb.Point, metres float64) bool {
		place := n.Place(p)
		_, there := reaches[0].Time(place)
		_, back := reaches[1].Time(place)
		return there && back && place.Metres <= metres
	}
}
