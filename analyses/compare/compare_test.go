package compare

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/scenario"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
)

// Minutes on foot from A, B, C, D and E:
//
//	today        0  5.4 10.8 16.2 21.6
//	D opened     0  5.4  5.4  0    5.4
//	E opened     0  5.4 10.8  5.4  0
//	moved to E  21.6 16.2 10.8 5.4 0
func TestTheStreetByHand(t *testing.T) {
	r := run(t, seal(t, content()), question(t, today, openD, openE, moveE))
	for i, want := range [][]geodata.Amount{whole64(1, 1+2), whole64(1+8, 31), whole64(1+16, 1+2+8+16), whole64(16, 8+16)} {
		if diff := cmp.Diff(want, r.Scenarios[i].Territory.Covered); diff != "" {
			t.Errorf("scenario %d: %s", i, diff)
		}
	}
	if diff := cmp.Diff([][]int{{4, 3, 1, 2}, {4, 1, 2, 3}}, r.Ranks); diff != "" {
		t.Error(diff)
	}
	// Opening D: C, D and E come within 7 minutes, D within 5. Nobody is worse off.
	if diff := cmp.Diff(Change{Code: "street", Name: geodata.Text{Fr: "Street"}, Demand: geodata.Whole(31), Gained: whole64(8, 4+8+16), Lost: whole64(0, 0), Net: whole64(8, 28),
		NewlyCovered: geodata.Whole(4 + 8 + 16), Same: geodata.Whole(1 + 2)}, r.Differences[0].Territory); diff != "" {
		t.Error(diff)
	}
	// Moving it to E takes it away from A and B, and leaves C where it was, half way.
	moved := r.Differences[2]
	if diff := cmp.Diff(Change{Code: "street", Name: geodata.Text{Fr: "Street"}, Demand: geodata.Whole(31), Gained: whole64(16, 8+16), Lost: whole64(1, 1+2), Net: whole64(15, 21),
		NewlyCovered: geodata.Whole(8 + 16), Same: geodata.Whole(4), NoLongerCovered: geodata.Whole(1 + 2)}, moved.Territory); diff != "" {
		t.Error(diff)
	}
	if moved.Scenario != 3 || !slices.Equal(moved.Gaining, []int{1, 1}) || !slices.Equal(moved.Losing, []int{1, 1}) {
		t.Errorf("%+v", moved)
	}
	if diff := cmp.Diff([]Kind{NoLongerCovered, NoLongerCovered, Same, NewlyCovered, NewlyCovered}, r.Cells.Changes[2].Kinds); diff != "" {
		t.Error(diff)
	}
	// Who is best off: A everywhere but where the hall has gone; C and D where D opens; E in two.
	if diff := cmp.Diff([]int{-1, -1, 1, 1, -1}, r.Cells.Best); diff != "" {
		t.Error(diff)
	}
}

// Up to 5 minutes E covers 16 + 1, D only 8 + 1; from 6 on D has all, E not C; from 11
// on both have all.
func TestAnotherLeadsFromAnotherMinuteOn(t *testing.T) {
	r := run(t, seal(t, content()), question(t, openD, openE))
	if diff := cmp.Diff([]Lead{{1, 5, []int{1}}, {6, 10, []int{0}}, {11, 60, []int{0, 1}}}, r.Leads); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Reversal{{From: 6, Ahead: 0, Behind: 1}}, r.Reversals); diff != "" {
		t.Error(diff)
	}
	if m := r.Minutes[5]; m.Minutes != 6 || !slices.Equal(m.Covered, whole64(31, 27)) || !slices.Equal(m.Ranks, []int{1, 2}) || len(r.Minutes) != 60 {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff([]string{
		"À 5 min, «\u00a0scénario 2\u00a0» couvre 8 personnes de plus que «\u00a0scénario 1\u00a0».", "À 7 min, «\u00a0scénario 1\u00a0» couvre 4 personnes de plus que «\u00a0scénario 2\u00a0».",
		"Le premier change avec le seuil : «\u00a0scénario 2\u00a0» de 1 à 5 min, «\u00a0scénario 1\u00a0» de 6 à 10 min.",
	}, says(r.Conclusion, "fr")); diff != "" {
		t.Error(diff)
	}
	if got := says(r.Conclusion, "en"); got[0] != "At 5 min “scenario 2” covers 8 more people than “scenario 1”." || got[2] != "Who is first depends on the threshold: “scenario 2” from 1 to 5 min, “scenario 1” from 6 to 10 min." {
		t.Error(got)
	}
}

