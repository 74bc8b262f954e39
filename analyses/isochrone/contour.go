package isochrone

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// vertex is a crossing of a border with a lattice line, in 1e-7 degrees.
type vertex struct{ x, y int64 }

// ring is closed, its first vertex not repeated; the inside is on its left, so
// that outer rings run counter-clockwise and holes clockwise.
type ring []vertex

// area returns the points whose time is within the threshold, as polygons.
func (l *lattice) area(limit uint32) orb.MultiPolygon {
	next := l.borders(limit)
	var outer, holes []ring
	for start := range next {
		if next[start] <= 0 {
			continue
		}
		var r ring
		for side := int32(start); next[side] > 0; {
			r = append(r, l.crossing(side, limit))
			side, next[side] = next[side]-1, -1
		}
		if r.twiceArea() > 0 {
			outer = append(outer, r)
		} else {
			holes = append(holes, r)
		}
	}
	return assemble(outer, holes)
}

// Sides of the lattice are numbered 2·point for the one eastwards of a point,
// 2·point+1 for the one northwards.

// borders links the sides a border crosses: next[side] is the following one plus
// one, 0 where there is no border.
func (l *lattice) borders(limit uint32) (next []int32) {
	next = make([]int32, 2*l.nx*l.ny)
	for y := range l.ny - 1 {
		for x := range l.nx - 1 {
			p := y*l.nx + x
			corner := [4]int{p, p + 1, p + l.nx + 1, p + l.nx} // counter-clockwise
			sides := [4]int32{int32(2 * p), int32(2*(p+1) + 1), int32(2 * (p + l.nx)), int32(2*p + 1)}
			var in [4]bool
			inside, sum := 0, uint64(0)
			for k, c := range corner {
				sum += uint64(l.times[c])
				if in[k] = l.times[c] <= limit; in[k] {
					inside++
				}
			}
			if inside == 0 || inside == 4 {
				continue
			}
			saddle := inside == 2 && in[0] == in[2]
			joined := saddle && sum <= 4*uint64(limit) // the two corners inside meet in the middle
			for k := range 4 {
				if !in[k] || in[(k+1)%4] {
					continue
				}
				// The border comes in at the side after corner k, the inside on its left,
				// and goes out where this run of corners began.
				out := (k + 1) % 4
				if !joined {
					for out = (k + 3) % 4; in[out]; out = (out + 3) % 4 {
					}
				}
				next[sides[k]] = sides[out] + 1
			}
		}
	}
	return next
}

// crossing is where a border crosses a side: between the point inside and the
// one outside as their times are to the threshold, but not at either.
func (l *lattice) crossing(side int32, limit uint32) vertex {
	a := int(side / 2)
	b, step := a+1, l.stepX
	if side%2 == 1 {
		b, step = a+l.nx, l.step
	}
	v := vertex{l.west + int64(a%l.nx)*l.stepX, l.south + int64(a/l.nx)*l.step}
	ta, tb := int64(l.times[a]), int64(l.times[b])
	part := step * (int64(limit) - min(ta, tb)) / max(ta-tb, tb-ta)
	part = min(max(part, step/16), step-step/16)
	if ta > tb {
		part = step - part
	}
	if side%2 == 1 {
		v.y += part
	} else {
		v.x += part
	}
	return v
}

// twiceArea is positive for counter-clockwise rings.
func (r ring) twiceArea() (sum int64) {
	o := r[0]
	for i := 1; i+1 < len(r); i++ {
		sum += (r[i].x-o.x)*(r[i+1].y-o.y) - (r[i+1].x-o.x)*(r[i].y-o.y)
	}
	return sum
}

// contains says whether a vertex that is not on the ring lies in it.
func (r ring) contains(v vertex) bool {
	inside := false
	for i, b := range r {
		a := r[(i+len(r)-1)%len(r)]
		if (a.y > v.y) == (b.y > v.y) {
			continue
		}
		// Is v left of the edge?
		left := (b.x-a.x)*(v.y-a.y) - (v.x-a.x)*(b.y-a.y)
		if (left > 0) == (b.y > a.y) {
			inside = !inside
		}
	}
	return inside
}

func (r ring) orb() orb.Ring {
	out := make(orb.Ring, 0, len(r)+1)
	for _, v := range r {
		out = append(out, orb.Point{float64(v.x) / degree, float64(v.y) / degree})
	}
	return append(out, out[0])
}

// assemble gives each hole to the smallest ring around it.
func assemble(outer, holes []ring) orb.MultiPolygon {
	bySize := make([]int, len(outer))
	for i := range bySize {
		bySize[i] = i
	}
	slices.SortFunc(bySize, func(a, b int) int {
		return cmp.Or(cmp.Compare(outer[a].twiceArea(), outer[b].twiceArea()), cmp.Compare(a, b))
	})
	out := make(orb.MultiPolygon, len(outer))
	for i, r := range outer {
		out[i] = orb.Polygon{r.orb()}
	}
	for _, h := range holes {
		for _, i := range bySize {
			if outer[i].contains(h[0]) {
				out[i] = append(out[i], h.orb())
				break
			}
		}
	}
	return out
}
