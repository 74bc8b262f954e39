package tours

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

var threeWeeks = TimetableOptions{CalendarOptions{FirstMonday: monday, Weeks: 3}, "", "https://www.example.fr"}

// feedOf writes a plan as GTFS and reads it back: nothing is lost, and nothing is wrong.
func feedOf(t testing.TB, r *Result, o TimetableOptions) *geodata.Timetable {
	t.Helper()
	lon, lat := -0.5, 47.6 // where the town is drawn a feed has no stops
	r.Vehicles[0].Lon, r.Vehicles[0].Lat = &lon, &lat
	for i := range r.Stops {
		r.Stops[i].At = orb.Point{lon + r.Stops[i].At[0], lat}
	}
	want, err := r.Timetable(o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := load.WriteTimetable(&b, want); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "feed.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, report, err := load.Timetable(context.Background(), file, load.TimetableOptions{On: monday})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Notices) > 0 {
		t.Errorf("notices: %+v", report.Notices)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back otherwise: %s", diff)
	}
	return got
}

// On Monday the cart calls at B, from its first arrival to its second departure, and at D.
func TestAPlanIsATimetable(t *testing.T) {
	_, r := cartPlan(t)
	got := feedOf(t, r, threeWeeks)
	if want := []geodata.Agency{{ID: "1", Name: "Bourg-sur-Sarthe", URL: "https://www.example.fr"}}; !cmp.Equal(got.Agencies, want) || got.Zone != "Europe/Paris" {
		t.Errorf("agencies %v in %s, want %v", got.Agencies, got.Zone, want)
	}
	if want := []geodata.Route{{ID: "cart", Agency: "1", Long: "France Services – Charrette", Type: 3}}; !cmp.Equal(got.Routes, want) {
		t.Error(cmp.Diff(want, got.Routes))
	}
	var stops []string
	for _, s := range got.Stops {
		stops = append(stops, s.ID+": "+s.Name)
	}
	if want := []string{"B: Mairie, Ouest", "C: École ; salle n° 2, côté cour, Est", "D: Marché <halle>, Est", "depot:cart: Dépôt de Charrette"}; !cmp.Equal(stops, want) {
		t.Error(cmp.Diff(want, stops))
	}
	if want := []geodata.TransitService{{ID: "mo", Week: [7]bool{0: true}, First: 20260105, Last: 20260125}, {ID: "tu", Week: [7]bool{1: true}, First: 20260105, Last: 20260125}}; !cmp.Equal(got.Services, want) {
		t.Error(cmp.Diff(want, got.Services))
	}
	at := func(stop int32, arrival, departure string) geodata.Call {
		return geodata.Call{Stop: stop, Arrival: int32(second(arrival)), Departure: int32(second(departure))}
	}
	want := []geodata.Trip{
		{ID: "cart-mo-0843", Route: "cart", Service: "mo", Headsign: "Mairie – Marché <halle>",
			Calls: []geodata.Call{at(3, "08:43:59", "08:43:59"), at(0, "08:50", "13:40"), at(2, "13:52:02", "16:10"), at(3, "16:28:03", "16:28:03")}},
		{ID: "cart-tu-1337", Route: "cart", Service: "tu", Headsign: "École ; salle n° 2, côté cour",
			Calls: []geodata.Call{at(3, "13:37:58", "13:37:58"), at(1, "13:50", "16:10"), at(3, "16:22:02", "16:22:02")}},
	}
	if diff := cmp.Diff(want, got.Trips); diff != "" {
		t.Error(diff)
	}
}

// Of three weeks the first of a fortnight comes twice, the second once.
func TestAFortnightRunsOnItsDates(t *testing.T) {
	got := feedOf(t, cartFortnight(t), threeWeeks)
	want := []geodata.TransitService{{ID: "w1-mo", Added: []geodata.Date{20260105, 20260119}}, {ID: "w2-we", Added: []geodata.Date{20260114}}}
	if diff := cmp.Diff(want, got.Services); diff != "" {
		t.Error(diff)
	}
	o := threeWeeks
	o.Weeks = 1
	if got := feedOf(t, cartFortnight(t), o); len(got.Trips) != 1 || len(got.Stops) != 3 {
		t.Errorf("in a single week: %d trips and %d stops, want the first week's tour to B and D", len(got.Trips), len(got.Stops))
	}
}

func TestTimetablesThatCannotBeMade(t *testing.T) {
	for says, change := range map[string]func(r *Result, o *TimetableOptions){
		`URL "": want that of a page`:          func(_ *Result, o *TimetableOptions) { o.URL = "" },
		`URL "example.fr": want that`:          func(_ *Result, o *TimetableOptions) { o.URL = "example.fr" },
		"first Monday 2026-01-06":              func(_ *Result, o *TimetableOptions) { o.FirstMonday = 20260106 },
		`time zone "Anjou"`:                    func(_ *Result, o *TimetableOptions) { o.Zone = "Anjou" },
		"vehicle cart: the point of its depot": func(r *Result, _ *TimetableOptions) { r.Vehicles[0].Lat = nil },
		`tour of cart: no day "Di" in week 1`:  func(r *Result, _ *TimetableOptions) { r.Tours[0].Day = "Di" },
		"no tour leaves in these weeks":        func(r *Result, _ *TimetableOptions) { r.Tours = nil },
		"trip cart-mo-0843: call 3, 31680 to ": func(r *Result, _ *TimetableOptions) { r.Tours[0].Calls[2].Arrive = second("08:48") },
	} {
		_, r := cartPlan(t)
		o := threeWeeks
		change(r, &o)
		if _, err := r.Timetable(o); err == nil || !strings.Contains(err.Error(), "timetable: "+says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
}