// Past no threshold, people are nearer by more than a minute, or are where they were.
func TestWinnersPastNoThreshold(t *testing.T) {
	p := question(t, today, openE)
	p.Within = []coverage.Threshold{coverage.Minutes(1)}
	r := run(t, seal(t, content()), p)
	if c := r.Differences[0].Territory; c.NewlyCovered != geodata.Whole(16) || c.Nearer != geodata.Whole(8) || c.Same != geodata.Whole(1+2+4) || r.Params.Notable != coverage.Minutes(1) {
		t.Errorf("%+v", c)
	}
	p.Notable = coverage.Minutes(11) // D is 10.8 minutes nearer
	if c := run(t, seal(t, content()), p).Differences[0].Territory; c.Nearer != 0 || c.Same != geodata.Whole(1+2+4+8) {
		t.Errorf("%+v", c)
	}
	p.Notable, p.Scenarios = 0, scenarios(t, openE, today)
	if c := run(t, seal(t, content()), p).Differences[0].Territory; c.NoLongerCovered != geodata.Whole(16) || c.Farther != geodata.Whole(8) {
		t.Errorf("%+v", c)
	}
}

// Costs are of the changes: divided by whom they newly cover against today, though
// the first scenario is another.
func TestCostsPerNewlyCoveredPerson(t *testing.T) {
	p := question(t, openD, openE)
	euros := func(n int64) *geodata.Amount { a := geodata.Whole(n); return &a }
	p.Scenarios[0].Cost = &scenario.Cost{Investment: euros(560), Yearly: euros(7)}
	p.Within = append(p.Within, coverage.Minutes(30))
	p.Within[0] = coverage.Threshold(1e9) // one second: D gains 8
	r := run(t, seal(t, content()), p)
	if diff := cmp.Diff(whole64(8, 28, 8+16), []geodata.Amount{r.Scenarios[0].NewlyCovered[0], r.Scenarios[0].NewlyCovered[1], r.Scenarios[1].NewlyCovered[1]}); diff != "" {
		t.Error(diff)
	}
	per := r.Scenarios[0].PerPerson
	if *per.Investment[0] != 70 || *per.Investment[1] != 20 || per.Investment[2] != nil || *per.Yearly[1] != 0.25 || r.Scenarios[1].PerPerson != nil {
		b, _ := json.Marshal(r.Scenarios) //nolint:errcheck // for a message
		t.Errorf("%s", b)
	}
}

func TestEqualScenarios(t *testing.T) {
	p := question(t, openD, openD, openD)
	p.Draws = 20
	r := run(t, seal(t, content()), p)
	for w := range p.Within {
		if !slices.Equal(r.Ranks[w], []int{1, 1, 1}) || r.Verdict[w].Shared != 100 || r.Verdict[w].Holds != 100 {
			t.Errorf("%v, %+v", r.Ranks[w], r.Verdict[w])
		}
	}
	for _, d := range r.Differences {
		if d.Territory.Same != geodata.Whole(31) || d.Territory.Net[0] != 0 || d.Territory.Gained[0] != 0 {
			t.Errorf("%+v", d.Territory)
		}
	}
	if got := says(r.Conclusion, "fr"); len(got) != 2 || got[0] != "À 5 min, tous les scénarios se valent : chacun couvre 9 personnes ; ce classement tient dans 100 % des tirages." {
		t.Error(got)
	}
	if names := []string{r.Scenarios[0].Name.Fr, r.Scenarios[1].Name.Fr}; !slices.Equal(names, []string{"scénario 1", "scénario 2"}) {
		t.Error(names)
	}
	p.Scenarios = scenarios(t, today, today)
	if r := run(t, seal(t, content()), p); r.Scenarios[0].Name.Fr != "aujourd'hui" || r.Scenarios[1].Name.En != "today (2)" {
		t.Errorf("%v, %v", r.Scenarios[0].Name, r.Scenarios[1].Name)
	}
}

