package coverage

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// needs are the columns of the households and people who need more than others.
var needs = []string{"men_pauv", "men_fmp", "men_1ind", "ind_80p"}

func (a *account) needs(everyone []int) (rows []Row) {
	for _, name := range needs {
		std, _ := geodata.StandardColumnByName(name)
		if values, ok := a.demand.Column(name); ok {
			row := a.row(name, std.Label, everyone, values)
			row.Unit = std.Unit
			rows = append(rows, row)
		}
	}
	return rows
}

// fifthNames are from the lowest living standard to the highest.
var fifthNames = [5]geodata.Text{
	{Fr: "1er cinquième de niveau de vie (le plus modeste)", En: "1st fifth of living standards (the lowest)"},
	{Fr: "2e cinquième de niveau de vie", En: "2nd fifth of living standards"},
	{Fr: "3e cinquième de niveau de vie", En: "3rd fifth of living standards"},
	{Fr: "4e cinquième de niveau de vie", En: "4th fifth of living standards"},
	{Fr: "5e cinquième de niveau de vie (le plus aisé)", En: "5th fifth of living standards (the highest)"},
}

func (a *account) livingStandards() (rows []Row) {
	fifths, ok := fifths(a.demand)
	if !ok {
		return nil
	}
	for n, members := range fifths {
		rows = append(rows, a.row(fmt.Sprintf("q%d", n+1), fifthNames[n], members, a.demand.Amount))
	}
	return rows
}

// fifths ranks the cells that count by ind_snv / ind and cuts them into fifths of
// their people. Cells alike stay together, in the fifth where the middle one of
// their people belongs. ok is false where the population does not have the columns.
func fifths(d *demand.Demand) (members [5][]int, ok bool) {
	ind, people := d.Population.Column("ind")
	snv, living := d.Population.Column("ind_snv")
	if !people || !living {
		return members, false
	}
	ranked := make([]int, len(d.Cells))
	var all geodata.Amount
	for k, i := range d.Cells {
		ranked[k] = k
		all += ind[i]
	}
	standard := func(a, b int) int { // snv_a / ind_a against snv_b / ind_b, exactly
		i, j := d.Cells[a], d.Cells[b]
		ha, la := bits.Mul64(uint64(snv[i]), uint64(ind[j]))
		hb, lb := bits.Mul64(uint64(snv[j]), uint64(ind[i]))
		return cmp.Or(cmp.Compare(ha, hb), cmp.Compare(la, lb))
	}
	slices.SortStableFunc(ranked, standard)
	var below geodata.Amount
	for at := 0; at < len(ranked); {
		end, alike := at, geodata.Amount(0)
		for end < len(ranked) && standard(ranked[at], ranked[end]) == 0 {
			alike += ind[d.Cells[ranked[end]]]
			end++
		}
		fifth := min(4, int(5*(2*below+alike)/(2*max(all, 1))))
		members[fifth] = append(members[fifth], ranked[at:end]...)
		below += alike
		at = end
	}
	for n := range members {
		slices.Sort(members[n])
	}
	return members, true
}

// epcis are the rows of the intercommunalities, where there are several.
func (a *account) epcis(communes []geodata.Commune) (rows []Row) {
	of, names := map[string]string{}, map[string]string{}
	for _, c := range communes {
		of[c.Code] = c.EPCI
		if c.Study && c.EPCI != "" {
			names[c.EPCI] = cmp.Or(c.EPCIName, c.EPCI)
		}
	}
	if len(names) < 2 {
		return nil
	}
	members := map[string][]int{}
	for k, i := range a.demand.Cells {
		epci := of[a.demand.Population.Cells[i].Commune]
		members[epci] = append(members[epci], k)
	}
	var codes []string
	for code := range names {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		rows = append(rows, a.row(code, geodata.Text{Fr: names[code]}, members[code], a.demand.Amount))
	}
	if none := members[""]; len(none) > 0 {
		rows = append(rows, a.row("", geodata.Text{Fr: "sans intercommunalité connue", En: "of no known intercommunality"}, none, a.demand.Amount))
	}
	return rows
}

// zones are the rows of a division, and how much demand is in none of its zones
// and in several.
func (a *account) zones(zones []geodata.Zone) (rows []Row, none, several geodata.Amount) {
	members := make([][]int, len(zones))
	var outside []int
	var more secrecy.Sum
	at := locate(zones)
	for k, i := range a.demand.Cells {
		in := at(a.demand.Population.Cells[i].Centre)
		for _, z := range in {
			members[z] = append(members[z], k)
		}
		switch {
		case len(in) == 0:
			outside = append(outside, k)
		case len(in) > 1:
			a.demand.Guard.Add(&more, i, a.demand.Amount[i])
		}
	}
	for z := range zones {
		rows = append(rows, a.row(zones[z].ID, geodata.Text{Fr: cmp.Or(zones[z].Name, zones[z].ID)}, members[z], a.demand.Amount))
	}
	if len(outside) > 0 {
		row := a.row("", geodata.Text{Fr: "hors de toute zone", En: "in no zone"}, outside, a.demand.Amount)
		rows, none = append(rows, row), row.Demand
	}
	return rows, none, a.demand.Guard.Tell(more)
}

// locate returns how to find the zones that a point lies in, rising. A point on
// an outline lies in its zone.
func locate(zones []geodata.Zone) func(orb.Point) []int {
	var tree rtree.RTreeG[int]
	for z := range zones {
		for _, polygon := range zones[z].Outline {
			b := polygon.Bound()
			tree.Insert(b.Min, b.Max, z)
		}
	}
	return func(p orb.Point) (in []int) {
		tree.Search(p, p, func(_, _ [2]float64, z int) bool {
			if planar.MultiPolygonContains(zones[z].Outline, p) {
				in = append(in, z)
			}
			return true
		})
		slices.Sort(in)
		return slices.Compact(in)
	}
}
