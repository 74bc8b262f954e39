package main

import (
	"fmt"
	"time"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata/profile"
)

type prepareCmd struct {
	onFlags `embed:""`
	Mode    []string `placeholder:"car,bike,foot" help:"Modes to prepare; all when absent."`
	JSON    bool     `name:"json" help:"Print the summary as JSON."`
}

func (c *prepareCmd) Run(s *session) error {
	for _, mode := range c.Mode {
		if _, err := profile.ParseMode(mode); err != nil {
			return fmt.Errorf("%w: --mode: %w", errUsage, err)
		}
	}
	if len(c.Mode) == 0 {
		c.Mode = profile.Modes()
	}
	snap, nets, err := c.open(s)
	if err != nil {
		return err
	}
	type line struct {
		Mode    string           `json:"mode"`
		Seconds float64          `json:"seconds"`
		Network traveltime.Stats `json:"network"`
	}
	var lines []line
	p := s.progress()
	defer p.end()
	for _, mode := range c.Mode {
		started := time.Now()
		if err := nets.Prepare(s.ctx, snap, mode, func(done, total int) { p.step(mode, int64(done), int64(total)) }); err != nil {
			return fmt.Errorf("%s: %w", mode, err)
		}
		p.end()
		net, err := nets.Get(s.ctx, snap, mode)
		if err != nil {
			return err
		}
		lines = append(lines, line{mode, time.Since(started).Seconds(), net.Stats})
	}
	if c.JSON {
		return printJSON(s.out, lines)
	}
	for _, l := range lines {
		if !s.quiet {
			fmt.Fprintf(s.out, s.say("%s : %d carrefours, %.0f km de voies, prêt en %.1f s\n", "%s: %d junctions, %.0f km of roads, ready in %.1f s\n"),
				s.mode(l.Mode), l.Network.Vertices, l.Network.Kilometres, l.Seconds)
		}
	}
	return nil
}
