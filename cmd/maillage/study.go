package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/study"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/atomicfile"
	"github.com/maillage/maillage/internal/store/ledger"
)

// isStudy tells a study from the name of an analysis.
func isStudy(word string) bool {
	ext := strings.ToLower(filepath.Ext(word))
	return ext == ".yaml" || ext == ".yml"
}

// studies answers studies, and writes a folder for each. One that fails leaves nothing
// behind, and the others go on.
func (c *runCmd) studies(s *session) error {
	if err := c.checkStudies(); err != nil {
		return err
	}
	var failed []error
	var all []study.Concluded
	var read []*study.Study
	for _, file := range c.Analysis {
		st, err := study.Load(file, checkAnalysis)
		if err == nil && slices.ContainsFunc(read, func(o *study.Study) bool { return o.Name() == st.Name() }) {
			err = fmt.Errorf("%s: there are two studies called %s, and their folders would be the same", file, st.Name())
		}
		if err == nil {
			err = absent(filepath.Join(c.Out, st.Name()), c.Overwrite)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		read = append(read, st)
	}
	err := c.withInquiry(s, func(q *inquiry) error {
		for _, st := range read {
			done, err := q.study(st, filepath.Join(c.Out, st.Name()))
			if s.ctx.Err() != nil {
				return s.ctx.Err()
			}
			if err != nil {
				if !strings.HasPrefix(err.Error(), st.File()) { // what is wrong in a study says so itself
					err = fmt.Errorf("%s: %w", st.File(), err)
				}
				failed = append(failed, err)
				done = study.Concluded{Study: st, Failed: err.Error()}
			}
			all = append(all, done)
		}
		return nil
	})
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	if len(c.Analysis) > 1 && len(all) > 0 {
		failed = append(failed, writeFile(filepath.Join(c.Out, "index.html"), c.Overwrite, func(w io.Writer) error { return study.Verdicts(w, s.lang, all) }))
	}
	return errors.Join(failed...)
}

// checkStudies refuses what goes with an analysis, and no folder.
func (c *runCmd) checkStudies() error {
	if i := slices.IndexFunc(c.Analysis, func(word string) bool { return !isStudy(word) }); i >= 0 {
		return fmt.Errorf("%w: %s among studies: want files that end in .yaml or .yml, or one analysis", errUsage, c.Analysis[i])
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"--param", len(c.Param) > 0}, {"--params", c.Params != ""}, {"--scenario", c.Scenario != ""}, {"--each", c.Each != ""}, {"--detach", !c.Wait}, {"--json", c.JSON}} {
		if f.given {
			return fmt.Errorf("%w: %s: a study says itself what is asked, and writes a folder", errUsage, f.name)
		}
	}
	if c.Out == "" {
		return fmt.Errorf("%w: missing flags: --out=DIR: the folder in which each study has its own", errUsage)
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return atomicfile.Explain(c.Out, err)
	}
	if len(c.Analysis) > 1 {
		return absent(filepath.Join(c.Out, "index.html"), c.Overwrite)
	}
	return nil
}

// checkAnalysis is a study.Check.
func checkAnalysis(name string, params []byte) error {
	a, err := registry.Get(name)
	if err == nil {
		_, err = a.Params(params)
	}
	return err
}

// inquiry asks the questions of studies about one territory.
type inquiry struct {
	*session
	cmd   *runCmd
	store store.Store
	queue *jobs.Queue // nil where the target holds no runs
	about store.Vintage
	snap  *geodata.Snapshot
	nets  *traveltime.Networks
}

// withInquiry opens the target: for runs, or for reading where it cannot be written.
func (c *runCmd) withInquiry(s *session, f func(*inquiry) error) error {
	open := func(st store.Store, queue *jobs.Queue) error {
		v, err := c.about(s.ctx, st)
		if err != nil {
			return err
		}
		snap, err := readShown(s.ctx, st, store.Ref{Territory: v.Territory.ID, Vintage: v.Name})
		if err != nil {
			return err
		}
		return f(&inquiry{s, c, st, queue, v, snap, traveltime.NewNetworks(networksBeside(c.On, c.Vintage, snap))})
	}
	if writable(c.On) {
		return withQueue(s.ctx, c.On, open)
	}
	if !s.quiet {
		fmt.Fprintf(s.err, s.say("%s ne peut pas être modifié : les réponses sont calculées sans être enregistrées\n", "%s cannot be written: answers are worked out without being recorded\n"), c.On)
	}
	st, err := openStore(s.ctx, c.On, false)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	return open(st, nil)
}

// writable says that a target is no file that refuses to be written; what else is wrong
// with it is told by who opens it.
func writable(target string) bool {
	if isDatabase(target) {
		return true
	}
	f, err := os.OpenFile(target, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS)
	}
	return f.Close() == nil
}

