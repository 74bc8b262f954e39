package traveltime

import (
	"math"
	"runtime"
	"sync"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// PlacesInOrder is Places for points each of which is near the one before it,
// such as the rows of a lattice: the same answer, several times sooner.
func (n *Network) PlacesInOrder(points []orb.Point) []Place {
	out := make([]Place, len(points))
	run := len(points)/runtime.GOMAXPROCS(0) + 1
	var wg sync.WaitGroup
	for lo := 0; lo < len(points); lo += run {
		wg.Go(func() {
			last := Place{}
			for i := lo; i < min(lo+run, len(points)); i++ {
				last = n.placeNear(points[i], last)
				out[i] = last
			}
		})
	}
	wg.Wait()
	return out
}

// placeNear is Place with the place of a point nearby: no edge farther away than
// that one's need be looked at.
func (n *Network) placeNear(p orb.Point, nearby Place) Place {
	if !nearby.On {
		return n.Place(p)
	}
	mx, my := geodata.MetresPerDegree(p[1])
	around := math.Hypot((nearby.Point[0]-p[0])*mx, (nearby.Point[1]-p[1])*my)
	limit := float64(n.profile.MaxAccess())
	around = min(around, limit)*(1+1e-9) + 1e-6 // the point on the edge is rounded
	best, nearest := n.nearestWithin(p, around)
	if nearest > limit {
		return Place{Of: p}
	}
	return n.place(p, best, nearest)
}
