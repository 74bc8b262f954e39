package shapley

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// MaxSites bounds how many sites are valued.
const MaxSites = 100

// Game is what a set of sites is worth.
type Game string

// The games.
const (
	Covered Game = "covered" // people newly within a threshold
	Travel  Game = "travel"  // person-minutes saved
)

// Params is the question: which sites, of what service.
type Params struct {
	Service  string               `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Sites    []string             `json:"sites" doc:"ids of facilities of the service, whatever their status; one of today's is valued as if it were not there"`
	Points   []Point              `json:"points,omitempty" doc:"other sites: id, lon, lat, and name where there is one"`
	Game     Game                 `json:"game,omitempty" doc:"covered (people newly within each threshold) or travel (person-minutes saved); covered when left out"`
	Mode     string               `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within   []coverage.Threshold `json:"within" atonce:"12" doc:"thresholds of game covered, rising, such as 10m; the service's own when empty"`
	AtMost   coverage.Threshold   `json:"at_most,omitempty" doc:"of game travel: who is farther than this, or not reached, counts as that far; 1h when left out"`
	Statuses []geodata.Status     `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities there are today; existing ones when empty"`
	coverage.DemandOptions
	coverage.SupplyOptions
}

// Point is a site that is not in the data. It serves everybody.
type Point struct {
	ID   string  `json:"id"`
	Name string  `json:"name,omitempty"`
	Lon  float64 `json:"lon"`
	Lat  float64 `json:"lat"`
}

// Result is what the sites are worth.
type Result struct {
	Params    Params          `json:"params"` // complete with defaults
	Service   geodata.Service `json:"service"`
	Estimated bool            `json:"estimated"`        // demand rests on bands wider than the target ages
	Unit      string          `json:"unit"`             // of all amounts: persons, households, euros; times minutes for game travel
	Public    geodata.Text    `json:"public"`           // whom the demand counts
	LeftOut   map[string]int  `json:"left_out"`         // as in coverage.Result
	Existing  int             `json:"facilities_today"` // that count, but for the sites
	Sites     []Site          `json:"sites"`            // facilities as they were named, then points
	Games     []Outcome       `json:"games"`            // one per threshold; one in all for game travel

	Provenance analyses.Provenance `json:"provenance"`
}

// Site is where it is.
type Site struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Status  geodata.Status `json:"status,omitempty"` // of a facility
	Commune string         `json:"commune"`          // INSEE code; empty outside all communes
	At      orb.Point      `json:"at"`
}

// Outcome is one game.
type Outcome struct {
	Within coverage.Threshold `json:"within,omitempty"` // of game covered
	// Without is the demand covered without the sites, or the travel then; Gain is what
	// all sites together add to it, or save of it, and the sum of the values.
	Without geodata.Amount `json:"without"`
	Gain    geodata.Amount `json:"gain"`
	Sites   []Worth        `json:"sites"` // parallel to Result.Sites
}

// Worth is what a site is worth.
type Worth struct {
	Value   geodata.Amount `json:"value"`         // its Shapley value
	Percent *float64       `json:"value_percent"` // of the gain; null without any
	Alone   geodata.Amount `json:"alone"`         // its gain as the only site
	Last    geodata.Amount `json:"last"`          // what it adds to all the others
}
