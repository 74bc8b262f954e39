package main

import (
	"fmt"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/internal/store/geopackage"
)

type uncertaintyCmd struct {
	On      string   `required:"" placeholder:"FILE.gpkg" help:"Territory file."`
	Service string   `required:"" help:"Service of the catalogue."`
	Mode    string   `default:"car" help:"car, bike or foot."`
	Within  []string `placeholder:"10m,15m" help:"Thresholds; the service's own when absent."`
	Status  []string `placeholder:"existing,planned" help:"Facilities that count; existing ones when absent."`
	Draws   int      `default:"200" help:"How many times speeds are drawn."`
	Seed    uint64   `default:"1" help:"Another seed draws other speeds."`
	A       []string `name:"a" placeholder:"ID,…" help:"Facilities opened on top, whatever their status."`
	B       []string `name:"b" placeholder:"ID,…" help:"Another choice, to be compared with --a."`
	JSON    bool     `name:"json" help:"Print the answer as JSON."`
}

func (c *uncertaintyCmd) Run(s *session) error {
	p, err := (&coverageCmd{Service: c.Service, Mode: c.Mode, Within: c.Within, Status: c.Status}).params()
	if err != nil {
		return err
	}
	snap, err := geopackage.Read(s.ctx, c.On)
	if err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	r, err := uncertainty.Run(s.ctx, snap, traveltime.NewNetworks(c.On), uncertainty.Params{Params: p, Draws: c.Draws, Seed: c.Seed, A: c.A, B: c.B},
		func(done, total int) { bar.step(c.Service, int64(done), int64(total)) })
	if err != nil {
		return err
	}
	bar.end()
	if c.JSON {
		return printJSON(s.out, r)
	}
	if s.quiet {
		return nil
	}
	s.printUncertainty(r)
	return nil
}

func (s *session) printUncertainty(r *uncertainty.Result) {
	fmt.Fprintf(s.out, s.say("%s, %s : %d tirages des vitesses, intervalles à 90 %%\n", "%s, %s: %d draws of speeds, 90 %% intervals\n"),
		r.Params.Service, s.mode(r.Params.Mode), r.Params.Draws)
	t := newTable(s.say("seuil", "threshold"), s.say("bas", "low"), s.say("médiane", "median"), s.say("haut", "high"))
	for k, w := range r.Params.Within {
		iv := r.Share[k]
		t.row("≤ "+minutes(w), s.percent(iv.Low/100, true), s.percent(iv.Median/100, true), s.percent(iv.High/100, true))
	}
	t.write(s.out)
	for _, v := range r.Verdict {
		fmt.Fprintf(s.out, s.say("≤ %s : A couvre plus de monde que B dans %s des tirages, B plus que A dans %s ; écart de %s à %s personnes\n",
			"≤ %s: A covers more people than B in %s of the draws, B more than A in %s; difference from %s to %s people\n"),
			minutes(v.Within), s.percent(v.A/100, true), s.percent(v.B/100, true), s.decimal(v.Gain.Low), s.decimal(v.Gain.High))
	}
}
