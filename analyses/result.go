package analyses

import (
	"github.com/maillage/maillage/geodata"
)

// Result is an answer as exporters, tiles and API collections see it: layers of
// named columns with units, and where they come from. No exporter needs code
// for one analysis.
type Result struct {
	Name       string // identifier: coverage
	Title      geodata.Text
	Provenance Provenance
	Layers     []geodata.Layer
}

// Provenance says what a result was computed from, so that it can be computed again.
type Provenance struct {
	Territory geodata.Territory `json:"territory"`
	Snapshot  string            `json:"snapshot"` // geodata.Snapshot.ID
	Analysis  string            `json:"analysis"`
	Params    any               `json:"params"` // the analysis's Params, complete with defaults
	Version   string            `json:"version"`
	Sources   []geodata.Source  `json:"sources"`
	Notes     []geodata.Text    `json:"notes,omitempty"` // modelled, estimated, imputed share, what was left out
}
