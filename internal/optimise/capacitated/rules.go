package capacitated

import (
	"math"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// propagate closes what must be apart from an open site, is too dear beside the open
// ones, or leaves too little room; and opens what is needed for its room. It is true
// when the node holds no set at all.
func (s *solver) propagate(nd *node, free, open *[]int32) (empty bool) {
	for changed := true; changed; {
		changed = false
		for _, j := range *open {
			for _, k := range s.apart[j] {
				switch nd.fixed[k] {
				case optimise.Open:
					return true
				case optimise.Free:
					nd.fixed[k], changed = optimise.Closed, true
				}
			}
		}
		if *free, *open = s.free(nd); s.P > 0 && (len(*open) > s.P || len(*open)+len(*free) < s.P) {
			return true
		}
		group, empty := s.grouped(nd)
		if empty {
			return true
		}
		if group {
			changed = true
			continue
		}
		again, empty := s.afford(nd, *free, *open)
		if empty {
			return true
		}
		room, empty := s.roomFor(nd, *free, *open)
		if empty {
			return true
		}
		reach, empty := s.within(nd)
		if empty {
			return true
		}
		changed = changed || again || room || reach
		*free, *open = s.free(nd)
	}
	return false
}

// grouped closes the rest of a group that is full, and opens that of one that has no
// more sites than it needs.
func (s *solver) grouped(nd *node) (changed, empty bool) {
	for _, g := range s.Groups {
		open, free := 0, 0
		for _, j := range g.Sites {
			switch nd.fixed[j] {
			case optimise.Open:
				open++
			case optimise.Free:
				free++
			}
		}
		if open > g.Most || open+free < g.Least {
			return false, true
		}
		var st optimise.State
		switch {
		case free == 0:
			continue
		case open == g.Most:
			st = optimise.Closed
		case open+free == g.Least:
			st = optimise.Open
		default:
			continue
		}
		for _, j := range g.Sites {
			if nd.fixed[j] == optimise.Free {
				nd.fixed[j], changed = st, true
			}
		}
	}
	return changed, false
}

// afford closes sites that are too dear beside the open ones and the cheapest others.
func (s *solver) afford(nd *node, free, open []int32) (changed, empty bool) {
	if s.Prices == nil {
		return false, false
	}
	left := s.Budget
	for _, j := range open {
		left -= s.Prices[j]
	}
	var prices []int64
	for _, j := range free {
		prices = append(prices, s.Prices[j])
	}
	slices.Sort(prices)
	need := max(0, s.P-len(open))
	for _, x := range prices[:max(0, need-1)] {
		left -= x // what the others of the P cost at least
	}
	if left < 0 || need > 0 && prices[need-1] > left {
		return false, true
	}
	if s.P > 0 && need == 0 {
		return false, false
	}
	for _, j := range free {
		if s.Prices[j] > left { // dearer than all of those others
			nd.fixed[j], changed = optimise.Closed, true
		}
	}
	return changed, false
}

// roomFor closes sites beside which the roomiest others have too little room for those
// who have to be served, and opens those without which these have.
func (s *solver) roomFor(nd *node, free, open []int32) (changed, empty bool) {
	if s.needed == 0 {
		return false, false
	}
	lack := s.needed
	for _, j := range open {
		lack -= s.roomy[j]
	}
	rooms := []int64{}
	for _, j := range free {
		rooms = append(rooms, s.roomy[j])
	}
	slices.SortFunc(rooms, func(a, b int64) int { return int(max(-1, min(1, b-a))) })
	may := len(rooms)
	if s.P > 0 {
		may = s.P - len(open)
	}
	most := int64(0)
	for _, r := range rooms[:may] {
		most = min(most+r, math.MaxInt64/4)
	}
	if most < lack {
		return false, true
	}
	if may == 0 {
		return false, false
	}
	last, next := rooms[may-1], int64(0)
	if may < len(rooms) {
		next = rooms[may]
	}
	for _, j := range free {
		switch r := s.roomy[j]; {
		case r < last && most-last+r < lack:
			nd.fixed[j], changed = optimise.Closed, true
		case r >= last && most-r+next < lack:
			nd.fixed[j], changed = optimise.Open, true
		}
	}
	return changed, false
}

// within opens sites without which those near a demand that has to be served have too
// little room for it.
func (s *solver) within(nd *node) (changed, empty bool) {
	for _, i := range s.needs {
		near, room, least := s.near[s.start[i]:s.start[i+1]], int64(0), int64(math.MaxInt64)
		for _, x := range near {
			if nd.fixed[x.Site] != optimise.Closed {
				room += s.roomy[x.Site]
			}
			if nd.fixed[x.Site] == optimise.Free {
				least = min(least, -s.roomy[x.Site])
			}
		}
		if room < s.People[i] {
			return false, true
		}
		if least == math.MaxInt64 || room+least >= s.People[i] {
			continue
		}
		for _, x := range near {
			if nd.fixed[x.Site] == optimise.Free && room-s.roomy[x.Site] < s.People[i] {
				nd.fixed[x.Site], changed = optimise.Open, true
			}
		}
	}
	return changed, false
}
