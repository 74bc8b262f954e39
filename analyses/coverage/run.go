package coverage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
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
	homes, net, err := nets.Cells(ctx, s, q.Params.Mode)
	if err != nil {
		return nil, err
	}
	doors := net.Places(locations(q.facilities))
	allTimes, allNearest, err := homes.Nearest(ctx, doors)
	if err != nil {
		return nil, err
	}
	times, nearest := of(q.cells, allTimes), make([]string, len(q.cells))
	for k, i := range q.cells {
		if j := allNearest[i]; j >= 0 {
			nearest[k] = q.facilities[j].ID
		}
	}
	return q.answer(times, nearest, func(j int) bool { return doors[j].On }), nil
}

// question is what is asked, of a snapshot.
type question struct {
	*Result    // being filled
	s          *geodata.Snapshot
	cells      []int              // positions in the population of the cells that count
	demand     []geodata.Amount   // per cell of the population
	facilities []geodata.Facility // of the service, with a status asked for
}

func ask(s *geodata.Snapshot, p Params) (*question, error) {
	p, service, err := p.complete(s.Catalogue())
	if err != nil {
		return nil, err
	}
	pop := s.Population()
	if len(pop.Cells) == 0 {
		return nil, &analyses.ParamError{Param: "service", Err: errors.New("the territory has no population to count: import it with --population")}
	}
	demand, used, err := service.Count(pop)
	if err != nil {
		return nil, &analyses.ParamError{Param: "service", Err: err}
	}
	q := &question{Result: &Result{Params: p, Service: service, Estimated: used.Estimated, LeftOut: map[string]int{}}, s: s, cells: studied(pop), demand: demand}
	q.facilities = q.choose(s.Facilities())
	return q, nil
}

// answer adds up, given per cell that counts the time to its nearest facility and
// that facility's id, and which of the facilities are near a road.
func (q *question) answer(times []traveltime.Time, nearest []string, on func(j int) bool) *Result {
	for j, f := range q.facilities {
		if on(j) {
			q.Facilities = append(q.Facilities, f)
		} else {
			q.LeftOut["off_network"]++
		}
	}
	a := &account{pop: q.s.Population(), cells: q.cells, demand: q.demand, times: times, within: q.Params.Within}
	q.fill(q.s, a)
	q.Cells = a.columns(nearest)
	q.Provenance = q.provenance(q.s)
	return q.Result
}

