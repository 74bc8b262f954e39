package coverage

import (
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Averages are the demand-weighted mean and median of the times that are
// reached, in seconds; nil where none is. The median is the least time within
// which at least half of that demand lies. The slices run parallel.
func Averages(times []traveltime.Time, demand []geodata.Amount) (mean, median *float64) {
	var total geodata.Amount
	var sum float64
	for k, t := range times {
		if d := demand[k]; t.Reached() && d > 0 {
			total += d
			sum += float64(t) * d.Float() // in the order of the cells: always the same sum
		}
	}
	if total == 0 {
		return nil, nil
	}
	m := sum / total.Float() / 1000
	s, _ := middle(times, demand, total).Seconds()
	return &m, &s
}

// middle finds the median without sorting: the digits of the time, from the
// highest, each by adding up the demand of the times that begin alike.
func middle(times []traveltime.Time, demand []geodata.Amount, total geodata.Amount) traveltime.Time {
	const bits = 11
	var found uint64
	var before geodata.Amount // demand of the times below all that begin with found
	for shift := 2 * bits; shift >= 0; shift -= bits {
		var sum [1 << bits]geodata.Amount
		for k, t := range times {
			if t.Reached() && uint64(t)>>(shift+bits) == found {
				sum[uint64(t)>>shift&(1<<bits-1)] += demand[k]
			}
		}
		digit := 0
		for 2*(before+sum[digit]) < total {
			before += sum[digit]
			digit++
		}
		found = found<<bits | uint64(digit)
	}
	return traveltime.Time(found)
}
