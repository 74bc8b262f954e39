package load

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// finish makes trips of the stop times, and a timetable of all that is right.
func (r *feedReader) finish(opt TimetableOptions) (*geodata.Timetable, error) {
	if len(r.t.Agencies) == 0 {
		return nil, fmt.Errorf("agency.txt: no agency can be used: %s", r.firstOf("agency.txt"))
	}
	if r.names["calendar.txt"] == "" && r.names["calendar_dates.txt"] == "" {
		r.rep.notice("missing_calendar_and_calendar_date_files", Error, "calendar.txt", Rejection{Reason: "want it, or calendar_dates.txt"})
		return nil, errors.New("neither calendar.txt nor calendar_dates.txt: want one of them, to know on which days trips run")
	}
	r.linkParents()
	r.makeTrips()
	r.tellUnused()
	if len(r.t.Trips) == 0 {
		return nil, fmt.Errorf("no trip can be used: %s", cmp.Or(r.firstOf("stop_times.txt"), r.firstOf("trips.txt"), r.firstOf("stops.txt"), r.firstOf("calendar.txt"), "there is none"))
	}
	r.t.Sort()
	if err := r.t.Check(); err != nil {
		return nil, err
	}
	if err := r.expired(opt.On); err != nil {
		return nil, err
	}
	r.tell()
	return &r.t, nil
}

// firstOf is the first record of a file that was rejected.
func (r *feedReader) firstOf(file string) string {
	for _, f := range r.rep.Files {
		if f.File == file && len(f.Rejected) > 0 {
			return fmt.Sprintf("%s, %s", file, f.Rejected[0])
		}
	}
	return ""
}

func (r *feedReader) linkParents() {
	for i := range r.parents {
		p := &r.parents[i]
		at, ok := r.stops[p.value]
		switch {
		case !ok:
			r.warn(&p.row, "foreign_key_violation", Error, "parent_station", "is not in stops.txt; the stop is kept without it")
		case !r.t.Stops[at].Station:
			r.warn(&p.row, "wrong_parent_location_type", Error, "parent_station", "is no station (location_type 1); the stop is kept without it")
		default:
			r.t.Stops[r.stops[p.id]].Parent = p.value
		}
	}
}

// makeTrips puts the stop times of each trip in order, and leaves out those that
// cannot be ridden.
func (r *feedReader) makeTrips() {
	file := r.file("stop_times.txt")
	unordered := 0
	trips := r.t.Trips[:0]
	for i := range r.t.Trips {
		t, calls := r.t.Trips[i], r.calls[i]
		inOrder := func(a, b feedCall) int { return cmp.Compare(a.sequence, b.sequence) }
		if !slices.IsSortedFunc(calls, inOrder) {
			unordered++
			slices.SortStableFunc(calls, inOrder)
		}
		if r.broken[i] || !r.inTime(file, t.ID, calls) {
			file.Loaded -= len(calls)
			continue
		}
		if len(calls) < 2 {
			r.rep.notice("unusable_trip", Warning, "trips.txt", Rejection{Record: "trip " + t.ID, Field: "trip_id", Value: t.ID,
				Reason: fmt.Sprintf("%d stop times that can be used: want at least two", len(calls))})
			file.Loaded -= len(calls)
			continue
		}
		for _, c := range calls {
			t.Calls = append(t.Calls, c.call)
		}
		trips = append(trips, t)
	}
	clear(r.t.Trips[len(trips):])
	if n := len(r.t.Trips) - len(trips); n > 0 {
		r.file("trips.txt").Loaded -= n
		r.rep.note("trips left out, for times that cannot be or fewer than two stops: %d", n)
	}
	r.t.Trips = trips
	if unordered > 0 {
		file.note("trips whose stop times do not stand in the order of stop_sequence, and were put in order: %d", unordered)
	}
	if r.flex > 0 {
		file.note("stop times on demand (GTFS-Flex), which are not part of the timetable: %d", r.flex)
	}
}

func (r *feedReader) file(name string) *FileReport {
	for _, f := range r.rep.Files {
		if f.File == name {
			return f
		}
	}
	return &FileReport{File: name}
}

// inTime fills in the times that were left out, and says whether none goes back.
func (r *feedReader) inTime(file *FileReport, trip string, calls []feedCall) bool {
	bad := func(c feedCall, code, field, value, reason string, args ...any) bool {
		file.reject(fmt.Sprintf("line %d", c.line), field, value, reason+"; the trip "+trip+" is left out", args...)
		r.rep.notice(code, Error, file.File, file.Rejected[len(file.Rejected)-1])
		return false
	}
	for k, c := range calls {
		if k > 0 && calls[k-1].sequence == c.sequence {
			return bad(c, "duplicate_key", "stop_sequence", fmt.Sprint(c.sequence), "stands on line %d too: want each once in a trip", calls[k-1].line)
		}
		if !c.known && (k == 0 || k == len(calls)-1) {
			return bad(c, "missing_trip_edge", "arrival_time", "", "want a time at the first and at the last stop")
		}
	}
	last := -1
	for k, c := range calls {
		if !c.known {
			continue
		}
		if last >= 0 && c.call.Arrival < calls[last].call.Departure {
			return bad(c, "stop_time_with_arrival_before_previous_departure_time", "arrival_time", gtfsTime(c.call.Arrival),
				"goes back in time: line %d departs at %s; want a time that is not before it", calls[last].line, gtfsTime(calls[last].call.Departure))
		}
		if last >= 0 && k > last+1 {
			r.fillIn(calls[last : k+1])
			file.Notes = countedNote(file.Notes, "stop times without a time, filled in by distance: ", k-last-1)
		}
		last = k
	}
	return true
}

