package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// drawn writes a place of the drawing.
func drawn(tw towntest.Town, col, row float64) string {
	p := tw.At(col, row)
	return fmt.Sprintf("[%.7f, %.7f]", p[0], p[1])
}

// From 10 m before E to A in three minutes, every ten from 7:00. Who leaves E at 7:00
// misses that bus by seconds, and is at A at 7:13; at 7:09, at 7:13 too: 4 to 13
// minutes, of 60 the 30th is 8. From D it is 490 m, not six minutes' walk: 9 to 17
// minutes by bus, or 18 on foot, the 30th is 13. C and B walk. Of all, 3/4 are under three.
func TestALineReachesWhoWasNotReached(t *testing.T) {
	tw, s := street(t)
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	w := apply(t, s, nets, changes(t, "line: {id: L1, name: Ligne 1, stops: [{id: east, name: Est, at: "+drawn(tw, 19.9, 0)+"}, {at: "+drawn(tw, 0, 0)+"}], hours: Mo-Fr 07:00-09:00, every: 10, minutes: [3]}"))
	ask := func(s *geodata.Snapshot, mode string) (*coverage.Result, error) {
		return coverage.Run(ctx, s, w.Networks, coverage.Params{Service: "creche", Mode: mode, Within: []coverage.Threshold{coverage.Threshold(9 * 60e9)}})
	}
	const mode = "transit Tu 07:00-08:00"
	r, err := ask(w.Snapshot, mode)
	if err != nil {
		t.Fatal(err)
	}
	var seconds []float64
	for _, x := range r.Cells.Times {
		sec, _ := x.Seconds()
		seconds = append(seconds, float64(int(sec+0.5)))
	}
	if diff := cmp.Diff([]float64{0, 360, 720, 780, 480}, seconds); diff != "" {
		t.Error(diff)
	}
	before, err := ask(s, "foot")
	if err != nil {
		t.Fatal(err)
	}
	if before.Territory.Covered[0] != geodata.Whole(1+2)*3/4 || r.Territory.Covered[0] != geodata.Whole(1+2+16)*3/4 {
		t.Errorf("within nine minutes %s, with the line %s: want A and B, and E with the line", before.Territory.Covered[0], r.Territory.Covered[0])
	}
	if _, err := ask(s, mode); err == nil {
		t.Error("the territory itself has got a timetable")
	}
	if s.TimetableID() != "" || w.Snapshot.TimetableID() == "" || w.Snapshot.RoadsID() != s.RoadsID() {
		t.Error("the names of timetable and roads are not those of what has changed")
	}
	if n := w.Notes; len(n) != 1 || n[0].En != "Line Ligne 1: 3 min from end to end (times as given), every 10 min." {
		t.Errorf("notes %v", n)
	}
	// On Sundays nothing runs.
	if _, err := ask(w.Snapshot, "transit Su 07:00-08:00"); err == nil {
		t.Error("it runs on Sundays")
	}
}

// calls writes a trip's calls: stop arrival-departure.
func calls(tt *geodata.Timetable, trip string) (out []string) {
	for _, x := range tt.Trips {
		if x.ID == trip {
			for _, c := range x.Calls {
				out = append(out, fmt.Sprintf("%s %d-%d", tt.Stops[c.Stop].ID, c.Arrival, c.Departure))
			}
		}
	}
	return out
}

