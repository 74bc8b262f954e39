package isochrone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/towntest"
)

// snapshot puts cells of one inhabitant along a town's streets.
func snapshot(t testing.TB, town towntest.Town, cells ...orb.Point) *geodata.Snapshot {
	t.Helper()
	c := geodata.Content{Territory: geodata.Territory{ID: "town", Name: "Town"}, Catalogue: geodata.DefaultCatalogue(), Roads: town.Roads()}
	var ind []geodata.Amount
	for i, p := range cells {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("c%03d", i), Centre: p})
		ind = append(ind, geodata.Unit)
	}
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: ind}}
	c.Facilities = []geodata.Facility{
		{ID: "hall", Name: "Mairie", Service: "town_hall", Location: town.Point('A'), Status: geodata.Existing},
		{ID: "lost", Name: "Refuge", Service: "town_hall", Location: town.At(0, 100), Status: geodata.Existing},
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func liechtenstein(t testing.TB) *geodata.Snapshot {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "liechtenstein")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: needs the open data pack in ../shared/data: %v", err)
	}
	s, _, err := load.Territory(context.Background(), load.Spec{ID: "li", Name: "Liechtenstein",
		Population: []string{filepath.Join(dir, "census2021_1km.csv")}, Roads: []string{filepath.Join(dir, "liechtenstein.osm.pbf")}, Buffer: 20_000}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func minutes(ms ...int) (out []coverage.Threshold) {
	for _, m := range ms {
		out = append(out, coverage.Minutes(m))
	}
	return out
}

func run(t testing.TB, s *geodata.Snapshot, nets *traveltime.Networks, p Params) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, nets, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// On foot at 5 km/h along a straight street and on over the fields: whatever
// the way, a place x metres along and y metres beside the point takes
// (|x|+|y|)/5 km/h, so that the area of T is a square on its corner with half
// diagonals of 5 km/h · T.
func TestTheAreaOfAStreetIsASquareOnItsCorner(t *testing.T) {
	town := towntest.Town{Drawing: `A-------------------M-------------------B`, Ways: map[string]string{"AMB": "highway=residential"}}
	var cells []orb.Point
	for x := range 40 {
		cells = append(cells, town.At(float64(x)+0.5, 0), town.At(float64(x)+0.5, 2)) // on the street and 200 m beside it
	}
	s := snapshot(t, town, cells...)
	at := town.Point('M')
	r := run(t, s, traveltime.NewNetworks(""), Params{At: &at, Mode: "foot", Within: minutes(6, 12)})
	if r.Spacing != 25 || r.Params.Direction != traveltime.ToPoint {
		t.Errorf("%v m, direction %s", r.Spacing, r.Params.Direction)
	}
	for k, want := range []struct{ km2, km, people float64 }{
		// 6 min: 500 m: 2·0.5² km², 1 km of road; cells at ±50…±450 m, and at ±50…±250 m beside.
		{0.5, 1, 10 + 6},
		// 12 min: 1 km.
		{2, 2, 20 + 16},
	} {
		a := r.Areas[k]
		if math.Abs(a.SquareKilometres-want.km2) > 0.02*want.km2 || math.Abs(a.RoadKilometres-want.km) > 0.005 || a.Population.Float() != want.people {
			t.Errorf("%s: %.3f km², %.3f km, %s people; want %v", a.Within, a.SquareKilometres, a.RoadKilometres, a.Population, want)
		}
		valid(t, a.Polygons)
	}
	nested(t, []orb.MultiPolygon{r.Areas[0].Polygons, r.Areas[1].Polygons})
}

func TestOneWaysMakeTheDirectionMatter(t *testing.T) {
	town := towntest.Town{Drawing: `
A---------B
|         |
|         |
|         |
C---------D`, Spacing: 500, Ways: map[string]string{"ABDCA": "highway=primary oneway=yes"}}
	s := snapshot(t, town)
	// Just after A in the direction of travel, a quarter of the way to B.
	at, ahead, behind := town.At(2, 1), town.At(4, 1), town.At(1, 1)
	for direction, want := range map[traveltime.Direction][2]bool{traveltime.FromPoint: {true, false}, traveltime.ToPoint: {false, true}} {
		r := run(t, s, traveltime.NewNetworks(""), Params{At: &at, Direction: direction, Within: minutes(4)})
		area := r.Areas[0].Polygons
		if got := [2]bool{planar.MultiPolygonContains(area, ahead), planar.MultiPolygonContains(area, behind)}; got != want {
			t.Errorf("%s: ahead %v, behind %v; want %v", direction, got[0], got[1], want)
		}
	}
}

// times are those of the matrix between the point and others.
func times(t testing.TB, s *geodata.Snapshot, nets *traveltime.Networks, p Params, others []orb.Point) []traveltime.Time {
	t.Helper()
	net, err := nets.Get(context.Background(), s, p.Mode)
	if err != nil {
		t.Fatal(err)
	}
	point, places := net.Places([]orb.Point{*p.At}), net.Places(others)
	out := make([]traveltime.Time, len(others))
	if p.Direction == traveltime.ToPoint {
		err = net.Matrix(context.Background(), places, point, func(_ int, row []traveltime.Time) error { copy(out, row); return nil })
	} else {
		err = net.Matrix(context.Background(), point, places, func(j int, row []traveltime.Time) error { out[j] = row[0]; return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAreasOfLiechtensteinAgreeWithTheMatrix(t *testing.T) {
	s := liechtenstein(t)
	nets := traveltime.NewNetworks("")
	vaduz := orb.Point{9.5209, 47.1410}
	for _, p := range []Params{
		{Mode: "car", Direction: traveltime.ToPoint, Within: minutes(3, 6, 10)},
		{Mode: "car", Direction: traveltime.FromPoint, Within: minutes(10)},
		{Mode: "bike", Direction: traveltime.ToPoint, Within: minutes(5, 15)},
		{Mode: "foot", Direction: traveltime.FromPoint, Within: minutes(10, 20)},
	} {
		t.Run(fmt.Sprintf("%s %s", p.Mode, p.Direction), func(t *testing.T) {
			p.At = &vaduz
			r := run(t, s, nets, p)
			var areas []orb.MultiPolygon
			for _, a := range r.Areas {
				valid(t, a.Polygons)
				areas = append(areas, a.Polygons)
				t.Logf("≤ %s: %.1f km², %d polygons, %.1f km of road, %s people, points %v m apart", a.Within, a.SquareKilometres, len(a.Polygons), a.RoadKilometres, a.Population, r.Spacing)
			}
			nested(t, areas)
			checkPeople(t, s, r, times(t, s, nets, r.Params, centres(s)))
			places := around(s, r)
			checkPlaces(t, r, places, times(t, s, nets, r.Params, places))
		})
	}
}

func centres(s *geodata.Snapshot) (out []orb.Point) {
	for _, c := range s.Population().Cells {
		out = append(out, c.Centre)
	}
	return out
}

func checkPeople(t *testing.T, s *geodata.Snapshot, r *Result, times []traveltime.Time) {
	t.Helper()
	ind, _ := s.Population().Column("ind")
	for _, a := range r.Areas {
		var want geodata.Amount
		for i, time := range times {
			if time.Reached() && float64(time)*1e6 <= float64(a.Within) {
				want += ind[i]
			}
		}
		if a.Population != want {
			t.Errorf("≤ %s: %s people, the matrix says %s", a.Within, a.Population, want)
		}
	}
}

// around are the cells, and places in and near the largest area, always the same.
func around(s *geodata.Snapshot, r *Result) []orb.Point {
	out := centres(s)
	g := rand.New(rand.NewPCG(5, 5))
	box := r.Areas[len(r.Areas)-1].Polygons.Bound().Pad(0.005)
	for range 1000 {
		out = append(out, orb.Point{box.Min[0] + g.Float64()*(box.Max[0]-box.Min[0]), box.Min[1] + g.Float64()*(box.Max[1]-box.Min[1])})
	}
	return out
}

// checkPlaces holds areas against the times of places: a place lies on the wrong
// side of the border only if the border is within one diagonal of the lattice.
func checkPlaces(t *testing.T, r *Result, places []orb.Point, times []traveltime.Time) {
	t.Helper()
	for _, a := range r.Areas {
		near, far := 0, 0
		for i, p := range places {
			in := times[i].Reached() && float64(times[i])*1e6 <= float64(a.Within)
			switch {
			case planar.MultiPolygonContains(a.Polygons, p) == in:
			case borderMetres(a.Polygons, p) <= r.Spacing*math.Sqrt2:
				near++
			default:
				far++
			}
		}
		t.Logf("≤ %s: of %d places %d lie on the other side of the border, within the tolerance, %d farther off", a.Within, len(places), near, far)
		if 100*near > 2*len(places) || far > 0 {
			t.Errorf("≤ %s: too many", a.Within)
		}
	}
}

func borderMetres(m orb.MultiPolygon, p orb.Point) float64 {
	mx, my := geodata.MetresPerDegree(p[1])
	best := math.Inf(1)
	for _, polygon := range m {
		for _, r := range polygon {
			for k := 1; k < len(r); k++ {
				ax, ay := (r[k-1][0]-p[0])*mx, (r[k-1][1]-p[1])*my
				dx, dy := (r[k][0]-r[k-1][0])*mx, (r[k][1]-r[k-1][1])*my
				s := min(max(-(ax*dx+ay*dy)/(dx*dx+dy*dy), 0), 1)
				best = min(best, math.Hypot(ax+s*dx, ay+s*dy))
			}
		}
	}
	return best
}

func TestResultsDoNotDependOnThreads(t *testing.T) {
	s := liechtenstein(t)
	at := orb.Point{9.5209, 47.1410}
	nets := traveltime.NewNetworks("")
	p := Params{At: &at, Within: minutes(5, 8)}
	want := run(t, s, nets, p)
	for _, procs := range []int{1, 8} {
		old := runtime.GOMAXPROCS(procs)
		got := run(t, s, nets, p)
		runtime.GOMAXPROCS(old)
		if !reflect.DeepEqual(want, got) {
			t.Errorf("GOMAXPROCS %d changes the answer", procs)
		}
	}
}

func TestBadQuestionsNameTheirParameter(t *testing.T) {
	town := towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}
	s := snapshot(t, town)
	at := town.Point('A')
	nowhere, far := orb.Point{math.NaN(), 0}, orb.Point{1, 1}
	for _, c := range []struct {
		param, says string
		p           Params
	}{
		{"at", "name a point", Params{}},
		{"facility", "not both", Params{At: &at, Facility: "hall"}},
		{"facility", `no facility "pool"`, Params{Facility: "pool"}},
		{"facility", "off_network", Params{Facility: "lost"}},
		{"at", "not a longitude", Params{At: &nowhere}},
		{"at", "off_network: 1.000000,1.000000 is more than 1000 m", Params{At: &far}},
		{"mode", "", Params{At: &at, Mode: "boat"}},
		{"direction", "want to", Params{At: &at, Direction: "sideways"}},
		{"within", "rise", Params{At: &at, Within: minutes(10, 10)}},
		{"within", "rise", Params{At: &at, Within: minutes(0)}},
		{"within", "at most 12", Params{At: &at, Within: minutes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)}},
	} {
		_, err := Run(context.Background(), s, traveltime.NewNetworks(""), c.p)
		var bad *analyses.ParamError
		if !errors.As(err, &bad) || bad.Param != c.param || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %s: …%s…", c.p, err, c.param, c.says)
		}
	}
	if r := run(t, s, traveltime.NewNetworks(""), Params{Facility: "hall"}); r.Name != "Mairie" || *r.Params.At != at || len(r.Areas) != 2 {
		t.Errorf("%+v", r.Params)
	}
}

func TestRunStops(t *testing.T) {
	town := towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}
	ctx, cancel := context.WithCancel(context.Background())
	nets := traveltime.NewNetworks("")
	s := snapshot(t, town)
	if _, err := nets.Get(ctx, s, "car"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := Run(ctx, s, nets, Params{Facility: "hall"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestATimeTooShortForTheWalkGivesNoArea(t *testing.T) {
	town := towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential"}}
	at := town.At(2, 3) // 300 m beside the street: 3.6 minutes
	s := snapshot(t, town)
	r := run(t, s, traveltime.NewNetworks(""), Params{At: &at, Within: minutes(3, 5)})
	if len(r.Areas[0].Polygons) != 0 || r.Areas[0].RoadKilometres != 0 || len(r.Areas[1].Polygons) == 0 {
		t.Errorf("%+v", r.Areas)
	}
	r = run(t, s, traveltime.NewNetworks(""), Params{At: &at, Within: minutes(1)})
	if l := r.Layers(); l.Layers[0].Geometry[0] != nil || len(r.Roads) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestLayersAreWhole(t *testing.T) {
	town := towntest.Town{Drawing: `A----B`, Ways: map[string]string{"AB": "highway=residential name=Rue"}}
	s := snapshot(t, town, town.Point('B'))
	r := run(t, s, traveltime.NewNetworks(""), Params{Facility: "hall", Within: minutes(5, 10)})
	l := r.Layers()
	if len(l.Layers) != 3 || l.Layers[0].IDs[0] != "within_10m" || l.Layers[0].IDs[1] != "within_5m" {
		t.Fatalf("%v: the largest area comes first", l.Layers[0].IDs)
	}
	for _, layer := range l.Layers {
		for _, f := range layer.Fields {
			for i := range layer.IDs {
				if f.Value(i) == nil {
					t.Errorf("%s: %s of %s is absent", layer.Name, f.Name, layer.IDs[i])
				}
			}
		}
	}
	if name := l.Layers[1].Field("name").Texts[0]; name != "Rue" {
		t.Errorf("the road is called %q", name)
	}
	if l.Provenance.Analysis != "isochrone" || l.Provenance.Snapshot != s.ID() || len(l.Provenance.Notes) == 0 {
		t.Errorf("%+v", l.Provenance)
	}
}
