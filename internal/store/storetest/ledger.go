package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/maillage/maillage/internal/store/ledger"
)

// RunLedger holds a ledger to what it says it does. Open gives a new one, which
// many goroutines use and which is emptied between the tests.
func RunLedger(t *testing.T, open func(t *testing.T) *ledger.Ledger) {
	l := open(t)
	for name, test := range map[string]func(*testing.T, *ledger.Ledger){
		"a run from question to answer":                  runFromQuestionToAnswer,
		"the same question is one run":                   sameQuestionIsOneRun,
		"the same question at once is one run":           sameQuestionAtOnceIsOneRun,
		"a worker that lost its attempt changes nothing": lostAttemptChangesNothing,
		"an attempt that fails is followed by the next":  failureIsFollowedByTheNext,
		"cancelling":                                         cancelling,
		"silent workers are taken for dead":                  silentWorkersAreTakenForDead,
		"a result never changes":                             resultNeverChanges,
		"retrying":                                           retrying,
		"waiting runs have their turn":                       waitingRunsHaveTheirTurn,
		"lists of runs":                                      listsOfRuns,
		"bad requests are refused":                           badRequestsAreRefused,
		"any text can be kept":                               anyTextCanBeKept,
		"logs can be purged":                                 logsCanBePurged,
		"workers come and go":                                workersComeAndGo,
		"scenarios keep their versions":                      scenariosKeepTheirVersions,
		"the audit log":                                      auditLog,
		"any order of events ends well":                      anyOrderEndsWell,
		"many workers that die commit once and lose nothing": manyWorkersCommitOnce,
	} {
		t.Run(name, func(t *testing.T) {
			for _, table := range []string{"result", "run_log", "run", "scenario", "audit", "worker"} {
				if _, err := l.DB().ExecContext(t.Context(), "DELETE FROM maillage_"+table); err != nil {
					t.Fatal(err)
				}
			}
			test(t, l)
		})
	}
}

// ask is a question nobody has asked.
func ask() ledger.Request {
	return ledger.Request{By: "Camille", Question: ledger.Question{Analysis: "coverage", Territory: "49", Vintage: "2021", Snapshot: "abc",
		Params: json.RawMessage(`{"service":"` + rand.Text() + `"}`), Version: "1"}}
}

func must[T any](t interface {
	Helper()
	Fatal(...any)
}) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func submitted(t *testing.T, l *ledger.Ledger, r ledger.Request) ledger.Run {
	t.Helper()
	run, fresh, err := l.Submit(t.Context(), r)
	if err != nil || !fresh {
		t.Fatalf("submitting: fresh %v, %v", fresh, err)
	}
	return run
}

func claimed(t *testing.T, l *ledger.Ledger, r ledger.Request) ledger.Run {
	t.Helper()
	run := submitted(t, l, r)
	return must[ledger.Run](t)(l.Claim(t.Context(), run.ID, 1, "w1"))
}

// is checks the state and attempt of a run.
func is(t *testing.T, l *ledger.Ledger, id string, state ledger.State, attempt int) ledger.Run {
	t.Helper()
	r := must[ledger.Run](t)(l.Run(t.Context(), id))
	if r.State != state || r.Attempt != attempt {
		t.Errorf("run is %s at attempt %d, want %s at %d (%s)", r.State, r.Attempt, state, attempt, r.Error)
	}
	if r.State.Final() == r.Finished.IsZero() {
		t.Errorf("run is %s and finished at %v", r.State, r.Finished)
	}
	return r
}

func logged(t *testing.T, l *ledger.Ledger, id string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range must[[]ledger.Line](t)(l.RunLog(t.Context(), id)) {
		fmt.Fprintf(&b, "%d %s\n", line.Attempt, line.Text)
	}
	return b.String()
}

func sum(b string) string {
	s := sha256.Sum256([]byte(b))
	return hex.EncodeToString(s[:])
}

func runFromQuestionToAnswer(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	request := ask()
	request.Part = json.RawMessage(`{"epci":"200068955","buffer_metres":5000}`)
	before := time.Now().Add(-time.Minute) // clocks of two machines may differ
	run := submitted(t, l, request)
	if run.State != ledger.Queued || run.Attempt != 1 || run.MaxAttempts != 3 || run.Priority != 2 || run.Timeout != time.Hour || run.By != "Camille" {
		t.Errorf("submitted: %+v", run)
	}
	if run.Created.Before(before) || run.Created.After(time.Now().Add(time.Minute)) || run.Due.Sub(run.Created).Abs() > time.Second {
		t.Errorf("created %v, due %v", run.Created, run.Due)
	}
	if run.Key != request.Key() || string(run.Params) != string(request.Params) || run.Vintage != "2021" || string(run.Part) != `{"buffer_metres":5000,"epci":"200068955"}` {
		t.Errorf("question came back as %+v", run.Question)
	}
	run = must[ledger.Run](t)(l.Claim(ctx, run.ID, 1, "host:1"))
	if run.State != ledger.Running || run.Worker != "host:1" || run.Started.Before(run.Created) {
		t.Errorf("claimed: %+v", run)
	}
	if cancel := must[bool](t)(l.Beat(ctx, run.ID, 1, 3, 10)); cancel {
		t.Error("nobody asked to cancel")
	}
	if r := is(t, l, run.ID, ledger.Running, 1); r.Done != 3 || r.Total != 10 {
		t.Errorf("progress %d of %d, want 3 of 10", r.Done, r.Total)
	}
	if err := l.Log(ctx, run.ID, 1, "one", "two"); err != nil {
		t.Error(err)
	}
	if err := l.Finish(ctx, run.ID, 1, []byte("answer\x00\xff")); err != nil {
		t.Fatal(err)
	}
	if r := is(t, l, run.ID, ledger.Done, 1); r.Done != 10 || r.Finished.Before(r.Started) {
		t.Errorf("done: %+v", r)
	}
	body, hash, err := l.Result(ctx, run.Key)
	if err != nil || string(body) != "answer\x00\xff" || hash != sum("answer\x00\xff") {
		t.Errorf("result %q, %s, %v", body, hash, err)
	}
	if got, want := logged(t, l, run.ID), "1 attempt 1 of 3 begins on host:1\n1 one\n1 two\n1 done: 8 bytes\n"; got != want {
		t.Errorf("log:\n%swant:\n%s", got, want)
	}
}

