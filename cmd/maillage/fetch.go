package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/fetch"
	"github.com/maillage/maillage/geodata/load"
)

type fetchCmd struct {
	EPCI      string        `arg:"" name:"epci" help:"SIREN of the intercommunality, such as 200068955, or words of its name that no other has."`
	Into      string        `placeholder:"FILE.gpkg|postgres://…" help:"Territory file to make, or database to store the territory in; without it the files are fetched and kept, no more."`
	Name      string        `help:"Name of the territory; the intercommunality's when absent."`
	Buffer    string        `default:"20km" help:"How far around the intercommunality data are kept."`
	DryRun    bool          `help:"Show what would be fetched, and what is here already; ask nobody."`
	Offline   bool          `help:"Take what was fetched before; ask nobody."`
	Refresh   bool          `help:"Ask the publishers whether what was fetched before is still current."`
	Skip      []string      `placeholder:"ID" help:"Sources to leave out, by their id in the table of --dry-run: bpe, timetables, …"`
	Mirror    string        `placeholder:"FOLDER|URL" env:"MAILLAGE_MIRROR" help:"A folder or an address that has the files, under the names in the table, in place of the publishers."`
	URL       []string      `name:"url" sep:"none" placeholder:"ID=URL|FILE" help:"Another address, or a file, for one source (repeat for several)."`
	Cache     string        `placeholder:"FOLDER" env:"MAILLAGE_CACHE" help:"Where fetched files are kept; the user's cache folder when absent."`
	Timeout   time.Duration `default:"60s" help:"How long a transfer may stand still before it is tried again."`
	Services  string        `placeholder:"FILE.yaml" help:"Services that replace or extend the catalogue."`
	Strict    bool          `help:"Refuse everything when any record is rejected."`
	Label     string        `placeholder:"NAME" help:"Name to store this vintage of the territory under, beside others; the year of the grid when absent."`
	Overwrite bool          `help:"Replace the territory file, or the vintage of that name, if it exists."`
	Report    string        `placeholder:"FILE.json" help:"Write the full report of rejected records there."`
	JSON      bool          `name:"json" help:"Print what was fetched and imported as JSON."`
}

func (c *fetchCmd) options() (fetch.Options, error) {
	opt := fetch.Options{Cache: c.Cache, Mirror: c.Mirror, Skip: c.Skip, Offline: c.Offline, Refresh: c.Refresh, Stall: c.Timeout,
		URLs: map[string]string{}, Agent: "maillage/" + programVersion() + " (+https://github.com/maillage/maillage)"}
	var err error
	if opt.Buffer, err = parseMetres(c.Buffer); err != nil {
		return opt, fmt.Errorf("%w: --buffer: %w", errUsage, err)
	}
	if c.Timeout <= 0 {
		return opt, fmt.Errorf("%w: --timeout %s: want a time above zero, such as 60s", errUsage, c.Timeout)
	}
	if c.Offline && c.Refresh {
		return opt, fmt.Errorf("%w: --offline and --refresh exclude each other", errUsage)
	}
	for _, u := range c.URL {
		id, address, ok := strings.Cut(u, "=")
		if !ok || id == "" || address == "" {
			return opt, fmt.Errorf("%w: --url %q: want ID=URL or ID=FILE, such as bpe=BPE25.zip", errUsage, u)
		}
		opt.URLs[id] = address
	}
	return opt, nil
}

func (c *fetchCmd) Run(s *session) error {
	opt, err := c.options()
	if err != nil {
		return err
	}
	if c.DryRun {
		r, err := fetch.Plan(c.EPCI, opt)
		if err != nil {
			return aboutAsked(err)
		}
		return c.plan(s, r)
	}
	imp := importCmd{Into: c.Into, Label: c.Label, Overwrite: c.Overwrite, Report: c.Report, JSON: c.JSON}
	if c.Into != "" {
		into, err := imp.target(s.ctx)
		if err != nil {
			return err
		}
		if into != nil { // the import opens it again: fetching may take an hour
			into.Close() //nolint:errcheck // nothing was written
		}
	}
	r, err := c.fetch(s, opt)
	if err != nil {
		return aboutAsked(err)
	}
	if c.Into == "" {
		if c.JSON {
			return printJSON(s.out, c.result(r, nil))
		}
		return nil
	}
	imp.ID = r.EPCI.Code
	return c.imports(s, &imp, r, opt.Buffer)
}

// asked marks errors about what the user asked for.
func aboutAsked(err error) error {
	if errors.Is(err, fetch.ErrUnknownEPCI) || errors.Is(err, fetch.ErrOptions) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}

