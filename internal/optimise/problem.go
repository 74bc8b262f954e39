package optimise

import (
	"fmt"
	"math/bits"
	"slices"
)

// Problem is a choice of sites. They are numbered from 0.
type Problem struct {
	Sites   int
	P       int        // how many are open; 0 for any number, as Opening makes it worth while
	Near    [][]Choice // per demand, the sites that serve it, in any order; each site once
	Else    []int64    // per demand, its cost when too few of these are open; Must if they have to be
	Weight  []int64    // per demand, what its costs in Near and Else are multiplied by; nil: 1 each
	Need    []int32    // per demand, how many sites serve it; nil: 1 each
	Opening []int64    // per site, what it adds to the cost when open; nil: nothing
	Fixed   []State    // per site; nil: all are free
	Groups  []Group    // sets of sites without one in common
	Apart   [][2]int32 // pairs of which one at most is open
	Prices  []int64    // per site, with Budget; nil: none
	Budget  int64      // the most that the open sites may cost together
}

// Choice is a site that serves a demand at a cost.
type Choice struct {
	Site int32
	Cost int64
}

// Group is a set of sites of which no fewer than Least and no more than Most are open.
type Group struct {
	Sites       []int32
	Least, Most int
}

// State says whether a site is open in every set that counts.
type State int8

// The states of a site.
const (
	Closed State = iota - 1
	Free
	Open
)

// Must is the cost of none for a demand that has to be served.
const Must = int64(1) << 62

// most bounds the sum of the highest costs, so that no sum overflows.
const most = int64(1) << 60

// dearest bounds the sum of the prices, so that floats hold them.
const dearest = int64(1) << 53

// compiled is a problem whose lists are ordered.
type compiled struct {
	*Problem
	demands int
	start   []int    // of each demand in near
	near    []choice // rising
	shift   uint     // bits of a choice that are its site
	first   []int    // of each site in at
	at      []visit
	weight  []int64 // per demand, what the costs in near are multiplied by
	last    []int64 // Else, weighted; for Must a penalty that makes exchanges serve it
	barred  int64   // more than all demands cost together: the cost of a set that serves not everybody
	groups  []Group // those of the problem, then one of all other sites that asks for nothing
	group   []int32 // per site
	apart   [][]int32
}

// visit is a demand that a site serves, and the place of the site among its choices.
type visit struct{ demand, rank int32 }

// choice is a cost in units of the demand's weight, and in its lowest bits a site: in
// the order of numbers, choices are in that of costs.
type choice uint64

func (c *compiled) site(x choice) int32 { return int32(x & (1<<c.shift - 1)) }

func (c *compiled) unit(x choice) int64 { return int64(x >> c.shift) }

func (c *compiled) need(demand int) int {
	if c.Need == nil {
		return 1
	}
	return int(c.Need[demand])
}

// penalty is what a demand that is not served though it has to be costs at least in
// exchanges: more than all together can, unless sums would overflow.
func (c *compiled) penalty() int64 { return min(c.barred, 2*most/int64(c.demands)) }

func (c *compiled) must(demand int) bool { return c.Else[demand] == Must }

func (c *compiled) state(site int32) State {
	if c.Fixed == nil {
		return Free
	}
	return c.Fixed[site]
}

// compile checks the problem. An error says what is wrong with it; that nothing can
// satisfy it is not found here.
func compile(p *Problem) (*compiled, error) {
	c := &compiled{Problem: p, demands: len(p.Near), apart: make([][]int32, p.Sites)}
	if p.P < 0 || p.P > p.Sites || p.Sites == 0 {
		return nil, fmt.Errorf("%d sites of %d are to be open: want 1 to %d, or 0 for any number", p.P, p.Sites, p.Sites)
	}
	if err := c.counted(); err != nil {
		return nil, err
	}
	c.shift = max(1, uint(bits.Len(uint(p.Sites-1))))
	room, total := most, int64(0)
	for j, x := range p.Opening {
		if x < 0 || x > room-total {
			return nil, fmt.Errorf("site %d: a cost of opening of %d: want 0 or more, and no more than %d in all: scale costs down", j, x, room)
		}
		total += x
	}
	pairs := 0
	for _, choices := range p.Near {
		pairs += len(choices)
	}
	c.near = make([]choice, 0, pairs)
	for i := range p.Near {
		worst, err := c.list(i, room-total)
		if err != nil {
			return nil, err
		}
		total += worst
	}
	c.start = append(c.start, len(c.near))
	c.order()
	c.barred = total + 1
	for i, worst := range c.last {
		if c.must(i) {
			c.last[i] = max(worst, c.penalty())
		}
	}
	if err := c.grouped(); err != nil {
		return nil, err
	}
	for _, pair := range p.Apart {
		for k, j := range pair {
			if j < 0 || int(j) >= p.Sites || pair[0] == pair[1] {
				return nil, fmt.Errorf("sites %d and %d cannot be kept apart: want two of 0 to %d", pair[0], pair[1], p.Sites-1)
			}
			c.apart[j] = append(c.apart[j], pair[1-k])
		}
	}
	return c, c.priced()
}

