package anjou

import (
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/peterstace/simplefeatures/geom"
)

var update = flag.Bool("update", false, "write the golden files")

func territory(t testing.TB) *geodata.Snapshot {
	t.Helper()
	s, err := Territory()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTerritoryIsTheSameEveryTime(t *testing.T) {
	s := territory(t)
	again, err := build()
	if err != nil {
		t.Fatal(err)
	}
	if s.ID() != again.ID() {
		t.Error("building twice gives two territories")
	}
	const golden = "testdata/id.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(s.ID()+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.ID() + "\n"; got != string(want) {
		t.Errorf("id %sdiffers from the golden one %s(if the model was meant to change: go test ./geodata/anjou -update)", got, want)
	}
	if !s.Territory().Modelled {
		t.Error("the territory must say that it is modelled")
	}
	t.Logf("%d communes, %d cells, %d road nodes, %d ways, %d facilities", len(s.Communes()), len(s.Population().Cells), len(s.Roads().Nodes), len(s.Roads().Ways), len(s.Facilities()))
}

// published are the facts of a few communes, written here a second time.
var published = []struct {
	insee                   string
	people, under15, over65 int64
	legal                   int
	area                    float64
}{
	{"49347", 4441, 825, 1010, 4589, 34.1},
	{"49220", 3858, 695, 884, 3687, 88.5},
	{"49257", 990, 214, 181, 1041, 8.5},
	{"49334", 376, 89, 45, 345, 7.2},
}

func TestPeopleAddUpToTheCensus(t *testing.T) {
	s := territory(t)
	sums := map[string]map[string]geodata.Amount{}
	p := s.Population()
	var whole, neighbours geodata.Amount
	for _, col := range p.Columns {
		sums[col.Name] = map[string]geodata.Amount{}
		for i, v := range col.Values {
			if v != v/geodata.Unit*geodata.Unit {
				t.Fatalf("cell %s: %s is %s, not whole", p.Cells[i].ID, col.Name, v)
			}
			key := "neighbours"
			if p.Cells[i].Study {
				key = "study"
			}
			sums[col.Name][key] += v
			sums[col.Name][p.Cells[i].Commune] += v
		}
	}
	for name, want := range map[string]int64{"ind": 28280, "y_lt15": 5789, "y_1564": 17071, "y_ge65": 5420} {
		if got := sums[name]["study"]; got != geodata.Whole(want) {
			t.Errorf("%s: %s people in the 17 communes, want %d", name, got, want)
		}
	}
	for _, c := range published {
		for name, want := range map[string]int64{"ind": c.people, "y_lt15": c.under15, "y_ge65": c.over65} {
			if got := sums[name][c.insee]; got != geodata.Whole(want) {
				t.Errorf("%s in %s: %s, want %d", name, c.insee, got, want)
			}
		}
	}
	ind, _ := p.Column("ind")
	for i := range p.Cells {
		var ages geodata.Amount
		for _, name := range []string{"y_lt15", "y_1564", "y_ge65"} {
			col, _ := p.Column(name)
			ages += col[i]
		}
		if ages != ind[i] || ind[i] == 0 {
			t.Fatalf("cell %s: ages sum to %s of %s", p.Cells[i].ID, ages, ind[i])
		}
	}
	whole, neighbours = sums["ind"]["study"], sums["ind"]["neighbours"]
	t.Logf("%s people in the 17 communes, %s round them", whole, neighbours)
}

func TestCommunesArePublished(t *testing.T) {
	s := territory(t)
	var study, legal int
	for _, c := range s.Communes() {
		if c.Study {
			study++
			legal += c.Population
			if c.EPCI != "200068955" {
				t.Errorf("%s: EPCI %q", c.Name, c.EPCI)
			}
		}
	}
	if study != 17 {
		t.Errorf("%d communes, want 17", study)
	}
	// The column of the legal populations adds up to 28,413.
	if legal != 28413 {
		t.Errorf("legal population %d, want 28413", legal)
	}
	for _, want := range published {
		if c, _ := s.Commune(want.insee); c.Population != want.legal {
			t.Errorf("%s: legal population %d, want %d", want.insee, c.Population, want.legal)
		}
	}
}

// A disc of 2,000 people per km² gives a cell 80; overlapping discs, scattered homes and rounding add some.
func TestNoCellIsCrowded(t *testing.T) {
	p := territory(t).Population()
	ind, _ := p.Column("ind")
	for i, v := range ind {
		if v > geodata.Whole(160) {
			t.Errorf("cell %s holds %s people", p.Cells[i].ID, v)
		}
	}
}

