package tours

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// TimetableOptions say when a plan runs, and who runs it.
type TimetableOptions struct {
	CalendarOptions
	Agency string // name of who runs the vehicles; the territory's when empty
	URL    string // of their page, such as https://www.example.fr
}

// Timetable is the plan as public transport: a route for each vehicle, a trip for each
// tour from the depot and back, a service for each day of the plan's weeks. A stay that
// goes on after the break is one call. It passes its Check, so that
// load.WriteTimetable can write it as GTFS. It fails when the options are wrong, the plan
// runs on no day or a vehicle has no depot.
func (r *Result) Timetable(o TimetableOptions) (*geodata.Timetable, error) {
	dates, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("timetable: %w", err)
	}
	o.CalendarOptions = dates
	if u, err := url.Parse(o.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("timetable: URL %q: want that of a page of who runs the vehicles, such as https://www.example.fr", o.URL)
	}
	f := &feed{Result: r, o: o, t: &geodata.Timetable{Zone: o.Zone}, stops: map[string]int32{}}
	f.t.Agencies = []geodata.Agency{{ID: "1", Name: oneLine(cmp.Or(o.Agency, r.Provenance.Territory.Name)), URL: o.URL}}
	for i := range r.Tours {
		if err := f.tour(&r.Tours[i]); err != nil {
			return nil, fmt.Errorf("timetable: %w", err)
		}
	}
	if len(f.t.Trips) == 0 {
		return nil, errors.New("timetable: no tour leaves in these weeks")
	}
	f.t.Sort()
	return f.t, f.t.Check()
}

// feed is a timetable that is being made.
type feed struct {
	*Result
	o     TimetableOptions
	t     *geodata.Timetable
	stops map[string]int32 // positions by id
}

func (f *feed) tour(t *Tour) error {
	switch {
	case weekday(t.Day) < 0 || t.Week < 1 || t.Week > f.weeks():
		return fmt.Errorf("tour of %s: no day %q in week %d of %d", t.Vehicle, t.Day, t.Week, f.weeks())
	case f.o.runs(f.Result, t.Week) == 0:
		return nil
	}
	v := f.vehicle(t.Vehicle)
	if v.Lon == nil || v.Lat == nil {
		return fmt.Errorf("vehicle %s: the point of its depot is missing", t.Vehicle)
	}
	depot := f.stop("depot:"+t.Vehicle, "Dépôt de "+f.vehicleName(t.Vehicle), orb.Point{*v.Lon, *v.Lat})
	calls := []geodata.Call{{Stop: depot, Arrival: int32(t.Leave), Departure: int32(t.Leave)}}
	var names []string
	for _, x := range t.Calls {
		stop, last := f.stop(x.Stop, f.address(x.Stop), f.row(x.Stop).At), &calls[len(calls)-1]
		if last.Stop == stop {
			last.Departure = int32(x.Depart)
			continue
		}
		calls = append(calls, geodata.Call{Stop: stop, Arrival: int32(x.Arrive), Departure: int32(x.Depart)})
		names = append(names, cmp.Or(f.row(x.Stop).Name, x.Stop))
	}
	calls = append(calls, geodata.Call{Stop: depot, Arrival: int32(t.Return), Departure: int32(t.Return)})
	service := f.service(t)
	id := fmt.Sprintf("%s-%s-%02d%02d", t.Vehicle, service, t.Leave/3600, t.Leave/60%60)
	f.t.Trips = append(f.t.Trips, geodata.Trip{ID: id, Route: f.route(t.Vehicle), Service: service, Headsign: oneLine(strings.Join(names, " – ")), Calls: calls})
	return nil
}

func (f *feed) stop(id, name string, at orb.Point) int32 {
	i, known := f.stops[id]
	if !known {
		i = int32(len(f.t.Stops))
		f.stops[id] = i
		f.t.Stops = append(f.t.Stops, geodata.Stop{ID: id, Name: oneLine(name), Location: at})
	}
	return i
}

// route is a vehicle's, a bus.
func (f *feed) route(vehicle string) string {
	if !slices.ContainsFunc(f.t.Routes, func(r geodata.Route) bool { return r.ID == vehicle }) {
		f.t.Routes = append(f.t.Routes, geodata.Route{ID: vehicle, Agency: f.t.Agencies[0].ID, Long: oneLine(f.Service.Label.Fr + " – " + f.vehicleName(vehicle)), Type: 3})
	}
	return vehicle
}

// service is a day of the plan's weeks: that of each week, or of every other.
func (f *feed) service(t *Tour) string {
	id, first, n := strings.ToLower(t.Day), f.o.date(t.Week, t.Day), f.o.runs(f.Result, t.Week)
	s := geodata.TransitService{}
	if f.weeks() == 1 {
		s.First, s.Last = f.o.FirstMonday, f.o.FirstMonday.Plus(7*f.o.Weeks-1)
		s.Week[weekday(t.Day)] = true
	} else {
		id = fmt.Sprintf("w%d-%s", t.Week, id)
		for k := range n {
			s.Added = append(s.Added, first.Plus(7*f.weeks()*k))
		}
	}
	s.ID = id
	if !slices.ContainsFunc(f.t.Services, func(x geodata.TransitService) bool { return x.ID == id }) {
		f.t.Services = append(f.t.Services, s)
	}
	return id
}

// oneLine is text as a feed has it: on one line, without blanks around it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
