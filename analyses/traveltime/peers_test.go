package traveltime

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// What every engine is asked, here and in .ci/peers.
const (
	peerSeed       = 20_261_123
	peerHomes      = 2000
	peerFacilities = 50
	peerPairs      = 500
	peerRuns       = 15
)

var peersDir = flag.String("peers", "", "folder in which TestPeers leaves our side of the comparison with other engines (make bench-peers)")

// peerCase is our side of the comparison on one network: the network itself for
// engines that take edges, the questions, and our answers.
type peerCase struct {
	Vertices   [][2]float64 // longitude, latitude
	Edges      []peerEdge
	Ways       []geodata.Tags
	Homes      []int   // vertices
	Facilities []int   // vertices
	Matrix     [][]int // per facility, milliseconds from every home; -1 where there is none
	Pairs      [][2]int
	Times      []int                // per pair, milliseconds
	Runs       map[string][]float64 // what was timed → milliseconds of each run
}

// peerEdge is tail, head, milliseconds forward and backward (-1: closed), millimetres, way.
type peerEdge [6]int

// TestPeers asks our engine what .ci/bench-peers asks the others, and leaves
// questions and answers where that finds them.
func TestPeers(t *testing.T) {
	if *peersDir == "" {
		t.Skip("SKIPPED: runs with -peers FOLDER, for make bench-peers")
	}
	data := filepath.Join("..", "..", "..", "shared", "data")
	for name, path := range map[string]string{
		"liechtenstein": filepath.Join(data, "liechtenstein", "liechtenstein.osm.pbf"),
		"bayreuth":      filepath.Join(data, "bayreuth", "north-bayreuth.osm.pbf"),
		"delaware":      delawarePath(t),
	} {
		roads, _, err := load.Roads(context.Background(), []string{path}, load.Options{})
		if err != nil {
			t.Fatal(err)
		}
		modes := profile.Modes()
		if name == "delaware" { // larger: for the matrix only
			modes = []string{"car"}
		}
		for _, mode := range modes {
			p, err := profile.For(mode)
			if err != nil {
				t.Fatal(err)
			}
			n, err := NewNetwork(context.Background(), &roads, p)
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Prepare(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			c := newPeerCase(t, n)
			if name != "bayreuth" && mode == "car" {
				c.measure(t, n)
			}
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*peersDir, name+"-"+mode+".json"), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// newPeerCase draws the questions.
func newPeerCase(t *testing.T, n *Network) *peerCase {
	c := &peerCase{Vertices: make([][2]float64, n.Stats.Vertices), Runs: map[string][]float64{}}
	for i, e := range n.graph.Edges() {
		nodes := n.roads.Ways[n.edges[i].way].Nodes
		c.Vertices[e.Tail] = n.roads.Nodes[nodes[n.edges[i].first]].Point()
		c.Vertices[e.Head] = n.roads.Nodes[nodes[n.edges[i].last]].Point()
		c.Edges = append(c.Edges, peerEdge{int(e.Tail), int(e.Head), peerMillis(e.Forward), peerMillis(e.Backward),
			int(n.edges[i].millimetres), int(n.edges[i].way)})
	}
	for _, w := range n.roads.Ways {
		c.Ways = append(c.Ways, w.Tags)
	}
	from := c.clearJunctions(n)
	r := rand.New(rand.NewPCG(peerSeed, 0))
	for range peerPairs {
		c.Pairs = append(c.Pairs, [2]int{from[r.IntN(len(from))], from[r.IntN(len(from))]})
	}
	for range peerHomes {
		c.Homes = append(c.Homes, from[r.IntN(len(from))])
	}
	for range peerFacilities {
		c.Facilities = append(c.Facilities, from[r.IntN(len(from))])
	}
	c.Matrix = c.matrix(t, n, c.Homes, c.Facilities)
	var starts, ends []int
	for _, p := range c.Pairs {
		starts, ends = append(starts, p[0]), append(ends, p[1])
	}
	for j, row := range c.matrix(t, n, starts, ends) {
		c.Times = append(c.Times, row[j])
	}
	return c
}

// clearJunctions are those where it does not matter which of the roads that meet
// there a point is thought to lie on: all are two-way, a journey may begin on any,
// none is a track (OSRM drives on none, and would ask about the nearest road
// instead), and there is no barrier.
func (c *peerCase) clearJunctions(n *Network) (clear []int) {
	unclear := make([]bool, len(c.Vertices))
	at := map[[2]float64]int{} // the two sides of a barrier are vertices in the same place
	for _, p := range c.Vertices {
		at[p]++
	}
	for i, e := range n.graph.Edges() {
		oneway := e.Forward == roadgraph.Closed || e.Backward == roadgraph.Closed
		track := n.roads.Ways[n.edges[i].way].Tags.Get("highway") == "track"
		if oneway || track || !n.edges[i].joinable {
			unclear[e.Tail], unclear[e.Head] = true, true
		}
	}
	for v, p := range c.Vertices {
		if !unclear[v] && at[p] == 1 {
			clear = append(clear, v)
		}
	}
	return clear
}

func peerMillis(weight uint32) int {
	if weight == roadgraph.Closed {
		return -1
	}
	return int(weight)
}

func (c *peerCase) points(vertices []int) []orb.Point {
	points := make([]orb.Point, len(vertices))
	for i, v := range vertices {
		points[i] = c.Vertices[v]
	}
	return points
}

// matrix returns per facility the milliseconds from every home, -1 where there are none.
func (c *peerCase) matrix(t *testing.T, n *Network, homes, facilities []int) [][]int {
	rows := make([][]int, len(facilities))
	err := n.Matrix(context.Background(), n.Places(c.points(homes)), n.Places(c.points(facilities)), func(j int, times []Time) error {
		for _, ms := range times {
			if !ms.Reached() {
				rows[j] = append(rows[j], -1)
				continue
			}
			rows[j] = append(rows[j], int(ms))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// measure times the whole of what a user asks for (points in, all times out), and
// the matrix between points that are joined to the network already.
func (c *peerCase) measure(t *testing.T, n *Network) {
	homes, facilities := c.points(c.Homes), c.points(c.Facilities)
	for threads, label := range map[int]string{1: "1 thread", runtime.NumCPU(): "all threads"} {
		before := runtime.GOMAXPROCS(threads)
		for range peerRuns {
			start := time.Now()
			from, to := n.Places(homes), n.Places(facilities)
			joined := time.Now()
			if err := n.Matrix(context.Background(), from, to, func(int, []Time) error { return nil }); err != nil {
				t.Fatal(err)
			}
			c.Runs["joined "+label] = append(c.Runs["joined "+label], milliseconds(time.Since(joined)))
			c.Runs["whole "+label] = append(c.Runs["whole "+label], milliseconds(time.Since(start)))
		}
		runtime.GOMAXPROCS(before)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
