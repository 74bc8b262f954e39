package analyses

import (
	"fmt"
	"reflect"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
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
	Snapshot  string            `json:"snapshot"`          // geodata.Snapshot.ID; with a scenario, of what it changes
	Vintage   int               `json:"vintage,omitempty"` // year of the population; 0 if unknown
	Analysis  string            `json:"analysis"`
	Params    any               `json:"params"` // the analysis's Params, complete with defaults
	Version   string            `json:"version"`
	Sources   []geodata.Source  `json:"sources"`
	Secrecy   *Secrecy          `json:"secrecy,omitempty"`
	Scenario  *ScenarioRef      `json:"scenario,omitempty"` // absent for the data as they are
	Notes     []geodata.Text    `json:"notes,omitempty"`    // modelled, estimated, imputed share, what was left out
}

// ScenarioRef names the scenario an answer is about.
type ScenarioRef struct {
	ID   string       `json:"id"` // scenario.Scenario.ID
	Name geodata.Text `json:"name,omitzero"`
}

// Secrecy is the strictest rule of the counts an answer is computed from; nil
// where all are public.
type Secrecy struct {
	Minimum int    `json:"minimum"` // fewest that anything told is about
	Of      string `json:"of"`      // men for households, ind for people
}

// strictest is the rule with the highest minimum.
func strictest(s *geodata.Snapshot) *Secrecy {
	rule := s.Population().Rule
	for _, c := range s.Counts() {
		if c.Rule.Minimum > rule.Minimum {
			rule = c.Rule
		}
	}
	if rule.Public() {
		return nil
	}
	return &Secrecy{rule.Minimum, rule.Of}
}

// NewProvenance says where an answer about a snapshot comes from; that its data
// are modelled, if they are, is its first note. Params with a field Mode that depends on when
// one leaves, and is complete, are told in a note.
func NewProvenance(s *geodata.Snapshot, analysis string, params any) Provenance {
	p := Provenance{Territory: s.Territory(), Snapshot: s.ID(), Analysis: analysis, Params: params, Version: Version, Sources: s.Sources(), Vintage: s.Population().Vintage, Secrecy: strictest(s)}
	if s.Territory().Modelled {
		p.Notes = append(p.Notes, geodata.Text{Fr: "Données modélisées : ni les adresses ni les routes ne sont réelles.", En: "Modelled data: neither homes nor roads are real."})
	}
	p.Notes = append(p.Notes, modeNotes(params)...)
	if x := p.Secrecy; x != nil {
		p.Notes = append(p.Notes, geodata.Text{
			Fr: fmt.Sprintf("Données confidentielles : carreaux de moins de %d regroupés, effectifs légèrement brouillés, totaux de moins de %d donnés comme 0.", x.Minimum, x.Minimum),
			En: fmt.Sprintf("Confidential data: cells under %d are merged, counts slightly perturbed, sums about fewer than %d told as 0.", x.Minimum, x.Minimum),
		})
	}
	if v := s.Variation(); v != nil {
		p.Snapshot, p.Scenario = v.Base, &ScenarioRef{v.Scenario, v.Name}
		p.Notes = append(p.Notes, v.Notes...)
	}
	return p
}

// modeNotes say what the times are, of parameters with a Mode that depends on when one leaves.
func modeNotes(params any) []geodata.Text {
	v := reflect.Indirect(reflect.ValueOf(params))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("Mode")
	if !field.IsValid() || field.Kind() != reflect.String {
		return nil
	}
	m, err := profile.ParseMode(field.String())
	if err != nil {
		return nil
	}
	return m.Notes()
}

// Plural writes a number with what there is one of, or more.
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
