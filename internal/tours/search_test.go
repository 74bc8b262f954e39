package tours

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Where lengths are any, a way may get longer when a point is taken out of it.
func TestEveryPlanOfTheSearchKeepsTheRules(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	visited := 0
	for k := range 300 {
		p := drawn(r)
		c, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(t.Context(), c, uint64(k))
		for range 200 {
			s.run(1, c.most()+1)
			var routes [][]int32
			for v, route := range s.now.routes {
				if s.now.long[v] != c.length(route) {
					t.Fatalf("problem %d: route %v is %d long, taken for %d", k, route, c.length(route), s.now.long[v])
				}
				if len(route) > 2 {
					routes = append(routes, route)
				}
			}
			if score, err := Verify(p, routes); err != nil || score != s.now.score {
				t.Fatalf("problem %d, %+v: %v: %d, %v; want %d", k, p, routes, score, err, s.now.score)
			}
			visited += len(routes)
		}
	}
	if visited == 0 {
		t.Error("no plan has a route: the test shows nothing")
	}
}

// Detours are brought up to date point by point; from anew they are the same.
func TestDetoursAreThoseFromAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for k := range 200 {
		p := drawn(r)
		p.Vehicles = 2
		c, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(t.Context(), c, 0)
		s.detours(0)
		for len(s.next.out) > 1 {
			i := s.next.out[r.IntN(len(s.next.out))]
			at := 1 + r.IntN(len(s.next.routes[0])-1)
			s.next.insert(i, 0, at)
			s.renew(0, int32(at))
			for _, j := range s.next.out {
				got, route := s.cheapest[int(j)*2], s.next.routes[0]
				there := slices.Insert(slices.Clone(route), int(got.at), j)
				want := s.detour(j, 0).more
				if got.more != want || c.length(there)-c.length(route) != want {
					t.Fatalf("problem %d: point %d into %v: %+v makes it %d longer: want %d", k, j, route, got, c.length(there)-c.length(route), want)
				}
			}
		}
	}
}
