package geopackage

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// packTransit packs a timetable: all but its trips in one chunk, the trips by
// place, so that a part of a territory is found without reading the rest.
func packTransit(s *geodata.Snapshot, row packedRow) bool {
	t := s.Timetable()
	if t == nil {
		return true
	}
	if !row(kindTimetable, 0, nil, nowhere(), packTimetable(t)) {
		return false
	}
	boxes := make([]box, len(t.Trips))
	for i := range t.Trips {
		boxes[i] = nowhere()
		for _, c := range t.Trips[i].Calls {
			boxes[i].add(t.Stops[c.Stop].Location)
		}
	}
	order := along(len(t.Trips), func(i int) (x, y float64) { return boxes[i].centre() })
	for k, at := range chunksOf(order, tripsPerChunk) {
		b := nowhere()
		for _, i := range at {
			b.join(boxes[i])
		}
		if !row(kindTrips, k, nil, b, packTrips(t, at)) {
			return false
		}
	}
	return true
}

func packTimetable(t *geodata.Timetable) []byte {
	w := &packer{}
	w.text(t.Zone)
	w.count(len(t.Agencies))
	for _, a := range t.Agencies {
		w.each(a.ID, a.Name, a.URL)
	}
	w.count(len(t.Stops))
	for _, s := range t.Stops {
		w.each(s.ID, s.Name, s.Parent, string(s.Accessible))
		w.bool(s.Station)
		w.point(s.Location)
	}
	w.count(len(t.Routes))
	for _, r := range t.Routes {
		w.each(r.ID, r.Agency, r.Short, r.Long, r.Colour)
		w.count(r.Type)
	}
	w.count(len(t.Services))
	for i := range t.Services {
		s := &t.Services[i]
		w.text(s.ID)
		for _, on := range s.Week {
			w.bool(on)
		}
		w.count(int(s.First))
		w.count(int(s.Last))
		for _, days := range [][]geodata.Date{s.Added, s.Removed} {
			w.count(len(days))
			for _, d := range days {
				w.step(0, int64(d))
			}
		}
	}
	w.count(len(t.Transfers))
	for _, x := range t.Transfers {
		w.step(1, int64(x.From))
		w.step(2, int64(x.To))
		w.count(int(x.Kind))
		w.count(int(x.Seconds))
	}
	return w.bytes()
}

func unpackTimetable(chunk []byte) (*geodata.Timetable, error) {
	u := newUnpacker(chunk)
	t := &geodata.Timetable{Zone: u.text()}
	t.Agencies = make([]geodata.Agency, u.count(3))
	for i := range t.Agencies {
		t.Agencies[i] = geodata.Agency{ID: u.text(), Name: u.text(), URL: u.text()}
	}
	t.Stops = make([]geodata.Stop, u.count(21))
	for i := range t.Stops {
		t.Stops[i] = geodata.Stop{ID: u.text(), Name: u.text(), Parent: u.text(), Accessible: geodata.Accessibility(u.text()), Station: u.bool(), Location: u.point()}
	}
	t.Routes = make([]geodata.Route, u.count(6))
	for i := range t.Routes {
		t.Routes[i] = geodata.Route{ID: u.text(), Agency: u.text(), Short: u.text(), Long: u.text(), Colour: u.text(), Type: int(u.uint())}
	}
	t.Services = make([]geodata.TransitService, u.count(12))
	for i := range t.Services {
		s := &t.Services[i]
		s.ID = u.text()
		for day := range s.Week {
			s.Week[day] = u.bool()
		}
		s.First, s.Last = geodata.Date(u.uint()), geodata.Date(u.uint())
		s.Added, s.Removed = u.days(), u.days()
	}
	t.Transfers = make([]geodata.Transfer, u.count(4))
	for i := range t.Transfers {
		t.Transfers[i] = geodata.Transfer{From: u.int32(1), To: u.int32(2), Kind: geodata.TransferKind(u.index(4)), Seconds: int32(u.index(geodata.LatestTime))}
	}
	return t, u.end()
}

func (w *packer) each(texts ...string) {
	for _, s := range texts {
		w.text(s)
	}
}

func (u *unpacker) days() (days []geodata.Date) {
	for range u.count(1) {
		days = append(days, geodata.Date(u.int32(0)))
	}
	return days
}

// tripChunk is some trips and their positions.
type tripChunk struct {
	at    []int32
	trips []geodata.Trip
}

// The kinds of steps in a chunk of trips.
const (
	stepTrip = iota
	stepStop
	stepTime
)

func packTrips(t *geodata.Timetable, at []int32) []byte {
	var shared texts // of routes, services and headsigns
	for _, i := range at {
		for _, s := range []string{t.Trips[i].Route, t.Trips[i].Service, t.Trips[i].Headsign} {
			shared.index(s)
		}
	}
	w := &packer{}
	w.texts(&shared)
	w.count(len(at))
	for _, i := range at {
		trip := &t.Trips[i]
		w.step(stepTrip, int64(i))
		w.text(trip.ID)
		for _, s := range []string{trip.Route, trip.Service, trip.Headsign} {
			w.count(shared.index(s))
		}
		w.count(len(trip.Calls))
		w.last[stepTime] = 0
		for _, c := range trip.Calls {
			w.step(stepStop, int64(c.Stop))
			w.step(stepTime, int64(c.Arrival))
			w.step(stepTime, int64(c.Departure))
			w.count(int(c.Boarding)<<2 | int(c.Alighting))
		}
		w.count(len(trip.Frequencies))
		for _, f := range trip.Frequencies {
			w.count(int(f.From))
			w.count(int(f.To))
			w.count(int(f.Headway))
			w.bool(f.Exact)
		}
	}
	return w.bytes()
}

