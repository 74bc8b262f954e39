package api

import (
	"cmp"
	"context"
	_ "embed" // for the description
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
	"github.com/klauspost/compress/gzhttp"

	"github.com/maillage/maillage/analyses"
	"github.com/maillage/maillage/analyses/coverage"
	"github.com/maillage/maillage/analyses/isochrone"
	"github.com/maillage/maillage/analyses/registry"
	"github.com/maillage/maillage/analyses/route"
	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/uncertainty"
	"github.com/maillage/maillage/analyses/whatif"
	"github.com/maillage/maillage/geodata"
)

// Config is what a server needs. Snapshot and Coverage are required.
type Config struct {
	Snapshot *geodata.Snapshot
	// Coverage answers a question; errors that are the client's wrap analyses.ErrParams.
	Coverage func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*coverage.Result, error)
	// WhatIf begins a session of steps from the same question; without it nothing answers at /api/v1/live.
	WhatIf func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error)
	// Isochrone and Route answer what lies around a point and by which roads one
	// gets there; without them nothing answers at /api/v1/isochrones and /api/v1/routes.
	Isochrone func(ctx context.Context, s *geodata.Snapshot, p isochrone.Params) (*isochrone.Result, error)
	Route     func(ctx context.Context, s *geodata.Snapshot, p route.Params) (*route.Result, error)
	// Uncertainty answers how sure a coverage is; without it nothing answers at /api/v1/uncertainty.
	Uncertainty func(ctx context.Context, s *geodata.Snapshot, p uncertainty.Params) (*uncertainty.Result, error)
	// Analyses answers any analysis by its name, with parameters as JSON; without it
	// nothing answers at /api/v1/analyses. Many goroutines may tell.
	Analyses func(ctx context.Context, a registry.Analysis, s *geodata.Snapshot, params []byte, tell func(registry.Progress)) (registry.Answer, error)
	// Runs takes questions that are queued and answered by workers; without it
	// nothing answers at /api/v1/runs.
	Runs *Runs

	Version string        // of the program; "dev" when empty
	Logger  *slog.Logger  // slog.Default when nil
	Timeout time.Duration // for one request; a minute when zero
	// Origins are the web origins other than its own whose pages may call the API; none by default.
	Origins []string
	// Page holds the files of the map page; the embedded ones when nil.
	Page fs.FS
}

const (
	maxBody     = 1 << 20 // bytes of a request
	keptResults = 32      // a result of 13,000 cells takes about a megabyte
)

type server struct {
	snapshot *geodata.Snapshot
	version  string
	log      *slog.Logger
	files    fs.FS
	about    TerritorySummary
	coverage *results[*coverage.Result]
	whatIf   func(ctx context.Context, s *geodata.Snapshot, p coverage.Params) (*whatif.Session, error)
	timeout  time.Duration
	origins  []string
	sockets  *gate
}

//go:embed LIVE.md
var liveDescription string

func newServer(cfg Config) (*server, error) {
	if cfg.Snapshot == nil || cfg.Coverage == nil {
		return nil, errors.New("api: Config.Snapshot and Config.Coverage are required")
	}
	cfg.Snapshot = secrecy.Protect(cfg.Snapshot)
	s := &server{
		snapshot: cfg.Snapshot, version: cmp.Or(cfg.Version, "dev"), log: cfg.Logger, files: cfg.Page,
		about:  describe(cfg.Snapshot, cmp.Or(cfg.Version, "dev")),
		whatIf: cfg.WhatIf, timeout: cmp.Or(cfg.Timeout, time.Minute), origins: cfg.Origins, sockets: newGate(),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.files == nil {
		s.files = page()
	}
	s.coverage = answered(keptResults, func(ctx context.Context, p coverage.Params) (*coverage.Result, error) {
		return cfg.Coverage(ctx, s.snapshot, p)
	})
	return s, nil
}

// New returns the handler of the API and the map page.
func New(cfg Config) (http.Handler, error) {
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	router := chi.NewRouter()
	gzip, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypeFilter(compressible))
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	router.Use(identify, logged(s.log), secured)
	if len(cfg.Origins) > 0 {
		router.Use(cors.Handler(cors.Options{
			AllowedOrigins: cfg.Origins, AllowedMethods: []string{"GET", "HEAD", "POST", "DELETE"},
			AllowedHeaders: []string{"Content-Type"}, ExposedHeaders: []string{"ETag", "X-Request-Id", "Content-Disposition", "Location"},
		}))
	}
	if s.whatIf != nil {
		router.Use(s.liveQuestions)
	}
	router.Use(func(next http.Handler) http.Handler { return gzip(next) },
		s.recovered, limited(s.timeout, maxBody), middleware.GetHead)
	router.NotFound(s.other)
	router.MethodNotAllowed(methodNotAllowed(router))
	router.Get("/healthz", healthy)
	api := router.With(s.runsApart(tagged(s.snapshot.ID(), s.version)))
	if err := serveDescription(api, s.routes(api, cfg)); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return router, nil
}

