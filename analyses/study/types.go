package study

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/geodata"
)

// Today names the situation today among the scenarios of a question.
const Today = "today"

// The tags of the types below are what the file may hold: scenario.Read follows them.

// Study is a question and how to answer it.
type Study struct {
	Title     geodata.Text `json:"title" required:"true" doc:"a few words: a text, or one in each language (fr, en)"`
	Question  geodata.Text `json:"question" required:"true" doc:"what is to be decided, as people ask it"`
	About     geodata.Text `json:"about,omitzero" doc:"what is assumed, where it comes from, how to read it"`
	Scenarios []Scenario   `json:"scenarios" maxitems:"20" doc:"what could be done"`
	Questions []Question   `json:"questions" required:"true" minitems:"1" maxitems:"50" doc:"the analyses to ask"`
	Verdict   *Verdict     `json:"verdict,omitempty" doc:"how to conclude; no verdict when left out"`

	file  string
	lines map[string]int
}

// Scenario is one thing that could be done: written here, or in a file of its own.
type Scenario struct {
	_        struct{} `oneof:"file|changes"`
	ID       string   `json:"id" required:"true" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" doc:"a short name of small letters, digits and hyphens, by which questions mean it"`
	File     string   `json:"file,omitempty" doc:"a file that holds the scenario, relative to the study; its name, note and cost are taken from there where they are not given here"`
	Optional bool     `json:"optional,omitempty" doc:"where the territory's data lack what it changes, the study goes on without it, and says so; otherwise it fails"`
	scenario.Scenario
}

// Question is an analysis to ask, once or in several scenarios.
type Question struct {
	ID       string          `json:"id" required:"true" pattern:"^[a-z0-9][a-z0-9-]{0,39}$" doc:"a short name of small letters, digits and hyphens; files of the answer are called so"`
	Title    geodata.Text    `json:"title,omitzero" doc:"heading of the answer; the analysis's own when left out"`
	Analysis string          `json:"analysis" required:"true" doc:"name of an analysis, such as compare, site, sensitivity, capacity"`
	Params   json.RawMessage `json:"params,omitempty" doc:"its parameters, but for the scenarios"`
	In       []string        `json:"in,omitempty" minitems:"1" maxitems:"20" doc:"ids of scenarios, or today: one answer in each, today when left out; a compare compares them, all of the study when left out"`
	Optional bool            `json:"optional,omitempty" doc:"where the territory's data cannot answer it, the study goes on without it, and says so; otherwise it fails"`
}

// Verdict is how a study concludes.
type Verdict struct {
	Of     string   `json:"of" required:"true" doc:"id of a question whose analysis is compare"`
	Within string   `json:"within" required:"true" pattern:"^[0-9.hms]{2,12}$" doc:"threshold that decides, such as 20m; one of those of the comparison"`
	Sure   *float64 `json:"sure,omitempty" min:"50" max:"100" doc:"per cent of the draws in which a scenario has to be first for the verdict to be certain; 90 when left out"`
	Best   string   `json:"best,omitempty" doc:"id of a question whose analysis is site, model mclp, with the same service, threshold and mode: the best there is"`
}

// Task is a question to ask in one scenario, or of several together.
type Task struct {
	Question *Question
	Number   int      // of the question, from 0
	In       []string // the scenario it is asked in, or those that a compare compares
	Line     int      // where the question stands
}

// Name is that of the task's files: the question's id, and the scenario's where there is
// an answer for each of several.
func (t Task) Name() string {
	if t.Question.Analysis == "compare" || len(t.Question.In) < 2 {
		return t.Question.ID
	}
	return t.Question.ID + "-" + t.In[0]
}

// Name is what the study's folder is called: the file without its ending.
func (st *Study) Name() string {
	base := filepath.Base(st.file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// File is what Parse was told that the study is called.
func (st *Study) File() string { return st.file }

// Scenario is that of an id; without changes for Today.
func (st *Study) Scenario(id string) *scenario.Scenario {
	for i := range st.Scenarios {
		if st.Scenarios[i].ID == id {
			return &st.Scenarios[i].Scenario
		}
	}
	return &scenario.Scenario{Name: geodata.Text{Fr: "Aujourd'hui", En: "Today"}, Changes: []scenario.Change{}}
}

// Tasks are the questions to ask, in the order of the file. Scenarios for which without
// is true are left out; a question of which too few are left is given back in dropped.
func (st *Study) Tasks(without func(id string) bool) (tasks []Task, dropped []*Question) {
	for i := range st.Questions {
		q := &st.Questions[i]
		var in []string
		for _, id := range st.scenariosOf(q) {
			if !without(id) {
				in = append(in, id)
			}
		}
		t := Task{Question: q, Number: i, Line: st.line("questions[%d]", i)}
		if q.Analysis == "compare" {
			if t.In = in; len(in) < 2 {
				dropped = append(dropped, q)
				continue
			}
			tasks = append(tasks, t)
			continue
		}
		if len(in) == 0 {
			dropped = append(dropped, q)
		}
		for _, id := range in {
			t.In = []string{id}
			tasks = append(tasks, t)
		}
	}
	return tasks, dropped
}

// scenariosOf are those that a question names, or means.
func (st *Study) scenariosOf(q *Question) (ids []string) {
	switch {
	case len(q.In) > 0:
		return q.In
	case q.Analysis != "compare":
		return []string{Today}
	}
	for i := range st.Scenarios {
		ids = append(ids, st.Scenarios[i].ID)
	}
	return ids
}
