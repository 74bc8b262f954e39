package api

import (
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// Mode is a way to travel.
type Mode struct {
	ID    string       `json:"id" doc:"what a question names; words that say when may follow those that are timed: transit Tu 07:00-09:00 p50 3-changes"`
	Label geodata.Text `json:"label"`
	// Available is whether the territory can tell.
	Available bool   `json:"available" doc:"whether the territory has what it takes: a timetable, or transport on demand"`
	Timed     bool   `json:"timed" doc:"whether times depend on when one leaves"`
	First     string `json:"first,omitempty" doc:"first day of the timetable" example:"2026-09-01"`
	Last      string `json:"last,omitempty" doc:"last day of the timetable" example:"2027-08-31"`
}

// modes lists the ways to travel: those by road, by public transport, and on demand.
func modes(s *geodata.Snapshot) []Mode {
	var out []Mode
	for _, id := range profile.Modes() {
		out = append(out, Mode{ID: id, Label: profile.NameLabel(id), Available: true})
	}
	for _, id := range profile.Timed() {
		m := Mode{ID: id, Label: profile.NameLabel(id), Timed: true}
		if id == profile.OnDemand {
			m.Available = len(s.OnDemand()) > 0
		} else if t := s.Timetable(); t != nil {
			first, last, ok := t.Bounds()
			if m.Available = ok; ok {
				m.First, m.Last = first.String(), last.String()
			}
		}
		out = append(out, m)
	}
	return out
}
