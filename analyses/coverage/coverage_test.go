package coverage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The town: a street of 25 km, and an island street of 21 km far from it. People
// walk at 5 km/h, so a hundred metres take 72 s and 500 m exactly 6 minutes.
// Cells hold powers of two, so that a sum names who is in it.
//
//	A(1)  B(2) 500 m  C(4) 1 km  D(8) 1.5 km  E(16) 2 km, F(32) on the island, G(64) nowhere
func town() (towntest.Town, geodata.Content) {
	tw := towntest.Town{
		Drawing: "A----B----C----D----E" + strings.Repeat("-", 229) + "Z" + strings.Repeat("\n", 30) + "F" + strings.Repeat("-", 209) + "H" + strings.Repeat("\n", 20) + "G",
		Ways:    map[string]string{"ABCDE": "highway=residential", "EZ": "highway=residential", "FH": "highway=residential"},
	}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}, {Code: "10003", Name: "Abroad"}},
	}
	col := geodata.Column{Name: "ind"}
	old := geodata.Column{Name: "ind_65_79"}
	for i, letter := range "ABCDEFG" {
		commune := "10001"
		if letter > 'C' {
			commune = "10002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: commune, Study: true, Imputed: letter == 'B'})
		col.Values = append(col.Values, geodata.Whole(1<<i))
		old.Values = append(old.Values, geodata.Unit/2)
	}
	// Two cells that do not count: one abroad, one empty.
	c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: "X", Centre: tw.Point('A'), Commune: "10003"}, geodata.Cell{ID: "Y", Centre: tw.Point('B'), Commune: "10001", Study: true})
	col.Values = append(col.Values, geodata.Whole(1000), 0)
	old.Values = append(old.Values, geodata.Whole(1000), 0)
	c.Population.Columns = []geodata.Column{col, old}
	c.Facilities = []geodata.Facility{
		{ID: "f1", Name: "Mairie", Service: "town_hall", Location: tw.Point('A'), Status: geodata.Existing},
		{ID: "f2", Name: "Projet", Service: "town_hall", Location: tw.Point('E'), Status: geodata.Planned},
		{ID: "f3", Name: "Bus", Service: "town_hall", Location: tw.Point('E'), Status: geodata.Existing, Itinerant: true},
		{ID: "f4", Name: "Crèche", Service: "creche", Location: tw.Point('E'), Status: geodata.Existing},
		{ID: "f5", Name: "Phare", Service: "town_hall", Location: tw.Point('G'), Status: geodata.Existing},
	}
	return tw, c
}

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t testing.TB, s *geodata.Snapshot, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTownByHand(t *testing.T) {
	_, c := town()
	// One second over the exact times: the drawing's coordinates are rounded to 1 cm.
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Threshold(361 * time.Second), Threshold(721 * time.Second), Minutes(30)}})
	want := Row{Code: "town", Name: geodata.Text{Fr: "Town"}, Population: geodata.Whole(127), Demand: geodata.Whole(127),
		Covered:     []geodata.Amount{geodata.Whole(1 + 2), geodata.Whole(1 + 2 + 4), geodata.Whole(1 + 2 + 4 + 8 + 16)},
		Unreachable: geodata.Whole(32), OffNetwork: geodata.Whole(64), Imputed: geodata.Whole(2)}
	got := r.Territory
	// Reached: 1 at 0, 2 at 6, 4 at 12, 8 at 18, 16 at 24 minutes: 588/31 = 18.97 min; half of 31 is reached at 24.
	if m := *got.Mean / 60; m < 18.96 || m > 18.98 {
		t.Errorf("mean %.3f min, want 588/31 = 18.968", m)
	}
	if m := *got.Median / 60; m < 23.99 || m > 24.01 {
		t.Errorf("median %.3f min, want 24", m)
	}
	got.Mean, got.Median = nil, nil
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(map[string]int{"planned": 1, "itinerant": 1, "off_network": 1}, r.LeftOut); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]string{"A", "B", "C", "D", "E", "F", "G"}, r.Cells.IDs); diff != "" {
		t.Error("cells that count: ", diff)
	}
	if diff := gocmp.Diff([]string{"f1", "f1", "f1", "f1", "f1", "", ""}, r.Cells.Nearest); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]string{"reached", "reached", "reached", "reached", "reached", "unreachable", "off_network"}, r.Cells.States); diff != "" {
		t.Error(diff)
	}
	if len(r.Communes) != 2 || r.Communes[0].Covered[2] != geodata.Whole(7) || r.Communes[1].Covered[2] != geodata.Whole(24) {
		t.Errorf("communes: %+v", r.Communes)
	}
	if len(r.Ages) != 1 || r.Ages[0].Demand != 7*geodata.Unit/2 || r.Ages[0].Covered[1] != 3*geodata.Unit/2 {
		t.Errorf("ages: %+v", r.Ages)
	}
}

