package traveltime

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
	"github.com/maillage/maillage/internal/pgtest"
)

// bayreuth reads the real district, or skips.
func bayreuth(t testing.TB) *geodata.Snapshot {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "bayreuth")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: needs the open data pack in ../shared/data: %v", err)
	}
	s, _, err := load.Territory(context.Background(), load.Spec{ID: "bt", Name: "Bayreuth",
		Population: []string{filepath.Join(dir, "census2021_1km.csv")}, Roads: []string{filepath.Join(dir, "north-bayreuth.osm.pbf")}, Buffer: 20_000}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPostGISFindsTheSameNearestRoads asks PostGIS how far it is from homes and from
// other points to the nearest edge, on the plane that touches the ellipsoid at the
// point, and then how far our place on that edge is along the ellipsoid, from
// which the plane differs by up to 5 parts in 100,000 at a kilometre.
func TestPostGISFindsTheSameNearestRoads(t *testing.T) {
	const onPlane, onEllipsoid = 1e-9, 5e-5
	for name, s := range map[string]*geodata.Snapshot{"Liechtenstein": liechtenstein(t), "Bayreuth": bayreuth(t)} {
		for _, mode := range []string{"car", "foot"} {
			n, err := NewNetworks("").Get(t.Context(), s, mode)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(20, 26))
			var points []orb.Point
			for _, c := range s.Population().Cells {
				points = append(points, c.Centre)
			}
			nodes := s.Roads().Nodes
			for range 500 {
				p := nodes[r.IntN(len(nodes))].Point()
				points = append(points, orb.Point{p[0] + (r.Float64()-.5)*.01, p[1] + (r.Float64()-.5)*.01})
			}
			places := n.Places(points)
			want, geodesic := nearestByPostGIS(t, n, places)
			off, plane, ellipsoid := 0, 0.0, 0.0
			limit := float64(n.profile.MaxAccess())
			for i, p := range points {
				got := places[i]
				switch {
				case math.Abs(want[i]-limit) <= limit*onPlane: // either
				case got.On != (want[i] <= limit):
					t.Errorf("%s, %s: %v is on the network: %v, PostGIS says %.3f m", name, mode, p, got.On, want[i])
				case !got.On:
					off++
				case math.Abs(got.Metres-want[i]) > want[i]*onPlane+1e-6:
					t.Errorf("%s, %s: %v is %.6f m from the network, PostGIS says %.6f", name, mode, p, got.Metres, want[i])
				case math.Abs(got.Metres-geodesic[i]) > geodesic[i]*onEllipsoid+1e-6:
					t.Errorf("%s, %s: %v joins at %v, said to be %.3f m away, PostGIS says %.3f", name, mode, p, got.Point, got.Metres, geodesic[i])
				case got.Metres > 1:
					plane, ellipsoid = max(plane, math.Abs(got.Metres/want[i]-1)), max(ellipsoid, math.Abs(got.Metres/geodesic[i]-1))
				}
			}
			t.Logf("%s, %s: %d points, %d off the network; distances at most %.2g apart on the plane, %.2g on the ellipsoid", name, mode, len(points), off, plane, ellipsoid)
			if off == len(points) {
				t.Error("all are off the network")
			}
		}
	}
}

// nearestByPostGIS returns the metres from each place's point to the nearest
// joinable edge, and to where the place joins it (0 where it does not).
func nearestByPostGIS(t *testing.T, n *Network, places []Place) (nearest, geodesic []float64) {
	t.Helper()
	db := pgtest.Connect(t, pgtest.URL(t))
	exec := func(statement string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE edge (line bytea)")
	var rows [][]any
	for i, e := range n.edges {
		if !e.joinable {
			continue
		}
		var line orb.LineString
		for k := e.first; k < e.last; k++ {
			a, b := n.segmentEnds(segment{int32(i), k - e.first})
			if len(line) == 0 {
				line = append(line, a)
			}
			line = append(line, b)
		}
		rows = append(rows, []any{wkb.MustMarshal(line)})
	}
	if _, err := db.CopyFrom(t.Context(), pgx.Identifier{"edge"}, []string{"line"}, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}
	exec("CREATE TABLE road AS SELECT ST_GeomFromWKB(line, 4326) AS line FROM edge")
	exec("CREATE INDEX ON road USING gist (line)")
	exec("ANALYZE road")
	var c [4][]float64
	for _, p := range places {
		at := p.Point
		if !p.On {
			at = p.Of
		}
		for k, v := range []float64{p.Of[0], p.Of[1], at[0], at[1]} {
			c[k] = append(c[k], v)
		}
	}
	// PostGIS measures the degrees itself. A box of 0.04° × 0.03° holds all roads within a kilometre.
	found, err := db.Query(t.Context(), `WITH place AS (
			SELECT i, x, y, ST_Distance(ST_MakePoint(x, y)::geography, ST_MakePoint(jx, jy)::geography) AS geodesic,
				1000 * ST_Distance(ST_MakePoint(x - 0.0005, y)::geography, ST_MakePoint(x + 0.0005, y)::geography) AS mx,
				1000 * ST_Distance(ST_MakePoint(x, y - 0.0005)::geography, ST_MakePoint(x, y + 0.0005)::geography) AS my
			FROM unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[]) WITH ORDINALITY AS u(x, y, jx, jy, i))
		SELECT coalesce((SELECT min(ST_Distance(ST_Scale(ST_Translate(line, -x, -y), mx, my), ST_SetSRID(ST_MakePoint(0, 0), 4326))) FROM road
			WHERE line && ST_MakeEnvelope(x - 0.02, y - 0.015, x + 0.02, y + 0.015, 4326)), 'infinity'), geodesic
		FROM place ORDER BY i`, c[0], c[1], c[2], c[3])
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		var d, g float64
		if err := found.Scan(&d, &g); err != nil {
			t.Fatal(err)
		}
		nearest, geodesic = append(nearest, d), append(geodesic, g)
	}
	if found.Err() != nil || len(nearest) != len(places) {
		t.Fatal(len(nearest), found.Err())
	}
	return nearest, geodesic
}
