package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/internal/store/ledger"
)

const runsPath = "/api/v1/runs"

// Runs is what a server needs to offer runs about its territory.
type Runs struct {
	Queue   Queue
	Vintage string // of Config.Snapshot, as stored
	By      string // who asks, for the audit log: the API does not know people
}

// Queue takes runs in and tells of them. It is a jobs.Queue, whose package this
// one leaves alone because it brings a library of queues along.
type Queue interface {
	Submit(ctx context.Context, r ledger.Request) (run ledger.Run, fresh bool, err error)
	Retry(ctx context.Context, id, by string) (run ledger.Run, fresh bool, err error)
	Cancel(ctx context.Context, id, by string) (ledger.Run, error)
	Ledger() *ledger.Ledger
}

// Run is a ledger.Run without what is the operator's: who asked, which machine answers.
type Run struct {
	ID          string          `json:"id"`
	Analysis    string          `json:"analysis"`
	Params      json.RawMessage `json:"params" doc:"the analysis's parameters"`
	Part        json.RawMessage `json:"part,omitempty" doc:"EPCI and buffer, where the run is about a part of the territory"`
	Vintage     string          `json:"vintage"`
	Snapshot    string          `json:"snapshot" doc:"id of the data the run is about"`
	Version     string          `json:"version" doc:"of the program that answers"`
	State       ledger.State    `json:"state" enum:"queued,running,done,failed,cancelled" doc:"the last three are final"`
	Cancelling  bool            `json:"cancelling,omitempty" doc:"somebody asked to cancel it, and its worker has not stopped yet"`
	Attempt     int             `json:"attempt" doc:"from 1"`
	MaxAttempts int             `json:"max_attempts"`
	Priority    int             `json:"priority" doc:"1 (first) to 4"`
	Timeout     string          `json:"timeout" doc:"time that one attempt may take" example:"1h0m0s"`
	Done        int64           `json:"done" doc:"progress of the attempt: done of total"`
	Total       int64           `json:"total" doc:"0 while nothing is known"`
	Error       string          `json:"error,omitempty" doc:"of the last attempt that failed"`
	Created     time.Time       `json:"created"`
	Started     time.Time       `json:"started,omitzero" doc:"of the last attempt that began"`
	Finished    time.Time       `json:"finished,omitzero" doc:"when the state became final"`
}

func describeRun(r ledger.Run) Run {
	return Run{
		ID: r.ID, Analysis: r.Analysis, Params: r.Params, Part: r.Part, Vintage: r.Vintage, Snapshot: r.Snapshot, Version: r.Version,
		State: r.State, Cancelling: r.Cancelling, Attempt: r.Attempt, MaxAttempts: r.MaxAttempts, Priority: r.Priority, Timeout: r.Timeout.String(),
		Done: r.Done, Total: r.Total, Error: r.Error, Created: r.Created, Started: r.Started, Finished: r.Finished,
	}
}

// RunLine is a line of a run's log.
type RunLine struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
}

// RunQuestion asks for a run.
type RunQuestion struct {
	Analysis string    `json:"analysis" doc:"name of an analysis, as /api/v1/analyses lists them" example:"coverage"`
	Params   RunParams `json:"params"`
	Priority int       `json:"priority,omitempty" minimum:"1" maximum:"4" default:"2" doc:"1 comes first, 4 last"`
	Timeout  string    `json:"timeout,omitempty" default:"1h" doc:"time that one attempt may take, with its unit" example:"30m"`
}

// RunParams are parameters as the analysis reads them.
type RunParams struct{ json.RawMessage }

// Schema says that they are an object; registry.Analysis.Params says which.
func (RunParams) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]any{"service": "creche", "within": []any{"10m", "15m"}}},
		Description: "the analysis's parameters, named as in its own operation (an isochrone's point is at: [longitude, latitude]); those left out have its defaults",
	}
}

type runOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Run
}

type runsOutput struct{ Body []Run }

type runLogOutput struct{ Body []RunLine }

type runResultOutput struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

type runInput struct {
	ID string `path:"id" maxLength:"64" doc:"run"`
}

type askRunInput struct{ Body RunQuestion }

type listRunsInput struct {
	State []string `query:"state" enum:"queued,running,done,failed,cancelled" maxItems:"5" doc:"only runs in these states, separated by commas"`
	Limit int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many at most"`
}

type runResultInput struct {
	ID          string   `path:"id" maxLength:"64" doc:"run"`
	IfNoneMatch []string `header:"If-None-Match" doc:"ETag of an answer the client has"`
}

// runs answers about the runs of a server.
type runs struct {
	*server
	Runs
}

