package scenario

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sebdah/goldie/v2"
	"gopkg.in/yaml.v3"
)

// The published schema is that of the types; go test -update writes it.
func TestTheSchemaFollowsTheTypes(t *testing.T) {
	o := SchemaOf(reflect.TypeFor[Scenario]())
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
