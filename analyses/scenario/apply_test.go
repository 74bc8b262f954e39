package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/geodata"
)

// Each change, with the time on foot to the nearest nursery from A, B, C, D and E
// derived by hand: 500 m take 360 s.
func TestChangesByHand(t *testing.T) {
	tw, s := street(t)
	nets := traveltime.NewNetworks("")
	at := func(letter byte) string {
		p := tw.Point(letter)
		return fmt.Sprintf("[%.7f, %.7f]", p[0], p[1])
	}
	for name, c := range map[string]struct {
		lines []string
		p     coverage.Params
		want  string
		notes []string
	}{
		"nothing":         {want: "0 360 720 1080 1440"},
		"opened":          {lines: []string{"open: {facility: plan}"}, want: "0 360 720 360 0"},
		"a candidate too": {lines: []string{"open: {facility: idea}"}, want: "0 360 0 360 720"},
		"closed":          {lines: []string{"open: {facility: plan}", "close: {facility: nursery}"}, want: "1440 1080 720 360 0"},
		"moved":           {lines: []string{"move: {facility: nursery, to: " + at('C') + "}"}, want: "720 360 0 360 720"},
		"created":         {lines: []string{"create: {id: new, service: creche, at: " + at('D') + "}"}, want: "0 360 360 0 360"},
		"created, then moved": {lines: []string{"create: {id: new, service: creche, at: " + at('D') + "}", "move: {facility: new, to: " + at('E') + "}"},
			want: "0 360 720 360 0"},
		"created, then closed": {lines: []string{"create: {id: new, service: creche, at: " + at('D') + "}", "close: {facility: new}"}, want: "0 360 720 1080 1440"},
		"closed, then created again": {lines: []string{"close: {facility: nursery}", "create: {id: nursery, service: creche, at: " + at('E') + "}"},
			want: "1440 1080 720 360 0"},
		"at the town hall": {lines: []string{"create: {id: new, service: creche, commune: west}"}, want: "0 0 360 720 1080",
			notes: []string{"new: placed at the town hall of West (hall)."}},
		// (8 × D + 16 × E) / 24 lies two thirds of the way from D to E, 333 m.
		"in the middle of the people": {lines: []string{"close: {facility: nursery}", "create: {id: new, service: creche, commune: 10002}"}, want: "1320 960 600 240 120",
			notes: []string{"new: placed at the mean point of the people of East, whose town hall is not in the data."}},
		"moved to a commune": {lines: []string{"move: {facility: nursery, commune: West}"}, want: "360 0 360 720 1080",
			notes: []string{"nursery: placed at the town hall of West (hall)."}},
		"a town hall of the scenario": {lines: []string{"create: {id: new-hall, service: town_hall, at: " + at('E') + "}", "move: {facility: nursery, commune: East}"},
			want: "1440 1080 720 360 0", notes: []string{"nursery: placed at the town hall of East (new-hall)."}},
		"two services in a place": {lines: []string{"create: {id: new, services: [alsh, creche], at: " + at('E') + "}", "move: {facility: new-creche, to: " + at('D') + "}"},
			want: "0 360 360 0 360"},
		"a bus": {lines: []string{"create: {id: bus, service: creche, at: " + at('E') + ", itinerant: true}"}, want: "0 360 720 1080 1440"},
		"residents only": {lines: []string{"create: {id: new, service: creche, at: " + at('D') + ", catchment: commune}"},
			want: "0 360 720 0 360"}, // C is of West, which has to go to A
		"accessible": {lines: []string{"open: {facility: plan}", "accessibility: {facility: plan, accessible: yes}"},
			p: coverage.Params{SupplyOptions: coverage.SupplyOptions{Accessible: true}}, want: "1440 1080 720 360 0"},
		"open on Wednesdays": {lines: []string{"hours: {facility: nursery, hours: Mo 08:00-12:00}", "create: {id: new, service: creche, at: " + at('C') + ", hours: We 09:00-11:00}"},
			p: coverage.Params{SupplyOptions: coverage.SupplyOptions{Open: "We"}}, want: "720 360 0 360 720"},
		"a road closed": {lines: []string{"close_road: {way: 2}"}, want: "0 360 unreachable unreachable unreachable"},
		"the nearest road closed": {lines: []string{"close_road: {near: " + at('C')[:len(at('C'))-1] + "]}"}, want: "0 360 unreachable unreachable unreachable",
			notes: []string{"Road closed, the nearest to 0.008983, 0.000000: D5 (2)."}},
		"half the speed":         {lines: []string{"speed: {class: secondary, percent: 50}"}, want: "0 360 1080 1800 2160"},
		"the last speed holds":   {lines: []string{"speed: {class: secondary, percent: 50}", "speed: {class: secondary, percent: 200}"}, want: "0 360 540 720 1080"},
		"closed and slow, moved": {lines: []string{"speed: {class: residential, percent: 50}", "close_road: {way: 2}", "move: {facility: nursery, to: " + at('E') + "}"}, want: "unreachable unreachable 1080 720 0"},
	} {
		t.Run(name, func(t *testing.T) {
			sc := &Scenario{Changes: []Change{}}
			if c.lines != nil {
				sc = changes(t, c.lines...)
			}
			w := apply(t, s, nets, sc)
			if got := times(t, w.Snapshot, w.Networks, c.p); got != c.want {
				t.Errorf("times %s, want %s", got, c.want)
			}
			var notes []string
			for _, n := range w.Notes {
				notes = append(notes, n.En)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Error(diff)
			}
			if got := times(t, s, nets, coverage.Params{}); got != "0 360 720 1080 1440" {
				t.Errorf("the territory itself has become %s", got)
			}
		})
	}
}

