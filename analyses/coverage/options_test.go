package coverage

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// A library 100 m beyond C takes people of the West only, one at E those of a
// commune that has no home here; the town hall at A takes everybody, and a second
// one there the West, too late by its id.
//
//	A(1)  B(2) 500 m  C(4) 1 km | D(8) 1.5 km  E(16) 2 km
func TestResidentsGoWhereTheyAreServed(t *testing.T) {
	tw, c := town()
	c.Facilities = []geodata.Facility{
		{ID: "a", Service: "town_hall", Status: geodata.Existing, Location: tw.Point('A')},
		{ID: "b", Service: "town_hall", Status: geodata.Existing, Location: tw.At(11, 0), Commune: "10001", Catchment: geodata.OfCommune},
		{ID: "c", Service: "town_hall", Status: geodata.Existing, Location: tw.Point('E'), Commune: "10003", Catchment: geodata.OfCommune},
		{ID: "d", Service: "town_hall", Status: geodata.Existing, Location: tw.Point('A'), Commune: "10001", Catchment: geodata.OfCommune},
	}
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7), Minutes(20)}})
	// D is 5 minutes from b, which does not take it, and 18 from a; nobody here is of 10003.
	if diff := gocmp.Diff([]string{"a", "a", "b", "a", "a", "", ""}, r.Cells.Nearest); diff != "" {
		t.Error(diff)
	}
	if r.Territory.Covered[0] != geodata.Whole(1+2+4) || r.Territory.Covered[1] != geodata.Whole(1+2+4+8) {
		t.Errorf("covered %v", r.Territory.Covered)
	}
	if n := r.Provenance.Notes; !strings.HasPrefix(n[len(n)-3].En, "3 facilities serve the residents") {
		t.Errorf("%+v", n)
	}
	// The town hall takes the West only, too: nobody serves the East.
	c.Facilities[0].Commune, c.Facilities[0].Catchment = "10001", geodata.OfCommune
	r = run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot"})
	if diff := gocmp.Diff([]string{"a", "a", "b", "", "", "", ""}, r.Cells.Nearest); diff != "" {
		t.Error(diff)
	}
	if r.Territory.Unreachable != geodata.Whole(8+16+32) {
		t.Errorf("%s are served by nobody, want D, E and F", r.Territory.Unreachable)
	}
	for _, commune := range r.Communes {
		if commune.Code == "10002" && commune.Mean != nil {
			t.Error("nobody of the East is reached")
		}
	}
	if err := r.Simple("x"); !errors.Is(err, analyses.ErrParams) {
		t.Errorf("it is not simple: %v", err)
	}
}

