package api_test

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// The tables hold what the CSV files hold, layer by layer, whatever the analysis.
func TestTablesAreTheFiles(t *testing.T) {
	h := handler(t, nil)
	for _, question := range []string{
		"referral?first=town_hall&second=creche&mode=bike",
		"coverage?service=creche&mode=bike",
		"uncertainty?service=creche&draws=20",
		"isochrone?facility=hall&within=10m",
		"itinerant?service=creche&mode=bike&stops=-0.35 47.6 Tu 09:00-12:00",
		"colocation?offer=creche,town_hall&at=-0.35,47.6",
	} {
		link := "/api/v1/analyses/" + strings.ReplaceAll(question, " ", "%20")
		w := call(h, "GET", link+"&format=tables", "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", question, w.Code, w.Body)
			continue
		}
		got := decode[api.Tables](t, w)
		if name, _, _ := strings.Cut(question, "?"); got.Name != name || len(got.Layers) == 0 || got.Provenance.Territory.ID != "street" || got.Provenance.Analysis != name {
			t.Errorf("%s: %s of %v with %d layers", question, got.Name, got.Provenance.Territory, len(got.Layers))
		}
		rows := 0
		for _, table := range got.Layers {
			want, err := csv.NewReader(call(h, "GET", link+"&format=csv&layer="+table.Name, "").Body).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(withoutPlace(want), asCSV(table)); diff != "" {
				t.Errorf("%s, %s: -file +table\n%s", question, table.Name, diff)
			}
			rows += len(table.IDs)
		}
		if rows == 0 {
			t.Errorf("%s: no rows at all", question)
		}
	}
}

// withoutPlace leaves out what a CSV file adds to the layer's fields.
func withoutPlace(file [][]string) [][]string {
	n := len(file[0])
	for n > 0 && (file[0][n-1] == "modelled" || file[0][n-1] == "lat" || file[0][n-1] == "lon") {
		n--
	}
	for i := range file {
		file[i] = file[i][:n]
	}
	return file
}

// asCSV writes a table as package export does, as far as these layers need.
func asCSV(t api.Table) [][]string {
	file := [][]string{{"id"}}
	for _, id := range t.IDs {
		file = append(file, []string{id})
	}
	for k, f := range t.Fields {
		header := f.Name
		if f.Unit != "" {
			header = fmt.Sprintf("%s [%s]", f.Name, f.Unit)
		}
		file[0] = append(file[0], header)
		for i, v := range t.Columns[k] {
			text := ""
			switch v := v.(type) {
			case string:
				text = v
			case bool:
				text = strconv.FormatBool(v)
			case float64:
				text = strconv.FormatFloat(v, 'f', -1, 64)
			}
			file[i+1] = append(file[i+1], text)
		}
	}
	return file
}

// Who shows the tables is told their titles, units and colours, and where a value is absent.
func TestTablesDescribeThemselves(t *testing.T) {
	got := decode[api.Tables](t, call(handler(t, nil), "POST", "/api/v1/analyses/referral?format=tables", `{"first":"town_hall","second":"creche","mode":"bike"}`))
	if got.Title != (geodata.Text{Fr: "Deux niveaux d'accueil : mairie, premier accueil (AIOA), puis structure collective 0-3 ans (EAJE)", En: "Two levels: town hall, first contact (AIOA), then nursery, ages 0-2 (EAJE)"}) {
		t.Errorf("%+v", got.Title)
	}
	cells := got.Layers[0]
	if cells.Name != "cells" || !cells.Geometry || len(cells.IDs) != 42 || cells.Classes.Field != "class" || len(cells.Classes.Values) != 4 {
		t.Errorf("%s, %d rows, %+v", cells.Name, len(cells.IDs), cells.Classes)
	}
	if diff := cmp.Diff(api.TableClass{Value: "both", Label: geodata.Text{Fr: "les deux", En: "both"}, Colour: "#2b3a7d"}, cells.Classes.Values[0]); diff != "" {
		t.Error(diff)
	}
	second := cells.Fields[3]
	if diff := cmp.Diff(api.TableField{Name: "second_seconds", Unit: "s", Label: geodata.Text{Fr: "Temps vers le second niveau", En: "Time to the second level"}, Kind: "number"}, second); diff != "" {
		t.Error(diff)
	}
	for i, id := range cells.IDs { // no road leads from the farm
		if (cells.Columns[3][i] == nil) != (id == "farm") {
			t.Errorf("%s: %v", id, cells.Columns[3][i])
		}
	}
	communes := got.Layers[1]
	if communes.Fields[0].Kind != "string" || !communes.Geometry || communes.Classes != nil {
		t.Errorf("%+v", communes)
	}
	if notes := got.Provenance.Notes; len(notes) == 0 || !strings.HasPrefix(notes[0].Fr, "Données modélisées") {
		t.Errorf("%+v", notes)
	}
}

func TestTablesAreDescribed(t *testing.T) {
	doc := decode[struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						AnyOf []struct {
							Ref string `json:"$ref"`
						}
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}](t, call(handler(t, nil), "GET", "/openapi.json", ""))
	for _, method := range []string{"get", "post"} {
		either := doc.Paths["/api/v1/analyses/referral"][method].Responses["200"].Content["application/json"].Schema.AnyOf
		if len(either) != 2 || either[1].Ref != "#/components/schemas/Tables" {
			t.Errorf("%s: %+v", method, either)
		}
	}
	if p := doc.Components.Schemas["Table"].Properties; p["columns"] == nil || p["id"] == nil || p["geometry"] == nil {
		t.Errorf("%v", p)
	}
}
