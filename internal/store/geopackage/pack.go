package geopackage

import (
	"cmp"
	"encoding/json"
	"iter"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
)

// The packed form of a territory is what programs read; the layers are what
// people look at. It is exact, a fifth of the size of the layers, read many times
// faster, and laid out by place, so that a part of a territory is found without
// reading the rest.

// The kinds of chunks.
const (
	kindHead       = "head"       // one: what is not in any other, as JSON
	kindCommune    = "commune"    // one commune each, labelled with its EPCI
	kindFacilities = "facilities" // JSON
	kindCells      = "cells"
	kindRoads      = "roads"
)

// How many records go into a chunk: a part reads chunks whole, and an EPCI has
// some thousands of cells and ways.
const (
	cellsPerChunk      = 512
	waysPerChunk       = 512
	facilitiesPerChunk = 256
)

const (
	packedTable   = "maillage_packed"
	packedColumns = 9
)

const packedSQL = `CREATE TABLE IF NOT EXISTS maillage_packed (
  vintage INTEGER NOT NULL,
  kind TEXT NOT NULL,
  chunk INTEGER NOT NULL,
  label TEXT,
  min_x REAL, min_y REAL, max_x REAL, max_y REAL,
  content BLOB NOT NULL,
  PRIMARY KEY (vintage, kind, chunk)
)`

// head is what a territory has one of, and how many there are of the others.
type head struct {
	Territory geodata.Territory
	Catalogue geodata.Catalogue // null for none, which is not the same as an empty one
	Sources   []geodata.Source
	CellSize  int
	GridYear  int
	Grid      string
	Columns   []string // of the population
	Fields    []string // of the layer cells, parallel to Columns

	Cells, Facilities, Nodes, Tagged, Ways, Restrictions int
}

func newHead(s *geodata.Snapshot, fields []string) head {
	p, r := s.Population(), s.Roads()
	h := head{Territory: s.Territory(), Catalogue: s.Catalogue(), Sources: s.Sources(), CellSize: p.CellSize, GridYear: p.Vintage, Grid: p.Name,
		Fields: fields, Cells: len(p.Cells), Facilities: len(s.Facilities()), Nodes: len(r.Nodes), Tagged: len(r.Tagged), Ways: len(r.Ways), Restrictions: len(r.Restrictions)}
	for _, c := range p.Columns {
		h.Columns = append(h.Columns, c.Name)
	}
	return h
}

// box is a part of the plane in degrees.
type box struct{ minX, minY, maxX, maxY float64 }

func nowhere() box { return box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (b *box) join(o box) {
	b.minX, b.minY = min(b.minX, o.minX), min(b.minY, o.minY)
	b.maxX, b.maxY = max(b.maxX, o.maxX), max(b.maxY, o.maxY)
}

func (b *box) add(p orb.Point) { b.join(box{p[0], p[1], p[0], p[1]}) }

func (b box) centre() (x, y float64) { return (b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2 }

// along orders things by their place along a Hilbert curve.
func along(n int, at func(i int) (x, y float64)) []int32 {
	all := nowhere()
	for i := range n {
		x, y := at(i)
		all.join(box{x, y, x, y})
	}
	grid := func(v, from, to float64) uint32 {
		if !(to > from) {
			return 0
		}
		return uint32((v - from) / (to - from) * 65535)
	}
	type keyed struct {
		key uint32
		i   int32
	}
	order := make([]keyed, n)
	for i := range order {
		x, y := at(i)
		order[i] = keyed{gpkg.Hilbert(grid(x, all.minX, all.maxX), grid(y, all.minY, all.maxY)), int32(i)}
	}
	slices.SortFunc(order, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.i, b.i)) })
	out := make([]int32, n)
	for k := range order {
		out[k] = order[k].i
	}
	return out
}

// chunksOf yields so many at a time, each chunk in rising order.
func chunksOf(order []int32, size int) iter.Seq2[int, []int32] {
	return func(yield func(int, []int32) bool) {
		k := 0
		for chunk := range slices.Chunk(order, size) {
			chunk = slices.Clone(chunk)
			slices.Sort(chunk)
			if !yield(k, chunk) {
				return
			}
			k++
		}
	}
}

// packedRows is how many rows pack yields.
func packedRows(s *geodata.Snapshot) int {
	chunks := func(n, size int) int { return (n + size - 1) / size }
	return 1 + len(s.Communes()) + chunks(len(s.Population().Cells), cellsPerChunk) + chunks(len(s.Facilities()), facilitiesPerChunk) + chunks(len(s.Roads().Ways), waysPerChunk) + 1
}

