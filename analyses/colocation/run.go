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
)

// Run finds the places. What is asked wrongly is an analyses.ParamError.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	r := &Result{Params: p}
	facilities, err := r.complete(s)
	if err != nil {
		return nil, err
	}
	var shared []geodata.Facility
	for _, id := range r.Params.Offer {
		shared = append(shared, geodata.Facility{ID: "shared-" + id, Service: id, Location: *r.Params.At})
	}
	return r, r.answer(s, r.roads(ctx, s, nets), facilities, shared)
}

// ways are how people get about: by the roads of a territory, or by anybody's own times.
type ways struct {
	// walks finds which facilities are near on foot: near(a, b) is from a to b.
	walks func(facilities []geodata.Facility) (near func(a, b int) bool, err error)
	// nearest is the time to the nearest of the facilities, per cell of the population.
	nearest func(facilities []geodata.Facility) ([]traveltime.Time, error)
}

// answer fills the result; shared are what a shared site would offer, none where
// there is none to try.
func (r *Result) answer(s *geodata.Snapshot, w ways, facilities, shared []geodata.Facility) error {
	near, err := w.walks(facilities)
	if err != nil {
		return err
	}
	together := bothWays(len(facilities), near)
	of := components(len(facilities), together)
	r.Places, r.Pairs = r.places(facilities, of), r.pairs(facilities, together)
	if len(shared) > 0 {
		if r.Shared, err = r.share(s, w, facilities, shared, of); err != nil {
			return err
		}
	}
	r.Provenance = analyses.NewProvenance(s, "colocation", r.Params)
	return nil
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
	}
	if err := geodata.CheckPoint(*p.At); err != nil {
		return bad("at", err)
	}
	var err error
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return err
	}
	if err := p.checkOffer(); err != nil {
		return err
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

// checkOffer wants several of the services, each once.
func (p *Params) checkOffer() error {
	bad := func(err error) error { return &analyses.ParamError{Param: "offer", Err: err} }
	if len(p.Offer) < 2 {
		return bad(errors.New("want two services at least for a shared site"))
	}
	for i, id := range p.Offer {
		if !slices.Contains(p.Services, id) {
			return bad(fmt.Errorf("%s is not one of the services: %v", id, p.Services))
		}
		if slices.Contains(p.Offer[:i], id) {
			return bad(fmt.Errorf("%s appears twice", id))
		}
	}
	return nil
}

// roads are the ways of a territory.
func (r *Result) roads(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks) ways {
	return ways{
		walks: func(facilities []geodata.Facility) (func(a, b int) bool, error) {
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
			to := make([][]bool, len(facilities)) // to[b][a]: from a to b
			err = net.Homes(doors).Matrix(ctx, doors, func(b int, times []traveltime.Time) error {
				to[b] = make([]bool, len(times))
				for a, t := range times {
					to[b][a] = t.Within(time.Duration(r.Params.Walk))
				}
				return nil
			})
			return func(a, b int) bool { return to[b][a] }, err
		},
		nearest: func(facilities []geodata.Facility) ([]traveltime.Time, error) {
			homes, net, err := nets.Cells(ctx, s, r.Params.Mode)
			if err != nil {
				return nil, err
			}
			times, _, err := homes.Nearest(ctx, net.Places(locations(facilities)))
			return times, err
		},
	}
}

// bothWays lists for each facility those that are together with it.
func bothWays(n int, near func(a, b int) bool) [][]int {
	together := make([][]int, n)
	for a := range n {
		for b := range n {
			if a != b && near(a, b) && near(b, a) {
				together[a] = append(together[a], b)
			}
		}
	}
	return together
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
		if !slices.Contains(x.Services, f.Service) {
			x.Services = append(x.Services, f.Service) // facilities come by service
		}
		if slices.Contains(x.Facilities, f.ID) {
			continue // a site of one's own that offers several
		}
		x.Facilities, x.Names, x.Points = append(x.Facilities, f.ID), append(x.Names, f.Name), append(x.Points, f.Location)
		if x.ID == "" || f.ID < x.ID {
			x.ID = f.ID
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
func (r *Result) share(s *geodata.Snapshot, w ways, facilities, shared []geodata.Facility, before []int) (*Shared, error) {
	p := r.Params
	with := append(slices.Clone(facilities), shared...)
	near, err := w.walks(with)
	if err != nil {
		return nil, err
	}
	after := components(len(with), bothWays(len(with), near))
	out := &Shared{Services: []Change{}}
	for _, id := range p.Offer {
		d, err := demand.Ask(s, id, demand.Options{})
		if err != nil {
			return nil, err
		}
		c, err := r.change(s, w, d, offering(facilities, id), offering(with, id))
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
	c, err := r.change(s, w, everybody, complete(facilities, before, p.Offer), complete(with, after, p.Offer))
	c.Service, c.Label = "all", geodata.Text{Fr: "tous en un lieu", En: "all in one place"}
	out.All = c
	return out, err
}

// offering are the facilities of a service.
func offering(fs []geodata.Facility, service string) (out []geodata.Facility) {
	for _, f := range fs {
		if f.Service == service {
			out = append(out, f)
		}
	}
	return out
}

// complete are the facilities that offer one of the services, at places that offer all.
func complete(fs []geodata.Facility, of []int, services []string) (out []geodata.Facility) {
	has := map[int][]string{}
	for i, f := range fs {
		if slices.Contains(services, f.Service) && !slices.Contains(has[of[i]], f.Service) {
			has[of[i]] = append(has[of[i]], f.Service)
		}
	}
	for i, f := range fs {
		if slices.Contains(services, f.Service) && len(has[of[i]]) == len(services) {
			out = append(out, f)
		}
	}
	return out
}

// change counts who is within reach of the facilities before and after.
func (r *Result) change(s *geodata.Snapshot, w ways, d *demand.Demand, before, after []geodata.Facility) (Change, error) {
	was, err := w.nearest(before)
	if err != nil {
		return Change{}, err
	}
	is, err := w.nearest(after)
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
