package tours

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// bits is a set of the first 128 points within reach.
type bits [2]uint64

// remembered is how many points labels can remember; they forget the others at once.
const remembered = 128

func (b bits) has(k int32) bool { return k < remembered && b[k>>6]>>(k&63)&1 != 0 }

func (b bits) with(k int32) bits {
	if k < remembered {
		b[k>>6] |= 1 << (k & 63)
	}
	return b
}

func (b bits) and(c bits) bits { return bits{b[0] & c[0], b[1] & c[1]} }

func (b bits) within(c bits) bool { return b[0]&^c[0] == 0 && b[1]&^c[1] == 0 }

// never is the worth of what cannot be.
const never = math.MinInt64 / 4

// label is a way from the start to a point, which the labels before it tell.
type label struct {
	at, before int32 // place of the point among those within reach; -1 for none before
	length     int64
	worth      int64 // prices of its points
	hope       int64 // no route that goes on from here is worth more
	seen       bits  // points that it may not go to
	gone       bool  // another is better in every way
}

// labeller finds the routes that are worth most at given prices. It numbers the points
// within reach, from 0, and its end after them.
type labeller struct {
	*compiled
	ctx  context.Context
	k    int        // points
	near []bits     // per point, what is remembered of by one who goes there
	leg  [][]int64  // between points and, last, to the end
	grid [][]int32  // the same in cells of the budget, rounded down
	cell int        // cells in the budget
	more int        // cells beyond, where legs are rounded up lest one has none
	rest [][]onward // per cells left and point, the best way on

	worth  []int64
	all    []label
	heap   []int32
	byEnd  [][]int32 // labels of each point
	quick  bool      // a label is as good as one that may go to more points: routes, no bound
	made   int       // in all, ever
	routes []priced
	known  map[place]int32 // while every route is listed: the shortest label by the same points
}

// place is where a label is, and where it has been.
type place struct {
	seen bits
	at   int32
}

// onward is the best worth of ways on to the end, and the best by another next point.
type onward struct {
	worth, other int64
	next         int32
}

// priced is a route and what it is worth.
type priced struct {
	points []int32
	worth  int64
}

// cells is how finely the budget is cut for the worth of ways on.
const cells = 1000

func newLabeller(ctx context.Context, c *compiled) *labeller {
	l := &labeller{compiled: c, ctx: ctx, k: len(c.points), cell: cells, near: make([]bits, len(c.points)), byEnd: make([][]int32, len(c.points))}
	ends := append(slices.Clone(c.points), int32(c.last))
	none := false
	for a, i := range c.points {
		row, grid := make([]int64, l.k+1), make([]int32, l.k+1)
		for b, j := range ends {
			row[b] = c.d[int(i)*c.n+int(j)]
			grid[b] = l.cellsOf(row[b])
			none = none || grid[b] == 0 && a != b && b < l.k
		}
		l.leg, l.grid = append(l.leg, row), append(l.grid, grid)
	}
	if none {
		for _, row := range l.grid {
			for b := range row {
				row[b]++
			}
		}
		l.more = l.k + 1
	}
	for a := range l.k {
		for _, b := range l.nearest(a)[:min(l.k, 9)] {
			l.near[a] = l.near[a].with(int32(b))
		}
	}
	return l
}

// nearest are the points by their length from one, itself first.
func (l *labeller) nearest(a int) []int {
	order := make([]int, l.k)
	for b := range order {
		order[b] = b
	}
	far := func(b int) int64 {
		if a == b {
			return -1
		}
		return l.leg[a][b] + l.leg[b][a]
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(far(a), far(b)), cmp.Compare(a, b)) })
	return order
}

// cellsOf is a length in cells of the budget, rounded down; one more than there are
// when it is longer.
func (l *labeller) cellsOf(length int64) int32 {
	if length > l.Budget {
		return int32(l.cell + 1)
	}
	if l.Budget == 0 {
		return 0
	}
	return int32(float64(length) / float64(l.Budget) * float64(l.cell) * (1 - 1e-12))
}

