package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

type verifyCmd struct {
	On   string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	ID   string `arg:"" optional:"" name:"run" help:"Run: its id, or how the id begins."`
	Key  string `placeholder:"HASH" help:"Or the key of its question."`
	JSON bool   `name:"json" help:"Print what was compared as JSON."`
}

// verification is what was compared.
type verification struct {
	Run        string          `json:"run"`
	Key        string          `json:"key"`
	Analysis   string          `json:"analysis"`
	Territory  string          `json:"territory"`
	Vintage    string          `json:"vintage"`
	Snapshot   string          `json:"snapshot"`
	Part       json.RawMessage `json:"part,omitempty"`
	Params     json.RawMessage `json:"params"`
	Then       answered        `json:"then"` // as stored
	Now        answered        `json:"now"`
	Equal      bool            `json:"equal"`
	Difference string          `json:"difference,omitempty"` // the first
}

// answered is an answer and who gave it.
type answered struct {
	Version string `json:"version"`
	Bytes   int    `json:"bytes"`
	Hash    string `json:"sha256"`
}

func answeredBy(version string, body []byte) answered {
	sum := sha256.Sum256(body)
	return answered{version, len(body), hex.EncodeToString(sum[:])}
}

func (c *verifyCmd) Run(s *session) error {
	if (c.ID == "") == (c.Key == "") {
		return fmt.Errorf("%w: name a run, or the key of a question with --key", errUsage)
	}
	st, err := openStore(s.ctx, c.On, false)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	run, err := c.find(s, st.Ledger())
	if err != nil {
		return err
	}
	stored, _, err := st.Ledger().Result(s.ctx, run.Key)
	if err != nil {
		return fmt.Errorf("run %s: %w", run.ID, err)
	}
	now, err := c.again(s, st, run)
	if err != nil {
		return err
	}
	v := verification{
		Run: run.ID, Key: run.Key, Analysis: run.Analysis, Territory: run.Territory, Vintage: run.Vintage, Snapshot: run.Snapshot,
		Part: run.Part, Params: run.Params, Then: answeredBy(run.Version, stored), Now: answeredBy(programVersion(), now), Equal: bytes.Equal(stored, now),
	}
	if !v.Equal {
		v.Difference = difference(stored, now)
	}
	return s.giveVerification(v, c.JSON)
}

