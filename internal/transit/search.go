package transit

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Query says when people leave and how they may travel.
type Query struct {
	// Departures are From, From+Step, … before To: clock times in milliseconds.
	From, To, Step int32
	Transfers      int    // at most so many changes between vehicles
	Limit          uint32 // longer journeys are not looked for; 0 for any length
	// Egress are the stops from which each destination can be reached on foot, with the durations.
	Egress [][]Link
}

// Origin is where people leave.
type Origin struct {
	Access []Link // stops that can be reached, with the durations
	// Direct are the durations to the destinations without any vehicle, Infinity
	// where there is none; nil for none at all.
	Direct []uint32
}

// Departures is the number of departures of the query.
func (q Query) Departures() int {
	if q.To <= q.From || q.Step <= 0 {
		return 0
	}
	return int((q.To - q.From + q.Step - 1) / q.Step)
}

// Limits of a query: nobody changes as often, and a day has 86,400 seconds.
const (
	maxTransfers  = 16
	maxDepartures = 100_000
)

func (q Query) check(stops int) error {
	switch {
	case q.From < -MaxTime || q.To > MaxTime || q.To <= q.From:
		return fmt.Errorf("transit: departures from %d to %d ms: want a window that ends after it begins, within ±%d", q.From, q.To, MaxTime)
	case q.Step <= 0 || q.Step > MaxTime || q.Departures() > maxDepartures:
		return fmt.Errorf("transit: a departure every %d ms: want at least 1 ms, and at most %d departures", q.Step, maxDepartures)
	case q.Transfers < 0 || q.Transfers > maxTransfers:
		return fmt.Errorf("transit: at most %d transfers: want 0 to %d", q.Transfers, maxTransfers)
	}
	for d, links := range q.Egress {
		if err := checkLinks(links, stops); err != nil {
			return fmt.Errorf("transit: destination %d: %w", d, err)
		}
	}
	return nil
}

func checkLinks(links []Link, stops int) error {
	for _, l := range links {
		if int(l.Stop) >= stops || l.Duration > MaxTime {
			return fmt.Errorf("a way of %d ms to or from stop %d: want a stop below %d and at most %d ms", l.Duration, l.Stop, stops, MaxTime)
		}
	}
	return nil
}

func (o Origin) check(q *Query, stops int) error {
	if o.Direct != nil && len(o.Direct) != len(q.Egress) {
		return fmt.Errorf("%d direct durations for %d destinations", len(o.Direct), len(q.Egress))
	}
	return checkLinks(o.Access, stops)
}

// Search runs a query for one origin after another. It is used by one goroutine
// at a time; several may search the same network.
type Search struct {
	n      *Network
	q      Query
	rides  int // at most
	limit  int32
	latest int32 // arrivals after it are of no use at the departure looked at

	// What is known after at most k rides, as clock times: ride[k*stops+s] is the
	// earliest arrival at a stop in a vehicle, board[k*stops+s] the earliest moment
	// at which the next one can be boarded there.
	ride, board []int32
	arrived     []int32 // earliest at each destination

	egressFirst []uint32
	egress      []Link // destinations (in Stop) by the stop they are reached from

	alighted, boarding list    // stops improved in this round
	first              []int32 // of each pattern: the position from which to ride it, or none
	queue              []uint32

	times []uint32 // departure by departure
}

// none is the position of a pattern that is not in the queue.
const none int32 = -1

// list is a set of stops, in the order in which they joined.
type list struct {
	members []uint32
	in      []bool
}

func (l *list) add(s uint32) {
	if !l.in[s] {
		l.in[s] = true
		l.members = append(l.members, s)
	}
}

func (l *list) clear() {
	for _, s := range l.members {
		l.in[s] = false
	}
	l.members = l.members[:0]
}

