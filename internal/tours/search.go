package tours

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// search is the large-neighbourhood search.
type search struct {
	*compiled
	ctx        context.Context
	rand       *rand.Rand
	best, now  *plan
	next       *plan
	pool       *pool
	iterations int
	near       [][]int32 // per point, the others within reach, nearest first
	appeal     [][]float64
	cheapest   []detour // per point and route
	marked     []bool
	list       []int32
	typical    float64 // what a point scores, on the average
}

// detour is where in a route a point is put at the least length.
type detour struct {
	more int64
	at   int32
}

// The temper of the search.
const (
	cycle = 4000 // iterations from hot to cold
	hot   = 0.8  // of what a point scores, on the average: how much worse a plan may be
	cold  = 0.02
)

// powers of a point's score, when it is weighed against its detour.
var powers = []float64{0.5, 1, 1.5, 2, 3}

func newSearch(ctx context.Context, c *compiled, seed uint64) *search {
	s := &search{compiled: c, ctx: ctx, rand: rand.New(rand.NewPCG(seed, 7)), best: c.newPlan(), now: c.newPlan(), next: c.newPlan(), pool: newPool(c),
		cheapest: make([]detour, c.n*c.Vehicles), marked: make([]bool, c.n)}
	s.typical = float64(c.most()) / float64(max(1, len(c.points)))
	for _, power := range powers {
		appeal := make([]float64, c.n)
		for i, score := range c.Score {
			appeal[i] = math.Pow(float64(score), power)
		}
		s.appeal = append(s.appeal, appeal)
	}
	s.near = make([][]int32, c.n)
	for _, i := range c.points {
		s.near[i] = slices.Clone(c.points)
		slices.SortFunc(s.near[i], func(a, b int32) int {
			return cmp.Or(cmp.Compare(c.d[int(i)*c.n+int(a)], c.d[int(i)*c.n+int(b)]), cmp.Compare(a, b))
		})
	}
	return s
}

// run searches for so many iterations, or until a plan of that score is known.
func (s *search) run(iterations int, enough int64) {
	for end := s.iterations + iterations; s.iterations < end && s.best.score < enough; s.iterations++ {
		if s.iterations%64 == 0 && s.ctx.Err() != nil {
			return
		}
		at := s.iterations % cycle
		if at == 0 && s.iterations > 0 {
			s.recombine()
			if s.rand.IntN(3) > 0 {
				s.now.copyOf(s.best)
			}
		}
		heat := s.typical * hot * math.Pow(cold/hot, float64(at)/float64(cycle))
		s.next.copyOf(s.now)
		s.ruin()
		s.recreate()
		s.judge(heat)
	}
}

// judge takes the next plan, or leaves it.
func (s *search) judge(heat float64) {
	worse := float64(s.now.score - s.next.score)
	if s.next.better(s.now) || worse <= 0 && s.rand.IntN(2) == 0 || worse > 0 && worse < -heat*math.Log(1-s.rand.Float64()) {
		s.now, s.next = s.next, s.now
		if s.now.score >= s.best.score-s.best.score/8 {
			s.pool.keep(s.now)
		}
		if s.now.better(s.best) {
			s.best.copyOf(s.now)
		}
	}
}

// recombine makes the best plan of the routes met.
func (s *search) recombine() {
	chosen := s.pool.pack(s.best.score, 200_000)
	if chosen == nil {
		return
	}
	s.next.copyOf(s.planOf(chosen))
	s.recreate()
	s.now.copyOf(s.next)
	if s.now.better(s.best) {
		s.best.copyOf(s.now)
	}
}

