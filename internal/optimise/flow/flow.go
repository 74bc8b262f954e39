// Package flow places people at sites of limited room: as many as there can be, and
// among all ways to place so many one of least total cost. It knows numbers and
// arrays only, and is exact: amounts and costs are integers.
//
// It is a transport problem, solved by successive shortest paths. Homes are placed
// one by one, each along the cheapest chain: the home goes to a site, somebody there
// moves on to another, … until one with room. Being left over is a site too, with
// room for all and a cost above that of any chain, so that who is left over is
// chosen like everything else. Chains run between sites, not homes: for two sites the
// person who moves most cheaply is on top of a heap. So a home costs about (sites)²,
// not homes × sites. With potentials (Ahuja, Magnanti & Orlin 1993, section 9.7) the
// chains are found by Dijkstra's algorithm. In the end it computes what room is worth
// at each site; with these prices Verify proves that the plan is optimal, whatever way
// it was found.
//
// Among plans of the same total, the one found is that of placing homes in their order,
// each along the chain whose sites, and whose movers at each of them, come first.
package flow

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Problem is homes, sites and the ways between them.
type Problem struct {
	People []int64 // per home, 0 or more
	Room   []int64 // per site, 0 or more
	// The ways of home i are at [Start[i], Start[i+1]): to which sites, rising, and at
	// what cost per person, 0 to MaxCost.
	Start []int
	Site  []int32
	Cost  []int64
}

// The largest problems.
const (
	MaxCost  = math.MaxUint32
	MaxSites = 4096
)

// Plan is who goes where.
type Plan struct {
	Goes []int64 // per way
	Left []int64 // per home: who is left over
	Used []int64 // per site

	// Worth is what one more unit of room at a site would save, per site; a person
	// more that can be placed saves Problem.leftCost. They prove the plan optimal.
	Worth []int64
	Moves int // chains that were used
}

// check says what is wrong with a problem.
func (p Problem) check() error {
	switch {
	case len(p.Room) > MaxSites:
		return fmt.Errorf("%d sites: at most %d", len(p.Room), MaxSites)
	case len(p.Start) != len(p.People)+1 || p.Start[0] != 0 || p.Start[len(p.People)] != len(p.Site) || len(p.Site) != len(p.Cost) || len(p.Site) > math.MaxInt32:
		return errors.New("the ways are not those of the homes")
	}
	for _, amounts := range [][]int64{p.People, p.Room} {
		var sum uint64
		for k, a := range amounts {
			if sum += uint64(a); a < 0 || sum > math.MaxInt64 {
				return fmt.Errorf("amount %d is %d: want 0 or more, and a sum below 2⁶³", k, a)
			}
		}
	}
	for i := range p.People {
		if p.Start[i] > p.Start[i+1] {
			return errors.New("the ways are not those of the homes")
		}
		for w := p.Start[i]; w < p.Start[i+1]; w++ {
			if j := p.Site[w]; j < 0 || int(j) >= len(p.Room) || w > p.Start[i] && j <= p.Site[w-1] {
				return fmt.Errorf("home %d has a way to site %d: want sites that are there, rising", i, j)
			}
			if c := p.Cost[w]; c < 0 || c > MaxCost {
				return fmt.Errorf("home %d has a way of cost %d: want 0 to %d", i, c, int64(MaxCost))
			}
		}
	}
	return nil
}

// leftCost is the cost of being left over: more than any chain through all sites.
func (p Problem) leftCost() int64 {
	most := int64(0)
	for _, c := range p.Cost {
		most = max(most, c)
	}
	return (most + 1) * int64(len(p.Room)+1)
}

// Solve finds the plan. Homes that have no way are left over.
func Solve(p Problem) (*Plan, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := newSolver(p)
	for i, people := range p.People {
		for people > 0 {
			people -= s.place(int32(i), people)
		}
	}
	s.plan.Worth = s.worth()
	return s.plan, nil
}

// none marks what is not there: a way to being left over, a chain that begins.
const none = -1

// mover is a home with people at one site who could go to another.
type mover struct {
	cost     int64 // of moving
	home     int32
	from, to int32 // ways; none is being left over
}

