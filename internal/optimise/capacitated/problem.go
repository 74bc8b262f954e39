package capacitated

import (
	"fmt"
	"slices"

	"github.com/maillage/maillage/internal/optimise"
	"github.com/maillage/maillage/internal/optimise/flow"
)

// Problem is a choice of sites with room. Sites and demands are numbered from 0.
type Problem struct {
	Sites   int
	P       int                 // how many are open; 0 for any number, as Opening makes it worth while
	Room    []int64             // per site: how many people it can serve
	People  []int64             // per demand
	Near    [][]optimise.Choice // per demand, the sites that can serve it, in any order; each site once; costs are per person, up to flow.MaxCost
	Else    []int64             // per demand, the cost of a person left over, up to flow.MaxCost; optimise.Must where nobody may be
	Opening []int64             // per site, what it adds to the cost when open; nil: nothing
	Fixed   []optimise.State    // per site; nil: all are free
	Groups  []optimise.Group    // sets of sites of which so many are open
	Apart   [][2]int32          // pairs of which one at most is open
	Prices  []int64             // per site, with Budget, 0 or more; nil: none
	Budget  int64               // the most that the open sites may cost together
}

// What amounts may add up to: people, so that floats hold them; costs, so that they do
// not overflow.
const (
	mostPeople = int64(1) << 53
	mostCost   = int64(1) << 60
)

// compiled is a problem seen from both sides, without the choices that nobody takes.
type compiled struct {
	*Problem
	demands int
	start   []int // of each demand in near
	near    []optimise.Choice
	first   []int // of each site in at
	at      []visit
	cap     []float64 // per demand, the highest price that makes sense
	most    int64     // the highest cost per person of a choice
	needs   []int32   // demands that have to be served
	must    int64     // their people
	roomy   []int64   // Room, or all the people there are
	barred  int64     // more than any set costs
	terms   int       // the most numbers that are added up in a bound
	apart   [][]int32 // per site
}

// visit is a demand that a site can serve.
type visit struct {
	demand int32
	cost   int64 // per person
}

