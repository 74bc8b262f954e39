package scenario

import (
	_ "embed" // for the schema
	"encoding/json"
	"reflect"
	"strings"

	"github.com/maillage/maillage/geodata"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a scenario, in JSON or YAML: what it
// refuses, Parse refuses. It follows the types of this package.
func Schema() []byte { return append([]byte(nil), schema...) }

// object is a JSON Schema.
type object = map[string]any

// SchemaOf is the JSON Schema of a struct that Read fills in, by the tags that Read
// follows: the published schemas are held against it.
func SchemaOf(t reflect.Type) map[string]any { return schemaOf(t, field{}) }

// schemaOf describes a type.
func schemaOf(t reflect.Type, f field) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	o := object{}
	if doc := f.Tag.Get("doc"); doc != "" {
		o["description"] = doc
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		o["type"] = "object"
	case t == reflect.TypeFor[geodata.Text]():
		text := object{"type": "string", "minLength": 1, "maxLength": maxText}
		o["oneOf"] = []object{text, {"type": "object", "additionalProperties": false, "required": []string{"fr"}, "properties": object{"fr": text, "en": text}}}
	case t == reflect.TypeFor[Point]():
		o["type"], o["items"], o["minItems"], o["maxItems"] = "array", object{"type": "number", "minimum": -180, "maximum": 180}, 2, 2
	case t.Kind() == reflect.String:
		o["type"] = "string"
		if choices := f.enum(); choices != nil {
			o["enum"] = choices
		} else if form := f.Tag.Get("pattern"); form != "" {
			o["pattern"] = form
		} else {
			o["minLength"], o["maxLength"] = 1, maxText
		}
	case t.Kind() == reflect.Bool:
		o["type"] = "boolean"
	case t.Kind() == reflect.Slice:
		o["type"], o["items"] = "array", schemaOf(t.Elem(), field{})
		for tag, name := range map[string]string{"minitems": "minItems", "maxitems": "maxItems"} {
			if n, ok := f.bound(tag); ok {
				o[name] = int(n)
			}
		}
		if t.Elem().Kind() == reflect.String {
			o["uniqueItems"] = true
		}
	case t.Kind() == reflect.Struct:
		describeObject(o, t)
	default:
		o["type"] = "number"
		if t.Kind() == reflect.Int || t == reflect.TypeFor[int64]() {
			o["type"] = "integer"
		}
		for tag, name := range map[string]string{"min": "minimum", "max": "maximum"} {
			if n, ok := f.bound(tag); ok {
				o[name] = n
			}
		}
	}
	return o
}

func describeObject(o object, t reflect.Type) {
	properties, required := object{}, []string{}
	for _, f := range fieldsOf(t) {
		properties[f.name] = schemaOf(f.Type, f)
		if f.required() {
			required = append(required, f.name)
		}
	}
	o["type"], o["additionalProperties"], o["properties"] = "object", false, properties
	if len(required) > 0 {
		o["required"] = required
	}
	var all []object
	for _, tag := range []string{"oneof", "anyof"} {
		for _, names := range groups(t, tag) {
			var either []object
			for _, name := range names {
				either = append(either, object{"required": []string{name}})
			}
			all = append(all, object{strings.TrimSuffix(tag, "of") + "Of": either})
		}
	}
	if len(all) > 0 {
		o["allOf"] = all
	}
}
