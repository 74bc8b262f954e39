package traveltime

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/internal/roadgraph"
	"github.com/maillage/maillage/internal/towntest"
)

func reach(t testing.TB, n *Network, p Place, d Direction, limit Time) *Reach {
	t.Helper()
	r, err := n.Reach(context.Background(), p, d, limit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStretchesInTowns(t *testing.T) {
	// Streets take 10 s a hundred metres.
	street := towntest.Town{Drawing: `A---------B`, Ways: map[string]string{"AB": "highway=residential name=S"}}
	oneway := towntest.Town{Drawing: `A---------B`, Ways: map[string]string{"AB": "highway=residential name=S oneway=yes", "BA": "highway=motorway name=M"}}
	fork := towntest.Town{Drawing: `
A----B----C
     |
     D`, Ways: map[string]string{"AB": "highway=residential name=a", "BC": "highway=residential name=c", "BD": "highway=residential name=d"},
		Turns: map[string]string{"AB,B,BD": "restriction=no_right_turn"}}
	cases := []struct {
		name      string
		town      towntest.Town
		at        string
		direction Direction
		within    []Time // s
		want      []string
	}{
		{"both ways along a street", street, "A+4,0", ToPoint, []Time{20, 35},
			[]string{"S 150 m class 1 from 20.0 s", "S 400 m class 0 from 0.0 s", "S 150 m class 1 from 20.0 s"}},
		{"the walk to the street counts", street, "A+4,-1", FromPoint, []Time{110, 130},
			[]string{"S 200 m class 1 from 110.0 s", "S 200 m class 1 from 110.0 s", "S 200 m class 0 from 100.0 s"}},
		{"not even the walk is within the time", street, "A+4,-1", FromPoint, []Time{99}, nil},
		{"a one-way comes from behind", oneway, "A+4,0", ToPoint, []Time{20}, []string{"S 200 m class 0 from 0.0 s"}},
		{"and goes ahead", oneway, "A+4,0", FromPoint, []Time{20}, []string{"S 200 m class 0 from 0.0 s"}},
		{"a forbidden turn closes a street", fork, "A", FromPoint, []Time{60}, []string{"a 500 m class 0 from 0.0 s", "c 100 m class 0 from 50.0 s"}},
		{"but not the other way", fork, "A", ToPoint, []Time{60}, []string{"a 500 m class 0 from 0.0 s", "c 100 m class 0 from 50.0 s", "d 100 m class 0 from 50.0 s"}},
		{"out and back over the dead end", fork, "A", FromPoint, []Time{160}, []string{"a 500 m class 0 from 0.0 s", "c 500 m class 0 from 50.0 s", "d 100 m class 0 from 150.0 s"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := network(t, c.town)
			within := make([]Time, len(c.within))
			for i, s := range c.within {
				within[i] = 1000 * s
			}
			r := reach(t, n, n.Place(spot(t, c.town, c.at)), c.direction, within[len(within)-1])
			var got []string
			for _, s := range r.Stretches(within) {
				got = append(got, fmt.Sprintf("%s %.0f m class %d from %.1f s", s.Road.Name, s.Metres, s.Class, float64(s.Time)/1000))
				if math.Abs(length(s.Line)-s.Metres) > 0.1 {
					t.Errorf("a stretch of %.1f m is drawn %.1f m long", s.Metres, length(s.Line))
				}
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// matrixTime is the time from the point to a place, or from there to the point, by Matrix.
func matrixTime(t *testing.T, n *Network, d Direction, point, other Place) (got Time) {
	t.Helper()
	from, to := other, point
	if d == FromPoint {
		from, to = to, from
	}
	if err := n.Matrix(context.Background(), []Place{from}, []Place{to}, func(_ int, row []Time) error { got = row[0]; return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReachOfRandomTownsEqualsTheMatrix(t *testing.T) {
	turns, within, beyond := 0, 0, 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		turns += n.Stats.Turns
		others := n.Places(randomPoints(r, 12))
		for _, d := range []Direction{ToPoint, FromPoint} {
			point := n.Place(randomPoints(r, 1)[0])
			limit := Time(r.IntN(600_000))
			around := reach(t, n, point, d, limit)
			for _, o := range others {
				want := matrixTime(t, n, d, point, o)
				got, ok := around.Time(o)
				if ok != (want.Reached() && want <= limit) || (ok && got != want) {
					t.Fatalf("town %d, %s the point within %d: %d (%v), the matrix says %d", seed, d, limit, got, ok, want)
				}
				if ok {
					within++
				} else {
					beyond++
				}
			}
		}
	}
	if turns < 30 || within < 500 || beyond < 500 {
		t.Errorf("%d restrictions, %d places within, %d beyond: the towns do not test them", turns, within, beyond)
	}
}

// Every position of every edge is covered exactly when its time by Matrix is
// within the threshold; what is covered ends at the last 2^-24th that is.
func TestSectionsOfRandomTownsAreExact(t *testing.T) {
	checked, cuts := 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 61))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		point := n.Place(randomPoints(r, 1)[0])
		if !point.On {
			continue
		}
		thresholds := []Time{Time(r.IntN(200_000)), 0}
		thresholds[1] = thresholds[0] + Time(r.IntN(200_000)) + 1
		for _, d := range []Direction{ToPoint, FromPoint} {
			around := reach(t, n, point, d, thresholds[1])
			onEdge := map[int][]entry{}
			for _, e := range around.entries {
				onEdge[e.edge.Edge()] = append(onEdge[e.edge.Edge()], e)
			}
			for edge := range n.edges {
				if n.edges[edge].millimetres == 0 {
					continue // a point: the position on it means nothing
				}
				sections := around.sections(onEdge[edge], thresholds)
				positions := []uint32{0, roadgraph.Whole, r.Uint32N(roadgraph.Whole), r.Uint32N(roadgraph.Whole)}
				for _, s := range sections {
					positions = append(positions, s.from, s.to, (s.from+s.to)/2)
					if s.from > 0 {
						positions = append(positions, s.from-1)
					}
					if s.to < roadgraph.Whole {
						positions = append(positions, s.to+1)
						cuts++
					}
				}
				for _, at := range positions {
					want := matrixTime(t, n, d, point, Place{On: true, At: roadgraph.Position{Edge: uint32(edge), At: at}})
					class := -1
					for _, s := range sections {
						if at < s.from || at > s.to {
							continue
						}
						if class < 0 || s.class < class {
							class = s.class
						}
						if at > s.from && at < s.to && want < Time(s.time) {
							t.Fatalf("town %d: a section begins at %d ms, but at %d it is %d ms", seed, s.time, at, want)
						}
					}
					wantClass := slices.IndexFunc(thresholds, func(limit Time) bool { return want.Reached() && want <= limit })
					// The end of an edge, or the place itself, may be within a time without
					// any length of the edge being so.
					single := at == 0 || at == roadgraph.Whole || (uint32(edge) == point.At.Edge && at == point.At.At)
					if class != wantClass && (!single || class >= 0 && (wantClass < 0 || wantClass > class)) {
						t.Fatalf("town %d, %s, edge %d at %d: class %d, want %d (%d ms, thresholds %v)\n%+v", seed, d, edge, at, class, wantClass, want, thresholds, sections)
					}
					checked++
				}
			}
		}
	}
	if checked < 5000 || cuts < 200 {
		t.Errorf("%d positions and %d cuts: the towns do not test them", checked, cuts)
	}
}
