package compare

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// kinds are the legend of a difference, from who wins to who loses: blue and brown are
// told apart by everybody.
var kinds = []geodata.Class{
	{Value: string(NewlyCovered), Label: geodata.Text{Fr: "désormais desservi", En: "newly covered"}, Colour: "#2166ac"},
	{Value: string(Nearer), Label: geodata.Text{Fr: "plus près", En: "nearer"}, Colour: "#92c5de"},
	{Value: string(Same), Label: geodata.Text{Fr: "sans changement", En: "unchanged"}, Colour: "#e6e6e6"},
	{Value: string(Farther), Label: geodata.Text{Fr: "plus loin", En: "farther"}, Colour: "#dfc27d"},
	{Value: string(NoLongerCovered), Label: geodata.Text{Fr: "n'est plus desservi", En: "no longer covered"}, Colour: "#8c510a"},
}

// palette tells scenarios apart (Okabe and Ito, then Tol).
var palette = [MaxScenarios]string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#332288", "#882255", "#999933"}

// equal is the class of cells for which no scenario is notably the best.
const equal = "equal"

// Layers turns the answer into layers: compare_cells (the first, coloured by who wins
// and loses of two scenarios, by the best of more), compare_communes, and the tables
// compare_scenarios and compare_ranks (a row per minute). Columns of a scenario end in
// its number from 1.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "compare",
		Title:      geodata.Text{Fr: "Scénarios comparés : " + r.Service.Label.Fr, En: "Scenarios compared: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.scenarioTable(), r.rankTable()},
	}
}

func (r *Result) unitOf() string { return cmp.Or(r.Unit, "persons") }

func (r *Result) publicOf() geodata.Text {
	if r.Public != nil {
		return *r.Public
	}
	return r.Service.Public
}

// with adds a scenario's name to a label.
func with(name geodata.Text, fr, en string) geodata.Text {
	return geodata.Text{Fr: fr + " : " + name.Fr, En: en + ": " + name.In("en")}
}

func number(i int) string { return strconv.Itoa(i + 1) }

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	c := &r.Cells
	t := analyses.NewTable("compare_cells", geodata.Text{Fr: "Qui gagne et qui perd", En: "Who wins and who loses"}, c.IDs)
	cells := r.population(s).Cells
	at := 0
	t.Draw(func(i int) orb.Geometry {
		for cells[at].ID != c.IDs[i] { // both in the order of ids
			at++
		}
		return analyses.Shape(cells[at])
	})
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return c.Communes[i] })
	t.Amount("demand", r.unitOf(), r.publicOf(), func(i int) geodata.Amount { return c.Demand[i] })
	for k := range r.Scenarios {
		t.Real("seconds_"+number(k), "s", with(r.Scenarios[k].Name, "Temps de trajet", "Travel time"), func(i int) (float64, bool) { return c.Times[k][i].Seconds() })
	}
	for d, of := range r.Differences {
		name := r.Scenarios[of.Scenario].Name
		t.Text("change_"+number(of.Scenario), with(name, "Changement", "Change"), func(i int) string { return string(c.Changes[d].Kinds[i]) })
		for w, bound := range r.Params.Within {
			m := coverage.InMinutes(bound)
			t.Amount("net_"+bound.String()+"_"+number(of.Scenario), r.unitOf(), with(name, "Public gagné à "+m, "People gained within "+m), func(i int) geodata.Amount { return c.Changes[d].Net[w][i] })
		}
	}
	t.Text("best", geodata.Text{Fr: "Meilleur scénario", En: "Best scenario"}, func(i int) string {
		if c.Best[i] < 0 {
			return equal
		}
		return number(c.Best[i])
	})
	if len(r.Scenarios) == 2 {
		t.Colour("change_2", kinds...)
	} else {
		t.Colour("best", r.bests()...)
	}
	return t.Layer
}

// population is what the cells are of.
func (r *Result) population(s *geodata.Snapshot) *geodata.Population {
	if p, err := s.CountsNamed(r.Params.Counts); r.Params.Counts != "" && err == nil {
		return p
	}
	return s.Population()
}

// bests are the legend of the best scenario.
func (r *Result) bests() (out []geodata.Class) {
	for i := range r.Scenarios {
		out = append(out, geodata.Class{Value: number(i), Label: r.Scenarios[i].Name, Colour: palette[i]})
	}
	return append(out, geodata.Class{Value: equal, Label: geodata.Text{Fr: "aucun n'est nettement meilleur", En: "none is clearly better"}, Colour: "#e6e6e6"})
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	rows := r.Scenarios[0].Communes
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Code
	}
	t := analyses.NewTable("compare_communes", geodata.Text{Fr: "Scénarios comparés par commune", En: "Scenarios compared by commune"}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return rows[i].Name.Fr })
	t.Amount("demand", r.unitOf(), r.publicOf(), func(i int) geodata.Amount { return rows[i].Demand })
	for k := range r.Scenarios {
		sc := &r.Scenarios[k]
		for w, bound := range r.Params.Within {
			m := coverage.InMinutes(bound)
			t.Amount("covered_"+bound.String()+"_"+number(k), r.unitOf(), with(sc.Name, "Public à "+m+" ou moins", "People within "+m), func(i int) geodata.Amount { return sc.Communes[i].Covered[w] })
			t.Real("share_"+bound.String()+"_"+number(k), "%", with(sc.Name, "Part à "+m+" ou moins", "Share within "+m), func(i int) (float64, bool) {
				share, ok := sc.Communes[i].Share(w)
				return 100 * share, ok
			})
		}
	}
	for d := range r.Differences {
		of := &r.Differences[d]
		r.changeColumns(t, of.Scenario, func(i int) *Change { return &of.Communes[i] })
	}
	return t.Layer
}

