package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sebdah/goldie/v2"
	"gopkg.in/yaml.v3"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
)

// check is what the program checks parameters with.
func check(name string, params []byte) error {
	a, err := registry.Get(name)
	if err == nil {
		_, err = a.Params(params)
	}
	return err
}

// files are those beside the studies of the tests.
func files(name string) ([]byte, error) {
	switch filepath.ToSlash(name) {
	case "plans/s/open.yaml":
		return []byte("name: Ouvrir\nchanges:\n- open: {facility: plan}\n"), nil
	case "plans/s/bad.yaml":
		return []byte("name: Mal\nchanges:\n- open: {facilty: plan}\n"), nil
	}
	return nil, fs.ErrNotExist
}

const small = `title: T
question: {fr: Q, en: Why}
scenarios:
- {id: open, file: s/open.yaml}
- id: here
  name: Ici
  changes:
  - create: {id: x, service: town_hall, at: [0, 0]}
questions:
- id: choice
  analysis: compare
  in: [today, open, here]
  params: {service: town_hall, within: [10m]}
- id: best
  analysis: site
  params: {service: town_hall, within: 10m}
- {id: cover, analysis: coverage, in: [open, here], params: {service: town_hall}}
verdict: {of: choice, within: 10m, best: best}
`

func TestAStudyIsRead(t *testing.T) {
	st, err := Parse("plans/small.yaml", []byte(small), files, check)
	if err != nil {
		t.Fatal(err)
	}
	if st.Name() != "small" || st.Question.In("en") != "Why" || *st.Verdict.Sure != 90 {
		t.Errorf("%s, %+v", st.Name(), st)
	}
	if sc := st.Scenario("open"); sc.Name.Fr != "Ouvrir" || len(sc.Changes) != 1 || sc.Changes[0].Open == nil {
		t.Errorf("the scenario of a file is %+v", sc)
	}
	tasks, dropped := st.Tasks(func(string) bool { return false })
	var names []string
	for _, task := range tasks {
		names = append(names, task.Name()+": "+strings.Join(task.In, " "))
	}
	if got, want := strings.Join(names, "; "), "choice: today open here; best: today; cover-open: open; cover-here: here"; got != want || dropped != nil {
		t.Errorf("tasks %s, dropped %v; want %s", got, dropped, want)
	}
	if tasks[2].Line != 17 {
		t.Errorf("coverage is asked in line %d, want 17", tasks[2].Line)
	}
	tasks, dropped = st.Tasks(func(id string) bool { return id != Today })
	if len(tasks) != 1 || tasks[0].Name() != "best" || len(dropped) != 2 {
		t.Errorf("without scenarios: tasks %v, dropped %v; want best alone", tasks, dropped)
	}
}

// badStudies are texts with all that is wrong with them; schema says that the schema
// refuses them too, which knows neither ids, files nor analyses.
var badStudies = []struct {
	text   string
	says   []string
	schema bool
}{
	{"", []string{"x.yaml:1: an empty file: want a study: title"}, true},
	{"title: T\nquestons: []\n", []string{"x.yaml:1: question is missing", "x.yaml:1: questions is missing", `x.yaml:2: unknown field "questons": want an object with fields among title, question, about, scenarios, questions, verdict`}, true},
	{"title: T\nquestion: Q\nquestions: []\n", []string{"x.yaml:3: questions: want 1 of them at least"}, true},
	{"title: T\nquestion: Q\nquestions:\n- {id: A b, analysis: coverage}\n", []string{`x.yaml:4: questions[0].id: "A b": want a short name`}, true},
	{"title: T\nquestion: Q\nquestions:\n- {id: a, analysis: cover, params: {service: creche}}\n- {id: a, analysis: coverage,\n   params: {servce: creche}}\n", []string{
		`x.yaml:4: questions[0].analysis: unknown analysis "cover": want coverage,`, `x.yaml:5: questions[1].id: "a" is there twice`, "x.yaml:6: questions[1].params.servce: coverage has no such parameter"}, false},
	{"title: T\nquestion: Q\nquestions:\n- {id: a, analysis: coverage, params: {service: creche,\n   within: 10m}}\n", []string{"x.yaml:5: questions[0].params.within: want a list, not a JSON string"}, false},
	{"title: T\nquestion: Q\nquestions:\n- {id: a, analysis: compare, params: {service: creche}}\n", []string{"x.yaml:4: questions[0].in: 0 scenarios to compare: want 2 to 10, such as in: [today, today]"}, false},
	{"title: T\nquestion: Q\nscenarios:\n- {id: today, changes: [], name: n}\n- {id: a, changes: []}\n- {id: a, name: n, changes: [], file: f.yaml}\n- {id: b, file: none.yaml}\n- {id: c, file: plans/s/bad.yaml}\nquestions: [{id: a, analysis: coverage}]\n", []string{
		"x.yaml:6: scenarios[2]: file and changes exclude each other"}, true},
	{"title: T\nquestion: Q\nscenarios:\n- {id: today, changes: [], name: n}\n- {id: a, changes: []}\n- {id: a, name: n, changes: []}\n- {id: b, file: none.yaml}\n- {id: c, file: plans/s/bad.yaml}\nquestions: [{id: a, analysis: coverage,\n in: [d]}]\n", []string{
		`plans/s/bad.yaml:3: changes[0].open: unknown field "facilty"`, "plans/s/bad.yaml:3: changes[0].open: facility is missing", "x.yaml:4: scenarios[0].id: today is the situation today", "x.yaml:5: scenarios[1]: name is missing",
		`x.yaml:6: scenarios[2].id: "a" is there twice`, "x.yaml:7: scenarios[3].file: file does not exist: want a file that can be read", `x.yaml:10: questions[0].in[0]: there is no scenario "d": want today, today, a, a, b, c`}, false},
	{"title: T\nquestion: Q\nquestions:\n- id: a\n  analysis: coverage\n  params:\n    scenario: {changes: []}\n", []string{"x.yaml:7: questions[0].params.scenario: scenarios are named by `in`"}, false},
	{"title: T\nquestion: Q\nquestions: [{id: a, analysis: coverage}]\nverdict: {of: a, within: 10 m, sure: 40}\n", []string{`x.yaml:4: verdict.within: "10 m": want threshold`, "x.yaml:4: verdict.sure: 40: want a number between 50 and 100"}, true},
	{"title: T\nquestion: Q\nquestions: [{id: a, analysis: coverage}]\nverdict: {of: a, within: 10s3,\n  best: b}\n", []string{`x.yaml:4: verdict.of: question "a" asks coverage: want one whose analysis is compare`, `x.yaml:4: verdict.within: threshold "10s3"`}, false},
	{strings.Replace(small, "verdict: {of: choice, within: 10m", "verdict: {of: choice, within: 11m", 1), []string{`x.yaml:18: verdict.within: 11m is no threshold of question "choice": want one of [10m]`, `x.yaml:18: verdict.best: question "best" has another threshold: want within: 11m`}, false},
	{strings.Replace(small, "analysis: site\n  params: {service: town_hall", "analysis: site\n  params: {model: p-median, service: town_hall", 1), []string{`x.yaml:18: verdict.best: question "best" has model p-median: want mclp`}, false},
	{strings.Replace(small, "analysis: site\n  params: {service: town_hall", "analysis: site\n  params: {service: creche", 1), []string{`x.yaml:18: verdict.best: question "best" is about service "creche": want "town_hall"`}, false},
	{strings.Replace(small, "analysis: site\n  params: {", "analysis: site\n  params: {mode: bike, ", 1), []string{`x.yaml:18: verdict.best: question "best" is about mode "bike": want "car"`}, false},
}

