package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/study"
)

const (
	scenarioSchemaPath = "/api/v1/schemas/scenario.json"
	studySchemaPath    = "/api/v1/schemas/study.json"
	scenarioCheckPath  = "/api/v1/scenarios/check"
	scenarioName       = "Scenario" // of the schema in the description
)

// CheckedScenario is a scenario as analyses are asked with it.
type CheckedScenario struct {
	ID       string             `json:"id" doc:"hash of its changes"`
	Scenario *scenario.Scenario `json:"scenario"`
}

type checkScenarioInput struct{ RawBody []byte }

type checkScenarioOutput struct{ Body CheckedScenario }

// registerScenarios serves the schema of scenarios, describes by it the parameter
// that every analysis has, and reads the files that people write them in.
func (s *server) registerScenarios(a huma.API) {
	var described huma.Schema
	if err := yaml.Unmarshal(scenario.Schema(), &described); err != nil { // JSON is YAML, which huma has names for
		panic("api: the schema of scenarios: " + err.Error()) // a broken build, caught by the tests
	}
	described.Extensions = nil // $schema: the description has its own dialect
	a.OpenAPI().Components.Schemas.Map()[scenarioName] = &described
	serveSchema(a, "getScenarioSchema", scenarioSchemaPath, "JSON Schema of a scenario, for editors and programs that write YAML or JSON", scenario.Schema())
	serveSchema(a, "getStudySchema", studySchemaPath, "JSON Schema of a study, which maillage run answers", study.Schema())

	check := operation("checkScenario", http.MethodPost, scenarioCheckPath, "analyses", "Read a scenario that is written in YAML or JSON: the same as JSON, or all that is wrong with it, line by line")
	check.MaxBodyBytes, check.SkipValidateBody = maxBody, true // it is scenario.Parse that says what is wrong
	check.Errors = append(check.Errors, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
	check.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/json": {Schema: &huma.Schema{Ref: schemaPrefix + scenarioName}},
	}}
	huma.Register(a, check, func(_ context.Context, in *checkScenarioInput) (*checkScenarioOutput, error) {
		sc, err := scenario.Parse("", in.RawBody)
		if err != nil {
			return nil, wrongScenario(err)
		}
		return &checkScenarioOutput{CheckedScenario{sc.ID(), sc}}, nil
	})
}

func serveSchema(a huma.API, id, path, summary string, schema []byte) {
	get := operation(id, http.MethodGet, path, "analyses", summary)
	get.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"application/schema+json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}}
	huma.Register(a, get, func(context.Context, *struct{}) (*fileOutput, error) {
		return &fileOutput{ContentType: "application/schema+json", Body: schema}, nil
	})
}

// wrongScenario lists all that is wrong, each with the line it stands in.
func wrongScenario(err error) *huma.ErrorModel {
	p := newProblem(http.StatusUnprocessableEntity, err.Error())
	var problems scenario.Problems
	errors.As(err, &problems)
	for _, one := range problems {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + one.Field, Value: one.Line, Message: one.Error()})
	}
	return p
}

// describeScenario describes the parameter in a body, or as a word of an address.
func describeScenario(p registry.Param, word bool) *huma.Schema {
	if word {
		return &huma.Schema{Type: huma.TypeString, Description: p.Doc + "; as JSON or YAML"}
	}
	return &huma.Schema{Ref: schemaPrefix + scenarioName}
}
