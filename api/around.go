package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
)

const (
	keptIsochrones = 8 // with its roads one may take tens of megabytes
	keptRoutes     = 64
)

// degrees is a coordinate of a query that may be left out.
type degrees struct {
	Value float64
	Given bool
}

// Schema describes the coordinate itself.
func (degrees) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[float64]())
}

// Receiver is where the coordinate is written.
func (d *degrees) Receiver() reflect.Value { return reflect.ValueOf(d).Elem().Field(0) }

// OnParamSet notes whether it was given.
func (d *degrees) OnParamSet(given bool, _ any) { d.Given = given }

type isochroneInput struct {
	Lon       degrees  `query:"lon" doc:"longitude of the point; a facility may be named instead" example:"-0.55"`
	Lat       degrees  `query:"lat" doc:"latitude of the point" example:"47.47"`
	Facility  string   `query:"facility" doc:"id of a facility, instead of a point"`
	Mode      string   `query:"mode" doc:"way to travel, by transit or on-demand with words that say when, such as transit Tu 07:00-09:00 p50 3-changes; car when left out" example:"car"`
	Within    []string `query:"within" maxItems:"12" doc:"thresholds with their unit, separated by commas; 10 and 20 minutes when left out" example:"10m,20m"`
	Direction string   `query:"direction" enum:"to,from" default:"to" doc:"to: from where the point is reached in time; from: where one gets from it"`
	Layer     string   `query:"layer" enum:"areas,roads" default:"areas" doc:"areas: a polygon per threshold, the largest first; roads: the covered roads, cut where a threshold is passed"`
}

type routeInput struct {
	From string `query:"from" required:"true" doc:"home: id of a cell, or longitude,latitude" example:"-0.55,47.47"`
	To   string `query:"to" required:"true" doc:"where to: id of a facility, or longitude,latitude" example:"-0.5,47.5"`
	Mode string `query:"mode" doc:"way to travel, by transit or on-demand with words that say when, such as transit Tu 07:00-09:00 p50 3-changes; car when left out" example:"car"`
}

func (s *server) registerAround(a huma.API, cfg Config) {
	if cfg.Isochrone != nil {
		answers := answered(keptIsochrones, func(ctx context.Context, p isochrone.Params) (*isochrone.Result, error) {
			return cfg.Isochrone(ctx, s.snapshot, p)
		})
		op := operation("getIsochrones", http.MethodGet, "/api/v1/isochrones", "travel", "From where a point is reached in time, or where one gets from it")
		op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
		op.Responses = geoJSONResponses()
		huma.Register(a, op, func(ctx context.Context, in *isochroneInput) (*layerOutput, error) {
			p, err := in.params()
			if err != nil {
				return nil, err
			}
			r, err := ask(ctx, answers, p)
			if err != nil {
				return nil, s.refuse(ctx, err)
			}
			layers := r.Layers()
			layer := layers.Layers[0]
			if in.Layer == "roads" {
				layer = layers.Layers[1]
				if layer.Name != "isochrone_roads" {
					return nil, invalid("query.layer", in.Layer, "by a mode that depends on when one leaves there are no roads, only areas")
				}
			}
			return s.sendFrom(layer, layers.Provenance), nil
		})
	}
	if cfg.Route != nil {
		answers := answered(keptRoutes, func(ctx context.Context, p route.Params) (*route.Result, error) {
			return cfg.Route(ctx, s.snapshot, p)
		})
		op := operation("getRoute", http.MethodGet, "/api/v1/routes", "travel", "A quickest way from a home to a facility, a line per road; 404 where there is none")
		op.Errors = append(op.Errors, http.StatusNotFound, http.StatusUnprocessableEntity)
		op.Responses = geoJSONResponses()
		huma.Register(a, op, func(ctx context.Context, in *routeInput) (*layerOutput, error) {
			r, err := ask(ctx, answers, route.Params{From: in.From, To: in.To, Mode: in.Mode})
			if errors.Is(err, route.ErrNoRoute) {
				return nil, newProblem(http.StatusNotFound, err.Error())
			}
			if err != nil {
				return nil, s.refuse(ctx, err)
			}
			layers := r.Layers()
			return s.sendFrom(layers.Layers[0], layers.Provenance), nil
		})
	}
}

// params reads the texts of a question; what they name is the analysis's to check.
func (in *isochroneInput) params() (isochrone.Params, error) {
	p := isochrone.Params{Facility: in.Facility, Mode: in.Mode, Direction: traveltime.Direction(in.Direction)}
	if in.Lon.Given != in.Lat.Given {
		return p, invalid("query.lon", nil, "a point needs both lon and lat")
	}
	if in.Lon.Given {
		at := orb.Point{in.Lon.Value, in.Lat.Value}
		if err := geodata.CheckPoint(at); err != nil {
			return p, invalid("query.lon", nil, err.Error())
		}
		p.At = &at
	}
	for i, text := range in.Within {
		t, err := coverage.ParseThreshold(text)
		if err != nil {
			return p, invalid(fmt.Sprintf("query.within[%d]", i), text, err.Error())
		}
		p.Within = append(p.Within, t)
	}
	slices.Sort(p.Within)
	p.Within = slices.Compact(p.Within)
	return p, nil
}

// answered keeps the latest answers to a question, whose parameters are its key.
func answered[P, R any](limit int, run func(context.Context, P) (R, error)) *results[R] {
	return newResults(limit, runtime.GOMAXPROCS(0), func(ctx context.Context, key string) (answer R, err error) {
		var p P
		if err := json.Unmarshal([]byte(key), &p); err != nil {
			return answer, fmt.Errorf("question %s: %w", key, err)
		}
		return run(ctx, p)
	})
}

func ask[P, R any](ctx context.Context, answers *results[R], p P) (answer R, err error) {
	key, err := json.Marshal(p)
	if err != nil {
		return answer, err
	}
	return answers.get(ctx, string(key))
}

// refuse names the parameter of the query that an error is about.
func (s *server) refuse(ctx context.Context, err error) error {
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		param := bad.Param
		if param == "at" {
			param = "lon"
		}
		return invalid("query."+param, nil, bad.Err.Error())
	}
	return s.report(ctx, err)
}
