package anjou

import (
	"container/heap"
	"math"

	"github.com/maillage/maillage/geodata"
	"github.com/paulmach/orb"
)

// graph is the tests' own network: metres from point to point along segments.
type graph map[orb.Point]map[orb.Point]float64

func (g graph) add(a, b orb.Point, both bool) {
	if g[a] == nil {
		g[a] = map[orb.Point]float64{}
	}
	if g[b] == nil {
		g[b] = map[orb.Point]float64{}
	}
	g[a][b] = geodata.Distance(a, b)
	if both {
		g[b][a] = g[a][b]
	}
}

// graphOf takes the ways whose class the function keeps.
func graphOf(r *geodata.Roads, keep func(class string) bool) graph {
	g := graph{}
	for _, w := range r.Ways {
		if !keep(w.Tags.Get("highway")) {
			continue
		}
		for i := 1; i < len(w.Nodes); i++ {
			g.add(r.Nodes[w.Nodes[i-1]].Point(), r.Nodes[w.Nodes[i]].Point(), w.Tags.Get("oneway") != "yes")
		}
	}
	return g
}

func everyClass(string) bool { return true }

func noMotorway(class string) bool { return class != "motorway" && class != "motorway_link" }

func mainOnly(class string) bool { return class == "secondary" || class == "tertiary" }

// between is Dijkstra's shortest way from the vertex nearest to a to that
// nearest to b, with the straight way to them at both ends.
func (g graph) between(a, b orb.Point) float64 {
	p, da := g.nearest(a)
	q, db := g.nearest(b)
	done := map[orb.Point]bool{}
	queue := &frontier{{p, 0}}
	for queue.Len() > 0 {
		at := heap.Pop(queue).(reached)
		if at.p == q {
			return at.d + da + db
		}
		if done[at.p] {
			continue
		}
		done[at.p] = true
		for next, d := range g[at.p] {
			if !done[next] {
				heap.Push(queue, reached{next, at.d + d})
			}
		}
	}
	return math.Inf(1)
}

func (g graph) nearest(a orb.Point) (orb.Point, float64) {
	var best orb.Point
	d := math.Inf(1)
	for p := range g {
		if v := geodata.Distance(a, p); v < d {
			best, d = p, v
		}
	}
	return best, d
}

// reverse turns every arc round.
func (g graph) reverse() graph {
	out := graph{}
	for a, arcs := range g {
		for b := range arcs {
			out.add(b, a, false)
		}
	}
	return out
}

// reach counts the vertices on ways from a start.
func (g graph) reach(start orb.Point) int {
	seen := map[orb.Point]bool{start: true}
	for queue := []orb.Point{start}; len(queue) > 0; queue = queue[1:] {
		for next := range g[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return len(seen)
}

type reached struct {
	p orb.Point
	d float64
}

type frontier []reached

func (f frontier) Len() int           { return len(f) }
func (f frontier) Less(i, j int) bool { return f[i].d < f[j].d }
func (f frontier) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frontier) Push(x any)        { *f = append(*f, x.(reached)) }
func (f *frontier) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// addFine adds a long straight segment in pieces of about 100 m, so that the nearest vertex is near.
func (g graph) addFine(a, b orb.Point) {
	n := math.Ceil(geodata.Distance(a, b) / 100)
	for last, k := a, 1.0; k <= n; k++ {
		p := orb.Point{a[0] + (b[0]-a[0])*k/n, a[1] + (b[1]-a[1])*k/n}
		if k == n {
			p = b
		}
		g.add(last, p, true)
		last = p
	}
}
