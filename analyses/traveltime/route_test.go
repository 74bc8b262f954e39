package traveltime

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
	"github.com/maillage/maillage/internal/towntest"
)

// told writes a route as "walk 100 m 100.0 s; Rue X 300 m 30.0 s".
func told(r *Route) string {
	if !r.Time.Reached() {
		return r.Time.State()
	}
	var legs []string
	for _, l := range r.Legs {
		if l.Walk && l.Metres < 0.02 {
			continue // nodes lie on a lattice of 1e-7 degree
		}
		name := l.Road.Name + l.Road.Ref
		if l.Walk {
			name = "walk"
		} else if name == "" {
			name = l.Road.Class
		}
		s, _ := l.Time.Seconds()
		legs = append(legs, fmt.Sprintf("%s %.0f m %.1f s", name, l.Metres, s))
	}
	return strings.Join(legs, "; ")
}

func TestRoutesInTowns(t *testing.T) {
	square := towntest.Town{Drawing: `
A----B
|    |
C----D----E`, Ways: map[string]string{"ABDCA": "highway=residential name=Ring oneway=yes", "DE": "highway=residential ref=D1"}}
	crossing := towntest.Town{Drawing: `
     N
     |
W----X----E
     |
     S`, Ways: map[string]string{"WX": "highway=residential name=West", "XE": "highway=residential name=East", "NX": "highway=residential name=North", "XS": "highway=residential name=South"},
		Turns: map[string]string{"WX,X,NX": "restriction=no_left_turn"}}
	split := towntest.Town{Drawing: `A--B--C`, Ways: map[string]string{"AB": "highway=residential name=Main", "BC": "highway=residential name=Main"}}
	cases := []struct {
		name           string
		town           towntest.Town
		home, facility string
		want           string
	}{
		{"one street, walks at both ends", split, "A+1,1", "B+1,-1", "walk 100 m 100.0 s; Main 300 m 30.0 s; walk 100 m 100.0 s"},
		{"pieces of one road are one leg", split, "A", "C", "Main 600 m 60.0 s"},
		{"along one edge", split, "A+1,0", "A+2,0", "Main 100 m 10.0 s"},
		{"round a one-way, past the start", square, "A+3,0", "A+1,0", "Ring 1200 m 120.0 s"},
		{"round and out", square, "C", "E", "Ring 900 m 90.0 s; D1 500 m 50.0 s"},
		{"a forbidden turn: to the dead end and back", crossing, "W", "N", "West 500 m 50.0 s; South 400 m 40.0 s; North 200 m 20.0 s"},
		{"at the door already", split, "A+1,0", "A+1,0", ""},
		{"neighbours on either side of the street", split, "A+1,1", "A+1,-1", "walk 100 m 100.0 s; walk 100 m 100.0 s"},
		{"no road near the home", split, "A+1,4", "C", "off_network"},
		{"no road near the facility", split, "A", "A+1,4", "unreachable"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := network(t, c.town)
			r, err := n.Route(context.Background(), n.Place(spot(t, c.town, c.home)), n.Place(spot(t, c.town, c.facility)))
			if err != nil {
				t.Fatal(err)
			}
			if got := told(r); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRouteIsDrawnFromDoorToDoor(t *testing.T) {
	town := towntest.Town{Drawing: `
A---B
    |
    C`, Ways: map[string]string{"ABC": "highway=residential"}}
	n := network(t, town)
	home, facility := spot(t, town, "A+1,-1"), spot(t, town, "B+1,1")
	r, err := n.Route(context.Background(), n.Place(home), n.Place(facility))
	if err != nil {
		t.Fatal(err)
	}
	want := orb.LineString{home, spot(t, town, "A+1,0"), spot(t, town, "B"), spot(t, town, "B+0,1"), facility}
	if len(r.Line) != len(want) {
		t.Fatalf("%v, want %v", r.Line, want)
	}
	for i := range want {
		if geodata.Distance(r.Line[i], want[i]) > 0.02 { // nodes lie on a lattice of 1e-7 degree
			t.Errorf("point %d at %v, want %v", i, r.Line[i], want[i])
		}
	}
}

// checkRoute holds a route against the time it should have and against the
// oracle's edges and forbidden sequences.
func checkRoute(t *testing.T, n *Network, o *oracle, home, facility orb.Point, want Time) {
	t.Helper()
	r, err := n.Route(context.Background(), n.Place(home), n.Place(facility))
	if err != nil {
		t.Fatal(err)
	}
	if r.Time != want {
		t.Fatalf("the route takes %d, the matrix says %d", r.Time, want)
	}
	if !want.Reached() {
		if len(r.Legs)+len(r.Edges)+len(r.Line) > 0 {
			t.Fatal("there is no way, but a route is drawn")
		}
		return
	}
	var sum Time
	var metres float64
	for _, l := range r.Legs {
		sum, metres = sum+l.Time, metres+l.Metres
		if len(l.Line) < 2 || math.Abs(length(l.Line)-l.Metres) > 0.02+l.Metres/1000 {
			t.Fatalf("a leg of %.2f m is drawn %.2f m long with %d points", l.Metres, length(l.Line), len(l.Line))
		}
	}
	if sum != r.Time || math.Abs(metres-r.Metres) > 1e-6 {
		t.Fatalf("legs take %d ms and %f m, the route %d and %f", sum, metres, r.Time, r.Metres)
	}
	if r.Line[0] != home || r.Line[len(r.Line)-1] != facility || math.Abs(length(r.Line)-r.Metres) > 0.1+r.Metres/1000 {
		t.Fatalf("the line from %v to %v is %.2f m long, the route %.2f m", r.Line[0], r.Line[len(r.Line)-1], length(r.Line), r.Metres)
	}
	var past trail
	for i, d := range r.Edges {
		if o.weight(d) == roadgraph.Closed {
			t.Fatalf("edge %d of the route is closed", i)
		}
		if i > 0 {
			if o.head(r.Edges[i-1]) != o.head(d.Reverse()) {
				t.Fatalf("edge %d does not follow the one before", i)
			}
			if o.breaks(past, d) {
				t.Fatalf("edge %d makes a forbidden turn", i)
			}
		}
		past = o.grow(past, d, 0)
	}
}

func length(line orb.LineString) (metres float64) {
	for i := 1; i < len(line); i++ {
		metres += geodata.Distance(line[i-1], line[i])
	}
	return metres
}

// matrix is the whole matrix, a row per facility.
func matrix(t testing.TB, n *Network, homes, facilities []orb.Point) (rows [][]Time) {
	t.Helper()
	if err := n.Matrix(context.Background(), n.Places(homes), n.Places(facilities), func(_ int, row []Time) error {
		rows = append(rows, append([]Time{}, row...))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRoutesOfRandomTownsEqualTheMatrix(t *testing.T) {
	turns, reached := 0, 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 77))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		turns += n.Stats.Turns
		o := newOracle(n)
		homes, facilities := randomPoints(r, 8), randomPoints(r, 4)
		for j, row := range matrix(t, n, homes, facilities) {
			for i := range homes {
				checkRoute(t, n, o, homes[i], facilities[j], row[i])
				if row[i].Reached() {
					reached++
				}
			}
		}
	}
	if turns < 50 || reached < 1000 {
		t.Errorf("%d restrictions acted on %d routes: the towns do not test them", turns, reached)
	}
}

func randomPoints(r *rand.Rand, k int) (ps []orb.Point) {
	for range k {
		ps = append(ps, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
	}
	return ps
}

func TestRoutesOfLiechtensteinEqualTheMatrix(t *testing.T) {
	s := liechtenstein(t)
	nets := NewNetworks("")
	for _, mode := range profile.Modes() {
		n, err := nets.Get(context.Background(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		o := newOracle(n)
		r := rand.New(rand.NewPCG(8, 8))
		cells := s.Population().Cells
		pick := func(k int) (ps []orb.Point) {
			for len(ps) < k {
				p := cells[r.IntN(len(cells))].Centre
				p = orb.Point{p[0] + (r.Float64()-0.5)*0.01, p[1] + (r.Float64()-0.5)*0.01}
				if n.Place(p).On { // much of the grid lies beyond the roads
					ps = append(ps, p)
				}
			}
			return ps
		}
		homes, facilities := pick(20), pick(10)
		reached := 0
		for j, row := range matrix(t, n, homes, facilities) {
			for i := range homes {
				checkRoute(t, n, o, homes[i], facilities[j], row[i])
				if row[i].Reached() {
					reached++
				}
			}
		}
		t.Logf("%s: %d of 200 pairs have a route", mode, reached)
		if reached < 100 {
			t.Errorf("%s: only %d of 200 pairs have a route", mode, reached)
		}
	}
}

func TestRouteStops(t *testing.T) {
	town := towntest.Town{Drawing: `A--B--C`, Ways: map[string]string{"ABC": "highway=residential"}}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n := network(t, town)
	if _, err := n.Route(ctx, n.Place(spot(t, town, "A")), n.Place(spot(t, town, "C"))); err == nil {
		t.Error("a cancelled search found a route")
	}
}