// area in km², in the equal-area plane.
func area(t *testing.T, r orb.Ring) float64 {
	var sum float64
	for i := 1; i < len(r); i++ {
		a, err := project(r[i-1][0], r[i-1][1])
		if err != nil {
			t.Fatal(err)
		}
		b, _ := project(r[i][0], r[i][1])
		sum += (a.x*b.y - b.x*a.y) / 2e6
	}
	return sum
}

func TestOutlinesHaveThePublishedAreas(t *testing.T) {
	s := territory(t)
	communes, _, err := readCommunes()
	if err != nil {
		t.Fatal(err)
	}
	byCode := index(communes)
	for _, want := range published {
		if got := byCode[want.insee].area / 1e6; math.Abs(got-want.area) > 1e-9 {
			t.Errorf("%s: the table says %g km², want %g", want.insee, got, want.area)
		}
	}
	worst := 0.0
	for _, c := range s.Communes() {
		if !c.Study {
			continue
		}
		want := byCode[c.Code].area / 1e6
		miss := math.Abs(area(t, c.Outline[0][0])/want - 1)
		worst = max(worst, miss)
		if miss > 0.005 {
			t.Errorf("%s: %.3f km², published %.1f", c.Name, area(t, c.Outline[0][0]), want)
		}
	}
	t.Logf("largest error %.2f %%", 100*worst)
}

