package main

import (
	"encoding/json"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/referral"
)

// levelsFlags are the files that two levels of access need beside --times and --demand.
type levelsFlags struct {
	SecondTimes string `placeholder:"T2.csv" help:"With --times, which lead to the first level: the same to the second."`
	Between     string `placeholder:"B.csv" help:"With --times: the same from the sites of the first level (demand_id) to those of the second (site_id)."`
}

// ownLevels is who has which level by one's own travel times.
type ownLevels struct {
	Version      string             `json:"version"`
	FirstWithin  coverage.Threshold `json:"first_within"`
	SecondWithin coverage.Threshold `json:"second_within"`
	Total        referral.Row       `json:"total"`
	Sites        []referral.Site    `json:"sites"`
	*ownCSV
}

// referral tells who has which level by one's own times.
func (c *byTimesCmd) referral(s *session) error {
	words, err := c.words("first_within", "second_within")
	if err != nil {
		return err
	}
	var p referral.Params
	raw, err := c.analysis.FromWords(words)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := absent(c.Out, c.Overwrite); err != nil {
			return err
		}
	}
	more := c.More.(*levelsFlags)
	var people *matrix.Values
	var first, second, between *matrix.Matrix
	read, err := c.read(s, map[string]string{"demand": c.Demand, "second-times": more.SecondTimes, "between": more.Between}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err != nil {
			return err
		}
		if first, err = o.times(c.Times, people, nil); err != nil {
			return err
		}
		if second, err = o.times(more.SecondTimes, people, nil); err != nil {
			return err
		}
		between, err = o.times(more.Between, matrix.Named(first.Sites), matrix.Named(second.Sites))
		return err
	})
	if err != nil {
		return err
	}
	r, err := referral.OfMatrix(first, second, between, people.Amounts, p.FirstWithin, p.SecondWithin)
	if err != nil {
		return err
	}
	if c.Out != "" {
		err := writeCSV(c.Out, c.Overwrite, []string{"demand_id", "class", "first_seconds", "second_seconds", "referral_seconds"}, len(r.Cells.IDs), func(i int) []string {
			x := r.Cells
			return []string{x.IDs[i], x.Classes[i], string(x.First[i].AppendSeconds(nil)), string(x.Second[i].AppendSeconds(nil)), string(x.Referral[i].AppendSeconds(nil))}
		})
		if err != nil {
			return err
		}
	}
	answer := ownLevels{analyses.Version, p.FirstWithin, p.SecondWithin, r.Territory, r.Sites, read}
	return s.give(outcome{json: c.JSON, result: answer, print: func() { s.printOwnLevels(answer, c.Out) }})
}

func (s *session) printOwnLevels(r ownLevels, out string) {
	r.print()
	t := newTable("", s.say("public", "people"))
	t.row(s.say("les deux niveaux", "both levels"), s.people(r.Total.Both))
	t.row(s.say("le premier seulement", "the first only"), s.people(r.Total.FirstOnly))
	t.row(s.say("le second seulement", "the second only"), s.people(r.Total.SecondOnly))
	t.row(s.say("aucun", "neither"), s.people(r.Total.Neither))
	t.rule()
	t.row(s.say("en tout", "in all"), s.people(r.Total.Demand))
	t.write(s.out)
	fmt.Fprintf(s.out, s.say("du premier au second : %s en moyenne, %s personnes sans suite possible\n", "from the first to the second: %s on average, %s people cannot be sent on\n"), s.average(r.Total.Referral), s.people(r.Total.Stranded))
	if out != "" {
		fmt.Fprintf(s.out, "→ %s\n", out)
	}
}
