package geopackage

import (
	"github.com/maillage/maillage/geodata"
)

// roadChunk is some ways, the nodes that no chunk before has, what is tagged
// among them, and the restrictions that begin on the ways; each with its position in
// the territory's roads.
type roadChunk struct {
	needs          []int // chunks that have the other nodes of its ways
	nodes          []geodata.RoadNode
	nodeAt         []int32
	tagged         []geodata.TaggedNode
	taggedAt       []int32
	ways           []geodata.Way // through positions of nodes in the territory
	wayAt          []int32
	restrictions   []geodata.Restriction
	restrictionsAt []int32
}

// roadPlan says what goes into which chunk.
type roadPlan struct {
	roads  *geodata.Roads
	chunks []roadMembers
	home   []int32 // chunk of each node
}

type roadMembers struct {
	nodes, tagged, ways, restrictions []int32 // positions, rising
}

// planRoads deals ways out by their place, nodes to the first chunk that goes
// through them. The last chunk takes what no way has to do with.
func planRoads(r *geodata.Roads) *roadPlan {
	order := along(len(r.Ways), func(i int) (x, y float64) { return wayBox(r, r.Ways[i:i+1]).centre() })
	plan := &roadPlan{roads: r, home: make([]int32, len(r.Nodes))}
	for n := range plan.home {
		plan.home[n] = -1
	}
	homeOfWay := map[int64]int32{}
	for _, ways := range chunksOf(order, waysPerChunk) {
		k := int32(len(plan.chunks))
		for _, i := range ways {
			w := &r.Ways[i]
			homeOfWay[w.ID] = k
			for _, n := range w.Nodes {
				if plan.home[n] < 0 {
					plan.home[n] = k
				}
			}
		}
		plan.chunks = append(plan.chunks, roadMembers{ways: ways})
	}
	rest := int32(len(plan.chunks))
	plan.chunks = append(plan.chunks, roadMembers{})
	for n, k := range plan.home {
		if k < 0 {
			k = rest
			plan.home[n] = k
		}
		plan.chunks[k].nodes = append(plan.chunks[k].nodes, int32(n))
	}
	for i, t := range r.Tagged {
		k := plan.home[t.Node]
		plan.chunks[k].tagged = append(plan.chunks[k].tagged, int32(i))
	}
	for i, x := range r.Restrictions {
		k, ok := homeOfWay[x.From]
		if !ok {
			k = rest
		}
		plan.chunks[k].restrictions = append(plan.chunks[k].restrictions, int32(i))
	}
	return plan
}

// box is around all nodes of the ways of a chunk; empty for the last.
func (plan *roadPlan) box(k int) box {
	b := nowhere()
	for _, i := range plan.chunks[k].ways {
		b.join(wayBox(plan.roads, plan.roads.Ways[i:i+1]))
	}
	return b
}

func wayBox(r *geodata.Roads, ways []geodata.Way) box {
	b := nowhere()
	for _, w := range ways {
		for _, n := range w.Nodes {
			p := r.Nodes[n].Point()
			b.join(box{p[0], p[1], p[0], p[1]})
		}
	}
	return b
}

// tagSets collects the different tags of a chunk.
type tagSets struct {
	words texts
	sets  texts // each packed: how many, then key and value as words
}

func (s *tagSets) index(tags geodata.Tags) int {
	var w packer
	w.count(len(tags))
	for _, t := range tags {
		w.count(s.words.index(t.Key))
		w.count(s.words.index(t.Value))
	}
	return s.sets.index(string(w.b))
}

func (plan *roadPlan) pack(k int) []byte {
	r, m := plan.roads, plan.chunks[k]
	w := &packer{}
	needed := map[int32]bool{int32(k): true}
	var needs []int32
	for _, i := range m.ways {
		for _, n := range r.Ways[i].Nodes {
			if h := plan.home[n]; !needed[h] {
				needed[h], needs = true, append(needs, h)
			}
		}
	}
	w.count(len(needs))
	for _, h := range needs {
		w.count(int(h))
	}
	w.count(len(m.nodes))
	for _, n := range m.nodes {
		w.step(0, int64(n))
		w.step(1, r.Nodes[n].ID)
		w.step(2, int64(r.Nodes[n].Lon))
		w.step(3, int64(r.Nodes[n].Lat))
	}
	var sets tagSets
	body := &packer{}
	plan.packMembers(body, m, &sets)
	w.texts(&sets.words)
	w.count(len(sets.sets.list))
	for _, set := range sets.sets.list {
		w.b = append(w.b, set...)
	}
	w.b = append(w.b, body.b...)
	return w.bytes()
}

