package secrecy

import (
	"fmt"
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
// in all, and is not told.
func TestSmallCellsAreMergedWithThoseBesideThem(t *testing.T) {
	s := street(t, 11, cell{"A", 5}, cell{"A", 7}, cell{"A", 11}, cell{"A", 2}, cell{"B", 4}, cell{"B", 6})
	p := Protect(s)
	if p.ID() != s.ID() {
		t.Error("the protected snapshot has another id")
	}
	if diff := cmp.Diff([]string{"6", "6", "6.5", "6.5", "0", "0"}, values(t, p, "men")); diff != "" {
		t.Error("households", diff)
	}
	// 1 and 2 children, 4 and 8; those of B, 16 and 32, are not told.
	if diff := cmp.Diff([]string{"1.5", "1.5", "6", "6", "0", "0"}, values(t, p, "children")); diff != "" {
		t.Error("children", diff)
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
	if got := Protect(s).Counts()[0].Columns[0].Values; got[0] != geodata.Whole(5)/2 || got[1] != geodata.Whole(5)/2 {
		t.Errorf("pupils of 1 and 4 are told as %v, want 2.5 each", got)
	}
}

func TestASumIsToldOfTheMinimumOnly(t *testing.T) {
	p := street(t, 11, cell{"A", 5}, cell{"A", 6}, cell{"A", 30}).Population()
	g := NewGuard(p)
	tell := func(cells ...int) geodata.Amount {
		var s Sum
		for _, i := range cells {
			g.Add(&s, i, geodata.Whole(100))
		}
		return g.Tell(s)
	}
	if got := tell(0); got != 0 {
		t.Errorf("a sum about 5 households is told as %s, want 0", got)
	}
	for _, cells := range [][]int{{0, 1}, {2}, {0, 2}, {0, 1, 2}} {
		exact := geodata.Whole(int64(100 * len(cells)))
		if got := tell(cells...); got < exact-MaxNoise || got > exact+MaxNoise {
			t.Errorf("cells %v: %s is told as %s", cells, exact, got)
		}
		turned := slices.Clone(cells)
		slices.Reverse(turned)
		if tell(turned...) != tell(cells...) {
			t.Errorf("cells %v: another order is told otherwise", cells)
		}
	}
	var s, same Sum
	g.Add(&s, 2, geodata.Whole(7))
	g.Add(&same, 2, geodata.Whole(7))
	g.Add(&same, 0, 0)
	if g.Tell(s) != g.Tell(same) {
		t.Error("a cell without anybody changes what is told")
	}
}

// The table's noise is symmetric, and keys use all of it alike.
func TestNoiseIsFair(t *testing.T) {
	var seen [9]int
	for k := range uint64(1 << 16) {
		seen[(perturbation(k*0x9e3779b97f4a7c15)+MaxNoise)/geodata.Unit]++
	}
	for k, n := range noise {
		if want := n * 256; seen[k] < want*9/10-50 || seen[k] > want*11/10+50 {
			t.Errorf("noise of %d: %d in 65536, want about %d", k-4, seen[k], want)
		}
	}
}
