package gpkg

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A writer is killed in the middle of a change to a file without a write-ahead log:
// the next reader undoes the change, and reads what there was.
func TestAReaderUndoesWhatAKilledWriterLeft(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	written, killed := filepath.Join(dir, "written.gpkg"), filepath.Join(dir, "killed.gpkg")
	f, err := Create(ctx, written, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	db, err := openDB(ctx, written, "mode=rw&_pragma=journal_mode(delete)&_pragma=synchronous(full)&_pragma=cache_size(1)", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // its change is left unfinished
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE rows(text)"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // likewise
	// More than fits the cache of a page: the file itself is changed before the end.
	if _, err := tx.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO rows SELECT hex(randomblob(500)) FROM n"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-journal"} { // as the kernel would leave them
		b, err := os.ReadFile(written + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+suffix, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	half, err := open(ctx, killed, readOnly)
	if half.Close(); !interrupted(err) {
		t.Fatalf("%v: the file needs nothing undone, and the test shows nothing", err)
	}
	r, err := Open(ctx, killed)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	if err := r.conn.QueryRowContext(ctx, "SELECT count(*) FROM rows").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows of the unfinished change, %v", n, err)
	}
	if pool, err := OpenDB(ctx, killed, false, 0); err != nil {
		t.Error(err)
	} else {
		pool.Close()
	}
}
