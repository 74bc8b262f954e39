package geopackage

import (
	"math"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// cellChunk is some cells and their values, with their positions in the population.
type cellChunk struct {
	at     []int32
	cells  []geodata.Cell
	values [][]geodata.Amount // per column
}

// packCells writes the cells at the positions, which rise: positions, ids (how
// many bytes are as in the one before, the rest), communes, marks, the different
// points, which of them are centres and corners, and per column a power of ten and
// the values divided by it.
func packCells(p *geodata.Population, at []int32) []byte {
	w := &packer{b: make([]byte, 0, len(at)*(64+2*len(p.Columns)))}
	w.count(len(at))
	var communes texts
	last := ""
	for _, i := range at {
		w.step(0, int64(i))
		id := p.Cells[i].ID
		shared := sharedPrefix(last, id)
		w.count(shared)
		w.text(id[shared:])
		last = id
		communes.index(p.Cells[i].Commune)
	}
	w.texts(&communes)
	for _, i := range at {
		w.count(communes.index(p.Cells[i].Commune))
		w.bool(p.Cells[i].Study)
		w.bool(p.Cells[i].Imputed)
	}
	packPlaces(w, p, at)
	for _, column := range p.Columns {
		packColumn(w, column.Values, at)
	}
	return w.bytes()
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// packPlaces writes each point once: the squares of a grid share their corners.
func packPlaces(w *packer, p *geodata.Population, at []int32) {
	index := make(map[[2]uint64]int64, 3*len(at)) // by the bits: 0 and -0 are two points
	var points []orb.Point
	var places packer
	place := func(x orb.Point) {
		bits := [2]uint64{math.Float64bits(x[0]), math.Float64bits(x[1])}
		i, ok := index[bits]
		if !ok {
			i = int64(len(points))
			index[bits] = i
			points = append(points, x)
		}
		places.step(0, i)
	}
	for _, i := range at {
		place(p.Cells[i].Centre)
		places.count(len(p.Cells[i].Outline))
		for _, corner := range p.Cells[i].Outline {
			place(corner)
		}
	}
	w.count(len(points))
	for _, x := range points {
		w.point(x)
	}
	w.b = append(w.b, places.b...)
}

// packColumn leaves out the decimals that no value has.
func packColumn(w *packer, values []geodata.Amount, at []int32) {
	tens, unit := 6, geodata.Unit
	for _, i := range at {
		for values[i]%unit != 0 {
			tens, unit = tens-1, unit/10
		}
	}
	w.count(tens)
	for _, i := range at {
		w.uint(uint64(values[i] / unit))
	}
}

func unpackCells(chunk []byte, columns int) (c cellChunk, err error) {
	u := newUnpacker(chunk)
	n := u.count(8 + columns)
	c = cellChunk{at: make([]int32, n), cells: make([]geodata.Cell, n), values: make([][]geodata.Amount, columns)}
	unpackIDs(u, &c)
	communes := u.texts()
	for i := range c.cells {
		if len(communes) == 0 {
			u.fail()
			break
		}
		c.cells[i].Commune = communes[u.index(len(communes))]
		c.cells[i].Study = u.bool()
		c.cells[i].Imputed = u.bool()
	}
	unpackPlaces(u, c.cells)
	for k := range c.values {
		c.values[k] = make([]geodata.Amount, n)
		unit := geodata.Amount(1)
		for range u.index(7) {
			unit *= 10
		}
		for i := range c.values[k] {
			c.values[k][i] = geodata.Amount(u.uint()) * unit
		}
	}
	return c, u.end()
}

// unpackIDs reads positions and ids; the ids share one string.
func unpackIDs(u *unpacker, c *cellChunk) {
	var all []byte
	ends := make([]int, len(c.at))
	begin := 0 // of the id before
	for i := range c.at {
		c.at[i] = u.int32(0)
		shared := u.index(len(all) - begin + 1)
		before := begin
		begin = len(all)
		all = append(all, all[before:before+shared]...)
		rest := u.count(1)
		all = append(all, u.rest[:rest]...)
		u.rest = u.rest[rest:]
		ends[i] = len(all)
		if u.bad || len(all) > 1<<26 {
			u.fail()
			return
		}
	}
	text := string(all)
	for i := range c.cells {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		c.cells[i].ID = text[from:ends[i]]
	}
}

func unpackPlaces(u *unpacker, cells []geodata.Cell) {
	points := make([]orb.Point, u.count(16))
	for i := range points {
		points[i] = u.point()
	}
	u.last = [8]int64{}
	place := func() orb.Point {
		i := u.step(0)
		if i < 0 || i >= int64(len(points)) {
			u.fail()
			return orb.Point{}
		}
		return points[i]
	}
	var corners []orb.Point // of all cells
	for i := range cells {
		cells[i].Centre = place()
		n := u.count(1)
		if n == 0 {
			continue
		}
		if cap(corners)-len(corners) < n {
			corners = make([]orb.Point, 0, max(n, 5*(len(cells)-i)))
		}
		from := len(corners)
		for range n {
			corners = append(corners, place())
		}
		cells[i].Outline = orb.Ring(corners[from:len(corners):len(corners)])
	}
}
