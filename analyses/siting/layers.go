package siting

import (
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

func says(fr, en string) geodata.Text { return geodata.Text{Fr: fr, En: en} }

var (
	communeLabel = says("Code de la commune", "Commune code")
	nameLabel    = says("Nom", "Name")
	demandLabel  = says("Personnes concernées", "People concerned")
)

// Layers turns the answer into layers: site_cells (the first), site_places,
// site_communes, site_plans (a table: the proof, the best plans) and, when losses
// were asked for, site_losses: what each candidate costs if it is imposed.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	layers := []geodata.Layer{r.cellLayer(s), r.placeLayer(), r.communeLayer(s), r.planLayer()}
	if r.Params.Losses && r.Objective != nil {
		layers = append(layers, r.lossLayer())
	}
	return analyses.Result{
		Name: "site", Title: says("Meilleurs lieux : "+r.Service.Label.Fr, "Best places: "+r.Service.Label.In("en")),
		Provenance: r.Provenance, Layers: layers,
	}
}

// The classes of a cell.
var cellClasses = []geodata.Class{
	{Value: "gained", Label: says("à portée grâce au plan", "within reach by the plan"), Colour: "#2c82a3"},
	{Value: "kept", Label: says("déjà à portée", "within reach already"), Colour: "#a9ddb7"},
	{Value: "lost", Label: says("plus à portée", "no longer within reach"), Colour: "#c8553d"},
	{Value: "nearer", Label: says("plus près, sans être à portée", "nearer, not within reach"), Colour: "#cfd8ea"},
	{Value: "beyond", Label: says("hors de portée", "out of reach"), Colour: "#e7dfcf"},
}

// class says what the plan changes for a cell.
func (r *Result) class(before, after traveltime.Time) string {
	limit := r.Params.limit()
	was, is := before.Reached() && before <= limit, after.Reached() && after <= limit
	switch {
	case is && !was:
		return "gained"
	case is:
		return "kept"
	case was:
		return "lost"
	case after.Reached() && after < before:
		return "nearer"
	}
	return "beyond"
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	c, pop := &r.Cells, r.population(s)
	t := analyses.NewTable("site_cells", says("Ce que change le plan", "What the plan changes"), c.IDs)
	t.Draw(func(i int) orb.Geometry { return analyses.Shape(pop.Cells[c.at[i]]) })
	t.Text("commune", communeLabel, func(i int) string { return c.Communes[i] })
	t.Amount("demand", "persons", demandLabel, func(i int) geodata.Amount { return c.Demand[i] })
	t.Real("before", "s", says("Temps aujourd'hui", "Time today"), func(i int) (float64, bool) { return c.Before[i].Seconds() })
	t.Real("after", "s", says("Temps avec le plan", "Time with the plan"), func(i int) (float64, bool) { return c.After[i].Seconds() })
	t.Text("nearest", says("Lieu le plus proche", "Nearest place"), func(i int) string { return c.Nearest[i] })
	t.Text("class", says("Classe", "Class"), func(i int) string { return r.class(c.Before[i], c.After[i]) })
	t.Colour("class", cellClasses...)
	return t.Layer
}

// population is the grid or the set of counts whose cells are told of.
func (r *Result) population(s *geodata.Snapshot) *geodata.Population {
	if p, err := s.CountsNamed(r.Params.Counts); r.Params.Counts != "" && err == nil {
		return p
	}
	return s.Population()
}

func (r *Result) placeLayer() geodata.Layer {
	all := append(append([]Place{}, r.Places...), r.Closed...)
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	t := analyses.NewTable("site_places", says("Lieux du plan", "Places of the plan"), ids)
	t.Draw(func(i int) orb.Geometry { return all[i].At })
	t.Text("name", nameLabel, func(i int) string { return all[i].Name })
	t.Text("commune", communeLabel, func(i int) string { return all[i].Commune })
	t.Text("role", says("Rôle", "Role"), func(i int) string {
		switch {
		case i >= len(r.Places):
			return "closed"
		case all[i].Existing:
			return "today"
		}
		return "new"
	})
	t.Colour("role",
		geodata.Class{Value: "new", Label: says("ouvre", "opens"), Colour: "#c8553d"},
		geodata.Class{Value: "today", Label: says("existe", "exists"), Colour: "#2b3a7d"},
		geodata.Class{Value: "closed", Label: says("ferme", "closes"), Colour: "#bdbdbd"})
	return t.Layer
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	ids := make([]string, len(r.Communes))
	for i, c := range r.Communes {
		ids[i] = c.Code
	}
	t := analyses.NewTable("site_communes", says("Communes", "Communes"), ids)
	t.Draw(func(i int) orb.Geometry { return analyses.Outline(s, ids[i]) })
	t.Text("name", nameLabel, func(i int) string { return r.Communes[i].Name.Fr })
	t.Amount("demand", "persons", demandLabel, func(i int) geodata.Amount { return r.Communes[i].Demand })
	t.Amount("before", "persons", says("À portée aujourd'hui", "Within reach today"), func(i int) geodata.Amount { return r.Communes[i].Before })
	t.Amount("after", "persons", says("À portée avec le plan", "Within reach with the plan"), func(i int) geodata.Amount { return r.Communes[i].After })
	return t.Layer
}

