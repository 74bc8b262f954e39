package load

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/geodata/crs"
)

// badField makes the fault of one record: a rejection, not the end of the file.
func badField(field, value, reason string, args ...any) *fault {
	return &fault{field, value, fmt.Sprintf(reason, args...)}
}

// coordinatePairs are names that say by themselves which system they are in.
// epsg 0 marks the names that do not.
var coordinatePairs = []struct {
	x, y string
	epsg int
}{
	{"lon", "lat", 4326}, {"lng", "lat", 4326}, {"long", "lat", 4326}, {"longitude", "latitude", 4326},
	{"x_wgs84", "y_wgs84", 4326}, {"lon_wgs84", "lat_wgs84", 4326}, {"coord_lon", "coord_lat", 4326},
	{"lambert_x", "lambert_y", 2154}, {"x_l93", "y_l93", 2154}, {"x_lambert93", "y_lambert93", 2154},
	{"x_lamb93", "y_lamb93", 2154}, {"lambert93_x", "lambert93_y", 2154}, {"coord_x_l93", "coord_y_l93", 2154},
	{"x_2154", "y_2154", 2154},
	{"x_laea", "y_laea", 3035}, {"x_3035", "y_3035", 3035},
	{"x", "y", 0}, {"coord_x", "coord_y", 0}, {"coordx", "coordy", 0}, {"easting", "northing", 0},
}

// coordinateFields are the two fields of a table that say where a record is.
type coordinateFields struct {
	x, y string // fields of the file
	epsg int    // 0 if neither the names nor the user say
}

// findCoordinates chooses the fields: those the mapping names as lon and lat or
// x and y, else the first pair of known names. epsg is the user's word, which
// holds for names that do not say their system. It is nil if there are none.
func findCoordinates(fields []string, mapping map[string]string, epsg int) (*coordinateFields, error) {
	for _, pair := range [2]struct {
		x, y string
		epsg int
	}{{"lon", "lat", 4326}, {"x", "y", epsg}} {
		x, hasX := mapping[pair.x]
		y, hasY := mapping[pair.y]
		if hasX != hasY {
			return nil, fmt.Errorf("the column mapping has only one of %s and %s", pair.x, pair.y)
		}
		if !hasX {
			continue
		}
		c := &coordinateFields{x, y, pair.epsg}
		if c.epsg == 0 {
			c.epsg = declaredSystem(x, y)
		}
		return c, nil
	}
	for _, pair := range coordinatePairs {
		x, okX := fieldNamed(fields, pair.x)
		y, okY := fieldNamed(fields, pair.y)
		if okX && okY {
			c := &coordinateFields{x, y, pair.epsg}
			if c.epsg == 0 {
				c.epsg = epsg
			}
			return c, nil
		}
	}
	return nil, nil
}

// declaredSystem is the system that the names of two fields state, 0 if none.
func declaredSystem(x, y string) int {
	for _, pair := range coordinatePairs {
		if strings.EqualFold(x, pair.x) && strings.EqualFold(y, pair.y) {
			return pair.epsg
		}
	}
	return 0
}

// fieldNamed finds the first of the names among the fields, compared without case.
func fieldNamed(fields []string, names ...string) (string, bool) {
	for _, name := range names {
		for _, f := range fields {
			if strings.EqualFold(f, name) {
				return f, true
			}
		}
	}
	return "", false
}

// point returns where the record is. A *fault concerns this record alone;
// any other error, a system nobody has stated, the whole file.
func (c *coordinateFields) point(rec *record, keep func(orb.Point) bool) (orb.Point, error) {
	x, err := coordinate(rec, c.x)
	if err != nil {
		return orb.Point{}, err
	}
	y, err := coordinate(rec, c.y)
	if err != nil {
		return orb.Point{}, err
	}
	if c.epsg == 0 {
		return orb.Point{}, c.unknownSystem(rec, x, y)
	}
	return c.check(rec, x, y, keep)
}

