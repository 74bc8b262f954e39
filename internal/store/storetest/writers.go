package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// homes is how many homes a territory needs for its writing to report progress.
const homes = 20_000

func progress(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	last, total, between := 0, 0, 0
	err := s.Write(t.Context(), Lattice(t, "lattice", homes, 1), store.WriteOptions{Progress: func(done, of int) {
		if done < last || done > of || total != 0 && of != total {
			t.Errorf("%d of %d rows after %d of %d", done, of, last, total)
		}
		if done > 0 && done < of {
			between++
		}
		last, total = done, of
	}})
	if err != nil || last != total || total < homes || between == 0 {
		t.Errorf("%v; progress ended at %d of %d rows and was told %d times on the way", err, last, total, between)
	}
}

// midway does something once when half of a Write is done.
func midway(do func()) func(done, total int) {
	var once sync.Once
	return func(done, total int) {
		if done > total/2 && done < total {
			once.Do(do)
		}
	}
}

func cancelledWrite(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s := opened(t, open)
	v1, other := variant(t, "a", 1), variant(t, "b", 2)
	write(t, s, other, "1")
	write(t, s, v1, "1")
	for _, c := range []struct{ territory, vintage string }{{"a", "1"}, {"a", "2"}, {"b", "1"}, {"c", "1"}} {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Write(ctx, Lattice(t, c.territory, homes, 1), store.WriteOptions{Vintage: c.vintage, Progress: midway(cancel)})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("writing %v: %v, want that it was cancelled", c, err)
		}
		cancel()
		for _, s := range []store.Store{s, opened(t, open)} {
			wantList(t, s, listed{"a", "1", v1.ID(), true}, listed{"b", "1", other.ID(), true})
			same(t, "what was there", v1, read(t, s, store.Ref{Territory: "a"}))
			same(t, "what was there", other, read(t, s, store.Ref{Territory: "b"}))
		}
	}
	v2 := variant(t, "a", 2)
	write(t, s, v2, "2")
	same(t, "written after all", v2, read(t, s, store.Ref{Territory: "a"}))
}

func cancelledContext(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	v1 := variant(t, "a", 1)
	write(t, s, v1, "1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, vintages := s.Vintages(ctx)
	_, reading := s.Read(ctx, store.Ref{})
	_, part := s.ReadPart(ctx, store.Ref{}, geodata.Part{EPCI: "200068955"})
	for name, err := range map[string]error{
		"Vintages": vintages, "Read": reading, "ReadPart": part,
		"Write": s.Write(ctx, variant(t, "a", 2), store.WriteOptions{}), "Remove": s.Remove(ctx, store.Ref{}, ""),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that it was cancelled", name, err)
		}
	}
	wantList(t, s, listed{"a", "1", v1.ID(), true})
}

func readingMeanwhile(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s, other := opened(t, open), opened(t, open)
	v1, v2 := variant(t, "a", 1), Lattice(t, "a", homes, 2)
	write(t, s, v1, "1")
	for _, vintage := range []string{"1", "2"} {
		asked := false
		err := s.Write(t.Context(), v2, store.WriteOptions{Vintage: vintage, Progress: midway(func() {
			asked = true
			for _, s := range []store.Store{s, other} {
				wantList(t, s, listed{"a", "1", v1.ID(), true})
				same(t, "while another is being written", v1, read(t, s, store.Ref{Territory: "a"}))
			}
		})})
		if err != nil || !asked {
			t.Fatal(err, asked)
		}
		for _, s := range []store.Store{s, other} {
			if got := read(t, s, store.Ref{Territory: "a"}); got.ID() != v2.ID() {
				t.Error("a finished Write is not seen")
			}
		}
		write(t, s, v1, "1")
		if err := s.Remove(t.Context(), store.Ref{Territory: "a", Vintage: "2"}, ""); vintage == "2" && err != nil {
			t.Fatal(err)
		}
	}
}

func twoWriters(t *testing.T, fresh Fresh) {
	open := fresh(t)
	s, other := opened(t, open), opened(t, open)
	first, second := Lattice(t, "a", homes, 1), variant(t, "a", 2)
	err := s.Write(t.Context(), first, store.WriteOptions{Vintage: "1", Progress: midway(func() {
		for _, s := range []store.Store{s, other} {
			if err := s.Write(t.Context(), second, store.WriteOptions{Vintage: "2"}); !errors.Is(err, store.ErrBusy) {
				t.Errorf("the second writer: %v, want ErrBusy", err)
			}
		}
	})})
	if err != nil {
		t.Fatal("the first writer:", err)
	}
	wantList(t, other, listed{"a", "1", first.ID(), true})
	write(t, other, second, "2")
	wantList(t, s, listed{"a", "2", second.ID(), true}, listed{"a", "1", first.ID(), false})
}

func manyAtOnce(t *testing.T, fresh Fresh) {
	open := fresh(t)
	handles := []store.Store{opened(t, open), opened(t, open), opened(t, open)}
	var all sync.WaitGroup
	var mu sync.Mutex
	written := map[string]map[string]*geodata.Snapshot{"a": {}, "b": {}, "c": {}} // by territory and id
	for territory := range written {
		v := variant(t, territory, 0)
		write(t, handles[0], v, "1")
		written[territory][v.ID()] = v
	}
	for i := range 12 { // the first three write territories of their own, the others all the same one
		territory := []string{"a", "b", "c", "c", "c", "c"}[i%6]
		snap := variant(t, territory, i+1)
		all.Go(func() {
			err := handles[i%3].Write(t.Context(), snap, store.WriteOptions{Vintage: "1", By: fmt.Sprint(i)})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				written[territory][snap.ID()] = snap
			case !errors.Is(err, store.ErrBusy):
				t.Errorf("writing %s: %v", territory, err)
			}
		})
		all.Go(func() {
			got, err := handles[(i+1)%3].Read(t.Context(), store.Ref{Territory: territory})
			if err != nil {
				t.Errorf("reading %s: %v", territory, err)
			} else if people := got.Population().Columns[0].Values[0]; got.ID() != variant(t, territory, int(people/geodata.Unit)).ID() {
				t.Errorf("reading %s: a mixture", territory)
			}
		})
	}
	all.Wait()
	for territory, one := range written {
		if len(one) < 2 {
			t.Errorf("nobody succeeded in writing %s", territory)
		}
		got := read(t, handles[0], store.Ref{Territory: territory})
		if want, ok := one[got.ID()]; !ok {
			t.Errorf("%s is none of what was written", territory)
		} else {
			same(t, territory, want, got)
		}
	}
}
