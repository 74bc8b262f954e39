package referral

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// The classes of people.
const (
	both       = "both"
	firstOnly  = "first_only"
	secondOnly = "second_only"
	neither    = "neither"
)

// Run tells who has what. What is asked wrongly is an analyses.ParamError. A
// service without any facility reaches nobody.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	p.First, p.Second = cmp.Or(p.First, "town_hall"), cmp.Or(p.Second, "france_services")
	d, err := demand.Ask(s, p.Second, p.DemandOptions)
	if err != nil {
		return nil, renamed(err, "service", "second")
	}
	r := &Result{Second: d.Service}
	if r.First, err = s.Catalogue().Service(p.First); err != nil {
		return nil, &analyses.ParamError{Param: "first", Err: err}
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return nil, err
	}
	if p.FirstWithin, err = largest(r.First, p.Mode, p.FirstWithin, "first_within"); err != nil {
		return nil, err
	}
	if p.SecondWithin, err = largest(r.Second, p.Mode, p.SecondWithin, "second_within"); err != nil {
		return nil, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return nil, err
	}
	r.Params = p
	first, err := supply.Choose(s, p.First, p.Statuses, p.SupplyOptions)
	if err != nil {
		return nil, err
	}
	second, err := supply.Choose(s, p.Second, p.Statuses, p.SupplyOptions)
	if err != nil {
		return nil, err
	}
	f := &found{r: r, d: d}
	if f.first, f.site, err = nearest(ctx, s, nets, p.Mode, d, first); err != nil {
		return nil, err
	}
	if f.second, _, err = nearest(ctx, s, nets, p.Mode, d, second); err != nil {
		return nil, err
	}
	net, err := nets.Get(ctx, s, p.Mode)
	if err != nil {
		return nil, err
	}
	onward, to, err := net.Homes(net.Places(first.Locations())).Nearest(ctx, net.Places(second.Locations()))
	if err != nil {
		return nil, err
	}
	territory, communes := d.Groups(s)
	f.fill(territory, communes, first, second, onward, to)
	r.Provenance = analyses.NewProvenance(s, "referral", r.Params)
	r.Provenance.Notes = append(r.Provenance.Notes, d.Notes()...)
	return r, nil
}

// renamed is the error with its parameter as it is called here.
func renamed(err error, from, to string) error {
	if bad, ok := err.(*analyses.ParamError); ok && bad.Param == from { //nolint:errorlint // made by demand.Ask, not wrapped
		bad.Param = to
	}
	return err
}

func largest(s geodata.Service, mode string, asked coverage.Threshold, param string) (coverage.Threshold, error) {
	if asked != 0 {
		return asked, nil
	}
	within, err := coverage.Within(s, mode, nil)
	if err != nil {
		return 0, renamed(err, "within", param)
	}
	return within[len(within)-1], nil
}

// nearest is, per cell of the demand, the time to the nearest facility that serves
// it (the first by id among equals) and its position, -1 for none.
func nearest(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, mode string, d *demand.Demand, f *supply.Supply) (times []traveltime.Time, site []int32, err error) {
	m, err := matrix.Between(ctx, s, nets, mode, d, f, traveltime.Unreachable-1)
	if err != nil {
		return nil, nil, err
	}
	times, site = least(m)
	return times, site, nil
}

// least is, per home of a matrix, the time to its nearest site and that site.
func least(m *matrix.Matrix) (times []traveltime.Time, site []int32) {
	times, site = make([]traveltime.Time, len(m.Homes)), make([]int32, len(m.Homes))
	for k := range m.Homes {
		times[k], site[k] = traveltime.Unreachable, -1
		if m.Off != nil && m.Off[k] {
			times[k] = traveltime.OffNetwork
		}
		sites, ts := m.From(k)
		for n, j := range sites {
			if ts[n] < times[k] {
				times[k], site[k] = ts[n], j
			}
		}
	}
	return times, site
}

