package fragility

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// home is a cell as places are made of it.
type home struct {
	id         string
	commune    string
	centre     orb.Point
	households geodata.Amount
}

// place is cells that are told together, by their positions, rising.
type place struct {
	cells      []int
	middle     orb.Point
	households geodata.Amount
}

// group joins the homes of each commune until every place has the minimum of
// households: the one with fewest, the first of equals, joins the nearest. Homes of a commune that
// has fewer in all are withheld. Homes are in the order of their ids, places in that of their first home.
func group(homes []home, minimum geodata.Amount) (places []place, withheld []int) {
	of := map[string][]place{}
	var communes []string
	for i, h := range homes {
		if of[h.commune] == nil {
			communes = append(communes, h.commune)
		}
		of[h.commune] = append(of[h.commune], place{[]int{i}, h.centre, h.households})
	}
	for _, commune := range communes {
		all := of[commune]
		for len(all) > 1 {
			least := smallest(all)
			if all[least].households >= minimum {
				break
			}
			all = join(all, least, nearest(all, least), homes)
		}
		if len(all) == 1 && all[0].households < minimum {
			withheld = append(withheld, all[0].cells...)
			continue
		}
		places = append(places, all...)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.cells[0], b.cells[0]) })
	slices.Sort(withheld)
	return places, withheld
}

// smallest is the place with fewest households, the first of equals.
func smallest(all []place) (least int) {
	for i := range all {
		if cmp.Or(cmp.Compare(all[i].households, all[least].households), cmp.Compare(all[i].cells[0], all[least].cells[0])) < 0 {
			least = i
		}
	}
	return least
}

// nearest is the place whose middle is nearest to that of another, the first of equals.
func nearest(all []place, to int) int {
	best, least := -1, 0.0
	mx, my := geodata.MetresPerDegree(all[to].middle[1])
	for i := range all {
		if i == to {
			continue
		}
		dx, dy := (all[i].middle[0]-all[to].middle[0])*mx, (all[i].middle[1]-all[to].middle[1])*my
		d := float64(dx*dx) + float64(dy*dy)
		if best < 0 || d < least || d == least && all[i].cells[0] < all[best].cells[0] {
			best, least = i, d
		}
	}
	return best
}

// join makes one place of two; its middle is the mean of its homes' centres.
func join(all []place, a, b int, homes []home) []place {
	cells := slices.Sorted(slices.Values(append(slices.Clone(all[a].cells), all[b].cells...)))
	p := place{cells: cells, households: all[a].households + all[b].households}
	for _, i := range cells {
		p.middle[0] += homes[i].centre[0] / float64(len(cells))
		p.middle[1] += homes[i].centre[1] / float64(len(cells))
	}
	all[min(a, b)] = p
	return slices.Delete(all, max(a, b), max(a, b)+1)
}
