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
	tempting   []float64 // per point, what it appeals by now
	back       []int64   // lengths to each point from each
	typical    float64   // what a point scores, on the average
}

// detour is where in a route a point is put at the least length.
type detour struct {
	more int64
	at   int32
}

// The temper of the search.
const (
	cycle  = 5000 // iterations from hot to cold
	cold   = 0.02 // of what a point scores, on the average: how much worse a plan may be
	guests = 6    // points invited at once, at most
)

// hots are how much worse a plan may be at first, in turns: some problems need the
// longer way about, some the search near by.
var hots = []float64{3, 1}

// powers of a point's score, when it is weighed against its detour.
var powers = []float64{0.5, 1, 1.5, 2, 3}

func newSearch(ctx context.Context, c *compiled, seed uint64) *search {
	s := &search{compiled: c, ctx: ctx, rand: rand.New(rand.NewPCG(seed, 7)), best: c.newPlan(), now: c.newPlan(), next: c.newPlan(), pool: newPool(c),
		cheapest: make([]detour, c.n*c.Vehicles), marked: make([]bool, c.n), tempting: make([]float64, c.n), back: c.d}
	if !c.symmetric {
		s.back = make([]int64, len(c.d))
		for i := range c.n {
			for j := range c.n {
				s.back[i*c.n+j] = c.d[j*c.n+i]
			}
		}
	}
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
			if s.rand.IntN(3) == 0 {
				s.now.copyOf(s.best)
			}
		}
		hot := hots[s.iterations/cycle%len(hots)]
		heat := s.typical * hot * math.Pow(cold/hot, float64(at)/float64(cycle))
		s.next.copyOf(s.now)
		if s.rand.IntN(3) > 0 {
			s.invite()
		} else {
			s.ruin()
		}
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
	share := 1 // in fives, of all points, at most
	if s.rand.IntN(5) == 0 {
		share = 4
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
	s.curb() // a way may be shorter by a point that was taken out
}

// invite puts points that are near each other into the next plan, wherever the detour is
// least, and takes others out until the routes keep to the budget.
func (s *search) invite() {
	p := s.next
	if len(p.out) == 0 {
		return
	}
	clear(s.marked) // the guests
	centre, count := p.out[s.rand.IntN(len(p.out))], 1+s.rand.IntN(guests)
	into := -1
	if s.rand.IntN(2) == 0 {
		into = s.rand.IntN(s.Vehicles)
	}
	for _, i := range s.near[centre] {
		if p.in[i] >= 0 {
			continue
		}
		best, r := detour{math.MaxInt64 / 4, 1}, 0
		for k := range p.routes {
			if into >= 0 && k != into {
				continue
			}
			if x := s.detour(i, k); x.more < best.more {
				best, r = x, k
			}
		}
		p.insert(i, r, int(best.at))
		s.marked[i] = true
		if count--; count == 0 {
			break
		}
	}
	s.curb()
}

// curb takes points out of routes until they keep to the budget, marked ones last.
func (s *search) curb() {
	p := s.next
	for r := range p.routes {
		if p.long[r] > s.Budget {
			p.straighten(r)
		}
		for p.long[r] > s.Budget && len(p.routes[r]) > 2 {
			s.eject(r)
		}
	}
}

// eject takes out of a route the point worth least for the length it costs, more or
// less; one that is marked only if all are.
func (s *search) eject(r int) {
	p := s.next
	route := p.routes[r]
	which, least := 0, math.Inf(1)
	for k := 1; k < len(route)-1; k++ {
		i := route[k]
		saved := p.leg(route[k-1], i) + p.leg(i, route[k+1]) - p.leg(route[k-1], route[k+1])
		gain := float64(s.Score[i]) / float64(max(1, saved)) * (0.7 + float64(0.6*s.rand.Float64())) // no fused sum, whatever the processor
		if s.marked[i] {
			gain = math.MaxFloat64
		}
		if gain < least {
			which, least = k, gain
		}
	}
	p.drop(r, which)
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