func sameQuestionIsOneRun(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	request := ask()
	run := submitted(t, l, request)
	again := func(when string) {
		t.Helper()
		other, fresh, err := l.Submit(ctx, request)
		if err != nil || fresh || other.ID != run.ID {
			t.Errorf("%s: run %s, fresh %v, %v; want %s", when, other.ID, fresh, err, run.ID)
		}
	}
	again("queued")
	must[ledger.Run](t)(l.Claim(ctx, run.ID, 1, "w"))
	again("running")
	if err := l.Finish(ctx, run.ID, 1, []byte("42")); err != nil {
		t.Fatal(err)
	}
	again("done")
	if runs := must[[]ledger.Run](t)(l.Runs(ctx, ledger.Filter{})); len(runs) != 1 {
		t.Errorf("%d runs were kept, want 1", len(runs))
	}
	// A question whose run failed has no answer and may be asked again.
	failed := claimed(t, l, ask())
	must[ledger.Run](t)(l.Fail(ctx, failed.ID, 1, "broken", false))
	if second := submitted(t, l, ledger.Request{Question: failed.Question}); second.ID == failed.ID {
		t.Error("the failed run came back")
	}
}

func sameQuestionAtOnceIsOneRun(t *testing.T, l *ledger.Ledger) {
	for range 10 {
		request := ask()
		var fresh atomic.Int32
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				run, isFresh, err := l.Submit(t.Context(), request)
				if err != nil {
					t.Error(err)
					return
				}
				if isFresh {
					fresh.Add(1)
				}
				// Whoever comes first answers; those who are still to ask find the answer.
				if _, err := l.Claim(t.Context(), run.ID, 1, "w"); err == nil {
					if err := l.Finish(t.Context(), run.ID, 1, []byte("42")); err != nil {
						t.Error(err)
					}
				} else if !errors.Is(err, ledger.ErrFenced) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		runs := must[[]ledger.Run](t)(l.Runs(t.Context(), ledger.Filter{Key: request.Key()}))
		if fresh.Load() != 1 || len(runs) != 1 || runs[0].State != ledger.Done {
			t.Fatalf("%d were fresh, runs are %+v; want one, done", fresh.Load(), runs)
		}
	}
}

func lostAttemptChangesNothing(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	say := func(id string, attempt int) map[string]error {
		_, claim := l.Claim(ctx, id, attempt, "w2")
		_, beat := l.Beat(ctx, id, attempt, 9, 9)
		_, fail := l.Fail(ctx, id, attempt, "no", true)
		_, release := l.Release(ctx, id, attempt, "no")
		return map[string]error{"claim": claim, "beat": beat, "log": l.Log(ctx, id, attempt, "no"),
			"fail": fail, "release": release, "finish": l.Finish(ctx, id, attempt, []byte("no"))}
	}
	refused := func(what, id string, attempt int) {
		t.Helper()
		before, logBefore := must[ledger.Run](t)(l.Run(ctx, id)), logged(t, l, id)
		for verb, err := range say(id, attempt) {
			if !errors.Is(err, ledger.ErrFenced) || !strings.Contains(err.Error(), id) {
				t.Errorf("%s: %s: %v, want ErrFenced of the run", what, verb, err)
			}
		}
		if after := must[ledger.Run](t)(l.Run(ctx, id)); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) || logged(t, l, id) != logBefore {
			t.Errorf("%s: the run went from %+v to %+v", what, before, after)
		}
	}
	run := claimed(t, l, ask())
	refused("an attempt to come", run.ID, 2)
	must[ledger.Run](t)(l.Release(ctx, run.ID, 1, "stopping"))
	refused("an attempt given back", run.ID, 1)
	must[ledger.Run](t)(l.Claim(ctx, run.ID, 2, "w2"))
	refused("another's attempt", run.ID, 1)
	if err := l.Finish(ctx, run.ID, 2, []byte("yes")); err != nil {
		t.Fatal(err)
	}
	refused("a run that is done", run.ID, 2)
	if body, _, err := l.Result(ctx, run.Key); string(body) != "yes" {
		t.Errorf("result %q, %v", body, err)
	}
	for verb, err := range say("nowhere", 1) {
		if !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("no such run: %s: %v", verb, err)
		}
	}
	queued := submitted(t, l, ask())
	if err := l.Finish(ctx, queued.ID, 1, []byte("no")); !errors.Is(err, ledger.ErrFenced) {
		t.Errorf("finishing a queued run: %v", err)
	}
}

