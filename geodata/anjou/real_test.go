package anjou

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
)

// realFile opens published data of the territory, which the project does not ship.
func realFile(t *testing.T, name string) []byte {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	for range 3 {
		if b, err := os.ReadFile(filepath.Join(root, "shared", "data", "anjou", name)); err == nil {
			return b
		}
		root = filepath.Join("..", root)
	}
	t.Skipf("SKIPPED, NOT CHECKED AGAINST REAL DATA: ../shared/data/anjou/%s is not there", name)
	return nil
}

func realOutlines(t *testing.T) map[string]orb.Geometry {
	fc, err := geojson.UnmarshalFeatureCollection(realFile(t, "communes.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]orb.Geometry{}
	for _, f := range fc.Features {
		out[f.Properties.MustString("code")] = f.Geometry
	}
	return out
}

func within(g orb.Geometry, p orb.Point) bool {
	switch g := g.(type) {
	case orb.Polygon:
		return planar.PolygonContains(g, p)
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(g, p)
	}
	return false
}

// TestCellsNearTheCensus compares kilometre by kilometre: the modelled people of
// the 17 communes against the census of 2021 inside their real outlines. It does
// so as well for two simpler models, which show what the hand-set settlements are worth.
func TestCellsNearTheCensus(t *testing.T) {
	census := censusPerKilometre(t)
	communes, frame, err := readCommunes()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := newPartition(communes, frame)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := mainRoads(communes)
	if err != nil {
		t.Fatal(err)
	}
	r := compare(t, "as shipped", census, perKilometre(communes, settle(communes, parts, lines)))
	for _, c := range communes {
		if c.study {
			c.settlements = []settlement{{"bourg", c.name, c.bourg, 0.6 * float64(c.census())}}
		}
	}
	compare(t, "60 % round the published bourg point, the rest scattered", census, perKilometre(communes, settle(communes, parts, lines)))
	for _, c := range communes {
		c.settlements = nil
	}
	compare(t, "all scattered", census, perKilometre(communes, settle(communes, parts, lines)))
	if r < 0.9 {
		t.Errorf("r = %.3f: want 0.9 or more", r)
	}
}

func censusPerKilometre(t *testing.T) map[[2]int]float64 {
	outlines := realOutlines(t)
	rows, err := csv.NewReader(bytes.NewReader(realFile(t, "census2021_1km.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := territory(t)
	census := map[[2]int]float64{}
	for _, row := range rows[1:] {
		id, err := crs.ParseGridID(row[0])
		if err != nil {
			t.Fatal(err)
		}
		centre, err := id.Centre()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Communes() {
			if c.Study && within(outlines[c.Code], centre) {
				if census[[2]int{id.N, id.E}], err = strconv.ParseFloat(row[1], 64); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return census
}

func perKilometre(communes []*commune, inhabited []square) map[[2]int]float64 {
	model := map[[2]int]float64{}
	for _, s := range inhabited {
		if communes[s.commune].study {
			model[[2]int{s.n / 1000 * 1000, s.e / 1000 * 1000}] += float64(s.total())
		}
	}
	return model
}

func compare(t *testing.T, what string, census, model map[[2]int]float64) float64 {
	keys := maps.Clone(census)
	maps.Copy(keys, model)
	var x, y []float64
	var right, people, empty float64
	for _, k := range slices.SortedFunc(maps.Keys(keys), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		x, y = append(x, census[k]), append(y, model[k])
		right += min(census[k], model[k])
		people += model[k]
		if census[k] == 0 {
			empty += model[k]
		}
	}
	r := pearson(x, y)
	t.Logf("%s: r = %.3f; %.0f %% of the people in the right kilometre, %.1f %% in one without people in the census; %d kilometres inhabited, %d in the census",
		what, r, 100*right/people, 100*empty/people, len(model), len(census))
	return r
}

func pearson(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		sxx, syy, sxy = sxx+x[i]*x[i], syy+y[i]*y[i], sxy+x[i]*y[i]
	}
	return (n*sxy - sx*sy) / math.Sqrt((n*sxx-sx*sx)*(n*syy-sy*sy))
}

// TestOutlinesNearTheReal counts lattice points in the modelled and the real commune.
func TestOutlinesNearTheReal(t *testing.T) {
	actual := realOutlines(t)
	both, either := map[string]int{}, map[string]int{}
	var bothStudy, eitherStudy, agree, points int
	s := territory(t)
	frame := orb.Bound{Min: orb.Point{-0.66, 47.40}, Max: orb.Point{-0.05, 47.86}}
	for x := frame.Min[0]; x < frame.Max[0]; x += 0.004 {
		for y := frame.Min[1]; y < frame.Max[1]; y += 0.0027 {
			p := orb.Point{x, y}
			var in, really string
			for _, c := range s.Communes() {
				if !c.Study {
					continue
				}
				if c.Outline.Bound().Contains(p) && within(c.Outline, p) {
					in = c.Code
				}
				if g := actual[c.Code]; g.Bound().Contains(p) && within(g, p) {
					really = c.Code
				}
			}
			if in == "" && really == "" {
				continue
			}
			eitherStudy++
			if in != "" && really != "" {
				bothStudy++
			}
			if really != "" {
				points++
				if in == really {
					agree++
				}
			}
			either[in]++
			if in == really {
				both[in]++
			} else {
				either[really]++
			}
		}
	}
	sum := 0.0
	for _, c := range s.Communes() {
		if c.Study {
			iou := float64(both[c.Code]) / float64(either[c.Code])
			sum += iou
			t.Logf("%s %-30s IoU %.2f", c.Code, c.Name, iou)
		}
	}
	whole := float64(bothStudy) / float64(eitherStudy)
	t.Logf("mean IoU %.2f; territory as a whole %.2f; land given to its real commune %.0f %%", sum/17, whole, 100*float64(agree)/float64(points))
	if sum/17 < 0.5 || whole < 0.75 {
		t.Errorf("mean IoU %.2f, whole %.2f: want at least 0.5 and 0.75", sum/17, whole)
	}
}

// TestRoadDistancesNearTheReal compares the way between neighbouring bourgs on the
// departments' roads with the same on the model's roads, lanes left out and in.
func TestRoadDistancesNearTheReal(t *testing.T) {
	var fc struct {
		Features []struct {
			Properties struct{ Highway, Ref string }
			Geometry   struct{ Coordinates []orb.Point }
		}
	}
	if err := json.Unmarshal(realFile(t, "roads_main.geojson"), &fc); err != nil {
		t.Fatal(err)
	}
	actual := graph{}
	for _, f := range fc.Features {
		if f.Properties.Highway == "motorway" {
			continue
		}
		c := f.Geometry.Coordinates
		for i := 1; i < len(c); i++ {
			actual.addFine(c[i-1], c[i])
		}
	}
	s := territory(t)
	main, all := graphOf(s.Roads(), mainOnly), graphOf(s.Roads(), noMotorway)
	communes, _, err := readCommunes()
	if err != nil {
		t.Fatal(err)
	}
	var bourgs []point
	for _, c := range communes[:17] {
		bourgs = append(bourgs, c.bourg)
	}
	var n int
	var errMain, errAll, absMain, absAll float64
	for i := range bourgs {
		for j := i + 1; j < len(bourgs); j++ {
			if !neighbours(bourgs, i, j) && distance(bourgs[i], bourgs[j]) > 8000 {
				continue
			}
			a, _ := bourgs[i].lonLat()
			b, _ := bourgs[j].lonLat()
			want := actual.between(a, b)
			m, l := main.between(a, b), all.between(a, b)
			t.Logf("%-30s - %-30s straight %5.1f km, real main roads %5.1f, model's main roads %5.1f (%+.0f %%), with lanes %5.1f (%+.0f %%)", communes[i].name, communes[j].name,
				geodata.Distance(a, b)/1000, want/1000, m/1000, 100*(m/want-1), l/1000, 100*(l/want-1))
			n++
			errMain, errAll = errMain+m/want-1, errAll+l/want-1
			absMain, absAll = absMain+math.Abs(m/want-1), absAll+math.Abs(l/want-1)
		}
	}
	k := 100 / float64(n)
	t.Logf("%d pairs: model's main roads mean error %+.1f %%, mean absolute %.1f %%; with lanes %+.1f %%, %.1f %%", n, k*errMain, k*absMain, k*errAll, k*absAll)
	if k*absMain > 20 {
		t.Errorf("mean absolute error %.1f %%: want at most 20 %%", k*absMain)
	}
}
