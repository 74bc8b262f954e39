package scenario

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// World is a territory as a scenario would have it: analyses run with its snapshot
// and networks as with any others.
type World struct {
	Snapshot *geodata.Snapshot
	Networks *traveltime.Networks
	Scenario *Scenario
	// Notes say what was decided where the scenario left it open: where a facility
	// stands that is to be in a commune, which road is nearest. They are among the
	// notes of every provenance, behind the scenario's name.
	Notes []geodata.Text
}

// Apply makes the scenario's changes to a copy of a territory. The error is
// Problems when a change cannot be made, with all that cannot; otherwise it fails
// only when ctx ends. The empty scenario gives the base and its networks themselves.
//
// Counts that are confidential are protected. Under a base that is a scenario's
// outcome already, the changes follow that one's.
func Apply(ctx context.Context, base *geodata.Snapshot, nets *traveltime.Networks, sc *Scenario) (*World, error) {
	base = secrecy.Protect(base)
	sc, err := sc.checked()
	if err != nil {
		return nil, err
	}
	if sc.Empty() {
		return &World{Snapshot: base, Networks: nets, Scenario: sc}, nil
	}
	b := &builder{ctx: ctx, base: base, nets: nets, file: sc.file, facilities: map[string]*geodata.Facility{}, gone: map[string]int{}, population: base.Population(), roads: readRoads(base)}
	for i := range base.Facilities() {
		f := base.Facilities()[i]
		b.facilities[f.ID] = &f
	}
	for i := range sc.Changes {
		sc.Changes[i].apply(b, spot{&sc.Changes[i], i})
	}
	if err := b.problems.err(); err != nil {
		return nil, err
	}
	if b.failed != nil {
		return nil, b.failed
	}
	snapshot, err := b.seal()
	if err != nil {
		return nil, err
	}
	return &World{
		Snapshot: snapshot.Varied(variation(base, sc, b.notes)), Networks: nets.Under(b.work), Scenario: sc, Notes: b.notes,
	}, nil
}

// variation names what the snapshot shows.
func variation(base *geodata.Snapshot, sc *Scenario, notes []geodata.Text) geodata.Variation {
	v := geodata.Variation{Base: base.ID(), Scenario: sc.ID(), Name: sc.Name, Notes: append([]geodata.Text{called(sc.Name)}, notes...)}
	if first := base.Variation(); first != nil {
		sum := sha256.Sum256([]byte("maillage scenarios 1\n" + first.Scenario + "\n" + v.Scenario))
		v.Base, v.Scenario, v.Notes = first.Base, hex.EncodeToString(sum[:]), slices.Concat(first.Notes, v.Notes)
		v.Name = geodata.Text{Fr: joinNames(first.Name.Fr, sc.Name.Fr), En: joinNames(first.Name.En, sc.Name.En)}
	}
	return v
}

// called is the first of a scenario's notes.
func called(name geodata.Text) geodata.Text {
	if name.Fr == "" {
		return geodata.Text{Fr: "Scénario sans nom.", En: "Scenario without a name."}
	}
	return geodata.Text{Fr: "Scénario : " + name.Fr + ".", En: "Scenario: " + name.In("en") + "."}
}

func joinNames(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " + " + b
}

// builder makes the changes, one after the other.
type builder struct {
	ctx  context.Context
	base *geodata.Snapshot
	nets *traveltime.Networks
	file string

	facilities map[string]*geodata.Facility
	gone       map[string]int // closed facilities, and the change that closed them
	population *geodata.Population
	dated      int                // number, from 1, of the change that made it another year's; 0 for none
	table      *geodata.Timetable // a copy once a change needs one; nil until then
	changed    bool               // facilities, population or timetable are others than in base
	work       traveltime.Roadwork
	roads      *roads
	notes      []geodata.Text
	problems   Problems
	failed     error // by no fault of the scenario
}

// spot is where a change stands in its scenario.
type spot struct {
	*Change
	number int
}

// bad says what is wrong with a field of the change, such as create.at.
func (b *builder) bad(at spot, field, format string, args ...any) {
	path := fmt.Sprintf("changes[%d].%s", at.number, field)
	b.problems = append(b.problems, Problem{File: b.file, Line: cmp.Or(at.lines[path], at.line), Field: path, Says: fmt.Sprintf(format, args...)})
}

