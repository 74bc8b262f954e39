package coverage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Widest is how many times its first buffer RunPart looks around an EPCI: what is
// not sure by then, such as a home whose only road leads far away, is left to Merge.
const Widest = 8

// Share is what one EPCI adds to the answer about a region.
type Share struct {
	Part   geodata.Part `json:"part"`           // with the buffer it took
	Params Params       `json:"params"`         // complete with defaults
	Cells  Cells        `json:"cells"`          // of the EPCI
	Off    []string     `json:"off"`            // facilities of the part that are too far from any road, by id
	Open   []string     `json:"open,omitempty"` // cells whose answer lies farther away than was looked, by id
}

// askPart is ask for an answer by EPCI. What cannot be told from an EPCI and its
// surroundings is an analyses.ParamError.
func askPart(s *geodata.Snapshot, p Params) (*question, error) {
	whole := func(param, why string) (*question, error) {
		return nil, &analyses.ParamError{Param: param, Err: errors.New(why + ": ask about the region in one piece")}
	}
	switch {
	case p.Counts != "":
		return whole("counts", "counts other than the population are not put together from answers by EPCI")
	case p.Border == supply.Inside:
		return whole("border", "from an EPCI alone, the others of the region are beyond the border")
	case p.Nth > 1:
		return whole("nth", "the surroundings of an EPCI are those of the nearest facility")
	case len(p.WithinKm) > 0:
		return whole("within_km", "the surroundings of an EPCI are looked at in time, not in kilometres")
	case p.CompareBorder:
		return whole("compare_border", "from an EPCI alone, the others of the region are beyond the border")
	}
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	if _, err := traveltime.RoadMode(s, q.Params.Mode, "lines lead beyond the surroundings of an EPCI"); err != nil {
		return nil, err
	}
	if q.supply.Limited() {
		return whole("service", "it has facilities for residents only, which are not put together from answers by EPCI")
	}
	return q, nil
}

// onlyTimes leaves away what the merging adds.
func onlyTimes(p Params) Params {
	p.Detailed, p.Zones, p.Census = false, "", 0
	return p
}

// RunPart answers for one EPCI of a region, from the EPCI and its surroundings
// alone, what Run answers for it from the whole region, to the millisecond: while
// a home has no facility nearer than the edge of what was read (traveltime's
// Homes.Escape), it reads farther around, Widest times as far at most. Errors are
// those of Run, and of read.
func RunPart(ctx context.Context, read func(context.Context, geodata.Part) (*geodata.Snapshot, error), p Params, part geodata.Part) (*Share, error) {
	if part.Buffer <= 0 {
		return nil, &analyses.ParamError{Param: "buffer", Err: fmt.Errorf("%g m: want more than 0", part.Buffer)}
	}
	for last := Widest * part.Buffer; ; {
		s, err := read(ctx, part)
		if err != nil {
			return nil, err
		}
		share, farther, err := share(ctx, s, p, part)
		if err != nil || len(share.Open) == 0 || part.Buffer >= last {
			return share, err
		}
		part.Buffer = min(farther*part.Buffer, last)
	}
}

// share runs on what was read. If it leaves cells open, farther says how many times
// the buffer would probably settle them.
func share(ctx context.Context, s *geodata.Snapshot, p Params, part geodata.Part) (share *Share, farther float64, err error) {
	frame, err := part.Frame(s.Communes())
	if err != nil {
		return nil, 0, err
	}
	q, err := askPart(s, onlyTimes(p))
	if err != nil {
		return nil, 0, err
	}
	q.Params.Detailed, q.Params.Zones, q.Params.Census = p.Detailed, p.Zones, p.Census
	net, err := traveltime.NewNetworks("").Get(ctx, s, q.Params.Mode)
	if err != nil {
		return nil, 0, err
	}
	homes, doors, fringe := net.Homes(net.Places(q.demand.Centres())), net.Places(q.supply.Locations()), net.Fringe(frame)
	// A facility at the edge may be joined to a road beyond it: it counts as the edge.
	certain, doubtful := slices.Clone(doors), slices.Clone(doors)
	for j, d := range doors {
		if fringe.Certain(d) {
			doubtful[j].On = false
		} else {
			certain[j].On = false
		}
	}
	times, nearest, err := homes.Nearest(ctx, certain)
	if err != nil {
		return nil, 0, err
	}
	escape, err := homes.Escape(ctx, fringe, doubtful)
	if err != nil {
		return nil, 0, err
	}
	share = &Share{Part: part, Params: q.Params}
	for k, i := range q.demand.Cells {
		if times[k] < escape[k] || times[k] == escape[k] && !times[k].Reached() {
			continue
		}
		share.Open = append(share.Open, q.s.Population().Cells[i].ID)
		farther = max(farther, widening(times[k], escape[k]))
	}
	for j, d := range doors {
		if !d.On && fringe.Certain(d) {
			share.Off = append(share.Off, q.supply.Facilities[j].ID)
		}
	}
	a := &account{demand: q.demand, times: times}
	share.Cells = a.columns(q.names(nearest))
	return share, farther, nil
}

