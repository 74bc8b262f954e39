package optimise

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is a choice of sites. They are numbered from 0.
type Problem struct {
	Sites   int
	P       int        // how many are open; 0 for any number, as Opening makes it worth while
	Near    [][]Choice // per demand, the sites that serve it, in any order; each site once
	Else    []int64    // per demand, its cost when none of these is open; Must if one has to be
	Opening []int64    // per site, what it adds to the cost when open; nil: nothing
	Fixed   []State    // per site; nil: all are free
	Apart   [][2]int32 // pairs of which one at most is open
	Prices  []int64    // per site, with Budget; nil: none
	Budget  int64      // the most that the open sites may cost together
}

// Choice is a site that serves a demand at a cost.
type Choice struct {
	Site int32
	Cost int64
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

// most bounds the sum of the highest costs times the number of demands, so that no
// sum overflows.
const most = int64(1) << 60

// compiled is a problem whose lists are ordered, seen from both sides.
type compiled struct {
	*Problem
	demands int
	start   []int    // of each demand in near
	near    []Choice // rising
	last    []int64  // Else, with barred for Must
	barred  int64    // more than all demands cost together: a set that costs as much serves not everybody
	first   []int    // of each site in at
	at      []visit
	apart   [][]int32 // per site
}

// visit is a demand that a site serves at a cost.
type visit struct {
	demand int32
	cost   int64
}

// compile checks the problem. An error says what is wrong with it; that nothing can
// satisfy it is not found here.
func compile(p *Problem) (*compiled, error) {
	c := &compiled{Problem: p, demands: len(p.Near), last: slices.Clone(p.Else), apart: make([][]int32, p.Sites)}
	if p.P < 0 || p.P > p.Sites || p.Sites == 0 {
		return nil, fmt.Errorf("%d sites of %d are to be open: want 1 to %d, or 0 for any number", p.P, p.Sites, p.Sites)
	}
	ofSites := func(n int, none bool) bool { return none || n == p.Sites }
	if len(p.Else) != len(p.Near) || !ofSites(len(p.Fixed), p.Fixed == nil) || !ofSites(len(p.Prices), p.Prices == nil) || !ofSites(len(p.Opening), p.Opening == nil) {
		return nil, fmt.Errorf("%d demands with %d costs of none; %d sites with %d states, %d prices, %d costs of opening: want as many of each",
			len(p.Near), len(p.Else), p.Sites, len(p.Fixed), len(p.Prices), len(p.Opening))
	}
	total, room := int64(0), most/int64(len(p.Near)+1)
	for j, x := range p.Opening {
		if x < 0 || x > room-total {
			return nil, fmt.Errorf("site %d: a cost of opening of %d: want 0 or more, and no more than %d in all: scale costs down", j, x, room)
		}
		total += x
	}
	for i, choices := range p.Near {
		worst := int64(0)
		c.start = append(c.start, len(c.near))
		for _, x := range choices {
			if x.Site < 0 || int(x.Site) >= p.Sites || x.Cost < 0 {
				return nil, fmt.Errorf("demand %d: site %d at a cost of %d: want sites of 0 to %d and costs of 0 or more", i, x.Site, x.Cost, p.Sites-1)
			}
			if worst = max(worst, x.Cost); x.Cost < p.Else[i] {
				c.near = append(c.near, x)
			}
		}
		own := c.near[c.start[i]:]
		slices.SortFunc(own, func(a, b Choice) int { return cmp.Or(cmp.Compare(a.Cost, b.Cost), cmp.Compare(a.Site, b.Site)) })
		if p.Else[i] != Must {
			worst = p.Else[i]
		}
		if worst > room-total {
			return nil, fmt.Errorf("demand %d: costs add up to more than %d: scale them down", i, room)
		}
		total += worst
	}
	c.barred = total + 1
	for i, x := range c.last {
		if x == Must {
			c.last[i] = c.barred
		}
	}
	c.start = append(c.start, len(c.near))
	for _, pair := range p.Apart {
		for k, j := range pair {
			if j < 0 || int(j) >= p.Sites || pair[0] == pair[1] {
				return nil, fmt.Errorf("sites %d and %d cannot be kept apart: want two of 0 to %d", pair[0], pair[1], p.Sites-1)
			}
			c.apart[j] = append(c.apart[j], pair[1-k])
		}
	}
	c.turn()
	return c, nil
}

// turn lists the demands of every site.
func (c *compiled) turn() {
	c.first = make([]int, c.Sites+1)
	for _, x := range c.near {
		c.first[x.Site+1]++
	}
	for j := range c.Sites {
		c.first[j+1] += c.first[j]
	}
	next := slices.Clone(c.first)
	c.at = make([]visit, len(c.near))
	for i := range c.demands {
		for _, x := range c.choices(i) {
			c.at[next[x.Site]] = visit{int32(i), x.Cost}
			next[x.Site]++
		}
	}
}

func (c *compiled) choices(demand int) []Choice { return c.near[c.start[demand]:c.start[demand+1]] }

func (c *compiled) visits(site int32) []visit { return c.at[c.first[site]:c.first[site+1]] }

// value is the cost of a set; barred or more where it does not serve a demand it has to.
func (c *compiled) value(open []bool) (sum int64) {
	for j, x := range c.Opening {
		if open[j] {
			sum += x
		}
	}
	for i := range c.demands {
		cost := c.last[i]
		for _, x := range c.choices(i) {
			if open[x.Site] {
				cost = x.Cost
				break
			}
		}
		sum += cost
	}
	return sum
}

// allowed says whether a set keeps to all that is asked of it but the demands.
func (c *compiled) allowed(open []bool) bool {
	n, price := 0, int64(0)
	for j := range c.Sites {
		if !open[j] {
			if c.Fixed != nil && c.Fixed[j] == Open {
				return false
			}
			continue
		}
		if n++; c.Fixed != nil && c.Fixed[j] == Closed {
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
	return (c.P == 0 || n == c.P) && (c.Prices == nil || price <= c.Budget)
}
