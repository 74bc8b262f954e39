package optimise

import "slices"

// served is a set of open sites, with what each exchange of one would save
// (Resende & Werneck 2007): gain of the one that opens, less the loss of the one that
// closes, and extra for the two together.
type served struct {
	*compiled
	open  []bool
	list  []int32
	place []int32   // per open site, where it is in list
	gain  []int64   // per closed site
	loss  []int64   // per place
	extra [][]int64 // per place, per closed site
	count []int     // per group
	price int64
	tops  []int64 // of a demand, the costs of the open sites next to it
	moved []int   // demands that an exchange concerns
}

func (c *compiled) serve(list []int32) *served {
	s := &served{compiled: c, open: make([]bool, c.Sites), place: make([]int32, c.Sites), gain: make([]int64, c.Sites), count: make([]int, len(c.groups))}
	for _, j := range list {
		s.enter(j)
	}
	for i := range s.demands {
		s.weigh(i, 1)
	}
	return s
}

// enter opens a site, and leave closes one, without regard to the demands.
func (s *served) enter(j int32) {
	s.open[j], s.place[j] = true, int32(len(s.list))
	s.list, s.loss = append(s.list, j), append(s.loss, 0)
	if len(s.extra) < len(s.list) {
		s.extra = append(s.extra, make([]int64, s.Sites))
	}
	s.count[s.group[j]]++
	if s.Prices != nil {
		s.price += s.Prices[j]
	}
}

func (s *served) leave(j int32) {
	at, end := s.place[j], len(s.list)-1
	moved := s.list[end]
	s.list[at], s.loss[at], s.place[moved] = moved, s.loss[end], at
	s.extra[at], s.extra[end] = s.extra[end], s.extra[at]
	s.open[j], s.list, s.loss = false, s.list[:end], s.loss[:end]
	s.count[s.group[j]]--
	if s.Prices != nil {
		s.price -= s.Prices[j]
	}
}

// reach is the part of a demand's choices that matter to it: up to the open site that
// comes after those that serve it.
func (s *served) reach(i int) []choice {
	more := s.need(i) + 1
	own := s.choices(i)
	for n, x := range own {
		if s.open[s.site(x)] {
			if more--; more == 0 {
				return own[:n+1]
			}
		}
	}
	return own
}

// weigh adds a demand, times sign, to gain, loss and extra.
func (s *served) weigh(i int, sign int64) {
	own := s.reach(i)
	if s.need(i) > 1 {
		s.weighMany(i, own, sign)
		return
	}
	w := s.weight[i] * sign
	first, second := s.last[i]*sign, s.last[i]*sign // the costs, times sign
	by := int32(-1)
	for n, x := range own {
		if s.open[s.site(x)] {
			if by >= 0 { // the end of own
				second, own = s.unit(x)*w, own[:n]
				break
			}
			first, by = s.unit(x)*w, s.place[s.site(x)]
		}
	}
	if by < 0 {
		for _, x := range own {
			s.gain[s.site(x)] += first - s.unit(x)*w
		}
		return
	}
	s.loss[by] += second - first
	extra, before := s.extra[by], true
	for _, x := range own {
		j := s.site(x)
		switch {
		case s.open[j]:
			before = false
		case before:
			s.gain[j] += first - s.unit(x)*w
			extra[j] += second - first
		default:
			extra[j] += second - s.unit(x)*w
		}
	}
}

