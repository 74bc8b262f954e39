package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mountSmall mounts a file system in memory, which only root may.
func mountSmall(t *testing.T, flags uintptr, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, "size="+size); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: mounting a small file system needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) }) //nolint:errcheck // best effort
	return dir
}

func TestFullDisk(t *testing.T) {
	file, dir := territory(t), mountSmall(t, 0, "32k")
	out := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		newVillage(t).args(out("v.gpkg")),
		{"coverage", "--on", file, "--service", "creche", "--out", out("c.gpkg")},
		{"coverage", "--on", file, "--service", "creche", "--out", out("c.geojson")},
		{"coverage", "--on", file, "--service", "creche", "--out", out("c.csv")},
		{"times", "--on", file, "--service", "creche", "--out", out("t.csv")},
		{"demo", "--once", "--out", dir},
	} {
		refused(t, exitError, dir+"|the disk is full", args...)
		if left := names(t, dir); left != "" {
			t.Errorf("%s left behind: %s", args[0], left)
		}
	}
}

func TestReadOnlyTarget(t *testing.T) {
	file, dir := territory(t), mountSmall(t, syscall.MS_RDONLY, "1m")
	out := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		newVillage(t).args(out("v.gpkg")),
		{"coverage", "--on", file, "--service", "creche", "--out", out("c.gpkg")},
		{"coverage", "--on", file, "--service", "creche", "--out", out("c.csv")},
		{"times", "--on", file, "--service", "creche", "--out", out("t.csv")},
		{"demo", "--once", "--out", dir},
	} {
		refused(t, exitError, dir+"|cannot be written", args...)
	}
}

// A territory that cannot be written holds no runs: a study is answered all the same, and
// its page says so.
func TestAStudyOfATerritoryThatCannotBeWritten(t *testing.T) {
	file, dir := territory(t), mountSmall(t, 0, "64m")
	on, out := filepath.Join(dir, "anjou.gpkg"), t.TempDir()
	writeText(t, on, read(t, file))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: the file system cannot be made read-only:", err)
	}
	plan := filepath.Join(out, "good.yaml")
	writeText(t, plan, goodStudy)
	said := done(t, "run", "--on", on, "--out", out, plan)
	if !strings.Contains(said.err, "ne peut pas être modifié") {
		t.Errorf("nobody says that there are no runs: %s", said.err)
	}
	if page := pageText(t, filepath.Join(out, "good", "index.html")); !strings.Contains(page, "ne peut pas enregistrer") {
		t.Error("the page does not say that there are no runs")
	}
}
