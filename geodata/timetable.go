package geodata

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones of timetables, wherever Maillage runs
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// Timetable is what public transport offers, in the terms of GTFS Schedule. All
// lists are in the order of their ids (Sort), and Check says whether it holds together.
type Timetable struct {
	Zone      string // IANA name of the time zone its clocks show: Europe/Paris
	Agencies  []Agency
	Stops     []Stop
	Routes    []Route
	Services  []TransitService
	Trips     []Trip
	Transfers []Transfer
}

// Agency runs routes.
type Agency struct {
	ID   string // unique in the timetable; may be empty if there is only one
	Name string
	URL  string
}

// Stop is where vehicles stop, or a station that several stops belong to.
type Stop struct {
	ID         string // unique in the timetable
	Name       string
	Location   orb.Point
	Station    bool
	Parent     string        // id of the station it belongs to; empty if none
	Accessible Accessibility // for wheelchairs: unknown, yes or no
}

// Route is a line as passengers know it.
type Route struct {
	ID     string // unique in the timetable
	Agency string
	Short  string // what the vehicle shows: 42
	Long   string // where it goes: Angers – Saumur
	Type   int    // GTFS route_type: 0 tram, 1 metro, 2 rail, 3 bus, 4 ferry, … or an extended one from 100 to 1799
	Colour string // six hexadecimal digits; empty if unknown
}

// TransitService is a set of days, as calendars write it: the days of the week
// from First to Last, and those Added, without those Removed.
type TransitService struct {
	ID             string
	Week           [7]bool // Monday first
	First, Last    Date    // both included; zero for a service of Added days only
	Added, Removed []Date  // rising
}

// Trip is one vehicle's way on each day of its service.
type Trip struct {
	ID       string // unique in the timetable
	Route    string
	Service  string
	Headsign string // where it says it goes
	Calls    []Call // at least two, in the order of travel
	// Frequencies repeat the trip: its calls then only say how long it takes from
	// one to the next. None for a trip that runs once a day, at the times of its calls.
	Frequencies []Frequency
}

// Call is a stop of a trip. Times are seconds since the beginning of the service
// day (Date.Start), not less than zero, beyond 86,400 after midnight.
type Call struct {
	Stop               int32 // index in Timetable.Stops
	Arrival, Departure int32
	Boarding           Stopping
	Alighting          Stopping
}

// Stopping says whether passengers may get on, or off (GTFS pickup_type, drop_off_type).
type Stopping int8

// The ways to get on or off.
const (
	Regular     Stopping = 0
	NotHere     Stopping = 1
	CallAgency  Stopping = 2 // passengers call the agency beforehand
	AskTheCrew  Stopping = 3 // passengers tell the driver
	stoppingEnd          = 4
)

// Frequency repeats a trip: departures from its first stop are at From, From +
// Headway, … before To, in seconds since the beginning of the service day.
type Frequency struct {
	From, To, Headway int32
	Exact             bool // at these very times; otherwise only as often
}

// Transfer says how to change between two stops, or stations: then it is about all stops of theirs.
type Transfer struct {
	From, To int32 // indices in Timetable.Stops
	Kind     TransferKind
	Seconds  int32 // the least it takes, of MinimumTime
}

// TransferKind is GTFS transfer_type.
type TransferKind int8

// The kinds of transfers.
const (
	Recommended TransferKind = 0
	Timed       TransferKind = 1 // the departing vehicle waits
	MinimumTime TransferKind = 2
	Impossible  TransferKind = 3
)

// Date is a day of the calendar, YYYYMMDD: 20261123. Dates compare as numbers; zero is no date.
type Date int32

// ParseDate reads YYYYMMDD, from year 1900 to 2999.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse("20060102", s)
	if err != nil || t.Year() < 1900 || t.Year() > 2999 {
		return 0, fmt.Errorf("%q is not a date such as 20261123", s)
	}
	return dateOf(t), nil
}

func dateOf(t time.Time) Date { return Date(t.Year()*10000 + int(t.Month())*100 + t.Day()) }

