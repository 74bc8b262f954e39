package ledger

import (
	"embed"
	"io/fs"
)

//go:embed migrations
var migrations embed.FS

// VersionTable is where goose keeps which migrations of the ledger have run. It
// is the ledger's own, so that a store numbers its migrations as it likes.
const VersionTable = "maillage_ledger_version"

// Migrations are the ledger's tables as goose SQL files, at the root of the file
// system. Table names are not qualified: a store in a Postgres schema has it
// first on its search path. A store runs them like this, with goose.DialectPostgres
// or goose.DialectSQLite3, in the place where it makes its own tables:
//
//	p, err := goose.NewProvider(goose.DialectPostgres, db, ledger.Migrations(ledger.Postgres),
//		goose.WithTableName(ledger.VersionTable), goose.WithDisableGlobalRegistry(true))
//	_, err = p.Up(ctx)
//
// The tables of the queue are made by package jobs when it is opened.
func Migrations(d Dialect) fs.FS {
	sub, err := fs.Sub(migrations, "migrations/"+d.Name)
	if err != nil {
		panic(err) // a constant path
	}
	return sub
}
