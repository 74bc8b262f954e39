// Package archtest keeps the direction of imports: cmd → api → analyses →
// geodata, engines under internal that know arrays and numbers only, and each
// heavy library in one place. CONTRIBUTING.md says why.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/maillage/maillage"

// mayImport says which packages of ours a package may import, the first
// matching prefix deciding. "" is the module's root, "std" nothing but the
// standard library.
var mayImport = []struct{ prefix, allowed string }{
	{"cmd/", "api analyses geodata internal"},
	{"api", "api analyses geodata internal/gpkg internal/store internal/jobs"},
	{"analyses", "analyses geodata internal/roadgraph internal/transit internal/optimise internal/tours internal/store/atomicfile"},
	{"geodata/load", "geodata"},
	{"geodata/fetch", "geodata"},
	{"geodata/anjou", "geodata"},
	{"geodata/", "geodata"},
	{"geodata", ""},
	{"internal/roadgraph", "std"},
	{"internal/transit", "std"},
	{"internal/optimise/capacitated", "internal/optimise"}, // the same words for sites and answers, and flow
	{"internal/optimise", "std"},
	{"internal/tours", "std"},
	{"internal/store/ledger", "std"},
	{"internal/store/storetest", "analyses geodata internal/store internal/towntest"},
	{"internal/store", "geodata internal/gpkg internal/store"},
	{"internal/jobs", "geodata internal/store"},
	{"internal/gpkg", "geodata internal/store/atomicfile"},
	{"internal/towntest", "geodata"},
	{"internal/griddata", "std"},
	{"internal/pgtest", ""},
	{"internal/archtest", "std"},
}

// onlyIn names where a library may be imported; a prefix ending in / covers what lies below.
var onlyIn = map[string][]string{
	"github.com/jackc/pgx/":           {"internal/store/postgis", "internal/jobs", "internal/pgtest"}, // jobs: the driver of its queue
	"github.com/twpayne/pgx-geom":     {"internal/store/postgis"},
	"github.com/alecthomas/kong":      {"cmd/maillage"},
	"github.com/schollz/progressbar/": {"cmd/maillage"},
	"github.com/danielgtaylor/huma/":  {"api"},
	"github.com/go-chi/":              {"api"},
	"github.com/coder/websocket":      {"api"},
	"modernc.org/sqlite":              {"internal/gpkg", "internal/store/geopackage", "geodata/load"},
	"github.com/pressly/goose/":       {"internal/store/postgis", "internal/store/geopackage"},
	"github.com/riverqueue/river":     {"internal/jobs"},
	"github.com/paulmach/osm":         {"geodata/load"},
	module + "/analyses/registry":     {"cmd/maillage", "api"}, // an analysis knows of no others but those it is made of
	// An analysis is asked in a scenario by being given a world: it knows of none.
	module + "/analyses/scenario": {"analyses/registry", "analyses/compare", "analyses/study", "analyses/siting", "cmd/maillage", "api"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) (out []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, ruled := rule(from)
		if !ruled {
			t.Errorf("%s: no rule says what this package may import; add one", from)
		}
		for _, imported := range p.Imports {
			seen++
			if to, ours := strings.CutPrefix(imported, module+"/"); ours {
				if !within(to, allowed) {
					t.Errorf("%s imports %s: it may import %q only", from, to, allowed)
				}
			} else if allowed == "std" && strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s imports %s: it may use the standard library only", from, imported)
			}
			for library, homes := range onlyIn {
				if strings.HasPrefix(imported, library) && !within(from, strings.Join(homes, " ")) {
					t.Errorf("%s imports %s: only %v may", from, imported, homes)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d imports were seen: the test does not look at the module", seen)
	}
}

func rule(from string) (allowed string, ok bool) {
	for _, r := range mayImport {
		if from == r.prefix || strings.HasPrefix(from, strings.TrimSuffix(r.prefix, "/")+"/") {
			return r.allowed, true
		}
	}
	return "", false
}

func within(path, prefixes string) bool {
	for prefix := range strings.FieldsSeq(prefixes) {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}
