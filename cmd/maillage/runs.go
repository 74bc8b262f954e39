package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

type runsCmd struct {
	On   string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	JSON bool   `name:"json" help:"Print as JSON."`

	List   runsListCmd   `cmd:"" default:"withargs" help:"List runs, the newest first."`
	Show   runsShowCmd   `cmd:"" help:"Tell all about a run."`
	Log    runsLogCmd    `cmd:"" help:"Print what a run and its workers said."`
	Cancel runsCancelCmd `cmd:"" help:"Cancel a run."`
	Retry  runsRetryCmd  `cmd:"" help:"Ask the question of a failed or cancelled run again."`
}

// ledger opens the ledger for reading.
func (c *runsCmd) ledger(s *session, f func(*ledger.Ledger) error) error {
	st, err := openStore(s.ctx, c.On, false)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	return f(st.Ledger())
}

type runsListCmd struct {
	State     []string `placeholder:"STATE,…" help:"Only runs that are queued, running, done, failed or cancelled."`
	Territory string   `placeholder:"ID" help:"Only runs about this territory."`
	Limit     int      `default:"20" help:"How many at most."`
}

func (c *runsListCmd) Run(s *session, parent *runsCmd) error {
	f := ledger.Filter{Territory: c.Territory, Limit: c.Limit}
	for _, text := range c.State {
		state := ledger.State(text)
		if _, ok := stateNames[state]; !ok {
			return fmt.Errorf("%w: --state %q: want queued, running, done, failed or cancelled", errUsage, text)
		}
		f.States = append(f.States, state)
	}
	return parent.ledger(s, func(l *ledger.Ledger) error {
		runs, err := l.Runs(s.ctx, f)
		if err != nil {
			return err
		}
		if parent.JSON {
			if runs == nil {
				runs = []ledger.Run{}
			}
			return printJSON(s.out, runs)
		}
		t := newTable(s.say("calcul", "run"), s.say("état", "state"), s.say("analyse", "analysis"), s.say("territoire", "territory"),
			s.say("demandé par", "asked by"), s.say("demandé le", "asked on"), s.say("essai", "attempt"), s.say("avancement", "progress"), s.say("durée", "took"))
		for _, r := range runs {
			t.row(r.ID, s.state(r), r.Analysis, r.Territory, r.By, r.Created.Local().Format(time.DateTime), fmt.Sprintf("%d/%d", r.Attempt, r.MaxAttempts), s.done(r), s.took(r))
		}
		t.write(s.out)
		return nil
	})
}

var stateNames = map[ledger.State][2]string{
	ledger.Queued: {"en attente", "queued"}, ledger.Running: {"en cours", "running"}, ledger.Done: {"terminé", "done"},
	ledger.Failed: {"échoué", "failed"}, ledger.Cancelled: {"annulé", "cancelled"},
}

func (s *session) state(r ledger.Run) string {
	name := stateNames[r.State]
	if r.Cancelling {
		name = [2]string{"s'arrête", "stopping"}
	}
	return s.say(name[0], name[1])
}

// done is how far a run is.
func (s *session) done(r ledger.Run) string {
	if r.Total == 0 || r.State != ledger.Running {
		return "–"
	}
	return s.percent(float64(r.Done)/float64(r.Total), true)
}

// took is how long the last attempt took, or has taken.
func (s *session) took(r ledger.Run) string {
	switch {
	case r.Started.IsZero() || r.State == ledger.Queued:
		return "–"
	case r.Finished.IsZero():
		return s.seconds(time.Since(r.Started))
	}
	return s.seconds(r.Finished.Sub(r.Started))
}

type runsShowCmd struct {
	ID string `arg:"" help:"Run."`
}

func (c *runsShowCmd) Run(s *session, parent *runsCmd) error {
	return parent.ledger(s, func(l *ledger.Ledger) error {
		r, err := l.Run(s.ctx, c.ID)
		if err != nil {
			return err
		}
		if parent.JSON {
			return printJSON(s.out, r)
		}
		s.show(r)
		_, hash, err := l.Result(s.ctx, r.Key)
		if err == nil {
			s.line("empreinte", "hash", hash)
		} else if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		return err
	})
}

func (s *session) line(fr, en, value string) {
	if value != "" {
		fmt.Fprintf(s.out, "%-14s %s\n", s.say(fr, en), value)
	}
}

func (s *session) show(r ledger.Run) {
	s.line("calcul", "run", r.ID)
	s.line("état", "state", s.state(r))
	s.line("analyse", "analysis", r.Analysis)
	s.line("paramètres", "parameters", string(r.Params))
	s.line("territoire", "territory", r.Territory+"/"+r.Vintage)
	s.line("partie", "part", string(r.Part))
	s.line("instantané", "snapshot", r.Snapshot)
	s.line("version", "version", r.Version)
	s.line("demandé par", "asked by", r.By)
	s.line("priorité", "priority", fmt.Sprint(r.Priority))
	s.line("essai", "attempt", fmt.Sprintf("%d/%d", r.Attempt, r.MaxAttempts))
	s.line("travailleur", "worker", r.Worker)
	s.line("demandé le", "asked on", r.Created.Local().Format(time.DateTime))
	if !r.Started.IsZero() {
		s.line("commencé le", "begun on", r.Started.Local().Format(time.DateTime))
		s.line("durée", "took", s.took(r))
	}
	if r.Total > 0 {
		s.line("avancement", "progress", fmt.Sprintf("%d/%d", r.Done, r.Total))
	}
	s.line("erreur", "error", r.Error)
}

type runsLogCmd struct {
	ID string `arg:"" help:"Run."`
}

func (c *runsLogCmd) Run(s *session, parent *runsCmd) error {
	return parent.ledger(s, func(l *ledger.Ledger) error {
		if _, err := l.Run(s.ctx, c.ID); err != nil {
			return err
		}
		lines, err := l.RunLog(s.ctx, c.ID)
		if err != nil {
			return err
		}
		if parent.JSON {
			return printJSON(s.out, lines)
		}
		for _, line := range lines {
			fmt.Fprintf(s.out, "%s  %d  %s\n", line.At.Local().Format(time.DateTime), line.Attempt, line.Text)
		}
		return nil
	})
}

type runsCancelCmd struct {
	ID string `arg:"" help:"Run."`
}

func (c *runsCancelCmd) Run(s *session, parent *runsCmd) error {
	return withQueue(s.ctx, parent.On, func(_ store.Store, q *jobs.Queue) error {
		r, err := q.Cancel(s.ctx, c.ID, user())
		if err != nil {
			return err
		}
		return s.tell(r, parent.JSON)
	})
}

type runsRetryCmd struct {
	ID string `arg:"" help:"Run."`
}

func (c *runsRetryCmd) Run(s *session, parent *runsCmd) error {
	return withQueue(s.ctx, parent.On, func(_ store.Store, q *jobs.Queue) error {
		r, _, err := q.Retry(s.ctx, c.ID, user())
		if errors.Is(err, ledger.ErrRequest) {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if err != nil {
			return err
		}
		return s.tell(r, parent.JSON)
	})
}

// tell says what has become of a run in one line.
func (s *session) tell(r ledger.Run, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, r)
	}
	if !s.quiet {
		fmt.Fprintf(s.out, "%s : %s\n", r.ID, s.state(r))
	}
	return nil
}
