package geopackage

import (
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
)

// smallTown is two communes side by side (49001 studied, 49002 not), four cells,
// three facilities and a crossroads:
//
//	 49001      |  49002
//	            |
//	1 --- 2 --- 3 --- 4      way 1 (secondary) goes 1-2-3-4
//	      |                  way 2 (residential) goes 2-5
//	      5
func smallTown(t testing.TB) geodata.Content {
	t.Helper()
	square := func(x, y, side float64) orb.Ring {
		return orb.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
	}
	places := 25
	hours, err := geodata.ParseWeeklyHours("Mo-Fr 08:30-12:00,13:30-17:00")
	if err != nil {
		t.Fatal(err)
	}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "town", Name: "La Ville", Modelled: true},
		Catalogue: geodata.DefaultCatalogue(),
		Communes: []geodata.Commune{
			{Code: "49001", Name: "Ouest-sur-Loir", EPCI: "200068955", EPCIName: "Anjou Loir et Sarthe", Population: 1200, Study: true, Outline: orb.MultiPolygon{{square(-0.5, 47.5, 0.1)}}},
			{Code: "49002", Name: "Est", Outline: orb.MultiPolygon{{square(-0.4, 47.5, 0.1)}}},
		},
		Population: geodata.Population{CellSize: 200, Vintage: 2019, Name: "INSEE Filosofi 200 m 2019"},
		Facilities: []geodata.Facility{
			{ID: "creche-1", Name: "Les Petits Loups", Service: "creche", Location: orb.Point{-0.47, 47.55}, Commune: "49001", Capacity: &places, Hours: hours, Accessible: geodata.AccessibleYes, Status: geodata.Existing, Source: "CAF"},
			{ID: "fs-1", Name: "France Services", Service: "france_services", Location: orb.Point{-0.45, 47.53}, Commune: "49001", Status: geodata.Planned},
			{ID: "mairie-2", Name: "Mairie d'Est", Service: "town_hall", Location: orb.Point{-0.35, 47.55}, Commune: "49002", Status: geodata.Existing},
		},
		Roads: geodata.Roads{
			Nodes: []geodata.RoadNode{{ID: 1, Lon: -4900000, Lat: 475500000}, {ID: 2, Lon: -4500000, Lat: 475500000}, {ID: 3, Lon: -4000000, Lat: 475500000},
				{ID: 4, Lon: -3100000, Lat: 475500000}, {ID: 5, Lon: -4500000, Lat: 475100000}},
			Ways: []geodata.Way{
				{ID: 1, Nodes: []int32{0, 1, 2, 3}, Tags: geodata.Tags{{Key: "highway", Value: "secondary"}, {Key: "maxspeed", Value: "80"}, {Key: "ref", Value: "D 859"}, {Key: "surface", Value: "asphalt"}}},
				{ID: 2, Nodes: []int32{1, 4}, Tags: geodata.Tags{{Key: "highway", Value: "residential"}, {Key: "name", Value: "Rue de l'Église"}}},
			},
			Tagged:       []geodata.TaggedNode{{Node: 4, Tags: geodata.Tags{{Key: "barrier", Value: "bollard"}}}},
			Restrictions: []geodata.Restriction{{ID: 9, From: 1, ViaNode: 2, To: 2, Tags: geodata.Tags{{Key: "restriction", Value: "no_left_turn"}}}},
		},
		Sources: []geodata.Source{{Layer: "population", Name: "Filosofi", Publisher: "INSEE", Licence: "Licence Ouverte 2.0", Vintage: "2019"}},
	}
	for i, x := range []float64{-0.48, -0.46, -0.44, -0.36} {
		commune := "49001"
		if x > -0.4 {
			commune = "49002"
		}
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: "cell-" + string(rune('a'+i)), Centre: orb.Point{x + .01, 47.56}, Outline: square(x, 47.55, 0.02), Commune: commune, Study: i < 3, Imputed: i == 1})
	}
	values := func(vs ...string) (out []geodata.Amount) {
		for _, v := range vs {
			a, err := geodata.ParseAmount(v)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, a)
		}
		return out
	}
	c.Population.Columns = []geodata.Column{{Name: "ind", Values: values("120.5", "3", "0.1", "77")}, {Name: "ind_0_3", Values: values("4.000001", "0", "0", "2")}}
	return c
}
