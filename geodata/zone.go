package geodata

import (
	"errors"
	"fmt"

	"github.com/paulmach/orb"
)

// Zone is a part of the territory in a division other than communes: a quarter,
// an IRIS, a school sector. A layer is all zones with its name; its zones may
// overlap and leave gaps, which analyses state.
type Zone struct {
	Layer   string // name of the division: iris, secteurs
	ID      string // unique in the layer
	Name    string
	Outline orb.MultiPolygon // valid, as Commune's
}

// ZoneLayers lists the names of the divisions, in order.
func (s *Snapshot) ZoneLayers() (names []string) {
	for i, z := range s.c.Zones {
		if i == 0 || z.Layer != s.c.Zones[i-1].Layer {
			names = append(names, z.Layer)
		}
	}
	return names
}

// ZonesOf returns the zones of a layer by id; an unknown one is an error that lists those there are.
func (s *Snapshot) ZonesOf(layer string) (zones []Zone, err error) {
	for _, z := range s.c.Zones {
		if z.Layer == layer {
			zones = append(zones, z)
		}
	}
	if len(zones) == 0 {
		return nil, fmt.Errorf("no layer of zones %q: there is %s", layer, list(s.ZoneLayers()))
	}
	return zones, nil
}

func checkZones(zones []Zone) error {
	for i, z := range zones {
		switch {
		case z.Layer == "" || z.ID == "":
			return errors.New("zones: a zone without layer or id")
		case i > 0 && zones[i-1].Layer == z.Layer && zones[i-1].ID == z.ID:
			return fmt.Errorf("zones: %s appears twice in %s", z.ID, z.Layer)
		}
	}
	return nil
}
