package referral

import (
	"context"
	"errors"
	"math"
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
// two people. Town halls at B and E; France Services at C. G is on an island street
// with a town hall of its own.
//
//	A(1)  B(2) hall  C(4) France Services  D(8)  E(16) hall; G(32) hall
func town() (towntest.Town, geodata.Content) {
	tw := towntest.Town{Drawing: "A----B----C----D----E" + strings.Repeat("-", 229) + "Z" + strings.Repeat("\n", 30) + "G" + strings.Repeat("-", 209) + "H",
		Ways: map[string]string{"ABCDEZ": "highway=residential", "GH": "highway=residential"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}}}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDEG" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: map[bool]string{true: "10001", false: "10002"}[letter < 'D'], Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	for letter, service := range map[byte]string{'B': "town_hall", 'C': "france_services", 'E': "town_hall", 'G': "town_hall"} {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: string(letter), Service: service, Location: tw.Point(letter), Status: geodata.Existing})
	}
	return tw, c
}

// within is a second over a walk of so many minutes: the drawing's coordinates are rounded.
func within(minutes int) coverage.Threshold {
	return coverage.Threshold(time.Duration(minutes)*time.Minute + time.Second)
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

// A hall within 6 minutes: A, B, C (of B), D, E (of E), G. France Services within 6
// minutes: B, C, D. From the hall at B it is 6 minutes to C, from E 12, from G no way.
//
//	both B+C+D = 14, first only A+E+G = 49
//	referral (6·(1+2+4) + 12·(8+16)) / 31 = 330/31 min; 32 people are stranded
func TestTownByHand(t *testing.T) {
	_, c := town()
	r := run(t, c, Params{Mode: "foot", FirstWithin: within(6), SecondWithin: within(6)})
	got := r.Territory
	if m := *got.Referral / 60; math.Abs(m-330.0/31) > 0.01 {
		t.Errorf("referral distance %.3f min, want 330/31 = 10.645", m)
	}
	got.Referral = nil
	want := Row{Code: "town", Name: geodata.Text{Fr: "Town"}, Demand: geodata.Whole(63), Both: geodata.Whole(14), FirstOnly: geodata.Whole(49), Stranded: geodata.Whole(32)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"first_only", "both", "both", "both", "first_only", "first_only"}, r.Cells.Classes); diff != "" {
		t.Error(diff)
	}
	if b := r.Sites[0]; b.ID != "B" || b.Second != "C" || b.Serves != geodata.Whole(7) {
		t.Errorf("the hall at B: %+v", b)
	}
	if g := r.Sites[2]; g.ID != "G" || g.Second != "" || g.Seconds.Reached() {
		t.Errorf("the hall at G: %+v", g)
	}
	// Near France Services, but no hall within a minute: C alone. Far from both: A, D.
	r = run(t, c, Params{Mode: "foot", FirstWithin: within(1), SecondWithin: within(1)})
	if r.Territory.SecondOnly != geodata.Whole(4) || r.Territory.Neither != geodata.Whole(1+8) {
		t.Errorf("second only %s, neither %s; want 4, 9", r.Territory.SecondOnly, r.Territory.Neither)
	}
}

// The four classes add up to the people, and communes to the territory; a service
// without a site reaches nobody.
func TestClassesAddUp(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		tw, c := town()
		c.Facilities = nil
		for i := range r.IntN(5) {
			c.Facilities = append(c.Facilities, geodata.Facility{ID: string(rune('a' + i)), Service: []string{"town_hall", "france_services"}[r.IntN(2)], Location: tw.At(20*r.Float64(), 0), Status: geodata.Existing})
		}
		x := run(t, c, Params{Mode: "foot", FirstWithin: within(r.IntN(20)), SecondWithin: within(r.IntN(20))})
		sum := Row{}
		for _, row := range x.Communes {
			sum.Demand, sum.Both, sum.FirstOnly, sum.SecondOnly, sum.Neither, sum.Stranded = sum.Demand+row.Demand, sum.Both+row.Both, sum.FirstOnly+row.FirstOnly, sum.SecondOnly+row.SecondOnly, sum.Neither+row.Neither, sum.Stranded+row.Stranded
			if row.Both+row.FirstOnly+row.SecondOnly+row.Neither != row.Demand {
				t.Errorf("seed %d: the classes of %s do not add up: %+v", seed, row.Code, row)
			}
		}
		all := x.Territory
		all.Code, all.Name, all.Referral = "", geodata.Text{}, nil
		if diff := cmp.Diff(all, sum); diff != "" {
			t.Errorf("seed %d: communes do not add up to the territory: %s", seed, diff)
		}
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	_, c := town()
	for _, service := range c.Catalogue {
		delete(service.Within, "bike")
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	for param, p := range map[string]Params{"first": {First: "zoo"}, "second": {Second: "zoo"}, "mode": {Mode: "rocket"}, "first_within": {Mode: "bike"}, "statuses": {Statuses: []geodata.Status{"maybe"}}} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
		if bad := (*analyses.ParamError)(nil); !errors.As(err, &bad) || bad.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
}