// fetch brings the files and says what is missing.
func (c *fetchCmd) fetch(s *session, opt fetch.Options) (*fetch.Result, error) {
	p := s.progress()
	defer p.end()
	what := s.say("téléchargement", "fetching")
	opt.Progress = func(done, total int64) { p.step(what, done, total) }
	r, err := fetch.Run(s.ctx, c.EPCI, opt)
	p.end()
	if !s.quiet {
		c.tell(s, r)
	}
	return r, err
}

// tell lists on stderr what came from where, and what is missing and why.
func (c *fetchCmd) tell(s *session, r *fetch.Result) {
	came := map[fetch.From]int{}
	for _, f := range r.Files {
		for _, note := range f.Notes {
			fmt.Fprintf(s.err, "%s: %s\n", f.Name, note)
		}
		if f.Err == nil {
			came[f.From]++
		}
	}
	if len(r.Files) > 0 {
		fmt.Fprintf(s.err, s.say("%s : fichiers téléchargés %d, du cache %d, du dossier %d\n", "%s: files fetched %d, from the cache %d, from the folder %d\n"),
			cmp.Or(r.EPCI.Nom, c.EPCI), came[fetch.FromNetwork], came[fetch.FromCache], came[fetch.FromMirror])
	}
	for _, f := range r.Missing() {
		if !f.Source.Required && !errors.Is(f.Err, context.Canceled) { // what is required is the error itself
			fmt.Fprintf(s.err, s.say("avertissement : il manque %s\n", "warning: missing: %s\n"), f.Problem())
		}
	}
}

// imports reads the files into the target.
func (c *fetchCmd) imports(s *session, imp *importCmd, r *fetch.Result, buffer float64) error {
	spec, err := c.spec(r, buffer)
	if err != nil {
		return err
	}
	into, err := imp.target(s.ctx)
	if err != nil {
		return err
	}
	if into != nil {
		defer into.Close() //nolint:errcheck // Write has committed, or said why not
	}
	p := s.progress()
	defer p.end()
	started := time.Now()
	snap, report, err := load.Territory(s.ctx, spec, load.Options{Progress: p.file})
	p.end()
	if reportErr := imp.report(s, report); err == nil {
		err = reportErr
	}
	if err != nil {
		return err
	}
	if err := imp.store(s.ctx, into, snap, func(done, total int) { p.step(snap.Territory().Name, int64(done), int64(total)) }); err != nil {
		return err
	}
	p.end()
	where := c.Into
	if into != nil {
		where = into.Target() // without a password
	}
	if !c.JSON {
		return imp.summary(s, where, snap, report, time.Since(started))
	}
	var text bytes.Buffer
	inner := *s
	inner.out = &text
	if err := imp.summary(&inner, where, snap, report, time.Since(started)); err != nil {
		return err
	}
	return printJSON(s.out, c.result(r, text.Bytes()))
}

// spec says how the files make a territory.
func (c *fetchCmd) spec(r *fetch.Result, buffer float64) (load.Spec, error) {
	spec := load.Spec{ID: r.EPCI.Code, Name: cmp.Or(c.Name, r.EPCI.Nom), StudyArea: r.EPCI.Code, Buffer: buffer, Services: c.Services, Strict: c.Strict,
		Communes: outlines(r), Origins: map[string]geodata.Source{}}
	catalogue, err := load.Services(c.Services)
	if err != nil {
		return spec, err
	}
	for _, f := range r.Files {
		if f.Err != nil {
			continue
		}
		spec.Origins[f.Table()] = f.Origin()
		switch f.Source.Use {
		case fetch.Population:
			spec.Population = append(spec.Population, f.Table())
		case fetch.Census:
			spec.Census = append(spec.Census, f.Table())
		case fetch.Roads:
			spec.Roads = append(spec.Roads, f.Table())
		case fetch.Facilities:
			spec.Facilities = append(spec.Facilities, facilities(f, catalogue)...)
		case fetch.Timetables:
			origin := f.Origin()
			origin.Layer, origin.Name = "timetables", origin.Name+" ("+f.Name+")"
			spec.Recorded = append(spec.Recorded, origin)
		}
	}
	return spec, nil
}

// outlines chooses the files of communes so that none is in two: those of whole
// departments, which hold the EPCI's communes too, or, where one of its
// departments is missing, the EPCI's own beside the other departments'.
func outlines(r *fetch.Result) (paths []string) {
	have := map[string]string{}
	own := ""
	for _, f := range r.Files {
		switch {
		case f.Err != nil:
		case f.Source.Use == fetch.Neighbours:
			have[f.Key] = f.Table()
		case f.Source.Use == fetch.Communes:
			own = f.Table()
		}
	}
	lacking := func(d string) bool { return have[d] == "" }
	if slices.ContainsFunc(r.Departments, lacking) {
		paths = append(paths, own)
		for _, d := range r.Departments {
			delete(have, d)
		}
	}
	for _, f := range r.Files {
		if p := have[f.Key]; f.Source.Use == fetch.Neighbours && p != "" {
			paths = append(paths, p)
		}
	}
	return paths
}

