package api_test

import (
	"strings"
	"testing"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// further is the street with living standards, two zones, pupils and a census.
func further(t *testing.T) *geodata.Snapshot {
	t.Helper()
	c := street(t).Content()
	snv := make([]geodata.Amount, len(c.Population.Cells))
	for i := range snv {
		snv[i] = geodata.Whole(int64(100 + i))
	}
	c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: "ind_snv", Values: snv})
	for _, m := range c.Communes[:2] {
		c.Zones = append(c.Zones, geodata.Zone{Layer: "moities", ID: m.Code, Name: m.Name, Outline: m.Outline})
		c.Census = append(c.Census, geodata.CensusRow{Commune: m.Code, Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(7)})
	}
	c.Counts = []geodata.Population{{Name: "pupils", Cells: c.Population.Cells[1:2], Columns: []geodata.Column{{Name: "pupils", Values: []geodata.Amount{geodata.Whole(30)}}}}}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type answer struct {
	Params    map[string]any
	LeftOut   map[string]int `json:"left_out"`
	Territory struct {
		Demand    float64
		CoveredKm []float64 `json:"covered_km"`
		ShareKm   []float64 `json:"share_km_percent"`
		Spread    *struct {
			P90  float64 `json:"p90_seconds"`
			Gini float64
		}
	}
	LivingStandards []struct{ Code string } `json:"living_standards"`
	Zones           []struct{ Code string }
	Border          *struct {
		Crossed, Inside struct{ Facilities int }
	} `json:"border_effect"`
}

// A body and an address say the same, and more than service, mode and times.
func TestFurtherQuestions(t *testing.T) {
	h := handler(t, func(c *api.Config) { c.Snapshot = further(t) })
	for _, q := range []struct {
		body, query string
		check       func(a answer) bool
	}{
		// From the western end 2 km is eleven cells of four children, three of them under three.
		{`"within_km":[2.0001]`, "within_km=2.0001", func(a answer) bool { return a.Territory.CoveredKm[0] == 33 && a.Territory.ShareKm[0] == 26.19 }},
		{`"detailed":true`, "detailed=true", func(a answer) bool {
			return len(a.LivingStandards) == 5 && a.Territory.Spread.Gini > 0.3 && a.Territory.Spread.Gini < 0.35
		}},
		{`"zones":"moities"`, "zones=moities", func(a answer) bool { return len(a.Zones) == 2 && a.Zones[1].Code == "01002" }},
		{`"compare_border":true,"statuses":["existing","planned"]`, "compare_border=true&statuses=existing,planned", func(a answer) bool { return a.Border.Crossed.Facilities == 2 && a.Border.Inside.Facilities == 2 }},
		{`"nth":2,"border":"inside"`, "nth=2&border=inside", func(a answer) bool { return a.Params["nth"] == 2. && a.Params["border"] == "inside" }},
		{`"open":"mercredi 14:00-16:00","accessible":true`, "open=mercredi%2014:00-16:00&accessible=true", func(a answer) bool {
			return a.Params["open"] == "We 14:00-16:00" && a.LeftOut["accessibility_unknown"] == 1
		}},
		{`"counts":"pupils"`, "counts=pupils", func(a answer) bool { return a.Territory.Demand == 30 }},
		{`"column":"ind","census":2021`, "column=ind&census=2021", func(a answer) bool { return a.Territory.Demand == 42*4 }},
	} {
		posted := call(h, "POST", "/api/v1/coverage", `{"service":"creche",`+q.body+`}`)
		linked := call(h, "GET", "/api/v1/coverage?service=creche&"+q.query, "")
		if posted.Code != 200 || posted.Body.String() != linked.Body.String() {
			t.Errorf("%s: %d %.300s\n%d %.300s", q.query, posted.Code, posted.Body, linked.Code, linked.Body)
			continue
		}
		if a := decode[answer](t, posted); !q.check(a) {
			t.Errorf("%s: %+v", q.query, a)
		}
	}
	if w := call(h, "GET", "/api/v1/coverage?service=creche&detailed=true&format=csv&layer=living_standards", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "gini") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	for query, want := range map[string]string{
		"format=csv&layer=zones": "ask for it with detailed, zones or compare_border",
		"zones=iris":             `no layer of zones \"iris\": there is moities`,
		"nth=17":                 "",
		"open=midi":              "want a day",
		"within_km=0":            "want rising numbers of kilometres",
		"within_km=two":          "",
		"border=abroad":          "",
		"census=1999":            "no census of 1999",
		"column=cars":            `no column \"cars\"`,
		"counts=cars":            `no set of counts \"cars\"`,
	} {
		if w := call(h, "GET", "/api/v1/coverage?service=creche&"+query, ""); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}
