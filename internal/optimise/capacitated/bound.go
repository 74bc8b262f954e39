package capacitated

import (
	"cmp"
	"math"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// node is a part of the search: sites that are open and closed in all its sets.
type node struct {
	fixed []optimise.State
	u     []float64 // prices of a person of each demand; shared, never written
	toll  float64   // price of a unit of the budget
	often []float64 // per site, how often of late the bound opened it; shared
	bound float64
	depth int
}

// rates are the prices of a bound and what follows from them.
type rates struct {
	u    []float64
	toll float64
	rho  []float64 // per site, what opening it adds to the bound
	base float64   // what is in the bound whatever is open
	all  float64   // base and the greatest sum of ρ a set can have, without their signs
}

// charge fills in ρ for sites that are not closed.
func (s *solver) charge(r *rates, fixed []optimise.State) {
	r.base, r.all = 0, 0
	for i, u := range r.u {
		r.base += float64(s.People[i]) * u
	}
	r.base -= r.toll * float64(s.Budget)
	most, sum := 0.0, 0.0
	for j := range int32(s.Sites) {
		if fixed[j] == optimise.Closed {
			r.rho[j] = 0
			continue
		}
		value, _, _ := fill(s.gainers(j, r.u), float64(s.roomy[j]))
		opening := float64(s.opening(j)) + r.toll*float64(s.price(j))
		r.rho[j] = opening + value
		most, sum = max(most, opening-value), sum+opening-value
	}
	r.all = r.base + 2*r.toll*float64(s.Budget) + sum
	if s.P > 0 {
		r.all = min(r.all, r.all-sum+most*float64(s.P+2))
	}
}

// gainers lists those who would gain by a place at a site; the list is used again by
// the next call.
func (s *solver) gainers(site int32, u []float64) []gainer {
	list := s.list[:0]
	for _, v := range s.visits(site) {
		if d := float64(v.cost) - u[v.demand]; d < 0 {
			list = append(list, gainer{d, float64(s.People[v.demand]), v.demand})
		}
	}
	s.list = list
	return list
}

// safe is a bound less the most that rounding can have added to it: every sum is of
// fewer than s.terms numbers, each rounded three times.
func (s *solver) safe(total float64, r *rates) float64 {
	return total - 2*float64(s.terms+8)*0x1p-53*r.all
}

// lagrange raises a node's bound in subgradient steps, takes the sets it comes by
// for answers, and fixes sites. It is true when the node holds nothing better than
// what is known.
func (s *solver) lagrange(nd *node, steps int) (done bool) {
	free, open := s.free(nd)
	if done, leaf := s.leaf(free, open); leaf {
		return done
	}
	r := rates{u: slices.Clone(nd.u), toll: nd.toll, rho: make([]float64, s.Sites)}
	way := make([]float64, s.demands+1) // the direction, with that of the toll last
	often := slices.Clone(nd.often)
	best, bestU, bestToll := math.Inf(-1), nd.u, nd.toll
	pace, stall := s.pace(nd), 0
	for step := range steps {
		s.steps++
		s.charge(&r, nd.fixed)
		k := s.cheapest(free, open, r.rho)
		chosen := append(slices.Clone(open), free[:k]...)
		total := r.base
		for _, j := range chosen {
			total += r.rho[j]
		}
		s.remember(often, free, k)
		if total = s.safe(total, &r); total > best {
			if total > best+1e-5*math.Abs(best) {
				stall = 0
			}
			best, bestU, bestToll = total, slices.Clone(r.u), r.toll
			nd.bound = max(nd.bound, best)
			s.try(chosen, step)
			if s.proves(best) {
				return true
			}
			if s.fix(nd, free, k, total, &r) {
				if free, open = s.free(nd); s.propagate(nd, &free, &open) {
					return true
				}
				if done, leaf := s.leaf(free, open); leaf {
					return done
				}
			}
		} else if stall++; stall > 15 {
			if pace, stall = pace*0.6, 0; pace < 0.005 {
				break
			}
			copy(r.u, bestU)
			r.toll = bestToll
		}
		if !s.move(&r, way, chosen, pace, total) || s.interrupted() {
			break
		}
	}
	nd.u, nd.toll, nd.often = bestU, bestToll, often
	return s.proves(nd.bound) || s.few(nd)
}

// remember takes note of the sites that the bound opens.
func (s *solver) remember(often []float64, free []int32, k int) {
	for n, j := range free {
		if often[j] *= 0.9; n < k {
			often[j] += 0.1
		}
	}
}

// cheapest puts the free sites in the order of ρ and tells how many of them the bound opens.
func (s *solver) cheapest(free, open []int32, rho []float64) int {
	slices.SortFunc(free, func(a, b int32) int { return cmp.Or(cmp.Compare(rho[a], rho[b]), cmp.Compare(a, b)) })
	if s.P > 0 {
		return s.P - len(open)
	}
	k, _ := slices.BinarySearchFunc(free, 0, func(j int32, _ int) int {
		if rho[j] < 0 {
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

// move takes a step along the subgradient, per demand the share of its people who have
// no place less that of those who have two, smoothed by the one before. It is false
// where there is nowhere to go.
func (s *solver) move(r *rates, way []float64, chosen []int32, pace, total float64) bool {
	lack := s.lack
	copy(lack, s.amounts)
	spent := 0.0
	for _, j := range chosen {
		list := s.gainers(j, r.u)
		_, full, rest := fill(list, float64(s.roomy[j]))
		for _, g := range list[:full] {
			lack[g.demand] -= g.people
		}
		if full < len(list) {
			lack[list[full].demand] -= rest
		}
		spent += float64(s.price(j))
	}
	norm := 0.0
	for i, a := range s.amounts {
		if a == 0 {
			continue
		}
		g := lack[i] / a
		if g > 0 && r.u[i] >= s.cap[i] {
			g = 0 // a price above the cost of none is no bound
		}
		way[i] = 0.7*g + 0.3*way[i]
		norm += way[i] * way[i] * a
	}
	budget := float64(s.Budget)
	if s.Prices != nil && budget > 0 {
		g := spent/budget - 1
		if g < 0 && r.toll == 0 {
			g = 0
		}
		way[s.demands] = 0.7*g + 0.3*way[s.demands]
		norm += way[s.demands] * way[s.demands] * s.sum
	}
	if norm < 1e-9 {
		return false
	}
	goal := 1.001 * float64(s.worst())
	if s.worst() >= s.barred {
		goal = total + max(1, 0.1*math.Abs(total))
	}
	step := pace * (goal - total) / norm
	for i := range r.u {
		r.u[i] = max(0, min(r.u[i]+step*way[i], s.cap[i]))
	}
	if s.Prices != nil && budget > 0 {
		r.toll = max(0, r.toll+step*way[s.demands]*s.sum/budget)
	}
	return true
}

// fix opens and closes sites without which, or with which, no set of the node can be
// better than what is known.
func (s *solver) fix(nd *node, free []int32, k int, total float64, r *rates) (any bool) {
	last, next := 0.0, 0.0 // what opens or closes in the site's place
	if s.P > 0 {
		if k == 0 || k == len(free) {
			return false
		}
		last, next = r.rho[free[k-1]], r.rho[free[k]]
	}
	for n, j := range free {
		switch {
		case n < k && s.proves(total-r.rho[j]+next):
			nd.fixed[j], any = optimise.Open, true
		case n >= k && s.proves(total+r.rho[j]-last):
			nd.fixed[j], any = optimise.Closed, true
		}
	}
	return any
}

// free lists the sites that are free, and those that are open.
func (s *solver) free(nd *node) (free, open []int32) {
	for j, st := range nd.fixed {
		switch st {
		case optimise.Free:
			free = append(free, int32(j))
		case optimise.Open:
			open = append(open, int32(j))
		}
	}
	return free, open
}
