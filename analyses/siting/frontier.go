package siting

import (
	"cmp"
	"context"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/optimise"
)

// MaxFrontier is how many places the plans of a frontier open, at most, and MaxPlans
// how many plans there may be to choose from.
const (
	MaxFrontier = 5
	MaxPlans    = 5_000_000
)

// Fair is a plan of the equity frontier: none has a lower mean time and at least as low
// a time of the worst-served tenth, or the other way round (METHODS, "Equity frontier").
type Fair struct {
	Sites []string `json:"sites"`               // open, by id
	Mean  float64  `json:"mean_seconds"`        // of all people who are reached in some plan
	Worst float64  `json:"worst_tenth_seconds"` // mean of the worst-served tenth of them

	sum, tenth int64 // the same, exactly, in the units of the search
}

// Frontier finds all non-dominated plans with p open sites; of plans that are the same
// in both the first is told. The question's model, threshold and budget do not matter;
// required, forbidden and existing sites do, and pairs to be apart. A plan that does not reach a home
// that another plan reaches is none.
//
// It goes through all plans, depth first, and leaves out those that begin so badly that
// a plan known already dominates what they could become: with all later sites open the
// worst tenth could not be nearer, nor the mean with the largest savings added up (opening
// a site saves less, the more others are open).
func Frontier(ctx context.Context, q Question) (plans []Fair, err error) {
	q.Model, q.Prices, q.Budget, q.Need, q.Moves, q.Best = PMedian, nil, 0, 1, 0, 1
	x, err := prepare(q)
	if err != nil {
		return nil, err
	}
	if why := x.hopeless(); why != "" {
		return nil, bad("p", "%s", why)
	}
	f := &frontier{work: x, ctx: ctx}
	f.weigh()
	if f.free = len(f.order); f.choices() > MaxPlans {
		return nil, bad("candidates", "%d sites of %d: more than %d plans, name fewer candidates or a smaller p", f.pick, f.free, MaxPlans)
	}
	f.descend(0, nil, f.base, f.pick)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i := range f.found {
		f.tell(&f.found[i])
	}
	return f.found, nil
}

// frontier is the search. Homes are those that count, numbered as in work.homes.
type frontier struct {
	*work
	ctx    context.Context
	people []int64             // per home
	all    int64               // people
	times  [][]traveltime.Time // per site, per home
	base   []traveltime.Time   // with the required sites alone
	fixed  []int32             // required
	order  []int32             // free sites, in the order they are tried
	after  [][]traveltime.Time // per place in order, with all sites from there on
	pick   int                 // how many are to be chosen
	free   int
	worst  [8][]weight // worst-served tenths met last, which bound others
	turn   int
	found  []Fair // by mean, rising; their tenth falls
}

// weigh fills in times and people.
func (f *frontier) weigh() {
	n := len(f.homes)
	f.times = make([][]traveltime.Time, len(f.Times.Sites))
	for j := range f.times {
		f.times[j] = slices.Repeat([]traveltime.Time{traveltime.Unreachable}, n)
	}
	worst := traveltime.Time(1)
	for i, home := range f.homes {
		sites, times := f.Times.From(home)
		for k, j := range sites {
			f.times[j][i] = times[k]
			worst = max(worst, times[k])
		}
	}
	grain, total := f.grain(), new(big.Int)
	for _, home := range f.homes {
		total.Add(total, big.NewInt(int64(f.Demand[home])/grain))
	}
	total.Mul(total, big.NewInt(20*int64(worst)))
	coarse := total.Div(total, big.NewInt(math.MaxInt64/4)).Int64() + 1
	for i, home := range f.homes {
		f.people = append(f.people, (int64(f.Demand[home])/grain+coarse/2)/coarse)
		f.all += f.people[i]
	}
	f.base = slices.Repeat([]traveltime.Time{traveltime.Unreachable}, n)
	for j, st := range f.work.fixed {
		switch st {
		case optimise.Open:
			f.fixed = append(f.fixed, int32(j))
			f.base = nearer(f.base, f.times[j])
		case optimise.Free:
			f.order = append(f.order, int32(j))
		}
	}
	f.pick = f.P - len(f.fixed)
	f.arrange()
}

