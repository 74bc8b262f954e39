package traveltime

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// CheckMode is the canonical spelling of a mode (profile.ParseMode; car when empty)
// with its defaults: a transit mode that names a day of the week, or none, is of the
// date with that weekday on which most trips run, the first among equals. What cannot
// be read, and what the snapshot cannot tell (no timetable, no trip that day, no
// transport on demand), is an analyses.ParamError about mode.
func CheckMode(s *geodata.Snapshot, mode string) (string, error) {
	m, err := checkMode(s, mode)
	return m.String(), err
}

func checkMode(s *geodata.Snapshot, text string) (profile.Mode, error) {
	m, err := profile.ParseMode(cmp.Or(text, "car"))
	switch {
	case err != nil:
	case m.Transit():
		err = resolve(&m, s.Timetable())
	case m.Name == profile.OnDemand && len(s.OnDemand()) == 0:
		err = errors.New("no transport on demand: import some with --on-demand")
	}
	if err != nil {
		return m, &analyses.ParamError{Param: "mode", Err: err}
	}
	return m, nil
}

// RoadMode is CheckMode for what only roads can answer: why says what that is.
func RoadMode(s *geodata.Snapshot, mode, why string) (string, error) {
	m, err := checkMode(s, mode)
	if err == nil && m.IsTimed() {
		err = &analyses.ParamError{Param: "mode", Err: fmt.Errorf("%s: %s; want car, bike or foot", m.Name, why)}
	}
	return m.String(), err
}

// resolve finds the date.
func resolve(m *profile.Mode, t *geodata.Timetable) error {
	switch {
	case t == nil:
		return errors.New("no timetable: import one with --gtfs")
	case m.Date != 0:
		return t.CheckDate(m.Date)
	}
	first, last, ok := t.Bounds()
	if !ok {
		return errors.New("timetable: no trip runs on any day")
	}
	trips := map[string]int{} // of a day, by service
	for i := range t.Trips {
		trips[t.Trips[i].Service] += departures(&t.Trips[i])
	}
	most := 0
	for d := first.Plus((m.Weekday - first.Weekday() + 7) % 7); d <= last; d = d.Plus(7) {
		n := 0
		for i := range t.Services {
			if s := &t.Services[i]; trips[s.ID] > 0 && s.Runs(d) {
				n += trips[s.ID]
			}
		}
		if n > most {
			m.Date, most = d, n
		}
	}
	if m.Date == 0 {
		return fmt.Errorf("timetable: no trip runs on any %s from %s to %s: want another day", geodata.DayNames[m.Weekday], first, last)
	}
	return nil
}

// departures is how often a trip runs on a day of its service.
func departures(t *geodata.Trip) (n int) {
	if len(t.Frequencies) == 0 {
		return 1
	}
	for _, f := range t.Frequencies {
		n += int((f.To - f.From + f.Headway - 1) / f.Headway)
	}
	return n
}
