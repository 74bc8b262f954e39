package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store/ledger"
)

// The test program is also the children and the workers it starts.
func TestMain(m *testing.M) {
	switch os.Getenv("MAILLAGE_TEST_AS") {
	case "child":
		os.Exit(Child(context.Background(), answer))
	case "worker":
		if err := workerProcess(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	flag.Set("test.parallel", "5") // the tests that run in parallel wait more than they work
	os.Exit(m.Run())
}

// wish is what a test asks of a child.
type wish struct {
	ID    string `json:"id"` // makes the question another
	Steps int    `json:"steps"`
	Each  int    `json:"each"` // milliseconds per step
	Note  string `json:"note"` // a file that gets a line when the child begins
	Bytes int    `json:"bytes"`
}

// answer is what the children of these tests do.
func answer(ctx context.Context, t Task, progress func(done, total int)) ([]byte, error) {
	var w wish
	if err := json.Unmarshal(t.Question.Params, &w); err != nil {
		return nil, Final(err)
	}
	if w.Note != "" {
		f, err := os.OpenFile(w.Note, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(f, os.Getpid())
		f.Close()
	}
	switch t.Question.Analysis {
	case "work":
		fmt.Fprintln(os.Stderr, "at work on", w.ID)
		fmt.Println("this goes to the log as well")
		for i := range w.Steps {
			time.Sleep(time.Duration(w.Each) * time.Millisecond)
			progress(i+1, w.Steps)
		}
		return fmt.Appendf(nil, "the answer to %s", w.ID), nil
	case "chain":
		link := sha256.Sum256([]byte(w.ID))
		for i := range w.Steps {
			time.Sleep(time.Duration(w.Each) * time.Millisecond)
			link = sha256.Sum256(link[:])
			progress(i+1, w.Steps)
		}
		return bytes.Repeat(link[:], 10_000), nil
	case "many bytes":
		return []byte(strings.Repeat("é", w.Bytes/2)), nil
	case "panic":
		fmt.Fprintln(os.Stderr, "so far so good")
		panic("something odd")
	case "exit":
		os.Exit(7)
	case "refuse":
		return nil, Final(errors.New("service: unknown service x: want creche"))
	case "fail":
		return nil, errors.New("the server is away")
	case "eat":
		var all [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = byte(i)
			}
			all = append(all, b)
			if len(all) > 2000 {
				return nil, Final(errors.New("nothing stopped me"))
			}
		}
	case "look around":
		nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
		args, _ := os.ReadFile("/proc/self/cmdline")
		return fmt.Appendf(nil, "niceness %d, threads %d, arguments %s, target %s", 20-nice, runtime.GOMAXPROCS(0), args, t.Target), err
	}
	return nil, Final(fmt.Errorf("unknown analysis %q", t.Question.Analysis))
}

// workerProcess is a worker that a test can kill.
func workerProcess() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := reach(os.Getenv("MAILLAGE_TEST_TARGET"))
	if err != nil {
		return err
	}
	q, err := Open(ctx, l)
	if err != nil {
		return err
	}
	defer q.Close()
	return Work(ctx, q, testOptions(2))
}

func testOptions(slots int) WorkerOptions {
	memory := int64(256 << 20)
	if raceDetector {
		memory = 0
	}
	return WorkerOptions{Target: "postgres://u:secret@h/db", Command: []string{"/usr/bin/env", "MAILLAGE_TEST_AS=child", os.Args[0]}, Slots: slots, Memory: memory, Threads: 1,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// reach opens a ledger whose tables are there.
func reach(target string) (*ledger.Ledger, error) {
	driver, dialect, at := "sqlite", ledger.SQLite, "file:"+target+"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"
	if strings.HasPrefix(target, "postgres") {
		driver, dialect, at = "pgx", ledger.Postgres, target
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(3) // many workers share a server with a hundred
	return ledger.New(db, dialect), nil
}

// place is where the runs of a test are.
type place struct {
	*testing.T
	target string
	q      *Queue
}

// onBoth runs a test on either database, at the same time as other tests.
func onBoth(t *testing.T, test func(p place)) {
	t.Parallel()
	for name, c := range map[string]struct {
		target func(t *testing.T) string
		goose  goose.Dialect
	}{
		"sqlite":   {func(t *testing.T) string { return filepath.Join(t.TempDir(), "ledger.db") }, goose.DialectSQLite3},
		"postgres": {func(t *testing.T) string { return pgtest.URL(t) }, goose.DialectPostgres},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := c.target(t)
			l, err := reach(target)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.DB().Close() })
			g, err := goose.NewProvider(c.goose, l.DB(), ledger.Migrations(l.Dialect()), goose.WithTableName(ledger.VersionTable), goose.WithDisableGlobalRegistry(true))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			q, err := Open(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(q.Close)
			test(place{t, target, q})
		})
	}
}

// work runs a worker in this process until the returned function is called.
func (p place) work(o WorkerOptions) (stop func()) {
	p.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Work(ctx, p.q, o) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.Errorf("worker: %v", err)
		}
	})
	p.Cleanup(stop)
	return stop
}

