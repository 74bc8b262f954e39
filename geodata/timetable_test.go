package geodata

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// twoStops is a timetable of one trip from a at 8:00 to b at 8:10 on working days of March 2025.
func twoStops() *Timetable {
	return &Timetable{
		Zone:     "Europe/Paris",
		Agencies: []Agency{{ID: "A"}},
		Stops:    []Stop{{ID: "a", Location: orb.Point{-0.5, 47.6}}, {ID: "b", Location: orb.Point{-0.4, 47.6}}},
		Routes:   []Route{{ID: "r", Agency: "A", Type: 3}},
		Services: []TransitService{{ID: "week", Week: [7]bool{true, true, true, true, true}, First: 20250301, Last: 20250331}},
		Trips:    []Trip{{ID: "t", Route: "r", Service: "week", Calls: []Call{{Stop: 0, Arrival: 28800, Departure: 28800}, {Stop: 1, Arrival: 29400, Departure: 29400}}}},
	}
}

func TestDates(t *testing.T) {
	d, err := ParseDate("20240229")
	if err != nil || d.Plus(1) != 20240301 || d.Plus(-60) != 20231231 || d.Weekday() != 3 || d.String() != "2024-02-29" {
		t.Errorf("29 February 2024: %v, %v, %v, %v, %v; want 1 March, 31 December, a Thursday (3)", d, err, d.Plus(1), d.Plus(-60), d.Weekday())
	}
	for _, bad := range []string{"", "20250229", "2025-02-28", "18991231", "2025022", "20251301"} {
		if d, err := ParseDate(bad); err == nil {
			t.Errorf("%q was read as %v", bad, d)
		}
	}
}

// On 30 March 2025 clocks in France go from 2 to 3, on 26 October from 3 to 2. A
// trip at 8 hours leaves when they show 8, whatever the night was.
func TestTheServiceDayBeginsTwelveHoursBeforeNoon(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[Date]string{
		20250329: "2025-03-29T00:00:00+01:00",
		20250330: "2025-03-29T23:00:00+01:00",
		20250331: "2025-03-31T00:00:00+02:00",
		20251026: "2025-10-26T01:00:00+02:00",
	} {
		if got := d.Start(paris).Format(time.RFC3339); got != want {
			t.Errorf("%s begins at %s, want %s", d, got, want)
		}
		if eight := d.Start(paris).Add(8 * time.Hour).In(paris).Format("15:04"); eight != "08:00" {
			t.Errorf("%s: 8 hours after the beginning clocks show %s", d, eight)
		}
	}
}

// Weekdays of one week, without the Wednesday, with the Sunday after and a Sunday before.
func TestAServiceIsASetOfDays(t *testing.T) {
	s := TransitService{ID: "s", Week: [7]bool{true, true, true, true, true}, First: 20250303, Last: 20250309,
		Added: []Date{20250302, 20250309}, Removed: []Date{20250303, 20250305}}
	var got []Date
	for d := Date(20250224); d <= 20250317; d = d.Plus(1) {
		if s.Runs(d) {
			got = append(got, d)
		}
	}
	if want := []Date{20250302, 20250304, 20250306, 20250307, 20250309}; !slices.Equal(got, want) {
		t.Errorf("runs on %v, want %v", got, want)
	}
	if first, last, ok := s.Bounds(); first != 20250302 || last != 20250309 || !ok {
		t.Errorf("from %s to %s, want 2025-03-02 to 2025-03-09", first, last)
	}
	s.Added = nil
	if first, last, ok := s.Bounds(); first != 20250304 || last != 20250307 || !ok {
		t.Errorf("without the days added from %s to %s, want 2025-03-04 to 2025-03-07", first, last)
	}
	if _, _, ok := (&TransitService{Week: [7]bool{6: true}, First: 20250303, Last: 20250308}).Bounds(); ok {
		t.Error("a service of Sundays runs in a week without its Sunday")
	}
}

