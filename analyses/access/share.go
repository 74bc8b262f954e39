package access

import (
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses/matrix"
	"github.com/maillage/maillage/geodata"
)

// Question is demand, supply and the times between them, wherever they come from.
type Question struct {
	Times    *matrix.Matrix
	Demand   []geodata.Amount // P_i, per home
	Capacity []geodata.Amount // S_j, per site
	Method   Method           // and Steps: as Complete has them
	Steps    Steps
}

// Shares is how a supply is shared out.
type Shares struct {
	// Score is per home: places per person, or the cost of RAAM. Null: no site in
	// reach (RAAM), or only sites that nobody asks for.
	Score []*float64
	// Places is per home what it has of the supply, P_i·A_i of the invariant, in units
	// of capacity.
	Places []float64
	// Reached is per home whether any site is in reach.
	Reached []bool
	Sites   []Site
	Check   Check
	Rounds  *Rounds // of RAAM
}

// Site is what becomes of a site.
type Site struct {
	ID       string         `json:"id"`
	Capacity geodata.Amount `json:"capacity"`
	InReach  geodata.Amount `json:"demand_in_reach"` // people who reach it, whatever the weight
	// Demand is Σ_k P_k·W(t_kj), the people who ask for it by weight; of RAAM those
	// who go there.
	Demand     float64  `json:"demand"`
	Ratio      *float64 `json:"ratio"`      // R_j, capacity per person who asks; null if nobody does
	Saturation *float64 `json:"saturation"` // who asks per capacity; null without capacity
}

// Check is the supply before and after it is shared out.
type Check struct {
	Supply     geodata.Amount `json:"supply"`     // Σ_j S_j over the sites with demand in reach (RAAM: to which anybody goes)
	SharedOut  float64        `json:"shared_out"` // Σ_i P_i·A_i
	Difference float64        `json:"difference"` // SharedOut − Supply
	Idle       geodata.Amount `json:"idle"`       // Σ_j S_j over the other sites
}

// Share shares the supply out. Negative amounts, none at all, or as many as there are
// not homes or sites are errors.
func Share(q Question) (*Shares, error) {
	people, err := total("demand", q.Demand, len(q.Times.Homes))
	if err != nil {
		return nil, err
	}
	supply, err := total("capacity", q.Capacity, len(q.Times.Sites))
	if err != nil {
		return nil, err
	}
	n := len(q.Demand)
	out := &Shares{Score: make([]*float64, n), Places: make([]float64, n), Reached: make([]bool, n), Sites: make([]Site, len(q.Capacity))}
	for j, id := range q.Times.Sites {
		out.Sites[j] = Site{ID: id, Capacity: q.Capacity[j]}
	}
	if q.Method == RAAM {
		newRational(q, people/supply).share(out)
	} else {
		float(q, out)
	}
	out.check()
	return out, nil
}

func total(what string, amounts []geodata.Amount, n int) (float64, error) {
	if len(amounts) != n {
		return 0, fmt.Errorf("%d amounts of %s: the times have %d", len(amounts), what, n)
	}
	var sum geodata.Amount
	for _, a := range amounts {
		if a < 0 {
			return 0, fmt.Errorf("a %s of %s: want 0 or more", what, a)
		}
		if a > geodata.MaxAmount-sum {
			return 0, fmt.Errorf("the %s adds up to more than %s", what, geodata.MaxAmount)
		}
		sum += a
	}
	if sum == 0 {
		return 0, errors.New("the " + what + " adds up to 0: there is nothing to share out, or nobody to share it")
	}
	return sum.Float(), nil
}

// float is the floating catchments: in the order of sites, then of homes.
func float(q Question, out *Shares) {
	share := preferences(q)
	for j := range out.Sites {
		s := &out.Sites[j]
		homes, times := q.Times.To(j)
		for k, i := range homes {
			if w := q.Steps.weight(times[k]); w > 0 {
				s.InReach += q.Demand[i]
				s.Demand += q.Demand[i].Float() * w * share(w, i)
				out.Reached[i] = true
			}
		}
		s.rate()
	}
	for i, p := range q.Demand {
		sites, times := q.Times.From(i)
		score, known := 0.0, !out.Reached[i]
		for k, j := range sites {
			w := q.Steps.weight(times[k])
			if r := out.Sites[j].Ratio; r != nil && w > 0 {
				score += *r * w * share(w, int32(i))
				known = true
			}
		}
		if known {
			out.Score[i], out.Places[i] = &score, p.Float()*score
		}
	}
}

// preferences is G_ij of 3SFCA by the weight of the pair and the home; else 1.
func preferences(q Question) func(w float64, home int32) float64 {
	if q.Method != ThreeStep {
		return func(float64, int32) float64 { return 1 }
	}
	sum := make([]float64, len(q.Demand))
	for i := range sum {
		_, times := q.Times.From(i)
		for _, t := range times {
			sum[i] += q.Steps.weight(t)
		}
	}
	return func(w float64, home int32) float64 { return w / sum[home] }
}

// rate fills in the ratio and the saturation.
func (s *Site) rate() {
	if s.Demand > 0 {
		r := s.Capacity.Float() / s.Demand
		s.Ratio = &r
	}
	if s.Capacity > 0 {
		n := s.Demand / s.Capacity.Float()
		s.Saturation = &n
	}
}

func (out *Shares) check() {
	for _, s := range out.Sites {
		if s.Ratio != nil {
			out.Check.Supply += s.Capacity
		} else {
			out.Check.Idle += s.Capacity
		}
	}
	for _, v := range out.Places {
		out.Check.SharedOut += v
	}
	out.Check.Difference = out.Check.SharedOut - out.Check.Supply.Float()
}
