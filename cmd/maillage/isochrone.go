package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api/export"
)

// spot is a place on the command line: an id, or longitude and latitude.
type spot string

// Decode takes the next argument even when it begins with a minus sign: half of
// France lies west of Greenwich.
func (p *spot) Decode(ctx *kong.DecodeContext) error {
	t := ctx.Scan.Pop()
	text := t.String()
	if t.IsEOL() || (!t.IsValue() && (len(text) < 2 || text[1] < '0' || text[1] > '9')) {
		return fmt.Errorf("expected longitude,latitude or an id")
	}
	*p = spot(text)
	return nil
}

type isochroneCmd struct {
	onFlags   `embed:""`
	inFlags   `embed:""`
	At        spot     `xor:"where" required:"" placeholder:"LON,LAT" help:"The point."`
	Facility  string   `xor:"where" required:"" placeholder:"ID" help:"Or a facility."`
	Mode      string   `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Within    []string `placeholder:"10m,20m" help:"Thresholds; 10 and 20 minutes when absent."`
	Direction string   `default:"to" help:"to: from where the point is reached in time; from: where one gets from it."`
	Out       string   `placeholder:"FILE" help:"Write the answer: .geojson or .csv (areas), or .gpkg (areas, roads, the point)."`
	Lines     bool     `help:"Write the covered roads to .geojson or .csv instead of the areas."`
	Overwrite bool     `help:"Replace the file if it exists."`
	JSON      bool     `name:"json" help:"Print the answer as JSON."`
}

func (c *isochroneCmd) params() (isochrone.Params, error) {
	p := isochrone.Params{Facility: c.Facility, Mode: c.Mode, Direction: traveltime.Direction(c.Direction)}
	if c.At != "" {
		at, err := route.ParsePoint(string(c.At))
		if err != nil {
			return p, fmt.Errorf("%w: --at: %w", errUsage, err)
		}
		p.At = &at
	}
	for _, w := range c.Within {
		t, err := coverage.ParseThreshold(strings.TrimSpace(w))
		if err != nil {
			return p, fmt.Errorf("%w: --within: %w", errUsage, err)
		}
		p.Within = append(p.Within, t)
	}
	if c.Out != "" {
		if err := export.CheckPath(c.Out); err != nil {
			return p, fmt.Errorf("%w: --out: %w", errUsage, err)
		}
		return p, absent(c.Out, c.Overwrite)
	}
	return p, nil
}

func (c *isochroneCmd) Run(s *session) error {
	p, err := c.params()
	if err != nil {
		return err
	}
	snap, nets, err := c.open(s)
	if snap, nets, err = c.in(s, snap, nets, err); err != nil {
		return err
	}
	r, err := isochrone.Run(s.ctx, snap, nets, p)
	if err != nil {
		return err
	}
	layers := func() analyses.Result {
		l := r.Layers()
		if c.Lines { // a file of one layer holds the first
			l.Layers[0], l.Layers[1] = l.Layers[1], l.Layers[0]
		}
		return l
	}
	if c.Lines && timed(r) {
		return fmt.Errorf("%w: --lines: by %s there are no roads, only areas", errUsage, r.Params.Mode)
	}
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: layers, print: func() { s.printIsochrone(r) }})
}

// timed says that the mode depends on when one leaves: there are no roads.
func timed(r *isochrone.Result) bool { return len(r.Layers().Layers) < 3 }

func (s *session) printIsochrone(r *isochrone.Result) {
	fmt.Fprintf(s.out, "%s — %s\n", r.Layers().Title.In(s.lang), s.mode(r.Params.Mode))
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	roads := func(a isochrone.Area) string {
		if timed(r) {
			return "–"
		}
		return s.decimal(a.RoadKilometres)
	}
	t := newTable(s.say("seuil", "threshold"), s.say("habitants", "inhabitants"), "km²", s.say("km de routes", "km of roads"))
	for _, a := range r.Areas {
		t.row("≤ "+minutes(a.Within), s.people(a.Population), s.decimal(a.SquareKilometres), roads(a))
	}
	t.write(s.out)
}
