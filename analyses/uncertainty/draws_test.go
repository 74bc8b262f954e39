package uncertainty

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/towntest"
)

// perMille lists what the draws keep of the speed of a network's only class, the
// fastest draw first.
func perMille(t *testing.T, seed uint64, draws int, class string) (kept []int) {
	t.Helper()
	s, err := readSpeeds()
	if err != nil {
		t.Fatal(err)
	}
	for k := range draws {
		kept = append(kept, s.draw(seed, k, []string{class}).PerMille[class])
	}
	slices.SortFunc(kept, func(a, b int) int { return b - a })
	return kept
}

// On a street of one class all times are the distance over the drawn speed. Of 21
// sorted draws the 5th, 50th and 95th percentile are the 2nd, the 11th and the
// 20th: ⌈1.05⌉, ⌈10.5⌉ and ⌈19.95⌉.
func TestTimesScaleWithTheDrawnSpeed(t *testing.T) {
	const draws = 21
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(20)}}, Draws: draws, Seed: 3}
	r := ask(t, p)
	kept := perMille(t, 3, draws, "secondary")
	// Cars drive 55 km/h on a secondary road. Coordinates are rounded to a
	// centimetre, which is a millisecond of driving or eight of walking.
	milliseconds := func(kilometres, kept int) float64 { return float64(kilometres) * 3_600_000 / 55 * 1000 / float64(kept) }
	near := func(got traveltime.Time, want float64) bool { return math.Abs(float64(got)-want) <= 10 }
	for i := range r.Cells.IDs {
		lo, mid, hi := r.Cells.Low[i], r.Cells.Median[i], r.Cells.High[i]
		if !near(lo, milliseconds(i, kept[1])) || !near(mid, milliseconds(i, kept[10])) || !near(hi, milliseconds(i, kept[19])) {
			t.Errorf("%d km: %d, %d, %d ms; want %.0f, %.0f, %.0f", i, lo, mid, hi, milliseconds(i, kept[1]), milliseconds(i, kept[10]), milliseconds(i, kept[19]))
		}
		for w, bound := range p.Within {
			within := 0
			for _, pm := range kept {
				if milliseconds(i, pm) <= float64(time.Duration(bound).Milliseconds()) {
					within++
				}
			}
			if got := r.Cells.Within[w][i]; got != within || r.Percent(w, i) != 100*float64(within)/draws {
				t.Errorf("%d km within %s: in %d draws, %.2f %%; want %d", i, bound, got, r.Percent(w, i), within)
			}
		}
	}
	// All times move together: the draws that cover least are the slowest. The 2nd
	// least coverage is that of the 20th time, so each bound is the coverage of one.
	for w, bound := range p.Within {
		count := func(times []traveltime.Time, cells func(i int) bool) (n geodata.Amount) {
			for i, at := range times {
				if cells(i) && at.Within(time.Duration(bound)) {
					n += geodata.Unit
				}
			}
			return n
		}
		west := func(i int) bool { return i <= 10 }
		for _, zone := range []struct {
			row   Row
			cells func(int) bool
		}{
			{r.Territory, func(int) bool { return true }},
			{r.Communes[0], west},
			{r.Communes[1], func(i int) bool { return !west(i) }},
			{r.Communes[2], func(int) bool { return false }},
		} {
			want := Interval[geodata.Amount]{count(r.Cells.High, zone.cells), count(r.Cells.Median, zone.cells), count(r.Cells.Low, zone.cells)}
			if zone.row.Covered[w] != want {
				t.Errorf("%s within %s: %v, want %v", zone.row.Code, bound, zone.row.Covered[w], want)
			}
		}
		if c := r.Territory.Covered[w]; c.Low >= c.High {
			t.Errorf("within %s: %v proves nothing", bound, c)
		}
	}
}

