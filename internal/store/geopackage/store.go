package geopackage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// OpenOptions of a store.
type OpenOptions struct {
	// Create makes the file where there is none, and a store of a GeoPackage that is
	// none yet; the layers it has are left alone.
	Create bool
	// ReadOnly never changes the file, not even to bring it up to date. A file that
	// cannot be written is opened so in any case.
	ReadOnly bool
	// Wait is how long to wait for others who write, before store.ErrBusy; 0 is 10 seconds.
	Wait time.Duration
}

// Store is a GeoPackage file that keeps territories and a ledger; see store.Store.
type Store struct {
	path     string
	wait     time.Duration
	readOnly bool
	db       *sql.DB
	closing  sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens a file, and brings it up to date unless it is only to be read. Errors
// name the file and say whether there is none (fs.ErrNotExist), it is no
// GeoPackage, no store, of a newer version (store.ErrNewerSchema), in use (store.ErrBusy), or
// why it cannot be made.
func Open(ctx context.Context, path string, o OpenOptions) (*Store, error) {
	s := &Store{path: path, wait: cmp.Or(o.Wait, 10*time.Second), readOnly: o.ReadOnly}
	if err := s.open(ctx, o.Create && !o.ReadOnly); err != nil {
		s.Close() //nolint:errcheck // the first error is the one to report
		return nil, explain(err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, create bool) error {
	if create {
		if err := makeFile(ctx, s.path); err != nil {
			return err
		}
	}
	if _, err := reading(ctx, s.path, func(in *reader) ([]vintage, error) {
		vs, err := in.vintages()
		if err == nil && !in.kept && len(vs) == 0 && !create {
			err = in.notOurs()
		}
		return vs, err
	}); err != nil {
		return err
	}
	if !s.readOnly {
		err := s.bringUpToDate(ctx)
		if err == nil || !errors.Is(err, gpkg.ErrReadOnly) || create {
			return err
		}
		s.readOnly = true
		s.disconnect() //nolint:errcheck // it is opened anew
	}
	var err error
	s.db, err = gpkg.OpenDB(ctx, s.path, false, s.wait)
	return err
}

// makeFile makes an empty GeoPackage unless there is a file.
func makeFile(ctx context.Context, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it will be seen when it is opened
	}
	f, err := gpkg.Create(ctx, path, gpkg.Options{})
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := f.Commit(ctx); !errors.Is(err, fs.ErrExist) { // somebody else was faster
		return err
	}
	return nil
}

// Close lets the file go. When nobody else has it open it is in one piece
// then, fit for being sent or put where it cannot be written.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		err = s.disconnect()
		if err == nil && !s.readOnly {
			gpkg.Settle(context.Background(), s.path) //nolint:errcheck // others have it open, or the next who opens it finds the log
		}
	})
	return err
}

func (s *Store) disconnect() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Target is the file's name.
func (s *Store) Target() string { return s.path }

// Ledger is in tables of the file that GIS software does not list.
func (s *Store) Ledger() *ledger.Ledger { return ledger.New(s.db, ledger.SQLite) }

// DB is the file as a pool of connections, for the queue of jobs, which lies
// beside the ledger so that both change in one transaction. Nobody should change
// the tables of territories through it.
func (s *Store) DB() *sql.DB { return s.db }

// Vintages lists what the file holds. Of a territory whose layers people have
// edited it gives what was imported.
func (s *Store) Vintages(ctx context.Context) ([]store.Vintage, error) {
	vs, err := reading(ctx, s.path, (*reader).vintages)
	return listed(vs), err
}

// Read returns a vintage; see store.Store.
func (s *Store) Read(ctx context.Context, ref store.Ref) (*geodata.Snapshot, error) {
	return s.read(ctx, ref, nil)
}

// ReadPart reads the chunks that lie in the part's frame, then cuts. Where people
// edited the layer of cells or roads that layer is read whole.
func (s *Store) ReadPart(ctx context.Context, ref store.Ref, part geodata.Part) (*geodata.Snapshot, error) {
	return s.read(ctx, ref, &part)
}

