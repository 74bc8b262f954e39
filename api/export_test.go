package api

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// Description returns the API's description with its schemas, for the tests to validate against.
func Description(cfg Config) (*huma.OpenAPI, error) {
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	return s.routes(chi.NewRouter(), cfg), nil
}