// counted says of a list that is not as long as it should be.
func (c *compiled) counted() error {
	for _, l := range []struct {
		what, of     string
		n, want      int
		mayBeLeftOut bool
	}{
		{"costs of none", "demands", len(c.Else), c.demands, false},
		{"weights", "demands", len(c.Weight), c.demands, c.Weight == nil},
		{"needs", "demands", len(c.Need), c.demands, c.Need == nil},
		{"states", "sites", len(c.Fixed), c.Sites, c.Fixed == nil},
		{"prices", "sites", len(c.Prices), c.Sites, c.Prices == nil},
		{"costs of opening", "sites", len(c.Opening), c.Sites, c.Opening == nil},
	} {
		if l.n != l.want && !l.mayBeLeftOut {
			return fmt.Errorf("%d %s with %d %s: want as many of each", l.want, l.of, l.n, l.what)
		}
	}
	return nil
}

// list packs the choices of a demand, and returns the most that it may cost.
func (c *compiled) list(i int, room int64) (worst int64, err error) {
	weight, need := int64(1), c.need(i)
	if c.Weight != nil {
		weight = c.Weight[i]
	}
	last := c.Else[i]
	if weight < 1 || need < 1 || last < 0 {
		return 0, fmt.Errorf("demand %d: a weight of %d, a need of %d, a cost of none of %d: want weights and needs of 1 or more, and costs of 0 or more", i, weight, need, last)
	}
	dearest := int64(0)
	for _, x := range c.Near[i] {
		if x.Site < 0 || int(x.Site) >= c.Sites || x.Cost < 0 {
			return 0, fmt.Errorf("demand %d: site %d at a cost of %d: want sites of 0 to %d and costs of 0 or more", i, x.Site, x.Cost, c.Sites-1)
		}
		dearest = max(dearest, x.Cost)
	}
	highest, times := dearest, int64(need)
	if last != Must {
		highest, times = last, 1
	}
	if highest > room/weight/times {
		return 0, fmt.Errorf("demand %d: costs add up to more than %d: scale them down", i, room)
	}
	unit := int64(1)
	if bits.Len64(uint64(min(dearest, last)))+int(c.shift) > 63 {
		unit = divisor(c.Near[i])
		if bits.Len64(uint64(min(dearest, last)/unit))+int(c.shift) > 63 {
			return 0, fmt.Errorf("demand %d: a cost of %d, with %d sites: want %d at most: scale costs down", i, dearest, c.Sites, int64(1)<<(63-c.shift)-1)
		}
	}
	c.start = append(c.start, len(c.near))
	c.weight = append(c.weight, weight*unit)
	for _, x := range c.Near[i] {
		if x.Cost >= last {
			continue
		}
		if unit > 1 {
			x.Cost /= unit
		}
		c.near = append(c.near, choice(x.Cost)<<c.shift|choice(x.Site))
	}
	worst = highest * times * weight
	c.last = append(c.last, worst)
	return worst, nil
}

// divisor is the greatest of all costs.
func divisor(choices []Choice) (d int64) {
	for _, x := range choices {
		for b := x.Cost; b != 0; {
			d, b = b, d%b
		}
	}
	return max(1, d)
}