// process starts a worker in a process of its own.
func (p place) process() *exec.Cmd {
	p.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILLAGE_TEST_AS=worker", "MAILLAGE_TEST_TARGET="+p.target)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

func ask(analysis string, w wish) ledger.Request {
	params, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	return ledger.Request{By: "Camille", Question: ledger.Question{Analysis: analysis, Territory: "49", Snapshot: "abc", Version: "1", Params: params}}
}

func (p place) submit(r ledger.Request) ledger.Run {
	p.Helper()
	run, fresh, err := p.q.Submit(p.Context(), r)
	if err != nil || !fresh {
		p.Fatalf("submitting: fresh %v, %v", fresh, err)
	}
	return run
}

// until waits for a run to be as wanted, but not for ever.
func (p place) until(id, what string, ok func(ledger.Run) bool) ledger.Run {
	p.Helper()
	for give := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		run, err := p.q.ledger.Run(p.Context(), id)
		if err != nil {
			p.Fatal(err)
		}
		if ok(run) {
			return run
		}
		if time.Now().After(give) {
			p.Fatalf("run never was %s: it is %s at attempt %d: %s\n%s", what, run.State, run.Attempt, run.Error, p.log(id))
		}
	}
}

func (p place) final(id string) ledger.Run {
	p.Helper()
	return p.until(id, "final", func(r ledger.Run) bool { return r.State.Final() })
}

// ends waits for the end and checks it.
func (p place) ends(id string, state ledger.State, attempt int, because string) ledger.Run {
	p.Helper()
	run := p.final(id)
	if run.State != state || run.Attempt != attempt || !strings.Contains(run.Error, because) {
		p.Errorf("run ended %s at attempt %d: %q; want %s at %d: %q\n%s", run.State, run.Attempt, run.Error, state, attempt, because, p.log(id))
	}
	return run
}

func (p place) log(id string) string {
	lines, err := p.q.ledger.RunLog(p.Context(), id)
	if err != nil {
		p.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%d %s\n", l.Attempt, l.Text)
	}
	return b.String()
}

func (p place) result(run ledger.Run) string {
	p.Helper()
	body, _, err := p.q.ledger.Result(p.Context(), run.Key)
	if err != nil {
		p.Fatal(err)
	}
	return string(body)
}

func lines(t *testing.T, file string) []string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

