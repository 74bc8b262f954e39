package shapley

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/anjou"
	"github.com/maillage/maillage/internal/towntest"
)

// A street of 1.8 km. People walk from a letter to the next, 450 m, in 324 seconds;
// cells hold powers of two. The town hall is at A, a second planned at E; D is a
// candidate.
//
//	A(1) ---- B(2) ---- C(4) ---- D(8) ---- E(16)
var drawing = towntest.Town{Spacing: 90, Drawing: "A----B----C----D----E", Ways: map[string]string{"ABCDE": "highway=residential"}}

func content() geodata.Content {
	c := geodata.Content{Territory: geodata.Territory{ID: "street"}, Catalogue: geodata.DefaultCatalogue(), Roads: drawing.Roads(),
		Communes: []geodata.Commune{{Code: "10001", Name: "Street", Study: true, Outline: orb.MultiPolygon{orb.Bound{Min: orb.Point{-1, -1}, Max: orb.Point{1, 1}}.ToPolygon()}}}}
	ind := geodata.Column{Name: "ind"}
	for i, letter := range "ABCDE" {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: string(letter), Centre: drawing.Point(byte(letter)), Commune: "10001", Study: true})
		ind.Values = append(ind.Values, geodata.Whole(1<<i))
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Facilities = []geodata.Facility{
		{ID: "hall", Service: "town_hall", Location: drawing.Point('A'), Commune: "10001", Status: geodata.Existing},
		{ID: "plan", Name: "En projet", Service: "town_hall", Location: drawing.Point('E'), Commune: "10001", Status: geodata.Planned},
		{ID: "idea", Service: "town_hall", Location: drawing.Point('D'), Commune: "10001", Status: geodata.Candidate},
		{ID: "bus", Service: "town_hall", Location: drawing.Point('D'), Commune: "10001", Status: geodata.Existing, Itinerant: true},
		{ID: "nursery", Service: "creche", Location: drawing.Point('D'), Commune: "10001", Status: geodata.Existing},
	}
	return c
}

func run(t testing.TB, c geodata.Content, p Params) *Result {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is value, alone and last of a site in whole people.
func told(w Worth) [3]float64 { return [3]float64{w.Value.Float(), w.Alone.Float(), w.Last.Float()} }

// Within 5 minutes D and E reach themselves alone. Within 7 both reach D and E, who
// are 24, D also C, who are 4; A and B are covered without them.
func TestCoveredByHand(t *testing.T) {
	r := run(t, content(), Params{Service: "town_hall", Mode: "foot", Sites: []string{"idea", "plan"}, Within: []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(7)}})
	five, seven := r.Games[0], r.Games[1]
	if five.Gain != geodata.Whole(8+16) || told(five.Sites[0]) != [3]float64{8, 8, 8} || told(five.Sites[1]) != [3]float64{16, 16, 16} || five.Without != geodata.Whole(1) {
		t.Errorf("%+v", five)
	}
	if seven.Gain != geodata.Whole(4+24) || told(seven.Sites[0]) != [3]float64{4 + 12, 4 + 24, 4} || told(seven.Sites[1]) != [3]float64{12, 24, 0} || seven.Without != geodata.Whole(1+2) {
		t.Errorf("%+v", seven)
	}
	if r.Existing != 1 || r.Unit != "persons" || r.Sites[1].Name != "En projet" || r.Sites[0].Name != "idea" || *seven.Sites[1].Percent != 100*12.0/28 {
		t.Errorf("%+v", r)
	}
	// A third beside E: of E's people each of three has a third, of D's too.
	e := drawing.Point('E')
	p := Params{Service: "town_hall", Mode: "foot", Sites: []string{"idea", "plan"}, Points: []Point{{ID: "new", Lon: e[0], Lat: e[1]}}, Within: []coverage.Threshold{coverage.Minutes(7)}}
	r = run(t, content(), p)
	if g := r.Games[0]; told(g.Sites[0]) != [3]float64{4 + 8, 4 + 24, 4} || told(g.Sites[2]) != [3]float64{8, 24, 0} || r.Sites[2].Commune != "10001" {
		t.Errorf("%+v", g)
	}
}