// valid says whether the calendar has this day.
func (d Date) valid() bool {
	y, m, day := int(d)/10000, int(d)/100%100, int(d)%100
	return y >= 1900 && y <= 2999 && dateOf(time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)) == d
}

func (d Date) at(hour int, zone *time.Location) time.Time {
	return time.Date(int(d)/10000, time.Month(int(d)/100%100), int(d)%100, hour, 0, 0, 0, zone)
}

// Plus is the date so many days later.
func (d Date) Plus(days int) Date { return dateOf(d.at(12, time.UTC).AddDate(0, 0, days)) }

// Weekday is 0 for Monday to 6 for Sunday.
func (d Date) Weekday() int { return (int(d.at(12, time.UTC).Weekday()) + 6) % 7 }

// String is 2026-11-23.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100) }

// Start is when the service day begins: noon less twelve hours. That is midnight
// but on the days when clocks change: then it is an hour off, so that a trip at 8
// hours leaves when clocks show 8.
func (d Date) Start(zone *time.Location) time.Time { return d.at(12, zone).Add(-12 * time.Hour) }

// Runs says whether the service runs on a day.
func (s *TransitService) Runs(d Date) bool {
	if _, removed := slices.BinarySearch(s.Removed, d); removed {
		return false
	}
	if _, added := slices.BinarySearch(s.Added, d); added {
		return true
	}
	return s.First != 0 && s.First <= d && d <= s.Last && s.Week[d.Weekday()]
}

// Bounds are the first and the last day of the service; ok is false if it never runs.
func (s *TransitService) Bounds() (first, last Date, ok bool) {
	for _, d := range s.Added {
		if s.Runs(d) {
			first, last = cmp.Or(first, d), d
		}
	}
	if s.First == 0 || s.Week == [7]bool{} {
		return first, last, first != 0
	}
	d := s.First
	for d <= s.Last && !s.Runs(d) { // few: what does not run is off the week or removed
		d = d.Plus(1)
	}
	if d > s.Last {
		return first, last, first != 0
	}
	if first == 0 || d < first {
		first = d
	}
	for d = s.Last; !s.Runs(d); {
		d = d.Plus(-1)
	}
	return first, max(last, d), true
}

// Bounds are the first and the last day on which any trip runs.
func (t *Timetable) Bounds() (first, last Date, ok bool) {
	used := map[string]bool{}
	for i := range t.Trips {
		used[t.Trips[i].Service] = true
	}
	for i := range t.Services {
		f, l, runs := t.Services[i].Bounds()
		if !runs || !used[t.Services[i].ID] {
			continue
		}
		if !ok || f < first {
			first = f
		}
		last, ok = max(last, l), true
	}
	return first, last, ok
}

// CheckDate is an error if no trip runs on a day, which says when some do.
func (t *Timetable) CheckDate(d Date) error {
	runs := map[string]bool{}
	for i := range t.Services {
		runs[t.Services[i].ID] = t.Services[i].Runs(d)
	}
	if slices.ContainsFunc(t.Trips, func(trip Trip) bool { return runs[trip.Service] }) {
		return nil
	}
	first, last, ok := t.Bounds()
	if !ok {
		return errors.New("timetable: no trip runs on any day")
	}
	return fmt.Errorf("timetable: no trip runs on %s: want a day from %s to %s", d, first, last)
}

// Run is a trip on a certain day: Shift seconds are added to the times of its calls.
type Run struct {
	Trip  int // index in Timetable.Trips
	Shift int32
}