// arrange tries the sites first that alone save most.
func (f *frontier) arrange() {
	alone := make([]int64, len(f.times))
	for _, j := range f.order {
		alone[j] = f.sum(nearer(f.base, f.times[j]))
	}
	slices.SortStableFunc(f.order, func(a, b int32) int { return cmp.Compare(alone[a], alone[b]) })
	f.after = make([][]traveltime.Time, len(f.order)+1)
	f.after[len(f.order)] = slices.Repeat([]traveltime.Time{traveltime.Unreachable}, len(f.homes))
	for k := len(f.order) - 1; k >= 0; k-- {
		f.after[k] = nearer(f.after[k+1], f.times[f.order[k]])
	}
}

// choices is how many plans there are, or more than MaxPlans.
func (f *frontier) choices() int {
	n := 1
	for k := range f.pick {
		if n = n * (f.free - k) / (k + 1); n > MaxPlans {
			return n
		}
	}
	return n
}

func nearer(a, b []traveltime.Time) []traveltime.Time {
	out := make([]traveltime.Time, len(a))
	for i := range a {
		out[i] = min(a[i], b[i])
	}
	return out
}

// far stands for a home that is not reached: such a plan is none, but may become one.
const far = traveltime.Time(1) << 30

// sum is the people's time, in all.
func (f *frontier) sum(times []traveltime.Time) (sum int64) {
	for i, t := range times {
		sum += f.people[i] * int64(min(t, far))
	}
	return sum
}

// tenth is ten times the time of the worst-served tenth of the people, in all. The
// edge of that tenth is found by halving the range of times.
func (f *frontier) tenth(times []traveltime.Time) (tenth int64, edge traveltime.Time) {
	beyond := func(t traveltime.Time) (people, sum int64) { // who is farther than t
		for i, d := range times {
			if d = min(d, far); d > t {
				people += f.people[i]
				sum += f.people[i] * int64(d)
			}
		}
		return people, sum
	}
	low, high := traveltime.Time(0), far // fewer than a tenth are beyond high
	for low < high {
		mid := low + (high-low)/2
		if people, _ := beyond(mid); 10*people < f.all {
			high = mid
		} else {
			low = mid + 1
		}
	}
	people, sum := beyond(high)
	return 10*sum + (f.all-10*people)*int64(high), high
}

// rival is the tenth of the plan known whose sum is no more than another's, and its
// tenth the least of those; none knows no such plan.
func (f *frontier) rival(sum int64) (tenth int64, none bool) {
	at, _ := slices.BinarySearchFunc(f.found, sum, func(p Fair, sum int64) int { return cmp.Compare(p.sum, sum+1) })
	if at == 0 {
		return 0, true
	}
	return f.found[at-1].tenth, false
}

// beaten says whether a plan known is as good in both as what has this sum and, for
// each home, the nearer of two times.
func (f *frontier) beaten(sum int64, a, b []traveltime.Time) bool {
	rival, none := f.rival(sum)
	if none {
		return false
	}
	for _, worst := range f.worst {
		if at := f.weighed(worst, a, b); at >= rival {
			return true
		}
	}
	times := nearer(a, b)
	tenth, edge := f.tenth(times)
	f.worst[f.turn%len(f.worst)] = f.beyond(times, edge)
	f.turn++
	return tenth >= rival
}

// weight is how much of a home's people, ten times, belong to a worst-served tenth.
type weight struct {
	home   int32
	people int64
}

// weighed is what a choice of a tenth of the people makes of the worst-served tenth:
// whoever is chosen, the worst-served are no nearer.
func (f *frontier) weighed(worst []weight, a, b []traveltime.Time) (sum int64) {
	for _, w := range worst {
		sum += w.people * int64(min(a[w.home], b[w.home], far))
	}
	return sum
}

// beyond chooses the worst-served tenth, those beyond its edge and some at the edge.
func (f *frontier) beyond(times []traveltime.Time, edge traveltime.Time) (worst []weight) {
	left := f.all
	for i, d := range times {
		if d = min(d, far); d > edge {
			worst = append(worst, weight{int32(i), 10 * f.people[i]})
			left -= 10 * f.people[i]
		}
	}
	for i, d := range times {
		if take := min(left, 10*f.people[i]); min(d, far) == edge && take > 0 {
			worst = append(worst, weight{int32(i), take})
			left -= take
		}
	}
	return worst
}

