package demand

import (
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// Group is cells that are told of together.
type Group struct {
	Code    string
	Name    geodata.Text
	Members []int // positions in Demand.Cells
}

// Groups are the whole territory and the communes of the study area, by code.
func (d *Demand) Groups(s *geodata.Snapshot) (territory Group, communes []Group) {
	t := s.Territory()
	territory = Group{Code: t.ID, Name: geodata.Text{Fr: t.Name}}
	by := map[string][]int{}
	for k, i := range d.Cells {
		territory.Members = append(territory.Members, k)
		code := d.Population.Cells[i].Commune
		by[code] = append(by[code], k)
	}
	for _, c := range s.Communes() {
		if c.Study {
			communes = append(communes, Group{c.Code, geodata.Text{Fr: c.Name}, by[c.Code]})
		}
	}
	return territory, communes
}

// Sum tells the sum of an amount over a group's cells.
func (d *Demand) Sum(g Group, amount func(k int) geodata.Amount) geodata.Amount {
	var sum secrecy.Sum
	for _, k := range g.Members {
		d.Guard.Add(&sum, d.Cells[k], amount(k))
	}
	return d.Guard.Tell(sum)
}

// People tells how much of a group's demand is in the cells that are meant.
func (d *Demand) People(g Group, meant func(k int) bool) geodata.Amount {
	return d.Sum(g, func(k int) geodata.Amount {
		if meant(k) {
			return d.Amount[d.Cells[k]]
		}
		return 0
	})
}
