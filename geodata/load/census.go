package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// CensusOptions say what a census file does not say itself.
type CensusOptions struct {
	Options
	// Wanted says which communes are; nil wants all. Options.Keep is not asked.
	Wanted func(code string) bool
	// Year is that of rows that name none; 0 takes it from the file's name.
	Year int
}

// Census reads people by commune, year, sex and age, in file order. Recognised are
//
//   - INSEE's communal base « évolution et structure de la population »
//     (base-cc-evol-struct-pop): CODGEO, and for each of three censuses the total
//     Pyy_POP and the ages Pyy_POP0014, …, Pyy_POP90P, of which the seven that
//     split the whole population are taken;
//   - INSEE's « population par sexe et âge » (BTT_TD_POP1B): CODGEO, SEXE (1, 2),
//     AGED100 (000 to 099, 100 and over), NB; or one row per commune with columns
//     SEXE1_AGED100000 to SEXE2_AGED100100. The file's name has the year;
//   - any table with a row per commune, year, sex (may be missing) and range of ages,
//     "0-2", "80+", "4" or in two columns age_from and age_to: see censusFields.
//
// Figures are estimates with decimals; they are kept to the millionth. A row that
// counts people whom another one counts is rejected.
//
// The report is never nil. An error means that nothing of the file was usable; it
// names the columns that are missing and those that are there.
func Census(ctx context.Context, path string, opt CensusOptions) ([]geodata.CensusRow, *FileReport, error) {
	rows, rep, _, err := readCensus(ctx, path, opt, nil)
	return rows, rep, err
}