// OfMatrix tells who has what of anybody's own homes and sites: by the times from
// homes to first-level sites, from the same homes to second-level sites, and from
// the former sites to the latter.
func OfMatrix(first, second, between *matrix.Matrix, people []geodata.Amount, firstWithin, secondWithin coverage.Threshold) (*Result, error) {
	for param, t := range map[string]coverage.Threshold{"first_within": firstWithin, "second_within": secondWithin} {
		if t <= 0 {
			return nil, &analyses.ParamError{Param: param, Err: errors.New("is missing: how near is near enough, such as 15m?")}
		}
	}
	d := demand.Plain(first.Homes, people)
	f := &found{r: &Result{Params: Params{FirstWithin: firstWithin, SecondWithin: secondWithin}}, d: d}
	f.first, f.site = least(first)
	f.second, _ = least(second)
	onward, to := least(between)
	everybody := demand.Group{}
	for k := range d.Cells {
		everybody.Members = append(everybody.Members, k)
	}
	f.fill(everybody, nil, named(first.Sites), named(second.Sites), onward, to)
	return f.r, nil
}

// named are facilities of which nothing is known but their ids.
func named(ids []string) *supply.Supply {
	s := &supply.Supply{}
	for _, id := range ids {
		s.Facilities = append(s.Facilities, geodata.Facility{ID: id, Name: id})
	}
	return s
}

// found is what is known of every cell.
type found struct {
	r             *Result
	d             *demand.Demand
	first, second []traveltime.Time
	site          []int32 // the nearest first-level site
}

func (f *found) class(k int) string {
	p := f.r.Params
	a, b := f.first[k].Within(time.Duration(p.FirstWithin)), f.second[k].Within(time.Duration(p.SecondWithin))
	switch {
	case a && b:
		return both
	case a:
		return firstOnly
	case b:
		return secondOnly
	}
	return neither
}

func (f *found) fill(territory demand.Group, communes []demand.Group, first, second *supply.Supply, onward []traveltime.Time, to []int32) {
	r, n := f.r, len(f.d.Cells)
	r.Cells = Cells{IDs: f.d.IDs(), Communes: make([]string, n), Demand: f.d.Amounts(), First: f.first, Second: f.second, Referral: make([]traveltime.Time, n), Classes: make([]string, n)}
	for k, i := range f.d.Cells {
		r.Cells.Communes[k], r.Cells.Classes[k], r.Cells.Referral[k] = f.d.Population.Cells[i].Commune, f.class(k), traveltime.Unreachable
		if j := f.site[k]; j >= 0 && onward[j].Reached() {
			r.Cells.Referral[k] = onward[j]
		}
	}
	r.Territory, r.Communes = f.row(territory), []Row{}
	for _, g := range communes {
		r.Communes = append(r.Communes, f.row(g))
	}
	r.Sites = []Site{}
	for j, x := range first.Facilities {
		site := Site{ID: x.ID, Name: x.Name, Commune: x.Commune, Location: x.Location, Seconds: onward[j]}
		here := func(k int) bool { return int(f.site[k]) == j }
		if !slices.ContainsFunc(territory.Members, here) {
			continue // nearest to nobody: beyond the border
		}
		site.Serves = f.d.People(territory, here)
		if to[j] >= 0 {
			site.Second = second.Facilities[to[j]].ID
		}
		r.Sites = append(r.Sites, site)
	}
}

func (f *found) row(g demand.Group) Row {
	of := func(class string) geodata.Amount {
		return f.d.People(g, func(k int) bool { return f.r.Cells.Classes[k] == class })
	}
	row := Row{Code: g.Code, Name: g.Name, Demand: f.d.People(g, func(int) bool { return true }),
		Both: of(both), FirstOnly: of(firstOnly), SecondOnly: of(secondOnly), Neither: of(neither)}
	row.Stranded = f.d.People(g, func(k int) bool { return f.site[k] >= 0 && !f.r.Cells.Referral[k].Reached() })
	times, people := make([]traveltime.Time, len(g.Members)), make([]geodata.Amount, len(g.Members))
	for n, k := range g.Members {
		times[n], people[n] = f.r.Cells.Referral[k], f.r.Cells.Demand[k]
	}
	if f.d.People(g, func(k int) bool { return f.r.Cells.Referral[k].Reached() }) > 0 {
		row.Referral, _ = coverage.Averages(times, people)
	}
	return row
}