func (c *coordinateFields) check(rec *record, x, y float64, keep func(orb.Point) bool) (orb.Point, error) {
	field, value := c.x+", "+c.y, rec.values[c.x]+", "+rec.values[c.y]
	if x == 0 && y == 0 {
		return orb.Point{}, badField(field, value, "coordinates are 0, 0: a place left blank")
	}
	p, err := crs.ToWGS84(c.epsg, x, y)
	if err != nil {
		return orb.Point{}, badField(field, value, "%s%s", err, c.hint(x, y))
	}
	if c.epsg == 4326 {
		if err := swapped(p, keep); err != "" {
			return orb.Point{}, badField(field, value, "%s", err)
		}
	}
	return p, nil
}

// hint says what coordinates that do not fit their system might be.
func (c *coordinateFields) hint(x, y float64) string {
	if _, err := crs.ToWGS84(c.epsg, y, x); err == nil {
		return fmt.Sprintf("; are %s and %s swapped?", c.x, c.y)
	}
	if names := systemNames(crs.Guess(x, y)); names != "" {
		return "; the values fit " + names
	}
	return ""
}

func systemNames(codes []int) string {
	var names []string
	for _, code := range codes {
		names = append(names, crs.Name(code))
	}
	return strings.Join(names, " or ")
}

// decimal writes a coordinate without an exponent.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (c *coordinateFields) unknownSystem(rec *record, x, y float64) error {
	fit := crs.Guess(x, y)
	if len(fit) == 0 {
		return fmt.Errorf("%s: the columns %s and %s (%s, %s) do not say their coordinate system, and no common one fits: state it, for example --epsg 2154 for Lambert-93",
			rec.where, c.x, c.y, decimal(x), decimal(y))
	}
	return fmt.Errorf("%s: the columns %s and %s (%s, %s) do not say their coordinate system; the values fit %s: if that is right, state it with --epsg %d",
		rec.where, c.x, c.y, decimal(x), decimal(y), systemNames(fit), fit[0])
}

// coordinate reads a number with a point or a comma as the decimal mark.
func coordinate(rec *record, field string) (float64, error) {
	s, ok := rec.values[field]
	if !ok {
		return 0, badField(field, "", "coordinate is missing")
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, badField(field, s, "not a coordinate: want a number such as -0.4561 or 440123.5")
	}
	return v, nil
}

// mainland bounds metropolitan France, Corsica included.
var mainland = orb.Bound{Min: orb.Point{-5.6, 41.2}, Max: orb.Point{9.8, 51.2}}

// swapped says that a point is somewhere else than wanted, and would not be
// if its longitude and latitude changed places. Without an area to keep, the
// area wanted is metropolitan France: its mirror image is the Indian Ocean.
func swapped(p orb.Point, keep func(orb.Point) bool) string {
	if keep == nil {
		keep = mainland.Contains
	}
	mirror := orb.Point{p[1], p[0]}
	if math.Abs(p[0]) <= 90 && !keep(p) && keep(mirror) {
		return "longitude and latitude are swapped"
	}
	return ""
}

// place returns the centre and, for a polygon, the outline of a record's
// geometry. Errors are *fault.
func place(rec *record, epsg int, keep func(orb.Point) bool) (orb.Point, orb.Ring, error) {
	switch g := rec.geometry.(type) {
	case orb.Point:
		p, err := geometryPoint(g, epsg, keep)
		return p, nil, err
	case orb.MultiPoint:
		if len(g) == 1 {
			p, err := geometryPoint(g[0], epsg, keep)
			return p, nil, err
		}
	case orb.Polygon, orb.MultiPolygon:
		return polygonPlace(g, epsg, keep)
	case nil:
		return orb.Point{}, nil, badField("geometry", "", "missing: want a point or a polygon")
	}
	return orb.Point{}, nil, badField("geometry", rec.geometry.GeoJSONType(), "want a point or a polygon")
}

func geometryPoint(p orb.Point, epsg int, keep func(orb.Point) bool) (orb.Point, error) {
	value := fmt.Sprintf("%v, %v", p[0], p[1])
	if p == (orb.Point{}) {
		return p, badField("geometry", value, "coordinates are 0, 0: a place left blank")
	}
	out, err := crs.ToWGS84(epsg, p[0], p[1])
	if err != nil {
		c := coordinateFields{"x", "y", epsg}
		return p, badField("geometry", value, "%s%s", err, c.hint(p[0], p[1]))
	}
	if epsg == 4326 {
		if reason := swapped(out, keep); reason != "" {
			return p, badField("geometry", value, "%s", reason)
		}
	}
	return out, nil
}

