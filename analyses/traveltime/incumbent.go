package traveltime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/paulmach/orb"
)

// Incumbent is a set of open sites and what they mean for a set of homes, to be
// changed one step at a time: a site added, moved, closed. Each step computes
// the times to one site at most and touches only the homes it concerns; the
// state is always the one a computation from scratch gives, to the millisecond.
// It is used by one goroutine at a time.
type Incumbent struct {
	first   *Homes // as at the beginning
	homes   *Homes
	sites   []site // by number; numbers are never used again
	times   []Time // per home, to its nearest open site
	nearest []int32
	undo    []step
	block   func(to []Place, rows [][]Time)
}

type site struct {
	place Place
	open  bool
	times []Time // from every home
}

// Change is what a step did to one home.
type Change struct {
	Home         int
	Was, Is      Time
	WasAt, IsNow int32 // the nearest site, -1 for none
}

// step is what it takes to go back.
type step struct {
	site    int
	was     site // before the step; unused when the site is new
	isNew   bool
	changes []Change
}

// ErrNoSite says that a step names a site that is not open.
var ErrNoSite = errors.New("no open site has this number")

// Incumbent computes the times to the sites, numbered from 0 in their order.
func (h *Homes) Incumbent(ctx context.Context, sites []Place) (*Incumbent, error) {
	x := &Incumbent{first: h, homes: h, times: make([]Time, h.Len()), nearest: make([]int32, h.Len()), block: h.rows()}
	err := h.Matrix(ctx, sites, func(j int, times []Time) error {
		x.sites = append(x.sites, site{sites[j], true, slices.Clone(times)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range x.times {
		x.times[i], x.nearest[i] = x.best(i)
	}
	return x, nil
}

// Times are the times of all homes to their nearest open site; read-only, and
// changed by the next step.
func (x *Incumbent) Times() []Time { return x.times }

// Nearest are the numbers of the homes' nearest open sites, -1 for none.
func (x *Incumbent) Nearest() []int32 { return x.nearest }

// Add opens a new site and returns its number and the homes it changed.
func (x *Incumbent) Add(p Place) (number int, changes []Change) {
	number = len(x.sites)
	x.sites = append(x.sites, site{p, true, x.row(p)})
	return number, x.keep(step{site: number, isNew: true, changes: x.gain(number)})
}

// Remove closes a site. Its homes go to the best of the others.
func (x *Incumbent) Remove(number int) ([]Change, error) {
	if err := x.check(number); err != nil {
		return nil, err
	}
	was := x.sites[number]
	x.sites[number].open = false
	return x.keep(step{site: number, was: was, changes: x.settle(number)}), nil
}

// Move puts a site elsewhere; it keeps its number.
func (x *Incumbent) Move(number int, p Place) ([]Change, error) {
	if err := x.check(number); err != nil {
		return nil, err
	}
	was := x.sites[number]
	x.sites[number] = site{p, true, x.row(p)}
	return x.keep(step{site: number, was: was, changes: x.settle(number)}), nil
}

// Reroute goes on with the network the incumbent began with or a change of it
// (see Network.Change): homes and sites are joined to it, whatever the roads were
// in between, and all times computed. Undo does not know of it, since keeping every
// network would fill the memory: before steps are undone that were taken on other
// roads, go back to those.
func (x *Incumbent) Reroute(ctx context.Context, n *Network) ([]Change, error) {
	points := make([]orb.Point, len(x.sites))
	for k, s := range x.sites {
		points[k] = s.place.Of
	}
	places, homes := n.Places(points), x.first.On(n)
	sites := make([]site, len(x.sites))
	if err := homes.Matrix(ctx, places, func(j int, times []Time) error {
		sites[j] = site{places[j], x.sites[j].open, slices.Clone(times)}
		return nil
	}); err != nil {
		return nil, err
	}
	x.homes, x.sites, x.block = homes, sites, homes.rows()
	var changes []Change
	for i := range x.times {
		best, at := x.best(i)
		changes = x.set(changes, i, best, at)
	}
	return changes, nil
}

// Undo takes the last step back and returns the homes it changed; ok is false
// when there is no step left.
func (x *Incumbent) Undo() (changes []Change, ok bool) {
	if len(x.undo) == 0 {
		return nil, false
	}
	last := x.undo[len(x.undo)-1]
	x.undo = x.undo[:len(x.undo)-1]
	if last.isNew {
		x.sites = x.sites[:last.site]
	} else {
		x.sites[last.site] = last.was
	}
	for _, c := range last.changes {
		x.times[c.Home], x.nearest[c.Home] = c.Was, c.WasAt
		changes = append(changes, Change{c.Home, c.Is, c.Was, c.IsNow, c.WasAt})
	}
	return changes, true
}

func (x *Incumbent) check(number int) error {
	if number < 0 || number >= len(x.sites) || !x.sites[number].open {
		return fmt.Errorf("%w: %d", ErrNoSite, number)
	}
	return nil
}

func (x *Incumbent) keep(s step) []Change {
	x.undo = append(x.undo, s)
	return s.changes
}

func (x *Incumbent) row(p Place) []Time {
	times := make([]Time, x.homes.Len())
	x.block([]Place{p}, [][]Time{times})
	return times
}

// gain lets homes go to a site that is open now, where that is nearer.
func (x *Incumbent) gain(number int) (changes []Change) {
	for i, t := range x.sites[number].times {
		if t.Reached() && (t < x.times[i] || (t == x.times[i] && int32(number) < x.nearest[i])) {
			changes = x.set(changes, i, t, int32(number))
		}
	}
	return changes
}

// settle decides anew for the homes of a changed site and for those it attracts.
func (x *Incumbent) settle(number int) (changes []Change) {
	s := &x.sites[number]
	for i := range x.times {
		switch t := s.times[i]; {
		case x.nearest[i] == int32(number):
			best, at := x.best(i)
			changes = x.set(changes, i, best, at)
		case s.open && t.Reached() && (t < x.times[i] || (t == x.times[i] && int32(number) < x.nearest[i])):
			changes = x.set(changes, i, t, int32(number))
		}
	}
	return changes
}

func (x *Incumbent) set(changes []Change, home int, t Time, at int32) []Change {
	c := Change{home, x.times[home], t, x.nearest[home], at}
	if c.Was == c.Is && c.WasAt == c.IsNow {
		return changes
	}
	x.times[home], x.nearest[home] = t, at
	return append(changes, c)
}

// best is the nearest open site of a home, the lowest number among equals.
func (x *Incumbent) best(home int) (Time, int32) {
	best, at := Unreachable, int32(-1)
	if !x.homes.places[home].On {
		best = OffNetwork
	}
	for number, s := range x.sites {
		if t := s.times[home]; s.open && t.Reached() && (at < 0 || t < best) {
			best, at = t, int32(number)
		}
	}
	return best, at
}
