package siting

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/optimise"
)

func embedded(t testing.TB) (*geodata.Snapshot, *traveltime.Networks) {
	t.Helper()
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	return s, traveltime.NewNetworks("")
}

func minutes(n int) *coverage.Threshold {
	t := coverage.Minutes(n)
	return &t
}

// opened are the ids of the new places.
func opened(r *Result) (ids []string) {
	for _, p := range r.Places {
		if !p.Existing {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// covered asks package coverage who is within reach of today's facilities and others.
func covered(t *testing.T, s *geodata.Snapshot, service string, within coverage.Threshold, more ...geodata.Facility) geodata.Amount {
	t.Helper()
	c := s.Content()
	c.Facilities = append(c.Facilities, more...)
	with, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := coverage.Run(context.Background(), with, traveltime.NewNetworks(""), coverage.Params{Service: service, Within: []coverage.Threshold{within}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Territory.Covered[0]
}

// The plan says what the coverage says once its places are open; every pair of
// candidates is tried, and none is better.
func TestThePairOfCrechesIsTheBestOfAllPairs(t *testing.T) {
	s, nets := embedded(t)
	r, err := Run(context.Background(), s, nets, Params{Service: "creche", P: 2, Within: minutes(10), Losses: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != optimise.Optimal || len(opened(r)) != 2 || r.Candidates != 19 {
		t.Fatalf("%s: %v of %d candidates", r.Status, opened(r), r.Candidates)
	}
	facility := func(p Place) geodata.Facility {
		return geodata.Facility{ID: "new-" + p.ID, Name: p.Name, Service: "creche", Location: p.At, Status: geodata.Existing}
	}
	var best geodata.Amount
	for i, a := range r.all {
		for _, b := range r.all[i+1:] {
			if !a.Existing && !b.Existing {
				best = max(best, covered(t, s, "creche", *minutes(10), facility(a), facility(b)))
			}
		}
	}
	if best != r.Territory.After || best.Float() != *r.Objective {
		t.Errorf("the best pair reaches %s, the plan %s, the objective is %g", best, r.Territory.After, *r.Objective)
	}
	if today := covered(t, s, "creche", *minutes(10)); today != r.Territory.Before || today.Float() != *r.Today {
		t.Errorf("today %s, %s, %g", today, r.Territory.Before, *r.Today)
	}
	var before, after geodata.Amount
	for _, c := range r.Communes {
		before, after = before+c.Before, after+c.After
	}
	if before != r.Territory.Before || after != r.Territory.After {
		t.Errorf("communes add up to %s and %s", before, after)
	}
	for _, l := range r.Losses {
		is := slices.Contains(opened(r), l.ID)
		if l.Loss == nil || *l.Loss < 0 || is && *l.Loss != 0 || l.Status != optimise.Optimal {
			t.Errorf("%s: %+v", l.Name, l)
		}
	}
}

// The questions of the plan of 2021.
func TestThePlansQuestions(t *testing.T) {
	s, nets := embedded(t)
	for _, c := range []struct {
		p    Params
		wins string // of the new places, on the modelled territory
	}{
		{Params{Service: "alsh", Model: PMedian, Losses: true}, "Marcé"},
		{Params{Service: "youth", Within: minutes(10)}, ""},
		{Params{Service: "france_services", Within: minutes(15)}, "Morannes"},
		{Params{Service: "social_centre", P: 2, Within: minutes(20)}, ""},
		{Params{Service: "social_centre", P: 3, Model: PMedian}, ""},
		{Params{Service: "france_services", Model: PCenter}, ""},
		{Params{Service: "creche", Model: LSCP, Within: minutes(12)}, ""},
	} {
		r, err := Run(context.Background(), s, nets, c.p, nil)
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, p := range r.Places {
			if !p.Existing {
				names += p.Name + "; "
			}
		}
		t.Logf("%s %s: %s, %g %s: %s", c.p.Service, r.Model, r.Status, *r.Objective, r.Unit, names)
		if r.Status != optimise.Optimal || *r.Bound != *r.Objective || !strings.Contains(names, c.wins) {
			t.Errorf("%s %s: %s with %s; want %s", c.p.Service, r.Model, r.Status, names, c.wins)
		}
	}
}

func TestWhereAPlaceMayOpen(t *testing.T) {
	s, nets := embedded(t)
	for kind, want := range map[string]func(n int) bool{
		"town_halls":    func(n int) bool { return n == 17 },
		"planned":       func(n int) bool { return n == 1 },
		"service:youth": func(n int) bool { return n == 3 },
		"junctions":     func(n int) bool { return n > 300 && n < 3000 },
		"cells":         func(n int) bool { return n > 1500 && n < 3000 },
	} {
		r, err := Run(context.Background(), s, nets, Params{Service: "france_services", Candidates: []string{kind}, Within: minutes(15), Nodes: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !want(r.Candidates) {
			t.Errorf("%s: %d candidates", kind, r.Candidates)
		}
	}
	for param, p := range map[string]Params{
		"candidates": {Service: "creche", Candidates: []string{"moon"}}, "service": {Service: "moon"}, "points": {Service: "creche", Points: []Point{{ID: "x", Lon: 200}}},
		"existing": {Service: "creche", Existing: "moon"}, "moves": {Service: "creche", Moves: 1}, "budget": {Service: "creche", Price: new(int64(5))},
		"price": {Service: "creche", Budget: 5}, "required": {Service: "creche", Required: []string{"moon"}}, "apart": {Service: "creche", Exclusive: [][]string{{"moon", "sun"}}},
		"model": {Service: "creche", Model: "moon"}, "mode": {Service: "creche", Mode: "moon", Within: minutes(5)}, "apart_km": {Service: "creche", ApartKm: -1},
	} {
		_, err := Run(context.Background(), s, nets, p, nil)
		if wrong := (*analyses.ParamError)(nil); !errors.As(err, &wrong) || wrong.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
	schools := Params{Service: "creche", Candidates: []string{"schools"}}
	if _, err := Run(context.Background(), s, nets, schools, nil); err == nil || !strings.Contains(err.Error(), "--counts schools=FILE") {
		t.Errorf("schools where none are loaded: %v", err)
	}
}

// What is asked of the places is kept to, and never makes a plan better.
func TestRulesOnATerritory(t *testing.T) {
	s, nets := embedded(t)
	ask := func(p Params) *Result {
		t.Helper()
		p.Service, p.Within = "france_services", minutes(15)
		r, err := Run(context.Background(), s, nets, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != optimise.Optimal {
			t.Fatalf("%+v: %s %s", p, r.Status, r.Why)
		}
		return r
	}
	free := ask(Params{P: 2})
	far := ask(Params{P: 2, ApartKm: 12})
	for i, a := range far.Places {
		for _, b := range far.Places[i+1:] {
			if (!a.Existing || !b.Existing) && geodata.Distance(a.At, b.At) < 12_000 {
				t.Errorf("%s and %s are %.0f m apart", a.Name, b.Name, geodata.Distance(a.At, b.At))
			}
		}
	}
	move := ask(Params{P: 2, Existing: Movable})
	if len(move.Closed) > 1 || *move.Objective < *free.Objective || len(opened(move)) != 2+len(move.Closed) {
		t.Errorf("movable: %d close, %v open, %g; fixed %g", len(move.Closed), opened(move), *move.Objective, *free.Objective)
	}
	twice := ask(Params{P: 2, Twice: true})
	without := ask(Params{P: 2, Exclusive: [][]string{opened(free)}})
	budget := ask(Params{Budget: 700_000, Price: new(int64(300_000))})
	if len(opened(budget)) != 2 || *budget.Objective != *free.Objective {
		t.Errorf("700,000 euros at 300,000 each open %v", opened(budget))
	}
	for _, r := range []*Result{far, twice, without} {
		if *r.Objective > *free.Objective {
			t.Errorf("%+v is better than without its rule: %g, %g", r.Params, *r.Objective, *free.Objective)
		}
	}
	if slices.Equal(opened(without), opened(free)) {
		t.Errorf("excluded, and still there: %v", opened(without))
	}
}

func TestTogetherOnATerritory(t *testing.T) {
	s, nets := embedded(t)
	run := func(p TogetherParams) *Together {
		t.Helper()
		r, err := RunTogether(context.Background(), s, nets, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != optimise.Optimal {
			t.Fatalf("%s: %s", r.Status, r.Why)
		}
		for _, a := range r.Asks {
			if a.Alone == nil || a.Objective > *a.Alone+1e-6 {
				t.Errorf("%s has %g together and %v alone", a.Name, a.Objective, a.Alone)
			}
		}
		return r
	}
	two := TogetherParams{Services: []Opening{{Service: "social_centre", P: 2}, {Service: "alsh", P: 1}}}
	apart := run(two)
	two.Bonus = 1e6
	if shared := run(two); shared.Shared != 1 || *shared.Objective < *apart.Objective {
		t.Errorf("a bonus of a million shares %d places", shared.Shared)
	}
	levels := run(TogetherParams{Service: "france_services", Antennas: 3})
	if n := len(levels.Places); n != 2+1+3 {
		t.Errorf("%d places; want today's two, an anchor and three antennas", n)
	}
	years := run(TogetherParams{Service: "creche", Within: minutes(10), Years: []Opening{{Year: 2026, P: 1}, {Year: 2028, P: 1}}})
	if years.Asks[0].Name != "2026" || years.Asks[1].Objective == years.Asks[0].Objective {
		t.Errorf("%+v", years.Asks)
	}
	for param, p := range map[string]TogetherParams{
		"services": {}, "service": {Antennas: 2}, "years": {Service: "creche", Years: []Opening{{Year: 2030, P: 1}, {Year: 2028, P: 1}}},
		"bonus": {Service: "creche", Antennas: 1, Bonus: 3}, "model": {Service: "creche", Antennas: 1, Model: LSCP},
	} {
		_, err := RunTogether(context.Background(), s, nets, p, nil)
		if wrong := (*analyses.ParamError)(nil); !errors.As(err, &wrong) || wrong.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
}

// The variant that is the question itself has its answer; a plan that is imposed never
// does better than the best.
func TestSensitivity(t *testing.T) {
	s, nets := embedded(t)
	p := SensitivityParams{Params: Params{Service: "france_services", Within: minutes(15)}, Thresholds: []coverage.Threshold{*minutes(10), *minutes(15), *minutes(20)}, Modes: []string{"car", "bike"}, Years: []int{2006, 2021, 2035}}
	r, err := RunSensitivity(context.Background(), s, nets, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Variants) != 18 {
		t.Fatalf("%d variants", len(r.Variants))
	}
	plans := 0
	for _, v := range r.Variants {
		if v.Mode == "car" && v.Within == *minutes(15) && v.Year == 2021 && (!v.Same || !slices.Equal(v.Opens, r.Opens)) {
			t.Errorf("the question itself: %+v, opens %v", v, r.Opens)
		}
		if v.Loss == nil || *v.Loss < 0 || v.Same != (*v.Loss < 1e-6) {
			t.Errorf("%+v", v)
		}
		plans += len(v.Opens)
	}
	for _, c := range r.Chosen {
		plans -= c.Variants
	}
	if plans != 0 || r.Chosen[0].Variants < r.Chosen[len(r.Chosen)-1].Variants {
		t.Errorf("chosen: %+v", r.Chosen)
	}
	p.Years = []int{1789}
	_, err = RunSensitivity(context.Background(), s, nets, p, nil)
	if wrong := (*analyses.ParamError)(nil); !errors.As(err, &wrong) || wrong.Param != "years" {
		t.Errorf("of 1789: %v", err)
	}
}

// Every inhabited cell is a candidate.
func BenchmarkEveryCell(b *testing.B) {
	s, nets := embedded(b)
	for _, p := range []Params{
		{Model: MCLP, P: 3, Within: minutes(15)}, {Model: PMedian, P: 3}, {Model: MCLP, P: 3, Within: minutes(15), Existing: Ignored}, {Model: PMedian, P: 3, Existing: Ignored},
		{Model: MCLP, P: 8, Within: minutes(10), Nodes: 50}, {Model: PMedian, P: 8}, {Model: PMedian, P: 8, Existing: Ignored}, {Model: LSCP, Within: minutes(10)},
	} {
		p.Service, p.Candidates = "france_services", []string{"cells"}
		name := string(p.Model) + "/" + string(rune('0'+p.P)) + "/" + string(p.Existing)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := Run(context.Background(), s, nets, p, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(100*(*r.Gap), "gap%")
				b.ReportMetric(float64(r.Candidates), "candidates")
			}
		})
	}
}
