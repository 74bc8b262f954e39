package compare

import (
	"slices"
	"time"

	"github.com/maillage/maillage/geodata"
)

// rank gives each the number of those that cover more, plus one.
func rank(covered []geodata.Amount) []int {
	ranks := make([]int, len(covered))
	for i, mine := range covered {
		ranks[i] = 1
		for _, other := range covered {
			if other > mine {
				ranks[i]++
			}
		}
	}
	return ranks
}

// first are the positions of those of rank 1.
func first(ranks []int) (out []int) {
	for i, r := range ranks {
		if r == 1 {
			out = append(out, i)
		}
	}
	return out
}

// minutes are whom the scenarios cover within each whole minute up to the last.
func (t *table) minutes() []Minute {
	out := make([]Minute, LastMinute)
	for m := range out {
		at := &out[m]
		at.Minutes = m + 1
		for s, times := range t.times {
			at.Covered = append(at.Covered, covered(t.demand[s], times, time.Duration(at.Minutes)*time.Minute))
		}
		at.Ranks = rank(at.Covered)
	}
	return out
}

// leads are the stretches of minutes at which the same scenarios are first.
func leads(minutes []Minute) (out []Lead) {
	for _, m := range minutes {
		ahead := first(m.Ranks)
		if n := len(out); n > 0 && slices.Equal(out[n-1].First, ahead) {
			out[n-1].To = m.Minutes
		} else {
			out = append(out, Lead{m.Minutes, m.Minutes, ahead})
		}
	}
	return out
}

// reversals are where one scenario overtakes another, by minute.
func reversals(minutes []Minute) []Reversal {
	out := []Reversal{}
	type pair struct{ a, b int }
	ahead := map[pair]int{} // of each pair, who covered more last
	for _, m := range minutes {
		for a := range m.Covered {
			for b := a + 1; b < len(m.Covered); b++ {
				if m.Covered[a] == m.Covered[b] {
					continue
				}
				leader, other := a, b
				if m.Covered[b] > m.Covered[a] {
					leader, other = b, a
				}
				if was, known := ahead[pair{a, b}]; known && was != leader {
					out = append(out, Reversal{m.Minutes, leader, other})
				}
				ahead[pair{a, b}] = leader
			}
		}
	}
	return out
}
