package supply

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

func hours(t *testing.T, s string) *geodata.WeeklyHours {
	t.Helper()
	w, err := geodata.ParseWeeklyHours(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// town has a studied commune 10 of EPCI E, its neighbour 11 of the same EPCI that
// is not studied, and 20 of another.
func town(t *testing.T, facilities ...geodata.Facility) *geodata.Snapshot {
	t.Helper()
	for i := range facilities {
		f := &facilities[i]
		if f.Service == "" {
			f.Service = "town_hall"
		}
		if f.Status == "" {
			f.Status = geodata.Existing
		}
	}
	s, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}, Catalogue: geodata.DefaultCatalogue(), Facilities: facilities,
		Communes: []geodata.Commune{{Code: "10", EPCI: "E", Study: true}, {Code: "11", EPCI: "E"}, {Code: "20", EPCI: "F"}, {Code: "30"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func choose(t *testing.T, s *geodata.Snapshot, o Options) *Supply {
	t.Helper()
	out, err := Choose(s, "town_hall", nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOnlyWhatIsKnownToBeAccessibleIsAccessible(t *testing.T) {
	s := town(t, geodata.Facility{ID: "yes", Accessible: geodata.AccessibleYes}, geodata.Facility{ID: "no", Accessible: geodata.AccessibleNo},
		geodata.Facility{ID: "some", Accessible: geodata.AccessibleLimited}, geodata.Facility{ID: "dark"},
		geodata.Facility{ID: "bus", Itinerant: true}, geodata.Facility{ID: "plan", Status: geodata.Planned}, geodata.Facility{ID: "other", Service: "creche"})
	got := choose(t, s, Options{Accessible: true})
	if diff := cmp.Diff([]string{"yes"}, got.IDs()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"not_accessible": 2, "accessibility_unknown": 1, "itinerant": 1, "planned": 1}, got.LeftOut); diff != "" {
		t.Error(diff)
	}
	if got := choose(t, s, Options{}); len(got.Facilities) != 4 {
		t.Errorf("without the option %v count", got.IDs())
	}
}

func TestOpenThen(t *testing.T) {
	s := town(t,
		geodata.Facility{ID: "day", Hours: hours(t, "Mo-Fr 09:00-12:00,12:00-18:00")},
		geodata.Facility{ID: "late", Hours: hours(t, "Th 10:00-12:00,13:00-18:30"), Holidays: hours(t, "Mo 10:00-12:00")},
		geodata.Facility{ID: "market", Hours: hours(t, "Sa 08:00-20:00"), Holidays: &geodata.WeeklyHours{}},
		geodata.Facility{ID: "dark"})
	for open, want := range map[string]struct {
		ids             []string
		closed, unknown int
	}{
		"":               {[]string{"dark", "day", "late", "market"}, 0, 0},
		"We":             {[]string{"day"}, 2, 1},
		"mercredi":       {[]string{"day"}, 2, 1},
		"Saturday":       {[]string{"market"}, 2, 1},
		"samedi":         {[]string{"market"}, 2, 1},
		"th 11:00-14:00": {[]string{"day"}, 2, 1}, // late has a break at noon, day has none
		"Th 13:00-18:00": {[]string{"day", "late"}, 1, 1},
		"Th 13:00-18:01": {[]string{"late"}, 2, 1},
		"evening":        {[]string{"late"}, 2, 1}, // day closes at 18:00, market is open late on Saturday only
		"soir":           {[]string{"late"}, 2, 1},
		"holidays":       {[]string{"late"}, 1, 2}, // market is closed in the holidays, of the others nobody knows
		"vacances":       {[]string{"late"}, 1, 2},
	} {
		got := choose(t, s, Options{Open: open})
		if diff := cmp.Diff(want.ids, got.IDs()); diff != "" || got.LeftOut["closed"] != want.closed || got.LeftOut["hours_unknown"] != want.unknown {
			t.Errorf("%q: %s left out %v", open, diff, got.LeftOut)
		}
	}
}

func TestInsideTheBorder(t *testing.T) {
	s := town(t, geodata.Facility{ID: "a", Commune: "10"}, geodata.Facility{ID: "b", Commune: "11"}, geodata.Facility{ID: "c", Commune: "20"},
		geodata.Facility{ID: "d", Commune: "30"}, geodata.Facility{ID: "e", Commune: "99"}, geodata.Facility{ID: "f"})
	got := choose(t, s, Options{Border: Inside})
	if diff := cmp.Diff([]string{"a", "b"}, got.IDs()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"outside": 3, "commune_unknown": 1}, got.LeftOut); diff != "" {
		t.Error(diff)
	}
}

func TestResidentsOnly(t *testing.T) {
	s := choose(t, town(t, geodata.Facility{ID: "all", Commune: "10"}, geodata.Facility{ID: "commune", Commune: "10", Catchment: geodata.OfCommune},
		geodata.Facility{ID: "epci", Commune: "10", Catchment: geodata.OfEPCI}, geodata.Facility{ID: "none", Commune: "30", Catchment: geodata.OfEPCI}), Options{})
	for commune, want := range map[string][]bool{"10": {true, true, true, false}, "11": {true, false, true, false}, "20": {true, false, false, false}, "30": {true, false, false, false}, "": {true, false, false, false}} {
		for j, serves := range want {
			if got := s.Serves(j, commune); got != serves {
				t.Errorf("%s serves commune %q: %v", s.Facilities[j].ID, commune, got)
			}
		}
	}
	if !s.Limited() || s.Notes()[0].Fr != "3 équipements réservés aux habitants de leur commune ou de leur intercommunalité." {
		t.Errorf("%+v", s.Notes())
	}
}

func TestEveryReasonIsTold(t *testing.T) {
	s := &Supply{LeftOut: map[string]int{"itinerant": 1, "outside": 2, "commune_unknown": 1, "not_accessible": 1, "accessibility_unknown": 3, "closed": 1, "hours_unknown": 2}}
	var fr, en []string
	for _, n := range s.Notes() {
		fr, en = append(fr, n.Fr), append(en, n.En)
	}
	if diff := cmp.Diff([]string{"1 service itinérant non compté.", "2 équipements hors de l'intercommunalité, non comptés.", "1 équipement dont la commune n'est pas connue, non compté.",
		"1 équipement non accessible aux personnes handicapées, ou en partie seulement, non compté.", "3 équipements dont l'accessibilité n'est pas connue, non comptés.",
		"1 équipement fermé à ce moment, non compté.", "2 équipements dont les horaires ne sont pas connus, non comptés."}, fr); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1 itinerant service not counted.", "2 facilities outside the intercommunality, not counted.", "1 facility whose commune is not known, not counted.",
		"1 facility that disabled people cannot use, or only in part, not counted.", "3 facilities whose accessibility is not known, not counted.",
		"1 facility closed then, not counted.", "2 facilities whose hours are not known, not counted."}, en); diff != "" {
		t.Error(diff)
	}
}

func TestOpeningsAreSpeltInOneWay(t *testing.T) {
	for text, want := range map[string]string{"": "", " mercredi": "We", "We  8h30-9:00": "We 08:30-09:00", "Sunday 0:00-24:00": "Su 00:00-24:00", "SOIR": "evening", "Vacances": "holidays"} {
		o, err := Options{Open: text}.Spelt()
		if err != nil || o.Open != want {
			t.Errorf("%q: %q, %v; want %q", text, o.Open, err, want)
		}
	}
}

func FuzzOpening(f *testing.F) {
	for _, s := range []string{"We", "mercredi 14:00-17:00", "evening", "vacances", "Mo 24:00-24:00", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOpening(text)
		if err != nil {
			return
		}
		if again, err := ParseOpening(o.String()); err != nil || again != o {
			t.Errorf("%q is %v, read back as %v, %v", text, o, again, err)
		}
	})
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	s := town(t)
	for want, o := range map[string]Options{
		`open: "midi": want a day (We, mercredi, wednesday), a day with hours`:    {Open: "midi"},
		`open: "We 14:00": want a day`:                                            {Open: "We 14:00"},
		`open: "We 14:00-25:00": not a time of day such as 08:30: "25:00"`:        {Open: "We 14:00-25:00"},
		`open: "We 17:00-14:00": the hours end before they begin`:                 {Open: "We 17:00-14:00"},
		`open: "evening 18:00-19:00": want a day`:                                 {Open: "evening 18:00-19:00"},
		`border: "outside": want inside, or nothing for facilities on both sides`: {Border: "outside"},
	} {
		_, err := Choose(s, "town_hall", nil, o)
		if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	c := s.Content()
	c.Communes = c.Communes[1:] // none is studied
	abroad, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Choose(abroad, "town_hall", nil, Options{Border: Inside}); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), "border: the territory has no commune") {
		t.Errorf("inside of nothing: %v", err)
	}
	if _, err := Choose(s, "town_hall", []geodata.Status{"closed"}, Options{}); !errors.Is(err, analyses.ErrParams) {
		t.Errorf("status closed: %v", err)
	}
}
