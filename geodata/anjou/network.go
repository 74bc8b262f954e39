package anjou

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/maillage/maillage/geodata"
)

// network turns lines into roads: lines that cross or touch share a node,
// except bridges; vertices are rounded to 1e-7 degree and equal ones are one node.
func network(lines []line, communes []*commune) (geodata.Roads, error) {
	var towns []settlement
	for _, c := range communes {
		for _, s := range c.settlements {
			if s.people >= builtUp {
				towns = append(towns, s)
			}
		}
	}
	w := writer{towns: towns, node: map[[2]int32]int32{}, tags: map[string]geodata.Tags{}}
	for i, vertices := range joined(lines) {
		l := lines[i]
		l.at = vertices
		if err := w.line(l); err != nil {
			return geodata.Roads{}, at(l.name, err)
		}
	}
	return w.roads, nil
}

// crossing is a point to put into a line after vertex i, at share t of the segment.
type crossing struct {
	i  int
	t  float64
	at point
}

// joined returns the vertices of the lines with those where they meet.
func joined(lines []line) [][]point {
	found := make([][]crossing, len(lines))
	m := newMesh(nil)
	m.lines = lines
	for l := range lines {
		if lines[l].bridge {
			continue
		}
		for i := 0; i+1 < len(lines[l].at); i++ {
			s := segment{l, i}
			m.each(s, func(k [2]int) {
				for _, o := range m.squares[k] {
					m.cross(s, o, k, found)
				}
			})
			m.each(s, func(k [2]int) { m.squares[k] = append(m.squares[k], s) })
		}
	}
	out := make([][]point, len(lines))
	for l := range lines {
		cuts := found[l]
		slices.SortStableFunc(cuts, func(a, b crossing) int { return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.t, b.t)) })
		k := 0
		for i, p := range lines[l].at {
			out[l] = append(out[l], p)
			for ; k < len(cuts) && cuts[k].i == i; k++ {
				out[l] = append(out[l], cuts[k].at)
			}
		}
	}
	return out
}

// cross records where two segments meet, if that is in the square of the mesh
// (a pair may share several). A meeting within snap of an end is at that end.
func (m *mesh) cross(s, o segment, k [2]int, found [][]crossing) {
	a, b := m.ends(s)
	c, d := m.ends(o)
	if a == c || a == d || b == c || b == d {
		return
	}
	det := (b.x-a.x)*(d.y-c.y) - (b.y-a.y)*(d.x-c.x)
	if det == 0 {
		return
	}
	t := ((c.x-a.x)*(d.y-c.y) - (c.y-a.y)*(d.x-c.x)) / det
	u := ((c.x-a.x)*(b.y-a.y) - (c.y-a.y)*(b.x-a.x)) / det
	nearT, nearU := snap/distance(a, b), snap/distance(c, d)
	if t < -nearT || t > 1+nearT || u < -nearU || u > 1+nearU {
		return
	}
	p := a.towards(b, t)
	if k != [2]int{bucket(p.x), bucket(p.y)} {
		return
	}
	if q, ok := endNear(a, b, t, nearT); ok {
		p = q
	} else if q, ok := endNear(c, d, u, nearU); ok {
		p = q
	}
	if p != a && p != b {
		found[s.line] = append(found[s.line], crossing{s.i, t, p})
	}
	if p != c && p != d {
		found[o.line] = append(found[o.line], crossing{o.i, u, p})
	}
}

func endNear(a, b point, t, near float64) (point, bool) {
	if t <= near {
		return a, true
	}
	return b, t >= 1-near
}

// writer numbers nodes and ways from 1 in the order they come.
type writer struct {
	towns []settlement
	roads geodata.Roads
	node  map[[2]int32]int32
	tags  map[string]geodata.Tags
}

// line writes a line as ways, a new one where the speed limit changes.
func (w *writer) line(l line) error {
	var nodes []int32
	limit := ""
	for i, p := range l.at {
		n, err := w.nodeAt(p)
		if err != nil {
			return err
		}
		if i > 0 {
			if n == nodes[len(nodes)-1] {
				continue
			}
			v := w.limit(l, l.at[i-1].towards(p, 0.5))
			if len(nodes) > 1 && v != limit {
				w.way(l, nodes, limit)
				nodes = nodes[len(nodes)-1:]
			}
			limit = v
		}
		nodes = append(nodes, n)
	}
	w.way(l, nodes, limit)
	return nil
}

func (w *writer) nodeAt(p point) (int32, error) {
	ll, err := p.lonLat()
	if err != nil {
		return 0, err
	}
	k := [2]int32{geodata.Fixed(ll[0]), geodata.Fixed(ll[1])}
	n, ok := w.node[k]
	if !ok {
		n = int32(len(w.roads.Nodes))
		w.node[k] = n
		w.roads.Nodes = append(w.roads.Nodes, geodata.RoadNode{ID: int64(n) + 1, Lon: k[0], Lat: k[1]})
	}
	return n, nil
}

func (w *writer) way(l line, nodes []int32, limit string) {
	if len(nodes) < 2 {
		return
	}
	w.roads.Ways = append(w.roads.Ways, geodata.Way{
		ID: int64(len(w.roads.Ways)) + 1, Nodes: slices.Clone(nodes), Tags: w.tag(l, limit),
	})
}

// tag returns the way's tags; ways of one name and limit share them.
func (w *writer) tag(l line, limit string) geodata.Tags {
	key := l.class + "\x00" + l.name + "\x00" + limit + strconv.FormatBool(l.oneway)
	if t, ok := w.tags[key]; ok {
		return t
	}
	t := geodata.Tags{{Key: "highway", Value: l.class}}
	if limit != "" {
		t = append(t, geodata.Tag{Key: "maxspeed", Value: limit})
	}
	t = append(t, geodata.Tag{Key: "name", Value: l.name})
	switch {
	case l.oneway:
		t = append(t, geodata.Tag{Key: "oneway", Value: "yes"})
	case l.class == "motorway_link":
		t = append(t, geodata.Tag{Key: "oneway", Value: "no"})
	}
	if l.ref != "" {
		t = append(t, geodata.Tag{Key: "ref", Value: l.ref})
	}
	w.tags[key] = t
	return t
}

// limit is the posted speed limit at a place of a line; lanes have none, so
// that a profile's own speed for narrow roads holds.
func (w *writer) limit(l line, p point) string {
	switch l.class {
	case "motorway":
		return speedMotorway
	case "motorway_link":
		return speedLink
	case "residential":
		return speedStreet
	case "unclassified":
		return ""
	}
	for _, s := range w.towns {
		if distance(p, s.at) < s.radius() {
			return speedTown
		}
	}
	return speedRural
}
