package shapley

import (
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: shapley_sites (the first, points) and
// shapley_games, a table with a row per threshold.
func (r *Result) Layers(*geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "shapley",
		Title:      geodata.Text{Fr: "Valeur de chaque lieu : " + r.Service.Label.Fr, En: "Worth of each site: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.siteLayer(), r.gameTable()},
	}
}

// name is how a game ends the names of columns, and label how it ends their labels.
func (o *Outcome) name() string {
	if o.Within == 0 {
		return "travel"
	}
	return o.Within.String()
}

func (o *Outcome) label(fr, en string) geodata.Text {
	if o.Within == 0 {
		return geodata.Text{Fr: fr + " en minutes de trajet", En: en + " in minutes of travel"}
	}
	m := coverage.InMinutes(o.Within)
	return geodata.Text{Fr: fr + " à " + m, En: en + " within " + m}
}

func (r *Result) siteLayer() geodata.Layer {
	ids := make([]string, len(r.Sites))
	for j, site := range r.Sites {
		ids[j] = site.ID
	}
	t := analyses.NewTable("shapley_sites", geodata.Text{Fr: "Ce que vaut chaque lieu", En: "What each site is worth"}, ids)
	t.Draw(func(j int) orb.Geometry { return r.Sites[j].At })
	t.Text("name", geodata.Text{Fr: "Nom", En: "Name"}, func(j int) string { return r.Sites[j].Name })
	t.Text("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, func(j int) string { return r.Sites[j].Commune })
	for g := range r.Games {
		o := &r.Games[g]
		t.Amount("value_"+o.name(), r.Unit, o.label("Valeur de Shapley", "Shapley value"), func(j int) geodata.Amount { return o.Sites[j].Value })
		t.Real("percent_"+o.name(), "%", o.label("Part du gain", "Share of the gain"), func(j int) (float64, bool) {
			if o.Sites[j].Percent == nil {
				return 0, false
			}
			return *o.Sites[j].Percent, true
		})
		t.Amount("alone_"+o.name(), r.Unit, o.label("Gain s'il ouvre seul", "Gain if it opens alone"), func(j int) geodata.Amount { return o.Sites[j].Alone })
		t.Amount("last_"+o.name(), r.Unit, o.label("Apport après tous les autres", "Added to all others"), func(j int) geodata.Amount { return o.Sites[j].Last })
	}
	return t.Layer
}

func (r *Result) gameTable() geodata.Layer {
	ids := make([]string, len(r.Games))
	for g := range r.Games {
		ids[g] = r.Games[g].name()
	}
	t := analyses.NewTable("shapley_games", geodata.Text{Fr: "Gain de tous les lieux ensemble", En: "Gain of all sites together"}, ids)
	t.Real("threshold_seconds", "s", geodata.Text{Fr: "Seuil", En: "Threshold"}, func(g int) (float64, bool) {
		return time.Duration(r.Games[g].Within).Seconds(), r.Games[g].Within != 0
	})
	t.Amount("without", r.Unit, geodata.Text{Fr: "Sans les lieux", En: "Without the sites"}, func(g int) geodata.Amount { return r.Games[g].Without })
	t.Amount("gain", r.Unit, geodata.Text{Fr: "Gain", En: "Gain"}, func(g int) geodata.Amount { return r.Games[g].Gain })
	return t.Layer
}
