package geopackage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store/layers"
)

// Read takes the territory out of a file of Write's, edited or not. The file is
// not changed; a cancelled context stops it soon.
//
// Errors name the file and say whether it is no GeoPackage, no territory, of a
// newer version, damaged, or which table, row and field make no sense.
func Read(ctx context.Context, path string) (*geodata.Snapshot, error) {
	r, err := gpkg.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var c geodata.Content
	in := &reader{ctx: ctx, file: r, path: path}
	for _, part := range []func(*geodata.Content) error{in.territory, in.catalogue, in.sources, in.communes, in.cells, in.facilities, in.roads} {
		if err := part(&c); err != nil {
			return nil, err
		}
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

type reader struct {
	ctx     context.Context
	file    *gpkg.Reader
	path    string
	defined bool // the territory has a catalogue, maybe an empty one
}

// each goes through the rows of a table; the error of each, or a value of the
// wrong kind, is reported with its table and row.
func (in *reader) each(table string, columns []string, each func(*row) error) error {
	v := &row{columns: columns}
	return in.file.Rows(in.ctx, table, columns, func(id int64, values []any) error {
		v.values, v.err = values, nil
		err := each(v)
		if v.err != nil {
			err = v.err
		}
		if err != nil {
			return fmt.Errorf("%s: %s, row %d: %w", in.path, table, id, err)
		}
		return nil
	})
}

func (in *reader) territory(c *geodata.Content) error {
	ours, err := in.file.Has(in.ctx, "territory")
	if err != nil {
		return err
	}
	notOurs := fmt.Errorf("%s is a GeoPackage, but not a territory of Maillage: make one with maillage import", in.path)
	if !ours {
		return notOurs
	}
	n := 0
	version := -1
	if err := in.each("territory", []string{"schema"}, func(v *row) error {
		version = v.int("schema")
		return nil
	}); err != nil {
		return errors.Join(notOurs, err)
	}
	if version > SchemaVersion {
		return fmt.Errorf("%s was written by a newer version of Maillage (schema %d; this one reads up to %d)", in.path, version, SchemaVersion)
	}
	err = in.each("territory", []string{"id", "name", "modelled", "grid", "grid_year", "grid_cell_size", "services"}, func(v *row) error {
		n++
		c.Territory = geodata.Territory{ID: v.text("id"), Name: v.text("name"), Modelled: v.bool("modelled")}
		p := &c.Population
		p.Name, p.Vintage, p.CellSize = v.text("grid"), v.int("grid_year"), v.int("grid_cell_size")
		in.defined = v.value("services") != nil
		return nil
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("%s: territory has %d rows, want one", in.path, n)
	}
	return err
}

func (in *reader) catalogue(c *geodata.Content) error {
	if in.defined {
		c.Catalogue = geodata.Catalogue{}
	}
	return in.each("services", []string{"definition"}, func(v *row) error {
		var s geodata.Service
		if err := json.Unmarshal([]byte(v.text("definition")), &s); err != nil {
			return fmt.Errorf("definition: %w", err)
		}
		c.Catalogue = append(c.Catalogue, s)
		return nil
	})
}

func (in *reader) sources(c *geodata.Content) error {
	return in.each("sources", []string{"layer", "name", "publisher", "licence", "vintage"}, func(v *row) error {
		c.Sources = append(c.Sources, geodata.Source{Layer: v.text("layer"), Name: v.text("name"), Publisher: v.text("publisher"),
			Licence: v.text("licence"), Vintage: v.text("vintage")})
		return nil
	})
}

func (in *reader) communes(c *geodata.Content) error {
	return in.each("communes", []string{"geom", "id", "name", "population", "study", "epci", "epci_name"}, func(v *row) error {
		m := geodata.Commune{Code: v.id(), Name: v.text("name"), Population: v.int("population"), Study: v.bool("study"),
			EPCI: v.text("epci"), EPCIName: v.text("epci_name")}
		switch g := v.geometry().(type) {
		case nil:
		case orb.Polygon:
			m.Outline = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			m.Outline = g
		default:
			return v.wrong("geom", g.GeoJSONType(), "a polygon")
		}
		c.Communes = append(c.Communes, m)
		return nil
	})
}

// exactly is a count as Write put it into the layer, and what it is exactly.
type exactly struct {
	written float64
	amount  geodata.Amount
}

type place struct {
	column int
	cell   string
}

func (in *reader) cells(c *geodata.Content) error {
	p := &c.Population
	columns := []string{"geom", "id", "commune", "study", "imputed", "lon", "lat"}
	if err := in.each("maillage_columns", []string{"name", "field"}, func(v *row) error {
		p.Columns = append(p.Columns, geodata.Column{Name: v.text("name")})
		columns = append(columns, v.text("field"))
		return nil
	}); err != nil {
		return err
	}
	exact := map[place]exactly{}
	if err := in.each("maillage_exact", []string{"position", "cell", "written", "millionths"}, func(v *row) error {
		exact[place{v.int("position"), v.text("cell")}] = exactly{v.real("written"), geodata.Amount(v.int64("millionths"))}
		return nil
	}); err != nil {
		return err
	}
	return in.each("cells", columns, func(v *row) error {
		cell := geodata.Cell{ID: v.id(), Commune: v.text("commune"), Study: v.bool("study"), Imputed: v.bool("imputed"),
			Centre: orb.Point{v.real("lon"), v.real("lat")}}
		switch g := v.geometry().(type) {
		case orb.Point:
			cell.Centre = g
		case orb.Polygon:
			if len(g) != 1 {
				return v.wrong("geom", fmt.Sprint(len(g)-1, " holes"), "a polygon without holes")
			}
			cell.Outline = g[0]
		default:
			return v.wrong("geom", g, "a point or a polygon")
		}
		p.Cells = append(p.Cells, cell)
		for k := range p.Columns {
			amount, err := v.amount(len(columns)-len(p.Columns)+k, exact[place{k, cell.ID}])
			if err != nil {
				return err
			}
			p.Columns[k].Values = append(p.Columns[k].Values, amount)
		}
		return nil
	})
}

// amount reads a count; one in exact counts if the layer still has what was written.
func (v *row) amount(column int, exact exactly) (geodata.Amount, error) {
	if v.values[column] == nil {
		return 0, v.wrong(v.columns[column], "absent", "a number")
	}
	f := v.realAt(column)
	if exact != (exactly{}) && f == exact.written {
		return exact.amount, nil
	}
	a, err := geodata.AmountOf(f)
	if err != nil {
		return 0, v.wrong(v.columns[column], f, "a count of millionths below 2^62")
	}
	return a, nil
}

func (in *reader) facilities(c *geodata.Content) error {
	return in.each("facilities", []string{"geom", "id", "name", "service", "status", "commune", "capacity", "hours", "accessible", "itinerant", "note", "source"},
		func(v *row) error {
			f := geodata.Facility{ID: v.id(), Name: v.text("name"), Service: v.text("service"), Commune: v.text("commune"),
				Accessible: geodata.Accessibility(v.text("accessible")), Itinerant: v.bool("itinerant"), Note: v.text("note"), Source: v.text("source")}
			point, ok := v.geometry().(orb.Point)
			if !ok && v.err == nil {
				return v.wrong("geom", v.value("geom"), "a point")
			}
			f.Location = point
			var err error
			if f.Status, err = geodata.ParseStatus(v.text("status")); err != nil {
				return fmt.Errorf("facility %s: %w", f.ID, err)
			}
			if v.value("capacity") != nil {
				n := v.int("capacity")
				f.Capacity = &n
			}
			if v.value("hours") != nil {
				if f.Hours, err = geodata.ParseWeeklyHours(v.text("hours")); err != nil {
					return fmt.Errorf("facility %s: %w", f.ID, err)
				}
			}
			c.Facilities = append(c.Facilities, f)
			return nil
		})
}

func (in *reader) roads(c *geodata.Content) error {
	r := &c.Roads
	content := []string{"content"}
	if err := in.each("maillage_nodes", content, func(v *row) (err error) {
		r.Nodes, err = decodeNodes(r.Nodes, v.blob("content"))
		return err
	}); err != nil {
		return err
	}
	var lines []geodata.Way
	if err := in.each("maillage_lines", content, func(v *row) (err error) {
		lines, err = decodeLines(lines, v.blob("content"))
		return err
	}); err != nil {
		return err
	}
	tags := tagReader{}
	if err := in.each("maillage_node_tags", []string{"node", "tags"}, func(v *row) error {
		at, ok := nodeByID(r.Nodes, v.int64("node"))
		if !ok {
			return v.wrong("node", v.value("node"), "the id of a road node")
		}
		t, err := tags.read(v.text("tags"), nil)
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: at, Tags: t})
		return err
	}); err != nil {
		return err
	}
	if err := in.ways(r, lines, tags); err != nil {
		return err
	}
	return in.each("maillage_restrictions", []string{"id", "from_way", "via_node", "via_ways", "to_way", "tags"}, func(v *row) error {
		x := geodata.Restriction{ID: v.int64("id"), From: v.int64("from_way"), ViaNode: v.int64("via_node"), To: v.int64("to_way")}
		if err := json.Unmarshal([]byte(v.text("via_ways")), &x.ViaWays); err != nil {
			return fmt.Errorf("via_ways: %w", err)
		}
		t, err := tags.read(v.text("tags"), nil)
		x.Tags = t
		r.Restrictions = append(r.Restrictions, x)
		return err
	})
}

// ways reads the layer of roads: tags from its fields, the nodes of each way
// from lines as long as the way's line is still theirs, else by coordinates.
func (in *reader) ways(r *geodata.Roads, lines []geodata.Way, tags tagReader) error {
	drawn := newDrawing(r, lines)
	var expected []byte
	return in.each("roads", append([]string{"geom", "id", "tags"}, layers.RoadTags...), func(v *row) error {
		id, err := v.wayID()
		if err != nil {
			return err
		}
		nodes, err := drawn.stored(id)
		if err != nil {
			return err
		}
		if nodes != nil {
			expected, err = gpkg.AppendGeometry(expected[:0], drawn.line(nodes))
		}
		if nodes == nil || !bytes.Equal(expected, v.blob("geom")) {
			nodes, err = drawn.edited(v.geometry(), nodes)
		}
		if err != nil {
			return v.wrong("geom", err, "a line of two or more points")
		}
		w := geodata.Way{ID: id, Nodes: nodes}
		w.Tags, err = tags.read(v.text("tags"), v.values[3:])
		r.Ways = append(r.Ways, w)
		return err
	})
}

// tagReader reads tags, giving equal ones the same slice.
type tagReader map[tagTexts]geodata.Tags

type tagTexts struct {
	others string
	fields [5]string // of layers.RoadTags
	known  [5]bool
}

// read joins the JSON object of tags and the values of layers.RoadTags (none when nil).
func (tr tagReader) read(others string, fields []any) (geodata.Tags, error) {
	key := tagTexts{others: others}
	for i, value := range fields {
		if key.known[i] = value != nil; value != nil {
			key.fields[i] = asText(value)
		}
	}
	if t, ok := tr[key]; ok {
		return t, nil
	}
	m := map[string]string{}
	if others != "" {
		if err := json.Unmarshal([]byte(others), &m); err != nil {
			return nil, fmt.Errorf("tags %q: %w", others, err)
		}
	}
	for i, k := range layers.RoadTags {
		if key.known[i] {
			m[k] = key.fields[i]
		}
	}
	var t geodata.Tags
	for _, k := range slices.Sorted(maps.Keys(m)) {
		t = append(t, geodata.Tag{Key: k, Value: m[k]})
	}
	tr[key] = t
	return t, nil
}
