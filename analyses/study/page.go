package study

import (
	"cmp"
	_ "embed" // for the pages
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

//go:embed page.html
var pageText string

//go:embed index.html
var indexText string

// page is the report as the template shows it, in one language.
type page struct {
	words
	Lang, Title, Question string
	About                 []string // paragraphs
	Territory             string
	Modelled, Unrecorded  bool
	Verdict               *shownVerdict
	Lacks                 []string
	Sections              []section
	Notes                 []said
	Sources               []geodata.Source
	Runs                  []shownRun
	Snapshot, Version     string
}

type shownVerdict struct {
	State    State
	Badge    string
	Sentence string
	More     []string
	Runs     []int
}

// section is a question with its answers.
type section struct {
	ID, Title string
	Said      []said
	Figures   []figure
	Tables    []table
	Files     []string // names of the answers' files without endings
}

// said is a sentence and the runs that its numbers are of.
type said struct {
	Text string
	Runs []int
}

// table has a head, and rows of which the first cell is one too.
type table struct {
	Caption string
	Runs    []int
	Head    []cell
	Rows    [][]cell
	Below   string
}

// cell is a text, and the run it is of where it is a number; 0 where it is none.
type cell struct {
	Text  string
	Run   int
	Class string
}

type shownRun struct {
	Number                               int
	ID, Title, In, Params, File          string
	Snapshot, Hash, Version, ShortedHash string
}

// Say is the template's choice of language.
func (w words) Say(fr, en string) string { return w.say(fr, en) }

// Page writes the report as one HTML page that needs no other file.
func (r *Report) Page(out io.Writer, lang string) error {
	p, err := r.page(words{lang})
	if err != nil {
		return err
	}
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(out, p)
}

func (r *Report) page(w words) (*page, error) {
	st, territory := r.Study, r.Territory.Territory()
	p := &page{words: w, Lang: w.say("fr", "en"), Title: st.Title.In(w.lang), Question: st.Question.In(w.lang), Territory: territory.Name, Modelled: territory.Modelled,
		Unrecorded: r.Unrecorded, Sources: r.Territory.Sources(), Snapshot: r.Territory.ID()}
	for paragraph := range strings.SplitSeq(st.About.In(w.lang), "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			p.About = append(p.About, paragraph)
		}
	}
	for _, l := range r.Lacks {
		p.Lacks = append(p.Lacks, l.In(w.lang))
	}
	d, err := r.Decision()
	if err != nil {
		return nil, err
	}
	if d != nil {
		p.Verdict = &shownVerdict{State: d.State, Sentence: d.Sentence.In(w.lang), Runs: d.numbers, Badge: map[State]string{
			Certain: w.say("Verdict certain", "Certain verdict"), Open: w.say("Sans conclusion ferme", "No firm conclusion"), None: w.say("Pas de verdict", "No verdict")}[d.State]}
		for _, m := range d.More {
			p.Verdict.More = append(p.Verdict.More, m.In(w.lang))
		}
	}
	b := &builder{words: w, Report: r, decision: d}
	for i := range st.Questions {
		if s, any := b.section(&st.Questions[i]); any {
			p.Sections = append(p.Sections, s)
		}
	}
	for i, a := range r.Answers {
		p.Runs = append(p.Runs, b.run(i+1, &a))
		p.Version = a.Version
		p.note(&a, i+1)
	}
	return p, nil
}

// note tells an answer's notes, each once with all the runs that it is of. The names of
// scenarios, the first notes of their answers, are told with the runs.
func (p *page) note(a *Answer, number int) {
	for _, n := range a.Layers.Provenance.Notes {
		text := n.In(p.lang)
		if a.Layers.Provenance.Scenario != nil && (strings.HasPrefix(text, "Scénario : ") || strings.HasPrefix(text, "Scenario: ")) {
			continue
		}
		if k := slices.IndexFunc(p.Notes, func(s said) bool { return s.Text == text }); k >= 0 {
			p.Notes[k].Runs = append(p.Notes[k].Runs, number)
			continue
		}
		p.Notes = append(p.Notes, said{text, []int{number}})
	}
}

