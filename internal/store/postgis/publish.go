package postgis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store/layers"
)

// SchemaOf is the name of the schema in which people find a territory: its id
// after "territoire_". An id that is no plain name is followed by a part of its hash.
func SchemaOf(territory string) string {
	const longest = 40 // names have 63 bytes at most
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(territory))
	if name = name[:min(len(name), longest)]; name != territory {
		sum := sha256.Sum256([]byte(territory))
		name += "_" + hex.EncodeToString(sum[:4])
	}
	return "territoire_" + name
}

// view is a layer of a territory as people see it.
type view struct {
	name     string
	layer    geodata.Layer // fields and classes; no features
	kind     string        // of geometry
	geometry string        // its column in from; empty for a table without
	from     string
	where    string            // which rows of the snapshot; empty for all
	fields   map[string]string // how a field is found in from, where that is not a column of its name
	style    gpkg.Style
}

// viewNames are the views that every territory has, optionalViews those it may
// have; besides there is one for each set of counts, whose name begins with countsPrefix.
var (
	viewNames     = []string{"communes", "carreaux", "equipements", "routes"}
	optionalViews = []string{"zones", "recensement", "arrets", "lignes", "transport_demande"}
)

const countsPrefix = "denombrement_"

// publish shows the current vintage of a territory in its schema, or takes the
// schema away where there is none.
func publish(ctx context.Context, tx pgx.Tx, territory string) error {
	schema := pgx.Identifier{SchemaOf(territory)}.Sanitize()
	before, err := shownBefore(ctx, tx, territory)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM public.layer_styles WHERE f_table_catalog = current_database() AND f_table_schema = $1 AND f_table_name = ANY($2)",
		SchemaOf(territory), before)
	if err != nil {
		return err
	}
	p, err := published(ctx, tx, territory)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := dropViews(ctx, tx, schema, before, nil); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema)
		return err
	}
	if err != nil {
		return err
	}
	views := p.views()
	if err := dropViews(ctx, tx, schema, before, views); err != nil {
		return err
	}
	about := fmt.Sprintf("%s, millésime %s%s", p.sample.Territory().Name, p.vintage, p.modelled())
	if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s; COMMENT ON SCHEMA %s IS %s", schema, schema, literal(about))); err != nil {
		return err
	}
	for _, v := range views {
		if err := p.show(ctx, tx, schema, v); err != nil {
			return fmt.Errorf("view %s: %w", v.name, err)
		}
	}
	return p.grant(ctx, tx, schema)
}

// shownBefore lists our views in the schema of a territory; others in it are
// left alone.
func shownBefore(ctx context.Context, tx pgx.Tx, territory string) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT viewname::text FROM pg_views WHERE schemaname = $1 AND (viewname = ANY($2) OR starts_with(viewname, $3))",
		SchemaOf(territory), slices.Concat(viewNames, optionalViews), countsPrefix)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// dropViews takes those away that are not to be shown any more.
func dropViews(ctx context.Context, tx pgx.Tx, schema string, before []string, now []view) error {
	for _, name := range before {
		if slices.ContainsFunc(now, func(v view) bool { return v.name == name }) {
			continue
		}
		if _, err := tx.Exec(ctx, "DROP VIEW "+schema+"."+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// publication is what views and styles depend on.
type publication struct {
	number    int64
	territory string
	vintage   string
	grid      string
	columns   []string
	points    bool              // some cells are no squares
	pointSets []bool            // the same of each set of counts
	census    int               // how many rows there are
	timetable bool              // whether there is one
	onDemand  int               // how many services there are
	people    int               // which column counts inhabitants; -1 if none
	quintiles []int64           // of them, in the inhabited cells
	sample    *geodata.Snapshot // the catalogue, the columns, and a way of each class: what the fields of layers depend on
}

// published finds what the current vintage's views depend on; pgx.ErrNoRows where there is none.
func published(ctx context.Context, tx pgx.Tx, territory string) (*publication, error) {
	p := &publication{territory: territory}
	c := geodata.Content{Territory: geodata.Territory{ID: territory}}
	var catalogue, counts string
	var highways []*string
	var divisions []string
	err := tx.QueryRow(ctx, `SELECT snapshot, name, modelled, vintage, grid, columns, catalogue::text,
			EXISTS (SELECT FROM maillage.cell c WHERE c.snapshot = s.snapshot AND outline IS NULL),
			ARRAY(SELECT DISTINCT highway FROM maillage.way w WHERE w.snapshot = s.snapshot),
			ARRAY(SELECT DISTINCT layer FROM maillage.zone z WHERE z.snapshot = s.snapshot), counts::text, census, timetable IS NOT NULL, on_demand,
			ARRAY(SELECT EXISTS (SELECT FROM maillage.counted c WHERE c.snapshot = s.snapshot AND c.counts = i - 1 AND outline IS NULL)
				FROM generate_series(1, json_array_length(counts)) AS i ORDER BY i)
		FROM maillage.snapshot s WHERE territory = $1 AND current`, territory).Scan(
		&p.number, &c.Territory.Name, &c.Territory.Modelled, &p.vintage, &p.grid, &p.columns, &catalogue, &p.points, &highways, &divisions, &counts, &p.census, &p.timetable, &p.onDemand, &p.pointSets)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(catalogue), &c.Catalogue); err != nil {
		return nil, err
	}
	var sets []countsSet
	if err := json.Unmarshal([]byte(counts), &sets); err != nil {
		return nil, err
	}
	for _, set := range sets {
		q := geodata.Population{Name: set.Name}
		for _, name := range set.Columns {
			q.Columns = append(q.Columns, geodata.Column{Name: name})
		}
		c.Counts = append(c.Counts, q)
	}
	for _, division := range divisions {
		c.Zones = append(c.Zones, geodata.Zone{Layer: division, ID: "1"})
	}
	for _, name := range p.columns {
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name})
	}
	c.Roads.Nodes = []geodata.RoadNode{{ID: 1}, {ID: 2}}
	for i, highway := range highways {
		w := geodata.Way{ID: int64(i), Nodes: []int32{0, 1}}
		if highway != nil {
			w.Tags = geodata.Tags{{Key: "highway", Value: *highway}}
		}
		c.Roads.Ways = append(c.Roads.Ways, w)
	}
	if p.people = slices.Index(p.columns, "ind"); p.people >= 0 {
		err = tx.QueryRow(ctx, "SELECT percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8, 1]) WITHIN GROUP (ORDER BY amounts[$2]) FROM maillage.cell WHERE snapshot = $1 AND amounts[$2] > 0",
			p.number, p.people+1).Scan(&p.quintiles)
		if err != nil {
			return nil, err
		}
	}
	p.sample, err = geodata.NewSnapshot(c)
	return p, err
}

