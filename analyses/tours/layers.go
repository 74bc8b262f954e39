package tours

import (
	"cmp"
	"fmt"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: tours_stops, tours_routes (a drive a row),
// tours_visits, and who gains, tours_cells and tours_communes.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	layers := []geodata.Layer{r.stopLayer(), r.routeLayer(), r.visitLayer()}
	if r.People != nil {
		layers = append(layers, r.peopleLayers(s)...)
	}
	return analyses.Result{
		Name:       "tours",
		Title:      geodata.Text{Fr: "Tournées : " + r.Service.Label.Fr, En: "Tours: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     layers,
	}
}

var (
	stopLabel    = geodata.Text{Fr: "Arrêt", En: "Stop"}
	vehicleLabel = geodata.Text{Fr: "Véhicule", En: "Vehicle"}
	weekLabel    = geodata.Text{Fr: "Semaine", En: "Week"}
	dayLabel     = geodata.Text{Fr: "Jour", En: "Day"}
)

func (r *Result) stopLayer() geodata.Layer {
	rows := r.Stops
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.ID
	}
	t := analyses.NewTable("tours_stops", geodata.Text{Fr: "Arrêts de la tournée", En: "Stops of the tours"}, ids)
	t.Draw(func(i int) orb.Geometry { return rows[i].At })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return cmp.Or(rows[i].Name, rows[i].ID) })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return rows[i].Commune })
	t.Int("visits", "", geodata.Text{Fr: "Visites", En: "Visits"}, func(i int) int64 { return int64(rows[i].Visits) })
	t.Real("hours", "h", geodata.Text{Fr: "Heures d'ouverture", En: "Hours open"}, func(i int) (float64, bool) { return float64(rows[i].Minutes) / 60, true })
	t.Amount("reach", "persons", geodata.Text{Fr: "Public à portée", En: "People within reach"}, func(i int) geodata.Amount { return rows[i].Reach })
	t.Amount("loss", "person-hours", geodata.Text{Fr: "Perdu sans ses visites", En: "Lost without its visits"}, func(i int) geodata.Amount { return rows[i].Loss })
	t.Amount("best", "person-hours", geodata.Text{Fr: "Gain d'une première visite, au plus", En: "Gain of a first visit, at most"}, func(i int) geodata.Amount { return rows[i].Best })
	t.Text("reason", geodata.Text{Fr: "Pourquoi il n'a pas de visite", En: "Why it has no visit (in French)"}, func(i int) string {
		if rows[i].Dropped == nil {
			return ""
		}
		return rows[i].Dropped.Fr
	})
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, func(i int) string {
		if rows[i].Visits > 0 {
			return "visited"
		}
		return "dropped"
	})
	t.Colour("class",
		geodata.Class{Value: "visited", Label: geodata.Text{Fr: "desservi", En: "visited"}, Colour: "#2c82a3"},
		geodata.Class{Value: "dropped", Label: geodata.Text{Fr: "sans visite", En: "no visit"}, Colour: "#bdbdbd"})
	return t.Layer
}

// drive is a leg with the tour it is of.
type drive struct {
	*Tour
	Leg
	id string
}

func (r *Result) drives() (all []drive) {
	for i := range r.Tours {
		t := &r.Tours[i]
		for k, l := range t.Legs {
			all = append(all, drive{t, l, fmt.Sprintf("%s-%d-%s-%02d%02d-%d", t.Vehicle, t.Week, t.Day, t.Leave/3600, t.Leave/60%60, k+1)})
		}
	}
	return all
}

// vehicleColours are told apart by everybody, and by their lightness in print; a ninth
// vehicle has the first's.
var vehicleColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5b3a8c", "#4d4d4d"}

func (r *Result) routeLayer() geodata.Layer {
	all := r.drives()
	ids := make([]string, len(all))
	for i, x := range all {
		ids[i] = x.id
	}
	t := analyses.NewTable("tours_routes", geodata.Text{Fr: "Trajets de la tournée", En: "Drives of the tours"}, ids)
	t.Draw(func(i int) orb.Geometry {
		if len(all[i].Line) < 2 {
			return nil
		}
		return all[i].Line
	})
	t.Text("vehicle", vehicleLabel, func(i int) string { return all[i].Vehicle })
	t.Int("week", "", weekLabel, func(i int) int64 { return int64(all[i].Week) })
	t.Text("day", dayLabel, func(i int) string { return all[i].Day })
	t.Text("from", geodata.Text{Fr: "De (vide : dépôt)", En: "From (empty: depot)"}, func(i int) string { return all[i].From })
	t.Text("to", geodata.Text{Fr: "À (vide : dépôt)", En: "To (empty: depot)"}, func(i int) string { return all[i].To })
	t.Text("leave", geodata.Text{Fr: "Départ", En: "Leaves at"}, func(i int) string { return clockOf(all[i].Leg.Leave) })
	t.Real("minutes", "min", geodata.Text{Fr: "Durée", En: "Duration"}, func(i int) (float64, bool) { return float64(all[i].Ms) / 60_000, true })
	t.Real("km", "km", geodata.Text{Fr: "Distance", En: "Distance"}, func(i int) (float64, bool) { return all[i].Leg.Km, true })
	var classes []geodata.Class
	for i, v := range r.Vehicles {
		classes = append(classes, geodata.Class{Value: v.ID, Label: geodata.Text{Fr: cmp.Or(v.Name, v.ID)}, Colour: vehicleColours[i%len(vehicleColours)]})
	}
	t.Colour("vehicle", classes...)
	return t.Layer
}

func (r *Result) visitLayer() geodata.Layer {
	rows := r.Visits
	ids := make([]string, len(rows))
	for i, v := range rows {
		ids[i] = fmt.Sprintf("%s-%d-%s-%s", v.Vehicle, v.Week, v.Day, v.From)
	}
	t := analyses.NewTable("tours_visits", geodata.Text{Fr: "Horaires des visites", En: "Hours of the visits"}, ids)
	t.Draw(func(i int) orb.Geometry { return r.row(rows[i].Stop).At })
	t.Int("week", "", weekLabel, func(i int) int64 { return int64(rows[i].Week) })
	t.Text("day", dayLabel, func(i int) string { return rows[i].Day })
	t.Text("from", geodata.Text{Fr: "Ouvre", En: "Opens"}, func(i int) string { return rows[i].From })
	t.Text("to", geodata.Text{Fr: "Ferme", En: "Closes"}, func(i int) string { return rows[i].To })
	t.Int("minutes", "min", geodata.Text{Fr: "Durée", En: "Duration"}, func(i int) int64 {
		_, from, to, _ := rows[i].when()
		return int64(to - from)
	})
	t.Text("stop", stopLabel, func(i int) string { return rows[i].Stop })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return cmp.Or(r.row(rows[i].Stop).Name, rows[i].Stop) })
	t.Text("vehicle", vehicleLabel, func(i int) string { return rows[i].Vehicle })
	return t.Layer
}

// peopleLayers are those of the itinerant service that the plan is.
func (r *Result) peopleLayers(s *geodata.Snapshot) (layers []geodata.Layer) {
	for _, l := range r.People.Layers(s).Layers {
		switch l.Name {
		case "itinerant_cells":
			l.Name, l.Title = "tours_cells", geodata.Text{Fr: "Qui gagne des heures", En: "Who gains hours"}
			layers = append(layers, l)
		case "itinerant_communes":
			l.Name, l.Title = "tours_communes", geodata.Text{Fr: "Qui gagne, par commune", En: "Who gains, by commune"}
			layers = append(layers, l)
		}
	}
	return layers
}
