package whatif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// Two banks of a river. People walk 500 m in six minutes; cells hold powers of
// two. The hall is at A; E lies at the end of a track of 2 km.
//
//	A(1) 500 m B(2) bridge 100 m C(4) 500 m D(8) 2 km E(16)
func banks() (towntest.Town, geodata.Content) {
	tw := towntest.Town{Drawing: "A----BC----D" + strings.Repeat("-", 19) + "E", Ways: map[string]string{
		"AB": "highway=primary name=Rive ref=D1", "BC": "highway=residential bridge=yes name=Pont", "CD": "highway=residential", "DE": "highway=track"}}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "banks", Name: "Banks"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "Near", Study: true}, {Code: "10002", Name: "Far", Study: true}},
	}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDE" {
		commune := "10001"
		if letter > 'B' {
			commune = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: commune, Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Facilities = []geodata.Facility{{ID: "hall", Service: "town_hall", Location: tw.Point('A'), Status: geodata.Existing}}
	return tw, c
}

// Way ids count from 1 in the order of the names.
const rive, pont, quay, track = 1, 2, 3, 4

func TestABridgeClosedAndRoadsSlowedByHand(t *testing.T) {
	for _, prepared := range []bool{false, true} {
		t.Run(fmt.Sprintf("prepared=%v", prepared), func(t *testing.T) { closeAndSlow(t, prepared) })
	}
}

