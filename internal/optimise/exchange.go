package optimise

import "slices"

// served is a set of open sites with each demand's best and second best.
type served struct {
	*compiled
	open         []bool
	list         []int32
	best, second []int64
	by           []int32 // the best's site, -1 for none
	loss         []int64 // per site, of closing it
	extra        []int64 // per site, what a site that comes in would save of its loss
	touched      []int32 // sites with extra
	price        int64
}

func (c *compiled) serve(list []int32) *served {
	s := &served{compiled: c, open: make([]bool, c.Sites), list: slices.Clone(list), best: make([]int64, c.demands), second: make([]int64, c.demands),
		by: make([]int32, c.demands), loss: make([]int64, c.Sites), extra: make([]int64, c.Sites)}
	for _, j := range list {
		s.open[j] = true
	}
	s.settle()
	return s
}

// settle finds the two best sites of every demand.
func (s *served) settle() {
	s.price = 0
	clear(s.loss)
	for i := range s.demands {
		s.best[i], s.second[i], s.by[i] = s.last[i], s.last[i], -1
		for _, x := range s.choices(i) {
			if !s.open[x.Site] {
				continue
			}
			if s.by[i] >= 0 {
				s.second[i] = x.Cost
				break
			}
			s.best[i], s.by[i] = x.Cost, x.Site
		}
		if s.by[i] >= 0 {
			s.loss[s.by[i]] += s.second[i] - s.best[i]
		}
	}
	if s.Prices != nil {
		for _, j := range s.list {
			s.price += s.Prices[j]
		}
	}
}

// opening is what a site adds to the cost when open.
func (c *compiled) opening(site int32) int64 {
	if c.Opening == nil {
		return 0
	}
	return c.Opening[site]
}

// improve exchanges an open site for a closed one or, where any number may be open,
// opens or closes one, always what saves most, until nothing saves anything or
// limit exchanges are made.
func (s *served) improve(limit int) {
	for range limit {
		save, in, out := int64(0), int32(-1), int32(-1)
		for _, k := range s.list {
			if v := s.opening(k) - s.loss[k]; s.P == 0 && v > save && (s.Fixed == nil || s.Fixed[k] != Open) {
				save, in, out = v, -1, k
			}
		}
		for j := range int32(s.Sites) {
			if s.open[j] || s.Fixed != nil && s.Fixed[j] == Closed {
				continue
			}
			gain := s.weigh(j) - s.opening(j)
			if s.P == 0 && gain > save && s.may(j, -1) {
				save, in, out = gain, j, -1
			}
			for _, k := range s.list {
				if v := gain - s.loss[k] + s.extra[k] + s.opening(k); v > save && s.may(j, k) {
					save, in, out = v, j, k
				}
			}
			for _, k := range s.touched {
				s.extra[k] = 0
			}
		}
		if in < 0 && out < 0 {
			return
		}
		s.exchange(in, out)
	}
}

// weigh is what opening a site saves, and, in extra, what it saves of the loss of each
// open site that would close for it.
func (s *served) weigh(in int32) (gain int64) {
	s.touched = s.touched[:0]
	for _, v := range s.visits(in) {
		i := v.demand
		if v.cost >= s.second[i] {
			continue
		}
		gain += max(0, s.best[i]-v.cost)
		if k := s.by[i]; k >= 0 {
			if s.extra[k] == 0 {
				s.touched = append(s.touched, k)
			}
			s.extra[k] += s.second[i] - max(v.cost, s.best[i])
		}
	}
	return gain
}

// may says whether one site may take the place of another, or of none (-1).
func (s *served) may(in, out int32) bool {
	if out >= 0 && s.Fixed != nil && s.Fixed[out] == Open {
		return false
	}
	if s.Prices != nil {
		price := s.price + s.Prices[in]
		if out >= 0 {
			price -= s.Prices[out]
		}
		if price > s.Budget {
			return false
		}
	}
	for _, k := range s.apart[in] {
		if s.open[k] && k != out {
			return false
		}
	}
	return true
}

// exchange opens one site and closes another; -1 stands for none.
func (s *served) exchange(in, out int32) {
	if out >= 0 {
		s.open[out] = false
		s.list = slices.DeleteFunc(s.list, func(j int32) bool { return j == out })
	}
	if in >= 0 {
		s.open[in] = true
		s.list = append(s.list, in)
	}
	s.settle()
}

// sorted is the set, rising.
func (s *served) sorted() []int32 { return slices.Sorted(slices.Values(s.list)) }
