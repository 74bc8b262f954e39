package optimise

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var withPeers = flag.Bool("peers", false, "compare with CBC (make bench-peers)")

// TestPeers gives p-medians of 300 homes and 100 sites to CBC, a general solver of
// integer programs: both have to prove the same optimum. It prints how long each
// took, and holds nobody to it.
func TestPeers(t *testing.T) {
	if !*withPeers {
		t.Skip("SKIPPED: takes minutes: make bench-peers")
	}
	cbc, err := exec.LookPath("cbc")
	if err != nil {
		t.Skip("SKIPPED: needs cbc, of the Debian package coinor-cbc")
	}
	fmt.Println("p-median, 300 homes x 100 sites: seconds of one processor to the proof")
	for n, p := range []int{5, 10, 20, 33} {
		x := town(uint64(n), 300, 100, p)
		ours, got := math.Inf(1), (*Solution)(nil)
		for range 5 {
			began := time.Now()
			if got, err = Solve(t.Context(), x, Options{}); err != nil || got.Status != Optimal {
				t.Fatal(got, err)
			}
			ours = min(ours, time.Since(began).Seconds())
		}
		theirs, cost := byCBC(t, cbc, x)
		if cost != got.Cost {
			t.Errorf("p=%d: %d by CBC, %d by ours", p, cost, got.Cost)
		}
		fmt.Printf("p=%-3d cost %d  CBC %.2f  ours %.4f  ratio %.0f\n", p, cost, theirs, ours, theirs/ours)
	}
}

// town has homes and sites anywhere in a square, with people of 1 to 100 in each home.
func town(seed uint64, homes, sites, p int) *Problem {
	r := rand.New(rand.NewPCG(seed, 11))
	at := make([][2]float64, homes+sites)
	for k := range at {
		at[k] = [2]float64{1000 * r.Float64(), 1000 * r.Float64()}
	}
	x := &Problem{Sites: sites, P: p, Near: make([][]Choice, homes)}
	for i := range homes {
		for j := range sites {
			x.Near[i] = append(x.Near[i], Choice{int32(j), int64(math.Hypot(at[i][0]-at[homes+j][0], at[i][1]-at[homes+j][1]))})
		}
		x.Else, x.Weight = append(x.Else, Must), append(x.Weight, int64(1+r.IntN(100)))
	}
	return x
}

// byCBC has CBC solve a p-median, and returns its processor's seconds and the cost.
func byCBC(t *testing.T, cbc string, p *Problem) (seconds float64, cost int64) {
	t.Helper()
	model, answer := filepath.Join(t.TempDir(), "model.lp"), filepath.Join(t.TempDir(), "answer.txt")
	f, err := os.Create(model)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	writeLP(w, p)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	cmd := exec.CommandContext(t.Context(), cbc, model, "-ratio", "0", "-allow", "0", "-solve", "-solution", answer, "-quit")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(answer)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	var value float64
	if _, err := fmt.Sscanf(first, "Optimal - objective value %g", &value); err != nil {
		t.Fatalf("CBC says %q", first)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), int64(math.Round(value))
}

// writeLP writes a p-median as an integer program, of whole y only: x is then whole
// without being told.
func writeLP(w *bufio.Writer, p *Problem) {
	fmt.Fprintln(w, "Min\n obj:")
	for i, near := range p.Near {
		for _, x := range near {
			fmt.Fprintf(w, " + %d x%d_%d\n", x.Cost*p.Weight[i], i, x.Site)
		}
	}
	fmt.Fprintln(w, "Subject To")
	for i, near := range p.Near {
		for _, x := range near {
			fmt.Fprintf(w, " + x%d_%d\n", i, x.Site)
		}
		fmt.Fprintln(w, " = 1")
		for _, x := range near {
			fmt.Fprintf(w, " x%d_%d - y%d <= 0\n", i, x.Site, x.Site)
		}
	}
	for j := range p.Sites {
		fmt.Fprintf(w, " + y%d\n", j)
	}
	fmt.Fprintf(w, " = %d\nBinaries\n", p.P)
	for j := range p.Sites {
		fmt.Fprintf(w, " y%d\n", j)
	}
	fmt.Fprintln(w, "End")
}
