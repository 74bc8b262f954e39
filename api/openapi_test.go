package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/api"
)

// references collects every $ref of a JSON document.
func references(v any) (refs []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if ref, ok := inner.(string); ok && key == "$ref" {
				refs = append(refs, ref)
			}
			refs = append(refs, references(inner)...)
		}
	case []any:
		for _, inner := range v {
			refs = append(refs, references(inner)...)
		}
	}
	return refs
}

func resolves(doc map[string]any, ref string) bool {
	var at any = doc
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		inner, ok := at.(map[string]any)
		if !ok {
			return false
		}
		if at, ok = inner[step]; !ok {
			return false
		}
	}
	return strings.HasPrefix(ref, "#/")
}

func TestDescriptionHoldsTogether(t *testing.T) {
	h := handler(t, nil)
	for path, version := range map[string]string{"/openapi.json": "3.1", "/openapi-3.0.json": "3.0"} {
		doc := decode[map[string]any](t, call(h, "GET", path, ""))
		if got, _ := doc["openapi"].(string); !strings.HasPrefix(got, version+".") {
			t.Errorf("%s says version %q", path, got)
		}
		for _, ref := range references(doc) {
			if !resolves(doc, ref) {
				t.Errorf("%s: %s leads nowhere", path, ref)
			}
		}
		ids := map[string]bool{}
		for route, item := range doc["paths"].(map[string]any) {
			for method, op := range item.(map[string]any) {
				op := op.(map[string]any)
				id, _ := op["operationId"].(string)
				if id == "" || ids[id] || op["summary"] == "" {
					t.Errorf("%s: %s %s: operationId %q, summary %q", path, method, route, id, op["summary"])
				}
				ids[id] = true
				responses := op["responses"].(map[string]any)
				if responses["200"] == nil || responses["500"] == nil {
					t.Errorf("%s: %s %s describes no success or no failure", path, method, route)
				}
			}
		}
		if want := 17 + 3*len(registry.All()); len(ids) != want {
			t.Errorf("%s: %d operations, want %d", path, len(ids), want)
		}
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	cfg := api.Config{Snapshot: street(t), Coverage: run()}
	travels(&cfg)
	o, err := api.Description(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := handler(t, nil)
	validate := func(name string, schema *huma.Schema, body []byte) {
		t.Helper()
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(name, err)
		}
		var res huma.ValidateResult
		huma.Validate(o.Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &res)
		for _, err := range res.Errors {
			t.Errorf("%s: %v", name, err)
		}
	}
	for path, item := range o.Paths {
		if name := strings.TrimPrefix(path, "/api/v1/analyses/"); name != path && name != "coverage" {
			continue // all of one kind
		}
		if item.Get == nil {
			continue // asked with a body: it has a test of its own
		}
		target := path + map[string]string{
			"/api/v1/coverage":          "?service=creche&mode=bike",
			"/api/v1/uncertainty":       "?service=creche&mode=bike&a=west&b=east",
			"/api/v1/isochrones":        "?facility=hall",
			"/api/v1/routes":            "?from=c05&to=hall",
			"/api/v1/analyses/coverage": "?service=creche&mode=bike",
		}[path]
		w := call(h, "GET", target, "")
		kind := w.Header().Get("Content-Type")
		media := item.Get.Responses["200"].Content[kind]
		if media == nil || media.Schema == nil {
			t.Errorf("%s: no schema for %s", path, kind)
			continue
		}
		validate(path, media.Schema, w.Body.Bytes())
		failure := item.Get.Responses["500"].Content["application/problem+json"]
		validate(path+" failing", failure.Schema, call(h, "GET", "/nowhere", "").Body.Bytes())
	}
	// The check itself can fail.
	var res huma.ValidateResult
	result := o.Paths["/api/v1/coverage"].Get.Responses["200"].Content["application/json"].Schema
	huma.Validate(o.Components.Schemas, result, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, map[string]any{"territory": 7}, &res)
	if len(res.Errors) == 0 {
		t.Error(fmt.Sprint("a wrong answer passed the schema ", result.Ref))
	}
}
