package load

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
)

// cleanOutline makes an outline in degrees valid: rings closed, without
// repeated points, exteriors counter-clockwise and holes clockwise, no ring
// crossing itself or another. The notes say what was changed beyond the
// direction of rings; the error says why it cannot be made valid.
//
// A ring that crosses itself is taken as what an odd number of its windings
// surrounds, holes are taken away from their exterior and parts are joined.
func cleanOutline(outline orb.MultiPolygon) (orb.MultiPolygon, []string, error) {
	mp, notes := cleanRings(outline)
	if len(mp) == 0 {
		return nil, notes, errors.New("no ring of three distinct points or more")
	}
	fault := toGeom(mp).Validate()
	if fault != nil {
		repaired, err := repairOutline(mp)
		if err != nil {
			return nil, notes, fmt.Errorf("%v, which cannot be repaired: %w", fault, err)
		}
		notes = append(notes, fmt.Sprintf("outline repaired (%v): area %.4f km² before, %.4f km² after",
			fault, outlineArea(mp)/1e6, outlineArea(repaired)/1e6))
		mp = repaired
	}
	for _, polygon := range mp {
		for i, ring := range polygon {
			if (ring.Orientation() == orb.CCW) != (i == 0) {
				ring.Reverse()
			}
		}
	}
	return mp, notes, nil
}

// cleanRings copies the rings closed and without repeated points, and drops those without area.
func cleanRings(outline orb.MultiPolygon) (mp orb.MultiPolygon, notes []string) {
	opened, dropped := 0, 0
	for _, polygon := range outline {
		var clean orb.Polygon
		for i, ring := range polygon {
			if len(ring) > 0 && ring[0] != ring[len(ring)-1] {
				opened++
			}
			if r := cleanRing(ring); r != nil {
				clean = append(clean, r)
				continue
			}
			dropped++
			if i == 0 {
				break
			}
		}
		if len(clean) > 0 {
			mp = append(mp, clean)
		}
	}
	if opened > 0 {
		notes = append(notes, fmt.Sprintf("rings closed: %d", opened))
	}
	if dropped > 0 {
		notes = append(notes, fmt.Sprintf("rings of fewer than three distinct points dropped: %d", dropped))
	}
	return mp, notes
}

// cleanRing closes a ring and drops points equal to the one before; nil if fewer than three are left.
func cleanRing(ring orb.Ring) orb.Ring {
	clean := slices.Compact(slices.Clone(ring))
	if len(clean) > 0 && clean[0] != clean[len(clean)-1] {
		clean = append(clean, clean[0])
	}
	if len(clean) < 4 {
		return nil
	}
	return clean
}

// outlineArea in m² of an outline as its rings stand, holes taken away, on the plane
// of its middle latitude.
func outlineArea(mp orb.MultiPolygon) float64 {
	b := mp.Bound()
	mx, my := geodata.MetresPerDegree((b.Min[1] + b.Max[1]) / 2)
	sum := 0.0
	for _, polygon := range mp {
		for i, ring := range polygon {
			a := math.Abs(ringArea(ring)) * mx * my
			if i > 0 {
				a = -a
			}
			sum += a
		}
	}
	return sum
}

// ringArea is the signed area in square degrees.
func ringArea(ring orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		sum += (a[0]-ring[0][0])*(b[1]-ring[0][1]) - (b[0]-ring[0][0])*(a[1]-ring[0][1])
	}
	return sum / 2
}

