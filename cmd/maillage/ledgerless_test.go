package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A file that was imported and only read since has no ledger. Whoever asks for
// its runs is told so, in whatever language; it can be backed up; and what writes
// gives it one.
func TestAFileThatNobodyAskedAnythingOf(t *testing.T) {
	v := newVillage(t)
	file, backup := filepath.Join(t.TempDir(), "village.gpkg"), filepath.Join(t.TempDir(), "backup.gpkg")
	done(t, v.args(file, "-q")...)
	for _, args := range [][]string{{"runs", "list"}, {"runs", "show", "x"}, {"runs", "log", "x"}} {
		a := refused(t, exitError, file+" has no ledger of runs|maillage migrate --on "+file+" makes one", append(args, "--on", file)...)
		if strings.Contains(a.err, "SQL") {
			t.Errorf("maillage %v speaks SQL: %s", args, a.err)
		}
	}
	question := []string{"coverage", "--service", "creche", "--mode", "foot", "--within", "15m", "--json", "--on"}
	want := done(t, append(question, file)...).out
	done(t, "backup", "-q", "--on", file, "--out", backup)
	if got := done(t, append(question, backup)...).out; got != want || !strings.Contains(got, "49901") {
		t.Errorf("the backup answers\n%s\nwant\n%s", got, want)
	}
	done(t, "migrate", "-q", "--on", file)
	if got := done(t, "runs", "list", "--on", file, "--json").out; strings.TrimSpace(got) != "[]" {
		t.Errorf("runs: %s, want none", got)
	}
	refused(t, exitError, `run "x": not found`, "runs", "show", "x", "--on", file)
}
