package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Run compares, and draws on all processors. What is wrong with the parameters, and
// with a scenario, is an analyses.ParamError that names it; otherwise it fails only when
// ctx ends or the mode has no road. Progress, if not nil, is told after each draw.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params, progress func(done, total int)) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	p.Notable = cmp.Or(p.Notable, coverage.Minutes(1))
	today, err := ask(ctx, s, nets, &p, &scenario.Scenario{})
	if err != nil {
		return nil, err
	}
	undrawn := false // only the speeds of roads are drawn
	if m, err := profile.ParseMode(today.Params.Mode); err != nil || m.IsTimed() {
		undrawn, p.Draws = p.Draws > 0, 0
	}
	if p.Draws > 0 {
		if err := nets.Prepare(ctx, today.world.Snapshot, today.Params.Mode, nil); err != nil {
			return nil, err
		}
	}
	var all []*asked
	for i, sc := range p.Scenarios {
		one, err := ask(ctx, s, nets, &p, sc)
		if err != nil {
			return nil, of(i, err)
		}
		if !slices.Equal(one.Cells.IDs, today.Cells.IDs) {
			return nil, &analyses.ParamError{Param: fmt.Sprintf("scenarios[%d]", i), Err: errors.New("people live in other cells than today: cell by cell it cannot be held against the rest; want a year in which the same cells are lived in")}
		}
		all = append(all, one)
	}
	p.Mode, p.Within, p.Statuses, p.SupplyOptions, p.Nth = today.Params.Mode, today.Params.Within, today.Params.Statuses, today.Params.SupplyOptions, today.Params.Nth
	r := &Result{Params: p, Service: today.Service, Estimated: today.Estimated, Unit: today.Unit, Public: today.Public}
	r.fill(today, all)
	if p.Draws > 0 {
		if r.Verdict, err = r.draw(ctx, today, all, progress); err != nil {
			return nil, err
		}
	}
	r.conclude()
	r.Provenance = today.Provenance
	r.Provenance.Analysis, r.Provenance.Params = "compare", p
	if undrawn {
		r.Provenance.Notes = append(slices.Clone(r.Provenance.Notes), geodata.Text{
			Fr: "Pas de verdict sur tirages : seules les vitesses des routes se tirent au sort, non un horaire.",
			En: "No verdict by draws: only speeds of roads are drawn, a timetable is not."})
	}
	if p.Draws > 0 {
		r.Provenance.Notes = append(slices.Clone(r.Provenance.Notes), geodata.Text{
			Fr: "Verdict : vitesses tirées au sort par classe de route, les mêmes pour tous les scénarios ; les écarts types sont des hypothèses (analyses/uncertainty/speeds.yaml).",
			En: "Verdict: speeds drawn by class of road, the same for all scenarios; the standard deviations are assumptions (analyses/uncertainty/speeds.yaml)."})
	}
	return r, nil
}

// check refuses what no territory can answer.
func (p *Params) check() error {
	bad := func(param, format string, args ...any) error {
		return &analyses.ParamError{Param: param, Err: fmt.Errorf(format, args...)}
	}
	if n := len(p.Scenarios); n < MinScenarios || n > MaxScenarios {
		return bad("scenarios", `%s: want %d to %d; {"changes": []} is the situation today`, analyses.Plural(n, "scenario", "scenarios"), MinScenarios, MaxScenarios)
	}
	if i := slices.Index(p.Scenarios, nil); i >= 0 {
		return bad(fmt.Sprintf("scenarios[%d]", i), `nothing: want a scenario, such as {"changes": []}`)
	}
	if p.Draws != 0 && (p.Draws < uncertainty.MinDraws || p.Draws > uncertainty.MaxDraws) {
		return bad("draws", "want %d to %d, or 0 for no verdict, not %d", uncertainty.MinDraws, uncertainty.MaxDraws, p.Draws)
	}
	if p.Notable < 0 {
		return bad("notable", "want a duration, such as 1m")
	}
	return nil
}

// of says which scenario is wrong.
func of(i int, err error) error {
	var problems scenario.Problems
	if !errors.As(err, &problems) {
		return err
	}
	problems = slices.Clone(problems)
	for k := range problems {
		if problems[k].File == "" {
			problems[k].Line = 0 // lines of a parameter are nobody's
		}
	}
	return &analyses.ParamError{Param: fmt.Sprintf("scenarios[%d]", i), Err: problems}
}

// asked is the coverage in a scenario.
type asked struct {
	*coverage.Result
	world  *scenario.World
	demand *demand.Demand // its Cells are those of the result
}

func ask(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p *Params, sc *scenario.Scenario) (*asked, error) {
	w, err := scenario.Apply(ctx, s, nets, sc)
	if err != nil {
		return nil, err
	}
	r, err := coverage.Run(ctx, w.Snapshot, w.Networks, p.coverage(true))
	if err != nil {
		return nil, err
	}
	d, err := demand.Ask(w.Snapshot, p.Service, p.DemandOptions)
	return &asked{r, w, d}, err
}

// coverage is the question in each scenario.
func (p *Params) coverage(detailed bool) coverage.Params {
	return coverage.Params{Service: p.Service, Mode: p.Mode, Within: p.Within, Statuses: p.Statuses, DemandOptions: p.DemandOptions, SupplyOptions: p.SupplyOptions, Nth: p.Nth, Detailed: detailed}
}

