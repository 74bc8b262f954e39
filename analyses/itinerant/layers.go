package itinerant

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: itinerant_cells, itinerant_communes (the
// territory is its last row) and itinerant_sites.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "itinerant",
		Title:      geodata.Text{Fr: "Heures de service : " + r.Service.Label.Fr, En: "Hours of service: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.siteLayer()},
	}
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	at := map[string]geodata.Cell{}
	pop := s.Population()
	if r.Params.Counts != "" {
		pop, _ = s.CountsNamed(r.Params.Counts) //nolint:errcheck // Run has found it
	}
	for _, c := range pop.Cells {
		at[c.ID] = c
	}
	last := coverage.InMinutes(r.Params.Within[len(r.Params.Within)-1])
	t := analyses.NewTable("itinerant_cells", geodata.Text{Fr: "Heures par semaine à " + last + " ou moins", En: "Hours a week within " + last}, r.Cells.IDs)
	t.Draw(func(i int) orb.Geometry { return analyses.Shape(at[r.Cells.IDs[i]]) })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return r.Cells.Communes[i] })
	t.Amount("demand", "persons", r.Service.Public, func(i int) geodata.Amount { return r.Cells.Demand[i] })
	hours := func(minutes []int) func(int) (float64, bool) {
		return func(i int) (float64, bool) { return float64(minutes[i]) / 60, true }
	}
	t.Real("fixed_hours", "h", geodata.Text{Fr: "Heures des lieux fixes", En: "Hours of the sites that stay"}, hours(r.Cells.Fixed))
	t.Real("hours", "h", geodata.Text{Fr: "Heures avec les arrêts", En: "Hours with the stops"}, hours(r.Cells.Both))
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, func(i int) string { return class(r.Cells.Fixed[i], r.Cells.Both[i]) })
	t.Colour("class",
		geodata.Class{Value: "fixed", Label: geodata.Text{Fr: "lieux fixes seulement", En: "sites that stay only"}, Colour: "#45a0a8"},
		geodata.Class{Value: "more", Label: geodata.Text{Fr: "heures gagnées", En: "hours gained"}, Colour: "#a2dab6"},
		geodata.Class{Value: "new", Label: geodata.Text{Fr: "desservi par les arrêts seuls", En: "reached by stops only"}, Colour: "#f0a58c"},
		geodata.Class{Value: "none", Label: geodata.Text{Fr: "jamais", En: "never"}, Colour: "#bdbdbd"})
	return t.Layer
}

func class(fixed, both int) string {
	switch {
	case both == 0:
		return "none"
	case fixed == 0:
		return "new"
	case both > fixed:
		return "more"
	}
	return "fixed"
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	rows := append(append([]Row(nil), r.Communes...), r.Territory)
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.Code
	}
	t := analyses.NewTable("itinerant_communes", geodata.Text{Fr: "Heures de service par commune", En: "Hours of service by commune"}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return rows[i].Name.Fr })
	t.Amount("demand", "persons", r.Service.Public, func(i int) geodata.Amount { return rows[i].Demand })
	for w, within := range r.Params.Within {
		m := coverage.InMinutes(within)
		t.Amount("served_"+within.String(), "persons", geodata.Text{Fr: "Public desservi à " + m, En: "People reached within " + m}, func(i int) geodata.Amount { return rows[i].Served[w] })
		t.Amount("fixed_"+within.String(), "person-hours", geodata.Text{Fr: "Personnes-heures fixes à " + m, En: "Person-hours, fixed, within " + m}, func(i int) geodata.Amount { return rows[i].Fixed[w] })
		t.Amount("hours_"+within.String(), "person-hours", geodata.Text{Fr: "Personnes-heures à " + m, En: "Person-hours within " + m}, func(i int) geodata.Amount { return rows[i].Both[w] })
		t.Amount("gain_"+within.String(), "person-hours", geodata.Text{Fr: "Gain des arrêts à " + m, En: "Gain of the stops within " + m}, func(i int) geodata.Amount { return rows[i].Gain[w] })
	}
	return t.Layer
}

func (r *Result) siteLayer() geodata.Layer {
	ids := make([]string, len(r.Sites))
	for i, x := range r.Sites {
		ids[i] = x.ID
	}
	t := analyses.NewTable("itinerant_sites", geodata.Text{Fr: "Lieux et arrêts", En: "Sites and stops"}, ids)
	t.Draw(func(i int) orb.Geometry { return r.Sites[i].Location })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return r.Sites[i].Name })
	t.Real("hours", "h", geodata.Text{Fr: "Heures par semaine", En: "Hours a week"}, func(i int) (float64, bool) { return r.Sites[i].Hours, true })
	for w, within := range r.Params.Within {
		m := coverage.InMinutes(within)
		t.Amount("served_"+within.String(), "persons", geodata.Text{Fr: "Public à " + m + " ou moins", En: "People within " + m}, func(i int) geodata.Amount { return r.Sites[i].Served[w] })
		t.Amount("gain_"+within.String(), "person-hours", geodata.Text{Fr: "Personnes-heures perdues sans lui, à " + m, En: "Person-hours lost without it, within " + m}, func(i int) geodata.Amount { return r.Sites[i].Gain[w] })
	}
	return t.Layer
}
