package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/geodata"
)

// Spec names the files of a territory. Roads are needed; without Population
// nobody can be counted.
type Spec struct {
	ID, Name   string
	Communes   []string // GeoJSON or GeoPackage
	Population []string
	Roads      []string // OSM PBF or XML, GeoJSON lines
	Facilities []FacilityFile
	// Census are tables of people by commune and age (see Census), or grids of
	// totals by year, which are summed by commune. Those that count everybody fill in
	// the population of communes whose outlines come without, and the report says how
	// the grid compares with them.
	Census     []string
	CensusYear int // of census files that do not say theirs
	Zones      []ZoneFile
	Counts     []CountsFile
	// Timetables are GTFS feeds of one time zone, zip archives or folders, and On a day on
	// which they are to be used (TimetableOptions). Kept are the trips that call at two stops
	// in the area, whole. Where ids of two feeds are the same, those of the later one begin
	// with its position.
	Timetables []string
	On         geodata.Date
	OnDemand   []string // tables of transport on demand; see OnDemand
	// Rule is the statistical secrecy that the population is under.
	Rule     geodata.Rule
	Services string // YAML that overrides the service catalogue; may be empty
	// StudyArea is the SIREN of an EPCI, INSEE codes joined by commas, or a GeoJSON
	// file of polygons; empty for everything.
	StudyArea string
	// Buffer is how many metres around the study area are kept, because people and roads cross borders.
	Buffer float64
	// Strict refuses the whole import when any record is rejected.
	Strict bool
	// Grid says how to read a population file whose columns are not recognised.
	Grid PopulationOptions
	// Origins say of a path above who published it, under which licence, and of
	// when it is: what the file itself does not tell. A name replaces the file's.
	Origins map[string]geodata.Source
	// Recorded are sources of data that are not part of the territory yet.
	Recorded []geodata.Source
}

// FacilityFile is a file of facilities of one service. Entries of the same path
// that follow one another are read in one pass.
type FacilityFile struct {
	Service, Path string
	Types         []string // see FacilityOptions.Types
}

// ZoneFile is a file of zones of one division.
type ZoneFile struct {
	Layer, Path    string // the division's name, such as iris
	IDField, Named string // fields with the code and the name; those in common use where empty
}

// CountsFile is a file of places with counts, and the secrecy they are under.
type CountsFile struct {
	Name, Path string
	Rule       geodata.Rule
}

// RoadlessMetres is how far from any road a facility may stand; one farther off
// has wrong coordinates, or lies in the sea.
const RoadlessMetres = 2000

// ErrStrict says that records were rejected although a strict import was asked for.
var ErrStrict = errors.New("records were rejected, and a strict import refuses them")

// Territory reads the files and puts them together. The report tells what became
// of every record, also when an error is returned. Cells and facilities get the
// commune that contains them.
func Territory(ctx context.Context, spec Spec, opt Options) (*geodata.Snapshot, *Report, error) {
	b := &assembly{spec: spec, opt: opt, report: &Report{}}
	for _, step := range []func(context.Context) error{b.catalogue, b.communes, b.population, b.census, b.roads, b.facilities, b.zones, b.counts, b.timetables, b.onDemand} {
		if err := step(ctx); err != nil {
			return nil, b.report, err
		}
	}
	if spec.Strict && b.report.Rejected() > 0 {
		return nil, b.report, fmt.Errorf("%w: %d", ErrStrict, b.report.Rejected())
	}
	b.c.Territory = geodata.Territory{ID: spec.ID, Name: cmp.Or(spec.Name, spec.ID)}
	b.c.Sources = append(b.c.Sources, spec.Recorded...)
	s, err := geodata.NewSnapshot(b.c)
	return s, b.report, err
}

type assembly struct {
	spec   Spec
	opt    Options
	report *Report
	c      geodata.Content
	area   *area // nil keeps everything
	locate *locator
}

