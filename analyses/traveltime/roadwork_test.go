package traveltime

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

func TestRoadworkInATown(t *testing.T) {
	town := towntest.Town{Drawing: `
A----B
|    |
C----D----E`, Ways: map[string]string{"AB": "highway=residential", "BD": "highway=residential", "CD": "highway=residential", "AC": "highway=residential", "DE": "highway=residential"}}
	n := network(t, town)
	for _, prepared := range []bool{false, true} {
		if prepared {
			if err := n.Prepare(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := ask(t, n, town.Point('A'), town.Point('E')); got != "120.0" {
			t.Errorf("before: %s", got)
		}
		// Way ids count from 1 in the order of the names: AB, AC, BD, CD, DE.
		closed, err := n.Change(Roadwork{Close: []int64{4}})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, closed, town.Point('C'), town.Point('E')); got != "140.0" {
			t.Errorf("CD closed: C → E %s, want 20+50+20+50 by A, B and D", got)
		}
		if got := ask(t, n, town.Point('C'), town.Point('E')); got != "100.0" {
			t.Errorf("the network changed is another: %s", got)
		}
		slow, err := n.Change(Roadwork{PerMille: map[string]int{"residential": 500}})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, slow, town.Point('A'), town.Point('E')); got != "240.0" {
			t.Errorf("at half the speed: %s", got)
		}
		// Who lives on the closed street walks to the next one.
		middle := spot(t, town, "C+2,0")
		moved := closed.Rejoin(n.Places([]orb.Point{middle}))[0]
		if !moved.On || moved != closed.Place(middle) || moved.Metres < 199 {
			t.Errorf("%+v", moved)
		}
	}
	for want, w := range map[string]Roadwork{"way 99 cannot be closed": {Close: []int64{1, 99}}, "class residential": {PerMille: map[string]int{"residential": 0}}} {
		if _, err := n.Change(w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Who lives beyond a closed bridge is cut off: neither off the network nor led to
// the near bank on foot, though the profile lets people walk 250 m to a road.
func TestBeyondAClosedBridgeNobodyIsReached(t *testing.T) {
	town := towntest.Town{Drawing: `A----B-C----D`, Ways: map[string]string{"AB": "highway=residential", "BC": "highway=residential bridge=yes", "CD": "highway=residential"}}
	n := network(t, town)
	closed, err := n.Change(Roadwork{Close: []int64{2}})
	if err != nil {
		t.Fatal(err)
	}
	for home, want := range map[byte]string{'A': "50.0", 'B': "0.0", 'C': "unreachable", 'D': "unreachable"} {
		if got := ask(t, closed, town.Point(home), town.Point('B')); got != want {
			t.Errorf("closed, %c → B: %s, want %s", home, got, want)
		}
	}
	if got := ask(t, closed, town.Point('D'), town.Point('C')); got != "50.0" {
		t.Errorf("closed, D → C on the far bank: %s", got)
	}
	if closed.Stats.Joinable != 2 || n.Stats.Joinable != 3 {
		t.Errorf("%d of %d edges can be joined, want 2 of 3", closed.Stats.Joinable, n.Stats.Joinable)
	}
	// The network joins its bridge still, though the changed one was asked first.
	if middle := n.Place(spot(t, town, "B+1,0")); !middle.On || middle.Metres > 0.1 {
		t.Errorf("on the open bridge: %+v", middle)
	}
}

func TestTheNearestWay(t *testing.T) {
	town := towntest.Town{Drawing: `
A----B

C----D`, Ways: map[string]string{"AB": "highway=motorway name=Rapide ref=A1", "CD": "highway=residential", "AC": "highway=residential", "BD": "highway=proposed"}}
	n := network(t, town)
	// In the order of the names: AB 1, AC 2, BD 3, which no car may use, CD 4.
	for at, want := range map[string]int64{"A+2,0": 1, "A+2,1": 1, "C+2,0": 4, "C+2,2": 4, "D": 4, "A": 1, "A+7,0": 1, "C+2,3": 0} {
		w, ok := n.WayNear(spot(t, town, at))
		if ok != (want > 0) || w.ID != want {
			t.Errorf("%s: way %d (%v), want %d", at, w.ID, ok, want)
		}
	}
	want := Way{1, Road{"Rapide", "A1", "motorway"}, orb.LineString{town.Point('A'), town.Point('B')}}
	if got, ok := n.Way(1); !ok || !nearly(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, id := range []int64{0, 3, 5} {
		if got, ok := n.Way(id); ok {
			t.Errorf("way %d: %+v, but there is none for cars", id, got)
		}
	}
}

// nearly allows for what storing coordinates rounds.
func nearly(a, b Way) bool {
	same := a.ID == b.ID && a.Road == b.Road && len(a.Line) == len(b.Line)
	for k := 0; same && k < len(a.Line); k++ {
		same = geodata.Distance(a.Line[k], b.Line[k]) < 0.02
	}
	return same
}

func TestRoadworkEqualsTheOracleOnRandomTowns(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 23))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Prepare(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		work := Roadwork{PerMille: map[string]int{"residential": 100 + r.IntN(2000)}}
		for _, e := range n.edges {
			if id := roads.Ways[e.way].ID; r.IntN(6) == 0 && !slices.Contains(work.Close, id) {
				work.Close = append(work.Close, id)
			}
		}
		m, err := n.Change(work)
		if err != nil {
			t.Fatal(err)
		}
		var points []orb.Point
		for range 16 {
			points = append(points, orb.Point{r.Float64() * 0.01, r.Float64() * 0.01})
		}
		places := m.Places(points)
		if !slices.Equal(places, m.Rejoin(n.Places(points))) {
			t.Fatalf("seed %d: rejoined places differ from places joined anew", seed)
		}
		// The same roads without the hierarchy give the same times.
		plain := newNetwork(m.roads, m.profile)
		plain.graph, plain.edges, plain.index = m.graph, m.edges, m.index
		for _, to := range places[:6] {
			a, _, err := m.Nearest(context.Background(), places, []Place{to})
			if err != nil {
				t.Fatal(err)
			}
			b, _, _ := plain.Nearest(context.Background(), places, []Place{to})
			if !slices.Equal(a, b) {
				t.Fatalf("seed %d: %v, by Dijkstra %v", seed, a, b)
			}
		}
	}
}
