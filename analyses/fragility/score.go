package fragility

import (
	"math/bits"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// part is one component of the score, with a value num/den for each cell; the slices
// run parallel. A cell whose den is 0 has none.
type part struct {
	num, den []geodata.Amount
	by       []geodata.Amount // people or households that the cell counts for in the ranks
	weight   float64
}

// compare orders the values of two cells exactly.
func (p *part) compare(i, j int) int {
	hi, lo := bits.Mul64(uint64(p.num[i]), uint64(p.den[j]))
	hj, lj := bits.Mul64(uint64(p.num[j]), uint64(p.den[i]))
	switch {
	case hi < hj || hi == hj && lo < lj:
		return -1
	case hi == hj && lo == lj:
		return 0
	}
	return 1
}

func (p *part) has(i int) bool { return p.den[i] > 0 }

// ranks are in per cent: of all that count, those in cells of a lower value and
// half of those of the same. Cells without a value have rank 0.
func (p *part) ranks() []float64 {
	var order []int
	var all geodata.Amount
	for i := range p.num {
		if p.has(i) {
			order = append(order, i)
			all += p.by[i]
		}
	}
	slices.SortStableFunc(order, p.compare)
	out := make([]float64, len(p.num))
	var less geodata.Amount
	for start := 0; start < len(order); {
		end, same := start, geodata.Amount(0)
		for end < len(order) && p.compare(order[end], order[start]) == 0 {
			same += p.by[order[end]]
			end++
		}
		for _, i := range order[start:end] {
			if all > 0 {
				out[i] = 50 * (2*less + same).Float() / all.Float()
			}
		}
		less += same
		start = end
	}
	return out
}

// score is the weighted mean of the ranks a cell has, given by part and cell; ok
// is false where it has none with weight.
func score(parts []part, ranks [][]float64, cell int) (s float64, ok bool) {
	var weights float64
	for k := range parts {
		if w := parts[k].weight; w > 0 && parts[k].has(cell) {
			s += w * ranks[k][cell]
			weights += w
		}
	}
	if weights == 0 {
		return 0, false
	}
	return s / weights, true
}
