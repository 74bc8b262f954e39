package postgis

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/layers"
)

// table is a table of the parts of a territory.
type table struct {
	name    string
	columns string   // in the order in which row writes them, after snapshot and fid
	indexes []string // that an import makes after copying; the same as the migration gives the whole table
	rows    func(*content) int
	row     func(*encoder, *content, int)
}

// tables in the order in which everybody locks them.
var tables = []table{
	{"commune", "code, name, epci, epci_name, population, study, outline, exact",
		[]string{"USING gist (outline)", "(epci)", "(fid) WHERE exact IS NOT NULL"},
		func(c *content) int { return len(c.s.Communes()) }, writeCommune},
	{"cell", "id, commune, study, imputed, centre, outline, exact, amounts",
		[]string{"USING gist (outline) WHERE outline IS NOT NULL", "USING gist (centre) WHERE outline IS NULL"},
		func(c *content) int { return len(c.s.Population().Cells) }, writeCell},
	{"facility", "id, name, service, location, commune, capacity, hours, accessible, status, itinerant, note, source, holidays, catchment",
		[]string{"USING gist (location)"}, func(c *content) int { return len(c.s.Facilities()) }, writeFacility},
	{"way", "id, name, ref, highway, oneway, maxspeed, tags, nodes, line",
		[]string{"USING gist (line)"}, func(c *content) int { return len(c.s.Roads().Ways) }, writeWay},
	{"road_node", "id, position, tags, point",
		[]string{"USING gist (point)"}, func(c *content) int { return len(c.nodes) }, writeNode},
	{"restriction", "id, from_way, via_node, via_ways, to_way, tags, point",
		[]string{"USING gist (point)"}, func(c *content) int { return len(c.s.Roads().Restrictions) }, writeRestriction},
	{"zone", "layer, id, name, outline, exact",
		[]string{"USING gist (outline)", "(fid) WHERE exact IS NOT NULL"}, func(c *content) int { return len(c.s.Zones()) }, writeZone},
	{"counted", "counts, id, commune, study, imputed, centre, outline, exact, amounts",
		[]string{"USING gist (outline) WHERE outline IS NOT NULL", "USING gist (centre) WHERE outline IS NULL"},
		func(c *content) int { return c.ends[len(c.ends)-1] }, writeCounted},
	{"census", "commune, year, sex, age_from, age_to, persons",
		[]string{"(commune)"}, func(c *content) int { return len(c.s.Census()) }, writeCensus},
	{"stop", "id, name, location, station, parent, accessible",
		[]string{"USING gist (location)"}, func(c *content) int { return len(c.timetable().Stops) }, writeStop},
	{"route", "id, agency, short, long, type, colour, mode, trips, course",
		[]string{"USING gist (course)"}, func(c *content) int { return len(c.timetable().Routes) }, writeRoute},
	{"calendar", "id, week, first_day, last_day, added, removed",
		nil, func(c *content) int { return len(c.timetable().Services) }, writeCalendar},
	{"trip", "id, route, service, headsign, stops, arrivals, departures, stopping, frequencies, extent",
		[]string{"USING gist (extent)"}, func(c *content) int { return len(c.timetable().Trips) }, writeTrip},
	{"transfer", "from_stop, to_stop, kind, seconds",
		nil, func(c *content) int { return len(c.timetable().Transfers) }, writeTransfer},
	{"on_demand", "id, name, from_communes, to_communes, hours, wait, booking, detour, note, source",
		nil, func(c *content) int { return len(c.s.OnDemand()) }, writeOnDemand},
}

// optional are the tables of which a snapshot that has no rows has no partition either:
// few have any.
var optional = []string{"zone", "counted", "census", "stop", "route", "calendar", "trip", "transfer", "on_demand"}

// tablesOf are those in which the snapshot has a partition.
func tablesOf(c *content) []table {
	return slices.DeleteFunc(slices.Clone(tables), func(t table) bool { return slices.Contains(optional, t.name) && t.rows(c) == 0 })
}

// content is a snapshot on its way into the tables.
type content struct {
	s     *geodata.Snapshot
	nodes []geodata.TaggedNode // the rows of road_node; nodes on no way that have no tags come last
	ends  []int                // behind 0, where the rows of each set of counts end in counted
	tags  map[sharedTags]string
	// courses are parallel to the routes, made when the first is written.
	courses []layers.Course
	blob    []byte
}

// sharedTags are tags in memory, which ways share.
type sharedTags struct {
	first *geodata.Tag
	n     int
}

