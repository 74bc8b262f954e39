package colocation

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The town is a street whose letters are 500 m apart, 6 minutes on foot; homes hold
// powers of two people.
//
//	A(1) town hall, leisure centre   B(2) social centre   C(4)   D(8) leisure centre   E(16)
func town() (towntest.Town, geodata.Content) {
	tw := towntest.Town{Drawing: "A----B----C----D----E" + strings.Repeat("-", 229) + "Z", Ways: map[string]string{"ABCDEZ": "highway=residential"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "West", Study: true}, {Code: "10002", Name: "East", Study: true}}}
	ind, children := geodata.Column{Name: "ind"}, geodata.Column{Name: "y_lt15"}
	for i, letter := range "ABCDE" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: map[bool]string{true: "10001", false: "10002"}[letter < 'D'], Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
		children.Values = append(children.Values, geodata.Whole(5<<i)) // 9/15 of them are for the leisure centre: 3, 6, 12, …
	}
	c.Population.Columns = []geodata.Column{ind, children}
	for _, f := range []struct {
		id, service string
		at          byte
	}{{"f1", "town_hall", 'A'}, {"f2", "alsh", 'A'}, {"f3", "social_centre", 'B'}, {"f4", "alsh", 'D'}} {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: f.id, Name: f.id, Service: f.service, Location: tw.Point(f.at), Status: geodata.Existing})
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

func groups(r *Result) (out []string) {
	for _, p := range r.Places {
		out = append(out, strings.Join(p.Facilities, "+")+" "+strings.Join(p.Services, "+"))
	}
	return out
}

func TestWhatIsTogether(t *testing.T) {
	_, c := town()
	r := run(t, c, Params{})
	// Five minutes: only the two at A. Services are in the catalogue's order.
	if diff := cmp.Diff([]string{"f2+f1 alsh+town_hall", "f3 social_centre", "f4 alsh"}, groups(r)); diff != "" {
		t.Error(diff)
	}
	// Six minutes: those at A with the one at B; D is twelve from B.
	r = run(t, c, Params{Walk: within(6)})
	if diff := cmp.Diff([]string{"f2+f3+f1 alsh+social_centre+town_hall", "f4 alsh"}, groups(r)); diff != "" {
		t.Error(diff)
	}
	for _, p := range r.Pairs {
		want := map[string][2]int{"alsh social_centre": {1, 2}, "social_centre alsh": {1, 1}, "alsh town_hall": {1, 2}, "town_hall alsh": {1, 1}, "social_centre town_hall": {1, 1}, "town_hall social_centre": {1, 1}}[p.Service+" "+p.Other]
		if want != [2]int{p.Together, p.All} {
			t.Errorf("%s beside %s: %d of %d, want %v", p.Service, p.Other, p.Together, p.All, want)
		}
	}
	// Twelve minutes: through B, A and D are one place, though 18 minutes apart.
	if r = run(t, c, Params{Walk: within(12)}); len(r.Places) != 1 {
		t.Errorf("within twelve minutes: %v", groups(r))
	}
}

// A shared site at C, a minute's walk counting as together, people coming on foot
// within 6 minutes. Leisure centre: A, B (of A), C, D, E (of D): everybody before.
// Social centre: A, B, C before; with C also D. Both in one place: nobody before;
// B, C, D after.
func TestWhatASharedSiteChanges(t *testing.T) {
	tw, c := town()
	at := tw.Point('C')
	r := run(t, c, Params{Walk: coverage.Minutes(1), At: &at, Offer: []string{"social_centre", "alsh"}, Mode: "foot", Within: within(6)})
	type figures struct{ Demand, Before, After geodata.Amount }
	of := func(c Change) figures { return figures{c.Demand, c.Before, c.After} }
	if got, want := of(r.Shared.Services[0]), (figures{geodata.Whole(31), geodata.Whole(7), geodata.Whole(15)}); got != want {
		t.Errorf("social centre: %v, want %v", got, want)
	}
	if got, want := of(r.Shared.Services[1]), (figures{geodata.Whole(93), geodata.Whole(93), geodata.Whole(93)}); got != want {
		t.Errorf("leisure centre: %v, want %v", got, want)
	}
	if got, want := of(r.Shared.All), (figures{geodata.Whole(31), 0, geodata.Whole(2 + 4 + 8)}); got != want {
		t.Errorf("both in one place: %v, want %v", got, want)
	}
	// With a walk of six minutes A and B are such a place already, and C joins them:
	// A to C before, D too after.
	r = run(t, c, Params{Walk: within(6), At: &at, Offer: []string{"social_centre", "alsh"}, Mode: "foot", Within: within(6)})
	if got, want := of(r.Shared.All), (figures{geodata.Whole(31), geodata.Whole(7), geodata.Whole(31)}); got != want {
		t.Errorf("both in one place, six minutes apart: %v, want %v", got, want)
	}
}

// A shared site takes nothing from anybody; places hold every facility once;
// communes add up.
func TestPropertiesOfSharing(t *testing.T) {
	services := []string{"town_hall", "alsh", "social_centre"}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		tw, c := town()
		for i := range r.IntN(6) {
			c.Facilities = append(c.Facilities, geodata.Facility{ID: string(rune('a' + i)), Service: services[r.IntN(3)], Location: tw.At(20*r.Float64(), 0), Status: geodata.Existing})
		}
		at := tw.At(20*r.Float64(), 0)
		x := run(t, c, Params{Walk: within(r.IntN(8)), At: &at, Offer: services[1:], Mode: "foot", Within: within(r.IntN(15))})
		n := 0
		for _, p := range x.Places {
			n += len(p.Facilities)
		}
		if n != len(c.Facilities) {
			t.Errorf("seed %d: places hold %d of %d facilities", seed, n, len(c.Facilities))
		}
		for _, change := range append(x.Shared.Services, x.Shared.All) {
			var sum CommuneChange
			for _, m := range change.Communes {
				sum.Demand, sum.Before, sum.After = sum.Demand+m.Demand, sum.Before+m.Before, sum.After+m.After
			}
			if change.After < change.Before || sum.Demand != change.Demand || sum.Before != change.Before || sum.After != change.After {
				t.Errorf("seed %d: %+v", seed, change)
			}
		}
		// Where together means at the same door, a place with both is near those of each.
		if both, centre := x.Shared.All, x.Shared.Services[1]; x.Params.Walk == within(0) && (both.Before > centre.Before || both.After > centre.After) {
			t.Errorf("seed %d: %s, then %s people have both services in one place, but only %s and %s the social centre", seed, both.Before, both.After, centre.Before, centre.After)
		}
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	_, c := town()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	here, nowhere := orb.Point{}, orb.Point{0, 95}
	for want, p := range map[string]Params{
		"services: unknown service":        {Services: []string{"zoo"}},
		"services: alsh appears twice":     {Services: []string{"alsh", "alsh"}},
		"at: is missing":                   {Offer: []string{"alsh"}},
		"offer: want two services":         {At: &here, Offer: []string{"alsh"}},
		"at: not a longitude":              {At: &nowhere, Offer: []string{"alsh", "town_hall"}},
		"offer: creche is not one of":      {Services: []string{"alsh"}, At: &here, Offer: []string{"alsh", "creche"}},
		"offer: alsh appears twice":        {At: &here, Offer: []string{"alsh", "alsh"}},
		"mode: unknown":                    {At: &here, Offer: []string{"alsh", "town_hall"}, Mode: "rocket"},
		`statuses: unknown status "maybe"`: {Statuses: []geodata.Status{"maybe"}},
	} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
		if !errors.Is(err, analyses.ErrParams) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}