func TestOtherPeopleAndFewerFacilities(t *testing.T) {
	tw, c := town()
	c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: "men_pauv", Values: []geodata.Amount{1, 2, 4, 8, 16, 32, 64, 0, 0}})
	c.Counts = []geodata.Population{{Name: "pupils", Cells: []geodata.Cell{
		{ID: "s1", Centre: tw.Point('C'), Commune: "10001", Study: true}, {ID: "s2", Centre: tw.Point('G'), Commune: "10002", Study: true}, {ID: "s3", Centre: tw.Point('A'), Commune: "10003"},
	}, Columns: []geodata.Column{{Name: "pupils", Values: []geodata.Amount{geodata.Whole(100), geodata.Whole(10), geodata.Whole(1)}}}}}
	c.Facilities[0].Accessible = geodata.AccessibleYes
	s := seal(t, c)
	ask := Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(13)}}

	ask.Column = "men_pauv"
	r := run(t, s, ask)
	if r.Territory.Covered[0] != 7 || r.Unit != "households" || r.Public.Fr != "ménages pauvres" || r.Territory.Population != geodata.Whole(127) {
		t.Errorf("%+v of %s, %v", r.Territory, r.Unit, r.Public)
	}
	if f := r.Layers(s).Layers[1].Field("demand"); f.Unit != "households" || f.Label.Fr != "ménages pauvres" {
		t.Errorf("%+v", f)
	}

	ask.Column, ask.Counts = "", "pupils"
	r = run(t, s, ask)
	if r.Territory.Covered[0] != geodata.Whole(100) || r.Territory.OffNetwork != geodata.Whole(10) || len(r.Cells.IDs) != 2 {
		t.Errorf("%+v", r)
	}
	if l := r.Layers(s).Layers[0]; l.Geometry[0] != tw.Point('C') {
		t.Errorf("the school is drawn at %v", l.Geometry[0])
	}
	if err := r.Simple("x"); !errors.Is(err, analyses.ErrParams) {
		t.Errorf("it is not simple: %v", err)
	}

	ask.Counts, ask.Statuses, ask.Accessible = "", []geodata.Status{geodata.Existing, geodata.Planned}, true
	r = run(t, s, ask)
	if diff := gocmp.Diff(map[string]int{"itinerant": 1, "accessibility_unknown": 2}, r.LeftOut); diff != "" || r.Territory.Covered[0] != geodata.Whole(7) {
		t.Error(diff, r.Territory)
	}
	if err := r.Simple("x"); err != nil {
		t.Error(err)
	}
	for want, p := range map[string]Params{
		`counts: no set of counts "cars": there is pupils`: {Service: "town_hall", DemandOptions: DemandOptions{Counts: "cars"}},
		`column: no column "cars"`:                         {Service: "town_hall", DemandOptions: DemandOptions{Column: "cars"}},
		`open: "midi": want a day`:                         {Service: "town_hall", SupplyOptions: SupplyOptions{Open: "midi"}},
	} {
		if _, err := Run(context.Background(), s, traveltime.NewNetworks(""), p); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Stored answers and questions keep their form: what is not asked is not there.
func TestAQuestionOfBeforeHasItsOldForm(t *testing.T) {
	_, c := town()
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7)}})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var top, row map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(b, &top), json.Unmarshal(top["territory"], &row)); err != nil {
		t.Fatal(err)
	}
	if got := string(top["params"]); got != `{"service":"town_hall","mode":"foot","within":["7m"],"statuses":["existing"]}` {
		t.Errorf("params %s", got)
	}
	keys := func(m map[string]json.RawMessage) (out []string) {
		for k := range m {
			out = append(out, k)
		}
		return out
	}
	if diff := gocmp.Diff(set("params", "service", "estimated", "left_out", "territory", "communes", "ages", "cells", "provenance"), set(keys(top)...)); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(set("code", "name", "population", "demand", "covered", "unreachable", "off_network", "imputed", "mean_seconds", "median_seconds", "share_percent"), set(keys(row)...)); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(top["provenance"]), "vintage") {
		t.Errorf("provenance %s", top["provenance"])
	}
}

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// What an EPCI alone cannot tell is refused, by the part and by the merging.
func TestPartsRefuseWhatTheyCannotTell(t *testing.T) {
	_, c := town()
	for i := range c.Communes {
		c.Communes[i].EPCI = "E"
		c.Communes[i].Outline = orb.MultiPolygon{{orb.Ring{{0, 0}, {0.2, 0}, {0.2, 0.1}, {0, 0}}}}
	}
	c.Facilities[0].Catchment, c.Facilities[0].Commune = geodata.OfCommune, "10001"
	s := seal(t, c)
	for want, p := range map[string]Params{
		"counts: counts other than":                     {Service: "creche", Mode: "foot", DemandOptions: DemandOptions{Counts: "pupils"}},
		"border: from an EPCI":                          {Service: "creche", Mode: "foot", SupplyOptions: SupplyOptions{Border: "inside"}},
		"service: it has facilities for residents only": {Service: "town_hall", Mode: "foot"},
	} {
		_, err := RunPart(context.Background(), func(context.Context, geodata.Part) (*geodata.Snapshot, error) { return s, nil }, p, geodata.Part{EPCI: "E", Buffer: 1000})
		_, again := Merge(context.Background(), s, p, nil)
		for _, err := range []error{err, again} {
			if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}
