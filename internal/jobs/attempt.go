package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// Why a child is stopped.
var (
	errCancelled = errors.New("cancelled")
	errTimeout   = errors.New("timeout")
)

// patience is how long a worker tries to tell the ledger how an attempt ended;
// thereafter others take it for dead.
const patience = 30 * time.Second

// attempt answers a run that the worker has claimed. However it ends, the ledger
// is told, or cannot be reached.
func (w *worker) attempt(ctx context.Context, run ledger.Run) {
	working, stop := context.WithCancelCause(ctx)
	limited, done := context.WithTimeoutCause(working, run.Timeout, errTimeout)
	heard := &heard{}
	var beating sync.WaitGroup
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	beating.Go(func() { w.beat(alive, run, heard, stop) })
	out := w.child(limited, run, heard)
	cause := context.Cause(limited)
	done()
	w.pass(ctx, run, heard)
	err := w.settle(ctx, run, out, cause)
	end() // only now: an answer that takes long to store must not seem dead
	beating.Wait()
	stop(nil)
	if err != nil && !errors.Is(err, ledger.ErrFenced) {
		w.o.Log.Error("run", "id", run.ID, "attempt", run.Attempt, "error", err)
	}
}

// pass puts what the child said last into the run's log; what cannot be is lost.
func (w *worker) pass(ctx context.Context, run ledger.Run, heard *heard) {
	last, done := context.WithTimeout(context.WithoutCancel(ctx), Silence)
	defer done()
	if _, _, lines := heard.take(); len(lines) > 0 {
		if err := w.q.ledger.Log(last, run.ID, run.Attempt, lines...); err != nil {
			w.o.Log.Warn("the log of a run is cut short", "run", run.ID, "error", err)
		}
	}
}

// settle tells the ledger how an attempt ended. Ctx is the worker's own, and
// cause why the child was stopped, if it was.
func (w *worker) settle(ctx context.Context, run ledger.Run, out outcome, cause error) error {
	last, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	log := w.o.Log.With("run", run.ID, "attempt", run.Attempt)
	fail := func(message string, again bool) error {
		log.Warn("no answer", "because", message)
		return w.after(last, "fail", func() (ledger.Run, error) { return w.q.ledger.Fail(last, run.ID, run.Attempt, message, again) })
	}
	switch {
	case out.err == nil: // even where somebody asked to cancel meanwhile
		err := insist(last, func() error { return w.q.ledger.Finish(last, run.ID, run.Attempt, out.body) })
		if err == nil {
			log.Info("done", "analysis", run.Analysis, "bytes", len(out.body))
			return nil
		}
		if errors.Is(err, ledger.ErrFenced) {
			return err
		}
		return fail(err.Error(), true)
	case errors.Is(cause, ledger.ErrFenced):
		log.Warn("another worker has this run now")
		return nil
	case errors.Is(cause, errCancelled):
		return fail("cancelled", false)
	case errors.Is(cause, errTimeout):
		return fail(fmt.Sprintf("no answer within %v: ask for less, or allow more time", run.Timeout), false)
	case ctx.Err() != nil:
		return w.after(last, "release", func() (ledger.Run, error) {
			return w.q.ledger.Release(last, run.ID, run.Attempt, "the worker "+w.name+" was stopped")
		})
	}
	return fail(out.err.Error(), out.again)
}

// after puts the next attempt in the queue, if one follows.
func (w *worker) after(ctx context.Context, what string, f func() (ledger.Run, error)) error {
	var run ledger.Run
	err := insist(ctx, func() (err error) {
		run, err = f()
		return err
	})
	if err == nil && run.State == ledger.Queued {
		err = w.q.enqueue(ctx, run)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// insist tries again while the ledger cannot be reached.
func insist(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || errors.Is(err, ledger.ErrFenced) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// beat says twice a second that the attempt is at work, passes on what was heard
// from the child, and stops it when somebody cancelled the run or has it now.
func (w *worker) beat(ctx context.Context, run ledger.Run, heard *heard, stop context.CancelCauseFunc) {
	tick := time.NewTicker(BeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		done, total, lines := heard.take()
		cancel, err := w.q.ledger.Beat(ctx, run.ID, run.Attempt, done, total)
		if err == nil && len(lines) > 0 {
			err = w.q.ledger.Log(ctx, run.ID, run.Attempt, lines...)
		}
		switch {
		case errors.Is(err, ledger.ErrFenced):
			stop(err)
			return
		case err != nil && ctx.Err() == nil:
			w.o.Log.Warn("the ledger cannot be told of a run", "run", run.ID, "error", err)
		case cancel:
			stop(errCancelled)
		}
	}
}

// Limits of what is kept of one attempt's log.
const (
	maxLines = 2000
	maxLine  = 4000 // bytes
)

// heard is what a child said. It may be used by many goroutines.
type heard struct {
	mu          sync.Mutex
	done, total int64
	lines       []string // not yet taken
	count       int
	partial     string
	outOfMemory bool
	last        string
}

func (h *heard) progress(done, total int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done, h.total = done, total
}

// Write takes what the child says on standard error.
func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.partial += string(b)
	for {
		line, rest, ok := strings.Cut(h.partial, "\n")
		if !ok && len(h.partial) < maxLine {
			return len(b), nil
		}
		if len(line) > maxLine {
			line, rest = line[:maxLine], h.partial[maxLine:]
		}
		h.partial = rest
		h.line(line)
	}
}

func (h *heard) line(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	h.outOfMemory = h.outOfMemory || isOutOfMemory(line)
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || !strings.HasPrefix(h.last, "panic: ") && !strings.HasPrefix(h.last, "fatal error: ") {
		h.last = line
	}
	switch h.count++; {
	case h.count < maxLines:
		h.lines = append(h.lines, line)
	case h.count == maxLines:
		h.lines = append(h.lines, "… the rest of the log is left out")
	}
}

// isOutOfMemory knows the words with which Go's runtime dies for want of memory.
func isOutOfMemory(line string) bool {
	return strings.HasPrefix(line, "fatal error: ") && (strings.Contains(line, "out of memory") || strings.Contains(line, "cannot allocate memory"))
}

func (h *heard) take() (done, total int64, lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines, h.lines = h.lines, nil
	return h.done, h.total, lines
}

// end returns the last words, or those with which Go's runtime gave up, and
// whether it was for want of memory.
func (h *heard) end() (last string, outOfMemory bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.partial != "" {
		h.line(h.partial)
		h.partial = ""
	}
	return h.last, h.outOfMemory
}