// Runs lists the runs of trips that are on their way between two times, in seconds since
// the beginning of a service day, by trip, then in order of time. They are those of the day
// itself, of the days before whose trips last past midnight, and of those after.
// The shifts count the 23 or 25 hours of days when clocks change. A trip that
// runs only so often (Frequency not Exact) is taken to run at exact times.
func (t *Timetable) Runs(day Date, from, to int32) ([]Run, error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil || t.Zone == "" {
		return nil, fmt.Errorf("timetable: unknown time zone %q: want an IANA name such as Europe/Paris", t.Zone)
	}
	services := map[string]int{}
	for i := range t.Services {
		services[t.Services[i].ID] = i
	}
	var out []Run
	for i := range t.Trips {
		trip := &t.Trips[i]
		service := &t.Services[services[trip.Service]]
		begin, end := trip.span()
		// A day lasts 25 hours at most: days off the range by a day more do no harm.
		for k := (int(from)-int(end))/86400 - 1; k <= (int(to)-int(begin))/86400+1; k++ {
			d := day.Plus(k)
			if !service.Runs(d) {
				continue
			}
			offset := int32(d.Start(zone).Sub(day.Start(zone)) / time.Second)
			for _, shift := range trip.shifts() {
				shift += offset
				if trip.Calls[len(trip.Calls)-1].Arrival+shift >= from && trip.Calls[0].Departure+shift < to {
					out = append(out, Run{i, shift})
				}
			}
		}
	}
	return out, nil
}