// planLayer lists the best plans, the best with its proof.
func (r *Result) planLayer() geodata.Layer {
	var plans []Plan
	if r.Objective != nil {
		plans = append([]Plan{{r.Sites, *r.Objective}}, r.Others...)
	}
	ids := make([]string, len(plans))
	for i := range plans {
		ids[i] = string(rune('1' + i))
	}
	t := analyses.NewTable("site_plans", says("Meilleurs plans", "Best plans"), ids)
	t.Text("opens", says("Ouvre", "Opens"), func(i int) string { return r.opening(plans[i].Sites) })
	t.Real("objective", r.unit(), says("Objectif", "Objective"), func(i int) (float64, bool) { return plans[i].Objective, true })
	t.Real("bound", r.unit(), says("Borne", "Bound"), func(i int) (float64, bool) {
		if i > 0 || r.Bound == nil {
			return 0, false
		}
		return *r.Bound, true
	})
	t.Text("status", says("Preuve", "Proof"), func(i int) string {
		if i > 0 && len(plans) > i {
			return ""
		}
		return string(r.Status)
	})
	return t.Layer
}

// unit is the objective's, as layers write units.
func (r *Result) unit() string {
	return map[Model]string{MCLP: "persons", PMedian: "person-s", PCenter: "s"}[r.Params.Model]
}

// opening names the sites of a plan that are not there today.
func (r *Result) opening(ids []string) (text string) {
	for _, p := range r.all {
		if p.Existing {
			continue
		}
		for _, id := range ids {
			if id == p.ID {
				if text != "" {
					text += ", "
				}
				text += p.Name
			}
		}
	}
	return text
}

func (r *Result) lossLayer() geodata.Layer {
	ids := make([]string, len(r.Losses))
	for i, l := range r.Losses {
		ids[i] = l.ID
	}
	t := analyses.NewTable("site_losses", says("Ce que coûte un autre choix", "What another choice costs"), ids)
	t.Draw(func(i int) orb.Geometry { return r.Losses[i].At })
	t.Text("name", nameLabel, func(i int) string { return r.Losses[i].Name })
	t.Text("commune", communeLabel, func(i int) string { return r.Losses[i].Commune })
	t.Real("loss", r.unit(), says("Perte si ce lieu est imposé", "Loss if this place is imposed"), func(i int) (float64, bool) {
		if r.Losses[i].Loss == nil {
			return 0, false
		}
		return *r.Losses[i].Loss, true
	})
	t.Real("loss_percent", "%", says("Perte, en part de l'objectif", "Loss, as a share of the objective"), func(i int) (float64, bool) {
		if r.Losses[i].Loss == nil || *r.Objective == 0 {
			return 0, false
		}
		return 100 * *r.Losses[i].Loss / *r.Objective, true
	})
	t.Real("without", r.unit(), says("Perte si l'on s'en passe", "Loss without it"), func(i int) (float64, bool) {
		if r.Losses[i].Without == nil {
			return 0, false
		}
		return *r.Losses[i].Without, true
	})
	t.Text("class", says("Classe", "Class"), func(i int) string { return r.Losses[i].class(*r.Objective) })
	t.Colour("class",
		geodata.Class{Value: "chosen", Label: says("dans le meilleur plan", "in the best plan"), Colour: "#c8553d"},
		geodata.Class{Value: "best", Label: says("dans un plan aussi bon", "in a plan as good"), Colour: "#2b3a7d"},
		geodata.Class{Value: "1", Label: says("perte de 1 % au plus", "loss of 1 % at most"), Colour: "#2c82a3"},
		geodata.Class{Value: "5", Label: says("perte de 5 % au plus", "loss of 5 % at most"), Colour: "#5cb7aa"},
		geodata.Class{Value: "more", Label: says("perte de plus de 5 %", "loss of more than 5 %"), Colour: "#e2b36b"},
		geodata.Class{Value: "none", Label: says("aucun plan", "no plan"), Colour: "#bdbdbd"})
	return t.Layer
}
