package fragility

import (
	"fmt"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: fragility_cells (the first),
// fragility_communes, and the lists fragility_unseen and fragility_visits.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{Name: "fragility", Title: text("Fragilité", "Fragility"), Provenance: r.Provenance, Layers: []geodata.Layer{
		r.cellLayer(s), r.communeLayer(s),
		r.placeLayer(s, "fragility_unseen", text("Publics invisibles : lieux où vivent le plus de ménages d'une personne isolés", "Places with most isolated one-person households"), "households", text("Ménages isolés", "Isolated households"), r.Unseen),
		r.placeLayer(s, "fragility_visits", text("Visiteurs à domicile : lieux où vivent le plus de personnes âgées isolées", "Places with most isolated old people"), "persons", text("Personnes âgées isolées", "Isolated old people"), r.Visits),
	}}
}

func text(fr, en string) geodata.Text { return geodata.Text{Fr: fr, En: en} }

// fifths colour the quintiles from pale to dark, for colour blindness and grey printing too.
var fifths = []geodata.Class{
	{Value: "1", Label: text("1 : le moins fragile", "1: least fragile"), Colour: "#fef0d9"},
	{Value: "2", Label: text("2", "2"), Colour: "#fdcc8a"},
	{Value: "3", Label: text("3", "3"), Colour: "#fc8d59"},
	{Value: "4", Label: text("4", "4"), Colour: "#e34a33"},
	{Value: "5", Label: text("5 : le plus fragile", "5: most fragile"), Colour: "#7f0000"},
	{Value: "none", Label: text("sans score", "no score"), Colour: "#bdbdbd"},
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	c := &r.Cells
	t := analyses.NewTable("fragility_cells", text("Fragilité par carreau", "Fragility by cell"), c.IDs)
	shapes := shapesOf(s)
	t.Draw(func(i int) orb.Geometry {
		if r.unplaced {
			return nil
		}
		return shapes[c.IDs[i]]
	})
	t.Text("commune", text("Code de la commune", "Commune code"), func(i int) string { return c.Communes[i] })
	t.Amount("population", "persons", text("Habitants", "Inhabitants"), func(i int) geodata.Amount { return c.Population[i] })
	t.Real("score", "", text("Score de fragilité, 0 à 100", "Fragility score, 0 to 100"), func(i int) (float64, bool) { return deref(c.Score[i]) })
	t.Text("class", text("Quintile des habitants", "Quintile of the inhabitants"), func(i int) string {
		if c.Quintiles[i] == 0 {
			return "none"
		}
		return fmt.Sprint(c.Quintiles[i])
	})
	r.components(t, func(k, i int) (value, rank *float64) { return c.Values[k][i], c.Ranks[k][i] })
	t.Int("imputed", "", text("Valeurs imputées par l'Insee (1)", "Values imputed by INSEE (1)"), func(i int) int64 {
		if c.Imputed[i] {
			return 1
		}
		return 0
	})
	t.Colour("class", fifths...)
	return t.Layer
}

// components adds the value and the rank of each component.
func (r *Result) components(t *analyses.Table, of func(k, i int) (value, rank *float64)) {
	for k, c := range r.Components {
		t.Real(c.Name, c.Unit, c.Label, func(i int) (float64, bool) { v, _ := of(k, i); return deref(v) })
		t.Real(c.Name+"_rank", "", text("Rang : "+c.Label.Fr, "Rank: "+c.Label.En), func(i int) (float64, bool) { _, v := of(k, i); return deref(v) })
	}
}

// shapesOf is how each cell is drawn.
func shapesOf(s *geodata.Snapshot) map[string]orb.Geometry {
	shapes := map[string]orb.Geometry{}
	for _, c := range s.Population().Cells {
		shapes[c.ID] = analyses.Shape(c)
	}
	return shapes
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	ids := make([]string, len(r.Communes))
	for i, row := range r.Communes {
		ids[i] = row.Code
	}
	t := analyses.NewTable("fragility_communes", text("Fragilité par commune", "Fragility by commune"), ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", text("Commune", "Commune"), func(i int) string { return r.Communes[i].Name.Fr })
	t.Amount("population", "persons", text("Habitants", "Inhabitants"), func(i int) geodata.Amount { return r.Communes[i].Population })
	t.Real("score", "", text("Score de fragilité, 0 à 100", "Fragility score, 0 to 100"), func(i int) (float64, bool) { return deref(r.Communes[i].Score) })
	r.components(t, func(k, i int) (value, rank *float64) { return r.Communes[i].Values[k], r.Communes[i].Ranks[k] })
	t.Amount("imputed", "persons", text("Habitants aux valeurs imputées", "Inhabitants of imputed cells"), func(i int) geodata.Amount { return r.Communes[i].Imputed })
	return t.Layer
}

func (r *Result) placeLayer(s *geodata.Snapshot, name string, title geodata.Text, unit string, label geodata.Text, places []Place) geodata.Layer {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	shapes := shapesOf(s)
	t := analyses.NewTable(name, title, ids)
	t.Draw(func(i int) orb.Geometry {
		var squares orb.MultiPolygon
		for _, id := range places[i].Cells {
			if square, ok := shapes[id].(orb.Polygon); ok {
				squares = append(squares, square)
			}
		}
		if len(squares) < len(places[i].Cells) {
			return places[i].Middle
		}
		return squares
	})
	t.Int("position", "", text("Place dans la liste", "Position in the list"), func(i int) int64 { return int64(i + 1) })
	t.Text("commune", text("Commune", "Commune"), func(i int) string { return places[i].Name })
	t.Amount("isolated", unit, label, func(i int) geodata.Amount { return places[i].Isolated })
	t.Amount("population", "persons", text("Habitants", "Inhabitants"), func(i int) geodata.Amount { return places[i].Population })
	t.Real("households", "households", text("Ménages", "Households"), func(i int) (float64, bool) { return places[i].Households.Float(), places[i].Households > 0 })
	t.Real("seconds", "s", text("Temps moyen vers les services", "Mean time to the services"), func(i int) (float64, bool) { return places[i].Seconds, true })
	t.Real("imputed", "%", text("Part aux valeurs imputées", "Share with imputed values"), func(i int) (float64, bool) { return places[i].Imputed, true })
	t.Int("cells", "", text("Carreaux", "Cells"), func(i int) int64 { return int64(len(places[i].Cells)) })
	return t.Layer
}

func deref(f *float64) (float64, bool) {
	if f == nil {
		return 0, false
	}
	return *f, true
}
