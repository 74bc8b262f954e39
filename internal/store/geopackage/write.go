package geopackage

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store/layers"
)

// SchemaVersion is raised whenever a file of this version could not be read by an older program.
const SchemaVersion = 1

// MetadataURI names the form of the JSON document in the file's metadata.
const MetadataURI = "https://github.com/maillage/maillage"

// chunk is how many nodes or ways go into one blob.
const chunk = 8192

// Options of Write.
type Options struct {
	Overwrite bool                  // replace an existing file
	Progress  func(done, total int) // told now and then how many rows are written
}

// Write stores the snapshot at path, complete or not at all; a cancelled context
// stops it soon. The same snapshot gives the same bytes.
//
// Errors say what is wrong with the path (see gpkg.Create), or name the record
// that a file cannot hold: text that is not UTF-8, unsorted tags, opening hours
// out of order.
func Write(ctx context.Context, path string, s *geodata.Snapshot, o Options) error {
	if err := check(s); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	total := rowCount(s)
	options := gpkg.Options{Overwrite: o.Overwrite}
	if o.Progress != nil {
		options.Progress = func(row int) { o.Progress(row, total) }
	}
	f, err := gpkg.Create(ctx, path, options)
	if err != nil {
		return err
	}
	defer f.Abort()
	for _, part := range []func(context.Context, *gpkg.File, *geodata.Snapshot) error{writeTerritory, writeLayers, writeExact, writeRoads} {
		if err := part(ctx, f, s); err != nil {
			return err
		}
	}
	if err := f.Commit(ctx); err != nil {
		return err
	}
	if o.Progress != nil {
		o.Progress(total, total)
	}
	return nil
}

