package postgis

import (
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/storetest"
)

// TestFullDisk writes to a server whose tables lie on a file system of 12 MB.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT CHECKED: mounting a small file system needs root")
	}
	server, dir := pgtest.Private(t)
	owner, err := user.Lookup("postgres")
	if err != nil {
		t.Skip("SKIPPED, NOT CHECKED: there is no user postgres:", err)
	}
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=12m,mode=0700,uid="+owner.Uid); err != nil {
		t.Skip("SKIPPED, NOT CHECKED: mounting a small file system needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(small, syscall.MNT_DETACH) })
	pgtest.Exec(t, server, "CREATE DATABASE crowded", fmt.Sprintf("CREATE TABLESPACE small LOCATION '%s'", small), "ALTER DATABASE crowded SET default_tablespace = small")
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/crowded"
	s := open(t, u.String())
	v1 := town(t, "a")
	if err := s.Write(t.Context(), v1, store.WriteOptions{Vintage: "1"}); err != nil {
		t.Fatal(err)
	}
	big := storetest.Lattice(t, "a", 60_000, 1)
	fails(t, s.Write(t.Context(), big, store.WriteOptions{Vintage: "2"}), nil, "territory a cannot be stored", "the disk of the server is full")
	db := connect(t, u.String())
	db.want("SELECT string_agg(vintage, ' ') FROM maillage.snapshot", "1")
	db.want("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'maillage'::regnamespace AND relispartition AND relkind = 'r'", "6")
	// There is room again: what is smaller can be stored.
	if err := s.Write(t.Context(), storetest.Lattice(t, "a", 1000, 1), store.WriteOptions{Vintage: "2"}); err != nil {
		t.Error(err)
	}
	if got, err := s.Read(t.Context(), store.Ref{Vintage: "1"}); err != nil || got.ID() != v1.ID() {
		t.Error("what was there:", err)
	}
}
