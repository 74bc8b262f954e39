package geopackage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/layers"
)

// Read takes the territory out of a file, that whose layers it shows, edited or
// not. The file is not changed; a cancelled context stops it soon.
//
// Errors name the file and say whether it is no GeoPackage, no territory, of a
// newer version (store.ErrNewerSchema), damaged, or which table, row and field make no sense.
func Read(ctx context.Context, path string) (*geodata.Snapshot, error) {
	return reading(ctx, path, func(in *reader) (*geodata.Snapshot, error) {
		vs, err := in.vintages()
		if err != nil {
			return nil, err
		}
		for i := range vs {
			if vs[i].shown {
				return in.snapshot(&vs[i], nil)
			}
		}
		if in.kept {
			_, err := find(path, nil, store.Ref{})
			return nil, err
		}
		return nil, in.notOurs()
	})
}

// reading opens a file to read from it.
func reading[T any](ctx context.Context, path string, read func(*reader) (T, error)) (result T, err error) {
	file, err := gpkg.Open(ctx, path)
	if err != nil {
		return result, explain(err)
	}
	defer file.Close()
	if result, err = read(&reader{ctx: ctx, file: file, path: path}); err == nil {
		err = file.Unchanged()
	}
	return result, explain(err)
}

// explain says what an error is in the words of package store.
func explain(err error) error {
	switch {
	case errors.Is(err, gpkg.ErrLocked):
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	case errors.Is(err, gpkg.ErrReadOnly):
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	}
	return err
}

