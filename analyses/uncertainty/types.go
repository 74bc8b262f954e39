package uncertainty

import (
	"cmp"
	"math"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Limits of Params.Draws: fewer have no 5th percentile, more tell nothing new.
const (
	MinDraws = 20
	MaxDraws = 10_000
)

// Params is the question: a coverage, how often to draw, and perhaps two choices of sites to compare.
type Params struct {
	coverage.Params
	Draws int    `json:"draws" atonce:"500" doc:"how many times speeds are drawn, 20 to 10000"`
	Seed  uint64 `json:"seed" doc:"another seed draws other speeds"`
	// A and B are ids of facilities opened on top of those that count, whatever
	// their status; B may be empty when there is nothing to compare.
	A []string `json:"a,omitempty" doc:"facilities opened on top of those that count, whatever their status"`
	B []string `json:"b,omitempty" doc:"another choice, compared with a"`
}

// Result is what the draws say. All of it but the verdict is about choice A: the
// facilities that count and those that A opens.
type Result struct {
	Params    Params          `json:"params"` // complete with defaults
	Service   geodata.Service `json:"service"`
	Territory Row             `json:"territory"`
	Communes  []Row           `json:"communes"` // by code, those of the study area
	Cells     Cells           `json:"cells"`
	Verdict   []Verdict       `json:"verdict,omitempty"` // per threshold, when there is a B

	Provenance analyses.Provenance `json:"provenance"`
}

// Interval holds the central 90 % of the draws between Low and High.
type Interval[T cmp.Ordered] struct {
	Low    T `json:"low"`
	Median T `json:"median"`
	High   T `json:"high"`
}

// Row is the coverage of a zone over the draws.
type Row struct {
	Code   string         `json:"code"` // INSEE code or territory id
	Name   geodata.Text   `json:"name"`
	Demand geodata.Amount `json:"demand"` // people the service is for
	// Covered[k] is the demand within Params.Within[k]; Share[k] the same in per
	// cent of Demand, and Share is null without demand.
	Covered []Interval[geodata.Amount] `json:"covered"`
	Share   []Interval[float64]        `json:"share_percent"`
}

// Cells are the cells of the study area that have demand as parallel columns, by
// cell id.
type Cells struct {
	IDs      []string         `json:"id"`
	Communes []string         `json:"commune"`
	Demand   []geodata.Amount `json:"demand"`
	// The interval of the time to the nearest facility; null when none is reached.
	Low    []traveltime.Time `json:"low_seconds"`
	Median []traveltime.Time `json:"median_seconds"`
	High   []traveltime.Time `json:"high_seconds"`
	States []string          `json:"state"` // of the median: reached, unreachable, off_network
	// Within[k][i] is in how many draws cell i lies within Params.Within[k]: of
	// Params.Draws, its probability of being covered.
	Within [][]int `json:"draws_within"`
}

// Verdict says how often A covers more people than B within a threshold.
type Verdict struct {
	Within coverage.Threshold `json:"within"`
	A      float64            `json:"a_percent"` // of the draws
	Equal  float64            `json:"equal_percent"`
	B      float64            `json:"b_percent"`
	// Gain is what A covers more than B, in people; negative when B covers more.
	Gain Interval[geodata.Amount] `json:"gain_people"`
}

// Percent is the share of the draws in which cell i lies within
// Params.Within[k], in per cent.
func (r *Result) Percent(k, i int) float64 {
	return 100 * float64(r.Cells.Within[k][i]) / float64(r.Params.Draws)
}

// Central is the interval of the values of some draws, sorted; there must be one.
func Central[T cmp.Ordered](sorted []T) Interval[T] {
	n := len(sorted)
	return Interval[T]{sorted[rank(0.05, n)], sorted[rank(0.5, n)], sorted[rank(0.95, n)]}
}

// rank is the position of a quantile among n sorted values: the least value with
// at least that share at or below it.
func rank(quantile float64, n int) int {
	return max(int(math.Ceil(quantile*float64(n)))-1, 0)
}
