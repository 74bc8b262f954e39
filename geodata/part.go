package geodata

import (
	"fmt"

	"github.com/paulmach/orb"
)

// Part is an EPCI of a larger territory with its surroundings.
type Part struct {
	EPCI   string  `json:"epci"`          // SIREN
	Buffer float64 `json:"buffer_metres"` // how far around the frame of its communes data are kept
}

// Frame is the box around the outlines of the EPCI's communes, widened by the
// buffer on each side. An EPCI without a commune that has an outline is an error.
func (p Part) Frame(communes []Commune) (orb.Bound, error) {
	var frame orb.Bound
	found := false
	for _, c := range communes {
		if c.EPCI != p.EPCI || p.EPCI == "" || len(c.Outline) == 0 {
			continue
		}
		if b := c.Outline.Bound(); found {
			frame = frame.Union(b)
		} else {
			frame, found = b, true
		}
	}
	if !found {
		return frame, fmt.Errorf("no commune of EPCI %q has an outline", p.EPCI)
	}
	// The narrowest degree of longitude is at the edge farthest from the equator.
	mx, my := MetresPerDegree(max(-frame.Min[1], frame.Max[1]))
	frame.Min[0] -= p.Buffer / mx
	frame.Max[0] += p.Buffer / mx
	frame.Min[1] -= p.Buffer / my
	frame.Max[1] += p.Buffer / my
	return frame, nil
}

// Cut keeps what lies in the part's frame, borders included: communes and zones
// whose box meets it, cells by their centre, those of other counts too,
// facilities, ways whose box meets it (whole, with all their nodes), and the
// restrictions and tagged nodes that go with them. The census is that of the
// communes kept, as is transport on demand that fetches people in any of them;
// trips are kept as CutTimetable does. The EPCI's communes and their cells become the study area.
func Cut(s *Snapshot, p Part) (*Snapshot, error) {
	frame, err := p.Frame(s.Communes())
	if err != nil {
		return nil, err
	}
	c := Content{Territory: Territory{ID: p.EPCI, Modelled: s.Territory().Modelled}, Catalogue: s.Catalogue(), Sources: s.Sources()}
	study := map[string]bool{} // whether they are studied, of the communes kept
	for _, m := range s.Communes() {
		if m.EPCI == p.EPCI {
			c.Territory.Name = m.EPCIName
		}
		if len(m.Outline) > 0 && m.Outline.Bound().Intersects(frame) || m.EPCI == p.EPCI {
			m.Study = m.EPCI == p.EPCI
			study[m.Code] = m.Study
			c.Communes = append(c.Communes, m)
		}
	}
	if c.Territory.Name == "" {
		c.Territory.Name = p.EPCI
	}
	cutPopulation(&c.Population, s.Population(), frame, study)
	for _, f := range s.Facilities() {
		if frame.Contains(f.Location) {
			c.Facilities = append(c.Facilities, f)
		}
	}
	c.Roads = cutRoads(s.Roads(), frame)
	c.Counts = make([]Population, len(s.Counts()))
	for i := range c.Counts {
		cutPopulation(&c.Counts[i], &s.Counts()[i], frame, study)
	}
	for _, z := range s.Zones() {
		if len(z.Outline) > 0 && z.Outline.Bound().Intersects(frame) {
			c.Zones = append(c.Zones, z)
		}
	}
	for _, r := range s.Census() {
		if _, kept := study[r.Commune]; kept {
			c.Census = append(c.Census, r)
		}
	}
	if t := s.Timetable(); t != nil {
		c.Timetable = CutTimetable(t, frame.Contains)
	}
	c.OnDemand = OnDemandIn(s.OnDemand(), c.Communes)
	return NewSnapshot(c)
}

func cutPopulation(to, from *Population, frame orb.Bound, study map[string]bool) {
	to.CellSize, to.Vintage, to.Name, to.Rule = from.CellSize, from.Vintage, from.Name, from.Rule
	var kept []int
	for i, cell := range from.Cells {
		if frame.Contains(cell.Centre) {
			cell.Study = study[cell.Commune]
			to.Cells = append(to.Cells, cell)
			kept = append(kept, i)
		}
	}
	for _, col := range from.Columns {
		to.Columns = append(to.Columns, Column{col.Name, permute(col.Values, kept)})
	}
}

func cutRoads(from *Roads, frame orb.Bound) (to Roads) {
	kept, ways := make([]bool, len(from.Nodes)), map[int64]bool{}
	for _, w := range from.Ways {
		box := orb.Bound{Min: from.Nodes[w.Nodes[0]].Point(), Max: from.Nodes[w.Nodes[0]].Point()}
		for _, n := range w.Nodes[1:] {
			box = box.Extend(from.Nodes[n].Point())
		}
		if !box.Intersects(frame) {
			continue
		}
		for _, n := range w.Nodes {
			kept[n] = true
		}
		ways[w.ID] = true
		to.Ways = append(to.Ways, w)
	}
	now := make([]int32, len(from.Nodes))
	for i, n := range from.Nodes {
		if kept[i] {
			now[i] = int32(len(to.Nodes))
			to.Nodes = append(to.Nodes, n)
		}
	}
	for i, w := range to.Ways {
		nodes := make([]int32, len(w.Nodes))
		for k, n := range w.Nodes {
			nodes[k] = now[n]
		}
		to.Ways[i].Nodes = nodes
	}
	for _, t := range from.Tagged {
		if kept[t.Node] {
			t.Node = now[t.Node]
			to.Tagged = append(to.Tagged, t)
		}
	}
	for _, r := range from.Restrictions {
		whole := ways[r.From] && ways[r.To]
		for _, via := range r.ViaWays {
			whole = whole && ways[via]
		}
		if whole {
			to.Restrictions = append(to.Restrictions, r)
		}
	}
	return to
}
