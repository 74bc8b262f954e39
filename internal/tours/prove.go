package tours

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// scale is how many parts of a score prices are counted in.
const scale = 1 << 16

// prover raises no plan's score: it lowers the bound until it meets that of the best.
type prover struct {
	*compiled
	ctx     context.Context
	l       *labeller
	m       *master
	pool    *pool
	many    int64 // vehicles that can be of use
	best    int64 // what is known to be possible
	found   [][]int32
	pending []*part
	current *part // whose routes the master may use
	parts   int
}

// part is the plans that visit some points and not others.
type part struct {
	visit  []int8 // per point: 1 visited, -1 not, 0 either
	bound  int64  // in parts of a score
	prices []int64
	top    int64 // what no route is worth more than at these prices
	depth  int
	effort int // how often its limits were doubled
	listed int // and those of listing
	plain  bool
}

// The first limits of work on a part, in labels.
const (
	guessing = 10_000
	pricing  = 4_000
	listing  = 20_000
	hardest  = 9    // limits are doubled no more often
	seeds    = 3000 // routes of the search that the master begins with
)

func newProver(ctx context.Context, c *compiled, q *pool) *prover {
	many := min(c.Vehicles, max(1, len(c.points)))
	p := &prover{compiled: c, ctx: ctx, pool: q, many: int64(many), l: newLabeller(ctx, c), m: newMaster(len(c.points), many)}
	p.pending = []*part{{visit: make([]int8, len(c.points)), bound: scale * c.most()}}
	return p
}

// bound is what no plan scores more than.
func (p *prover) bound() int64 {
	high := p.best
	for _, x := range p.pending {
		high = max(high, p.down(x.bound/scale))
	}
	return high
}

// closes says that a part has no plan better than the best.
func (p *prover) closes(x *part) bool { return p.down(x.bound/scale) <= p.best }

// run works on the part with the highest bound, for so many labels.
func (p *prover) run(labels int) {
	if p.current == nil {
		p.seed()
	}
	for end := p.l.made + labels; p.l.made < end && p.ctx.Err() == nil; {
		p.pending = slices.DeleteFunc(p.pending, p.closes)
		if len(p.pending) == 0 {
			return
		}
		at := 0
		for k, x := range p.pending {
			if y := p.pending[at]; x.bound > y.bound || x.bound == y.bound && x.depth >= y.depth {
				at = k
			}
		}
		x := p.pending[at]
		if p.work(x, end) && p.ctx.Err() == nil { // not if it was cut short
			p.pending = slices.Delete(p.pending, at, at+1)
			p.parts++
		}
	}
}

// work lowers the bound of a part, and says whether it is settled or was divided.
func (p *prover) work(x *part, end int) bool {
	p.enter(x)
	for p.l.made < end && p.ctx.Err() == nil {
		p.m.solve()
		if p.guess(x) {
			continue
		}
		prices := p.prices(x)
		added, complete := p.price(x, prices)
		switch {
		case p.closes(x):
			return true
		case added:
			continue
		case !x.plain:
			x.plain = true
			continue
		case complete && p.grow():
			x.plain = false
			continue
		case p.ctx.Err() != nil:
			return false
		case !complete && x.effort < hardest:
			x.effort++
			continue
		case p.list(x):
			return true
		}
		if x.listed < 3 {
			x.listed++
			continue
		}
		if p.divide(x) {
			return true
		}
		x.listed++ // no end to that: what remains are the routes by given points
	}
	return false
}

// seed gives the master the best routes that the search has met.
func (p *prover) seed() {
	place := make([]int32, p.n)
	for k, i := range p.points {
		place[i] = int32(k)
	}
	best := slices.Clone(p.pool.routes)
	slices.SortStableFunc(best, func(a, b *pooled) int { return cmp.Compare(b.score, a.score) })
	for _, r := range best[:min(len(best), seeds)] {
		var points []int32
		for _, i := range r.route[1 : len(r.route)-1] {
			points = append(points, place[i])
		}
		p.m.add(points, float64(r.score))
	}
}

// enter lets the master use the routes of a part.
func (p *prover) enter(x *part) {
	if p.current == x {
		return
	}
	p.current = x
	p.m.restart()
	for i, v := range x.visit {
		p.m.slack[i] = 0
		if v > 0 {
			p.m.slack[i] = -float64(p.most() + 1)
		}
	}
	for j, c := range p.m.columns {
		p.m.barred[j] = slices.ContainsFunc(c.points, func(i int32) bool { return x.visit[i] < 0 })
	}
}

// prices are the master's, half way from those of the best bound unless that has
// stopped helping.
func (p *prover) prices(x *part) []int64 {
	u := make([]int64, len(p.points))
	for i := range u {
		if x.visit[i] < 0 {
			continue
		}
		u[i] = int64(math.Round(p.m.price[i] * scale))
		if x.prices != nil && !x.plain {
			u[i] = (u[i] + x.prices[i]) / 2
		}
		if x.visit[i] == 0 {
			u[i] = max(0, u[i])
		}
	}
	return u
}

