package coverage

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
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
	times, who, err := from.nearest(ctx, q.supply, doors, q.Params.Nth)
	if err != nil {
		return nil, err
	}
	a := q.account(times)
	if len(q.Params.WithinKm) > 0 {
		if err := q.measure(ctx, nets, a); err != nil {
			return nil, err
		}
	}
	r := q.answer(a, q.names(who), func(j int) bool { return doors[j].On })
	if q.Params.CompareBorder {
		r.BorderEffect, err = q.compareBorder(ctx, from)
	}
	return r, err
}

// question is what is asked, of a snapshot.
type question struct {
	*Result // being filled
	s       *geodata.Snapshot
	demand  *demand.Demand
	supply  *supply.Supply // those of the service with a status asked for

	zones               []geodata.Zone // of Params.Zones
	inNoZone, inSeveral geodata.Amount // demand
}

func ask(s *geodata.Snapshot, p Params) (*question, error) {
	p, err := p.complete(s)
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
	if p.Zones != "" {
		if q.zones, err = s.ZonesOf(p.Zones); err != nil {
			return nil, &analyses.ParamError{Param: "zones", Err: err}
		}
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

// account begins adding up, given the time of each cell that counts.
func (q *question) account(times []traveltime.Time) *account {
	return &account{demand: q.demand, times: times, within: q.Params.Within, detailed: q.Params.Detailed}
}

// measure adds the shortest way of each cell by road.
func (q *question) measure(ctx context.Context, nets *traveltime.Networks, a *account) error {
	net, err := nets.Lengths(ctx, q.s, q.Params.Mode)
	if err != nil {
		return err
	}
	a.metres, _, err = newOrigin(q.demand, net).nearest(ctx, q.supply, net.Places(q.supply.Locations()), q.Params.Nth)
	for _, km := range q.Params.WithinKm {
		a.withinMM = append(a.withinMM, millimetres(km))
	}
	return err
}

// answer adds up, given the id of each cell's nearest facility and which of the
// facilities are near a road.
func (q *question) answer(a *account, nearest []string, on func(j int) bool) *Result {
	for j, f := range q.supply.Facilities {
		if on(j) {
			q.Facilities = append(q.Facilities, f)
		} else {
			q.LeftOut["off_network"]++
		}
	}
	q.fill(a)
	q.Cells = a.columns(nearest)
	q.Provenance = q.provenance()
	return q.Result
}

// complete checks the parameters and fills in the defaults.
func (p Params) complete(s *geodata.Snapshot) (Params, error) {
	bad := func(param string, err error) (Params, error) {
		return p, &analyses.ParamError{Param: param, Err: err}
	}
	service, err := s.Catalogue().Service(p.Service)
	if err != nil {
		return bad("service", err)
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return p, err
	}
	if p.Within, err = Within(service, p.Mode, p.Within); err != nil {
		return p, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	if p.SupplyOptions, err = p.Spelt(); err != nil {
		return p, err
	}
	if p.Nth < 0 || p.Nth > traveltime.MaxK {
		return bad("nth", fmt.Errorf("the %d-th nearest: want 1 to %d", p.Nth, traveltime.MaxK))
	}
	if p.Nth == 1 {
		p.Nth = 0
	}
	if len(p.WithinKm) > 0 {
		if _, err := traveltime.RoadMode(s, p.Mode, "there are no kilometres by road (within_km)"); err != nil {
			return p, err
		}
	}
	if len(p.WithinKm) > 20 {
		return bad("within_km", errors.New("at most 20 thresholds"))
	}
	for i, km := range p.WithinKm {
		if !(km >= 0.001 && km <= MaxKm) || i > 0 && millimetres(km) <= millimetres(p.WithinKm[i-1]) {
			return bad("within_km", fmt.Errorf("%v: want rising numbers of kilometres between 0.001 and %d", p.WithinKm, MaxKm))
		}
	}
	return p, nil
}

// MaxKm is the longest threshold in kilometres; the network knows no way of twice that.
const MaxKm = 1000

// millimetres is a number of kilometres to the millimetre, as the network of lengths counts.
func millimetres(km float64) traveltime.Time { return traveltime.Time(math.Round(km * 1e6)) }

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
