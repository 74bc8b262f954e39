package traveltime

import (
	"context"
	"runtime"
	"sync"

	"github.com/maillage/maillage/internal/roadgraph"
)

// Homes is a set of places from which times are asked again and again: the part
// of the network that matters to them is found once. It is immutable and may be
// used by many goroutines.
type Homes struct {
	n      *Network
	places []Place
	exits  []exit
	engine *engine              // nil: by Dijkstra
	sel    *roadgraph.Selection // of the exits' states; nil without engine
	onEdge map[uint32][]int32   // edge → homes on it
	aside  *aside               // of timed modes
}

// exit is how a home leaves its edge: to a state, in some milliseconds. A home
// has one for each open direction of its edge; those of home i are
// exits[2i] and exits[2i+1], with state NoOwner where there is none.
type exit struct{ state, after uint32 }

// Homes prepares questions about the places.
func (n *Network) Homes(places []Place) *Homes {
	h := n.walkers(places)
	if h.engine = n.engine.Load(); h.engine != nil {
		h.sel = h.engine.metric.Select(h.states())
	}
	if n.ride != nil {
		h.aside = new(aside)
	}
	return h
}

// walkers are the homes for questions about what is near, without the hierarchy.
func (n *Network) walkers(places []Place) *Homes {
	h := &Homes{n: n, places: places, exits: make([]exit, 2*len(places)), onEdge: map[uint32][]int32{}}
	for i, p := range places {
		h.exits[2*i].state, h.exits[2*i+1].state = roadgraph.NoOwner, roadgraph.NoOwner
		if !p.On {
			continue
		}
		h.onEdge[p.At.Edge] = append(h.onEdge[p.At.Edge], int32(i))
		for k, d := range n.openDirections(p.At.Edge) {
			h.exits[2*i+k] = exit{n.graph.HeadState(d), n.graph.After(d, p.At.At)}
		}
	}
	return h
}

// states lists the states asked for: exits that exist, in order.
func (h *Homes) states() (out []uint32) {
	for _, e := range h.exits {
		if e.state != roadgraph.NoOwner {
			out = append(out, e.state)
		}
	}
	return out
}

// Len is the number of homes.
func (h *Homes) Len() int { return len(h.places) }

// Place is where the i-th home is joined to the network.
func (h *Homes) Place(i int) Place { return h.places[i] }

// Nearest returns, for every home, the time to its nearest facility and that
// facility's position in to (the lowest among equals; -1 when none is reached).
// Facilities that are off the network reach nobody.
func (h *Homes) Nearest(ctx context.Context, to []Place) ([]Time, []int32, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if h.n.ride != nil {
		return h.timedNearest(ctx, to, 1)
	}
	var seeds []roadgraph.Seed
	for j, f := range to {
		if f.On {
			seeds = h.n.arrive(seeds, f, uint32(j))
		}
	}
	label := h.nearestStates(seeds)
	times, nearest := make([]Time, len(h.places)), make([]int32, len(h.places))
	next := 0 // exits that exist, in order
	for i := range h.places {
		best, who := roadgraph.Infinity, roadgraph.NoOwner
		for _, e := range h.exits[2*i : 2*i+2] {
			if e.state == roadgraph.NoOwner {
				continue
			}
			t, owner := label(next, e.state)
			next++
			best, who = closer(best, who, add(e.after, t), owner)
		}
		times[i], nearest[i] = Time(best), int32(who)
	}
	for j, f := range to {
		for _, i := range h.neighbours(f) {
			best, who := closer(uint32(times[i]), uint32(nearest[i]), h.n.direct(h.places[i], f), uint32(j))
			times[i], nearest[i] = Time(best), int32(who)
		}
	}
	for i, p := range h.places {
		times[i] = h.n.total(p, uint32(times[i]))
	}
	return times, nearest, ctx.Err()
}

// neighbours are the homes on a facility's edge, which may reach it directly.
func (h *Homes) neighbours(f Place) []int32 {
	if !f.On {
		return nil
	}
	return h.onEdge[f.At.Edge]
}

// nearestStates runs the search and returns how to read its labels: by the
// number of the exit, or by its state.
func (h *Homes) nearestStates(seeds []roadgraph.Seed) func(k int, state uint32) (t, owner uint32) {
	if h.engine == nil {
		distance, owner := roadgraph.NewSearch(&h.n.graph.In).Run(seeds)
		return func(_ int, s uint32) (uint32, uint32) { return distance[s], owner[s] }
	}
	k := h.sel.Asked()
	times, owners := make([]uint32, k), make([]uint32, k)
	h.sel.NewSweeper().Nearest(seeds, times, owners)
	return func(k int, _ uint32) (uint32, uint32) { return times[k], owners[k] }
}

