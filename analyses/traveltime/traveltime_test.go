package traveltime

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/roadgraph"
)

// oracle computes times the slow way: forward from the home, over directed edges
// with the full history a forbidden sequence needs, with the standard library's
// heap, sharing nothing with the graph of states.
type oracle struct {
	edges     []roadgraph.Edge
	forbidden [][]roadgraph.DirectedEdge
	out       map[uint32][]roadgraph.DirectedEdge
	longest   int
}

func newOracle(n *Network) *oracle {
	b := newBuilder(newNetwork(n.roads, n.profile))
	b.cut()
	o := &oracle{edges: b.graphEdges, forbidden: b.forbidden(), out: map[uint32][]roadgraph.DirectedEdge{}, longest: 1}
	for _, f := range o.forbidden {
		o.longest = max(o.longest, len(f))
	}
	for i, e := range o.edges {
		if e.Forward != roadgraph.Closed {
			o.out[e.Tail] = append(o.out[e.Tail], roadgraph.Forward(i))
		}
		if e.Backward != roadgraph.Closed {
			o.out[e.Head] = append(o.out[e.Head], roadgraph.Backward(i))
		}
	}
	return o
}

func (o *oracle) weight(d roadgraph.DirectedEdge) uint32 {
	if d.IsBackward() {
		return o.edges[d.Edge()].Backward
	}
	return o.edges[d.Edge()].Forward
}

func (o *oracle) head(d roadgraph.DirectedEdge) uint32 {
	if d.IsBackward() {
		return o.edges[d.Edge()].Tail
	}
	return o.edges[d.Edge()].Head
}

func (o *oracle) part(d roadgraph.DirectedEdge, at uint32) uint64 {
	if d.IsBackward() {
		at = roadgraph.Whole - at
	}
	return uint64(o.weight(d)) * uint64(at) / roadgraph.Whole
}

type trail struct {
	time uint64
	last [4]roadgraph.DirectedEdge // most recent last, padded with none
	n    int
}

type trails []trail

func (h trails) Len() int           { return len(h) }
func (h trails) Less(i, j int) bool { return h[i].time < h[j].time }
func (h trails) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *trails) Push(x any)        { *h = append(*h, x.(trail)) }
func (h *trails) Pop() any          { o := *h; x := o[len(o)-1]; *h = o[:len(o)-1]; return x }

// times returns the time from home to each facility.
func (o *oracle) times(t testing.TB, home Place, to []Place) []Time {
	if o.longest > 5 {
		t.Fatalf("the oracle remembers 4 edges, a restriction needs %d", o.longest-1)
	}
	best := make([]uint64, len(to))
	for j := range best {
		best[j] = ^uint64(0)
	}
	on := map[uint32][]int{}
	for j, f := range to {
		if f.On {
			on[f.At.Edge] = append(on[f.At.Edge], j)
		}
	}
	type key struct {
		last [4]roadgraph.DirectedEdge
		n    int
	}
	done := map[key]bool{}
	var h trails
	if home.On {
		for _, d := range []roadgraph.DirectedEdge{roadgraph.Forward(int(home.At.Edge)), roadgraph.Backward(int(home.At.Edge))} {
			if o.weight(d) == roadgraph.Closed {
				continue
			}
			for _, j := range on[home.At.Edge] { // straight along the edge
				if a, b := o.part(d, home.At.At), o.part(d, to[j].At.At); b >= a && (d.IsBackward() == (to[j].At.At <= home.At.At) || to[j].At.At == home.At.At) {
					best[j] = min(best[j], b-a+uint64(to[j].Walk))
				}
			}
			heap.Push(&h, o.grow(trail{}, d, uint64(o.weight(d))-o.part(d, home.At.At)))
		}
	}
	for h.Len() > 0 {
		x := heap.Pop(&h).(trail)
		if k := (key{x.last, x.n}); done[k] {
			continue
		} else {
			done[k] = true
		}
		for _, d := range o.out[o.head(x.last[3])] {
			if o.breaks(x, d) {
				continue
			}
			for _, j := range on[uint32(d.Edge())] {
				best[j] = min(best[j], x.time+o.part(d, to[j].At.At)+uint64(to[j].Walk))
			}
			next := o.grow(x, d, x.time+uint64(o.weight(d)))
			if !done[key{next.last, next.n}] {
				heap.Push(&h, next)
			}
		}
	}
	out := make([]Time, len(to))
	for j := range out {
		switch {
		case !home.On:
			out[j] = OffNetwork
		case best[j] == ^uint64(0):
			out[j] = Unreachable
		default:
			out[j] = Time(best[j] + uint64(home.Walk))
		}
	}
	return out
}

// grow appends an edge to a trail and forgets what no restriction can need.
func (o *oracle) grow(x trail, d roadgraph.DirectedEdge, time uint64) trail {
	y := trail{time: time, n: min(x.n+1, max(o.longest-1, 1))}
	copy(y.last[:3], x.last[1:])
	y.last[3] = d
	for i := range 4 - y.n {
		y.last[i] = 0
	}
	return y
}

