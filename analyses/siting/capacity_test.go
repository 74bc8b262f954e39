package siting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
	"github.com/maillage/maillage/internal/optimise/flow"
)

func places(n ...int64) (out []geodata.Amount) {
	for _, x := range n {
		out = append(out, geodata.Whole(x))
	}
	return out
}

// Three homes on a street 10 minutes apart, with a site at each: 1, 2 and 4 people, and
// room for 3 at each site.
func TestAStreetWithLittleRoom(t *testing.T) {
	street := table(t, []int64{1, 2, 4}, "0 10 20", "10 0 10", "20 10 0")
	for _, c := range []struct {
		model     Model
		p, within int
		room      []geodata.Amount
		objective float64
		loads     string
		over      string
	}{
		{PMedian, 3, 0, places(3, 3, 3), 600, "A 1 B 3 C 3", ""}, // one of C's four goes to B
		// B has its own two and two of A and C, of whom C has four for two places: 20 from C, 10 from A.
		{PMedian, 2, 0, places(3, 5, 2), (10 + 2*10) * 60, "B 5 C 2", ""},
		{PMedian, 1, 0, places(3, 7, 3), 50 * 60, "B 7", ""}, // C, the best without limits at 40, has room for 3
		{MCLP, 2, 5, places(3, 3, 3), 5, "B 2 C 3", "h0 1 h2 1"},
		{MCLP, 2, 10, places(3, 3, 3), 6, "", ""}, // A and B, or B and C
		{MCLP, 1, 10, places(4, 3, 2), 3, "", ""}, // A: its own and B's; B: any three
		{LSCP, 0, 10, places(3, 3, 9), 2, "", ""}, // C cannot have A's
		{LSCP, 0, 20, places(3, 3, 9), 1, "C 7", ""},
		{LSCP, 0, 10, places(3, 3, 3), 3, "A 1 B 3 C 3", ""},
		{PCenter, 2, 0, places(9, 3, 3), 20 * 60, "", ""}, // A and another: one of C goes to A
		{PCenter, 3, 0, places(3, 3, 3), 10 * 60, "", ""},
		{PCenter, 3, 0, places(1, 2, 4), 0, "A 1 B 2 C 4", ""},
	} {
		q := street
		q.Model, q.P, q.Within, q.Capacity = c.model, c.p, traveltime.Time(c.within*60000), c.room
		a := solve(t, q)
		var loads, over []string
		for _, l := range a.Loads {
			loads = append(loads, l.Site, l.People.String())
		}
		for _, o := range a.LeftOver {
			over = append(over, o.Home, o.People.String())
		}
		if a.Status != optimise.Optimal || *a.Objective != c.objective || *a.Bound != c.objective || c.loads != "" && (strings.Join(loads, " ") != c.loads || strings.Join(over, " ") != c.over) {
			t.Errorf("%s, p=%d, %d min, %v: %s, loads %v, over %v; want %g, %s, %s", c.model, c.p, c.within, c.room, a, loads, over, c.objective, c.loads, c.over)
		}
	}
}

