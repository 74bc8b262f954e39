package supply

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Options limit which facilities count. All may be left out.
type Options struct {
	Accessible bool   `json:"accessible,omitempty" doc:"only facilities known to be accessible to disabled people"`
	Open       string `json:"open,omitempty" doc:"only facilities known to be open then: We, 'We 14:00-17:00', evening, saturday, holidays"`
	Border     Border `json:"border,omitempty" doc:"inside: only facilities of the study area's intercommunality; all when left out"`
}

// Border says whether facilities beyond the territory's border count.
type Border string

// The two sides of the border.
const (
	Crossed Border = ""       // people cross it: facilities beyond it count
	Inside  Border = "inside" // only facilities in the study area count
)

// Supply is the facilities that count, in the order of their ids.
type Supply struct {
	Facilities []geodata.Facility
	epci       map[string]string // of each commune
	LeftOut    map[string]int    // others of the service by reason: itinerant, planned, candidate, closed, hours_unknown, not_accessible, accessibility_unknown, outside
}

// Choose chooses among the territory's facilities of the service; existing ones
// where no status is named. What is not understood is an analyses.ParamError.
func Choose(s *geodata.Snapshot, service string, statuses []geodata.Status, o Options) (*Supply, error) {
	statuses, err := Statuses(statuses)
	if err != nil {
		return nil, err
	}
	out := &Supply{epci: map[string]string{}, LeftOut: map[string]int{}}
	for _, c := range s.Communes() {
		out.epci[c.Code] = c.EPCI
	}
	for _, f := range s.Facilities() {
		switch {
		case f.Service != service:
		case !slices.Contains(statuses, f.Status):
			out.LeftOut[string(f.Status)]++
		case f.Itinerant:
			out.LeftOut["itinerant"]++
		default:
			out.Facilities = append(out.Facilities, f)
		}
	}
	return out, nil
}

// Statuses checks a list of statuses and spells it in one way; empty means existing.
func Statuses(statuses []geodata.Status) ([]geodata.Status, error) {
	if len(statuses) == 0 {
		return []geodata.Status{geodata.Existing}, nil
	}
	statuses = slices.Compact(slices.Sorted(slices.Values(statuses)))
	for _, st := range statuses {
		if _, err := geodata.ParseStatus(string(st)); err != nil || st == "" {
			return nil, &analyses.ParamError{Param: "statuses", Err: fmt.Errorf("unknown status %q: want existing, planned or candidate", st)}
		}
	}
	return statuses, nil
}

// Serves says whether a facility, by its position, takes people of a commune.
func (s *Supply) Serves(j int, commune string) bool {
	f := &s.Facilities[j]
	switch f.Catchment {
	case geodata.OfCommune:
		return f.Commune == commune
	case geodata.OfEPCI:
		return s.epci[commune] != "" && s.epci[f.Commune] == s.epci[commune]
	}
	return true
}

// Limited says whether any facility takes residents only.
func (s *Supply) Limited() bool {
	return slices.ContainsFunc(s.Facilities, func(f geodata.Facility) bool { return f.Catchment != geodata.Everybody })
}

// Locations are where the facilities are, parallel to them.
func (s *Supply) Locations() []orb.Point {
	out := make([]orb.Point, len(s.Facilities))
	for i, f := range s.Facilities {
		out[i] = f.Location
	}
	return out
}

// IDs are those of the facilities, parallel to them.
func (s *Supply) IDs() []string {
	out := make([]string, len(s.Facilities))
	for i, f := range s.Facilities {
		out[i] = f.ID
	}
	return out
}

// Notes are what every answer about these facilities must say.
func (s *Supply) Notes() (notes []geodata.Text) {
	note := func(reason, frOne, frMore, enOne, enMore string) {
		if n := s.LeftOut[reason]; n > 0 {
			notes = append(notes, geodata.Text{Fr: analyses.Plural(n, frOne, frMore), En: analyses.Plural(n, enOne, enMore)})
		}
	}
	note("itinerant", "service itinérant non compté.", "services itinérants non comptés.", "itinerant service not counted.", "itinerant services not counted.")
	return notes
}
