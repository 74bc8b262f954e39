package postgis

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// Write stores the snapshot in one transaction and makes it the current vintage.
// See store.Store. A text that PostgreSQL cannot hold (not UTF-8, or with U+0000),
// unsorted tags and opening hours out of order are errors that name the record.
func (s *Store) Write(ctx context.Context, snap *geodata.Snapshot, o store.WriteOptions) error {
	c := newContent(snap)
	o.Vintage = cmp.Or(o.Vintage, store.VintageOf(snap))
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	total := c.rows()
	err := s.change(ctx, snap.Territory().ID, func(tx pgx.Tx) error {
		return s.write(ctx, tx, c, o, func(done int) { o.Progress(done, total) })
	})
	if err != nil {
		return fmt.Errorf("territory %s cannot be stored: %w", snap.Territory().ID, err)
	}
	o.Progress(total, total)
	return nil
}

// change runs f in a transaction that nobody else changes the territory in, and
// tidies up afterwards.
func (s *Store) change(ctx context.Context, territory string, f func(pgx.Tx) error) error {
	done := false
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		var alone bool
		if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2))", territory, territorySeed).Scan(&alone); err != nil {
			return err
		}
		if !alone {
			return fmt.Errorf("%s: territory %s is being imported or removed by somebody else, try again later: %w", s.target, territory, store.ErrBusy)
		}
		err = f(tx)
		done = err == nil
		return err
	})
	if done && err != nil && isLost(err) {
		return fmt.Errorf("%s: the connection was lost when all was done and only the server's word was missing: see maillage territories whether it is stored: %w", s.target, err)
	}
	if err != nil {
		return s.explainWrite(ctx, err)
	}
	s.sweep(ctx)
	return nil
}

func (s *Store) write(ctx context.Context, tx pgx.Tx, c *content, o store.WriteOptions, sent func(int)) error {
	territory := c.s.Territory().ID
	if _, err := tx.Exec(ctx, "DELETE FROM maillage.snapshot WHERE territory = $1 AND vintage = $2", territory, o.Vintage); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE maillage.snapshot SET current = false WHERE territory = $1 AND current", territory); err != nil {
		return err
	}
	number, err := insertSnapshot(ctx, tx, c.s, o.Vintage, o.Imported)
	if err != nil {
		return err
	}
	before, own := 0, tablesOf(c)
	for _, t := range own {
		if err := fill(ctx, tx, t, c, number, func(n int) { sent(before + n) }); err != nil {
			return err
		}
		before += t.rows(c)
		sent(before)
	}
	// Last of all, because others wait for these locks.
	for _, t := range own {
		if _, err := tx.Exec(ctx, fmt.Sprintf("ALTER TABLE maillage.%s ATTACH PARTITION maillage.%s_%d FOR VALUES IN (%d)", t.name, t.name, number, number)); err != nil {
			return err
		}
	}
	if err := publish(ctx, tx, territory); err != nil {
		return err
	}
	return record(ctx, tx, ledger.Entry{By: o.By, Action: "import", What: territory + "/" + o.Vintage, Detail: c.s.ID()})
}

