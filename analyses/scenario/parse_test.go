package scenario

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses/traveltime"
)

// good are scenarios that can be read.
var good = []string{
	"changes: []",
	"{}",
	`{"changes": [{"close": {"facility": "a"}}]}`,
	"name: Deux crèches\nnote: |\n  pourquoi\n  encore\nchanges:\n  - close: {facility: a}\n",
	"name: {fr: Deux crèches, en: Two nurseries}\ncost: {investment: 1250000.5, yearly: 40000}",
	"changes:\n  - create: {id: a, service: creche, at: [-0.3, 47.6], name: x, capacity: 20, hours: Mo-Fr 08:00-18:00, holidays: off, accessible: limited, catchment: epci, itinerant: true, cost: {yearly: 1}}",
	"changes:\n  - create: {id: a, services: [creche, alsh], commune: Durtal}",
	"changes:\n  - open: {facility: a}\n  - move: {facility: a, to: [0, 0]}\n  - move: {facility: a, commune: '49127'}",
	"changes:\n  - resize: {facility: a, capacity: 0}\n  - hours: {facility: a, holidays: Sa 10:00-12:00}\n  - accessibility: {facility: a, accessible: 'no'}",
	"changes:\n  - population: {year: 2018}\n  - population: {year: 2040, variant: high}",
	"changes:\n  - tour: {id: bus, service: creche, name: Bus, stops: [{name: Place, at: [-0.3, 47.6], hours: Tu 09:00-12:00}, {commune: Durtal, hours: We 09:00-12:00}]}",
	"changes:\n  - line: {id: L1, name: L, type: bus, stops: [{at: [-0.3, 47.6]}, {id: b, name: B, commune: Durtal}, {stop: gare}], hours: Mo-Fr 07:00-19:00, every: 60, minutes: [3, 4], both_ways: false}",
	"changes:\n  - line: {id: L1, type: rail, stops: [{stop: a}, {stop: b}], hours: Mo-Fr 07:00-19:00, every: 60, speed_kmh: 42.5}\n  - stop: {line: L1, id: c, name: C, at: [0, 0], between: [a, b]}",
	"changes:\n  - speed: {class: secondary, percent: 66.7}\n  - close_road: {way: -5}\n  - close_road: {near: [-0.3, 47.6]}",
}

