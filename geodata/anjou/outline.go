package anjou

import (
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// partition gives every cell of the 200 m lattice in the frame to one commune:
// the one that minimises
//
//	(distance to the commune's skeleton) - reach,
//
// where the skeleton is the segments from the centre of its territory to its
// bourgs. It is an additively weighted Voronoi diagram: walking straight towards
// the skeleton never leaves the commune, so it is in one piece around its bourgs.
// The 17 communes' reaches are fitted to their published areas.
type partition struct {
	n0, e0     int // lower left corner of the lattice, metres
	rows, cols int
	label      []int32 // commune of each cell, row by row from the south
	reach      []float64
}

// rival is a commune that may win a cell, with the cell's distance to its skeleton.
type rival struct {
	commune  int32
	distance float32
}

func newPartition(communes []*commune, frame box) (*partition, error) {
	down := func(v float64) int { return int(math.Floor(v/cellSize)) * cellSize }
	p := &partition{n0: down(frame.min.y), e0: down(frame.min.x)}
	p.rows = (down(frame.max.y) - p.n0) / cellSize
	p.cols = (down(frame.max.x) - p.e0) / cellSize
	p.label = make([]int32, p.rows*p.cols)
	for _, c := range communes {
		p.reach = append(p.reach, c.reach())
	}
	return p, p.fit(communes, p.rivals(communes))
}

// centre of cell k.
func (p *partition) centre(k int) point {
	return point{float64(p.e0 + k%p.cols*cellSize + cellSize/2), float64(p.n0 + k/p.cols*cellSize + cellSize/2)}
}

// skeleton lists the ends of segments that start at the commune's centre.
func (c *commune) skeleton() []point {
	ends := []point{c.bourg}
	for _, s := range c.settlements {
		if s.kind != "hameau" {
			ends = append(ends, s.at)
		}
	}
	return ends
}

// reach is the r whose band round the skeleton has the commune's area: about πr² + 2r·length.
func (c *commune) reach() float64 {
	var l float64
	for _, end := range c.skeleton() {
		l += distance(c.centre, end)
	}
	return (math.Sqrt(l*l+math.Pi*c.area) - l) / math.Pi
}

// rivals finds for each cell the communes that can win it while no reach
// changes by more than maxChange.
func (p *partition) rivals(communes []*commune) [][]rival {
	skeletons := make([][]point, len(communes))
	radius := make([]float64, len(communes)) // of a disc round the centre that holds the skeleton
	for i, c := range communes {
		skeletons[i] = c.skeleton()
		for _, end := range skeletons[i] {
			radius[i] = max(radius[i], distance(c.centre, end))
		}
	}
	out := make([][]rival, len(p.label))
	d := make([]float64, len(communes))
	for k := range out {
		at, best := p.centre(k), math.Inf(1)
		for i, c := range communes {
			d[i] = distance(at, c.centre)
			if d[i]-radius[i]-p.reach[i] > best+2*maxChange {
				continue
			}
			for _, end := range skeletons[i] {
				d[i] = min(d[i], toSegment(at, c.centre, end))
			}
			best = min(best, d[i]-p.reach[i])
		}
		for i := range communes {
			if d[i]-p.reach[i] <= best+2*maxChange {
				out[k] = append(out[k], rival{int32(i), float32(d[i])})
			}
		}
	}
	return out
}

// fit finds the reaches by Newton's method. Raising reach a by 1 m moves the
// border with b by about half a metre, so that per side of a cell on that
// border a wins sideGain m² and b loses them.
func (p *partition) fit(communes []*commune, rivals [][]rival) error {
	start := slices.Clone(p.reach)
	n := 0 // the study communes come first
	for n < len(communes) && communes[n].study {
		n++
	}
	for round := range fitRounds {
		area, gain := p.share(rivals, n)
		worst := 0.0
		for i := range n {
			area[i] = communes[i].area - area[i]
			worst = max(worst, math.Abs(area[i])/communes[i].area)
		}
		if worst <= areaTolerance {
			return nil
		}
		for i, move := range solve(gain, area) {
			r := p.reach[i] + fitStep/(1+float64(round)/10)*move
			p.reach[i] = min(start[i]+maxChange, max(start[i]-maxChange, r))
		}
	}
	return fmt.Errorf("anjou: outlines: the published areas are not reached")
}

// share gives every cell to the rival that is nearest within its reach. It
// returns the areas of the first n communes in m², and what each gains or loses
// per metre of the reach of each.
func (p *partition) share(rivals [][]rival, n int) (area []float64, gain [][]float64) {
	area, gain = make([]float64, n), make([][]float64, n)
	for i := range gain {
		gain[i] = make([]float64, n)
	}
	for k, rs := range rivals {
		best := math.Inf(1)
		for _, r := range rs {
			if v := float64(r.distance) - p.reach[r.commune]; v < best {
				best, p.label[k] = v, r.commune
			}
		}
		if i := int(p.label[k]); i < n {
			area[i] += cellSize * cellSize
		}
	}
	border := func(a, b int) {
		if a < n && a != b {
			gain[a][a] += sideGain
			if b < n {
				gain[a][b] -= sideGain
			}
		}
	}
	for k := range p.label {
		for _, other := range [2]int{k + 1, k + p.cols} {
			if other < len(p.label) && (other != k+1 || other%p.cols != 0) {
				a, b := int(p.label[k]), int(p.label[other])
				border(a, b)
				border(b, a)
			}
		}
	}
	return area, gain
}

// solve is Gaussian elimination with partial pivoting of a·x = b; both are overwritten.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for c := range n {
		p := c
		for r := c; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p], b[c], b[p] = a[p], a[c], b[p], b[c]
		for r := c + 1; r < n; r++ {
			f := a[r][c] / a[c][c]
			for k := c; k < n; k++ {
				a[r][k] -= f * a[c][k]
			}
			b[r] -= f * b[c]
		}
	}
	for c := n - 1; c >= 0; c-- {
		for k := c + 1; k < n; k++ {
			b[c] -= a[c][k] * b[k]
		}
		b[c] /= a[c][c]
	}
	return b
}