type reader struct {
	ctx  context.Context
	file *gpkg.Reader
	path string
	kept bool // the file is a store of territories, set by vintages
	// schema is that of the layers, set by vintages; 0 where there are none.
	schema int
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

func (in *reader) notOurs() error {
	return fmt.Errorf("%s is a GeoPackage, but not a territory of Maillage: make one with maillage import", in.path)
}

// checkSchema refuses a file of a newer version.
func (in *reader) checkSchema() error {
	there, err := in.file.Has(in.ctx, "territory")
	if err != nil || !there {
		return err
	}
	version := 0
	defer func() { in.schema = version }()
	if err := in.each("territory", []string{"schema"}, func(v *row) error {
		version = v.int("schema")
		return nil
	}); err != nil {
		return errors.Join(in.notOurs(), err)
	}
	if version > SchemaVersion {
		return fmt.Errorf("%s was written by a newer version of Maillage (%w: %d; this one reads up to %d)", in.path, store.ErrNewerSchema, version, SchemaVersion)
	}
	return nil
}

// snapshot reads a vintage, or a part of it.
func (in *reader) snapshot(v *vintage, part *geodata.Part) (*geodata.Snapshot, error) {
	var c geodata.Content
	var err error
	if v.id == 0 {
		err = in.readSchema1(&c)
	} else {
		err = in.read(v, part, &c)
	}
	if err != nil {
		return nil, in.naming(err)
	}
	s, err := geodata.NewSnapshot(c)
	if err == nil && part != nil {
		s, err = geodata.Cut(s, *part)
	}
	return s, in.naming(err)
}

// naming adds the file's name to an error that lacks it.
func (in *reader) naming(err error) error {
	if err == nil || strings.Contains(err.Error(), in.path) {
		return err
	}
	return fmt.Errorf("%s: %w", in.path, err)
}

// read takes what was packed, and from the layers what people changed since.
func (in *reader) read(v *vintage, part *geodata.Part, c *geodata.Content) error {
	p := &packed{ctx: in.ctx, file: in.file, vintage: v.id}
	h, err := p.head()
	if err != nil {
		return err
	}
	var edited map[string]bool // nothing of a vintage that nobody sees
	if v.shown {
		if edited, err = in.edited(h.tables()); err != nil {
			return err
		}
	}
	c.Territory, c.Catalogue, c.Sources = h.Territory, h.Catalogue, h.Sources
	c.Population = geodata.Population{CellSize: h.CellSize, Vintage: h.GridYear, Name: h.Grid, Rule: h.Rule.open()}
	for _, table := range []struct {
		name string
		read func(*geodata.Content) error
	}{{"territory", in.territory}, {"services", in.catalogue}, {"sources", in.sources}} {
		if edited[table.name] {
			if err := table.read(c); err != nil {
				return err
			}
		}
	}
	if err := in.readCommunes(p, edited["communes"], part, c); err != nil {
		return err
	}
	if edited["facilities"] {
		err = in.facilities(c)
	} else {
		c.Facilities, err = p.facilities(&h)
	}
	if err == nil {
		err = in.readCells(p, &h, edited["cells"], c)
	}
	if err == nil {
		err = in.readRoads(p, &h, edited["roads"], c)
	}
	if err == nil {
		err = in.readMore(p, &h, edited, c)
	}
	return err
}

// readMore reads zones, counts and the census.
func (in *reader) readMore(p *packed, h *head, edited map[string]bool, c *geodata.Content) (err error) {
	if edited["zones"] {
		err = in.zones(c)
	} else {
		c.Zones, err = p.zones(h)
	}
	for i := range h.Counts {
		if err != nil {
			return err
		}
		var set geodata.Population
		if edited[h.Counts[i].Layer] {
			set, err = in.counts(p, h, i)
		} else {
			set, err = p.counts(h, i)
		}
		c.Counts = append(c.Counts, set)
	}
	switch {
	case err != nil:
		return err
	case edited["census"]:
		err = in.census(p, h, c)
	default:
		c.Census, err = p.census(h, c.Communes)
	}
	if err != nil {
		return err
	}
	return in.readTransit(p, h, edited, c)
}

// readTransit reads public transport. The layer lines is made of the trips and
// stops, and not read.
func (in *reader) readTransit(p *packed, h *head, edited map[string]bool, c *geodata.Content) (err error) {
	trips := p
	if edited["stops"] {
		trips = p.whole() // a stop may have been moved into the frame
	}
	if c.Timetable, err = trips.timetable(h); err != nil {
		return err
	}
	if edited["stops"] {
		if err := in.stops(c.Timetable); err != nil {
			return err
		}
	}
	c.OnDemand = h.OnDemand
	if edited["on_demand"] {
		err = in.onDemand(c)
	}
	if p.frame != nil {
		c.OnDemand = geodata.OnDemandIn(c.OnDemand, c.Communes)
	}
	return err
}

// counts reads the layer of a set of counts.
func (in *reader) counts(p *packed, h *head, i int) (geodata.Population, error) {
	before, err := p.whole().counts(h, i)
	if err != nil {
		return before, err
	}
	set := h.Counts[i].population()
	set.Columns = namedColumns(h.Counts[i].Columns)
	return set, in.cells(h.Counts[i].Layer, &set, h.Counts[i].Fields, inexact(&before))
}

func namedColumns(names []string) (columns []geodata.Column) {
	for _, name := range names {
		columns = append(columns, geodata.Column{Name: name})
	}
	return columns
}

func (in *reader) zones(c *geodata.Content) error {
	return in.each("zones", []string{"geom", "id", "layer", "code", "name"}, func(v *row) error {
		z := geodata.Zone{Layer: v.text("layer"), ID: v.text("code"), Name: v.text("name"), Outline: v.outline()}
		if z.Layer == "" {
			v.wrong("layer", "empty", "the name of a division such as iris") //nolint:errcheck // kept in v.err
		}
		if z.ID == "" {
			v.wrong("code", "empty", "text that no other zone of the division has") //nolint:errcheck // kept in v.err
		}
		c.Zones = append(c.Zones, z)
		return nil
	})
}

// census reads the table; what a REAL cannot hold is found by the rest of the row.
func (in *reader) census(p *packed, h *head, c *geodata.Content) error {
	before, err := p.whole().census(h, nil)
	if err != nil {
		return err
	}
	exact := map[geodata.CensusRow]exactly{}
	for _, r := range before {
		if back, err := geodata.AmountOf(r.Persons.Float()); err != nil || back != r.Persons {
			of := r
			of.Persons = 0
			exact[of] = exactly{r.Persons.Float(), r.Persons}
		}
	}
	columns := []string{"id", "commune", "year", "sex", "age_from", "age_to", "persons"}
	return in.each("census", columns, func(v *row) (err error) {
		r := geodata.CensusRow{Commune: v.text("commune"), Year: v.int("year"), Sex: geodata.Sex(v.text("sex")), From: v.int("age_from"), To: geodata.AndOver}
		if v.value("age_to") != nil {
			r.To = v.int("age_to")
		}
		r.Persons, err = v.amount(len(columns)-1, exact[r])
		c.Census = append(c.Census, r)
		return err
	})
}

// readCommunes also finds out where the part is.
func (in *reader) readCommunes(p *packed, edited bool, part *geodata.Part, c *geodata.Content) (err error) {
	switch {
	case edited:
		err = in.communes(c)
	case part != nil:
		c.Communes, err = p.communes("label = ?", part.EPCI)
	default:
		c.Communes, err = p.communes("")
	}
	if err != nil || part == nil {
		return err
	}
	frame, err := part.Frame(c.Communes)
	if err != nil {
		return err
	}
	p.frame = &frame
	if edited {
		return nil
	}
	around, err := p.communes("")
	for _, m := range around {
		if m.EPCI != part.EPCI {
			c.Communes = append(c.Communes, m)
		}
	}
	return err
}

func (in *reader) readCells(p *packed, h *head, edited bool, c *geodata.Content) error {
	if !edited {
		return p.cells(h, &c.Population)
	}
	var before geodata.Population
	if err := p.whole().cells(h, &before); err != nil {
		return err
	}
	c.Population.Columns = namedColumns(h.Columns)
	return in.cells("cells", &c.Population, h.Fields, inexact(&before))
}

// inexact finds the counts that a REAL cannot hold.
func inexact(p *geodata.Population) map[place]exactly {
	out := map[place]exactly{}
	for k, column := range p.Columns {
		for i, v := range column.Values {
			if back, err := geodata.AmountOf(v.Float()); err != nil || back != v {
				out[place{k, p.Cells[i].ID}] = exactly{v.Float(), v}
			}
		}
	}
	return out
}

func (in *reader) readRoads(p *packed, h *head, edited bool, c *geodata.Content) (err error) {
	if !edited {
		c.Roads, err = p.roads(h)
		return err
	}
	if c.Roads, err = p.whole().roads(h); err != nil {
		return err
	}
	lines := c.Roads.Ways
	c.Roads.Ways = nil
	return in.ways(&c.Roads, lines, tagReader{})
}

// territory reads the table of one row.
func (in *reader) territory(c *geodata.Content) error {
	n := 0
	err := in.each("territory", []string{"id", "name", "modelled", "grid", "grid_year", "grid_cell_size", "services"}, func(v *row) error {
		n++
		c.Territory = geodata.Territory{ID: v.text("id"), Name: v.text("name"), Modelled: v.bool("modelled")}
		p := &c.Population
		p.Name, p.Vintage, p.CellSize = v.text("grid"), v.int("grid_year"), v.int("grid_cell_size")
		if c.Catalogue == nil && v.value("services") != nil { // a catalogue, maybe an empty one
			c.Catalogue = geodata.Catalogue{}
		}
		return nil
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("%s: territory has %d rows, want one", in.path, n)
	}
	return err
}

func (in *reader) catalogue(c *geodata.Content) error {
	if c.Catalogue != nil {
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
	c.Sources = nil
	return in.each("sources", []string{"layer", "name", "publisher", "licence", "vintage"}, func(v *row) error {
		c.Sources = append(c.Sources, geodata.Source{Layer: v.text("layer"), Name: v.text("name"), Publisher: v.text("publisher"),
			Licence: v.text("licence"), Vintage: v.text("vintage")})
		return nil
	})
}

func (in *reader) communes(c *geodata.Content) error {
	return in.each("communes", []string{"geom", "id", "name", "population", "study", "epci", "epci_name"}, func(v *row) error {
		m := geodata.Commune{Code: v.id(), Name: v.text("name"), Population: v.int("population"), Study: v.bool("study"),
			EPCI: v.text("epci"), EPCIName: v.text("epci_name"), Outline: v.outline()}
		c.Communes = append(c.Communes, m)
		return nil
	})
}

// exactly is a count as it was put into the layer, and what it is exactly.
type exactly struct {
	written float64
	amount  geodata.Amount
}

type place struct {
	column int
	cell   string
}

// cells reads a layer of counts, which have their columns already; the fields hold them.
func (in *reader) cells(layer string, p *geodata.Population, fields []string, exact map[place]exactly) error {
	columns := append([]string{"geom", "id", "commune", "study", "imputed", "lon", "lat"}, fields...)
	return in.each(layer, columns, func(v *row) error {
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
	columns := []string{"geom", "id", "name", "service", "status", "commune", "capacity", "hours", "accessible", "itinerant", "note", "source"}
	hours := []string{"hours"}
	if in.schema >= 3 {
		columns, hours = append(columns, "holidays", "catchment"), append(hours, "holidays")
	}
	return in.each("facilities", columns,
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
			for i, column := range hours {
				if v.value(column) != nil {
					if *[]**geodata.WeeklyHours{&f.Hours, &f.Holidays}[i], err = geodata.ParseWeeklyHours(v.text(column)); err != nil {
						return fmt.Errorf("facility %s: %w", f.ID, err)
					}
				}
			}
			if in.schema >= 3 {
				if f.Catchment, err = geodata.ParseCatchment(v.text("catchment")); err != nil {
					return fmt.Errorf("facility %s: %w", f.ID, err)
				}
			}
			c.Facilities = append(c.Facilities, f)
			return nil
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