// study answers one, and writes its folder.
func (q *inquiry) study(st *study.Study, dir string) (study.Concluded, error) {
	r := &study.Report{Study: st, Territory: q.snap, Worlds: map[string]*geodata.Snapshot{study.Today: q.snap}, Unrecorded: q.queue == nil}
	if err := q.worlds(r); err != nil {
		return study.Concluded{}, err
	}
	for _, service := range r.Lacking() {
		r.Lacks = append(r.Lacks, geodata.Text{
			Fr: "Aucun équipement « " + service.Label.Fr + " » n'est dans les données de ce territoire : tout se passe comme s'il n'y en avait aucun aujourd'hui.",
			En: "No facility “" + service.Label.In("en") + "” is in the data of this territory: all is told as if there were none today."})
	}
	if err := q.answers(r); err != nil {
		return study.Concluded{}, err
	}
	d, err := r.Decision()
	if err != nil {
		return study.Concluded{}, err
	}
	if err := q.folder(r, d, dir); err != nil {
		return study.Concluded{}, err
	}
	if !q.quiet {
		fmt.Fprintln(q.out, st.Title.In(q.lang))
		if d != nil {
			fmt.Fprintln(q.out, "  "+d.Sentence.In(q.lang))
			for _, m := range d.More {
				fmt.Fprintln(q.out, "  "+m.In(q.lang))
			}
		}
		for _, l := range r.Lacks {
			fmt.Fprintln(q.out, "  ! "+l.In(q.lang))
		}
		fmt.Fprintln(q.out, "→ "+filepath.Join(dir, "index.html"))
	}
	return study.Concluded{Study: st, Folder: filepath.Base(dir), Decision: d}, nil
}

// worlds tries all scenarios before anything is asked. What an optional one lacks is told.
func (q *inquiry) worlds(r *study.Report) error {
	var wrong []error
	unfit := map[*study.Scenario]error{}
	for i := range r.Study.Scenarios {
		sc := &r.Study.Scenarios[i]
		w, err := scenario.Apply(q.ctx, q.snap, q.nets, &sc.Scenario)
		switch {
		case err == nil:
			r.Worlds[sc.ID] = w.Snapshot
		case q.ctx.Err() != nil:
			return err
		case sc.Optional:
			unfit[sc] = err
		default:
			wrong = append(wrong, r.Study.WrongScenario(sc.ID, err))
		}
	}
	for i := range r.Study.Scenarios {
		sc := &r.Study.Scenarios[i]
		if err := unfit[sc]; err != nil && !fits(r, sc.Name) {
			r.Lacks = append(r.Lacks, geodata.Text{
				Fr: fmt.Sprintf("Le scénario « %s » est laissé de côté, car il ne s'applique pas à ces données : %s.", sc.Name.Fr, reasons(err)),
				En: fmt.Sprintf("Scenario “%s” is left out, since it does not fit these data: %s.", sc.Name.In("en"), reasons(err))})
		}
	}
	return errors.Join(wrong...)
}

// fits says that a scenario of the name fits: a study may have the same one several
// times, for data that call facilities otherwise.
func fits(r *study.Report, name geodata.Text) bool {
	return slices.ContainsFunc(r.Study.Scenarios, func(o study.Scenario) bool { return o.Name == name && r.Worlds[o.ID] != nil })
}

// reasons are why a scenario does not fit, without the places in its file.
func reasons(err error) string {
	problems := (scenario.Problems)(nil)
	if !errors.As(err, &problems) {
		return err.Error()
	}
	var all []string
	for _, p := range problems {
		says, _, _ := strings.Cut(p.Says, ": want") // the report is for who reads it, not for who writes the study
		all = append(all, says)
	}
	return strings.Join(all, "; ")
}

// answers asks all questions.
func (q *inquiry) answers(r *study.Report) error {
	tasks, dropped := r.Study.Tasks(func(id string) bool { return r.Worlds[id] == nil })
	for _, lost := range dropped {
		r.Lacks = append(r.Lacks, geodata.Text{
			Fr: "Question sans réponse, faute de scénarios : " + name(lost, "fr") + ".",
			En: "Question without an answer, for want of scenarios: " + name(lost, "en") + "."})
	}
	for _, t := range tasks {
		a, err := q.answer(r.Study, t)
		switch {
		case err == nil:
			r.Answers = append(r.Answers, a)
		case q.ctx.Err() == nil && t.Question.Optional && errors.Is(err, analyses.ErrParams):
			r.Lacks = append(r.Lacks, geodata.Text{
				Fr: fmt.Sprintf("Question sans réponse, car les données ne le permettent pas : %s (%s).", name(t.Question, "fr"), err),
				En: fmt.Sprintf("Question without an answer, since the data do not allow it: %s (%s).", name(t.Question, "en"), err)})
		case q.ctx.Err() != nil:
			return err
		default:
			return r.Study.Wrong(t.Number, err)
		}
	}
	return nil
}

// name is what people call a question.
func name(q *study.Question, lang string) string {
	if q.Title.Fr == "" {
		return q.ID
	}
	return q.Title.In(lang)
}

