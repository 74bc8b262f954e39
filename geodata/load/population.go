package load

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/crs"
)

// PopulationOptions say what a population file does not say itself.
type PopulationOptions struct {
	Options
	// EPSG is the system of x and y columns that do not name theirs; 0 if not known.
	EPSG int
	// Columns maps a standard column (ind, ind_0_3, …; see geodata.StandardColumns)
	// or one of id, x, y, lon, lat, commune, imputed to the file's field.
	Columns map[string]string
	// Vintage is the year the counts refer to; 0 takes it from the columns or the file's name.
	Vintage int
	// CellSize is the side in metres of cells whose id does not tell it.
	CellSize int
}

// Population reads a population grid, or any table of points with counts.
//
// Recognised by their columns: INSEE Filosofi grids of all vintages, the
// Eurostat census grid, GEOSTAT totals of one or several years. Anything else
// needs the inhabitants in a field named ind or mapped to it, and a grid id,
// coordinates or a geometry. Columns come in the order of
// geodata.StandardColumns; cells in file order.
//
// The report is never nil. An error means that nothing of the file was usable.
func Population(ctx context.Context, path string, opt PopulationOptions) (geodata.Population, *FileReport, error) {
	rep := &FileReport{File: path, Layer: "population"}
	recs, err := openRecords(ctx, path, opt.Options, rep)
	if err != nil {
		return geodata.Population{}, rep, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	pop, err := readPopulation(ctx, recs, opt, rep)
	if err != nil {
		return geodata.Population{}, rep, inFile(rep.File, err)
	}
	return pop, rep, nil
}

func readPopulation(ctx context.Context, recs *records, opt PopulationOptions, rep *FileReport) (geodata.Population, error) {
	if err := oneColumn(recs); err != nil {
		return geodata.Population{}, err
	}
	table, err := recogniseGrid(recs, opt)
	if err != nil {
		return geodata.Population{}, err
	}
	r := newGridReader(table, recs, opt, rep)
	if err := r.read(); err != nil {
		return geodata.Population{}, err
	}
	if err := r.finish(ctx); err != nil {
		return geodata.Population{}, err
	}
	r.describe()
	return r.pop, nothingLoaded(rep)
}

// gridTable says what the fields of a population file mean.
type gridTable struct {
	publisher string // "INSEE Filosofi", "Eurostat census grid", …; "grid" when mapped
	spelling  string // "2019 spelling"; empty if there is one only
	vintage   int    // what the columns say of the year, 0 if nothing
	eurostat  bool   // -9999 and empty mean not available
	id        string // field of the grid id; empty if there is none
	squares   bool   // ids are grid ids and say where the cell is
	commune   string
	imputed   string
	total     int // index in columns of ind
	columns   []gridColumn
	years     []string // other years' totals in the file
	ignored   []string // fields that are not used
	at        *coordinateFields
}

// gridColumn is a standard column and the field that holds it.
type gridColumn struct{ name, field string }

// squareIDs are the fields of INSEE's cell ids, the finest first.
var squareIDs = []string{"idcar_200m", "idinspire", "idcar_1km", "id_carr1km", "idcar_nat", "id_carr_n"}

// otherColumns are names of standard columns in publications other than INSEE's.
var otherColumns = map[string]string{"t": "ind", "m": "male", "f": "female", "emp": "employed"}

func recogniseGrid(recs *records, opt PopulationOptions) (*gridTable, error) {
	t := &gridTable{}
	switch {
	case t.filosofi(recs.fields), t.census(recs.fields), t.totals(recs.fields, opt.Vintage):
	default:
		t.publisher = "grid"
		t.id, _ = fieldNamed(recs.fields, "id", "cell_id", "id_cell", "grd_id", "id_carreau", "code")
		t.commune, _ = fieldNamed(recs.fields, "commune", "depcom", "codgeo", "code_insee", "insee_com")
		t.imputed, _ = fieldNamed(recs.fields, "imputed")
		t.standard(recs.fields, nil)
	}
	if len(t.years) > 0 && len(t.columns) == 0 {
		return nil, fmt.Errorf("no total for %d: the file has %s", opt.Vintage, strings.Join(t.years, ", "))
	}
	mapping, err := checkMapping(opt.Columns, gridNames(), recs)
	if err != nil {
		return nil, err
	}
	t.override(mapping)
	if t.total = slices.IndexFunc(t.columns, func(c gridColumn) bool { return c.name == "ind" }); t.total < 0 {
		return nil, fmt.Errorf("which column counts the inhabitants? Map it, such as ind=POPULATION; the file has %s", strings.Join(recs.fields, ", "))
	}
	if t.at, err = findCoordinates(recs.fields, mapping, opt.EPSG); err != nil {
		return nil, err
	}
	t.ignored = slices.DeleteFunc(slices.Clone(recs.fields), t.uses)
	return t, nil
}

// gridNames are the names a mapping may use.
func gridNames() []string {
	names := []string{"id", "x", "y", "lon", "lat", "commune", "imputed"}
	for _, c := range geodata.StandardColumns {
		names = append(names, c.Name)
	}
	return names
}

func (t *gridTable) uses(field string) bool {
	if field == t.id || field == t.commune || field == t.imputed || t.at != nil && (field == t.at.x || field == t.at.y) {
		return true
	}
	return slices.ContainsFunc(t.columns, func(c gridColumn) bool { return c.field == field }) || slices.Contains(t.years, field)
}

// standard takes the fields that have a standard column's name, or one of aliases.
func (t *gridTable) standard(fields []string, aliases map[string]string) {
	for _, c := range geodata.StandardColumns {
		names := []string{c.Name}
		for _, alias := range slices.Sorted(maps.Keys(aliases)) {
			if aliases[alias] == c.Name {
				names = append(names, alias)
			}
		}
		if f, ok := fieldNamed(fields, names...); ok {
			t.columns = append(t.columns, gridColumn{c.Name, f})
		}
	}
}

func (t *gridTable) override(mapping map[string]string) {
	for _, c := range geodata.StandardColumns {
		field, ok := mapping[c.Name]
		if !ok {
			continue
		}
		if i := slices.IndexFunc(t.columns, func(have gridColumn) bool { return have.name == c.Name }); i >= 0 {
			t.columns[i].field = field
		} else {
			t.columns = append(t.columns, gridColumn{c.Name, field})
		}
	}
	rank := func(name string) int {
		return slices.IndexFunc(geodata.StandardColumns, func(c geodata.StandardColumn) bool { return c.Name == name })
	}
	slices.SortFunc(t.columns, func(a, b gridColumn) int { return rank(a.name) - rank(b.name) })
	for name, into := range map[string]*string{"id": &t.id, "commune": &t.commune, "imputed": &t.imputed} {
		if field, ok := mapping[name]; ok {
			*into = field
		}
	}
}

// filosofi recognises INSEE's grids of incomes and living conditions.
func (t *gridTable) filosofi(fields []string) bool {
	id, ok := fieldNamed(fields, squareIDs...)
	if _, total := fieldNamed(fields, "ind"); !ok || !total {
		return false
	}
	t.publisher, t.id, t.squares = "INSEE Filosofi", id, true
	switch {
	case strings.EqualFold(id, "idinspire"), strings.EqualFold(id, "id_carr1km"), strings.EqualFold(id, "id_carr_n"):
		t.spelling, t.vintage = "2015 spelling", 2015
	case id != strings.ToLower(id):
		t.spelling, t.vintage = "2017 spelling", 2017
	default:
		t.spelling = "2019 spelling" // and 2021: the columns do not tell them apart
	}
	t.commune, _ = fieldNamed(fields, "lcog_geo", "depcom")
	imputed := []string{"i_est_200", "i_est_cr"}
	if strings.Contains(strings.ToLower(id), "1km") {
		imputed = []string{"i_est_1km", "i_est_cr"}
	}
	t.imputed, _ = fieldNamed(fields, imputed...)
	t.standard(fields, nil)
	return true
}

// census recognises the Eurostat census grid of 2021.
func (t *gridTable) census(fields []string) bool {
	id, ok := fieldNamed(fields, "grd_id")
	if _, total := fieldNamed(fields, "t"); !ok || !total {
		return false
	}
	t.publisher, t.id, t.squares, t.eurostat, t.vintage = "Eurostat census grid", id, true, true, 2021
	t.standard(fields, otherColumns)
	return true
}

var totalOfYear = regexp.MustCompile(`(?i)^tot_p_(2[0-9]{3})$`)

// totals recognises the GEOSTAT grids: TOT_P of one year, or TOT_P_2006 and so on.
func (t *gridTable) totals(fields []string, vintage int) bool {
	id, ok := fieldNamed(fields, "grd_id")
	if !ok {
		return false
	}
	years := map[int]string{}
	for _, f := range fields {
		if m := totalOfYear.FindStringSubmatch(f); m != nil {
			year, _ := strconv.Atoi(m[1]) // four digits
			years[year] = f
			t.years = append(t.years, f)
		}
	}
	single, ok := fieldNamed(fields, "tot_p")
	if !ok && len(years) == 0 {
		return false
	}
	t.publisher, t.id, t.squares, t.eurostat = "Eurostat population grid", id, true, true
	if len(years) == 0 {
		t.columns = []gridColumn{{"ind", single}}
		return true
	}
	t.vintage = vintage
	if vintage == 0 {
		t.vintage = slices.Max(slices.Collect(maps.Keys(years)))
	}
	if field, ok := years[t.vintage]; ok {
		t.columns = []gridColumn{{"ind", field}}
	}
	return true
}

// gridReader turns records into cells.
type gridReader struct {
	*gridTable
	gridCells
	recs     *records
	opt      PopulationOptions
	rep      *FileReport
	sizes    map[int]int        // cell size → cells
	absent   []int              // per column: cells where the value is not available
	persons  []bool             // per column: it counts inhabitants
	over     tally              // cells where a part is greater than the whole
	communes tally              // commune codes that are none
	vacant   int                // rows without people in the chosen year
	renamed  int                // ids in the short spelling
	codes    map[[5]byte]string // of communes, each once
	row      []geodata.Amount
}

func newGridReader(t *gridTable, recs *records, opt PopulationOptions, rep *FileReport) *gridReader {
	r := &gridReader{gridTable: t, recs: recs, opt: opt, rep: rep,
		sizes: map[int]int{}, codes: map[[5]byte]string{}}
	r.absent = make([]int, len(t.columns))
	r.row = make([]geodata.Amount, len(t.columns))
	for _, c := range t.columns {
		r.pop.Columns = append(r.pop.Columns, geodata.Column{Name: c.name})
		std, _ := geodata.StandardColumnByName(c.name)
		r.persons = append(r.persons, std.Unit == "persons")
	}
	return r
}

// read reads all records, on all processors where they are rows of squares.
func (r *gridReader) read() error {
	if r.recs.csv == nil || !r.squares {
		return r.recs.each(r.add)
	}
	rows := newGridRows(r)
	return eachPart(r.recs.csv, rows.read, rows.take, r.add)
}

func (r *gridReader) add(rec *record) error {
	cell, square, err := r.cell(rec)
	if err == nil {
		if r.opt.Keep != nil && !r.opt.Keep(cell.Centre) {
			r.rep.Outside++
			return nil
		}
		if r.empty(rec) {
			r.vacant++
			return nil
		}
		err = r.complete(rec, &cell, square)
	}
	var f *fault
	switch {
	case errors.As(err, &f):
		r.rep.reject(rec.where, f.field, f.value, "%s", f.reason)
		return nil
	case err != nil:
		return err
	}
	if err := r.gridCells.add(cell, square); err != nil {
		return err
	}
	if square.EPSG != 0 {
		r.taken.add(square)
	}
	r.places.add(rec.where)
	for k, v := range r.row {
		r.pop.Columns[k].Values = append(r.pop.Columns[k].Values, v)
	}
	r.sizes[square.Size]++
	r.rep.Loaded++
	return nil
}

// empty says that the row has people in another year only: it is right, but
// not part of this year's grid.
func (r *gridReader) empty(rec *record) bool {
	if len(r.years) < 2 || available(rec.values[r.columns[r.total].field]) {
		return false
	}
	return slices.ContainsFunc(r.years, func(f string) bool { return available(rec.values[f]) })
}

// available is false for what Eurostat writes where a value is confidential or missing.
func available(s string) bool { return s != "" && strings.TrimSuffix(s, ".0") != "-9999" }

// cell reads which cell the record is and where, and its square: of a point, a
// square without a system.
func (r *gridReader) cell(rec *record) (geodata.Cell, crs.GridID, error) {
	id := rec.values[r.id]
	if r.id == "" {
		id = rec.id
	}
	g, err := crs.ParseGridID(id)
	if err == nil {
		return r.square(id, g)
	}
	if r.squares {
		return geodata.Cell{}, g, badField(r.id, id, "%s", err)
	}
	cell := geodata.Cell{ID: id}
	switch {
	case r.at != nil:
		cell.Centre, err = r.at.point(rec, r.opt.Keep)
	case rec.geometry != nil || r.recs.epsg != 0:
		cell.Centre, cell.Outline, err = place(rec, r.recs.epsg, r.opt.Keep)
	default:
		err = fmt.Errorf("%s: nothing says where the record is: want a grid id such as CRS3035RES200mN2029800E4254200, a geometry, or coordinates in columns such as lon and lat (else map them, such as lon=LONG); the file has %s",
			rec.where, strings.Join(r.recs.fields, ", "))
	}
	if err == nil && cell.ID == "" {
		cell.ID = "point-" + digest(cell.Centre)
	}
	return cell, crs.GridID{Size: r.opt.CellSize}, err
}

func (r *gridReader) square(id string, g crs.GridID) (geodata.Cell, crs.GridID, error) {
	centre, err := g.Centre()
	if err != nil {
		return geodata.Cell{}, g, badField(r.id, id, "the cell lies nowhere: %s", err)
	}
	cell := geodata.Cell{ID: g.String(), Centre: centre}
	if cell.ID != id {
		r.renamed++
	}
	if r.opt.Keep != nil && !r.opt.Keep(centre) {
		return cell, g, nil // the corners are not needed
	}
	if !wellInside(g, centre) {
		if _, err := g.Ring(); err != nil {
			return geodata.Cell{}, g, badField(r.id, id, "the cell lies nowhere: %s", err)
		}
	}
	return cell, g, nil
}

// wellInside says that all corners of a square lie in its system's area of use,
// since its centre lies half a degree inside: farther than a square of 1 km reaches
// anywhere the systems are used.
func wellInside(g crs.GridID, centre orb.Point) bool {
	return g.Size <= 1000 && crs.Area(g.EPSG).Pad(-0.5).Contains(centre)
}

// digest names a place and texts by 12 hexadecimal digits that depend on nothing else.
func digest(p orb.Point, texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	for _, v := range p {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v+0)) // +0 folds -0 into 0
		h.Write(b[:])                                              //nolint:errcheck // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// complete reads the rest of a cell that is wanted, and the counts into r.row.
func (r *gridReader) complete(rec *record, cell *geodata.Cell, square crs.GridID) error {
	if where, dup := r.seen(cell.ID, square); dup {
		return badField(r.id, cell.ID, "duplicate cell: already on %s", where)
	}
	if err := r.counts(rec); err != nil {
		return err
	}
	imputed, err := flag(rec, r.imputed)
	if err != nil {
		return err
	}
	cell.Imputed = imputed
	if code, ok := rec.values[r.commune]; ok && r.commune != "" {
		// lcog_geo joins the codes of all communes the cell touches; the first stands for it.
		if cell.Commune = code[:min(5, len(code))]; !isCommuneCode(cell.Commune) {
			r.communes.add("%s %q", rec.where, code)
			cell.Commune = ""
		}
	}
	for k := range r.columns {
		if !r.has(rec, k) {
			r.absent[k]++
		}
	}
	if k := r.partOverWhole(); k >= 0 {
		r.over.add("%s %s %s > %s", cell.ID, r.columns[k].name, r.row[k], r.row[r.total])
	}
	return nil
}

func (r *gridReader) has(rec *record, k int) bool {
	s, ok := rec.values[r.columns[k].field]
	return ok && (!r.eurostat || available(s))
}

func (r *gridReader) counts(rec *record) error {
	for k, c := range r.columns {
		r.row[k] = 0
		s := rec.values[c.field]
		if !r.has(rec, k) {
			if k == r.total {
				return badField(c.field, s, "the number of inhabitants is missing")
			}
			continue
		}
		v, err := geodata.ParseAmount(s)
		if err != nil {
			return badField(c.field, s, "want a number such as 12.5: %s", reasonOf(err))
		}
		if v < 0 {
			return badField(c.field, s, "negative: want 0 or more")
		}
		r.row[k] = v
	}
	return nil
}

// reasonOf is the error without the value, which the report shows beside it.
func reasonOf(err error) string {
	reason, _, _ := strings.Cut(err.Error(), ": \"")
	return reason
}

// flag reads 0 or 1; without a field or value it is false.
func flag(rec *record, field string) (bool, error) {
	s := rec.values[field]
	if field == "" || s == "" {
		return false, nil
	}
	switch v, err := geodata.ParseAmount(s); {
	case err == nil && v == 0, strings.EqualFold(s, "false"):
		return false, nil
	case err == nil && v == geodata.Unit, strings.EqualFold(s, "true"):
		return true, nil
	}
	return false, badField(field, s, "want 0 or 1")
}

// partOverWhole finds a count of persons that exceeds the inhabitants by more
// than one, which rounding does not explain; -1 if there is none.
func (r *gridReader) partOverWhole() int {
	for k := range r.columns {
		if r.persons[k] && r.row[k] > r.row[r.total]+geodata.Unit {
			return k
		}
	}
	return -1
}

// describe names the grid and writes the notes.
func (r *gridReader) describe() {
	r.pop.CellSize = r.cellSize()
	r.pop.Vintage = r.year()
	size := ""
	switch {
	case r.pop.CellSize%1000 == 0 && r.pop.CellSize > 0:
		size = fmt.Sprintf(" %d km", r.pop.CellSize/1000)
	case r.pop.CellSize > 0:
		size = fmt.Sprintf(" %d m", r.pop.CellSize)
	}
	if r.publisher == "grid" {
		r.rep.Format = fmt.Sprintf("population by column mapping, %s", r.recs.format)
		r.pop.Name = strings.TrimSuffix(filepath.Base(r.rep.File), filepath.Ext(r.rep.File))
	} else {
		r.rep.Format = fmt.Sprintf("%s%s%s, %s", r.publisher, size, r.spelled(), r.recs.format)
		r.pop.Name = r.publisher + size
		if r.pop.Vintage > 0 {
			r.pop.Name += fmt.Sprintf(" %d", r.pop.Vintage)
		}
	}
	r.notes()
}

func (r *gridReader) spelled() string {
	switch {
	case r.spelling == "2019 spelling" && r.pop.Vintage == 2021:
		return " (2021 spelling)"
	case r.spelling != "":
		return " (" + r.spelling + ")"
	case r.vintage > 0:
		return fmt.Sprintf(" %d", r.vintage)
	}
	return ""
}

// cellSize is the size of all cells, or the smallest if they differ.
func (r *gridReader) cellSize() int {
	sizes := slices.Sorted(maps.Keys(r.sizes))
	if len(sizes) == 0 {
		return r.opt.CellSize
	}
	if len(sizes) > 1 {
		r.rep.note("cells of several sizes (%s m): the grid is described by the smallest", strings.Trim(fmt.Sprint(sizes), "[]"))
	}
	return sizes[0]
}

var numbersInName = regexp.MustCompile(`[0-9]+`)

// yearInName is the only number between 2000 and 2039 in the file's name, 0 if
// there is none or more than one.
func yearInName(path string) int {
	found := 0
	for _, digits := range numbersInName.FindAllString(filepath.Base(path), -1) {
		year, err := strconv.Atoi(digits)
		if err != nil || len(digits) != 4 || year < 2000 || year > 2039 {
			continue
		}
		if found != 0 && found != year {
			return 0
		}
		found = year
	}
	return found
}

// year is what the user says, else the columns, unless the file's name gives
// another year for a spelling that was used more than once.
func (r *gridReader) year() int {
	if r.opt.Vintage > 0 {
		return r.opt.Vintage
	}
	if len(r.years) > 1 {
		r.rep.note("totals of several years: %s was taken, the latest; another is chosen by its year", r.columns[r.total].field)
	}
	if r.vintage > 0 && r.spelling == "" {
		return r.vintage
	}
	if year := yearInName(r.rep.File); year > 0 {
		r.rep.note("the year %d was taken from the file's name", year)
		return year
	}
	if r.vintage > 0 {
		return r.vintage
	}
	r.rep.note("the year of the counts is not known: neither the columns nor the file's name tell it")
	return 0
}

func (r *gridReader) notes() {
	for k, n := range r.absent {
		if n > 0 {
			r.rep.note("%s is not available in %d cells: counted as 0", r.columns[k].field, n)
		}
	}
	if r.vacant > 0 {
		r.rep.note("rows with people in other years only, not in %d: %d skipped", r.pop.Vintage, r.vacant)
	}
	if r.renamed > 0 {
		r.rep.note("cell ids in the short spelling were written out in full: %d", r.renamed)
	}
	r.over.note(r.rep, "cells where a part exceeds the inhabitants by more than one person, kept as published")
	r.communes.note(r.rep, "values that are not INSEE commune codes, ignored")
	if len(r.ignored) > 0 {
		r.rep.note("columns not used: %s", strings.Join(r.ignored, ", "))
	}
}
