package demand

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// lastAge is the oldest single age of "and over", when no source names an older one.
const lastAge = 100

// Limits of the fitting: it ends when every margin is met to a quarter of a
// millionth of a person (and what numbers of 53 bits allow), or when it does not get there.
const (
	closeEnough = 0.25
	mostRounds  = 1000
)

// raking is people by age where the communes have a census.
type raking struct {
	year    int
	raked   []string // communes
	kept    []string // those without a census that tells every age once
	forced  []string // raked communes whose cells and census contradict each other
	counted geodata.Amount
	onGrid  geodata.Amount // the same people as the grid counts them

	pop    *geodata.Population
	total  []geodata.Amount // people per cell
	bands  []string         // columns that split them by age; none where the grid has none
	values [][]geodata.Amount
}

// newRaking begins fitting to the census of a year. It fails when the snapshot has
// none.
func newRaking(s *geodata.Snapshot, year int) (*raking, error) {
	years := s.CensusYears()
	if len(years) == 0 {
		return nil, errors.New("the territory has no census: import one with --census")
	}
	if !slices.Contains(years, year) {
		return nil, fmt.Errorf("no census of %d: there is %v", year, years)
	}
	r := &raking{year: year, pop: s.Population()}
	for _, set := range bandSets {
		var values [][]geodata.Amount
		for _, name := range set {
			if v, ok := r.pop.Column(name); ok {
				values = append(values, v)
			}
		}
		if len(values) == len(set) {
			r.bands, r.values = set, values
			break
		}
	}
	var ok bool
	if r.total, ok = r.pop.Column("ind"); !ok {
		r.total = r.addUp()
	}
	return r, nil
}

// addUp is the people of each cell by their bands, for a grid without ind.
func (r *raking) addUp() []geodata.Amount {
	all := make([]geodata.Amount, len(r.pop.Cells))
	columns := r.values
	if unknown, ok := r.pop.Column("ind_inc"); ok {
		columns = append(slices.Clone(columns), unknown)
	}
	for _, values := range columns {
		for i, v := range values {
			all[i] += v
		}
	}
	return all
}

// fit writes, for every cell of a commune with a census, how many people of each
// wanted range of ages it has; amounts[w] is of wanted[w] and per cell.
func (r *raking) fit(s *geodata.Snapshot, wanted []ages, amounts [][]geodata.Amount) {
	cells := map[string][]int{}
	for i, c := range r.pop.Cells {
		if r.total[i] > 0 {
			cells[c.Commune] = append(cells[c.Commune], i)
		}
	}
	census := map[string][]geodata.CensusRow{}
	for _, row := range s.Census() {
		if row.Year == r.year {
			census[row.Commune] = append(census[row.Commune], row)
		}
	}
	for _, c := range s.Communes() {
		here := cells[c.Code]
		if len(here) == 0 {
			continue
		}
		m, ok := newMargin(census[c.Code])
		if !ok {
			if c.Study {
				r.kept = append(r.kept, c.Code)
			}
			continue
		}
		x := newTable(r, here, m)
		forced := x.fit()
		x.round()
		for w, a := range wanted {
			for n, i := range here {
				amounts[w][i] = x.count(n, a)
			}
		}
		if c.Study {
			r.raked = append(r.raked, c.Code)
			r.counted, r.onGrid = r.counted+m.all, r.onGrid+x.all
			if forced {
				r.forced = append(r.forced, c.Code)
			}
		}
	}
}

// notes say what was fitted, in the communes of the study area.
func (r *raking) notes() (notes []geodata.Text) {
	note := func(n int, frOne, frMore, enOne, enMore string) {
		if n > 0 {
			notes = append(notes, geodata.Text{Fr: analyses.Plural(n, frOne, frMore), En: analyses.Plural(n, enOne, enMore)})
		}
	}
	note(len(r.raked), fmt.Sprintf("commune dont les âges sont calés sur le recensement %d, sans changer le nombre d'habitants de ses carreaux.", r.year),
		fmt.Sprintf("communes dont les âges sont calés sur le recensement %d, sans changer le nombre d'habitants de leurs carreaux.", r.year),
		fmt.Sprintf("commune whose ages are fitted to the census of %d, its cells keeping their people.", r.year),
		fmt.Sprintf("communes whose ages are fitted to the census of %d, their cells keeping their people.", r.year))
	if r.counted != r.onGrid {
		notes = append(notes, geodata.Text{
			Fr: fmt.Sprintf("Le recensement y compte %.0f personnes, la grille %.0f : ses âges sont ramenés au total de la grille.", r.counted.Float(), r.onGrid.Float()),
			En: fmt.Sprintf("The census counts %.0f people there, the grid %.0f: its ages are scaled to the grid's total.", r.counted.Float(), r.onGrid.Float())})
	}
	note(len(r.kept), "commune sans recensement complet par âge : les âges de la grille sont gardés.", "communes sans recensement complet par âge : les âges de la grille sont gardés.",
		"commune without a census of every age: the grid's ages are kept.", "communes without a census of every age: the grid's ages are kept.")
	note(len(r.forced), "commune où grille et recensement se contredisent : ses âges sont en partie ceux de toute la commune.", "communes où grille et recensement se contredisent : leurs âges sont en partie ceux de toute la commune.",
		"commune where grid and census contradict each other: its ages are in part those of the whole commune.", "communes where grid and census contradict each other: their ages are in part those of the whole commune.")
	return notes
}

