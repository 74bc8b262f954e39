package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// ReadPart reads a part of the territory a question is about.
type ReadPart func(ctx context.Context, part geodata.Part) (*geodata.Snapshot, error)

// Shared is an analysis whose answer about a region can be put together from
// answers about its EPCIs, each worked out from the EPCI and its surroundings.
type Shared struct {
	// Share is what one EPCI adds, as JSON.
	Share func(ctx context.Context, read ReadPart, params []byte, part geodata.Part) ([]byte, error)
	// Merge is the answer about the region: what Analysis.Run gives, byte for byte.
	Merge func(ctx context.Context, s *geodata.Snapshot, params []byte, shares [][]byte) (Answer, error)
}

// Shared says how the analysis is done by EPCI; an analysis that cannot be is an
// analyses.ParamError, and so is a scenario: its facilities and roads are not in
// every part.
func (a Analysis) Shared(params []byte) (Shared, error) {
	if _, sc, err := Split(params); err != nil {
		return Shared{}, err
	} else if sc != nil {
		return Shared{}, &analyses.ParamError{Param: ScenarioParam, Err: errors.New("a scenario cannot be put together from answers by EPCI: ask about the whole territory at once")}
	}
	if a.Name != "coverage" {
		return Shared{}, &analyses.ParamError{Param: "analysis", Err: fmt.Errorf("%s cannot be put together from answers by EPCI: coverage can", a.Name)}
	}
	return Shared{Share: shareCoverage, Merge: mergeCoverage}, nil
}

func shareCoverage(ctx context.Context, read ReadPart, params []byte, part geodata.Part) ([]byte, error) {
	var p coverage.Params
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	share, err := coverage.RunPart(ctx, read, p, part)
	if err != nil {
		return nil, err
	}
	return json.Marshal(share)
}

func mergeCoverage(ctx context.Context, s *geodata.Snapshot, params []byte, bodies [][]byte) (Answer, error) {
	var p coverage.Params
	if err := json.Unmarshal(params, &p); err != nil {
		return Answer{}, err
	}
	shares := make([]*coverage.Share, len(bodies))
	for i, body := range bodies {
		if err := json.Unmarshal(body, &shares[i]); err != nil {
			return Answer{}, fmt.Errorf("share %d: %w", i, err)
		}
	}
	r, err := coverage.Merge(ctx, s, p, shares)
	if err != nil {
		return Answer{}, err
	}
	return Answer{r, func() analyses.Result { return r.Layers(s) }}, nil
}
