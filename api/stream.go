package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/registry"
)

// AnalysisProgress is how far an answer is and, of a search, the best until now with its bound.
type AnalysisProgress struct {
	Done  int `json:"done" doc:"of total; of a search in thousandths, what is not gap"`
	Total int `json:"total"`
	Found any `json:"found,omitempty" doc:"of a search: the best until now, with objective, bound, gap and status"`
}

// AnalysisAnswer is the analysis's own result.
type AnalysisAnswer struct {
	Result json.RawMessage `json:"result"`
}

// AnalysisProblem is why there is no answer.
type AnalysisProblem struct {
	Status   int    `json:"status" doc:"as if it were that of the response"`
	Detail   string `json:"detail"`
	Location string `json:"location,omitempty" doc:"the parameter at fault"`
}

type streamInput struct{ linkAnalysisInput }

// registerStream answers an analysis as a stream of events. Who goes away cancels it;
// who asks the same at once afterwards has the answer, in whatever form.
func (s *server) registerStream(a huma.API, cfg Config, x registry.Analysis, answers *results[registry.Answer]) {
	op := operation("follow"+camel(x.Name)+"Analysis", http.MethodGet, analysesPath+"/"+x.Name+"/stream", "analyses",
		x.Title.En+", as events: progress (of a search, with the best until now and its bound) and in the end answer or problem; closing the stream cancels the work")
	op.Parameters = queryParams(x)
	sse.Register(a, op, map[string]any{"progress": AnalysisProgress{}, "answer": AnalysisAnswer{}, "problem": AnalysisProblem{}},
		func(ctx context.Context, in *streamInput, send sse.Sender) {
			last := s.stream(ctx, cfg, x, answers, in, send)
			send.Data(last) //nolint:errcheck // nobody is there any more
		})
}

// stream sends progress, and returns what comes last.
func (s *server) stream(ctx context.Context, cfg Config, x registry.Analysis, answers *results[registry.Answer], in *streamInput, send sse.Sender) (last any) {
	params, err := x.FromWords(wordsOf(in.query))
	if err == nil {
		err = atOnce(x, params)
	}
	var answer registry.Answer
	if err == nil {
		answer, err = latest(ctx, func(ctx context.Context, tell func(registry.Progress)) (registry.Answer, error) {
			return cfg.Analyses(ctx, x, s.snapshot, params, tell)
		}, func(p registry.Progress) error { return send.Data(AnalysisProgress(p)) })
	}
	var body []byte
	if err == nil {
		body, err = answer.JSON()
	}
	switch bad := (*analyses.ParamError)(nil); {
	case errors.As(err, &bad):
		return AnalysisProblem{http.StatusUnprocessableEntity, bad.Err.Error(), "query." + bad.Param}
	case err != nil:
		return AnalysisProblem{Status: http.StatusInternalServerError, Detail: s.report(ctx, err).Error()}
	}
	answers.put(string(params), answer)
	return AnalysisAnswer{body}
}

// latest runs work and passes on what it tells, one at a time; what is told while
// another is on its way is replaced by what comes after. When passing on fails the
// work is cancelled.
func latest[P, A any](ctx context.Context, work func(context.Context, func(P)) (A, error), pass func(P) error) (answer A, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	news, done := make(chan P, 1), make(chan struct{})
	tell := func(p P) {
		for {
			select {
			case news <- p:
				return
			default:
			}
			select {
			case <-news:
			default:
			}
		}
	}
	go func() {
		defer close(done)
		for p := range news {
			if pass(p) != nil {
				cancel()
			}
		}
	}()
	answer, err = work(ctx, tell)
	close(news)
	<-done
	return answer, err
}
