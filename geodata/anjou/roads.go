package anjou

import (
	"fmt"
	"math"
)

// line is a way before the junctions are found.
type line struct {
	at        []point
	class     string // highway=
	name, ref string
	oneway    bool
	bridge    bool // crosses other lines without meeting them
}

// mainRoads draws the roads of the table, the streets from each bourg to the
// roads that pass it, the modelled roads between bourgs the table leaves
// apart, and the motorways with their exits, in this order.
func mainRoads(communes []*commune) ([]line, error) {
	roads, err := readRoads(communes)
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, r := range roads {
		if r.class == "motorway" || len(r.stops) < 2 {
			continue
		}
		lines = append(lines, line{at: r.draw(), class: r.class, name: r.ref, ref: r.ref})
		lines = append(lines, r.accesses()...)
	}
	lines = append(lines, missingRoads(communes, roads)...)
	return append(lines, motorways(roads, lines)...), nil
}

// draw returns the vertices of a road. Between two stops of known kilometre it
// is bent so that its length is the published one; where that is shorter than
// the straight line, or unknown, the road is straight.
func (r road) draw() []point {
	out := []point{r.stops[0].at}
	for from := 0; from < len(r.stops)-1; {
		to := from + 1
		for !math.IsNaN(r.stops[from].km) && to < len(r.stops)-1 && math.IsNaN(r.stops[to].km) {
			to++
		}
		var way []point
		for _, s := range r.stops[from : to+1] {
			way = append(way, s.at)
		}
		out = append(out, bent(way, 1000*math.Abs(r.stops[to].km-r.stops[from].km))[1:]...)
		from = to
	}
	return out
}

// bent draws a curve through the points with the wanted length: a sine wave
// beside each straight leg, its amplitude A·bend solved by bisection.
func bent(way []point, want float64) []point {
	straight := wave(way, 0)
	if !(want > length(straight)) { // also when want is not a number
		return straight
	}
	lo, hi := 0.0, 4.0
	for range 50 {
		mid := (lo + hi) / 2
		if length(wave(way, mid)) < want {
			lo = mid
		} else {
			hi = mid
		}
	}
	return wave(way, lo)
}

// wave draws k half-waves beside each leg of d metres, k = d/bend rounded, at least 1:
// offset(t) = amplitude · d/k · sin(π k t), t from 0 to 1.
func wave(way []point, amplitude float64) []point {
	out := []point{way[0]}
	for i := 1; i < len(way); i++ {
		p, q := way[i-1], way[i]
		d := distance(p, q)
		if d == 0 {
			continue
		}
		k := math.Max(1, math.Round(d/bend))
		n := int(math.Ceil(d / step))
		for s := 1; s < n; s++ {
			t := float64(s) / float64(n)
			off := amplitude * d / k * math.Sin(math.Pi*k*t)
			out = append(out, p.towards(q, t).plus(-off*(q.y-p.y)/d, off*(q.x-p.x)/d))
		}
		out = append(out, q)
	}
	return out
}

// accesses are the streets from the bourgs to where the road passes them.
func (r road) accesses() []line {
	var out []line
	for _, s := range r.stops {
		if distance(s.at, s.base) > 1 {
			out = append(out, line{
				at: bent([]point{s.base, s.at}, accessDetour*distance(s.base, s.at)), class: "tertiary",
				name: fmt.Sprintf("Accès à la %s (%s)", r.ref, s.place[6:]),
			})
		}
	}
	return out
}

// missingRoads links neighbouring bourgs that the main roads leave apart. Two
// bourgs are neighbours if no third is nearer to both (relative neighbourhood
// graph, Toussaint 1980).
func missingRoads(communes []*commune, roads []road) []line {
	var names, labels []string
	var bourgs []point
	add := func(place, label string, p point) {
		names, labels, bourgs = append(names, place), append(labels, label), append(bourgs, p)
	}
	for _, c := range communes {
		add(c.insee+" "+c.name, c.name, c.bourg)
		for _, s := range c.settlements {
			if c.study && (s.kind == "ancien bourg" || s.kind == "bourg") && distance(s.at, c.bourg) > bend/2 {
				add(c.insee+" "+s.name, s.name, s.at)
			}
		}
	}
	along := roadDistances(names, roads)
	var out []line
	for i := range bourgs {
		for j := i + 1; j < len(bourgs); j++ {
			d := distance(bourgs[i], bourgs[j])
			if along[i][j] <= poorLink*d || !neighbours(bourgs, i, j) {
				continue
			}
			way := []point{bourgs[i], bourgs[j]}
			out = append(out, line{
				at: bent(way, detour*d), class: "tertiary",
				name: fmt.Sprintf("Route de %s à %s", labels[i], labels[j]),
			})
		}
	}
	return out
}

