package access

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// score is what the score is called.
func (r *Result) score() geodata.Text {
	if r.Params.Method == RAAM {
		return geodata.Text{Fr: "Coût d'accès (affluence et trajet)", En: "Cost of access (crowding and travel)"}
	}
	return geodata.Text{Fr: "Places par personne", En: "Places per person"}
}

// Layers turns the answer into layers: access_cells (the first), access_communes and
// access_facilities.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "access",
		Title:      geodata.Text{Fr: "Accessibilité : " + r.Service.Label.Fr, En: "Access: " + r.Service.Label.In("en")},
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

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	cells := s.Population().Cells
	if r.Params.Counts != "" {
		if p, err := s.CountsNamed(r.Params.Counts); err == nil {
			cells = p.Cells
		}
	}
	t := analyses.NewTable("access_cells", r.score(), r.Cells.IDs)
	t.Draw(func(i int) orb.Geometry { return analyses.Shape(cells[r.Cells.at[i]]) })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return r.Cells.Communes[i] })
	t.Amount("demand", r.unit, r.Public, func(i int) geodata.Amount { return r.Cells.Demand[i] })
	t.Real("score", "", r.score(), func(i int) (float64, bool) { return optional(r.Cells.Scores[i]) })
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, r.class)
	t.Colour("class", classes...)
	return t.Layer
}

// classes compare a score with the mean of the territory.
var classes = []geodata.Class{
	{Value: "much_better", Label: geodata.Text{Fr: "bien meilleure que la moyenne", En: "much better than the mean"}, Colour: "#2c82a3"},
	{Value: "better", Label: geodata.Text{Fr: "meilleure que la moyenne", En: "better than the mean"}, Colour: "#8cc5c0"},
	{Value: "worse", Label: geodata.Text{Fr: "moins bonne que la moyenne", En: "worse than the mean"}, Colour: "#f0b79c"},
	{Value: "much_worse", Label: geodata.Text{Fr: "bien moins bonne que la moyenne", En: "much worse than the mean"}, Colour: "#d9542b"},
	{Value: "unreached", Label: geodata.Text{Fr: "aucun équipement à portée", En: "no facility in reach"}, Colour: "#bdbdbd"},
}

// class is much better from half as good again as the mean, much worse from two thirds of it down.
func (r *Result) class(i int) string {
	score, mean := r.Cells.Scores[i], r.Territory.Mean
	if r.Cells.States[i] == "unreached" || score == nil || mean == nil {
		return "unreached"
	}
	good, usual := *score, *mean
	if r.Params.Method == RAAM { // less is better
		good, usual = usual, good
	}
	switch {
	case good >= 1.5*usual:
		return "much_better"
	case good >= usual:
		return "better"
	case 1.5*good >= usual:
		return "worse"
	}
	return "much_worse"
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	ids := make([]string, len(r.Communes))
	for i, row := range r.Communes {
		ids[i] = row.Code
	}
	t := analyses.NewTable("access_communes", geodata.Text{Fr: "Accessibilité par commune", En: "Access by commune"}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return r.Communes[i].Name.Fr })
	t.Amount("demand", r.unit, r.Public, func(i int) geodata.Amount { return r.Communes[i].Demand })
	score := r.score()
	t.Real("mean_score", "", geodata.Text{Fr: score.Fr + ", en moyenne", En: score.En + ", on average"}, func(i int) (float64, bool) { return optional(r.Communes[i].Mean) })
	t.Amount("places", "", geodata.Text{Fr: "Places pour ses habitants", En: "Places for its people"}, func(i int) geodata.Amount { return r.Communes[i].Places })
	t.Amount("unreached", r.unit, geodata.Text{Fr: "Public sans équipement à portée", En: "People with no facility in reach"}, func(i int) geodata.Amount { return r.Communes[i].Unreached })
	return t.Layer
}

func (r *Result) facilityLayer() geodata.Layer {
	ids := make([]string, len(r.Sites))
	for j, f := range r.Sites {
		ids[j] = f.Site.ID
	}
	t := analyses.NewTable("access_facilities", geodata.Text{Fr: "Équipements", En: "Facilities"}, ids)
	t.Draw(func(j int) orb.Geometry { return r.Sites[j].Location })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(j int) string { return r.Sites[j].Name })
	t.Int("capacity", "", geodata.Text{Fr: "Places", En: "Places"}, func(j int) int64 { return int64(r.Sites[j].Site.Capacity / geodata.Unit) })
	t.Amount("demand_in_reach", r.unit, geodata.Text{Fr: "Public à portée", En: "People in reach"}, func(j int) geodata.Amount { return r.Sites[j].InReach })
	t.Real("ratio", "", geodata.Text{Fr: "Places par personne qui les demande", En: "Places per person who asks for them"}, func(j int) (float64, bool) { return optional(r.Sites[j].Ratio) })
	t.Real("saturation", "", geodata.Text{Fr: "Personnes par place", En: "People per place"}, func(j int) (float64, bool) { return optional(r.Sites[j].Saturation) })
	return t.Layer
}