// widening is how many times the buffer would put the edge farther than a home's
// nearest facility. Times grow about as distances do; half as much again at
// least, for each look costs as much as the last.
func widening(nearest, edge traveltime.Time) float64 {
	if !nearest.Reached() || edge == 0 {
		return 2
	}
	return min(max(1.5, 1.2*float64(nearest)/float64(edge)), 4)
}

// Merge puts the answer about a region together from the shares of its EPCIs.
// It is Run's answer about the region, byte for byte. A cell of the study area
// that no share tells about, or two do, is an error. Cells that were left open are
// answered here, from the roads of the whole region.
//
// A facility that lies in no part counts as near a road.
func Merge(ctx context.Context, s *geodata.Snapshot, p Params, shares []*Share) (*Result, error) {
	q, err := askPart(s, p)
	if err != nil {
		return nil, err
	}
	type told struct {
		share *Share
		k     int
	}
	of, off, open := map[string]told{}, map[string]bool{}, map[string]bool{}
	for _, share := range shares {
		for k, id := range share.Cells.IDs {
			if other, twice := of[id]; twice {
				return nil, fmt.Errorf("cell %s is told about by %s and by %s", id, other.share.Part.EPCI, share.Part.EPCI)
			}
			of[id] = told{share, k}
		}
		for _, id := range share.Off {
			off[id] = true
		}
		for _, id := range share.Open {
			open[id] = true
		}
	}
	times, nearest := make([]traveltime.Time, len(q.demand.Cells)), make([]string, len(q.demand.Cells))
	for k, i := range q.demand.Cells {
		cell := s.Population().Cells[i]
		t, ok := of[cell.ID]
		if !ok {
			return nil, fmt.Errorf("no EPCI tells about cell %s of commune %q", cell.ID, cell.Commune)
		}
		times[k], nearest[k] = t.share.Cells.Times[t.k], t.share.Cells.Nearest[t.k]
		if t.share.Cells.States[t.k] == traveltime.OffNetwork.State() {
			times[k] = traveltime.OffNetwork
		}
	}
	if err := q.settle(ctx, open, times, nearest); err != nil {
		return nil, err
	}
	return q.answer(q.account(times), nearest, func(j int) bool { return !off[q.supply.Facilities[j].ID] }), nil
}

// settle answers for the cells left open.
func (q *question) settle(ctx context.Context, open map[string]bool, times []traveltime.Time, nearest []string) error {
	if len(open) == 0 {
		return nil
	}
	net, err := traveltime.NewNetworks("").Get(ctx, q.s, q.Params.Mode)
	if err != nil {
		return err
	}
	var at []int // among the cells that count
	var centres []orb.Point
	for k, i := range q.demand.Cells {
		if cell := q.s.Population().Cells[i]; open[cell.ID] {
			at, centres = append(at, k), append(centres, cell.Centre)
		}
	}
	settled, who, err := net.Homes(net.Places(centres)).Nearest(ctx, net.Places(q.supply.Locations()))
	if err != nil {
		return err
	}
	names := q.names(who)
	for n, k := range at {
		times[k], nearest[k] = settled[n], names[n]
	}
	return nil
}
