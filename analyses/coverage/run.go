package coverage

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Run computes who is reached. An unknown service or mode, thresholds that do
// not rise, or a grid without the columns the service counts is an
// analyses.ParamError; otherwise it fails only when ctx ends or the mode has no
// road. A service without any facility covers nobody: everybody is unreachable.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	from, err := q.start(ctx, nets)
	if err != nil {
		return nil, err
	}
	doors := from.net.Places(q.supply.Locations())
	times, who, err := from.nearest(ctx, q.supply, doors)
	if err != nil {
		return nil, err
	}
	return q.answer(times, q.names(who), func(j int) bool { return doors[j].On }), nil
}

// question is what is asked, of a snapshot.
type question struct {
	*Result // being filled
	s       *geodata.Snapshot
	demand  *demand.Demand
	supply  *supply.Supply // those of the service with a status asked for
}

func ask(s *geodata.Snapshot, p Params) (*question, error) {
	p, err := p.complete(s.Catalogue())
	if err != nil {
		return nil, err
	}
	q := &question{Result: &Result{Params: p}, s: s}
	if q.demand, err = demand.Ask(s, p.Service, p.DemandOptions); err != nil {
		return nil, err
	}
	if q.supply, err = supply.Choose(s, p.Service, p.Statuses, p.SupplyOptions); err != nil {
		return nil, err
	}
	q.Service, q.Estimated, q.LeftOut = q.demand.Service, q.demand.Estimated, q.supply.LeftOut
	if q.demand.Unit != "persons" {
		q.Unit = q.demand.Unit
	}
	if q.demand.Public != q.Service.Public {
		q.Public = &q.demand.Public
	}
	return q, nil
}

// names are the ids of facilities by their position; empty for -1.
func (q *question) names(who []int32) []string {
	out := make([]string, len(who))
	for k, j := range who {
		if j >= 0 {
			out[k] = q.supply.Facilities[j].ID
		}
	}
	return out
}

// answer adds up, given per cell that counts the time to its nearest facility and
// that facility's id, and which of the facilities are near a road.
func (q *question) answer(times []traveltime.Time, nearest []string, on func(j int) bool) *Result {
	for j, f := range q.supply.Facilities {
		if on(j) {
			q.Facilities = append(q.Facilities, f)
		} else {
			q.LeftOut["off_network"]++
		}
	}
	a := &account{demand: q.demand, times: times, within: q.Params.Within}
	q.fill(q.s, a)
	q.Cells = a.columns(nearest)
	q.Provenance = q.provenance()
	return q.Result
}

// complete checks the parameters and fills in the defaults.
func (p Params) complete(c geodata.Catalogue) (Params, error) {
	bad := func(param string, err error) (Params, error) {
		return p, &analyses.ParamError{Param: param, Err: err}
	}
	service, err := c.Service(p.Service)
	if err != nil {
		return bad("service", err)
	}
	p.Mode = cmp.Or(p.Mode, "car")
	if _, err := profile.For(p.Mode); err != nil {
		return bad("mode", err)
	}
	if len(p.Within) == 0 {
		for _, m := range service.Within[p.Mode] {
			p.Within = append(p.Within, Minutes(m))
		}
	}
	if len(p.Within) == 0 {
		return bad("within", fmt.Errorf("service %s has no default thresholds for mode %s: name some, such as 10m,15m", service.ID, p.Mode))
	}
	if len(p.Within) > 20 {
		return bad("within", errors.New("at most 20 thresholds"))
	}
	for i, t := range p.Within {
		if t <= 0 || (i > 0 && t <= p.Within[i-1]) {
			return bad("within", fmt.Errorf("thresholds must rise: %s", joinThresholds(p.Within)))
		}
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	p.SupplyOptions, err = p.Spelt()
	return p, err
}

func joinThresholds(ts []Threshold) string {
	s := ""
	for i, t := range ts {
		if i > 0 {
			s += ", "
		}
		s += t.String()
	}
	return s
}

// of picks the values of the cells.
func of[T any](cells []int, values []T) []T {
	out := make([]T, len(cells))
	for k, i := range cells {
		out[k] = values[i]
	}
	return out
}
