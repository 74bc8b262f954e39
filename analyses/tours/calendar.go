package tours

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/geodata"
)

// CalendarOptions say when a plan runs.
type CalendarOptions struct {
	FirstMonday geodata.Date // of its first week
	Weeks       int          // how many it runs, one for each or every other visit
	Zone        string       // IANA name of the time zone; Europe/Paris when empty
}

// check fills in the zone.
func (o CalendarOptions) check() (CalendarOptions, error) {
	o.Zone = cmp.Or(o.Zone, "Europe/Paris")
	switch {
	case o.FirstMonday == 0 || o.FirstMonday.Weekday() != 0:
		return o, fmt.Errorf("first Monday %s: want a Monday", o.FirstMonday)
	case o.Weeks < 1 || o.Weeks > 520:
		return o, fmt.Errorf("weeks %d: want 1 to 520", o.Weeks)
	}
	return o, nil
}

// runs is how often a week of the plan comes.
func (o CalendarOptions) runs(r *Result, week int) int {
	return (o.Weeks - week + r.weeks()) / r.weeks()
}

// date is the first on which a week of the plan has this day.
func (o CalendarOptions) date(week int, day string) geodata.Date {
	return o.FirstMonday.Plus(7*(week-1) + weekday(day))
}

// ICalendar writes the stays as a calendar (RFC 5545) in French, one event each, that
// repeats every week or fortnight. The same plan gives the same bytes; an event keeps
// its UID for as long as the plan has the stay and begins on the same Monday. It fails
// when the options are wrong, or the clocks of the zone change as those of no country of
// the European Union.
func (r *Result) ICalendar(o CalendarOptions) ([]byte, error) {
	o, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	zone, err := zoneLines(o)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	c := new(calendarText)
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Maillage//tours//FR")
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", "PUBLISH")
	c.line("X-WR-CALNAME", escaped(r.Service.Label.Fr+" – "+r.Provenance.Territory.Name))
	c.line("X-WR-TIMEZONE", o.Zone)
	c.WriteString(zone)
	for _, v := range r.Visits {
		if n := o.runs(r, v.Week); n > 0 {
			if err := r.event(c, o, v, n); err != nil {
				return nil, fmt.Errorf("calendar: %w", err)
			}
		}
	}
	c.line("END", "VCALENDAR")
	return []byte(c.String()), nil
}

