package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

func emptyStore(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	wantList(t, s)
	if _, err := s.Read(t.Context(), store.Ref{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading from an empty store: %v, want ErrNotFound", err)
	}
	if s.Target() == "" {
		t.Error("a store must say how it was named")
	}
	if s.Ledger() == nil {
		t.Error("a store must have a ledger")
	}
}

// comesBack writes, closes, opens and reads.
func comesBack(t *testing.T, fresh Fresh, want *geodata.Snapshot) {
	t.Helper()
	open := fresh(t)
	first := open()
	before := time.Now()
	write(t, first, want, "")
	after := time.Now()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	s := opened(t, open)
	same(t, "what was read", want, read(t, s, store.Ref{}))
	vs, err := s.Vintages(t.Context())
	if err != nil || len(vs) != 1 {
		t.Fatal(vs, err)
	}
	// The time is by the store's clock, which another machine may have.
	if at := vs[0].Imported; at.Before(before.Add(-time.Minute)) || at.After(after.Add(time.Minute)) {
		t.Errorf("imported at %v, want between %v and %v", at, before, after)
	}
	p, r := want.Population(), want.Roads()
	entry := store.Vintage{Territory: want.Territory(), Name: vs[0].Name, Snapshot: want.ID(), Current: true,
		Communes: len(want.Communes()), Cells: len(p.Cells), Facilities: len(want.Facilities()), Ways: len(r.Ways)}
	if diff := cmp.Diff(entry, vs[0], cmpopts.IgnoreFields(store.Vintage{}, "Imported")); diff != "" {
		t.Error(diff)
	}
}

func anjouComesBack(t *testing.T, fresh Fresh) { comesBack(t, fresh, Anjou(t)) }

func townComesBack(t *testing.T, fresh Fresh) { comesBack(t, fresh, Town(t)) }

func anythingComesBack(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	rapid.Check(t, func(t *rapid.T) {
		want, err := geodata.NewSnapshot(Draw(t, Odd{}))
		if err != nil {
			t.Fatal(err)
		}
		ref := store.Ref{Territory: want.Territory().ID, Vintage: rapid.SampledFrom([]string{"2019", "a'b\"c", "été 2021 – 日本", "1e3", ";--"}).Draw(t, "vintage")}
		if err := s.Write(context.Background(), want, store.WriteOptions{Vintage: ref.Vintage}); err != nil {
			t.Fatal(err)
		}
		defer s.Remove(context.Background(), ref, "") //nolint:errcheck // the next territory may have the same id, or another
		got, err := s.Read(context.Background(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID() != want.ID() {
			t.Error("another id")
		}
		if diff := cmp.Diff(want.Content(), got.Content(), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// withName is the town with another name for its first facility.
func withName(t *testing.T, name string) *geodata.Snapshot {
	c := Town(t).Content()
	c.Facilities[0].Name = name
	return seal(t, c)
}

// A server may be unable to hold U+0000; then it must name the record.
func nulIsNoSurprise(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	want := withName(t, "a\x00b")
	if err := s.Write(t.Context(), want, store.WriteOptions{}); err != nil {
		if !strings.Contains(err.Error(), want.Facilities()[0].ID) {
			t.Errorf("the error does not name the facility: %v", err)
		}
		wantList(t, s)
		return
	}
	same(t, "what was read", want, read(t, s, store.Ref{}))
}

func badTextIsRefused(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	bad := withName(t, "Cr\xe8che")
	err := s.Write(t.Context(), bad, store.WriteOptions{})
	if err == nil || !strings.Contains(err.Error(), bad.Facilities()[0].ID) || !utf8.ValidString(err.Error()) {
		t.Errorf("writing bytes that are no text: %v, want an error that names facility %s", err, bad.Facilities()[0].ID)
	}
	wantList(t, s)
}

// variant is the town as another territory, with so many people in its first cell.
func variant(t testing.TB, id string, people int) *geodata.Snapshot {
	t.Helper()
	c := Town(t).Content()
	c.Territory.ID, c.Territory.Name = id, "Le pays "+id
	column := c.Population.Columns[0]
	values := append([]geodata.Amount(nil), column.Values...)
	values[0] = geodata.Whole(int64(people))
	c.Population.Columns[0] = geodata.Column{Name: column.Name, Values: values}
	return seal(t, c)
}

func severalTerritories(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s := opened(t, open)
	a, b, anjou := variant(t, "a", 1), variant(t, "b", 2), Anjou(t)
	for _, snap := range []*geodata.Snapshot{b, anjou, a} {
		write(t, s, snap, "1")
	}
	check := func(s store.Store) {
		t.Helper()
		wantList(t, s, listed{anjou.Territory().ID, "1", anjou.ID(), true}, listed{"a", "1", a.ID(), true}, listed{"b", "1", b.ID(), true})
		for _, want := range []*geodata.Snapshot{a, b, anjou} {
			same(t, want.Territory().ID, want, read(t, s, store.Ref{Territory: want.Territory().ID}))
		}
	}
	check(s)
	check(opened(t, open))
}

func severalVintages(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s := opened(t, open)
	v2015, v2017, v2021 := variant(t, "a", 15), variant(t, "a", 17), variant(t, "a", 21)
	write(t, s, v2021, "2021")
	write(t, s, v2015, "2015")
	write(t, s, v2017, "2017")
	// The last one written is the current one.
	wantList(t, s, listed{"a", "2017", v2017.ID(), true}, listed{"a", "2015", v2015.ID(), false}, listed{"a", "2021", v2021.ID(), false})
	for name, want := range map[string]*geodata.Snapshot{"": v2017, "2015": v2015, "2017": v2017, "2021": v2021} {
		same(t, "vintage "+name, want, read(t, s, store.Ref{Territory: "a", Vintage: name}))
		same(t, "vintage "+name+" of the only territory", want, read(t, s, store.Ref{Vintage: name}))
	}
	// A vintage of the same name is replaced, and is the current one then.
	corrected := variant(t, "a", 16)
	write(t, s, corrected, "2015")
	wantList(t, s, listed{"a", "2015", corrected.ID(), true}, listed{"a", "2017", v2017.ID(), false}, listed{"a", "2021", v2021.ID(), false})
	// Replacing the current one keeps the others.
	again := variant(t, "a", 14)
	write(t, s, again, "2015")
	// The same snapshot under two names is two vintages.
	write(t, s, again, "copy")
	// Another territory's vintages are its own.
	other := variant(t, "b", 15)
	write(t, s, other, "2015")
	for _, s := range []store.Store{s, opened(t, open)} {
		wantList(t, s, listed{"a", "copy", again.ID(), true}, listed{"a", "2015", again.ID(), false}, listed{"a", "2017", v2017.ID(), false},
			listed{"a", "2021", v2021.ID(), false}, listed{"b", "2015", other.ID(), true})
		same(t, "replaced twice", again, read(t, s, store.Ref{Territory: "a", Vintage: "2015"}))
		same(t, "untouched", v2021, read(t, s, store.Ref{Territory: "a", Vintage: "2021"}))
		same(t, "another territory's", other, read(t, s, store.Ref{Territory: "b", Vintage: "2015"}))
	}
}

func vintageNames(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	for year, want := range map[int]string{2019: "2019", 0: "1"} {
		c := variant(t, fmt.Sprint("grid of ", year), 1).Content()
		c.Population.Vintage = year
		write(t, s, seal(t, c), "")
		if got := read(t, s, store.Ref{Territory: c.Territory.ID, Vintage: want}); got.Population().Vintage != year {
			t.Errorf("grid of %d: vintage %s is of %d", year, want, got.Population().Vintage)
		}
	}
}

func removing(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s := opened(t, open)
	v1, v2, v3, b := variant(t, "a", 1), variant(t, "a", 2), variant(t, "a", 3), variant(t, "b", 4)
	write(t, s, v1, "1")
	write(t, s, v2, "2")
	write(t, s, v3, "3")
	write(t, s, b, "1")
	remove := func(ref store.Ref, want error) {
		t.Helper()
		if err := s.Remove(t.Context(), ref, "storetest"); !errors.Is(err, want) {
			t.Errorf("removing %+v: %v, want %v", ref, err, want)
		}
	}
	if err := s.Remove(t.Context(), store.Ref{}, ""); err == nil {
		t.Error("removing one of two territories without saying which must fail")
	}
	remove(store.Ref{Territory: "c"}, store.ErrNotFound)
	remove(store.Ref{Territory: "b", Vintage: "2"}, store.ErrNotFound)
	wantList(t, s, listed{"a", "3", v3.ID(), true}, listed{"a", "1", v1.ID(), false}, listed{"a", "2", v2.ID(), false}, listed{"b", "1", b.ID(), true})

	// An older vintage goes: the current one stays.
	remove(store.Ref{Territory: "a", Vintage: "1"}, nil)
	wantList(t, s, listed{"a", "3", v3.ID(), true}, listed{"a", "2", v2.ID(), false}, listed{"b", "1", b.ID(), true})
	// The current one goes: the last one written of the others is current.
	write(t, s, v1, "1")
	remove(store.Ref{Territory: "a", Vintage: "1"}, nil)
	wantList(t, s, listed{"a", "3", v3.ID(), true}, listed{"a", "2", v2.ID(), false}, listed{"b", "1", b.ID(), true})
	same(t, "the current one", v3, read(t, s, store.Ref{Territory: "a"}))
	// All go.
	remove(store.Ref{Territory: "a"}, nil)
	wantList(t, s, listed{"b", "1", b.ID(), true})
	same(t, "the only territory", b, read(t, s, store.Ref{}))
	remove(store.Ref{Vintage: "1"}, nil)
	wantList(t, s)
	wantList(t, opened(t, open))
	// What was removed can be written again.
	write(t, s, v1, "1")
	same(t, "written again", v1, read(t, s, store.Ref{}))
}

func wrongReferences(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	write(t, s, variant(t, "200068955", 1), "2019")
	write(t, s, variant(t, "200068955", 2), "2021")
	write(t, s, variant(t, "244900015", 3), "2017")
	part := geodata.Part{EPCI: "200068955"}
	for _, c := range []struct {
		ref   store.Ref
		is    error // nil: any
		lists []string
	}{
		{store.Ref{Territory: "49347"}, store.ErrNotFound, []string{`"49347"`, "200068955", "244900015"}},
		{store.Ref{Territory: "200068955", Vintage: "2017"}, store.ErrNotFound, []string{`"2017"`, "2019", "2021"}},
		{store.Ref{Territory: "49347", Vintage: "2017"}, store.ErrNotFound, []string{`"49347"`, "200068955", "244900015"}},
		{store.Ref{}, nil, []string{"200068955", "244900015"}},
		{store.Ref{Vintage: "2021"}, nil, []string{"200068955", "244900015"}},
	} {
		_, err := s.Read(t.Context(), c.ref)
		_, partErr := s.ReadPart(t.Context(), c.ref, part)
		for _, err := range []error{err, partErr, s.Remove(t.Context(), c.ref, "")} {
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%+v: %v, want %v", c.ref, err, c.is)
				continue
			}
			for _, word := range c.lists {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%+v: %q does not say %s", c.ref, err, word)
				}
			}
		}
	}
}
