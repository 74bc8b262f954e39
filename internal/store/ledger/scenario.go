package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Scenario is a version of a named document about a territory; the ledger does
// not look into it. Versions are kept for good.
type Scenario struct {
	Territory string    `json:"territory"`
	Name      string    `json:"name"`
	Version   int       `json:"version"` // from 1
	ID        string    `json:"id"`      // SHA-256 of the document, in hexadecimal
	Document  string    `json:"document"`
	By        string    `json:"by"`
	Created   time.Time `json:"created"`
}

const scenarioColumns = `territory, name, version, id, document, by_whom, created`

func scanScenario(row scanner) (s Scenario, err error) {
	var created int64
	err = row.Scan(&s.Territory, &s.Name, &s.Version, &s.ID, &s.Document, &s.By, &created)
	s.Created = moment(created)
	return s, err
}

// PutScenario stores a document as the newest version of its name, and returns
// it. The newest version again changes nothing. Two who put at the same moment
// get two versions.
func (l *Ledger) PutScenario(ctx context.Context, territory, name, document, by string) (Scenario, error) {
	if strings.TrimSpace(name) == "" || clean(name) != name || clean(territory) != territory || clean(document) != document {
		return Scenario{}, fmt.Errorf("%w: scenario %q: want a name, and a document in UTF-8", ErrRequest, name)
	}
	for range 10 { // others may take the version number first
		s, err := l.putScenario(ctx, territory, name, document, clean(by))
		if !errors.Is(err, sql.ErrNoRows) {
			return s, err
		}
	}
	return Scenario{}, fmt.Errorf("scenario %q: others keep storing it; try again", name)
}

func (l *Ledger) putScenario(ctx context.Context, territory, name, document, by string) (s Scenario, err error) {
	err = l.within(ctx, func(tx *sql.Tx) error {
		var version int
		var removed sql.NullInt64
		var id string
		err := tx.QueryRowContext(ctx, `SELECT version, removed, id FROM maillage_scenario WHERE territory = $1 AND name = $2 ORDER BY version DESC LIMIT 1`, territory, name).Scan(&version, &removed, &id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && !removed.Valid && id == hash([]byte(document)) {
			s, err = scanScenario(tx.QueryRowContext(ctx, `SELECT `+scenarioColumns+` FROM maillage_scenario WHERE territory = $1 AND name = $2 AND version = $3`, territory, name, version))
			return err
		}
		s, err = scanScenario(tx.QueryRowContext(ctx, l.sql(`INSERT INTO maillage_scenario (territory, name, version, id, document, by_whom, created) VALUES ($1, $2, $3, $4, $5, $6, {now})
			ON CONFLICT (territory, name, version) DO NOTHING RETURNING `+scenarioColumns), territory, name, version+1, hash([]byte(document)), document, by))
		if err != nil {
			return err
		}
		return RecordIn(ctx, tx, l.dialect, Entry{By: by, Action: "scenario", What: territory + "/" + name, Detail: fmt.Sprintf("version %d, %s", s.Version, s.ID)})
	})
	return s, err
}

// Scenario returns a version of a name, the newest for 0, whether or not the
// name is still on the list; ErrNotFound.
func (l *Ledger) Scenario(ctx context.Context, territory, name string, version int) (Scenario, error) {
	s, err := scanScenario(l.db.QueryRowContext(ctx, `SELECT `+scenarioColumns+` FROM maillage_scenario
		WHERE territory = $1 AND name = $2 AND (version = $3 OR $3 = 0 AND removed IS NULL) ORDER BY version DESC LIMIT 1`, territory, name, version))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("scenario %q of %s: %w", name, territory, ErrNotFound)
	}
	return s, l.explain(ctx, err)
}

// ScenarioByID returns a document by its hash, under the name it got first; ErrNotFound.
func (l *Ledger) ScenarioByID(ctx context.Context, id string) (Scenario, error) {
	s, err := scanScenario(l.db.QueryRowContext(ctx, `SELECT `+scenarioColumns+` FROM maillage_scenario WHERE id = $1 ORDER BY created, territory, name, version LIMIT 1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("scenario %s: %w", id, ErrNotFound)
	}
	return s, l.explain(ctx, err)
}

// Scenarios lists the newest version of each name that has not been removed, by
// territory and name; of all territories when none is named.
func (l *Ledger) Scenarios(ctx context.Context, territory string) ([]Scenario, error) {
	return l.scenarios(ctx, `SELECT `+scenarioColumns+` FROM maillage_scenario s WHERE removed IS NULL AND ($1 = '' OR territory = $1)
		AND version = (SELECT max(version) FROM maillage_scenario WHERE territory = s.territory AND name = s.name) ORDER BY territory, name`, territory)
}

// ScenarioVersions lists all versions of a name, the newest first.
func (l *Ledger) ScenarioVersions(ctx context.Context, territory, name string) ([]Scenario, error) {
	return l.scenarios(ctx, `SELECT `+scenarioColumns+` FROM maillage_scenario WHERE territory = $1 AND name = $2 ORDER BY version DESC`, territory, name)
}

func (l *Ledger) scenarios(ctx context.Context, query string, args ...any) (list []Scenario, err error) {
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		s, err := scanScenario(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// RemoveScenario takes a name off the list; its versions stay, and putting the
// name again goes on counting them. A name that is not on the list is ErrNotFound.
func (l *Ledger) RemoveScenario(ctx context.Context, territory, name, by string) error {
	return l.within(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, l.sql(`UPDATE maillage_scenario SET removed = {now} WHERE territory = $1 AND name = $2 AND removed IS NULL`), territory, name)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("scenario %q of %s: %w", name, territory, ErrNotFound))
		}
		return RecordIn(ctx, tx, l.dialect, Entry{By: by, Action: "remove scenario", What: territory + "/" + name})
	})
}
