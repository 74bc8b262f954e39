package siting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// TogetherParams is a question about several things at once on a territory: several
// services, two levels of one service, or its openings over the years.
type TogetherParams struct {
	Services   []Opening           `json:"services,omitempty" doc:"several services that may share places: service, p (how many places open), within"`
	Bonus      float64             `json:"bonus,omitempty" doc:"what a shared place is worth, as if so many people more were within reach; with two services"`
	Service    string              `json:"service,omitempty" doc:"one service, with antennas or years"`
	Anchors    int                 `json:"anchors,omitempty" atonce:"8" doc:"how many places offer everything; 1 when left out"`
	Antennas   int                 `json:"antennas,omitempty" atonce:"8" doc:"how many places offer the first level alone"`
	Nearby     *coverage.Threshold `json:"nearby,omitempty" doc:"how near the first level (an anchor or an antenna) has to be, such as 10m; the service's shortest threshold when empty"`
	Years      []Opening           `json:"years,omitempty" doc:"openings over the years: year, p (how many places open then); the demand of each year is the projected one"`
	Variant    string              `json:"variant,omitempty" doc:"low, central, high: the projection for years; central when left out"`
	Model      Model               `json:"model" doc:"mclp (most people within reach) or p-median (least travel); mclp when empty"`
	Within     *coverage.Threshold `json:"within,omitempty" doc:"how near is within reach, such as 15m; the middle one of the service's thresholds when empty"`
	Mode       string              `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Candidates []string            `json:"candidates" doc:"where a place may open: planned, town_halls, schools, junctions (of built-up areas), cells (where people live), service:ID, counts:NAME; town_halls when empty"`
	Points     []Point             `json:"points,omitempty" doc:"other places where one may open: id, lon, lat, and name"`
	Existing   Today               `json:"existing,omitempty" doc:"fixed (today's places stay) or ignored; fixed when empty"`
	Statuses   []geodata.Status    `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities there are today; existing ones when empty"`
	DemandOptions
	SupplyOptions
	Nodes int `json:"nodes,omitempty" doc:"limit of the search, in parts of it; 2000 when left out"`
}

// Opening is how many places open for a service, or in a year.
type Opening struct {
	Service string              `json:"service,omitempty"`
	Year    int                 `json:"year,omitempty"`
	P       int                 `json:"p"`
	Within  *coverage.Threshold `json:"within,omitempty"`
}

// Together is where several things open best at once.
type Together struct {
	Params TogetherParams `json:"params"` // complete with defaults
	*JointAnswer
	Places     []RolePlace         `json:"places"` // open in the plan, by role
	Candidates int                 `json:"candidates"`
	Provenance analyses.Provenance `json:"provenance"`
}

// RolePlace is a place that opens, and what for.
type RolePlace struct {
	Place
	Role string `json:"role"`
}

// RunTogether answers; a parameter that cannot be is an analyses.ParamError.
func RunTogether(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p TogetherParams, progress func(JointAnswer)) (*Together, error) {
	g := &gathering{s: s, nets: nets, params: p}
	if err := g.complete(); err != nil {
		return nil, err
	}
	if err := g.gather(ctx); err != nil {
		return nil, err
	}
	a, err := SolveJoint(ctx, g.joint, progress)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return g.result(a), nil
}

// gathering makes a joint question plain.
type gathering struct {
	s      *geodata.Snapshot
	nets   *traveltime.Networks
	params TogetherParams
	notes  []geodata.Text
	places []Place
	today  map[string][]string         // ids of today's places, by service
	takes  []func(commune string) bool // whom a place takes, parallel to places; nil for all
	joint  Joint
}

