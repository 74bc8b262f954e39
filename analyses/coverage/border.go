package coverage

import (
	"context"
	"errors"
	"iter"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/analyses/traveltime"
)

// compareBorder answers with facilities on both sides of the border, and with
// those inside only.
func (q *question) compareBorder(ctx context.Context, from *origin) (*BorderEffect, error) {
	var effect BorderEffect
	for border, side := range effect.sides() {
		options := q.Params.SupplyOptions
		options.Border = border
		f, err := supply.Choose(q.s, q.Params.Service, q.Params.Statuses, options)
		if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) && bad.Param == "border" {
			return nil, &analyses.ParamError{Param: "compare_border", Err: bad.Err}
		}
		if err != nil {
			return nil, err
		}
		doors := from.net.Places(f.Locations())
		times, _, err := from.nearest(ctx, f, doors, q.Params.Nth)
		if err != nil {
			return nil, err
		}
		side.Facilities = near(doors)
		side.Territory, side.Communes = q.account(times).communes(q.s)
	}
	return &effect, nil
}

// sides yields both, by whether facilities beyond the border count.
func (e *BorderEffect) sides() iter.Seq2[supply.Border, *Side] {
	return func(yield func(supply.Border, *Side) bool) {
		_ = yield(supply.Crossed, &e.Crossed) && yield(supply.Inside, &e.Inside)
	}
}

// near counts the doors that are near a road.
func near(doors []traveltime.Place) (n int) {
	for _, d := range doors {
		if d.On {
			n++
		}
	}
	return n
}
