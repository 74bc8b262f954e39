package geodata

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

// onRequest fetches people in commune a to d on weekdays and takes them anywhere there.
func onRequest() OnDemand {
	hours, err := ParseWeeklyHours("Mo-Fr 08:00-18:00")
	if err != nil {
		panic(err)
	}
	return OnDemand{ID: "tad", Name: "Transport à la demande", From: []string{"a", "d"}, Hours: *hours, Wait: 20, Booking: 1440, Detour: 140}
}

// served is the town with the two stops and with transport on demand.
func served(t *testing.T, change func(*Content)) *Snapshot {
	t.Helper()
	c := town(rand.New(rand.NewPCG(1, 1)))
	c.Timetable, c.OnDemand = twoStops(), []OnDemand{onRequest()}
	if change != nil {
		change(&c)
	}
	s, err := NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPublicTransportIsPartOfTheID(t *testing.T) {
	bare, err := NewSnapshot(town(rand.New(rand.NewPCG(1, 1))))
	if err != nil {
		t.Fatal(err)
	}
	if bare.TimetableID() != "" {
		t.Errorf("without public transport TimetableID is %q", bare.TimetableID())
	}
	base := served(t, nil)
	seen, ids := map[string]string{bare.TimetableID(): "nothing", base.TimetableID(): "base"}, map[string]bool{bare.ID(): true, base.ID(): true}
	for name, change := range map[string]func(*Content){
		"no timetable": func(c *Content) { c.Timetable = nil },
		"no on demand": func(c *Content) { c.OnDemand = nil },
		"zone":         func(c *Content) { c.Timetable.Zone = "Europe/London" },
		"agency":       func(c *Content) { c.Timetable.Agencies[0].URL = "https://example.org" },
		"stop":         func(c *Content) { c.Timetable.Stops[1].Accessible = AccessibleYes },
		"place":        func(c *Content) { c.Timetable.Stops[1].Location[0] = -0.3 },
		"route":        func(c *Content) { c.Timetable.Routes[0].Colour = "ff0000" },
		"week":         func(c *Content) { c.Timetable.Services[0].Week[5] = true },
		"last":         func(c *Content) { c.Timetable.Services[0].Last = 20250401 },
		"added":        func(c *Content) { c.Timetable.Services[0].Added = []Date{20250501} },
		"removed":      func(c *Content) { c.Timetable.Services[0].Removed = []Date{20250501} },
		"headsign":     func(c *Content) { c.Timetable.Trips[0].Headsign = "b" },
		"arrival":      func(c *Content) { c.Timetable.Trips[0].Calls[1].Arrival-- },
		"departure":    func(c *Content) { c.Timetable.Trips[0].Calls[1].Departure++ },
		"boarding":     func(c *Content) { c.Timetable.Trips[0].Calls[1].Boarding = NotHere },
		"alighting":    func(c *Content) { c.Timetable.Trips[0].Calls[1].Alighting = NotHere },
		"frequency":    func(c *Content) { c.Timetable.Trips[0].Frequencies = []Frequency{{28800, 36000, 900, false}} },
		"exact":        func(c *Content) { c.Timetable.Trips[0].Frequencies = []Frequency{{28800, 36000, 900, true}} },
		"transfer":     func(c *Content) { c.Timetable.Transfers = []Transfer{{0, 1, MinimumTime, 60}} },
		"wait":         func(c *Content) { c.OnDemand[0].Wait = 21 },
		"booking":      func(c *Content) { c.OnDemand[0].Booking = 0 },
		"detour":       func(c *Content) { c.OnDemand[0].Detour = 141 },
		"hours":        func(c *Content) { c.OnDemand[0].Hours[5] = []Interval{{480, 720}} },
		"to":           func(c *Content) { c.OnDemand[0].To = []string{"b"} },
		"from":         func(c *Content) { c.OnDemand[0].From = []string{"a"} },
		"note":         func(c *Content) { c.OnDemand[0].Note = "2 €" },
		"source":       func(c *Content) { c.OnDemand[0].Source = "Région" },
		"another":      func(c *Content) { c.OnDemand = append(c.OnDemand, onRequest()); c.OnDemand[1].ID = "b" },
	} {
		s := served(t, change)
		if other, ok := seen[s.TimetableID()]; ok || ids[s.ID()] {
			t.Errorf("%s gives the same id as %s", name, other)
		}
		if s.RoadsID() != base.RoadsID() {
			t.Errorf("%s changes the id of the roads", name)
		}
		seen[s.TimetableID()], ids[s.ID()] = name, true
	}
	again, err := NewSnapshot(base.Content())
	if err != nil || again.ID() != base.ID() || again.Timetable() != base.Timetable() {
		t.Error("the unchanged content must keep its id and share its timetable", err)
	}
}

func TestPublicTransportIsSortedInACopy(t *testing.T) {
	shuffled := twoStops()
	slices.Reverse(shuffled.Stops)
	shuffled.Trips[0].Calls[0].Stop, shuffled.Trips[0].Calls[1].Stop = 1, 0
	shuffled.Services[0].Added = []Date{20250501, 20250408}
	before, from := shuffled.clone(), []string{"d", "a", "d"}
	s := served(t, func(c *Content) {
		second := onRequest()
		second.ID, second.From = "a", from
		c.Timetable, c.OnDemand = shuffled, append(c.OnDemand, second)
	})
	if diff := cmp.Diff(before, shuffled); diff != "" {
		t.Error("the timetable handed in was changed:", diff)
	}
	if !slices.Equal(from, []string{"d", "a", "d"}) {
		t.Errorf("the communes handed in became %v", from)
	}
	want := twoStops()
	want.Services[0].Added = []Date{20250408, 20250501}
	if diff := cmp.Diff(want, s.Timetable()); diff != "" {
		t.Error(diff)
	}
	if d := s.OnDemand(); d[0].ID != "a" || d[1].ID != "tad" || !slices.Equal(d[0].From, []string{"a", "d"}) {
		t.Errorf("on demand %+v, want a before tad, from a and d", d)
	}
}

func TestSnapshotRefusesWrongPublicTransport(t *testing.T) {
	for want, breakIt := range map[string]func(*Content){
		`timetable: trip t: no route "q"`:                               func(c *Content) { c.Timetable.Trips[0].Route = "q" },
		"timetable: stop a appears twice":                               func(c *Content) { c.Timetable.Stops[1].ID = "a" },
		"on-demand transport tad appears twice":                         func(c *Content) { c.OnDemand = append(c.OnDemand, onRequest()) },
		"on-demand transport: id is missing":                            func(c *Content) { c.OnDemand[0].ID = "" },
		"tad: from: want at least one commune":                          func(c *Content) { c.OnDemand[0].From = nil },
		"tad: from x y: want at least one commune of the territory, su": func(c *Content) { c.OnDemand[0].From = []string{"x", "y"} },
		`tad: commune ""`:                                               func(c *Content) { c.OnDemand[0].To = []string{"", "a"} },
		`tad: commune "a b": want an INSEE`:                             func(c *Content) { c.OnDemand[0].To = []string{"a b"} },
		`tad: note "1\n2"`:                                              func(c *Content) { c.OnDemand[0].Note = "1\n2" },
		"tad: hours: it never runs":                                     func(c *Content) { c.OnDemand[0].Hours = WeeklyHours{} },
		"tad: hours: spans":                                             func(c *Content) { c.OnDemand[0].Hours[0] = []Interval{{60, 120}, {90, 180}} },
		"tad: wait = -1":                                                func(c *Content) { c.OnDemand[0].Wait = -1 },
		"tad: booking = 44641":                                          func(c *Content) { c.OnDemand[0].Booking = 44641 },
		"tad: detour = 99":                                              func(c *Content) { c.OnDemand[0].Detour = 99 },
	} {
		c := town(rand.New(rand.NewPCG(1, 1)))
		c.Timetable, c.OnDemand = twoStops(), []OnDemand{onRequest()}
		breakIt(&c)
		if _, err := NewSnapshot(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	// One commune of several is enough: such services reach beyond the territory.
	served(t, func(c *Content) { c.OnDemand[0].From, c.OnDemand[0].To = []string{"a", "far"}, []string{"farther"} })
}

// Stops on the equator: w and x in commune 00001, m half-way to 00002, y in 00002,
// z in 00003 with the station s it belongs to. Trips: in 00001, on to 00002, from m
// to z, and around 00001 with one stop only; each with its own route and service.
func rowWithTrips(t *testing.T) *Snapshot {
	t.Helper()
	c := row(t).Content()
	x := &Timetable{Zone: "Europe/Paris", Agencies: []Agency{{ID: "A"}}, Stops: []Stop{
		{ID: "m", Location: orb.Point{0.25, 0}},
		{ID: "s", Location: orb.Point{1, 0}, Station: true},
		{ID: "w", Location: orb.Point{0, 0}},
		{ID: "x", Location: orb.Point{0.005, 0}},
		{ID: "y", Location: orb.Point{0.5, 0}},
		{ID: "z", Location: orb.Point{1, 0}, Parent: "s"},
	}, Transfers: []Transfer{{From: 0, To: 4}, {From: 2, To: 3}, {From: 4, To: 5}}}
	for id, stops := range map[string][]int32{"local": {2, 3}, "through": {2, 3, 4}, "far": {0, 5}, "loop": {2, 0, 2}} {
		var calls []Call
		for k, stop := range stops {
			at := int32(28800 + 600*k)
			calls = append(calls, Call{Stop: stop, Arrival: at, Departure: at})
		}
		x.Routes = append(x.Routes, Route{ID: id, Agency: "A", Type: 3})
		x.Services = append(x.Services, TransitService{ID: id, Added: []Date{20250303}})
		x.Trips = append(x.Trips, Trip{ID: id, Route: id, Service: id, Calls: calls})
	}
	c.Timetable = x
	for id, from := range map[string][]string{"one": {"00001"}, "all": {"00001", "00002", "00003"}, "last": {"00003"}} {
		d := onRequest()
		d.ID, d.From = id, from
		c.OnDemand = append(c.OnDemand, d)
	}
	s, err := NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCutKeepsTripsWithTwoStopsInIt(t *testing.T) {
	ids := func(s *Snapshot) (out [6][]string) {
		x := s.Timetable()
		for _, v := range x.Stops {
			out[0] = append(out[0], v.ID)
		}
		for _, v := range x.Routes {
			out[1] = append(out[1], v.ID)
		}
		for _, v := range x.Services {
			out[2] = append(out[2], v.ID)
		}
		for _, v := range x.Trips {
			out[3] = append(out[3], v.ID)
		}
		for _, v := range x.Transfers {
			out[4] = append(out[4], x.Stops[v.From].ID+x.Stops[v.To].ID)
		}
		for _, d := range s.OnDemand() {
			out[5] = append(out[5], d.ID)
		}
		return out
	}
	whole := rowWithTrips(t)
	before := whole.Timetable().clone()
	for _, c := range []struct {
		part Part
		want [6][]string
	}{
		// The frame holds w and x: loop calls at w twice, and nowhere else in it.
		{Part{EPCI: "A"}, [6][]string{{"w", "x", "y"}, {"local", "through"}, {"local", "through"}, {"local", "through"}, {"wx"}, {"all", "one"}}},
		// m too, 0.24 degrees (26.7 km) beyond the border, but z is still outside: far stays away.
		{Part{EPCI: "A", Buffer: 27_000}, [6][]string{{"m", "w", "x", "y"}, {"local", "loop", "through"}, {"local", "loop", "through"}, {"local", "loop", "through"}, {"my", "wx"}, {"all", "one"}}},
		// y and z, of 00002 and 00003: no trip calls at both.
		{Part{EPCI: "B"}, [6][]string{nil, nil, nil, nil, nil, {"all", "last"}}},
		// m too, 0.24 degrees before the border.
		{Part{EPCI: "B", Buffer: 27_000}, [6][]string{{"m", "s", "z"}, {"far"}, {"far"}, {"far"}, nil, {"all", "last"}}},
	} {
		s, err := Cut(whole, c.part)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, ids(s)); diff != "" {
			t.Errorf("%+v: %s", c.part, diff)
		}
		again, err := Cut(s, c.part)
		if err != nil || again.ID() != s.ID() {
			t.Errorf("%+v: a part of the part is another: %v", c.part, err)
		}
	}
	if diff := cmp.Diff(before, whole.Timetable()); diff != "" {
		t.Error("cutting changed the timetable:", diff)
	}
}