// bad are scenarios that cannot, with what is said of them.
var bad = []struct {
	text         string
	says         []string
	byParseAlone bool // the schema cannot say it
}{
	{"", []string{"x.yaml:1: an empty file: want changes, a list"}, false},
	{"changes", []string{`x.yaml:1: "changes": want an object with fields among name, note, cost, changes`}, false},
	{"modifications: []", []string{`x.yaml:1: unknown field "modifications": want an object with fields among name, note, cost, changes`}, false},
	{"changes: {close: {facility: a}}", []string{"x.yaml:1: changes: an object: want a list"}, false},
	{"changes:\n", []string{"x.yaml:1: changes: nothing: want a list"}, false},
	{"changes:\n  - close:\n  - close: a\n  - x", []string{
		"x.yaml:2: changes[0].close: nothing: want an object with the field facility",
		`x.yaml:3: changes[1].close: "a": want an object with the field facility`,
		`x.yaml:4: changes[2]: "x": want an object with fields among create, open, close,`}, false},
	{"changes:\n  - {}\n  - close: {facility: a}\n    open: {facility: a}", []string{
		"x.yaml:2: changes[0]: want one of create, open, close, move, resize, hours, accessibility, speed, close_road, population, tour, line, stop",
		"x.yaml:3: changes[1]: open and close exclude each other: want one of create, open,"}, false},
	{"changes:\n  - create:\n      service: creche\n      services: [alsh]\n      capacity: -1\n      capasity: 3\n      hours: sometimes\n      accessible: true\n", []string{
		"x.yaml:3: changes[0].create: id is missing: want a new id",
		"x.yaml:3: changes[0].create: service and services exclude each other: want one of service, services",
		"x.yaml:3: changes[0].create: want one of at, commune",
		"x.yaml:5: changes[0].create.capacity: -1: want a whole number between 0 and 1e+06",
		`x.yaml:6: changes[0].create: unknown field "capasity": want an object with fields among id, service,`,
		`x.yaml:7: changes[0].create.hours: opening hours "sometimes": `,
		`x.yaml:8: changes[0].create.accessible: "true": want yes or no or limited`}, false},
	{"changes:\n  - create: {id: a, service: creche, at: [200, 0]}", []string{"x.yaml:2: changes[0].create.at: not a longitude in ±180 and a latitude in ±90: 200, 0: want [longitude, latitude]"}, false},
	{"changes:\n  - create: {id: a, service: creche, at: [0, 91]}", []string{"x.yaml:2: changes[0].create.at: not a longitude"}, true},
	{"changes:\n  - create: {id: a, service: creche, at: [.nan, .inf]}", []string{`x.yaml:2: changes[0].create.at: ".nan": want [longitude, latitude]`}, false},
	{"changes:\n  - create: {id: a, service: creche, at: '0,0'}", []string{`x.yaml:2: changes[0].create.at: "0,0": want [longitude, latitude]`}, false},
	{"changes:\n  - create: {id: a, service: creche, at: [x, 0]}", []string{`x.yaml:2: changes[0].create.at: "x": want [longitude, latitude]`}, false},
	{"changes:\n  - create: {id: 'a b', services: [], commune: ''}", []string{
		`x.yaml:2: changes[0].create.id: "a b": want a new id without spaces`, "x.yaml:2: changes[0].create.services: want 1 of them at least", "x.yaml:2: changes[0].create.commune: nothing: want a text"}, false},
	{"changes:\n  - create: {id: a, services: [creche, creche], commune: b}", []string{`x.yaml:2: changes[0].create.services[1]: "creche" is there twice`}, false},
	{"changes:\n  - hours: {facility: a}\n  - move: {facility: a}", []string{"x.yaml:2: changes[0].hours: want hours or holidays", "x.yaml:3: changes[1].move: want one of to, commune"}, false},
	{"changes:\n  - resize: {facility: a, capacity: 1.5}\n  - resize: {facility: a, capacity: '2'}\n  - resize: {facility: a}", []string{
		"x.yaml:2: changes[0].resize.capacity: 1.5: want a whole number", `x.yaml:3: changes[1].resize.capacity: "2": want a whole number`, "x.yaml:4: changes[2].resize: capacity is missing: want places"}, false},
	{"changes:\n  - speed: {class: a, percent: 0}\n", []string{"x.yaml:2: changes[0].speed.percent: 0: want a number between 1 and 1000"}, false},
	{"changes:\n  - speed: {class: a, percent: 50.55}\n", []string{"x.yaml:2: changes[0].speed.percent: 50.55: want one decimal at most"}, true},
	{"changes:\n  - close_road: {way: 1, near: [0, 0]}\n  - close_road: {}\n  - close_road: {way: 99999999999999999999}", []string{
		"x.yaml:2: changes[0].close_road: way and near exclude", "x.yaml:3: changes[1].close_road: want one of way, near", "x.yaml:4: changes[2].close_road.way: 99999999999999999999: want a whole number"}, false},
	{"changes:\n  - population: {}\n  - population: {year: 2100, variant: middle}", []string{
		"x.yaml:2: changes[0].population: year is missing", "x.yaml:3: changes[1].population.year: 2100: want a whole number between 1900 and 2070",
		`x.yaml:3: changes[1].population.variant: "middle": want low or central or high`}, false},
	{"changes:\n  - tour:\n      id: bus\n      service: creche\n      stops:\n        - {at: [0, 0]}\n        - {hours: Tu 9}\n  - tour: {id: 'a b', service: creche, stops: []}", []string{
		"x.yaml:6: changes[0].tour.stops[0]: hours is missing: want such as Tu 09:00-12:00", `x.yaml:7: changes[0].tour.stops[1].hours: opening hours "Tu 9": `,
		"x.yaml:7: changes[0].tour.stops[1]: want one of at, commune", `x.yaml:8: changes[1].tour.id: "a b": want a new id`, "x.yaml:8: changes[1].tour.stops: want 1 of them at least"}, false},
	{"changes:\n  - line:\n      id: é\n      type: boat\n      stops: [{at: [0, 0], stop: a}]\n      hours: Mo-Fr 07:00-19:00\n      every: 0\n      minutes: [1.5]\n", []string{
		`x.yaml:3: changes[0].line.id: "é": want a new id of letters`, `x.yaml:4: changes[0].line.type: "boat": want bus or tram or metro or rail or ferry`,
		"x.yaml:5: changes[0].line.stops: want 2 of them at least", "x.yaml:5: changes[0].line.stops[0]: at and stop exclude each other: want one of at, commune, stop",
		"x.yaml:7: changes[0].line.every: 0: want a whole number between 1 and 1440", "x.yaml:8: changes[0].line.minutes[0]: 1.5: want a whole number"}, false},
	{"changes:\n  - stop: {line: a, id: b, between: [c]}", []string{"x.yaml:2: changes[0].stop.between: want 2 of them at least", "x.yaml:2: changes[0].stop: at is missing: want [longitude, latitude]"}, false},
	{"cost: {}\n", []string{"x.yaml:1: cost: want investment or yearly"}, false},
	{"cost: {yearly: -1, investment: much}\n", []string{"x.yaml:1: cost.yearly: -1: want a number from 0", `x.yaml:1: cost.investment: "much": want a number`}, false},
	{"name: {en: Two}\n", []string{"x.yaml:1: name: fr is missing"}, false},
	{"name: a\nname: b\n", []string{"x.yaml:2: name: it is given twice"}, false},
	{"note: &a x\nname: *a\n", []string{"x.yaml:2: name: aliases are not followed"}, true},
	{"changes: []\n---\nchanges: []\n", []string{"x.yaml:2: a second document"}, true},
	{"changes: [\n", []string{"x.yaml:1: no YAML: "}, false},
	{"changes:\n\t- close", []string{"x.yaml:2: no YAML: found character that cannot start any token"}, false},
	{"changes: []\n" + strings.Repeat("#", maxBytes), []string{"x.yaml: 1048588 bytes: want 1048576 at most"}, true},
	{"note: " + strings.Repeat("é", maxText+1), []string{"x.yaml:1: note: a text of 2001 letters: want 2000 at most"}, false},
	{"changes: [" + strings.Repeat("{close: {facility: a}},", 1001) + "]", []string{"x.yaml:1: changes: 1001 of them: want 1000 at most"}, false},
}

