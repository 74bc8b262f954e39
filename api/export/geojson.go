package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// GeoJSON writes the layer as a FeatureCollection after RFC 7946: WGS 84
// without a crs member, exterior rings counter-clockwise and holes clockwise,
// coordinates with up to 7 decimals (1 cm), a bbox, the ids as feature ids,
// absent values as null. The foreign member "maillage" holds the title, what
// the properties mean (unit, label), the legend, and the provenance.
//
// It streams: memory does not grow with the layer. Errors name the feature:
// coordinates or numbers that are not finite, rings of fewer than four points.
func GeoJSON(w io.Writer, l geodata.Layer, p analyses.Provenance) error {
	head, err := geoJSONHead(l, p)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(head); err != nil {
		return err
	}
	var b []byte
	for i, id := range l.IDs {
		b = b[:0]
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendFeature(b, &l, i); err != nil {
			return fmt.Errorf("layer %s, feature %s: %w", l.Name, id, err)
		}
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	if _, err := out.WriteString("\n]}\n"); err != nil {
		return err
	}
	return out.Flush()
}

// The member "maillage" of a collection.
type (
	member struct {
		Modelled   bool                `json:"modelled"`
		Title      geodata.Text        `json:"title"`
		Fields     []memberField       `json:"fields"`
		Legend     *legend             `json:"legend,omitempty"`
		Provenance analyses.Provenance `json:"provenance"`
	}
	memberField struct {
		Name  string       `json:"name"`
		Unit  string       `json:"unit,omitempty"`
		Label geodata.Text `json:"label"`
	}
	legend struct {
		Field   string        `json:"field"`
		Classes []legendClass `json:"classes"`
	}
	legendClass struct {
		Value  string       `json:"value"`
		Label  geodata.Text `json:"label"`
		Colour string       `json:"colour"`
	}
)

func geoJSONHead(l geodata.Layer, p analyses.Provenance) ([]byte, error) {
	m := member{Modelled: p.Territory.Modelled, Title: l.Title, Provenance: p, Fields: make([]memberField, len(l.Fields))}
	for k, f := range l.Fields {
		m.Fields[k] = memberField{f.Name, f.Unit, f.Label}
	}
	if l.Classes != nil {
		m.Legend = &legend{Field: l.Classes.Field, Classes: []legendClass{}}
		for _, c := range l.Classes.Values {
			m.Legend.Classes = append(m.Legend.Classes, legendClass(c))
		}
	}
	b := append([]byte(`{"type":"FeatureCollection","name":`), quoted(l.Name)...)
	if e, ok := extent(l.Geometry); ok {
		b = append(b, `,"bbox":[`...)
		for i, v := range []float64{e.Min[0], e.Min[1], e.Max[0], e.Max[1]} {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendDegrees(b, v)
		}
		b = append(b, ']')
	}
	b, err := appendJSON(append(b, `,"maillage":`...), m)
	if err != nil {
		return nil, fmt.Errorf("layer %s: provenance: %w", l.Name, err)
	}
	return append(b, `,"features":[`...), nil
}

// extent is the bound of all coordinates; ok is false where there are none.
func extent(gs []orb.Geometry) (e orb.Bound, ok bool) {
	for _, g := range gs {
		if g == nil {
			continue
		}
		b := g.Bound()
		switch {
		case b.Min[0] > b.Max[0] || b.Min[1] > b.Max[1] || isEmpty(g):
		case !ok:
			e, ok = b, true
		default:
			e = e.Union(b)
		}
	}
	return e, ok
}

// isEmpty says whether a geometry has no coordinates; orb gives those a bound all the same.
func isEmpty(g orb.Geometry) bool {
	switch g := g.(type) {
	case orb.MultiPoint:
		return len(g) == 0
	case orb.LineString:
		return len(g) == 0
	case orb.Ring:
		return len(g) == 0
	case orb.MultiLineString:
		return !slices.ContainsFunc(g, func(l orb.LineString) bool { return len(l) > 0 })
	case orb.Polygon:
		return !slices.ContainsFunc(g, func(r orb.Ring) bool { return len(r) > 0 })
	case orb.MultiPolygon:
		return !slices.ContainsFunc(g, func(p orb.Polygon) bool { return !isEmpty(p) })
	case orb.Collection:
		return !slices.ContainsFunc(g, func(p orb.Geometry) bool { return !isEmpty(p) })
	}
	return false
}

func appendFeature(b []byte, l *geodata.Layer, i int) ([]byte, error) {
	b = append(b, "\n"+`{"type":"Feature","id":`...)
	b = append(b, quoted(l.IDs[i])...)
	b = append(b, `,"geometry":`...)
	if l.Geometry == nil || l.Geometry[i] == nil {
		b = append(b, "null"...)
	} else {
		var err error
		if b, err = appendGeometry(b, l.Geometry[i]); err != nil {
			return nil, err
		}
	}
	b = append(b, `,"properties":{`...)
	for k := range l.Fields {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(b, quoted(l.Fields[k].Name)...)
		b = append(b, ':')
		var err error
		if b, err = appendValue(b, l.Fields[k].Value(i)); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Fields[k].Name, err)
		}
	}
	return append(b, "}}"...), nil
}

