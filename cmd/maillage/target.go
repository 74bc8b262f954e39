package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maillage/maillage/analyses/secrecy"
	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/geopackage"
	"github.com/maillage/maillage/internal/store/postgis"
)

// onFlags say which territory a command is about.
type onFlags struct {
	On        string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	Territory string `placeholder:"ID" help:"Which territory, where there are several."`
	Vintage   string `placeholder:"NAME" help:"Which vintage of it; the current one when absent."`
}

// open reads the territory, and says where its prepared networks are.
func (o onFlags) open(s *session) (*geodata.Snapshot, *traveltime.Networks, error) {
	snap, err := o.read(s.ctx)
	if err != nil {
		return nil, nil, err
	}
	return snap, traveltime.NewNetworks(networksBeside(o.On, o.Vintage, snap)), nil
}

func (o onFlags) read(ctx context.Context) (*geodata.Snapshot, error) {
	st, err := openStore(ctx, o.On, false)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	return readShown(ctx, st, store.Ref{Territory: o.Territory, Vintage: o.Vintage})
}

// readShown reads a territory as answers may tell of it: all but backups and
// imports work with nothing else.
func readShown(ctx context.Context, st store.Store, ref store.Ref) (*geodata.Snapshot, error) {
	s, err := st.Read(ctx, ref)
	if err != nil {
		return nil, err
	}
	return secrecy.Protect(s), nil
}

// isDatabase tells an address of a database from the name of a file.
func isDatabase(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

// openStore opens a file or a database that is there; for writing it is brought
// up to date.
func openStore(ctx context.Context, target string, write bool) (store.Store, error) {
	if isDatabase(target) {
		return postgis.Open(ctx, target, postgis.Options{Migrate: write})
	}
	return geopackage.Open(ctx, target, geopackage.OpenOptions{ReadOnly: !write})
}

// makeStore is openStore for writing, but makes the file, or the tables, where
// there are none.
func makeStore(ctx context.Context, target string) (store.Store, error) {
	if isDatabase(target) {
		return postgis.Open(ctx, target, postgis.Options{Migrate: true})
	}
	return geopackage.Open(ctx, target, geopackage.OpenOptions{Create: true})
}

// networksBeside is the name that prepared networks begin with: that of the
// territory's file, or one in the user's cache. Empty keeps them in memory only.
func networksBeside(target, vintage string, snap *geodata.Snapshot) string {
	if !isDatabase(target) {
		return strings.TrimSuffix(target+"."+vintage, ".")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "maillage", "networks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return ""
	}
	return filepath.Join(dir, snap.RoadsID()[:32])
}

// named is the target as tables and messages show it.
func named(target string, snap *geodata.Snapshot) string {
	if isDatabase(target) {
		return fmt.Sprintf("%s (%s)", snap.Territory().Name, snap.Territory().ID)
	}
	return target
}

// user is who the audit log says did it.
func user() string {
	for _, name := range []string{"MAILLAGE_USER", "USER", "USERNAME"} {
		if who := os.Getenv(name); who != "" {
			return who
		}
	}
	return "unknown"
}
