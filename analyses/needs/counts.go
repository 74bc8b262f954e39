package needs

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// count is what one census says of a commune.
type count struct {
	year  int
	total geodata.Amount
	rows  []geodata.CensusRow
}

// aged says that it tells ages apart.
func (c count) aged() bool {
	return len(c.rows) > 0 && (c.rows[0].From > 0 || c.rows[0].To < geodata.AndOver)
}

// counts are the censuses of the communes of the study area, by code, the years rising.
type counts map[string][]count

// countsOf reads the snapshot's census, which must tell all ages of whoever it counts.
func countsOf(s *geodata.Snapshot) (counts, error) {
	all := counts{}
	for _, r := range s.Census() {
		if c, ok := s.Commune(r.Commune); !ok || !c.Study {
			continue
		}
		of := all[r.Commune]
		if len(of) == 0 || of[len(of)-1].year != r.Year {
			of = append(of, count{year: r.Year})
		}
		last := &of[len(of)-1]
		last.rows, last.total = append(last.rows, r), last.total+r.Persons
		all[r.Commune] = of
	}
	for _, code := range slices.Sorted(maps.Keys(all)) {
		for _, c := range all[code] {
			if err := c.whole(); err != nil {
				return nil, &analyses.ParamError{Param: "census", Err: fmt.Errorf("commune %s, %d: %w", code, c.year, err)}
			}
		}
	}
	return all, nil
}

// whole wants every age of a sex told once, from 0 on. The rows are in order.
func (c count) whole() error {
	next, sex := 0, c.rows[0].Sex
	for _, r := range c.rows {
		if r.Sex != sex && next > geodata.AndOver {
			next, sex = 0, r.Sex
		}
		if r.From != next || r.Sex != sex {
			return fmt.Errorf("no row tells of age %d: want ranges from 0 to the oldest without gaps", next)
		}
		next = r.To + 1
	}
	if next <= geodata.AndOver && next <= lastAge {
		return fmt.Errorf("no row tells of age %d and over: want ranges from 0 to the oldest without gaps", next)
	}
	return nil
}

// gridBands are the age columns of the grids, the finer first.
var gridBands = [][]geodata.CensusRow{
	{band("ind_0_3", 0, 3), band("ind_4_5", 4, 5), band("ind_6_10", 6, 10), band("ind_11_17", 11, 17), band("ind_18_24", 18, 24),
		band("ind_25_39", 25, 39), band("ind_40_54", 40, 54), band("ind_55_64", 55, 64), band("ind_65_79", 65, 79), band("ind_80p", 80, geodata.AndOver)},
	{band("y_lt15", 0, 14), band("y_1564", 15, 64), band("y_ge65", 65, geodata.AndOver)},
}

// band is a range of ages; Commune holds the column that counts it.
func band(column string, from, to int) geodata.CensusRow {
	return geodata.CensusRow{Commune: column, From: from, To: to}
}

// gridCounts adds the grid's bands up by commune; the total is that of ind, which
// also counts those of unknown age. ok is false where the grid has no ages.
func gridCounts(s *geodata.Snapshot) (out map[string]count, ok bool) {
	p := s.Population()
	for _, bands := range gridBands {
		if out, ok = addBands(p, bands); ok {
			return out, true
		}
	}
	return nil, false
}

func addBands(p *geodata.Population, bands []geodata.CensusRow) (map[string]count, bool) {
	guard := secrecy.NewGuard(p)
	out := map[string]count{}
	for _, b := range bands {
		values, ok := p.Column(b.Commune)
		if !ok {
			return nil, false
		}
		for code, n := range byCommune(p, guard, values) {
			c := out[code]
			r := b
			r.Commune, r.Year, r.Persons = code, p.Vintage, n
			c.year, c.total, c.rows = p.Vintage, c.total+n, append(c.rows, r)
			out[code] = c
		}
	}
	if ind, ok := p.Column("ind"); ok {
		for code, n := range byCommune(p, guard, ind) {
			c := out[code]
			c.total = n
			out[code] = c
		}
	}
	return out, true
}

// byCommune adds up, and tells, the values of the study area's cells.
func byCommune(p *geodata.Population, guard *secrecy.Guard, values []geodata.Amount) map[string]geodata.Amount {
	sums := map[string]*secrecy.Sum{}
	for i, c := range p.Cells {
		if !c.Study {
			continue
		}
		if sums[c.Commune] == nil {
			sums[c.Commune] = &secrecy.Sum{}
		}
		guard.Add(sums[c.Commune], i, values[i])
	}
	out := map[string]geodata.Amount{}
	for code, sum := range sums {
		out[code] = guard.Tell(*sum)
	}
	return out
}

