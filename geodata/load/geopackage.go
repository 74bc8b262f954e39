package load

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openGeoPackage opens a layer of a GeoPackage: the named one, else the only
// one, else the only one with geometry. The file is a stranger's: it is opened
// read-only, in SQLite's defensive mode, and its views and triggers may call no
// function with side effects. Each record's id is its primary key.
func openGeoPackage(ctx context.Context, file, layer string, opt Options, rep *FileReport) (*records, error) {
	size, err := checkPages(file)
	if err != nil {
		return nil, err
	}
	db, err := openForeignSQLite(ctx, file)
	if err != nil {
		return nil, sqliteError(ctx, err)
	}
	g := &geopackage{ctx: ctx, db: db, file: file, size: size, opt: opt, rep: rep}
	if err := g.open(layer); err != nil {
		db.Close()
		return nil, sqliteError(ctx, err)
	}
	each := func(yield func(*record) error) error { return g.each(yield) }
	return &records{format: "GeoPackage", fields: g.fields(), epsg: g.epsg, each: each, closer: db}, nil
}

// openForeignSQLite opens a database that nobody is writing, or whose journal
// stands beside it.
func openForeignSQLite(ctx context.Context, file string) (*sql.DB, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	query := "mode=ro&_defensive=1&_dqs=0&_pragma=trusted_schema(0)&_pragma=query_only(1)&_pragma=cell_size_check(1)"
	if wal, err := os.Stat(path + "-wal"); err != nil || wal.Size() == 0 {
		// Without it, a file last written in WAL mode cannot be opened in a read-only folder.
		query += "&immutable=1"
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = sqlite.Limit(conn, sqlite3.SQLITE_LIMIT_LENGTH, maxJSONBytes)
		conn.Close()
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// checkPages compares the file's size with the number of pages its header
// announces: SQLite itself notices a cut only when it reaches it.
func checkPages(file string) (size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var h [100]byte
	if _, err := f.ReadAt(h[:], 0); err != nil {
		return 0, errors.New("the GeoPackage is cut off: download it again")
	}
	if !bytes.HasPrefix(h[:], []byte(sqliteMagic)) {
		return 0, errors.New("a GeoPackage inside gzip: unpack it")
	}
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 65536
	}
	want := page * int64(binary.BigEndian.Uint32(h[28:]))
	counted := [4]byte(h[24:28]) == [4]byte(h[92:96]) // else an old version left the number stale
	if counted && info.Size() < want {
		return 0, fmt.Errorf("the GeoPackage is cut off: %d of %d bytes; download it again", info.Size(), want)
	}
	return info.Size(), nil
}

func sqliteError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR:
			return fmt.Errorf("the GeoPackage is damaged or cut off: download it again (%w)", err)
		}
	}
	return err
}

// geopackage is one layer of a file.
type geopackage struct {
	ctx  context.Context
	db   *sql.DB
	file string
	size int64
	opt  Options
	rep  *FileReport

	table    string
	columns  []gpkgColumn // geometry excluded
	key      string       // primary key, "" if none
	geometry string       // column, "" for attributes
	srs      int32        // as the geometries name it
	epsg     int
}

type gpkgColumn struct {
	name    string
	boolean bool
}

func (g *geopackage) fields() (names []string) {
	for _, c := range g.columns {
		names = append(names, c.name)
	}
	return names
}

func (g *geopackage) open(layer string) error {
	var contents int
	err := g.db.QueryRowContext(g.ctx, `SELECT count(*) FROM sqlite_schema WHERE lower(name) = 'gpkg_contents'`).Scan(&contents)
	if err != nil {
		return err
	}
	if contents == 0 {
		return errors.New("an SQLite database, but not a GeoPackage: it has no table gpkg_contents")
	}
	spatial, err := g.choose(layer)
	if err == nil && spatial {
		err = g.readGeometryColumn()
	}
	if err == nil {
		err = g.readColumns()
	}
	return err
}

