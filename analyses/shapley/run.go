package shapley

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Run values the sites. A parameter that cannot be, such as a site that no facility
// of the service has the id of, is an analyses.ParamError; otherwise it fails only when
// ctx ends or the mode has no road.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	t, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	if err := t.measure(ctx, nets); err != nil {
		return nil, err
	}
	if t.Params.Game == Travel {
		t.Games = []Outcome{t.outcome(t.travel, 60_000)}
		t.Unit += " × min"
	} else {
		for _, bound := range t.Params.Within {
			o := t.outcome(func(k int) (uint32, []gain) { return t.covered(k, time.Duration(bound)) }, 1)
			o.Within = bound
			t.Games = append(t.Games, o)
		}
	}
	t.Provenance = t.provenance()
	return t.Result, nil
}

// town is the question on a territory.
type town struct {
	*Result
	s             *geodata.Snapshot
	demand        *demand.Demand
	today, supply *supply.Supply    // the sites are the latter
	before        []traveltime.Time // per cell that counts, to the nearest of today's within the limit
	times         *matrix.Matrix    // to the sites
}

func bad(param, format string, args ...any) error {
	return &analyses.ParamError{Param: param, Err: fmt.Errorf(format, args...)}
}

func ask(s *geodata.Snapshot, p Params) (t *town, err error) {
	t = &town{s: s}
	if t.demand, err = demand.Ask(s, p.Service, p.DemandOptions); err != nil {
		return nil, err
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return nil, err
	}
	switch p.Game = cmp.Or(p.Game, Covered); {
	case p.Game != Covered && p.Game != Travel:
		return nil, bad("game", "%q: want covered or travel", p.Game)
	case p.Game == Travel && len(p.Within) > 0:
		return nil, bad("within", "the travel saved has no threshold: leave it out, or game travel")
	case p.Game == Covered && p.AtMost != 0:
		return nil, bad("at_most", "it is of game travel: leave it out")
	case p.Game == Travel:
		p.AtMost = cmp.Or(p.AtMost, coverage.Minutes(60))
	default:
		if p.Within, err = coverage.Within(t.demand.Service, p.Mode, p.Within); err != nil {
			return nil, err
		}
	}
	if p.AtMost < 0 {
		return nil, bad("at_most", "want a duration, such as 1h")
	}
	if t.today, err = supply.Choose(s, p.Service, p.Statuses, p.SupplyOptions); err != nil {
		return nil, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return nil, err
	}
	if p.SupplyOptions, err = p.Spelt(); err != nil {
		return nil, err
	}
	t.Result = &Result{Params: p, Service: t.demand.Service, Estimated: t.demand.Estimated, Unit: t.demand.Unit, Public: t.demand.Public, LeftOut: t.today.LeftOut}
	return t, t.choose()
}

// choose finds the sites, and takes them away from today's facilities.
func (t *town) choose() error {
	p := &t.Params
	if n := len(p.Sites) + len(p.Points); n < 1 || n > MaxSites {
		return bad("sites", "%s: want 1 to %d, ids of facilities or points", analyses.Plural(n, "site", "sites"), MaxSites)
	}
	sites := *t.today
	sites.Facilities = nil
	known := map[string]bool{}
	for _, id := range p.Sites {
		f, err := t.facility(id)
		if err != nil {
			return err
		}
		if known[id] {
			return bad("sites", "%q is named twice", id)
		}
		known[id] = true
		sites.Facilities = append(sites.Facilities, f)
		t.Sites = append(t.Sites, Site{id, cmp.Or(f.Name, id), f.Status, f.Commune, f.Location})
	}
	for _, point := range p.Points {
		at := orb.Point{point.Lon, point.Lat}
		if err := geodata.CheckPoint(at); err != nil {
			return bad("points", "point %q: %w", point.ID, err)
		}
		if point.ID == "" || known[point.ID] {
			return bad("points", "point %q: want an id of its own for each", point.ID)
		}
		known[point.ID] = true
		sites.Facilities = append(sites.Facilities, geodata.Facility{ID: point.ID, Location: at})
		t.Sites = append(t.Sites, Site{ID: point.ID, Name: cmp.Or(point.Name, point.ID), Commune: t.commune(at), At: at})
	}
	today := *t.today
	today.Facilities = slices.DeleteFunc(slices.Clone(today.Facilities), func(f geodata.Facility) bool { return slices.Contains(p.Sites, f.ID) })
	t.today, t.supply, t.Existing = &today, &sites, len(today.Facilities)
	return nil
}

// facility is one of the service, of any status.
func (t *town) facility(id string) (geodata.Facility, error) {
	var others []string
	for _, f := range t.s.Facilities() {
		switch {
		case f.Service != t.Service.ID:
		case f.ID == id && f.Itinerant:
			return f, bad("sites", "%q comes to people: it is worth what package itinerant says", id)
		case f.ID == id:
			return f, nil
		case len(others) < 8:
			others = append(others, f.ID)
		}
	}
	return geodata.Facility{}, bad("sites", "no facility %q of service %s: there is %s", id, t.Service.ID, strings.Join(others, ", "))
}

