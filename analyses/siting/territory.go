package siting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Today says what becomes of the facilities that exist.
type Today string

// What becomes of them.
const (
	Fixed   Today = "fixed"   // they stay
	Movable Today = "movable" // Params.Moves of them at most may close, and as many more open
	Ignored Today = "ignored" // as if there were none
)

// Params is the question about a territory.
type Params struct {
	Service    string              `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Model      Model               `json:"model" doc:"mclp (most people within reach), p-median (least travel), lscp (fewest places that reach all) or p-center (farthest home as near as can be); mclp when empty"`
	P          int                 `json:"p,omitempty" atonce:"12" doc:"how many places open beside today's; 1 when left out; not of lscp"`
	Within     *coverage.Threshold `json:"within,omitempty" doc:"how near is within reach, such as 15m; the middle one of the service's thresholds when empty"`
	Mode       string              `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Candidates []string            `json:"candidates" doc:"where a place may open: planned, town_halls, schools, junctions (of built-up areas), cells (where people live), service:ID, counts:NAME; planned and town_halls when empty"`
	Points     []Point             `json:"points,omitempty" doc:"other places where one may open: id, lon, lat, and name, price, capacity where known"`
	Existing   Today               `json:"existing,omitempty" doc:"fixed (today's places stay), movable (some may close for others) or ignored; fixed when empty"`
	Moves      int                 `json:"moves,omitempty" doc:"how many of today's places may close, if they are movable; 1 when left out"`
	Statuses   []geodata.Status    `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities there are today; existing ones when empty"`
	DemandOptions
	SupplyOptions

	Required  []string   `json:"required,omitempty" doc:"ids of places that open in any case"`
	Forbidden []string   `json:"forbidden,omitempty" doc:"ids of places that do not"`
	Exclusive [][]string `json:"exclusive,omitempty" doc:"lists of ids of places of which one at most opens"`
	ApartKm   float64    `json:"apart_km,omitempty" doc:"how far apart open places are at least, in a straight line; of today's among themselves nothing is asked"`
	Twice     bool       `json:"twice,omitempty" doc:"only who has two places within reach counts (mclp, lscp)"`
	Price     *int64     `json:"price,omitempty" doc:"euros that a new place costs where its own price is not known"`
	Budget    int64      `json:"budget,omitempty" doc:"euros that the new places may cost together"`

	Capacity *int `json:"capacity,omitempty" doc:"places of each place whose own number is not known: with it, everybody has a place at one of them or is left over"`

	Best   int  `json:"best,omitempty" atonce:"10" doc:"how many plans are told, best first; 1 when left out; not of p-center"`
	Losses bool `json:"losses,omitempty" doc:"for each candidate, what it costs to impose it"`
	Nodes  int  `json:"nodes,omitempty" doc:"limit of the search, in parts of it; 2000 when left out"`
}

// DemandOptions are whom to count.
type DemandOptions = demand.Options

// SupplyOptions are which facilities count.
type SupplyOptions = supply.Options

// defaultNodes bounds the search: a limit in time would make the answer depend on the machine.
const defaultNodes = 2000

// Result is where the service should open, what the best plan is worth and how that is proven.
type Result struct {
	Params  Params          `json:"params"` // complete with defaults
	Service geodata.Service `json:"service"`
	Public  geodata.Text    `json:"public"` // whom the demand counts
	LeftOut map[string]int  `json:"left_out"`
	*Answer
	// Today is the objective with today's places alone; null where that is not one (a
	// home that none of them reaches).
	Today      *float64 `json:"today"`
	Places     []Place  `json:"places"` // open in the best plan, by id
	Closed     []Place  `json:"closed"` // of today's, those that close for others
	Candidates int      `json:"candidates"`
	Losses     []Loss   `json:"losses,omitempty"` // of each candidate, with Params.Losses
	Territory  Row      `json:"territory"`
	Communes   []Row    `json:"communes"` // by code, those of the study area
	Cells      Cells    `json:"cells"`

	Provenance analyses.Provenance `json:"provenance"`

	all []Place // candidates and today's, in the order of the matrix
}

