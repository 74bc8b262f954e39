package roadgraph

import "slices"

// KNearest computes, for every selected state, the k nearest owners and the
// times to them, nearest first, in one sweep: each state carries k labels, and
// the labels of a state are the k best, one per owner, of those over its arcs.
// Among equal times the lower owner comes first. The labels of the i-th selected
// state are times[i*k:(i+1)*k] and owners likewise: Infinity and NoOwner where
// fewer are reached.
func (w *Sweeper) KNearest(k int, seeds []Seed, times, owners []uint32) {
	lists := make([]uint64, k*(len(w.s.first)-1))
	for i := range lists {
		lists[i] = nobody
	}
	w.ancestors(func(yield func(state uint32)) {
		for _, seed := range seeds {
			yield(seed.State)
		}
	})
	above := make([]uint64, k*len(w.chain))
	for i := range above {
		above[i] = nobody
	}
	h, fall := w.s.m.h, &w.s.m.fall
	for _, seed := range seeds {
		if seed.Distance < Infinity {
			at := int(w.link[h.rank[seed.State]]) * k
			offer(above[at:at+k], uint64(seed.Distance)<<32|uint64(seed.Owner))
		}
	}
	for i, v := range w.chain {
		for _, a := range fall.arcs[fall.first[v]:fall.first[v+1]] {
			at := int(w.link[a.To]) * k
			offerAll(above[at:at+k], above[i*k:(i+1)*k], a.Weight)
		}
	}
	w.touch(func(p uint32, i int) { copy(lists[int(p)*k:], above[i*k:(i+1)*k]) })
	for p := range len(w.s.first) - 1 {
		for _, a := range w.s.arcs[w.s.first[p]:w.s.first[p+1]] {
			offerAll(lists[p*k:(p+1)*k], lists[int(a.To)*k:(int(a.To)+1)*k], a.Weight)
		}
	}
	for i, p := range w.s.at {
		for j := range k {
			l := lists[int(p)*k+j]
			times[i*k+j], owners[i*k+j] = uint32(l>>32), uint32(l)
		}
	}
}

func offerAll(list, from []uint64, weight uint32) {
	for _, l := range from {
		if l += uint64(weight) << 32; l >= nobody || l >= list[len(list)-1] {
			return // from rises: the rest is no better
		}
		offer(list, l)
	}
}

// offer puts a label into a rising list with one label per owner, if it belongs there.
func offer(list []uint64, label uint64) {
	at, _ := slices.BinarySearch(list, label)
	if at == len(list) {
		return
	}
	end := len(list) - 1 // the label that gives way: the owner's own, or the last
	for i, l := range list {
		if uint32(l) == uint32(label) && l != nobody {
			if i < at {
				return // the owner has a better one
			}
			end = i
			break
		}
	}
	copy(list[at+1:end+1], list[at:end])
	list[at] = label
}