func TestOutlinesFitTogether(t *testing.T) {
	s := territory(t)
	type edge [2]orb.Point
	owner := map[edge]string{}
	outer := map[string]int{}
	for _, c := range s.Communes() {
		ring := c.Outline[0][0]
		if len(c.Outline) != 1 || len(c.Outline[0]) != 1 || ring.Orientation() != orb.CCW {
			t.Fatalf("%s: want one ring, counter-clockwise", c.Name)
		}
		var flat []float64
		for _, p := range ring {
			flat = append(flat, p[0], p[1])
		}
		if err := geom.NewPolygonXY(flat).Validate(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		for i := 1; i < len(ring); i++ {
			owner[edge{ring[i-1], ring[i]}] = c.Code
		}
	}
	for e, code := range owner {
		other, ok := owner[edge{e[1], e[0]}]
		if !ok {
			outer[code]++
		}
		if other == code {
			t.Errorf("%s borders itself", code)
		}
	}
	// Every side is walked the other way by exactly one other commune, so there
	// is neither gap nor overlap; only communes at the frame may lack a neighbour.
	for _, c := range s.Communes() {
		if c.Study && outer[c.Code] > 0 {
			t.Errorf("%s: %d sides of the outline belong to no other commune", c.Name, outer[c.Code])
		}
	}
}

func TestBourgsAndCellsLieInTheirCommune(t *testing.T) {
	s := territory(t)
	communes, _, err := readCommunes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range communes {
		p, err := c.bourg.lonLat()
		if err != nil {
			t.Fatal(err)
		}
		if g, _ := s.Commune(c.insee); !planar.MultiPolygonContains(g.Outline, p) {
			t.Errorf("the bourg of %s lies outside", c.name)
		}
	}
	for _, cell := range s.Population().Cells {
		if g, _ := s.Commune(cell.Commune); !planar.MultiPolygonContains(g.Outline, cell.Centre) {
			t.Errorf("cell %s lies outside %s", cell.ID, g.Name)
		}
	}
	for _, f := range s.Facilities() {
		if f.Hours == nil { // those with hours have their real place, which the modelled border may miss
			if g, _ := s.Commune(f.Commune); !planar.MultiPolygonContains(g.Outline, f.Location) {
				t.Errorf("%s lies outside %s", f.ID, g.Name)
			}
		}
	}
}

func TestRoadsAreConnectedBothWays(t *testing.T) {
	s := territory(t)
	g := graphOf(s.Roads(), everyClass)
	start := s.Roads().Nodes[0].Point()
	if n := g.reach(start); n != len(s.Roads().Nodes) {
		t.Errorf("%d of %d nodes can be reached", n, len(s.Roads().Nodes))
	}
	if n := g.reverse().reach(start); n != len(s.Roads().Nodes) {
		t.Errorf("from %d of %d nodes one can come back", n, len(s.Roads().Nodes))
	}
	used := make([]bool, len(s.Roads().Nodes))
	for _, w := range s.Roads().Ways {
		for _, n := range w.Nodes {
			used[n] = true
		}
	}
	for i, u := range used {
		if !u {
			t.Fatalf("node %d belongs to no way", s.Roads().Nodes[i].ID)
		}
	}
}

func TestMotorwaysAreLeftAtExitsOnly(t *testing.T) {
	s := territory(t)
	on := map[int32]map[string]bool{}
	for _, w := range s.Roads().Ways {
		for _, n := range w.Nodes {
			if on[n] == nil {
				on[n] = map[string]bool{}
			}
			on[n][w.Tags.Get("highway")] = true
		}
		if w.Tags.Get("highway") == "motorway" && w.Tags.Get("oneway") != "yes" {
			t.Errorf("way %d: a carriageway must be one-way", w.ID)
		}
	}
	for n, classes := range on {
		for class := range classes {
			if classes["motorway"] && class != "motorway" && class != "motorway_link" {
				t.Errorf("%s meets a motorway at node %d", class, s.Roads().Nodes[n].ID)
			}
		}
	}
	exits := map[string]bool{}
	for _, w := range s.Roads().Ways {
		if w.Tags.Get("highway") == "motorway_link" {
			exits[w.Tags.Get("name")] = true
		}
	}
	for _, want := range []string{"Échangeur de Durtal (A 11)", "Échangeur de Seiches-sur-le-Loir (A 11)", "Échangeur de Seiches-sur-le-Loir (A 85)"} {
		if !exits[want] {
			t.Errorf("no %s", want)
		}
	}
}

func TestEveryHomeIsNearARoad(t *testing.T) {
	s := territory(t)
	lines, far := linesOf(t, s.Roads(), noMotorway), 0.0
	net := newMesh(lines)
	for _, c := range s.Population().Cells {
		p, err := project(c.Centre[0], c.Centre[1])
		if err != nil {
			t.Fatal(err)
		}
		if d := net.distance(p, 1000); c.Study {
			far = max(far, d)
		}
	}
	if far > 300 {
		t.Errorf("a home is %.0f m from the nearest road", far)
	}
	t.Logf("farthest cell centre: %.0f m", far)
}

func linesOf(t *testing.T, r *geodata.Roads, keep func(string) bool) (lines []line) {
	for _, w := range r.Ways {
		if !keep(w.Tags.Get("highway")) {
			continue
		}
		var l line
		for _, n := range w.Nodes {
			q := r.Nodes[n].Point()
			p, err := project(q[0], q[1])
			if err != nil {
				t.Fatal(err)
			}
			l.at = append(l.at, p)
		}
		lines = append(lines, l)
	}
	return lines
}

// "Three people in four live within 500 m of one of these roads, 95 in 100 within 1 km" (of all the departments' roads).
func TestPeopleLiveAlongTheMainRoads(t *testing.T) {
	s := territory(t)
	net := newMesh(linesOf(t, s.Roads(), mainOnly))
	ind, _ := s.Population().Column("ind")
	var near, within, all float64
	for i, c := range s.Population().Cells {
		if !c.Study {
			continue
		}
		p, err := project(c.Centre[0], c.Centre[1])
		if err != nil {
			t.Fatal(err)
		}
		d := net.distance(p, 2000)
		all += ind[i].Float()
		if d <= 500 {
			near += ind[i].Float()
		}
		if d <= 1000 {
			within += ind[i].Float()
		}
	}
	near, within = 100*near/all, 100*within/all
	t.Logf("%.0f %% of the people within 500 m of a main road (published 75), %.0f %% within 1 km (published 95)", near, within)
	if math.Abs(near-75) > 10 || math.Abs(within-95) > 7 {
		t.Error("too far from the published shares")
	}
}

func TestPublishedRoadDistances(t *testing.T) {
	s := territory(t)
	main, all := graphOf(s.Roads(), mainOnly), graphOf(s.Roads(), noMotorway)
	tierce, seiches, durtal, morannes := orb.Point{-0.4688, 47.6160}, orb.Point{-0.3585, 47.5762}, orb.Point{-0.2409, 47.6713}, orb.Point{-0.417, 47.741}
	for _, c := range []struct {
		name     string
		from, to orb.Point
		want     float64
	}{
		{"Tiercé - Seiches", tierce, seiches, 11.0}, {"Seiches - Durtal", seiches, durtal, 15.0}, {"Morannes - Durtal", morannes, durtal, 21.2},
	} {
		got := main.between(c.from, c.to) / 1000
		t.Logf("%s: %.2f km on the main roads, published %.1f; %.2f with lanes", c.name, got, c.want, all.between(c.from, c.to)/1000)
		if math.Abs(got/c.want-1) > 0.03 {
			t.Errorf("%s: %.2f km, want %.1f within 3 %%", c.name, got, c.want)
		}
	}
}

func TestRoadsHaveThePublishedLengths(t *testing.T) {
	communes, _, err := readCommunes()
	if err != nil {
		t.Fatal(err)
	}
	roads, err := readRoads(communes)
	if err != nil {
		t.Fatal(err)
	}
	legs, straight := 0, 0
	for _, r := range roads {
		for k := 1; k < len(r.stops); k++ {
			a, b := r.stops[k-1], r.stops[k]
			want := 1000 * math.Abs(b.km-a.km)
			if math.IsNaN(want) {
				continue
			}
			legs++
			leg := road{stops: []stop{a, b}}
			got := groundLength(t, leg.draw())
			crow := groundLength(t, []point{a.at, b.at})
			if want < crow {
				straight++
				want = crow
			}
			if math.Abs(got/want-1) > 0.01 {
				t.Errorf("%s %s - %s: %.0f m drawn, want %.0f", r.ref, a.place, b.place, got, want)
			}
		}
	}
	t.Logf("%d legs with published kilometres, %d of them no longer than the straight line", legs, straight)
}

func groundLength(t *testing.T, at []point) (metres float64) {
	var last orb.Point
	for i, p := range at {
		q, err := p.lonLat()
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			metres += geodata.Distance(last, q)
		}
		last = q
	}
	return metres
}

