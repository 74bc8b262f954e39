package tours

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

func bad(param, format string, args ...any) error {
	return &analyses.ParamError{Param: param, Err: fmt.Errorf(format, args...)}
}

// asked is a question whose words are understood.
type asked struct {
	ctx    context.Context
	s      *geodata.Snapshot
	nets   *traveltime.Networks
	p      Params
	d      *demand.Demand
	fixed  *supply.Supply
	stops  []stop
	fleet  []vehicle
	shifts []shift
	closed *geodata.WeeklyHours
	prefer *geodata.WeeklyHours
}

// stop is a candidate with the rules that hold for it.
type stop struct {
	siting.Place
	rules          Stop
	hours          *geodata.WeeklyHours // nil: always
	closed, prefer *geodata.WeeklyHours // nil: never
}

// vehicle is one with its words understood. Times are minutes.
type vehicle struct {
	Vehicle
	depot         orb.Point
	shifts        [2]*geodata.WeeklyHours // of the first and the second week
	long          int                     // of the break; 0 for none
	window        geodata.Interval        // of the break
	setUp, packUp int
}

// shift is a vehicle's tour on a day of a week.
type shift struct {
	vehicle, week, day int // from 0
	span               geodata.Interval
}

// Limits of what is asked.
const (
	maxStops    = 400
	maxVehicles = 20
	maxEffort   = 100_000
)

// ask fills in defaults and reads all words.
func ask(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (a *asked, err error) {
	a = &asked{ctx: ctx, s: s, nets: nets, p: p}
	if a.p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return nil, err
	}
	if a.d, err = demand.Ask(s, p.Service, p.DemandOptions); err != nil {
		return nil, err
	}
	within := []coverage.Threshold(nil)
	if p.Within != nil {
		within = []coverage.Threshold{*p.Within}
	}
	if within, err = coverage.Within(a.d.Service, a.p.Mode, within); err != nil {
		return nil, err
	}
	a.p.Within = &within[0]
	if a.p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return nil, err
	}
	if a.fixed, err = supply.Choose(s, p.Service, a.p.Statuses, p.SupplyOptions); err != nil {
		return nil, err
	}
	for _, read := range []func() error{a.numbers, a.returns, a.words, a.places, a.vehicles} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// numbers fills in what is left out and refuses what cannot be.
func (a *asked) numbers() error {
	p := &a.p
	for _, x := range []struct {
		name              string
		at                *int
		left, least, most int
	}{
		{"weeks", &p.Weeks, 1, 1, 2}, {"step", &p.Step, 30, 10, 60}, {"min_stay", &p.MinStay, 60, 10, 720}, {"max_stay", &p.MaxStay, 240, 10, 720},
		{"max_visits", &p.MaxVisits, 1, 1, 14}, {"prefer_by", &p.PreferBy, 25, 1, 100}, {"co2_per_km", &p.CO2PerKm, 250, 1, 5000}, {"effort", &p.Effort, 40, 1, maxEffort},
	} {
		if *x.at = cmp.Or(*x.at, x.left); *x.at < x.least || *x.at > x.most {
			return bad(x.name, "%d: want a whole number from %d to %d", *x.at, x.least, x.most)
		}
	}
	if 60%p.Step != 0 {
		return bad("step", "%d: want minutes that divide an hour: 10, 12, 15, 20, 30 or 60", p.Step)
	}
	if p.MaxStay < p.MinStay {
		return bad("max_stay", "%d minutes are less than min_stay, %d", p.MaxStay, p.MinStay)
	}
	for name, v := range map[string]*float64{"euro_per_km": &p.EuroPerKm, "euro_per_hour": &p.EuroPerHour} {
		if !(*v >= 0 && *v <= 1000) {
			return bad(name, "%v: want euros from 0 to 1000", *v)
		}
	}
	p.EuroPerKm, p.EuroPerHour = cmp.Or(p.EuroPerKm, 0.5), cmp.Or(p.EuroPerHour, 30)
	return nil
}

func (a *asked) returns() error {
	if len(a.p.Returns) == 0 {
		a.p.Returns = []Return{{120, 100}, {120, 50}, {0, 25}}
	}
	for i, r := range a.p.Returns {
		if i > 0 && (r.Percent > a.p.Returns[i-1].Percent || a.p.Returns[i-1].Minutes == 0) {
			return bad("returns", "%s after %s: want hours that are worth less and less, and nothing after those without a length", r, a.p.Returns[i-1])
		}
	}
	return nil
}

// times reads hours, or days without hours, which are whole days; nil for no words.
func times(param, text string) (*geodata.WeeklyHours, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	rules := strings.Split(text, ";")
	for i, rule := range rules {
		if word := strings.TrimSpace(rule); word != "" && !strings.ContainsAny(word, "0123456789") && !strings.HasSuffix(word, " off") {
			rules[i] = rule + " 00:00-24:00"
		}
	}
	h, err := geodata.ParseWeeklyHours(strings.Join(rules, ";"))
	if err != nil {
		return nil, &analyses.ParamError{Param: param, Err: err}
	}
	return h, nil
}

