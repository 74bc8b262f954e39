package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// copied are the tables and columns of a ledger that a copy takes over, in an
// order that respects their references. What numbers rows by itself numbers them
// anew, in the same order; jobs and workers are of the database they were in.
var copied = []struct{ table, order, columns string }{
	{"maillage_audit", "id", "at, by_whom, action, what, detail"},
	{"maillage_scenario", "territory, name, version", "territory, name, version, id, document, by_whom, created, removed"},
	{"maillage_run", "number", `id, key, analysis, territory, vintage, snapshot, part, params, version, by_whom, priority, timeout, max_attempts, state, attempt,
		due, worker, beat, cancel_asked, cancel_by, done, total, error, created, started, finished`},
	{"maillage_run_log", "id", "run, attempt, at, line"},
	{"maillage_result", "key", "key, run, attempt, created, hash, body"},
}

// Copy adds everything of a ledger to another, empty one, in one transaction of
// each. Runs under way are copied as they stand: where they are copied to, they
// are rescued like those of a worker that died.
func Copy(ctx context.Context, from, to *Ledger) error {
	if _, err := from.Entries(ctx, EntryFilter{Limit: 1}); errors.Is(err, ErrNoLedger) {
		return nil // nor is there anything to copy
	}
	read, err := from.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: from.dialect.snapshotIsolation()})
	if err != nil {
		return err
	}
	defer read.Rollback() //nolint:errcheck // it has only read
	write, err := to.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer write.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := errors.Join(from.waitsIn(ctx, read), to.waitsIn(ctx, write)); err != nil {
		return err
	}
	for _, c := range copied {
		if err := copyTable(ctx, read, write, c.table, c.order, strings.Fields(strings.ReplaceAll(c.columns, ",", " "))); err != nil {
			return fmt.Errorf("table %s: %w", c.table, err)
		}
	}
	return write.Commit()
}

// waitsIn lets a transaction say nothing for as long as the other database takes.
func (l *Ledger) waitsIn(ctx context.Context, tx *sql.Tx) error {
	if l.dialect.Name != Postgres.Name {
		return nil // SQLite does not count the time
	}
	_, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0")
	return err
}

// snapshotIsolation is what makes all reads of a transaction see one moment.
func (d Dialect) snapshotIsolation() sql.IsolationLevel {
	if d.Name == Postgres.Name {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault // SQLite knows no other
}

func copyTable(ctx context.Context, read, write *sql.Tx, table, order string, columns []string) error {
	marks := make([]string, len(columns))
	for i := range columns {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	names := strings.Join(columns, ", ")
	insert, err := write.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, names, strings.Join(marks, ", ")))
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // nothing is pending
	rows, err := read.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", names, table, order))
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // the error is rows.Err's
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
