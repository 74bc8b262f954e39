// Package layers answers: how does a territory look as tables? It turns a
// snapshot's communes, zones, population cells, other counts, census, facilities,
// roads and public transport into layers with French and English titles, units and colours. None
// has the key of a rule of secrecy. Stores, exports and the HTTP
// API all show a territory this way.
package layers

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/paulmach/orb"
	"golang.org/x/text/unicode/norm"

	"github.com/maillage/maillage/geodata"
)

// Communes is one multipolygon per commune, by INSEE code, coloured by area:
// "study" or "neighbour". population is absent where it is unknown.
func Communes(s *geodata.Snapshot) geodata.Layer {
	cs := s.Communes()
	t := newTable("communes", geodata.Text{Fr: "Communes", En: "Communes"}, len(cs))
	name := t.text("name", "nom", "name")
	population := t.integer("population", "persons", "population légale", "legal population")
	study := t.boolean("study", "dans le territoire étudié", "in the study area")
	area := t.text("area", "périmètre", "area")
	epci := t.text("epci", "intercommunalité (SIREN)", "intercommunality (SIREN)")
	epciName := t.text("epci_name", "intercommunalité", "intercommunality")
	for i := range cs {
		c := &cs[i]
		var outline orb.Geometry
		if len(c.Outline) > 0 {
			outline = c.Outline
		}
		t.add(c.Code, outline)
		name.addText(c.Name)
		population.addInt(int64(c.Population), c.Population == 0)
		study.addBool(c.Study)
		if c.Study {
			area.addText("study")
		} else {
			area.addText("neighbour")
		}
		epci.addText(c.EPCI)
		epciName.addText(c.EPCIName)
	}
	l := t.layer()
	l.Classes = &geodata.Classes{Field: "area", Values: []geodata.Class{
		{Value: "neighbour", Label: geodata.Text{Fr: "communes voisines", En: "neighbouring communes"}, Colour: "#9aa5b1"},
		{Value: "study", Label: geodata.Text{Fr: "territoire étudié", En: "study area"}, Colour: "#1f3a5f"},
	}}
	return l
}

// CellFields is how many fields of Cells come before the population's columns.
const CellFields = 5

// Cells is one square per population cell, or its centre where it has no
// outline, in the order of the ids: commune, study, imputed, lon, lat, then one
// field per column of the population in its order and in whole units (Field
// names may differ from the columns' where those are no identifiers). keep
// chooses cells; nil keeps all.
func Cells(s *geodata.Snapshot, keep func(*geodata.Cell) bool) geodata.Layer {
	return cells("cells", geodata.Text{Fr: "Carreaux de population", En: "Population cells"}, s.Population(), keep)
}

// Counts is a layer like Cells for each set of counts, in their order, named
// counts_ and then after the set.
func Counts(s *geodata.Snapshot) []geodata.Layer {
	sets := s.Counts()
	out := make([]geodata.Layer, len(sets))
	names := newTable("", geodata.Text{}, 0) // no two alike
	for i := range sets {
		name := names.identifier("counts_" + withoutAccents(strings.ToLower(sets[i].Name)))
		if len(name) > 50 { // a name that PostgreSQL would cut
			name = names.identifier(name[:40] + "_" + strconv.Itoa(i+1))
		}
		names.real(name, "", "", "")
		out[i] = cells(name, geodata.Text{Fr: "Dénombrement : " + sets[i].Name, En: "Counts: " + sets[i].Name}, &sets[i], nil)
	}
	return out
}

// withoutAccents is the text with its letters alone: élèves becomes eleves.
func withoutAccents(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

func cells(name string, title geodata.Text, p *geodata.Population, keep func(*geodata.Cell) bool) geodata.Layer {
	t := newTable(name, title, len(p.Cells))
	commune := t.text("commune", "commune (INSEE)", "commune (INSEE)")
	study := t.boolean("study", "dans le territoire étudié", "in the study area")
	imputed := t.boolean("imputed", "valeurs imputées", "imputed values")
	lon := t.real("lon", "°", "longitude du centre", "longitude of the centre")
	lat := t.real("lat", "°", "latitude du centre", "latitude of the centre")
	columns := make([]*column, len(p.Columns))
	for k := range columns {
		known, ok := geodata.StandardColumnByName(p.Columns[k].Name)
		if !ok {
			known.Label.Fr = p.Columns[k].Name
		}
		columns[k] = t.real(t.identifier(p.Columns[k].Name), known.Unit, known.Label.Fr, known.Label.En)
	}
	for i := range p.Cells {
		c := &p.Cells[i]
		if keep != nil && !keep(c) {
			continue
		}
		var shape orb.Geometry = c.Centre
		if len(c.Outline) > 0 {
			shape = orb.Polygon{c.Outline}
		}
		t.add(c.ID, shape)
		commune.addText(c.Commune)
		study.addBool(c.Study)
		imputed.addBool(c.Imputed)
		lon.addReal(c.Centre[0])
		lat.addReal(c.Centre[1])
		for k := range columns {
			columns[k].addReal(p.Columns[k].Values[i].Float())
		}
	}
	return t.layer()
}

// Zones is one multipolygon per zone, by division and id, coloured by division.
// Zones of two divisions may have the same code: the layer's own ids hold both.
func Zones(s *geodata.Snapshot) geodata.Layer {
	zs := s.Zones()
	t := newTable("zones", geodata.Text{Fr: "Zones (quartiers, IRIS, secteurs)", En: "Zones (quarters, IRIS, sectors)"}, len(zs))
	division := t.text("layer", "découpage", "division")
	code := t.text("code", "code dans le découpage", "code in the division")
	name := t.text("name", "nom", "name")
	for i := range zs {
		z := &zs[i]
		var outline orb.Geometry
		if len(z.Outline) > 0 {
			outline = z.Outline
		}
		t.add(zoneID(z), outline)
		division.addText(z.Layer)
		code.addText(z.ID)
		name.addText(z.Name)
	}
	l := t.layer()
	l.Classes = &geodata.Classes{Field: "layer"}
	for i, name := range s.ZoneLayers() {
		l.Classes.Values = append(l.Classes.Values, geodata.Class{Value: name, Label: geodata.Text{Fr: name, En: name}, Colour: serviceColours[i%len(serviceColours)]})
	}
	return l
}

// zoneID is the division, a slash and the code; a slash in the division itself
// is written %2F, so that no two zones have the same.
func zoneID(z *geodata.Zone) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(z.Layer) + "/" + z.ID
}