func TestPlannedFacilitiesCountWhenAsked(t *testing.T) {
	_, c := town()
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7)}, Statuses: []geodata.Status{geodata.Planned, geodata.Existing}})
	if r.Territory.Covered[0] != geodata.Whole(1+2+8+16) {
		t.Errorf("covered %s, want 27: A and B by the town hall, D and E by the project", r.Territory.Covered[0])
	}
}

func TestBoundIsInclusive(t *testing.T) {
	for _, c := range []struct {
		t    traveltime.Time
		d    time.Duration
		want bool
	}{{600_000, 10 * time.Minute, true}, {600_001, 10 * time.Minute, false}, {traveltime.Unreachable, 1 << 62, false}, {traveltime.OffNetwork, 1 << 62, false}} {
		if got := c.t.Within(c.d); got != c.want {
			t.Errorf("%d ms within %s: %v", c.t, c.d, got)
		}
	}
}

func TestServiceWithoutFacility(t *testing.T) {
	_, c := town()
	r := run(t, seal(t, c), Params{Service: "social_centre", Mode: "car"})
	if r.Territory.Unreachable != geodata.Whole(63) || r.Territory.OffNetwork != geodata.Whole(64) || r.Territory.Mean != nil {
		t.Errorf("%+v: nobody can be reached by nothing", r.Territory)
	}
	if want := []Threshold{Minutes(15), Minutes(20)}; !gocmp.Equal(r.Params.Within, want) {
		t.Errorf("default thresholds %v, want the catalogue's %v", r.Params.Within, want)
	}
}

func TestParamsAreChecked(t *testing.T) {
	_, c := town()
	s := seal(t, c)
	for want, p := range map[string]Params{
		`unknown service "cinema": want one of creche`: {Service: "cinema"},
		`mode`:                       {Service: "town_hall", Mode: "rocket"},
		`thresholds must rise`:       {Service: "town_hall", Within: []Threshold{Minutes(10), Minutes(10)}},
		`unknown status "closed"`:    {Service: "town_hall", Statuses: []geodata.Status{"closed"}},
		`missing ind_0_3; or y_lt15`: {Service: "creche"},
	} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
		if !errors.Is(err, analyses.ErrParams) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want a parameter error with %q", p, err, want)
		}
	}
	for _, bad := range []string{"10", "-5m", "0s", "25h", "1ns", "x"} {
		if v, err := ParseThreshold(bad); err == nil {
			t.Errorf("threshold %q was read as %s", bad, v)
		}
	}
}

func FuzzThreshold(f *testing.F) {
	for _, text := range []string{"10m", "1h30m", "90s", "10", "", "-5m", "0s", "25h", "1.5ms", "500ms", "1500ms", "9223372036854775807ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseThreshold(text)
		if err != nil {
			return
		}
		if back, err := ParseThreshold(w.String()); err != nil || back != w || w < Threshold(time.Second) || w > Threshold(24*time.Hour) {
			t.Errorf("%q is %v, read back as %v, %v", text, time.Duration(w), time.Duration(back), err)
		}
	})
}

