package siting

import (
	"context"
	"math/big"
	"slices"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/internal/optimise"
)

// center halves the times between one that p sites cannot keep for everybody and
// one that they can.
func (x *work) center(ctx context.Context) error {
	times := x.distinct(x.leastRadius())
	x.answer.Status = optimise.Unknown
	lo, hi := 0, len(times) // times[lo:hi] are open: below none will do, times[hi] does if there is one
	for lo < hi {
		at := lo + (hi-lo)/2
		if len(x.answer.Sites) == 0 && x.answer.Objective == nil {
			at = hi - 1 // first of all: is there any plan?
		}
		s, err := x.within(ctx, times[at])
		switch {
		case err != nil:
			return err
		case len(s.Sites) > 0:
			radius, err := x.radius(s.Sites, times[at])
			if err != nil {
				return err
			}
			hi, _ = slices.BinarySearch(times, radius)
			x.plan(s.Sites, radius)
		case s.Status == optimise.Infeasible:
			lo = at + 1
		default: // told to end
			x.bounded(times[lo])
			return nil
		}
		if lo < len(times) && x.answer.Objective != nil {
			x.bounded(times[lo])
			x.progress(x.answer)
		}
	}
	switch {
	case len(x.homes) == 0:
		x.plan(x.any(), 0)
		x.answer.Status = optimise.Optimal
		x.gap(&x.answer)
	case x.answer.Objective == nil:
		x.answer.Status, x.answer.Why = optimise.Infeasible, x.none()
		if x.Capacity != nil {
			why, err := x.noPlace(ctx)
			x.answer.Why = why
			return err
		}
	default:
		x.answer.Status = optimise.Optimal
		x.gap(&x.answer)
	}
	return nil
}

// any is a set of p sites, for a question without homes.
func (x *work) any() (sites []int32) {
	for _, want := range []optimise.State{optimise.Open, optimise.Free} {
		for j, st := range x.fixed {
			if st == want && len(sites) < x.P {
				sites = append(sites, int32(j))
			}
		}
	}
	return sites
}

// leastRadius is what no plan can be below: the home that is farthest from its nearest site.
func (x *work) leastRadius() (least traveltime.Time) {
	for _, i := range x.homes {
		sites, times := x.Times.From(i)
		best := traveltime.Unreachable
		for k, j := range sites {
			if x.fixed[j] != optimise.Closed {
				best = min(best, times[k])
			}
		}
		least = max(least, best)
	}
	return least
}

// within looks for p sites that cover every home within a time: of the homes not
// covered, each counts one, and only none will do.
func (x *work) within(ctx context.Context, limit traveltime.Time) (*optimise.Solution, error) {
	if x.Capacity != nil {
		return x.roomyWithin(ctx, limit)
	}
	p := x.rules()
	for _, sites := range x.covers(limit) {
		var near []optimise.Choice
		for _, j := range sites {
			near = append(near, optimise.Choice{Site: j})
		}
		p.Near, p.Else = append(p.Near, near), append(p.Else, 1)
	}
	x.reduce(p)
	s, err := optimise.Solve(ctx, p, optimise.Options{Below: 1, Nodes: x.Nodes})
	if err == nil {
		x.answer.Nodes += s.Nodes
	}
	return s, err
}

// covers lists the sets of sites that cover a home within a time, the smallest alone.
func (x *work) covers(limit traveltime.Time) [][]int32 {
	var all [][]int32
	for _, i := range x.homes {
		sites, times := x.Times.From(i)
		var own []int32
		for k, j := range sites {
			if times[k] <= limit && x.fixed[j] != optimise.Closed {
				own = append(own, j)
			}
		}
		all = append(all, own)
	}
	return smallest(all, len(x.Times.Sites))
}

// radius is the time of the home that is farthest from a plan that keeps a limit.
func (x *work) radius(open []int32, limit traveltime.Time) (worst traveltime.Time, err error) {
	if x.Capacity != nil {
		return x.load(open, limit)
	}
	for _, i := range x.homes {
		sites, times := x.Times.From(i)
		best := traveltime.Unreachable
		for k, j := range sites {
			if _, is := slices.BinarySearch(open, j); is {
				best = min(best, times[k])
			}
		}
		worst = max(worst, best)
	}
	return worst, nil
}

// plan takes a plan for the best so far.
func (x *work) plan(sites []int32, radius traveltime.Time) {
	seconds := float64(radius) / 1000
	x.answer.Objective, x.answer.Status, x.answer.Sites = &seconds, optimise.Feasible, []string{}
	for _, j := range sites {
		x.answer.Sites = append(x.answer.Sites, x.Times.Sites[j])
	}
	slices.Sort(x.answer.Sites)
}

// bounded says that no plan is below a time.
func (x *work) bounded(t traveltime.Time) {
	seconds := float64(t) / 1000
	if x.answer.Bound = &seconds; x.answer.Objective != nil {
		x.answer.Bound = new(min(seconds, *x.answer.Objective))
		x.gap(&x.answer)
	}
}

// largest is what the costs of a problem may add up to, times its homes.
var largest = new(big.Int).Lsh(big.NewInt(1), 59)

// coarse is what costs have to be divided by so that they do not overflow; 1 mostly.
func (x *work) coarse(grain int64) int64 {
	if x.Model == LSCP {
		return 1
	}
	sum := new(big.Int)
	for _, i := range x.homes {
		_, times := x.Times.From(i)
		worst := int64(1)
		if x.Model == PMedian {
			worst += int64(slices.Max(times))
		}
		sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(x.Demand[i])/grain), big.NewInt(worst)))
	}
	sum.Mul(sum, big.NewInt(int64(len(x.homes)+1)))
	sum.Div(sum, largest)
	return sum.Int64() + 1
}

// product is a·b/by, rounded half up.
func product(a, b, by int64) int64 {
	v := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	return v.Add(v, big.NewInt(by/2)).Div(v, big.NewInt(by)).Int64()
}
