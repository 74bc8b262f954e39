package crs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// GridID names one square of a statistical grid by its lower-left corner in a
// projected system. All four numbers are exact; metres.
type GridID struct {
	EPSG int // 3035 in mainland France and Europe; a UTM code overseas
	Size int // side of the square
	N    int // northing of the lower-left corner
	E    int // easting of the lower-left corner
}

// The bounds of the numbers in an id: more than any grid has, and small enough
// that corner + size stays exact everywhere.
const (
	maxGridSize   = 1_000_000
	maxGridCorner = 99_999_999
)

// ParseGridID reads the two spellings in use:
//
//   - CRS3035RES200mN2029800E4254200: system, size and corner in metres
//     (INSPIRE, INSEE since 2015, Eurostat since 2018); CRS2975RES… and the like overseas;
//   - 1kmN2712E3593 or 200mN20298E42542: EPSG:3035, the corner divided by the
//     power of ten in the size (GEOSTAT 2006 and 2011).
//
// An error says which part is wrong. Whether the square lies in the system's
// area of use is for Centre and Ring to say.
func ParseGridID[T string | []byte](s T) (GridID, error) {
	if g, ok := plainGridID(s); ok {
		return g, nil
	}
	g, err := parseGridID(string(s))
	if err != nil {
		return GridID{}, fmt.Errorf("not a cell id such as CRS3035RES200mN2029800E4254200: %w", err)
	}
	return g, nil
}

// plainGridID reads the long spelling, the common case, in one pass. Where it
// does not succeed parseGridID says why, or reads what it left out.
func plainGridID[T string | []byte](s T) (g GridID, ok bool) {
	at := 0
	for _, part := range [...]struct {
		mark string
		into *int
	}{{"CRS", &g.EPSG}, {"RES", &g.Size}, {"mN", &g.N}, {"E", &g.E}} {
		if len(s)-at <= len(part.mark) || string(s[at:at+len(part.mark)]) != part.mark {
			return g, false
		}
		at += len(part.mark)
		first := at
		for ; at < len(s) && s[at] >= '0' && s[at] <= '9'; at++ {
			*part.into = *part.into*10 + int(s[at]-'0')
		}
		if at == first || at-first > 8 { // eight digits are maxGridCorner at most
			return g, false
		}
	}
	return g, at == len(s) && g.Size > 0 && g.Size <= maxGridSize && g.EPSG != 4326 && Known(g.EPSG)
}

func parseGridID(s string) (GridID, error) {
	if rest, ok := strings.CutPrefix(s, "CRS"); ok {
		return parseLong(rest)
	}
	return parseShort(s)
}

func parseLong(s string) (g GridID, err error) {
	code, rest, found := strings.Cut(s, "RES")
	if !found {
		return g, fmt.Errorf("RES and the size are missing")
	}
	if g.EPSG, err = digits("EPSG code", code, maxGridCorner); err != nil {
		return g, err
	}
	if !Known(g.EPSG) || g.EPSG == 4326 {
		return g, fmt.Errorf("EPSG:%d is not a supported projected system", g.EPSG)
	}
	size, rest, found := strings.Cut(rest, "mN")
	if !found {
		return g, fmt.Errorf("mN after the size is missing")
	}
	if g.Size, err = digits("size", size, maxGridSize); err != nil {
		return g, err
	}
	if g.N, g.E, err = corner(rest, 1); err != nil {
		return g, err
	}
	return g, g.check()
}

func parseShort(s string) (g GridID, err error) {
	g.EPSG = 3035
	size, rest, found := strings.Cut(s, "mN")
	if !found {
		return g, fmt.Errorf("it has neither CRS… nor a size in m or km followed by N")
	}
	unit := 1
	if km, ok := strings.CutSuffix(size, "k"); ok {
		size, unit = km, 1000
	}
	if g.Size, err = digits("size", size, maxGridSize/unit); err != nil {
		return g, err
	}
	g.Size *= unit
	power := 1
	for g.Size > 0 && g.Size%(power*10) == 0 {
		power *= 10
	}
	if g.N, g.E, err = corner(rest, power); err != nil {
		return g, err
	}
	return g, g.check()
}

// corner reads "2029800E4254200".
func corner(s string, power int) (n, e int, err error) {
	ns, es, found := strings.Cut(s, "E")
	if !found {
		return 0, 0, fmt.Errorf("the easting, E and digits, is missing")
	}
	if n, err = digits("northing", ns, maxGridCorner/power); err != nil {
		return 0, 0, err
	}
	if e, err = digits("easting", es, maxGridCorner/power); err != nil {
		return 0, 0, err
	}
	return n * power, e * power, nil
}

// digits reads a plain number without sign, up to max.
func digits(what, s string, max int) (int, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("the %s %q is not digits", what, s)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > max {
		return 0, fmt.Errorf("the %s %q is greater than %d", what, s, max)
	}
	return n, nil
}

func (g GridID) check() error {
	if g.Size == 0 {
		return fmt.Errorf("the size is 0")
	}
	return nil
}

// String writes the long spelling, which ParseGridID reads back.
func (g GridID) String() string { return string(g.Append(nil)) }

// Append writes the long spelling behind b.
func (g GridID) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, "CRS"...), int64(g.EPSG), 10)
	b = strconv.AppendInt(append(b, "RES"...), int64(g.Size), 10)
	b = strconv.AppendInt(append(b, "mN"...), int64(g.N), 10)
	return strconv.AppendInt(append(b, 'E'), int64(g.E), 10)
}

// Centre returns the longitude and latitude of the square's centre; an error
// if it lies outside the system's area of use.
func (g GridID) Centre() (orb.Point, error) {
	half := float64(g.Size) / 2
	return ToWGS84(g.EPSG, float64(g.E)+half, float64(g.N)+half)
}

// Ring returns the square's corners in longitude and latitude, closed and
// counter-clockwise from the lower left. Neighbours share their corners bit for
// bit. An error if a corner lies outside the system's area of use.
func (g GridID) Ring() (orb.Ring, error) {
	ring := make(orb.Ring, 0, 5)
	for _, c := range [4][2]int{{0, 0}, {g.Size, 0}, {g.Size, g.Size}, {0, g.Size}} {
		p, err := ToWGS84(g.EPSG, float64(g.E+c[0]), float64(g.N+c[1]))
		if err != nil {
			return nil, err
		}
		ring = append(ring, p)
	}
	return append(ring, ring[0]), nil
}
