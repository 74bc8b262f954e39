package gpkg

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/maillage/maillage/internal/store/atomicfile"
)

//go:embed schema.sql
var schemaSQL string

// LastChange is the date of every table, style and metadata record: a fixed
// one, because the same data are to give the same bytes.
const LastChange = "2000-01-01T00:00:00.000Z"

// Options of writing.
type Options struct {
	Overwrite bool          // Create replaces an existing file
	Wait      time.Duration // how long Edit waits while somebody else writes
	Progress  func(row int) // told now and then how many rows have been written to all tables
}

// File is a GeoPackage being written: a new one (Create), or one that is there
// (Edit). It is one connection and one transaction, of which nothing is left
// unless it is committed. It is not for concurrent use.
type File struct {
	path string
	out  *atomicfile.File // nil for a file that was there
	db   *sql.DB
	conn *sql.Conn
	opts Options
	rows int
}

// Create starts a GeoPackage that Commit will put at path. It is written to a
// temporary file in the same folder; the caller must end with Commit or Abort.
// Errors say what is wrong with the path: it exists (fs.ErrExist), its folder
// does not or cannot be written, the disk is full; the file that is to be
// overwritten is open in another program (ErrLocked).
func Create(ctx context.Context, path string, opts Options) (*File, error) {
	out, err := atomicfile.Create(path, opts.Overwrite)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, out: out, opts: opts}
	// Neither journal nor sync: until Commit the file is temporary.
	err = f.open(ctx, out.Name(), "_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=locking_mode(exclusive)&"+
		"_pragma=application_id(0x47504B47)&_pragma=user_version(10300)", "BEGIN")
	if err != nil {
		f.Abort()
		return nil, f.explain(err)
	}
	return f, nil
}

func (f *File) open(ctx context.Context, path, pragmas, begin string) (err error) {
	dsn, err := dataSource(path, pragmas+"&_pragma=cache_size(-65536)&_pragma=temp_store(memory)", f.opts.Wait)
	if err != nil {
		return err
	}
	if f.db, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	if f.conn, err = f.db.Conn(ctx); err != nil {
		return err
	}
	if _, err = f.conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	return f.exec(ctx, schemaSQL)
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

// ExecContext runs a statement in the transaction.
func (f *File) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	result, err := f.conn.ExecContext(ctx, query, args...)
	return result, f.explain(err)
}

// Reader reads the file as the transaction sees it; it ends with it, there is no need to Close it.
func (f *File) Reader() *Reader { return &Reader{path: f.path, conn: f.conn} }

// Commit ends the transaction; a new file gets its name. After an error, or a
// cancelled context, nothing is left but what was there before.
func (f *File) Commit(ctx context.Context) error {
	if err := f.exec(ctx, "COMMIT"); err != nil {
		f.Abort()
		return f.explain(err)
	}
	if err := f.close(); f.out == nil { // what is committed stays, whatever closing says
		return nil
	} else if err != nil {
		f.out.Abort()
		return f.explain(err)
	}
	if f.opts.Overwrite {
		if err := Settle(ctx, f.path); errors.Is(err, ErrLocked) {
			f.out.Abort()
			return err
		}
	}
	return f.out.Commit()
}

// Abort undoes what was written. After Commit it does nothing, so that it can be deferred.
func (f *File) Abort() {
	f.close() //nolint:errcheck // closing rolls back
	if f.out != nil {
		f.out.Abort()
	}
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

func (f *File) explain(err error) error {
	if err == nil {
		return nil
	}
	if f.out != nil && !isSQLite(err) {
		return atomicfile.Explain(f.path, err)
	}
	return explain("write", f.path, err)
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
		err = f.insert(ctx, t.Name, len(t.Columns), rows, f.count)
	}
	return f.inTable(t.Name, err)
}

// Insert fills a table that is there, with one value per column.
func (f *File) Insert(ctx context.Context, table string, columns int, rows iter.Seq2[[]any, error]) error {
	return f.inTable(table, f.insert(ctx, table, columns, rows, f.count))
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
	// No two tables of a file may have the same title.
	args := append([]any{table, kind, title, title + " (" + table + ")", description, LastChange}, bounds...)
	return f.exec(ctx, `INSERT INTO gpkg_contents VALUES (?1,?2,iif(?3 IN (SELECT identifier FROM gpkg_contents),?4,?3),?5,?6,?7,?8,?9,?10,?11)`, append(args, srs)...)
}

// WriteMetadata attaches a JSON document to the whole file (metadata extension),
// in the place of one with the same URI.
func (f *File) WriteMetadata(ctx context.Context, standardURI string, json []byte) error {
	err := f.DropMetadata(ctx, standardURI)
	if err == nil {
		err = f.exec(ctx, "INSERT INTO gpkg_metadata VALUES (NULL,'dataset',?,'application/json',?)", standardURI, string(json))
	}
	if err == nil {
		err = f.exec(ctx, "INSERT INTO gpkg_metadata_reference VALUES ('geopackage',NULL,NULL,NULL,?,last_insert_rowid(),NULL)", LastChange)
	}
	return f.explain(err)
}

// DropMetadata removes what WriteMetadata attached under the URI.
func (f *File) DropMetadata(ctx context.Context, standardURI string) error {
	err := f.exec(ctx, "DELETE FROM gpkg_metadata_reference WHERE md_file_id IN (SELECT id FROM gpkg_metadata WHERE md_standard_uri = ?)", standardURI)
	if err == nil {
		err = f.exec(ctx, "DELETE FROM gpkg_metadata WHERE md_standard_uri = ?", standardURI)
	}
	return f.explain(err)
}

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
