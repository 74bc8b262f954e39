package needs

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Commune is the people of a commune on the 1st of January of a year, as the
// columns of a grid count them: ind, ind_0_3 and the other bands, y_lt15 and its
// like, female and male.
type Commune struct {
	Code    string
	Columns map[string]geodata.Amount
}

// PeopleIn projects the communes of the study area to one year, by the variant
// (low, central or high). The notes are what any answer about them must say. A
// year that is not after the base and a territory without census or ages are an
// analyses.ParamError.
func PeopleIn(ctx context.Context, s *geodata.Snapshot, year int, variant string) ([]Commune, []geodata.Text, error) {
	h, err := historyOf(s)
	if err != nil {
		return nil, nil, err
	}
	if year <= h.newest() || year > LastTo {
		return nil, nil, &analyses.ParamError{Param: "year", Err: fmt.Errorf("%d: want a year after %d, the newest that is known, up to %d", year, h.newest(), LastTo)}
	}
	p, err := Params{To: year, Variants: []string{variant}}.complete(h)
	if err != nil {
		return nil, nil, err
	}
	m, err := newModel(p.Tables)
	if err != nil {
		return nil, nil, err
	}
	q := &question{Result: &Result{Params: p, Base: h.newest()}, s: s, history: h, model: m}
	if err := q.project(ctx); err != nil {
		return nil, nil, err
	}
	var out []Commune
	for i, row := range q.Communes {
		if row.Year != year {
			continue
		}
		of := &q.ages[i]
		c := Commune{Code: row.Code, Columns: map[string]geodata.Amount{"ind": of.total(), "female": 0, "male": 0}}
		for _, grid := range gridBands {
			for _, b := range grid {
				c.Columns[b.Commune] = of.between(b.From, b.To)
			}
		}
		for age := range of[women] {
			c.Columns["female"] += of[women][age]
			c.Columns["male"] += of[men][age]
		}
		out = append(out, c)
	}
	return out, q.provenance().Notes[len(analyses.NewProvenance(s, "needs", q.Params).Notes):], nil
}

// Apportion shares a total by weights, which are not all 0 and none negative, with
// the sum kept: each gets the whole millionths of its part, and the largest
// remainders the rest, the first of equals.
func Apportion(total geodata.Amount, weights []geodata.Amount) []geodata.Amount {
	plain := make([]uint64, len(weights))
	for i, w := range weights {
		plain[i] = uint64(w)
	}
	return apportion(total, plain)
}