// compile checks the problem. An error says what is wrong with it; that nothing can
// satisfy it is not found here.
func compile(p *Problem) (*compiled, error) {
	c := &compiled{Problem: p, demands: len(p.People), cap: make([]float64, len(p.People)), apart: make([][]int32, p.Sites)}
	if p.P < 0 || p.P > p.Sites || p.Sites < 1 || p.Sites >= flow.MaxSites {
		return nil, fmt.Errorf("%d sites of %d are to be open: want 1 to all of them, or 0 for any number, of 1 to %d sites", p.P, p.Sites, flow.MaxSites-1)
	}
	for _, list := range []struct {
		name     string
		n, sites int
		may      bool
	}{
		{"rooms", len(p.Room), p.Sites, false}, {"states", len(p.Fixed), p.Sites, p.Fixed == nil}, {"prices", len(p.Prices), p.Sites, p.Prices == nil},
		{"costs of opening", len(p.Opening), p.Sites, p.Opening == nil}, {"lists of choices", len(p.Near), c.demands, false}, {"costs of none", len(p.Else), c.demands, false},
	} {
		if list.n != list.sites && !list.may {
			return nil, fmt.Errorf("%d %s: want %d", list.n, list.name, list.sites)
		}
	}
	if err := c.checkSites(); err != nil {
		return nil, err
	}
	if err := c.checkDemands(); err != nil {
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
	for n, g := range p.Groups {
		for _, j := range g.Sites {
			if j < 0 || int(j) >= p.Sites {
				return nil, fmt.Errorf("group %d: site %d: want some of 0 to %d", n, j, p.Sites-1)
			}
		}
	}
	c.turn()
	return c, nil
}

func (c *compiled) checkSites() error {
	var costs, prices int64
	for j, room := range c.Room {
		if room < 0 {
			return fmt.Errorf("site %d: room for %d: want 0 or more", j, room)
		}
		if x := c.opening(int32(j)); x < 0 || x > mostCost-costs {
			return fmt.Errorf("site %d: a cost of opening of %d: want 0 or more, and no more than %d in all: scale costs down", j, x, mostCost)
		}
		costs += c.opening(int32(j))
		if x := c.price(int32(j)); x < 0 || x > mostCost-prices {
			return fmt.Errorf("site %d: a price of %d: want 0 or more, and no more than %d in all: scale prices down", j, x, mostCost)
		}
		prices += c.price(int32(j))
	}
	c.barred = costs + 1
	return nil
}

func (c *compiled) checkDemands() error {
	people, seen := int64(0), make([]int, c.Sites)
	for i, a := range c.People {
		if a < 0 || a > mostPeople-people {
			return fmt.Errorf("demand %d: %d people: want 0 or more, and no more than %d in all", i, a, mostPeople)
		}
		people += a
		last := c.Else[i]
		if last != optimise.Must && (last < 0 || last > flow.MaxCost) {
			return fmt.Errorf("demand %d: a cost of %d for who is left over: want 0 to %d, or Must", i, last, int64(flow.MaxCost))
		}
		if last == optimise.Must && a > 0 {
			c.needs, c.must = append(c.needs, int32(i)), c.must+a
		}
		worst := int64(0)
		c.start = append(c.start, len(c.near))
		for _, x := range c.Near[i] {
			if x.Site < 0 || int(x.Site) >= c.Sites || x.Cost < 0 || x.Cost > flow.MaxCost {
				return fmt.Errorf("demand %d: site %d at a cost of %d: want sites of 0 to %d and costs of 0 to %d", i, x.Site, x.Cost, c.Sites-1, int64(flow.MaxCost))
			}
			if seen[x.Site] > i {
				return fmt.Errorf("demand %d: site %d is given twice", i, x.Site)
			}
			seen[x.Site] = i + 1
			if a > 0 && x.Cost < last {
				c.near, worst = append(c.near, x), max(worst, x.Cost)
			}
		}
		slices.SortFunc(c.near[c.start[i]:], func(a, b optimise.Choice) int { return int(a.Site - b.Site) })
		c.most = max(c.most, worst)
		if last != optimise.Must {
			worst = last
		}
		if worst > 0 && a > (mostCost-c.barred)/worst {
			return fmt.Errorf("demand %d: costs add up to more than %d: scale them down", i, mostCost)
		}
		c.barred += a * worst
	}
	c.start = append(c.start, len(c.near))
	c.roomy = make([]int64, c.Sites)
	for j, room := range c.Room {
		c.roomy[j] = min(room, people)
	}
	// A chain of moves through all sites, and opening all, is worth no more than this.
	dear := float64(c.most+1)*float64(c.Sites+1) + float64(c.barred)
	for i, last := range c.Else {
		if c.cap[i] = float64(last); last == optimise.Must {
			c.cap[i] = dear
		}
	}
	return nil
}

// turn lists the demands of every site.
func (c *compiled) turn() {
	c.first = make([]int, c.Sites+1)
	for _, x := range c.near {
		c.first[x.Site+1]++
	}
	longest := 0
	for j := range c.Sites {
		longest = max(longest, c.first[j+1])
		c.first[j+1] += c.first[j]
	}
	c.terms = c.demands + c.Sites + longest
	next := slices.Clone(c.first)
	c.at = make([]visit, len(c.near))
	for i := range c.demands {
		for _, x := range c.near[c.start[i]:c.start[i+1]] {
			c.at[next[x.Site]] = visit{int32(i), x.Cost}
			next[x.Site]++
		}
	}
}

func (c *compiled) visits(site int32) []visit { return c.at[c.first[site]:c.first[site+1]] }

// opening is what a site adds to the cost when open.
func (c *compiled) opening(site int32) int64 {
	if c.Opening == nil {
		return 0
	}
	return c.Opening[site]
}

func (c *compiled) price(site int32) int64 {
	if c.Prices == nil {
		return 0
	}
	return c.Prices[site]
}

func (c *compiled) state(site int32) optimise.State {
	if c.Fixed == nil {
		return optimise.Free
	}
	return c.Fixed[site]
}

// allowed says whether a set of sites, each once, keeps to all that is asked of it but
// the demands.
func (c *compiled) allowed(list []int32) bool {
	open, price := make([]bool, c.Sites), int64(0)
	for _, j := range list {
		if j < 0 || int(j) >= c.Sites || open[j] || c.state(j) == optimise.Closed {
			return false
		}
		open[j] = true
		price += c.price(j)
		for _, k := range c.apart[j] {
			if open[k] {
				return false
			}
		}
	}
	for j, st := range c.Fixed {
		if st == optimise.Open && !open[j] {
			return false
		}
	}
	for _, g := range c.Groups {
		n := 0
		for _, j := range g.Sites {
			if open[j] {
				n++
			}
		}
		if n < g.Least || n > g.Most {
			return false
		}
	}
	return (c.P == 0 || len(list) == c.P) && (c.Prices == nil || price <= c.Budget)
}
