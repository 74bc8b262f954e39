package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// nearToFar are the colours of the classes from near to far, by their number:
// one sequence from green to deep blue whose lightness falls steadily, so that
// it survives colour blindness and grey printing. The map page has the same.
var nearToFar = [][]string{
	{"#62b8a8"},
	{"#9bd6b4", "#2b3f80"},
	{"#a2dab6", "#45a0a8", "#2b3a7d"},
	{"#a9ddb7", "#5cb7aa", "#2c82a3", "#2b357a"},
	{"#b4e1ba", "#79c8b1", "#45a5ab", "#2b749f", "#2a3176"},
	{"#bde5bf", "#8dd2b5", "#5fb8ae", "#3b96aa", "#2b689a", "#292e72"},
}

const (
	unreachableColour = "#bdbdbd"
	offNetworkColour  = "#636363"
)

// Layers turns the answer into layers: coverage_cells (the first), coverage_communes,
// coverage_ages (a table), the facilities that count, and what else was asked for:
// coverage_living_standards, coverage_needs and coverage_epcis (tables),
// coverage_zones, and coverage_inside (communes, with facilities inside only) beside
// coverage_crossed.
func (r *Result) Layers(s *geodata.Snapshot) analyses.Result {
	layers := []geodata.Layer{r.cellLayer(s), r.communeLayer(s), r.ageLayer(), r.facilityLayer()}
	table := func(name, fr, en string, rows []Row) {
		if len(rows) > 0 {
			layers = append(layers, r.rows(name, geodata.Text{Fr: fr, En: en}, rows))
		}
	}
	table("coverage_living_standards", "Couverture par niveau de vie", "Coverage by living standard", r.LivingStandards)
	table("coverage_needs", "Couverture par besoin", "Coverage by need", r.Needs)
	table("coverage_epcis", "Couverture par intercommunalité", "Coverage by intercommunality", r.EPCIs)
	if len(r.Zones) > 0 {
		layers = append(layers, r.zoneLayer(s))
	}
	if e := r.BorderEffect; e != nil {
		layers = append(layers,
			r.outlined(s, "coverage_crossed", geodata.Text{Fr: "Couverture avec les lieux des deux côtés de la limite", En: "Coverage with facilities on both sides of the border"}, e.Crossed.Communes),
			r.outlined(s, "coverage_inside", geodata.Text{Fr: "Couverture avec les seuls lieux du territoire", En: "Coverage with facilities inside only"}, e.Inside.Communes))
	}
	return analyses.Result{
		Name:       "coverage",
		Title:      geodata.Text{Fr: "Couverture : " + r.Service.Label.Fr, En: "Coverage: " + r.Service.Label.In("en")},
		Provenance: r.Provenance,
		Layers:     layers,
	}
}

// Classes are the legend of the cells: one per threshold, then beyond, and the two states.
func (r *Result) Classes() []geodata.Class {
	var out []geodata.Class
	n := len(r.Params.Within) + 1
	for k, t := range r.Params.Within {
		m := InMinutes(t)
		out = append(out, geodata.Class{Value: "within_" + t.String(), Label: geodata.Text{Fr: m + " ou moins", En: m + " or less"}, Colour: RampColour(k, n)})
	}
	last := InMinutes(r.Params.Within[len(r.Params.Within)-1])
	return append(out,
		geodata.Class{Value: "beyond", Label: geodata.Text{Fr: "plus de " + last, En: "more than " + last}, Colour: RampColour(n-1, n)},
		geodata.Class{Value: "unreachable", Label: geodata.Text{Fr: "non desservi", En: "not reached"}, Colour: unreachableColour},
		geodata.Class{Value: "off_network", Label: geodata.Text{Fr: "loin de toute route", En: "far from any road"}, Colour: offNetworkColour})
}

// RampColour is the colour of the k-th of n classes; beyond six, the last ones share one.
func RampColour(k, n int) string {
	ramp := nearToFar[min(n, len(nearToFar))-1]
	return ramp[min(k, len(ramp)-1)]
}

