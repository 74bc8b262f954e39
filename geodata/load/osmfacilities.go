package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/maillage/maillage/geodata"
)

// osmFacilities reads the places of a service from an OpenStreetMap extract:
// the nodes, closed ways and multipolygons that have the tags the catalogue
// names for it. A place with an outline stands at the centroid of its outer
// rings. Ids are "node/123", "way/123" and "relation/123"; the result is in
// this order, by number.
func osmFacilities(ctx context.Context, path string, opt FacilityOptions, rep *FileReport) ([]geodata.Facility, error) {
	service, err := opt.Catalogue.Service(opt.Service)
	if err != nil {
		return nil, inFile(path, err)
	}
	if len(service.OSM) == 0 {
		return nil, inFile(path, fmt.Errorf("the catalogue names no OpenStreetMap tags for the service %s: add them to its osm list, or give a file of its places", service.ID))
	}
	format, err := osmFormat(ctx, path)
	if err != nil {
		return nil, err
	}
	rep.Format = format
	p := &osmPlaces{
		file: osmFile{path: path, format: format, opt: opt.Options, passes: 3},
		rep:  rep, opt: opt, wanted: parseSelectors(service.OSM),
		outer: map[int64][]int64{}, at: map[int64]vertex{},
	}
	if err := p.scan(ctx); err != nil {
		return nil, err
	}
	if len(p.hits) == 0 {
		return nil, inFile(path, fmt.Errorf("no facilities: nothing in it is tagged %s", strings.Join(service.OSM, " or ")))
	}
	return p.facilities(), nil
}

// osmPlaces gathers the elements that match, then what their outlines need.
type osmPlaces struct {
	file   osmFile
	rep    *FileReport
	opt    FacilityOptions
	wanted []osmSelector
	mu     sync.Mutex
	hits   []osmPlace
	outer  map[int64][]int64 // nodes of the ways that make up multipolygons
	need   []int64           // sorted ids of the ways, then of the nodes, to be taken
	at     map[int64]vertex  // positions of the nodes of outlines
}

// osmPlace is an element that matches.
type osmPlace struct {
	kind    memberKind
	id      int64
	version int32
	node    osmNode   // of a node
	rings   [][]int64 // of a way, its nodes; of a relation, the ways that are its outer rings
	tags    geodata.Tags
}

var osmKinds = [...]string{memberNode: "node", memberWay: "way", memberRelation: "relation"}

func (p *osmPlace) name() string { return fmt.Sprintf("%s/%d", osmKinds[p.kind], p.id) }

// osmSelector is a set of tags that must all hold.
type osmSelector []geodata.Tag

// parseSelectors reads the catalogue's "key=value" and "key=value+key=value".
func parseSelectors(texts []string) []osmSelector {
	var all []osmSelector
	for _, text := range texts {
		var s osmSelector
		for pair := range strings.SplitSeq(text, "+") {
			key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			s = append(s, geodata.Tag{Key: key, Value: value})
		}
		all = append(all, s)
	}
	return all
}

// matches says whether all the tags hold; of a list "a;b" one is enough.
func (s osmSelector) matches(tags []geodata.Tag) bool {
	for _, want := range s {
		if !slices.Contains(strings.Split(tagValue(tags, want.Key), ";"), want.Value) {
			return false
		}
	}
	return true
}

func (p *osmPlaces) matches(tags []geodata.Tag) bool {
	return slices.ContainsFunc(p.wanted, func(s osmSelector) bool { return s.matches(tags) })
}

// scan reads the file up to three times: for the places, for the ways that
// multipolygons are made of, for the nodes of the outlines.
func (p *osmPlaces) scan(ctx context.Context) error {
	err := p.file.scan(ctx, osmVisitor{
		node: func(n *osmNode) {
			if len(n.tags) > 0 && p.matches(n.tags) {
				node := *n
				node.tags = nil
				p.add(osmPlace{kind: memberNode, id: n.id, version: n.version, node: node}, n.tags)
			}
		},
		way: func(w *osmWay) {
			if p.matches(w.tags) {
				p.add(osmPlace{kind: memberWay, id: w.id, version: w.version, rings: [][]int64{slices.Clone(w.refs)}}, w.tags)
			}
		},
		relation: func(r *osmRelation) {
			if kind := tagValue(r.tags, "type"); (kind == "multipolygon" || kind == "boundary") && p.matches(r.tags) {
				p.add(osmPlace{kind: memberRelation, id: r.id, version: r.version, rings: [][]int64{outerWays(r)}}, r.tags)
			}
		},
		broken: func(where string, bad *fault) { p.rep.reject(where, bad.field, bad.value, "%s", bad.reason) },
	})
	if err != nil {
		return err
	}
	p.newestOnly()
	if p.needWays() {
		if err := p.file.scan(ctx, osmVisitor{way: p.takeWay}); err != nil {
			return err
		}
	}
	if p.needNodes() {
		return p.file.scan(ctx, osmVisitor{node: p.takeNode})
	}
	return nil
}

func (p *osmPlaces) add(hit osmPlace, tags []geodata.Tag) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range tags {
		switch t.Key {
		case "name", "capacity", "opening_hours", "wheelchair":
			hit.tags = append(hit.tags, geodata.Tag{Key: t.Key, Value: strings.Clone(t.Value)})
		}
	}
	slices.SortFunc(hit.tags, compareTag)
	p.hits = append(p.hits, hit)
}

