package postgis

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/layers"
)

// roads reads the ways, and by them the nodes. Everything names a node by its
// position among those of the snapshot until all are known.
type roads struct {
	*geodata.Roads
	nodes []geodata.RoadNode // by position
	there []bool             // which of them were read
	slab  []int32            // what is left of the memory that nodes of ways are given
	tags  map[string]geodata.Tags
	key   []byte
}

func (in *reader) roads(c *geodata.Content) error {
	r := &roads{Roads: &c.Roads, nodes: make([]geodata.RoadNode, in.counts.nodes), there: make([]bool, in.counts.nodes), tags: map[string]geodata.Tags{}}
	if in.frame == nil {
		r.Ways = make([]geodata.Way, 0, in.counts.ways)
	}
	const ways = "SELECT id, name, ref, highway, oneway, maxspeed, tags, nodes, positions, line FROM maillage.way WHERE snapshot = $1"
	if err := in.within(ways, "line && $box", in.frame, r.way); err != nil {
		return err
	}
	// What belongs to a way that may be kept stands on it, in the frame or not.
	box := in.frame
	if box != nil {
		box = r.extent()
	}
	const nodes = "SELECT id, position, tags, point FROM maillage.road_node WHERE snapshot = $1"
	if err := in.within(nodes, "point && $box", box, r.node); err != nil {
		return err
	}
	const restrictions = "SELECT id, from_way, via_node, via_ways, to_way, tags FROM maillage.restriction WHERE snapshot = $1"
	if err := in.within(restrictions, "point && $box", box, r.restriction); err != nil {
		return err
	}
	r.number()
	return nil
}

func (r *roads) way(f *row) error {
	w := geodata.Way{ID: f.bigint(0)}
	var err error
	if w.Tags, err = r.tagsOf(f.fields[1:6], f.fields[6]); err != nil {
		return fmt.Errorf("way %d: %w", w.ID, err)
	}
	n, ids := f.array(7, 8)
	m, positions := f.array(8, 4)
	points, line := f.positions(9, f.geometry(9, ewkbLine))
	if f.err != nil {
		return fmt.Errorf("way %d: %w", w.ID, f.err)
	}
	if m != n || points != n {
		return fmt.Errorf("way %d has %d nodes, %d positions and %d points", w.ID, n, m, points)
	}
	if len(r.slab) < n {
		r.slab = make([]int32, max(n, 1<<14))
	}
	w.Nodes, r.slab = r.slab[:n:n], r.slab[n:]
	for k := range w.Nodes {
		w.Nodes[k] = element4(positions, k)
		if err := r.add(w.Nodes[k], element8(ids, k), position(line[bytesPerPosition*k:])); err != nil {
			return fmt.Errorf("way %d: %w", w.ID, err)
		}
	}
	r.Ways = append(r.Ways, w)
	return nil
}

func (r *roads) add(at int32, id int64, p orb.Point) error {
	if at < 0 || int(at) >= len(r.nodes) {
		return fmt.Errorf("node %d is at position %d of %d", id, at, len(r.nodes))
	}
	r.nodes[at], r.there[at] = geodata.RoadNode{ID: id, Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])}, true
	return nil
}

func (r *roads) node(f *row) error {
	id, at := f.bigint(0), f.integer(1)
	if err := r.add(at, id, f.point(3)); err != nil || f.isNull(2) {
		return err
	}
	tags, err := r.tagsOf(nil, f.fields[2])
	r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: at, Tags: tags})
	return err
}

func (r *roads) restriction(f *row) error {
	x := geodata.Restriction{ID: f.bigint(0), From: f.bigint(1), ViaNode: f.bigint(2), To: f.bigint(4)}
	n, via := f.array(3, 8)
	for k := range n {
		x.ViaWays = append(x.ViaWays, element8(via, k))
	}
	var err error
	x.Tags, err = r.tagsOf(nil, f.fields[5])
	r.Restrictions = append(r.Restrictions, x)
	return err
}

// extent is the box around the nodes that were read.
func (r *roads) extent() *orb.Bound {
	box := orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{-1, -1}} // empty
	for i := range r.nodes {
		if !r.there[i] {
			continue
		}
		if p := r.nodes[i].Point(); box.IsEmpty() {
			box = p.Bound()
		} else {
			box = box.Extend(p)
		}
	}
	return &box
}

// number leaves out the nodes that were not read.
func (r *roads) number() {
	now := make([]int32, len(r.nodes))
	for i, there := range r.there {
		if now[i] = int32(len(r.Nodes)); there {
			r.Nodes = append(r.Nodes, r.nodes[i])
		}
	}
	if len(r.Nodes) == len(r.nodes) {
		return
	}
	for i := range r.Ways {
		for k, n := range r.Ways[i].Nodes {
			r.Ways[i].Nodes[k] = now[n]
		}
	}
	for i := range r.Tagged {
		r.Tagged[i].Node = now[r.Tagged[i].Node]
	}
}

// tagsOf joins the values of layers.RoadTags (nil where absent, none of them for
// nodes and restrictions) and the JSON object of the others; the same tags are
// one slice in memory.
func (r *roads) tagsOf(values [][]byte, others []byte) (geodata.Tags, error) {
	r.key = append(r.key[:0], others...)
	for _, v := range values {
		if v == nil {
			r.key = append(r.key, 0)
		} else {
			r.key = append(binary.AppendUvarint(r.key, uint64(len(v))+1), v...)
		}
	}
	if t, ok := r.tags[string(r.key)]; ok {
		return t, nil
	}
	m := map[string]string{}
	if others != nil {
		if err := json.Unmarshal(others, &m); err != nil {
			return nil, fmt.Errorf("tags %q: %w", others, err)
		}
	}
	for i, v := range values {
		if v != nil {
			m[layers.RoadTags[i]] = string(v)
		}
	}
	var t geodata.Tags
	for _, k := range slices.Sorted(maps.Keys(m)) {
		t = append(t, geodata.Tag{Key: k, Value: m[k]})
	}
	r.tags[string(r.key)] = t
	return t, nil
}