func (b *builder) note(fr, en string) { b.notes = append(b.notes, geodata.Text{Fr: fr, En: en}) }

// apply makes the change.
func (c *Change) apply(b *builder, at spot) {
	switch {
	case c.Create != nil:
		c.Create.apply(b, at)
	case c.Open != nil:
		c.Open.apply(b, at)
	case c.Close != nil:
		c.Close.apply(b, at)
	case c.Move != nil:
		c.Move.apply(b, at)
	case c.Resize != nil:
		if f := b.facility(at, "resize.facility", c.Resize.Facility); f != nil {
			places := c.Resize.Capacity
			f.Capacity = &places
		}
	case c.Hours != nil:
		if f := b.facility(at, "hours.facility", c.Hours.Facility); f != nil {
			f.Hours = cmp.Or(weekly(c.Hours.Hours), f.Hours)
			f.Holidays = cmp.Or(weekly(c.Hours.Holidays), f.Holidays)
		}
	case c.Accessibility != nil:
		if f := b.facility(at, "accessibility.facility", c.Accessibility.Facility); f != nil {
			f.Accessible = geodata.Accessibility(c.Accessibility.Accessible)
		}
	case c.Speed != nil:
		c.Speed.apply(b, at)
	case c.CloseRoad != nil:
		c.CloseRoad.apply(b, at)
	case c.Population != nil:
		c.Population.apply(b, at)
	case c.Tour != nil:
		c.Tour.apply(b, at)
	case c.Line != nil:
		c.Line.apply(b, at)
	case c.Stop != nil:
		c.Stop.apply(b, at)
	}
}

func (c *Create) apply(b *builder, at spot) {
	where, commune := b.place(at, "create.at", c.At, c.Commune, c.ID)
	services, field := c.Services, "create.services"
	if c.Service != "" {
		services, field = []string{c.Service}, "create.service"
	}
	for _, service := range services {
		if _, err := b.base.Catalogue().Service(service); err != nil {
			b.bad(at, field, "%v", err)
		}
		id := c.ID
		if len(services) > 1 {
			id += "-" + service
		}
		if b.facilities[id] != nil {
			b.bad(at, "create.id", "there is a facility %q already: want another id", id)
			continue
		}
		f := &geodata.Facility{
			ID: id, Name: c.Name, Service: service, Location: where, Commune: commune, Hours: weekly(c.Hours), Holidays: weekly(c.Holidays),
			Catchment: geodata.Catchment(c.Catchment), Accessible: geodata.Accessibility(c.Accessible), Status: geodata.Existing, Itinerant: c.Itinerant,
			Source: "scenario",
		}
		if c.Capacity != nil {
			places := *c.Capacity
			f.Capacity = &places
		}
		b.facilities[id], b.changed = f, true
		delete(b.gone, id)
	}
}

// weekly reads hours that Parse has read before; nil where none are given.
func weekly(text string) *geodata.WeeklyHours {
	if text == "" {
		return nil
	}
	hours, err := geodata.ParseWeeklyHours(text)
	if err != nil {
		panic("scenario: hours that were checked: " + err.Error())
	}
	return hours
}

func (c *Open) apply(b *builder, at spot) {
	f := b.facility(at, "open.facility", c.Facility)
	switch {
	case f == nil:
	case f.Status == geodata.Existing:
		b.bad(at, "open.facility", "%s is open already: want one that is planned or a candidate%s", c.Facility, b.listed(func(f *geodata.Facility) bool { return f.Status != geodata.Existing }))
	default:
		f.Status = geodata.Existing
	}
}

func (c *Close) apply(b *builder, at spot) {
	if b.facility(at, "close.facility", c.Facility) != nil {
		delete(b.facilities, c.Facility)
		b.gone[c.Facility] = at.number
	}
}

func (c *Move) apply(b *builder, at spot) {
	f := b.facility(at, "move.facility", c.Facility)
	where, commune := b.place(at, "move.to", c.To, c.Commune, c.Facility)
	if f != nil {
		f.Location, f.Commune = where, commune
	}
}

