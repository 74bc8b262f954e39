package roadgraph

// NoOwner marks a state that no seed reaches.
const NoOwner = ^uint32(0)

// Seed starts a search at a state with some time on the clock.
type Seed struct {
	State    uint32
	Distance uint32
	Owner    uint32 // who started here; see Search.Owners
}

// Search runs plain Dijkstra (1959) over one adjacency: the reference every
// faster path is checked against. A Search is reused, by one goroutine at a time.
type Search struct {
	a        *Adjacency
	distance []uint32
	owner    []uint32
	heap     heap
}

// NewSearch prepares searches over the graph's Out (times from the seeds) or In
// (times to the seeds).
func NewSearch(a *Adjacency) *Search {
	n := len(a.First) - 1
	return &Search{a: a, distance: make([]uint32, n), owner: make([]uint32, n)}
}

// Run computes the time of every state from its nearest seed and which owner
// that seed has; among equal times the lowest owner wins. It returns the
// search's own arrays, valid until the next Run: Infinity and NoOwner where no
// seed leads.
func (s *Search) Run(seeds []Seed) (distance, owner []uint32) {
	for i := range s.distance {
		s.distance[i], s.owner[i] = Infinity, NoOwner
	}
	s.heap = s.heap[:0]
	for _, seed := range seeds {
		s.improve(seed.State, seed.Distance, seed.Owner)
	}
	for len(s.heap) > 0 {
		key := s.heap.pop()
		d, v := uint32(key>>32), uint32(key)
		if d != s.distance[v] {
			continue // improved since it was pushed
		}
		own := s.owner[v]
		for _, arc := range s.a.Arcs[s.a.First[v]:s.a.First[v+1]] {
			s.improve(arc.To, d+arc.Weight, own)
		}
	}
	return s.distance, s.owner
}

func (s *Search) improve(v, d, owner uint32) {
	if d >= Infinity || d > s.distance[v] || (d == s.distance[v] && owner >= s.owner[v]) {
		return
	}
	s.distance[v], s.owner[v] = d, owner
	s.heap.push(uint64(d)<<32 | uint64(v))
}

// heap is a 4-ary min-heap of packed (time, state) keys; stale entries are
// skipped when popped.
type heap []uint64

func (h *heap) push(key uint64) {
	a := append(*h, key)
	i := len(a) - 1
	for i > 0 {
		p := (i - 1) / 4
		if a[p] <= key {
			break
		}
		a[i] = a[p]
		i = p
	}
	a[i] = key
	*h = a
}

func (h *heap) pop() uint64 {
	a := *h
	top := a[0]
	last := a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	if len(a) == 0 {
		return top
	}
	i := 0
	for {
		c := 4*i + 1
		if c >= len(a) {
			break
		}
		for k, end := c+1, min(c+4, len(a)); k < end; k++ {
			if a[k] < a[c] {
				c = k
			}
		}
		if a[c] >= last {
			break
		}
		a[i] = a[c]
		i = c
	}
	a[i] = last
	return top
}
