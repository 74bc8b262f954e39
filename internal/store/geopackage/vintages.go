package geopackage

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/gpkg"
	"github.com/maillage/maillage/internal/store"
)

const vintagesTable = "maillage_vintages"

// imported is in microseconds since 1970, 0 in a file of Write's, which has no
// clock readings. One row is shown: its territory is in the layers.
const vintagesSQL = `CREATE TABLE IF NOT EXISTS maillage_vintages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  territory TEXT NOT NULL,
  vintage TEXT NOT NULL,
  name TEXT NOT NULL,
  modelled INTEGER NOT NULL,
  snapshot TEXT NOT NULL,
  imported INTEGER NOT NULL,
  communes INTEGER NOT NULL,
  cells INTEGER NOT NULL,
  facilities INTEGER NOT NULL,
  ways INTEGER NOT NULL,
  shown INTEGER NOT NULL,
  UNIQUE (territory, vintage)
)`

// vintage is a row of maillage_vintages; ids rise in the order of writing.
type vintage struct {
	id    int64 // 0 for the one territory of a file of schema 1
	shown bool
	store.Vintage
}

// vintages lists what a file holds, the last one written last. A file without
// territories gives none.
func (in *reader) vintages() ([]vintage, error) {
	if err := in.checkSchema(); err != nil {
		return nil, err
	}
	var err error
	if in.kept, err = in.file.Has(in.ctx, vintagesTable); err != nil {
		return nil, err
	}
	if !in.kept {
		return in.schema1()
	}
	var out []vintage
	columns := []string{"id", "territory", "vintage", "name", "modelled", "snapshot", "imported", "communes", "cells", "facilities", "ways", "shown"}
	err = in.each(vintagesTable, columns, func(v *row) error {
		out = append(out, vintage{v.int64("id"), v.bool("shown"), store.Vintage{
			Territory: geodata.Territory{ID: v.text("territory"), Name: v.text("name"), Modelled: v.bool("modelled")},
			Name:      v.text("vintage"), Snapshot: v.text("snapshot"), Imported: in.when(v.int64("imported")),
			Communes: v.int("communes"), Cells: v.int("cells"), Facilities: v.int("facilities"), Ways: v.int("ways"),
		}})
		return nil
	})
	last := map[string]int64{}
	for _, v := range out {
		last[v.Territory.ID] = max(last[v.Territory.ID], v.id)
	}
	for i := range out {
		out[i].Current = out[i].id == last[out[i].Territory.ID]
	}
	return out, err
}

// when is a moment of the file; where it has none, its date.
func (in *reader) when(microseconds int64) time.Time {
	if microseconds == 0 {
		if info, err := os.Stat(in.path); err == nil {
			return info.ModTime()
		}
	}
	return time.UnixMicro(microseconds)
}

// find returns the vintage that a reference names. The error lists what there is.
func find(path string, vs []vintage, ref store.Ref) (*vintage, error) {
	territories := distinct(vs, func(v vintage) string { return v.Territory.ID })
	switch {
	case len(vs) == 0:
		return nil, fmt.Errorf("%s: territory %w: there is none yet; make one with maillage import", path, store.ErrNotFound)
	case ref.Territory == "" && len(territories) > 1:
		return nil, fmt.Errorf("%s holds several territories: say which of %s", path, quoted(territories))
	case ref.Territory == "":
		ref.Territory = territories[0]
	case !slices.Contains(territories, ref.Territory):
		return nil, fmt.Errorf("%s: territory %q %w: there is %s", path, ref.Territory, store.ErrNotFound, quoted(territories))
	}
	own := slices.DeleteFunc(slices.Clone(vs), func(v vintage) bool { return v.Territory.ID != ref.Territory })
	for i, v := range own {
		if v.Name == ref.Vintage || ref.Vintage == "" && v.Current {
			return &own[i], nil
		}
	}
	return nil, fmt.Errorf("%s: vintage %q of territory %q %w: there is %s", path, ref.Vintage, ref.Territory, store.ErrNotFound,
		quoted(distinct(own, func(v vintage) string { return v.Name })))
}

func distinct(vs []vintage, of func(vintage) string) (names []string) {
	for _, v := range vs {
		names = append(names, of(v))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strconv.Quote(name)
	}
	return strings.Join(out, ", ")
}

// listed is in the order of Store.Vintages.
func listed(vs []vintage) []store.Vintage {
	out := make([]store.Vintage, len(vs))
	for i := range vs {
		out[i] = vs[i].Vintage
	}
	slices.SortFunc(out, func(a, b store.Vintage) int {
		current := 0
		if a.Current != b.Current {
			current = map[bool]int{true: -1, false: 1}[a.Current]
		}
		return cmp.Or(cmp.Compare(a.Territory.ID, b.Territory.ID), current, cmp.Compare(a.Name, b.Name))
	})
	return out
}

// insertVintage adds a row that is shown, and returns its id. The moment is an SQL expression.
func insertVintage(ctx context.Context, f *gpkg.File, s *geodata.Snapshot, name, moment string) (int64, error) {
	t := s.Territory()
	result, err := f.ExecContext(ctx, `INSERT INTO maillage_vintages (territory, vintage, name, modelled, snapshot, imported, communes, cells, facilities, ways, shown)
		VALUES (?, ?, ?, ?, ?, `+moment+`, ?, ?, ?, ?, 1)`,
		t.ID, name, t.Name, t.Modelled, s.ID(), len(s.Communes()), len(s.Population().Cells), len(s.Facilities()), len(s.Roads().Ways))
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
