package traveltime

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/transit"
)

// How far one goes to the first stop, by its mode; on foot from the last stop to the
// door; and on foot from stop to stop. A ride together with its waits and walks takes
// at most LongestRide: a longer one is none, so that nobody waits for the next morning.
const (
	MaxWalk     = 30 * time.Minute
	MaxCycle    = 30 * time.Minute
	MaxDrive    = 20 * time.Minute
	MaxTransfer = 15 * time.Minute
	LongestRide = 6 * time.Hour
)

func inMillis(d time.Duration) Time { return Time(d.Milliseconds()) }

// maxAccess is how far one goes to the first stop.
func maxAccess(by string) Time {
	switch by {
	case "bike":
		return inMillis(MaxCycle)
	case "car":
		return inMillis(MaxDrive)
	}
	return inMillis(MaxWalk)
}

// stops are the stops of a timetable on the roads, numbered from 0: those at which
// something calls. They are the same every day.
type stops struct {
	table     *geodata.Timetable
	at        []int32  // → position in table.Stops
	number    []uint32 // by position in table.Stops
	points    []orb.Point
	foot      *Homes // where they are joined to the ways for walking
	footpaths []transit.Footpath
	change    []uint32 // milliseconds at each

	mu     sync.Mutex
	access map[cellsKey]*access
}

// newStops joins the stops to the ways for walking, and finds the walks between them.
func newStops(ctx context.Context, t *geodata.Timetable, foot *Network) (*stops, error) {
	s := &stops{table: t, number: make([]uint32, len(t.Stops)), access: map[cellsKey]*access{}}
	called := make([]bool, len(t.Stops))
	for i := range t.Trips {
		for _, c := range t.Trips[i].Calls {
			called[c.Stop] = true
		}
	}
	for i, is := range called {
		if is {
			s.number[i] = uint32(len(s.at))
			s.at, s.points = append(s.at, int32(i)), append(s.points, t.Stops[i].Location)
		}
	}
	s.foot = foot.walkers(foot.Places(s.points))
	walks, err := s.foot.within(ctx, s.foot.places, inMillis(MaxTransfer))
	if err != nil {
		return nil, err
	}
	s.change = make([]uint32, len(s.at))
	stated := s.stated(called)
	for to, from := range walks {
		for _, w := range from {
			if _, said := stated[[2]uint32{uint32(w.home), uint32(to)}]; !said && int(w.home) != to {
				s.footpaths = append(s.footpaths, transit.Footpath{From: uint32(w.home), To: uint32(to), Duration: w.time})
			}
		}
	}
	for pair, seconds := range stated { // Build puts footpaths in order
		switch {
		case pair[0] == pair[1] && seconds < 0:
			s.change[pair[0]] = transit.MaxTime
		case pair[0] == pair[1]:
			s.change[pair[0]] = uint32(1000 * seconds)
		case seconds >= 0:
			s.footpaths = append(s.footpaths, transit.Footpath{From: pair[0], To: pair[1], Duration: uint32(1000 * seconds)})
		}
	}
	return s, nil
}

// stated are the changes whose time the timetable states, in seconds; -1 where it
// says that there is none. What it says of two stops goes before what it says of
// their stations. Changes that are only recommended, or timed, take the walk.
func (s *stops) stated(called []bool) map[[2]uint32]int32 {
	t, out, rank := s.table, map[[2]uint32]int32{}, map[[2]uint32]int{}
	platforms := map[string][]int32{}
	for i, stop := range t.Stops {
		if stop.Parent != "" && called[i] {
			platforms[stop.Parent] = append(platforms[stop.Parent], int32(i))
		}
	}
	of := func(stop int32) (all []int32, stations int) {
		if t.Stops[stop].Station {
			return platforms[t.Stops[stop].ID], 1
		}
		if called[stop] {
			all = []int32{stop}
		}
		return all, 0
	}
	for _, x := range t.Transfers {
		seconds := x.Seconds
		switch x.Kind {
		case geodata.Impossible:
			seconds = -1
		case geodata.MinimumTime:
		default:
			continue
		}
		from, a := of(x.From)
		to, b := of(x.To)
		for _, f := range from {
			for _, g := range to {
				pair := [2]uint32{s.number[f], s.number[g]}
				if was, ok := rank[pair]; ok && was < a+b {
					continue
				}
				rank[pair], out[pair] = a+b, min(seconds, transit.MaxTime/1000)
			}
		}
	}
	return out
}

// access is which stops homes reach, computed when first asked for.
type access struct {
	mu    sync.Mutex
	links [][]transit.Link // per home, by stop
}

// of are the links of homes by a network, its stops no farther than maxAccess.
func (a *access) of(ctx context.Context, s *stops, by *Network, h *Homes) ([][]transit.Link, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.links != nil {
		return a.links, nil
	}
	homes := h
	if by.graph != h.n.graph {
		homes = by.walkers(by.Places(h.points()))
	}
	near, err := homes.within(ctx, by.Places(s.points), maxAccess(by.Mode))
	if err != nil {
		return nil, err
	}
	a.links = transposed(near, h.Len())
	return a.links, nil
}

// shared is the access of a grid of cells, which is asked for again and again.
func (s *stops) shared(cells cellsKey) *access {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.access[cells]
	if a == nil {
		a = new(access)
		s.access[cells] = a
	}
	return a
}

// transposed lists by home the places it reaches, in their order.
func transposed(near [][]homeTime, homes int) [][]transit.Link {
	out := make([][]transit.Link, homes)
	for j, from := range near {
		for _, x := range from {
			out[x.home] = append(out[x.home], transit.Link{Stop: uint32(j), Duration: x.time})
		}
	}
	return out
}

// egress are, per door, the stops from which one walks there.
func (s *stops) egress(ctx context.Context, doors []Place) ([][]transit.Link, error) {
	near, err := s.foot.within(ctx, doors, inMillis(MaxWalk))
	out := make([][]transit.Link, len(doors))
	for d, from := range near {
		for _, x := range from {
			out[d] = append(out[d], transit.Link{Stop: uint32(x.home), Duration: x.time})
		}
	}
	return out, err
}

// trips are the runs on their way between two seconds of a day, as the engine wants them.
func (s *stops) trips(day geodata.Date, from, to int32) ([]transit.Trip, []geodata.Run, error) {
	runs, err := s.table.Runs(day, from, to)
	if err != nil {
		return nil, nil, err
	}
	trips := make([]transit.Trip, len(runs))
	for i, r := range runs {
		calls := s.table.Trips[r.Trip].Calls
		trips[i] = make(transit.Trip, len(calls))
		for k, c := range calls {
			trips[i][k] = transit.Call{Stop: s.number[c.Stop], Arrival: 1000 * (c.Arrival + r.Shift), Departure: 1000 * (c.Departure + r.Shift),
				NoBoarding: c.Boarding == geodata.NotHere, NoAlighting: c.Alighting == geodata.NotHere}
		}
	}
	return trips, runs, nil
}

// points are where the homes are.
func (h *Homes) points() []orb.Point {
	out := make([]orb.Point, len(h.places))
	for i, p := range h.places {
		out[i] = p.Of
	}
	return slices.Clip(out)
}
