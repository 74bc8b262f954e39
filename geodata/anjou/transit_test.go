package anjou

import (
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
)

func TestTheNetworkSaysThatItIsInvented(t *testing.T) {
	s := territory(t)
	x := s.Timetable()
	if len(x.Routes) != 10 || !strings.Contains(x.Agencies[0].Name, "modélisé") {
		t.Errorf("%d lines of %s, want ten that are modelled", len(x.Routes), x.Agencies[0].Name)
	}
	trains := 0
	for _, r := range x.Routes {
		if !strings.Contains(r.Long, "modélisé") {
			t.Errorf("line %s: %s does not say that it is modelled", r.ID, r.Long)
		}
		if r.Type == 2 {
			trains++
		}
	}
	d := s.OnDemand()
	if trains != 1 || len(d) != 1 || len(d[0].From) != 17 || !strings.Contains(d[0].Name, "modélisé") || !strings.Contains(d[0].Note, "inventé") ||
		d[0].Hours.String() != "Mo 08:00-18:00; Tu 08:00-18:00; We 08:00-18:00; Th 08:00-18:00; Fr 08:00-18:00" || d[0].Wait != 20 || d[0].Booking != 1440 || d[0].Detour != 140 {
		t.Errorf("%d lines of trains; on demand %+v", trains, d)
	}
	for _, layer := range []string{"timetable", "on_demand"} {
		if !slices.ContainsFunc(s.Sources(), func(x geodata.Source) bool { return x.Layer == layer && strings.Contains(x.Name, "inventé") }) {
			t.Errorf("no source of %s says that it is invented", layer)
		}
	}
}

// TestEveryBourgHasAStop: within 50 m of its point, and a bus there on a school day.
func TestEveryBourgHasAStop(t *testing.T) {
	s := territory(t)
	x := s.Timetable()
	for _, c := range s.Communes() {
		if !c.Study {
			continue
		}
		i := slices.IndexFunc(s.Facilities(), func(f geodata.Facility) bool { return f.Service == "town_hall" && f.Commune == c.Code })
		near := slices.IndexFunc(x.Stops, func(stop geodata.Stop) bool { return geodata.Distance(stop.Location, s.Facilities()[i].Location) < 50 })
		if near < 0 || !slices.ContainsFunc(x.Trips, func(trip geodata.Trip) bool {
			return trip.Service == "week" && slices.ContainsFunc(trip.Calls, func(call geodata.Call) bool { return int(call.Stop) == near })
		}) {
			t.Errorf("%s: no stop with a bus near its town hall", c.Name)
		}
	}
}

// Monday 7 September 2026: 14 departures each way on the four main lines, 10 on the six others.
// On a Wednesday three less each way on all, since three of either are not on Wednesdays.
func TestHowOftenTheNetworkRuns(t *testing.T) {
	x := territory(t).Timetable()
	for day, want := range map[geodata.Date]int{
		20260907: 2*4*14 + 2*6*10, 20260909: 2*4*11 + 2*6*7, 20260912: 2*4*5 + 2*6*3,
		20260913: 0, 20261111: 0, 20261225: 0, 20260831: 0, 20270831: 2*4*14 + 2*6*10, 20270901: 0,
	} {
		runs, err := x.Runs(day, 0, 86400)
		if err != nil || len(runs) != want {
			t.Errorf("%s: %d trips, want %d; %v", day, len(runs), want, err)
		}
		for _, run := range runs {
			calls := x.Trips[run.Trip].Calls
			if calls[0].Departure < 6*3600+1800 || calls[0].Departure > 19*3600+1800 {
				t.Errorf("trip %s leaves at %d s, want 06:30 to 19:30", x.Trips[run.Trip].ID, calls[0].Departure)
			}
		}
	}
}

// TestTimesBetweenStops against published distances: Tiercé – Seiches 11.0 km by road over
// Montreuil, Seiches – Durtal 15.0 over three bourgs, Tiercé – Angers 17.2 km in a straight line.
func TestTimesBetweenStops(t *testing.T) {
	x := territory(t).Timetable()
	for _, c := range []struct {
		trip, from, to string
		least, most    int32 // minutes: a stop on the way costs one at most
	}{
		{"ligne-4-aller-week-0730", "arret-49347", "arret-49333", 14, 17}, // 11.0 km at 45 km/h: 14.7
		{"ligne-1-aller-week-0730", "arret-49333", "arret-49127", 19, 24}, // 15.0 km: 20
		{"ligne-TER-aller-week-0730", "gare-49007", "gare-49347", 11, 13}, // 17.2 km at 90 km/h: 11.5
		{"ligne-TER-retour-week-0730", "gare-49347", "gare-49007", 11, 13},
	} {
		i := slices.IndexFunc(x.Trips, func(trip geodata.Trip) bool { return trip.ID == c.trip })
		if i < 0 {
			t.Errorf("no trip %s", c.trip)
			continue
		}
		when := func(id string) int32 {
			at := slices.IndexFunc(x.Trips[i].Calls, func(call geodata.Call) bool { return x.Stops[call.Stop].ID == id })
			if at < 0 {
				t.Fatalf("%s does not call at %s", c.trip, id)
			}
			return x.Trips[i].Calls[at].Arrival
		}
		if minutes := (when(c.to) - when(c.from)) / 60; minutes < c.least || minutes > c.most {
			t.Errorf("%s from %s to %s takes %d min, want %d to %d", c.trip, c.from, c.to, minutes, c.least, c.most)
		}
	}
}