func (o *oracle) breaks(x trail, d roadgraph.DirectedEdge) bool {
	for _, f := range o.forbidden {
		if f[len(f)-1] == d && len(f)-1 <= x.n && slices.Equal(f[:len(f)-1], x.last[4-(len(f)-1):]) {
			return true
		}
	}
	return false
}

// check compares Matrix and Nearest with the oracle for the homes, first by
// Dijkstra, then with the network prepared.
func check(t *testing.T, n *Network, homes, facilities []orb.Point) {
	t.Helper()
	o := newOracle(n)
	from, to := n.Places(homes), n.Places(facilities)
	want := make([][]Time, len(from))
	for i, h := range from {
		want[i] = o.times(t, h, to)
	}
	compare(t, n.Homes(from), to, want)
	if err := n.Prepare(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	compare(t, n.Homes(from), to, want)
}

func compare(t *testing.T, homes *Homes, to []Place, want [][]Time) {
	t.Helper()
	got := make([][]Time, len(to))
	if err := homes.Matrix(context.Background(), to, func(j int, row []Time) error { got[j] = slices.Clone(row); return nil }); err != nil {
		t.Fatal(err)
	}
	times, who, err := homes.Nearest(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	const k = 3
	kTimes, kWho, err := homes.KNearest(context.Background(), to, k)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range homes.places {
		checkNearestK(t, h, want[i], kTimes[i*k:(i+1)*k], kWho[i*k:(i+1)*k])
		for j := range to {
			if got[j][i] != want[i][j] {
				t.Fatalf("home %d → facility %d: %d ms, the oracle says %d", i, j, got[j][i], want[i][j])
			}
		}
		best, bestJ := Unreachable, int32(-1)
		if !h.On {
			best = OffNetwork
		}
		for j := len(to) - 1; j >= 0; j-- {
			if want[i][j].Reached() && (bestJ < 0 || want[i][j] <= best) {
				best, bestJ = want[i][j], int32(j)
			}
		}
		if times[i] != best || who[i] != bestJ {
			t.Fatalf("home %d: nearest is %d at %d ms, the oracle says %d at %d ms", i, who[i], times[i], bestJ, best)
		}
	}
}

// randomRoads draws a town of streets of all kinds, barriers and restrictions.
func randomRoads(r *rand.Rand) geodata.Roads {
	var roads geodata.Roads
	n := 4 + r.IntN(20)
	for i := range n {
		roads.Nodes = append(roads.Nodes, geodata.RoadNode{ID: int64(i + 1), Lon: int32(r.IntN(100_000)), Lat: int32(r.IntN(100_000))})
	}
	for id := range 3 + r.IntN(n) {
		w := geodata.Way{ID: int64(id + 1), Tags: geodata.Tags{{Key: "highway", Value: "residential"}}}
		for range 2 + r.IntN(4) {
			w.Nodes = append(w.Nodes, int32(r.IntN(n)))
		}
		switch r.IntN(6) {
		case 0:
			w.Tags = append(w.Tags, geodata.Tag{Key: "oneway", Value: "yes"})
		case 1:
			w.Tags[0].Value = "motorway"
		}
		roads.Ways = append(roads.Ways, w)
	}
	for i := range n {
		if r.IntN(10) == 0 {
			roads.Tagged = append(roads.Tagged, geodata.TaggedNode{Node: int32(i), Tags: geodata.Tags{{Key: "barrier", Value: []string{"bollard", "gate"}[r.IntN(2)]}}})
		}
	}
	for id := range r.IntN(6) {
		x := geodata.Restriction{ID: int64(id + 1), From: int64(1 + r.IntN(len(roads.Ways))), To: int64(1 + r.IntN(len(roads.Ways))),
			ViaNode: int64(1 + r.IntN(n)), Tags: geodata.Tags{{Key: "restriction", Value: []string{"no_left_turn", "only_straight_on", "no_u_turn"}[r.IntN(3)]}}}
		roads.Restrictions = append(roads.Restrictions, x)
	}
	return roads
}

func TestRandomTownsEqualTheOracle(t *testing.T) {
	turns := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 5))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		turns += n.Stats.Turns
		points := func(k int) (ps []orb.Point) {
			for range k {
				ps = append(ps, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
			}
			return ps
		}
		check(t, n, points(12), points(2+r.IntN(20)))
	}
	if turns < 100 {
		t.Errorf("only %d restrictions acted: the towns do not test them", turns)
	}
}

func TestResultsDoNotDependOnThreadsOrOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	roads := randomRoads(r)
	n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	var homes, facilities []orb.Point
	for range 3000 {
		homes = append(homes, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
	}
	for range 17 {
		facilities = append(facilities, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
	}
	all := func(homes []orb.Point) (rows [][]Time) {
		from, to := n.Places(homes), n.Places(facilities)
		if err := n.Matrix(context.Background(), from, to, func(_ int, row []Time) error { rows = append(rows, slices.Clone(row)); return nil }); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := all(homes)
	for _, procs := range []int{1, 2, 8} {
		old := runtime.GOMAXPROCS(procs)
		got := all(homes)
		runtime.GOMAXPROCS(old)
		for j := range want {
			if !slices.Equal(got[j], want[j]) {
				t.Errorf("GOMAXPROCS %d changes the times to facility %d", procs, j)
			}
		}
	}
	slices.Reverse(homes)
	for j, row := range all(homes) {
		slices.Reverse(row)
		if !slices.Equal(row, want[j]) {
			t.Errorf("the order of the homes changes the times to facility %d", j)
		}
	}
}

func TestAddedFacilityNeverWorsensATime(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 100 {
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		var homes, facilities []orb.Point
		for range 30 {
			homes = append(homes, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
			facilities = append(facilities, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
		}
		from, to := n.Places(homes), n.Places(facilities)
		last, _, _ := n.Nearest(context.Background(), from, nil)
		for k := range to {
			times, _, _ := n.Nearest(context.Background(), from, to[:k+1])
			for i := range times {
				if times[i] > last[i] {
					t.Fatalf("facility %d makes home %d farther: %d, was %d", k, i, times[i], last[i])
				}
			}
			last = times
		}
	}
}

func TestMatrixStops(t *testing.T) {
	roads := randomRoads(rand.New(rand.NewPCG(1, 1)))
	n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	to := n.Places(make([]orb.Point, 50))
	stop := errors.New("enough")
	if err := n.Matrix(context.Background(), to, to, func(j int, _ []Time) error {
		if j == 3 {
			return stop
		}
		return nil
	}); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := n.Matrix(ctx, to, to, func(int, []Time) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAModeWithoutRoads(t *testing.T) {
	roads := geodata.Roads{Nodes: make([]geodata.RoadNode, 2), Ways: []geodata.Way{{ID: 1, Nodes: []int32{0, 1}, Tags: geodata.Tags{{Key: "highway", Value: "steps"}}}}}
	if _, err := NewNetwork(context.Background(), &roads, simpleProfile(t)); err == nil {
		t.Error("a car network of stairs was built")
	}
}

// checkNearestK sorts all times of a home.
func checkNearestK(t *testing.T, h Place, all []Time, times []Time, who []int32) {
	t.Helper()
	var order []int
	for j := range all {
		if all[j].Reached() {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a], all[b]) })
	for k := range times {
		want, at := Unreachable, int32(-1)
		if !h.On {
			want = OffNetwork
		}
		if k < len(order) {
			want, at = all[order[k]], int32(order[k])
		}
		if times[k] != want || who[k] != at {
			t.Fatalf("nearest number %d is %d at %d ms, want %d at %d ms", k+1, who[k], times[k], at, want)
		}
	}
}

// The nearest joinable edge by brute force over all segments.
func TestPlacesEqualBruteForce(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 29))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p := orb.Point{r.Float64()*0.02 - 0.005, r.Float64()*0.02 - 0.005}
			if r.IntN(4) == 0 { // on a junction, where several edges are as near
				p = roads.Nodes[r.IntN(len(roads.Nodes))].Point()
			}
			mx, my := geodata.MetresPerDegree(p[1])
			want, nearest := segment{edge: -1}, float64(n.profile.MaxAccess())
			for i, e := range n.edges {
				for k := e.first; e.joinable && k < e.last; k++ {
					s := segment{int32(i), k - e.first}
					a, b := n.segmentEnds(s)
					if d, _ := offset(p, a, b, mx, my); d < nearest || (d == nearest && want.edge < 0) {
						want, nearest = s, d
					}
				}
			}
			got := n.Place(p)
			if got.On != (want.edge >= 0) || got.Of != p {
				t.Fatalf("seed %d, %v: on the network %v, want %v", seed, p, got.On, want.edge >= 0)
			}
			if got.On && got != n.place(p, want, nearest) {
				t.Fatalf("seed %d, %v: %+v, want %+v", seed, p, got, n.place(p, want, nearest))
			}
		}
	}
}

func BenchmarkPlace(b *testing.B) {
	n := delaware(b)
	r := rand.New(rand.NewPCG(1, 1))
	var points []orb.Point
	for range 2000 {
		p := n.roads.Nodes[r.IntN(len(n.roads.Nodes))].Point()
		points = append(points, orb.Point{p[0] + (r.Float64()-0.5)*0.002, p[1] + (r.Float64()-0.5)*0.002})
	}
	n.Place(points[0])
	for i := 0; b.Loop(); i++ {
		n.Place(points[i%len(points)])
	}
}
