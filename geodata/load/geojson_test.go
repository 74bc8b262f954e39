package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

const twoFeatures = `{"type":"Feature","id":49347,"properties":{"nom":"Tiercé"},"geometry":{"type":"Point","coordinates":[-0.47,47.62]}},` +
	`{"type":"Feature","properties":null,"geometry":null}`

func collection(features string) string {
	return `{"type":"FeatureCollection","features":[` + features + `]}`
}

// feature writes a feature of one property with a geometry.
func feature(properties, geometry string) string {
	return `{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}`
}

// One collection in every layout gives the same records.
func TestGeoJSONLayouts(t *testing.T) {
	a, b, _ := strings.Cut(twoFeatures, "},{")
	a, b = a+"}", "{"+b
	for name, text := range map[string]string{
		"collection":                  collection(twoFeatures),
		"features first":              `{"features":[` + twoFeatures + `],"type":"FeatureCollection"}`,
		"other members":               `{"type":"FeatureCollection","name":"a[]{}\"","bbox":[0,[],{"features":[1]}],"features":[` + twoFeatures + `],"x":{"y":[]}}`,
		"blanks":                      " \n" + strings.NewReplacer(",", " ,\r\n", ":", "\t: ", "[", " [ ", "]", " ] ").Replace(collection(twoFeatures)) + "\n",
		"a line each":                 a + "\n" + b + "\n",
		"one after another":           a + b,
		"text sequence (RFC 8142)":    "\x1e" + a + "\n\x1e" + b + "\n",
		"crs null":                    `{"crs":null,"features":[` + twoFeatures + `]}`,
		"crs repeated after features": `{"features":[` + twoFeatures + `],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}`,
	} {
		tab := mustReadTable(t, tempFile(t, "t.geojson", text))
		want := []record{
			{where: "feature 49347", id: "49347", values: map[string]string{"nom": "Tiercé"}, geometry: orb.Point{-0.47, 47.62}},
			{where: "feature number 2", values: map[string]string{}},
		}
		if !reflect.DeepEqual(tab.records, want) {
			t.Errorf("%s: read %+v, want %+v", name, tab.records, want)
		}
		if tab.epsg != 4326 || !slices.Equal(tab.fields, []string{"nom"}) || tab.report.Read != 2 || len(tab.report.Rejected) > 0 {
			t.Errorf("%s: EPSG:%d, fields %q, report %+v", name, tab.epsg, tab.fields, tab.report)
		}
	}
}

func TestGeoJSONPropertiesAsText(t *testing.T) {
	properties := `{"text":"a \"b\" é\n","int":12345678901234567890,"decimal":0.10,"exponent":1e3,"yes":true,"no":false,` +
		`"null":null,"empty":"","list":[1,{"a":null}],"object":{"b":[]},"é":"1"}`
	tab := mustReadTable(t, tempFile(t, "t.geojson", collection(feature(properties, "null"))))
	want := map[string]string{"text": "a \"b\" é\n", "int": "12345678901234567890", "decimal": "0.10", "exponent": "1e3",
		"yes": "true", "no": "false", "list": `[1,{"a":null}]`, "object": `{"b":[]}`, "é": "1"}
	if got := tab.records[0].values; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []string{"text", "int", "decimal", "exponent", "yes", "no", "null", "empty", "list", "object", "é"}; !slices.Equal(tab.fields, want) {
		t.Errorf("fields %q, want %q", tab.fields, want)
	}
}

