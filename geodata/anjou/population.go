package anjou

import (
	"cmp"
	"math"
	"slices"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// square is a cell of the 200 m lattice of EPSG:3035 with its inhabitants.
type square struct {
	n, e    int // lower left corner
	centre  point
	commune int
	people  [3]int // under 15, 15-64, 65 and over
}

func (s *square) total() int { return s.people[0] + s.people[1] + s.people[2] }

// settle returns the inhabited cells, by commune, then northing, then easting.
func settle(communes []*commune, p *partition, roads []line) []square {
	ages := studyAges(communes)
	lattice := cells(p, len(communes))
	net := newMesh(roads)
	var out []square
	for i, c := range communes {
		people, total := c.people, c.census()
		if !c.study {
			if !nearStudy(communes, c) {
				continue
			}
			total = c.population
			copy(people[:], apportion(total, ages))
		}
		counts := apportion(total, c.weights(lattice[i], net, total))
		deal(lattice[i], counts, people)
		for _, s := range lattice[i] {
			if s.total() > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// studyAges sums the ages of the 17 communes: the structure given to the neighbours.
func studyAges(communes []*commune) []float64 {
	sum := make([]float64, 3)
	for _, c := range communes {
		for k, n := range c.people {
			sum[k] += float64(n)
		}
	}
	return sum
}

func nearStudy(communes []*commune, c *commune) bool {
	return slices.ContainsFunc(communes, func(o *commune) bool {
		return o.study && distance(o.bourg, c.bourg) <= neighbourReach
	})
}

// cells lists the squares of each commune.
func cells(p *partition, communes int) [][]square {
	out := make([][]square, communes)
	for k, c := range p.label {
		n, e := p.n0+k/p.cols*cellSize, p.e0+k%p.cols*cellSize
		out[c] = append(out[c], square{n: n, e: e, centre: p.centre(k), commune: int(c)})
	}
	return out
}

// weights says how the commune's inhabitants lean towards its cells. Those of a
// settlement fill a disc of constant density with a soft edge, as far as it
// lies inside the commune,
//
//	1 / (1 + exp((d - R)/w)),  R = √(people / (π·density)).
//
// The rest is scattered over cells drawn without replacement with odds
// 1 + pull·exp(-distance to a main road / length) by each cell's own dice, in
// exponential sizes.
func (c *commune) weights(lattice []square, net *mesh, total int) []float64 {
	w := make([]float64, len(lattice))
	scattered := float64(total)
	for _, s := range c.settlements {
		part := make([]float64, len(lattice))
		var sum float64
		for i := range lattice {
			part[i] = s.presence(lattice[i].centre)
			sum += part[i]
		}
		// What the modelled border cuts off a settlement is scattered.
		inside := s.people * sum / s.presenceInAll()
		scattered -= inside
		for i := range part {
			if sum > 0 {
				w[i] += inside * part[i] / sum
			}
		}
	}
	draw := hamlets(lattice, net)
	draw = draw[:min(len(draw), int(math.Ceil(scattered/perHamletCell)))]
	sizes, sum := make([]float64, len(draw)), 0.0
	for k, i := range draw {
		sizes[k] = 0.3 - math.Log(chance(lattice[i].n, lattice[i].e, 2))
		sum += sizes[k]
	}
	for k, i := range draw {
		w[i] += scattered * sizes[k] / sum
	}
	return w
}

// radius of the built-up disc in metres.
func (s settlement) radius() float64 { return 1000 * math.Sqrt(s.people/(math.Pi*density)) }

// presence is 1 inside the settlement, 0 far from it.
func (s settlement) presence(p point) float64 {
	r := s.radius()
	v := 1 / (1 + math.Exp((distance(p, s.at)-r)/math.Max(minEdge, edgeShare*r)))
	if v < 0.02 {
		return 0
	}
	return v
}

// presenceInAll is the sum over the whole lattice, whosever the cells are.
func (s settlement) presenceInAll() (sum float64) {
	reach := s.radius() + 4*math.Max(minEdge, edgeShare*s.radius()) // presence is 0 beyond
	first := func(v float64) float64 { return math.Floor((v-reach)/cellSize)*cellSize + cellSize/2 }
	for y := first(s.at.y); y <= s.at.y+reach; y += cellSize {
		for x := first(s.at.x); x <= s.at.x+reach; x += cellSize {
			sum += s.presence(point{x, y})
		}
	}
	return sum
}

// hamlets orders the cells as a weighted draw without replacement would
// (Efraimidis, Spirakis 2006: rising -ln(u)/odds).
func hamlets(lattice []square, net *mesh) []int {
	key := make([]float64, len(lattice))
	order := make([]int, len(lattice))
	for i, s := range lattice {
		odds := 1 + roadsidePull*math.Exp(-net.distance(s.centre, 4*roadsideLength)/roadsideLength)
		key[i] = -math.Log(chance(s.n, s.e, 1)) / odds
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(key[a], key[b]), cmp.Compare(a, b)) })
	return order
}

// apportion shares a whole number by weights: each gets the whole part of its
// quota, the rest goes to the largest remainders, the first of equals.
func apportion(total int, weights []float64) []int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	out := make([]int, len(weights))
	order := make([]int, len(weights))
	rest := make([]float64, len(weights))
	left := total
	for i, w := range weights {
		quota := float64(total) * w / sum
		out[i] = int(quota)
		rest[i] = quota - float64(out[i])
		left -= out[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order[:max(0, left)] {
		out[i]++
	}
	return out
}

// deal gives the counted people of each cell their ages. All people of the
// commune stand in one row, cell after cell; the k-th gets the age group that
// is most behind its share of the first k. Groups are never more than one
// person behind, so the commune's totals come out exactly, and no cell differs
// from the shares by more than rounding needs.
func deal(lattice []square, counts []int, people [3]int) {
	total := people[0] + people[1] + people[2]
	var given [3]int
	k := 0
	for i := range lattice {
		for range counts[i] {
			k++
			group, behind := 0, math.MinInt
			for g, n := range people {
				if v := k*n - given[g]*total; v > behind {
					group, behind = g, v
				}
			}
			given[group]++
			lattice[i].people[group]++
		}
	}
}

// population writes the cells as the grid Maillage reads.
func population(communes []*commune, inhabited []square) (geodata.Population, error) {
	p := geodata.Population{
		CellSize: cellSize, Vintage: 2021,
		Name: "Modèle 200 m calé sur les totaux communaux du recensement 2021",
		Columns: []geodata.Column{
			{Name: "ind"}, {Name: "y_1564"}, {Name: "y_ge65"}, {Name: "y_lt15"},
		},
	}
	for _, s := range inhabited {
		id := crs.GridID{EPSG: laea, Size: cellSize, N: s.n, E: s.e}
		centre, err := id.Centre()
		if err != nil {
			return p, at(id.String(), err)
		}
		ring, err := id.Ring()
		if err != nil {
			return p, at(id.String(), err)
		}
		c := communes[s.commune]
		p.Cells = append(p.Cells, geodata.Cell{ID: id.String(), Centre: centre, Outline: ring, Commune: c.insee, Study: c.study})
		for k, n := range []int{s.total(), s.people[1], s.people[2], s.people[0]} {
			p.Columns[k].Values = append(p.Columns[k].Values, geodata.Whole(int64(n)))
		}
	}
	return p, nil
}