// By car the 500 m of residential street take 64.3 s at 28 km/h, and a quarter more is
// 80.4 s: two minutes. At 20 km/h along the road they take 1.5 minutes: two; at 30, one.
// By rail the way is straight on: at 9 km/h 500 m take 3.3 minutes: four.
func TestHowLongALineTakes(t *testing.T) {
	tw, s := street(t)
	nets := traveltime.NewNetworks("")
	stops := "stops: [{id: a, at: " + drawn(tw, 0, 0) + "}, {id: b, at: " + drawn(tw, 5, 0) + "}], hours: Mo-Fr 07:00-09:00, every: 30"
	for extra, want := range map[string][]string{
		"":                           {"a 0-0", "b 120-120"},
		", speed_kmh: 20":            {"a 0-0", "b 120-120"},
		", speed_kmh: 30":            {"a 0-0", "b 60-60"},
		", type: rail, speed_kmh: 9": {"a 0-0", "b 240-240"},
		", minutes: [7]":             {"a 0-0", "b 420-420"},
		", both_ways: false":         {"a 0-0", "b 120-120"},
	} {
		w := apply(t, s, nets, changes(t, "line: {id: L, "+stops+extra+"}"))
		tt := w.Snapshot.Timetable()
		if diff := cmp.Diff(want, calls(tt, "L-Mo-Tu-We-Th-Fr-there")); diff != "" {
			t.Errorf("%s: %s", extra, diff)
		}
		if back := calls(tt, "L-Mo-Tu-We-Th-Fr-back"); (extra == ", both_ways: false") != (back == nil) {
			t.Errorf("%s: back %v", extra, back)
		}
	}
	// Slower roads slow the bus, though the change of speed is of the same scenario.
	w := apply(t, s, nets, changes(t, "speed: {class: residential, percent: 50}", "line: {id: L, "+stops+"}"))
	if diff := cmp.Diff([]string{"a 0-0", "b 180-180"}, calls(w.Snapshot.Timetable(), "L-Mo-Tu-We-Th-Fr-there")); diff != "" { // 160.7 s
		t.Error(diff)
	}
}

// The last departure is one, and days with other hours have trips of their own.
func TestWhenALineRuns(t *testing.T) {
	_, s := street(t)
	line := "line: {id: L, stops: [{id: a, at: [0, 0]}, {id: b, at: [0.01, 0]}], minutes: [5], both_ways: false, every: 60, hours: 'Mo,We 07:00-09:00,17:00-18:30; Sa 10:00-10:30'}"
	w := apply(t, s, traveltime.NewNetworks(""), changes(t, line))
	tt := w.Snapshot.Timetable()
	for day, want := range map[geodata.Date][]int32{
		20261123: {7 * 3600, 8 * 3600, 9 * 3600, 17 * 3600, 18 * 3600}, // a Monday
		20261124: nil,
		20261128: {10 * 3600},
	} {
		runs, err := tt.Runs(day, 0, 86400)
		if err != nil {
			t.Fatal(err)
		}
		var at []int32
		for _, r := range runs {
			at = append(at, tt.Trips[r.Trip].Calls[0].Departure+r.Shift)
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("%s: %s", day, diff)
		}
	}
}

// The bus from a to c takes 240 s for 1,000 m. The new stop is 500 m along and 300 m
// aside, 583 m from both: 166 m more, which take 39.84 s at the line's speed, and half a
// minute's stand. It is reached half way through the 280 s.
func TestALineCallsAtOneMoreStop(t *testing.T) {
	tw, s := street(t)
	nets := traveltime.NewNetworks("")
	line := "line: {id: L, stops: [{id: a, at: " + drawn(tw, 0, 0) + "}, {id: c, at: " + drawn(tw, 10, 0) + "}, {id: e, at: " + drawn(tw, 20, 0) + "}], hours: Tu 07:00-09:00, every: 30, minutes: [4, 4]}"
	first := apply(t, s, nets, changes(t, line))
	added := "stop: {line: L, id: new, at: " + drawn(tw, 5, 3)
	w := apply(t, first.Snapshot, first.Networks, changes(t, added+"}"))
	tt := w.Snapshot.Timetable()
	for trip, want := range map[string][]string{
		"L-Tu-there": {"a 0-0", "new 140-170", "c 310-310", "e 550-550"},
		"L-Tu-back":  {"e 0-0", "c 240-240", "new 380-410", "a 550-550"},
	} {
		if diff := cmp.Diff(want, calls(tt, trip)); diff != "" {
			t.Errorf("%s: %s", trip, diff)
		}
	}
	if n := w.Notes; len(n) != 1 || n[0].En != "Stop new: between a and c, 70 s more." {
		t.Errorf("notes %v", n)
	}
	if got := calls(first.Snapshot.Timetable(), "L-Tu-there"); len(got) != 3 {
		t.Errorf("the line before has become %v", got)
	}
	if w.Snapshot.TimetableID() == first.Snapshot.TimetableID() {
		t.Error("another timetable has the same name")
	}
	// Between c and e it is a detour: from c √(500² + 300²) = 583 m, to e √(1500² + 300²) =
	// 1,530 m, less 1,000 m: 1,113 m, which take 267.12 s; 508 × 583 / 2113 = 140.2.
	w = apply(t, first.Snapshot, first.Networks, changes(t, added+", between: [e, c]}"))
	if diff := cmp.Diff([]string{"a 0-0", "c 240-240", "new 380-410", "e 778-778"}, calls(w.Snapshot.Timetable(), "L-Tu-there")); diff != "" {
		t.Error(diff)
	}
}

