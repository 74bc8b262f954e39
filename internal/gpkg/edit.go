package gpkg

import (
	"context"
	"errors"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// Edit begins a transaction on a GeoPackage that is there, which others may read
// meanwhile; the caller must end with Commit or Abort. Errors say whether there
// is no such file, whether it is not a GeoPackage, cannot be written (ErrReadOnly) or
// somebody else has been writing for longer than Options.Wait (ErrLocked).
func Edit(ctx context.Context, path string, opts Options) (*File, error) {
	f := &File{path: path, opts: opts}
	// Not SQLite's defensive mode: it forbids to write the tables behind a spatial index.
	err := f.open(ctx, path, durable+"&_pragma=trusted_schema(0)", "BEGIN IMMEDIATE")
	if err == nil {
		err = f.Reader().checkKind(ctx)
	}
	if err == nil {
		return f, nil
	}
	f.Abort()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if e := checkHeader(path); e != nil {
		return nil, e
	}
	if code(err) == sqlite3.SQLITE_CANTOPEN {
		return nil, cannotWrite(path, err)
	}
	return nil, f.explain(err)
}

// Drop removes tables that WriteLayer or WriteTable made, with all that GIS
// software knows of them; those that are not there are passed over. Styles that
// people saved in QGIS are kept for the next layer of that name.
func (f *File) Drop(ctx context.Context, tables ...string) error {
	known, err := f.Reader().Tables(ctx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		for _, about := range []struct{ table, where string }{
			{"gpkg_contents", "table_name = ?"}, {"gpkg_geometry_columns", "table_name = ?"}, {"gpkg_extensions", "table_name = ?"},
			{"gpkg_data_columns", "table_name = ?"}, {"gpkg_metadata_reference", "table_name = ?"}, {"gpkg_ogr_contents", "table_name = ?"},
			{"layer_styles", "f_table_name = ? AND update_time = '" + LastChange + "'"},
		} {
			if slices.Contains(known, about.table) {
				if _, err := f.ExecContext(ctx, "DELETE FROM "+about.table+" WHERE "+about.where, table); err != nil {
					return err
				}
			}
		}
		for _, name := range []string{"rtree_" + table + "_geom", table} {
			if _, err := f.ExecContext(ctx, "DROP TABLE IF EXISTS "+quote(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// LastRow is the highest number that a row of a layer has had.
func (f *File) LastRow(ctx context.Context, layer string) (last int64, err error) {
	err = f.conn.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", layer).Scan(&last)
	return last, f.explain(err)
}

// CheckFree is an error that names the tables among these that are in the file,
// or the views.
func (f *File) CheckFree(ctx context.Context, tables ...string) error {
	known, err := f.Reader().Tables(ctx)
	if err != nil {
		return err
	}
	var taken []string
	for _, table := range tables {
		if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, table) }) {
			taken = append(taken, table)
		}
	}
	if taken == nil {
		return nil
	}
	return errors.New(f.path + " has layers of its own named " + strings.Join(taken, ", ") + ": rename them, or choose another file")
}
