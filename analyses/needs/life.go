package needs

import "math"

// hazard is how the risk to die grows with age: background + a·exp(slope·x), and
// infant before the first birthday.
type hazard struct {
	infant, background, slope float64
}

// oldest is the age nobody is taken to pass.
const oldest = 120

// lifeTable is who is alive of those born together.
type lifeTable struct {
	survivors [oldest + 1]float64 // at exact age x, 1 at birth
}

// table is the life table with the hazard's a.
func (h hazard) table(a float64) (t lifeTable) {
	t.survivors[0], t.survivors[1] = 1, 1-h.infant
	begin := math.Exp(h.slope)
	for x := 1; x < oldest; x++ {
		end := math.Exp(h.slope * float64(x+1))
		t.survivors[x+1] = t.survivors[x] * math.Exp(-h.background-a/h.slope*(end-begin))
		begin = end
	}
	return t
}

// living solves for the a that gives a life expectancy at birth.
func (h hazard) living(years float64) *lifeTable {
	low, high := -25.0, -3.0 // of ln a; the higher, the shorter the life
	for range 40 {
		if mid := (low + high) / 2; h.tableOf(mid).expectancy() > years {
			low = mid
		} else {
			high = mid
		}
	}
	t := h.tableOf(low)
	return &t
}

func (h hazard) tableOf(lnA float64) lifeTable { t := h.table(math.Exp(lnA)); return t }

// lived is the years lived between ages x and x+1, from 100 on all that remain. Those
// who die in their first year do so early in it.
func (t *lifeTable) lived(x int) float64 {
	if x == 0 {
		return 0.1*t.survivors[0] + 0.9*t.survivors[1]
	}
	if x >= lastAge {
		return t.beyond(lastAge)
	}
	return (t.survivors[x] + t.survivors[x+1]) / 2
}

// beyond is the years lived from age x >= 1 on.
func (t *lifeTable) beyond(x int) (sum float64) {
	for ; x < oldest; x++ {
		sum += (t.survivors[x] + t.survivors[x+1]) / 2
	}
	return sum
}

func (t lifeTable) expectancy() float64 { return t.lived(0) + t.beyond(1) }

// deaths are the probabilities to die within the year by completed age on the 1st of January.
func (t *lifeTable) deaths() (q byAge) {
	q.newborn = rateOf(1 - t.lived(0))
	for x := range lastAge - 1 {
		q.ages[x] = rateOf(1 - t.lived(x+1)/t.lived(x))
	}
	last := (t.survivors[lastAge-1] + t.survivors[lastAge]) / 2
	q.ages[lastAge-1] = rateOf(1 - (t.survivors[lastAge]+t.survivors[lastAge+1])/2/last)
	q.ages[lastAge] = rateOf(1 - t.beyond(lastAge+1)/t.beyond(lastAge))
	return q
}