// InMinutes is the threshold as people read it: 10 min.
func InMinutes(t Threshold) string {
	d := time.Duration(t)
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}

// class is the legend entry of a time.
func (r *Result) class(t traveltime.Time) string {
	for _, w := range r.Params.Within {
		if t.Within(time.Duration(w)) {
			return "within_" + w.String()
		}
	}
	if t.Reached() {
		return "beyond"
	}
	return t.State()
}

func (r *Result) cellLayer(s *geodata.Snapshot) geodata.Layer {
	n := len(r.Cells.IDs)
	class, seconds, null := make([]string, n), make([]float64, n), make([]bool, n)
	noFacility := make([]bool, n)
	demand := make([]float64, n)
	geometry := make([]orb.Geometry, n)
	pop := r.population(s)
	at := 0
	for k, id := range r.Cells.IDs { // both in the order of ids
		for pop.Cells[at].ID != id {
			at++
		}
		geometry[k] = analyses.Shape(pop.Cells[at])
		t := r.Cells.Times[k]
		class[k], demand[k] = r.class(t), r.Cells.Demand[k].Float()
		if sec, ok := t.Seconds(); ok {
			seconds[k] = sec
		} else {
			null[k], noFacility[k] = true, true
		}
	}
	l := geodata.Layer{
		Name: "coverage_cells", Title: geodata.Text{Fr: "Temps vers " + r.Service.Label.Fr, En: "Time to " + r.Service.Label.In("en")},
		IDs: r.Cells.IDs, Geometry: geometry,
		Fields: []geodata.Field{
			{Name: "commune", Label: geodata.Text{Fr: "Code de la commune", En: "Commune code"}, Texts: r.Cells.Communes},
			{Name: "demand", Unit: r.unit(), Label: r.public(), Kind: geodata.Real, Reals: demand},
			{Name: "seconds", Unit: "s", Label: geodata.Text{Fr: "Temps de trajet", En: "Travel time"}, Kind: geodata.Real, Reals: seconds, Null: null},
			{Name: "facility", Label: geodata.Text{Fr: "Équipement le plus proche", En: "Nearest facility"}, Texts: r.Cells.Nearest, Null: noFacility},
			{Name: "class", Label: geodata.Text{Fr: "Classe", En: "Class"}, Texts: class},
		},
		Classes: &geodata.Classes{Field: "class", Values: r.Classes()},
	}
	if r.Cells.Metres != nil {
		f := geodata.Field{Name: "metres", Unit: "m", Label: geodata.Text{Fr: "Distance par la route", En: "Distance by road"}, Kind: geodata.Real, Reals: make([]float64, n), Null: make([]bool, n)}
		for k, mm := range r.Cells.Metres {
			metres, ok := mm.Seconds() // a metre is a thousand millimetres
			f.Null[k] = !ok
			if ok {
				f.Reals[k] = metres
			}
		}
		l.Fields = append(l.Fields, f)
	}
	return l
}

// population is what the cells are of.
func (r *Result) population(s *geodata.Snapshot) *geodata.Population {
	if p, err := s.CountsNamed(r.Params.Counts); r.Params.Counts != "" && err == nil {
		return p
	}
	return s.Population()
}

// unit is that of the demand.
func (r *Result) unit() string { return cmp.Or(r.Unit, "persons") }

// public is whom the demand counts.
func (r *Result) public() geodata.Text {
	if r.Public != nil {
		return *r.Public
	}
	return r.Service.Public
}

func (r *Result) communeLayer(s *geodata.Snapshot) geodata.Layer {
	return r.outlined(s, "coverage_communes", geodata.Text{Fr: "Couverture par commune", En: "Coverage by commune"}, r.Communes)
}