// The town: roads of three classes, an island street of 21 km without a town
// hall, and a hamlet far from any road. Cells hold a power of two of people, the
// last but one nobody.
//
//	A ══ B ── C ── Z   primary to B, tertiary to C, Z and D, residential to E
//	     │
//	     D ── E        F ── G the island, H the hamlet
func town(t *testing.T) *geodata.Snapshot {
	t.Helper()
	far := strings.Repeat("\n", 40)
	tw := towntest.Town{
		Drawing: "A" + strings.Repeat("=", 39) + "B" + strings.Repeat("-", 29) + "C" + strings.Repeat("-", 249) + "Z" + strings.Repeat("\n", 20) +
			strings.Repeat(" ", 40) + "D" + strings.Repeat("-", 24) + "E" + far + "F" + strings.Repeat("-", 209) + "G" + far + "H",
		Ways: map[string]string{"AB": "highway=primary", "BC": "highway=tertiary", "CZ": "highway=tertiary", "BD": "highway=tertiary", "DE": "highway=residential", "FG": "highway=residential"},
	}
	c := geodata.Content{Territory: geodata.Territory{ID: "town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "1", Name: "One", Study: true}, {Code: "2", Name: "Two", Study: true}}}
	col := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDEFGH" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Study: true, Commune: []string{"1", "2"}[i%2]})
		col.Values = append(col.Values, geodata.Whole(128>>i))
	}
	col.Values[6] = 0
	c.Population.Columns = []geodata.Column{col}
	for id, letter := range map[string]byte{"old": 'A', "new": 'D', "other": 'C'} {
		f := geodata.Facility{ID: id, Service: "town_hall", Location: tw.Point(letter), Status: geodata.Candidate}
		if id == "old" {
			f.Status = geodata.Existing
		}
		c.Facilities = append(c.Facilities, f)
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// naive asks draw after draw by Dijkstra, without hierarchy, threads or cache.
func naive(t *testing.T, s *geodata.Snapshot, seed uint64, draws int, sites ...string) (times map[string][]traveltime.Time) {
	t.Helper()
	cars, err := profile.For("car")
	if err != nil {
		t.Fatal(err)
	}
	net, err := traveltime.NewNetwork(t.Context(), s.Roads(), cars)
	if err != nil {
		t.Fatal(err)
	}
	sigma, err := readSpeeds()
	if err != nil {
		t.Fatal(err)
	}
	times = map[string][]traveltime.Time{}
	for k := range draws {
		drawn, err := net.Change(sigma.draw(seed, k, net.Classes()))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Population().Cells {
			best := traveltime.OffNetwork
			for _, f := range s.Facilities() {
				if slices.Contains(sites, f.ID) {
					at, _, err := drawn.Homes([]traveltime.Place{drawn.Place(c.Centre)}).Nearest(t.Context(), []traveltime.Place{drawn.Place(f.Location)})
					if err != nil {
						t.Fatal(err)
					}
					best = min(best, at[0])
				}
			}
			times[c.ID] = append(times[c.ID], best)
		}
	}
	return times
}

// isQuantile says whether v is the least of the values with a share of them at or below it.
func isQuantile[T geodata.Amount | traveltime.Time | float64](v T, percent int, values []T) bool {
	atOrBelow, below := 0, 0
	for _, x := range values {
		if x <= v {
			atOrBelow++
		}
		if x < v {
			below++
		}
	}
	return 100*atOrBelow >= percent*len(values) && 100*below < percent*len(values)
}

func isCentral[T geodata.Amount | traveltime.Time | float64](in Interval[T], values []T) bool {
	return isQuantile(in.Low, 5, values) && isQuantile(in.Median, 50, values) && isQuantile(in.High, 95, values)
}

func TestAgainstDrawAfterDraw(t *testing.T) {
	const draws = 60
	s := town(t)
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(2), coverage.Minutes(4), coverage.Minutes(6), coverage.Minutes(9)}},
		Draws: draws, Seed: 11, A: []string{"new"}, B: []string{"other"}}
	r, err := Run(t.Context(), s, traveltime.NewNetworks(""), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := naive(t, s, 11, draws, "old", "new"), naive(t, s, 11, draws, "old", "other")
	if got := strings.Join(r.Cells.IDs, ""); got != "ABCDEFH" {
		t.Fatalf("cells %s: want all but G, where nobody lives", got)
	}
	for i, id := range r.Cells.IDs {
		if in := (Interval[traveltime.Time]{r.Cells.Low[i], r.Cells.Median[i], r.Cells.High[i]}); !isCentral(in, a[id]) {
			t.Errorf("%s: %v of %v", id, in, a[id])
		}
		last := 0
		for w, bound := range p.Within {
			within := 0
			for _, at := range a[id] {
				if at.Within(time.Duration(bound)) {
					within++
				}
			}
			if got := r.Cells.Within[w][i]; got != within || got < last {
				t.Errorf("%s within %s: in %d draws, want %d, and no fewer than %d", id, bound, got, within, last)
			}
			last = within
		}
	}
	if diff := cmp.Diff([]string{"reached", "reached", "reached", "reached", "reached", "unreachable", "off_network"}, r.Cells.States); diff != "" {
		t.Error(diff)
	}
	covered := func(times map[string][]traveltime.Time, k int, bound coverage.Threshold, commune string) (sum geodata.Amount) {
		for i, c := range s.Population().Cells {
			if c.ID != "G" && (commune == "" || c.Commune == commune) && times[c.ID][k].Within(time.Duration(bound)) {
				sum += geodata.Whole(128 >> i)
			}
		}
		return sum
	}
	decided := 0
	for w, bound := range p.Within {
		for commune, row := range map[string]Row{"": r.Territory, "1": r.Communes[0], "2": r.Communes[1]} {
			var amounts []geodata.Amount
			var shares []float64
			for k := range draws {
				amounts = append(amounts, covered(a, k, bound, commune))
				shares = append(shares, 100*amounts[k].Float()/row.Demand.Float())
			}
			if !isCentral(row.Covered[w], amounts) || !isCentral(row.Share[w], shares) {
				t.Errorf("commune %q within %s: %v, %v of %v", commune, bound, row.Covered[w], row.Share[w], amounts)
			}
		}
		var more, less, equal int
		var gains []geodata.Amount
		for k := range draws {
			gain := covered(a, k, bound, "") - covered(b, k, bound, "")
			gains = append(gains, gain)
			switch {
			case gain > 0:
				more++
			case gain < 0:
				less++
			default:
				equal++
			}
		}
		if more > 0 && more < draws {
			decided++
		}
		v := r.Verdict[w]
		if v.Within != bound || v.A != 100*float64(more)/draws || v.B != 100*float64(less)/draws || v.Equal != 100*float64(equal)/draws || !isCentral(v.Gain, gains) {
			t.Errorf("%+v; want %d for A, %d equal, %d for B, gains %v", v, more, equal, less, gains)
		}
	}
	if decided == 0 {
		t.Error("every verdict is unanimous, which proves little")
	}
	// A plan that is the other's equal, in whichever order it is named.
	p.A, p.B = []string{"new", "other"}, []string{"other", "new", "other"}
	if r, err = Run(t.Context(), s, traveltime.NewNetworks(""), p, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"new", "other"}, r.Params.B); diff != "" {
		t.Error(diff)
	}
	for _, v := range r.Verdict {
		if want := (Verdict{Within: v.Within, Equal: 100}); v != want {
			t.Errorf("%+v: a plan equals itself", v)
		}
	}
}

