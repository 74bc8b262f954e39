package optimise

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// bestWith is the cheapest of sets, best first, that have a site or have not.
func bestWith(sets []Set, site int32, open bool) (Set, bool) {
	for _, set := range sets {
		if slices.Contains(set.Sites, site) == open {
			return set, true
		}
	}
	return Set{}, false
}

func TestWhatASiteImposesIsThatOfEnumeration(t *testing.T) {
	none, searched := 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 3))
		p := random(r)
		sets := every(t, p)
		if len(sets) == 0 {
			continue
		}
		solution := &Solution{Set: sets[0], Bound: sets[0].Cost, Status: Optimal}
		if seed%3 == 0 { // or any set, with nothing proven of it
			solution = &Solution{Set: sets[r.IntN(len(sets))], Status: Feasible}
		}
		got, err := Imposed(t.Context(), p, solution, Options{})
		if err != nil || len(got) != p.Sites {
			t.Fatalf("seed %d: %d of %d sites: %v", seed, len(got), p.Sites, err)
		}
		cheap, err := Imposed(t.Context(), p, solution, Options{Nodes: -1})
		if err != nil {
			t.Fatal(err)
		}
		for j, im := range got {
			if im.Site != int32(j) || im.Open == slices.Contains(solution.Sites, im.Site) {
				t.Fatalf("seed %d: site %d of %v: %+v", seed, j, solution.Sites, im)
			}
			searched += im.Nodes
			want, is := bestWith(sets, im.Site, im.Open)
			if !is {
				if none++; im.Status != Infeasible || cheap[j].Status != Infeasible && cheap[j].Status != Unknown {
					t.Fatalf("seed %d: no set with %d open %v: %+v, %+v", seed, j, im.Open, im, cheap[j])
				}
				continue
			}
			if im.Status != Optimal || im.Cost != want.Cost || im.Bound != want.Cost || slices.Contains(im.Sites, im.Site) != im.Open ||
				!slices.ContainsFunc(sets, func(s Set) bool { return s.Cost == im.Cost && slices.Equal(s.Sites, im.Sites) }) {
				t.Fatalf("seed %d: %+v, by enumeration %v", seed, im, want)
			}
			if c := cheap[j]; c.Bound > want.Cost || c.Status == Infeasible || c.Status != Unknown && c.Cost < want.Cost || c.Nodes > 0 {
				t.Fatalf("seed %d: without search %+v, by enumeration %v", seed, c, want)
			}
		}
	}
	if none < 100 || searched < 1000 {
		t.Errorf("only %d sites that cannot be, %d nodes: the test shows little of them", none, searched)
	}
}

func TestASolutionThatIsNone(t *testing.T) {
	p := &Problem{Sites: 2, P: 1, Near: [][]Choice{{{0, 3}}}, Else: []int64{5}}
	for _, s := range []Solution{{}, {Set: Set{[]int32{0}, 4}}, {Set: Set{[]int32{7}, 5}}, {Set: Set{[]int32{0, 1}, 3}}} {
		if got, err := Imposed(t.Context(), p, &s, Options{}); err == nil {
			t.Errorf("%v is taken for a solution: %+v", s.Set, got)
		}
	}
}

func TestWhatASiteImposesDoesNotDependOnTheThreads(t *testing.T) {
	p := town(1, 60, 30, 4)
	solution, err := Solve(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, err := Imposed(t.Context(), p, solution, Options{Nodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(4)
	if four, err := Imposed(t.Context(), p, solution, Options{Nodes: 3}); err != nil || !reflect.DeepEqual(one, four) {
		t.Errorf("%v on one thread, %v on four (%v)", one, four, err)
	}
}