func TestARunIsAnswered(t *testing.T) {
	onBoth(t, func(p place) {
		stop := p.work(testOptions(2))
		run := p.submit(ask("work", wish{ID: "one", Steps: 8, Each: 200}))
		half := p.until(run.ID, "half done", func(r ledger.Run) bool { return r.Done > 0 })
		if half.State != ledger.Running || half.Total != 8 || half.Done > 8 || !strings.Contains(half.Worker, fmt.Sprintf(":%d:", os.Getpid())) {
			p.Errorf("under way: %+v", half)
		}
		done, err := p.q.Wait(p.Context(), run.ID, nil)
		if err != nil || done.State != ledger.Done || done.Done != 8 || done.Attempt != 1 {
			p.Errorf("done: %+v, %v", done, err)
		}
		if got := p.result(done); got != "the answer to one" {
			p.Errorf("result %q", got)
		}
		want := "1 attempt 1 of 3 begins on " + done.Worker + "\n1 at work on one\n1 this goes to the log as well\n1 done: 17 bytes\n"
		if got := p.log(run.ID); got != want {
			p.Errorf("log:\n%swant:\n%s", got, want)
		}
		if again, fresh, err := p.q.Submit(p.Context(), ask("work", wish{ID: "one", Steps: 8, Each: 200})); err != nil || fresh || again.ID != run.ID {
			p.Errorf("asked again: run %s, fresh %v, %v; want %s", again.ID, fresh, err, run.ID)
		}
		big := p.submit(ask("many bytes", wish{Bytes: 5_000_000}))
		if r := p.ends(big.ID, ledger.Done, 1, ""); len(p.result(r)) != 5_000_000 {
			p.Errorf("%d bytes came of 5000000", len(p.result(r)))
		}
		if w, err := p.q.ledger.Workers(p.Context(), time.Minute); err != nil || len(w) != 1 || w[0].Name != done.Worker || w[0].Slots != 2 {
			p.Errorf("workers %+v, %v", w, err)
		}
		stop()
		if w, err := p.q.ledger.Workers(p.Context(), time.Minute); err != nil || len(w) != 0 {
			p.Errorf("workers after it stopped: %+v, %v", w, err)
		}
	})
}

func TestRunsThatCannotBeAnswered(t *testing.T) {
	onBoth(t, func(p place) {
		p.work(testOptions(2))
		with := func(analysis string, change func(*ledger.Request)) ledger.Run {
			r := ask(analysis, wish{ID: analysis, Steps: 1000, Each: 100})
			r.MaxAttempts = 2
			if change != nil {
				change(&r)
			}
			return p.submit(r)
		}
		refuse, crash, exit, fail := with("refuse", nil), with("panic", nil), with("exit", nil), with("fail", nil)
		slow := with("work", func(r *ledger.Request) { r.Timeout = 700 * time.Millisecond })
		p.ends(refuse.ID, ledger.Failed, 1, "service: unknown service x: want creche")
		p.ends(crash.ID, ledger.Failed, 2, "its process ended with exit status 2: panic: something odd")
		if text := p.log(crash.ID); !strings.Contains(text, "1 so far so good\n") || !strings.Contains(text, "1 panic: something odd\n") || !strings.Contains(text, "2 panic: something odd\n") {
			p.Errorf("the log of a crash:\n%s", text)
		}
		p.ends(exit.ID, ledger.Failed, 2, "its process ended with exit status 7")
		failed := p.ends(fail.ID, ledger.Failed, 2, "the server is away")
		if wait := failed.Started.Sub(failed.Created); wait < ledger.Backoff(1) {
			p.Errorf("the second attempt began %v after the run was asked for, want %v at least", wait, ledger.Backoff(1))
		}
		p.ends(slow.ID, ledger.Failed, 1, "no answer within 700ms")
		p.ends(with("work", func(r *ledger.Request) { *r = ask("work", wish{ID: "after all that"}) }).ID, ledger.Done, 1, "")
	})
}

func TestARunThatOutgrowsItsMemoryFails(t *testing.T) {
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("MEMORY IS NOT LIMITED with the race detector, which takes too much, or on another system than Linux")
	}
	onBoth(t, func(p place) {
		p.work(testOptions(2))
		eat, modest := p.submit(ask("eat", wish{})), p.submit(ask("work", wish{Steps: 20, Each: 100}))
		p.ends(eat.ID, ledger.Failed, 1, "it needs more than its memory limit of 256 MiB")
		p.ends(modest.ID, ledger.Done, 1, "")
	})
}