// history is what is known of the people of each commune.
type history struct {
	codes     []string // of the communes that can be projected, rising
	counts    counts
	grid      map[string]count
	years     []int // of the censuses, rising
	estimated bool  // there is no census, and the grid is taken for one
}

// historyOf reads the census, or else the grid. Neither is an analyses.ParamError.
func historyOf(s *geodata.Snapshot) (*history, error) {
	all, err := countsOf(s)
	if err != nil {
		return nil, err
	}
	h := &history{counts: all}
	h.grid, _ = gridCounts(s)
	if len(all) == 0 {
		h.estimated = true
		if s.Population().Vintage == 0 && len(h.grid) > 0 {
			return nil, &analyses.ParamError{Param: "census", Err: errors.New("no census by commune, and the grid does not say what year it is of: import a census")}
		}
		for code, c := range h.grid {
			all[code] = []count{c}
		}
	}
	for i := range s.Counts() {
		h.addVintage(&s.Counts()[i])
	}
	for _, of := range all {
		for _, c := range of {
			h.years = append(h.years, c.year)
		}
	}
	slices.Sort(h.years)
	h.years = slices.Compact(h.years)
	if len(h.years) == 0 {
		return nil, &analyses.ParamError{Param: "census", Err: errors.New("the territory has neither a census by commune nor a grid with ages (ind_0_3 … ind_80p, or y_lt15, y_1564, y_ge65): import one")}
	}
	for code := range all {
		if _, ok := h.in(code, h.newest()); ok {
			h.codes = append(h.codes, code)
		}
	}
	slices.Sort(h.codes)
	return h, nil
}

// addVintage takes another vintage of a grid for the census of its year, where the
// commune has none of that year. Its cells need not be those of the grid, since
// communes are compared, not cells.
func (h *history) addVintage(p *geodata.Population) {
	ind, ok := p.Column("ind")
	if !ok || p.Vintage == 0 {
		return
	}
	of, ok := addBands(p, gridBands[0])
	if !ok {
		of, ok = addBands(p, gridBands[1])
	}
	if !ok {
		of = map[string]count{}
		for code, n := range byCommune(p, secrecy.NewGuard(p), ind) {
			of[code] = count{year: p.Vintage, total: n, rows: []geodata.CensusRow{{Commune: code, Year: p.Vintage, To: geodata.AndOver, Persons: n}}}
		}
	}
	for code, c := range of {
		if _, known := h.in(code, c.year); !known && code != "" {
			h.counts[code] = append(h.counts[code], c)
			slices.SortFunc(h.counts[code], func(a, b count) int { return cmp.Compare(a.year, b.year) })
		}
	}
}

func (h *history) newest() int { return h.years[len(h.years)-1] }

// in is what the census of a year says of a commune.
func (h *history) in(code string, year int) (count, bool) {
	for _, c := range h.counts[code] {
		if c.year == year {
			return c, true
		}
	}
	return count{}, false
}

// Where the ages of a commune come from.
const (
	fromCensus = "census"
	fromOther  = "other_census" // of the commune, scaled
	fromGrid   = "grid"         // of the commune, scaled
	fromModel  = "model"        // as survivors stand
)

// people are those of a commune in a census year, by sex and age. Ages that the
// census does not tell are those of the nearest one that does, the later of two.
func (h *history) people(p *pyramid, code string, year int) (people, string) {
	c, _ := h.in(code, year)
	if c.aged() && !h.estimated {
		return p.split(c.rows), fromCensus
	}
	distance := func(o count) int { return max(o.year-year, year-o.year) }
	var aged []count
	for _, o := range h.counts[code] {
		if o.aged() {
			aged = append(aged, o)
		}
	}
	slices.SortFunc(aged, func(a, b count) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(b.year, a.year))
	})
	from, ages := fromModel, p.split([]geodata.CensusRow{{To: geodata.AndOver, Persons: c.total}})
	if len(aged) > 0 {
		if shape := p.split(aged[0].rows); shape.total() > 0 {
			from, ages = fromOther, shape
		}
	} else if shape := p.split(h.grid[code].rows); shape.total() > 0 {
		from, ages = fromGrid, shape
	}
	if h.estimated {
		from = fromGrid
	}
	if ages.total() == 0 {
		return ages, from
	}
	return ages.scaled(c.total), from
}

// since is the census that local migration up to a year is calibrated from: the
// latest at least MinSpan years before, or else the first; 0 where there is none.
func (h *history) since(year int) (since int) {
	for _, y := range h.years {
		if y < year && (since == 0 || y <= year-MinSpan) {
			since = y
		}
	}
	return since
}
