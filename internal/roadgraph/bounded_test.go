package roadgraph

import (
	"math/rand/v2"
	"testing"
)

func TestBoundedEqualsTheWholeSearchWithinItsLimit(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		vertices, edges, forbidden := randomNetwork(r)
		g, err := Build(vertices, edges, forbidden)
		if err != nil {
			t.Fatal(err)
		}
		adjacency := &g.Out
		if seed%2 == 1 {
			adjacency = &g.In
		}
		whole, bounded := NewSearch(adjacency), NewBounded(adjacency)
		for range 5 { // one after another: nothing of the last search may stay
			var seeds []Seed
			for range 1 + r.IntN(3) {
				seeds = append(seeds, Seed{State: uint32(r.IntN(g.States())), Distance: uint32(r.IntN(20))})
			}
			want, _ := whole.Run(seeds)
			limit := uint32(r.IntN(60))
			seen := map[uint32]bool{}
			last := uint32(0)
			for state, time := range bounded.Settle(seeds, limit) {
				if seen[state] {
					t.Fatalf("town %d: state %d comes twice", seed, state)
				}
				seen[state] = true
				if time != want[state] || bounded.Time(state) != time {
					t.Fatalf("town %d: state %d at %d, the whole search says %d", seed, state, time, want[state])
				}
				if time < last {
					t.Fatalf("town %d: times fall at state %d", seed, state)
				}
				last = time
				checkPath(t, bounded, adjacency, seeds, state, time)
			}
			for state, d := range want {
				if in := d <= limit; in != seen[uint32(state)] || in == (bounded.Time(uint32(state)) == Infinity) {
					t.Fatalf("town %d: state %d at %d with limit %d: came %v", seed, state, d, limit, seen[uint32(state)])
				}
			}
		}
	}
}

// checkPath follows the path and adds up its arcs.
func checkPath(t *testing.T, b *Bounded, a *Adjacency, seeds []Seed, state, time uint32) {
	t.Helper()
	seed, arcs := b.Path(state)
	at, sum := seeds[seed].State, seeds[seed].Distance
	for _, k := range arcs {
		if k < a.First[at] || k >= a.First[at+1] {
			t.Fatalf("arc %d does not leave state %d", k, at)
		}
		at, sum = a.Arcs[k].To, sum+a.Arcs[k].Weight
	}
	if at != state || sum != time {
		t.Fatalf("the path leads to state %d in %d, want %d in %d", at, sum, state, time)
	}
}

func TestBoundedStopsWhenToldAndStartsAnew(t *testing.T) {
	// 0 –10→ 1 –10→ 2
	g, err := Build(3, []Edge{{0, 1, 10, Closed}, {1, 2, 10, Closed}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBounded(&g.Out)
	for state := range b.Settle([]Seed{{State: 0}}, Infinity) {
		if state == 1 {
			break
		}
	}
	if b.Time(1) != 10 || b.Time(2) != Infinity {
		t.Errorf("1 at %d, 2 at %d: want 10, and not looked at", b.Time(1), b.Time(2))
	}
	for range b.Settle([]Seed{{State: 2, Distance: 5}, {State: 1, Distance: Infinity}}, Infinity) {
	}
	if b.Time(0) != Infinity || b.Time(1) != Infinity || b.Time(2) != 5 {
		t.Errorf("after a search from 2: %d %d %d, want only 2 at 5", b.Time(0), b.Time(1), b.Time(2))
	}
}
