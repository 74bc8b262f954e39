package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// feedReader puts a timetable together from the records of a feed.
type feedReader struct {
	ctx   context.Context
	files fs.FS
	names map[string]string
	rep   *FeedReport
	in    *bufio.Reader // of the file that is read
	t     geodata.Timetable

	// seen says of each table where each key first stood; gone are the keys
	// whose record was left out, for records that refer to them.
	seen, gone map[string]map[string]string

	service map[string]int // by id, as the next ones
	stops   map[string]int
	routes  map[string]int
	trips   map[string]int

	parents   []feedRef // of stops, by their numbers in t.Stops
	ends      map[string]feedRef
	calls     [][]feedCall // of trips
	broken    []bool       // trips with a record that cannot be used
	zoneLine  row
	lastTrip  string // of stop_times, and its number
	lastIndex int
	flex      int // stop times on demand
}

// feedRef is what a record says of another one.
type feedRef struct {
	row   row
	id    string
	value string
}

// feedCall is a stop time as it stands in the file.
type feedCall struct {
	call     geodata.Call
	sequence int
	line     int
	known    bool // has times
}

func newFeedReader(ctx context.Context, files fs.FS, names map[string]string, rep *FeedReport) *feedReader {
	return &feedReader{ctx: ctx, files: files, names: names, rep: rep, in: bufio.NewReaderSize(nil, csvWindow),
		seen: map[string]map[string]string{}, gone: map[string]map[string]string{}, ends: map[string]feedRef{},
		service: map[string]int{}, stops: map[string]int{}, routes: map[string]int{}, trips: map[string]int{}, lastIndex: -1}
}

// reject leaves a record out, for a reason that has a code.
func (r *feedReader) reject(w *row, code, field, reason string, args ...any) {
	w.file.reject(w.where, field, w.get(field), reason, args...)
	r.rep.notice(code, Error, w.file.File, w.file.Rejected[len(w.file.Rejected)-1])
}

// warn notes what is wrong with a record that is kept.
func (r *feedReader) warn(w *row, code string, severity Severity, field, reason string, args ...any) {
	probe := FileReport{}
	probe.reject(w.where, field, w.get(field), reason, args...)
	r.rep.notice(code, severity, w.file.File, probe.Rejected[0])
}

// key takes a record's id, which must be there and new to its table.
func (r *feedReader) key(w *row, field string) (id string, ok bool) {
	if id = w.get(field); id == "" {
		r.reject(w, "missing_required_field", field, "want an id")
		return "", false
	}
	return id, r.fresh(w, field, id)
}

func (r *feedReader) fresh(w *row, field, key string) bool {
	if r.seen[field] == nil {
		r.seen[field], r.gone[field] = map[string]string{}, map[string]string{}
	}
	if first, twice := r.seen[field][key]; twice {
		r.reject(w, "duplicate_key", field, "stands on %s too: want each once", first)
		return false
	}
	r.seen[field][key] = w.where
	return true
}

// lose remembers that a record with a key was left out.
func (r *feedReader) lose(w *row, field, key string) {
	r.gone[field][key] = fmt.Sprintf("%s %s", w.file.File, w.where)
}

// unknown rejects a reference to a record that is not there.
func (r *feedReader) unknown(w *row, field, key, value, file string) {
	if where, ok := r.gone[key][value]; ok {
		r.reject(w, "foreign_key_violation", field, "was left out (%s)", where)
		return
	}
	r.reject(w, "foreign_key_violation", field, "is not in %s", file)
}

