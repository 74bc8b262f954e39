package study

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses/capacity"
	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/tours"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// Rows of a table on the page, at most; the files have all.
const (
	mostRows   = 60
	mostLosses = 12
)

// fill writes the answers to a question: those of the analyses that studies mostly ask in
// words of their own, the others as their layers.
func (b *builder) fill(s *section, all []numbered) {
	for _, a := range all {
		switch r := a.Result.(type) {
		case *compare.Result:
			b.compared(s, a, r)
		case *siting.Result:
			b.sited(s, a, r)
		case *siting.Sensitivity:
			b.varied(s, a, r)
		case *tours.Result:
			b.toured(s, a, r)
		case *capacity.Result, *coverage.Result, *itinerant.Result:
		default:
			b.layers(s, a)
		}
	}
	switch first := all[0].Result.(type) {
	case *capacity.Result:
		b.sideBySide(s, all, capacityRows)
	case *coverage.Result:
		b.sideBySide(s, all, coverageRows)
	case *itinerant.Result:
		s.Said = append(s.Said, said{Text: b.say("Trajets ", "Journeys ") + b.mode(first.Params.Mode) + "."})
		b.sideBySide(s, all, itinerantRows)
	}
}

// indicator is a line of a table side by side: a label and a text per column.
type indicator struct {
	label string
	value func(i int) string
}