// weighMany is weigh for a demand that several sites serve. What two sites save
// together may then be more than what they save each.
func (s *served) weighMany(i int, own []choice, sign int64) {
	need, w := s.need(i), s.weight[i]
	s.tops = s.tops[:0]
	var by []int32
	for _, x := range own {
		if s.open[s.site(x)] {
			s.tops, by = append(s.tops, s.unit(x)*w), append(by, s.place[s.site(x)])
		}
	}
	by = by[:min(need, len(by))]
	all := s.cheapest(i, -1, -1)
	without := make([]int64, len(by))
	for n, k := range by {
		without[n] = s.cheapest(i, n, -1)
		s.loss[k] += sign * (without[n] - all)
	}
	for _, x := range own {
		j := s.site(x)
		if s.open[j] {
			continue
		}
		cost := s.unit(x) * w
		gain := all - s.cheapest(i, -1, cost)
		s.gain[j] += sign * gain
		for n, k := range by {
			s.extra[k][j] += sign * (without[n] - s.cheapest(i, n, cost) - gain)
		}
	}
}

// cheapest is the cost of a demand by tops, without one of them and with one more; -1
// stands for none.
func (s *served) cheapest(i, without int, with int64) (sum int64) {
	left := s.need(i)
	for n, cost := range s.tops {
		if with >= 0 && with < cost && left > 0 {
			sum, left, with = sum+with, left-1, -1
		}
		if n != without && left > 0 {
			sum, left = sum+cost, left-1
		}
	}
	if with >= 0 && left > 0 {
		sum, left = sum+with, left-1
	}
	if left > 0 {
		return s.last[i]
	}
	return min(sum, s.last[i])
}

// opening is what a site adds to the cost when open.
func (c *compiled) opening(site int32) int64 {
	if c.Opening == nil {
		return 0
	}
	return c.Opening[site]
}

// improve exchanges an open site for a closed one or, where any number may be open,
// opens or closes one, always what saves most, until nothing saves anything.
func (s *served) improve() {
	for {
		save, in, out := int64(0), int32(-1), int32(-1)
		for _, k := range s.list {
			if v := s.opening(k) - s.loss[s.place[k]]; s.P == 0 && v > save && s.may(-1, k) {
				save, in, out = v, -1, k
			}
		}
		for j := range int32(s.Sites) {
			if s.open[j] {
				continue
			}
			gain := s.gain[j] - s.opening(j)
			if s.P == 0 && gain > save && s.may(j, -1) {
				save, in, out = gain, j, -1
			}
			for at, k := range s.list {
				if v := gain - s.loss[at] + s.extra[at][j] + s.opening(k); v > save && s.may(j, k) {
					save, in, out = v, j, k
				}
			}
		}
		if in < 0 && out < 0 {
			return
		}
		s.exchange(in, out)
	}
}

// may says whether one site may take the place of another; -1 stands for none.
func (s *served) may(in, out int32) bool {
	from, to := int32(-1), int32(-1) // groups
	price := s.price
	if out >= 0 {
		if from = s.group[out]; s.state(out) == Open {
			return false
		}
		if s.Prices != nil {
			price -= s.Prices[out]
		}
	}
	if in >= 0 {
		if to = s.group[in]; s.state(in) == Closed {
			return false
		}
		if s.Prices != nil {
			price += s.Prices[in]
		}
		for _, k := range s.apart[in] {
			if s.open[k] && k != out {
				return false
			}
		}
	}
	if from != to && (from >= 0 && s.count[from] <= s.groups[from].Least || to >= 0 && s.count[to] >= s.groups[to].Most) {
		return false
	}
	return s.Prices == nil || price <= s.Budget
}

// exchange opens one site and closes another; -1 stands for none.
func (s *served) exchange(in, out int32) {
	s.moved = s.moved[:0]
	for i := range s.demands {
		if slices.ContainsFunc(s.reach(i), func(x choice) bool { return s.site(x) == in || s.site(x) == out }) {
			s.weigh(i, -1)
			s.moved = append(s.moved, i)
		}
	}
	if out >= 0 {
		s.leave(out)
	}
	if in >= 0 {
		s.enter(in)
	}
	for _, i := range s.moved {
		s.weigh(i, 1)
	}
}

// sorted is the set, rising.
func (s *served) sorted() []int32 { return slices.Sorted(slices.Values(s.list)) }
