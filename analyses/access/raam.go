package access

import (
	"math"

	"github.com/maillage/maillage/analyses/traveltime"
)

const (
	tau     = traveltime.Time(60 * 60 * 1000) // of RAAM: the travel that weighs as much as a site as busy as the average
	closeBy = 1e-6                            // the Residual at which RAAM has converged

	firstBlur = 1. / 16
	lastBlur  = 2e-8
	unseen    = 36  // a cost so many blurs above the least draws nobody: e⁻³⁶ of a home
	mostSteps = 400 // of Newton, in all
)

// Rounds is how the equilibrium of RAAM was found.
type Rounds struct {
	Rounds    int     `json:"rounds"`
	Residual  float64 `json:"residual"` // by how much, at most, anybody who goes somewhere could do better
	Converged bool    `json:"converged"`
}

// rational is the state of RAAM. Pairs are those of a home and a site with
// capacity, by home.
type rational struct {
	Question
	room  []float64 // ρ·S_j
	start []int     // of each home in the following
	site  []int32
	far   []float64 // t_ij / τ
	goes  []float64 // x_ij: people of the home to the site
	load  []float64 // D_j
	drawn []int     // of one home: its pairs that draw anybody
}

func newRational(q Question, rho float64) *rational {
	r := &rational{Question: q, room: make([]float64, len(q.Capacity)), load: make([]float64, len(q.Capacity)), start: make([]int, 1, len(q.Demand)+1)}
	for j, c := range q.Capacity {
		r.room[j] = rho * c.Float()
	}
	for i := range q.Demand {
		sites, times := q.Times.From(i)
		for k, j := range sites {
			if r.room[j] > 0 {
				r.site, r.far = append(r.site, j), append(r.far, float64(times[k])/float64(tau))
			}
		}
		r.start = append(r.start, len(r.site))
	}
	r.goes = make([]float64, len(r.site))
	return r
}

func (r *rational) share(out *Shares) {
	price := make([]float64, len(r.room)) // D_j/(ρS_j), as it is expected
	for j := range price {
		price[j] = 1
	}
	out.Rounds = &Rounds{}
	for blur := firstBlur; ; blur = max(blur/4, lastBlur) {
		r.settle(price, blur, out.Rounds)
		if blur == lastBlur {
			break
		}
	}
	out.Rounds.Residual = r.residual()
	out.Rounds.Converged = out.Rounds.Residual <= closeBy
	for j := range out.Sites {
		s := &out.Sites[j]
		s.Demand = r.load[j]
		s.rate()
		homes, _ := r.Times.To(j)
		for _, i := range homes {
			s.InReach += r.Demand[i]
		}
	}
	for i := range r.Demand {
		from, to := r.start[i], r.start[i+1]
		if out.Reached[i] = from < to; !out.Reached[i] {
			continue
		}
		score := r.least(i)
		out.Score[i] = &score
		for k := from; k < to; k++ {
			if x := r.goes[k]; x > 0 {
				out.Places[i] += x * *out.Sites[r.site[k]].Ratio
			}
		}
	}
}

// settle moves the prices until they are those that the loads they lead to make, by
// Newton's method: the blurred equilibrium is the greatest value of a concave
// function of the prices, whose gradient is load − room·price.
func (r *rational) settle(price []float64, blur float64, rounds *Rounds) {
	n := len(price)
	gap, next, curve := make([]float64, n), make([]float64, n), make([]float64, n*n)
	r.choose(price, blur, gap, nil)
	for r.wrong(gap) > min(blur, closeBy/10) && rounds.Rounds < mostSteps {
		rounds.Rounds++
		clear(curve)
		r.choose(price, blur, gap, curve)
		step := solve(curve, gap)
		up := dot(gap, step)
		for length := 1.; ; length /= 2 {
			for j := range next {
				next[j] = price[j] + length*step[j]
			}
			// Newton's step is too long where the function falls there faster than
			// half as steeply as it rises here.
			if dot(r.choose(next, blur, gap, nil), step) >= -up/2 || length < 1e-9 {
				break
			}
		}
		copy(price, next)
	}
}