// Of today's facilities the value is as if they were not there: the hall has A and B
// to itself, plan D and E; with no other there is nothing without them.
func TestAFacilityOfTodayHasAValue(t *testing.T) {
	r := run(t, content(), Params{Service: "town_hall", Mode: "foot", Sites: []string{"hall", "plan"}, Within: []coverage.Threshold{coverage.Minutes(7), coverage.Minutes(11)}})
	if g := r.Games[0]; r.Existing != 0 || g.Without != 0 || told(g.Sites[0]) != [3]float64{3, 3, 3} || told(g.Sites[1]) != [3]float64{24, 24, 24} {
		t.Errorf("%+v", g)
	}
	if g := r.Games[1]; g.Gain != geodata.Whole(31) || told(g.Sites[0]) != [3]float64{3 + 2, 7, 3} { // C is between them
		t.Errorf("%+v", g)
	}
}

// D and E opened save, in steps of 324 s: C one by D; D three by D, two by E; E three by
// D and four by E. So of D's 8 people the values are 2 steps shared and one for D: 2 and
// 1; of E's 16, three shared and one for E: 1.5 and 2.5.
func TestTravelByHand(t *testing.T) {
	r := run(t, content(), Params{Service: "town_hall", Mode: "foot", Sites: []string{"idea", "plan"}, Game: Travel})
	g, step := r.Games[0], 324.0/60
	near := func(got geodata.Amount, steps float64) bool { // to 20 ms of walking a person
		return got.Float() > steps*step-0.02 && got.Float() < steps*step+0.02
	}
	if d, e := g.Sites[0], g.Sites[1]; !near(d.Value, 4+8*2+16*1.5) || !near(e.Value, 8*1+16*2.5) || !near(d.Alone, 4+8*3+16*3) || !near(e.Last, 16) || !near(d.Last, 4+8) {
		t.Errorf("%v, %v", d, e)
	}
	if sum := g.Sites[0].Value + g.Sites[1].Value; sum != g.Gain || !near(g.Gain, 4+8*3+16*4) || !near(g.Without, 2+4*2+8*3+16*4) || r.Unit != "persons × min" || r.Params.AtMost != coverage.Minutes(60) {
		t.Errorf("%+v", r)
	}
	// Who is farther than 6 minutes counts as that far: C, D and E, who save at most as much.
	r = run(t, content(), Params{Service: "town_hall", Mode: "foot", Sites: []string{"plan"}, Game: Travel, AtMost: coverage.Minutes(6)})
	if g := r.Games[0]; g.Gain.Float() < 8*0.6+16*6-0.02 || g.Gain.Float() > 8*0.6+16*6+0.02 {
		t.Errorf("%+v", g)
	}
}

// Under a minimum of eleven people, D's few within five minutes are not told of.
func TestConfidentialValuesAreGuarded(t *testing.T) {
	c := content()
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "ind", Key: "known to the owner only"}
	for i := range c.Population.Cells {
		c.Population.Columns[0].Values[i] = geodata.Whole(6)
	}
	r := run(t, c, Params{Service: "town_hall", Mode: "foot", Sites: []string{"idea", "plan"}, Within: []coverage.Threshold{coverage.Minutes(5), coverage.Minutes(7)}})
	if g := r.Games[0]; g.Without != 0 || g.Gain < geodata.Whole(11) || g.Sites[0] != (Worth{Percent: g.Sites[0].Percent}) {
		t.Errorf("%+v", g)
	}
	if g := r.Games[1]; g.Sites[0].Value == 0 || g.Sites[0].Last != 0 { // C alone is what D adds
		t.Errorf("%+v", g)
	}
}