func outerWays(r *osmRelation) []int64 {
	var ways []int64
	for _, m := range r.members {
		if m.kind == memberWay && (m.role == "outer" || m.role == "") {
			ways = append(ways, m.ref)
		}
	}
	return ways
}

// newestOnly puts the places in order and drops older versions of one.
func (p *osmPlaces) newestOnly() {
	slices.SortFunc(p.hits, func(a, b osmPlace) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id),
			cmp.Compare(b.version, a.version), compareTags(a.tags, b.tags))
	})
	p.hits = slices.CompactFunc(p.hits, func(a, b osmPlace) bool { return a.kind == b.kind && a.id == b.id })
}

// needWays lists the ways that the multipolygons are made of.
func (p *osmPlaces) needWays() bool {
	p.need = p.need[:0]
	for _, hit := range p.hits {
		if hit.kind == memberRelation {
			p.need = append(p.need, hit.rings[0]...)
		}
	}
	slices.Sort(p.need)
	return len(p.need) > 0
}

func (p *osmPlaces) takeWay(w *osmWay) {
	if _, needed := slices.BinarySearch(p.need, w.id); !needed {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outer[w.id] = slices.Clone(w.refs)
}

// needNodes makes rings of the ways of multipolygons and lists the nodes of all outlines.
func (p *osmPlaces) needNodes() bool {
	p.need = p.need[:0]
	for i := range p.hits {
		hit := &p.hits[i]
		if hit.kind == memberRelation {
			hit.rings = p.joinRings(hit.rings[0])
		}
		for _, ring := range hit.rings {
			p.need = append(p.need, ring...)
		}
	}
	slices.Sort(p.need)
	return len(p.need) > 0
}

func (p *osmPlaces) takeNode(n *osmNode) {
	if _, needed := slices.BinarySearch(p.need, n.id); !needed || n.fault != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at[n.id] = vertex{n.lon, n.lat}
}

// joinRings joins ways end to end into rings, in the order of the members. It
// returns nil when a way is missing or an end has no continuation.
func (p *osmPlaces) joinRings(ways []int64) (rings [][]int64) {
	var rest [][]int64
	for _, id := range ways {
		refs := p.outer[id]
		if len(refs) < 2 {
			return nil
		}
		rest = append(rest, refs)
	}
	for len(rest) > 0 {
		ring := slices.Clone(rest[0])
		rest = rest[1:]
		for ring[0] != ring[len(ring)-1] {
			end := ring[len(ring)-1]
			next := slices.IndexFunc(rest, func(w []int64) bool { return w[0] == end || w[len(w)-1] == end })
			if next < 0 {
				return nil
			}
			way := slices.Clone(rest[next])
			if way[0] != end {
				slices.Reverse(way)
			}
			ring = append(ring, way[1:]...)
			rest = slices.Delete(rest, next, next+1)
		}
		rings = append(rings, ring)
	}
	return rings
}

// facilities writes the places that are sound and in the area.
func (p *osmPlaces) facilities() []geodata.Facility {
	var out []geodata.Facility
	var hours, places tally
	for i := range p.hits {
		hit := &p.hits[i]
		p.rep.Read++
		at, bad := p.locate(hit)
		switch {
		case bad != nil:
			p.rep.reject(hit.name(), bad.field, bad.value, "%s", bad.reason)
			continue
		case p.opt.Keep != nil && !p.opt.Keep(at):
			p.rep.Outside++
			continue
		}
		p.rep.Loaded++
		f := geodata.Facility{
			ID: hit.name(), Name: hit.tags.Get("name"), Service: p.opt.Service, Location: at,
			Status: geodata.Existing, Accessible: accessibility(hit.tags.Get("wheelchair")), Source: "OpenStreetMap",
		}
		if hit.tags.Get("wheelchair") == "" {
			f.Accessible = geodata.AccessibleUnknown
		}
		if s := hit.tags.Get("opening_hours"); s != "" {
			h, err := geodata.ParseWeeklyHours(s)
			if f.Hours = h; err != nil {
				f.Hours = nil
				hours.add("%s %q", f.ID, s)
			}
		}
		if s := hit.tags.Get("capacity"); s != "" {
			if f.Capacity = capacity(s); f.Capacity == nil {
				places.add("%s %q", f.ID, s)
			}
		}
		out = append(out, f)
	}
	hours.note(p.rep, "opening hours not understood, left unknown")
	places.note(p.rep, "capacities that are not a number of places, left unknown")
	return out
}

// locate returns where a place stands.
func (p *osmPlaces) locate(hit *osmPlace) (orb.Point, *fault) {
	if hit.kind == memberNode {
		return vertex{hit.node.lon, hit.node.lat}.point(), hit.node.fault
	}
	var outline orb.MultiPolygon
	for _, refs := range hit.rings {
		var ring orb.Ring
		for _, id := range refs {
			at, found := p.at[id]
			if !found {
				return orb.Point{}, &fault{"nodes", "", "part of the outline is not in the file, or not on Earth"}
			}
			ring = append(ring, at.point())
		}
		if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
			return orb.Point{}, &fault{"nodes", "", "an open line: expected a closed outline"}
		}
		if ring.Orientation() == orb.CW {
			ring.Reverse()
		}
		outline = append(outline, orb.Polygon{ring})
	}
	if len(outline) == 0 {
		return orb.Point{}, &fault{"members", "", "the outer ways are missing from the file or do not close: expected rings"}
	}
	centre, area := planar.CentroidArea(outline)
	if area == 0 {
		return orb.Point{}, &fault{"nodes", "", "the outline has no area"}
	}
	return centre, nil
}
