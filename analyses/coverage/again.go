package coverage

import (
	"context"

	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Again asks one question on several networks of one shape: with speeds drawn anew,
// or other roadwork.
type Again struct {
	q     *question
	from  *origin
	doors []traveltime.Place
}

// AskAgain prepares a question; its errors are those of Run.
func AskAgain(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, p Params) (*Again, error) {
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	from, err := q.start(ctx, nets)
	if err != nil {
		return nil, err
	}
	return &Again{q, from, from.net.Places(q.supply.Locations())}, nil
}

// Demand is whom the question counts: the k-th of its Cells is the k-th of Result.Cells.
func (a *Again) Demand() *demand.Demand { return a.q.demand }

// Network is that of the snapshot's roads.
func (a *Again) Network() *traveltime.Network { return a.from.net }

// Times are those of Result.Cells, on a network made of Network by Change.
func (a *Again) Times(ctx context.Context, n *traveltime.Network) ([]traveltime.Time, error) {
	on := &origin{a.from.demand, n, a.from.homes.On(n), a.from.at}
	times, _, err := on.nearest(ctx, a.q.supply, n.Rejoin(a.doors), a.q.Params.Nth)
	return times, err
}
