package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/geopackage"
)

type importCmd struct {
	Into       string   `required:"" placeholder:"FILE.gpkg|postgres://…" help:"Territory file to make, or database to store the territory in."`
	ID         string   `required:"" name:"id" help:"Short name of the territory, such as its SIREN."`
	Name       string   `help:"Name of the territory; its id when absent."`
	Communes   []string `placeholder:"FILE" sep:"none" help:"Commune outlines: GeoJSON or GeoPackage (repeat for several)."`
	Population []string `placeholder:"FILE" sep:"none" help:"Population grid: INSEE Filosofi or Eurostat, CSV, GeoPackage or GeoJSON; without one nobody can be counted."`
	Roads      []string `required:"" placeholder:"FILE" sep:"none" help:"Roads: OpenStreetMap PBF or XML, or GeoJSON lines."`
	Facilities []string `placeholder:"SERVICE=FILE" sep:"none" help:"Facilities of a service: GeoJSON, CSV, the France Services list, INSEE BPE, or OpenStreetMap."`
	Zones      []string `placeholder:"NAME=FILE[:ID[:NAME]]" sep:"none" help:"Zones of a division other than communes (IRIS, quarters, school sectors): GeoJSON or GeoPackage; fields of code and name where they are not the usual ones."`
	Counts     []string `placeholder:"NAME=FILE" sep:"none" help:"Places with counts, such as schools with their pupils: CSV with an id and coordinates, GeoJSON or GeoPackage; each column of numbers counts."`
	Census     []string `placeholder:"FILE" sep:"none" help:"People by commune, year, sex and age: commune, year, sex, age, persons; INSEE's tables by age; or a grid of totals by year, summed by commune."`
	CensusYear int      `placeholder:"YEAR" help:"Year of a census file that does not say."`
	GTFS       []string `name:"gtfs" placeholder:"FEED" sep:"none" help:"Timetable of public transport: GTFS Schedule, a zip archive or a folder (repeat for several of one time zone). A territory is imported whole: give its other files too."`
	GTFSOn     string   `name:"gtfs-on" placeholder:"DATE" help:"Day the timetables are to be used on, such as 2026-11-23: a feed that has expired before it is refused."`
	OnDemand   []string `placeholder:"FILE.csv" sep:"none" help:"Transport on demand: id, name, from, to, hours, wait, booking, detour, note; from and to are INSEE codes with blanks between them."`

	Confidential       string   `placeholder:"MINIMUM:COLUMN" help:"The population is under statistical secrecy: nothing is told of fewer than MINIMUM of COLUMN, such as 11:men."`
	CountsConfidential []string `placeholder:"NAME=MINIMUM:COLUMN" sep:"none" help:"The same of a set of --counts."`
	SecrecyKey         string   `env:"MAILLAGE_SECRECY_KEY" placeholder:"KEY" help:"Key of what is confidential, known to the owner of the counts only, 16 characters or more."`

	Services  string   `placeholder:"FILE.yaml" help:"Services that replace or extend the catalogue."`
	StudyArea string   `placeholder:"EPCI|INSEE,…|F.geojson" help:"What is analysed: an EPCI's SIREN, commune codes, or polygons; everything when absent."`
	Buffer    string   `default:"20km" help:"How far around the study area data are kept."`
	EPSG      int      `name:"epsg" help:"Coordinate system of x and y columns (2154, 3035, …) where the file does not say."`
	Columns   []string `placeholder:"NAME=FIELD" help:"Columns of the population file: ind=pop, x=XCOORD, …"`
	Vintage   int      `placeholder:"YEAR" help:"Year of the population grid, where the file does not say."`
	CellSize  int      `placeholder:"METRES" help:"Side of the grid's cells, where the file does not say."`
	Strict    bool     `help:"Refuse everything when any record is rejected."`
	Label     string   `placeholder:"NAME" help:"Name to store this vintage of the territory under, beside others; the year of the grid when absent."`
	Overwrite bool     `help:"Replace the territory file, or the vintage of that name, if it exists."`
	Report    string   `placeholder:"FILE.json" help:"Write the full report of rejected records there."`
	JSON      bool     `name:"json" help:"Print the report as JSON."`
}

