package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/postgis"
)

type territoriesCmd struct {
	On   string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	JSON bool   `name:"json" help:"Print the list as JSON."`
}

func (c *territoriesCmd) Run(s *session) error {
	st, err := openStore(s.ctx, c.On, false)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // opened for reading
	list, err := st.Vintages(s.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	t := newTable(s.say("territoire", "territory"), s.say("nom", "name"), s.say("millésime", "vintage"), s.say("enregistré le", "stored on"),
		s.say("communes", "communes"), s.say("carreaux", "cells"), s.say("équipements", "facilities"), s.say("routes", "roads"))
	for _, v := range list {
		vintage := v.Name
		if v.Current {
			vintage += " *"
		}
		t.row(v.Territory.ID, v.Territory.Name, vintage, v.Imported.Local().Format(time.DateTime),
			fmt.Sprint(v.Communes), fmt.Sprint(v.Cells), fmt.Sprint(v.Facilities), fmt.Sprint(v.Ways))
	}
	t.write(s.out)
	fmt.Fprintln(s.out, s.say("* millésime lu quand aucun n'est nommé", "* the vintage that is read when none is named"))
	return nil
}

type removeCmd struct {
	On        string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
	Territory string `required:"" placeholder:"ID" help:"Territory to forget."`
	Vintage   string `placeholder:"NAME" help:"This vintage only; all when absent."`
}

func (c *removeCmd) Run(s *session) error {
	st, err := openStore(s.ctx, c.On, true)
	if err != nil {
		return err
	}
	return errors.Join(st.Remove(s.ctx, store.Ref{Territory: c.Territory, Vintage: c.Vintage}, user()), st.Close())
}

type migrateCmd struct {
	On string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"Territory file, or database of territories."`
}

func (c *migrateCmd) Run(s *session) error {
	st, err := openStore(s.ctx, c.On, true)
	if err != nil {
		return err
	}
	if !s.quiet {
		fmt.Fprintf(s.out, s.say("%s est à jour\n", "%s is up to date\n"), st.Target())
	}
	return st.Close()
}

type backupCmd struct {
	On        string `required:"" placeholder:"FILE.gpkg|postgres://…" env:"MAILLAGE_ON" help:"What to back up."`
	Out       string `required:"" placeholder:"FILE.gpkg" help:"File to make: a store of its own, that can be opened, served and restored."`
	Overwrite bool   `help:"Replace the file if it exists."`
}

func (c *backupCmd) Run(s *session) error {
	if err := absent(c.Out, c.Overwrite); err != nil {
		return err
	}
	from, err := openStore(s.ctx, c.On, false)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // opened for reading
	dir, err := os.MkdirTemp(filepath.Dir(c.Out), ".maillage-*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", c.Out, err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	whole := filepath.Join(dir, "backup.gpkg")
	if err := s.copyStore(from, whole); err != nil {
		return err
	}
	return os.Rename(whole, c.Out)
}

type restoreCmd struct {
	From string `arg:"" placeholder:"FILE.gpkg" help:"Backup."`
	Into string `required:"" placeholder:"FILE.gpkg|postgres://…" help:"An empty database, or a file to make."`
}

func (c *restoreCmd) Run(s *session) error {
	from, err := openStore(s.ctx, c.From, false)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // opened for reading
	if !isDatabase(c.Into) {
		if err := absent(c.Into, false); err != nil {
			return err
		}
	}
	return s.copyStore(from, c.Into)
}

// copyStore copies everything into a store that is made for it.
func (s *session) copyStore(from store.Store, into string) error {
	to, err := makeStore(s.ctx, into)
	if err != nil {
		return err
	}
	err = store.Copy(s.ctx, from, to, user(), func(v store.Vintage) {
		if !s.quiet {
			fmt.Fprintf(s.err, "%s %s\n", v.Territory.ID, v.Name)
		}
	})
	return errors.Join(err, to.Close())
}

// accessFlags say whose access to which territory is meant.
type accessFlags struct {
	On        string `required:"" placeholder:"postgres://…" env:"MAILLAGE_ON" help:"Database of territories."`
	Territory string `required:"" placeholder:"ID" help:"Territory."`
	Role      string `required:"" help:"Role of the database that a person or a group logs in with."`
}

type grantCmd struct {
	accessFlags `embed:""`
}

type revokeCmd struct {
	accessFlags `embed:""`
}

func (c *grantCmd) Run(s *session) error {
	return c.change(s, func(st *postgis.Store) error { return st.Grant(s.ctx, c.Territory, c.Role) })
}

func (c *revokeCmd) Run(s *session) error {
	return c.change(s, func(st *postgis.Store) error { return st.Revoke(s.ctx, c.Territory, c.Role) })
}

func (c *accessFlags) change(s *session, change func(*postgis.Store) error) error {
	if !isDatabase(c.On) {
		return fmt.Errorf("%w: --on %q: only a database knows roles; want postgres://…", errUsage, c.On)
	}
	st, err := postgis.Open(s.ctx, c.On, postgis.Options{Migrate: true})
	if err != nil {
		return err
	}
	return errors.Join(change(st), st.Close())
}
