package week

import (
	"cmp"
	"math"
	"slices"
)

// dual finds prices that bound what any plan is worth.
type dual struct {
	*compiled
	days   []*day
	banned [][]bool    // per shift: stop·slots + local slot, by branching
	asked  [][]ask     // per shift: by branching
	taken  [][][]int32 // per shift and local slot: stops at which shifts before it are open for sure

	period  []int32 // of each day·Slots + slot
	periods int
	room    []int64   // per cell and period: minutes of it that can be covered
	price   []float64 // per cell and period, in per cent: λ = weight · price
	least   []float64 // per limit: μ of Least, in units of unit
	most    []float64 // per limit: μ of Most
	unit    float64   // of prices of limits
	drift   []float64 // directions of the last step, for cells and limits
	driftL  []float64

	order  []int // scratch
	lambda []int64
	sums   [][]int64 // per stop, period and pattern: Σ λ
	covers []int64   // per cell and period: minutes covered by the stays of all shifts
	visits []int64   // per limit
	plan   Plan
}

// ask is to be open at a stop in a slot.
type ask struct{ stop, slot int32 }

func newDual(c *compiled) *dual {
	d := &dual{compiled: c, least: make([]float64, len(c.Limits)), most: make([]float64, len(c.Limits)),
		driftL: make([]float64, len(c.Limits)),
		visits: make([]int64, len(c.Limits)),
		plan:   make(Plan, len(c.Shifts)), banned: make([][]bool, len(c.Shifts)), asked: make([][]ask, len(c.Shifts)), taken: make([][][]int32, len(c.Shifts))}
	for i := range c.Shifts {
		d.days = append(d.days, newDay(c, &c.Shifts[i]))
	}
	d.divide()
	n := len(c.cells) * d.periods
	d.price, d.drift, d.lambda, d.covers = make([]float64, n), make([]float64, n), make([]int64, n), make([]int64, n)
	d.sums = make([][]int64, len(c.Stays))
	for s := range d.sums {
		d.sums[s] = make([]int64, len(c.Patterns)*d.periods)
	}
	for i, x := range c.cells { // what the next minute is worth
		for q := range d.periods {
			d.price[i*d.periods+q] = float64(c.worth(int64(x.Base)+1) - c.worth(int64(x.Base)))
		}
	}
	d.unit = float64(c.all()) / 1000 / float64(max(1, len(c.Shifts)))
	return d
}

// evaluate computes L at the prices as they are, exactly; covers, visits and plan are
// those of the best stays, and wants the minutes that cells would buy. It is false
// where no plan keeps the locks.
func (d *dual) evaluate(wants []int64) (bound int64, ok bool) {
	for s := range d.sums {
		clear(d.sums[s])
	}
	k := d.periods
	for i, x := range d.cells {
		for q := range k {
			d.lambda[i*k+q] = int64(math.Round(d.price[i*k+q] * float64(x.Weight)))
		}
		for _, s := range d.reachers[i] {
			for q, v := range d.lambda[i*k : (i+1)*k] {
				d.sums[s][q*len(d.Patterns)+int(x.Pattern)] += v
			}
		}
		bound += d.buy(i, wants[i*k:(i+1)*k])
	}
	clear(d.covers)
	clear(d.visits)
	for l, x := range d.Limits {
		if x.Most < NoLimit {
			bound += d.fee(d.most[l]) * int64(x.Most)
		}
		bound -= d.fee(d.least[l]) * int64(x.Least)
	}
	for i := range d.Shifts {
		worth, ok := d.shiftBest(i)
		if !ok {
			return 0, false
		}
		bound += worth
	}
	return bound, true
}

// fee is the price of a visit in whole units.
func (d *dual) fee(x float64) int64 { return int64(math.Round(x * d.unit)) }

// buy finds the minutes of each period that a cell would buy at their prices, the
// cheapest first, and what is left of their worth.
func (d *dual) buy(i int, minutes []int64) (worth int64) {
	x, k := &d.cells[i], d.periods
	clear(minutes)
	for q := range k {
		d.order[q] = q
	}
	prices := d.lambda[i*k : (i+1)*k]
	slices.SortFunc(d.order, func(a, b int) int { return cmp.Or(cmp.Compare(prices[a], prices[b]), cmp.Compare(a, b)) })
	had, next := int64(x.Base), 0
	for b := 0; next < k; {
		slope, left := int64(0), int64(math.MaxInt64) // beyond all bands
		if b < len(d.Bands) {
			if had >= d.Bands[b].Minutes {
				had -= d.Bands[b].Minutes
				b++
				continue
			}
			slope, left = x.Weight*d.Bands[b].Worth, d.Bands[b].Minutes-had
		}
		q := d.order[next]
		if slope <= prices[q] {
			break
		}
		m := min(left, d.room[i*k+q]-minutes[q])
		worth += m * (slope - prices[q])
		minutes[q] += m
		had += m
		if minutes[q] == d.room[i*k+q] {
			next++
		}
	}
	return worth
}