func appendValue(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return append(b, quoted(v)...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v: want a finite number, or an absent value", v)
		}
		return appendNumber(b, v), nil
	}
	return append(b, "null"...), nil
}

// appendNumber writes the shortest decimal that reads back as the same number.
func appendNumber(b []byte, v float64) []byte {
	if abs := math.Abs(v); v != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, v+0, 'f', -1, 64) // +0 turns -0 into 0
}

// quoted is the JSON string of a text.
func quoted(s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			b, _ := appendJSON(nil, s) // text always encodes
			return b
		}
	}
	return append(append([]byte{'"'}, s...), '"')
}

// appendJSON is json.Marshal that leaves <, > and & as they are.
func appendJSON(b []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(b)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

func appendGeometry(b []byte, g orb.Geometry) ([]byte, error) {
	var e geometryEncoder
	e.b = b
	e.geometry(g)
	return e.b, e.err
}

// geometryEncoder appends GeoJSON geometries and keeps the first error.
type geometryEncoder struct {
	b   []byte
	err error
}

func (e *geometryEncoder) geometry(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Ring:
		e.geometry(orb.Polygon{g})
		return
	case orb.Bound:
		e.geometry(g.ToPolygon())
		return
	case orb.Collection:
		e.b = append(e.b, `{"type":"GeometryCollection","geometries":`...)
		list(e, g, e.geometry)
		e.b = append(e.b, '}')
		return
	}
	e.b = append(e.b, `{"type":"`...)
	e.b = append(e.b, g.GeoJSONType()...)
	e.b = append(e.b, `","coordinates":`...)
	switch g := g.(type) {
	case orb.Point:
		e.point(g)
	case orb.MultiPoint:
		list(e, g, e.point)
	case orb.LineString:
		e.line(g)
	case orb.MultiLineString:
		list(e, g, e.line)
	case orb.Polygon:
		e.polygon(g)
	case orb.MultiPolygon:
		list(e, g, e.polygon)
	}
	e.b = append(e.b, '}')
}

func list[T any](e *geometryEncoder, items []T, each func(T)) {
	e.b = append(e.b, '[')
	for i, item := range items {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		each(item)
	}
	e.b = append(e.b, ']')
}

func (e *geometryEncoder) point(p orb.Point) {
	if s := p[0] + p[1]; math.IsNaN(s) || math.IsInf(s, 0) {
		e.err = fmt.Errorf("coordinates %v are not finite", p)
		return
	}
	e.b = append(e.b, '[')
	e.b = appendDegrees(e.b, p[0])
	e.b = append(e.b, ',')
	e.b = appendDegrees(e.b, p[1])
	e.b = append(e.b, ']')
}

func (e *geometryEncoder) line(l orb.LineString) { list(e, l, e.point) }

func (e *geometryEncoder) polygon(p orb.Polygon) {
	first := true
	list(e, p, func(r orb.Ring) {
		want := orb.CW
		if first {
			want = orb.CCW
		}
		first = false
		e.ring(r, want)
	})
}

// ring closes the ring and turns it the way it should go.
func (e *geometryEncoder) ring(r orb.Ring, want orb.Orientation) {
	if len(r) > 0 && r[0] != r[len(r)-1] {
		r = append(slices.Clone(r), r[0])
	}
	if len(r) < 4 {
		e.err = fmt.Errorf("a ring of %d points: want four or more", len(r))
		return
	}
	if got := r.Orientation(); got != 0 && got != want {
		r = slices.Clone(r)
		slices.Reverse(r)
	}
	list(e, r, e.point)
}

// appendDegrees writes a coordinate with up to seven decimals.
func appendDegrees(b []byte, v float64) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', 7, 64)
	b = bytes.TrimRight(b, "0")
	b = bytes.TrimSuffix(b, []byte("."))
	if string(b[start:]) == "-0" {
		b = append(b[:start], '0')
	}
	return b
}
