package api

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Tables is the answer of any analysis as it can be shown by who knows nothing
// of the analysis: its layers as tables. Where a layer has geometry, GeoJSON of
// the layer has the same rows in the same order.
type Tables struct {
	Name       string              `json:"name" doc:"of the analysis"`
	Title      geodata.Text        `json:"title"`
	Provenance analyses.Provenance `json:"provenance"`
	Layers     []Table             `json:"layers" doc:"the first is the map"`
}

// Table is a layer without its geometry, column by column.
type Table struct {
	Name     string        `json:"name" doc:"as layer=… takes it"`
	Title    geodata.Text  `json:"title"`
	Geometry bool          `json:"geometry" doc:"whether a row has geometry: GeoJSON of the layer has it"`
	Fields   []TableField  `json:"fields"`
	Classes  *TableClasses `json:"classes,omitempty" doc:"how to colour the rows; absent for one colour"`
	IDs      []string      `json:"id" doc:"of the rows"`
	Columns  [][]any       `json:"columns" doc:"values by field and row; null where there is none"`
}

// TableField says what a column holds.
type TableField struct {
	Name  string       `json:"name"`
	Unit  string       `json:"unit,omitempty" doc:"s, persons, %, m, …; absent for none"`
	Label geodata.Text `json:"label"`
	Kind  string       `json:"kind" enum:"string,integer,number,boolean"`
}

// TableClasses colours rows by the values of a field.
type TableClasses struct {
	Field  string       `json:"field"`
	Values []TableClass `json:"values"`
}

// TableClass is one colour.
type TableClass struct {
	Value  string       `json:"value"`
	Label  geodata.Text `json:"label"`
	Colour string       `json:"colour" doc:"#rrggbb"`
}

// tablesOf writes an answer as Tables. A number that is not finite is an error
// that names its layer and field.
func tablesOf(all analyses.Result) ([]byte, error) {
	t := Tables{Name: all.Name, Title: all.Title, Provenance: all.Provenance, Layers: make([]Table, len(all.Layers))}
	for i := range all.Layers {
		var err error
		if t.Layers[i], err = tableOf(layerName(all, i), &all.Layers[i]); err != nil {
			return nil, fmt.Errorf("layer %s: %w", all.Layers[i].Name, err)
		}
	}
	return json.Marshal(t)
}

var kinds = map[geodata.Kind]string{geodata.Textual: "string", geodata.Integer: "integer", geodata.Real: "number", geodata.Boolean: "boolean"}

func tableOf(name string, l *geodata.Layer) (Table, error) {
	t := Table{Name: name, Title: l.Title, IDs: l.IDs, Fields: make([]TableField, len(l.Fields)), Columns: make([][]any, len(l.Fields))}
	t.Geometry = slices.ContainsFunc(l.Geometry, func(g orb.Geometry) bool { return g != nil })
	if t.IDs == nil {
		t.IDs = []string{}
	}
	for k := range l.Fields {
		f := &l.Fields[k]
		t.Fields[k] = TableField{f.Name, f.Unit, f.Label, kinds[f.Kind]}
		t.Columns[k] = make([]any, len(l.IDs))
		for i, id := range l.IDs {
			v := f.Value(i)
			if x, ok := v.(float64); ok {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					return Table{}, fmt.Errorf("feature %s: %s: %v: want a finite number, or an absent value", id, f.Name, x)
				}
				v = x + 0 // -0 becomes 0
			}
			t.Columns[k][i] = v
		}
	}
	if l.Classes != nil {
		t.Classes = &TableClasses{l.Classes.Field, []TableClass{}}
		for _, c := range l.Classes.Values {
			t.Classes.Values = append(t.Classes.Values, TableClass(c))
		}
	}
	return t, nil
}
