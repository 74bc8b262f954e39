package geopackage

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/internal/gpkg"
)

// row is one row of a table that anybody may have edited. Absent values read as
// zero. The first value of a wrong kind is kept in err, which names the field.
type row struct {
	columns []string
	values  []any
	err     error
}

func (v *row) value(column string) any { return v.values[slices.Index(v.columns, column)] }

func (v *row) wrong(column string, got any, want string) error {
	name := ""
	if i := slices.Index(v.columns, "id"); i >= 0 && v.values[i] != nil {
		name = " of " + asText(v.values[i])
	}
	if got == nil {
		got = "absent"
	}
	err := fmt.Errorf("%s%s is %v: want %s", column, name, got, want)
	if v.err == nil {
		v.err = err
	}
	return err
}

func (v *row) text(column string) string {
	value := v.value(column)
	if value == nil {
		return ""
	}
	if _, ok := value.([]byte); ok {
		v.wrong(column, "binary", "text") //nolint:errcheck // kept in v.err
		return ""
	}
	return asText(value)
}

// asText writes a number as people do: a technician's code 49347 may have become one.
func asText(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func (v *row) id() string {
	id := v.text("id")
	if id == "" {
		v.wrong("id", "empty", "text that no other row has") //nolint:errcheck // kept in v.err
	}
	return id
}

func (v *row) wayID() (int64, error) {
	text := v.text("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, v.wrong("id", strconv.Quote(text), "a whole number that no other road has")
	}
	return id, nil
}

func (v *row) int64(column string) int64 {
	switch x := v.value(column).(type) {
	case nil:
		return 0
	case int64:
		return x
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x)
		}
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(x), 10, 64); err == nil {
			return n
		}
	}
	v.wrong(column, v.value(column), "a whole number") //nolint:errcheck // kept in v.err
	return 0
}

func (v *row) int(column string) int { return int(v.int64(column)) }

func (v *row) bool(column string) bool { return v.int64(column) != 0 }

func (v *row) real(column string) float64 { return v.realAt(slices.Index(v.columns, column)) }

func (v *row) realAt(i int) float64 {
	switch x := v.values[i].(type) {
	case nil:
		return 0
	case int64:
		return float64(x)
	case float64:
		return x
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(x), 64); err == nil {
			return f
		}
	}
	v.wrong(v.columns[i], v.values[i], "a number") //nolint:errcheck // kept in v.err
	return 0
}

func (v *row) blob(column string) []byte {
	b, ok := v.value(column).([]byte)
	if !ok && v.value(column) != nil {
		v.wrong(column, v.value(column), "binary content") //nolint:errcheck // kept in v.err
	}
	return b
}

// outline reads a geom that is polygons; none when it is absent.
func (v *row) outline() orb.MultiPolygon {
	switch g := v.geometry().(type) {
	case nil:
	case orb.Polygon:
		return orb.MultiPolygon{g}
	case orb.MultiPolygon:
		return g
	default:
		v.wrong("geom", g.GeoJSONType(), "a polygon") //nolint:errcheck // kept in v.err
	}
	return nil
}

// geometry reads geom; nil when it is absent.
func (v *row) geometry() orb.Geometry {
	blob := v.blob("geom")
	if blob == nil {
		return nil
	}
	g, srs, err := gpkg.DecodeGeometry(blob)
	switch {
	case err != nil:
		v.wrong("geom", err, "a geometry") //nolint:errcheck // kept in v.err
	case srs != gpkg.SRID:
		v.wrong("geom", fmt.Sprint("in coordinate system ", srs), "longitude and latitude (EPSG:4326)") //nolint:errcheck // kept in v.err
	}
	return g
}
