package coverage

import (
	"fmt"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// account adds people up by how far they are.
type account struct {
	demand *demand.Demand
	times  []traveltime.Time // parallel to the cells that count
	within []Threshold
}

func (r *Result) fill(s *geodata.Snapshot, a *account) {
	t := s.Territory()
	pop := a.demand.Population
	everyone := make([]int, len(a.demand.Cells))
	byCommune := map[string][]int{}
	for k, i := range a.demand.Cells {
		everyone[k] = k
		code := pop.Cells[i].Commune
		byCommune[code] = append(byCommune[code], k)
	}
	r.Territory = a.row(t.ID, geodata.Text{Fr: t.Name}, everyone, a.demand.Amount)
	r.Communes = []Row{}
	for _, c := range s.Communes() {
		if c.Study {
			r.Communes = append(r.Communes, a.row(c.Code, geodata.Text{Fr: c.Name}, byCommune[c.Code], a.demand.Amount))
		}
	}
	r.Ages = []Row{}
	for _, std := range geodata.StandardColumns {
		if values, ok := pop.Column(std.Name); ok && std.AgeBand {
			r.Ages = append(r.Ages, a.row(std.Name, std.Label, everyone, values))
		}
	}
}

// row adds up the cells listed by their position among those that count.
func (a *account) row(code string, name geodata.Text, members []int, amount []geodata.Amount) Row {
	guard, pop := a.demand.Guard, a.demand.Population
	ind, _ := pop.Column("ind")
	times, amounts := of(members, a.times), make([]geodata.Amount, len(members))
	var people, needed, imputed, unreachable, off secrecy.Sum
	covered := make([]secrecy.Sum, len(a.within))
	for n, k := range members {
		i, t := a.demand.Cells[k], a.times[k]
		d := amount[i]
		amounts[n] = d
		if ind != nil {
			guard.Add(&people, i, ind[i])
		}
		guard.Add(&needed, i, d)
		if pop.Cells[i].Imputed {
			guard.Add(&imputed, i, d)
		}
		switch t {
		case traveltime.Unreachable:
			guard.Add(&unreachable, i, d)
		case traveltime.OffNetwork:
			guard.Add(&off, i, d)
		}
		for w, bound := range a.within {
			if t.Within(time.Duration(bound)) {
				guard.Add(&covered[w], i, d)
			}
		}
	}
	row := Row{Code: code, Name: name, Population: guard.Tell(people), Demand: guard.Tell(needed), Covered: tell(guard, covered),
		Unreachable: guard.Tell(unreachable), OffNetwork: guard.Tell(off), Imputed: guard.Tell(imputed)}
	row.Mean, row.Median = Averages(times, amounts)
	return row
}

func tell(guard *secrecy.Guard, sums []secrecy.Sum) []geodata.Amount {
	out := make([]geodata.Amount, len(sums))
	for k, sum := range sums {
		out[k] = guard.Tell(sum)
	}
	return out
}

func (a *account) columns(nearest []string) Cells {
	n := len(a.demand.Cells)
	c := Cells{IDs: a.demand.IDs(), Communes: make([]string, n), Demand: a.demand.Amounts(), Times: a.times, Nearest: nearest, States: make([]string, n)}
	for k, i := range a.demand.Cells {
		c.Communes[k] = a.demand.Population.Cells[i].Commune
		c.States[k] = a.times[k].State()
	}
	return c
}

func (q *question) provenance() analyses.Provenance {
	pr := analyses.NewProvenance(q.s, "coverage", q.Params)
	pr.Vintage = 0 // which answers that are kept from before do not have
	note := func(fr, en string) { pr.Notes = append(pr.Notes, geodata.Text{Fr: fr, En: en}) }
	pr.Notes = append(pr.Notes, q.demand.Basis()...)
	pr.Notes = append(pr.Notes, q.supply.Notes()...)
	if n := q.LeftOut["off_network"]; n > 0 {
		note(analyses.Plural(n, "équipement trop loin de toute route, non compté.", "équipements trop loin de toute route, non comptés."),
			analyses.Plural(n, "facility too far from any road, not counted.", "facilities too far from any road, not counted."))
	}
	if q.Territory.OffNetwork > 0 && q.Territory.Demand > 0 {
		pct := 100 * q.Territory.OffNetwork.Float() / q.Territory.Demand.Float()
		note(fmt.Sprintf("%.1f %% du public vit trop loin de toute route connue pour être compté comme desservi.", pct),
			fmt.Sprintf("%.1f %% of the people concerned live too far from any known road to be counted as reached.", pct))
	}
	pr.Notes = append(pr.Notes, q.demand.ImputedNotes()...)
	return pr
}
