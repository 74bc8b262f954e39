package needs

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: needs_communes (the first), and the tables
// needs_years, needs_observed and, where asked for, needs_coverage and needs_backtest.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	out := analyses.Result{Name: "needs", Title: geodata.Text{Fr: "Besoins au fil des ans", En: "Needs over the years"}, Provenance: r.Provenance,
		Layers: []geodata.Layer{r.communeLayer(s), r.yearLayer(s), r.observedLayer()}}
	if r.Coverage != nil {
		out.Layers = append(out.Layers, r.coverageLayer())
	}
	if r.Backtest != nil {
		out.Layers = append(out.Layers, r.backtestLayer())
	}
	return out
}

func text(fr, en string) geodata.Text { return geodata.Text{Fr: fr, En: en} }

var variantLabels = map[string]geodata.Text{low: text("basse", "low"), central: text("centrale", "central"), high: text("haute", "high")}

// changeClasses colour the change of a commune's population, from fewer to more;
// each holds below its bound, in per cent.
var changeClasses = []struct {
	below float64
	geodata.Class
}{
	{-10, geodata.Class{Value: "falls_10", Label: text("baisse de plus de 10 %", "falls by more than 10 %"), Colour: "#b2182b"}},
	{-2, geodata.Class{Value: "falls", Label: text("baisse de 2 à 10 %", "falls by 2 to 10 %"), Colour: "#ef8a62"}},
	{2, geodata.Class{Value: "stable", Label: text("stable à 2 % près", "within 2 %"), Colour: "#f7f7f7"}},
	{10, geodata.Class{Value: "grows", Label: text("hausse de 2 à 10 %", "grows by 2 to 10 %"), Colour: "#67a9cf"}},
	{1e9, geodata.Class{Value: "grows_10", Label: text("hausse de plus de 10 %", "grows by more than 10 %"), Colour: "#2166ac"}},
}

// communeLayer compares the base with the last year; the map shows the central
// variant, or the first asked for.
func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	years := r.Params.To - r.Base + 1
	each := years * len(r.Params.Variants) // rows of a commune
	shown := max(0, slices.Index(r.Params.Variants, central))
	first := func(i int) Row { return r.Communes[i*each] }
	last := func(i, variant int) Row { return r.Communes[i*each+(variant+1)*years-1] }
	ids := make([]string, len(r.Communes)/each)
	for i := range ids {
		ids[i] = first(i).Code
	}
	t := analyses.NewTable("needs_communes", text("Population et besoins par commune", "Population and needs by commune"), ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", text("Commune", "Commune"), func(i int) string { return first(i).Name })
	base, to := fmt.Sprint(r.Base), fmt.Sprint(r.Params.To)
	t.Amount("population_"+base, "persons", text("Habitants en "+base, "Inhabitants in "+base), func(i int) geodata.Amount { return first(i).Population })
	for v, name := range r.Params.Variants {
		l := variantLabels[name]
		t.Amount("population_"+to+"_"+name, "persons", text("Habitants en "+to+", hypothèse "+l.Fr, "Inhabitants in "+to+", "+l.En), func(i int) geodata.Amount { return last(i, v).Population })
	}
	for _, g := range groups {
		t.Amount(g.name+"_"+base, "persons", text(g.label.Fr+" en "+base, g.label.En+" in "+base), func(i int) geodata.Amount { return g.of(first(i)) })
		t.Amount(g.name+"_"+to, "persons", text(g.label.Fr+" en "+to, g.label.En+" in "+to), func(i int) geodata.Amount { return g.of(last(i, shown)) })
	}
	change := func(i int) (float64, bool) {
		p := percentOff(last(i, shown).Population, first(i).Population)
		if p == nil {
			return 0, false
		}
		return *p, true
	}
	t.Real("change", "%", text("Évolution de "+base+" à "+to, "Change from "+base+" to "+to), change)
	t.Text("class", text("Classe", "Class"), func(i int) string {
		v, _ := change(i)
		for _, c := range changeClasses {
			if v < c.below {
				return c.Value
			}
		}
		return ""
	})
	var classes []geodata.Class
	for _, c := range changeClasses {
		classes = append(classes, c.Class)
	}
	t.Colour("class", classes...)
	return t.Layer
}

// groups are the ages of a Row.
var groups = []struct {
	name  string
	label geodata.Text
	of    func(Row) geodata.Amount
}{
	{"ages_0_2", text("Moins de 3 ans", "Under 3"), func(r Row) geodata.Amount { return r.Under3 }},
	{"ages_3_5", text("3-5 ans (maternelle)", "Ages 3-5 (nursery school)"), func(r Row) geodata.Amount { return r.Nursery }},
	{"ages_6_10", text("6-10 ans (élémentaire)", "Ages 6-10 (primary school)"), func(r Row) geodata.Amount { return r.Primary }},
	{"ages_11_14", text("11-14 ans (collège)", "Ages 11-14 (lower secondary)"), func(r Row) geodata.Amount { return r.Lower }},
	{"ages_15_17", text("15-17 ans (lycée)", "Ages 15-17 (upper secondary)"), func(r Row) geodata.Amount { return r.Upper }},
	{"ages_65_over", text("65 ans et plus", "65 and over"), func(r Row) geodata.Amount { return r.From65 }},
	{"ages_80_over", text("80 ans et plus", "80 and over"), func(r Row) geodata.Amount { return r.From80 }},
}

