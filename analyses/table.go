package analyses

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Table makes a layer column by column, each value asked for by its row.
type Table struct{ geodata.Layer }

// NewTable begins a layer with a row for each id and without geometry.
func NewTable(name string, title geodata.Text, ids []string) *Table {
	return &Table{geodata.Layer{Name: name, Title: title, IDs: ids}}
}

// Draw gives the rows geometry; nil where there is none.
func (t *Table) Draw(geometry func(i int) orb.Geometry) {
	t.Geometry = make([]orb.Geometry, len(t.IDs))
	for i := range t.IDs {
		t.Geometry[i] = geometry(i)
	}
}

// Text adds a column of texts.
func (t *Table) Text(name string, label geodata.Text, value func(i int) string) {
	f := geodata.Field{Name: name, Label: label, Texts: make([]string, len(t.IDs))}
	for i := range t.IDs {
		f.Texts[i] = value(i)
	}
	t.Fields = append(t.Fields, f)
}

// Int adds a column of whole numbers.
func (t *Table) Int(name, unit string, label geodata.Text, value func(i int) int64) {
	f := geodata.Field{Name: name, Unit: unit, Label: label, Kind: geodata.Integer, Ints: make([]int64, len(t.IDs))}
	for i := range t.IDs {
		f.Ints[i] = value(i)
	}
	t.Fields = append(t.Fields, f)
}

// Real adds a column of numbers, absent where ok is false.
func (t *Table) Real(name, unit string, label geodata.Text, value func(i int) (v float64, ok bool)) {
	f := geodata.Field{Name: name, Unit: unit, Label: label, Kind: geodata.Real, Reals: make([]float64, len(t.IDs))}
	for i := range t.IDs {
		v, ok := value(i)
		if f.Reals[i] = v; ok {
			continue
		}
		if f.Null == nil {
			f.Null = make([]bool, len(t.IDs))
		}
		f.Reals[i], f.Null[i] = 0, true
	}
	t.Fields = append(t.Fields, f)
}

// Amount adds a column of people, households or places.
func (t *Table) Amount(name, unit string, label geodata.Text, value func(i int) geodata.Amount) {
	t.Real(name, unit, label, func(i int) (float64, bool) { return value(i).Float(), true })
}

// Colour colours the rows by a column of texts.
func (t *Table) Colour(field string, classes ...geodata.Class) {
	t.Classes = &geodata.Classes{Field: field, Values: classes}
}

// Shape is how a cell is drawn: its square, or its point.
func Shape(c geodata.Cell) orb.Geometry {
	if c.Outline != nil {
		return orb.Polygon{c.Outline}
	}
	return c.Centre
}

// Outline is how a commune is drawn; nil without an outline.
func Outline(s *geodata.Snapshot, code string) orb.Geometry {
	if c, ok := s.Commune(code); ok && len(c.Outline) > 0 {
		return c.Outline
	}
	return nil
}
