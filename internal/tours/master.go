package tours

import "math"

// column is a route of the linear program; points may be in it more than once.
type column struct {
	points []int32
	score  float64
}

// master is the linear program over the routes met: each point in one route at most, no
// more routes than vehicles, the highest score. It is solved by the simplex method with
// an inverse of the basis. Its prices need not be exact: any are good for the bound.
type master struct {
	rows    int // points, then the vehicles
	right   []float64
	slack   []float64 // per row, what leaving it open is worth: 0, or a penalty where a point has to be visited
	columns []column
	barred  []bool    // columns that may not be used
	basis   []int     // per row, a column, or -1 less the row whose slack it is
	inverse []float64 // row by row
	x       []float64
	price   []float64
}

func newMaster(points, vehicles int) *master {
	m := &master{rows: points + 1, slack: make([]float64, points+1), price: make([]float64, points+1)}
	for i := range m.rows {
		// A little more room, different in each row, so that no two bases are the same corner.
		m.right = append(m.right, 1+1e-6*math.Mod(float64(i+1)*math.Phi, 1))
	}
	m.right[points] *= float64(vehicles)
	m.restart()
	return m
}

// restart begins with no route.
func (m *master) restart() {
	m.basis, m.inverse, m.x = make([]int, m.rows), make([]float64, m.rows*m.rows), make([]float64, m.rows)
	for i := range m.rows {
		m.basis[i], m.inverse[i*m.rows+i], m.x[i] = -1-i, 1, m.right[i]
	}
}

func (m *master) add(points []int32, score float64) {
	m.columns, m.barred = append(m.columns, column{points, score}), append(m.barred, false)
}

// solve makes the basis the best, and works out its prices.
func (m *master) solve() {
	for range 50 * m.rows {
		m.prices()
		enter, gain := 0, 1e-7
		for j, c := range m.columns {
			if !m.barred[j] {
				if g := m.reduced(c); g > gain {
					enter, gain = j, g
				}
			}
		}
		for i := range m.rows {
			if g := m.slack[i] - m.price[i]; g > gain {
				enter, gain = -1-i, g
			}
		}
		if gain == 1e-7 || !m.pivot(enter) {
			return
		}
	}
}

// reduced is what a column would add to the score.
func (m *master) reduced(c column) float64 {
	g := c.score - m.price[m.rows-1]
	for _, i := range c.points {
		g -= m.price[i]
	}
	return g
}

func (m *master) prices() {
	clear(m.price)
	for i, j := range m.basis {
		score := 0.0
		if j >= 0 {
			score = m.columns[j].score
		} else {
			score = m.slack[-1-j]
		}
		if score == 0 {
			continue
		}
		for k, v := range m.inverse[i*m.rows : (i+1)*m.rows] {
			m.price[k] += float64(score * v)
		}
	}
}

// pivot lets a column into the basis.
func (m *master) pivot(enter int) bool {
	way := make([]float64, m.rows)
	for i := range way {
		row := m.inverse[i*m.rows : (i+1)*m.rows]
		if enter < 0 {
			way[i] = row[-1-enter]
			continue
		}
		way[i] = row[m.rows-1]
		for _, k := range m.columns[enter].points {
			way[i] += row[k]
		}
	}
	leave, least := -1, math.Inf(1)
	for i, w := range way {
		if w > 1e-9 {
			if ratio := max(0, m.x[i]) / w; ratio < least-1e-12 || ratio < least+1e-12 && leave >= 0 && w > way[leave] {
				leave, least = i, ratio
			}
		}
	}
	if leave < 0 {
		return false
	}
	pivotal := m.inverse[leave*m.rows : (leave+1)*m.rows]
	for k := range pivotal {
		pivotal[k] /= way[leave]
	}
	for i, w := range way {
		if i == leave || w == 0 {
			continue
		}
		m.x[i] -= float64(w * least)
		for k, v := range pivotal {
			m.inverse[i*m.rows+k] -= float64(w * v)
		}
	}
	m.x[leave], m.basis[leave] = least, enter
	return true
}
