// Package api serves a territory over HTTP: what is there (communes, cells,
// facilities, roads), who is reached (coverage), what lies around a point
// (isochrones), by which roads one gets there (routes), and the map page.
//
// It knows HTTP only. A request is decoded into the analysis's Params, answered
// from a bounded store of results or by one run that all equal requests share,
// and written by an encoder. Work stops when the last client waiting for it has
// gone. Sites are tried live over a WebSocket (live.go; LIVE.md describes its
// messages). Every error leaves as a problem document (RFC 9457), written in errors.go.
//
// The description of the API is generated from the Go types (OpenAPI 3.1 at
// /openapi.json, 3.0 at /openapi-3.0.json) and can be read at /api/docs.
package api
