package jobs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// outcome is how a child ended: with a body or an error.
type outcome struct {
	body  []byte
	err   error
	again bool // another attempt may do better
}

// news is a line on the child's progress pipe.
type news struct {
	Done  int64  `json:"done,omitempty"`
	Total int64  `json:"total,omitempty"`
	Error string `json:"error,omitempty"` // the last line
	Final bool   `json:"final,omitempty"` // another attempt would end the same
}

// maxBody is what both databases can keep in one place.
const maxBody = 1_000_000_000

// child answers a run in a process of its own, which is killed when ctx ends.
func (w *worker) child(ctx context.Context, run ledger.Run, heard *heard) outcome {
	task, err := json.Marshal(Task{Target: w.o.Target, Question: run.Question, Memory: w.o.Memory})
	if err != nil {
		return outcome{err: err}
	}
	// The kernel kills the child with the thread that started it, so that must live.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, w.o.Command[0], w.o.Command[1:]...) //nolint:gosec // ourselves
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", w.o.Threads))
	cmd.Stderr = heard
	cmd.WaitDelay = 2 * time.Second
	alone(cmd)
	p, err := pipes(cmd)
	if err != nil {
		return outcome{err: err, again: true}
	}
	defer p.close()
	if err := cmd.Start(); err != nil {
		return outcome{err: fmt.Errorf("starting %s: %w", w.o.Command[0], err), again: true}
	}
	beModest(cmd.Process)
	p.started()
	var said news
	var body []byte
	var reading sync.WaitGroup
	reading.Go(func() { said = listen(p.progress, heard) })
	reading.Go(func() { body, err = io.ReadAll(io.LimitReader(p.answer, maxBody+1)) })
	p.task.Write(append(task, '\n')) //nolint:errcheck // a child that does not read will say why
	ended := waited(cmd)
	reading.Wait()
	last, outOfMemory := heard.end()
	switch {
	case said.Error != "":
		return outcome{err: errors.New(said.Error), again: !said.Final}
	case ended != nil && outOfMemory && w.o.Memory > 0:
		return outcome{err: fmt.Errorf("it needs more than its memory limit of %d MiB: ask for less, or give workers more with --memory", w.o.Memory>>20)}
	case ended != nil && last != "":
		return outcome{err: fmt.Errorf("its process ended with %w: %s", ended, last), again: true}
	case ended != nil:
		return outcome{err: fmt.Errorf("its process ended with %w", ended), again: true}
	case err != nil:
		return outcome{err: fmt.Errorf("reading the answer: %w", err), again: true}
	case len(body) > maxBody:
		return outcome{err: fmt.Errorf("the answer is larger than %d bytes: ask for less", maxBody)}
	}
	return outcome{body: body}
}

// waited waits for the child. That something it left behind still holds its
// standard error is no fault of the answer.
func waited(cmd *exec.Cmd) error {
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// listen passes progress on and returns the last news, which may be an error.
func listen(r io.Reader, heard *heard) (last news) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var n news
		if json.Unmarshal(lines.Bytes(), &n) != nil {
			continue // cut off: the child was killed
		}
		if last = n; n.Error == "" {
			heard.progress(n.Done, n.Total)
		}
	}
	io.Copy(io.Discard, r) //nolint:errcheck // so that the child is not blocked by a line too long
	return last
}

// piped are the parent's ends of a child's pipes.
type piped struct {
	task             io.WriteCloser
	progress, answer *os.File
	theirs           []*os.File
}

func pipes(cmd *exec.Cmd) (p piped, err error) {
	var progress, answer *os.File
	if p.progress, progress, err = os.Pipe(); err != nil {
		return p, err
	}
	p.theirs = append(p.theirs, progress)
	if p.answer, answer, err = os.Pipe(); err != nil {
		p.close()
		return p, err
	}
	p.theirs = append(p.theirs, answer)
	cmd.ExtraFiles = p.theirs // 3 and 4
	if p.task, err = cmd.StdinPipe(); err != nil {
		p.close()
	}
	return p, err
}

// started closes the child's ends, so that ours end when the child does.
func (p *piped) started() {
	for _, f := range p.theirs {
		f.Close()
	}
	p.theirs = nil
}

func (p *piped) close() {
	p.started()
	for _, c := range []io.Closer{p.progress, p.answer, p.task} {
		if c != nil {
			c.Close()
		}
	}
}
