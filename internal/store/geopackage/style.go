package geopackage

import (
	"slices"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store/layers"
)

// cellSteps colours cells by their inhabitants; nil without any.
func cellSteps(cells geodata.Layer) *gpkg.Steps {
	ind := cells.Field("ind")
	if ind == nil {
		return nil
	}
	inhabited := slices.DeleteFunc(slices.Clone(ind.Reals), func(v float64) bool { return v <= 0 })
	slices.Sort(inhabited)
	return layers.PeopleSteps(ind.Name, inhabited)
}