// Three scenarios over four draws, by hand: at their profile's speeds they rank 1, 2, 3.
func TestVerdictByHand(t *testing.T) {
	v := verdict(coverage.Minutes(5), []int{1, 2, 3}, [][]geodata.Amount{
		whole64(9, 5, 7, 7), // first alone in the draws 0 and 3
		whole64(6, 8, 7, 6), // in draw 1
		whole64(3, 3, 3, 6), // in draw 2 the other two share it
	})
	if !slices.Equal(v.First, []float64{50, 25, 0}) || v.Shared != 25 || v.Holds != 25 { // draw 3 ranks 1, 2, 2
		t.Errorf("%+v", v)
	}
	if len(v.Pairs) != 3 || v.Pairs[0].A != 0 || v.Pairs[0].B != 1 || v.Pairs[0].Gain != (uncertainty.Interval[geodata.Amount]{Low: geodata.Whole(-3), Median: 0, High: geodata.Whole(3)}) {
		t.Errorf("%+v", v.Pairs)
	}
	if v.Covered[0] != (uncertainty.Interval[geodata.Amount]{Low: geodata.Whole(5), Median: geodata.Whole(7), High: geodata.Whole(9)}) {
		t.Errorf("%+v", v.Covered)
	}
}

// The draws are those of package uncertainty: opening the one or the other there has the same verdict.
func TestTheVerdictIsThatOfUncertainty(t *testing.T) {
	s := seal(t, content())
	p := question(t, openD, openE)
	p.Draws, p.Seed = 100, 5
	p.Within = []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(6), coverage.Minutes(11)}
	r := run(t, s, p)
	u, err := uncertainty.Run(context.Background(), s, traveltime.NewNetworks(""), uncertainty.Params{Draws: 100, Seed: 5, A: []string{"idea"}, B: []string{"plan"},
		Params: coverage.Params{Service: "town_hall", Mode: "foot", Within: p.Within}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	unsure := false
	for w := range p.Within {
		if diff := cmp.Diff(u.Verdict[w], r.Verdict[w].Pairs[0].Verdict); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(u.Territory.Covered[w], r.Verdict[w].Covered[0]); diff != "" {
			t.Error(diff)
		}
		v := r.Verdict[w]
		unsure = unsure || v.Holds > 0 && v.Holds < 100
		if math.Abs(v.First[0]+v.First[1]+v.Shared-100) > 1e-9 {
			t.Errorf("%+v do not add up", v)
		}
	}
	if !unsure {
		t.Errorf("%+v: every draw says the same, which shows nothing", r.Verdict)
	}
	if got := says(r.Conclusion, "fr")[0]; !strings.Contains(got, " ; ce classement tient dans ") || !strings.Contains(got, " des tirages (écart de ") {
		t.Error(got)
	}
}

// A lane that nobody needs is closed: in each draw the other roads are as fast as if
// it were open, though it is the only one of its class.
func TestDrawsArePaired(t *testing.T) {
	p := question(t, openD, openD+"; "+closed)
	p.Draws = 40
	p.Within = []coverage.Threshold{coverage.Minutes(6)}
	r := run(t, seal(t, content()), p)
	if v := r.Verdict[0]; v.Holds == 100 && v.Covered[0].Low == v.Covered[0].High || v.Shared != 100 {
		t.Errorf("%+v: want that both are equal in each draw, and that draws differ", v)
	}
}

// The lane is closed in all scenarios but one: with that one or without, the others
// have the draws they had.
func TestDrawsDoNotDependOnTheOtherScenarios(t *testing.T) {
	s := seal(t, content())
	p := question(t, openD+"; "+closed, openE+"; "+closed)
	p.Draws, p.Within = 200, []coverage.Threshold{coverage.Minutes(6)}
	few := run(t, s, p).Verdict[0].Pairs[0]
	p.Scenarios = append(p.Scenarios, scenarios(t, today)...)
	if diff := cmp.Diff(few, run(t, s, p).Verdict[0].Pairs[0]); diff != "" || few.Verdict.A == 0 || few.Verdict.B == 0 {
		t.Error(diff, few)
	}
}

func TestProgressIsToldOfEachDraw(t *testing.T) {
	p := question(t, openD, openE)
	p.Draws = 30
	var told []int
	if _, err := Run(context.Background(), seal(t, content()), traveltime.NewNetworks(""), p, func(done, total int) { told = append(told, done, total) }); err != nil || len(told) != 60 || told[58] != 30 || told[59] != 30 {
		t.Error(told, err)
	}
}

// Under a minimum of eleven people, each home having six or nearly so: within a minute
// A is covered today, and D more when it opens, each too few to be told of; both
// together are told, and so is who gains within seven minutes.
func TestConfidentialChangesAreGuarded(t *testing.T) {
	c := content()
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "ind", Key: "known to the owner only"}
	for i := range c.Population.Cells {
		c.Population.Columns[0].Values[i] = geodata.Whole(6)
	}
	p := question(t, today, openD)
	p.Within[0], p.Draws = coverage.Minutes(1), 20
	r := run(t, seal(t, c), p)
	change := r.Differences[0].Territory
	if change.Gained[0] != 0 || change.Gained[1] < geodata.Whole(11) || r.Scenarios[0].Territory.Covered[0] != 0 || r.Minutes[0].Covered[0] != 0 || r.Minutes[0].Covered[1] < geodata.Whole(11) {
		t.Errorf("%+v, %+v", change, r.Minutes[0])
	}
	if v := r.Verdict[0]; v.Covered[0].High != 0 || v.Covered[1].Low < geodata.Whole(11) {
		t.Errorf("%+v", v)
	}
	if r.Provenance.Secrecy == nil {
		t.Error("the provenance does not say so")
	}
}

