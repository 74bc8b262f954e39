package layers

import (
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// table collects a layer row by row.
type table struct {
	l       geodata.Layer
	columns []*column
	rows    int
}

type column struct{ geodata.Field }

func newTable(name string, title geodata.Text, rows int) *table {
	return &table{rows: rows, l: geodata.Layer{Name: name, Title: title, IDs: make([]string, 0, rows), Geometry: make([]orb.Geometry, 0, rows)}}
}

func (t *table) column(kind geodata.Kind, name, unit, fr, en string) *column {
	c := &column{geodata.Field{Name: name, Unit: unit, Label: geodata.Text{Fr: fr, En: en}, Kind: kind}}
	t.columns = append(t.columns, c)
	return c
}

func (t *table) text(name, fr, en string) *column {
	c := t.column(geodata.Textual, name, "", fr, en)
	c.Texts, c.Null = make([]string, 0, t.rows), make([]bool, 0, t.rows)
	return c
}

func (t *table) integer(name, unit, fr, en string) *column {
	c := t.column(geodata.Integer, name, unit, fr, en)
	c.Ints, c.Null = make([]int64, 0, t.rows), make([]bool, 0, t.rows)
	return c
}

func (t *table) real(name, unit, fr, en string) *column {
	c := t.column(geodata.Real, name, unit, fr, en)
	c.Reals = make([]float64, 0, t.rows)
	return c
}

func (t *table) boolean(name, fr, en string) *column {
	c := t.column(geodata.Boolean, name, "", fr, en)
	c.Bools = make([]bool, 0, t.rows)
	return c
}

func (t *table) add(id string, g orb.Geometry) {
	t.l.IDs = append(t.l.IDs, id)
	t.l.Geometry = append(t.l.Geometry, g)
}

// addText adds a text, empty text being absent.
func (c *column) addText(s string) { c.addKnown(s, s != "") }

func (c *column) addKnown(s string, known bool) {
	c.Texts = append(c.Texts, s)
	c.Null = append(c.Null, !known)
}

// addHours adds opening hours; those that are known to be none are text without
// characters, not absent.
func (c *column) addHours(h *geodata.WeeklyHours) {
	if h == nil {
		c.addKnown("", false)
		return
	}
	c.addKnown(h.String(), true)
}

func (c *column) addInt(v int64, absent bool) {
	c.Ints = append(c.Ints, v)
	c.Null = append(c.Null, absent)
}

func (c *column) addReal(v float64) { c.Reals = append(c.Reals, v) }
func (c *column) addBool(v bool)    { c.Bools = append(c.Bools, v) }

func (t *table) layer() geodata.Layer {
	for _, c := range t.columns {
		t.l.Fields = append(t.l.Fields, c.Field)
	}
	return t.l
}

// identifier makes a field name of any text: letters, digits and _, a letter
// first, no other field's and none of a GeoPackage's own.
func (t *table) identifier(text string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", r) {
			return r
		}
		return '_'
	}, text)
	lower := strings.ToLower(name)
	reserved := strings.HasPrefix(lower, "gpkg_") || strings.HasPrefix(lower, "rtree_") || strings.HasPrefix(lower, "sqlite_") || strings.HasPrefix(lower, "layer_styles")
	if name == "" || lower[0] < 'a' || lower[0] > 'z' || reserved {
		name = "c_" + name
	}
	taken := func(name string) bool {
		return slices.Contains([]string{"fid", "geom", "id"}, strings.ToLower(name)) ||
			slices.ContainsFunc(t.columns, func(c *column) bool { return strings.EqualFold(c.Name, name) })
	}
	for n, base := 2, name; taken(name); n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	return name
}