// facility finds a facility as the changes before have left it, to be changed; nil,
// and said to be wrong, where there is none.
func (b *builder) facility(at spot, field, id string) *geodata.Facility {
	f := b.facilities[id]
	if f != nil {
		b.changed = true
		return f
	}
	if by, closed := b.gone[id]; closed {
		b.bad(at, field, "%s is closed already, by changes[%d]", id, by)
		return nil
	}
	b.bad(at, field, "there is no facility %q%s", shortened(id), b.alike(id))
	return nil
}

// alike suggests facilities for an id that is not there.
func (b *builder) alike(id string) string {
	part := strings.ToLower(id)
	near := b.listed(func(f *geodata.Facility) bool {
		x := strings.ToLower(f.ID)
		return strings.HasPrefix(x, part) || strings.HasPrefix(part, x) || similar(x, part)
	})
	if near == "" {
		return ": want the id of one, or create it in a change before"
	}
	return near
}

// listed lists the facilities that are wanted, a few of them.
func (b *builder) listed(want func(*geodata.Facility) bool) string {
	const most = 8
	var ids []string
	for id, f := range b.facilities {
		if want(f) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	switch {
	case len(ids) == 0:
		return ""
	case len(ids) > most:
		return fmt.Sprintf(": such as %s, …", strings.Join(ids[:most], ", "))
	}
	return ": there is " + strings.Join(ids, ", ")
}

// similar says that one text may be the other misspelt.
func similar(a, b string) bool { return distance(a, b) <= min(3, 1+len(b)/4) }

// distance is how many letters two short texts differ by (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// seal makes the snapshot. If nothing but roads have changed it is the base; else
// cells and roads are shared with it.
func (b *builder) seal() (*geodata.Snapshot, error) {
	if !b.changed {
		return b.base, nil
	}
	content := b.base.Content()
	content.Population = *b.population
	content.Population.Columns = slices.Clone(b.population.Columns) // the cells are not copied: networks know them by their place
	content.Facilities = nil
	for _, f := range b.facilities {
		content.Facilities = append(content.Facilities, *f)
	}
	if b.table != nil {
		content.Timetable = b.table
	}
	s, err := geodata.NewSnapshot(content)
	if err != nil {
		return nil, err
	}
	if b.base.Protected() {
		s = s.WithCounts(*b.population, b.base.Counts())
	}
	return s, nil
}

// apply changes the speed of a class.
func (c *Speed) apply(b *builder, at spot) {
	classes := b.roads.classes()
	if !slices.Contains(classes, c.Class) {
		b.bad(at, "speed.class", "no road here is of class %q: want one of %s", shortened(c.Class), strings.Join(classes, ", "))
		return
	}
	if b.work.PerMille == nil {
		b.work.PerMille = map[string]int{}
	}
	b.work.PerMille[c.Class] = int(math.Round(10 * c.Percent))
}

// apply closes a road.
func (c *CloseRoad) apply(b *builder, at spot) {
	if c.Way != nil {
		if !b.roads.used(*c.Way) {
			b.bad(at, "close_road.way", "no way %d that anybody can use: want the id of one, or near: [longitude, latitude]", *c.Way)
			return
		}
		b.work.Close = append(b.work.Close, *c.Way)
		return
	}
	net, err := b.nets.Get(b.ctx, b.base, "car")
	if err != nil {
		if b.ctx.Err() != nil {
			b.failed = errors.Join(b.failed, b.ctx.Err())
			return
		}
		b.bad(at, "close_road.near", "%v: want the id of a way", err)
		return
	}
	way, ok := net.WayNear(orb.Point(*c.Near))
	if !ok {
		b.bad(at, "close_road.near", "no road for cars is near %v, %v: want a point on a road, longitude first", c.Near[0], c.Near[1])
		return
	}
	b.work.Close = append(b.work.Close, way.ID)
	name := cmp.Or(way.Title(), way.Class)
	b.note(fmt.Sprintf("Route fermée, la plus proche de %.6f, %.6f : %s (%d).", c.Near[0], c.Near[1], name, way.ID),
		fmt.Sprintf("Road closed, the nearest to %.6f, %.6f: %s (%d).", c.Near[0], c.Near[1], name, way.ID))
}
