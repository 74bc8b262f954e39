package postgis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Vintages lists what is stored. See store.Store.
func (s *Store) Vintages(ctx context.Context) ([]store.Vintage, error) {
	rows, err := s.pool.Query(ctx, `SELECT territory, name, modelled, vintage, hash, imported, current, communes, cells, facilities, ways
		FROM maillage.snapshot ORDER BY territory, NOT current, vintage`)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	vs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v store.Vintage, err error) {
		err = row.Scan(&v.Territory.ID, &v.Territory.Name, &v.Territory.Modelled, &v.Name, &v.Snapshot, &v.Imported, &v.Current,
			&v.Communes, &v.Cells, &v.Facilities, &v.Ways)
		return v, err
	})
	return vs, s.explain(ctx, err)
}

// vintage names a stored vintage.
type vintage struct {
	number    int64
	territory string
	name      string
	current   bool
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// find returns the vintage that ref names; the errors list what there is.
func (s *Store) find(ctx context.Context, in querier, ref store.Ref) (vintage, error) {
	rows, err := in.Query(ctx, "SELECT snapshot, territory, vintage, current FROM maillage.snapshot ORDER BY territory, vintage")
	if err != nil {
		return vintage{}, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v vintage, err error) {
		err = row.Scan(&v.number, &v.territory, &v.name, &v.current)
		return v, err
	})
	if err != nil {
		return vintage{}, err
	}
	var territories, names []string
	var found []vintage
	for _, v := range all {
		if !slices.Contains(territories, v.territory) {
			territories = append(territories, v.territory)
		}
		if v.territory == ref.Territory || ref.Territory == "" {
			names = append(names, v.name)
			if v.name == ref.Vintage || ref.Vintage == "" && v.current {
				found = append(found, v)
			}
		}
	}
	switch {
	case len(all) == 0:
		return vintage{}, fmt.Errorf("%s: no territory is stored there: %w", s.target, store.ErrNotFound)
	case len(names) == 0:
		return vintage{}, fmt.Errorf("%s: no territory %q, but %s: %w", s.target, ref.Territory, strings.Join(territories, ", "), store.ErrNotFound)
	case ref.Territory == "" && len(territories) > 1:
		return vintage{}, fmt.Errorf("%s holds several territories, say which: %s", s.target, strings.Join(territories, ", "))
	case len(found) == 0:
		return vintage{}, fmt.Errorf("%s: territory %s has no vintage %q, but %s: %w", s.target, all[0].territory, ref.Vintage, strings.Join(names, ", "), store.ErrNotFound)
	}
	return found[0], nil
}

// Read returns a snapshot. See store.Store.
func (s *Store) Read(ctx context.Context, ref store.Ref) (*geodata.Snapshot, error) {
	snap, err := s.read(ctx, ref, nil)
	return snap, s.explain(ctx, err)
}

// ReadPart asks each table's spatial index for what may belong to the part, and
// lets geodata.Cut decide. See store.Store.
func (s *Store) ReadPart(ctx context.Context, ref store.Ref, part geodata.Part) (*geodata.Snapshot, error) {
	snap, err := s.read(ctx, ref, &part)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return geodata.Cut(snap, part)
}

// begin starts a transaction that sees one state of the database. The locks keep
// sweep from dropping a partition before the transaction comes to read it.
var begin = func() string {
	var names []string
	for _, t := range tables {
		names = append(names, "ONLY maillage."+t.name)
	}
	return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE " + strings.Join(names, ", ") + " IN ACCESS SHARE MODE"
}()

