package traveltime

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

func TestPlacesInOrderAreThePlaces(t *testing.T) {
	check := func(n *Network, points []orb.Point) {
		t.Helper()
		want := n.Places(points)
		if got := n.PlacesInOrder(points); !slices.Equal(want, got) {
			i := slices.IndexFunc(want, func(p Place) bool { return p != got[slices.Index(want, p)] })
			t.Fatalf("point %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 12))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		points := randomPoints(r, 30) // near or not, the answer is the same
		for x := range 30 {
			points = append(points, orb.Point{float64(x) * 0.0005, 0.005}, n.roads.Nodes[r.IntN(len(n.roads.Nodes))].Point())
		}
		check(n, points)
	}
	n, err := NewNetworks("").Get(context.Background(), liechtenstein(t), "car")
	if err != nil {
		t.Fatal(err)
	}
	var points []orb.Point
	for y := range 40 {
		for x := range 200 {
			points = append(points, orb.Point{9.45 + float64(x)*0.001, 47.05 + float64(y)*0.005})
		}
	}
	check(n, points)
}
