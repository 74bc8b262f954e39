package geopackage

import (
	"fmt"
	"unicode/utf8"

	"github.com/maillage/maillage/geodata"
)

// check refuses what would not come back from the file as it is.
func check(s *geodata.Snapshot) error {
	c := &checker{}
	t, p, r := s.Territory(), s.Population(), s.Roads()
	c.text("territory", t.ID, t.Name)
	c.counts("population", "cell", p)
	for i := range s.Counts() {
		q := &s.Counts()[i]
		c.counts("counts "+q.Name, "place", q)
	}
	for _, z := range s.Zones() {
		c.record("zone of "+z.Layer, z.ID, z.Layer, z.Name)
	}
	for _, x := range s.Census() {
		c.text("census of commune", x.Commune)
	}
	for _, m := range s.Communes() {
		c.record("commune", m.Code, m.Name, m.EPCI, m.EPCIName)
	}
	for _, src := range s.Sources() {
		c.text("source", src.Layer, src.Name, src.Publisher, src.Licence, src.Vintage)
	}
	if t := s.Timetable(); t != nil { // whose other texts NewSnapshot has looked at
		for _, stop := range t.Stops {
			c.record("stop", stop.ID, string(stop.Accessible))
		}
	}
	for i := range s.Facilities() {
		f := &s.Facilities()[i]
		c.record("facility", f.ID, f.Name, f.Service, f.Commune, string(f.Accessible), f.Note, f.Source)
		c.hours(f.ID, f.Hours)
		c.hours(f.ID, f.Holidays)
	}
	for i := range r.Ways {
		c.tags("way", r.Ways[i].ID, r.Ways[i].Tags)
	}
	for _, n := range r.Tagged {
		c.tags("node", r.Nodes[n.Node].ID, n.Tags)
	}
	for _, x := range r.Restrictions {
		c.tags("restriction", x.ID, x.Tags)
	}
	return c.err
}

// checker keeps the first error.
type checker struct{ err error }

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *checker) counts(what, place string, p *geodata.Population) {
	c.text(what, p.Name, p.Rule.Key)
	for _, col := range p.Columns {
		c.text(what+" column "+col.Name, col.Name)
	}
	for i := range p.Cells {
		c.record(place, p.Cells[i].ID, p.Cells[i].Commune)
	}
}

func (c *checker) hours(facility string, h *geodata.WeeklyHours) {
	if h == nil {
		return
	}
	if again, err := geodata.ParseWeeklyHours(h.String()); err != nil || again.String() != h.String() {
		c.fail("facility %s: opening hours %q: spans of a day must be in order, disjoint and end after they begin", facility, h)
	}
}

// record checks the texts of a record that has an id.
func (c *checker) record(kind, id string, others ...string) {
	if id == "" {
		c.fail("%s without an id", kind)
	}
	c.text(kind, id, others...)
}

func (c *checker) text(record, id string, others ...string) {
	for _, s := range append(others, id) {
		if !utf8.ValidString(s) {
			c.fail("%s %q: %q is not UTF-8 text", record, id, s)
		}
	}
}

func (c *checker) tags(record string, id int64, tags geodata.Tags) {
	for _, t := range tags {
		if !utf8.ValidString(t.Key) || !utf8.ValidString(t.Value) {
			c.fail("%s %d: tag %q=%q is not UTF-8 text", record, id, t.Key, t.Value)
		}
	}
	for i := 1; i < len(tags); i++ {
		if tags[i].Key <= tags[i-1].Key {
			c.fail("%s %d: tags must be sorted by key, each key once (%s)", record, id, tags[i].Key)
		}
	}
}
