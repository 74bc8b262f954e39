package traveltime

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata/profile"
)

// On the network of lengths a route takes as many milliseconds as it is long in
// millimetres, it is the shortest by brute force, and no longer than the fastest.
func TestLengthsAreShortest(t *testing.T) {
	s := liechtenstein(t)
	r := rand.New(rand.NewPCG(3, 6))
	nets := NewNetworks("")
	cells := s.Population().Cells
	for _, mode := range profile.Modes() {
		fast, err := nets.Get(context.Background(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		short, err := nets.Lengths(context.Background(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := nets.Lengths(context.Background(), s, mode); err != nil || again != short || short == fast {
			t.Fatal("a network of lengths is built once, and is not that of times")
		}
		if math.Abs(short.Stats.Kilometres-fast.Stats.Kilometres) > 1e-6 {
			t.Errorf("%s: %f km, by time %f km", mode, short.Stats.Kilometres, fast.Stats.Kilometres)
		}
		var homes, facilities []orb.Point
		for range 8 {
			homes = append(homes, cells[r.IntN(len(cells))].Centre)
			p := cells[r.IntN(len(cells))].Centre
			facilities = append(facilities, orb.Point{p[0] + (r.Float64()-0.5)*0.01, p[1] + (r.Float64()-0.5)*0.01})
		}
		check(t, short, homes, facilities)
		shorter := 0
		for _, h := range homes {
			for _, f := range facilities {
				a, errA := short.Route(context.Background(), short.Place(h), short.Place(f))
				b, errB := fast.Route(context.Background(), fast.Place(h), fast.Place(f))
				if errA != nil || errB != nil {
					t.Fatal(errA, errB)
				}
				if a.Time.Reached() != b.Time.Reached() {
					t.Fatalf("%s: %v → %v is reached by one of both", mode, h, f)
				}
				if !a.Time.Reached() {
					continue
				}
				// Each leg rounds its ends to a millimetre, and positions on edges to 2⁻²⁴ of their length.
				if d := math.Abs(float64(a.Time)/1000 - a.Metres); d > 0.002*float64(len(a.Legs)+2) {
					t.Errorf("%s: a route of %.3f m counts as %d mm", mode, a.Metres, a.Time)
				}
				if a.Metres > b.Metres+0.01 {
					t.Errorf("%s: the shortest way has %.3f m, the fastest %.3f", mode, a.Metres, b.Metres)
				}
				if a.Metres < b.Metres-1 {
					shorter++
				}
			}
		}
		if mode == "car" && shorter == 0 {
			t.Error("the shortest ways are all the fastest: the test shows nothing")
		}
	}
}
