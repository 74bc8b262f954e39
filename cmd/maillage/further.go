package main

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/geodata"
)

// furtherFlags are the questions of coverage.Params beyond service, mode, times and statuses.
type furtherFlags struct {
	Nth           int       `placeholder:"N" help:"Time to the N-th nearest facility, 2 to 16."`
	WithinKm      []float64 `placeholder:"2,5" help:"Also thresholds in kilometres, by the shortest road."`
	Detailed      bool      `help:"Also nine in ten, the worst-served tenth and Gini of times; rows by living standard, need and EPCI."`
	Zones         string    `placeholder:"LAYER" help:"Also rows by the zones of a layer, such as iris."`
	CompareBorder bool      `help:"Also with facilities on both sides of the border, and with those inside only."`
	Border        string    `placeholder:"inside" help:"inside: only facilities of the study area's EPCI."`
	Accessible    bool      `help:"Only facilities known to be accessible to disabled people."`
	Open          string    `placeholder:"WHEN" help:"Only facilities known to be open then: We, 'We 14:00-17:00', evening, saturday, holidays."`
	Counts        string    `placeholder:"NAME" help:"Set of counts instead of the population, such as pupils."`
	Column        string    `placeholder:"COLUMN" help:"Column to count instead of the service's ages, such as men_pauv."`
	Census        int       `placeholder:"YEAR" help:"Fit ages to the census of that year."`
}

// into adds what is asked for to the parameters.
func (f furtherFlags) into(p *coverage.Params) {
	p.Nth, p.WithinKm, p.Detailed, p.Zones, p.CompareBorder = f.Nth, f.WithinKm, f.Detailed, f.Zones, f.CompareBorder
	p.Border, p.Accessible, p.Open = supply.Border(f.Border), f.Accessible, f.Open
	p.Counts, p.Column, p.Census = f.Counts, f.Column, f.Census
}

// any says whether anything is asked for.
func (f furtherFlags) any() bool {
	return f.Nth != 0 || f.WithinKm != nil || f.Detailed || f.CompareBorder || f.Accessible || f.Census != 0 ||
		slices.ContainsFunc([]string{f.Zones, f.Border, f.Open, f.Counts, f.Column}, func(s string) bool { return s != "" })
}

// coverageTable is the answer as a table: communes, then other divisions and
// groups, the territory last.
func (s *session) coverageTable(r *coverage.Result) *table {
	t := newTable(s.say("commune", "commune"), s.say("public", "people"))
	for _, w := range r.Params.Within {
		t.head("≤ " + minutes(w))
	}
	for _, km := range r.Params.WithinKm {
		t.head("≤ " + s.number(km, -1) + " km")
	}
	t.head(s.say("moyenne", "mean"))
	if r.Params.Detailed {
		t.head(s.say("9 sur 10", "9 in 10"), s.say("pire dixième", "worst tenth"), "Gini")
	}
	t.head(s.say("non desservi", "not reached"))
	for _, rows := range [][]coverage.Row{r.Communes, r.EPCIs, r.Zones, r.Ages, r.Needs, r.LivingStandards} {
		for _, x := range rows {
			name := x.Name.In(s.lang)
			if x.Unit == "households" {
				name += s.say(" (ménages)", " (households)")
			}
			s.coverageRow(t, r, name, x)
		}
		if len(rows) > 0 {
			t.rule()
		}
	}
	s.coverageRow(t, r, r.Territory.Name.In(s.lang), r.Territory)
	if e := r.BorderEffect; e != nil {
		t.rule()
		s.coverageRow(t, r, fmt.Sprintf(s.say("avec les lieux voisins (%d lieux)", "with places beyond the border (%d places)"), e.Crossed.Facilities), e.Crossed.Territory)
		s.coverageRow(t, r, fmt.Sprintf(s.say("sans eux (%d lieux)", "without them (%d places)"), e.Inside.Facilities), e.Inside.Territory)
	}
	return t
}

func (s *session) coverageRow(t *table, r *coverage.Result, name string, x coverage.Row) {
	cells := []string{name, s.people(x.Demand)}
	for k := range x.Covered {
		cells = append(cells, s.percent(x.Share(k)))
	}
	for k := range r.Params.WithinKm {
		if k < len(x.CoveredKm) {
			cells = append(cells, s.percent(x.ShareKm(k)))
		} else {
			cells = append(cells, "") // asked in time only
		}
	}
	cells = append(cells, s.average(x.Mean))
	if r.Params.Detailed {
		gini := "–"
		if x.Spread.Gini != nil {
			gini = s.number(*x.Spread.Gini, 3)
		}
		cells = append(cells, s.average(x.Spread.P90), s.average(x.Spread.Worst), gini)
	}
	t.row(append(cells, s.people(x.Unreachable+x.OffNetwork))...)
}

// worstTenth says why the worst-served tenth of the territory has no mean; empty when it has one.
func (s *session) worstTenth(r *coverage.Result) string {
	x := r.Territory.Spread
	if x == nil || x.Worst != nil || x.WorstUnreached == nil {
		return ""
	}
	return fmt.Sprintf(s.say("Du dixième le moins bien desservi, %s n'est pas desservi : il n'a pas de temps moyen.", "Of the worst-served tenth, %s is not reached: it has no mean time."), s.percent(*x.WorstUnreached/100, true))
}

// publicOf is whom the answer counts.
func publicOf(r *coverage.Result) geodata.Text {
	if r.Public != nil {
		return *r.Public
	}
	return r.Service.Public
}
