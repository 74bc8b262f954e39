package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
)

// recorded is a line of the audit log without its time.
type recorded struct{ By, Action, What string }

// Every change of a territory leaves a line in the audit log, what failed leaves none.
func changesAreLogged(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s := opened(t, open)
	by := func(who, vintage string) store.WriteOptions { return store.WriteOptions{By: who, Vintage: vintage} }
	for _, err := range []error{
		s.Write(t.Context(), variant(t, "a", 1), by("Ana", "2019")),
		s.Write(t.Context(), variant(t, "a", 2), by("Bo", "2019")),
		s.Write(t.Context(), variant(t, "a", 3), by("Ana", "2021")),
		s.Remove(t.Context(), store.Ref{Vintage: "2019"}, "Cleo"),
		s.Remove(t.Context(), store.Ref{Territory: "a"}, "Cleo"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.Write(t.Context(), withName(t, "\xff"), by("Dan", "1")) == nil || s.Remove(t.Context(), store.Ref{Territory: "z"}, "Dan") == nil {
		t.Fatal("both must fail")
	}
	want := []recorded{{"Ana", "import", "a/2019"}, {"Bo", "import", "a/2019"}, {"Ana", "import", "a/2021"}, {"Cleo", "remove", "a/2019"}, {"Cleo", "remove", "a/2021"}}
	if diff := cmp.Diff(want, changes(t, opened(t, open))); diff != "" {
		t.Error(diff)
	}
}

func changes(t *testing.T, s store.Store) (out []recorded) {
	t.Helper()
	entries, err := s.Ledger().Entries(t.Context(), ledger.EntryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) { // the newest comes first
		out = append(out, recorded{e.By, e.Action, e.What})
	}
	return out
}