// descend opens so many more of the sites from k on.
func (f *frontier) descend(k int, open []int32, times []traveltime.Time, more int) {
	if more == 0 {
		f.offer(open, f.sum(times), times)
		return
	}
	now, savings := f.sum(times), f.savings(k, times)
	best := most(savings, more)
	for at := k; at+more <= f.free; at++ {
		if f.ctx.Err() != nil {
			return
		}
		j := f.order[at]
		switch {
		case more == 1 && !f.beaten(now-savings[at-k], times, f.times[j]):
			f.offer(append(open, j), now-savings[at-k], nearer(times, f.times[j]))
		case more > 1 && !f.beaten(now-best[at-k], times, f.after[at]):
			f.descend(at+1, append(open, j), nearer(times, f.times[j]), more-1)
		}
	}
}

// savings is what each site from k on would take off the people's time.
func (f *frontier) savings(k int, times []traveltime.Time) []int64 {
	out := make([]int64, 0, f.free-k)
	for _, j := range f.order[k:] {
		saving := int64(0)
		for i, t := range f.times[j] {
			if t < times[i] {
				saving += f.people[i] * int64(min(times[i], far)-min(t, far))
			}
		}
		out = append(out, saving)
	}
	return out
}

// most is, for each place, the sum of the n largest savings from there on: so much
// n sites save at most.
func most(savings []int64, n int) []int64 {
	out := make([]int64, len(savings))
	top := make([]int64, n) // falling
	for k := len(savings) - 1; k >= 0; k-- {
		if savings[k] > top[n-1] {
			top[n-1] = savings[k]
			for i := n - 1; i > 0 && top[i] > top[i-1]; i-- {
				top[i], top[i-1] = top[i-1], top[i]
			}
		}
		for _, saving := range top {
			out[k] += saving
		}
	}
	return out
}

// offer takes a plan for one of the frontier, if it is, in place of those it dominates.
func (f *frontier) offer(open []int32, sum int64, times []traveltime.Time) {
	for _, pair := range f.apart {
		if f.opens(open, pair[0]) && f.opens(open, pair[1]) {
			return
		}
	}
	if slices.Max(append(times, 0)) >= far {
		return
	}
	tenth, _ := f.tenth(times)
	if rival, none := f.rival(sum); !none && rival <= tenth {
		return
	}
	f.found = slices.DeleteFunc(f.found, func(p Fair) bool { return p.sum >= sum && p.tenth >= tenth })
	at, _ := slices.BinarySearchFunc(f.found, sum, func(p Fair, sum int64) int { return cmp.Compare(p.sum, sum) })
	f.found = slices.Insert(f.found, at, Fair{Sites: f.names(append(slices.Clone(open), f.fixed...)), sum: sum, tenth: tenth})
}

func (f *frontier) opens(open []int32, site int32) bool {
	return slices.Contains(open, site) || slices.Contains(f.fixed, site)
}

// tell measures a plan as package coverage does.
func (f *frontier) tell(p *Fair) {
	times := slices.Repeat([]traveltime.Time{traveltime.Unreachable}, len(f.homes))
	for j, id := range f.Times.Sites {
		if slices.Contains(p.Sites, id) {
			times = nearer(times, f.times[j])
		}
	}
	var demand []geodata.Amount
	for _, home := range f.homes {
		demand = append(demand, f.Demand[home])
	}
	mean, _ := coverage.Averages(times, demand)
	worst := coverage.NewSpread(times, demand).Worst
	if mean != nil && worst != nil {
		p.Mean, p.Worst = *mean, *worst
	}
}

// FrontierParams is the question about a territory.
type FrontierParams struct {
	Service    string           `json:"service" required:"true" doc:"id of a service of the catalogue"`
	P          int              `json:"p,omitempty" atonce:"4" doc:"how many places open beside today's, 1 to 5; 1 when left out"`
	Mode       string           `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Candidates []string         `json:"candidates" doc:"where a place may open: planned, town_halls, schools, junctions (of built-up areas), cells (where people live), service:ID, counts:NAME; planned and town_halls when empty"`
	Points     []Point          `json:"points,omitempty" doc:"other places where one may open: id, lon, lat, and name"`
	Existing   Today            `json:"existing,omitempty" doc:"fixed (today's places stay) or ignored; fixed when empty"`
	Statuses   []geodata.Status `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities there are today; existing ones when empty"`
	DemandOptions
	SupplyOptions
	Required  []string `json:"required,omitempty" doc:"ids of places that open in any case"`
	Forbidden []string `json:"forbidden,omitempty" doc:"ids of places that do not"`
}

