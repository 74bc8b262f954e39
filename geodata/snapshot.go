package geodata

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// Source says where data came from; it travels into every output.
type Source struct {
	Layer     string `json:"layer"` // communes, population, facilities, roads, zones, counts, census, timetable, on_demand
	Name      string `json:"name"`
	Publisher string `json:"publisher,omitempty"`
	Licence   string `json:"licence,omitempty"`
	Vintage   string `json:"vintage,omitempty"`
}

// Content is all of a territory, open for writing. NewSnapshot seals it.
type Content struct {
	Territory  Territory
	Catalogue  Catalogue
	Communes   []Commune
	Population Population
	Facilities []Facility
	Roads      Roads
	Zones      []Zone       // divisions other than communes
	Counts     []Population // sets of counts other than the population, each with a Name of its own: pupils of schools
	Census     []CensusRow  // people by commune, year, sex and age
	Timetable  *Timetable   // of public transport; nil for none
	OnDemand   []OnDemand   // transport that comes when asked for, by id
	Sources    []Source
}

// Snapshot is a territory at one moment: sorted, checked, never modified.
// Slices its methods return are shared; treat them as read-only.
type Snapshot struct {
	c           Content
	id          string
	roadsID     string
	timetableID string

	protected bool
	variation *Variation
}

// Variation says of a snapshot that it shows another one as a scenario would
// change it.
type Variation struct {
	Base     string // id of the snapshot that is changed
	Scenario string // id of the scenario
	Name     Text   // of the scenario
	Notes    []Text // what everything computed from it must say
}

// NewSnapshot sorts the content by id, checks that it holds together and names
// it by its hash. The id depends on what the content says, not on the order of
// files or records, nor on Sources. NewSnapshot takes ownership of the content's slices.
//
// Errors name the record: repeated ids, columns of the wrong length, negative
// counts, a facility of an unknown service, a way through a node that is not there,
// a trip of an unknown route.
func NewSnapshot(c Content) (*Snapshot, error) {
	sortContent(&c)
	if err := checkContent(&c); err != nil {
		return nil, err
	}
	s := &Snapshot{c: c, roadsID: hashRoads(&c.Roads), timetableID: hashTransit(&c)}
	s.id = hashContent(&c, s.roadsID, s.timetableID)
	return s, nil
}

// ID is the hex SHA-256 of the content's canonical form, 64 characters.
func (s *Snapshot) ID() string { return s.id }

// RoadsID is the hash of the roads alone: what a prepared network depends on.
func (s *Snapshot) RoadsID() string { return s.roadsID }

// TimetableID is the hash of the timetable and the transport on demand: what
// prepared public transport depends on, besides the roads. Empty where there is neither.
func (s *Snapshot) TimetableID() string { return s.timetableID }

// Territory returns the territory's name and kind.
func (s *Snapshot) Territory() Territory { return s.c.Territory }

// Catalogue returns the services.
func (s *Snapshot) Catalogue() Catalogue { return s.c.Catalogue }

// Communes returns the communes by code.
func (s *Snapshot) Communes() []Commune { return s.c.Communes }

// Population returns the grid, cells by id.
func (s *Snapshot) Population() *Population { return &s.c.Population }

// Facilities returns the facilities by id.
func (s *Snapshot) Facilities() []Facility { return s.c.Facilities }

// Roads returns the road data.
func (s *Snapshot) Roads() *Roads { return &s.c.Roads }

// Zones returns the zones by layer and id.
func (s *Snapshot) Zones() []Zone { return s.c.Zones }

// Counts returns the sets of counts other than the population, by name.
func (s *Snapshot) Counts() []Population { return s.c.Counts }

// CountsNamed finds a set of counts; an unknown name is an error that lists those there are.
func (s *Snapshot) CountsNamed(name string) (*Population, error) {
	var names []string
	for i := range s.c.Counts {
		if s.c.Counts[i].Name == name {
			return &s.c.Counts[i], nil
		}
		names = append(names, s.c.Counts[i].Name)
	}
	return nil, fmt.Errorf("no set of counts %q: there is %s", name, list(names))
}

// Census returns people by commune, year, sex and age, in that order.
func (s *Snapshot) Census() []CensusRow { return s.c.Census }

