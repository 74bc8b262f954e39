package gpkg

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

func TestRealFullDisk(t *testing.T) {
	dir := mountSmall(t, 0, "256k")
	f, err := Create(t.Context(), filepath.Join(dir, "a.gpkg"), Options{})
	if err == nil {
		// The page cache holds all of it, so that the disk is found full at the end.
		if err = f.WriteLayer(t.Context(), scattered(10_000), LayerOptions{}); err == nil {
			err = f.Commit(t.Context())
		}
		f.Abort()
	}
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Error(err)
	}
	nothingIn(t, dir)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := mountSmall(t, syscall.MS_RDONLY, "256k")
	_, err := Create(t.Context(), filepath.Join(dir, "a.gpkg"), Options{})
	if err == nil || !strings.Contains(err.Error(), "folder "+dir+" cannot be written") {
		t.Error(err)
	}
}
