package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/internal/store/ledger"
)

// TestAFileWithoutALedger asks a file that was only ever read: every question says
// so, with the file's name and what makes a ledger.
func TestAFileWithoutALedger(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plain.gpkg")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE territory (id text)"); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(db, ledger.SQLite)
	for what, ask := range map[string]func(context.Context) error{
		"Runs":             func(ctx context.Context) error { _, err := l.Runs(ctx, ledger.Filter{}); return err },
		"Run":              func(ctx context.Context) error { _, err := l.Run(ctx, "x"); return err },
		"RunLog":           func(ctx context.Context) error { _, err := l.RunLog(ctx, "x"); return err },
		"Result":           func(ctx context.Context) error { _, _, err := l.Result(ctx, "x"); return err },
		"Entries":          func(ctx context.Context) error { _, err := l.Entries(ctx, ledger.EntryFilter{}); return err },
		"Scenario":         func(ctx context.Context) error { _, err := l.Scenario(ctx, "x", "y", 0); return err },
		"ScenarioByID":     func(ctx context.Context) error { _, err := l.ScenarioByID(ctx, "x"); return err },
		"Scenarios":        func(ctx context.Context) error { _, err := l.Scenarios(ctx, ""); return err },
		"ScenarioVersions": func(ctx context.Context) error { _, err := l.ScenarioVersions(ctx, "x", "y"); return err },
		"Workers":          func(ctx context.Context) error { _, err := l.Workers(ctx, time.Minute); return err },
		"Leave":            func(ctx context.Context) error { return l.Leave(ctx, "x") },
	} {
		err := ask(t.Context())
		if !errors.Is(err, ledger.ErrNoLedger) || errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNoLedger", what, err)
			continue
		}
		for _, words := range []string{file + " has no ledger of runs, scenarios and changes", "maillage migrate --on " + file + " makes one"} {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %q does not say %q", what, err, words)
			}
		}
		if strings.Contains(err.Error(), "no such table") {
			t.Errorf("%s: %q speaks SQL", what, err)
		}
	}
	to := onSQLite(t)
	if err := ledger.Copy(t.Context(), l, to); err != nil {
		t.Error("there is nothing to copy:", err)
	}
	if err := l.Record(t.Context(), ledger.Entry{}); err == nil {
		t.Error("reading has made a ledger")
	}
}
