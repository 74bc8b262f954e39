package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/capacity"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// ownPlaces is who has a place, by one's own travel times.
type ownPlaces struct {
	Version   string              `json:"version"`
	Within    *coverage.Threshold `json:"within"` // null: as far as the times go
	Demand    geodata.Amount      `json:"demand"`
	Places    geodata.Amount      `json:"places"`
	Placed    geodata.Amount      `json:"placed"`
	LeftOver  geodata.Amount      `json:"left_over"`
	Unreached geodata.Amount      `json:"out_of_reach"` // of them, with no site in reach
	Mean      *float64            `json:"mean_seconds"` // of those placed; null when nobody is
	Optimal   bool                `json:"optimal"`      // proven
	Sites     []ownPlace          `json:"sites"`
	*ownCSV
}

// ownPlace is a site of it.
type ownPlace struct {
	ID     string         `json:"id"`
	Places geodata.Amount `json:"capacity"`
	Placed geodata.Amount `json:"placed"`
}

// capacity gives people the places of one's own files.
func (c *byTimesCmd) capacity(s *session) error {
	words, err := c.words("within")
	if err != nil {
		return err
	}
	var p capacity.Params
	raw, err := c.analysis.FromWords(words)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return err
	}
	m, people, places, read, err := c.files(s)
	if err != nil {
		return err
	}
	if p.Within != nil {
		if m, err = nearer(m, *p.Within); err != nil {
			return err
		}
	}
	plan, err := capacity.Place(m, people.Amounts, places.Amounts)
	if err != nil {
		return err
	}
	r := ownPlaces{Version: analyses.Version, Within: p.Within, Optimal: true, ownCSV: read, Sites: []ownPlace{}}
	seconds := r.add(plan, people.Amounts)
	for j, id := range m.Sites {
		r.Places += places.Amounts[j]
		r.Sites = append(r.Sites, ownPlace{id, places.Amounts[j], plan.Used[j]})
	}
	if c.Out != "" {
		err := writeCSV(c.Out, c.Overwrite, []string{"demand_id", "placed", "left_over", "seconds"}, len(m.Homes), func(i int) []string {
			return []string{m.Homes[i], plan.Placed[i].String(), plan.LeftOver[i].String(), seconds[i]}
		})
		if err != nil {
			return err
		}
	}
	return s.give(outcome{json: c.JSON, result: r, print: func() { s.printOwnPlaces(r, c.Out) }})
}

// nearer is a matrix without the pairs beyond a time.
func nearer(m *matrix.Matrix, within coverage.Threshold) (*matrix.Matrix, error) {
	var pairs []matrix.Pair
	for i := range m.Homes {
		sites, times := m.From(i)
		for k, j := range sites {
			if times[k].Within(time.Duration(within)) {
				pairs = append(pairs, matrix.Pair{Home: int32(i), Site: j, Time: times[k]})
			}
		}
	}
	return matrix.New(m.Homes, m.Sites, pairs)
}

// add adds the homes up, and returns the mean way of each in seconds, empty for none.
func (r *ownPlaces) add(plan *capacity.Placing, people []geodata.Amount) (seconds []string) {
	all := 0.0
	for i, d := range people {
		sites, times := plan.Times.From(i)
		way := 0.0
		for k, goes := range plan.From(i) {
			way += goes.Float() * float64(times[k]) / float64(traveltime.Time(1000))
		}
		if r.Demand, r.Placed, r.LeftOver = r.Demand+d, r.Placed+plan.Placed[i], r.LeftOver+plan.LeftOver[i]; len(sites) == 0 {
			r.Unreached += d
		}
		text := ""
		if placed := plan.Placed[i]; placed > 0 {
			text = strconv.FormatFloat(way/placed.Float(), 'f', 3, 64)
		}
		all, seconds = all+way, append(seconds, text)
	}
	if r.Placed > 0 {
		mean := all / r.Placed.Float()
		r.Mean = &mean
	}
	return seconds
}

func (s *session) printOwnPlaces(r ownPlaces, out string) {
	r.print()
	fmt.Fprintf(s.out, s.say("%s places pour %s personnes : %s ont une place (plan optimal, prouvé), %s restent sans, dont %s sans site à portée\n",
		"%s places for %s people: %s have a place (optimal, proven), %s have none, %s of them with no site in reach\n"),
		s.people(r.Places), s.people(r.Demand), s.people(r.Placed), s.people(r.LeftOver), s.people(r.Unreached))
	fmt.Fprintf(s.out, s.say("trajet moyen : %s\n", "mean way: %s\n"), s.average(r.Mean))
	t := newTable(s.say("site", "site"), s.say("places", "places"), s.say("prises", "taken"))
	for _, x := range r.Sites {
		t.row(x.ID, s.people(x.Places), s.people(x.Placed))
	}
	t.write(s.out)
	if out != "" {
		fmt.Fprintf(s.out, "→ %s\n", out)
	}
}
