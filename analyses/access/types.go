package access

import (
	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Params is the question about a territory.
type Params struct {
	Service  string           `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Mode     string           `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Method   Method           `json:"method" doc:"2sfca, e2sfca, 3sfca, apl or raam; e2sfca when empty"`
	Steps    Steps            `json:"steps" doc:"weights by time, such as 10m:1,20m:0.68,30m:0.22; the method's own when empty"`
	Statuses []geodata.Status `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	Capacity *int             `json:"capacity,omitempty" doc:"places of each facility whose capacity is not known; without it such a facility is an error"`
	coverage.DemandOptions
	coverage.SupplyOptions
}

// Result is how much there is for whom.
type Result struct {
	Params     Params              `json:"params"` // complete with defaults
	Service    geodata.Service     `json:"service"`
	Public     geodata.Text        `json:"public"` // whom the demand counts
	LeftOut    map[string]int      `json:"left_out"`
	Territory  Row                 `json:"territory"`
	Communes   []Row               `json:"communes"`
	Sites      []Facility          `json:"facilities"`
	Cells      Cells               `json:"cells"`
	Check      Check               `json:"check"`            // over all who reach the facilities
	Rounds     *Rounds             `json:"rounds,omitempty"` // of raam
	Provenance analyses.Provenance `json:"provenance"`

	unit string
}

// Row is one commune, or the territory.
type Row struct {
	Code      string         `json:"code"`
	Name      geodata.Text   `json:"name"`
	Demand    geodata.Amount `json:"demand"`
	Unreached geodata.Amount `json:"unreached"` // of the demand, who has no facility in reach
	// Places is what its people have of the facilities' capacity; communes add up to
	// the territory.
	Places geodata.Amount `json:"places"`
	// Mean is the demand-weighted mean of the scores; null where there is none. By the
	// floating catchments who reaches nothing counts with 0.
	Mean *float64 `json:"mean_score"`
}

// Facility is a facility that counts, and what becomes of its capacity.
type Facility struct {
	geodata.Facility `json:"-"`
	Site
}

// Cells are the populated cells of the study area as parallel columns.
type Cells struct {
	IDs      []string         `json:"id"`
	Communes []string         `json:"commune"`
	Demand   []geodata.Amount `json:"demand"`
	Scores   []*float64       `json:"score"` // see Shares.Score
	States   []string         `json:"state"` // reached, unreached
	at       []int            // positions in the population
}
