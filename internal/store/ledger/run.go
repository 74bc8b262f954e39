package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const runColumns = `id, key, analysis, territory, vintage, snapshot, part, params, version, by_whom, priority, timeout, max_attempts,
	state, attempt, due, job, worker, cancel_asked, done, total, error, created, started, finished`

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

func scanRun(row scanner) (r Run, err error) {
	var part sql.NullString
	var params string
	var timeout, due, created int64
	var job, cancel, started, finished sql.NullInt64
	if err := row.Scan(&r.ID, &r.Key, &r.Analysis, &r.Territory, &r.Vintage, &r.Snapshot, &part, &params, &r.Version, &r.By, &r.Priority, &timeout, &r.MaxAttempts,
		&r.State, &r.Attempt, &due, &job, &r.Worker, &cancel, &r.Done, &r.Total, &r.Error, &created, &started, &finished); err != nil {
		return r, err
	}
	if part.Valid {
		r.Part = json.RawMessage(part.String)
	}
	r.Params, r.Timeout = json.RawMessage(params), time.Duration(timeout)*time.Microsecond
	r.Due, r.Created, r.Started, r.Finished = moment(due), moment(created), momentOr(started), momentOr(finished)
	r.Job, r.Cancelling = job.Int64, cancel.Valid && !r.State.Final()
	return r, nil
}

func scanRuns(rows *sql.Rows, err error) (runs []Run, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, rows.Err()
}

// fenced is the error of a statement that changed no run.
func fenced(err error, id string, attempt int) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("run %s, attempt %d: %w", id, attempt, ErrFenced)
	}
	return err
}

// Submit asks for a run. Where the question has an answer it returns the run
// that gave it, where it is being answered the run that is at it; fresh says that
// there was neither, and the run returned is new and queued. However many submit
// the same question at once, one run comes of it. What cannot be accepted is an
// ErrRequest.
func (l *Ledger) Submit(ctx context.Context, request Request) (run Run, fresh bool, err error) {
	r, err := request.complete()
	if err != nil {
		return Run{}, false, err
	}
	key := r.Key()
	for range 10 { // more than one only where a run ends between two statements
		run, fresh, err = l.submit(ctx, r, key)
		if !errors.Is(err, sql.ErrNoRows) {
			return run, fresh, err
		}
	}
	return run, false, fmt.Errorf("question %s: runs of it begin and end without a result", key)
}

func (l *Ledger) submit(ctx context.Context, r Request, key string) (run Run, fresh bool, err error) {
	err = l.within(ctx, func(tx *sql.Tx) error {
		run, err = l.insertRun(ctx, tx, r, key)
		if errors.Is(err, sql.ErrNoRows) {
			run, err = scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM maillage_run WHERE key = $1 AND state IN ('queued', 'running')`, key))
			return err
		}
		if err != nil {
			return err
		}
		// Only now, when nobody else can be answering the question, is it sure
		// whether there is an answer: the insert waited for those who were.
		done, err := scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM maillage_run WHERE id = (SELECT run FROM maillage_result WHERE key = $1)`, key))
		if err == nil {
			run = done
			return errAnswered
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		fresh = true
		return RecordIn(ctx, tx, l.dialect, Entry{By: r.By, Action: "run", What: run.ID, Detail: r.Analysis + " " + r.Territory})
	})
	if errors.Is(err, errAnswered) {
		return run, false, nil
	}
	return run, fresh, err
}

// errAnswered rolls a new run back.
var errAnswered = errors.New("answered")

func (l *Ledger) insertRun(ctx context.Context, tx *sql.Tx, r Request, key string) (Run, error) {
	var part any
	if r.Part != nil {
		part = string(r.Part)
	}
	return scanRun(tx.QueryRowContext(ctx, l.sql(`INSERT INTO maillage_run
		(id, key, analysis, territory, vintage, snapshot, part, params, version, by_whom, priority, timeout, max_attempts, state, attempt, due, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', 1, {now}, {now})
		ON CONFLICT (key) WHERE state IN ('queued', 'running') DO NOTHING
		RETURNING `+runColumns),
		newID(), key, r.Analysis, r.Territory, r.Vintage, r.Snapshot, part, string(r.Params), r.Version, r.By, r.Priority, r.Timeout.Microseconds(), r.MaxAttempts))
}

// newID is 65 random bits that can be read out over the telephone.
func newID() string { return strings.ToLower(rand.Text()[:13]) }

// Retry submits the question of a failed or cancelled run again.
func (l *Ledger) Retry(ctx context.Context, id, by string) (run Run, fresh bool, err error) {
	old, err := l.Run(ctx, id)
	if err != nil {
		return old, false, err
	}
	if old.State != Failed && old.State != Cancelled {
		return old, false, fmt.Errorf("%w: run %s is %s: only a failed or cancelled run is tried again", ErrRequest, id, old.State)
	}
	return l.Submit(ctx, Request{Question: old.Question, By: by, Priority: old.Priority, Timeout: old.Timeout, MaxAttempts: old.MaxAttempts})
}

