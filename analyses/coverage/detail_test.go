package coverage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/demand"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/towntest"
)

func whole(n ...int64) (out []geodata.Amount) {
	for _, x := range n {
		out = append(out, geodata.Whole(x))
	}
	return out
}

// Cells of 10 people each, by living standard (ind_snv / ind):
//
//	a 5  b 1  c 1  d 3  e 9  f 2  g 3  h 4  i 7  j 8
//
// Ranked they are b c f d g h a i j e, of which b and c are alike, and d and g.
// Fifths hold 20 people: b and c; f (people 20 to 30) in the second; d and g (30 to
// 50) with their middle on the cut at 40, and so in the third; h (50 to 60) in the
// third; a and i in the fourth; j and e in the fifth.
func TestFifthsOfLivingStandard(t *testing.T) {
	standard := []int64{5, 1, 1, 3, 9, 2, 3, 4, 7, 8}
	p := &geodata.Population{Columns: []geodata.Column{{Name: "ind"}, {Name: "ind_snv"}}}
	d := &demand.Demand{Population: p}
	for i, s := range standard {
		p.Cells = append(p.Cells, geodata.Cell{ID: string(rune('a' + i))})
		p.Columns[0].Values = append(p.Columns[0].Values, geodata.Whole(10))
		p.Columns[1].Values = append(p.Columns[1].Values, geodata.Whole(10*s))
		d.Cells = append(d.Cells, i)
	}
	got, ok := fifths(d)
	if want := [5][]int{{1, 2}, {5}, {3, 6, 7}, {0, 8}, {4, 9}}; !ok || !gocmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	p.Columns = p.Columns[:1]
	if _, ok := fifths(d); ok {
		t.Error("there is no living standard")
	}
}

// Who lives where, by rows that are not communes.
func TestRowsOfGroups(t *testing.T) {
	_, c := town()
	c.Communes[0].EPCI, c.Communes[0].EPCIName, c.Communes[1].EPCI = "1", "West Country", "2"
	c.Population.Columns = append(c.Population.Columns,
		geodata.Column{Name: "men_pauv", Values: whole(1, 1, 1, 1, 1, 1, 1, 1, 0)},
		geodata.Column{Name: "ind_80p", Values: whole(0, 2, 0, 0, 4, 0, 0, 9, 0)},
		geodata.Column{Name: "ind_snv", Values: whole(1, 2, 4, 8, 16, 64, 64, 7, 0)}) // 1 each, F 2, G 1
	s := seal(t, c)
	r := run(t, s, Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(13)}, Detailed: true})
	if got := r.EPCIs; len(got) != 2 || got[0].Name.Fr != "West Country" || got[0].Demand != geodata.Whole(7) || got[1].Code != "2" || got[1].Name.Fr != "2" || got[1].Demand != geodata.Whole(120) {
		t.Errorf("%+v", got)
	}
	if got := r.Needs; len(got) != 2 || got[0].Code != "men_pauv" || got[0].Unit != "households" || got[0].Covered[0] != geodata.Whole(3) || got[0].Demand != geodata.Whole(7) ||
		got[1].Code != "ind_80p" || got[1].Unit != "persons" || got[1].Covered[0] != geodata.Whole(2) {
		t.Errorf("%+v", got)
	}
	// 95 people with 1 each lie together, 32 with 2 after them: the middle of the
	// first, 47.5 of 127, is in the second fifth, of the others, 111, in the fifth.
	var people []geodata.Amount
	for _, row := range r.LivingStandards {
		people = append(people, row.Demand)
	}
	if diff := gocmp.Diff(whole(0, 95, 0, 0, 32), people); diff != "" {
		t.Error(diff)
	}
	if s := r.Territory.Spread; s == nil || s.Worst != nil || *s.WorstUnreached != 100 || *s.P90 < 1440 {
		t.Errorf("%+v: 96 of 127 are not reached", s)
	}
	var names []string
	for _, l := range r.Layers(s).Layers {
		names = append(names, l.Name)
		for _, f := range l.Fields {
			if n := max(len(f.Texts), len(f.Reals), len(f.Ints)); n != len(l.IDs) {
				t.Errorf("%s.%s has %d values for %d rows", l.Name, f.Name, n, len(l.IDs))
			}
		}
		if l.Name == "coverage_needs" && (l.Field("unit").Texts[0] != "households" || l.Field("demand").Unit != "") {
			t.Errorf("needs in %q", l.Field("demand").Unit)
		}
	}
	if diff := gocmp.Diff([]string{"coverage_cells", "coverage_communes", "coverage_ages", "coverage_facilities", "coverage_living_standards", "coverage_needs", "coverage_epcis"}, names); diff != "" {
		t.Error(diff)
	}
}

