package fragility

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// usual are the services that one can be far from when none is named.
var usual = []string{"town_hall", "france_services", "social_centre", "senior"}

// Run scores and lists. What is wrong with the parameters, a service without any
// facility among it, and a grid without inhabitants are an analyses.ParamError; otherwise it
// fails only when ctx ends or the mode has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	p, err := p.complete(s)
	if err != nil {
		return nil, err
	}
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	if q.far, err = q.farness(ctx, nets); err != nil {
		return nil, err
	}
	return q.answer()
}

// ask counts the people; the parameters are complete.
func ask(s *geodata.Snapshot, p Params) (*question, error) {
	d, err := demand.Ask(s, p.Services[0], demand.Options{Column: "ind"})
	if err != nil {
		return nil, err
	}
	return &question{Result: &Result{Params: p, Missing: []string{}}, s: s, d: d, people: d.Amounts(), counts: text("carroyage", "grid")}, nil
}

// answer scores and lists when it is known how far everybody is.
func (q *question) answer() (*Result, error) {
	q.measure()
	if len(q.parts) == 0 {
		return nil, &analyses.ParamError{Param: "far", Err: errors.New("no component with a weight has a column in the grid: give one a weight")}
	}
	q.fill()
	if q.Unseen, q.Visits = []Place{}, []Place{}; !q.unplaced {
		q.list()
	}
	q.Provenance = q.provenance()
	return q.Result, nil
}

// question is what is asked, of a snapshot. What is per cell is so of d.Cells.
type question struct {
	*Result // being filled
	s       *geodata.Snapshot
	d       *demand.Demand
	people  []geodata.Amount // per cell
	far     []geodata.Amount // milliseconds to the services, added up, per cell
	parts   []part           // parallel to Components
	ranks   [][]float64      // by component and cell
	notes   []geodata.Text   // about the facilities
	counts  geodata.Text     // what holds the columns
}

