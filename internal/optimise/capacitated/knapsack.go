package capacitated

// gainer is people who would gain by a place.
type gainer struct {
	cost   float64 // of each, less the price: below 0
	people float64
	demand int32
}

// fill gives the room of a site to those who gain most, and moves them to the front.
// It returns what that comes to, and how many of the list have all their places; the
// next has the rest of the room.
func fill(list []gainer, room float64) (value float64, full int, rest float64) {
	low, high := 0, len(list)
	for high-low > 12 {
		mid := split(list, low, high)
		people := 0.0
		for _, g := range list[low:mid] {
			people += g.people
		}
		if people > room {
			high = mid
			continue
		}
		for _, g := range list[low:mid] {
			value += g.cost * g.people
		}
		room -= people
		low = mid
	}
	for k := low + 1; k < high; k++ {
		for g, at := list[k], k; at > low && g.cost < list[at-1].cost; at-- {
			list[at], list[at-1] = list[at-1], g
		}
	}
	for ; low < len(list); low++ {
		if g := list[low]; g.people > room {
			return value + g.cost*room, low, room
		} else {
			value += g.cost * g.people
			room -= g.people
		}
	}
	return value, low, 0
}

// split parts a list of two or more such that none before the place it returns, which
// is neither end, gains less than any after.
func split(list []gainer, low, high int) int {
	a, b, c := list[low].cost, list[(low+high)/2].cost, list[high-1].cost
	pivot := max(min(a, b), min(max(a, b), c)) // the middle one
	i, j := low-1, high
	for {
		for i++; list[i].cost < pivot; i++ {
		}
		for j--; list[j].cost > pivot; j-- {
		}
		if i >= j {
			return j + 1
		}
		list[i], list[j] = list[j], list[i]
	}
}
