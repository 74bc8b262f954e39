package roadgraph

// sweepScalar sets each row to the least over its arcs of the row they lead to
// plus their weight; rows that are touched hold times already, the others are
// taken to be infinite whatever they hold.
func sweepScalar(first []uint32, arcs []Arc, rows []Row, touched []uint32) {
	k := 0
	for p := range rows {
		best := infinite
		if k < len(touched) && touched[k] == uint32(p) {
			best = rows[p]
			k++
		}
		for _, a := range arcs[first[p]:first[p+1]] {
			relax(&best, &rows[a.To], a.Weight)
		}
		rows[p] = best
	}
}
