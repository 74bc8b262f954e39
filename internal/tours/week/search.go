package week

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// search betters a plan by forgetting some shifts and filling them again.
type search struct {
	*compiled
	days       []*day
	now, best  *state
	next       *state
	rand       *rand.Rand
	temper     float64 // worth that a plan may lose, on the average, to be taken
	iterations int
	bait       int64 // worth of a visit that a limit asks for and the plan has not
	stays      []Stay
}

// The temper of the search.
const (
	cycle = 400  // iterations from hot to cold
	hot   = 0.01 // of what the plan is worth
	cold  = 0.0001
)

func newSearch(c *compiled, seed uint64) *search {
	s := &search{compiled: c, now: newState(c), best: newState(c), next: newState(c), rand: rand.New(rand.NewPCG(seed, 0x7765656b))}
	for i := range c.Shifts {
		s.days = append(s.days, newDay(c, &c.Shifts[i]))
	}
	for i, d := range s.days {
		if len(d.shift.Locks) == 0 {
			s.refill(s.next, i, 0)
			s.bait = max(s.bait, s.next.value+1)
			s.next.clear(i)
		}
	}
	s.bait = max(s.bait, 1)
	return s
}

// all is more than any plan is worth.
func (c *compiled) all() int64 {
	sum := int64(1)
	for i, x := range c.cells {
		sum += x.Weight * (c.worth(int64(x.Base)+c.mostOf[i]) - c.worth(int64(x.Base)))
	}
	for _, b := range c.Bonus {
		for _, v := range b {
			sum += v
		}
	}
	return sum
}

// begin starts from a plan, or from none.
func (s *search) begin(p Plan) {
	for i := range s.now.plan {
		s.now.clear(i)
	}
	for i, stays := range p {
		s.now.set(i, stays)
	}
	for _, locked := range []bool{true, false} {
		for i := range s.now.plan {
			if len(s.now.plan[i]) == 0 && locked == (len(s.Shifts[i].Locks) > 0) {
				s.refill(s.now, i, 0)
			}
		}
	}
	s.best.copyOf(s.now)
}

// run does so many iterations.
func (s *search) run(ctx context.Context, iterations int) {
	for range iterations {
		if ctx.Err() != nil {
			return
		}
		at := s.iterations % cycle
		if at == 0 && s.iterations > 0 && s.rand.IntN(2) == 0 {
			s.now.copyOf(s.best)
		}
		s.temper = float64(s.best.value) * hot * math.Pow(cold/hot, float64(at)/cycle)
		s.iterations++
		s.next.copyOf(s.now)
		s.disturb()
		if s.next.better(s.best) {
			s.best.copyOf(s.next)
		}
		if s.takes() {
			s.now, s.next = s.next, s.now
		}
	}
}

func (s *search) takes() bool {
	a, b := s.next.missing(), s.now.missing()
	if a != b {
		return a < b
	}
	return float64(s.now.value-s.next.value) < -s.temper*math.Log(1-s.rand.Float64())
}

// disturb fills some shifts again.
func (s *search) disturb() {
	n := len(s.days)
	some := s.rand.Perm(n)[:1+s.rand.IntN(min(n, 3))]
	for _, i := range some {
		s.next.clear(i)
	}
	noise := 0.0
	if s.rand.IntN(3) > 0 {
		noise = 0.3 * s.rand.Float64()
	}
	for _, i := range some {
		s.refill(s.next, i, noise)
	}
}

