package load

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
)

// area is a region and its surroundings: which points lie within buffer metres
// of it. Points far inside or far outside, nearly all of a road file, are
// settled by a grid of tiles; the others by their distance to the outline.
type area struct {
	outline  orb.MultiPolygon
	buffer   float64
	polygons rtree.RTreeG[int] // of the outline, by box
	segments rtree.RTreeG[[2]orb.Point]
	frame    orb.Bound // of the outline and the buffer
	tiles    []tile
	columns  int
	dx, dy   float64 // degrees of a tile
}

type tile uint8

const (
	mixed tile = iota
	inside
	outside
)

const tileMetres = 1000

// newArea prepares the region within buffer metres of an outline that is not empty.
func newArea(outline orb.MultiPolygon, buffer float64) *area {
	a := &area{outline: outline, buffer: buffer}
	for k, poly := range outline {
		box := poly.Bound()
		a.polygons.Insert(box.Min, box.Max, k)
	}
	a.insertBorder()
	b := outline.Bound()
	// The widest degree of longitude of the frame is at its edge nearest the equator.
	mx, my := geodata.MetresPerDegree(min(max(math.Abs(b.Min[1]), math.Abs(b.Max[1]))+1, 85))
	pad := orb.Point{buffer / mx, buffer / my}
	a.frame = orb.Bound{Min: orb.Point{b.Min[0] - pad[0], b.Min[1] - pad[1]}, Max: orb.Point{b.Max[0] + pad[0], b.Max[1] + pad[1]}}
	a.classify(mx, my)
	return a
}

// insertBorder indexes the border of the region: not what two polygons, one on
// each side, have in common, which of a country's communes is nearly all.
func (a *area) insertBorder() {
	alone := map[[2]orb.Point]int{}
	a.eachSegment(func(p, q orb.Point) {
		if other := [2]orb.Point{q, p}; alone[other] > 1 {
			alone[other]--
		} else if alone[other] == 1 {
			delete(alone, other)
		} else {
			alone[[2]orb.Point{p, q}]++
		}
	})
	a.eachSegment(func(p, q orb.Point) {
		s := [2]orb.Point{p, q}
		if alone[s] > 0 {
			alone[s]--
			a.segments.Insert([2]float64{min(p[0], q[0]), min(p[1], q[1])}, [2]float64{max(p[0], q[0]), max(p[1], q[1])}, s)
		}
	})
}

// eachSegment goes along all rings, the polygon to the left.
func (a *area) eachSegment(do func(p, q orb.Point)) {
	for _, poly := range a.outline {
		for k, ring := range poly {
			wrong := orb.CW
			if k > 0 {
				wrong = orb.CCW
			}
			against := ring.Orientation() == wrong
			for i := 1; i < len(ring); i++ {
				if against {
					do(ring[i], ring[i-1])
				} else {
					do(ring[i-1], ring[i])
				}
			}
		}
	}
}

// tileBlock is how many tiles wide and high is what is tried at once.
const tileBlock = 16

func (a *area) classify(mx, my float64) {
	a.dx, a.dy = tileMetres/mx, tileMetres/my
	width, height := a.frame.Max[0]-a.frame.Min[0], a.frame.Max[1]-a.frame.Min[1]
	for (width/a.dx+1)*(height/a.dy+1) > 1<<20 { // a continent: coarser tiles
		a.dx, a.dy = 2*a.dx, 2*a.dy
	}
	a.columns = int(width/a.dx) + 1
	rows := int(height/a.dy) + 1
	a.tiles = make([]tile, a.columns*rows)
	for y := 0; y < rows; y += tileBlock {
		for x := 0; x < a.columns; x += tileBlock {
			a.settle(x, y, tileBlock)
		}
	}
}

// settle classifies a block of n × n tiles, by quarters where it is mixed.
func (a *area) settle(x, y, n int) {
	rows := len(a.tiles) / a.columns
	if x >= a.columns || y >= rows {
		return
	}
	side := float64(n)
	centre := orb.Point{a.frame.Min[0] + (float64(x)+side/2)*a.dx, a.frame.Min[1] + (float64(y)+side/2)*a.dy}
	cx, cy := geodata.MetresPerDegree(centre[1])
	// Distances are measured on the plane that touches the earth at a point. From
	// the plane of the centre to that of another point of the block, degrees of
	// longitude stretch: by as much may the distances to far places differ.
	stretch := 0.0
	for _, edge := range [2]float64{-side / 2 * a.dy, side / 2 * a.dy} {
		ex, ey := geodata.MetresPerDegree(centre[1] + edge)
		stretch = max(stretch, math.Abs(ex/cx-1), math.Abs(ey/cy-1))
	}
	d := a.distance(centre)
	reach := math.Hypot(side*a.dx*cx, side*a.dy*cy)/2*1.01 + 1 + d*stretch
	kind := mixed
	switch {
	case d+reach <= a.buffer:
		kind = inside
	case d-reach > a.buffer:
		kind = outside
	case n > 1:
		for _, quarter := range [4][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			a.settle(x+quarter[0]*n/2, y+quarter[1]*n/2, n/2)
		}
		return
	}
	for j := y; j < min(y+n, rows); j++ {
		for i := x; i < min(x+n, a.columns); i++ {
			a.tiles[j*a.columns+i] = kind
		}
	}
}

// keeps says whether the point lies within the buffer, inclusive.
func (a *area) keeps(p orb.Point) bool {
	if !a.frame.Contains(p) {
		return false
	}
	i := int((p[1]-a.frame.Min[1])/a.dy)*a.columns + int((p[0]-a.frame.Min[0])/a.dx)
	if i < len(a.tiles) && a.tiles[i] != mixed {
		return a.tiles[i] == inside
	}
	return a.distance(p) <= a.buffer
}

// distance is 0 inside the outline, else the metres to it.
func (a *area) distance(p orb.Point) float64 {
	if a.holds(p) {
		return 0
	}
	return nearestSegment(&a.segments, p)
}

// holds says whether the point lies inside the outline.
func (a *area) holds(p orb.Point) (within bool) {
	a.polygons.Search(p, p, func(_, _ [2]float64, k int) bool {
		within = planar.PolygonContains(a.outline[k], p)
		return !within
	})
	return within
}

// nearestSegment returns the metres from a point to the nearest of the segments,
// +Inf if there are none.
func nearestSegment(t *rtree.RTreeG[[2]orb.Point], p orb.Point) float64 {
	mx, my := geodata.MetresPerDegree(p[1])
	best := math.Inf(1)
	t.Nearby(
		func(lo, hi [2]float64, s [2]orb.Point, item bool) float64 {
			if item {
				return toSegment(p, s, mx, my)
			}
			return toBox(p, lo, hi, mx, my)
		},
		func(_, _ [2]float64, _ [2]orb.Point, d float64) bool {
			best = d
			return false
		})
	return best
}

func toBox(p orb.Point, lo, hi [2]float64, mx, my float64) float64 {
	return math.Hypot(max(lo[0]-p[0], 0, p[0]-hi[0])*mx, max(lo[1]-p[1], 0, p[1]-hi[1])*my)
}

func toSegment(p orb.Point, s [2]orb.Point, mx, my float64) float64 {
	ax, ay := (s[0][0]-p[0])*mx, (s[0][1]-p[1])*my
	dx, dy := (s[1][0]-s[0][0])*mx, (s[1][1]-s[0][1])*my
	t := 0.0
	if sq := dx*dx + dy*dy; sq > 0 {
		t = min(max(-(ax*dx+ay*dy)/sq, 0), 1)
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}
