package load

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// countsID are the names of the column that tells places apart.
var countsID = []string{"id", "identifiant", "uai", "code_uai", "numero_uai", "finess", "siret", "code"}

// Counts reads places with counts, such as schools with their pupils, in file
// order: CSV with coordinates as facilities have, GeoJSON or GeoPackage. Each
// needs an id. A column of which most values are numbers counts something, under
// its name in small letters; those that name or number (code_…, siret, telephone)
// do not. The commune is that of a column of INSEE codes, if there is one.
//
// A value that is absent, or that the publisher does not tell (NS, nd, s), counts 0, and is noted. A number below 0, or a text in a
// column of numbers, rejects its record.
//
// The report is never nil. An error means that nothing of the file was usable.
func Counts(ctx context.Context, file CountsFile, epsg int, opt Options) (geodata.Population, *FileReport, error) {
	rep := &FileReport{File: file.Path, Layer: "counts"}
	recs, err := openRecords(ctx, file.Path, opt, rep)
	if err != nil {
		return geodata.Population{}, rep, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	r := &countsReader{rep: rep, recs: recs, keep: opt.Keep, first: map[string]string{}, pop: geodata.Population{Name: file.Name, Rule: file.Rule}}
	err = r.recognise(epsg)
	if err == nil {
		err = recs.each(func(rec *record) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return r.add(rec)
		})
	}
	if err == nil {
		err = r.finish()
	}
	return r.pop, rep, inFile(rep.File, err)
}

type countsReader struct {
	rep     *FileReport
	recs    *records
	keep    func(orb.Point) bool
	id      string            // field; empty where features have ids of their own
	commune string            // field with INSEE codes; empty if there is none
	at      *coordinateFields // nil when the geometry says where
	fields  []string          // that may be counts
	first   map[string]string // id → where it was first seen
	found   []foundPlace
	pop     geodata.Population
}

// foundPlace is a record whose columns are not yet known to be counts.
type foundPlace struct {
	where  string
	cell   geodata.Cell
	values []string // parallel to fields
}

func (r *countsReader) recognise(epsg int) (err error) {
	if err := oneColumn(r.recs); err != nil {
		return err
	}
	fields := r.recs.fields
	r.rep.Format = "counts, " + r.recs.format
	var ok bool
	if r.id, ok = fieldNamed(fields, countsID...); !ok && r.recs.format != "GeoJSON" {
		return fmt.Errorf("no id: want a column %s; the file has %s", strings.Join(countsID, ", "), someFields(fields))
	}
	r.commune, _ = fieldNamed(fields, append(slices.Clone(communeCode[1:]), "commune")...)
	if r.recs.epsg == 0 {
		if r.at, err = findCoordinates(fields, nil, epsg); err != nil {
			return err
		}
		if r.at == nil {
			return fmt.Errorf("no coordinates: want columns such as lon and lat or LAMBERT_X and LAMBERT_Y; the file has %s", someFields(fields))
		}
	}
	for _, f := range fields {
		if f != r.id && f != r.commune && (r.at == nil || f != r.at.x && f != r.at.y) && !numbering.MatchString(f) {
			r.fields = append(r.fields, f)
		}
	}
	return nil
}

// numbering are columns of numbers that count nothing.
var numbering = regexp.MustCompile(`(?i)^(fid|gid|ogc_fid|cp|annee|année|year|code_?postal|(code|num|numero|insee|siren|siret|finess|uai|rna|tel|telephone|téléphone|fax|lon|lat|longitude|latitude|x|y|epsg)(_.*)?)$`)

func (r *countsReader) add(rec *record) error {
	p, err := r.place(rec)
	var bad *fault
	switch {
	case errors.As(err, &bad):
		r.rep.reject(rec.where, bad.field, bad.value, "%s", bad.reason)
		return nil
	case err != nil:
		return err
	case r.keep != nil && !r.keep(p.cell.Centre):
		r.rep.Outside++
		return nil
	}
	r.first[p.cell.ID] = rec.where
	r.found = append(r.found, p)
	return nil
}