// NewSearch prepares searches. A window that is empty, or a way to a stop that is
// not there, is an error.
func (n *Network) NewSearch(q Query) (*Search, error) {
	if err := q.check(n.stops); err != nil {
		return nil, err
	}
	s := &Search{n: n, q: q, rides: q.Transfers + 1, limit: never}
	if q.Limit > 0 {
		s.limit = int32(min(q.Limit, MaxTime))
	}
	s.ride = make([]int32, (s.rides+1)*n.stops)
	s.board = make([]int32, (s.rides+1)*n.stops)
	s.arrived = make([]int32, len(q.Egress))
	s.alighted.in, s.boarding.in = make([]bool, n.stops), make([]bool, n.stops)
	s.first = make([]int32, len(n.patterns))
	for i := range s.first {
		s.first[i] = none
	}
	s.times = make([]uint32, q.Departures()*len(q.Egress))
	s.indexEgress()
	return s, nil
}

func (s *Search) indexEgress() {
	byStop := make([][]Link, s.n.stops)
	for d, links := range s.q.Egress {
		for _, l := range links {
			byStop[l.Stop] = append(byStop[l.Stop], Link{uint32(d), l.Duration})
		}
	}
	s.egressFirst = make([]uint32, 1, s.n.stops+1)
	for _, links := range byStop {
		s.egress = append(s.egress, links...)
		s.egressFirst = append(s.egressFirst, uint32(len(s.egress)))
	}
}

// Run computes, for every departure and every destination, how long the shortest
// journey takes from leaving the origin: durations[i*destinations+d] for the i-th
// departure, Infinity where none leads there. The slice is the search's own, valid
// until the next Run.
func (s *Search) Run(o Origin) (durations []uint32, err error) {
	if err := o.check(&s.q, s.n.stops); err != nil {
		return nil, fmt.Errorf("transit: %w", err)
	}
	s.forget()
	for i := s.q.Departures() - 1; i >= 0; i-- {
		leave := s.q.From + int32(i)*s.q.Step
		s.depart(leave, o.Access)
		s.tell(leave, o.Direct, s.times[i*len(s.arrived):(i+1)*len(s.arrived)])
	}
	return s.times, nil
}

// forget begins anew.
func (s *Search) forget() {
	for _, a := range [][]int32{s.ride, s.board, s.arrived} {
		for i := range a {
			a[i] = never
		}
	}
}

// tell writes the durations of who leaves at a time.
func (s *Search) tell(leave int32, direct, out []uint32) {
	for d, at := range s.arrived {
		out[d] = Infinity
		if at != never && at-leave <= s.limit {
			out[d] = uint32(at - leave)
		}
		if direct != nil && direct[d] <= uint32(s.limit) {
			out[d] = min(out[d], direct[d])
		}
	}
}

// depart adds what can be reached by leaving at a time to what those know who leave later.
func (s *Search) depart(leave int32, access []Link) {
	s.latest = never
	if s.limit != never {
		s.latest = leave + s.limit
	}
	s.boarding.clear()
	for _, l := range access {
		s.reach(l.Stop, leave+int32(l.Duration))
	}
	for k := 1; k <= s.rides && len(s.boarding.members) > 0; k++ {
		s.ridePatterns(k)
		if k < s.rides {
			s.transfer(k)
		}
	}
	s.alighted.clear()
}

// reach notes that one is at a stop before any ride. The stop counts only if
// something departs that was missed by leaving later.
func (s *Search) reach(stop uint32, at int32) {
	known := s.board[stop]
	if at >= known {
		return
	}
	n := s.n
	departures := n.departures[n.departureFirst[stop]:n.departureFirst[stop+1]]
	i, _ := slices.BinarySearch(departures, at)
	if i == len(departures) || departures[i] >= known {
		return // board stays: the departures that can be caught are the same
	}
	s.lower(s.board, 0, stop, at)
	s.boarding.add(stop)
}

