package traveltime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// somewhere are places of the network, evenly among its edges.
func somewhere(n *Network, k int) (ps []orb.Point) {
	r := rand.New(rand.NewPCG(3, 12))
	for len(ps) < k {
		if e := r.IntN(len(n.edges)); n.edges[e].joinable {
			ps = append(ps, n.stretch(e, 0, 1<<23)[0])
		}
	}
	return ps
}

func BenchmarkReach(b *testing.B) {
	n := delaware(b)
	points := n.Places(somewhere(n, 50))
	for _, minutes := range []Time{10, 20} {
		b.Run(fmt.Sprintf("%dmin", minutes), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := n.Reach(context.Background(), points[i%50], ToPoint, minutes*60_000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRoute(b *testing.B) {
	n := delaware(b)
	points := n.Places(somewhere(n, 50))
	for i := 0; b.Loop(); i++ {
		if _, err := n.Route(context.Background(), points[i%50], points[(i*7+1)%50]); err != nil {
			b.Fatal(err)
		}
	}
}