// outlined draws rows of communes.
func (r *Result) outlined(s *geodata.Snapshot, name string, title geodata.Text, rows []Row) geodata.Layer {
	l := r.rows(name, title, rows)
	l.Geometry = make([]orb.Geometry, len(rows))
	for i, row := range rows {
		l.Geometry[i] = analyses.Outline(s, row.Code)
	}
	return l
}

func (r *Result) zoneLayer(s *geodata.Snapshot) geodata.Layer {
	l := r.rows("coverage_zones", geodata.Text{Fr: "Couverture par zone (" + r.Params.Zones + ")", En: "Coverage by zone (" + r.Params.Zones + ")"}, r.Zones)
	l.Geometry = make([]orb.Geometry, len(r.Zones))
	zones, err := s.ZonesOf(r.Params.Zones)
	for i := range zones {
		if err == nil && len(zones[i].Outline) > 0 { // rows are the zones, and perhaps who is in none
			l.Geometry[i] = zones[i].Outline
		}
	}
	return l
}

func (r *Result) ageLayer() geodata.Layer {
	return r.rows("coverage_ages", geodata.Text{Fr: "Couverture par âge", En: "Coverage by age"}, append([]Row{r.Territory}, r.Ages...))
}

func (r *Result) rows(name string, title geodata.Text, rows []Row) geodata.Layer {
	n := len(rows)
	l := geodata.Layer{Name: name, Title: title, IDs: make([]string, n)}
	names := make([]string, n)
	for i, row := range rows {
		l.IDs[i], names[i] = row.Code, row.Name.Fr
	}
	l.Fields = append(l.Fields, geodata.Field{Name: "name", Label: geodata.Text{Fr: "Nom", En: "Name"}, Texts: names})
	amounts := func(field, unit, fr, en string, value func(Row) geodata.Amount) {
		f := geodata.Field{Name: field, Unit: unit, Label: geodata.Text{Fr: fr, En: en}, Kind: geodata.Real, Reals: make([]float64, n)}
		for i, row := range rows {
			f.Reals[i] = value(row).Float()
		}
		l.Fields = append(l.Fields, f)
	}
	optional := func(field, unit, fr, en string, value func(Row) (float64, bool)) {
		f := geodata.Field{Name: field, Unit: unit, Label: geodata.Text{Fr: fr, En: en}, Kind: geodata.Real, Reals: make([]float64, n), Null: make([]bool, n)}
		for i, row := range rows {
			v, ok := value(row)
			f.Reals[i], f.Null[i] = v, !ok
		}
		l.Fields = append(l.Fields, f)
	}
	unit := r.unit()
	mixed := slices.ContainsFunc(rows, func(x Row) bool { return x.Unit != "" }) // and told row by row
	if mixed {
		unit = ""
	}
	people := func(field, fr, en string, value func(Row) geodata.Amount) { amounts(field, unit, fr, en, value) }
	amounts("population", "persons", "Habitants", "Inhabitants", func(r Row) geodata.Amount { return r.Population })
	people("demand", r.public().Fr, r.public().In("en"), func(r Row) geodata.Amount { return r.Demand })
	within := func(name, bound string, covered func(Row) geodata.Amount, share func(Row) (float64, bool)) {
		people("covered_"+name, "Public à "+bound+" ou moins", "People within "+bound, covered)
		optional("share_"+name, "%", "Part à "+bound+" ou moins", "Share within "+bound, func(r Row) (float64, bool) {
			s, ok := share(r)
			return 100 * s, ok
		})
	}
	for k, t := range r.Params.Within {
		within(t.String(), InMinutes(t), func(r Row) geodata.Amount { return r.Covered[k] }, func(r Row) (float64, bool) { return r.Share(k) })
	}
	people("unreachable", "Public non desservi", "People not reached", func(r Row) geodata.Amount { return r.Unreachable })
	people("off_network", "Public loin de toute route", "People far from any road", func(r Row) geodata.Amount { return r.OffNetwork })
	people("imputed", "Public aux valeurs imputées", "People in imputed cells", func(r Row) geodata.Amount { return r.Imputed })
	optional("mean_seconds", "s", "Temps moyen", "Mean time", func(r Row) (float64, bool) { return deref(r.Mean) })
	optional("median_seconds", "s", "Temps médian", "Median time", func(r Row) (float64, bool) { return deref(r.Median) })
	if n > 0 && rows[0].CoveredKm != nil {
		for k, km := range r.Params.WithinKm {
			within(Kilometres(km), InKilometres(km), func(r Row) geodata.Amount { return r.CoveredKm[k] }, func(r Row) (float64, bool) { return r.ShareKm(k) })
		}
	}
	if r.Params.Detailed {
		optional("p90_seconds", "s", "Temps de 9 personnes sur 10", "Time of nine in ten", func(r Row) (float64, bool) { return deref(r.Spread.P90) })
		optional("worst_tenth_seconds", "s", "Temps moyen du dixième le moins bien desservi", "Mean time of the worst-served tenth", func(r Row) (float64, bool) { return deref(r.Spread.Worst) })
		optional("worst_tenth_unreached", "%", "Part non desservie de ce dixième", "Share of that tenth not reached", func(r Row) (float64, bool) { return deref(r.Spread.WorstUnreached) })
		optional("gini", "", "Indice de Gini des temps", "Gini index of times", func(r Row) (float64, bool) { return deref(r.Spread.Gini) })
	}
	if mixed {
		f := geodata.Field{Name: "unit", Label: geodata.Text{Fr: "Unité du public", En: "Unit of people"}, Texts: make([]string, n)}
		for i, x := range rows {
			f.Texts[i] = cmp.Or(x.Unit, r.unit())
		}
		l.Fields = append(l.Fields, f)
	}
	return l
}

