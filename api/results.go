package api

import (
	"container/list"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// results answers equal questions with one run. The latest answers are kept;
// callers that ask while a run is under way wait for it; a caller that gives up
// harms no other, and the run is cancelled when its last caller has given up.
type results[T any] struct {
	run   func(ctx context.Context, key string) (T, error)
	slots chan struct{} // bounds how many runs are under way
	limit int           // how many answers are kept

	mu     sync.Mutex
	kept   map[string]*list.Element
	recent *list.List // of answer[T], the latest used first
	flying map[string]*flight[T]
}

type answer[T any] struct {
	key   string
	value T
}

type flight[T any] struct {
	callers int
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are set
	value   T
	err     error
}

func newResults[T any](limit, parallel int, run func(context.Context, string) (T, error)) *results[T] {
	return &results[T]{
		run: run, limit: limit, slots: make(chan struct{}, parallel),
		kept: map[string]*list.Element{}, recent: list.New(), flying: map[string]*flight[T]{},
	}
}

// get returns the answer to a question, or ctx's error as soon as it ends.
func (r *results[T]) get(ctx context.Context, key string) (T, error) {
	value, f := r.join(ctx, key)
	if f == nil {
		return value, nil
	}
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		r.leave(key, f)
		return value, ctx.Err()
	}
}

// join returns a kept answer, or the flight that will bring it.
func (r *results[T]) join(ctx context.Context, key string) (value T, f *flight[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.kept[key]; ok {
		r.recent.MoveToFront(e)
		return e.Value.(answer[T]).value, nil
	}
	f, ok := r.flying[key]
	if !ok {
		// The run keeps the first caller's values (request id, trace), not its end.
		runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight[T]{cancel: cancel, done: make(chan struct{})}
		r.flying[key] = f
		go r.fly(runCtx, key, f)
	}
	f.callers++
	return value, f
}

func (r *results[T]) leave(key string, f *flight[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.callers--; f.callers == 0 {
		f.cancel()
		if r.flying[key] == f {
			delete(r.flying, key) // whoever asks next starts anew
		}
	}
}

func (r *results[T]) fly(ctx context.Context, key string, f *flight[T]) {
	defer f.cancel()
	f.value, f.err = r.attempt(ctx, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flying[key] == f {
		delete(r.flying, key)
		if f.err == nil {
			r.keep(key, f.value)
		}
	}
	close(f.done)
}

// attempt runs in a free slot. A panic becomes an error: outside of the
// request's goroutine it would end the process.
func (r *results[T]) attempt(ctx context.Context, key string) (value T, err error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return value, ctx.Err()
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.run(ctx, key)
}

// put keeps an answer that was found otherwise.
func (r *results[T]) put(key string, value T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.kept[key]; !known {
		r.keep(key, value)
	}
}

func (r *results[T]) keep(key string, value T) {
	r.kept[key] = r.recent.PushFront(answer[T]{key, value})
	for r.recent.Len() > r.limit {
		oldest := r.recent.Back()
		delete(r.kept, oldest.Value.(answer[T]).key)
		r.recent.Remove(oldest)
	}
}