// yearLayer is every row, the territory first.
func (r *Result) yearLayer(s *geodata.Snapshot) geodata.Layer {
	rows := append(slices.Clone(r.Territory), r.Communes...)
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = fmt.Sprintf("%s-%s-%d", row.Code, row.Variant, row.Year)
	}
	t := analyses.NewTable("needs_years", text("Population et besoins année par année", "Population and needs year by year"), ids)
	t.Text("code", text("Code", "Code"), func(i int) string { return rows[i].Code })
	t.Text("name", text("Nom", "Name"), func(i int) string { return rows[i].Name })
	t.Text("variant", text("Hypothèse", "Variant"), func(i int) string { return rows[i].Variant })
	t.Text("year", text("Année (1er janvier)", "Year (1 January)"), func(i int) string { return fmt.Sprint(rows[i].Year) })
	t.Amount("population", "persons", text("Habitants", "Inhabitants"), func(i int) geodata.Amount { return rows[i].Population })
	t.Amount("births", "persons", text("Naissances des douze mois précédents", "Births in the twelve months before"), func(i int) geodata.Amount { return rows[i].Births })
	t.Amount("deaths", "persons", text("Décès des douze mois précédents", "Deaths in the twelve months before"), func(i int) geodata.Amount { return rows[i].Deaths })
	t.Amount("net_migration", "persons", text("Solde migratoire des douze mois précédents", "Net migration in the twelve months before"), func(i int) geodata.Amount { return rows[i].Migration })
	for _, g := range groups {
		t.Amount(g.name, "persons", g.label, func(i int) geodata.Amount { return g.of(rows[i]) })
	}
	for k, id := range r.Services {
		label := text(id, id)
		if service, err := s.Catalogue().Service(id); err == nil {
			label = text("Public : "+service.Label.Fr, "Demand: "+service.Label.In("en"))
		}
		t.Amount("demand_"+id, "persons", label, func(i int) geodata.Amount { return rows[i].Demand[k] })
	}
	return t.Layer
}

func (r *Result) observedLayer() geodata.Layer {
	ids := make([]string, len(r.Observed))
	for i, o := range r.Observed {
		ids[i] = fmt.Sprintf("%s-%d", o.Commune, o.Year)
	}
	t := analyses.NewTable("needs_observed", text("Recensements passés", "Past censuses"), ids)
	t.Text("code", text("Code", "Code"), func(i int) string { return r.Observed[i].Commune })
	t.Text("year", text("Année", "Year"), func(i int) string { return fmt.Sprint(r.Observed[i].Year) })
	t.Amount("population", "persons", text("Habitants", "Inhabitants"), func(i int) geodata.Amount { return r.Observed[i].Persons })
	t.Int("age_ranges", "", text("Tranches d'âge connues", "Age ranges known"), func(i int) int64 { return int64(r.Observed[i].Ranges) })
	return t.Layer
}

func (r *Result) coverageLayer() geodata.Layer {
	c := r.Coverage
	rows := append(slices.Clone(c.Territory), c.Communes...)
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = fmt.Sprintf("%s-%s-%d", row.Code, row.Variant, row.Year)
	}
	t := analyses.NewTable("needs_coverage", text("Couverture année par année, aux temps de trajet d'aujourd'hui", "Coverage year by year, at today's travel times"), ids)
	t.Text("code", text("Code", "Code"), func(i int) string { return rows[i].Code })
	t.Text("variant", text("Hypothèse", "Variant"), func(i int) string { return rows[i].Variant })
	t.Text("year", text("Année (1er janvier)", "Year (1 January)"), func(i int) string { return fmt.Sprint(rows[i].Year) })
	t.Amount("demand", "persons", text("Public", "People concerned"), func(i int) geodata.Amount { return rows[i].Demand })
	for w, within := range c.Within {
		t.Amount("covered_"+within.String(), "persons", text("Public à "+within.String()+" ou moins", "People within "+within.String()), func(i int) geodata.Amount { return rows[i].Covered[w] })
		t.Real("share_"+within.String(), "%", text("Part à "+within.String()+" ou moins", "Share within "+within.String()), func(i int) (float64, bool) { return deref(rows[i].Share[w]) })
	}
	t.Amount("unplaced", "persons", text("Public de communes sans carreau habité", "People of communes without an inhabited cell"), func(i int) geodata.Amount { return rows[i].Unplaced })
	return t.Layer
}

func (r *Result) backtestLayer() geodata.Layer {
	b := r.Backtest
	rows := append([]BacktestRow{b.Territory}, b.Communes...)
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Code
	}
	t := analyses.NewTable("needs_backtest", text(fmt.Sprintf("Projection de %d comparée à %d", b.From, b.To), fmt.Sprintf("Projection from %d compared with %d", b.From, b.To)), ids)
	t.Text("name", text("Nom", "Name"), func(i int) string { return rows[i].Name })
	t.Amount("start", "persons", text(fmt.Sprintf("Habitants en %d", b.From), fmt.Sprintf("Inhabitants in %d", b.From)), func(i int) geodata.Amount { return rows[i].Start })
	t.Amount("projected", "persons", text(fmt.Sprintf("Habitants projetés en %d", b.To), fmt.Sprintf("Projected inhabitants in %d", b.To)), func(i int) geodata.Amount { return rows[i].Projected })
	t.Amount("observed", "persons", text(fmt.Sprintf("Habitants recensés en %d", b.To), fmt.Sprintf("Counted inhabitants in %d", b.To)), func(i int) geodata.Amount { return rows[i].Observed })
	t.Real("error", "%", text("Erreur", "Error"), func(i int) (float64, bool) { return deref(rows[i].Percent) })
	return t.Layer
}

func deref(f *float64) (float64, bool) {
	if f == nil {
		return 0, false
	}
	return *f, true
}
