package coverage

import (
	"cmp"
	"slices"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Spread tells how far times lie apart; the package documentation defines its figures.
type Spread struct {
	P90            *float64 `json:"p90_seconds"`                   // null when nobody is reached
	Worst          *float64 `json:"worst_tenth_seconds"`           // mean of the worst-served tenth; null when somebody is not reached
	WorstUnreached *float64 `json:"worst_tenth_unreached_percent"` // how much of that tenth is not reached; null without demand
	Gini           *float64 `json:"gini"`                          // 0 (all alike) to 1; null when nobody is reached
}

// NewSpread measures how far the times of some demand lie apart. The slices run
// parallel. Splitting a home in two, or another order of homes, changes no bit.
func NewSpread(times []traveltime.Time, demand []geodata.Amount) Spread {
	var s Spread
	classes, unreached := byTime(times, demand)
	var reached geodata.Amount
	for _, c := range classes {
		reached += c.demand
	}
	all := reached + unreached
	if all == 0 {
		return s
	}
	lost := min(1, 10*unreached.Float()/all.Float()) * 100
	s.WorstUnreached = &lost
	if reached == 0 {
		return s
	}
	s.P90, s.Gini = percentile90(classes, reached), gini(classes, reached)
	if unreached == 0 {
		s.Worst = worstTenth(classes, all)
	}
	return s
}

// class is the demand that is reached in one time.
type class struct {
	time   traveltime.Time
	demand geodata.Amount
}

// byTime adds up the demand of each time, rising, and what is not reached.
func byTime(times []traveltime.Time, demand []geodata.Amount) (classes []class, unreached geodata.Amount) {
	for k, t := range times {
		switch d := demand[k]; {
		case d == 0:
		case t.Reached():
			classes = append(classes, class{t, d})
		default:
			unreached += d
		}
	}
	slices.SortFunc(classes, func(a, b class) int { return cmp.Compare(a.time, b.time) })
	n := 0
	for _, c := range classes {
		if n > 0 && classes[n-1].time == c.time {
			classes[n-1].demand += c.demand
		} else {
			classes[n] = c
			n++
		}
	}
	return classes[:n], unreached
}

// percentile90 is the least time within which nine tenths lie.
func percentile90(classes []class, reached geodata.Amount) *float64 {
	var sum geodata.Amount
	for _, c := range classes {
		if sum += c.demand; 10*sum >= 9*reached {
			seconds, _ := c.time.Seconds()
			return &seconds
		}
	}
	panic("coverage: all of the demand is less than nine tenths of it")
}

// worstTenth is the mean of the slowest tenth; of the time at its edge it takes a part.
func worstTenth(classes []class, all geodata.Amount) *float64 {
	left := all // in tenths of a millionth
	var sum float64
	for _, c := range slices.Backward(classes) {
		take := min(10*c.demand, left)
		sum += float64(take) * float64(c.time)
		left -= take
	}
	mean := sum / float64(all) / 1000
	return &mean
}

// gini is Σ_i Σ_j d_i d_j |t_i - t_j| / (2 D Σ_i d_i t_i), in one pass: a time counts
// positive against all below it and negative against all above.
func gini(classes []class, reached geodata.Amount) *float64 {
	var below geodata.Amount
	var apart, sum float64
	for _, c := range classes {
		weighted := float64(c.demand) * float64(c.time)
		apart += weighted * float64(2*below+c.demand-reached)
		sum += weighted
		below += c.demand
	}
	g := 0.0
	if sum > 0 {
		g = max(0, apart/(sum*float64(reached)))
	}
	return &g
}