func TestACommandThatIsNotThereFailsTheRun(t *testing.T) {
	onBoth(t, func(p place) {
		o := testOptions(1)
		o.Command = []string{filepath.Join(p.TempDir(), "nothing")}
		p.work(o)
		r := ask("work", wish{})
		r.MaxAttempts = 1
		p.ends(p.submit(r).ID, ledger.Failed, 1, "starting "+o.Command[0])
	})
}

func TestARunIsCancelledWithinASecond(t *testing.T) {
	onBoth(t, func(p place) {
		p.work(testOptions(1))
		note := filepath.Join(p.TempDir(), "pids")
		run := p.submit(ask("work", wish{Steps: 1000, Each: 100, Note: note}))
		waiting := p.submit(ask("work", wish{ID: "waiting"}))
		p.until(run.ID, "under way", func(r ledger.Run) bool { return r.Done > 0 })
		if r, err := p.q.Cancel(p.Context(), waiting.ID, "Dominique"); err != nil || r.State != ledger.Cancelled {
			p.Errorf("cancelling a queued run: %+v, %v", r, err)
		}
		before := time.Now()
		if _, err := p.q.Cancel(p.Context(), run.ID, "Dominique"); err != nil {
			p.Fatal(err)
		}
		end := p.ends(run.ID, ledger.Cancelled, 1, "cancelled")
		p.Logf("cancelled within %v", time.Since(before))
		if took := time.Since(before); took > 5*time.Second {
			p.Errorf("cancelling took %v", took)
		}
		p.gone(lines(p.T, note)[0])
		if !strings.Contains(p.log(end.ID), "cancelled by Dominique") {
			p.Errorf("log:\n%s", p.log(end.ID))
		}
		p.ends(p.submit(ask("work", wish{ID: "next"})).ID, ledger.Done, 1, "")
	})
}

