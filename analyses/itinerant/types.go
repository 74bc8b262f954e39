package itinerant

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: which service, and which stops.
type Params struct {
	Service    string               `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Mode       string               `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within     []coverage.Threshold `json:"within" doc:"thresholds, rising, such as 10m; the service's own when empty"`
	Statuses   []geodata.Status     `json:"statuses" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	Stops      []Stop               `json:"stops" doc:"where and when the service comes: longitude latitude hours, such as '-0.3908 47.5589 Tu 09:00-12:00'; the bases of the itinerant facilities when empty"`
	SecondWeek []Stop               `json:"second_week,omitempty" doc:"stops of every second week: those above are of the others, and all hours are the mean of both"`
	coverage.DemandOptions
	coverage.SupplyOptions
}

// Result is the person-hours covered. The slices of rows run parallel to Params.Within.
type Result struct {
	Params     Params              `json:"params"` // complete with defaults
	Service    geodata.Service     `json:"service"`
	Territory  Row                 `json:"territory"`
	Communes   []Row               `json:"communes"` // by code, those of the study area
	Sites      []Site              `json:"sites"`    // those that stay, by id; then the stops
	Cells      Cells               `json:"cells"`
	LeftOut    map[string]int      `json:"left_out"` // facilities by reason
	Provenance analyses.Provenance `json:"provenance"`
}

// Row is the person-hours a week of one zone.
type Row struct {
	Code   string           `json:"code"`
	Name   geodata.Text     `json:"name"`
	Demand geodata.Amount   `json:"demand"`
	Fixed  []geodata.Amount `json:"fixed_person_hours"` // of the sites that stay
	Stops  []geodata.Amount `json:"stops_person_hours"` // of the stops
	Both   []geodata.Amount `json:"person_hours"`       // of all; hours at once count once
	Gain   []geodata.Amount `json:"gain_person_hours"`  // Both less Fixed
	Served []geodata.Amount `json:"served"`             // people who have a site or stop within reach at some hour
}

// Site is a place that is open at some hours.
type Site struct {
	ID       string           `json:"id"` // of the facility, or stop-1, stop-2, …
	Name     string           `json:"name"`
	Location orb.Point        `json:"location"`
	Stop     bool             `json:"stop"` // it comes and goes
	Hours    float64          `json:"hours"`
	Served   []geodata.Amount `json:"served"`            // people within reach
	Gain     []geodata.Amount `json:"gain_person_hours"` // what would be lost without it
}

// Cells are the populated cells of the study area as parallel columns, by id.
type Cells struct {
	IDs      []string         `json:"id"`
	Communes []string         `json:"commune"`
	Demand   []geodata.Amount `json:"demand"`
	Fixed    []int            `json:"fixed_minutes"` // open within the largest threshold, of the sites that stay
	Both     []int            `json:"minutes"`       // of all
}
