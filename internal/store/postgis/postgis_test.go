package postgis

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
	"github.com/maillage/maillage/internal/store/ledger"
	"github.com/maillage/maillage/internal/store/storetest"
)

// open opens a store for writing, closed when the test ends.
func open(t testing.TB, at string) *Store {
	t.Helper()
	s, err := Open(t.Context(), at, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// reading opens a store for reading only.
func reading(t *testing.T, at string) *Store {
	t.Helper()
	s, err := Open(t.Context(), at, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		at := pgtest.URL(t)
		return func() store.Store {
			s, err := Open(t.Context(), at, Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

func TestLedger(t *testing.T) {
	storetest.RunLedger(t, func(t *testing.T) *ledger.Ledger { return open(t, pgtest.URL(t)).Ledger() })
}

// TestAnyOutlineComesBack writes outlines that PostGIS takes for none as well.
func TestAnyOutlineComesBack(t *testing.T) {
	s := open(t, pgtest.URL(t))
	rapid.Check(t, func(t *rapid.T) {
		want, err := geodata.NewSnapshot(storetest.Draw(t, storetest.Odd{Rings: true}))
		if err != nil {
			t.Fatal(err)
		}
		ref := store.Ref{Territory: want.Territory().ID}
		if err := s.Write(context.Background(), want, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		defer s.Remove(context.Background(), ref, "") //nolint:errcheck // the next territory may have the same id, or another
		got, err := s.Read(context.Background(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Content(), got.Content(), cmpopts.EquateEmpty()); diff != "" || got.ID() != want.ID() {
			t.Error("another id", diff)
		}
	})
}

func TestWhereOutlinesAreKept(t *testing.T) {
	at := pgtest.URL(t)
	s := open(t, at)
	square := orb.Ring{{0, 47}, {1, 47}, {1, 48}, {0, 48}, {0, 47}}
	c := geodata.Content{Territory: geodata.Territory{ID: "t"}}
	for _, x := range []struct {
		id      string
		ring    orb.Ring
		polygon orb.Polygon
	}{
		{"plain", square, orb.Polygon{square}},
		{"absent", nil, nil},
		{"open", square[:4], orb.Polygon{square[:4]}},
		{"minus zero", orb.Ring{{0, 47}, {1, 47}, {1, 48}, {math.Copysign(0, -1), 47}}, orb.Polygon{{{0, 47}, {1, 47}, {1, 48}, {math.Copysign(0, -1), 47}}}},
		{"short", orb.Ring{{0, 47}, {1, 47}, {0, 47}}, orb.Polygon{{{0, 47}, {1, 47}, {0, 47}}}},
		{"beside its centre", orb.Ring{{5, 47}, {6, 47}, {6, 48}, {5, 47}}, orb.Polygon{square, {}}}, // of the commune, the hole is empty
		{"beyond", orb.Ring{{0, 47}, {1, 47}, {1, 91}, {0, 47}}, orb.Polygon{{{0, 47}, {1, 47}, {1, 91}, {0, 47}}}},
		{"nowhere", orb.Ring{{0, 47}, {1, math.NaN()}, {1, 48}, {0, 47}}, orb.Polygon{{{0, 47}, {1, math.NaN()}, {1, 48}, {0, 47}}}},
		{"infinite", orb.Ring{{0, 47}, {1, 47}, {math.Inf(1), 48}, {0, 47}}, orb.Polygon{}},
	} {
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: x.id, Centre: orb.Point{.5, 47.5}, Outline: x.ring})
		m := geodata.Commune{Code: x.id}
		if x.polygon != nil {
			m.Outline = orb.MultiPolygon{x.polygon}
		}
		c.Communes = append(c.Communes, m)
	}
	want := seal(t, c)
	if err := s.Write(t.Context(), want, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Read(t.Context(), store.Ref{})
	if err != nil || got.ID() != want.ID() {
		t.Error("another id, or", err)
	}
	db := connect(t, at)
	for table, id := range map[string]string{"cell": "id", "commune": "code"} {
		db.want("SELECT string_agg("+id+", ', ' ORDER BY fid) FROM maillage."+table+" WHERE outline IS NOT NULL AND exact IS NULL", "plain")
		db.want("SELECT string_agg("+id+", ', ' ORDER BY fid) FROM maillage."+table+" WHERE outline IS NULL AND exact IS NOT NULL",
			"beside its centre, beyond, infinite, minus zero, nowhere, open, short")
	}
}

// FuzzFields reads fields of any bytes as everything they could be: it may say
// that they are wrong, but not crash, and what it accepts must be what was written.
func FuzzFields(f *testing.F) {
	e := &encoder{}
	for _, write := range []func(){
		func() { e.bigints(2); e.bigint(5); e.bigint(-1) }, func() { e.bigints(0) }, func() { e.point(orb.Point{1, 2}) },
		func() { e.polygon(orb.Ring{{1, 2}, {3, 4}}) }, func() { e.line(1); e.position(orb.Point{1, 2}) }, func() { e.bool(true) }, func() { e.integer(7) }, func() { e.bigint(7) },
	} {
		e.buf = e.buf[:0]
		write()
		f.Add(bytes.Clone(e.buf[4:])) // without its length
	}
	f.Add(appendNodes(nil, &geodata.Roads{Nodes: []geodata.RoadNode{{ID: 5, Lon: 1, Lat: -1}, {ID: 3}}}, &geodata.Way{Nodes: []int32{1, 0}}))
	f.Fuzz(func(t *testing.T, field []byte) {
		again := func(read func(r *row), write func(e *encoder)) {
			t.Helper()
			r, e := &row{fields: [][]byte{field}}, &encoder{}
			if read(r); r.err != nil {
				return
			}
			if write(e); !bytes.Equal(e.buf[4:], field) {
				t.Errorf("%x was read and is written as %x", field, e.buf[4:])
			}
		}
		var p orb.Point
		again(func(r *row) { p = r.point(0) }, func(e *encoder) { e.point(p) })
		var ring orb.Ring
		again(func(r *row) { ring = r.polygon(0) }, func(e *encoder) { e.polygon(ring) })
		var big int64
		again(func(r *row) { big = r.bigint(0) }, func(e *encoder) { e.bigint(big) })
		var small int32
		again(func(r *row) { small = r.integer(0) }, func(e *encoder) { e.integer(small) })
		r := &row{fields: [][]byte{field}}
		if n, elements := r.bigints(0); r.err == nil {
			for k := range n {
				element(elements, k)
			}
		}
		r.bool(0)
		r.multiPolygon(0)
		var roads geodata.Roads
		var w geodata.Way
		if eachNode(field, func(_ int64, n geodata.RoadNode) error {
			w.Nodes = append(w.Nodes, int32(len(roads.Nodes)))
			roads.Nodes = append(roads.Nodes, n)
			return nil
		}) == nil && len(w.Nodes)*4 > len(field) {
			t.Errorf("%d nodes in %d bytes", len(w.Nodes), len(field))
		}
	})
}
