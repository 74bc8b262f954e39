package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What keeps a file from being read or written; errors wrap them.
var (
	ErrLocked   = errors.New("locked by another program")
	ErrReadOnly = errors.New("cannot be written")
)

// Locks must survive that somebody else in this process opens a file of ours and
// closes it again, to copy it for example: by default the kernel then drops all
// locks the process has on it, and another program may take the write-ahead log
// away. Where there are no such locks, as on other systems than Linux, the
// default is all there is.
func init() {
	sqlite.OFDLocking(true) //nolint:errcheck // the default locks work, but for that
}

// How SQLite is to open a file that anybody may have made: nothing in its schema
// is trusted, and plain SQL cannot damage it.
const (
	careful  = "_defensive=1&_pragma=trusted_schema(0)"
	readOnly = "mode=ro&_pragma=query_only(1)&_pragma=cache_size(-16384)&" + careful
	// A write-ahead log, so that nobody who reads waits for a writer; what is committed is on the disk.
	durable = "mode=rw&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=journal_size_limit(16777216)"
)

// OpenDB opens a file as a pool of connections for plain SQL, to be read only or to be
// written by many programs at once: transactions take the lock when they begin, and
// wait so long for it. Errors are those of Open and Edit.
func OpenDB(ctx context.Context, path string, write bool, wait time.Duration) (*sql.DB, error) {
	query := readOnly
	if write {
		query = durable + "&_txlock=immediate&_pragma=foreign_keys(1)&" + careful
	}
	db, err := openDB(ctx, path, query, wait)
	if interrupted(err) && rollBack(ctx, path) == nil {
		db, err = openDB(ctx, path, query, wait)
	}
	if !write && code(err) == sqlite3.SQLITE_CANTOPEN {
		if _, ok := freezable(path); ok {
			db, err = openDB(ctx, path, query+"&immutable=1", wait)
		}
	}
	if write && code(err) == sqlite3.SQLITE_CANTOPEN {
		err = cannotWrite(path, err)
	} else if err != nil {
		err = explain("open", path, err)
	}
	return db, err
}

func openDB(ctx context.Context, path, query string, wait time.Duration) (*sql.DB, error) {
	dsn, err := dataSource(path, query, wait)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err == nil {
		if err = db.PingContext(ctx); err != nil {
			db.Close() //nolint:errcheck // the first error is the one to report
		}
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

// dataSource writes a path as an SQLite URI; characters such as ? and # in it are escaped.
func dataSource(path, query string, wait time.Duration) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: fmt.Sprintf("_pragma=busy_timeout(%d)&%s", wait.Milliseconds(), query)}
	return u.String(), nil
}

// Settle brings a file that was written with a write-ahead log into one piece,
// which can be copied, sent, and read from a folder that cannot be written. It is
// ErrLocked as long as anybody has the file open.
func Settle(ctx context.Context, path string) error {
	db, err := openDB(ctx, path, "mode=rw&"+careful, 0)
	if err != nil {
		return explain("open", path, err)
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = delete"); err != nil {
		return explain("write", path, err)
	}
	return nil
}

// interrupted says that a writer was killed in the middle of a change, which has to
// be undone before anybody can read: whoever opens a file read-only may not do that.
func interrupted(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_READONLY_ROLLBACK
}

// rollBack undoes what a killed writer left unfinished.
func rollBack(ctx context.Context, path string) error {
	db, err := openDB(ctx, path, "mode=rw&"+careful, wait)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	_, err = db.ExecContext(ctx, "SELECT count(*) FROM sqlite_schema")
	return err
}

// code is the driver's error code without its extension; 0 for other errors.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func isSQLite(err error) bool { return code(err) != 0 }

// cannotWrite is for a file whose folder cannot be written: the log lies beside it.
func cannotWrite(path string, err error) error {
	return fmt.Errorf("%s %w: %w", path, ErrReadOnly, err)
}

// Explain turns the driver's errors into ones that name the file and the cause; others it leaves alone.
func Explain(path string, err error) error {
	if !isSQLite(err) {
		return err
	}
	return explain("use", path, err)
}

// explain turns the driver's errors into ones that name the file and the cause.
func explain(verb, path string, err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
		return fmt.Errorf("%s is damaged or cut short: %w", path, err)
	case sqlite3.SQLITE_IOERR:
		if verb == "read" {
			return fmt.Errorf("%s is damaged or cut short: %w", path, err)
		}
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("cannot %s %s: the disk is full: %w", verb, path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s is %w; save and close it there: %w", path, ErrLocked, err)
	case sqlite3.SQLITE_READONLY:
		return cannotWrite(path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%s cannot be opened (if another program has it open, its folder must be writable): %w", path, err)
	}
	return fmt.Errorf("cannot %s %s: %w", verb, path, err)
}
