package load

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/maillage/maillage/geodata"
)

// osmRoads gathers the roads of OpenStreetMap extracts: first their ways and
// turn restrictions, then the positions of the nodes that these need.
type osmRoads struct {
	opt   Options
	tags  *tagSets
	files []*osmRoadFile
	mu    sync.Mutex // the blocks of a PBF are decoded concurrently
	ways  []osmRoad
	refs  []int64 // the nodes of all ways, one after another
	turns []osmTurns
	nodes osmNodes
	cut   map[int64]int // number of parts of the ways that have several
}

// osmRoadFile is one extract and what is to be reported of it.
type osmRoadFile struct {
	osmFile
	rep      *FileReport
	held     []osmNode // an XML file is read once: its nodes wait here
	unusable tagTally  // by highway value
	turns    tagTally  // restrictions left out, by reason
}

// osmRoad is a way as read. Its nodes are refs[first : first+count].
type osmRoad struct {
	id           int64
	version      int32
	file         int32
	first, count int
	tags         geodata.Tags
	parts        [][2]int // spans of refs between gaps, of the version that counts
}

// osmNodes are the nodes of the ways, sorted by id.
type osmNodes struct {
	ids     []int64
	at      []vertex
	version []int32
	found   []bool
	kept    []bool               // in the area asked for
	tags    map[int]geodata.Tags // of the nodes that act on travellers
}

// open reads the ways and restrictions of an extract.
func (o *osmRoads) open(ctx context.Context, path string, rep *FileReport) error {
	f := &osmRoadFile{
		osmFile: osmFile{path: path, format: rep.Format, opt: o.opt, passes: 1},
		rep:     rep, unusable: tagTally{}, turns: tagTally{},
	}
	number := int32(len(o.files))
	o.files = append(o.files, f)
	v := osmVisitor{
		way:      func(w *osmWay) { o.addWay(w, number) },
		relation: func(rel *osmRelation) { o.addTurns(rel, number) },
		broken:   func(where string, bad *fault) { rep.reject(where, bad.field, bad.value, "%s", bad.reason) },
	}
	if f.format == osmPBF {
		f.passes = 2
	} else {
		v.node = func(n *osmNode) { o.hold(f, n) }
	}
	if err := f.scan(ctx, v); err != nil {
		return err
	}
	if len(f.unusable) > 0 {
		rep.note("%d ways that nobody can use were left out: %s", f.unusable.total(), f.unusable)
	}
	return nil
}

// hold keeps a node of an XML file until it is known whether a road needs it.
func (o *osmRoads) hold(f *osmRoadFile, n *osmNode) {
	held := *n
	held.tags = nil
	if actsOnTravellers(n.tags) {
		held.tags = o.tags.keep(n.tags, isNodeKey)
	}
	f.held = append(f.held, held)
}

func (o *osmRoads) addWay(w *osmWay, file int32) {
	ok, unusable := isRoad(w.tags)
	if !ok && unusable == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.files[file]
	switch {
	case !ok:
		f.unusable[o.tags.text(unusable)]++
		return
	case w.id <= 0 || w.id >= maxOSMID:
		f.rep.Read++
		f.rep.reject(osmRecord("way", w.id), "id", "", "not the id of a published way: expected 1 to 2⁴⁰; an edit that was not uploaded?")
		return
	}
	f.rep.Read++
	o.ways = append(o.ways, osmRoad{
		id: w.id, version: w.version, file: file, first: len(o.refs), count: len(w.refs),
		tags: o.tags.keep(w.tags, isWayKey),
	})
	o.refs = append(o.refs, w.refs...)
}

func (o *osmRoads) refsOf(w *osmRoad) []int64 { return o.refs[w.first : w.first+w.count] }

