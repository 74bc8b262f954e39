package access

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Run shares the facilities of a service out among everybody who reaches them: the
// people of the study area, of whom it tells, and those of the grid around it. A
// parameter that cannot be (an unknown service or method, a facility whose capacity
// is not known and no Capacity) is an analyses.ParamError.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	p, err := p.complete(s)
	if err != nil {
		return nil, err
	}
	d, err := demand.Ask(s, p.Service, p.DemandOptions)
	if err != nil {
		return nil, err
	}
	f, err := supply.Choose(s, p.Service, p.Statuses, p.SupplyOptions)
	if err != nil {
		return nil, err
	}
	places, assumed, err := f.Places(p.Capacity)
	if err != nil {
		return nil, err
	}
	all, study := d.Around()
	times, err := matrix.Between(ctx, s, nets, p.Mode, all, f, p.Steps.Reach())
	if err != nil {
		return nil, err
	}
	shares, err := Share(Question{Times: times, Demand: all.Amounts(), Capacity: places, Method: p.Method, Steps: p.Steps})
	if err != nil {
		return nil, &analyses.ParamError{Param: "service", Err: err}
	}
	r := &Result{Params: p, Service: d.Service, Public: d.Public, LeftOut: f.LeftOut, Check: shares.Check, Rounds: shares.Rounds, unit: d.Unit}
	r.fill(s, all, study, shares)
	r.sites(all, f, times, shares)
	r.Provenance = analyses.NewProvenance(s, "access", p)
	r.Provenance.Notes = append(append(append(r.Provenance.Notes, d.Notes()...), f.Notes()...), append(assumed, r.notes(all, study)...)...)
	return r, nil
}

// complete checks the parameters that need no territory, and fills in the defaults.
func (p Params) complete(s *geodata.Snapshot) (Params, error) {
	var err error
	if p.Method, p.Steps, err = Complete(p.Method, p.Steps); err != nil {
		return p, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return p, err
	}
	p.SupplyOptions, err = p.Spelt()
	return p, err
}

// fill tells of the study area's cells, communes and whole.
func (r *Result) fill(s *geodata.Snapshot, d *demand.Demand, study []bool, shares *Shares) {
	t := s.Territory()
	territory := tally{row: Row{Code: t.ID, Name: geodata.Text{Fr: t.Name}}, guard: d.Guard}
	communes := map[string]*tally{}
	for _, c := range s.Communes() {
		if c.Study {
			communes[c.Code] = &tally{row: Row{Code: c.Code, Name: geodata.Text{Fr: c.Name}}, guard: d.Guard}
		}
	}
	for k, i := range d.Cells {
		if !study[k] {
			continue
		}
		cell := d.Population.Cells[i]
		territory.add(i, d.Amount[i], shares, k)
		if c, ok := communes[cell.Commune]; ok {
			c.add(i, d.Amount[i], shares, k)
		}
		state := "unreached"
		if shares.Reached[k] {
			state = "reached"
		}
		c := &r.Cells
		c.IDs, c.Communes, c.Demand = append(c.IDs, cell.ID), append(c.Communes, cell.Commune), append(c.Demand, d.Amount[i])
		c.Scores, c.States, c.at = append(c.Scores, shares.Score[k]), append(c.States, state), append(c.at, i)
	}
	r.Territory, r.Communes = territory.told(), []Row{}
	for _, c := range s.Communes() {
		if c.Study {
			r.Communes = append(r.Communes, communes[c.Code].told())
		}
	}
}

// tally adds up cells, in their order.
type tally struct {
	row               Row
	guard             *secrecy.Guard
	demand, unreached secrecy.Sum
	scored, weight    float64
}

func (t *tally) add(cell int, d geodata.Amount, shares *Shares, k int) {
	t.guard.Add(&t.demand, cell, d)
	if !shares.Reached[k] {
		t.guard.Add(&t.unreached, cell, d)
	}
	if score := shares.Score[k]; score != nil {
		t.scored += d.Float() * *score
		t.weight += d.Float()
	}
	if places, err := geodata.AmountOf(shares.Places[k]); err == nil { // exact sums of shares that are rounded to a millionth
		t.row.Places += places
	}
}

func (t *tally) told() Row {
	t.row.Demand, t.row.Unreached = t.guard.Tell(t.demand), t.guard.Tell(t.unreached)
	switch {
	case t.row.Demand == 0: // nobody, or too few to be told of
		t.row.Places = 0
	case t.weight > 0:
		mean := t.scored / t.weight
		t.row.Mean = &mean
	}
	return t.row
}

// sites tells of the facilities.
func (r *Result) sites(d *demand.Demand, f *supply.Supply, times *matrix.Matrix, shares *Shares) {
	r.Sites = []Facility{}
	for j, site := range shares.Sites {
		var in secrecy.Sum
		homes, _ := times.To(j)
		for _, k := range homes {
			i := d.Cells[k]
			d.Guard.Add(&in, i, d.Amount[i])
		}
		if site.InReach = d.Guard.Tell(in); site.InReach == 0 && site.Demand > 0 { // too few to be told of
			site.Demand, site.Ratio, site.Saturation = 0, nil, nil
		}
		r.Sites = append(r.Sites, Facility{f.Facilities[j], site})
	}
}

func (r *Result) notes(d *demand.Demand, study []bool) (notes []geodata.Text) {
	note := func(fr, en string) { notes = append(notes, geodata.Text{Fr: fr, En: en}) }
	var around secrecy.Sum
	for k, i := range d.Cells {
		if !study[k] {
			d.Guard.Add(&around, i, d.Amount[i])
		}
	}
	if a := d.Guard.Tell(around); a > 0 {
		note(fmt.Sprintf("Le public des alentours (%.0f) se partage les mêmes places.", a.Float()),
			fmt.Sprintf("The people around (%.0f) share the same places.", a.Float()))
	}
	if r.Territory.Unreached > 0 {
		pct := 100 * r.Territory.Unreached.Float() / r.Territory.Demand.Float()
		note(fmt.Sprintf("%.1f %% du public n'a aucun équipement à portée.", pct), fmt.Sprintf("%.1f %% of the people concerned have no facility in reach.", pct))
	}
	if r.Check.Idle > 0 {
		note(fmt.Sprintf("%s places dans des équipements où personne ne vient.", r.Check.Idle), fmt.Sprintf("%s places in facilities where nobody comes.", r.Check.Idle))
	}
	if r.Rounds != nil && !r.Rounds.Converged {
		note(fmt.Sprintf("Équilibre approché : écart de %.2g.", r.Rounds.Residual), fmt.Sprintf("The equilibrium is approximate, to %.2g.", r.Rounds.Residual))
	}
	return notes
}
