package traveltime

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

// Thousands of random sequences of steps on random towns: after each step the
// state is the one computed from scratch, and undoing all of them leads back.
func TestStepsEqualAFullRecompute(t *testing.T) {
	steps := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 21))
		roads := randomRoads(r)
		n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
		if err != nil {
			t.Fatal(err)
		}
		if seed%2 == 0 {
			if err := n.Prepare(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
		}
		point := func() orb.Point { return orb.Point{r.Float64() * 0.01, r.Float64() * 0.01} }
		var points, sites []orb.Point
		for range 10 {
			points = append(points, point())
		}
		for range r.IntN(4) {
			sites = append(sites, point())
		}
		homes := n.Homes(n.Places(points))
		x, err := homes.Incumbent(context.Background(), n.Places(sites))
		if err != nil {
			t.Fatal(err)
		}
		first, firstAt := slices.Clone(x.Times()), slices.Clone(x.Nearest())
		// The networks as they were before each step that changed the roads, nil for
		// other steps.
		var log []*Network
		undo := func() (changes []Change) {
			last := log[len(log)-1]
			log = log[:len(log)-1]
			if last == nil {
				changes, _ = x.Undo()
				return changes
			}
			changes, err := x.Reroute(context.Background(), last)
			if err != nil {
				t.Fatal(err)
			}
			return changes
		}
		for range 12 {
			steps++
			before := slices.Clone(x.Times())
			var changes []Change
			is := x.homes.n
			switch number, dice := r.IntN(len(x.sites)+1), r.IntN(12); {
			case dice < 2 && len(log) > 0:
				changes = undo()
			case dice < 4:
				var m *Network
				if m, err = n.Change(Roadwork{Close: []int64{roads.Ways[n.edges[r.IntN(len(n.edges))].way].ID}, PerMille: map[string]int{"residential": 100 + r.IntN(1900)}}); err == nil {
					changes, err = x.Reroute(context.Background(), m)
				}
				log = append(log, is)
			case number == len(x.sites) || !x.sites[number].open:
				_, changes = x.Add(is.Place(point()))
				log = append(log, nil)
			case r.IntN(2) == 0:
				changes, err = x.Remove(number)
				log = append(log, nil)
			default:
				changes, err = x.Move(number, is.Place(point()))
				log = append(log, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if before[c.Home] != c.Was || x.Times()[c.Home] != c.Is {
					t.Fatalf("seed %d: change %+v, but %d became %d", seed, c, before[c.Home], x.Times()[c.Home])
				}
				before[c.Home] = c.Is
			}
			if !slices.Equal(before, x.Times()) {
				t.Fatalf("seed %d: a home changed without being told of", seed)
			}
			fromScratch(t, x, points)
		}
		for len(log) > 0 {
			undo()
		}
		if !slices.Equal(first, x.Times()) || !slices.Equal(firstAt, x.Nearest()) {
			t.Fatalf("seed %d: undoing everything does not lead back", seed)
		}
	}
	t.Logf("%d steps", steps)
}

// fromScratch joins all points to the network as it is now and asks it.
func fromScratch(t *testing.T, x *Incumbent, points []orb.Point) {
	t.Helper()
	n := x.homes.n
	var open []Place
	var number []int32
	for k, s := range x.sites {
		if s.open {
			open, number = append(open, n.Place(s.place.Of)), append(number, int32(k))
		}
	}
	times, nearest, err := n.Homes(n.Places(points)).Nearest(context.Background(), open)
	if err != nil {
		t.Fatal(err)
	}
	for i := range nearest {
		if nearest[i] >= 0 {
			nearest[i] = number[nearest[i]]
		}
	}
	if !slices.Equal(times, x.Times()) || !slices.Equal(nearest, x.Nearest()) {
		t.Fatalf("step by step %v at %v, from scratch %v at %v", x.Times(), x.Nearest(), times, nearest)
	}
}

func TestStepsNameASiteThatIsOpen(t *testing.T) {
	roads := randomRoads(rand.New(rand.NewPCG(1, 1)))
	n, err := NewNetwork(context.Background(), &roads, simpleProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	x, err := n.Homes(nil).Incumbent(context.Background(), make([]Place, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Remove(0); err != nil {
		t.Error(err)
	}
	for _, number := range []int{-1, 0, 1} {
		if _, err := x.Remove(number); !errors.Is(err, ErrNoSite) {
			t.Errorf("site %d: %v", number, err)
		}
		if _, err := x.Move(number, Place{}); !errors.Is(err, ErrNoSite) {
			t.Errorf("site %d: %v", number, err)
		}
	}
}
