package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// siteCmd finds the best sites by one's own travel times.
type siteCmd struct {
	ownFlags  `embed:""`
	Model     string        `required:"" enum:"p-median,mclp,lscp,p-center" help:"p-median (least travel), mclp (most people within reach), lscp (fewest sites that reach all) or p-center (nearest farthest home)."`
	P         int           `name:"p" help:"How many sites are open; not of lscp."`
	Within    string        `placeholder:"15m" help:"Of mclp and lscp: how near is within reach."`
	Required  []string      `placeholder:"ID,…" help:"Sites that are open in any case."`
	Forbidden []string      `placeholder:"ID,…" help:"Sites that are not."`
	TimeLimit time.Duration `placeholder:"60s" help:"Stop then, with the best found and its bound."`
	Nodes     int           `help:"Stop after so many parts of the search: the same each time, unlike a time."`
	JSON      bool          `name:"json" help:"Print the answer as JSON."`
}

// sited is the answer with what it took.
type sited struct {
	*siting.Answer
	Seconds float64 `json:"seconds"` // of the search
	*ownCSV
}

func (c *siteCmd) Run(s *session) error {
	if c.Times == "" {
		return fmt.Errorf("%w: missing flags: --times=T.csv and --demand=D.csv", errUsage)
	}
	q := siting.Question{Model: siting.Model(c.Model), P: c.P, Required: c.Required, Forbidden: c.Forbidden, Nodes: c.Nodes}
	if c.Within != "" {
		within, err := coverage.ParseThreshold(c.Within)
		if err != nil {
			return fmt.Errorf("%w: --within: %w", errUsage, err)
		}
		q.Within = traveltime.Time(time.Duration(within).Milliseconds())
	}
	var people *matrix.Values
	read, err := c.read(s, map[string]string{"demand": c.Demand}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err == nil {
			q.Times, err = o.times(c.Times, people, nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	q.Demand = people.Amounts
	ctx := s.ctx
	if c.TimeLimit > 0 {
		limited, done := context.WithTimeout(ctx, c.TimeLimit)
		defer done()
		ctx = limited
	}
	started := time.Now()
	answer, err := siting.Solve(ctx, q, nil)
	if err != nil {
		return err
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	r := sited{answer, time.Since(started).Seconds(), read}
	return s.give(outcome{json: c.JSON, result: r, print: func() { s.printSited(r) }})
}

func (s *session) printSited(r sited) {
	r.print()
	unit := map[string]string{
		"person-seconds": s.say("personnes-secondes", "person-seconds"), "persons": s.say("personnes", "people"),
		"sites": s.say("lieux", "sites"), "seconds": s.say("secondes", "seconds"),
	}[r.Unit]
	if r.Objective == nil {
		fmt.Fprintf(s.out, s.say("%s : aucun plan (%s) %s\n", "%s: no plan (%s) %s\n"), r.Model, r.Status, r.Why)
	} else {
		verdict := s.say("optimal, prouvé", "optimal, proven")
		if *r.Gap > 0 || r.Status != "optimal" {
			verdict = fmt.Sprintf(s.say("borne %s, écart %s", "bound %s, gap %s"), s.amount(*r.Bound), s.percent(*r.Gap, true))
		}
		fmt.Fprintf(s.out, "%s : %s %s (%s)\n", r.Model, s.amount(*r.Objective), unit, verdict)
		fmt.Fprintf(s.out, s.say("Lieux : %s\n", "Sites: %s\n"), strings.Join(r.Sites, ", "))
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(s.out, s.say("Hors d'atteinte de tout lieu : %d domiciles, %s personnes\n", "Out of reach of any site: %d homes, %s people\n"), len(r.Left), s.people(r.LeftDemand))
	}
	fmt.Fprintf(s.out, s.say("%s, %d nœuds\n", "%s, %d nodes\n"), s.seconds(time.Duration(r.Seconds*float64(time.Second))), r.Nodes)
}

// amount writes a number with what decimals it has, three at most.
func (s *session) amount(v float64) string {
	a, err := geodata.AmountOf(float64(int64(v*1000+0.5)) / 1000)
	if err != nil {
		return exactly(v)
	}
	whole, decimals, some := strings.Cut(a.String(), ".")
	whole = s.thousands(whole)
	if some {
		return whole + s.say(",", ".") + decimals
	}
	return whole
}
