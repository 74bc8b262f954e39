package capacitated

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/internal/optimise"
	"github.com/maillage/maillage/internal/optimise/flow"
)

// random is a small problem: sites with room and demands anywhere, some pairs out of
// reach, with any of the rules.
func random(r *rand.Rand) *Problem {
	p := &Problem{Sites: 1 + r.IntN(8)}
	p.P = r.IntN(p.Sites + 1)
	kind := r.IntN(4) // of costs: anything, covering, fewest sites, few people
	people := int64(0)
	for range 1 + r.IntN(10) {
		a := int64(r.IntN(12))
		if kind == 3 {
			a = int64(r.IntN(3))
		}
		people += a
		var near []optimise.Choice
		for _, j := range r.Perm(p.Sites) {
			if r.IntN(3) > 0 {
				c := optimise.Choice{Site: int32(j), Cost: int64(r.IntN(12))}
				if kind == 1 || kind == 2 {
					c.Cost = 0
				}
				near = append(near, c)
			}
		}
		last := int64(1 + r.IntN(14))
		if kind == 1 {
			last = 1
		}
		if kind == 2 || kind != 1 && r.IntN(4) == 0 {
			last = optimise.Must
		}
		p.People, p.Near, p.Else = append(p.People, a), append(p.Near, near), append(p.Else, last)
	}
	tight := 1 + r.IntN(3) // how many mean rooms it takes
	for range p.Sites {
		p.Room = append(p.Room, r.Int64N(2*people/int64(tight)+2))
	}
	if kind == 2 {
		p.P, p.Opening = 0, slices.Repeat([]int64{1}, p.Sites)
	} else if p.P == 0 || r.IntN(4) == 0 {
		for range p.Sites {
			p.Opening = append(p.Opening, int64(r.IntN(60)))
		}
	}
	if r.IntN(3) == 0 {
		p.Fixed = make([]optimise.State, p.Sites)
		for j := range p.Fixed {
			if r.IntN(4) == 0 {
				p.Fixed[j] = optimise.State(1 - 2*r.IntN(2))
			}
		}
	}
	if r.IntN(3) == 0 {
		for range 1 + r.IntN(4) {
			if a, b := int32(r.IntN(p.Sites)), int32(r.IntN(p.Sites)); a != b {
				p.Apart = append(p.Apart, [2]int32{a, b})
			}
		}
	}
	if r.IntN(3) == 0 {
		for range p.Sites {
			p.Prices = append(p.Prices, int64(r.IntN(9)))
		}
		p.Budget = int64(max(1, p.P) * (1 + r.IntN(6)))
	}
	if r.IntN(3) == 0 {
		g := optimise.Group{Sites: some(r, p.Sites)}
		g.Least = r.IntN(len(g.Sites)/2 + 1)
		g.Most = g.Least + r.IntN(3)
		p.Groups = append(p.Groups, g)
	}
	return p
}

// some are some of the sites.
func some(r *rand.Rand, sites int) (out []int32) {
	for j := range int32(sites) {
		if r.IntN(2) == 0 {
			out = append(out, j)
		}
	}
	return out
}

// keeps says whether a set keeps the rules: by reading them again.
func keeps(p *Problem, mask int) bool {
	n, price := 0, int64(0)
	for j := range p.Sites {
		open := mask>>j&1 == 1
		if p.Fixed != nil && (open && p.Fixed[j] == optimise.Closed || !open && p.Fixed[j] == optimise.Open) {
			return false
		}
		if open {
			if n++; p.Prices != nil {
				price += p.Prices[j]
			}
		}
	}
	for _, pair := range p.Apart {
		if mask>>pair[0]&1 == 1 && mask>>pair[1]&1 == 1 {
			return false
		}
	}
	for _, g := range p.Groups {
		own := 0
		for _, j := range g.Sites {
			own += mask >> j & 1
		}
		if own < g.Least || own > g.Most {
			return false
		}
	}
	return (p.P == 0 || n == p.P) && (p.Prices == nil || price <= p.Budget)
}