// complete checks the parameters and fills in the defaults.
func (p Params) complete(c geodata.Catalogue) (Params, geodata.Service, error) {
	bad := func(param string, err error) (Params, geodata.Service, error) {
		return p, geodata.Service{}, &analyses.ParamError{Param: param, Err: err}
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
	if len(p.Statuses) == 0 {
		p.Statuses = []geodata.Status{geodata.Existing}
	}
	p.Statuses = slices.Compact(slices.Sorted(slices.Values(p.Statuses)))
	for _, st := range p.Statuses {
		if _, err := geodata.ParseStatus(string(st)); err != nil || st == "" {
			return bad("statuses", fmt.Errorf("unknown status %q: want existing, planned or candidate", st))
		}
	}
	return p, service, nil
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

// choose returns the facilities that count and tallies the others of the service.
func (r *Result) choose(all []geodata.Facility) (chosen []geodata.Facility) {
	for _, f := range all {
		switch {
		case f.Service != r.Service.ID:
		case !slices.Contains(r.Params.Statuses, f.Status):
			r.LeftOut[string(f.Status)]++
		case f.Itinerant:
			r.LeftOut["itinerant"]++
		default:
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// studied lists the populated cells of the study area.
func studied(p *geodata.Population) (cells []int) {
	ind, _ := p.Column("ind")
	for i, c := range p.Cells {
		if c.Study && (ind == nil || ind[i] > 0) {
			cells = append(cells, i)
		}
	}
	return cells
}

// of picks the values of the cells.
func of[T any](cells []int, values []T) []T {
	out := make([]T, len(cells))
	for k, i := range cells {
		out[k] = values[i]
	}
	return out
}

func locations(fs []geodata.Facility) []orb.Point {
	out := make([]orb.Point, len(fs))
	for i, f := range fs {
		out[i] = f.Location
	}
	return out
}

// account adds people up by how far they are.
type account struct {
	pop    *geodata.Population
	cells  []int             // positions in pop of the cells that count
	demand []geodata.Amount  // per cell of pop
	times  []traveltime.Time // parallel to cells
	within []Threshold
}

func (r *Result) fill(s *geodata.Snapshot, a *account) {
	t := s.Territory()
	everyone := make([]int, len(a.cells))
	byCommune := map[string][]int{}
	for k, i := range a.cells {
		everyone[k] = k
		code := a.pop.Cells[i].Commune
		byCommune[code] = append(byCommune[code], k)
	}
	r.Territory = a.row(t.ID, geodata.Text{Fr: t.Name}, everyone, a.demand)
	r.Communes = []Row{}
	for _, c := range s.Communes() {
		if c.Study {
			r.Communes = append(r.Communes, a.row(c.Code, geodata.Text{Fr: c.Name}, byCommune[c.Code], a.demand))
		}
	}
	r.Ages = []Row{}
	for _, std := range geodata.StandardColumns {
		if values, ok := a.pop.Column(std.Name); ok && std.AgeBand {
			r.Ages = append(r.Ages, a.row(std.Name, std.Label, everyone, values))
		}
	}
}

// row adds up the cells listed by their position in a.cells.
func (a *account) row(code string, name geodata.Text, members []int, demand []geodata.Amount) Row {
	row := Row{Code: code, Name: name, Covered: make([]geodata.Amount, len(a.within))}
	ind, _ := a.pop.Column("ind")
	times, amounts := of(members, a.times), make([]geodata.Amount, len(members))
	for n, k := range members {
		i, d, t := a.cells[k], demand[a.cells[k]], a.times[k]
		amounts[n] = d
		if ind != nil {
			row.Population += ind[i]
		}
		row.Demand += d
		if a.pop.Cells[i].Imputed {
			row.Imputed += d
		}
		switch t {
		case traveltime.Unreachable:
			row.Unreachable += d
		case traveltime.OffNetwork:
			row.OffNetwork += d
		}
		for w, bound := range a.within {
			if t.Within(time.Duration(bound)) {
				row.Covered[w] += d
			}
		}
	}
	row.Mean, row.Median = Averages(times, amounts)
	return row
}

func (a *account) columns(nearest []string) Cells {
	n := len(a.cells)
	c := Cells{IDs: make([]string, n), Communes: make([]string, n), Demand: make([]geodata.Amount, n),
		Times: a.times, Nearest: nearest, States: make([]string, n)}
	for k, i := range a.cells {
		c.IDs[k], c.Communes[k], c.Demand[k] = a.pop.Cells[i].ID, a.pop.Cells[i].Commune, a.demand[i]
		c.States[k] = a.times[k].State()
	}
	return c
}

func (r *Result) provenance(s *geodata.Snapshot) analyses.Provenance {
	pr := analyses.Provenance{
		Territory: s.Territory(), Snapshot: s.ID(), Analysis: "coverage", Params: r.Params,
		Version: analyses.Version, Sources: s.Sources(),
	}
	note := func(fr, en string) { pr.Notes = append(pr.Notes, geodata.Text{Fr: fr, En: en}) }
	if s.Territory().Modelled {
		note("Données modélisées : ni les adresses ni les routes ne sont réelles.", "Modelled data: neither homes nor roads are real.")
	}
	if r.Estimated {
		note("Effectifs estimés : la grille n'a que des tranches d'âge plus larges que le public visé.",
			"Estimated demand: the grid only has age bands wider than the ages concerned.")
	}
	if n := r.LeftOut["itinerant"]; n > 0 {
		note(plural(n, "service itinérant non compté.", "services itinérants non comptés."), plural(n, "itinerant service not counted.", "itinerant services not counted."))
	}
	if n := r.LeftOut["off_network"]; n > 0 {
		note(plural(n, "équipement trop loin de toute route, non compté.", "équipements trop loin de toute route, non comptés."),
			plural(n, "facility too far from any road, not counted.", "facilities too far from any road, not counted."))
	}
	if r.Territory.OffNetwork > 0 {
		pct := 100 * r.Territory.OffNetwork.Float() / r.Territory.Demand.Float()
		note(fmt.Sprintf("%.1f %% du public vit trop loin de toute route connue pour être compté comme desservi.", pct),
			fmt.Sprintf("%.1f %% of the people concerned live too far from any known road to be counted as reached.", pct))
	}
	if r.Territory.Imputed > 0 && r.Territory.Demand > 0 {
		pct := 100 * r.Territory.Imputed.Float() / r.Territory.Demand.Float()
		note(fmt.Sprintf("%.1f %% du public vit dans des carreaux aux valeurs imputées par l'Insee.", pct),
			fmt.Sprintf("%.1f %% of the people concerned live in cells whose values INSEE imputed.", pct))
	}
	return pr
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
