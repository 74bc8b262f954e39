package optimise

import (
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

// relaxed is the set, or under a budget the mean of two sets, that the bound opens.
type relaxed struct {
	pick   *pick
	set    []int32   // within the budget
	share  []float64 // per site, of 0 to 1
	shared []int32   // sites with a share
	cheap  []int32   // under a budget, the cheapest set of the node
	over   []int32   // and the other of the two sets
}

// lagrange raises a node's bound in subgradient steps, takes the sets it comes by
// for answers, and fixes sites. It is true when the node holds nothing better than
// what is known.
func (s *solver) lagrange(nd *node, steps int) (done bool) {
	free, open, done := s.settle(nd)
	if done {
		return true
	}
	u, direction := slices.Clone(nd.u), make([]float64, len(nd.u))
	best, bestU := math.Inf(-1), slices.Clone(nd.u)
	pace, stall := s.pace(nd), 0
	for step := range steps {
		if s.interrupted() {
			break
		}
		s.steps++
		total := s.relax(u, free, open)
		if total > best {
			if total > best+1e-5*math.Abs(best) {
				stall = 0
			}
			best = total
			copy(bestU, u)
			nd.u, nd.bound = bestU, max(nd.bound, best)
			s.try(nd, step)
			if s.proves(best) {
				return true
			}
			if !s.whole && s.fix(nd, total) {
				if free, open, done = s.settle(nd); done {
					return true
				}
				if nd.depth == 0 && 4*len(free) < 3*s.kept {
					s.kept = len(free)
					s.drop(nd.fixed)
					continue // with shorter lists
				}
			}
		} else if stall++; stall > 20 {
			if pace, stall = pace*0.6, 0; pace < 0.005 {
				break
			}
			copy(u, bestU)
		}
		if !s.move(u, direction, pace, total) {
			break
		}
	}
	return s.proves(nd.bound)
}

// settle draws the conclusions from a node's sites. It is true when no site is left
// free, or there is no set.
func (s *solver) settle(nd *node) (free, open []int32, done bool) {
	free, open, empty := s.propagate(nd.fixed)
	if empty {
		return nil, nil, true
	}
	if len(free) == 0 {
		s.offer(open)
		return nil, nil, true
	}
	if s.Prices != nil {
		s.cheapest(free, open)
		s.cheap = append(s.cheap[:0], s.pick.chosen...)
	}
	return free, open, false
}

// pace is the first length of a step: long at the root, where the prices are a guess.
func (s *solver) pace(nd *node) float64 {
	if nd.depth == 0 && !s.warm {
		return 1.5
	}
	return 0.6
}

// relax returns the bound for prices, less what the rounding of its floats may be.
func (s *solver) relax(u []float64, free, open []int32) (total float64) {
	sum := s.charge(u)
	s.pick.choose(free, open)
	rest := s.pick.total
	for _, j := range s.shared {
		s.share[j] = 0
	}
	s.shared = s.shared[:0]
	if s.Prices == nil || s.priceOf(s.pick.chosen) <= s.Budget {
		s.set = append(s.set[:0], s.pick.chosen...)
		s.add(s.set, 1)
	} else {
		rest = s.within(free, open)
	}
	rounding := 4e-16 * float64(s.demands+s.Sites) * (sum + math.Abs(s.pick.total))
	return sum + rest - rounding
}

func (s *solver) add(set []int32, share float64) {
	for _, j := range set {
		if s.share[j] == 0 {
			s.shared = append(s.shared, j)
		}
		s.share[j] += share
	}
}

// within is relax where the least set is too dear: a price on the budget makes it pay
// for it, the one price at which two sets, one too dear and one not, are both least.
// That is the bound of the sets and parts of sets within the budget.
func (s *solver) within(free, open []int32) (rest float64) {
	k := s.pick
	s.over, s.set = append(s.over[:0], k.chosen...), append(s.set[:0], s.cheap...)
	weight := func(set []int32) (sum float64) {
		for _, j := range set {
			sum += s.rho[j]
		}
		return sum
	}
	over, set := weight(s.over), weight(s.set)
	dear, cheap := s.priceOf(s.over), s.priceOf(s.set)
	for range 50 {
		price := max(0, (set-over)/float64(dear-cheap))
		for j := range k.weight {
			k.weight[j] = s.rho[j] + price*float64(s.Prices[j])
		}
		k.choose(free, open)
		rest = k.total - price*float64(s.Budget)
		paid := s.priceOf(k.chosen)
		if line := over + price*float64(dear-s.Budget); paid == dear || paid == cheap || rest > line-1e-10*math.Abs(line) {
			break
		}
		if paid > s.Budget {
			s.over, over, dear = append(s.over[:0], k.chosen...), weight(k.chosen), paid
		} else {
			s.set, set, cheap = append(s.set[:0], k.chosen...), weight(k.chosen), paid
		}
	}
	share := float64(s.Budget-cheap) / float64(dear-cheap)
	s.add(s.set, 1-share)
	s.add(s.over, share)
	return rest
}

func (c *compiled) priceOf(set []int32) (sum int64) {
	for _, j := range set {
		sum += c.Prices[j]
	}
	return sum
}

// cheapest picks the set that asks least of the budget.
func (s *solver) cheapest(free, open []int32) {
	for j, x := range s.Prices {
		s.pick.weight[j] = float64(x)
	}
	s.pick.choose(free, open)
}

// charge fills in ρ and returns the sum of the prices.
func (s *solver) charge(u []float64) (sum float64) {
	clear(s.rho)
	for j, x := range s.Opening {
		s.rho[j] = float64(x)
	}
	mask, shift, rho := choice(1)<<s.shift-1, s.shift, s.rho
	s.below = 0
	for i, price := range u[:s.demands] {
		w, n := float64(s.weight[i]), 0
		own := s.choices(i)
		if s.jointly(i) {
			sum += float64(s.last[i])
			s.under[i] = 0
			for n, v := range s.shares(u, i) {
				rho[own[n]&mask] -= v
			}
			continue
		}
		sum += price * float64(s.need(i))
		for ; n < len(own); n++ {
			d := float64(int64(own[n]>>shift))*w - price
			if d >= 0 {
				break
			}
			rho[own[n]&mask] += d
		}
		s.under[i] = int32(n)
		s.below += n
	}
	copy(s.pick.weight, s.rho)
	return sum
}

// move takes a step along the subgradient, g_i = need less the open sites that serve i
// for less than its price, smoothed by the one before. It is false where there is
// nowhere to go.
func (s *solver) move(u, direction []float64, pace, total float64) bool {
	s.unserved()
	norm := 0.0
	for i, price := range u[:s.demands] {
		if s.slack[i] > 0 && price >= s.ceiling(i) {
			s.slack[i] = 0 // a price above the cost of none is no bound
		}
		direction[i] = 0.7*s.slack[i] + 0.3*direction[i]
		norm += direction[i] * direction[i]
	}
	norm += s.unequal(u, direction)
	if norm < 1e-9 {
		return false
	}
	step := pace * (1.001*float64(s.worst()) - total) / norm
	for i := range s.demands {
		u[i] = max(0, min(u[i]+step*direction[i], s.ceiling(i)))
	}
	for _, i := range s.together {
		s.reshare(i, s.shares(u, int(i)), s.shares(direction, int(i)), step)
	}
	return true
}

// unserved fills in slack, how many sites each demand lacks of those it needs when the
// open ones serve it that cost less than its price. It goes by the sites or by the
// demands, whichever is less work.
func (s *solver) unserved() {
	for i := range s.slack {
		if s.slack[i] = float64(s.need(i)); s.jointly(i) {
			s.slack[i] = 0
		}
	}
	work := 0
	for _, j := range s.shared {
		work += len(s.visits(j))
	}
	if work < s.below {
		for _, j := range s.shared {
			share := s.share[j]
			for _, v := range s.visits(j) {
				if v.rank < s.under[v.demand] {
					s.slack[v.demand] -= share
				}
			}
		}
		return
	}
	mask := choice(1)<<s.shift - 1
	for i := range s.slack {
		for _, x := range s.choices(i)[:s.under[i]] {
			s.slack[i] -= s.share[x&mask]
		}
	}
}

// ceiling is what the price of a demand may not exceed.
func (s *solver) ceiling(demand int) float64 {
	return float64(s.last[demand]) / float64(s.need(demand))
}

// fix opens and closes sites without which, or with which, no set of the node can be
// better than what is known.
func (s *solver) fix(nd *node, total float64) (any bool) {
	s.pick.edges()
	for _, j := range s.pick.free {
		if s.proves(total + s.pick.changed(j)) {
			any = true
			if nd.fixed[j] = Closed; s.pick.taken[j] {
				nd.fixed[j] = Open
			}
		}
	}
	return any
}

// split lists the sites that are free, and those that are open.
func split(fixed []State) (free, open []int32) {
	for j, st := range fixed {
		switch st {
		case Free:
			free = append(free, int32(j))
		case Open:
			open = append(open, int32(j))
		}
	}
	return free, open
}

func freeOf(fixed []State) (n int) {
	for _, st := range fixed {
		if st == Free {
			n++
		}
	}
	return n
}

// propagate opens and closes the free sites that have to be, for P, the groups, the
// budget and what is apart. It is true when there is no set at all.
func (s *solver) propagate(fixed []State) (free, open []int32, empty bool) {
	for {
		free, open = split(fixed)
		if s.separate(fixed, open) || s.tally(fixed, free, open) {
			return nil, nil, true
		}
		if s.Prices != nil && freeOf(fixed) == len(free) && s.afford(fixed, free, open) {
			return nil, nil, true
		}
		if freeOf(fixed) == len(free) {
			return free, open, false
		}
	}
}

// separate closes what must be apart from an open site. It is true where that is open.
func (s *solver) separate(fixed []State, open []int32) (empty bool) {
	for _, j := range open {
		for _, k := range s.apart[j] {
			if fixed[k] == Open {
				return true
			}
			fixed[k] = Closed
		}
	}
	return false
}

// tally counts what P and the groups ask for and leave room for. It is true where that
// cannot be.
func (s *solver) tally(fixed []State, free, open []int32) (empty bool) {
	type count struct{ open, free int }
	counts := make([]count, len(s.groups))
	for _, j := range open {
		counts[s.group[j]].open++
	}
	for _, j := range free {
		counts[s.group[j]].free++
	}
	asked, room := 0, 0
	for g, group := range s.groups {
		n := counts[g]
		if n.open > group.Most || n.open+n.free < group.Least {
			return true
		}
		asked += max(0, group.Least-n.open)
		room += min(n.free, group.Most-n.open)
	}
	left := s.P - len(open)
	if s.P > 0 && (left < asked || left > room) {
		return true
	}
	for _, j := range free {
		n, group := counts[s.group[j]], s.groups[s.group[j]]
		switch {
		case n.open == group.Most || s.P > 0 && left == asked && n.open >= group.Least:
			fixed[j] = Closed
		case n.open+n.free == group.Least || s.P > 0 && left == room && n.open+n.free <= group.Most:
			fixed[j] = Open
		}
	}
	return false
}

// afford closes the sites that leave too little of the budget for the others that are
// to be open. It is true where there is not enough as it is.
func (s *solver) afford(fixed []State, free, open []int32) (empty bool) {
	s.cheapest(free, open)
	budget := float64(s.Budget)
	if s.pick.total > budget {
		return true
	}
	s.pick.edges()
	for _, j := range free {
		if s.pick.total+s.pick.changed(j) > budget {
			if fixed[j] = Closed; s.pick.taken[j] {
				fixed[j] = Open
			}
		}
	}
	return false
}