// Kilometres is the threshold as it names fields: 2.5km.
func Kilometres(km float64) string { return strconv.FormatFloat(km, 'f', -1, 64) + "km" }

// InKilometres is the threshold as people read it: 2.5 km.
func InKilometres(km float64) string { return strconv.FormatFloat(km, 'f', -1, 64) + " km" }

func deref(f *float64) (float64, bool) {
	if f == nil {
		return 0, false
	}
	return *f, true
}

// statusClasses colour facilities as the map page does: brick, and paler when not open yet.
var statusClasses = []geodata.Class{
	{Value: string(geodata.Existing), Label: geodata.Text{Fr: "lieu ouvert", En: "open"}, Colour: "#d9542b"},
	{Value: string(geodata.Planned), Label: geodata.Text{Fr: "lieu en projet", En: "planned"}, Colour: "#f0a58c"},
	{Value: string(geodata.Candidate), Label: geodata.Text{Fr: "lieu possible", En: "candidate"}, Colour: "#f7d9c9"},
}

func (r *Result) facilityLayer() geodata.Layer {
	n := len(r.Facilities)
	l := geodata.Layer{Name: "coverage_facilities", Title: geodata.Text{Fr: "Équipements comptés", En: "Facilities that count"},
		IDs: make([]string, n), Geometry: make([]orb.Geometry, n)}
	names, statuses, hours, noHours := make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, f := range r.Facilities {
		l.IDs[i], l.Geometry[i], names[i], statuses[i] = f.ID, f.Location, f.Name, string(f.Status)
		if noHours[i] = f.Hours == nil; f.Hours != nil {
			hours[i] = f.Hours.String()
		}
	}
	l.Fields = []geodata.Field{
		{Name: "name", Label: geodata.Text{Fr: "Nom", En: "Name"}, Texts: names},
		{Name: "status", Label: geodata.Text{Fr: "État", En: "Status"}, Texts: statuses},
		{Name: "hours", Label: geodata.Text{Fr: "Horaires", En: "Opening hours"}, Texts: hours, Null: noHours},
	}
	l.Classes = &geodata.Classes{Field: "status", Values: statusClasses}
	return l
}