func (s *server) registerRuns(a huma.API, r Runs) {
	x := runs{s, r}
	one := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Run](), true, "")
	register(a, "askRun", http.MethodPost, "", "Ask for an analysis that is queued, survives crashes, and is answered once: who asks again gets the same run",
		map[int]string{200: "The answer is there already", 202: "The run is queued or under way"}, one, x.submit,
		http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge)
	register(a, "listRuns", http.MethodGet, "", "Runs about the territory, the newest first", nil, nil, x.list, http.StatusUnprocessableEntity)
	register(a, "getRun", http.MethodGet, "/{id}", "How a run stands", nil, nil, x.get, http.StatusNotFound)
	register(a, "getRunLog", http.MethodGet, "/{id}/log", "What a run and its workers said", nil, nil, x.log, http.StatusNotFound)
	register(a, "getRunResult", http.MethodGet, "/{id}/result", "The answer of a run that is done, as it is stored; its ETag is the answer's SHA-256",
		map[int]string{200: "The analysis's own result; that of coverage and uncertainty is as their operations describe it", 304: "The client has it"},
		&huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, x.result, http.StatusNotFound, http.StatusConflict)
	register(a, "cancelRun", http.MethodDelete, "/{id}", "Cancel a run; one that has ended stays as it is",
		map[int]string{200: "The run has ended", 202: "Its worker will stop it within a second"}, one, x.cancel, http.StatusForbidden, http.StatusNotFound)
	register(a, "retryRun", http.MethodPost, "/{id}/retry", "Ask the question of a failed or cancelled run again",
		map[int]string{200: "The answer is there already", 202: "The run is queued or under way"}, one, x.retry,
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
}

// register adds an operation under runsPath, whose success has the given
// statuses and schema; without statuses what its output says.
func register[I, O any](a huma.API, id, method, path, summary string, success map[int]string, schema *huma.Schema, answer func(context.Context, *I) (*O, error), failures ...int) {
	o := operation(id, method, runsPath+path, "runs", summary)
	o.MaxBodyBytes = maxBody
	o.Errors = append(o.Errors, failures...)
	for status, text := range success {
		if o.Responses == nil {
			o.Responses = map[string]*huma.Response{}
		}
		r := &huma.Response{Description: text}
		if status != http.StatusNotModified {
			r.Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
		}
		o.Responses[fmt.Sprint(status)] = r
	}
	o.DefaultStatus = http.StatusOK
	huma.Register(a, o, answer)
}

func (x runs) submit(ctx context.Context, in *askRunInput) (*runOutput, error) {
	q := in.Body
	timeout, err := time.ParseDuration(q.Timeout)
	if err != nil || timeout < time.Second || timeout > 24*time.Hour {
		return nil, invalid("body.timeout", q.Timeout, fmt.Sprintf("timeout %q: want a duration with its unit between 1s and 24h, such as 30m", q.Timeout))
	}
	params, err := x.check(ctx, q.Analysis, q.Params.RawMessage)
	if bad := (*analyses.ParamError)(nil); errors.As(err, &bad) {
		return nil, invalid(paramLocation(bad.Param), nil, bad.Error())
	}
	if err != nil {
		return nil, x.report(ctx, err)
	}
	run, _, err := x.Queue.Submit(ctx, ledger.Request{By: x.By, Priority: q.Priority, Timeout: timeout, Question: ledger.Question{
		Analysis: q.Analysis, Territory: x.snapshot.Territory().ID, Vintage: x.Vintage, Snapshot: x.snapshot.ID(), Params: params, Version: x.version}})
	if errors.Is(err, ledger.ErrRequest) {
		return nil, newProblem(http.StatusUnprocessableEntity, err.Error())
	}
	return x.answered(ctx, run, err)
}

func paramLocation(param string) string {
	if param == "analysis" || param == "params" {
		return "body." + param
	}
	return "body.params." + param
}

// check returns parameters as they are asked. What the analysis finds wrong with
// them before it begins to work is an error now and not a run that fails: it is
// asked with no time to answer. The rest, such as a point away from all roads, it
// says when it runs.
func (x runs) check(ctx context.Context, analysis string, raw []byte) (json.RawMessage, error) {
	a, err := registry.Get(analysis)
	if err != nil {
		return nil, err
	}
	params, err := a.Params(raw)
	if err != nil {
		return nil, err
	}
	noTime, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := a.Run(noTime, x.snapshot, traveltime.NewNetworks(""), params, nil); errors.Is(err, analyses.ErrParams) {
		return nil, err
	}
	return params, nil
}