func (c *importCmd) spec() (load.Spec, error) {
	spec := load.Spec{ID: c.ID, Name: c.Name, Communes: c.Communes, Population: c.Population, Roads: c.Roads,
		Services: c.Services, StudyArea: c.StudyArea, Strict: c.Strict,
		Grid: load.PopulationOptions{EPSG: c.EPSG, Vintage: c.Vintage, CellSize: c.CellSize}}
	if strings.ContainsAny(c.ID, " \t\n/") {
		return spec, fmt.Errorf("%w: --id %q: want a name without spaces or slashes", errUsage, c.ID)
	}
	var err error
	if spec.Buffer, err = parseMetres(c.Buffer); err != nil {
		return spec, fmt.Errorf("%w: --buffer: %w", errUsage, err)
	}
	for _, f := range c.Facilities {
		service, path, ok := strings.Cut(f, "=")
		if !ok || service == "" || path == "" {
			return spec, fmt.Errorf("%w: --facilities %q: want SERVICE=FILE, such as creche=eaje.csv", errUsage, f)
		}
		spec.Facilities = append(spec.Facilities, load.FacilityFile{Service: service, Path: path})
	}
	if err := c.more(&spec); err != nil {
		return spec, fmt.Errorf("%w: %w", errUsage, err)
	}
	for _, m := range c.Columns {
		name, field, ok := strings.Cut(m, "=")
		if !ok {
			return spec, fmt.Errorf("%w: --columns %q: want NAME=FIELD, such as ind=pop", errUsage, m)
		}
		if spec.Grid.Columns == nil {
			spec.Grid.Columns = map[string]string{}
		}
		spec.Grid.Columns[name] = field
	}
	return spec, nil
}

// more reads the flags of what not every territory has.
func (c *importCmd) more(spec *load.Spec) error {
	spec.Census, spec.CensusYear = c.Census, c.CensusYear
	for _, z := range c.Zones {
		layer, rest, ok := strings.Cut(z, "=")
		path, fields := zoneFields(rest)
		if !ok || layer == "" || path == "" || len(fields) > 2 {
			return fmt.Errorf("--zones %q: want NAME=FILE, such as iris=iris.gpkg, or NAME=FILE:CODE_FIELD:NAME_FIELD", z)
		}
		fields = append(fields, "", "")
		spec.Zones = append(spec.Zones, load.ZoneFile{Layer: layer, Path: path, IDField: fields[0], Named: fields[1]})
	}
	for _, f := range c.Counts {
		name, path, ok := strings.Cut(f, "=")
		if !ok || name == "" || path == "" {
			return fmt.Errorf("--counts %q: want NAME=FILE, such as schools=schools.csv", f)
		}
		spec.Counts = append(spec.Counts, load.CountsFile{Name: name, Path: path})
	}
	if err := c.transport(spec); err != nil {
		return err
	}
	return c.secrecy(spec)
}

// transport reads the flags of public transport.
func (c *importCmd) transport(spec *load.Spec) error {
	spec.Timetables, spec.OnDemand = c.GTFS, c.OnDemand
	for i, path := range c.GTFS {
		if slices.Contains(c.GTFS[:i], path) {
			return fmt.Errorf("--gtfs %s: given twice: want each feed once", path)
		}
	}
	if c.GTFSOn == "" {
		return nil
	}
	on, err := geodata.ParseDate(strings.ReplaceAll(c.GTFSOn, "-", ""))
	if err != nil {
		return fmt.Errorf("--gtfs-on %q: want a date such as 2026-11-23", c.GTFSOn)
	}
	spec.On = on
	return nil
}

// zoneFields takes the names of fields off the end of a file's name. A colon in
// the name of a file that is there belongs to it.
func zoneFields(s string) (path string, fields []string) {
	path = s
	for {
		if _, err := os.Stat(path); err == nil {
			return path, fields
		}
		at := strings.LastIndexByte(path, ':')
		if at < 0 || strings.ContainsAny(path[at:], "/#.\\") {
			return path, fields
		}
		path, fields = path[:at], append([]string{path[at+1:]}, fields...)
	}
}

func (c *importCmd) secrecy(spec *load.Spec) (err error) {
	if c.Confidential != "" {
		if spec.Rule, err = c.rule("--confidential", c.Confidential); err != nil {
			return err
		}
		if len(c.Population) == 0 {
			return errors.New("--confidential: there is no --population that it could protect")
		}
	}
	for _, f := range c.CountsConfidential {
		name, text, ok := strings.Cut(f, "=")
		i := slices.IndexFunc(spec.Counts, func(f load.CountsFile) bool { return f.Name == name })
		if !ok || i < 0 {
			return fmt.Errorf("--counts-confidential %q: want NAME=MINIMUM:COLUMN, with the NAME of a --counts, such as schools=5:pupils", f)
		}
		if spec.Counts[i].Rule, err = c.rule("--counts-confidential", text); err != nil {
			return err
		}
	}
	return nil
}