// In 2021 West has twice its people and East half of its own: 2, 4 and 8, 4 and 8. With
// E opened by then, A and B are 3 more within seven minutes, D and E all 12.
func TestPeopleOfAnotherYear(t *testing.T) {
	c := content()
	for code, people := range map[string]int64{"10001": 14, "10002": 12} {
		c.Census = append(c.Census, geodata.CensusRow{Commune: code, Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(people)})
	}
	p := question(t, today, "population: {year: 2021}; "+openE, "population: {year: 2021}")
	p.Within, p.Draws = p.Within[1:], 20
	r := run(t, seal(t, c), p)
	opened, older := r.Differences[0], r.Differences[1]
	if x := opened.Territory; x.Demand != geodata.Whole(26) || x.Gained[0] != geodata.Whole(1+2+12) || x.Lost[0] != 0 || x.NewlyCovered != geodata.Whole(12) || x.Same != geodata.Whole(14) {
		t.Errorf("%+v", x)
	}
	if x := older.Territory; x.Gained[0] != geodata.Whole(1+2) || x.NewlyCovered != 0 || x.Same != geodata.Whole(26) || older.Communes[1].Gained[0] != 0 {
		t.Errorf("%+v", x)
	}
	if !slices.Equal(r.Cells.Changes[0].Net[0], whole64(1, 2, 0, 4, 8)) || !slices.Equal(r.Minutes[6].Covered, whole64(3, 18, 6)) {
		t.Errorf("%v, %v", r.Cells.Changes[0].Net, r.Minutes[6])
	}
	if v := r.Verdict[0]; v.Covered[1].Low < v.Covered[2].High || v.Covered[2].Low < 2*v.Covered[0].Low {
		t.Errorf("%+v", v)
	}
}