// Row is who is within Params.Within of a place, today and in the plan.
type Row struct {
	Code   string         `json:"code"`
	Name   geodata.Text   `json:"name"`
	Demand geodata.Amount `json:"demand"`
	Before geodata.Amount `json:"before"`
	After  geodata.Amount `json:"after"`
}

// Cells are the populated cells of the study area as parallel columns.
type Cells struct {
	IDs      []string          `json:"id"`
	Communes []string          `json:"commune"`
	Demand   []geodata.Amount  `json:"demand"`
	Before   []traveltime.Time `json:"before_seconds"` // to the nearest place today; null when none is in reach
	After    []traveltime.Time `json:"after_seconds"`  // in the plan
	Nearest  []string          `json:"nearest"`        // place in the plan; empty when none is in reach
	at       []int             // positions in the population
}

// Run finds the best places on a territory. A parameter that cannot be is an
// analyses.ParamError; that there is no plan is an answer, and says why. Progress may
// be nil; it is told of every better plan or bound.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(Answer)) (*Result, error) {
	t, err := ask(ctx, s, nets, p)
	if err != nil {
		return nil, err
	}
	answer, err := Solve(ctx, t.question, progress)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t.result(s, answer), nil
}

// town is a territory's question, made plain.
type town struct {
	params   Params
	demand   *demand.Demand
	supply   *supply.Supply
	places   []Place // today's, then candidates; the sites of the question
	today    int     // how many of them are today's
	question Question
}

func ask(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*town, error) {
	d, err := demand.Ask(s, p.Service, p.DemandOptions)
	if err != nil {
		return nil, err
	}
	if p, err = p.complete(s, d.Service); err != nil {
		return nil, err
	}
	t := &town{params: p, demand: d}
	if t.supply, err = supply.Choose(s, p.Service, p.Statuses, p.SupplyOptions); err != nil {
		return nil, err
	}
	if p.Existing != Ignored {
		for _, f := range t.supply.Facilities {
			t.places = append(t.places, Place{ID: f.ID, Name: f.Name, Commune: f.Commune, At: f.Location, Existing: true, capacity: f.Capacity})
		}
	}
	t.today = len(t.places)
	w := &search{ctx: ctx, s: s, nets: nets, mode: p.Mode, service: p.Service}
	found, err := w.candidates(p.Candidates, p.Points)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if !slices.ContainsFunc(t.places[:t.today], func(f Place) bool { return f.ID == c.ID }) {
			t.places = append(t.places, c)
		}
	}
	return t, t.ask(ctx, s, nets)
}

// complete checks the parameters, and fills in the defaults.
func (p Params) complete(s *geodata.Snapshot, service geodata.Service) (Params, error) {
	var err error
	p.Model, p.Existing = cmp.Or(p.Model, MCLP), cmp.Or(p.Existing, Fixed)
	p.Best, p.Nodes = max(1, p.Best), cmp.Or(p.Nodes, defaultNodes)
	if p.Model != LSCP && p.Budget == 0 {
		p.P = cmp.Or(p.P, 1)
	}
	if len(p.Candidates) == 0 && len(p.Points) == 0 {
		p.Candidates = []string{"planned", "town_halls"}
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return p, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return p, err
	}
	if p.SupplyOptions, err = p.Spelt(); err != nil {
		return p, err
	}
	switch {
	case !slices.Contains([]Today{Fixed, Movable, Ignored}, p.Existing):
		return p, bad("existing", "unknown word %q: want fixed, movable or ignored", p.Existing)
	case p.Moves != 0 && p.Existing != Movable:
		return p, bad("moves", "today's places are %s: want existing to be movable", p.Existing)
	case p.ApartKm < 0:
		return p, bad("apart_km", "%g: want a distance of 0 or more", p.ApartKm)
	case p.Price != nil && p.Budget == 0:
		return p, bad("budget", "is missing: a price matters where there is a budget")
	}
	if p.Existing == Movable {
		p.Moves = cmp.Or(p.Moves, 1)
	}
	if p.Within == nil {
		own := coverage.Usual(service, p.Mode)
		if len(own) == 0 {
			return p, bad("within", "service %s has no default thresholds for mode %s: name one, such as 20m", service.ID, p.Mode)
		}
		t := coverage.Minutes(own[len(own)/2])
		p.Within = &t
	}
	return p, nil
}

