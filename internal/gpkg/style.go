package gpkg

import (
	"context"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// Style is how QGIS draws a layer beyond the colours of its Classes.
type Style struct {
	Outlined bool      // polygons have a coloured outline and no fill
	Widths   []float64 // widths of lines in mm, parallel to Classes.Values, the widest on top; nil for one width
	Label    string    // field written on the map; empty for none
	Steps    *Steps    // colours by number, for a layer without Classes
}

// Steps colour features by the number in a field: at most the first bound, then
// at most the second, and so on.
type Steps struct {
	Field string
	Steps []Step // bounds rising
}

// Step is one entry of the legend.
type Step struct {
	UpTo          float64
	Label, Colour string
}

// plainColour is that of a layer without classes, and of features in none.
const (
	plainColour = "#4c78a8"
	otherColour = "#b0b0b0"
	lineWidth   = 0.5 // mm
)

// writeStyle adds the layer's default style where QGIS looks for it.
func (f *File) writeStyle(ctx context.Context, l *geodata.Layer, kind string, s Style) error {
	doc, err := QML(l, kind, s)
	if err != nil {
		return err
	}
	return f.exec(ctx, `INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,
		styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) VALUES ('','',?,'geom',?,?,'',1,?,'','',?)`,
		l.Name, l.Name, doc, title(l), LastChange)
}

// The parts of a QGIS style document that are used here.
type (
	qmlDoc struct {
		XMLName    xml.Name     `xml:"qgis"`
		Version    string       `xml:"version,attr"`
		Categories string       `xml:"styleCategories,attr"`
		Labelled   int          `xml:"labelsEnabled,attr"`
		Renderer   qmlRenderer  `xml:"renderer-v2"`
		Labeling   *qmlLabeling `xml:"labeling"`
		Aliases    []qmlAlias   `xml:"aliases>alias"`
	}
	qmlRenderer struct {
		Type       string        `xml:"type,attr"`
		Attribute  string        `xml:"attr,attr,omitempty"`
		Levels     int           `xml:"symbollevels,attr"`
		Raster     int           `xml:"forceraster,attr"`
		Order      int           `xml:"enableorderby,attr"`
		Categories []qmlCategory `xml:"categories>category,omitempty"`
		Ranges     []qmlRange    `xml:"ranges>range,omitempty"`
		Symbols    []qmlSymbol   `xml:"symbols>symbol"`
	}
	qmlCategory struct {
		Type   string `xml:"type,attr"`
		Value  string `xml:"value,attr"`
		Symbol string `xml:"symbol,attr"`
		Label  string `xml:"label,attr"`
		Render bool   `xml:"render,attr"`
	}
	qmlRange struct {
		Lower  string `xml:"lower,attr"`
		Upper  string `xml:"upper,attr"`
		Symbol string `xml:"symbol,attr"`
		Label  string `xml:"label,attr"`
		Render bool   `xml:"render,attr"`
	}
	qmlSymbol struct {
		Type  string         `xml:"type,attr"`
		Name  string         `xml:"name,attr"`
		Alpha int            `xml:"alpha,attr"`
		Clip  int            `xml:"clip_to_extent,attr"`
		Layer qmlSymbolLayer `xml:"layer"`
	}
	qmlSymbolLayer struct {
		Class   string    `xml:"class,attr"`
		Enabled int       `xml:"enabled,attr"`
		Pass    int       `xml:"pass,attr"`
		Locked  int       `xml:"locked,attr"`
		Props   []qmlProp `xml:"prop"`
	}
	qmlProp struct {
		K string `xml:"k,attr"`
		V string `xml:"v,attr"`
	}
	qmlLabeling struct {
		Type  string `xml:"type,attr"`
		Style struct {
			Field  string `xml:"fieldName,attr"`
			Size   string `xml:"fontSize,attr"`
			Unit   string `xml:"fontSizeUnit,attr"`
			Colour string `xml:"textColor,attr"`
			Buffer struct {
				Draw   int    `xml:"bufferDraw,attr"`
				Size   string `xml:"bufferSize,attr"`
				Units  string `xml:"bufferSizeUnits,attr"`
				Colour string `xml:"bufferColor,attr"`
			} `xml:"text-buffer"`
		} `xml:"settings>text-style"`
	}
	qmlAlias struct {
		Field string `xml:"field,attr"`
		Index int    `xml:"index,attr"`
		Name  string `xml:"name,attr"`
	}
)

// QML writes the style of a layer whose geometries are of a kind such as POINT as
// a QGIS document: one category per class with its French label, one for the rest
// if there is any, and the French names of the fields. It counts on the columns
// fid, the geometry, id, then the fields.
func QML(l *geodata.Layer, kind string, s Style) (string, error) {
	doc := qmlDoc{Version: "3.22.0", Categories: "Symbology|Labeling|Fields"}
	doc.Renderer = qmlRenderer{Type: "singleSymbol"}
	if l.Classes == nil && s.Steps != nil {
		if err := graduate(&doc.Renderer, l, kind, s); err != nil {
			return "", err
		}
	} else if l.Classes == nil {
		sym, err := symbol("0", kind, plainColour, lineWidth, s.Outlined)
		if err != nil {
			return "", err
		}
		doc.Renderer.Symbols = []qmlSymbol{sym}
	} else if err := categorise(&doc.Renderer, l, kind, s); err != nil {
		return "", err
	}
	if s.Label != "" {
		doc.Labelled = 1
		doc.Labeling = labeling(s.Label)
	}
	for k := range l.Fields {
		d := &l.Fields[k]
		name := d.Label.Fr
		if d.Unit != "" {
			name = fmt.Sprintf("%s (%s)", name, d.Unit)
		}
		doc.Aliases = append(doc.Aliases, qmlAlias{d.Name, k + 2, name}) // QGIS counts fid and id first
	}
	out, err := xml.MarshalIndent(doc, "", " ")
	return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + string(out) + "\n", err
}

func categorise(r *qmlRenderer, l *geodata.Layer, kind string, s Style) error {
	field := l.Field(l.Classes.Field)
	if field == nil || field.Kind != geodata.Textual {
		return fmt.Errorf("classes of field %q: want a text field of the layer", l.Classes.Field)
	}
	r.Type, r.Attribute = "categorizedSymbol", field.Name
	if s.Widths != nil {
		r.Levels = 1 // the wider a line, the higher it lies
	}
	known := map[string]bool{}
	classes := l.Classes.Values
	for _, c := range classes {
		known[c.Value] = true
	}
	for i := range l.IDs {
		if v, _ := field.Value(i).(string); !known[v] && !known[""] {
			classes = append(classes[:len(classes):len(classes)], geodata.Class{Label: geodata.Text{Fr: "autres"}, Colour: otherColour})
			break
		}
	}
	for i, c := range classes {
		width := lineWidth
		if i < len(s.Widths) {
			width = s.Widths[i]
		}
		name := strconv.Itoa(i)
		sym, err := symbol(name, kind, c.Colour, width, s.Outlined)
		if err != nil {
			return fmt.Errorf("class %q: %w", c.Value, err)
		}
		for _, other := range s.Widths {
			if other < width {
				sym.Layer.Pass++
			}
		}
		r.Symbols = append(r.Symbols, sym)
		r.Categories = append(r.Categories, qmlCategory{"string", c.Value, name, c.Label.Fr, true})
	}
	return nil
}

func graduate(r *qmlRenderer, l *geodata.Layer, kind string, s Style) error {
	field := l.Field(s.Steps.Field)
	if field == nil || field.Kind != geodata.Real && field.Kind != geodata.Integer {
		return fmt.Errorf("steps of field %q: want a field of numbers of the layer", s.Steps.Field)
	}
	r.Type, r.Attribute = "graduatedSymbol", field.Name
	lower := "-1e300"
	for i, step := range s.Steps.Steps {
		name := strconv.Itoa(i)
		sym, err := symbol(name, kind, step.Colour, lineWidth, s.Outlined)
		if err != nil {
			return fmt.Errorf("step %q: %w", step.Label, err)
		}
		upper := strconv.FormatFloat(step.UpTo, 'g', -1, 64)
		r.Symbols = append(r.Symbols, sym)
		r.Ranges = append(r.Ranges, qmlRange{lower, upper, name, step.Label, true})
		lower = upper
	}
	return nil
}

// symbol draws circles, lines or areas in a colour, by the geometry type.
func symbol(name, kind, colour string, width float64, outlined bool) (qmlSymbol, error) {
	rgb, err := parseColour(colour)
	if err != nil {
		return qmlSymbol{}, err
	}
	fill := func(r [3]uint8) string { return fmt.Sprintf("%d,%d,%d,255", r[0], r[1], r[2]) }
	mm := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	sym := func(kind, class string, props ...qmlProp) qmlSymbol {
		return qmlSymbol{kind, name, 1, 1, qmlSymbolLayer{class, 1, 0, 0, props}}
	}
	switch {
	case strings.HasSuffix(kind, "POINT"):
		return sym("marker", "SimpleMarker", qmlProp{"name", "circle"}, qmlProp{"color", fill(rgb)}, qmlProp{"size", "2.6"}, qmlProp{"size_unit", "MM"},
			qmlProp{"outline_color", "255,255,255,255"}, qmlProp{"outline_style", "solid"}, qmlProp{"outline_width", "0.3"}, qmlProp{"outline_width_unit", "MM"}), nil
	case strings.HasSuffix(kind, "LINESTRING"):
		return sym("line", "SimpleLine", qmlProp{"line_color", fill(rgb)}, qmlProp{"line_style", "solid"}, qmlProp{"line_width", mm(width)},
			qmlProp{"line_width_unit", "MM"}, qmlProp{"capstyle", "round"}, qmlProp{"joinstyle", "round"}), nil
	case outlined:
		return sym("fill", "SimpleFill", qmlProp{"style", "no"}, qmlProp{"color", fill(rgb)}, qmlProp{"outline_color", fill(rgb)},
			qmlProp{"outline_style", "solid"}, qmlProp{"outline_width", mm(width)}, qmlProp{"outline_width_unit", "MM"}, qmlProp{"joinstyle", "bevel"}), nil
	}
	// A thin edge a little darker than the fill shows small cells without hiding their colour.
	darker := [3]uint8{rgb[0] / 5 * 4, rgb[1] / 5 * 4, rgb[2] / 5 * 4}
	return sym("fill", "SimpleFill", qmlProp{"style", "solid"}, qmlProp{"color", fill(rgb)}, qmlProp{"outline_color", fill(darker)},
		qmlProp{"outline_style", "solid"}, qmlProp{"outline_width", "0.06"}, qmlProp{"outline_width_unit", "MM"}, qmlProp{"joinstyle", "bevel"}), nil
}

func parseColour(s string) (rgb [3]uint8, err error) {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return rgb, fmt.Errorf("%q is not a colour such as #1f77b4", s)
	}
	return [3]uint8{uint8(v >> 16), uint8(v >> 8), uint8(v)}, nil
}

func labeling(field string) *qmlLabeling {
	l := &qmlLabeling{Type: "simple"}
	l.Style.Field, l.Style.Size, l.Style.Unit, l.Style.Colour = field, "8", "Point", "40,40,40,255"
	l.Style.Buffer.Draw, l.Style.Buffer.Size, l.Style.Buffer.Units, l.Style.Buffer.Colour = 1, "0.8", "MM", "255,255,255,255"
	return l
}
