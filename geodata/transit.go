package geodata

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// sortTransit puts timetable and transport on demand in order. What is in order
// already is left alone, and what is not is copied first: another snapshot may
// hold it too.
func sortTransit(c *Content) {
	if c.Timetable != nil && !c.Timetable.sorted() {
		c.Timetable = c.Timetable.clone()
		c.Timetable.Sort()
	}
	for i := range c.OnDemand {
		c.OnDemand[i].From, c.OnDemand[i].To = sortedCodes(c.OnDemand[i].From), sortedCodes(c.OnDemand[i].To)
	}
	slices.SortStableFunc(c.OnDemand, func(a, b OnDemand) int { return cmp.Compare(a.ID, b.ID) })
}

// sortedCodes is a set of codes, each once.
func sortedCodes(codes []string) []string {
	if slices.IsSorted(codes) && len(slices.Compact(slices.Clone(codes))) == len(codes) {
		return codes
	}
	codes = slices.Clone(codes)
	slices.Sort(codes)
	return slices.Compact(codes)
}

// sorted says whether Sort would change nothing.
func (t *Timetable) sorted() bool {
	inOrder := slices.IsSortedFunc(t.Agencies, func(a, b Agency) int { return cmp.Compare(a.ID, b.ID) }) &&
		slices.IsSortedFunc(t.Stops, func(a, b Stop) int { return cmp.Compare(a.ID, b.ID) }) &&
		slices.IsSortedFunc(t.Routes, func(a, b Route) int { return cmp.Compare(a.ID, b.ID) }) &&
		slices.IsSortedFunc(t.Services, func(a, b TransitService) int { return cmp.Compare(a.ID, b.ID) }) &&
		slices.IsSortedFunc(t.Trips, func(a, b Trip) int { return cmp.Compare(a.ID, b.ID) }) &&
		slices.IsSortedFunc(t.Transfers, func(a, b Transfer) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	for i := range t.Services {
		inOrder = inOrder && slices.IsSorted(t.Services[i].Added) && slices.IsSorted(t.Services[i].Removed)
	}
	for i := range t.Trips {
		inOrder = inOrder && slices.IsSortedFunc(t.Trips[i].Frequencies, func(a, b Frequency) int { return cmp.Compare(a.From, b.From) })
	}
	return inOrder
}

// clone copies all that Sort moves.
func (t *Timetable) clone() *Timetable {
	c := *t
	c.Agencies, c.Stops, c.Routes, c.Transfers = slices.Clone(t.Agencies), slices.Clone(t.Stops), slices.Clone(t.Routes), slices.Clone(t.Transfers)
	c.Services, c.Trips = slices.Clone(t.Services), slices.Clone(t.Trips)
	for i := range c.Services {
		c.Services[i].Added, c.Services[i].Removed = slices.Clone(t.Services[i].Added), slices.Clone(t.Services[i].Removed)
	}
	for i := range c.Trips {
		c.Trips[i].Calls, c.Trips[i].Frequencies = slices.Clone(t.Trips[i].Calls), slices.Clone(t.Trips[i].Frequencies)
	}
	return &c
}

func checkTransit(c *Content) error {
	var errs []error
	if c.Timetable != nil {
		errs = append(errs, c.Timetable.Check())
	}
	for i := range c.OnDemand {
		d := &c.OnDemand[i]
		if i > 0 && d.ID == c.OnDemand[i-1].ID {
			errs = append(errs, fmt.Errorf("on-demand transport %s appears twice", d.ID))
		}
		errs = append(errs, d.Check())
		// Such services reach beyond the territory, but one that fetches nobody in it is a mistake.
		if len(c.Communes) > 0 && len(d.From) > 0 && len(OnDemandIn(c.OnDemand[i:i+1], c.Communes)) == 0 {
			errs = append(errs, fmt.Errorf("on-demand transport %s: from %s: want at least one commune of the territory, such as %s",
				d.ID, strings.Join(d.From, " "), c.Communes[0].Code))
		}
	}
	return errors.Join(errs...)
}

// OnDemandIn keeps the services that fetch people in any of the communes.
func OnDemandIn(all []OnDemand, communes []Commune) []OnDemand {
	there := map[string]bool{}
	for _, m := range communes {
		there[m.Code] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(d OnDemand) bool {
		return !slices.ContainsFunc(d.From, func(code string) bool { return there[code] })
	})
}

// hashTransit is the hash of all public transport; empty where there is none.
func hashTransit(k *Content) string {
	if k.Timetable == nil && len(k.OnDemand) == 0 {
		return ""
	}
	c := newCanon("maillage timetable 1")
	c.bool(k.Timetable != nil)
	if k.Timetable != nil {
		c.timetable(k.Timetable)
	}
	c.int(int64(len(k.OnDemand)))
	for i := range k.OnDemand {
		c.onDemand(&k.OnDemand[i])
	}
	return c.sum()
}

func (c *canon) timetable(t *Timetable) {
	c.text(t.Zone)
	c.int(int64(len(t.Agencies)))
	for _, a := range t.Agencies {
		c.texts(a.ID, a.Name, a.URL)
	}
	c.int(int64(len(t.Stops)))
	for _, s := range t.Stops {
		c.texts(s.ID, s.Name, s.Parent, string(s.Accessible))
		c.point(s.Location)
		c.bool(s.Station)
	}
	c.int(int64(len(t.Routes)))
	for _, r := range t.Routes {
		c.texts(r.ID, r.Agency, r.Short, r.Long, r.Colour)
		c.int(int64(r.Type))
	}
	c.int(int64(len(t.Services)))
	for i := range t.Services {
		c.transitService(&t.Services[i])
	}
	c.int(int64(len(t.Trips)))
	for i := range t.Trips {
		c.trip(&t.Trips[i])
	}
	c.int(int64(len(t.Transfers)))
	for _, x := range t.Transfers {
		c.pair(x.From, x.To)
		c.pair(int32(x.Kind), x.Seconds)
	}
}

func (c *canon) transitService(s *TransitService) {
	c.text(s.ID)
	for _, on := range s.Week {
		c.bool(on)
	}
	c.pair(int32(s.First), int32(s.Last))
	for _, days := range [][]Date{s.Added, s.Removed} {
		c.int(int64(len(days)))
		for _, d := range days {
			c.int(int64(d))
		}
	}
}

func (c *canon) trip(t *Trip) {
	c.texts(t.ID, t.Route, t.Service, t.Headsign)
	c.int(int64(len(t.Calls)))
	for _, call := range t.Calls {
		c.pair(call.Stop, int32(call.Boarding)<<8|int32(call.Alighting))
		c.pair(call.Arrival, call.Departure)
	}
	c.int(int64(len(t.Frequencies)))
	for _, f := range t.Frequencies {
		c.pair(f.From, f.To)
		c.int(int64(f.Headway))
		c.bool(f.Exact)
	}
}

func (c *canon) onDemand(d *OnDemand) {
	c.texts(d.ID, d.Name, d.Hours.String(), d.Note, d.Source)
	for _, codes := range [][]string{d.From, d.To} {
		c.int(int64(len(codes)))
		c.texts(codes...)
	}
	c.pair(int32(d.Wait), int32(d.Booking))
	c.int(int64(d.Detour))
}

func (c *canon) texts(all ...string) {
	for _, s := range all {
		c.text(s)
	}
}

func (c *canon) pair(a, b int32) { c.int(int64(a)<<32 | int64(uint32(b))) }

// CutTimetable keeps the trips that call at two stops or more that are inside,
// whole, and the stops, stations, routes, services and transfers that go with
// them. A timetable without any such trip is kept all the same: that nothing
// runs is known. CutTimetable modifies nothing.
func CutTimetable(from *Timetable, keep func(orb.Point) bool) *Timetable {
	to := &Timetable{Zone: from.Zone, Agencies: from.Agencies}
	inside := make([]bool, len(from.Stops))
	for i := range from.Stops {
		inside[i] = keep(from.Stops[i].Location)
	}
	stops, routes, services := make([]bool, len(from.Stops)), map[string]bool{}, map[string]bool{}
	for i := range from.Trips {
		trip := &from.Trips[i]
		if !callsTwice(trip, inside) {
			continue
		}
		for _, c := range trip.Calls {
			stops[c.Stop] = true
		}
		routes[trip.Route], services[trip.Service] = true, true
		to.Trips = append(to.Trips, *trip)
	}
	for i := range from.Stops {
		if stops[i] && from.Stops[i].Parent != "" {
			stops[indexOf(from.Stops, from.Stops[i].Parent, func(s Stop) string { return s.ID })] = true
		}
	}
	to.keepStops(from, stops)
	for _, r := range from.Routes {
		if routes[r.ID] {
			to.Routes = append(to.Routes, r)
		}
	}
	for _, s := range from.Services {
		if services[s.ID] {
			to.Services = append(to.Services, s)
		}
	}
	return to
}

// callsTwice says whether a trip calls at two different stops of those marked.
func callsTwice(trip *Trip, marked []bool) bool {
	first := int32(-1)
	for _, c := range trip.Calls {
		switch {
		case !marked[c.Stop] || c.Stop == first:
		case first < 0:
			first = c.Stop
		default:
			return true
		}
	}
	return false
}

// keepStops takes the stops marked, the transfers between them, and lets calls follow.
func (t *Timetable) keepStops(from *Timetable, kept []bool) {
	now := make([]int32, len(from.Stops))
	for i, s := range from.Stops {
		if kept[i] {
			now[i] = int32(len(t.Stops))
			t.Stops = append(t.Stops, s)
		}
	}
	for i := range t.Trips {
		calls := slices.Clone(t.Trips[i].Calls)
		for k := range calls {
			calls[k].Stop = now[calls[k].Stop]
		}
		t.Trips[i].Calls = calls
	}
	for _, x := range from.Transfers {
		if kept[x.From] && kept[x.To] {
			x.From, x.To = now[x.From], now[x.To]
			t.Transfers = append(t.Transfers, x)
		}
	}
}