// pack yields the rows of maillage_packed for a snapshot.
func pack(s *geodata.Snapshot, fields []string, vintage int64) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := func(kind string, chunk int, label any, b box, content []byte) bool {
			r := []any{vintage, kind, chunk, label, nil, nil, nil, nil, content}
			if b.minX <= b.maxX {
				r[4], r[5], r[6], r[7] = b.minX, b.minY, b.maxX, b.maxY
			}
			return yield(r, nil)
		}
		content, err := json.Marshal(newHead(s, fields))
		if err != nil {
			yield(nil, err)
			return
		}
		_ = row(kindHead, 0, nil, nowhere(), content) && packCommunes(s, row) && packFacilities(s, row) && packPopulation(s, row) && packNetwork(s, row)
	}
}

type packedRow func(kind string, chunk int, label any, b box, content []byte) bool

func packCommunes(s *geodata.Snapshot, row packedRow) bool {
	for i, c := range s.Communes() {
		w := &packer{}
		for _, text := range []string{c.Code, c.Name, c.EPCI, c.EPCIName} {
			w.text(text)
		}
		w.count(c.Population)
		w.bool(c.Study)
		w.count(len(c.Outline))
		for _, polygon := range c.Outline {
			w.count(len(polygon))
			for _, ring := range polygon {
				w.count(len(ring))
				for _, p := range ring {
					w.point(p)
				}
			}
		}
		b := nowhere()
		if len(c.Outline) > 0 {
			o := c.Outline.Bound()
			b = box{o.Min[0], o.Min[1], o.Max[0], o.Max[1]}
		}
		if !row(kindCommune, i, c.EPCI, b, w.bytes()) {
			return false
		}
	}
	return true
}

func unpackCommune(chunk []byte) (geodata.Commune, error) {
	u := newUnpacker(chunk)
	c := geodata.Commune{Code: u.text(), Name: u.text(), EPCI: u.text(), EPCIName: u.text(), Population: int(u.uint()), Study: u.bool()}
	if n := u.count(1); n > 0 {
		c.Outline = make(orb.MultiPolygon, n)
	}
	for i := range c.Outline {
		c.Outline[i] = make(orb.Polygon, u.count(1))
		for k := range c.Outline[i] {
			ring := make(orb.Ring, u.count(16))
			for j := range ring {
				ring[j] = u.point()
			}
			c.Outline[i][k] = ring
		}
	}
	return c, u.end()
}

// facilityChunk is some facilities and their positions.
type facilityChunk struct {
	At         []int32
	Facilities []geodata.Facility
}

func packFacilities(s *geodata.Snapshot, row packedRow) bool {
	fs := s.Facilities()
	order := along(len(fs), func(i int) (x, y float64) { return fs[i].Location[0], fs[i].Location[1] })
	for k, at := range chunksOf(order, facilitiesPerChunk) {
		c, b := facilityChunk{At: at}, nowhere()
		for _, i := range at {
			c.Facilities = append(c.Facilities, fs[i])
			b.add(fs[i].Location)
		}
		content, err := json.Marshal(c)
		if err != nil {
			panic("geopackage: facilities do not encode: " + err.Error()) // plain texts and numbers always do
		}
		if !row(kindFacilities, k, nil, b, content) {
			return false
		}
	}
	return true
}

func unpackFacilities(chunk []byte) (c facilityChunk, err error) {
	if err = json.Unmarshal(chunk, &c); err == nil && len(c.At) != len(c.Facilities) {
		err = errPacked
	}
	return c, err
}

func packPopulation(s *geodata.Snapshot, row packedRow) bool {
	p := s.Population()
	order := along(len(p.Cells), func(i int) (x, y float64) { return p.Cells[i].Centre[0], p.Cells[i].Centre[1] })
	for k, at := range chunksOf(order, cellsPerChunk) {
		b := nowhere()
		for _, i := range at {
			b.add(p.Cells[i].Centre)
		}
		if !row(kindCells, k, nil, b, packCells(p, at)) {
			return false
		}
	}
	return true
}

func packNetwork(s *geodata.Snapshot, row packedRow) bool {
	plan := planRoads(s.Roads())
	for k := range plan.chunks {
		if !row(kindRoads, k, nil, plan.box(k), plan.pack(k)) {
			return false
		}
	}
	return true
}
