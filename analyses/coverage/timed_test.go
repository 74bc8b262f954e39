package coverage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// By timed modes coverage counts the cells whose least time by the matrix is within
// the threshold, and the second nearest likewise. Thresholds are those of the service,
// or 30 and 45 minutes, and on demand those by car.
func TestTimedCoverageCountsWhatTheMatrixSays(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	for mode, usual := range map[string]string{"transit": "30m,45m", "transit-bike Sa p80 1-change": "30m,45m", "on-demand": "15m,20m,30m"} {
		homes, net, err := nets.Cells(t.Context(), s, mode)
		if err != nil {
			t.Fatal(err)
		}
		var doors []orb.Point
		for _, f := range s.Facilities() {
			if f.Service == "france_services" && f.Status == geodata.Existing && !f.Itinerant {
				doors = append(doors, f.Location)
			}
		}
		all := make([][]traveltime.Time, homes.Len())
		if err := homes.Matrix(t.Context(), net.Places(doors), func(_ int, times []traveltime.Time) error {
			for i, x := range times {
				all[i] = append(all[i], x)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		people, _ := s.Population().Column("ind")
		for nth := range 2 {
			p := coverage.Params{Service: "france_services", Mode: mode, Nth: nth + 1}
			if nth > 0 { // farther away than usual
				p.Within, usual = []coverage.Threshold{coverage.Minutes(50), coverage.Minutes(90)}, "50m,90m"
			}
			r, err := coverage.Run(t.Context(), s, nets, p)
			if err != nil {
				t.Fatal(err)
			}
			said, want := "", make([]geodata.Amount, len(r.Params.Within))
			for k, bound := range r.Params.Within {
				if k > 0 {
					said += ","
				}
				said += bound.String()
				for i, c := range s.Population().Cells {
					if slices.Sort(all[i]); c.Study && all[i][nth].Within(time.Duration(bound)) {
						want[k] += people[i]
					}
				}
			}
			if said != usual || !slices.Equal(r.Territory.Covered, want) || want[len(want)-1] == 0 {
				t.Errorf("%s, nth %d: within %s %v are covered, want within %s %v", mode, nth+1, said, r.Territory.Covered, usual, want)
			}
		}
	}
}

func TestAnAnswerByEPCIIsByRoadOnly(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := coverage.Merge(t.Context(), s, coverage.Params{Service: "creche", Mode: "transit"}, nil); err == nil || err.Error() != "mode: transit: lines lead beyond the surroundings of an EPCI; want car, bike or foot" {
		t.Error(err)
	}
}