// divide cuts the time into periods. Where shifts of a day overlap, a minute that two
// of them cover counts once: no more is bought of a period than it has minutes. All days
// without such shifts are one period.
func (d *dual) divide() {
	d.period = make([]int32, d.Days*d.Slots)
	d.periods = 1
	for day := range d.Days {
		if !d.overlap(day) {
			continue
		}
		for slot := range d.Slots {
			if slot%block == 0 {
				d.periods++
			}
			d.period[day*d.Slots+slot] = int32(d.periods - 1)
		}
	}
	d.merge()
	d.room = make([]int64, len(d.cells)*d.periods)
	d.order = make([]int, d.periods)
	for i := range d.cells {
		d.eachFree(i, func(at int, minutes int64) { d.room[i*d.periods+int(d.period[at])] += minutes })
	}
}

// overlap says whether two shifts of a day are out at once.
func (d *dual) overlap(day int) bool {
	for i := range d.Shifts {
		for j := range i {
			a, b := &d.Shifts[i], &d.Shifts[j]
			if a.Day == day && b.Day == day && a.From < b.To && b.From < a.To {
				return true
			}
		}
	}
	return false
}

// merge drops the periods in which no shift is out.
func (d *dual) merge() {
	used := make([]bool, d.Days*d.Slots)
	for i := range d.Shifts {
		x := &d.Shifts[i]
		for k := x.From / d.Step; k < ceil(x.To, d.Step); k++ {
			used[x.Day*d.Slots+int(k)] = true
		}
	}
	now := map[int32]int32{}
	for at, q := range d.period {
		if !used[at] {
			continue
		}
		if _, known := now[q]; !known {
			now[q] = int32(len(now))
		}
	}
	d.periods = max(1, len(now))
	for at, q := range d.period {
		d.period[at] = now[q]
	}
}

// shiftBest finds the best stays of a shift at the prices and counts what they cover.
func (d *dual) shiftBest(i int) (worth int64, ok bool) {
	x := d.days[i]
	at := x.shift.Day * d.Slots
	row := make([]int64, x.slots+1)
	last := int32(-1)
	for s := range x.entry {
		x.entry[s] = 0
		for _, l := range d.limitsOf[s] {
			if limit := &d.Limits[l]; x.shift.Day >= limit.First && x.shift.Day <= limit.Last {
				x.entry[s] += d.fee(d.least[l]) - d.fee(d.most[l])
			}
		}
	}
	banned := d.banned[i]
	x.demand(d.asked[i])
	x.fill(func(stop, slot int32, out []int64) {
		if stop != last { // prices of its slots, added up
			last = stop
			for k := range x.slots {
				sum := d.slotPrice(i, stop, k)
				if d.Bonus != nil {
					sum += d.Bonus[stop][at+int(x.first+k)]
				}
				row[k+1] = row[k] + sum
			}
		}
		for l := range out {
			out[l] = row[int(slot)+l] - row[slot]
		}
		if banned != nil {
			x.restrict(banned, stop, slot, out)
		}
	})
	if d.plan[i], worth, ok = x.best(d.plan[i]); !ok {
		return 0, false
	}
	for k, y := range d.plan[i] {
		d.cover(i, y)
		if k > 0 && d.plan[i][k-1].Stop == y.Stop {
			continue
		}
		for _, l := range d.limitsOf[y.Stop] {
			if limit := &d.Limits[l]; x.shift.Day >= limit.First && x.shift.Day <= limit.Last {
				d.visits[l]++
			}
		}
	}
	return worth, true
}

// slotPrice is what it brings to be open at a stop in a local slot: the prices of the
// minutes of all cells within reach, less those that a shift before surely covers.
func (d *dual) slotPrice(i int, stop, slot int32) (sum int64) {
	x := d.days[i]
	at := x.shift.Day*d.Slots + int(x.first+slot)
	k, q := d.periods, int(d.period[at])
	for p, v := range d.sums[stop][q*len(d.Patterns) : (q+1)*len(d.Patterns)] {
		if v != 0 {
			sum += v * int64(d.Patterns[p][at])
		}
	}
	if d.taken[i] == nil || len(d.taken[i][slot]) == 0 {
		return sum
	}
	for _, cell := range d.reach[stop] {
		if d.reachedFrom(cell, d.taken[i][slot]) {
			sum -= d.lambda[int(cell)*k+q] * int64(d.Patterns[d.cells[cell].Pattern][at])
		}
	}
	return sum
}

