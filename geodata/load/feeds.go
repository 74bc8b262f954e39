package load

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/maillage/maillage/geodata"
)

// timetables reads the feeds, keeps the trips that call at two stops in the area,
// and puts them together.
func (b *assembly) timetables(ctx context.Context) error {
	var merged feedMerger
	for _, path := range b.spec.Timetables {
		t, rep, err := Timetable(ctx, path, TimetableOptions{On: b.spec.On})
		b.report.Feeds = append(b.report.Feeds, rep)
		if err != nil {
			return err
		}
		source := b.spec.Origins[path]
		source.Layer = "timetable"
		source.Name = cmp.Or(source.Name, filepath.Base(path)+" (GTFS)")
		source.Vintage = cmp.Or(source.Vintage, rep.From.String()+"/"+rep.To.String())
		b.c.Sources = append(b.c.Sources, source)
		if b.area != nil {
			whole := len(t.Trips)
			t = geodata.CutTimetable(t, b.area.keeps)
			if len(t.Trips) == 0 {
				return fmt.Errorf("%s: none of its %d trips calls at two stops within %.0f km of the study area: does the feed cover the same region?", path, whole, b.spec.Buffer/1000)
			}
			if n := whole - len(t.Trips); n > 0 {
				rep.note("trips that do not call at two stops in the area, left aside: %d of %d", n, whole)
			}
		}
		if err := merged.add(path, t, rep); err != nil {
			return err
		}
	}
	b.c.Timetable = merged.t
	return nil
}

// feedMerger puts timetables together.
type feedMerger struct {
	t     *geodata.Timetable // of all so far; nil before the first
	first string             // feed
	feeds int
}

// add adds a feed. If any of its ids is one of those there are, all of its ids get
// its position among the feeds before them. Clocks of another time zone are an error.
func (m *feedMerger) add(path string, t *geodata.Timetable, rep *FeedReport) error {
	m.feeds++
	if m.t == nil {
		m.t, m.first = t, path
		return nil
	}
	if t.Zone != m.t.Zone {
		return fmt.Errorf("%s: its clocks show %s, those of %s show %s: want feeds of one time zone", path, t.Zone, m.first, m.t.Zone)
	}
	if m.feeds == 2 && m.t.Agencies[0].ID == "" { // it may be alone no longer
		m.t = prefixed(m.t, "1:")
	}
	what, clashes := m.clash(t)
	for clashes {
		t = prefixed(t, fmt.Sprintf("%d:", m.feeds))
		rep.note("its ids begin with %d: because another feed has the %s too", m.feeds, what)
		_, clashes = m.clash(t)
	}
	stops := int32(len(m.t.Stops))
	m.t = &geodata.Timetable{
		Zone: t.Zone, Agencies: slices.Concat(m.t.Agencies, t.Agencies), Stops: slices.Concat(m.t.Stops, t.Stops), Routes: slices.Concat(m.t.Routes, t.Routes),
		Services: slices.Concat(m.t.Services, t.Services), Trips: slices.Concat(moved(m.t.Trips, 0), moved(t.Trips, stops)), Transfers: slices.Clone(m.t.Transfers),
	}
	for _, x := range t.Transfers {
		x.From, x.To = x.From+stops, x.To+stops
		m.t.Transfers = append(m.t.Transfers, x)
	}
	m.t.Sort()
	return nil
}

// moved are trips at stops so many places further on.
func moved(trips []geodata.Trip, by int32) []geodata.Trip {
	out := slices.Clone(trips)
	for i := range out {
		out[i].Calls = slices.Clone(out[i].Calls)
		for k := range out[i].Calls {
			out[i].Calls[k].Stop += by
		}
	}
	return out
}

// clash names an id that both have, or that cannot stand beside others.
func (m *feedMerger) clash(t *geodata.Timetable) (what string, is bool) {
	for _, kind := range []struct {
		name        string
		there, adds []string
	}{
		{"agency", idsOf(m.t.Agencies, agencyID), idsOf(t.Agencies, agencyID)},
		{"stop", idsOf(m.t.Stops, stopID), idsOf(t.Stops, stopID)},
		{"route", idsOf(m.t.Routes, routeID), idsOf(t.Routes, routeID)},
		{"service", idsOf(m.t.Services, serviceID), idsOf(t.Services, serviceID)},
		{"trip", idsOf(m.t.Trips, tripID), idsOf(t.Trips, tripID)},
	} {
		known := map[string]bool{"": true}
		for _, id := range kind.there {
			known[id] = true
		}
		for _, id := range kind.adds {
			if known[id] {
				return kind.name + " " + id, true
			}
		}
	}
	return "", false
}

func agencyID(a *geodata.Agency) string          { return a.ID }
func stopID(s *geodata.Stop) string              { return s.ID }
func routeID(r *geodata.Route) string            { return r.ID }
func serviceID(s *geodata.TransitService) string { return s.ID }
func tripID(t *geodata.Trip) string              { return t.ID }

func idsOf[T any](list []T, id func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = id(&list[i])
	}
	return out
}

// prefixed is a copy with a prefix before every id, in the same order.
func prefixed(t *geodata.Timetable, prefix string) *geodata.Timetable {
	c := *t
	c.Agencies, c.Stops, c.Routes = slices.Clone(t.Agencies), slices.Clone(t.Stops), slices.Clone(t.Routes)
	c.Services, c.Trips = slices.Clone(t.Services), slices.Clone(t.Trips)
	for i := range c.Agencies {
		c.Agencies[i].ID = prefix + c.Agencies[i].ID
	}
	for i := range c.Stops {
		c.Stops[i].ID = prefix + c.Stops[i].ID
		if c.Stops[i].Parent != "" {
			c.Stops[i].Parent = prefix + c.Stops[i].Parent
		}
	}
	for i := range c.Routes {
		c.Routes[i].ID, c.Routes[i].Agency = prefix+c.Routes[i].ID, prefix+c.Routes[i].Agency
	}
	for i := range c.Services {
		c.Services[i].ID = prefix + c.Services[i].ID
	}
	for i := range c.Trips {
		x := &c.Trips[i]
		x.ID, x.Route, x.Service = prefix+x.ID, prefix+x.Route, prefix+x.Service
	}
	return &c
}

// onDemand reads the services that come when asked for. Those that fetch nobody in
// the territory are left aside.
func (b *assembly) onDemand(ctx context.Context) error {
	from := map[string]string{}
	known := map[string]bool{}
	for _, m := range b.c.Communes {
		known[m.Code] = true
	}
	for _, path := range b.spec.OnDemand {
		services, rep, err := OnDemand(ctx, path, b.opt)
		b.add(rep, "on_demand", path)
		if err != nil {
			return err
		}
		beyond := map[string]bool{}
		for _, d := range services {
			switch file, dup := from[d.ID]; {
			case dup:
				rep.reject("service "+d.ID, "id", d.ID, "already read from %s", file)
				rep.Loaded--
				continue
			case len(known) > 0 && len(geodata.OnDemandIn([]geodata.OnDemand{d}, b.c.Communes)) == 0:
				rep.Outside++
				rep.Loaded--
				continue
			}
			for _, code := range slices.Concat(d.From, d.To) {
				if !known[code] {
					beyond[code] = true
				}
			}
			from[d.ID] = rep.File
			d.Source = cmp.Or(d.Source, filepath.Base(rep.File))
			b.c.OnDemand = append(b.c.OnDemand, d)
		}
		if len(known) > 0 && len(beyond) > 0 {
			rep.note("communes of its services that are not in the territory: %s", someOf(beyond))
		}
	}
	return nil
}