// Properties over random facilities on the real catalogue.
func TestInvariants(t *testing.T) {
	tw, c := town()
	c.Facilities = nil
	last := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot"})
	r := rand.New(rand.NewPCG(2, 2))
	for k := range 30 {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("f%02d", k), Service: "town_hall", Status: geodata.Existing, Location: tw.At(r.Float64()*220, r.Float64()*32)})
		got := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot"})
		for w := range got.Territory.Covered {
			if got.Territory.Covered[w] < last.Territory.Covered[w] {
				t.Fatal("a facility more must not cover fewer people")
			}
			if w > 0 && got.Territory.Covered[w] < got.Territory.Covered[w-1] {
				t.Fatal("a longer threshold must not cover fewer people")
			}
			sum := geodata.Amount(0)
			for _, row := range got.Communes {
				sum += row.Covered[w]
			}
			if sum != got.Territory.Covered[w] {
				t.Fatal("communes must add up to the territory")
			}
		}
		last = got
	}
}

func TestResultAsJSON(t *testing.T) {
	_, c := town()
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7)}})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"within":["7m"]`, `"share_percent":[2.36]`, `null,null],"facility"`, `"demand":127`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("JSON lacks %s:\n%s", want, b)
		}
	}
}

func TestLayersCarryTheAnswer(t *testing.T) {
	_, c := town()
	c.Population.Cells[0].Outline = orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	s := seal(t, c)
	r := run(t, s, Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7), Minutes(20)}})
	l := r.Layers(s).Layers[0]
	var classes []any
	for i := range l.IDs {
		classes = append(classes, l.Field("class").Value(i))
	}
	if diff := gocmp.Diff([]any{"within_7m", "within_7m", "within_20m", "within_20m", "beyond", "unreachable", "off_network"}, classes); diff != "" {
		t.Error(diff)
	}
	known := map[string]bool{}
	for _, k := range l.Classes.Values {
		known[k.Value] = true
	}
	for _, v := range classes {
		if !known[v.(string)] {
			t.Errorf("class %v is not in the legend", v)
		}
	}
	if l.Field("seconds").Value(5) != nil || l.Field("facility").Value(6) != nil {
		t.Error("who is not reached has neither time nor facility")
	}
	if _, ok := l.Geometry[0].(orb.Polygon); !ok {
		t.Error("a cell with an outline is a polygon")
	}
	f := r.Layers(s).Layers[3]
	if f.Classes == nil || f.Classes.Field != "status" || f.Field("status").Value(0) != f.Classes.Values[0].Value || f.Classes.Values[0].Label.Fr != "lieu ouvert" {
		t.Errorf("facilities have no legend: %+v", f.Classes)
	}
}

// The median by digits is the one found by sorting.
func TestMedianAgainstSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 2000 {
		n := r.IntN(12)
		times, demand := make([]traveltime.Time, n), make([]geodata.Amount, n)
		type home struct {
			t traveltime.Time
			d geodata.Amount
		}
		var reached []home
		var total geodata.Amount
		for k := range n {
			times[k] = []traveltime.Time{traveltime.Time(r.IntN(5)), traveltime.Time(r.Uint32()), traveltime.MaxTime, traveltime.Unreachable, traveltime.OffNetwork}[r.IntN(5)]
			demand[k] = geodata.Amount(r.IntN(4))
			if times[k].Reached() {
				reached, total = append(reached, home{times[k], demand[k]}), total+demand[k]
			}
		}
		slices.SortFunc(reached, func(a, b home) int { return cmp.Compare(a.t, b.t) })
		_, got := Averages(times, demand)
		var seen geodata.Amount
		for _, h := range reached {
			if seen += h.d; total > 0 && 2*seen >= total {
				if want, _ := h.t.Seconds(); *got != want {
					t.Fatalf("%v × %v: median %v, want %v", times, demand, *got, want)
				}
				break
			}
		}
		if (got == nil) != (total == 0) {
			t.Fatalf("%v × %v: median %v", times, demand, got)
		}
	}
}
