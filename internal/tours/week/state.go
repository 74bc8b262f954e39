package week

import (
	"encoding/binary"
	"slices"
)

// compiled is a problem with its cells merged: those that are within reach of the
// same stops and covered by others at the same times count as one.
type compiled struct {
	*Problem
	cells    []Cell
	reach    [][]int32 // stop → cells
	reachers [][]int32 // cell → stops
	limitsOf [][]int32 // stop → limits
	out      []bool    // per day·Slots + slot: some shift is out
	mostOf   []int64   // cell → minutes that can be gained at most
}

func compile(p *Problem) *compiled {
	c := &compiled{Problem: p, reach: make([][]int32, len(p.Stays)), limitsOf: make([][]int32, len(p.Stays))}
	stops := make([][]int32, len(p.Cells))
	for s, cells := range p.Reach {
		for _, i := range cells {
			stops[i] = append(stops[i], int32(s))
		}
	}
	known := map[string]int32{}
	for i, x := range p.Cells {
		if x.Weight == 0 || len(stops[i]) == 0 {
			continue
		}
		key := binary.LittleEndian.AppendUint64(nil, uint64(x.Base)<<32|uint64(uint32(x.Pattern)))
		for _, s := range stops[i] {
			key = binary.LittleEndian.AppendUint32(key, uint32(s))
		}
		k, ok := known[string(key)]
		if !ok {
			k = int32(len(c.cells))
			known[string(key)] = k
			c.cells = append(c.cells, Cell{0, x.Base, x.Pattern})
			c.reachers = append(c.reachers, stops[i])
			for _, s := range stops[i] {
				c.reach[s] = append(c.reach[s], k)
			}
		}
		c.cells[k].Weight += x.Weight
	}
	for l, x := range p.Limits {
		for _, s := range x.Stops {
			c.limitsOf[s] = append(c.limitsOf[s], int32(l))
		}
	}
	c.bound()
	return c
}

// bound finds how many minutes each cell can gain.
func (c *compiled) bound() {
	c.out = make([]bool, c.Days*c.Slots)
	for _, x := range c.Shifts {
		for k := x.From / c.Step; k < ceil(x.To, c.Step); k++ {
			c.out[x.Day*c.Slots+int(k)] = true
		}
	}
	c.mostOf = make([]int64, len(c.cells))
	for i := range c.cells {
		c.eachFree(i, func(_ int, minutes int64) { c.mostOf[i] += minutes })
	}
}

// eachFree calls with the minutes of a cell that nobody else covers and some shift may,
// by day·Slots + slot.
func (c *compiled) eachFree(i int, call func(at int, minutes int64)) {
	for at, free := range c.Patterns[c.cells[i].Pattern] {
		if free > 0 && c.out[at] && slices.ContainsFunc(c.reachers[i], func(s int32) bool { return c.Open[s][at] }) {
			call(at, int64(free))
		}
	}
}

// worth is F: so many minutes, in minutes × per cent.
func (c *compiled) worth(minutes int64) (sum int64) {
	for _, b := range c.Bands {
		if minutes <= b.Minutes {
			return sum + minutes*b.Worth
		}
		sum += b.Minutes * b.Worth
		minutes -= b.Minutes
	}
	return sum
}

// state is a plan and what it covers.
type state struct {
	*compiled
	plan    Plan
	covered []int64 // per cell: minutes gained
	times   []uint8 // per cell and slot of all days: how many vehicles are open within reach
	visits  []int   // per limit
	value   int64
}

func newState(c *compiled) *state {
	return &state{compiled: c, plan: make(Plan, len(c.Shifts)), covered: make([]int64, len(c.cells)), times: make([]uint8, len(c.cells)*c.Days*c.Slots), visits: make([]int, len(c.Limits))}
}

func (s *state) copyOf(o *state) {
	for i := range s.plan {
		s.plan[i] = append(s.plan[i][:0], o.plan[i]...)
	}
	copy(s.covered, o.covered)
	copy(s.times, o.times)
	copy(s.visits, o.visits)
	s.value = o.value
}

// set gives a shift that has no stays some.
func (s *state) set(shift int, stays []Stay) {
	s.plan[shift] = append(s.plan[shift][:0], stays...)
	for k, x := range stays {
		s.stay(s.Shifts[shift].Day, x, 1)
		s.visit(shift, k, 1)
	}
}

// clear takes all stays of a shift away.
func (s *state) clear(shift int) {
	for k, x := range s.plan[shift] {
		s.stay(s.Shifts[shift].Day, x, -1)
		s.visit(shift, k, -1)
	}
	s.plan[shift] = s.plan[shift][:0]
}

// visit counts the k-th stay of a shift, unless it goes on with the one before.
func (s *state) visit(shift, k, sign int) {
	stays := s.plan[shift]
	if k > 0 && stays[k-1].Stop == stays[k].Stop {
		return
	}
	for _, l := range s.limitsOf[stays[k].Stop] {
		if x := &s.Limits[l]; s.Shifts[shift].Day >= x.First && s.Shifts[shift].Day <= x.Last {
			s.visits[l] += sign
		}
	}
}

// stay counts the minutes of a stay on a day, or counts them no more.
func (s *state) stay(day int, x Stay, sign int) {
	all := s.Days * s.Slots
	first, last := day*s.Slots+int(x.From), day*s.Slots+int(x.To)
	for _, i := range s.reach[x.Stop] {
		cell := &s.cells[i]
		free := s.Patterns[cell.Pattern]
		times := s.times[int(i)*all : (int(i)+1)*all]
		var minutes int64
		for k := first; k < last; k++ {
			if sign < 0 {
				times[k]--
			}
			if times[k] == 0 {
				minutes += int64(free[k])
			}
			if sign > 0 {
				times[k]++
			}
		}
		if minutes > 0 {
			base := int64(cell.Base)
			was, now := s.covered[i], s.covered[i]+int64(sign)*minutes
			s.value += cell.Weight * (s.worth(base+now) - s.worth(base+was))
			s.covered[i] = now
		}
	}
	if s.Bonus != nil {
		for k := first; k < last; k++ {
			s.value += int64(sign) * s.Bonus[x.Stop][k]
		}
	}
}

// missing counts the visits that limits ask for and the plan has not, and those that are too many.
func (s *state) missing() (n int) {
	for l, x := range s.Limits {
		n += max(0, x.Least-s.visits[l]) + max(0, s.visits[l]-x.Most)
	}
	return n
}

// better says that the state breaks fewer limits than another, or as many and is worth more.
func (s *state) better(o *state) bool {
	a, b := s.missing(), o.missing()
	return a < b || a == b && s.value > o.value
}
