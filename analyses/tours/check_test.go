package tours

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

// The cart's town is a street of homes 500 m apart, 6 minutes on foot, that hold powers
// of two people; A and B are in the west, C and D in the east. The office at A is open on
// Monday from 9 to 12. A cart that goes on foot from A stops at B, C and D, and has a
// candidate at A that it leaves out.
func cartTown(t testing.TB) (towntest.Town, *geodata.Snapshot) {
	t.Helper()
	tw := towntest.Town{Drawing: "A----B----C----D" + strings.Repeat("-", 60) + "Z", Ways: map[string]string{"ABCDZ": "highway=residential"}}
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Bourg-sur-Sarthe"}, Catalogue: geodata.DefaultCatalogue(), Roads: tw.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "Ouest", Study: true}, {Code: "10002", Name: "Est", Study: true}}}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCD" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: tw.Point(byte(letter)), Commune: []string{"10001", "10001", "10002", "10002"}[i], Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	hours, err := geodata.ParseWeeklyHours("Mo 09:00-12:00")
	if err != nil {
		t.Fatal(err)
	}
	c.Facilities = []geodata.Facility{{ID: "office", Name: "Bureau", Service: "france_services", Location: tw.Point('A'), Status: geodata.Existing, Hours: hours}}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return tw, s
}

const block = 361 // seconds from letter to letter: 360 on foot, the drawing's coordinates being rounded, and a whole second

func second(clock string) int {
	for _, form := range []string{"15:04:05", "15:04"} {
		if at, err := time.Parse(form, clock); err == nil {
			return at.Hour()*3600 + at.Minute()*60 + at.Second()
		}
	}
	panic(clock)
}

