package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// Task is what a child is asked.
type Task struct {
	Target   string          `json:"target"` // of the store, with its password
	Question ledger.Question `json:"question"`
	Memory   int64           `json:"memory"` // bytes; 0 for no limit
}

// Final marks an error that another attempt would meet again.
func Final(err error) error { return finalError{err} }

type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Child is the life of a child process: it answers the task on standard input by
// f, whose progress may be told by many goroutines, and returns the exit code. It
// exits when its worker is gone. What f prints on standard output goes to the
// run's log, like standard error. An error of f is tried again unless it is Final.
func Child(ctx context.Context, f func(ctx context.Context, t Task, progress func(done, total int)) ([]byte, error)) int {
	os.Stdout = os.Stderr
	progress, answer := os.NewFile(3, "progress"), os.NewFile(4, "answer")
	for _, f := range []*os.File{progress, answer} {
		if info, err := f.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			os.Stderr.WriteString("this is for workers: it tells its progress on file descriptor 3 and answers on 4, and they are no pipes\n") //nolint:errcheck // nobody else to tell
			return 1
		}
	}
	tell := &teller{to: json.NewEncoder(progress)}
	var task Task
	if err := json.NewDecoder(os.Stdin).Decode(&task); err != nil {
		return tell.error(err)
	}
	go exitWithWorker()
	if task.Memory > 0 {
		debug.SetMemoryLimit(task.Memory / 10 * 9)
		if err := limitMemory(task.Memory); err != nil {
			return tell.error(err)
		}
	}
	body, err := f(ctx, task, tell.progress)
	if err != nil {
		return tell.error(err)
	}
	if _, err := answer.Write(body); err != nil {
		return tell.error(err)
	}
	if err := answer.Close(); err != nil {
		return tell.error(err)
	}
	return 0
}

// exitWithWorker returns never: standard input ends when the worker does.
func exitWithWorker() {
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // an error is an end too
	os.Exit(1)
}

// teller writes news. It may be used by many goroutines.
type teller struct {
	mu   sync.Mutex
	to   *json.Encoder
	last time.Time
}

// progress passes on what is new now and then, and the end.
func (t *teller) progress(done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); done >= total || now.Sub(t.last) >= BeatEvery/4 {
		t.last = now
		t.to.Encode(news{Done: int64(done), Total: int64(total)}) //nolint:errcheck // a worker that is gone ends us
	}
}

func (t *teller) error(err error) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to.Encode(news{Error: err.Error(), Final: errors.As(err, new(finalError))}) //nolint:errcheck // the exit code says it too
	return 1
}