func (plan *roadPlan) packMembers(w *packer, m roadMembers, sets *tagSets) {
	r := plan.roads
	w.count(len(m.tagged))
	for _, i := range m.tagged {
		w.step(0, int64(i))
		w.step(1, int64(r.Tagged[i].Node))
		w.count(sets.index(r.Tagged[i].Tags))
	}
	w.count(len(m.ways))
	for _, i := range m.ways {
		way := &r.Ways[i]
		w.step(2, int64(i))
		w.step(3, way.ID)
		w.count(sets.index(way.Tags))
		w.count(len(way.Nodes))
		for _, n := range way.Nodes {
			w.step(4, int64(n))
		}
	}
	w.count(len(m.restrictions))
	for _, i := range m.restrictions {
		x := &r.Restrictions[i]
		w.step(5, int64(i))
		w.step(6, x.ID)
		w.count(sets.index(x.Tags))
		for _, id := range []int64{x.From, x.To, x.ViaNode} {
			w.step(7, id)
		}
		w.count(len(x.ViaWays))
		for _, id := range x.ViaWays {
			w.step(7, id)
		}
	}
}

// unpackRoads reads a chunk, or only its nodes and what is tagged among them.
func unpackRoads(chunk []byte, nodesOnly bool, known *sharedTags) (c roadChunk, err error) {
	u := newUnpacker(chunk)
	c.needs = make([]int, u.count(1))
	for i := range c.needs {
		c.needs[i] = u.index(1 << 31)
	}
	n := u.count(4)
	c.nodes, c.nodeAt = make([]geodata.RoadNode, n), make([]int32, n)
	for i := range c.nodes {
		c.nodeAt[i] = u.int32(0)
		c.nodes[i] = geodata.RoadNode{ID: u.step(1), Lon: u.int32(2), Lat: u.int32(3)}
	}
	sets := unpackSets(u, known)
	u.last = [8]int64{}
	set := func() geodata.Tags {
		i := u.index(max(1, len(sets)))
		if len(sets) == 0 {
			u.fail()
			return nil
		}
		return sets[i]
	}
	n = u.count(3)
	c.tagged, c.taggedAt = make([]geodata.TaggedNode, n), make([]int32, n)
	for i := range c.tagged {
		c.taggedAt[i] = u.int32(0)
		c.tagged[i] = geodata.TaggedNode{Node: u.int32(1), Tags: set()}
	}
	if nodesOnly {
		if u.bad {
			return c, errPacked
		}
		return c, nil
	}
	n = u.count(4)
	c.ways, c.wayAt = make([]geodata.Way, n), make([]int32, n)
	var nodes []int32 // of all ways
	for i := range c.ways {
		c.wayAt[i] = u.int32(2)
		c.ways[i] = geodata.Way{ID: u.step(3), Tags: set()}
		many := u.count(1)
		if cap(nodes)-len(nodes) < many {
			nodes = make([]int32, 0, max(many, 6*(n-i)))
		}
		from := len(nodes)
		for range many {
			nodes = append(nodes, u.int32(4))
		}
		c.ways[i].Nodes = nodes[from:len(nodes):len(nodes)]
	}
	n = u.count(7)
	c.restrictions, c.restrictionsAt = make([]geodata.Restriction, n), make([]int32, n)
	for i := range c.restrictions {
		c.restrictionsAt[i] = u.int32(5)
		x := geodata.Restriction{ID: u.step(6), Tags: set(), From: u.step(7), To: u.step(7), ViaNode: u.step(7)}
		for range u.count(1) {
			x.ViaWays = append(x.ViaWays, u.step(7))
		}
		c.restrictions[i] = x
	}
	return c, u.end()
}

func unpackSets(u *unpacker, known *sharedTags) []geodata.Tags {
	words := u.texts()
	sets := make([]geodata.Tags, u.count(1))
	for i := range sets {
		n := u.count(2)
		if n == 0 {
			continue
		}
		sets[i] = make(geodata.Tags, n)
		for k := range sets[i] {
			if len(words) == 0 {
				u.fail()
				return nil
			}
			sets[i][k] = geodata.Tag{Key: words[u.index(len(words))], Value: words[u.index(len(words))]}
		}
	}
	known.share(sets)
	return sets
}
