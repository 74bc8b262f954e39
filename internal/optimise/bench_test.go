package optimise

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// solved runs a benchmark of one problem, and reports what the search came to.
func solved(b *testing.B, p *Problem, o Options, atMost time.Duration) {
	for b.Loop() {
		ctx, stop := context.WithTimeout(b.Context(), atMost)
		got, err := Solve(ctx, p, o)
		stop()
		if err != nil || len(got.Sites) == 0 {
			b.Fatal(got, err)
		}
		b.ReportMetric(float64(got.Nodes), "nodes")
		b.ReportMetric(100*float64(got.Cost-got.Bound)/float64(good(p, got)), "%gap")
		b.ReportMetric(float64(got.Steps), "steps")
	}
}

// good is what a gap is a share of: what is covered where the costs are what is not,
// otherwise the cost.
func good(p *Problem, s *Solution) int64 {
	total := int64(0)
	for i, x := range p.Else {
		if x == Must {
			return s.Cost
		}
		total += x * p.Weight[i]
	}
	return total - s.Cost
}

// The three instances of the library that the data pack has, and one drawn by its
// recipe for each size of the forty.
func BenchmarkLibrary(b *testing.B) {
	for _, name := range []string{"pmed1", "pmed10", "pmed30"} {
		p := pmed(b, name)
		b.Run(name, func(b *testing.B) { solved(b, p, Options{}, 10*time.Minute) })
	}
	for n := 100; n <= 900; n += 100 {
		sizes := []int{5, 10, n / 10, n / 5, n / 3}
		if n >= 700 {
			sizes = sizes[:3]
		}
		for _, p := range slices.Compact(sizes) {
			b.Run(fmt.Sprintf("n%d/p%d", n, p), func(b *testing.B) { solved(b, drawn(n, p), Options{}, 10*time.Minute) })
		}
	}
}

// drawn is an instance by the recipe of the library (Beasley 1985): n²/50 edges of
// lengths 1 to 100 between vertices drawn at random, after a path through all.
func drawn(n, p int) *Problem {
	r := rand.New(rand.NewPCG(uint64(n), uint64(p)))
	d := apart(n)
	join := func(a, b int) { d[a][b] = int64(1 + r.IntN(100)); d[b][a] = d[a][b] }
	for v := 1; v < n; v++ {
		join(v-1, v)
	}
	for edges := n - 1; edges < n*n/50; {
		if a, b := r.IntN(n), r.IntN(n); a != b && d[a][b] == Must {
			join(a, b)
			edges++
		}
	}
	return median(d, p)
}

var everyCell = sync.OnceValues(func() (times [][]traveltime.Time, err error) {
	s, err := anjou.Territory()
	if err != nil {
		return nil, err
	}
	d, err := demand.Ask(s, "france_services", demand.Options{})
	if err != nil {
		return nil, err
	}
	net, err := traveltime.NewNetworks("").Get(context.Background(), s, "car")
	if err != nil {
		return nil, err
	}
	all, _ := d.Around() // with the cells round the study area
	places := net.Places(all.Centres())
	for _, a := range all.Amounts() {
		people = append(people, int64(a/(geodata.Unit/100)))
	}
	err = net.Matrix(context.Background(), places, places, func(_ int, row []traveltime.Time) error {
		times = append(times, slices.Clone(row)) // of one site, from every cell
		return nil
	})
	return times, err
})

var people []int64 // of everyCell, in hundredths

// cells is the embedded territory with every inhabited cell as home and site, by car:
// a p-median or, within a time, a maximal covering.
func cells(tb testing.TB, p int, within traveltime.Time) *Problem {
	tb.Helper()
	times, err := everyCell()
	if err != nil {
		tb.Fatal(err)
	}
	n := len(times)
	x := &Problem{Sites: n, P: p, Near: make([][]Choice, n), Weight: people, Else: slices.Repeat([]int64{Must}, n)}
	if within > 0 {
		x.Else = slices.Repeat([]int64{1}, n)
	}
	for j, row := range times {
		for i, t := range row {
			switch {
			case t.Reached() && within == 0:
				x.Near[i] = append(x.Near[i], Choice{int32(j), int64(t)})
			case t.Reached() && t <= within:
				x.Near[i] = append(x.Near[i], Choice{Site: int32(j)})
			}
		}
	}
	return x
}

