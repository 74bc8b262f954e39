package traveltime

import (
	"math"
	"runtime"
	"sync"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/roadgraph"
)

// Place is a point joined to the network.
type Place struct {
	Of     orb.Point // the point itself
	On     bool      // false: OffNetwork, and the rest is zero
	At     roadgraph.Position
	Point  orb.Point // where it joins
	Metres float64   // straight from the point to there
	Walk   uint32    // the same in milliseconds at the profile's walking speed
}

// Places joins points to the network, in parallel; the result runs parallel to the points.
func (n *Network) Places(points []orb.Point) []Place {
	out := make([]Place, len(points))
	parallel(len(points), func(i int) { out[i] = n.Place(points[i]) })
	return out
}

// Place joins a point to the nearest joinable edge, the lowest edge among
// equals. It looks in boxes around the point, each wider than the last, until the
// best edge found is nearer than the box's sides.
func (n *Network) Place(p orb.Point) Place {
	limit := float64(n.profile.MaxAccess())
	for reach := firstReach; ; reach = min(4*reach, limit) {
		if best, nearest := n.nearestWithin(p, reach); nearest <= min(reach, limit) {
			return n.place(p, best, nearest)
		}
		if reach >= limit {
			return Place{Of: p}
		}
	}
}

// nearestWithin looks for the nearest joinable segment in the box of half side
// reach, in metres. It is the nearest of all if it is no farther than reach.
func (n *Network) nearestWithin(p orb.Point, reach float64) (best segment, metres float64) {
	mx, my := geodata.MetresPerDegree(p[1])
	dx, dy := reach/mx, reach/my
	metres = math.Inf(1)
	n.segments().Search([2]float64{p[0] - dx, p[1] - dy}, [2]float64{p[0] + dx, p[1] + dy}, func(lo, hi [2]float64, s indexed) bool {
		a, b := s.ends(lo, hi)
		d, _ := offset(p, a, b, mx, my)
		if d < metres || (d == metres && (s.edge < best.edge || (s.edge == best.edge && s.index < best.index))) {
			if n.edges[s.edge].joinable { // not closed since the index was made
				best, metres = s.segment, d
			}
		}
		return true
	})
	return best, metres
}

// firstReach is half the side in metres of the first box: most homes have a road within.
const firstReach = 60.0

// offset is the distance in metres from a point to the segment from a to b, and
// how far along the segment (0..1) its nearest point lies.
func offset(p, a, b orb.Point, mx, my float64) (metres, along float64) {
	ax, ay := (a[0]-p[0])*mx, (a[1]-p[1])*my
	dx, dy := (b[0]-a[0])*mx, (b[1]-a[1])*my
	if sq := dx*dx + dy*dy; sq > 0 {
		along = min(max(-(ax*dx+ay*dy)/sq, 0), 1)
	}
	return math.Hypot(ax+along*dx, ay+along*dy), along
}

func (n *Network) place(p orb.Point, s segment, metres float64) Place {
	mx, my := geodata.MetresPerDegree(p[1])
	a, b := n.segmentEnds(s)
	_, along := offset(p, a, b, mx, my)
	return Place{
		Of:     p,
		On:     true,
		At:     roadgraph.Position{Edge: uint32(s.edge), At: n.positionAt(s, along)},
		Point:  orb.Point{a[0] + along*(b[0]-a[0]), a[1] + along*(b[1]-a[1])},
		Metres: metres,
		Walk:   walkMillis(metres, float64(n.profile.WalkSpeed())),
	}
}

// positionAt turns a place on a segment into a place on its edge.
func (n *Network) positionAt(s segment, along float64) uint32 {
	e := &n.edges[s.edge]
	if e.millimetres == 0 {
		return 0
	}
	nodes := n.roads.Ways[e.way].Nodes
	var mm float64
	for k := e.first; k < e.first+s.index; k++ {
		mm += float64(n.millimetres(nodes[k], nodes[k+1]))
	}
	mm += along * float64(n.millimetres(nodes[e.first+s.index], nodes[e.first+s.index+1]))
	return uint32(math.Round(mm / float64(e.millimetres) * roadgraph.Whole))
}

func walkMillis(metres, metresPerHour float64) uint32 {
	return uint32(min(math.Round(metres*3_600_000/metresPerHour), float64(roadgraph.MaxWeight)))
}

// parallel calls f(0..n-1) on all processors, in blocks.
func parallel(n int, f func(i int)) {
	const block = 256
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	take := func() (lo, hi int) {
		mu.Lock()
		defer mu.Unlock()
		lo, hi = next, min(next+block, n)
		next = hi
		return lo, hi
	}
	for range min(runtime.GOMAXPROCS(0), n/block+1) {
		wg.Go(func() {
			for lo, hi := take(); lo < hi; lo, hi = take() {
				for i := lo; i < hi; i++ {
					f(i)
				}
			}
		})
	}
	wg.Wait()
}
