package optimise

// Some demands need every one of the sites that serve them: a bonus for two services
// in one place. That they cost less when all of these are open is dealt out among
// the sites, in shares v_k,
//
//	else_i - gain_i·min_k y_k ≥ else_i - Σ_k v_k·y_k   where Σ_k v_k = gain_i,
//
// a bound that one price for all of them cannot reach: by that, half of the sites
// would earn half of the bonus.

// joins notes the demands that need all of their sites, and where their shares are
// among the prices. It returns how many prices there are.
func (s *solver) joins() (prices int) {
	s.joint = make([]int32, s.demands)
	prices = s.demands
	for i := range s.joint {
		if n := s.need(i); n > 1 && n == len(s.choices(i)) && !s.must(i) {
			s.joint[i] = int32(prices)
			prices += n
			s.together = append(s.together, int32(i))
		}
	}
	return prices
}

// jointly says whether a demand has shares in place of a price. Where a site of it is
// closed for good it has none left.
func (s *solver) jointly(demand int) bool { return s.joint[demand] > 0 }

// shares are those of a demand that needs all its sites, in the order of its choices.
func (s *solver) shares(u []float64, demand int) []float64 {
	if len(s.choices(demand)) < s.need(demand) {
		return nil
	}
	from := s.joint[demand]
	return u[from : from+int32(s.need(demand))]
}

// gain is what it saves to have all the sites of a demand open.
func (s *solver) gain(demand int) float64 {
	sum := int64(0)
	for _, x := range s.choices(demand) {
		sum += s.unit(x) * s.weight[demand]
	}
	return float64(max(0, s.last[demand]-sum))
}

// unequal turns the directions of the shares towards the sites that are open less than
// the demand's others, and returns their square.
func (s *solver) unequal(u, direction []float64) (norm float64) {
	for _, i := range s.together {
		own, d := s.choices(int(i)), s.shares(direction, int(i))
		v, mean, n := s.shares(u, int(i)), 0.0, 0.0
		for k := range d {
			mean, n = mean+s.share[s.site(own[k])], n+1
		}
		for k := range d {
			g := mean/n - s.share[s.site(own[k])]
			if g < 0 && v[k] == 0 {
				g = 0
			}
			d[k] = 0.7*g + 0.3*d[k]
			norm += d[k] * d[k]
		}
	}
	return norm
}

// reshare takes a step; the shares stay 0 or more, and their sum the gain.
func (s *solver) reshare(demand int32, v, direction []float64, step float64) {
	sum, gain := 0.0, s.gain(int(demand))
	for k := range v {
		v[k] = max(0, v[k]+step*direction[k])
		sum += v[k]
	}
	for k := range v {
		if sum > 0 {
			v[k] *= gain / sum
		} else {
			v[k] = gain / float64(len(v))
		}
	}
}
