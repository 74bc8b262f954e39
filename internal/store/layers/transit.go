package layers

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// Stops is one point per stop or station of the timetable, by id; without a
// timetable none.
func Stops(s *geodata.Snapshot) geodata.Layer {
	x := timetableOf(s)
	t := newTable("stops", geodata.Text{Fr: "Arrêts", En: "Stops"}, len(x.Stops))
	name := t.text("name", "nom", "name")
	station := t.boolean("station", "gare ou pôle à plusieurs arrêts", "station of several stops")
	parent := t.text("parent", "gare ou pôle dont il fait partie", "station it belongs to")
	accessible := t.text("accessible", "accessible en fauteuil roulant (yes, no)", "accessible by wheelchair (yes, no)")
	for i := range x.Stops {
		stop := &x.Stops[i]
		t.add(stop.ID, stop.Location)
		name.addText(stop.Name)
		station.addBool(stop.Station)
		parent.addText(stop.Parent)
		accessible.addText(string(stop.Accessible))
	}
	return t.layer()
}

// Lines is one multiline per route of the timetable, by id, coloured by mode: it
// goes straight from stop to stop along the trips. A route without trips has none.
func Lines(s *geodata.Snapshot) geodata.Layer {
	x := timetableOf(s)
	t := newTable("lines", geodata.Text{Fr: "Lignes de transport", En: "Transport lines"}, len(x.Routes))
	short := t.text("short", "numéro", "number")
	long := t.text("long", "nom", "name")
	mode := t.text("mode", "mode (train, metro, tram, bus, ferry, other)", "mode")
	agency := t.text("agency", "exploitant", "agency")
	colour := t.text("colour", "couleur (RVB)", "colour (RGB)")
	trips := t.integer("trips", "", "courses dans l'horaire", "trips in the timetable")
	courses := Courses(x)
	for i := range x.Routes {
		r := &x.Routes[i]
		var line orb.Geometry
		if len(courses[i].Line) > 0 {
			line = courses[i].Line
		}
		t.add(r.ID, line)
		short.addText(r.Short)
		long.addText(r.Long)
		mode.addText(Mode(r.Type))
		agency.addText(r.Agency)
		colour.addText(r.Colour)
		trips.addInt(int64(courses[i].Trips), false)
	}
	l := t.layer()
	l.Classes = &geodata.Classes{Field: "mode", Values: modes}
	return l
}

// OnDemand is a table without geometry: one row per service that comes when asked for, by id.
func OnDemand(s *geodata.Snapshot) geodata.Layer {
	all := s.OnDemand()
	t := newTable("on_demand", geodata.Text{Fr: "Transport à la demande", En: "Transport on demand"}, len(all))
	t.l.Geometry = nil
	name := t.text("name", "nom", "name")
	from := t.text("from_communes", "communes de prise en charge (INSEE)", "communes it fetches people in (INSEE)")
	to := t.text("to_communes", "communes desservies (INSEE), les mêmes si vide", "communes it takes them to (INSEE), the same if empty")
	hours := t.text("hours", "horaires", "hours")
	wait := t.integer("wait", "min", "attente prévue", "expected wait")
	booking := t.integer("booking", "min", "réservation à l'avance", "booked ahead")
	detour := t.integer("detour", "%", "durée, par rapport au trajet direct", "duration, of the direct ride")
	note := t.text("note", "remarque", "note")
	source := t.text("source", "source", "source")
	for i := range all {
		d := &all[i]
		t.l.IDs = append(t.l.IDs, d.ID)
		name.addText(d.Name)
		from.addText(strings.Join(d.From, " "))
		to.addText(strings.Join(d.To, " "))
		hours.addText(d.Hours.String())
		wait.addInt(int64(d.Wait), false)
		booking.addInt(int64(d.Booking), false)
		detour.addInt(int64(d.Detour), false)
		note.addText(d.Note)
		source.addText(d.Source)
	}
	return t.layer()
}

func timetableOf(s *geodata.Snapshot) *geodata.Timetable {
	if t := s.Timetable(); t != nil {
		return t
	}
	return &geodata.Timetable{}
}

// modes are the values of Mode, from the most to the least important.
var modes = []geodata.Class{
	{Value: "train", Label: geodata.Text{Fr: "train", En: "train"}, Colour: "#882255"},
	{Value: "metro", Label: geodata.Text{Fr: "métro", En: "metro"}, Colour: "#cc79a7"},
	{Value: "tram", Label: geodata.Text{Fr: "tramway", En: "tram"}, Colour: "#d55e00"},
	{Value: "bus", Label: geodata.Text{Fr: "car ou bus", En: "coach or bus"}, Colour: "#0072b2"},
	{Value: "ferry", Label: geodata.Text{Fr: "bateau", En: "ferry"}, Colour: "#009e73"},
	{Value: "other", Label: geodata.Text{Fr: "autre", En: "other"}, Colour: "#999933"},
}

// Mode puts the route types of GTFS, extended ones too, into the few kinds that
// people tell apart: train, metro, tram, bus, ferry, other.
func Mode(routeType int) string {
	switch {
	case routeType == 0 || routeType/100 == 9:
		return "tram"
	case routeType == 1 || routeType/100 == 4:
		return "metro"
	case routeType == 2 || routeType/100 == 1:
		return "train"
	case routeType == 3 || routeType == 11 || routeType/100 == 2 || routeType/100 == 7 || routeType/100 == 8:
		return "bus"
	case routeType == 4 || routeType/100 == 10 || routeType/100 == 12:
		return "ferry"
	}
	return "other"
}

// Course is where the trips of a route go.
type Course struct {
	Trips int
	Line  orb.MultiLineString // each sequence of stops once, in whichever direction
}

// Courses gives the course of each route of a timetable that NewSnapshot has accepted.
func Courses(t *geodata.Timetable) []Course {
	out, at := make([]Course, len(t.Routes)), map[string]int{}
	for i := range t.Routes {
		at[t.Routes[i].ID] = i
	}
	known := map[string]bool{}
	for i := range t.Trips {
		trip := &t.Trips[i]
		course := &out[at[trip.Route]]
		course.Trips++
		key := trip.Route + "\x00" + sequence(trip.Calls)
		if known[key] {
			continue
		}
		known[key] = true
		line := make(orb.LineString, len(trip.Calls))
		for k, c := range trip.Calls {
			line[k] = t.Stops[c.Stop].Location
		}
		course.Line = append(course.Line, line)
	}
	return out
}

// sequence is the same for calls at the same stops, forth or back.
func sequence(calls []geodata.Call) string {
	forth := make([]byte, 0, 4*len(calls))
	for _, c := range calls {
		forth = append(forth, byte(c.Stop>>24), byte(c.Stop>>16), byte(c.Stop>>8), byte(c.Stop))
	}
	back := make([]byte, 0, len(forth))
	for _, c := range slices.Backward(calls) {
		back = append(back, byte(c.Stop>>24), byte(c.Stop>>16), byte(c.Stop>>8), byte(c.Stop))
	}
	return min(string(forth), string(back))
}
