package uncertainty

import (
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// ochre are the colours of the cells about a threshold, from near to far: apart
// from the sequence of coverage, which colours what is sure.
var ochre = []string{"#f5d76e", "#dfb03c", "#b98a1f", "#8f6a14", "#66490c"}

// Layers turns the answer into layers: uncertainty_cells (the first),
// uncertainty_communes and uncertainty_territory, a table with a row per
// threshold that holds the verdict.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	return analyses.Result{
		Name:       "uncertainty",
		Title:      geodata.Text{Fr: "Incertitude : " + r.Service.Label.Fr, En: "Uncertainty: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.territoryLayer()},
	}
}

// Classes are the legend of the cells: for each threshold those within it in 95 %
// of the draws, and those now within and now beyond; then beyond, and the two states.
func (r *Result) Classes() []geodata.Class {
	sure := (&coverage.Result{Params: r.Params.Params}).Classes()
	var out []geodata.Class
	for k, t := range r.Params.Within {
		m := coverage.InMinutes(t)
		out = append(out,
			geodata.Class{Value: sure[k].Value, Colour: sure[k].Colour, Label: geodata.Text{Fr: m + " ou moins, sûr à 95 %", En: m + " or less, 95 % sure"}},
			geodata.Class{Value: "about_" + t.String(), Colour: ochre[min(k, len(ochre)-1)], Label: geodata.Text{Fr: "autour de " + m + ", incertain", En: "about " + m + ", uncertain"}})
	}
	return append(out, sure[len(r.Params.Within):]...)
}

// class is the legend entry of cell i.
func (r *Result) class(i int) string {
	c := &r.Cells
	for _, t := range r.Params.Within {
		switch bound := time.Duration(t); {
		case c.High[i].Within(bound):
			return "within_" + t.String()
		case c.Low[i].Within(bound):
			return "about_" + t.String()
		}
	}
	if c.Low[i].Reached() {
		return "beyond"
	}
	return c.States[i]
}

// columns collects the fields of a layer of n features.
type columns struct {
	n      int
	fields []geodata.Field
}

func (c *columns) texts(name string, label geodata.Text, values []string) {
	c.fields = append(c.fields, geodata.Field{Name: name, Label: label, Texts: values})
}

// reals adds a column of numbers; where ok is false the value is absent.
func (c *columns) reals(name, unit string, label geodata.Text, value func(i int) (v float64, ok bool)) {
	f := geodata.Field{Name: name, Unit: unit, Label: label, Kind: geodata.Real, Reals: make([]float64, c.n)}
	for i := range c.n {
		v, ok := value(i)
		if !ok && f.Null == nil {
			f.Null = make([]bool, c.n)
		}
		if f.Reals[i] = v; !ok {
			f.Reals[i], f.Null[i] = 0, true
		}
	}
	c.fields = append(c.fields, f)
}

// persons adds the three columns of an interval of people.
func (c *columns) persons(name string, label geodata.Text, value func(i int) (Interval[geodata.Amount], bool)) {
	c.interval(name, "persons", label, func(i int) (Interval[float64], bool) {
		v, ok := value(i)
		return Interval[float64]{v.Low.Float(), v.Median.Float(), v.High.Float()}, ok
	})
}

// interval adds its three columns, name_low, name_median and name_high.
func (c *columns) interval(name, unit string, label geodata.Text, value func(i int) (Interval[float64], bool)) {
	end := func(suffix, fr, en string, of func(Interval[float64]) float64) {
		c.reals(name+suffix, unit, geodata.Text{Fr: label.Fr + ", " + fr, En: label.In("en") + ", " + en}, func(i int) (float64, bool) {
			v, ok := value(i)
			return of(v), ok
		})
	}
	end("_low", "bas", "low", func(v Interval[float64]) float64 { return v.Low })
	end("_median", "médiane", "median", func(v Interval[float64]) float64 { return v.Median })
	end("_high", "haut", "high", func(v Interval[float64]) float64 { return v.High })
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	c := &r.Cells
	n := len(c.IDs)
	l := columns{n: n}
	classes := make([]string, n)
	for i := range classes {
		classes[i] = r.class(i)
	}
	seconds := func(times []traveltime.Time) func(i int) (float64, bool) {
		return func(i int) (float64, bool) { return times[i].Seconds() }
	}
	l.texts("commune", geodata.Text{Fr: "Code de la commune", En: "Commune code"}, c.Communes)
	l.reals("demand", "persons", r.Service.Public, func(i int) (float64, bool) { return c.Demand[i].Float(), true })
	l.reals("low_seconds", "s", geodata.Text{Fr: "Temps de trajet, bas", En: "Travel time, low"}, seconds(c.Low))
	l.reals("median_seconds", "s", geodata.Text{Fr: "Temps de trajet, médiane", En: "Travel time, median"}, seconds(c.Median))
	l.reals("high_seconds", "s", geodata.Text{Fr: "Temps de trajet, haut", En: "Travel time, high"}, seconds(c.High))
	l.reals("width_seconds", "s", geodata.Text{Fr: "Largeur de l'intervalle à 90 %", En: "Width of the 90 % interval"}, func(i int) (float64, bool) {
		return float64(c.High[i]-c.Low[i]) / 1000, c.Low[i].Reached() && c.High[i].Reached()
	})
	for k, t := range r.Params.Within {
		m := coverage.InMinutes(t)
		l.reals("probability_"+t.String(), "%", geodata.Text{Fr: "Probabilité d'être à " + m + " ou moins", En: "Probability of being within " + m},
			func(i int) (float64, bool) { return r.Percent(k, i), true })
	}
	l.texts("class", geodata.Text{Fr: "Classe", En: "Class"}, classes)
	return geodata.Layer{
		Name: "uncertainty_cells", Title: geodata.Text{Fr: "Temps incertain vers " + r.Service.Label.Fr, En: "Uncertain time to " + r.Service.Label.In("en")},
		IDs: c.IDs, Geometry: shapes(s.Population().Cells, c.IDs), Fields: l.fields,
		Classes: &geodata.Classes{Field: "class", Values: r.Classes()},
	}
}

