package postgis

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/layers"
)

// timetableHead is what snapshot.timetable says.
type timetableHead struct {
	Zone     string           `json:"zone"`
	Agencies []geodata.Agency `json:"agencies"`
}

// headOfTimetable is JSON, or nil where there is no timetable.
func headOfTimetable(e *encoder, s *geodata.Snapshot) (*string, error) {
	t := s.Timetable()
	if t == nil {
		return nil, nil
	}
	for _, a := range t.Agencies {
		for _, text := range []string{a.ID, a.Name, a.URL} {
			e.check(text)
		}
	}
	b, err := json.Marshal(timetableHead{t.Zone, t.Agencies})
	if err != nil {
		return nil, fmt.Errorf("timetable: %w", err)
	}
	text := string(b)
	return &text, nil
}

// timetable is that of the snapshot, or an empty one.
func (c *content) timetable() *geodata.Timetable {
	if t := c.s.Timetable(); t != nil {
		return t
	}
	return &geodata.Timetable{}
}

func writeStop(e *encoder, c *content, i int) {
	s := &c.timetable().Stops[i]
	e.kind, e.id = "stop", s.ID
	e.text(s.ID)
	e.text(s.Name)
	e.point(s.Location)
	e.bool(s.Station)
	e.text(s.Parent)
	e.text(string(s.Accessible))
}

func writeRoute(e *encoder, c *content, i int) {
	r := &c.timetable().Routes[i]
	if c.courses == nil {
		c.courses = layers.Courses(c.timetable())
	}
	e.kind, e.id = "route", r.ID
	for _, text := range []string{r.ID, r.Agency, r.Short, r.Long} {
		e.text(text)
	}
	e.integer(int32(r.Type))
	e.text(r.Colour)
	e.text(layers.Mode(r.Type))
	e.integer(int32(c.courses[i].Trips))
	if len(c.courses[i].Line) == 0 {
		e.null()
		return
	}
	line, err := ewkb.Marshal(multiLine(c.courses[i].Line), binary.LittleEndian)
	if err != nil {
		e.fail("course: %w", err)
	}
	e.bytes(line)
}

func multiLine(m orb.MultiLineString) *geom.MultiLineString {
	var flat []float64
	var ends []int
	for _, line := range m {
		for _, p := range line {
			flat = append(flat, p[0], p[1])
		}
		ends = append(ends, len(flat))
	}
	return geom.NewMultiLineStringFlat(geom.XY, flat, ends).SetSRID(srid)
}

func writeCalendar(e *encoder, c *content, i int) {
	s := &c.timetable().Services[i]
	e.kind, e.id = "service", s.ID
	e.text(s.ID)
	week := ""
	for _, on := range s.Week {
		if on {
			week += "1"
		} else {
			week += "0"
		}
	}
	e.text(week)
	e.integer(int32(s.First))
	e.integer(int32(s.Last))
	for _, days := range [][]geodata.Date{s.Added, s.Removed} {
		e.integers(len(days))
		for _, d := range days {
			e.integer(int32(d))
		}
	}
}

func writeTrip(e *encoder, c *content, i int) {
	t := c.timetable()
	trip := &t.Trips[i]
	e.kind, e.id = "trip", trip.ID
	for _, text := range []string{trip.ID, trip.Route, trip.Service, trip.Headsign} {
		e.text(text)
	}
	var extent orb.MultiPoint
	regular := true
	for _, call := range trip.Calls {
		extent = append(extent, t.Stops[call.Stop].Location)
		regular = regular && call.Boarding == geodata.Regular && call.Alighting == geodata.Regular
	}
	e.calls(trip.Calls, func(c geodata.Call) int32 { return c.Stop + 1 })
	e.calls(trip.Calls, func(c geodata.Call) int32 { return c.Arrival })
	e.calls(trip.Calls, func(c geodata.Call) int32 { return c.Departure })
	if regular {
		e.integers(0)
	} else {
		e.calls(trip.Calls, func(c geodata.Call) int32 { return int32(c.Boarding)<<2 | int32(c.Alighting) })
	}
	e.integers(4 * len(trip.Frequencies))
	for _, f := range trip.Frequencies {
		e.integer(f.From)
		e.integer(f.To)
		e.integer(f.Headway)
		if f.Exact {
			e.integer(1)
		} else {
			e.integer(0)
		}
	}
	b := extent.Bound()
	e.line(2)
	e.position(b.Min)
	e.position(b.Max)
}

// calls writes an array of what each call has.
func (e *encoder) calls(calls []geodata.Call, of func(geodata.Call) int32) {
	e.integers(len(calls))
	for _, c := range calls {
		e.integer(of(c))
	}
}

func writeTransfer(e *encoder, c *content, i int) {
	x := c.timetable().Transfers[i]
	e.kind, e.id, e.num = "transfer", "", int64(i+1)
	e.integer(x.From + 1)
	e.integer(x.To + 1)
	e.integer(int32(x.Kind))
	e.integer(x.Seconds)
}

func writeOnDemand(e *encoder, c *content, i int) {
	d := &c.s.OnDemand()[i]
	e.kind, e.id = "on-demand transport", d.ID
	for _, text := range []string{d.ID, d.Name, strings.Join(d.From, " "), strings.Join(d.To, " ")} {
		e.text(text)
	}
	writeHours(e, &d.Hours)
	e.integer(int32(d.Wait))
	e.integer(int32(d.Booking))
	e.integer(int32(d.Detour))
	e.text(d.Note)
	e.text(d.Source)
}

