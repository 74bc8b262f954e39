package geodata

import "github.com/paulmach/orb"

// Territory is the intercommunality (EPCI) a snapshot describes.
type Territory struct {
	ID   string `json:"id"`   // SIREN of the EPCI, or any name without spaces
	Name string `json:"name"` // as people say it
	// Modelled is true when population, outlines or roads come from a model
	// rather than from published files. Every output must show it.
	Modelled bool `json:"modelled"`
}

// Commune is a municipality. Those of the study area are analysed; the others,
// in the buffer around it, are kept because people cross borders.
type Commune struct {
	Code     string // INSEE code, five characters (49347, 2A004)
	Name     string
	EPCI     string // SIREN, empty if unknown
	EPCIName string
	// Population is the published legal population in people, 0 if unknown.
	// Analyses count people on the grid, not this figure.
	Population int
	Study      bool
	// Outline is valid: rings closed, exterior counter-clockwise, holes clockwise.
	Outline orb.MultiPolygon
}
