package traveltime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// line is a kilometre's walk from the home A to the stop B, 5 km by road to the stop
// C, and a kilometre's walk to the door D. At 5 km/h a kilometre takes 12 minutes, and
// the whole way 84.
var line = towntest.Town{Drawing: "A-B---------C-D", Spacing: 500, Ways: map[string]string{"AB": "highway=residential", "BC": "highway=residential", "CD": "highway=residential"}}

// clockTime is in seconds.
func clockTime(s string) int32 {
	var h, m, sec int32
	if _, err := fmt.Sscanf(s, "%d:%d:%d", &h, &m, &sec); err != nil {
		panic(err)
	}
	return 3600*h + 60*m + sec
}

// bus is a trip of "stop arrival departure" triples.
func bus(id, service string, calls ...string) geodata.Trip {
	t := geodata.Trip{ID: id, Route: "1", Service: service, Headsign: "Gare"}
	for i := 0; i < len(calls); i += 3 {
		t.Calls = append(t.Calls, geodata.Call{Stop: int32(calls[i][0] - '0'), Arrival: clockTime(calls[i+1]), Departure: clockTime(calls[i+2])})
	}
	return t
}

// onLine is the town of line with a bus from B to C at 7:30:30 and 8:30:30, ten
// minutes' ride, on working days of November 2026, on Tuesday 17 with one more at 12.
func onLine(t testing.TB, change func(c *geodata.Content)) *geodata.Snapshot {
	t.Helper()
	c := geodata.Content{Territory: geodata.Territory{ID: "line", Name: "Line"}, Catalogue: geodata.DefaultCatalogue(), Roads: line.Roads()}
	for _, letter := range []byte("ABD") {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: "cell" + string(letter), Centre: line.Point(letter), Commune: "1"})
	}
	c.Facilities = []geodata.Facility{{ID: "hall", Service: "town_hall", Location: line.Point('D'), Status: geodata.Existing, Commune: "2"}}
	week := [7]bool{true, true, true, true, true}
	c.Timetable = &geodata.Timetable{Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A"}},
		Stops:    []geodata.Stop{{ID: "B", Name: "Bourg", Location: line.Point('B')}, {ID: "C", Name: "Centre", Location: line.Point('C')}},
		Routes:   []geodata.Route{{ID: "1", Agency: "A", Short: "1", Type: 3}},
		Services: []geodata.TransitService{{ID: "more", Added: []geodata.Date{20261117}}, {ID: "week", Week: week, First: 20261101, Last: 20261130}},
		Trips: []geodata.Trip{bus("a", "week", "0", "7:30:30", "7:30:30", "1", "7:40:30", "7:40:30"), bus("b", "week", "0", "8:30:30", "8:30:30", "1", "8:40:30", "8:40:30"),
			bus("c", "more", "0", "12:00:30", "12:00:30", "1", "12:10:30", "12:10:30")}}
	hours, err := geodata.ParseWeeklyHours("Tu-Fr 07:30-12:00")
	if err != nil {
		t.Fatal(err)
	}
	c.OnDemand = []geodata.OnDemand{{ID: "tad", Name: "TAD", From: []string{"1"}, To: []string{"2"}, Hours: *hours, Wait: 10, Booking: 60, Detour: 150}}
	if change != nil {
		change(&c)
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// toHall is the time from the cells to the hall, rounded, by the matrix, the nearest
// and the two nearest, which must agree.
func toHall(t *testing.T, s *geodata.Snapshot, nets *Networks, mode string) (out []string) {
	t.Helper()
	homes, net, err := nets.Cells(context.Background(), s, mode)
	if err != nil {
		t.Fatal(err)
	}
	doors := net.Places([]orb.Point{s.Facilities()[0].Location})
	var row []Time
	if err := homes.Matrix(context.Background(), doors, func(_ int, times []Time) error { row = slices.Clone(times); return nil }); err != nil {
		t.Fatal(err)
	}
	nearest, who, err := homes.Nearest(context.Background(), doors)
	if err != nil || !slices.Equal(nearest, row) {
		t.Errorf("%s: nearest %v, %v; the matrix %v", mode, nearest, err, row)
	}
	two, which, err := homes.KNearest(context.Background(), append(doors, doors...), 2)
	for i, x := range row {
		if x.Reached() != (who[i] == 0) {
			t.Errorf("%s: home %d is nearest to %d in %d ms", mode, i, who[i], x)
		}
		if x.Reached() && (err != nil || two[2*i] != x || two[2*i+1] != x || which[2*i] != 0 || which[2*i+1] != 1) {
			t.Errorf("%s: the two nearest of home %d are %v at %v, %v; want twice %d", mode, i, which[2*i:2*i+2], two[2*i:2*i+2], err, x)
		}
		if sec, ok := x.Seconds(); ok {
			out = append(out, fmt.Sprintf("%.0f", sec))
		} else {
			out = append(out, x.State())
		}
	}
	return out
}

// From 7:00 to 7:18 one catches the first bus and is there at 7:52:30, after 52.5 to
// 34.5 minutes; later the second, at 8:52:30: after 93.5 minutes at 7:19, 53.5 at 7:59;
// or walks 84. Of the 60 times in rising order the 30th is 63.5, the 48th 81.5.
func TestABusLine(t *testing.T) {
	s, nets := onLine(t, nil), NewNetworks("")
	for mode, want := range map[string][3]string{
		"foot":                          {"5040", "4320", "0"},
		"transit 07:00-08:00":           {"3810", "3090", "0"}, // from B up to 7:30 at once: 22.5 to 52.5 minutes, 31 of 60
		"transit 07:00-08:00 p80":       {"4890", "4170", "0"},
		"transit 07:00-08:00 p100":      {"5040", "4320", "0"},
		"transit 07:00-08:00 p1":        {"2070", "1350", "0"},
		"transit 07:18-07:19":           {"2070", "2070", "0"}, // from B one waits
		"transit 07:18-07:19 0-changes": {"2070", "2070", "0"},
		"transit 07:19-07:20":           {"5040", "2010", "0"},
		// Of November's Tuesdays most trips run on 17.
		"transit 12:00-12:01":            {"5040", "1350", "0"},
		"transit 2026-11-24 12:00-12:01": {"5040", "4320", "0"},
		"transit We 12:00-12:01":         {"5040", "4320", "0"},
		// By bicycle at 15 km/h the stop is 4 minutes away, by car at 28 km/h 129 s.
		"transit-bike 07:26-07:27": {"1590", "1590", "0"},
		"transit-bike 07:27-07:28": {"5040", "1530", "0"},
		"transit-car 07:28-07:29":  {"1470", "1470", "0"},
		// Asked for at 7:00 it comes at 7:30, when it begins, and takes half as long
		// again as the 15 minutes by car, from B 771.4 s.
		"on-demand We 07:00-07:01":     {"3150", "2957", "0"},
		"on-demand We 11:00-11:01":     {"1950", "1757", "0"}, // ten minutes after it is asked for
		"on-demand We 11:50-11:51":     {"5040", "4320", "0"}, // it has just ended, and comes again in more than 6 hours
		"on-demand We 11:48-11:51":     {"1950", "1757", "0"}, // two of three departures are in time
		"on-demand Mo":                 {"5040", "4320", "0"},
		"on-demand We 11:00-11:01 now": {"5040", "4320", "0"}, // an hour's booking
	} {
		if got := toHall(t, s, nets, mode); !slices.Equal(got, want[:]) {
			t.Errorf("%s: %v s, want %v", mode, got, want)
		}
	}
}

func TestModesThatATerritoryCannotTell(t *testing.T) {
	s := onLine(t, nil)
	bare := onLine(t, func(c *geodata.Content) { c.Timetable, c.OnDemand = nil, nil })
	for _, c := range []struct {
		s          *geodata.Snapshot
		mode, says string
	}{
		{s, "boat", `unknown mode "boat"`},
		{s, "transit 2026-12-01", "no trip runs on 2026-12-01: want a day from 2026-11-02 to 2026-11-30"},
		{s, "transit Su", "no trip runs on any Su from 2026-11-02 to 2026-11-30: want another day"},
		{bare, "transit", "no timetable: import one with --gtfs"},
		{bare, "on-demand", "no transport on demand: import some with --on-demand"},
	} {
		_, err := NewNetworks("").Get(context.Background(), c.s, c.mode)
		_, again := CheckMode(c.s, c.mode)
		var bad *analyses.ParamError
		if !errors.As(err, &bad) || bad.Param != "mode" || !strings.Contains(err.Error(), c.says) || again == nil || again.Error() != err.Error() {
			t.Errorf("%s: %v, and %v; want mode: …%s…", c.mode, err, again, c.says)
		}
	}
	for mode, want := range map[string]string{"": "car", "transit p80": "transit 2026-11-17 07:00-09:00 p80 3-changes", "transit Mo": "transit 2026-11-02 07:00-09:00 p50 3-changes", "on-demand Sa": "on-demand Sa 07:00-09:00 p50"} {
		if got, err := CheckMode(s, mode); got != want {
			t.Errorf("%q is %q, %v; want %q", mode, got, err, want)
		}
	}
	if _, err := NewNetworks("").Lengths(context.Background(), s, "transit"); err == nil || !strings.Contains(err.Error(), "mode: transit: there are no lengths by road; want car, bike or foot") {
		t.Error(err)
	}
}

// Transfers of the timetable: what it says of two stops goes before the walk, and
// before what it says of their stations.
func TestTheTimetableStatesChanges(t *testing.T) {
	// Who leaves A at 7:18 is at C at 7:40:30, and walks from there: 2070 s in all. But
	// for two minutes' ride from C, or from the stop E 100 m on the way.
	minimum := func(from, to, seconds int32) geodata.Transfer {
		return geodata.Transfer{From: from, To: to, Kind: geodata.MinimumTime, Seconds: seconds}
	}
	for _, c := range []struct {
		name      string
		transfers []geodata.Transfer
		stop      int32
		leaves    string
		want      string
	}{
		{"no time at the same stop", nil, 1, "7:40:30", "1470"},
		{"a minute at the same stop: missed", []geodata.Transfer{minimum(1, 1, 60)}, 1, "7:40:30", "2070"},
		{"a minute at the same stop", []geodata.Transfer{minimum(1, 1, 60)}, 1, "7:41:30", "1530"},
		{"none at the same stop", []geodata.Transfer{{From: 1, To: 1, Kind: geodata.Impossible}}, 1, "7:50:00", "2070"},
		{"100 m take 72 s on foot", nil, 2, "7:41:43", "1543"},
		{"and not 71", nil, 2, "7:41:41", "2070"},
		{"a recommended change takes the walk", []geodata.Transfer{{From: 1, To: 2, Kind: geodata.Recommended}}, 2, "7:41:41", "2070"},
		{"stated: 30 s", []geodata.Transfer{minimum(1, 2, 30)}, 2, "7:41:00", "1500"},
		{"stated: there is none", []geodata.Transfer{{From: 1, To: 2, Kind: geodata.Impossible}}, 2, "7:50:00", "2070"},
		{"stated of the station: there is none", []geodata.Transfer{{From: 3, To: 3, Kind: geodata.Impossible}}, 2, "7:50:00", "2070"},
		{"stated of the stop and the station", []geodata.Transfer{{From: 1, To: 3, Kind: geodata.Impossible}, minimum(3, 3, 30)}, 2, "7:50:00", "2070"},
		{"stated of the stops before the station", []geodata.Transfer{minimum(1, 2, 30), {From: 3, To: 3, Kind: geodata.Impossible}}, 2, "7:41:00", "1500"},
	} {
		s := onLine(t, func(k *geodata.Content) {
			tt := k.Timetable
			tt.Stops[1].Parent = "G"
			mx, _ := geodata.MetresPerDegree(0)
			east := tt.Stops[1].Location
			east[0] += 100 / mx
			tt.Stops = append(tt.Stops, geodata.Stop{ID: "E", Name: "Est", Location: east, Parent: "G"}, geodata.Stop{ID: "G", Location: east, Station: true},
				geodata.Stop{ID: "H", Location: line.Point('D')})
			at := clockTime(c.leaves)
			k.Timetable.Trips = append(k.Timetable.Trips, geodata.Trip{ID: "z", Route: "1", Service: "week",
				Calls: []geodata.Call{{Stop: c.stop, Arrival: at, Departure: at}, {Stop: 4, Arrival: at + 120, Departure: at + 120}}})
			k.Timetable.Transfers = c.transfers
		})
		if got := toHall(t, s, NewNetworks(""), "transit 07:18-07:19"); got[0] != c.want {
			t.Errorf("%s: %s s, want %s", c.name, got[0], c.want)
		}
		if got := toHall(t, s, NewNetworks(""), "transit 07:18-07:19 0-changes"); got[0] != "2070" {
			t.Errorf("%s: %s s without a change, want 2070", c.name, got[0])
		}
	}
}
