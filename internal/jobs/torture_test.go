package jobs

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// victim is what a point of the torture does away with.
type victim string

const (
	aWorker  victim = "a worker"
	aChild   victim = "a child"
	aPair    victim = "a worker and a child"
	everyone victim = "all workers"
	aSleeper victim = "a worker that wakes up again"
)

// TestRunsSurvive kills workers and their children at random moments. Every run
// must end with the answer it has undisturbed, stored once, and a run whose
// worker died must be rescued within 15 seconds.
func TestRunsSurvive(t *testing.T) {
	t.Parallel()
	var all observed
	tortured(t, &all, aWorker, aChild, aPair, everyone)
	if len(all.rescues) == 0 {
		t.Fatal("no run was rescued: nothing was shown")
	}
	slices.Sort(all.rescues)
	at := func(q float64) time.Duration {
		return all.rescues[int(q*float64(len(all.rescues)-1))].Round(10 * time.Millisecond)
	}
	t.Logf("killed: %v; %d runs rescued: min %v, median %v, 90 %% %v, max %v after their worker was killed", all.killed, len(all.rescues), at(0), at(0.5), at(0.9), at(1))
	if at(1) > 15*time.Second {
		t.Errorf("a run was rescued after %v, want within 15 s", at(1))
	}
}

// TestWorkersThatWakeUpDoNoHarm stops workers, as a machine that sleeps does, and
// lets them go on when others have their runs. Whoever stops may hold a lock of
// the database, so that rescue may take longer than after a kill.
func TestWorkersThatWakeUpDoNoHarm(t *testing.T) {
	t.Parallel()
	tortured(t, &observed{}, aSleeper)
}

// tortured does so once with each victim, or fifty times in all.
func tortured(t *testing.T, o *observed, victims ...victim) {
	points := len(victims)
	if os.Getenv("MAILLAGE_TORTURE") != "" {
		points = 50
	}
	point := func(p place, seed int) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			place{t, p.target, p.q}.torture(victims[seed%len(victims)], uint64(seed), o)
		}
	}
	t.Run("until all have ended", func(t *testing.T) {
		t.Run("on", func(t *testing.T) {
			onBoth(t, func(p place) {
				for seed := range points {
					p.Run(fmt.Sprint(seed), point(p, seed))
				}
			})
		})
	})
}

// observed is what came of all points. They share a ledger, so that any worker
// may have taken any run.
type observed struct {
	mu      sync.Mutex
	at      map[string]time.Time // when a worker was killed, by its process number
	killed  map[string]int
	rescues []time.Duration // from the kill of a worker to the rescue of a run it had
}

func (o *observed) note(what string, pid int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at == nil {
		o.at, o.killed = map[string]time.Time{}, map[string]int{}
	}
	o.killed[what]++
	if what != "child" {
		o.at[fmt.Sprint(pid)] = time.Now()
	}
}

var diedLine = regexp.MustCompile(`its worker died: [^ ]*:([0-9]+):[a-z2-7]+ gave no sign of life`)

func (o *observed) read(line ledger.Line) {
	m := diedLine.FindStringSubmatch(line.Text)
	if m == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.at[m[1]]; ok {
		o.rescues = append(o.rescues, line.At.Sub(at))
	}
}

// runsEach are enough to keep the workers of a point busy.
const runsEach = 6

// torture kills workers of its own, and children of its runs.
func (p place) torture(who victim, seed uint64, o *observed) {
	random := rand.New(rand.NewPCG(49, seed))
	notes := p.TempDir()
	workers := []*exec.Cmd{p.process(), p.process()}
	time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
	var runs []ledger.Run
	for i := range runsEach {
		w := wish{ID: fmt.Sprintf("%d/%d", seed, i), Steps: 10, Each: 100, Note: filepath.Join(notes, fmt.Sprint(i))}
		r := ask("chain", w)
		r.MaxAttempts = 20 // the kills of other points hit it too
		runs = append(runs, p.submit(r))
	}
	time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
	at := time.Now()
	switch who {
	case aWorker:
		o.kill(workers[0])
	case aChild:
		o.killChild(notes, random)
	case aPair:
		o.killChild(notes, random)
		o.kill(workers[0])
	case everyone:
		o.kill(workers[0])
		o.kill(workers[1])
		time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
		p.process()
	case aSleeper:
		pid := workers[0].Process.Pid
		o.note("stopped", pid)
		syscall.Kill(pid, syscall.SIGSTOP)
		time.AfterFunc(13*time.Second, func() { syscall.Kill(pid, syscall.SIGCONT) })
	}
	for _, r := range runs {
		p.final(r.ID)
	}
	if who == aSleeper { // and finds that it has lost its runs
		time.Sleep(time.Until(at.Add(15 * time.Second)))
	}
	for _, r := range runs {
		p.survived(r, o)
	}
}

func (o *observed) kill(worker *exec.Cmd) {
	o.note("worker", worker.Process.Pid)
	worker.Process.Kill()
	worker.Wait()
}

// killChild kills the youngest child of one of the runs, if there is one.
func (o *observed) killChild(notes string, random *rand.Rand) {
	b, err := os.ReadFile(filepath.Join(notes, fmt.Sprint(random.IntN(runsEach))))
	pids := strings.Fields(string(b))
	if err != nil || len(pids) == 0 {
		return // it has not begun
	}
	pid, err := strconv.Atoi(pids[len(pids)-1])
	if env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err != nil || !strings.Contains(string(env), "MAILLAGE_TEST_AS=child") {
		return // it has ended
	}
	syscall.Kill(pid, syscall.SIGKILL)
	o.note("child", pid)
}

// survived looks at a run that has ended.
func (p place) survived(run ledger.Run, o *observed) {
	p.Helper()
	end := p.ends(run.ID, ledger.Done, p.final(run.ID).Attempt, "")
	var w wish
	if err := json.Unmarshal(run.Params, &w); err != nil {
		p.Fatal(err)
	}
	w.Each, w.Note = 0, ""
	undisturbed := ask("chain", w).Question
	want, err := answer(p.Context(), Task{Question: undisturbed}, func(int, int) {})
	if err != nil {
		p.Fatal(err)
	}
	if p.result(end) != string(want) {
		p.Errorf("run %s: another answer than undisturbed", run.ID)
	}
	lines, err := p.q.ledger.RunLog(p.Context(), run.ID)
	if err != nil {
		p.Fatal(err)
	}
	commits := 0
	for _, l := range lines {
		o.read(l)
		if strings.HasPrefix(l.Text, "done: ") {
			commits++
		}
	}
	if commits != 1 {
		p.Errorf("run %s was committed %d times:\n%s", run.ID, commits, p.log(run.ID))
	}
}
