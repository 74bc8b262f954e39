package geodata

import (
	"fmt"

	"github.com/paulmach/orb"
)

// Status says whether a facility is open today.
type Status string

// The statuses of a facility.
const (
	Existing  Status = "existing"
	Planned   Status = "planned"
	Candidate Status = "candidate"
)

// ParseStatus accepts the three statuses; empty text means Existing.
func ParseStatus(s string) (Status, error) {
	switch st := Status(s); st {
	case "":
		return Existing, nil
	case Existing, Planned, Candidate:
		return st, nil
	}
	return "", fmt.Errorf("unknown status %q: want existing, planned or candidate", s)
}

// Accessibility says whether disabled people can use a facility.
type Accessibility string

// The answers to "is it accessible?".
const (
	AccessibleUnknown Accessibility = ""
	AccessibleYes     Accessibility = "yes"
	AccessibleNo      Accessibility = "no"
	AccessibleLimited Accessibility = "limited"
)

// Catchment says who may come to a facility.
type Catchment string

// The catchments of a facility.
const (
	Everybody Catchment = ""        // or unknown
	OfCommune Catchment = "commune" // residents of its commune only
	OfEPCI    Catchment = "epci"    // residents of its intercommunality only
)

// ParseCatchment accepts commune and epci; empty text means everybody.
func ParseCatchment(s string) (Catchment, error) {
	switch c := Catchment(s); c {
	case Everybody, OfCommune, OfEPCI:
		return c, nil
	}
	return "", fmt.Errorf("unknown catchment %q: want commune, epci, or nothing for everybody", s)
}

// Facility is a place that offers one service.
type Facility struct {
	ID         string // unique in the snapshot
	Name       string
	Service    string // id in the catalogue
	Location   orb.Point
	Commune    string        // INSEE code; filled from the outlines when empty
	Capacity   *int          // places; nil if unknown
	Hours      *WeeklyHours  // nil if unknown
	Holidays   *WeeklyHours  // in school holidays, where they differ; nil if unknown
	Catchment  Catchment     // who may come
	Accessible Accessibility // for disabled people
	Status     Status
	// Itinerant marks a service that comes to people (a bus): its Location is
	// its base, which fixed-site coverage does not count.
	Itinerant bool
	Note      string // free text, shown as it is
	Source    string // who says so
}