// rule reads MINIMUM:COLUMN.
func (c *importCmd) rule(flag, text string) (geodata.Rule, error) {
	minimum, column, ok := strings.Cut(text, ":")
	n, err := strconv.Atoi(minimum)
	if !ok || err != nil || n < 2 || column == "" {
		return geodata.Rule{}, fmt.Errorf("%s %q: want MINIMUM:COLUMN with a minimum of 2 or more, such as 11:men for INSEE's 11 households", flag, text)
	}
	if len(c.SecrecyKey) < geodata.MinKey {
		return geodata.Rule{}, fmt.Errorf("%s needs a key of at least %d characters, known to the owner of the counts only: this one has %d; make one with openssl rand -hex 16, keep it, and give it as MAILLAGE_SECRECY_KEY or --secrecy-key",
			flag, geodata.MinKey, len(c.SecrecyKey))
	}
	return geodata.Rule{Minimum: n, Of: column, Key: c.SecrecyKey}, nil
}

// parseMetres reads "20km" or "500m".
func parseMetres(s string) (float64, error) {
	for unit, metres := range map[string]float64{"km": 1000, "m": 1} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil && v >= 0 && v*metres <= 1e6 {
				return v * metres, nil
			}
		}
	}
	return 0, fmt.Errorf("%q: want a distance with its unit up to 1000km, such as 20km or 500m", s)
}

func (c *importCmd) Run(s *session) error {
	spec, err := c.spec()
	if err != nil {
		return err
	}
	into, err := c.target(s.ctx)
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
	if reportErr := c.report(s, report); err == nil {
		err = reportErr
	}
	if err != nil {
		return err
	}
	if err := c.store(s.ctx, into, snap, func(done, total int) { p.step(snap.Territory().Name, int64(done), int64(total)) }); err != nil {
		return err
	}
	p.end()
	where := c.Into
	if into != nil {
		where = into.Target() // without a password
	}
	return c.summary(s, where, snap, report, time.Since(started))
}

// target opens the store to import into, before anything is read; nil is a file
// to be made.
func (c *importCmd) target(ctx context.Context) (store.Store, error) {
	if !isDatabase(c.Into) && c.Label == "" {
		return nil, absent(c.Into, c.Overwrite)
	}
	return makeStore(ctx, c.Into)
}

// store writes the territory, unless there is one of that name already.
func (c *importCmd) store(ctx context.Context, into store.Store, snap *geodata.Snapshot, progress func(done, total int)) error {
	if into == nil {
		return geopackage.Write(ctx, c.Into, snap, geopackage.Options{Overwrite: c.Overwrite, Progress: progress})
	}
	o := store.WriteOptions{Vintage: cmp.Or(c.Label, store.VintageOf(snap)), By: user(), Progress: progress}
	if !c.Overwrite {
		list, err := into.Vintages(ctx)
		if err != nil {
			return err
		}
		for _, v := range list {
			if v.Territory.ID == c.ID && v.Name == o.Vintage {
				return fmt.Errorf("%s: %s, vintage %s, is stored already: add --overwrite to replace it, or --label NAME to store this one beside it", into.Target(), c.ID, o.Vintage)
			}
		}
	}
	return into.Write(ctx, snap, o)
}

// report writes the rejected records where the user asked for them, and the first few on stderr.
func (c *importCmd) report(s *session, r *load.Report) error {
	if r == nil {
		return nil
	}
	if c.Report != "" {
		if err := writeFile(c.Report, true, r.WriteJSON); err != nil {
			return err
		}
	}
	if s.quiet || c.JSON {
		return nil
	}
	return r.WriteText(s.err, 10)
}

type importSummary struct {
	File       string         `json:"file"`
	Territory  string         `json:"territory"`
	Snapshot   string         `json:"snapshot"`
	Communes   int            `json:"communes"`
	Studied    int            `json:"communes_studied"`
	Cells      int            `json:"cells"`
	People     geodata.Amount `json:"people_studied"`
	Facilities map[string]int `json:"facilities"`
	Zones      map[string]int `json:"zones,omitempty"`        // of each division
	Counts     map[string]int `json:"counts,omitempty"`       // places of each set
	Census     []int          `json:"census_years,omitempty"` // years
	Secret     []string       `json:"confidential,omitempty"` // population, and sets of counts
	Timetable  *timetableSum  `json:"timetable,omitempty"`
	OnDemand   int            `json:"on_demand,omitempty"` // services
	Ways       int            `json:"ways"`
	RoadNodes  int            `json:"road_nodes"`
	Rejected   int            `json:"rejected"`
	Seconds    float64        `json:"seconds"`
	Report     *load.Report   `json:"report"`
}

