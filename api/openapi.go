package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

const schemaPrefix = "#/components/schemas/"

// schemas starts the registry with the types whose JSON differs from their Go kind.
func schemas() huma.Registry {
	r := huma.NewMapRegistry(schemaPrefix, schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[geodata.Amount](), reflect.TypeFor[float64]())
	r.RegisterTypeAlias(reflect.TypeFor[traveltime.Time](), reflect.TypeFor[*float64]())
	return r
}

// schemaName keeps apart what the analyses call alike: coverage, the first of
// them, has Result, Row and Cells, another one UncertaintyResult.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	folder, analysis := path.Split(t.PkgPath())
	if !strings.HasSuffix(folder, "/analyses/") || analysis == "coverage" {
		return name
	}
	return strings.ToUpper(analysis[:1]) + analysis[1:] + name
}

// completeSchemas adds what the types' own encoders add.
func completeSchemas(o *huma.OpenAPI) {
	all := o.Components.Schemas.Map()
	if row := all["Row"]; row != nil {
		row.Properties["share_percent"] = &huma.Schema{
			Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeNumber, Nullable: true},
			Description: "covered in percent of the demand, by threshold; null without demand",
		}
		row.Required = append(row.Required, "share_percent")
	}
	for name, s := range geoJSONSchemas() {
		all[name] = s
	}
}

// geoJSONSchemas describe RFC 7946 as far as the API uses it. They are written
// by hand: geometries are encoded from orb's types, which say nothing of JSON.
func geoJSONSchemas() map[string]*huma.Schema {
	object := func(required []string, properties map[string]*huma.Schema) *huma.Schema {
		return &huma.Schema{Type: huma.TypeObject, Required: required, Properties: properties, AdditionalProperties: true}
	}
	word := func(values ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: values} }
	return map[string]*huma.Schema{
		"Geometry": object([]string{"type", "coordinates"}, map[string]*huma.Schema{
			"type": word("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
			"coordinates": {
				Type: huma.TypeArray, Items: &huma.Schema{}, Description: "positions of longitude and latitude (RFC 7946, section 3.1)",
			},
		}),
		"Feature": object([]string{"type", "geometry", "properties"}, map[string]*huma.Schema{
			"type": word("Feature"), "id": {Type: huma.TypeString}, "geometry": {Ref: schemaPrefix + "Geometry"},
			"properties": {Type: huma.TypeObject, AdditionalProperties: true},
		}),
		"FeatureCollection": object([]string{"type", "features"}, map[string]*huma.Schema{
			"type":     word("FeatureCollection"),
			"features": {Type: huma.TypeArray, Items: &huma.Schema{Ref: schemaPrefix + "Feature"}},
			"bbox":     {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeNumber}},
			"maillage": {Type: huma.TypeObject, AdditionalProperties: true, Description: "title, units and labels of the properties, legend, provenance (territory, modelled or not, snapshot, sources, version)"},
		}),
	}
}

func geoJSONResponses() map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "OK",
		Content:     map[string]*huma.MediaType{geoJSONType: {Schema: &huma.Schema{Ref: schemaPrefix + "FeatureCollection"}}},
	}}
}

// resultResponses are those of an analysis whose result is a T, or a file.
func resultResponses[T any](a huma.API) map[string]*huma.Response {
	result := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	return map[string]*huma.Response{"200": {
		Description: "OK",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: result},
			geoJSONType:        {Schema: &huma.Schema{Ref: schemaPrefix + "FeatureCollection"}},
			"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
			geoPackageType:     {Schema: file},
		},
	}}
}