// choose sets the table, and says whether it has geometry.
func (g *geopackage) choose(layer string) (spatial bool, err error) {
	// QGIS and GDAL register their style table as a layer.
	rows, err := g.db.QueryContext(g.ctx, `SELECT table_name, data_type = 'features' FROM gpkg_contents
		WHERE data_type IN ('features', 'attributes') AND table_name <> 'layer_styles' ORDER BY table_name`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var all, features []string
	for rows.Next() {
		var name string
		var isFeatures bool
		if err := rows.Scan(&name, &isFeatures); err != nil {
			return false, err
		}
		all = append(all, name)
		if isFeatures {
			features = append(features, name)
		}
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	list := strings.Join(all, ", ")
	switch {
	case len(all) == 0:
		return false, errors.New("a GeoPackage without any layer of features or attributes")
	case layer != "":
		i := slices.IndexFunc(all, func(name string) bool { return strings.EqualFold(name, layer) })
		if i < 0 {
			return false, fmt.Errorf("no layer %q: expected one of %s", layer, list)
		}
		g.table = all[i]
	case len(all) == 1:
		g.table = all[0]
	case len(features) == 1:
		g.table = features[0]
		g.rep.note("layer %s was read, the only one with geometry of %s", g.table, list)
	default:
		return false, fmt.Errorf("several layers: write %s#LAYER with one of %s", filepath.Base(g.file), list)
	}
	return slices.Contains(features, g.table), nil
}

func (g *geopackage) readGeometryColumn() error {
	err := g.db.QueryRowContext(g.ctx, `SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)`,
		g.table).Scan(&g.geometry, &g.srs)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("layer %s: gpkg_geometry_columns does not name its geometry", g.table)
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", g.table, err)
	}
	var organisation string
	var code int
	err = g.db.QueryRowContext(g.ctx, `SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?`,
		g.srs).Scan(&organisation, &code)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("layer %s: its coordinate system, srs_id %d, is not in gpkg_spatial_ref_sys", g.table, g.srs)
	case err != nil:
		return fmt.Errorf("layer %s: %w", g.table, err)
	case strings.EqualFold(organisation, "EPSG") && code > 0:
		g.epsg = code
	case strings.EqualFold(organisation, "OGC") && code == 84:
		g.epsg = 4326
	default:
		return fmt.Errorf("layer %s: its coordinate system (%s %d) is undefined or has no EPSG code: assign it one, for example in QGIS",
			g.table, organisation, code)
	}
	return nil
}

