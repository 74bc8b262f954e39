package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/geodata"
)

const (
	analysesPath = "/api/v1/analyses"
	keptAnswers  = 8 // of each analysis; one of 13,000 cells takes a megabyte or two
)

// AnalysisSummary says how an analysis is asked.
type AnalysisSummary struct {
	Name       string           `json:"name"`
	Title      geodata.Text     `json:"title"`
	Parameters []registry.Param `json:"parameters"`
}

// AnalysisForm is how an answer is wanted.
type AnalysisForm struct {
	Format string `query:"format" enum:"json,tables,geojson,csv,gpkg,gtfs,ics,html" default:"json" doc:"json: the analysis's own result; tables: its layers as tables, alike for every analysis; or a file to download; gtfs, ics and html are of tours only: a timetable, a calendar, a page to print"`
	Layer  string `query:"layer" maxLength:"64" doc:"what a GeoJSON or CSV file holds, such as cells; the analysis's first layer when left out; a GeoPackage holds all of them"`
	From   string `query:"first_monday" pattern:"^[0-9]{8}$" doc:"gtfs, ics: the Monday on which the first week begins, YYYYMMDD; they run for a year"`
	URL    string `query:"agency_url" maxLength:"200" format:"uri" doc:"gtfs: the page of who runs the vehicles"`
	Lang   string `query:"lang" enum:"fr,en" default:"fr" doc:"html: its language"`
}

type listAnalysesOutput struct{ Body []AnalysisSummary }

type askAnalysisInput struct {
	AnalysisForm
	Body RunParams
}

// linkAnalysisInput takes the parameters of any analysis from the address.
type linkAnalysisInput struct {
	AnalysisForm
	query url.Values
}

// Resolve keeps the whole query: what it may hold the analysis says.
func (in *linkAnalysisInput) Resolve(ctx huma.Context) []error {
	at := ctx.URL()
	in.query = at.Query()
	return nil
}

// registerAnalyses offers every analysis alike, at an address of its own.
func (s *server) registerAnalyses(a huma.API, cfg Config) {
	s.registerScenarios(a)
	var summaries []AnalysisSummary
	var names []string
	for _, x := range registry.All() {
		summaries = append(summaries, AnalysisSummary{x.Name, x.Title, x.Parameters()})
		names = append(names, x.Name)
		s.registerAnalysis(a, cfg, x)
	}
	huma.Register(a, operation("listAnalyses", http.MethodGet, analysesPath, "analyses", "The analyses there are, with their parameters"),
		func(context.Context, *struct{}) (*listAnalysesOutput, error) {
			return &listAnalysesOutput{summaries}, nil
		})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		none := huma.Operation{OperationID: "noAnalysis" + method, Method: method, Path: analysesPath + "/{name}", Hidden: true}
		huma.Register(a, none, func(_ context.Context, in *struct {
			Name string `path:"name"`
		}) (*struct{}, error) {
			p := newProblem(http.StatusNotFound, fmt.Sprintf("unknown analysis %q: want %s", in.Name, strings.Join(names, ", ")))
			p.Errors = []*huma.ErrorDetail{{Location: "path.name", Value: in.Name, Message: p.Detail}}
			return nil, p
		})
	}
}

func (s *server) registerAnalysis(a huma.API, cfg Config, x registry.Analysis) {
	answers := newResults(keptAnswers, 1, func(ctx context.Context, params string) (registry.Answer, error) { // one run takes all processors
		return cfg.Analyses(ctx, x, s.snapshot, []byte(params), func(registry.Progress) {})
	})
	id := camel(x.Name)
	post := operation("ask"+id+"Analysis", http.MethodPost, analysesPath+"/"+x.Name, "analyses", x.Title.En)
	post.MaxBodyBytes = maxBody
	post.Errors = append(post.Errors, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
	post.Responses = anyResponses(a)
	post.RequestBody = &huma.RequestBody{Required: true}
	huma.Register(a, post, func(ctx context.Context, in *askAnalysisInput) (*fileOutput, error) {
		params, err := x.Params(in.Body.RawMessage)
		return s.answerAnalysis(ctx, x, answers, "body", params, err, in.AnalysisForm)
	})
	// Only now, so that it is registry.Analysis.Params that says what is wrong.
	a.OpenAPI().Components.Schemas.Map()[id+"Request"] = requestSchema(x)
	post.RequestBody.Content["application/json"].Schema = &huma.Schema{Ref: schemaPrefix + id + "Request"}

	link := operation("get"+id+"Analysis", http.MethodGet, analysesPath+"/"+x.Name, "analyses", x.Title.En+", as an address for links and downloads")
	link.Errors = append(link.Errors, http.StatusUnprocessableEntity)
	link.Responses = anyResponses(a)
	link.Parameters = queryParams(x)
	huma.Register(a, link, func(ctx context.Context, in *linkAnalysisInput) (*fileOutput, error) {
		params, err := x.FromWords(wordsOf(in.query))
		return s.answerAnalysis(ctx, x, answers, "query", params, err, in.AnalysisForm)
	})
	s.registerStream(a, cfg, x, answers)
}

// answerAnalysis runs the question, or finds it answered, and encodes the result.
// err is why there are no params.
func (s *server) answerAnalysis(ctx context.Context, x registry.Analysis, answers *results[registry.Answer], where string, params []byte, err error, as AnalysisForm) (*fileOutput, error) {
	if err == nil {
		err = atOnce(x, params)
	}
	var answer registry.Answer
	if err == nil {
		answer, err = answers.get(ctx, string(params))
	}
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		location := where + "." + bad.Param
		if bad.Param == "params" {
			location = where
		}
		return nil, invalid(location, nil, bad.Err.Error())
	}
	if err != nil {
		return nil, s.report(ctx, err)
	}
	out, err := s.encodeAnswer(ctx, x, answer, as)
	if err != nil {
		return nil, s.report(ctx, err)
	}
	return out, nil
}

