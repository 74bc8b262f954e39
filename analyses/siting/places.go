package siting

import (
	"context"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Places are those that Params.Candidates and Params.Points name, the points first,
// each once. What is named wrongly is an analyses.ParamError.
func Places(ctx context.Context, s *geodata.Snapshot, nets *traveltime.Networks, mode, service string, kinds []string, points []Point) ([]Place, error) {
	w := &search{ctx: ctx, s: s, nets: nets, mode: mode, service: service}
	return w.candidates(kinds, points)
}
