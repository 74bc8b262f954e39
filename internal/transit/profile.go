package transit

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Profile is where one gets from a stop, and when: who can board there from
// Departures[k-1] on, not included, until Departures[k] is at destination d at
// Arrivals[k*destinations+d], never (Never) where no journey leads there. Departures
// rise; after the last, nothing is left.
type Profile struct {
	Departures []int32
	Arrivals   []int32
}

// Never is the arrival where no journey leads.
const Never = never

// Profiles are the profiles of stops for all moments from q.From until q.To, both
// included; q.Step is not looked at. Whoever reaches several stops takes the least of
// their arrivals: that is what Run finds for an origin with access to these stops, and
// costs a search for each stop rather than for each origin.
func (n *Network) Profiles(ctx context.Context, q Query, stops []uint32) ([]Profile, error) {
	q.Step = max(q.To-q.From, 1)
	if err := q.check(n.stops); err != nil {
		return nil, err
	}
	for _, stop := range stops {
		if int(stop) >= n.stops {
			return nil, fmt.Errorf("transit: profile of stop %d: want one below %d", stop, n.stops)
		}
	}
	out := make([]Profile, len(stops))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(stops)) {
		all.Go(func() {
			s, _ := n.NewSearch(q) // the query was checked
			for i := int(next.Add(1)) - 1; i < len(stops) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				out[i] = s.profile(stops[i])
			}
		})
	}
	all.Wait()
	return out, ctx.Err()
}

// profile leaves the stop at each of its departures, from the latest to the earliest.
func (s *Search) profile(stop uint32) (p Profile) {
	s.forget()
	departures := s.n.departures[s.n.departureFirst[stop]:s.n.departureFirst[stop+1]]
	first, _ := slices.BinarySearch(departures, s.q.From)
	last, found := slices.BinarySearch(departures, s.q.To)
	if found || last < len(departures) { // who comes at the very end takes the next one
		last++
	}
	var rows [][]int32 // latest first
	for k := last - 1; k >= first; k-- {
		s.depart(departures[k], []Link{{Stop: stop}})
		if len(rows) > 0 && slices.Equal(rows[len(rows)-1], s.arrived) {
			continue // leaving here is as good as waiting
		}
		rows = append(rows, slices.Clone(s.arrived))
		p.Departures = append(p.Departures, departures[k])
	}
	slices.Reverse(p.Departures)
	for _, row := range slices.Backward(rows) {
		p.Arrivals = append(p.Arrivals, row...)
	}
	return p
}
