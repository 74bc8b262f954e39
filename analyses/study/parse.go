package study

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/siting"
)

// Check says what is wrong with the parameters of an analysis, as JSON: an
// analyses.ParamError, whose Param is "analysis" where there is none of that name.
type Check func(name string, params []byte) error

// Load reads a study from a file, and the scenarios that it names.
func Load(file string, check Check) (*Study, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text, os.ReadFile, check)
}

// Parse reads a study, YAML or JSON; the name is the file's, for its errors and for the
// scenarios beside it, which read reads. The error is scenario.Problems: all that is
// wrong, each with its file and line. What depends on a territory is told when it is asked.
func Parse(name string, text []byte, read func(file string) ([]byte, error), check Check) (*Study, error) {
	st := &Study{file: name}
	lines, err := scenario.Read(name, text, "a study: title, question, questions", st)
	if err != nil {
		return nil, err
	}
	st.lines = lines
	c := &checking{Study: st}
	for i := range st.Scenarios {
		c.scenario(i, read)
	}
	for i := range st.Questions {
		c.question(i, check)
	}
	if st.Verdict != nil {
		c.verdict()
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b scenario.Problem) int {
			return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
		return nil, c.problems
	}
	return st, nil
}

// line is where a field stands, or what holds it.
func (st *Study) line(format string, args ...any) int {
	for path := fmt.Sprintf(format, args...); path != ""; {
		if n, ok := st.lines[path]; ok {
			return n
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// Wrong is an error in answering a question, told with its file, line and id; one about
// a parameter with the line of that.
func (st *Study) Wrong(number int, err error) error {
	problem := st.wrong(number, err)
	problem.Says = fmt.Sprintf("question %q: %s", st.Questions[number].ID, problem.Says)
	return problem
}

func (st *Study) wrong(number int, err error) scenario.Problem {
	path := fmt.Sprintf("questions[%d]", number)
	says := err.Error()
	if param := (*analyses.ParamError)(nil); errors.As(err, &param) {
		if path += ".params." + param.Param; param.Param == "analysis" {
			path = fmt.Sprintf("questions[%d].analysis", number)
		}
		says = param.Err.Error()
	}
	return scenario.Problem{File: st.file, Line: st.line("%s", path), Field: path, Says: says}
}

// WrongScenario is an error about a scenario, told with where it stands in the study.
func (st *Study) WrongScenario(id string, err error) error {
	i := slices.IndexFunc(st.Scenarios, func(s Scenario) bool { return s.ID == id })
	if problems := (scenario.Problems)(nil); i >= 0 && errors.As(err, &problems) {
		told := slices.Clone(problems)
		for k := range told {
			if st.Scenarios[i].File == "" {
				told[k].Field = fmt.Sprintf("scenarios[%d].%s", i, told[k].Field)
			}
		}
		return told
	}
	return scenario.Problem{File: st.file, Line: st.line("scenarios[%d]", i), Field: fmt.Sprintf("scenarios[%d]", i), Says: err.Error()}
}

// checking looks for what no field shows by itself.
type checking struct {
	*Study
	problems scenario.Problems
}

func (c *checking) bad(path, format string, args ...any) {
	c.problems = append(c.problems, scenario.Problem{File: c.file, Line: c.line("%s", path), Field: path, Says: fmt.Sprintf(format, args...)})
}

// scenario checks one, and reads its file.
func (c *checking) scenario(i int, read func(string) ([]byte, error)) {
	sc, path := &c.Scenarios[i], fmt.Sprintf("scenarios[%d]", i)
	switch {
	case sc.ID == Today:
		c.bad(path+".id", "today is the situation today: want another id")
	case slices.ContainsFunc(c.Scenarios[:i], func(o Scenario) bool { return o.ID == sc.ID }):
		c.bad(path+".id", "%q is there twice: want an id of its own for each", sc.ID)
	}
	if sc.File == "" {
		if sc.Name.Fr == "" {
			c.bad(path, "name is missing: want what people call it")
		}
		return
	}
	file := filepath.Join(filepath.Dir(c.file), filepath.FromSlash(sc.File))
	text, err := read(file)
	if err != nil {
		c.bad(path+".file", "%v: want a file that can be read, relative to the study", err)
		return
	}
	from, err := scenario.Parse(file, text)
	if problems := (scenario.Problems)(nil); errors.As(err, &problems) {
		c.problems = append(c.problems, problems...)
		return
	}
	from.Name, from.Note, from.Cost = cmp.Or(sc.Name, from.Name), cmp.Or(sc.Note, from.Note), cmp.Or(sc.Cost, from.Cost)
	sc.Scenario = *from
	if sc.Name.Fr == "" {
		c.bad(path, "name is missing, here and in %s: want what people call it", file)
	}
}

// question checks one.
func (c *checking) question(i int, check Check) {
	q, path := &c.Questions[i], fmt.Sprintf("questions[%d]", i)
	if slices.ContainsFunc(c.Questions[:i], func(o Question) bool { return o.ID == q.ID }) {
		c.bad(path+".id", "%q is there twice: want an id of its own for each", q.ID)
	}
	for k, id := range q.In {
		if !c.knows(id) {
			c.bad(fmt.Sprintf("%s.in[%d]", path, k), "there is no scenario %q: want %s", id, strings.Join(c.ids(), ", "))
		}
	}
	if q.Params == nil {
		q.Params = json.RawMessage("{}")
	}
	own := members(q.Params)
	for _, name := range []string{"scenario", "scenarios"} {
		if own[name] != nil {
			c.bad(path+".params."+name, "scenarios are named by `in`, and written under `scenarios`")
			return
		}
	}
	if n := len(c.scenariosOf(q)); q.Analysis == "compare" && (n < compare.MinScenarios || n > compare.MaxScenarios) {
		c.bad(path+".in", "%s to compare: want %d to %d, such as in: [today, %s]", analyses.Plural(n, "scenario", "scenarios"), compare.MinScenarios, compare.MaxScenarios, c.ids()[len(c.ids())-1])
	}
	if err := check(q.Analysis, q.Params); err != nil {
		c.problems = append(c.problems, c.wrong(i, err))
	}
}

func (c *checking) knows(id string) bool { return slices.Contains(c.ids(), id) }

func (c *checking) ids() []string {
	ids := []string{Today}
	for _, sc := range c.Scenarios {
		ids = append(ids, sc.ID)
	}
	return ids
}

// asked is the question of an id, which has to be of an analysis.
func (c *checking) asked(field, id, analysis string) *Question {
	i := slices.IndexFunc(c.Questions, func(q Question) bool { return q.ID == id })
	switch {
	case i < 0:
		c.bad(field, "there is no question %q: want the id of one whose analysis is %s", id, analysis)
	case c.Questions[i].Analysis != analysis:
		c.bad(field, "question %q asks %s: want one whose analysis is %s", id, c.Questions[i].Analysis, analysis)
	default:
		return &c.Questions[i]
	}
	return nil
}

// verdict checks that the comparison, the threshold and the best belong together.
func (c *checking) verdict() {
	v := c.Verdict
	if v.Sure == nil {
		v.Sure = new(90.0)
	}
	of := c.asked("verdict.of", v.Of, "compare")
	within, err := coverage.ParseThreshold(v.Within)
	if err != nil {
		c.bad("verdict.within", "%v", err)
		return
	}
	var p struct {
		Service, Mode string
		Within        []coverage.Threshold
	}
	if of != nil && json.Unmarshal(of.Params, &p) == nil && len(p.Within) > 0 && !slices.Contains(p.Within, within) {
		c.bad("verdict.within", "%s is no threshold of question %q: want one of %v", v.Within, v.Of, p.Within)
	}
	if v.Best == "" {
		return
	}
	best := c.asked("verdict.best", v.Best, "site")
	var b struct {
		Service, Mode string
		Model         siting.Model
		Within        *coverage.Threshold
	}
	if of == nil || best == nil || json.Unmarshal(best.Params, &b) != nil {
		return
	}
	switch {
	case b.Service != p.Service:
		c.bad("verdict.best", "question %q is about service %q: want %q, as in question %q", v.Best, b.Service, p.Service, v.Of)
	case cmp.Or(b.Mode, "car") != cmp.Or(p.Mode, "car"):
		c.bad("verdict.best", "question %q is about mode %q: want %q, as in question %q", v.Best, cmp.Or(b.Mode, "car"), cmp.Or(p.Mode, "car"), v.Of)
	case cmp.Or(b.Model, siting.MCLP) != siting.MCLP:
		c.bad("verdict.best", "question %q has model %s: want mclp, whose objective is the people within reach", v.Best, b.Model)
	case b.Within == nil || *b.Within != within:
		c.bad("verdict.best", "question %q has another threshold: want within: %s, as in the verdict", v.Best, v.Within)
	}
}

// members are those of a JSON object; nil where it is none.
func members(raw json.RawMessage) (each map[string]json.RawMessage) {
	json.Unmarshal(raw, &each) //nolint:errcheck // none then
	return each
}
