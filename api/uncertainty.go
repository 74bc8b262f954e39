package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/geodata"
)

const keptUncertainties = 16 // a result of 13,000 cells takes about two megabytes

// UncertaintyForm is how the answer is wanted.
type UncertaintyForm struct {
	Format string `query:"format" enum:"json,geojson,csv,gpkg" default:"json" doc:"json, or a file to download"`
	Layer  string `query:"layer" enum:"cells,communes,territory" default:"cells" doc:"what a GeoJSON or CSV file holds (territory: a row per threshold, with the verdict); a GeoPackage holds all of them"`
}

// UncertaintyQuestion is uncertainty.Params as a request writes it, in its body or
// its address, there with commas between the members of a list. It has at most 500
// draws, so that the answer comes in time; the command line draws more.
type UncertaintyQuestion struct {
	Service  string   `json:"service" query:"service" required:"true" doc:"id of a service of the catalogue" example:"creche"`
	Mode     string   `json:"mode,omitempty" query:"mode" doc:"way to travel, by transit or on-demand with words that say when, such as transit Tu 07:00-09:00 p50 3-changes; car when left out" example:"car"`
	Within   []string `json:"within,omitempty" query:"within" maxItems:"12" doc:"thresholds with their unit; the service's own when left out" example:"[\"10m\",\"15m\"]"`
	Statuses []string `json:"statuses,omitempty" query:"statuses" maxItems:"3" doc:"existing, planned, candidate: which facilities count; the existing ones when left out" example:"[\"existing\"]"`
	Draws    int      `json:"draws,omitempty" query:"draws" minimum:"20" maximum:"500" default:"100" doc:"how many times speeds are drawn; intervals hardly change beyond 500, and maillage uncertainty draws up to 10000 times"`
	Seed     uint64   `json:"seed,omitempty" query:"seed" minimum:"1" default:"1" doc:"another seed draws other speeds"`
	A        []string `json:"a,omitempty" query:"a" maxItems:"50" doc:"ids of facilities opened on top of those that count, whatever their status" example:"[\"creche-1\"]"`
	B        []string `json:"b,omitempty" query:"b" maxItems:"50" doc:"ids of another choice, to be compared with a" example:"[\"creche-2\"]"`
}

type askUncertaintyInput struct {
	UncertaintyForm
	Body UncertaintyQuestion
}

type linkUncertaintyInput struct {
	UncertaintyForm
	UncertaintyQuestion
}

func (s *server) registerUncertainty(a huma.API, cfg Config) {
	answers := answered(keptUncertainties, func(ctx context.Context, p uncertainty.Params) (*uncertainty.Result, error) {
		return cfg.Uncertainty(ctx, s.snapshot, p)
	})
	answers.slots = make(chan struct{}, 1) // one run takes all processors, and memory for all its draws

	post := operation("askUncertainty", http.MethodPost, "/api/v1/uncertainty", "coverage",
		"How sure a coverage is when speeds vary, and which of two choices of sites covers more people how often")
	post.MaxBodyBytes = maxBody
	post.Errors = append(post.Errors, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
	post.Responses = resultResponses[uncertainty.Result](a)
	huma.Register(a, post, func(ctx context.Context, in *askUncertaintyInput) (*fileOutput, error) {
		return s.answerUncertainty(ctx, answers, "body", in.Body, in.UncertaintyForm)
	})

	link := operation("getUncertainty", http.MethodGet, "/api/v1/uncertainty", "coverage",
		"The same question as an address, for links and downloads")
	link.Errors = append(link.Errors, http.StatusUnprocessableEntity)
	link.Responses = resultResponses[uncertainty.Result](a)
	huma.Register(a, link, func(ctx context.Context, in *linkUncertaintyInput) (*fileOutput, error) {
		return s.answerUncertainty(ctx, answers, "query", in.UncertaintyQuestion, in.UncertaintyForm)
	})
}

func (s *server) answerUncertainty(ctx context.Context, answers *results[*uncertainty.Result], where string, q UncertaintyQuestion, as UncertaintyForm) (*fileOutput, error) {
	params, err := readParams(where, question{Service: q.Service, Mode: q.Mode, Within: q.Within, Statuses: q.Statuses})
	if err != nil {
		return nil, err
	}
	// One question has one form, and so one kept result: a choice has no order.
	slices.Sort(q.A)
	slices.Sort(q.B)
	r, err := ask(ctx, answers, uncertainty.Params{Params: params, Draws: q.Draws, Seed: q.Seed, A: slices.Compact(q.A), B: slices.Compact(q.B)})
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		return nil, invalid(where+"."+bad.Param, nil, bad.Err.Error())
	}
	if err != nil {
		return nil, s.report(ctx, err)
	}
	out, err := encodeUncertainty(ctx, s.snapshot, r, as)
	if err != nil {
		return nil, s.report(ctx, err)
	}
	return out, nil
}

func encodeUncertainty(ctx context.Context, snapshot *geodata.Snapshot, r *uncertainty.Result, as UncertaintyForm) (*fileOutput, error) {
	if as.Format != "json" {
		name := fmt.Sprintf("maillage-uncertainty-%s-%s-%s", plain(snapshot.Territory().ID), plain(r.Params.Service), plain(r.Params.Mode))
		return file(ctx, r.Layers(snapshot), name, as.Format, as.Layer)
	}
	body, err := json.Marshal(r)
	return &fileOutput{ContentType: "application/json", Body: body}, err
}