func TestWhatIsSaidOfAFacilityArrives(t *testing.T) {
	tw, s := street(t)
	p := tw.Point('E')
	w := apply(t, s, traveltime.NewNetworks(""), changes(t, fmt.Sprintf(
		`create: {id: new, services: [creche], at: [%.7f, %.7f], name: "Crèche, dite \"neuve\"", capacity: 0, hours: "Mo-Fr 07:30-18:30", holidays: off, accessible: limited, catchment: epci, cost: {yearly: 1}}`, p[0], p[1]),
		"resize: {facility: nursery, capacity: 30}", "hours: {facility: nursery, holidays: Mo 10:00-11:00}"))
	find := func(id string) geodata.Facility {
		for _, f := range w.Snapshot.Facilities() {
			if f.ID == id {
				return f
			}
		}
		t.Fatalf("there is no %s", id)
		return geodata.Facility{}
	}
	zero := 0
	hours, _ := geodata.ParseWeeklyHours("Mo-Fr 07:30-18:30") //nolint:errcheck // by hand
	want := geodata.Facility{ID: "new", Name: `Crèche, dite "neuve"`, Service: "creche", Location: find("new").Location, Commune: "10002", Capacity: &zero, Hours: hours,
		Holidays: new(geodata.WeeklyHours), Catchment: geodata.OfEPCI, Accessible: geodata.AccessibleLimited, Status: geodata.Existing, Source: "scenario"}
	if diff := cmp.Diff(want, find("new")); diff != "" {
		t.Error(diff)
	}
	if d := geodata.Distance(find("new").Location, p); d > 0.02 {
		t.Errorf("it stands %.3f m away", d)
	}
	nursery := find("nursery")
	if *nursery.Capacity != 30 || nursery.Hours != nil || nursery.Holidays.Minutes() != 60 {
		t.Errorf("the nursery is %+v", nursery)
	}
	if *s.Facilities()[2].Capacity != 10 {
		t.Error("the territory's own nursery has changed")
	}
}

