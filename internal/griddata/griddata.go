// Package griddata makes population grids as large as one asks for, in the form
// INSEE publishes its own in (Filosofi, squares of 200 m, spelling of 2019), so
// that an import of a whole country can be measured where the real file is not
// at hand. The values are plausible, nothing more: benchmarks alone use them.
package griddata

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Columns are INSEE's, in their order: six that say which cell, and 28 counts.
const Columns = "idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo," +
	"ind,men,men_pauv,men_1ind,men_5ind,men_prop,men_fmp,ind_snv,men_surf,men_coll,men_mais," +
	"log_av45,log_45_70,log_70_90,log_ap90,log_inc,log_soc," +
	"ind_0_3,ind_4_5,ind_6_10,ind_11_17,ind_18_24,ind_25_39,ind_40_54,ind_55_64,ind_65_79,ind_80p,ind_inc"

// The middle of the grid, in EPSG:3035: near Bourges, in the middle of France.
const middleN, middleE = 2_680_000, 3_750_000

// Road is a GeoJSON of one road through the middle: a territory needs roads.
const Road = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"highway":"primary","ref":"D 2076"},` +
	`"geometry":{"type":"LineString","coordinates":[[2.40,47.10],[2.50,47.08],[2.60,47.05]]}}]}`

// Write writes a header and as many cells, each once, in an order that has
// nothing to do with where they lie. The same number gives the same bytes. Cells
// stand in clusters, with as many of them to the square kilometre for any number.
func Write(w io.Writer, cells int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.WriteString(Columns + "\n"); err != nil {
		return err
	}
	g := newGrid(cells)
	var line []byte
	for range cells {
		row, column, ok := g.next()
		if !ok {
			return fmt.Errorf("griddata: no room for %d cells", cells)
		}
		line = g.appendCell(line[:0], row, column)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// grid is a square of side × side cells, few of which are inhabited.
type grid struct {
	side uint64
	bits uint   // 2^bits is at least side²
	step uint64 // how many of the 2^bits numbers were drawn
}

// inhabited is the share of cells with people, as in France: 2.3 of 14 million.
const inhabited = 0.08

func newGrid(cells int) *grid {
	g := &grid{side: uint64(1.05*math.Sqrt(float64(cells)/inhabited)) + 250}
	for 1<<g.bits < g.side*g.side {
		g.bits += 2
	}
	return g
}

// next draws a cell that has people.
func (g *grid) next() (row, column uint64, ok bool) {
	for ; g.step < 1<<g.bits; g.step++ {
		at := shuffle(g.step, g.bits)
		if row, column = at/g.side, at%g.side; row < g.side && peopled(row, column) {
			g.step++
			return row, column, true
		}
	}
	return 0, 0, false
}

// shuffle maps the numbers below 2^bits onto themselves: odd factors and shifts
// to the right under exclusive or can both be undone.
func shuffle(x uint64, bits uint) uint64 {
	mask := uint64(1)<<bits - 1
	for range 3 {
		x = x * 0x9e3779b97f4a7c15 & mask
		x ^= x >> (bits/2 + 1)
	}
	return x
}

// peopled draws, for a block of 8 × 8 cells, how densely it is settled, then the cell.
func peopled(row, column uint64) bool {
	var percent uint64
	switch block := random(row/8<<32|column/8) % 100; {
	case block < 70:
		return false // fields and woods
	case block < 90:
		percent = 15 // hamlets
	case block < 98:
		percent = 40 // a village
	default:
		percent = 90 // a town
	}
	return random(row<<32|column|1<<63)%100 < percent
}

// random is the SplitMix64 generator's output for a state.
func random(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (g *grid) appendCell(b []byte, row, column uint64) []byte {
	n, e := int(row)*200+middleN-int(g.side/2)*200, int(column)*200+middleE-int(g.side/2)*200
	b = appendID(b, 200, n, e)
	b = appendID(append(b, ','), 1000, n/1000*1000, e/1000*1000)
	b = appendID(append(b, ','), 4000, n/4000*4000, e/4000*4000)
	draw := random(row<<32 | column)
	b = append(b, ',', '0'+b2i(draw%100 < 12), ',', '0'+b2i(draw%1000 < 8), ',')
	b = g.appendCommune(b, row, column)
	for _, v := range tenths(draw) {
		b = strconv.AppendInt(append(b, ','), int64(v/10), 10)
		if v%10 != 0 {
			b = append(b, '.', byte('0'+v%10))
		}
	}
	return append(b, '\n')
}

func b2i(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendID(b []byte, size, n, e int) []byte {
	b = strconv.AppendInt(append(b, "CRS3035RES"...), int64(size), 10)
	b = strconv.AppendInt(append(b, "mN"...), int64(n), 10)
	return strconv.AppendInt(append(b, 'E'), int64(e), 10)
}

// communeSide is the side of a commune in cells: 5.6 km, 35,000 in a grid like France's.
const communeSide = 28

// communes is how many communes stand beside one another.
func (g *grid) communes() uint64 { return g.side/communeSide + 1 }

func (g *grid) code(r, c uint64) uint64 { return 1001 + (r*g.communes()+c)%94_000 }

// appendCommune writes the codes of the communes a cell touches, joined as INSEE does.
func (g *grid) appendCommune(b []byte, row, column uint64) []byte {
	r, c := row/communeSide, column/communeSide
	b = fmt.Appendf(b, "%05d", g.code(r, c))
	if row%communeSide == 0 && r > 0 && column%3 == 0 {
		b = fmt.Appendf(b, "%05d", g.code(r-1, c))
	}
	return b
}

// WriteCommunes writes the outlines of the communes of a grid of so many cells as
// GeoJSON in EPSG:3035: all share their borders, which wind, with the neighbours,
// and eight by eight make an EPCI.
func WriteCommunes(w io.Writer, cells int) error {
	g := newGrid(cells)
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.WriteString(`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3035"}},"features":[`); err != nil {
		return err
	}
	var b []byte
	for i := range g.communes() * g.communes() {
		r, c := i/g.communes(), i%g.communes()
		if b = b[:0]; i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"type":"Feature","properties":{"code":"%05d","nom":"Commune %[1]d","epci":"%d"},"geometry":{"type":"Polygon","coordinates":[[`,
			g.code(r, c), 200_000_000+r/8*1000+c/8)
		b = g.appendOutline(b, r*communeSide, c*communeSide)
		if _, err := out.Write(append(b, "]]}}"...)); err != nil {
			return err
		}
	}
	if _, err := out.WriteString("]}"); err != nil {
		return err
	}
	return out.Flush()
}

// appendOutline goes round a commune from its lower left corner, counter-clockwise.
func (g *grid) appendOutline(b []byte, row, column uint64) []byte {
	for k := uint64(0); k < communeSide; k++ {
		b = append(g.appendCorner(b, row, column+k), ',')
	}
	for k := uint64(0); k < communeSide; k++ {
		b = append(g.appendCorner(b, row+k, column+communeSide), ',')
	}
	for k := uint64(communeSide); k > 0; k-- {
		b = append(g.appendCorner(b, row+communeSide, column+k), ',')
	}
	for k := uint64(communeSide); k > 0; k-- {
		b = append(g.appendCorner(b, row+k, column), ',')
	}
	return g.appendCorner(b, row, column)
}

// appendCorner writes a corner of a cell on a border, up to 90 m beside it but
// where communes meet at their corners.
func (g *grid) appendCorner(b []byte, row, column uint64) []byte {
	n, e := int(row)*200+middleN-int(g.side/2)*200, int(column)*200+middleE-int(g.side/2)*200
	aside := int(random(row<<32|column|1<<62)%181) - 90
	switch {
	case row%communeSide != 0:
		e += aside
	case column%communeSide != 0:
		n += aside
	}
	return fmt.Appendf(b, "[%d,%d]", e, n)
}

// agesOfAThousand are how a thousand people are spread over INSEE's bands, the
// last of unknown age.
var agesOfAThousand = [11]uint64{42, 23, 61, 87, 80, 180, 197, 129, 139, 61, 1}

// tenths draws the 28 counts, in tenths, so that parts add up to their wholes.
func tenths(draw uint64) [28]uint64 {
	u := float64(draw>>11) / (1 << 53)
	ind := 10 + uint64(60*math.Pow(u, -0.55)) // most cells have a few people, some hundreds
	men := max(10, ind*10/22)
	part := func(k uint, percent uint64) uint64 { // of the households, give or take a half
		return men * (percent/2 + random(draw+uint64(k))%(percent+1)) / 100
	}
	v := [28]uint64{ind, men, part(1, 13), part(2, 34), part(3, 6), part(4, 60), part(5, 9),
		ind * (15_000 + random(draw+7)%14_000), men * (60 + random(draw+8)%80)}
	v[9] = part(9, 20)
	v[10] = men - v[9]
	left := men
	for k := 11; k < 15; k++ { // by age of the building, then unknown
		v[k] = min(left, part(uint(k), 24))
		left -= v[k]
	}
	v[15], v[16] = left, part(16, 12)
	left = ind
	for k, share := range agesOfAThousand {
		if k != 6 { // the largest band takes the rest
			v[17+k] = min(left, (ind*share*(50+random(draw+uint64(20+k))%100)/100+500)/1000)
			left -= v[17+k]
		}
	}
	v[17+6] = left
	return v
}