func neighbours(bourgs []point, i, j int) bool {
	d := distance(bourgs[i], bourgs[j])
	for k := range bourgs {
		if k != i && k != j && max(distance(bourgs[i], bourgs[k]), distance(bourgs[j], bourgs[k])) < d {
			return false
		}
	}
	return true
}

// roadDistances returns the metres between places along the roads of the table
// that are no motorways (Floyd, Warshall); +Inf where there is no way.
func roadDistances(names []string, roads []road) [][]float64 {
	position := map[string]int{}
	d := make([][]float64, len(names))
	for i, n := range names {
		position[n] = i
		d[i] = make([]float64, len(names))
		for j := range names {
			if i != j {
				d[i][j] = math.Inf(1)
			}
		}
	}
	for _, r := range roads {
		if r.class == "motorway" {
			continue
		}
		for k := 1; k < len(r.stops); k++ {
			a, okA := position[r.stops[k-1].place]
			b, okB := position[r.stops[k].place]
			leg := road{stops: r.stops[k-1 : k+1]}
			if metres := length(leg.draw()); okA && okB && metres < d[a][b] {
				d[a][b], d[b][a] = metres, metres
			}
		}
	}
	for k := range names {
		for i := range names {
			for j := range names {
				d[i][j] = min(d[i][j], d[i][k]+d[k][j])
			}
		}
	}
	return d
}

// motorways draws both carriageways, which meet at the ends, and links the
// exits to the nearest main road, the interchanges to the nearest motorway.
func motorways(roads []road, others []line) []line {
	var out []line
	for _, r := range roads {
		if r.class != "motorway" || len(r.stops) < 2 {
			continue
		}
		axis := thin(r.draw(), motorwayStep)
		right, left := carriageways(axis)
		for _, c := range [][]point{right, left} {
			out = append(out, line{at: c, class: "motorway", name: r.ref, ref: r.ref, oneway: true, bridge: true})
		}
	}
	ways := out
	for _, r := range roads {
		if r.class != "motorway" || len(r.stops) < 2 {
			continue
		}
		for _, s := range r.stops {
			if s.exit == "" {
				continue
			}
			to := others
			if s.exit == "interchange" {
				to = except(ways, r.ref)
			}
			out = append(out, links(s, r.ref, only(ways, r.ref), to)...)
		}
	}
	return out
}

// links joins each carriageway at a stop to the nearest vertex of each of the
// target lines that passes there: one road, or both carriageways of a motorway.
func links(s stop, ref string, own, to []line) []line {
	target := nearest(s.at, to)
	ends := []point{target}
	if s.exit == "interchange" {
		ends = nil
		for _, l := range to {
			if p := nearest(target, []line{l}); distance(p, target) < motorwayStep {
				ends = append(ends, p)
			}
		}
	}
	var out []line
	for _, c := range own {
		for _, e := range ends {
			out = append(out, line{
				at: []point{nearest(s.at, []line{c}), e}, class: "motorway_link",
				name: fmt.Sprintf("Échangeur de %s (%s)", s.place[6:], ref), bridge: true,
			})
		}
	}
	return out
}

func only(lines []line, ref string) (out []line) {
	for _, l := range lines {
		if l.ref == ref {
			out = append(out, l)
		}
	}
	return out
}

func except(lines []line, ref string) (out []line) {
	for _, l := range lines {
		if l.ref != ref {
			out = append(out, l)
		}
	}
	return out
}

func nearest(p point, lines []line) point {
	var best point
	d := math.Inf(1)
	for _, l := range lines {
		for _, q := range l.at {
			if v := squared(p, q); v < d {
				best, d = q, v
			}
		}
	}
	return best
}

// thin drops vertices nearer than the gap to the last kept one.
func thin(at []point, gap float64) []point {
	out := at[:1:1]
	for _, p := range at[1 : len(at)-1] {
		if distance(out[len(out)-1], p) >= gap {
			out = append(out, p)
		}
	}
	return append(out, at[len(at)-1])
}

// carriageways are the axis shifted to its right, and to its left and reversed:
// traffic keeps to the right. They share the axis's ends.
func carriageways(axis []point) (right, left []point) {
	n := len(axis)
	right, left = append(right, axis[0]), append(left, axis[n-1])
	for i := 1; i < n-1; i++ {
		a, b := axis[i-1], axis[i+1]
		d := distance(a, b) / carriageway
		right = append(right, axis[i].plus((b.y-a.y)/d, -(b.x-a.x)/d))
		k := n - 1 - i
		a, b = axis[k-1], axis[k+1]
		d = distance(a, b) / carriageway
		left = append(left, axis[k].plus(-(b.y-a.y)/d, (b.x-a.x)/d))
	}
	return append(right, axis[n-1]), append(left, axis[0])
}
