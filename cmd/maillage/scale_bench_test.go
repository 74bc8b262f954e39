package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
)

// built builds the program, which is what is measured.
func built(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "maillage")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// start runs the program until the benchmark ends or stop is called.
func start(b *testing.B, path string, args ...string) (stop func()) {
	b.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // interrupted
	})
	b.Cleanup(stop)
	return stop
}

// once runs the program to its end.
func once(b *testing.B, path string, args ...string) (out []byte, took time.Duration) {
	b.Helper()
	out, took, _ = weighed(b, path, args...)
	return out, took
}

// weighed runs the program to its end, and tells the most memory it had, in MiB.
func weighed(b *testing.B, path string, args ...string) (out []byte, took time.Duration, mib float64) {
	b.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	started := time.Now()
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("maillage %s: %v", strings.Join(args, " "), err)
	}
	took = time.Since(started)
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return out, took, float64(usage.Maxrss) / 1024
}

// BenchmarkRegion stores regions of French EPCIs of average size in PostGIS and
// asks for their coverage, in one process and EPCI by EPCI with one worker, two
// and four, of one slot each (40 EPCIs so, and 160, with MAILLAGE_BENCH_LARGE=1 only).
// It tells how time and the size of the database grow.
func BenchmarkRegion(b *testing.B) {
	large := os.Getenv("MAILLAGE_BENCH_LARGE") != ""
	path := built(b)
	sizes := []int{10, 40}
	if large {
		sizes = append(sizes, 160)
	}
	for _, epcis := range sizes {
		b.Run(fmt.Sprintf("epcis=%d", epcis), func(b *testing.B) {
			url := pgtest.URL(b)
			snap := region(b, epcis)
			st, err := makeStore(context.Background(), url)
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close() //nolint:errcheck // written
			started := time.Now()
			if err := st.Write(context.Background(), snap, store.WriteOptions{}); err != nil {
				b.Fatal(err)
			}
			stored := time.Since(started)
			var bytes int64
			if err := st.Ledger().DB().QueryRow("SELECT pg_database_size(current_database())").Scan(&bytes); err != nil {
				b.Fatal(err)
			}
			_, whole, mib := weighed(b, path, "coverage", "--on", url, "--service", "town_hall", "--json")
			for b.Loop() {
				for n, workers := range []int{1, 2, 4} {
					if epcis > 40 || epcis > 10 && !large {
						break
					}
					var stops []func()
					for range workers {
						stops = append(stops, start(b, path, "-q", "worker", "--on", url, "--slots", "1"))
					}
					time.Sleep(2 * time.Second) // until all have said that they are there
					// Another threshold is another question, whose answer is not there yet.
					_, took := once(b, path, "run", "coverage", "--on", url, "--each", "epci", "--json", "--param", "service=town_hall", "--param", fmt.Sprintf("within=%dm", 5+n))
					b.ReportMetric(took.Seconds(), fmt.Sprintf("%d-workers-s", workers))
					for _, stop := range stops {
						stop()
					}
				}
			}
			b.ReportMetric(stored.Seconds(), "store-s")
			b.ReportMetric(float64(bytes)/(1<<20), "database-MiB")
			b.ReportMetric(whole.Seconds(), "one-process-s")
			b.ReportMetric(mib, "one-process-MiB")
		})
	}
}

// BenchmarkServing asks cheap questions, 200 a second from 50 clients, of a
// server that has nothing else to do, and of one whose worker has two heavy runs.
func BenchmarkServing(b *testing.B) {
	const clients, rate, seconds = 50, 200, 15
	path := built(b)
	file := filepath.Join(b.TempDir(), "territory.gpkg")
	out := filepath.Join(b.TempDir(), "out")
	once(b, path, "demo", "--once", "-q", "--out", out)
	if err := os.Rename(filepath.Join(out, "territory.gpkg"), file); err != nil {
		b.Fatal(err)
	}
	const address = "127.0.0.1:18765"
	start(b, path, "-q", "serve", "--on", file, "--addr", address)
	start(b, path, "-q", "worker", "--on", file, "--slots", "2")
	ready(b, "http://"+address+"/healthz")
	for b.Loop() {
		idle, failed := manyAsk(address, clients, rate, seconds)
		for _, seed := range []string{"1", "2"} {
			once(b, path, "run", "uncertainty", "--on", file, "--detach", "--param", "service=creche", "--param", "draws=10000", "--param", "seed="+seed)
		}
		time.Sleep(2 * time.Second)
		busy, failedToo := manyAsk(address, clients, rate, seconds)
		list, _ := once(b, path, "runs", "--on", file, "--json")
		var runs []struct{ ID, State string }
		if err := json.Unmarshal(list, &runs); err != nil {
			b.Fatal(err)
		}
		for _, r := range runs {
			if r.State != "running" {
				b.Errorf("run %s is %s: it was not heavy enough to be measured beside", r.ID, r.State)
			}
			once(b, path, "runs", "cancel", r.ID, "--on", file)
		}
		for name, times := range map[string][]time.Duration{"idle": idle, "busy": busy} {
			b.ReportMetric(milliseconds(times[len(times)/2]), name+"-p50-ms")
			b.ReportMetric(milliseconds(times[len(times)*99/100]), name+"-p99-ms")
		}
		b.ReportMetric(float64(failed+failedToo), "errors")
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func ready(b *testing.B, url string) {
	b.Helper()
	for range 100 {
		if r, err := http.Get(url); err == nil {
			r.Body.Close() //nolint:errcheck // only whether it answers
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatalf("%s does not answer", url)
}

// manyAsk has clients ask in turn, rate times a second together, and returns how long
// the answers took, rising, and how many failed.
func manyAsk(address string, clients, rate, seconds int) (times []time.Duration, failed int) {
	questions := []string{"/healthz", "/api/v1/territory", "/api/v1/services", "/api/v1/coverage?service=creche&mode=car", "/api/v1/facilities"}
	var mu sync.Mutex
	var wg sync.WaitGroup
	pause := time.Second * time.Duration(clients) / time.Duration(rate)
	for c := range clients {
		wg.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second}
			time.Sleep(pause * time.Duration(c) / time.Duration(clients))
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for n := range seconds * rate / clients {
				started := time.Now()
				r, err := client.Get("http://" + address + questions[(c+n)%len(questions)])
				if err == nil {
					_, err = io.Copy(io.Discard, r.Body)
					r.Body.Close() //nolint:errcheck // read to its end
				}
				took := time.Since(started)
				mu.Lock()
				if times = append(times, took); err != nil || r.StatusCode != http.StatusOK {
					failed++
				}
				mu.Unlock()
				<-tick.C
			}
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times, failed
}