func TestOtherCountsAndTheSecondNearest(t *testing.T) {
	c := content()
	c.Counts = []geodata.Population{{Name: "pupils", Cells: []geodata.Cell{{ID: "s1", Centre: drawing.Point('C'), Commune: "10001", Study: true}, {ID: "s2", Centre: drawing.Point('E'), Commune: "10002", Study: true}},
		Columns: []geodata.Column{{Name: "pupils", Values: whole64(100, 10)}}}}
	p := question(t, openE, openD)
	p.Counts, p.Nth, p.Draws = "pupils", 2, 20
	p.Within = []coverage.Threshold{coverage.Minutes(11)}
	s := seal(t, c)
	r := run(t, s, p)
	// The second nearest of C is 10.8 minutes away in both scenarios; that of E far away.
	if r.Scenarios[0].Territory.Covered[0] != geodata.Whole(100) || r.Scenarios[1].Territory.Covered[0] != geodata.Whole(100) || r.Verdict[0].Covered[0].High != geodata.Whole(100) || r.Verdict[0].Covered[0].Low != 0 {
		t.Errorf("%+v, %+v", r.Scenarios, r.Verdict)
	}
	if l := r.Layers(s).Layers[0]; len(l.IDs) != 2 || l.Geometry[1] == nil {
		t.Errorf("%+v", l)
	}
}

