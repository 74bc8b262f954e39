package coverage

import (
	"errors"
	"fmt"
	"slices"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Simple says that the answer is about the homes of the grid and the nearest of
// facilities that serve everybody, so that an analysis that knows of nothing else
// may go on from it. Otherwise it is an analyses.ParamError with what is not simple.
func (r *Result) Simple(analysis string) error {
	bad := func(param, what string) error {
		return &analyses.ParamError{Param: param, Err: fmt.Errorf("%s does not know %s: leave it out, or ask for coverage", analysis, what)}
	}
	switch p := r.Params; {
	case p.Counts != "":
		return bad("counts", "other counts than the population")
	case p.Census != 0:
		return bad("census", "ages fitted to a census")
	case p.Nth > 1:
		return bad("nth", "facilities that are not the nearest")
	case len(p.WithinKm) > 0:
		return bad("within_km", "thresholds in kilometres")
	case p.Detailed:
		return bad("detailed", "more than coverage and mean times")
	case p.Zones != "":
		return bad("zones", "zones other than communes")
	case p.CompareBorder:
		return bad("compare_border", "two sets of facilities")
	}
	if slices.ContainsFunc(r.Facilities, func(f geodata.Facility) bool { return f.Catchment != geodata.Everybody }) {
		return &analyses.ParamError{Param: "service", Err: errors.New("it has facilities for residents only, which " + analysis + " does not know: ask for coverage")}
	}
	return nil
}