func failureIsFollowedByTheNext(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	run := claimed(t, l, ask())
	must[bool](t)(l.Beat(ctx, run.ID, 1, 5, 10))
	now := must[ledger.Run](t)(l.Fail(ctx, run.ID, 1, "no network", true))
	if wait := now.Due.Sub(now.Started); now.State != ledger.Queued || now.Attempt != 2 || wait < 2*time.Second || wait > 30*time.Second || now.Done != 0 {
		t.Errorf("after a failure: %+v, want attempt 2 queued, due in 2 s", now)
	}
	must[ledger.Run](t)(l.Claim(ctx, run.ID, 2, "w"))
	now = must[ledger.Run](t)(l.Release(ctx, run.ID, 2, "worker stops"))
	if now.State != ledger.Queued || now.Attempt != 3 || now.Due.Sub(now.Started) > time.Second {
		t.Errorf("after a release: %+v, want attempt 3 queued, due at once", now)
	}
	must[ledger.Run](t)(l.Claim(ctx, run.ID, 3, "w"))
	must[ledger.Run](t)(l.Fail(ctx, run.ID, 3, "again", true))
	if r := is(t, l, run.ID, ledger.Failed, 3); r.Error != "again" {
		t.Errorf("error %q", r.Error)
	}
	want := "1 attempt 1 of 3 begins on w1\n1 no network; attempt 2 of 3 follows\n2 attempt 2 of 3 begins on w\n" +
		"2 worker stops; attempt 3 of 3 follows\n3 attempt 3 of 3 begins on w\n3 again; failed\n"
	if got := logged(t, l, run.ID); got != want {
		t.Errorf("log:\n%swant:\n%s", got, want)
	}
	hopeless := claimed(t, l, ask())
	must[ledger.Run](t)(l.Fail(ctx, hopeless.ID, 1, "service: unknown", false))
	is(t, l, hopeless.ID, ledger.Failed, 1)
	for attempt, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 9: 5 * time.Minute, 99: 5 * time.Minute} {
		if got := ledger.Backoff(attempt); got != want {
			t.Errorf("after attempt %d the ledger waits %v, want %v", attempt, got, want)
		}
	}
}

func cancelling(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	queued := submitted(t, l, ask())
	must[ledger.Run](t)(l.Cancel(ctx, queued.ID, "Dominique"))
	is(t, l, queued.ID, ledger.Cancelled, 1)
	if _, err := l.Claim(ctx, queued.ID, 1, "w"); !errors.Is(err, ledger.ErrFenced) {
		t.Errorf("claiming a cancelled run: %v", err)
	}
	for end, f := range map[string]func(ledger.Run) error{
		"fail with retry": func(r ledger.Run) error { _, err := l.Fail(ctx, r.ID, 1, "killed", true); return err },
		"fail for good":   func(r ledger.Run) error { _, err := l.Fail(ctx, r.ID, 1, "killed", false); return err },
		"release":         func(r ledger.Run) error { _, err := l.Release(ctx, r.ID, 1, "stopping"); return err },
		"rescue": func(r ledger.Run) error {
			silence(t, l, r.ID)
			_, err := l.Rescue(ctx, time.Minute)
			return err
		},
	} {
		run := claimed(t, l, ask())
		if r := must[ledger.Run](t)(l.Cancel(ctx, run.ID, "Dominique")); r.State != ledger.Running || !r.Cancelling {
			t.Errorf("a running run is cancelled by its worker: %+v", r)
		}
		if cancel := must[bool](t)(l.Beat(ctx, run.ID, 1, 0, 0)); !cancel {
			t.Error("the worker is not told")
		}
		if err := f(run); err != nil {
			t.Error(err)
		}
		if r := is(t, l, run.ID, ledger.Cancelled, 1); r.Cancelling {
			t.Errorf("%s: still cancelling: %+v", end, r)
		}
		if text := logged(t, l, run.ID); !strings.Contains(text, "cancelled by Dominique") {
			t.Errorf("%s: log does not say who: %s", end, text)
		}
	}
	quick := claimed(t, l, ask())
	must[ledger.Run](t)(l.Cancel(ctx, quick.ID, "Dominique"))
	if err := l.Finish(ctx, quick.ID, 1, []byte("42")); err != nil {
		t.Errorf("an answer that came before the worker was told: %v", err)
	}
	is(t, l, quick.ID, ledger.Done, 1)
	if r := must[ledger.Run](t)(l.Cancel(ctx, quick.ID, "Dominique")); r.State != ledger.Done {
		t.Errorf("cancelling a done run made it %s", r.State)
	}
	if _, err := l.Cancel(ctx, "nowhere", "x"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no such run: %v", err)
	}
}

