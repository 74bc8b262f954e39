package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// no is where there is no way.
const no = -1

// problem is made of costs[home][site].
func problem(people, room []int64, costs [][]int64) Problem {
	p := Problem{People: people, Room: room, Start: []int{0}}
	for _, row := range costs {
		for j, c := range row {
			if c != no {
				p.Site, p.Cost = append(p.Site, int32(j)), append(p.Cost, c)
			}
		}
		p.Start = append(p.Start, len(p.Site))
	}
	return p
}

func solved(t interface {
	Helper()
	Fatal(...any)
}, p Problem) *Plan {
	t.Helper()
	plan, err := Solve(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

// Two homes want the near site, which has room for one of them: who would have
// farthest to go elsewhere gets it.
func TestWhoeverLosesMostStays(t *testing.T) {
	p := problem([]int64{3, 3}, []int64{4, 9}, [][]int64{{1, 2}, {1, 10}})
	plan := solved(t, p)
	if diff := cmp.Diff([]int64{1, 2, 3, 0}, plan.Goes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{1, 0}, plan.Worth); diff != "" { // one more place near saves a way of 2 for one of 1
		t.Error(diff)
	}
	if _, cost := p.Total(plan); cost != 1+4+3 {
		t.Errorf("total %d, want 8", cost)
	}
}

// As many as can be are placed, whatever it costs: b leaves x to a, who reaches
// nothing else, for y, which is far.
func TestAChainMakesRoom(t *testing.T) {
	p := problem([]int64{2, 2}, []int64{2, 2}, [][]int64{{1, 1000}, {5, no}})
	plan := solved(t, p)
	if diff := cmp.Diff([]int64{0, 2, 2}, plan.Goes); diff != "" {
		t.Error(diff)
	}
	// With room for one fewer, one is left over: of b, as a way of 5 is dearer than that of 1.
	p.Room = []int64{2, 1}
	plan = solved(t, p)
	if diff := cmp.Diff([]int64{1, 1, 1}, plan.Goes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{0, 1}, plan.Left); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyAndNowhere(t *testing.T) {
	for what, p := range map[string]Problem{
		"nobody":       problem(nil, []int64{3}, nil),
		"no site":      problem([]int64{3}, nil, [][]int64{nil}),
		"no way":       problem([]int64{3, 0}, []int64{1}, [][]int64{{no}, {1}}),
		"no room":      problem([]int64{3}, []int64{0, 0}, [][]int64{{1, 0}}),
		"empty homes":  problem([]int64{0}, []int64{1}, [][]int64{{MaxCost}}),
		"huge amounts": problem([]int64{math.MaxInt64 - 1, 1}, []int64{math.MaxInt64}, [][]int64{{MaxCost}, {0}}),
	} {
		plan := solved(t, p)
		for i, left := range plan.Left {
			if want := p.People[i]; what != "huge amounts" && left != want || what == "huge amounts" && left != 0 {
				t.Errorf("%s: %d are left over of %d", what, left, want)
			}
		}
	}
}

func TestWhatIsNoProblem(t *testing.T) {
	for want, p := range map[string]Problem{
		"amount 0 is -1: want 0 or more":           problem([]int64{-1}, []int64{1}, [][]int64{{1}}),
		"amount 1 is 1: want 0 or more, and a sum": problem([]int64{1, 1}, []int64{math.MaxInt64, 1}, [][]int64{{1}, {1}}),
		"home 0 has a way of cost 4294967296":      problem([]int64{1}, []int64{1}, [][]int64{{MaxCost + 1}}),
		"home 0 has a way to site 1":               problem([]int64{1}, []int64{1}, [][]int64{{1, 1}}),
		"the ways are not those of the homes":      {People: []int64{1}, Start: []int{0}},
		"4097 sites: at most 4096":                 problem(nil, make([]int64, MaxSites+1), nil),
	} {
		if _, err := Solve(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// brute tries every plan of whole people, and returns the most that can be placed and
// the least that placing so many costs.
func brute(p Problem) (placed, cost int64) {
	room := append([]int64(nil), p.Room...)
	var try func(i, w int, people, in, spent int64)
	placed = -1
	try = func(i, w int, people, in, spent int64) {
		switch {
		case i == len(p.People):
			if in > placed || in == placed && spent < cost {
				placed, cost = in, spent
			}
		case w == p.Start[i+1]: // the rest is left over
			next := int64(0)
			if i+1 < len(p.People) {
				next = p.People[i+1]
			}
			try(i+1, w, next, in, spent)
		default:
			j := p.Site[w]
			for x := int64(0); x <= min(people, room[j]); x++ {
				room[j] -= x
				try(i, w+1, people-x, in+x, spent+x*p.Cost[w])
				room[j] += x
			}
		}
	}
	first := int64(0)
	if len(p.People) > 0 {
		first = p.People[0]
	}
	try(0, 0, first, 0, 0)
	return placed, cost
}

func drawn(t *rapid.T, homes, sites int, most, cost int64) Problem {
	amounts := func(what string, n int) (out []int64) {
		for range n {
			out = append(out, rapid.Int64Range(0, most).Draw(t, what))
		}
		return out
	}
	n, m := rapid.IntRange(0, homes).Draw(t, "homes"), rapid.IntRange(0, sites).Draw(t, "sites")
	var costs [][]int64
	for range n {
		var row []int64
		for range m {
			row = append(row, rapid.Int64Range(no, cost).Draw(t, "cost"))
		}
		costs = append(costs, row)
	}
	return problem(amounts("people", n), amounts("room", m), costs)
}

// The plan is as good as the best of all plans, one by one.
func TestAgainstEveryPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t, 4, 3, 3, 6)
		plan := solved(t, p)
		placed, cost := brute(p)
		got := int64(0)
		for _, x := range plan.Goes {
			got += x
		}
		if _, total := p.Total(plan); got != placed || int64(total) != cost {
			t.Fatalf("%d placed at %d, want %d at %d", got, total, placed, cost)
		}
	})
}

// Every plan is proven optimal by its prices, in whole numbers.
func TestEveryPlanIsProven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { solved(t, drawn(t, 40, 8, 1e12, MaxCost)) })
}