// Timetable returns what public transport offers; nil where nobody says.
func (s *Snapshot) Timetable() *Timetable { return s.c.Timetable }

// OnDemand returns the transport that comes when asked for, by id.
func (s *Snapshot) OnDemand() []OnDemand { return s.c.OnDemand }

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Sources returns where the data came from.
func (s *Snapshot) Sources() []Source { return s.c.Sources }

// Content returns a copy that can be changed and sealed again. Slices are
// copied one level deep; Roads and column values are shared and must be
// replaced, not modified.
func (s *Snapshot) Content() Content {
	c := s.c
	c.Catalogue = slices.Clone(c.Catalogue)
	c.Communes = slices.Clone(c.Communes)
	c.Population.Cells = slices.Clone(c.Population.Cells)
	c.Population.Columns = slices.Clone(c.Population.Columns)
	c.Facilities = slices.Clone(c.Facilities)
	c.Zones = slices.Clone(c.Zones)
	c.Census = slices.Clone(c.Census)
	c.Counts = slices.Clone(c.Counts)
	for i := range c.Counts {
		c.Counts[i].Cells = slices.Clone(c.Counts[i].Cells)
		c.Counts[i].Columns = slices.Clone(c.Counts[i].Columns)
	}
	c.OnDemand = slices.Clone(c.OnDemand) // the timetable is shared, and must be replaced
	c.Sources = slices.Clone(c.Sources)
	return c
}

// WithCounts is the same snapshot, by the same id, with other counts to show for
// confidential ones (package secrecy). It must not be stored.
func (s *Snapshot) WithCounts(p Population, sets []Population) *Snapshot {
	shown := *s
	shown.c.Population, shown.c.Counts, shown.protected = p, sets, true
	return &shown
}

// Varied is the same snapshot, by the same id, known to show a scenario. It must
// not be stored.
func (s *Snapshot) Varied(v Variation) *Snapshot {
	varied := *s
	varied.variation = &v
	return &varied
}

// Variation says which scenario the snapshot shows; nil for data as they are.
func (s *Snapshot) Variation() *Variation { return s.variation }

// Protected says that the snapshot shows counts in place of confidential ones.
func (s *Snapshot) Protected() bool { return s.protected }

// Commune finds a commune by code.
func (s *Snapshot) Commune(code string) (Commune, bool) {
	i, ok := slices.BinarySearchFunc(s.c.Communes, code, func(c Commune, code string) int { return cmp.Compare(c.Code, code) })
	if !ok {
		return Commune{}, false
	}
	return s.c.Communes[i], true
}

func sortContent(c *Content) {
	slices.SortStableFunc(c.Communes, func(a, b Commune) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortStableFunc(c.Facilities, func(a, b Facility) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(c.Sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Name, b.Name))
	})
	sortPopulation(&c.Population)
	for i := range c.Counts {
		sortPopulation(&c.Counts[i])
	}
	slices.SortStableFunc(c.Counts, func(a, b Population) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(c.Zones, func(a, b Zone) int { return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(c.Census, func(a, b CensusRow) int {
		return cmp.Or(cmp.Compare(a.Commune, b.Commune), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Sex, b.Sex), cmp.Compare(a.From, b.From))
	})
	sortRoads(&c.Roads)
	sortTransit(c)
}

// sortPopulation puts cells in the order of their ids, the columns with them.
// Another snapshot may hold the values of a column too, so these are copied, a
// column at a time. A grid in order, as SortCells leaves it and a store returns
// it, is left alone.
func sortPopulation(p *Population) {
	slices.SortStableFunc(p.Columns, func(a, b Column) int { return cmp.Compare(a.Name, b.Name) })
	order := idOrder(p.Cells)
	if order == nil {
		return
	}
	for k := range p.Columns {
		if len(p.Columns[k].Values) == len(order) {
			p.Columns[k].Values = permute(p.Columns[k].Values, order)
		}
	}
	rearrange(p.Cells, order)
}

func sortRoads(r *Roads) {
	byNodeID := func(a, b RoadNode) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(r.Nodes, byNodeID) {
		order := make([]int, len(r.Nodes))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return byNodeID(r.Nodes[a], r.Nodes[b]) })
		r.Nodes = permute(r.Nodes, order)
		now := make([]int32, len(order))
		for i, from := range order {
			now[from] = int32(i)
		}
		// Others may hold the same ways with the old order of nodes.
		r.Ways, r.Tagged = slices.Clone(r.Ways), slices.Clone(r.Tagged)
		for w := range r.Ways {
			nodes := slices.Clone(r.Ways[w].Nodes)
			for i, n := range nodes {
				if n >= 0 && int(n) < len(now) {
					nodes[i] = now[n]
				}
			}
			r.Ways[w].Nodes = nodes
		}
		for i := range r.Tagged {
			if n := r.Tagged[i].Node; n >= 0 && int(n) < len(now) {
				r.Tagged[i].Node = now[n]
			}
		}
	}
	slices.SortStableFunc(r.Ways, func(a, b Way) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(r.Tagged, func(a, b TaggedNode) int { return cmp.Compare(a.Node, b.Node) })
	slices.SortStableFunc(r.Restrictions, func(a, b Restriction) int { return cmp.Compare(a.ID, b.ID) })
}

