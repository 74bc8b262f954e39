package week

import "slices"

// Judgement is what a plan is worth, and its stops.
type Judgement struct {
	Value   int64
	Missing []int   // limits that it does not keep
	Loss    []int64 // per stop: what the plan would lose without its stays there
	Extra   []int64 // per stop: the most that one more stay there would add, were there time for it
}

// Judge looks at a plan as it is.
func (p *Problem) Judge(plan Plan) (*Judgement, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	c := compile(p)
	x := newState(c)
	for i, stays := range plan {
		x.set(i, stays)
	}
	j := &Judgement{Value: x.value, Missing: c.broken(x), Loss: make([]int64, len(p.Stays)), Extra: make([]int64, len(p.Stays))}
	for s := range p.Stays {
		j.Loss[s] = x.value - x.without(int32(s))
	}
	s := &search{compiled: c}
	for i := range p.Shifts {
		d := newDay(c, &p.Shifts[i])
		d.fill(func(stop, slot int32, out []int64) {
			s.add(x, d, stop, slot, out)
			for l := max(int(d.least[stop]), 1); l < len(out); l++ {
				j.Extra[stop] = max(j.Extra[stop], out[l])
			}
		})
	}
	return j, nil
}

// without is what the plan is worth without its stays at a stop.
func (s *state) without(stop int32) int64 {
	for i, stays := range s.plan {
		for _, x := range stays {
			if x.Stop == stop {
				s.stay(s.Shifts[i].Day, x, -1)
			}
		}
	}
	value := s.value
	for i, stays := range s.plan {
		for _, x := range stays {
			if x.Stop == stop {
				s.stay(s.Shifts[i].Day, x, 1)
			}
		}
	}
	return value
}

// Fits says whether a shift can have these stays, and no others.
func (p *Problem) Fits(shift int, stays []Stay) bool {
	x := p.Shifts[shift]
	x.Locks = stays
	return compile(p).fits(&x)
}

// Idle lists the shifts in which there can be no stay at all.
func (p *Problem) Idle() (shifts []int) {
	c := compile(p)
	for i := range p.Shifts {
		d := newDay(c, &p.Shifts[i])
		d.fill(func(_, _ int32, out []int64) {
			for l := range out {
				out[l] = 1
			}
		})
		d.demand(nil)
		if stays, _, _ := d.best(nil); len(stays) == 0 {
			shifts = append(shifts, i)
		}
	}
	return shifts
}

// fits says whether a shift can keep its locks.
func (c *compiled) fits(x *Shift) bool {
	if len(x.Locks) == 0 {
		return true
	}
	d := newDay(c, x)
	d.fill(func(_, _ int32, out []int64) {
		for l := range out {
			out[l] = -1 // no more stays than have to be
		}
	})
	d.demand(nil)
	stays, _, ok := d.best(nil)
	return ok && !slices.ContainsFunc(x.Locks, func(y Stay) bool { return !slices.Contains(stays, y) })
}
