package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/store/geopackage"
)

type demoCmd struct {
	Once bool   `help:"Write the results and exit; do not serve."`
	Out  string `default:"out" placeholder:"DIR" help:"Folder of the files."`
	Addr string `default:"127.0.0.1:8080" env:"MAILLAGE_ADDR" help:"Address of the map."`
	JSON bool   `name:"json" help:"Print the summary as JSON."`
}

func (c *demoCmd) Run(s *session) error {
	snap, err := anjou.Territory()
	if err != nil {
		return err
	}
	nets := traveltime.NewNetworks("")
	var results []*coverage.Result
	for _, service := range snap.Catalogue() {
		r, err := coverage.Run(s.ctx, snap, nets, coverage.Params{Service: service.ID, Mode: "car"})
		if err != nil {
			return fmt.Errorf("%s: %w", service.ID, err)
		}
		results = append(results, r)
	}
	if err := c.print(s, snap, results); err != nil {
		return err
	}
	if err := c.files(s, snap, results); err != nil {
		return err
	}
	if c.Once {
		return nil
	}
	listener, err := listen(c.Addr)
	if err != nil {
		return err
	}
	return s.serve(listener, snap, nets, nil)
}

// print writes a line per service: the territory's people, who is within each threshold.
func (c *demoCmd) print(s *session, snap *geodata.Snapshot, results []*coverage.Result) error {
	if c.JSON {
		type line struct {
			Service string       `json:"service"`
			Within  []string     `json:"within"`
			Row     coverage.Row `json:"territory"`
		}
		var lines []line
		for _, r := range results {
			l := line{Service: r.Service.ID, Row: r.Territory}
			for _, w := range r.Params.Within {
				l.Within = append(l.Within, w.String())
			}
			lines = append(lines, l)
		}
		return printJSON(s.out, lines)
	}
	if s.quiet {
		return nil
	}
	fmt.Fprintf(s.out, "%s — %s\n", snap.Territory().Name, s.mode("car"))
	if snap.Territory().Modelled {
		fmt.Fprintln(s.out, s.say("DONNÉES MODÉLISÉES : population, contours et routes viennent d'un modèle calé sur des chiffres publiés.",
			"MODELLED DATA: population, outlines and roads come from a model that meets published figures."))
	}
	t := newTable(s.say("service", "service"), s.say("public", "people"), s.say("sites", "sites"), s.say("couverture selon le temps de trajet", "coverage by travel time"), s.say("moyenne", "mean"))
	for _, r := range results {
		cover := ""
		for k, w := range r.Params.Within {
			if k > 0 {
				cover += "   "
			}
			cover += fmt.Sprintf("≤ %s %7s", minutes(w), s.percent(r.Territory.Share(k)))
		}
		t.row(r.Service.Label.In(s.lang), s.people(r.Territory.Demand), fmt.Sprint(len(r.Facilities)), cover, s.average(r.Territory.Mean))
	}
	t.write(s.out)
	return nil
}

// files writes the territory and every answer into the folder, replacing those of an earlier demo.
func (c *demoCmd) files(s *session, snap *geodata.Snapshot, results []*coverage.Result) error {
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	p := s.progress()
	defer p.end()
	write := func(name string, how func(path string) error) error {
		path := filepath.Join(c.Out, name)
		if err := how(path); err != nil {
			return err
		}
		if !c.JSON && !s.quiet {
			fmt.Fprintln(s.out, "→ "+path)
		}
		return nil
	}
	if err := write("territory.gpkg", func(path string) error {
		return geopackage.Write(s.ctx, path, snap, geopackage.Options{Overwrite: true})
	}); err != nil {
		return err
	}
	for i, r := range results {
		p.step(c.Out, int64(i), int64(len(results)))
		layers := r.Layers(snap)
		for _, ext := range []string{".gpkg", ".geojson", ".csv"} {
			if err := write("coverage-"+r.Service.ID+ext, func(path string) error { return export.ToFile(s.ctx, path, layers, true) }); err != nil {
				return err
			}
		}
	}
	return write("coverage-communes.csv", func(path string) error {
		return writeFile(path, true, func(w io.Writer) error { return communesTable(w, snap, results) })
	})
}

// communesTable puts every service's coverage of every commune into one table.
func communesTable(w io.Writer, snap *geodata.Snapshot, results []*coverage.Result) error {
	var all geodata.Layer
	for _, r := range results {
		l := r.Layers(snap).Layers[1]
		if all.IDs == nil {
			all = geodata.Layer{Name: "coverage", IDs: l.IDs, Fields: l.Fields[:2:2]}
		}
		for _, f := range l.Fields[2:] {
			f.Name = r.Service.ID + "_" + f.Name
			all.Fields = append(all.Fields, f)
		}
	}
	return export.CSV(w, all, results[0].Provenance)
}