// changeColumns tells what a scenario changes for each row.
func (r *Result) changeColumns(t *analyses.Table, scenario int, of func(i int) *Change) {
	name, end := r.Scenarios[scenario].Name, "_"+number(scenario)
	for w, bound := range r.Params.Within {
		m := coverage.InMinutes(bound)
		t.Amount("gained_"+bound.String()+end, r.unitOf(), with(name, "Public désormais à "+m+" ou moins", "People newly within "+m), func(i int) geodata.Amount { return of(i).Gained[w] })
		t.Amount("lost_"+bound.String()+end, r.unitOf(), with(name, "Public qui n'est plus à "+m, "People no longer within "+m), func(i int) geodata.Amount { return of(i).Lost[w] })
	}
	for _, k := range kinds {
		t.Amount(k.Value+end, r.unitOf(), with(name, "Public "+k.Label.Fr, "People "+k.Label.En), func(i int) geodata.Amount { return of(i).amount(Kind(k.Value)) })
	}
}

// amount is that of a kind.
func (c *Change) amount(k Kind) geodata.Amount {
	switch k {
	case NewlyCovered:
		return c.NewlyCovered
	case Nearer:
		return c.Nearer
	case Farther:
		return c.Farther
	case NoLongerCovered:
		return c.NoLongerCovered
	}
	return c.Same
}

// scenarioTable has a row per scenario; what is a difference is absent from the first.
func (r *Result) scenarioTable() geodata.Layer {
	ids := make([]string, len(r.Scenarios))
	for i := range ids {
		ids[i] = number(i)
	}
	t := analyses.NewTable("compare_scenarios", geodata.Text{Fr: "Scénarios côte à côte", En: "Scenarios side by side"}, ids)
	at := func(i int) *Scenario { return &r.Scenarios[i] }
	t.Text("name", geodata.Text{Fr: "Scénario", En: "Scenario"}, func(i int) string { return at(i).Name.Fr })
	t.Int("facilities", "", geodata.Text{Fr: "Équipements comptés", En: "Facilities that count"}, func(i int) int64 { return int64(at(i).Facilities) })
	t.Amount("demand", r.unitOf(), r.publicOf(), func(i int) geodata.Amount { return at(i).Territory.Demand })
	for w, bound := range r.Params.Within {
		r.thresholdColumns(t, w, bound.String(), coverage.InMinutes(bound))
	}
	seconds := func(name, fr, en string, value func(row *coverage.Row) *float64) {
		t.Real(name, "s", geodata.Text{Fr: fr, En: en}, func(i int) (float64, bool) { return given(value(&at(i).Territory)) })
	}
	seconds("mean_seconds", "Temps moyen", "Mean time", func(row *coverage.Row) *float64 { return row.Mean })
	seconds("median_seconds", "Temps médian", "Median time", func(row *coverage.Row) *float64 { return row.Median })
	seconds("p90_seconds", "Temps de 9 personnes sur 10", "Time of nine in ten", func(row *coverage.Row) *float64 { return row.Spread.P90 })
	seconds("worst_tenth_seconds", "Temps moyen du dixième le moins bien desservi", "Mean time of the worst-served tenth", func(row *coverage.Row) *float64 { return row.Spread.Worst })
	t.Real("gini", "", geodata.Text{Fr: "Indice de Gini des temps", En: "Gini index of times"}, func(i int) (float64, bool) { return given(at(i).Territory.Spread.Gini) })
	t.Amount("unreachable", r.unitOf(), geodata.Text{Fr: "Public non desservi", En: "People not reached"}, func(i int) geodata.Amount { return at(i).Territory.Unreachable })
	t.Amount("off_network", r.unitOf(), geodata.Text{Fr: "Public loin de toute route", En: "People far from any road"}, func(i int) geodata.Amount { return at(i).Territory.OffNetwork })
	t.Amount("imputed", r.unitOf(), geodata.Text{Fr: "Public aux valeurs imputées", En: "People in imputed cells"}, func(i int) geodata.Amount { return at(i).Territory.Imputed })
	for _, k := range kinds {
		t.Real(k.Value, r.unitOf(), geodata.Text{Fr: "Public " + k.Label.Fr, En: "People " + k.Label.En}, func(i int) (float64, bool) {
			if i == 0 {
				return 0, false
			}
			return r.Differences[i-1].Territory.amount(Kind(k.Value)).Float(), true
		})
	}
	euros := func(name, fr, en string, of func(*Scenario) *geodata.Amount) {
		t.Real(name, "euros", geodata.Text{Fr: fr, En: en}, func(i int) (float64, bool) {
			if at(i).Cost == nil || of(at(i)) == nil {
				return 0, false
			}
			return of(at(i)).Float(), true
		})
	}
	euros("investment", "Investissement", "Investment", func(sc *Scenario) *geodata.Amount { return sc.Cost.Investment })
	euros("yearly", "Coût annuel", "Yearly cost", func(sc *Scenario) *geodata.Amount { return sc.Cost.Yearly })
	return t.Layer
}

