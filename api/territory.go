package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/geodata"
)

// TerritorySummary is the answer of GET /api/v1/territory.
type TerritorySummary struct {
	geodata.Territory
	Snapshot string           `json:"snapshot" doc:"hash of the content that every answer was computed from"`
	Version  string           `json:"version" doc:"version of the program"`
	BBox     [4]float64       `json:"bbox" doc:"west, south, east, north of the study area, in degrees"`
	Grid     Grid             `json:"grid"`
	Counts   Counts           `json:"counts"`
	Services []ServiceSummary `json:"services"`
	Modes    []Mode           `json:"modes"`
	Sources  []geodata.Source `json:"sources"`
}

// Grid describes the population grid.
type Grid struct {
	Name     string `json:"name"`
	CellSize int    `json:"cell_size" doc:"side of a cell in metres; 0 for points"`
	Vintage  int    `json:"vintage" doc:"year the counts refer to; 0 if unknown"`
}

// Counts says how much there is; the first three of the study area.
type Counts struct {
	Communes      int            `json:"communes"`
	Cells         int            `json:"cells"`
	Population    geodata.Amount `json:"population" doc:"people on the grid"`
	AllCommunes   int            `json:"all_communes" doc:"with the buffer around the study area"`
	AllCells      int            `json:"all_cells" doc:"with the buffer around the study area"`
	AllFacilities int            `json:"all_facilities"`
	RoadNodes     int            `json:"road_nodes"`
	RoadWays      int            `json:"road_ways"`
}

// ServiceSummary is an entry of the catalogue with the number of its facilities by status.
type ServiceSummary struct {
	geodata.Service
	Facilities map[geodata.Status]int `json:"facilities" doc:"fixed facilities by status; itinerant ones are not counted"`
}

func describe(s *geodata.Snapshot, version string) TerritorySummary {
	p := s.Population()
	t := TerritorySummary{
		Territory: s.Territory(), Snapshot: s.ID(), Version: version, BBox: bbox(s), Modes: modes(s),
		Grid:    Grid{p.Name, p.CellSize, p.Vintage},
		Counts:  count(s),
		Sources: append([]geodata.Source{}, s.Sources()...),
	}
	for _, service := range s.Catalogue() {
		t.Services = append(t.Services, ServiceSummary{service, byStatus(s, service.ID)})
	}
	return t
}

func byStatus(s *geodata.Snapshot, service string) map[geodata.Status]int {
	n := map[geodata.Status]int{geodata.Existing: 0, geodata.Planned: 0, geodata.Candidate: 0}
	for _, f := range s.Facilities() {
		if f.Service == service && !f.Itinerant {
			n[f.Status]++
		}
	}
	return n
}

func count(s *geodata.Snapshot) Counts {
	p, r := s.Population(), s.Roads()
	n := Counts{
		AllCommunes: len(s.Communes()), AllCells: len(p.Cells), AllFacilities: len(s.Facilities()),
		RoadNodes: len(r.Nodes), RoadWays: len(r.Ways),
	}
	for _, c := range s.Communes() {
		if c.Study {
			n.Communes++
		}
	}
	people, _ := p.Column("ind")
	guard := secrecy.NewGuard(p)
	var all secrecy.Sum
	for i, c := range p.Cells {
		if c.Study {
			n.Cells++
			if people != nil {
				guard.Add(&all, i, people[i])
			}
		}
	}
	n.Population = guard.Tell(all)
	return n
}

// bbox is the extent of the study area's outlines, or of its cells when it has none.
func bbox(s *geodata.Snapshot) [4]float64 {
	b := orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{-1, -1}} // empty
	for _, c := range s.Communes() {
		if c.Study && len(c.Outline) > 0 {
			b = b.Union(c.Outline.Bound())
		}
	}
	if b.IsEmpty() {
		for _, c := range s.Population().Cells {
			if c.Study {
				b = b.Union(c.Centre.Bound())
			}
		}
	}
	if b.IsEmpty() {
		return [4]float64{}
	}
	return [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

func (s *server) registerTerritory(a huma.API) {
	type territoryOutput struct{ Body TerritorySummary }
	huma.Register(a, operation("getTerritory", http.MethodGet, "/api/v1/territory", "territory",
		"The territory: what it is, what is known of it, where that comes from"),
		func(context.Context, *struct{}) (*territoryOutput, error) { return &territoryOutput{s.about}, nil })

	type servicesOutput struct{ Body []ServiceSummary }
	huma.Register(a, operation("listServices", http.MethodGet, "/api/v1/services", "territory",
		"The services the territory plans for, with their public and usual thresholds"),
		func(context.Context, *struct{}) (*servicesOutput, error) {
			return &servicesOutput{s.about.Services}, nil
		})

	type modesOutput struct{ Body []Mode }
	huma.Register(a, operation("listModes", http.MethodGet, "/api/v1/modes", "territory", "The ways to travel, and which of them the territory can tell"),
		func(context.Context, *struct{}) (*modesOutput, error) { return &modesOutput{s.about.Modes}, nil })
}

func operation(id, method, path, tag, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag},
		Errors: []int{http.StatusInternalServerError, http.StatusServiceUnavailable},
	}
}