func (s *server) encodeAnswer(ctx context.Context, x registry.Analysis, answer registry.Answer, as AnalysisForm) (*fileOutput, error) {
	if as.Format == "json" {
		body, err := answer.JSON()
		return &fileOutput{ContentType: "application/json", Body: body}, err
	}
	if slices.Contains([]string{"gtfs", "ics", "html"}, as.Format) {
		return s.encodeTours(answer, as)
	}
	all := answer.Layers()
	if as.Format == "tables" {
		body, err := tablesOf(all)
		return &fileOutput{ContentType: "application/json", Body: body}, err
	}
	i, err := layerOf(all, as.Layer)
	if err != nil {
		return nil, invalid("query.layer", as.Layer, err.Error())
	}
	return encodeFile(ctx, all, i, fmt.Sprintf("maillage-%s-%s", plain(x.Name), plain(s.snapshot.Territory().ID)), as.Format)
}

// layerOf finds a layer by its name, with or without the result's before it.
func layerOf(all analyses.Result, name string) (int, error) {
	if name == "" && len(all.Layers) > 0 {
		return 0, nil
	}
	var names []string
	for i := range all.Layers {
		short := layerName(all, i)
		if name == short || name == all.Layers[i].Name {
			return i, nil
		}
		names = append(names, short)
	}
	return 0, fmt.Errorf("unknown layer %q: want %s", name, strings.Join(names, ", "))
}

// layerName is the layer's name without the result's before it.
func layerName(all analyses.Result, i int) string {
	return strings.TrimPrefix(all.Layers[i].Name, all.Name+"_")
}

// atOnce refuses what takes too long to wait for, or too much memory: see registry.Param.
func atOnce(x registry.Analysis, params []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(params, &values); err != nil {
		return err
	}
	for _, p := range x.Parameters() {
		var list []json.RawMessage
		var n float64
		raw := values[p.Name]
		switch {
		case p.AtOnce == 0 || raw == nil:
		case p.List && json.Unmarshal(raw, &list) == nil && len(list) > p.AtOnce:
			return &analyses.ParamError{Param: p.Name, Err: fmt.Errorf("%d of them: want %d at most; a run may have more", len(list), p.AtOnce)}
		case !p.List && json.Unmarshal(raw, &n) == nil && n > float64(p.AtOnce):
			return &analyses.ParamError{Param: p.Name, Err: fmt.Errorf("%s: want %d at most; a run may have more", raw, p.AtOnce)}
		}
	}
	return nil
}

// wordsOf are the parameters of an address; what is repeated makes a list.
func wordsOf(query url.Values) map[string]string {
	words := map[string]string{}
	for name, values := range query {
		if !slices.Contains([]string{"format", "layer", "first_monday", "agency_url", "lang"}, name) {
			words[name] = strings.Join(values, ",")
		}
	}
	return words
}

// requestSchema describes the parameters of an analysis in a body.
func requestSchema(x registry.Analysis) *huma.Schema {
	o := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{},
		Description: "The parameters of " + x.Name + "; those left out have its defaults."}
	for _, p := range x.Parameters() {
		if o.Properties[p.Name] = paramSchema(p); p.Name == registry.ScenarioParam {
			o.Properties[p.Name] = describeScenario(p, false)
		}
		if p.Required {
			o.Required = append(o.Required, p.Name)
		}
	}
	return o
}

func queryParams(x registry.Analysis) (all []*huma.Param) {
	apart := false
	for _, p := range x.Parameters() {
		q := &huma.Param{Name: p.Name, In: "query", Description: p.Doc, Required: p.Required, Schema: paramSchema(p)}
		if p.Name == registry.ScenarioParam {
			q.Schema = describeScenario(p, true)
		}
		if p.List {
			q.Explode = &apart
		}
		all = append(all, q)
	}
	return all
}

func paramSchema(p registry.Param) *huma.Schema {
	one := &huma.Schema{Type: p.Type}
	switch p.Type {
	case huma.TypeObject:
		one.AdditionalProperties = true
	case huma.TypeArray:
		one.Items = &huma.Schema{}
	}
	if p.List {
		most := p.AtOnce
		one = &huma.Schema{Type: huma.TypeArray, Items: one, Nullable: true}
		if most > 0 {
			one.MaxItems = &most
		}
	} else if p.AtOnce > 0 {
		most := float64(p.AtOnce)
		one.Maximum = &most
	}
	one.Description = p.Doc
	if p.Default != nil {
		one.Default = p.Default
	}
	return one
}

// anyResponses are those of an analysis whose result is not described further.
func anyResponses(a huma.API) map[string]*huma.Response {
	own := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "format=json: the analysis's result, with its parameters and provenance"}
	tables := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Tables](), true, "")
	return map[string]*huma.Response{"200": {
		Description: "OK",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{AnyOf: []*huma.Schema{own, tables}}},
			geoJSONType:        {Schema: &huma.Schema{Ref: schemaPrefix + "FeatureCollection"}},
			"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
			geoPackageType:     {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		},
	}}
}

// camel writes snake_case as CamelCase.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
