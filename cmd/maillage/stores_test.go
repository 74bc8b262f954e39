package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
)

// command runs a command that has to succeed, and returns what it printed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatalf("maillage %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// The embedded territory goes into PostGIS twice, beside another one; a backup, a
// restored file and a restored database then say of themselves what the first
// one says, and answer alike to the last byte.
func TestABackupGivesEverythingBack(t *testing.T) {
	dir := t.TempDir()
	first, second := pgtest.URL(t), pgtest.URL(t)
	backup, file, again := filepath.Join(dir, "backup.gpkg"), filepath.Join(dir, "restored.gpkg"), filepath.Join(dir, "again.gpkg")
	town := []string{"--roads", writeTown(t, dir), "-q"}
	command(t, append([]string{"import", "--into", first, "--id", "A", "--name", "Ville", "--label", "old"}, town...)...)
	command(t, append([]string{"import", "--into", first, "--id", "A", "--name", "Ville neuve", "--label", "new"}, town...)...)
	command(t, append([]string{"import", "--into", first, "--id", "B"}, town...)...)
	command(t, "backup", "-q", "--on", first, "--out", backup)
	command(t, "restore", "-q", backup, "--into", file)
	command(t, "restore", "-q", file, "--into", second)
	command(t, "backup", "-q", "--on", second, "--out", again)
	want := command(t, "territories", "--on", first, "--json")
	if strings.Count(want, `"vintage"`) != 3 || strings.Count(want, `"current": true`) != 2 {
		t.Fatalf("three vintages of two territories were stored, listed are\n%s", want)
	}
	for _, target := range []string{backup, file, second, again} {
		if got := command(t, "territories", "--on", target, "--json"); got != want {
			t.Errorf("%s lists\n%s\nwant\n%s", target, got, want)
		}
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"restore", "-q", backup, "--into", second}, &out, &errs); code != exitError || !strings.Contains(errs.String(), "not empty") {
		t.Errorf("restoring into a database that holds something: exit %d, %s", code, errs.String())
	}
}

func TestAPasswordIsNotShown(t *testing.T) {
	url := strings.Replace(pgtest.URL(t), "maillage@", "maillage:s3cret@", 1)
	dir := t.TempDir()
	var out, errs strings.Builder
	args := []string{"import", "--into", url, "--id", "A", "--roads", writeTown(t, dir)}
	if code := run(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatal(errs.String())
	}
	run(t.Context(), args, &out, &errs)                                                // stored already
	run(t.Context(), []string{"territories", "--on", url}, &out, &errs)                //
	run(t.Context(), []string{"coverage", "--on", url, "--service", "x"}, &out, &errs) // no such service
	if said := out.String() + errs.String(); strings.Contains(said, "s3cret") || !strings.Contains(said, "is stored already") {
		t.Errorf("said: %s", said)
	}
}

func writeTown(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "roads.geojson")
	if err := os.WriteFile(path, []byte(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"highway":"residential"},"geometry":{"type":"LineString","coordinates":[[0,47],[0.01,47],[0.02,47]]}}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
