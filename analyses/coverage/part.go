package coverage

import (
	"context"
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// MaxBuffer is how far in metres RunPart looks around an EPCI before it takes
// what it has read for everything there is.
const MaxBuffer = 2_000_000

// Share is what one EPCI adds to the answer about a region.
type Share struct {
	Part   geodata.Part `json:"part"`   // with the buffer it took
	Params Params       `json:"params"` // complete with defaults
	Cells  Cells        `json:"cells"`  // of the EPCI
	Off    []string     `json:"off"`    // facilities of the part that are too far from any road, by id
}

// RunPart answers for one EPCI of a region, from the EPCI and its surroundings
// alone, what Run answers for it from the whole region, to the millisecond: while
// a home has no facility nearer than the edge of what was read (traveltime's
// Homes.Escape), it reads twice as far around. Errors are those of Run, and of read.
func RunPart(ctx context.Context, read func(context.Context, geodata.Part) (*geodata.Snapshot, error), p Params, part geodata.Part) (*Share, error) {
	if part.Buffer <= 0 {
		return nil, &analyses.ParamError{Param: "buffer", Err: fmt.Errorf("%g m: want more than 0", part.Buffer)}
	}
	for ; ; part.Buffer *= 2 {
		s, err := read(ctx, part)
		if err != nil {
			return nil, err
		}
		share, sure, err := share(ctx, s, p, part)
		if err != nil || sure || part.Buffer >= MaxBuffer {
			return share, err
		}
	}
}

// share runs on what was read, and says whether all of the answer is sure.
func share(ctx context.Context, s *geodata.Snapshot, p Params, part geodata.Part) (share *Share, sure bool, err error) {
	frame, err := part.Frame(s.Communes())
	if err != nil {
		return nil, false, err
	}
	q, err := ask(s, p)
	if err != nil {
		return nil, false, err
	}
	homes, net, err := traveltime.NewNetworks("").Cells(ctx, s, q.Params.Mode)
	if err != nil {
		return nil, false, err
	}
	doors, fringe := net.Places(locations(q.facilities)), net.Fringe(frame)
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
		return nil, false, err
	}
	escape, err := homes.Escape(ctx, fringe, doubtful)
	if err != nil {
		return nil, false, err
	}
	sure = true
	ids := make([]string, len(q.cells))
	for k, i := range q.cells {
		if j := nearest[i]; j >= 0 {
			ids[k] = q.facilities[j].ID
		}
		sure = sure && (times[i] < escape[i] || times[i] == escape[i] && !times[i].Reached())
	}
	share = &Share{Part: part, Params: q.Params}
	for j, d := range doors {
		if !d.On && fringe.Certain(d) {
			share.Off = append(share.Off, q.facilities[j].ID)
		}
	}
	a := &account{pop: s.Population(), cells: q.cells, demand: q.demand, times: of(q.cells, times)}
	share.Cells = a.columns(ids)
	return share, sure, nil
}

// Merge puts the answer about a region together from the shares of its EPCIs.
// It is Run's answer about the region, byte for byte. A cell of the study area
// that no share tells about, or two do, is an error.
//
// A facility that lies in no part counts as near a road.
func Merge(s *geodata.Snapshot, p Params, shares []*Share) (*Result, error) {
	q, err := ask(s, p)
	if err != nil {
		return nil, err
	}
	type told struct {
		share *Share
		k     int
	}
	of, off := map[string]told{}, map[string]bool{}
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
	}
	times, nearest := make([]traveltime.Time, len(q.cells)), make([]string, len(q.cells))
	for k, i := range q.cells {
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
	return q.answer(times, nearest, func(j int) bool { return !off[q.facilities[j].ID] }), nil
}
