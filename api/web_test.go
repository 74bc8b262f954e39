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
)

// TestPageInABrowser drives the built page with a real browser: test/page.mjs
// holds the checks. PAGE_SHOTS names a folder for its screenshots.
func TestPageInABrowser(t *testing.T) {
	node, chromium := need(t)
	server := httptest.NewServer(handler(t, nil))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "test/page.mjs", server.URL, chromium, os.Getenv("PAGE_SHOTS"))
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
	for path, made := range map[string]string{"web/node_modules/playwright-core": "npm ci", "web/dist/index.html": "make web"} {
		if _, err := os.Stat(filepath.FromSlash(path)); err != nil {
			missing = append(missing, path+" ("+made+")")
		}
	}
	if len(missing) > 0 {
		t.Skipf("THE MAP PAGE IS NOT TESTED: missing %s", strings.Join(missing, ", "))
	}
	return node, chromium
}
