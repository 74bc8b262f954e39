package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// endedAgo makes a run end, and so long ago.
func (p place) endedAgo(id string, ago time.Duration) ledger.Run {
	p.Helper()
	r := p.submit(ask("work", wish{ID: id}))
	if _, err := p.q.ledger.Claim(p.Context(), r.ID, 1, "w"); err != nil {
		p.Fatal(err)
	}
	if err := p.q.ledger.Finish(p.Context(), r.ID, 1, []byte("the answer")); err != nil {
		p.Fatal(err)
	}
	p.age(r, ago)
	return r
}

func (p place) age(r ledger.Run, by time.Duration) {
	p.Helper()
	if _, err := p.q.ledger.DB().ExecContext(p.Context(), "UPDATE maillage_run SET finished = finished - $1 WHERE id = $2", by.Microseconds(), r.ID); err != nil {
		p.Fatal(err)
	}
}

// logGoes waits until a run has no log; the rest of it must be there.
func (p place) logGoes(r ledger.Run) {
	p.Helper()
	for give := time.Now().Add(30 * time.Second); p.log(r.ID) != ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(give) {
			p.Fatal("the log is still there:", p.log(r.ID))
		}
	}
	run, err := p.q.ledger.Run(p.Context(), r.ID)
	if err != nil || run.State != ledger.Done || p.result(run) != "the answer" {
		p.Errorf("the run itself: %+v, %v", run, err)
	}
}

func TestWorkersDropOldLogs(t *testing.T) {
	onBoth(t, func(p place) {
		old, younger := p.endedAgo("old", KeepLogs+time.Hour), p.endedAgo("younger", KeepLogs-time.Hour)
		p.work(testOptions(1))
		p.logGoes(old)
		if p.log(younger.ID) == "" {
			p.Error("the log of a run that ended less than 90 days ago has gone")
		}
	})
}

// TestOldLogsAreLookedForAgain lets a run grow old while a worker is at work.
func TestOldLogsAreLookedForAgain(t *testing.T) {
	onBoth(t, func(p place) {
		first, then := p.endedAgo("first", KeepLogs+time.Hour), p.endedAgo("then", 0)
		w, err := newWorker(p.q, testOptions(1))
		if err != nil {
			p.Fatal(err)
		}
		ctx, stop := context.WithCancel(p.Context())
		ended := make(chan struct{})
		go func() {
			w.purge(ctx, 10*time.Millisecond)
			close(ended)
		}()
		p.logGoes(first)
		if p.log(then.ID) == "" {
			p.Error("the log of a run that has just ended has gone")
		}
		p.age(then, KeepLogs+time.Hour)
		p.logGoes(then)
		stop()
		<-ended
	})
}