// lower notes a time for a stop after k rides, and so after more of them.
func (s *Search) lower(labels []int32, k int, stop uint32, at int32) {
	for i := k*s.n.stops + int(stop); i < len(labels) && at < labels[i]; i += s.n.stops {
		labels[i] = at
	}
}

// ridePatterns makes the k-th ride from all stops that were improved before it.
func (s *Search) ridePatterns(k int) {
	for _, stop := range s.boarding.members {
		for _, at := range s.n.at[s.n.atFirst[stop]:s.n.atFirst[stop+1]] {
			switch first := s.first[at.pattern]; {
			case first == none:
				s.queue = append(s.queue, at.pattern)
				s.first[at.pattern] = int32(at.position)
			case int32(at.position) < first:
				s.first[at.pattern] = int32(at.position)
			}
		}
	}
	s.boarding.clear()
	s.alighted.clear()
	for _, i := range s.queue {
		s.ridePattern(&s.n.patterns[i], int(s.first[i]), k)
		s.first[i] = none
	}
	s.queue = s.queue[:0]
}

// ridePattern rides the earliest trip that can be caught, and changes to an
// earlier one of the pattern wherever that can be caught on the way.
func (s *Search) ridePattern(p *pattern, position, k int) {
	board, ride := s.board[(k-1)*s.n.stops:k*s.n.stops], s.ride[k*s.n.stops:(k+1)*s.n.stops]
	trip := p.trips // the one that is ridden: none yet
	for ; position < len(p.calls); position++ {
		c := &p.calls[position]
		row := position * p.trips
		if trip < p.trips && !c.NoAlighting {
			if at := p.arrivals[row+trip]; at < ride[c.Stop] && at <= s.latest {
				s.alight(c.Stop, at, k)
			}
		}
		ready := board[c.Stop]
		if c.NoBoarding || ready == never || trip == 0 || p.departures[row+trip-1] < ready {
			continue
		}
		trip, _ = slices.BinarySearch(p.departures[row:row+trip], ready)
	}
}

// alight notes an arrival after the k-th ride, and where one can walk from there to the end.
func (s *Search) alight(stop uint32, at int32, k int) {
	s.lower(s.ride, k, stop, at)
	s.alighted.add(stop)
	for _, l := range s.egress[s.egressFirst[stop]:s.egressFirst[stop+1]] {
		s.arrived[l.Stop] = min(s.arrived[l.Stop], at+int32(l.Duration))
	}
}

// transfer changes after the k-th ride, at the stop itself or over one footpath.
func (s *Search) transfer(k int) {
	n, board := s.n, s.board[k*s.n.stops:(k+1)*s.n.stops]
	for _, stop := range s.alighted.members {
		at := s.ride[k*n.stops+int(stop)]
		if ready := at + n.change[stop]; ready < board[stop] {
			s.lower(s.board, k, stop, ready)
			s.boarding.add(stop)
		}
		for _, l := range n.paths[n.pathFirst[stop]:n.pathFirst[stop+1]] {
			if ready := at + int32(l.Duration); ready < board[l.Stop] {
				s.lower(s.board, k, l.Stop, ready)
				s.boarding.add(l.Stop)
			}
		}
	}
}

// Each runs the query for all origins on all processors and hands each answer of
// Run over, several at once and in no certain order; the durations are valid until
// visit returns. It ends with the context's error, or with that of an origin that
// names a stop that is not there, before any work is done.
func (n *Network) Each(ctx context.Context, q Query, origins []Origin, visit func(origin int, durations []uint32)) error {
	if err := q.check(n.stops); err != nil {
		return err
	}
	for i := range origins {
		if err := origins[i].check(&q, n.stops); err != nil {
			return fmt.Errorf("transit: origin %d: %w", i, err)
		}
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(origins)) {
		all.Go(func() {
			s, _ := n.NewSearch(q) // the query was checked
			for i := int(next.Add(1)) - 1; i < len(origins) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				durations, _ := s.Run(origins[i]) // and so was the origin
				visit(i, durations)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}