func closeAndSlow(t *testing.T, prepared bool) {
	tw, c := banks()
	s, nets, ctx := seal(t, c), traveltime.NewNetworks(""), context.Background()
	if prepared {
		if err := nets.Prepare(ctx, s, "foot", nil); err != nil {
			t.Fatal(err)
		}
	}
	x, err := Start(ctx, s, nets, coverage.Params{Service: "town_hall", Mode: "foot", Within: []coverage.Threshold{coverage.Minutes(10)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := x.Classes(); !slices.Equal(got, []string{"primary", "residential", "track"}) {
		t.Errorf("classes %v", got)
	}
	ok := must(t)
	// expect compares times to a tenth of a second, and who is within ten minutes.
	expect := func(what string, step Step, roads bool, sites, cells []int, times string, covered, unreachable, off int64) {
		t.Helper()
		if step.Roads != roads || !slices.Equal(step.Sites, sites) || !slices.Equal(step.Cells, cells) {
			t.Errorf("%s: %+v, want roads %v, sites %v, cells %v", what, step, roads, sites, cells)
		}
		var got []string
		for _, time := range x.Times() {
			if sec, ok := time.Seconds(); ok {
				got = append(got, fmt.Sprintf("%.1f", sec))
			} else {
				got = append(got, time.State())
			}
		}
		if strings.Join(got, " ") != times {
			t.Errorf("%s: times %v, want %s", what, got, times)
		}
		is := x.Totals()
		if w := is.Territory; w.Covered[0] != geodata.Whole(covered) || w.Unreachable != geodata.Whole(unreachable) || w.OffNetwork != geodata.Whole(off) {
			t.Errorf("%s: %+v, want %d covered, %d unreachable, %d off the network", what, w, covered, unreachable, off)
		}
		sum := Count{Covered: make([]geodata.Amount, 1)}
		for _, r := range is.Communes {
			sum.Covered[0] += r.Covered[0]
			sum.Unreachable += r.Unreachable
			sum.OffNetwork += r.OffNetwork
		}
		if w := is.Territory; w.Covered[0] != sum.Covered[0] || w.Unreachable != sum.Unreachable || w.OffNetwork != sum.OffNetwork {
			t.Errorf("%s: the communes add up to %+v, the territory is %+v", what, sum, w)
		}
	}
	mapped := "0.0 360.0 432.0 792.0 2232.0"
	expect("at first", Step{}, false, nil, nil, mapped, 1+2+4, 0, 0)
	expect("the bridge closed", ok(x.Rework(ctx, traveltime.Roadwork{Close: []int64{pont}})), true, nil, []int{2, 3, 4},
		"0.0 360.0 unreachable unreachable unreachable", 1+2, 4+8+16, 0)
	if got := x.Totals().Territory.Mean; got == nil || *got < 239.9 || *got > 240.1 {
		t.Errorf("mean %v, want (1 × 0 + 2 × 360) / 3", got)
	}
	expect("a site on the far bank", ok(x.Add(tw.Point('D'), nil)), false, []int{1}, []int{2, 3, 4}, "0.0 360.0 360.0 0.0 1440.0", 1+2+4+8, 0, 0)
	expect("undone", ok(x.Undo(ctx)), false, []int{1}, []int{2, 3, 4}, "0.0 360.0 unreachable unreachable unreachable", 1+2, 4+8+16, 0)
	expect("the bridge open again", ok(x.Undo(ctx)), true, nil, []int{2, 3, 4}, mapped, 1+2+4, 0, 0)

	half := map[string]int{"primary": 500}
	expect("the bank road at half the speed", ok(x.Rework(ctx, traveltime.Roadwork{PerMille: half})), true, nil, []int{1, 2, 3, 4}, "0.0 720.0 792.0 1152.0 2592.0", 1, 0, 0)
	// Nothing adds up: two thirds are of the speed as mapped.
	expect("slid to two thirds", ok(x.Slide(ctx, traveltime.Roadwork{PerMille: map[string]int{"primary": 667, "track": 1000}})), true, nil, []int{1, 2, 3, 4}, "0.0 539.7 611.7 971.7 2411.7", 1+2, 0, 0)
	expect("the nearest road to the bridge", ok(x.CloseRoad(ctx, tw.At(5.5, 1))), true, nil, []int{2, 3, 4}, "0.0 539.7 unreachable unreachable unreachable", 1+2, 4+8+16, 0)
	want := Roadwork{PerMille: map[string]int{"primary": 667}, Close: []ClosedWay{{ID: pont, Name: "Pont", Class: "residential"}}}
	got := x.Roadwork()
	if line := got.Close[0].Line; len(line) != 2 || geodata.Distance(line[0], tw.Point('B')) > 0.02 || geodata.Distance(line[1], tw.Point('C')) > 0.02 {
		t.Errorf("the bridge is drawn as %v", line)
	}
	got.Close[0].Line = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ok(x.Undo(ctx))
	expect("both slides undone at once", ok(x.Undo(ctx)), true, nil, []int{1, 2, 3, 4}, mapped, 1+2+4, 0, 0)

	// E is 2 km from any other road: off the network, and a site there reaches nobody.
	expect("a site at the end of the track", ok(x.Add(tw.Point('E'), nil)), false, []int{1}, []int{4}, "0.0 360.0 432.0 792.0 0.0", 1+2+4+16, 0, 0)
	expect("the track closed", ok(x.Rework(ctx, traveltime.Roadwork{Close: []int64{track}})), true, []int{1}, []int{4}, "0.0 360.0 432.0 792.0 off_network", 1+2+4, 0, 16)
	if x.Sites()[1].On {
		t.Error("the site is on a closed road, but says it is on the network")
	}
	expect("moved to D", ok(x.Move(1, tw.Point('D'))), false, []int{1}, []int{2, 3}, "0.0 360.0 360.0 0.0 off_network", 1+2+4+8, 0, 16)
	expect("and back", ok(x.Undo(ctx)), false, []int{1}, []int{2, 3}, "0.0 360.0 432.0 792.0 off_network", 1+2+4, 0, 16)
	expect("another in its stead", ok(x.Rework(ctx, traveltime.Roadwork{Close: []int64{quay, quay}})), true, []int{1}, []int{3, 4}, "0.0 360.0 432.0 1440.0 0.0", 1+2+4+16, 0, 0)
	ok(x.Undo(ctx))
	expect("all undone", ok(x.Undo(ctx)), true, []int{1}, []int{4}, "0.0 360.0 432.0 792.0 0.0", 1+2+4+16, 0, 0)
	if got := x.Changed(); !slices.Equal(got, []int{4}) {
		t.Errorf("cells %v are not as at first, want that of E", got)
	}
}

// A refused change of the roads, and one nobody waits for, change nothing.
func TestRoadworkIsChecked(t *testing.T) {
	tw, c := banks()
	x := begin(t, seal(t, c), coverage.Params{Service: "town_hall", Mode: "foot"})
	ok, ctx := must(t), context.Background()
	ok(x.Rework(ctx, traveltime.Roadwork{Close: []int64{pont}}))
	before, times, work := x.Totals(), slices.Clone(x.Times()), x.Roadwork()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	rework := func(w traveltime.Roadwork) func() (Step, error) {
		return func() (Step, error) { return x.Rework(ctx, w) }
	}
	for name, bad := range map[string]struct {
		step        func() (Step, error)
		param, says string
	}{
		"unknown way":    {rework(traveltime.Roadwork{Close: []int64{rive, 99}}), "close[1]", "way 99 cannot be closed"},
		"too many":       {rework(traveltime.Roadwork{Close: make([]int64, MaxClosed+1)}), "close", "at most 500"},
		"a standstill":   {rework(traveltime.Roadwork{PerMille: map[string]int{"track": 9}}), "per_mille.track", "between 10 and 10000"},
		"a rocket":       {rework(traveltime.Roadwork{PerMille: map[string]int{"track": 10_001}}), "per_mille.track", "between 10 and 10000"},
		"unknown class":  {rework(traveltime.Roadwork{PerMille: map[string]int{"canal": 900}}), "per_mille.canal", "want one of primary, residential, track"},
		"in the slide":   {func() (Step, error) { return x.Slide(ctx, traveltime.Roadwork{Close: []int64{0}}) }, "close[0]", "way 0"},
		"far from roads": {func() (Step, error) { return x.CloseRoad(ctx, tw.At(0, 30)) }, "lon", "no road of mode foot is near"},
		"closed already": {func() (Step, error) { return x.CloseRoad(ctx, tw.At(5.5, 0)) }, "lon", "way 2, is closed already"},
		"off the globe":  {func() (Step, error) { return x.CloseRoad(ctx, orb.Point{0, 91}) }, "lon", "latitude"},
		"given up":       {func() (Step, error) { return x.Rework(gone, traveltime.Roadwork{}) }, "", "canceled"},
		"nor undone":     {func() (Step, error) { return x.Undo(gone) }, "", "canceled"},
	} {
		_, err := bad.step()
		param := (*analyses.ParamError)(nil)
		if err == nil || !strings.Contains(err.Error(), bad.says) || errors.As(err, &param) != (bad.param != "") || (param != nil && param.Param != bad.param) {
			t.Errorf("%s: %v, want %q about %q", name, err, bad.says, bad.param)
		}
	}
	if diff := cmp.Diff(before, x.Totals()) + cmp.Diff(work, x.Roadwork()); diff != "" || !slices.Equal(times, x.Times()) || x.Steps() != 1 {
		t.Error("a refused step changed something", diff)
	}
	ok(x.Undo(ctx))
}
