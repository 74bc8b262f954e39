package route

import (
	"fmt"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// kinds names roads that have neither name nor number.
var kinds = map[string]geodata.Text{
	"motorway": {Fr: "autoroute", En: "motorway"}, "trunk": {Fr: "voie rapide", En: "trunk road"},
	"primary": {Fr: "route principale", En: "main road"}, "secondary": {Fr: "route secondaire", En: "secondary road"},
	"tertiary": {Fr: "route locale", En: "local road"}, "unclassified": {Fr: "petite route", En: "minor road"},
	"residential": {Fr: "rue", En: "street"}, "living_street": {Fr: "zone de rencontre", En: "living street"},
	"service": {Fr: "voie de desserte", En: "service road"}, "track": {Fr: "chemin", En: "track"},
	"path": {Fr: "sentier", En: "path"}, "footway": {Fr: "chemin piéton", En: "footway"}, "pedestrian": {Fr: "rue piétonne", En: "pedestrian street"},
	"cycleway": {Fr: "piste cyclable", En: "cycleway"}, "bridleway": {Fr: "piste cavalière", En: "bridleway"}, "steps": {Fr: "escalier", En: "steps"},
	"ferry": {Fr: "bac", En: "ferry"},
}

// label is what people call a leg: a road's name and number, or its kind.
func label(l traveltime.Leg) geodata.Text {
	switch {
	case l.Wait:
		return geodata.Text{Fr: "attente", En: "waiting"}
	case l.Ride != nil:
		return rideLabel(rideOf(l.Ride))
	case l.Walk:
		return geodata.Text{Fr: "à pied", En: "on foot"}
	case l.Road.Title() != "":
		return geodata.Text{Fr: l.Road.Title()}
	case strings.HasSuffix(l.Road.Class, "_link"):
		return geodata.Text{Fr: "bretelle", En: "slip road"}
	}
	if k, ok := kinds[l.Road.Class]; ok {
		return k
	}
	return geodata.Text{Fr: "route", En: "road"}
}

// rideLabel is the line, where it goes, and from stop to stop.
func rideLabel(r *Ride) geodata.Text {
	if r.From == "" {
		return geodata.Text{Fr: r.Line}
	}
	l := geodata.Text{Fr: "ligne " + r.Line, En: "line " + r.Line}
	if r.Towards != "" {
		l.Fr, l.En = l.Fr+" vers "+r.Towards, l.En+" to "+r.Towards
	}
	l.Fr += fmt.Sprintf(", de %s (%s) à %s (%s)", r.From, r.Departure, r.To, r.Arrival)
	l.En += fmt.Sprintf(", from %s (%s) to %s (%s)", r.From, r.Departure, r.To, r.Arrival)
	return l
}

// Layers turns the way into one layer, route: a line per leg, in order, the
// field arrival being the time since leaving home.
func (r *Result) Layers() analyses.Result {
	n := len(r.Legs)
	title := geodata.Text{Fr: fmt.Sprintf("Trajet de %s à %s", r.From, r.To), En: fmt.Sprintf("Route from %s to %s", r.From, r.To)}
	l := geodata.Layer{Name: "route", Title: title, IDs: make([]string, n), Geometry: make([]orb.Geometry, n)}
	text := func(name, fr, en string, value func(Leg) string) {
		f := geodata.Field{Name: name, Label: geodata.Text{Fr: fr, En: en}}
		for _, leg := range r.Legs {
			f.Texts = append(f.Texts, value(leg))
		}
		l.Fields = append(l.Fields, f)
	}
	number := func(name, unit, fr, en string, value func(Leg) float64) {
		f := geodata.Field{Name: name, Unit: unit, Label: geodata.Text{Fr: fr, En: en}, Kind: geodata.Real}
		for _, leg := range r.Legs {
			f.Reals = append(f.Reals, value(leg))
		}
		l.Fields = append(l.Fields, f)
	}
	for i, leg := range r.Legs {
		l.IDs[i], l.Geometry[i] = fmt.Sprint(i+1), leg.Line
	}
	text("road", "Voie", "Road", func(l Leg) string { return l.Label.Fr })
	text("road_en", "Voie, en anglais", "Road, in English", func(l Leg) string { return l.Label.In("en") })
	text("name", "Nom", "Name", func(l Leg) string { return l.Name })
	text("ref", "Numéro", "Number", func(l Leg) string { return l.Ref })
	text("class", "Type de route", "Kind of road", func(l Leg) string { return l.Class })
	number("metres", "m", "Longueur", "Length", func(l Leg) float64 { return l.Metres })
	number("seconds", "s", "Durée", "Time", func(l Leg) float64 { return float64(l.Seconds) / 1000 })
	var since traveltime.Time
	number("arrival", "s", "Depuis le départ", "Since leaving", func(l Leg) float64 { since += l.Seconds; return float64(since) / 1000 })
	walk := geodata.Field{Name: "walk", Label: geodata.Text{Fr: "À pied", En: "On foot"}, Kind: geodata.Boolean}
	for _, leg := range r.Legs {
		walk.Bools = append(walk.Bools, leg.Walk)
	}
	l.Fields = append(l.Fields, walk)
	return analyses.Result{Name: "route", Title: title, Provenance: r.Provenance, Layers: []geodata.Layer{l}}
}

// String is how people call the end.
func (e End) String() string {
	switch {
	case e.Name != "":
		return e.Name
	case e.ID != "":
		return e.ID
	}
	return fmt.Sprintf("%.5f, %.5f", e.Point[0], e.Point[1])
}
