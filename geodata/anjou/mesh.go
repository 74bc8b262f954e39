package anjou

import "math"

// mesh finds segments of lines near a point by squares of meshSize.
type mesh struct {
	lines   []line
	squares map[[2]int][]segment
}

// segment is the part of a line from vertex i to i+1.
type segment struct{ line, i int }

const meshSize = 400.0

func newMesh(lines []line) *mesh {
	m := &mesh{lines: lines, squares: map[[2]int][]segment{}}
	for l := range lines {
		for i := 0; i+1 < len(lines[l].at); i++ {
			s := segment{l, i}
			m.each(s, func(k [2]int) { m.squares[k] = append(m.squares[k], s) })
		}
	}
	return m
}

func (m *mesh) ends(s segment) (a, b point) {
	at := m.lines[s.line].at
	return at[s.i], at[s.i+1]
}

func bucket(v float64) int { return int(math.Floor(v / meshSize)) }

// each calls f for every square the segment's bounding box touches, by snap more.
func (m *mesh) each(s segment, f func([2]int)) {
	a, b := m.ends(s)
	for x := bucket(min(a.x, b.x) - snap); x <= bucket(max(a.x, b.x)+snap); x++ {
		for y := bucket(min(a.y, b.y) - snap); y <= bucket(max(a.y, b.y)+snap); y++ {
			f([2]int{x, y})
		}
	}
}

// distance returns the metres to the nearest line that is no bridge, at most far.
func (m *mesh) distance(p point, far float64) float64 {
	best := far
	for x := bucket(p.x - far); x <= bucket(p.x+far); x++ {
		for y := bucket(p.y - far); y <= bucket(p.y+far); y++ {
			for _, s := range m.squares[[2]int{x, y}] {
				if m.lines[s.line].bridge {
					continue
				}
				a, b := m.ends(s)
				best = min(best, toSegment(p, a, b))
			}
		}
	}
	return best
}