// Census is a table without geometry: one row per commune, year, sex and range of
// ages. sex is F or M, absent for both together; age_to is absent for "and over".
func Census(s *geodata.Snapshot) geodata.Layer {
	rows := s.Census()
	t := newTable("census", geodata.Text{Fr: "Recensement", En: "Census"}, len(rows))
	t.l.Geometry = nil
	commune := t.text("commune", "commune (INSEE)", "commune (INSEE)")
	year := t.integer("year", "", "année", "year")
	sex := t.text("sex", "sexe (F, M)", "sex (F, M)")
	from := t.integer("age_from", "", "âge, à partir de", "age, from")
	to := t.integer("age_to", "", "âge, jusqu'à (compris)", "age, to (included)")
	persons := t.real("persons", "persons", "personnes", "persons")
	for i, r := range rows {
		t.l.IDs = append(t.l.IDs, strconv.Itoa(i+1))
		commune.addText(r.Commune)
		year.addInt(int64(r.Year), false)
		sex.addText(string(r.Sex))
		from.addInt(int64(r.From), false)
		to.addInt(int64(r.To), r.To == geodata.AndOver)
		persons.addReal(r.Persons.Float())
	}
	return t.layer()
}

// serviceColours are told apart by people with any colour vision (Okabe & Ito 2008, then Tol 2021).
var serviceColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#882255", "#117733", "#999933", "#44aa99"}

// Facilities is one point per facility, coloured by service in the order of the
// catalogue. hours and holidays, the hours in school holidays where they differ,
// are in OSM's opening_hours form; capacity in places. keep
// chooses facilities; nil keeps all.
func Facilities(s *geodata.Snapshot, keep func(*geodata.Facility) bool) geodata.Layer {
	fs := s.Facilities()
	t := newTable("facilities", geodata.Text{Fr: "Équipements et services", En: "Facilities"}, len(fs))
	name := t.text("name", "nom", "name")
	service := t.text("service", "service", "service")
	status := t.text("status", "état (existing, planned, candidate)", "status")
	commune := t.text("commune", "commune (INSEE)", "commune (INSEE)")
	capacity := t.integer("capacity", "places", "capacité", "capacity")
	hours := t.text("hours", "horaires", "opening hours")
	accessible := t.text("accessible", "accessible (yes, no, limited)", "accessible to disabled people")
	itinerant := t.boolean("itinerant", "itinérant", "itinerant")
	note := t.text("note", "remarque", "note")
	source := t.text("source", "source", "source")
	// Last, for what was built upon the others before there were these.
	holidays := t.text("holidays", "horaires des vacances scolaires", "opening hours in school holidays")
	catchment := t.text("catchment", "réservé aux habitants (commune, epci)", "for residents only (commune, epci)")
	for i := range fs {
		f := &fs[i]
		if keep != nil && !keep(f) {
			continue
		}
		t.add(f.ID, f.Location)
		name.addText(f.Name)
		service.addText(f.Service)
		status.addText(string(f.Status))
		commune.addText(f.Commune)
		if f.Capacity != nil {
			capacity.addInt(int64(*f.Capacity), false)
		} else {
			capacity.addInt(0, true)
		}
		hours.addHours(f.Hours)
		accessible.addText(string(f.Accessible))
		itinerant.addBool(f.Itinerant)
		note.addText(f.Note)
		source.addText(f.Source)
		holidays.addHours(f.Holidays)
		catchment.addText(string(f.Catchment))
	}
	l := t.layer()
	l.Classes = &geodata.Classes{Field: "service"}
	for i, svc := range s.Catalogue() {
		l.Classes.Values = append(l.Classes.Values, geodata.Class{Value: svc.ID, Label: svc.Label, Colour: serviceColours[i%len(serviceColours)]})
	}
	return l
}

