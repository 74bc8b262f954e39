package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/maillage/maillage/geodata"
)

// osmTurns is a restriction relation as read.
type osmTurns struct {
	id       int64
	version  int32
	file     int32
	from, to []int64
	viaNodes []int64
	viaWays  []int64
	tags     geodata.Tags
}

func osmRecord(kind string, id int64) string { return fmt.Sprintf("%s %d", kind, id) }

// addTurns takes a restriction relation that says something at all times.
func (o *osmRoads) addTurns(rel *osmRelation, file int32) {
	kind := tagValue(rel.tags, "type")
	if kind != "restriction" && !strings.HasPrefix(kind, "restriction:") {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	t := osmTurns{id: rel.id, version: rel.version, file: file}
	conditional := false
	t.tags = o.tags.keep(rel.tags, func(key string) bool {
		if strings.HasSuffix(key, ":conditional") {
			conditional = true
			return false
		}
		return isRestrictionKey(key)
	})
	if !slices.ContainsFunc(t.tags, func(t geodata.Tag) bool { return t.Key != "except" }) {
		reason := "says nothing"
		if conditional {
			reason = "holds at some hours only"
		}
		o.files[file].turns[reason]++
		return
	}
	for _, m := range rel.members {
		switch {
		case m.role == "from" && m.kind == memberWay:
			t.from = append(t.from, m.ref)
		case m.role == "to" && m.kind == memberWay:
			t.to = append(t.to, m.ref)
		case m.role == "via" && m.kind == memberWay:
			t.viaWays = append(t.viaWays, m.ref)
		case m.role == "via" && m.kind == memberNode:
			t.viaNodes = append(t.viaNodes, m.ref)
		}
	}
	if rel.id <= 0 || rel.id >= maxOSMID || len(t.from) == 0 || len(t.to) == 0 ||
		len(t.viaNodes) > 1 || (len(t.viaNodes) == 1) == (len(t.viaWays) > 0) {
		o.files[file].turns["lacks a from, a to, or one via"]++
		return
	}
	o.turns = append(o.turns, t)
}

// resolve writes the restrictions between the roads that are there.
func (o *osmRoads) resolve(roads *geodata.Roads) []geodata.Restriction {
	slices.SortFunc(o.turns, func(a, b osmTurns) int {
		return cmp.Or(
			cmp.Compare(a.id, b.id), cmp.Compare(b.version, a.version),
			slices.Compare(a.from, b.from), slices.Compare(a.viaNodes, b.viaNodes),
			slices.Compare(a.viaWays, b.viaWays), slices.Compare(a.to, b.to),
			compareTags(a.tags, b.tags), cmp.Compare(a.file, b.file),
		)
	})
	index := &wayIndex{roads: roads, cut: o.cut}
	var out []geodata.Restriction
	for i := range o.turns {
		t := &o.turns[i]
		if i > 0 && t.id == o.turns[i-1].id {
			continue
		}
		k := 0
		for _, from := range t.from {
			for _, to := range t.to {
				r := geodata.Restriction{ID: partID(t.id, k), From: from, To: to, Tags: t.tags}
				k++
				if reason := index.connect(&r, t); reason != "" {
					o.files[t.file].turns[reason]++
					continue
				}
				out = append(out, r)
			}
		}
	}
	for _, f := range o.files {
		if len(f.turns) > 0 {
			f.rep.note("%d turn restrictions were left out: %s", f.turns.total(), f.turns)
		}
	}
	slices.SortFunc(out, func(a, b geodata.Restriction) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// wayIndex finds ways and nodes of the finished roads by id.
type wayIndex struct {
	roads *geodata.Roads
	cut   map[int64]int
}

// connect fills the way of a restriction so that each step touches the next,
// or returns why it cannot.
func (x *wayIndex) connect(r *geodata.Restriction, t *osmTurns) (reason string) {
	const away, apart = "is on ways or nodes that are not among the roads", "joins ways that do not touch"
	for _, id := range slices.Concat([]int64{r.From, r.To}, t.viaWays) {
		if _, ok := x.way(id); !ok {
			return away
		}
	}
	if len(t.viaNodes) == 1 {
		node, ok := slices.BinarySearchFunc(x.roads.Nodes, t.viaNodes[0],
			func(n geodata.RoadNode, id int64) int { return cmp.Compare(n.ID, id) })
		if !ok {
			return away
		}
		r.ViaNode = t.viaNodes[0]
		via := []int32{int32(node)}
		from, okFrom := x.touching(r.From, via)
		to, okTo := x.touching(r.To, via)
		if !okFrom || !okTo {
			return apart
		}
		r.From, r.To = from.ID, to.ID
		return ""
	}
	// The members may stand in any order: each step takes one that touches the
	// step before. The way before the first via is only known by touching it.
	rest := slices.Clone(t.viaWays)
	first := slices.IndexFunc(rest, func(id int64) bool { return x.meets(r.From, id) })
	if first < 0 {
		return apart
	}
	via, _ := x.way(rest[first])
	from, _ := x.touching(r.From, via.Nodes)
	r.From, r.ViaWays = from.ID, []int64{via.ID}
	rest = slices.Delete(rest, first, first+1)
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(id int64) bool { _, ok := x.touching(id, via.Nodes); return ok })
		if next < 0 {
			return apart
		}
		via, _ = x.touching(rest[next], via.Nodes)
		r.ViaWays = append(r.ViaWays, via.ID)
		rest = slices.Delete(rest, next, next+1)
	}
	to, ok := x.touching(r.To, via.Nodes)
	if !ok {
		return apart
	}
	r.To = to.ID
	return ""
}

func (x *wayIndex) meets(a, b int64) bool {
	w, ok := x.way(b)
	if ok {
		_, ok = x.touching(a, w.Nodes)
	}
	return ok
}

func (x *wayIndex) way(id int64) (*geodata.Way, bool) {
	i, ok := slices.BinarySearchFunc(x.roads.Ways, id, func(w geodata.Way, id int64) int { return cmp.Compare(w.ID, id) })
	if !ok {
		return nil, false
	}
	return &x.roads.Ways[i], true
}

// touching finds the first part of a way that goes through one of the nodes.
func (x *wayIndex) touching(id int64, nodes []int32) (*geodata.Way, bool) {
	for k := range max(x.cut[id], 1) {
		w, ok := x.way(partID(id, k))
		if ok && slices.ContainsFunc(w.Nodes, func(n int32) bool { return slices.Contains(nodes, n) }) {
			return w, true
		}
	}
	return nil, false
}
