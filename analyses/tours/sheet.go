package tours

import (
	"bytes"
	"cmp"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/geodata"
)

//go:embed sheet.html
var sheetText string

// sheet is the plan as the page shows it, in one language.
type sheet struct {
	wording
	Lang, Title, Territory, Proof string
	Warnings                      []string
	Weeks                         []sheetWeek
	Map                           template.HTML
	Legend                        []sheetLegend
	Figures, Dropped              []sheetPair
	Gainers                       string
	Communes                      []sheetCommune
	Missing, Notes                []string
	Sources                       []geodata.Source
	Snapshot, Version             string
}

type sheetWeek struct {
	Title, Caption string
	Days           []sheetDay
}

type sheetDay struct {
	Name string
	Rows []sheetRow
}

type sheetRow struct{ Hours, Stop, Commune, Vehicle string }

type sheetPair struct{ Name, Value string }

type sheetLegend struct{ Colour, Label string }

type sheetCommune struct {
	Name, People, Served, Gain string
	Total                      bool
}

// WeekText is the timetable as Markdown that reads as plain text too: a table for each
// week of the plan. The language is fr or en.
func WeekText(r *Result, lang string) string {
	w := wording{lang}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", plainCell(r.title(w)))
	for _, week := range r.sheetWeeks(w) {
		fmt.Fprintf(&b, "\n## %s\n\n", week.Title)
		if len(week.Days) == 0 {
			fmt.Fprintf(&b, "%s\n", week.Caption)
			continue
		}
		rows := [][]string{{w.Say("Jour", "Day"), w.Say("Horaires", "Hours"), w.Say("Arrêt", "Stop"), w.Say("Commune", "Commune"), w.Say("Véhicule", "Vehicle")}}
		for _, day := range week.Days {
			for i, x := range day.Rows {
				name := day.Name
				if i > 0 {
					name = ""
				}
				rows = append(rows, []string{name, x.Hours, x.Stop, x.Commune, x.Vehicle})
			}
		}
		writeTable(&b, rows)
	}
	return b.String()
}

// writeTable writes rows under their head, columns as wide as their widest cell.
func writeTable(b *strings.Builder, rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for k := range row {
			row[k] = plainCell(row[k])
			wide[k] = max(wide[k], len([]rune(row[k])))
		}
	}
	for i, row := range rows {
		for k, cell := range row {
			fmt.Fprintf(b, "| %s%s ", cell, strings.Repeat(" ", wide[k]-len([]rune(cell))))
		}
		b.WriteString("|\n")
		if i == 0 {
			for _, n := range wide {
				b.WriteString("|" + strings.Repeat("-", n+2))
			}
			b.WriteString("|\n")
		}
	}
}

// plainCell is text on one line that ends no cell.
func plainCell(s string) string { return strings.ReplaceAll(oneLine(s), "|", "\\|") }