// answered is a run that was asked for: 202 until it is done.
func (x runs) answered(ctx context.Context, run ledger.Run, err error) (*runOutput, error) {
	if err != nil {
		return nil, x.report(ctx, err)
	}
	out := &runOutput{Status: http.StatusAccepted, Location: runsPath + "/" + run.ID, Body: describeRun(run)}
	if run.State == ledger.Done {
		out.Status = http.StatusOK
	}
	return out, nil
}

func (x runs) list(ctx context.Context, in *listRunsInput) (*runsOutput, error) {
	f := ledger.Filter{Territory: x.snapshot.Territory().ID, Limit: in.Limit}
	for _, state := range in.State {
		f.States = append(f.States, ledger.State(state))
	}
	all, err := x.Queue.Ledger().Runs(ctx, f)
	if err != nil {
		return nil, x.report(ctx, err)
	}
	out := &runsOutput{Body: []Run{}}
	for _, r := range all {
		out.Body = append(out.Body, describeRun(r))
	}
	return out, nil
}

// find returns a run about the territory that is served: a database may hold others.
func (x runs) find(ctx context.Context, id string) (ledger.Run, error) {
	run, err := x.Queue.Ledger().Run(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && run.Territory != x.snapshot.Territory().ID {
		return run, newProblem(http.StatusNotFound, fmt.Sprintf("no run %q about this territory; %s lists them", id, runsPath))
	}
	if err != nil {
		err = x.report(ctx, err)
	}
	return run, err
}

func (x runs) get(ctx context.Context, in *runInput) (*runOutput, error) {
	run, err := x.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &runOutput{Status: http.StatusOK, Body: describeRun(run)}, nil
}

func (x runs) log(ctx context.Context, in *runInput) (*runLogOutput, error) {
	if _, err := x.find(ctx, in.ID); err != nil {
		return nil, err
	}
	lines, err := x.Queue.Ledger().RunLog(ctx, in.ID)
	if err != nil {
		return nil, x.report(ctx, err)
	}
	out := &runLogOutput{Body: []RunLine{}}
	for _, line := range lines {
		out.Body = append(out.Body, RunLine(line))
	}
	return out, nil
}

func (x runs) result(ctx context.Context, in *runResultInput) (*runResultOutput, error) {
	run, err := x.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if run.State != ledger.Done {
		p := newProblem(http.StatusConflict, noResult(run))
		p.Errors = []*huma.ErrorDetail{{Location: "state", Value: run.State, Message: "want done"}}
		return nil, p
	}
	body, hash, err := x.Queue.Ledger().Result(ctx, run.Key)
	if err != nil {
		return nil, x.report(ctx, err)
	}
	out := &runResultOutput{Status: http.StatusOK, ContentType: "application/json", Body: body, CacheControl: "no-cache",
		ETag: `W/"` + hash + `"`} // weak: gzip and plain bodies share it
	if matches(in.IfNoneMatch, out.ETag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

func noResult(run ledger.Run) string {
	switch run.State {
	case ledger.Failed:
		return fmt.Sprintf("run %s failed, so it has no result: %s", run.ID, run.Error)
	case ledger.Cancelled:
		return fmt.Sprintf("run %s was cancelled, so it has no result", run.ID)
	}
	return fmt.Sprintf("run %s is %s: its result is here when it is done", run.ID, run.State)
}

func (x runs) cancel(ctx context.Context, in *runInput) (*runOutput, error) {
	if _, err := x.find(ctx, in.ID); err != nil {
		return nil, err
	}
	run, err := x.Queue.Cancel(ctx, in.ID, x.By)
	if err != nil {
		return nil, x.report(ctx, err)
	}
	out := &runOutput{Status: http.StatusOK, Body: describeRun(run)}
	if !run.State.Final() {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

func (x runs) retry(ctx context.Context, in *runInput) (*runOutput, error) {
	if _, err := x.find(ctx, in.ID); err != nil {
		return nil, err
	}
	run, _, err := x.Queue.Retry(ctx, in.ID, x.By)
	if errors.Is(err, ledger.ErrRequest) {
		return nil, newProblem(http.StatusConflict, err.Error())
	}
	return x.answered(ctx, run, err)
}

// runsApart spares answers about runs what a middleware does to those that never
// change, and lets no page of a foreign origin ask for runs: some requests need
// no leave of the browser's, and a run is work.
func (s *server) runsApart(unchanging func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		others := unchanging(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != runsPath && !strings.HasPrefix(r.URL.Path, runsPath+"/") {
				others.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Cache-Control", "no-store")
			if r.Method != http.MethodGet && r.Method != http.MethodHead && !s.welcome(r) {
				writeProblem(w, newProblem(http.StatusForbidden, fmt.Sprintf("pages of %s may not change runs", r.Header.Get("Origin"))))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
