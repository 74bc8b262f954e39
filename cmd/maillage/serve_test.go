package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store/ledger"
)

// site is maillage serve as a process of its own.
type site struct {
	*testing.T
	base string
	cmd  *exec.Cmd
	err  *bytes.Buffer // what it logged, to be read after its end
}

func serveRuns(t *testing.T, on string, flags ...string) site {
	t.Helper()
	cmd := process(t, append([]string{"serve", "--on", on, "--addr", "127.0.0.1:0"}, flags...)...)
	s := site{T: t, cmd: cmd, err: &bytes.Buffer{}}
	cmd.Stderr = s.err
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, rest, ok := strings.Cut(line, "http://")
	if err != nil || !ok {
		cmd.Wait() // all it said
		t.Fatalf("serve said %q, %v\n%s", line, err, s.err)
	}
	host, _, _ := strings.Cut(rest, "/ ")
	s.base = "http://" + host
	return s
}

// stop ends it like Ctrl-C, and returns what it logged.
func (s site) stop() string {
	s.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.Errorf("serve ended with %v\n%s", err, s.err)
	}
	return s.err.String()
}

func (s site) ask(status int, method, path, body string) []byte {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		s.Fatalf("%s %s: %s, want %d; %v\n%.300s", method, path, response.Status, status, err, b)
	}
	return b
}

func (s site) run(status int, method, path, body string) api.Run {
	s.Helper()
	return decode[api.Run](s.T, string(s.ask(status, method, path, body)))
}

func (s site) until(id, what string, ok func(api.Run) bool) api.Run {
	s.Helper()
	for give := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		r := s.run(http.StatusOK, "GET", "/api/v1/runs/"+id, "")
		if ok(r) {
			return r
		}
		if time.Now().After(give) {
			s.Fatalf("run %s never was %s: %+v\n%s", id, what, r, s.ask(http.StatusOK, "GET", "/api/v1/runs/"+id+"/log", ""))
		}
	}
}

func over(r api.Run) bool { return r.State.Final() }

func TestAServerWorksRuns(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		s := serveRuns(t, on)
		const question = `{"analysis":"coverage","params":{"service":"creche","within":["10m","15m"]}}`
		asked := s.run(http.StatusAccepted, "POST", "/api/v1/runs", question)
		if r := s.until(asked.ID, "over", over); r.State != ledger.Done || r.Attempt != 1 {
			t.Fatalf("%+v", r)
		}
		if again := s.run(http.StatusOK, "POST", "/api/v1/runs", question); again.ID != asked.ID {
			t.Errorf("asked twice: runs %s and %s", asked.ID, again.ID)
		}
		result := s.ask(http.StatusOK, "GET", "/api/v1/runs/"+asked.ID+"/result", "")
		if live := s.ask(http.StatusOK, "GET", "/api/v1/coverage?service=creche&within=10m,15m", ""); !bytes.Equal(result, live) {
			t.Errorf("the run says %.200s\nand coverage %.200s", result, live)
		}
		if want := direct(t, "coverage", `{"service":"creche","within":["10m","15m"]}`); !bytes.Equal(result, want) {
			t.Errorf("the run says %.200s\nand the analysis %.200s", result, want)
		}
		if r := runOf(t, on, asked.ID); r.By != "Camille (serve)" || !strings.Contains(r.Worker, fmt.Sprintf(":%d:", s.cmd.Process.Pid)) {
			t.Errorf("asked by %q, answered by %q", r.By, r.Worker)
		}

		long := s.run(http.StatusAccepted, "POST", "/api/v1/runs", `{"analysis":"uncertainty","params":{"service":"creche","draws":10000}}`)
		s.until(long.ID, "under way", func(r api.Run) bool { return r.Done > 0 })
		if p := s.ask(http.StatusConflict, "GET", "/api/v1/runs/"+long.ID+"/result", ""); !bytes.Contains(p, []byte(`"value":"running"`)) {
			t.Errorf("the result of a run under way: %s", p)
		}
		cancelled := time.Now()
		s.run(http.StatusAccepted, "DELETE", "/api/v1/runs/"+long.ID, "")
		r := s.until(long.ID, "over", over)
		took := r.Finished.Sub(cancelled)
		t.Logf("%s %v after it was cancelled", r.State, took)
		if r.State != ledger.Cancelled || took > 5*time.Second { // half a second, and what other tests take of the machine
			t.Errorf("%s %v after it was cancelled", r.State, took)
		}
		again := s.run(http.StatusAccepted, "POST", "/api/v1/runs/"+long.ID+"/retry", "")
		s.until(again.ID, "under way", func(r api.Run) bool { return r.Done > 0 })
		// Stopped, the server gives back what it was at, for whoever comes next.
		if said := s.stop(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "run="+long.ID+" attempt=1 because=cancelled") {
			t.Errorf("it logged %s", said)
		}
		if r := runOf(t, on, again.ID); r.State != ledger.Queued || !strings.HasSuffix(r.Error, " was stopped") {
			t.Errorf("the run that was under way: %+v", r)
		}
	})
}

