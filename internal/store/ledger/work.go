package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// What workers say. All of it names the attempt the worker holds, and is
// ErrFenced when the run is at another or not running.

// Claim makes a queued attempt the worker's.
func (l *Ledger) Claim(ctx context.Context, id string, attempt int, worker string) (run Run, err error) {
	err = l.within(ctx, func(tx *sql.Tx) error {
		run, err = scanRun(tx.QueryRowContext(ctx, l.sql(`UPDATE maillage_run SET state = 'running', worker = $3, beat = {now}, started = {now}, done = 0, total = 0
			WHERE id = $1 AND attempt = $2 AND state = 'queued' RETURNING `+runColumns), id, attempt, clean(worker)))
		if err != nil {
			return err
		}
		return l.note(ctx, tx, id, attempt, fmt.Sprintf("attempt %d of %d begins on %s", attempt, run.MaxAttempts, worker))
	})
	return run, fenced(err, id, attempt)
}

// Beat is the worker's sign of life, with how far the work is. The answer is
// whether somebody asked to cancel the run.
func (l *Ledger) Beat(ctx context.Context, id string, attempt int, done, total int64) (cancel bool, err error) {
	var asked sql.NullInt64
	err = l.db.QueryRowContext(ctx, l.sql(`UPDATE maillage_run SET beat = {now}, done = $3, total = $4
		WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING cancel_asked`), id, attempt, done, total).Scan(&asked)
	return asked.Valid, fenced(err, id, attempt)
}

