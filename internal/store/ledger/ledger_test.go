package ledger_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

// migrated is a ledger in a database that has nothing else.
func migrated(t *testing.T, driver, at string, d ledger.Dialect, goosed goose.Dialect) *ledger.Ledger {
	t.Helper()
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(20)
	p, err := goose.NewProvider(goosed, db, ledger.Migrations(d), goose.WithTableName(ledger.VersionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ledger.New(db, d)
}

func onSQLite(t *testing.T) *ledger.Ledger {
	file := filepath.Join(t.TempDir(), "ledger.db")
	return migrated(t, "sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=foreign_keys(1)", ledger.SQLite, goose.DialectSQLite3)
}

func onPostgres(t *testing.T) *ledger.Ledger {
	return migrated(t, "pgx", pgtest.URL(t), ledger.Postgres, goose.DialectPostgres)
}

func TestLedgerOnSQLite(t *testing.T)   { storetest.RunLedger(t, onSQLite) }
func TestLedgerOnPostgres(t *testing.T) { storetest.RunLedger(t, onPostgres) }

// TestMigrationsCanBeUndone runs them down and up again.
func TestMigrationsCanBeUndone(t *testing.T) {
	for name, c := range map[string]struct {
		open  func(*testing.T) *ledger.Ledger
		goose goose.Dialect
	}{"sqlite": {onSQLite, goose.DialectSQLite3}, "postgres": {onPostgres, goose.DialectPostgres}} {
		t.Run(name, func(t *testing.T) {
			l := c.open(t)
			p, err := goose.NewProvider(c.goose, l.DB(), ledger.Migrations(l.Dialect()), goose.WithTableName(ledger.VersionTable), goose.WithDisableGlobalRegistry(true))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.DownTo(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if err := l.Record(t.Context(), ledger.Entry{By: "x"}); err == nil {
				t.Error("the audit log is still there")
			}
			if _, err := p.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := l.Record(t.Context(), ledger.Entry{By: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheKeyIsTheQuestion(t *testing.T) {
	q := ledger.Question{Analysis: "coverage", Territory: "49", Vintage: "2021", Snapshot: "abc", Params: []byte(`{"service":"creche","within":["10m"]}`), Version: "1"}
	same := map[string]func(*ledger.Question){
		"names in another order, spaces": func(q *ledger.Question) { q.Params = []byte(` {"within": ["10m"], "service": "creche"}`) },
		"a parameter that is null":       func(q *ledger.Question) { q.Params = []byte(`{"service":"creche","within":["10m"],"mode":null}`) },
		"the name of the vintage":        func(q *ledger.Question) { q.Vintage = "2022" },
		"a part that is null":            func(q *ledger.Question) { q.Part = []byte("null") },
	}
	other := map[string]func(*ledger.Question){
		"analysis":             func(q *ledger.Question) { q.Analysis = "isochrone" },
		"territory":            func(q *ledger.Question) { q.Territory = "53" },
		"snapshot":             func(q *ledger.Question) { q.Snapshot = "abd" },
		"version":              func(q *ledger.Question) { q.Version = "2" },
		"part":                 func(q *ledger.Question) { q.Part = []byte(`{"epci":"200068955"}`) },
		"a parameter":          func(q *ledger.Question) { q.Params = []byte(`{"service":"creche","within":["11m"]}`) },
		"the order of a list":  func(q *ledger.Question) { q.Params = []byte(`{"service":"creche","within":["10m","5m"]}`) },
		"a number's last bit":  func(q *ledger.Question) { q.Params = []byte(`{"x":9007199254740993}`) },
		"a number's other bit": func(q *ledger.Question) { q.Params = []byte(`{"x":9007199254740992}`) },
		"no JSON":              func(q *ledger.Question) { q.Params = []byte(`{`) },
	}
	for what, change := range same {
		if c := q; true {
			change(&c)
			if c.Key() != q.Key() {
				t.Errorf("%s: another key", what)
			}
		}
	}
	seen := map[string]string{q.Key(): "the question itself"}
	for what, change := range other {
		c := q
		change(&c)
		if before, ok := seen[c.Key()]; ok {
			t.Errorf("%s has the key of %s", what, before)
		}
		seen[c.Key()] = what
	}
	// echo -n '{"analysis":"coverage","territory":"49","snapshot":"abc","params":{"service":"creche","within":["10m"]},"version":"1"}' | sha256sum
	if got, want := q.Key(), "79ed8f91a17a79420a09c73cc39100523a8bb02a9d70fb7cec9ff544ecec3fa7"; got != want {
		t.Errorf("key %s, want %s", got, want)
	}
}
