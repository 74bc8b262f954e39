package isochrone

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: around which point, by which mode, which way, within what times.
type Params struct {
	At        *orb.Point           `json:"at,omitempty" doc:"longitude and latitude of the point; the facility's when absent"`
	Facility  string               `json:"facility,omitempty" doc:"id of a facility, instead of a point"`
	Mode      string               `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Direction traveltime.Direction `json:"direction" doc:"to: from where the point is reached in time; from: where one gets from it; to when empty"`
	Within    []coverage.Threshold `json:"within" atonce:"12" doc:"thresholds, rising, such as 10m; 10 and 20 minutes when empty"`
}

// Result is what lies within the thresholds.
type Result struct {
	Params  Params               `json:"params"` // complete: At is set
	Name    string               `json:"name,omitempty"`
	Areas   []Area               `json:"areas"` // one per threshold, rising
	Roads   []traveltime.Stretch `json:"-"`
	Spacing float64              `json:"spacing"` // metres between the points the areas are traced through: their tolerance

	timed bool // the mode depends on when one leaves: roads are not told

	Provenance analyses.Provenance `json:"provenance"`
}

// Area is what lies within one threshold.
type Area struct {
	Within           coverage.Threshold `json:"within"`
	Polygons         orb.MultiPolygon   `json:"-"` // empty where not even a lattice point is within
	SquareKilometres float64            `json:"square_kilometres"`
	// RoadKilometres is the length of roads covered in one direction at least; 0 by
	// modes that depend on when one leaves.
	RoadKilometres float64 `json:"road_kilometres"`
	// Population is that of all cells of the grid whose time is within the
	// threshold, those beyond the study area included.
	Population geodata.Amount `json:"population"`
}
