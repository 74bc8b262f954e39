package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/lmittmann/tint"

	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/store"
)

// workFlags say how runs are worked.
type workFlags struct {
	Memory byteSize `default:"2GiB" placeholder:"2GiB" env:"MAILLAGE_MEMORY" help:"Memory that one run may take, on Linux; 0 for no limit."`
}

func (f workFlags) options(s *session, target string, slots int) jobs.WorkerOptions {
	level := slog.LevelInfo
	if s.quiet {
		level = slog.LevelWarn
	}
	return jobs.WorkerOptions{Target: target, Slots: slots, Memory: int64(f.Memory),
		Log: slog.New(tint.NewTextHandler(s.err, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !s.progress().terminal}))}
}

// byteSize is a number of bytes written with its unit.
type byteSize int64

// UnmarshalText reads 512MiB, 2GiB or 0.
func (b *byteSize) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for suffix, size := range map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30} {
		if n, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = strings.TrimSpace(n), size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<20 || unit == 1 && n != 0 {
		return fmt.Errorf("%q: want a size such as 512MiB or 2GiB, or 0", text)
	}
	*b = byteSize(n * unit)
	return nil
}

type workerCmd struct {
	On        string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories, whose runs are worked."`
	Slots     int    `placeholder:"N" env:"MAILLAGE_SLOTS" help:"Runs at once; half the processors when absent."`
	workFlags `embed:""`
}

func (c *workerCmd) Run(s *session) error {
	return withQueue(s.ctx, c.On, func(_ store.Store, q *jobs.Queue) error {
		return jobs.Work(s.ctx, q, c.options(s, c.On, c.Slots))
	})
}

// withQueue opens a store for writing and the queue of its runs.
func withQueue(ctx context.Context, target string, f func(store.Store, *jobs.Queue) error) error {
	st, err := openStore(ctx, target, true)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // each write is committed by itself
	// Forgetting nobody tells at once whether the ledger can be written; opening
	// the queue would try for seconds.
	if err := st.Ledger().Leave(ctx, ""); err != nil {
		return fmt.Errorf("%s: the ledger of runs cannot be written: %w", st.Target(), err)
	}
	q, err := jobs.Open(ctx, st.Ledger())
	if err != nil {
		return err
	}
	defer q.Close()
	return f(st, q)
}
