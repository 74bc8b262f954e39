package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
)

// todayWord names the situation without any scenario on the command line.
const todayWord = "today"

type compareCmd struct {
	onFlags    `embed:""`
	Scenarios  []string `arg:"" name:"scenario" help:"Scenario files (YAML or JSON), or \"today\" for the situation as it is; the others are held against the first."`
	Service    string   `required:"" help:"Service of the catalogue: creche, alsh, youth, france_services, senior, social_centre, town_hall, …"`
	Mode       string   `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Within     []string `placeholder:"10m,20m" help:"Thresholds; the service's own when absent."`
	Status     []string `placeholder:"existing,planned" help:"Facilities that count; existing ones, and those a scenario opens, when absent."`
	Notable    string   `placeholder:"1m" help:"Who is nearer or farther by no more than this is where they were; 1m when absent."`
	Nth        int      `placeholder:"N" help:"Time to the N-th nearest facility, 2 to 16."`
	Border     string   `placeholder:"inside" help:"inside: only facilities of the study area's EPCI."`
	Accessible bool     `help:"Only facilities known to be accessible to disabled people."`
	Open       string   `placeholder:"WHEN" help:"Only facilities known to be open then: We, 'We 14:00-17:00', evening, saturday, holidays."`
	Counts     string   `placeholder:"NAME" help:"Set of counts instead of the population, such as pupils."`
	Column     string   `placeholder:"COLUMN" help:"Column to count instead of the service's ages, such as men_pauv."`
	Census     int      `placeholder:"YEAR" help:"Fit ages to the census of that year."`
	Draws      int      `default:"200" help:"How many times speeds are drawn for the verdict; 0 for no verdict."`
	Seed       uint64   `default:"1" help:"Another seed draws other speeds."`
	Out        string   `placeholder:"FILE" help:"Write the answer: .gpkg (all layers), or .geojson or .csv (cells)."`
	Overwrite  bool     `help:"Replace the file if it exists."`
	JSON       bool     `name:"json" help:"Print the answer as JSON."`
}

// scenarioFrom reads a scenario of the command line. One without a name has its file's.
func scenarioFrom(word string) (*scenario.Scenario, error) {
	if word == todayWord {
		return &scenario.Scenario{Changes: []scenario.Change{}}, nil
	}
	name, text := word, []byte(word)
	if strings.HasPrefix(strings.TrimSpace(word), "{") {
		name = ""
	} else {
		var err error
		if text, err = os.ReadFile(word); err != nil {
			return nil, fmt.Errorf("%w: %s is neither a scenario file that can be read nor %q: %w", errUsage, word, todayWord, err)
		}
	}
	sc, err := scenario.Parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	if (sc.Name == geodata.Text{}) && name != "" {
		file := filepath.Base(name)
		sc.Name.Fr = strings.TrimSuffix(file, filepath.Ext(file))
	}
	return sc, nil
}

func (c *compareCmd) params() (p compare.Params, err error) {
	p = compare.Params{Service: c.Service, Mode: c.Mode, Nth: c.Nth, Draws: c.Draws, Seed: c.Seed,
		DemandOptions: coverage.DemandOptions{Counts: c.Counts, Column: c.Column, Census: c.Census},
		SupplyOptions: coverage.SupplyOptions{Accessible: c.Accessible, Open: c.Open, Border: supply.Border(c.Border)}}
	if p.Within, err = thresholds(c.Within); err != nil {
		return p, err
	}
	if c.Notable != "" {
		if p.Notable, err = coverage.ParseThreshold(c.Notable); err != nil {
			return p, fmt.Errorf("%w: --notable: %w", errUsage, err)
		}
	}
	for _, st := range c.Status {
		p.Statuses = append(p.Statuses, geodata.Status(st))
	}
	for _, word := range c.Scenarios {
		sc, err := scenarioFrom(word)
		if err != nil {
			return p, err
		}
		p.Scenarios = append(p.Scenarios, sc)
	}
	return p, nil
}

func (c *compareCmd) Run(s *session) error {
	p, err := c.params()
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := export.CheckPath(c.Out); err != nil {
			return fmt.Errorf("%w: --out: %w", errUsage, err)
		}
		if err := absent(c.Out, c.Overwrite); err != nil {
			return err
		}
	}
	snap, nets, err := c.open(s)
	if err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	r, err := compare.Run(s.ctx, snap, nets, p, func(done, total int) { bar.step(c.Service, int64(done), int64(total)) })
	if err != nil {
		return err
	}
	bar.end()
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: func() analyses.Result { return r.Layers(snap) }, print: func() { s.printCompared(r) }})
}

// printCompared writes the scenarios side by side, who wins and loses by commune, and
// the conclusion.
func (s *session) printCompared(r *compare.Result) {
	fmt.Fprintf(s.out, "%s — %s, %s\n", r.Provenance.Territory.Name, r.Service.Label.In(s.lang), s.mode(r.Params.Mode))
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	for i := range r.Scenarios {
		for _, n := range r.Scenarios[i].Notes {
			fmt.Fprintf(s.out, "  %s: %s\n", r.Scenarios[i].Name.In(s.lang), n.In(s.lang))
		}
	}
	s.comparedTable(r).write(s.out)
	s.printWinners(r)
	s.printCosts(r)
	fmt.Fprintln(s.out)
	for _, said := range r.Conclusion {
		fmt.Fprintln(s.out, said.In(s.lang))
	}
}

// comparedTable has a row for each scenario.
func (s *session) comparedTable(r *compare.Result) *table {
	t := newTable(s.say("scénario", "scenario"), s.say("lieux", "places"))
	for _, bound := range r.Params.Within {
		t.head("≤ "+minutes(bound), s.say("part", "share"), s.say("rang", "rank"))
	}
	t.head(s.say("temps\nmoyen", "mean\ntime"), s.say("médian", "median"), s.say("9 sur 10", "9 in 10"), s.say("dixième le\nmoins bien\ndesservi", "worst-\nserved\ntenth"), "Gini")
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		cells := []string{sc.Name.In(s.lang), fmt.Sprint(sc.Facilities)}
		for w := range r.Params.Within {
			cells = append(cells, s.people(sc.Territory.Covered[w]), s.percent(sc.Territory.Share(w)), fmt.Sprint(r.Ranks[w][i]))
		}
		spread := sc.Territory.Spread
		gini := "–"
		if spread.Gini != nil {
			gini = s.number(*spread.Gini, 3)
		}
		t.row(append(cells, s.average(sc.Territory.Mean), s.average(sc.Territory.Median), s.average(spread.P90), s.average(spread.Worst), gini)...)
	}
	return t
}

// printWinners writes, for each scenario but the first, what becomes of the people of
// the communes where anything does, and of the territory.
func (s *session) printWinners(r *compare.Result) {
	for d := range r.Differences {
		of := &r.Differences[d]
		fmt.Fprintf(s.out, s.say("\n%s, comparé à %s\n", "\n%s, held against %s\n"), r.Scenarios[of.Scenario].Name.In(s.lang), r.Scenarios[0].Name.In(s.lang))
		t := newTable("commune")
		for _, bound := range r.Params.Within {
			t.head(s.say("gagné\n≤ ", "gained\n≤ ")+minutes(bound), s.say("perdu\n≤ ", "lost\n≤ ")+minutes(bound))
		}
		t.head(s.say("plus\nprès", "nearer"), s.say("sans\nchangement", "unchanged"), s.say("plus\nloin", "farther"))
		row := func(c *compare.Change) {
			cells := []string{c.Name.In(s.lang)}
			for w := range c.Gained {
				cells = append(cells, s.people(c.Gained[w]), s.people(c.Lost[w]))
			}
			t.row(append(cells, s.people(c.Nearer), s.people(c.Same), s.people(c.Farther))...)
		}
		for i := range of.Communes {
			if c := &of.Communes[i]; c.Same != c.Demand {
				row(c)
			}
		}
		t.rule()
		row(&of.Territory)
		t.write(s.out)
	}
}

// printCosts writes what each scenario costs, and for each person it newly covers.
func (s *session) printCosts(r *compare.Result) {
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		if sc.Cost == nil {
			continue
		}
		line := func(what string, euros *geodata.Amount, each []*float64) {
			if euros == nil {
				return
			}
			parts := []string{fmt.Sprintf("%s : %s €", what, s.people(*euros))}
			for w, bound := range r.Params.Within {
				if each[w] != nil {
					parts = append(parts, fmt.Sprintf(s.say("%s € par personne désormais à %s", "%s € per person newly within %s"), s.number(*each[w], 0), minutes(bound)))
				}
			}
			fmt.Fprintf(s.out, "\n%s, %s", sc.Name.In(s.lang), strings.Join(parts, ", "))
		}
		line(s.say("investissement", "investment"), sc.Cost.Investment, sc.PerPerson.Investment)
		line(s.say("par an", "a year"), sc.Cost.Yearly, sc.PerPerson.Yearly)
		fmt.Fprintln(s.out)
	}
}