// at returns the commune of the cell in a row and column, -1 outside the frame.
func (p *partition) at(row, col int) int32 {
	if row < 0 || col < 0 || row >= p.rows || col >= p.cols {
		return -1
	}
	return p.label[row*p.cols+col]
}

// corner is a point of the lattice: cell corners have even coordinates, the
// middles of cell sides one odd one.
type corner struct{ row, col int }

// outline follows the border of a commune counter-clockwise through the middles
// of its cells' sides, and through the corners where three communes meet.
// Neighbours walk the same points the other way, so borders fit exactly; what
// cutting the corners adds and takes is at most one cell in all.
func (p *partition) outline(commune int32) (orb.MultiPolygon, error) {
	next := map[corner]corner{}
	for k, c := range p.label {
		if c != commune {
			continue
		}
		row, col := k/p.cols, k%p.cols
		// The cell's sides, counter-clockwise, each with what lies beyond.
		for _, s := range [4][6]int{{0, 0, 0, 1, -1, 0}, {0, 1, 1, 1, 0, 1}, {1, 1, 1, 0, 1, 0}, {1, 0, 0, 0, 0, -1}} {
			if p.at(row+s[4], col+s[5]) == commune {
				continue
			}
			from, to := corner{row + s[0], col + s[1]}, corner{row + s[2], col + s[3]}
			if _, ok := next[from]; ok {
				return nil, fmt.Errorf("the border touches itself")
			}
			next[from] = to
		}
	}
	start := corner{math.MaxInt, 0}
	for c := range next {
		if c.row < start.row || c.row == start.row && c.col < start.col {
			start = c
		}
	}
	var points []corner
	for c := start; ; {
		to := next[c]
		delete(next, c)
		if p.meeting(c) {
			points = append(points, corner{2 * c.row, 2 * c.col})
		}
		points = append(points, corner{c.row + to.row, c.col + to.col})
		if c = to; c == start {
			break
		}
	}
	if len(next) > 0 {
		return nil, fmt.Errorf("it is not in one piece")
	}
	return p.polygon(points)
}

// meeting says whether three communes, or two and the frame's outside, share a corner.
func (p *partition) meeting(c corner) bool {
	var seen []int32
	for _, d := range [4][2]int{{-1, -1}, {-1, 0}, {0, -1}, {0, 0}} {
		if l := p.at(c.row+d[0], c.col+d[1]); !slices.Contains(seen, l) {
			seen = append(seen, l)
		}
	}
	return len(seen) > 2
}

// polygon drops the points in the middle of straight stretches and converts the rest.
func (p *partition) polygon(points []corner) (orb.MultiPolygon, error) {
	var ring orb.Ring
	n := len(points)
	for i, c := range points {
		a, b := points[(i+n-1)%n], points[(i+1)%n]
		straight := (c.row-a.row)*(b.col-c.col) == (c.col-a.col)*(b.row-c.row)
		if straight && (c.row%2 != 0 || c.col%2 != 0) {
			continue
		}
		at := point{float64(p.e0 + c.col*cellSize/2), float64(p.n0 + c.row*cellSize/2)}
		ll, err := at.lonLat()
		if err != nil {
			return nil, err
		}
		ring = append(ring, orb.Point{math.Round(ll[0]*1e7) / 1e7, math.Round(ll[1]*1e7) / 1e7})
	}
	return orb.MultiPolygon{{append(ring, ring[0])}}, nil
}
