package demand

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// grid has a cell for each row of people, all of commune 10, by the columns named.
func grid(columns string, people ...[]float64) geodata.Content {
	c := geodata.Content{Territory: geodata.Territory{ID: "t"}, Catalogue: geodata.DefaultCatalogue(), Communes: []geodata.Commune{{Code: "10", Study: true}, {Code: "20"}}}
	for k, name := range strings.Fields(columns) {
		col := geodata.Column{Name: name}
		for i, row := range people {
			if k == 0 {
				c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("c%03d", i), Commune: "10", Study: true})
			}
			col.Values = append(col.Values, geodata.Amount(math.Round(row[k]*1e6)))
		}
		c.Population.Columns = append(c.Population.Columns, col)
	}
	return c
}

func row(commune string, from, to int, persons float64) geodata.CensusRow {
	return geodata.CensusRow{Commune: commune, Year: 2021, From: from, To: to, Persons: geodata.Amount(math.Round(persons * 1e6))}
}

func ask(t testing.TB, c geodata.Content, service string, o Options) *Demand {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Ask(s, service, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func amounts(values ...float64) (out []geodata.Amount) {
	for _, v := range values {
		out = append(out, geodata.Amount(math.Round(v*1e6)))
	}
	return out
}

const eurostat = "ind y_lt15 y_1564 y_ge65"

// Two cells of 10 and 30 people, alike by age: of each range of the census they have
// a quarter and three.
func TestCellsAlikeShareTheCensusByTheirPeople(t *testing.T) {
	c := grid(eurostat, []float64{10, 4, 4, 2}, []float64{30, 12, 12, 6})
	c.Census = []geodata.CensusRow{row("10", 0, 2, 4), row("10", 3, 14, 8), row("10", 15, 64, 20), row("10", 65, geodata.AndOver, 8)}
	for service, want := range map[string][]geodata.Amount{
		"creche":          amounts(1, 3),
		"alsh":            amounts(1.5, 4.5),         // 9 of the 12 ages of 3-14
		"youth":           amounts(2.0/3+0.3, 2+0.9), // 4 of the 12 ages of 3-14, 3 of the 50 of 15-64
		"senior":          amounts(2, 6),
		"france_services": amounts(10, 30),
	} {
		d := ask(t, c, service, Options{Census: 2021})
		if diff := cmp.Diff(want, d.Amount); diff != "" {
			t.Errorf("%s: %s", service, diff)
		}
	}
	d := ask(t, c, "creche", Options{Census: 2021})
	if young, _ := d.Column("y_lt15"); !cmp.Equal(young, amounts(3, 9)) {
		t.Errorf("under 15: %v", young)
	}
	if n := d.Basis(); len(n) != 2 || n[1].Fr != "1 commune dont les âges sont calés sur le recensement 2021, sans changer le nombre d'habitants de ses carreaux." {
		t.Errorf("%+v", n)
	}
	if d = ask(t, c, "creche", Options{Census: 2021, Column: "y_ge65"}); !cmp.Equal(d.Amount, amounts(2, 6)) {
		t.Errorf("a column of ages: %v", d.Amount)
	}
}

// One cell of 3 young and 1 old, one of 1 young and 3 old; the census has 6 and 2.
// Fitting keeps the odds ratio 9: x (x - 2) = 9 (4 - x) (6 - x), so the first has
// x = (11 - √13) / 2 young people.
func TestFittingKeepsTheOddsRatio(t *testing.T) {
	c := grid("ind y_lt15 y_1564 y_ge65", []float64{4, 3, 0, 1}, []float64{4, 1, 0, 3})
	c.Census = []geodata.CensusRow{row("10", 0, 14, 6), row("10", 15, 64, 0), row("10", 65, geodata.AndOver, 2)}
	d := ask(t, c, "creche", Options{Census: 2021, Column: "y_lt15"})
	x := (11 - math.Sqrt(13)) / 2
	if diff := cmp.Diff(amounts(x, 6-x), d.Amount); diff != "" {
		t.Error(diff)
	}
}

// Single ages by sex: whom the service is for is counted as the census has them.
func TestSingleAgesAreTold(t *testing.T) {
	c := grid("ind ind_0_3 ind_4_5 ind_6_10 ind_11_17 ind_18_24 ind_25_39 ind_40_54 ind_55_64 ind_65_79 ind_80p ind_inc",
		[]float64{101, 4, 2, 5, 7, 7, 15, 15, 10, 15, 20, 1})
	for age := range 101 {
		to := age
		if age == 100 {
			to = geodata.AndOver
		}
		for _, sex := range []geodata.Sex{geodata.Female, geodata.Male} {
			r := row("10", age, to, float64(age)) // 2 × (0 + 1 + … + 100) = 10,100 people: a hundred times those of the grid
			r.Sex = sex
			c.Census = append(c.Census, r)
		}
	}
	for service, want := range map[string]float64{"creche": 2 * (0 + 1 + 2), "alsh": 2 * (3 + 11) * 9 / 2, "youth": (11 + 17) * 7, "senior": (65 + 100) * 36} {
		d := ask(t, c, service, Options{Census: 2021})
		if diff := cmp.Diff(amounts(want/100), d.Amount); diff != "" {
			t.Errorf("%s: %s", service, diff)
		}
	}
	d := ask(t, c, "senior", Options{Census: 2021})
	if n := d.Basis(); len(n) != 2 || n[1].En != "The census counts 10100 people there, the grid 101: its ages are scaled to the grid's total." {
		t.Errorf("%+v", n)
	}
	if unknown, _ := d.Column("ind_inc"); unknown[0] != 0 {
		t.Errorf("%s people of unknown age: the census knows them", unknown[0])
	}
}

func TestCommunesWithoutACensusOfEveryAgeAreKept(t *testing.T) {
	whole := []geodata.CensusRow{row("20", 0, geodata.AndOver, 5)}
	for name, census := range map[string][]geodata.CensusRow{
		"no rows":   whole,
		"a gap":     append(whole, row("10", 0, 14, 5), row("10", 16, geodata.AndOver, 5)),
		"no end":    append(whole, row("10", 0, 14, 5), row("10", 15, 99, 5)),
		"late":      append(whole, row("10", 1, geodata.AndOver, 5)),
		"nobody":    append(whole, row("10", 0, geodata.AndOver, 0)),
		"years ago": append(whole, geodata.CensusRow{Commune: "10", Year: 2016, To: geodata.AndOver, Persons: 1}),
	} {
		c := grid(eurostat, []float64{10, 5, 4, 1})
		c.Census = census
		d := ask(t, c, "creche", Options{Census: 2021})
		if n := d.Basis(); d.Amount[0] != geodata.Whole(1) || len(n) != 2 || n[1].Fr != "1 commune sans recensement complet par âge : les âges de la grille sont gardés." {
			t.Errorf("%s: %s, %+v", name, d.Amount[0], n)
		}
	}
}

// The grid has nobody over 64, the census has.
func TestAgesThatTheGridDoesNotHaveAreSpreadOverAll(t *testing.T) {
	c := grid(eurostat, []float64{10, 5, 5, 0}, []float64{30, 15, 15, 0}, []float64{0, 0, 0, 0})
	c.Census = []geodata.CensusRow{row("10", 0, 14, 10), row("10", 15, 64, 10), row("10", 65, geodata.AndOver, 20)}
	d := ask(t, c, "senior", Options{Census: 2021})
	if young, _ := d.Column("y_lt15"); !cmp.Equal(young, amounts(2.5, 7.5, 0)) || !cmp.Equal(d.Amount, amounts(5, 15, 0)) {
		t.Errorf("young %v, old %v", young, d.Amount)
	}
	// Without any band, all are as old as the commune.
	c.Population.Columns = c.Population.Columns[:1]
	c.Catalogue[0].Demand = append(c.Catalogue[0].Demand, geodata.Demand{Shares: map[string]geodata.Fraction{"ind": {Num: 1, Den: 50}}, Estimated: true})
	if d = ask(t, c, "creche", Options{Census: 2021}); !cmp.Equal(d.Amount, amounts(0.5, 1.5, 0)) {
		t.Errorf("%v, want 3 of the 15 ages under 15", d.Amount)
	}
}

// One cell has only young people, the other only old; the census wants more old
// people than the other has. No table keeps both, so ages move.
func TestContradictionsAreForcedAndTold(t *testing.T) {
	c := grid(eurostat, []float64{10, 10, 0, 0}, []float64{10, 0, 0, 10})
	c.Census = []geodata.CensusRow{row("10", 0, 14, 5), row("10", 15, 64, 0), row("10", 65, geodata.AndOver, 15)}
	d := ask(t, c, "senior", Options{Census: 2021})
	if d.Amount[0]+d.Amount[1] != geodata.Whole(15) || d.Amount[1] > geodata.Whole(10) || d.Amount[0] < geodata.Whole(5) {
		t.Errorf("%v", d.Amount)
	}
	if n := d.Basis(); len(n) != 2 || !strings.HasPrefix(n[1].En, "1 commune where grid and census contradict") && !strings.HasPrefix(n[0].En, "1 commune whose ages") {
		t.Errorf("%+v", n)
	}
}

// drawn is a commune of random cells with a random census of random ranges.
func drawn(t *rapid.T) (geodata.Content, []ages) {
	var people [][]float64
	for range rapid.IntRange(1, 12).Draw(t, "cells") {
		var row []float64
		all := 0.0
		for range 3 {
			v := float64(rapid.IntRange(0, 40_000_000).Draw(t, "people")) / 1e6
			if rapid.IntRange(0, 4).Draw(t, "none") == 0 {
				v = 0
			}
			row, all = append(row, v), all+v
		}
		people = append(people, append([]float64{all + float64(rapid.IntRange(0, 2).Draw(t, "unknown"))}, row...))
	}
	c := grid(eurostat, people...)
	var ranges []ages
	for from := 0; ; {
		to := from + rapid.IntRange(0, 40).Draw(t, "years")
		if to >= 99 {
			to = geodata.AndOver
		}
		ranges = append(ranges, ages{from, to})
		c.Census = append(c.Census, row("10", from, to, float64(rapid.IntRange(0, 900_000).Draw(t, "counted"))/1e3))
		if to == geodata.AndOver {
			break
		}
		from = to + 1
	}
	c.Census[0].Persons++ // somebody
	return c, ranges
}

// fitted is how many of each range each cell has.
func fitted(t *rapid.T, c geodata.Content, ranges []ages) ([][]geodata.Amount, *raking) {
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRaking(s, 2021)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]geodata.Amount, len(ranges))
	for k := range out {
		out[k] = make([]geodata.Amount, len(c.Population.Cells))
	}
	r.fit(s, ranges, out)
	return out, r
}

func TestPropertyMarginsAreMetExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ranges := drawn(t)
		got, r := fitted(t, c, ranges)
		people := c.Population.Columns[0].Values
		var grid, census geodata.Amount
		for i, v := range people {
			grid += v
			var sum geodata.Amount
			for k := range ranges {
				if got[k][i] < 0 {
					t.Errorf("cell %d has %s people of %v", i, got[k][i], ranges[k])
				}
				sum += got[k][i]
			}
			if sum != v {
				t.Errorf("cell %d has %s people by age, %s in all", i, sum, v)
			}
		}
		if grid == 0 {
			return
		}
		for _, row := range c.Census {
			census += row.Persons
		}
		for k, row := range c.Census {
			var sum geodata.Amount
			for i := range people {
				sum += got[k][i]
			}
			want := float64(row.Persons) * float64(grid) / float64(census)
			if math.Abs(float64(sum)-want) > 1 {
				t.Errorf("%d millionths of ages %s, the census scaled has %.2f", sum, row.Ages(), want)
			}
		}
		if len(r.raked) != 1 {
			t.Errorf("raked %v", r.raked)
		}
	})
}

// A cell of which a half stands by itself counts what it counted, but for the
// rounding to a millionth and, where people had to be moved, to what is close enough.
func TestPropertySplittingACellChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ranges := drawn(t)
		for _, col := range c.Population.Columns {
			col.Values[0] *= 2
		}
		wanted := slices.Concat(ranges, []ages{{0, 2}, {3, 11}, {65, geodata.AndOver}})
		before, _ := fitted(t, c, wanted)
		before = clone(before)
		other := c.Population.Cells[0]
		other.ID = "other"
		c.Population.Cells = append(c.Population.Cells, other)
		for k, col := range c.Population.Columns {
			half := col.Values[0] / 2
			c.Population.Columns[k].Values = slices.Concat([]geodata.Amount{half}, col.Values[1:], []geodata.Amount{half})
		}
		after, _ := fitted(t, c, wanted)
		for k := range wanted {
			sum := after[k][0] + after[k][len(after[k])-1]
			if d := sum - before[k][0]; d < -20 || d > 20 {
				t.Errorf("%v: %d millionths in two halves, %d in one piece", wanted[k], sum, before[k][0])
			}
		}
	})
}