// answer works an answer out here, where errors still know their parameters, then asks
// for it as a run and compares.
func (q *inquiry) answer(st *study.Study, t study.Task) (study.Answer, error) {
	a, err := registry.Get(t.Question.Analysis)
	if err != nil {
		return study.Answer{}, err
	}
	params, err := paramsOf(a, st, t)
	if err != nil {
		return study.Answer{}, err
	}
	bar := q.progress()
	defer bar.end()
	answer, err := a.Run(q.ctx, q.snap, q.nets, params, func(done, total int) { bar.step(st.Name()+" "+t.Name(), int64(done), int64(total)) })
	if err != nil {
		return study.Answer{}, err
	}
	bar.end()
	body, err := answer.JSON()
	if err != nil {
		return study.Answer{}, err
	}
	run := study.Run{Params: params, Snapshot: q.about.Snapshot, Version: programVersion(), Hash: answeredBy("", body).Hash}
	if q.queue != nil {
		if run.ID, err = q.record(a, params, body); err != nil {
			return study.Answer{}, err
		}
	}
	return study.Answer{Task: t, Run: run, Result: answer.Result, Layers: answer.Layers(), Title: a.Title}, nil
}

// paramsOf are those of a question with the scenarios it is asked in, spelt as runs are.
func paramsOf(a registry.Analysis, st *study.Study, t study.Task) (json.RawMessage, error) {
	own := t.Question.Params
	if a.Name == "compare" {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(own, &members); err != nil {
			return nil, err
		}
		var all []*scenario.Scenario
		for _, id := range t.In {
			all = append(all, st.Scenario(id))
		}
		text, err := json.Marshal(all)
		if err != nil {
			return nil, err
		}
		members["scenarios"] = text
		if own, err = json.Marshal(members); err != nil {
			return nil, err
		}
		return a.Params(own)
	}
	with, err := registry.With(own, st.Scenario(t.In[0]))
	if err != nil {
		return nil, err
	}
	return a.Params(with)
}

// record asks for a run, and makes sure that it has the same answer.
func (q *inquiry) record(a registry.Analysis, params json.RawMessage, body []byte) (id string, err error) {
	c := q.cmd
	run, _, err := q.queue.Submit(q.ctx, ledger.Request{By: user(), Priority: c.Priority, Timeout: c.Timeout, Question: ledger.Question{
		Analysis: a.Name, Territory: q.about.Territory.ID, Vintage: q.about.Name, Snapshot: q.about.Snapshot, Params: params, Version: programVersion()}})
	if err != nil {
		return "", err
	}
	if run, err = c.await(q.session, q.queue, run); err != nil {
		return "", err
	}
	if run.State != ledger.Done {
		return "", fail(run)
	}
	stored, _, err := q.store.Ledger().Result(q.ctx, run.Key)
	if err == nil && !bytes.Equal(stored, body) {
		err = fmt.Errorf("run %s: the answer worked out now is another than the one stored: %s", run.ID, difference(stored, body))
	}
	return run.ID, err
}

// folder writes all files of a study under another name, then gives the folder its own.
func (q *inquiry) folder(r *study.Report, d *study.Decision, dir string) error {
	// 0777 leaves the permissions to the user's umask, as for any new folder.
	beside := filepath.Join(filepath.Dir(dir), ".maillage-"+rand.Text()[:12])
	if err := os.Mkdir(beside, 0o777); err != nil {
		return atomicfile.Explain(dir, err)
	}
	defer os.RemoveAll(beside) //nolint:errcheck // gone already where all went well
	whole := filepath.Join(beside, "new")
	if err := os.Mkdir(whole, 0o777); err != nil {
		return atomicfile.Explain(dir, err)
	}
	if err := q.files(r, d, whole); err != nil {
		return err
	}
	if q.cmd.Overwrite {
		if err := os.Rename(dir, filepath.Join(beside, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return atomicfile.Explain(dir, err)
		}
	}
	if err := os.Rename(whole, dir); err != nil {
		return atomicfile.Explain(dir, err)
	}
	return nil
}

// files writes the page, the verdict, and of each answer its JSON, its layers and tables.
func (q *inquiry) files(r *study.Report, d *study.Decision, dir string) error {
	for _, a := range r.Answers {
		if err := q.answerFiles(a, filepath.Join(dir, a.Name())); err != nil {
			return err
		}
	}
	if d != nil {
		if err := writeFile(filepath.Join(dir, "verdict.json"), false, func(w io.Writer) error { return printJSON(w, d) }); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, "index.html"), false, func(w io.Writer) error { return r.Page(w, q.lang) })
}

func (q *inquiry) answerFiles(a study.Answer, base string) error {
	body, err := json.Marshal(a.Result)
	if err != nil {
		return err
	}
	err = writeFile(base+".json", false, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
	if err != nil || len(a.Layers.Layers) == 0 {
		return err
	}
	if err := export.ToFile(q.ctx, base+".gpkg", a.Layers, false); err != nil {
		return err
	}
	for _, l := range a.Layers.Layers {
		if strings.HasSuffix(l.Name, "_cells") { // nobody reads the grid as a table
			continue
		}
		one := a.Layers
		one.Layers = []geodata.Layer{l}
		if err := export.ToFile(q.ctx, base+"-"+l.Name+".csv", one, false); err != nil {
			return err
		}
	}
	return q.ctx.Err()
}
