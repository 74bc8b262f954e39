package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maillage/maillage/analyses"
)

// statusClientGone is logged when nobody waits for the answer any more.
const statusClientGone = 499

// problem gives an error its status and a text that is safe to show. Errors
// that are not the client's are logged in full by the caller of report.
func problem(err error) *huma.ErrorModel {
	var model *huma.ErrorModel
	switch {
	case errors.As(err, &model):
		return model
	case errors.Is(err, analyses.ErrParams):
		return newProblem(http.StatusUnprocessableEntity, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "the answer took longer than the server allows; try again in a moment")
	case errors.Is(err, context.Canceled):
		p := newProblem(statusClientGone, "the client closed the request")
		p.Title = "Client Closed Request"
		return p
	}
	return newProblem(http.StatusInternalServerError, "the server failed; its log says why, under the request id of this response")
}

func newProblem(status int, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
}

// invalid is the problem of one wrong value: where it stands, what would be right.
func invalid(location string, value any, reason string) *huma.ErrorModel {
	p := newProblem(http.StatusUnprocessableEntity, reason)
	p.Errors = []*huma.ErrorDetail{{Location: location, Value: value, Message: reason}}
	return p
}

// report logs what only the operator may read and returns the problem to send.
func (s *server) report(ctx context.Context, err error) error {
	p := problem(err)
	if p.Status == http.StatusInternalServerError {
		s.log.ErrorContext(ctx, "request failed", "request", requestID(ctx), "error", err)
	}
	return p
}

// writeProblem sends a problem outside of the routes that huma answers.
func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) //nolint:errcheck // the client is gone
}
