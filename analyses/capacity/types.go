package capacity

import (
	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Params is the question about a territory.
type Params struct {
	Service  string              `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Mode     string              `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within   *coverage.Threshold `json:"within,omitempty" doc:"the longest way to a place, such as 20m; the service's longest threshold when empty"`
	Statuses []geodata.Status    `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	Capacity *int                `json:"capacity,omitempty" doc:"places of each facility whose capacity is not known; without it such a facility is an error"`
	coverage.DemandOptions
	coverage.SupplyOptions
}

// Result is the places, and who has one.
type Result struct {
	Params     Params              `json:"params"` // complete with defaults
	Service    geodata.Service     `json:"service"`
	Public     geodata.Text        `json:"public"` // whom the demand counts
	LeftOut    map[string]int      `json:"left_out"`
	Territory  Row                 `json:"territory"`
	Communes   []Row               `json:"communes"`
	Facilities []Facility          `json:"facilities"`
	Cells      Cells               `json:"cells"`
	Around     geodata.Amount      `json:"placed_around"` // people outside the study area who have a place
	Optimal    bool                `json:"optimal"`       // always: it was proven
	Provenance analyses.Provenance `json:"provenance"`

	unit string
}

// Row is one commune, or the territory. All amounts of communes add up to the
// territory's.
type Row struct {
	Code   string         `json:"code"`
	Name   geodata.Text   `json:"name"`
	Demand geodata.Amount `json:"demand"`
	Places geodata.Amount `json:"places"` // of the facilities in it
	// Rate is 100 · Places / Demand; null without demand.
	Rate *float64 `json:"rate"`
	// Official says that a rate is published for so many inhabitants; others are estimates.
	Official bool           `json:"official"`
	Placed   geodata.Amount `json:"placed"`    // of the demand, who has a place
	LeftOver geodata.Amount `json:"left_over"` // and who has none
	OutReach geodata.Amount `json:"out_of_reach"`
	// Mean is the mean time of who has a place, in seconds; null if nobody has.
	Mean *float64 `json:"mean_seconds"`
}

// Facility is a facility that counts, and how full it is.
type Facility struct {
	geodata.Facility `json:"-"`
	ID               string         `json:"id"`
	Places           geodata.Amount `json:"capacity"`
	InReach          geodata.Amount `json:"demand_in_reach"`
	Placed           geodata.Amount `json:"placed"`
	// Filled is Placed / capacity and Asked is demand in reach / capacity; null without
	// capacity.
	Filled *float64 `json:"filled"`
	Asked  *float64 `json:"asked"`
	// Worth is by how much one more place would bring down the sum of all ways, in
	// seconds; null where it would give a place to somebody who has none.
	Worth *float64 `json:"worth_seconds"`
}

// Cells are the populated cells of the study area as parallel columns.
type Cells struct {
	IDs      []string         `json:"id"`
	Communes []string         `json:"commune"`
	Demand   []geodata.Amount `json:"demand"`
	Placed   []geodata.Amount `json:"placed"`
	LeftOver []geodata.Amount `json:"left_over"`
	Seconds  []*float64       `json:"seconds"` // mean way of who has a place
	at       []int            // positions in the population
}