// Run returns a run; ErrNotFound.
func (l *Ledger) Run(ctx context.Context, id string) (Run, error) {
	r, err := scanRun(l.db.QueryRowContext(ctx, `SELECT `+runColumns+` FROM maillage_run WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("run %q: %w", id, ErrNotFound)
	}
	return r, l.explain(ctx, err)
}

// Filter chooses runs; empty fields choose all.
type Filter struct {
	States    []State
	Analysis  string
	Territory string
	By        string
	Key       string
	Limit     int // 0 is 100
}

// Runs lists runs, the newest first.
func (l *Ledger) Runs(ctx context.Context, f Filter) ([]Run, error) {
	var where conditions
	for _, s := range f.States {
		where.anyOf("state", string(s))
	}
	where.equal("analysis", f.Analysis)
	where.equal("territory", f.Territory)
	where.equal("by_whom", f.By)
	where.equal("key", f.Key)
	query := `SELECT ` + runColumns + ` FROM maillage_run` + where.sql() + ` ORDER BY number DESC LIMIT ` + where.arg(limit(f.Limit))
	runs, err := scanRuns(l.db.QueryContext(ctx, query, where.args...))
	return runs, l.explain(ctx, err)
}

func limit(n int) int {
	if n <= 0 {
		return 100
	}
	return n
}

// conditions are those of a WHERE, with their arguments.
type conditions struct {
	all  []string
	any  []string
	args []any
}

func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) equal(column, value string) {
	if value != "" {
		c.all = append(c.all, column+" = "+c.arg(value))
	}
}

func (c *conditions) anyOf(column, value string) { c.any = append(c.any, column+" = "+c.arg(value)) }

func (c *conditions) sql() string {
	all := c.all
	if len(c.any) > 0 {
		all = append(all, "("+strings.Join(c.any, " OR ")+")")
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

// Cancel ends a queued run at once and asks the worker of a running one to stop.
// A run in a final state stays as it is.
func (l *Ledger) Cancel(ctx context.Context, id, by string) (run Run, err error) {
	by = clean(by)
	err = l.within(ctx, func(tx *sql.Tx) error {
		run, err = scanRun(tx.QueryRowContext(ctx, l.sql(`UPDATE maillage_run SET cancel_asked = {now}, cancel_by = $2,
			finished = CASE WHEN state = 'queued' THEN {now} END,
			state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
			WHERE id = $1 AND state IN ('queued', 'running') AND cancel_asked IS NULL RETURNING `+runColumns), id, by))
		if err != nil {
			return err
		}
		if err := l.note(ctx, tx, run.ID, run.Attempt, "cancelled by "+someone(by)); err != nil {
			return err
		}
		return RecordIn(ctx, tx, l.dialect, Entry{By: by, Action: "cancel", What: id})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return l.Run(ctx, id)
	}
	return run, err
}

func someone(by string) string {
	if by == "" {
		return "somebody"
	}
	return by
}

// Line is a line of a run's log.
type Line struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
}

// RunLog returns what the ledger and the workers said about a run, in order.
func (l *Ledger) RunLog(ctx context.Context, id string) (lines []Line, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT attempt, at, line FROM maillage_run_log WHERE run = $1 ORDER BY id`, id)
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var line Line
		var at int64
		if err := rows.Scan(&line.Attempt, &at, &line.Text); err != nil {
			return nil, err
		}
		line.At = moment(at)
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// PurgeLogs drops the logs of runs that ended longer ago than that, and
// returns how many lines went.
func (l *Ledger) PurgeLogs(ctx context.Context, age time.Duration) (int64, error) {
	r, err := l.db.ExecContext(ctx, l.sql(`DELETE FROM maillage_run_log WHERE run IN
		(SELECT id FROM maillage_run WHERE finished < {now} - CAST($1 AS bigint))`), age.Microseconds())
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// note adds a line of the ledger's own to a run's log.
func (l *Ledger) note(ctx context.Context, in Execer, id string, attempt int, line string) error {
	_, err := in.ExecContext(ctx, l.sql(`INSERT INTO maillage_run_log (run, attempt, at, line) VALUES ($1, $2, {now}, $3)`), id, attempt, clean(line))
	return err
}

// Result returns the answer under a key, and its SHA-256 in hexadecimal. A body
// that is not what was stored is an error; so is a missing one, ErrNotFound.
func (l *Ledger) Result(ctx context.Context, key string) (body []byte, sum string, err error) {
	err = l.db.QueryRowContext(ctx, `SELECT body, hash FROM maillage_result WHERE key = $1`, key).Scan(&body, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", fmt.Errorf("result %s: %w", key, ErrNotFound)
	}
	if err == nil && hash(body) != sum {
		return nil, "", fmt.Errorf("result %s: damaged: its content does not have its hash", key)
	}
	return body, sum, l.explain(ctx, err)
}
