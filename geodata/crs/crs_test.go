package crs

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// Figures published with the definitions of the systems.
func TestPublishedPoints(t *testing.T) {
	for _, c := range []struct {
		epsg     int
		lon, lat float64
		x, y     float64
		source   string
	}{
		{3035, 5, 50, 3962799.45, 2999718.85, "EPSG Guidance Note 7-2, Lambert Azimuthal Equal Area example"},
		{3035, 10, 52, 4321000, 3210000, "false origin"},
		{3857, -(100 + 20./60), 24 + 22./60 + 54.433/3600, -11169055.58, 2800000.00, "EPSG Guidance Note 7-2, Popular Visualisation example"},
		{2154, 3, 46.5, 700000, 6600000, "false origin"},
		{32620, -63, 45, 500000, 0.9996 * 4984944.378, "scale on the central meridian × WGS 84 meridian arc to 45°"},
		{5490, -63, 15, 500000, 0.9996 * 1658989.589, "GRS 80 meridian arc to 15°"},
		{2975, 57, -20, 500000, 10_000_000 - 0.9996*2212366.254, "meridian arc to 20°"},
		{4326, 2.5, 47, 2.5, 47, "identity"},
	} {
		tol := 0.006 // the figures are given to the centimetre
		x, y, err := FromWGS84(c.epsg, orb.Point{c.lon, c.lat})
		if err != nil || math.Hypot(x-c.x, y-c.y) > tol {
			t.Errorf("EPSG:%d (%s): got %.4f, %.4f, %v; want %.4f, %.4f", c.epsg, c.source, x, y, err, c.x, c.y)
		}
		p, err := ToWGS84(c.epsg, c.x, c.y)
		if err != nil || math.Hypot(p[0]-c.lon, p[1]-c.lat) > tol/100_000*2 {
			t.Errorf("EPSG:%d (%s) back: got %v, %v", c.epsg, c.source, p, err)
		}
	}
}

// On its standard parallels Lambert-93 keeps lengths: a step of longitude is
// as long on the map as on the ellipsoid.
func TestLambert93IsTrueToScaleOnItsParallels(t *testing.T) {
	const a, e2, step = 6378137.0, 0.0066943800229, 1e-4
	for _, lat := range []float64{44, 49} {
		x0, y0, err0 := FromWGS84(2154, orb.Point{0, lat})
		x1, y1, err1 := FromWGS84(2154, orb.Point{step, lat})
		if err0 != nil || err1 != nil {
			t.Fatal(err0, err1)
		}
		sin, cos := math.Sincos(lat * math.Pi / 180)
		want := a / math.Sqrt(1-e2*sin*sin) * cos * step * math.Pi / 180
		if got := math.Hypot(x1-x0, y1-y0); math.Abs(got/want-1) > 1e-8 {
			t.Errorf("latitude %v: scale %.9f, want 1", lat, got/want)
		}
	}
}

func TestThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, epsg := range Codes() {
		for range 500 {
			p := inside(r, epsg)
			x, y, err := FromWGS84(epsg, p)
			if err != nil {
				t.Fatal(err)
			}
			back, err := ToWGS84(epsg, x, y)
			if err != nil || math.Hypot(back[0]-p[0], back[1]-p[1]) > 1e-11 {
				t.Fatalf("EPSG:%d: %v came back as %v, %v", epsg, p, back, err)
			}
		}
	}
}

// inside draws a point of the system's area, a little off its border.
func inside(r *rand.Rand, epsg int) orb.Point {
	a := Area(epsg)
	u, v := 0.001+0.998*r.Float64(), 0.001+0.998*r.Float64()
	return orb.Point{a.Min[0] + u*(a.Max[0]-a.Min[0]), a.Min[1] + v*(a.Max[1]-a.Min[1])}
}