// silence makes the worker's last sign of life an hour old.
func silence(t interface {
	Helper()
	Fatal(...any)
}, l *ledger.Ledger, id string) {
	t.Helper()
	if _, err := l.DB().ExecContext(context.Background(), `UPDATE maillage_run SET beat = beat - 3600000000 WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
}

func silentWorkersAreTakenForDead(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	alive, dead := claimed(t, l, ask()), claimed(t, l, ask())
	queued := submitted(t, l, ask())
	silence(t, l, alive.ID)
	silence(t, l, dead.ID)
	must[bool](t)(l.Beat(ctx, alive.ID, 1, 0, 0))
	rescued := must[[]ledger.Run](t)(l.Rescue(ctx, time.Minute))
	if len(rescued) != 1 || rescued[0].ID != dead.ID || rescued[0].State != ledger.Queued || rescued[0].Attempt != 2 || rescued[0].Due.After(rescued[0].Started.Add(time.Minute)) {
		t.Errorf("rescued %+v, want attempt 2 of %s queued and due", rescued, dead.ID)
	}
	is(t, l, alive.ID, ledger.Running, 1)
	is(t, l, queued.ID, ledger.Queued, 1)
	for attempt := 2; attempt <= 3; attempt++ {
		must[ledger.Run](t)(l.Claim(ctx, dead.ID, attempt, "w2"))
		silence(t, l, dead.ID)
		must[[]ledger.Run](t)(l.Rescue(ctx, time.Minute))
	}
	r := is(t, l, dead.ID, ledger.Failed, 3)
	if want := "attempt 3: its worker died: w2 gave no sign of life for 1m0s"; r.Error != want {
		t.Errorf("error %q, want %q", r.Error, want)
	}
	if text := logged(t, l, dead.ID); !strings.Contains(text, "\n1 attempt 1: its worker died: w1 gave no sign of life for 1m0s; attempt 2 of 3 follows\n") {
		t.Errorf("log:\n%s", text)
	}
}

func resultNeverChanges(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	run := claimed(t, l, ask())
	if err := l.Finish(ctx, run.ID, 1, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.DB().ExecContext(ctx, `UPDATE maillage_result SET attempt = 2`); err == nil || !strings.Contains(err.Error(), "a result never changes") {
		t.Errorf("changing a result: %v", err)
	}
	if body, _, err := l.Result(ctx, run.Key); string(body) != "first" {
		t.Errorf("result %q, %v", body, err)
	}
	if _, _, err := l.Result(ctx, "nowhere"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no such result: %v", err)
	}
	empty := claimed(t, l, ask())
	if err := l.Finish(ctx, empty.ID, 1, nil); err != nil {
		t.Fatal(err)
	}
	if body, hash, err := l.Result(ctx, empty.Key); err != nil || len(body) != 0 || hash != sum("") {
		t.Errorf("an empty answer: %q, %s, %v", body, hash, err)
	}
	// A result that cannot be stored leaves the run as it was.
	other := claimed(t, l, ask())
	if _, err := l.DB().ExecContext(ctx, `INSERT INTO maillage_result (key, run, attempt, created, hash, body) VALUES ($1, $2, 1, 0, '', $3)`, other.Key, other.ID, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(ctx, other.ID, 1, []byte("y")); err == nil || errors.Is(err, ledger.ErrFenced) {
		t.Errorf("a second result under one key: %v", err)
	}
	is(t, l, other.ID, ledger.Running, 1)
	if _, _, err := l.Result(ctx, other.Key); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a result without its hash: %v", err)
	}
}

func retrying(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	request := ask()
	request.Priority, request.Timeout, request.MaxAttempts = 1, time.Minute, 1
	run := claimed(t, l, request)
	if _, _, err := l.Retry(ctx, run.ID, "x"); !errors.Is(err, ledger.ErrRequest) {
		t.Errorf("retrying a running run: %v", err)
	}
	must[ledger.Run](t)(l.Fail(ctx, run.ID, 1, "broken", true))
	is(t, l, run.ID, ledger.Failed, 1)
	second, fresh, err := l.Retry(ctx, run.ID, "Dominique")
	if err != nil || !fresh || second.ID == run.ID || second.Key != run.Key || second.By != "Dominique" || second.Priority != 1 || second.Timeout != time.Minute || second.MaxAttempts != 1 {
		t.Errorf("retried: %+v, fresh %v, %v", second, fresh, err)
	}
	if third, fresh, err := l.Retry(ctx, run.ID, "Dominique"); err != nil || fresh || third.ID != second.ID {
		t.Errorf("retried twice: %+v, fresh %v, %v", third, fresh, err)
	}
	is(t, l, run.ID, ledger.Failed, 1)
	if _, _, err := l.Retry(ctx, "nowhere", "x"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no such run: %v", err)
	}
}

func waitingRunsHaveTheirTurn(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	var ids []string
	for _, priority := range []int{3, 1, 0, 1, 4} {
		r := ask()
		r.Priority = priority
		ids = append(ids, submitted(t, l, r).ID)
	}
	claimed(t, l, ask())
	turn := func() (out []string) {
		for _, r := range must[[]ledger.Run](t)(l.Waiting(ctx, 4)) {
			out = append(out, r.ID)
		}
		return out
	}
	if got, want := fmt.Sprint(turn()), fmt.Sprint([]string{ids[1], ids[3], ids[2], ids[0]}); got != want {
		t.Errorf("waiting: %s, want %s", got, want)
	}
	if err := errors.Join(l.SetJob(ctx, ids[1], 1, 77), l.SetJob(ctx, ids[3], 2, 78)); err != nil {
		t.Fatal(err)
	}
	if w := must[[]ledger.Run](t)(l.Waiting(ctx, 2)); w[0].Job != 77 || w[1].Job != 0 {
		t.Errorf("jobs %d and %d, want 77 and none, since the second was for another attempt", w[0].Job, w[1].Job)
	}
	must[ledger.Run](t)(l.Claim(ctx, ids[1], 1, "w"))
	if r := must[ledger.Run](t)(l.Release(ctx, ids[1], 1, "stop")); r.Job != 0 {
		t.Errorf("the next attempt has the job %d of the last", r.Job)
	}
}

func listsOfRuns(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	first := submitted(t, l, ask())
	r := ask()
	r.Analysis, r.By, r.Territory = "isochrone", "Dominique", "53"
	second := submitted(t, l, r)
	third := claimed(t, l, ask())
	for name, c := range map[string]struct {
		f    ledger.Filter
		want []string
	}{
		"all, the newest first": {ledger.Filter{}, []string{third.ID, second.ID, first.ID}},
		"by state":              {ledger.Filter{States: []ledger.State{ledger.Queued}}, []string{second.ID, first.ID}},
		"by two states":         {ledger.Filter{States: []ledger.State{ledger.Running, ledger.Queued}, Analysis: "coverage"}, []string{third.ID, first.ID}},
		"by analysis":           {ledger.Filter{Analysis: "isochrone"}, []string{second.ID}},
		"by territory":          {ledger.Filter{Territory: "49"}, []string{third.ID, first.ID}},
		"by asker":              {ledger.Filter{By: "Dominique"}, []string{second.ID}},
		"by question":           {ledger.Filter{Key: first.Key}, []string{first.ID}},
		"at most two":           {ledger.Filter{Limit: 2}, []string{third.ID, second.ID}},
		"none":                  {ledger.Filter{States: []ledger.State{ledger.Done}}, nil},
	} {
		var got []string
		for _, r := range must[[]ledger.Run](t)(l.Runs(ctx, c.f)) {
			got = append(got, r.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if _, err := l.Run(ctx, "nowhere"); !errors.Is(err, ledger.ErrNotFound) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no such run: %v", err)
	}
}

func badRequestsAreRefused(t *testing.T, l *ledger.Ledger) {
	for want, change := range map[string]func(*ledger.Request){
		"analysis":     func(r *ledger.Request) { r.Analysis = "" },
		"territory":    func(r *ledger.Request) { r.Territory = "" },
		"snapshot":     func(r *ledger.Request) { r.Snapshot = "" },
		"version":      func(r *ledger.Request) { r.Version = "" },
		"params":       func(r *ledger.Request) { r.Params = json.RawMessage(`{"a":`) },
		"part":         func(r *ledger.Request) { r.Part = json.RawMessage(`{} {}`) },
		"priority 5":   func(r *ledger.Request) { r.Priority = 5 },
		"priority -1":  func(r *ledger.Request) { r.Priority = -1 },
		"timeout":      func(r *ledger.Request) { r.Timeout = -time.Second },
		"max_attempts": func(r *ledger.Request) { r.MaxAttempts = 101 },
	} {
		r := ask()
		change(&r)
		if _, _, err := l.Submit(t.Context(), r); !errors.Is(err, ledger.ErrRequest) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if runs := must[[]ledger.Run](t)(l.Runs(t.Context(), ledger.Filter{})); len(runs) > 0 {
		t.Errorf("%d runs were made", len(runs))
	}
}

func anyTextCanBeKept(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	odd := "é\x00\xff'\"\\ $1 {now} ; DROP TABLE maillage_run -- 🚌"
	kept := "é\uFFFD\uFFFD'\"\\ $1 {now} ; DROP TABLE maillage_run -- 🚌"
	r := ask()
	r.By = odd
	run := submitted(t, l, r)
	must[ledger.Run](t)(l.Claim(ctx, run.ID, 1, odd))
	if err := l.Log(ctx, run.ID, 1, odd); err != nil {
		t.Error(err)
	}
	must[ledger.Run](t)(l.Fail(ctx, run.ID, 1, odd, false))
	got := is(t, l, run.ID, ledger.Failed, 1)
	if got.By != kept || got.Worker != kept || got.Error != kept || !strings.Contains(logged(t, l, run.ID), "1 "+kept+"\n") {
		t.Errorf("kept as %+v", got)
	}
	if err := l.Record(ctx, ledger.Entry{By: odd, Action: odd, What: odd, Detail: odd}); err != nil {
		t.Error(err)
	}
}

func logsCanBePurged(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	old, recent, running := claimed(t, l, ask()), claimed(t, l, ask()), claimed(t, l, ask())
	for _, r := range []ledger.Run{old, recent} {
		if err := l.Finish(ctx, r.ID, 1, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.DB().ExecContext(ctx, `UPDATE maillage_run SET finished = finished - 3600000000 WHERE id = $1`, old.ID); err != nil {
		t.Fatal(err)
	}
	if n := must[int64](t)(l.PurgeLogs(ctx, time.Minute)); n != 2 {
		t.Errorf("%d lines went, want 2", n)
	}
	if logged(t, l, old.ID) != "" || logged(t, l, recent.ID) == "" || logged(t, l, running.ID) == "" {
		t.Error("the wrong log went")
	}
}

func workersComeAndGo(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	for _, w := range []string{"b", "a", "b"} {
		if err := l.Greet(ctx, w, 2); err != nil {
			t.Fatal(err)
		}
	}
	if w := must[[]ledger.Worker](t)(l.Workers(ctx, time.Minute)); len(w) != 2 || w[0].Name != "a" || w[1].Name != "b" || w[1].Slots != 2 || w[1].Beat.Before(w[1].Started) {
		t.Errorf("workers %+v", w)
	}
	if _, err := l.DB().ExecContext(ctx, `UPDATE maillage_worker SET beat = beat - 3600000000 WHERE name = 'a'`); err != nil {
		t.Fatal(err)
	}
	if w := must[[]ledger.Worker](t)(l.Workers(ctx, time.Minute)); len(w) != 1 || w[0].Name != "b" {
		t.Errorf("after a fell silent: %+v", w)
	}
	if err := l.Leave(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	if w := must[[]ledger.Worker](t)(l.Workers(ctx, time.Minute)); len(w) != 0 {
		t.Errorf("after b left: %+v", w)
	}
}

func scenariosKeepTheirVersions(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	put := func(territory, name, document string) ledger.Scenario {
		t.Helper()
		return must[ledger.Scenario](t)(l.PutScenario(ctx, territory, name, document, "Camille"))
	}
	one := put("49", "crèches", "open: [a]\n")
	if one.Version != 1 || one.ID != sum("open: [a]\n") || one.By != "Camille" || one.Created.IsZero() {
		t.Errorf("first version: %+v", one)
	}
	if same := put("49", "crèches", "open: [a]\n"); same != one {
		t.Errorf("the same again became %+v", same)
	}
	two := put("49", "crèches", "open: [b]\n")
	if three := put("49", "crèches", "open: [a]\n"); two.Version != 2 || three.Version != 3 || three.ID != one.ID {
		t.Errorf("versions %+v and %+v", two, three)
	}
	put("53", "crèches", "elsewhere")
	put("49", "alsh", "x")
	names := func(territory string) (out []string) {
		for _, s := range must[[]ledger.Scenario](t)(l.Scenarios(ctx, territory)) {
			out = append(out, fmt.Sprintf("%s/%s/%d", s.Territory, s.Name, s.Version))
		}
		return out
	}
	if got, want := fmt.Sprint(names("49")), "[49/alsh/1 49/crèches/3]"; got != want {
		t.Errorf("scenarios of 49: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(names("")), "[49/alsh/1 49/crèches/3 53/crèches/1]"; got != want {
		t.Errorf("scenarios: %s, want %s", got, want)
	}
	if s := must[ledger.Scenario](t)(l.Scenario(ctx, "49", "crèches", 0)); s.Version != 3 {
		t.Errorf("newest: %+v", s)
	}
	if s := must[ledger.Scenario](t)(l.Scenario(ctx, "49", "crèches", 2)); s != two {
		t.Errorf("second: %+v, want %+v", s, two)
	}
	if s := must[ledger.Scenario](t)(l.ScenarioByID(ctx, one.ID)); s != one {
		t.Errorf("by id: %+v, want %+v", s, one)
	}
	if err := l.RemoveScenario(ctx, "49", "crèches", "Camille"); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(names("49")), "[49/alsh/1]"; got != want {
		t.Errorf("after removing: %s, want %s", got, want)
	}
	for what, err := range map[string]error{
		"removing twice":            l.RemoveScenario(ctx, "49", "crèches", "x"),
		"the newest of a gone name": second(l.Scenario(ctx, "49", "crèches", 0)),
		"a version to come":         second(l.Scenario(ctx, "49", "alsh", 2)),
		"no such document":          second(l.ScenarioByID(ctx, "nowhere")),
	} {
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s := must[ledger.Scenario](t)(l.Scenario(ctx, "49", "crèches", 2)); s != two {
		t.Errorf("a version of a removed name: %+v", s)
	}
	if s := put("49", "crèches", "open: [a]\n"); s.Version != 4 {
		t.Errorf("put again after removing: %+v, want version 4", s)
	}
	if v := must[[]ledger.Scenario](t)(l.ScenarioVersions(ctx, "49", "crèches")); len(v) != 4 || v[0].Version != 4 || v[3] != one {
		t.Errorf("versions: %+v", v)
	}
	for _, bad := range []string{"", " ", "a\x00"} {
		if _, err := l.PutScenario(ctx, "49", bad, "x", "y"); !errors.Is(err, ledger.ErrRequest) {
			t.Errorf("the name %q: %v", bad, err)
		}
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := l.PutScenario(ctx, "49", "à plusieurs", fmt.Sprint(i), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if v := must[[]ledger.Scenario](t)(l.ScenarioVersions(ctx, "49", "à plusieurs")); len(v) != 8 || v[0].Version != 8 {
		t.Errorf("eight at once left %d versions", len(v))
	}
}

func second[T any](_ T, err error) error { return err }

func auditLog(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	if err := l.Record(ctx, ledger.Entry{By: "Camille", Action: "import", What: "49/2021", Detail: "17 communes"}); err != nil {
		t.Fatal(err)
	}
	run := submitted(t, l, ask())
	if _, _, err := l.Submit(ctx, ledger.Request{Question: run.Question, By: "Dominique"}); err != nil { // changes nothing, so it is not recorded
		t.Fatal(err)
	}
	must[ledger.Run](t)(l.Cancel(ctx, run.ID, "Dominique"))
	must[ledger.Scenario](t)(l.PutScenario(ctx, "49", "s", "x", "Camille"))
	lines := func(f ledger.EntryFilter) (out []string) {
		for _, e := range must[[]ledger.Entry](t)(l.Entries(ctx, f)) {
			if age := time.Since(e.At); age > time.Minute || age < -time.Minute {
				t.Errorf("entry of %v", e.At)
			}
			out = append(out, e.By+" "+e.Action+" "+e.What)
		}
		return out
	}
	all := []string{"Camille scenario 49/s", "Dominique cancel " + run.ID, "Camille run " + run.ID, "Camille import 49/2021"}
	for name, c := range map[string]struct {
		f    ledger.EntryFilter
		want []string
	}{
		"all, the newest first": {ledger.EntryFilter{}, all},
		"of a person":           {ledger.EntryFilter{By: "Dominique"}, all[1:2]},
		"of a kind":             {ledger.EntryFilter{Action: "import"}, all[3:]},
		"of a thing":            {ledger.EntryFilter{What: run.ID}, all[1:3]},
		"at most one":           {ledger.EntryFilter{Limit: 1}, all[:1]},
		"since an hour":         {ledger.EntryFilter{Since: time.Now().Add(-time.Hour)}, all},
		"since tomorrow":        {ledger.EntryFilter{Since: time.Now().Add(24 * time.Hour)}, nil},
	} {
		if got := lines(c.f); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// anyOrderEndsWell runs random events against a model of what each must do.
func anyOrderEndsWell(t *testing.T, l *ledger.Ledger) {
	ctx := t.Context()
	type model struct {
		id        string
		state     ledger.State
		attempt   int
		most      int
		cancel    bool
		committed int
	}
	rapid.Check(t, func(t *rapid.T) {
		var runs []*model
		pick := func(t *rapid.T) *model {
			if len(runs) == 0 {
				t.Skip("no run yet")
			}
			return rapid.SampledFrom(runs).Draw(t, "run")
		}
		// attempt is the run's own, or one that a worker lost or invents.
		attempt := func(t *rapid.T, m *model) int { return max(1, m.attempt+rapid.IntRange(-1, 1).Draw(t, "off")) }
		expect := func(t *rapid.T, m *model, state ledger.State, a int, err error) bool {
			t.Helper()
			ok := m.state == state && m.attempt == a
			if ok && err != nil || !ok && !errors.Is(err, ledger.ErrFenced) {
				t.Fatalf("%+v, attempt %d: %v", *m, a, err)
			}
			return ok
		}
		ended := func(m *model, again bool) {
			switch {
			case m.cancel:
				m.state = ledger.Cancelled
			case again && m.attempt < m.most:
				m.state, m.attempt = ledger.Queued, m.attempt+1
			default:
				m.state = ledger.Failed
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				r := ask()
				r.MaxAttempts = rapid.IntRange(1, 3).Draw(t, "attempts")
				run, fresh, err := l.Submit(ctx, r)
				if err != nil || !fresh {
					t.Fatalf("fresh %v, %v", fresh, err)
				}
				runs = append(runs, &model{id: run.ID, state: ledger.Queued, attempt: 1, most: r.MaxAttempts})
			},
			"claim": func(t *rapid.T) {
				m := pick(t)
				a := attempt(t, m)
				_, err := l.Claim(ctx, m.id, a, "w")
				if expect(t, m, ledger.Queued, a, err) {
					m.state = ledger.Running
				}
			},
			"beat": func(t *rapid.T) {
				m := pick(t)
				a := attempt(t, m)
				cancel, err := l.Beat(ctx, m.id, a, 1, 2)
				if expect(t, m, ledger.Running, a, err) && cancel != m.cancel {
					t.Fatalf("told to cancel: %v, want %v", cancel, m.cancel)
				}
			},
			"finish": func(t *rapid.T) {
				m := pick(t)
				a := attempt(t, m)
				if expect(t, m, ledger.Running, a, l.Finish(ctx, m.id, a, fmt.Appendf(nil, "attempt %d", a))) {
					m.state = ledger.Done
					m.committed++
				}
			},
			"fail": func(t *rapid.T) {
				m := pick(t)
				a, again := attempt(t, m), rapid.Bool().Draw(t, "again")
				_, err := l.Fail(ctx, m.id, a, "no", again)
				if expect(t, m, ledger.Running, a, err) {
					ended(m, again)
				}
			},
			"release": func(t *rapid.T) {
				m := pick(t)
				a := attempt(t, m)
				_, err := l.Release(ctx, m.id, a, "no")
				if expect(t, m, ledger.Running, a, err) {
					ended(m, true)
				}
			},
			"cancel": func(t *rapid.T) {
				m := pick(t)
				if _, err := l.Cancel(ctx, m.id, "x"); err != nil {
					t.Fatal(err)
				}
				switch m.state {
				case ledger.Queued:
					m.state = ledger.Cancelled
				case ledger.Running:
					m.cancel = true
				}
			},
			"die and be rescued": func(t *rapid.T) {
				m := pick(t)
				silence(t, l, m.id)
				if _, err := l.Rescue(ctx, 10*time.Minute); err != nil {
					t.Fatal(err)
				}
				if m.state == ledger.Running {
					ended(m, true)
				}
			},
			"": func(t *rapid.T) {
				for _, m := range runs {
					r, err := l.Run(ctx, m.id)
					if err != nil || r.State != m.state || r.Attempt != m.attempt {
						t.Fatalf("run is %s at %d, want %s at %d; %v", r.State, r.Attempt, m.state, m.attempt, err)
					}
					body, _, err := l.Result(ctx, r.Key)
					if want := fmt.Appendf(nil, "attempt %d", m.attempt); m.state == ledger.Done && (m.committed != 1 || !bytes.Equal(body, want)) {
						t.Fatalf("%d commits, result %q, %v", m.committed, body, err)
					}
					if m.state != ledger.Done && !errors.Is(err, ledger.ErrNotFound) {
						t.Fatalf("a %s run has the result %q, %v", m.state, body, err)
					}
				}
			},
		})
	})
}

// manyWorkersCommitOnce lets workers that stall and die race on one ledger.
func manyWorkersCommitOnce(t *testing.T, l *ledger.Ledger) {
	const (
		workers = 6
		runs    = 40
		quiet   = 30 * time.Millisecond
	)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var ids []string
	for range runs {
		r := ask()
		r.MaxAttempts = 4
		ids = append(ids, submitted(t, l, r).ID)
	}
	commits := make([]atomic.Int32, runs)
	allFinal := func() bool {
		left, err := l.Runs(ctx, ledger.Filter{States: []ledger.State{ledger.Queued, ledger.Running}, Limit: 1})
		if err != nil {
			t.Error(err)
		}
		return len(left) == 0 || err != nil
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			random := mathrand.New(mathrand.NewPCG(49, uint64(w)))
			for !allFinal() {
				n := random.IntN(runs)
				run, err := l.Run(ctx, ids[n])
				if err != nil {
					t.Error(err)
					return
				}
				if run, err = l.Claim(ctx, run.ID, run.Attempt, fmt.Sprint("w", w)); err != nil {
					continue
				}
				switch random.IntN(4) {
				case 0: // dies
					continue
				case 1: // stalls so long that it is taken for dead
					time.Sleep(2 * quiet)
				case 2:
					if _, err := l.Fail(ctx, run.ID, run.Attempt, "no", true); err != nil && !errors.Is(err, ledger.ErrFenced) {
						t.Error(err)
					}
					continue
				}
				if err := l.Finish(ctx, run.ID, run.Attempt, fmt.Appendf(nil, "attempt %d", run.Attempt)); err == nil {
					commits[n].Add(1)
				} else if !errors.Is(err, ledger.ErrFenced) {
					t.Error(err)
				}
			}
		})
	}
	for range 2 { // more than one rescues at once
		group.Go(func() {
			for !allFinal() {
				if _, err := l.Rescue(ctx, quiet); err != nil {
					t.Error(err)
				}
				time.Sleep(quiet / 3)
			}
		})
	}
	group.Wait()
	states := map[ledger.State]int{}
	for n, id := range ids {
		r := must[ledger.Run](t)(l.Run(t.Context(), id))
		states[r.State]++
		body, _, err := l.Result(t.Context(), r.Key)
		switch c := commits[n].Load(); {
		case !r.State.Final():
			t.Errorf("run %s is left %s", id, r.State)
		case c > 1:
			t.Errorf("run %s was committed %d times", id, c)
		case (r.State == ledger.Done) != (c == 1) || (r.State == ledger.Done) != (err == nil):
			t.Errorf("run %s is %s with %d commits and %v", id, r.State, c, err)
		case r.State == ledger.Done && string(body) != fmt.Sprintf("attempt %d", r.Attempt):
			t.Errorf("run %s, attempt %d: result %q", id, r.Attempt, body)
		}
	}
	if states[ledger.Done] == 0 || states[ledger.Failed] == 0 {
		t.Errorf("states %v: the race shows nothing unless some runs end well and some do not", states)
	}
}
