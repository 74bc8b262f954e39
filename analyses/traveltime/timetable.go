package traveltime

import (
	"cmp"
	"context"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/transit"
)

// byTimetable is riding by the timetable of a day.
type byTimetable struct {
	nets  *Networks
	s     *geodata.Snapshot
	mode  profile.Mode
	stops *stops
	by    *Network // to the first stop
	foot  *Network
	day   *transit.Network
	trips []transit.Trip // with the runs they are
	runs  []geodata.Run
}

const minute = 60_000 // milliseconds, and from one departure to the next

func (n *Networks) byTimetable(ctx context.Context, s *geodata.Snapshot, m profile.Mode, foot, by *Network) (*byTimetable, error) {
	r := &byTimetable{nets: n, s: s, mode: m, by: by, foot: foot}
	key, ok := rideKey{roads: s.RoadsID(), offer: s.TimetableID()}, false
	var err error
	if r.stops, ok = n.rides.stops.get(key); !ok || r.stops.foot.n.graph != foot.graph {
		if r.stops, err = newStops(ctx, s.Timetable(), foot); err != nil {
			return nil, err
		}
		n.rides.stops.put(key, r.stops)
	}
	if r.trips, r.runs, err = r.stops.trips(m.Date, int32(60*m.From), int32(60*m.To)+int32(LongestRide.Seconds())); err != nil {
		return nil, err
	}
	r.day, err = transit.Build(len(r.stops.at), r.trips, r.stops.change, r.stops.footpaths)
	return r, err
}

func (r *byTimetable) on(ctx context.Context, w Roadwork) (*Network, error) {
	return r.nets.Under(w).Get(ctx, r.s, r.mode.String())
}

// links are the stops that homes reach.
func (r *byTimetable) links(ctx context.Context, h *Homes) ([][]transit.Link, error) {
	h.aside.mu.Lock()
	if h.aside.access == nil {
		h.aside.access = new(access)
	}
	a := h.aside.access
	h.aside.mu.Unlock()
	return a.of(ctx, r.stops, r.by, h)
}

// query asks for the moments at which somebody who leaves home in the window may be at a stop.
func (r *byTimetable) query(egress [][]transit.Link) transit.Query {
	return transit.Query{From: int32(r.mode.From) * minute, To: int32(r.mode.To)*minute + int32(maxAccess(r.by.Mode)), Transfers: r.mode.Changes, Limit: uint32(inMillis(LongestRide)), Egress: egress}
}

func (r *byTimetable) shorten(ctx context.Context, h *Homes, to []Place, rows [][]Time) error {
	links, err := r.links(ctx, h)
	if err != nil {
		return err
	}
	egress, err := r.stops.egress(ctx, to)
	if err != nil {
		return err
	}
	used := make([]bool, len(r.stops.at))
	for _, all := range links {
		for _, l := range all {
			used[l.Stop] = true
		}
	}
	var asked []uint32
	for s, is := range used {
		if is {
			asked = append(asked, uint32(s))
		}
	}
	profiles, err := r.day.Profiles(ctx, r.query(egress), asked)
	if err != nil {
		return err
	}
	of := make([]*transit.Profile, len(used))
	for k, s := range asked {
		of[s] = &profiles[k]
	}
	return workers(ctx, h.Len(), func() func(i int) {
		w := &window{from: int32(r.mode.From) * minute, n: r.mode.Departures(), rank: rank(r.mode.Percentile, r.mode.Departures()), doors: len(to)}
		return func(i int) {
			if h.places[i].On && len(links[i]) > 0 {
				w.look(links[i], of)
				w.shorten(i, rows)
			}
		}
	})
}

// window puts the arrivals of a home together from the profiles of its stops. Who
// leaves earlier can wait for what others take who leave later, so that arrivals only
// change at the departures that are the last to catch something.
type window struct {
	from           int32 // the first departure
	n, rank, doors int
	catches        []catch
	best           []int32 // by catch and door
	durations      []uint32
}

// catch is something that departures until the last can catch.
type catch struct {
	last     int
	arrivals []int32 // by door
}

