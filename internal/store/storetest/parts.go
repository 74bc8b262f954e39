package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store"
)

// partsOf reads parts of a territory, each of its EPCI with each buffer, and
// compares with what geodata.Cut makes of the whole.
func partsOf(t *testing.T, fresh Fresh, whole *geodata.Snapshot, epcis []string, buffers ...float64) {
	t.Helper()
	s := opened(t, fresh(t))
	write(t, s, variant(t, "another territory", 1), "1")
	write(t, s, whole, "old")
	write(t, s, variant(t, whole.Territory().ID, 1), "new")
	for _, vintage := range []string{"old", "new"} {
		if vintage == "new" { // the current vintage and an older one are read alike
			write(t, s, whole, "new")
		}
		ref := store.Ref{Territory: whole.Territory().ID, Vintage: vintage}
		for _, epci := range epcis {
			for _, buffer := range buffers {
				part := geodata.Part{EPCI: epci, Buffer: buffer}
				want, err := geodata.Cut(whole, part)
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.ReadPart(t.Context(), ref, part)
				if err != nil {
					t.Fatalf("%+v: %v", part, err)
				}
				same(t, fmt.Sprintf("EPCI %s with %v m around it, vintage %s", epci, buffer, vintage), want, got)
			}
		}
	}
	if _, err := s.ReadPart(t.Context(), store.Ref{Territory: whole.Territory().ID}, geodata.Part{EPCI: "000000000"}); err == nil || !strings.Contains(err.Error(), `"000000000"`) {
		t.Errorf("an EPCI that is not there: %v", err)
	}
}

func epcisOf(s *geodata.Snapshot) []string {
	ids := map[string]bool{}
	for _, c := range s.Communes() {
		if c.EPCI != "" && len(c.Outline) > 0 {
			ids[c.EPCI] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func partsOfAnjou(t *testing.T, fresh Fresh) {
	partsOf(t, fresh, Anjou(t), epcisOf(Anjou(t)), 0, 2_000, 20_000)
}

func partsOfRealCommunes(t *testing.T, fresh Fresh) {
	whole := Real(t)
	partsOf(t, fresh, whole, []string{"200068955", "244900015", "200073237"}, 0, 10_000)
}

// partsOfAnything draws a region on a coarse lattice, so that much lies exactly
// on the border of the part.
func partsOfAnything(t *testing.T, fresh Fresh) {
	s := opened(t, fresh(t))
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		c := drawRegion(t)
		n++
		c.Territory = geodata.Territory{ID: fmt.Sprint("region ", n), Modelled: n%2 == 0}
		whole, err := geodata.NewSnapshot(c)
		if err != nil {
			t.Fatal(err)
		}
		ref := store.Ref{Territory: whole.Territory().ID}
		if err := s.Write(context.Background(), whole, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		defer s.Remove(context.Background(), ref, "") //nolint:errcheck // the next one has another id
		part := geodata.Part{EPCI: "A", Buffer: rapid.SampledFrom([]float64{0, 1, 1200, 5000}).Draw(t, "buffer")}
		want, wantErr := geodata.Cut(whole, part)
		got, err := s.ReadPart(context.Background(), ref, part)
		if wantErr != nil {
			if err == nil || !strings.Contains(err.Error(), wantErr.Error()) {
				t.Errorf("%v, want an error that says %v", err, wantErr)
			}
			return
		}
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

// drawRegion is communes of two EPCIs, homes, town halls and roads on the points
// of a lattice of a hundredth of a degree.
func drawRegion(t *rapid.T) geodata.Content {
	at := func() orb.Point {
		return orb.Point{float64(rapid.IntRange(-6, 6).Draw(t, "x")) / 100, 47 + float64(rapid.IntRange(-6, 6).Draw(t, "y"))/100}
	}
	box := func() orb.Ring {
		a, w := at(), float64(rapid.IntRange(1, 3).Draw(t, "side"))/100
		return orb.Ring{a, {a[0] + w, a[1]}, {a[0] + w, a[1] + w}, {a[0], a[1] + w}, a}
	}
	c := geodata.Content{Catalogue: geodata.Catalogue{{ID: "town_hall"}}}
	for i := range rapid.IntRange(1, 6).Draw(t, "communes") {
		m := geodata.Commune{Code: fmt.Sprintf("%05d", i), EPCI: rapid.SampledFrom([]string{"A", "A", "B", ""}).Draw(t, "epci"), Study: true}
		m.EPCIName = rapid.SampledFrom([]string{"", "Pays " + m.EPCI}).Draw(t, "name")
		for range rapid.IntRange(0, 2).Draw(t, "polygons") {
			m.Outline = append(m.Outline, orb.Polygon{box()})
		}
		c.Communes = append(c.Communes, m)
	}
	p := &c.Population
	for i := range rapid.IntRange(0, 8).Draw(t, "cells") {
		cell := geodata.Cell{ID: fmt.Sprint("c", i), Centre: at(), Commune: fmt.Sprintf("%05d", rapid.IntRange(0, 6).Draw(t, "commune")), Study: true}
		if rapid.Bool().Draw(t, "square") { // anywhere: the centre decides
			cell.Outline = box()
		}
		p.Cells = append(p.Cells, cell)
	}
	for _, name := range []string{"ind", "men"} {
		values := make([]geodata.Amount, len(p.Cells))
		for i := range values {
			values[i] = geodata.Amount(rapid.SampledFrom([]int64{0, 1, 2_500_000, 1<<62 - 1}).Draw(t, "amount"))
		}
		p.Columns = append(p.Columns, geodata.Column{Name: name, Values: values})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "facilities") {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprint("f", i), Service: "town_hall", Location: at(), Status: geodata.Existing})
	}
	drawStreets(t, &c.Roads, at)
	moreOfRegion(t, &c, at, box)
	return c
}

func drawStreets(t *rapid.T, r *geodata.Roads, at func() orb.Point) {
	nodes := rapid.IntRange(2, 10).Draw(t, "nodes")
	for i := range nodes {
		p := at()
		r.Nodes = append(r.Nodes, geodata.RoadNode{ID: int64(7*i - 20), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
	}
	node := func() int32 { return int32(rapid.IntRange(0, nodes-1).Draw(t, "node")) }
	var ids []int64
	for i := range rapid.IntRange(0, 6).Draw(t, "ways") {
		w := geodata.Way{ID: int64(i - 2), Tags: geodata.Tags{{Key: "highway", Value: "track"}}}
		for range rapid.IntRange(2, 4).Draw(t, "length") {
			w.Nodes = append(w.Nodes, node())
		}
		ids, r.Ways = append(ids, w.ID), append(r.Ways, w)
	}
	for range rapid.IntRange(0, 3).Draw(t, "tagged") {
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: node(), Tags: geodata.Tags{{Key: "barrier", Value: rapid.SampledFrom([]string{"gate", "bollard"}).Draw(t, "barrier")}}})
	}
	if len(ids) == 0 {
		return
	}
	way := rapid.SampledFrom(append(ids, 99))
	for i := range rapid.IntRange(0, 3).Draw(t, "restrictions") {
		x := geodata.Restriction{ID: int64(i), From: way.Draw(t, "from"), To: way.Draw(t, "to")}
		if rapid.Bool().Draw(t, "through ways") {
			x.ViaWays = rapid.SliceOfN(way, 1, 2).Draw(t, "via")
		} else {
			x.ViaNode = int64(7*rapid.IntRange(0, 10).Draw(t, "via") - 20)
		}
		r.Restrictions = append(r.Restrictions, x)
	}
}