// price finds the best routes at the prices. It says whether any helps the master, and
// whether that was all there is.
func (p *prover) price(x *part, u []int64) (added, complete bool) {
	sum, worth := p.worthAt(x, u)
	above := max(0, floor(scale*(p.best+p.step)-1-sum, p.many))
	before, limit := p.l.made, pricing<<min(x.effort, hardest)
	top := p.l.best(worth, above, limit)
	if b := sum + p.many*top; b < x.bound || x.prices == nil {
		x.bound, x.prices, x.top = min(x.bound, b), u, top
	}
	return p.help(), p.l.made-before < limit
}

// guess finds routes that help the master in little time, if it can.
func (p *prover) guess(x *part) bool {
	u := make([]int64, len(p.points))
	for i := range u {
		if x.visit[i] >= 0 {
			u[i] = int64(math.Round(p.m.price[i] * scale))
		}
	}
	_, worth := p.worthAt(x, u)
	p.l.quick = true
	p.l.best(worth, max(0, int64(p.m.price[len(u)]*scale)), guessing)
	p.l.quick = false
	return p.help()
}

// worthAt is what points are worth at the prices, and the sum of the prices.
func (p *prover) worthAt(x *part, u []int64) (sum int64, worth []int64) {
	worth = make([]int64, len(u))
	for i, v := range u {
		sum += v
		if worth[i] = scale*p.Score[p.points[i]] - v; x.visit[i] < 0 {
			worth[i] = never
		}
	}
	return sum, worth
}

// help gives the master the routes found that help it, and the pool those that are routes.
func (p *prover) help() (added bool) {
	for _, r := range p.l.routes {
		c := column{r.points, 0}
		for _, i := range r.points {
			c.score += float64(p.Score[p.points[i]])
		}
		if p.m.reduced(c) > 1e-6 {
			p.m.add(c.points, c.score)
			added = true
		}
		p.remember(r.points)
	}
	return added
}

// floor is a quotient rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// remember keeps a route for plans, if it is one.
func (p *prover) remember(points []int32) {
	route := p.route(points)
	seen := newSet(p.n)
	for _, i := range route[1 : len(route)-1] {
		if seen.has(i) {
			return
		}
		seen.add(i)
	}
	p.pool.add(route, p.length(route))
}

// route is that of the points within reach, by their numbers in the problem.
func (p *prover) route(points []int32) []int32 {
	route := []int32{0}
	for _, i := range points {
		route = append(route, p.points[i])
	}
	return append(route, int32(p.last))
}

// grow makes labels remember what the routes of the master come to again; false when
// these come to nothing twice.
func (p *prover) grow() bool {
	grown := false
	for row, j := range p.m.basis {
		if j < 0 || p.m.x[row] < 1e-3 {
			continue
		}
		points := p.m.columns[j].points
		last := make(map[int32]int)
		for at, i := range points {
			if from, twice := last[i]; twice && i < remembered {
				for _, k := range points[from:at] {
					if !p.l.near[k].has(i) {
						p.l.near[k] = p.l.near[k].with(i)
						grown = true
					}
				}
			}
			last[i] = at
		}
	}
	return grown
}

// list settles a part by listing every route that a better plan may have, and choosing
// among them: a plan's routes are worth, together, what it scores less the prices.
func (p *prover) list(x *part) bool {
	sum, worth := p.worthAt(x, x.prices)
	least := scale*(p.best+p.step) - sum - (p.many-1)*x.top
	if !p.l.every(worth, max(least-1, never/2), listing<<min(2*x.listed, hardest)) {
		return false
	}
	choice := packing{m: int(p.many), best: p.best, left: 20_000_000}
	for _, r := range p.l.routes {
		route := p.route(r.points)
		points := newSet(p.n)
		for _, i := range route[1 : len(route)-1] {
			points.add(i)
		}
		choice.routes = append(choice.routes, &pooled{route: route, points: points, score: p.worth(route)})
	}
	choice.solve()
	if found := choice.plan(); found != nil {
		p.best, p.found = choice.best, found
	}
	return choice.left > 0
}

// divide splits a part by the point that the master visits by half, more or less.
func (p *prover) divide(x *part) bool {
	visits := make([]float64, len(p.points))
	for row, j := range p.m.basis {
		if j >= 0 {
			for _, i := range p.m.columns[j].points {
				visits[i] += p.m.x[row]
			}
		}
	}
	at, most := -1, 0.01
	for i, v := range visits {
		if half := min(v, 1-v) * float64(p.Score[p.points[i]]); x.visit[i] == 0 && min(v, 1-v) > 0.01 && half > most {
			at, most = i, half
		}
	}
	if at < 0 {
		return false
	}
	for _, v := range []int8{-1, 1} {
		child := &part{visit: slices.Clone(x.visit), bound: x.bound, depth: x.depth + 1, effort: x.effort}
		child.visit[at] = v
		p.pending = append(p.pending, child)
	}
	return true
}
