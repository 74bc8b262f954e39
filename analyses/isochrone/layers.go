package isochrone

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// Layers turns the answer into layers: isochrone (areas, the largest first, so
// that the smaller ones are drawn over it), isochrone_roads (but for modes that depend on
// when one leaves) and isochrone_point.
func (r *Result) Layers() analyses.Result {
	layers := []geodata.Layer{r.areaLayer(), r.roadLayer(), r.pointLayer()}
	if r.timed {
		layers = slices.Delete(layers, 1, 2)
	}
	return analyses.Result{Name: "isochrone", Title: r.title(), Provenance: r.Provenance, Layers: layers}
}

func (r *Result) title() geodata.Text {
	what := r.Name
	if what == "" {
		what = fmt.Sprintf("%.5f, %.5f", r.Params.At[0], r.Params.At[1])
	}
	if r.Params.Direction == traveltime.FromPoint {
		return geodata.Text{Fr: "Accessible depuis " + what, En: "Reached from " + what}
	}
	return geodata.Text{Fr: "Temps d'accès à " + what, En: "Time to " + what}
}

func (r *Result) classes() *geodata.Classes {
	c := &geodata.Classes{Field: "class"}
	for k, t := range r.Params.Within {
		m := coverage.InMinutes(t)
		c.Values = append(c.Values, geodata.Class{Value: class(t), Label: geodata.Text{Fr: m + " ou moins", En: m + " or less"},
			Colour: coverage.RampColour(k, len(r.Params.Within)+1)})
	}
	return c
}

func class(t coverage.Threshold) string { return "within_" + t.String() }

func (r *Result) areaLayer() geodata.Layer {
	n := len(r.Areas)
	l := geodata.Layer{Name: "isochrone", Title: r.title(), IDs: make([]string, n), Geometry: make([]orb.Geometry, n), Classes: r.classes()}
	classes := make([]string, n)
	seconds, area, roads, people := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i, a := range slices.Backward(r.Areas) {
		k := n - 1 - i
		classes[k] = class(a.Within)
		l.IDs[k] = classes[k]
		if len(a.Polygons) > 0 {
			l.Geometry[k] = a.Polygons
		}
		seconds[k] = float64(a.Within) / 1e9
		area[k], roads[k], people[k] = a.SquareKilometres, a.RoadKilometres, a.Population.Float()
	}
	l.Fields = []geodata.Field{
		{Name: "class", Label: geodata.Text{Fr: "Classe", En: "Class"}, Texts: classes},
		{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "Seuil", En: "Threshold"}, Kind: geodata.Real, Reals: seconds},
		{Name: "population", Unit: "persons", Label: geodata.Text{Fr: "Habitants des carreaux", En: "Inhabitants of cells"}, Kind: geodata.Real, Reals: people},
		{Name: "area", Unit: "km²", Label: geodata.Text{Fr: "Surface", En: "Area"}, Kind: geodata.Real, Reals: area},
		{Name: "roads", Unit: "km", Label: geodata.Text{Fr: "Routes couvertes", En: "Roads covered"}, Kind: geodata.Real, Reals: roads},
	}
	if r.timed {
		l.Fields = l.Fields[:len(l.Fields)-1]
	}
	return l
}

func (r *Result) roadLayer() geodata.Layer {
	n := len(r.Roads)
	l := geodata.Layer{Name: "isochrone_roads", Title: geodata.Text{Fr: "Routes couvertes", En: "Roads covered"},
		IDs: make([]string, n), Geometry: make([]orb.Geometry, n), Classes: r.classes()}
	names, refs, kinds, classes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	seconds, metres := make([]float64, n), make([]float64, n)
	for i, s := range r.Roads {
		l.IDs[i], l.Geometry[i] = fmt.Sprint(i+1), s.Line
		names[i], refs[i], kinds[i], classes[i] = s.Road.Name, s.Road.Ref, s.Road.Class, class(r.Params.Within[s.Class])
		seconds[i], metres[i] = float64(s.Time)/1000, s.Metres
	}
	l.Fields = []geodata.Field{
		{Name: "class", Label: geodata.Text{Fr: "Classe", En: "Class"}, Texts: classes},
		{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "Temps au plus près", En: "Time at its nearest"}, Kind: geodata.Real, Reals: seconds},
		{Name: "metres", Unit: "m", Label: geodata.Text{Fr: "Longueur", En: "Length"}, Kind: geodata.Real, Reals: metres},
		{Name: "name", Label: geodata.Text{Fr: "Nom", En: "Name"}, Texts: names},
		{Name: "ref", Label: geodata.Text{Fr: "Numéro", En: "Number"}, Texts: refs},
		{Name: "road", Label: geodata.Text{Fr: "Type de route", En: "Kind of road"}, Texts: kinds},
	}
	return l
}

func (r *Result) pointLayer() geodata.Layer {
	id := r.Params.Facility
	if id == "" {
		id = "point"
	}
	return geodata.Layer{Name: "isochrone_point", Title: geodata.Text{Fr: "Point de départ ou d'arrivée", En: "Where it starts or ends"},
		IDs: []string{id}, Geometry: []orb.Geometry{*r.Params.At},
		Fields: []geodata.Field{{Name: "name", Label: geodata.Text{Fr: "Nom", En: "Name"}, Texts: []string{r.Name}}}}
}