// look finds the catches of a home, from the latest to the earliest.
func (w *window) look(links []transit.Link, profiles []*transit.Profile) {
	w.catches = w.catches[:0]
	for _, l := range links {
		p := profiles[l.Stop]
		for k, at := range p.Departures {
			spare := at - int32(l.Duration) - w.from
			if spare < 0 {
				continue
			}
			last := min(int(spare/minute), w.n-1)
			w.catches = append(w.catches, catch{last, p.Arrivals[k*w.doors : (k+1)*w.doors]})
			if last == w.n-1 {
				break // later ones arrive later
			}
		}
	}
	slices.SortFunc(w.catches, func(a, b catch) int { return b.last - a.last })
	if need := len(w.catches) * w.doors; len(w.best) < need {
		w.best = make([]int32, need)
	}
	kept := 0
	for _, s := range w.catches {
		if kept == 0 || w.catches[kept-1].last != s.last {
			row := w.best[kept*w.doors : (kept+1)*w.doors]
			if kept == 0 {
				copy(row, s.arrivals)
			} else {
				copy(row, w.best[(kept-1)*w.doors:kept*w.doors])
			}
			w.catches[kept].last = s.last
			kept++
		}
		row := w.best[(kept-1)*w.doors : kept*w.doors]
		for d, at := range s.arrivals {
			row[d] = min(row[d], at)
		}
	}
	w.catches = w.catches[:kept]
}

// shorten replaces the home's times on foot by the percentiles.
func (w *window) shorten(i int, rows [][]Time) {
	for d, row := range rows {
		walk := uint32(row[i])
		w.durations = w.durations[:0]
		for k := range w.catches {
			w.count(k, w.best[k*w.doors+d], walk)
		}
		if len(w.durations) >= w.rank {
			row[i] = Time(smallest(w.durations, w.rank))
		}
	}
}

// count adds the durations of the departures of a catch that beat the walk.
func (w *window) count(k int, arrival int32, walk uint32) {
	if arrival == transit.Never {
		return
	}
	first := 0
	if k+1 < len(w.catches) {
		first = w.catches[k+1].last + 1
	}
	longest := uint32(inMillis(LongestRide))
	for j := w.catches[k].last; j >= first; j-- {
		t := uint32(arrival - w.from - int32(j)*minute)
		if t > longest || t >= walk {
			return // leaving earlier takes longer
		}
		w.durations = append(w.durations, t)
	}
}

func (r *byTimetable) around(ctx context.Context, p Place, limit Time) ([]Stretch, error) {
	egress, err := r.stops.egress(ctx, []Place{p})
	if err != nil {
		return nil, err
	}
	asked := make([]uint32, len(r.stops.at))
	for s := range asked {
		asked[s] = uint32(s)
	}
	profiles, err := r.day.Profiles(ctx, r.query(egress), asked)
	if err != nil {
		return nil, err
	}
	// From a stop one gets on in onwards at best, so that it may be reached in what is
	// left of the limit, and in maxAccess.
	var ends []end
	access := min(maxAccess(r.by.Mode), limit)
	for s, f := range profiles {
		onwards := Unreachable
		for k, at := range f.Departures {
			if f.Arrivals[k] != transit.Never {
				onwards = min(onwards, Time(f.Arrivals[k]-at))
			}
		}
		if onwards <= limit {
			ends = append(ends, end{r.by.Place(r.stops.points[s]), uint32(max(onwards, limit-access))})
		}
	}
	return r.by.near(ctx, limit, ends)
}

func (r *byTimetable) route(ctx context.Context, n *Network, h, f Place, t Time) (*Route, error) {
	links, err := r.links(ctx, n.Homes([]Place{h}))
	if err != nil {
		return nil, err
	}
	egress, err := r.stops.egress(ctx, []Place{f})
	if err != nil {
		return nil, err
	}
	q := r.query(egress)
	q.To, q.Step = int32(r.mode.To)*minute, minute
	search, err := r.day.NewSearch(q)
	if err != nil {
		return nil, err
	}
	durations, err := search.Run(transit.Origin{Access: links[0]})
	if err != nil {
		return nil, err
	}
	leave := q.From + int32(slices.Index(durations, uint32(t)))*minute
	rides, _, err := r.day.Journey(leave, links[0], egress[0], r.mode.Changes)
	if err != nil {
		return nil, err
	}
	j := &journey{ctx: ctx, r: r, now: leave, out: &Route{Line: orb.LineString{h.Of}, Timed: true, Leave: leave}}
	for i, ride := range rides {
		if i == 0 {
			j.travel(r.by, r.by.Place(h.Of), r.by.Place(r.stops.points[ride.From]))
		} else {
			j.change(rides[i-1].To, ride.From)
		}
		j.wait(ride.Departure)
		j.ride(ride)
	}
	j.travel(r.foot, r.stops.foot.places[rides[len(rides)-1].To], f)
	j.out.Time = Time(j.now - leave)
	return j.out, j.err
}

