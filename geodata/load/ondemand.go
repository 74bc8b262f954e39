package load

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// OnDemand reads transport on demand from a table (CSV), a row per service:
//
//	id       required, unique
//	name     as people know it
//	from     required: INSEE codes of the communes it fetches people in, a blank between them
//	to       those it takes them to; the same when empty
//	hours    required, as in OpenStreetMap: Mo-Fr 08:00-18:00
//	wait     minutes until one is fetched; 0 when empty
//	booking  minutes ahead at which it is booked; 0 when empty
//	detour   per cent of the direct ride; 100 when empty
//	note     shown as it is
//	source   who says so; the name of the file when empty
//
// opt.Keep is not applied. The report is never nil. An error means that nothing of
// the file was usable.
func OnDemand(ctx context.Context, path string, opt Options) ([]geodata.OnDemand, *FileReport, error) {
	rep := &FileReport{File: path, Layer: "on_demand"}
	recs, err := openRecords(ctx, path, opt, rep)
	if err != nil {
		return nil, rep, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	rep.Format = "transport on demand, " + recs.format
	r := &onDemandReader{rep: rep, seen: map[string]string{}}
	err = r.recognise(recs)
	if err == nil {
		err = recs.each(func(rec *record) error {
			r.add(rec)
			return ctx.Err()
		})
	}
	if err == nil {
		err = nothingLoaded(rep)
	}
	return r.out, rep, inFile(rep.File, err)
}

type onDemandReader struct {
	rep  *FileReport
	seen map[string]string // where an id was met
	out  []geodata.OnDemand
}

func (r *onDemandReader) recognise(recs *records) error {
	if err := oneColumn(recs); err != nil {
		return err
	}
	for _, name := range []string{"id", "from", "hours"} {
		if _, ok := fieldNamed(recs.fields, name); !ok {
			return badField(name, "", "no such column: want id, name, from, to, hours, wait, booking, detour, note; the file has %s", someFields(recs.fields))
		}
	}
	return nil
}

func (r *onDemandReader) add(rec *record) {
	d, bad := r.service(rec)
	if bad == nil && r.seen[d.ID] != "" {
		bad = badField("id", d.ID, "the service of %s has it already: want ids that differ", r.seen[d.ID])
	}
	if bad != nil {
		r.rep.reject(rec.where, bad.field, bad.value, "%s", bad.reason)
		return
	}
	r.seen[d.ID] = rec.where
	r.rep.Loaded++
	r.out = append(r.out, d)
}

// service reads a row, or says which field of it cannot be.
func (r *onDemandReader) service(rec *record) (d geodata.OnDemand, bad *fault) {
	text := func(field string) string {
		v, _ := rec.get(field)
		return plainText(v)
	}
	d = geodata.OnDemand{ID: text("id"), Name: text("name"), Note: text("note"), Source: text("source")}
	if d.ID == "" {
		return d, badField("id", "", "is missing: want one that no other service has")
	}
	for _, codes := range []struct {
		field string
		into  *[]string
	}{{"from", &d.From}, {"to", &d.To}} {
		if *codes.into, bad = communeCodes(codes.field, text(codes.field)); bad != nil {
			return d, bad
		}
	}
	if len(d.From) == 0 {
		return d, badField("from", "", "is missing: want at least one commune, such as 49347 49127")
	}
	hours, err := geodata.ParseWeeklyHours(text("hours"))
	if err != nil {
		return d, badField("hours", text("hours"), "%v: want hours such as Mo-Fr 08:00-18:00", err)
	}
	if d.Hours = *hours; hours.Minutes() == 0 {
		return d, badField("hours", text("hours"), "it never runs: want hours such as Mo-Fr 08:00-18:00")
	}
	for _, n := range []struct {
		field         string
		least, most   int
		absent        int
		into          *int
		what, example string
	}{
		{"wait", 0, 1440, 0, &d.Wait, "minutes", "20"},
		{"booking", 0, 31 * 1440, 0, &d.Booking, "minutes", "1440 for the day before"},
		{"detour", 100, 1000, 100, &d.Detour, "per cent of the direct ride", "140"},
	} {
		v := text(n.field)
		if v == "" {
			*n.into = n.absent
			continue
		}
		if *n.into, err = strconv.Atoi(v); err != nil || *n.into < n.least || *n.into > n.most {
			return d, badField(n.field, v, "want a whole number of %s from %d to %d, such as %s", n.what, n.least, n.most, n.example)
		}
	}
	if err := d.Check(); err != nil {
		return d, badField("", "", "%v", err)
	}
	return d, nil
}

// communeCodes reads INSEE codes with blanks between them, each once, rising.
func communeCodes(field, text string) ([]string, *fault) {
	codes := strings.Fields(text)
	for _, code := range codes {
		if !isCommuneCode(code) {
			return nil, badField(field, text, "%q is no INSEE code: want codes such as 49347 49127, a blank between them", code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}
