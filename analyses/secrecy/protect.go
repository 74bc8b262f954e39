package secrecy

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Protect is the snapshot as analyses and people may see it: the same, by the same
// id, but for confidential counts, whose small cells are merged. Protecting twice
// changes nothing more.
func Protect(s *geodata.Snapshot) *geodata.Snapshot {
	public := s.Population().Rule.Public()
	for _, c := range s.Counts() {
		public = public && c.Rule.Public()
	}
	if public || s.Protected() {
		return s
	}
	counts := slices.Clone(s.Counts())
	for i := range counts {
		counts[i] = merged(&counts[i])
	}
	return s.WithCounts(merged(s.Population()), counts)
}

// merged is the population with the counts of small cells spread over groups.
func merged(p *geodata.Population) geodata.Population {
	out := *p
	if p.Rule.Public() {
		return out
	}
	of, _ := p.Column(p.Rule.Of)
	groups, withheld := group(p, of, geodata.Whole(int64(p.Rule.Minimum)))
	out.Cells, out.Columns = slices.Clone(p.Cells), slices.Clone(p.Columns)
	for _, g := range groups {
		for _, i := range g {
			out.Cells[i].Imputed = true
		}
	}
	for _, i := range withheld {
		out.Cells[i].Imputed = true
	}
	for k, col := range p.Columns {
		values := slices.Clone(col.Values)
		for _, g := range groups {
			spread(values, g)
		}
		for _, i := range withheld {
			values[i] = 0
		}
		out.Columns[k].Values = values
	}
	return out
}

// group puts the cells of each commune that are counted at all in order along a
// curve and cuts it where the minimum is reached; what is left over at the end
// joins the last group. Groups of one cell need no merging. Cells of a commune
// under the minimum are withheld.
func group(p *geodata.Population, of []geodata.Amount, minimum geodata.Amount) (groups [][]int, withheld []int) {
	for _, members := range byCommune(p) {
		var done [][]int
		var open []int
		var sum geodata.Amount
		for _, i := range members {
			open = append(open, i)
			if sum += of[i]; sum >= minimum {
				done, open, sum = append(done, open), nil, 0
			}
		}
		switch {
		case len(done) == 0:
			withheld = append(withheld, open...)
		case len(open) > 0:
			done[len(done)-1] = append(done[len(done)-1], open...)
		}
		for _, g := range done {
			if len(g) > 1 {
				groups = append(groups, g)
			}
		}
	}
	return groups, withheld
}

// byCommune lists the cells where anything is counted, along a Z-order curve
// through each commune.
func byCommune(p *geodata.Population) [][]int {
	at := map[string][]int{}
	for i, c := range p.Cells {
		if slices.ContainsFunc(p.Columns, func(col geodata.Column) bool { return col.Values[i] > 0 }) {
			at[c.Commune] = append(at[c.Commune], i)
		}
	}
	var codes []string
	for code := range at {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	out := make([][]int, len(codes))
	for k, code := range codes {
		members := at[code]
		slices.SortFunc(members, func(a, b int) int {
			return cmp.Or(cmp.Compare(zOrder(p.Cells[a].Centre), zOrder(p.Cells[b].Centre)), cmp.Compare(a, b))
		})
		out[k] = members
	}
	return out
}

// zOrder interleaves the bits of a point's coordinates, to about a metre.
func zOrder(p orb.Point) uint64 {
	x, y := uint64(math.Floor((p[0]+180)*1e5)), uint64(math.Floor((p[1]+90)*1e5))
	var z uint64
	for b := range 32 {
		z |= x>>b&1<<(2*b) | y>>b&1<<(2*b+1)
	}
	return z
}

// spread shares the sum of a group's values evenly, to the last millionth.
func spread(values []geodata.Amount, group []int) {
	var sum geodata.Amount
	for _, i := range group {
		sum += values[i]
	}
	n := geodata.Amount(len(group))
	for k, i := range group {
		values[i] = sum / n
		if geodata.Amount(k) < sum%n {
			values[i]++
		}
	}
}