func checkContent(c *Content) error {
	var errs []error
	if c.Territory.ID == "" {
		errs = append(errs, errors.New("territory: id is missing"))
	}
	for i := 1; i < len(c.Communes); i++ {
		if c.Communes[i].Code == c.Communes[i-1].Code {
			errs = append(errs, fmt.Errorf("commune %s appears twice", c.Communes[i].Code))
		}
	}
	errs = append(errs, checkPopulation(&c.Population), checkCounts(c.Counts), checkFacilities(c), checkRoads(&c.Roads), checkZones(c.Zones), checkCensus(c.Census), checkTransit(c))
	return errors.Join(errs...)
}

func checkCounts(sets []Population) error {
	for i := range sets {
		if sets[i].Name == "" {
			return errors.New("counts: a set without a name")
		}
		if i > 0 && sets[i].Name == sets[i-1].Name {
			return fmt.Errorf("counts: %s appears twice", sets[i].Name)
		}
		if err := checkPopulation(&sets[i]); err != nil {
			return fmt.Errorf("counts %s: %w", sets[i].Name, err)
		}
	}
	return nil
}

func checkPopulation(p *Population) error {
	for i := range p.Cells {
		if i > 0 && p.Cells[i].ID == p.Cells[i-1].ID {
			return fmt.Errorf("population: cell %s appears twice", p.Cells[i].ID)
		}
		if err := CheckPoint(p.Cells[i].Centre); err != nil {
			return fmt.Errorf("population: cell %s: %w", p.Cells[i].ID, err)
		}
	}
	for k, col := range p.Columns {
		if k > 0 && p.Columns[k-1].Name == col.Name {
			return fmt.Errorf("population: column %s appears twice", col.Name)
		}
		if len(col.Values) != len(p.Cells) {
			return fmt.Errorf("population: column %s has %d values for %d cells", col.Name, len(col.Values), len(p.Cells))
		}
		for i, v := range col.Values {
			if v < 0 {
				return fmt.Errorf("population: cell %s: %s is negative (%s)", p.Cells[i].ID, col.Name, v)
			}
		}
	}
	if err := p.Rule.check(p); err != nil {
		return fmt.Errorf("population: %w", err)
	}
	return nil
}

func checkFacilities(c *Content) error {
	for i, f := range c.Facilities {
		if i > 0 && f.ID == c.Facilities[i-1].ID {
			return fmt.Errorf("facility %s appears twice", f.ID)
		}
		if _, err := c.Catalogue.Service(f.Service); err != nil {
			return fmt.Errorf("facility %s: %w", f.ID, err)
		}
		if _, err := ParseStatus(string(f.Status)); err != nil || f.Status == "" {
			return fmt.Errorf("facility %s: status %q: want existing, planned or candidate", f.ID, f.Status)
		}
		if _, err := ParseCatchment(string(f.Catchment)); err != nil {
			return fmt.Errorf("facility %s: %w", f.ID, err)
		}
		if err := CheckPoint(f.Location); err != nil {
			return fmt.Errorf("facility %s: %w", f.ID, err)
		}
	}
	return nil
}

// CheckPoint refuses coordinates that are not a longitude in ±180 and a latitude in ±90.
func CheckPoint(p orb.Point) error {
	// The negated comparison refuses NaN as well.
	if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
		return fmt.Errorf("not a longitude in ±180 and a latitude in ±90: %v, %v", p[0], p[1])
	}
	return nil
}

