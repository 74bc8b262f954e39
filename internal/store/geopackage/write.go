package geopackage

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/layers"
)

// SchemaVersion is raised whenever a file of this version could not be read by an older program.
const SchemaVersion = 4

// MetadataURI names the form of the JSON document in the file's metadata.
const MetadataURI = "https://github.com/maillage/maillage"

// Options of Write.
type Options struct {
	Overwrite bool                  // replace an existing file
	Progress  func(done, total int) // told now and then how many rows are written
}

// Write stores the snapshot alone in a new file at path, complete or not at all; a
// cancelled context stops it soon. The same snapshot gives the same bytes.
//
// Errors say what is wrong with the path (see gpkg.Create), or name the record
// that a file cannot hold: text that is not UTF-8, unsorted tags, opening hours
// out of order.
func Write(ctx context.Context, path string, s *geodata.Snapshot, o Options) error {
	if err := check(s); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	f, err := gpkg.Create(ctx, path, gpkg.Options{Overwrite: o.Overwrite, Progress: progressOf(s, o.Progress)})
	if err != nil {
		return explain(err)
	}
	defer f.Abort()
	if err := put(ctx, f, s, store.VintageOf(s), "0", nil); err != nil {
		return err
	}
	if err := f.Commit(ctx); err != nil {
		return explain(err)
	}
	finished(s, o.Progress)
	return nil
}

// progressOf turns the number of rows written into a part of all.
func progressOf(s *geodata.Snapshot, tell func(done, total int)) func(row int) {
	if tell == nil {
		return nil
	}
	total := rowCount(s)
	return func(row int) { tell(min(row, total-1), total) }
}

func finished(s *geodata.Snapshot, tell func(done, total int)) {
	if tell != nil {
		tell(rowCount(s), rowCount(s))
	}
}

func rowCount(s *geodata.Snapshot) int {
	n := 1 + len(s.Catalogue()) + len(s.Sources()) + len(s.Communes()) + len(s.Population().Cells) + len(s.Facilities()) + len(s.Roads().Ways) + packedRows(s)
	for i := range s.Counts() {
		n += len(s.Counts()[i].Cells)
	}
	if t := s.Timetable(); t != nil {
		n += len(t.Stops) + len(t.Routes)
	}
	return n + len(s.Zones()) + len(s.Census()) + len(s.OnDemand())
}

// put writes a vintage into a file that shows none, packed and as layers. The
// moment of its import is an SQL expression.
func put(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, name, moment string, gone lastRows) error {
	if err := makeTables(ctx, f); err != nil {
		return err
	}
	id, err := insertVintage(ctx, f, s, name, moment)
	if err != nil {
		return err
	}
	as, err := show(ctx, f, s, gone)
	if err != nil {
		return err
	}
	return f.Insert(ctx, packedTable, packedColumns, pack(s, as, id))
}

// lastRows are the last rows of layers that are not there any more. Their numbers
// are not used again: who has an old layer open in QGIS and changes a facility
// must not change another one.
type lastRows map[string]int64

// show writes the layers and the tables that people see, and begins to watch
// them. It returns how they hold the columns of counts.
func show(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, gone lastRows) (as shown, err error) {
	counts := layers.Counts(s)
	for _, l := range counts {
		as.sets = append(as.sets, shownSet{l.Name, fieldsOf(l)})
	}
	tables := moreTables(len(s.Zones()) > 0, len(s.Census()) > 0, s.Timetable() != nil, len(s.OnDemand()) > 0, as.sets)
	if err := f.CheckFree(ctx, tables...); err != nil {
		return as, err
	}
	if err := writeTerritory(ctx, f, s); err != nil {
		return as, err
	}
	if as.fields, err = writeLayers(ctx, f, s, gone); err != nil {
		return as, err
	}
	if err := writeMoreLayers(ctx, f, s, counts, gone); err != nil {
		return as, err
	}
	return as, watch(ctx, f, tables)
}

// fieldsOf are the fields of a layer of cells that hold their columns.
func fieldsOf(cells geodata.Layer) (fields []string) {
	for _, field := range cells.Fields[layers.CellFields:] {
		fields = append(fields, field.Name)
	}
	return fields
}