func (s *Store) read(ctx context.Context, ref store.Ref, part *geodata.Part) (*geodata.Snapshot, error) {
	return reading(ctx, s.path, func(in *reader) (*geodata.Snapshot, error) {
		vs, err := in.vintages()
		if err != nil {
			return nil, err
		}
		v, err := find(s.path, vs, ref)
		if err != nil {
			return nil, err
		}
		return in.snapshot(v, part)
	})
}

// Write stores the snapshot in one transaction and shows it in the layers; the
// vintage that was shown before is kept packed, with what people changed in its
// layers. Besides the errors of store.Store those of the function Write.
func (s *Store) Write(ctx context.Context, snap *geodata.Snapshot, o store.WriteOptions) error {
	id, name := snap.Territory().ID, cmp.Or(o.Vintage, store.VintageOf(snap))
	err := check(snap)
	if err == nil && !utf8.ValidString(name) {
		err = fmt.Errorf("vintage %q: not UTF-8 text", name)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", s.path, err)
	}
	moment := ledger.SQLite.Now
	if !o.Imported.IsZero() {
		moment = strconv.FormatInt(o.Imported.UnixMicro(), 10)
	}
	err = s.change(ctx, progressOf(snap, o.Progress), func(e *editor) error {
		var same *vintage
		for i := range e.all {
			if e.all[i].Territory.ID == id && e.all[i].Name == name {
				same = &e.all[i]
			}
		}
		gone, err := e.hide(ctx, same)
		if err != nil {
			return err
		}
		if same != nil {
			if err := e.forget(ctx, same); err != nil {
				return err
			}
		}
		if err := put(ctx, e.file, snap, name, moment, gone); err != nil {
			return err
		}
		return e.record(ctx, o.By, "import", id, name, snap.ID())
	})
	if err == nil {
		finished(snap, o.Progress)
	}
	return err
}

// Remove forgets a vintage or all of a territory. The layers then show what was
// written last of what is left.
func (s *Store) Remove(ctx context.Context, ref store.Ref, by string) error {
	return s.change(ctx, nil, func(e *editor) error {
		found, err := find(s.path, e.all, ref)
		if err != nil {
			return err
		}
		var left *vintage
		shown := false
		for i := range e.all {
			v := &e.all[i]
			if v.Territory.ID != found.Territory.ID || ref.Vintage != "" && v.Name != ref.Vintage {
				left = v // the last one written is the last of them
				continue
			}
			shown = shown || v.shown
			if err := e.forget(ctx, v); err != nil {
				return err
			}
			if err := e.record(ctx, by, "remove", v.Territory.ID, v.Name, v.Snapshot); err != nil {
				return err
			}
		}
		if !shown {
			return nil
		}
		return e.showInstead(ctx, left)
	})
}

// change is a transaction on the file's territories, which only one program has at a time.
func (s *Store) change(ctx context.Context, progress func(row int), do func(*editor) error) error {
	if s.readOnly {
		return fmt.Errorf("%w: %s cannot be changed: the file or its folder is not to be written", store.ErrReadOnly, s.path)
	}
	f, err := gpkg.Edit(ctx, s.path, gpkg.Options{Wait: s.wait, Progress: progress})
	if err != nil {
		return explain(err)
	}
	defer f.Abort()
	e := &editor{file: f, in: &reader{ctx: ctx, file: f.Reader(), path: s.path}}
	if e.all, err = e.in.vintages(); err == nil {
		err = do(e)
	}
	if err == nil {
		err = f.Commit(ctx)
	}
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	return explain(err)
}

// editor changes the territories of a file within a transaction.
type editor struct {
	file *gpkg.File
	in   *reader
	all  []vintage // the last one written last
}