func (p *publication) modelled() string {
	if p.sample.Territory().Modelled {
		return " (données modélisées)"
	}
	return ""
}

func (p *publication) views() []view {
	cells := places("carreaux", layers.Cells(p.sample, nil), "cell", p.points)
	if len(p.quintiles) > 0 {
		inhabited := make([]float64, len(p.quintiles))
		for i, n := range p.quintiles {
			inhabited[i] = geodata.Amount(n).Float()
		}
		cells.style.Steps = layers.PeopleSteps(cells.layer.Fields[layers.CellFields+p.people].Name, inhabited)
	}
	views := []view{
		{name: "communes", layer: layers.Communes(p.sample), kind: "MULTIPOLYGON", geometry: "outline", from: "commune",
			fields: map[string]string{"id": "code", "name": "nullif(name, '')", "population": "nullif(population, 0)", "epci": "nullif(epci, '')",
				"epci_name": "nullif(epci_name, '')", "area": "CASE WHEN study THEN 'study' ELSE 'neighbour' END"},
			style: gpkg.Style{Outlined: true, Widths: []float64{0.5, 0.8}, Label: "name"}},
		cells,
		{name: "equipements", layer: layers.Facilities(p.sample, nil), kind: "POINT", geometry: "location", from: "facility",
			fields: map[string]string{"name": "nullif(name, '')", "commune": "nullif(commune, '')", "accessible": "nullif(accessible, '')",
				"note": "nullif(note, '')", "source": "nullif(source, '')", "catchment": "nullif(catchment, '')"}},
		{name: "routes", layer: layers.Roads(p.sample, nil), kind: "LINESTRING", geometry: "line", from: "way",
			fields: map[string]string{"tags": "tags::text"}, style: gpkg.Style{Widths: layers.RoadWidths()}},
	}
	if len(p.sample.Zones()) > 0 {
		views = append(views, view{name: "zones", layer: layers.Zones(p.sample), kind: "MULTIPOLYGON", geometry: "outline", from: "zone",
			fields: map[string]string{"id": "replace(replace(layer, '%', '%25'), '/', '%2F') || '/' || id", "code": "id", "name": "nullif(name, '')"},
			style:  gpkg.Style{Outlined: true, Label: "name"}})
	}
	for i, layer := range layers.Counts(p.sample) {
		v := places(countsPrefix+strings.TrimPrefix(layer.Name, "counts_"), layer, "counted", p.pointSets[i])
		v.where = fmt.Sprintf("counts = %d", i)
		views = append(views, v)
	}
	if p.census > 0 {
		views = append(views, view{name: "recensement", layer: layers.Census(p.sample), from: "census",
			fields: map[string]string{"id": "fid::text", "sex": "nullif(sex, '')", "age_to": fmt.Sprintf("nullif(age_to, %d)", geodata.AndOver), "persons": amountOf("persons")}})
	}
	if p.timetable {
		views = append(views, view{name: "lignes", layer: layers.Lines(p.sample), kind: "MULTILINESTRING", geometry: "course", from: "route",
			fields: map[string]string{"short": "nullif(short, '')", "long": "nullif(long, '')", "agency": "nullif(agency, '')", "colour": "nullif(colour, '')"}, style: gpkg.Style{Label: "short"}},
			view{name: "arrets", layer: layers.Stops(p.sample), kind: "POINT", geometry: "location", from: "stop",
				fields: map[string]string{"name": "nullif(name, '')", "parent": "nullif(parent, '')", "accessible": "nullif(accessible, '')"}, style: gpkg.Style{Label: "name"}})
	}
	if p.onDemand > 0 {
		views = append(views, view{name: "transport_demande", layer: layers.OnDemand(p.sample), from: "on_demand",
			fields: map[string]string{"name": "nullif(name, '')", "to_communes": "nullif(to_communes, '')", "note": "nullif(note, '')", "source": "nullif(source, '')"}})
	}
	return views
}