// shifts are what a day's runs add to the times of the calls.
func (t *Trip) shifts() (out []int32) {
	if len(t.Frequencies) == 0 {
		return []int32{0}
	}
	for _, f := range t.Frequencies {
		for at := f.From; at < f.To; at += f.Headway {
			out = append(out, at-t.Calls[0].Departure)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// span is from the first departure of a day to the last arrival.
func (t *Trip) span() (begin, end int32) {
	begin, end = t.Calls[0].Departure, t.Calls[len(t.Calls)-1].Arrival
	for i, f := range t.Frequencies {
		if i == 0 || f.From < begin {
			begin = f.From
		}
		end = max(end, f.To+t.Calls[len(t.Calls)-1].Arrival-t.Calls[0].Departure)
	}
	return begin, end
}

// Sort puts everything in the order of ids, the calls and transfers with their stops.
func (t *Timetable) Sort() {
	slices.SortStableFunc(t.Agencies, func(a, b Agency) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(t.Routes, func(a, b Route) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(t.Services, func(a, b TransitService) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(t.Trips, func(a, b Trip) int { return cmp.Compare(a.ID, b.ID) })
	t.sortStops()
	slices.SortStableFunc(t.Transfers, func(a, b Transfer) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for i := range t.Services {
		slices.Sort(t.Services[i].Added)
		slices.Sort(t.Services[i].Removed)
	}
	for i := range t.Trips {
		slices.SortStableFunc(t.Trips[i].Frequencies, func(a, b Frequency) int { return cmp.Compare(a.From, b.From) })
	}
}

func (t *Timetable) sortStops() {
	order := make([]int, len(t.Stops))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(t.Stops[a].ID, t.Stops[b].ID) })
	now := make([]int32, len(order))
	for i, from := range order {
		now[from] = int32(i)
	}
	moved := func(stop int32) int32 {
		if stop < 0 || int(stop) >= len(now) {
			return stop // for Check to find
		}
		return now[stop]
	}
	t.Stops = permute(t.Stops, order)
	for i := range t.Trips {
		for k := range t.Trips[i].Calls {
			c := &t.Trips[i].Calls[k]
			c.Stop = moved(c.Stop)
		}
	}
	for i := range t.Transfers {
		t.Transfers[i].From, t.Transfers[i].To = moved(t.Transfers[i].From), moved(t.Transfers[i].To)
	}
}

// Check says what does not hold together in a timetable that is sorted, naming the record.
func (t *Timetable) Check() error {
	if zone, err := time.LoadLocation(t.Zone); err != nil || t.Zone == "" || zone == time.Local {
		return fmt.Errorf("timetable: time zone %q: want an IANA name such as Europe/Paris", t.Zone)
	}
	for _, check := range []func() error{t.checkAgencies, t.checkStops, t.checkRoutes, t.checkServices, t.checkTrips, t.checkTransfers} {
		if err := check(); err != nil {
			return fmt.Errorf("timetable: %w", err)
		}
	}
	return nil
}

// checkID wants ids that rise, and that a file can hold.
func checkID(what, id, before string, first bool) error {
	switch {
	case id == "":
		return fmt.Errorf("a %s without id", what)
	case !first && id == before:
		return fmt.Errorf("%s %s appears twice", what, id)
	case !first && id < before:
		return fmt.Errorf("%s %s stands after %s: want the order of ids", what, id, before)
	}
	return checkText(what+" "+id, "id", id)
}

// checkText wants texts without surrounding blanks and control characters, in UTF-8.
func checkText(record, field, s string) error {
	if !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\ufeff' }) {
		return fmt.Errorf("%s: %s %q: want UTF-8 text without control characters and blanks around it", record, field, s)
	}
	return nil
}

func (t *Timetable) checkAgencies() error {
	if len(t.Agencies) == 0 {
		return errors.New("no agency: want at least one")
	}
	for i, a := range t.Agencies {
		if len(t.Agencies) > 1 || a.ID != "" {
			if err := checkID("agency", a.ID, t.Agencies[max(i-1, 0)].ID, i == 0); err != nil {
				return err
			}
		}
		if err := errors.Join(checkText("agency "+a.ID, "name", a.Name), checkText("agency "+a.ID, "URL", a.URL)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Timetable) checkStops() error {
	for i, s := range t.Stops {
		if err := checkID("stop", s.ID, t.Stops[max(i-1, 0)].ID, i == 0); err != nil {
			return err
		}
		if err := errors.Join(CheckPoint(s.Location), checkText("stop "+s.ID, "name", s.Name)); err != nil {
			return fmt.Errorf("stop %s: %w", s.ID, err)
		}
		if s.Accessible == AccessibleLimited {
			return fmt.Errorf("stop %s: accessible %q: want yes, no or nothing", s.ID, s.Accessible)
		}
		if s.Parent == "" {
			continue
		}
		parent := indexOf(t.Stops, s.Parent, func(s Stop) string { return s.ID })
		if parent < 0 || !t.Stops[parent].Station || s.Station {
			return fmt.Errorf("stop %s: parent %q: want a station for a stop that is none", s.ID, s.Parent)
		}
	}
	return nil
}

// indexOf finds an id in a sorted list; -1 if it is not there.
func indexOf[T any](list []T, id string, idOf func(T) string) int {
	i, ok := slices.BinarySearchFunc(list, id, func(x T, id string) int { return cmp.Compare(idOf(x), id) })
	if !ok {
		return -1
	}
	return i
}

func (t *Timetable) checkRoutes() error {
	for i, r := range t.Routes {
		if err := checkID("route", r.ID, t.Routes[max(i-1, 0)].ID, i == 0); err != nil {
			return err
		}
		if indexOf(t.Agencies, r.Agency, func(a Agency) string { return a.ID }) < 0 {
			return fmt.Errorf("route %s: no agency %q", r.ID, r.Agency)
		}
		if !ValidRouteType(r.Type) {
			return fmt.Errorf("route %s: type %d: want 0 to 7, 11, 12 or an extended type from 100 to 1799", r.ID, r.Type)
		}
		if r.Colour != "" && (len(r.Colour) != 6 || strings.Trim(r.Colour, "0123456789ABCDEFabcdef") != "") {
			return fmt.Errorf("route %s: colour %q: want six hexadecimal digits", r.ID, r.Colour)
		}
		if err := errors.Join(checkText("route "+r.ID, "short name", r.Short), checkText("route "+r.ID, "long name", r.Long)); err != nil {
			return err
		}
	}
	return nil
}

// ValidRouteType says whether GTFS knows a route_type.
func ValidRouteType(t int) bool {
	return t >= 0 && t <= 7 || t == 11 || t == 12 || t >= 100 && t < 1800
}

func (t *Timetable) checkServices() error {
	for i := range t.Services {
		s := &t.Services[i]
		if err := checkID("service", s.ID, t.Services[max(i-1, 0)].ID, i == 0); err != nil {
			return err
		}
		switch {
		case s.First == 0 && (s.Last != 0 || s.Week != [7]bool{} || len(s.Added)+len(s.Removed) == 0):
			return fmt.Errorf("service %s: want the first and last day of its week, or days of its own", s.ID)
		case s.First != 0 && (!s.First.valid() || !s.Last.valid() || s.Last < s.First):
			return fmt.Errorf("service %s: from %s to %s: want a day and one that is not before it", s.ID, s.First, s.Last)
		}
		for _, days := range [][]Date{s.Added, s.Removed} {
			for k, d := range days {
				if !d.valid() || k > 0 && days[k-1] >= d {
					return fmt.Errorf("service %s: day %s: want days of the calendar, rising, each once", s.ID, d)
				}
				if _, both := slices.BinarySearch(s.Removed, d); both && &days[0] != &s.Removed[0] {
					return fmt.Errorf("service %s: day %s is both added and removed", s.ID, d)
				}
			}
		}
	}
	return nil
}

func (t *Timetable) checkTrips() error {
	for i := range t.Trips {
		trip := &t.Trips[i]
		if err := checkID("trip", trip.ID, t.Trips[max(i-1, 0)].ID, i == 0); err != nil {
			return err
		}
		if indexOf(t.Routes, trip.Route, func(r Route) string { return r.ID }) < 0 {
			return fmt.Errorf("trip %s: no route %q", trip.ID, trip.Route)
		}
		if indexOf(t.Services, trip.Service, func(s TransitService) string { return s.ID }) < 0 {
			return fmt.Errorf("trip %s: no service %q", trip.ID, trip.Service)
		}
		if err := cmp.Or(trip.check(len(t.Stops)), checkText("headsign", "text", trip.Headsign)); err != nil {
			return fmt.Errorf("trip %s: %w", trip.ID, err)
		}
	}
	return nil
}

// LatestTime bounds the times of calls, in seconds: a trip lasts less than five days.
const LatestTime = 5 * 86400

func (t *Trip) check(stops int) error {
	if len(t.Calls) < 2 {
		return fmt.Errorf("%d calls: want at least two", len(t.Calls))
	}
	last := int32(0)
	for k, c := range t.Calls {
		switch {
		case c.Stop < 0 || int(c.Stop) >= stops:
			return fmt.Errorf("call %d is at a stop that is not there", k+1)
		case c.Arrival < last || c.Departure < c.Arrival || c.Departure >= LatestTime:
			return fmt.Errorf("call %d, %d to %d s, after %d s: want times that do not go back, below %d", k+1, c.Arrival, c.Departure, last, LatestTime)
		case c.Boarding < 0 || c.Boarding >= stoppingEnd || c.Alighting < 0 || c.Alighting >= stoppingEnd:
			return fmt.Errorf("call %d: boarding %d, alighting %d: want 0 to 3", k+1, c.Boarding, c.Alighting)
		}
		last = c.Departure
	}
	end := int32(0)
	for k, f := range t.Frequencies {
		switch {
		case f.From < 0 || f.To <= f.From || f.To >= LatestTime || f.Headway < 1:
			return fmt.Errorf("frequency %d, every %d s from %d to %d: want times below %d, the second after the first", k+1, f.Headway, f.From, f.To, LatestTime)
		case f.From < end:
			return fmt.Errorf("frequency %d, from %d s, overlaps the one before it", k+1, f.From)
		}
		end = f.To
	}
	return nil
}

func (t *Timetable) checkTransfers() error {
	for i, x := range t.Transfers {
		switch {
		case x.From < 0 || int(x.From) >= len(t.Stops) || x.To < 0 || int(x.To) >= len(t.Stops):
			return fmt.Errorf("transfer %d is at a stop that is not there", i+1)
		case x.Kind < Recommended || x.Kind > Impossible || x.Seconds < 0 || x.Seconds >= LatestTime || x.Kind != MinimumTime && x.Seconds != 0:
			return fmt.Errorf("transfer from %s to %s: kind %d, %d s: want kinds 0 to 3, seconds with kind 2 only", t.Stops[x.From].ID, t.Stops[x.To].ID, x.Kind, x.Seconds)
		case i > 0 && t.Transfers[i-1].From == x.From && t.Transfers[i-1].To >= x.To:
			return fmt.Errorf("transfer from %s to %s: want the order of stops, each pair once", t.Stops[x.From].ID, t.Stops[x.To].ID)
		case i > 0 && t.Transfers[i-1].From > x.From:
			return fmt.Errorf("transfer from %s to %s: want the order of stops", t.Stops[x.From].ID, t.Stops[x.To].ID)
		}
	}
	return nil
}
