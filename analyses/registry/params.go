package registry

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Param describes a parameter, so that flags, forms and descriptions of the API
// need no code for one analysis. It is read from the field of the analysis's
// Params: its tags are json (the name), doc (what it means), required:"true" (it
// has no default) and atonce (Param.AtOnce).
type Param struct {
	Name     string          `json:"name" doc:"as in JSON"`
	Doc      string          `json:"doc" doc:"what it means"`
	Type     string          `json:"type" enum:"string,integer,number,boolean,array,object" doc:"of its value, or of each where it is a list"`
	List     bool            `json:"list" doc:"it is a list, with commas between its members in an address and on the command line"`
	Required bool            `json:"required" doc:"it has no default"`
	Default  json.RawMessage `json:"default,omitempty" doc:"what it is when left out, where that does not depend on the rest"`
	// AtOnce bounds what is answered while somebody waits: the greatest value of a
	// number, the most members of a list. 0 is no bound. A run may ask for more.
	AtOnce int `json:"at_once,omitempty" doc:"the greatest value, or the most members, that is answered at once; a run may have more"`
}

// Structured says that a value is written as JSON: words cannot hold it.
func (p Param) Structured() bool { return p.Type == "object" || p.Type == "array" }

// listAtOnce is the AtOnce of a list whose field says nothing. A list of objects,
// such as a table of rates, is as long as it has to be.
const listAtOnce = 50

// Parameters describes the parameters in the order of the analysis's Params, and
// the scenario behind them.
func (a Analysis) Parameters() (all []Param) {
	silent := reflect.ValueOf(a.about.defaults()).Elem()
	for _, f := range a.fields() {
		p := Param{Name: jsonName(f), Doc: f.Tag.Get("doc"), Required: f.Tag.Get("required") == "true"}
		t := f.Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		one := t
		if p.List = isList(t) && !isText(t); p.List {
			one = t.Elem()
		}
		p.Type = jsonType(one)
		switch {
		case t.Kind() == reflect.Array && p.List: // a point has two numbers, whoever waits
			p.AtOnce = t.Len()
		case p.List && !p.Structured():
			p.AtOnce = listAtOnce
		}
		if n, err := strconv.Atoi(f.Tag.Get("atonce")); err == nil {
			p.AtOnce = n
		}
		if v := silent.FieldByIndex(f.Index); !v.IsZero() {
			p.Default, _ = json.Marshal(v.Interface()) //nolint:errcheck // a default that is no JSON is none
		}
		all = append(all, p)
	}
	return append(all, scenarioParam)
}

// fields are those of the analysis's Params that JSON has, those of embedded
// structs as its own.
func (a Analysis) fields() (fields []reflect.StructField) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(a.about.defaults()).Elem()) {
		if jsonName(f) != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// jsonName is empty for what JSON does not have.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Anonymous || !f.IsExported() || name == "-" {
		return ""
	}
	return name
}

// jsonType is the type's name in JSON Schema.
func jsonType(t reflect.Type) string {
	switch k := t.Kind(); {
	case isText(t) || k == reflect.String:
		return "string"
	case k == reflect.Bool:
		return "boolean"
	case k >= reflect.Int && k <= reflect.Uintptr:
		return "integer"
	case k == reflect.Float32 || k == reflect.Float64:
		return "number"
	case isList(t):
		return "array"
	}
	return "object"
}

// isText says that JSON has values of the type as text.
func isText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(texts) }

func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice || t.Kind() == reflect.Array }
