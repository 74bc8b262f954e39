package coverage

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Ten people: one at 1 s, four at 2 s, four at 4 s, one at 9 s.
//
//	P90: nine of ten are within 4 s. Worst tenth: the one at 9 s. Mean 3.4 s.
//	Gini: Σ_i Σ_j |t_i - t_j| over ordered pairs is 2 (1·4·1 + 1·4·3 + 1·1·8 + 4·4·2 + 4·1·7 + 4·1·5) = 208;
//	208 / (2 · 10² · 3.4) = 0.305882…
func TestSpreadByHand(t *testing.T) {
	times := []traveltime.Time{4000, 1000, 2000, 9000}
	people := []geodata.Amount{geodata.Whole(4), geodata.Whole(1), geodata.Whole(4), geodata.Whole(1)}
	s := NewSpread(times, people)
	if *s.P90 != 4 || *s.Worst != 9 || *s.WorstUnreached != 0 || math.Abs(*s.Gini-208.0/680) > 1e-15 {
		t.Errorf("P90 %v, worst tenth %v, unreached %v, Gini %v", *s.P90, *s.Worst, *s.WorstUnreached, *s.Gini)
	}

	// With ten more at 2 s the worst tenth is two of twenty: the one at 9 s, and one of the four at 4 s.
	s = NewSpread(append(times, 2000), append(people, geodata.Whole(10)))
	if *s.Worst != 6.5 {
		t.Errorf("worst tenth %v, want (9 + 4) / 2", *s.Worst)
	}

	// Half a person of 10.5 is not reached: of the worst 1.05, that is 0.5 / 1.05.
	s = NewSpread(append(times, traveltime.OffNetwork), append(people, geodata.Unit/2))
	if s.Worst != nil || math.Abs(*s.WorstUnreached-100*0.5/1.05) > 1e-12 || *s.P90 != 4 || math.Abs(*s.Gini-208.0/680) > 1e-15 {
		t.Errorf("%+v: the rest is over those reached", s)
	}
	// Five of fifteen: more than the tenth.
	if s = NewSpread(append(times, traveltime.Unreachable), append(people, geodata.Whole(5))); *s.WorstUnreached != 100 {
		t.Errorf("%v %% of the worst tenth are not reached, want all", *s.WorstUnreached)
	}
}

func TestSpreadOfNobody(t *testing.T) {
	if s := NewSpread([]traveltime.Time{1000}, []geodata.Amount{0}); s != (Spread{}) {
		t.Errorf("nobody: %+v", s)
	}
	s := NewSpread([]traveltime.Time{traveltime.Unreachable}, []geodata.Amount{5})
	if s.P90 != nil || s.Worst != nil || s.Gini != nil || *s.WorstUnreached != 100 {
		t.Errorf("nobody reached: %+v", s)
	}
	// At the door, all alike.
	if s = NewSpread([]traveltime.Time{0, 0}, []geodata.Amount{5, 6}); *s.Gini != 0 || *s.Worst != 0 || *s.P90 != 0 {
		t.Errorf("at the door: %+v", s)
	}
}

// Against the definitions, person by person (a millionth each), in any order.
func TestSpreadAgainstItsDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "homes")
		var times, persons []traveltime.Time
		var demand []geodata.Amount
		for range n {
			at := rapid.SampledFrom([]traveltime.Time{0, 1, 2, 3, 700, 1_000_000, traveltime.Unreachable, traveltime.OffNetwork}).Draw(t, "time")
			d := rapid.IntRange(0, 6).Draw(t, "people")
			times, demand = append(times, at), append(demand, geodata.Amount(d))
			for range d {
				persons = append(persons, at)
			}
		}
		got := NewSpread(times, demand)
		slices.Sort(persons)
		reached := slices.IndexFunc(persons, func(x traveltime.Time) bool { return !x.Reached() })
		if reached < 0 {
			reached = len(persons)
		}
		near := func(name string, got *float64, want float64) {
			if got == nil || math.Abs(*got-want) > 1e-9*max(1, want) {
				t.Fatalf("%s of %v × %v: %v, want %v", name, times, demand, got, want)
			}
		}
		if len(persons) == 0 {
			return
		}
		// The worst tenth in tenths of a person: ten of each, the last len(persons).
		var tenths []traveltime.Time
		for _, p := range persons {
			tenths = append(tenths, slices.Repeat([]traveltime.Time{p}, 10)...)
		}
		lost, sum := 0.0, 0.0
		for _, x := range tenths[len(tenths)-len(persons):] {
			if x.Reached() {
				sum += float64(x)
			} else {
				lost++
			}
		}
		near("unreached", got.WorstUnreached, 100*lost/float64(len(persons)))
		if reached == len(persons) {
			near("worst tenth", got.Worst, sum/float64(len(persons))/1000)
		} else if got.Worst != nil {
			t.Fatalf("worst tenth %v, though somebody is not reached", *got.Worst)
		}
		if reached == 0 {
			return
		}
		near("P90", got.P90, float64(persons[(9*reached+9)/10-1])/1000)
		var apart, all float64
		for _, a := range persons[:reached] {
			all += float64(a)
			for _, b := range persons[:reached] {
				apart += math.Abs(float64(a) - float64(b))
			}
		}
		if all > 0 {
			near("Gini", got.Gini, apart/(2*float64(reached)*all))
		}

		// Split in two and turned round, bit for bit.
		k := rapid.IntRange(0, n-1).Draw(t, "split")
		part := geodata.Amount(rapid.IntRange(0, int(demand[k])).Draw(t, "part"))
		split, of := append(slices.Clone(times), times[k]), append(slices.Clone(demand), part)
		of[k] -= part
		slices.Reverse(split)
		slices.Reverse(of)
		again := NewSpread(split, of)
		for i, x := range []*float64{again.P90, again.Worst, again.WorstUnreached, again.Gini} {
			if y := []*float64{got.P90, got.Worst, got.WorstUnreached, got.Gini}[i]; (x == nil) != (y == nil) || x != nil && *x != *y {
				t.Fatalf("figure %d of %v × %v changes when a home is split", i, times, demand)
			}
		}
	})
}
