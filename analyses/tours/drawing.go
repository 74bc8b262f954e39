package tours

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// drawing is a small map of the stops and drives; empty without any stop. What it tells
// is in the tables too, and its description says so.
func (r *Result) drawing(w wording) template.HTML {
	if len(r.Stops) == 0 {
		return ""
	}
	p := r.paper()
	visited := 0
	for _, x := range r.Stops {
		if x.Visits > 0 {
			visited++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %.0f" role="img" aria-labelledby="map-t map-d"><title id="map-t">%s</title><desc id="map-d">%s</desc>`, paperWide, p.high(),
		html.EscapeString(w.Say("Arrêts et trajets", "Stops and drives")),
		html.EscapeString(fmt.Sprintf(w.Say("%d arrêts desservis sur %d possibles, et les routes prises ; le tableau des horaires dit lesquels.", "%d stops visited of %d possible ones, and the roads taken; the timetable says which."), visited, len(r.Stops))))
	for i, v := range r.Vehicles {
		var path strings.Builder
		for _, x := range r.drives() {
			if x.Vehicle == v.ID {
				p.line(&path, x.Line)
			}
		}
		if path.Len() > 0 {
			fmt.Fprintf(&b, `<path class="route" stroke="%s" d="%s"/>`, vehicleColours[i%len(vehicleColours)], path.String())
		}
	}
	var names strings.Builder
	for _, row := range r.Stops {
		x, y := p.at(row.At)
		class := "dropped"
		if row.Visits > 0 {
			class = "visited"
			fmt.Fprintf(&names, `<text%s x="%.1f" y="%.1f">%s</text>`, anchor(x), x, y-9, html.EscapeString(cmp.Or(row.Name, row.ID)))
		}
		fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="5"><title>%s</title></circle>`, class, x, y, html.EscapeString(r.address(row.ID)))
	}
	for _, v := range r.Vehicles {
		if v.Lon != nil && v.Lat != nil {
			x, y := p.at(orb.Point{*v.Lon, *v.Lat})
			fmt.Fprintf(&b, `<path class="depot" d="M%.1f %.1fh8v8h-8Z"><title>%s</title></path>`, x-4, y-4, html.EscapeString(w.Say("Dépôt de ", "Depot of ")+cmp.Or(v.Name, v.ID)))
		}
	}
	b.WriteString(names.String() + "</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts that are escaped above
}

// anchor keeps names near the sides on the paper.
func anchor(x float64) string {
	switch {
	case x < paperWide/5:
		return ` style="text-anchor:start"`
	case x > paperWide*4/5:
		return ` style="text-anchor:end"`
	}
	return ""
}

// paperWide is the width of the map in its own units.
const paperWide = 640

// paper makes degrees units of the map.
type paper struct {
	bound orb.Bound
	scale float64 // units per degree of latitude
	squat float64 // how much shorter a degree of longitude is
}

func (r *Result) paper() paper {
	var all orb.MultiPoint
	for _, x := range r.Stops {
		all = append(all, x.At)
	}
	for _, v := range r.Vehicles {
		if v.Lon != nil && v.Lat != nil {
			all = append(all, orb.Point{*v.Lon, *v.Lat})
		}
	}
	for _, t := range r.Tours {
		for _, l := range t.Legs {
			all = append(all, l.Line...)
		}
	}
	p := paper{bound: all.Bound()}
	p.squat = math.Cos(p.bound.Center().Lat() * math.Pi / 180)
	// As wide as the paper, and not much higher.
	p.scale = min((paperWide-80)/max(1e-6, p.squat*(p.bound.Max[0]-p.bound.Min[0])), 700/max(1e-6, p.bound.Max[1]-p.bound.Min[1]))
	return p
}

func (p paper) high() float64 { return p.scale*(p.bound.Max[1]-p.bound.Min[1]) + 60 }

func (p paper) at(q orb.Point) (x, y float64) {
	middle := paperWide/2 - p.scale*p.squat*(p.bound.Max[0]-p.bound.Min[0])/2
	return middle + p.scale*p.squat*(q[0]-p.bound.Min[0]), 30 + p.scale*(p.bound.Max[1]-q[1])
}

// line is a drive as a path, points that fall together once.
func (p paper) line(path *strings.Builder, line orb.LineString) {
	var points []string
	for _, q := range line {
		x, y := p.at(q)
		points = append(points, fmt.Sprintf("%.1f %.1f", x, y))
	}
	if points = slices.Compact(points); len(points) > 1 {
		path.WriteString("M" + strings.Join(points, "L"))
	}
}

// drawn is how a map looks that stands by itself.
const drawn = `<style>text{font:12px Arial,sans-serif;text-anchor:middle;fill:#111;stroke:#fff;stroke-width:3px;paint-order:stroke}.route{fill:none;stroke-width:2.5;stroke-linejoin:round}.visited{fill:#2c82a3;stroke:#fff;stroke-width:1.5}.dropped{fill:#fff;stroke:#777;stroke-width:1.5}.depot{fill:#222;stroke:#fff;stroke-width:1.5}</style>`

// Map is the small map of the printed page as an SVG file; empty without any stop. The
// language is fr or en.
func Map(r *Result, lang string) []byte {
	whole := string(r.drawing(wording{lang}))
	head, rest, ok := strings.Cut(whole, ">")
	if !ok {
		return nil
	}
	return []byte(strings.Replace(head, "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1) + ">" + drawn + rest + "\n")
}
