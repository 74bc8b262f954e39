package analyses

import (
	"fmt"

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
	Snapshot  string            `json:"snapshot"`          // geodata.Snapshot.ID
	Vintage   int               `json:"vintage,omitempty"` // year of the population; 0 if unknown
	Analysis  string            `json:"analysis"`
	Params    any               `json:"params"` // the analysis's Params, complete with defaults
	Version   string            `json:"version"`
	Sources   []geodata.Source  `json:"sources"`
	Notes     []geodata.Text    `json:"notes,omitempty"` // modelled, estimated, imputed share, what was left out
}

// NewProvenance says where an answer about a snapshot comes from; that its data
// are modelled, if they are, is its first note.
func NewProvenance(s *geodata.Snapshot, analysis string, params any) Provenance {
	p := Provenance{Territory: s.Territory(), Snapshot: s.ID(), Analysis: analysis, Params: params, Version: Version, Sources: s.Sources(), Vintage: s.Population().Vintage}
	if s.Territory().Modelled {
		p.Notes = append(p.Notes, geodata.Text{Fr: "Données modélisées : ni les adresses ni les routes ne sont réelles.", En: "Modelled data: neither homes nor roads are real."})
	}
	return p
}

// Plural writes a number with what there is one of, or more.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
