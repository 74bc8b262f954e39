package tours

import (
	"errors"
	"fmt"
	"slices"
)

// Problem is a choice of routes. Points are numbered from 0, which is where every
// route starts; the last is where it ends.
type Problem struct {
	Vehicles int
	Budget   int64     // the longest that a route may be
	Length   [][]int64 // from each point to each; need be neither symmetric nor shortest
	Score    []int64   // per point, what its first visit is worth; 0 at start and end
}

// ErrProblem marks a problem that is not one.
var ErrProblem = errors.New("not a problem")

// The greatest values that sums cannot overflow with.
const (
	longest  = int64(1) << 50 // a budget or a length
	dearest  = int64(1) << 36 // all scores together
	allowed  = 1 << 14        // points
	vehicles = 1 << 10
)

// Check says what is wrong with a problem. That no point is within reach is not.
func (p *Problem) Check() error {
	n := len(p.Score)
	switch {
	case n < 2 || n > allowed:
		return fmt.Errorf("%w: %d points: want a start and an end, and no more than %d in all", ErrProblem, n, allowed)
	case p.Vehicles < 1 || p.Vehicles > vehicles:
		return fmt.Errorf("%w: %d vehicles: want 1 to %d", ErrProblem, p.Vehicles, vehicles)
	case p.Budget < 0 || p.Budget > longest:
		return fmt.Errorf("%w: a budget of %d: want 0 to %d", ErrProblem, p.Budget, longest)
	case len(p.Length) != n:
		return fmt.Errorf("%w: lengths from %d points of %d: want a row for each", ErrProblem, len(p.Length), n)
	case p.Score[0] != 0 || p.Score[n-1] != 0:
		return fmt.Errorf("%w: scores of %d at the start and %d at the end: want 0, nothing is collected there", ErrProblem, p.Score[0], p.Score[n-1])
	}
	total := int64(0)
	for i, s := range p.Score {
		if s < 0 || s > dearest-total {
			return fmt.Errorf("%w: point %d: a score of %d: want 0 or more, and no more than %d in all", ErrProblem, i, s, dearest)
		}
		total += s
		if len(p.Length[i]) != n {
			return fmt.Errorf("%w: point %d: lengths to %d points of %d: want one to each", ErrProblem, i, len(p.Length[i]), n)
		}
		for j, d := range p.Length[i] {
			if d < 0 || d > longest {
				return fmt.Errorf("%w: from point %d to %d: a length of %d: want 0 to %d", ErrProblem, i, j, d, longest)
			}
		}
	}
	return nil
}

// Verify says which rule a plan breaks, and what it scores. It shares nothing with the
// search: a plan is as many routes as there are vehicles at most, each from the start
// to the end within the budget, by points that no other has.
func Verify(p *Problem, routes [][]int32) (score int64, err error) {
	if len(routes) > p.Vehicles {
		return 0, fmt.Errorf("%d routes for %d vehicles", len(routes), p.Vehicles)
	}
	n := int32(len(p.Score))
	visited := make(map[int32]int)
	for k, r := range routes {
		if len(r) < 2 || r[0] != 0 || r[len(r)-1] != n-1 {
			return 0, fmt.Errorf("route %d, %v: want it to start at 0 and end at %d", k, r, n-1)
		}
		length := int64(0)
		for at, j := range r[1:] {
			if j <= 0 || j >= n {
				return 0, fmt.Errorf("route %d: point %d: want 1 to %d", k, j, n-1)
			}
			length += p.Length[r[at]][j]
			if j == n-1 && at+2 == len(r) {
				break
			}
			if other, twice := visited[j]; twice || j == n-1 {
				return 0, fmt.Errorf("route %d: point %d is in route %d already, or is the end", k, j, other)
			}
			visited[j] = k
			score += p.Score[j]
		}
		if length > p.Budget {
			return 0, fmt.Errorf("route %d is %d long: want %d at most", k, length, p.Budget)
		}
	}
	return score, nil
}

// compiled is a problem with what the search looks up all the time.
type compiled struct {
	*Problem
	n, last   int
	d         []int64 // lengths, row by row
	from, to  []int64 // per point, the shortest way from the start and to the end, by other points too
	points    []int32 // those within reach that score, rising
	symmetric bool
	step      int64 // what all scores are multiples of; 1 at least
}

func compile(p *Problem) (*compiled, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	n := len(p.Score)
	c := &compiled{Problem: p, n: n, last: n - 1, d: slices.Concat(p.Length...)}
	c.symmetric = true
	for i := range n {
		for j := range i {
			c.symmetric = c.symmetric && c.d[i*n+j] == c.d[j*n+i]
		}
	}
	c.from = c.shortest(0, func(a, b int) int64 { return c.d[a*n+b] })
	c.to = c.shortest(n-1, func(a, b int) int64 { return c.d[b*n+a] })
	for i := 1; i < n-1; i++ {
		if c.from[i]+c.to[i] <= p.Budget && (p.Score[i] > 0 || c.shortens(i)) {
			c.points = append(c.points, int32(i))
			c.step = gcd(c.step, p.Score[i])
		}
	}
	c.step = max(1, c.step)
	return c, nil
}

// shortest is the length of the shortest way to every point.
func (c *compiled) shortest(from int, length func(a, b int) int64) []int64 {
	dist, done := slices.Repeat([]int64{4 * longest}, c.n), make([]bool, c.n)
	dist[from] = 0
	for range c.n {
		at := -1
		for i := range c.n {
			if !done[i] && (at < 0 || dist[i] < dist[at]) {
				at = i
			}
		}
		done[at] = true
		for i := range c.n {
			dist[i] = min(dist[i], dist[at]+length(at, i))
		}
	}
	return dist
}

// shortens says whether some way is shorter by a point.
func (c *compiled) shortens(by int) bool {
	for a := range c.n {
		for b := range c.n {
			if a != b && c.d[a*c.n+by]+c.d[by*c.n+b] < c.d[a*c.n+b] {
				return true
			}
		}
	}
	return false
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// down is the highest score that a bound allows: scores are multiples of the step.
func (c *compiled) down(bound int64) int64 { return bound / c.step * c.step }

// most is what all points within reach score together.
func (c *compiled) most() (sum int64) {
	for _, i := range c.points {
		sum += c.Score[i]
	}
	return sum
}

// length is that of a route.
func (c *compiled) length(route []int32) (sum int64) {
	for k := 1; k < len(route); k++ {
		sum += c.d[int(route[k-1])*c.n+int(route[k])]
	}
	return sum
}

// worth is what the points of a route score.
func (c *compiled) worth(route []int32) (sum int64) {
	for _, i := range route {
		sum += c.Score[i]
	}
	return sum
}
