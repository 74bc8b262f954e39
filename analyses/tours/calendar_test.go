package tours

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"github.com/maillage/maillage/geodata"
)

const monday = geodata.Date(20260105)

// cartFortnight is the cart's plan with Tuesday's tour in the second week, on Wednesday.
func cartFortnight(t testing.TB) *Result {
	_, r := cartPlan(t)
	r.Params.Weeks, r.Params.Lock = 2, nil
	r.Visits[3].Week, r.Visits[3].Day, r.Tours[1].Week, r.Tours[1].Day = 2, "We", 2, "We"
	return r
}

// events are read by another's parser, and their repetitions told by another's rules.
func events(t testing.TB, text []byte) (all []ical.Event) {
	t.Helper()
	c, err := ical.NewDecoder(bytes.NewReader(text)).Decode()
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if err := ical.NewEncoder(new(bytes.Buffer)).Encode(c); err != nil { // it wants what is required, and as often
		t.Fatal(err)
	}
	return c.Events()
}

// occurrences are when an event begins, as clocks in Paris show it.
func occurrences(t testing.TB, e *ical.Event) (out []string) {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	set, err := e.RecurrenceSet(paris)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range set.All() {
		out = append(out, at.Format("2006-01-02 15:04 -0700"))
	}
	return out
}

