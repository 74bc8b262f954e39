package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/api/export"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/layers"
)

const geoJSONType = "application/geo+json"

type layerOutput struct {
	ContentType string `header:"Content-Type"`
	Body        func(huma.Context)
}

type cellsInput struct {
	Area string `query:"area" enum:"study,all" default:"study" doc:"study: the study area; all: with the buffer around it"`
}

type facilitiesInput struct {
	Service string `query:"service" doc:"id of a service; all services when left out" example:"creche"`
}

func (s *server) registerLayers(a huma.API) {
	layer := func(id, path, summary string) huma.Operation {
		op := operation(id, http.MethodGet, path, "layers", summary)
		op.Responses = geoJSONResponses()
		return op
	}
	huma.Register(a, layer("listCommunes", "/api/v1/communes", "Communes with their outlines, those of the study area and its neighbours"),
		func(context.Context, *struct{}) (*layerOutput, error) {
			return s.send(layers.Communes(s.snapshot)), nil
		})

	huma.Register(a, layer("listCells", "/api/v1/cells", "Population cells with their counts"),
		func(_ context.Context, in *cellsInput) (*layerOutput, error) {
			return s.send(layers.Cells(s.snapshot, func(c *geodata.Cell) bool { return c.Study || in.Area == "all" })), nil
		})

	facilities := layer("listFacilities", "/api/v1/facilities", "Facilities with hours and status")
	facilities.Errors = append(facilities.Errors, http.StatusUnprocessableEntity)
	huma.Register(a, facilities, func(_ context.Context, in *facilitiesInput) (*layerOutput, error) {
		if in.Service != "" {
			if _, err := s.snapshot.Catalogue().Service(in.Service); err != nil {
				return nil, invalid("query.service", in.Service, err.Error())
			}
		}
		return s.send(layers.Facilities(s.snapshot, func(f *geodata.Facility) bool { return in.Service == "" || f.Service == in.Service })), nil
	})

	huma.Register(a, layer("listRoads", "/api/v1/roads", "Main roads around the study area, simplified for the background of a map"),
		func(context.Context, *struct{}) (*layerOutput, error) {
			return s.send(roadsLayer(s.snapshot, s.about.BBox)), nil
		})
}

// send writes one of the territory's own layers.
func (s *server) send(l geodata.Layer) *layerOutput { return s.sendFrom(l, s.provenance()) }

func (s *server) sendFrom(l geodata.Layer, p analyses.Provenance) *layerOutput {
	return &layerOutput{geoJSONType, func(ctx huma.Context) {
		if err := export.GeoJSON(ctx.BodyWriter(), l, p); err != nil {
			s.log.DebugContext(ctx.Context(), "layer not sent", "layer", l.Name, "request", requestID(ctx.Context()), "error", err)
		}
	}}
}

// mainClasses are the roads worth drawing behind a map of a few communes.
var mainClasses = []string{"motorway", "trunk", "primary", "secondary", "tertiary", "motorway_link", "trunk_link"}

// roadTolerance is how far a simplified road may stray, in degrees of latitude: about 15 metres.
const roadTolerance = 15.0 / 111_000

type roadKey struct{ class, ref, name string }

// roadsLayer joins the ways of each main road that touches the bbox, padded by a
// quarter of its size, into one feature.
func roadsLayer(s *geodata.Snapshot, bbox [4]float64) geodata.Layer {
	around := orb.Bound{Min: orb.Point{bbox[0], bbox[1]}, Max: orb.Point{bbox[2], bbox[3]}}
	around = around.Pad(max(around.Max[0]-around.Min[0], around.Max[1]-around.Min[1]) / 4)
	roads := map[roadKey]orb.MultiLineString{}
	r := s.Roads()
	for _, w := range r.Ways {
		class := w.Tags.Get("highway")
		if !slices.Contains(mainClasses, class) {
			continue
		}
		line := make(orb.LineString, len(w.Nodes))
		for i, n := range w.Nodes {
			line[i] = r.Nodes[n].Point()
		}
		if line.Bound().Intersects(around) {
			key := roadKey{class, w.Tags.Get("ref"), w.Tags.Get("name")}
			roads[key] = append(roads[key], simplify.DouglasPeucker(roadTolerance).LineString(line))
		}
	}
	keys := make([]roadKey, 0, len(roads))
	for k := range roads {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b roadKey) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.ref, b.ref), cmp.Compare(a.name, b.name))
	})
	l := geodata.Layer{Name: "roads", Title: geodata.Text{Fr: "Routes principales", En: "Main roads"}}
	class := geodata.Field{Name: "class", Label: geodata.Text{Fr: "classe", En: "class"}}
	ref := geodata.Field{Name: "ref", Label: geodata.Text{Fr: "numéro", En: "number"}}
	name := geodata.Field{Name: "name", Label: geodata.Text{Fr: "nom", En: "name"}}
	for _, k := range keys {
		l.IDs = append(l.IDs, strings.Join([]string{k.class, k.ref, k.name}, "/"))
		l.Geometry = append(l.Geometry, roads[k])
		class.Texts, ref.Texts, name.Texts = append(class.Texts, k.class), append(ref.Texts, k.ref), append(name.Texts, k.name)
	}
	l.Fields = []geodata.Field{class, ref, name}
	return l
}