// readCensus also says whether the file counts everybody, whatever their age, and
// refuses what files before it have counted.
func readCensus(ctx context.Context, path string, opt CensusOptions, counted *countedPeople) (rows []geodata.CensusRow, rep *FileReport, everybody bool, err error) {
	rep = &FileReport{File: path, Layer: "census"}
	recs, err := openRecords(ctx, path, opt.Options, rep)
	if err != nil {
		return nil, rep, false, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	if counted == nil {
		counted = &countedPeople{}
	}
	r := &censusReader{rep: rep, recs: recs, opt: opt, counted: counted}
	err = r.recognise()
	if err == nil {
		err = recs.each(func(rec *record) error {
			r.add(rec)
			return ctx.Err()
		})
	}
	if err == nil {
		err = nothingLoaded(rep)
	}
	return r.out, rep, r.everybody, inFile(rep.File, err)
}

// censusFields are the names, English and French, of a table of a census.
var censusFields = struct{ commune, year, sex, age, from, to, persons []string }{
	commune: append(slices.Clone(communeCode), "commune", "geo", "com"),
	year:    []string{"year", "annee", "année", "an", "millesime", "millésime", "time_period"},
	sex:     []string{"sex", "sexe"},
	age:     []string{"age", "âge", "ages", "âges", "aged100", "tranche", "tranche_age"},
	from:    []string{"age_from", "age_min", "age_de"},
	to:      []string{"age_to", "age_max", "age_a"},
	persons: []string{"persons", "people", "personnes", "population", "pop", "nb", "effectif", "obs_value"},
}

// ageBand is a column such as P22_POP0014, the total P22_POP without the last part;
// sexAge one such as SEXE1_AGED100004.
var (
	ageBand = regexp.MustCompile(`(?i)^p([0-9]{2})_pop([0-9]{4}|[0-9]{2}p)?$`)
	sexAge  = regexp.MustCompile(`(?i)^sexe([12])_aged100(0[0-9]{2}|100)$`)
	aYear   = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)`)
)

// censusColumn is a column that holds the people of one year, sex and range of ages.
type censusColumn struct {
	field string
	row   geodata.CensusRow // without commune and people
	total bool              // it holds everybody again: wanted, but no row
	must  bool              // of the latest census, in which every commune is
}

type censusReader struct {
	rep                *FileReport
	recs               *records
	opt                CensusOptions
	counted            *countedPeople
	commune            string
	year, sex, age     string         // fields of a table with a row per range of ages; empty if there is none
	from, to, persons  string         // the same
	columns            []censusColumn // of a table with a row per commune
	everybody, upTo100 bool           // who is counted; the age 100 means 100 and over
	aYear              int            // of all rows, where they do not say
	out                []geodata.CensusRow
}

func (r *censusReader) recognise() error {
	if err := oneColumn(r.recs); err != nil {
		return err
	}
	fields := r.recs.fields
	matches := func(form *regexp.Regexp) bool { return slices.ContainsFunc(fields, form.MatchString) }
	what, err := "", error(nil)
	switch {
	case matches(ageBand):
		what, err = r.recogniseBands(fields)
	case matches(sexAge):
		what, err = "INSEE population by sex and age", r.recogniseSexAge(fields)
	default:
		what, err = r.recogniseRows(fields)
	}
	r.rep.Format = what + ", " + r.recs.format
	return err
}

// recogniseBands looks for the censuses of a communal base.
func (r *censusReader) recogniseBands(fields []string) (string, error) {
	var ok bool
	if r.commune, ok = fieldNamed(fields, "codgeo"); !ok {
		return "", fmt.Errorf("no column CODGEO with the communes' codes; the file has %s", someFields(fields))
	}
	totals, bands := map[int]string{}, map[int][]censusColumn{}
	latest := 0
	for _, f := range fields {
		m := ageBand.FindStringSubmatch(f)
		if m == nil {
			continue
		}
		yy, _ := strconv.Atoi(m[1]) // two digits
		year := 2000 + yy
		if yy > 67 { // the first census that INSEE publishes this way is that of 1968
			year = 1900 + yy
		}
		latest = max(latest, year)
		if m[2] == "" {
			totals[year] = f
		} else if i := slices.Index(sevenBands, strings.ToUpper(m[2])); i >= 0 {
			row := geodata.CensusRow{Year: year, From: 15 * i, To: 15*i + 14}
			if i == len(sevenBands)-1 {
				row.To = geodata.AndOver
			}
			bands[year] = append(bands[year], censusColumn{field: f, row: row})
		}
	}
	if totals[latest] == "" {
		return "", fmt.Errorf("no column P%02d_POP with the total; the file has %s", latest%100, someFields(fields))
	}
	for year, total := range totals {
		whole := len(bands[year]) == len(sevenBands)
		r.columns = append(r.columns, censusColumn{total, geodata.CensusRow{Year: year, To: geodata.AndOver}, whole, year == latest})
		if whole {
			for _, band := range bands[year] {
				band.must = year == latest
				r.columns = append(r.columns, band)
			}
		}
	}
	slices.SortFunc(r.columns, func(a, b censusColumn) int { return a.row.Year - b.row.Year })
	r.everybody = true
	return fmt.Sprintf("INSEE census %d, population by age and commune", latest), nil
}

// sevenBands split the whole population; the base has others, which overlap them.
var sevenBands = []string{"0014", "1529", "3044", "4559", "6074", "7589", "90P"}

func (r *censusReader) recogniseSexAge(fields []string) error {
	var ok bool
	if r.commune, ok = fieldNamed(fields, censusFields.commune...); !ok {
		return fmt.Errorf("no column CODGEO with the communes' codes; the file has %s", someFields(fields))
	}
	if err := r.findYear(); err != nil {
		return err
	}
	for _, f := range fields {
		if m := sexAge.FindStringSubmatch(f); m != nil {
			age, _ := strconv.Atoi(m[2]) // three digits
			row := geodata.CensusRow{Year: r.aYear, Sex: geodata.Male, From: age, To: age}
			if m[1] == "2" {
				row.Sex = geodata.Female
			}
			if age == 100 {
				row.To = geodata.AndOver
			}
			if i := slices.IndexFunc(r.columns, func(c censusColumn) bool { return c.row == row }); i >= 0 {
				return fmt.Errorf("the columns %s and %s are the same", r.columns[i].field, f)
			}
			r.columns = append(r.columns, censusColumn{field: f, row: row, must: true})
		}
	}
	r.everybody = true
	return nil
}

func (r *censusReader) recogniseRows(fields []string) (string, error) {
	known := map[*string][]string{&r.commune: censusFields.commune, &r.year: censusFields.year, &r.sex: censusFields.sex, &r.age: censusFields.age,
		&r.from: censusFields.from, &r.to: censusFields.to, &r.persons: censusFields.persons}
	for into, names := range known {
		*into, _ = fieldNamed(fields, names...)
	}
	var missing []string
	if r.commune == "" {
		missing = append(missing, "commune (its INSEE code)")
	}
	if r.age == "" && r.from == "" {
		missing = append(missing, "age, or age_from and age_to")
	}
	if r.persons == "" {
		missing = append(missing, "persons")
	}
	if missing != nil {
		return "", fmt.Errorf("no column %s: want commune, year, age and persons, or one of INSEE's tables; the file has %s", strings.Join(missing, ", "), someFields(fields))
	}
	if strings.EqualFold(r.age, "aged100") {
		r.upTo100, r.everybody = true, true
	}
	if r.year == "" {
		if err := r.findYear(); err != nil {
			return "", err
		}
	}
	return "census by commune and age", nil
}

// findYear takes the year of all rows from the user or the file's name.
func (r *censusReader) findYear() error {
	r.aYear = r.opt.Year
	if m := aYear.FindStringSubmatch(filepath.Base(r.rep.File)); m != nil && r.aYear == 0 {
		r.aYear, _ = strconv.Atoi(m[1]) // four digits
	}
	if r.aYear == 0 {
		return fmt.Errorf("which year? want a column year, or a year in the file's name, such as population_2021.csv; the file has %s", someFields(r.recs.fields))
	}
	return nil
}

// someFields lists names, the first forty of a wide table.
func someFields(fields []string) string {
	if len(fields) > 40 {
		return strings.Join(fields[:40], ", ") + fmt.Sprintf(" and %d more", len(fields)-40)
	}
	return strings.Join(fields, ", ")
}

func (r *censusReader) add(rec *record) {
	code := rec.values[r.commune]
	if !isCommuneCode(code) {
		r.rep.reject(rec.where, r.commune, code, "not an INSEE commune code such as 49347")
		return
	}
	if r.opt.Wanted != nil && !r.opt.Wanted(code) {
		r.rep.Outside++
		return
	}
	rows, err := r.rows(rec)
	for i := range rows {
		rows[i].Commune = code
		if err == nil {
			err = r.counted.check(r.commune, rows[i])
		}
	}
	var bad *fault
	if errors.As(err, &bad) {
		r.rep.reject(rec.where, bad.field, bad.value, "%s", bad.reason)
		return
	}
	for _, row := range rows {
		r.counted.add(row, rec.where, r.rep.File)
	}
	r.out = append(r.out, rows...)
	r.rep.Loaded++
}

// rows of a record; the error is a *fault.
func (r *censusReader) rows(rec *record) (rows []geodata.CensusRow, err error) {
	if r.columns == nil {
		row, err := r.row(rec)
		return []geodata.CensusRow{row}, err
	}
	for _, c := range r.columns {
		text := rec.values[c.field]
		if text == "" && !c.must {
			continue // a commune that was not there yet
		}
		row := c.row
		if row.Persons, err = people(c.field, text); err != nil {
			return nil, err
		}
		if !c.total {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func people(field, text string) (geodata.Amount, error) {
	v, err := geodata.ParseAmount(text)
	if err != nil || v < 0 {
		return 0, badField(field, text, "want a number of people such as 640.251")
	}
	return v, nil
}

func (r *censusReader) row(rec *record) (row geodata.CensusRow, err error) {
	row.Year = r.aYear
	if r.year != "" {
		if row.Year, err = strconv.Atoi(rec.values[r.year]); err != nil || row.Year < 1800 || row.Year > 2200 {
			return row, badField(r.year, rec.values[r.year], "want a year such as 2021")
		}
	}
	if r.sex != "" {
		if row.Sex, err = sexOf(rec.values[r.sex]); err != nil {
			return row, badField(r.sex, rec.values[r.sex], "%s", err)
		}
	}
	if row.From, row.To, err = r.ages(rec); err != nil {
		return row, err
	}
	row.Persons, err = people(r.persons, rec.values[r.persons])
	return row, err
}

// sexOf reads INSEE's and everybody's words.
func sexOf(s string) (geodata.Sex, error) {
	switch plain(s) {
	case "1", "m", "h", "homme", "hommes", "masculin", "male", "men":
		return geodata.Male, nil
	case "2", "f", "femme", "femmes", "feminin", "female", "women":
		return geodata.Female, nil
	case "", "t", "_t", "ensemble", "total":
		return geodata.AnySex, nil
	}
	return "", errors.New("want F or M (INSEE's 2 and 1), or nothing for both together")
}

// ages reads the range of ages of a row.
func (r *censusReader) ages(rec *record) (from, to int, err error) {
	if r.age == "" {
		if from, to, err = parseAges(rec.values[r.from] + "+"); err != nil {
			return 0, 0, badField(r.from, rec.values[r.from], "want the youngest age, such as 3")
		}
		if last := rec.values[r.to]; last != "" {
			if to, err = strconv.Atoi(last); err != nil || to < from || to > geodata.AndOver {
				return 0, 0, badField(r.to, last, "want the oldest age, included, not below %d, or nothing for \"and over\"", from)
			}
		}
		return from, to, nil
	}
	text := rec.values[r.age]
	if from, to, err = parseAges(text); err != nil {
		return 0, 0, badField(r.age, text, "%s", err)
	}
	if r.upTo100 && from == 100 {
		to = geodata.AndOver
	}
	return from, to, nil
}

var agesForm = regexp.MustCompile(`^([0-9]{1,3})(?: ans?)?(?:(?: ?- ?| a )([0-9]{1,3})(?: ans?)?| ?(\+|et plus|ou plus))?$`)

// parseAges reads "0-2", "0 à 2 ans", "80+", "80 ans et plus" and "4".
func parseAges(s string) (from, to int, err error) {
	m := agesForm.FindStringSubmatch(strings.ReplaceAll(plain(s), "à", "a"))
	if m == nil {
		return 0, 0, errors.New("want ages such as 0-2, 80+ or 4")
	}
	from, _ = strconv.Atoi(m[1]) // digits
	switch {
	case m[3] != "":
		to = geodata.AndOver
	case m[2] != "":
		to, _ = strconv.Atoi(m[2])
	default:
		to = from
	}
	if from > 130 || to < from {
		return 0, 0, errors.New("want ages such as 0-2, 80+ or 4, the youngest first")
	}
	return from, to, nil
}

// countedPeople finds rows that count the same people.
type countedPeople struct {
	rows map[censusYear][]countedRow
}

type censusYear struct {
	commune string
	year    int
}

type countedRow struct {
	geodata.CensusRow
	where string // record and file
}

// check is a *fault where another row counts the same people, or the year's other
// rows tell sexes apart and this one does not, or the reverse.
func (c *countedPeople) check(field string, row geodata.CensusRow) error {
	for _, other := range c.rows[censusYear{row.Commune, row.Year}] {
		if (other.Sex == geodata.AnySex) != (row.Sex == geodata.AnySex) {
			return badField(field, row.Commune, "%s tells women and men of %d apart and this does not, or the reverse: want one or the other", other.where, row.Year)
		}
		if other.Sex == row.Sex && other.From <= row.To && row.From <= other.To {
			return badField(field, row.Commune, "ages %s of %d are counted already, as %s, by %s", row.Ages(), row.Year, other.Ages(), other.where)
		}
	}
	return nil
}

func (c *countedPeople) add(row geodata.CensusRow, where, file string) {
	if c.rows == nil {
		c.rows = map[censusYear][]countedRow{}
	}
	key := censusYear{row.Commune, row.Year}
	c.rows[key] = append(c.rows[key], countedRow{row, where + " of " + filepath.Base(file)})
}

// census reads the tables of people by age. Those that count everybody fill in
// what outlines lack, and are compared with the grid.
func (b *assembly) census(ctx context.Context) error {
	counted := &countedPeople{}
	for _, path := range b.spec.Census {
		years, err := gridYears(ctx, path, b.opt)
		if err != nil {
			return err
		}
		if years != nil {
			if err := b.censusOfGrid(ctx, path, years, counted); err != nil {
				return err
			}
			continue
		}
		opt := CensusOptions{Options: b.opt, Year: b.spec.CensusYear}
		if len(b.c.Communes) > 0 {
			opt.Wanted = func(code string) bool { return b.indexOf(code) >= 0 }
		}
		rows, rep, everybody, err := readCensus(ctx, path, opt, counted)
		b.add(rep, "census", path)
		if err != nil {
			return err
		}
		b.c.Census = append(b.c.Census, rows...)
		if everybody {
			b.compareCensus(rep, rows)
		}
	}
	return nil
}

// indexOf is the place of a commune, -1 if it is not there.
func (b *assembly) indexOf(code string) int {
	i, ok := slices.BinarySearchFunc(b.c.Communes, code, func(m geodata.Commune, code string) int { return strings.Compare(m.Code, code) })
	if !ok {
		return -1
	}
	return i
}

// compareCensus fills in the population of communes that come without, and notes
// how much of the census the grid counts in the study area: Filosofi leaves out
// who lives in communal establishments.
func (b *assembly) compareCensus(rep *FileReport, rows []geodata.CensusRow) {
	year, totals := 0, map[string]geodata.Amount{}
	for _, r := range rows {
		year = max(year, r.Year)
	}
	for _, r := range rows {
		if r.Year == year {
			totals[r.Commune] += r.Persons
		}
	}
	filled, studied := 0, geodata.Amount(0)
	for code, total := range totals {
		i := b.indexOf(code)
		if i < 0 {
			continue
		}
		m := &b.c.Communes[i]
		if m.Study {
			studied += total
		}
		if m.Population == 0 && total > 0 {
			m.Population = int((total + geodata.Unit/2) / geodata.Unit)
			filled++
		}
	}
	if filled > 0 {
		rep.note("population of communes taken from the census, for want of another: %d", filled)
	}
	ind, ok := b.c.Population.Column("ind")
	if !ok || studied == 0 {
		return
	}
	grid := geodata.Amount(0)
	for i, c := range b.c.Population.Cells {
		if c.Study {
			grid += ind[i]
		}
	}
	rep.note("the grid counts %d people in the study area, the census of %d %d (%d %%)",
		grid/geodata.Unit, year, studied/geodata.Unit, 100*grid/studied)
}

// gridYears are the years of a grid of totals by year, such as TOT_P_2006 and
// TOT_P_2021; nil where the file is no such grid.
func gridYears(ctx context.Context, path string, opt Options) (years []int, err error) {
	opt.Progress = nil
	recs, err := openRecords(ctx, path, opt, &FileReport{File: path})
	if err != nil {
		return nil, nil //nolint:nilerr // whoever reads it says what is wrong
	}
	defer recs.close() //nolint:errcheck // opened for reading
	if _, ok := fieldNamed(recs.fields, "grd_id"); !ok {
		return nil, nil
	}
	for _, f := range recs.fields {
		if m := totalOfYear.FindStringSubmatch(f); m != nil {
			year, _ := strconv.Atoi(m[1]) // four digits
			years = append(years, year)
		}
	}
	slices.Sort(years)
	return years, nil
}

// censusOfGrid sums the cells of a grid, one year after the other, into the
// communes that contain their centres.
func (b *assembly) censusOfGrid(ctx context.Context, path string, years []int, counted *countedPeople) error {
	for k, year := range years {
		p, rep, err := Population(ctx, path, PopulationOptions{Options: b.opt, EPSG: b.spec.Grid.EPSG, Vintage: year})
		rep.Layer = "census"
		if k == 0 {
			b.add(rep, "census", path)
		}
		if err != nil {
			return err
		}
		ind, _ := p.Column("ind")
		sums, outside := make([]geodata.Amount, len(b.c.Communes)), geodata.Amount(0)
		for i, cell := range p.Cells {
			if m, ok := b.locate.at(cell.Centre); ok {
				sums[m] += ind[i]
			} else {
				outside += ind[i]
			}
		}
		for m, persons := range sums {
			row := geodata.CensusRow{Commune: b.c.Communes[m].Code, Year: year, To: geodata.AndOver, Persons: persons}
			where := fmt.Sprintf("the cells of %d", year)
			if err := counted.check("commune", row); err != nil {
				var bad *fault
				if errors.As(err, &bad) {
					b.report.Files[len(b.report.Files)-1].reject(where, bad.field, bad.value, "%s", bad.reason)
				}
				continue
			}
			counted.add(row, where, path)
			b.c.Census = append(b.c.Census, row)
		}
		b.report.Files[len(b.report.Files)-1].note("census of %d: cells summed into the communes that contain their centres, all ages together; %s people live in cells outside the communes that are kept", year, outside)
	}
	return nil
}
