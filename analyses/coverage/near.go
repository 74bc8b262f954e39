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

// nearest finds, for every cell that counts, its nearest facility among those that
// serve it: the time, and the position (the lowest among equals; -1 when none is
// reached). Facilities for everybody are searched for at once; those for residents
// one by one.
func (o *origin) nearest(ctx context.Context, f *supply.Supply, doors []traveltime.Place) ([]traveltime.Time, []int32, error) {
	everybodys, limited := apart(f, doors)
	allTimes, allWho, err := o.homes.Nearest(ctx, everybodys)
	if err != nil {
		return nil, nil, err
	}
	times, who := of(o.at, allTimes), of(o.at, allWho)
	if len(limited) == 0 {
		return times, who, nil
	}
	err = o.homes.Matrix(ctx, of(limited, doors), func(n int, row []traveltime.Time) error {
		j := limited[n]
		for k, i := range o.demand.Cells {
			t := row[o.at[k]]
			if t.Reached() && f.Serves(j, o.demand.Population.Cells[i].Commune) && (t < times[k] || t == times[k] && int32(j) < who[k]) {
				times[k], who[k] = t, int32(j)
			}
		}
		return nil
	})
	return times, who, err
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
