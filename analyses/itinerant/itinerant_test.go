package itinerant

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The town is a street of homes 500 m apart, 6 minutes on foot, that hold powers of
// two people; A and B are in one commune, C and D in the other. The office at A is
// open on Monday from 9 to 12 and on Tuesday from 9 to 11.
func town() (towntest.Town, geodata.Content) {
	tw := towntest.Town{Drawing: "A----B----C----D" + strings.Repeat("-", 60) + "Z", Ways: map[string]string{"ABCDZ": "highway=residential"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}}}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCD" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: []string{"10001", "10001", "10002", "10002"}[i], Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Facilities = []geodata.Facility{
		{ID: "office", Name: "Bureau", Service: "france_services", Location: tw.Point('A'), Status: geodata.Existing, Hours: weekly("Mo 09:00-12:00; Tu 09:00-11:00")},
		{ID: "shop", Name: "Sans horaires", Service: "france_services", Location: tw.Point('D'), Status: geodata.Existing},
		{ID: "bus", Name: "Bus", Service: "france_services", Location: tw.Point('C'), Status: geodata.Existing, Hours: weekly("Mo 11:00-13:00"), Itinerant: true},
	}
	return tw, c
}

func weekly(s string) *geodata.WeeklyHours {
	h, err := geodata.ParseWeeklyHours(s)
	if err != nil {
		panic(err)
	}
	return h
}