// The empty scenario is the base itself, and any world answers by the base's name.
func TestTheEmptyScenarioIsTheBase(t *testing.T) {
	_, s := street(t)
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	for _, text := range []string{"changes: []", "{}", "name: rien\nnote: rien\ncost: {yearly: 5}", `{"changes": []}`} {
		w := apply(t, s, nets, parse(t, text))
		if w.Snapshot != s || w.Networks != nets {
			t.Errorf("%s: another snapshot or networks", text)
		}
		base, err := coverage.Run(ctx, s, nets, coverage.Params{Service: "creche", Mode: "foot", WithinKm: []float64{1}, Detailed: true})
		if err != nil {
			t.Fatal(err)
		}
		is, err := coverage.Run(ctx, w.Snapshot, w.Networks, coverage.Params{Service: "creche", Mode: "foot", WithinKm: []float64{1}, Detailed: true})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(base) //nolint:errcheck // compared with one that is not empty
		got, _ := json.Marshal(is)    //nolint:errcheck // likewise
		if len(want) < 100 || !bytes.Equal(want, got) {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
}

func TestProvenanceTellsTheScenario(t *testing.T) {
	_, s := street(t)
	sc := parse(t, "name: {fr: Deux, en: Two}\nchanges:\n  - open: {facility: plan}\n  - move: {facility: plan, commune: West}")
	for _, sc := range []*Scenario{sc, parse(t, "name: {fr: Deux, en: Two}\nchanges: [{close_road: {way: 2}}]")} {
		w := apply(t, s, traveltime.NewNetworks(""), sc)
		r, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, coverage.Params{Service: "creche"})
		if err != nil {
			t.Fatal(err)
		}
		p := r.Provenance
		if p.Snapshot != s.ID() || p.Scenario == nil || p.Scenario.ID != sc.ID() || p.Scenario.Name.En != "Two" {
			t.Errorf("%+v", p)
		}
		for _, n := range append(w.Notes, geodata.Text{Fr: "Scénario : Deux.", En: "Scenario: Two."}) {
			if !slices.Contains(p.Notes, n) {
				t.Errorf("the provenance does not say %v", n)
			}
		}
	}
	if s.Variation() != nil {
		t.Error("the base has become a scenario")
	}
}

// Kilometres by road know of a closing, but of no speed.
func TestLengthsUnderRoadwork(t *testing.T) {
	_, s := street(t)
	within := func(lines ...string) geodata.Amount {
		w := apply(t, s, traveltime.NewNetworks(""), changes(t, lines...))
		r, err := coverage.Run(context.Background(), w.Snapshot, w.Networks, coverage.Params{Service: "creche", Mode: "foot", WithinKm: []float64{1.2}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Territory.CoveredKm[0]
	}
	// Whatever the speed, C is a kilometre away: 1 + 2 + 4, of which 3/4 are under three.
	if got, want := within("speed: {class: secondary, percent: 10}"), geodata.Whole(7)*3/4; got != want {
		t.Errorf("slow roads: %s within 1.2 km, want %s", got, want)
	}
	if got, want := within("speed: {class: secondary, percent: 10}", "close_road: {way: 2}"), geodata.Whole(3)*3/4; got != want {
		t.Errorf("a closed road: %s within 1.2 km, want %s", got, want)
	}
}

// Changes made at once, and one scenario after the other, come to the same.
func TestOneListIsItsChangesInSequence(t *testing.T) {
	tw, s := street(t)
	nets := traveltime.NewNetworks("")
	rapid.Check(t, func(rt *rapid.T) {
		lines := randomChanges(rt, tw.At)
		cut := rapid.IntRange(0, len(lines)).Draw(rt, "cut")
		whole := apply(t, s, nets, changes(t, lines...))
		first := &World{Snapshot: s, Networks: nets}
		if cut > 0 {
			first = apply(t, s, nets, changes(t, lines[:cut]...))
		}
		then := first
		if cut < len(lines) {
			then = apply(t, first.Snapshot, first.Networks, changes(t, lines[cut:]...))
		}
		if whole.Snapshot.ID() != then.Snapshot.ID() {
			rt.Fatalf("%v cut at %d: another snapshot", lines, cut)
		}
		p := coverage.Params{WithinKm: []float64{1}}
		if a, b := times(t, whole.Snapshot, whole.Networks, p), times(t, then.Snapshot, then.Networks, p); a != b {
			rt.Fatalf("%v cut at %d: times %s, and in sequence %s", lines, cut, a, b)
		}
	})
}

// randomChanges are changes that can be made, one after the other.
func randomChanges(rt *rapid.T, at func(col, row float64) orb.Point) (lines []string) {
	point := func() string {
		p := at(rapid.Float64Range(0, 20).Draw(rt, "col"), rapid.Float64Range(-1, 1).Draw(rt, "row"))
		return fmt.Sprintf("[%.6f, %.6f]", p[0], p[1])
	}
	there := []string{"nursery", "plan", "idea"}
	waiting := map[string]bool{"plan": true, "idea": true}
	if rapid.Bool().Draw(rt, "population") {
		lines = append(lines, "population: {year: 2018}")
	}
	for i := range rapid.IntRange(1, 8).Draw(rt, "changes") {
		pick := func() int { return rapid.IntRange(0, len(there)-1).Draw(rt, "facility") }
		switch kind := rapid.IntRange(0, 6).Draw(rt, "kind"); {
		case kind == 0 || len(there) == 0:
			id := fmt.Sprintf("new%d", i)
			there = append(there, id)
			lines = append(lines, "create: {id: "+id+", service: creche, at: "+point()+"}")
		case kind == 1:
			k := pick()
			lines = append(lines, "close: {facility: "+there[k]+"}")
			there = slices.Delete(there, k, k+1)
		case kind == 2:
			lines = append(lines, "move: {facility: "+there[pick()]+", to: "+point()+"}")
		case kind == 3:
			lines = append(lines, fmt.Sprintf("resize: {facility: %s, capacity: %d}", there[pick()], i))
		case kind == 4:
			lines = append(lines, fmt.Sprintf("speed: {class: %s, percent: %d}", []string{"secondary", "residential"}[i%2], rapid.IntRange(1, 1000).Draw(rt, "percent")))
		case kind == 5:
			lines = append(lines, fmt.Sprintf("close_road: {way: %d}", rapid.IntRange(1, 4).Draw(rt, "way")))
		default:
			if id := there[pick()]; waiting[id] {
				delete(waiting, id)
				lines = append(lines, "open: {facility: "+id+"}")
			} else {
				lines = append(lines, "accessibility: {facility: "+id+", accessible: no}")
			}
		}
	}
	return lines
}

// The steps of a live session and a scenario of the same changes have one answer.
func TestALiveSessionAgrees(t *testing.T) {
	tw, s := street(t)
	nets, ctx := traveltime.NewNetworks(""), context.Background()
	p := coverage.Params{Service: "creche", Mode: "foot"}
	x, err := whatif.Start(ctx, s, nets, p)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ whatif.Step, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, b := tw.Point('D'), tw.At(6.5, 0.5)
	must(x.Add(d, nil))
	must(x.Move(0, b))
	must(x.Rework(ctx, traveltime.Roadwork{Close: []int64{3}, PerMille: map[string]int{"residential": 667}}))
	w := apply(t, s, nets, &Scenario{Changes: []Change{
		{Create: &Create{ID: "new", Service: "creche", At: &Point{d[0], d[1]}}},
		{Move: &Move{Facility: "nursery", To: &Point{b[0], b[1]}}},
		{CloseRoad: &CloseRoad{Way: new(int64(3))}},
		{Speed: &Speed{Class: "residential", Percent: 66.7}},
	}})
	r, err := coverage.Run(ctx, w.Snapshot, w.Networks, p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x.Times(), r.Cells.Times); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(x.Totals().Territory, r.Territory); diff != "" {
		t.Error(diff)
	}
	// A session can begin in a scenario, too: closing the bridge again changes nothing more.
	y, err := whatif.Start(ctx, w.Snapshot, w.Networks, p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x.Times(), y.Times()); diff != "" {
		t.Error(diff)
	}
}

func TestApplySaysAllThatIsWrong(t *testing.T) {
	_, s := street(t)
	text := `changes:
  - create: {id: nursery, service: nursing, commune: Wast}
  - create:
      id: new
      services: [creche, alsh]
      at: [47.6, -0.4]
  - open:
      facility: nursery
  - close: {facility: idea}
  - move: {facility: idea, to: [0, 0]}
  - resize: {facility: nurserie, capacity: 3}
  - hours: {facility: something-else-altogether, hours: off}
  - speed: {class: motorway, percent: 50}
  - close_road: {way: 99}
  - close_road: {near: [0.1, 0.1]}
  - population: {year: 2019}
  - population: {year: 2021, variant: low}
`
	_, err := Apply(context.Background(), s, traveltime.NewNetworks(""), parse(t, text))
	want := []string{
		`test.yaml:2: changes[0].create.commune: there is no commune "Wast": there is 10001 (West), 10002 (East)`,
		`test.yaml:2: changes[0].create.service: unknown service "nursing": want one of `,
		`test.yaml:2: changes[0].create.id: there is a facility "nursery" already: want another id`,
		`test.yaml:6: changes[1].create.at: 47.6, -0.4 is far from the territory, which lies between `,
		`test.yaml:8: changes[2].open.facility: nursery is open already: want one that is planned or a candidate: there is idea, plan`,
		`test.yaml:10: changes[4].move.facility: idea is closed already, by changes[3]`,
		`test.yaml:11: changes[5].resize.facility: there is no facility "nurserie": there is nursery`,
		`test.yaml:12: changes[6].hours.facility: there is no facility "something-else-altogether": want the id of one, or create it in a change before`,
		`test.yaml:13: changes[7].speed.class: no road here is of class "motorway": want one of residential, secondary`,
		`test.yaml:14: changes[8].close_road.way: no way 99 that anybody can use: want the id of one, or near: [longitude, latitude]`,
		`test.yaml:15: changes[9].close_road.near: no road for cars is near 0.1, 0.1: want a point on a road, longitude first`,
		`test.yaml:16: changes[10].population.year: 2019: want a year after 2021, the newest that is known, up to 2070; or a year of the census: 2018, 2021`,
		`test.yaml:17: changes[11].population.year: the population is that of another year already, by changes[10]: want one such change`,
	}
	compareProblems(t, err, want)
}

// compareProblems holds each problem against how it must begin.
func compareProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%v: want Problems", err)
	}
	for i, p := range problems {
		if i >= len(want) || !strings.HasPrefix(p.Error(), want[i]) {
			t.Errorf("problem %d: %s", i, p.Error())
		}
	}
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d", len(problems), len(want))
	}
}