func text(t testing.TB, e *ical.Event, name string) string {
	t.Helper()
	s, err := e.Props.Text(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachStayIsAnEvent(t *testing.T) {
	_, r := cartPlan(t)
	b, err := r.ICalendar(CalendarOptions{FirstMonday: monday, Weeks: 3})
	if err != nil {
		t.Fatal(err)
	}
	all := events(t, b)
	var summaries, begins []string
	for i := range all {
		summaries = append(summaries, text(t, &all[i], ical.PropSummary))
		begins = append(begins, occurrences(t, &all[i])...)
	}
	if want := []string{"France Services : Mairie, Ouest", "France Services : Mairie, Ouest", "France Services : Marché <halle>, Est", "France Services : École ; salle n° 2, côté cour, Est"}; !slices.Equal(summaries, want) {
		t.Errorf("summaries %q, want %q", summaries, want)
	}
	if want := []string{"2026-01-05 09:00 +0100", "2026-01-12 09:00 +0100", "2026-01-19 09:00 +0100"}; !slices.Equal(begins[:3], want) {
		t.Errorf("the first stay begins on %v, want %v", begins[:3], want)
	}
	last := &all[3]
	end, err := last.DateTimeEnd(time.UTC)
	if err != nil || end.Format("15:04 MST") != "16:00 CET" {
		t.Errorf("the last stay ends at %v (%v), want 16:00 CET", end, err)
	}
	if d := text(t, last, ical.PropDescription); d != "Chaque semaine, le mardi de 14\u00a0h à 16\u00a0h.\nVéhicule : Charrette" {
		t.Errorf("description %q", d)
	}
	// C is ten characters of 100 m east of A, on the equator: 1000 m of 111.3 km a degree.
	if geo := last.Props.Get(ical.PropGeo).Value; geo != "0.000000;0.008983" && geo != "-0.000000;0.008983" {
		t.Errorf("geo %q", geo)
	}
}

// Of five weeks the first of a fortnight comes three times, the second twice: on 14 and 28
// January.
func TestAFortnightComesEveryOtherWeek(t *testing.T) {
	b, err := cartFortnight(t).ICalendar(CalendarOptions{FirstMonday: monday, Weeks: 5})
	if err != nil {
		t.Fatal(err)
	}
	all := events(t, b)
	if got, want := occurrences(t, &all[0]), []string{"2026-01-05 09:00 +0100", "2026-01-19 09:00 +0100", "2026-02-02 09:00 +0100"}; !slices.Equal(got, want) {
		t.Errorf("first week: %v, want %v", got, want)
	}
	if got, want := occurrences(t, &all[3]), []string{"2026-01-14 14:00 +0100", "2026-01-28 14:00 +0100"}; !slices.Equal(got, want) {
		t.Errorf("second week: %v, want %v", got, want)
	}
	if b, err = cartFortnight(t).ICalendar(CalendarOptions{FirstMonday: monday, Weeks: 1}); err != nil || len(events(t, b)) != 3 {
		t.Errorf("in a single week: %d events (%v), want the 3 of the first", len(events(t, b)), err)
	}
}

// Clocks in France go forward on 29 March 2026: nine o'clock stays nine o'clock.
func TestClocksChangeWithTheZone(t *testing.T) {
	_, r := cartPlan(t)
	b, err := r.ICalendar(CalendarOptions{FirstMonday: 20260323, Weeks: 2})
	if err != nil {
		t.Fatal(err)
	}
	all := events(t, b)
	if got, want := occurrences(t, &all[0]), []string{"2026-03-23 09:00 +0100", "2026-03-30 09:00 +0200"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, want := range []string{"BEGIN:DAYLIGHT\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n",
		"BEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	b, err = r.ICalendar(CalendarOptions{FirstMonday: 20260323, Weeks: 2, Zone: "Indian/Reunion"})
	if err != nil || !strings.Contains(string(b), "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0400\r\nTZOFFSETTO:+0400\r\n") || strings.Contains(string(b), "DAYLIGHT") {
		t.Errorf("%v: clocks of La Réunion do not change:\n%s", err, b)
	}
}

// Lines have 75 octets at most, end with CR LF, and are folded between characters.
func TestLinesAreFolded(t *testing.T) {
	_, r := cartPlan(t)
	r.Stops[2].Name = strings.Repeat("é", 300) + "; fin\\"
	b, err := r.ICalendar(CalendarOptions{FirstMonday: monday, Weeks: 1})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(b), "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
	all := events(t, b)
	if got := text(t, &all[3], ical.PropLocation); got != r.Stops[2].Name+", Est" {
		t.Errorf("read back as %q", got)
	}
}

func TestTheSamePlanIsTheSameCalendar(t *testing.T) {
	o := CalendarOptions{FirstMonday: monday, Weeks: 10}
	_, r := cartPlan(t)
	_, again := cartPlan(t)
	again.Stops[0].Name = "Autre nom" // of no event
	a, errA := r.ICalendar(o)
	b, errB := again.ICalendar(o)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("%v, %v: two calendars of one plan", errA, errB)
	}
	again.Visits[3].To = "15:30" // another stay
	if b, errB = again.ICalendar(o); errB != nil {
		t.Fatal(errB)
	}
	seen := map[string]int{}
	for _, e := range append(events(t, a), events(t, b)...) {
		seen[text(t, &e, ical.PropUID)]++
	}
	if len(seen) != 5 {
		t.Errorf("UIDs %v: want three that both have, and one of each", seen)
	}
}

func TestCalendarsThatCannotBeMade(t *testing.T) {
	for says, o := range map[string]CalendarOptions{
		"first Monday 2026-01-06: want a Monday":   {FirstMonday: 20260106, Weeks: 1},
		"first Monday 0000-00-00: want a Monday":   {Weeks: 1},
		"weeks 0: want 1 to 520":                   {FirstMonday: monday},
		`time zone "Anjou": want an IANA name`:     {FirstMonday: monday, Weeks: 1, Zone: "Anjou"},
		`time zone "America/Miquelon": its clocks`: {FirstMonday: monday, Weeks: 1, Zone: "America/Miquelon"},
	} {
		_, r := cartPlan(t)
		if _, err := r.ICalendar(o); err == nil || !strings.Contains(err.Error(), "calendar: "+says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	_, r := cartPlan(t)
	r.Visits[1].Day = "lundi"
	if _, err := r.ICalendar(CalendarOptions{FirstMonday: monday, Weeks: 1}); err == nil || !strings.Contains(err.Error(), `visit of cart at B on "lundi"`) {
		t.Error(err)
	}
}
