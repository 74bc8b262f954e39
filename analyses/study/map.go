package study

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/analyses/compare"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

// figure is a map with its legend; the legend says the same in numbers.
type figure struct {
	SVG     template.HTML // made of numbers and of texts that are escaped
	Caption string
	Legend  []legend
	Marks   []legend
	Runs    []int
}

type legend struct {
	Colour string
	Label  string
	Text   string // how many people
	Run    int
}

// kinds are the colours of package compare: blue and brown are told apart by everybody,
// and by their lightness in print.
var kinds = []struct {
	kind   compare.Kind
	label  geodata.Text
	colour string
}{
	{compare.NewlyCovered, geodata.Text{Fr: "désormais desservis", En: "newly covered"}, "#2166ac"},
	{compare.Nearer, geodata.Text{Fr: "plus près", En: "nearer"}, "#92c5de"},
	{compare.Same, geodata.Text{Fr: "sans changement", En: "unchanged"}, "#e6e6e6"},
	{compare.Farther, geodata.Text{Fr: "plus loin", En: "farther"}, "#dfc27d"},
	{compare.NoLongerCovered, geodata.Text{Fr: "ne sont plus desservis", En: "no longer covered"}, "#8c510a"},
}

// changes is the map of what a scenario changes at a threshold, against the first.
func (b *builder) changes(a numbered, r *compare.Result, d, at int) figure {
	of := &r.Differences[d]
	name, first := b.quoted(r.Scenarios[of.Scenario].Name), b.quoted(r.Scenarios[0].Name)
	f := figure{Runs: []int{a.n}, Caption: fmt.Sprintf(b.say("%s par rapport à %s, à %s", "%s against %s, within %s"), name, first, coverage.InMinutes(r.Params.Within[at]))}
	told := map[compare.Kind]geodata.Amount{compare.NewlyCovered: of.Territory.Gained[at], compare.NoLongerCovered: of.Territory.Lost[at]}
	kind := kindsOf(r, of.Scenario, at)
	var alt []string
	for _, k := range kinds {
		if !slices.Contains(kind, k.kind) {
			continue
		}
		l := legend{Colour: k.colour, Label: k.label.In(b.lang), Run: a.n}
		if amount, ok := told[k.kind]; ok {
			l.Text = b.whole(amount)
		}
		f.Legend = append(f.Legend, l)
		alt = append(alt, strings.TrimSpace(l.Label+" "+l.Text))
	}
	marks := b.marks(r.Params.Service, a.In[0], a.In[of.Scenario])
	for _, m := range []struct{ kind, fr, en string }{{"there", "équipement", "facility"}, {"opens", "ouvre", "opens"}, {"closes", "ferme", "closes"}} {
		for _, have := range marks {
			if have.kind == m.kind {
				f.Marks = append(f.Marks, legend{Label: b.say(m.fr, m.en), Text: map[string]string{"there": "●", "opens": "▲", "closes": "✕"}[m.kind]})
				break
			}
		}
	}
	var cells, communes *geodata.Layer
	for i := range a.Layers.Layers {
		switch l := &a.Layers.Layers[i]; l.Name {
		case "compare_cells":
			cells = l
		case "compare_communes":
			communes = l
		}
	}
	if cells != nil {
		f.SVG = draw(fmt.Sprintf("map-%d-%d", a.n, d), f.Caption, strings.Join(alt, ", "), cells, kind, communes, marks)
	}
	return f
}

// kindsOf is what becomes of each cell at a threshold, in a scenario against the first.
func kindsOf(r *compare.Result, scenario, at int) []compare.Kind {
	bound, notable := traveltime.Time(time.Duration(r.Params.Within[at])/time.Millisecond), traveltime.Time(time.Duration(r.Params.Notable)/time.Millisecond)
	covered := func(t traveltime.Time) bool { return t.Reached() && t <= bound }
	out := make([]compare.Kind, len(r.Cells.IDs))
	for i := range out {
		was, is := r.Cells.Times[0][i], r.Cells.Times[scenario][i]
		switch {
		case covered(is) && !covered(was):
			out[i] = compare.NewlyCovered
		case covered(was) && !covered(is):
			out[i] = compare.NoLongerCovered
		case is.Reached() && (!was.Reached() || was > is+notable):
			out[i] = compare.Nearer
		case was.Reached() && (!is.Reached() || is > was+notable):
			out[i] = compare.Farther
		default:
			out[i] = compare.Same
		}
	}
	return out
}

// mark is a facility on the map.
type mark struct {
	at   orb.Point
	kind string // there, opens, closes
	name string
}

// marks are the fixed facilities of a service in a scenario, and those it closes.
func (b *builder) marks(service, from, to string) (all []mark) {
	open := func(id string) map[string]geodata.Facility {
		out := map[string]geodata.Facility{}
		if s := b.Worlds[id]; s != nil {
			for _, f := range s.Facilities() {
				if f.Service == service && f.Status == geodata.Existing && !f.Itinerant {
					out[f.ID] = f
				}
			}
		}
		return out
	}
	before, after := open(from), open(to)
	for _, s := range []string{to, from} { // in the order of the territory, so that the page is always the same
		snap := b.Worlds[s]
		if snap == nil {
			continue
		}
		for _, f := range snap.Facilities() {
			was, had := before[f.ID]
			is, has := after[f.ID]
			switch {
			case s == to && has && had && was.Location == is.Location:
				all = append(all, mark{f.Location, "there", f.Name})
			case s == to && has:
				all = append(all, mark{f.Location, "opens", f.Name})
			case s == from && had && (!has || was.Location != is.Location):
				all = append(all, mark{f.Location, "closes", f.Name})
			}
		}
	}
	return all
}

