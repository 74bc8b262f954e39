package transit

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// generated is a country of 30 × 30 km with lines of 20 stops in both directions,
// whose trips run from 6 to 20 o'clock, and with origins and destinations that
// walk up to 1.5 km at 4.5 km/h; two hours of departures, one a minute.
func generated(t testing.TB, lines, stopsPerLine, trips, origins, destinations int) (*Network, Query, []Origin) {
	r := rand.New(rand.NewPCG(1, 2))
	type point struct{ x, y float64 }
	var stops []point
	var all []Trip
	each := trips / (2 * lines)
	for line := range lines {
		// A straight line through the middle third, so that lines cross.
		angle, mx, my := r.Float64()*math.Pi, 10000+r.Float64()*10000, 10000+r.Float64()*10000
		first := len(stops)
		for i := range stopsPerLine {
			d := (float64(i) - float64(stopsPerLine-1)/2) * 1200
			stops = append(stops, point{mx + d*math.Cos(angle), my + d*math.Sin(angle)})
		}
		for direction := range 2 {
			for k := range each {
				at := int32(6*3_600_000 + (k*14*3_600_000+line*977_000)/each)
				var way Trip
				for i := range stopsPerLine {
					s := first + i
					if direction == 1 {
						s = first + stopsPerLine - 1 - i
					}
					way = append(way, Call{Stop: uint32(s), Arrival: at, Departure: at + 20_000})
					at += 140_000
				}
				all = append(all, way)
			}
		}
	}
	walk := func(a, b point) (uint32, bool) {
		d := math.Hypot(a.x-b.x, a.y-b.y)
		return uint32(d / 4.5 * 3600), d <= 1500
	}
	var footpaths []Footpath
	for i := range stops {
		for j := range stops {
			if d, near := walk(stops[i], stops[j]); near && i != j && d < 400_000 {
				footpaths = append(footpaths, Footpath{uint32(i), uint32(j), d})
			}
		}
	}
	links := func(p point) (out []Link) {
		for s := range stops {
			if d, near := walk(p, stops[s]); near {
				out = append(out, Link{uint32(s), d})
			}
		}
		return out
	}
	place := func() point { // within reach of a line
		s := stops[r.IntN(len(stops))]
		return point{s.x + (r.Float64()-0.5)*2000, s.y + (r.Float64()-0.5)*2000}
	}
	q := Query{From: 7 * 3_600_000, To: 9 * 3_600_000, Step: 60_000, Transfers: 3}
	for range destinations {
		q.Egress = append(q.Egress, links(place()))
	}
	from := make([]Origin, origins)
	for i := range from {
		from[i].Access = links(place())
	}
	return build(t, len(stops), all, nil, footpaths...), q, from
}

// BenchmarkRange answers for 1,800 cells and the 120 departures of two hours: how
// long to each of 12 places (median over the window).
func BenchmarkRange(b *testing.B) {
	for _, c := range []struct{ trips, destinations int }{{100, 12}, {400, 12}, {1000, 12}, {2000, 12}, {4000, 12}, {10000, 12}, {400, 1800}} {
		b.Run(fmt.Sprintf("trips=%d/destinations=%d", c.trips, c.destinations), func(b *testing.B) {
			n, q, origins := generated(b, 10, 20, c.trips, 1800, c.destinations)
			b.ResetTimer()
			for b.Loop() {
				if err := n.Each(context.Background(), q, origins, func(int, []uint32) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("percentiles/trips=400/destinations=12", func(b *testing.B) {
		n, q, origins := generated(b, 10, 20, 400, 1800, 12)
		b.ResetTimer()
		for b.Loop() {
			if _, err := n.Percentiles(context.Background(), q, origins, []int{5, 50, 95}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
