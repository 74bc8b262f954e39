package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/supply"
	"github.com/maillage/maillage/geodata"
)

// question is coverage.Params as a request writes it: everything but the service may be left out.
type question struct {
	Service  string   `json:"service" doc:"id of a service of the catalogue" example:"creche"`
	Mode     string   `json:"mode,omitempty" doc:"way to travel, by transit or on-demand with words that say when, such as transit Tu 07:00-09:00 p50 3-changes; car when left out" example:"car"`
	Within   []string `json:"within,omitempty" maxItems:"12" doc:"thresholds with their unit; the service's own when left out" example:"[\"10m\",\"15m\"]"`
	Statuses []string `json:"statuses,omitempty" maxItems:"3" doc:"existing, planned, candidate: which facilities count; the existing ones when left out" example:"[\"existing\"]"`
	Further
}

// Further is what a question may say beyond service, mode, times and statuses, in a
// body or an address: coverage.Params documents it.
type Further struct {
	Counts        string    `json:"counts,omitempty" query:"counts" maxLength:"64" doc:"set of counts to use instead of the population grid, such as pupils"`
	Column        string    `json:"column,omitempty" query:"column" maxLength:"64" doc:"column to count instead of the service's ages, such as men_pauv"`
	Census        int       `json:"census,omitempty" query:"census" minimum:"0" maximum:"9999" doc:"year of the census whose ages by commune the cells are fitted to; the grid's own when left out"`
	Accessible    bool      `json:"accessible,omitempty" query:"accessible" doc:"only facilities known to be accessible to disabled people"`
	Open          string    `json:"open,omitempty" query:"open" maxLength:"64" doc:"only facilities known to be open then: We, 'We 14:00-17:00', evening, saturday, holidays"`
	Border        string    `json:"border,omitempty" query:"border" enum:",inside" doc:"inside: only facilities of the study area's intercommunality; all when left out"`
	Nth           int       `json:"nth,omitempty" query:"nth" minimum:"0" maximum:"16" doc:"the time to the n-th nearest facility counts; to the nearest when left out"`
	WithinKm      []float64 `json:"within_km,omitempty" query:"within_km" maxItems:"12" doc:"thresholds in kilometres by the shortest road, beside those in time"`
	Detailed      bool      `json:"detailed,omitempty" query:"detailed" doc:"also the 90th percentile, worst-served tenth and Gini index of times, and rows by living standard, need and intercommunality"`
	Zones         string    `json:"zones,omitempty" query:"zones" maxLength:"64" doc:"layer of zones to tell apart, such as iris"`
	CompareBorder bool      `json:"compare_border,omitempty" query:"compare_border" doc:"also with facilities on both sides of the border, and with those inside only"`
}

// into adds what is said to the analysis's parameters.
func (f Further) into(p *coverage.Params) {
	p.Counts, p.Column, p.Census = f.Counts, f.Column, f.Census
	p.Accessible, p.Open, p.Border = f.Accessible, f.Open, supply.Border(f.Border)
	p.WithinKm = slices.Compact(slices.Sorted(slices.Values(f.WithinKm)))
	p.Nth, p.Detailed, p.Zones, p.CompareBorder = f.Nth, f.Detailed, f.Zones, f.CompareBorder
}

// ResultForm is how the answer is wanted.
type ResultForm struct {
	Format string `query:"format" enum:"json,geojson,csv,gpkg" default:"json" doc:"json, or a file to download"`
	Layer  string `query:"layer" enum:"cells,communes,ages,facilities,living_standards,needs,epcis,zones,crossed,inside" default:"cells" doc:"what a GeoJSON or CSV file holds, of what was asked for; a GeoPackage holds all of them"`
}

type askInput struct {
	ResultForm
	Body question
}

