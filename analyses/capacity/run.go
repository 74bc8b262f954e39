package capacity

import (
	"context"
	"fmt"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// officialFrom is the fewest inhabitants of a commune whose rate the CNAF publishes.
const officialFrom = 10_000

// Run counts places and gives them to people. A parameter that cannot be (an unknown
// service, a facility whose capacity is not known and no Capacity) is an
// analyses.ParamError.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	d, err := demand.Ask(s, p.Service, p.DemandOptions)
	if err != nil {
		return nil, err
	}
	if p, err = p.complete(s, d.Service); err != nil {
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
	limit := traveltime.Time(time.Duration(*p.Within) / time.Millisecond)
	times, err := matrix.Between(ctx, s, nets, p.Mode, all, f, limit)
	if err != nil {
		return nil, err
	}
	placing, err := Place(times, all.Amounts(), places)
	if err != nil {
		return nil, err
	}
	r := &Result{Params: p, Service: d.Service, Public: d.Public, LeftOut: f.LeftOut, Optimal: true, unit: d.Unit}
	r.fill(s, all, study, placing)
	r.count(f, places)
	r.facilities(all, f, places, placing)
	r.Provenance = analyses.NewProvenance(s, "capacity", p)
	r.Provenance.Notes = append(append(append(r.Provenance.Notes, d.Notes()...), f.Notes()...), append(assumed, r.notes()...)...)
	return r, nil
}

// complete checks the parameters, and fills in the defaults.
func (p Params) complete(s *geodata.Snapshot, service geodata.Service) (Params, error) {
	var err error
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return p, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	if p.SupplyOptions, err = p.Spelt(); err != nil {
		return p, err
	}
	if p.Within == nil {
		own := coverage.Usual(service, p.Mode)
		if len(own) == 0 {
			return p, &analyses.ParamError{Param: "within", Err: fmt.Errorf("service %s has no default thresholds for mode %s: name one, such as 20m", service.ID, p.Mode)}
		}
		t := coverage.Minutes(own[len(own)-1])
		p.Within = &t
	}
	return p, nil
}

// tally adds up cells for a row.
type tally struct {
	row                            Row
	guard                          *secrecy.Guard
	people, demand, placed, beyond secrecy.Sum
	milliseconds, goers            float64
}

// fill tells of the study area's cells, communes and whole.
func (r *Result) fill(s *geodata.Snapshot, d *demand.Demand, study []bool, p *Placing) {
	t := s.Territory()
	territory := &tally{row: Row{Code: t.ID, Name: geodata.Text{Fr: t.Name}}, guard: d.Guard}
	communes := map[string]*tally{}
	for _, c := range s.Communes() {
		if c.Study {
			communes[c.Code] = &tally{row: Row{Code: c.Code, Name: geodata.Text{Fr: c.Name}}, guard: d.Guard}
		}
	}
	ind, _ := d.Population.Column("ind")
	var around secrecy.Sum
	for k, i := range d.Cells {
		if !study[k] {
			d.Guard.Add(&around, i, p.Placed[k])
			continue
		}
		cell := d.Population.Cells[i]
		var people geodata.Amount
		if ind != nil {
			people = ind[i]
		}
		sum := r.cell(cell, i, d.Amount[i], p, k)
		territory.add(i, people, d.Amount[i], p, k, sum)
		if c, ok := communes[cell.Commune]; ok {
			c.add(i, people, d.Amount[i], p, k, sum)
		}
	}
	r.Around = d.Guard.Tell(around)
	r.Territory, r.Communes = territory.told(), []Row{}
	for _, c := range s.Communes() {
		if c.Study {
			r.Communes = append(r.Communes, communes[c.Code].told())
		}
	}
}

// cell tells of a cell, and returns the sum of its people's ways in milliseconds.
func (r *Result) cell(cell geodata.Cell, i int, d geodata.Amount, p *Placing, k int) (sum float64) {
	_, times := p.Times.From(k)
	for w, x := range p.From(k) {
		sum += x.Float() * float64(times[w])
	}
	var seconds *float64
	if placed := p.Placed[k]; placed > 0 {
		mean := sum / placed.Float() / 1000
		seconds = &mean
	}
	c := &r.Cells
	c.IDs, c.Communes, c.Demand = append(c.IDs, cell.ID), append(c.Communes, cell.Commune), append(c.Demand, d)
	c.Placed, c.LeftOver, c.Seconds, c.at = append(c.Placed, p.Placed[k]), append(c.LeftOver, p.LeftOver[k]), append(c.Seconds, seconds), append(c.at, i)
	return sum
}

func (t *tally) add(cell int, people, d geodata.Amount, p *Placing, k int, sum float64) {
	t.guard.Add(&t.people, cell, people)
	t.guard.Add(&t.demand, cell, d)
	t.guard.Add(&t.placed, cell, p.Placed[k])
	if sites, _ := p.Times.From(k); len(sites) == 0 {
		t.guard.Add(&t.beyond, cell, d)
	}
	t.milliseconds += sum
	t.goers += p.Placed[k].Float()
}

func (t *tally) told() Row {
	t.row.Demand, t.row.Placed, t.row.OutReach = t.guard.Tell(t.demand), t.guard.Tell(t.placed), t.guard.Tell(t.beyond)
	t.row.LeftOver = max(0, t.row.Demand-t.row.Placed)
	t.row.Official = t.guard.Tell(t.people) > geodata.Whole(officialFrom)
	if t.goers > 0 && t.row.Placed > 0 {
		mean := t.milliseconds / t.goers / 1000
		t.row.Mean = &mean
	}
	return t.row
}

// count adds up the places of the communes' facilities; those of others, and those
// that are in no commune, are in no rate. A territory without communes has them all.
func (r *Result) count(f *supply.Supply, places []geodata.Amount) {
	at := map[string]*Row{}
	for i := range r.Communes {
		at[r.Communes[i].Code] = &r.Communes[i]
	}
	for j := range f.Facilities {
		row := at[f.Facilities[j].Commune]
		if row != nil {
			row.Places += places[j]
		}
		if row != nil || len(r.Communes) == 0 {
			r.Territory.Places += places[j]
		}
	}
	for i := range r.Communes {
		r.Communes[i].rate()
	}
	r.Territory.rate()
}

func (r *Row) rate() {
	if r.Demand > 0 {
		rate := 100 * r.Places.Float() / r.Demand.Float()
		r.Rate = &rate
	}
}

func (r *Result) facilities(d *demand.Demand, f *supply.Supply, places []geodata.Amount, p *Placing) {
	placed := make([]secrecy.Sum, len(places))
	for k, i := range d.Cells {
		sites, _ := p.Times.From(k)
		for w, x := range p.From(k) {
			d.Guard.Add(&placed[sites[w]], i, x)
		}
	}
	r.Facilities = []Facility{}
	for j := range f.Facilities {
		var in secrecy.Sum
		homes, _ := p.Times.To(j)
		for _, k := range homes {
			d.Guard.Add(&in, d.Cells[k], d.Amount[d.Cells[k]])
		}
		x := Facility{Facility: f.Facilities[j], ID: f.Facilities[j].ID, Places: places[j], InReach: d.Guard.Tell(in), Placed: d.Guard.Tell(placed[j])}
		if places[j] > 0 {
			filled, asked := x.Placed.Float()/places[j].Float(), x.InReach.Float()/places[j].Float()
			x.Filled, x.Asked = &filled, &asked
		}
		if !p.Scarce[j] {
			worth := float64(p.Worth[j]) / 1000
			x.Worth = &worth
		}
		r.Facilities = append(r.Facilities, x)
	}
}

func (r *Result) notes() (notes []geodata.Text) {
	note := func(fr, en string) { notes = append(notes, geodata.Text{Fr: fr, En: en}) }
	if r.Service.ID == "creche" {
		note("Taux de couverture au sens de la Cnaf : 100 places pour 100 enfants de moins de 3 ans. Publié par commune au-delà de 10 000 habitants seulement ; en dessous, ce sont des estimations.",
			"Coverage rate as the CNAF defines it: places per 100 children under 3. Official for communes above 10,000 inhabitants only; others are estimates.")
	}
	note(fmt.Sprintf("Places attribuées au mieux pour tous, à %s au plus : aucune famille n'est tenue de choisir ainsi.", coverage.InMinutes(*r.Params.Within)),
		fmt.Sprintf("Places are given as is best for all together, within %s: no family is bound to choose so.", coverage.InMinutes(*r.Params.Within)))
	if r.Around > 0 {
		note(fmt.Sprintf("%.0f places vont au public des alentours.", r.Around.Float()), fmt.Sprintf("%.0f places go to people around.", r.Around.Float()))
	}
	if r.Territory.LeftOver > 0 {
		note(fmt.Sprintf("%.0f personnes restent sans place, dont %.0f sans équipement à portée.", r.Territory.LeftOver.Float(), r.Territory.OutReach.Float()),
			fmt.Sprintf("%.0f people are left without a place, %.0f of them with no facility in reach.", r.Territory.LeftOver.Float(), r.Territory.OutReach.Float()))
	}
	return notes
}