// Log adds lines to the run's log.
func (l *Ledger) Log(ctx context.Context, id string, attempt int, lines ...string) error {
	return l.within(ctx, func(tx *sql.Tx) error {
		var one int
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM maillage_run WHERE id = $1 AND attempt = $2 AND state = 'running'`, id, attempt).Scan(&one)
		for _, line := range lines {
			if err == nil {
				err = l.note(ctx, tx, id, attempt, line)
			}
		}
		return fenced(err, id, attempt)
	})
}

// Finish commits the answer: the run is done and the result stored, or neither.
func (l *Ledger) Finish(ctx context.Context, id string, attempt int, body []byte) error {
	if body == nil {
		body = []byte{}
	}
	return l.within(ctx, func(tx *sql.Tx) error {
		var key string
		err := tx.QueryRowContext(ctx, l.sql(`UPDATE maillage_run SET state = 'done', finished = {now}, beat = {now}, done = total
			WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING key`), id, attempt).Scan(&key)
		if err != nil {
			return fenced(err, id, attempt)
		}
		if _, err := tx.ExecContext(ctx, l.sql(`INSERT INTO maillage_result (key, run, attempt, created, hash, body) VALUES ($1, $2, $3, {now}, $4, $5)`),
			key, id, attempt, hash(body), body); err != nil {
			return fmt.Errorf("storing the result of run %s: %w", id, err)
		}
		return l.note(ctx, tx, id, attempt, fmt.Sprintf("done: %d bytes", len(body)))
	})
}

// Fail ends an attempt that gave no answer. The run is queued again, a while
// later, when retry is true and an attempt is left; else it failed, or, when
// somebody asked for it, was cancelled. The run is returned as it is now.
func (l *Ledger) Fail(ctx context.Context, id string, attempt int, message string, retry bool) (Run, error) {
	delay := time.Duration(-1)
	if retry {
		delay = Backoff(attempt)
	}
	return l.end(ctx, id, attempt, message, delay)
}

// Release gives an attempt back because its worker stops: as Fail with retry,
// but the next attempt is due at once.
func (l *Ledger) Release(ctx context.Context, id string, attempt int, message string) (Run, error) {
	return l.end(ctx, id, attempt, message, 0)
}

// Backoff is how long the ledger waits after an attempt that failed: 2 s, 4 s, 8 s, … up to five minutes.
func Backoff(attempt int) time.Duration {
	return min(time.Second<<min(attempt, 20), 5*time.Minute)
}

// ending is the SET of an attempt that ends without an answer; {again} says
// whether another may follow. Cancelling goes before trying again.
const ending = `
	state = CASE WHEN cancel_asked IS NOT NULL THEN 'cancelled' WHEN {again} AND attempt < max_attempts THEN 'queued' ELSE 'failed' END,
	attempt = CASE WHEN cancel_asked IS NULL AND {again} AND attempt < max_attempts THEN attempt + 1 ELSE attempt END,
	finished = CASE WHEN cancel_asked IS NULL AND {again} AND attempt < max_attempts THEN NULL ELSE {now} END,
	job = NULL, done = 0, total = 0`

// end is Fail; a negative delay is none to wait for.
func (l *Ledger) end(ctx context.Context, id string, attempt int, message string, delay time.Duration) (run Run, err error) {
	again, wait := 1, delay
	if delay < 0 {
		again, wait = 0, 0
	}
	message = clean(message)
	err = l.within(ctx, func(tx *sql.Tx) error {
		run, err = scanRun(tx.QueryRowContext(ctx, l.sql(`UPDATE maillage_run SET`+strings.ReplaceAll(ending, "{again}", "$3 = 1")+`,
			error = $4, due = {now} + CAST($5 AS bigint)
			WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING `+runColumns), id, attempt, again, message, wait.Microseconds()))
		if err != nil {
			return err
		}
		return l.note(ctx, tx, id, attempt, message+next(run))
	})
	return run, fenced(err, id, attempt)
}

// next says, for the log, what comes after an attempt.
func next(run Run) string {
	switch {
	case run.State != Queued:
		return "; " + string(run.State)
	default:
		return fmt.Sprintf("; attempt %d of %d follows", run.Attempt, run.MaxAttempts)
	}
}

// Rescue takes the runs whose workers have given no sign of life for that long:
// they are queued with the next attempt, due at once, or failed when none is
// left, and are returned as they are now.
func (l *Ledger) Rescue(ctx context.Context, silence time.Duration) (runs []Run, err error) {
	err = l.within(ctx, func(tx *sql.Tx) error {
		runs, err = scanRuns(tx.QueryContext(ctx, l.sql(`UPDATE maillage_run SET`+strings.ReplaceAll(ending, "{again}", "1 = 1")+`,
			error = 'attempt ' || CAST(attempt AS text) || ': its worker died: ' || worker || ' gave no sign of life for ' || $2, due = {now}
			WHERE state = 'running' AND beat < {now} - CAST($1 AS bigint) RETURNING `+runColumns), silence.Microseconds(), silence.String()))
		if err != nil {
			return err
		}
		for _, r := range runs {
			attempt := r.Attempt
			if r.State == Queued {
				attempt--
			}
			if err := l.note(ctx, tx, r.ID, attempt, r.Error+next(r)); err != nil {
				return err
			}
		}
		return nil
	})
	return runs, err
}

// Waiting lists queued runs in the order of their turn.
func (l *Ledger) Waiting(ctx context.Context, atMost int) ([]Run, error) {
	return scanRuns(l.db.QueryContext(ctx, `SELECT `+runColumns+` FROM maillage_run WHERE state = 'queued' ORDER BY priority, number LIMIT $1`, atMost))
}

// SetJob remembers the queue's job for a queued attempt; it does nothing when
// the run has gone on.
func (l *Ledger) SetJob(ctx context.Context, id string, attempt int, job int64) error {
	_, err := l.db.ExecContext(ctx, `UPDATE maillage_run SET job = $3 WHERE id = $1 AND attempt = $2 AND state = 'queued'`, id, attempt, job)
	return err
}

// Worker is a process that works runs.
type Worker struct {
	Name    string    `json:"name"`
	Slots   int       `json:"slots"` // runs at once
	Started time.Time `json:"started"`
	Beat    time.Time `json:"beat"` // last sign of life
}

// Greet is a worker's own sign of life.
func (l *Ledger) Greet(ctx context.Context, name string, slots int) error {
	_, err := l.db.ExecContext(ctx, l.sql(`INSERT INTO maillage_worker (name, slots, started, beat) VALUES ($1, $2, {now}, {now})
		ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, beat = excluded.beat`), clean(name), slots)
	return err
}

// Leave says that a worker has stopped; those silent for a day are dropped too.
func (l *Ledger) Leave(ctx context.Context, name string) error {
	_, err := l.db.ExecContext(ctx, l.sql(`DELETE FROM maillage_worker WHERE name = $1 OR beat < {now} - CAST($2 AS bigint)`), name, (24 * time.Hour).Microseconds())
	return l.explain(ctx, err)
}

// Workers lists those that gave a sign of life within that time, by name.
func (l *Ledger) Workers(ctx context.Context, within time.Duration) (workers []Worker, err error) {
	rows, err := l.db.QueryContext(ctx, l.sql(`SELECT name, slots, started, beat FROM maillage_worker WHERE beat >= {now} - CAST($1 AS bigint) ORDER BY name`), within.Microseconds())
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var w Worker
		var started, beat int64
		if err := rows.Scan(&w.Name, &w.Slots, &started, &beat); err != nil {
			return nil, err
		}
		w.Started, w.Beat = moment(started), moment(beat)
		workers = append(workers, w)
	}
	return workers, rows.Err()
}
