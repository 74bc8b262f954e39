package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses/access"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/geodata"
)

// byTimesCmd asks an analysis, as askCmd does, or by one's own travel times.
type byTimesCmd struct {
	anyOn     `embed:""`
	ownFlags  `embed:""`
	Supply    string `placeholder:"S.csv" help:"With --times: site_id, capacity; of itinerant site_id, hours, stop."`
	Words     any    `embed:""`
	More      any    `embed:""` // files that one analysis needs; a pointer to its flags
	Out       string `placeholder:"FILE" help:"Write the answer: .gpkg (all layers), or .geojson or .csv (cells); with --times a CSV, a row a home."`
	Overwrite bool   `help:"Replace the file if it exists."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`

	analysis registry.Analysis
	own      func(c *byTimesCmd, s *session) error
}

// byTimes are the analyses that can be asked of one's own travel times.
var byTimes = map[string]func(c *byTimesCmd, s *session) error{
	"access": (*byTimesCmd).access, "capacity": (*byTimesCmd).capacity, "itinerant": (*byTimesCmd).itinerant, "referral": (*byTimesCmd).referral, "site": (*byTimesCmd).site,
}

// byTimesCommand is the command of such an analysis, nothing being required of it:
// one's own travel times need neither service nor territory.
func byTimesCommand(a registry.Analysis) kong.Option {
	params := a.Parameters()
	for i := range params {
		params[i].Required = false
	}
	var more any = &struct{}{}
	switch a.Name {
	case "referral":
		more = &levelsFlags{}
	case "site":
		more = &siteFlags{}
	}
	return kong.DynamicCommand(flagName(a.Name), a.Title.En+".", "", &byTimesCmd{analysis: a, Words: wordsOf(params), More: more, own: byTimes[a.Name]})
}

func (c *byTimesCmd) Run(s *session) error {
	if c.Times != "" {
		return c.own(c, s)
	}
	if c.On == "" {
		_, _, err := c.open(s)
		return err
	}
	ask := askCmd{onFlags: onFlags(c.anyOn), Words: c.Words, Out: c.Out, Overwrite: c.Overwrite, JSON: c.JSON, analysis: c.analysis}
	return ask.Run(s)
}

// ownAccess is the answer by one's own travel times.
type ownAccess struct {
	Method    access.Method  `json:"method"`
	Steps     access.Steps   `json:"steps"`
	Homes     int            `json:"homes"`
	Unreached int            `json:"unreached_homes"`
	Demand    geodata.Amount `json:"demand"`
	Lost      geodata.Amount `json:"unreached_demand"`
	Check     access.Check   `json:"check"`
	Rounds    *access.Rounds `json:"rounds,omitempty"`
	Sites     []access.Site  `json:"sites"`
	*ownCSV
}

// files reads times, demand and supply, after a look at where the answer will go.
func (c *byTimesCmd) files(s *session) (m *matrix.Matrix, people, places *matrix.Values, read *ownCSV, err error) {
	if c.Out != "" {
		if err := absent(c.Out, c.Overwrite); err != nil {
			return nil, nil, nil, nil, err
		}
	}
	read, err = c.read(s, map[string]string{"demand": c.Demand, "supply": c.Supply}, func(o *ownCSV) (err error) {
		if people, err = o.demand(c.Demand); err != nil {
			return err
		}
		if places, err = o.supply(c.Supply); err != nil {
			return err
		}
		m, err = o.times(c.Times, people, places)
		return err
	})
	return m, people, places, read, err
}

// words are the parameters that were given; those about a territory are refused.
func (c *byTimesCmd) words(may ...string) (map[string]string, error) {
	return ownWords(c.Words, c.analysis, may)
}

func ownWords(all any, a registry.Analysis, may []string) (map[string]string, error) {
	words, err := given(all, a.Parameters())
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		if !slices.Contains(may, name) {
			return nil, fmt.Errorf("%w: --%s is about a territory: leave it out beside one's own files", errUsage, flagName(name))
		}
	}
	return words, nil
}

func (c *byTimesCmd) access(s *session) error {
	p, err := c.accessParams()
	if err != nil {
		return err
	}
	m, people, places, read, err := c.files(s)
	if err != nil {
		return err
	}
	shares, err := access.Share(access.Question{Times: m, Demand: people.Amounts, Capacity: places.Amounts, Method: p.Method, Steps: p.Steps})
	if err != nil {
		return err
	}
	if c.Out != "" {
		err := writeCSV(c.Out, c.Overwrite, []string{"demand_id", "score"}, len(m.Homes), func(i int) []string {
			if shares.Score[i] == nil {
				return []string{m.Homes[i], ""}
			}
			return []string{m.Homes[i], exactly(*shares.Score[i])}
		})
		if err != nil {
			return err
		}
	}
	r := ownAccess{Method: p.Method, Steps: p.Steps, Homes: len(m.Homes), Check: shares.Check, Rounds: shares.Rounds, Sites: shares.Sites, ownCSV: read}
	for i, d := range people.Amounts {
		if r.Demand += d; !shares.Reached[i] {
			r.Unreached++
			r.Lost += d
		}
	}
	return s.give(outcome{json: c.JSON, result: r, print: func() { s.printOwnAccess(r, c.Out) }})
}

// accessParams are the method and its steps.
func (c *byTimesCmd) accessParams() (p access.Params, err error) {
	words, err := c.words("method", "steps")
	if err != nil {
		return p, err
	}
	raw, err := c.analysis.FromWords(words)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, err
	}
	p.Method, p.Steps, err = access.Complete(p.Method, p.Steps)
	return p, err
}

func (s *session) printOwnAccess(r ownAccess, out string) {
	r.print()
	fmt.Fprintf(s.out, s.say("%s : %s lieux de vie, %s sites, %s personnes\n", "%s: %s homes, %s sites, %s people\n"),
		r.Method, s.thousands(fmt.Sprint(r.Homes)), s.thousands(fmt.Sprint(len(r.Sites))), s.people(r.Demand))
	fmt.Fprintf(s.out, s.say("sans site à portée : %s lieux de vie, %s personnes\n", "with no site in reach: %s homes, %s people\n"),
		s.thousands(fmt.Sprint(r.Unreached)), s.people(r.Lost))
	fmt.Fprintf(s.out, s.say("capacité partagée : %s de %s (écart %.1g), %s sans personne\n", "capacity shared out: %s of %s (difference %.1g), %s with nobody\n"),
		s.number(r.Check.SharedOut, 1), s.number(r.Check.Supply.Float(), 1), r.Check.Difference, s.number(r.Check.Idle.Float(), 1))
	if r.Rounds != nil {
		fmt.Fprintf(s.out, s.say("équilibre à %.1g près\n", "equilibrium to within %.1g\n"), r.Rounds.Residual)
	}
	if out != "" {
		fmt.Fprintf(s.out, "→ %s\n", out)
	}
}