func (d *dual) reachedFrom(cell int32, stops []int32) bool {
	for _, s := range stops {
		if _, ok := slices.BinarySearch(d.reachers[cell], s); ok {
			return true
		}
	}
	return false
}

// cover counts the minutes that a stay of a shift covers, as slotPrice does.
func (d *dual) cover(i int, y Stay) {
	x := d.days[i]
	at := x.shift.Day * d.Slots
	for slot := y.From; slot < y.To; slot++ {
		var taken []int32
		if d.taken[i] != nil {
			taken = d.taken[i][slot-x.first]
		}
		for _, cell := range d.reach[y.Stop] {
			if len(taken) == 0 || !d.reachedFrom(cell, taken) {
				d.covers[int(cell)*d.periods+int(d.period[at+int(slot)])] += int64(d.Patterns[d.cells[cell].Pattern][at+int(slot)])
			}
		}
	}
}

// take notes at which stops shifts are open for sure: by locks, and where branching asks for it.
func (d *dual) take() {
	sure := map[[2]int32][]int32{} // day, slot of the day → stops, of the shifts before
	for i, x := range d.days {
		d.taken[i] = nil
		mine := map[[2]int32]int32{}
		for _, lock := range x.shift.Locks {
			for k := lock.From; k < lock.To; k++ {
				mine[[2]int32{int32(x.shift.Day), k}] = lock.Stop
			}
		}
		for _, a := range d.asked[i] {
			mine[[2]int32{int32(x.shift.Day), a.slot + x.first}] = a.stop
		}
		for k := range x.slots {
			if stops := sure[[2]int32{int32(x.shift.Day), k + x.first}]; len(stops) > 0 {
				if d.taken[i] == nil {
					d.taken[i] = make([][]int32, x.slots)
				}
				d.taken[i][k] = slices.Clone(stops)
			}
		}
		for at, stop := range mine {
			sure[at] = append(sure[at], stop)
		}
	}
}

// restrict takes away stays that branching has ruled out.
func (d *day) restrict(banned []bool, stop, slot int32, out []int64) {
	for l := 1; l < len(out); l++ {
		if banned[int(stop)*int(d.slots)+int(slot)+l-1] {
			for ; l < len(out); l++ {
				out[l] = none
			}
		}
	}
}

// block is how many slots a period of a day is long.
const block = 8

// nimble is how much faster a limit's price moves, in units of unit, than a minute's in per cent.
const nimble = 30

// step moves the prices against what is covered too much, or too little; far is how far
// the bound is from the best plan, pace the share of the way that is dared.
func (d *dual) step(wants []int64, far, pace float64) {
	const memory = 0.6
	var norm float64
	for i := range d.price {
		g := float64(d.covers[i] - wants[i])
		d.drift[i] = g + memory*d.drift[i]
		norm += float64(d.cells[i/d.periods].Weight) * d.drift[i] * d.drift[i]
	}
	for l, x := range d.Limits {
		g := 0.0
		switch v := int(d.visits[l]); {
		case v < x.Least:
			g = float64(v - x.Least)
		case v > x.Most:
			g = float64(v - x.Most)
		case d.least[l] > 0:
			g = float64(v - x.Least)
		case d.most[l] > 0:
			g = float64(v - x.Most)
		}
		d.driftL[l] = g + memory*d.driftL[l]
		norm += d.unit * nimble * d.driftL[l] * d.driftL[l]
	}
	if norm == 0 {
		return
	}
	t := pace * far / norm
	for i, x := range d.cells {
		low, high := d.slopes(i, &x)
		for at := i * d.periods; at < (i+1)*d.periods; at++ {
			d.price[at] = min(high, max(low, d.price[at]-t*d.drift[at]))
		}
	}
	top := 2 * float64(d.all()) / d.unit / float64(max(1, len(d.Shifts))) // a higher price would help nobody, and sums stay small
	for l, x := range d.Limits {
		p := d.least[l] - d.most[l] - t*nimble*d.driftL[l]
		d.least[l], d.most[l] = min(top, max(0, p)), min(top, max(0, -p))
		if x.Least == 0 {
			d.least[l] = 0
		}
		if x.Most >= NoLimit {
			d.most[l] = 0
		}
	}
}

// slopes are the least and the most that a minute may be worth to a cell, in per cent.
func (d *dual) slopes(i int, x *Cell) (low, high float64) {
	had := int64(x.Base)
	last := had + d.mostOf[i]
	if d.periods > 1 { // a period may be covered twice, which is worth nothing
		return 0, float64(d.worth(had+1) - d.worth(had))
	}
	return float64(d.worth(last+1) - d.worth(last)), float64(d.worth(had+1) - d.worth(had))
}