// choose lets people choose by the prices, of a home's sites each by e^(−cost/blur),
// and returns in gap by how much the loads exceed room·price. To curve, if not
// nil, it adds minus the derivatives of gap: symmetric and positive definite.
func (r *rational) choose(price []float64, blur float64, gap, curve []float64) []float64 {
	clear(r.load)
	n := len(price)
	for i, d := range r.Demand {
		from, to := r.start[i], r.start[i+1]
		if d == 0 || from == to {
			continue
		}
		r.draw(price, blur, from, to)
		people := d.Float()
		for _, k := range r.drawn {
			r.goes[k] *= people
			r.load[r.site[k]] += r.goes[k]
		}
		if curve == nil {
			continue
		}
		for _, k := range r.drawn {
			x, row := r.goes[k]/blur, curve[int(r.site[k])*n:]
			row[r.site[k]] += x
			x /= people
			for _, o := range r.drawn {
				row[r.site[o]] -= x * r.goes[o]
			}
		}
	}
	for j, room := range r.room {
		gap[j] = r.load[j] - room*price[j]
		if curve != nil {
			if curve[j*n+j] += room; room == 0 {
				curve[j*n+j] = 1
			}
		}
	}
	return gap
}

// draw fills in the shares of a home that its sites draw.
func (r *rational) draw(price []float64, blur float64, from, to int) {
	least := math.Inf(1)
	for k := from; k < to; k++ {
		r.goes[k] = price[r.site[k]] + r.far[k]
		least = min(least, r.goes[k])
	}
	sum := 0.0
	r.drawn = r.drawn[:0]
	for k := from; k < to; k++ {
		above := (r.goes[k] - least) / blur
		if r.goes[k] = 0; above <= unseen {
			r.goes[k] = math.Exp(-above)
			sum += r.goes[k]
			r.drawn = append(r.drawn, k)
		}
	}
	for _, k := range r.drawn {
		r.goes[k] /= sum
	}
}

// wrong is how far prices are, at most, from those that the loads make.
func (r *rational) wrong(gap []float64) (worst float64) {
	for j, room := range r.room {
		if room > 0 {
			worst = max(worst, math.Abs(gap[j])/room)
		}
	}
	return worst
}

// solve solves a symmetric positive definite system by Cholesky's method, in a.
func solve(a, b []float64) []float64 {
	n := len(b)
	x := make([]float64, n)
	for i := range n {
		row := a[i*n : i*n+n]
		for j := range i {
			other := a[j*n : j*n+n]
			row[j] = (row[j] - dot(row[:j], other[:j])) / other[j]
		}
		row[i] = math.Sqrt(row[i] - dot(row[:i], row[:i]))
		x[i] = (b[i] - dot(row[:i], x[:i])) / row[i]
	}
	for i := n - 1; i >= 0; i-- {
		x[i] /= a[i*n+i]
		for j := range i {
			x[j] -= a[i*n+j] * x[i]
		}
	}
	return x
}

func dot(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// cost of a pair by the loads.
func (r *rational) cost(k int) float64 { return r.load[r.site[k]]/r.room[r.site[k]] + r.far[k] }

// least is a home's least cost.
func (r *rational) least(i int) float64 {
	best := math.Inf(1)
	for k := r.start[i]; k < r.start[i+1]; k++ {
		best = min(best, r.cost(k))
	}
	return best
}

func (r *rational) residual() (worst float64) {
	for i := range r.Demand {
		least := r.least(i)
		for k := r.start[i]; k < r.start[i+1]; k++ {
			if r.goes[k] > 0 {
				worst = max(worst, r.cost(k)-least)
			}
		}
	}
	return worst
}