// margin is the census of a commune: every age once.
type margin struct {
	ages   []ages
	people []geodata.Amount
	all    geodata.Amount
	top    int // the last single age
}

// newMargin adds up the sexes. It is not ok when an age is missing or told twice,
// or nobody is counted.
func newMargin(rows []geodata.CensusRow) (m margin, ok bool) {
	people := map[ages]geodata.Amount{}
	for _, row := range rows {
		a := ages{row.From, row.To}
		if _, seen := people[a]; !seen {
			m.ages = append(m.ages, a)
		}
		people[a] += row.Persons
		m.all += row.Persons
	}
	slices.SortFunc(m.ages, func(a, b ages) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	m.top = lastAge
	for _, a := range m.ages {
		m.people = append(m.people, people[a])
		m.top = max(m.top, a.from)
		if a.to < geodata.AndOver {
			m.top = max(m.top, a.to)
		}
	}
	next := 0
	for _, a := range m.ages {
		if a.from != next {
			return m, false
		}
		next = a.to + 1
	}
	return m, m.all > 0 && next > m.top
}

// table is people of the cells of a commune by the ages of its census.
type table struct {
	r     *raking
	cells []int // positions in the population
	m     margin
	rows  []geodata.Amount // people of each cell
	cols  []geodata.Amount // people of each range of ages, as many as on the grid
	all   geodata.Amount
	share [][]float64 // per band and range: the part of the band's single ages in it
	seed  [][]float64 // per cell and range, in millionths, as the grid's bands have it
	x     [][]float64 // the same, fitted
	whole [][]geodata.Amount
}

func newTable(r *raking, cells []int, m margin) *table {
	t := &table{r: r, cells: cells, m: m}
	for _, i := range cells {
		t.rows = append(t.rows, r.total[i])
		t.all += r.total[i]
	}
	t.cols = scaled(m.people, m.all, t.all)
	for _, name := range r.bands {
		var of []float64
		for _, a := range m.ages {
			of = append(of, t.part(agesOf[name], a))
		}
		t.share = append(t.share, of)
	}
	for n := range cells {
		seed := make([]float64, len(m.ages))
		for k := range seed {
			for b, values := range r.values {
				seed[k] += float64(values[cells[n]]) * t.share[b][k]
			}
			seed[k] += t.unknown(n) * t.profile(k)
		}
		t.seed = append(t.seed, seed)
	}
	return t
}

// part is how much of the single ages of a lies in b.
func (t *table) part(a, b ages) float64 {
	return float64(a.common(b, t.m.top)) / float64(a.common(a, t.m.top))
}

// unknown is how many people of a cell no band counts: they are taken to be as old as the commune.
func (t *table) unknown(n int) float64 {
	rest := t.rows[n]
	for _, values := range t.r.values {
		rest -= values[t.cells[n]]
	}
	return float64(max(0, rest))
}

// profile is the part of the commune's people in a range.
func (t *table) profile(k int) float64 { return float64(t.m.people[k]) / float64(t.m.all) }

// scaled shares the sum out in proportion to the amounts, by largest remainder:
// exactly, to the millionth. Of equal remainders the first comes first.
func scaled(amounts []geodata.Amount, all, sum geodata.Amount) []geodata.Amount {
	out, rest := make([]geodata.Amount, len(amounts)), make([]uint64, len(amounts))
	left := sum
	for k, a := range amounts {
		hi, lo := bits.Mul64(uint64(a), uint64(sum))
		q, rem := bits.Div64(hi, lo, uint64(all))
		out[k], rest[k] = geodata.Amount(q), rem
		left -= out[k]
	}
	order := make([]int, len(amounts))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, k := range order[:left] {
		out[k]++
	}
	return out
}

// fit scales columns and rows in turn until both are met. Where the cells have
// nobody of an age that the census counts, or where they contradict each other so
// that no table meets both, people of that age are taken to live where all do:
// everywhere at first for a missing age, then, forced, a hundredth of all for every age.
func (t *table) fit() (forced bool) {
	t.x = make([][]float64, len(t.cells))
	for n := range t.x {
		t.x[n] = slices.Clone(t.seed[n])
	}
	t.fillEmpty()
	if t.settle() {
		return false
	}
	for rounds := 0; rounds < 20; rounds++ {
		for n := range t.x {
			for k := range t.x[n] {
				t.x[n][k] += 0.01 * float64(t.rows[n]) * t.profile(k)
			}
		}
		if t.settle() {
			break
		}
	}
	return true
}

// fillEmpty gives everybody's profile to ages that no cell has and to cells that have no age.
func (t *table) fillEmpty() {
	for k := range t.cols {
		if t.cols[k] > 0 && t.column(k) == 0 {
			for n := range t.x {
				t.x[n][k] = float64(t.rows[n]) * t.profile(k)
			}
		}
	}
	for n := range t.x {
		if sum(t.x[n]) == 0 {
			for k := range t.x[n] {
				t.x[n][k] = float64(t.rows[n]) * t.profile(k)
			}
		}
	}
}

func (t *table) column(k int) (s float64) {
	for n := range t.x {
		s += t.x[n][k]
	}
	return s
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// settle is iterative proportional fitting (Deming & Stephan 1940). It says
// whether all margins are met.
func (t *table) settle() bool {
	tolerance := closeEnough + 1e-12*float64(t.all)
	for range mostRounds {
		for k := range t.cols {
			if s := t.column(k); s > 0 {
				f := float64(t.cols[k]) / s
				for n := range t.x {
					t.x[n][k] *= f
				}
			}
		}
		for n := range t.x {
			if s := sum(t.x[n]); s > 0 {
				f := float64(t.rows[n]) / s
				for k := range t.x[n] {
					t.x[n][k] *= f
				}
			}
		}
		if t.met(tolerance) {
			return true
		}
	}
	return false
}

// met says whether the table meets its margins.
func (t *table) met(tolerance float64) bool {
	for k := range t.cols {
		if math.Abs(t.column(k)-float64(t.cols[k])) > tolerance {
			return false
		}
	}
	for n := range t.x {
		if math.Abs(sum(t.x[n])-float64(t.rows[n])) > tolerance {
			return false
		}
	}
	return true
}

// round makes whole millionths of which rows and columns add up exactly: each
// number is cut, then the largest remainders are rounded up while their row and
// column still lack; what lacks then, a few millionths, is put where both do.
func (t *table) round() {
	rows, cols := slices.Clone(t.rows), slices.Clone(t.cols) // what lacks
	type remainder struct {
		n, k int
		of   float64
	}
	var rest []remainder
	for n := range t.x {
		t.whole = append(t.whole, make([]geodata.Amount, len(t.cols)))
		for k, v := range t.x[n] {
			down := geodata.Amount(v)
			down = max(0, min(down, rows[n], cols[k]))
			t.whole[n][k] = down
			rows[n], cols[k] = rows[n]-down, cols[k]-down
			rest = append(rest, remainder{n, k, v - float64(down)})
		}
	}
	slices.SortStableFunc(rest, func(a, b remainder) int { return cmp.Compare(b.of, a.of) })
	for _, r := range rest {
		if r.of > 0 && rows[r.n] > 0 && cols[r.k] > 0 {
			t.whole[r.n][r.k]++
			rows[r.n]--
			cols[r.k]--
		}
	}
	k := 0
	for n := range rows {
		for rows[n] > 0 {
			for cols[k] == 0 {
				k++
			}
			more := min(rows[n], cols[k])
			t.whole[n][k] += more
			rows[n], cols[k] = rows[n]-more, cols[k]-more
		}
	}
}

// count is how many people of a cell have these ages. Of a range that is counted
// in part, it takes the part that the cell's bands have there.
func (t *table) count(n int, a ages) (people geodata.Amount) {
	for k, r := range t.m.ages {
		if t.whole[n][k] == 0 {
			continue
		}
		switch share := t.part(r, a); share {
		case 0:
		case 1:
			people += t.whole[n][k]
		default:
			if t.seed[n][k] > 0 {
				share = t.inside(n, k, a) / t.seed[n][k]
			}
			people += geodata.Amount(math.Round(float64(t.whole[n][k]) * share))
		}
	}
	return people
}

// inside is how much of the seed of a cell and range lies in ages.
func (t *table) inside(n, k int, a ages) float64 {
	r := t.m.ages[k]
	both := ages{max(r.from, a.from), min(r.to, a.to)}
	in := t.unknown(n) * t.profile(k) * t.part(r, a)
	for b, values := range t.r.values {
		in += float64(values[t.cells[n]]) * t.part(agesOf[t.r.bands[b]], both)
	}
	return in
}
