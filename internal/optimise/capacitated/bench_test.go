package capacitated

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/optimise"
)

func distance(x, y float64) int64 { return int64(1000 * math.Hypot(x, y)) }

// BenchmarkGenerated takes problems to the proof, or for some seconds.
func BenchmarkGenerated(b *testing.B) {
	for _, c := range []struct{ sites, demands, p int }{{50, 200, 5}, {50, 200, 10}, {100, 1000, 5}, {100, 1000, 10}} {
		for _, kind := range []string{"median", "covering"} {
			p := generated(7, c.sites, c.demands, c.p)
			if kind == "covering" {
				p = covering(p, 15_000)
			}
			b.Run(fmt.Sprintf("%s_%dx%d_p%d", kind, c.sites, c.demands, c.p), func(b *testing.B) {
				for b.Loop() {
					ctx, stop := context.WithTimeout(b.Context(), 30*time.Second)
					got, err := Solve(ctx, p, optimise.Options{})
					stop()
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(got.Nodes), "nodes")
					b.ReportMetric(100*got.Gap(), "%gap")
				}
			})
		}
	}
}

// covering is the question how many people can be within reach.
func covering(p *Problem, reach int64) *Problem {
	q := *p
	q.Near, q.Else = make([][]optimise.Choice, len(p.Near)), make([]int64, len(p.Near))
	for i, near := range p.Near {
		q.Else[i] = 1
		for _, x := range near {
			if x.Cost <= reach {
				q.Near[i] = append(q.Near[i], optimise.Choice{Site: x.Site})
			}
		}
	}
	return &q
}