func rowCount(s *geodata.Snapshot) int {
	p, r := s.Population(), s.Roads()
	return 1 + len(s.Catalogue()) + len(s.Sources()) + len(s.Communes()) + len(p.Cells) + len(p.Columns) + len(s.Facilities()) +
		len(r.Ways) + len(r.Nodes)/chunk + len(r.Ways)/chunk + len(r.Tagged) + len(r.Restrictions)
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

func writeLayers(ctx context.Context, f *gpkg.File, s *geodata.Snapshot) error {
	description := strings.TrimSpace(s.Population().Name)
	about := func(o gpkg.LayerOptions) gpkg.LayerOptions {
		if s.Territory().Modelled {
			o.Description = strings.TrimPrefix(o.Description+" (données modélisées)", " ")
		}
		return o
	}
	if err := f.WriteLayer(ctx, layers.Communes(s), about(gpkg.LayerOptions{Geometry: "MULTIPOLYGON",
		Style: gpkg.Style{Outlined: true, Widths: []float64{0.5, 0.8}, Label: "name"}})); err != nil {
		return err
	}
	cells := layers.Cells(s, nil)
	shape := "" // squares, points or both
	if len(cells.IDs) == 0 {
		shape = "POLYGON"
	}
	if err := f.WriteLayer(ctx, cells, about(gpkg.LayerOptions{Description: description, Geometry: shape, Style: gpkg.Style{Steps: cellSteps(cells)}})); err != nil {
		return err
	}
	p := s.Population()
	err := f.WriteTable(ctx, gpkg.Table{Name: "maillage_columns", Columns: []string{"position INTEGER PRIMARY KEY", "name TEXT NOT NULL", "field TEXT NOT NULL"}},
		rows(len(p.Columns), func(k int) []any { return []any{k, p.Columns[k].Name, cells.Fields[layers.CellFields+k].Name} }))
	if err != nil {
		return err
	}
	if err := f.WriteLayer(ctx, layers.Facilities(s, nil), about(gpkg.LayerOptions{Geometry: "POINT"})); err != nil {
		return err
	}
	return f.WriteLayer(ctx, layers.Roads(s, nil), about(gpkg.LayerOptions{Geometry: "LINESTRING", Style: gpkg.Style{Widths: layers.RoadWidths()}}))
}

// writeExact keeps the counts that reading the REAL back would not give.
func writeExact(ctx context.Context, f *gpkg.File, s *geodata.Snapshot) error {
	p := s.Population()
	return f.WriteTable(ctx, gpkg.Table{Name: "maillage_exact", Columns: []string{
		"position INTEGER NOT NULL", "cell TEXT NOT NULL", "written REAL NOT NULL", "millionths INTEGER NOT NULL",
	}}, func(yield func([]any, error) bool) {
		for k := range p.Columns {
			for i, v := range p.Columns[k].Values {
				if back, err := geodata.AmountOf(v.Float()); err == nil && back == v {
					continue
				}
				if !yield([]any{k, p.Cells[i].ID, v.Float(), int64(v)}, nil) {
					return
				}
			}
		}
	})
}

func writeRoads(ctx context.Context, f *gpkg.File, s *geodata.Snapshot) error {
	r := s.Roads()
	blobs := func(table string, n int, encode func(from, to int) []byte) error {
		return f.WriteTable(ctx, gpkg.Table{Name: table, Columns: []string{"chunk INTEGER PRIMARY KEY", "content BLOB NOT NULL"}},
			rows((n+chunk-1)/chunk, func(c int) []any { return []any{c, encode(c*chunk, min(n, (c+1)*chunk))} }))
	}
	if err := blobs("maillage_nodes", len(r.Nodes), func(from, to int) []byte { return encodeNodes(r.Nodes[from:to]) }); err != nil {
		return err
	}
	if err := blobs("maillage_lines", len(r.Ways), func(from, to int) []byte { return encodeLines(r.Ways[from:to]) }); err != nil {
		return err
	}
	err := f.WriteTable(ctx, gpkg.Table{Name: "maillage_node_tags", Columns: []string{"position INTEGER PRIMARY KEY", "node INTEGER NOT NULL", "tags TEXT"}},
		rows(len(r.Tagged), func(i int) []any {
			return []any{i, r.Nodes[r.Tagged[i].Node].ID, layers.TagsJSON(r.Tagged[i].Tags, nil)}
		}))
	if err != nil {
		return err
	}
	return f.WriteTable(ctx, gpkg.Table{Name: "maillage_restrictions", Columns: []string{
		"position INTEGER PRIMARY KEY", "id INTEGER NOT NULL", "from_way INTEGER NOT NULL", "via_node INTEGER NOT NULL", "via_ways TEXT NOT NULL",
		"to_way INTEGER NOT NULL", "tags TEXT",
	}}, rows(len(r.Restrictions), func(i int) []any {
		t := &r.Restrictions[i]
		via, _ := json.Marshal(t.ViaWays) // whole numbers always encode
		return []any{i, t.ID, t.From, t.ViaNode, string(via), t.To, layers.TagsJSON(t.Tags, nil)}
	}))
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

// check refuses what would not come back from the file as it is.
func check(s *geodata.Snapshot) error {
	c := &checker{}
	t, p, r := s.Territory(), s.Population(), s.Roads()
	c.text("territory", t.ID, t.Name)
	c.text("population", p.Name)
	for _, col := range p.Columns {
		c.text("population column "+col.Name, col.Name)
	}
	for i := range p.Cells {
		c.record("cell", p.Cells[i].ID, p.Cells[i].Commune)
	}
	for _, m := range s.Communes() {
		c.record("commune", m.Code, m.Name, m.EPCI, m.EPCIName)
	}
	for _, src := range s.Sources() {
		c.text("source", src.Layer, src.Name, src.Publisher, src.Licence, src.Vintage)
	}
	for i := range s.Facilities() {
		f := &s.Facilities()[i]
		c.record("facility", f.ID, f.Name, f.Service, f.Commune, string(f.Accessible), f.Note, f.Source)
		if f.Hours != nil {
			again, err := geodata.ParseWeeklyHours(f.Hours.String())
			if err != nil || again.String() != f.Hours.String() {
				c.fail("facility %s: opening hours %q: spans of a day must be in order, disjoint and end after they begin", f.ID, f.Hours)
			}
		}
	}
	for i := range r.Ways {
		c.tags("way", r.Ways[i].ID, r.Ways[i].Tags)
	}
	for _, n := range r.Tagged {
		c.tags("node", r.Nodes[n.Node].ID, n.Tags)
	}
	for _, x := range r.Restrictions {
		c.tags("restriction", x.ID, x.Tags)
	}
	return c.err
}

// checker keeps the first error.
type checker struct{ err error }

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// record checks the texts of a record that has an id.
func (c *checker) record(kind, id string, others ...string) {
	if id == "" {
		c.fail("%s without an id", kind)
	}
	c.text(kind, id, others...)
}

func (c *checker) text(record, id string, others ...string) {
	for _, s := range append(others, id) {
		if !utf8.ValidString(s) {
			c.fail("%s %q: %q is not UTF-8 text", record, id, s)
		}
	}
}

func (c *checker) tags(record string, id int64, tags geodata.Tags) {
	for _, t := range tags {
		if !utf8.ValidString(t.Key) || !utf8.ValidString(t.Value) {
			c.fail("%s %d: tag %q=%q is not UTF-8 text", record, id, t.Key, t.Value)
		}
	}
	for i := 1; i < len(tags); i++ {
		if tags[i].Key <= tags[i-1].Key {
			c.fail("%s %d: tags must be sorted by key, each key once (%s)", record, id, tags[i].Key)
		}
	}
}
