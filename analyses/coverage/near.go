package coverage

import (
	"context"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
)

// origin is where people start: the cells of a demand on a network.
type origin struct {
	demand *demand.Demand
	net    *traveltime.Network
	homes  *traveltime.Homes
	at     []int // per cell that counts: its number among the homes
}

// start joins the cells that count to the network. Those of the grid are joined
// to it once, all of them.
func (q *question) start(ctx context.Context, nets *traveltime.Networks) (*origin, error) {
	if q.demand.Population == q.s.Population() {
		homes, net, err := nets.Cells(ctx, q.s, q.Params.Mode)
		return &origin{q.demand, net, homes, q.demand.Cells}, err
	}
	net, err := nets.Get(ctx, q.s, q.Params.Mode)
	if err != nil {
		return nil, err
	}
	return newOrigin(q.demand, net), nil
}

// newOrigin joins the cells that count to a network, and no others.
func newOrigin(d *demand.Demand, net *traveltime.Network) *origin {
	at := make([]int, len(d.Cells))
	for k := range at {
		at[k] = k
	}
	return &origin{d, net, net.Homes(net.Places(d.Centres())), at}
}

// nearest finds, for every cell that counts, its nth nearest facility (0 and 1 are
// the nearest) among those that serve it: the time, and the position (the lowest
// among equals; -1 when fewer are reached). Facilities for everybody are searched
// for at once; those for residents one by one.
func (o *origin) nearest(ctx context.Context, f *supply.Supply, doors []traveltime.Place, nth int) ([]traveltime.Time, []int32, error) {
	n := max(nth, 1)
	everybodys, limited := apart(f, doors)
	best, err := o.best(ctx, everybodys, n)
	if err == nil && len(limited) > 0 {
		err = o.homes.Matrix(ctx, of(limited, doors), func(row int, times []traveltime.Time) error {
			j := limited[row]
			for k, i := range o.demand.Cells {
				if t := times[o.at[k]]; t.Reached() && f.Serves(j, o.demand.Population.Cells[i].Commune) {
					best.insert(k, t, int32(j))
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, nil, err
	}
	times, who := make([]traveltime.Time, len(o.at)), make([]int32, len(o.at))
	for k := range times {
		times[k], who[k] = best.times[(k+1)*n-1], best.who[(k+1)*n-1]
	}
	return times, who, nil
}

// ranking holds the n nearest facilities of each cell, nearest first.
type ranking struct {
	n     int
	times []traveltime.Time
	who   []int32
}

// best ranks facilities that serve everybody.
func (o *origin) best(ctx context.Context, doors []traveltime.Place, n int) (*ranking, error) {
	var times []traveltime.Time
	var who []int32
	var err error
	if n == 1 {
		times, who, err = o.homes.Nearest(ctx, doors)
	} else {
		times, who, err = o.homes.KNearest(ctx, doors, n)
	}
	if err != nil {
		return nil, err
	}
	r := &ranking{n: n}
	for _, i := range o.at {
		r.times, r.who = append(r.times, times[i*n:(i+1)*n]...), append(r.who, who[i*n:(i+1)*n]...)
	}
	return r, nil
}

// insert ranks one more facility of a cell.
func (r *ranking) insert(cell int, t traveltime.Time, j int32) {
	times, who := r.times[cell*r.n:(cell+1)*r.n], r.who[cell*r.n:(cell+1)*r.n]
	for k := range times {
		if t < times[k] || t == times[k] && j < who[k] {
			times[k], t = t, times[k]
			who[k], j = j, who[k]
		}
	}
}

// apart closes the doors of facilities for residents, and lists them.
func apart(f *supply.Supply, doors []traveltime.Place) (everybodys []traveltime.Place, limited []int) {
	if !f.Limited() {
		return doors, nil
	}
	everybodys = append(everybodys, doors...)
	for j := range f.Facilities {
		if f.Facilities[j].Catchment != "" {
			everybodys[j].On = false
			limited = append(limited, j)
		}
	}
	return everybodys, limited
}