// least is the least cost of a set, from the problem itself: a transport problem in
// which who may be left over goes to a site of their own. short are left over who must
// not be.
func least(t testing.TB, p *Problem, mask int) (set optimise.Set, short int64) {
	t.Helper()
	f := flow.Problem{People: p.People, Room: make([]int64, p.Sites+len(p.People)), Start: []int{0}}
	for j := range p.Sites {
		if mask>>j&1 == 1 {
			f.Room[j] = p.Room[j]
			set.Sites = append(set.Sites, int32(j))
			if p.Opening != nil {
				set.Cost += p.Opening[j]
			}
		}
	}
	for i, near := range p.Near {
		own := slices.Clone(near)
		if p.Else[i] != optimise.Must {
			f.Room[p.Sites+i] = p.People[i]
			own = append(own, optimise.Choice{Site: int32(p.Sites + i), Cost: p.Else[i]})
		}
		slices.SortFunc(own, func(a, b optimise.Choice) int { return int(a.Site - b.Site) })
		for _, x := range own {
			f.Site, f.Cost = append(f.Site, x.Site), append(f.Cost, x.Cost)
		}
		f.Start = append(f.Start, len(f.Site))
	}
	plan, err := flow.Solve(f)
	if err == nil {
		err = f.Verify(plan)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, cost := f.Total(plan)
	for _, n := range plan.Left {
		short += n
	}
	set.Cost += int64(cost)
	return set, short
}

// every lists all sets that serve whom they must, best first, and the fewest that any
// set leaves over; rules is false where no set keeps the rules.
func every(t testing.TB, p *Problem) (sets []optimise.Set, missing int64, rules bool) {
	t.Helper()
	for mask := range 1 << p.Sites {
		if !keeps(p, mask) {
			continue
		}
		set, short := least(t, p, mask)
		if short == 0 {
			sets = append(sets, set)
		}
		if !rules || short < missing {
			missing = short
		}
		rules = true
	}
	slices.SortStableFunc(sets, func(a, b optimise.Set) int { return int(a.Cost - b.Cost) })
	return sets, missing, rules
}

func TestTheBestSetsAreThoseOfEnumeration(t *testing.T) {
	why := map[Why]int{}
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := random(r)
		all, missing, rules := every(t, p)
		k := 1 + r.IntN(5)
		got, err := Solve(t.Context(), p, optimise.Options{Best: k})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			if got.Status != optimise.Infeasible || got.Obstacle == nil {
				t.Fatalf("seed %d: %s, want infeasible", seed, got.Status)
			}
			o := got.Obstacle
			if why[o.Why]++; (o.Why == Rules) == rules || o.Why == Unclear {
				t.Fatalf("seed %d: %+v; the rules can be kept: %v", seed, o, rules)
			}
			if (o.Why == Room || o.Why == Reach) && (o.Missing < 1 || o.Missing > missing) || o.Why == Reach && o.Missing != missing {
				t.Fatalf("seed %d: %+v; the best set leaves %d over", seed, o, missing)
			}
			continue
		}
		if got.Status != optimise.Optimal || got.Cost != all[0].Cost || got.Bound != got.Cost || got.Obstacle != nil {
			t.Fatalf("seed %d: %s, %v of bound %d; the best is %v", seed, got.Status, got.Set, got.Bound, all[0])
		}
		if len(got.Best) != min(k, len(all)) {
			t.Fatalf("seed %d: %d sets, want %d of %d", seed, len(got.Best), k, len(all))
		}
		for n, set := range got.Best {
			if set.Cost != all[n].Cost || !slices.ContainsFunc(all, func(s optimise.Set) bool { return slices.Equal(s.Sites, set.Sites) && s.Cost == set.Cost }) {
				t.Fatalf("seed %d: set %d is %v, by enumeration %v", seed, n, set, all[n])
			}
		}
	}
	t.Log(why)
	for _, w := range []Why{Rules, Unreached, Room, Reach} {
		if why[w] < 20 {
			t.Errorf("%s is the reason %d times: the test shows little of it", w, why[w])
		}
	}
}