func insertSnapshot(ctx context.Context, tx pgx.Tx, s *geodata.Snapshot, vintage string, imported time.Time) (number int64, err error) {
	t, p, r := s.Territory(), s.Population(), s.Roads()
	e := &encoder{kind: "territory", id: t.ID}
	columns := make([]string, len(p.Columns))
	for k := range columns {
		columns[k] = p.Columns[k].Name
		e.check(columns[k])
	}
	for _, text := range []string{t.ID, t.Name, vintage, p.Name, p.Rule.Key} {
		e.check(text)
	}
	sets := setsOf(e, s)
	for _, src := range s.Sources() {
		for _, text := range []string{src.Layer, src.Name, src.Publisher, src.Licence, src.Vintage} {
			e.check(text)
		}
	}
	timetable, err := headOfTimetable(e, s)
	if err != nil {
		return 0, err
	}
	if e.err != nil {
		return 0, e.err
	}
	catalogue, err := json.Marshal(s.Catalogue())
	if err != nil {
		return 0, fmt.Errorf("catalogue: %w", err)
	}
	sources, err := json.Marshal(s.Sources())
	if err != nil {
		return 0, fmt.Errorf("sources: %w", err)
	}
	counts, err := json.Marshal(sets)
	if err != nil {
		return 0, fmt.Errorf("counts: %w", err)
	}
	var moment *time.Time // now
	if !imported.IsZero() {
		moment = &imported
	}
	err = tx.QueryRow(ctx, `INSERT INTO maillage.snapshot (territory, name, modelled, vintage, hash, current, communes, cells, facilities, ways, nodes,
			grid, grid_year, grid_cell_size, columns, catalogue, sources, imported, zones, census, counts, secrecy_minimum, secrecy_of, timetable, on_demand)
		VALUES ($1, $2, $3, $4, $5, true, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, coalesce($17, clock_timestamp()), $18, $19, $20, $21, $22, $23, $24) RETURNING snapshot`,
		t.ID, t.Name, t.Modelled, vintage, s.ID(), len(s.Communes()), len(p.Cells), len(s.Facilities()), len(r.Ways), len(r.Nodes),
		p.Name, p.Vintage, p.CellSize, columns, string(catalogue), string(sources), moment,
		len(s.Zones()), len(s.Census()), string(counts), p.Rule.Minimum, p.Rule.Of, timetable, len(s.OnDemand())).Scan(&number)
	if err != nil {
		return 0, err
	}
	return number, insertSecrets(ctx, tx, s, number)
}

// countsSet is what snapshot.counts says of a set of counts.
type countsSet struct {
	Name     string   `json:"name"`
	Year     int      `json:"year"`
	CellSize int      `json:"cell_size"`
	Columns  []string `json:"columns"`
	Places   int      `json:"places"`
	Minimum  int      `json:"secrecy_minimum,omitempty"`
	Of       string   `json:"secrecy_of,omitempty"`
}

func setsOf(e *encoder, s *geodata.Snapshot) []countsSet {
	sets := make([]countsSet, len(s.Counts()))
	for i := range sets {
		p := &s.Counts()[i]
		e.check(p.Name)
		e.check(p.Rule.Key)
		sets[i] = countsSet{Name: p.Name, Year: p.Vintage, CellSize: p.CellSize, Columns: make([]string, len(p.Columns)), Places: len(p.Cells), Minimum: p.Rule.Minimum, Of: p.Rule.Of}
		for k := range p.Columns {
			sets[i].Columns[k] = p.Columns[k].Name
			e.check(p.Columns[k].Name)
		}
	}
	return sets
}

// insertSecrets keeps the keys where only the owner may read them.
func insertSecrets(ctx context.Context, tx pgx.Tx, s *geodata.Snapshot, number int64) error {
	keys := map[string]string{"": s.Population().Rule.Key}
	for i := range s.Counts() {
		keys[s.Counts()[i].Name] = s.Counts()[i].Rule.Key
	}
	for counts, key := range keys {
		if key == "" {
			continue
		}
		if _, err := tx.Exec(ctx, "INSERT INTO maillage.secret (snapshot, counts, key) VALUES ($1, $2, $3)", number, counts, key); err != nil {
			return err
		}
	}
	return nil
}

