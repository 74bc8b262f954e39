package capacitated

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
	"github.com/maillage/maillage/internal/optimise/flow"
)

// Plan is who goes where.
type Plan struct {
	Goes  [][]Going // per demand, by site
	Left  []int64   // per demand, who is left over
	Load  []int64   // per site
	Cost  int64     // in all, opening included; of those who are left over though they have to be served nothing
	Short int64     // how many these are
}

// Going are people of a demand who go to a site.
type Going struct {
	Site   int32
	People int64
}

// Assign places people at open sites: as many as can be of those who have to be served,
// and all at the least cost then, which is proven. Whether the sites keep the rules of
// the problem is not looked at.
func Assign(p *Problem, open []int32) (*Plan, error) {
	c, err := compile(p)
	if err != nil {
		return nil, err
	}
	list := slices.Compact(slices.Sorted(slices.Values(open)))
	if n := len(list); n > 0 && (list[0] < 0 || int(list[n-1]) >= p.Sites) {
		return nil, fmt.Errorf("sites %v are open: want some of 0 to %d", list, p.Sites-1)
	}
	f := c.transport(list)
	found, err := flow.Solve(f)
	if err == nil {
		err = f.Verify(found)
	}
	if err != nil {
		return nil, err
	}
	plan := &Plan{Goes: make([][]Going, c.demands), Left: slices.Clone(found.Left), Load: make([]int64, p.Sites)}
	plan.Cost, plan.Short = c.cost(list, f, found)
	for i := range c.demands {
		for w := f.Start[i]; w < f.Start[i+1]; w++ {
			switch k, n := f.Site[w], found.Goes[w]; {
			case n == 0:
			case int(k) == len(list):
				plan.Left[i] += n
			default:
				plan.Goes[i] = append(plan.Goes[i], Going{list[k], n})
				plan.Load[list[k]] += n
			}
		}
	}
	return plan, nil
}

// transport is the placing of people at open sites, which are numbered by their place
// in the list. The last site stands for being left over, with room for all who may be.
func (c *compiled) transport(open []int32) flow.Problem {
	n := len(open)
	f := flow.Problem{People: c.People, Room: make([]int64, n+1), Start: make([]int, c.demands+1)}
	for k, j := range open {
		f.Room[k] = c.roomy[j]
		for _, v := range c.visits(j) {
			f.Start[v.demand+1]++
		}
	}
	for i, last := range c.Else {
		if last != optimise.Must {
			f.Start[i+1]++
			f.Room[n] += c.People[i]
		}
		f.Start[i+1] += f.Start[i]
	}
	next := slices.Clone(f.Start)
	f.Site, f.Cost = make([]int32, f.Start[c.demands]), make([]int64, f.Start[c.demands])
	put := func(i int32, site int, cost int64) {
		f.Site[next[i]], f.Cost[next[i]] = int32(site), cost
		next[i]++
	}
	for k, j := range open {
		for _, v := range c.visits(j) {
			put(v.demand, k, v.cost)
		}
	}
	for i, last := range c.Else {
		if last != optimise.Must {
			put(int32(i), n, last)
		}
	}
	return f
}

// cost is what a placing costs, and how many are left over who have to be served.
func (c *compiled) cost(open []int32, f flow.Problem, plan *flow.Plan) (cost, short int64) {
	for _, j := range open {
		cost += c.opening(j)
	}
	for w, n := range plan.Goes {
		cost += n * f.Cost[w]
	}
	for _, n := range plan.Left {
		short += n
	}
	return cost, short
}

// placed is what is known of a set.
type placed struct {
	open  []int32
	cost  int64
	short int64     // people left over who have to be served
	value float64   // cost, with a high one for each of these
	u     []float64 // prices of a person of each demand, by which the placing is proven
}

// place finds what a set costs.
func (c *compiled) place(open []int32) *placed {
	f := c.transport(open)
	plan, err := flow.Solve(f)
	if err != nil {
		panic(fmt.Sprintf("capacitated: a transport problem of a checked problem: %v", err))
	}
	s := &placed{open: open, u: make([]float64, c.demands)}
	s.cost, s.short = c.cost(open, f, plan)
	left := leftCost(f)
	for i := range s.u {
		u := left
		for w := f.Start[i]; w < f.Start[i+1]; w++ {
			u = min(u, f.Cost[w]+plan.Worth[f.Site[w]])
		}
		s.u[i] = min(float64(u), c.cap[i])
	}
	s.value = float64(s.cost) + float64(s.short)*float64(left)
	return s
}

// leftCost is what package flow holds against being left over, in its prices.
func leftCost(f flow.Problem) int64 {
	most := int64(0)
	for _, x := range f.Cost {
		most = max(most, x)
	}
	return (most + 1) * int64(len(f.Room)+1)
}

// before says whether a set is better than another: who has to be served comes first.
func (s *placed) before(t *placed) bool {
	return s.short < t.short || s.short == t.short && s.cost < t.cost
}