func checkRoads(r *Roads) error {
	for i := 1; i < len(r.Nodes); i++ {
		if r.Nodes[i].ID == r.Nodes[i-1].ID {
			return fmt.Errorf("roads: node %d appears twice", r.Nodes[i].ID)
		}
	}
	for i, w := range r.Ways {
		if i > 0 && w.ID == r.Ways[i-1].ID {
			return fmt.Errorf("roads: way %d appears twice", w.ID)
		}
		if len(w.Nodes) < 2 {
			return fmt.Errorf("roads: way %d has fewer than two nodes", w.ID)
		}
		for _, n := range w.Nodes {
			if n < 0 || int(n) >= len(r.Nodes) {
				return fmt.Errorf("roads: way %d goes through a node that is not there", w.ID)
			}
		}
	}
	for _, t := range r.Tagged {
		if t.Node < 0 || int(t.Node) >= len(r.Nodes) {
			return fmt.Errorf("roads: tags of a node that is not there (%d)", t.Node)
		}
	}
	return nil
}

// canon writes values in one canonical binary form: lengths before variable
// parts, so that no two contents give the same bytes. They are hashed while the
// next ones are written.
type canon struct {
	h    hash.Hash
	buf  []byte
	full chan []byte   // to be hashed, in this order
	free chan []byte   // hashed, to be written again
	done chan struct{} // all are hashed
}

// canonBuffer is how many bytes are written before they are hashed.
const canonBuffer = 1 << 16

func newCanon(domain string) *canon {
	c := &canon{h: sha256.New(), full: make(chan []byte, 2), free: make(chan []byte, 3), done: make(chan struct{})}
	for range 2 {
		c.free <- nil
	}
	go func() {
		for b := range c.full {
			c.h.Write(b) //nolint:errcheck // a hash never fails
			c.free <- b[:0]
		}
		close(c.done)
	}()
	c.text(domain)
	return c
}

func (c *canon) flush() {
	c.full <- c.buf
	c.buf = <-c.free
}

func (c *canon) int(v int64) {
	c.buf = binary.LittleEndian.AppendUint64(c.buf, uint64(v))
	if len(c.buf) > canonBuffer {
		c.flush()
	}
}

func (c *canon) text(s string) {
	c.int(int64(len(s)))
	c.buf = append(c.buf, s...)
}

func (c *canon) bool(b bool) {
	if b {
		c.int(1)
	} else {
		c.int(0)
	}
}

func (c *canon) point(p orb.Point) {
	c.int(int64(math.Float64bits(p[0] + 0))) // +0 folds -0 into 0
	c.int(int64(math.Float64bits(p[1] + 0)))
}

func (c *canon) ring(r orb.Ring) {
	c.int(int64(len(r)))
	for _, p := range r {
		c.point(p)
	}
}

func (c *canon) tags(t Tags) {
	c.int(int64(len(t)))
	for _, tag := range t {
		c.text(tag.Key)
		c.text(tag.Value)
	}
}

func (c *canon) sum() string {
	c.flush()
	close(c.full)
	<-c.done
	return hex.EncodeToString(c.h.Sum(nil))
}

func hashRoads(r *Roads) string {
	c := newCanon("maillage roads 1")
	c.int(int64(len(r.Nodes)))
	for _, n := range r.Nodes {
		c.int(n.ID)
		c.int(int64(n.Lon)<<32 | int64(uint32(n.Lat)))
	}
	c.int(int64(len(r.Ways)))
	for _, w := range r.Ways {
		c.int(w.ID)
		c.int(int64(len(w.Nodes)))
		for _, n := range w.Nodes {
			c.int(int64(n))
		}
		c.tags(w.Tags)
	}
	c.int(int64(len(r.Tagged)))
	for _, t := range r.Tagged {
		c.int(int64(t.Node))
		c.tags(t.Tags)
	}
	c.int(int64(len(r.Restrictions)))
	for _, t := range r.Restrictions {
		c.int(t.ID)
		c.int(t.From)
		c.int(t.ViaNode)
		c.int(int64(len(t.ViaWays)))
		for _, v := range t.ViaWays {
			c.int(v)
		}
		c.int(t.To)
		c.tags(t.Tags)
	}
	return c.sum()
}

