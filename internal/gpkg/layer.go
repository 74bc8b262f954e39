package gpkg

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// LayerOptions say how a layer is described and drawn.
type LayerOptions struct {
	Description string
	// Geometry is the type of the geometry column, such as POINT. When it is
	// empty the narrowest type that holds all features is taken, which for a
	// layer without features is GEOMETRY.
	Geometry string
	Style    Style
	// After is the last number that is not to be a row's: rows are numbered from the next.
	After int64
}

// The columns every layer has besides its fields.
const (
	rowColumn      = "fid"
	geometryColumn = "geom"
	idColumn       = "id"
)

var sqlTypes = map[geodata.Kind]string{geodata.Textual: "TEXT", geodata.Integer: "INTEGER", geodata.Real: "REAL", geodata.Boolean: "BOOLEAN"}

// WriteLayer creates the layer's table (fid, geom, id, then the fields), its
// spatial index, column descriptions (name: the French label, title: the
// English one, description: the unit) and default style.
//
// Errors name the layer and the field or feature: a name that is not an
// identifier or is taken, columns of unequal length, a number that is not
// finite, ids that repeat.
func (f *File) WriteLayer(ctx context.Context, l geodata.Layer, o LayerOptions) error {
	if err := checkLayer(&l); err != nil {
		return fmt.Errorf("cannot write %s: layer %s: %w", f.path, l.Name, err)
	}
	err := f.exec(ctx, createLayer(&l))
	if err == nil {
		err = f.describe(ctx, &l)
	}
	if err == nil && l.Geometry == nil {
		err = f.register(ctx, l.Name, "attributes", title(&l), o.Description, noEnvelope())
		if err == nil {
			err = f.insert(ctx, l.Name, 2+len(l.Fields), layerRows(&l, o.After, nil), f.count)
		}
	} else if err == nil {
		err = f.writeFeatures(ctx, &l, o)
	}
	return f.inTable(l.Name, err)
}

func (f *File) writeFeatures(ctx context.Context, l *geodata.Layer, o LayerOptions) error {
	kind := o.Geometry
	if kind == "" {
		kind = typeOf(l.Geometry)
	}
	all, boxes := noEnvelope(), make([]rtreeBox, 0, len(l.IDs))
	geometry := func(i int) ([]byte, error) {
		g := promote(l.Geometry[i], kind)
		if e := envelopeOf(g); !e.empty() {
			all.join(e)
			boxes = append(boxes, newBox(o.After+int64(i+1), e))
		}
		return AppendGeometry(nil, g)
	}
	if err := f.insert(ctx, l.Name, 3+len(l.Fields), layerRows(l, o.After, geometry), f.count); err != nil {
		return err
	}
	if err := f.register(ctx, l.Name, "features", title(l), o.Description, all); err != nil {
		return err
	}
	if err := f.exec(ctx, "INSERT INTO gpkg_geometry_columns VALUES (?,'geom',?,?,0,0)", l.Name, kind, SRID); err != nil {
		return err
	}
	if err := f.writeRTree(ctx, l.Name, boxes, all); err != nil {
		return err
	}
	return f.writeStyle(ctx, l, kind, o.Style)
}

