package traveltime

import (
	"context"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// called is riding on demand: for who leaves at t, a service that fetches people in
// the home's commune and takes them to the door's comes at the first moment of its
// hours that is not before t + Wait, and takes Detour per cent of the time by car, a
// part of a millisecond counting as one.
type called struct {
	nets  *Networks
	s     *geodata.Snapshot
	mode  profile.Mode
	by    *Network
	cells map[orb.Point]string // communes, as the data say
	doors map[orb.Point]string // those of facilities
	calls []call
}

// call is a service that may be called.
type call struct {
	service  *geodata.OnDemand
	from, to []string
	waits    []uint32 // milliseconds from each departure until one is fetched
	rising   []uint32 // the same, sorted
}

func newCalled(n *Networks, s *geodata.Snapshot, m profile.Mode, by *Network) *called {
	r := &called{nets: n, s: s, mode: m, by: by, cells: map[orb.Point]string{}, doors: map[orb.Point]string{}}
	for i := range s.Counts() {
		r.know(&s.Counts()[i])
	}
	r.know(s.Population())
	for _, f := range s.Facilities() {
		if f.Commune != "" {
			r.doors[f.Location] = f.Commune
		}
	}
	for i := range s.OnDemand() {
		o := &s.OnDemand()[i]
		if m.Now && o.Booking > 0 {
			continue
		}
		c := call{service: o, from: o.From, to: o.To}
		if len(c.to) == 0 {
			c.to = c.from
		}
		for j := range m.Departures() {
			c.waits = append(c.waits, uint32(untilFetched(o, m.Weekday, m.From+j))*minute)
		}
		c.rising = slices.Sorted(slices.Values(c.waits))
		r.calls = append(r.calls, c)
	}
	return r
}

func (r *called) know(p *geodata.Population) {
	for _, c := range p.Cells {
		if c.Commune != "" {
			r.cells[c.Centre] = c.Commune
		}
	}
}

// untilFetched is how many minutes after one of a day somebody who asks is fetched.
func untilFetched(o *geodata.OnDemand, day, asked int) int {
	at := asked + o.Wait
	for days := at / (24 * 60); ; days++ { // Check wants some hours in a week
		for _, span := range o.Hours[(day+days)%7] {
			if end := days*24*60 + span.To; at < end {
				return max(at, days*24*60+span.From) - asked
			}
		}
	}
}

func (r *called) on(ctx context.Context, w Roadwork) (*Network, error) {
	return r.nets.Under(w).Get(ctx, r.s, r.mode.String())
}

// commune is that of a point: of what is first known to lie there, else that whose
// outline holds it; empty for none.
func (r *called) commune(p orb.Point, known ...map[orb.Point]string) string {
	for _, of := range known {
		if code, ok := of[p]; ok {
			return code
		}
	}
	for _, c := range r.s.Communes() {
		if c.Outline.Bound().Contains(p) && planar.MultiPolygonContains(c.Outline, p) {
			return c.Code
		}
	}
	return ""
}

// communes are those of places.
func (r *called) communes(places []Place, known ...map[orb.Point]string) []string {
	out := make([]string, len(places))
	parallel(len(places), func(i int) { out[i] = r.commune(places[i].Of, known...) })
	return out
}

// serving are the calls that lead from one commune to another, by their number.
func (r *called) serving(from, to string) (out []int) {
	for k := range r.calls {
		_, a := slices.BinarySearch(r.calls[k].from, from)
		_, b := slices.BinarySearch(r.calls[k].to, to)
		if a && b {
			out = append(out, k)
		}
	}
	return out
}

// ride is what the direct time by car becomes.
func (c *call) ride(direct Time) uint32 {
	return uint32(min((uint64(direct)*uint64(c.service.Detour)+99)/100, math.MaxUint32/4))
}

// drivers are the homes on the roads.
func (r *called) drivers(h *Homes) *Homes {
	h.aside.mu.Lock()
	defer h.aside.mu.Unlock()
	if h.aside.by == nil {
		h.aside.by = r.by.Homes(r.by.Places(h.points()))
	}
	return h.aside.by
}

func (r *called) shorten(ctx context.Context, h *Homes, to []Place, rows [][]Time) error {
	doors := make([]orb.Point, len(to))
	for j, f := range to {
		doors[j] = f.Of
	}
	places := r.by.Places(doors)
	for j := range places {
		places[j].On = places[j].On && to[j].On // closed to this question, or off the ways on foot
	}
	homes, ends := r.communes(h.places, r.cells, r.doors), r.communes(to, r.doors, r.cells)
	serving := map[[2]string][]int{}
	return r.drivers(h).Matrix(ctx, places, func(j int, times []Time) error {
		for i, direct := range times {
			if !direct.Reached() || !h.places[i].On {
				continue
			}
			pair := [2]string{homes[i], ends[j]}
			calls, seen := serving[pair]
			if !seen {
				calls = r.serving(pair[0], pair[1])
				serving[pair] = calls
			}
			rows[j][i] = min(rows[j][i], r.percentile(calls, direct))
		}
		return nil
	})
}

// percentile is that over the departures of the least that a call takes.
func (r *called) percentile(calls []int, direct Time) Time {
	k := rank(r.mode.Percentile, r.mode.Departures())
	var t uint32
	switch len(calls) {
	case 0:
		return Unreachable
	case 1:
		c := &r.calls[calls[0]]
		t = c.rising[k-1] + c.ride(direct)
	default:
		t = smallest(r.durations(calls, direct), k)
	}
	if t > uint32(inMillis(LongestRide)) {
		return Unreachable
	}
	return Time(t)
}

// durations are the least of the calls, by departure.
func (r *called) durations(calls []int, direct Time) []uint32 {
	out := make([]uint32, r.mode.Departures())
	for n, k := range calls {
		c := &r.calls[k]
		ride := c.ride(direct)
		for j, w := range c.waits {
			if t := w + ride; n == 0 || t < out[j] {
				out[j] = t
			}
		}
	}
	return out
}

func (r *called) around(ctx context.Context, p Place, limit Time) ([]Stretch, error) {
	if len(r.calls) == 0 {
		return nil, nil
	}
	return r.by.near(ctx, limit, []end{{place: r.by.Place(p.Of)}}) // a detour is not shorter
}

func (r *called) route(ctx context.Context, _ *Network, h, f Place, t Time) (*Route, error) {
	calls := r.serving(r.commune(h.Of, r.cells, r.doors), r.commune(f.Of, r.doors, r.cells))
	way, err := r.by.walkRoute(ctx, r.by.Place(h.Of), r.by.Place(f.Of))
	if err != nil {
		return nil, err
	}
	j := slices.Index(r.durations(calls, way.Time), uint32(t))
	out := &Route{Time: t, Metres: way.Metres, Line: way.Line, Timed: true, Leave: int32(r.mode.From+j) * minute}
	for _, k := range calls {
		c := &r.calls[k]
		wait, ride := c.waits[j], c.ride(way.Time)
		if wait+ride != uint32(t) {
			continue
		}
		if wait > 0 {
			out.Legs = append(out.Legs, Leg{Wait: true, Time: Time(wait), Line: orb.LineString{h.Of, h.Of}})
		}
		fetched := out.Leave + int32(wait)
		out.Legs = append(out.Legs, Leg{Metres: way.Metres, Time: Time(ride), Line: way.Line,
			Ride: &Ride{OnDemand: c.service.Name, Departure: fetched, Arrival: fetched + int32(ride)}})
		break
	}
	return out, nil
}
