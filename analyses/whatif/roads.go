package whatif

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// MaxClosed is how many roads can be closed at once.
const MaxClosed = 500

// Roadwork is what is in force, as a page shows it.
type Roadwork struct {
	Close    []ClosedWay    `json:"close" doc:"by id"`
	PerMille map[string]int `json:"per_mille" doc:"speed kept, by class of road; of other classes, all of it"`
}

// ClosedWay is a road that nobody can use.
type ClosedWay struct {
	ID    int64          `json:"way"`
	Name  string         `json:"name" doc:"its name, its number, or name (number); empty if it has neither"`
	Class string         `json:"class"`
	Line  orb.LineString `json:"line"`
}

// Rework declares the roadwork in force, in place of what was; the zero Roadwork
// is the roads as mapped. Wrong values are analyses.ParamErrors about close[1] or
// per_mille.secondary. When ctx ends it fails, and nothing has changed; a big
// network looks at ctx only every few seconds.
func (x *Session) Rework(ctx context.Context, w traveltime.Roadwork) (Step, error) {
	was := x.work
	step, err := x.declare(ctx, w)
	if err != nil {
		return Step{}, err
	}
	x.keep(entry{kind: reworked, work: was})
	return x.settle(step), nil
}

// Slide is Rework, but becomes one step with the change of the roads just before
// it: one Undo takes both back.
func (x *Session) Slide(ctx context.Context, w traveltime.Roadwork) (Step, error) {
	if len(x.log) == 0 || x.log[len(x.log)-1].kind != reworked {
		return x.Rework(ctx, w)
	}
	step, err := x.declare(ctx, w)
	if err != nil {
		return Step{}, err
	}
	return x.settle(step), nil
}

// CloseRoad closes the way nearest to the point, on top of what is in force. It
// is an analyses.ParamError about lon that no way of the mode is within the
// distance from which people walk to a road, or that the nearest is closed.
func (x *Session) CloseRoad(ctx context.Context, p orb.Point) (Step, error) {
	if err := geodata.CheckPoint(p); err != nil {
		return Step{}, &analyses.ParamError{Param: "lon", Err: err}
	}
	way, ok := x.mapped.WayNear(p)
	if !ok {
		return Step{}, &analyses.ParamError{Param: "lon", Err: fmt.Errorf("no road of mode %s is near %v: want a point on a road", x.mapped.Mode, p)}
	}
	if slices.Contains(x.work.Close, way.ID) {
		return Step{}, &analyses.ParamError{Param: "lon", Err: fmt.Errorf("the nearest road, way %d, is closed already", way.ID)}
	}
	return x.Rework(ctx, traveltime.Roadwork{Close: append(slices.Clone(x.work.Close), way.ID), PerMille: x.work.PerMille})
}

// Roadwork is what is in force.
func (x *Session) Roadwork() Roadwork {
	r := Roadwork{Close: []ClosedWay{}, PerMille: map[string]int{}}
	maps.Copy(r.PerMille, x.work.PerMille)
	for _, id := range x.work.Close {
		w, _ := x.mapped.Way(id)
		r.Close = append(r.Close, ClosedWay{w.ID, w.Title(), w.Class, w.Line})
	}
	return r
}

// Classes are the classes of road the mode uses, sorted: those whose speed a
// Roadwork can change.
func (x *Session) Classes() []string { return x.class }

// declare puts another roadwork in force.
func (x *Session) declare(ctx context.Context, w traveltime.Roadwork) (Step, error) {
	if err := x.checkRoadwork(w); err != nil {
		return Step{}, err
	}
	// As short as can be said, and nobody else's.
	w.Close = slices.Compact(slices.Sorted(slices.Values(w.Close)))
	w.PerMille = maps.Clone(w.PerMille)
	maps.DeleteFunc(w.PerMille, func(_ string, pm int) bool { return pm == 1000 })
	return x.reroute(ctx, w)
}

func (x *Session) checkRoadwork(w traveltime.Roadwork) error {
	if len(w.Close) > MaxClosed {
		return &analyses.ParamError{Param: "close", Err: fmt.Errorf("%d roads: at most %d can be closed at once", len(w.Close), MaxClosed)}
	}
	for i, id := range w.Close {
		if _, ok := x.mapped.Way(id); !ok {
			return &analyses.ParamError{Param: fmt.Sprintf("close[%d]", i), Err: fmt.Errorf("way %d cannot be closed: mode %s uses no such way; want the id of one it does", id, x.mapped.Mode)}
		}
	}
	for _, class := range slices.Sorted(maps.Keys(w.PerMille)) {
		bad := func(format string, args ...any) error {
			return &analyses.ParamError{Param: "per_mille." + class, Err: fmt.Errorf(format, args...)}
		}
		if pm := w.PerMille[class]; pm < traveltime.MinPerMille || pm > traveltime.MaxPerMille {
			return bad("%d: want the speed kept in per mille, between %d and %d", pm, traveltime.MinPerMille, traveltime.MaxPerMille)
		}
		if !slices.Contains(x.class, class) {
			return bad("mode %s uses no such class of road: want one of %s", x.mapped.Mode, strings.Join(x.class, ", "))
		}
	}
	return nil
}

// reroute goes on with a roadwork that has been checked, always from the roads as
// mapped, and says which sites came on the network or went off it.
func (x *Session) reroute(ctx context.Context, w traveltime.Roadwork) (Step, error) {
	if err := ctx.Err(); err != nil {
		return Step{}, err
	}
	net := x.mapped
	if len(w.Close) > 0 || len(w.PerMille) > 0 {
		var err error
		if net, err = x.mapped.Change(w); err != nil {
			return Step{}, err
		}
	}
	changes, err := x.engine.Reroute(ctx, net)
	if err != nil {
		return Step{}, err
	}
	x.net, x.work = net, w
	x.touch(changes)
	step := Step{Roads: true}
	for number := range x.sites {
		site := &x.sites[number]
		if on := net.Place(site.Location).On; on != site.On {
			site.On = on
			step.Sites = append(step.Sites, number)
		}
	}
	return step, nil
}