func (r *feedReader) agency(w row) {
	if zone := w.get("agency_timezone"); zone == "" {
		r.reject(&w, "missing_required_field", "agency_timezone", "want an IANA name such as Europe/Paris")
		return
	} else if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		r.reject(&w, "invalid_timezone", "agency_timezone", "want an IANA name such as Europe/Paris")
		return
	} else if r.t.Zone != "" && r.t.Zone != zone {
		r.warn(&w, "inconsistent_agency_timezone", Error, "agency_timezone", "a feed has one time zone: %s, of %s, is taken for all", r.t.Zone, r.zoneLine.where)
	}
	id := w.get("agency_id")
	if len(r.t.Agencies) > 0 && (id == "" || r.t.Agencies[0].ID == "") {
		r.reject(&w, "missing_required_field", "agency_id", "want an id where there are several agencies")
		return
	}
	if !r.fresh(&w, "agency_id", id) {
		return
	}
	if r.t.Zone == "" {
		r.t.Zone, r.zoneLine = w.get("agency_timezone"), w
	}
	if w.get("agency_name") == "" {
		r.warn(&w, "missing_required_field", Error, "agency_name", "want a name")
	}
	r.t.Agencies = append(r.t.Agencies, geodata.Agency{ID: id, Name: w.get("agency_name"), URL: w.get("agency_url")})
	w.file.Loaded++
}

