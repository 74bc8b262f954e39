package geodata

import "github.com/paulmach/orb"

// Layer is a table of features: ids, geometry, and columns with units. Stored
// territories, results, exports, tiles and API collections are all layers, so
// that none of them needs code of its own for each analysis.
type Layer struct {
	Name     string // identifier: cells, communes
	Title    Text
	IDs      []string
	Geometry []orb.Geometry // nil for a table without geometry; else parallel to IDs
	Fields   []Field
	Classes  *Classes // how to colour the features; nil for a plain style
}

// Kind is the type of a field's values.
type Kind int

// The kinds of fields.
const (
	Textual Kind = iota
	Integer
	Real
	Boolean
)

// Field is one column of a layer. Exactly one of the value slices is set, as
// Kind says, parallel to the layer's IDs. Where Null is non-nil and true the
// value is absent (unreachable, unknown): it is written as null or left empty,
// never as a number.
type Field struct {
	Name  string // snake_case identifier
	Unit  string // "s", "persons", "%", "m"; empty for none
	Label Text
	Kind  Kind

	Texts []string
	Ints  []int64
	Reals []float64
	Bools []bool
	Null  []bool
}

// Value returns the i-th value as string, int64, float64 or bool, or nil where it is absent.
func (f *Field) Value(i int) any {
	if f.Null != nil && f.Null[i] {
		return nil
	}
	switch f.Kind {
	case Textual:
		return f.Texts[i]
	case Integer:
		return f.Ints[i]
	case Real:
		return f.Reals[i]
	default:
		return f.Bools[i]
	}
}

// Field returns the named field, or nil.
func (l *Layer) Field(name string) *Field {
	for i := range l.Fields {
		if l.Fields[i].Name == name {
			return &l.Fields[i]
		}
	}
	return nil
}

// Classes colour a layer by the text of one field.
type Classes struct {
	Field  string // a Textual field of the layer
	Values []Class
}

// Class is one entry of a legend.
type Class struct {
	Value  string // the field's text
	Label  Text
	Colour string // #rrggbb
}