// complete checks the parameters and fills in the defaults.
func (p Params) complete(s *geodata.Snapshot) (Params, error) {
	p, err := p.plain()
	if err != nil {
		return p, err
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return p, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	if p.Options, err = p.Spelt(); err != nil {
		return p, err
	}
	p.Services, err = p.services(s)
	return p, err
}

// plain checks and fills in the parameters that are not about a territory.
func (p Params) plain() (Params, error) {
	bad := func(param string, err error) (Params, error) {
		return p, &analyses.ParamError{Param: param, Err: err}
	}
	for _, w := range p.weights() {
		if *w.weight == nil {
			one := 1.0
			*w.weight = &one
		}
		if v := **w.weight; !(v >= 0 && v <= 1e6) {
			return bad(w.name, fmt.Errorf("a weight of %g: want a number from 0", v))
		}
	}
	if p.Beyond = cmp.Or(p.Beyond, DefaultBeyond); time.Duration(p.Beyond) >= FarLimit || p.Beyond < 0 {
		return bad("beyond", fmt.Errorf("%s: want less than an hour", p.Beyond))
	}
	if p.Top = cmp.Or(p.Top, DefaultTop); p.Top < 1 {
		return bad("top", fmt.Errorf("%d: want 1 place or more", p.Top))
	}
	if p.Minimum = cmp.Or(p.Minimum, MinHouseholds); p.Minimum < MinHouseholds {
		return bad("minimum", fmt.Errorf("%d households: want %d or more, so that no place is a household", p.Minimum, MinHouseholds))
	}
	return p, nil
}

// weights are the weights by component, in the order of components.
func (p *Params) weights() []struct {
	name   string
	weight **float64
} {
	return []struct {
		name   string
		weight **float64
	}{{"poverty", &p.Poverty}, {"single_parents", &p.SingleParents}, {"alone", &p.Alone}, {"aged", &p.Aged}, {"far", &p.Far}, {"no_car", &p.NoCar}}
}

// services are those named, each of which must have a facility, or the usual that have any.
func (p *Params) services(s *geodata.Snapshot) (out []string, err error) {
	for _, id := range p.Services {
		if _, err := s.Catalogue().Service(id); err != nil {
			return nil, &analyses.ParamError{Param: "services", Err: err}
		}
	}
	named := len(p.Services) > 0
	for _, id := range append(slices.Clone(p.Services), usual...) {
		f, err := supply.Choose(s, id, p.Statuses, p.Options)
		switch {
		case err != nil:
			return nil, err
		case slices.Contains(out, id) || named && !slices.Contains(p.Services, id):
		case len(f.Facilities) > 0:
			out = append(out, id)
		case named:
			return nil, &analyses.ParamError{Param: "services", Err: fmt.Errorf("%s has no facility that counts: name others, or other statuses", id)}
		}
	}
	if len(out) == 0 {
		return nil, &analyses.ParamError{Param: "services", Err: fmt.Errorf("none of %v has a facility that counts: name others, or other statuses", usual)}
	}
	return out, nil
}

// farness is the time to the nearest site of each service, FarLimit at most, added
// up over the services, per cell.
func (q *question) farness(ctx context.Context, nets *traveltime.Networks) ([]geodata.Amount, error) {
	out := make([]geodata.Amount, len(q.d.Cells))
	for _, id := range q.Params.Services {
		f, err := supply.Choose(q.s, id, q.Params.Statuses, q.Params.Options)
		if err != nil {
			return nil, err
		}
		times, err := q.nearest(ctx, nets, f)
		if err != nil {
			return nil, err
		}
		addFar(out, times)
		q.notes = append(q.notes, f.Notes()...)
	}
	return out, nil
}

// addFar adds times, an hour at most.
func addFar(sums []geodata.Amount, times []traveltime.Time) {
	for k, t := range times {
		sums[k] += geodata.Amount(min(t, traveltime.Time(FarLimit/time.Millisecond)))
	}
}

// nearest is the time to the nearest facility that serves it, per cell.
func (q *question) nearest(ctx context.Context, nets *traveltime.Networks, f *supply.Supply) ([]traveltime.Time, error) {
	out := make([]traveltime.Time, len(q.d.Cells))
	if !f.Limited() {
		homes, net, err := nets.Cells(ctx, q.s, q.Params.Mode)
		if err != nil {
			return nil, err
		}
		all, _, err := homes.Nearest(ctx, net.Places(f.Locations()))
		if err != nil {
			return nil, err
		}
		for k, i := range q.d.Cells {
			out[k] = all[i]
		}
		return out, nil
	}
	m, err := matrix.Between(ctx, q.s, nets, q.Params.Mode, q.d, f, traveltime.Time(FarLimit/time.Millisecond))
	if err != nil {
		return nil, err
	}
	for k := range out {
		out[k] = traveltime.Unreachable
		_, times := m.From(k)
		for _, t := range times {
			out[k] = min(out[k], t)
		}
	}
	return out, nil
}

// components are the shares of the score, far among them.
var components = []Component{
	{Name: "poverty", Label: geodata.Text{Fr: "Ménages pauvres", En: "Households in poverty"}, Unit: "%", Column: "men_pauv", Of: "men"},
	{Name: "single_parents", Label: geodata.Text{Fr: "Familles monoparentales", En: "Single-parent families"}, Unit: "%", Column: "men_fmp", Of: "men"},
	{Name: "alone", Label: geodata.Text{Fr: "Ménages d'une personne", En: "One-person households"}, Unit: "%", Column: "men_1ind", Of: "men"},
	{Name: "aged", Label: geodata.Text{Fr: "80 ans et plus", En: "80 and over"}, Unit: "%", Column: "ind_80p", Of: "ind"},
	{Name: "far", Label: geodata.Text{Fr: "Temps moyen vers les services", En: "Mean time to the services"}, Unit: "s"},
	{Name: "no_car", Label: geodata.Text{Fr: "Ménages sans voiture", En: "Households without a car"}, Unit: "%", Column: "men_voit0", Of: "men"},
}

// measure makes the components that the grid has columns for and that have a weight.
func (q *question) measure() {
	for k, w := range q.Params.weights() {
		c := components[k]
		c.Weight = **w.weight
		if c.Weight == 0 {
			continue
		}
		p := part{weight: c.Weight}
		if c.Name == "far" {
			p.num, p.by, p.den = q.far, q.people, make([]geodata.Amount, len(q.far))
			for i := range p.den {
				p.den[i] = geodata.Amount(len(q.Params.Services))
			}
		} else {
			if c.Name == "aged" && q.older() {
				c.Column, c.Label = q.agedColumn(), geodata.Text{Fr: "65 ans et plus", En: "65 and over"}
			}
			var ok, also bool
			p.num, ok = q.column(c.Column)
			p.den, also = q.column(c.Of)
			if p.by = p.den; !ok || !also {
				q.Missing = append(q.Missing, c.Name)
				continue
			}
		}
		q.parts, q.Components, q.ranks = append(q.parts, p), append(q.Components, c), append(q.ranks, p.ranks())
	}
}

// older says that those of 65 and over stand for those of 80 and over.
func (q *question) older() bool {
	_, finer := q.d.Population.Column("ind_80p")
	_, coarser := q.d.Population.Column("y_ge65")
	return coarser && !finer
}

// agedColumn counts old people.
func (q *question) agedColumn() string {
	if q.older() {
		return "y_ge65"
	}
	return "ind_80p"
}

// column is one of the grid's, per cell.
func (q *question) column(name string) ([]geodata.Amount, bool) {
	values, ok := q.d.Population.Column(name)
	if !ok {
		return nil, false
	}
	out := make([]geodata.Amount, len(q.d.Cells))
	for k, i := range q.d.Cells {
		out[k] = values[i]
	}
	return out, true
}

// value is a component's, of what was added up: per cent, or seconds.
func (c *Component) value(num, den geodata.Amount) *float64 {
	if den == 0 {
		return nil
	}
	v := 100 * num.Float() / den.Float()
	if c.Unit == "s" {
		v = float64(num) / float64(den) / 1000
	}
	return &v
}

// fill tells cells, communes and territory.
func (q *question) fill() {
	n := len(q.d.Cells)
	c := Cells{IDs: q.d.IDs(), Population: q.people, Communes: make([]string, n), Score: make([]*float64, n), Quintiles: make([]int, n), Imputed: make([]bool, n)}
	for k := range q.parts {
		values, ranks := make([]*float64, n), make([]*float64, n)
		for i := range n {
			if q.parts[k].has(i) {
				values[i], ranks[i] = q.Components[k].value(q.parts[k].num[i], q.parts[k].den[i]), &q.ranks[k][i]
			}
		}
		c.Values, c.Ranks = append(c.Values, values), append(c.Ranks, ranks)
	}
	everyone, of := make([]int, n), map[string][]int{}
	for k, i := range q.d.Cells {
		cell := q.d.Population.Cells[i]
		c.Communes[k], c.Imputed[k] = cell.Commune, cell.Imputed
		if s, ok := score(q.parts, q.ranks, k); ok {
			c.Score[k] = &s
		}
		everyone[k] = k
		of[cell.Commune] = append(of[cell.Commune], k)
	}
	c.Quintiles = quintiles(c.Score, q.people)
	q.Cells = c
	t := q.s.Territory()
	q.Territory = q.row(t.ID, t.Name, everyone)
	q.Communes = []Row{}
	for _, commune := range q.s.Communes() {
		if commune.Study {
			q.Communes = append(q.Communes, q.row(commune.Code, commune.Name, of[commune.Code]))
		}
	}
}

// quintiles are five groups of as many people as can be, by score: 1 to 5, 0 without one.
func quintiles(scores []*float64, people []geodata.Amount) []int {
	p := part{num: make([]geodata.Amount, len(scores)), den: make([]geodata.Amount, len(scores)), by: people}
	for i, s := range scores {
		if s != nil {
			p.num[i], p.den[i] = geodata.Amount(math.Round(*s*float64(geodata.Unit))), 1
		}
	}
	out := make([]int, len(scores))
	for i, r := range p.ranks() {
		if scores[i] != nil {
			out[i] = min(5, 1+int(r/20))
		}
	}
	return out
}

// row adds up cells, given by their position. Means are in the order of the cells, so always the same.
func (q *question) row(code, name string, members []int) Row {
	r := Row{Code: code, Name: geodata.Text{Fr: name}, Values: make([]*float64, len(q.parts)), Ranks: make([]*float64, len(q.parts))}
	var people, imputed secrecy.Sum
	for _, k := range members {
		i := q.d.Cells[k]
		q.d.Guard.Add(&people, i, q.people[k])
		if q.Cells.Imputed[k] {
			q.d.Guard.Add(&imputed, i, q.people[k])
		}
	}
	if r.Population, r.Imputed = q.d.Guard.Tell(people), q.d.Guard.Tell(imputed); r.Population == 0 {
		return r // nobody, or too few to be told of
	}
	r.Score = q.mean(members, func(k int) *float64 { return q.Cells.Score[k] })
	for c := range q.parts {
		r.Ranks[c] = q.mean(members, func(k int) *float64 { return q.Cells.Ranks[c][k] })
		if q.Components[c].Name == "far" {
			r.Values[c] = q.mean(members, func(k int) *float64 { return q.Cells.Values[c][k] })
			continue
		}
		var num, den secrecy.Sum
		for _, k := range members {
			q.d.Guard.Add(&num, q.d.Cells[k], q.parts[c].num[k])
			q.d.Guard.Add(&den, q.d.Cells[k], q.parts[c].den[k])
		}
		if all := q.d.Guard.Tell(den); all > 0 {
			r.Values[c] = q.Components[c].value(min(all, q.d.Guard.Tell(num)), all)
		}
	}
	return r
}

// mean is weighted by inhabitants, over the cells that have a value; nil where none has.
func (q *question) mean(members []int, of func(k int) *float64) *float64 {
	var sum, people float64
	for _, k := range members {
		if v := of(k); v != nil {
			sum += float64(*v * q.people[k].Float())
			people += q.people[k].Float()
		}
	}
	if people == 0 {
		return nil
	}
	m := sum / people
	return &m
}

// lacking names the missing components in a language.
func (q *question) lacking(lang string) string {
	var names []string
	for _, c := range components {
		if slices.Contains(q.Missing, c.Name) {
			names = append(names, strings.ToLower(c.Label.In(lang)))
		}
	}
	return strings.Join(names, ", ")
}

func (q *question) provenance() analyses.Provenance {
	pr := analyses.NewProvenance(q.s, "fragility", q.Params)
	note := func(fr, en string) { pr.Notes = append(pr.Notes, geodata.Text{Fr: fr, En: en}) }
	note("Le score compare les lieux du territoire entre eux : 0 le moins fragile, 100 le plus ; il ne se compare pas à celui d'un autre territoire.",
		"The score compares places within the territory: 0 least fragile, 100 most; it does not compare with that of another.")
	if len(q.Missing) > 0 {
		note("Non comptés, faute de colonne dans le "+q.counts.Fr+" : "+q.lacking("fr")+".", "Left out, for the "+q.counts.En+" has no such column: "+q.lacking("en")+".")
	}
	if q.older() {
		note("Le "+q.counts.Fr+" ne distingue pas les 80 ans et plus : les 65 ans et plus en tiennent lieu.", "The "+q.counts.En+" does not tell those of 80 and over: those of 65 and over stand in.")
	}
	if q.Withheld > 0 {
		note(fmt.Sprintf("%d carreaux de communes sous le minimum absents des listes de lieux.", q.Withheld), fmt.Sprintf("%d cells of communes below the minimum are in no list of places.", q.Withheld))
	}
	if _, ok := q.d.Population.Column("men"); !ok {
		note(fmt.Sprintf("Le %s ne compte pas les ménages : un lieu réunit au moins %d habitants.", q.counts.Fr, q.Params.Minimum*perHousehold),
			fmt.Sprintf("The %s counts no households: a place has at least %d inhabitants.", q.counts.En, q.Params.Minimum*perHousehold))
	}
	pr.Notes = append(pr.Notes, q.d.ImputedNotes()...)
	pr.Notes = append(pr.Notes, q.notes...)
	return pr
}