// Sheet is the plan as one printable HTML page that needs no other file. The language is
// fr or en.
func Sheet(r *Result, lang string) ([]byte, error) {
	w := wording{lang}
	p := &sheet{wording: w, Lang: w.Say("fr", "en"), Title: r.title(w), Territory: r.Provenance.Territory.Name, Proof: r.proof(w), Weeks: r.sheetWeeks(w),
		Map: r.drawing(w), Figures: r.figures(w), Sources: r.Provenance.Sources, Snapshot: r.Provenance.Snapshot, Version: r.Provenance.Version}
	if r.Provenance.Territory.Modelled {
		p.Warnings = append(p.Warnings, w.Say("Données modélisées. Ni les adresses ni les routes ne sont réelles : cette page montre la méthode ; elle ne fonde pas une décision.",
			"Modelled data. Neither homes nor roads are real: this page shows the method; it is no ground for a decision."))
	}
	for i, v := range r.Vehicles {
		p.Legend = append(p.Legend, sheetLegend{vehicleColours[i%len(vehicleColours)], cmp.Or(v.Name, v.ID)})
	}
	for _, m := range r.Missing {
		p.Missing = append(p.Missing, m.What.In(w.lang))
	}
	for _, x := range r.Stops {
		if x.Dropped != nil {
			p.Dropped = append(p.Dropped, sheetPair{r.address(x.ID), x.Dropped.In(w.lang)})
		}
	}
	for _, n := range r.Provenance.Notes {
		p.Notes = append(p.Notes, n.In(w.lang))
	}
	if r.People != nil {
		p.Communes, p.Gainers = r.gainers(w)
	}
	t, err := template.New("sheet").Parse(sheetText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

func (r *Result) title(w wording) string {
	return r.Service.Label.In(w.lang) + w.Say(" : la tournée de la semaine", ": the week's tour")
}

// proof says what is known of the plan.
func (r *Result) proof(w wording) string {
	worth := w.number(r.Worth.Float(), 0)
	if r.Status == Proven {
		return fmt.Sprintf(w.Say("Aucune autre tournée ne vaut plus que celle-ci : %s personnes-heures, c'est prouvé.", "No other tour is worth more than this one: %s person-hours, which is proven."), worth)
	}
	return fmt.Sprintf(w.Say("Cette tournée vaut %s personnes-heures ; aucune ne vaut plus de %s, soit %s d'écart au plus.", "This tour is worth %s person-hours; none is worth more than %s, a gap of %s at most."),
		worth, w.number(r.Bound.Float(), 0), w.percent(100*r.Gap))
}

// sheetWeeks are the visits by week, day and hour.
func (r *Result) sheetWeeks(w wording) (weeks []sheetWeek) {
	for n := 1; n <= r.weeks(); n++ {
		x := sheetWeek{Title: w.Say("La semaine", "The week"), Caption: w.Say("Chaque semaine", "Every week")}
		if r.weeks() > 1 {
			x.Title = fmt.Sprintf(w.Say("Semaine %d", "Week %d"), n)
			x.Caption = w.Say("Une semaine sur deux", "Every other week")
		}
		for _, v := range r.Visits {
			day := weekday(v.Day)
			if v.Week != n || day < 0 {
				continue
			}
			name := w.capital(dayLabels[day].In(w.lang))
			if k := len(x.Days); k == 0 || x.Days[k-1].Name != name {
				x.Days = append(x.Days, sheetDay{Name: name})
			}
			today, row := &x.Days[len(x.Days)-1], r.row(v.Stop)
			today.Rows = append(today.Rows, sheetRow{w.hours(v.From, v.To), cmp.Or(row.Name, v.Stop), r.communeName(row.Commune), r.vehicleName(v.Vehicle)})
		}
		if len(x.Days) == 0 {
			x.Caption = w.Say("Aucune visite", "No visit")
		}
		weeks = append(weeks, x)
	}
	return weeks
}

// figures are what a week costs and gains.
func (r *Result) figures(w wording) []sheetPair {
	c := r.Cost
	gain := "–"
	if r.People != nil && len(r.People.Territory.Gain) > 0 {
		gain = w.number(lastOf(r.People.Territory.Gain).Float(), 0)
	}
	perGain := "–"
	if c.EurosPerGain > 0 {
		perGain = w.number(c.EurosPerGain, 2) + "\u00a0€"
	}
	return []sheetPair{
		{w.Say("Personnes-heures gagnées", "Person-hours gained"), gain},
		{w.Say("Gain pour une heure d'équipe, en personnes-heures", "Gain for an hour of crew, in person-hours"), w.number(c.GainPerHour.Float(), 1)},
		{w.Say("Heures d'ouverture", "Hours open"), w.number(c.OpenHours, 1) + "\u00a0h"},
		{w.Say("Heures d'équipe, du départ au retour", "Hours of crew, from leaving to being back"), w.number(c.CrewHours, 1) + "\u00a0h"},
		{w.Say("Heures de route", "Hours of driving"), w.number(c.DrivingHours, 1) + "\u00a0h"},
		{w.Say("Distance", "Distance"), w.number(c.Km, 0) + "\u00a0km"},
		{w.Say("CO₂", "CO₂"), w.number(c.CO2, 1) + "\u00a0kg"},
		{w.Say("Coût", "Cost"), w.number(c.Euros, 0) + "\u00a0€"},
		{w.Say("Coût d'une personne-heure gagnée", "Cost of a person-hour gained"), perGain},
	}
}

// gainers are the communes, who gains most first, and the territory.
func (r *Result) gainers(w wording) (rows []sheetCommune, caption string) {
	all := slices.Clone(r.People.Communes)
	slices.SortStableFunc(all, func(a, b itinerant.Row) int { return cmp.Compare(lastOf(b.Gain), lastOf(a.Gain)) })
	for i, x := range append(all, r.People.Territory) {
		rows = append(rows, sheetCommune{x.Name.In(w.lang), w.number(x.Demand.Float(), 0), w.number(lastOf(x.Served).Float(), 0), w.number(lastOf(x.Gain).Float(), 0), i == len(all)})
	}
	caption = w.Say("À côté des lieux fixes", "Beside the sites that stay")
	if r.Params.Within != nil {
		caption += w.Say(", à ", ", within ") + coverage.InMinutes(*r.Params.Within)
	}
	return rows, caption + w.Say(" : ", ": ") + cmp.Or(r.Public.In(w.lang), r.Service.Public.In(w.lang))
}

// lastOf is the amount at the widest threshold; 0 where there is none.
func lastOf(amounts []geodata.Amount) geodata.Amount {
	if len(amounts) == 0 {
		return 0
	}
	return amounts[len(amounts)-1]
}
