package whatif

import (
	"slices"
	"testing"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// By public transport and on demand a session's totals are those of coverage: of
// today, with a place more, and with slower roads, which are the ways to the stops.
func TestSessionsByTimedModes(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"transit-car", "on-demand"} {
		p := coverage.Params{Service: "france_services", Mode: mode, Within: []coverage.Threshold{coverage.Minutes(30), coverage.Minutes(60)}}
		nets := traveltime.NewNetworks("")
		covered := func(s *geodata.Snapshot, nets *traveltime.Networks) []geodata.Amount {
			t.Helper()
			r, err := coverage.Run(t.Context(), s, nets, p)
			if err != nil {
				t.Fatal(err)
			}
			return r.Territory.Covered
		}
		x, err := Start(t.Context(), s, nets, p)
		if err != nil {
			t.Fatal(err)
		}
		today := covered(s, nets)
		if got := x.Totals().Territory.Covered; !slices.Equal(got, today) {
			t.Errorf("%s: today %v, want %v", mode, got, today)
		}
		work := traveltime.Roadwork{PerMille: map[string]int{"secondary": 500, "tertiary": 500}}
		slower := covered(s, nets.Under(work))
		if slices.Equal(slower, today) {
			t.Fatalf("%s: slower roads change nothing", mode)
		}
		if _, err := x.Rework(t.Context(), work); err != nil {
			t.Fatal(err)
		}
		if got := x.Totals().Territory.Covered; !slices.Equal(got, slower) {
			t.Errorf("%s: on slower roads %v, want %v", mode, got, slower)
		}
		hall := s.Facilities()[slices.IndexFunc(s.Facilities(), func(f geodata.Facility) bool { return f.Service == "town_hall" && f.Commune == "49220" })]
		c := s.Content()
		hall.ID, hall.Service = "more", "france_services"
		c.Facilities = append(c.Facilities, hall)
		more, err := geodata.NewSnapshot(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Add(hall.Location, nil); err != nil {
			t.Fatal(err)
		}
		if got, want := x.Totals().Territory.Covered, covered(more, nets.Under(work)); !slices.Equal(got, want) || slices.Equal(got, slower) {
			t.Errorf("%s: with a place more %v, want %v", mode, got, want)
		}
		for range 2 {
			if _, err := x.Undo(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := x.Totals().Territory.Covered; !slices.Equal(got, today) {
			t.Errorf("%s: undone %v, want %v", mode, got, today)
		}
	}
}
