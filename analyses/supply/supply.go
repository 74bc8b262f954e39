package supply

import (
	"errors"
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
	// LeftOut counts the others of the service by the first reason that holds:
	// planned, candidate, existing (the status), itinerant, outside or
	// commune_unknown (the border), not_accessible or accessibility_unknown, closed
	// or hours_unknown.
	LeftOut map[string]int
}

// Spelt checks the options and spells them in one way, so that one question has
// one form. What is not understood is an analyses.ParamError.
func (o Options) Spelt() (Options, error) {
	opening, err := ParseOpening(o.Open)
	if err != nil {
		return o, &analyses.ParamError{Param: "open", Err: err}
	}
	if o.Border != Crossed && o.Border != Inside {
		return o, &analyses.ParamError{Param: "border", Err: fmt.Errorf("%q: want inside, or nothing for facilities on both sides", o.Border)}
	}
	o.Open = opening.String()
	return o, nil
}

// Choose chooses among the territory's facilities of the service; existing ones
// where no status is named. What is not understood is an analyses.ParamError.
func Choose(s *geodata.Snapshot, service string, statuses []geodata.Status, o Options) (*Supply, error) {
	statuses, err := Statuses(statuses)
	if err != nil {
		return nil, err
	}
	if o, err = o.Spelt(); err != nil {
		return nil, err
	}
	opening, err := ParseOpening(o.Open)
	if err != nil {
		return nil, err
	}
	out := &Supply{epci: map[string]string{}, LeftOut: map[string]int{}}
	inside := out.area(s.Communes())
	if o.Border == Inside && !slices.ContainsFunc(s.Communes(), func(c geodata.Commune) bool { return c.Study }) {
		return nil, &analyses.ParamError{Param: "border", Err: errors.New("the territory has no commune in its study area, so nobody knows what is inside: import the communes with --communes and --study-area")}
	}
	for _, f := range s.Facilities() {
		if f.Service != service {
			continue
		}
		reason := absent(&f, statuses)
		if reason == "" && o.Border == Inside {
			reason = beyond(&f, inside)
		}
		if reason == "" && o.Accessible {
			reason = inaccessible(&f)
		}
		if reason == "" {
			reason = shut(&f, opening)
		}
		if reason == "" {
			out.Facilities = append(out.Facilities, f)
		} else {
			out.LeftOut[reason]++
		}
	}
	return out, nil
}

// area notes the communes' EPCIs and returns the communes of the study area: those
// that are studied, and all of an EPCI of which any is.
func (s *Supply) area(communes []geodata.Commune) map[string]bool {
	studied := map[string]bool{} // EPCIs
	for _, c := range communes {
		s.epci[c.Code] = c.EPCI
		if c.Study && c.EPCI != "" {
			studied[c.EPCI] = true
		}
	}
	inside := map[string]bool{}
	for _, c := range communes {
		inside[c.Code] = c.Study || studied[c.EPCI]
	}
	return inside
}

// The following say why a facility does not count; empty when it does.

func absent(f *geodata.Facility, statuses []geodata.Status) string {
	switch {
	case !slices.Contains(statuses, f.Status):
		return string(f.Status)
	case f.Itinerant:
		return "itinerant"
	}
	return ""
}

func beyond(f *geodata.Facility, inside map[string]bool) string {
	switch {
	case f.Commune == "":
		return "commune_unknown"
	case !inside[f.Commune]:
		return "outside"
	}
	return ""
}

// inaccessible takes limited access, and unknown, for none: whoever needs it
// cannot count on it.
func inaccessible(f *geodata.Facility) string {
	switch f.Accessible {
	case geodata.AccessibleYes:
		return ""
	case geodata.AccessibleUnknown:
		return "accessibility_unknown"
	}
	return "not_accessible"
}

func shut(f *geodata.Facility, o Opening) string {
	switch open, known := o.at(f); {
	case !known:
		return "hours_unknown"
	case !open:
		return "closed"
	}
	return ""
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
func (s *Supply) Limited() bool { return s.limited() > 0 }

func (s *Supply) limited() (n int) {
	for _, f := range s.Facilities {
		if f.Catchment != geodata.Everybody {
			n++
		}
	}
	return n
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
	note("outside", "équipement hors de l'intercommunalité, non compté.", "équipements hors de l'intercommunalité, non comptés.",
		"facility outside the intercommunality, not counted.", "facilities outside the intercommunality, not counted.")
	note("commune_unknown", "équipement dont la commune n'est pas connue, non compté.", "équipements dont la commune n'est pas connue, non comptés.",
		"facility whose commune is not known, not counted.", "facilities whose commune is not known, not counted.")
	note("not_accessible", "équipement non accessible aux personnes handicapées, ou en partie seulement, non compté.", "équipements non accessibles aux personnes handicapées, ou en partie seulement, non comptés.",
		"facility that disabled people cannot use, or only in part, not counted.", "facilities that disabled people cannot use, or only in part, not counted.")
	note("accessibility_unknown", "équipement dont l'accessibilité n'est pas connue, non compté.", "équipements dont l'accessibilité n'est pas connue, non comptés.",
		"facility whose accessibility is not known, not counted.", "facilities whose accessibility is not known, not counted.")
	note("closed", "équipement fermé à ce moment, non compté.", "équipements fermés à ce moment, non comptés.",
		"facility closed then, not counted.", "facilities closed then, not counted.")
	note("hours_unknown", "équipement dont les horaires ne sont pas connus, non compté.", "équipements dont les horaires ne sont pas connus, non comptés.",
		"facility whose hours are not known, not counted.", "facilities whose hours are not known, not counted.")
	if n := s.limited(); n > 0 {
		notes = append(notes, geodata.Text{Fr: analyses.Plural(n, "équipement réservé aux habitants de sa commune ou de son intercommunalité.", "équipements réservés aux habitants de leur commune ou de leur intercommunalité."),
			En: analyses.Plural(n, "facility serves the residents of its commune or intercommunality only.", "facilities serve the residents of their commune or intercommunality only.")})
	}
	return notes
}
