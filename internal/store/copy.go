package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/maillage/maillage/internal/store/ledger"
)

// ErrNotEmpty says that a store holds something already.
var ErrNotEmpty = errors.New("not empty")

// Copy puts everything of a store into another, which must hold no territory:
// every vintage of every territory, and the ledger. It is how a backup is made
// and restored, between stores of any kind. When it fails, what was copied is
// removed again. Progress is told of each vintage.
func Copy(ctx context.Context, from, to Store, by string, progress func(v Vintage)) (err error) {
	there, err := to.Vintages(ctx)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("%s holds %s already: %w", to.Target(), there[0].Territory.ID, ErrNotEmpty)
	}
	all, err := from.Vintages(ctx)
	if err != nil {
		return err
	}
	// In the order they were written, so that the same ones are current.
	slices.SortStableFunc(all, func(a, b Vintage) int {
		if c := a.Imported.Compare(b.Imported); c != 0 {
			return c
		}
		return cmp.Compare(order(a), order(b))
	})
	var written []Ref
	defer func() {
		if err == nil {
			return
		}
		for _, ref := range written {
			err = errors.Join(err, to.Remove(context.WithoutCancel(ctx), ref, by))
		}
	}()
	for _, v := range all {
		if progress != nil {
			progress(v)
		}
		s, err := from.Read(ctx, Ref{v.Territory.ID, v.Name})
		if err != nil {
			return err
		}
		if err := to.Write(ctx, s, WriteOptions{Vintage: v.Name, By: by, Imported: v.Imported}); err != nil {
			return err
		}
		written = append(written, Ref{v.Territory.ID, v.Name})
	}
	return ledger.Copy(ctx, from.Ledger(), to.Ledger())
}

// order puts the current vintage after the others.
func order(v Vintage) int {
	if v.Current {
		return 1
	}
	return 0
}
