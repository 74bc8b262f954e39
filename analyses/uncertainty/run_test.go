package uncertainty

import (
	"context"
	"errors"
	"fmt"
	"runtime"
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

// A street of 20 km with a person every kilometre, a town hall at its west end,
// and two plans: one in the middle, one at the east end. The commune of the first
// eleven cells is West, that of the others East; nobody lives in the commune Empty.
// Another plan lies 5 km from the street.
func street(t *testing.T) *geodata.Snapshot {
	t.Helper()
	tw := towntest.Town{Drawing: "A" + strings.Repeat("-", 99) + "B" + strings.Repeat("-", 99) + "C", Ways: map[string]string{"ABC": "highway=secondary"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "street"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads()}
	c.Communes = []geodata.Commune{{Code: "1", Name: "West", Study: true}, {Code: "2", Name: "East", Study: true}, {Code: "3", Name: "Empty", Study: true}}
	col := geodata.Column{Name: "ind"}
	for i := range 21 {
		at := float64(10 * i)
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("%02d", i), Centre: tw.At(at, 0), Study: true,
			Commune: []string{"1", "2"}[i/11], Outline: orb.Ring{tw.At(at-1, 1), tw.At(at+1, 1), tw.At(at+1, -1), tw.At(at-1, -1), tw.At(at-1, 1)}})
		col.Values = append(col.Values, geodata.Unit)
	}
	c.Population.Columns = []geodata.Column{col}
	for id, letter := range map[string]byte{"west": 'A', "middle": 'B', "east": 'C'} {
		f := geodata.Facility{ID: id, Service: "town_hall", Location: tw.Point(letter), Status: geodata.Planned}
		if id == "west" {
			f.Status = geodata.Existing
		}
		c.Facilities = append(c.Facilities, f)
	}
	c.Facilities = append(c.Facilities, geodata.Facility{ID: "moor", Service: "town_hall", Location: tw.At(100, 50), Status: geodata.Planned})
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(t *testing.T, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), street(t), traveltime.NewNetworks(""), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestIntervalsHoldTheUndisturbedAnswer(t *testing.T) {
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(10)}}, Draws: 400, Seed: 1}
	r := ask(t, p)
	base, err := coverage.Run(context.Background(), street(t), traveltime.NewNetworks(""), p.Params)
	if err != nil {
		t.Fatal(err)
	}
	share, _ := base.Territory.Share(0)
	if iv := r.Territory.Share[0]; !(iv.Low <= 100*share && 100*share <= iv.High && iv.Low < iv.High) {
		t.Errorf("%+v does not hold %.2f", iv, 100*share)
	}
	for i := range r.Cells.IDs {
		lo, mid, hi, b := r.Cells.Low[i], r.Cells.Median[i], r.Cells.High[i], base.Cells.Times[i]
		if lo > mid || mid > hi {
			t.Fatalf("cell %s: %d, %d, %d", r.Cells.IDs[i], lo, mid, hi)
		}
		// One class on the way: the speed is log-normal with σ² = 5² + 10², so that 90 %
		// of the times lie within a factor exp(1.645 · 0.1118) = 1.202 of the base.
		if i > 0 && (ratio(hi, b) < 1.15 || ratio(hi, b) > 1.26 || ratio(b, lo) < 1.15 || ratio(b, lo) > 1.26 || ratio(mid, b) < 0.97 || ratio(mid, b) > 1.03) {
			t.Errorf("cell %s: %d, %d, %d around %d", r.Cells.IDs[i], lo, mid, hi, b)
		}
	}
}

func ratio(a, b traveltime.Time) float64 { return float64(a) / float64(b) }

func TestVerdict(t *testing.T) {
	p := Params{Params: coverage.Params{Service: "town_hall", Within: []coverage.Threshold{coverage.Minutes(5)}}, Draws: 100, Seed: 1, A: []string{"middle"}, B: []string{"west"}}
	// The middle adds both its sides; the west is open already and adds nothing.
	if v := ask(t, p).Verdict[0]; v.A != 100 || v.Gain.Low <= 0 {
		t.Errorf("%+v: the middle wins in every draw", v)
	}
	p.A, p.B = p.B, p.A
	if v := ask(t, p).Verdict[0]; v.B != 100 || v.Gain.High >= 0 {
		t.Errorf("%+v: whichever way it is asked", v)
	}
	p.A = p.B
	if v := ask(t, p).Verdict[0]; v.Equal != 100 {
		t.Errorf("%+v: a plan equals itself", v)
	}
}

func TestDrawsDependOnTheSeedAlone(t *testing.T) {
	p := Params{Params: coverage.Params{Service: "town_hall"}, Draws: 30, Seed: 5, A: []string{"east"}, B: []string{"middle"}}
	want := ask(t, p)
	for _, procs := range []int{1, 2, 8} {
		old := runtime.GOMAXPROCS(procs)
		got := ask(t, p)
		runtime.GOMAXPROCS(old)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("GOMAXPROCS %d: %s", procs, diff)
		}
	}
	p.Seed = 6
	if cmp.Equal(want.Cells, ask(t, p).Cells) {
		t.Error("another seed draws the same speeds")
	}
}

func TestParamsAreChecked(t *testing.T) {
	q := coverage.Params{Service: "town_hall"}
	for want, p := range map[string]Params{
		"draws: want 20":            {Params: q, Draws: 1},
		`a: no facility "nowhere"`:  {Params: q, Draws: 20, A: []string{"nowhere"}},
		`b: facility "moor" is off`: {Params: q, Draws: 20, A: []string{"east"}, B: []string{"moor"}},
		"a: missing: b is compared": {Params: q, Draws: 20, B: []string{"east"}},
		"service: unknown":          {Params: coverage.Params{Service: "x"}, Draws: 20},
	} {
		_, err := Run(context.Background(), street(t), traveltime.NewNetworks(""), p, nil)
		if !errors.Is(err, analyses.ErrParams) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
