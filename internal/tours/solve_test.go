package tours

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// drawn is a small problem: points on a grid, or with any lengths, there and back unlike.
func drawn(r *rand.Rand) *Problem {
	n := 3 + r.IntN(7)
	p := &Problem{Vehicles: 1 + r.IntN(3), Score: make([]int64, n), Length: make([][]int64, n)}
	at := make([][2]int64, n)
	for i := range at {
		at[i] = [2]int64{r.Int64N(12), r.Int64N(12)}
		if 0 < i && i < n-1 {
			p.Score[i] = r.Int64N(5) * (1 + r.Int64N(4))
		}
	}
	far := r.IntN(3) == 0
	for i := range at {
		p.Length[i] = make([]int64, n)
		for j := range at {
			if p.Length[i][j] = abs(at[i][0]-at[j][0]) + abs(at[i][1]-at[j][1]); far {
				p.Length[i][j] = r.Int64N(15)
			}
		}
	}
	p.Budget = r.Int64N(50)
	return p
}

func abs(a int64) int64 { return max(a, -a) }

// enumerated is the highest score there is: of every order of points a prefix is a
// route, of every set of points the routes of sets that fit.
func enumerated(p *Problem) int64 {
	n := len(p.Score) - 2
	fits := make([]bool, 1<<n)
	var walk func(at, seen int, length int64)
	walk = func(at, seen int, length int64) {
		if length+p.Length[at][n+1] <= p.Budget {
			fits[seen] = true
		}
		for j := range n {
			if seen>>j&1 == 0 {
				walk(j+1, seen|1<<j, length+p.Length[at][j+1])
			}
		}
	}
	walk(0, 0, 0)
	best := make([]int64, 1<<n) // of the points left, with the vehicles so far
	for range p.Vehicles {
		next := slices.Clone(best)
		for left := range best {
			for route := left; route > 0; route = (route - 1) & left {
				if fits[route] {
					score := int64(0)
					for j := range n {
						score += p.Score[j+1] * int64(route>>j&1)
					}
					next[left] = max(next[left], score+best[left&^route])
				}
			}
		}
		best = next
	}
	return best[len(best)-1]
}

// checked solves, and holds the answer to the rules.
func checked(t testing.TB, p *Problem, o Options) *Solution {
	t.Helper()
	got, err := Solve(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	held(t, p, got)
	return got
}

func held(t testing.TB, p *Problem, got *Solution) {
	t.Helper()
	score, err := Verify(p, got.Routes)
	if err != nil || score != got.Score || got.Bound < score || (got.Status == Optimal) != (got.Bound == score) {
		t.Fatalf("%+v: verified %d, %v", got, score, err)
	}
}

func TestTheBestPlanIsThatOfEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	positive := 0
	for k := range 800 {
		p := drawn(r)
		want := enumerated(p)
		if want > 0 {
			positive++
		}
		if got := checked(t, p, Options{Iterations: 200, Seed: uint64(k)}); got.Score != want || got.Status != Optimal {
			t.Fatalf("problem %d, %+v:\n%+v, by enumeration %d", k, p, got, want)
		}
	}
	if positive < 400 {
		t.Errorf("only %d of the problems have a plan: the test shows little", positive)
	}
}

// The proof has to find what the search did not, and to divide plans where labels do
// not suffice: with hardly any of either, the bound holds nevertheless.
func TestNoLimitMakesABoundTooLow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	loose := 0
	for k := range 300 {
		p := drawn(r)
		want := enumerated(p)
		got := checked(t, p, Options{Iterations: 1, Labels: 1 + r.IntN(60), Seed: uint64(k)})
		if got.Bound < want || got.Score > want {
			t.Fatalf("problem %d, %+v:\n%+v, by enumeration %d", k, p, got, want)
		}
		if got.Status == Feasible {
			loose++
		}
	}
	if loose == 0 {
		t.Error("every problem was proven at once: the test shows nothing")
	}
}

func TestTheProofAloneFindsTheBestPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for k := range 300 {
		p := drawn(r)
		c, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		x := newProver(t.Context(), c, newPool(c))
		for range 100 {
			x.run(1000)
		}
		want := enumerated(p)
		if x.bound() != want || x.best != want {
			t.Fatalf("problem %d, %+v:\nbest %d, bound %d, by enumeration %d", k, p, x.best, x.bound(), want)
		}
		if want > 0 {
			if got, err := Verify(p, x.found); err != nil || got != want {
				t.Fatalf("problem %d: %v: %d, %v", k, x.found, got, err)
			}
		}
	}
}

// town has points anywhere in a square, on which no proof is quick.
func town(seed uint64, n, m int, budget int64) *Problem {
	r := rand.New(rand.NewPCG(seed, 9))
	at := make([][2]float64, n)
	p := &Problem{Vehicles: m, Budget: budget, Score: make([]int64, n)}
	for i := range at {
		at[i] = [2]float64{r.Float64(), r.Float64()}
		if 0 < i && i < n-1 {
			p.Score[i] = 1 + r.Int64N(30)
		}
	}
	p.Length = lengths(at)
	return p
}

func TestMoreBudgetOrVehiclesAreNeverWorse(t *testing.T) {
	for seed := range uint64(4) {
		last := int64(0)
		for budget := int64(0); budget <= 2*Unit; budget += Unit / 4 {
			p := town(seed, 18, 2, budget)
			got := checked(t, p, Options{Iterations: 4000, Labels: 3_000_000})
			if got.Status != Optimal || got.Score < last {
				t.Errorf("town %d, budget %d: %s, %d after %d", seed, budget, got.Status, got.Score, last)
			}
			last = got.Score
			p.Vehicles = 3
			if more := checked(t, p, Options{Iterations: 4000, Labels: 3_000_000}); more.Score < last {
				t.Errorf("town %d, budget %d: %d with three vehicles, %d with two", seed, budget, more.Score, last)
			}
		}
	}
}

func TestTheSameLimitsGiveTheSameAnswer(t *testing.T) {
	p := town(1, 60, 2, 2*Unit)
	o := Options{Iterations: 3000, Labels: 100_000, Seed: 5}
	first := checked(t, p, o)
	if again := checked(t, p, o); !reflect.DeepEqual(first, again) {
		t.Errorf("%+v\nthen %+v", first, again)
	}
	if first.Iterations > o.Iterations || first.Status == Feasible && first.Iterations < o.Iterations {
		t.Errorf("%d iterations: want %d", first.Iterations, o.Iterations)
	}
}

// Points beyond those that labels remember: the bound is weaker, and holds.
func TestManyPoints(t *testing.T) {
	p := town(2, 200, 3, Unit)
	got := checked(t, p, Options{Iterations: 500, Labels: 50_000})
	if got.Gap() > 0.25 {
		t.Errorf("%d, bound %d: want a gap of a quarter at most", got.Score, got.Bound)
	}
}

