package postgis

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/layers"
)

// roads reads the ways, and by them the nodes. Everything names a node by its
// position among those of the snapshot until all are known.
type roads struct {
	*geodata.Roads
	nodes  []geodata.RoadNode // by position
	there  []bool             // which of them were read
	slab   []int32            // what is left of the memory that nodes of ways are given
	course []int32

	tags, parsed map[string]geodata.Tags
	texts        map[string]string
	key          []byte
}

func (in *reader) roads(c *geodata.Content) error {
	r := &roads{Roads: &c.Roads, nodes: make([]geodata.RoadNode, in.counts.nodes), there: make([]bool, in.counts.nodes),
		tags: map[string]geodata.Tags{}, parsed: map[string]geodata.Tags{}, texts: map[string]string{}}
	if in.frame == nil {
		r.Ways = make([]geodata.Way, 0, in.counts.ways)
	}
	const ways = "SELECT id, name, ref, highway, oneway, maxspeed, tags, nodes FROM maillage.way WHERE snapshot = $1"
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
	r.course = r.course[:0]
	err = eachNode(f.fields[7], func(at int64, node geodata.RoadNode) error {
		r.course = append(r.course, int32(at))
		return r.add(at, node)
	})
	if err != nil {
		return fmt.Errorf("way %d: nodes: %w", w.ID, err)
	}
	if len(r.slab) < len(r.course) {
		r.slab = make([]int32, max(len(r.course), 1<<14))
	}
	n := copy(r.slab, r.course)
	w.Nodes, r.slab = r.slab[:n:n], r.slab[n:]
	r.Ways = append(r.Ways, w)
	return nil
}

func (r *roads) add(at int64, node geodata.RoadNode) error {
	if at < 0 || at >= int64(len(r.nodes)) {
		return fmt.Errorf("node %d is at position %d of %d", node.ID, at, len(r.nodes))
	}
	r.nodes[at], r.there[at] = node, true
	return nil
}

func (r *roads) node(f *row) error {
	at, p := f.integer(1), f.point(3)
	node := geodata.RoadNode{ID: f.bigint(0), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])}
	if err := r.add(int64(at), node); err != nil || f.isNull(2) {
		return err
	}
	tags, err := r.tagsOf(nil, f.fields[2])
	r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: at, Tags: tags})
	return err
}

func (r *roads) restriction(f *row) error {
	x := geodata.Restriction{ID: f.bigint(0), From: f.bigint(1), ViaNode: f.bigint(2), To: f.bigint(4)}
	n, via := f.bigints(3)
	for k := range n {
		x.ViaWays = append(x.ViaWays, element(via, k))
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
	if !slices.Contains(r.there, false) {
		r.Nodes = r.nodes
		return
	}
	now := make([]int32, len(r.nodes))
	for i, there := range r.there {
		if now[i] = int32(len(r.Nodes)); there {
			r.Nodes = append(r.Nodes, r.nodes[i])
		}
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
	t, err := r.parse(others)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if v != nil {
			t = append(t, geodata.Tag{Key: layers.RoadTags[i], Value: shared(r.texts, v)})
		}
	}
	slices.SortFunc(t, func(a, b geodata.Tag) int { return cmp.Compare(a.Key, b.Key) })
	r.tags[string(r.key)] = t
	return t, nil
}

// parse returns the tags of a JSON object, to be appended to by one.
func (r *roads) parse(object []byte) (geodata.Tags, error) {
	t, ok := r.parsed[string(object)]
	if !ok && object != nil {
		m := map[string]string{}
		if err := json.Unmarshal(object, &m); err != nil {
			return nil, fmt.Errorf("tags %q: %w", object, err)
		}
		for k, v := range m {
			t = append(t, geodata.Tag{Key: k, Value: v})
		}
		r.parsed[string(object)] = t
	}
	return slices.Clone(t), nil
}
