package secrecy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

const secret = "known to the owner only"

// street is a row of cells in communes, with households and as many children as
// their position says in powers of two.
func street(t *testing.T, minimum int, cells ...struct {
	commune string
	men     int64
}) *geodata.Snapshot {
	t.Helper()
	p := geodata.Population{Rule: geodata.Rule{Minimum: minimum, Of: "men", Key: secret}, Columns: []geodata.Column{{Name: "children"}, {Name: "men"}}}
	for i, c := range cells {
		p.Cells = append(p.Cells, geodata.Cell{ID: fmt.Sprintf("c%02d", i), Commune: c.commune, Study: true, Centre: orb.Point{0.001 * float64(i), 0}})
		p.Columns[0].Values = append(p.Columns[0].Values, geodata.Whole(1<<i))
		p.Columns[1].Values = append(p.Columns[1].Values, geodata.Whole(c.men))
	}
	s, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "street"}, Catalogue: geodata.DefaultCatalogue(), Population: p})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type cell = struct {
	commune string
	men     int64
}

func values(t *testing.T, s *geodata.Snapshot, column string) (out []string) {
	t.Helper()
	v, ok := s.Population().Column(column)
	if !ok {
		t.Fatalf("no column %s", column)
	}
	for _, a := range v {
		out = append(out, a.String())
	}
	return out
}

// With a minimum of eleven: commune A's first two cells make 12 households, its
// third has 11 of its own, its fourth is left over and joins that. Commune B has 10
// in all, and is not told. Groups are told to within four, the commune to within two,
// and the cells of a group alike.
func TestSmallCellsAreMergedWithThoseBesideThem(t *testing.T) {
	s := street(t, 11, cell{"A", 5}, cell{"A", 7}, cell{"A", 11}, cell{"A", 2}, cell{"B", 4}, cell{"B", 6})
	p := Protect(s)
	if p.ID() != s.ID() {
		t.Error("the protected snapshot has another id")
	}
	// 1 and 2 children, 4 and 8; those of B, 16 and 32, are not told.
	for column, counted := range map[string][2]int64{"men": {12, 13}, "children": {3, 12}} {
		told, _ := p.Population().Column(column)
		first, second := told[0]+told[1], told[2]+told[3]
		if told[0]-told[1] > 1 || told[0] < told[1] || told[2]-told[3] > 1 || told[2] < told[3] {
			t.Errorf("%s: %v, want cells of a group alike", column, told)
		}
		if off := first - geodata.Whole(counted[0]); off > MaxNoise/2 || off < -MaxNoise/2 {
			t.Errorf("%s: the first %d are told as %s", column, counted[0], first)
		}
		if off := second - geodata.Whole(counted[1]); off > MaxNoise || off < -MaxNoise {
			t.Errorf("%s: the other %d are told as %s", column, counted[1], second)
		}
		if off := first + second - geodata.Whole(counted[0]+counted[1]); off > MaxNoise/2 || off < -MaxNoise/2 {
			t.Errorf("%s: the commune's %d are told as %s", column, counted[0]+counted[1], first+second)
		}
		if told[4] != 0 || told[5] != 0 {
			t.Errorf("%s: a commune under the minimum is told of: %v", column, told)
		}
	}
	for i, c := range p.Population().Cells {
		if !c.Imputed {
			t.Errorf("cell %d is not said to be imputed", i)
		}
	}
	if Protect(p) != p {
		t.Error("protecting twice changes something")
	}
	if diff := cmp.Diff([]string{"5", "7", "11", "2", "4", "6"}, values(t, s, "men")); diff != "" {
		t.Error("the snapshot itself was changed", diff)
	}
}