func (a *asked) words() (err error) {
	if a.closed, err = times("closed", a.p.Closed); err != nil {
		return err
	}
	a.prefer, err = times("prefer", a.p.Prefer)
	return err
}

// places finds the candidates and the rules of each.
func (a *asked) places() error {
	rules := map[string]Stop{}
	var points []siting.Point
	for _, x := range a.p.Stops {
		if _, twice := rules[x.ID]; twice || x.ID == "" || strings.ContainsAny(x.ID, " ,") {
			return bad("stops", "stop %q: want an id of its own for each, without spaces and commas", x.ID)
		}
		rules[x.ID] = x
		if (x.Lon == nil) != (x.Lat == nil) {
			return bad("stops", "stop %s: want both lon and lat, in degrees, or neither for a candidate's rules", x.ID)
		}
		if x.Lon != nil && !x.Drop {
			points = append(points, siting.Point{ID: x.ID, Name: x.Name, Lon: *x.Lon, Lat: *x.Lat})
		}
	}
	if len(a.p.Candidates) == 0 && len(points) == 0 {
		a.p.Candidates = []string{"town_halls"}
	}
	found, err := siting.Places(a.ctx, a.s, a.nets, a.p.Mode, a.p.Service, a.p.Candidates, points)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, place := range found {
		known[place.ID] = true
		r := rules[place.ID]
		if r.Drop {
			continue
		}
		if r.Name != "" {
			place.Name = r.Name
		}
		x, err := a.rules(place, r)
		if err != nil {
			return err
		}
		a.stops = append(a.stops, x)
	}
	for _, x := range a.p.Stops {
		if !known[x.ID] && !x.Drop {
			return bad("stops", "stop %s: no candidate has this id: give its lon and lat", x.ID)
		}
	}
	if n := len(a.stops); n == 0 || n > maxStops {
		return bad("candidates", "%d stops: want 1 to %d", n, maxStops)
	}
	slices.SortFunc(a.stops, func(x, y stop) int { return cmp.Compare(x.ID, y.ID) })
	return nil
}

func (a *asked) rules(place siting.Place, r Stop) (x stop, err error) {
	r.MinStay, r.MaxStay, r.MaxVisits = cmp.Or(r.MinStay, a.p.MinStay), cmp.Or(r.MaxStay, a.p.MaxStay), cmp.Or(r.MaxVisits, a.p.MaxVisits)
	x = stop{Place: place, rules: r}
	if r.MinStay < 1 || r.MaxStay < r.MinStay || r.MaxStay > 720 {
		return x, bad("stops", "stop %s: stays of %d to %d minutes: want at least 1 and at most 720", place.ID, r.MinStay, r.MaxStay)
	}
	if r.MinVisits < 0 || r.MaxVisits < 0 || r.MaxVisits > 14 || r.MinVisits > r.MaxVisits*a.p.Weeks {
		return x, bad("stops", "stop %s: at least %d visits in all and at most %d a week: want numbers from 0 to 14 that can both be kept", place.ID, r.MinVisits, r.MaxVisits)
	}
	for _, w := range []struct {
		text string
		into **geodata.WeeklyHours
	}{{r.Hours, &x.hours}, {r.Closed, &x.closed}, {r.Prefer, &x.prefer}} {
		if *w.into, err = times("stops", w.text); err != nil {
			return x, fmt.Errorf("stop %s: %w", place.ID, err)
		}
	}
	return x, nil
}

// vehicles reads the fleet, or thinks of one, and lists the shifts.
func (a *asked) vehicles() error {
	if len(a.p.Vehicles) == 0 {
		a.p.Vehicles = []Vehicle{{ID: "minibus", Name: "Minibus", Shifts: "Mo-Fr 08:30-17:00", Break: "45m 11:30-14:00"}}
	}
	if n := len(a.p.Vehicles); n > maxVehicles {
		return bad("vehicles", "%d vehicles: want at most %d", n, maxVehicles)
	}
	known := map[string]bool{}
	for i, v := range a.p.Vehicles {
		if v.ID == "" || known[v.ID] {
			return bad("vehicles", "vehicle %q: want an id of its own for each", v.ID)
		}
		known[v.ID] = true
		x, err := a.vehicle(v)
		if err != nil {
			return err
		}
		a.p.Vehicles[i] = x.Vehicle
		a.fleet = append(a.fleet, x)
	}
	for w := range a.p.Weeks {
		for day := range 7 {
			for i, v := range a.fleet {
				for _, span := range v.shifts[w][day] {
					a.shifts = append(a.shifts, shift{i, w, day, span})
				}
			}
		}
	}
	slices.SortStableFunc(a.shifts, func(x, y shift) int {
		return cmp.Or(cmp.Compare(x.week, y.week), cmp.Compare(x.day, y.day), cmp.Compare(x.span.From, y.span.From))
	})
	if len(a.shifts) == 0 {
		return bad("vehicles", "no vehicle has a shift: want shifts such as Mo-Fr 08:30-17:00")
	}
	return nil
}