// Verify finds plans that are not optimal, or not plans.
func TestVerifyFindsFault(t *testing.T) {
	p := problem([]int64{3, 3}, []int64{4, 9}, [][]int64{{1, 2}, {1, 10}})
	for want, change := range map[string]func(*Plan){
		"could do better":                             func(x *Plan) { x.Goes = []int64{3, 0, 1, 2} },
		"2 of 3 people are somewhere":                 func(x *Plan) { x.Goes[1] = 1 },
		"for whom there is a place":                   func(x *Plan) { x.Goes[1], x.Left[0] = 1, 1 },
		"room being worth":                            func(x *Plan) { x.Used[1] = 3 },
		"home 0: 1 go to site 0, and could do better": func(x *Plan) { x.Worth[0] = 2 },
	} {
		plan := solved(t, p)
		change(plan)
		if err := p.Verify(plan); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestTheSameEveryTime(t *testing.T) {
	p := large(2000, 12, 0.9)
	a, b := solved(t, p), solved(t, p)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

// large is homes and sites strewn over a square, with room for a share of the people.
func large(homes, sites int, share float64) Problem {
	r := rand.New(rand.NewPCG(1, 2))
	type point struct{ x, y float64 }
	at := make([]point, homes+sites)
	for k := range at {
		at[k] = point{r.Float64(), r.Float64()}
	}
	p := Problem{Start: []int{0}}
	all := int64(0)
	for i := range homes {
		n := 1 + r.Int64N(5e6)
		p.People = append(p.People, n)
		all += n
		for j := range sites {
			p.Site = append(p.Site, int32(j))
			p.Cost = append(p.Cost, int64(3.6e6*math.Hypot(at[i].x-at[homes+j].x, at[i].y-at[homes+j].y)))
		}
		p.Start = append(p.Start, len(p.Site))
	}
	for range sites {
		p.Room = append(p.Room, int64(share*2*r.Float64()*float64(all)/float64(sites)))
	}
	return p
}

func BenchmarkSolve(b *testing.B) {
	for _, homes := range []int{5_000, 20_000} {
		for _, share := range []float64{0.3, 1, 3} {
			b.Run(fmt.Sprintf("%dx50/room=%v", homes, share), func(b *testing.B) {
				p := large(homes, 50, share)
				for b.Loop() {
					plan, err := Solve(p)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(plan.Moves), "chains")
				}
			})
		}
	}
}