// fill makes the partition of a table for the snapshot, copies the rows into it
// and then makes its indexes.
func fill(ctx context.Context, tx pgx.Tx, t table, c *content, number int64, sent func(int)) error {
	partition := fmt.Sprintf("%s_%d", t.name, number)
	// The check spares attaching the partition a look at every row. Nobody but the
	// owner may read a partition by itself, whatever is granted.
	_, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TABLE maillage.%s (LIKE maillage.%s INCLUDING COMMENTS, CHECK (snapshot = %d));
		ALTER TABLE maillage.%s ENABLE ROW LEVEL SECURITY`, partition, t.name, number, partition))
	if err != nil {
		return err
	}
	err = copyRows(ctx, tx, partition, "snapshot, fid, "+t.columns, t.rows(c), func(e *encoder, i int) {
		e.bigint(number)
		e.integer(int32(i + 1))
		t.row(e, c, i)
	}, sent)
	if err != nil {
		return err
	}
	statements := []string{fmt.Sprintf("ALTER TABLE maillage.%s ADD PRIMARY KEY (snapshot, fid)", partition)}
	for _, index := range t.indexes {
		statements = append(statements, fmt.Sprintf("CREATE INDEX ON maillage.%s %s", partition, index))
	}
	statements = append(statements, "ANALYZE maillage."+partition)
	_, err = tx.Exec(ctx, strings.Join(statements, "; "))
	return err
}

// record adds a line to the audit log, within the transaction.
func record(ctx context.Context, tx pgx.Tx, e ledger.Entry) error {
	_, err := tx.Exec(ctx, "INSERT INTO maillage.maillage_audit (at, by_whom, action, what, detail) VALUES ("+ledger.Postgres.Now+", $1, $2, $3, $4)",
		e.By, e.Action, e.What, e.Detail)
	return err
}

// Remove forgets a vintage, or all of a territory. See store.Store.
func (s *Store) Remove(ctx context.Context, ref store.Ref, by string) error {
	v, err := s.find(ctx, s.pool, ref)
	if err != nil {
		return s.explain(ctx, err)
	}
	return s.change(ctx, v.territory, func(tx pgx.Tx) error { return s.remove(ctx, tx, v.territory, ref.Vintage, by) })
}

// remove forgets one vintage or, without a name, all; where the current one goes,
// the last one written of the others becomes current.
func (s *Store) remove(ctx context.Context, tx pgx.Tx, territory, vintage, by string) error {
	gone, err := tx.Query(ctx, "DELETE FROM maillage.snapshot WHERE territory = $1 AND (vintage = $2 OR $2 = '') RETURNING vintage, hash", territory, vintage)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(gone, func(row pgx.CollectableRow) (e ledger.Entry, err error) {
		e = ledger.Entry{By: by, Action: "remove"}
		err = row.Scan(&e.What, &e.Detail)
		return e, err
	})
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return fmt.Errorf("%s: vintage %q of territory %s is gone already: %w", s.target, vintage, territory, store.ErrNotFound)
	}
	for _, e := range lines {
		e.What = territory + "/" + e.What
		if err := record(ctx, tx, e); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE maillage.snapshot SET current = true WHERE snapshot = (SELECT max(snapshot) FROM maillage.snapshot WHERE territory = $1)
		AND NOT EXISTS (SELECT FROM maillage.snapshot WHERE territory = $1 AND current)`, territory)
	if err != nil {
		return err
	}
	return publish(ctx, tx, territory)
}

// sweep drops the partitions of snapshots that are gone. Where somebody is
// reading, it leaves them for the next time: they are out of sight already, so no
// error of it matters.
func (s *Store) sweep(ctx context.Context) {
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT number FROM (SELECT substring(relname FROM '_([0-9]+)$')::bigint AS number FROM pg_class
		WHERE relnamespace = 'maillage'::regnamespace AND relispartition AND relkind = 'r') AS p
		WHERE NOT EXISTS (SELECT FROM maillage.snapshot s WHERE s.snapshot = p.number)`)
	if err != nil {
		return
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return
	}
	for _, number := range numbers {
		var names []string
		for _, t := range tables {
			names = append(names, fmt.Sprintf("maillage.%s_%d", t.name, number))
		}
		_ = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '200ms'; DROP TABLE IF EXISTS "+strings.Join(names, ", "))
			return err
		})
	}
}
