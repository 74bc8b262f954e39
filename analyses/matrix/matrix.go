package matrix

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses/traveltime"
)

// Matrix is travel times from homes to sites, those within reach. It is immutable.
type Matrix struct {
	Homes []string // ids
	Sites []string // ids
	Off   []bool   // homes too far from any road; nil when not known
	byHome,
	bySite half
}

// half is the pairs seen from one side: those of row i are at [start[i], start[i+1]).
type half struct {
	start []int
	other []int32
	times []traveltime.Time
}

// Pair is one way: from home to site, by their positions.
type Pair struct {
	Home, Site int32
	Time       traveltime.Time
}

// New makes a matrix of pairs, in any order; those that are not reached are left
// out. A pair that appears twice, or of a home or site that is not there, is an error.
func New(homes, sites []string, pairs []Pair) (*Matrix, error) {
	pairs = slices.DeleteFunc(slices.Clone(pairs), func(p Pair) bool { return !p.Time.Reached() })
	for _, p := range pairs {
		if p.Home < 0 || int(p.Home) >= len(homes) || p.Site < 0 || int(p.Site) >= len(sites) {
			return nil, fmt.Errorf("a pair of home %d and site %d: there are %d and %d", p.Home, p.Site, len(homes), len(sites))
		}
	}
	m := &Matrix{Homes: homes, Sites: sites}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Home, b.Home)) })
	for i := 1; i < len(pairs); i++ {
		if pairs[i].Home == pairs[i-1].Home && pairs[i].Site == pairs[i-1].Site {
			return nil, fmt.Errorf("home %s and site %s appear twice", homes[pairs[i].Home], sites[pairs[i].Site])
		}
	}
	m.bySite = gather(len(sites), pairs, func(p Pair) (row, other int32) { return p.Site, p.Home })
	m.byHome = m.bySite.transposed(len(homes))
	return m, nil
}

// gather makes a half of pairs in the order of its rows.
func gather(rows int, pairs []Pair, split func(Pair) (row, other int32)) half {
	h := half{start: make([]int, rows+1), other: make([]int32, len(pairs)), times: make([]traveltime.Time, len(pairs))}
	for k, p := range pairs {
		row, other := split(p)
		h.start[row+1]++
		h.other[k], h.times[k] = other, p.Time
	}
	for i := range rows {
		h.start[i+1] += h.start[i]
	}
	return h
}

// transposed is the other half, each of its rows in the order of this one's.
func (h half) transposed(rows int) half {
	t := half{start: make([]int, rows+1), other: make([]int32, len(h.other)), times: make([]traveltime.Time, len(h.times))}
	for _, o := range h.other {
		t.start[o+1]++
	}
	for i := range rows {
		t.start[i+1] += t.start[i]
	}
	next := slices.Clone(t.start)
	for row := range len(h.start) - 1 {
		for k := h.start[row]; k < h.start[row+1]; k++ {
			at := next[h.other[k]]
			next[h.other[k]]++
			t.other[at], t.times[at] = int32(row), h.times[k]
		}
	}
	return t
}

// From lists the sites that a home reaches, rising, with their times.
func (m *Matrix) From(home int) (sites []int32, times []traveltime.Time) { return m.byHome.row(home) }

// To lists the homes that reach a site, rising, with their times.
func (m *Matrix) To(site int) (homes []int32, times []traveltime.Time) { return m.bySite.row(site) }

// Pairs is how many pairs are within reach.
func (m *Matrix) Pairs() int { return len(m.byHome.other) }

func (h half) row(i int) ([]int32, []traveltime.Time) {
	return h.other[h.start[i]:h.start[i+1]], h.times[h.start[i]:h.start[i+1]]
}

// Reordered is the same matrix with its sites in another order.
func (m *Matrix) Reordered(sites []int32) (*Matrix, error) {
	to, ids := make([]int32, len(m.Sites)), make([]string, len(sites))
	for now, was := range sites {
		to[was], ids[now] = int32(now), m.Sites[was]
	}
	var pairs []Pair
	for i := range m.Homes {
		from, times := m.From(i)
		for k, j := range from {
			pairs = append(pairs, Pair{int32(i), to[j], times[k]})
		}
	}
	return New(m.Homes, ids, pairs)
}
