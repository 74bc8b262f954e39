package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// FacilityOptions say what a file of facilities does not say itself.
type FacilityOptions struct {
	Options
	// Service is the id of the service that all facilities of the file offer.
	Service   string
	Catalogue geodata.Catalogue
	// Types are the codes that mark the service in INSEE's BPE, where the
	// edition's differ from the catalogue's; nil for those.
	Types []string
	// EPSG is the system of x and y columns that do not name theirs; 0 if not known.
	EPSG int
	// Columns maps one of id, name, lon, lat, x, y, capacity, opening_hours,
	// hours_holidays, catchment, accessible, status, itinerant, commune, note, source
	// to the file's field.
	Columns map[string]string
}

// Facilities reads the places that offer one service, in file order.
//
// Recognised by their content: OpenStreetMap (PBF, XML), the national list of
// France Services sites, INSEE's BPE with coordinates (rows of the service's
// types in the catalogue). Any other CSV, GeoJSON or GeoPackage needs a geometry
// or coordinates; see genericFields for the names it understands.
//
// The report is never nil. An error means that nothing of the file was usable.
func Facilities(ctx context.Context, path string, opt FacilityOptions) ([]geodata.Facility, *FileReport, error) {
	lists, reports, err := facilitiesOf(ctx, path, []FacilityOptions{opt})
	if err != nil {
		return nil, reports[0], err
	}
	return lists[0], reports[0], nil
}

// facilitiesOf reads the places of several services out of one file, a table in
// one pass: the national BPE is 1.5 GB. There is a list and a report for each of
// opts; records that belong to no service are rejected in the first report.
func facilitiesOf(ctx context.Context, path string, opts []FacilityOptions) ([][]geodata.Facility, []*FileReport, error) {
	lists, reports := make([][]geodata.Facility, len(opts)), make([]*FileReport, len(opts))
	for i := range opts {
		reports[i] = &FileReport{File: path, Layer: "facilities"}
	}
	for i, opt := range opts {
		if _, err := opt.Catalogue.Service(opt.Service); err != nil {
			return nil, reports[i:], inFile(path, err)
		}
	}
	osm, err := isOSM(path)
	if err != nil {
		return nil, reports, err
	}
	if osm {
		for i, opt := range opts {
			if lists[i], err = osmFacilities(ctx, path, opt, reports[i]); err != nil {
				return nil, reports[i:], err
			}
		}
		return lists, reports, nil
	}
	recs, err := openRecords(ctx, path, opts[0].Options, reports[0])
	if err != nil {
		return nil, reports, err
	}
	defer recs.close() //nolint:errcheck // opened for reading
	err = readFacilities(recs, opts, reports, lists)
	return lists, reports, inFile(reports[0].File, err)
}

