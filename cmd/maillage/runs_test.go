package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/jobs"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// onBothStores runs a test on a file and on a database that hold the embedded territory.
func onBothStores(t *testing.T, test func(t *testing.T, on string)) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		test(t, ownTerritory(t))
	})
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		on := pgtest.URL(t)
		st, err := openStore(t.Context(), on, true)
		if err != nil {
			t.Fatal(err)
		}
		s, err := anjou.Territory()
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Write(t.Context(), s, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		test(t, on)
	})
}

// ownTerritory is the embedded territory in a file that the test may change.
func ownTerritory(t *testing.T) string {
	t.Helper()
	on := filepath.Join(t.TempDir(), "anjou.gpkg")
	if err := os.WriteFile(on, []byte(read(t, territory(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	return on
}

// process is the program as Camille runs it, who has no networks prepared.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := program(t, args...)
	memory := "512MiB"
	if raceDetector {
		memory = "0"
	}
	cmd.Env = append(cmd.Env, "MAILLAGE_USER=Camille", "XDG_CACHE_HOME="+t.TempDir(), "MAILLAGE_MEMORY="+memory)
	return cmd
}

// said runs the program in a process of its own, as runs start it again for their children.
func said(t *testing.T, args ...string) answer {
	t.Helper()
	cmd := process(t, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Run() //nolint:errcheck // the exit code tells
	return answer{cmd.ProcessState.ExitCode(), out.String(), err.String()}
}

func fine(t *testing.T, args ...string) string {
	t.Helper()
	a := said(t, args...)
	if a.code != exitOK {
		t.Fatalf("maillage %s: exit %d\n%s%s", strings.Join(args, " "), a.code, a.out, a.err)
	}
	return a.out
}

// direct is the answer of the analysis itself.
func direct(t *testing.T, analysis, params string) []byte {
	t.Helper()
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	a, err := registry.Get(analysis)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Run(t.Context(), s, traveltime.NewNetworks(""), []byte(params), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// startWorker starts one, and ends it with the test.
func startWorker(t *testing.T, on string) *exec.Cmd {
	t.Helper()
	cmd := process(t, "worker", "--on", on, "--slots", "1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

func runOf(t *testing.T, on, id string) ledger.Run {
	t.Helper()
	return decode[ledger.Run](t, fine(t, "runs", "--on", on, "--json", "show", id))
}

// runUntil looks at a run until it is as wanted.
func runUntil(t *testing.T, on, id, what string, ok func(ledger.Run) bool) ledger.Run {
	t.Helper()
	for give := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		r := runOf(t, on, id)
		if ok(r) {
			return r
		}
		if time.Now().After(give) {
			t.Fatalf("run %s never was %s: %+v\n%s", id, what, r, fine(t, "runs", "--on", on, "log", id))
		}
	}
}

func final(r ledger.Run) bool { return r.State.Final() }

func TestARunWithoutAWorkerIsWorkedHere(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		dir := t.TempDir()
		body, layers := filepath.Join(dir, "creche.json"), filepath.Join(dir, "creche.geojson")
		question := []string{"run", "coverage", "--on", on, "--param", "service=creche", "--param", "within=10m,15m"}
		out := fine(t, append(question, "--out", body)...)
		if !strings.Contains(out, "Couverture d'un service — 200068955 : calcul ") || !strings.Contains(out, "→ "+body) {
			t.Errorf("it said %s", out)
		}
		want := direct(t, "coverage", `{"service":"creche","within":["10m","15m"]}`)
		got, err := os.ReadFile(body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, want the %d of the analysis itself; %v", len(got), len(want), err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(fine(t, append(question, "--json", "--out", layers)...))); err != nil || !bytes.Equal(compact.Bytes(), want) {
			t.Errorf("--json: %.200s, %v", compact.String(), err)
		}
		plain := filepath.Join(dir, "plain.geojson")
		fine(t, "coverage", "--on", on, "--service", "creche", "--within", "10m,15m", "--out", plain)
		a, b := read(t, layers), read(t, plain)
		if a != b {
			t.Errorf("layers of a run:\n%.300s\nand of the command coverage:\n%.300s", a, b)
		}
		runs := decode[[]ledger.Run](t, fine(t, "runs", "--on", on, "--json"))
		if len(runs) != 1 || runs[0].State != ledger.Done || runs[0].Attempt != 1 || runs[0].By != "Camille" || runs[0].Vintage == "" {
			t.Errorf("the question, asked twice, left %+v", runs)
		}
		if table := fine(t, "runs", "--on", on, "--lang", "en"); !strings.Contains(strings.Join(strings.Fields(table), " "), runs[0].ID+" done coverage 200068955 Camille") {
			t.Errorf("runs:\n%s", table)
		}
	})
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAWorkerWorksRuns(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		detached := said(t, "run", "isochrone", "--on", on, "--param", "facility=fs-49127-durtal", "--detach")
		id := strings.TrimSpace(detached.out)
		if detached.code != exitOK || !strings.Contains(detached.err, "aucun travailleur n'est là : lancer maillage worker --on "+on) {
			t.Errorf("detached without a worker: %+v", detached)
		}
		if r := runOf(t, on, id); r.State != ledger.Queued {
			t.Errorf("without a worker the run is %s", r.State)
		}
		worker := startWorker(t, on)
		if r := runUntil(t, on, id, "done", final); r.State != ledger.Done || !strings.Contains(r.Worker, fmt.Sprintf(":%d:", worker.Process.Pid)) {
			t.Errorf("with a worker: %+v", r)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(fine(t, "run", "isochrone", "--on", on, "--params", `{"facility":"fs-49127-durtal"}`, "--json"))); err != nil {
			t.Error(err)
		}
		if want := direct(t, "isochrone", `{"facility":"fs-49127-durtal"}`); !bytes.Equal(compact.Bytes(), want) {
			t.Errorf("the worker's answer is %.200s, want %.200s", compact.String(), want)
		}
		// A long one, cancelled; another, refused by the analysis; and tried again.
		long := decode[ledger.Run](t, fine(t, "run", "uncertainty", "--on", on, "--param", "service=creche", "--param", "draws=10000", "--detach", "--json"))
		runUntil(t, on, long.ID, "under way", func(r ledger.Run) bool { return r.Done > 0 })
		fine(t, "runs", "--on", on, "cancel", long.ID)
		if r := runUntil(t, on, long.ID, "final", final); r.State != ledger.Cancelled {
			t.Errorf("cancelled: %+v", r)
		}
		waited := said(t, "run", "coverage", "--on", on, "--param", "service=poste")
		if waited.code != exitError || !strings.Contains(waited.err, `failed: service: unknown service "poste": want one of creche`) {
			t.Errorf("a service that is none: %+v", waited)
		}
		failed := decode[[]ledger.Run](t, fine(t, "runs", "--on", on, "--json", "list", "--state", "failed"))
		if len(failed) != 1 || failed[0].Attempt != 1 {
			t.Fatalf("failed runs: %+v", failed)
		}
		again := decode[ledger.Run](t, fine(t, "runs", "--on", on, "--json", "retry", failed[0].ID))
		if r := runUntil(t, on, again.ID, "final", final); r.ID == failed[0].ID || r.State != ledger.Failed {
			t.Errorf("tried again: %+v", r)
		}
		if text := fine(t, "runs", "--on", on, "log", again.ID); !strings.Contains(text, `unknown service "poste"`) {
			t.Errorf("log:\n%s", text)
		}
		if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := worker.Wait(); err != nil {
			t.Errorf("a worker that is told to stop: %v", err)
		}
	})
}

func TestTheAnswerSurvivesKills(t *testing.T) {
	points := 1
	if os.Getenv("MAILLAGE_TORTURE") != "" {
		points = 8
	}
	onBothStores(t, func(t *testing.T, on string) {
		for seed := range points {
			random := rand.New(rand.NewPCG(49, uint64(seed)))
			worker := startWorker(t, on)
			params := fmt.Sprintf(`{"service":"creche","draws":300,"seed":%d}`, seed)
			want := direct(t, "uncertainty", params)
			run := decode[ledger.Run](t, fine(t, "run", "uncertainty", "--on", on, "--params", params, "--detach", "--json"))
			runUntil(t, on, run.ID, "under way", func(r ledger.Run) bool { return r.State != ledger.Queued })
			time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
			worker.Process.Kill()
			worker.Wait()
			killed := time.Now()
			next := startWorker(t, on)
			end := runUntil(t, on, run.ID, "final", final)
			if end.State != ledger.Done {
				t.Fatalf("the run ended %+v", end)
			}
			next.Process.Kill()
			next.Wait()
			t.Logf("attempt %d answered %v after the kill", end.Attempt, end.Finished.Sub(killed).Round(time.Millisecond))
			st, err := openStore(t.Context(), on, false)
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := st.Ledger().Result(t.Context(), end.Key)
			st.Close()
			if err != nil || !bytes.Equal(body, want) {
				t.Errorf("after a kill the answer is %.200s, %v; want %.200s", body, err, want)
			}
		}
	})
}

func TestRunsThatCannotBeAskedForAreRefused(t *testing.T) {
	t.Parallel()
	on := ownTerritory(t)
	for _, c := range []struct {
		code  int
		parts string
		args  []string
	}{
		{exitUsage, `unknown analysis "covrage": want coverage, isochrone, uncertainty`, []string{"run", "covrage", "--on", on}},
		{exitUsage, `servce: coverage has no such parameter: it has service, mode, within, statuses`, []string{"run", "coverage", "--on", on, "--param", "servce=creche"}},
		{exitUsage, `draws: "many": want a whole number`, []string{"run", "uncertainty", "--on", on, "--param", "draws=many"}},
		{exitUsage, `--params: neither JSON nor a file`, []string{"run", "coverage", "--on", on, "--params", "nothing.json"}},
		{exitUsage, `--params|--param`, []string{"run", "coverage", "--on", on, "--params", "{}", "--param", "service=creche"}},
		{exitUsage, `--out: there is no answer to write yet`, []string{"run", "coverage", "--on", on, "--detach", "--out", "x.json"}},
		{exitUsage, `--out|.doc`, []string{"run", "coverage", "--on", on, "--out", "x.doc"}},
		{exitUsage, `priority 9: want 1 (first) to 4`, []string{"run", "coverage", "--on", on, "--priority", "9", "--detach"}},
		{exitUsage, `"2": want a size such as 512MiB`, []string{"run", "coverage", "--on", on, "--memory", "2"}},
		{exitError, `vintage "1999": not found: there is [200068955/`, []string{"run", "coverage", "--on", on, "--vintage", "1999"}},
		{exitError, `nowhere.gpkg`, []string{"run", "coverage", "--on", "nowhere.gpkg"}},
		{exitError, `nowhere.gpkg`, []string{"worker", "--on", "nowhere.gpkg"}},
		{exitError, `memory: want at least 64 MiB`, []string{"worker", "--on", on, "--memory", "1MiB"}},
		{exitError, `run "abc": not found`, []string{"runs", "--on", on, "show", "abc"}},
		{exitError, `run "abc": not found`, []string{"runs", "--on", on, "log", "abc"}},
		{exitError, `run "abc": not found`, []string{"runs", "--on", on, "cancel", "abc"}},
		{exitError, `run "abc": not found`, []string{"runs", "--on", on, "retry", "abc"}},
		{exitUsage, `--state "finished": want queued, running, done, failed or cancelled`, []string{"runs", "--on", on, "list", "--state", "finished"}},
		{1, `this is for workers`, []string{"execute"}},
	} {
		a := said(t, c.args...)
		if a.code != c.code {
			t.Errorf("maillage %s: exit %d, want %d\n%s%s", strings.Join(c.args, " "), a.code, c.code, a.out, a.err)
		}
		for part := range strings.SplitSeq(c.parts, "|") {
			if !strings.Contains(a.err, part) {
				t.Errorf("maillage %s: %q is not in\n%s", strings.Join(c.args, " "), part, a.err)
			}
		}
	}
}

// TestAChangedTerritoryIsNotAnswered asks about a territory that is replaced before a worker comes.
func TestAChangedTerritoryIsNotAnswered(t *testing.T) {
	onBothStores(t, func(t *testing.T, on string) {
		task := jobs.Task{Target: on, Question: ledger.Question{Analysis: "coverage", Territory: "200068955", Snapshot: "another", Version: programVersion(), Params: json.RawMessage(`{"service":"creche"}`)}}
		if _, err := execute(t.Context(), task, nil); err == nil || !strings.Contains(err.Error(), "has changed since the run was asked for") {
			t.Errorf("another snapshot: %v", err)
		}
		task.Question.Version = "0.0"
		if _, err := execute(t.Context(), task, nil); err == nil || !strings.Contains(err.Error(), "the run is for 0.0") {
			t.Errorf("another version: %v", err)
		}
	})
}

// TestAPartIsAnsweredLikeTheWhole: the embedded territory is one EPCI, so with a
// wide buffer the part of it is all of it.
func TestAPartIsAnsweredLikeTheWhole(t *testing.T) {
	want := struct {
		Territory struct{ Demand, Covered json.RawMessage } `json:"territory"`
	}{}
	if err := json.Unmarshal(direct(t, "coverage", `{"service":"creche"}`), &want); err != nil {
		t.Fatal(err)
	}
	onBothStores(t, func(t *testing.T, on string) {
		s, err := anjou.Territory()
		if err != nil {
			t.Fatal(err)
		}
		q := ledger.Question{Analysis: "coverage", Territory: "200068955", Snapshot: s.ID(), Version: programVersion(), Params: json.RawMessage(`{"service":"creche"}`),
			Part: json.RawMessage(`{"epci":"200068955","buffer_metres":50000}`)}
		body, err := execute(t.Context(), jobs.Task{Target: on, Question: q}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := want
		if err := json.Unmarshal(body, &got); err != nil || fmt.Sprintf("%s", got) != fmt.Sprintf("%s", want) {
			t.Errorf("the part: %s, want %s; %v", got, want, err)
		}
	})
}
