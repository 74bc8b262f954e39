package geopackage

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

// mountSmall mounts a file system in memory, which only root may. lock makes it read-only.
func mountSmall(t *testing.T, size string) (dir string, lock func()) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: mounting a small file system needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) }) //nolint:errcheck // best effort
	return dir, func() {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size="+size); err != nil {
			t.Fatal(err)
		}
	}
}

// wantReadOnly opens a store that cannot be written.
func wantReadOnly(t *testing.T, path string, want *geodata.Snapshot) {
	t.Helper()
	s := openAt(t, path, OpenOptions{})
	defer s.Close()
	wantSame(t, "read", want, get(t, s, store.Ref{}))
	if vs, err := s.Vintages(t.Context()); err != nil || len(vs) != 1 {
		t.Error(vs, err)
	}
	for name, err := range map[string]error{
		"Write":  s.Write(t.Context(), vintageOf(t, "other", 2021), store.WriteOptions{}),
		"Remove": s.Remove(t.Context(), store.Ref{}, ""),
	} {
		if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
	}
	if err := s.Ledger().Record(t.Context(), ledger.Entry{Action: "import"}); err == nil {
		t.Error("the ledger of a file that cannot be written was written")
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	want := vintageOf(t, "town", 2019)
	for name, make := range map[string]func(path string){
		"a file of Write": func(path string) {
			if err := Write(t.Context(), path, want, Options{}); err != nil {
				t.Fatal(err)
			}
		},
		"a store that was closed": func(path string) {
			s := openAt(t, path, OpenOptions{Create: true})
			put1(t, s, want)
			s.Close()
		},
		"a file in SQLite's write-ahead mode, as QGIS leaves it when it crashes": func(path string) {
			if err := Write(t.Context(), path, want, Options{}); err != nil {
				t.Fatal(err)
			}
			change(t, path, "PRAGMA journal_mode = wal")
		},
		"schema 1": func(path string) {
			content, err := os.ReadFile(schema1(t))
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			want = seal(t, inSchema1(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			want = vintageOf(t, "town", 2019)
			dir, lock := mountSmall(t, "4m")
			path := filepath.Join(dir, "s.gpkg")
			make(path)
			lock()
			wantReadOnly(t, path, want)
			got, err := Read(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, "Read", want, got)
			if _, err := Open(t.Context(), filepath.Join(dir, "new.gpkg"), OpenOptions{Create: true}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
				t.Errorf("making a new store: %v", err)
			}
		})
	}
}

// A log with changes in a folder that cannot be written must not be passed over.
func TestALogThatCannotBeReadIsSaid(t *testing.T) {
	dir, lock := mountSmall(t, "4m")
	path := filepath.Join(dir, "s.gpkg")
	if err := Write(t.Context(), path, vintageOf(t, "town", 2019), Options{}); err != nil {
		t.Fatal(err)
	}
	// What a program leaves that is killed: the file and its log, but not the index of the log.
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA journal_mode = wal; UPDATE territory SET name = 'in the log'"); err != nil {
		t.Fatal(err)
	}
	whole, log := filepath.Join(dir, "killed.gpkg"), filepath.Join(dir, "killed.gpkg-wal")
	for from, to := range map[string]string{path: whole, path + "-wal": log} {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	lock()
	if s, err := Read(t.Context(), whole); err == nil && s.Territory().Name != "in the log" || err != nil && !strings.Contains(err.Error(), "its folder must be writable") {
		t.Errorf("the log was passed over, or the error does not help: %v", err)
	}
}

// Whoever changes a file that is read as if nobody could is found out.
func TestAFrozenFileThatChangesIsSaid(t *testing.T) {
	dir, lock := mountSmall(t, "4m")
	path := filepath.Join(dir, "s.gpkg")
	if err := Write(t.Context(), path, vintageOf(t, "town", 2019), Options{}); err != nil {
		t.Fatal(err)
	}
	change(t, path, "PRAGMA journal_mode = wal")
	lock()
	_, err := reading(t.Context(), path, func(in *reader) (int, error) {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=4m"); err != nil {
			t.Fatal(err)
		}
		change(t, path, "UPDATE territory SET name = 'changed'")
		return 0, nil
	})
	if err == nil || !strings.Contains(err.Error(), "was changed while it was read; try again") {
		t.Error(err)
	}
}

func TestFullDiskKeepsWhatWasThere(t *testing.T) {
	dir, _ := mountSmall(t, "3m")
	path := filepath.Join(dir, "s.gpkg")
	s := opened(t, path)
	want := vintageOf(t, "town", 2019)
	put1(t, s, want)
	for _, snap := range []*geodata.Snapshot{storetest.Anjou(t), storetest.Lattice(t, "town", 20_000, 1)} {
		err := s.Write(t.Context(), snap, store.WriteOptions{})
		if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want that the disk is full", err)
		}
		wantSame(t, "what was there", want, get(t, s, store.Ref{}))
		if vs, err := s.Vintages(t.Context()); err != nil || len(vs) != 1 {
			t.Error(vs, err)
		}
	}
	wantWhole(t, path)
	put1(t, s, vintageOf(t, "town", 2021))
	wantSame(t, "written after all", vintageOf(t, "town", 2021), get(t, s, store.Ref{}))
}
