package gpkg

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// Reader reads a GeoPackage that anybody may have written or edited. The file is
// opened read-only, in SQLite's defensive mode and without trust in its schema;
// views and virtual tables of the file are not read. All reads see one moment
// of the file, even while QGIS edits it. It is not for concurrent use.
type Reader struct {
	path   string
	db     *sql.DB // nil when it reads in a transaction of a File
	conn   *sql.Conn
	frozen fs.FileInfo // of a file that is read as if it could not change; nil for others
}

// Open opens the file; the caller must Close it. Errors say whether there is no
// such file, whether it is not a GeoPackage, whether it is damaged, or locked (ErrLocked).
func Open(ctx context.Context, path string) (*Reader, error) {
	r, err := open(ctx, path, readOnly)
	if interrupted(err) && rollBack(ctx, path) == nil {
		r.Close()
		r, err = open(ctx, path, readOnly)
	}
	if code(err) == sqlite3.SQLITE_CANTOPEN {
		if frozen, ok := freezable(path); ok {
			r, err = open(ctx, path, readOnly+"&immutable=1")
			r.frozen = frozen
		}
	}
	if err == nil {
		return r, nil
	}
	r.Close()
	if e := checkHeader(path); e != nil {
		return nil, e
	}
	return nil, explain("read", path, err)
}

// wait is how long a reader waits for somebody who writes without a log.
const wait = 5 * time.Second

func open(ctx context.Context, path, query string) (*Reader, error) {
	r := &Reader{path: path}
	var err error
	if r.db, err = openDB(ctx, path, query, wait); err != nil {
		return r, err
	}
	if r.conn, err = r.db.Conn(ctx); err != nil {
		return r, err
	}
	if _, err = r.conn.ExecContext(ctx, "BEGIN; SELECT count(*) FROM sqlite_schema"); err != nil {
		return r, err
	}
	return r, r.checkKind(ctx)
}

// freezable says whether a file in SQLite's write-ahead mode, in a folder that
// cannot be written, may be read as if nobody could change it: when there is no
// log beside it, whose changes would be missed.
func freezable(path string) (fs.FileInfo, bool) {
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil, false
	}
	info, err := os.Stat(path)
	return info, err == nil
}

// Unchanged is an error when a file that was read as if nobody could change it
// has been changed meanwhile, by another computer perhaps.
func (r *Reader) Unchanged() error {
	if r.frozen == nil {
		return nil
	}
	now, ok := freezable(r.path)
	if !ok || now.Size() != r.frozen.Size() || !now.ModTime().Equal(r.frozen.ModTime()) {
		return fmt.Errorf("%s was changed while it was read; try again", r.path)
	}
	return nil
}

// Close releases the file.
func (r *Reader) Close() {
	if r.conn != nil {
		r.conn.Close() //nolint:errcheck // nothing was written
	}
	if r.db != nil {
		r.db.Close() //nolint:errcheck // nothing was written
	}
}

var errKind = errors.New("not a GeoPackage")

// checkKind refuses a file of another kind, an empty one included.
func (r *Reader) checkKind(ctx context.Context) error {
	var id int64
	if err := r.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if !slices.Contains(applicationIDs, string(binary.BigEndian.AppendUint32(nil, uint32(id)))) {
		return errKind
	}
	return nil
}

var applicationIDs = []string{"GPKG", "GP10", "GP11"}

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
	case !slices.Contains(applicationIDs, string(head[68:72])):
		return fmt.Errorf("%s is an SQLite file but not a GeoPackage (application id %q)", path, head[68:72])
	}
	return nil
}

func (r *Reader) explain(err error) error { return explain("read", r.path, err) }

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

// Schema calls each for every table, view, index and trigger, by kind and name:
// the table it belongs to, and the SQL that made it.
func (r *Reader) Schema(ctx context.Context, each func(kind, name, table, sql string)) error {
	rows, err := r.conn.QueryContext(ctx, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")
	if err != nil {
		return r.explain(err)
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	for rows.Next() {
		var kind, name, table, sql string
		if err := rows.Scan(&kind, &name, &table, &sql); err != nil {
			return r.explain(err)
		}
		each(kind, name, table, sql)
	}
	if err := rows.Err(); err != nil {
		return r.explain(err)
	}
	return nil
}

// Tables lists the tables and views of the file as they are spelt.
func (r *Reader) Tables(ctx context.Context) (names []string, err error) {
	err = r.Schema(ctx, func(kind, name, _, _ string) {
		if kind == "table" || kind == "view" {
			names = append(names, name)
		}
	})
	return names, err
}

// Rows calls each for every row of the table, in the order of row ids, with the
// values of the columns (compared without case) as int64, float64, string,
// []byte or nil (a boolean is 0 or 1); row is the SQLite row id. The values are valid after the
// call, the slice is not. An error names the table or column that is missing
// and the others that are there. The error of each, which must not read from the
// Reader itself, ends the reading and is returned.
func (r *Reader) Rows(ctx context.Context, table string, columns []string, each func(row int64, values []any) error) error {
	return r.RowsWhere(ctx, table, columns, "true", nil, each)
}

// RowsWhere is Rows of those that fulfil an SQL condition.
func (r *Reader) RowsWhere(ctx context.Context, table string, columns []string, where string, args []any, each func(row int64, values []any) error) error {
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
	query := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY rowid", strings.Join(quoted, ", "), quote(table), where)
	// Straight from the driver: what database/sql does for each value, and the
	// driver's own watch on the context, cost more than the value.
	return r.conn.Raw(func(conn any) error {
		rows, err := conn.(driver.QueryerContext).QueryContext(context.WithoutCancel(ctx), query, appendNamed(nil, args))
		if err != nil {
			return r.explain(err)
		}
		defer rows.Close() //nolint:errcheck // Next has said what was wrong
		into, values := make([]driver.Value, 1+len(columns)), make([]any, len(columns))
		for n := 0; ; n++ {
			if n%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := rows.Next(into); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return r.explain(err)
			}
			for i := range values {
				values[i] = into[1+i]
			}
			row, _ := into[0].(int64)
			if err := each(row, values); err != nil {
				return err
			}
		}
	})
}

// appendNamed appends values as the driver takes them.
func appendNamed(to []driver.NamedValue, values []any) []driver.NamedValue {
	for i, v := range values {
		if n, ok := v.(int); ok {
			v = int64(n)
		}
		to = append(to, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return to
}
