package crs

import (
	"math"

	"github.com/paulmach/orb"
)

// Rings computes the rings of many squares, each as GridID.Ring does, bit for
// bit, but a corner once only where squares come from south to north and, in a
// row, from west to east, as they do by id. In another order it is as right, and
// slower. The zero value is ready for use.
type Rings struct {
	row   GridID // the row that squares belong to; its E is the right edge of the last one
	right [2]orb.Point
	below corners // of the row right below, its upper ones
	above corners // of this row, its upper ones
}

// corners are those on one northing, by easting as they came.
type corners struct {
	eastings []int
	points   []orb.Point
	next     int // the first that was not passed by find
}

// find returns the corner at an easting; eastings are asked for in rising order.
func (c *corners) find(e int) (orb.Point, bool) {
	for c.next < len(c.eastings) && c.eastings[c.next] < e {
		c.next++
	}
	if c.next == len(c.eastings) || c.eastings[c.next] != e {
		return orb.Point{}, false
	}
	return c.points[c.next], true
}

func (c *corners) add(e int, p orb.Point) {
	c.eastings, c.points = append(c.eastings, e), append(c.points, p)
}

func (c *corners) reset() { c.eastings, c.points, c.next = c.eastings[:0], c.points[:0], 0 }

// Append writes the five points of the square's ring behind out. An error if a
// corner lies outside the system's area of use.
func (r *Rings) Append(out []orb.Point, g GridID) ([]orb.Point, error) {
	left, err := r.left(g)
	if err != nil {
		return out, err
	}
	var right [2]orb.Point
	if right, err = r.edge(g, g.E+g.Size); err != nil {
		return out, err
	}
	r.row.E, r.right = g.E+g.Size, right
	return append(out, left[0], right[0], right[1], left[1], left[0]), nil
}

// left returns the lower and the upper left corner.
func (r *Rings) left(g GridID) ([2]orb.Point, error) {
	if g.EPSG == r.row.EPSG && g.Size == r.row.Size && g.N == r.row.N {
		if g.E == r.row.E && len(r.above.points) > 0 {
			return r.right, nil
		}
		return r.edge(g, g.E)
	}
	if g.EPSG == r.row.EPSG && g.Size == r.row.Size && g.N == r.row.N+g.Size {
		r.below, r.above = r.above, r.below
		r.below.next = 0
	} else {
		r.below.reset()
	}
	r.above.reset()
	r.row = g
	r.row.E = math.MinInt
	return r.edge(g, g.E)
}

// edge returns the lower and the upper corner of the square's row at an easting.
func (r *Rings) edge(g GridID, e int) (edge [2]orb.Point, err error) {
	var known bool
	if edge[0], known = r.below.find(e); !known {
		if edge[0], err = ToWGS84(g.EPSG, float64(e), float64(g.N)); err != nil {
			return edge, err
		}
	}
	if edge[1], err = ToWGS84(g.EPSG, float64(e), float64(g.N+g.Size)); err == nil {
		r.above.add(e, edge[1])
	}
	return edge, err
}