func (g *geopackage) readColumns() error {
	rows, err := g.db.QueryContext(g.ctx, `SELECT name, type, pk FROM pragma_table_info(?)`, g.table)
	if err != nil {
		return err
	}
	defer rows.Close()
	found := g.geometry == ""
	for rows.Next() {
		var name, kind string
		var key int
		if err := rows.Scan(&name, &kind, &key); err != nil {
			return err
		}
		if key == 1 {
			g.key = name
		}
		if strings.EqualFold(name, g.geometry) {
			found = true
			continue
		}
		g.columns = append(g.columns, gpkgColumn{name, strings.EqualFold(kind, "BOOLEAN")})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(g.columns) == 0 && g.key == "" {
		return fmt.Errorf("gpkg_contents lists the layer %s, but its table is missing or has no columns", g.table)
	}
	if !found {
		return fmt.Errorf("layer %s has no geometry column %q, which gpkg_geometry_columns names", g.table, g.geometry)
	}
	return nil
}

// quoted writes an identifier for SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// query selects the primary key, the geometry and then the columns. The plus
// hides a column's declared type from the driver, which would otherwise parse dates.
func (g *geopackage) query() string {
	terms := []string{"NULL", "NULL"}
	order := ""
	if g.key != "" {
		terms[0] = "+" + quoted(g.key)
		order = " ORDER BY " + quoted(g.key)
	}
	if g.geometry != "" {
		terms[1] = "+" + quoted(g.geometry)
	}
	for _, c := range g.columns {
		terms = append(terms, "+"+quoted(c.name))
	}
	return "SELECT " + strings.Join(terms, ", ") + " FROM " + quoted(g.table) + order
}

func (g *geopackage) each(yield func(*record) error) error {
	last, err := g.lastKey()
	if err != nil {
		return sqliteError(g.ctx, err)
	}
	rows, err := g.db.QueryContext(g.ctx, g.query())
	if err != nil {
		return sqliteError(g.ctx, err)
	}
	defer rows.Close()
	values := make([]any, len(g.columns)+2)
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	rec := record{values: make(map[string]string, len(g.columns))}
	for n := 1; rows.Next() && g.ctx.Err() == nil; n++ {
		if err := rows.Scan(targets...); err != nil {
			return sqliteError(g.ctx, err)
		}
		g.rep.Read++
		if g.fill(&rec, n, values) {
			if err := yield(&rec); err != nil {
				return err
			}
		}
		if key, ok := values[0].(int64); ok && n%10_000 == 0 && last > 0 {
			g.progress(float64(key) / float64(last))
		}
	}
	if err := cmp.Or(g.ctx.Err(), rows.Err()); err != nil {
		return sqliteError(g.ctx, err)
	}
	g.progress(1)
	return nil
}

// lastKey is the largest primary key, against which progress is measured; 0 if unknown.
func (g *geopackage) lastKey() (int64, error) {
	if g.key == "" {
		return 0, nil
	}
	var v any
	err := g.db.QueryRowContext(g.ctx, "SELECT max("+quoted(g.key)+") FROM "+quoted(g.table)).Scan(&v)
	n, _ := v.(int64)
	return n, err
}

func (g *geopackage) progress(share float64) {
	if g.opt.Progress != nil {
		g.opt.Progress(g.file, int64(min(max(share, 0), 1)*float64(g.size)), g.size)
	}
}

// fill makes a record of the n-th row, or says in the report why it is none.
func (g *geopackage) fill(rec *record, n int, values []any) bool {
	clear(rec.values)
	rec.id, rec.geometry = "", nil
	rec.where = fmt.Sprintf("row %d", n)
	if id := sqlText(values[0], false); id != "" {
		rec.id, rec.where = id, "row "+id
	}
	for i, c := range g.columns {
		if v := sqlText(values[i+2], c.boolean); v != "" {
			rec.values[c.name] = v
		}
	}
	if values[1] == nil {
		return true
	}
	blob, ok := values[1].([]byte)
	if !ok {
		g.rep.reject(rec.where, g.geometry, fmt.Sprint(values[1]), "not a GeoPackage geometry")
		return false
	}
	var err error
	if rec.geometry, err = gpkgGeometry(blob, g.srs); err != nil {
		g.rep.reject(rec.where, g.geometry, "", "%s", err)
		return false
	}
	return true
}

// sqlText writes a value as text; null and binary values have none.
func sqlText(value any, boolean bool) string {
	switch v := value.(type) {
	case int64:
		if boolean && (v == 0 || v == 1) {
			return strconv.FormatBool(v == 1)
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return ""
}

// gpkgGeometry decodes a geometry blob, a header before well-known binary
// (OGC 12-128r19, clause 2.1.3). An empty geometry is nil. srs is the layer's srs_id.
func gpkgGeometry(blob []byte, srs int32) (orb.Geometry, error) {
	if len(blob) < 8 || blob[0] != 'G' || blob[1] != 'P' {
		return nil, errors.New("not a GeoPackage geometry: it does not begin with GP")
	}
	version, flags := blob[2], blob[3]
	var order binary.ByteOrder = binary.BigEndian
	if flags&1 != 0 {
		order = binary.LittleEndian
	}
	if version != 0 || flags&0x20 != 0 {
		return nil, fmt.Errorf("a geometry of version %d, flags %#x: expected a standard geometry of version 0", version, flags)
	}
	envelope := flags >> 1 & 7
	if envelope > 4 {
		return nil, fmt.Errorf("an envelope of unknown kind %d", envelope)
	}
	if id := int32(order.Uint32(blob[4:])); id != srs {
		return nil, fmt.Errorf("in the coordinate system srs_id %d, while its layer's is %d", id, srs)
	}
	header := 8 + [...]int{0, 32, 48, 48, 64}[envelope]
	if len(blob) < header {
		return nil, errCutWKB
	}
	if flags&0x10 != 0 {
		return nil, nil
	}
	return decodeWKB(blob[header:])
}

var errCutWKB = errors.New("the geometry ends in the middle")

// decodeWKB decodes well-known binary, ISO or extended; heights and measures
// are dropped. orb/encoding/wkb is not used because it takes the extended form
// with heights for one without.
func decodeWKB(b []byte) (orb.Geometry, error) {
	w := &wkb{b: b}
	kind, err := w.header()
	if err != nil {
		return nil, err
	}
	var g orb.Geometry
	switch kind {
	case 1:
		g, err = w.point()
	case 2:
		g, err = asGeometry[orb.LineString](w.points())
	case 3:
		g, err = asGeometry[orb.Polygon](w.polygon())
	case 4:
		g, err = asGeometry[orb.MultiPoint](wkbParts(w, 1, w.point))
	case 5:
		g, err = asGeometry[orb.MultiLineString](wkbParts(w, 2, func() (orb.LineString, error) { return w.points() }))
	case 6:
		g, err = asGeometry[orb.MultiPolygon](wkbParts(w, 3, w.polygon))
	default:
		err = fmt.Errorf("a geometry of type %d is not read: expected points, lines or polygons without curves", kind)
	}
	if err == nil && len(w.b) > 0 {
		err = fmt.Errorf("%d bytes after the geometry", len(w.b))
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

func asGeometry[G orb.Geometry](g G, err error) (orb.Geometry, error) { return g, err }

// wkb is well-known binary being read.
type wkb struct {
	b     []byte
	order binary.ByteOrder
	dims  int // numbers of a position
}

// header reads the byte order and type of a geometry.
func (w *wkb) header() (kind uint32, err error) {
	if len(w.b) < 5 {
		return 0, errCutWKB
	}
	switch w.b[0] {
	case 0:
		w.order = binary.BigEndian
	case 1:
		w.order = binary.LittleEndian
	default:
		return 0, fmt.Errorf("byte order %d: expected 0 or 1", w.b[0])
	}
	kind = w.order.Uint32(w.b[1:])
	w.b = w.b[5:]
	w.dims = 2
	const z, m, srid = 0x80000000, 0x40000000, 0x20000000
	for _, extra := range []uint32{z, m} {
		if kind&extra != 0 {
			w.dims++
		}
	}
	if kind&srid != 0 {
		if len(w.b) < 4 {
			return 0, errCutWKB
		}
		w.b = w.b[4:]
	}
	kind &^= z | m | srid
	switch kind / 1000 {
	case 1, 2:
		w.dims++
	case 3:
		w.dims += 2
	}
	if kind >= 4000 || w.dims > 4 {
		return 0, fmt.Errorf("a geometry of unknown type %d", kind)
	}
	return kind % 1000, nil
}

// count reads a number of items, each of size bytes at least.
func (w *wkb) count(size int) (int, error) {
	if len(w.b) < 4 {
		return 0, errCutWKB
	}
	n := int(w.order.Uint32(w.b))
	w.b = w.b[4:]
	if n > len(w.b)/size {
		return 0, errCutWKB
	}
	return n, nil
}

func (w *wkb) point() (p orb.Point, err error) {
	if len(w.b) < 8*w.dims {
		return p, errCutWKB
	}
	for i := range p {
		p[i] = math.Float64frombits(w.order.Uint64(w.b[8*i:]))
		if math.IsNaN(p[i]) || math.IsInf(p[i], 0) {
			return p, fmt.Errorf("%v is not a coordinate", p[i])
		}
	}
	w.b = w.b[8*w.dims:]
	return p, nil
}

func (w *wkb) points() ([]orb.Point, error) {
	n, err := w.count(8 * w.dims)
	if err != nil {
		return nil, err
	}
	ps := make([]orb.Point, n)
	for i := range ps {
		if ps[i], err = w.point(); err != nil {
			return nil, err
		}
	}
	return ps, nil
}

func (w *wkb) polygon() (orb.Polygon, error) {
	n, err := w.count(4)
	if err != nil {
		return nil, err
	}
	p := make(orb.Polygon, n)
	for i := range p {
		if p[i], err = w.points(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// wkbParts reads the parts of a multi-geometry, each with a header of its own.
func wkbParts[T any](w *wkb, kind uint32, item func() (T, error)) ([]T, error) {
	n, err := w.count(9)
	if err != nil {
		return nil, err
	}
	items := make([]T, n)
	for i := range items {
		k, err := w.header()
		if err == nil && k != kind {
			err = fmt.Errorf("a part of type %d where type %d was expected", k, kind)
		}
		if err == nil {
			items[i], err = item()
		}
		if err != nil {
			return nil, err
		}
	}
	return items, nil
}