type solver struct {
	Problem
	plan  *Plan
	sites int // with the last, being left over
	left  int64
	queue [][]mover // sites × sites: heaps, that below the top may hold movers who have gone
	cheap []int64   // sites × sites: what the top costs
	price []int64   // potentials: no mover between sites costs less than the difference

	// Of the chains from one home:
	far  []int64 // their cost
	done []bool
	prev []int32 // the site before; none at the first
	by   []mover // who moves from it
}

const unreached = math.MaxInt64

func newSolver(p Problem) *solver {
	n := len(p.Room) + 1
	cheap := make([]int64, n*n)
	for k := range cheap {
		cheap[k] = unreached
	}
	return &solver{Problem: p, sites: n, left: p.leftCost(), queue: make([][]mover, n*n), cheap: cheap, price: make([]int64, n),
		plan: &Plan{Goes: make([]int64, len(p.Site)), Left: make([]int64, len(p.People)), Used: make([]int64, len(p.Room))},
		far:  make([]int64, n), done: make([]bool, n), prev: make([]int32, n), by: make([]mover, n)}
}

// place places some of a home's people along the cheapest chain, and says how many.
func (s *solver) place(home int32, people int64) int64 {
	s.chains(home)
	end := none
	for j, far := range s.far {
		if far < unreached && s.room(j) > 0 && (end == none || far < s.far[end]) {
			end = j
		}
	}
	amount := min(people, s.room(end))
	for j := end; s.prev[j] != none; j = int(s.prev[j]) {
		s.by[j] = s.queue[int(s.prev[j])*s.sites+j][0]
		amount = min(amount, *s.at(s.by[j].home, s.by[j].from))
	}
	s.plan.Moves++
	if end < len(s.Room) {
		s.plan.Used[end] += amount
	}
	j := end
	for ; s.prev[j] != none; j = int(s.prev[j]) {
		m := s.by[j]
		s.take(m.home, s.prev[j], m.from, amount)
		s.add(m.home, int32(j), m.to, amount)
	}
	s.add(home, int32(j), s.way(home, j), amount)
	return amount
}

// chains finds the cheapest chain from a home to every site.
func (s *solver) chains(home int32) {
	for j := range s.sites {
		s.far[j], s.done[j], s.prev[j] = unreached, false, none
	}
	for w := s.Start[home]; w < s.Start[home+1]; w++ {
		s.far[s.Site[w]] = s.Cost[w]
	}
	s.far[s.sites-1] = s.left
	for {
		next := none
		for j, far := range s.far {
			if far < unreached && !s.done[j] && (next == none || far-s.price[j] < s.far[next]-s.price[next]) {
				next = j
			}
		}
		if next == none {
			break
		}
		s.done[next] = true
		far := s.far[next]
		for k, cost := range s.cheap[next*s.sites : (next+1)*s.sites] {
			if cost < unreached && far+cost < s.far[k] && !s.done[k] {
				s.far[k], s.prev[k] = far+cost, int32(next)
			}
		}
	}
	s.reprice()
}

// reprice makes the costs of the chains the potentials, and lifts those of sites that no
// chain leads to as much as the most.
func (s *solver) reprice() {
	lift := int64(math.MinInt64)
	for j, far := range s.far {
		if far < unreached {
			lift = max(lift, far-s.price[j])
		}
	}
	for j, far := range s.far {
		if far < unreached {
			s.price[j] = far
		} else {
			s.price[j] += lift
		}
	}
}

func (s *solver) room(j int) int64 {
	if j == len(s.Room) {
		return math.MaxInt64
	}
	return s.Room[j] - s.plan.Used[j]
}

// at is how many of a home go a way.
func (s *solver) at(home, way int32) *int64 {
	if way == none {
		return &s.plan.Left[home]
	}
	return &s.plan.Goes[way]
}

// way finds a home's way to a site that it has.
func (s *solver) way(home int32, site int) int32 {
	if site == len(s.Room) {
		return none
	}
	from := s.Start[home]
	k, _ := slices.BinarySearch(s.Site[from:s.Start[home+1]], int32(site))
	return int32(from + k)
}

// add places people, who from then on may move.
func (s *solver) add(home, site, way int32, amount int64) {
	x := s.at(home, way)
	if *x += amount; *x > amount {
		return
	}
	cost := s.left
	if way != none {
		cost = s.Cost[way]
		s.push(int(site), len(s.Room), mover{s.left - cost, home, way, none})
	}
	for w := s.Start[home]; w < s.Start[home+1]; w++ {
		if s.Site[w] != site {
			s.push(int(site), int(s.Site[w]), mover{s.Cost[w] - cost, home, way, int32(w)})
		}
	}
}

