package whatif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// History is how many steps can be undone.
const History = 100

// MaxTimes bounds what a session keeps: sites × homes, at four bytes each.
const MaxTimes = 1 << 26

// Session is a territory's coverage under changes. It is used by one goroutine at a time.
type Session struct {
	base   *coverage.Result
	mapped *traveltime.Network // the roads as mapped
	net    *traveltime.Network // with the roadwork in force
	work   traveltime.Roadwork
	class  []string // of road, that the mode uses
	engine *traveltime.Incumbent
	sites  []Site
	log    []entry

	cellOf  []int32           // home → cell: its position in coverage's cells, -1 when it does not count
	times   []traveltime.Time // per cell, as are the next four
	nearest []int32
	first   []int32 // nearest, as the session began
	rowOf   []int32 // its commune's number, -1 for none
	homeOf  []int   // its position in the population
	ages    [][]geodata.Amount
	sums    sums
	totals  Totals
	was     []seen // per cell, during a step
	touched []int  // cells with was set
}

// Site is a place where the service is offered, or would be.
type Site struct {
	Facility string    `json:"facility,omitempty" doc:"id of the facility; none for a site that is being tried"`
	Location orb.Point `json:"location" doc:"longitude and latitude"`
	On       bool      `json:"on_network" doc:"near enough to a road to be reached"`
	Open     bool      `json:"open"`
	Capacity *int      `json:"capacity" doc:"places; null if unknown"`
}

// Totals are the people reached. Mean and median are the territory's alone.
type Totals struct {
	Territory coverage.Row `json:"territory"`
	Communes  []Count      `json:"communes" doc:"those of the study area, by code"`
	Ages      []Count      `json:"ages"`
	Places    Places       `json:"places"`
}

// Count is what can change of a coverage.Row.
type Count struct {
	Code        string           `json:"code"`
	Covered     []geodata.Amount `json:"covered"`
	Unreachable geodata.Amount   `json:"unreachable"`
	OffNetwork  geodata.Amount   `json:"off_network"`
}

// Places compares the sites' capacity with the people.
type Places struct {
	Total     int      `json:"total" doc:"places of the open sites whose capacity is known"`
	Unknown   int      `json:"unknown" doc:"open sites whose capacity is not known"`
	PerPerson *float64 `json:"per_person" doc:"total by person concerned who reaches a site; null when no capacity is known or nobody reaches one"`
}

// Step is what a change did.
type Step struct {
	Roads    bool  // it changed the roads
	Sites    []int // the site it concerned; of a change of the roads, those it brought on the network or off
	Cells    []int // positions in coverage's cells, rising, whose time or nearest site is another now
	Communes []int // positions in Totals.Communes, rising, of those with such cells
}

// ErrNothingToUndo says that all steps kept have been undone.
var ErrNothingToUndo = errors.New("there is no step to undo")

// entry is what it takes to undo a step.
type entry struct {
	kind kind
	site int
	was  Site                // before the step, unless it added the site
	work traveltime.Roadwork // in force before a change of the roads
}

type kind int

const (
	added kind = iota
	moved
	closed
	resized  // no travel time changed
	reworked // the roads did
)

// ofEngine says whether the engine knows how to undo it.
func (k kind) ofEngine() bool { return k != resized && k != reworked }

type seen struct {
	set     bool
	time    traveltime.Time
	nearest int32
}

// Start begins with the answer to a question about a snapshot; the errors are
// those of coverage.Run. The sites are numbered from 0 in the order of the
// result's Facilities.
func Start(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p coverage.Params) (*Session, error) {
	base, err := coverage.Run(ctx, s, nets, p)
	if err != nil {
		return nil, err
	}
	if err := base.Simple("a live session"); err != nil {
		return nil, err
	}
	homes, net, err := nets.Cells(ctx, s, base.Params.Mode)
	if err != nil {
		return nil, err
	}
	if n := len(base.Facilities) * homes.Len(); n > MaxTimes {
		return nil, &analyses.ParamError{Param: "service", Err: fmt.Errorf("%d facilities and %d cells are too many to change step by step: at most %d times are kept", len(base.Facilities), homes.Len(), MaxTimes)}
	}
	x := &Session{base: base, mapped: net, net: net, class: net.Classes(), sums: sums{guard: secrecy.NewGuard(s.Population())}}
	points := make([]orb.Point, len(base.Facilities))
	for j, f := range base.Facilities {
		points[j] = f.Location
		x.sites = append(x.sites, Site{Facility: f.ID, Location: f.Location, On: true, Open: true, Capacity: f.Capacity})
	}
	if x.engine, err = homes.Incumbent(ctx, net.Places(points)); err != nil {
		return nil, err
	}
	x.lay(s.Population())
	x.add()
	x.totals = Totals{Territory: base.Territory, Communes: counts(base.Communes), Ages: counts(base.Ages)}
	x.totals.Territory.Covered = slices.Clone(base.Territory.Covered)
	x.countPlaces()
	return x, nil
}

