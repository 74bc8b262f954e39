package postgis

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/pgtest"
	"github.com/maillage/maillage/internal/store"
)

// region is a square of side × side kilometres, as it were: in each a commune, 16
// homes, a town hall, a school, a street with a gate, and a forbidden turn. Nine communes in
// the middle are EPCI "A".
func region(t testing.TB, side int) *geodata.Snapshot {
	t.Helper()
	const d = .01
	square := func(x, y, d float64) orb.Ring {
		return orb.Ring{{x, y}, {x + d, y}, {x + d, y + d}, {x, y + d}, {x, y}}
	}
	c := geodata.Content{Territory: geodata.Territory{ID: "region"}, Catalogue: geodata.DefaultCatalogue()}
	ind := geodata.Column{Name: "ind"}
	schools := geodata.Population{Name: "schools", Columns: []geodata.Column{{Name: "pupils"}}}
	r := &c.Roads
	for i := range side * side {
		col, row := i%side, i/side
		x, y := d*float64(col), 47+d*float64(row)
		m := geodata.Commune{Code: fmt.Sprintf("%05d", i), EPCI: fmt.Sprint("epci ", i/10), Outline: orb.MultiPolygon{{square(x, y, d)}}}
		if mid := side / 2; max(col-mid, mid-col, row-mid, mid-row) <= 1 {
			m.EPCI, m.EPCIName = "A", "Au milieu"
		}
		c.Communes = append(c.Communes, m)
		for k := range 16 {
			hx, hy := x+d/4*float64(k%4), y+d/4*float64(k/4)
			cell := geodata.Cell{ID: fmt.Sprintf("%05d-%02d", i, k), Centre: orb.Point{hx + d/8, hy + d/8}, Outline: square(hx, hy, d/4), Commune: m.Code}
			if k == 0 {
				cell.Outline = nil // homes that are points have an index of their own
			}
			c.Population.Cells = append(c.Population.Cells, cell)
			ind.Values = append(ind.Values, geodata.Whole(int64(k)))
		}
		c.Zones = append(c.Zones, geodata.Zone{Layer: "sectors", ID: m.Code, Outline: m.Outline})
		schools.Cells = append(schools.Cells, geodata.Cell{ID: m.Code, Centre: orb.Point{x + d/2, y + d/2}, Commune: m.Code})
		schools.Columns[0].Values = append(schools.Columns[0].Values, geodata.Whole(30))
		c.Census = append(c.Census, geodata.CensusRow{Commune: m.Code, Year: 2021, To: geodata.AndOver, Persons: geodata.Whole(120)})
		c.Facilities = append(c.Facilities, geodata.Facility{ID: m.Code, Service: "town_hall", Status: geodata.Existing, Location: orb.Point{x + d/2, y + d/2}})
		n := int32(len(r.Nodes))
		for k := range 3 {
			r.Nodes = append(r.Nodes, geodata.RoadNode{ID: int64(n) + int64(k), Lon: geodata.Fixed(x + d/2*float64(k)), Lat: geodata.Fixed(y)})
		}
		r.Ways = append(r.Ways, geodata.Way{ID: int64(i), Nodes: []int32{n, n + 1, n + 2}, Tags: geodata.Tags{{Key: "highway", Value: "residential"}}})
		r.Tagged = append(r.Tagged, geodata.TaggedNode{Node: n + 1, Tags: geodata.Tags{{Key: "barrier", Value: "gate"}}})
		r.Restrictions = append(r.Restrictions, geodata.Restriction{ID: int64(i), From: int64(i), ViaNode: int64(n + 2), To: int64(i), Tags: geodata.Tags{{Key: "restriction", Value: "no_u_turn"}}})
	}
	c.Population.Columns = []geodata.Column{ind}
	c.Counts = []geodata.Population{schools}
	return seal(t, c)
}

// spy asks how each query is carried out before it is.
type spy struct {
	pgx.Tx
	plans map[string]string // by query
}

func (s spy) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	rows, err := s.Tx.Query(ctx, "EXPLAIN "+query, append([]any{args[0], pgx.QueryResultFormats{pgx.TextFormatCode}}, args[2:]...)...)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	s.plans[query] = strings.Join(lines, "\n")
	return s.Tx.Query(ctx, query, args...)
}

// TestPartAsksTheSpatialIndexes looks at the plans of a part's queries: each goes
// through the index of its table's geometry and looks at no table whole.
func TestPartAsksTheSpatialIndexes(t *testing.T) {
	s := open(t, pgtest.URL(t))
	whole := region(t, 60)
	for _, vintage := range []string{"1", "2"} {
		if err := s.Write(t.Context(), whole, store.WriteOptions{Vintage: vintage}); err != nil {
			t.Fatal(err)
		}
	}
	part := geodata.Part{EPCI: "A", Buffer: 500}
	var c geodata.Content
	plans := map[string]string{}
	err := pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		v, err := s.find(t.Context(), tx, store.Ref{Vintage: "1"})
		if err != nil {
			return err
		}
		in := &reader{ctx: t.Context(), tx: spy{tx, plans}, number: v.number}
		if _, err := in.snapshot(&c); err != nil {
			return err
		}
		for _, step := range []func() error{func() error { return in.frameOf(part) }, func() error { return in.communes(&c) }, func() error { return in.cells(&c) },
			func() error { return in.facilities(&c) }, func() error { return in.roads(&c) }, func() error { return in.zones(&c) },
			func() error { return in.counted(&c) }, func() error { return in.census(&c) }} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) != 10 { // the EPCI's communes, all communes, cells, facilities, ways, nodes, restrictions, zones, counts, census
		t.Errorf("%d queries, want 10", len(plans))
	}
	used := map[string]bool{}
	for query, plan := range plans {
		if strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s\n%s", query, plan)
		}
		for _, index := range []string{"commune_1_epci", "commune_1_outline", "cell_1_outline", "cell_1_centre", "facility_1_location", "way_1_line", "road_node_1_point", "restriction_1_point",
			"zone_1_outline", "counted_1_centre", "census_1_commune"} {
			used[index] = used[index] || strings.Contains(plan, "on "+index+"_idx") || strings.Contains(plan, "using "+index+"_idx")
		}
	}
	for index, used := range used {
		if !used {
			t.Errorf("no plan uses the index of %s", index)
		}
	}
	// 5 × 5 communes meet the frame of 3 × 3 with half a commune around it.
	if n := len(c.Communes); n != 25 {
		t.Errorf("%d communes were read, want 25", n)
	}
	if cells, all := len(c.Population.Cells), len(whole.Population().Cells); cells*50 > all {
		t.Errorf("%d cells of %d were read", cells, all)
	}
	want, err := geodata.Cut(whole, part)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ReadPart(t.Context(), store.Ref{Vintage: "1"}, part)
	if err != nil || got.ID() != want.ID() {
		t.Error("another part, or", err)
	}
}