// event writes one stay that comes so many times.
func (r *Result) event(c *calendarText, o CalendarOptions, v Visit, times int) error {
	_, from, to, ok := v.when()
	if !ok {
		return fmt.Errorf("visit of %s at %s on %q from %q to %q in week %d: want a day and times such as Mo, 09:00, 12:00", v.Vehicle, v.Stop, v.Day, v.From, v.To, v.Week)
	}
	at := func(minute int) string {
		return fmt.Sprintf("%08dT%02d%02d00", o.date(v.Week, v.Day).Plus(minute/1440), minute/60%24, minute%60)
	}
	row := r.row(v.Stop)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %q %d %s %q %s %s", r.Provenance.Territory.ID, r.Params.Service, o.FirstMonday, v.Vehicle, v.Week, v.Day, v.Stop, v.From, v.To))
	c.line("BEGIN", "VEVENT")
	c.line("UID", hex.EncodeToString(sum[:16])+"@maillage")
	c.line("DTSTAMP", fmt.Sprintf("%08dT000000Z", o.FirstMonday))
	c.line("DTSTART;TZID="+o.Zone, at(from))
	c.line("DTEND;TZID="+o.Zone, at(to))
	c.line("RRULE", fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;COUNT=%d;WKST=MO", r.weeks(), times))
	c.line("SUMMARY;LANGUAGE=fr", escaped(r.Service.Label.Fr+" : "+r.address(v.Stop)))
	c.line("DESCRIPTION;LANGUAGE=fr", escaped(r.describe(v)))
	c.line("LOCATION;LANGUAGE=fr", escaped(r.address(v.Stop)))
	c.line("GEO", fmt.Sprintf("%.6f;%.6f", row.At[1], row.At[0]))
	c.line("TRANSP", "TRANSPARENT")
	c.line("END", "VEVENT")
	return nil
}

func (r *Result) describe(v Visit) string {
	every := "Chaque semaine"
	if r.weeks() > 1 {
		every = "Une semaine sur deux"
	}
	return fmt.Sprintf("%s, le %s de %s à %s.\nVéhicule : %s", every, dayLabels[weekday(v.Day)].Fr, frenchClock(v.From), frenchClock(v.To), r.vehicleName(v.Vehicle))
}

// frenchClock makes 09:00 9 h, and 09:30 9 h 30.
func frenchClock(clock string) string {
	h, m, _ := strings.Cut(clock, ":")
	if h = strings.TrimPrefix(h, "0"); m == "00" {
		return h + "\u00a0h"
	}
	return h + "\u00a0h\u00a0" + m
}

// zoneLines are the VTIMEZONE of a zone. Clocks change as in the European Union, or not
// at all.
func zoneLines(o CalendarOptions) (string, error) {
	zone, err := time.LoadLocation(o.Zone)
	if err != nil || zone == time.Local {
		return "", fmt.Errorf("time zone %q: want an IANA name such as Europe/Paris", o.Zone)
	}
	winter, summer, err := offsets(o, zone)
	if err != nil {
		return "", err
	}
	c := new(calendarText)
	c.line("BEGIN", "VTIMEZONE")
	c.line("TZID", o.Zone)
	part := func(kind string, from, to int, start, rule string) {
		c.line("BEGIN", kind)
		c.line("DTSTART", start)
		if rule != "" {
			c.line("RRULE", "FREQ=YEARLY;"+rule+";BYDAY=-1SU")
		}
		c.line("TZOFFSETFROM", offset(from))
		c.line("TZOFFSETTO", offset(to))
		c.line("END", kind)
	}
	if winter == summer {
		part("STANDARD", winter, winter, "19700101T000000", "")
	} else {
		part("DAYLIGHT", winter, summer, firstChange(time.March, winter), "BYMONTH=3")
		part("STANDARD", summer, winter, firstChange(time.October, summer), "BYMONTH=10")
	}
	c.line("END", "VTIMEZONE")
	return c.String(), nil
}

// offsets are those from UTC in the winter and in the summer, in seconds; they are the
// same where clocks do not change, in a year or for as long as the plan runs.
func offsets(o CalendarOptions, zone *time.Location) (winter, summer int, err error) {
	at := o.FirstMonday.Start(zone)
	last := at.AddDate(1, 0, 0)
	if end := o.FirstMonday.Plus(7 * o.Weeks).Start(zone); end.After(last) {
		last = end
	}
	_, winter = at.Zone()
	summer = winter
	for {
		_, change := at.ZoneBounds()
		if change.IsZero() || change.After(last) {
			return winter, summer, nil
		}
		before, after := offsetOf(at), offsetOf(change)
		switch u := change.UTC(); {
		case u.Weekday() != time.Sunday || u.Day() < 25 || u.Hour() != 1 || u.Minute() != 0 || u.Month() != time.March && u.Month() != time.October:
			return 0, 0, fmt.Errorf("time zone %q: its clocks change on %s: want a zone whose clocks change as in the European Union, or not at all", o.Zone, change.Format(time.DateTime))
		case u.Month() == time.March:
			winter, summer = before, after
		default:
			winter, summer = after, before
		}
		at = change
	}
}

func offsetOf(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}

// firstChange is when clocks changed in a month of 1996, since when they do so at one
// o'clock UTC on the last Sunday of March and October, as they showed it before.
func firstChange(month time.Month, before int) string {
	day := time.Date(1996, month, 31, 1, 0, 0, 0, time.UTC)
	for day.Weekday() != time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return day.Add(time.Duration(before) * time.Second).Format("20060102T150405")
}

// offset writes an offset from UTC, such as +0200.
func offset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
}

// escaped is a text as a value.
func escaped(s string) string {
	return strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n").Replace(s)
}

// calendarText is lines of at most 75 octets; longer ones are folded between characters.
type calendarText struct{ strings.Builder }

func (c *calendarText) line(name, value string) {
	text, room := name+":"+value, 75
	for len(text) > room {
		cut := room
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		c.WriteString(text[:cut] + "\r\n ")
		text, room = text[cut:], 74
	}
	c.WriteString(text + "\r\n")
}
