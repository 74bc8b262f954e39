package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata"
)

// street is a territory along one road of 8 km from west to east, a node and
// four inhabitants (one child of each of the ages 0 to 3) every 200 m. The
// nursery stands at the western end, another is planned at the eastern end, a
// bus is based in the middle. The western half is the commune Ouest, the
// eastern half Est. A farm in Est lies 4 km from the road. Beyond, Voisine is
// outside of the study area.
func street(t testing.TB) *geodata.Snapshot {
	t.Helper()
	const lat = 47.6
	perMetre, perMetreLat := geodata.MetresPerDegree(lat)
	at := func(east, north float64) orb.Point { return orb.Point{-0.4 + east/perMetre, lat + north/perMetreLat} }
	box := func(w, s, e, n float64) orb.Ring {
		return orb.Ring{at(w, s), at(e, s), at(e, n), at(w, n), at(w, s)}
	}
	c := geodata.Content{
		Territory: geodata.Territory{ID: "street", Name: "Rue d'essai", Modelled: true},
		Catalogue: geodata.DefaultCatalogue(),
		Communes: []geodata.Commune{
			{Code: "01001", Name: "Ouest", Population: 80, Study: true, Outline: orb.MultiPolygon{{box(-1000, -1000, 4000, 5000)}}},
			{Code: "01002", Name: "Est", Population: 84, Study: true, Outline: orb.MultiPolygon{{box(4000, -1000, 9000, 5000)}}},
			{Code: "01003", Name: "Voisine", Outline: orb.MultiPolygon{{box(9000, -1000, 12000, 5000)}}},
		},
		Sources: []geodata.Source{{Layer: "population", Name: "written by hand for the tests", Licence: "Apache-2.0"}},
	}
	c.Population.CellSize, c.Population.Name, c.Population.Vintage = 200, "Carreaux d'essai", 2021
	people := map[string]geodata.Amount{"ind": geodata.Whole(4), "ind_0_3": geodata.Whole(4), "ind_4_5": 0, "ind_6_10": 0, "ind_11_17": 0}
	columns := map[string][]geodata.Amount{}
	cell := func(id, commune string, p orb.Point, outline orb.Ring) {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: id, Commune: commune, Study: commune != "01003", Centre: p, Outline: outline})
		for name, n := range people {
			columns[name] = append(columns[name], n)
		}
	}
	way := geodata.Way{ID: 1, Tags: geodata.Tags{{Key: "highway", Value: "secondary"}, {Key: "ref", Value: "D 1"}}}
	for i := range 41 {
		x := 200 * float64(i)
		p := at(x, 0)
		c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(i + 1), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
		way.Nodes = append(way.Nodes, int32(i))
		commune := "01001"
		if i > 20 {
			commune = "01002"
		}
		cell(fmt.Sprintf("c%02d", i), commune, p, box(x-100, -100, x+100, 100))
	}
	cell("farm", "01002", at(7000, 4000), box(6900, 3900, 7100, 4100))
	cell("away", "01003", at(10000, 0), box(9900, -100, 10100, 100))
	for name, values := range columns {
		c.Population.Columns = append(c.Population.Columns, geodata.Column{Name: name, Values: values})
	}
	c.Roads.Ways = []geodata.Way{way}
	hours, err := geodata.ParseWeeklyHours("Mo-Fr 08:30-12:00,13:30-17:00")
	if err != nil {
		t.Fatal(err)
	}
	places := 20
	c.Facilities = []geodata.Facility{
		{ID: "west", Name: "Crèche <b>Ouest</b>", Service: "creche", Location: at(0, 0), Commune: "01001", Status: geodata.Existing, Hours: hours, Capacity: &places},
		{ID: "east", Name: "Crèche Est", Service: "creche", Location: at(8000, 0), Commune: "01002", Status: geodata.Planned},
		{ID: "bus", Name: "Bus des petits", Service: "creche", Location: at(4000, 0), Commune: "01001", Status: geodata.Existing, Itinerant: true},
		{ID: "hall", Name: "Mairie", Service: "town_hall", Location: at(2000, 0), Commune: "01001", Status: geodata.Existing},
	}
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run is the analysis a server is wired with.
func run() func(context.Context, *geodata.Snapshot, coverage.Params) (*coverage.Result, error) {
	nets := traveltime.NewNetworks("")
	return func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*coverage.Result, error) {
		return coverage.Run(ctx, s, nets, p)
	}
}

// tries begins the sessions of a server.
func tries() func(context.Context, *geodata.Snapshot, coverage.Params) (*whatif.Session, error) {
	nets := traveltime.NewNetworks("")
	return func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error) {
		return whatif.Start(ctx, s, nets, p)
	}
}

// travels wires what a server answers about isochrones, routes, uncertainty and any analysis.
func travels(cfg *api.Config) {
	nets := traveltime.NewNetworks("")
	cfg.Isochrone = func(ctx context.Context, s *geodata.Snapshot, p isochrone.Params) (*isochrone.Result, error) {
		return isochrone.Run(ctx, s, nets, p)
	}
	cfg.Route = func(ctx context.Context, s *geodata.Snapshot, p route.Params) (*route.Result, error) {
		return route.Run(ctx, s, nets, p)
	}
	cfg.Uncertainty = func(ctx context.Context, s *geodata.Snapshot, p uncertainty.Params) (*uncertainty.Result, error) {
		return uncertainty.Run(ctx, s, nets, p, nil)
	}
	cfg.Analyses = func(ctx context.Context, a registry.Analysis, s *geodata.Snapshot, params []byte, tell func(registry.Progress)) (registry.Answer, error) {
		return a.Follow(ctx, s, nets, params, tell)
	}
}

func handler(t testing.TB, change func(*api.Config)) http.Handler {
	t.Helper()
	cfg := api.Config{Snapshot: street(t), Coverage: run(), WhatIf: tries(), Version: "test", Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	travels(&cfg)
	if change != nil {
		change(&cfg)
	}
	h, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
