// Package storetest holds every store to what package store promises: it is
// store.go as tests, for each store to run on its own.
//
// What is guaranteed when several write at once: of two Writes of one territory
// the second to come fails with store.ErrBusy, or, where it comes after the end
// of the first, replaces what that one wrote. Whoever reads meanwhile sees the
// territory as it was before or after a Write, never a mixture of both.
package storetest

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// Fresh makes an empty store and returns how to open it. Each call of open gives
// another handle on the same store, as another process would have; the tests
// close it. What the store lies in is removed when the test ends.
type Fresh func(t *testing.T) (open func() store.Store)

// Run is the specification of a store's territories.
func Run(t *testing.T, fresh Fresh) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Fresh)
	}{
		{"an empty store", emptyStore},
		{"Anjou comes back", anjouComesBack},
		{"a small town comes back", townComesBack},
		{"a town with everything comes back", fullTownComesBack},
		{"zones, counts and census come and go", partsComeAndGo},
		{"a copy keeps everything", copyKeepsEverything},
		{"any territory comes back", anythingComesBack},
		{"a text with NUL comes back or is refused", nulIsNoSurprise},
		{"what is no text is refused", badTextIsRefused},
		{"several territories", severalTerritories},
		{"several vintages", severalVintages},
		{"a vintage is named after its grid", vintageNames},
		{"removing", removing},
		{"references that name nothing", wrongReferences},
		{"a part of Anjou", partsOfAnjou},
		{"a part of a town with everything", partsOfFullTown},
		{"a part of the real communes", partsOfRealCommunes},
		{"a part of anything", partsOfAnything},
		{"progress", progress},
		{"a cancelled write", cancelledWrite},
		{"a cancelled context", cancelledContext},
		{"reading while somebody writes", readingMeanwhile},
		{"two writers of one territory", twoWriters},
		{"many at once", manyAtOnce},
		{"changes are logged", changesAreLogged},
		{"analyses answer the same", sameAnswers},
	} {
		t.Run(strings.ReplaceAll(part.name, " ", "_"), func(t *testing.T) { part.test(t, fresh) })
	}
}

// opened opens a handle that is closed when the test ends.
func opened(t *testing.T, open func() store.Store) store.Store {
	t.Helper()
	s := open()
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // some tests have closed it
	return s
}

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, s store.Store, snap *geodata.Snapshot, vintage string) {
	t.Helper()
	if err := s.Write(context.Background(), snap, store.WriteOptions{Vintage: vintage, By: "storetest"}); err != nil {
		t.Fatalf("writing %s/%s: %v", snap.Territory().ID, vintage, err)
	}
}

func read(t testing.TB, s store.Store, ref store.Ref) *geodata.Snapshot {
	t.Helper()
	snap, err := s.Read(context.Background(), ref)
	if err != nil {
		t.Fatalf("reading %+v: %v", ref, err)
	}
	return snap
}

// same fails unless got says all that want says: its id, what an id leaves out
// (where things come from), and, where that does not take long, each value.
func same(t testing.TB, what string, want, got *geodata.Snapshot) {
	t.Helper()
	if got.ID() != want.ID() || got.RoadsID() != want.RoadsID() {
		t.Errorf("%s: another id", what)
	}
	a, b := want.Content(), got.Content()
	if len(a.Population.Cells) > 1000 { // their ids say it
		a.Communes, a.Population.Cells, a.Population.Columns, a.Roads = nil, nil, nil, geodata.Roads{}
		b.Communes, b.Population.Cells, b.Population.Columns, b.Roads = nil, nil, nil, geodata.Roads{}
	}
	if diff := cmp.Diff(a, b, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// listed is a Vintages entry as these tests write it: what can be foretold.
type listed struct {
	Territory, Vintage, Snapshot string
	Current                      bool
}

func list(t testing.TB, s store.Store) (out []listed) {
	t.Helper()
	vs, err := s.Vintages(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		out = append(out, listed{v.Territory.ID, v.Name, v.Snapshot, v.Current})
	}
	return out
}

func wantList(t testing.TB, s store.Store, want ...listed) {
	t.Helper()
	if diff := cmp.Diff(want, list(t, s), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
