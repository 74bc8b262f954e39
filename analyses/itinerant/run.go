package itinerant

import (
	"cmp"
	"context"
	"errors"
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

// Run counts the person-hours. What is asked wrongly is an analyses.ParamError.
func Run(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Result, error) {
	d, err := demand.Ask(s, p.Service, p.DemandOptions)
	if err != nil {
		return nil, err
	}
	if p.Mode, err = traveltime.CheckMode(s, p.Mode); err != nil {
		return nil, err
	}
	if p.Within, err = coverage.Within(d.Service, p.Mode, p.Within); err != nil {
		return nil, err
	}
	if p.Statuses, err = supply.Statuses(p.Statuses); err != nil {
		return nil, err
	}
	fixed, err := supply.Choose(s, p.Service, p.Statuses, p.SupplyOptions)
	if err != nil {
		return nil, err
	}
	r := &Result{Params: p, Service: d.Service, LeftOut: fixed.LeftOut}
	fixed.Facilities = slices.DeleteFunc(slices.Clone(fixed.Facilities), func(f geodata.Facility) bool { return f.Hours == nil && r.leave("hours_unknown") })
	delete(r.LeftOut, "itinerant")
	if len(p.SecondWeek) > 0 && len(p.Stops) == 0 {
		return nil, &analyses.ParamError{Param: "second_week", Err: errors.New("want the stops of the first week as well")}
	}
	all := *fixed
	all.Facilities = append(slices.Clone(fixed.Facilities), r.stops(s)...)
	m, err := matrix.Between(ctx, s, nets, p.Mode, d, &all, limit(p.Within))
	if err != nil {
		return nil, err
	}
	c := &count{r: r, d: d, m: m, all: all.Facilities, fixed: len(fixed.Facilities), weeks: 1}
	if len(p.SecondWeek) > 0 {
		c.weeks, c.second = 2, len(all.Facilities)-len(p.SecondWeek)
	}
	c.fill(d.Groups(s))
	r.Provenance = analyses.NewProvenance(s, "itinerant", r.Params)
	r.Provenance.Notes = append(append(r.Provenance.Notes, d.Notes()...), r.notes(s)...)
	return r, nil
}

// OfMatrix counts the person-hours of anybody's own homes and sites, by the times
// between them. Homes of the matrix are ids of the demand in their order, sites
// those with hours. Thresholds that do not rise are an analyses.ParamError.
func OfMatrix(m *matrix.Matrix, people []geodata.Amount, hours *matrix.Hours, within []coverage.Threshold) (*Result, error) {
	within, err := coverage.Within(geodata.Service{}, "", within)
	if err != nil {
		return nil, err
	}
	d := demand.Plain(m.Homes, people)
	r := &Result{Params: Params{Within: within}, LeftOut: map[string]int{}, Communes: []Row{}}
	c := &count{r: r, d: d, m: m, weeks: 1}
	var order []int32 // those that stay first
	for _, stop := range []bool{false, true} {
		for j, id := range m.Sites {
			if hours.Stop[j] == stop {
				order = append(order, int32(j))
				c.all = append(c.all, geodata.Facility{ID: id, Name: id, Hours: &hours.Weekly[j], Itinerant: stop})
			}
		}
		if !stop {
			c.fixed = len(c.all)
		}
	}
	if c.m, err = m.Reordered(order); err != nil {
		return nil, err
	}
	everybody := demand.Group{}
	for k := range d.Cells {
		everybody.Members = append(everybody.Members, k)
	}
	c.fill(everybody, nil)
	return r, nil
}

func limit(within []coverage.Threshold) traveltime.Time {
	return traveltime.Time(time.Duration(within[len(within)-1]).Milliseconds())
}

// leave counts what is left out; it is true, for use in a condition.
func (r *Result) leave(reason string) bool {
	r.LeftOut[reason]++
	return true
}

// stops are those asked for, or the bases of the itinerant facilities, as facilities.
func (r *Result) stops(s *geodata.Snapshot) (stops []geodata.Facility) {
	for i, stop := range r.Params.Stops {
		stops = append(stops, geodata.Facility{ID: fmt.Sprintf("stop-%d", i+1), Name: fmt.Sprintf("Arrêt %d", i+1), Service: r.Params.Service, Location: stop.At, Hours: &stop.Hours, Itinerant: true})
	}
	for i, stop := range r.Params.SecondWeek {
		stops = append(stops, geodata.Facility{ID: fmt.Sprintf("second-%d", i+1), Name: fmt.Sprintf("Arrêt %d, semaine 2", i+1), Service: r.Params.Service, Location: stop.At, Hours: &stop.Hours, Itinerant: true})
	}
	for _, f := range s.Facilities() {
		switch {
		case f.Service != r.Params.Service || !f.Itinerant || !slices.Contains(r.Params.Statuses, f.Status):
		case len(r.Params.Stops) > 0:
			r.leave("itinerant")
		case f.Hours == nil:
			r.leave("hours_unknown")
		default:
			stops = append(stops, f)
		}
	}
	return stops
}

func (r *Result) notes(s *geodata.Snapshot) (notes []geodata.Text) {
	if n := r.LeftOut["hours_unknown"]; n > 0 {
		notes = append(notes, geodata.Text{Fr: analyses.Plural(n, "lieu aux horaires inconnus, non compté.", "lieux aux horaires inconnus, non comptés."),
			En: analyses.Plural(n, "site whose hours are not known, not counted.", "sites whose hours are not known, not counted.")})
	}
	base := func(f geodata.Facility) bool { // not a stop of a scenario's tour
		return f.Source != TourStop && slices.ContainsFunc(r.Sites, func(x Site) bool { return x.Stop && x.ID == f.ID })
	}
	if len(r.Params.Stops) == 0 && slices.ContainsFunc(s.Facilities(), base) {
		notes = append(notes, geodata.Text{Fr: "Service itinérant compté à sa base, faute d'arrêts connus.", En: "The itinerant service counts at its base: its stops are not known."})
	}
	return notes
}

// count adds up minutes over cells.
type count struct {
	r     *Result
	d     *demand.Demand
	m     *matrix.Matrix
	all   []geodata.Facility // the first are fixed
	fixed int
	// With two weeks, those before second are of the first week only, the others of the
	// second, but for the fixed ones. Minutes are of all weeks together.
	weeks, second int
}

// minutes are those of the weeks in which a cell has a site open within a threshold,
// of the sites that are meant.
func (c *count) minutes(cell int, within coverage.Threshold, meant func(site int) bool) (sum int) {
	sites, times := c.m.From(cell)
	for week := range c.weeks {
		var open [7][]geodata.Interval
		for n, j := range sites {
			if times[n].Within(time.Duration(within)) && meant(int(j)) && c.runs(int(j), week) {
				for day, spans := range c.all[j].Hours {
					open[day] = append(open[day], spans...)
				}
			}
		}
		for _, spans := range open {
			sum += union(spans)
		}
	}
	return sum
}

// runs says whether a site is open in a week, the first being 0.
func (c *count) runs(j, week int) bool {
	return c.weeks == 1 || j < c.fixed || (j >= c.second) == (week == 1)
}

// union is how many minutes the spans of a day cover.
func union(spans []geodata.Interval) (sum int) {
	slices.SortFunc(spans, func(a, b geodata.Interval) int { return cmp.Compare(a.From, b.From) })
	end := 0
	for _, s := range spans {
		if s.To > end {
			sum += s.To - max(s.From, end)
			end = s.To
		}
	}
	return sum
}

// hours is an amount of people for some minutes of all weeks, in person-hours a week,
// rounded half up to a millionth.
func (c *count) hours(people geodata.Amount, minutes int) geodata.Amount {
	long := geodata.Amount(60 * c.weeks)
	return (people*geodata.Amount(minutes) + long/2) / long
}

func (c *count) fill(territory demand.Group, communes []demand.Group) {
	within := c.r.Params.Within
	n := len(c.d.Cells)
	fixed, stops, both := make([][]int, len(within)), make([][]int, len(within)), make([][]int, len(within)) // minutes per cell
	for w, t := range within {
		fixed[w], stops[w], both[w] = make([]int, n), make([]int, n), make([]int, n)
		for k := range n {
			fixed[w][k] = c.minutes(k, t, func(j int) bool { return j < c.fixed })
			stops[w][k] = c.minutes(k, t, func(j int) bool { return j >= c.fixed })
			both[w][k] = c.minutes(k, t, func(int) bool { return true })
		}
	}
	row := func(g demand.Group) Row {
		x := Row{Code: g.Code, Name: g.Name, Demand: c.d.People(g, func(int) bool { return true })}
		for w := range within {
			of := func(minutes []int) geodata.Amount {
				return c.d.Sum(g, func(k int) geodata.Amount { return c.hours(c.d.Amount[c.d.Cells[k]], minutes[k]) })
			}
			x.Fixed, x.Stops, x.Both = append(x.Fixed, of(fixed[w])), append(x.Stops, of(stops[w])), append(x.Both, of(both[w]))
			x.Gain = append(x.Gain, x.Both[w]-x.Fixed[w])
			x.Served = append(x.Served, c.d.People(g, func(k int) bool { return both[w][k] > 0 }))
		}
		return x
	}
	c.r.Territory, c.r.Communes = row(territory), []Row{}
	for _, g := range communes {
		c.r.Communes = append(c.r.Communes, row(g))
	}
	c.sites(both)
	last := len(within) - 1
	c.r.Cells = Cells{IDs: c.d.IDs(), Communes: make([]string, n), Demand: c.d.Amounts(), Fixed: c.mean(fixed[last]), Both: c.mean(both[last])}
	for k, i := range c.d.Cells {
		c.r.Cells.Communes[k] = c.d.Population.Cells[i].Commune
	}
}

// sites tells what each place adds to all others.
func (c *count) sites(both [][]int) {
	c.r.Sites = []Site{}
	for j, f := range c.all {
		x := Site{ID: f.ID, Name: f.Name, Location: f.Location, Stop: j >= c.fixed, Hours: float64(f.Hours.Minutes()) / 60 / float64(c.share(j))}
		homes, times := c.m.To(j)
		for w, t := range c.r.Params.Within {
			reached := demand.Group{}
			for n, i := range homes {
				if times[n].Within(time.Duration(t)) {
					reached.Members = append(reached.Members, int(i))
				}
			}
			x.Served = append(x.Served, c.d.People(reached, func(int) bool { return true }))
			x.Gain = append(x.Gain, c.d.Sum(reached, func(k int) geodata.Amount {
				without := c.minutes(k, t, func(other int) bool { return other != j })
				people := c.d.Amount[c.d.Cells[k]]
				return c.hours(people, both[w][k]) - c.hours(people, without)
			}))
		}
		c.r.Sites = append(c.r.Sites, x)
	}
}

// share is in how many weeks a site is open once.
func (c *count) share(j int) int {
	if j < c.fixed {
		return 1
	}
	return c.weeks
}

// mean are the minutes of a week, rounded down.
func (c *count) mean(minutes []int) []int {
	out := make([]int, len(minutes))
	for k, m := range minutes {
		out[k] = m / c.weeks
	}
	return out
}