func before(a, b mover) bool { return a.cost < b.cost || a.cost == b.cost && a.home < b.home }

func (s *solver) push(from, to int, m mover) {
	q := s.queue[from*s.sites+to]
	k := len(q)
	q = append(q, m)
	for ; k > 0 && before(m, q[(k-1)/2]); k = (k - 1) / 2 {
		q[k] = q[(k-1)/2]
	}
	q[k] = m
	s.queue[from*s.sites+to], s.cheap[from*s.sites+to] = q, q[0].cost
}

// take takes people away; once all have gone nobody of them may move.
func (s *solver) take(home, site, way int32, amount int64) {
	x := s.at(home, way)
	if *x -= amount; *x > 0 {
		return
	}
	s.drop(int(site), len(s.Room))
	for w := s.Start[home]; w < s.Start[home+1]; w++ {
		s.drop(int(site), int(s.Site[w]))
	}
}

// drop takes who has gone off the top.
func (s *solver) drop(from, to int) {
	q := s.queue[from*s.sites+to]
	for len(q) > 0 && *s.at(q[0].home, q[0].from) == 0 {
		last := q[len(q)-1]
		q = q[:len(q)-1]
		k := 0
		for 2*k+1 < len(q) {
			c := 2*k + 1
			if c+1 < len(q) && before(q[c+1], q[c]) {
				c++
			}
			if !before(q[c], last) {
				break
			}
			q[k] = q[c]
			k = c
		}
		if len(q) > 0 {
			q[k] = last
		}
	}
	s.queue[from*s.sites+to] = q
	s.cheap[from*s.sites+to] = unreached
	if len(q) > 0 {
		s.cheap[from*s.sites+to] = q[0].cost
	}
}

// worth is, per site, the cost of the cheapest chain from it to room: what a unit of
// room there saves.
func (s *solver) worth() []int64 {
	to := make([]int64, s.sites)
	for j := range to {
		if to[j] = s.left; s.room(j) > 0 {
			to[j] = 0
		}
	}
	for again := true; again; {
		again = false
		for j := range to {
			for k := range to {
				if cost := s.cheap[j*s.sites+k]; cost < unreached && cost+to[k] < to[j] {
					to[j], again = cost+to[k], true
				}
			}
		}
	}
	return to[:len(s.Room)]
}

// Verify proves that a plan places as many people as can be, at the least cost, or
// says where it does not: it is kept to, and by the duality of linear programmes no
// plan costs less than the worth of what everybody takes.
func (p Problem) Verify(plan *Plan) error {
	used, left := make([]int64, len(p.Room)), p.leftCost()
	for i, people := range p.People {
		best := left // what a person of the home costs, room included
		for w := p.Start[i]; w < p.Start[i+1]; w++ {
			best = min(best, p.Cost[w]+plan.Worth[p.Site[w]])
		}
		sum := plan.Left[i]
		if sum < 0 || sum > 0 && best < left {
			return fmt.Errorf("home %d: %d are left over, for whom there is a place", i, sum)
		}
		for w := p.Start[i]; w < p.Start[i+1]; w++ {
			x, j := plan.Goes[w], p.Site[w]
			if x < 0 || x > 0 && p.Cost[w]+plan.Worth[j] > best {
				return fmt.Errorf("home %d: %d go to site %d, and could do better", i, x, j)
			}
			sum += x
			used[j] += x
		}
		if sum != people {
			return fmt.Errorf("home %d: %d of %d people are somewhere", i, sum, people)
		}
	}
	for j, u := range used {
		if worth := plan.Worth[j]; u != plan.Used[j] || u > p.Room[j] || worth < 0 || worth > 0 && u < p.Room[j] {
			return fmt.Errorf("site %d: %d of %d, room being worth %d", j, u, p.Room[j], worth)
		}
	}
	return nil
}

// Total is the sum of amount × cost over the ways, in 128 bits.
func (p Problem) Total(plan *Plan) (hi, lo uint64) {
	for w, x := range plan.Goes {
		h, l := bits.Mul64(uint64(x), uint64(p.Cost[w]))
		var carry uint64
		lo, carry = bits.Add64(lo, l, 0)
		hi += h + carry
	}
	return hi, lo
}
