package demand

import (
	"errors"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// Options say who is counted when not the people the service is for, as the grid
// tells. All may be left out.
type Options struct {
	Counts string `json:"counts,omitempty" doc:"set of counts to use instead of the population grid, such as pupils"`
	Column string `json:"column,omitempty" doc:"column to count instead of the service's ages, such as men_pauv"`
	Census int    `json:"census,omitempty" doc:"year of the census whose ages by commune the cells are fitted to; the grid's own when left out"`
}

// Demand is who needs a service.
type Demand struct {
	Service    geodata.Service
	Population *geodata.Population // the grid, or the set of counts
	Cells      []int               // positions in it of the cells that count, rising
	Amount     []geodata.Amount    // per cell of Population
	Unit       string              // of Amount: persons, households, euros
	Public     geodata.Text        // whom Amount counts
	Estimated  bool                // it rests on bands wider than the target ages
	Guard      *secrecy.Guard      // of Population

	census *raking                     // nil where none is asked for
	bands  map[string][]geodata.Amount // columns of ages, fitted to the census
}

// Ask counts who needs the service. A service, column or set of counts that is
// not there is an analyses.ParamError.
func Ask(s *geodata.Snapshot, service string, o Options) (*Demand, error) {
	bad := func(param string, err error) (*Demand, error) {
		return nil, &analyses.ParamError{Param: param, Err: err}
	}
	d := &Demand{Population: s.Population(), Unit: "persons"}
	var err error
	if d.Service, err = s.Catalogue().Service(service); err != nil {
		return bad("service", err)
	}
	d.Public = d.Service.Public
	if o.Counts != "" {
		if d.Population, err = s.CountsNamed(o.Counts); err != nil {
			return bad("counts", err)
		}
	}
	if len(d.Population.Cells) == 0 {
		return bad("service", errors.New("the territory has no population to count: import it with --population"))
	}
	if d.Guard = secrecy.NewGuard(d.Population); o.Column != "" {
		err = d.count(o.Column)
	} else if o.Counts != "" && len(d.Population.Columns) == 1 {
		err = d.count(d.Population.Columns[0].Name)
	} else {
		var used geodata.Demand
		if d.Amount, used, err = d.Service.Count(d.Population); err != nil {
			return bad("service", err)
		}
		d.Estimated = used.Estimated
	}
	if err != nil {
		return bad("column", err)
	}
	if o.Census != 0 {
		if err := d.rake(s, o); err != nil {
			return bad("census", err)
		}
	}
	d.Cells = Studied(d.Population)
	return d, nil
}

// rake fits the amounts, and all columns of ages, to a census.
func (d *Demand) rake(s *geodata.Snapshot, o Options) (err error) {
	if o.Counts != "" {
		return fmt.Errorf("%s is not people by age: leave it out, or counts", o.Counts)
	}
	target, known := agesOf[o.Column]
	if o.Column == "" {
		if target, err = targetAges(d.Service); err != nil {
			return err
		}
	} else if !known {
		return fmt.Errorf("column %s is not people of an age: leave it out, or column", o.Column)
	}
	if d.census, err = newRaking(s, o.Census); err != nil {
		return err
	}
	wanted, amounts := []ages{target}, [][]geodata.Amount{slices.Clone(d.Amount)}
	d.bands = map[string][]geodata.Amount{}
	for _, c := range d.Population.Columns {
		if std, ok := geodata.StandardColumnByName(c.Name); ok && std.AgeBand {
			a, known := agesOf[c.Name]
			if !known {
				a = ages{1, 0} // of unknown age is nobody then
			}
			wanted, amounts = append(wanted, a), append(amounts, slices.Clone(c.Values))
			d.bands[c.Name] = amounts[len(amounts)-1]
		}
	}
	d.census.fit(s, wanted, amounts)
	d.Amount = amounts[0]
	return nil
}

// Column is a column of the population; one of ages as fitted to the census.
func (d *Demand) Column(name string) ([]geodata.Amount, bool) {
	if values, ok := d.bands[name]; ok {
		return values, true
	}
	return d.Population.Column(name)
}

// count takes one column for the demand.
func (d *Demand) count(column string) error {
	values, ok := d.Population.Column(column)
	if !ok {
		var names []string
		for _, c := range d.Population.Columns {
			names = append(names, c.Name)
		}
		return fmt.Errorf("no column %q: there is %v", column, names)
	}
	d.Amount, d.Public = values, geodata.Text{Fr: column}
	if std, ok := geodata.StandardColumnByName(column); ok {
		d.Unit, d.Public = std.Unit, std.Label
	}
	return nil
}

// Studied lists the populated cells of the study area.
func Studied(p *geodata.Population) (cells []int) {
	ind, counted := p.Column("ind")
	for i, c := range p.Cells {
		if c.Study && (!counted || ind[i] > 0) {
			cells = append(cells, i)
		}
	}
	return cells
}

// Centres are those of the cells that count, parallel to Cells.
func (d *Demand) Centres() []orb.Point {
	out := make([]orb.Point, len(d.Cells))
	for k, i := range d.Cells {
		out[k] = d.Population.Cells[i].Centre
	}
	return out
}

// IDs are those of the cells that count, parallel to Cells.
func (d *Demand) IDs() []string {
	out := make([]string, len(d.Cells))
	for k, i := range d.Cells {
		out[k] = d.Population.Cells[i].ID
	}
	return out
}

// Amounts are those of the cells that count, parallel to Cells.
func (d *Demand) Amounts() []geodata.Amount {
	out := make([]geodata.Amount, len(d.Cells))
	for k, i := range d.Cells {
		out[k] = d.Amount[i]
	}
	return out
}

// Imputed is how much of the demand lives in cells whose values INSEE imputed,
// and how much there is.
func (d *Demand) Imputed() (imputed, all geodata.Amount) {
	var of, sum secrecy.Sum
	for _, i := range d.Cells {
		d.Guard.Add(&sum, i, d.Amount[i])
		if d.Population.Cells[i].Imputed {
			d.Guard.Add(&of, i, d.Amount[i])
		}
	}
	return d.Guard.Tell(of), d.Guard.Tell(sum)
}

// Notes are what every answer about this demand must say.
func (d *Demand) Notes() []geodata.Text { return append(d.Basis(), d.ImputedNotes()...) }

// Basis are the notes on what the amounts rest on.
func (d *Demand) Basis() (notes []geodata.Text) {
	if d.Estimated {
		notes = append(notes, geodata.Text{Fr: "Effectifs estimés : la grille n'a que des tranches d'âge plus larges que le public visé.",
			En: "Estimated demand: the grid only has age bands wider than the ages concerned."})
	}
	if d.census != nil {
		notes = append(notes, d.census.notes()...)
	}
	return notes
}

// ImputedNotes are the note on values that INSEE imputed, or none.
func (d *Demand) ImputedNotes() (notes []geodata.Text) {
	if imputed, all := d.Imputed(); imputed > 0 && all > 0 {
		pct := 100 * imputed.Float() / all.Float()
		fr, en := "%.1f %% du public vit dans des carreaux aux valeurs imputées par l'Insee.", "%.1f %% of the people concerned live in cells whose values INSEE imputed."
		if !d.Population.Rule.Public() {
			fr, en = "%.1f %% du public vit dans des carreaux regroupés ou imputés.", "%.1f %% of the people concerned live in cells that were merged or imputed."
		}
		notes = append(notes, geodata.Text{Fr: fmt.Sprintf(fr, pct), En: fmt.Sprintf(en, pct)})
	}
	return notes
}
