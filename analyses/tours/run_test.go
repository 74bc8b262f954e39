package tours

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

func territory(t testing.TB) (*geodata.Snapshot, *traveltime.Networks) {
	t.Helper()
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	return s, traveltime.NewNetworks("")
}

// ofAnjou is a question about the bus with something changed.
func ofAnjou(change func(*Params)) Params {
	ten := coverage.Minutes(10)
	p := Params{Service: "france_services", Within: &ten, Effort: 2}
	if change != nil {
		change(&p)
	}
	return p
}

// Every plan keeps all rules, as an independent checker reads them, and is worth what
// counting minute by minute gives.
func TestPlansKeepAllRules(t *testing.T) {
	s, nets := territory(t)
	for name, p := range map[string]Params{
		"a week":      ofAnjou(nil),
		"a fortnight": ofAnjou(func(p *Params) { p.Weeks, p.EveryCommune, p.Closed = 2, true, "We 13:00-24:00" }),
		"two vehicles": ofAnjou(func(p *Params) {
			p.Vehicles = []Vehicle{{ID: "a", Shifts: "Mo-Th 09:00-16:30", Break: "30m 12:00-13:30", Depot: "Durtal"}, {ID: "b", Shifts: "Tu,Fr 08:00-12:00,13:00-18:00"}}
		}),
		"people without a car": ofAnjou(func(p *Params) {
			p.Mode, p.Column, p.Step, p.MaxVisits = "foot", "y_ge65", 15, 2
			p.Returns = []Return{{90, 100}, {0, 0}}
		}),
		"markets": ofAnjou(func(p *Params) {
			p.Stops = []Stop{{ID: "town_hall-49127-existing", Prefer: "Tu 08:00-12:00", MinVisits: 1}, {ID: "town_hall-49347-existing", Hours: "Mo-Fr 14:00-18:00", MaxStay: 120}}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Run(t.Context(), s, nets, p, nil)
			if err != nil {
				t.Fatal(err)
			}
			findings, err := Check(t.Context(), s, nets, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				t.Error(f)
			}
			if len(r.Visits) == 0 || r.Worth <= 0 || r.Worth > r.Bound {
				t.Errorf("%d visits worth %s of %s", len(r.Visits), r.Worth, r.Bound)
			}
		})
	}
}