// A fixed nursery at A, Monday 8 to 10, and a tour at C, Monday 9 to 11, and at E, Tuesday
// an hour. Within 500 m, six minutes' walk: A and B have A's two hours, B, C and D the
// two of C, which for B are an hour more; D and E the one of E. Of all, 3/4 are under three.
func TestATourIsCountedWithTheFixedSites(t *testing.T) {
	tw, s := street(t)
	sc := changes(t, "hours: {facility: nursery, hours: Mo 08:00-10:00}",
		"tour: {id: bus, service: creche, name: Le bus, stops: [{name: Place, at: "+drawn(tw, 10, 0)+", hours: Mo 09:00-11:00}, {at: "+drawn(tw, 20, 0)+", hours: Tu 09:00-10:00}]}")
	w := apply(t, s, traveltime.NewNetworks(""), sc)
	r, err := itinerant.Run(context.Background(), w.Snapshot, w.Networks, itinerant.Params{Service: "creche", Mode: "foot", Within: []coverage.Threshold{coverage.Threshold(370e9)}})
	if err != nil {
		t.Fatal(err)
	}
	fixed, both := geodata.Whole(2*1+2*2)*3/4, geodata.Whole(2*1+3*2+2*4+3*8+1*16)*3/4
	if r.Territory.Fixed[0] != fixed || r.Territory.Both[0] != both {
		t.Errorf("fixed %s, with the tour %s: want %s and %s", r.Territory.Fixed[0], r.Territory.Both[0], fixed, both)
	}
	for _, n := range r.Provenance.Notes {
		if strings.Contains(n.En, "at its base") {
			t.Errorf("%q, though the stops are known", n.En)
		}
	}
	var names []string
	for _, f := range w.Snapshot.Facilities() {
		if f.Itinerant {
			names = append(names, f.ID+" "+f.Name+" "+f.Commune)
		}
	}
	if diff := cmp.Diff([]string{"bus-1 Le bus – Place 10001", "bus-2 Le bus 10002"}, names); diff != "" {
		t.Error(diff)
	}
}

// What came before a cut and what comes after make the same world as all at once.
func TestLinesAndToursInSequence(t *testing.T) {
	tw, s := street(t)
	nets := traveltime.NewNetworks("")
	lines := []string{
		"line: {id: z, stops: [{id: b, at: " + drawn(tw, 5, 0) + "}, {id: a, at: " + drawn(tw, 0, 0) + "}], hours: Mo-Fr 07:00-19:00, every: 30}",
		"speed: {class: residential, percent: 40}",
		"line: {id: k, stops: [{stop: a}, {id: 0, at: " + drawn(tw, 4, 0) + "}, {stop: b}], hours: 'Mo 07:00-19:00; Sa 08:00-09:00', every: 15}",
		"stop: {line: k, id: m, at: " + drawn(tw, 2, 1) + "}",
		"tour: {id: t, service: creche, stops: [{commune: West, hours: Mo 08:00-09:00}]}",
		"close: {facility: t-1}",
		"stop: {line: z, id: y, at: " + drawn(tw, 2, -1) + ", between: [a, b]}",
	}
	whole := apply(t, s, nets, changes(t, lines...))
	for cut := 1; cut < len(lines); cut++ {
		first := apply(t, s, nets, changes(t, lines[:cut]...))
		then := apply(t, first.Snapshot, first.Networks, changes(t, lines[cut:]...))
		if whole.Snapshot.ID() != then.Snapshot.ID() || whole.Snapshot.TimetableID() != then.Snapshot.TimetableID() {
			t.Errorf("cut at %d: another snapshot", cut)
		}
	}
}