// limit is the longest way that matters; for models of travel, any.
func (p Params) limit() traveltime.Time {
	return traveltime.Time(time.Duration(*p.Within) / time.Millisecond)
}

// farthest is the longest way that is looked at: any where travel counts, else enough
// to tell how far those are who are not within reach.
func (p Params) farthest() traveltime.Time {
	if p.Model == MCLP || p.Model == LSCP {
		return max(4*p.limit(), traveltime.Time(time.Hour/time.Millisecond))
	}
	return traveltime.MaxTime
}

// ask makes the question plain.
func (t *town) ask(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks) (err error) {
	p := t.params
	to := matrix.Places{Serves: func(j int, commune string) bool { return j >= t.today || t.supply.Serves(j, commune) }}
	for _, place := range t.places {
		to.IDs, to.Points = append(to.IDs, place.ID), append(to.Points, place.At)
	}
	q := Question{Model: p.Model, Demand: t.demand.Amounts(), Within: p.limit(), Required: p.Required, Forbidden: p.Forbidden, Best: p.Best, Losses: p.Losses, Nodes: p.Nodes, Existing: to.IDs[:t.today], Moves: p.Moves}
	if q.Times, err = matrix.ToPlaces(ctx, s, nets, p.Mode, t.demand, to, p.farthest()); err != nil {
		return err
	}
	if p.Model != LSCP && (p.P > 0 || p.Budget == 0) {
		q.P = p.P + t.today
	}
	if p.Twice {
		q.Need = 2
	}
	q.Apart = t.apart()
	if p.Budget != 0 {
		q.Budget = p.Budget
		for j, place := range t.places {
			price := cmp.Or(place.price, p.Price)
			switch {
			case j < t.today:
				price = new(int64(0))
			case price == nil:
				return bad("price", "the price of place %q is not known: name one that counts for all of them, such as 400000", place.ID)
			}
			q.Prices = append(q.Prices, *price)
		}
	}
	if p.Capacity != nil {
		if *p.Capacity < 0 {
			return bad("capacity", "%d: want a number of places, 0 or more", *p.Capacity)
		}
		for _, place := range t.places {
			q.Capacity = append(q.Capacity, geodata.Whole(int64(*cmp.Or(place.capacity, p.Capacity))))
		}
	}
	t.question = q
	return nil
}

// Pairs are the pairs of places that exclude each other.
func (p Params) Pairs() (pairs [][2]string) {
	for _, list := range p.Exclusive {
		for i, a := range list {
			for _, b := range list[i+1:] {
				pairs = append(pairs, [2]string{a, b})
			}
		}
	}
	return pairs
}

// apart lists the pairs of places of which one at most is open.
func (t *town) apart() (pairs [][2]string) {
	pairs = t.params.Pairs()
	if t.params.ApartKm == 0 {
		return pairs
	}
	for i, a := range t.places {
		for j := max(i+1, t.today); j < len(t.places); j++ {
			if geodata.Distance(a.At, t.places[j].At) < 1000*t.params.ApartKm {
				pairs = append(pairs, [2]string{a.ID, t.places[j].ID})
			}
		}
	}
	return pairs
}

// result tells of the answer on the territory.
func (t *town) result(s *geodata.Snapshot, a *Answer) *Result {
	r := &Result{Params: t.params, Service: t.demand.Service, Public: t.demand.Public, LeftOut: t.supply.LeftOut, Answer: a,
		Places: []Place{}, Closed: []Place{}, Candidates: len(t.places) - t.today, all: t.places}
	open := make([]bool, len(t.places))
	for j, place := range t.places {
		_, open[j] = slices.BinarySearch(a.Sites, place.ID)
		switch {
		case open[j]:
			r.Places = append(r.Places, place)
		case place.Existing && a.Objective != nil:
			r.Closed = append(r.Closed, place)
		}
	}
	r.Losses = t.losses(a)
	before, _ := t.nearest(func(j int32) bool { return int(j) < t.today })
	after, by := t.nearest(func(j int32) bool { return open[j] })
	t.tell(r, s, before, after, by)
	r.Today = t.worth(before)
	r.Provenance = analyses.NewProvenance(s, "site", t.params)
	r.Provenance.Notes = append(append(append(r.Provenance.Notes, t.demand.Notes()...), t.supply.Notes()...), r.notes()...)
	return r
}

