package referral

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: referral_cells, referral_communes (the
// territory is its last row) and referral_sites.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "referral",
		Title:      geodata.Text{Fr: "Deux niveaux d'accueil : " + r.First.Label.Fr + ", puis " + r.Second.Label.Fr, En: "Two levels: " + r.First.Label.In("en") + ", then " + r.Second.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.siteLayer()},
	}
}

var classes = []geodata.Class{
	{Value: both, Label: geodata.Text{Fr: "les deux", En: "both"}, Colour: "#2b3a7d"},
	{Value: firstOnly, Label: geodata.Text{Fr: "le premier seulement", En: "the first only"}, Colour: "#f0a58c"},
	{Value: secondOnly, Label: geodata.Text{Fr: "le second seulement", En: "the second only"}, Colour: "#45a0a8"},
	{Value: neither, Label: geodata.Text{Fr: "aucun", En: "neither"}, Colour: "#bdbdbd"},
}

func near(t coverage.Threshold) string { return coverage.InMinutes(t) }

func seconds(times []traveltime.Time) func(i int) (float64, bool) {
	return func(i int) (float64, bool) { return times[i].Seconds() }
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	pop := s.Population()
	if r.Params.Counts != "" {
		pop, _ = s.CountsNamed(r.Params.Counts) //nolint:errcheck // Run has found it
	}
	at := map[string]geodata.Cell{}
	for _, c := range pop.Cells {
		at[c.ID] = c
	}
	t := analyses.NewTable("referral_cells", geodata.Text{Fr: "Niveaux d'accueil", En: "Levels at hand"}, r.Cells.IDs)
	t.Draw(func(i int) orb.Geometry { return analyses.Shape(at[r.Cells.IDs[i]]) })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(i int) string { return r.Cells.Communes[i] })
	t.Amount("demand", "persons", r.Second.Public, func(i int) geodata.Amount { return r.Cells.Demand[i] })
	t.Real("first_seconds", "s", geodata.Text{Fr: "Temps vers le premier niveau", En: "Time to the first level"}, seconds(r.Cells.First))
	t.Real("second_seconds", "s", geodata.Text{Fr: "Temps vers le second niveau", En: "Time to the second level"}, seconds(r.Cells.Second))
	t.Real("referral_seconds", "s", geodata.Text{Fr: "Du premier au second", En: "From the first to the second"}, seconds(r.Cells.Referral))
	t.Text("class", geodata.Text{Fr: "Classe", En: "Class"}, func(i int) string { return r.Cells.Classes[i] })
	t.Colour("class", classes...)
	return t.Layer
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	rows := append(append([]Row(nil), r.Communes...), r.Territory)
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.Code
	}
	t := analyses.NewTable("referral_communes", geodata.Text{
		Fr: "Par commune : " + r.First.Label.Fr + " à " + near(r.Params.FirstWithin) + ", " + r.Second.Label.Fr + " à " + near(r.Params.SecondWithin),
		En: "By commune: " + r.First.Label.In("en") + " within " + near(r.Params.FirstWithin) + ", " + r.Second.Label.In("en") + " within " + near(r.Params.SecondWithin)}, ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return rows[i].Name.Fr })
	people := func(name, fr, en string, value func(Row) geodata.Amount) {
		t.Amount(name, "persons", geodata.Text{Fr: fr, En: en}, func(i int) geodata.Amount { return value(rows[i]) })
	}
	people("demand", r.Second.Public.Fr, r.Second.Public.In("en"), func(x Row) geodata.Amount { return x.Demand })
	people("both", "Les deux niveaux", "Both levels", func(x Row) geodata.Amount { return x.Both })
	people("first_only", "Le premier seulement", "The first only", func(x Row) geodata.Amount { return x.FirstOnly })
	people("second_only", "Le second seulement", "The second only", func(x Row) geodata.Amount { return x.SecondOnly })
	people("neither", "Aucun", "Neither", func(x Row) geodata.Amount { return x.Neither })
	t.Real("referral_seconds", "s", geodata.Text{Fr: "Du premier au second, moyenne", En: "From the first to the second, mean"}, func(i int) (float64, bool) {
		if rows[i].Referral == nil {
			return 0, false
		}
		return *rows[i].Referral, true
	})
	people("stranded", "Sans suite possible", "Cannot be sent on", func(x Row) geodata.Amount { return x.Stranded })
	return t.Layer
}

func (r *Result) siteLayer() geodata.Layer {
	ids := make([]string, len(r.Sites))
	for i, x := range r.Sites {
		ids[i] = x.ID
	}
	t := analyses.NewTable("referral_sites", geodata.Text{Fr: "Premiers accueils", En: "First-level sites"}, ids)
	t.Draw(func(i int) orb.Geometry { return r.Sites[i].Location })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(i int) string { return r.Sites[i].Name })
	t.Amount("serves", "persons", geodata.Text{Fr: "Habitants les plus proches", En: "People nearest to it"}, func(i int) geodata.Amount { return r.Sites[i].Serves })
	t.Real("seconds", "s", geodata.Text{Fr: "Temps vers le second niveau", En: "Time to the second level"}, func(i int) (float64, bool) { return r.Sites[i].Seconds.Seconds() })
	t.Text("second", geodata.Text{Fr: "Second niveau le plus proche", En: "Nearest second-level site"}, func(i int) string { return r.Sites[i].Second })
	return t.Layer
}
