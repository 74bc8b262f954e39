package fragility

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/geodata"
)

// Columns are those that matrix.ReadHomes may find, under the grids' names or in plain words.
var Columns = [][]string{{"men", "households"}, {"men_pauv", "poverty"}, {"men_fmp", "single_parents"}, {"men_1ind", "alone"}, {"ind_80p", "aged"}, {"y_ge65", "aged_65"}, {"men_voit0", "no_car"}}

// Own are anybody's own times to the services.
type Own struct {
	Times  *matrix.Matrix // from homes to sites
	Sites  *matrix.Sites  // what the sites of Times offer; nil where all offer the same
	Placed bool           // it is known where homes are
}

// OfMatrix scores and lists anybody's own homes. They are the population of s, and the
// services its catalogue (matrix.Homes.Territory); it needs neither roads nor facilities. Of the parameters those
// about facilities and modes do not count. Errors are those of Run.
func OfMatrix(s *geodata.Snapshot, own Own, p Params) (*Result, error) {
	p, err := p.plain()
	if err != nil {
		return nil, err
	}
	if len(p.Services) == 0 {
		p.Services = s.Catalogue().IDs()
	}
	for i, id := range p.Services {
		if _, err := s.Catalogue().Service(id); err != nil {
			return nil, &analyses.ParamError{Param: "services", Err: err}
		}
		if slices.Contains(p.Services[:i], id) {
			return nil, &analyses.ParamError{Param: "services", Err: fmt.Errorf("%s appears twice", id)}
		}
	}
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	q.counts, q.unplaced, q.far = text("fichier", "file"), !own.Placed, make([]geodata.Amount, len(q.d.Cells))
	if q.unplaced {
		q.notes = append(q.notes, text("Pas de liste de lieux : le fichier ne dit pas où sont les lieux de vie (lon, lat).", "No list of places: the file does not say where homes are (lon, lat)."))
	}
	for _, id := range p.Services {
		all := own.Times.Nearest(s.Population(), own.offering(id))
		times := all[:0]
		for _, i := range q.d.Cells { // they rise
			times = append(times, all[i])
		}
		addFar(q.far, times)
	}
	return q.answer()
}

// offering are the sites that offer a service, by their positions in Times.
func (own Own) offering(service string) (sites []int32) {
	if own.Sites == nil {
		for j := range own.Times.Sites {
			sites = append(sites, int32(j))
		}
		return sites
	}
	for _, o := range own.Sites.Offers {
		if o.Service == service {
			k, _ := own.Sites.Position(o.Site)
			sites = append(sites, int32(k))
		}
	}
	return sites
}
