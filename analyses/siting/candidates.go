package siting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// BuiltUp is how many people live on a square kilometre of a built-up area, at least:
// the density of an urban cluster (Regulation (EU) 2017/2391, degree of urbanisation).
const BuiltUp = 300

// MaxCandidates bounds where a service may open.
const MaxCandidates = 20_000

// Point is a place that somebody thinks of.
type Point struct {
	ID       string  `json:"id"`
	Name     string  `json:"name,omitempty"`
	Lon      float64 `json:"lon"`
	Lat      float64 `json:"lat"`
	Price    *int64  `json:"price,omitempty"`    // euros; Params.Price when left out
	Capacity *int    `json:"capacity,omitempty"` // places; Params.Capacity when left out
}

// Place is a place where the service may open, or is.
type Place struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Commune  string    `json:"commune"` // INSEE code; empty outside all communes
	At       orb.Point `json:"at"`
	Existing bool      `json:"existing"`
	price    *int64
	capacity *int
}

// search collects candidates.
type search struct {
	ctx     context.Context
	s       *geodata.Snapshot
	nets    *traveltime.Networks
	mode    string
	service string
	found   []Place
	known   map[string]bool
}

// candidates are the places that the kinds and points name, in that order, each once.
func (w *search) candidates(kinds []string, points []Point) ([]Place, error) {
	w.known = map[string]bool{}
	for _, p := range points {
		at := orb.Point{p.Lon, p.Lat}
		if err := geodata.CheckPoint(at); err != nil {
			return nil, bad("points", "point %q: %w", p.ID, err)
		}
		if p.ID == "" || w.known[p.ID] {
			return nil, bad("points", "point %q: want an id of its own for each", p.ID)
		}
		w.add(Place{ID: p.ID, Name: cmp.Or(p.Name, p.ID), At: at, Commune: w.commune(at), price: p.Price, capacity: p.Capacity})
	}
	for _, kind := range kinds {
		if err := w.kind(kind); err != nil {
			return nil, err
		}
	}
	switch n := len(w.found); {
	case n == 0:
		return nil, bad("candidates", "there is no place of %s in the study area: name points, or other kinds", strings.Join(kinds, ", "))
	case n > MaxCandidates:
		return nil, bad("candidates", "%d places: want %d at most", n, MaxCandidates)
	}
	return w.found, nil
}

func (w *search) add(p Place) {
	if !w.known[p.ID] {
		w.known[p.ID] = true
		w.found = append(w.found, p)
	}
}

func (w *search) kind(kind string) error {
	name, of, _ := strings.Cut(kind, ":")
	switch name {
	case "planned":
		return w.facilities(func(f *geodata.Facility) bool { return f.Service == w.service && f.Status != geodata.Existing })
	case "town_halls":
		return w.facilities(func(f *geodata.Facility) bool { return f.Service == "town_hall" })
	case "service":
		if _, err := w.s.Catalogue().Service(of); err != nil {
			return bad("candidates", "%w", err)
		}
		return w.facilities(func(f *geodata.Facility) bool { return f.Service == of })
	case "counts":
		return w.counts(of)
	case "schools":
		for _, name := range []string{"schools", "ecoles", "écoles"} {
			if _, err := w.s.CountsNamed(name); err == nil {
				return w.counts(name)
			}
		}
		return bad("candidates", "no schools are loaded: import them with --counts schools=FILE")
	case "cells":
		return w.cells()
	case "junctions":
		return w.junctions()
	}
	return bad("candidates", "unknown kind %q: want planned, town_halls, schools, junctions, cells, service:ID or counts:NAME", kind)
}

// facilities are those of the study area that count, whatever their status.
func (w *search) facilities(counts func(f *geodata.Facility) bool) error {
	study := w.study()
	for _, f := range w.s.Facilities() {
		if counts(&f) && !f.Itinerant && study[f.Commune] {
			w.add(Place{ID: f.ID, Name: f.Name, Commune: f.Commune, At: f.Location, capacity: f.Capacity})
		}
	}
	return nil
}

// study are the communes of the study area; a territory without communes has its
// facilities in none.
func (w *search) study() map[string]bool {
	codes := map[string]bool{}
	for _, c := range w.s.Communes() {
		if c.Study {
			codes[c.Code] = true
		}
	}
	if len(w.s.Communes()) == 0 {
		codes[""] = true
	}
	return codes
}

