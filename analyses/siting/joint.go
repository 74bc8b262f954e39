package siting

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// Joint is a choice of sites for several things at once: for several services, for
// anchors and antennas, or for openings over the years. A site that opens has a role.
// What is asked is the sum over all asks of the people within reach (mclp) or of their
// travel (p-median), and the bonuses.
type Joint struct {
	Model   Model // MCLP or PMedian
	Times   *matrix.Matrix
	Roles   []Role
	Asks    []Ask
	OneRole bool // a site has one role at most
	Bonuses []Bonus
	Nodes   int // limit of the search; 0 for none
}

// Role is what a site can be.
type Role struct {
	Name  string
	P     int      // how many sites take it, beside those of today
	Today []string // ids of sites that have it today, and keep it
	Never []string // ids of sites that cannot have it
}

// Ask is people who need one of some roles.
type Ask struct {
	Name   string
	Demand []geodata.Amount // per home
	Within traveltime.Time  // of mclp
	By     []int            // positions of the roles that serve it
}

// Bonus is what it is worth that one site has two roles: as if so many people more
// were within reach. Of mclp only.
type Bonus struct {
	A, B  int // positions of the roles
	Worth geodata.Amount
}

// Taken is a site that opens in a role.
type Taken struct {
	Site string `json:"id"`
	Role string `json:"role"`
}

// JointAnswer is the best joint plan that was found, and how good any other could be.
type JointAnswer struct {
	Model     Model           `json:"model"`
	Objective *float64        `json:"objective"` // null without a plan
	Bound     *float64        `json:"bound"`
	Gap       *float64        `json:"gap"`
	Status    optimise.Status `json:"status"`
	Unit      string          `json:"unit"`
	Taken     []Taken         `json:"taken"` // today's with them, by role and id
	Asks      []AskAnswer     `json:"asks"`
	Shared    int             `json:"shared"` // bonuses that the plan has
	Why       string          `json:"why,omitempty"`
	Nodes     int             `json:"nodes"`
}

// AskAnswer is what a plan means for one ask.
type AskAnswer struct {
	Name      string   `json:"name"`
	Objective float64  `json:"objective"` // of this ask
	Alone     *float64 `json:"alone"`     // the best objective, as many sites being chosen for this ask alone; null if not proven
	Left      int      `json:"unreached_homes"`
}

