package secrecy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// village is a town of confidential homes: households on random points in eight
// communes, most of them few.
func village(t *testing.T, r *rand.Rand) *geodata.Snapshot {
	t.Helper()
	p := geodata.Population{Rule: geodata.Rule{Minimum: 11, Of: "men", Key: secret}, Columns: []geodata.Column{{Name: "ind"}, {Name: "men"}}}
	for i := range 320 {
		at := orb.Point{r.Float64(), r.Float64()}
		men := 1 + r.Int64N(8)
		if i%9 == 0 {
			men += 20
		}
		p.Cells = append(p.Cells, geodata.Cell{ID: fmt.Sprintf("h%03d", i), Centre: at, Study: true, Commune: fmt.Sprint("commune ", int(4*at[0])+4*int(2*at[1]))})
		p.Columns[0].Values = append(p.Columns[0].Values, geodata.Whole(men+r.Int64N(3*men)))
		p.Columns[1].Values = append(p.Columns[1].Values, geodata.Whole(men))
	}
	s, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "village"}, Catalogue: geodata.DefaultCatalogue(), Population: p})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// told is one figure that somebody was given: people of a zone within a threshold
// of a site, and (as the adversary knows the map) the cells it is about.
type told struct {
	cells  []int
	figure float64
}

// everythingAsked asks for the people within 60 thresholds of 50 sites in every zone
// of every zoning: the territory, the communes, quarters across these, and the
// halves east and west of every site.
func everythingAsked(p *geodata.Population, tell func(cells []int) geodata.Amount) (out []told) {
	r := rand.New(rand.NewPCG(50, 60))
	for range 50 {
		site := orb.Point{r.Float64(), r.Float64()}
		for k := range 60 {
			limit := 1.2 * float64(k+1) / 60
			zones := map[string][]int{}
			for i, c := range p.Cells {
				if math.Hypot(c.Centre[0]-site[0], c.Centre[1]-site[1]) <= limit {
					for _, z := range []string{"all", c.Commune, fmt.Sprint("quarter ", int(5*c.Centre[1])), fmt.Sprint("east ", c.Centre[0] > site[0])} {
						zones[z] = append(zones[z], i)
					}
				}
			}
			for _, cells := range zones {
				out = append(out, told{cells, tell(cells).Float()})
			}
		}
	}
	return out
}

// solve is the adversary: the least-squares solution for every cell of all it was
// told. It averages the noise of all figures and all their differences, which no
// comparison of two of them can better.
func solve(n int, facts []told) []float64 {
	a, b := make([][]float64, n), make([]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
		a[i][i] = 1e-6
	}
	for _, f := range facts {
		if f.figure == 0 {
			continue // not told: about too few, and the adversary knows why
		}
		for _, i := range f.cells {
			b[i] += f.figure
			for _, j := range f.cells {
				a[i][j]++
			}
		}
	}
	for k := range n { // Gauss; the matrix is positive definite
		for i := k + 1; i < n; i++ {
			f := a[i][k] / a[k][k]
			if f == 0 {
				continue
			}
			for j := k; j < n; j++ {
				a[i][j] -= f * a[k][j]
			}
			b[i] -= f * b[k]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= a[i][j] * b[j]
		}
		b[i] /= a[i][i]
	}
	return b
}

// found is how many of the homes under the minimum the estimates give to half a person.
func found(p *geodata.Population, estimate func(i int) float64) (hits, small int) {
	ind, _ := p.Column("ind")
	men, _ := p.Column("men")
	for i := range p.Cells {
		if men[i] >= geodata.Whole(int64(p.Rule.Minimum)) {
			continue
		}
		if small++; math.Abs(estimate(i)-ind[i].Float()) < 0.5 {
			hits++
		}
	}
	return hits, small
}

// attack is the adversary at work on counts: what it makes of every home.
func attack(p *geodata.Population) []float64 {
	g := NewGuard(p)
	people, _ := p.Column("ind")
	return solve(len(p.Cells), everythingAsked(p, func(cells []int) geodata.Amount {
		var sum Sum
		for _, i := range cells {
			g.Add(&sum, i, people[i])
		}
		return g.Tell(sum)
	}))
}

// Whoever knows where everybody lives, asks for 60 thresholds × 50 sites × all
// zonings, and solves for the people of each cell, finds what is told of the groups
// and nothing finer: as many homes as a guess from these would. Of counts that are
// told as they are the same adversary finds nearly every home.
func TestAnAdversaryIsolatesNobody(t *testing.T) {
	s := village(t, rand.New(rand.NewPCG(7, 7)))
	raw, shown := s.Population(), Protect(s).Population()
	people, _ := shown.Column("ind")
	guessed, small := found(raw, func(i int) float64 { return people[i].Float() })
	estimate := attack(shown)
	isolated, _ := found(raw, func(i int) float64 { return estimate[i] })
	t.Logf("of %d homes under the minimum: %d found, %d guessed from what is told of their groups", small, isolated, guessed)
	if isolated > guessed+small/20 {
		t.Errorf("%d of %d homes are found; %d would be by a guess", isolated, small, guessed)
	}
	open := *raw
	open.Rule = geodata.Rule{}
	estimate = attack(&open)
	if n, _ := found(raw, func(i int) float64 { return estimate[i] }); n < small*95/100 {
		t.Errorf("of counts told as they are, %d of %d homes are found: the adversary is too weak to show anything", n, small)
	}
}

// Whoever knows all of a group but one home subtracts, and is wrong: few groups are
// told as they are. Were they only merged, all would be.
func TestWhoKnowsAllNeighboursFindsNobody(t *testing.T) {
	s := village(t, rand.New(rand.NewPCG(9, 9)))
	men, _ := s.Population().Column("men")
	people, _ := s.Population().Column("ind")
	told, _ := Protect(s).Population().Column("ind")
	communes, _ := group(s.Population(), men, geodata.Whole(11))
	groups, exact := 0, 0
	for _, commune := range communes {
		for _, g := range commune {
			groups++
			var off geodata.Amount
			for _, i := range g {
				off += told[i] - people[i]
			}
			if off > -geodata.Unit/2 && off < geodata.Unit/2 {
				exact++
			}
		}
	}
	t.Logf("%d of %d groups are told as they are", exact, groups)
	if exact > groups*2/5 || groups < 50 {
		t.Errorf("%d of %d groups are told as they are", exact, groups)
	}
}