func (w *search) counts(name string) error {
	p, err := w.s.CountsNamed(name)
	if err != nil {
		return bad("candidates", "%w", err)
	}
	for _, c := range p.Cells {
		if c.Study {
			w.add(Place{ID: c.ID, Name: w.near(c.Commune, c.ID), Commune: c.Commune, At: c.Centre})
		}
	}
	return nil
}

// near is what a place without a name is called.
func (w *search) near(commune, id string) string {
	if c, known := w.s.Commune(commune); known {
		return fmt.Sprintf("%s (%s)", c.Name, id)
	}
	return id
}

// cells are those of the grid where somebody lives.
func (w *search) cells() error {
	p := w.s.Population()
	lived := inhabitants(p)
	for i, c := range p.Cells {
		if c.Study && lived(i) > 0 {
			w.add(Place{ID: c.ID, Name: w.near(c.Commune, c.ID), Commune: c.Commune, At: c.Centre})
		}
	}
	return nil
}

// inhabitants tells how many people live in a cell, by its position.
func inhabitants(p *geodata.Population) func(i int) geodata.Amount {
	if ind, ok := p.Column("ind"); ok {
		return func(i int) geodata.Amount { return ind[i] }
	}
	return func(i int) (sum geodata.Amount) {
		for _, c := range p.Columns {
			if std, ok := geodata.StandardColumnByName(c.Name); ok && std.AgeBand {
				sum += c.Values[i]
			}
		}
		return sum
	}
}

// noPlace are classes of road at whose junctions nothing opens.
var noPlace = []string{"motorway", "trunk", "motorway_link", "trunk_link", "ferry"}

// junctions are where three roads of the mode meet, or more, within a built-up cell.
func (w *search) junctions() error {
	p := w.s.Population()
	if p.CellSize == 0 {
		return bad("candidates", "junctions of built-up areas need a grid of cells: the population of this territory is points")
	}
	net, err := w.nets.Get(w.ctx, w.s, w.mode)
	if err != nil {
		return err
	}
	roads := w.s.Roads()
	beside := map[int32][]int32{} // the nodes beside each, on roads that count
	for _, way := range roads.Ways {
		used, ok := net.Way(way.ID)
		if !ok || slices.Contains(noPlace, used.Class) {
			continue
		}
		for k := 1; k < len(way.Nodes); k++ {
			a, b := way.Nodes[k-1], way.Nodes[k]
			beside[a], beside[b] = append(beside[a], b), append(beside[b], a)
		}
	}
	built := w.builtUp(p)
	for node := range int32(len(roads.Nodes)) {
		arms := beside[node]
		slices.Sort(arms)
		if len(slices.Compact(arms)) < 3 {
			continue
		}
		at := roads.Nodes[node].Point()
		if cell, ok := built(at); ok {
			id := fmt.Sprintf("node-%d", roads.Nodes[node].ID)
			w.add(Place{ID: id, Name: w.near(cell.Commune, id), Commune: cell.Commune, At: at})
		}
	}
	return nil
}

// builtUp finds the built-up cell of the study area that a point lies in.
func (w *search) builtUp(p *geodata.Population) func(orb.Point) (geodata.Cell, bool) {
	lived := inhabitants(p)
	need := geodata.Amount(BuiltUp) * geodata.Unit * geodata.Amount(p.CellSize) * geodata.Amount(p.CellSize) / 1_000_000
	var tree rtree.RTreeG[int]
	for i, c := range p.Cells {
		if c.Study && lived(i) >= need && len(c.Outline) > 0 {
			b := c.Outline.Bound()
			tree.Insert(b.Min, b.Max, i)
		}
	}
	return func(at orb.Point) (cell geodata.Cell, ok bool) {
		least := -1 // of the cells that share a border the first
		tree.Search(at, at, func(_, _ [2]float64, i int) bool {
			if planar.RingContains(p.Cells[i].Outline, at) && (least < 0 || i < least) {
				least = i
			}
			return true
		})
		if least < 0 {
			return cell, false
		}
		return p.Cells[least], true
	}
}

// commune is the code of the commune that a point lies in; empty outside all.
func (w *search) commune(at orb.Point) string {
	for _, c := range w.s.Communes() {
		if c.Outline.Bound().Contains(at) && planar.MultiPolygonContains(c.Outline, at) {
			return c.Code
		}
	}
	return ""
}
