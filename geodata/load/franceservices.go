package load

import (
	"strings"

	"github.com/maillage/maillage/geodata"
)

// frenchDays are the columns of opening hours, Monday first. The list has had no Sunday so far.
var frenchDays = [7]string{"h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi", "h_samedi", "h_dimanche"}

// isFranceServices recognises the national list of France Services sites that
// the ANCT publishes on data.gouv.fr.
func isFranceServices(fields []string) bool {
	for _, name := range []string{"id_fs", "lib_fs", "h_lundi", "latitude", "longitude"} {
		if _, ok := fieldNamed(fields, name); !ok {
			return false
		}
	}
	return true
}

// franceServices reads that list. Its format column tells fixed sites, those
// spread over several places (Multisites) and those that come to people: a bus
// or its equivalent and other itinerant ones, whose point is their base.
type franceServices struct {
	*facilityReader
	at     *coordinateFields
	unread tally // days whose text is no hours
	merged tally // days whose spans overlap
	blank  tally // days with spans 00:00 - 00:00
	silent int   // sites without any hours
}

func (l *franceServices) facility(rec *record) (geodata.Facility, error) {
	f := geodata.Facility{Service: l.opt.Service, Status: geodata.Existing, Source: "ANCT, France services"}
	id, ok := rec.get("id_fs")
	if !ok {
		return f, badField("id_fs", "", "the site has no number")
	}
	f.ID = "fs-" + id
	var err error
	if f.Location, err = l.at.point(rec, l.opt.Keep); err != nil {
		return f, err
	}
	f.Name, _ = rec.get("lib_fs")
	if code, ok := rec.get("insee_com"); ok && isCommuneCode(code) {
		f.Commune = code
	}
	format, _ := rec.get("format_fs")
	f.Itinerant = strings.HasPrefix(format, "Bus") || strings.HasPrefix(format, "Itinérant")
	f.Note = franceServicesNote(rec)
	return f, nil
}

// details reads the hours, of the sites that are kept only.
func (l *franceServices) details(rec *record, f *geodata.Facility) error {
	week, known := new(geodata.WeeklyHours), true
	for day, name := range frenchDays {
		s, ok := rec.get(name)
		if !ok {
			continue
		}
		d, err := parseDayHours(s)
		if err != nil {
			l.unread.add("%s %s %q", rec.where, name, s)
			known = false
			continue
		}
		if d.merged {
			l.merged.add("%s %s %q", rec.where, name, s)
		}
		if d.blank {
			l.blank.add("%s %s", rec.where, name)
		}
		week[day] = d.spans
	}
	switch {
	case !known:
	case week.Minutes() == 0:
		l.silent++
	default:
		f.Hours = week
	}
	return nil
}

// franceServicesNote joins what a planner wants to read: what kind of site,
// since when, its comment.
func franceServicesNote(rec *record) string {
	var parts []string
	for _, field := range []string{"type_fs", "format_fs", "labellisation_fs", "commentaire"} {
		v, ok := rec.get(field)
		if !ok || v == "Principal" || v == "Fixe" {
			continue
		}
		parts = append(parts, strings.ReplaceAll(v, "_", " "))
	}
	return strings.Join(parts, "; ")
}

func (l *franceServices) notes() {
	l.unread.note(l.rep, "opening hours not understood, the sites' hours left unknown")
	l.merged.note(l.rep, "days whose spans overlap, read as their union")
	l.blank.note(l.rep, "spans 00:00 - 00:00 left out as blank")
	if l.silent > 0 {
		l.rep.note("sites without any opening hours: %d, their hours left unknown", l.silent)
	}
}