func TestWhyNotAllHaveAPlace(t *testing.T) {
	street := table(t, []int64{1, 2, 4}, "0 10 -", "10 0 10", "- 10 0")
	for want, q := range map[string]Question{
		"7 people are to have a place, and the 2 sites with most room offer 6: places are short by 1": {Model: PMedian, P: 2, Capacity: places(3, 3, 3)},
		"7 people are to have a place, and the 1 site with most room offer 5: places are short by 2":  {Model: PCenter, P: 1, Capacity: places(1, 5, 3)},
		"and the sites with most room offer 6":                                                        {Model: LSCP, Within: 600_000, Capacity: places(2, 2, 2)},
		"whichever 1 site is open, at least 1 of 7 people reach no place":                             {Model: PMedian, P: 1, Capacity: places(3, 3, 9)},
		"whichever sites are open, at least 1 of 7 people reach no place":                             {Model: LSCP, Within: 300_000, Capacity: places(9, 9, 3)},
		"the sites that home h0 reaches have no places":                                               {Model: PCenter, P: 2, Capacity: places(0, 0, 9)},
		"no choice of sites keeps at once":                                                            {Model: PMedian, P: 2, Capacity: places(9, 9, 9), Apart: [][2]string{{"A", "B"}, {"A", "C"}, {"B", "C"}}},
	} {
		q.Times, q.Demand = street.Times, street.Demand
		if a := solve(t, q); a.Status != optimise.Infeasible || !strings.Contains(a.Why, want) || a.Objective != nil {
			t.Errorf("%s: %q, want %q", a, a.Why, want)
		}
	}
	for want, q := range map[string]Question{
		"capacity: 2 capacities for 3 sites":         {Model: PMedian, P: 1, Capacity: places(1, 2)},
		`capacity: site "B" has -1 places`:           {Model: PMedian, P: 1, Capacity: places(1, -1, 2)},
		"need: 2 sites within reach: with capacitie": {Model: MCLP, P: 1, Within: 1, Need: 2, Capacity: places(1, 1, 2)},
	} {
		q.Times, q.Demand = street.Times, street.Demand
		if _, err := Solve(context.Background(), q, nil); !errors.Is(err, analyses.ErrParams) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// placed is how many people a set of sites serves within a time at most, and the least
// person-milliseconds for them, in millionths.
func placed(t *testing.T, q Question, homes []int, mask int, limit traveltime.Time) (people, travel int64) {
	t.Helper()
	f := flow.Problem{Start: []int{0}, Room: make([]int64, len(q.Capacity))}
	for j, room := range q.Capacity {
		if mask>>j&1 == 1 {
			f.Room[j] = int64(room)
		}
	}
	for _, i := range homes {
		sites, times := q.Times.From(i)
		for k, j := range sites {
			if times[k] <= limit {
				f.Site, f.Cost = append(f.Site, j), append(f.Cost, int64(times[k]))
			}
		}
		f.People, f.Start = append(f.People, int64(q.Demand[i])), append(f.Start, len(f.Site))
	}
	plan, err := flow.Solve(f)
	if err == nil {
		err = f.Verify(plan)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range plan.Used {
		people += n
	}
	_, lo := f.Total(plan)
	return people, int64(lo)
}

// bestWithRoom is the best objective by trying every plan; ok is false where there is none.
func bestWithRoom(t *testing.T, q Question) (objective float64, ok bool) {
	t.Helper()
	within := q.Within
	var distinct []traveltime.Time
	if q.Model == PMedian || q.Model == PCenter {
		within = traveltime.Unreachable - 1
	}
	var homes []int
	all := int64(0)
	for i, a := range q.Demand {
		sites, times := q.Times.From(i)
		could := false
		for k, j := range sites {
			could = could || times[k] <= within && !slices.Contains(q.Forbidden, q.Times.Sites[j])
			distinct = append(distinct, times[k])
		}
		if could && a > 0 {
			homes, all = append(homes, i), all+int64(a)
		}
	}
	slices.Sort(distinct)
	distinct = append([]traveltime.Time{0}, slices.Compact(distinct)...)
	for mask := range 1 << len(q.Times.Sites) {
		count, allowed := 0, true
		for j, id := range q.Times.Sites {
			open := mask>>j&1 == 1
			if open {
				count++
			}
			allowed = allowed && (open || !slices.Contains(q.Required, id)) && (!open || !slices.Contains(q.Forbidden, id))
		}
		if !allowed || q.Model != LSCP && count != q.P {
			continue
		}
		people, travel := placed(t, q, homes, mask, within)
		var v float64
		switch q.Model {
		case PMedian:
			v = float64(travel) / 1000 / float64(geodata.Unit)
		case MCLP:
			v = -geodata.Amount(people).Float()
		case LSCP:
			v = float64(count)
		case PCenter:
			for _, limit := range distinct {
				v = float64(limit) / 1000
				if served, _ := placed(t, q, homes, mask, limit); served == all {
					break
				}
			}
		}
		if (people == all || q.Model == MCLP) && (!ok || v < objective) {
			objective, ok = v, true
		}
	}
	if q.Model == MCLP {
		objective = -objective
	}
	return objective, ok
}

func TestEveryModelWithCapacitiesIsThatOfEnumeration(t *testing.T) {
	none, over := 0, 0
	for seed := range uint64(1600) {
		r := rand.New(rand.NewPCG(seed, 8))
		n := 1 + r.IntN(6)
		var rows []string
		var demand []int64
		people := int64(0)
		for range 1 + r.IntN(8) {
			var words []string
			for range n {
				if r.IntN(4) == 0 {
					words = append(words, "-")
				} else {
					words = append(words, fmt.Sprint(r.IntN(30)))
				}
			}
			rows, demand = append(rows, strings.Join(words, " ")), append(demand, int64(r.IntN(9)))
			people += demand[len(demand)-1]
		}
		q := table(t, demand, rows...)
		for i := range q.Demand {
			q.Demand[i] += geodata.Amount(r.IntN(3)) * geodata.Unit / 4
		}
		q.Model = Models[seed%4]
		if q.Within = traveltime.Time(1 + r.IntN(30*60000)); q.Model != LSCP {
			q.P = 1 + r.IntN(n)
		}
		for _, id := range q.Times.Sites {
			q.Capacity = append(q.Capacity, geodata.Whole(r.Int64N(people+2))+geodata.Amount(r.IntN(2))*geodata.Unit/3)
			switch r.IntN(8) {
			case 0:
				q.Required = append(q.Required, id)
			case 1:
				q.Forbidden = append(q.Forbidden, id)
			}
		}
		want, ok := bestWithRoom(t, q)
		a := solve(t, q)
		if !ok {
			if none++; a.Status != optimise.Infeasible || a.Why == "" {
				t.Fatalf("seed %d: %s; there is no plan", seed, a)
			}
			continue
		}
		if a.Status != optimise.Optimal || math.Abs(*a.Objective-want) > 1e-9*max(1, want) || *a.Bound != *a.Objective {
			t.Fatalf("seed %d: %s; by enumeration %g", seed, a, want)
		}
		if len(a.LeftOver) > 0 {
			over++
		}
		checkLoads(t, seed, q, a)
	}
	if none < 200 || over < 50 {
		t.Errorf("%d questions without a plan, %d with people left over: the test shows little of them", none, over)
	}
}

// checkLoads adds up who goes where: no site has more than its room, and with those left
// over and those out of reach they are everybody.
func checkLoads(t *testing.T, seed uint64, q Question, a *Answer) {
	t.Helper()
	var sum, all, over geodata.Amount
	var sites []string
	for _, l := range a.Loads {
		if sites = append(sites, l.Site); l.People < 0 || l.People > l.Capacity || l.Capacity != q.Capacity[slices.Index(q.Times.Sites, l.Site)] {
			t.Fatalf("seed %d: %+v", seed, l)
		}
		sum += l.People
	}
	for _, o := range a.LeftOver {
		over += o.People
	}
	for _, d := range q.Demand {
		all += d
	}
	if len(a.Loads) == 0 && all == a.LeftDemand {
		return // nobody counts
	}
	if sum+over+a.LeftDemand != all || !slices.Equal(a.Sites, sites) || over > 0 && q.Model != MCLP || q.Model == MCLP && math.Abs(*a.Objective-sum.Float()) > 1e-9 {
		t.Fatalf("seed %d: %s: %v at %v, %v over and %v out of reach, of %v", seed, a, sum, sites, over, a.LeftDemand, all)
	}
}

// With room for everybody at each site, answers are those without capacities.
func TestRoomForAllIsNoLimit(t *testing.T) {
	for _, q := range sfQuestions(t) {
		if q.P > 4 {
			continue
		}
		want := solve(t, q)
		for range q.Times.Sites {
			q.Capacity = append(q.Capacity, geodata.Whole(10_000_000))
		}
		if got := solve(t, q); got.Status != want.Status || math.Abs(*got.Objective-*want.Objective) > 1e-9**want.Objective {
			t.Errorf("p=%d: %s, want %s", q.P, got, want)
		}
	}
}
