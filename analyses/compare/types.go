package compare

import (
	"encoding/json"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
)

// Limits of Params.Scenarios, and the last minute of Result.Minutes.
const (
	MinScenarios = 2
	MaxScenarios = 10
	LastMinute   = 60
)

// Params is the question: a coverage, in several scenarios.
type Params struct {
	Service   string               `json:"service" required:"true" doc:"id of a service of the catalogue"`
	Scenarios Scenarios            `json:"scenarios" required:"true" doc:"2 to 10 scenarios, as /api/v1/schemas/scenario.json describes them; the others are held against the first; one without changes is the situation today"`
	Mode      string               `json:"mode" doc:"car, bike, foot, or with words that say when transit, transit-bike, transit-car, on-demand, such as transit Tu 07:00-09:00 p50 3-changes; car when empty"`
	Within    []coverage.Threshold `json:"within" atonce:"12" doc:"thresholds, rising, such as 10m; the service's own when empty"`
	Statuses  []geodata.Status     `json:"statuses" atonce:"3" doc:"existing, planned, candidate: which facilities count; existing ones, and those that a scenario opens, when empty"`
	coverage.DemandOptions
	coverage.SupplyOptions
	Nth     int                `json:"nth,omitempty" doc:"the time to the n-th nearest facility counts, 2 to 16; to the nearest when left out"`
	Notable coverage.Threshold `json:"notable,omitempty" doc:"who is nearer or farther by no more than this is where they were; 1m when left out"`
	Draws   int                `json:"draws" atonce:"200" doc:"how many times speeds are drawn for the verdict, 20 to 10000; no verdict when 0"`
	Seed    uint64             `json:"seed" doc:"another seed draws other speeds"`
}

// Scenarios are some scenarios in an order.
type Scenarios []*scenario.Scenario

// UnmarshalJSON reads each as scenario.Parse does, and says which cannot be read.
func (s *Scenarios) UnmarshalJSON(text []byte) error {
	var each []json.RawMessage
	if err := json.Unmarshal(text, &each); err != nil {
		return err
	}
	*s = nil
	if each != nil {
		*s = make(Scenarios, len(each))
	}
	for i, one := range each {
		sc, err := scenario.Parse("", one)
		if err != nil {
			return fmt.Errorf("scenarios[%d]: %w", i, err)
		}
		(*s)[i] = sc
	}
	return nil
}

// Result is how the scenarios compare. Scenarios are meant by their position in
// Params.Scenarios, from 0, and lists of a scenario each are in that order.
type Result struct {
	Params    Params          `json:"params"` // complete with defaults
	Service   geodata.Service `json:"service"`
	Estimated bool            `json:"estimated"`        // demand rests on bands wider than the target ages
	Unit      string          `json:"unit,omitempty"`   // of the demand; persons when empty
	Public    *geodata.Text   `json:"public,omitempty"` // whom it counts, where not those the service is for

	// Conclusion says in sentences which scenario leads at each threshold, by how
	// much and how surely, and whether another leads at other thresholds.
	Conclusion []geodata.Text `json:"conclusion"`
	Scenarios  []Scenario     `json:"scenarios"`
	// Differences are of each scenario but the first from the first, in their order.
	Differences []Difference `json:"differences"`
	Ranks       [][]int      `json:"ranks"` // per threshold, of each scenario
	Minutes     []Minute     `json:"minutes"`
	Leads       []Lead       `json:"leads"`
	Reversals   []Reversal   `json:"reversals"`
	Verdict     []Verdict    `json:"verdict,omitempty"` // per threshold, with draws
	Cells       Cells        `json:"cells"`

	Provenance analyses.Provenance `json:"provenance"`
}

// Scenario is the indicators of one.
type Scenario struct {
	ID              string         `json:"id"` // scenario.Scenario.ID
	Name            geodata.Text   `json:"name"`
	Facilities      int            `json:"facilities"` // that count and are near a road
	LeftOut         map[string]int `json:"left_out"`   // as in coverage.Result
	Territory       coverage.Row   `json:"territory"`
	Communes        []coverage.Row `json:"communes"` // by code, those of the study area
	LivingStandards []coverage.Row `json:"living_standards,omitempty"`
	// NewlyCovered is, per threshold, the demand that is not covered today.
	NewlyCovered []geodata.Amount `json:"newly_covered"`
	Cost         *scenario.Cost   `json:"cost,omitempty"`              // euros
	PerPerson    *PerPerson       `json:"per_newly_covered,omitempty"` // with costs
	Notes        []geodata.Text   `json:"notes,omitempty"`             // what was decided where the scenario left it open
}

