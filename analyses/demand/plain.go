package demand

import (
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// Plain is a demand of anybody's own homes, without a territory: all of them count,
// and they are public. The slices run parallel.
func Plain(ids []string, amounts []geodata.Amount) *Demand {
	p := &geodata.Population{Cells: make([]geodata.Cell, len(ids)), Columns: []geodata.Column{{Name: "value", Values: amounts}}}
	d := &Demand{Population: p, Amount: amounts, Unit: "persons", Cells: make([]int, len(ids)), Guard: secrecy.NewGuard(p)}
	for i, id := range ids {
		p.Cells[i], d.Cells[i] = geodata.Cell{ID: id, Study: true}, i
	}
	return d
}