func TestParseSaysAllThatIsWrong(t *testing.T) {
	for _, c := range bad {
		_, err := Parse("x.yaml", []byte(c.text))
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%.200s: %v: want Problems", c.text, err)
			continue
		}
		var says []string
		for _, p := range problems {
			says = append(says, p.Error())
		}
		if !slices.EqualFunc(says, c.says, strings.HasPrefix) {
			t.Errorf("%.200s:\n%s\nwant\n%s", c.text, strings.Join(says, "\n"), strings.Join(c.says, "\n"))
		}
	}
}

func TestJSONHasLinesToo(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\t\"changes\": [\n\t\t{\"close\": {}},\n\t\t{\"open\": {\"facility\": 7, \"x\": null}}\n\t]\n}": "x.json:3: changes[0].close: facility is missing: want id of a facility\nx.json:4: changes[1].open: unknown field \"x\": want an object with the field facility",
		"{\n\"changes\": [\n}":               "x.json:3: no JSON: invalid character '}'",
		"{\n\"changes\": []} []":             "x.json:2: no JSON: want one JSON object and nothing after it",
		"{\n\"changes\": ":                   "x.json:2: no JSON: it ends too early",
		strings.Repeat("[", 100):             "x.json:1: no JSON: more than 32 objects and lists within each other",
		"{\"note\": null}":                   "x.json:1: note: nothing: want a text",
		"{\"note\": \"a\",\n\"note\":\"b\"}": "x.json:2: note: it is given twice",
	} {
		if _, err := Parse("x.json", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.100s: %v\nwant %s", text, err, want)
		}
	}
}

// The id is that of what is changed, however it is written.
func TestTheIDIsThatOfTheChanges(t *testing.T) {
	const one = "changes:\n  - create: {id: a, service: creche, at: [-0.30, 47.6], hours: 'Mo-Fr 8h30-12:00'}\n  - resize: {facility: a, capacity: 20}"
	id := parse(t, one).ID()
	if len(id) != 64 {
		t.Errorf("id %s", id)
	}
	for name, text := range map[string]string{
		"JSON":        `{"changes":[{"create":{"service":"creche","id":"a","at":[-3e-1,47.600],"hours":"Mo,Tu,We,Th,Fr 08:30-12:00"}},{"resize":{"capacity":20,"facility":"a"}}]}`,
		"a name":      "name: x\nnote: y\ncost: {yearly: 3}\n" + one,
		"a cost":      strings.Replace(one, "id: a,", "id: a, cost: {investment: 5},", 1),
		"list of one": strings.Replace(one, "service: creche", "services: [creche]", 1),
	} {
		if got := parse(t, text).ID(); got != id {
			t.Errorf("%s: another id", name)
		}
	}
	for name, text := range map[string]string{
		"another order":    "changes:\n  - resize: {facility: a, capacity: 20}\n  - create: {id: a, service: creche, at: [-0.30, 47.6], hours: 'Mo-Fr 8h30-12:00'}",
		"another place":    strings.Replace(one, "47.6", "47.60001", 1),
		"a facility named": strings.Replace(one, "id: a,", "id: a, name: x,", 1),
		"nothing":          "changes: []",
	} {
		if got := parse(t, text).ID(); got == id {
			t.Errorf("%s: the same id", name)
		}
	}
	if a, b := parse(t, "{}").ID(), (&Scenario{}).ID(); a != b {
		t.Errorf("the empty scenario has two ids, %s and %s", a, b)
	}
}

