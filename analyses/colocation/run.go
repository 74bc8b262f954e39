package colocation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Run finds the places. What is asked wrongly is an analyses.ParamError.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	r := &Result{Params: p}
	facilities, err := r.complete(s)
	if err != nil {
		return nil, err
	}
	apart, err := r.walks(ctx, s, nets, facilities)
	if err != nil {
		return nil, err
	}
	of := components(len(facilities), apart)
	r.Places, r.Pairs = r.places(facilities, of), r.pairs(facilities, apart)
	if r.Params.At != nil {
		if r.Shared, err = r.share(ctx, s, nets, facilities, of); err != nil {
			return nil, err
		}
	}
	r.Provenance = analyses.NewProvenance(s, "colocation", r.Params)
	return r, nil
}

// complete checks the parameters, fills in defaults and chooses the facilities.
func (r *Result) complete(s *geodata.Snapshot) (facilities []geodata.Facility, err error) {
	p := &r.Params
	p.Walk, p.Mode = cmp.Or(p.Walk, coverage.Minutes(5)), cmp.Or(p.Mode, "car")
	bad := func(param string, err error) ([]geodata.Facility, error) {
		return nil, &analyses.ParamError{Param: param, Err: err}
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return nil, err
	}
	asked := len(p.Services) > 0
	if !asked {
		p.Services = s.Catalogue().IDs()
	}
	var offering []string
	for i, id := range p.Services {
		if _, err := s.Catalogue().Service(id); err != nil {
			return bad("services", err)
		}
		if slices.Contains(p.Services[:i], id) {
			return bad("services", fmt.Errorf("%s appears twice", id))
		}
		chosen, err := supply.Choose(s, id, p.Statuses, p.SupplyOptions)
		if err != nil {
			return nil, err
		}
		if len(chosen.Facilities) > 0 || asked || slices.Contains(p.Offer, id) {
			offering = append(offering, id)
		}
		facilities = append(facilities, chosen.Facilities...)
	}
	p.Services = offering
	return facilities, r.completeShared(s)
}

func (r *Result) completeShared(s *geodata.Snapshot) error {
	p := &r.Params
	bad := func(param string, err error) error { return &analyses.ParamError{Param: param, Err: err} }
	switch {
	case p.At == nil && len(p.Offer) > 0:
		return bad("at", errors.New("is missing: where would the shared site be?"))
	case p.At == nil:
		return nil
	case len(p.Offer) < 2:
		return bad("offer", errors.New("want two services at least for a shared site"))
	}
	if err := geodata.CheckPoint(*p.At); err != nil {
		return bad("at", err)
	}
	if _, err := profile.For(p.Mode); err != nil {
		return bad("mode", err)
	}
	for i, id := range p.Offer {
		if !slices.Contains(p.Services, id) {
			return bad("offer", fmt.Errorf("%s is not one of the services: %v", id, p.Services))
		}
		if slices.Contains(p.Offer[:i], id) {
			return bad("offer", fmt.Errorf("%s appears twice", id))
		}
	}
	if p.Within == 0 {
		first, err := s.Catalogue().Service(p.Offer[0])
		if err != nil {
			return bad("offer", err)
		}
		within, err := coverage.Within(first, p.Mode, nil)
		if err != nil {
			return err
		}
		p.Within = within[len(within)-1]
	}
	return nil
}

// walks finds which facilities are together: apart[a] lists those with b's number.
func (r *Result) walks(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, facilities []geodata.Facility) (together [][]int, err error) {
	net, err := nets.Get(ctx, s, "foot")
	if err != nil {
		return nil, err
	}
	doors := net.Places(locations(facilities))
	r.Alone = 0
	for _, d := range doors {
		if !d.On {
			r.Alone++
		}
	}
	near := make([][]bool, len(facilities)) // near[b][a]: from a to b
	err = net.Homes(doors).Matrix(ctx, doors, func(b int, times []traveltime.Time) error {
		near[b] = make([]bool, len(times))
		for a, t := range times {
			near[b][a] = t.Within(time.Duration(r.Params.Walk))
		}
		return nil
	})
	together = make([][]int, len(facilities))
	for a := range near {
		for b := range near {
			if a != b && near[a] != nil && near[b][a] && near[a][b] {
				together[a] = append(together[a], b)
			}
		}
	}
	return together, err
}

func locations(fs []geodata.Facility) []orb.Point {
	out := make([]orb.Point, len(fs))
	for i, f := range fs {
		out[i] = f.Location
	}
	return out
}

// components numbers the connected components by their first member.
func components(n int, neighbours [][]int) []int {
	of := make([]int, n)
	for i := range of {
		of[i] = -1
	}
	for first := range n {
		if of[first] >= 0 {
			continue
		}
		queue := []int{first}
		of[first] = first
		for len(queue) > 0 {
			v := queue[0]
			queue = queue[1:]
			for _, w := range neighbours[v] {
				if of[w] < 0 {
					of[w] = first
					queue = append(queue, w)
				}
			}
		}
	}
	return of
}