// thresholdColumns are those of one threshold.
func (r *Result) thresholdColumns(t *analyses.Table, w int, name, m string) {
	at := func(i int) *Scenario { return &r.Scenarios[i] }
	t.Amount("covered_"+name, r.unitOf(), geodata.Text{Fr: "Public à " + m + " ou moins", En: "People within " + m}, func(i int) geodata.Amount { return at(i).Territory.Covered[w] })
	t.Real("share_"+name, "%", geodata.Text{Fr: "Part à " + m + " ou moins", En: "Share within " + m}, func(i int) (float64, bool) {
		share, ok := at(i).Territory.Share(w)
		return 100 * share, ok
	})
	t.Int("rank_"+name, "", geodata.Text{Fr: "Rang à " + m, En: "Rank within " + m}, func(i int) int64 { return int64(r.Ranks[w][i]) })
	change := func(prefix, unit, fr, en string, value func(d *Difference) float64) {
		t.Real(prefix+name, unit, geodata.Text{Fr: fr + m, En: en + m}, func(i int) (float64, bool) {
			if i == 0 {
				return 0, false
			}
			return value(&r.Differences[i-1]), true
		})
	}
	change("gained_", r.unitOf(), "Public gagné à ", "People gained within ", func(d *Difference) float64 { return d.Territory.Gained[w].Float() })
	change("lost_", r.unitOf(), "Public perdu à ", "People lost within ", func(d *Difference) float64 { return d.Territory.Lost[w].Float() })
	change("communes_gaining_", "", "Communes gagnantes à ", "Communes that gain within ", func(d *Difference) float64 { return float64(d.Gaining[w]) })
	change("communes_losing_", "", "Communes perdantes à ", "Communes that lose within ", func(d *Difference) float64 { return float64(d.Losing[w]) })
	euros := func(field, fr, en string, of func(*PerPerson) []*float64) {
		t.Real(field+name, "euros", geodata.Text{Fr: fr + m, En: en + m}, func(i int) (float64, bool) {
			if at(i).PerPerson == nil || of(at(i).PerPerson) == nil {
				return 0, false
			}
			return given(of(at(i).PerPerson)[w])
		})
	}
	euros("investment_per_newly_covered_", "Investissement par personne désormais à ", "Investment per person newly within ", func(p *PerPerson) []*float64 { return p.Investment })
	euros("yearly_per_newly_covered_", "Coût annuel par personne désormais à ", "Yearly cost per person newly within ", func(p *PerPerson) []*float64 { return p.Yearly })
	if r.Verdict == nil {
		return
	}
	v := &r.Verdict[w]
	t.Real("first_"+name, "%", geodata.Text{Fr: "Tirages où il est seul premier à " + m, En: "Draws in which it is alone first within " + m}, func(i int) (float64, bool) { return v.First[i], true })
	t.Amount("covered_low_"+name, r.unitOf(), geodata.Text{Fr: "Public à " + m + ", bas", En: "People within " + m + ", low"}, func(i int) geodata.Amount { return v.Covered[i].Low })
	t.Amount("covered_high_"+name, r.unitOf(), geodata.Text{Fr: "Public à " + m + ", haut", En: "People within " + m + ", high"}, func(i int) geodata.Amount { return v.Covered[i].High })
}

func given(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

// rankTable has a row per minute.
func (r *Result) rankTable() geodata.Layer {
	ids := make([]string, len(r.Minutes))
	for i := range ids {
		ids[i] = fmt.Sprintf("%dm", r.Minutes[i].Minutes)
	}
	t := analyses.NewTable("compare_ranks", geodata.Text{Fr: "Rang des scénarios selon le seuil", En: "Rank of the scenarios by threshold"}, ids)
	t.Int("minutes", "", geodata.Text{Fr: "Minutes", En: "Minutes"}, func(i int) int64 { return int64(r.Minutes[i].Minutes) })
	t.Text("first", geodata.Text{Fr: "En tête", En: "First"}, func(i int) string {
		var ahead []string
		for _, k := range first(r.Minutes[i].Ranks) {
			ahead = append(ahead, number(k))
		}
		return strings.Join(ahead, ", ")
	})
	for k := range r.Scenarios {
		name := r.Scenarios[k].Name
		t.Amount("covered_"+number(k), r.unitOf(), with(name, "Public desservi", "People covered"), func(i int) geodata.Amount { return r.Minutes[i].Covered[k] })
		t.Int("rank_"+number(k), "", with(name, "Rang", "Rank"), func(i int) int64 { return int64(r.Minutes[i].Ranks[k]) })
	}
	return t.Layer
}
