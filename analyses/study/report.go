package study

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/siting"
	"github.com/maillage/maillage/geodata"
)

// Report is what was found.
type Report struct {
	Study   *Study
	Answers []Answer
	// Lacks say what the territory's data lack.
	Lacks []geodata.Text
	// Territory is the snapshot today, and Worlds that of each scenario that fits it, by id.
	Territory *geodata.Snapshot
	Worlds    map[string]*geodata.Snapshot
	// Unrecorded says that the target holds no runs: answers were worked out, and there
	// is nothing to verify.
	Unrecorded bool
}

// Answer is one answer, and the run that has it.
type Answer struct {
	Task
	Run
	Result any             // of the analysis: *compare.Result, *siting.Result …
	Layers analyses.Result // the same as layers
	Title  geodata.Text    // of the analysis
}

// Run is where an answer comes from.
type Run struct {
	ID       string          `json:"id"` // empty where the target holds no runs
	Params   json.RawMessage `json:"params"`
	Snapshot string          `json:"snapshot"`
	Version  string          `json:"version"`
	Hash     string          `json:"sha256"` // of the answer as JSON
}

// answer is the first of a question, and its number from 1; 0 where there is none.
func (r *Report) answer(question string) (a *Answer, number int) {
	for i := range r.Answers {
		if r.Answers[i].Question.ID == question {
			return &r.Answers[i], i + 1
		}
	}
	return nil, 0
}

// Decision is the verdict; nil where the study asks for none.
func (r *Report) Decision() (*Decision, error) {
	v := r.Study.Verdict
	if v == nil {
		return nil, nil //nolint:nilnil // no verdict is asked
	}
	of, number := r.answer(v.Of)
	if of == nil {
		return &Decision{State: None, Lacks: r.Lacks, More: []geodata.Text{}, First: []string{}, BestOpen: []string{}, Sure: *v.Sure, Sentence: geodata.Text{
			Fr: "Pas de verdict : les données de ce territoire ne permettent pas la comparaison.", En: "No verdict: the data of this territory do not allow the comparison."}}, nil
	}
	c, ok := of.Result.(*compare.Result)
	if !ok {
		return nil, fmt.Errorf("question %q: the answer is no comparison", v.Of)
	}
	var best *siting.Result
	numbers, runs := []int{number}, []string{of.ID}
	if a, n := r.answer(v.Best); a != nil {
		if n < len(r.Answers) && r.Answers[n].Question == a.Question {
			return nil, fmt.Errorf("question %q has several answers, and is the best of the verdict: want one, in one scenario that fits the data", v.Best)
		}
		best, _ = a.Result.(*siting.Result) //nolint:errcheck // nil then
		numbers, runs = append(numbers, n), append(runs, a.ID)
	}
	d, err := Decide(v, c, of.In, best)
	if err != nil {
		return nil, err
	}
	d.numbers, d.Runs, d.Lacks = numbers, slices.DeleteFunc(runs, func(id string) bool { return id == "" }), r.Lacks
	if !r.Knows(c.Params.Service) {
		d.State = Open
		d.Sentence = geodata.Text{
			Fr: "Sous réserve, car les données n'ont aucun équipement de ce service : " + d.Sentence.Fr,
			En: "With a reservation, as the data have no facility of this service: " + d.Sentence.En}
	}
	return d, nil
}

// Knows says whether the territory's data have a facility of a service, whatever its status.
func (r *Report) Knows(service string) bool {
	return slices.ContainsFunc(r.Territory.Facilities(), func(f geodata.Facility) bool { return f.Service == service })
}

// Lacking are the services that questions of the study are about, and of which the
// territory's data have nothing, each once.
func (r *Report) Lacking() (services []geodata.Service) {
	for _, q := range r.Study.Questions {
		var p struct{ Service string }
		if json.Unmarshal(q.Params, &p) != nil || p.Service == "" || r.Knows(p.Service) {
			continue
		}
		service, err := r.Territory.Catalogue().Service(p.Service)
		if err == nil && !slices.ContainsFunc(services, func(s geodata.Service) bool { return s.ID == service.ID }) {
			services = append(services, service)
		}
	}
	return services
}
