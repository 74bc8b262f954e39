package roadgraph

// Components returns the strongly connected component of every state (Tarjan
// 1972, without recursion) and their number. Within a component every state
// leads to every other.
func (g *Graph) Components() (component []uint32, count int) {
	n := g.States()
	component = make([]uint32, n)
	order := make([]uint32, n) // of discovery, from 1; 0: not seen yet
	low := make([]uint32, n)   // the earliest state known to be reachable
	done := make([]bool, n)
	next := make([]uint32, n) // the arc to look at next
	var stack, path []uint32
	seen := uint32(0)
	for start := range uint32(n) {
		if order[start] != 0 {
			continue
		}
		path = append(path[:0], start)
		for len(path) > 0 {
			v := path[len(path)-1]
			if order[v] == 0 {
				seen++
				order[v], low[v] = seen, seen
				next[v] = g.Out.First[v]
				stack = append(stack, v)
			}
			if next[v] < g.Out.First[v+1] {
				to := g.Out.Arcs[next[v]].To
				if g.Out.Arcs[next[v]].Weight == Infinity { // closed
					next[v]++
					continue
				}
				if order[to] == 0 {
					path = append(path, to)
					continue // next[v] stays: it is looked at again, lowered, on return
				}
				if !done[to] {
					low[v] = min(low[v], low[to])
				}
				next[v]++
				continue
			}
			path = path[:len(path)-1]
			if low[v] == order[v] {
				for {
					w := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					component[w] = uint32(count)
					done[w] = true
					if w == v {
						break
					}
				}
				count++
			}
		}
	}
	return component, count
}