// hide takes the layers away, whatever they show. What people changed in them is
// kept, unless they show the vintage that is to be replaced.
func (e *editor) hide(ctx context.Context, replaced *vintage) (lastRows, error) {
	var shown *vintage
	for i := range e.all {
		if e.all[i].shown {
			shown = &e.all[i]
		}
	}
	if shown == nil {
		return nil, e.file.CheckFree(ctx, shownTables...)
	}
	if shown != replaced {
		if err := e.keepEdits(ctx, shown); err != nil {
			return nil, err
		}
	}
	if _, err := e.file.ExecContext(ctx, "UPDATE maillage_vintages SET shown = 0"); err != nil {
		return nil, err
	}
	return e.drop(ctx)
}

// drop takes the layers away and says which rows they had. Layers of other names
// than every territory has are ours where they are watched.
func (e *editor) drop(ctx context.Context) (lastRows, error) {
	gone := lastRows{}
	tables, err := e.in.watched()
	if err != nil {
		return nil, err
	}
	for _, table := range shownTables {
		if !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
	}
	for _, layer := range tables {
		last, err := e.file.LastRow(ctx, layer)
		if err != nil {
			return nil, err
		}
		gone[layer] = last
	}
	if err := e.file.Drop(ctx, tables...); err != nil {
		return nil, err
	}
	_, err = e.file.ExecContext(ctx, "DELETE FROM "+editsTable)
	return gone, err
}

// keepEdits packs a vintage anew as people made it.
func (e *editor) keepEdits(ctx context.Context, v *vintage) error {
	h, err := (&packed{ctx: ctx, file: e.file.Reader(), vintage: v.id}).head()
	if err != nil {
		return err
	}
	edited, err := e.in.edited(h.tables())
	if err != nil || !anyOf(edited) {
		return err
	}
	s, err := e.in.snapshot(v, nil)
	if err != nil {
		return fmt.Errorf("vintage %s of %s was edited and cannot be read, correct or remove it first: %w", v.Name, v.Territory.ID, err)
	}
	if _, err := e.file.ExecContext(ctx, "DELETE FROM maillage_packed WHERE vintage = ?", v.id); err != nil {
		return err
	}
	if err := e.file.Insert(ctx, packedTable, packedColumns, pack(s, h.shown(), v.id)); err != nil {
		return err
	}
	_, err = e.file.ExecContext(ctx, "UPDATE maillage_vintages SET name = ?, modelled = ?, snapshot = ?, communes = ?, cells = ?, facilities = ?, ways = ? WHERE id = ?",
		s.Territory().Name, s.Territory().Modelled, s.ID(), len(s.Communes()), len(s.Population().Cells), len(s.Facilities()), len(s.Roads().Ways), v.id)
	return err
}

func (e *editor) forget(ctx context.Context, v *vintage) error {
	for _, table := range []string{"maillage_packed WHERE vintage", "maillage_vintages WHERE id"} {
		if _, err := e.file.ExecContext(ctx, "DELETE FROM "+table+" = ?", v.id); err != nil {
			return err
		}
	}
	return nil
}

// showInstead makes the layers anew from a packed vintage; nil leaves none.
func (e *editor) showInstead(ctx context.Context, v *vintage) error {
	gone, err := e.drop(ctx)
	if err != nil {
		return err
	}
	if v == nil {
		return e.file.DropMetadata(ctx, MetadataURI)
	}
	s, err := e.in.snapshot(v, nil)
	if err != nil {
		return err
	}
	if _, err := show(ctx, e.file, s, gone); err != nil {
		return err
	}
	_, err = e.file.ExecContext(ctx, "UPDATE maillage_vintages SET shown = 1 WHERE id = ?", v.id)
	return err
}

func (e *editor) record(ctx context.Context, by, action, territory, vintage, detail string) error {
	return ledger.RecordIn(ctx, e.file, ledger.SQLite, ledger.Entry{By: by, Action: action, What: strings.ToValidUTF8(territory+"/"+vintage, "?"), Detail: detail})
}
