package siting

import (
	"context"

	"github.com/maillage/maillage/internal/optimise"
)

// Loss is what it costs to impose a candidate.
type Loss struct {
	Place
	// Objective is that of the best plan found with the place, and Bound what no such
	// plan is better than; null where there is no such plan, or none is known.
	Objective *float64 `json:"objective"`
	Bound     *float64 `json:"bound"`
	// Loss is how much worse than the best plan, 0 or more; null without a plan.
	Loss   *float64        `json:"loss"`
	Status optimise.Status `json:"status"`
	Why    string          `json:"why,omitempty"`
}

// impose finds the best plan with each site, in the order of the sites.
func impose(ctx context.Context, q Question, best *Answer, sites []int) (losses []Loss, err error) {
	for _, j := range sites {
		id := q.Times.Sites[j]
		a := best
		if !contains(best.Sites, id) {
			with := q
			with.Best, with.Required = 1, append(append([]string{}, q.Required...), id)
			if a, err = Solve(ctx, with, nil); err != nil {
				return nil, err
			}
		}
		l := Loss{Place: Place{ID: id}, Objective: a.Objective, Bound: a.Bound, Status: a.Status, Why: a.Why}
		if a.Objective != nil && best.Objective != nil {
			d := abs(*a.Objective - *best.Objective)
			l.Loss = &d
		}
		losses = append(losses, l)
	}
	return losses, ctx.Err()
}

func contains(ids []string, id string) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// class is the legend entry of a loss.
func (l Loss) class(objective float64) string {
	switch {
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
