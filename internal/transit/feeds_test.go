package transit_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/transit"
)

// town is a day of a real feed, as the engine and as the oracle want it.
type town struct {
	table     *geodata.Timetable
	trips     []transit.Trip
	footpaths []transit.Footpath
}

// realTown reads a feed that .ci/feeds has put into the user's cache, with
// footpaths of up to 250 m between stops, and from a stop to itself in a minute.
func realTown(t *testing.T, name string, day geodata.Date) *town {
	t.Helper()
	dir, err := os.UserCacheDir()
	file := filepath.Join(dir, "maillage", "feeds", name)
	if _, missing := os.Stat(file); err != nil || missing != nil {
		t.Skipf("SKIPPED: %s is not there: .ci/feeds gets it", file)
	}
	table, _, err := load.Timetable(context.Background(), file, load.TimetableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := table.Runs(day, 0, 30*3600)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{table: table}
	for _, r := range runs {
		var x transit.Trip
		for _, c := range table.Trips[r.Trip].Calls {
			x = append(x, transit.Call{Stop: uint32(c.Stop), Arrival: 1000 * (c.Arrival + r.Shift), Departure: 1000 * (c.Departure + r.Shift),
				NoBoarding: c.Boarding == geodata.NotHere, NoAlighting: c.Alighting == geodata.NotHere})
		}
		w.trips = append(w.trips, x)
	}
	for a, from := range table.Stops {
		for b, to := range table.Stops {
			if d := geodata.Distance(from.Location, to.Location); d <= 250 && a != b {
				w.footpaths = append(w.footpaths, transit.Footpath{From: uint32(a), To: uint32(b), Duration: uint32(d / 4.5 * 3600)})
			}
		}
		w.footpaths = append(w.footpaths, transit.Footpath{From: uint32(a), To: uint32(a), Duration: 60_000})
	}
	return w
}

// links are the stops within 800 m of a point, at 4.5 km/h.
func (w *town) links(p [2]float64) (out []transit.Link) {
	for s, stop := range w.table.Stops {
		if d := geodata.Distance(p, stop.Location); d <= 800 {
			out = append(out, transit.Link{Stop: uint32(s), Duration: uint32(d / 4.5 * 3600)})
		}
	}
	return out
}

// ride is the oracle: from one departure it rides every trip of the day, call by
// call, as often as one may, without patterns, ranges or anything left out.
func (w *town) ride(leave int32, access []transit.Link, egress [][]transit.Link, transfers int) []uint32 {
	const never = 1 << 30
	board := make([]int32, len(w.table.Stops))
	for s := range board {
		board[s] = never
	}
	for _, l := range access {
		board[l.Stop] = min(board[l.Stop], leave+int32(l.Duration))
	}
	out := make([]uint32, len(egress))
	for d := range out {
		out[d] = transit.Infinity
	}
	for range transfers + 1 {
		off := make([]int32, len(board))
		for s := range off {
			off[s] = never
		}
		for _, x := range w.trips {
			on := false
			for _, c := range x {
				if on && !c.NoAlighting {
					off[c.Stop] = min(off[c.Stop], c.Arrival)
				}
				on = on || !c.NoBoarding && board[c.Stop] <= c.Departure
			}
		}
		for d, links := range egress {
			for _, l := range links {
				if off[l.Stop] < never {
					out[d] = min(out[d], uint32(off[l.Stop]+int32(l.Duration)-leave))
				}
			}
		}
		for s := range board {
			board[s] = never
		}
		for _, f := range w.footpaths {
			if off[f.From] < never {
				board[f.To] = min(board[f.To], off[f.From]+int32(f.Duration))
			}
		}
	}
	return out
}

// The buses of Cairns on a Wednesday and in the night after, and a subway line of
// New York on the Sunday it came from the Saturday before: every minute, against the oracle.
func TestRealFeedsAreAnsweredExactly(t *testing.T) {
	for _, c := range []struct {
		name     string
		day      geodata.Date
		from, to int32
	}{
		{"cairns.zip", 20140604, 7*3_600_000 + 1500, 8 * 3_600_000},
		{"cairns.zip", 20140607, 22 * 3_600_000, 23 * 3_600_000},
		{"newyork.zip", 20241222, 0, 1_800_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := realTown(t, c.name, c.day)
			n, err := transit.Build(len(w.table.Stops), w.trips, nil, w.footpaths)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(uint64(c.day), 0))
			place := func() []transit.Link { return w.links(w.table.Stops[r.IntN(len(w.table.Stops))].Location) }
			q := transit.Query{From: c.from, To: c.to, Step: 60_000, Transfers: 3}
			for range 40 {
				q.Egress = append(q.Egress, place())
			}
			s, err := n.NewSearch(q)
			if err != nil {
				t.Fatal(err)
			}
			reached, all := 0, 0
			for range 6 {
				o := transit.Origin{Access: place()}
				got, err := s.Run(o)
				if err != nil {
					t.Fatal(err)
				}
				for i := range q.Departures() {
					want := w.ride(q.From+int32(i)*q.Step, o.Access, q.Egress, q.Transfers)
					if row := got[i*len(want) : (i+1)*len(want)]; !slices.Equal(row, want) {
						t.Fatalf("departure %d: %v, want %v", i, row, want)
					}
					for _, d := range want {
						if all++; d < transit.Infinity {
							reached++
						}
					}
				}
			}
			t.Logf("%d stops, %d runs of trips in %d patterns, %d footpaths: %d of %d journeys exist", n.Stops(), len(w.trips), n.Patterns(), len(w.footpaths), reached, all)
			if reached < all/10 {
				t.Error("hardly any journey exists: the feed tests little")
			}
		})
	}
}
