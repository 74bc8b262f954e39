package capacitated

import (
	"slices"

	"github.com/maillage/maillage/internal/optimise"
)

// Why is what stands against all sets.
type Why string

// The reasons why there is no set; the first that holds is told.
const (
	Rules     Why = "rules"     // P, Fixed, Groups, Apart and Budget cannot all be kept, whoever is to be served
	Unreached Why = "unreached" // some demands have no site that may be open
	Room      Why = "room"      // the sites have too little room in all
	Reach     Why = "reach"     // there is room, but not where it is needed
	Unclear   Why = "unclear"   // the search for a reason ended early
)

// Obstacle is why there is no set.
type Obstacle struct {
	Why       Why
	Unreached []int32 // the demands without a site
	// Missing is how many people more would have to have a place, at least, of Must who
	// have to be served. For Room, Most is what the roomiest sites hold.
	Missing, Must, Most int64
}

// reasonNodes bounds the search for a reason.
const reasonNodes = 200

// obstacle finds out why there is no set.
func (s *solver) obstacle() *Obstacle {
	o := &Obstacle{Must: s.must}
	bare := &Problem{Sites: s.Sites, P: s.P, Room: s.Room, Fixed: s.Fixed, Groups: s.Groups, Apart: s.Apart, Prices: s.Prices, Budget: s.Budget}
	switch r := s.also(bare, optimise.Options{Nodes: 100 * reasonNodes}); r.Status {
	case optimise.Infeasible:
		o.Why = Rules
		return o
	case optimise.Unknown:
		o.Why = Unclear
		return o
	}
	for i, last := range s.Else {
		may := func(x optimise.Choice) bool { return s.state(x.Site) != optimise.Closed && s.Room[x.Site] > 0 }
		if last == optimise.Must && s.People[i] > 0 && !slices.ContainsFunc(s.Near[i], may) {
			o.Unreached = append(o.Unreached, int32(i))
		}
	}
	if len(o.Unreached) > 0 {
		o.Why = Unreached
		return o
	}
	if most := s.roomiest(); most < s.must {
		o.Why, o.Missing, o.Most = Room, s.must-most, most
		return o
	}
	o.Why = Reach
	o.Missing = max(1, s.also(s.service(), optimise.Options{Nodes: reasonNodes}).Bound)
	return o
}

// also answers another problem of the same sites.
func (s *solver) also(p *Problem, o optimise.Options) *optimise.Solution {
	c, err := compile(p)
	if err != nil {
		panic("capacitated: a part of a checked problem: " + err.Error())
	}
	t := newSolver(s.ctx, c, o)
	t.search()
	s.nodes, s.steps = s.nodes+t.nodes, s.steps+t.steps
	return t.report()
}

// service is the problem of leaving over as few as can be of those who have to be served.
func (s *solver) service() *Problem {
	p := &Problem{Sites: s.Sites, P: s.P, Room: s.Room, Fixed: s.Fixed, Groups: s.Groups, Apart: s.Apart, Prices: s.Prices, Budget: s.Budget}
	for i, last := range s.Else {
		if last != optimise.Must || s.People[i] == 0 {
			continue
		}
		near := make([]optimise.Choice, len(s.Near[i]))
		for k, x := range s.Near[i] {
			near[k].Site = x.Site
		}
		p.People, p.Near, p.Else = append(p.People, s.People[i]), append(p.Near, near), append(p.Else, 1)
	}
	return p
}

// feasible looks for any set that serves who has to be served, and improves it. It is
// false where there is none, or none was found.
func (s *solver) feasible() bool {
	r := s.also(s.service(), optimise.Options{Below: 1, Nodes: s.o.Nodes})
	if r.Status == optimise.Infeasible {
		s.pending = nil
	}
	if len(r.Best) == 0 {
		return false
	}
	s.improve(s.place(r.Sites))
	return true
}

// roomiest is how many people the sites hold that hold most, with those that are open
// in any case.
func (s *solver) roomiest() (most int64) {
	var rooms []int64
	left := s.P
	for j := range int32(s.Sites) {
		switch s.state(j) {
		case optimise.Open:
			most, left = min(most+s.roomy[j], mostPeople), left-1
		case optimise.Free:
			rooms = append(rooms, s.roomy[j])
		}
	}
	slices.Sort(rooms)
	slices.Reverse(rooms)
	if s.P > 0 {
		rooms = rooms[:min(left, len(rooms))]
	}
	for _, r := range rooms {
		most = min(most+r, mostPeople)
	}
	return most
}
