package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/maillage/maillage/internal/store/ledger"
)

// How workers keep time.
const (
	BeatEvery = 500 * time.Millisecond // a worker tells the ledger that it is alive, and is told to cancel
	LookEvery = 2 * time.Second        // a worker looks for runs whose worker died and for lost jobs
	Silence   = 10 * time.Second       // a worker that says nothing for so long is taken for dead

	// A run's log goes so long after the run has ended; the run, its answer and the
	// audit log stay. Every worker sees to it when it begins and then now and then.
	KeepLogs   = 90 * 24 * time.Hour
	PurgeEvery = time.Hour
)

// WorkerOptions say how a worker works.
type WorkerOptions struct {
	// Target is the store with its password, for the children; it is not on their command lines.
	Target string
	// Command starts a child, which must call Child; this program with "execute" when empty.
	Command []string
	Slots   int   // runs at once; 0 is half the processors
	Memory  int64 // bytes that one run may take; 0 for no limit. Kept on Linux only.
	Threads int   // of one run; 0 is what leaves a processor to others
	Log     *slog.Logger
}

func (o WorkerOptions) complete() (WorkerOptions, error) {
	if len(o.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.Command = []string{self, "execute"}
	}
	o.Slots = cmp.Or(o.Slots, max(1, runtime.NumCPU()/2))
	if o.Slots < 1 || o.Slots > 1000 {
		return o, fmt.Errorf("slots: want 1 to 1000, not %d", o.Slots)
	}
	if o.Memory != 0 && o.Memory < leastMemory {
		return o, fmt.Errorf("memory: want at least %d MiB, not %d bytes", leastMemory>>20, o.Memory)
	}
	o.Threads = cmp.Or(o.Threads, max(1, (runtime.NumCPU()-1)/o.Slots))
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// leastMemory lets a child start at all.
const leastMemory = 64 << 20

// worker works the runs of a queue.
type worker struct {
	river.WorkerDefaults[due]
	q    *Queue
	name string
	o    WorkerOptions
}

func newWorker(q *Queue, o WorkerOptions) (*worker, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &worker{q: q, o: o, name: fmt.Sprintf("%s:%d:%s", host, os.Getpid(), strings.ToLower(rand.Text()[:4]))}, nil
}

// Work works the runs of a queue until ctx ends; then it gives those at work back
// and returns nil.
func Work(ctx context.Context, q *Queue, o WorkerOptions) error {
	w, err := newWorker(q, o)
	if err != nil {
		return err
	}
	kinds := river.NewWorkers()
	river.AddWorker(kinds, w)
	c, err := q.work(&river.Config{
		ID:      w.name,
		Workers: kinds,
		Queues:  map[string]river.QueueConfig{queueName: {MaxWorkers: w.o.Slots}},
		Logger:  slog.New(atLeastWarn{w.o.Log.Handler()}),
		// The ledger keeps time and counts attempts.
		JobTimeout: -1, RescueStuckJobsAfter: 30 * 24 * time.Hour, MaxAttempts: 1,
		FetchCooldown: 50 * time.Millisecond, FetchPollInterval: 200 * time.Millisecond,
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return err
	}
	if err := q.ledger.Greet(ctx, w.name, w.o.Slots); err != nil {
		return err
	}
	// River's context ends after ours, by StopAndCancel.
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	w.o.Log.Info("worker", "name", w.name, "slots", w.o.Slots, "threads", w.o.Threads, "memory", w.o.Memory)
	var purging sync.WaitGroup
	purging.Go(func() { w.purge(ctx, PurgeEvery) })
	w.look(ctx)
	purging.Wait()
	last, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer done()
	return errors.Join(c.StopAndCancel(last), q.ledger.Leave(last, w.name))
}

// look looks after the ledger until ctx ends.
func (w *worker) look(ctx context.Context) {
	tick := time.NewTicker(LookEvery)
	defer tick.Stop()
	for before := time.Now(); ; {
		// After a pause of our own (a machine that slept, a ledger that somebody
		// locked), others must have time to say that they are alive.
		now := time.Now()
		if err := w.lookOnce(ctx, now.Sub(before) < 2*LookEvery); err != nil && ctx.Err() == nil {
			w.o.Log.Warn("looking after runs", "error", err)
		}
		before = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *worker) lookOnce(ctx context.Context, rescue bool) error {
	ctx, done := context.WithTimeout(ctx, Silence)
	defer done()
	failures := []error{w.q.ledger.Greet(ctx, w.name, w.o.Slots)}
	if rescue {
		runs, err := w.q.ledger.Rescue(ctx, Silence)
		for _, r := range runs {
			w.o.Log.Warn("rescued", "run", r.ID, "state", r.State, "attempt", r.Attempt, "because", r.Error)
		}
		failures = append(failures, err)
	}
	return errors.Join(append(failures, w.q.heed(ctx))...)
}

// purge drops old logs until ctx ends. It takes its time, which looking after
// runs must not wait for.
func (w *worker) purge(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		lines, err := w.q.ledger.PurgeLogs(ctx, KeepLogs)
		switch {
		case err != nil && ctx.Err() == nil:
			w.o.Log.Warn("dropping old logs of runs", "error", err)
		case lines > 0:
			w.o.Log.Info("dropped old logs of runs", "lines", lines)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Work is called by River when an attempt is due.
func (w *worker) Work(ctx context.Context, job *river.Job[due]) error {
	run, err := w.q.ledger.Claim(ctx, job.Args.Run, job.Args.Attempt, w.name)
	if errors.Is(err, ledger.ErrFenced) {
		return nil // stale or doubled
	}
	if err != nil {
		return err
	}
	w.attempt(ctx, run)
	return nil
}

// WorkOn works one run, and no other, until it is in a final state, together with
// any worker there is. When ctx ends the run is cancelled. Progress, if not nil,
// is told how the run stands now and then.
func WorkOn(ctx context.Context, q *Queue, id string, o WorkerOptions, progress func(ledger.Run)) (ledger.Run, error) {
	w, err := newWorker(q, o)
	if err != nil {
		return ledger.Run{}, err
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		q.Wait(watching, id, progress) //nolint:errcheck // only its progress is wanted
	}()
	run, err := w.until(ctx, id)
	stop()
	<-watched
	if ctx.Err() == nil {
		return run, err
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	run, err = q.Cancel(last, id, w.name)
	return run, errors.Join(ctx.Err(), err)
}

// until works the attempts of a run as they become due, until it is in a final state.
func (w *worker) until(ctx context.Context, id string) (ledger.Run, error) {
	for {
		run, err := w.q.ledger.Run(ctx, id)
		if err != nil || run.State.Final() {
			return run, err
		}
		if run.State == ledger.Queued && time.Until(run.Due) <= 0 {
			claimed, err := w.q.ledger.Claim(ctx, id, run.Attempt, w.name)
			if err == nil {
				w.attempt(ctx, claimed)
				continue
			}
			if !errors.Is(err, ledger.ErrFenced) {
				return run, err
			}
		}
		if _, err := w.q.ledger.Rescue(ctx, Silence); err != nil {
			return run, err
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-time.After(BeatEvery):
		}
	}
}

// atLeastWarn drops what River says about its own comings and goings.
type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h atLeastWarn) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeastWarn{h.Handler.WithAttrs(attrs)}
}

func (h atLeastWarn) WithGroup(name string) slog.Handler {
	return atLeastWarn{h.Handler.WithGroup(name)}
}