func TestGeoJSONGeometries(t *testing.T) {
	for text, want := range map[string]orb.Geometry{
		`{"type":"Point","coordinates":[1,2]}`:                                orb.Point{1, 2},
		`{"coordinates":[-1.5e1,2,99.5],"type":"Point"}`:                      orb.Point{-15, 2},
		`{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`:                   orb.MultiPoint{{1, 2}, {3, 4}},
		`{"type":"LineString","coordinates":[[1,2,0],[3,4,0]]}`:               orb.LineString{{1, 2}, {3, 4}},
		`{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}`:            orb.MultiLineString{{{1, 2}, {3, 4}}},
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,1],[0,0]]]}`:        orb.Polygon{{{0, 0}, {1, 0}, {0, 1}, {0, 0}}},
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[0,1],[0,0]]]]}`: orb.MultiPolygon{{{{0, 0}, {1, 0}, {0, 1}, {0, 0}}}},
		`{"type":"MultiPolygon","coordinates":[]}`:                            orb.MultiPolygon{},
		`null`: nil,
	} {
		got, err := geojsonGeometry([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
}

// A feature at fault is rejected with its id, and the rest loads.
func TestGeoJSONFeaturesAtFault(t *testing.T) {
	point := func(coordinates string) string {
		return `{"type":"Feature","id":"x","properties":{},"geometry":{"type":"Point","coordinates":` + coordinates + `}}`
	}
	for text, want := range map[string]Rejection{
		point(`[NaN,47]`):            {"feature x", "geometry", "", `"NaN" is not a coordinate`},
		point(`[-Infinity,47]`):      {"feature x", "geometry", "", `"-Infinity" is not a coordinate`},
		point(`[1e999,47]`):          {"feature x", "geometry", "", `"1e999" is too large for a coordinate`},
		point(`[null,47]`):           {"feature x", "geometry", "", `"null" is not a coordinate`},
		point(`["1",47]`):            {"feature x", "geometry", "", `"\"1\"" is not a coordinate`},
		point(`[0x1p4,47]`):          {"feature x", "geometry", "", `"0x1p4" is not a coordinate`},
		point(`[47]`):                {"feature x", "geometry", "", `expected longitude and latitude, got 1 numbers`},
		point(`[]`):                  {"feature x", "geometry", "", `expected longitude and latitude, got 0 numbers`},
		point(`{"lon":1}`):           {"feature x", "geometry", "", `"{\"lon\":1}" where a list of coordinates was expected`},
		point(`[[1,2]]`):             {"feature x", "geometry", "", `"[1" is not a coordinate`},
		point(`[1 2]`):               {"feature x", "geometry", "", `"2]" inside a list of coordinates`},
		point(`null`):                {"feature x", "geometry", "", `"null" where a list of coordinates was expected`},
		feature(`{"n":NaN}`, `null`): {"feature number 2", "n", "NaN", "not a JSON value"},
		feature(`[1]`, `null`):       {"feature number 2", "properties", "", `'[' where an object was expected`},
		feature(`{}`, `{"type":"GeometryCollection","geometries":[]}`): {"feature number 2", "geometry", "",
			`type "GeometryCollection" is not read: expected Point, LineString, Polygon or their Multi forms`},
		`{"type":"Point","coordinates":[1,2]}`: {"feature number 2", "type", `"Point"`, `expected "Feature"`},
		`{"type":"Feature" "properties":{}}`:   {"feature number 2", "", "", `not JSON: '"' where a comma or } was expected`},
		`{1:2}`:                                {"feature number 2", "", "", `not JSON: "1" where a member's name was expected`},
	} {
		sound := feature(`{"n":1}`, `{"type":"Point","coordinates":[1,2]}`)
		tab := mustReadTable(t, tempFile(t, "t.geojson", collection(sound+","+text+","+sound)))
		if len(tab.records) != 2 || tab.report.Read != 3 || !slices.Equal(tab.report.Rejected, []Rejection{want}) {
			t.Errorf("%s: %d records of %d, rejected %+v; want %+v", text, len(tab.records), tab.report.Read, tab.report.Rejected, want)
		}
	}
}

func TestGeoJSONCoordinateSystems(t *testing.T) {
	named := func(name string) string { return `{"type":"name","properties":{"name":"` + name + `"}}` }
	for crs, want := range map[string]int{
		named("urn:ogc:def:crs:EPSG::2154"):                   2154,
		named("urn:ogc:def:crs:EPSG:9.1:3035"):                3035,
		named("EPSG:2154"):                                    2154,
		named("epsg:4326"):                                    4326,
		named("http://www.opengis.net/def/crs/EPSG/0/2154"):   2154,
		named("urn:ogc:def:crs:OGC:1.3:CRS84"):                4326,
		named("http://www.opengis.net/def/crs/OGC/1.3/CRS84"): 4326,
		named("urn:ogc:def:crs:EPSG::4258"):                   4326,
		`{"type":"EPSG","properties":{"code":2154}}`:          2154,
		`null`: 4326,
	} {
		tab := mustReadTable(t, tempFile(t, "t.geojson", `{"crs":`+crs+`,"features":[`+twoFeatures+`]}`))
		if tab.epsg != want {
			t.Errorf("%s: EPSG:%d, want %d", crs, tab.epsg, want)
		}
	}
	for _, crs := range []string{named("Lambert 93"), named("EPSG:"), named(""), `{}`, `"EPSG:2154"`, `{"type":"link","properties":{"href":"a"}}`} {
		path := tempFile(t, "t.geojson", `{"crs":`+crs+`,"features":[`+twoFeatures+`]}`)
		_, err := readTable(path)
		wantError(t, err, path, "crs")
	}
	path := tempFile(t, "t.geojson", `{"features":[`+twoFeatures+`],"crs":`+named("EPSG:2154")+`}`)
	_, err := readTable(path)
	wantError(t, err, path, "EPSG:2154", "must come before")
}

func TestGeoJSONThatCannotBeUsed(t *testing.T) {
	for text, words := range map[string][]string{
		`{}`:                                   {"not GeoJSON", "expected a FeatureCollection"},
		`{"a":1}`:                              {"not GeoJSON"},
		collection(``):                         {"without any feature"},
		`{"features":1}`:                       {`"features" is not a list`},
		`{"type":"Topology","objects":{}}`:     {"TopoJSON"},
		`{"type":"FeatureCollection"}`:         {`without "features"`},
		`{"type":"Point","coordinates":[1,2]}`: {"bare Point"},
		`{"type":"Topology","features":[` + twoFeatures + `]}`: {"Topology", "expected a GeoJSON FeatureCollection"},
		`{"features":[` + twoFeatures + `],"features":[]}`:     {`"features" appears twice`},
		collection(`1`):                                               {"where a feature was expected"},
		collection(twoFeatures + `,`):                                 {"after feature number 2", "where a value was expected"},
		collection(twoFeatures + ` {}`):                               {"after feature number 2", "where a comma"},
		collection(twoFeatures) + `{}`:                                {"after the end of the FeatureCollection"},
		collection(twoFeatures + `,{"a":]}`):                          {"after feature number 2", "closes what"},
		collection(twoFeatures + `,{"a":` + strings.Repeat("[", 100)): {"after feature number 2", "nested deeper than 64"},
	} {
		path := tempFile(t, "t.geojson", text)
		_, err := readTable(path)
		wantError(t, err, path, words...)
	}
}

// A collection cut anywhere is an error, never a shorter collection.
func TestGeoJSONCutAnywhereIsAnError(t *testing.T) {
	whole := collection(twoFeatures)
	for n := 1; n < len(whole); n++ {
		path := tempFile(t, "t.geojson", whole[:n])
		tab, err := readTable(path)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: %v, want an unexpected end of file", whole[:n], err)
		}
		if len(tab.records) > 0 {
			wantError(t, err, path, fmt.Sprintf("after feature number %d: the file ends in the middle", len(tab.records)))
		}
	}
}

func TestGeoJSONSizeOfAValueIsLimited(t *testing.T) {
	scan := jsonScanner{in: bufio.NewReader(io.MultiReader(strings.NewReader(`"`), endless{}))}
	if _, err := scan.value(); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

// endless gives the letter x for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// The streaming reader agrees with orb's decoder on real files.
func TestRealGeoJSONAgainstOrb(t *testing.T) {
	for name, want := range map[string]int{"anjou/communes.geojson": 540, "anjou/roads_main.geojson": 687} {
		path := sharedFile(t, name)
		tab := mustReadTable(t, path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fc, err := geojson.UnmarshalFeatureCollection(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(tab.records) != want || len(fc.Features) != want {
			t.Fatalf("%s: %d features, orb reads %d, want %d", name, len(tab.records), len(fc.Features), want)
		}
		for i, f := range fc.Features {
			r := tab.records[i]
			if !reflect.DeepEqual(r.geometry, f.Geometry) {
				t.Fatalf("%s: feature number %d has another geometry", name, i+1)
			}
			for k, v := range f.Properties {
				if text := fmt.Sprint(v); v != nil && r.values[k] != text {
					t.Fatalf("%s: feature number %d: %s = %q, want %q", name, i+1, k, r.values[k], text)
				}
			}
		}
	}
}

func FuzzGeoJSON(f *testing.F) {
	for _, s := range []string{tinyGeoJSON, collection(twoFeatures), strings.Replace(twoFeatures, "},{", "}\n\x1e{", 1),
		`{"crs":{"properties":{"name":"EPSG:2154"}},"features":[` + twoFeatures + `]}`,
		collection(feature(`{"a":[1,{"b":"\u00e9"}],"c":NaN}`, `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[0,1],[0,0]]]]}`))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rep := &FileReport{}
		recs, err := openGeoJSON(bufio.NewReader(strings.NewReader(text)), rep)
		if err != nil {
			return
		}
		yielded := 0
		err = recs.each(func(r *record) error {
			yielded++
			for k, v := range r.values {
				if v == "" {
					t.Fatalf("%s: %q is empty, not absent", r.where, k)
				}
			}
			return nil
		})
		if rep.Read != yielded+len(rep.Rejected) {
			t.Fatalf("%d read, but %d given and %d rejected", rep.Read, yielded, len(rep.Rejected))
		}
		if fc, oracle := geojson.UnmarshalFeatureCollection([]byte(text)); err == nil && oracle == nil && len(fc.Features) > 0 && len(fc.Features) != rep.Read {
			t.Fatalf("%d features read, orb reads %d", rep.Read, len(fc.Features))
		}
	})
}

func BenchmarkGeoJSON(b *testing.B) {
	path := sharedFile(b, "anjou/communes.geojson")
	info, _ := os.Stat(path)
	b.SetBytes(info.Size())
	for b.Loop() {
		recs, err := openRecords(b.Context(), path, Options{}, &FileReport{})
		if err != nil {
			b.Fatal(err)
		}
		if err := recs.each(func(*record) error { return nil }); err != nil {
			b.Fatal(err)
		}
		recs.close()
	}
}
