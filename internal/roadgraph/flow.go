package roadgraph

// flow finds minimum edge cuts in a piece with unit capacities by Dinic's
// algorithm (1970). Its arrays serve one direction after the other.
type flow struct {
	p     *piece
	back  []uint32 // the arc in the other direction
	used  []int8   // flow along the arc: -1, 0, 1
	level []int32  // from the sources; -1 not reached
	next  []uint32 // the arc to try next
	queue []uint32
	role  []uint8
}

const (
	between uint8 = iota
	isSource
	isSink
)

func newFlow(p *piece) *flow {
	n := len(p.states)
	f := &flow{p: p, back: make([]uint32, len(p.to)), used: make([]int8, len(p.to)),
		level: make([]int32, n), next: make([]uint32, n), queue: make([]uint32, 0, n), role: make([]uint8, n)}
	// Lists are sorted, so walking the tails in order meets each head's list in order.
	copy(f.next, p.first[:n])
	for u := range n {
		for e := p.first[u]; e < p.first[u+1]; e++ {
			f.back[e] = f.next[p.to[e]]
			f.next[p.to[e]]++
		}
	}
	return f
}

// bisect cuts between the first and the last quarter of the sorted nodes, and
// labels a separator beside the cut.
func (f *flow) bisect(order []uint32) []uint8 {
	n := len(order)
	k := max(1, n/4)
	clear(f.used)
	clear(f.role)
	for _, v := range order[:k] {
		f.role[v] = isSource
	}
	for _, v := range order[n-k:] {
		f.role[v] = isSink
	}
	for f.layer(order[:k]) {
		copy(f.next, f.p.first[:n])
		for _, s := range order[:k] {
			for f.augment(s) {
			}
		}
	}
	return f.cut(order[:k], order[n-k:])
}

// layer computes levels from the sources over arcs with room, and says whether a sink is reached.
func (f *flow) layer(sources []uint32) bool {
	for v := range f.level {
		f.level[v] = -1
	}
	f.queue = append(f.queue[:0], sources...)
	for _, s := range sources {
		f.level[s] = 0
	}
	found := int32(-1)
	for i := 0; i < len(f.queue); i++ {
		v := f.queue[i]
		if found >= 0 && f.level[v] >= found {
			break // deeper levels cannot lie on a shortest path
		}
		for e := f.p.first[v]; e < f.p.first[v+1]; e++ {
			u := f.p.to[e]
			if f.level[u] >= 0 || f.used[e] == 1 {
				continue
			}
			f.level[u] = f.level[v] + 1
			if f.role[u] == isSink {
				found = f.level[u]
			}
			f.queue = append(f.queue, u)
		}
	}
	return found >= 0
}

// augment sends one unit from a source to a sink along rising levels.
func (f *flow) augment(from uint32) bool {
	path := f.queue[:0]
	v := from
	for {
		if f.role[v] == isSink {
			for _, e := range path {
				f.used[e]++
				f.used[f.back[e]]--
			}
			return true
		}
		advanced := false
		for e := f.next[v]; e < f.p.first[v+1]; e++ {
			u := f.p.to[e]
			if f.used[e] < 1 && f.level[u] == f.level[v]+1 {
				f.next[v] = e
				path = append(path, e)
				v, advanced = u, true
				break
			}
		}
		if advanced {
			continue
		}
		f.next[v] = f.p.first[v+1]
		if len(path) == 0 {
			return false
		}
		last := path[len(path)-1]
		path = path[:len(path)-1]
		v = f.p.to[f.back[last]]
		f.next[v]++ // that arc leads nowhere
	}
}

// cut labels the side of the sources 0, the other 1, and the ends of the cut
// edges on one side separator. Of the cuts nearest to the sources and nearest
// to the sinks it takes the more even one.
func (f *flow) cut(sources, sinks []uint32) []uint8 {
	near := f.reach(sources, func(e uint32) bool { return f.used[e] < 1 })
	far := f.reach(sinks, func(e uint32) bool { return f.used[f.back[e]] < 1 })
	label := make([]uint8, len(f.level))
	fromSources := uneven(near, len(label)) <= uneven(far, len(label))
	in := make([]bool, len(label))
	if fromSources {
		for _, v := range near {
			in[v] = true
		}
	} else {
		for v := range in {
			in[v] = true
		}
		for _, v := range far {
			in[v] = false
		}
	}
	for v := range label {
		if !in[v] {
			label[v] = 1
		}
	}
	f.separate(label)
	return label
}

func uneven(part []uint32, n int) int {
	return max(2*len(part)-n, n-2*len(part))
}

func (f *flow) reach(from []uint32, room func(e uint32) bool) []uint32 {
	seen := make([]bool, len(f.level))
	out := append([]uint32{}, from...)
	for _, v := range from {
		seen[v] = true
	}
	for i := 0; i < len(out); i++ {
		v := out[i]
		for e := f.p.first[v]; e < f.p.first[v+1]; e++ {
			if u := f.p.to[e]; !seen[u] && room(e) {
				seen[u] = true
				out = append(out, u)
			}
		}
	}
	return out
}

// separate turns the fewer ends of the cut edges, those on one side, into the separator.
func (f *flow) separate(label []uint8) {
	var ends [2][]uint32
	for v := range label {
		for e := f.p.first[v]; e < f.p.first[v+1]; e++ {
			if label[f.p.to[e]] != label[v] {
				ends[label[v]] = append(ends[label[v]], uint32(v))
				break
			}
		}
	}
	side := 0
	if len(ends[1]) < len(ends[0]) {
		side = 1
	}
	for _, v := range ends[side] {
		label[v] = separator
	}
}
