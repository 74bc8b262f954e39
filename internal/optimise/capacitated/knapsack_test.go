package capacitated

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Beside filling in order: lists of all lengths, with many equals.
func TestFillTakesThoseWhoGainMost(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 6))
		list := make([]gainer, r.IntN(80))
		people := 0
		for k := range list {
			n := r.IntN(5)
			list[k] = gainer{-float64(1 + r.IntN(1+int(seed%40))), float64(n), int32(k)}
			people += n
		}
		room := float64(r.IntN(people + 2))
		sorted := slices.SortedFunc(slices.Values(list), func(a, b gainer) int { return int(a.cost - b.cost) })
		want, left := 0.0, room
		for _, g := range sorted {
			n := min(left, g.people)
			want, left = want+g.cost*n, left-n
		}
		value, full, rest := fill(list, room)
		sum, used := 0.0, rest
		for _, g := range list[:full] {
			sum, used = sum+g.cost*g.people, used+g.people
		}
		if full < len(list) {
			sum += list[full].cost * rest
		}
		if value != want || sum != want || used != math.Min(room, float64(people)) {
			t.Fatalf("seed %d: %v with %d and %v of the next, that is %v; want %v", seed, value, full, rest, sum, want)
		}
	}
}
