package geopackage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Environment variables that make the test program write into a store and, if a
// row is given, kill itself there.
const (
	writeInto = "MAILLAGE_TEST_WRITE_INTO" // file
	writeWhat = "MAILLAGE_TEST_WRITE_WHAT" // territory/vintage/people
	killAtRow = "MAILLAGE_TEST_KILL_AT_ROW"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writeInto); path != "" {
		if err := writeAndDie(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const tortureCells = 6_000

// tortured is a territory whose first cell has so many people.
func tortured(territory string, people int64) (*geodata.Snapshot, error) {
	c := manyCells(tortureCells)
	c.Roads = manyRoads(500).Roads
	c.Territory.ID = territory
	c.Population.Columns[0].Values[0] = geodata.Whole(people)
	return geodata.NewSnapshot(c)
}

func writeAndDie(path string) error {
	what := strings.Split(os.Getenv(writeWhat), "/")
	people, err := strconv.ParseInt(what[2], 10, 64)
	if err != nil {
		return err
	}
	snap, err := tortured(what[0], people)
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), path, OpenOptions{})
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(os.Getenv(killAtRow))
	if err != nil {
		at = -1
	}
	fmt.Println("begin")
	err = s.Write(context.Background(), snap, store.WriteOptions{Vintage: what[1], Progress: func(done, _ int) {
		if at >= 0 && done >= at {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill() //nolint:errcheck // then the test fails
			select {}
		}
	}})
	if err != nil {
		return err
	}
	return s.Close()
}

// TestKilledAtAnyMoment kills a process that writes, at random rows and random
// moments (which commit, checkpoint and closing have their share of): the file
// has all of what was there before, or all of what came after.
func TestKilledAtAnyMoment(t *testing.T) {
	points := 14
	if os.Getenv("MAILLAGE_TORTURE") != "" {
		points = 50
	}
	path := filepath.Join(t.TempDir(), "s.gpkg")
	k := &killer{T: t, path: path, holds: map[string]int64{}}
	for _, what := range []string{"a/1", "b/1"} {
		k.write(what, 1, -1, 0)
		k.holds[what] = 1
	}
	start := time.Now()
	k.write("a/1", 2, -1, 0)
	whole := time.Since(start)
	k.holds["a/1"] = 2

	before, after := 0, 0
	for seed := range points {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		what, people := []string{"a/1", "a/2", "b/1", "c/1"}[seed%4], int64(100+seed)
		row, delay := -1, time.Duration(0)
		if seed%2 == 0 {
			row = r.IntN(tortureCells + 2000)
		} else {
			delay = time.Duration(r.Int64N(int64(whole)))
		}
		var other *Store // has the file open meanwhile
		if seed%3 == 0 {
			other = openAt(t, path, OpenOptions{})
		}
		k.write(what, people, row, delay)
		if k.changed(what, people) {
			after++
		} else {
			before++
		}
		if other != nil {
			k.check(other)
			other.Close()
		}
		wantWhole(t, path)
		s := openAt(t, path, OpenOptions{})
		k.check(s)
		s.Close()
		if t.Failed() {
			t.Fatalf("seed %d: %s, row %d, delay %v of %v", seed, what, row, delay, whole)
		}
	}
	t.Logf("killed %d times: %d times nothing had changed, %d times all", points, before, after)
	if before == 0 {
		t.Error("it was never killed in time")
	}
}

type killer struct {
	*testing.T
	path  string
	holds map[string]int64 // people by territory/vintage
}

// write lets another process write, and kills it at a row, or some time after it began.
func (t *killer) write(what string, people int64, row int, delay time.Duration) {
	t.Helper()
	if len(t.holds) == 0 {
		openAt(t.T, t.path, OpenOptions{Create: true}).Close()
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writeInto+"="+t.path, fmt.Sprintf("%s=%s/%d", writeWhat, what, people))
	if row >= 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", killAtRow, row))
	}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "begin\n" {
		cmd.Wait() //nolint:errcheck // it says why
		t.Fatal("the other process:", err, said.String())
	}
	if delay > 0 {
		time.Sleep(delay)
		cmd.Process.Kill() //nolint:errcheck // it may have ended
	}
	io.Copy(io.Discard, out) //nolint:errcheck // until it ends
	if err := cmd.Wait(); err != nil && said.Len() > 0 {
		t.Fatal("the other process:", err, said.String())
	}
}

// changed says whether the vintage became the new one, and remembers.
func (t *killer) changed(what string, people int64) bool {
	t.Helper()
	vs, err := reading(t.Context(), t.path, (*reader).vintages)
	if err != nil {
		t.Fatal(err)
	}
	territory, _, _ := strings.Cut(what, "/")
	want, err := tortured(territory, people)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		if v.Territory.ID+"/"+v.Name == what && v.Snapshot == want.ID() {
			t.holds[what] = people
			return true
		}
	}
	return false
}

// check reads all of the store.
func (t *killer) check(s *Store) {
	t.Helper()
	vs, err := s.Vintages(t.Context())
	if err != nil || len(vs) != len(t.holds) {
		t.Errorf("%d vintages, want %d: %v", len(vs), len(t.holds), err)
	}
	for what, people := range t.holds {
		territory, vintage, _ := strings.Cut(what, "/")
		got, err := s.Read(t.Context(), store.Ref{Territory: territory, Vintage: vintage})
		want, sealing := tortured(territory, people)
		if err != nil || sealing != nil || got.ID() != want.ID() {
			t.Errorf("%s is neither what was there nor what was written: %v", what, err)
		}
	}
}
