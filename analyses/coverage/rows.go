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

	metres   []traveltime.Time // parallel to times, in millimetres; nil where lengths are not asked for
	withinMM []traveltime.Time
	detailed bool
}

// fill adds up the rows.
func (q *question) fill(a *account) {
	everyone := make([]int, len(a.demand.Cells))
	for k := range everyone {
		everyone[k] = k
	}
	q.Territory, q.Communes = a.communes(q.s)
	q.Ages = []Row{}
	for _, std := range geodata.StandardColumns {
		if values, ok := a.demand.Column(std.Name); ok && std.AgeBand {
			q.Ages = append(q.Ages, a.row(std.Name, std.Label, everyone, values))
		}
	}
	if q.Params.Detailed {
		q.LivingStandards, q.Needs, q.EPCIs = a.livingStandards(), a.needs(everyone), a.epcis(q.s.Communes())
	}
	if q.Params.Zones != "" {
		q.Zones, q.inNoZone, q.inSeveral = a.zones(q.zones)
	}
}

// communes are the rows of the territory and of its communes.
func (a *account) communes(s *geodata.Snapshot) (territory Row, communes []Row) {
	t := s.Territory()
	everyone := make([]int, len(a.demand.Cells))
	byCommune := map[string][]int{}
	for k, i := range a.demand.Cells {
		everyone[k] = k
		code := a.demand.Population.Cells[i].Commune
		byCommune[code] = append(byCommune[code], k)
	}
	territory = a.row(t.ID, geodata.Text{Fr: t.Name}, everyone, a.demand.Amount)
	communes = []Row{}
	for _, c := range s.Communes() {
		if c.Study {
			communes = append(communes, a.row(c.Code, geodata.Text{Fr: c.Name}, byCommune[c.Code], a.demand.Amount))
		}
	}
	return territory, communes
}

// row adds up the cells listed by their position among those that count.
func (a *account) row(code string, name geodata.Text, members []int, amount []geodata.Amount) Row {
	guard, pop := a.demand.Guard, a.demand.Population
	ind, _ := pop.Column("ind")
	times, amounts := of(members, a.times), make([]geodata.Amount, len(members))
	var people, needed, imputed, reached, unreachable, off secrecy.Sum
	covered, near := make([]secrecy.Sum, len(a.within)), make([]secrecy.Sum, len(a.withinMM))
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
		default:
			guard.Add(&reached, i, d)
		}
		for w, bound := range a.within {
			if t.Within(time.Duration(bound)) {
				guard.Add(&covered[w], i, d)
			}
		}
		for w, bound := range a.withinMM {
			if a.metres[k].Reached() && a.metres[k] <= bound {
				guard.Add(&near[w], i, d)
			}
		}
	}
	row := Row{Code: code, Name: name, Population: guard.Tell(people), Demand: guard.Tell(needed), Covered: tell(guard, covered),
		Unreachable: guard.Tell(unreachable), OffNetwork: guard.Tell(off), Imputed: guard.Tell(imputed)}
	of := told{guard.Tell(needed) > 0, guard.Tell(reached) > 0}
	row.Mean, row.Median = of.averages(times, amounts)
	if len(near) > 0 {
		row.CoveredKm = tell(guard, near)
	}
	if a.detailed {
		row.Spread = of.spread(times, amounts)
	}
	return row
}

// told says which people are as many as may be told of: no figure is about fewer.
type told struct{ needed, reached bool }

func (t told) averages(times []traveltime.Time, demand []geodata.Amount) (mean, median *float64) {
	if !t.reached {
		return nil, nil
	}
	return Averages(times, demand)
}

func (t told) spread(times []traveltime.Time, demand []geodata.Amount) *Spread {
	if !t.needed {
		return &Spread{}
	}
	s := NewSpread(times, demand)
	if !t.reached {
		s.P90, s.Worst, s.Gini = nil, nil, nil
	}
	return &s
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
	c := Cells{IDs: a.demand.IDs(), Communes: make([]string, n), Demand: a.demand.Amounts(), Times: a.times, Nearest: nearest, States: make([]string, n), Metres: a.metres}
	for k, i := range a.demand.Cells {
		c.Communes[k] = a.demand.Population.Cells[i].Commune
		c.States[k] = a.times[k].State()
	}
	return c
}

func (q *question) provenance() analyses.Provenance {
	pr := analyses.NewProvenance(q.s, "coverage", q.Params)
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
	if n := q.Params.Nth; n > 1 {
		note(fmt.Sprintf("Temps vers le %de équipement le plus proche.", n), fmt.Sprintf("Times are to the %s nearest facility.", ordinal(n)))
	}
	if q.Params.Detailed && q.LivingStandards == nil {
		note("Pas de niveau de vie : les effectifs n'ont pas la colonne ind_snv.", "No living standards: the counts have no column ind_snv.")
	}
	if q.Params.Zones != "" {
		note(fmt.Sprintf("Zonage %s : chaque carreau compte dans la zone de son centre ; %.1f du public hors de toute zone, %.1f dans plusieurs zones et compté dans chacune.", q.Params.Zones, q.inNoZone.Float(), q.inSeveral.Float()),
			fmt.Sprintf("Zones %s: each cell counts in the zone of its centre; %.1f of the people concerned are in no zone, %.1f in several and counted in each.", q.Params.Zones, q.inNoZone.Float(), q.inSeveral.Float()))
	}
	return pr
}

func ordinal(n int) string {
	switch n {
	case 2:
		return "2nd"
	case 3:
		return "3rd"
	}
	return fmt.Sprintf("%dth", n)
}
