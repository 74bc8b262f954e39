package load

import (
	"io"
	"strings"

	"github.com/paulmach/orb"
)

// records is an opened table of any format: CSV rows, GeoJSON features, rows of
// a GeoPackage layer. The readers of communes, population and facilities are
// written once, on this.
type records struct {
	format string   // "CSV", "GeoJSON", "GeoPackage"
	fields []string // names in file order; for GeoJSON those of the first feature
	epsg   int      // coordinate system of the geometry; 0 when the format has none (CSV)

	// each streams the records in file order until yield returns an error,
	// which it returns. Records that cannot be read at all (a bad row, a broken
	// geometry) are rejected in the report and skipped; an error means the rest
	// of the file is unusable.
	each func(yield func(*record) error) error

	csv *csvTable // set where the format is CSV: rows can be read on all processors

	closer io.Closer
}

// record is one row or feature. It is valid until yield returns.
type record struct {
	where    string            // "line 12", "feature 49347", "row 3"
	id       string            // the feature's own id, empty if none
	values   map[string]string // by field name as written; numbers as their decimal text; null and empty are absent
	geometry orb.Geometry      // in the file's coordinate system; nil if none
}

// get returns the value of the first of the names that the record has, compared without case.
func (r *record) get(names ...string) (value string, ok bool) {
	_, value, ok = r.find(names...)
	return value, ok
}

// find is get that also says which field it was.
func (r *record) find(names ...string) (field, value string, ok bool) {
	for _, name := range names {
		if v, ok := r.values[name]; ok {
			return name, v, true
		}
	}
	for _, name := range names {
		for k, v := range r.values {
			if strings.EqualFold(k, name) {
				return k, v, true
			}
		}
	}
	return "", "", false
}