func BenchmarkEveryCell(b *testing.B) {
	for p := 1; p <= 8; p++ {
		limit := 30 * time.Second
		b.Run(fmt.Sprintf("median/p%d", p), func(b *testing.B) { solved(b, cells(b, p, 0), Options{}, limit) })
		for _, minutes := range []int{5, 10, 15} {
			b.Run(fmt.Sprintf("cover%d/p%d", minutes, p), func(b *testing.B) {
				solved(b, cells(b, p, traveltime.Time(minutes*60000)), Options{}, limit)
			})
		}
	}
}

// BenchmarkBudget has sites at prices, and any number of them or ten within a budget.
func BenchmarkBudget(b *testing.B) {
	for _, p := range []int{0, 10} {
		x := town(0, 300, 100, p)
		r := rand.New(rand.NewPCG(1, 1))
		for range x.Sites {
			x.Prices = append(x.Prices, int64(20+r.IntN(100)))
		}
		x.Budget, x.Opening = 500, make([]int64, x.Sites)
		b.Run(fmt.Sprintf("p%d", p), func(b *testing.B) { solved(b, x, Options{}, time.Minute) })
	}
}

// BenchmarkFirst is the time to the first set that is told of, on 2,000 homes and sites.
func BenchmarkFirst(b *testing.B) {
	p := region(2000, 2000, 10)
	first := time.Duration(math.MaxInt64)
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		began := time.Now()
		if _, err := Solve(ctx, p, Options{Progress: func(Solution) {
			first = min(first, time.Since(began))
			stop()
		}}); err != nil {
			b.Fatal(err)
		}
		stop()
	}
	b.ReportMetric(first.Seconds()*1000, "ms-to-first")
}

// BenchmarkImposed bounds what every site would cost, and proves it of a smaller town.
func BenchmarkImposed(b *testing.B) {
	for name, c := range map[string]struct {
		p     *Problem
		nodes int
	}{"bounds": {region(2000, 2000, 10), -1}, "proofs": {town(1, 300, 100, 10), 0}} {
		solution, err := Solve(b.Context(), c.p, Options{Nodes: 30})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Imposed(b.Context(), c.p, solution, Options{Nodes: c.nodes}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// region has homes in clusters on a square of 200 km, the sites among them, and
// straight ways at a kilometre a minute.
func region(homes, sites, p int) *Problem {
	r := rand.New(rand.NewPCG(7, 7))
	type point struct{ x, y float64 }
	var towns, at []point
	for range homes / 100 {
		towns = append(towns, point{200 * r.Float64(), 200 * r.Float64()})
	}
	x := &Problem{Sites: sites, P: p, Near: make([][]Choice, homes), Else: slices.Repeat([]int64{Must}, homes)}
	for range homes {
		town, size := towns[int(float64(len(towns))*r.Float64()*r.Float64())], 1+4*r.Float64()
		at = append(at, point{town.x + size*r.NormFloat64(), town.y + size*r.NormFloat64()})
		x.Weight = append(x.Weight, int64(1+r.ExpFloat64()*30))
	}
	doors := r.Perm(homes)[:sites]
	for i := range x.Near {
		x.Near[i] = make([]Choice, 0, sites)
		for j, door := range doors {
			km := math.Hypot(at[i].x-at[door].x, at[i].y-at[door].y)
			x.Near[i] = append(x.Near[i], Choice{int32(j), int64(km * 60000)})
		}
	}
	return x
}

// BenchmarkRegion is a region's 60,000 homes and 2,000 sites: set MAILLAGE_BENCH_LARGE.
func BenchmarkRegion(b *testing.B) {
	if os.Getenv("MAILLAGE_BENCH_LARGE") == "" {
		b.Skip("SKIPPED: takes minutes and 5 GiB: set MAILLAGE_BENCH_LARGE=1")
	}
	p := region(60000, 2000, 20)
	b.ResetTimer()
	solved(b, p, Options{}, 5*time.Minute)
}