func readFacilities(recs *records, opts []FacilityOptions, reports []*FileReport, lists [][]geodata.Facility) error {
	if err := oneColumn(recs); err != nil {
		return err
	}
	readers := make([]*facilityReader, len(opts))
	for i := range opts {
		reports[i].File = reports[0].File
		readers[i] = &facilityReader{recs: recs, opt: opts[i], rep: reports[i], first: map[string]string{}}
		if err := readers[i].recognise(); err != nil {
			return err
		}
	}
	err := recs.each(func(rec *record) error {
		for _, r := range readers {
			if err := r.add(rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range readers {
		r.rep.Read = reports[0].Read
		r.notes()
		if err := nothingLoaded(r.rep); err != nil {
			return err
		}
		lists[i] = r.out
	}
	return nil
}

// facilityReader turns the records of one file into facilities.
type facilityReader struct {
	recs  *records
	opt   FacilityOptions
	rep   *FileReport
	first map[string]string // facility id → where it was first seen
	out   []geodata.Facility

	// What differs between publications:
	wanted   func(*record) bool                           // whether the record is of the service
	facility func(*record) (geodata.Facility, error)      // which one it is, and where
	details  func(rec *record, f *geodata.Facility) error // the rest, of those that are kept
	notes    func()
}

func (r *facilityReader) recognise() error {
	r.wanted = func(*record) bool { return true }
	switch {
	case isFranceServices(r.recs.fields):
		l := &franceServices{facilityReader: r}
		l.at, _ = findCoordinates(r.recs.fields, nil, 0) // longitude and latitude are there
		r.facility, r.details, r.notes = l.facility, l.details, l.notes
		r.rep.Format = "France services, national list, " + r.recs.format
	case isBPE(r.recs.fields):
		b, err := newBPE(r)
		if err != nil {
			return err
		}
		r.wanted, r.facility, r.details, r.notes = b.wanted, b.facility, b.details, b.notes
		r.rep.Format = "INSEE BPE with coordinates, " + r.recs.format
	default:
		g, err := newGenericFacilities(r)
		if err != nil {
			return err
		}
		r.facility, r.details, r.notes = g.facility, g.details, g.notes
		r.rep.Format = "facilities, " + r.recs.format
	}
	return nil
}

func (r *facilityReader) add(rec *record) error {
	if !r.wanted(rec) {
		return nil
	}
	f, err := r.facility(rec)
	if err == nil && r.opt.Keep != nil && !r.opt.Keep(f.Location) {
		r.rep.Outside++
		return nil
	}
	if err == nil {
		err = r.finish(rec, &f)
	}
	var bad *fault
	switch {
	case errors.As(err, &bad):
		r.rep.reject(rec.where, bad.field, bad.value, "%s", bad.reason)
		return nil
	case err != nil:
		return err
	}
	r.first[f.ID] = rec.where
	r.out = append(r.out, f)
	r.rep.Loaded++
	return nil
}

func (r *facilityReader) finish(rec *record, f *geodata.Facility) error {
	if where, dup := r.first[f.ID]; dup {
		return badField("id", f.ID, "duplicate: already on %s", where)
	}
	return r.details(rec, f)
}

// genericFields are the names, English and French, of a table of facilities.
//
// opening_hours and hours_holidays, those in school holidays, are in OpenStreetMap's
// form. In their stead the holidays may have a column for each day, vacances_lundi
// to vacances_dimanche, in the forms of French lists: "9h-12h / 14h-17h30", "fermé".
// catchment says who may come: commune (communal) or epci (intercommunal), the
// residents of its commune or of its intercommunality; nothing for everybody.
var genericFields = []struct {
	name  string
	known []string
}{
	{"id", []string{"id", "identifiant", "uai", "siret", "code"}},
	{"name", []string{"name", "nom", "libelle", "libellé", "denomination", "dénomination"}},
	{"capacity", []string{"capacity", "capacite", "capacité", "places", "nb_places"}},
	{"opening_hours", []string{"opening_hours", "horaires"}},
	{"hours_holidays", []string{"hours_holidays", "horaires_vacances"}},
	{"catchment", []string{"catchment", "ressort"}},
	{"accessible", []string{"accessible", "wheelchair", "accessibilite", "accessibilité", "pmr"}},
	{"status", []string{"status", "statut"}},
	{"itinerant", []string{"itinerant", "itinérant"}},
	{"commune", []string{"insee_code", "code_insee", "insee_com", "insee", "depcom", "codgeo", "code_commune", "commune"}},
	{"note", []string{"note", "remarque", "commentaire"}},
	{"source", []string{"source"}},
}

// genericFacilities reads any table.
type genericFacilities struct {
	*facilityReader
	fields   map[string]string // standard name → the file's field
	at       *coordinateFields // nil when the geometry says where
	holidays [7]string         // fields of the days in school holidays, Monday first
	hours    tally
	capacity tally
	access   tally
	unnamed  int // ids made
}

func newGenericFacilities(r *facilityReader) (*genericFacilities, error) {
	allowed := []string{"lon", "lat", "x", "y"}
	for _, f := range genericFields {
		allowed = append(allowed, f.name)
	}
	mapping, err := checkMapping(r.opt.Columns, allowed, r.recs)
	if err != nil {
		return nil, err
	}
	g := &genericFacilities{facilityReader: r, fields: map[string]string{}}
	for _, f := range genericFields {
		if field, ok := mapping[f.name]; ok {
			g.fields[f.name] = field
		} else if field, ok := fieldNamed(r.recs.fields, f.known...); ok {
			g.fields[f.name] = field
		}
	}
	for day, name := range holidayFields {
		g.holidays[day], _ = fieldNamed(r.recs.fields, name)
	}
	// The geometry is what the publisher shows on a map: it goes before columns
	// unless the user names some.
	_, lon := mapping["lon"]
	_, x := mapping["x"]
	if r.recs.epsg != 0 && !lon && !x {
		return g, nil
	}
	if g.at, err = findCoordinates(r.recs.fields, mapping, r.opt.EPSG); err != nil {
		return nil, err
	}
	if g.at == nil {
		return nil, fmt.Errorf("no coordinates: want columns such as lon and lat or LAMBERT_X and LAMBERT_Y, or map them, such as lon=LONG; the file has %s", strings.Join(r.recs.fields, ", "))
	}
	return g, nil
}

// value returns the value of a standard field; for a GeoJSON feature that has
// properties the first one lacked, under any of the known names.
func (g *genericFacilities) value(rec *record, name string) string {
	if field, ok := g.fields[name]; ok {
		return rec.values[field]
	}
	if g.recs.format == "GeoJSON" {
		for _, f := range genericFields {
			if f.name == name {
				v, _ := rec.get(f.known...)
				return v
			}
		}
	}
	return ""
}

func (g *genericFacilities) facility(rec *record) (f geodata.Facility, err error) {
	if g.at != nil {
		f.Location, err = g.at.point(rec, g.opt.Keep)
	} else {
		f.Location, _, err = place(rec, g.recs.epsg, g.opt.Keep)
	}
	if err != nil {
		return f, err
	}
	f.Service = g.opt.Service
	f.Name = g.value(rec, "name")
	if f.ID = g.value(rec, "id"); f.ID == "" && g.recs.format == "GeoJSON" {
		f.ID = rec.id
	}
	switch {
	case f.ID == "":
		// Of the content alone, so that the id outlives another order of the rows.
		f.ID = f.Service + "-" + digest(f.Location, f.Service, f.Name)
		g.unnamed++
	case strings.Trim(f.ID, "0123456789") == "":
		// A running number: other files of the territory count from 1 as well.
		f.ID = f.Service + "-" + f.ID
	}
	return f, nil
}

func (g *genericFacilities) details(rec *record, f *geodata.Facility) (err error) {
	if f.Status, err = status(g.value(rec, "status")); err != nil {
		return badField(g.fields["status"], g.value(rec, "status"), "want existing, planned or candidate (existant, prévu, projet, candidat)")
	}
	if f.Itinerant, err = yesNo(g.value(rec, "itinerant")); err != nil {
		return badField(g.fields["itinerant"], g.value(rec, "itinerant"), "want yes or no (oui, non, 1, 0)")
	}
	if s := g.value(rec, "opening_hours"); s != "" {
		if f.Hours, err = geodata.ParseWeeklyHours(s); err != nil {
			f.Hours = nil
			g.hours.add("%s %q", rec.where, s)
		}
	}
	if f.Catchment, err = catchment(g.value(rec, "catchment")); err != nil {
		return badField(g.fields["catchment"], g.value(rec, "catchment"), "%s", err)
	}
	f.Holidays = g.holidayHours(rec)
	if s := g.value(rec, "capacity"); s != "" {
		if f.Capacity = capacity(s); f.Capacity == nil {
			g.capacity.add("%s %q", rec.where, s)
		}
	}
	if s := g.value(rec, "accessible"); s != "" {
		if f.Accessible = accessibility(s); f.Accessible == geodata.AccessibleUnknown {
			g.access.add("%s %q", rec.where, s)
		}
	}
	if code := g.value(rec, "commune"); isCommuneCode(code) {
		f.Commune = code
	}
	f.Note, f.Source = g.value(rec, "note"), g.value(rec, "source")
	return nil
}

var holidayFields = [7]string{"vacances_lundi", "vacances_mardi", "vacances_mercredi", "vacances_jeudi", "vacances_vendredi", "vacances_samedi", "vacances_dimanche"}

// holidayHours are those in school holidays, nil where the table does not say, or
// not in a form that is understood.
func (g *genericFacilities) holidayHours(rec *record) *geodata.WeeklyHours {
	if s := g.value(rec, "hours_holidays"); s != "" {
		week, err := geodata.ParseWeeklyHours(s)
		if err != nil {
			g.hours.add("%s %q", rec.where, s)
			return nil
		}
		return week
	}
	week, said := new(geodata.WeeklyHours), false
	for day, field := range g.holidays {
		s := rec.values[field]
		if field == "" || s == "" {
			continue
		}
		d, err := parseDayHours(s)
		if err != nil {
			g.hours.add("%s %s %q", rec.where, field, s)
			return nil
		}
		week[day], said = d.spans, true
	}
	if !said {
		return nil
	}
	return week
}

// catchment reads English and French words.
func catchment(s string) (geodata.Catchment, error) {
	switch word := plain(s); word {
	case "communal", "communale":
		return geodata.OfCommune, nil
	case "intercommunal", "intercommunale":
		return geodata.OfEPCI, nil
	case "tous", "tout public", "everybody", "all":
		return geodata.Everybody, nil
	default:
		return geodata.ParseCatchment(word)
	}
}

func (g *genericFacilities) notes() {
	g.hours.note(g.rep, "opening hours not understood, left unknown; want the form Mo-Fr 08:30-12:00,13:30-17:00")
	g.capacity.note(g.rep, "capacities that are not a number of places, left unknown")
	g.access.note(g.rep, "accessibility not understood, left unknown; want yes, no or limited")
	if g.unnamed > 0 {
		g.rep.note("ids made from name and place, for want of an id column: %d", g.unnamed)
	}
	var ignored []string
	for _, field := range g.recs.fields {
		if !g.uses(field) {
			ignored = append(ignored, field)
		}
	}
	if len(ignored) > 0 {
		g.rep.note("columns not used: %s", strings.Join(ignored, ", "))
	}
}

func (g *genericFacilities) uses(field string) bool {
	for _, f := range g.fields {
		if f == field {
			return true
		}
	}
	if slices.Contains(g.holidays[:], field) {
		return true
	}
	return g.at != nil && (field == g.at.x || field == g.at.y)
}

// plain lowers the case and drops the accents of the few words below.
func plain(s string) string {
	return strings.NewReplacer("é", "e", "è", "e", "ê", "e").Replace(strings.ToLower(strings.TrimSpace(s)))
}

func status(s string) (geodata.Status, error) {
	switch word := plain(s); word {
	case "existant", "existante", "ouvert", "ouverte":
		return geodata.Existing, nil
	case "prevu", "prevue", "projet", "en projet", "planifie", "planifiee":
		return geodata.Planned, nil
	case "candidat", "candidate":
		return geodata.Candidate, nil
	default:
		return geodata.ParseStatus(word)
	}
}

func yesNo(s string) (bool, error) {
	switch plain(s) {
	case "", "no", "non", "0", "false", "faux", "n":
		return false, nil
	case "yes", "oui", "1", "true", "vrai", "o", "y":
		return true, nil
	}
	return false, fmt.Errorf("neither yes nor no: %q", s)
}

func accessibility(s string) geodata.Accessibility {
	word := plain(s)
	if slices.Contains([]string{"limited", "limite", "limitee", "partiel", "partielle", "partiellement"}, word) {
		return geodata.AccessibleLimited
	}
	if word == "designated" {
		return geodata.AccessibleYes
	}
	switch yes, err := yesNo(word); {
	case err != nil:
		return geodata.AccessibleUnknown
	case yes:
		return geodata.AccessibleYes
	}
	return geodata.AccessibleNo
}

// capacity reads a whole number of places, written "25" or "25.0"; nil if it is none.
func capacity(s string) *int {
	v, err := geodata.ParseAmount(s)
	if err != nil || v < 0 || v%geodata.Unit != 0 || v > geodata.Whole(1_000_000) {
		return nil
	}
	n := int(v / geodata.Unit)
	return &n
}

// withReason adds to the reason of a fault.
func withReason(err error, format string, args ...any) error {
	var f *fault
	if errors.As(err, &f) {
		return &fault{f.field, f.value, f.reason + fmt.Sprintf(format, args...)}
	}
	return err
}
