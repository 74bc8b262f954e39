package transit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// minutes is a clock time or a duration in minutes.
func minutes(m int) int32 { return int32(m) * 60_000 }

// trip makes a trip of "stop arrival departure" triples in minutes.
func trip(calls ...int) (t Trip) {
	for i := 0; i < len(calls); i += 3 {
		t = append(t, Call{Stop: uint32(calls[i]), Arrival: minutes(calls[i+1]), Departure: minutes(calls[i+2])})
	}
	return t
}

func build(t testing.TB, stops int, trips []Trip, change []uint32, footpaths ...Footpath) *Network {
	t.Helper()
	n, err := Build(stops, trips, change, footpaths)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inMinutes runs a query for one origin and one destination, a departure a minute.
func inMinutes(t *testing.T, n *Network, q Query, o Origin) (out []int) {
	t.Helper()
	q.Step = minutes(1)
	s, err := n.NewSearch(q)
	if err != nil {
		t.Fatal(err)
	}
	durations, err := s.Run(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range durations {
		switch {
		case d == Infinity:
			out = append(out, -1)
		case d%60_000 != 0:
			t.Fatalf("%d ms is not a whole number of minutes", d)
		default:
			out = append(out, int(d/60_000))
		}
	}
	return out
}

func min32(m int) uint32 { return uint32(minutes(m)) }

// A bus at 8:05 and 8:10, ten minutes' ride; two minutes to the stop, one from it.
// Who leaves at 8:00 to 8:03 takes the first and is there at 8:16.
func TestWaitingForTheBus(t *testing.T) {
	n := build(t, 2, []Trip{trip(0, 485, 485, 1, 495, 495), trip(0, 490, 490, 1, 500, 500)}, nil)
	q := Query{From: minutes(480), To: minutes(490), Egress: [][]Link{{{1, min32(1)}}}}
	o := Origin{Access: []Link{{0, min32(2)}}}
	if got, want := inMinutes(t, n, q, o), []int{16, 15, 14, 13, 17, 16, 15, 14, 13, -1}; !slices.Equal(got, want) {
		t.Errorf("durations %v, want %v", got, want)
	}
	// On foot it takes 15 minutes whenever one leaves.
	o.Direct = []uint32{min32(15)}
	if got, want := inMinutes(t, n, q, o), []int{15, 15, 14, 13, 15, 15, 15, 14, 13, 15}; !slices.Equal(got, want) {
		t.Errorf("durations %v, want %v", got, want)
	}
	// Journeys of more than 14 minutes, on foot too, are not looked for.
	q.Limit = min32(14)
	if got, want := inMinutes(t, n, q, o), []int{-1, -1, 14, 13, -1, -1, -1, 14, 13, -1}; !slices.Equal(got, want) {
		t.Errorf("durations %v, want %v", got, want)
	}
}

// Two lines meet at stop 1; line 2 leaves at the moment line 1 arrives, and ten minutes later.
func TestChanges(t *testing.T) {
	trips := []Trip{
		trip(0, 480, 480, 1, 490, 490),
		trip(1, 490, 490, 2, 500, 500),
		trip(1, 500, 500, 2, 510, 510),
		trip(3, 496, 496, 2, 499, 499),
	}
	o := Origin{Access: []Link{{0, 0}}}
	q := Query{From: minutes(480), To: minutes(481), Transfers: 1, Egress: [][]Link{{{2, 0}}}}
	for _, c := range []struct {
		name      string
		change    []uint32
		footpaths []Footpath
		transfers int
		want      int
	}{
		{"a change without a transfer", nil, nil, 0, -1},
		{"a change of no minutes", nil, nil, 1, 20},
		{"a change of a minute misses the bus", []uint32{0, min32(1), 0, 0}, nil, 1, 30},
		{"a footpath from a stop to itself is a change", nil, []Footpath{{1, 1, min32(1)}}, 1, 30},
		{"six minutes on foot to the other stop, just in time", nil, []Footpath{{1, 3, min32(9)}, {1, 3, min32(6)}}, 1, 19},
		{"seven minutes: too late there, but not here", nil, []Footpath{{1, 3, min32(7)}}, 1, 20},
		{"two footpaths are not taken in a row", []uint32{0, min32(11), 0, 0}, []Footpath{{1, 0, min32(1)}, {0, 3, min32(1)}}, 1, -1},
	} {
		q.Transfers = c.transfers
		if got := inMinutes(t, build(t, 4, trips, c.change, c.footpaths...), q, o); got[0] != c.want {
			t.Errorf("%s: %d minutes, want %d", c.name, got[0], c.want)
		}
	}
}

// An express of the same stops overtakes the bus before it: two patterns, and
// whoever waits for the express is there sooner.
func TestOvertaking(t *testing.T) {
	slow, fast := trip(0, 480, 480, 1, 500, 500, 2, 520, 520), trip(0, 485, 485, 1, 490, 490, 2, 495, 495)
	later := trip(0, 490, 490, 1, 510, 510, 2, 530, 530)
	n := build(t, 3, []Trip{later, slow, fast}, nil)
	if n.Patterns() != 2 {
		t.Errorf("%d patterns, want 2: the express overtakes the bus, the later bus does not", n.Patterns())
	}
	q := Query{From: minutes(480), To: minutes(481), Egress: [][]Link{{{2, 0}}}}
	if got := inMinutes(t, n, q, Origin{Access: []Link{{0, 0}}}); got[0] != 15 {
		t.Errorf("%d minutes, want 15", got[0])
	}
}

// A loop calls at stop 0 twice; who gets on at the second call gets to stop 2 without riding around.
func TestALoopCallsTwice(t *testing.T) {
	n := build(t, 3, []Trip{trip(0, 480, 480, 1, 490, 490, 0, 500, 502, 2, 510, 510)}, nil)
	q := Query{From: minutes(479), To: minutes(503), Egress: [][]Link{{{2, 0}}}}
	got := inMinutes(t, n, q, Origin{Access: []Link{{0, 0}}})
	for i, d := range got {
		if want := 510 - (479 + i); d != want {
			t.Errorf("leaving at minute %d: %d minutes, want %d", 479+i, d, want)
		}
	}
}

// A trip of yesterday, given with times less 24 hours, departs at −5 minutes and
// calls at 5 minutes past midnight; its last call is only for getting off.
func TestPastMidnightAndCallsThatAreNotForAll(t *testing.T) {
	bus := trip(0, -5, -5, 1, 5, 5, 2, 15, 15)
	n := build(t, 3, []Trip{bus}, nil)
	q := Query{From: 0, To: minutes(7), Egress: [][]Link{{{2, 0}}}}
	o := Origin{Access: []Link{{1, 0}}}
	if got, want := inMinutes(t, n, q, o), []int{15, 14, 13, 12, 11, 10, -1}; !slices.Equal(got, want) {
		t.Errorf("durations %v, want %v", got, want)
	}
	for _, change := range []func(){func() { bus[1].NoBoarding = true }, func() { bus[1].NoBoarding, bus[2].NoAlighting = false, true }} {
		change()
		if got := inMinutes(t, build(t, 3, []Trip{bus}, nil), q, o); slices.Max(got) != -1 {
			t.Errorf("durations %v, want none: nobody gets on at stop 1, or off at stop 2", got)
		}
	}
}

func TestPercentileIsANearestRank(t *testing.T) {
	ten := []uint32{1, 2, 3, 4, 5, 6, 7, 8, Infinity, Infinity}
	for p, want := range map[int]uint32{1: 1, 10: 1, 11: 2, 50: 5, 51: 6, 80: 8, 81: Infinity, 100: Infinity} {
		if got := Percentile(ten, p); got != want {
			t.Errorf("percentile %d is %d, want %d", p, got, want)
		}
	}
	if got := Percentile(nil, 50); got != Infinity {
		t.Errorf("of nothing: %d, want Infinity", got)
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	ok := trip(0, 1, 1, 1, 2, 2)
	for _, c := range []struct {
		says  string
		build func() (*Network, error)
	}{
		{"trip 1: call 1 is at stop 7, but there are 2 stops", func() (*Network, error) {
			return Build(2, []Trip{ok, trip(0, 1, 1, 7, 2, 2)}, nil, nil)
		}},
		{"trip 0: call 1 arrives at 60000 and departs at 60000 ms, after a departure at 120000: want times that do not go back", func() (*Network, error) {
			return Build(2, []Trip{trip(0, 2, 2, 1, 1, 1)}, nil, nil)
		}},
		{"want times that do not go back", func() (*Network, error) { return Build(2, []Trip{trip(0, 2, 1, 1, 3, 3)}, nil, nil) }},
		{"want times within", func() (*Network, error) {
			return Build(2, []Trip{{{Stop: 0}, {Stop: 1, Departure: MaxTime + 1}}}, nil, nil)
		}},
		{"1 durations of changes for 2 stops", func() (*Network, error) { return Build(2, nil, []uint32{0}, nil) }},
		{"a change at stop 1 takes", func() (*Network, error) { return Build(2, nil, []uint32{0, Infinity}, nil) }},
		{"footpath 0 leads from stop 0 to 2", func() (*Network, error) { return Build(2, nil, nil, []Footpath{{0, 2, 1}}) }},
	} {
		if _, err := c.build(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want %q", err, c.says)
		}
	}
	n := build(t, 2, []Trip{ok}, nil)
	for says, q := range map[string]Query{
		"want a window":                  {From: 5, To: 5, Step: 1},
		"want at least 1 ms":             {To: 5},
		"at most 100000 departures":      {To: MaxTime, Step: 1},
		"want 0 to 16":                   {To: 5, Step: 1, Transfers: 17},
		"destination 0: a way of 0 ms":   {To: 5, Step: 1, Egress: [][]Link{{{2, 0}}}},
		"to or from stop 1: want a stop": {To: 5, Step: 1, Egress: [][]Link{{{1, Infinity}}}},
	} {
		if _, err := n.NewSearch(q); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	q := Query{To: 5, Step: 1, Egress: [][]Link{{}}}
	for says, o := range map[string]Origin{"origin 1: a way of 3 ms": {Access: []Link{{2, 3}}}, "origin 1: 2 direct": {Direct: []uint32{1, 2}}} {
		if _, err := n.Percentiles(context.Background(), q, []Origin{{}, o}, []int{50}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	if _, err := n.Percentiles(context.Background(), q, nil, []int{0}); err == nil {
		t.Error("percentile 0 was not refused")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := n.Each(ended, q, []Origin{{}}, func(int, []uint32) {}); err == nil {
		t.Error("an ended context was not heeded")
	}
}

// world is a timetable as the oracle sees it.
type world struct {
	stops     int
	trips     []Trip
	change    []uint32
	footpaths []Footpath
}

// event is a call of a trip.
type event struct{ trip, call int }

// expand is the oracle: a search of the time-expanded graph, whose vertices are
// the calls of trips, from one departure, without patterns, ranges or labels of
// stops. It gives the earliest arrival at each destination, Infinity for none.
func (w *world) expand(leave int32, o Origin, egress [][]Link, transfers int) []uint32 {
	out := make([]uint32, len(egress))
	for d := range out {
		out[d] = Infinity
		if o.Direct != nil {
			out[d] = o.Direct[d]
		}
	}
	// boardable says whether one may board at an event, having got off at those before.
	boardable := func(e event, off map[event]bool) bool {
		c := w.trips[e.trip][e.call]
		if off == nil {
			return slices.ContainsFunc(o.Access, func(l Link) bool { return l.Stop == c.Stop && leave+int32(l.Duration) <= c.Departure })
		}
		for f := range off {
			from := w.trips[f.trip][f.call]
			if from.Stop == c.Stop && from.Arrival+w.changeAt(c.Stop) <= c.Departure {
				return true
			}
			for _, p := range w.footpaths {
				if p.From == from.Stop && p.To == c.Stop && p.From != p.To && from.Arrival+int32(p.Duration) <= c.Departure {
					return true
				}
			}
		}
		return false
	}
	var off map[event]bool
	for range transfers + 1 {
		next := map[event]bool{}
		for i, t := range w.trips {
			for k, c := range t {
				if c.NoBoarding || !boardable(event{i, k}, off) {
					continue
				}
				for j := k + 1; j < len(t); j++ {
					if !t[j].NoAlighting {
						next[event{i, j}] = true
					}
				}
			}
		}
		for e := range next {
			c := w.trips[e.trip][e.call]
			for d, links := range egress {
				for _, l := range links {
					if l.Stop == c.Stop {
						out[d] = min(out[d], uint32(c.Arrival+int32(l.Duration)-leave))
					}
				}
			}
		}
		off = next
	}
	return out
}

func (w *world) changeAt(stop uint32) int32 {
	d := w.change[stop]
	for _, p := range w.footpaths {
		if p.From == stop && p.To == stop {
			d = max(d, p.Duration)
		}
	}
	return int32(d)
}

// randomWorld draws a timetable on a clock of few ticks, so that everything
// happens at the same moments: patterns with several trips, overtaking, loops,
// dwell times, trips since before midnight, changes and footpaths of no duration.
func randomWorld(r *rand.Rand) *world {
	w := &world{stops: 2 + r.IntN(7)}
	for range 1 + r.IntN(4) {
		way := make([]uint32, 2+r.IntN(5))
		for i := range way {
			way[i] = uint32(r.IntN(w.stops)) // a stop may come twice, even in a row
		}
		noBoarding, noAlighting := r.IntN(2*len(way)), r.IntN(2*len(way))
		for range 1 + r.IntN(4) {
			at := int32(r.IntN(40) - 12)
			var t Trip
			for i, s := range way {
				c := Call{Stop: s, Arrival: at, Departure: at + int32(r.IntN(3)*r.IntN(2)), NoBoarding: i == noBoarding, NoAlighting: i == noAlighting}
				at = c.Departure + int32(r.IntN(6))
				t = append(t, c)
			}
			w.trips = append(w.trips, t)
		}
	}
	w.change = make([]uint32, w.stops)
	for s := range w.change {
		w.change[s] = uint32(r.IntN(3) * r.IntN(2))
	}
	for range r.IntN(6) {
		w.footpaths = append(w.footpaths, Footpath{uint32(r.IntN(w.stops)), uint32(r.IntN(w.stops)), uint32(r.IntN(4))})
	}
	return w
}

func randomLinks(r *rand.Rand, stops, most int) (links []Link) {
	for range r.IntN(most + 1) {
		links = append(links, Link{uint32(r.IntN(stops)), uint32(r.IntN(5))})
	}
	return links
}

// Every departure of thousands of random timetables, against the time-expanded search.
func TestRangeRAPTORIsExact(t *testing.T) {
	worlds := 4000
	if testing.Short() {
		worlds = 500
	}
	journeys, split, none := 0, 0, 0
	for seed := range worlds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := randomWorld(r)
		n := build(t, w.stops, w.trips, w.change, w.footpaths...)
		q := Query{From: int32(r.IntN(10) - 5), Step: int32(1 + r.IntN(3)), Transfers: r.IntN(4)}
		q.To = q.From + 1 + int32(r.IntN(25))
		if r.IntN(4) == 0 {
			q.Limit = uint32(1 + r.IntN(25))
		}
		for range 1 + r.IntN(3) {
			q.Egress = append(q.Egress, randomLinks(r, w.stops, 3))
		}
		s, err := n.NewSearch(q)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a search is used again
			o := Origin{Access: randomLinks(r, w.stops, 4)}
			if r.IntN(3) == 0 {
				for range q.Egress {
					o.Direct = append(o.Direct, uint32(r.IntN(40)))
				}
			}
			got, err := s.Run(o)
			if err != nil {
				t.Fatal(err)
			}
			for i := range q.Departures() {
				want := w.expand(q.From+int32(i)*q.Step, o, q.Egress, q.Transfers)
				for d := range want {
					if q.Limit > 0 && want[d] > q.Limit {
						want[d] = Infinity
					}
					if want[d] == Infinity {
						none++
					}
				}
				if row := got[i*len(want) : (i+1)*len(want)]; !slices.Equal(row, want) {
					t.Fatalf("world %d: %+v\nquery %+v\norigin %+v\ndeparture %d: %v, want %v", seed, w, q, o, i, row, want)
				}
				journeys += len(want)
			}
		}
		ways := map[string]bool{}
		for _, x := range w.trips {
			ways[fmt.Sprint(stopsOf(x))] = true
		}
		if n.Patterns() > len(ways) {
			split++
		}
	}
	t.Logf("%d journeys, %d of them impossible; %d timetables with overtaking", journeys, none, split)
	if journeys < 20*worlds || none > journeys*9/10 || split < worlds/10 {
		t.Error("the timetables drawn do not test much")
	}
}

func stopsOf(t Trip) (out []uint32) {
	for _, c := range t {
		out = append(out, c.Stop)
	}
	return out
}

// The same bytes on any number of threads.
func TestThreadsChangeNothing(t *testing.T) {
	n, q, origins := generated(t, 10, 20, 400, 300, 40)
	var first []uint32
	for _, threads := range []int{1, 2, 7} {
		was := runtime.GOMAXPROCS(threads)
		got, err := n.Percentiles(context.Background(), q, origins, []int{5, 50, 95})
		runtime.GOMAXPROCS(was)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(got, first) {
			t.Fatalf("%d threads give another answer than one", threads)
		}
	}
	reached := 0
	for _, d := range first {
		if d < Infinity {
			reached++
		}
	}
	if reached < len(first)/4 {
		t.Errorf("only %d of %d percentiles are journeys: the network tests little", reached, len(first))
	}
}