func rectangle(west, south, east, north float64) orb.MultiPolygon {
	return orb.MultiPolygon{{orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}}}
}

// Zones overlap over C and leave D out; the outline of one goes through E.
func TestZonesMayOverlapAndLeaveGaps(t *testing.T) {
	tw, c := town()
	at := func(x byte) float64 { return tw.Point(x)[0] }
	c.Zones = []geodata.Zone{
		{Layer: "iris", ID: "w", Name: "Ouest", Outline: rectangle(-1, -0.001, at('C')+0.0001, 0.001)},
		{Layer: "iris", ID: "m", Outline: append(rectangle(at('C')-0.0001, -0.001, at('C')+0.0002, 0.001), rectangle(at('E'), -0.001, at('E')+0.001, 0.001)...)},
		{Layer: "other", ID: "x", Outline: rectangle(-1, -1, 1, 1)},
	}
	s := seal(t, c)
	r := run(t, s, Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(13)}, Zones: "iris"})
	type row struct {
		Code, Name      string
		Demand, Covered geodata.Amount
	}
	var got []row
	for _, z := range r.Zones {
		got = append(got, row{z.Code, z.Name.Fr, z.Demand, z.Covered[0]})
	}
	want := []row{{"m", "m", geodata.Whole(4 + 16), geodata.Whole(4)}, {"w", "Ouest", geodata.Whole(1 + 2 + 4), geodata.Whole(1 + 2 + 4)}, {"", "hors de toute zone", geodata.Whole(8 + 32 + 64), 0}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := r.Provenance.Notes[len(r.Provenance.Notes)-1].Fr; n != "Zonage iris : chaque carreau compte dans la zone de son centre ; 104.0 du public hors de toute zone, 4.0 dans plusieurs zones et compté dans chacune." {
		t.Error(n)
	}
	l := r.Layers(s).Layers[4]
	if l.Name != "coverage_zones" || len(l.Geometry[0].(orb.MultiPolygon)) != 2 || l.Geometry[2] != nil {
		t.Errorf("%+v", l)
	}
	if _, err := Run(context.Background(), s, traveltime.NewNetworks(""), Params{Service: "town_hall", Zones: "quartiers"}); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), `zones: no layer of zones "quartiers": there is iris, other`) {
		t.Error(err)
	}
}

// Town halls at A and E: of B the second nearest is E, 1.5 km away.
func TestTheSecondNearest(t *testing.T) {
	_, c := town()
	p := Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(19)}, Statuses: []geodata.Status{geodata.Existing, geodata.Planned}, Nth: 2}
	r := run(t, seal(t, c), p)
	// C lies in the middle: which of both is nearer is a matter of a centimetre.
	if diff := gocmp.Diff([]string{"f2", "f2", "f1", "f1", "", ""}, slices.Delete(slices.Clone(r.Cells.Nearest), 2, 3)); diff != "" {
		t.Error(diff)
	}
	if r.Territory.Covered[0] != geodata.Whole(2+4+8) {
		t.Errorf("%s, want B, C and D at 18, 12 and 18 minutes", r.Territory.Covered[0])
	}
	if n := r.Provenance.Notes[len(r.Provenance.Notes)-1]; n.Fr != "Temps vers le 2e équipement le plus proche." || n.En != "Times are to the 2nd nearest facility." {
		t.Error(n)
	}
	// Only people of the West are let into A: of D and E only one is left.
	c.Facilities[0].Catchment, c.Facilities[0].Commune = geodata.OfCommune, "10001"
	if r = run(t, seal(t, c), p); r.Territory.Covered[0] != geodata.Whole(2+4) || r.Territory.Unreachable != geodata.Whole(8+16+32) {
		t.Errorf("%+v", r.Territory)
	}
}

