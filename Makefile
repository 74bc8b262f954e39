# Maillage. `make help` lists what can be made.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
BIN     := bin/maillage
WEB     := api/web
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 60s
# The vector kernel of the travel-time sweep needs this on amd64; elsewhere its scalar twin runs.
SIMD    := $(if $(filter amd64,$(shell $(GO) env GOARCH)),GOEXPERIMENT=simd)

WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Build everything, show the embedded territory, write out/ and serve the map
	$(BIN) demo --out out

.PHONY: build
build: web ## Build the program, with the map page in it, as bin/maillage
	$(SIMD) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/maillage

.PHONY: web
web: $(WEB)/dist/index.html ## Build the map page

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	cd $(WEB) && npm run build
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	@.ci/needs tools
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

.PHONY: test
test: web ## Install what the tests need, then run all of them
	@.ci/needs tools test
	cd $(WEB) && npm run check
	@if [ -z "$${MAILLAGE_DATABASE_URL:-}" ] && .ci/needs db; then .ci/db $(MAKE) --no-print-directory test-go; else $(MAKE) --no-print-directory test-go; fi
	@$(MAKE) --no-print-directory notebooks

.PHONY: notebooks
notebooks: build ## Execute the notebooks in a virtual environment
	@.ci/notebooks

.PHONY: test-go
test-go: ## Run the Go tests alone; those that lack a tool or data skip and say so
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(SIMD) $(GO) test ./internal/roadgraph
	@log=$$(mktemp); status=0; $(GO) test -timeout 20m -v ./... >$$log 2>&1 || status=$$?; \
	  if [ $$status -ne 0 ]; then grep -v -E '^(=== |--- PASS|    --- PASS|PASS)' $$log; else grep -E '^(ok|\?|FAIL)' $$log | grep -v 'no test files'; fi; \
	  echo; echo 'Skipped:'; grep -A2 -E '^ *--- SKIP' $$log | grep -v '^--$$' || echo '  nothing'; \
	  rm -f $$log; exit $$status

.PHONY: race
race: ## Run the Go tests with the race detector
	$(GO) test -race ./...

.PHONY: lint
lint: ## Run the linters
	$(GO) run $(LINT) run ./...

.PHONY: bench
bench: ## Run the benchmarks
	$(SIMD) $(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-peers
bench-peers: ## Compare speed and times with pgRouting, OSRM, Valhalla and pandana, and the search with CBC
	@$(SIMD) .ci/bench-peers

.PHONY: bench-large
bench-large: ## Measure the engine on 12 million junctions (half an hour, 6 GiB)
	MAILLAGE_BENCH_LARGE=1 $(SIMD) $(GO) test -run '^$$' -bench Engine -benchtime 0.3s -timeout 2h -v ./analyses/traveltime

.PHONY: bench-tours
bench-tours: ## Hold team orienteering against the best scores of the literature (half an hour)
	MAILLAGE_BENCH_LARGE=1 $(GO) test -run '^$$' -bench Literature -benchtime 1x -timeout 90m -v ./internal/tours

.PHONY: bench-import
bench-import: ## Import grids as large as a country into PostGIS and a GeoPackage (ten minutes, 3 GB of disk)
	@.ci/needs tools
	@.ci/bench-import

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (60s)
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg; \
	  done; \
	done

.PHONY: torture
torture: ## Kill imports, workers and runs at 50 seeded points on both stores (long)
	@.ci/needs db
	@.ci/db env MAILLAGE_TORTURE=1 $(GO) test -run 'Kill|Survive|WakeUp' -count=1 -timeout 1h -v ./internal/store/... ./internal/jobs ./cmd/maillage

.PHONY: golden
golden: ## Rewrite the golden files after a change that is meant
	$(GO) test $$(grep -rlE --include='*_test.go' 'flag.Bool\("update"|goldie' . | xargs -r -n1 dirname | sort -u) -update

.PHONY: db
db: ## Run a throwaway PostGIS until Ctrl-C; print its URL
	@.ci/needs db
	@.ci/db

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin out $(WEB)/node_modules
	find $(WEB)/dist -mindepth 1 -not -name .gitkeep -delete