type linkInput struct {
	ResultForm
	Service  string   `query:"service" required:"true" doc:"id of a service of the catalogue" example:"creche"`
	Mode     string   `query:"mode" doc:"way to travel, by transit or on-demand with words that say when, such as transit Tu 07:00-09:00 p50 3-changes; car when left out" example:"car"`
	Within   []string `query:"within" maxItems:"12" doc:"thresholds with their unit, separated by commas; the service's own when left out" example:"10m,15m"`
	Statuses []string `query:"statuses" maxItems:"3" doc:"existing, planned, candidate, separated by commas; the existing ones when left out" example:"existing"`
	Further
}

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *server) registerCoverage(a huma.API) {
	ask := operation("askCoverage", http.MethodPost, "/api/v1/coverage", "coverage",
		"Who lives within the given times of a service, by commune, age group and cell")
	ask.MaxBodyBytes = maxBody
	ask.Errors = append(ask.Errors, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
	ask.Responses = resultResponses[coverage.Result](a)
	huma.Register(a, ask, func(ctx context.Context, in *askInput) (*fileOutput, error) {
		return s.answer(ctx, "body", in.Body, in.ResultForm)
	})

	link := operation("getCoverage", http.MethodGet, "/api/v1/coverage", "coverage",
		"The same question as an address, for links and downloads")
	link.Errors = append(link.Errors, http.StatusUnprocessableEntity)
	link.Responses = resultResponses[coverage.Result](a)
	huma.Register(a, link, func(ctx context.Context, in *linkInput) (*fileOutput, error) {
		return s.answer(ctx, "query", question{in.Service, in.Mode, in.Within, in.Statuses, in.Further}, in.ResultForm)
	})
}

// answer runs the question, or finds it answered, and encodes the result.
func (s *server) answer(ctx context.Context, where string, q question, as ResultForm) (*fileOutput, error) {
	params, err := readParams(where, q)
	if err != nil {
		return nil, err
	}
	result, err := ask(ctx, s.coverage, params)
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		return nil, invalid(where+"."+bad.Param, nil, bad.Err.Error())
	}
	if err != nil {
		return nil, s.report(ctx, err)
	}
	return s.encode(ctx, result, as)
}

// params reads the texts of a question; what they name is the analysis's to check.
func readParams(where string, q question) (coverage.Params, error) {
	p := coverage.Params{Service: q.Service, Mode: cmp.Or(q.Mode, "car")}
	for i, text := range q.Within {
		t, err := coverage.ParseThreshold(text)
		if err != nil {
			return p, invalid(fmt.Sprintf("%s.within[%d]", where, i), text, err.Error())
		}
		p.Within = append(p.Within, t)
	}
	for i, text := range q.Statuses {
		status, err := geodata.ParseStatus(text)
		if err != nil {
			return p, invalid(fmt.Sprintf("%s.statuses[%d]", where, i), text, err.Error())
		}
		p.Statuses = append(p.Statuses, status)
	}
	q.into(&p)
	// One question has one form, and so one kept result.
	slices.Sort(p.Within)
	slices.Sort(p.Statuses)
	p.Within, p.Statuses = slices.Compact(p.Within), slices.Compact(p.Statuses)
	return p, nil
}

// encode writes the answer as it is wanted; its errors are told to the client.
func (s *server) encode(ctx context.Context, r *coverage.Result, as ResultForm) (*fileOutput, error) {
	if as.Format != "json" {
		all := r.Layers(s.snapshot)
		if !slices.ContainsFunc(all.Layers, func(l geodata.Layer) bool { return l.Name == all.Name+"_"+as.Layer }) {
			return nil, invalid("query.layer", as.Layer, "the answer has no such layer: ask for it with detailed, zones or compare_border")
		}
		name := fmt.Sprintf("maillage-%s-%s-%s", plain(s.snapshot.Territory().ID), plain(r.Params.Service), plain(r.Params.Mode))
		out, err := file(ctx, all, name, as.Format, as.Layer)
		if err != nil {
			return nil, s.report(ctx, err)
		}
		return out, nil
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, s.report(ctx, err)
	}
	return &fileOutput{ContentType: "application/json", Body: body}, nil
}

// plain keeps what is safe in a file name everywhere.
func plain(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, id)
}