func repairOutline(mp orb.MultiPolygon) (orb.MultiPolygon, error) {
	var all geom.Geometry
	for _, polygon := range mp {
		region, err := evenOdd(polygon[0])
		for _, hole := range polygon[1:] {
			if err != nil {
				break
			}
			var h geom.Geometry
			if h, err = evenOdd(hole); err == nil {
				region, err = geom.Difference(region, h)
			}
		}
		if err == nil {
			all, err = geom.Union(all, region)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := all.Validate(); err != nil {
		return nil, err
	}
	repaired := fromGeom(all)
	if len(repaired) == 0 {
		return nil, errors.New("it surrounds no area")
	}
	return repaired, nil
}

// evenOdd is the region that a ring winds around an odd number of times.
func evenOdd(ring orb.Ring) (region geom.Geometry, err error) {
	loops, err := simpleLoops(ring)
	for _, loop := range loops {
		if err != nil {
			break
		}
		region, err = geom.SymmetricDifference(region, toGeom(orb.MultiPolygon{{loop}}).AsGeometry())
	}
	return region, err
}

// maxCrossings bounds the work on one hostile ring.
const maxCrossings = 10_000

// simpleLoops cuts a closed ring at every point that it passes more than once.
// The loops' regions, counted modulo two, are those of the ring: pieces walked
// forth and back cancel out and are dropped.
func simpleLoops(ring orb.Ring) ([]orb.Ring, error) {
	walk, err := nodedRing(ring)
	if err != nil {
		return nil, err
	}
	var loops []orb.Ring
	var path orb.Ring
	position := map[orb.Point]int{}
	for _, p := range walk {
		at, seen := position[p]
		if !seen {
			position[p] = len(path)
			path = append(path, p)
			continue
		}
		if loop := append(slices.Clone(path[at:]), p); len(loop) >= 4 {
			loops = append(loops, loop)
		}
		for _, q := range path[at+1:] {
			delete(position, q)
		}
		path = path[:at+1]
	}
	return loops, nil
}

// nodedRing is the ring with a point added wherever it crosses or touches itself.
func nodedRing(ring orb.Ring) (orb.Ring, error) {
	var tree rtree.RTreeG[int]
	cuts := make([][]orb.Point, len(ring)-1)
	crossings := 0
	for i := range cuts {
		a, b := ring[i], ring[i+1]
		box := orb.MultiPoint{a, b}.Bound()
		tree.Search(box.Min, box.Max, func(_, _ [2]float64, j int) bool {
			onI, onJ := meet(a, b, ring[j], ring[j+1])
			cuts[i] = append(cuts[i], onI...)
			cuts[j] = append(cuts[j], onJ...)
			crossings += len(onI) + len(onJ)
			return crossings <= maxCrossings
		})
		if crossings > maxCrossings {
			return nil, fmt.Errorf("it crosses itself more than %d times", maxCrossings)
		}
		tree.Insert(box.Min, box.Max, i)
	}
	var walk orb.Ring
	for i, a := range ring[:len(cuts)] {
		slices.SortFunc(cuts[i], func(p, q orb.Point) int {
			return cmp.Compare(math.Hypot(p[0]-a[0], p[1]-a[1]), math.Hypot(q[0]-a[0], q[1]-a[1]))
		})
		walk = append(append(walk, a), cuts[i]...)
	}
	return slices.Compact(append(walk, ring[0])), nil
}

// meet lists the points inside each segment where the other meets it.
func meet(a, b, c, d orb.Point) (onAB, onCD []orb.Point) {
	inside := func(a, b, p orb.Point) bool { return p != a && p != b && onSegment(a, b, p) }
	for _, p := range [2]orb.Point{c, d} {
		if inside(a, b, p) {
			onAB = append(onAB, p)
		}
	}
	for _, p := range [2]orb.Point{a, b} {
		if inside(c, d, p) {
			onCD = append(onCD, p)
		}
	}
	if orient(a, b, c)*orient(a, b, d) < 0 && orient(c, d, a)*orient(c, d, b) < 0 {
		p := crossing(a, b, c, d)
		onAB, onCD = append(onAB, p), append(onCD, p)
	}
	return onAB, onCD
}

// crossing is the point where two segments that cross do so, rounded.
func crossing(a, b, c, d orb.Point) orb.Point {
	rx, ry := b[0]-a[0], b[1]-a[1]
	sx, sy := d[0]-c[0], d[1]-c[1]
	t := ((c[0]-a[0])*sy - (c[1]-a[1])*sx) / (rx*sy - ry*sx)
	t = min(max(t, 0), 1)
	return orb.Point{a[0] + t*rx, a[1] + t*ry}
}

func toGeom(mp orb.MultiPolygon) geom.MultiPolygon {
	polygons := make([]geom.Polygon, len(mp))
	for i, polygon := range mp {
		rings := make([]geom.LineString, len(polygon))
		for j, ring := range polygon {
			xys := make([]float64, 0, 2*len(ring))
			for _, p := range ring {
				xys = append(xys, p[0], p[1])
			}
			rings[j] = geom.NewLineString(geom.NewSequence(xys, geom.DimXY))
		}
		polygons[i] = geom.NewPolygon(rings)
	}
	return geom.NewMultiPolygon(polygons)
}

// fromGeom lists the polygons of a geometry in an order of its own: each ring
// begins at its lowest point, and rings and polygons follow their first points.
func fromGeom(g geom.Geometry) (mp orb.MultiPolygon) {
	for _, part := range g.Dump() {
		p, ok := part.AsPolygon()
		if !ok || p.IsEmpty() {
			continue
		}
		var polygon orb.Polygon
		for _, ring := range p.DumpRings() {
			polygon = append(polygon, fromSequence(ring.Coordinates()))
		}
		slices.SortFunc(polygon[1:], compareRings)
		mp = append(mp, polygon)
	}
	slices.SortFunc(mp, func(a, b orb.Polygon) int { return compareRings(a[0], b[0]) })
	return mp
}

func fromSequence(seq geom.Sequence) orb.Ring {
	ring := make(orb.Ring, seq.Length()-1)
	first := 0
	for i := range ring {
		xy := seq.GetXY(i)
		ring[i] = orb.Point{xy.X, xy.Y}
		if comparePoints(ring[i], ring[first]) < 0 {
			first = i
		}
	}
	ring = append(slices.Clone(ring[first:]), ring[:first]...)
	return append(ring, ring[0])
}

func comparePoints(a, b orb.Point) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func compareRings(a, b orb.Ring) int { return slices.CompareFunc(a, b, comparePoints) }
