package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

const (
	// A bus takes as long as a car and a quarter more, stops included.
	busPercent = 125
	// What no timetable says: a line that is its first runs on all days of these years.
	firstDay, lastDay = geodata.Date(20000101), geodata.Date(20991231)
	zone              = "Europe/Paris"
	ownAgency         = "scenario"
)

// routeTypes are those of GTFS.
var routeTypes = map[string]int{"tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4}

// timetable is the builder's own, a copy of the base's or an empty one. Transfers and
// the calls of trips are still those of the base.
func (b *builder) timetable() *geodata.Timetable {
	if b.table != nil {
		return b.table
	}
	b.table, b.changed = &geodata.Timetable{Zone: zone}, true
	if t := b.base.Timetable(); t != nil {
		*b.table = *t
		b.table.Agencies, b.table.Stops, b.table.Routes = slices.Clone(t.Agencies), slices.Clone(t.Stops), slices.Clone(t.Routes)
		b.table.Services, b.table.Trips = slices.Clone(t.Services), slices.Clone(t.Trips)
	}
	return b.table
}

// agency runs the lines of scenarios, or the only one there is, if it has no id.
func (b *builder) agency() string {
	t := b.timetable()
	switch {
	case len(t.Agencies) == 1 && t.Agencies[0].ID == "":
		return ""
	case !slices.ContainsFunc(t.Agencies, func(a geodata.Agency) bool { return a.ID == ownAgency }):
		t.Agencies = append(t.Agencies, geodata.Agency{ID: ownAgency, Name: "Scénario"})
	}
	return ownAgency
}

// onOneLine is a name as a timetable may hold it.
func onOneLine(name string) string {
	letters := strings.Map(func(r rune) rune {
		if r < ' ' || r == '\ufeff' {
			return ' '
		}
		return r
	}, name)
	return strings.Join(strings.Fields(letters), " ")
}

// stopsOf finds the stops of a timetable, which is not in order while it is changed.
type stopsOf struct{ *geodata.Timetable }

func (t stopsOf) find(id string) int {
	return slices.IndexFunc(t.Stops, func(s geodata.Stop) bool { return s.ID == id })
}

// alike suggests stops for an id that is not there.
func (t stopsOf) alike(id string) string {
	var ids []string
	for _, s := range t.Stops {
		if x, part := strings.ToLower(s.ID), strings.ToLower(id); !s.Station && (similar(x, part) || strings.HasPrefix(x, part) || strings.Contains(strings.ToLower(s.Name), part)) {
			ids = append(ids, s.ID)
		}
	}
	return oneOf(ids, "the id of a stop of the timetable, or at: [longitude, latitude] for a new one")
}

// oneOf wants one of a few ids, or says what else.
func oneOf(ids []string, otherwise string) string {
	const most = 8
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return ": want " + otherwise
	} else if len(ids) > most {
		return ": such as " + strings.Join(ids[:most], ", ") + ", …"
	}
	return ": there is " + strings.Join(ids, ", ")
}

// apply adds the line with its stops, days and trips, unless something is wrong.
func (c *Line) apply(b *builder, at spot) {
	t, before := b.timetable(), len(b.problems)
	if slices.ContainsFunc(t.Routes, func(r geodata.Route) bool { return r.ID == c.ID }) {
		b.bad(at, "line.id", "there is a line %q already: want another id", c.ID)
	}
	hours := weekly(c.Hours)
	if hours != nil && hours.Minutes() == 0 {
		b.bad(at, "line.hours", "%s: it never runs: want days with the first and the last departure, such as Mo-Fr 07:00-19:00", c.Hours)
	}
	var calls []int32
	for i, s := range c.Stops {
		stop := c.stop(b, at, i, s)
		if i > 0 && stop >= 0 && stop == calls[i-1] {
			b.bad(at, fmt.Sprintf("line.stops[%d]", i), "it is the stop before: want another one")
		}
		calls = append(calls, stop)
	}
	if len(b.problems) > before {
		return
	}
	there, back := c.running(b, at, calls)
	if len(b.problems) > before || b.failed != nil {
		return
	}
	name := cmp.Or(onOneLine(c.Name), c.ID)
	ends := [2]string{t.Stops[calls[0]].Name, t.Stops[calls[len(calls)-1]].Name}
	t.Routes = append(t.Routes, geodata.Route{ID: c.ID, Agency: b.agency(), Short: name, Long: ends[0] + " – " + ends[1], Type: routeTypes[cmp.Or(c.Type, "bus")]})
	days := c.days(t)
	c.trips(t, days, hours, "there", ends[1], calls, there)
	if c.BothWays == nil || *c.BothWays {
		slices.Reverse(calls)
		slices.Reverse(back)
		c.trips(t, days, hours, "back", ends[0], calls, back)
	}
	b.told(name, c, there)
}

