package siting

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

func solveJoint(t testing.TB, q Joint) *JointAnswer {
	t.Helper()
	a, err := SolveJoint(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *JointAnswer) places() string {
	var words []string
	for _, x := range a.Taken {
		words = append(words, x.Role+"="+x.Site)
	}
	return strings.Join(words, " ")
}

// A crèche and a leisure centre on a street of three homes 10 minutes apart, each with a
// site: children of 0-2 and of 3-11. Apart, each goes where most of its own are; a bonus
// worth more than what is lost brings them together.
func TestTwoServicesShareAPlaceWhereItIsWorthIt(t *testing.T) {
	street := table(t, []int64{4, 1, 2}, "0 10 20", "10 0 10", "20 10 0")
	q := Joint{Model: MCLP, Times: street.Times, Roles: []Role{{Name: "creche", P: 1}, {Name: "alsh", P: 1}}, Asks: []Ask{
		{Name: "creche", Demand: street.Demand, Within: 1, By: []int{0}},
		{Name: "alsh", Demand: []geodata.Amount{geodata.Whole(1), geodata.Whole(2), geodata.Whole(8)}, Within: 1, By: []int{1}},
	}}
	if a := solveJoint(t, q); a.places() != "creche=A alsh=C" || *a.Objective != 12 || a.Shared != 0 || a.Status != optimise.Optimal {
		t.Errorf("without a bonus: %s, %g", a.places(), *a.Objective)
	}
	q.Bonus = &Bonus{A: 0, B: 1, Worth: geodata.Whole(3)} // C for both: 2 + 8 + 3 is 13
	a := solveJoint(t, q)
	if a.places() != "creche=C alsh=C" || *a.Objective != 13 || a.Shared != 1 {
		t.Errorf("with a bonus of 3: %s, %g", a.places(), *a.Objective)
	}
	if a.Asks[0].Objective != 2 || *a.Asks[0].Alone != 4 || a.Asks[1].Objective != 8 || *a.Asks[1].Alone != 8 {
		t.Errorf("what each gives up: %+v", a.Asks)
	}
}

// One place now and one later, for people who move: in the first year most live at A,
// later at C. The place of the first year stays.
func TestOpeningsOverTheYears(t *testing.T) {
	street := table(t, []int64{8, 0, 1}, "0 10 20", "10 0 10", "20 10 0")
	later := []geodata.Amount{geodata.Whole(2), geodata.Whole(4), geodata.Whole(16)}
	q := Joint{Model: MCLP, Times: street.Times, OneRole: true, Roles: []Role{{Name: "now", P: 1}, {Name: "2028", P: 1}}, Asks: []Ask{
		{Name: "now", Demand: street.Demand, Within: 1, By: []int{0}},
		{Name: "2028", Demand: later, Within: 1, By: []int{0, 1}},
	}}
	a := solveJoint(t, q) // A then C: 8 + 2 + 16; C then A: 1 + 18; C then B: 1 + 20
	if a.places() != "now=A 2028=C" || *a.Objective != 26 {
		t.Errorf("%s, %g", a.places(), *a.Objective)
	}
	if *a.Asks[0].Alone != 8 || *a.Asks[1].Alone != 20 || a.Asks[1].Objective != 18 {
		t.Errorf("of the years alone: %+v", a.Asks)
	}
}

func TestWhyThereIsNoJointPlan(t *testing.T) {
	street := table(t, []int64{4, 1, 2}, "0 10 20", "10 0 10", "20 10 0")
	q := Joint{Model: MCLP, Times: street.Times, Roles: []Role{{Name: "creche", P: 4}}, Asks: []Ask{{Demand: street.Demand, Within: 1, By: []int{0}}}}
	if a := solveJoint(t, q); a.Status != optimise.Infeasible || !strings.Contains(a.Why, "creche: 4 sites are to open, and there are 3 that may: ask for 3 at most") {
		t.Errorf("%s: %s", a.Status, a.Why)
	}
	q.Roles = []Role{{Name: "anchor", P: 2}, {Name: "antenna", P: 2}}
	q.OneRole = true
	if a := solveJoint(t, q); a.Status != optimise.Infeasible || !strings.Contains(a.Why, "roles") {
		t.Errorf("%s: %s", a.Status, a.Why)
	}
}

// bestJoint tries every plan.
func bestJoint(q Joint) (objective float64, ok bool) {
	n := len(q.Times.Sites)
	var try func(r int, open []uint)
	try = func(r int, open []uint) {
		if r < len(q.Roles) {
			var today, never uint
			for j, id := range q.Times.Sites {
				if slices.Contains(q.Roles[r].Today, id) {
					today |= 1 << j
				}
				if slices.Contains(q.Roles[r].Never, id) {
					never |= 1 << j
				}
			}
			for mask := range uint(1) << n {
				others := uint(0)
				for _, o := range open {
					others |= o
				}
				if mask&today != today || mask&never != 0 || bits.OnesCount(mask) != bits.OnesCount(today)+q.Roles[r].P || q.OneRole && mask&others != 0 {
					continue
				}
				try(r+1, append(open, mask))
			}
			return
		}
		sum := 0.0
		for _, a := range q.Asks {
			for i, people := range a.Demand {
				t, could := traveltime.Unreachable, false
				sites, times := q.Times.From(i)
				for k, j := range sites {
					for _, role := range a.By {
						if q.Model == MCLP && times[k] > a.Within || slices.Contains(q.Roles[role].Never, q.Times.Sites[j]) {
							continue
						}
						could = true
						if open[role]>>j&1 == 1 {
							t = min(t, times[k])
						}
					}
				}
				switch {
				case people == 0 || !could:
				case !t.Reached() && q.Model == PMedian:
					return
				case q.Model == PMedian:
					sum -= people.Float() * float64(t) / 1000
				case t.Reached():
					sum += people.Float()
				}
			}
		}
		if b := q.Bonus; b != nil {
			sum += b.Worth.Float() * float64(bits.OnesCount(open[b.A]&open[b.B]))
		}
		if !ok || sum > objective {
			objective, ok = sum, true
		}
	}
	try(0, nil)
	if q.Model == PMedian {
		objective = -objective
	}
	return objective, ok
}

func TestJointPlansAreThoseOfEnumeration(t *testing.T) {
	none := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 6))
		n := 2 + r.IntN(4)
		var rows []string
		var demand []int64
		for range 1 + r.IntN(8) {
			var words []string
			for range n {
				words = append(words, [...]string{"-", fmt.Sprint(r.IntN(30)), fmt.Sprint(r.IntN(30)), fmt.Sprint(r.IntN(30))}[r.IntN(4)])
			}
			rows, demand = append(rows, strings.Join(words, " ")), append(demand, int64(r.IntN(9)))
		}
		street := table(t, demand, rows...)
		q := Joint{Model: Models[r.IntN(2)], Times: street.Times, OneRole: r.IntN(2) == 0}
		for k := range 1 + r.IntN(3) {
			role := Role{Name: fmt.Sprint(k), P: r.IntN(3)}
			for j, id := range street.Times.Sites {
				switch {
				case r.IntN(6) == 0 && j%3 == k: // never two roles of today at one site
					role.Today = append(role.Today, id)
				case r.IntN(6) == 0:
					role.Never = append(role.Never, id)
				}
			}
			q.Roles = append(q.Roles, role)
		}
		if open := func() (n int) {
			for _, role := range q.Roles {
				n += role.P + len(role.Today)
			}
			return n
		}(); open == 0 {
			q.Roles[0].P = 1
		}
		for k := range 1 + r.IntN(3) {
			a := Ask{Name: fmt.Sprint(k), Within: traveltime.Time(1 + r.IntN(30*60000))}
			for range demand {
				a.Demand = append(a.Demand, geodata.Whole(int64(r.IntN(9)))/4)
			}
			for role := range q.Roles {
				if len(a.By) == 0 || r.IntN(2) == 0 {
					a.By = append(a.By, role)
				}
			}
			q.Asks = append(q.Asks, a)
		}
		if q.Model == MCLP && len(q.Roles) > 1 && !q.OneRole {
			q.Bonus = &Bonus{A: 0, B: 1, Worth: geodata.Whole(int64(r.IntN(20)))}
		}
		want, ok := bestJoint(q)
		a := solveJoint(t, q)
		switch {
		case !ok:
			if none++; a.Status != optimise.Infeasible || a.Why == "" {
				t.Fatalf("seed %d: %s; there is no plan", seed, a.Status)
			}
		case a.Status != optimise.Optimal || math.Abs(*a.Objective-want) > 1e-9*max(1, math.Abs(want)):
			t.Fatalf("seed %d: %s %v; by enumeration %g", seed, a.Status, a.Objective, want)
		}
	}
	if none < 30 {
		t.Errorf("only %d questions without a plan", none)
	}
}
