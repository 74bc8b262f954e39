package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// runCommands are those about runs, which survive the process that asks for them.
type runCommands struct {
	Run     runCmd     `cmd:"" help:"Ask for an analysis that is queued, survives crashes, and is answered once; or answer studies."`
	Runs    runsCmd    `cmd:"" help:"List, show, cancel and retry runs."`
	Verify  verifyCmd  `cmd:"" help:"Work the answer of a run out again, and compare it with the one that is stored."`
	Worker  workerCmd  `cmd:"" help:"Work the runs of a file or database until interrupted."`
	Execute executeCmd `cmd:"" hidden:"" help:"Answer one run; started by workers."`
}

type runCmd struct {
	onFlags   `embed:""`
	Analysis  []string          `arg:"" help:"One of ${analyses}; or studies: files that end in .yaml."`
	Param     map[string]string `mapsep:"none" xor:"params" placeholder:"NAME=VALUE" help:"A parameter, such as service=creche or within=10m,15m; may be repeated."`
	Params    string            `xor:"params" placeholder:"JSON|FILE" help:"All parameters as JSON, or a file of them."`
	inFlags   `embed:""`
	Priority  int           `default:"2" placeholder:"1-4" help:"1 comes first, 4 last."`
	Timeout   time.Duration `default:"1h" help:"Time that one attempt may take."`
	Wait      bool          `default:"true" negatable:"detach" help:"Wait for the answer, and work it out here when no worker is around; --detach leaves it to a worker."`
	Out       string        `placeholder:"FILE" help:"Write the answer: .json as it is stored, or its layers as .geojson, .gpkg or .csv."`
	Overwrite bool          `help:"Replace the file if it exists."`
	JSON      bool          `name:"json" help:"Print the answer as JSON; with --detach, the run."`
	Each      string        `enum:"epci," default:"" placeholder:"epci" help:"epci: one run for each EPCI of the study area, on all workers; the answer is that of the whole region."`
	Buffer    string        `default:"10km" help:"With --each: how far around an EPCI to look at first; farther where that is not enough."`
	Slots     int           `placeholder:"N" env:"MAILLAGE_SLOTS" help:"With --each and no worker around: runs at once; half the processors when absent."`
	workFlags `embed:""`
}

