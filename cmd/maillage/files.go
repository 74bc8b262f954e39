package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/alecthomas/kong"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/colocation"
	"github.com/maillage/maillage/analyses/fragility"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/needs"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
)

// byFilesCmd asks an analysis, as askCmd does, or of one's own files, which make a
// territory without roads: the answer is of the same form.
type byFilesCmd struct {
	anyOn     `embed:""`
	Files     any    `embed:""` // a pointer to the flags of the files
	Report    string `placeholder:"FILE" help:"With one's own files: write every record that cannot be used, a line each."`
	Words     any    `embed:""`
	Out       string `placeholder:"FILE" help:"Write the answer: .gpkg (all layers), or .geojson or .csv (the first)."`
	Overwrite bool   `help:"Replace the file if it exists."`
	JSON      bool   `name:"json" help:"Print the answer as JSON."`

	analysis registry.Analysis
}

// fileFlags are an analysis's flags of one's own files.
type fileFlags interface {
	given() bool
	wanted() string // what to say to who gives neither a territory nor files
	ask(c *byFilesCmd, s *session) error
}

// byFiles are the analyses that can be asked of one's own files in this way.
var byFiles = map[string]func() fileFlags{
	"colocation": func() fileFlags { return &siteFiles{} },
	"fragility":  func() fileFlags { return &homeFiles{} },
	"needs":      func() fileFlags { return &censusFiles{} },
}

func byFilesCommand(a registry.Analysis) kong.Option {
	files := byFiles[a.Name]()
	return kong.DynamicCommand(flagName(a.Name), a.Title.En+"; of a territory, or of one's own files: "+files.wanted()+".", "", &byFilesCmd{analysis: a, Files: files, Words: wordsOf(a.Parameters())})
}

func (c *byFilesCmd) Run(s *session) error {
	files := c.Files.(fileFlags)
	switch {
	case !files.given() && c.On == "":
		return fmt.Errorf("%w: missing flags: --on=FILE.gpkg|postgres://…, or %s for one's own files", errUsage, files.wanted())
	case !files.given():
		ask := askCmd{onFlags: onFlags(c.anyOn), Words: c.Words, Out: c.Out, Overwrite: c.Overwrite, JSON: c.JSON, analysis: c.analysis}
		return ask.Run(s)
	case c.Out == "":
	default:
		if err := export.CheckPath(c.Out); err != nil {
			return fmt.Errorf("%w: --out: %w", errUsage, err)
		}
		if err := absent(c.Out, c.Overwrite); err != nil {
			return err
		}
	}
	return files.ask(c, s)
}