func hashContent(k *Content, roadsID, timetableID string) string {
	c := newCanon("maillage snapshot 1")
	c.text(k.Territory.ID)
	c.text(k.Territory.Name)
	c.bool(k.Territory.Modelled)
	catalogue, err := json.Marshal(k.Catalogue) // maps are written with sorted keys
	if err != nil {
		panic("geodata: catalogue does not encode: " + err.Error()) // plain strings and numbers always do
	}
	c.text(string(catalogue))
	c.int(int64(len(k.Communes)))
	for i := range k.Communes {
		c.commune(&k.Communes[i])
	}
	c.population(&k.Population)
	c.int(int64(len(k.Facilities)))
	for i := range k.Facilities {
		c.facility(&k.Facilities[i])
	}
	c.text(roadsID)
	c.more(k)
	if timetableID != "" {
		c.text("timetable")
		c.text(timetableID)
	}
	return c.sum()
}

// more writes what contents may have since version 0.2; without it, they keep the
// names they had.
func (c *canon) more(k *Content) {
	if !k.Population.Rule.Public() {
		c.text("rule")
		c.rule(k.Population.Rule)
	}
	for _, f := range k.Facilities {
		if f.Catchment != Everybody || f.Holidays != nil {
			c.text("facility")
			c.text(f.ID)
			c.text(string(f.Catchment))
			c.bool(f.Holidays != nil)
			if f.Holidays != nil {
				c.text(f.Holidays.String())
			}
		}
	}
	if len(k.Counts) > 0 {
		c.text("counts")
		c.int(int64(len(k.Counts)))
		for i := range k.Counts {
			c.text(k.Counts[i].Name)
			c.population(&k.Counts[i])
			c.rule(k.Counts[i].Rule)
		}
	}
	if len(k.Zones) > 0 {
		c.text("zones")
		c.int(int64(len(k.Zones)))
		for _, z := range k.Zones {
			c.text(z.Layer)
			c.text(z.ID)
			c.text(z.Name)
			c.outline(z.Outline)
		}
	}
	if len(k.Census) > 0 {
		c.text("census")
		c.int(int64(len(k.Census)))
		for _, r := range k.Census {
			c.text(r.Commune)
			c.int(int64(r.Year))
			c.text(string(r.Sex))
			c.int(int64(r.From))
			c.int(int64(r.To))
			c.int(int64(r.Persons))
		}
	}
}

func (c *canon) rule(r Rule) {
	c.int(int64(r.Minimum))
	c.text(r.Of)
	c.text(r.Key)
}

func (c *canon) commune(m *Commune) {
	c.text(m.Code)
	c.text(m.Name)
	c.text(m.EPCI)
	c.text(m.EPCIName)
	c.int(int64(m.Population))
	c.bool(m.Study)
	c.outline(m.Outline)
}

func (c *canon) outline(m orb.MultiPolygon) {
	c.int(int64(len(m)))
	for _, poly := range m {
		c.int(int64(len(poly)))
		for _, ring := range poly {
			c.ring(ring)
		}
	}
}

func (c *canon) population(p *Population) {
	c.int(int64(p.CellSize))
	c.int(int64(p.Vintage))
	c.int(int64(len(p.Cells)))
	for _, cell := range p.Cells {
		c.text(cell.ID)
		c.point(cell.Centre)
		c.ring(cell.Outline)
		c.text(cell.Commune)
		c.bool(cell.Study)
		c.bool(cell.Imputed)
	}
	c.int(int64(len(p.Columns)))
	for _, col := range p.Columns {
		c.text(col.Name)
		for _, v := range col.Values {
			c.int(int64(v))
		}
	}
}

func (c *canon) facility(f *Facility) {
	c.text(f.ID)
	c.text(f.Name)
	c.text(f.Service)
	c.point(f.Location)
	c.text(f.Commune)
	c.bool(f.Capacity != nil)
	if f.Capacity != nil {
		c.int(int64(*f.Capacity))
	}
	c.bool(f.Hours != nil)
	if f.Hours != nil {
		c.text(f.Hours.String())
	}
	c.text(string(f.Accessible))
	c.text(string(f.Status))
	c.bool(f.Itinerant)
	c.text(f.Note)
}