func counts(rows []coverage.Row) []Count {
	out := make([]Count, len(rows))
	for i, r := range rows {
		out[i] = Count{r.Code, slices.Clone(r.Covered), r.Unreachable, r.OffNetwork}
	}
	return out
}

// lay finds each counted cell's home, commune and ages.
func (x *Session) lay(pop *geodata.Population) {
	cells := x.base.Cells
	number := map[string]int32{}
	for i, r := range x.base.Communes {
		number[r.Code] = int32(i)
	}
	bands := make([][]geodata.Amount, len(x.base.Ages))
	for b, r := range x.base.Ages {
		bands[b], _ = pop.Column(r.Code)
	}
	x.cellOf = make([]int32, len(pop.Cells))
	x.times, x.nearest = slices.Clone(cells.Times), make([]int32, 0, len(cells.IDs))
	x.was, x.ages = make([]seen, len(cells.IDs)), make([][]geodata.Amount, len(bands))
	for i, c := range pop.Cells {
		k := len(x.homeOf)
		if k == len(cells.IDs) || cells.IDs[k] != c.ID { // both are in the order of the ids
			x.cellOf[i] = -1
			continue
		}
		x.cellOf[i] = int32(k)
		x.homeOf, x.nearest = append(x.homeOf, i), append(x.nearest, x.engine.Nearest()[i])
		for b := range bands {
			x.ages[b] = append(x.ages[b], bands[b][i])
		}
		row, ok := number[c.Commune]
		if !ok {
			row = -1
		}
		x.rowOf = append(x.rowOf, row)
	}
	x.first = slices.Clone(x.nearest)
}

// Base is the answer the session began with.
func (x *Session) Base() *coverage.Result { return x.base }

// Totals are as of the last step; read-only, and changed by the next.
func (x *Session) Totals() Totals { return x.totals }

// Times are per cell of coverage to its nearest open site; read-only, and changed by the next step.
func (x *Session) Times() []traveltime.Time { return x.times }

// Nearest are the numbers of the sites the Times lead to, -1 for none; likewise.
func (x *Session) Nearest() []int32 { return x.nearest }

// Changed lists the cells, by their position, whose time or nearest site is
// another than in Base.
func (x *Session) Changed() (cells []int) {
	for k, t := range x.times {
		if t != x.base.Cells.Times[k] || x.nearest[k] != x.first[k] {
			cells = append(cells, k)
		}
	}
	return cells
}

// Sites are all sites by number, the closed ones with them; read-only, and changed by the next step.
func (x *Session) Sites() []Site { return x.sites }

// Class is the class of a time: the number of the first threshold it is within,
// else how many there are.
func (x *Session) Class(t traveltime.Time) int {
	for w, bound := range x.base.Params.Within {
		if t.Within(time.Duration(bound)) {
			return w
		}
	}
	return len(x.base.Params.Within)
}

// Add opens a new site; its number is the step's. A site too far from any
// road reaches nobody, and says so. The capacity may be nil for unknown.
func (x *Session) Add(p orb.Point, capacity *int) (Step, error) {
	if err := geodata.CheckPoint(p); err != nil {
		return Step{}, err
	}
	place := x.net.Place(p)
	number, changes := x.engine.Add(place)
	x.sites = append(x.sites, Site{Location: p, On: place.On, Open: true, Capacity: capacity})
	x.touch(changes)
	return x.done(entry{kind: added, site: number}), nil
}

// Move puts an open site elsewhere.
func (x *Session) Move(site int, p orb.Point) (Step, error) {
	if err := errors.Join(x.check(site), geodata.CheckPoint(p)); err != nil {
		return Step{}, err
	}
	was := x.sites[site]
	if err := x.place(site, p); err != nil {
		return Step{}, err
	}
	return x.done(entry{kind: moved, site: site, was: was}), nil
}

// Drag is Move, but becomes one step with the Move or Drag of the same site just
// before it: one Undo takes both back.
func (x *Session) Drag(site int, p orb.Point) (Step, error) {
	if err := errors.Join(x.check(site), geodata.CheckPoint(p)); err != nil {
		return Step{}, err
	}
	if len(x.log) == 0 || x.log[len(x.log)-1].kind != moved || x.log[len(x.log)-1].site != site {
		return x.Move(site, p)
	}
	changes, _ := x.engine.Undo()
	x.touch(changes)
	err := x.place(site, p)
	return x.settle(Step{Sites: []int{site}}), err
}

func (x *Session) place(site int, p orb.Point) error {
	place := x.net.Place(p)
	changes, err := x.engine.Move(site, place)
	if err != nil {
		return err
	}
	x.sites[site].Location, x.sites[site].On = p, place.On
	x.touch(changes)
	return nil
}