// countedNote adds to the number at the end of a note.
func countedNote(notes []string, text string, n int) []string {
	for i, s := range notes {
		var was int
		if _, err := fmt.Sscanf(s, text+"%d", &was); err == nil {
			notes[i] = fmt.Sprint(text, was+n)
			return notes
		}
	}
	return append(notes, fmt.Sprint(text, n))
}

// fillIn gives times to the calls between the first and the last, by how far along
// the straight lines from stop to stop they are; in whole seconds, rounded down.
func (r *feedReader) fillIn(calls []feedCall) {
	along := make([]float64, len(calls))
	for k := 1; k < len(calls); k++ {
		a, b := r.t.Stops[calls[k-1].call.Stop].Location, r.t.Stops[calls[k].call.Stop].Location
		along[k] = along[k-1] + geodata.Distance(a, b)
	}
	end := len(calls) - 1
	from, total := calls[0].call.Departure, calls[end].call.Arrival-calls[0].call.Departure
	for k := 1; k < end; k++ {
		share := float64(k) / float64(end)
		if along[end] > 0 {
			share = along[k] / along[end]
		}
		at := from + int32(math.Floor(share*float64(total)))
		calls[k].call.Arrival, calls[k].call.Departure = at, at
	}
}

// gtfsTime is a time as GTFS writes it.
func gtfsTime(seconds int32) string {
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// tellUnused warns of stops where nothing stops and of routes without trips, which stay.
func (r *feedReader) tellUnused() {
	used, ridden := make([]bool, len(r.t.Stops)), map[string]bool{}
	for i := range r.t.Trips {
		ridden[r.t.Trips[i].Route] = true
		for _, c := range r.t.Trips[i].Calls {
			used[c.Stop] = true
			if s := &r.t.Stops[c.Stop]; s.Station {
				r.rep.notice("location_with_unexpected_stop_time", Error, "stops.txt", Rejection{Record: "stop " + s.ID, Field: "location_type", Value: "1", Reason: "vehicles stop at a station: want a stop of it"})
			}
		}
	}
	for i, s := range r.t.Stops {
		if !used[i] && !s.Station {
			r.rep.notice("stop_without_stop_time", Warning, "stops.txt", Rejection{Record: "stop " + s.ID, Field: "stop_id", Value: s.ID, Reason: "nothing stops there"})
		}
	}
	for i := range r.t.Routes {
		if !ridden[r.t.Routes[i].ID] {
			r.rep.notice("route_without_trips", Warning, "routes.txt", Rejection{Record: "route " + r.t.Routes[i].ID, Field: "route_id", Value: r.t.Routes[i].ID, Reason: "no trip of it can be used"})
		}
	}
}

// expired warns of services that have ended before a day, and refuses a feed all of
// whose services have.
func (r *feedReader) expired(on geodata.Date) error {
	first, last, ok := r.t.Bounds()
	if !ok {
		r.rep.notice("service_never_runs", Error, "calendar.txt", Rejection{Reason: "want a service that runs on some day"})
		return errors.New("no trip runs on any day: want services with days in calendar.txt or calendar_dates.txt")
	}
	r.rep.From, r.rep.To = first, last
	if on == 0 {
		return nil
	}
	var latest feedRef
	for i := range r.t.Services {
		s := &r.t.Services[i]
		ref, inCalendar := r.ends[s.ID]
		if _, end, ok := s.Bounds(); !ok || end >= on || !inCalendar {
			continue
		}
		r.warn(&ref.row, "expired_calendar", Warning, "end_date", "has expired before %s: want the operator's current feed, or a day up to the end", on)
		if latest.row.file == nil || ref.row.get("end_date") > latest.row.get("end_date") {
			latest = ref
		}
	}
	if last >= on {
		return nil
	}
	where := "calendar_dates.txt"
	if latest.row.file != nil {
		where = fmt.Sprintf("calendar.txt, %s: end_date = %q", latest.row.where, latest.row.get("end_date"))
	}
	return fmt.Errorf("%s: every service has expired before %s: want the operator's current feed, or a day from %s to %s", where, on, first, last)
}

// tell counts what was loaded, and says what was left aside.
func (r *feedReader) tell() {
	c := &r.rep.Counts
	for _, s := range r.t.Stops {
		if s.Station {
			c.Stations++
		}
	}
	for i := range r.t.Trips {
		c.Calls += len(r.t.Trips[i].Calls)
	}
	c.Agencies, c.Stops, c.Routes, c.Services = len(r.t.Agencies), len(r.t.Stops)-c.Stations, len(r.t.Routes), len(r.t.Services)
	c.Trips, c.Transfers = len(r.t.Trips), len(r.t.Transfers)
	r.rep.Zone = r.t.Zone
	if n := r.file("stops.txt").Outside; n > 0 {
		r.file("stops.txt").note("entrances, nodes and boarding areas, which only pathways need: %d", n)
	}
	if n := r.file("transfers.txt").Outside; n > 0 {
		r.file("transfers.txt").note("transfers between certain routes or trips, not read: %d", n)
	}
	often := 0
	for i := range r.t.Trips {
		if slices.ContainsFunc(r.t.Trips[i].Frequencies, func(f geodata.Frequency) bool { return !f.Exact }) {
			often++
		}
	}
	if often > 0 {
		r.rep.note("trips that run only so often (exact_times 0), taken to run at exact times: %d", often)
	}
}
