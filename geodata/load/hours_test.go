package load

import (
	"fmt"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
)

func TestParseDayHours(t *testing.T) {
	for s, want := range map[string]string{
		"":                               "",
		"Fermé":                          "",
		" - ":                            "",
		"09:00 - 12:00 / 13:30 - 17:00":  "09:00-12:00,13:30-17:00",
		"9:00-12:00/13:30-17:00":         "09:00-12:00,13:30-17:00",
		"8h30-12h":                       "08:30-12:00",
		"8h30 - 12h, 13h30 - 17h":        "08:30-12:00,13:30-17:00",
		"8 h 30 à 12 h":                  "08:30-12:00",
		"De 9h à 12h et de 14h à 17h30":  "09:00-12:00,14:00-17:30",
		"9h00–12h00 ; 14h00–17h00":       "09:00-12:00,14:00-17:00",
		"09h00\u00a0-\u00a012h00":        "09:00-12:00",
		"13:30 - 17:00 / 09:00 - 12:00":  "09:00-12:00,13:30-17:00", // put in order
		"09:00 - 12:00 / 12:00 - 14:00":  "09:00-12:00,12:00-14:00", // touching is not overlapping
		"00:00 - 00:00":                  "blank",
		"00:00 - 00:00 / 09:00 - 12:00":  "09:00-12:00 blank",
		"09:00 - 16:30 / 13:30 - 16:30":  "09:00-16:30 merged",
		"08:30 - 12:30 / 08:30 - 17:30":  "08:30-17:30 merged",
		"13:00 - 18:00 / 22:00 - 24:00 ": "13:00-18:00,22:00-24:00",
	} {
		d, err := parseDayHours(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if got := d.text(); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
	for _, s := range []string{
		"sur rendez-vous", "9h", "09:00 - 12:00 sauf vacances", "12:00 - 09:00", "25:00 - 26:00", "09:00 - 12:75",
		"1er et 3ème lundi 9h-12h", "matin", "09:00 - 12:00 - 14:00", "9-12", "22:00 - 02:00",
	} {
		if d, err := parseDayHours(s); err == nil {
			t.Errorf("%q was read as %q", s, d.text())
		}
	}
}

func (d dayHours) text() string {
	var parts []string
	for _, s := range d.spans {
		parts = append(parts, fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60))
	}
	out := strings.Join(parts, ",")
	if d.blank {
		out += " blank"
	}
	if d.merged {
		out += " merged"
	}
	return strings.TrimSpace(out)
}

// Whatever is accepted is a day that geodata accepts, and reads back as itself.
func FuzzHours(f *testing.F) {
	for _, s := range []string{
		"09:00 - 12:00 / 13:30 - 17:00", "8h30-12h", "de 9h à 12h et de 14h à 17h30", "fermé", "00:00 - 00:00",
		"09:00 - 16:30 / 13:30 - 16:30", "sur rendez-vous", "9h - 12h / / 14h", "24:00 - 24:00", "é à \xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDayHours(s)
		if err != nil {
			return
		}
		if _, err := geodata.CheckDay(d.spans); err != nil {
			t.Fatalf("%q gives %v: %v", s, d.spans, err)
		}
		d.blank, d.merged = false, false
		again, err := parseDayHours(strings.ReplaceAll(d.text(), ",", " / "))
		if err != nil || again.text() != d.text() {
			t.Fatalf("%q is %q, which reads back as %q, %v", s, d.text(), again.text(), err)
		}
	})
}