// What is told depends on no more than the sums of groups: another number of people
// next door, or another order of the same, is told alike to the last digit.
func TestOnlySumsOfGroupsAreTold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := village(t, r)
	told := Protect(s).Population().Columns
	groups, _ := group(s.Population(), s.Population().Columns[1].Values, geodata.Whole(11))
	other := s.Content()
	other.Population.Columns = []geodata.Column{{Name: "ind", Values: slices.Clone(told[0].Values)}, {Name: "men", Values: slices.Clone(told[1].Values)}}
	people, _ := s.Population().Column("ind")
	copy(other.Population.Columns[0].Values, people)
	men, _ := s.Population().Column("men")
	copy(other.Population.Columns[1].Values, men)
	moved := 0
	for _, commune := range groups {
		for _, g := range commune {
			if n := len(g) - 1; n > 0 && people[g[0]] > geodata.Unit {
				other.Population.Columns[0].Values[g[0]] -= geodata.Unit / 2
				other.Population.Columns[0].Values[g[n]] += geodata.Unit / 2
				moved++
			}
		}
	}
	again, err := geodata.NewSnapshot(other)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told, Protect(again).Population().Columns); diff != "" || moved < 20 {
		t.Errorf("%d homes have other people, which is told: %s", moved, diff)
	}
}

// People of a kind are told to be no more than the people, and euros to within two
// average households: of 40 there, each with 1000.
func TestCountsStayPossible(t *testing.T) {
	for n := range 50 {
		c := street(t, 2, cell{"A", 20}, cell{"A", 20}).Content()
		c.Population.Rule = geodata.Rule{Minimum: 11, Of: "men", Key: fmt.Sprintf("%s %d", secret, n)}
		twenty := []geodata.Amount{geodata.Whole(20), geodata.Whole(20)}
		c.Population.Columns = []geodata.Column{{Name: "ind", Values: twenty}, {Name: "ind_80p", Values: twenty}, {Name: "ind_snv", Values: []geodata.Amount{geodata.Whole(20_000), geodata.Whole(20_000)}},
			{Name: "men", Values: twenty}, {Name: "men_pauv", Values: twenty}}
		s, err := geodata.NewSnapshot(c)
		if err != nil {
			t.Fatal(err)
		}
		p := Protect(s).Population()
		column := func(name string, i int) geodata.Amount { v, _ := p.Column(name); return v[i] }
		for i := range 2 {
			if column("ind_80p", i) > column("ind", i) || column("men_pauv", i) > column("men", i) {
				t.Errorf("key %d: there are more of a kind than of all: %v", n, p.Columns)
			}
		}
		for i := range 2 {
			off := column("ind_snv", i) - geodata.Whole(20_000)
			if off%geodata.Whole(1000) != 0 || off > 4*geodata.Whole(1000) || off < -4*geodata.Whole(1000) {
				t.Errorf("key %d: 20000 euros are told as %s", n, column("ind_snv", i))
			}
		}
	}
}

// Each column, and each year, is perturbed by itself: who knows how many households
// there are learns nothing of the people.
func TestColumnsAndYearsArePerturbedApart(t *testing.T) {
	same := map[string]int{}
	const keys = 400
	for n := range keys {
		off := func(vintage int) (people, households geodata.Amount) {
			c := street(t, 2, cell{"A", 50}).Content()
			c.Population.Vintage, c.Population.Rule.Key = vintage, fmt.Sprintf("%s %d", secret, n)
			c.Population.Columns = []geodata.Column{{Name: "ind", Values: []geodata.Amount{geodata.Whole(50)}}, {Name: "men", Values: []geodata.Amount{geodata.Whole(50)}}}
			s, err := geodata.NewSnapshot(c)
			if err != nil {
				t.Fatal(err)
			}
			p := Protect(s).Population()
			return p.Columns[0].Values[0], p.Columns[1].Values[0]
		}
		ind, men := off(2019)
		later, _ := off(2021)
		if ind == men {
			same["columns"]++
		}
		if ind == later {
			same["years"]++
		}
	}
	// Two independent draws are alike in Σ p² of the cases: (2·24² + 2·60² + 88²) / 256² = 0.246.
	for what, n := range same {
		if n < keys*15/100 || n > keys*35/100 {
			t.Errorf("%s are perturbed alike in %d of %d cases, want a quarter", what, n, keys)
		}
	}
}