func (t *town) commune(at orb.Point) string {
	for _, c := range t.s.Communes() {
		if planar.MultiPolygonContains(c.Outline, at) {
			return c.Code
		}
	}
	return ""
}

// measure finds the times that matter.
func (t *town) measure(ctx context.Context, nets *traveltime.Networks) error {
	p := &t.Params
	limit := p.AtMost
	if p.Game == Covered {
		limit = p.Within[len(p.Within)-1]
	}
	most := traveltime.Time(time.Duration(limit).Milliseconds())
	net, err := nets.Get(ctx, t.s, p.Mode)
	if err != nil {
		return err
	}
	for j, place := range net.Places(t.supply.Locations()) {
		if !place.On {
			return bad(t.param(j), "%q is off_network: too far from any road of mode %s", t.Sites[j].ID, p.Mode)
		}
	}
	today, err := matrix.Between(ctx, t.s, nets, p.Mode, t.demand, t.today, most)
	if err != nil {
		return err
	}
	t.before = make([]traveltime.Time, len(t.demand.Cells))
	for k := range t.before {
		t.before[k] = traveltime.Unreachable
		if _, times := today.From(k); len(times) > 0 {
			t.before[k] = slices.Min(times)
		}
	}
	t.times, err = matrix.Between(ctx, t.s, nets, p.Mode, t.demand, t.supply, most)
	return err
}

// param is where the j-th site was named.
func (t *town) param(j int) string {
	if j < len(t.Params.Sites) {
		return "sites"
	}
	return "points"
}

// covered is, of a cell, 1 where it is covered without the sites, and which cover it anew.
func (t *town) covered(k int, bound time.Duration) (without uint32, gains []gain) {
	if t.before[k].Within(bound) {
		return 1, nil
	}
	sites, times := t.times.From(k)
	for n, j := range sites {
		if times[n].Within(bound) {
			gains = append(gains, gain{j, 1})
		}
	}
	return 0, gains
}

// travel is, of a cell, how far the nearest is without the sites, and what each saves,
// in milliseconds.
func (t *town) travel(k int) (without uint32, gains []gain) {
	now := min(t.before[k], traveltime.Time(time.Duration(t.Params.AtMost).Milliseconds()))
	sites, times := t.times.From(k)
	for n, j := range sites {
		if times[n] < now {
			gains = append(gains, gain{j, uint32(now - times[n])})
		}
	}
	return uint32(now), gains
}

// outcome works a game out, given what is so without the sites and what they are worth
// to each cell that counts, in parts of which a unit has some.
func (t *town) outcome(cell func(k int) (without uint32, gains []gain), unit int64) Outcome {
	guard, n := t.demand.Guard, len(t.Sites)
	g := &game{sites: n, amount: t.demand.Amounts(), gains: make([][]gain, len(t.demand.Cells))}
	var without wide
	var whole, gained secrecy.Sum // who these figures are about
	by, last := make([]secrecy.Sum, n), make([]secrecy.Sum, n)
	for k, i := range t.demand.Cells {
		d := t.demand.Amount[i]
		was, gains := cell(k)
		g.gains[k] = gains
		if was > 0 {
			without.add(uint64(d), was)
			guard.Add(&whole, i, d)
		}
		if len(gains) > 0 {
			guard.Add(&gained, i, d)
		}
		for _, x := range gains {
			guard.Add(&by[x.site], i, d)
			if !slices.ContainsFunc(gains, func(y gain) bool { return y.site != x.site && y.worth >= x.worth }) {
				guard.Add(&last[x.site], i, d)
			}
		}
	}
	f := g.solve()
	o := Outcome{Sites: make([]Worth, n)}
	if guard.Tell(whole) > 0 {
		o.Without = rounded(without.rat(1), unit)
	}
	gain := rounded(f.gain, unit)
	if guard.Tell(gained) > 0 {
		o.Gain = gain
	}
	for j, value := range apportion(f.value, unit, gain) {
		w := &o.Sites[j]
		if guard.Tell(by[j]) > 0 {
			w.Value, w.Alone = value, rounded(f.alone[j], unit)
		}
		if guard.Tell(last[j]) > 0 {
			w.Last = rounded(f.last[j], unit)
		}
		if o.Gain > 0 {
			percent := 100 * w.Value.Float() / o.Gain.Float()
			w.Percent = &percent
		}
	}
	return o
}

func (t *town) provenance() analyses.Provenance {
	pr := analyses.NewProvenance(t.s, "shapley", t.Params)
	pr.Notes = append(append(pr.Notes, t.demand.Notes()...), t.today.Notes()...)
	pr.Notes = append(pr.Notes, geodata.Text{
		Fr: "Valeur de Shapley, exacte : ce qu'un lieu apporte en moyenne sur tous les ordres d'ouverture.",
		En: "Shapley value, exact: what a site adds on average over all orders of opening."})
	return pr
}
