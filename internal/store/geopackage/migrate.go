package geopackage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/layers"
	"github.com/maillage/maillage/internal/store/ledger"
)

// bringUpToDate connects to the file, and makes what it lacks: the ledger's
// tables, those of a store of territories, the present schema. Each step is one
// transaction; a file that is up to date is only read.
func (s *Store) bringUpToDate(ctx context.Context) (err error) {
	if s.db, err = gpkg.OpenDB(ctx, s.path, true, s.wait); err != nil {
		return err
	}
	if err := s.migrateLedger(ctx); err != nil {
		return gpkg.Explain(s.path, err)
	}
	ready, err := reading(ctx, s.path, func(in *reader) (bool, error) {
		_, err := in.vintages()
		return in.kept && (in.schema == 0 || in.schema == SchemaVersion), err
	})
	if err != nil || ready {
		return err
	}
	return s.change(ctx, nil, func(e *editor) error { return e.migrate(ctx) })
}

// migrate makes a store of a file of schema 1, or of one that holds no territory,
// and brings one of schema 2 or 3 up to date.
func (e *editor) migrate(ctx context.Context) error {
	switch {
	case e.in.kept && (e.in.schema == 2 || e.in.schema == 3):
		return e.migrate2(ctx)
	case e.in.kept: // somebody else has done it
		return nil
	case len(e.all) == 0:
		if err := e.file.CheckFree(ctx, shownTables...); err != nil {
			return err
		}
		return makeTables(ctx, e.file)
	}
	v := &e.all[0]
	s, err := e.in.snapshot(v, nil)
	if err != nil {
		return err
	}
	var fields []string
	if err := e.in.each("maillage_columns", []string{"field"}, func(r *row) error {
		fields = append(fields, r.text("field"))
		return nil
	}); err != nil {
		return err
	}
	if err := e.file.Drop(ctx, schema1Tables...); err != nil {
		return err
	}
	if err := makeTables(ctx, e.file); err != nil {
		return err
	}
	id, err := insertVintage(ctx, e.file, s, v.Name, strconv.FormatInt(v.Imported.UnixMicro(), 10))
	if err != nil {
		return err
	}
	if err := e.file.Insert(ctx, packedTable, packedColumns, pack(s, shown{fields: fields}, id)); err != nil {
		return err
	}
	if err := e.newFields(ctx); err != nil {
		return err
	}
	return watch(ctx, e.file, shownTables)
}

// migrate2 adds to a file of schema 2 what schema 3 has: hours in holidays and
// the catchment of facilities. Zones, counts and a census, and the public transport
// of schema 4, come with what is written next: of a file of schema 3 only the
// number changes. An edit stays one: what was edited is not looked at, and may even
// make no sense.
func (e *editor) migrate2(ctx context.Context) error {
	edited, err := e.in.edited(shownTables)
	if err != nil {
		return err
	}
	if err := e.newFields(ctx); err != nil { // one of schema 3 has them
		return err
	}
	made, err := e.in.made()
	if err != nil {
		return err
	}
	for _, table := range shownTables {
		if edited[table] {
			continue
		}
		if _, err := e.file.ExecContext(ctx, "UPDATE maillage_edits SET edits = 0, made = ? WHERE layer = ?", made[table], table); err != nil {
			return err
		}
	}
	return nil
}

// newFields adds the fields of schema 3, unless a technician has added some of
// those names, and says that this is the present schema.
func (e *editor) newFields(ctx context.Context) error {
	made := "" // empty where somebody took the table away
	if err := e.in.file.Schema(ctx, func(kind, name, _, sql string) {
		if kind == "table" && name == "facilities" {
			made = sql
		}
	}); err != nil {
		return err
	}
	l := layers.Facilities(&geodata.Snapshot{}, nil)
	for _, name := range []string{"holidays", "catchment"} {
		if field := l.Field(name); made != "" && !strings.Contains(made, name) {
			if _, err := e.file.ExecContext(ctx, "ALTER TABLE facilities ADD COLUMN "+name+" TEXT"); err != nil {
				return err
			}
			if _, err := e.file.ExecContext(ctx, "INSERT INTO gpkg_data_columns VALUES ('facilities', ?, ?, ?, '', NULL, NULL)", name, field.Label.Fr, field.Label.En); err != nil {
				return err
			}
		}
	}
	_, err := e.file.ExecContext(ctx, "UPDATE territory SET schema = ?", SchemaVersion)
	return err
}

// makeTables makes the tables of a store of territories where they are missing.
func makeTables(ctx context.Context, f *gpkg.File) error {
	for _, table := range []string{vintagesSQL, packedSQL, editsSQL} {
		if _, err := f.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// migrateLedger makes the ledger's tables, or brings them up to date. Two
// programs may try at once: one of them fails then, and finds the work done.
func (s *Store) migrateLedger(ctx context.Context) error {
	files := ledger.Migrations(ledger.SQLite)
	wanted, err := newest(files)
	if err != nil {
		return err
	}
	has, err := ledgerVersion(ctx, s.db)
	if err == nil && has > wanted {
		return fmt.Errorf("%s was written by a newer version of Maillage (%w: its ledger is at %d; this one knows %d)", s.path, store.ErrNewerSchema, has, wanted)
	}
	if err != nil || has == wanted {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, files, goose.WithTableName(ledger.VersionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		if has, again := ledgerVersion(ctx, s.db); again != nil || has < wanted {
			return err
		}
	}
	return nil
}

// ledgerVersion is the last migration that has run, 0 before the first.
func ledgerVersion(ctx context.Context, db *sql.DB) (version int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?", ledger.VersionTable).Scan(new(string))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+ledger.VersionTable+" WHERE is_applied").Scan(&version)
	}
	return version, err
}

// newest is the number of the last migration file.
func newest(files fs.FS) (version int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number", name)
		}
		version = max(version, n)
	}
	return version, err
}
