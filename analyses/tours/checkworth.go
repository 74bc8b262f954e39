package tours

import (
	"context"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// counted is what visits are worth, counted minute by minute.
type counted struct {
	c      *checker
	people []geodata.Amount // per cell
	fixed  []*minutes       // per cell: a site that stays is open; nil for never
	near   map[string][]int // per stop: cells within reach
}

// worths checks all that is said of the worth of the plan and of its stops, its cost
// and its proof.
func (c *checker) worths(ctx context.Context, nets *traveltime.Networks) error {
	n, err := c.count(ctx, nets)
	if err != nil {
		return err
	}
	r := c.r
	worth := n.worth(r.Visits, "")
	if worth != r.Worth {
		c.says("", "is worth %s person-hours by its result, and %s counted minute by minute", r.Worth, worth)
	}
	if r.Start != nil {
		if start := n.worth(r.Params.Start, ""); start != r.Start.Worth {
			c.says("", "the start is worth %s person-hours by its result, and %s counted minute by minute", r.Start.Worth, start)
		}
		if r.Start.Gain != r.Worth-r.Start.Worth {
			c.says("", "the gain over the start is said to be %s person-hours, and is %s", r.Start.Gain, r.Worth-r.Start.Worth)
		}
	}
	for _, row := range r.Stops {
		loss := geodata.Amount(0)
		if slices.ContainsFunc(r.Visits, func(v Visit) bool { return v.Stop == row.ID }) {
			loss = worth - n.worth(r.Visits, row.ID)
		}
		if row.Loss-loss > 1 || loss-row.Loss > 1 {
			c.says(row.ID, "its loss is said to be %s person-hours, and is %s", row.Loss, loss)
		}
		reach := geodata.Amount(0)
		for _, i := range n.near[row.ID] {
			reach += n.people[i]
		}
		if row.Reach != reach && r.Provenance.Secrecy == nil {
			c.says(row.ID, "its reach is said to be %s people, and is %s", row.Reach, reach)
		}
	}
	c.proof()
	c.cost(n.gain())
	return nil
}

// count finds who has which sites and stops within reach.
func (c *checker) count(ctx context.Context, nets *traveltime.Networks) (*counted, error) {
	p := &c.r.Params
	d, err := demand.Ask(c.s, p.Service, p.DemandOptions)
	if err != nil {
		return nil, err
	}
	n := &counted{c: c, people: d.Amounts(), fixed: make([]*minutes, len(d.Cells)), near: map[string][]int{}}
	sites, err := supply.Choose(c.s, p.Service, p.Statuses, p.SupplyOptions)
	if err != nil {
		return nil, err
	}
	limit := traveltime.Time(time.Duration(*p.Within) / time.Millisecond)
	within, err := matrix.Between(ctx, c.s, nets, p.Mode, d, sites, limit)
	if err != nil {
		return nil, err
	}
	for j, f := range sites.Facilities {
		if f.Hours == nil {
			continue // it does not count: nobody knows when
		}
		cells, _ := within.To(j)
		for _, i := range cells {
			if n.fixed[i] == nil {
				n.fixed[i] = new(minutes)
			}
			if err := n.fixed[i].set(f.Hours.String(), true); err != nil {
				return nil, err
			}
		}
	}
	stops := matrix.Places{Serves: func(int, string) bool { return true }}
	for _, row := range c.r.Stops {
		stops.IDs, stops.Points = append(stops.IDs, row.ID), append(stops.Points, row.At)
	}
	if within, err = matrix.ToPlaces(ctx, c.s, nets, p.Mode, d, stops, limit); err != nil {
		return nil, err
	}
	for j, id := range stops.IDs {
		cells, _ := within.To(j)
		for _, i := range cells {
			n.near[id] = append(n.near[id], int(i))
		}
	}
	return n, nil
}

// open marks the minutes of the plan's weeks in which some visit is open within reach
// of each cell; those at one stop are left out.
func (n *counted) open(visits []Visit, without string) [][2]*minutes {
	tour := make([][2]*minutes, len(n.people))
	for _, v := range visits {
		day, from, to, ok := v.when()
		if !ok || v.Stop == without {
			continue
		}
		for _, i := range n.near[v.Stop] {
			at := &tour[i][v.Week-1]
			if *at == nil {
				*at = new(minutes)
			}
			for m := from; m < to; m++ {
				(*at)[day][m] = true
			}
		}
	}
	return tour
}

// when is a visit's day of the week and its minutes; not ok if it cannot be read.
func (v Visit) when() (day, from, to int, ok bool) {
	day = slices.Index(geodata.DayNames[:], v.Day)
	from, errFrom := geodata.ParseClock(v.From)
	to, errTo := geodata.ParseClock(v.To)
	return day, from, to, day >= 0 && (v.Week == 1 || v.Week == 2) && errFrom == nil && errTo == nil
}

// both is how many minutes of the plan's weeks a cell has sites that stay, and only visits.
func (n *counted) both(cell int, tour [2]*minutes) (fixed, more int64) {
	never := new(minutes)
	stays := n.fixed[cell]
	if stays == nil {
		stays = never
	}
	for _, comes := range tour[:max(1, n.c.r.Params.Weeks)] {
		if comes == nil {
			comes = never
		}
		for day := range stays {
			for m := range stays[day] {
				switch {
				case stays[day][m]:
					fixed++
				case comes[day][m]:
					more++
				}
			}
		}
	}
	return fixed, more
}

// value is F of Params.Returns, in minutes × per cent.
func (n *counted) value(minutes int64) (sum int64) {
	for _, band := range n.c.r.Params.Returns {
		next := int64(band.Minutes)
		if next == 0 || next > minutes {
			next = minutes
		}
		sum, minutes = sum+next*int64(band.Percent), minutes-next
	}
	return sum
}

// worth is V of visits, but for those at one stop.
func (n *counted) worth(visits []Visit, without string) geodata.Amount {
	var sum, part big.Int
	add := func(people geodata.Amount, times int64) {
		sum.Add(&sum, part.Mul(big.NewInt(int64(people)), big.NewInt(times)))
	}
	for i, tour := range n.open(visits, without) {
		if tour != [2]*minutes{} {
			fixed, more := n.both(i, tour)
			add(n.people[i], n.value(fixed+more)-n.value(fixed))
		}
	}
	for _, v := range visits {
		day, from, to, ok := v.when()
		prefer := n.c.prefer[v.Stop]
		if !ok || v.Stop == without || prefer == nil {
			continue
		}
		preferred := int64(0)
		for m := from; m < to; m++ {
			if prefer[day][m] {
				preferred++
			}
		}
		for _, i := range n.near[v.Stop] {
			add(n.people[i], preferred*int64(n.c.r.Params.PreferBy))
		}
	}
	// From minutes × per cent to hours, rounded half up.
	sum.Add(&sum, big.NewInt(3000)).Div(&sum, big.NewInt(6000))
	return geodata.Amount(sum.Int64())
}

// gain is how many person-hours a week the visits add to the sites that stay.
func (n *counted) gain() float64 {
	sum := 0.0
	for i, tour := range n.open(n.c.r.Visits, "") {
		if tour != [2]*minutes{} {
			_, more := n.both(i, tour)
			sum += n.people[i].Float() * float64(more) / 60
		}
	}
	return sum / float64(max(1, n.c.r.Params.Weeks))
}

// proof checks that worth, bound, gap and status say the same.
func (c *checker) proof() {
	r := c.r
	gap := 0.0
	if r.Bound > 0 {
		gap = (r.Bound - r.Worth).Float() / r.Bound.Float()
	}
	switch {
	case r.Worth > r.Bound:
		c.says("", "is worth %s person-hours, more than the bound of %s", r.Worth, r.Bound)
	case math.Abs(gap-r.Gap) > 1e-6:
		c.says("", "the gap is said to be %g, and is %g", r.Gap, gap)
	case (r.Status == Proven) != (r.Worth == r.Bound):
		c.says("", "is said to be %q, with %s person-hours and a bound of %s", r.Status, r.Worth, r.Bound)
	}
}

// cost checks what a week costs, given what it gains.
func (c *checker) cost(gain float64) {
	var km, crew, driving, open float64
	for _, t := range c.r.Tours {
		km, crew, driving, open = km+t.Km, crew+float64(t.Return-t.Leave)/3600, driving+float64(t.Driving)/3600, open+float64(t.Open)/60
	}
	p, weeks := &c.r.Params, float64(max(1, c.r.Params.Weeks))
	km, crew, driving, open = km/weeks, crew/weeks, driving/weeks, open/weeks
	euros := km*p.EuroPerKm + crew*p.EuroPerHour
	var perHour, perGain float64
	if crew > 0 {
		perHour = gain / crew
	}
	if gain > 0 {
		perGain = euros / gain
	}
	for _, x := range []struct {
		what       string
		said, want float64
	}{
		{"kilometres", c.r.Cost.Km, km}, {"hours of crew", c.r.Cost.CrewHours, crew}, {"hours of driving", c.r.Cost.DrivingHours, driving}, {"hours open", c.r.Cost.OpenHours, open},
		{"euros", c.r.Cost.Euros, euros}, {"kilogrammes of CO₂", c.r.Cost.CO2, km * float64(p.CO2PerKm) / 1000},
		{"person-hours gained for an hour of crew", c.r.Cost.GainPerHour.Float(), perHour}, {"euros for a person-hour gained", c.r.Cost.EurosPerGain, perGain},
	} {
		if !near(x.said, x.want) {
			c.says("", "a week has %.3f %s by its result, and %.3f by its tours", x.said, x.what, x.want)
		}
	}
	if x := c.r.People; x != nil && len(x.Territory.Gain) > 0 && c.r.Provenance.Secrecy == nil {
		if told := x.Territory.Gain[len(x.Territory.Gain)-1].Float(); math.Abs(told-gain) > 1e-6*float64(1+len(x.Cells.IDs)) {
			c.says("", "people gain %.6f person-hours a week by the result, and %.6f counted minute by minute", told, gain)
		}
	}
}
