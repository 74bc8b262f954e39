package siting

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
	"github.com/maillage/maillage/internal/optimise/capacitated"
	"github.com/maillage/maillage/internal/optimise/flow"
)

// Load is how many people have their place at an open site.
type Load struct {
	Site     string         `json:"site"`
	People   geodata.Amount `json:"people"`
	Capacity geodata.Amount `json:"capacity"`
}

// Over is how many people of a home have no place.
type Over struct {
	Home   string         `json:"home"`
	People geodata.Amount `json:"people"`
}

// checkCapacity says what is wrong with capacities.
func (q *Question) checkCapacity() error {
	switch {
	case q.Capacity == nil:
		return nil
	case len(q.Capacity) != len(q.Times.Sites):
		return bad("capacity", "%d capacities for %d sites", len(q.Capacity), len(q.Times.Sites))
	case len(q.Capacity) >= flow.MaxSites:
		return bad("capacity", "%d sites: at most %d can have one", len(q.Capacity), flow.MaxSites-1)
	case q.Need > 1:
		return bad("need", "%d sites within reach: with capacities everybody has one place: want 1", q.Need)
	}
	for j, room := range q.Capacity {
		if room < 0 {
			return bad("capacity", "site %q has %s places: want 0 or more", q.Times.Sites[j], room)
		}
	}
	return nil
}

// roomy is a question of sites with capacities, as its solver knows it.
type roomy struct {
	*capacitated.Problem
	grain int64 // millionths of a person that are one there
	scale float64
	homes []int // per demand, the first home of it
}

// unit is the greatest amount that demands and capacities are multiples of.
func (x *work) unit() int64 {
	g := x.grain()
	for _, room := range x.Capacity {
		for b := int64(room); b != 0; {
			g, b = b, g%b
		}
	}
	return g
}

// spaced is the problem of serving people within a time, at the cost of who is left
// over. With timed a person costs the time there, otherwise nothing, and homes with
// the same sites are one demand.
func (x *work) spaced(limit traveltime.Time, timed bool, last int64) roomy {
	rules := x.rules()
	g := x.unit()
	p := roomy{grain: g, scale: geodata.Amount(g).Float(), Problem: &capacitated.Problem{Sites: rules.Sites, P: rules.P, Fixed: rules.Fixed, Groups: rules.Groups, Apart: rules.Apart, Prices: rules.Prices, Budget: rules.Budget}}
	for _, room := range x.Capacity {
		p.Room = append(p.Room, int64(room)/g)
	}
	coarse := int64(1)
	if timed {
		sum := 0.0
		for _, i := range x.homes {
			_, times := x.Times.From(i)
			sum += float64(int64(x.Demand[i])/g) * float64(1+slices.Max(times))
		}
		coarse += int64(sum / 0x1p59)
		p.scale *= float64(coarse) / 1000
	}
	same := map[string]int{}
	for _, i := range x.homes {
		var near []optimise.Choice
		var name []byte
		sites, times := x.Times.From(i)
		for k, j := range sites {
			if times[k] > limit || x.fixed[j] == optimise.Closed {
				continue
			}
			c := optimise.Choice{Site: j}
			if timed {
				c.Cost = (int64(times[k]) + coarse/2) / coarse
			}
			near, name = append(near, c), binary.LittleEndian.AppendUint32(name, uint32(j))
		}
		people := int64(x.Demand[i]) / g
		if at, is := same[string(name)]; is && !timed {
			p.People[at] += people
			continue
		}
		same[string(name)] = len(p.People)
		p.People, p.Near, p.Else, p.homes = append(p.People, people), append(p.Near, near), append(p.Else, last), append(p.homes, i)
	}
	return p
}

// limit is the time that is near enough for a model.
func (x *work) limit() traveltime.Time {
	if x.covering() {
		return x.Within
	}
	return traveltime.Unreachable - 1
}