func TestBadStudiesAreToldLineByLine(t *testing.T) {
	valid := validator(t)
	read := func(name string) ([]byte, error) {
		return files(strings.ReplaceAll(name, "s/open.yaml", "plans/s/open.yaml"))
	}
	for _, c := range badStudies {
		_, err := Parse("x.yaml", []byte(c.text), read, check)
		problems := (scenario.Problems)(nil)
		if !errors.As(err, &problems) {
			t.Errorf("%v: want Problems of\n%s", err, c.text)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.says) {
			t.Errorf("%d problems, want %d:\n%v\nof\n%s", len(lines), len(c.says), err, c.text)
			continue
		}
		for i, want := range c.says {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s\nwant %s", lines[i], want)
			}
		}
		if valid(c.text) == c.schema {
			t.Errorf("the schema says %v of\n%s", valid(c.text), c.text)
		}
	}
}

// The published schema is that of the types; go test -update writes it.
func TestTheSchemaFollowsTheTypes(t *testing.T) {
	o := scenario.SchemaOf(reflect.TypeFor[Study]())
	o["$schema"], o["title"] = "https://json-schema.org/draft/2020-12/schema", "Maillage study"
	o["description"] = "A question, its scenarios, the analyses to ask and the rule of the verdict, in YAML or JSON."
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldie.New(t, goldie.WithFixtureDir("."), goldie.WithNameSuffix(".json")).Assert(t, "schema", append(text, '\n'))
}

// validator is an implementation of JSON Schema that is not ours.
func validator(t testing.TB) func(text string) bool {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("study.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("study.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) bool {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return false
		}
		plain, err := json.Marshal(v)
		if err != nil {
			return false
		}
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		return err == nil && s.Validate(inst) == nil
	}
}

// The studies of the Projet Social are sound, and the schema takes them.
func TestThePlansAreSound(t *testing.T) {
	valid := validator(t)
	if !valid(small) {
		t.Error("the schema refuses the small study")
	}
	plans, err := filepath.Glob("../plans/*/*.yaml")
	if err != nil || len(plans) != 6 {
		t.Fatalf("%d studies, %v: want 6", len(plans), err)
	}
	for _, plan := range plans {
		st, err := Load(plan, check)
		if err != nil {
			t.Error(err)
			continue
		}
		text, err := os.ReadFile(plan)
		if err != nil || !valid(string(text)) {
			t.Errorf("%s: the schema refuses it, %v", plan, err)
		}
		if st.Title.En == "" || st.Question.En == "" || st.About.En == "" {
			t.Errorf("%s: want title, question and about in English too", plan)
		}
		// The minibus's week is no choice between scenarios: its page has a plan and no verdict.
		if filepath.Base(plan) != "minibus.yaml" && (st.Verdict == nil || st.Verdict.Best == "") {
			t.Errorf("%s: want a verdict against the best", plan)
		}
	}
}

// Whatever is written, it is a study or has problems with lines.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, c := range badStudies {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		st, err := Parse("plans/x.yaml", text, files, check)
		if problems := (scenario.Problems)(nil); err != nil {
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%v: want Problems", err)
			}
			for _, p := range problems {
				if p.Says == "" || p.Line < 1 && len(text) <= 1<<20 {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		tasks, dropped := st.Tasks(func(string) bool { return false })
		if len(tasks) == 0 || len(dropped) > 0 {
			t.Errorf("tasks %v, dropped %v of\n%s", tasks, dropped, text)
		}
	})
}
