package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/needs"
	"github.com/maillage/maillage/geodata"
)

// apply gives the communes the people of another year. Each commune's cells keep
// their part of what they are told of: of its people in a census year; of each age
// in a projected one. The sums of communes are exact; see scale and project.
func (c *Population) apply(b *builder, at spot) {
	if b.dated > 0 {
		b.bad(at, "population.year", "the population is that of another year already, by changes[%d]: want one such change", b.dated-1)
		return
	}
	b.dated = at.number + 1
	p := *b.population
	p.Vintage = c.Year
	if _, ok := p.Column("ind"); !ok {
		b.bad(at, "population", "the population grid has no column ind to count people by")
		return
	}
	switch {
	case slices.Contains(b.base.CensusYears(), c.Year):
		if c.Variant != "" {
			b.bad(at, "population.variant", "the census of %d is what it is: variants are of projections; leave it out", c.Year)
			return
		}
		b.scale(&p, c.Year)
	default:
		communes, notes, err := needs.PeopleIn(b.ctx, b.base, c.Year, cmp.Or(c.Variant, "central"))
		if wrong := (*analyses.ParamError)(nil); errors.As(err, &wrong) {
			b.bad(at, "population.year", "%v; or a year of the census: %s", wrong.Err, listOf(b.base.CensusYears()))
			return
		}
		if err != nil {
			b.failed = errors.Join(b.failed, err)
			return
		}
		b.project(&p, communes)
		b.notes = append(b.notes, notes...)
	}
	b.population, b.changed = &p, true
}

func listOf(years []int) string {
	if len(years) == 0 {
		return "there is none"
	}
	var list []string
	for _, y := range years {
		list = append(list, fmt.Sprint(y))
	}
	return strings.Join(list, ", ")
}

// scale gives each commune as many people as the census of the year counts: every
// column grows or shrinks as they do.
func (b *builder) scale(p *geodata.Population, year int) {
	census := map[string]geodata.Amount{}
	for _, r := range b.base.Census() {
		if r.Year == year {
			census[r.Commune] += r.Persons
		}
	}
	grid := newGrid(p)
	empty, kept := 0, 0
	for _, code := range slices.Sorted(maps.Keys(grid.cells)) {
		people, counted := census[code]
		switch was := grid.sum("ind", code); {
		case !counted:
			kept += grid.studied[code]
		case !grows(was, people):
			empty++
		default:
			grid.grow(code, people, was, nil)
		}
	}
	b.note(fmt.Sprintf("Population de %d : les carreaux de chaque commune sont ramenés à son total au recensement.", year),
		fmt.Sprintf("Population of %d: the cells of each commune are scaled to its census total.", year))
	b.noteUnscaled(kept, empty)
}

// project gives each commune the people that are projected for it, by age.
func (b *builder) project(p *geodata.Population, communes []needs.Commune) {
	grid := newGrid(p)
	kept, empty := len(grid.studied), 0
	for _, c := range communes {
		if grid.cells[c.Code] == nil {
			continue
		}
		kept -= grid.studied[c.Code]
		was := grid.sum("ind", c.Code)
		if !grows(was, c.Columns["ind"]) {
			empty++
			continue
		}
		grid.grow(c.Code, c.Columns["ind"], was, c.Columns)
	}
	b.note(fmt.Sprintf("Population projetée pour %d : les carreaux de chaque commune sont ramenés, âge par âge, à ses habitants d'alors.", p.Vintage),
		fmt.Sprintf("Population projected for %d: the cells of each commune are scaled, age by age, to its people then.", p.Vintage))
	b.noteUnscaled(kept, empty)
}

// grows says whether there are people to tell where others live: not where they
// would become a thousand times as many.
func grows(was, people geodata.Amount) bool { return was > 0 && people/1000 <= was }

func (b *builder) noteUnscaled(kept, empty int) {
	if kept > 0 {
		n := analyses.Plural(kept, "commune", "communes") // in French as in English
		b.note("Population inchangée pour "+n+", hors du recensement ou de la projection.", "Population unchanged for "+n+", which census or projection do not know.")
	}
	if empty > 0 {
		n := analyses.Plural(empty, "commune", "communes")
		b.note("Sans habitant dans la grille, donc inchangée : "+n+".", "Without people on the grid, so unchanged: "+n+".")
	}
}

// grid is a population whose columns are being replaced.
type grid struct {
	*geodata.Population
	cells   map[string][]int // of each commune, but for cells outside all of them
	studied map[string]int   // 1 for each commune of the study area: only its people are told
}

func newGrid(p *geodata.Population) grid {
	g := grid{p, map[string][]int{}, map[string]int{}}
	for i, c := range p.Cells {
		if c.Commune != "" {
			g.cells[c.Commune] = append(g.cells[c.Commune], i)
		}
		if c.Commune != "" && c.Study {
			g.studied[c.Commune] = 1
		}
	}
	p.Columns = slices.Clone(p.Columns)
	for k := range p.Columns {
		p.Columns[k].Values = slices.Clone(p.Columns[k].Values)
	}
	return g
}

func (g grid) sum(column, commune string) (sum geodata.Amount) {
	values, _ := g.Column(column)
	for _, i := range g.cells[commune] {
		sum += values[i]
	}
	return sum
}

// grow changes a commune from was to people, a column at a time: to what is told
// of it, or else in proportion. Where ages are told, cells have as many people as
// their ages sum up to, and nobody is of unknown age any more.
func (g grid) grow(commune string, people, was geodata.Amount, told map[string]geodata.Amount) {
	here := g.cells[commune]
	ind, _ := g.Column("ind")
	before := pick(ind, here)
	var ages []string
	for k := range g.Columns {
		column := &g.Columns[k]
		std, known := geodata.StandardColumnByName(column.Name)
		total, isTold := told[column.Name]
		if column.Name == "ind_inc" && told != nil {
			total, isTold = 0, true
		}
		weights := pick(column.Values, here)
		sum := g.sum(column.Name, commune)
		if !isTold {
			total = geodata.Fraction{Num: int64(people), Den: int64(was)}.Of(sum)
		}
		if sum == 0 {
			if !isTold || total == 0 {
				continue
			}
			weights = before // an age that nobody had: as the people live
		}
		for n, v := range needs.Apportion(total, weights) {
			column.Values[here[n]] = v
		}
		if isTold && known && std.AgeBand && column.Name != "ind_inc" {
			ages = append(ages, column.Name)
		}
	}
	g.addUp(here, ages)
}

// addUp makes people the sum of their ages, by the finest bands there are.
func (g grid) addUp(here []int, ages []string) {
	fine := slices.ContainsFunc(ages, func(name string) bool { return strings.HasPrefix(name, "ind_") })
	var bands [][]geodata.Amount
	for _, name := range ages {
		if strings.HasPrefix(name, "ind_") == fine {
			values, _ := g.Column(name)
			bands = append(bands, values)
		}
	}
	if fine && len(bands) < 10 || !fine && len(bands) < 3 {
		return // not every age has its band
	}
	ind, _ := g.Column("ind")
	for _, i := range here {
		ind[i] = 0
		for _, values := range bands {
			ind[i] += values[i]
		}
	}
}

func pick(values []geodata.Amount, at []int) []geodata.Amount {
	out := make([]geodata.Amount, len(at))
	for n, i := range at {
		out[n] = values[i]
	}
	return out
}
