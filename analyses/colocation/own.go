package colocation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Own are anybody's own sites, and the times to them.
type Own struct {
	Sites  *matrix.Sites
	Walks  *matrix.Matrix // on foot, from each of the sites to others
	Shared string         // id of a site, one of Sites, that is to be shared; empty for none
	Times  *matrix.Matrix // from homes to the sites; nil where no site is to be shared
}

// OfMatrix finds the places of anybody's own sites. The homes are the population of s, and
// its catalogue is the services (matrix.Homes.Territory); it needs no roads. Of the parameters
// those about facilities and modes do not count, nor does At: Own.Shared stands for it. What
// is asked wrongly is an analyses.ParamError.
func OfMatrix(s *geodata.Snapshot, own Own, p Params) (*Result, error) {
	r := &Result{Params: p}
	if err := r.completeOwn(s, own); err != nil {
		return nil, err
	}
	var facilities, shared []geodata.Facility
	for _, service := range r.Params.Services {
		from := len(facilities)
		for _, o := range own.Sites.Offers {
			if o.Service == service {
				facilities = append(facilities, geodata.Facility{ID: o.Site, Name: o.Site, Service: service})
			}
		}
		slices.SortFunc(facilities[from:], func(a, b geodata.Facility) int { return cmp.Compare(a.ID, b.ID) })
	}
	for _, service := range r.Params.Offer {
		shared = append(shared, geodata.Facility{ID: own.Shared, Name: own.Shared, Service: service})
	}
	if err := r.answer(s, own.ways(s, r.Params.Walk), facilities, shared); err != nil {
		return nil, err
	}
	for i := range r.Places {
		r.Places[i].Points = nil
	}
	if n := own.oneWay(r.Params.Walk); n > 0 {
		r.Provenance.Notes = append(r.Provenance.Notes, geodata.Text{
			Fr: fmt.Sprintf("%s : assez près dans un sens, trop loin ou sans temps dans l'autre ; donc pas réunis.", analyses.Plural(n, "couple de sites", "couples de sites")),
			En: fmt.Sprintf("%s: near enough one way, too far or without a time the other; so not together.", analyses.Plural(n, "pair of sites", "pairs of sites"))})
	}
	return r, nil
}

// completeOwn checks the parameters and fills in defaults.
func (r *Result) completeOwn(s *geodata.Snapshot, own Own) error {
	p := &r.Params
	bad := func(param string, err error) error { return &analyses.ParamError{Param: param, Err: err} }
	p.Walk = cmp.Or(p.Walk, coverage.Minutes(5))
	if len(p.Services) == 0 {
		p.Services = s.Catalogue().IDs()
	}
	for i, id := range p.Services {
		if _, err := s.Catalogue().Service(id); err != nil {
			return bad("services", err)
		}
		if slices.Contains(p.Services[:i], id) {
			return bad("services", fmt.Errorf("%s appears twice", id))
		}
	}
	if own.Shared == "" {
		if len(p.Offer) > 0 {
			return bad("shared", errors.New("is missing: which site would offer them?"))
		}
		return nil
	}
	if err := p.checkOffer(); err != nil {
		return err
	}
	if p.Within == 0 {
		return bad("within", errors.New("is missing: how near is near enough, such as 15m?"))
	}
	if own.Times == nil {
		return bad("shared", errors.New("want the times from homes to the sites"))
	}
	if k, ok := own.Sites.Position(own.Shared); !ok || !reached(own.Times, k) {
		return bad("shared", fmt.Errorf("no home has a time to site %q", own.Shared))
	}
	return nil
}

func reached(m *matrix.Matrix, site int) bool {
	homes, _ := m.To(site)
	return len(homes) > 0
}

// near are the pairs of sites that are within a walk, by their positions: from, to.
func (own Own) near(walk coverage.Threshold) map[[2]int32]bool {
	near := map[[2]int32]bool{}
	for a := range own.Walks.Homes {
		sites, times := own.Walks.From(a)
		for k, b := range sites {
			if times[k].Within(time.Duration(walk)) {
				near[[2]int32{int32(a), b}] = true
			}
		}
	}
	return near
}

// oneWay is how many pairs of sites are within a walk one way only.
func (own Own) oneWay(walk coverage.Threshold) (n int) {
	near := own.near(walk)
	for pair := range near {
		if pair[0] != pair[1] && !near[[2]int32{pair[1], pair[0]}] {
			n++
		}
	}
	return n
}

// ways are by one's own times.
func (own Own) ways(s *geodata.Snapshot, walk coverage.Threshold) ways {
	near := own.near(walk)
	return ways{
		walks: func(facilities []geodata.Facility) (func(a, b int) bool, error) {
			at := own.positions(facilities)
			return func(a, b int) bool { return at[a] == at[b] || near[[2]int32{at[a], at[b]}] }, nil
		},
		nearest: func(facilities []geodata.Facility) ([]traveltime.Time, error) {
			return own.Times.Nearest(s.Population(), own.positions(facilities)), nil
		},
	}
}

// positions are those of the facilities' sites.
func (own Own) positions(facilities []geodata.Facility) []int32 {
	at := make([]int32, len(facilities))
	for i, f := range facilities {
		k, _ := own.Sites.Position(f.ID)
		at[i] = int32(k)
	}
	return at
}