func newContent(s *geodata.Snapshot) *content {
	r := s.Roads()
	c := &content{s: s, nodes: slices.Clone(r.Tagged), ends: []int{0}, tags: map[sharedTags]string{}}
	for i := range s.Counts() {
		c.ends = append(c.ends, c.ends[i]+len(s.Counts()[i].Cells))
	}
	seen := make([]bool, len(r.Nodes))
	for i := range r.Ways {
		for _, n := range r.Ways[i].Nodes {
			seen[n] = true
		}
	}
	for _, t := range r.Tagged {
		seen[t.Node] = true
	}
	for i := range seen {
		if !seen[i] {
			c.nodes = append(c.nodes, geodata.TaggedNode{Node: int32(i)})
		}
	}
	return c
}

func (c *content) rows() (n int) {
	for _, t := range tables {
		n += t.rows(c)
	}
	return n
}

func writeCommune(e *encoder, c *content, i int) {
	m := &c.s.Communes()[i]
	e.kind, e.id = "commune", m.Code
	e.text(m.Code)
	e.text(m.Name)
	e.text(m.EPCI)
	e.text(m.EPCIName)
	e.bigint(int64(m.Population))
	e.bool(m.Study)
	writeOutline(e, m.Outline)
}

// writeOutline writes the columns outline and exact.
func writeOutline(e *encoder, m orb.MultiPolygon) {
	if len(m) == 0 {
		e.null()
		e.null()
		return
	}
	outline, err := ewkb.Marshal(multiPolygon(m), binary.LittleEndian)
	if err != nil {
		e.fail("outline: %w", err)
	}
	if slices.ContainsFunc(m, func(p orb.Polygon) bool { return len(p) == 0 || slices.ContainsFunc(p, isOdd) }) {
		e.null()
		e.bytes(outline)
	} else {
		e.bytes(outline)
		e.null()
	}
}

// isOdd says that PostGIS takes a ring for none, or that it is not on the Earth.
func isOdd(r orb.Ring) bool {
	return len(r) < 4 || !sameBits(r[0], r[len(r)-1]) || slices.ContainsFunc(r, func(p orb.Point) bool { return geodata.CheckPoint(p) != nil })
}

// sameBits tells 0 from -0, as PostGIS does when it looks whether a ring is closed.
func sameBits(p, q orb.Point) bool {
	return math.Float64bits(p[0]) == math.Float64bits(q[0]) && math.Float64bits(p[1]) == math.Float64bits(q[1])
}

func multiPolygon(m orb.MultiPolygon) *geom.MultiPolygon {
	var flat []float64
	ends := make([][]int, len(m))
	for i, polygon := range m {
		for _, ring := range polygon {
			for _, p := range ring {
				flat = append(flat, p[0], p[1])
			}
			ends[i] = append(ends[i], len(flat))
		}
	}
	return geom.NewMultiPolygonFlat(geom.XY, flat, ends).SetSRID(srid)
}

func writeZone(e *encoder, c *content, i int) {
	z := &c.s.Zones()[i]
	e.kind, e.id = "zone of "+z.Layer, z.ID
	e.text(z.Layer)
	e.text(z.ID)
	e.text(z.Name)
	writeOutline(e, z.Outline)
}

func writeCensus(e *encoder, c *content, i int) {
	r := &c.s.Census()[i]
	e.kind, e.id = "census of commune", r.Commune
	e.text(r.Commune)
	e.bigint(int64(r.Year))
	e.text(string(r.Sex))
	e.integer(int32(r.From))
	e.integer(int32(r.To))
	e.bigint(int64(r.Persons))
}

func writeCell(e *encoder, c *content, i int) {
	e.kind = "cell"
	writePlace(e, c.s.Population(), i)
}

func writeCounted(e *encoder, c *content, i int) {
	set, found := slices.BinarySearch(c.ends, i)
	if !found {
		set--
	}
	for c.ends[set+1] == i { // sets without places
		set++
	}
	p := &c.s.Counts()[set]
	e.kind = "counts " + p.Name
	e.integer(int32(set))
	writePlace(e, p, i-c.ends[set])
}

func writePlace(e *encoder, p *geodata.Population, i int) {
	cell := &p.Cells[i]
	e.id = cell.ID
	e.text(cell.ID)
	e.text(cell.Commune)
	e.bool(cell.Study)
	e.bool(cell.Imputed)
	e.point(cell.Centre)
	switch {
	case len(cell.Outline) == 0:
		e.null()
		e.null()
	case isOdd(cell.Outline) || !cell.Outline.Bound().Contains(cell.Centre):
		e.null()
		e.polygon(cell.Outline)
	default:
		e.polygon(cell.Outline)
		e.null()
	}
	e.bigints(len(p.Columns))
	for k := range p.Columns {
		e.bigint(int64(p.Columns[k].Values[i]))
	}
}