// refill gives a shift that has no stays the best by what each would add to the
// rest; noise is the share by which that may be misjudged.
func (s *search) refill(x *state, shift int, noise float64) {
	d := s.days[shift]
	factor := make([]float64, len(s.Stays))
	for k := range factor {
		if factor[k] = 1; noise > 0 {
			factor[k] += noise * (2*s.rand.Float64() - 1)
		}
		d.entry[k] = s.lure(x, int32(k), d.shift)
	}
	d.fill(func(stop, slot int32, out []int64) {
		if d.entry[stop] == none {
			for l := range out {
				out[l] = none
			}
			return
		}
		s.add(x, d, stop, slot, out)
		if noise > 0 {
			for l := range out {
				out[l] = int64(float64(out[l]) * factor[stop])
			}
		}
	})
	for k, v := range d.entry {
		if v == none {
			d.entry[k] = 0
		}
	}
	d.demand(nil)
	for {
		s.stays, _, _ = d.best(s.stays) // Solve has seen that locks fit
		y, ok := s.tooMany(x, d, s.stays)
		if !ok {
			break
		}
		for k := y.From - d.first; k < d.slots; k++ { // no further visit there so late
			for l := range d.gains(y.Stop, k) {
				if !slices.Contains(d.shift.Locks, Stay{y.Stop, d.first + k, d.first + k + int32(l)}) {
					d.gains(y.Stop, k)[l] = none
				}
			}
		}
	}
	x.set(shift, s.stays)
}

// lure is what limits make of a visit: none where there may be no more, something for
// one that is asked for.
func (s *search) lure(x *state, stop int32, shift *Shift) (sum int64) {
	locked := slices.ContainsFunc(shift.Locks, func(y Stay) bool { return y.Stop == stop })
	for _, l := range s.limitsOf[stop] {
		limit := &s.Limits[l]
		if shift.Day < limit.First || shift.Day > limit.Last {
			continue
		}
		if x.visits[l] >= limit.Most && !locked {
			return none
		}
		if x.visits[l] < limit.Least {
			sum += s.bait
		}
	}
	return sum
}

// tooMany finds the last visit of a shift that is one more than limits allow.
func (s *search) tooMany(x *state, d *day, stays []Stay) (worst Stay, found bool) {
	count := map[int32]int{}
	for k, y := range stays {
		if k > 0 && stays[k-1].Stop == y.Stop {
			continue
		}
		for _, l := range s.limitsOf[y.Stop] {
			limit := &s.Limits[l]
			if d.shift.Day >= limit.First && d.shift.Day <= limit.Last {
				if count[l]++; x.visits[l]+count[l] > limit.Most && !slices.Contains(d.shift.Locks, y) {
					worst, found = y, true
				}
			}
		}
	}
	return worst, found
}

// add computes what stays at a stop from a local slot on would add to a plan, by length.
func (s *search) add(x *state, d *day, stop, slot int32, out []int64) {
	for l := range out {
		out[l] = 0
	}
	at := d.shift.Day*s.Slots + int(d.first+slot)
	all := s.Days * s.Slots
	for _, i := range s.reach[stop] {
		cell := &s.cells[i]
		free := s.Patterns[cell.Pattern][at : at+len(out)-1]
		times := x.times[int(i)*all+at:]
		had := int64(cell.Base) + x.covered[i]
		minutes := int64(0)
		// The band that the next minute is in, and what is left of it.
		b, left := 0, had
		for b < len(s.Bands) && left >= s.Bands[b].Minutes {
			left -= s.Bands[b].Minutes
			b++
		}
		if b == len(s.Bands) {
			continue
		}
		room := s.Bands[b].Minutes - left
		sum := int64(0)
		for l, f := range free {
			if times[l] == 0 {
				minutes = int64(f)
				for minutes > 0 && b < len(s.Bands) {
					m := min(minutes, room)
					sum += m * s.Bands[b].Worth
					minutes -= m
					if room -= m; room == 0 {
						if b++; b < len(s.Bands) {
							room = s.Bands[b].Minutes
						}
					}
				}
			}
			out[l+1] += cell.Weight * sum
		}
	}
	if s.Bonus != nil {
		sum := int64(0)
		for l := range len(out) - 1 {
			sum += s.Bonus[stop][at+l]
			out[l+1] += sum
		}
	}
}
