package crs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// system is a coordinate system and its area of use in degrees, as EPSG states it.
type system struct {
	epsg       int
	name       string
	area       orb.Bound
	projection projection
}

// systems are few: they are looked through, the one of most grids first.
var systems = []system{
	{3035, "ETRS89-LAEA", degrees(-35.58, 24.6, 44.83, 84.73), newLambertAzimuthal(grs80, 10, 52, 4_321_000, 3_210_000)},
	{4326, "WGS 84", degrees(-180, -90, 180, 90), longLat{}},
	{3857, "Web Mercator", degrees(-180, -85.06, 180, 85.06), webMercator{wgs84.a}},
	{2154, "Lambert-93", degrees(-9.86, 41.15, 10.38, 51.56), newLambertConic(grs80, 3, 46.5, 49, 44, 700_000, 6_600_000)},
	// EPSG gives 2972 to the land east of 54° W; INSEE uses it for all of French Guiana.
	{2972, "RGFG95 UTM 22N", degrees(-54.61, 2.11, -49.45, 8.88), utm(grs80, 22, 0)},
	{5490, "RGAF09 UTM 20N", degrees(-63.66, 14.08, -60, 18.31), utm(grs80, 20, 0)},
	{32620, "WGS 84 UTM 20N", degrees(-66, 0, -60, 84), utm(wgs84, 20, 0)},
	{2975, "RGR92 UTM 40S", degrees(54, -24.72, 58.24, -18.28), utm(grs80, 40, 10_000_000)},
	{4471, "RGM04 UTM 38S", degrees(43.68, -14.49, 46.7, -11.33), utm(grs80, 38, 10_000_000)},
}

// known finds a system; nil if there is none of that code.
func known(epsg int) *system {
	for i := range systems {
		if systems[i].epsg == epsg {
			return &systems[i]
		}
	}
	return nil
}

func degrees(west, south, east, north float64) orb.Bound {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

// utm is a zone of the Universal Transverse Mercator grid.
func utm(l ellipsoid, zone, falseNorthing float64) projection {
	return newTransverseMercator(l, zone*6-183, 0.9996, 500_000, falseNorthing)
}

// Known says whether the package can convert from and to the EPSG code.
func Known(epsg int) bool { return known(epsg) != nil }

// Area is where a system may be used, in degrees; empty for an unknown code.
func Area(epsg int) orb.Bound {
	if s := known(epsg); s != nil {
		return s.area
	}
	return orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{-1, -1}}
}

// Codes lists the known EPSG codes, rising.
func Codes() []int {
	codes := make([]int, 0, len(systems))
	for i := range systems {
		codes = append(codes, systems[i].epsg)
	}
	slices.Sort(codes)
	return codes
}

// Name is "Lambert-93 (EPSG:2154)", or "EPSG:1234" for an unknown code.
func Name(epsg int) string {
	if s := known(epsg); s != nil {
		return fmt.Sprintf("%s (EPSG:%d)", s.name, epsg)
	}
	return fmt.Sprintf("EPSG:%d", epsg)
}

// ToWGS84 converts x, y (easting and northing in metres; degrees for 4326) to
// longitude and latitude. It is an error if the system is unknown, if a
// coordinate is not finite, or if the point lies outside the system's area of use.
func ToWGS84(epsg int, x, y float64) (orb.Point, error) {
	s, err := find(epsg)
	if err != nil {
		return orb.Point{}, err
	}
	p := s.projection.inverse(x, y)
	if !s.contains(p) {
		return orb.Point{}, fmt.Errorf("%s, %s is not in the area of %s, %s", decimal(x), decimal(y), Name(epsg), s.bounds())
	}
	return p, nil
}

// FromWGS84 converts a longitude and latitude to x, y of the system (easting
// and northing in metres; degrees for 4326). Errors are those of ToWGS84.
func FromWGS84(epsg int, p orb.Point) (x, y float64, err error) {
	s, err := find(epsg)
	if err != nil {
		return 0, 0, err
	}
	if !s.contains(p) {
		return 0, 0, fmt.Errorf("longitude %s, latitude %s is not in the area of %s, %s", decimal(p[0]), decimal(p[1]), Name(epsg), s.bounds())
	}
	x, y = s.projection.forward(p)
	return x, y, nil
}

// decimal writes a coordinate as its files do, without an exponent.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Guess lists the codes among 4326, 2154 and 3035 whose area of use contains
// the pair. It is for messages that ask the user: several may fit.
func Guess(x, y float64) []int {
	var fit []int
	for _, epsg := range []int{4326, 2154, 3035} {
		if _, err := ToWGS84(epsg, x, y); err == nil {
			fit = append(fit, epsg)
		}
	}
	return fit
}

func find(epsg int) (*system, error) {
	if s := known(epsg); s != nil {
		return s, nil
	}
	var codes []string
	for _, code := range Codes() {
		codes = append(codes, fmt.Sprint(code))
	}
	return nil, fmt.Errorf("EPSG:%d is not supported: use one of %s", epsg, strings.Join(codes, ", "))
}

// contains is false for NaN.
func (s *system) contains(p orb.Point) bool {
	return p[0] >= s.area.Min[0] && p[0] <= s.area.Max[0] && p[1] >= s.area.Min[1] && p[1] <= s.area.Max[1]
}

func (s *system) bounds() string {
	return fmt.Sprintf("longitudes %v to %v and latitudes %v to %v", s.area.Min[0], s.area.Max[0], s.area.Min[1], s.area.Max[1])
}