func TestPublicCountsAreUntouched(t *testing.T) {
	s := street(t, 2, cell{"A", 5})
	c := s.Content()
	c.Population.Rule = geodata.Rule{}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	if Protect(s) != s {
		t.Error("a public snapshot was changed")
	}
	g := NewGuard(s.Population())
	var sum Sum
	g.Add(&sum, 0, geodata.Whole(1))
	if got := g.Tell(sum); got != geodata.Whole(1) {
		t.Errorf("1 is told as %s", got)
	}
}

// Sets of counts of their own have rules of their own.
func TestOtherCountsAreProtectedToo(t *testing.T) {
	c := street(t, 2, cell{"A", 5}).Content()
	pupils := c.Population
	pupils.Name, pupils.Rule = "pupils", geodata.Rule{Minimum: 3, Of: "pupils", Key: secret}
	pupils.Cells = []geodata.Cell{{ID: "x", Commune: "A"}, {ID: "y", Commune: "A"}}
	pupils.Columns = []geodata.Column{{Name: "pupils", Values: []geodata.Amount{geodata.Whole(1), geodata.Whole(4)}}}
	c.Population.Rule, c.Counts = geodata.Rule{}, []geodata.Population{pupils}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	got := Protect(s).Counts()[0].Columns[0].Values
	if off := got[0] + got[1] - geodata.Whole(5); got[0]-got[1] > 1 || got[0] < got[1] || off > MaxNoise/2 || off < -MaxNoise/2 {
		t.Errorf("pupils of 1 and 4 are told as %v, want 2.5 each, or half of up to two more or fewer", got)
	}
}

func TestASumIsToldOfTheMinimumOnly(t *testing.T) {
	p := street(t, 11, cell{"A", 5}, cell{"A", 6}, cell{"A", 30}).Population()
	g := NewGuard(p)
	var s Sum
	expect := func(what string, want int64) {
		t.Helper()
		if got := g.Tell(s); got != geodata.Whole(want) {
			t.Errorf("%s: %s is told, want %d", what, got, want)
		}
	}
	g.Add(&s, 0, geodata.Whole(100))
	expect("5 households", 0)
	g.Add(&s, 2, 0)
	expect("and 30 of whom there is nothing to count", 0)
	g.Add(&s, 1, geodata.Whole(10))
	expect("5 and 6 households", 110)
	g.Add(&s, 2, geodata.Whole(1))
	expect("all", 111)
	g.Remove(&s, 1, geodata.Whole(10))
	g.Remove(&s, 2, geodata.Whole(1))
	expect("5 again", 0)
}

// The table's noise is symmetric, and keys use all of it alike.
func TestNoiseIsFair(t *testing.T) {
	var seen [len(noise)]int
	for k := range uint64(1 << 16) {
		seen[int(perturbation(k*0x9e3779b97f4a7c15))+len(noise)/2]++
	}
	for k, n := range noise {
		if want := n * 256; seen[k] < want*9/10-50 || seen[k] > want*11/10+50 {
			t.Errorf("noise of %d: %d in 65536, want about %d", k-len(noise)/2, seen[k], want)
		}
	}
}

// Of parts of people, as estimates have them, none is told: 12 homes of 2.123456
// people and more are so many whole people, to within two.
func TestNoPartOfAPersonIsTold(t *testing.T) {
	c := street(t, 2, cell{"A", 2}, cell{"A", 3}, cell{"A", 3}, cell{"A", 2}, cell{"A", 2}).Content()
	var sum, all geodata.Amount
	for i := range c.Population.Cells {
		c.Population.Columns[0].Values[i] = geodata.Whole(2) + 123_456 + geodata.Amount(i)
		sum += c.Population.Columns[0].Values[i]
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range Protect(s).Population().Columns[0].Values {
		all += a
	}
	if off := all - sum; all%geodata.Unit != 0 || off > MaxNoise/2+geodata.Unit/2 || off < -MaxNoise/2-geodata.Unit/2 {
		t.Errorf("%s are told as %s", sum, all)
	}
}
