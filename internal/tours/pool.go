package tours

import (
	"cmp"
	"slices"
)

// set is a set of points, a bit each.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int32) { s[i/64] |= 1 << (i % 64) }

func (s set) has(i int32) bool { return s[i/64]>>(i%64)&1 != 0 }

func (s set) meets(t set) bool {
	for k, x := range s {
		if x&t[k] != 0 {
			return true
		}
	}
	return false
}

// pooled is a route that was met.
type pooled struct {
	route  []int32
	points set
	score  int64
	length int64
	met    int // when last
}

// pool keeps routes, one for each set of points: the shortest.
type pool struct {
	*compiled
	routes []*pooled
	known  map[string]*pooled
	clock  int
}

// roomy is how many routes a pool keeps.
const roomy = 6000

func newPool(c *compiled) *pool { return &pool{compiled: c, known: make(map[string]*pooled)} }

// keep remembers the routes of a plan.
func (q *pool) keep(p *plan) {
	q.clock++
	for r, route := range p.routes {
		if len(route) > 2 {
			q.add(route, p.long[r])
		}
	}
	if len(q.routes) > 2*roomy {
		q.forget()
	}
}

func (q *pool) add(route []int32, length int64) {
	points := newSet(q.n)
	for _, i := range route[1 : len(route)-1] {
		points.add(i)
	}
	key := points.key()
	if x := q.known[key]; x != nil {
		x.met = q.clock
		if length < x.length {
			x.route, x.length = slices.Clone(route), length
		}
		return
	}
	x := &pooled{slices.Clone(route), points, q.worth(route), length, q.clock}
	q.known[key] = x
	q.routes = append(q.routes, x)
}

func (s set) key() string {
	b := make([]byte, 0, 8*len(s))
	for _, x := range s {
		for k := range 8 {
			b = append(b, byte(x>>(8*k)))
		}
	}
	return string(b)
}

// forget drops the routes that were not met for longest.
func (q *pool) forget() {
	slices.SortStableFunc(q.routes, func(a, b *pooled) int { return cmp.Compare(b.met, a.met) })
	for _, x := range q.routes[roomy:] {
		delete(q.known, x.points.key())
	}
	clear(q.routes[roomy:])
	q.routes = q.routes[:roomy]
}

// pack chooses routes without a point in common that together score more than so much;
// nil if it meets none within so many steps.
func (q *pool) pack(above int64, steps int) [][]int32 {
	p := packing{routes: slices.Clone(q.routes), left: steps, best: above, m: q.Vehicles}
	p.solve()
	return p.plan()
}

// packing chooses, among routes, as many as there are vehicles, without a point in
// common, that score most.
type packing struct {
	routes []*pooled
	m      int
	left   int // steps; what it did is the best there is if any remain
	best   int64
	found  []int
	chosen []int
}

func (p *packing) solve() {
	slices.SortStableFunc(p.routes, func(a, b *pooled) int { return cmp.Compare(b.score, a.score) })
	if len(p.routes) > 0 {
		p.extend(0, 0, make(set, len(p.routes[0].points)))
	}
}

// extend adds routes from first on to those chosen. They are in the order of falling
// scores, so what the rest may add is known.
func (p *packing) extend(first int, score int64, taken set) {
	if score > p.best {
		p.best, p.found = score, slices.Clone(p.chosen)
	}
	room := p.m - len(p.chosen)
	if room == 0 {
		return
	}
	for k := first; k < len(p.routes); k++ {
		r := p.routes[k]
		if score+int64(room)*r.score <= p.best {
			return
		}
		if p.left--; p.left <= 0 {
			return
		}
		if taken.meets(r.points) {
			continue
		}
		with := slices.Clone(taken)
		for w, x := range r.points {
			with[w] |= x
		}
		p.chosen = append(p.chosen, k)
		p.extend(k+1, score+r.score, with)
		p.chosen = p.chosen[:len(p.chosen)-1]
	}
}

// plan is what was found; nil if nothing scores more than was known.
func (p *packing) plan() (routes [][]int32) {
	for _, k := range p.found {
		routes = append(routes, p.routes[k].route)
	}
	return routes
}