// RoadTags are the tags of a way that have a field of their own in Roads; the
// field tags holds the rest.
var RoadTags = []string{"name", "ref", "highway", "oneway", "maxspeed"}

type roadClass struct {
	values []string // of highway
	label  geodata.Text
	colour string
	width  float64 // mm
}

// From the most to the least important: so do maps of IGN and OpenStreetMap tell them apart.
var roadClasses = []roadClass{
	{[]string{"motorway", "motorway_link"}, geodata.Text{Fr: "autoroute", En: "motorway"}, "#c0392b", 1.1},
	{[]string{"trunk", "trunk_link"}, geodata.Text{Fr: "voie rapide", En: "trunk road"}, "#e67e22", 0.9},
	{[]string{"primary", "primary_link"}, geodata.Text{Fr: "route principale", En: "primary road"}, "#d4a017", 0.8},
	{[]string{"secondary", "secondary_link"}, geodata.Text{Fr: "route secondaire", En: "secondary road"}, "#8e9b3a", 0.6},
	{[]string{"tertiary", "tertiary_link"}, geodata.Text{Fr: "route tertiaire", En: "tertiary road"}, "#6b7a8f", 0.5},
	{[]string{"unclassified", "residential", "living_street"}, geodata.Text{Fr: "voie communale ou résidentielle", En: "local road"}, "#8d99a6", 0.3},
	{[]string{"service", "track"}, geodata.Text{Fr: "desserte ou chemin", En: "service road or track"}, "#b08968", 0.2},
	{[]string{"cycleway", "footway", "path", "pedestrian", "steps", "bridleway"}, geodata.Text{Fr: "voie piétonne ou cyclable", En: "foot or cycle way"}, "#3a86a8", 0.2},
}

// RoadWidths are the widths of lines in mm, parallel to the classes of Roads.
func RoadWidths() []float64 {
	var widths []float64
	for _, c := range roadClasses {
		for range c.values {
			widths = append(widths, c.width)
		}
	}
	return widths
}

// Roads is one line per way, by id, coloured by highway, with the tags that
// have a field and the others as a JSON object. keep chooses ways; nil keeps all.
func Roads(s *geodata.Snapshot, keep func(*geodata.Way) bool) geodata.Layer {
	r := s.Roads()
	t := newTable("roads", geodata.Text{Fr: "Voies", En: "Roads"}, len(r.Ways))
	fields := []*column{t.text("name", "nom", "name"), t.text("ref", "numéro", "number"), t.text("highway", "classe", "class"),
		t.text("oneway", "sens unique", "one-way"), t.text("maxspeed", "vitesse maximale", "speed limit")}
	rest := t.text("tags", "autres attributs OpenStreetMap", "other OpenStreetMap tags")
	type shared struct { // ways share their tags
		first *geodata.Tag
		n     int
	}
	others := map[shared]string{}
	for i := range r.Ways {
		w := &r.Ways[i]
		if keep != nil && !keep(w) {
			continue
		}
		line := make(orb.LineString, len(w.Nodes))
		for k, n := range w.Nodes {
			line[k] = r.Nodes[n].Point()
		}
		t.add(strconv.FormatInt(w.ID, 10), line)
		for k, key := range RoadTags {
			at := slices.IndexFunc(w.Tags, func(tag geodata.Tag) bool { return tag.Key == key })
			if at >= 0 {
				fields[k].addKnown(w.Tags[at].Value, true)
			} else {
				fields[k].addKnown("", false)
			}
		}
		if len(w.Tags) == 0 {
			rest.addText("")
			continue
		}
		key := shared{&w.Tags[0], len(w.Tags)}
		text, ok := others[key]
		if !ok {
			text = TagsJSON(w.Tags, RoadTags)
			others[key] = text
		}
		rest.addText(text)
	}
	l := t.layer()
	l.Classes = &geodata.Classes{Field: "highway"}
	for _, c := range roadClasses {
		for i, v := range c.values {
			label := c.label
			if i > 0 {
				label = geodata.Text{Fr: label.Fr + " (" + v + ")", En: label.En + " (" + v + ")"}
			}
			l.Classes.Values = append(l.Classes.Values, geodata.Class{Value: v, Label: label, Colour: c.colour})
		}
	}
	return l
}

// TagsJSON writes the tags as a JSON object without those of the keys left out;
// no tags give empty text.
func TagsJSON(tags geodata.Tags, without []string) string {
	m := map[string]string{}
	for _, t := range tags {
		if !slices.Contains(without, t.Key) {
			m[t.Key] = t.Value
		}
	}
	if len(m) == 0 {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		panic("layers: tags do not encode: " + err.Error()) // texts always do
	}
	return strings.TrimSuffix(b.String(), "\n")
}
