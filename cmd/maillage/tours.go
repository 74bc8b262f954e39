package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/tours"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// toursCmd plans a territory's weeks of tours, or solves a problem of the literature.
type toursCmd struct {
	anyOn        `embed:""`
	Plan         string         `placeholder:"FILE" help:"The question as YAML or JSON: vehicles, stops and whatever the flags below say; a flag comes before it."`
	Words        any            `embed:""`
	TimeLimit    *time.Duration `placeholder:"60s" help:"Stop then, with the best plan and its bound, which may differ from one machine to another unless they are proven; 60s for --orienteering, and none otherwise: --effort bounds the search."`
	Out          string         `placeholder:"FILE" help:"Write the answer: .gpkg (all layers), or .geojson or .csv (the first)."`
	GTFS         string         `name:"gtfs" placeholder:"FILE.zip" help:"Write the week as a timetable in GTFS."`
	Calendar     string         `placeholder:"FILE.ics" help:"Write the week as a calendar."`
	Sheet        string         `placeholder:"FILE.html" help:"Write the week as a page to print."`
	From         string         `placeholder:"YYYYMMDD" help:"The Monday on which the first week of --gtfs and --calendar begins."`
	For          int            `default:"52" placeholder:"WEEKS" help:"How many weeks --gtfs and --calendar run."`
	URL          string         `name:"url" placeholder:"https://…" help:"The page of who runs the vehicles, which GTFS wants."`
	Overwrite    bool           `help:"Replace files that exist."`
	JSON         bool           `name:"json" help:"Print the answer as JSON."`
	Orienteering string         `placeholder:"FILE" help:"Solve a team orienteering problem instead, in the format of Chao, Golden and Wasil: n, m, tmax, then x, y and score of each point, the start first and the end last."`
	Iterations   int            `placeholder:"N" help:"With --orienteering: stop the search for plans after so many changes: with --labels, the same answer anywhere, given the time."`
	Labels       int            `placeholder:"N" help:"With --orienteering: stop the proof after so many labels."`
	Seed         uint64         `help:"With --orienteering: of what the search draws."`

	analysis registry.Analysis
}

func toursCommand(a registry.Analysis) kong.Option {
	params := a.Parameters()
	for i := range params {
		params[i].Required = false
	}
	return kong.DynamicCommand("tours", a.Title.En+": where, on which days and at what hours it should stop; or a problem of the literature.", "", &toursCmd{analysis: a, Words: wordsOf(params)})
}

// Run plans the tours.
func (c *toursCmd) Run(s *session) error {
	if c.TimeLimit != nil && *c.TimeLimit <= 0 {
		return fmt.Errorf("%w: --time-limit=%s: want a time above 0, such as 60s", errUsage, *c.TimeLimit)
	}
	if c.Orienteering != "" {
		return c.orienteer(s)
	}
	if c.On == "" {
		return fmt.Errorf("%w: missing flags: --on=FILE.gpkg|postgres://…, or --orienteering for a problem of the literature", errUsage)
	}
	options, err := c.dates()
	if err != nil {
		return err
	}
	for _, path := range []string{c.Out, c.GTFS, c.Calendar, c.Sheet} {
		if path == "" {
			continue
		}
		if err := absent(path, c.Overwrite); err != nil {
			return err
		}
	}
	if c.Out != "" {
		if err := export.CheckPath(c.Out); err != nil {
			return fmt.Errorf("%w: --out: %w", errUsage, err)
		}
	}
	params, scenario, err := c.question()
	if err != nil {
		return err
	}
	snap, nets, err := c.open(s)
	if snap, nets, err = scenario.in(s, snap, nets, err); err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	until := s.ctx
	if c.TimeLimit != nil {
		var stop context.CancelFunc
		until, stop = context.WithTimeout(s.ctx, *c.TimeLimit)
		defer stop()
	}
	r, err := tours.RunUntil(s.ctx, until, snap, nets, *params, func(f tours.Found) { bar.step("tours", int64(1000*(1-f.Gap)), 1000) })
	if err != nil {
		return err
	}
	bar.end()
	for _, file := range []struct {
		path  string
		write func(w io.Writer) error
	}{
		{c.GTFS, func(w io.Writer) error { return writeGTFS(w, r, options) }},
		{c.Calendar, func(w io.Writer) error {
			text, err := r.ICalendar(options.CalendarOptions)
			if err == nil {
				_, err = w.Write(text)
			}
			return err
		}},
		{c.Sheet, func(w io.Writer) error {
			page, err := tours.Sheet(r, s.lang)
			if err == nil {
				_, err = w.Write(page)
			}
			return err
		}},
	} {
		if file.path == "" {
			continue
		}
		if err := writeFile(file.path, c.Overwrite, file.write); err != nil {
			return err
		}
	}
	layers := sync.OnceValue(func() analyses.Result { return r.Layers(snap) })
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: r, layers: layers, print: func() { fmt.Fprintln(s.out, strings.TrimSuffix(tours.WeekText(r, s.lang), "\n")) }})
}