// NewServer returns an HTTP server for the handler with limits that keep slow
// or idle clients from holding connections. Shutdown is the caller's.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
}

// routes registers the operations and returns their description.
func (s *server) routes(router chi.Router, config Config) *huma.OpenAPI {
	cfg := huma.DefaultConfig("Maillage", s.version)
	// The description is encoded once, below; no `$schema` may enter a GeoJSON
	// body; the documentation page is our own.
	cfg.CreateHooks, cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = nil, "", "", ""
	cfg.Info.Description = "Where should a public service open next, and whom does it reach?\n\n" + liveDescription
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Components.Schemas = schemas()
	a := humachi.New(router, cfg)
	s.registerTerritory(a)
	s.registerLayers(a)
	s.registerCoverage(a)
	s.registerAround(a, config)
	if config.Uncertainty != nil {
		s.registerUncertainty(a, config)
	}
	if config.Analyses != nil {
		s.registerAnalyses(a, config)
	}
	if config.Runs != nil {
		s.registerRuns(a, *config.Runs)
	}
	completeSchemas(a.OpenAPI())
	return a.OpenAPI()
}

func serveDescription(router chi.Router, o *huma.OpenAPI) error {
	current, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("OpenAPI: %w", err)
	}
	older, err := o.Downgrade()
	if err != nil {
		return fmt.Errorf("OpenAPI 3.0: %w", err)
	}
	for path, doc := range map[string]struct {
		body    []byte
		version string
	}{"/openapi.json": {current, "3.1"}, "/openapi-3.0.json": {older, "3.0"}} {
		router.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version="+doc.version)
			w.Write(doc.body) //nolint:errcheck // the client is gone
		})
	}
	return nil
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n")) //nolint:errcheck // the client is gone
}

// other answers what no route does: the page's files, or 404.
func (s *server) other(w http.ResponseWriter, r *http.Request) {
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && static(s.files, w, r) {
		return
	}
	writeProblem(w, newProblem(http.StatusNotFound, fmt.Sprintf("nothing is at %s; /openapi.json lists what there is", r.URL.Path)))
}

func methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if routes.Match(chi.NewRouteContext(), m, r.URL.Path) || (m == "HEAD" && slices.Contains(allowed, "GET")) {
				allowed = append(allowed, m)
			}
		}
		list := strings.Join(allowed, ", ")
		w.Header().Set("Allow", list)
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, fmt.Sprintf("%s does not answer %s; allowed: %s", r.URL.Path, r.Method, list)))
	}
}

// compressible leaves alone what is compressed already.
func compressible(contentType string) bool {
	for _, t := range []string{"text/", "json", "javascript", "svg", "xml"} {
		if strings.Contains(contentType, t) {
			return true
		}
	}
	return false
}

// provenance says where the territory's own layers come from.
func (s *server) provenance() analyses.Provenance {
	return analyses.Provenance{
		Territory: s.snapshot.Territory(), Snapshot: s.snapshot.ID(), Version: s.version, Sources: s.snapshot.Sources(),
	}
}
