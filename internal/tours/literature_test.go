package tours

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bestKnown are the instances of the data pack with the best score of the literature.
func bestKnown(tb testing.TB) (names []string, scores []int64) {
	tb.Helper()
	b, err := os.ReadFile("../../../shared/data/tours/best_known.txt")
	if err != nil {
		tb.Skipf("SKIPPED, NOT COMPARED WITH THE LITERATURE: needs the open data pack in ../shared/data: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		name, score, _ := strings.Cut(strings.TrimSpace(line), " ")
		v, err := strconv.ParseInt(score, 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		names, scores = append(names, name), append(scores, v)
	}
	return names, scores
}

// exceptions are the instances whose score in best_known.txt no plan has: it is proven
// that none does.
var exceptions = map[string]int64{
	"p5.3.e": 95, // the file says 110, which tmax 8.3 does not allow
}

func TestTheBestScoresUnder200AreProven(t *testing.T) {
	names, scores := bestKnown(t)
	proven := 0
	for k, name := range names {
		want := scores[k]
		if x, ok := exceptions[name]; ok {
			want = x
		}
		if want >= 200 {
			continue
		}
		got := checked(t, instance(t, name), Options{Iterations: 5000, Labels: 1_000_000})
		if got.Score != want || got.Status != Optimal {
			t.Errorf("%s: %d, bound %d: want %d, proven", name, got.Score, got.Bound, want)
		}
		proven++
	}
	if proven != 11 {
		t.Errorf("%d instances: want 11", proven)
	}
}

// The work that finds each with some to spare takes seconds, and is the same wherever it
// is done: one seed, so a change of what is drawn may need more.
func TestTheBestScoresAreFound(t *testing.T) {
	names, scores := bestKnown(t)
	work := map[string]struct {
		iterations int
		proven     bool
	}{"p4.2.c": {30_000, true}, "p4.2.h": {30_000, false}, "p4.2.o": {30_000, false}, "p5.3.p": {30_000, true}, "p5.3.w": {120_000, false}, "p6.2.k": {30_000, true}}
	met := 0
	for k, name := range names {
		x, ok := work[name]
		if !ok {
			continue
		}
		met++
		got := checked(t, instance(t, name), Options{Iterations: x.iterations, Labels: 20_000})
		if got.Score < scores[k] || x.proven && got.Status != Optimal {
			t.Errorf("%s: %d, bound %d, %s: want %d at least, proven: %t", name, got.Score, got.Bound, got.Status, scores[k], x.proven)
		}
	}
	if met != len(work) {
		t.Errorf("%d of the instances are in best_known.txt: want %d", met, len(work))
	}
}

// BenchmarkLiterature gives every tenth instance ten seconds, or with
// MAILLAGE_BENCH_LARGE=1 all of them a minute each, and prints what comes of it:
//
//	MAILLAGE_BENCH_LARGE=1 go test -run '^$' -bench Literature -benchtime 1x -timeout 90m ./internal/tours
func BenchmarkLiterature(b *testing.B) {
	every, limit := 10, 10*time.Second
	if os.Getenv("MAILLAGE_BENCH_LARGE") == "1" {
		every, limit = 1, time.Minute
	}
	names, scores := bestKnown(b)
	var table strings.Builder
	fmt.Fprintf(&table, "%-8s %6s %10s %6s  %-8s %8s\n", "instance", "score", "best known", "bound", "status", "seconds")
	for k := every / 3; k < len(names); k += every {
		b.Run(names[k], func(b *testing.B) {
			p := instance(b, names[k])
			var got *Solution
			var took time.Duration
			for b.Loop() {
				began := time.Now()
				ctx, stop := context.WithTimeout(b.Context(), limit)
				var err error
				got, err = Solve(ctx, p, Options{})
				stop()
				if err != nil {
					b.Fatal(err)
				}
				took = time.Since(began)
				held(b, p, got)
			}
			b.ReportMetric(float64(got.Score-scores[k]), "over-best-known")
			b.ReportMetric(100*got.Gap(), "%gap")
			fmt.Fprintf(&table, "%-8s %6d %10d %6d  %-8s %8.1f\n", names[k], got.Score, scores[k], got.Bound, got.Status, took.Seconds())
		})
	}
	fmt.Println(table.String())
}
