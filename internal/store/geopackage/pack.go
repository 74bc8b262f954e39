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
	kindZone       = "zone"      // one zone each
	kindCounts     = "counts"    // some places of a set of counts, labelled with its number
	kindCensus     = "census"    // one commune each, labelled with its code
	kindTimetable  = "timetable" // one: all but the trips
	kindTrips      = "trips"     // some trips, as packtransit.go says
)

// How many records go into a chunk: a part reads chunks whole, and an EPCI has
// some thousands of cells and ways.
const (
	cellsPerChunk      = 512
	waysPerChunk       = 512
	facilitiesPerChunk = 256
	tripsPerChunk      = 256
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
	Columns   []string    // of the population
	Fields    []string    // of the layer cells, parallel to Columns
	Rule      *rule       `json:",omitempty"` // of the population; nil where it is public
	Counts    []countsSet `json:",omitempty"` // other than the population

	Cells, Facilities, Nodes, Tagged, Ways, Restrictions int
	Zones, Census                                        int `json:",omitempty"`

	Timetable bool               `json:",omitempty"` // whether there is one
	Trips     int                `json:",omitempty"` // in it
	OnDemand  []geodata.OnDemand `json:",omitempty"`
}

// rule is a geodata.Rule with its key, which that leaves out of all other JSON.
type rule struct {
	Minimum int
	Of, Key string
}

func newRule(r geodata.Rule) *rule {
	if r.Public() {
		return nil
	}
	return &rule{r.Minimum, r.Of, r.Key}
}

func (r *rule) open() geodata.Rule {
	if r == nil {
		return geodata.Rule{}
	}
	return geodata.Rule{Minimum: r.Minimum, Of: r.Of, Key: r.Key}
}

// countsSet is what a set of counts has one of.
type countsSet struct {
	Name           string
	Year, CellSize int
	Columns        []string
	Rule           *rule `json:",omitempty"`
	Places         int
	Layer          string   // that shows it
	Fields         []string // of the layer, parallel to Columns
}

// population is the set without its places.
func (c *countsSet) population() geodata.Population {
	return geodata.Population{Name: c.Name, Vintage: c.Year, CellSize: c.CellSize, Rule: c.Rule.open()}
}

// shown is how layers show counts, which is not always by their own names.
type shown struct {
	fields []string // of cells
	sets   []shownSet
}

type shownSet struct {
	layer  string
	fields []string
}

func (h *head) shown() shown {
	out := shown{fields: h.Fields}
	for _, c := range h.Counts {
		out.sets = append(out.sets, shownSet{c.Layer, c.Fields})
	}
	return out
}

// tables are what people see of the territory.
func (h *head) tables() []string {
	return moreTables(h.Zones > 0, h.Census > 0, h.Timetable, len(h.OnDemand) > 0, h.shown().sets)
}

// moreTables are shownTables, and those that only a territory with zones, counts, a
// census or public transport has.
func moreTables(zones, census, timetable, onDemand bool, sets []shownSet) []string {
	out := slices.Clone(shownTables)
	if zones {
		out = append(out, "zones")
	}
	if census {
		out = append(out, "census")
	}
	if timetable {
		out = append(out, "stops", "lines")
	}
	if onDemand {
		out = append(out, "on_demand")
	}
	for _, set := range sets {
		out = append(out, set.layer)
	}
	return out
}

func columnNames(p *geodata.Population) (names []string) {
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	return names
}

func newHead(s *geodata.Snapshot, as shown) head {
	p, r := s.Population(), s.Roads()
	h := head{Rule: newRule(p.Rule), Zones: len(s.Zones()), Census: len(s.Census()), Columns: columnNames(p), Territory: s.Territory(), Catalogue: s.Catalogue(), Sources: s.Sources(), CellSize: p.CellSize, GridYear: p.Vintage, Grid: p.Name,
		Fields: as.fields, Cells: len(p.Cells), Facilities: len(s.Facilities()), Nodes: len(r.Nodes), Tagged: len(r.Tagged), Ways: len(r.Ways), Restrictions: len(r.Restrictions)}
	for i := range s.Counts() {
		q := &s.Counts()[i]
		h.Counts = append(h.Counts, countsSet{Name: q.Name, Year: q.Vintage, CellSize: q.CellSize, Columns: columnNames(q), Rule: newRule(q.Rule), Places: len(q.Cells),
			Layer: as.sets[i].layer, Fields: as.sets[i].fields})
	}
	if t := s.Timetable(); t != nil {
		h.Timetable, h.Trips = true, len(t.Trips)
	}
	h.OnDemand = s.OnDemand()
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
	n := 1 + len(s.Communes()) + chunks(len(s.Population().Cells), cellsPerChunk) + chunks(len(s.Facilities()), facilitiesPerChunk) + chunks(len(s.Roads().Ways), waysPerChunk) + 1
	for i := range s.Counts() {
		n += chunks(len(s.Counts()[i].Cells), cellsPerChunk)
	}
	for range byCommune(s.Census()) {
		n++
	}
	if t := s.Timetable(); t != nil {
		n += 1 + chunks(len(t.Trips), tripsPerChunk)
	}
	return n + len(s.Zones())
}

// pack yields the rows of maillage_packed for a snapshot.
func pack(s *geodata.Snapshot, as shown, vintage int64) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := func(kind string, chunk int, label any, b box, content []byte) bool {
			r := []any{vintage, kind, chunk, label, nil, nil, nil, nil, content}
			if b.minX <= b.maxX {
				r[4], r[5], r[6], r[7] = b.minX, b.minY, b.maxX, b.maxY
			}
			return yield(r, nil)
		}
		content, err := json.Marshal(newHead(s, as))
		if err != nil {
			yield(nil, err)
			return
		}
		_ = row(kindHead, 0, nil, nowhere(), content) && packCommunes(s, row) && packFacilities(s, row) && packPopulation(s, row) && packNetwork(s, row) &&
			packZones(s, row) && packCounts(s, row) && packCensus(s, row) && packTransit(s, row)
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
		w.outline(c.Outline)
		if !row(kindCommune, i, c.EPCI, boxOf(c.Outline), w.bytes()) {
			return false
		}
	}
	return true
}

func unpackCommune(chunk []byte) (geodata.Commune, error) {
	u := newUnpacker(chunk)
	c := geodata.Commune{Code: u.text(), Name: u.text(), EPCI: u.text(), EPCIName: u.text(), Population: int(u.uint()), Study: u.bool(), Outline: u.outline()}
	return c, u.end()
}

func boxOf(outline orb.MultiPolygon) box {
	if len(outline) == 0 {
		return nowhere()
	}
	o := outline.Bound()
	return box{o.Min[0], o.Min[1], o.Max[0], o.Max[1]}
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
	_, ok := packPlacesOf(s.Population(), kindCells, 0, nil, row)
	return ok
}

// packPlacesOf packs counts into chunks from a number on; it returns the next number.
func packPlacesOf(p *geodata.Population, kind string, chunk int, label any, row packedRow) (next int, ok bool) {
	order := along(len(p.Cells), func(i int) (x, y float64) { return p.Cells[i].Centre[0], p.Cells[i].Centre[1] })
	for _, at := range chunksOf(order, cellsPerChunk) {
		b := nowhere()
		for _, i := range at {
			b.add(p.Cells[i].Centre)
		}
		if !row(kind, chunk, label, b, packCells(p, at)) {
			return chunk, false
		}
		chunk++
	}
	return chunk, true
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