func TestOutsideIsAnErrorNeverNaN(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, epsg := range Codes() {
		for _, xy := range [][2]float64{{nan, 0}, {0, nan}, {inf, 0}, {0, -inf}, {1e300, 1e300}, {-1e9, 1e9}, {1e8, 1e8}} {
			if p, err := ToWGS84(epsg, xy[0], xy[1]); err == nil {
				t.Errorf("EPSG:%d: %v became %v", epsg, xy, p)
			}
			if x, y, err := FromWGS84(epsg, orb.Point{xy[0], xy[1]}); err == nil {
				t.Errorf("EPSG:%d: %v became %v %v", epsg, xy, x, y)
			}
		}
	}
	// Each of these is right in another system.
	for _, c := range []struct {
		epsg int
		x, y float64
	}{
		{2154, -0.45, 47.6}, {3035, -0.45, 47.6}, {2154, 3537787, 2777267}, {4326, 440000, 6720000}, {2154, 6720000, 440000},
	} {
		if p, err := ToWGS84(c.epsg, c.x, c.y); err == nil {
			t.Errorf("EPSG:%d took %v, %v for %v", c.epsg, c.x, c.y, p)
		} else if !strings.Contains(err.Error(), Name(c.epsg)) {
			t.Errorf("the error does not name the system: %v", err)
		}
	}
	if _, err := ToWGS84(27700, 0, 0); err == nil || !strings.Contains(err.Error(), "2154") {
		t.Errorf("an unknown code must list the known ones, got %v", err)
	}
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		x, y float64
		want []int
	}{
		{-0.45, 47.61, []int{4326}},
		{440000, 6730000, []int{2154}},  // Tiercé in Lambert-93
		{3537787, 2777267, []int{3035}}, // and in LAEA
		{47.61, -0.45, []int{4326}},     // swapped, but a place on Earth
		{500, 500, nil},
		{math.NaN(), 1, nil},
	} {
		if got := Guess(c.x, c.y); !slices.Equal(got, c.want) {
			t.Errorf("Guess(%v, %v) = %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

// TestAgainstPROJ compares 300 random points of each system with PROJ, through
// gdaltransform, which keeps x, y order. Only forward: PROJ before 9.6 inverts
// ETRS89-LAEA by a series that errs by 1.5 mm; our inverse is held to our
// forward projection by TestThereAndBack.
func TestAgainstPROJ(t *testing.T) {
	tool, err := exec.LookPath("gdaltransform")
	if err != nil {
		t.Skip("SKIPPED: gdaltransform is not installed (Debian package gdal-bin), so projections were not compared with PROJ")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, epsg := range Codes() {
		points := make([]orb.Point, 300)
		for i := range points {
			points[i] = inside(r, epsg)
		}
		worst := 0.0
		for i, want := range proj(t, tool, epsg, points) {
			x, y, err := FromWGS84(epsg, points[i])
			if err != nil {
				t.Fatal(err)
			}
			worst = max(worst, math.Hypot(x-want[0], y-want[1]))
		}
		t.Logf("%s: at most %.6f mm from PROJ", Name(epsg), worst*1000)
		if worst > 1e-5 {
			t.Errorf("EPSG:%d differs from PROJ by %.6f m", epsg, worst)
		}
	}
}

// proj projects points of longitude and latitude.
func proj(t *testing.T, tool string, epsg int, points []orb.Point) []orb.Point {
	t.Helper()
	var in bytes.Buffer
	for _, p := range points {
		fmt.Fprintf(&in, "%.17g %.17g\n", p[0], p[1])
	}
	cmd := exec.Command(tool, "-s_srs", "EPSG:4326", "-t_srs", fmt.Sprintf("EPSG:%d", epsg), "-output_xy")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(points) {
		t.Fatalf("gdaltransform answered %d lines for %d points", len(lines), len(points))
	}
	res := make([]orb.Point, len(lines))
	for i, line := range lines {
		if _, err := fmt.Sscan(line, &res[i][0], &res[i][1]); err != nil {
			t.Fatal(err)
		}
	}
	return res
}

func BenchmarkToWGS84(b *testing.B) {
	for _, c := range []struct {
		epsg int
		x, y float64
	}{{2154, 440000, 6730000}, {3035, 3537787, 2777267}, {2975, 340000, 7660000}} {
		b.Run(fmt.Sprint(c.epsg), func(b *testing.B) {
			for b.Loop() {
				if _, err := ToWGS84(c.epsg, c.x, c.y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