// find is the run that is meant. It is done, or an error says how it stands.
func (c *verifyCmd) find(s *session, l *ledger.Ledger) (ledger.Run, error) {
	runs, err := l.Runs(s.ctx, ledger.Filter{Key: c.Key, Limit: math.MaxInt32})
	if err != nil {
		return ledger.Run{}, err
	}
	var found []ledger.Run
	for _, r := range runs {
		switch {
		case r.ID == c.ID, c.Key != "" && r.State == ledger.Done:
			return answeredRun(r)
		case strings.HasPrefix(r.ID, c.ID):
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 0 && c.Key != "":
		return ledger.Run{}, fmt.Errorf("no run has the key %q: maillage runs show prints a run's", c.Key)
	case len(found) == 0:
		return ledger.Run{}, fmt.Errorf("run %q: %w: maillage runs lists them", c.ID, ledger.ErrNotFound)
	case len(found) > 1 && c.Key == "":
		return ledger.Run{}, fmt.Errorf("%w: %d runs begin with %q: %s and %s among them: write more of the id", errUsage, len(found), c.ID, found[0].ID, found[1].ID)
	}
	return answeredRun(found[0])
}

// answeredRun is the run if it has an answer.
func answeredRun(r ledger.Run) (ledger.Run, error) {
	switch {
	case r.State == ledger.Done:
		return r, nil
	case r.State.Final():
		return r, fmt.Errorf("there is nothing to verify: %w", fail(r))
	}
	return r, fmt.Errorf("there is nothing to verify: run %s is %s", r.ID, r.State)
}

// again works the answer out from what the run records.
func (c *verifyCmd) again(s *session, st store.Store, run ledger.Run) ([]byte, error) {
	cannot := func(err error) error {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		// What the run asked is no mistake of who verifies it.
		return fmt.Errorf("run %s cannot be worked out again: %s", run.ID, strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
	}
	a, err := registry.Get(run.Analysis)
	if err != nil {
		return nil, cannot(err)
	}
	v, err := onFlags{On: c.On, Territory: run.Territory, Vintage: run.Vintage}.about(s.ctx, st)
	if err != nil {
		return nil, cannot(err)
	}
	if v.Snapshot != run.Snapshot {
		return nil, cannot(fmt.Errorf("the data of territory %s, vintage %s have changed since: they were snapshot %s, and are %s", run.Territory, run.Vintage, run.Snapshot, v.Snapshot))
	}
	bar := s.progress()
	defer bar.end()
	body, err := compute(s.ctx, a, st, jobs.Task{Target: c.On, Question: run.Question}, func(done, total int) { bar.step(run.Analysis, int64(done), int64(total)) })
	if err != nil {
		return nil, cannot(err)
	}
	return body, nil
}

// giveVerification says what was compared. Answers that differ are an error.
func (s *session) giveVerification(v verification, asJSON bool) error {
	switch {
	case asJSON:
		if err := printJSON(s.out, v); err != nil {
			return err
		}
	case !s.quiet:
		s.line("calcul", "run", v.Run)
		s.line("analyse", "analysis", v.Analysis)
		s.line("paramètres", "parameters", string(v.Params))
		s.line("territoire", "territory", v.Territory+"/"+v.Vintage)
		s.line("partie", "part", string(v.Part))
		s.line("instantané", "snapshot", v.Snapshot)
		s.line("enregistré", "stored", s.answeredLine(v.Then))
		s.line("recalculé", "now", s.answeredLine(v.Now))
		if v.Then.Version != v.Now.Version {
			fmt.Fprintln(s.out, s.say("Le programme n'est plus celui qui a répondu.", "The program is not the one that answered."))
		}
		if v.Equal {
			fmt.Fprintln(s.out, s.say("La réponse est la même, octet pour octet.", "The answer is the same, byte for byte."))
		}
	}
	if v.Equal {
		return nil
	}
	return fmt.Errorf("run %s: the answer worked out now is another than the one stored: %s", v.Run, v.Difference)
}

func (s *session) answeredLine(a answered) string {
	return fmt.Sprintf(s.say("Maillage %s, %s octets, empreinte %s", "Maillage %s, %s bytes, hash %s"), a.Version, s.thousands(fmt.Sprint(a.Bytes)), a.Hash)
}

// difference is the first place where two JSON texts differ, as a JSON path, with
// what stands there.
func difference(then, now []byte) string {
	a, b := json.NewDecoder(bytes.NewReader(then)), json.NewDecoder(bytes.NewReader(now))
	a.UseNumber()
	b.UseNumber()
	if found := differs(a, b, "$"); found != "" {
		return found
	}
	n := 0
	for n < min(len(then), len(now)) && then[n] == now[n] {
		n++
	}
	return fmt.Sprintf("byte %d: the same values, written otherwise", n)
}

// differs reads a value from each, and says where the first difference is; empty
// where they are alike.
func differs(a, b *json.Decoder, path string) string {
	x, errX := a.Token()
	y, errY := b.Token()
	if errX != nil || errY != nil {
		return unreadable(path, errX, errY)
	}
	if x != y {
		return fmt.Sprintf("%s: %s then, %s now", path, shown(x), shown(y))
	}
	open, ok := x.(json.Delim)
	for i := 0; ok; i++ {
		if a.More() != b.More() {
			return fmt.Sprintf("%s: %s then, %s now", path, counted(a, i), counted(b, i))
		}
		if !a.More() {
			_, errX = a.Token()
			_, errY = b.Token()
			if errX != nil || errY != nil {
				return unreadable(path, errX, errY)
			}
			return ""
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		if open == '{' {
			var found string
			if at, found = member(a, b, path); found != "" {
				return found
			}
		}
		if found := differs(a, b, at); found != "" {
			return found
		}
	}
	return ""
}

// member reads the name of a member from each, and makes its path.
func member(a, b *json.Decoder, path string) (at, found string) {
	x, errX := a.Token()
	y, errY := b.Token()
	switch {
	case errX != nil || errY != nil:
		return "", unreadable(path, errX, errY)
	case x != y:
		return "", fmt.Sprintf("%s: member %s then, %s now", path, shown(x), shown(y))
	}
	return fmt.Sprintf("%s.%s", path, x), ""
}

func unreadable(path string, then, now error) string {
	if errors.Is(then, io.EOF) && errors.Is(now, io.EOF) {
		return ""
	}
	return fmt.Sprintf("%s: no JSON: then %v, now %v", path, then, now)
}

// counted says how many members there are where the i-th would follow.
func counted(d *json.Decoder, i int) string {
	if d.More() {
		return fmt.Sprintf("more than %d members", i)
	}
	return fmt.Sprintf("%d members", i)
}

func shown(t json.Token) string {
	switch t := t.(type) {
	case json.Delim:
		return map[json.Delim]string{'{': "an object", '[': "a list"}[t]
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", t)
	}
	return fmt.Sprint(t)
}