func TestAServerLeavesRunsToWorkers(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		s := serveRuns(t, on, "--slots", "0")
		asked := s.run(http.StatusAccepted, "POST", "/api/v1/runs", `{"analysis":"isochrone","params":{"facility":"fs-49127-durtal"}}`)
		time.Sleep(time.Second) // a worker would take 200 ms to see it
		if r := s.run(http.StatusOK, "GET", "/api/v1/runs/"+asked.ID, ""); r.State != ledger.Queued {
			t.Errorf("without a worker the run is %s", r.State)
		}
		startWorker(t, on)
		if r := s.until(asked.ID, "over", over); r.State != ledger.Done {
			t.Errorf("%+v", r)
		}
		if got, want := s.ask(http.StatusOK, "GET", "/api/v1/runs/"+asked.ID+"/result", ""), direct(t, "isochrone", `{"facility":"fs-49127-durtal"}`); !bytes.Equal(got, want) {
			t.Errorf("the worker's answer is %.200s, want %.200s", got, want)
		}
	})
}

// A database that may only be read is served, and its server says what it lacks.
func TestAServerOfWhatCannotBeWrittenHasNoRuns(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		if isDatabase(on) {
			pgtest.Exec(t, on, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
		} else {
			if os.Geteuid() == 0 {
				t.Skip("SKIPPED, NOT CHECKED: root writes files that cannot be written")
			}
			if err := os.Chmod(on, 0o400); err != nil {
				t.Fatal(err)
			}
		}
		s := serveRuns(t, on)
		var answer struct{ Territory json.RawMessage }
		if err := json.Unmarshal(s.ask(http.StatusOK, "GET", "/api/v1/coverage?service=creche", ""), &answer); err != nil || answer.Territory == nil {
			t.Errorf("coverage: %v", err)
		}
		s.ask(http.StatusNotFound, "GET", "/api/v1/runs", "")
		if said := s.stop(); !strings.Contains(said, "no runs are offered") {
			t.Errorf("it logged %q", said)
		}
	})
}

func TestServeRefuses(t *testing.T) {
	on := ownTerritory(t)
	for _, c := range []struct {
		code  int
		parts string
		args  []string
	}{
		{exitUsage, "--slots -1: want 0 or more", []string{"--slots=-1"}},
		{exitUsage, `"2": want a size such as 512MiB`, []string{"--memory", "2"}},
		{exitError, "memory: want at least 64 MiB", []string{"--memory", "1MiB"}},
		{exitError, "slots: want 1 to 1000", []string{"--slots", "1001"}},
		{exitError, `vintage "1999"`, []string{"--vintage", "1999"}},
	} {
		a := said(t, append([]string{"serve", "--on", on, "--addr", "127.0.0.1:0"}, c.args...)...)
		if a.code != c.code || !strings.Contains(a.err, c.parts) {
			t.Errorf("maillage serve %v: exit %d, want %d; %q is not in\n%s", c.args, a.code, c.code, c.parts, a.err)
		}
	}
}
