package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// siteFlags are of the search by one's own travel times.
type siteFlags struct {
	TimeLimit time.Duration `placeholder:"60s" help:"With --times: stop then, with the best found and its bound."`
}

// sited is the answer with what it took.
type sited struct {
	*siting.Answer
	Seconds float64 `json:"seconds"` // of the search
	*ownCSV
}

// siteQuestion is what the flags ask of one's own sites.
func (c *byTimesCmd) siteQuestion() (q siting.Question, err error) {
	words, err := c.words("model", "p", "within", "required", "forbidden", "exclusive", "twice", "best", "nodes")
	if err != nil {
		return q, err
	}
	if words["model"] == "" {
		return q, fmt.Errorf("%w: missing flags: --model=p-median|mclp|lscp|p-center", errUsage)
	}
	raw, err := c.analysis.FromWords(words)
	if err != nil {
		return q, err
	}
	var p siting.Params
	if err := json.Unmarshal(raw, &p); err != nil {
		return q, err
	}
	q = siting.Question{Model: p.Model, P: p.P, Required: p.Required, Forbidden: p.Forbidden, Apart: p.Pairs(), Best: p.Best, Nodes: p.Nodes}
	if p.Twice {
		q.Need = 2
	}
	if p.Within != nil {
		q.Within = traveltime.Time(time.Duration(*p.Within).Milliseconds())
	}
	return q, nil
}

// site finds the best sites by one's own travel times.
func (c *byTimesCmd) site(s *session) error {
	if c.Out != "" {
		return fmt.Errorf("%w: --out: the answer by one's own times is a few lines: --json prints it", errUsage)
	}
	q, err := c.siteQuestion()
	if err != nil {
		return err
	}
	var people, places *matrix.Values
	read, err := c.read(s, map[string]string{"demand": c.Demand}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err != nil {
			return err
		}
		if c.Supply != "" {
			if places, err = o.supply(c.Supply); err != nil {
				return err
			}
			q.Capacity = places.Amounts
		}
		q.Times, err = o.times(c.Times, people, places)
		return err
	})
	if err != nil {
		return err
	}
	q.Demand = people.Amounts
	ctx := s.ctx
	if limit := c.More.(*siteFlags).TimeLimit; limit > 0 {
		limited, done := context.WithTimeout(ctx, limit)
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
	s.printLoads(r.Answer)
	if len(r.Left) > 0 {
		fmt.Fprintf(s.out, s.say("Hors d'atteinte de tout lieu : %d domiciles, %s personnes\n", "Out of reach of any site: %d homes, %s people\n"), len(r.Left), s.people(r.LeftDemand))
	}
	fmt.Fprintf(s.out, s.say("%s, %d nœuds\n", "%s, %d nodes\n"), s.seconds(time.Duration(r.Seconds*float64(time.Second))), r.Nodes)
}

// printLoads says how full sites with capacities are, and who has no place there.
func (s *session) printLoads(a *siting.Answer) {
	if len(a.Loads) == 0 {
		return
	}
	t := newTable(s.say("lieu", "site"), s.say("public", "people"), s.say("places", "places"))
	for _, l := range a.Loads {
		t.row(l.Site, s.people(l.People), s.people(l.Capacity))
	}
	t.write(s.out)
	if len(a.LeftOver) > 0 {
		var sum geodata.Amount
		for _, o := range a.LeftOver {
			sum += o.People
		}
		fmt.Fprintf(s.out, s.say("Sans place : %s personnes, de %d domiciles\n", "Without a place: %s people, of %d homes\n"), s.people(sum), len(a.LeftOver))
	}
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