func polygonPlace(g orb.Geometry, epsg int, keep func(orb.Point) bool) (orb.Point, orb.Ring, error) {
	c, area := planar.CentroidArea(g)
	if math.IsNaN(area) || area == 0 {
		return orb.Point{}, nil, badField("geometry", g.GeoJSONType(), "the polygon has no area")
	}
	centre, err := geometryPoint(c, epsg, keep)
	if err != nil {
		return orb.Point{}, nil, err
	}
	poly, ok := g.(orb.Polygon)
	if multi, isMulti := g.(orb.MultiPolygon); isMulti && len(multi) == 1 {
		poly, ok = multi[0], true
	}
	if !ok {
		return centre, nil, nil
	}
	ring := make(orb.Ring, len(poly[0]))
	for i, v := range poly[0] {
		if ring[i], err = crs.ToWGS84(epsg, v[0], v[1]); err != nil {
			return orb.Point{}, nil, badField("geometry", fmt.Sprintf("%v, %v", v[0], v[1]), "%s", err)
		}
	}
	if !ring.Closed() {
		ring = append(ring, ring[0])
	}
	if ring.Orientation() == orb.CW {
		ring.Reverse()
	}
	return centre, ring, nil
}

// checkMapping refuses names that mean nothing and fields the file does not
// have; it returns the mapping with the fields as the file spells them. Features
// of a GeoJSON may lack properties, so there the fields are taken on trust.
func checkMapping(mapping map[string]string, allowed []string, recs *records) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		if _, ok := fieldNamed(allowed, name); !ok {
			return nil, fmt.Errorf("the column mapping names %q, which is not one of %s", name, strings.Join(allowed, ", "))
		}
		field, ok := fieldNamed(recs.fields, mapping[name])
		if !ok {
			if recs.format != "GeoJSON" {
				return nil, fmt.Errorf("the column mapping says %s=%s, but the file has no such column; it has %s", name, mapping[name], strings.Join(recs.fields, ", "))
			}
			field = mapping[name]
		}
		out[name] = field
	}
	return out, nil
}

// oneColumn recognises a table whose separator was not found.
func oneColumn(recs *records) error {
	if recs.format == "CSV" && len(recs.fields) == 1 && strings.ContainsAny(recs.fields[0], ",;:|^\t ") {
		return fmt.Errorf("found one column %q: is the separator a comma, a semicolon, a tab or a vertical bar, and the same in every row?", recs.fields[0])
	}
	return nil
}

// isCommuneCode says whether s has the form of an INSEE code (49347, 2A004).
func isCommuneCode(s string) bool {
	if len(s) != 5 {
		return false
	}
	for i := range 5 {
		digit := s[i] >= '0' && s[i] <= '9'
		if !digit && (i != 1 || (s[i] != 'A' && s[i] != 'B')) {
			return false
		}
	}
	return true
}

// tally gathers remarks of one kind into one note with its first examples.
type tally struct {
	count    int
	examples []string
}

func (t *tally) add(format string, args ...any) {
	t.count++
	if len(t.examples) < 5 {
		t.examples = append(t.examples, fmt.Sprintf(format, args...))
	}
}

// note writes "WHAT: 12 (first, second, …)" if anything was added.
func (t *tally) note(rep *FileReport, what string) {
	if t.count == 0 {
		return
	}
	more := ""
	if t.count > len(t.examples) {
		more = ", …"
	}
	if len(t.examples) == 0 {
		rep.note("%s: %d", what, t.count)
		return
	}
	rep.note("%s: %d (%s%s)", what, t.count, strings.Join(t.examples, ", "), more)
}

// nothingLoaded is the error of a file none of whose records was right.
func nothingLoaded(rep *FileReport) error {
	if rep.Loaded > 0 || rep.Outside > 0 || len(rep.Rejected) == 0 {
		return nil
	}
	return fmt.Errorf("no record could be loaded; the first: %s", rep.Rejected[0])
}
