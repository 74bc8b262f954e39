package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/maillage/maillage/internal/store/ledger"
)

// due is the job that says an attempt of a run is due.
type due struct {
	Run     string `json:"run"`
	Attempt int    `json:"attempt"`
}

// Kind names the job.
func (due) Kind() string { return "maillage_run" }

const queueName = "maillage"

// client is River's client on either database.
type client interface {
	Insert(context.Context, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error)
	JobList(context.Context, *river.JobListParams) (*river.JobListResult, error)
	Start(context.Context) error
	Stop(context.Context) error
	StopAndCancel(context.Context) error
}

// Queue is where runs wait for workers. It may be used by many goroutines.
type Queue struct {
	ledger *ledger.Ledger
	client client // inserts only
	work   func(*river.Config) (client, error)
	close  func()
}

// Open opens the queue in the database of a ledger, which must be writable: the
// queue's tables are made, or brought up to date, where they lack.
func Open(ctx context.Context, l *ledger.Ledger) (*Queue, error) {
	q := &Queue{ledger: l, close: func() {}}
	var err error
	if l.Dialect() == ledger.SQLite {
		err = use(ctx, q, riversqlite.New(l.DB()))
	} else {
		var pool *pgxpool.Pool
		if pool, err = poolLike(ctx, l); err != nil {
			return nil, fmt.Errorf("opening the queue: %w", err)
		}
		q.close = pool.Close
		err = use(ctx, q, riverpgxv5.New(pool))
	}
	if err != nil {
		q.Close()
		return nil, fmt.Errorf("opening the queue: %w", err)
	}
	return q, nil
}

// poolLike connects to the ledger's database as the ledger does. River speaks
// pgx, and listens on a connection of its own.
func poolLike(ctx context.Context, l *ledger.Ledger) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig("host=localhost") // replaced: a config has to begin by being parsed
	if err != nil {
		return nil, err
	}
	c, err := l.DB().Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	err = c.Raw(func(driver any) error {
		pg, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the ledger's database is reached by %T: want pgx", driver)
		}
		cfg.ConnConfig = pg.Conn().Config()
		cfg.ConnConfig.OnNotification = nil // that of the connection it was copied from
		return nil
	})
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 3 // River works in batches, and a server has few
	return pgxpool.NewWithConfig(ctx, cfg)
}

// use makes the queue's tables by a driver and its client.
func use[T any](ctx context.Context, q *Queue, d riverdriver.Driver[T]) error {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	m, err := rivermigrate.New(d, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if err := migrated(ctx, m); err != nil {
		return err
	}
	q.work = func(c *river.Config) (client, error) { return river.NewClient(d, c) }
	q.client, err = q.work(&river.Config{Logger: quiet})
	return err
}

// migrated makes the queue's tables. Of several processes that do so at once
// all but one may fail; they find the work done when they look again.
func migrated[T any](ctx context.Context, m *rivermigrate.Migrator[T]) error {
	var failure error
	for range 20 {
		v, err := m.Validate(ctx, nil)
		if err == nil && v.OK {
			return nil
		}
		if _, failure = m.Migrate(ctx, rivermigrate.DirectionUp, nil); failure == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
	return failure
}

// Close lets go of the queue; the ledger stays open.
func (q *Queue) Close() { q.close() }

// Ledger is the one the queue works for.
func (q *Queue) Ledger() *ledger.Ledger { return q.ledger }

// Submit is ledger.Submit; a new run is put in the queue.
func (q *Queue) Submit(ctx context.Context, r ledger.Request) (run ledger.Run, fresh bool, err error) {
	run, fresh, err = q.ledger.Submit(ctx, r)
	if err != nil || !fresh {
		return run, fresh, err
	}
	return run, fresh, q.enqueue(ctx, run)
}

// Retry is ledger.Retry; a new run is put in the queue.
func (q *Queue) Retry(ctx context.Context, id, by string) (run ledger.Run, fresh bool, err error) {
	run, fresh, err = q.ledger.Retry(ctx, id, by)
	if err != nil || !fresh {
		return run, fresh, err
	}
	return run, fresh, q.enqueue(ctx, run)
}

// Cancel is ledger.Cancel: the worker of a running run stops it within a second.
func (q *Queue) Cancel(ctx context.Context, id, by string) (ledger.Run, error) {
	return q.ledger.Cancel(ctx, id, by)
}

// Wait returns the run when it is in a final state. Progress, if not nil, is told
// how the run stands each time it is looked at.
func (q *Queue) Wait(ctx context.Context, id string, progress func(ledger.Run)) (ledger.Run, error) {
	for {
		run, err := q.ledger.Run(ctx, id)
		if err != nil {
			return run, err
		}
		if progress != nil {
			progress(run)
		}
		if run.State.Final() {
			return run, nil
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// enqueue puts in the job for a queued attempt.
func (q *Queue) enqueue(ctx context.Context, run ledger.Run) error {
	o := &river.InsertOpts{Queue: queueName, Priority: run.Priority, MaxAttempts: 1}
	if time.Until(run.Due) > 0 {
		o.ScheduledAt = run.Due
	}
	inserted, err := q.client.Insert(ctx, due{run.ID, run.Attempt}, o)
	if err != nil {
		return fmt.Errorf("putting run %s in the queue: %w", run.ID, err)
	}
	return q.ledger.SetJob(ctx, run.ID, run.Attempt, inserted.Job.ID)
}

// heed puts in again the jobs that were lost of the runs whose turn comes first.
func (q *Queue) heed(ctx context.Context) error {
	const atOnce = 100 // when these are gone, others come first
	runs, err := q.ledger.Waiting(ctx, atOnce)
	if err != nil || len(runs) == 0 {
		return err
	}
	live, err := q.live(ctx, runs)
	if err != nil {
		return err
	}
	var failures []error
	for _, run := range runs {
		if !live[due{run.ID, run.Attempt}] {
			failures = append(failures, q.enqueue(ctx, run))
		}
	}
	return errors.Join(failures...)
}

// live tells which attempts have a job that a worker will still come to. A job
// that began ten seconds ago and has not claimed its run will never do so; one
// that should have been made available ten seconds ago has nobody who does it.
func (q *Queue) live(ctx context.Context, runs []ledger.Run) (map[due]bool, error) {
	var ids []int64
	for _, r := range runs {
		if r.Job != 0 {
			ids = append(ids, r.Job)
		}
	}
	live := map[due]bool{}
	if len(ids) == 0 {
		return live, nil
	}
	list, err := q.client.JobList(ctx, river.NewJobListParams().IDs(ids...).First(len(ids)))
	if err != nil {
		return nil, err
	}
	for _, j := range list.Jobs {
		var d due // a run that was restored from a backup has a job number of another queue
		if err := json.Unmarshal(j.EncodedArgs, &d); err != nil {
			continue
		}
		switch j.State {
		case rivertype.JobStateAvailable:
			live[d] = true
		case rivertype.JobStateRunning:
			live[d] = j.AttemptedAt != nil && time.Since(*j.AttemptedAt) < Silence
		case rivertype.JobStateScheduled, rivertype.JobStateRetryable, rivertype.JobStatePending:
			live[d] = time.Since(j.ScheduledAt) < Silence
		}
	}
	return live, nil
}
