package siting

import (
	"context"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// Imposed is what it costs to impose a site, or to do without one that the best plan opens.
type Imposed struct {
	Site string `json:"id"`
	Open bool   `json:"open"` // the plan has it; of a site of the best plan: does without it
	// Objective is that of the best such plan found, and Bound what none is better than;
	// null where there is no such plan, or none is known.
	Objective *float64 `json:"objective"`
	Bound     *float64 `json:"bound"`
	// Loss is how much worse than the best plan, 0 or more; null without a plan.
	Loss   *float64        `json:"loss"`
	Status optimise.Status `json:"status"`
}

// nodesEach and stepsEach bound the search for each imposed site; where there are more
// than fewSites, bounds and one exchange each have to do.
const (
	nodesEach = 200
	stepsEach = 5000
	fewSites  = 300
)

// impose tells of every free site.
func (x *work) impose(ctx context.Context) error {
	if x.Model == PCenter || x.Capacity != nil {
		return x.imposeEach(ctx)
	}
	p, scale := x.problem()
	if x.covering() {
		merge(p)
	}
	o := optimise.Options{Nodes: nodesEach, Steps: stepsEach}
	if p.Sites > fewSites {
		o.Nodes = -1
	}
	all, err := optimise.Imposed(ctx, p, &x.found, o)
	if err != nil {
		return err
	}
	for _, i := range all {
		if x.fixed[i.Site] != optimise.Free {
			continue
		}
		a := x.told(optimise.Solution{Set: i.Set, Bound: i.Bound, Status: i.Status}, scale)
		x.add(i.Site, i.Open, a)
	}
	return ctx.Err()
}

// add takes the best plan with a site, or without it.
func (x *work) add(site int32, open bool, a Answer) {
	i := Imposed{Site: x.Times.Sites[site], Open: open, Objective: a.Objective, Bound: a.Bound, Status: a.Status}
	if a.Objective != nil {
		d := abs(*a.Objective - *x.answer.Objective)
		i.Loss = &d
	}
	x.answer.Imposed = append(x.answer.Imposed, i)
}

// imposeEach asks the question again for every free site.
func (x *work) imposeEach(ctx context.Context) error {
	for j, id := range x.Times.Sites {
		if x.fixed[j] != optimise.Free {
			continue
		}
		q := x.Question
		q.Losses, q.Best = false, 1
		_, chosen := slices.BinarySearch(x.answer.Sites, id)
		if chosen {
			q.Forbidden = append(slices.Clone(q.Forbidden), id)
		} else {
			q.Required = append(slices.Clone(q.Required), id)
		}
		a, err := Solve(ctx, q, nil)
		if err != nil {
			return err
		}
		x.add(int32(j), !chosen, *a)
	}
	return ctx.Err()
}

// Loss is what it costs to impose a candidate on a territory.
type Loss struct {
	Place
	Chosen    bool            `json:"chosen"`    // the best plan opens it: nothing is lost
	Objective *float64        `json:"objective"` // of the best plan found with it; null if there is none
	Bound     *float64        `json:"bound"`
	Loss      *float64        `json:"loss"`    // how much worse than the best plan; null without a plan
	Without   *float64        `json:"without"` // of a chosen place: how much worse the best plan without it is; null if there is none
	Status    optimise.Status `json:"status"`
}

// losses are those of the candidates, from the answer's sites.
func (t *town) losses(a *Answer) (losses []Loss) {
	zero := 0.0
	for _, i := range a.Imposed {
		at := slices.IndexFunc(t.places, func(p Place) bool { return p.ID == i.Site })
		if at < t.today {
			continue
		}
		l := Loss{Place: t.places[at], Objective: i.Objective, Bound: i.Bound, Loss: i.Loss, Status: i.Status}
		if !i.Open {
			l.Chosen, l.Objective, l.Bound, l.Loss, l.Without, l.Status = true, a.Objective, a.Bound, &zero, i.Loss, a.Status
		}
		losses = append(losses, l)
	}
	a.Imposed = nil
	return losses
}

// class is the legend entry of a loss.
func (l Loss) class(objective float64) string {
	switch {
	case l.Chosen:
		return "chosen"
	case l.Loss == nil:
		return "none"
	case *l.Loss <= 1e-9*objective:
		return "best"
	case *l.Loss <= 0.01*objective:
		return "1"
	case *l.Loss <= 0.05*objective:
		return "5"
	}
	return "more"
}
