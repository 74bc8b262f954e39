package transit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// byProfiles is what Run answers, put together from the profiles of the stops an
// origin reaches.
func byProfiles(profiles []Profile, o Origin, destinations int, leave int32) []uint32 {
	out := make([]uint32, destinations)
	for d := range out {
		out[d] = Infinity
		if o.Direct != nil {
			out[d] = o.Direct[d]
		}
		for _, l := range o.Access {
			p := profiles[l.Stop]
			k, _ := slices.BinarySearch(p.Departures, leave+int32(l.Duration))
			if k < len(p.Departures) && p.Arrivals[k*destinations+d] != Never {
				out[d] = min(out[d], uint32(p.Arrivals[k*destinations+d]-leave))
			}
		}
	}
	return out
}

// feasible says what is wrong with a journey, nothing if all its rides exist and can
// be caught, and it arrives when it says.
func (w *world) feasible(rides []Ride, arrive, leave int32, access, egress []Link) string {
	for i, r := range rides {
		exists := slices.ContainsFunc(w.trips, func(t Trip) bool {
			for a := range t {
				for b := a + 1; b < len(t); b++ {
					if t[a].Stop == r.From && t[a].Departure == r.Departure && !t[a].NoBoarding && t[b].Stop == r.To && t[b].Arrival == r.Arrival && !t[b].NoAlighting {
						return true
					}
				}
			}
			return false
		})
		if !exists {
			return "no trip makes the ride"
		}
		ready := never
		if i == 0 {
			for _, l := range access {
				if l.Stop == r.From {
					ready = min(ready, leave+int32(l.Duration))
				}
			}
		} else {
			if rides[i-1].To == r.From {
				ready = rides[i-1].Arrival + w.changeAt(r.From)
			}
			for _, p := range w.footpaths {
				if p.From == rides[i-1].To && p.To == r.From && p.From != p.To {
					ready = min(ready, rides[i-1].Arrival+int32(p.Duration))
				}
			}
		}
		if ready > r.Departure {
			return "a ride is missed"
		}
	}
	for _, l := range egress {
		if l.Stop == rides[len(rides)-1].To && rides[len(rides)-1].Arrival+int32(l.Duration) == arrive {
			return ""
		}
	}
	return "it arrives at another time"
}

// Profiles of the stops answer for every origin what the time-expanded search finds,
// and each journey can be made and arrives no later.
func TestProfilesAndJourneysAreExact(t *testing.T) {
	worlds := 3000
	if testing.Short() {
		worlds = 400
	}
	possible, changed := 0, 0
	for seed := range worlds {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		w := randomWorld(r)
		n := build(t, w.stops, w.trips, w.change, w.footpaths...)
		q := Query{From: int32(r.IntN(10) - 5), Step: 1, Transfers: r.IntN(4)}
		q.To = q.From + 1 + int32(r.IntN(25))
		for range 1 + r.IntN(3) {
			q.Egress = append(q.Egress, randomLinks(r, w.stops, 3))
		}
		asked := q
		asked.To += 5 // access takes up to 4
		stops := make([]uint32, w.stops)
		for s := range stops {
			stops[s] = uint32(s)
		}
		profiles, err := n.Profiles(context.Background(), asked, stops)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			o := Origin{Access: randomLinks(r, w.stops, 4)}
			for leave := q.From; leave < q.To; leave++ {
				want := w.expand(leave, o, q.Egress, q.Transfers)
				if got := byProfiles(profiles, o, len(q.Egress), leave); !slices.Equal(got, want) {
					t.Fatalf("world %d, leaving at %d: %v, want %v", seed, leave, got, want)
				}
				for d := range want {
					rides, arrive, err := n.Journey(leave, o.Access, q.Egress[d], q.Transfers)
					if err != nil {
						t.Fatal(err)
					}
					if want[d] == Infinity {
						if arrive != Never || rides != nil {
							t.Fatalf("world %d: a journey %v where there is none", seed, rides)
						}
						continue
					}
					if possible++; len(rides) > 1 {
						changed++
					}
					if uint32(arrive-leave) != want[d] || len(rides) > q.Transfers+1 {
						t.Fatalf("world %d, leaving at %d: %v arrives at %d, want %d", seed, leave, rides, arrive, leave+int32(want[d]))
					}
					if wrong := w.feasible(rides, arrive, leave, o.Access, q.Egress[d]); wrong != "" {
						t.Fatalf("world %d, leaving at %d: %v: %s", seed, leave, rides, wrong)
					}
				}
			}
		}
	}
	t.Logf("%d journeys, %d with changes", possible, changed)
	if possible < 5*worlds || changed < worlds/4 {
		t.Error("the timetables drawn do not test much")
	}
}

// Buses at 8:05, 8:10 and 8:20, the one at 8:10 so slow that nobody takes it: who comes
// until 8:05 is there at 8:15, later at 8:30. The next departure after the end of the
// moments asked about counts, those after it do not.
func TestAProfileKeepsTheDeparturesThatMatter(t *testing.T) {
	n := build(t, 2, []Trip{trip(0, 485, 485, 1, 495, 495), trip(0, 490, 490, 1, 520, 520), trip(0, 500, 500, 1, 510, 510), trip(0, 530, 530, 1, 540, 540)}, nil)
	got, err := n.Profiles(context.Background(), Query{From: minutes(480), To: minutes(491), Egress: [][]Link{{{1, 0}}}}, []uint32{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{minutes(485), minutes(500)}; !slices.Equal(got[0].Departures, want) {
		t.Errorf("departures %v, want %v", got[0].Departures, want)
	}
	if want := []int32{minutes(495), minutes(510)}; !slices.Equal(got[0].Arrivals, want) {
		t.Errorf("arrivals %v, want %v", got[0].Arrivals, want)
	}
	if len(got[1].Departures) != 0 {
		t.Errorf("from the last stop one gets nowhere, not %+v", got[1])
	}
	if _, err := n.Profiles(context.Background(), Query{From: 0, To: 1}, []uint32{2}); err == nil || !strings.Contains(err.Error(), "profile of stop 2: want one below 2") {
		t.Error(err)
	}
	if _, _, err := n.Journey(0, []Link{{5, 0}}, nil, 1); err == nil || !strings.Contains(err.Error(), "stop 5") {
		t.Error(err)
	}
}

// BenchmarkProfiles is BenchmarkRange by the profiles of stops: the growth with trips.
func BenchmarkProfiles(b *testing.B) {
	for _, trips := range []int{100, 200, 400, 800} {
		for _, destinations := range []int{12, 60} {
			b.Run(fmt.Sprintf("trips=%d/destinations=%d", trips, destinations), func(b *testing.B) {
				n, q, _ := generated(b, 10, 20, trips, 0, destinations)
				q.To += minutes(30)
				stops := make([]uint32, n.Stops())
				for s := range stops {
					stops[s] = uint32(s)
				}
				b.ResetTimer()
				for b.Loop() {
					if _, err := n.Profiles(context.Background(), q, stops); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
