package colocation

import (
	"fmt"
	"strings"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: colocation_places (points), colocation_pairs
// (a table) and, with a shared site, colocation_shared (communes; the territory is
// the last row).
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	out := analyses.Result{
		Name: "colocation", Title: geodata.Text{Fr: "Services réunis", En: "Services together"}, Provenance: r.Provenance,
		Layers: []geodata.Layer{r.placeLayer(), r.pairLayer(s)},
	}
	if r.Shared != nil {
		out.Layers = append(out.Layers, r.sharedLayer(s))
	}
	return out
}

func (r *Result) placeLayer() geodata.Layer {
	ids := make([]string, len(r.Places))
	for i, x := range r.Places {
		ids[i] = x.ID
	}
	t := analyses.NewTable("colocation_places", geodata.Text{Fr: "Lieux", En: "Places"}, ids)
	t.Draw(func(i int) orb.Geometry {
		if r.Places[i].Points == nil {
			return nil
		}
		return orb.MultiPoint(r.Places[i].Points)
	})
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return r.Places[i].Commune })
	t.Int("services", "", geodata.Text{Fr: "Nombre de services", En: "Number of services"}, func(i int) int64 { return int64(len(r.Places[i].Services)) })
	t.Text("which", geodata.Text{Fr: "Services", En: "Services"}, func(i int) string { return strings.Join(r.Places[i].Services, ", ") })
	t.Text("names", geodata.Text{Fr: "Équipements", En: "Facilities"}, func(i int) string { return strings.Join(r.Places[i].Names, ", ") })
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, func(i int) string {
		if len(r.Places[i].Services) > 1 {
			return "together"
		}
		return "alone"
	})
	t.Colour("class", geodata.Class{Value: "together", Label: geodata.Text{Fr: "plusieurs services", En: "several services"}, Colour: "#2b3a7d"},
		geodata.Class{Value: "alone", Label: geodata.Text{Fr: "un seul", En: "one only"}, Colour: "#9bd6b4"})
	return t.Layer
}

func (r *Result) pairLayer(s *geodata.Snapshot) geodata.Layer {
	ids := make([]string, len(r.Pairs))
	for i, x := range r.Pairs {
		ids[i] = fmt.Sprintf("%s-%s", x.Service, x.Other)
	}
	label := func(id string) string {
		service, err := s.Catalogue().Service(id)
		if err != nil {
			return id
		}
		return service.Label.Fr
	}
	t := analyses.NewTable("colocation_pairs", geodata.Text{Fr: "Services côte à côte", En: "Services side by side"}, ids)
	t.Text("name", geodata.Text{Fr: "Service", En: "Service"}, func(i int) string { return label(r.Pairs[i].Service) })
	t.Text("other", geodata.Text{Fr: "À côté de", En: "Beside"}, func(i int) string { return label(r.Pairs[i].Other) })
	t.Int("together", "", geodata.Text{Fr: "Réunis", En: "Together"}, func(i int) int64 { return int64(r.Pairs[i].Together) })
	t.Int("facilities", "", geodata.Text{Fr: "Sur", En: "Of"}, func(i int) int64 { return int64(r.Pairs[i].All) })
	return t.Layer
}

func (r *Result) sharedLayer(s *geodata.Snapshot) geodata.Layer {
	changes := append(append([]Change(nil), r.Shared.Services...), r.Shared.All)
	territory := s.Territory()
	var ids, names []string
	for _, c := range r.Shared.All.Communes {
		ids, names = append(ids, c.Code), append(names, c.Name.Fr)
	}
	ids, names = append(ids, territory.ID), append(names, territory.Name)
	row := func(c Change, i int) CommuneChange {
		if i < len(c.Communes) {
			return c.Communes[i]
		}
		return CommuneChange{Demand: c.Demand, Before: c.Before, After: c.After}
	}
	m := coverage.InMinutes(r.Params.Within)
	t := analyses.NewTable("colocation_shared", geodata.Text{Fr: "Ce qu'un lieu partagé change, à " + m, En: "What a shared site changes, within " + m}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return names[i] })
	for _, c := range changes {
		t.Amount(c.Service+"_demand", "persons", geodata.Text{Fr: "Public : " + c.Label.Fr, En: "People: " + c.Label.In("en")}, func(i int) geodata.Amount { return row(c, i).Demand })
		t.Amount(c.Service+"_before", "persons", geodata.Text{Fr: "Avant : " + c.Label.Fr, En: "Before: " + c.Label.In("en")}, func(i int) geodata.Amount { return row(c, i).Before })
		t.Amount(c.Service+"_after", "persons", geodata.Text{Fr: "Après : " + c.Label.Fr, En: "After: " + c.Label.In("en")}, func(i int) geodata.Amount { return row(c, i).After })
	}
	return t.Layer
}