// columns makes a table with a column for each of some things, from their indicators.
func columns(caption string, runs []int, heads []string, run func(i int) int, rows []indicator) table {
	t := table{Caption: caption, Runs: runs, Head: []cell{{}}}
	for i, h := range heads {
		t.Head = append(t.Head, numberCell(run(i), h))
	}
	for _, r := range rows {
		line := []cell{{Text: r.label}}
		for i := range heads {
			line = append(line, numberCell(run(i), r.value(i)))
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// threshold is which of a comparison's counts: the verdict's, or else the middle one.
func (b *builder) threshold(a numbered, r *compare.Result) int {
	if b.decision != nil && b.Study.Verdict.Of == a.Question.ID {
		if w := slices.Index(r.Params.Within, b.decision.Within); w >= 0 {
			return w
		}
	}
	return len(r.Params.Within) / 2
}

// compared shows indicators side by side, then who gains and who loses.
func (b *builder) compared(s *section, a numbered, r *compare.Result) {
	at := b.threshold(a, r)
	for _, c := range r.Conclusion[:min(len(r.Conclusion), len(r.Params.Within))] { // who leads at other minutes the verdict tells
		s.Said = append(s.Said, said{c.In(b.lang), []int{a.n}})
	}
	var heads []string
	for i := range r.Scenarios {
		heads = append(heads, r.Scenarios[i].Name.In(b.lang))
	}
	caption := fmt.Sprintf(b.say("Les scénarios côte à côte (%s, %s)", "Side by side (%s, %s)"), b.people(publicOf(r)), b.mode(r.Params.Mode))
	s.Tables = append(s.Tables, columns(caption, []int{a.n}, heads, func(int) int { return a.n }, b.indicators(a, r, at)))
	for d := range r.Differences {
		s.Figures = append(s.Figures, b.changes(a, r, d, at))
	}
	s.Tables = append(s.Tables, b.gains(a, r, at))
}

func publicOf(r *compare.Result) geodata.Text {
	if r.Public != nil {
		return *r.Public
	}
	return r.Service.Public
}

// indicators are those of a comparison.
func (b *builder) indicators(a numbered, r *compare.Result, at int) (rows []indicator) {
	add := func(fr, en string, value func(i int) string) { rows = append(rows, indicator{b.say(fr, en), value}) }
	row := func(i int) *coverage.Row { return &r.Scenarios[i].Territory }
	add("Équipements comptés", "Facilities that count", func(i int) string { return b.number(float64(r.Scenarios[i].Facilities), 0) })
	for w, bound := range r.Params.Within {
		m := coverage.InMinutes(bound)
		add("À "+m+" ou moins", "Within "+m, func(i int) string {
			return b.whole(row(i).Covered[w]) + " (" + b.share(row(i).Covered[w], row(i).Demand) + ")"
		})
	}
	m := coverage.InMinutes(r.Params.Within[at])
	add("Désormais à "+m+" (par rapport à aujourd'hui)", "Newly within "+m+" (against today)", func(i int) string { return b.whole(r.Scenarios[i].NewlyCovered[at]) })
	if b.decision != nil && b.decision.Best != nil && b.Study.Verdict.Of == a.Question.ID {
		add("Écart au meilleur choix, à "+m, "Behind the best choice, within "+m, func(i int) string { return b.whole(*b.decision.Best - row(i).Covered[at]) })
	}
	add("Temps moyen", "Mean time", func(i int) string { return b.seconds(row(i).Mean) })
	add("Temps de neuf personnes sur dix", "Time of nine in ten", func(i int) string { return b.seconds(spread(row(i)).P90) })
	add("Temps moyen du dixième le moins bien desservi", "Mean time of the worst-served tenth", func(i int) string { return b.seconds(spread(row(i)).Worst) })
	add("Inégalité des temps (indice de Gini, 0 = tous égaux)", "Inequality of times (Gini index, 0 = all equal)", func(i int) string {
		if g := spread(row(i)).Gini; g != nil {
			return b.number(*g, 3)
		}
		return "–"
	})
	add("Communes qui gagnent, qui perdent (à "+m+")", "Communes gaining, losing (within "+m+")", func(i int) string {
		if i == 0 {
			return "–"
		}
		d := r.Differences[i-1]
		return fmt.Sprintf("%d, %d", d.Gaining[at], d.Losing[at])
	})
	if r.Verdict != nil {
		add("Seul en tête à "+m+", part des tirages de vitesses", "Alone first within "+m+", share of the draws", func(i int) string { return b.percent(r.Verdict[at].First[i]) })
	}
	if slices.ContainsFunc(r.Scenarios, func(s compare.Scenario) bool { return s.Cost != nil }) {
		b.costs(r, at, add)
	}
	return rows
}

func spread(row *coverage.Row) coverage.Spread {
	if row.Spread == nil {
		return coverage.Spread{}
	}
	return *row.Spread
}

// costs are the indicators of what scenarios cost.
func (b *builder) costs(r *compare.Result, at int, add func(fr, en string, value func(i int) string)) {
	euros := func(v *geodata.Amount) string {
		if v == nil {
			return "–"
		}
		return b.whole(*v) + "\u00a0€"
	}
	each := func(v []*float64) string {
		if len(v) == 0 || v[at] == nil {
			return "–"
		}
		return b.number(*v[at], 0) + "\u00a0€"
	}
	add("Investissement", "Investment", func(i int) string {
		if c := r.Scenarios[i].Cost; c != nil {
			return euros(c.Investment)
		}
		return "–"
	})
	add("Fonctionnement par an", "Running costs a year", func(i int) string {
		if c := r.Scenarios[i].Cost; c != nil {
			return euros(c.Yearly)
		}
		return "–"
	})
	add("Investissement par personne nouvellement desservie", "Investment for each newly covered", func(i int) string {
		if p := r.Scenarios[i].PerPerson; p != nil {
			return each(p.Investment)
		}
		return "–"
	})
}

// gains is who gains and loses by commune, at a threshold, against the first scenario.
// Who loses has no column where nobody does.
func (b *builder) gains(a numbered, r *compare.Result, at int) table {
	m := coverage.InMinutes(r.Params.Within[at])
	first := r.Scenarios[0].Name
	t := table{Runs: []int{a.n}, Caption: fmt.Sprintf(b.say("Qui gagne, qui perd : à %s ou moins, par rapport à %s", "Who gains, who loses: within %s, against %s"), m, b.quoted(first)),
		Head: []cell{{Text: b.say("Commune", "Commune")}, {Text: b.say("Public", "People"), Class: "n"}, {Text: b.quoted(first), Class: "n"}}}
	for _, d := range r.Differences {
		name := b.quoted(r.Scenarios[d.Scenario].Name)
		t.Head = append(t.Head, cell{Text: name + b.say(" : gagnent", ": gain"), Class: "n"})
		if d.Territory.Lost[at] != 0 {
			t.Head = append(t.Head, cell{Text: name + b.say(" : perdent", ": lose"), Class: "n"})
		}
	}
	line := func(name string, base *coverage.Row, change func(d *compare.Difference) *compare.Change) (cells []cell, any bool) {
		cells = []cell{{Text: name}, numberCell(a.n, b.whole(base.Demand)), numberCell(a.n, b.whole(base.Covered[at]))}
		for k := range r.Differences {
			d := &r.Differences[k]
			c := change(d)
			any = any || c.Gained[at] != 0 || c.Lost[at] != 0
			cells = append(cells, coloured(a.n, b.signed(c.Gained[at]), "gain"))
			if d.Territory.Lost[at] != 0 {
				cells = append(cells, coloured(a.n, b.signed(-c.Lost[at]), "loss"))
			}
		}
		return cells, any
	}
	same := 0
	for i := range r.Scenarios[0].Communes {
		base := &r.Scenarios[0].Communes[i]
		cells, any := line(base.Name.In(b.lang), base, func(d *compare.Difference) *compare.Change { return &d.Communes[i] })
		if !any {
			same++
			continue
		}
		t.Rows = append(t.Rows, cells)
	}
	total, _ := line(b.say("Ensemble", "All"), &r.Scenarios[0].Territory, func(d *compare.Difference) *compare.Change { return &d.Territory })
	total[0].Class = "total"
	t.Rows = append(t.Rows, total)
	switch {
	case same == 1:
		t.Below = b.say("Une commune sans changement à ce seuil n'est pas dans la liste, mais dans le total.", "One commune without a change at this threshold is not listed, but is in the total.")
	case same > 1:
		t.Below = fmt.Sprintf(b.say("%d communes sans changement à ce seuil ne sont pas dans la liste, mais dans le total.", "%d communes without a change at this threshold are not listed, but are in the total."), same)
	}
	return t
}

// coloured is a change, coloured where there is one.
func coloured(run int, text, class string) cell {
	c := numberCell(run, text)
	if text != "0" {
		c.Class += " " + class
	}
	return c
}

// objective writes what a plan is worth, in words.
func (b *builder) objective(r *siting.Result, v float64) string {
	switch r.Model {
	case siting.MCLP:
		return b.number(v, 0) + " " + b.people(r.Public)
	case siting.PMedian:
		return b.number(v/3600, 0) + " " + b.say("heures de trajet (toutes personnes)", "hours of travel (of all people)")
	case siting.LSCP:
		return b.number(v, 0) + " " + b.say("lieux", "places")
	}
	return b.seconds(&v)
}

// sited shows the best places, their proof and what other places cost.
func (b *builder) sited(s *section, a numbered, r *siting.Result) {
	runs := []int{a.n}
	say := func(text string) { s.Said = append(s.Said, said{text, runs}) }
	if r.Objective == nil {
		say(b.say("Il n'y a pas de plan : ", "There is no plan: ") + r.Why)
		return
	}
	text := fmt.Sprintf(b.say("Le meilleur choix parmi %d lieux possibles : %s, soit %s", "The best choice among %d possible places: %s, that is %s"), r.Candidates, b.list(placeNames(r)), b.objective(r, *r.Objective))
	if r.Model == siting.MCLP || r.Model == siting.LSCP {
		text += fmt.Sprintf(b.say(" à %s ou moins %s", " within %s %s"), coverage.InMinutes(*r.Params.Within), b.mode(r.Params.Mode))
	}
	if r.Today != nil {
		text += fmt.Sprintf(b.say(", contre %s si rien n'ouvre", ", against %s if nothing opens"), b.objective(r, *r.Today))
	}
	say(text + ".")
	if r.Status == optimise.Optimal {
		say(b.say("Preuve : tous les autres choix ont été écartés par le calcul ; aucun ne fait mieux.", "Proof: all other choices were ruled out; none does better."))
	} else if r.Gap != nil {
		say(fmt.Sprintf(b.say("Sans preuve : un autre choix pourrait faire mieux, de %s au plus.", "Not proven: another choice might be better, by %s at most."), b.percent(100**r.Gap)))
	}
	if len(r.Losses) > 0 {
		s.Tables = append(s.Tables, b.losses(a, r))
	}
}

// losses is what each other place costs, least first.
func (b *builder) losses(a numbered, r *siting.Result) table {
	t := table{Runs: []int{a.n}, Caption: b.say("Ce que coûte un autre lieu : le mieux possible si on l'impose", "What another place costs: the best there is if it is imposed"), Head: []cell{{Text: b.say("Lieu imposé", "Place imposed")}}}
	elsewhere := slices.ContainsFunc(r.Losses, func(l siting.Loss) bool { return l.Name != b.commune(l.Commune) })
	if elsewhere { // places called otherwise than their communes
		t.Head = append(t.Head, cell{Text: b.say("Commune", "Commune")})
	}
	result := b.say("Résultat", "Result")
	if r.Model == siting.MCLP {
		result += " (" + b.people(r.Public) + ")"
	}
	for _, h := range []string{result, b.say("Perte", "Loss"), b.say("en %", "in %")} {
		t.Head = append(t.Head, cell{Text: h, Class: "n"})
	}
	losses := slices.Clone(r.Losses)
	slices.SortStableFunc(losses, func(x, y siting.Loss) int {
		switch {
		case x.Loss == nil || y.Loss == nil:
			return cmp.Compare(boolean(x.Loss == nil), boolean(y.Loss == nil))
		default:
			return cmp.Compare(*x.Loss, *y.Loss)
		}
	})
	for i, l := range losses {
		if i == mostLosses {
			t.Below = fmt.Sprintf(b.say("Et %d autres lieux, qui coûtent plus : tous sont dans les fichiers.", "And %d other places, which cost more: the files have all of them."), len(losses)-i)
			break
		}
		line := []cell{{Text: cmp.Or(l.Name, l.ID)}}
		if elsewhere {
			line = append(line, cell{Text: b.commune(l.Commune)})
		}
		if l.Loss == nil || l.Objective == nil {
			t.Rows = append(t.Rows, append(line, cell{Text: b.say("aucun plan", "no plan"), Class: "n"}, cell{Text: "–", Class: "n"}, cell{Text: "–", Class: "n"}))
			continue
		}
		part := "–"
		if *r.Objective != 0 {
			part = b.number(100**l.Loss / *r.Objective, 1) + b.say("\u202f%", "%")
		}
		t.Rows = append(t.Rows, append(line, numberCell(a.n, strings.TrimSuffix(b.objective(r, *l.Objective), " "+b.people(r.Public))), numberCell(a.n, b.lossOf(r, *l.Loss)), numberCell(a.n, part)))
	}
	return t
}

// lossOf writes a loss; nothing is a place in a plan as good.
func (b *builder) lossOf(r *siting.Result, v float64) string {
	switch {
	case v <= 1e-9**r.Objective:
		return b.say("aucune", "none")
	case r.Model == siting.MCLP || r.Model == siting.LSCP:
		return b.number(v, 0)
	case r.Model == siting.PMedian:
		return b.number(v/3600, 0) + "\u00a0h"
	}
	return b.seconds(&v)
}

func boolean(v bool) int {
	if v {
		return 1
	}
	return 0
}

// commune is the name of a code.
func (b *builder) commune(code string) string {
	if c, ok := b.Territory.Commune(code); ok {
		return c.Name
	}
	return code
}

// varied shows a sensitivity as a grid: modes and years down, thresholds across.
func (b *builder) varied(s *section, a numbered, r *siting.Sensitivity) {
	runs := []int{a.n}
	same := 0
	names := map[string]string{}
	for _, c := range r.Chosen {
		names[c.ID] = cmp.Or(c.Name, c.ID)
	}
	for _, v := range r.Variants {
		if v.Same {
			same++
		}
	}
	plan := b.list(each(r.Opens, func(id string) string { return cmp.Or(names[id], id) }))
	s.Said = append(s.Said, said{fmt.Sprintf(b.say("Le choix de référence (%s) reste le meilleur dans %d des %d cas essayés.", "The choice of reference (%s) stays the best in %d of the %d cases tried."), plan, same, len(r.Variants)), runs})
	t := table{Runs: runs, Caption: b.say("Le meilleur choix selon les hypothèses, et ce que perd le choix de référence", "The best choice by assumptions, and what the choice of reference loses"), Head: []cell{{}}}
	for _, bound := range r.Params.Thresholds {
		t.Head = append(t.Head, cell{Text: coverage.InMinutes(bound)})
	}
	wide := len(r.Params.Thresholds)
	for at := 0; at+wide <= len(r.Variants); at += wide {
		v := r.Variants[at]
		label := b.mode(v.Mode)
		if v.Year != 0 {
			label += fmt.Sprintf(b.say(", habitants de %d", ", people of %d"), v.Year)
		}
		line := []cell{{Text: label}}
		for _, v := range r.Variants[at : at+wide] {
			line = append(line, b.variant(a, r, v, names))
		}
		t.Rows = append(t.Rows, line)
	}
	s.Tables = append(s.Tables, t)
}

// variant is a cell of the grid.
func (b *builder) variant(a numbered, r *siting.Sensitivity, v siting.Variant, names map[string]string) cell {
	if v.Objective == nil {
		return cell{Text: b.say("aucun plan", "no plan")}
	}
	opens := b.list(each(v.Opens, func(id string) string { return cmp.Or(names[id], id) }))
	switch {
	case v.Same && slices.Equal(v.Opens, r.Opens):
		return cell{Text: b.say("même choix", "same choice"), Run: a.n, Class: "same"}
	case v.Same:
		return cell{Text: fmt.Sprintf(b.say("aussi bon que %s", "as good as %s"), opens), Run: a.n, Class: "same"}
	case v.Loss == nil:
		return cell{Text: opens, Run: a.n, Class: "other"}
	}
	return cell{Text: fmt.Sprintf(b.say("%s (perte : %s)", "%s (loss: %s)"), opens, b.lossOf(r.Question, *v.Loss)), Run: a.n, Class: "other"}
}

// sideBySide is one table of the same question in several scenarios.
func (b *builder) sideBySide(s *section, all []numbered, rows func(b *builder, all []numbered) []indicator) {
	var heads []string
	for _, a := range all {
		heads = append(heads, b.scenarioName(a.In[0]))
	}
	s.Tables = append(s.Tables, columns(b.say("Selon le scénario", "By scenario"), nil, heads, func(i int) int { return all[i].n }, rows(b, all)))
}

func capacityRows(b *builder, all []numbered) (rows []indicator) {
	of := func(i int) *capacity.Row { return &all[i].Result.(*capacity.Result).Territory }
	add := func(fr, en string, value func(r *capacity.Row) string) {
		rows = append(rows, indicator{b.say(fr, en), func(i int) string { return value(of(i)) }})
	}
	add("Public", "People", func(r *capacity.Row) string { return b.whole(r.Demand) })
	add("Places", "Places", func(r *capacity.Row) string { return b.whole(r.Places) })
	add("Places pour 100 personnes du public", "Places for 100 of the people", func(r *capacity.Row) string {
		if r.Rate == nil {
			return "–"
		}
		return b.number(*r.Rate, 1)
	})
	add("Ont une place à portée", "Have a place within reach", func(r *capacity.Row) string { return b.whole(r.Placed) })
	add("Restent sans place", "Are left without", func(r *capacity.Row) string { return b.whole(r.LeftOver) })
	add("Temps moyen de qui a une place", "Mean time of who has one", func(r *capacity.Row) string { return b.seconds(r.Mean) })
	return rows
}

func coverageRows(b *builder, all []numbered) (rows []indicator) {
	of := func(i int) *coverage.Result { return all[i].Result.(*coverage.Result) }
	add := func(label string, value func(r *coverage.Result) string) {
		rows = append(rows, indicator{label, func(i int) string { return value(of(i)) }})
	}
	add(b.say("Public", "People"), func(r *coverage.Result) string { return b.whole(r.Territory.Demand) })
	for k, bound := range of(0).Params.Within {
		m := coverage.InMinutes(bound)
		add(b.say("À "+m+" ou moins", "Within "+m), func(r *coverage.Result) string {
			return b.whole(r.Territory.Covered[k]) + " (" + b.share(r.Territory.Covered[k], r.Territory.Demand) + ")"
		})
	}
	add(b.say("Temps moyen", "Mean time"), func(r *coverage.Result) string { return b.seconds(r.Territory.Mean) })
	return rows
}

// layers shows an answer's short layers as tables, whatever the analysis.
func (b *builder) layers(s *section, a numbered) {
	for i := range a.Layers.Layers {
		l := &a.Layers.Layers[i]
		if len(l.IDs) == 0 || len(l.IDs) > mostRows || strings.HasSuffix(l.Name, "_cells") {
			continue
		}
		caption := l.Title.In(b.lang)
		if len(a.Question.In) > 1 {
			caption += b.say(" : ", ": ") + b.scenarioName(a.In[0])
		}
		s.Tables = append(s.Tables, b.layer(a, l, caption))
	}
}

// serviceOr is the label of a service, or the text where it is none.
func (b *builder) serviceOr(text string) string {
	if service, err := b.Territory.Catalogue().Service(text); err == nil {
		return service.Label.In(b.lang)
	}
	return text
}

// layer is one as a table, its name first, or else its id.
func (b *builder) layer(a numbered, l *geodata.Layer, caption string) table {
	t := table{Caption: caption, Runs: []int{a.n}, Head: []cell{{}}}
	name := l.Field("name")
	if name != nil {
		t.Head[0].Text = name.Label.In(b.lang)
	}
	for k := range l.Fields {
		if f := &l.Fields[k]; f.Name != "name" {
			head := cell{Text: b.headOf(f)}
			if f.Name == "commune" { // told by its name
				head.Text = b.say("Commune", "Commune")
			}
			if f.Kind == geodata.Integer || f.Kind == geodata.Real {
				head.Class = "n"
			}
			t.Head = append(t.Head, head)
		}
	}
	for i, id := range l.IDs {
		first := b.serviceOr(id)
		if name != nil {
			if first, _ = b.value(l, name, i); first == "" {
				first = id
			}
		}
		line := []cell{{Text: first}}
		for k := range l.Fields {
			f := &l.Fields[k]
			if f.Name == "name" {
				continue
			}
			text, number := b.value(l, f, i)
			switch {
			case number:
				line = append(line, numberCell(a.n, text))
			case f.Name == "commune":
				line = append(line, cell{Text: b.commune(text)})
			default:
				line = append(line, cell{Text: b.serviceOr(text)})
			}
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
