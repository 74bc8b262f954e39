package siting

import (
	"math/bits"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// shorten makes a covering problem smaller, without another answer.
func (x *work) shorten(p *optimise.Problem) {
	merge(p)
	if x.Model == LSCP && x.Need == 1 {
		x.shrink(p)
	} else {
		x.reduce(p)
	}
}

// dominated lists the sites that a covering question does without: whatever one of
// them covers another covers too, which is as free to open. Where several cover the
// same the first is kept. A question whose rules tell sites apart keeps all of them.
//
// Homes are lists of the sites that cover them.
func (x *work) dominated(fixed []optimise.State, homes [][]int32) (drop []int32) {
	if x.Need > 1 || x.Best > 1 || x.Prices != nil || len(x.apart) > 0 || len(x.groups) > 0 {
		return nil
	}
	sites := len(fixed)
	words := (len(homes) + 63) / 64
	covers := make([]uint64, sites*words)
	counts, rarest := make([]int, sites), make([]int, sites) // of the homes a site covers, the one that fewest cover
	for j := range rarest {
		rarest[j] = -1
	}
	for i, own := range homes {
		for _, j := range own {
			covers[int(j)*words+i/64] |= 1 << (i % 64)
			counts[j]++
			if r := rarest[j]; r < 0 || len(own) < len(homes[r]) {
				rarest[j] = i
			}
		}
	}
	row := func(j int32) []uint64 { return covers[int(j)*words : int(j+1)*words] }
	for j := range int32(sites) {
		if fixed[j] != optimise.Free {
			continue
		}
		if rarest[j] < 0 || slices.ContainsFunc(homes[rarest[j]], func(k int32) bool {
			return k != j && fixed[k] != optimise.Closed && (counts[k] > counts[j] || counts[k] == counts[j] && k < j || fixed[k] == optimise.Open) && within(row(j), row(k))
		}) {
			drop = append(drop, j)
		}
	}
	return drop
}

// within says whether all bits of a are b's.
func within(a, b []uint64) bool {
	for w := range a {
		if bits.OnesCount64(a[w]&^b[w]) > 0 {
			return false
		}
	}
	return true
}

// smallest leaves out the sets that hold another: whatever covers that covers them.
func smallest(all [][]int32, sites int) (out [][]int32) {
	slices.SortFunc(all, byLength)
	all = slices.CompactFunc(all, slices.Equal)
	holds := make([][]int, sites) // per site, those of out that have it
	var seen []int                // of each of out, how many of its sites a list has
	for _, own := range all {
		clear(seen)
		redundant := false
		for _, j := range own {
			for _, k := range holds[j] {
				if seen[k]++; seen[k] == len(out[k]) {
					redundant = true
				}
			}
		}
		if redundant {
			continue
		}
		for _, j := range own {
			holds[j] = append(holds[j], len(out))
		}
		out, seen = append(out, own), append(seen, 0)
	}
	return out
}

// shrink leaves sites and homes of an lscp out by turns, as long as any is dominated:
// with each site that goes, homes have fewer, and with each home, sites cover less.
func (x *work) shrink(p *optimise.Problem) {
	for {
		before := len(p.Near)
		x.reduce(p)
		var homes [][]int32
		for _, near := range p.Near {
			var own []int32
			for _, c := range near {
				if p.Fixed[c.Site] != optimise.Closed {
					own = append(own, c.Site)
				}
			}
			homes = append(homes, own)
		}
		homes = smallest(homes, p.Sites)
		p.Near, p.Else = nil, nil
		for _, own := range homes {
			var near []optimise.Choice
			for _, j := range own {
				near = append(near, optimise.Choice{Site: j})
			}
			p.Near, p.Else = append(p.Near, near), append(p.Else, optimise.Must)
		}
		if len(p.Near) == before {
			return
		}
	}
}

// reduce closes dominated sites of a covering problem, as long as there are sites
// enough to open.
func (x *work) reduce(p *optimise.Problem) {
	homes := make([][]int32, len(p.Near))
	for i, near := range p.Near {
		for _, c := range near {
			homes[i] = append(homes[i], c.Site)
		}
	}
	fixed := slices.Clone(p.Fixed)
	for _, j := range x.dominated(fixed, homes) {
		fixed[j] = optimise.Closed
	}
	left := 0
	for _, st := range fixed {
		if st != optimise.Closed {
			left++
		}
	}
	if left >= p.P {
		p.Fixed = fixed
	}
}

// merge makes one demand of those that the same sites cover.
func merge(p *optimise.Problem) {
	type demand struct {
		near  []optimise.Choice
		worth int64
		need  int32
	}
	all := make([]demand, len(p.Near))
	for i, near := range p.Near {
		slices.SortFunc(near, func(a, b optimise.Choice) int { return int(a.Site - b.Site) })
		all[i] = demand{near: near, worth: p.Else[i]}
		if p.Need != nil {
			all[i].need = p.Need[i]
		}
	}
	bySites := func(a, b demand) int {
		return slices.CompareFunc(a.near, b.near, func(a, b optimise.Choice) int { return int(a.Site - b.Site) })
	}
	slices.SortStableFunc(all, bySites)
	n := 0
	for _, d := range all {
		if n > 0 && bySites(all[n-1], d) == 0 {
			if d.worth != optimise.Must {
				all[n-1].worth += d.worth
			}
			continue
		}
		all[n] = d
		n++
	}
	p.Near, p.Else = p.Near[:0], p.Else[:0]
	for k, d := range all[:n] {
		p.Near, p.Else = append(p.Near, d.near), append(p.Else, d.worth)
		if p.Need != nil {
			p.Need[k] = d.need
		}
	}
	if p.Need != nil {
		p.Need = p.Need[:n]
	}
}