func TestCosts(t *testing.T) {
	costs := func(text string) string {
		b, err := json.Marshal(parse(t, text).Costs())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	created := "changes:\n  - create: {id: a, service: creche, commune: x, cost: {yearly: 10.5}}\n  - create: {id: b, service: creche, commune: x, cost: {yearly: 1, investment: 7}}\n  - create: {id: c, service: creche, commune: x}\n"
	for text, want := range map[string]string{
		created:                       `{"investment":7,"yearly":11.5}`,
		created + "cost: {yearly: 4}": `{"yearly":4}`,
		"changes: []":                 "null",
	} {
		if got := costs(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: whatever is read is spelt so that it is read again, the same; whatever
// is not says where.
func FuzzParse(f *testing.F) {
	for _, text := range good {
		f.Add("x.yaml", []byte(text))
	}
	for _, c := range bad {
		if len(c.text) < 2000 {
			f.Add("x.json", []byte(c.text))
			f.Add("x.yaml", []byte(c.text))
		}
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		sc, err := Parse(name, text)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%v: want Problems", err)
			}
			for _, p := range problems {
				if p.Says == "" || p.Line < 1 && len(text) <= maxBytes || p.Line > strings.Count(string(text), "\n")+strings.Count(string(text), "\r")+2 {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		spelt, err := json.Marshal(sc)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("", spelt)
		if err != nil {
			t.Fatalf("%s: %v", spelt, err)
		}
		twice, err := json.Marshal(again)
		if err != nil || string(twice) != string(spelt) || again.ID() != sc.ID() {
			t.Errorf("%s became %s, %v", spelt, twice, err)
		}
	})
}

// A file of another package may hold scenarios and objects of any form.
func TestReadIsForOthersToo(t *testing.T) {
	type item struct {
		ID     string          `json:"id" required:"true"`
		Params json.RawMessage `json:"params,omitempty"`
		Scenario
	}
	type file struct {
		Items []item `json:"items"`
	}
	var f file
	lines, err := Read("f.yaml", []byte("items:\n- id: a\n  params:\n    within: [10m]\n    draws: 20\n    deep: {on: true, x: 1.5}\n- id: b\n  changes:\n  - close:\n      facility: none\n"), "items", &f)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.Items[0].Params); got != `{"deep":{"on":true,"x":1.5},"draws":20,"within":["10m"]}` {
		t.Errorf("params %s", got)
	}
	for path, line := range map[string]int{"items[0]": 2, "items[0].id": 2, "items[0].params.draws": 5, "items[0].params.within[0]": 4, "items[1]": 7} {
		if lines[path] != line {
			t.Errorf("%s is said to stand in line %d, want %d", path, lines[path], line)
		}
	}
	_, base := street(t)
	_, err = Apply(t.Context(), base, traveltime.NewNetworks(""), &f.Items[1].Scenario)
	if want := `f.yaml:10: changes[0].close.facility: there is no facility "none"`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v\nwant %s", err, want)
	}
	_, err = Read("f.yaml", []byte("items:\n- params: 3\n- id: b\n  params: {a: 1, a: 2, c: ~}\n"), "items", &f)
	want := "f.yaml:2: items[0].params: \"3\": want an object\nf.yaml:2: items[0]: id is missing: want \nf.yaml:4: items[1].params.a: \"a\": want names that are texts, each once\nf.yaml:4: items[1].params.c: nothing: want a value written out, and in UTF-8"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	f.Items = nil
	if _, err = Read("f.yaml", []byte("items:\n- {id: a, params: {x: &x [1, 2]}}\n- {id: b, params: {x: *x}}\n"), "items", &f); err != nil || string(f.Items[1].Params) != `{"x":[1,2]}` {
		t.Errorf("an alias is %s, %v", f.Items[1].Params, err)
	}
	if _, err = Read("f.yaml", []byte("items:\n- id: a\n  params: {x: &x [*x]}\n"), "items", &f); err == nil || !strings.Contains(err.Error(), "f.yaml:3: items[0].params.x[0]") || !strings.Contains(err.Error(), "aliases written out: want fewer") {
		t.Errorf("one that holds itself: %v", err)
	}
}