// read returns the snapshot, or what of it may belong to the part.
func (s *Store) read(ctx context.Context, ref store.Ref, part *geodata.Part) (*geodata.Snapshot, error) {
	var c geodata.Content
	var hash string
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: begin}, func(tx pgx.Tx) error {
		v, err := s.find(ctx, tx, ref)
		if err != nil {
			return err
		}
		in := &reader{ctx: ctx, tx: tx, number: v.number}
		if hash, err = in.snapshot(&c); err != nil {
			return err
		}
		if err := in.secrets(&c); err != nil {
			return fmt.Errorf("%s: territory %s: %w", s.target, v.territory, err)
		}
		if part != nil {
			if err := in.frameOf(*part); err != nil {
				return fmt.Errorf("territory %s: %w", v.territory, err)
			}
		}
		for _, layer := range []func(*geodata.Content) error{in.communes, in.cells, in.facilities, in.roads, in.zones, in.counted, in.census, in.transit} {
			if err := layer(&c); err != nil {
				return fmt.Errorf("territory %s, vintage %s: %w", v.territory, v.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	snap, err := geodata.NewSnapshot(c)
	if err != nil {
		return nil, fmt.Errorf("territory %s is damaged: %w", c.Territory.ID, err)
	}
	if part == nil && snap.ID() != hash {
		return nil, fmt.Errorf("territory %s is damaged: it was imported as %s and now reads as %s; import it again", c.Territory.ID, hash, snap.ID())
	}
	return snap, nil
}

// reader reads one snapshot, or what may belong to a part of it.
type reader struct {
	ctx    context.Context
	tx     pgx.Tx
	number int64
	counts struct{ communes, cells, facilities, ways, nodes, zones, census, onDemand int } // of the whole snapshot
	epci   string                                                                          // of the part
	frame  *orb.Bound                                                                      // of the part; nil reads all
}

// each goes through the rows of a query about the snapshot, which is $1.
func (in *reader) each(query string, each func(*row) error, args ...any) error {
	// One plan for these numbers, and no text.
	args = append([]any{pgx.QueryExecModeDescribeExec, pgx.QueryResultFormats{pgx.BinaryFormatCode}, in.number}, args...)
	rows, err := in.tx.Query(in.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	r := &row{}
	for rows.Next() {
		r.fields = rows.RawValues()
		if err := each(r); err != nil {
			return err
		}
		if r.err != nil {
			return fmt.Errorf("damaged: %w", r.err)
		}
	}
	return rows.Err()
}

// within is each with a box: the rows whose geometry meets it, if there is one.
// where says so of $2.
func (in *reader) within(query, where string, box *orb.Bound, each func(*row) error, args ...any) error {
	if box == nil {
		return in.each(query, each)
	}
	return in.each(query+" AND ("+envelope.Replace(where)+")", each, append([]any{box.Min[0], box.Min[1], box.Max[0], box.Max[1]}, args...)...)
}

// envelope stands for the box in a condition.
var envelope = strings.NewReplacer("$box", "ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, 4326)")

func (in *reader) snapshot(c *geodata.Content) (hash string, err error) {
	var catalogue, sources, counts string
	var timetable *string
	var columns []string
	p := &c.Population
	err = in.tx.QueryRow(in.ctx, `SELECT territory, name, modelled, hash, communes, cells, facilities, ways, nodes, zones, census, grid, grid_year, grid_cell_size, columns,
		catalogue::text, sources::text, counts::text, secrecy_minimum, secrecy_of, timetable::text, on_demand FROM maillage.snapshot WHERE snapshot = $1`, in.number).Scan(
		&c.Territory.ID, &c.Territory.Name, &c.Territory.Modelled, &hash, &in.counts.communes, &in.counts.cells, &in.counts.facilities, &in.counts.ways, &in.counts.nodes, &in.counts.zones, &in.counts.census,
		&p.Name, &p.Vintage, &p.CellSize, &columns, &catalogue, &sources, &counts, &p.Rule.Minimum, &p.Rule.Of, &timetable, &in.counts.onDemand)
	if err != nil {
		return "", err
	}
	for _, name := range columns {
		p.Columns = append(p.Columns, geodata.Column{Name: name})
	}
	if err := json.Unmarshal([]byte(catalogue), &c.Catalogue); err != nil {
		return "", fmt.Errorf("catalogue: %w", err)
	}
	if err := json.Unmarshal([]byte(sources), &c.Sources); err != nil {
		return "", fmt.Errorf("sources: %w", err)
	}
	if timetable != nil {
		var h timetableHead
		if err := json.Unmarshal([]byte(*timetable), &h); err != nil {
			return "", fmt.Errorf("timetable: %w", err)
		}
		c.Timetable = &geodata.Timetable{Zone: h.Zone, Agencies: h.Agencies}
	}
	var sets []countsSet
	if err := json.Unmarshal([]byte(counts), &sets); err != nil {
		return "", fmt.Errorf("counts: %w", err)
	}
	for _, set := range sets {
		q := geodata.Population{Name: set.Name, Vintage: set.Year, CellSize: set.CellSize, Rule: geodata.Rule{Minimum: set.Minimum, Of: set.Of}}
		for _, name := range set.Columns {
			q.Columns = append(q.Columns, geodata.Column{Name: name})
		}
		c.Counts = append(c.Counts, q)
	}
	return hash, nil
}

// secrets finds the keys of counts that are under statistical secrecy. Without
// them nothing can be told of the counts, nor whether they are as they were imported.
func (in *reader) secrets(c *geodata.Content) error {
	rules := map[string]*geodata.Rule{}
	for i := range c.Counts {
		if r := &c.Counts[i].Rule; !r.Public() {
			rules[c.Counts[i].Name] = r
		}
	}
	if r := &c.Population.Rule; !r.Public() {
		rules[""] = r
	}
	if len(rules) == 0 {
		return nil
	}
	var mine bool
	if err := in.tx.QueryRow(in.ctx, "SELECT has_table_privilege('maillage.secret', 'SELECT')").Scan(&mine); err != nil {
		return err
	}
	if mine {
		err := in.each("SELECT counts, key FROM maillage.secret WHERE snapshot = $1", func(r *row) error {
			if rule, known := rules[r.text(0)]; known {
				rule.Key = r.text(1)
				delete(rules, r.text(0))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(rules) > 0 {
		return errors.New("counts of it are under statistical secrecy, and only the owner of the tables may read their key: open it as the role that imported it, or ask for results")
	}
	return nil
}

const selectCommunes = "SELECT code, name, epci, epci_name, population, study, outline, exact FROM maillage.commune WHERE snapshot = $1"

func commune(r *row) geodata.Commune {
	m := geodata.Commune{Code: r.text(0), Name: r.text(1), EPCI: r.text(2), EPCIName: r.text(3), Population: int(r.bigint(4)), Study: r.bool(5)}
	for _, outline := range []int{6, 7} {
		if !r.isNull(outline) {
			m.Outline = r.multiPolygon(outline)
		}
	}
	return m
}

// frameOf finds the frame of a part by the communes of its EPCI.
func (in *reader) frameOf(part geodata.Part) error {
	var own []geodata.Commune
	err := in.each(selectCommunes+" AND epci = $2", func(r *row) error {
		own = append(own, commune(r))
		return nil
	}, part.EPCI)
	if err != nil {
		return err
	}
	frame, err := part.Frame(own)
	in.epci, in.frame = part.EPCI, &frame
	return err
}

func (in *reader) communes(c *geodata.Content) error {
	return in.within(selectCommunes, "outline && $box OR epci = $6 OR exact IS NOT NULL", in.frame, func(r *row) error {
		c.Communes = append(c.Communes, commune(r))
		return nil
	}, in.epci)
}

const (
	selectPlace = "SELECT id, commune, study, imputed, centre, outline, exact, amounts"
	placeInBox  = "outline && $box OR outline IS NULL AND centre && $box"
)

func (in *reader) cells(c *geodata.Content) error {
	p := &c.Population
	if in.frame == nil {
		p.Cells = make([]geodata.Cell, 0, in.counts.cells)
		for k := range p.Columns {
			p.Columns[k].Values = make([]geodata.Amount, 0, in.counts.cells)
		}
	}
	communes := map[string]string{} // their codes, each once in memory
	return in.within(selectPlace+" FROM maillage.cell WHERE snapshot = $1", placeInBox, in.frame, func(r *row) error {
		return place(r, p, communes)
	})
}

// place adds a row of selectPlace to counts.
func place(r *row, p *geodata.Population, communes map[string]string) error {
	cell := geodata.Cell{ID: r.text(0), Commune: shared(communes, r.fields[1]), Study: r.bool(2), Imputed: r.bool(3), Centre: r.point(4)}
	for _, outline := range []int{5, 6} {
		if !r.isNull(outline) {
			cell.Outline = r.polygon(outline)
		}
	}
	p.Cells = append(p.Cells, cell)
	n, amounts := r.bigints(7)
	if n != len(p.Columns) && r.err == nil {
		return fmt.Errorf("cell %s has %d counts, want %d", cell.ID, n, len(p.Columns))
	}
	for k := range min(n, len(p.Columns)) {
		p.Columns[k].Values = append(p.Columns[k].Values, geodata.Amount(element(amounts, k)))
	}
	return nil
}

func (in *reader) counted(c *geodata.Content) error {
	if len(c.Counts) == 0 {
		return nil
	}
	communes := map[string]string{}
	return in.within(selectPlace+", counts FROM maillage.counted WHERE snapshot = $1", placeInBox, in.frame, func(r *row) error {
		set := int(r.integer(8))
		if set < 0 || set >= len(c.Counts) {
			return fmt.Errorf("place %s is of set %d of counts, and there are %d", r.text(0), set, len(c.Counts))
		}
		return place(r, &c.Counts[set], communes)
	})
}

func (in *reader) zones(c *geodata.Content) error {
	if in.counts.zones == 0 {
		return nil
	}
	return in.within("SELECT layer, id, name, outline, exact FROM maillage.zone WHERE snapshot = $1", "outline && $box OR exact IS NOT NULL", in.frame, func(r *row) error {
		z := geodata.Zone{Layer: r.text(0), ID: r.text(1), Name: r.text(2)}
		for _, outline := range []int{3, 4} {
			if !r.isNull(outline) {
				z.Outline = r.multiPolygon(outline)
			}
		}
		c.Zones = append(c.Zones, z)
		return nil
	})
}

// census reads the rows of the communes that were read.
func (in *reader) census(c *geodata.Content) error {
	if in.counts.census == 0 {
		return nil
	}
	query, args := "SELECT commune, year, sex, age_from, age_to, persons FROM maillage.census WHERE snapshot = $1", []any(nil)
	if in.frame != nil {
		codes := make([]string, len(c.Communes))
		for i := range codes {
			codes[i] = c.Communes[i].Code
		}
		query, args = query+" AND commune = ANY($2)", []any{codes}
	}
	communes := map[string]string{}
	return in.each(query, func(r *row) error {
		c.Census = append(c.Census, geodata.CensusRow{Commune: shared(communes, r.fields[0]), Year: int(r.bigint(1)), Sex: geodata.Sex(r.text(2)),
			From: int(r.integer(3)), To: int(r.integer(4)), Persons: geodata.Amount(r.bigint(5))})
		return nil
	}, args...)
}

// shared returns the text, the same one for the same bytes.
func shared(known map[string]string, b []byte) string {
	text, ok := known[string(b)]
	if !ok {
		text = string(b)
		known[text] = text
	}
	return text
}

func (in *reader) facilities(c *geodata.Content) error {
	const query = `SELECT id, name, service, location, commune, capacity, hours, accessible, status, itinerant, note, source, holidays, catchment
		FROM maillage.facility WHERE snapshot = $1`
	return in.within(query, "location && $box", in.frame, func(r *row) error {
		f := geodata.Facility{ID: r.text(0), Name: r.text(1), Service: r.text(2), Location: r.point(3), Commune: r.text(4),
			Accessible: geodata.Accessibility(r.text(7)), Status: geodata.Status(r.text(8)), Itinerant: r.bool(9), Note: r.text(10), Source: r.text(11), Catchment: geodata.Catchment(r.text(13))}
		if !r.isNull(5) {
			places := int(r.bigint(5))
			f.Capacity = &places
		}
		for column, hours := range map[int]**geodata.WeeklyHours{6: &f.Hours, 12: &f.Holidays} {
			if r.isNull(column) {
				continue
			}
			var err error
			if *hours, err = geodata.ParseWeeklyHours(r.text(column)); err != nil {
				return fmt.Errorf("facility %s: %w", f.ID, err)
			}
		}
		c.Facilities = append(c.Facilities, f)
		return nil
	})
}