func TestADeadlineEndsTheSearch(t *testing.T) {
	p := town(3, 150, 3, 4*Unit)
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	got, err := Solve(ctx, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	held(t, p, got)
	stop()
	if got, err = Solve(ctx, p, Options{}); err != nil || got.Bound == 0 {
		t.Errorf("without any time: %+v, %v", got, err)
	}
	held(t, p, got)
}

func TestPlansByHand(t *testing.T) {
	// A line: start, points at 1, 2, 3 and 9, end at 4.
	line := func(m int, budget int64, at ...int64) *Problem {
		p := &Problem{Vehicles: m, Budget: budget, Score: []int64{0, 5, 6, 7, 100, 0}}
		for _, a := range at {
			var row []int64
			for _, b := range at {
				row = append(row, abs(a-b))
			}
			p.Length = append(p.Length, row)
		}
		return p
	}
	for _, x := range []struct {
		m      int
		budget int64
		want   int64
	}{
		{1, 3, 0},    // the end is 4 away
		{1, 4, 18},   // the three on the way
		{1, 13, 18},  // there and back to 9 takes 14
		{1, 14, 118}, // and all are on the way
		{2, 14, 118},
	} {
		got := checked(t, line(x.m, x.budget, 0, 1, 2, 3, 9, 4), Options{})
		if got.Score != x.want || got.Status != Optimal {
			t.Errorf("%d vehicles, budget %d: %+v, want %d", x.m, x.budget, got, x.want)
		}
	}
	// Two points on either side, each as far as the budget goes: a vehicle each.
	apart := line(1, 8, 0, -4, 4, 40, -50, 0)
	if got := checked(t, apart, Options{}); got.Score != 6 || !reflect.DeepEqual(got.Routes, [][]int32{{0, 2, 5}}) {
		t.Errorf("one vehicle: %+v, want 6 by point 2", got)
	}
	apart.Vehicles = 7
	if got := checked(t, apart, Options{}); got.Score != 11 || len(got.Routes) != 2 {
		t.Errorf("seven vehicles: %+v, want 11 by two of them", got)
	}
}

func TestWhatIsNoProblem(t *testing.T) {
	for _, x := range []struct {
		change func(*Problem)
		want   string
	}{
		{func(p *Problem) { p.Vehicles = 0 }, "not a problem: 0 vehicles: want 1 to 1024"},
		{func(p *Problem) { p.Budget = -1 }, "not a problem: a budget of -1: want 0 to 1125899906842624"},
		{func(p *Problem) { p.Score = p.Score[:1] }, "not a problem: 1 points: want a start and an end, and no more than 16384 in all"},
		{func(p *Problem) { p.Length = p.Length[1:] }, "not a problem: lengths from 4 points of 5: want a row for each"},
		{func(p *Problem) { p.Length[2] = nil }, "not a problem: point 2: lengths to 0 points of 5: want one to each"},
		{func(p *Problem) { p.Length[2][3] = -7 }, "not a problem: from point 2 to 3: a length of -7: want 0 to 1125899906842624"},
		{func(p *Problem) { p.Score[3] = -1 }, "not a problem: point 3: a score of -1: want 0 or more, and no more than 68719476736 in all"},
		{func(p *Problem) { p.Score[4] = 2 }, "not a problem: scores of 0 at the start and 2 at the end: want 0, nothing is collected there"},
	} {
		p := town(1, 5, 1, Unit)
		x.change(p)
		if _, err := Solve(t.Context(), p, Options{}); fmt.Sprint(err) != x.want {
			t.Errorf("got  %v\nwant %s", err, x.want)
		}
	}
}

func TestWhatBreaksTheRules(t *testing.T) {
	p := town(1, 6, 2, Unit)
	p.Budget = 100 * Unit
	good := [][]int32{{0, 1, 2, 5}, {0, 3, 5}}
	if score, err := Verify(p, good); err != nil || score != p.Score[1]+p.Score[2]+p.Score[3] {
		t.Fatalf("%d, %v", score, err)
	}
	for _, bad := range [][][]int32{
		{{0, 1, 5}, {0, 2, 5}, {0, 3, 5}}, // three routes
		{{1, 5}},                          // not from the start
		{{0, 1, 2}},                       // not to the end
		{{0, 1, 2, 1, 5}},                 // twice in a route
		{{0, 1, 5}, {0, 1, 5}},            // in two
		{{0, 5, 1, 5}},                    // the end on the way
		{{0, 0, 5}},                       // the start on the way
		{{0, 9, 5}},                       // no such point
		{{0}}, {{}},
	} {
		if _, err := Verify(p, bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	p.Budget = p.Length[0][1] + p.Length[1][5]
	if _, err := Verify(p, [][]int32{{0, 1, 5}}); err != nil {
		t.Errorf("a route as long as the budget: %v", err)
	}
	p.Budget--
	if _, err := Verify(p, [][]int32{{0, 1, 5}}); err == nil {
		t.Error("a route longer than the budget: no error")
	}
}