var weekdays = [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (r *feedReader) calendar(w row) {
	id, ok := r.key(&w, "service_id")
	if !ok {
		return
	}
	s := geodata.TransitService{ID: id}
	for i, day := range weekdays {
		switch w.get(day) {
		case "1":
			s.Week[i] = true
		case "0":
		default:
			r.reject(&w, "unexpected_enum_value", day, "want 1 (runs) or 0 (does not)")
			r.lose(&w, "service_id", id)
			return
		}
	}
	s.First, ok = r.date(&w, "start_date")
	if ok {
		s.Last, ok = r.date(&w, "end_date")
	}
	if ok && s.Last < s.First {
		r.reject(&w, "start_and_end_range_out_of_order", "end_date", "before the start_date %s: want a day that is not before it", w.get("start_date"))
		ok = false
	}
	if !ok {
		r.lose(&w, "service_id", id)
		return
	}
	r.ends[id] = feedRef{row: w, id: id}
	r.addService(s)
	w.file.Loaded++
}

func (r *feedReader) addService(s geodata.TransitService) {
	r.service[s.ID] = len(r.t.Services)
	r.t.Services = append(r.t.Services, s)
}

func (r *feedReader) date(w *row, field string) (geodata.Date, bool) {
	d, err := geodata.ParseDate(w.get(field))
	if err != nil {
		r.reject(w, "invalid_date", field, "want a day such as 20261123")
	}
	return d, err == nil
}

func (r *feedReader) calendarDate(w row) {
	id := w.get("service_id")
	if id == "" {
		r.reject(&w, "missing_required_field", "service_id", "want an id")
		return
	}
	if where, lost := r.gone["service_id"][id]; lost {
		r.reject(&w, "foreign_key_violation", "service_id", "was left out (%s)", where)
		return
	}
	d, ok := r.date(&w, "date")
	if !ok {
		return
	}
	kind := w.get("exception_type")
	if kind != "1" && kind != "2" {
		r.reject(&w, "unexpected_enum_value", "exception_type", "want 1 (added) or 2 (removed)")
		return
	}
	if !r.fresh(&w, "date", id+"\x00"+w.get("date")) {
		return
	}
	i, there := r.service[id]
	if !there {
		i = len(r.t.Services)
		r.addService(geodata.TransitService{ID: id})
	}
	s := &r.t.Services[i]
	if kind == "1" {
		s.Added = append(s.Added, d)
	} else {
		s.Removed = append(s.Removed, d)
	}
	w.file.Loaded++
}

// boardable are the values of wheelchair_boarding that say something.
var boardable = map[string]geodata.Accessibility{"1": geodata.AccessibleYes, "2": geodata.AccessibleNo}

func (r *feedReader) stop(w row) {
	id, ok := r.key(&w, "stop_id")
	if !ok {
		return
	}
	switch kind := w.get("location_type"); kind {
	case "", "0", "1":
	case "2", "3", "4":
		w.file.Outside++
		r.lose(&w, "stop_id", id)
		return
	default:
		r.reject(&w, "unexpected_enum_value", "location_type", "want 0 (stop) to 4")
		r.lose(&w, "stop_id", id)
		return
	}
	s := geodata.Stop{ID: id, Name: w.get("stop_name"), Station: w.get("location_type") == "1", Accessible: boardable[w.get("wheelchair_boarding")]}
	if s.Location, ok = r.location(&w); !ok {
		r.lose(&w, "stop_id", id)
		return
	}
	if s.Name == "" {
		r.warn(&w, "missing_required_field", Error, "stop_name", "want a name")
	}
	switch parent := w.get("parent_station"); {
	case parent != "" && s.Station:
		r.warn(&w, "station_with_parent_station", Error, "parent_station", "a station belongs to no other")
	case parent != "":
		r.parents = append(r.parents, feedRef{w, id, parent})
	}
	r.stops[id] = len(r.t.Stops)
	r.t.Stops = append(r.t.Stops, s)
	w.file.Loaded++
}

// location is where a stop is; not at 0, 0, where no land is.
func (r *feedReader) location(w *row) (p orb.Point, ok bool) {
	for i, field := range []string{"stop_lon", "stop_lat"} {
		v := w.get(field)
		if v == "" {
			r.reject(w, "stop_without_location", field, "want degrees, such as -0.55")
			return p, false
		}
		x, err := strconv.ParseFloat(v, 64)
		if err != nil {
			r.reject(w, "invalid_float", field, "want degrees, such as -0.55")
			return p, false
		}
		if limit := []float64{180, 90}[i]; !(math.Abs(x) <= limit) {
			r.reject(w, "number_out_of_range", field, "want degrees within ±%g", limit)
			return p, false
		}
		p[i] = x
	}
	if math.Abs(p[0]) <= 1 && math.Abs(p[1]) <= 1 {
		r.reject(w, "point_near_origin", "stop_lat", "with stop_lon %s, a place in the sea off Africa: want where the stop is", w.get("stop_lon"))
		return p, false
	}
	return p, true
}

func (r *feedReader) route(w row) {
	id, ok := r.key(&w, "route_id")
	if !ok {
		return
	}
	lost := func(code, field, reason string, args ...any) {
		r.reject(&w, code, field, reason, args...)
		r.lose(&w, "route_id", id)
	}
	kind, err := strconv.Atoi(w.get("route_type"))
	if err != nil || !geodata.ValidRouteType(kind) {
		lost("unexpected_enum_value", "route_type", "want 0 (tram), 1 (metro), 2 (rail), 3 (bus) … or an extended type from 100 to 1799")
		return
	}
	x := geodata.Route{ID: id, Agency: w.get("agency_id"), Short: w.get("route_short_name"), Long: w.get("route_long_name"), Type: kind}
	if x.Agency == "" || len(r.t.Agencies) == 1 && r.t.Agencies[0].ID == "" {
		if len(r.t.Agencies) != 1 {
			lost("missing_required_field", "agency_id", "want one of the %d agencies", len(r.t.Agencies))
			return
		}
		x.Agency = r.t.Agencies[0].ID
	}
	if !r.hasAgency(x.Agency) {
		r.unknown(&w, "agency_id", "agency_id", x.Agency, "agency.txt")
		r.lose(&w, "route_id", id)
		return
	}
	if x.Short == "" && x.Long == "" {
		r.warn(&w, "route_both_short_and_long_name_missing", Error, "route_short_name", "want a short or a long name")
	}
	if c := w.get("route_color"); len(c) == 6 && strings.Trim(c, "0123456789ABCDEFabcdef") == "" {
		x.Colour = c
	} else if c != "" {
		r.warn(&w, "invalid_color", Error, "route_color", "want six hexadecimal digits")
	}
	r.routes[id] = len(r.t.Routes)
	r.t.Routes = append(r.t.Routes, x)
	w.file.Loaded++
}

func (r *feedReader) hasAgency(id string) bool {
	for _, a := range r.t.Agencies {
		if a.ID == id {
			return true
		}
	}
	return false
}

func (r *feedReader) trip(w row) {
	id, ok := r.key(&w, "trip_id")
	if !ok {
		return
	}
	x := geodata.Trip{ID: id, Route: w.get("route_id"), Service: w.get("service_id"), Headsign: w.get("trip_headsign")}
	if _, ok = r.routes[x.Route]; !ok {
		r.unknown(&w, "route_id", "route_id", x.Route, "routes.txt")
	} else if _, ok = r.service[x.Service]; !ok {
		r.unknown(&w, "service_id", "service_id", x.Service, "calendar.txt or calendar_dates.txt")
	}
	if !ok {
		r.lose(&w, "trip_id", id)
		return
	}
	r.trips[id] = len(r.t.Trips)
	r.t.Trips = append(r.t.Trips, x)
	r.calls = append(r.calls, nil)
	r.broken = append(r.broken, false)
	w.file.Loaded++
}

func (r *feedReader) frequency(w row) {
	id := w.get("trip_id")
	i, ok := r.trips[id]
	if !ok {
		r.unknown(&w, "trip_id", "trip_id", id, "trips.txt")
		return
	}
	var f geodata.Frequency
	if f.From, ok = r.clock(&w, "start_time"); !ok {
		return
	}
	if f.To, ok = r.clock(&w, "end_time"); !ok {
		return
	}
	if f.To <= f.From {
		r.reject(&w, "start_and_end_range_out_of_order", "end_time", "not after the start_time %s: want a time after it", w.get("start_time"))
		return
	}
	headway, err := strconv.Atoi(w.get("headway_secs"))
	if err != nil || headway < 1 || headway > geodata.LatestTime {
		r.reject(&w, "number_out_of_range", "headway_secs", "want the seconds between two departures, at least 1")
		return
	}
	f.Headway, f.Exact = int32(headway), w.get("exact_times") == "1"
	for _, other := range r.t.Trips[i].Frequencies {
		if f.From < other.To && other.From < f.To {
			r.reject(&w, "overlapping_frequency", "start_time", "overlaps another row of the trip %s: want each time once", id)
			return
		}
	}
	r.t.Trips[i].Frequencies = append(r.t.Trips[i].Frequencies, f)
	w.file.Loaded++
}

// clock reads a time that must be there.
func (r *feedReader) clock(w *row, field string) (int32, bool) {
	v := w.get(field)
	s, err := parseGTFSTime(v)
	switch {
	case v == "":
		r.reject(w, "missing_required_field", field, "want a time such as 08:30:00")
	case err != nil:
		r.reject(w, "invalid_time", field, "%v", err)
	}
	return s, err == nil
}

var errGTFSTime = errors.New("want a time such as 08:30:00, or 25:10:00 for ten past one the next day")

// parseGTFSTime reads H:MM:SS in seconds; hours go past 24, up to LatestTime.
func parseGTFSTime(s string) (int32, error) {
	h, rest, ok := strings.Cut(s, ":")
	m, sec, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || len(h) < 1 || len(h) > 3 || len(m) != 2 || len(sec) != 2 || strings.Trim(h+m+sec, "0123456789") != "" {
		return 0, errGTFSTime
	}
	number := func(s string) (n int32) {
		for _, c := range []byte(s) {
			n = 10*n + int32(c-'0')
		}
		return n
	}
	if number(m) > 59 || number(sec) > 59 {
		return 0, errGTFSTime
	}
	t := 3600*number(h) + 60*number(m) + number(sec)
	if t >= geodata.LatestTime {
		return 0, fmt.Errorf("want a time below %d:00:00", geodata.LatestTime/3600)
	}
	return t, nil
}

// stoppings are the values of pickup_type and drop_off_type.
var stoppings = map[string]geodata.Stopping{"": geodata.Regular, "0": geodata.Regular, "1": geodata.NotHere, "2": geodata.CallAgency, "3": geodata.AskTheCrew}

func (r *feedReader) stopTime(w row) {
	id := w.get("trip_id")
	if id != r.lastTrip || r.lastIndex < 0 {
		i, ok := r.trips[id]
		if !ok {
			r.unknown(&w, "trip_id", "trip_id", id, "trips.txt")
			return
		}
		r.lastTrip, r.lastIndex = id, i
	}
	i := r.lastIndex
	if w.get("stop_id") == "" && (w.get("location_id") != "" || w.get("location_group_id") != "") || w.get("start_pickup_drop_off_window") != "" {
		r.flex++
		w.file.Outside++
		return
	}
	c := feedCall{line: w.line}
	var ok bool
	if c.sequence, ok = r.sequence(&w); !ok {
		r.broken[i] = true
		return
	}
	stop := w.get("stop_id")
	at, there := r.stops[stop]
	if !there {
		r.unknown(&w, "stop_id", "stop_id", stop, "stops.txt")
		return // the trip goes by without stopping
	}
	c.call.Stop = int32(at)
	if !r.times(&w, &c) || !r.stopping(&w, "pickup_type", &c.call.Boarding) || !r.stopping(&w, "drop_off_type", &c.call.Alighting) {
		r.broken[i] = true
		return
	}
	r.calls[i] = append(r.calls[i], c)
	w.file.Loaded++
}

func (r *feedReader) sequence(w *row) (int, bool) {
	n, err := strconv.Atoi(w.get("stop_sequence"))
	if err != nil || n < 0 {
		r.reject(w, "invalid_integer", "stop_sequence", "want a whole number that is not negative; without it the trip %s is left out", w.get("trip_id"))
		return 0, false
	}
	return n, true
}

// times reads arrival and departure; one of them stands for both.
func (r *feedReader) times(w *row, c *feedCall) (ok bool) {
	arrival, departure := w.get("arrival_time"), w.get("departure_time")
	if c.known = arrival != "" || departure != ""; !c.known {
		return true
	}
	if arrival == "" || departure == "" {
		r.warn(w, "stop_time_with_only_arrival_or_departure_time", Error, "arrival_time", "want both times; the departure_time %q stands for both", departure+arrival)
	}
	if arrival != "" {
		if c.call.Arrival, ok = r.clock(w, "arrival_time"); !ok {
			return false
		}
		c.call.Departure = c.call.Arrival
	}
	if departure != "" {
		if c.call.Departure, ok = r.clock(w, "departure_time"); !ok {
			return false
		}
		if arrival == "" {
			c.call.Arrival = c.call.Departure
		}
	}
	if c.call.Departure < c.call.Arrival {
		r.reject(w, "stop_time_with_departure_before_arrival_time", "departure_time", "before the arrival_time %s: want a time that is not before it; the trip %s is left out", arrival, w.get("trip_id"))
		return false
	}
	return true
}

func (r *feedReader) stopping(w *row, field string, into *geodata.Stopping) bool {
	v, ok := stoppings[w.get(field)]
	if !ok {
		r.reject(w, "unexpected_enum_value", field, "want 0 (regular), 1 (none), 2 (call the agency) or 3 (tell the driver); the trip %s is left out", w.get("trip_id"))
	}
	*into = v
	return ok
}

func (r *feedReader) transfer(w row) {
	if w.get("from_route_id")+w.get("to_route_id")+w.get("from_trip_id")+w.get("to_trip_id") != "" {
		w.file.Outside++ // between certain trips only
		return
	}
	var x geodata.Transfer
	for i, into := range []*int32{&x.From, &x.To} {
		field := []string{"from_stop_id", "to_stop_id"}[i]
		at, ok := r.stops[w.get(field)]
		if !ok {
			r.unknown(&w, field, "stop_id", w.get(field), "stops.txt")
			return
		}
		*into = int32(at)
	}
	switch kind := w.get("transfer_type"); kind {
	case "", "0", "1", "2", "3":
		n, _ := strconv.Atoi(kind)
		x.Kind = geodata.TransferKind(n)
	default:
		r.reject(&w, "unexpected_enum_value", "transfer_type", "want 0 to 3 between stops")
		return
	}
	if v := w.get("min_transfer_time"); x.Kind == geodata.MinimumTime {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n >= geodata.LatestTime {
			r.reject(&w, "missing_required_field", "min_transfer_time", "want the seconds it takes, with transfer_type 2")
			return
		}
		x.Seconds = int32(n)
	}
	if r.fresh(&w, "to_stop_id", fmt.Sprint(x.From, " ", x.To)) {
		r.t.Transfers = append(r.t.Transfers, x)
		w.file.Loaded++
	}
}