func TestWhatLinesAndToursCannotBe(t *testing.T) {
	_, s := street(t)
	text := `changes:
  - stop: {line: L, id: x, at: [0, 0]}
  - line: {id: L, stops: [{id: a, at: [0, 0]}, {id: b, at: [0.01, 0]}], minutes: [5], every: 60, hours: Mo 07:00-09:00}
  - line: {id: L, stops: [{stop: a}, {stop: bb}], minutes: [5], every: 60, hours: Mo 07:00-09:00}
  - line:
      id: M
      stops: [{stop: a}, {stop: a}, {id: a, at: [0, 0]}, {at: [50, 0]}]
      minutes: [5]
      every: 60
      hours: off
  - line: {id: N, stops: [{stop: a}, {stop: b}], minutes: [5, 6], every: 60, hours: Mo 07:00-09:00}
  - line: {id: N, stops: [{stop: a}, {stop: b}], minutes: [-5], every: 60, hours: Mo 07:00-09:00}
  - line: {id: N, stops: [{stop: a}, {stop: b}], minutes: [5], speed_kmh: 3, every: 60, hours: Mo 07:00-09:00}
  - line: {id: N, type: ferry, stops: [{stop: a}, {stop: b}], every: 60, hours: Mo 07:00-09:00}
  - line: {id: N, stops: [{stop: a}, {id: far, at: [0.1, 0.1]}], every: 60, hours: Mo 07:00-09:00}
  - stop: {line: l, id: x, at: [0, 0]}
  - stop: {line: L, id: b, at: [0, 0]}
  - stop: {line: L, id: x, at: [0, 0], between: [a, c]}
  - tour:
      id: bus
      service: nursing
      stops:
        - {at: [0, 0], hours: off}
        - {commune: Wast, hours: Tu 09:00-10:00}
  - create: {id: car-1, service: creche, at: [0, 0]}
  - tour: {id: car, service: creche, stops: [{at: [0, 0], hours: Tu 09:00-10:00}]}
`
	_, err := Apply(context.Background(), s, traveltime.NewNetworks(""), parse(t, text))
	compareProblems(t, err, []string{
		`test.yaml:2: changes[0].stop.line: there is no timetable: want a line added by a change before`,
		`test.yaml:4: changes[2].line.id: there is a line "L" already: want another id`,
		`test.yaml:4: changes[2].line.stops[1].stop: there is no stop "bb": there is b`,
		`test.yaml:7: changes[3].line.stops[1]: it is the stop before: want another one`,
		`test.yaml:7: changes[3].line.stops[2].id: there is a stop "a" already: want another id, or stop: a`,
		`test.yaml:7: changes[3].line.stops[3].at: 50, 0 is far from the territory`,
		`test.yaml:10: changes[3].line.hours: off: it never runs: want days`,
		`test.yaml:11: changes[4].line.minutes: 2 of them for 2 stops: want 1, from each stop to the next`,
		`test.yaml:12: changes[5].line.minutes[0]: -5: want minutes from 0 to 1439`,
		`test.yaml:13: changes[6].line.speed_kmh: minutes and speed_kmh exclude each other`,
		`test.yaml:14: changes[7].line.type: a ferry does not go by road: want minutes or speed_kmh`,
		`test.yaml:15: changes[8].line.stops[1]: no road for cars leads here from the stop before`,
		`test.yaml:16: changes[9].stop.line: there is no line "l" with trips: there is L`,
		`test.yaml:17: changes[10].stop.id: there is a stop "b" already: want another id`,
		`test.yaml:18: changes[11].stop.between: line L does not run from a straight to c: there is [a, b]`,
		`test.yaml:21: changes[12].tour.service: unknown service "nursing"`,
		`test.yaml:23: changes[12].tour.stops[0].hours: off: it is never there`,
		`test.yaml:24: changes[12].tour.stops[1].commune: there is no commune "Wast"`,
		`test.yaml:26: changes[14].tour.id: there is a facility "car-1" already, as stop 1 would be: want another id`,
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Apply(ctx, s, traveltime.NewNetworks(""), changes(t, "line: {id: L, stops: [{id: a, at: [0, 0]}, {id: b, at: [0.01, 0]}], every: 60, hours: Mo 07:00-09:00}"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
}

// Scenarios from before there were tours and lines keep their names: the SHA-256 of
// "maillage scenario 1\n" and [{"close":{"facility":"a"}}].
func TestOlderScenariosKeepTheirIDs(t *testing.T) {
	if got, want := changes(t, "close: {facility: a}").ID(), "2db599b63c9cc86b6a79e82c0d81352cabbfadc5552f7c0c058a5f2d6e9690f4"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}
