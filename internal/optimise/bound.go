package optimise

import (
	"cmp"
	"math"
	"slices"
)

// node is a part of the search: sites that are open and closed in all its sets.
type node struct {
	fixed []State
	u     []float64 // prices of the demands; shared, never written
	bound float64
	depth int
}

// lagrange raises a node's bound in subgradient steps, takes the sets it comes by
// for answers, and fixes sites. It is true when the node holds nothing better than
// what is known.
func (s *solver) lagrange(nd *node, steps int) (done bool) {
	free, open := s.free(nd)
	if done, leaf := s.leaf(free, open); leaf {
		return done
	}
	u, direction := slices.Clone(nd.u), make([]float64, s.demands)
	best, bestU := math.Inf(-1), nd.u
	pace, stall := s.pace(nd), 0
	for step := range steps {
		s.steps++
		total := s.charge(u)
		k := s.most(free, open)
		for _, j := range open {
			total += s.rho[j]
		}
		for _, j := range free[:k] {
			total += s.rho[j]
		}
		chosen := append(slices.Clone(open), free[:k]...)
		if total > best {
			if total > best+1e-5*math.Abs(best) {
				stall = 0
			}
			best, bestU = total, slices.Clone(u)
			nd.bound = max(nd.bound, best)
			s.try(nd, chosen, step)
			if s.proves(best) {
				return true
			}
			if s.fix(nd, free, k, total) {
				if free, open = s.free(nd); s.propagate(nd, &free, &open) {
					return true
				}
				if done, leaf := s.leaf(free, open); leaf {
					return done
				}
			}
		} else if stall++; stall > 20 {
			if pace, stall = pace*0.6, 0; pace < 0.005 {
				break
			}
			copy(u, bestU)
		}
		if !s.move(u, direction, chosen, pace, total) || s.interrupted() {
			break
		}
	}
	nd.u = bestU
	return s.proves(nd.bound)
}

// most puts the free sites in the order of ρ and tells how many of them the bound opens.
func (s *solver) most(free, open []int32) int {
	slices.SortFunc(free, func(a, b int32) int { return cmp.Or(cmp.Compare(s.rho[a], s.rho[b]), cmp.Compare(a, b)) })
	if s.P > 0 {
		return s.P - len(open)
	}
	k, _ := slices.BinarySearchFunc(free, 0, func(j int32, _ int) int {
		if s.rho[j] < 0 {
			return -1
		}
		return 1
	})
	return k
}

// pace is the first length of a step: long at the root, where the prices are a guess.
func (s *solver) pace(nd *node) float64 {
	if nd.depth == 0 {
		return 1.5
	}
	return 0.6
}

// charge fills in ρ and returns the sum of the prices.
func (s *solver) charge(u []float64) (sum float64) {
	clear(s.rho)
	for j, x := range s.Opening {
		s.rho[j] = float64(x)
	}
	for i, price := range u {
		sum += price
		for _, x := range s.choices(i) {
			d := float64(x.Cost) - price
			if d >= 0 {
				break
			}
			s.rho[x.Site] += d
		}
	}
	return sum
}

// move takes a step along the subgradient, g_i = 1 less the chosen sites that serve i
// for less than its price, smoothed by the one before. It is false where there is
// nowhere to go.
func (s *solver) move(u, direction []float64, chosen []int32, pace, total float64) bool {
	for _, j := range chosen {
		s.in[j] = true
	}
	norm := 0.0
	for i, price := range u {
		g := 1.0
		for _, x := range s.choices(i) {
			if float64(x.Cost) >= price {
				break
			}
			if s.in[x.Site] {
				g--
			}
		}
		if g > 0 && price >= float64(s.last[i]) {
			g = 0 // a price above the cost of none is no bound
		}
		direction[i] = 0.7*g + 0.3*direction[i]
		norm += direction[i] * direction[i]
	}
	for _, j := range chosen {
		s.in[j] = false
	}
	if norm < 1e-9 {
		return false
	}
	step := pace * (1.001*float64(s.worst()) - total) / norm
	for i := range u {
		u[i] = max(0, min(u[i]+step*direction[i], float64(s.last[i])))
	}
	return true
}

// fix opens and closes sites without which, or with which, no set of the node can be
// better than what is known.
func (s *solver) fix(nd *node, free []int32, k int, total float64) (any bool) {
	last, next := 0.0, 0.0 // what opens or closes in the site's place
	if s.P > 0 {
		if k == 0 || k == len(free) {
			return false
		}
		last, next = s.rho[free[k-1]], s.rho[free[k]]
	}
	for n, j := range free {
		switch {
		case n < k && s.proves(total-s.rho[j]+next):
			nd.fixed[j], any = Open, true
		case n >= k && s.proves(total+s.rho[j]-last):
			nd.fixed[j], any = Closed, true
		}
	}
	return any
}

// free lists the sites that are free, and those that are open.
func (s *solver) free(nd *node) (free, open []int32) {
	for j, st := range nd.fixed {
		switch st {
		case Free:
			free = append(free, int32(j))
		case Open:
			open = append(open, int32(j))
		}
	}
	return free, open
}

// propagate closes what must be apart from an open site, or is too dear beside the
// open ones. It is true when the node holds no set at all.
func (s *solver) propagate(nd *node, free, open *[]int32) (empty bool) {
	for changed := true; changed; {
		changed = false
		price := int64(0)
		for _, j := range *open {
			if s.Prices != nil {
				price += s.Prices[j]
			}
			for _, k := range s.apart[j] {
				switch nd.fixed[k] {
				case Open:
					return true
				case Free:
					nd.fixed[k], changed = Closed, true
				}
			}
		}
		if s.Prices != nil {
			if price > s.Budget {
				return true
			}
			for _, j := range *free {
				if nd.fixed[j] == Free && price+s.Prices[j] > s.Budget {
					nd.fixed[j], changed = Closed, true
				}
			}
		}
		*free, *open = s.free(nd)
	}
	return s.P > 0 && (len(*open) > s.P || len(*open)+len(*free) < s.P)
}

// leaf answers a node that holds one set at most.
func (s *solver) leaf(free, open []int32) (done, leaf bool) {
	switch {
	case s.P == 0 && len(free) == 0:
		s.offer(open)
		return true, true
	case s.P == 0:
		return false, false
	case len(open) > s.P || len(open)+len(free) < s.P:
		return true, true
	case len(open) == s.P:
		s.offer(open)
		return true, true
	case len(open)+len(free) == s.P:
		s.offer(append(slices.Clone(open), free...))
		return true, true
	}
	return false, false
}
