package geodata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// OnDemand is public transport that comes when it is asked for: transport à la
// demande, transport solidaire. It takes people by car from their door to where
// they want to go.
type OnDemand struct {
	ID      string      // unique in the snapshot
	Name    string      // as people know it
	From    []string    // INSEE codes of the communes in which it fetches people, rising
	To      []string    // INSEE codes of those to which it takes them, rising; the same as From when empty
	Hours   WeeklyHours // when it fetches people
	Wait    int         // minutes from the moment asked for until one is fetched, as far as it is planned for
	Booking int         // minutes ahead at which it must be booked; 0 if one may call at once
	Detour  int         // what the ride takes, in per cent of the direct one by car: 100 or more
	Note    string      // who may use it, what it costs: shown as it is
	Source  string      // who says so
}

// Check says what of the service cannot be.
func (d *OnDemand) Check() error {
	switch {
	case d.ID == "":
		return errors.New("on-demand transport: id is missing")
	case len(d.From) == 0:
		return fmt.Errorf("on-demand transport %s: from: want at least one commune", d.ID)
	case !slices.IsSorted(d.From) || !slices.IsSorted(d.To):
		return fmt.Errorf("on-demand transport %s: from, to: want codes in rising order", d.ID)
	case d.Hours.Minutes() == 0:
		return fmt.Errorf("on-demand transport %s: hours: it never runs; want hours such as Mo-Fr 08:00-18:00", d.ID)
	case d.Wait < 0 || d.Wait > 24*60:
		return fmt.Errorf("on-demand transport %s: wait = %d: want minutes from 0 to 1440", d.ID, d.Wait)
	case d.Booking < 0 || d.Booking > 31*24*60:
		return fmt.Errorf("on-demand transport %s: booking = %d: want minutes from 0 to 44640, which are 31 days", d.ID, d.Booking)
	case d.Detour < 100 || d.Detour > 1000:
		return fmt.Errorf("on-demand transport %s: detour = %d: want per cent of the direct ride, from 100 to 1000", d.ID, d.Detour)
	}
	record := "on-demand transport " + d.ID
	errs := []error{checkText(record, "id", d.ID), checkText(record, "name", d.Name), checkText(record, "note", d.Note), checkText(record, "source", d.Source)}
	for _, code := range slices.Concat(d.From, d.To) {
		errs = append(errs, checkText(record, "commune", code))
		if code == "" || strings.ContainsFunc(code, unicode.IsSpace) {
			errs = append(errs, fmt.Errorf("%s: commune %q: want an INSEE code such as 49352", record, code))
		}
	}
	for _, day := range d.Hours {
		if _, err := CheckDay(day); err != nil {
			errs = append(errs, fmt.Errorf("%s: hours: %w", record, err))
		}
	}
	return errors.Join(errs...)
}
