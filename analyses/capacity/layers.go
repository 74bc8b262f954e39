package capacity

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: capacity_cells (the first), capacity_communes
// and capacity_facilities.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "capacity",
		Title:      geodata.Text{Fr: "Places et manques : " + r.Service.Label.Fr, En: "Places and shortages: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.facilityLayer()},
	}
}

// optional is a value that may be null, as a column has it.
func optional(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}

// percent is a share in percent.
func percent(v *float64) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return 100 * *v, true
}

// The labels that several layers have.
var (
	name     = geodata.Text{Fr: "Nom", En: "Name"}
	placed   = geodata.Text{Fr: "Public avec une place", En: "People with a place"}
	leftOver = geodata.Text{Fr: "Public sans place", En: "People without a place"}
	way      = geodata.Text{Fr: "Trajet moyen de qui a une place", En: "Mean way of who has a place"}
)

// classes tell how many of a cell have a place.
var classes = []geodata.Class{
	{Value: "all", Label: geodata.Text{Fr: "tous ont une place", En: "all have a place"}, Colour: "#2c82a3"},
	{Value: "most", Label: geodata.Text{Fr: "la moitié au moins", En: "half or more"}, Colour: "#8cc5c0"},
	{Value: "few", Label: geodata.Text{Fr: "moins de la moitié", En: "fewer than half"}, Colour: "#f0b79c"},
	{Value: "none", Label: geodata.Text{Fr: "personne", En: "nobody"}, Colour: "#d9542b"},
	{Value: "empty", Label: geodata.Text{Fr: "aucune demande", En: "no demand"}, Colour: "#bdbdbd"},
}

func (r *Result) class(i int) string {
	switch d, p := r.Cells.Demand[i], r.Cells.Placed[i]; {
	case d == 0:
		return "empty"
	case p == d:
		return "all"
	case 2*p >= d:
		return "most"
	case p > 0:
		return "few"
	}
	return "none"
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	cells := s.Population().Cells
	if r.Params.Counts != "" {
		if p, err := s.CountsNamed(r.Params.Counts); err == nil {
			cells = p.Cells
		}
	}
	t := analyses.NewTable("capacity_cells", geodata.Text{Fr: "Qui a une place", En: "Who has a place"}, r.Cells.IDs)
	t.Draw(func(i int) orb.Geometry { return analyses.Shape(cells[r.Cells.at[i]]) })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return r.Cells.Communes[i] })
	t.Amount("demand", r.unit, r.Public, func(i int) geodata.Amount { return r.Cells.Demand[i] })
	t.Amount("placed", r.unit, placed, func(i int) geodata.Amount { return r.Cells.Placed[i] })
	t.Amount("left_over", r.unit, leftOver, func(i int) geodata.Amount { return r.Cells.LeftOver[i] })
	t.Real("seconds", "s", way, func(i int) (float64, bool) { return optional(r.Cells.Seconds[i]) })
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, r.class)
	t.Colour("class", classes...)
	return t.Layer
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	ids := make([]string, len(r.Communes))
	for i, row := range r.Communes {
		ids[i] = row.Code
	}
	t := analyses.NewTable("capacity_communes", geodata.Text{Fr: "Places par commune", En: "Places by commune"}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", name, func(i int) string { return r.Communes[i].Name.Fr })
	t.Amount("demand", r.unit, r.Public, func(i int) geodata.Amount { return r.Communes[i].Demand })
	t.Int("places", "", geodata.Text{Fr: "Places dans la commune", En: "Places in the commune"}, func(i int) int64 { return int64(r.Communes[i].Places / geodata.Unit) })
	t.Real("rate", "%", geodata.Text{Fr: "Places pour 100 personnes", En: "Places per 100 people"}, func(i int) (float64, bool) { return optional(r.Communes[i].Rate) })
	t.Amount("placed", r.unit, placed, func(i int) geodata.Amount { return r.Communes[i].Placed })
	t.Amount("left_over", r.unit, leftOver, func(i int) geodata.Amount { return r.Communes[i].LeftOver })
	t.Amount("out_of_reach", r.unit, geodata.Text{Fr: "dont sans équipement à portée", En: "of them with no facility in reach"}, func(i int) geodata.Amount { return r.Communes[i].OutReach })
	t.Real("mean_seconds", "s", way, func(i int) (float64, bool) { return optional(r.Communes[i].Mean) })
	return t.Layer
}

func (r *Result) facilityLayer() geodata.Layer {
	ids := make([]string, len(r.Facilities))
	for j, f := range r.Facilities {
		ids[j] = f.ID
	}
	t := analyses.NewTable("capacity_facilities", geodata.Text{Fr: "Équipements", En: "Facilities"}, ids)
	t.Draw(func(j int) orb.Geometry { return r.Facilities[j].Location })
	t.Text("name", name, func(j int) string { return r.Facilities[j].Name })
	t.Int("capacity", "", geodata.Text{Fr: "Places", En: "Places"}, func(j int) int64 { return int64(r.Facilities[j].Places / geodata.Unit) })
	t.Amount("placed", r.unit, placed, func(j int) geodata.Amount { return r.Facilities[j].Placed })
	t.Real("filled", "%", geodata.Text{Fr: "Remplissage", En: "Filled"}, func(j int) (float64, bool) { return percent(r.Facilities[j].Filled) })
	t.Amount("demand_in_reach", r.unit, geodata.Text{Fr: "Public à portée", En: "People in reach"}, func(j int) geodata.Amount { return r.Facilities[j].InReach })
	t.Real("asked", "%", geodata.Text{Fr: "Public à portée pour 100 places", En: "People in reach per 100 places"}, func(j int) (float64, bool) { return percent(r.Facilities[j].Asked) })
	t.Real("worth_seconds", "s", geodata.Text{Fr: "Trajet épargné par une place de plus", En: "Travel saved by one more place"}, func(j int) (float64, bool) { return optional(r.Facilities[j].Worth) })
	return t.Layer
}