func (r *Result) places(facilities []geodata.Facility, of []int) []Place {
	places := []Place{}
	at := map[int]int{}
	for i, f := range facilities {
		k, known := at[of[i]]
		if !known {
			k = len(places)
			at[of[i]] = k
			places = append(places, Place{Commune: f.Commune})
		}
		x := &places[k]
		x.Facilities, x.Names, x.Points = append(x.Facilities, f.ID), append(x.Names, f.Name), append(x.Points, f.Location)
		if x.ID == "" || f.ID < x.ID {
			x.ID = f.ID
		}
		if !slices.Contains(x.Services, f.Service) {
			x.Services = append(x.Services, f.Service) // facilities come by service
		}
	}
	slices.SortFunc(places, func(a, b Place) int {
		return cmp.Or(cmp.Compare(len(b.Services), len(a.Services)), cmp.Compare(a.ID, b.ID))
	})
	return places
}

func (r *Result) pairs(facilities []geodata.Facility, together [][]int) []Pair {
	pairs := []Pair{}
	for _, a := range r.Params.Services {
		for _, b := range r.Params.Services {
			if a == b {
				continue
			}
			p := Pair{Service: a, Other: b}
			for i, f := range facilities {
				if f.Service != a {
					continue
				}
				p.All++
				if slices.ContainsFunc(together[i], func(j int) bool { return facilities[j].Service == b }) {
					p.Together++
				}
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// share tries the shared site.
func (r *Result) share(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, facilities []geodata.Facility, before []int) (*Shared, error) {
	p := r.Params
	with := slices.Clone(facilities)
	for _, id := range p.Offer {
		with = append(with, geodata.Facility{ID: "shared-" + id, Service: id, Location: *p.At})
	}
	apart, err := r.walks(ctx, s, nets, with)
	if err != nil {
		return nil, err
	}
	after := components(len(with), apart)
	out := &Shared{Services: []Change{}}
	for _, id := range p.Offer {
		d, err := demand.Ask(s, id, demand.Options{})
		if err != nil {
			return nil, err
		}
		offers := func(f geodata.Facility) bool { return f.Service == id }
		c, err := r.change(ctx, s, nets, d, doors(facilities, offers), doors(with, offers))
		if err != nil {
			return nil, err
		}
		c.Service, c.Label = id, d.Service.Label
		out.Services = append(out.Services, c)
	}
	everybody, err := demand.Ask(s, p.Offer[0], demand.Options{})
	if err != nil {
		return nil, err
	}
	if _, counted := s.Population().Column("ind"); counted {
		if everybody, err = demand.Ask(s, p.Offer[0], demand.Options{Column: "ind"}); err != nil {
			return nil, err
		}
	}
	c, err := r.change(ctx, s, nets, everybody, complete(facilities, before, p.Offer), complete(with, after, p.Offer))
	c.Service, c.Label = "all", geodata.Text{Fr: "tous en un lieu", En: "all in one place"}
	out.All = c
	return out, err
}

// doors are where the facilities that are meant are.
func doors(fs []geodata.Facility, meant func(f geodata.Facility) bool) (out []orb.Point) {
	for _, f := range fs {
		if meant(f) {
			out = append(out, f.Location)
		}
	}
	return out
}

// complete are the doors that offer one of the services, at places that offer all.
func complete(fs []geodata.Facility, of []int, services []string) (out []orb.Point) {
	has := map[int][]string{}
	for i, f := range fs {
		if slices.Contains(services, f.Service) && !slices.Contains(has[of[i]], f.Service) {
			has[of[i]] = append(has[of[i]], f.Service)
		}
	}
	for i, f := range fs {
		if slices.Contains(services, f.Service) && len(has[of[i]]) == len(services) {
			out = append(out, f.Location)
		}
	}
	return out
}

// change counts who is within reach of the doors before and after.
func (r *Result) change(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, d *demand.Demand, before, after []orb.Point) (Change, error) {
	homes, net, err := nets.Cells(ctx, s, r.Params.Mode)
	if err != nil {
		return Change{}, err
	}
	was, _, err := homes.Nearest(ctx, net.Places(before))
	if err != nil {
		return Change{}, err
	}
	is, _, err := homes.Nearest(ctx, net.Places(after))
	if err != nil {
		return Change{}, err
	}
	within := func(times []traveltime.Time) func(k int) bool {
		return func(k int) bool { return times[d.Cells[k]].Within(time.Duration(r.Params.Within)) }
	}
	count := func(g demand.Group) CommuneChange {
		return CommuneChange{g.Code, g.Name, d.People(g, func(int) bool { return true }), d.People(g, within(was)), d.People(g, within(is))}
	}
	territory, communes := d.Groups(s)
	all := count(territory)
	c := Change{Demand: all.Demand, Before: all.Before, After: all.After, Communes: []CommuneChange{}}
	for _, g := range communes {
		c.Communes = append(c.Communes, count(g))
	}
	return c, nil
}
