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
	if fault := innermost(toGeom(mp).Validate()); fault != nil {
		repaired, err := repairOutline(mp)
		if err != nil {
			return nil, notes, fmt.Errorf("%w, which cannot be repaired: %w", fault, err)
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

// innermost is the error that others wrap: what is wrong, without the way to it.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
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

// repairOutline first cuts all rings at all their crossings, so that the
// overlays that follow find every corner there and round nothing.
func repairOutline(mp orb.MultiPolygon) (orb.MultiPolygon, error) {
	var rings []orb.Ring
	for _, polygon := range mp {
		rings = append(rings, polygon...)
	}
	rings, err := nodeRings(rings)
	if err != nil {
		return nil, err
	}
	var all geom.Geometry
	for _, polygon := range mp {
		var part geom.Geometry
		for i := range polygon {
			region, err := evenOdd(rings[i])
			if err == nil && i > 0 {
				region, err = geom.Difference(part, region)
			}
			if err != nil {
				return nil, err
			}
			part = region
		}
		rings = rings[len(polygon):]
		if all, err = geom.Union(all, part); err != nil {
			return nil, err
		}
	}
	if err := innermost(all.Validate()); err != nil {
		return nil, err
	}
	repaired := fromGeom(all)
	if len(repaired) == 0 {
		return nil, errors.New("it surrounds no area")
	}
	return repaired, nil
}

// evenOdd is the region that a noded ring winds around an odd number of times.
func evenOdd(ring orb.Ring) (region geom.Geometry, err error) {
	for _, loop := range simpleLoops(ring) {
		region, err = geom.SymmetricDifference(region, toGeom(orb.MultiPolygon{{loop}}).AsGeometry())
		if err != nil {
			break
		}
	}
	return region, err
}

// simpleLoops cuts a noded ring at every point that it passes more than once.
// The loops' regions, counted modulo two, are those of the ring: pieces walked
// forth and back cancel out and are dropped.
func simpleLoops(ring orb.Ring) (loops []orb.Ring) {
	var path orb.Ring
	position := map[orb.Point]int{}
	for _, p := range ring {
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
	return loops
}

// Bounds of the work on one hostile outline.
const (
	maxCrossings = 10_000
	maxPasses    = 20
)

// nodeRings adds a point wherever rings cross or touch themselves or each
// other. A rounded crossing bends its segments a little, which may make new
// ones: it is done again until there are none.
func nodeRings(rings []orb.Ring) ([]orb.Ring, error) {
	for range maxPasses {
		noded, crossings := nodeOnce(rings)
		switch {
		case crossings > maxCrossings:
			return nil, fmt.Errorf("it crosses itself more than %d times", maxCrossings)
		case crossings == 0:
			return noded, nil
		}
		rings = noded
	}
	return nil, errors.New("its crossings are too close together to tell apart")
}

// segment is a side of a ring with the points to add inside it.
type segment struct {
	a, b orb.Point
	cuts []orb.Point
}

// nodeOnce adds the points where the rings as they stand meet, and counts them;
// above maxCrossings it gives up.
func nodeOnce(rings []orb.Ring) (noded []orb.Ring, crossings int) {
	var tree rtree.RTreeG[*segment]
	sides := make([][]*segment, len(rings))
	for r, ring := range rings {
		for i := 1; i < len(ring); i++ {
			s := &segment{a: ring[i-1], b: ring[i]}
			box := orb.MultiPoint{s.a, s.b}.Bound()
			tree.Search(box.Min, box.Max, func(_, _ [2]float64, other *segment) bool {
				crossings += s.meet(other)
				return crossings <= maxCrossings
			})
			if crossings > maxCrossings {
				return nil, crossings
			}
			tree.Insert(box.Min, box.Max, s)
			sides[r] = append(sides[r], s)
		}
	}
	for _, side := range sides {
		var ring orb.Ring
		for _, s := range side {
			slices.SortFunc(s.cuts, func(p, q orb.Point) int {
				return cmp.Compare(math.Hypot(p[0]-s.a[0], p[1]-s.a[1]), math.Hypot(q[0]-s.a[0], q[1]-s.a[1]))
			})
			ring = append(append(ring, s.a), s.cuts...)
		}
		noded = append(noded, slices.Compact(append(ring, ring[0])))
	}
	return noded, crossings
}

// meet adds to each segment the points inside it where the other meets it, and counts them.
func (s *segment) meet(o *segment) int {
	before := len(s.cuts) + len(o.cuts)
	s.touch(o.a)
	s.touch(o.b)
	o.touch(s.a)
	o.touch(s.b)
	if orient(s.a, s.b, o.a)*orient(s.a, s.b, o.b) < 0 && orient(o.a, o.b, s.a)*orient(o.a, o.b, s.b) < 0 {
		p := crossing(s.a, s.b, o.a, o.b)
		s.cut(p)
		o.cut(p)
	}
	return len(s.cuts) + len(o.cuts) - before
}

// touch cuts the segment at p if p lies on it.
func (s *segment) touch(p orb.Point) {
	if onSegment(s.a, s.b, p) {
		s.cut(p)
	}
}

// cut adds a point, unless it is an end.
func (s *segment) cut(p orb.Point) {
	if p != s.a && p != s.b {
		s.cuts = append(s.cuts, p)
	}
}

// crossing is the point where two segments that cross do so, rounded to 1e-9
// degree, a tenth of a millimetre, so that crossings at one place are one point.
func crossing(a, b, c, d orb.Point) orb.Point {
	rx, ry := b[0]-a[0], b[1]-a[1]
	sx, sy := d[0]-c[0], d[1]-c[1]
	t := ((c[0]-a[0])*sy - (c[1]-a[1])*sx) / (rx*sy - ry*sx)
	return orb.Point{math.Round((a[0]+t*rx)*1e9) / 1e9, math.Round((a[1]+t*ry)*1e9) / 1e9}
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
