package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func write(t *testing.T, path, text string, overwrite bool) *File {
	t.Helper()
	f, err := Create(path, overwrite)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileAppearsOnCommitOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	f := write(t, path, "whole", false)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the target is there before Commit", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort() // deferred calls come after Commit and must leave the file alone
	if got, _ := os.ReadFile(path); string(got) != "whole" || names(t, dir) != "a.txt" {
		t.Errorf("%q in a folder with %s", got, names(t, dir))
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.txt"), "half", false).Abort()
	if names(t, dir) != "" {
		t.Error(names(t, dir))
	}
}

func TestExistingFileIsKeptUnlessOverwritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := write(t, path, "old", false).Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, false); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "overwrite") {
		t.Error(err)
	}
	if err := write(t, path, "new", true).Commit(); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "new" {
		t.Errorf("%q", got)
	}
}

func TestTargetThatAppearsMeanwhileIsKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	f := write(t, path, "mine", false)
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "theirs" || names(t, dir) != "a.txt" {
		t.Errorf("%q in a folder with %s", got, names(t, dir))
	}
}

func TestErrorsSayWhy(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		"":                                "file name is empty",
		dir:                               "it is a folder",
		filepath.Join(dir, "no", "a.txt"): "folder " + filepath.Join(dir, "no") + " does not exist",
	} {
		if _, err := Create(path, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	for err, want := range map[error]string{
		syscall.ENOSPC: "the disk is full", syscall.EROFS: "cannot be written", fs.ErrPermission: "cannot be written",
	} {
		if got := Explain("x/a.txt", err); !errors.Is(got, err) || !strings.Contains(got.Error(), want) {
			t.Errorf("%v, want %q", got, want)
		}
	}
}