// nearest is, per home, the time to the open site that counts: the nearest, or the
// second where two are needed; and its number, -1 for none.
func (t *town) nearest(open func(j int32) bool) (times []traveltime.Time, by []int32) {
	m := t.question.Times
	times, by = make([]traveltime.Time, len(m.Homes)), make([]int32, len(m.Homes))
	for i := range m.Homes {
		first, second, at, then := traveltime.Unreachable, traveltime.Unreachable, int32(-1), int32(-1)
		sites, each := m.From(i)
		for k, j := range sites {
			switch d := each[k]; {
			case !open(j):
			case d < first:
				second, then, first, at = first, at, d, j
			case d < second:
				second, then = d, j
			}
		}
		if t.params.Twice {
			first, at = second, then
		}
		if times[i], by[i] = first, at; m.Off[i] {
			times[i] = traveltime.OffNetwork
		}
	}
	return times, by
}

// tell fills in rows and cells.
func (t *town) tell(r *Result, s *geodata.Snapshot, before, after []traveltime.Time, by []int32) {
	limit := t.params.limit()
	row := func(g demand.Group) Row {
		within := func(times []traveltime.Time) geodata.Amount {
			return t.demand.People(g, func(k int) bool { return times[k].Reached() && times[k] <= limit })
		}
		return Row{Code: g.Code, Name: g.Name, Demand: t.demand.People(g, func(int) bool { return true }), Before: within(before), After: within(after)}
	}
	territory, communes := t.demand.Groups(s)
	r.Territory, r.Communes = row(territory), []Row{}
	for _, g := range communes {
		r.Communes = append(r.Communes, row(g))
	}
	for k, i := range t.demand.Cells {
		cell, place := t.demand.Population.Cells[i], ""
		if by[k] >= 0 {
			place = t.places[by[k]].ID
		}
		c := &r.Cells
		c.IDs, c.Communes, c.Demand = append(c.IDs, cell.ID), append(c.Communes, cell.Commune), append(c.Demand, t.demand.Amount[i])
		c.Before, c.After, c.Nearest, c.at = append(c.Before, before[k]), append(c.After, after[k]), append(c.Nearest, place), append(c.at, i)
	}
}

// worth is the objective of times, in the model's unit; nil where a home that has to
// be reached is not, and for lscp, which counts places.
func (t *town) worth(times []traveltime.Time) *float64 {
	var people geodata.Amount
	sum, worst := 0.0, 0.0
	for k, a := range t.question.Demand {
		d := times[k]
		switch {
		case a == 0:
		case t.params.Model == MCLP:
			if d.Reached() && d <= t.question.Within {
				people += a
			}
		case !d.Reached():
			if sites, _ := t.question.Times.From(k); len(sites) > 0 {
				return nil
			}
		default:
			seconds, _ := d.Seconds()
			sum, worst = sum+a.Float()*seconds, max(worst, seconds)
		}
	}
	switch t.params.Model {
	case MCLP:
		sum = people.Float()
	case PCenter:
		sum = worst
	case LSCP:
		return nil
	}
	return &sum
}

func (r *Result) notes() []geodata.Text {
	notes := proof(r.Status, r.Gap)
	note := func(fr, en string) { notes = append(notes, geodata.Text{Fr: fr, En: en}) }
	if r.LeftDemand > 0 {
		note(fmt.Sprintf("%.0f personnes ne sont à portée d'aucun lieu possible, dans aucun plan.", r.LeftDemand.Float()), fmt.Sprintf("%.0f people are within reach of no place, in any plan.", r.LeftDemand.Float()))
	}
	return notes
}
