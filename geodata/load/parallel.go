package load

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// inRuns does the numbers below n on all processors, a run of them at a time, in
// no certain order. Each processor makes its own worker, which may keep memory
// from one run to the next. It is the context's error if that ended before all
// were done.
func inRuns(ctx context.Context, n int, worker func() (run func(from, to int))) error {
	const length = 1 << 14
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+length-1)/length) {
		all.Go(func() {
			run := worker()
			for from := int(next.Add(length)) - length; from < n && ctx.Err() == nil; from = int(next.Add(length)) - length {
				run(from, min(from+length, n))
			}
		})
	}
	all.Wait()
	return ctx.Err()
}
