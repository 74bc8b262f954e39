package crs

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func TestParseGridID(t *testing.T) {
	for s, want := range map[string]GridID{
		"CRS3035RES200mN2029800E4254200":  {3035, 200, 2029800, 4254200},
		"CRS3035RES1000mN2712000E3593000": {3035, 1000, 2712000, 3593000},
		"1kmN2712E3593":                   {3035, 1000, 2712000, 3593000},
		"200mN20298E42542":                {3035, 200, 2029800, 4254200},
		"250mN202975E425425":              {3035, 250, 2029750, 4254250},
		"10kmN271E359":                    {3035, 10000, 2710000, 3590000},
		"CRS2975RES200mN7666000E340000":   {2975, 200, 7666000, 340000},
		"CRS5490RES200mN1617000E710000":   {5490, 200, 1617000, 710000},
		"CRS2972RES200mN545000E353000":    {2972, 200, 545000, 353000},
		"CRS32620RES200mN1617000E710000":  {32620, 200, 1617000, 710000},
		"CRS4471RES200mN8585000E520000":   {4471, 200, 8585000, 520000},
	} {
		got, err := ParseGridID(s)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", s, got, err, want)
		}
		if strings.HasPrefix(s, "CRS") && got.String() != s {
			t.Errorf("%s is written back as %s", s, got)
		}
		if p, err := got.Centre(); err != nil {
			t.Errorf("%s: %v (%v)", s, err, p)
		}
	}
}

func TestParseGridIDNamesWhatIsWrong(t *testing.T) {
	for s, want := range map[string]string{
		"":                                    "neither CRS",
		"49347":                               "neither CRS",
		"CRS3035":                             "RES",
		"CRS4326RES200mN1E1":                  "EPSG:4326",
		"CRS9999RES200mN1E1":                  "EPSG:9999",
		"CRS3035RES200mE4254200N2029800":      "mN",
		"CRS3035RES200mN2029800":              "easting",
		"CRS3035RES0mN2029800E4254200":        "size is 0",
		"CRS3035RES200mN-2029800E4254200":     "northing",
		"CRS3035RES200mN2029800E4254200x":     "easting",
		"CRS3035RES200mN2029800E42542.0":      "easting",
		"CRS3035RES200mN99999999999E4254200":  "northing",
		"CRS3035RES20000000mN2029800E4254200": "size",
		"0kmN2712E3593":                       "size is 0",
		"9999kmN2712E3593":                    "size",
	} {
		if g, err := ParseGridID(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v; want an error about %s", s, g, err, want)
		}
	}
}

// A square of 200 m has its area, whatever the projection did to it, because
// LAEA keeps areas: checked in degrees with the ellipsoid's local scale.
func TestRing(t *testing.T) {
	g, err := ParseGridID("CRS3035RES200mN2777200E3537600")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := g.Ring()
	if err != nil {
		t.Fatal(err)
	}
	centre, err := g.Centre()
	if err != nil {
		t.Fatal(err)
	}
	if len(ring) != 5 || ring[0] != ring[4] || ring.Orientation() != orb.CCW {
		t.Fatalf("not a closed counter-clockwise square: %v", ring)
	}
	const a, e2 = 6378137.0, 0.0066943800229
	sin, cos := math.Sincos(centre[1] * math.Pi / 180)
	w := math.Sqrt(1 - e2*sin*sin)
	rad := math.Pi / 180
	scale := a * cos / w * rad * a * (1 - e2) / (w * w * w) * rad // m² per square degree
	area := 0.0
	for i := range 4 {
		p, q := ring[i], ring[i+1]
		area += ((p[0]-centre[0])*(q[1]-centre[1]) - (q[0]-centre[0])*(p[1]-centre[1])) / 2
	}
	if got := area * scale; math.Abs(got-40000) > 0.1 {
		t.Errorf("area %.3f m², want 40000", got)
	}
	east, err := GridID{3035, 200, g.N, g.E + 200}.Ring()
	if err != nil || east[0] != ring[1] || east[3] != ring[2] {
		t.Errorf("neighbours do not share their corners: %v %v, %v", ring, east, err)
	}
}