func writeFacility(e *encoder, c *content, i int) {
	f := &c.s.Facilities()[i]
	e.kind, e.id = "facility", f.ID
	e.text(f.ID)
	e.text(f.Name)
	e.text(f.Service)
	e.point(f.Location)
	e.text(f.Commune)
	if f.Capacity != nil {
		e.bigint(int64(*f.Capacity))
	} else {
		e.null()
	}
	writeHours(e, f.Hours)
	e.text(string(f.Accessible))
	e.text(string(f.Status))
	e.bool(f.Itinerant)
	e.text(f.Note)
	e.text(f.Source)
	writeHours(e, f.Holidays)
	e.text(string(f.Catchment))
}

func writeHours(e *encoder, h *geodata.WeeklyHours) {
	if h == nil {
		e.null()
		return
	}
	hours := h.String()
	if again, err := geodata.ParseWeeklyHours(hours); err != nil || again.String() != hours {
		e.fail("opening hours %q: spans of a day must be in order, disjoint and end after they begin", hours)
	}
	e.text(hours)
}

func writeWay(e *encoder, c *content, i int) {
	r := c.s.Roads()
	w := &r.Ways[i]
	e.kind, e.id, e.num = "way", "", w.ID
	e.bigint(w.ID)
	for _, key := range layers.RoadTags {
		at := slices.IndexFunc(w.Tags, func(t geodata.Tag) bool { return t.Key == key })
		if at >= 0 {
			e.text(w.Tags[at].Value)
		} else {
			e.null()
		}
	}
	others := c.otherTags(e, w.Tags)
	e.textOrNull(others, others != "")
	c.blob = appendNodes(c.blob[:0], r, w)
	e.bytes(c.blob)
	e.line(len(w.Nodes))
	for _, n := range w.Nodes {
		e.position(r.Nodes[n].Point())
	}
}

// otherTags is tagsJSON of a way without the tags that have a column; what many
// ways share is written once.
func (c *content) otherTags(e *encoder, tags geodata.Tags) string {
	if len(tags) == 0 {
		return ""
	}
	key := sharedTags{&tags[0], len(tags)}
	text, ok := c.tags[key]
	if !ok {
		if len(c.tags) == maxShared {
			clear(c.tags)
		}
		text = tagsJSON(e, tags, layers.RoadTags)
		c.tags[key] = text
	}
	return text
}

const maxShared = 1 << 16

// tagsJSON is the tags without those of the keys left out, empty if there are none.
func tagsJSON(e *encoder, tags geodata.Tags, without []string) string {
	for i, t := range tags {
		e.check(t.Key)
		e.check(t.Value)
		if i > 0 && t.Key <= tags[i-1].Key {
			e.fail("tags must be sorted by key, each key once (%s)", t.Key)
		}
	}
	return layers.TagsJSON(tags, without)
}

func writeNode(e *encoder, c *content, i int) {
	t := &c.nodes[i]
	n := c.s.Roads().Nodes[t.Node]
	e.kind, e.id, e.num = "road node", "", n.ID
	e.bigint(n.ID)
	e.integer(t.Node)
	tags := tagsJSON(e, t.Tags, nil)
	if tags == "" {
		tags = "{}"
	}
	e.textOrNull(tags, i < len(c.s.Roads().Tagged))
	e.point(n.Point())
}

func writeRestriction(e *encoder, c *content, i int) {
	r := c.s.Roads()
	x := &r.Restrictions[i]
	e.kind, e.id, e.num = "turn restriction", "", x.ID
	e.bigint(x.ID)
	e.bigint(x.From)
	e.bigint(x.ViaNode)
	e.bigints(len(x.ViaWays))
	for _, w := range x.ViaWays {
		e.bigint(w)
	}
	e.bigint(x.To)
	tags := tagsJSON(e, x.Tags, nil)
	e.textOrNull(tags, tags != "")
	from, ok := slices.BinarySearchFunc(r.Ways, x.From, func(w geodata.Way, id int64) int { return cmp.Compare(w.ID, id) })
	if ok {
		e.point(r.Nodes[r.Ways[from].Nodes[0]].Point())
	} else {
		e.null()
	}
}
