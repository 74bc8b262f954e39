package tours

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// randomParams is some question about the bus of the territory; not all can be answered.
func randomParams(r *rand.Rand, s *geodata.Snapshot) Params {
	one := func(words ...string) string { return words[r.IntN(len(words))] }
	within := coverage.Minutes(5 + r.IntN(16))
	p := Params{Service: one("france_services", "creche", "youth_space"), Within: &within, Effort: 1, Weeks: 1 + r.IntN(2), Step: []int{15, 20, 30, 60}[r.IntN(4)],
		Mode: one("car", "car", "bike", "foot"), EveryCommune: r.IntN(2) == 0, MinStay: 30 + r.IntN(60), MaxVisits: 1 + r.IntN(2),
		Closed: one("", "", "We", "Mo 08:00-12:10; Sa"), Prefer: one("", "We 13:30-18:00", "Mo-Fr 09:05-10:50"), PreferBy: 1 + r.IntN(60)}
	p.MaxStay = p.MinStay + r.IntN(240)
	p.Returns = [][]Return{nil, {{60 + r.IntN(200), 100}, {0, r.IntN(100)}}, {{90, 80}, {45, 30}}}[r.IntN(3)]
	for i := range 1 + r.IntN(2) {
		v := Vehicle{ID: fmt.Sprint("v", i), Depot: one("Tiercé", "Durtal", "49333"), Shifts: one("Mo-Fr 08:30-17:00", "Tu,Th 09:00-12:30,13:30-17:10", "We 07:45-19:00; Sa 08:00-13:00"), Break: one("", "45m 11:30-14:00", "1h 12:00-13:00", "20m 10:05-10:50")}
		if r.IntN(3) == 0 {
			v.Second = "Mo-We 08:00-16:00"
		}
		setUp, packUp := r.IntN(30), r.IntN(30)
		v.SetUp, v.PackUp = &setUp, &packUp
		p.Vehicles = append(p.Vehicles, v)
	}
	if r.IntN(2) == 0 {
		p.Candidates, p.Stops = []string{"town_halls"}, places(s, r.IntN(6))
		for i := range p.Stops {
			p.Stops[i].Hours, p.Stops[i].Closed, p.Stops[i].Prefer = one("", "Mo-Fr 09:00-17:00"), one("", "Th"), one("", "Tu 08:00-12:00")
			p.Stops[i].MinVisits = r.IntN(2)
			if r.IntN(3) == 0 {
				p.Stops[i].MinStay = 20
			}
		}
	}
	return p
}

// keepsRules asks a random question and holds the plan against all rules.
func keepsRules(t *testing.T, seed uint64, small bool) (answered bool) {
	t.Helper()
	s, nets := territory(t)
	p := randomParams(rand.New(rand.NewPCG(seed, 7)), s)
	if small { // the fuzzer takes ten seconds for a hang
		p.Weeks, p.Step, p.Vehicles = 1, max(p.Step, 30), p.Vehicles[:1]
	}
	r, err := Run(t.Context(), s, nets, p, nil)
	if wrong := (*analyses.ParamError)(nil); errors.As(err, &wrong) {
		return false
	}
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	findings, err := Check(t.Context(), s, nets, r)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for _, f := range findings {
		t.Errorf("seed %d: %s", seed, f)
	}
	return true
}

// Whatever is asked, the plan keeps every rule.
func TestRandomQuestionsKeepAllRules(t *testing.T) {
	answered := 0
	for seed := range uint64(12) {
		if keepsRules(t, seed, false) {
			answered++
		}
	}
	if answered < 6 {
		t.Errorf("%d questions answered: want most", answered)
	}
}

func FuzzPlans(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { keepsRules(t, seed, true) })
}
