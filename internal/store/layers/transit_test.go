package layers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Line 1 goes from a over b to c and back, and once only to b; line 2 never runs.
func TestPublicTransportAsTables(t *testing.T) {
	calls := func(stops ...int32) (out []geodata.Call) {
		for i, s := range stops {
			out = append(out, geodata.Call{Stop: s, Arrival: int32(60 * i), Departure: int32(60 * i)})
		}
		return out
	}
	trip := func(id string, stops ...int32) geodata.Trip {
		return geodata.Trip{ID: id, Route: "1", Service: "s", Calls: calls(stops...)}
	}
	hours, err := geodata.ParseWeeklyHours("Mo 08:00-12:00")
	if err != nil {
		t.Fatal(err)
	}
	s, err := geodata.NewSnapshot(geodata.Content{
		Territory: geodata.Territory{ID: "t"},
		Timetable: &geodata.Timetable{
			Zone: "Europe/Paris", Agencies: []geodata.Agency{{ID: "A", Name: "Aléop"}},
			Stops: []geodata.Stop{{ID: "a", Name: "Mairie", Location: orb.Point{0, 47}, Parent: "s", Accessible: geodata.AccessibleYes},
				{ID: "b", Location: orb.Point{1, 47}}, {ID: "c", Location: orb.Point{2, 47}}, {ID: "s", Name: "Gare", Location: orb.Point{0, 48}, Station: true}},
			Routes:   []geodata.Route{{ID: "1", Agency: "A", Short: "42", Long: "A – C", Type: 200, Colour: "ff0000"}, {ID: "2", Agency: "A", Type: 2}},
			Services: []geodata.TransitService{{ID: "s", Added: []geodata.Date{20260901}}},
			Trips:    []geodata.Trip{trip("t1", 0, 1, 2), trip("t2", 2, 1, 0), trip("t3", 0, 1, 2), trip("t4", 0, 1)},
		},
		OnDemand: []geodata.OnDemand{{ID: "tad", Name: "Bus à la carte", From: []string{"49001", "49002"}, Hours: *hours, Wait: 20, Booking: 60, Detour: 140, Note: "2 €"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := orb.Point{0, 47}, orb.Point{1, 47}, orb.Point{2, 47}
	for _, w := range []struct {
		layer    geodata.Layer
		row      int
		want     string
		geometry orb.Geometry
	}{
		{Stops(s), 0, "a name=Mairie station parent=s accessible=yes", a},
		{Stops(s), 3, "s name=Gare station=yes parent accessible", orb.Point{0, 48}},
		{Lines(s), 0, "1 short=42 long=A – C mode=bus agency=A colour=ff0000 trips=4", orb.MultiLineString{{a, b, c}, {a, b}}},
		{Lines(s), 1, "2 short long mode=train agency=A colour trips=0", nil},
	} {
		if got := values(w.layer, w.row); got != w.want {
			t.Errorf("%s: %s\nwant %s", w.layer.Name, got, w.want)
		}
		if diff := cmp.Diff(w.geometry, w.layer.Geometry[w.row]); diff != "" {
			t.Errorf("%s: %s", w.layer.Name, diff)
		}
	}
	const want = "tad name=Bus à la carte from_communes=49001 49002 to_communes hours=Mo 08:00-12:00 wait=20 booking=60 detour=140 note=2 € source"
	if l := OnDemand(s); l.Geometry != nil || values(l, 0) != want {
		t.Errorf("%s\nwant %s", values(l, 0), want)
	}
	bare, err := geodata.NewSnapshot(geodata.Content{Territory: geodata.Territory{ID: "t"}})
	if err != nil || len(Stops(bare).IDs)+len(Lines(bare).IDs)+len(OnDemand(bare).IDs) != 0 {
		t.Error("a territory without public transport has some", err)
	}
}

func TestModesOfRouteTypes(t *testing.T) {
	for mode, types := range map[string][]int{"tram": {0, 900, 906}, "metro": {1, 400, 405}, "train": {2, 100, 117}, "bus": {3, 11, 200, 700, 717, 800},
		"ferry": {4, 1000, 1200}, "other": {5, 6, 7, 12, 300, 1100, 1300, 1500, 1700}} {
		for _, n := range types {
			if got := Mode(n); got != mode {
				t.Errorf("type %d is %s, want %s", n, got, mode)
			}
		}
	}
}
