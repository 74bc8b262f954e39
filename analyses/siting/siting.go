package siting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// Model is what makes a plan good.
type Model string

// The models.
const (
	PMedian Model = "p-median"
	MCLP    Model = "mclp"
	LSCP    Model = "lscp"
	PCenter Model = "p-center"
)

// Models lists them.
var Models = []Model{PMedian, MCLP, LSCP, PCenter}

// Question is which of the sites of a matrix should be open.
type Question struct {
	Model     Model
	Times     *matrix.Matrix
	Demand    []geodata.Amount // per home
	Capacity  []geodata.Amount // per site, how many people have a place there; nil: any number
	P         int              // how many sites are open; not of lscp; 0 with a Budget for as many as it pays
	Within    traveltime.Time  // of mclp and lscp
	Need      int              // of mclp and lscp: how many open sites a home has to have within reach; 1 when 0
	Required  []string         // ids of sites that are open in any case; they are of the P
	Forbidden []string         // ids of sites that are not
	Existing  []string         // ids of sites open today, of which Moves at most close; they are of the P
	Moves     int
	Apart     [][2]string // pairs of ids of which one at most is open
	Prices    []int64     // per site, what opening it costs; nil: nothing
	Budget    int64       // the most that the open sites may cost together; with Prices
	Best      int         // how many different plans are wanted, best first; 1 when 0; not of p-center
	Losses    bool        // what it costs to impose each free site is told too
	Nodes     int         // limit of the search; 0 for none
}

// Answer is the best plan that was found, and how good any other could be.
type Answer struct {
	Model     Model           `json:"model"`
	Objective *float64        `json:"objective"` // null without a plan
	Bound     *float64        `json:"bound"`     // no plan is better; null where nothing is known
	Gap       *float64        `json:"gap"`       // |objective - bound| / |objective|; null without a plan
	Status    optimise.Status `json:"status"`
	Unit      string          `json:"unit"`
	Sites     []string        `json:"sites"`         // open, by id
	Why       string          `json:"why,omitempty"` // there is no plan
	// Left are homes that count and that no site reaches; LeftDemand are their people.
	Left       []string       `json:"unreached_homes"`
	LeftDemand geodata.Amount `json:"unreached_demand"`
	Nodes      int            `json:"nodes"`
	// Others are the next best plans, best first, when more than one was asked for.
	// They are the next best for certain where Status is optimal.
	Others []Plan `json:"others,omitempty"`
	// Imposed are what the free sites cost when they are imposed, in the order of the sites.
	Imposed []Imposed `json:"imposed,omitempty"`
	// With capacities: what each open site is used for, by id, and who has no place, by home.
	Loads    []Load `json:"loads,omitempty"`
	LeftOver []Over `json:"left_over,omitempty"`
}

// Plan is a choice of sites and what it is worth.
type Plan struct {
	Sites     []string `json:"sites"` // open, by id
	Objective float64  `json:"objective"`
}

// Solve answers. It ends early, with what is known, when ctx does. What is asked
// wrongly is an analyses.ParamError. That there is no plan is an answer, and says why.
func Solve(ctx context.Context, q Question, progress func(Answer)) (*Answer, error) {
	x, err := prepare(q)
	if err != nil {
		return nil, err
	}
	if progress != nil {
		x.progress = progress
	}
	if x.answer.Why = x.hopeless(); x.answer.Why != "" {
		x.answer.Status = optimise.Infeasible
		return &x.answer, nil
	}
	switch {
	case q.Model == PCenter:
		err = x.center(ctx)
	case q.Capacity != nil:
		err = x.roomySum(ctx)
	default:
		err = x.sum(ctx)
	}
	if err == nil && q.Losses && x.answer.Objective != nil {
		err = x.impose(ctx)
	}
	return &x.answer, err
}

// work is a question being answered.
type work struct {
	Question
	fixed    []optimise.State
	apart    [][2]int32
	groups   []optimise.Group
	homes    []int // that count and are reached
	answer   Answer
	found    optimise.Solution // of sum
	progress func(Answer)
}

func prepare(q Question) (*work, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := q.checkCapacity(); err != nil {
		return nil, err
	}
	x := &work{Question: q, progress: func(Answer) {}, answer: Answer{Model: q.Model, Sites: []string{}, Left: []string{}}}
	x.Need, x.Best = max(1, q.Need), max(1, q.Best)
	if err := x.settle(); err != nil {
		return nil, err
	}
	for i, a := range q.Demand {
		if a == 0 {
			continue
		}
		if x.reaches(i) {
			x.homes = append(x.homes, i)
		} else {
			x.answer.Left, x.answer.LeftDemand = append(x.answer.Left, q.Times.Homes[i]), x.answer.LeftDemand+a
		}
	}
	x.answer.Unit = map[Model]string{PMedian: "person-seconds", MCLP: "persons", LSCP: "sites", PCenter: "seconds"}[q.Model]
	return x, nil
}