// left is how many cells are left of the budget after a length: no fewer than any way
// on takes that keeps to it.
func (l *labeller) left(length int64) int {
	if l.Budget == 0 {
		return l.more
	}
	return min(l.cell, int(float64(l.Budget-length)/float64(l.Budget)*float64(l.cell)*(1+1e-12))) + l.more
}

// look works out the worth of the best ways on at the prices: ways may come to a point
// again, but not straight back to where they were.
func (l *labeller) look(worth []int64) {
	l.worth = worth
	if l.rest == nil {
		l.rest = make([][]onward, l.cell+l.more+1)
		for t := range l.rest {
			l.rest[t] = make([]onward, l.k)
		}
	}
	for t := range l.rest {
		now := l.rest[t]
		for a := range l.k {
			best := onward{never, never, -1}
			if int(l.grid[a][l.k]) <= t {
				best.worth = 0
			}
			for b, g := range l.grid[a][:l.k] {
				if a == b || int(g) > t || worth[b] == never {
					continue
				}
				on := &l.rest[t-int(g)][b]
				v := on.worth
				if on.next == int32(a) {
					v = on.other
				}
				if v += worth[b]; v > best.worth {
					best = onward{v, best.worth, int32(b)}
				} else if v > best.other {
					best.other = v
				}
			}
			now[a] = best
		}
	}
}

// hope bounds what a way on from a point may be worth.
func (l *labeller) hope(at, from int32, length int64) int64 {
	on := &l.rest[l.left(length)][at]
	if on.next == from && from >= 0 && from < remembered {
		return on.other
	}
	return on.worth
}

// best finds the route that is worth most, if it is worth more than so much. It returns
// the worth that no route exceeds: that route's, or, when so many labels do not suffice,
// what the rest may come to. The routes it met are in l.routes, the best one first.
func (l *labeller) best(worth []int64, above int64, labels int) int64 {
	l.look(worth)
	l.begin()
	top, end := above, l.made+labels
	l.starts(above)
	bestAt := make([]priced, l.k)
	for popped := 1; len(l.heap) > 0; popped++ {
		x := l.pop()
		if l.all[x].hope <= top {
			break
		}
		if l.made >= end || popped%256 == 0 && l.ctx.Err() != nil {
			top = l.all[x].hope
			break
		}
		if l.all[x].gone {
			continue
		}
		at, v := l.all[x].at, l.all[x].worth
		if l.all[x].length+l.leg[at][l.k] <= l.Budget && v > above && v > bestAt[at].worth {
			bestAt[at] = priced{l.trace(x), v}
			top = max(top, v)
		}
		l.extend(x, above)
	}
	for _, r := range bestAt {
		if r.points != nil {
			l.routes = append(l.routes, r)
		}
	}
	slices.SortStableFunc(l.routes, func(a, b priced) int { return cmp.Compare(b.worth, a.worth) })
	return top
}

// every lists the routes that are worth more than so much, the shortest for each set of
// points; false when so many labels do not suffice.
func (l *labeller) every(worth []int64, above int64, labels int) bool {
	if l.k > remembered {
		return false
	}
	l.look(worth)
	l.begin()
	end := l.made + labels
	done := make(map[bits]int)
	l.known = make(map[place]int32)
	defer func() { l.known = nil }()
	l.starts(above)
	var lengths []int64
	for x := int32(0); int(x) < len(l.all); x++ { // by rising numbers of points
		if l.made >= end || x%1024 == 0 && l.ctx.Err() != nil {
			return false
		}
		here := l.all[x]
		if here.gone {
			continue
		}
		if length := here.length + l.leg[here.at][l.k]; length <= l.Budget && here.worth > above {
			if r, ok := done[here.seen]; !ok {
				done[here.seen] = len(l.routes)
				l.routes, lengths = append(l.routes, priced{l.trace(x), here.worth}), append(lengths, length)
			} else if length < lengths[r] {
				l.routes[r].points, lengths[r] = l.trace(x), length
			}
		}
		l.extend(x, above)
	}
	return true
}

func (l *labeller) begin() {
	l.all, l.heap, l.routes = l.all[:0], l.heap[:0], nil
	for a := range l.byEnd {
		l.byEnd[a] = l.byEnd[a][:0]
	}
}

