package demand

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// ages is a range of single ages, from the youngest to the oldest; AndOver is open.
type ages struct{ from, to int }

// bandSets are the columns of a grid that split its people by age. The first set
// of which a grid has all is used.
var bandSets = [][]string{
	{"ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17", "ind_18_24", "ind_25_39", "ind_40_54", "ind_55_64", "ind_65_79", "ind_80p"},
	{"y_lt15", "y_1564", "y_ge65"},
}

// agesOf are the ages that a column counts.
var agesOf = map[string]ages{
	"ind": {0, geodata.AndOver}, "ind_0_3": {0, 3}, "ind_4_5": {4, 5}, "ind_6_10": {6, 10}, "ind_11_17": {11, 17}, "ind_18_24": {18, 24},
	"ind_25_39": {25, 39}, "ind_40_54": {40, 54}, "ind_55_64": {55, 64}, "ind_65_79": {65, 79}, "ind_80p": {80, geodata.AndOver},
	"y_lt15": {0, 14}, "y_1564": {15, 64}, "y_ge65": {65, geodata.AndOver},
}

// common is how many single ages two ranges share, when the last age is top.
func (a ages) common(b ages, top int) int {
	return max(0, min(a.to, b.to, top)-max(a.from, b.from)+1)
}

// targetAges tells the ages a service is for from its shares, those of its first
// alternative, which is the finest. The shares must be of whole single ages that
// lie together: of a band that is counted in part, those beside the band that is
// counted too, or the youngest of all people.
func targetAges(s geodata.Service) (ages, error) {
	unclear := func(why string) (ages, error) {
		return ages{}, fmt.Errorf("the ages of service %s cannot be told from what it counts: %s", s.ID, why)
	}
	shares := s.Demand[0].Shares
	var parts []part
	for column, share := range shares {
		p, err := partOf(column, share)
		if err != nil {
			return unclear(err.Error())
		}
		if p.counted > 0 {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return unclear("it counts nobody")
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	for k, p := range parts[1:] {
		if parts[k].to+1 != p.from {
			return unclear("its bands do not lie together")
		}
	}
	for k, p := range parts {
		if inside := k > 0 && k < len(parts)-1; p.counted < p.width && inside {
			return unclear("a band between others is counted in part")
		}
	}
	first, last := parts[0], parts[len(parts)-1]
	switch {
	case len(parts) == 1 && first.counted < first.width && first.from > 0:
		return unclear("which part of its band is not said")
	case len(parts) == 1:
		return ages{first.from, first.from + first.counted - 1}, nil
	}
	return ages{first.to - first.counted + 1, last.from + last.counted - 1}, nil
}

// part is how many single ages of a column's a service counts.
type part struct {
	ages
	width, counted int
}

func partOf(column string, share geodata.Fraction) (part, error) {
	a, known := agesOf[column]
	if !known {
		return part{}, fmt.Errorf("%s is no range of ages", column)
	}
	p := part{ages: a, width: a.to - a.from + 1}
	whole := share.Num == share.Den || share.Num == 0
	if a.to == geodata.AndOver && !whole || int64(p.width)*share.Num%share.Den != 0 {
		return part{}, fmt.Errorf("%s of %s are no whole ages", share, column)
	}
	p.counted = int(int64(p.width) * share.Num / share.Den)
	return p, nil
}