// reaches says whether as many sites as are needed that are not forbidden serve a home.
func (x *work) reaches(home int) bool {
	n := 0
	sites, times := x.Times.From(home)
	for k, j := range sites {
		if x.fixed[j] != optimise.Closed && (!x.covering() || times[k] <= x.Within) {
			if n++; n == x.Need {
				return true
			}
		}
	}
	return false
}

func (x *work) covering() bool { return x.Model == MCLP || x.Model == LSCP }

// sum answers the models whose costs add up.
func (x *work) sum(ctx context.Context) error {
	p, scale := x.problem()
	if x.covering() {
		x.shorten(p)
	}
	s, err := optimise.Solve(ctx, p, optimise.Options{Nodes: x.Nodes, Best: x.Best, Progress: func(s optimise.Solution) { x.progress(x.told(s, scale)) }})
	if err != nil {
		return err
	}
	x.found = *s
	x.answer = x.told(*s, scale)
	if x.answer.Status == optimise.Infeasible {
		x.answer.Why = x.none()
	}
	return nil
}

// problem is the model as optimise knows it; a unit of its costs is scale of the
// objective's.
func (x *work) problem() (p *optimise.Problem, scale float64) {
	p = x.rules()
	if x.Model == LSCP {
		p.Opening = slices.Repeat([]int64{1}, p.Sites)
	}
	g := x.grain()
	scale = 1
	if x.Model != LSCP {
		scale = geodata.Amount(g).Float()
	}
	if x.Model == PMedian {
		scale /= 1000
	}
	coarse := x.coarse(g)
	scale *= float64(coarse)
	for _, i := range x.homes {
		people := int64(x.Demand[i]) / g
		var near []optimise.Choice
		sites, times := x.Times.From(i)
		for k, j := range sites {
			switch {
			case x.fixed[j] == optimise.Closed:
			case x.Model == PMedian:
				near = append(near, optimise.Choice{Site: j, Cost: product(people, int64(times[k]), coarse)})
			case times[k] <= x.Within:
				near = append(near, optimise.Choice{Site: j})
			}
		}
		p.Near = append(p.Near, near)
		if x.Need > 1 {
			p.Need = append(p.Need, int32(x.Need))
		}
		if last := (people + coarse/2) / coarse; x.Model == MCLP {
			p.Else = append(p.Else, last)
		} else {
			p.Else = append(p.Else, optimise.Must)
		}
	}
	return p, scale
}

// grain is the greatest common divisor of the demands.
func (x *work) grain() int64 {
	g := int64(0)
	for _, i := range x.homes {
		for a, b := g, int64(x.Demand[i]); ; a, b = b, a%b {
			if b == 0 {
				g = a
				break
			}
		}
	}
	return max(1, g)
}

// told is a solution as an answer.
func (x *work) told(s optimise.Solution, scale float64) Answer {
	a := x.answer
	a.Status, a.Nodes, a.Sites = s.Status, s.Nodes, []string{}
	value := func(cost int64) *float64 {
		v := float64(cost) * scale
		if x.Model == MCLP {
			v = x.total().Float() - v
		}
		return &v
	}
	if s.Status != optimise.Infeasible {
		a.Bound = value(s.Bound)
	}
	if len(s.Sites) == 0 && s.Status != optimise.Optimal {
		return a
	}
	a.Sites = x.names(s.Sites)
	a.Objective = value(s.Cost)
	x.gap(&a)
	for _, set := range s.Best[min(1, len(s.Best)):] {
		a.Others = append(a.Others, Plan{x.names(set.Sites), *value(set.Cost)})
	}
	return a
}

// names are the ids of sites, in their order.
func (x *work) names(sites []int32) []string {
	ids := make([]string, 0, len(sites))
	for _, j := range sites {
		ids = append(ids, x.Times.Sites[j])
	}
	slices.Sort(ids)
	return ids
}

// total is the demand that counts.
func (x *work) total() (sum geodata.Amount) {
	for _, i := range x.homes {
		sum += x.Demand[i]
	}
	return sum
}

// gap fills the gap in; objective and bound are the same where the plan is optimal.
func (x *work) gap(a *Answer) {
	g := 0.0
	if a.Status == optimise.Optimal {
		a.Bound = a.Objective
	} else if *a.Objective != 0 {
		g = abs(*a.Objective-*a.Bound) / abs(*a.Objective)
	}
	a.Gap = &g
}

func abs(v float64) float64 { return max(v, -v) }

// String is a line for people.
func (a *Answer) String() string {
	if a.Objective == nil {
		return fmt.Sprintf("%s: %s %s", a.Model, a.Status, a.Why)
	}
	return fmt.Sprintf("%s: %s, %g %s, bound %g: %s", a.Model, a.Status, *a.Objective, a.Unit, *a.Bound, strings.Join(a.Sites, ", "))
}

// distinct lists the times there are, rising, from low on.
func (x *work) distinct(low traveltime.Time) (out []traveltime.Time) {
	for _, i := range x.homes {
		_, times := x.Times.From(i)
		for _, t := range times {
			if t >= low {
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// byLength orders lists of sites, the shortest first.
func byLength(a, b []int32) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) }