// ruin takes points out of the next plan: any, near each other, in a row, or of little
// worth for their detour.
func (s *search) ruin() {
	s.list = s.next.visited(s.list[:0])
	if len(s.list) == 0 {
		return
	}
	clear(s.marked)
	share := 4 // in fives, of all points, at most
	if s.rand.IntN(3) == 0 {
		share = 1
	}
	count := 1 + s.rand.IntN(1+len(s.list)*share/5)
	switch s.rand.IntN(5) {
	case 0:
		for range count {
			s.marked[s.list[s.rand.IntN(len(s.list))]] = true
		}
	case 1:
		s.around(count)
	case 2:
		s.row(count)
	case 3:
		s.row((count + 1) / 2)
		s.row((count + 1) / 2)
	case 4:
		s.poor(count)
	}
	s.next.remove(s.marked)
}

// around marks the points nearest to one, some of them spared.
func (s *search) around(count int) {
	centre := s.points[s.rand.IntN(len(s.points))]
	for _, i := range s.near[centre] {
		if s.next.in[i] >= 0 && s.rand.IntN(5) > 0 {
			s.marked[i] = true
			if count--; count == 0 {
				return
			}
		}
	}
}

// row marks points that follow each other in a route.
func (s *search) row(count int) {
	route := s.next.routes[s.next.in[s.list[s.rand.IntN(len(s.list))]]]
	count = min(count, len(route)-2)
	first := 1 + s.rand.IntN(len(route)-1-count)
	for _, i := range route[first : first+count] {
		s.marked[i] = true
	}
}

// poor marks the points that are worth least for the length they cost, more or less.
func (s *search) poor(count int) {
	type poverty struct {
		i    int32
		gain float64
	}
	var all []poverty
	p := s.next
	for _, route := range p.routes {
		for k := 1; k < len(route)-1; k++ {
			saved := p.leg(route[k-1], route[k]) + p.leg(route[k], route[k+1]) - p.leg(route[k-1], route[k+1])
			all = append(all, poverty{route[k], float64(p.Score[route[k]]) / float64(max(1, saved)) * (0.5 + s.rand.Float64())})
		}
	}
	slices.SortFunc(all, func(a, b poverty) int { return cmp.Or(cmp.Compare(a.gain, b.gain), cmp.Compare(a.i, b.i)) })
	for _, x := range all[:min(count, len(all))] {
		s.marked[x.i] = true
	}
}

// recreate puts points into the next plan, straightens its routes, and puts in what
// then still goes.
func (s *search) recreate() {
	appeal, noise := s.appeal[s.rand.IntN(len(s.appeal))], float64(s.rand.IntN(4))*0.15
	for range 3 {
		s.fill(appeal, noise)
		before := s.next.total()
		for r := range s.next.routes {
			s.next.straighten(r)
		}
		if s.next.total() == before {
			return
		}
	}
}

// fill puts in the point that appeals most for its detour, as long as any goes.
func (s *search) fill(appeal []float64, noise float64) {
	p := s.next
	for r := range p.routes {
		s.detours(r)
	}
	for {
		most, which, into := 0.0, int32(-1), 0
		for _, i := range p.out {
			for r := range p.routes {
				more := s.cheapest[int(i)*s.Vehicles+r].more
				if p.long[r]+more > s.Budget {
					continue
				}
				gain := appeal[i] / float64(max(1, more))
				if gain*(1+noise) <= most {
					continue
				}
				if noise > 0 {
					gain *= 1 + noise*(2*s.rand.Float64()-1)
				}
				if gain > most {
					most, which, into = gain, i, r
				}
			}
		}
		if which < 0 {
			return
		}
		p.insert(which, into, int(s.cheapest[int(which)*s.Vehicles+into].at))
		s.detours(into)
	}
}

// detours finds where in a route each point that is out goes best.
func (s *search) detours(r int) {
	p := s.next
	route := p.routes[r]
	for _, i := range p.out {
		row := s.d[int(i)*s.n : (int(i)+1)*s.n]
		least := detour{math.MaxInt64 / 4, 1}
		for k := 1; k < len(route); k++ {
			a, b := int(route[k-1]), int(route[k])
			if more := s.d[a*s.n+int(i)] + row[b] - s.d[a*s.n+b]; more < least.more {
				least = detour{more, int32(k)}
			}
		}
		s.cheapest[int(i)*s.Vehicles+r] = least
	}
}
