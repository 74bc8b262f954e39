package secrecy

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Protect is the snapshot as analyses and people may see it: the same, by the same
// id, but for confidential counts, which are merged and perturbed. Protecting twice
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
		counts[i] = protected(&counts[i])
	}
	return s.WithCounts(protected(s.Population()), counts)
}

// protected is the population with what may be told of each cell.
func protected(p *geodata.Population) geodata.Population {
	out := *p
	if p.Rule.Public() {
		return out
	}
	of, _ := p.Column(p.Rule.Of)
	communes, withheld := group(p, of, geodata.Whole(int64(p.Rule.Minimum)))
	out.Cells, out.Columns = slices.Clone(p.Cells), slices.Clone(p.Columns)
	for _, groups := range communes {
		for _, g := range groups {
			for _, i := range g {
				out.Cells[i].Imputed = out.Cells[i].Imputed || len(g) > 1
			}
		}
	}
	for _, i := range withheld {
		out.Cells[i].Imputed = true
	}
	k := keysOf(p)
	for c, col := range p.Columns {
		out.Columns[c].Values = make([]geodata.Amount, len(p.Cells))
		for _, groups := range communes {
			perturb(out.Columns[c].Values, col.Values, groups, k.cells, k.columns[c], grain(col, of, groups))
		}
	}
	bound(&out)
	return out
}

// perturb tells a column of a commune: of each group what is told of all groups to
// its end, less what is told of those before it, shared evenly by its cells.
func perturb(told, counted []geodata.Amount, groups [][]int, cells []uint64, key uint64, grain geodata.Amount) {
	var sum, before geodata.Amount
	for _, g := range groups {
		for _, i := range g {
			sum += counted[i]
			key += cells[i]
		}
		now := max(before, ((sum+grain/2)/grain+perturbation(key))*grain) // no part of one is told
		spread(told, g, now-before)
		before = now
	}
}

// grain is what one more or less is in a column: one of what it counts; of euros
// what there is of them in the commune for one of what the minimum counts.
func grain(col geodata.Column, of []geodata.Amount, groups [][]int) geodata.Amount {
	if std, _ := geodata.StandardColumnByName(col.Name); std.Unit != "euros" {
		return geodata.Unit
	}
	var sum, n geodata.Amount
	for _, g := range groups {
		for _, i := range g {
			sum, n = sum+col.Values[i], n+of[i]
		}
	}
	return max(1, sum/max(1, n/geodata.Unit))
}

// bound keeps people of a kind to the people of the cell, and households to its households.
func bound(p *geodata.Population) {
	all := map[string]string{"persons": "ind", "households": "men"}
	for _, col := range p.Columns {
		std, _ := geodata.StandardColumnByName(col.Name)
		if whole, ok := p.Column(all[std.Unit]); ok {
			for i, v := range whole {
				col.Values[i] = min(col.Values[i], v)
			}
		}
	}
}

// group puts the cells of each commune that are counted at all in order along a
// curve and cuts it where the minimum is reached; what is left over at the end
// joins the last group. Cells of a commune under the minimum are withheld.
func group(p *geodata.Population, of []geodata.Amount, minimum geodata.Amount) (communes [][][]int, withheld []int) {
	for _, members := range byCommune(p) {
		var groups [][]int
		var open []int
		var sum geodata.Amount
		for _, i := range members {
			open = append(open, i)
			if sum += of[i]; sum >= minimum {
				groups, open, sum = append(groups, open), nil, 0
			}
		}
		switch last := len(groups) - 1; {
		case last < 0:
			withheld = append(withheld, open...)
		default:
			groups[last] = append(groups[last], open...)
			communes = append(communes, groups)
		}
	}
	return communes, withheld
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

// spread shares a sum evenly, to the last millionth.
func spread(values []geodata.Amount, group []int, sum geodata.Amount) {
	n := geodata.Amount(len(group))
	for k, i := range group {
		values[i] = sum / n
		if geodata.Amount(k) < sum%n {
			values[i]++
		}
	}
}