// SolveJoint answers; what is asked wrongly is an analyses.ParamError.
func SolveJoint(ctx context.Context, q Joint, progress func(JointAnswer)) (*JointAnswer, error) {
	x, err := q.compile()
	if err != nil {
		return nil, err
	}
	if x.answer.Why != "" {
		x.answer.Status = optimise.Infeasible
		return &x.answer, nil
	}
	o := optimise.Options{Nodes: q.Nodes}
	if progress != nil {
		o.Progress = func(s optimise.Solution) { progress(x.told(s)) }
	}
	s, err := optimise.Solve(ctx, x.problem, o)
	if err != nil {
		return nil, err
	}
	a := x.told(*s)
	if a.Status == optimise.Infeasible {
		a.Why = "no choice of that many sites keeps to the roles, or reaches all homes that one of them can reach: ask for another number of sites"
	}
	if err := x.alone(ctx, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

// joint is a question being answered. Site j in role r is number r·sites + j.
type joint struct {
	Joint
	sites   int
	problem *optimise.Problem
	scale   float64 // of the objective, a unit of the problem's costs
	homes   [][]int // per ask, those that count and are reached
	bonuses int     // demands of the problem that are bonuses, after the homes
	answer  JointAnswer
}

func (q Joint) compile() (*joint, error) {
	x := &joint{Joint: q, sites: len(q.Times.Sites)}
	x.answer = JointAnswer{Model: q.Model, Taken: []Taken{}, Asks: []AskAnswer{}, Unit: map[Model]string{PMedian: "person-seconds", MCLP: "persons"}[q.Model]}
	switch {
	case q.Model != MCLP && q.Model != PMedian:
		return nil, bad("model", "unknown model %q: several things at once are asked with mclp or p-median", q.Model)
	case len(q.Roles) == 0 || len(q.Asks) == 0:
		return nil, bad("roles", "want a role and an ask at least")
	case len(q.Bonuses) > 0 && q.Model != MCLP:
		return nil, bad("bonus", "a bonus counts people: it goes with mclp")
	}
	x.problem = &optimise.Problem{Sites: x.sites * len(q.Roles), Fixed: make([]optimise.State, x.sites*len(q.Roles))}
	if err := x.roles(); err != nil {
		return nil, err
	}
	for _, a := range q.Asks {
		switch {
		case len(a.Demand) != len(q.Times.Homes):
			return nil, bad("demand", "%s: %d amounts for %d homes", a.Name, len(a.Demand), len(q.Times.Homes))
		case q.Model == MCLP && a.Within <= 0:
			return nil, bad("within", "is missing for %s: mclp needs a time that is near enough", a.Name)
		}
		var homes []int
		for i, n := range a.Demand {
			if sites, _ := x.near(a, i); n > 0 && len(sites) > 0 {
				homes = append(homes, i)
			}
		}
		x.homes = append(x.homes, homes)
	}
	x.demands()
	return x, nil
}

// roles makes a group of each role, and keeps today's sites in theirs.
func (x *joint) roles() error {
	at := map[string]int32{}
	for j, id := range x.Times.Sites {
		at[id] = int32(j)
	}
	for r, role := range x.Roles {
		base := int32(r * x.sites)
		for _, list := range []struct {
			param string
			ids   []string
			st    optimise.State
		}{{"today", role.Today, optimise.Open}, {"never", role.Never, optimise.Closed}} {
			for _, id := range list.ids {
				j, known := at[id]
				if !known {
					return bad(list.param, "%s: no site %q among the %d there are", role.Name, id, x.sites)
				}
				x.problem.Fixed[base+j] = list.st
			}
		}
		g := optimise.Group{}
		open, free := 0, 0
		for j := range int32(x.sites) {
			g.Sites = append(g.Sites, base+j)
			switch x.problem.Fixed[base+j] {
			case optimise.Open:
				open++
			case optimise.Free:
				free++
			}
		}
		if role.P < 0 || role.P > free {
			x.answer.Why = fmt.Sprintf("%s: %d sites are to open, and there are %d that may: ask for %d at most", role.Name, role.P, free, free)
		}
		g.Least, g.Most = open+role.P, open+role.P
		x.problem.Groups = append(x.problem.Groups, g)
		x.problem.P += g.Most
		for other := range r {
			for j := range int32(x.sites) {
				a, b := int32(other*x.sites)+j, base+j
				if x.OneRole && x.problem.Fixed[a] != optimise.Closed && x.problem.Fixed[b] != optimise.Closed {
					x.problem.Apart = append(x.problem.Apart, [2]int32{a, b})
				}
			}
		}
	}
	return nil
}

// near lists the sites that serve an ask from a home, as numbers of the problem, with
// their times.
func (x *joint) near(a Ask, home int) (sites []int32, times []traveltime.Time) {
	all, each := x.Times.From(home)
	for _, r := range a.By {
		for k, j := range all {
			n := int32(r*x.sites) + j
			if x.problem.Fixed[n] != optimise.Closed && (x.Model != MCLP || each[k] <= a.Within) {
				sites, times = append(sites, n), append(times, each[k])
			}
		}
	}
	return sites, times
}

// demands are the homes of each ask, and the bonuses.
func (x *joint) demands() {
	grain, coarse := x.grains()
	x.scale = geodata.Amount(grain).Float() * float64(coarse)
	if x.Model == PMedian {
		x.scale /= 1000
	}
	p := x.problem
	for n, a := range x.Asks {
		for _, i := range x.homes[n] {
			people := int64(a.Demand[i]) / grain
			var near []optimise.Choice
			sites, times := x.near(a, i)
			for k, j := range sites {
				c := optimise.Choice{Site: j}
				if x.Model == PMedian {
					c.Cost = product(people, int64(times[k]), coarse)
				}
				near = append(near, c)
			}
			p.Near, p.Need = append(p.Near, near), append(p.Need, 1)
			if x.Model == MCLP {
				p.Else = append(p.Else, product(people, 1, coarse))
			} else {
				p.Else = append(p.Else, optimise.Must)
			}
		}
	}
	for _, b := range x.Bonuses {
		for j := range int32(x.sites) {
			one, two := int32(b.A*x.sites)+j, int32(b.B*x.sites)+j
			if p.Fixed[one] == optimise.Closed || p.Fixed[two] == optimise.Closed {
				continue
			}
			p.Near, p.Need = append(p.Near, []optimise.Choice{{Site: one}, {Site: two}}), append(p.Need, 2)
			p.Else = append(p.Else, product(int64(b.Worth)/grain, 1, coarse))
			x.bonuses++
		}
	}
}

// grains are the greatest common divisor of all amounts, and what costs have to be
// divided by so that they do not overflow; 1 mostly.
func (x *joint) grains() (grain, coarse int64) {
	n, sum := int64(1), new(big.Int)
	for k, a := range x.Asks {
		for _, i := range x.homes[k] {
			grain = common(grain, int64(a.Demand[i]))
			n++
		}
	}
	for _, b := range x.Bonuses {
		grain = common(grain, int64(b.Worth))
		n += int64(x.sites)
	}
	grain = max(1, grain)
	for k, a := range x.Asks {
		for _, i := range x.homes[k] {
			worst := int64(1)
			if _, times := x.near(a, i); x.Model == PMedian {
				worst += int64(slices.Max(times))
			}
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(a.Demand[i])/grain), big.NewInt(worst)))
		}
	}
	for _, b := range x.Bonuses {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(b.Worth)/grain), big.NewInt(int64(x.sites))))
	}
	sum.Mul(sum, big.NewInt(n))
	return grain, sum.Div(sum, largest).Int64() + 1
}