// cartPlan is a plan for the cart, worked out by hand. Ten minutes to set up and as many
// to pack up:
//
//	Monday  leaves 08:43:59, B 09:00–11:30, break 11:30–12:15, B 12:30–13:30, packed 13:40, two blocks,
//	        there 13:52:02, D 14:30–16:00, packed 16:10, three blocks, back 16:28:03
//	Tuesday leaves 13:37:58, two blocks, C 14:00–16:00, packed 16:10, two blocks, back 16:22:02
//
// B reaches A, B and C, 7 people; C reaches B, C and D, 14; D reaches C and D, 12. An hour
// is worth 100 % up to 2 h, 50 % up to 4, then 25 %. In minutes beside the office:
//
//	A  180 fixed, 60 more (12:30–13:30):       (18 000 − 15 000) ·1 =   3 000
//	B  180 fixed, 60 + 120:                    (21 000 − 15 000) ·2 =  12 000
//	C  150 + 60 + 90 + 120 = 420 more:          22 500            ·4 =  90 000
//	D  90 + 120 = 210 more:                     16 500            ·8 = 132 000
//	D's 90 minutes from 14:30 on Monday are preferred: 12 · 90 · 25 =  27 000
//
// together 264 000 / 6000 = 44 person-hours. Without B A loses 3 000, B 3 000 and C 24 000:
// 5; without C B loses 6 000, C 12 000 and D 60 000: 13; without D C loses 9 000, D 36 000
// and the bonus is lost: 12. What is gained in a week is 60·1 + 180·2 + 420·4 + 210·8 =
// 3780 person-minutes: 63 person-hours.
func cartPlan(t testing.TB) (*geodata.Snapshot, *Result) {
	t.Helper()
	tw, s := cartTown(t)
	coordinate := func(v float64) *float64 { return &v }
	within := coverage.Threshold(6*time.Minute + time.Second)
	depot := tw.Point('A')
	cart := Vehicle{ID: "cart", Name: "Charrette", Lon: coordinate(depot[0]), Lat: coordinate(depot[1]), Shifts: "Mo 08:30-17:00; Tu 08:30-12:00,13:00-17:00", Break: "45m 11:30-14:00", Driven: "foot"}
	p := Params{Service: "france_services", Within: &within, Mode: "foot", Statuses: []geodata.Status{geodata.Existing}, Weeks: 1, Step: 30, Vehicles: []Vehicle{cart},
		Candidates: []string{}, Stops: []Stop{{ID: "D", MaxStay: 120, Prefer: "Mo 14:00-16:00"}}, Returns: []Return{{120, 100}, {120, 50}, {0, 25}}, EveryCommune: true,
		MinStay: 60, MaxStay: 240, MaxVisits: 1, Closed: "We", PreferBy: 25, EuroPerKm: 0.5, EuroPerHour: 30, CO2PerKm: 250, Effort: 40}
	p.Lock = []Visit{{"cart", 1, "Tu", "C", "14:00", "16:00"}}
	leg := func(from, to, leave string, blocks int) Leg {
		line := orb.LineString{depot, depot}
		for i, at := range []string{from, to} {
			if at != "" {
				line[i] = tw.Point(at[0])
			}
		}
		return Leg{From: from, To: to, Leave: second(leave), Ms: int64(blocks) * block * 1000, Km: 0.5 * float64(blocks), Line: line}
	}
	r := &Result{Params: p, Public: geodata.Text{Fr: "tous les habitants", En: "all inhabitants"}, Status: Proven, Worth: geodata.Whole(44), Bound: geodata.Whole(44), Vehicles: p.Vehicles, Work: 7,
		Visits: []Visit{{"cart", 1, "Mo", "B", "09:00", "11:30"}, {"cart", 1, "Mo", "B", "12:30", "13:30"}, {"cart", 1, "Mo", "D", "14:30", "16:00"}, p.Lock[0]},
		Tours: []Tour{
			{Vehicle: "cart", Week: 1, Day: "Mo", Leave: second("08:43:59"), Return: second("16:28:03"), Break: &Span{second("11:30"), second("12:15")},
				Calls: []Call{{"B", second("08:50"), second("09:00"), second("11:30"), second("11:30")}, {"B", second("12:30"), second("12:30"), second("13:30"), second("13:40")},
					{"D", second("13:52:02"), second("14:30"), second("16:00"), second("16:10")}},
				Legs: []Leg{leg("", "B", "08:43:59", 1), leg("B", "D", "13:40", 2), leg("D", "", "16:10", 3)}, Km: 3, Driving: 6 * block, Open: 300},
			{Vehicle: "cart", Week: 1, Day: "Tu", Leave: second("13:37:58"), Return: second("16:22:02"),
				Calls: []Call{{"C", second("13:50"), second("14:00"), second("16:00"), second("16:10")}},
				Legs:  []Leg{leg("", "C", "13:37:58", 2), leg("C", "", "16:10", 2)}, Km: 2, Driving: 4 * block, Open: 120}},
		Stops: []StopRow{
			{ID: "A", Name: "Place de l'Église", Commune: "10001", At: depot, Reach: geodata.Whole(3), Dropped: &geodata.Text{Fr: "Le bureau fixe y est déjà.", En: "The office is there already."}, Best: geodata.Whole(1)},
			{ID: "B", Name: "Mairie", Commune: "10001", At: tw.Point('B'), Reach: geodata.Whole(7), Visits: 1, Minutes: 210, Loss: geodata.Whole(5), Best: geodata.Whole(5)},
			{ID: "C", Name: "École ; salle n° 2, côté cour", Commune: "10002", At: tw.Point('C'), Reach: geodata.Whole(14), Visits: 1, Minutes: 120, Loss: geodata.Whole(13), Best: geodata.Whole(13)},
			{ID: "D", Name: "Marché <halle>", Commune: "10002", At: tw.Point('D'), Reach: geodata.Whole(12), Visits: 1, Minutes: 90, Loss: geodata.Whole(12), Best: geodata.Whole(12)}},
		Missing: []Missing{}, Provenance: analyses.NewProvenance(s, "tours", p)}
	var err error
	if r.Service, err = s.Catalogue().Service("france_services"); err != nil {
		t.Fatal(err)
	}
	crew := float64(second("16:28:03")-second("08:43:59")+second("16:22:02")-second("13:37:58")) / 3600
	perHour, err := geodata.AmountOf(63 / crew)
	if err != nil {
		t.Fatal(err)
	}
	euros := 5*0.5 + crew*30
	r.Cost = Cost{Km: 5, CrewHours: crew, DrivingHours: 10 * block / 3600., OpenHours: 7, Euros: euros, CO2: 1.25, GainPerHour: perHour, EurosPerGain: euros / 63}
	stop := func(letter byte, hours string) itinerant.Stop {
		h, err := geodata.ParseWeeklyHours(hours)
		if err != nil {
			t.Fatal(err)
		}
		return itinerant.Stop{At: tw.Point(letter), Hours: *h}
	}
	r.People, err = itinerant.Run(context.Background(), s, traveltime.NewNetworks(""), itinerant.Params{Service: p.Service, Mode: "foot", Within: []coverage.Threshold{within},
		Stops: []itinerant.Stop{stop('B', "Mo 09:00-11:30,12:30-13:30"), stop('C', "Tu 14:00-16:00"), stop('D', "Mo 14:30-16:00")}})
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func findings(t testing.TB, s *geodata.Snapshot, r *Result) (out []string) {
	t.Helper()
	found, err := Check(context.Background(), s, traveltime.NewNetworks(""), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		out = append(out, f.String())
	}
	return out
}

func TestAPlanThatKeepsAllRulesHasNoFindings(t *testing.T) {
	s, r := cartPlan(t)
	if found := findings(t, s, r); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

// Each change breaks one rule of the plan. Where a rule can only be broken together
// with another, both are found.
func TestEachRuleThatIsBrokenIsFound(t *testing.T) {
	monday := func(r *Result) *Tour { return &r.Tours[0] }
	tuesday := func(r *Result) *Tour { return &r.Tours[1] }
	const mo, tu = "vehicle cart, week 1, Mo", "vehicle cart, week 1, Tu"
	for name, c := range map[string]struct {
		change func(r *Result)
		want   []string
	}{
		"shift, out":   {func(r *Result) { r.Vehicles[0].Shifts = "Mo 09:00-17:00; Tu 13:00-17:00" }, []string{mo + ": leaves at 08:43:59, before its shift begins at 09:00"}},
		"shift, back":  {func(r *Result) { r.Vehicles[0].Shifts = "Mo 08:30-16:25; Tu 13:00-17:00" }, []string{mo + ": is back at 16:28:03, after its shift ends at 16:25"}},
		"shift, none":  {func(r *Result) { r.Vehicles[0].Shifts = "Mo 08:30-17:00; Tu 08:30-12:00" }, []string{tu + ": is open at 14:00, in none of its shifts"}},
		"drive, fast":  {func(r *Result) { monday(r).Legs[1].Ms = 719_000 }, []string{mo + ", D: drives from B in 719000 ms, which takes 720"}},
		"drive, early": {func(r *Result) { monday(r).Legs[1].Leave -= 60 }, []string{mo + ", D: drives off from B at 13:39, before it departs at 13:40"}},
		"drive, there": {func(r *Result) { monday(r).Calls[2].Arrive-- }, []string{mo + ", D: arrives at 13:52:01, before the drive from B ends at 13:52:02"}},
		"drive, none":  {func(r *Result) { monday(r).Legs[1].To = "C" }, []string{mo + ", D: has no drive from B"}},
		"drive, more":  {func(r *Result) { tuesday(r).Legs = append(tuesday(r).Legs, Leg{From: "C", To: ""}) }, []string{tu + ": a drive from C is one too many"}},
		"drive, back":  {func(r *Result) { tuesday(r).Leave--; tuesday(r).Return-- }, []string{tu + ": arrives at 16:22:01, before the drive from C ends at 16:22:02"}},
		"set up":       {func(r *Result) { r.Vehicles[0].SetUp = number(11) }, []string{mo + ", B: opens 600 s after it arrives, setting up takes 660", tu + ", C: opens 600 s after it arrives, setting up takes 660"}},
		"pack up": {func(r *Result) { r.Vehicles[0].PackUp = number(11) }, []string{mo + ", B: departs 600 s after it closes, packing up takes 660",
			mo + ", D: departs 600 s after it closes, packing up takes 660", tu + ", C: departs 600 s after it closes, packing up takes 660"}},
		"step":         {func(r *Result) { r.Params.Step = 60 }, []string{mo + ", B: is open from 09:00 to 11:30, not on multiples of 60 minutes", mo + ", B: is open from 12:30 to 13:30, not on multiples of 60 minutes", mo + ", D: is open from 14:30 to 16:00, not on multiples of 60 minutes"}},
		"min stay":     {func(r *Result) { r.Params.MinStay = 90 }, []string{mo + ", B: stays 60 minutes, want at least 90"}},
		"max stay":     {func(r *Result) { r.Params.MaxStay = 120 }, []string{mo + ", B: stays 150 minutes, want at most 120"}},
		"stop's min":   {func(r *Result) { r.Params.Stops[0].MinStay = 120 }, []string{mo + ", D: stays 90 minutes, want at least 120"}},
		"stop's max":   {func(r *Result) { r.Params.Stops[0].MaxStay = 60 }, []string{mo + ", D: stays 90 minutes, want at most 60"}},
		"closed":       {func(r *Result) { r.Params.Closed = "Tu 15:30-18:00" }, []string{tu + ", C: is open at 15:30, when the stop cannot be had"}},
		"stop closed":  {func(r *Result) { r.Params.Stops[0].Closed = "Mo" }, []string{mo + ", D: is open at 14:30, when the stop cannot be had"}},
		"stop's hours": {func(r *Result) { r.Params.Stops[0].Hours = "Mo 08:00-15:45" }, []string{mo + ", D: is open at 15:45, when the stop cannot be had"}},
		"drop":         {func(r *Result) { r.Params.Stops[0].Drop = true }, []string{mo + ", D: is no stop"}},
		"min visits":   {func(r *Result) { r.Params.Stops[0].MinVisits = 2 }, []string{"D: has 1 visits, want at least 2"}},
		// Without the break, B's parts are two visits, between which it packs up and sets up.
		"max visits": {func(r *Result) {
			r.Vehicles[0].Break, monday(r).Break, monday(r).Calls[0].Depart, monday(r).Calls[1].Arrive, r.Stops[1].Visits = "", nil, second("11:40"), second("12:20"), 2
		},
			[]string{"week 1, B: has 2 visits, want at most 1"}},
		"break, none": {func(r *Result) { monday(r).Break = nil }, []string{
			mo + ", B: departs 0 s after it closes, packing up takes 600", mo + ", B: opens 0 s after it arrives, setting up takes 600", mo + ": has no break, want 45 minutes",
			"week 1, B: has 2 visits, want at most 1", "B: its row has 1 visits, the tours 2"}},
		"break, short": {func(r *Result) { monday(r).Break.To -= 60 }, []string{mo + ": its break lasts 44 minutes, want 45"}},
		"break, when":  {func(r *Result) { r.Vehicles[0].Break = "45m 11:45-14:00" }, []string{mo + ": its break is from 11:30 to 12:15, want it within 11:45 and 14:00"}},
		"break, open": {func(r *Result) {
			monday(r).Break = &Span{second("12:00"), second("12:45")}
			r.Stops[1].Visits = 2
			r.Params.MaxVisits = 2
		}, []string{
			mo + ", B: departs 0 s after it closes, packing up takes 600", mo + ", B: opens 0 s after it arrives, setting up takes 600", mo + ", B: its break from 12:00 to 12:45 is while it is open"}},
		"missing": {func(r *Result) { r.Missing = []Missing{{ID: "10001"}} }, []string{"10001: the commune is said to be missing, and has a visit"}},
		"locked":  {func(r *Result) { r.Params.Lock[0].To = "15:30" }, []string{tu + ", C: the locked visit from 14:00 to 15:30 is not in the plan"}},
		"worth":   {func(r *Result) { r.Worth--; r.Bound-- }, []string{"is worth 43.999999 person-hours by its result, and 44 counted minute by minute"}},
		"bound":   {func(r *Result) { r.Bound-- }, []string{"is worth 44 person-hours, more than the bound of 43.999999"}},
		"status":  {func(r *Result) { r.Status = Gap }, []string{`is said to be "gap", with 44 person-hours and a bound of 44`}},
		"gap":     {func(r *Result) { r.Gap = 0.01 }, []string{"the gap is said to be 0.01, and is 0"}},
		"loss":    {func(r *Result) { r.Stops[3].Loss = geodata.Whole(11) }, []string{"D: its loss is said to be 11 person-hours, and is 12"}},
		"reach":   {func(r *Result) { r.Stops[0].Reach = geodata.Whole(4) }, []string{"A: its reach is said to be 4 people, and is 3"}},
		"start": {func(r *Result) {
			r.Params.Start = r.Params.Lock
			r.Start = &Started{geodata.Whole(10), geodata.Whole(34)}
		}, []string{"the start is worth 10 person-hours by its result, and 25.5 counted minute by minute"}},
		"gain":     {func(r *Result) { r.Params.Start = []Visit{}; r.Start = &Started{0, geodata.Whole(43)} }, []string{"the gain over the start is said to be 43 person-hours, and is 44"}},
		"row":      {func(r *Result) { r.Stops[1].Visits = 2 }, []string{"B: its row has 2 visits, the tours 1"}},
		"minutes":  {func(r *Result) { r.Stops[1].Minutes = 150 }, []string{"B: its row has 150 minutes, the tours 210"}},
		"dropped":  {func(r *Result) { r.Stops[0].Dropped = nil }, []string{"A: a reason why it has no visit: want one for stops without any, and no others"}},
		"km":       {func(r *Result) { monday(r).Km, tuesday(r).Km = 4, 1 }, []string{mo + ": drives 4.000 km, its drives are 3.000", tu + ": drives 1.000 km, its drives are 2.000"}},
		"straight": {func(r *Result) { tuesday(r).Legs[0].Km, tuesday(r).Legs[1].Km = 0.9, 1.1 }, []string{tu + ", C: drives 0.900 km from the depot, less than straight"}},
		"driving":  {func(r *Result) { monday(r).Driving += 4; tuesday(r).Driving -= 4 }, []string{mo + ": drives 2170 s, its drives are 2166000 ms", tu + ": drives 1440 s, its drives are 1444000 ms"}},
		"open":     {func(r *Result) { monday(r).Open, tuesday(r).Open = 330, 90 }, []string{mo + ": is open 330 minutes, its stays are 300", tu + ": is open 90 minutes, its stays are 120"}},
		"euros":    {func(r *Result) { r.Cost.Euros++ }, []string{"a week has 317.567 euros by its result, and 316.567 by its tours"}},
		"CO₂":      {func(r *Result) { r.Cost.CO2 = 1250 }, []string{"a week has 1250.000 kilogrammes of CO₂ by its result, and 1.250 by its tours"}},
		"people":   {func(r *Result) { r.People.Territory.Gain[0] += geodata.Unit }, []string{"people gain 64.000000 person-hours a week by the result, and 63.000000 counted minute by minute"}},
		"order":    {func(r *Result) { r.Visits[0], r.Visits[1] = r.Visits[1], r.Visits[0] }, []string{"visits are not in the order of week, day, hour and vehicle"}},
		"tours":    {func(r *Result) { r.Tours[0], r.Tours[1] = r.Tours[1], r.Tours[0] }, []string{"tours are not in the order of week, day, hour and vehicle"}},
		"stops":    {func(r *Result) { r.Stops[0], r.Stops[1] = r.Stops[1], r.Stops[0] }, []string{"stops are not in the order of their ids"}},
		"vehicle":  {func(r *Result) { r.Tours[1].Vehicle, r.Visits[3].Vehicle, r.Params.Lock = "bus", "bus", nil }, []string{"vehicle bus, week 1, Tu: there is no such vehicle"}},
	} {
		s, r := cartPlan(t)
		c.change(r)
		if found := findings(t, s, r); !matches(found, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, found))
		}
	}
}

