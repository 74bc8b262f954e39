package study

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/tours"
)

// toured shows the weeks of a tour, whom they serve, and what they cost.
func (b *builder) toured(s *section, a numbered, r *tours.Result) {
	runs := []int{a.n}
	say := func(text string) { s.Said = append(s.Said, said{text, runs}) }
	m, at := coverage.InMinutes(*r.Params.Within), len(r.People.Territory.Gain)-1
	people := &r.People.Territory
	say(fmt.Sprintf(b.say("À %s ou moins %s, la tournée apporte %s personnes-heures par semaine, en plus des %s des sites fixes ; %s %s sur %s ont un site ou un arrêt à portée.",
		"Within %s %s, the tour brings %s person-hours a week, beside the %s of the fixed sites; %s %s of %s have a site or stop within reach."),
		m, b.mode(r.Params.Mode), b.whole(people.Gain[at]), b.whole(people.Fixed[at]), b.whole(people.Served[at]), b.people(r.Public), b.whole(people.Demand)))
	say(tours.Proof(r, b.lang))
	for _, x := range r.Missing {
		say(x.What.In(b.lang))
	}
	for _, week := range tours.Weeks(r, b.lang) {
		s.Tables = append(s.Tables, b.week(a, week))
	}
	c := r.Cost
	s.Tables = append(s.Tables, table{Runs: runs, Caption: b.say("Ce que coûte une semaine", "What a week costs"),
		Head: []cell{{}, {Text: b.say("Par semaine", "A week"), Class: "n"}}, Rows: [][]cell{
			{{Text: b.say("Heures d'ouverture", "Hours open")}, numberCell(a.n, b.number(c.OpenHours, 1)+"\u00a0h")},
			{{Text: b.say("Heures d'équipe, du départ au retour", "Hours of crew, from leaving to being back")}, numberCell(a.n, b.number(c.CrewHours, 1)+"\u00a0h")},
			{{Text: b.say("Distance", "Distance")}, numberCell(a.n, b.number(c.Km, 0)+"\u00a0km")},
			{{Text: b.say("Personnes-heures gagnées pour une heure d'équipe", "Person-hours gained for an hour of crew")}, numberCell(a.n, b.whole(c.GainPerHour))},
		}})
	svg := strings.NewReplacer(`"map-t map-d"`, fmt.Sprintf(`"map-%d-t map-%[1]d-d"`, a.n), `id="map-t"`, fmt.Sprintf(`id="map-%d-t"`, a.n), `id="map-d"`, fmt.Sprintf(`id="map-%d-d"`, a.n)).
		Replace(string(tours.Map(r, b.lang)))
	if svg != "" {
		s.Figures = append(s.Figures, figure{SVG: template.HTML(svg), Caption: b.say("Arrêts et trajets", "Stops and drives"), Runs: runs}) //nolint:gosec // by package tours, which escapes its texts
	}
}

// week is one as a table: a visit a row.
func (b *builder) week(a numbered, x tours.Week) table {
	t := table{Caption: x.Title, Runs: []int{a.n}, Head: []cell{{Text: b.say("Jour", "Day")}, {Text: b.say("Horaires", "Hours")}, {Text: b.say("Arrêt", "Stop")}, {Text: b.say("Commune", "Commune")}}}
	for _, v := range x.Rows {
		t.Rows = append(t.Rows, []cell{{Text: v.Day}, {Text: v.Hours, Run: a.n}, {Text: v.Stop}, {Text: v.Commune}})
	}
	if len(t.Rows) == 0 {
		t.Below = b.say("Aucune visite.", "No visit.")
	}
	return t
}

// itinerantRows are fixed and itinerant hours as one measure, and what each scenario adds
// to the first.
func itinerantRows(b *builder, all []numbered) (rows []indicator) {
	of := func(i int) *itinerant.Result { return all[i].Result.(*itinerant.Result) }
	add := func(label string, value func(i int) string) { rows = append(rows, indicator{label, value}) }
	add(b.say("Public", "People"), func(i int) string { return b.whole(of(i).Territory.Demand) })
	for w, bound := range of(0).Params.Within {
		m := coverage.InMinutes(bound)
		add(b.say("Ont un site ou un arrêt à "+m, "Have a site or stop within "+m), func(i int) string {
			return b.whole(of(i).Territory.Served[w]) + " (" + b.share(of(i).Territory.Served[w], of(i).Territory.Demand) + ")"
		})
		add(b.say("Personnes-heures par semaine : sites fixes", "Person-hours a week: fixed sites"), func(i int) string { return b.whole(of(i).Territory.Fixed[w]) })
		add(b.say("Personnes-heures par semaine : fixes et itinérants", "Person-hours a week: fixed and itinerant"), func(i int) string { return b.whole(of(i).Territory.Both[w]) })
		add(b.say("dont grâce à l'itinérant", "of which by the itinerant service"), func(i int) string { return b.signed(of(i).Territory.Gain[w]) })
		if len(all) > 1 {
			add(fmt.Sprintf(b.say("Par rapport à %s", "Against %s"), b.quoted(b.Study.Scenario(all[0].In[0]).Name)), func(i int) string {
				if i == 0 {
					return "–"
				}
				return b.signed(of(i).Territory.Both[w] - of(0).Territory.Both[w])
			})
		}
	}
	return rows
}
