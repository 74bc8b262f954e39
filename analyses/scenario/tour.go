package scenario

import (
	"cmp"
	"fmt"

	"github.com/maillage/maillage/analyses/itinerant"
	"github.com/maillage/maillage/geodata"
)

// apply puts a facility at each stop.
func (c *Tour) apply(b *builder, at spot) {
	if _, err := b.base.Catalogue().Service(c.Service); err != nil {
		b.bad(at, "tour.service", "%v", err)
	}
	for i, stop := range c.Stops {
		field := fmt.Sprintf("tour.stops[%d]", i)
		id := fmt.Sprintf("%s-%d", c.ID, i+1)
		where, commune := b.place(at, field+".at", stop.At, stop.Commune, id)
		hours := weekly(stop.Hours)
		if hours != nil && hours.Minutes() == 0 {
			b.bad(at, field+".hours", "%s: it is never there: want hours such as Tu 09:00-12:00", stop.Hours)
		}
		if b.facilities[id] != nil {
			b.bad(at, "tour.id", "there is a facility %q already, as stop %d would be: want another id", id, i+1)
			continue
		}
		name := cmp.Or(c.Name, c.ID)
		if stop.Name != "" {
			name += " – " + stop.Name
		}
		b.facilities[id] = &geodata.Facility{ID: id, Name: name, Service: c.Service, Location: where, Commune: commune, Hours: hours,
			Status: geodata.Existing, Itinerant: true, Source: itinerant.TourStop}
		b.changed = true
		delete(b.gone, id)
	}
}