func writeTerritory(ctx context.Context, f *gpkg.File, s *geodata.Snapshot) error {
	t, p := s.Territory(), s.Population()
	var services any // absent where there is no catalogue, which is not the same as an empty one
	if s.Catalogue() != nil {
		services = len(s.Catalogue())
	}
	err := f.WriteTable(ctx, gpkg.Table{Name: "territory", Title: "Territoire", Columns: []string{
		"fid INTEGER PRIMARY KEY", "schema INTEGER NOT NULL", "id TEXT NOT NULL", "name TEXT", "modelled BOOLEAN NOT NULL",
		"grid TEXT", "grid_year INTEGER", "grid_cell_size INTEGER", "services INTEGER", "snapshot TEXT",
	}}, rows(1, func(int) []any {
		return []any{1, SchemaVersion, t.ID, t.Name, t.Modelled, p.Name, p.Vintage, p.CellSize, services, s.ID()}
	}))
	if err != nil {
		return err
	}
	c := s.Catalogue()
	definitions := make([]string, len(c))
	for i := range c {
		b, err := json.Marshal(c[i])
		if err != nil {
			return fmt.Errorf("service %s: %w", c[i].ID, err)
		}
		definitions[i] = string(b)
	}
	err = f.WriteTable(ctx, gpkg.Table{Name: "services", Title: "Services", Columns: []string{
		"fid INTEGER PRIMARY KEY", "id TEXT NOT NULL UNIQUE", "label TEXT", "definition TEXT NOT NULL",
	}}, rows(len(c), func(i int) []any { return []any{i + 1, c[i].ID, c[i].Label.Fr, definitions[i]} }))
	if err != nil {
		return err
	}
	src := s.Sources()
	err = f.WriteTable(ctx, gpkg.Table{Name: "sources", Title: "Sources", Columns: []string{
		"fid INTEGER PRIMARY KEY", "layer TEXT", "name TEXT", "publisher TEXT", "licence TEXT", "vintage TEXT",
	}}, rows(len(src), func(i int) []any {
		return []any{i + 1, src[i].Layer, src[i].Name, src[i].Publisher, src[i].Licence, src[i].Vintage}
	}))
	if err != nil {
		return err
	}
	doc, err := json.Marshal(struct {
		Territory geodata.Territory `json:"territory"`
		Snapshot  string            `json:"snapshot"`
		Sources   []geodata.Source  `json:"sources"`
	}{t, s.ID(), src})
	if err != nil {
		return err
	}
	return f.WriteMetadata(ctx, MetadataURI, doc)
}

func writeLayers(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, gone lastRows) (fields []string, err error) {
	description := strings.TrimSpace(s.Population().Name)
	about := func(o gpkg.LayerOptions) gpkg.LayerOptions { return described(s, o) }
	if err := f.WriteLayer(ctx, layers.Communes(s), about(gpkg.LayerOptions{After: gone["communes"], Geometry: "MULTIPOLYGON",
		Style: gpkg.Style{Outlined: true, Widths: []float64{0.5, 0.8}, Label: "name"}})); err != nil {
		return nil, err
	}
	cells := layers.Cells(s, nil)
	shape := "" // squares, points or both
	if len(cells.IDs) == 0 {
		shape = "POLYGON"
	}
	if err := f.WriteLayer(ctx, cells, about(gpkg.LayerOptions{After: gone["cells"], Description: description, Geometry: shape, Style: gpkg.Style{Steps: cellSteps(cells)}})); err != nil {
		return nil, err
	}
	if err := f.WriteLayer(ctx, layers.Facilities(s, nil), about(gpkg.LayerOptions{After: gone["facilities"], Geometry: "POINT"})); err != nil {
		return nil, err
	}
	if err := f.WriteLayer(ctx, layers.Roads(s, nil), about(gpkg.LayerOptions{After: gone["roads"], Geometry: "LINESTRING", Style: gpkg.Style{Widths: layers.RoadWidths()}})); err != nil {
		return nil, err
	}
	return fieldsOf(cells), nil
}

// described says of a layer whether the territory is modelled.
func described(s *geodata.Snapshot, o gpkg.LayerOptions) gpkg.LayerOptions {
	if s.Territory().Modelled {
		o.Description = strings.TrimPrefix(o.Description+" (données modélisées)", " ")
	}
	return o
}

// writeMoreLayers writes what not every territory has.
func writeMoreLayers(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, counts []geodata.Layer, gone lastRows) error {
	if len(s.Zones()) > 0 {
		o := gpkg.LayerOptions{After: gone["zones"], Geometry: "MULTIPOLYGON", Style: gpkg.Style{Outlined: true, Label: "name"}}
		if err := f.WriteLayer(ctx, layers.Zones(s), described(s, o)); err != nil {
			return err
		}
	}
	for i, l := range counts {
		shape := "" // squares, points or both
		if len(l.IDs) == 0 {
			shape = "POINT"
		}
		o := gpkg.LayerOptions{After: gone[l.Name], Geometry: shape, Description: strings.TrimSpace(s.Counts()[i].Name)}
		if err := f.WriteLayer(ctx, l, described(s, o)); err != nil {
			return err
		}
	}
	if len(s.Census()) > 0 {
		if err := f.WriteLayer(ctx, layers.Census(s), described(s, gpkg.LayerOptions{After: gone["census"]})); err != nil {
			return err
		}
	}
	return writeTransit(ctx, f, s, gone)
}

// writeTransit writes the layers of public transport, where there is any.
func writeTransit(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, gone lastRows) error {
	if s.Timetable() != nil {
		lines := gpkg.LayerOptions{After: gone["lines"], Geometry: "MULTILINESTRING", Style: gpkg.Style{Label: "short"}}
		if err := f.WriteLayer(ctx, layers.Lines(s), described(s, lines)); err != nil {
			return err
		}
		stops := gpkg.LayerOptions{After: gone["stops"], Geometry: "POINT", Style: gpkg.Style{Label: "name"}}
		if err := f.WriteLayer(ctx, layers.Stops(s), described(s, stops)); err != nil {
			return err
		}
	}
	if len(s.OnDemand()) == 0 {
		return nil
	}
	return f.WriteLayer(ctx, layers.OnDemand(s), described(s, gpkg.LayerOptions{After: gone["on_demand"]}))
}

// rows yields n rows.
func rows(n int, row func(i int) []any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for i := range n {
			if !yield(row(i), nil) {
				return
			}
		}
	}
}