func (a *asked) vehicle(v Vehicle) (x vehicle, err error) {
	wrong := func(field, format string, args ...any) (vehicle, error) {
		return x, bad("vehicles", "vehicle %s: %s: %s", v.ID, field, fmt.Sprintf(format, args...))
	}
	v.Name, v.Driven = cmp.Or(v.Name, v.ID), cmp.Or(v.Driven, "car")
	if _, err := profile.For(v.Driven); err != nil {
		return wrong("driven", "%v", err)
	}
	ten := 10
	if v.SetUp == nil {
		v.SetUp = &ten
	}
	if v.PackUp == nil {
		v.PackUp = &ten
	}
	if x.setUp, x.packUp = *v.SetUp, *v.PackUp; min(x.setUp, x.packUp) < 0 || max(x.setUp, x.packUp) > 120 {
		return wrong("set_up, pack_up", "%d and %d: want minutes from 0 to 120", x.setUp, x.packUp)
	}
	for w, text := range []string{v.Shifts, cmp.Or(v.Second, v.Shifts)} {
		h, err := times("vehicles", text)
		if err != nil || h == nil {
			return wrong("shifts", "%q: want hours such as Mo-Fr 08:30-17:00", text)
		}
		x.shifts[w] = h
	}
	if v.Break != "" {
		if x.long, x.window, err = parseBreak(v.Break); err != nil {
			return wrong("break", "%v", err)
		}
	}
	if x.depot, err = a.depot(&v); err != nil {
		return wrong("depot", "%v", err)
	}
	lon, lat := x.depot[0], x.depot[1]
	v.Lon, v.Lat = &lon, &lat
	x.Vehicle = v
	return x, nil
}

var errBreak = errors.New("want how long and within what hours, such as 45m 11:30-14:00")

func parseBreak(text string) (minutes int, window geodata.Interval, err error) {
	long, hours, ok := strings.Cut(strings.TrimSpace(text), " ")
	d, err := time.ParseDuration(long)
	if err != nil || !ok || d%time.Minute != 0 || d < time.Minute {
		return 0, window, fmt.Errorf("%q: %w", text, errBreak)
	}
	from, to, ok := strings.Cut(hours, "-")
	if !ok {
		return 0, window, fmt.Errorf("%q: %w", text, errBreak)
	}
	if window.From, err = geodata.ParseClock(from); err != nil {
		return 0, window, err
	}
	if window.To, err = geodata.ParseClock(to); err != nil {
		return 0, window, err
	}
	if minutes = int(d / time.Minute); window.To-window.From < minutes {
		return 0, window, fmt.Errorf("%q: %d minutes do not fit there: %w", text, minutes, errBreak)
	}
	return minutes, window, nil
}

// depot is where a vehicle starts: a point, a commune's town hall, or where such a
// service has its base today.
func (a *asked) depot(v *Vehicle) (orb.Point, error) {
	if v.Lon != nil && v.Lat != nil {
		at := orb.Point{*v.Lon, *v.Lat}
		return at, geodata.CheckPoint(at)
	}
	if (v.Lon == nil) != (v.Lat == nil) {
		return orb.Point{}, errors.New("want both lon and lat, in degrees")
	}
	if v.Depot == "" {
		for _, f := range a.s.Facilities() {
			if f.Service == a.p.Service && f.Itinerant && f.Status == geodata.Existing {
				return f.Location, nil
			}
		}
	}
	var found *geodata.Facility
	people := -1
	for i, f := range a.s.Facilities() {
		c, known := a.s.Commune(f.Commune)
		if f.Service != "town_hall" || !known || v.Depot == "" && !c.Study {
			continue
		}
		if v.Depot != "" && c.Code != v.Depot && !strings.EqualFold(c.Name, v.Depot) {
			continue
		}
		if c.Population > people {
			found, people = &a.s.Facilities()[i], c.Population
		}
	}
	if found == nil {
		return orb.Point{}, fmt.Errorf("%q: no town hall is known there: want lon and lat in degrees, or a commune's code or name", v.Depot)
	}
	return found.Location, nil
}

// clock writes minutes since midnight: 09:00.
func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// number reads a visit's week, day and hours.
func (v *Visit) read() (week, day int, span geodata.Interval, err error) {
	if v.Week = cmp.Or(v.Week, 1); v.Week < 1 || v.Week > 2 {
		return 0, 0, span, fmt.Errorf("week %d: want 1 or 2", v.Week)
	}
	day = slices.IndexFunc(geodata.DayNames[:], func(name string) bool { return strings.EqualFold(name, v.Day) })
	if day < 0 {
		return 0, 0, span, fmt.Errorf("day %s: want one of %s", strconv.Quote(v.Day), strings.Join(geodata.DayNames[:], ", "))
	}
	if span.From, err = geodata.ParseClock(v.From); err != nil {
		return 0, 0, span, fmt.Errorf("from: %w", err)
	}
	if span.To, err = geodata.ParseClock(v.To); err != nil {
		return 0, 0, span, fmt.Errorf("to: %w", err)
	}
	if span.To <= span.From {
		return 0, 0, span, fmt.Errorf("%s to %s: want hours that end after they begin", v.From, v.To)
	}
	return v.Week - 1, day, span, nil
}