// A service without any site covers nobody in any draw, and cells without the
// people it is for are left out: of the town, children under 4 live in A and H.
func TestAServiceNobodyReaches(t *testing.T) {
	s := town(t)
	c := geodata.Content{Territory: s.Territory(), Catalogue: s.Catalogue(), Communes: s.Communes(), Roads: *s.Roads(), Population: *s.Population()}
	c.Population.Columns = slices.Concat(c.Population.Columns, []geodata.Column{{Name: "ind_0_3", Values: []geodata.Amount{geodata.Whole(4), 0, 0, 0, 0, 0, 0, geodata.Whole(8)}}})
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), s, traveltime.NewNetworks(""), Params{Params: coverage.Params{Service: "creche", Within: []coverage.Threshold{coverage.Minutes(10)}}, Draws: 20}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Three quarters of the under-fours are under 3.
	want := Cells{IDs: []string{"A", "H"}, Communes: []string{"1", "2"}, Demand: []geodata.Amount{geodata.Whole(3), geodata.Whole(6)}, States: []string{"unreachable", "off_network"}, Within: [][]int{{0, 0}}}
	want.Low = []traveltime.Time{traveltime.Unreachable, traveltime.OffNetwork}
	want.Median, want.High = want.Low, want.Low
	if diff := cmp.Diff(want, r.Cells); diff != "" {
		t.Error(diff)
	}
	if got := r.Territory; got.Demand != geodata.Whole(9) || got.Covered[0] != (Interval[geodata.Amount]{}) || got.Share[0] != (Interval[float64]{}) {
		t.Errorf("%+v", got)
	}
}

func TestDrawsThatDoNotFitIntoMemoryAreRefused(t *testing.T) {
	// A gibibyte holds 2^28 times: 26,843 cells, 10,000 times each.
	if err := fits(10_000, 26_843); err != nil {
		t.Error(err)
	}
	err := fits(10_000, 26_844)
	if !errors.Is(err, analyses.ErrParams) || !strings.Contains(err.Error(), "draws: 10000 draws of 26844 cells") || !strings.Contains(err.Error(), "at most 9999") {
		t.Error(err)
	}
	if err := fits(MaxDraws, 0); err != nil {
		t.Errorf("where nobody lives: %v", err)
	}
}

func TestProgressCountsEveryDraw(t *testing.T) {
	var told []string
	p := Params{Params: coverage.Params{Service: "town_hall"}, Draws: 20}
	if _, err := Run(t.Context(), town(t), traveltime.NewNetworks(""), p, func(done, total int) { told = append(told, fmt.Sprint(done, "/", total)) }); err != nil {
		t.Fatal(err)
	}
	if len(told) != 20 || told[0] != "1/20" || told[9] != "10/20" || told[19] != "20/20" {
		t.Error(told)
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	p := Params{Params: coverage.Params{Service: "town_hall"}, Draws: MaxDraws}
	drawn := 0
	_, err := Run(ctx, town(t), traveltime.NewNetworks(""), p, func(done, _ int) {
		if drawn = done; done == 3 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || drawn > 1000 {
		t.Errorf("%v after %d draws", err, drawn)
	}
}

// Work that nobody waits for is not begun, and said not to be whole.
func TestSpreadStopsWhenItsContextEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	begun := 0
	err := spread(ctx, 1000, 1, func(context.Context, int) error {
		if begun++; begun == 5 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || begun > 10 {
		t.Errorf("%v after %d", err, begun)
	}
	broken := errors.New("broken")
	if err := spread(t.Context(), 10, 2, func(_ context.Context, i int) error {
		if i == 3 {
			return broken
		}
		return nil
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
}
