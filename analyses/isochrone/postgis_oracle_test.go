package isochrone

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/internal/pgtest"
)

// TestPostGISMeasuresTheSameAreas compares areas around Vaduz with those on the
// ellipsoid. Ours take the length of a degree at the middle of each polygon.
func TestPostGISMeasuresTheSameAreas(t *testing.T) {
	const tolerance = 2e-4
	s := liechtenstein(t)
	db := pgtest.Connect(t, pgtest.URL(t))
	vaduz := orb.Point{9.5209, 47.1410}
	for _, mode := range []string{"car", "foot"} {
		r := run(t, s, traveltime.NewNetworks(""), Params{At: &vaduz, Mode: mode, Within: minutes(5, 10, 20)})
		for _, a := range r.Areas {
			var valid bool
			var want float64
			if err := db.QueryRow(t.Context(), "SELECT ST_IsValid(g), ST_Area(g::geography)/1e6 FROM ST_GeomFromWKB($1, 4326) AS g", wkb.MustMarshal(a.Polygons)).Scan(&valid, &want); err != nil {
				t.Fatal(err)
			}
			if d := math.Abs(a.SquareKilometres-want) / want; !valid || want == 0 || d > tolerance {
				t.Errorf("%s ≤ %s: %.5f km², PostGIS says %.5f, valid %v", mode, a.Within, a.SquareKilometres, want, valid)
			} else {
				t.Logf("%s ≤ %s: %.3f km², %.2g apart", mode, a.Within, want, d)
			}
		}
	}
}