// What breaks several rules is found as each of them; here is the one that is meant.
func TestRulesThatAreBrokenWithOthersAreFound(t *testing.T) {
	again := func(r *Result, leave string) { // the same tour once more
		late := second(leave) - r.Tours[1].Leave
		x := r.Tours[1]
		x.Leave, x.Return = x.Leave+late, x.Return+late
		x.Calls = []Call{{"C", x.Calls[0].Arrive + late, x.Calls[0].Open + late, x.Calls[0].Close + late, x.Calls[0].Depart + late}}
		r.Tours = append(r.Tours, x)
	}
	for want, change := range map[string]func(r *Result){
		"vehicle cart, week 1, Tu: leaves for a second tour in its shift, at 16:30":                func(r *Result) { r.Vehicles[0].Shifts = "Mo 08:30-17:00; Tu 13:00-22:00"; again(r, "16:30") },
		"vehicle cart, week 1, Tu: leaves at 14:00, when it is on a tour that returns at 16:22:02": func(r *Result) { again(r, "14:00") },
		"vehicle cart, week 1, Mo, D: its break from 13:40 to 14:25 is while it drives": func(r *Result) {
			r.Vehicles[0].Break, r.Tours[0].Break = "45m 11:30-15:00", &Span{second("13:40"), second("14:25")}
		},
		// Setting up for ten minutes fits before 14:30 on neither side of a break from 14:00.
		"vehicle cart, week 1, Mo, D: its break from 14:00 to 14:25 is while it sets up": func(r *Result) {
			r.Vehicles[0].Break, r.Tours[0].Break = "25m 11:30-15:00", &Span{second("14:00"), second("14:25")}
		},
		"vehicle cart, week 1, Mo, D: the call from 14:30 to 16:00 is no visit":          func(r *Result) { r.Visits[2].To = "15:30" },
		"vehicle cart, week 1, Mo, D: the visit from 14:30 to 15:30 is in no tour":       func(r *Result) { r.Visits[2].To = "15:30" },
		"vehicle cart, week 1, Di: there is no such day in the plan":                     func(r *Result) { r.Tours[1].Day = "Di" },
		"vehicle cart, week 1, Tu: leaves the depot and stops nowhere":                   func(r *Result) { r.Tours[1].Calls = nil },
		"vehicle cart, week 1, Tu, Z: there is no such stop":                             func(r *Result) { r.Tours[1].Calls[0].Stop = "Z" },
		"10001: the commune has no visit, and is not said to be missing":                 func(r *Result) { r.Tours = r.Tours[1:] },
		"D: is said to be missing, and has 1 visits":                                     func(r *Result) { r.Params.Stops[0].MinVisits, r.Missing = 1, []Missing{{ID: "D"}} },
		"is worth 44 person-hours by its result, and 25.5 counted minute by minute":      func(r *Result) { r.Visits = r.Visits[3:] },
		"vehicle cart, week 2, Mo: leaves at 08:43:59, before its shift begins at 09:00": func(r *Result) { r.Params.Weeks, r.Vehicles[0].Second, r.Tours[0].Week = 2, "Mo 09:00-17:00", 2 },
	} {
		s, r := cartPlan(t)
		change(r)
		if found := findings(t, s, r); !slices.Contains(found, want) {
			t.Errorf("want %q among:\n%s", want, strings.Join(found, "\n"))
		}
	}
}

