package colocation

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Params is the question: which services, how near together, and a shared site to try.
type Params struct {
	Services []string           `json:"services" doc:"services to look at; all of the catalogue that have a facility when empty"`
	Walk     coverage.Threshold `json:"walk,omitempty" doc:"how far apart on foot is still together, such as 5m; 5m when empty"`
	Statuses []geodata.Status   `json:"statuses" doc:"existing, planned, candidate: which facilities count; existing ones when empty"`
	At       *orb.Point         `json:"at,omitempty" doc:"longitude and latitude of a shared site to try"`
	Offer    []string           `json:"offer,omitempty" doc:"services the shared site would offer, two at least"`
	Mode     string             `json:"mode" doc:"how people come to the shared site: car, bike or foot; car when empty"`
	Within   coverage.Threshold `json:"within,omitempty" doc:"how near the shared site is near enough, such as 15m; the largest threshold of the first service it offers when empty"`
	coverage.SupplyOptions
}

// Result is the places and pairs, and what a shared site changes.
type Result struct {
	Params     Params              `json:"params"` // complete with defaults
	Places     []Place             `json:"places"` // those with most services first, then by id
	Pairs      []Pair              `json:"pairs"`  // in the order of the services
	Shared     *Shared             `json:"shared,omitempty"`
	Alone      int                 `json:"off_network"` // facilities too far from any path, each a place of its own
	Provenance analyses.Provenance `json:"provenance"`
}

// Place is facilities that are together.
type Place struct {
	ID         string      `json:"id"` // the first facility's
	Commune    string      `json:"commune"`
	Services   []string    `json:"services"`   // in the order asked for
	Facilities []string    `json:"facilities"` // ids
	Names      []string    `json:"names"`
	Points     []orb.Point `json:"points"` // null for sites of one's own
}

// Pair is how often a service has another beside it.
type Pair struct {
	Service  string `json:"service"`
	Other    string `json:"other"`
	All      int    `json:"facilities"` // of the service
	Together int    `json:"together"`   // of them, those with the other within the walk
}

// Shared is what a shared site changes.
type Shared struct {
	Services []Change `json:"services"` // for each that it offers
	// All is about a place that offers all of them, for everybody.
	All Change `json:"all"`
}

// Change is who is within reach before and after.
type Change struct {
	Service  string          `json:"service"` // its id, or all
	Label    geodata.Text    `json:"label"`
	Demand   geodata.Amount  `json:"demand"`
	Before   geodata.Amount  `json:"before"`
	After    geodata.Amount  `json:"after"`
	Communes []CommuneChange `json:"communes"` // by code, those of the study area
}

// CommuneChange is a Change of one commune.
type CommuneChange struct {
	Code   string         `json:"code"`
	Name   geodata.Text   `json:"name"`
	Demand geodata.Amount `json:"demand"`
	Before geodata.Amount `json:"before"`
	After  geodata.Amount `json:"after"`
}
