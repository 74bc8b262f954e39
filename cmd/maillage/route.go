package main

import (
	"fmt"
	"math"

	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api/export"
)

type routeCmd struct {
	onFlags   `embed:""`
	inFlags   `embed:""`
	From      spot   `required:"" placeholder:"LON,LAT|CELL" help:"Home: a point, or the id of a cell."`
	To        spot   `required:"" placeholder:"FACILITY|LON,LAT" help:"Where to: the id of a facility, or a point."`
	Mode      string `default:"car" help:"car, bike, foot, transit, transit-bike, transit-car or on-demand; the last four may say when: \"transit Tu 07:00-09:00 p50 3-changes\"."`
	Out       string `placeholder:"FILE" help:"Write the way, a line per road: .geojson, .gpkg or .csv."`
	Overwrite bool   `help:"Replace the file if it exists."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`
}

func (c *routeCmd) Run(s *session) error {
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
	r, err := route.Run(s.ctx, snap, nets, route.Params{From: string(c.From), To: string(c.To), Mode: c.Mode})
	if err != nil {
		return err
	}
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: r.Layers, print: func() { s.printRoute(r) }})
}

// printRoute writes the roads in order, with their metres and minutes.
func (s *session) printRoute(r *route.Result) {
	fmt.Fprintf(s.out, "%s → %s — %s\n", r.From, r.To, s.mode(r.Params.Mode))
	for _, n := range r.Provenance.Notes {
		fmt.Fprintln(s.out, "  "+n.In(s.lang))
	}
	if r.Leave != "" {
		fmt.Fprintf(s.out, s.say("  Départ : %s\n", "  Leaving at %s\n"), r.Leave)
	}
	t := newTable(s.say("voie", "road"), s.say("mètres", "metres"), "min")
	for _, l := range r.Legs {
		if l.Walk && l.Metres < 0.5 {
			continue // from a door on the road itself
		}
		t.row(l.Label.In(s.lang), s.metres(l.Metres), s.clock(l.Seconds))
	}
	t.rule()
	t.row("total", s.metres(r.Metres), s.clock(r.Seconds))
	t.write(s.out)
}

func (s *session) metres(m float64) string { return s.thousands(fmt.Sprint(int64(math.Round(m)))) }

// clock writes minutes and seconds: 12:05.
func (s *session) clock(t traveltime.Time) string {
	seconds := (uint64(t) + 500) / 1000
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