// common is the greatest common divisor.
func common(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// told is a solution as an answer.
func (x *joint) told(s optimise.Solution) JointAnswer {
	a := x.answer
	a.Status, a.Nodes = s.Status, s.Nodes
	value := func(cost int64) *float64 {
		v := float64(cost) * x.scale
		if x.Model == MCLP {
			v = x.most() - v
		}
		return &v
	}
	if s.Status != optimise.Infeasible {
		a.Bound = value(s.Bound)
	}
	if len(s.Sites) == 0 && s.Status != optimise.Optimal {
		return a
	}
	open := make([]bool, x.problem.Sites)
	for _, n := range s.Sites {
		open[n] = true
		a.Taken = append(a.Taken, Taken{x.Times.Sites[int(n)%x.sites], x.Roles[int(n)/x.sites].Name})
	}
	for k := range x.Asks {
		a.Asks = append(a.Asks, AskAnswer{Name: x.Asks[k].Name, Objective: x.worth(k, open), Left: x.unreached(k)})
	}
	for _, b := range x.Bonuses {
		for j := range x.sites {
			if open[b.A*x.sites+j] && open[b.B*x.sites+j] {
				a.Shared++
			}
		}
	}
	a.Objective = value(s.Cost)
	g := 0.0
	if a.Status == optimise.Optimal {
		a.Bound = a.Objective
	} else if *a.Objective != 0 {
		g = abs(*a.Objective-*a.Bound) / abs(*a.Objective)
	}
	a.Gap = &g
	return a
}

// most is what mclp has if all are within reach and all bonuses given.
func (x *joint) most() float64 {
	sum := int64(0)
	for _, v := range x.problem.Else {
		sum += v
	}
	return float64(sum) * x.scale
}

// worth is the objective of one ask.
func (x *joint) worth(k int, open []bool) float64 {
	var people geodata.Amount
	sum := 0.0
	for _, i := range x.homes[k] {
		best := traveltime.Unreachable
		sites, times := x.near(x.Asks[k], i)
		for n, j := range sites {
			if open[j] {
				best = min(best, times[n])
			}
		}
		if best.Reached() {
			people += x.Asks[k].Demand[i]
			sum += x.Asks[k].Demand[i].Float() * float64(best) / 1000
		}
	}
	if x.Model == MCLP {
		return people.Float()
	}
	return sum
}

func (x *joint) unreached(k int) (n int) {
	for _, a := range x.Asks[k].Demand {
		if a > 0 {
			n++
		}
	}
	return n - len(x.homes[k])
}

// alone finds what each ask would have if all were chosen for it: how much it gives up
// for the others.
func (x *joint) alone(ctx context.Context, a *JointAnswer) error {
	for k := range a.Asks {
		q := x.Joint
		q.Asks, q.Bonuses = []Ask{x.Asks[k]}, nil
		y, err := q.compile()
		if err != nil {
			return err
		}
		s, err := optimise.Solve(ctx, y.problem, optimise.Options{Nodes: x.Nodes})
		if err != nil {
			return err
		}
		if one := y.told(*s); one.Status == optimise.Optimal {
			a.Asks[k].Alone = one.Objective
		}
	}
	return nil
}
