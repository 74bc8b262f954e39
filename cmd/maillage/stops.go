package main

import (
	"encoding/json"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/matrix"
)

// ownHours is person-hours by one's own travel times.
type ownHours struct {
	Version string               `json:"version"`
	Within  []coverage.Threshold `json:"within"`
	Total   itinerant.Row        `json:"total"`
	Sites   []itinerant.Site     `json:"sites"`
	*ownCSV
}

// itinerant counts the person-hours of one's own sites and stops.
func (c *byTimesCmd) itinerant(s *session) error {
	words, err := c.words("within")
	if err != nil {
		return err
	}
	if words["within"] == "" {
		return fmt.Errorf("%w: --within is missing: how near is near enough, such as 15m,30m?", errUsage)
	}
	var p itinerant.Params
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
	var people *matrix.Values
	var hours *matrix.Hours
	var m *matrix.Matrix
	read, err := c.read(s, map[string]string{"demand": c.Demand, "supply": c.Supply}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err != nil {
			return err
		}
		err = o.file(c.Supply, func(f matrix.File) (n matrix.Count, err error) {
			hours, n, err = matrix.ReadHours(f)
			return n, err
		})
		if err != nil {
			return err
		}
		m, err = o.times(c.Times, people, &hours.Values)
		return err
	})
	if err != nil {
		return err
	}
	r, err := itinerant.OfMatrix(m, people.Amounts, hours, p.Within)
	if err != nil {
		return err
	}
	if c.Out != "" {
		err := writeCSV(c.Out, c.Overwrite, []string{"demand_id", "fixed_hours", "hours"}, len(r.Cells.IDs), func(i int) []string {
			return []string{r.Cells.IDs[i], exactly(float64(r.Cells.Fixed[i]) / 60), exactly(float64(r.Cells.Both[i]) / 60)}
		})
		if err != nil {
			return err
		}
	}
	answer := ownHours{analyses.Version, r.Params.Within, r.Territory, r.Sites, read}
	return s.give(outcome{json: c.JSON, result: answer, print: func() { s.printOwnHours(answer, c.Out) }})
}

func (s *session) printOwnHours(r ownHours, out string) {
	r.print()
	t := newTable(s.say("personnes-heures par semaine", "person-hours a week"), s.say("lieux fixes", "sites that stay"), s.say("avec les arrêts", "with the stops"), s.say("gain", "gain"), s.say("public desservi", "people reached"))
	for w, within := range r.Within {
		t.row("≤ "+minutes(within), s.people(r.Total.Fixed[w]), s.people(r.Total.Both[w]), s.people(r.Total.Gain[w]), s.people(r.Total.Served[w]))
	}
	t.write(s.out)
	if out != "" {
		fmt.Fprintf(s.out, "→ %s\n", out)
	}
}