// starts makes the labels of the first points.
func (l *labeller) starts(above int64) {
	for b, j := range l.points {
		l.add(label{at: int32(b), before: -1, length: l.d[j], worth: l.worth[b]}, -1, above)
	}
}

// extend makes the labels that go on from one.
func (l *labeller) extend(x int32, above int64) {
	from := l.all[x]
	for b := range int32(l.k) {
		if b != from.at && !from.seen.has(b) && l.worth[b] != never {
			l.add(label{at: b, before: x, length: from.length + l.leg[from.at][b], worth: from.worth + l.worth[b], seen: from.seen}, from.at, above)
		}
	}
}

func (l *labeller) add(x label, from int32, above int64) {
	if x.length+l.to[l.points[x.at]] > l.Budget || l.worth[x.at] == never {
		return
	}
	on := l.hope(x.at, from, x.length)
	if x.hope = x.worth + on; on == never || x.hope <= above {
		return
	}
	n := int32(len(l.all))
	if l.known != nil {
		if x.seen = x.seen.with(x.at); !l.shortest(&x, n) {
			return
		}
	} else {
		x.seen = x.seen.and(l.near[x.at]).with(x.at)
		if from >= 0 {
			x.seen = x.seen.with(from)
		}
		if l.beaten(&x) {
			return
		}
		l.byEnd[x.at] = append(l.byEnd[x.at], n)
	}
	l.all = append(l.all, x)
	l.made++
	if l.known == nil {
		l.push(n)
	}
}

// shortest says whether a label is the shortest way by its points to where it is; the
// one that was is marked. All of so many points are made before any is gone on from.
func (l *labeller) shortest(x *label, n int32) bool {
	p := place{x.seen, x.at}
	if y, ok := l.known[p]; ok {
		if l.all[y].length <= x.length {
			return false
		}
		l.all[y].gone = true
	}
	l.known[p] = n
	return true
}

// compared is how many labels another is compared with: the last ones made, which
// hope for as much.
const compared = 400

// beaten says whether another label at the same point is as good in every way; those
// that this one is better than are marked.
func (l *labeller) beaten(x *label) bool {
	list := l.byEnd[x.at]
	from := max(0, len(list)-compared)
	kept := list[:from]
	for k, y := range list[from:] {
		o := &l.all[y]
		if o.length <= x.length && o.worth >= x.worth && (l.quick || o.seen.within(x.seen)) {
			l.byEnd[x.at] = append(kept, list[from+k:]...)
			return true
		}
		if x.length <= o.length && x.worth >= o.worth && (l.quick || x.seen.within(o.seen)) {
			o.gone = true
			continue
		}
		kept = append(kept, y)
	}
	l.byEnd[x.at] = kept
	return false
}

// trace lists the points on the way to a label.
func (l *labeller) trace(x int32) (points []int32) {
	for ; x >= 0; x = l.all[x].before {
		points = append(points, l.all[x].at)
	}
	slices.Reverse(points)
	return points
}

// first says whether a label is to be gone on from before another.
func (l *labeller) first(a, b int32) bool {
	x, y := &l.all[a], &l.all[b]
	return x.hope > y.hope || x.hope == y.hope && (x.length > y.length || x.length == y.length && a < b)
}

func (l *labeller) push(x int32) {
	l.heap = append(l.heap, x)
	for k := len(l.heap) - 1; k > 0; {
		up := (k - 1) / 2
		if !l.first(l.heap[k], l.heap[up]) {
			return
		}
		l.heap[k], l.heap[up] = l.heap[up], l.heap[k]
		k = up
	}
}

func (l *labeller) pop() int32 {
	top, end := l.heap[0], len(l.heap)-1
	l.heap[0] = l.heap[end]
	l.heap = l.heap[:end]
	for k := 0; ; {
		best := k
		for down := 2*k + 1; down <= 2*k+2 && down < end; down++ {
			if l.first(l.heap[down], l.heap[best]) {
				best = down
			}
		}
		if best == k {
			return top
		}
		l.heap[k], l.heap[best] = l.heap[best], l.heap[k]
		k = best
	}
}
