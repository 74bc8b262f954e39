package tours

import (
	"context"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/tours/week"
)

// Found is what the search has until now.
type Found struct {
	Worth  geodata.Amount `json:"worth_person_hours"`
	Bound  geodata.Amount `json:"bound_person_hours"`
	Gap    float64        `json:"gap"`
	Visits []Visit        `json:"visits"`
	Work   int            `json:"work"`
}

// Run plans the tours: the same plan for the same question, anywhere. Progress, if
// not nil, is told what is found after each round.
//
// What is asked wrongly is an analyses.ParamError: among others a depot off the
// network, a shift too short for any stop, and visits that cannot be kept together.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(Found)) (*Result, error) {
	return run(ctx, ctx, s, nets, p, progress)
}

// RunUntil is Run with the best plan found when the search is stopped, which other
// machines may find sooner or later. It fails when ctx ends.
func RunUntil(ctx, stop context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(Found)) (*Result, error) {
	return run(ctx, stop, s, nets, p, progress)
}

func run(ctx, stop context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(Found)) (*Result, error) {
	a, err := ask(ctx, s, nets, p)
	if err != nil {
		return nil, err
	}
	m, err := build(a)
	if err != nil {
		return nil, err
	}
	o := week.Options{Rounds: a.p.Effort, Seed: 1, Start: m.start}
	if progress != nil {
		o.Progress = func(x *week.Solution) {
			progress(Found{personHours(x.Value), personHours(x.Bound), x.Gap(), m.list(x.Plan), x.Rounds})
		}
	}
	found, err := week.Solve(stop, &m.Problem, o)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.result(found)
}

// personHours is worth in weight × minutes × per cent, in person-hours, rounded half up
// to a millionth.
func personHours(v int64) geodata.Amount { return geodata.Amount((v + 3000) / 6000) }

// list writes a plan as visits.
func (m *model) list(plan week.Plan) []Visit {
	visits := []Visit{}
	for i, stays := range plan {
		x := m.shifts[i]
		for _, y := range stays {
			visits = append(visits, Visit{Vehicle: m.fleet[x.vehicle].ID, Week: x.week + 1, Day: geodata.DayNames[x.day], Stop: m.stops[y.Stop].ID, From: clock(int(y.From) * m.p.Step), To: clock(int(y.To) * m.p.Step)})
		}
	}
	return visits
}

func (m *model) result(found *week.Solution) (*Result, error) {
	judged, err := m.Judge(found.Plan)
	if err != nil {
		return nil, err
	}
	r := &Result{Params: m.p, Service: m.d.Service, Public: m.d.Public, Status: Gap, Worth: personHours(found.Value), Bound: personHours(found.Bound), Gap: found.Gap(), Work: found.Rounds,
		Visits: m.list(found.Plan), Tours: []Tour{}, Missing: append([]Missing{}, m.missing...)}
	if found.Proven {
		r.Status = Proven
	}
	for _, v := range m.fleet {
		r.Vehicles = append(r.Vehicles, v.Vehicle)
	}
	if m.start != nil {
		was, err := m.Judge(m.start)
		if err != nil {
			return nil, err
		}
		r.Start = &Started{Worth: personHours(was.Value), Gain: r.Worth - personHours(was.Value)}
	}
	for _, l := range judged.Missing {
		if x, asked := m.asks[l]; asked {
			r.Missing = append(r.Missing, x)
		}
	}
	for i, stays := range found.Plan {
		if len(stays) == 0 {
			continue
		}
		t, err := m.tour(i, stays)
		if err != nil {
			return nil, err
		}
		r.Tours = append(r.Tours, *t)
	}
	sortTours(r)
	m.rows(r, found.Plan, judged)
	if r.People, err = itinerant.Run(m.ctx, m.s, m.nets, m.itinerant(found.Plan)); err != nil {
		return nil, err
	}
	m.cost(r)
	r.Provenance = analyses.NewProvenance(m.s, "tours", r.Params)
	r.Provenance.Notes = append(append(r.Provenance.Notes, m.d.Notes()...), m.notes()...)
	return r, nil
}

// itinerant asks who gains.
func (m *model) itinerant(plan week.Plan) itinerant.Params {
	p := itinerant.Params{Service: m.p.Service, Mode: m.p.Mode, Within: []threshold{*m.p.Within}, Statuses: m.p.Statuses, DemandOptions: m.p.DemandOptions, SupplyOptions: m.p.SupplyOptions}
	for w := range m.p.Weeks {
		hours := make([]geodata.WeeklyHours, len(m.stops))
		for i, stays := range plan {
			x := m.shifts[i]
			if x.week != w {
				continue
			}
			for _, y := range stays {
				hours[y.Stop][x.day] = append(hours[y.Stop][x.day], geodata.Interval{From: int(y.From) * m.p.Step, To: int(y.To) * m.p.Step})
			}
		}
		stops := []itinerant.Stop{}
		for j := range hours {
			if hours[j].Minutes() == 0 {
				continue
			}
			for day := range hours[j] {
				hours[j][day] = union(hours[j][day])
			}
			stops = append(stops, itinerant.Stop{At: m.stops[j].At, Hours: hours[j]})
		}
		if w == 0 {
			p.Stops = stops
		} else {
			p.SecondWeek = stops
		}
	}
	return p
}

func (m *model) notes() (notes []geodata.Text) {
	if n := m.fixed.LeftOut["hours_unknown"]; n > 0 {
		notes = append(notes, geodata.Text{Fr: analyses.Plural(n, "lieu fixe aux horaires inconnus, compté comme fermé.", "lieux fixes aux horaires inconnus, comptés comme fermés."),
			En: analyses.Plural(n, "site that stays whose hours are not known, counted as closed.", "sites that stay whose hours are not known, counted as closed.")})
	}
	return append(notes, geodata.Text{
		Fr: fmt.Sprintf("Coûts supposés : %s € par km, %s € par heure d'équipage, %d g de CO₂ par km.", decimal(m.p.EuroPerKm), decimal(m.p.EuroPerHour), m.p.CO2PerKm),
		En: fmt.Sprintf("Assumed costs: €%.2f a km, €%.2f an hour of crew, %d g of CO₂ a km.", m.p.EuroPerKm, m.p.EuroPerHour, m.p.CO2PerKm),
	})
}