// FrontierResult is all plans that are best in a weighing of mean and worst-served tenth.
type FrontierResult struct {
	Params     FrontierParams      `json:"params"` // complete with defaults
	Service    geodata.Service     `json:"service"`
	Plans      []Fair              `json:"plans"` // by mean, rising
	Candidates int                 `json:"candidates"`
	Left       geodata.Amount      `json:"unreached_demand"` // of whom no place is within reach; no part of the times
	Provenance analyses.Provenance `json:"provenance"`

	all []Place
}

// RunFrontier answers; a parameter that cannot be is an analyses.ParamError.
func RunFrontier(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p FrontierParams) (*FrontierResult, error) {
	p.P = cmp.Or(p.P, 1)
	if p.P < 1 || p.P > MaxFrontier {
		return nil, bad("p", "%d places: want 1 to %d", p.P, MaxFrontier)
	}
	if p.Existing == Movable {
		return nil, bad("existing", "movable: want fixed or ignored")
	}
	t, err := ask(ctx, s, nets, Params{Service: p.Service, Model: PMedian, P: p.P, Mode: p.Mode, Candidates: p.Candidates, Points: p.Points, Existing: p.Existing, Statuses: p.Statuses,
		DemandOptions: p.DemandOptions, SupplyOptions: p.SupplyOptions, Required: p.Required, Forbidden: p.Forbidden})
	if err != nil {
		return nil, err
	}
	p.Mode, p.Candidates, p.Existing, p.Statuses, p.SupplyOptions = t.params.Mode, t.params.Candidates, t.params.Existing, t.params.Statuses, t.params.SupplyOptions
	r := &FrontierResult{Params: p, Service: t.demand.Service, Candidates: len(t.places) - t.today, all: t.places}
	if r.Plans, err = Frontier(ctx, t.question); err != nil {
		return nil, err
	}
	for k, a := range t.question.Demand {
		if sites, _ := t.question.Times.From(k); len(sites) == 0 {
			r.Left += a
		}
	}
	r.Provenance = analyses.NewProvenance(s, "frontier", p)
	r.Provenance.Notes = append(append(r.Provenance.Notes, t.demand.Notes()...), t.supply.Notes()...)
	return r, nil
}

// Layers turns the answer into layers: frontier_places (the first), where how many of
// the plans open, and frontier_plans, a table.
func (r *FrontierResult) Layers(*geodata.Snapshot) analyses.Result {
	site := &Result{all: r.all}
	var used []Place
	var in []int64
	for _, p := range r.all {
		n := int64(0)
		for _, plan := range r.Plans {
			if slices.Contains(plan.Sites, p.ID) {
				n++
			}
		}
		if n > 0 {
			used, in = append(used, p), append(in, n)
		}
	}
	ids := make([]string, len(used))
	for i, p := range used {
		ids[i] = p.ID
	}
	places := analyses.NewTable("frontier_places", says("Lieux des plans équitables", "Places of the fair plans"), ids)
	places.Draw(func(i int) orb.Geometry { return used[i].At })
	places.Text("name", nameLabel, func(i int) string { return used[i].Name })
	places.Int("plans", "", says("Dans combien de plans", "In how many plans"), func(i int) int64 { return in[i] })
	places.Text("state", says("État", "State"), func(i int) string {
		if used[i].Existing {
			return "today"
		}
		return "new"
	})
	places.Colour("state", geodata.Class{Value: "new", Label: says("ouvre", "opens"), Colour: "#c8553d"}, geodata.Class{Value: "today", Label: says("existe", "exists"), Colour: "#2b3a7d"})
	numbers := make([]string, len(r.Plans))
	for i := range numbers {
		numbers[i] = strconv.Itoa(i + 1)
	}
	plans := analyses.NewTable("frontier_plans", says("Plans non dominés, du plus efficace au plus équitable", "Plans that none dominates, from the most efficient to the fairest"), numbers)
	plans.Text("opens", says("Ouvre", "Opens"), func(i int) string { return site.opening(r.Plans[i].Sites) })
	plans.Real("mean", "s", says("Temps moyen", "Mean time"), func(i int) (float64, bool) { return r.Plans[i].Mean, true })
	plans.Real("worst_tenth", "s", says("Dixième le moins bien servi", "Worst-served tenth"), func(i int) (float64, bool) { return r.Plans[i].Worst, true })
	return analyses.Result{Name: "frontier", Title: says("Efficacité et équité : "+r.Service.Label.Fr, "Efficiency and equity: "+r.Service.Label.In("en")),
		Provenance: r.Provenance, Layers: []geodata.Layer{places.Layer, plans.Layer}}
}
