package needs

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// lastAge stands for 100 and over.
const lastAge = 100

// The sexes, in the order of people.
const (
	women = iota
	men
)

// people are those of a commune on a 1st of January, by sex and single age.
type people [2][lastAge + 1]geodata.Amount

// between counts those of an age range, both ends included.
func (p *people) between(from, to int) (sum geodata.Amount) {
	for x := max(from, 0); x <= min(to, lastAge); x++ {
		sum += p[women][x] + p[men][x]
	}
	return sum
}

func (p *people) total() geodata.Amount { return p.between(0, lastAge) }

// apportion shares a total by weights, which are not all 0, with the sum kept:
// each gets the whole millionths of its part, and the largest remainders the
// rest, the first of equals.
func apportion(total geodata.Amount, weights []uint64) []geodata.Amount {
	var sum uint64
	for _, w := range weights {
		sum += w
	}
	out, rest, order := make([]geodata.Amount, len(weights)), make([]uint64, len(weights)), make([]int, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), w)
		q, r := bits.Div64(hi, lo, sum)
		out[i], rest[i], order[i] = geodata.Amount(q), r, i
		left -= out[i]
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(rest[b], rest[a]), cmp.Compare(a, b)) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}

// scaled is people of the same ages and sexes, but as many as total.
func (p *people) scaled(total geodata.Amount) (out people) {
	var weights []uint64
	for sex := range p {
		for _, n := range p[sex] {
			weights = append(weights, uint64(n))
		}
	}
	parts := apportion(total, weights)
	copy(out[women][:], parts[:lastAge+1])
	copy(out[men][:], parts[lastAge+1:])
	return out
}

// pyramid is how people of a range of ages are taken to stand, by sex and age.
type pyramid [2][lastAge + 1]uint64

// fewerOlder is by how much the generations before those of 64 were smaller, a
// year: the growth rate of the stable population in which those of 75 and over are
// 9.8/21 of those of 65 and over, as in France on 1 January 2022 (INSEE, Bilan
// démographique 2021).
const fewerOlder = 0.027

// newPyramid stands in equal parts up to 64 and as the survivors of ever smaller
// generations from 65 on; the sexes at each age as the survivors of 105 boys to
// 100 girls.
func newPyramid(life [2]*lifeTable) (p pyramid) {
	const girls, boys, scale = 100, 105, 1_000_000
	both := func(x int) float64 { return girls*life[women].lived(x) + boys*life[men].lived(x) }
	for x := range lastAge + 1 {
		height := 1.0
		if x > 64 {
			height = both(x) / both(64) * math.Exp(-fewerOlder*float64(x-64))
		}
		female := girls * life[women].lived(x) / both(x)
		p[women][x] = uint64(scale*height*female + 0.5)
		p[men][x] = uint64(scale*height*(1-female) + 0.5)
	}
	return p
}

// split shares ranges of ages that do not overlap out over single ages.
func (p *pyramid) split(rows []geodata.CensusRow) (out people) {
	for _, r := range rows {
		var weights []uint64
		var at []*geodata.Amount
		for sex, name := range []geodata.Sex{geodata.Female, geodata.Male} {
			if r.Sex != geodata.AnySex && r.Sex != name {
				continue
			}
			for x := min(r.From, lastAge); x <= min(r.To, lastAge); x++ {
				weights, at = append(weights, p[sex][x]), append(at, &out[sex][x])
			}
		}
		for i, n := range apportion(r.Persons, weights) {
			*at[i] += n
		}
	}
	return out
}
