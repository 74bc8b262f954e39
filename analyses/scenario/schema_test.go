package scenario

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sebdah/goldie/v2"
	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/geodata"
)

// object is a JSON Schema.
type object = map[string]any

// schemaOf describes a type by the tags that Parse follows.
func schemaOf(t reflect.Type, f field) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	o := object{}
	if doc := f.Tag.Get("doc"); doc != "" {
		o["description"] = doc
	}
	switch {
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

// The published schema is that of the types; go test -update writes it.
func TestTheSchemaFollowsTheTypes(t *testing.T) {
	o := schemaOf(reflect.TypeFor[Scenario](), field{})
	o["$schema"], o["title"] = "https://json-schema.org/draft/2020-12/schema", "Maillage scenario"
	o["description"] = "An ordered list of changes to a territory, in YAML or JSON."
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldie.New(t, goldie.WithFixtureDir("."), goldie.WithNameSuffix(".json")).Assert(t, "schema", append(text, '\n'))
}

// validator is an implementation of JSON Schema that is not ours; it refuses a
// schema that is none.
func validator(t testing.TB) func(text string) bool {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) bool {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return false
		}
		plain, err := json.Marshal(v)
		if err != nil {
			return false // not a number
		}
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		return err == nil && s.Validate(inst) == nil
	}
}

func TestTheSchemaAndParseAgree(t *testing.T) {
	valid := validator(t)
	for _, text := range good {
		if !valid(text) {
			t.Errorf("the schema refuses\n%s", text)
		}
	}
	for _, c := range bad {
		if _, err := Parse("", []byte(c.text)); err == nil {
			t.Errorf("Parse takes\n%s", c.text)
		}
		if c.byParseAlone == valid(c.text) {
			continue
		}
		t.Errorf("the schema says %v of\n%s", valid(c.text), c.text)
	}
}
