package geodata

import (
	"math"

	"github.com/paulmach/orb"
)

// MetresPerDegree returns the length in metres of one degree of longitude and of
// latitude at a latitude, on the WGS 84 ellipsoid: the radii of curvature in
// the prime vertical (times cos φ) and in the meridian. Exact in the limit of
// short distances; within 1e-6 of the geodesic under 10 km.
func MetresPerDegree(lat float64) (lon, latm float64) {
	const a, e2 = 6378137.0, 0.00669437999014
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w2 := 1 - e2*sin*sin
	w := math.Sqrt(w2)
	lon = a / w * cos * math.Pi / 180
	latm = a * (1 - e2) / (w * w2) * math.Pi / 180
	return lon, latm
}

// Distance returns the metres between two points of longitude and latitude, by
// MetresPerDegree at their middle latitude. Meant for distances up to 100 km,
// where it stays within 0.01 % of the geodesic in mainland France.
func Distance(a, b orb.Point) float64 {
	mx, my := MetresPerDegree((a[1] + b[1]) / 2)
	return math.Hypot((a[0]-b[0])*mx, (a[1]-b[1])*my)
}