func TestRunsOfADay(t *testing.T) {
	x := twoStops()
	x.Services = append(x.Services, TransitService{ID: "z", Added: []Date{20250329}})
	night := Trip{ID: "u", Route: "r", Service: "z", Calls: []Call{{0, 85800, 85800, 0, 0}, {1, 93600, 93600, 0, 0}}} // 23:50 to 26:00
	often := Trip{ID: "v", Route: "r", Service: "z", Calls: x.Trips[0].Calls, Frequencies: []Frequency{{36000, 37800, 900, true}}}
	x.Trips = append(x.Trips, night, often)
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day      Date
		from, to int32
		want     []Run
	}{
		{20250328, 0, 86400, []Run{{0, 0}}},
		{20250328, 29400, 29401, []Run{{0, 0}}}, // arrives at that second
		{20250328, 29401, 86400, nil},
		{20250328, 0, 28800, nil},
		{20250328, 86400, 2 * 86400, []Run{{1, 86400}, {2, 86400 + 7200}, {2, 86400 + 8100}}}, // Saturday's
		{20250329, 85800, 85801, []Run{{1, 0}}},
		{20250329, 36000, 36001, []Run{{2, 7200}}}, // the run at 10:00, not that at 10:15
		// The Sunday begins 23 hours after the Saturday: at 01:00 the trip of 23:50 is still on its way.
		{20250330, 0, 86400, []Run{{1, -82800}}},
		{20250331, 0, 86400, []Run{{0, 0}}},
	} {
		got, err := x.Runs(c.day, c.from, c.to)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s from %d to %d: %v (%v), want %v", c.day, c.from, c.to, got, err, c.want)
		}
	}
}

func TestADayWithoutTripsSaysWhichHaveThem(t *testing.T) {
	x := twoStops()
	if err := x.CheckDate(20250303); err != nil {
		t.Error(err)
	}
	if err := x.CheckDate(20261123); err == nil || err.Error() != "timetable: no trip runs on 2026-11-23: want a day from 2025-03-03 to 2025-03-31" {
		t.Errorf("error %v", err)
	}
}

func TestSortingMovesCallsWithTheirStops(t *testing.T) {
	x := twoStops()
	x.Stops[0].ID, x.Transfers = "z", []Transfer{{From: 0, To: 1}}
	x.Sort()
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	if x.Stops[1].ID != "z" || x.Trips[0].Calls[0].Stop != 1 || x.Transfers[0] != (Transfer{From: 1, To: 0}) {
		t.Errorf("calls %v, transfers %v: want both to begin at stop 1, z", x.Trips[0].Calls, x.Transfers)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for says, change := range map[string]func(*Timetable){
		`time zone "Anjou"`: func(x *Timetable) { x.Zone = "Anjou" },
		`time zone "Local"`: func(x *Timetable) { x.Zone = "Local" },
		"no agency":         func(x *Timetable) { x.Agencies = nil },
		"stop a appears":    func(x *Timetable) { x.Stops[1].ID = "a" },
		"stop A stands":     func(x *Timetable) { x.Stops[1].ID = "A" },
		"stop b: name":      func(x *Timetable) { x.Stops[1].Name = " b" },
		"stop b: not a":     func(x *Timetable) { x.Stops[1].Location[0] = 190 },
		`parent "a"`:        func(x *Timetable) { x.Stops[1].Parent = "a" },
		`no agency "B"`:     func(x *Timetable) { x.Routes[0].Agency = "B" },
		"type 8":            func(x *Timetable) { x.Routes[0].Type = 8 },
		`colour "red"`:      func(x *Timetable) { x.Routes[0].Colour = "red" },
		"first and last":    func(x *Timetable) { x.Services[0] = TransitService{ID: "week"} },
		"not before it":     func(x *Timetable) { x.Services[0].Last = 20250228 },
		"day 2025-02-30":    func(x *Timetable) { x.Services[0].Added = []Date{20250230} },
		"added and removed": func(x *Timetable) { x.Services[0].Added, x.Services[0].Removed = []Date{20250303}, []Date{20250303} },
		`no route "q"`:      func(x *Timetable) { x.Trips[0].Route = "q" },
		`no service "q"`:    func(x *Timetable) { x.Trips[0].Service = "q" },
		"at least two":      func(x *Timetable) { x.Trips[0].Calls = x.Trips[0].Calls[:1] },
		"trip t: call 2":    func(x *Timetable) { x.Trips[0].Calls[1].Arrival = 28799 },
		"call 2 is at":      func(x *Timetable) { x.Trips[0].Calls[1].Stop = 2 },
		"frequency 2": func(x *Timetable) {
			x.Trips[0].Frequencies = []Frequency{{From: 0, To: 10, Headway: 5}, {From: 9, To: 20, Headway: 5}}
		},
		"transfer from a to b": func(x *Timetable) { x.Transfers = []Transfer{{From: 0, To: 1, Seconds: 5}} },
		"each pair once":       func(x *Timetable) { x.Transfers = []Transfer{{From: 0, To: 1}, {From: 0, To: 1}} },
	} {
		x := twoStops()
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		change(x)
		if err := x.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
}