// facilities are the services that a file is read for: its own, or those of the
// catalogue that have types in the BPE. The edition's types go before the
// catalogue's; a service without any is not in the BPE.
func facilities(f fetch.File, catalogue geodata.Catalogue) (files []load.FacilityFile) {
	if f.Source.Service != "" {
		return []load.FacilityFile{{Service: f.Source.Service, Path: f.Table()}}
	}
	for _, service := range catalogue {
		types, ok := f.Source.BPE[service.ID]
		if !ok {
			types = service.BPE
		}
		if len(types) > 0 {
			files = append(files, load.FacilityFile{Service: service.ID, Path: f.Table(), Types: types})
		}
	}
	return files
}

// plan prints the table of what would be fetched.
func (c *fetchCmd) plan(s *session, r *fetch.Result) error {
	if c.JSON {
		return printJSON(s.out, c.result(r, nil))
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, s.say("source\tquoi\tfichier\téditeur\tlicence\tmillésime\ttaille\toù\tadresse", "source\twhat\tfile\tpublisher\tlicence\tvintage\tsize\twhere\taddress"))
	for _, f := range r.Files {
		size, where := s.say("environ ", "about ")+f.Source.Size.String(), s.say("à télécharger", "to fetch")
		switch {
		case f.Err != nil:
			size, where = "–", f.Err.Error()
		case f.From == fetch.FromCache:
			size, where = fetch.Bytes(f.Bytes).String(), s.say("en cache", "in the cache")
		case f.From == fetch.FromMirror:
			size, where = fetch.Bytes(f.Bytes).String(), s.say("dossier", "folder")
		}
		if f.Source.Required {
			where += s.say(", nécessaire", ", needed")
		}
		fmt.Fprintln(w, strings.Join([]string{f.Source.ID, f.Source.What.In(s.lang), f.Name, f.Source.Publisher, f.Source.Licence,
			strings.Replace(cmp.Or(f.Vintage, "?"), "dated", s.say("datée", "dated"), 1), size, where, f.URL}, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if s.quiet || !slices.ContainsFunc(r.Files, func(f fetch.File) bool { return f.Source.Checked == "unknown" && !f.Other }) {
		return nil
	}
	_, err := fmt.Fprintln(s.err, s.say("Ces adresses viennent de la documentation des éditeurs ; personne ne les a encore vérifiées. --url ID=ADRESSE en donne une autre.",
		"These addresses are from the publishers' documentation; nobody has checked them yet. --url ID=ADDRESS gives another."))
	return err
}

type fetchResult struct {
	EPCI   string          `json:"epci"`
	Name   string          `json:"name,omitempty"`
	Files  []fetchedFile   `json:"files"`
	Import json.RawMessage `json:"import,omitempty"`
}

type fetchedFile struct {
	Source    string     `json:"source"`
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	Path      string     `json:"path,omitempty"`
	From      fetch.From `json:"from,omitempty"` // absent when it would be fetched, or is missing
	Bytes     int64      `json:"bytes,omitempty"`
	SHA256    string     `json:"sha256,omitempty"`
	Publisher string     `json:"publisher"`
	Licence   string     `json:"licence"`
	Vintage   string     `json:"vintage,omitempty"`
	Checked   string     `json:"checked"` // the day somebody last saw the address answer; "unknown"
	Required  bool       `json:"required"`
	Missing   string     `json:"missing,omitempty"`
	Notes     []string   `json:"notes,omitempty"`
}

func (c *fetchCmd) result(r *fetch.Result, imported []byte) fetchResult {
	out := fetchResult{EPCI: r.EPCI.Code, Name: r.EPCI.Nom, Files: []fetchedFile{}, Import: imported}
	for _, f := range r.Files {
		one := fetchedFile{Source: f.Source.ID, Name: f.Name, URL: f.URL, Path: f.Path, From: f.From, Bytes: f.Bytes, SHA256: f.SHA256,
			Publisher: f.Source.Publisher, Licence: f.Source.Licence, Vintage: f.Vintage, Checked: f.Source.Checked, Required: f.Source.Required, Notes: f.Notes}
		if f.Err != nil {
			one.Missing = f.Problem()
		}
		out.Files = append(out.Files, one)
	}
	return out
}