func TestBadQuestions(t *testing.T) {
	ten := []coverage.Threshold{coverage.Minutes(10)}
	s, err := geodata.NewSnapshot(content())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		p           Params
		param, says string
	}{
		"no site":          {Params{}, "sites", "0 sites: want 1 to 100"},
		"too many":         {Params{Sites: make([]string, 101)}, "sites", "101 sites: want 1 to 100"},
		"unknown":          {Params{Sites: []string{"plam"}}, "sites", `no facility "plam" of service town_hall: there is bus, hall, idea, plan`},
		"another service":  {Params{Sites: []string{"nursery"}}, "sites", `no facility "nursery" of service town_hall`},
		"a bus":            {Params{Sites: []string{"bus"}}, "sites", `"bus" comes to people`},
		"twice":            {Params{Sites: []string{"plan", "plan"}}, "sites", `"plan" is named twice`},
		"a point's id":     {Params{Sites: []string{"plan"}, Points: []Point{{ID: "plan"}}}, "points", `point "plan": want an id of its own`},
		"no point":         {Params{Points: []Point{{ID: "x", Lat: 200}}}, "points", `point "x": `},
		"far from roads":   {Params{Points: []Point{{ID: "x", Lon: 0.5, Lat: 0.5}}}, "points", `"x" is off_network: too far from any road of mode foot`},
		"game":             {Params{Sites: []string{"plan"}, Game: "chess"}, "game", `"chess": want covered or travel`},
		"travel threshold": {Params{Sites: []string{"plan"}, Game: Travel, Within: ten}, "within", "no threshold"},
		"covered cap":      {Params{Sites: []string{"plan"}, AtMost: ten[0]}, "at_most", "it is of game travel"},
	} {
		c.p.Service, c.p.Mode = "town_hall", "foot"
		if c.p.Game == "" {
			c.p.Within = ten
		}
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), c.p)
		var bad *analyses.ParamError
		if !errors.As(err, &bad) || bad.Param != c.param || !strings.Contains(bad.Err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// On the embedded territory each commune's middle is a site: what they are worth sums
// to what they gain together, and alone each gains what coverage says.
func TestTheEmbeddedTerritory(t *testing.T) {
	s, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	nets := traveltime.NewNetworks("")
	p := Params{Service: "france_services", Within: []coverage.Threshold{coverage.Minutes(10), coverage.Minutes(20)}}
	for _, f := range s.Facilities() {
		if f.Service == "town_hall" && len(p.Points) < 17 {
			p.Points = append(p.Points, Point{ID: f.ID, Lon: f.Location[0], Lat: f.Location[1]})
		}
	}
	if len(p.Points) < 10 {
		t.Fatalf("%d town halls", len(p.Points))
	}
	r, err := Run(t.Context(), s, nets, p)
	if err != nil {
		t.Fatal(err)
	}
	covered := func(points ...Point) []geodata.Amount {
		c := s.Content()
		for _, x := range points {
			c.Facilities = append(c.Facilities, geodata.Facility{ID: "new-" + x.ID, Service: "france_services", Location: orb.Point{x.Lon, x.Lat}, Status: geodata.Existing})
		}
		with, err := geodata.NewSnapshot(c)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := coverage.Run(t.Context(), with, nets, coverage.Params{Service: p.Service, Within: p.Within})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Territory.Covered
	}
	none, all, first := covered(), covered(p.Points...), covered(p.Points[0])
	for g, o := range r.Games {
		var sum geodata.Amount
		for _, w := range o.Sites {
			sum += w.Value
			if w.Last > w.Value || w.Value > w.Alone {
				t.Errorf("%+v does not rise", w)
			}
		}
		if sum != o.Gain || o.Gain != all[g]-none[g] || o.Without != none[g] || o.Sites[0].Alone != first[g]-none[g] || o.Gain == 0 {
			t.Errorf("values sum to %s, gain %s, coverage says %s", sum, o.Gain, all[g]-none[g])
		}
	}
	again, err := Run(t.Context(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(r)     //nolint:errcheck // compared
	b, _ := json.Marshal(again) //nolint:errcheck // compared
	if diff := cmp.Diff(string(a), string(b)); diff != "" {
		t.Error(diff)
	}
}

func TestLayersTellTheAnswer(t *testing.T) {
	p := Params{Service: "town_hall", Mode: "foot", Sites: []string{"idea", "plan"}, Within: []coverage.Threshold{coverage.Minutes(7)}}
	l := run(t, content(), p).Layers(nil).Layers
	if l[0].Name != "shapley_sites" || !slices.Equal(l[0].IDs, []string{"idea", "plan"}) || l[0].Field("value_7m").Value(0) != 16.0 || l[0].Field("last_7m").Value(1) != 0.0 || l[0].Geometry[0] == nil {
		t.Errorf("%+v", l[0])
	}
	if l[1].Name != "shapley_games" || l[1].Field("gain").Value(0) != 28.0 || l[1].Field("threshold_seconds").Value(0) != 420.0 {
		t.Errorf("%+v", l[1])
	}
	p.Game, p.Within = Travel, nil
	if l := run(t, content(), p).Layers(nil).Layers; l[0].Field("value_travel") == nil || l[1].Field("threshold_seconds").Value(0) != nil {
		t.Errorf("%+v", l)
	}
}