func TestBadQuestions(t *testing.T) {
	s := seal(t, content())
	for name, c := range map[string]struct {
		p           Params
		param, says string
	}{
		"one":                {question(t, openD), "scenarios", `1 scenario: want 2 to 10; {"changes": []} is the situation today`},
		"eleven":             {question(t, make([]string, 11)...), "scenarios", "11 scenarios: want 2 to 10"},
		"nothing":            {Params{Service: "town_hall", Scenarios: Scenarios{{}, nil}}, "scenarios[1]", "nothing: want a scenario"},
		"unknown facility":   {question(t, openD, "open: {facility: plam}"), "scenarios[1]", `changes[0].open.facility: there is no facility "plam": there is plan`},
		"few draws":          {Params{Scenarios: scenarios(t, openD, openE), Draws: 3}, "draws", "want 20 to 10000, or 0 for no verdict, not 3"},
		"unknown service":    {Params{Service: "hall", Scenarios: scenarios(t, openD, openE)}, "service", "hall"},
		"thresholds falling": {Params{Service: "town_hall", Scenarios: scenarios(t, openD, openE), Within: []coverage.Threshold{2e9, 1e9}}, "within", "thresholds must rise"},
	} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), c.p, nil)
		var bad *analyses.ParamError
		if !errors.As(err, &bad) || bad.Param != c.param || !strings.Contains(bad.Err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A scenario from a file is named with its line.
	sc, err := scenario.Parse("seiches.yaml", []byte("changes:\n  - open: {facility: plan}\n  - close: {facility: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := question(t, openD)
	p.Scenarios = append(p.Scenarios, sc)
	if _, err = Run(context.Background(), s, traveltime.NewNetworks(""), p, nil); err == nil || !strings.HasPrefix(err.Error(), `scenarios[1]: seiches.yaml:3: changes[1].close.facility: there is no facility "x"`) {
		t.Error(err)
	}
	var list Scenarios
	if err := json.Unmarshal([]byte(`[{"changes":[]},{"changes":[{"open":{}}]}]`), &list); err == nil || !strings.HasPrefix(err.Error(), "scenarios[1]: ") || !strings.Contains(err.Error(), "facility is missing") {
		t.Error(err)
	}
}

func TestLayersTellTheAnswer(t *testing.T) {
	s := seal(t, content())
	p := question(t, today, openD)
	p.Draws = 20
	r := run(t, s, p)
	l := r.Layers(s)
	var names []string
	for i := range l.Layers {
		names = append(names, l.Layers[i].Name)
	}
	if diff := cmp.Diff([]string{"compare_cells", "compare_communes", "compare_scenarios", "compare_ranks"}, names); diff != "" {
		t.Error(diff)
	}
	cells, communes, table, ranks := &l.Layers[0], &l.Layers[1], &l.Layers[2], &l.Layers[3]
	if cells.Classes.Field != "change_2" || cells.Field("change_2").Value(2) != "newly_covered" || cells.Field("net_7m_2").Value(2) != 4.0 || cells.Field("best").Value(0) != "equal" {
		t.Errorf("%+v", cells)
	}
	if communes.Field("gained_7m_2").Value(1) != 24.0 || communes.Field("same_2").Value(0) != 3.0 || communes.Field("covered_7m_1").Value(0) != 3.0 {
		t.Errorf("%+v", communes)
	}
	if table.Field("gained_7m").Value(0) != nil || table.Field("gained_7m").Value(1) != 28.0 || table.Field("rank_7m").Value(1) != int64(1) || table.Field("first_7m") == nil || table.Field("name").Value(0) != "aujourd'hui" {
		t.Errorf("%+v", table)
	}
	if len(ranks.IDs) != 60 || ranks.Field("first").Value(5) != "2" || ranks.Field("first").Value(59) != "1, 2" {
		t.Errorf("%+v", ranks)
	}
	p.Scenarios = scenarios(t, today, openD, openE)
	if l := run(t, s, p).Layers(s); l.Layers[0].Classes.Field != "best" || len(l.Layers[0].Classes.Values) != 4 {
		t.Errorf("%+v", l.Layers[0].Classes)
	}
}

// The second France Services of the plan: at Seiches, as today, or at Tiercé in its place?
func TestTierceOrSeiches(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	p := Params{Service: "france_services", Within: []coverage.Threshold{coverage.Minutes(20)}, Draws: 40, Seed: 1}
	for _, name := range []string{"seiches", "tierce"} {
		file := "../plans/anjou-loir-et-sarthe/scenarios/france-services-" + name + ".yaml"
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sc, err := scenario.Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		p.Scenarios = append(p.Scenarios, sc)
	}
	r := run(t, s, p)
	d := r.Differences[0]
	t.Log(says(r.Conclusion, "fr"), d.Territory)
	if d.Territory.Gained[0] == 0 || d.Territory.Lost[0] == 0 || d.Gaining[0] == 0 || d.Losing[0] == 0 {
		t.Errorf("an antenna that moves has winners and losers: %+v", d.Territory)
	}
	for _, c := range d.Communes {
		if c.Name.Fr == "Tiercé" && c.Nearer+c.NewlyCovered == 0 || c.Name.Fr == "Seiches-sur-le-Loir" && c.Farther+c.NoLongerCovered == 0 {
			t.Errorf("%+v", c)
		}
	}
	if gain := r.Verdict[0].Pairs[0].Gain; gain.Low >= gain.High || gain.Low > -d.Territory.Net[0] || gain.High < -d.Territory.Net[0] {
		t.Errorf("Seiches less Tiercé is %s, the draws say %+v", -d.Territory.Net[0], gain)
	}
	for range 2 { // the same each time, whatever the threads
		again := run(t, s, p)
		a, _ := json.Marshal(r)     //nolint:errcheck // compared
		b, _ := json.Marshal(again) //nolint:errcheck // compared
		if string(a) != string(b) || len(a) < 1000 {
			t.Fatal("another answer")
		}
	}
}