func unpackTrips(chunk []byte) (tripChunk, error) {
	u := newUnpacker(chunk)
	shared := u.texts()
	one := func() string {
		i := u.index(len(shared))
		if u.bad {
			return ""
		}
		return shared[i]
	}
	n := u.count(7)
	out := tripChunk{at: make([]int32, n), trips: make([]geodata.Trip, n)}
	for i := range out.trips {
		out.at[i] = u.int32(stepTrip)
		trip := geodata.Trip{ID: u.text(), Route: one(), Service: one(), Headsign: one()}
		trip.Calls = make([]geodata.Call, u.count(4))
		u.last[stepTime] = 0
		for k := range trip.Calls {
			c := geodata.Call{Stop: u.int32(stepStop), Arrival: u.int32(stepTime), Departure: u.int32(stepTime)}
			stopping := u.index(16)
			c.Boarding, c.Alighting = geodata.Stopping(stopping>>2), geodata.Stopping(stopping&3)
			trip.Calls[k] = c
		}
		for range u.count(4) {
			trip.Frequencies = append(trip.Frequencies, geodata.Frequency{From: int32(u.index(geodata.LatestTime)), To: int32(u.index(geodata.LatestTime)), Headway: int32(u.index(math.MaxInt32 + 1)), Exact: u.bool()})
		}
		out.trips[i] = trip
	}
	return out, u.end()
}

// timetable reads it, in a frame with the trips that may call there; nil where there is none.
func (p *packed) timetable(h *head) (*geodata.Timetable, error) {
	if !h.Timetable {
		return nil, nil
	}
	chunks, err := p.chunks(kindTimetable, "chunk = 0")
	if err != nil {
		return nil, err
	}
	parts, err := unpackAll(p.ctx, kindTimetable, chunks, unpackTimetable)
	if err == nil && len(parts) != 1 {
		err = p.complete(errPacked, kindTimetable, 0, 1)
	}
	if err != nil {
		return nil, err
	}
	if chunks, err = p.chunks(kindTrips, ""); err != nil {
		return nil, err
	}
	trips, err := unpackAll(p.ctx, kindTrips, chunks, unpackTrips)
	if err != nil {
		return nil, err
	}
	t := parts[0]
	t.Trips, _, err = gather(h.Trips, trips, func(c *tripChunk) ([]int32, []geodata.Trip) { return c.at, c.trips })
	return t, p.complete(err, kindTrips, len(t.Trips), h.Trips)
}

// stops reads the names, places and accessibility of stops from their layer. Which
// stops there are is up to the timetable.
func (in *reader) stops(t *geodata.Timetable) error {
	known := map[string]*geodata.Stop{}
	for i := range t.Stops {
		known[t.Stops[i].ID] = &t.Stops[i]
	}
	err := in.each("stops", []string{"geom", "id", "name", "accessible"}, func(v *row) error {
		stop, there := known[v.id()]
		point, isPoint := v.geometry().(orb.Point)
		switch {
		case v.err != nil:
			return v.err
		case !there:
			return v.wrong("id", "of no stop of the timetable", "each of its stops once: import a corrected timetable to add stops")
		case !isPoint:
			return v.wrong("geom", v.value("geom"), "a point")
		}
		delete(known, stop.ID)
		stop.Name, stop.Location, stop.Accessible = v.text("name"), point, geodata.Accessibility(v.text("accessible"))
		if !slices.Contains([]geodata.Accessibility{"", geodata.AccessibleYes, geodata.AccessibleNo}, stop.Accessible) {
			return v.wrong("accessible", stop.Accessible, "yes, no or nothing")
		}
		return nil
	})
	for i := range t.Stops {
		if _, missing := known[t.Stops[i].ID]; missing && err == nil {
			return fmt.Errorf("%s: stops: stop %s is missing, and the timetable needs it: put it back, or import a corrected timetable", in.path, t.Stops[i].ID)
		}
	}
	return err
}

// onDemand reads the table.
func (in *reader) onDemand(c *geodata.Content) error {
	c.OnDemand = nil
	columns := []string{"id", "name", "from_communes", "to_communes", "hours", "wait", "booking", "detour", "note", "source"}
	return in.each("on_demand", columns, func(v *row) error {
		d := geodata.OnDemand{ID: v.id(), Name: v.text("name"), From: strings.Fields(v.text("from_communes")), To: strings.Fields(v.text("to_communes")),
			Wait: v.int("wait"), Booking: v.int("booking"), Detour: v.int("detour"), Note: v.text("note"), Source: v.text("source")}
		hours, err := geodata.ParseWeeklyHours(v.text("hours"))
		if err != nil {
			return fmt.Errorf("on-demand transport %s: %w", d.ID, err)
		}
		d.Hours = *hours
		if v.err == nil {
			slices.Sort(d.From)
			slices.Sort(d.To)
			err = d.Check()
		}
		c.OnDemand = append(c.OnDemand, d)
		return err
	})
}