// In a fortnight the office is open twice as long: A has 360 minutes, and 60 more are worth
// 25 % of an hour to one; B has 360 and 180 more, 25 % to two; C and D are as before.
// 1500 + 9000 + 90 000 + 132 000 + 27 000 = 259 500 / 6000 = 43.25. What a week costs and
// gains is half as much.
func TestAFortnightCountsBothWeeks(t *testing.T) {
	s, r := cartPlan(t)
	r.Params.Weeks, r.Worth, r.Bound, r.People = 2, 43_250_000, 43_250_000, nil
	r.Stops[1].Loss, r.Stops[2].Loss, r.Stops[3].Loss = 4_750_000, 13_000_000, 12_000_000
	c := &r.Cost
	c.Km, c.CrewHours, c.DrivingHours, c.OpenHours, c.Euros, c.CO2 = c.Km/2, c.CrewHours/2, c.DrivingHours/2, c.OpenHours/2, c.Euros/2, c.CO2/2
	if found := findings(t, s, r); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

func TestCheckingNeedsTheDepots(t *testing.T) {
	s, r := cartPlan(t)
	r.Vehicles[0].Lon = nil
	if _, err := Check(context.Background(), s, traveltime.NewNetworks(""), r); err == nil || !strings.Contains(err.Error(), "vehicle cart: the point of its depot is missing") {
		t.Error(err)
	}
}

// matches says that the findings are those wanted, each at least by its beginning.
func matches(found, want []string) bool {
	if len(found) != len(want) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(found[i], want[i]) {
			return false
		}
	}
	return true
}

func number(n int) *int { return &n }
