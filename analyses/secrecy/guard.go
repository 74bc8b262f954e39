package secrecy

import "github.com/maillage/maillage/geodata"

// Guard tells sums of counts as their rule allows. It may be used by many goroutines.
type Guard struct {
	rule geodata.Rule
}

// NewGuard guards the counts of a population.
func NewGuard(p *geodata.Population) *Guard { return &Guard{rule: p.Rule} }

// Public says that sums are told as they are.
func (g *Guard) Public() bool { return g.rule.Public() }

// Sum is an amount added up over cells.
type Sum struct {
	amount geodata.Amount
}

// Add adds the amount that a cell, by its position in the population, has.
func (g *Guard) Add(s *Sum, cell int, a geodata.Amount) { s.amount += a }

// Tell is what may be told of a sum: the same each time for the same cells.
func (g *Guard) Tell(s Sum) geodata.Amount { return s.amount }