// params reads the parameters, of which only some may be given.
func (c *byFilesCmd) params(into any, may ...string) error {
	words, err := ownWords(c.Words, c.analysis, may)
	if err != nil {
		return err
	}
	raw, err := c.analysis.FromWords(words)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// read opens the files that flags name and reads them; all of needed must be given.
func (c *byFilesCmd) read(s *session, needed map[string]string, read func(*ownCSV) error) (*ownCSV, error) {
	return ownFlags{Report: c.Report}.read(s, needed, read)
}

// give says what was found and of which files.
func (c *byFilesCmd) give(s *session, read *ownCSV, result any, layers func() analyses.Result) error {
	layers = sync.OnceValue(layers)
	return s.give(outcome{out: c.Out, overwrite: c.Overwrite, json: c.JSON, result: result, layers: layers, print: func() {
		read.print()
		s.printAnswer(layers())
	}})
}

// siteFiles are those of colocation.
type siteFiles struct {
	Supply string `placeholder:"S.csv" help:"Own sites instead of a territory: site_id, service; a row for each service of a site. See also --walks."`
	Walks  string `placeholder:"W.csv" help:"With --supply: times on foot between sites, both ways: site_id, other_id, seconds (--walk says how near is together)."`
	Shared string `placeholder:"ID" help:"With --supply: id, in --walks and --times, of a site to share, for --offer and --within."`
	Times  string `placeholder:"T.csv" help:"With --shared: times from homes: demand_id, site_id, seconds (empty where there is no way)."`
	Demand string `placeholder:"D.csv" help:"With --shared: demand_id, value; further columns commune, and people of a service by its name."`
}

func (f *siteFiles) given() bool {
	return f.Supply != "" || f.Walks != "" || f.Shared != "" || f.Times != "" || f.Demand != ""
}
func (f *siteFiles) wanted() string { return "--supply=S.csv and --walks=W.csv" }

func (f *siteFiles) ask(c *byFilesCmd, s *session) error {
	var p colocation.Params
	if err := c.params(&p, "services", "walk", "offer", "within"); err != nil {
		return err
	}
	needed := map[string]string{"supply": f.Supply, "walks": f.Walks}
	if f.Shared != "" || f.Times != "" || f.Demand != "" {
		needed["shared"], needed["times"], needed["demand"] = f.Shared, f.Times, f.Demand
	}
	own := colocation.Own{Shared: f.Shared}
	var homes *matrix.Homes
	var services []string
	read, err := c.read(s, needed, func(o *ownCSV) (err error) {
		if own.Sites, err = o.sites(f.Supply); err != nil {
			return err
		}
		services = slices.Clone(own.Sites.Services)
		for _, id := range p.Offer {
			if !slices.Contains(services, id) {
				services = append(services, id) // nobody has offered it yet
			}
		}
		if f.Shared != "" {
			own.Sites.Add(f.Shared)
		}
		if own.Walks, err = o.walks(f.Walks, &own.Sites.Values); err != nil || f.Shared == "" {
			return err
		}
		var columns [][]string
		for _, id := range services {
			columns = append(columns, []string{id})
		}
		if homes, err = o.homes(f.Demand, columns); err != nil {
			return err
		}
		own.Times, err = o.times(f.Times, &homes.Values, &own.Sites.Values)
		return err
	})
	if err != nil {
		return err
	}
	snap, err := read.territory(homes.Territory(services), f.Supply)
	if err != nil {
		return err
	}
	r, err := colocation.OfMatrix(snap, own, p)
	if err != nil {
		return err
	}
	return c.give(s, read, struct {
		*colocation.Result
		Site string `json:"shared_site,omitempty"`
		*ownCSV
	}{r, f.Shared, read}, func() analyses.Result { return r.Layers(snap) })
}

// homeFiles are those of fragility.
type homeFiles struct {
	Times  string `placeholder:"T.csv" help:"Own times to the services instead of a territory: demand_id, site_id, seconds (empty where there is no way). See also --demand."`
	Demand string `placeholder:"D.csv" help:"With --times: demand_id, value and, of what is known, households, poverty, single_parents, alone, aged (80 and over; or aged_65), no_car, or the grids' names for them; commune, lon, lat."`
	Supply string `placeholder:"S.csv" help:"With --times: site_id, service, where not all sites offer the same."`
}

func (f *homeFiles) given() bool    { return f.Times != "" || f.Demand != "" || f.Supply != "" }
func (f *homeFiles) wanted() string { return "--times=T.csv and --demand=D.csv" }

func (f *homeFiles) ask(c *byFilesCmd, s *session) error {
	var p fragility.Params
	if err := c.params(&p, "poverty", "single_parents", "alone", "aged", "far", "no_car", "services", "beyond", "top", "minimum"); err != nil {
		return err
	}
	var own fragility.Own
	var homes *matrix.Homes
	services := []string{"service"}
	read, err := c.read(s, map[string]string{"times": f.Times, "demand": f.Demand}, func(o *ownCSV) (err error) {
		if homes, err = o.homes(f.Demand, fragility.Columns); err != nil {
			return err
		}
		var known *matrix.Values
		if f.Supply != "" {
			if own.Sites, err = o.sites(f.Supply); err != nil {
				return err
			}
			services, known = own.Sites.Services, &own.Sites.Values
		}
		own.Times, err = o.times(f.Times, &homes.Values, known)
		return err
	})
	if err != nil {
		return err
	}
	own.Placed = homes.At != nil
	snap, err := read.territory(homes.Territory(services), f.Demand)
	if err != nil {
		return err
	}
	r, err := fragility.OfMatrix(snap, own, p)
	if err != nil {
		return err
	}
	return c.give(s, read, struct {
		*fragility.Result
		*ownCSV
	}{r, read}, func() analyses.Result { return r.Layers(snap) })
}

// censusFiles are those of needs.
type censusFiles struct {
	Census     []string `placeholder:"C.csv" sep:"none" help:"Own census instead of a territory: commune (INSEE code), year, sex (F, M or none), age (0-2, 80+, 4), persons; or INSEE's tables by age. May be repeated."`
	CensusYear int      `placeholder:"YEAR" help:"Year of a census file that does not say."`
}

func (f *censusFiles) given() bool    { return len(f.Census) > 0 }
func (f *censusFiles) wanted() string { return "--census=C.csv" }

func (f *censusFiles) ask(c *byFilesCmd, s *session) error {
	var p needs.Params
	if err := c.params(&p, "to", "variants", "since", "local", "backtest", "fertility", "mortality", "migration"); err != nil {
		return err
	}
	content := geodata.Content{Catalogue: geodata.DefaultCatalogue()}
	read, err := c.read(s, nil, func(o *ownCSV) error {
		for _, name := range f.Census {
			rows, err := o.census(name, f.CensusYear)
			if err != nil {
				return err
			}
			content.Census = append(content.Census, rows...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range content.Census {
		if !known[r.Commune] {
			known[r.Commune] = true
			content.Communes = append(content.Communes, geodata.Commune{Code: r.Commune, Name: r.Commune, Study: true})
		}
	}
	snap, err := read.territory(content, f.Census[0])
	if err != nil {
		return err
	}
	r, err := needs.Run(s.ctx, snap, nil, p)
	if err != nil {
		return err
	}
	return c.give(s, read, struct {
		*needs.Result
		*ownCSV
	}{r, read}, func() analyses.Result { return r.Layers(snap) })
}