// A search that is cut short says what it has, and a bound that the optimum keeps.
func TestABoundIsNeverCrossed(t *testing.T) {
	for seed := range uint64(1000) {
		p := random(rand.New(rand.NewPCG(seed, 2)))
		all, _, _ := every(t, p)
		told := 0
		got, err := Solve(t.Context(), p, optimise.Options{Nodes: 1, Progress: func(s optimise.Solution) {
			told++
			if len(all) > 0 && (s.Bound > all[0].Cost || len(s.Sites) > 0 && s.Cost < all[0].Cost) {
				t.Fatalf("seed %d: %d with a bound of %d on the way; the optimum is %d", seed, s.Cost, s.Bound, all[0].Cost)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 && (got.Status == optimise.Infeasible || got.Bound > all[0].Cost || told == 0 && got.Status != optimise.Unknown) {
			t.Fatalf("seed %d: %+v, told %d times; the optimum is %v", seed, got, told, all[0])
		}
	}
}

func TestOnlySetsBelow(t *testing.T) {
	none := 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 3))
		p := random(r)
		all, _, _ := every(t, p)
		if len(all) == 0 || all[0].Cost == 0 {
			continue
		}
		below := max(1, all[0].Cost+int64(r.IntN(3))-1)
		got, err := Solve(t.Context(), p, optimise.Options{Below: below})
		if err != nil {
			t.Fatal(err)
		}
		if below <= all[0].Cost {
			if none++; got.Status != optimise.Infeasible || got.Obstacle != nil {
				t.Fatalf("seed %d: %+v; none is below %d, as the optimum is %d", seed, got, below, all[0].Cost)
			}
		} else if got.Status != optimise.Optimal || got.Cost != all[0].Cost {
			t.Fatalf("seed %d: %+v; want %d", seed, got, all[0].Cost)
		}
	}
	if none < 100 {
		t.Errorf("only %d limits that nothing is below", none)
	}
}

// Three villages on a street, 10 minutes apart, of 1, 2 and 4 people, with a site at
// each that has room for 3.
func street(p int, last int64) *Problem {
	q := &Problem{Sites: 3, P: p, Room: []int64{3, 3, 3}, People: []int64{1, 2, 4}, Else: []int64{last, last, last}}
	for i := range int32(3) {
		var near []optimise.Choice
		for j := range int32(3) {
			near = append(near, optimise.Choice{Site: j, Cost: int64(10 * max(i-j, j-i))})
		}
		q.Near = append(q.Near, near)
	}
	return q
}

func TestAStreetByHand(t *testing.T) {
	// All open, everybody stays but one of the four: 10 minutes. That site B is full
	// with them and its own two is what the three rooms of A and C are not needed for.
	got, err := Solve(t.Context(), street(3, optimise.Must), optimise.Options{})
	if err != nil || got.Status != optimise.Optimal || got.Cost != 10 {
		t.Errorf("three sites: %+v, %v; want 10", got, err)
	}
	// Two sites have room for six of the seven.
	got, err = Solve(t.Context(), street(2, optimise.Must), optimise.Options{})
	want := &Obstacle{Why: Room, Missing: 1, Must: 7, Most: 6}
	if err != nil || got.Status != optimise.Infeasible || !cmp.Equal(want, got.Obstacle) {
		t.Errorf("two sites for all: %+v, %+v; want %+v", got, got.Obstacle, want)
	}
	// Left over at 100: B and C hold 3 each. A and one of C go to B, or B's two and A:
	// A (10) + B's two (0) fill B, three of C stay, one is left over.
	q := street(2, 100)
	got, err = Solve(t.Context(), q, optimise.Options{Best: 3})
	if err != nil || got.Cost != 110 || !slices.Equal(got.Sites, []int32{1, 2}) {
		t.Fatalf("two sites, left over at 100: %+v, %v; want B and C at 110", got, err)
	}
	// A and C: B's two go to A, at 10 each. A and B: three of C go 10 to B, of whose own
	// two go 10 to A, and one is left over: 30 + 20.
	if costs := []int64{got.Best[1].Cost, got.Best[2].Cost}; !slices.Equal(costs, []int64{120, 150}) {
		t.Errorf("the next sets cost %d, want 120 and 150", costs)
	}
	plan, err := Assign(q, got.Sites)
	if err != nil || plan.Cost != 110 || plan.Short != 0 || !slices.Equal(plan.Load, []int64{0, 3, 3}) || !slices.Equal(plan.Left, []int64{0, 0, 1}) {
		t.Errorf("who goes where: %+v, %v", plan, err)
	}
	if want := [][]Going{{{1, 1}}, {{1, 2}}, {{2, 3}}}; !cmp.Equal(want, plan.Goes) {
		t.Errorf("who goes where: %v, want %v", plan.Goes, want)
	}
}

func TestWhyThereIsNoSet(t *testing.T) {
	fixed := func(p *Problem, states ...optimise.State) *Problem { p.Fixed = states; return p }
	far := street(2, optimise.Must)
	far.Near[1] = nil
	far.Near[2] = far.Near[2][:1]
	far.Fixed = []optimise.State{optimise.Closed, optimise.Free, optimise.Free}
	apart := street(3, optimise.Must)
	apart.Apart = [][2]int32{{0, 2}}
	dear := street(2, optimise.Must)
	dear.Prices, dear.Budget = []int64{4, 5, 6}, 8
	reach := street(2, optimise.Must)
	reach.Room = []int64{2, 9, 9}
	for i := range reach.Near {
		reach.Near[i] = reach.Near[i][i : i+1] // only one's own
	}
	for name, c := range map[string]struct {
		p    *Problem
		want Obstacle
	}{
		"more fixed than open": {fixed(street(1, 5), 1, 1, 0), Obstacle{Why: Rules}},
		"too few left":         {fixed(street(2, optimise.Must), -1, -1, 0), Obstacle{Why: Rules, Must: 7}},
		"apart":                {apart, Obstacle{Why: Rules, Must: 7}},
		"too dear":             {dear, Obstacle{Why: Rules, Must: 7}},
		"out of reach":         {far, Obstacle{Why: Unreached, Must: 7, Unreached: []int32{1, 2}}},
		"too small":            {street(1, optimise.Must), Obstacle{Why: Room, Must: 7, Missing: 4, Most: 3}},
		"not where needed":     {reach, Obstacle{Why: Reach, Must: 7, Missing: 1}}, // B and C leave A's one
	} {
		got, err := Solve(t.Context(), c.p, optimise.Options{})
		if err != nil || got.Status != optimise.Infeasible {
			t.Errorf("%s: %+v, %v", name, got, err)
		} else if diff := cmp.Diff(&c.want, got.Obstacle); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProblemsThatAreNone(t *testing.T) {
	with := func(change func(*Problem)) *Problem { p := street(2, 50); change(p); return p }
	for want, p := range map[string]*Problem{
		"4 sites of 3":                   with(func(p *Problem) { p.P = 4 }),
		"0 sites of 0":                   {},
		"2 rooms: want 3":                with(func(p *Problem) { p.Room = p.Room[:2] }),
		"1 states: want 3":               with(func(p *Problem) { p.Fixed = []optimise.State{1} }),
		"2 lists of choices: want 3":     with(func(p *Problem) { p.Near = p.Near[:2] }),
		"site 1: room for -1":            with(func(p *Problem) { p.Room[1] = -1 }),
		"site 0: a cost of opening":      with(func(p *Problem) { p.Opening = []int64{-1, 0, 0} }),
		"site 2: a cost of opening":      with(func(p *Problem) { p.Opening = []int64{0, 1, mostCost} }),
		"site 0: a price":                with(func(p *Problem) { p.Prices = []int64{-1, 0, 0} }),
		"demand 0: -3 people":            with(func(p *Problem) { p.People[0] = -3 }),
		"demand 2: 9007199254740992":     with(func(p *Problem) { p.People[2] = mostPeople }),
		"demand 1: a cost of -1 for who": with(func(p *Problem) { p.Else[1] = -1 }),
		"demand 1: site 7 at":            with(func(p *Problem) { p.Near[1][0].Site = 7 }),
		"demand 1: site 1 at a cost":     with(func(p *Problem) { p.Near[1][1].Cost = flow.MaxCost + 1 }),
		"demand 1: site 0 is given":      with(func(p *Problem) { p.Near[1][2].Site = 0 }),
		"demand 2: costs add up":         with(func(p *Problem) { p.People[2], p.Else[2] = mostPeople/2, flow.MaxCost }),
		"group 0: site 3":                with(func(p *Problem) { p.Groups = []optimise.Group{{Sites: []int32{3}}} }),
		"sites 1 and 1 cannot":           with(func(p *Problem) { p.Apart = [][2]int32{{1, 1}} }),
	} {
		got, err := Solve(t.Context(), p, optimise.Options{})
		if err == nil || !errors.Is(err, optimise.ErrProblem) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", got, err, want)
		}
	}
	if _, err := Assign(street(2, 50), []int32{1, 3}); err == nil || !strings.Contains(err.Error(), "want some of 0 to 2") {
		t.Errorf("a site that is not there: %v", err)
	}
}

// generated is a problem after Osman & Christofides 1994: sites and demands of 1 to 20
// people on a square of 100, all sites with the same room, of which the people take
// nine tenths.
func generated(seed uint64, sites, demands, p int) *Problem {
	r := rand.New(rand.NewPCG(seed, 4))
	q := &Problem{Sites: sites, P: p, Room: make([]int64, sites), Else: slices.Repeat([]int64{optimise.Must}, demands)}
	people := int64(0)
	at := make([][2]float64, sites)
	for j := range at {
		at[j] = [2]float64{100 * r.Float64(), 100 * r.Float64()}
	}
	for range demands {
		x, y := 100*r.Float64(), 100*r.Float64()
		var near []optimise.Choice
		for j, s := range at {
			near = append(near, optimise.Choice{Site: int32(j), Cost: distance(x-s[0], y-s[1])})
		}
		q.Near, q.People = append(q.Near, near), append(q.People, 1+r.Int64N(20))
		people += q.People[len(q.People)-1]
	}
	for j := range q.Room {
		q.Room[j] = people * 10 / int64(9*max(1, p))
	}
	return q
}

func TestTheSameAnswerEachTime(t *testing.T) {
	p := generated(1, 30, 100, 5)
	first, err := Solve(t.Context(), p, optimise.Options{Nodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Solve(t.Context(), p, optimise.Options{Nodes: 3})
	if err != nil || fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("%v, then %v (%v)", first, again, err)
	}
}

func TestASearchEndsWhenItIsTold(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	began := time.Now()
	got, err := Solve(ctx, generated(1, 100, 1000, 10), optimise.Options{})
	if err != nil || time.Since(began) > 5*time.Second {
		t.Fatalf("%v after %v", err, time.Since(began))
	}
	if got.Status == optimise.Infeasible || got.Status == optimise.Optimal {
		t.Errorf("%s after a tenth of a second", got.Status)
	}
}

// Problems of a middling size, where sites are fixed and sets listed long before all
// have been tried: each kind of question beside all its sets.
func TestMiddlingProblemsAreThoseOfEnumeration(t *testing.T) {
	for seed := range uint64(8) {
		p := 3 + int(seed%4)
		median := generated(seed, 11, 40, p)
		r := rand.New(rand.NewPCG(seed, 7))
		for j := range median.Room {
			median.Room[j] = median.Room[j] * (6 + r.Int64N(10)) / 10
		}
		cover := covering(median, 30_000)
		fewest := covering(median, 45_000)
		fewest.P, fewest.Opening, fewest.Else = 0, slices.Repeat([]int64{1}, 11), median.Else
		for name, q := range map[string]*Problem{"median": median, "covering": cover, "fewest": fewest} {
			all, missing, _ := every(t, q)
			bounds := 0
			got, err := Solve(t.Context(), q, optimise.Options{Best: 4, Progress: func(s optimise.Solution) {
				if bounds++; len(all) > 0 && s.Bound > all[0].Cost {
					t.Errorf("seed %d, %s: a bound of %d; the optimum is %d", seed, name, s.Bound, all[0].Cost)
				}
			}})
			switch {
			case err != nil:
				t.Fatal(err)
			case len(all) == 0:
				if got.Status != optimise.Infeasible || got.Obstacle.Missing > missing {
					t.Errorf("seed %d, %s: %+v, %+v; all sets leave %d over", seed, name, got, got.Obstacle, missing)
				}
				continue
			case got.Status != optimise.Optimal || len(got.Best) != min(4, len(all)) || bounds == 0:
				t.Fatalf("seed %d, %s: %+v, told %d times", seed, name, got, bounds)
			}
			for n, set := range got.Best {
				if set.Cost != all[n].Cost {
					t.Errorf("seed %d, %s: set %d costs %d, by enumeration %d", seed, name, n, set.Cost, all[n].Cost)
				}
			}
		}
	}
}