// PerPerson is what a scenario costs for each of NewlyCovered, in euros per threshold:
// null where there is nobody.
type PerPerson struct {
	Investment []*float64 `json:"investment,omitempty"`
	Yearly     []*float64 `json:"yearly,omitempty"` // a year
}

// Difference is what one scenario changes against the first.
type Difference struct {
	Scenario  int      `json:"of"`
	Territory Change   `json:"territory"`
	Communes  []Change `json:"communes"`
	// Gaining and Losing are, per threshold, the communes with a net gain or loss.
	Gaining []int `json:"communes_gaining"`
	Losing  []int `json:"communes_losing"`
}

// Change is what becomes of the demand of a zone. All amounts are of that.
type Change struct {
	Code   string           `json:"code"`
	Name   geodata.Text     `json:"name"`
	Demand geodata.Amount   `json:"demand"` // in the scenario
	Gained []geodata.Amount `json:"gained"` // per threshold
	Lost   []geodata.Amount `json:"lost"`
	Net    []geodata.Amount `json:"net"` // gained less lost

	NewlyCovered    geodata.Amount `json:"newly_covered"` // at one of the thresholds
	Nearer          geodata.Amount `json:"nearer"`        // by more than Params.Notable, past no threshold
	Same            geodata.Amount `json:"same"`
	Farther         geodata.Amount `json:"farther"`
	NoLongerCovered geodata.Amount `json:"no_longer_covered"`
}

// Minute is whom the scenarios cover within so many minutes.
type Minute struct {
	Minutes int              `json:"minutes"`
	Covered []geodata.Amount `json:"covered"`
	Ranks   []int            `json:"ranks"`
}

// Lead is a stretch of thresholds in minutes, both ends included, at which the same
// scenarios are first.
type Lead struct {
	From  int   `json:"from_minutes"`
	To    int   `json:"to_minutes"`
	First []int `json:"first"`
}

// Reversal says that from some minute on a scenario covers more than another, which
// covered more just before, but for minutes at which they were equal.
type Reversal struct {
	From   int `json:"from_minutes"`
	Ahead  int `json:"ahead"`
	Behind int `json:"behind"`
}

// Verdict is how sure the ranking at a threshold is.
type Verdict struct {
	Within  coverage.Threshold                     `json:"within"`
	First   []float64                              `json:"first_percent"`  // of the draws, in which a scenario is alone first
	Shared  float64                                `json:"shared_percent"` // in which several are
	Holds   float64                                `json:"holds_percent"`  // in which all ranks are those of Result.Ranks
	Covered []uncertainty.Interval[geodata.Amount] `json:"covered"`
	Pairs   []Pair                                 `json:"pairs"` // each scenario with each after it
}

// Pair holds two scenarios against each other, draw by draw: A and B, in which gain is
// what A covers more.
type Pair struct {
	A int `json:"a"`
	B int `json:"b"`
	uncertainty.Verdict
}

// Cells are the populated cells of the study area as parallel columns, by cell id.
type Cells struct {
	IDs      []string         `json:"id"`
	Communes []string         `json:"commune"`
	Demand   []geodata.Amount `json:"demand"` // in the first scenario
	// Times[s] are those in scenario s; null when no facility is reached.
	Times [][]traveltime.Time `json:"seconds"`
	// Best is the scenario in which the cell is nearer than in every other by more
	// than Params.Notable; -1 where there is none.
	Best []int `json:"best"`
	// Changes[d] are those of Differences[d].
	Changes []CellChanges `json:"changes"`
}

// CellChanges are what a difference is to the cells, as parallel columns.
type CellChanges struct {
	Kinds []Kind             `json:"kind"`
	Net   [][]geodata.Amount `json:"net"` // per threshold: the demand gained, or lost and negative
}

// Kind is what becomes of a cell.
type Kind string

// The kinds.
const (
	NewlyCovered    Kind = "newly_covered"
	Nearer          Kind = "nearer"
	Same            Kind = "same"
	Farther         Kind = "farther"
	NoLongerCovered Kind = "no_longer_covered"
)
