package transit

import (
	"context"
	"fmt"
	"slices"
)

// Percentile is the p-th percentile, 0 < p ≤ 100, of durations in rising order, by
// nearest rank: the shortest duration that at least p % of the departures do not
// exceed. It is always one of the durations. Departures without a journey take
// Infinity, longer than any other: with fewer than p % that have one, the
// percentile is Infinity.
func Percentile(rising []uint32, p int) uint32 {
	if len(rising) == 0 {
		return Infinity
	}
	return rising[(p*len(rising)+99)/100-1]
}

// Percentiles gives the percentiles asked for of the durations over the query's
// departures: out[(origin*destinations+destination)*len(percents)+i].
func (n *Network) Percentiles(ctx context.Context, q Query, origins []Origin, percents []int) (out []uint32, err error) {
	for _, p := range percents {
		if p < 1 || p > 100 {
			return nil, fmt.Errorf("transit: percentile %d: want 1 to 100", p)
		}
	}
	destinations, departures := len(q.Egress), q.Departures()
	out = make([]uint32, len(origins)*destinations*len(percents))
	err = n.Each(ctx, q, origins, func(origin int, durations []uint32) {
		rising := make([]uint32, departures)
		for d := range destinations {
			for i := range rising {
				rising[i] = durations[i*destinations+d]
			}
			slices.Sort(rising)
			for i, p := range percents {
				out[(origin*destinations+d)*len(percents)+i] = Percentile(rising, p)
			}
		}
	})
	return out, err
}
