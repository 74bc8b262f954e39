package postgis

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

//go:embed migrations
var migrations embed.FS

// history is a sequence of migrations, and the table that says which have run.
type history struct {
	files fs.FS
	table string
}

func histories() []history {
	own, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // a constant path
	}
	return []history{{own, "maillage_version"}, {ledger.Migrations(ledger.Postgres), ledger.VersionTable}}
}

// checkSchema compares the tables with what this program needs, and migrates
// where it may. A database that is up to date is only read.
func (s *Store) checkSchema(ctx context.Context, migrate bool) error {
	older, err := s.isOlder(ctx)
	if err != nil || !older {
		return err
	}
	if migrate {
		return s.migrate(ctx)
	}
	return fmt.Errorf("%s has no tables of Maillage, or older ones than this program needs: run maillage migrate --on %s: %w", s.target, s.target, store.ErrOlderSchema)
}

// isOlder says whether migrations are to be run; a newer database is an error.
func (s *Store) isOlder(ctx context.Context) (older bool, err error) {
	for _, h := range histories() {
		want, err := newest(h.files)
		if err != nil {
			return false, err
		}
		has, err := s.version(ctx, h.table)
		if err != nil {
			return false, err
		}
		if has > want {
			return false, fmt.Errorf("the tables of %s were made by a newer Maillage (%s is at %d, this program knows %d): use that, or a newer one: %w",
				s.target, h.table, has, want, store.ErrNewerSchema)
		}
		older = older || has < want
	}
	return older, nil
}

// version is the last migration that has run, 0 before the first.
func (s *Store) version(ctx context.Context, table string) (version int64, err error) {
	var there bool
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", "maillage."+table).Scan(&there); err != nil || !there {
		return 0, err
	}
	err = s.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM maillage."+table+" WHERE is_applied").Scan(&version)
	return version, err
}

// newest is the number of the last migration file.
func newest(files fs.FS) (version int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number", name)
		}
		version = max(version, n)
	}
	return version, nil
}

// migrate runs the migrations that are missing; of several programs that want
// to, one does and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(lock pgx.Tx) error {
		// This transaction says nothing while the migrations run in others, as long as that takes.
		if _, err := lock.Exec(ctx, "SET LOCAL "+pauseSetting+" = 0"); err != nil {
			return err
		}
		if _, err := lock.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return err
		}
		if older, err := s.isOlder(ctx); err != nil || !older { // somebody else did it
			return err
		}
		if _, err := s.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS maillage"); err != nil {
			return err
		}
		for _, h := range histories() {
			p, err := goose.NewProvider(goose.DialectPostgres, s.db, h.files, goose.WithTableName(h.table), goose.WithDisableGlobalRegistry(true))
			if err != nil {
				return err
			}
			if _, err := p.Up(ctx); err != nil {
				return fmt.Errorf("migrating %s: %w", s.target, err)
			}
		}
		return nil
	})
}

// Numbers of advisory locks; any will do that others do not use.
const (
	migrationLock int64 = 7624011930
	accessLock    int64 = 7624011931
	territorySeed int64 = 7624011932
)