// layerRows yields fid, geometry (if any), id and fields of each feature.
func layerRows(l *geodata.Layer, after int64, geometry func(i int) ([]byte, error)) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		var row []any
		for i, id := range l.IDs {
			row = append(row[:0], after+int64(i+1))
			if geometry != nil && l.Geometry[i] == nil {
				row = append(row, nil)
			} else if geometry != nil {
				blob, err := geometry(i)
				if err != nil {
					yield(nil, fmt.Errorf("feature %s: %w", id, err))
					return
				}
				row = append(row, blob)
			}
			row = append(row, id)
			for k := range l.Fields {
				row = append(row, l.Fields[k].Value(i))
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func checkLayer(l *geodata.Layer) error {
	if err := checkName(l.Name); err != nil {
		return err
	}
	n := len(l.IDs)
	if l.Geometry != nil && len(l.Geometry) != n {
		return fmt.Errorf("%d geometries for %d features", len(l.Geometry), n)
	}
	taken := map[string]bool{rowColumn: true, geometryColumn: true, idColumn: true}
	for k := range l.Fields {
		d := &l.Fields[k]
		if err := checkName(strings.ReplaceAll(d.Name, ".", "_")); err != nil { // a point, as in covered_0.5s, does no harm
			return fmt.Errorf("field: %w", err)
		}
		if lower := strings.ToLower(d.Name); taken[lower] {
			return fmt.Errorf("field %s: the name is taken (fid, geom and id are the layer's own)", d.Name)
		} else {
			taken[lower] = true
		}
		if got := max(len(d.Texts), len(d.Ints), len(d.Reals), len(d.Bools)); got != n || (d.Null != nil && len(d.Null) != n) {
			return fmt.Errorf("field %s: %d values for %d features", d.Name, got, n)
		}
		for i, v := range d.Reals {
			if (d.Null == nil || !d.Null[i]) && (math.IsNaN(v) || math.IsInf(v, 0)) {
				return fmt.Errorf("feature %s: %s is %v: want a finite number, or an absent value", l.IDs[i], d.Name, v)
			}
		}
	}
	return nil
}

// checkName accepts what GIS software takes as a table or column name without quotes.
func checkName(name string) error {
	lower := strings.ToLower(name)
	if strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || lower == "" || lower[0] < 'A' {
		return fmt.Errorf("%q is not an identifier: want letters, digits and _, a letter first", name)
	}
	for _, prefix := range []string{"gpkg_", "rtree_", "sqlite_", "layer_styles"} {
		if strings.HasPrefix(lower, prefix) {
			return fmt.Errorf("%q: names beginning with %s are reserved", name, prefix)
		}
	}
	return nil
}

func createLayer(l *geodata.Layer) string {
	columns := []string{rowColumn + " INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"}
	if l.Geometry != nil {
		columns = append(columns, geometryColumn+" BLOB")
	}
	columns = append(columns, idColumn+" TEXT NOT NULL UNIQUE")
	for k := range l.Fields {
		columns = append(columns, quote(l.Fields[k].Name)+" "+sqlTypes[l.Fields[k].Kind])
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quote(l.Name), strings.Join(columns, ", "))
}

func title(l *geodata.Layer) string {
	if l.Title.Fr == "" {
		return l.Name
	}
	return l.Title.Fr
}

// describe fills gpkg_data_columns, whose names must differ within a table.
func (f *File) describe(ctx context.Context, l *geodata.Layer) error {
	seen := map[string]bool{}
	for k := range l.Fields {
		d := &l.Fields[k]
		name := d.Label.Fr
		if name == "" || seen[name] {
			name = strings.TrimSpace(name + " (" + d.Name + ")")
		}
		seen[name] = true
		if err := f.exec(ctx, "INSERT INTO gpkg_data_columns VALUES (?,?,?,?,?,NULL,NULL)", l.Name, d.Name, name, d.Label.In("en"), d.Unit); err != nil {
			return err
		}
	}
	return nil
}

// typeOf is the narrowest geometry type that holds all, single parts counting
// as multi-part ones where both occur.
func typeOf(gs []orb.Geometry) string {
	kind := ""
	for _, g := range gs {
		if g == nil {
			continue
		}
		switch k := kindOf(g); {
		case kind == "" || k == "MULTI"+kind:
			kind = k
		case kind != k && kind != "MULTI"+k:
			return "GEOMETRY"
		}
	}
	if kind == "" {
		return "GEOMETRY"
	}
	return kind
}

func kindOf(g orb.Geometry) string {
	switch g.(type) {
	case orb.Point:
		return "POINT"
	case orb.LineString:
		return "LINESTRING"
	case orb.Polygon, orb.Ring, orb.Bound:
		return "POLYGON"
	case orb.MultiPoint:
		return "MULTIPOINT"
	case orb.MultiLineString:
		return "MULTILINESTRING"
	case orb.MultiPolygon:
		return "MULTIPOLYGON"
	}
	return "GEOMETRY"
}

// promote makes a single part a multi-part geometry where the layer's type is multi-part.
func promote(g orb.Geometry, kind string) orb.Geometry {
	switch p := g.(type) {
	case orb.Point:
		if kind == "MULTIPOINT" {
			return orb.MultiPoint{p}
		}
	case orb.LineString:
		if kind == "MULTILINESTRING" {
			return orb.MultiLineString{p}
		}
	case orb.Ring:
		return promote(orb.Polygon{p}, kind)
	case orb.Bound:
		return promote(p.ToPolygon(), kind)
	case orb.Polygon:
		if kind == "MULTIPOLYGON" {
			return orb.MultiPolygon{p}
		}
	}
	return g
}