// run is a line of the table of runs.
func (b *builder) run(number int, a *Answer) shownRun {
	own := members(a.Params)
	delete(own, "scenario")
	delete(own, "scenarios")
	for name, value := range own { // what says nothing, and long lists of places: the file has all
		var list []json.RawMessage
		switch text := string(value); {
		case text == "null" || text == `""` || text == "[]":
			delete(own, name)
		case json.Unmarshal(value, &list) == nil && len(text) > 200:
			own[name] = json.RawMessage(fmt.Sprintf(`"%d…"`, len(list)))
		}
	}
	params, err := json.Marshal(own)
	if err != nil {
		params = a.Params
	}
	var in []string
	for _, id := range a.In {
		in = append(in, b.scenarioName(id))
	}
	return shownRun{Number: number, ID: a.ID, Title: a.Title.In(b.lang), In: strings.Join(in, ", "), Params: string(params), File: a.Name() + ".json",
		Snapshot: a.Snapshot, Hash: a.Hash, ShortedHash: a.Hash[:min(12, len(a.Hash))], Version: a.Version}
}

func (b *builder) scenarioName(id string) string { return b.Study.Scenario(id).Name.In(b.lang) }

// builder makes sections.
type builder struct {
	words
	*Report
	decision *Decision
}

// section shows the answers to a question; none where there is no answer.
func (b *builder) section(q *Question) (s section, any bool) {
	var all []numbered
	for i := range b.Answers {
		if a := &b.Answers[i]; a.Question == q {
			all = append(all, numbered{a, i + 1})
			s.Files = append(s.Files, a.Name())
		}
	}
	if len(all) == 0 {
		return s, false
	}
	s.ID, s.Title = q.ID, cmp.Or(q.Title.In(b.lang), all[0].Title.In(b.lang))
	b.fill(&s, all)
	return s, true
}

// numbered is an answer with its number on the page.
type numbered struct {
	*Answer
	n int
}

// Verdicts writes the page that lists the verdicts of several studies. Folders are where
// their pages are, beside it; a study that failed has an error instead of a decision.
func Verdicts(out io.Writer, lang string, all []Concluded) error {
	w := words{lang}
	type line struct{ Folder, Title, Question, Sentence, State, Failed string }
	var lines []line
	for _, c := range all {
		l := line{Folder: c.Folder, Title: c.Study.Title.In(lang), Question: c.Study.Question.In(lang), Failed: c.Failed}
		if c.Decision != nil {
			l.Sentence, l.State = c.Decision.Sentence.In(lang), string(c.Decision.State)
		}
		lines = append(lines, l)
	}
	t, err := template.New("index").Parse(indexText)
	if err != nil {
		return err
	}
	return t.Execute(out, struct {
		words
		Lang  string
		Lines []line
	}{w, w.say("fr", "en"), lines})
}

// Concluded is a study and how it ended.
type Concluded struct {
	Study    *Study
	Folder   string // empty where nothing was written
	Decision *Decision
	Failed   string // why there is no page
}

// numberOf writes a figure of a layer for people.
func (w words) quantity(v float64, unit string) string {
	switch unit {
	case "persons", "places", "households":
		return w.number(v, 0)
	case "%":
		return w.number(v, 1) + w.say("\u202f%", "%")
	case "s":
		return w.seconds(&v)
	case "person-s":
		return w.number(v/3600, 0) + "\u00a0h"
	}
	switch {
	case v == float64(int64(v)), v >= 1000:
		return w.number(v, 0)
	case v < 1 && v > -1:
		return w.number(v, 3)
	}
	return w.number(v, 1)
}

// value is that of a field's row, and whether it is a number.
func (w words) value(l *geodata.Layer, f *geodata.Field, i int) (text string, number bool) {
	switch v := f.Value(i).(type) {
	case string:
		if l.Classes != nil && l.Classes.Field == f.Name {
			for _, c := range l.Classes.Values {
				if c.Value == v {
					return c.Label.In(w.lang), false
				}
			}
		}
		return v, false
	case bool:
		if v {
			return w.say("oui", "yes"), false
		}
		return w.say("non", "no"), false
	case int64:
		return w.quantity(float64(v), f.Unit), true
	case float64:
		return w.quantity(v, f.Unit), true
	}
	return "–", false
}

func numberCell(run int, text string) cell { return cell{Text: text, Run: run, Class: "n"} }

// headOf is a field's label, with its unit where values do not say it.
func (w words) headOf(f *geodata.Field) string {
	switch f.Unit {
	case "", "persons", "s", "%", "person-s":
		return f.Label.In(w.lang)
	}
	return fmt.Sprintf("%s (%s)", f.Label.In(w.lang), f.Unit)
}