// gone waits until a process has ended.
func (p place) gone(pid string) {
	p.Helper()
	for range 500 {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.Errorf("process %s is still there", pid)
}

func TestAWorkerThatStopsGivesItsRunsBack(t *testing.T) {
	onBoth(t, func(p place) {
		note := filepath.Join(p.TempDir(), "pids")
		first := p.process()
		run := p.submit(ask("work", wish{ID: "one", Steps: 20, Each: 100, Note: note}))
		p.until(run.ID, "under way", func(r ledger.Run) bool { return r.Done > 0 })
		if err := first.Process.Signal(syscall.SIGTERM); err != nil {
			p.Fatal(err)
		}
		if err := first.Wait(); err != nil {
			p.Errorf("the worker: %v", err)
		}
		back, err := p.q.ledger.Run(p.Context(), run.ID)
		if err != nil || back.State != ledger.Queued || back.Attempt != 2 || back.Job == 0 || !strings.Contains(back.Error, "was stopped") {
			p.Errorf("after the worker stopped: %+v, %v", back, err)
		}
		p.gone(lines(p.T, note)[0])
		p.work(testOptions(1))
		if r := p.ends(run.ID, ledger.Done, 2, ""); p.result(r) != "the answer to one" {
			p.Errorf("result %q", p.result(r))
		}
	})
}

func TestChildrenDieWithTheirWorker(t *testing.T) {
	onBoth(t, func(p place) {
		note := filepath.Join(p.TempDir(), "pids")
		worker := p.process()
		run := p.submit(ask("work", wish{ID: "one", Steps: 1000, Each: 100, Note: note}))
		p.until(run.ID, "under way", func(r ledger.Run) bool { return r.Done > 0 })
		worker.Process.Kill()
		worker.Wait()
		p.gone(lines(p.T, note)[0])
	})
}

// TestAChildEndsWithItsInput is how children die with their worker where the kernel does not see to it.
func TestAChildEndsWithItsInput(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILLAGE_TEST_AS=child")
	p, err := pipes(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.started()
	task, err := json.Marshal(Task{Question: ask("work", wish{Steps: 1000, Each: 100}).Question})
	if err != nil {
		t.Fatal(err)
	}
	p.task.Write(task)
	if n, err := p.progress.Read(make([]byte, 100)); err != nil || n == 0 { // it is at work
		t.Fatal(err)
	}
	p.task.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended well")
	}
	if n, err := p.answer.Read(make([]byte, 100)); n > 0 || !errors.Is(err, io.EOF) {
		t.Errorf("it answered %d bytes, %v", n, err)
	}
}

func TestARestoredRunIsPutInTheQueueAnew(t *testing.T) {
	onBoth(t, func(p place) {
		other := p.submit(ask("work", wish{ID: "other", Steps: 100, Each: 100}))
		run, _, err := p.q.ledger.Submit(p.Context(), ask("work", wish{ID: "restored"}))
		if err != nil {
			p.Fatal(err)
		}
		other, err = p.q.ledger.Run(p.Context(), other.ID)
		if err != nil || other.Job == 0 {
			p.Fatal(other, err)
		}
		if err := p.q.ledger.SetJob(p.Context(), run.ID, 1, other.Job); err != nil { // a number of another queue
			p.Fatal(err)
		}
		if err := p.q.heed(p.Context()); err != nil {
			p.Fatal(err)
		}
		now, err := p.q.ledger.Run(p.Context(), run.ID)
		if err != nil || now.Job == other.Job {
			p.Errorf("the restored run has the job %d of another, %v", now.Job, err)
		}
		same, err := p.q.ledger.Run(p.Context(), other.ID)
		if err != nil || same.Job != other.Job {
			p.Errorf("the job of a run that had one went from %d to %d, %v", other.Job, same.Job, err)
		}
	})
}

func TestThePriorityDecides(t *testing.T) {
	onBoth(t, func(p place) {
		runs := map[int]ledger.Run{}
		for _, priority := range []int{4, 2, 1, 3} {
			r := ask("work", wish{ID: fmt.Sprint(priority)})
			r.Priority = priority
			runs[priority] = p.submit(r)
		}
		p.work(testOptions(1))
		var before time.Time
		for priority := 1; priority <= 4; priority++ {
			r := p.ends(runs[priority].ID, ledger.Done, 1, "")
			if r.Started.Before(before) {
				p.Errorf("priority %d began at %v, before one that comes first, %v", priority, r.Started, before)
			}
			before = r.Started
		}
	})
}

func TestLostAndDoubledJobsDoNoHarm(t *testing.T) {
	onBoth(t, func(p place) {
		note := filepath.Join(p.TempDir(), "pids")
		lost, err := func() (ledger.Run, error) { // between the run's row and its job
			r, _, err := p.q.ledger.Submit(p.Context(), ask("work", wish{ID: "lost"}))
			return r, err
		}()
		if err != nil {
			p.Fatal(err)
		}
		gone := p.submit(ask("work", wish{ID: "gone"}))
		if _, err := p.q.ledger.DB().Exec(`DELETE FROM river_job`); err != nil {
			p.Fatal(err)
		}
		doubled := p.submit(ask("work", wish{ID: "doubled", Note: note, Steps: 5, Each: 100}))
		for range 5 {
			if err := p.q.enqueue(p.Context(), doubled); err != nil {
				p.Fatal(err)
			}
		}
		stale := doubled
		for stale.Attempt = 2; stale.Attempt < 4; stale.Attempt++ { // of attempts that never come
			if err := p.q.enqueue(p.Context(), stale); err != nil {
				p.Fatal(err)
			}
		}
		p.work(testOptions(2))
		p.work(testOptions(2))
		for _, r := range []ledger.Run{lost, gone, doubled} {
			p.ends(r.ID, ledger.Done, 1, "")
		}
		time.Sleep(500 * time.Millisecond) // for a second child that should not be
		if n := lines(p.T, note); len(n) != 1 {
			p.Errorf("%d children answered one run", len(n))
		}
	})
}

func TestAJobTakenByAWorkerThatDiedBeforeItClaimedIsPutInAgain(t *testing.T) {
	onBoth(t, func(p place) {
		run := p.submit(ask("work", wish{ID: "one"}))
		long := time.Now().Add(-time.Minute).UTC()
		took := `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = $1`
		var at any = long
		if p.q.ledger.Dialect() == ledger.SQLite {
			at = long.Format("2006-01-02 15:04:05.000")
		}
		if _, err := p.q.ledger.DB().Exec(took, at); err != nil {
			p.Fatal(err)
		}
		p.work(testOptions(1))
		p.ends(run.ID, ledger.Done, 1, "")
	})
}

func TestWhatAChildSees(t *testing.T) {
	onBoth(t, func(p place) {
		p.work(testOptions(1))
		r := p.ends(p.submit(ask("look around", wish{})).ID, ledger.Done, 1, "")
		want := fmt.Sprintf("niceness 10, threads 1, arguments %s\x00, target postgres://u:secret@h/db", os.Args[0])
		if got := p.result(r); got != want {
			p.Errorf("a child sees %q, want %q", got, want)
		}
	})
}

func TestWorkOnOneRun(t *testing.T) {
	onBoth(t, func(p place) {
		other := p.submit(ask("work", wish{ID: "other"}))
		r := ask("fail", wish{ID: "one"})
		r.MaxAttempts = 2
		run := p.submit(r)
		seen := map[ledger.State]bool{}
		end, err := WorkOn(p.Context(), p.q, run.ID, testOptions(1), func(r ledger.Run) { seen[r.State] = true })
		if err != nil || end.State != ledger.Failed || end.Attempt != 2 || !seen[ledger.Queued] {
			p.Errorf("ended %+v, %v; seen %v", end, err, seen)
		}
		if r, err := p.q.ledger.Run(p.Context(), other.ID); err != nil || r.State != ledger.Queued {
			p.Errorf("another run went %s, %v", r.State, err)
		}
		ctx, cancel := context.WithCancel(p.Context())
		long := p.submit(ask("work", wish{ID: "long", Steps: 1000, Each: 100}))
		end, err = WorkOn(ctx, p.q, long.ID, testOptions(1), func(r ledger.Run) {
			if r.Done > 0 {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) || end.State != ledger.Cancelled {
			p.Errorf("interrupted: %+v, %v", end, err)
		}
	})
}

func TestManyCanOpenTheQueueAtOnce(t *testing.T) {
	onBoth(t, func(p place) {
		for _, table := range []string{"river_migration", "river_job", "river_leader", "river_queue", "river_client_queue", "river_client", "river_notification"} {
			if _, err := p.q.ledger.DB().Exec("DROP TABLE IF EXISTS " + table); err != nil {
				p.Fatal(err)
			}
		}
		for _, what := range []string{"TYPE IF EXISTS river_job_state CASCADE", "FUNCTION IF EXISTS river_job_state_in_bitmask"} {
			if p.q.ledger.Dialect() == ledger.Postgres {
				if _, err := p.q.ledger.DB().Exec("DROP " + what); err != nil {
					p.Fatal(err)
				}
			}
		}
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				l, err := reach(p.target)
				if err == nil {
					defer l.DB().Close()
					var q *Queue
					if q, err = Open(context.Background(), l); err == nil {
						defer q.Close()
						_, _, err = q.Submit(context.Background(), ask("work", wish{ID: "one"}))
					}
				}
				if err != nil {
					p.Error(err)
				}
			})
		}
		group.Wait()
		p.work(testOptions(1))
		runs, err := p.q.ledger.Runs(p.Context(), ledger.Filter{})
		if err != nil || len(runs) != 1 {
			p.Fatalf("runs %+v, %v", runs, err)
		}
		p.ends(runs[0].ID, ledger.Done, 1, "")
	})
}

func TestOptionsThatCannotBe(t *testing.T) {
	for want, o := range map[string]WorkerOptions{"slots": {Slots: -1}, "memory": {Memory: 1000}} {
		if _, err := o.complete(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestAChildIsForWorkersOnly(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILLAGE_TEST_AS=child")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "this is for workers") {
		t.Errorf("%s, %v", out, err)
	}
}
