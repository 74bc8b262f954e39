package optimise

import (
	"cmp"
	"math"
	"slices"
)

// pick is the set that is least by a number of each site alone, of those that keep
// to a node, to P and to the groups: what the bound is made of. Such sets are the
// bases of a generalised polymatroid, so that greed finds the least of them, and
// what it costs to want a site, or not to have it, is that of one exchange.
type pick struct {
	*compiled
	weight  []float64 // per site
	free    []int32   // rising by weight
	taken   []bool    // per site: of the free ones
	chosen  []int32   // open and taken
	total   float64   // of chosen
	count   []int     // per group, of chosen
	most    []float64 // per group, the highest weight taken; -∞ for none
	least   []float64 // per group, the lowest left; +∞ for none
	removed float64   // the highest weight that can be left without another of its group
	added   float64   // the lowest weight that can come in without another of its group going
}

func (c *compiled) newPick() *pick {
	n := len(c.groups)
	return &pick{compiled: c, weight: make([]float64, c.Sites), taken: make([]bool, c.Sites), count: make([]int, n), most: make([]float64, n), least: make([]float64, n)}
}

// choose finds the set. free and open are the node's, and there has to be one.
func (k *pick) choose(free, open []int32) {
	k.free = append(k.free[:0], free...)
	slices.SortFunc(k.free, func(a, b int32) int {
		switch {
		case k.weight[a] < k.weight[b]:
			return -1
		case k.weight[a] > k.weight[b]:
			return 1
		}
		return cmp.Compare(a, b)
	})
	clear(k.count)
	k.chosen, k.total = append(k.chosen[:0], open...), 0
	for _, j := range open {
		k.total += k.weight[j]
		k.count[k.group[j]]++
	}
	for _, j := range k.free {
		if k.taken[j] = k.count[k.group[j]] < k.groups[k.group[j]].Least; k.taken[j] {
			k.take(j)
		}
	}
	for _, j := range k.free {
		if k.P > 0 && len(k.chosen) == k.P || k.P == 0 && k.weight[j] >= 0 {
			break
		}
		if !k.taken[j] && k.count[k.group[j]] < k.groups[k.group[j]].Most {
			k.taken[j] = true
			k.take(j)
		}
	}
}

func (k *pick) take(j int32) {
	k.chosen = append(k.chosen, j)
	k.count[k.group[j]]++
	k.total += k.weight[j]
}

// edges finds what an exchange would take out and bring in.
func (k *pick) edges() {
	for g := range k.groups {
		k.most[g], k.least[g] = math.Inf(-1), math.Inf(1)
	}
	for _, j := range k.free {
		if g := k.group[j]; k.taken[j] {
			k.most[g] = max(k.most[g], k.weight[j])
		} else {
			k.least[g] = min(k.least[g], k.weight[j])
		}
	}
	k.removed, k.added = math.Inf(-1), math.Inf(1)
	if k.P == 0 {
		k.removed, k.added = 0, 0 // or nothing at all
	}
	for g, group := range k.groups {
		if k.count[g] > group.Least {
			k.removed = max(k.removed, k.most[g])
		}
		if k.count[g] < group.Most {
			k.added = min(k.added, k.least[g])
		}
	}
}

// changed is how much more the least set costs that has a free site which is not
// taken, or that has not one which is. It is infinite when there is none.
func (k *pick) changed(j int32) float64 {
	g := k.group[j]
	if k.taken[j] {
		in := k.least[g]
		if k.count[g] > k.groups[g].Least {
			in = min(in, k.added)
		}
		return in - k.weight[j]
	}
	out := k.most[g]
	if k.count[g] < k.groups[g].Most {
		out = max(out, k.removed)
	}
	return k.weight[j] - out
}
