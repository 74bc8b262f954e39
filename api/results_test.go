package api

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestEqualQuestionsShareOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		gate := make(chan struct{})
		r := newResults(4, 2, func(context.Context, string) (int, error) {
			runs.Add(1)
			<-gate
			return 7, nil
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if v, err := r.get(t.Context(), "q"); v != 7 || err != nil {
					t.Errorf("got %d, %v", v, err)
				}
			})
		}
		synctest.Wait()
		close(gate)
		wg.Wait()
		if _, err := r.get(t.Context(), "q"); err != nil || runs.Load() != 1 {
			t.Errorf("%d runs for one question, want 1 (%v)", runs.Load(), err)
		}
	})
}

func TestACallerWhoLeavesHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		r := newResults(4, 2, func(ctx context.Context, _ string) (int, error) {
			select {
			case <-gate:
				return 7, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		impatient, leave := context.WithCancel(t.Context())
		var first, second error
		var value int
		var wg sync.WaitGroup
		wg.Go(func() { _, first = r.get(impatient, "q") })
		synctest.Wait()
		wg.Go(func() { value, second = r.get(t.Context(), "q") })
		synctest.Wait()
		leave()
		synctest.Wait()
		close(gate)
		wg.Wait()
		if !errors.Is(first, context.Canceled) {
			t.Errorf("who left got %v, want its own cancellation", first)
		}
		if second != nil || value != 7 {
			t.Errorf("who stayed got %d, %v, want 7", value, second)
		}
	})
}

func TestTheLastCallerWhoLeavesStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Int32
		answer := make(chan struct{})
		r := newResults(4, 2, func(ctx context.Context, _ string) (int, error) {
			select {
			case <-ctx.Done():
				stopped.Add(1)
				return 0, ctx.Err()
			case <-answer:
				return 7, nil
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { r.get(ctx, "q") }) //nolint:errcheck // it is cancelled
		}
		synctest.Wait()
		leave()
		wg.Wait()
		synctest.Wait()
		if stopped.Load() != 1 {
			t.Errorf("%d runs stopped, want 1", stopped.Load())
		}
		// A stopped run is no answer: the next caller gets a run of its own.
		close(answer)
		if v, err := r.get(t.Context(), "q"); v != 7 || err != nil {
			t.Errorf("after a stopped run: %d, %v, want 7", v, err)
		}
	})
}

func TestOnlyTheLatestAnswersAreKept(t *testing.T) {
	runs := map[string]int{}
	r := newResults(2, 1, func(_ context.Context, key string) (string, error) {
		runs[key]++
		if key == "bad" {
			return "", errors.New("no")
		}
		return key, nil
	})
	for _, key := range []string{"a", "b", "a", "c", "a", "b", "bad", "bad"} {
		r.get(t.Context(), key) //nolint:errcheck // counted below
	}
	// c pushes out b, because a was used since; errors are not kept.
	for key, want := range map[string]int{"a": 1, "b": 2, "c": 1, "bad": 2} {
		if runs[key] != want {
			t.Errorf("%s ran %d times, want %d", key, runs[key], want)
		}
	}
	if len(r.kept) != 2 || r.recent.Len() != 2 || len(r.flying) != 0 {
		t.Errorf("kept %d and %d, flying %d; want 2, 2, 0", len(r.kept), r.recent.Len(), len(r.flying))
	}
}

func TestAPanicInARunIsAnError(t *testing.T) {
	r := newResults(1, 1, func(context.Context, string) (int, error) { panic("broken") })
	if _, err := r.get(t.Context(), "q"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
}

func TestRunsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		gate := make(chan struct{})
		r := newResults(8, 2, func(context.Context, string) (int, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-gate
			now.Add(-1)
			return 0, nil
		})
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() { r.get(t.Context(), strconv.Itoa(i)) }) //nolint:errcheck // never fails
		}
		synctest.Wait()
		if most.Load() != 2 {
			t.Errorf("%d runs at once, want 2", most.Load())
		}
		close(gate)
		wg.Wait()
	})
}
