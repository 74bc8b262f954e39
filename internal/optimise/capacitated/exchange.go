package capacitated

import (
	"cmp"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// trials is how many of the sites that promise most are tried in the place of another.
const trials = 3

// begin finds a first set, greedily: each time the site that promises most. It returns
// the last set it placed people at.
func (s *solver) begin(root *node, free, open []int32) *placed {
	if s.o.Start != nil {
		s.offer(s.o.Start)
	}
	nd := &node{fixed: slices.Clone(root.fixed)}
	set := s.place(open)
	for s.P == 0 || len(open) < s.P {
		if len(free) == 0 || s.interrupted() {
			break
		}
		first := s.promising(set, free)[0]
		if s.P == 0 && set.short == 0 && first.gain <= 0 {
			break // no site more is worth while
		}
		nd.fixed[first.site] = optimise.Open
		if free, open = s.free(nd); s.propagate(nd, &free, &open) {
			return set // what is open leaves no room for as many: branching will see
		}
		set = s.place(open)
	}
	return s.improve(set)
}

// promise is the most that opening a site beside a set can save.
type promise struct {
	site int32
	gain float64
}

// promising puts sites in the order of what they promise. By the prices that prove a
// placing no set with one site more can save more than this.
func (s *solver) promising(set *placed, sites []int32) []promise {
	out := make([]promise, len(sites))
	for k, j := range sites {
		value, _, _ := fill(s.gainers(j, set.u), float64(s.roomy[j]))
		out[k] = promise{j, -value - float64(s.opening(j))}
	}
	slices.SortFunc(out, func(a, b promise) int { return cmp.Or(cmp.Compare(b.gain, a.gain), cmp.Compare(a.site, b.site)) })
	return out
}

// try offers a set that the bound came by; at the root, now and then with exchanges.
func (s *solver) try(open []int32, step int) {
	if s.current.depth == 0 && step >= s.tried+100 && s.allowed(open) {
		s.tried = step
		if _, is := s.known[key(slices.Sorted(slices.Values(open)))]; !is {
			s.improve(s.place(slices.Sorted(slices.Values(open))))
		}
		return
	}
	s.offer(open)
}

// improve exchanges sites of a set, as long as that makes it better, and takes all sets
// it comes by. Where any number may be open it opens and closes some as well.
func (s *solver) improve(set *placed) *placed {
	if !s.allowed(set.open) {
		return set
	}
	s.take(set)
	for again := true; again && !s.proves(0); {
		again = false
		if s.P == 0 {
			if better := s.opened(set, set); better != nil {
				set, again = better, true
			}
		}
		for _, k := range set.open {
			if s.state(k) == optimise.Open {
				continue
			}
			if s.interrupted() || s.proves(0) {
				return set
			}
			without := s.place(slices.DeleteFunc(slices.Clone(set.open), func(j int32) bool { return j == k }))
			better := s.opened(without, set)
			if better == nil && s.allowed(without.open) {
				if s.take(without); without.before(set) {
					better = without
				}
			}
			if better != nil {
				set, again = better, true
				break
			}
		}
	}
	return set
}

// opened is a set with one site more that is better than the one there is; nil for none
// among those that promise most.
func (s *solver) opened(set, than *placed) *placed {
	left := trials
	for _, p := range s.promising(set, s.others(than)) {
		if left == 0 || than.short == 0 && set.value-p.gain >= float64(than.cost) {
			return nil
		}
		list := slices.Sorted(slices.Values(append(slices.Clone(set.open), p.site)))
		if !s.allowed(list) {
			continue
		}
		if known, is := s.known[key(list)]; is && (known.short > than.short || known.short == than.short && known.cost >= than.cost) {
			continue
		}
		left--
		t := s.place(list)
		if s.take(t); t.before(than) {
			return t
		}
	}
	return nil
}

// others lists the sites that are not in a set, and may be.
func (s *solver) others(set *placed) (out []int32) {
	for j := range int32(s.Sites) {
		if _, in := slices.BinarySearch(set.open, j); !in && s.state(j) != optimise.Closed {
			out = append(out, j)
		}
	}
	return out
}
