package geodata

import (
	"cmp"
	"slices"
	"sync"
)

// SortCells puts the cells in the order of their ids and the values of every
// column with them; see Reorder.
func (p *Population) SortCells() {
	if order := idOrder(p.Cells); order != nil {
		p.Reorder(order)
	}
}

// Reorder puts the cell at order[i] at place i, and the values of every column
// with it. It moves them where they are, so that a country's grid needs little
// memory beside its own: nobody else may hold the columns' values. The order is
// used up.
func (p *Population) Reorder(order []int32) {
	var spare []Amount
	for k := range p.Columns {
		values := p.Columns[k].Values
		if spare == nil {
			spare = make([]Amount, len(order))
		}
		gather(spare, values, order)
		p.Columns[k].Values, spare = spare, values[:len(order)]
	}
	rearrange(p.Cells, order)
}

// permute puts in[order[i]] at place i.
func permute[O int | int32, T any](in []T, order []O) []T {
	out := make([]T, len(order))
	gather(out, in, order)
	return out
}

// gather is permute into out, on all processors where it is long: a country's
// column is read all over the place.
func gather[O int | int32, T any](out, in []T, order []O) {
	const run = 1 << 17
	var all sync.WaitGroup
	for first := 0; first < len(order); first += run {
		last := min(first+run, len(order))
		all.Go(func() {
			for i := first; i < last; i++ {
				out[i] = in[order[i]]
			}
		})
	}
	all.Wait()
}

// rearrange is permute in place, which uses up the order.
func rearrange[T any](all []T, order []int32) {
	for i := range order {
		if int(order[i]) == i {
			continue
		}
		first := all[i]
		at := int32(i)
		for order[at] != int32(i) {
			from := order[at]
			all[at], order[at] = all[from], at
			at = from
		}
		all[at], order[at] = first, at
	}
}

// idOrder lists the cells' places in the order of their ids, cells with the same
// id in the order they stand in; nil if all stand in order already.
func idOrder(cells []Cell) []int32 {
	if slices.IsSortedFunc(cells, func(a, b Cell) int { return cmp.Compare(a.ID, b.ID) }) {
		return nil
	}
	keys := make([]idKey, len(cells))
	for i := range keys {
		keys[i].at = int32(i)
	}
	sortKeys(cells, keys, 0)
	order := make([]int32, len(keys))
	for i := range keys {
		order[i] = keys[i].at
	}
	return order
}

// idKey is the place of a cell and eight bytes of its id as a number. Ids of a
// grid begin alike: comparing a piece at a time, next to each other in memory,
// is several times faster than following every id from its beginning.
type idKey struct {
	piece uint64
	at    int32
}

// sortKeys sorts cells whose ids are the same up to a depth.
func sortKeys(cells []Cell, keys []idKey, depth int) {
	longest := 0
	for i := range keys {
		id := cells[keys[i].at].ID
		keys[i].piece, longest = pieceOf(id, depth), max(longest, len(id))
	}
	if longest <= depth+8 || len(keys) < 16 {
		slices.SortFunc(keys, func(a, b idKey) int {
			if c := cmp.Compare(a.piece, b.piece); c != 0 {
				return c
			}
			return cmp.Or(cmp.Compare(cells[a.at].ID, cells[b.at].ID), cmp.Compare(a.at, b.at))
		})
		return
	}
	slices.SortFunc(keys, func(a, b idKey) int {
		switch {
		case a.piece < b.piece:
			return -1
		case a.piece > b.piece:
			return 1
		}
		return int(a.at) - int(b.at)
	})
	var large sync.WaitGroup
	for first := 0; first < len(keys); {
		last := first + 1
		for last < len(keys) && keys[last].piece == keys[first].piece {
			last++
		}
		same := keys[first:last]
		first = last
		switch {
		case len(same) > 1<<16:
			large.Go(func() { sortKeys(cells, same, depth+8) })
		case len(same) > 1:
			sortKeys(cells, same, depth+8)
		}
	}
	large.Wait()
}

// pieceOf is eight bytes of an id, the first the most significant; beyond its end zeros.
func pieceOf(id string, depth int) (piece uint64) {
	for i := depth; i < depth+8; i++ {
		piece <<= 8
		if i < len(id) {
			piece |= uint64(id[i])
		}
	}
	return piece
}