func (b *assembly) catalogue(context.Context) (err error) {
	b.c.Catalogue, err = Services(b.spec.Services)
	return err
}

// Services returns the service catalogue, with those of a YAML file replacing
// and extending it; the path may be empty.
func Services(path string) (geodata.Catalogue, error) {
	if path == "" {
		return geodata.DefaultCatalogue(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	own, err := geodata.ParseCatalogue(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return geodata.DefaultCatalogue().Override(own), nil
}

// add keeps the report of a file, which path names, and where it came from.
func (b *assembly) add(rep *FileReport, layer, path string) {
	if rep == nil {
		return
	}
	b.report.Files = append(b.report.Files, rep)
	source := b.spec.Origins[path]
	source.Layer = layer
	if source.Name == "" {
		source.Name = filepath.Base(rep.File) + " (" + rep.Format + ")"
	}
	if !slices.Contains(b.c.Sources, source) { // one file may hold several services
		b.c.Sources = append(b.c.Sources, source)
	}
}

func (b *assembly) communes(ctx context.Context) error {
	var all []geodata.Commune
	first := map[string]string{}
	for _, path := range b.spec.Communes {
		cs, rep, err := Communes(ctx, path, b.opt)
		b.add(rep, "communes", path)
		if err != nil {
			return err
		}
		for _, c := range cs {
			if file, dup := first[c.Code]; dup {
				rep.reject("commune "+c.Code, "code", c.Code, "already read from %s", file)
				rep.Loaded--
				continue
			}
			first[c.Code] = rep.File
			all = append(all, c)
		}
	}
	outline, err := b.study(ctx, all)
	if err != nil {
		return err
	}
	if len(outline) > 0 {
		b.area = newArea(outline, b.spec.Buffer)
	}
	for _, c := range all {
		if c.Study || b.area == nil || slices.ContainsFunc(vertices(c.Outline), b.area.keeps) {
			b.c.Communes = append(b.c.Communes, c)
		}
	}
	slices.SortFunc(b.c.Communes, func(x, y geodata.Commune) int { return cmp.Compare(x.Code, y.Code) })
	b.locate = newLocator(b.c.Communes)
	return nil
}

func vertices(m orb.MultiPolygon) (out []orb.Point) {
	for _, poly := range m {
		for _, ring := range poly {
			out = append(out, ring...)
		}
	}
	return out
}

var (
	sirenForm = regexp.MustCompile(`^[0-9]{9}$`)
	inseeList = regexp.MustCompile(`^[0-9][0-9AB][0-9]{3}(,[0-9][0-9AB][0-9]{3})*$`)
)

// study marks the communes of the study area and returns its outline, empty when
// everything is studied and nothing is known of its extent.
func (b *assembly) study(ctx context.Context, all []geodata.Commune) (orb.MultiPolygon, error) {
	what := strings.ReplaceAll(b.spec.StudyArea, " ", "")
	switch {
	case what == "":
		return markStudy(all, func(*geodata.Commune) bool { return true }), nil
	case sirenForm.MatchString(what):
		outline := markStudy(all, func(c *geodata.Commune) bool { return c.EPCI == what })
		if len(outline) == 0 {
			return nil, fmt.Errorf("study area: no commune of EPCI %s among the %d read: check --communes and its epci column", what, len(all))
		}
		return outline, nil
	case inseeList.MatchString(what):
		if len(all) == 0 {
			return nil, fmt.Errorf("study area %s: no commune outlines were read: give them with --communes", what)
		}
		codes := strings.Split(what, ",")
		for _, code := range codes {
			if !slices.ContainsFunc(all, func(c geodata.Commune) bool { return c.Code == code }) {
				return nil, fmt.Errorf("study area: unknown commune code %s: not among the %d communes read", code, len(all))
			}
		}
		return markStudy(all, func(c *geodata.Commune) bool { return slices.Contains(codes, c.Code) }), nil
	}
	if _, err := os.Stat(b.spec.StudyArea); err != nil {
		return nil, fmt.Errorf("study area %q: want the 9-digit SIREN of an EPCI, INSEE codes such as 49347,49127, or a GeoJSON file (%w)", b.spec.StudyArea, err)
	}
	return b.studyFile(ctx, all)
}

// studyFile takes the communes whose centroid lies in the polygons of a file.
func (b *assembly) studyFile(ctx context.Context, all []geodata.Commune) (orb.MultiPolygon, error) {
	rep := &FileReport{File: b.spec.StudyArea, Layer: "study area"}
	rs, err := openRecords(ctx, b.spec.StudyArea, b.opt, rep)
	if err != nil {
		return nil, err
	}
	var outline orb.MultiPolygon
	err = rs.each(func(r *record) error {
		switch g := r.geometry.(type) {
		case orb.Polygon:
			outline = append(outline, g)
		case orb.MultiPolygon:
			outline = append(outline, g...)
		default:
			return fmt.Errorf("%s: %s: a study area is made of polygons", b.spec.StudyArea, r.where)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(outline) == 0 {
		return nil, fmt.Errorf("%s: no polygon to be a study area", b.spec.StudyArea)
	}
	markStudy(all, func(c *geodata.Commune) bool {
		centroid, _ := planar.CentroidArea(c.Outline)
		return planar.MultiPolygonContains(outline, centroid)
	})
	return outline, nil
}

func markStudy(all []geodata.Commune, is func(*geodata.Commune) bool) (outline orb.MultiPolygon) {
	for i := range all {
		if all[i].Study = is(&all[i]); all[i].Study {
			outline = append(outline, all[i].Outline...)
		}
	}
	return outline
}

func (b *assembly) kept() Options {
	opt := b.opt
	if b.area != nil {
		opt.Keep = b.area.keeps
	}
	return opt
}

func (b *assembly) population(ctx context.Context) error {
	known := map[string]bool{} // cells, when there are several files
	for k, path := range b.spec.Population {
		opt := b.spec.Grid
		opt.Options = b.kept()
		p, rep, err := Population(ctx, path, opt)
		b.add(rep, "population", path)
		if err != nil {
			return err
		}
		if k == 0 {
			b.c.Population = p
		} else if err := b.append(p, rep, known); err != nil {
			return err
		}
	}
	if len(b.spec.Population) == 0 {
		return nil // roads and facilities alone: times between points can be asked, coverage not
	}
	if len(b.c.Population.Cells) == 0 {
		return fmt.Errorf("no populated cell lies within %.0f km of the study area: do the files cover the same region?", b.spec.Buffer/1000)
	}
	b.c.Population.SortCells()
	if b.c.Population.Rule = b.spec.Rule; !b.spec.Rule.Public() {
		if _, ok := b.c.Population.Column(b.spec.Rule.Of); !ok {
			return fmt.Errorf("population: the minimum of its secrecy counts %q: want one of the columns %s", b.spec.Rule.Of, columnNames(&b.c.Population))
		}
	}
	if err := b.assign(ctx); err != nil {
		return err
	}
	if b.area == nil {
		b.area = newArea(orb.MultiPolygon{frameOf(b.c.Population.Cells).ToPolygon()}, b.spec.Buffer)
	}
	return nil
}

// append adds the cells of another file of the same grid. It keeps the ids of
// all cells in known.
func (b *assembly) append(p geodata.Population, rep *FileReport, known map[string]bool) error {
	have := &b.c.Population
	same := slices.EqualFunc(have.Columns, p.Columns, func(x, y geodata.Column) bool { return x.Name == y.Name })
	if !same || have.CellSize != p.CellSize || have.Vintage != p.Vintage {
		return fmt.Errorf("%s: its columns, cell size or year differ from those of %s: several population files must be parts of one grid", rep.File, b.spec.Population[0])
	}
	if len(known) == 0 {
		for _, c := range have.Cells {
			known[c.ID] = true
		}
	}
	for i, c := range p.Cells {
		if known[c.ID] {
			rep.reject("cell "+c.ID, "id", c.ID, "already read from another population file")
			rep.Loaded--
			continue
		}
		known[c.ID] = true
		have.Cells = append(have.Cells, c)
		for k := range have.Columns {
			have.Columns[k].Values = append(have.Columns[k].Values, p.Columns[k].Values[i])
		}
	}
	return nil
}

func frameOf(cells []geodata.Cell) orb.Bound {
	b := orb.Bound{Min: cells[0].Centre, Max: cells[0].Centre}
	for _, c := range cells {
		b = b.Extend(c.Centre)
	}
	return b
}

func columnNames(p *geodata.Population) string {
	var names []string
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// assign gives cells their commune: the one around the centre, else the one the
// file names. Without communes every cell is studied.
func (b *assembly) assign(ctx context.Context) error {
	var mu sync.Mutex
	outside, unknown := 0, map[string]bool{}
	err := inRuns(ctx, len(b.c.Population.Cells), func() func(from, to int) {
		return func(from, to int) {
			out, codes := b.assignSome(b.c.Population.Cells[from:to])
			mu.Lock()
			outside += out
			maps.Copy(unknown, codes)
			mu.Unlock()
		}
	})
	rep := b.report.Files[len(b.report.Files)-1]
	if outside > 0 {
		rep.note("%d cells lie outside every commune; they are kept but not part of the study area", outside)
	}
	if len(unknown) > 0 {
		rep.note("unknown commune codes in cells outside every outline: %s", someOf(unknown))
	}
	return err
}

// assignSome is assign for some of the cells; it says how many lie outside every
// commune, and which codes of theirs are unknown.
func (b *assembly) assignSome(cells []geodata.Cell) (outside int, unknown map[string]bool) {
	unknown = map[string]bool{}
	for i := range cells {
		c := &cells[i]
		if len(b.c.Communes) == 0 {
			c.Study = b.area == nil || b.area.holds(c.Centre)
			continue
		}
		k, ok := b.locate.at(c.Centre)
		if !ok {
			k, ok = slices.BinarySearchFunc(b.c.Communes, c.Commune, func(m geodata.Commune, code string) int { return cmp.Compare(m.Code, code) })
			if !ok && c.Commune != "" {
				unknown[c.Commune] = true
			}
		}
		if !ok {
			c.Commune = ""
			outside++
			continue
		}
		c.Commune, c.Study = b.c.Communes[k].Code, b.c.Communes[k].Study
	}
	return outside, unknown
}

func someOf(set map[string]bool) string {
	var all []string
	for k := range set {
		all = append(all, k)
	}
	slices.Sort(all)
	if len(all) > 10 {
		return strings.Join(all[:10], ", ") + fmt.Sprintf(" and %d more", len(all)-10)
	}
	return strings.Join(all, ", ")
}

func (b *assembly) roads(ctx context.Context) error {
	if len(b.spec.Roads) == 0 {
		return errors.New("no road file: a territory needs roads")
	}
	roads, reps, err := Roads(ctx, b.spec.Roads, b.kept())
	for i, rep := range reps {
		b.add(rep, "roads", b.spec.Roads[i])
	}
	if err != nil {
		return err
	}
	if len(roads.Ways) == 0 {
		return fmt.Errorf("no road of %s lies within %.0f km of the study area: do the files cover the same region?", strings.Join(b.spec.Roads, ", "), b.spec.Buffer/1000)
	}
	b.c.Roads = roads
	return nil
}

func (b *assembly) facilities(ctx context.Context) error {
	if len(b.spec.Facilities) == 0 {
		return nil
	}
	near := newRoadIndex(&b.c.Roads)
	from := map[string]string{}
	files := b.spec.Facilities
	for len(files) > 0 {
		path := files[0].Path
		var opts []FacilityOptions
		for ; len(files) > 0 && files[0].Path == path; files = files[1:] {
			if _, err := b.c.Catalogue.Service(files[0].Service); err != nil {
				return fmt.Errorf("facilities %s=%s: %w", files[0].Service, path, err)
			}
			opts = append(opts, FacilityOptions{Options: b.kept(), Service: files[0].Service, Types: files[0].Types,
				Catalogue: b.c.Catalogue, EPSG: b.spec.Grid.EPSG})
		}
		lists, reports, err := facilitiesOf(ctx, path, opts)
		for _, rep := range reports {
			b.add(rep, "facilities", path)
		}
		if err != nil {
			return err
		}
		for i, fs := range lists {
			b.placeAll(fs, reports[i], near, from)
		}
	}
	return nil
}

func (b *assembly) placeAll(fs []geodata.Facility, rep *FileReport, near *roadIndex, from map[string]string) {
	for _, f := range fs {
		if why := b.place(&f, near, from[f.ID]); why != "" {
			rep.reject("facility "+f.ID, "location", fmt.Sprintf("%.6f, %.6f", f.Location[0], f.Location[1]), "%s", why)
			rep.Loaded--
			continue
		}
		from[f.ID] = rep.File
		b.c.Facilities = append(b.c.Facilities, f)
	}
}

// place gives a facility its commune, or says why it cannot stand where it does.
func (b *assembly) place(f *geodata.Facility, near *roadIndex, already string) string {
	if already != "" {
		return fmt.Sprintf("another facility has the id %s (read from %s)", f.ID, already)
	}
	if d := near.distance(f.Location); d > RoadlessMetres {
		return fmt.Sprintf("%.1f km from any road, at sea or misplaced: want a place within %d km of one", d/1000, RoadlessMetres/1000)
	}
	if k, ok := b.locate.at(f.Location); ok {
		f.Commune = b.c.Communes[k].Code
	}
	return ""
}

// roadIndex finds how far the nearest road is. It holds ways, not their many times
// as many segments: few are looked at for a facility.
type roadIndex struct {
	roads *geodata.Roads
	ways  rtree.RTreeG[int32]
}

func newRoadIndex(roads *geodata.Roads) *roadIndex {
	x := &roadIndex{roads: roads}
	for i, w := range roads.Ways {
		if len(w.Nodes) == 0 {
			continue // for the snapshot to refuse
		}
		first := roads.Nodes[w.Nodes[0]].Point()
		box := orb.Bound{Min: first, Max: first}
		for _, n := range w.Nodes[1:] {
			box = box.Extend(roads.Nodes[n].Point())
		}
		x.ways.Insert(box.Min, box.Max, int32(i))
	}
	return x
}

// distance is the metres from a point to the nearest road, +Inf if there is none.
func (x *roadIndex) distance(p orb.Point) float64 {
	mx, my := geodata.MetresPerDegree(p[1])
	best := math.Inf(1)
	x.ways.Nearby(
		func(lo, hi [2]float64, way int32, item bool) float64 {
			d := toBox(p, lo, hi, mx, my)
			if item && d < best {
				d = x.toWay(p, way, mx, my)
				best = min(best, d)
			}
			return d
		},
		func(_, _ [2]float64, _ int32, d float64) bool {
			best = d
			return false
		})
	return best
}

func (x *roadIndex) toWay(p orb.Point, way int32, mx, my float64) float64 {
	d, nodes := math.Inf(1), x.roads.Ways[way].Nodes
	for i := 1; i < len(nodes); i++ {
		d = min(d, toSegment(p, [2]orb.Point{x.roads.Nodes[nodes[i-1]].Point(), x.roads.Nodes[nodes[i]].Point()}, mx, my))
	}
	return d
}