func (r *countsReader) place(rec *record) (p foundPlace, err error) {
	p.where = rec.where
	p.cell.ID = rec.values[r.id]
	if p.cell.ID == "" && r.recs.format == "GeoJSON" {
		p.cell.ID = rec.id
	}
	if p.cell.ID == "" {
		return p, badField(r.id, "", "the place has no id")
	}
	if first, twice := r.first[p.cell.ID]; twice {
		return p, badField(r.id, p.cell.ID, "duplicate: already on %s", first)
	}
	if r.at != nil {
		p.cell.Centre, err = r.at.point(rec, r.keep)
	} else {
		p.cell.Centre, _, err = place(rec, r.recs.epsg, r.keep)
	}
	if err != nil {
		return p, err
	}
	if code := rec.values[r.commune]; isCommuneCode(code) {
		p.cell.Commune = code
	}
	for _, f := range r.fields {
		text := rec.values[f]
		if slices.Contains(notTold, strings.ToLower(text)) {
			text = ""
		}
		p.values = append(p.values, text)
	}
	return p, nil
}

// notTold is how publishers write that a number is not significant, secret or not available.
var notTold = []string{"ns", "n/s", "nc", "nd", "n/d", "na", "n/a", "s", "-"}

// aNumber leaves out numbers with leading zeros, which are codes.
var aNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*|[0-9]*[.,][0-9]+)$`)

// finish tells the columns that count from the others, and reads them.
func (r *countsReader) finish() error {
	var columns []int // of fields
	var others []string
	for k, f := range r.fields {
		numbers, texts := 0, 0
		for _, p := range r.found {
			switch {
			case p.values[k] == "":
			case aNumber.MatchString(p.values[k]):
				numbers++
			default:
				texts++
			}
		}
		if numbers > texts {
			columns = append(columns, k)
		} else {
			others = append(others, f)
		}
	}
	names := map[string]string{}
	for _, k := range columns {
		name := strings.ToLower(r.fields[k])
		if other, twice := names[name]; twice {
			return fmt.Errorf("the columns %s and %s differ by capital letters only", other, r.fields[k])
		}
		names[name] = r.fields[k]
		r.pop.Columns = append(r.pop.Columns, geodata.Column{Name: name})
	}
	if len(columns) == 0 && len(r.found) > 0 {
		return fmt.Errorf("no column counts anything: want one of numbers, such as pupils; the file has %s", someFields(r.recs.fields))
	}
	absent := make([]tally, len(columns))
	for _, p := range r.found {
		r.count(p, columns, absent)
	}
	for c, k := range columns {
		absent[c].note(r.rep, fmt.Sprintf("values of %s that are absent, or not told (NS), count as 0", r.fields[k]))
	}
	if len(others) > 0 {
		r.rep.note("columns that count nothing: %s", strings.Join(others, ", "))
	}
	return nothingLoaded(r.rep)
}

func (r *countsReader) count(p foundPlace, columns []int, absent []tally) {
	values := make([]geodata.Amount, len(columns))
	for c, k := range columns {
		text := p.values[k]
		if text == "" {
			continue
		}
		v, err := geodata.ParseAmount(text)
		if err != nil || v < 0 {
			r.rep.reject(p.where, r.fields[k], text, "want a number that is not below 0, such as 120, or nothing where it is not known")
			return
		}
		values[c] = v
	}
	for c, k := range columns {
		if p.values[k] == "" {
			absent[c].add("%s", p.where)
		}
		r.pop.Columns[c].Values = append(r.pop.Columns[c].Values, values[c])
	}
	r.pop.Cells = append(r.pop.Cells, p.cell)
	r.rep.Loaded++
}

// counts reads the sets of counts and gives each place its commune.
func (b *assembly) counts(ctx context.Context) error {
	for _, file := range b.spec.Counts {
		p, rep, err := Counts(ctx, file, b.spec.Grid.EPSG, b.kept())
		b.add(rep, "counts", file.Path)
		if err != nil {
			return err
		}
		if !p.Rule.Public() {
			if _, ok := p.Column(p.Rule.Of); !ok {
				return fmt.Errorf("counts %s: the minimum of its secrecy counts %q: want one of the columns %s", p.Name, p.Rule.Of, columnNames(&p))
			}
		}
		outside, unknown := b.assignSome(p.Cells)
		if outside > 0 {
			rep.note("places outside every commune, kept but not part of the study area: %d", outside)
		}
		if len(unknown) > 0 {
			rep.note("unknown commune codes of places outside every outline: %s", someOf(unknown))
		}
		b.c.Counts = append(b.c.Counts, p)
	}
	return nil
}
