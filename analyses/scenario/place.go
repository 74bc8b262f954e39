package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// townHall is the service by whose facility a commune is found.
const townHall = "town_hall"

// farAway is how many degrees beyond everything else a facility may lie: farther
// out, longitude and latitude have been exchanged, or the territory has.
const farAway = 0.25

// place is where a facility is to be, and in which commune.
func (b *builder) place(at spot, field string, point *Point, commune, id string) (orb.Point, string) {
	if point == nil {
		return b.inCommune(at, field[:strings.LastIndexByte(field, '.')]+".commune", commune, id)
	}
	p := orb.Point(*point)
	if frame := b.roads.frame(b.base); !frame.Contains(p) {
		b.bad(at, field, "%v, %v is far from the territory, which lies between %.2f, %.2f and %.2f, %.2f: want [longitude, latitude]",
			p[0], p[1], frame.Min[0], frame.Min[1], frame.Max[0], frame.Max[1])
	}
	return p, b.communeOf(p)
}

// communeOf is the commune around a point, the lowest code of several; empty
// beyond all of them.
func (b *builder) communeOf(p orb.Point) string {
	for _, c := range b.base.Communes() { // by code
		if len(c.Outline) > 0 && c.Outline.Bound().Contains(p) && planar.MultiPolygonContains(c.Outline, p) {
			return c.Code
		}
	}
	return ""
}

// inCommune is at the commune's town hall, or else in the middle of its people.
func (b *builder) inCommune(at spot, field, name, what string) (orb.Point, string) {
	c, problem := findCommune(b.base.Communes(), name)
	if problem != "" {
		b.bad(at, field, "%s", problem)
		return orb.Point{}, ""
	}
	for _, id := range slices.Sorted(maps.Keys(b.facilities)) {
		if f := b.facilities[id]; f.Service == townHall && f.Commune == c.Code && f.Status == geodata.Existing && !f.Itinerant {
			b.note(fmt.Sprintf("%s : placé à la mairie de %s (%s).", what, c.Name, f.ID), fmt.Sprintf("%s: placed at the town hall of %s (%s).", what, c.Name, f.ID))
			return f.Location, c.Code
		}
	}
	middle, ok := middleOf(b.population, c.Code)
	if !ok {
		b.bad(at, field, "%s has neither a town hall nor people in the data: want a point in its place", c.Name)
		return orb.Point{}, ""
	}
	b.note(fmt.Sprintf("%s : placé au point moyen des habitants de %s, dont la mairie n'est pas dans les données.", what, c.Name),
		fmt.Sprintf("%s: placed at the mean point of the people of %s, whose town hall is not in the data.", what, c.Name))
	return middle, c.Code
}

// findCommune finds a commune by its code or its name.
func findCommune(all []geodata.Commune, name string) (geodata.Commune, string) {
	var found, like []geodata.Commune
	for _, c := range all {
		switch {
		case c.Code == name:
			return c, ""
		case strings.EqualFold(c.Name, name):
			found = append(found, c)
		case similar(strings.ToLower(c.Name), strings.ToLower(name)) || strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(name)):
			like = append(like, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], ""
	case len(found) > 1:
		return geodata.Commune{}, fmt.Sprintf("there are %d communes %s: want the code of one, %s", len(found), name, codes(found))
	case len(like) > 0 && len(like) <= 8:
		return geodata.Commune{}, fmt.Sprintf("there is no commune %q: there is %s", shortened(name), codes(like))
	}
	return geodata.Commune{}, fmt.Sprintf("there is no commune %q: want the INSEE code or the name of one of the %d here", shortened(name), len(all))
}

func codes(communes []geodata.Commune) string {
	var list []string
	for _, c := range communes {
		list = append(list, fmt.Sprintf("%s (%s)", c.Code, c.Name))
	}
	return strings.Join(list, ", ")
}

// middleOf is the mean of the centres of a commune's cells, weighted by their
// people; of grids that do not count people, of the cells alike.
func middleOf(p *geodata.Population, commune string) (middle orb.Point, ok bool) {
	ind, counted := p.Column("ind")
	var weight float64
	for i, c := range p.Cells {
		if c.Commune != commune {
			continue
		}
		w := 1.0
		if counted {
			w = ind[i].Float()
		}
		middle[0] += w * c.Centre[0]
		middle[1] += w * c.Centre[1]
		weight += w
	}
	if weight == 0 {
		return middle, false
	}
	return orb.Point{middle[0] / weight, middle[1] / weight}, true
}

// roads is what a scenario may say of the roads, read when it is first needed.
type roads struct {
	of     *geodata.Roads
	all    []*profile.Profile
	names  []string // of classes; nil until asked for
	bounds orb.Bound
	framed bool
}

func readRoads(s *geodata.Snapshot) *roads {
	r := &roads{of: s.Roads()}
	for _, mode := range profile.Modes() {
		p, err := profile.For(mode)
		if err != nil {
			panic("scenario: " + err.Error()) // one of those that are built in
		}
		r.all = append(r.all, p)
	}
	return r
}

// classes lists the classes of the roads that any mode uses, sorted.
func (r *roads) classes() []string {
	if r.names == nil {
		r.names = []string{}
		for _, w := range r.of.Ways {
			for _, p := range r.all {
				if t := p.Way(w.Tags); usable(t) && !slices.Contains(r.names, t.Class) {
					r.names = append(r.names, t.Class)
				}
			}
		}
		slices.Sort(r.names)
	}
	return r.names
}

// used says whether any mode may use the way.
func (r *roads) used(id int64) bool {
	i, ok := slices.BinarySearchFunc(r.of.Ways, id, func(w geodata.Way, id int64) int { return cmp.Compare(w.ID, id) })
	return ok && slices.ContainsFunc(r.all, func(p *profile.Profile) bool { return usable(p.Way(r.of.Ways[i].Tags)) })
}

func usable(t profile.Travel) bool { return t.Forward > 0 || t.Backward > 0 }

// frame is the box around everything there is, with farAway on each side.
func (r *roads) frame(s *geodata.Snapshot) orb.Bound {
	if r.framed {
		return r.bounds
	}
	var points orb.MultiPoint
	for _, n := range r.of.Nodes {
		points = append(points, n.Point())
	}
	for _, c := range s.Population().Cells {
		points = append(points, c.Centre)
	}
	for _, f := range s.Facilities() {
		points = append(points, f.Location)
	}
	r.bounds, r.framed = points.Bound().Pad(farAway), true
	if len(points) == 0 {
		r.bounds = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	return r.bounds
}