// timetableSum says how much a timetable has, and when it runs.
type timetableSum struct {
	Stops  int    `json:"stops"` // without stations
	Routes int    `json:"routes"`
	Trips  int    `json:"trips"`
	From   string `json:"from"` // the first and the last day
	To     string `json:"to"`
}

func timetableSummary(t *geodata.Timetable) *timetableSum {
	if t == nil {
		return nil
	}
	sum := &timetableSum{Routes: len(t.Routes), Trips: len(t.Trips)}
	for _, stop := range t.Stops {
		if !stop.Station {
			sum.Stops++
		}
	}
	if from, to, ok := t.Bounds(); ok {
		sum.From, sum.To = from.String(), to.String()
	}
	return sum
}

func (c *importCmd) summary(s *session, where string, snap *geodata.Snapshot, report *load.Report, took time.Duration) error {
	sum := importSummary{File: where, Territory: snap.Territory().Name, Snapshot: snap.ID(), Communes: len(snap.Communes()),
		Cells: len(snap.Population().Cells), Facilities: map[string]int{}, Ways: len(snap.Roads().Ways), RoadNodes: len(snap.Roads().Nodes),
		Rejected: report.Rejected(), Seconds: took.Seconds(), Report: report}
	for _, m := range snap.Communes() {
		if m.Study {
			sum.Studied++
		}
	}
	ind, _ := snap.Population().Column("ind")
	for i, cell := range snap.Population().Cells {
		if cell.Study && ind != nil {
			sum.People += ind[i]
		}
	}
	for _, f := range snap.Facilities() {
		sum.Facilities[f.Service]++
	}
	sum.addMore(snap)
	if c.JSON {
		return printJSON(s.out, sum)
	}
	if s.quiet {
		return nil
	}
	_, err := fmt.Fprintf(s.out, s.say(
		"%s : %s\n  %d communes (%d étudiées), %d carreaux, %s habitants étudiés\n  équipements : %s\n  %d routes, %d points de route ; %d enregistrements rejetés ; %.1f s\n",
		"%s: %s\n  %d communes (%d studied), %d cells, %s people studied\n  facilities: %s\n  %d roads, %d road nodes; %d records rejected; %.1f s\n"),
		where, sum.Territory, sum.Communes, sum.Studied, sum.Cells, s.people(sum.People), counts(sum.Facilities), sum.Ways, sum.RoadNodes, sum.Rejected, sum.Seconds)
	if err != nil {
		return err
	}
	return sum.writeMore(s)
}

// addMore counts what not every territory has.
func (sum *importSummary) addMore(snap *geodata.Snapshot) {
	sum.Zones, sum.Counts, sum.Census = map[string]int{}, map[string]int{}, snap.CensusYears()
	for _, z := range snap.Zones() {
		sum.Zones[z.Layer]++
	}
	if !snap.Population().Rule.Public() {
		sum.Secret = append(sum.Secret, "population")
	}
	sum.Timetable, sum.OnDemand = timetableSummary(snap.Timetable()), len(snap.OnDemand())
	for _, p := range snap.Counts() {
		sum.Counts[p.Name] = len(p.Cells)
		if !p.Rule.Public() {
			sum.Secret = append(sum.Secret, p.Name)
		}
	}
}

func (sum *importSummary) writeMore(s *session) error {
	timetable := ""
	if x := sum.Timetable; x != nil {
		timetable = fmt.Sprintf(s.say("%d lignes, %d arrêts, %d courses, du %s au %s", "%d routes, %d stops, %d trips, %s to %s"), x.Routes, x.Stops, x.Trips, x.From, x.To)
	}
	years := strings.Trim(fmt.Sprint(sum.Census), "[]")
	for _, line := range []struct {
		there  bool
		fr, en string
		what   string
	}{
		{len(sum.Zones) > 0, "zones : %s", "zones: %s", counts(sum.Zones)},
		{len(sum.Counts) > 0, "dénombrements : %s", "counts: %s", counts(sum.Counts)},
		{len(sum.Census) > 0, "recensement : %s", "census: %s", years},
		{timetable != "", "transport public : %s", "public transport: %s", timetable},
		{sum.OnDemand > 0, "transport à la demande : %s", "transport on demand: %s", strconv.Itoa(sum.OnDemand)},
		{len(sum.Secret) > 0, "sous secret statistique : %s", "under statistical secrecy: %s", strings.Join(sum.Secret, ", ")},
	} {
		if !line.there {
			continue
		}
		if _, err := fmt.Fprintf(s.out, "  "+s.say(line.fr, line.en)+"\n", line.what); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