func clone(of [][]geodata.Amount) (out [][]geodata.Amount) {
	for _, a := range of {
		out = append(out, append([]geodata.Amount{}, a...))
	}
	return out
}

func TestTargetAgesOfTheCatalogue(t *testing.T) {
	want := map[string]ages{"creche": {0, 2}, "alsh": {3, 11}, "youth": {11, 17}, "france_services": {0, geodata.AndOver}, "senior": {65, geodata.AndOver},
		"social_centre": {0, geodata.AndOver}, "town_hall": {0, geodata.AndOver}}
	for _, s := range geodata.DefaultCatalogue() {
		if got, err := targetAges(s); err != nil || got != want[s.ID] {
			t.Errorf("%s: %v, %v; want %v", s.ID, got, err, want[s.ID])
		}
		// The estimated alternatives are of the same ages, where their bands tell.
		if len(s.Demand) > 1 && s.ID != "alsh" {
			s.Demand = s.Demand[1:]
			if got, err := targetAges(s); err != nil || got != want[s.ID] {
				t.Errorf("%s by wider bands: %v, %v; want %v", s.ID, got, err, want[s.ID])
			}
		}
	}
}

func TestWhatCannotBeRakedIsNamed(t *testing.T) {
	c := grid(eurostat+" men_pauv ind_0_3 ind_6_10 ind_25_39 ind_80p", []float64{10, 5, 4, 1, 1, 1, 1, 1, 1})
	c.Counts = []geodata.Population{{Name: "pupils", Cells: []geodata.Cell{{ID: "x"}}, Columns: []geodata.Column{{Name: "n", Values: []geodata.Amount{1}}}}}
	share := func(id string, shares map[string]geodata.Fraction) {
		c.Catalogue = append(c.Catalogue, geodata.Service{ID: id, Demand: []geodata.Demand{{Shares: shares}}})
	}
	share("some", map[string]geodata.Fraction{"ind_6_10": {Num: 1, Den: 5}})
	share("odd", map[string]geodata.Fraction{"ind_0_3": {Num: 1, Den: 3}})
	share("apart", map[string]geodata.Fraction{"ind_0_3": {Num: 1, Den: 1}, "ind_6_10": {Num: 1, Den: 1}})
	share("old", map[string]geodata.Fraction{"ind_80p": {Num: 1, Den: 2}})
	share("poor", map[string]geodata.Fraction{"men_pauv": {Num: 1, Den: 1}})
	none, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	c = none.Content()
	c.Census = []geodata.CensusRow{row("10", 0, geodata.AndOver, 5)}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		s       *geodata.Snapshot
		service string
		o       Options
		want    string
	}{
		{none, "creche", Options{Census: 2021}, "census: the territory has no census: import one with --census"},
		{s, "creche", Options{Census: 2016}, "census: no census of 2016: there is [2021]"},
		{s, "creche", Options{Census: 2021, Counts: "pupils"}, "census: pupils is not people by age"},
		{s, "creche", Options{Census: 2021, Column: "men_pauv"}, "census: column men_pauv is not people of an age"},
		{s, "some", Options{Census: 2021}, "census: the ages of service some cannot be told from what it counts: which part of its band is not said"},
		{s, "odd", Options{Census: 2021}, "census: the ages of service odd cannot be told from what it counts: 1/3 of ind_0_3 are no whole ages"},
		{s, "apart", Options{Census: 2021}, "census: the ages of service apart cannot be told from what it counts: its bands do not lie together"},
		{s, "old", Options{Census: 2021}, "census: the ages of service old cannot be told from what it counts: 1/2 of ind_80p are no whole ages"},
		{s, "poor", Options{Census: 2021}, "census: the ages of service poor cannot be told from what it counts: men_pauv is no range of ages"},
	} {
		_, err := Ask(q.s, q.service, q.o)
		if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), q.want) {
			t.Errorf("%v\nwant %s", err, q.want)
		}
	}
}

// A commune of many cells by the single ages of a census.
func BenchmarkRake(b *testing.B) {
	for _, n := range []int{50, 500} {
		r := rand.New(rand.NewPCG(8, 8))
		var people [][]float64
		for range n {
			x, y, z := float64(r.IntN(40)), float64(1+r.IntN(90)), float64(r.IntN(30))
			people = append(people, []float64{x + y + z, x, y, z})
		}
		c := grid(eurostat, people...)
		for age := range 101 {
			to := age
			if age == 100 {
				to = geodata.AndOver
			}
			c.Census = append(c.Census, row("10", age, to, float64(20+r.IntN(20))))
		}
		s, err := geodata.NewSnapshot(c)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("cells=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Ask(s, "creche", Options{Census: 2021}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*101), "ns/number")
		})
	}
}
