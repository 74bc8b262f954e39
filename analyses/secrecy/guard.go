package secrecy

import "github.com/maillage/maillage/geodata"

// Guard tells sums of a population's counts as their rule allows. It may be used
// by many goroutines.
type Guard struct {
	rule geodata.Rule
	of   []geodata.Amount // what the rule's minimum counts, per cell
}

// NewGuard guards the counts of a population.
func NewGuard(p *geodata.Population) *Guard {
	g := &Guard{rule: p.Rule}
	if !p.Rule.Public() {
		g.of, _ = p.Column(p.Rule.Of)
	}
	return g
}

// Sum is an amount added up over cells of a guarded population.
type Sum struct {
	amount, of geodata.Amount
}

// Add adds the amount of a cell, by its position in the population. A cell without
// amount is no part of the sum.
func (g *Guard) Add(s *Sum, cell int, a geodata.Amount) {
	if s.amount += a; g.of != nil && a != 0 {
		s.of += g.of[cell]
	}
}

// Remove takes back what Add added.
func (g *Guard) Remove(s *Sum, cell int, a geodata.Amount) {
	if s.amount -= a; g.of != nil && a != 0 {
		s.of -= g.of[cell]
	}
}

// Tell is what may be told of a sum: 0 of one that is about fewer than the minimum.
func (g *Guard) Tell(s Sum) geodata.Amount {
	if s.of < geodata.Whole(int64(g.rule.Minimum)) {
		return 0
	}
	return s.amount
}