// roomySum answers the models whose costs add up, of sites with capacities.
func (x *work) roomySum(ctx context.Context) error {
	last := optimise.Must
	if x.Model == MCLP {
		last = 1
	}
	p := x.spaced(x.limit(), x.Model == PMedian, last)
	if x.Model == LSCP {
		p.Opening, p.scale = slices.Repeat([]int64{1}, p.Sites), 1
	}
	s, err := capacitated.Solve(ctx, p.Problem, optimise.Options{Nodes: x.Nodes, Best: x.Best, Progress: func(s optimise.Solution) { x.progress(x.told(s, p.scale)) }})
	if err != nil {
		return err
	}
	x.answer = x.told(s.Solution, p.scale)
	switch {
	case x.answer.Status == optimise.Infeasible:
		x.answer.Why = x.lacking(s.Obstacle, p)
	case x.answer.Objective != nil:
		_, err = x.load(s.Sites, x.limit())
	}
	return err
}

// roomyWithin looks for p sites that have a place for everybody within a time.
func (x *work) roomyWithin(ctx context.Context, limit traveltime.Time) (*optimise.Solution, error) {
	s, err := capacitated.Solve(ctx, x.spaced(limit, false, 1).Problem, optimise.Options{Below: 1, Nodes: x.Nodes})
	if err != nil {
		return nil, err
	}
	x.answer.Nodes += s.Nodes
	return &s.Solution, nil
}

// load gives people their places at open sites: as many as can be within the time, by
// the least travel. It returns the longest way that anybody has.
func (x *work) load(open []int32, limit traveltime.Time) (longest traveltime.Time, err error) {
	p := x.spaced(limit, true, optimise.Must)
	plan, err := capacitated.Assign(p.Problem, open)
	if err != nil {
		return 0, err
	}
	amount := func(n int64) geodata.Amount { return geodata.Amount(n * p.grain) }
	x.answer.Loads, x.answer.LeftOver = []Load{}, nil
	for _, j := range open {
		x.answer.Loads = append(x.answer.Loads, Load{x.Times.Sites[j], amount(plan.Load[j]), x.Capacity[j]})
	}
	slices.SortFunc(x.answer.Loads, func(a, b Load) int { return strings.Compare(a.Site, b.Site) })
	for n, i := range p.homes {
		sites, times := x.Times.From(i)
		for _, to := range plan.Goes[n] {
			longest = max(longest, times[slices.Index(sites, to.Site)])
		}
		if plan.Left[n] > 0 {
			x.answer.LeftOver = append(x.answer.LeftOver, Over{x.Times.Homes[i], amount(plan.Left[n])})
		}
	}
	return longest, nil
}

// noPlace says why no p sites have a place for everybody, however far.
func (x *work) noPlace(ctx context.Context) (string, error) {
	p := x.spaced(x.limit(), false, optimise.Must)
	s, err := capacitated.Solve(ctx, p.Problem, optimise.Options{Nodes: x.Nodes})
	if err != nil {
		return "", err
	}
	return x.lacking(s.Obstacle, p), nil
}

// lacking says why there is no plan, and what would make one.
func (x *work) lacking(o *capacitated.Obstacle, p roomy) string {
	sites, are := analyses.Plural(x.P, "site", "sites"), "are"
	switch x.P {
	case 0:
		sites = "sites"
	case 1:
		are = "is"
	}
	amount := func(n int64) string { return geodata.Amount(n * p.grain).String() }
	why := capacitated.Unclear
	if o != nil {
		why = o.Why
	}
	switch why {
	case capacitated.Rules:
		return "no choice of sites keeps at once to how many are to be open, to those that are required or forbidden, to the budget and to what must be apart: ask for another number of sites, raise the budget, or lift a rule"
	case capacitated.Unreached:
		return fmt.Sprintf("the sites that home %s reaches have no places: give one of them a capacity, or the home no demand", x.Times.Homes[p.homes[o.Unreached[0]]])
	case capacitated.Room:
		return fmt.Sprintf("%s people are to have a place, and the %s with most room offer %s: places are short by %s: add places, or sites", amount(o.Must), sites, amount(o.Most), amount(o.Missing))
	case capacitated.Reach:
		return fmt.Sprintf("there is room for all, but not where they live: whichever %s %s open, at least %s of %s people reach no place: add places near them, or sites", sites, are, amount(o.Missing), amount(o.Must))
	}
	return fmt.Sprintf("no %s with a place for each of %s people: mclp tells how many have one at most", sites, amount(p.sum()))
}

func (p roomy) sum() (people int64) {
	for _, n := range p.People {
		people += n
	}
	return people
}