// locate finds the nodes that the ways need.
func (o *osmRoads) locate(ctx context.Context) error {
	// Of several versions of a way the newest comes first; its nodes count. The
	// rest of the comparison makes the choice independent of the order of files.
	slices.SortFunc(o.ways, func(a, b osmRoad) int {
		return cmp.Or(
			cmp.Compare(a.id, b.id),
			cmp.Compare(b.version, a.version),
			slices.Compare(o.refsOf(&a), o.refsOf(&b)),
			compareTags(a.tags, b.tags),
			cmp.Compare(a.file, b.file),
		)
	})
	n := &o.nodes
	for i := range o.ways {
		if i == 0 || o.ways[i].id != o.ways[i-1].id {
			n.ids = append(n.ids, o.refsOf(&o.ways[i])...)
		}
	}
	slices.Sort(n.ids)
	n.ids = slices.Compact(n.ids)
	n.at = make([]vertex, len(n.ids))
	n.version = make([]int32, len(n.ids))
	n.found = make([]bool, len(n.ids))
	n.tags = map[int]geodata.Tags{}
	for _, f := range o.files {
		take := func(node *osmNode) { o.place(node, f) }
		if f.format == osmPBF {
			if err := f.scan(ctx, osmVisitor{node: take}); err != nil {
				return err
			}
			continue
		}
		for i := range f.held {
			take(&f.held[i])
		}
		f.held = nil
	}
	return ctx.Err()
}

