package api_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/api"
	"github.com/maillage/maillage/geodata/anjou"
)

// TestPageInABrowser drives the built page with a real browser: test/page.mjs
// holds the checks, against the street and against the roads of the embedded
// territory. PAGE_SHOTS names a folder for its screenshots, PAGE_STEPS a part of
// the names of the steps to take, of those that open a page of their own.
func TestPageInABrowser(t *testing.T) {
	node, chromium := need(t)
	street := httptest.NewServer(handler(t, nil))
	defer street.Close()
	territory, err := anjou.Territory()
	if err != nil {
		t.Fatal(err)
	}
	country := httptest.NewServer(handler(t, func(cfg *api.Config) { cfg.Snapshot = territory }))
	defer country.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "test/page.mjs", street.URL, country.URL, chromium, os.Getenv("PAGE_SHOTS"), os.Getenv("PAGE_STEPS"))
	cmd.Dir = "web"
	out, err := cmd.CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// need returns the paths of node and chromium, or skips and says what is missing.
func need(t *testing.T) (node, chromium string) {
	t.Helper()
	var missing []string
	find := func(names ...string) string {
		for _, name := range names {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
		missing = append(missing, names[0])
		return ""
	}
	node, chromium = find("node"), find("chromium", "chromium-browser", "google-chrome")
	for path, made := range map[string]string{"web/node_modules/playwright-core": "npm ci", "web/dist/index.html": "make web", "web/test/page.mjs": "git checkout"} {
		if _, err := os.Stat(filepath.FromSlash(path)); err != nil {
			missing = append(missing, path+" ("+made+")")
		}
	}
	if len(missing) > 0 {
		t.Skipf("THE MAP PAGE IS NOT TESTED: missing %s", strings.Join(missing, ", "))
	}
	return node, chromium
}