func run(t testing.TB, c geodata.Content, p Params) *Result {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// within is a second over a walk of so many minutes: the drawing's coordinates are rounded.
func within(minutes int) coverage.Threshold {
	return coverage.Threshold(time.Duration(minutes)*time.Minute + time.Second)
}

func whole(n ...int64) (out []geodata.Amount) {
	for _, v := range n {
		out = append(out, geodata.Whole(v))
	}
	return out
}

// Within 6 minutes the office (5 h) reaches A and B; the bus at C (2 h on Monday from
// 11, an hour of it beside the office's) reaches B, C and D. So A has 5 h, B 6 h
// (9 to 13 on Monday, 2 h on Tuesday), C and D 2 h.
//
//	fixed 5·(1+2) = 15, stops 2·(2+4+8) = 28, both 5·1 + 6·2 + 2·(4+8) = 41
func TestHoursAtOnceCountOnce(t *testing.T) {
	_, c := town()
	r := run(t, c, Params{Service: "france_services", Mode: "foot", Within: []coverage.Threshold{within(6)}})
	want := Row{Code: "town", Name: geodata.Text{Fr: "Town"}, Demand: geodata.Whole(15), Fixed: whole(15), Stops: whole(28), Both: whole(41), Gain: whole(26), Served: whole(15)}
	if diff := cmp.Diff(want, r.Territory); diff != "" {
		t.Error(diff)
	}
	west := Row{Code: "10001", Name: geodata.Text{Fr: "West"}, Demand: geodata.Whole(3), Fixed: whole(15), Stops: whole(4), Both: whole(17), Gain: whole(2), Served: whole(3)}
	if diff := cmp.Diff(west, r.Communes[0]); diff != "" {
		t.Error(diff)
	}
	// Without the office A loses 5 h and B the 4 h that the bus does not offer too: 5 + 8.
	office, bus := r.Sites[0], r.Sites[1]
	if diff := cmp.Diff(whole(13), office.Gain); diff != "" || office.Hours != 5 || office.Stop {
		t.Error("office:", diff, office)
	}
	if diff := cmp.Diff(whole(26), bus.Gain); diff != "" || bus.Hours != 2 || !bus.Stop {
		t.Error("bus:", diff, bus)
	}
	if diff := cmp.Diff([]int{300, 360, 120, 120}, r.Cells.Both); diff != "" {
		t.Error("minutes:", diff)
	}
	if r.LeftOut["hours_unknown"] != 1 || !strings.Contains(r.Provenance.Notes[0].Fr, "1 lieu aux horaires inconnus") {
		t.Errorf("the shop without hours is not said to be left out: %v %v", r.LeftOut, r.Provenance.Notes)
	}
}

// Stops that are named replace the bus's base.
func TestStopsAsAsked(t *testing.T) {
	tw, c := town()
	r := run(t, c, Params{Service: "france_services", Mode: "foot", Within: []coverage.Threshold{within(0)}, Stops: []Stop{{tw.Point('D'), *weekly("We 14:00-15:30")}}})
	if diff := cmp.Diff(whole(5+12), r.Territory.Both); diff != "" { // A 5 h, D 1.5 h for 8 people
		t.Error(diff)
	}
	if r.LeftOut["itinerant"] != 1 {
		t.Errorf("left out: %v", r.LeftOut)
	}
}

// A stop that is always open gives 168 times the people it covers.
func TestAStopAlwaysOpenEqualsTheStaticFigure(t *testing.T) {
	tw, c := town()
	c.Facilities = c.Facilities[1:2]
	r := run(t, c, Params{Service: "france_services", Mode: "foot", Within: []coverage.Threshold{within(6), within(12)}, Stops: []Stop{{tw.Point('D'), *weekly("24/7")}}})
	if diff := cmp.Diff(whole(168*12, 168*14), r.Territory.Both); diff != "" {
		t.Error(diff)
	}
}

// Splitting the hours of a site between two at the same place, moving a site's hours
// to a stop there, or adding a stop: the first two change nothing, the last never
// takes an hour away. Communes add up.
func TestPersonHoursAddUp(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		tw, c := town()
		p := Params{Service: "france_services", Mode: "foot", Within: []coverage.Threshold{within(r.IntN(9)), within(9 + r.IntN(9))}}
		for range 1 + r.IntN(3) {
			from := 8 + r.IntN(4)
			day := geodata.DayNames[r.IntN(7)]
			h := weekly(day + " " + clock(from) + "-" + clock(from+1+r.IntN(6)))
			p.Stops = append(p.Stops, Stop{tw.At(15*r.Float64(), 0), *h})
		}
		all := run(t, c, p)
		fewer := p
		fewer.Stops = p.Stops[:len(p.Stops)-1]
		if len(fewer.Stops) > 0 {
			less := run(t, c, fewer)
			for w := range p.Within {
				if all.Territory.Both[w] < less.Territory.Both[w] {
					t.Errorf("seed %d: a stop more takes person-hours away: %v, %v", seed, less.Territory.Both, all.Territory.Both)
				}
			}
		}
		twice := p
		twice.Stops = append(append([]Stop(nil), p.Stops...), p.Stops...)
		if diff := cmp.Diff(all.Territory, run(t, c, twice).Territory); diff != "" {
			t.Errorf("seed %d: the same stops twice change the answer: %s", seed, diff)
		}
		for w := range p.Within {
			var fixed, both geodata.Amount
			for _, row := range all.Communes {
				fixed, both = fixed+row.Fixed[w], both+row.Both[w]
			}
			if fixed != all.Territory.Fixed[w] || both != all.Territory.Both[w] {
				t.Errorf("seed %d: communes do not add up to the territory", seed)
			}
		}
	}
}

func clock(h int) string { return time.Date(0, 1, 1, h, 0, 0, 0, time.UTC).Format("15:04") }

func TestWhatCannotBeAsked(t *testing.T) {
	_, c := town()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	for param, p := range map[string]Params{
		"service": {Service: "zoo"},
		"mode":    {Service: "france_services", Mode: "rocket", Within: []coverage.Threshold{within(1)}},
		"within":  {Service: "france_services", Within: []coverage.Threshold{within(2), within(1)}},
		"column":  {Service: "france_services", DemandOptions: coverage.DemandOptions{Column: "cats"}},
	} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
		if bad := (*analyses.ParamError)(nil); !errors.As(err, &bad) || bad.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
	for _, text := range []string{"", "1 2", "x 2 Mo 08:00-09:00", "1 95 Mo 08:00-09:00", "1 2 Mo 09:00-08:00", "1 2 Mo off"} {
		if _, err := ParseStop(text); err == nil || !strings.Contains(err.Error(), "want longitude, latitude and hours") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if stop, err := ParseStop("-0.3908 47.5589 Tu 9:00-12:00,14h-15h"); err != nil || stop.String() != "-0.3908 47.5589 Tu 09:00-12:00,14:00-15:00" {
		t.Errorf("%v, %v", stop, err)
	}
}
