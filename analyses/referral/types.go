package referral

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: which two services.
type Params struct {
	First        string             `json:"first" doc:"service that people turn to first; town_hall when empty"`
	Second       string             `json:"second" doc:"service they are sent on to; france_services when empty"`
	Mode         string             `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	FirstWithin  coverage.Threshold `json:"first_within,omitempty" doc:"how near the first is near enough, such as 10m; the largest threshold of the service when empty"`
	SecondWithin coverage.Threshold `json:"second_within,omitempty" doc:"how near the second is near enough, such as 20m; the largest threshold of the service when empty"`
	Statuses     []geodata.Status   `json:"statuses" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	coverage.DemandOptions
	coverage.SupplyOptions
}

// Result is who has what.
type Result struct {
	Params     Params              `json:"params"` // complete with defaults
	First      geodata.Service     `json:"first"`
	Second     geodata.Service     `json:"second"`
	Territory  Row                 `json:"territory"`
	Communes   []Row               `json:"communes"` // by code, those of the study area
	Sites      []Site              `json:"sites"`    // of the first level that are nearest to anybody, by id
	Cells      Cells               `json:"cells"`
	Provenance analyses.Provenance `json:"provenance"`
}

// Row is one zone. Both, FirstOnly, SecondOnly and Neither add up to Demand.
type Row struct {
	Code       string         `json:"code"`
	Name       geodata.Text   `json:"name"`
	Demand     geodata.Amount `json:"demand"`
	Both       geodata.Amount `json:"both"`
	FirstOnly  geodata.Amount `json:"first_only"`
	SecondOnly geodata.Amount `json:"second_only"`
	Neither    geodata.Amount `json:"neither"`
	// Referral is the mean referral distance in seconds, null where nobody can be sent on.
	Referral *float64       `json:"referral_seconds"`
	Stranded geodata.Amount `json:"stranded"` // people who reach a first-level site, from which no way leads to a second
}

// Site is a first-level site.
type Site struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Commune  string          `json:"commune"`
	Location orb.Point       `json:"location"`
	Serves   geodata.Amount  `json:"serves"`  // people nearest to it
	Seconds  traveltime.Time `json:"seconds"` // to the nearest second-level site; null if there is no way
	Second   string          `json:"second"`  // that site's id
}

// Cells are the populated cells of the study area as parallel columns, by id.
type Cells struct {
	IDs      []string          `json:"id"`
	Communes []string          `json:"commune"`
	Demand   []geodata.Amount  `json:"demand"`
	First    []traveltime.Time `json:"first_seconds"`    // to the nearest first-level site
	Second   []traveltime.Time `json:"second_seconds"`   // to the nearest second-level site
	Referral []traveltime.Time `json:"referral_seconds"` // from that first-level site to its nearest second
	Classes  []string          `json:"class"`            // both, first_only, second_only, neither
}
