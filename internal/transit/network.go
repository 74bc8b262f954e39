package transit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Infinity is the duration where no journey leads.
const Infinity uint32 = math.MaxInt32

// MaxTime bounds clock times and durations, in milliseconds: 6.2 days. The sum of
// the few that a comparison needs fits in an int32.
const MaxTime = math.MaxInt32 / 4

// never is later than every clock time.
const never int32 = math.MaxInt32

// Call is a stop of a trip. Times are clock times in milliseconds.
type Call struct {
	Stop               uint32
	Arrival, Departure int32
	NoBoarding         bool // nobody gets on here
	NoAlighting        bool // nobody gets off here
}

// Trip is one vehicle's way, in the order of travel.
type Trip []Call

// Link leads from or to a stop in a duration of milliseconds.
type Link struct {
	Stop     uint32
	Duration uint32
}

// Footpath leads from one stop to another in a duration of milliseconds.
type Footpath struct {
	From, To uint32
	Duration uint32
}

// Network is an immutable timetable ready for searches.
type Network struct {
	stops    int
	patterns []pattern

	// at[atFirst[s]:atFirst[s+1]] is where patterns let people board at the stop s.
	atFirst []uint32
	at      []place
	// departures[departureFirst[s]:departureFirst[s+1]] are the times at which
	// somebody can board at the stop s, rising, each once.
	departureFirst []uint32
	departures     []int32

	change    []int32 // between two rides at the stop
	pathFirst []uint32
	paths     []Link // footpaths by the stop they leave
}

// place is a position in a pattern.
type place struct{ pattern, position uint32 }

// pattern is a set of trips with the same calls, none of which overtakes another:
// every row of times rises from trip to trip.
type pattern struct {
	calls      []Call  // of the first trip: stops, boarding and alighting
	trips      int     // how many
	arrivals   []int32 // of trip t at position p: arrivals[p*trips+t]
	departures []int32
}

// Patterns is how many patterns the trips were put into.
func (n *Network) Patterns() int { return len(n.patterns) }

// Stops is the number of stops.
func (n *Network) Stops() int { return n.stops }

// Build makes the network of the stops 0..stops-1. change is the least duration of
// a change at each stop (nil for none anywhere); of footpaths between the same two
// stops the shortest counts, and one from a stop to itself replaces its change
// where it is longer. Trips with fewer than two calls are left out.
//
// A stop that is not there, a trip that goes back in time, and a time of more than
// MaxTime are errors that name the trip and the call by their numbers.
func Build(stops int, trips []Trip, change []uint32, footpaths []Footpath) (*Network, error) {
	if change != nil && len(change) != stops {
		return nil, fmt.Errorf("transit: %d durations of changes for %d stops", len(change), stops)
	}
	for i, t := range trips {
		if err := t.check(stops); err != nil {
			return nil, fmt.Errorf("transit: trip %d: %w", i, err)
		}
	}
	n := &Network{stops: stops, change: make([]int32, stops)}
	for s, d := range change {
		if d > MaxTime {
			return nil, fmt.Errorf("transit: a change at stop %d takes %d ms: want at most %d", s, d, MaxTime)
		}
		n.change[s] = int32(d)
	}
	if err := n.addFootpaths(footpaths); err != nil {
		return nil, err
	}
	n.addTrips(trips)
	n.index()
	return n, nil
}

func (t Trip) check(stops int) error {
	last := int32(-MaxTime)
	for k, c := range t {
		switch {
		case int(c.Stop) >= stops:
			return fmt.Errorf("call %d is at stop %d, but there are %d stops", k, c.Stop, stops)
		case c.Arrival < -MaxTime || c.Departure > MaxTime:
			return fmt.Errorf("call %d is at %d to %d ms: want times within ±%d", k, c.Arrival, c.Departure, MaxTime)
		case c.Arrival < last || c.Departure < c.Arrival:
			return fmt.Errorf("call %d arrives at %d and departs at %d ms, after a departure at %d: want times that do not go back", k, c.Arrival, c.Departure, last)
		}
		last = c.Departure
	}
	return nil
}