// transit reads the timetable, of a part the trips that may call in it, and the
// transport on demand.
func (in *reader) transit(c *geodata.Content) error {
	if c.Timetable != nil {
		for _, layer := range []func(*geodata.Timetable) error{in.stops, in.routes, in.calendars, in.trips, in.transfers} {
			if err := layer(c.Timetable); err != nil {
				return fmt.Errorf("timetable: %w", err)
			}
		}
	}
	if in.counts.onDemand == 0 {
		return nil
	}
	const query = "SELECT id, name, from_communes, to_communes, hours, wait, booking, detour, note, source FROM maillage.on_demand WHERE snapshot = $1"
	err := in.each(query, func(r *row) error {
		d := geodata.OnDemand{ID: r.text(0), Name: r.text(1), From: strings.Fields(r.text(2)), To: strings.Fields(r.text(3)),
			Wait: int(r.integer(5)), Booking: int(r.integer(6)), Detour: int(r.integer(7)), Note: r.text(8), Source: r.text(9)}
		hours, err := geodata.ParseWeeklyHours(r.text(4))
		if err != nil {
			return fmt.Errorf("on-demand transport %s: %w", d.ID, err)
		}
		d.Hours = *hours
		c.OnDemand = append(c.OnDemand, d)
		return nil
	})
	if in.frame != nil {
		c.OnDemand = geodata.OnDemandIn(c.OnDemand, c.Communes)
	}
	return err
}

// stops are read in order: trips name them by their place in it.
func (in *reader) stops(t *geodata.Timetable) error {
	return in.each("SELECT id, name, location, station, parent, accessible FROM maillage.stop WHERE snapshot = $1 ORDER BY fid", func(r *row) error {
		t.Stops = append(t.Stops, geodata.Stop{ID: r.text(0), Name: r.text(1), Location: r.point(2), Station: r.bool(3), Parent: r.text(4), Accessible: geodata.Accessibility(r.text(5))})
		return nil
	})
}

func (in *reader) routes(t *geodata.Timetable) error {
	return in.each("SELECT id, agency, short, long, type, colour FROM maillage.route WHERE snapshot = $1 ORDER BY fid", func(r *row) error {
		t.Routes = append(t.Routes, geodata.Route{ID: r.text(0), Agency: r.text(1), Short: r.text(2), Long: r.text(3), Type: int(r.integer(4)), Colour: r.text(5)})
		return nil
	})
}

func (in *reader) calendars(t *geodata.Timetable) error {
	return in.each("SELECT id, week, first_day, last_day, added, removed FROM maillage.calendar WHERE snapshot = $1 ORDER BY fid", func(r *row) error {
		s := geodata.TransitService{ID: r.text(0), First: geodata.Date(r.integer(2)), Last: geodata.Date(r.integer(3)), Added: r.days(4), Removed: r.days(5)}
		for day, on := range r.fixed(1, len(s.Week)) {
			s.Week[day] = on == '1'
		}
		t.Services = append(t.Services, s)
		return nil
	})
}

func (r *row) days(i int) (days []geodata.Date) {
	for _, d := range r.integers(i) {
		days = append(days, geodata.Date(d))
	}
	return days
}

func (in *reader) trips(t *geodata.Timetable) error {
	texts := map[string]string{}
	const query = "SELECT id, route, service, headsign, stops, arrivals, departures, stopping, frequencies FROM maillage.trip WHERE snapshot = $1"
	return in.within(query, "extent && $box", in.frame, func(r *row) error {
		trip := geodata.Trip{ID: r.text(0), Route: shared(texts, r.fields[1]), Service: shared(texts, r.fields[2]), Headsign: shared(texts, r.fields[3])}
		stops, arrivals, departures, stopping, frequencies := r.integers(4), r.integers(5), r.integers(6), r.integers(7), r.integers(8)
		if len(arrivals) != len(stops) || len(departures) != len(stops) || len(stopping) != 0 && len(stopping) != len(stops) || len(frequencies)%4 != 0 {
			r.wrong(4)
			return nil
		}
		trip.Calls = make([]geodata.Call, len(stops))
		for k := range trip.Calls {
			trip.Calls[k] = geodata.Call{Stop: stops[k] - 1, Arrival: arrivals[k], Departure: departures[k]}
			if len(stopping) > 0 {
				trip.Calls[k].Boarding, trip.Calls[k].Alighting = geodata.Stopping(stopping[k]>>2), geodata.Stopping(stopping[k]&3)
			}
			if stops[k] < 1 || int(stops[k]) > len(t.Stops) {
				return fmt.Errorf("trip %s calls at stop %d of %d", trip.ID, stops[k], len(t.Stops))
			}
		}
		for k := 0; k < len(frequencies); k += 4 {
			trip.Frequencies = append(trip.Frequencies, geodata.Frequency{From: frequencies[k], To: frequencies[k+1], Headway: frequencies[k+2], Exact: frequencies[k+3] != 0})
		}
		t.Trips = append(t.Trips, trip)
		return nil
	})
}

func (in *reader) transfers(t *geodata.Timetable) error {
	return in.each("SELECT from_stop, to_stop, kind, seconds FROM maillage.transfer WHERE snapshot = $1 ORDER BY fid", func(r *row) error {
		t.Transfers = append(t.Transfers, geodata.Transfer{From: r.integer(0) - 1, To: r.integer(1) - 1, Kind: geodata.TransferKind(r.integer(2)), Seconds: r.integer(3)})
		return nil
	})
}