// Remove closes an open site.
func (x *Session) Remove(site int) (Step, error) {
	if err := x.check(site); err != nil {
		return Step{}, err
	}
	changes, err := x.engine.Remove(site)
	if err != nil {
		return Step{}, err
	}
	was := x.sites[site]
	x.sites[site].Open = false
	x.touch(changes)
	return x.done(entry{kind: closed, site: site, was: was}), nil
}

// Resize gives an open site another number of places; nil makes it unknown.
func (x *Session) Resize(site int, capacity *int) (Step, error) {
	if err := x.check(site); err != nil {
		return Step{}, err
	}
	if capacity != nil && *capacity < 0 {
		return Step{}, fmt.Errorf("capacity %d: want 0 or more places", *capacity)
	}
	was := x.sites[site]
	x.sites[site].Capacity = capacity
	return x.done(entry{kind: resized, site: site, was: was}), nil
}

// Undo takes the last step back. A site whose opening is undone is gone, and its
// number goes to the next one. To undo a change of the roads takes as long as to
// make it, and fails, changing nothing, when ctx ends.
func (x *Session) Undo(ctx context.Context) (Step, error) {
	if len(x.log) == 0 {
		return Step{}, ErrNothingToUndo
	}
	last := x.log[len(x.log)-1]
	step := Step{Sites: []int{last.site}}
	if last.kind == reworked {
		var err error
		if step, err = x.reroute(ctx, last.work); err != nil {
			return Step{}, err
		}
	}
	x.log = x.log[:len(x.log)-1]
	if last.kind.ofEngine() {
		changes, _ := x.engine.Undo()
		x.touch(changes)
	}
	switch last.kind {
	case reworked:
	case added:
		x.sites = x.sites[:last.site]
	default:
		x.sites[last.site] = last.was
	}
	return x.settle(step), nil
}

// Steps is how many steps can be undone.
func (x *Session) Steps() int { return len(x.log) }

func (x *Session) check(site int) error {
	if site < 0 || site >= len(x.sites) || !x.sites[site].Open {
		return fmt.Errorf("%w: %d", traveltime.ErrNoSite, site)
	}
	return nil
}

// touch takes over what the engine changed.
func (x *Session) touch(changes []traveltime.Change) {
	for _, c := range changes {
		k := x.cellOf[c.Home]
		if k < 0 {
			continue
		}
		if !x.was[k].set {
			x.was[k] = seen{true, x.times[k], x.nearest[k]}
			x.touched = append(x.touched, int(k))
		}
		x.times[k], x.nearest[k] = c.Is, c.IsNow
	}
}

// done keeps the step of a site for Undo and counts it.
func (x *Session) done(e entry) Step {
	x.keep(e)
	return x.settle(Step{Sites: []int{e.site}})
}

func (x *Session) keep(e entry) {
	x.log = append(x.log, e)
	if len(x.log) <= History {
		return
	}
	x.log = slices.Delete(x.log, 0, len(x.log)-History)
	steps := 0
	for _, e := range x.log {
		if e.kind.ofEngine() {
			steps++
		}
	}
	x.engine.Forget(steps)
}

// settle ends a step: it counts the touched cells that differ from before the step.
func (x *Session) settle(step Step) Step {
	for _, k := range x.touched {
		was := x.was[k]
		x.was[k] = seen{}
		if was.time == x.times[k] && was.nearest == x.nearest[k] {
			continue
		}
		step.Cells = append(step.Cells, k)
		x.count(x.sums.guard.Remove, k, was.time)
		x.count(x.sums.guard.Add, k, x.times[k])
	}
	x.touched = x.touched[:0]
	slices.Sort(step.Cells)
	step.Communes = x.communesOf(step.Cells)
	if len(step.Cells) > 0 {
		x.tell(step.Communes)
	}
	x.countPlaces()
	return step
}

func (x *Session) communesOf(cells []int) (out []int) {
	in := make([]bool, len(x.totals.Communes))
	for _, k := range cells {
		if row := x.rowOf[k]; row >= 0 {
			in[row] = true
		}
	}
	for row, is := range in {
		if is {
			out = append(out, row)
		}
	}
	return out
}

func (x *Session) countPlaces() {
	p := Places{}
	known := false
	for _, s := range x.sites {
		switch {
		case !s.Open:
		case s.Capacity == nil:
			p.Unknown++
		default:
			p.Total += *s.Capacity
			known = true
		}
	}
	t := &x.totals.Territory
	if reach := t.Demand - t.Unreachable - t.OffNetwork; known && reach > 0 {
		each := float64(p.Total) / reach.Float()
		p.PerPerson = &each
	}
	x.totals.Places = p
}
