package fragility

import (
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/geodata"
)

// FarLimit is the longest time that the component far knows: who is farther, or
// not reached at all, is as far.
const FarLimit = time.Hour

// The bounds and defaults of Params.
const (
	MinHouseholds = 11 // fewest of a place
	DefaultTop    = 20
	DefaultBeyond = coverage.Threshold(15 * time.Minute)
)

// perHousehold is how many inhabitants stand for a household where the grid counts none.
const perHousehold = 3

// Params is the question. All of it may be left out.
type Params struct {
	Poverty       *float64 `json:"poverty,omitempty" doc:"weight of households in poverty; 1 when left out, 0 to leave it out"`
	SingleParents *float64 `json:"single_parents,omitempty" doc:"weight of single-parent families; 1 when left out"`
	Alone         *float64 `json:"alone,omitempty" doc:"weight of people who live alone; 1 when left out"`
	Aged          *float64 `json:"aged,omitempty" doc:"weight of people of 80 and over; 1 when left out"`
	Far           *float64 `json:"far,omitempty" doc:"weight of the distance from services; 1 when left out"`
	NoCar         *float64 `json:"no_car,omitempty" doc:"weight of households without a car; 1 when left out"`

	Services []string           `json:"services" doc:"services that one can be far from; town_hall, france_services, social_centre and senior, where there are any, when empty"`
	Mode     string             `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Statuses []geodata.Status   `json:"statuses" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	Beyond   coverage.Threshold `json:"beyond,omitempty" doc:"mean time to the services from which all people are isolated, such as 15m, the default"`
	Top      int                `json:"top,omitempty" atonce:"200" doc:"how many places the lists have; 20 when left out"`
	Minimum  int                `json:"minimum,omitempty" doc:"fewest households of a place, 11 or more; 11 when left out"`
	supply.Options
}

// Result is how fragile each place is. Columns of components run parallel to Components.
type Result struct {
	Params     Params      `json:"params"` // complete with defaults
	Components []Component `json:"components"`
	Missing    []string    `json:"missing"` // components that the grid has no column for

	Territory Row   `json:"territory"`
	Communes  []Row `json:"communes"` // by code, those of the study area
	Cells     Cells `json:"cells"`

	Unseen   []Place `json:"unseen"` // most isolated households of one person first
	Visits   []Place `json:"visits"` // most isolated people of 80 and over first
	Withheld int     `json:"cells_withheld"`

	Provenance analyses.Provenance `json:"provenance"`

	unplaced bool // nobody said where the cells are
}

// Component is one component of the score.
type Component struct {
	Name   string       `json:"name"`
	Label  geodata.Text `json:"label"`
	Unit   string       `json:"unit"`   // of its values: %, or s for far
	Column string       `json:"column"` // counted, of the grid; empty for far
	Of     string       `json:"of"`     // column that it is a share of
	Weight float64      `json:"weight"`
}

// Row is one zone. Score and its components are null where nobody is counted.
type Row struct {
	Code       string         `json:"code"`
	Name       geodata.Text   `json:"name"`
	Population geodata.Amount `json:"population"`
	Score      *float64       `json:"score"`
	// Values are the zone's own, in the components' units; Ranks the means of its cells'.
	Values  []*float64     `json:"values"`
	Ranks   []*float64     `json:"ranks"`
	Imputed geodata.Amount `json:"imputed"` // people in cells whose values INSEE imputed
}

// Cells are the populated cells of the study area as parallel columns, by id.
// Values and Ranks have a column for each component.
type Cells struct {
	IDs        []string         `json:"id"`
	Communes   []string         `json:"commune"`
	Population []geodata.Amount `json:"population"`
	Score      []*float64       `json:"score"`
	Quintiles  []int            `json:"quintile"` // of the inhabitants by score, 1 (least fragile) to 5; 0 without a score
	Values     [][]*float64     `json:"values"`
	Ranks      [][]*float64     `json:"ranks"`
	Imputed    []bool           `json:"imputed"`
}

// Place is cells that lie together and are told as one.
type Place struct {
	ID         string         `json:"id"` // of its first cell
	Commune    string         `json:"commune"`
	Name       string         `json:"name"` // of the commune
	Cells      []string       `json:"cells"`
	Middle     orb.Point      `json:"middle"`
	Population geodata.Amount `json:"population"`
	Households geodata.Amount `json:"households"` // 0 where the grid counts none
	Isolated   geodata.Amount `json:"isolated"`   // households (unseen) or people (visits)
	// Seconds is the mean time of its inhabitants to the services, FarLimit at most.
	Seconds float64 `json:"seconds"`
	Imputed float64 `json:"imputed_percent"` // of its inhabitants
}