// A scenario that a program makes is checked as one in a file is.
func TestAScenarioOfAProgramIsChecked(t *testing.T) {
	_, s := street(t)
	_, err := Apply(context.Background(), s, traveltime.NewNetworks(""), &Scenario{Changes: []Change{{}, {Speed: &Speed{Class: "x", Percent: -1}}, {Create: &Create{ID: "a b"}}}})
	compareProblems(t, err, []string{
		"changes[0]: want one of create, open,", "changes[1].speed.percent: -1: want a number between 1 and 1000",
		"changes[2].create.id: \"a b\": want a new id", "changes[2].create: want one of service, services", "changes[2].create: want one of at, commune",
	})
	_, err = Apply(context.Background(), s, traveltime.NewNetworks(""), &Scenario{Changes: []Change{{Open: &Open{Facility: "plna"}}}})
	compareProblems(t, err, []string{`changes[0].open.facility: there is no facility "plna": there is plan`})
}

func TestApplyEndsWithItsContext(t *testing.T) {
	_, s := street(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Apply(ctx, s, traveltime.NewNetworks(""), changes(t, "close_road: {near: [0, 0]}")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	// What is wrong with the scenario is said even where there is no time.
	_, err := Apply(ctx, s, traveltime.NewNetworks(""), changes(t, "close_road: {near: [0, 0]}", "close: {facility: x}"))
	compareProblems(t, err, []string{`test.yaml:3: changes[1].close.facility: there is no facility "x"`})
}
