package anjou

import (
	"fmt"
	"math"
)

// localRoads draws streets between neighbouring cells of many people, and lanes
// from every other home that is off the roads.
//
// Lanes grow from the roads as a minimum spanning tree does (Prim): the cell
// nearest to what is joined already is joined next, to its nearest road vertex
// or cell. Streets count as joined to each other.
func localRoads(communes []*commune, inhabited []square, roads []line) []line {
	streets, street := townStreets(communes, inhabited)
	net := newMesh(append(roads[:len(roads):len(roads)], streets...))
	var need []square
	for _, s := range inhabited {
		if street[[2]int{s.n, s.e}] || net.distance(s.centre, onRoad+1) > onRoad {
			need = append(need, s)
		}
	}
	return append(streets, lanes(communes, need, street, roads)...)
}

// townStreets joins the centres of adjacent cells of many people, row by row and column by column.
func townStreets(communes []*commune, inhabited []square) ([]line, map[[2]int]bool) {
	street := map[[2]int]bool{}
	for i := range inhabited {
		if inhabited[i].total() >= streetPeople {
			street[[2]int{inhabited[i].n, inhabited[i].e}] = true
		}
	}
	var out []line
	number := make([]int, len(communes))
	for _, s := range inhabited {
		for _, dir := range [2][2]int{{0, cellSize}, {cellSize, 0}} {
			k := [2]int{s.n, s.e}
			if !street[k] || street[[2]int{s.n - dir[0], s.e - dir[1]}] {
				continue // not the first of its row
			}
			at := []point{s.centre}
			for k = [2]int{k[0] + dir[0], k[1] + dir[1]}; street[k]; k = [2]int{k[0] + dir[0], k[1] + dir[1]} {
				at = append(at, at[len(at)-1].plus(float64(dir[1]), float64(dir[0])))
			}
			if len(at) > 1 {
				number[s.commune]++
				name := fmt.Sprintf("Rue %d (%s)", number[s.commune], communes[s.commune].name)
				out = append(out, line{at: at, class: "residential", name: name})
			}
		}
	}
	return out, street
}

func lanes(communes []*commune, need []square, street map[[2]int]bool, roads []line) []line {
	n := len(need)
	from := make([]point, n)  // what the cell would be joined to
	far := make([]float64, n) // squared metres to it
	joined := make([]bool, n)
	vertices := newVertices(roads)
	for i, s := range need {
		from[i] = vertices.nearest(s.centre)
		far[i] = squared(s.centre, from[i])
	}
	var out []line
	number := make([]int, len(communes))
	for range need {
		next := -1
		for i := range need {
			if !joined[i] && (next < 0 || far[i] < far[next]) {
				next = i
			}
		}
		s := need[next]
		joined[next] = true
		if far[next] > 0 {
			number[s.commune]++
			out = append(out, line{
				at: []point{from[next], s.centre}, class: "unclassified",
				name: fmt.Sprintf("Chemin %d (%s)", number[s.commune], communes[s.commune].name),
			})
		}
		isStreet := street[[2]int{s.n, s.e}]
		for i, t := range need {
			if joined[i] {
				continue
			}
			d := squared(s.centre, t.centre)
			if d == cellSize*cellSize && isStreet && street[[2]int{t.n, t.e}] {
				d = 0
			}
			if d < far[i] {
				from[i], far[i] = s.centre, d
			}
		}
	}
	return out
}

// vertices finds the nearest vertex of the lines that lanes may join.
type vertices struct{ squares map[[2]int][]point }

func newVertices(lines []line) vertices {
	v := vertices{map[[2]int][]point{}}
	for _, l := range lines {
		if l.bridge {
			continue
		}
		for _, p := range l.at {
			k := [2]int{bucket(p.x), bucket(p.y)}
			v.squares[k] = append(v.squares[k], p)
		}
	}
	return v
}

// nearest looks at rings of squares around p until none can be nearer.
func (v vertices) nearest(p point) point {
	var best point
	d := math.Inf(1)
	x0, y0 := bucket(p.x), bucket(p.y)
	for r := 0; d > math.Pow(float64(r-1)*meshSize, 2) || r == 0; r++ {
		for x := x0 - r; x <= x0+r; x++ {
			for y := y0 - r; y <= y0+r; y++ {
				if max(abs(x-x0), abs(y-y0)) != r {
					continue
				}
				for _, q := range v.squares[[2]int{x, y}] {
					if s := squared(p, q); s < d {
						best, d = q, s
					}
				}
			}
		}
	}
	return best
}

func abs(v int) int { return max(v, -v) }
