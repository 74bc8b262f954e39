package traveltime

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
	"github.com/maillage/maillage/internal/roadgraph"
)

// ride is what a timed mode adds to a network for walking: by a timetable, or by
// transport on demand. Whatever is asked of the network, the answer is the percentile
// over the departures of the least of riding and of walking all the way.
type ride interface {
	// shorten replaces times on foot, rows[j][i] from home i to door j, by those with rides.
	shorten(ctx context.Context, h *Homes, to []Place, rows [][]Time) error
	// route is the way whose time shorten gives, of the first departure that takes as
	// long; walk is the way on foot, whose time is longer.
	route(ctx context.Context, n *Network, h, f Place, t Time) (*Route, error)
	// around are roads near which all homes lie that reach a place within the limit by
	// riding, and perhaps others: see Reach.Near.
	around(ctx context.Context, p Place, limit Time) ([]Stretch, error)
	// on is the ride with the roads changed.
	on(ctx context.Context, w Roadwork) (*Network, error)
}

// recent keeps the values used last, so that questions of many kinds do not fill the memory.
type recent[K comparable, V any] struct {
	keys   []K // the latest last
	values []V
}

const keptRides = 16

func (r *recent[K, V]) get(key K) (v V, ok bool) {
	i := slices.Index(r.keys, key)
	if i < 0 {
		return v, false
	}
	v = r.values[i]
	r.keys, r.values = append(slices.Delete(r.keys, i, i+1), key), append(slices.Delete(r.values, i, i+1), v)
	return v, true
}

func (r *recent[K, V]) put(key K, v V) {
	if i := slices.Index(r.keys, key); i >= 0 {
		r.keys, r.values = slices.Delete(r.keys, i, i+1), slices.Delete(r.values, i, i+1)
	}
	if len(r.keys) == keptRides {
		r.keys, r.values = slices.Delete(r.keys, 0, 1), slices.Delete(r.values, 0, 1)
	}
	r.keys, r.values = append(r.keys, key), append(r.values, v)
}

// rides are the networks of timed modes, kept by Networks.
type rides struct {
	mu       sync.Mutex
	networks recent[rideKey, *Network]
	stops    recent[rideKey, *stops] // without a mode
}

// rideKey names roads, what the snapshot tells of rides on them, and the mode.
type rideKey struct{ roads, offer, mode string }

// timed is the network of a timed mode: that for walking, with the ride.
func (n *Networks) timed(ctx context.Context, s *geodata.Snapshot, m profile.Mode) (*Network, error) {
	foot, err := n.Get(ctx, s, "foot")
	if err != nil {
		return nil, err
	}
	by, err := n.Get(ctx, s, m.Access())
	if err != nil {
		return nil, err
	}
	n.rides.mu.Lock()
	defer n.rides.mu.Unlock()
	key := rideKey{s.RoadsID(), s.TimetableID(), m.String()}
	if m.Name == profile.OnDemand {
		key.offer = s.ID() // its communes are those of the snapshot
	}
	net, ok := n.rides.networks.get(key)
	if ok && net.engine.Load() == foot.engine.Load() && net.graph == foot.graph {
		return net, nil
	}
	net = foot.alike()
	net.Mode = m.String()
	if m.Name == profile.OnDemand {
		net.ride = newCalled(n, s, m, by)
	} else if net.ride, err = n.byTimetable(ctx, s, m, foot, by); err != nil {
		return nil, err
	}
	n.rides.networks.put(key, net)
	return net, nil
}

// alike is the same network under another name.
func (n *Network) alike() *Network {
	m := newNetwork(n.roads, n.profile)
	m.graph, m.edges, m.Stats, m.rules, m.index = n.graph, n.edges, n.Stats, n.rules, n.index
	m.engine.Store(n.engine.Load())
	return m
}

// timedCells are the snapshot's cells on the network of a timed mode: the cells on
// foot, with what is known of their ways to stops.
func (n *Networks) timedCells(ctx context.Context, s *geodata.Snapshot, m profile.Mode) (*Homes, *Network, error) {
	net, err := n.timed(ctx, s, m)
	if err != nil {
		return nil, nil, err
	}
	walking, _, err := n.Cells(ctx, s, "foot")
	if err != nil {
		return nil, nil, err
	}
	homes := *walking
	homes.n, homes.aside = net, new(aside)
	switch r := net.ride.(type) {
	case *byTimetable:
		cells := s.Population().Cells
		key := cellsKey{count: len(cells), roads: networkKey{s.RoadsID(), m.Access()}}
		if len(cells) > 0 {
			key.first = &cells[0]
		}
		homes.aside.access = r.stops.shared(key)
	case *called:
		if homes.aside.by, _, err = n.Cells(ctx, s, m.Access()); err != nil {
			return nil, nil, err
		}
	}
	return &homes, net, nil
}