// place takes the position and the tags of a node that a way needs, unless a
// newer version of it is known.
func (o *osmRoads) place(node *osmNode, f *osmRoadFile) {
	n := &o.nodes
	i, needed := slices.BinarySearch(n.ids, node.id)
	if !needed || node.id <= 0 || node.id >= maxOSMID {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if node.fault != nil {
		f.rep.reject(osmRecord("node", node.id), node.fault.field, node.fault.value, "%s", node.fault.reason)
		return
	}
	at := vertex{node.lon, node.lat}
	var tags geodata.Tags
	if actsOnTravellers(node.tags) {
		tags = o.tags.keep(node.tags, isNodeKey)
	}
	if n.found[i] {
		newer := cmp.Or(cmp.Compare(node.version, n.version[i]), at.compare(n.at[i]), compareTags(tags, n.tags[i]))
		if newer <= 0 {
			return
		}
	}
	n.found[i], n.version[i], n.at[i] = true, node.version, at
	delete(n.tags, i)
	if len(tags) > 0 {
		n.tags[i] = tags
	}
}

// finishWays cuts the ways at missing nodes, drops those outside the area and
// counts what became of the ways of each file.
func (o *osmRoads) finishWays() {
	n := &o.nodes
	n.kept = make([]bool, len(n.ids))
	for i := range n.ids {
		n.kept[i] = n.found[i] && o.opt.keeps(n.at[i])
	}
	counts := make([]wayCounts, len(o.files))
	o.cut = map[int64]int{}
	for i := 0; i < len(o.ways); {
		end := i + 1
		for end < len(o.ways) && o.ways[end].id == o.ways[i].id {
			end++
		}
		o.finishWay(o.ways[i:end], counts)
		i = end
	}
	for i, f := range o.files {
		counts[i].report(f.rep)
		// The blocks of a file are decoded in any order.
		slices.SortStableFunc(f.rep.Rejected, func(a, b Rejection) int { return cmp.Compare(a.Record, b.Record) })
	}
}

// wayCounts are the remarks on the ways of one file.
type wayCounts struct{ repeated, shared, gaps, split, doubled int }

func (c wayCounts) report(rep *FileReport) {
	if c.shared > 0 {
		rep.note("%d ways stand in another file as well; the newest version of each counts, once", c.shared)
	}
	if c.repeated > 0 {
		rep.note("%d ways stand twice in the file; the newest version of each counts", c.repeated)
	}
	if c.gaps > 0 {
		rep.note("%d ways go through nodes that the file lacks, and end there; %d of them lie in several parts", c.gaps, c.split)
	}
	if c.doubled > 0 {
		rep.note("%d ways name a node twice in a row; the repetition was dropped", c.doubled)
	}
}

// finishWay settles the versions of one way, the first of which counts.
func (o *osmRoads) finishWay(versions []osmRoad, counts []wayCounts) {
	w := &versions[0]
	kept, gap, doubled := o.split(w)
	for i := range versions {
		file := versions[i].file
		rep, c := o.files[file].rep, &counts[file]
		if i > 0 && versions[i-1].file == file {
			c.repeated++
		}
		if versions[0].file != versions[len(versions)-1].file {
			c.shared++
		}
		switch {
		case len(w.parts) == 0:
			rep.reject(osmRecord("way", w.id), "nodes", "", "%s", o.whyEmpty(w))
			continue
		case !kept:
			rep.Outside++
			continue
		}
		rep.Loaded++
		if gap {
			c.gaps++
		}
		if len(w.parts) > 1 {
			c.split++
		}
		if doubled {
			c.doubled++
		}
	}
	if !kept {
		w.parts = nil
	}
	if len(w.parts) > 1 {
		o.cut[w.id] = len(w.parts)
	}
}

// split finds the parts of a way between the nodes that are missing, and says
// whether any of its nodes lies in the area, any is missing, any is doubled.
// It writes the places of the nodes in o.nodes over the ids in o.refs.
func (o *osmRoads) split(w *osmRoad) (kept, gap, doubled bool) {
	refs := o.refsOf(w)
	out := 0 // refs are compacted in place
	begin := 0
	closePart := func() {
		if out-begin >= 2 {
			w.parts = append(w.parts, [2]int{w.first + begin, w.first + out})
			begin = out
		} else {
			out = begin
		}
	}
	for _, id := range refs {
		i, _ := slices.BinarySearch(o.nodes.ids, id)
		if !o.nodes.found[i] {
			gap = true
			closePart()
			continue
		}
		kept = kept || o.nodes.kept[i]
		if out > begin && refs[out-1] == int64(i) {
			doubled = true
			continue
		}
		refs[out] = int64(i)
		out++
	}
	closePart()
	return kept, gap, doubled
}

// whyEmpty explains a way of which no part is left.
func (o *osmRoads) whyEmpty(w *osmRoad) string {
	if w.count < 2 {
		return "fewer than two nodes"
	}
	return "no two different nodes in a row are in the file"
}

// usedNodes lists the nodes of the ways that are kept, and those that lines join.
func (o *osmRoads) usedNodes(joined map[vertex]int) []int {
	use := make([]bool, len(o.nodes.ids))
	for i := range o.ways {
		for _, part := range o.ways[i].parts {
			for _, n := range o.refs[part[0]:part[1]] {
				use[n] = true
			}
		}
	}
	for _, n := range joined {
		use[n] = true
	}
	var used []int
	for n, ok := range use {
		if ok {
			used = append(used, n)
		}
	}
	return used
}

// addWays writes the parts that are kept, their nodes by position.
func (o *osmRoads) addWays(out *geodata.Roads, position []int32) {
	total, ways := 0, 0
	for i := range o.ways {
		for _, part := range o.ways[i].parts {
			total += part[1] - part[0]
			ways++
		}
	}
	arena := make([]int32, 0, total)
	out.Ways = slices.Grow(out.Ways, ways)
	for i := range o.ways {
		w := &o.ways[i]
		for k, part := range w.parts {
			from := len(arena)
			for _, n := range o.refs[part[0]:part[1]] {
				arena = append(arena, position[n])
			}
			out.Ways = append(out.Ways, geodata.Way{
				ID: partID(w.id, k), Nodes: arena[from:len(arena):len(arena)], Tags: w.tags,
			})
		}
	}
}

// partID numbers part k of an element without meeting another's id.
func partID(id int64, k int) int64 { return id + int64(k)*maxOSMID }
