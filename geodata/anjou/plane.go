package anjou

import (
	"fmt"
	"math"

	"github.com/maillage/maillage/geodata/crs"
	"github.com/paulmach/orb"
)

// laea is the plane everything is computed in: equal-area, and that of the cells.
const laea = 3035

// point is a place in metres, EPSG:3035.
type point struct{ x, y float64 }

func project(lon, lat float64) (point, error) {
	x, y, err := crs.FromWGS84(laea, orb.Point{lon, lat})
	return point{x, y}, err
}

func (p point) lonLat() (orb.Point, error) { return crs.ToWGS84(laea, p.x, p.y) }

func (p point) plus(dx, dy float64) point { return point{p.x + dx, p.y + dy} }

// towards is the point at share t of the way to q.
func (p point) towards(q point, t float64) point {
	return point{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)}
}

func distance(p, q point) float64 { return math.Sqrt(squared(p, q)) }

func squared(p, q point) float64 { return (p.x-q.x)*(p.x-q.x) + (p.y-q.y)*(p.y-q.y) }

// toSegment returns the distance from p to the segment ab.
func toSegment(p, a, b point) float64 {
	l2 := squared(a, b)
	if l2 == 0 {
		return distance(p, a)
	}
	t := ((p.x-a.x)*(b.x-a.x) + (p.y-a.y)*(b.y-a.y)) / l2
	switch {
	case t <= 0:
		return distance(p, a)
	case t >= 1:
		return distance(p, b)
	}
	return distance(p, a.towards(b, t))
}

func length(line []point) float64 {
	var sum float64
	for i := 1; i < len(line); i++ {
		sum += distance(line[i-1], line[i])
	}
	return sum
}

// box is an upright rectangle.
type box struct{ min, max point }

// around is the smallest box that holds the points with a margin.
func around(points []point, margin float64) box {
	b := box{points[0], points[0]}
	for _, p := range points {
		b.min = point{min(b.min.x, p.x), min(b.min.y, p.y)}
		b.max = point{max(b.max.x, p.x), max(b.max.y, p.y)}
	}
	return box{b.min.plus(-margin, -margin), b.max.plus(margin, margin)}
}

func (b box) contains(p point) bool {
	return p.x >= b.min.x && p.x <= b.max.x && p.y >= b.min.y && p.y <= b.max.y
}

// chance is a number in (0, 1) that depends on the three numbers only
// (SplitMix64's finalizer): the model's dice.
func chance(n, e, salt int) float64 {
	h := uint64(n)*0x9e3779b97f4a7c15 ^ uint64(e)*0xc2b2ae3d27d4eb4f ^ uint64(salt)*0x165667b19e3779f9
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return (float64(h>>11) + 0.5) / (1 << 53)
}

func at(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("anjou: %s: %w", what, err)
}
