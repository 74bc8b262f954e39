package tours

import "slices"

// plan is a route for every vehicle, with what changes need to know.
type plan struct {
	*compiled
	routes [][]int32
	long   []int64 // per route
	bent   []bool  // per route, whether it may be worth straightening
	in     []int32 // per point, its route; -1 for none
	out    []int32 // points within reach that no route has, in any order
	where  []int32 // per point, its place in out
	score  int64
}

// newPlan has every vehicle go straight to the end.
func (c *compiled) newPlan() *plan {
	p := &plan{compiled: c, in: slices.Repeat([]int32{-1}, c.n), out: slices.Clone(c.points), where: make([]int32, c.n)}
	for k, i := range p.out {
		p.where[i] = int32(k)
	}
	for range c.Vehicles {
		p.routes = append(p.routes, []int32{0, int32(c.last)})
		p.long = append(p.long, c.d[c.last])
		p.bent = append(p.bent, false)
	}
	return p
}

// copyOf takes over another plan's routes.
func (p *plan) copyOf(q *plan) {
	for r := range q.routes {
		p.routes[r] = append(p.routes[r][:0], q.routes[r]...)
	}
	copy(p.long, q.long)
	copy(p.bent, q.bent)
	copy(p.in, q.in)
	copy(p.where, q.where)
	p.out = append(p.out[:0], q.out...)
	p.score = q.score
}

// total is the length of all routes.
func (p *plan) total() (sum int64) {
	for _, l := range p.long {
		sum += l
	}
	return sum
}

// better says whether a plan scores more than another, or as much on a shorter way.
func (p *plan) better(q *plan) bool {
	return p.score > q.score || p.score == q.score && p.total() < q.total()
}

// visited lists the points of all routes.
func (p *plan) visited(list []int32) []int32 {
	for _, r := range p.routes {
		list = append(list, r[1:len(r)-1]...)
	}
	return list
}

func (p *plan) leg(a, b int32) int64 { return p.d[int(a)*p.n+int(b)] }

// insert puts a point that no route has into one, before its at-th.
func (p *plan) insert(i int32, r, at int) {
	route := p.routes[r]
	p.long[r] += p.leg(route[at-1], i) + p.leg(i, route[at]) - p.leg(route[at-1], route[at])
	p.routes[r] = slices.Insert(route, at, i)
	p.in[i], p.bent[r] = int32(r), true
	p.score += p.Score[i]
	k, end := p.where[i], p.out[len(p.out)-1]
	p.out[k], p.where[end] = end, k
	p.out = p.out[:len(p.out)-1]
}

// remove takes the points that are marked out of their routes.
func (p *plan) remove(marked []bool) {
	for r, route := range p.routes {
		kept := route[:1]
		for _, i := range route[1:] {
			if !marked[i] {
				kept = append(kept, i)
				continue
			}
			p.in[i] = -1
			p.score -= p.Score[i]
			p.where[i] = int32(len(p.out))
			p.out = append(p.out, i)
		}
		if len(kept) < len(route) {
			p.routes[r], p.bent[r] = kept, true
			p.long[r] = p.length(kept)
		}
	}
}

// drop takes the at-th point of a route out of it.
func (p *plan) drop(r, at int) {
	route := p.routes[r]
	i := route[at]
	p.long[r] -= p.leg(route[at-1], i) + p.leg(i, route[at+1]) - p.leg(route[at-1], route[at+1])
	p.routes[r] = slices.Delete(route, at, at+1)
	p.in[i], p.bent[r] = -1, true
	p.score -= p.Score[i]
	p.where[i] = int32(len(p.out))
	p.out = append(p.out, i)
}

// straighten shortens a route by turning pieces of it round and by moving pieces of up
// to three points, until nothing of that helps. It says whether anything did.
func (p *plan) straighten(r int) bool {
	before := p.long[r]
	for p.turn(r) || p.move(r) {
	}
	p.bent[r] = false
	return p.long[r] < before
}

// turn reverses the piece of a route that saves something; only where ways there and
// back are as long as each other.
func (p *plan) turn(r int) bool {
	if !p.symmetric {
		return false
	}
	route := p.routes[r]
	for a := 1; a < len(route)-2; a++ {
		for b := a + 1; b < len(route)-1; b++ {
			change := p.leg(route[a-1], route[b]) + p.leg(route[a], route[b+1]) - p.leg(route[a-1], route[a]) - p.leg(route[b], route[b+1])
			if change < 0 {
				slices.Reverse(route[a : b+1])
				p.long[r] += change
				return true
			}
		}
	}
	return false
}

// move puts a piece of a route elsewhere in it.
func (p *plan) move(r int) bool {
	route := p.routes[r]
	for size := 1; size <= 3; size++ {
		for a := 1; a+size < len(route); a++ {
			b := a + size // the piece is a to before b
			first, end := route[a], route[b-1]
			saved := p.leg(route[a-1], first) + p.leg(end, route[b]) - p.leg(route[a-1], route[b])
			if saved <= 0 {
				continue
			}
			for at := 1; at < len(route); at++ { // before at
				if at >= a && at <= b {
					continue
				}
				change := p.leg(route[at-1], first) + p.leg(end, route[at]) - p.leg(route[at-1], route[at]) - saved
				if change < 0 {
					shift(route, a, b, at)
					p.long[r] += change
					return true
				}
			}
		}
	}
	return false
}

// shift moves the piece a to before b of a route to before at.
func shift(route []int32, a, b, at int) {
	low, middle, high := a, b, at
	if at < a {
		low, middle, high = at, a, b
	}
	slices.Reverse(route[low:middle])
	slices.Reverse(route[middle:high])
	slices.Reverse(route[low:high])
}