// wide is the width of a map in its own units.
const wide = 640

// plane makes degrees units of a map.
type plane struct {
	bound orb.Bound
	scale float64 // units per degree of latitude
	squat float64 // how much shorter a degree of longitude is
}

func planeOf(layers ...*geodata.Layer) plane {
	p := plane{bound: orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}}
	for _, l := range layers {
		if l == nil {
			continue
		}
		for _, g := range l.Geometry {
			if g != nil && !g.Bound().IsEmpty() {
				p.bound = p.bound.Union(g.Bound())
			}
		}
	}
	if p.bound.IsEmpty() {
		p.bound = orb.Bound{}
	}
	p.squat = math.Cos(p.bound.Center().Lat() * math.Pi / 180)
	p.scale = (wide - 20) / max(1e-6, p.squat*(p.bound.Max[0]-p.bound.Min[0]))
	return p
}

func (p plane) height() float64 { return min(900, p.scale*(p.bound.Max[1]-p.bound.Min[1])+20) }

func (p plane) at(q orb.Point) (x, y float64) {
	return 10 + p.scale*p.squat*(q[0]-p.bound.Min[0]), 10 + p.scale*(p.bound.Max[1]-q[1])
}

// ring is a closed line as a path, points that fall together once.
func (p plane) ring(path *strings.Builder, r orb.Ring) {
	last := ""
	for i, q := range r {
		x, y := p.at(q)
		text := fmt.Sprintf("%.1f %.1f", x, y)
		if text == last {
			continue
		}
		last = text
		if i == 0 {
			path.WriteString("M" + text)
		} else {
			path.WriteString("L" + text)
		}
	}
	path.WriteString("Z")
}

// shape is a geometry as a path; a point is a small square.
func (p plane) shape(path *strings.Builder, g orb.Geometry) {
	switch g := g.(type) {
	case orb.Polygon:
		for _, r := range g {
			p.ring(path, r)
		}
	case orb.MultiPolygon:
		for _, polygon := range g {
			p.shape(path, polygon)
		}
	case orb.Point:
		x, y := p.at(g)
		fmt.Fprintf(path, "M%.1f %.1fh5v5h-5Z", x-2.5, y-2.5)
	}
}

// draw makes a map of cells by kind, with communes and facilities.
func draw(id, title, alt string, cells *geodata.Layer, kind []compare.Kind, communes *geodata.Layer, marks []mark) template.HTML {
	p := planeOf(cells, communes)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %.0f" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		wide, p.height(), id, id, id, html.EscapeString(title), id, html.EscapeString(alt))
	if len(cells.Geometry) == len(kind) {
		for _, k := range kinds {
			var path strings.Builder
			for i := range kind {
				if kind[i] == k.kind && cells.Geometry[i] != nil {
					p.shape(&path, cells.Geometry[i])
				}
			}
			if path.Len() > 0 {
				fmt.Fprintf(&b, `<path fill="%s" d="%s"/>`, k.colour, path.String())
			}
		}
	}
	if communes != nil {
		p.outlines(&b, communes)
	}
	for _, m := range marks {
		p.mark(&b, m)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts that are escaped above
}

// outlines draws communes with their names.
func (p plane) outlines(b *strings.Builder, communes *geodata.Layer) {
	var path, names strings.Builder
	for i := range communes.IDs {
		if i >= len(communes.Geometry) || communes.Geometry[i] == nil {
			continue
		}
		p.shape(&path, communes.Geometry[i])
		centre, _ := planar.CentroidArea(communes.Geometry[i])
		x, y := p.at(centre)
		if name := communes.Field("name"); name != nil {
			fmt.Fprintf(&names, `<text x="%.1f" y="%.1f">%s</text>`, x, y, html.EscapeString(name.Texts[i]))
		}
	}
	if path.Len() > 0 {
		fmt.Fprintf(b, `<path fill="none" stroke="#444" stroke-width="1" d="%s"/><g class="names">%s</g>`, path.String(), names.String())
	}
}

func (p plane) mark(b *strings.Builder, m mark) {
	if !p.bound.Pad(0.02).Contains(m.at) {
		return // far outside the study area
	}
	x, y := p.at(m.at)
	name := html.EscapeString(m.name)
	switch m.kind {
	case "opens":
		fmt.Fprintf(b, `<path class="opens" d="M%.1f %.1fl8 14h-16Z"><title>%s</title></path>`, x, y-9, name)
	case "closes":
		fmt.Fprintf(b, `<path class="closes" d="M%.1f %.1fl12 12m0 -12l-12 12"><title>%s</title></path>`, x-6, y-6, name)
	default:
		fmt.Fprintf(b, `<circle class="there" cx="%.1f" cy="%.1f" r="5"><title>%s</title></circle>`, x, y, name)
	}
}
