package load

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	orbwkb "github.com/paulmach/orb/encoding/wkb"

	"github.com/maillage/maillage/internal/pgtest"
)

// TestPostGISFindsTheSameCommunes asks PostGIS which communes real points lie in:
// points anywhere, corners of outlines, which belong to the lowest code that
// touches them, and points in the middle of borders.
func TestPostGISFindsTheSameCommunes(t *testing.T) {
	communes, _, err := Communes(t.Context(), filepath.Join(pack(t, "anjou"), "communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.Connect(t, pgtest.URL(t))
	if _, err := db.Exec(t.Context(), "CREATE TABLE commune (code text, outline geometry(MultiPolygon,4326))"); err != nil {
		t.Fatal(err)
	}
	var all orb.Bound
	for i, c := range communes {
		if _, err := db.Exec(t.Context(), "INSERT INTO commune VALUES ($1, ST_GeomFromWKB($2, 4326))", c.Code, orbwkb.MustMarshal(c.Outline)); err != nil {
			t.Fatal(err)
		}
		if b := c.Outline.Bound(); i == 0 {
			all = b
		} else {
			all = all.Union(b)
		}
	}
	r := rand.New(rand.NewPCG(20, 26))
	points := map[string][]orb.Point{}
	for range 3000 {
		points["anywhere"] = append(points["anywhere"], orb.Point{all.Min[0] + r.Float64()*(all.Max[0]-all.Min[0]), all.Min[1] + r.Float64()*(all.Max[1]-all.Min[1])})
		ring := communes[r.IntN(len(communes))].Outline[0][0]
		k := 1 + r.IntN(len(ring)-1)
		points["corners"] = append(points["corners"], ring[k])
		points["borders"] = append(points["borders"], orb.Point{(ring[k-1][0] + ring[k][0]) / 2, (ring[k-1][1] + ring[k][1]) / 2})
	}
	ours := newLocator(communes)
	for kind, ps := range points {
		x, y := make([]float64, len(ps)), make([]float64, len(ps))
		for i, p := range ps {
			x[i], y[i] = p[0], p[1]
		}
		// ST_Relate computes with GEOS's exact predicates; ST_Intersects rounds.
		rows, err := db.Query(t.Context(), `SELECT coalesce((SELECT min(code COLLATE "C") FROM commune
				WHERE outline && p AND NOT ST_Relate(outline, p, 'FF*FF****')), '')
			FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS u(x, y, i), LATERAL (SELECT ST_SetSRID(ST_MakePoint(x, y), 4326) AS p) AS q ORDER BY i`, x, y)
		if err != nil {
			t.Fatal(err)
		}
		i, inside := 0, 0
		for ; rows.Next(); i++ {
			var want string
			if err := rows.Scan(&want); err != nil {
				t.Fatal(err)
			}
			got := ""
			if at, ok := ours.at(ps[i]); ok {
				got = communes[at].Code
				inside++
			}
			if got != want {
				t.Errorf("%s: %v is in %q, PostGIS says %q", kind, ps[i], got, want)
			}
		}
		if rows.Err() != nil || i != len(ps) {
			t.Fatal(i, rows.Err())
		}
		t.Logf("%s: %d points, %d of them in one of %d communes", kind, i, inside, len(communes))
	}
}

// TestPostGISMeasuresTheSameAreas compares areas with those on the ellipsoid. Ours
// take the length of a degree at the middle of an outline, where a commune of
// 300 km² that lies to one side of the middle differs by 3 parts in 10,000.
func TestPostGISMeasuresTheSameAreas(t *testing.T) {
	communes, _, err := Communes(t.Context(), filepath.Join(pack(t, "anjou"), "communes.geojson"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.Connect(t, pgtest.URL(t))
	const tolerance = 3e-4
	worst := 0.0
	for _, c := range communes {
		var want float64
		if err := db.QueryRow(t.Context(), "SELECT ST_Area(ST_GeomFromWKB($1, 4326)::geography)", orbwkb.MustMarshal(c.Outline)).Scan(&want); err != nil {
			t.Fatal(err)
		}
		got := outlineArea(c.Outline)
		if d := math.Abs(got-want) / want; d > tolerance {
			t.Errorf("%s %s: %.0f m², PostGIS says %.0f", c.Code, c.Name, got, want)
		} else {
			worst = max(worst, d)
		}
	}
	t.Logf("%d communes, at most %.2g of their area apart", len(communes), worst)
}