// Matrix computes the time from every home to every facility. It calls emit
// once per facility, in the order of to, with the times of all homes; the slice
// is reused afterwards. Work stops when ctx ends or emit returns an error.
// Facilities are computed on all processors, Lanes at a time; memory is a few
// rows per processor, not the whole matrix; by a timed mode a batch of rows.
func (h *Homes) Matrix(ctx context.Context, to []Place, emit func(j int, times []Time) error) error {
	if h.n.ride != nil {
		return h.timedMatrix(ctx, to, emit)
	}
	return h.walkMatrix(ctx, to, emit)
}

// walkMatrix is Matrix on the network alone.
func (h *Homes) walkMatrix(ctx context.Context, to []Place, emit func(j int, times []Time) error) error {
	ctx, stop := context.WithCancel(ctx)
	blocks := (len(to) + roadgraph.Lanes - 1) / roadgraph.Lanes
	workers := min(runtime.GOMAXPROCS(0), blocks)
	full, free := make([]chan [][]Time, workers), make([]chan [][]Time, workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	for w := range workers { // worker w computes blocks w, w+workers, …
		full[w], free[w] = make(chan [][]Time, 1), make(chan [][]Time, 2)
		free[w] <- h.newRows(min(len(to), roadgraph.Lanes))
		free[w] <- h.newRows(min(len(to), roadgraph.Lanes))
		wg.Go(func() {
			block := h.newBlock()
			for b := w; b < blocks; b += workers {
				select {
				case rows := <-free[w]:
					block(to[b*roadgraph.Lanes:min((b+1)*roadgraph.Lanes, len(to))], rows)
					select {
					case full[w] <- rows:
					case <-ctx.Done():
						return
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	for b := range blocks {
		w := b % workers
		select {
		case rows := <-full[w]:
			for j := b * roadgraph.Lanes; j < min((b+1)*roadgraph.Lanes, len(to)); j++ {
				if err := emit(j, rows[j%roadgraph.Lanes]); err != nil {
					return err
				}
			}
			free[w] <- rows
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

func (h *Homes) newRows(n int) [][]Time {
	rows := make([][]Time, n)
	for i := range rows {
		rows[i] = make([]Time, len(h.places))
	}
	return rows
}

// newBlock returns the function by which one goroutine computes the rows of up
// to Lanes facilities.
func (h *Homes) newBlock() func(to []Place, rows [][]Time) {
	if h.engine == nil {
		search := roadgraph.NewSearch(&h.n.graph.In)
		return func(to []Place, rows [][]Time) {
			for lane, f := range to {
				distance, _ := search.Run(h.seeds(f))
				h.fill(rows[lane], f, func(_ int, s uint32) uint32 { return distance[s] })
			}
		}
	}
	sweeper := h.sel.NewSweeper()
	single := make([]uint32, h.sel.Asked())
	targets := make([][]roadgraph.Seed, 0, roadgraph.Lanes)
	return func(to []Place, rows [][]Time) {
		if len(to) == 1 {
			sweeper.One(h.seeds(to[0]), single)
			h.fill(rows[0], to[0], func(k int, _ uint32) uint32 { return single[k] })
			return
		}
		targets = targets[:0]
		for _, f := range to {
			targets = append(targets, h.seeds(f))
		}
		sweeper.To(targets)
		h.fillAll(rows[:len(to)], sweeper)
		for lane, f := range to {
			h.finish(rows[lane], f)
		}
	}
}

func (h *Homes) seeds(f Place) []roadgraph.Seed {
	if !f.On {
		return nil
	}
	return h.n.arrive(nil, f, 0)
}

// fill computes one row from the times of the exits' states.
func (h *Homes) fill(row []Time, f Place, distance func(k int, state uint32) uint32) {
	next := 0
	for i := range row {
		best := roadgraph.Infinity
		for _, e := range h.exits[2*i : 2*i+2] {
			if e.state != roadgraph.NoOwner {
				best = min(best, add(e.after, distance(next, e.state)))
				next++
			}
		}
		row[i] = Time(best)
	}
	h.finish(row, f)
}

// fillAll is fill for the lanes of a sweep, reading each state's row once.
func (h *Homes) fillAll(rows [][]Time, s *roadgraph.Sweeper) {
	next := 0
	for i := range h.places {
		best := [roadgraph.Lanes]uint32{}
		for lane := range best {
			best[lane] = roadgraph.Infinity
		}
		for _, e := range h.exits[2*i : 2*i+2] {
			if e.state == roadgraph.NoOwner {
				continue
			}
			r := s.Row(next)
			next++
			for lane := range best {
				best[lane] = min(best[lane], e.after+r[lane])
			}
		}
		for lane, row := range rows {
			row[i] = Time(best[lane])
		}
	}
}

// finish adds the direct ways along a shared edge and the walks from home, and names the states.
func (h *Homes) finish(row []Time, f Place) {
	for _, i := range h.neighbours(f) {
		row[i] = min(row[i], Time(h.n.direct(h.places[i], f)))
	}
	for i, p := range h.places {
		row[i] = h.n.total(p, uint32(row[i]))
	}
}
