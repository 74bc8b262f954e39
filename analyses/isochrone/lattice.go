package isochrone

import (
	"context"
	"math"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// LatticePoints bounds the points at which times are computed.
const LatticePoints = 250_000

// spacings in metres, finest first.
var spacings = []float64{25, 50, 100, 200, 400, 800}

// lattice holds times at regular points. Coordinates are whole 1e-7 degrees,
// multiples of the steps; its border lies outside of what is reached.
type lattice struct {
	metres      float64
	stepX, step int64 // eastwards, northwards
	west, south int64
	nx, ny      int
	times       []uint32 // by rows from the south, in milliseconds; beyond where there is none
	beyond      uint32   // more than any threshold
}

const degree = 1e7

// newLattice spans what can be reached from the stretches within the limit: no
// point outside of it can be.
func newLattice(net *traveltime.Network, stretches []traveltime.Stretch, limit traveltime.Time) *lattice {
	box := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, s := range stretches {
		box = box.Union(s.Line.Bound())
	}
	reach := min(net.MaxAccess(), net.WalkMetres(limit))
	for _, metres := range spacings {
		l := &lattice{metres: metres, beyond: uint32(limit) + uint32(net.WalkTime(metres)) + 1}
		if l.cover(box, reach); l.nx*l.ny <= LatticePoints || metres == spacings[len(spacings)-1] {
			return l
		}
	}
	return nil
}

// cover sizes the lattice for a box and a margin in metres around it.
func (l *lattice) cover(box orb.Bound, margin float64) {
	if box.IsEmpty() {
		return
	}
	mx, my := geodata.MetresPerDegree(box.Center()[1])
	l.stepX, l.step = int64(math.Round(l.metres/mx*degree)), int64(math.Round(l.metres/my*degree))
	axis := func(lo, hi, perDegree float64, step int64) (start int64, n int) {
		pad := 1.001 * margin / perDegree // the length of a degree changes a little across the box
		start = int64(math.Floor((lo-pad)*degree/float64(step)))*step - step
		return start, int((int64(math.Ceil((hi+pad)*degree))-start)/step) + 3
	}
	l.west, l.nx = axis(box.Min[0], box.Max[0], mx, l.stepX)
	l.south, l.ny = axis(box.Min[1], box.Max[1], my, l.step)
}

func (l *lattice) point(i int) orb.Point {
	return orb.Point{float64(l.west+int64(i%l.nx)*l.stepX) / degree, float64(l.south+int64(i/l.nx)*l.step) / degree}
}

// fill computes the times at the points that can be within the limit.
func (l *lattice) fill(ctx context.Context, net *traveltime.Network, reach *traveltime.Reach, stretches []traveltime.Stretch) error {
	near := l.near(net, stretches, reach.Limit)
	l.times = make([]uint32, l.nx*l.ny)
	var at []int
	var points []orb.Point
	for i := range l.times {
		l.times[i] = l.beyond
		if near[i] {
			at, points = append(at, i), append(points, l.point(i))
		}
	}
	const batch = 1 << 14
	for lo := 0; lo < len(points); lo += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+batch, len(points))
		times, err := reach.Times(ctx, net.PlacesInOrder(points[lo:hi]))
		if err != nil {
			return err
		}
		for k, t := range times {
			if t.Reached() {
				l.times[at[lo+k]] = uint32(t)
			}
		}
	}
	return ctx.Err()
}

// near marks the points close enough to a stretch to walk there in what time is left.
func (l *lattice) near(net *traveltime.Network, stretches []traveltime.Stretch, limit traveltime.Time) []bool {
	// Each line's box, with its margin, adds one at a corner and takes it back at
	// the others, so that summing up rows and columns counts the boxes over a point.
	count := make([]int32, (l.nx+1)*(l.ny+1))
	for _, s := range stretches {
		margin := 1 + min(net.MaxAccess(), net.WalkMetres(limit-s.Time))
		for k := 1; k < len(s.Line); k++ {
			box := s.Line[k-1 : k+1].Bound()
			mx, my := geodata.MetresPerDegree(box.Center()[1])
			x0, x1 := l.index(box.Min[0]-1.001*margin/mx, l.west, l.stepX, l.nx), l.index(box.Max[0]+1.001*margin/mx, l.west, l.stepX, l.nx)+1
			y0, y1 := l.index(box.Min[1]-1.001*margin/my, l.south, l.step, l.ny), l.index(box.Max[1]+1.001*margin/my, l.south, l.step, l.ny)+1
			count[y0*(l.nx+1)+x0]++
			count[y0*(l.nx+1)+x1]--
			count[y1*(l.nx+1)+x0]--
			count[y1*(l.nx+1)+x1]++
		}
	}
	out := make([]bool, l.nx*l.ny)
	row := make([]int32, l.nx+1) // sums of the rows so far
	for y := range l.ny {
		sum := int32(0)
		for x := range l.nx {
			row[x] += count[y*(l.nx+1)+x]
			sum += row[x]
			out[y*l.nx+x] = sum > 0
		}
	}
	return out
}

// index is the last point at or before a coordinate.
func (l *lattice) index(degrees float64, start, step int64, n int) int {
	return min(max(int(math.Floor((degrees*degree-float64(start))/float64(step))), 0), n-1)
}