func writeGTFS(w io.Writer, r *tours.Result, o tours.TimetableOptions) error {
	t, err := r.Timetable(o)
	if err != nil {
		return err
	}
	return load.WriteTimetable(w, t)
}

// dates reads when the week begins.
func (c *toursCmd) dates() (o tours.TimetableOptions, err error) {
	if c.GTFS == "" && c.Calendar == "" {
		return o, nil
	}
	if c.GTFS != "" && c.URL == "" {
		return o, fmt.Errorf("%w: --gtfs wants --url, the page of who runs the vehicles, such as https://www.example.fr", errUsage)
	}
	first, err := geodata.ParseDate(c.From)
	if err != nil || first.Weekday() != 0 || c.For < 1 {
		return o, fmt.Errorf("%w: --from=%q --for=%d: want the Monday on which the first week begins, such as 20270104, and a number of weeks", errUsage, c.From, c.For)
	}
	o.CalendarOptions = tours.CalendarOptions{FirstMonday: first, Weeks: c.For}
	o.URL = c.URL
	return o, nil
}

// question puts the file and the flags together.
func (c *toursCmd) question() (p *tours.Params, scenario inFlags, err error) {
	all := map[string]json.RawMessage{}
	if c.Plan != "" {
		if all, err = readPlan(c.Plan); err != nil {
			return nil, scenario, err
		}
	}
	words, err := given(c.Words, c.analysis.Parameters())
	if err != nil {
		return nil, scenario, err
	}
	scenario.Scenario = words[registry.ScenarioParam]
	delete(words, registry.ScenarioParam)
	for name := range words {
		one, err := c.analysis.FromWords(map[string]string{name: words[name]})
		if err != nil {
			return nil, scenario, err
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(one, &fields); err != nil {
			return nil, scenario, err
		}
		all[name] = fields[name]
	}
	if c.TimeLimit != nil && all["effort"] == nil {
		all["effort"] = json.RawMessage("100000")
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return nil, scenario, err
	}
	if raw, err = c.analysis.Params(raw); err != nil {
		if c.Plan != "" {
			err = fmt.Errorf("%s: %w", c.Plan, err)
		}
		return nil, scenario, err
	}
	p = new(tours.Params)
	return p, scenario, json.Unmarshal(raw, p)
}

// readPlan reads a question in YAML, of which JSON is a part.
func readPlan(path string) (map[string]json.RawMessage, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("%w: %s: %s: want YAML or JSON, such as service: france_services", errUsage, path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%w: %s: an empty question: want YAML or JSON, such as service: france_services", errUsage, path)
	}
	all := map[string]json.RawMessage{}
	for name, v := range values {
		if all[name], err = json.Marshal(v); err != nil {
			return nil, errors.Join(errUsage, fmt.Errorf("%s: %s: %w", path, name, err))
		}
	}
	return all, nil
}