// told notes what a line comes to.
func (b *builder) told(name string, c *Line, there []int32) {
	var sum int32
	for _, s := range there {
		sum += s
	}
	fr, en := "durées données", "times as given"
	switch {
	case c.SpeedKmh > 0:
		fr, en = fmt.Sprintf("à %v km/h", c.SpeedKmh), fmt.Sprintf("at %v km/h", c.SpeedKmh)
	case len(c.Minutes) == 0:
		fr, en = "durées de la voiture plus un quart", "as a car takes, and a quarter more"
	}
	b.note(fmt.Sprintf("Ligne %s : %d min d'un bout à l'autre (%s), toutes les %d min.", name, sum/60, fr, c.Every),
		fmt.Sprintf("Line %s: %d min from end to end (%s), every %d min.", name, sum/60, en, c.Every))
}

// stop is where a stop of the line stands in the timetable, to which a new one is
// added; -1 if something is wrong.
func (c *Line) stop(b *builder, at spot, i int, s LineStop) int32 {
	t, field := stopsOf{b.timetable()}, fmt.Sprintf("line.stops[%d]", i)
	if s.Stop != "" {
		switch k := t.find(s.Stop); {
		case k < 0:
			b.bad(at, field+".stop", "there is no stop %q%s", shortened(s.Stop), t.alike(s.Stop))
		case t.Stops[k].Station:
			b.bad(at, field+".stop", "%s is a station: want the id of a stop of it", s.Stop)
		case s.ID != "" || s.Name != "":
			b.bad(at, field+".stop", "the stop is there already: want no id and no name with it")
		default:
			return int32(k)
		}
		return -1
	}
	id := cmp.Or(s.ID, fmt.Sprintf("%s-%d", c.ID, i+1))
	before := len(b.problems)
	where, _ := b.place(at, field+".at", s.At, s.Commune, id)
	return b.newStop(at, field+".id", geodata.Stop{ID: id, Name: cmp.Or(onOneLine(s.Name), id), Location: where}, len(b.problems) == before)
}

// newStop adds a stop; -1 if its id is taken, or it is not fit.
func (b *builder) newStop(at spot, field string, s geodata.Stop, fit bool) int32 {
	t := stopsOf{b.timetable()}
	if t.find(s.ID) >= 0 {
		b.bad(at, field, "there is a stop %q already: want another id, or stop: %s", s.ID, s.ID)
		return -1
	}
	if !fit {
		return -1
	}
	t.Stops = append(t.Stops, s)
	return int32(len(t.Stops) - 1)
}

// running is the time from each stop to the next in whole minutes, in seconds, and the
// time back.
func (c *Line) running(b *builder, at spot, calls []int32) (there, back []int32) {
	switch kind := cmp.Or(c.Type, "bus"); {
	case len(c.Minutes) > 0 && c.SpeedKmh > 0:
		b.bad(at, "line.speed_kmh", "minutes and speed_kmh exclude each other: want one of them")
		return nil, nil
	case len(c.Minutes) > 0:
		there = c.given(b, at, len(calls)-1)
		back = slices.Clone(there)
	case kind != "bus" && c.SpeedKmh == 0:
		b.bad(at, "line.type", "a %s does not go by road: want minutes or speed_kmh", kind)
		return nil, nil
	case kind != "bus":
		for k := range calls[1:] {
			t := b.timetable()
			metres := math.Round(geodata.Distance(t.Stops[calls[k]].Location, t.Stops[calls[k+1]].Location))
			there = append(there, wholeMinutes(metres*60/1000/c.SpeedKmh))
		}
		back = slices.Clone(there)
	default:
		there, back = c.byRoad(b, at, calls)
	}
	for _, way := range [][]int32{there, back} {
		sum := int64(0)
		for _, s := range way {
			sum += int64(s)
		}
		if sum >= 86400 {
			b.bad(at, "line.stops", "%d minutes from end to end: want less than a day", sum/60)
			return nil, nil
		}
	}
	return there, back
}

func wholeMinutes(m float64) int32 { return 60 * int32(math.Ceil(m)) }