func (c *runCmd) Run(s *session) error {
	if slices.ContainsFunc(c.Analysis, isStudy) {
		return c.studies(s)
	}
	if c.Each != "" {
		return c.each(s)
	}
	a, params, err := c.question()
	if err != nil {
		return err
	}
	if err := c.checkOut(); err != nil {
		return err
	}
	return withQueue(s.ctx, c.On, func(st store.Store, q *jobs.Queue) error {
		v, err := c.about(s.ctx, st)
		if err == nil {
			err = c.try(s, st, v)
		}
		if err != nil {
			return err
		}
		run, _, err := q.Submit(s.ctx, ledger.Request{By: user(), Priority: c.Priority, Timeout: c.Timeout, Question: ledger.Question{
			Analysis: a.Name, Territory: v.Territory.ID, Vintage: v.Name, Snapshot: v.Snapshot, Params: params, Version: programVersion()}})
		if errors.Is(err, ledger.ErrRequest) {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if err != nil {
			return err
		}
		if !c.Wait {
			return c.detached(s, q, run)
		}
		if run, err = c.await(s, q, run); err != nil {
			return err
		}
		if run.State != ledger.Done {
			return fail(run)
		}
		return c.give(s, st, run)
	})
}

// question checks what is asked before anything is opened.
func (c *runCmd) question() (a registry.Analysis, params json.RawMessage, err error) {
	if len(c.Analysis) > 1 {
		return a, nil, fmt.Errorf("%w: %s: want one analysis, or studies", errUsage, strings.Join(c.Analysis, " "))
	}
	if a, err = registry.Get(c.Analysis[0]); err != nil {
		return a, nil, err
	}
	sc, err := c.parsed()
	if err != nil {
		return a, nil, err
	}
	if params, err = c.params(a); err != nil || sc == nil {
		return a, params, err
	}
	if _, other, err := registry.Split(params); err != nil || other != nil {
		return a, nil, errors.Join(err, fmt.Errorf("%w: --scenario: the parameters have a scenario already", errUsage))
	}
	params, err = registry.With(params, sc)
	return a, params, err
}

// params are those written as flags or JSON.
func (c *runCmd) params(a registry.Analysis) (json.RawMessage, error) {
	if c.Params == "" {
		return a.FromWords(c.Param)
	}
	raw := []byte(c.Params)
	if !strings.HasPrefix(strings.TrimSpace(c.Params), "{") {
		var err error
		if raw, err = os.ReadFile(c.Params); err != nil {
			return nil, fmt.Errorf("%w: --params: neither JSON nor a file that can be read: %w", errUsage, err)
		}
	}
	return a.Params(raw)
}

// try says what of the scenario does not fit the territory, before anything is
// queued: a worker knows nothing of the file and its lines.
func (c *runCmd) try(s *session, st store.Store, v store.Vintage) error {
	if c.Scenario == "" {
		return nil
	}
	snap, err := readShown(s.ctx, st, store.Ref{Territory: v.Territory.ID, Vintage: v.Name})
	if err != nil {
		return err
	}
	_, _, err = c.in(s, snap, traveltime.NewNetworks(networksBeside(c.On, c.Vintage, snap)), nil)
	return err
}

func (c *runCmd) checkOut() error {
	switch {
	case c.Out == "":
		return nil
	case !c.Wait:
		return fmt.Errorf("%w: --out: there is no answer to write yet with --detach", errUsage)
	case filepath.Ext(c.Out) != ".json":
		if err := export.CheckPath(c.Out); err != nil {
			return fmt.Errorf("%w: --out: %w", errUsage, err)
		}
	}
	return absent(c.Out, c.Overwrite)
}

// about is the vintage that the flags name, with the snapshot it has now: layers
// of a file may have been edited since it was written.
func (o onFlags) about(ctx context.Context, st store.Store) (store.Vintage, error) {
	all, err := st.Vintages(ctx)
	if err != nil {
		return store.Vintage{}, err
	}
	v, err := vintage(all, store.Ref{Territory: o.Territory, Vintage: o.Vintage})
	if err != nil || isDatabase(o.On) {
		return v, err
	}
	snap, err := st.Read(ctx, store.Ref{Territory: v.Territory.ID, Vintage: v.Name})
	if err == nil {
		v.Snapshot = snap.ID()
	}
	return v, err
}

func (c *runCmd) detached(s *session, q *jobs.Queue, run ledger.Run) error {
	if c.JSON {
		return printJSON(s.out, run)
	}
	fmt.Fprintln(s.out, run.ID)
	workers, err := q.Ledger().Workers(s.ctx, jobs.Silence)
	if err == nil && len(workers) == 0 && !run.State.Final() && !s.quiet {
		fmt.Fprintf(s.err, s.say("aucun travailleur n'est là : lancer maillage worker --on %s\n", "no worker is around: start maillage worker --on %s\n"), c.On)
	}
	return err
}

// await waits for the end of the run, and works it here while no worker is around.
func (c *runCmd) await(s *session, q *jobs.Queue, run ledger.Run) (ledger.Run, error) {
	bar := s.progress()
	defer bar.end()
	show := func(r ledger.Run) {
		if r.State == ledger.Running && r.Total > 0 {
			bar.step(r.Analysis, r.Done, r.Total)
		}
	}
	for {
		if run.State.Final() {
			return run, nil
		}
		workers, err := q.Ledger().Workers(s.ctx, jobs.Silence)
		if err != nil {
			return run, err
		}
		if len(workers) == 0 {
			quiet := *s
			quiet.quiet = true // what becomes of the run is said in the end
			o := c.options(&quiet, c.On, 1)
			o.Log = nil
			return jobs.WorkOn(s.ctx, q, run.ID, o, show)
		}
		some, done := context.WithTimeout(s.ctx, jobs.Silence)
		run, err = q.Wait(some, run.ID, show)
		done()
		if s.ctx.Err() != nil {
			fmt.Fprintf(s.err, s.say("un travailleur poursuit le calcul %s ; pour l'arrêter : maillage runs cancel %s --on …\n",
				"a worker goes on with run %s; to stop it: maillage runs cancel %s --on …\n"), run.ID, run.ID)
		}
		if err != nil && (s.ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return run, err
		}
	}
}

// give writes and shows an answer.
func (c *runCmd) give(s *session, st store.Store, run ledger.Run) error {
	body, hash, err := st.Ledger().Result(s.ctx, run.Key)
	if err != nil {
		return err
	}
	if err := c.write(s, st, run, body); err != nil {
		return err
	}
	switch {
	case c.JSON:
		var b bytes.Buffer
		if err := json.Indent(&b, body, "", "  "); err != nil {
			return err
		}
		fmt.Fprintln(s.out, b.String())
	case !s.quiet:
		a, err := registry.Get(run.Analysis)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, s.say("%s — %s : calcul %s terminé en %s, %s octets, empreinte %s\n", "%s — %s: run %s done in %s, %s bytes, hash %s\n"),
			a.Title.In(s.lang), run.Territory, run.ID, s.seconds(run.Finished.Sub(run.Started)), s.thousands(fmt.Sprint(len(body))), hash[:12])
		if c.Out != "" {
			fmt.Fprintf(s.out, "→ %s\n", filepath.Clean(c.Out))
		} else {
			fmt.Fprintln(s.out, s.say("  --out FICHIER ou --json donnent la réponse, sans la recalculer", "  --out FILE or --json give the answer, without working it out again"))
		}
	}
	return nil
}

func (s *session) seconds(d time.Duration) string { return s.decimal(d.Seconds()) + " s" }

func (c *runCmd) write(s *session, st store.Store, run ledger.Run, body []byte) error {
	switch {
	case c.Out == "":
		return nil
	case filepath.Ext(c.Out) == ".json":
		return writeFile(c.Out, c.Overwrite, func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		})
	}
	return c.writeLayers(s, st, run, body)
}

// writeLayers works the answer out once more, because what is stored has no
// geometry, and makes sure that it is the same.
func (c *runCmd) writeLayers(s *session, st store.Store, run ledger.Run, body []byte) error {
	a, err := registry.Get(run.Analysis)
	if err != nil {
		return err
	}
	snap, nets, err := asked(s.ctx, st, jobs.Task{Target: c.On, Question: run.Question})
	if err != nil {
		return err
	}
	bar := s.progress()
	defer bar.end()
	answer, err := a.Run(s.ctx, snap, nets, run.Params, func(done, total int) { bar.step(filepath.Base(c.Out), int64(done), int64(total)) })
	if err != nil {
		return err
	}
	again, err := answer.JSON()
	if err != nil {
		return err
	}
	if !bytes.Equal(again, body) {
		return fmt.Errorf("run %s: the answer worked out now is another than the one stored: %s is not written", run.ID, c.Out)
	}
	return export.ToFile(s.ctx, c.Out, answer.Layers(), c.Overwrite)
}
