package gpkg

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/maillage/maillage/internal/store/atomicfile"
)

//go:embed schema.sql
var schemaSQL string

// LastChange is the date of every table, style and metadata record: a fixed
// one, because the same data are to give the same bytes.
const LastChange = "2000-01-01T00:00:00.000Z"

// Options of a new file.
type Options struct {
	Overwrite bool          // replace an existing file
	Progress  func(row int) // told now and then how many rows have been written to all tables
}

// File is a GeoPackage being written. It has one connection, one transaction
// and no journal: the file is thrown away whole when anything fails. It is not
// for concurrent use.
type File struct {
	path string
	out  *atomicfile.File
	db   *sql.DB
	conn *sql.Conn
	opts Options
	rows int
	docs int
}

// Create starts a GeoPackage that Commit will put at path. It is written to a
// temporary file in the same folder; the caller must end with Commit or Abort.
// Errors say what is wrong with the path: it exists (fs.ErrExist), its folder
// does not or cannot be written, the disk is full.
func Create(ctx context.Context, path string, opts Options) (*File, error) {
	out, err := atomicfile.Create(path, opts.Overwrite)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, out: out, opts: opts}
	if err := f.open(ctx); err != nil {
		f.Abort()
		return nil, f.explain(err)
	}
	return f, nil
}

func (f *File) open(ctx context.Context) (err error) {
	// Neither journal nor sync: until Commit the file is temporary.
	dsn, err := dataSource(f.out.Name(), "_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=locking_mode(exclusive)&"+
		"_pragma=cache_size(-65536)&_pragma=temp_store(memory)&_pragma=application_id(0x47504B47)&_pragma=user_version(10300)")
	if err != nil {
		return err
	}
	if f.db, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	if f.conn, err = f.db.Conn(ctx); err != nil {
		return err
	}
	return f.exec(ctx, "BEGIN; "+schemaSQL)
}

// dataSource writes a path as an SQLite URI; characters such as ? and # in it are escaped.
func dataSource(path, query string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: query}
	return u.String(), nil
}

// exec runs statements without the driver's watch on the context, which costs
// more than a small statement; the context is looked at before.
func (f *File) exec(ctx context.Context, query string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := f.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
	return err
}

// Commit ends the transaction and gives the file its name. After an error, or a
// cancelled context, nothing is left but what was there before.
func (f *File) Commit(ctx context.Context) error {
	if err := f.exec(ctx, "COMMIT"); err != nil {
		f.Abort()
		return f.explain(err)
	}
	if err := f.close(); err != nil {
		f.out.Abort()
		return f.explain(err)
	}
	return f.out.Commit()
}

// Abort removes what was written. After Commit it does nothing, so that it can be deferred.
func (f *File) Abort() {
	f.close() //nolint:errcheck // the file is thrown away
	f.out.Abort()
}

func (f *File) close() error {
	var errs []error
	if f.conn != nil {
		errs = append(errs, f.conn.Close())
		f.conn = nil
	}
	if f.db != nil {
		errs = append(errs, f.db.Close())
		f.db = nil
	}
	return errors.Join(errs...)
}

// explain turns the driver's errors into ones that name the file and the cause.
func (f *File) explain(err error) error {
	var e *sqlite.Error
	if err != nil && errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL {
		return fmt.Errorf("cannot write %s: the disk is full: %w", f.path, err)
	}
	return atomicfile.Explain(f.path, err)
}

// Table is a table without geometry.
type Table struct {
	Name    string
	Title   string   // as GIS software lists it; empty for a table it need not list
	Columns []string // SQL definitions; the first an INTEGER PRIMARY KEY when Title is set
}

// WriteTable creates a table and fills it with the rows, each one value per
// column; an error among them ends the writing and is returned.
func (f *File) WriteTable(ctx context.Context, t Table, rows iter.Seq2[[]any, error]) error {
	err := f.exec(ctx, fmt.Sprintf("CREATE TABLE %s (%s)", quote(t.Name), strings.Join(t.Columns, ", ")))
	if err == nil && t.Title != "" {
		err = f.register(ctx, t.Name, "attributes", t.Title, "", noEnvelope())
	}
	if err == nil {
		err = f.insert(ctx, t.Name, len(t.Columns), f.counted(rows))
	}
	return f.inTable(t.Name, err)
}

func (f *File) inTable(table string, err error) error {
	if err == nil {
		return nil
	}
	return f.explain(fmt.Errorf("table %s: %w", table, err))
}

// register lists a table in gpkg_contents; only features have a coordinate system of their own.
func (f *File) register(ctx context.Context, table, kind, title, description string, e envelope) error {
	srs, bounds := 0, []any{nil, nil, nil, nil}
	if kind == "features" {
		srs = SRID
	}
	if !e.empty() {
		bounds = []any{e.minX, e.minY, e.maxX, e.maxY}
	}
	args := append([]any{table, kind, title, description, LastChange}, bounds...)
	return f.exec(ctx, "INSERT INTO gpkg_contents VALUES (?,?,?,?,?,?,?,?,?,?)", append(args, srs)...)
}

// insert fills a table; rows may end with an error.
func (f *File) insert(ctx context.Context, table string, columns int, rows iter.Seq2[[]any, error]) error {
	marks := strings.TrimSuffix(strings.Repeat("?,", columns), ",")
	unwatched := context.WithoutCancel(ctx)
	stmt, err := f.conn.PrepareContext(unwatched, fmt.Sprintf("INSERT INTO %s VALUES (%s)", quote(table), marks))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // nothing is pending
	n := 0
	for row, err := range rows {
		if n++; n%256 == 0 && err == nil {
			err = ctx.Err()
		}
		if err == nil {
			_, err = stmt.ExecContext(unwatched, row...)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// counted reports progress as the rows go by.
func (f *File) counted(rows iter.Seq2[[]any, error]) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for row, err := range rows {
			if f.rows++; f.opts.Progress != nil && f.rows%1024 == 0 {
				f.opts.Progress(f.rows)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// WriteMetadata attaches a JSON document to the whole file (metadata extension).
func (f *File) WriteMetadata(ctx context.Context, standardURI string, json []byte) error {
	f.docs++
	err := f.exec(ctx, "INSERT INTO gpkg_metadata VALUES (?,'dataset',?,'application/json',?)", f.docs, standardURI, string(json))
	if err == nil {
		err = f.exec(ctx, "INSERT INTO gpkg_metadata_reference VALUES ('geopackage',NULL,NULL,NULL,?,?,NULL)", LastChange, f.docs)
	}
	return f.explain(err)
}

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
