package load

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/geodata"
)

// box is a square ring counter-clockwise from its lower left corner.
func box(x, y, side float64) orb.Ring {
	return orb.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

// farFrom measures the distance to an outline by every segment of it.
func farFrom(m orb.MultiPolygon, p orb.Point) float64 {
	if planar.MultiPolygonContains(m, p) {
		return 0
	}
	mx, my := geodata.MetresPerDegree(p[1])
	best := math.Inf(1)
	for _, poly := range m {
		for _, ring := range poly {
			for i := 1; i < len(ring); i++ {
				best = min(best, toSegment(p, [2]orb.Point{ring[i-1], ring[i]}, mx, my))
			}
		}
	}
	return best
}

func reversed(r orb.Ring) orb.Ring {
	r = slices.Clone(r)
	r.Reverse()
	return r
}

// Of a region only its border is indexed, and its distance from any point is what
// measuring every side of every polygon gives.
func TestTheBorderOfARegionIsWhatNeighboursDoNotShare(t *testing.T) {
	for name, c := range map[string]struct {
		outline orb.MultiPolygon
		sides   int
	}{
		"one square":                         {orb.MultiPolygon{{box(0, 47, 1)}}, 4},
		"two side by side":                   {orb.MultiPolygon{{box(0, 47, 1)}, {box(1, 47, 1)}}, 6},
		"the second the other way round":     {orb.MultiPolygon{{box(0, 47, 1)}, {reversed(box(1, 47, 1))}}, 6},
		"four in a square":                   {orb.MultiPolygon{{box(0, 47, 1)}, {box(1, 47, 1)}, {box(0, 48, 1)}, {box(1, 48, 1)}}, 8},
		"the same square twice":              {orb.MultiPolygon{{box(0, 47, 1)}, {box(0, 47, 1)}}, 8},
		"twice, once the other way round":    {orb.MultiPolygon{{box(0, 47, 1)}, {reversed(box(0, 47, 1))}}, 8},
		"a hole":                             {orb.MultiPolygon{{box(0, 47, 3), reversed(box(1, 48, 1))}}, 8},
		"a hole that is filled":              {orb.MultiPolygon{{box(0, 47, 3), box(1, 48, 1)}, {box(1, 48, 1)}}, 4},
		"neighbours without a common corner": {orb.MultiPolygon{{box(0, 47, 2)}, {box(2, 47.5, 1)}}, 8},
		"apart":                              {orb.MultiPolygon{{box(0, 47, 1)}, {box(5, 47, 1)}}, 8},
	} {
		a := newArea(c.outline, 50_000)
		if got := a.segments.Len(); got != c.sides {
			t.Errorf("%s: %d sides, want %d", name, got, c.sides)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			p := orb.Point{-2 + 10*r.Float64(), 45 + 7*r.Float64()}
			got, want := a.distance(p), farFrom(c.outline, p)
			if math.Abs(got-want) > 1e-6 {
				t.Fatalf("%s: %v is %v m away, want %v", name, p, got, want)
			}
			if a.keeps(p) != (got <= 50_000) {
				t.Fatalf("%s: %v at %v m is kept: %v", name, p, got, a.keeps(p))
			}
		}
		// On the corners and sides of all squares.
		for _, p := range vertices(c.outline) {
			for _, q := range []orb.Point{p, {p[0] + 0.25, p[1]}, {p[0], p[1] + 0.25}} {
				if got, want := a.distance(q), farFrom(c.outline, q); math.Abs(got-want) > 1e-6 || !a.keeps(q) {
					t.Fatalf("%s: %v is %v m away, want %v; kept: %v", name, q, got, want, a.keeps(q))
				}
			}
		}
	}
}

// Blocks of tiles are settled at once; no point is by that kept or dropped against
// its distance, near the pole and with a buffer as wide as a country neither.
func TestBlocksOfTilesAgreeWithDistance(t *testing.T) {
	for _, c := range []struct{ lat, buffer float64 }{{47, 0}, {47, 700}, {47, 20_000}, {47, 300_000}, {79, 20_000}, {79, 300_000}, {-21, 60_000}} {
		a := newArea(orb.MultiPolygon{{box(2, c.lat, 0.3)}, {box(2.3, c.lat, 0.2)}}, c.buffer)
		r := rand.New(rand.NewPCG(3, 4))
		kept := 0
		for range 20_000 {
			p := orb.Point{a.frame.Min[0] + (a.frame.Max[0]-a.frame.Min[0])*r.Float64(), a.frame.Min[1] + (a.frame.Max[1]-a.frame.Min[1])*r.Float64()}
			if r.IntN(2) == 0 { // near the edge, where it is told by metres
				bearing, mx, my := 2*math.Pi*r.Float64(), 0.0, 0.0
				mx, my = geodata.MetresPerDegree(c.lat)
				p = orb.Point{2.25 + math.Cos(bearing)*(c.buffer+10_000*r.Float64())/mx, c.lat + 0.15 + math.Sin(bearing)*(c.buffer+10_000*r.Float64())/my}
			}
			want := a.distance(p) <= c.buffer && a.frame.Contains(p)
			if a.keeps(p) != want {
				t.Fatalf("latitude %v, buffer %v: %v is kept: %v, at %v m", c.lat, c.buffer, p, a.keeps(p), a.distance(p))
			}
			if want {
				kept++
			}
		}
		if kept < 100 || kept > 19_900 {
			t.Errorf("latitude %v, buffer %v: %d of 20000 points kept: the edge is not seen", c.lat, c.buffer, kept)
		}
	}
}

// All 540 communes around Anjou as one region: most of their borders are common.
func TestTheBorderOfRealCommunes(t *testing.T) {
	cs, _, err := Communes(context.Background(), filepath.Join(pack(t, "anjou"), "communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	outline := markStudy(cs, func(*geodata.Commune) bool { return true })
	a := newArea(outline, 20_000)
	if sides, all := a.segments.Len(), len(vertices(outline)); sides > all/5 {
		t.Errorf("%d of %d sides are taken for the region's border", sides, all)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := orb.Point{-1.6 + 2.5*r.Float64(), 46.7 + 1.85*r.Float64()}
		if got, want := a.distance(p), farFrom(outline, p); math.Abs(got-want) > 1e-6 {
			t.Fatalf("%v is %v m away, want %v", p, got, want)
		}
	}
}

// The nearest of all segments of all roads is as near as the index says, to the bit.
func TestTheNearestRoad(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var roads geodata.Roads
	for range 300 { // roads that wander, some far, one a loop on the spot
		at := orb.Point{4 * r.Float64(), 46 + 2*r.Float64()}
		var way geodata.Way
		for range 2 + r.IntN(20) {
			way.Nodes = append(way.Nodes, int32(len(roads.Nodes)))
			roads.Nodes = append(roads.Nodes, geodata.RoadNode{Lon: int32(at[0] * 1e7), Lat: int32(at[1] * 1e7)})
			at = orb.Point{at[0] + 0.02*(r.Float64()-0.5), at[1] + 0.02*(r.Float64()-0.5)}
		}
		roads.Ways = append(roads.Ways, way)
	}
	roads.Ways = append(roads.Ways, geodata.Way{Nodes: []int32{0, 0}})
	x := newRoadIndex(&roads)
	for range 2000 {
		p := orb.Point{5*r.Float64() - 0.5, 45.5 + 3*r.Float64()}
		mx, my := geodata.MetresPerDegree(p[1])
		want := math.Inf(1)
		for _, w := range roads.Ways {
			for i := 1; i < len(w.Nodes); i++ {
				want = min(want, toSegment(p, [2]orb.Point{roads.Nodes[w.Nodes[i-1]].Point(), roads.Nodes[w.Nodes[i]].Point()}, mx, my))
			}
		}
		if got := x.distance(p); got != want {
			t.Fatalf("%v is %v m from a road, want %v", p, got, want)
		}
	}
	if d := newRoadIndex(&geodata.Roads{}).distance(orb.Point{2, 47}); !math.IsInf(d, 1) {
		t.Errorf("without roads the nearest is %v m away", d)
	}
}