// fill compares what does not vary.
func (r *Result) fill(today *asked, all []*asked) {
	within := r.Params.Within
	t := newTable(&r.Params, all...)
	names := map[geodata.Text]int{}
	for i, one := range all {
		gained := newTable(&r.Params, today, one).difference(one.Territory, nil, 0, 1).Territory.Gained
		sc := one.world.Scenario
		name := nameOf(sc, i)
		if names[name]++; names[name] > 1 {
			again := fmt.Sprintf(" (%d)", names[name])
			name = geodata.Text{Fr: name.Fr + again, En: name.In("en") + again}
		}
		r.Scenarios = append(r.Scenarios, Scenario{ID: sc.ID(), Name: name, Facilities: len(one.Facilities), LeftOut: maps.Clone(one.LeftOut),
			Territory: one.Territory, Communes: one.Communes, LivingStandards: one.LivingStandards, NewlyCovered: gained,
			Cost: sc.Costs(), PerPerson: perPerson(sc.Costs(), gained), Notes: one.world.Notes})
	}
	reference := all[0]
	r.Cells = Cells{IDs: reference.Cells.IDs, Communes: reference.Cells.Communes, Demand: reference.Cells.Demand, Times: t.times, Best: make([]int, len(t.cells))}
	for k := range t.cells {
		r.Cells.Best[k] = t.best(k)
	}
	for b := 1; b < len(all); b++ {
		r.Differences = append(r.Differences, t.difference(all[b].Territory, all[b].Communes, 0, b))
		r.Cells.Changes = append(r.Cells.Changes, t.cellChanges(0, b))
	}
	for w := range within {
		var each []geodata.Amount
		for i := range r.Scenarios {
			each = append(each, r.Scenarios[i].Territory.Covered[w])
		}
		r.Ranks = append(r.Ranks, rank(each))
	}
	r.Minutes = t.minutes()
	r.Leads, r.Reversals = leads(r.Minutes), reversals(r.Minutes)
}

// nameOf is what people call the i-th scenario.
func nameOf(sc *scenario.Scenario, i int) geodata.Text {
	switch {
	case sc.Name != geodata.Text{}:
		return sc.Name
	case sc.Empty():
		return geodata.Text{Fr: "aujourd'hui", En: "today"}
	}
	return geodata.Text{Fr: fmt.Sprintf("scénario %d", i+1), En: fmt.Sprintf("scenario %d", i+1)}
}

// perPerson divides costs; nil where there are none.
func perPerson(cost *scenario.Cost, people []geodata.Amount) *PerPerson {
	if cost == nil {
		return nil
	}
	divide := func(euros *geodata.Amount) (out []*float64) {
		if euros == nil {
			return nil
		}
		for _, n := range people {
			if n <= 0 {
				out = append(out, nil)
				continue
			}
			each := euros.Float() / n.Float()
			out = append(out, &each)
		}
		return out
	}
	return &PerPerson{divide(cost.Investment), divide(cost.Yearly)}
}

// draw redraws the speeds of all scenarios together.
func (r *Result) draw(ctx context.Context, today *asked, all []*asked, progress func(done, total int)) ([]Verdict, error) {
	p := &r.Params
	questions := make([]*coverage.Again, len(all))
	// Each network once: roads are the same in most scenarios. Today's is among them in
	// any case, so that its classes of road are drawn whatever the scenarios close.
	base, err := today.world.Networks.Get(ctx, today.world.Snapshot, p.Mode)
	if err != nil {
		return nil, err
	}
	networks := []*traveltime.Network{base}
	number := make([]int, len(all))
	for i, one := range all {
		if questions[i], err = coverage.AskAgain(ctx, one.world.Snapshot, one.world.Networks, p.coverage(false)); err != nil {
			return nil, err
		}
		net := questions[i].Network()
		if number[i] = slices.Index(networks, net); number[i] < 0 {
			number[i], networks = len(networks), append(networks, net)
		}
	}
	drawn := make([][][]geodata.Amount, len(p.Within)) // by threshold, scenario and draw
	for w := range drawn {
		drawn[w] = make([][]geodata.Amount, len(all))
		for i := range all {
			drawn[w][i] = make([]geodata.Amount, p.Draws)
		}
	}
	err = uncertainty.Redraw(ctx, networks, p.Draws, p.Seed, progress, func(ctx context.Context, k int, on []*traveltime.Network) error {
		for i, q := range questions {
			times, err := q.Times(ctx, on[number[i]])
			if err != nil {
				return err
			}
			for w, bound := range p.Within {
				drawn[w][i][k] = covered(q.Demand(), times, time.Duration(bound))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Verdict
	for w, bound := range p.Within {
		out = append(out, verdict(bound, r.Ranks[w], drawn[w]))
	}
	return out, nil
}

// verdict is how sure some ranks are, given what each scenario covers in each draw.
func verdict(bound coverage.Threshold, ranks []int, drawn [][]geodata.Amount) Verdict {
	v := Verdict{Within: bound, First: make([]float64, len(drawn)), Pairs: []Pair{}}
	draws := len(drawn[0])
	alone, shared, holds := make([]int, len(drawn)), 0, 0
	each := make([]geodata.Amount, len(drawn))
	for k := range draws {
		for i := range drawn {
			each[i] = drawn[i][k]
		}
		now := rank(each)
		if slices.Equal(now, ranks) {
			holds++
		}
		if ahead := first(now); len(ahead) == 1 {
			alone[ahead[0]]++
		} else {
			shared++
		}
	}
	percent := func(n int) float64 { return 100 * float64(n) / float64(draws) }
	v.Shared, v.Holds = percent(shared), percent(holds)
	for i := range drawn {
		v.First[i] = percent(alone[i])
		v.Covered = append(v.Covered, uncertainty.Central(slices.Sorted(slices.Values(drawn[i]))))
		for j := i + 1; j < len(drawn); j++ {
			v.Pairs = append(v.Pairs, Pair{i, j, uncertainty.NewVerdict(bound, drawn[i], drawn[j])})
		}
	}
	return v
}
