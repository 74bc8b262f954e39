package load

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// CommuneAges is the population of one commune in one census, by age.
type CommuneAges struct {
	Code  string // INSEE code
	Total geodata.Amount
	// Bands are the people of each age band of Census.Bands, in its order.
	Bands []geodata.Amount
}

// Census is the population by age of communes in one year.
type Census struct {
	Year     int      // of the census: the middle of the five years it was taken in
	Bands    []string // as INSEE names them: 0014 is ages 0 to 14, 90P 90 and over
	Communes []CommuneAges
}

// ageBand is a column such as P22_POP0014, the total P22_POP without the last part.
var ageBand = regexp.MustCompile(`(?i)^p([0-9]{2})_pop([0-9]{4}|[0-9]{2}p)?$`)

// CensusAges reads INSEE's communal base « évolution et structure de la
// population » (base-cc-evol-struct-pop): CODGEO, and for each of three censuses
// the total Pyy_POP and the ages Pyy_POP0014, …, Pyy_POP90P. The latest is taken.
// Figures are estimates with decimals; they are kept to the millionth.
//
// keep says which communes are wanted; nil keeps all. The report is never nil.
// An error means that nothing of the file was usable; it names the columns that
// are missing and those that are there.
func CensusAges(ctx context.Context, path string, keep func(code string) bool, opt Options) (Census, *FileReport, error) {
	rep := &FileReport{File: path, Layer: "census"}
	recs, err := openRecords(ctx, path, opt, rep)
	if err != nil {
		return Census{}, rep, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	r, err := newCensusReader(recs, keep, rep)
	if err == nil {
		err = recs.each(r.add)
	}
	if err == nil {
		err = nothingLoaded(rep)
	}
	if err != nil {
		return Census{}, rep, inFile(rep.File, err)
	}
	return r.out, rep, nil
}

type censusReader struct {
	rep         *FileReport
	keep        func(string) bool
	code, total string
	bands       []string // fields, in the order of out.Bands
	first       map[string]string
	out         Census
}

func newCensusReader(recs *records, keep func(string) bool, rep *FileReport) (*censusReader, error) {
	r := &censusReader{rep: rep, keep: keep, first: map[string]string{}}
	if err := oneColumn(recs); err != nil {
		return nil, err
	}
	var ok bool
	if r.code, ok = fieldNamed(recs.fields, "codgeo"); !ok {
		return nil, fmt.Errorf("no column CODGEO with the communes' codes; the file has %s", someFields(recs.fields))
	}
	for _, f := range recs.fields {
		if m := ageBand.FindStringSubmatch(f); m != nil {
			yy, _ := strconv.Atoi(m[1]) // two digits
			r.out.Year = max(r.out.Year, 2000+yy)
		}
	}
	if r.out.Year == 0 {
		return nil, fmt.Errorf("no column such as P22_POP with the population; the file has %s", someFields(recs.fields))
	}
	for _, f := range recs.fields {
		switch m := ageBand.FindStringSubmatch(f); {
		case m == nil || m[1] != fmt.Sprintf("%02d", r.out.Year-2000):
		case m[2] == "":
			r.total = f
		case partOfSeven(m[2]):
			r.bands, r.out.Bands = append(r.bands, f), append(r.out.Bands, strings.ToUpper(m[2]))
		}
	}
	if r.total == "" {
		return nil, fmt.Errorf("no column P%02d_POP with the total; the file has %s", r.out.Year-2000, someFields(recs.fields))
	}
	rep.Format = fmt.Sprintf("INSEE census %d, population by age and commune, %s", r.out.Year, recs.format)
	return r, nil
}

// partOfSeven says whether a band is one of the seven that split the whole
// population; the base has others, which overlap them.
func partOfSeven(band string) bool {
	return slices.Contains([]string{"0014", "1529", "3044", "4559", "6074", "7589", "90P"}, strings.ToUpper(band))
}

// someFields lists names, the first forty of a wide table.
func someFields(fields []string) string {
	if len(fields) > 40 {
		return strings.Join(fields[:40], ", ") + fmt.Sprintf(" and %d more", len(fields)-40)
	}
	return strings.Join(fields, ", ")
}

func (r *censusReader) add(rec *record) error {
	code := rec.values[r.code]
	switch where, twice := r.first[code]; {
	case !isCommuneCode(code):
		r.rep.reject(rec.where, r.code, code, "not an INSEE commune code such as 49347")
		return nil
	case r.keep != nil && !r.keep(code):
		r.rep.Outside++
		return nil
	case twice:
		r.rep.reject(rec.where, r.code, code, "the same commune as on %s, which was kept", where)
		return nil
	}
	c := CommuneAges{Code: code, Bands: make([]geodata.Amount, len(r.bands))}
	for i, field := range append([]string{r.total}, r.bands...) {
		v, ok := people(rec.values[field])
		if !ok {
			r.rep.reject(rec.where, field, rec.values[field], "want a number of people such as 640.251")
			return nil
		}
		if i == 0 {
			c.Total = v
		} else {
			c.Bands[i-1] = v
		}
	}
	r.first[code] = rec.where
	r.out.Communes = append(r.out.Communes, c)
	r.rep.Loaded++
	return nil
}

func people(s string) (v geodata.Amount, ok bool) {
	v, err := geodata.ParseAmount(s)
	return v, err == nil && v >= 0
}

// census fills in what outlines lack, and compares.
func (b *assembly) census(ctx context.Context) error {
	for _, path := range b.spec.Census {
		known := map[string]int{}
		for i, c := range b.c.Communes {
			known[c.Code] = i
		}
		keep := func(code string) bool { _, ok := known[code]; return ok }
		census, rep, err := CensusAges(ctx, path, keep, b.opt)
		b.add(rep, "census", path)
		if err != nil {
			return err
		}
		filled, studied := 0, geodata.Amount(0)
		for _, c := range census.Communes {
			m := &b.c.Communes[known[c.Code]]
			if m.Study {
				studied += c.Total
			}
			if m.Population == 0 && c.Total > 0 {
				m.Population = int((c.Total + geodata.Unit/2) / geodata.Unit)
				filled++
			}
		}
		if filled > 0 {
			rep.note("population of communes taken from the census, for want of another: %d", filled)
		}
		b.compareCensus(rep, census.Year, studied)
	}
	return nil
}

// compareCensus notes how much of the census the grid counts in the study area:
// Filosofi leaves out who lives in communal establishments.
func (b *assembly) compareCensus(rep *FileReport, year int, studied geodata.Amount) {
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