// The cells are 0, 500, … 2000 m from the town hall, by the one street there is.
func TestThresholdsInKilometres(t *testing.T) {
	tw, c := town()
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7)}, WithinKm: []float64{0.25, 0.501, 1.001, 30}})
	if diff := gocmp.Diff(whole(1, 1+2, 1+2+4, 1+2+4+8+16), r.Territory.CoveredKm); diff != "" {
		t.Error(diff)
	}
	for k, want := range []int64{0, 500, 1000, 1500, 2000} { // the drawing is rounded to a centimetre
		if mm := int64(r.Cells.Metres[k]); mm < want*1000-20 || mm > want*1000+20 {
			t.Errorf("cell %s is %d mm away, want %d m", r.Cells.IDs[k], mm, want)
		}
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"share_km_percent":[0.79,2.36,5.51,24.41]`) {
		t.Errorf("%.300s %v", b, err)
	}
	if f := r.Layers(seal(t, c)).Layers[0].Field("metres"); f.Unit != "m" || !f.Null[5] || f.Null[1] {
		t.Errorf("%+v", f)
	}

	// The walk to the road and from it count too: both stand 100 m off it.
	c.Population.Cells[2].Centre, c.Facilities[0].Location = tw.At(10, 1), tw.At(0, 1)
	r = run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", WithinKm: []float64{1.1, 1.21}})
	if mm := int64(r.Cells.Metres[2]); mm < 1_199_980 || mm > 1_200_020 {
		t.Errorf("C is %d mm away, want 100 + 1000 + 100 m", mm)
	}
}

// With the town hall at A and a planned one at E beyond the border.
func TestTheBorderEffect(t *testing.T) {
	_, c := town()
	c.Facilities[0].Commune, c.Facilities[1].Commune = "10001", "10003"
	p := Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(7)}, Statuses: []geodata.Status{geodata.Existing, geodata.Planned}, CompareBorder: true}
	s := seal(t, c)
	for _, border := range []string{"", "inside"} {
		p.Border = "" // whatever the question itself counts
		if border != "" {
			p.Border = "inside"
		}
		r := run(t, s, p)
		e := r.BorderEffect
		if e.Crossed.Facilities != 2 || e.Crossed.Territory.Covered[0] != geodata.Whole(1+2+8+16) || e.Crossed.Communes[1].Covered[0] != geodata.Whole(8+16) {
			t.Errorf("%q: crossed %+v", border, e.Crossed)
		}
		if e.Inside.Facilities != 1 || e.Inside.Territory.Covered[0] != geodata.Whole(1+2) || e.Inside.Communes[1].Covered[0] != 0 {
			t.Errorf("%q: inside %+v", border, e.Inside)
		}
		want := e.Crossed
		if border != "" {
			want = e.Inside
		}
		if diff := gocmp.Diff(want.Territory, r.Territory); diff != "" {
			t.Errorf("%q: the question's own answer is another: %s", border, diff)
		}
		if l := r.Layers(s).Layers; l[4].Name != "coverage_crossed" || l[5].Name != "coverage_inside" || l[5].Field("covered_7m").Reals[0] != 3 {
			t.Errorf("%+v", l[5])
		}
	}
}

func TestMoreParamsAreChecked(t *testing.T) {
	_, c := town()
	s := seal(t, c)
	for want, p := range map[string]Params{
		"nth: the 17-th nearest: want 1 to 16":                  {Nth: 17},
		"nth: the -1-th nearest":                                {Nth: -1},
		"within_km: [0]: want rising numbers of kilometres":     {WithinKm: []float64{0}},
		"within_km: [2 2]: want rising numbers":                 {WithinKm: []float64{2, 2}},
		"within_km: [1001]: want rising numbers":                {WithinKm: []float64{1001}},
		"within_km: at most 20":                                 {WithinKm: make([]float64, 21)},
		`border: "abroad": want inside`:                         {SupplyOptions: SupplyOptions{Border: "abroad"}},
		"zones: no layer of zones \"iris\": there is none":      {Zones: "iris"},
		`counts: no set of counts "pupils": there is none`:      {DemandOptions: DemandOptions{Counts: "pupils"}},
		`column: no column "men_pauv": there is [ind ind_65_79`: {DemandOptions: DemandOptions{Column: "men_pauv"}},
	} {
		p.Service = "town_hall"
		if _, err := Run(context.Background(), s, traveltime.NewNetworks(""), p); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	c.Communes = nil
	if _, err := Run(context.Background(), seal(t, c), traveltime.NewNetworks(""), Params{Service: "town_hall", CompareBorder: true}); !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), "compare_border: the territory has no commune") {
		t.Errorf("without communes: %v", err)
	}
	for param, p := range map[string]Params{"nth": {Nth: 2}, "within_km": {WithinKm: []float64{1}}, "detailed": {Detailed: true}, "compare_border": {CompareBorder: true}} {
		p.Service = "town_hall"
		if err := run(t, s, p).Simple("x"); err == nil || !strings.HasPrefix(err.Error(), param+": x does not know") {
			t.Errorf("%s: %v", param, err)
		}
	}
}

// What is added by the merging is what is told in one piece; the rest is refused.
func TestDetailsByEPCI(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 4))
	c := country(r, 3)
	var snv []geodata.Amount
	for range c.Population.Cells {
		snv = append(snv, geodata.Whole(r.Int64N(90)))
	}
	c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: "ind_snv", Values: snv})
	young, old := geodata.Column{Name: "y_lt15"}, geodata.Column{Name: "y_ge65"}
	for _, people := range c.Population.Columns[0].Values {
		y := geodata.Amount(r.Int64N(int64(people) + 1))
		young.Values, old.Values = append(young.Values, y), append(old.Values, people-y)
	}
	c.Population.Columns = append(c.Population.Columns, young, old, geodata.Column{Name: "y_1564", Values: make([]geodata.Amount, len(snv))})
	for i, m := range c.Communes {
		if i != 4 { // which keeps the grid's ages
			c.Census = append(c.Census, geodata.CensusRow{Commune: m.Code, Year: 2021, To: 64, Persons: geodata.Whole(100)}, geodata.CensusRow{Commune: m.Code, Year: 2021, From: 65, To: geodata.AndOver, Persons: geodata.Whole(100)})
		}
		c.Zones = append(c.Zones, geodata.Zone{Layer: "iris", ID: fmt.Sprint(i), Outline: m.Outline})
	}
	c.Zones = slices.Delete(c.Zones, 2, 4) // one EPCI has none
	s := seal(t, c)
	p := Params{Service: "town_hall", Within: []Threshold{Minutes(2)}, Detailed: true, Zones: "iris", DemandOptions: DemandOptions{Column: "y_ge65", Census: 2021}}
	got, _, _ := byEPCI(t, s, p, 4000)
	same(t, s, p, got)
	// By the census half of the people of each commune are old, but for the fifth; rows of ages say the same.
	for i, m := range got.Communes {
		if half := 2*m.Demand == m.Population; half == (i == 4) {
			t.Errorf("commune %s: %s of %s people are old", m.Code, m.Demand, m.Population)
		}
	}
	if last := got.Ages[len(got.Ages)-1]; last.Code != "y_ge65" || last.Demand != got.Territory.Demand {
		t.Errorf("%+v, of %s", last, got.Territory.Demand)
	}
	if len(got.EPCIs) != 9 || len(got.LivingStandards) != 5 || len(got.Zones) != 8 {
		t.Errorf("%d EPCIs, %d fifths, %d zones", len(got.EPCIs), len(got.LivingStandards), len(got.Zones))
	}
	for param, p := range map[string]Params{"nth": {Nth: 2}, "within_km": {WithinKm: []float64{1}}, "compare_border": {CompareBorder: true}} {
		p.Service = "town_hall"
		_, err := RunPart(context.Background(), func(_ context.Context, part geodata.Part) (*geodata.Snapshot, error) { return geodata.Cut(s, part) }, p, geodata.Part{EPCI: "E00001", Buffer: 4000})
		_, again := Merge(context.Background(), s, p, nil)
		for _, err := range []error{err, again} {
			if !errors.Is(err, analyses.ErrParams) || !strings.HasPrefix(err.Error(), param+": ") {
				t.Errorf("%s: %v", param, err)
			}
		}
	}
}

// From H it is 1 km of bad track to S, at 20 km/h, and 3 km of main road to R, at 65.
func TestTheNearestByRoadIsNotTheNearestInTime(t *testing.T) {
	tw := towntest.Town{Drawing: "R-----------------------------H---------S",
		Ways: map[string]string{"HS": "highway=track tracktype=grade5", "HR": "highway=primary"}}
	_, c := town()
	c.Roads, c.Population.Cells, c.Population.Columns = tw.Roads(), []geodata.Cell{{ID: "h", Centre: tw.Point('H'), Commune: "10001", Study: true}}, []geodata.Column{{Name: "ind", Values: whole(1)}}
	c.Facilities = []geodata.Facility{
		{ID: "r", Service: "town_hall", Location: tw.Point('R'), Status: geodata.Existing},
		{ID: "s", Service: "town_hall", Location: tw.Point('S'), Status: geodata.Existing},
	}
	r := run(t, seal(t, c), Params{Service: "town_hall", WithinKm: []float64{1.01}})
	if r.Cells.Nearest[0] != "r" || r.Cells.Metres[0] < 999_900 || r.Cells.Metres[0] > 1_000_100 || r.Territory.CoveredKm[0] != geodata.Whole(1) {
		t.Errorf("in time %s at %d ms; by road %d mm, within 1.01 km %v", r.Cells.Nearest[0], r.Cells.Times[0], r.Cells.Metres[0], r.Territory.CoveredKm)
	}
}

// Of confidential counts no row tells of fewer than the minimum, whatever it is a
// row of: the western zone has 7 people, E and its neighbours enough.
func TestRowsOfConfidentialCountsAreGuarded(t *testing.T) {
	tw, c := town()
	at := func(x byte) float64 { return tw.Point(x)[0] }
	c.Zones = []geodata.Zone{{Layer: "iris", ID: "w", Outline: rectangle(-1, -0.001, at('C')+0.0001, 0.001)}, {Layer: "iris", ID: "x", Outline: rectangle(-1, -1, 1, 1)}}
	c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: "ind_snv", Values: whole(9, 9, 9, 72, 144, 2, 2, 0, 0)})
	c.Population.Rule = geodata.Rule{Minimum: 11, Of: "ind", Key: "a key that only we know"}
	r := run(t, seal(t, c), Params{Service: "town_hall", Mode: "foot", Within: []Threshold{Minutes(13)}, WithinKm: []float64{1.01}, Detailed: true, Zones: "iris", CompareBorder: true})
	if w, x := r.Zones[0], r.Zones[1]; w.Demand != 0 || w.Covered[0] != 0 || w.CoveredKm[0] != 0 || x.Demand < geodata.Whole(123) || x.Demand > geodata.Whole(131) {
		t.Errorf("%+v\n%+v", w, x)
	}
	for _, row := range slices.Concat(r.LivingStandards, []Row{r.BorderEffect.Crossed.Territory}) {
		if row.Covered[0] != 0 {
			t.Errorf("%s: %s of 7 people are told", row.Code, row.Covered[0])
		}
	}
	if r.Provenance.Secrecy == nil || !strings.Contains(r.Provenance.Notes[len(r.Provenance.Notes)-1].Fr, "0.0 du public hors de toute zone, 0.0 dans plusieurs") {
		t.Errorf("%+v", r.Provenance)
	}
}
