package shapley

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// gain is what a site is worth to somebody of a home: more than 0.
type gain struct {
	site  int32
	worth uint32
}

// game is n sites and homes, each with what the sites are worth to it; a set of
// sites is worth to it what the best of them is.
type game struct {
	sites  int
	amount []geodata.Amount // of each home, not negative
	gains  [][]gain         // parallel, no site twice; put in order by solve
}

// figures are those of a game, exact.
type figures struct {
	gain               *big.Rat
	value, alone, last []*big.Rat // by site
}

// solve works a game out in closed form.
func (g *game) solve() figures {
	var all wide
	alone, last := make([]wide, g.sites), make([]wide, g.sites)
	shares := make([][]wide, g.sites) // [j][k]: what site j is to have the k-th part of
	for j := range shares {
		shares[j] = make([]wide, g.sites+1)
	}
	for i, gains := range g.gains {
		if len(gains) == 0 {
			continue
		}
		people := uint64(g.amount[i])
		slices.SortFunc(gains, func(a, b gain) int { return cmp.Or(cmp.Compare(a.worth, b.worth), cmp.Compare(a.site, b.site)) })
		below := uint32(0)
		for at, step := range gains {
			if step.worth > below { // all from here on reach the step
				rest := gains[at:]
				for _, x := range rest {
					shares[x.site][len(rest)].add(people, step.worth-below)
				}
			}
			below = step.worth
			alone[step.site].add(people, step.worth)
		}
		best, second := gains[len(gains)-1], uint32(0)
		if len(gains) > 1 {
			second = gains[len(gains)-2].worth
		}
		all.add(people, best.worth)
		last[best.site].add(people, best.worth-second)
	}
	f := figures{gain: all.rat(1)}
	for j := range g.sites {
		value := new(big.Rat)
		for k := 1; k <= g.sites; k++ {
			if shares[j][k] != (wide{}) {
				value.Add(value, shares[j][k].rat(int64(k)))
			}
		}
		f.value, f.alone, f.last = append(f.value, value), append(f.alone, alone[j].rat(1)), append(f.last, last[j].rat(1))
	}
	return f
}

// wide is a sum of 128 bits: people in millionths times milliseconds do not fit 64.
type wide struct{ high, low uint64 }

func (w *wide) add(people uint64, worth uint32) {
	high, low := bits.Mul64(people, uint64(worth))
	var carry uint64
	w.low, carry = bits.Add64(w.low, low, 0)
	w.high += high + carry
}

// rat is the sum divided.
func (w *wide) rat(by int64) *big.Rat {
	sum := new(big.Int).SetUint64(w.high)
	sum.Lsh(sum, 64).Add(sum, new(big.Int).SetUint64(w.low))
	return new(big.Rat).SetFrac(sum, big.NewInt(by))
}

// rounded divides a figure, none of which is negative, and rounds it, half up.
func rounded(r *big.Rat, unit int64) geodata.Amount {
	whole, rest := split(r, unit)
	if rest.Cmp(big.NewRat(1, 2)) >= 0 {
		whole++
	}
	return whole
}

// split divides a figure into the whole part and what is left of it.
func split(r *big.Rat, unit int64) (geodata.Amount, *big.Rat) {
	part := new(big.Rat).Quo(r, new(big.Rat).SetInt64(unit))
	whole := new(big.Int).Quo(part.Num(), part.Denom())
	return geodata.Amount(whole.Int64()), part.Sub(part, new(big.Rat).SetInt(whole))
}

// apportion divides figures and rounds them so that they sum to total, the rounded
// sum of them: up where most is left, the first of equals first.
func apportion(figures []*big.Rat, unit int64, total geodata.Amount) []geodata.Amount {
	out, rests, order := make([]geodata.Amount, len(figures)), make([]*big.Rat, len(figures)), make([]int, len(figures))
	for j, f := range figures {
		out[j], rests[j] = split(f, unit)
		total -= out[j]
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, j := range order[:total] {
		out[j]++
	}
	return out
}
