package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
)

const (
	scenarioSchemaPath = "/api/v1/schemas/scenario.json"
	scenarioName       = "Scenario" // of the schema in the description
)

// registerScenarios serves the schema of scenarios, and describes by it the
// parameter that every analysis has.
func (s *server) registerScenarios(a huma.API) {
	var described huma.Schema
	if err := yaml.Unmarshal(scenario.Schema(), &described); err != nil { // JSON is YAML, which huma has names for
		panic("api: the schema of scenarios: " + err.Error()) // a broken build, caught by the tests
	}
	described.Extensions = nil // $schema: the description has its own dialect
	a.OpenAPI().Components.Schemas.Map()[scenarioName] = &described
	get := operation("getScenarioSchema", http.MethodGet, scenarioSchemaPath, "analyses", "JSON Schema of a scenario, for editors and programs that write YAML or JSON")
	get.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/schema+json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}}
	huma.Register(a, get, func(context.Context, *struct{}) (*fileOutput, error) {
		return &fileOutput{ContentType: "application/schema+json", Body: scenario.Schema()}, nil
	})
}

// describeScenario describes the parameter in a body, or as a word of an address.
func describeScenario(p registry.Param, word bool) *huma.Schema {
	if word {
		return &huma.Schema{Type: huma.TypeString, Description: p.Doc + "; as JSON or YAML"}
	}
	return &huma.Schema{Ref: schemaPrefix + scenarioName}
}
