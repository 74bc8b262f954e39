package ledger

import (
	"context"
	"database/sql"
	"time"
)

// Entry is a line of the audit log.
type Entry struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action string    `json:"action"` // import, remove, scenario, run, cancel, restore, …
	What   string    `json:"what"`   // territory/vintage, run id, …
	Detail string    `json:"detail,omitempty"`
}

// Record adds a line to the audit log; the time is the database's.
func (l *Ledger) Record(ctx context.Context, e Entry) error {
	return RecordIn(ctx, l.db, l.dialect, e)
}

// Execer is a *sql.DB or *sql.Tx.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// RecordIn is Record within a transaction of the caller's.
func RecordIn(ctx context.Context, in Execer, d Dialect, e Entry) error {
	_, err := in.ExecContext(ctx, `INSERT INTO maillage_audit (at, by_whom, action, what, detail) VALUES (`+d.Now+`, $1, $2, $3, $4)`,
		clean(e.By), clean(e.Action), clean(e.What), clean(e.Detail))
	return err
}

// EntryFilter chooses lines of the audit log; empty fields choose all.
type EntryFilter struct {
	By     string
	Action string
	What   string
	Since  time.Time
	Limit  int // 0 is 100
}

// Entries lists lines of the audit log, the newest first.
func (l *Ledger) Entries(ctx context.Context, f EntryFilter) (entries []Entry, err error) {
	var where conditions
	where.equal("by_whom", f.By)
	where.equal("action", f.Action)
	where.equal("what", f.What)
	if !f.Since.IsZero() {
		where.all = append(where.all, "at >= "+where.arg(f.Since.UnixMicro()))
	}
	query := `SELECT at, by_whom, action, what, detail FROM maillage_audit` + where.sql() + ` ORDER BY id DESC LIMIT ` + where.arg(limit(f.Limit))
	rows, err := l.db.QueryContext(ctx, query, where.args...)
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&at, &e.By, &e.Action, &e.What, &e.Detail); err != nil {
			return nil, err
		}
		e.At = moment(at)
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
