package siting

import (
	"cmp"
	"context"
	"fmt"
	"math"
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
	Bonus   *Bonus
	Nodes   int // limit of the search; 0 for none
}

// Role is what a site can be.
type Role struct {
	Name  string
	P     int      // how many sites take it, beside those of today
	Today []string // ids of sites that have it today, and keep it
	Never []string // ids of sites that cannot have it

	extra map[string]geodata.Amount // what it is worth that a site has it, beside the people
	not   []int                     // roles that a site cannot have beside it
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
	Shared    int             `json:"shared"` // sites that have the bonus
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
	if progress == nil {
		progress = func(JointAnswer) {}
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.Bonus != nil {
		return q.shared(ctx, progress)
	}
	a, err := q.solve(ctx, progress)
	if err == nil {
		err = q.alone(ctx, a)
	}
	return a, err
}

func (q *Joint) check() error {
	switch {
	case q.Model != MCLP && q.Model != PMedian:
		return bad("model", "unknown model %q: several things at once are asked with mclp or p-median", q.Model)
	case len(q.Roles) == 0 || len(q.Asks) == 0:
		return bad("roles", "want a role and an ask at least")
	case q.Bonus != nil && (q.Model != MCLP || q.OneRole):
		return bad("bonus", "a bonus counts people, for a site with two roles: it goes with mclp and several services")
	}
	for _, a := range q.Asks {
		switch {
		case len(a.Demand) != len(q.Times.Homes):
			return bad("demand", "%s: %d amounts for %d homes", a.Name, len(a.Demand), len(q.Times.Homes))
		case q.Model == MCLP && a.Within <= 0:
			return bad("within", "is missing for %s: mclp needs a time that is near enough", a.Name)
		}
	}
	return nil
}

// solve answers a question without a bonus.
func (q Joint) solve(ctx context.Context, progress func(JointAnswer)) (*JointAnswer, error) {
	x, err := q.compile()
	if err != nil {
		return nil, err
	}
	if x.answer.Why != "" {
		x.answer.Status = optimise.Infeasible
		return &x.answer, nil
	}
	s, err := optimise.Solve(ctx, x.problem, optimise.Options{Nodes: q.Nodes, Progress: func(s optimise.Solution) { progress(x.told(s)) }})
	if err != nil {
		return nil, err
	}
	a := x.told(*s)
	if a.Status == optimise.Infeasible {
		a.Why = "no choice of that many sites keeps to the roles, or reaches all homes that one of them can reach: ask for another number of sites"
	}
	return &a, nil
}

// shared answers a question with a bonus: for each number of new sites that may have
// both roles it asks for so many of a third role that is both; the best of these is the
// best of all.
func (q Joint) shared(ctx context.Context, progress func(JointAnswer)) (*JointAnswer, error) {
	var best *JointAnswer
	bound, nodes := math.Inf(-1), 0
	open := false // some number has neither a plan nor a bound yet
	for n := 0; n <= min(q.Roles[q.Bonus.A].P, q.Roles[q.Bonus.B].P); n++ {
		a, err := q.sharing(n).solve(ctx, progress)
		if err != nil {
			return nil, err
		}
		nodes += a.Nodes
		switch {
		case a.Status == optimise.Infeasible:
		case a.Bound == nil:
			open = true
		default:
			bound = max(bound, *a.Bound)
		}
		if best == nil || a.Objective != nil && (best.Objective == nil || *a.Objective > *best.Objective) {
			best = a
		}
	}
	best.Nodes = nodes
	if best.Objective != nil {
		q.unshare(best)
		switch {
		case open:
			best.Status, best.Bound, best.Gap = optimise.Feasible, nil, nil
		case bound > *best.Objective:
			best.Status, best.Bound = optimise.Feasible, &bound
			best.Gap = new((bound - *best.Objective) / *best.Objective)
		}
	}
	return best, q.alone(ctx, best)
}

// sharing is the question with n new sites that have both roles of the bonus, as a
// role of their own. Who takes one role where the other is today has the bonus too.
func (q Joint) sharing(n int) Joint {
	a, b, both := q.Bonus.A, q.Bonus.B, len(q.Roles)
	with := q
	with.Bonus, with.Roles, with.Asks = nil, slices.Clone(q.Roles), nil
	one, two := &with.Roles[a], &with.Roles[b]
	one.extra, two.extra = map[string]geodata.Amount{}, map[string]geodata.Amount{}
	all := Role{Name: "", P: n, Never: slices.Concat(one.Never, two.Never, one.Today, two.Today), extra: map[string]geodata.Amount{}, not: []int{a, b}}
	for _, id := range q.Times.Sites {
		all.extra[id] = q.Bonus.Worth
	}
	for _, id := range one.Today {
		two.extra[id] = q.Bonus.Worth
	}
	for _, id := range two.Today {
		one.extra[id] = q.Bonus.Worth
	}
	one.P, two.P = one.P-n, two.P-n
	with.Roles = append(with.Roles, all)
	for _, ask := range q.Asks {
		if slices.Contains(ask.By, a) || slices.Contains(ask.By, b) {
			ask.By = append(slices.Clone(ask.By), both)
		}
		with.Asks = append(with.Asks, ask)
	}
	return with
}

// unshare names both roles of the sites that have them, and counts the bonuses.
func (q Joint) unshare(answer *JointAnswer) {
	a, b := q.Roles[q.Bonus.A].Name, q.Roles[q.Bonus.B].Name
	var taken []Taken
	for _, t := range answer.Taken {
		if t.Role == "" {
			taken = append(taken, Taken{t.Site, a}, Taken{t.Site, b})
		} else {
			taken = append(taken, t)
		}
	}
	rank := func(t Taken) int { return slices.IndexFunc(q.Roles, func(r Role) bool { return r.Name == t.Role }) }
	slices.SortFunc(taken, func(s, t Taken) int { return cmp.Or(cmp.Compare(rank(s), rank(t)), cmp.Compare(s.Site, t.Site)) })
	answer.Taken = taken
	for _, t := range taken {
		if t.Role == a && slices.Contains(taken, Taken{t.Site, b}) {
			answer.Shared++
		}
	}
}

// joint is a question being answered. Site j in role r is number r·sites + j.
type joint struct {
	Joint
	sites   int
	problem *optimise.Problem
	scale   float64 // of the objective, a unit of the problem's costs
	homes   [][]int // per ask, those that count and are reached
	most    int64   // the objective less the cost, for mclp
	answer  JointAnswer
}

func (q Joint) compile() (*joint, error) {
	x := &joint{Joint: q, sites: len(q.Times.Sites)}
	x.answer = JointAnswer{Model: q.Model, Taken: []Taken{}, Asks: []AskAnswer{}, Unit: map[Model]string{PMedian: "person-seconds", MCLP: "persons"}[q.Model]}
	x.problem = &optimise.Problem{Sites: x.sites * len(q.Roles), Fixed: make([]optimise.State, x.sites*len(q.Roles))}
	if err := x.roles(); err != nil {
		return nil, err
	}
	for _, a := range q.Asks {
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
				if (x.OneRole || slices.Contains(role.not, other)) && x.problem.Fixed[a] != optimise.Closed && x.problem.Fixed[b] != optimise.Closed {
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
	for _, v := range p.Else {
		x.most += v
	}
	x.openings(grain, coarse)
}

// openings make a site cost what it lacks of the most that its role is worth anywhere.
func (x *joint) openings(grain, coarse int64) {
	for r, role := range x.Roles {
		most := geodata.Amount(0)
		for _, worth := range role.extra {
			most = max(most, worth)
		}
		if most == 0 {
			continue
		}
		if x.problem.Opening == nil {
			x.problem.Opening = make([]int64, x.problem.Sites)
		}
		for j, id := range x.Times.Sites {
			x.problem.Opening[r*x.sites+j] = product(int64(most-role.extra[id])/grain, 1, coarse)
		}
		x.most += product(int64(most)/grain, 1, coarse) * int64(x.problem.Groups[r].Most)
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
	for _, role := range x.Roles {
		for _, worth := range role.extra {
			grain = common(grain, int64(worth))
			n++
		}
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
	for _, role := range x.Roles {
		for _, worth := range role.extra {
			sum.Add(sum, big.NewInt(int64(worth)/grain))
		}
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
		if x.Model == MCLP {
			cost = x.most - cost
		}
		return new(float64(cost) * x.scale)
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
func (q Joint) alone(ctx context.Context, a *JointAnswer) error {
	for k := range a.Asks {
		one := q
		one.Asks, one.Bonus = []Ask{q.Asks[k]}, nil
		best, err := one.solve(ctx, func(JointAnswer) {})
		if err != nil {
			return err
		}
		if best.Status == optimise.Optimal {
			a.Asks[k].Alone = best.Objective
		}
	}
	return nil
}