// journey writes down a way by public transport.
type journey struct {
	ctx context.Context
	r   *byTimetable
	now int32 // clock time
	out *Route
	err error
}

func (j *journey) add(leg Leg) {
	j.now += int32(leg.Time)
	j.out.Metres += leg.Metres
	j.out.Line = join(j.out.Line, leg.Line)
	j.out.Legs = append(j.out.Legs, leg)
}

// travel goes by road.
func (j *journey) travel(by *Network, from, to Place) {
	if j.err != nil {
		return
	}
	way, err := by.walkRoute(j.ctx, from, to)
	if err != nil {
		j.err = err
		return
	}
	for _, leg := range way.Legs {
		leg.By = by.Mode
		j.add(leg)
	}
}

// change goes from one ride to the next: on foot, or in the time that the timetable states.
func (j *journey) change(from, to uint32) {
	if from == to {
		return
	}
	stated := slices.IndexFunc(j.r.stops.footpaths, func(f transit.Footpath) bool { return f.From == from && f.To == to })
	before, legs, metres := j.now, len(j.out.Legs), j.out.Metres
	j.travel(j.r.foot, j.r.stops.foot.places[from], j.r.stops.foot.places[to])
	if took := j.r.stops.footpaths[stated].Duration; j.err == nil && j.now != before+int32(took) {
		line := orb.LineString{j.r.stops.points[from], j.r.stops.points[to]}
		j.now, j.out.Legs, j.out.Metres = before, j.out.Legs[:legs], metres
		j.add(Leg{Walk: true, By: "foot", Metres: geodata.Distance(line[0], line[1]), Time: Time(took), Line: line})
	}
}

func (j *journey) wait(until int32) {
	if until > j.now {
		at := j.out.Line[len(j.out.Line)-1]
		j.add(Leg{Wait: true, Time: Time(until - j.now), Line: orb.LineString{at, at}})
	}
}

// ride is a part of the first trip that makes it.
func (j *journey) ride(ride transit.Ride) {
	t := j.r.stops.table
	for i, calls := range j.r.trips {
		on := slices.IndexFunc(calls, func(c transit.Call) bool {
			return c.Stop == ride.From && c.Departure == ride.Departure && !c.NoBoarding
		})
		if on < 0 {
			continue
		}
		off := slices.IndexFunc(calls[on+1:], func(c transit.Call) bool {
			return c.Stop == ride.To && c.Arrival == ride.Arrival && !c.NoAlighting
		})
		if off < 0 {
			continue
		}
		trip := &t.Trips[j.r.runs[i].Trip]
		route, _ := slices.BinarySearchFunc(t.Routes, trip.Route, func(r geodata.Route, id string) int { return cmp.Compare(r.ID, id) })
		line, metres := orb.LineString{}, 0.0
		for k, c := range calls[on : on+off+2] {
			line = append(line, j.r.stops.points[c.Stop])
			if k > 0 {
				metres += geodata.Distance(line[k-1], line[k])
			}
		}
		j.add(Leg{Metres: metres, Time: Time(ride.Arrival - ride.Departure), Line: line, Ride: &Ride{
			Route: t.Routes[route], Headsign: trip.Headsign, From: j.r.stops.name(ride.From), To: j.r.stops.name(ride.To), Departure: ride.Departure, Arrival: ride.Arrival}})
		return
	}
}

func (s *stops) name(stop uint32) string { return s.table.Stops[s.at[stop]].Name }
