package needs

import (
	"slices"

	"github.com/maillage/maillage/geodata"
)

// model says what happens to communes, year by year and variant by variant.
type model struct {
	*tables
	own    Tables
	common map[season]*rates // what all communes share where nothing is the asker's own
}

// season is a variant's year.
type season struct {
	variant string
	year    int
}

func newModel(own Tables) (*model, error) {
	t, err := readTables()
	return &model{tables: t, own: own, common: map[season]*rates{}}, err
}

// life is the life tables of a year.
func (m *model) life(variant string, year int) (t [2]*lifeTable) {
	for sex, years := range m.assume(variant, year).expectancy {
		t[sex] = m.hazards[sex].living(years)
	}
	return t
}

// national are births and deaths in the twelve months from the 1st of January of a year.
func (m *model) national(variant string, year int) *rates {
	key := season{variant, year}
	if r := m.common[key]; r != nil {
		return r
	}
	r := &rates{}
	children := m.assume(variant, year).children
	for x, part := range m.fertility {
		r.births[x] = rateOf(children * part)
	}
	for sex, t := range m.life(variant, year) {
		r.deaths[sex] = t.deaths()
	}
	m.common[key] = r
	return r
}

// future is what happens to one commune in a variant: its rates in a year.
type future func(year int) *rates

// of is the future of a commune. Local is its own net migration as a multiple of
// the schedule of moves.
func (m *model) of(commune, variant string, local float64) future {
	fertility, mortality, migration := tabulate(m.own.Fertility, commune, variant), tabulate(m.own.Mortality, commune, variant), tabulate(m.own.Migration, commune, variant)
	return func(year int) *rates {
		r := *m.national(variant, year)
		if len(m.own.Fertility) > 0 {
			r.births = fertility[women].ages
		}
		if len(m.own.Mortality) > 0 {
			r.deaths = mortality
		}
		if len(m.own.Migration) > 0 {
			r.moves = migration
		} else {
			r.moves = m.moves(local + m.difference(variant, year))
		}
		return &r
	}
}

// difference is what the variant's net migration adds to the central one.
func (m *model) difference(variant string, year int) float64 {
	return (m.assume(variant, year).migration - m.assume(central, year).migration) / nation
}

// moves are a multiple of the schedule, the same for both sexes.
func (m *model) moves(times float64) (r [2]byAge) {
	for sex := range r {
		r[sex].newborn = bounded(times * m.moving[0])
		for x, intensity := range m.moving {
			r[sex].ages[x] = bounded(times * intensity)
		}
	}
	return r
}

func bounded(f float64) rate { return max(-mostMoves, min(mostMoves, rateOf(f))) }

// carry carries people from one year to another.
func (p people) carry(from, to int, r future) people {
	for year := from; year < to; year++ {
		p, _ = p.step(r(year))
	}
	return p
}

// mostLocal bounds a commune's own net migration, as a multiple of the schedule: a
// tenth of its people a year.
const mostLocal = 0.1

// calibrate finds the multiple of the schedule of moves by which people become as
// many as a later census counts, to a thousandth of a person; exact is false where it
// would be beyond mostLocal. The total rises with the multiple, nearly in a
// straight line: the false position (with the Illinois rule) finds it in a few steps.
func (m *model) calibrate(commune string, p people, from, to int, total geodata.Amount) (local float64, exact bool) {
	off := func(times float64) float64 {
		end := p.carry(from, to, m.of(commune, central, times))
		return (end.total() - total).Float()
	}
	few, many := -mostLocal, mostLocal
	under, over := off(few), off(many)
	switch {
	case under >= -0.001 && over <= 0.001: // nobody to speak of
		return 0, true
	case under > 0:
		return few, false
	case over < 0:
		return many, false
	}
	side := 0
	for range 60 {
		local = few + (many-few)*under/(under-over)
		switch d := off(local); {
		case d >= -0.001 && d <= 0.001:
			return local, true
		case d < 0:
			if few, under = local, d; side < 0 {
				over /= 2
			}
			side = -1
		default:
			if many, over = local, d; side > 0 {
				under /= 2
			}
			side = 1
		}
	}
	return local, false
}

// asked lists the variants in their order; all where none is named.
func asked(names []string) (out []string) {
	for _, v := range variants {
		if len(names) == 0 || slices.Contains(names, v) {
			out = append(out, v)
		}
	}
	return out
}
