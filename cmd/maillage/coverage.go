package main

import (
	"fmt"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
)

type coverageCmd struct {
	anyOn        `embed:""`
	ownFlags     `embed:""`
	furtherFlags `embed:""`
	inFlags      `embed:""`
	Service      string   `help:"Service of the catalogue: creche, alsh, youth, france_services, senior, social_centre, town_hall, …"`
	Mode         string   `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Within       []string `placeholder:"10m,15m,20m" help:"Thresholds; the service's own when absent."`
	Status       []string `placeholder:"existing,planned" help:"Facilities that count; existing ones when absent."`
	Out          string   `placeholder:"FILE" help:"Write the answer: .geojson (cells), .gpkg (all layers) or .csv (cells)."`
	Overwrite    bool     `help:"Replace the file if it exists."`
	JSON         bool     `name:"json" help:"Print the answer as JSON."`
}

func (c *coverageCmd) params() (coverage.Params, error) {
	within, err := thresholds(c.Within)
	p := coverage.Params{Service: c.Service, Mode: c.Mode, Within: within}
	if err != nil {
		return p, err
	}
	c.into(&p)
	for _, st := range c.Status {
		p.Statuses = append(p.Statuses, geodata.Status(st))
	}
	return p, nil
}

// thresholds reads --within.
func thresholds(texts []string) (within []coverage.Threshold, err error) {
	for _, w := range texts {
		t, err := coverage.ParseThreshold(strings.TrimSpace(w))
		if err != nil {
			return nil, fmt.Errorf("%w: --within: %w", errUsage, err)
		}
		within = append(within, t)
	}
	return within, nil
}

func (c *coverageCmd) Run(s *session) error {
	switch {
	case c.Times != "" && (c.any() || c.Scenario != ""):
		return fmt.Errorf("%w: --times goes with --demand and --within only: own travel times tell nothing of kilometres, zones, scenarios or who people are", errUsage)
	case c.Times != "":
		return c.runOwn(s)
	case c.Service == "":
		return fmt.Errorf("%w: missing flags: --service=STRING, or --times and --demand for one's own travel times", errUsage)
	}
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
	if snap, nets, err = c.in(s, snap, nets, err); err != nil {
		return err
	}
	r, err := coverage.Run(s.ctx, snap, nets, p)
	if err != nil {
		return err
	}
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: func() analyses.Result { return r.Layers(snap) }, print: func() { s.printCoverage(r) }})
}

// printCoverage writes the territory, communes and ages as a table.
func (s *session) printCoverage(r *coverage.Result) {
	fmt.Fprintf(s.out, "%s — %s, %s\n", r.Provenance.Territory.Name, r.Service.Label.In(s.lang), s.mode(r.Params.Mode))
	fmt.Fprintf(s.out, s.say("Public : %s. Équipements comptés : %d.\n", "For: %s. Facilities that count: %d.\n"), publicOf(r).In(s.lang), len(r.Facilities))
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	s.coverageTable(r).write(s.out)
	if text := s.worstTenth(r); text != "" {
		fmt.Fprintln(s.out, text)
	}
}
