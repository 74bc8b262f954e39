package load

import (
	"math"
	"math/big"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
)

// locator finds the commune of a point. A point on a border, or where outlines
// overlap, belongs to the commune with the lowest code: every point of the
// territory has exactly one. It is safe for concurrent use.
type locator struct {
	communes []geodata.Commune
	tree     rtree.RTreeG[part]
}

// part is one polygon of a commune.
type part struct {
	commune int
	polygon orb.Polygon
}

func newLocator(cs []geodata.Commune) *locator {
	l := &locator{communes: cs}
	for i := range cs {
		for _, polygon := range cs[i].Outline {
			b := polygon.Bound()
			l.tree.Insert(b.Min, b.Max, part{i, polygon})
		}
	}
	return l
}

// at returns the index of the commune that holds p; not ok if none does.
func (l *locator) at(p orb.Point) (index int, ok bool) {
	l.tree.Search(p, p, func(_, _ [2]float64, x part) bool {
		if (!ok || l.before(x.commune, index)) && covers(x.polygon, p) {
			index, ok = x.commune, true
		}
		return true
	})
	return index, ok
}

// nearest returns the commune nearest to p within maxMetres, and its distance:
// 0 inside, else to the outline. Of equals it is the one with the lowest code.
func (l *locator) nearest(p orb.Point, maxMetres float64) (index int, metres float64, ok bool) {
	if i, inside := l.at(p); inside {
		return i, 0, true
	}
	mx, my := geodata.MetresPerDegree(p[1])
	// A degree of longitude shortens towards the pole: the box is a little wider than needed.
	dx, dy := maxMetres/mx*1.01, maxMetres/my*1.01
	min, max := orb.Point{p[0] - dx, p[1] - dy}, orb.Point{p[0] + dx, p[1] + dy}
	l.tree.Search(min, max, func(_, _ [2]float64, x part) bool {
		d := outlineDistance(x.polygon, p, mx, my)
		if d <= maxMetres && (!ok || d < metres || (d == metres && l.before(x.commune, index))) {
			index, metres, ok = x.commune, d, true
		}
		return true
	})
	return index, metres, ok
}

func (l *locator) before(i, j int) bool {
	a, b := l.communes[i].Code, l.communes[j].Code
	return a < b || (a == b && i < j)
}

// outlineDistance is the distance from p to the rings, on the plane that
// touches the ellipsoid at p (mx, my metres a degree).
func outlineDistance(polygon orb.Polygon, p orb.Point, mx, my float64) float64 {
	best := math.Inf(1)
	for _, ring := range polygon {
		for i := 1; i < len(ring); i++ {
			ax, ay := (ring[i-1][0]-p[0])*mx, (ring[i-1][1]-p[1])*my
			bx, by := (ring[i][0]-p[0])*mx, (ring[i][1]-p[1])*my
			best = min(best, segmentDistance(ax, ay, bx, by))
		}
	}
	return best
}

// segmentDistance is the distance from the origin to the segment a-b.
func segmentDistance(ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = min(max(-(ax*dx+ay*dy)/n, 0), 1)
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}

// covers says whether p lies in the polygon or on its boundary.
func covers(polygon orb.Polygon, p orb.Point) bool {
	for i, ring := range polygon {
		switch side := locate(ring, p); {
		case side == 0:
			return true
		case (side > 0) != (i == 0): // outside the exterior, or inside a hole
			return false
		}
	}
	return len(polygon) > 0
}

// locate is 1 inside a closed ring, 0 on it and -1 outside, by the parity of
// the edges that a ray to the east crosses. Exact: see orient.
func locate(ring orb.Ring, p orb.Point) int {
	side := -1
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if p[1] < min(a[1], b[1]) || p[1] > max(a[1], b[1]) || p[0] > max(a[0], b[0]) {
			continue
		}
		if onSegment(a, b, p) {
			return 0
		}
		if (a[1] > p[1]) == (b[1] > p[1]) {
			continue // both ends on one side of the ray: an end on the ray counts as below
		}
		if b[1] < a[1] {
			a, b = b, a
		}
		if orient(a, b, p) > 0 {
			side = -side
		}
	}
	return side
}

// onSegment says whether p lies on the closed segment a-b.
func onSegment(a, b, p orb.Point) bool {
	return p[0] >= min(a[0], b[0]) && p[0] <= max(a[0], b[0]) &&
		p[1] >= min(a[1], b[1]) && p[1] <= max(a[1], b[1]) && orient(a, b, p) == 0
}

// orient is the sign of the area of the triangle a, b, c: 1 if c lies to the
// left of the line from a to b, 0 if on it, -1 to its right. It is exact: where
// the rounding error of the floating-point value could change its sign
// (Shewchuk 1997, "Adaptive precision floating-point arithmetic", bound
// ccwerrboundA), rational arithmetic decides.
func orient(a, b, c orb.Point) int {
	left := (a[0] - c[0]) * (b[1] - c[1])
	right := (a[1] - c[1]) * (b[0] - c[0])
	const bound = (3 + 16*0x1p-53) * 0x1p-53
	det := left - right
	if err := bound * (math.Abs(left) + math.Abs(right)); math.Abs(det) > err {
		if det > 0 {
			return 1
		}
		return -1
	}
	return orientExact(a, b, c)
}

func orientExact(a, b, c orb.Point) int {
	sub := func(x, y float64) *big.Rat {
		return new(big.Rat).Sub(new(big.Rat).SetFloat64(x), new(big.Rat).SetFloat64(y))
	}
	left := new(big.Rat).Mul(sub(a[0], c[0]), sub(b[1], c[1]))
	right := new(big.Rat).Mul(sub(a[1], c[1]), sub(b[0], c[0]))
	return left.Cmp(right)
}