// aside is what is known of homes beyond their places on foot.
type aside struct {
	mu     sync.Mutex
	access *access // by a timetable: the stops they reach
	by     *Homes  // on demand: where they are joined to the roads
}

// timedMatrix is Matrix by a timed mode. Doors are looked at in batches.
func (h *Homes) timedMatrix(ctx context.Context, to []Place, emit func(j int, times []Time) error) error {
	const most = 8 << 20 // times of a batch
	batch := min(max(most/max(h.Len(), 1), 16), 1024)
	rows := h.newRows(min(batch, len(to)))
	for lo := 0; lo < len(to); lo += batch {
		doors := to[lo:min(lo+batch, len(to))]
		if err := h.timedRows(ctx, doors, rows[:len(doors)]); err != nil {
			return err
		}
		for j := range doors {
			if err := emit(lo+j, rows[j]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// timedRows computes the times to a few doors.
func (h *Homes) timedRows(ctx context.Context, to []Place, rows [][]Time) error {
	err := h.walkMatrix(ctx, to, func(j int, times []Time) error {
		copy(rows[j], times)
		return nil
	})
	if err != nil {
		return err
	}
	return h.n.ride.shorten(ctx, h, to, rows)
}

// rows returns the function by which one goroutine computes rows, by any mode.
func (h *Homes) rows() func(to []Place, rows [][]Time) {
	if h.n.ride == nil {
		return h.newBlock()
	}
	return func(to []Place, rows [][]Time) {
		if err := h.timedRows(context.Background(), to, rows); err != nil {
			panic("traveltime: " + err.Error()) // only a context that ends is an error
		}
	}
}

// timedNearest is KNearest by a timed mode; those with a k of 1 are Nearest's.
func (h *Homes) timedNearest(ctx context.Context, to []Place, k int) (times []Time, nearest []int32, err error) {
	times, nearest = make([]Time, k*h.Len()), make([]int32, k*h.Len())
	for i := range times {
		times[i], nearest[i] = h.n.total(h.places[i/k], roadgraph.Infinity), -1
	}
	err = h.timedMatrix(ctx, to, func(j int, row []Time) error {
		for i, t := range row {
			who := int32(j)
			for at := i * k; at < (i+1)*k && t.Reached(); at++ {
				if nearest[at] < 0 || t < times[at] { // a door of the same time comes before this one
					times[at], t = t, times[at]
					nearest[at], who = who, nearest[at]
				}
				if who < 0 {
					break
				}
			}
		}
		return nil
	})
	return times, nearest, err
}

// workers calls what f returns for 0..n-1, in any order, on all processors, each of
// which has its own.
func workers(ctx context.Context, n int, f func() func(i int)) error {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		all.Go(func() {
			work := f()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

// timedRoute is Route by a timed mode.
func (n *Network) timedRoute(ctx context.Context, h, f Place) (*Route, error) {
	walk, err := n.walkRoute(ctx, h, f)
	if err != nil || !h.On || !f.On {
		return walk, err
	}
	t := Unreachable
	if err := n.Homes([]Place{h}).Matrix(ctx, []Place{f}, func(_ int, times []Time) error { t = times[0]; return nil }); err != nil {
		return nil, err
	}
	if t == walk.Time {
		return walk, nil
	}
	r, err := n.ride.route(ctx, n, h, f, t)
	if err == nil && r.Time != t {
		err = fmt.Errorf("a route of %d ms by %s where the matrix has %d", r.Time, n.Mode, t) // never: tests hold them to each other
	}
	return r, err
}

// smallest is the k-th smallest of the values, from 1; it moves them about.
func smallest(values []uint32, k int) uint32 {
	lo, hi := 0, len(values)-1
	for lo < hi {
		pivot := values[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return values[k-1]
		}
	}
	return values[k-1]
}

// rank is which of n values in rising order the percentile is, from 1: the least that
// so many % of them do not exceed.
func rank(percentile, n int) int { return (percentile*n + 99) / 100 }
