package coverage

import (
	"fmt"
	"time"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Own is coverage by anybody's own travel times, without a territory. Its figures
// are those of a Row.
type Own struct {
	Within  []Threshold          `json:"within"`
	Total   Row                  `json:"total"`
	Times   []traveltime.Time    `json:"-"` // per home, to the nearest site
	Nearest []int32              `json:"-"` // per home that site, the first of those as near; -1 if none is reached
	Sites   map[string]OwnShares `json:"sites"`
}

// OwnShares is whom a site is nearest to.
type OwnShares struct {
	Homes  int            `json:"homes"`
	Demand geodata.Amount `json:"demand"`
}

// OfMatrix computes who is reached, with Spread; demand runs parallel to the homes of
// m. Thresholds that do not rise are an analyses.ParamError.
func OfMatrix(m *matrix.Matrix, demand []geodata.Amount, within []Threshold) (*Own, error) {
	for i, t := range within {
		if i > 0 && t <= within[i-1] {
			return nil, &analyses.ParamError{Param: "within", Err: fmt.Errorf("thresholds must rise: %s", joinThresholds(within))}
		}
	}
	n := len(m.Homes)
	o := &Own{Within: within, Times: make([]traveltime.Time, n), Nearest: make([]int32, n), Sites: map[string]OwnShares{}}
	o.Total.Covered = make([]geodata.Amount, len(within))
	for i, d := range demand {
		o.Times[i], o.Nearest[i] = traveltime.Unreachable, -1
		sites, times := m.From(i)
		for k, t := range times {
			if t < o.Times[i] {
				o.Times[i], o.Nearest[i] = t, sites[k]
			}
		}
		o.Total.Demand += d
		if o.Nearest[i] < 0 {
			o.Total.Unreachable += d
			continue
		}
		id := m.Sites[o.Nearest[i]]
		s := o.Sites[id]
		o.Sites[id] = OwnShares{s.Homes + 1, s.Demand + d}
		for w, bound := range within {
			if o.Times[i].Within(time.Duration(bound)) {
				o.Total.Covered[w] += d
			}
		}
	}
	o.Total.Mean, o.Total.Median = Averages(o.Times, demand)
	spread := NewSpread(o.Times, demand)
	o.Total.Spread = &spread
	return o, nil
}