// given are the minutes that the line states.
func (c *Line) given(b *builder, at spot, want int) (seconds []int32) {
	if len(c.Minutes) != want {
		b.bad(at, "line.minutes", "%d of them for %d stops: want %d, from each stop to the next", len(c.Minutes), want+1, want)
		return nil
	}
	for i, m := range c.Minutes {
		if m < 0 || m >= 1440 {
			b.bad(at, fmt.Sprintf("line.minutes[%d]", i), "%d: want minutes from 0 to 1439", m)
			return nil
		}
		seconds = append(seconds, int32(60*m))
	}
	return seconds
}

// byRoad takes what a car takes and a quarter more, or what its way takes at the line's speed.
func (c *Line) byRoad(b *builder, at spot, calls []int32) (there, back []int32) {
	nets := b.nets.Under(b.work)
	get := nets.Get
	minutes := func(t traveltime.Time) int32 { return wholeMinutes(float64(int64(t)*busPercent/100) / 60_000) }
	if c.SpeedKmh > 0 {
		get = nets.Lengths
		minutes = func(t traveltime.Time) int32 {
			return wholeMinutes(math.Round(float64(t)/1000) * 60 / 1000 / c.SpeedKmh)
		}
	}
	net, err := get(b.ctx, b.base, "car")
	var points []orb.Point
	for _, stop := range calls {
		points = append(points, b.table.Stops[stop].Location)
	}
	times := make([][]traveltime.Time, len(points)) // [to][from]
	if err == nil {
		places := net.Places(points)
		err = net.Matrix(b.ctx, places, places, func(j int, row []traveltime.Time) error {
			times[j] = slices.Clone(row)
			return nil
		})
	}
	if err != nil {
		b.broken(at, "line.stops", err)
		return nil, nil
	}
	for k := range calls[1:] {
		on, off := times[k+1][k], times[k][k+1]
		if !on.Reached() || !off.Reached() {
			b.bad(at, fmt.Sprintf("line.stops[%d]", k+1), "no road for cars leads here from the stop before, and back: want a point near a road, or minutes")
			return nil, nil
		}
		there, back = append(there, minutes(on)), append(back, minutes(off))
	}
	return there, back
}

// broken is an error of the network: by no fault of the scenario, if the time is up.
func (b *builder) broken(at spot, field string, err error) {
	if b.ctx.Err() != nil {
		b.failed = errors.Join(b.failed, b.ctx.Err())
		return
	}
	b.bad(at, field, "%v: want minutes", err)
}

// trips adds those of a direction: one for all days with the same hours, that repeats.
func (c *Line) trips(t *geodata.Timetable, days geodata.TransitService, hours *geodata.WeeklyHours, direction, headsign string, calls, seconds []int32) {
	way := []geodata.Call{{Stop: calls[0]}}
	now := int32(0)
	for k, s := range seconds {
		now += s
		way = append(way, geodata.Call{Stop: calls[k+1], Arrival: now, Departure: now})
	}
	for day, spans := range hours {
		first := slices.IndexFunc(hours[:], func(other []geodata.Interval) bool { return slices.Equal(other, spans) })
		if len(spans) == 0 || first < day {
			continue
		}
		service := c.service(t, days, hours, day)
		trip := geodata.Trip{ID: service + "-" + direction, Route: c.ID, Service: service, Headsign: headsign, Calls: slices.Clone(way)}
		for k, span := range spans {
			f := geodata.Frequency{From: int32(60 * span.From), To: int32(60*span.To) + 1, Headway: int32(60 * c.Every), Exact: true} // the last departure too
			if k+1 < len(spans) && spans[k+1].From == span.To {
				f.To--
			}
			trip.Frequencies = append(trip.Frequencies, f)
		}
		t.Trips = append(t.Trips, trip)
	}
}

// days are all from the first to the last of the timetable.
func (c *Line) days(t *geodata.Timetable) geodata.TransitService {
	if first, last, ok := t.Bounds(); ok {
		return geodata.TransitService{ID: c.ID, First: first, Last: last}
	}
	return geodata.TransitService{ID: c.ID, First: firstDay, Last: lastDay}
}

// service is the set of days with the hours of a day.
func (c *Line) service(t *geodata.Timetable, s geodata.TransitService, hours *geodata.WeeklyHours, day int) string {
	for other, spans := range hours {
		if slices.Equal(spans, hours[day]) {
			s.Week[other] = true
			s.ID += "-" + geodata.DayNames[other]
		}
	}
	if !slices.ContainsFunc(t.Services, func(x geodata.TransitService) bool { return x.ID == s.ID }) {
		t.Services = append(t.Services, s)
	}
	return s.ID
}