// shapes are the outlines of the cells, or their centres where they have none;
// both lists are in the order of ids.
func shapes(cells []geodata.Cell, ids []string) []orb.Geometry {
	out := make([]orb.Geometry, len(ids))
	at := 0
	for k, id := range ids {
		for cells[at].ID != id {
			at++
		}
		out[k] = cells[at].Centre
		if cells[at].Outline != nil {
			out[k] = orb.Polygon{cells[at].Outline}
		}
	}
	return out
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	n := len(r.Communes)
	layer := geodata.Layer{Name: "uncertainty_communes", Title: geodata.Text{Fr: "Couverture incertaine par commune", En: "Uncertain coverage by commune"},
		IDs: make([]string, n), Geometry: make([]orb.Geometry, n)}
	l := columns{n: n}
	names := make([]string, n)
	for i, row := range r.Communes {
		layer.IDs[i], names[i] = row.Code, row.Name.Fr
		if c, ok := s.Commune(row.Code); ok && len(c.Outline) > 0 {
			layer.Geometry[i] = c.Outline
		}
	}
	l.texts("name", geodata.Text{Fr: "Nom", En: "Name"}, names)
	l.reals("demand", "persons", r.Service.Public, func(i int) (float64, bool) { return r.Communes[i].Demand.Float(), true })
	for k, t := range r.Params.Within {
		m := coverage.InMinutes(t)
		l.persons("covered_"+t.String(), geodata.Text{Fr: "Public à " + m + " ou moins", En: "People within " + m},
			func(i int) (Interval[geodata.Amount], bool) { return r.Communes[i].Covered[k], true })
		l.interval("share_"+t.String(), "%", geodata.Text{Fr: "Part à " + m + " ou moins", En: "Share within " + m},
			func(i int) (Interval[float64], bool) { return r.Communes[i].share(k) })
	}
	layer.Fields = l.fields
	return layer
}

// share is Share[k]; ok is false without demand.
func (r Row) share(k int) (share Interval[float64], ok bool) {
	if r.Share == nil {
		return share, false
	}
	return r.Share[k], true
}

// territoryLayer has a row per threshold; the columns of the verdict are empty
// where there is no B.
func (r *Result) territoryLayer() geodata.Layer {
	l := columns{n: len(r.Params.Within)}
	layer := geodata.Layer{Name: "uncertainty_territory", Title: geodata.Text{Fr: "Couverture incertaine du territoire et comparaison des choix A et B", En: "Uncertain coverage of the territory and comparison of the choices A and B"}}
	for _, t := range r.Params.Within {
		layer.IDs = append(layer.IDs, t.String())
	}
	verdict := func(value func(Verdict) float64) func(i int) (float64, bool) {
		return func(i int) (float64, bool) {
			if r.Verdict == nil {
				return 0, false
			}
			return value(r.Verdict[i]), true
		}
	}
	l.reals("threshold_seconds", "s", geodata.Text{Fr: "Seuil", En: "Threshold"}, func(i int) (float64, bool) { return time.Duration(r.Params.Within[i]).Seconds(), true })
	l.reals("demand", "persons", r.Service.Public, func(int) (float64, bool) { return r.Territory.Demand.Float(), true })
	l.persons("covered", geodata.Text{Fr: "Public dans le seuil", En: "People within the threshold"},
		func(i int) (Interval[geodata.Amount], bool) { return r.Territory.Covered[i], true })
	l.interval("share", "%", geodata.Text{Fr: "Part dans le seuil", En: "Share within the threshold"},
		func(i int) (Interval[float64], bool) { return r.Territory.share(i) })
	l.reals("a_percent", "%", geodata.Text{Fr: "Tirages où A couvre plus de monde que B", En: "Draws in which A covers more people than B"}, verdict(func(v Verdict) float64 { return v.A }))
	l.reals("equal_percent", "%", geodata.Text{Fr: "Tirages où A et B couvrent autant de monde", En: "Draws in which A and B cover as many people"}, verdict(func(v Verdict) float64 { return v.Equal }))
	l.reals("b_percent", "%", geodata.Text{Fr: "Tirages où B couvre plus de monde que A", En: "Draws in which B covers more people than A"}, verdict(func(v Verdict) float64 { return v.B }))
	l.persons("gain", geodata.Text{Fr: "Public que A couvre de plus que B", En: "People A covers more than B"}, func(i int) (gain Interval[geodata.Amount], ok bool) {
		if r.Verdict != nil {
			return r.Verdict[i].Gain, true
		}
		return gain, false
	})
	layer.Fields = l.fields
	return layer
}
