package profile

import (
	"strings"
	"testing"
)

func TestModesAreSpeltInOneWay(t *testing.T) {
	for text, want := range map[string]string{
		"car":     "car",
		" foot ":  "foot",
		"transit": "transit Tu 07:00-09:00 p50 3-changes",
		"transit-bike 2-changes p80 7:30-9h00 sa": "transit-bike Sa 07:30-09:00 p80 2-changes",
		"transit-car 2026-11-24":                  "transit-car 2026-11-24 07:00-09:00 p50 3-changes",
		"transit 1-change p100 00:00-24:00":       "transit Tu 00:00-24:00 p100 1-change",
		"on-demand":                               "on-demand Tu 07:00-09:00 p50",
		"on-demand now Su 14:00-18:00 p5":         "on-demand Su 14:00-18:00 p5 now",
		"on-demand 2026-11-25":                    "on-demand We 07:00-09:00 p50", // hours are those of a week
	} {
		m, err := ParseMode(text)
		if err != nil || m.String() != want {
			t.Errorf("%q is %q, %v; want %q", text, m, err, want)
		}
	}
}

func TestModesThatCannotBeSayWhatWouldBeRight(t *testing.T) {
	for text, says := range map[string]string{
		"":                                   "no mode: want one of car, bike, foot, transit, transit-bike, transit-car, on-demand",
		"boat":                               `unknown mode "boat": want one of car, bike, foot, transit`,
		"car Tu":                             "car is the same at all times",
		"transit Xx":                         `unknown word "Xx": want a day (2026-11-24 or Tu), departures (07:00-09:00), a percentile (p50), the most changes (3-changes)`,
		"transit now":                        `unknown word "now"`,
		"on-demand 2-changes":                `unknown word "2-changes": want a day (2026-11-24 or Tu), departures (07:00-09:00), a percentile (p50), or now`,
		"transit p0":                         "p1 to p100",
		"transit p101":                       "p1 to p100",
		"transit 9-changes":                  "0-changes to 8-changes",
		"transit -1-changes":                 "0-changes to 8-changes",
		"transit 2026-02-30":                 "not a day such as 2026-11-24",
		"transit 2026-1-1":                   "not a day such as 2026-11-24",
		"transit 09:00-07:00":                "such as 07:00-09:00",
		"transit 07:00-07:00":                "such as 07:00-09:00",
		"transit 07:00":                      "such as 07:00-09:00",
		"transit 22:00-25:00":                "such as 07:00-09:00",
		"transit Tu We":                      "the day is said twice",
		"transit Tu 2026-11-24":              "the day is said twice",
		"transit p50 p50":                    "the percentile is said twice",
		"transit 07:00-08:00 08:00-09:00":    "the window is said twice",
		"transit 2-changes 3-changes":        "how many changes is said twice",
		"on-demand now now":                  "now is said twice",
		"Transit":                            "unknown mode",
		"transit-foot":                       "unknown mode",
		"transit " + strings.Repeat("x", 50): "unknown word",
	} {
		if _, err := ParseMode(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want …%s…", text, err, says)
		}
	}
}

func TestModesAreToldToPeople(t *testing.T) {
	for text, want := range map[string][2]string{
		"bike": {"à vélo", "by bicycle"},
		"boat": {"boat", "boat"},
		"transit 2026-11-24": {"en transports en commun, départ de 07:00 à 09:00 le mardi 24 novembre 2026",
			"by public transport, leaving from 07:00 to 09:00 on Tuesday 24 November 2026"},
		"transit 2026-09-01 00:00-24:00": {"en transports en commun, départ de 00:00 à 24:00 le mardi 1er septembre 2026",
			"by public transport, leaving from 00:00 to 24:00 on Tuesday 1 September 2026"},
		"on-demand Sa p80": {"en transport à la demande, départ de 07:00 à 09:00 un samedi, 80e centile",
			"by transport on demand, leaving from 07:00 to 09:00 on a Saturday, percentile 80"},
	} {
		if l := ModeLabel(text); l.Fr != want[0] || l.In("en") != want[1] {
			t.Errorf("%q is %+v, want %v", text, l, want)
		}
	}
	m, err := ParseMode("transit-bike 2026-11-24 p80 2-changes")
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Notes(); len(n) != 1 || n[0].Fr != "À vélo et en transports en commun : départ à chaque minute de 07:00 à 09:00, le mardi 24 novembre 2026 ; compte le temps que 80 % des départs ne dépassent pas, attente comprise ; 2 correspondances au plus, ou à pied si c'est plus court." {
		t.Errorf("%+v", n)
	}
	if m.Access() != "bike" || m.Departures() != 120 || (Mode{Name: "car"}).Notes() != nil || (Mode{Name: OnDemand}).Access() != "car" {
		t.Errorf("%+v", m)
	}
}

func FuzzParseMode(f *testing.F) {
	for _, s := range []string{"car", "transit", "transit Tu 07:00-09:00 p50 3-changes", "on-demand now", "transit 2026-11-24", "transit 1-change", "transit p", "transit --", "transit -change"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMode(s)
		if err != nil {
			return
		}
		again, err := ParseMode(m.String())
		if err != nil || again != m {
			t.Errorf("%q is %+v, whose spelling %q is %+v, %v", s, m, m.String(), again, err)
		}
		if ModeLabel(s).Fr == "" || m.IsTimed() != (len(m.Notes()) == 1) {
			t.Errorf("%q: %v, %v", s, ModeLabel(s), m.Notes())
		}
	})
}
