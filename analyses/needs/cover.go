package needs

import (
	"context"
	"fmt"
	"slices"
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

// cover is a coverage that is asked for.
type cover struct {
	demand *demand.Demand
	supply *supply.Supply
}

// askCover checks what is asked of the coverage and spells it in one way.
func (q *question) askCover() (c cover, err error) {
	p := &q.Params
	if c.demand, err = demand.Ask(q.s, p.Service, demand.Options{}); err != nil {
		return c, err
	}
	if p.Mode, err = traveltime.CheckMode(q.s, p.Mode); err != nil {
		return c, err
	}
	if p.Within, err = coverage.Within(c.demand.Service, p.Mode, p.Within); err != nil {
		return c, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return c, err
	}
	if p.Options, err = p.Spelt(); err != nil {
		return c, err
	}
	c.supply, err = supply.Choose(q.s, p.Service, p.Statuses, p.Options)
	return c, err
}

// cover recomputes the coverage of the service for each year.
func (q *question) cover(ctx context.Context, nets *traveltime.Networks, c cover) error {
	p := &q.Params
	k := slices.Index(q.Services, p.Service)
	if k < 0 {
		return &analyses.ParamError{Param: "service", Err: fmt.Errorf("%s counts what ages do not tell: its demand cannot be projected", p.Service)}
	}
	last := time.Duration(p.Within[len(p.Within)-1])
	m, err := matrix.Between(ctx, q.s, nets, p.Mode, c.demand, c.supply, traveltime.Time(last/time.Millisecond))
	if err != nil {
		return err
	}
	q.notes = append(c.demand.Notes(), c.supply.Notes()...)
	q.Coverage = &Coverage{Service: p.Service, Mode: p.Mode, Within: p.Within}
	q.coverRows(today(c.demand, m, p.Within), k)
	return nil
}

// reach is who is reached today in a commune.
type reach struct {
	demand  geodata.Amount
	covered []geodata.Amount // parallel to within
}

func today(d *demand.Demand, m *matrix.Matrix, within []coverage.Threshold) map[string]reach {
	type sums struct {
		demand  secrecy.Sum
		covered []secrecy.Sum
	}
	all := map[string]*sums{}
	for k, i := range d.Cells {
		code := d.Population.Cells[i].Commune
		if all[code] == nil {
			all[code] = &sums{covered: make([]secrecy.Sum, len(within))}
		}
		sum := all[code]
		d.Guard.Add(&sum.demand, i, d.Amount[i])
		nearest := traveltime.Unreachable
		_, times := m.From(k)
		for _, t := range times {
			nearest = min(nearest, t)
		}
		for w, bound := range within {
			if nearest.Within(time.Duration(bound)) {
				d.Guard.Add(&sum.covered[w], i, d.Amount[i])
			}
		}
	}
	out := map[string]reach{}
	for code, sum := range all {
		r := reach{demand: d.Guard.Tell(sum.demand)}
		for _, c := range sum.covered {
			r.covered = append(r.covered, min(r.demand, d.Guard.Tell(c)))
		}
		out[code] = r
	}
	return out
}

// coverRows scales today's coverage of each commune to the demand of each row for
// the k-th service, and adds up.
func (q *question) coverRows(base map[string]reach, k int) {
	c := q.Coverage
	c.Territory = make([]Covered, len(q.Territory))
	for i, row := range q.Communes {
		cov := base[row.Code].scaled(row.Demand[k], len(c.Within))
		cov.Code, cov.Variant, cov.Year = row.Code, row.Variant, row.Year
		sum := &c.Territory[i%len(c.Territory)]
		if sum.Covered == nil {
			*sum = Covered{Code: q.s.Territory().ID, Variant: row.Variant, Year: row.Year, Covered: make([]geodata.Amount, len(c.Within))}
		}
		sum.Demand, sum.Unplaced = sum.Demand+cov.Demand, sum.Unplaced+cov.Unplaced
		for w, n := range cov.Covered {
			sum.Covered[w] += n
		}
		cov.tell()
		c.Communes = append(c.Communes, cov)
	}
	for i := range c.Territory {
		c.Territory[i].tell()
	}
}

// scaled is the coverage when as many need the service, spread over the cells as today.
func (r reach) scaled(need geodata.Amount, thresholds int) Covered {
	c := Covered{Demand: need, Covered: make([]geodata.Amount, thresholds)}
	if r.demand == 0 {
		c.Unplaced = need
		return c
	}
	for w, n := range r.covered {
		c.Covered[w] = geodata.Fraction{Num: int64(n), Den: int64(r.demand)}.Of(need)
	}
	return c
}

// tell adds the shares.
func (c *Covered) tell() {
	c.Share = make([]*float64, len(c.Covered))
	for w, n := range c.Covered {
		if c.Demand > 0 {
			pct := 100 * n.Float() / c.Demand.Float()
			c.Share[w] = &pct
		}
	}
}
