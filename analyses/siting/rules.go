package siting

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/internal/optimise"
)

func bad(param, format string, args ...any) error {
	return &analyses.ParamError{Param: param, Err: fmt.Errorf(format, args...)}
}

// check says what is wrong with a question, but for the ids it names.
func (q *Question) check() error {
	n, covering := len(q.Times.Sites), q.Model == LSCP || q.Model == MCLP
	switch {
	case !slices.Contains(Models, q.Model):
		return bad("model", "unknown model %q: want one of %v", q.Model, Models)
	case q.Model == LSCP && q.P != 0:
		return bad("p", "lscp finds how many sites it takes: leave p out, or ask for p-center or mclp")
	case q.Model != LSCP && (q.P < 0 || q.P == 0 && q.Prices == nil):
		return bad("p", "%d sites: want 1 or more", q.P)
	case covering && q.Within <= 0:
		return bad("within", "is missing: %s needs a time that is near enough, such as 15m", q.Model)
	case len(q.Demand) != len(q.Times.Homes):
		return bad("demand", "%d amounts for %d homes", len(q.Demand), len(q.Times.Homes))
	case q.Need < 0 || q.Need > 1 && !covering:
		return bad("need", "%d sites within reach: want 1 or more with mclp and lscp; %s counts the nearest alone", q.Need, q.Model)
	case q.Prices != nil && len(q.Prices) != n:
		return bad("prices", "%d prices for %d sites", len(q.Prices), n)
	case q.Budget < 0 || q.Budget > 0 && q.Prices == nil:
		return bad("budget", "%d: want an amount of 0 or more, and a price for each site", q.Budget)
	case q.Moves < 0 || q.Moves > len(q.Existing):
		return bad("moves", "%d of %d sites that are open today: want 0 to %d", q.Moves, len(q.Existing), len(q.Existing))
	case q.Best > 1 && q.Model == PCenter:
		return bad("best", "p-center has no next best plans: any that keep the farthest home as near are as good")
	}
	for j, price := range q.Prices {
		if price < 0 {
			return bad("prices", "site %q costs %d: want 0 or more", q.Times.Sites[j], price)
		}
	}
	return nil
}

// settle finds the sites that the rules name.
func (x *work) settle() error {
	at := make(map[string]int32, len(x.Times.Sites))
	for j, id := range x.Times.Sites {
		at[id] = int32(j)
	}
	find := func(param, id string) (int32, error) {
		j, known := at[id]
		if !known {
			return 0, bad(param, "no site %q among the %d there are", id, len(at))
		}
		return j, nil
	}
	x.fixed = make([]optimise.State, len(x.Times.Sites))
	say := func(param string, ids []string, st optimise.State) error {
		for _, id := range ids {
			j, err := find(param, id)
			if err != nil {
				return err
			}
			if x.fixed[j] == -st {
				return bad(param, "site %q is both required and forbidden", id)
			}
			x.fixed[j] = st
		}
		return nil
	}
	if err := say("required", x.Required, optimise.Open); err != nil {
		return err
	}
	if err := say("forbidden", x.Forbidden, optimise.Closed); err != nil {
		return err
	}
	if err := x.keep(find); err != nil {
		return err
	}
	for _, pair := range x.Apart {
		a, err := find("apart", pair[0])
		if err != nil {
			return err
		}
		b, err := find("apart", pair[1])
		if err != nil {
			return err
		}
		if a == b {
			return bad("apart", "site %q cannot be apart from itself", pair[0])
		}
		x.apart = append(x.apart, [2]int32{a, b})
	}
	return nil
}

// keep has the existing sites stay open, but for those that may move. One that is
// forbidden closes in any case.
func (x *work) keep(find func(param, id string) (int32, error)) error {
	g := optimise.Group{Most: len(x.Existing)}
	for _, id := range x.Existing {
		j, err := find("existing", id)
		if err != nil {
			return err
		}
		if x.Moves == 0 && x.fixed[j] == optimise.Free {
			x.fixed[j] = optimise.Open
		}
		g.Sites = append(g.Sites, j)
	}
	slices.Sort(g.Sites)
	if g.Sites = slices.Compact(g.Sites); x.Moves > 0 {
		g.Most = len(g.Sites)
		g.Least = g.Most - x.Moves
		x.groups = []optimise.Group{g}
	}
	return nil
}

// rules is a problem without demands.
func (x *work) rules() *optimise.Problem {
	return &optimise.Problem{Sites: len(x.Times.Sites), P: x.P, Fixed: x.fixed, Apart: x.apart, Prices: x.Prices, Budget: x.Budget, Groups: x.groups}
}

// hopeless says why there can be no plan, and what would make one, where counting shows it.
func (x *work) hopeless() string {
	open, free := 0, 0
	var cost int64
	for j, st := range x.fixed {
		switch st {
		case optimise.Open:
			if open++; x.Prices != nil {
				cost += x.Prices[j]
			}
		case optimise.Free:
			free++
		}
	}
	for _, pair := range x.apart {
		if x.fixed[pair[0]] == optimise.Open && x.fixed[pair[1]] == optimise.Open {
			return fmt.Sprintf("sites %s and %s are both required, and must be apart: require one of them, or let them be nearer", x.Times.Sites[pair[0]], x.Times.Sites[pair[1]])
		}
	}
	for _, g := range x.groups {
		stay := 0
		for _, j := range g.Sites {
			if x.fixed[j] != optimise.Closed {
				stay++
			}
		}
		if stay < g.Least {
			return fmt.Sprintf("%d of the %d sites open today are forbidden, and %d may close: allow %d moves, or forbid fewer", len(g.Sites)-stay, len(g.Sites), x.Moves, len(g.Sites)-stay)
		}
	}
	switch {
	case x.Prices != nil && cost > x.Budget:
		return fmt.Sprintf("the required sites cost %d, and there are %d: it takes a budget of %d at least", cost, x.Budget, cost)
	case x.Model == LSCP || x.P == 0:
		return ""
	case x.P > open+free:
		return fmt.Sprintf("%d sites are to be open, and there are %d that may be: ask for %d at most, or forbid fewer", x.P, open+free, open+free)
	case x.P < open:
		return fmt.Sprintf("%d sites are to be open, and %d are required: ask for %d at least, or require fewer", x.P, open, open)
	}
	return ""
}

// none explains a question that the search proved to have no plan.
func (x *work) none() string {
	if x.Prices != nil || len(x.apart) > 0 {
		return fmt.Sprintf("no plan keeps to the budget, to the %s that must be apart and to the %s that must be reached at once: raise the budget, let sites be nearer, or ask for another number of sites",
			analyses.Plural(len(x.apart), "pair of sites", "pairs of sites"), analyses.Plural(len(x.homes), "home", "homes"))
	}
	return fmt.Sprintf("no %d sites reach all of the %d homes that some site reaches: lscp with a long time tells how many it takes", x.P, len(x.homes))
}