// places is a view of cells, or of other places with counts.
func places(name string, layer geodata.Layer, from string, points bool) view {
	v := view{name: name, layer: layer, kind: "POLYGON", geometry: "outline", from: from,
		fields: map[string]string{"commune": "nullif(commune, '')", "lon": "ST_X(centre)", "lat": "ST_Y(centre)"}}
	if points {
		v.kind, v.geometry = "POINT", "centre"
	}
	for k := range layer.Fields[layers.CellFields:] {
		field := &layer.Fields[layers.CellFields+k]
		if len(field.Name) > 60 { // a name that the server would cut
			field.Name = fmt.Sprintf("%s_%d", field.Name[:50], k+1)
		}
		v.fields[field.Name] = amountOf(fmt.Sprintf("amounts[%d]", k+1))
	}
	return v
}

// amountOf is an amount in whole units.
func amountOf(millionths string) string { return millionths + "::float8 / 1000000" }

// show makes a view with its comments and its default style in QGIS.
func (p *publication) show(ctx context.Context, tx pgx.Tx, schema string, v view) error {
	name := schema + "." + v.name
	id := "id"
	if expression, ok := v.fields["id"]; ok {
		id = expression
	}
	columns := []string{"fid", v.geometry + " AS geom", id + " AS id"}
	comments := []string{
		fmt.Sprintf("COMMENT ON VIEW %s IS %s", name, literal(v.layer.Title.Fr+p.modelled())),
		fmt.Sprintf("COMMENT ON COLUMN %s.fid IS 'numéro'", name),
		fmt.Sprintf("COMMENT ON COLUMN %s.id IS 'identifiant'", name),
	}
	if v.geometry == "" {
		columns = slices.Delete(columns, 1, 2)
	} else {
		comments = append(comments, fmt.Sprintf("COMMENT ON COLUMN %s.geom IS 'géométrie (EPSG:4326)'", name))
	}
	for i := range v.layer.Fields {
		f := &v.layer.Fields[i]
		column := pgx.Identifier{f.Name}.Sanitize()
		expression, ok := v.fields[f.Name]
		if !ok {
			expression = column
		}
		label := f.Label.Fr
		if f.Unit != "" {
			label += " (" + f.Unit + ")"
		}
		columns = append(columns, expression+" AS "+column)
		comments = append(comments, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", name, column, literal(label)))
	}
	definition := fmt.Sprintf("VIEW %s WITH (security_invoker = true) AS SELECT %s FROM maillage.%s WHERE snapshot = %d", name, strings.Join(columns, ", "), v.from, p.number)
	if v.where != "" {
		definition += " AND " + v.where
	}
	if err := replaceView(ctx, tx, name, definition); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, strings.Join(comments, "; ")); err != nil {
		return err
	}
	if v.geometry == "" {
		return nil // nothing to draw
	}
	style, err := gpkg.QML(&v.layer, v.kind, v.style)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO public.layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, stylename, styleqml, useasdefault, description)
		VALUES (current_database(), $1, $2::text, 'geom', $2::text, XMLPARSE(DOCUMENT $3::text), true, $4)`, SchemaOf(p.territory), v.name, style, v.layer.Title.Fr)
	return err
}

// replaceView keeps what others built upon a view as long as its columns stay the
// same; where they changed, the view is made anew.
func replaceView(ctx context.Context, tx pgx.Tx, name, definition string) error {
	err := pgx.BeginFunc(ctx, tx, func(attempt pgx.Tx) error {
		_, err := attempt.Exec(ctx, "CREATE OR REPLACE "+definition)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P16" { // invalid_table_definition: other columns
		_, err = tx.Exec(ctx, "DROP VIEW "+name+"; CREATE "+definition)
	}
	return err
}

// grant lets those read the views who may read the territory.
func (p *publication) grant(ctx context.Context, tx pgx.Tx, schema string) error {
	rows, err := tx.Query(ctx, "SELECT role::text FROM maillage.access JOIN pg_roles ON rolname = role WHERE territory = $1", p.territory)
	if err != nil {
		return err
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, role := range roles {
		if _, err := tx.Exec(ctx, grantViews(schema, role)); err != nil {
			return err
		}
	}
	return nil
}

// literal writes a text in SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
