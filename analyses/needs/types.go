package needs

import (
	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/geodata"
)

// The bounds of Params.
const (
	DefaultTo = 2040 // the year a projection ends in when none is named
	LastTo    = 2070 // the last year the hypotheses are made for
	KeepLocal = 0.25 // of a commune's own past migration that goes on
	MinSpan   = 5    // years from which local migration is calibrated, at least, where there is a choice
)

// Params is the question. All of it may be left out.
type Params struct {
	To       int      `json:"to" doc:"last year, 2070 at most"`
	Variants []string `json:"variants" doc:"low, central, high: the hypotheses to project with; all when empty"`
	Since    int      `json:"since,omitempty" doc:"earlier census from which local migration is calibrated; when left out the latest that is 5 years older than the base"`
	Local    *float64 `json:"local,omitempty" doc:"how much of a commune's own past migration goes on, from 0 (it becomes that of France) to 1; 0.25 when left out"`
	Backtest int      `json:"backtest,omitempty" doc:"past census to project from, to compare with the newest"`
	Tables
	// Service asks for its coverage in each year.
	Service  string               `json:"service,omitempty" doc:"id of a service whose coverage is recomputed for each year"`
	Mode     string               `json:"mode,omitempty" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within   []coverage.Threshold `json:"within,omitempty" doc:"thresholds of the coverage, rising, such as 10m; the service's own when empty"`
	Statuses []geodata.Status     `json:"statuses,omitempty" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	supply.Options
}

// Tables are the asker's own rates. One that is not empty replaces the built-in
// one wholly, in all years.
type Tables struct {
	Fertility []Rate `json:"fertility,omitempty" doc:"births a year per woman, by age: objects with from, to, rate and, where needed, variant, commune"`
	Mortality []Rate `json:"mortality,omitempty" doc:"probability to die within the year, by age: objects with from, to, rate and, where needed, sex, variant, commune"`
	Migration []Rate `json:"migration,omitempty" doc:"net migration a year as a share of the people, by age: objects with from, to, rate and, where needed, commune, sex, variant"`
}

// Result is the people and what they need, year by year. Rows are in the order of
// commune, variant, year; the territory is the sum of its communes.
type Result struct {
	Params   Params   `json:"params"` // complete with defaults
	Base     int      `json:"base"`   // year the projection starts from
	Services []string `json:"services"`
	// Uncounted are services whose demand is not a matter of age, such as households.
	Uncounted []string `json:"services_uncounted,omitempty"`

	Territory []Row      `json:"territory"` // by variant and year
	Communes  []Row      `json:"communes"`
	Local     []Local    `json:"local"`
	Observed  []Observed `json:"observed"`
	Backtest  *Backtest  `json:"backtest,omitempty"`
	Coverage  *Coverage  `json:"coverage,omitempty"`

	Provenance analyses.Provenance `json:"provenance"`
}

// Row is a zone on the 1st of January of a year.
type Row struct {
	Code       string         `json:"code"` // INSEE code, or territory id
	Name       string         `json:"name"`
	Variant    string         `json:"variant"`
	Year       int            `json:"year"`
	Population geodata.Amount `json:"population"`
	// What happened in the twelve months before; 0 in the base year.
	Births    geodata.Amount `json:"births"`
	Deaths    geodata.Amount `json:"deaths"`
	Migration geodata.Amount `json:"net_migration"`

	Under3  geodata.Amount   `json:"ages_0_2"`
	Nursery geodata.Amount   `json:"ages_3_5"`   // école maternelle
	Primary geodata.Amount   `json:"ages_6_10"`  // école élémentaire
	Lower   geodata.Amount   `json:"ages_11_14"` // collège
	Upper   geodata.Amount   `json:"ages_15_17"` // lycée
	From65  geodata.Amount   `json:"ages_65_over"`
	From80  geodata.Amount   `json:"ages_80_over"`
	Demand  []geodata.Amount `json:"demand"` // parallel to Result.Services
}

// Local is how a commune's own migration was found.
type Local struct {
	Commune string `json:"commune"`
	Since   int    `json:"since,omitempty"` // 0 where there is no earlier census
	// PerThousand is net migration a year per thousand inhabitants in the base year.
	PerThousand float64 `json:"per_thousand"`
	// Ages says where the ages of the base come from: census, earlier or later
	// census (scaled), grid (scaled), or model.
	Ages string `json:"ages"`
}

// Observed is what a census counted.
type Observed struct {
	Commune string         `json:"commune"` // or territory id
	Year    int            `json:"year"`
	Persons geodata.Amount `json:"persons"`
	Ranges  int            `json:"age_ranges"` // 1 where it does not tell ages apart
}

// Backtest compares a projection from a past census with the newest.
type Backtest struct {
	From      int             `json:"from"`
	To        int             `json:"to"`
	Since     int             `json:"since,omitempty"` // census that local migration was calibrated from
	Communes  []BacktestRow   `json:"communes"`
	Territory BacktestRow     `json:"territory"`
	Error     BacktestSummary `json:"error"`     // of the projection
	Unchanged BacktestSummary `json:"unchanged"` // of the guess that nobody comes or goes
}

// BacktestRow is one zone; percentages are of what was observed, null where that is 0.
type BacktestRow struct {
	Code      string         `json:"code"`
	Name      string         `json:"name"`
	Start     geodata.Amount `json:"start"` // observed in From
	Projected geodata.Amount `json:"projected"`
	Observed  geodata.Amount `json:"observed"`
	Percent   *float64       `json:"error_percent"`
}

// BacktestSummary says how far off a guess is, in per cent.
type BacktestSummary struct {
	MAPE     float64 `json:"mean_absolute_percentage_error"` // of the communes
	Bias     float64 `json:"mean_percentage_error"`          // of the communes; above 0 is too many
	Total    float64 `json:"total_percent"`                  // error of the territory's sum
	Weighted float64 `json:"misplaced_percent"`              // Σ|error| / Σ observed
}

// Coverage is who is within reach in each year, by today's travel times.
type Coverage struct {
	Service   string               `json:"service"`
	Mode      string               `json:"mode"`
	Within    []coverage.Threshold `json:"within"`
	Territory []Covered            `json:"territory"` // by variant and year
	Communes  []Covered            `json:"communes"`  // by commune, variant and year
}

// Covered is the coverage of a zone in a year.
type Covered struct {
	Code    string           `json:"code"`
	Variant string           `json:"variant"`
	Year    int              `json:"year"`
	Demand  geodata.Amount   `json:"demand"`
	Covered []geodata.Amount `json:"covered"` // parallel to Within
	Share   []*float64       `json:"share_percent"`
	// Unplaced is demand of communes where the grid has nobody today: it counts as not covered.
	Unplaced geodata.Amount `json:"unplaced"`
}
