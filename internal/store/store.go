// Package store says what every store of territories does; postgis and
// geopackage do it, storetest holds them to it.
//
// A store keeps territories, each in one or more vintages, and the ledger of
// what people did with them: scenarios, runs, results and an audit log. What a
// snapshot says comes back unchanged, to the last bit, so that an analysis gives
// the same answer whichever store its territory is read from.
package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/ledger"
)

// Errors of every store. They are wrapped by errors that name the territory, the
// file or the server, and say what to do.
var (
	ErrNotFound    = errors.New("not found")
	ErrBusy        = errors.New("in use by somebody else")
	ErrReadOnly    = errors.New("read-only")
	ErrOlderSchema = errors.New("older schema")
	ErrNewerSchema = errors.New("newer schema")
)

// Ref names a stored vintage of a territory.
type Ref struct {
	Territory string // its id; empty where the store holds one territory only
	Vintage   string // empty for the current one
}

// Vintage is a state of a territory, as a list shows it.
type Vintage struct {
	Territory  geodata.Territory `json:"territory"`
	Name       string            `json:"vintage"`  // given at import, such as 2021; a territory has each name once
	Snapshot   string            `json:"snapshot"` // geodata.Snapshot.ID
	Imported   time.Time         `json:"imported"`
	Current    bool              `json:"current"` // the vintage that is read when none is named: the last one written
	Communes   int               `json:"communes"`
	Cells      int               `json:"cells"`
	Facilities int               `json:"facilities"`
	Ways       int               `json:"ways"`
}

// WriteOptions of Store.Write.
type WriteOptions struct {
	// Vintage is the name to store under; a vintage of that name is replaced.
	// Empty: VintageOf, the year of the population grid, or "1" where that is unknown.
	Vintage  string
	By       string                // who, for the audit log
	Imported time.Time             // when, as a copy says; the zero time is now
	Progress func(done, total int) // told now and then how many rows are written; may be nil
}

// VintageOf is the name of a vintage that was given none.
func VintageOf(s *geodata.Snapshot) string {
	if year := s.Population().Vintage; year != 0 {
		return strconv.Itoa(year)
	}
	return "1"
}

// Store keeps territories and a ledger. It may be used by many goroutines and
// many processes at once. Every method fails when ctx ends.
type Store interface {
	// Vintages lists what is stored, by territory id, then the current vintage
	// first, then by name.
	Vintages(ctx context.Context) ([]Vintage, error)

	// Read returns a snapshot with the ID it was written with (or, where people
	// edited a layer of a file, the ID of what they made of it). ErrNotFound lists
	// what there is; a Ref without a territory is an error when there are several.
	Read(ctx context.Context, ref Ref) (*geodata.Snapshot, error)

	// ReadPart is Read followed by geodata.Cut, but reads little more than the part.
	ReadPart(ctx context.Context, ref Ref, part geodata.Part) (*geodata.Snapshot, error)

	// Write stores the snapshot whole or not at all, and makes it the current
	// vintage of its territory. ErrBusy when another Write of the same territory is
	// under way.
	Write(ctx context.Context, s *geodata.Snapshot, o WriteOptions) error

	// Remove forgets a vintage; without a name, all vintages of the territory.
	Remove(ctx context.Context, ref Ref, by string) error

	// Ledger is where scenarios, runs, results and the audit log are.
	Ledger() *ledger.Ledger

	// Target is how the store was named, without a password.
	Target() string

	Close() error
}
