package gpkg

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Reader reads a GeoPackage that anybody may have written or edited. The file is
// opened read-only, in SQLite's defensive mode and without trust in its schema;
// views and virtual tables of the file are not read. All reads see one moment
// of the file, even while QGIS edits it. It is not for concurrent use.
type Reader struct {
	path string
	db   *sql.DB
	conn *sql.Conn
}

// Open opens the file; the caller must Close it. Errors say whether there is no
// such file, whether it is not a GeoPackage, or whether it is damaged.
func Open(ctx context.Context, path string) (*Reader, error) {
	if err := checkHeader(path); err != nil {
		return nil, err
	}
	dsn, err := dataSource(path, "mode=ro&_defensive=1&_pragma=trusted_schema(0)&_pragma=query_only(1)&_pragma=busy_timeout(2000)&_pragma=cache_size(-16384)")
	if err != nil {
		return nil, err
	}
	r := &Reader{path: path}
	if r.db, err = sql.Open("sqlite", dsn); err != nil {
		return nil, r.explain(err)
	}
	if r.conn, err = r.db.Conn(ctx); err == nil {
		_, err = r.conn.ExecContext(ctx, "BEGIN; SELECT count(*) FROM sqlite_schema")
	}
	if err != nil {
		r.Close()
		return nil, r.explain(err)
	}
	return r, nil
}

// Close releases the file.
func (r *Reader) Close() {
	if r.conn != nil {
		r.conn.Close() //nolint:errcheck // nothing was written
	}
	r.db.Close() //nolint:errcheck // nothing was written
}

// checkHeader looks at the first bytes, because SQLite's own answer to any
// other file is only that it is no database.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read GeoPackage: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	head := make([]byte, 100)
	n, err := io.ReadFull(f, head)
	head = head[:n]
	switch {
	case n == 0:
		if info, e := f.Stat(); e == nil && info.IsDir() {
			return fmt.Errorf("%s is a folder, not a GeoPackage", path)
		}
		return fmt.Errorf("%s is empty, not a GeoPackage", path)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("cannot read GeoPackage: %w", err)
	case !bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return fmt.Errorf("%s is not a GeoPackage: it does not begin as an SQLite file does", path)
	case n < 100:
		return fmt.Errorf("%s is damaged: it ends in the middle of its header", path)
	case !slices.Contains([]string{"GPKG", "GP10", "GP11"}, string(head[68:72])):
		return fmt.Errorf("%s is an SQLite file but not a GeoPackage (application id %q)", path, head[68:72])
	}
	return nil
}

func (r *Reader) explain(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FORMAT:
			return fmt.Errorf("%s is damaged or cut short: %w", r.path, err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%s is locked by another program; save and close it there: %w", r.path, err)
		case sqlite3.SQLITE_CANTOPEN:
			return fmt.Errorf("%s cannot be opened (if QGIS has it open, its folder must be writable): %w", r.path, err)
		}
	}
	return fmt.Errorf("cannot read %s: %w", r.path, err)
}

// Has says whether the file has a table of that name. Views do not count.
func (r *Reader) Has(ctx context.Context, table string) (bool, error) {
	columns, err := r.columns(ctx, table)
	return len(columns) > 0, err
}

func (r *Reader) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := r.conn.QueryContext(ctx, `SELECT c.name FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.sql NOT LIKE 'CREATE VIRTUAL%' AND t.name = ? COLLATE NOCASE ORDER BY c.cid`, table)
	if err != nil {
		return nil, r.explain(err)
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, r.explain(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, r.explain(err)
	}
	return names, nil
}

// Rows calls each for every row of the table, in the order of row ids, with the
// values of the columns (compared without case) as int64, float64, string,
// []byte or nil (a boolean is 0 or 1); row is the SQLite row id. The values are valid after the
// call, the slice is not. An error names the table or column that is missing
// and the others that are there. The error of each ends the reading and is returned.
func (r *Reader) Rows(ctx context.Context, table string, columns []string, each func(row int64, values []any) error) error {
	have, err := r.columns(ctx, table)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return fmt.Errorf("%s: table %s is missing", r.path, table)
	}
	quoted := []string{"rowid"}
	for _, c := range columns {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, c) }) {
			return fmt.Errorf("%s: table %s has no column %s (it has %s)", r.path, table, c, strings.Join(have, ", "))
		}
		quoted = append(quoted, quote(c))
	}
	rows, err := r.conn.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY rowid", strings.Join(quoted, ", "), quote(table)))
	if err != nil {
		return r.explain(err)
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	var row int64
	values := make([]any, len(columns))
	into := []any{&row}
	for i := range values {
		into = append(into, &values[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return r.explain(err)
		}
		if err := each(row, values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return r.explain(err)
	}
	return nil
}
