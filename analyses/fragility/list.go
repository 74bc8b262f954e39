package fragility

import (
	"cmp"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// list makes both lists of places.
func (q *question) list() {
	men, counted := q.column("men")
	homes := make([]home, len(q.d.Cells))
	for k, i := range q.d.Cells {
		cell := q.d.Population.Cells[i]
		homes[k] = home{cell.ID, cell.Commune, cell.Centre, q.people[k]}
		if counted {
			homes[k].households = men[k]
		}
	}
	minimum := geodata.Whole(int64(q.Params.Minimum))
	if !counted {
		minimum *= perHousehold
	}
	places, withheld := group(homes, minimum)
	q.Withheld = len(withheld)
	alone, _ := q.column("men_1ind")
	aged, _ := q.column(q.agedColumn())
	q.Unseen, q.Visits = q.most(places, alone, men), q.most(places, aged, men)
}

// most lists the places with most isolated people of a column, the first by id of
// equals; those with none are in no list. Without the column there is none.
func (q *question) most(places []place, of, men []geodata.Amount) []Place {
	out := []Place{}
	if of == nil {
		return out
	}
	isolated := q.isolated(of)
	for _, p := range places {
		if told := q.tell(p, isolated, men); told.Isolated > 0 {
			out = append(out, told)
		}
	}
	slices.SortStableFunc(out, func(a, b Place) int { return cmp.Or(cmp.Compare(b.Isolated, a.Isolated), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), q.Params.Top)]
}

// isolated are those of a column, per cell: all where it is far, else the share of
// the households that has no car.
func (q *question) isolated(of []geodata.Amount) []geodata.Amount {
	noCar, known := q.column("men_voit0")
	men, counted := q.column("men")
	limit := geodata.Amount(time.Duration(q.Params.Beyond)/time.Millisecond) * geodata.Amount(len(q.Params.Services))
	out := make([]geodata.Amount, len(of))
	for k, n := range of {
		switch {
		case q.far[k] > limit:
			out[k] = n
		case known && counted && men[k] > 0:
			out[k] = geodata.Fraction{Num: int64(min(noCar[k], men[k])), Den: int64(men[k])}.Of(n)
		}
	}
	return out
}

// tell adds up the cells of a place.
func (q *question) tell(p place, isolated, men []geodata.Amount) Place {
	var people, households, alone secrecy.Sum
	first := q.d.Population.Cells[q.d.Cells[p.cells[0]]]
	out := Place{ID: first.ID, Commune: first.Commune, Middle: p.middle}
	if c, ok := q.s.Commune(first.Commune); ok {
		out.Name = c.Name
	}
	var imputed, all geodata.Amount
	for _, k := range p.cells {
		i := q.d.Cells[k]
		out.Cells = append(out.Cells, q.d.Population.Cells[i].ID)
		q.d.Guard.Add(&people, i, q.people[k])
		q.d.Guard.Add(&alone, i, isolated[k])
		if men != nil {
			q.d.Guard.Add(&households, i, men[k])
		}
		if all += q.people[k]; q.d.Population.Cells[i].Imputed {
			imputed += q.people[k]
		}
		out.Seconds += float64(float64(q.far[k]) * q.people[k].Float())
	}
	out.Population, out.Households, out.Isolated = q.d.Guard.Tell(people), q.d.Guard.Tell(households), q.d.Guard.Tell(alone)
	out.Seconds /= all.Float() * 1000 * float64(len(q.Params.Services))
	out.Imputed = 100 * imputed.Float() / all.Float()
	return out
}