// complete checks the parameters, and fills in the defaults.
func (g *gathering) complete() (err error) {
	p := &g.params
	p.Model, p.Existing = cmp.Or(p.Model, MCLP), cmp.Or(p.Existing, Fixed)
	p.Nodes = cmp.Or(p.Nodes, defaultNodes)
	if len(p.Candidates) == 0 && len(p.Points) == 0 {
		p.Candidates = []string{"town_halls"}
	}
	if p.Mode, err = traveltime.CheckMode(g.s, p.Mode); err != nil {
		return err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return err
	}
	if p.SupplyOptions, err = p.Spelt(); err != nil {
		return err
	}
	kinds := 0
	for _, asked := range []bool{len(p.Services) > 0, p.Antennas > 0, len(p.Years) > 0} {
		if asked {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return bad("services", "want one of: several services, antennas, or years")
	case len(p.Services) == 1:
		return bad("services", "one service: want two or more; site chooses places for one")
	case len(p.Services) == 0 && p.Service == "":
		return bad("service", "is missing: antennas and years are of one service")
	case p.Existing != Fixed && p.Existing != Ignored:
		return bad("existing", "unknown word %q: want fixed or ignored", p.Existing)
	case p.Bonus != 0 && (len(p.Services) != 2 || p.Model != MCLP || p.Bonus < 0):
		return bad("bonus", "%g: want people, 0 or more, with two services and mclp", p.Bonus)
	}
	if p.Antennas > 0 {
		p.Anchors = cmp.Or(p.Anchors, 1)
	}
	return nil
}

// gather fills the joint question in.
func (g *gathering) gather(ctx context.Context) error {
	p := &g.params
	services := []string{p.Service}
	if len(p.Services) > 0 {
		services = nil
		for _, o := range p.Services {
			if slices.Contains(services, o.Service) {
				return bad("services", "%s stands twice", o.Service)
			}
			services = append(services, o.Service)
		}
	}
	demands := make([]*demand.Demand, len(services))
	g.today = map[string][]string{}
	for k, id := range services {
		var err error
		if demands[k], err = demand.Ask(g.s, id, p.DemandOptions); err != nil {
			return err
		}
		if k == 0 {
			g.notes = append(g.notes, demands[k].Notes()...)
		}
		if err := g.keep(id); err != nil {
			return err
		}
	}
	if err := g.candidates(ctx); err != nil {
		return err
	}
	to := matrix.Places{Serves: func(j int, commune string) bool { return g.takes[j] == nil || g.takes[j](commune) }}
	for _, place := range g.places {
		to.IDs, to.Points = append(to.IDs, place.ID), append(to.Points, place.At)
	}
	times, err := matrix.ToPlaces(ctx, g.s, g.nets, p.Mode, demands[0], to, traveltime.MaxTime)
	if err != nil {
		return err
	}
	g.joint = Joint{Model: p.Model, Times: times, Nodes: p.Nodes}
	switch {
	case len(p.Services) > 0:
		return g.services(demands)
	case p.Antennas > 0:
		return g.levels(demands[0])
	}
	return g.years(ctx, demands[0])
}

// keep lists today's places of a service.
func (g *gathering) keep(service string) error {
	f, err := supply.Choose(g.s, service, g.params.Statuses, g.params.SupplyOptions)
	if err != nil {
		return err
	}
	g.notes = append(g.notes, f.Notes()...)
	if g.params.Existing == Ignored {
		return nil
	}
	for j, x := range f.Facilities {
		g.today[service] = append(g.today[service], x.ID)
		g.places = append(g.places, Place{ID: x.ID, Name: x.Name, Commune: x.Commune, At: x.Location, Existing: true})
		g.takes = append(g.takes, func(commune string) bool { return f.Serves(j, commune) })
	}
	return nil
}

func (g *gathering) candidates(ctx context.Context) error {
	w := &search{ctx: ctx, s: g.s, nets: g.nets, mode: g.params.Mode, service: g.params.Service}
	found, err := w.candidates(g.params.Candidates, g.params.Points)
	if err != nil {
		return err
	}
	old := len(g.places)
	for _, c := range found {
		if !slices.ContainsFunc(g.places[:old], func(f Place) bool { return f.ID == c.ID }) {
			g.places, g.takes = append(g.places, c), append(g.takes, nil)
		}
	}
	return nil
}

// never are today's places: they are what they are, and nothing else opens in them.
func (g *gathering) never(service string) (ids []string) {
	for _, place := range g.places {
		if place.Existing && !slices.Contains(g.today[service], place.ID) {
			ids = append(ids, place.ID)
		}
	}
	return ids
}

// within is a threshold in the engine's unit; the n-th of the service's own when nil.
func (g *gathering) within(t *coverage.Threshold, service geodata.Service, n func(own int) int) (*coverage.Threshold, traveltime.Time, error) {
	if t == nil {
		own := coverage.Usual(service, g.params.Mode)
		if len(own) == 0 {
			return nil, 0, bad("within", "service %s has no default thresholds for mode %s: name one, such as 20m", service.ID, g.params.Mode)
		}
		m := coverage.Minutes(own[n(len(own))])
		t = &m
	}
	return t, traveltime.Time(time.Duration(*t) / time.Millisecond), nil
}

func middle(own int) int { return own / 2 }

// services have a role and an ask each.
func (g *gathering) services(demands []*demand.Demand) (err error) {
	q, p := &g.joint, &g.params
	for k, o := range p.Services {
		var limit traveltime.Time
		if p.Services[k].Within, limit, err = g.within(cmp.Or(o.Within, p.Within), demands[k].Service, middle); err != nil {
			return err
		}
		q.Roles = append(q.Roles, Role{Name: o.Service, P: o.P, Today: g.today[o.Service], Never: g.never(o.Service)})
		q.Asks = append(q.Asks, Ask{Name: o.Service, Demand: demands[k].Amounts(), Within: limit, By: []int{k}})
	}
	if p.Bonus > 0 {
		worth, err := geodata.AmountOf(p.Bonus)
		if err != nil {
			return bad("bonus", "%w", err)
		}
		q.Bonus = &Bonus{A: 0, B: 1, Worth: worth}
	}
	return nil
}

// levels are anchors, which offer everything, and antennas, which offer the first
// level: it has to be near, the rest within reach. Today's places are anchors.
func (g *gathering) levels(d *demand.Demand) error {
	q, p := &g.joint, &g.params
	within, far, err := g.within(p.Within, d.Service, func(own int) int { return own - 1 })
	if err != nil {
		return err
	}
	nearby, near, err := g.within(p.Nearby, d.Service, func(int) int { return 0 })
	if err != nil {
		return err
	}
	p.Within, p.Nearby, q.OneRole = within, nearby, true
	q.Roles = []Role{{Name: "anchor", P: p.Anchors, Today: g.today[p.Service]}, {Name: "antenna", P: p.Antennas, Never: g.today[p.Service]}}
	q.Asks = []Ask{
		{Name: "everything", Demand: d.Amounts(), Within: far, By: []int{0}},
		{Name: "first level", Demand: d.Amounts(), Within: near, By: []int{0, 1}},
	}
	return nil
}

// years have a role each, of what opens then, and an ask: the people of the year, whom
// all that is open by then serves.
func (g *gathering) years(ctx context.Context, d *demand.Demand) error {
	q, p := &g.joint, &g.params
	within, limit, err := g.within(p.Within, d.Service, middle)
	if err != nil {
		return err
	}
	p.Within, q.OneRole = within, true
	for k, o := range p.Years {
		if k > 0 && o.Year <= p.Years[k-1].Year {
			return bad("years", "%d comes after %d: want rising years", o.Year, p.Years[k-1].Year)
		}
		role := Role{Name: strconv.Itoa(o.Year), P: o.P, Never: g.today[p.Service]}
		if k == 0 {
			role.Today, role.Never = g.today[p.Service], nil
		}
		amounts, err := g.in(ctx, d, o.Year)
		if err != nil {
			return err
		}
		a := Ask{Name: role.Name, Demand: amounts, Within: limit}
		for r := range k + 1 {
			a.By = append(a.By, r)
		}
		q.Roles, q.Asks = append(q.Roles, role), append(q.Asks, a)
	}
	return nil
}

// in are the people of each home who need the service in a year.
func (g *gathering) in(ctx context.Context, d *demand.Demand, year int) ([]geodata.Amount, error) {
	s, err := inYear(ctx, g.s, g.nets, year, g.params.Variant)
	if err != nil {
		return nil, err
	}
	then, err := demand.Ask(s, g.params.Service, g.params.DemandOptions)
	if err != nil {
		return nil, err
	}
	amounts := make([]geodata.Amount, len(d.Cells))
	for k, i := range d.Cells {
		amounts[k] = then.Amount[i]
	}
	return amounts, nil
}

// result tells of the answer on the territory.
func (g *gathering) result(a *JointAnswer) *Together {
	r := &Together{Params: g.params, JointAnswer: a, Places: []RolePlace{}}
	for _, place := range g.places {
		if !place.Existing {
			r.Candidates++
		}
	}
	for _, t := range a.Taken {
		at := slices.IndexFunc(g.places, func(p Place) bool { return p.ID == t.Site })
		r.Places = append(r.Places, RolePlace{g.places[at], t.Role})
	}
	r.Provenance = analyses.NewProvenance(g.s, "together", g.params)
	r.Provenance.Notes = append(append(r.Provenance.Notes, g.notes...), proof(a.Status, a.Gap)...)
	return r
}

// proof says how sure an answer is.
func proof(status optimise.Status, gap *float64) []geodata.Text {
	switch {
	case status == optimise.Optimal:
		return []geodata.Text{says("Optimum prouvé : aucun autre choix parmi ces lieux n'est meilleur.", "Proven: no other choice among these places is better.")}
	case gap != nil:
		return []geodata.Text{says(fmt.Sprintf("Non prouvé : un autre choix pourrait faire mieux, de %.2f %% au plus.", 100*(*gap)), fmt.Sprintf("Not proven: another choice might be better, by %.2f %% at most.", 100*(*gap)))}
	}
	return nil
}

// Layers turns the answer into layers: together_places (the first) and together_asks, a table.
func (r *Together) Layers(*geodata.Snapshot) analyses.Result {
	ids := make([]string, len(r.Places))
	for i, p := range r.Places {
		ids[i] = p.Role + ":" + p.ID
	}
	t := analyses.NewTable("together_places", says("Lieux du plan", "Places of the plan"), ids)
	t.Draw(func(i int) orb.Geometry { return r.Places[i].At })
	t.Text("name", nameLabel, func(i int) string { return r.Places[i].Name })
	t.Text("commune", communeLabel, func(i int) string { return r.Places[i].Commune })
	t.Text("role", says("Rôle", "Role"), func(i int) string { return r.Places[i].Role })
	t.Text("state", says("État", "State"), func(i int) string {
		if r.Places[i].Existing {
			return "today"
		}
		return "new"
	})
	t.Colour("state", geodata.Class{Value: "new", Label: says("ouvre", "opens"), Colour: "#c8553d"}, geodata.Class{Value: "today", Label: says("existe", "exists"), Colour: "#2b3a7d"})
	names := make([]string, len(r.Asks))
	for i, a := range r.Asks {
		names[i] = a.Name
	}
	unit := map[Model]string{MCLP: "persons", PMedian: "person-s"}[r.Params.Model]
	asks := analyses.NewTable("together_asks", says("Ce que le plan apporte à chacun", "What the plan brings to each"), names)
	asks.Real("objective", unit, says("Objectif", "Objective"), func(i int) (float64, bool) { return r.Asks[i].Objective, true })
	asks.Real("alone", unit, says("Au mieux, si l'on ne choisissait que pour lui", "At best, if all were chosen for it alone"), func(i int) (float64, bool) {
		if r.Asks[i].Alone == nil {
			return 0, false
		}
		return *r.Asks[i].Alone, true
	})
	return analyses.Result{Name: "together", Title: says("Meilleurs lieux, ensemble", "Best places, together"), Provenance: r.Provenance, Layers: []geodata.Layer{t.Layer, asks.Layer}}
}
