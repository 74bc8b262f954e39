package siting

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// timesOf is the times of all homes in a plan.
func timesOf(m *matrix.Matrix, sites []string) []traveltime.Time {
	times := make([]traveltime.Time, len(m.Homes))
	for i := range times {
		times[i] = traveltime.Unreachable
		each, t := m.From(i)
		for k, j := range each {
			if slices.Contains(sites, m.Sites[j]) {
				times[i] = min(times[i], t[k])
			}
		}
	}
	return times
}

// Ten people: nine at A, one at D, an hour from the rest. One site: at A the mean is
// least, at D the worst tenth is; B in between is worse than A in the mean and better
// in the tenth; C is as far from everybody as B, and farther from D.
func TestTheFrontierByHand(t *testing.T) {
	q := table(t, []int64{9, 1}, "0 20 20 60", "60 40 45 0")
	q.P = 1
	plans, err := Frontier(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range plans {
		got += fmt.Sprintf("%s %g %g; ", strings.Join(p.Sites, ""), p.Mean/60, p.Worst/60)
	}
	// D: the one is at 0, so the worst tenth is among the nine at 60: no better than A's.
	if want := "A 6 60; B 22 40; "; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestTheFrontierIsThatOfEnumeration(t *testing.T) {
	several := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 2 + r.IntN(7)
		var rows []string
		var demand []int64
		for range 1 + r.IntN(12) {
			var words []string
			for range n {
				if words = append(words, fmt.Sprint(r.IntN(40))); r.IntN(9) == 0 {
					words[len(words)-1] = "-"
				}
			}
			rows, demand = append(rows, strings.Join(words, " ")), append(demand, int64(r.IntN(9)))
		}
		demand[0]++
		q := table(t, demand, rows...)
		q.P = 1 + r.IntN(min(n, 4))
		if r.IntN(3) == 0 {
			q.Required = []string{"A"}
		}
		if r.IntN(3) == 0 {
			q.Apart = [][2]string{{"A", "B"}}
		}
		plans, err := Frontier(context.Background(), q)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		type value struct{ mean, worst float64 }
		var all []value
		for mask := range 1 << n {
			var sites []string
			for j, id := range q.Times.Sites {
				if mask>>j&1 == 1 {
					sites = append(sites, id)
				}
			}
			if len(sites) != q.P || len(q.Required) > 0 && sites[0] != "A" || len(q.Apart) > 0 && slices.Contains(sites, "A") && slices.Contains(sites, "B") {
				continue
			}
			var times []traveltime.Time
			var people []geodata.Amount
			for i, at := range timesOf(q.Times, sites) {
				if some, _ := q.Times.From(i); len(some) > 0 {
					times, people = append(times, at), append(people, q.Demand[i])
				}
			}
			mean, _ := coverage.Averages(times, people)
			if worst := coverage.NewSpread(times, people).Worst; mean != nil && worst != nil {
				all = append(all, value{*mean, *worst})
			}
		}
		want := map[value]bool{}
		for _, v := range all {
			if !slices.ContainsFunc(all, func(o value) bool { return o != v && o.mean <= v.mean && o.worst <= v.worst }) {
				want[v] = true
			}
		}
		got := map[value]bool{}
		for _, p := range plans {
			got[value{p.Mean, p.Worst}] = true
		}
		if len(got) != len(plans) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: %v; by enumeration %v", seed, got, want)
		}
		if len(plans) > 1 {
			several++
		}
	}
	if several < 100 {
		t.Errorf("only %d frontiers with a choice", several)
	}
}

func TestTheFrontierOfTheTerritory(t *testing.T) {
	s, nets := embedded(t)
	r, err := RunFrontier(context.Background(), s, nets, FrontierParams{Service: "france_services", P: 3})
	if err != nil {
		t.Fatal(err)
	}
	best, err := Run(context.Background(), s, nets, Params{Service: "france_services", Model: PMedian, P: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Plans) < 2 || !slices.Equal(r.Plans[0].Sites, best.Sites) {
		t.Errorf("%d plans, the first %v; the p-median is %v", len(r.Plans), r.Plans[0].Sites, best.Sites)
	}
	for i, p := range r.Plans[1:] {
		if p.Mean <= r.Plans[i].Mean || p.Worst >= r.Plans[i].Worst {
			t.Errorf("plan %d: %+v after %+v", i+1, p, r.Plans[i])
		}
	}
	_, err = RunFrontier(context.Background(), s, nets, FrontierParams{Service: "france_services", P: 5, Candidates: []string{"cells"}})
	if err == nil || !strings.Contains(err.Error(), "fewer candidates") {
		t.Errorf("five of all cells: %v", err)
	}
}
