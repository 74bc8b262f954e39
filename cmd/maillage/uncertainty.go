package main

import (
	"fmt"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/api/export"
)

type uncertaintyCmd struct {
	onFlags   `embed:""`
	inFlags   `embed:""`
	Service   string   `required:"" help:"Service of the catalogue."`
	Mode      string   `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Within    []string `placeholder:"10m,15m" help:"Thresholds; the service's own when absent."`
	Status    []string `placeholder:"existing,planned" help:"Facilities that count; existing ones when absent."`
	Draws     int      `default:"200" help:"How many times speeds are drawn."`
	Seed      uint64   `default:"1" help:"Another seed draws other speeds."`
	A         []string `name:"a" placeholder:"ID,…" help:"Facilities opened on top, whatever their status."`
	B         []string `name:"b" placeholder:"ID,…" help:"Another choice, to be compared with --a."`
	Out       string   `placeholder:"FILE" help:"Write the answer: .geojson (cells), .gpkg (all layers) or .csv (cells)."`
	Overwrite bool     `help:"Replace the file if it exists."`
	JSON      bool     `name:"json" help:"Print the answer as JSON."`
}

func (c *uncertaintyCmd) Run(s *session) error {
	p, err := (&coverageCmd{Service: c.Service, Mode: c.Mode, Within: c.Within, Status: c.Status}).params()
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
	if snap, nets, err = c.in(s, snap, nets, err); err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	r, err := uncertainty.Run(s.ctx, snap, nets, uncertainty.Params{Params: p, Draws: c.Draws, Seed: c.Seed, A: c.A, B: c.B},
		func(done, total int) { bar.step(c.Service, int64(done), int64(total)) })
	if err != nil {
		return err
	}
	bar.end()
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: func() analyses.Result { return r.Layers(snap) }, print: func() { s.printUncertainty(r) }})
}

// printUncertainty writes the communes and the territory as a table of
// intervals, then the verdict.
func (s *session) printUncertainty(r *uncertainty.Result) {
	fmt.Fprintf(s.out, "%s — %s, %s\n", r.Provenance.Territory.Name, r.Service.Label.In(s.lang), s.mode(r.Params.Mode))
	fmt.Fprintf(s.out, s.say("%d tirages des vitesses, intervalles à 90 %%\n", "%d draws of speeds, 90 %% intervals\n"), r.Params.Draws)
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	if len(r.Params.A) > 0 {
		fmt.Fprintf(s.out, s.say("Ouverts en plus (choix A) : %s\n", "Opened on top (choice A): %s\n"), strings.Join(r.Params.A, ", "))
	}
	t := newTable(s.say("commune", "commune"), s.say("public", "people"))
	for _, w := range r.Params.Within {
		t.head("≤ "+minutes(w), s.say("médiane", "median"))
	}
	row := func(x uncertainty.Row) {
		cells := []string{x.Name.In(s.lang), s.people(x.Demand)}
		for k := range x.Covered {
			if x.Share == nil {
				cells = append(cells, "–", "–")
				continue
			}
			in := x.Share[k]
			cells = append(cells, s.decimal(in.Low)+" – "+s.percent(in.High/100, true), s.percent(in.Median/100, true))
		}
		t.row(cells...)
	}
	for _, x := range r.Communes {
		row(x)
	}
	t.rule()
	row(r.Territory)
	t.write(s.out)
	for _, v := range r.Verdict {
		fmt.Fprintf(s.out, s.say("≤ %s : A couvre plus de monde que B dans %s des tirages, B plus que A dans %s ; écart de %s à %s personnes\n",
			"≤ %s: A covers more people than B in %s of the draws, B more than A in %s; difference from %s to %s people\n"),
			minutes(v.Within), s.percent(v.A/100, true), s.percent(v.B/100, true), s.decimal(v.Gain.Low.Float()), s.decimal(v.Gain.High.Float()))
	}
}
