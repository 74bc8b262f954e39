// Package ledger keeps what people did with territories, in the SQL database of
// a store: scenarios, runs, results, and an audit log of who changed what.
//
// A run is a question (analysis and parameters) about a snapshot. Its key is the
// hash of the question; a result is stored under that key once and never
// changes, so asking twice computes once.
//
//	queued → running → done | failed | cancelled
//	            └────→ queued, with the next attempt: its worker died, or it may be tried again
//
// Each attempt has a number. Whatever a worker writes about a run names the
// attempt it holds and does nothing when the run is at another: a worker that was
// taken for dead and wakes up again commits nothing.
//
// Both databases are spoken to through database/sql; Dialect holds what differs.
package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of the ledger; they are wrapped with what they concern.
var (
	ErrNotFound = errors.New("not found")
	// ErrFenced says that the run is not at the caller's attempt any more, or not running.
	ErrFenced = errors.New("the run has gone on without this worker")
	// ErrRequest says that a Request cannot be accepted; the error names the field.
	ErrRequest = errors.New("bad request")
	// ErrNoLedger says that a file has no ledger: nobody has asked anything of it yet.
	ErrNoLedger = errors.New("no ledger")
)

// State of a run.
type State string

// The states of a run; the last three are final.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Final says that the run will not change any more.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Question is what a run answers.
type Question struct {
	Analysis  string          `json:"analysis"`          // coverage, uncertainty, …
	Territory string          `json:"territory"`         // id
	Vintage   string          `json:"vintage,omitempty"` // as stored
	Snapshot  string          `json:"snapshot"`          // geodata.Snapshot.ID
	Part      json.RawMessage `json:"part,omitempty"`    // geodata.Part, when the question is about a part of the territory
	Params    json.RawMessage `json:"params"`            // the analysis's Params
	Version   string          `json:"version"`           // of the program
}

// Request is a question with how to go about it.
type Request struct {
	Question
	By          string        // who asks
	Priority    int           // 1 (first) to 4; 0 is 2
	Timeout     time.Duration // of one attempt; 0 is an hour
	MaxAttempts int           // 0 is 3
}

// Run is a question being answered.
type Run struct {
	ID string `json:"id"`
	Question
	Key         string        `json:"key"` // Question.Key
	State       State         `json:"state"`
	Attempt     int           `json:"attempt"` // from 1
	MaxAttempts int           `json:"max_attempts"`
	Priority    int           `json:"priority"`
	Timeout     time.Duration `json:"timeout_ns"`
	By          string        `json:"by,omitempty"`
	Worker      string        `json:"worker,omitempty"`
	Done        int64         `json:"done"` // progress of the attempt: Done of Total
	Total       int64         `json:"total"`
	Error       string        `json:"error,omitempty"`      // of the last attempt that failed
	Cancelling  bool          `json:"cancelling,omitempty"` // somebody asked to cancel it
	Created     time.Time     `json:"created"`
	Due         time.Time     `json:"due"`               // a queued attempt begins no sooner
	Started     time.Time     `json:"started,omitzero"`  // of the last attempt that began
	Finished    time.Time     `json:"finished,omitzero"` // when the state became final
	Job         int64         `json:"-"`                 // the queue's job for this attempt; 0 for none
}

// Dialect is what differs between the databases. Both understand $1, $2, …,
// RETURNING and ON CONFLICT.
type Dialect struct {
	Name string // postgres or sqlite
	Now  string // an SQL expression: microseconds since 1970 as an integer, by the database's clock
}

// The dialects.
var (
	Postgres = Dialect{"postgres", "(extract(epoch from clock_timestamp())*1000000)::bigint"}
	SQLite   = Dialect{"sqlite", "cast(unixepoch('subsec')*1000000 as integer)"}
)

// Ledger reads and writes the ledger of one store. It may be used by many goroutines.
type Ledger struct {
	db      *sql.DB
	dialect Dialect
}

// New returns the ledger in a database whose tables the store has made (see
// Migrations). On SQLite transactions must begin as writers and wait for one
// another: with _txlock=immediate and a busy_timeout.
func New(db *sql.DB, d Dialect) *Ledger { return &Ledger{db, d} }

// DB is the database and Dialect how it is spoken to, for the queue, whose
// tables are in the same one.
func (l *Ledger) DB() *sql.DB { return l.db }

// Dialect is the database's.
func (l *Ledger) Dialect() Dialect { return l.dialect }

// explain says in words of this program that the tables are missing, which those
// of a file are until it is opened for writing.
func (l *Ledger) explain(ctx context.Context, err error) error {
	if err == nil || l.dialect != SQLite || !strings.Contains(err.Error(), "no such table: maillage_") {
		return err
	}
	var file string
	if failure := l.db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); failure != nil {
		return err
	}
	return fmt.Errorf("%s has %w of runs, scenarios and changes, because nobody has asked anything of it yet; where the file can be written, maillage migrate --on %s makes one",
		file, ErrNoLedger, file)
}

// sql fills in what differs: {now}.
func (l *Ledger) sql(statement string) string {
	return strings.ReplaceAll(statement, "{now}", l.dialect.Now)
}

// within runs f in a transaction.
func (l *Ledger) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone drops the error of rolling back what ended with its context.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func moment(micro int64) time.Time { return time.UnixMicro(micro).UTC() }

func momentOr(micro sql.NullInt64) (t time.Time) {
	if micro.Valid {
		return moment(micro.Int64)
	}
	return t
}

// clean makes text that both databases can store: valid UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