// The same question has the same answer with one thread and with all.
func TestSamePlanAgain(t *testing.T) {
	s, nets := territory(t)
	ask := func() string {
		r, err := Run(t.Context(), s, nets, ofAnjou(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := ask()
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if ask() != first {
		t.Error("another plan with one thread")
	}
}

// A visit that is locked stays where it is, and a plan made by hand is never made worse.
func TestLockAndStart(t *testing.T) {
	s, nets := territory(t)
	lock := Visit{Vehicle: "minibus", Week: 1, Day: "Tu", Stop: "town_hall-49257-existing", From: "10:00", To: "11:30"}
	r, err := Run(t.Context(), s, nets, ofAnjou(func(p *Params) { p.Lock, p.Start = []Visit{lock}, []Visit{lock} }), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.Visits, lock) {
		t.Errorf("%v is not among %v", lock, r.Visits)
	}
	if r.Start == nil || r.Start.Gain < 0 || r.Start.Worth <= 0 || r.Start.Worth+r.Start.Gain != r.Worth {
		t.Errorf("start %+v of %s", r.Start, r.Worth)
	}
	free, err := Run(t.Context(), s, nets, ofAnjou(func(p *Params) { p.Start = r.Visits }), nil)
	if err != nil {
		t.Fatal(err)
	}
	if free.Worth < r.Worth || free.Start.Worth != r.Worth {
		t.Errorf("from a plan worth %s (told %s) to %s", r.Worth, free.Start.Worth, free.Worth)
	}
}

// What is asked wrongly is told with the parameter, the record and what would be right.
func TestWrongQuestions(t *testing.T) {
	s, nets := territory(t)
	lon, lat := 3.0, 40.0
	for param, x := range map[string]struct {
		change func(*Params)
		want   string
	}{
		"weeks":   {func(p *Params) { p.Weeks = 3 }, "want a whole number from 1 to 2"},
		"step":    {func(p *Params) { p.Step = 25 }, "want minutes that divide an hour"},
		"returns": {func(p *Params) { p.Returns = []Return{{60, 50}, {60, 100}} }, "worth less and less"},
		"closed":  {func(p *Params) { p.Closed = "Monday" }, "unsupported day"},
		"stops":   {func(p *Params) { p.Stops = []Stop{{ID: "x"}} }, "stop x: no candidate has this id: give its lon and lat"},
		"vehicles": {func(p *Params) { p.Vehicles = []Vehicle{{ID: "x", Lon: &lon, Lat: &lat, Shifts: "Mo 08:00-12:00"}} },
			"vehicle x: the depot at 3.00000, 40.00000 is off the network"},
		"vehicles 2": {func(p *Params) { p.Vehicles = []Vehicle{{ID: "x", Shifts: "Mo 08:00-08:45"}} }, "vehicle x: shifts: Mo 08:00-08:45 is too short for any stop"},
		"vehicles 3": {func(p *Params) { p.Vehicles = []Vehicle{{ID: "x", Shifts: "Mo 08:00-12:00", Break: "3h 11:00-12:00"}} }, "180 minutes do not fit there"},
		"vehicles 4": {func(p *Params) { p.Vehicles = []Vehicle{{ID: "x", Shifts: "Mo 08:00-12:00", Driven: "boat"}} }, "vehicle x: driven"},
		"lock":       {func(p *Params) { p.Lock = []Visit{{Day: "Tu", Stop: "nowhere", From: "09:00", To: "10:00"}} }, "there is no such stop"},
		"lock 2": {func(p *Params) {
			p.Lock = []Visit{{Day: "Su", Stop: "town_hall-49257-existing", From: "09:00", To: "10:00"}}
		}, "has no shift then"},
		"lock 3": {func(p *Params) {
			p.Lock = []Visit{{Day: "Tu", Stop: "town_hall-49257-existing", From: "09:00", To: "10:00"}, {Day: "Tu", Stop: "town_hall-49127-existing", From: "09:30", To: "10:30"}}
		}, "cannot be kept together"},
		"start": {func(p *Params) {
			p.Start = []Visit{{Day: "Tu", Stop: "town_hall-49257-existing", From: "09:10", To: "10:10"}}
		}, "on multiples of step"},
	} {
		_, err := Run(t.Context(), s, nets, ofAnjou(x.change), nil)
		wrong := (*analyses.ParamError)(nil)
		if !errors.As(err, &wrong) || wrong.Param != strings.Fields(param)[0] || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %s", param, err, x.want)
		}
	}
}

// places are cells of the study area, spread over it.
func places(s *geodata.Snapshot, n int) (stops []Stop) {
	var study []geodata.Cell
	for _, c := range s.Population().Cells {
		if c.Study {
			study = append(study, c)
		}
	}
	for k := range n {
		c := study[k*len(study)/n]
		lon, lat := c.Centre[0], c.Centre[1]
		stops = append(stops, Stop{ID: c.ID, Lon: &lon, Lat: &lat})
	}
	return stops
}

// How near to the proof a week of one vehicle and 40 stops, and one of two vehicles and
// 80, come: the gap after some rounds, in per cent.
func BenchmarkWeek(b *testing.B) {
	s, nets := territory(b)
	for _, x := range []struct{ vehicles, stops, rounds int }{{1, 40, 3}, {1, 40, 40}, {2, 80, 3}, {2, 80, 40}} {
		b.Run(fmt.Sprintf("vehicles=%d/stops=%d/rounds=%d", x.vehicles, x.stops, x.rounds), func(b *testing.B) {
			p := ofAnjou(func(p *Params) {
				p.Effort, p.Candidates, p.Stops = x.rounds, []string{"town_halls"}, places(s, x.stops-17)
				for i := range x.vehicles {
					p.Vehicles = append(p.Vehicles, Vehicle{ID: fmt.Sprint("bus", i+1), Depot: []string{"Tiercé", "Durtal"}[i], Shifts: "Mo-Fr 08:30-17:00", Break: "45m 11:30-14:00"})
				}
			})
			var r *Result
			for b.Loop() {
				var err error
				if r, err = Run(b.Context(), s, nets, p, nil); err != nil {
					b.Fatal(err)
				}
			}
			if len(r.Stops) != x.stops {
				b.Fatalf("%d stops", len(r.Stops))
			}
			b.ReportMetric(100*r.Gap, "gap-%")
		})
	}
}
