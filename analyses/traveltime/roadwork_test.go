package traveltime

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

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
