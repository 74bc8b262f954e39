package traveltime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// withLines is the embedded territory with ten bus lines of twenty stops between its
// bourgs in place of its own, whose trips run from 6 to 20 o'clock every day.
func withLines(tb testing.TB, trips int) *geodata.Snapshot {
	tb.Helper()
	s, err := anjou.Territory()
	if err != nil {
		tb.Fatal(err)
	}
	var halls []orb.Point
	for _, f := range s.Facilities() {
		if f.Service == "town_hall" {
			halls = append(halls, f.Location)
		}
	}
	r := rand.New(rand.NewPCG(1, 4))
	tt := &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A", Name: "A"}},
		Services: []geodata.TransitService{{ID: "daily", Week: [7]bool{true, true, true, true, true, true, true}, First: 20260101, Last: 20261231}}}
	const lines, stops = 10, 20
	for l := range lines {
		a, b := halls[r.IntN(len(halls))], halls[r.IntN(len(halls))]
		for a == b {
			b = halls[r.IntN(len(halls))]
		}
		tt.Routes = append(tt.Routes, geodata.Route{ID: fmt.Sprintf("%02d", l), Agency: "A", Short: fmt.Sprint(l), Type: 3})
		for i := range stops {
			x := float64(i) / (stops - 1)
			tt.Stops = append(tt.Stops, geodata.Stop{ID: fmt.Sprintf("%02d-%02d", l, i), Location: orb.Point{a[0] + x*(b[0]-a[0]), a[1] + x*(b[1]-a[1])}})
		}
		for k := range trips / lines {
			at := int32(6*3600 + k*14*3600/(trips/lines) + 97*l%900)
			t := geodata.Trip{ID: fmt.Sprintf("%02d-%03d", l, k), Route: fmt.Sprintf("%02d", l), Service: "daily"}
			for i := range stops {
				stop := i
				if k%2 == 1 {
					stop = stops - 1 - i
				}
				t.Calls = append(t.Calls, geodata.Call{Stop: int32(l*stops + stop), Arrival: at, Departure: at + 20})
				at += 110
			}
			tt.Trips = append(tt.Trips, t)
		}
	}
	c := s.Content()
	c.Timetable = tt
	if s, err = geodata.NewSnapshot(c); err != nil {
		tb.Fatal(err)
	}
	return s
}

// BenchmarkTransit answers for all cells of the embedded territory and the 120
// departures of two hours how long it takes to some doors: with the stops and cells
// joined to the roads, as for every question but the first; and that first one.
func BenchmarkTransit(b *testing.B) {
	for _, c := range []struct{ trips, doors int }{{400, 12}, {400, 60}, {100, 60}, {200, 60}, {800, 60}, {400, 1 << 30}} {
		s, nets := withLines(b, c.trips), NewNetworks("")
		ctx := context.Background()
		if err := nets.Prepare(ctx, s, "transit", nil); err != nil {
			b.Fatal(err)
		}
		homes, net, err := nets.Cells(ctx, s, "transit")
		if err != nil {
			b.Fatal(err)
		}
		var points []orb.Point
		cells := s.Population().Cells
		for k := range min(c.doors, len(cells)) {
			points = append(points, cells[k*7919%len(cells)].Centre)
		}
		doors := net.Places(points)
		reached := 0
		ask := func(homes *Homes) {
			reached = 0
			if err := homes.Matrix(ctx, doors, func(_ int, row []Time) error {
				for _, t := range row {
					if t.Within(LongestRide) {
						reached++
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("trips=%d/doors=%d", c.trips, len(doors)), func(b *testing.B) {
			ask(homes)
			for b.Loop() {
				ask(homes)
			}
			b.ReportMetric(float64(reached)/float64(homes.Len()*len(doors)), "reached")
		})
		if c.doors == 60 && c.trips == 400 {
			b.Run("first", func(b *testing.B) {
				for b.Loop() {
					nets.rides = rides{}
					homes, _, err := nets.Cells(ctx, s, "transit")
					if err != nil {
						b.Fatal(err)
					}
					ask(homes)
				}
			})
		}
	}
}