func (n *Network) addFootpaths(footpaths []Footpath) error {
	sorted := slices.Clone(footpaths)
	for i, f := range sorted {
		if int(f.From) >= n.stops || int(f.To) >= n.stops || f.Duration > MaxTime {
			return fmt.Errorf("transit: footpath %d leads from stop %d to %d in %d ms: want stops below %d and at most %d ms",
				i, f.From, f.To, f.Duration, n.stops, MaxTime)
		}
	}
	slices.SortFunc(sorted, func(a, b Footpath) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Duration, b.Duration))
	})
	n.pathFirst = make([]uint32, n.stops+1)
	for i, f := range sorted {
		switch {
		case f.From == f.To:
			n.change[f.From] = max(n.change[f.From], int32(f.Duration))
		case i > 0 && sorted[i-1].From == f.From && sorted[i-1].To == f.To:
		default:
			n.paths = append(n.paths, Link{f.To, f.Duration})
			n.pathFirst[f.From+1]++
		}
	}
	for s := range n.stops {
		n.pathFirst[s+1] += n.pathFirst[s]
	}
	return nil
}

// addTrips puts the trips into patterns.
func (n *Network) addTrips(trips []Trip) {
	sorted := slices.DeleteFunc(slices.Clone(trips), func(t Trip) bool { return len(t) < 2 })
	slices.SortStableFunc(sorted, func(a, b Trip) int {
		return cmp.Or(compareCalls(a, b), slices.CompareFunc(a, b, compareTimes))
	})
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && compareCalls(sorted[from], sorted[to]) == 0 {
			to++
		}
		for _, chain := range splitOvertaking(sorted[from:to]) {
			n.patterns = append(n.patterns, newPattern(chain))
		}
		from = to
	}
}

// compareCalls orders trips by what they have to have in common in a pattern.
func compareCalls(a, b Trip) int {
	return slices.CompareFunc(a, b, func(x, y Call) int {
		return cmp.Or(cmp.Compare(x.Stop, y.Stop), compareBools(x.NoBoarding, y.NoBoarding), compareBools(x.NoAlighting, y.NoAlighting))
	})
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func compareTimes(x, y Call) int {
	return cmp.Or(cmp.Compare(x.Departure, y.Departure), cmp.Compare(x.Arrival, y.Arrival))
}

// splitOvertaking shares out trips of the same calls, in the order of their
// departures: each joins the first chain whose last trip it overtakes nowhere.
func splitOvertaking(trips []Trip) (chains [][]Trip) {
	for _, t := range trips {
		i := slices.IndexFunc(chains, func(c []Trip) bool { return !overtakes(t, c[len(c)-1]) })
		if i < 0 {
			i = len(chains)
			chains = append(chains, nil)
		}
		chains[i] = append(chains[i], t)
	}
	return chains
}

// overtakes says whether a trip is anywhere earlier than the one before it.
func overtakes(t, before Trip) bool {
	for k := range t {
		if t[k].Arrival < before[k].Arrival || t[k].Departure < before[k].Departure {
			return true
		}
	}
	return false
}

func newPattern(trips []Trip) pattern {
	p := pattern{calls: trips[0], trips: len(trips)}
	for k := range p.calls {
		for _, t := range trips {
			p.arrivals = append(p.arrivals, t[k].Arrival)
			p.departures = append(p.departures, t[k].Departure)
		}
	}
	return p
}

// index lists, for each stop, where and when one can board.
func (n *Network) index() {
	at, departures := make([][]place, n.stops), make([][]int32, n.stops)
	for i := range n.patterns {
		p := &n.patterns[i]
		for k, c := range p.calls[:len(p.calls)-1] {
			if !c.NoBoarding {
				at[c.Stop] = append(at[c.Stop], place{uint32(i), uint32(k)})
				departures[c.Stop] = append(departures[c.Stop], p.departures[k*p.trips:(k+1)*p.trips]...)
			}
		}
	}
	n.atFirst, n.departureFirst = make([]uint32, 1, n.stops+1), make([]uint32, 1, n.stops+1)
	for s := range n.stops {
		slices.Sort(departures[s])
		n.at = append(n.at, at[s]...)
		n.departures = append(n.departures, slices.Compact(departures[s])...)
		n.atFirst = append(n.atFirst, uint32(len(n.at)))
		n.departureFirst = append(n.departureFirst, uint32(len(n.departures)))
	}
}