// Every ring of a map of squares is that of GridID.Ring, to the bit, whether the
// squares come by id or not, and with a hole, a gap between rows, a square that
// comes twice, another size and another system among them.
func TestRingsEqualRing(t *testing.T) {
	var squares []GridID
	for row, line := range []string{"####  ##", "# ## # #", "        ", " #####  ", "########"} {
		for column, c := range line {
			if c == '#' {
				squares = append(squares, GridID{3035, 200, 2777200 + 200*row, 3537600 + 200*column})
			}
		}
	}
	squares = append(squares, squares[len(squares)-1], GridID{3035, 1000, 2778200, 3537000}, GridID{3035, 1000, 2779200, 3537000},
		GridID{3035, 200, 2779200, 3538000}, GridID{2975, 200, 7666000, 340000}, GridID{2975, 200, 7666000, 340200})
	mixed := slices.Clone(squares)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	for name, order := range map[string][]GridID{"by id": squares, "in no order": mixed} {
		var rings Rings
		var out []orb.Point
		for i, g := range order {
			want, err := g.Ring()
			if err != nil {
				t.Fatal(err)
			}
			if out, err = rings.Append(out, g); err != nil || len(out) != 5*(i+1) || !want.Equal(orb.Ring(out[5*i:])) {
				t.Fatalf("%s: square %d, %s: %v, %v, want %v", name, i, g, out[5*i:], err, want)
			}
		}
	}
	// The eastern edge of a system's area cuts a square in two: an error, each time
	// it is asked, and the square beside it is as it would be without.
	x, y, err := FromWGS84(2975, orb.Point{58.239, -21})
	if err != nil {
		t.Fatal(err)
	}
	cut := GridID{2975, 1000, int(y), int(x)}
	var rings Rings
	for range 2 {
		if out, err := rings.Append(nil, cut); err == nil || len(out) != 0 {
			t.Errorf("a square that leaves the system's area has the ring %v", out)
		}
	}
	beside := GridID{2975, 1000, cut.N, cut.E - 1000}
	want, err := beside.Ring()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := rings.Append(nil, beside); err != nil || !want.Equal(orb.Ring(out)) {
		t.Errorf("after an error: %v, %v, want %v", out, err, want)
	}
}

func TestGridOutsideItsSystemIsAnError(t *testing.T) {
	g, err := ParseGridID("CRS3035RES200mN99999800E99999800")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := g.Centre(); err == nil {
		t.Errorf("centre %v", p)
	}
	if r, err := g.Ring(); err == nil {
		t.Errorf("ring %v", r)
	}
	if p, err := (GridID{}).Centre(); err == nil {
		t.Errorf("the zero id has a centre: %v", p)
	}
}

func FuzzGridID(f *testing.F) {
	for _, s := range []string{
		"CRS3035RES200mN2029800E4254200", "1kmN2712E3593", "200mN20298E42542", "CRS2975RES200mN7666000E340000",
		"CRS3035RES1000mN2712000E", "kmN1E1", "CRS3035RES-1mN0E0", "CRS3035RES1mN0E0", "0001kmN0001E0001",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := ParseGridID(s)
		if other, otherErr := ParseGridID([]byte(s)); other != g || (err == nil) != (otherErr == nil) {
			t.Fatalf("%q is %+v, %v as text but %+v, %v as bytes", s, g, err, other, otherErr)
		}
		if plain, ok := plainGridID(s); ok {
			if slow, err := parseGridID(s); err != nil || slow != plain {
				t.Fatalf("%q is %+v at a glance, but %+v, %v read part by part", s, plain, slow, err)
			}
		}
		if err != nil {
			return
		}
		again, err := ParseGridID(g.String())
		if err != nil || again != g {
			t.Fatalf("%q is %+v, written as %s, read back as %+v, %v", s, g, g, again, err)
		}
		p, err := g.Centre()
		if err == nil && (math.IsNaN(p[0]) || math.IsNaN(p[1])) {
			t.Fatalf("%q has the centre %v", s, p)
		}
		if ring, err := g.Ring(); err == nil && (len(ring) != 5 || ring.Orientation() != orb.CCW) {
			t.Fatalf("%q has the ring %v", s, ring)
		}
	})
}
