package secrecy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/maillage/maillage/geodata"
)

// MaxNoise is the most that a told sum differs from what was added up.
const MaxNoise = 4 * geodata.Unit

// noise[k] is how many in 256 keys give a perturbation of k-4 units: symmetric,
// with a standard deviation of 1.6, and rarely none.
var noise = [9]int{4, 14, 28, 48, 68, 48, 28, 14, 4}

// Guard tells sums of a population's counts as their rule allows. It may be used
// by many goroutines.
type Guard struct {
	rule geodata.Rule
	of   []geodata.Amount // what the rule's minimum counts, per cell
	keys func() []uint64  // per cell
}

// NewGuard guards the counts of a population.
func NewGuard(p *geodata.Population) *Guard {
	g := &Guard{rule: p.Rule}
	if g.Public() {
		return g
	}
	g.of, _ = p.Column(p.Rule.Of)
	g.keys = sync.OnceValue(func() []uint64 { return keys(p) })
	return g
}

func keys(p *geodata.Population) []uint64 {
	out := make([]uint64, len(p.Cells))
	mac := hmac.New(sha256.New, []byte(p.Rule.Key))
	for i, c := range p.Cells {
		mac.Reset()
		mac.Write([]byte(c.ID)) //nolint:errcheck // a hash never fails
		out[i] = binary.LittleEndian.Uint64(mac.Sum(nil))
	}
	return out
}

// Public says that sums are told as they are.
func (g *Guard) Public() bool { return g.rule.Public() }

// Sum is an amount added up over cells of a guarded population.
type Sum struct {
	amount, of geodata.Amount
	key        uint64
}

// Add adds the amount of a cell, by its position in the population. A cell without
// amount is no part of the sum.
func (g *Guard) Add(s *Sum, cell int, a geodata.Amount) {
	if s.amount += a; g.Public() || a == 0 {
		return
	}
	s.of += g.of[cell]
	s.key += g.keys()[cell]
}

// Tell is what may be told of a sum: the same each time for the same cells.
func (g *Guard) Tell(s Sum) geodata.Amount {
	if g.Public() {
		return s.amount
	}
	if s.of < geodata.Whole(int64(g.rule.Minimum)) {
		return 0
	}
	return max(0, s.amount+perturbation(s.key))
}

// perturbation looks a key up in the table of noise, by its mixed bits.
func perturbation(key uint64) geodata.Amount {
	hi, lo := bits.Mul64(key^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	at := int((hi ^ lo) >> 56)
	for k, n := range noise {
		if at -= n; at < 0 {
			return geodata.Whole(int64(k)) - MaxNoise
		}
	}
	panic("secrecy: the table of noise does not add up to 256")
}