func TestFacilitiesAreThePublishedOnes(t *testing.T) {
	s := territory(t)
	count := map[string]int{}
	for _, f := range s.Facilities() {
		c, _ := s.Commune(f.Commune)
		if c.Study {
			count[f.Service+" "+string(f.Status)]++
		}
		if f.Capacity != nil {
			t.Errorf("%s: no capacity is published", f.ID)
		}
		if f.Source == "" {
			t.Errorf("%s: no source", f.ID)
		}
		if f.Hours == nil && !strings.Contains(f.Note, "lieu modélisé : centre-bourg") {
			t.Errorf("%s: the note must say that the place is modelled", f.ID)
		}
	}
	for what, want := range map[string]int{
		"town_hall existing": 17, "creche existing": 9, "creche planned": 2, "alsh planned": 1, "alsh existing": 1,
		"youth planned": 1, "youth existing": 2, "france_services existing": 3, "france_services planned": 1,
		"senior existing": 6, "social_centre candidate": 2,
	} {
		if count[what] != want {
			t.Errorf("%s: %d, want %d", what, count[what], want)
		}
	}
	for _, f := range s.Facilities() {
		if f.Service != "france_services" || f.Status != geodata.Existing {
			continue
		}
		// Durtal: 3 days of 3 h 30 + 3 h 30, 2 mornings; antenna: 3 days and an afternoon; bus: 3 days, 3 h 30, 4 h.
		want := map[string]int{"fs-49127-durtal": 3*420 + 2*210, "fs-49333-seiches": 3*420 + 210, "fs-49347-bus": 3*420 + 210 + 240}[f.ID]
		if f.Hours.Minutes() != want || f.Itinerant != (f.ID == "fs-49347-bus") {
			t.Errorf("%s: %d minutes a week, itinerant %v; want %d", f.ID, f.Hours.Minutes(), f.Itinerant, want)
		}
	}
}

// Three places for five people in weights 3:1:1: quotas 1.8, 0.6, 0.6; the
// remainders 0.8 and the first 0.6 are rounded up.
func TestApportionGivesTheRestToTheLargestRemainders(t *testing.T) {
	got := apportion(3, []float64{3, 1, 1})
	if got[0] != 2 || got[1] != 1 || got[2] != 0 {
		t.Errorf("%v, want [2 1 0]", got)
	}
}

// A leg of 3 km drawn 3.3 km long keeps its ends and has that length.
func TestBentRoadHasTheWantedLength(t *testing.T) {
	way := []point{{0, 0}, {3000, 0}}
	got := bent(way, 3300)
	if math.Abs(length(got)-3300) > 1 || got[0] != way[0] || got[len(got)-1] != way[1] {
		t.Errorf("%.1f m from %v to %v", length(got), got[0], got[len(got)-1])
	}
	if l := length(bent(way, 2000)); l != 3000 {
		t.Errorf("shorter than straight is impossible, got %.1f", l)
	}
}

// Two lines that cross share a point; a bridge shares none.
func TestCrossingLinesMeet(t *testing.T) {
	lines := []line{{at: []point{{0, 0}, {100, 0}}}, {at: []point{{50, -50}, {50, 50}}}, {at: []point{{20, -50}, {20, 50}}, bridge: true}}
	got := joined(lines)
	want := point{50, 0}
	if len(got[0]) != 3 || got[0][1] != want || len(got[1]) != 3 || got[1][1] != want || len(got[2]) != 2 {
		t.Errorf("%v", got)
	}
}

func BenchmarkTerritory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := build(); err != nil {
			b.Fatal(err)
		}
	}
}