// grouped notes the group of every site.
func (c *compiled) grouped() error {
	c.group = slices.Repeat([]int32{int32(len(c.Groups))}, c.Sites)
	c.groups = append(slices.Clone(c.Groups), Group{Most: c.Sites})
	for g, group := range c.Groups {
		if group.Least < 0 || group.Most < group.Least {
			return fmt.Errorf("group %d: from %d to %d sites: want 0 or more, the lower number first", g, group.Least, group.Most)
		}
		for _, j := range group.Sites {
			if j < 0 || int(j) >= c.Sites {
				return fmt.Errorf("group %d: site %d: want sites of 0 to %d", g, j, c.Sites-1)
			}
			if was := int(c.group[j]); was != len(c.Groups) {
				return fmt.Errorf("site %d is in group %d and in group %d: want groups without a site in common", j, was, g)
			}
			c.group[j] = int32(g)
		}
	}
	return nil
}

// priced checks the prices.
func (c *compiled) priced() error {
	left := dearest
	for j, x := range c.Prices {
		if x < 0 || x > left {
			return fmt.Errorf("site %d: a price of %d: want 0 or more, and no more than %d in all", j, x, dearest)
		}
		left -= x
	}
	return nil
}

// turn lists the demands of every site, when they are first asked for.
func (c *compiled) turn() {
	c.first = make([]int, c.Sites+1)
	for _, x := range c.near {
		c.first[c.site(x)+1]++
	}
	for j := range c.Sites {
		c.first[j+1] += c.first[j]
	}
	next := slices.Clone(c.first)
	c.at = make([]visit, len(c.near))
	for i := range c.demands {
		for rank, x := range c.choices(i) {
			j := c.site(x)
			c.at[next[j]] = visit{int32(i), int32(rank)}
			next[j]++
		}
	}
}

func (c *compiled) visits(site int32) []visit {
	if c.first == nil {
		c.turn()
	}
	return c.at[c.first[site]:c.first[site+1]]
}

// drop forgets the sites that are closed in every set that still counts. What it
// changes is the receiver's own, not what it was copied from.
func (c *compiled) drop(fixed []State) {
	p := *c.Problem
	p.Fixed = slices.Clone(fixed)
	c.first, c.at = nil, nil
	kept := 0
	for _, x := range c.near {
		if fixed[c.site(x)] != Closed {
			kept++
		}
	}
	near, start := make([]choice, 0, kept), make([]int, 0, c.demands+1)
	for i := range c.demands {
		start = append(start, len(near))
		for _, x := range c.choices(i) {
			if fixed[c.site(x)] != Closed {
				near = append(near, x)
			}
		}
	}
	start = append(start, kept)
	c.Problem, c.near, c.start = &p, near, start
}

func (c *compiled) choices(demand int) []choice { return c.near[c.start[demand]:c.start[demand+1]] }

// value is the cost of a set; barred where it does not serve a demand it has to.
func (c *compiled) value(open []bool) (sum int64) {
	for j, x := range c.Opening {
		if open[j] {
			sum += x
		}
	}
	for i := range c.demands {
		cost := c.serving(i, open)
		if cost < 0 {
			return c.barred
		}
		sum += cost
	}
	return sum
}

// serving is the cost of a demand, -1 where one that has to be served is not.
func (c *compiled) serving(i int, open []bool) (sum int64) {
	need := c.need(i)
	for _, x := range c.choices(i) {
		if !open[c.site(x)] {
			continue
		}
		sum += c.unit(x) * c.weight[i]
		if need--; need == 0 {
			return min(sum, c.last[i])
		}
	}
	if c.must(i) {
		return -1
	}
	return c.last[i]
}

// allowed says whether a set keeps to all that is asked of it but the demands.
func (c *compiled) allowed(open []bool) bool {
	n, price, count := 0, int64(0), make([]int, len(c.groups))
	for j := range int32(c.Sites) {
		if !open[j] {
			if c.state(j) == Open {
				return false
			}
			continue
		}
		n++
		if count[c.group[j]]++; c.state(j) == Closed {
			return false
		}
		if c.Prices != nil {
			price += c.Prices[j]
		}
		for _, k := range c.apart[j] {
			if open[k] {
				return false
			}
		}
	}
	for g, group := range c.groups {
		if count[g] < group.Least || count[g] > group.Most {
			return false
		}
	}
	return (c.P == 0 || n == c.P) && (c.Prices == nil || price <= c.Budget)
}
