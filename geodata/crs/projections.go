package crs

import (
	"math"

	"github.com/paulmach/orb"
)

// projection is one of the four families below, its constants computed once.
// Angles are degrees at the interface and radians inside. Where a point has no
// image the result is NaN, which the area of use then refuses.
type projection interface {
	forward(p orb.Point) (x, y float64)
	inverse(x, y float64) orb.Point
}

// ellipsoid holds the equatorial radius in metres and the first eccentricity.
type ellipsoid struct{ a, f, e, e2 float64 }

var (
	grs80 = newEllipsoid(6378137, 298.257222101)
	wgs84 = newEllipsoid(6378137, 298.257223563)
)

func newEllipsoid(a, inverseFlattening float64) ellipsoid {
	f := 1 / inverseFlattening
	e2 := f * (2 - f)
	return ellipsoid{a, f, math.Sqrt(e2), e2}
}

// isometric returns the isometric latitude ψ of φ.
func (l ellipsoid) isometric(phi float64) float64 {
	s := math.Sin(phi)
	return math.Atanh(s) - l.e*math.Atanh(l.e*s)
}

// latitude inverts isometric. Each step shrinks the error by e² (1/150):
// eight steps are beyond double precision.
func (l ellipsoid) latitude(psi float64) float64 {
	s := math.Tanh(psi)
	for range 8 {
		s = math.Tanh(psi + l.e*math.Atanh(l.e*s))
	}
	return math.Asin(s)
}

const (
	radians = math.Pi / 180
	degree  = 180 / math.Pi
)

// longLat is the identity.
type longLat struct{}

func (longLat) forward(p orb.Point) (x, y float64) { return p[0], p[1] }
func (longLat) inverse(x, y float64) orb.Point     { return orb.Point{x, y} }

// webMercator is the spherical Mercator projection of web maps (EPSG method 1024).
type webMercator struct{ radius float64 }

func (m webMercator) forward(p orb.Point) (x, y float64) {
	return m.radius * p[0] * radians, m.radius * math.Asinh(math.Tan(p[1]*radians))
}

func (m webMercator) inverse(x, y float64) orb.Point {
	return orb.Point{x / m.radius * degree, math.Atan(math.Sinh(y/m.radius)) * degree}
}

// lambertConic is the Lambert conic conformal projection with two standard
// parallels (EPSG method 9802; Snyder 1987, p. 107).
type lambertConic struct {
	ellipsoid
	lon0, n, af, rho0, x0, y0 float64 // af is a·F
}

func newLambertConic(l ellipsoid, lon0, lat0, lat1, lat2, x0, y0 float64) lambertConic {
	m := func(lat float64) float64 {
		sin, cos := math.Sincos(lat * radians)
		return cos / math.Sqrt(1-l.e2*sin*sin)
	}
	psi1, psi2 := l.isometric(lat1*radians), l.isometric(lat2*radians)
	c := lambertConic{ellipsoid: l, lon0: lon0 * radians, x0: x0, y0: y0}
	c.n = math.Log(m(lat1)/m(lat2)) / (psi2 - psi1)
	c.af = l.a * m(lat1) / c.n * math.Exp(c.n*psi1)
	c.rho0 = c.rho(lat0 * radians)
	return c
}

func (c lambertConic) rho(phi float64) float64 { return c.af * math.Exp(-c.n*c.isometric(phi)) }

func (c lambertConic) forward(p orb.Point) (x, y float64) {
	rho := c.rho(p[1] * radians)
	sin, cos := math.Sincos(c.n * (p[0]*radians - c.lon0))
	return c.x0 + rho*sin, c.y0 + c.rho0 - rho*cos
}

func (c lambertConic) inverse(x, y float64) orb.Point {
	dx, dy := x-c.x0, c.rho0-(y-c.y0)
	lon := c.lon0 + math.Atan2(dx, dy)/c.n
	lat := c.latitude(-math.Log(math.Hypot(dx, dy)/c.af) / c.n)
	return orb.Point{lon * degree, lat * degree}
}

// lambertAzimuthal is the Lambert azimuthal equal-area projection of the
// ellipsoid, oblique case (EPSG method 9820; Snyder 1987, p. 187).
type lambertAzimuthal struct {
	ellipsoid
	lon0, qp, rq, d, sin0, cos0, x0, y0 float64 // sin0, cos0 of the authalic latitude of the centre
}

func newLambertAzimuthal(l ellipsoid, lon0, lat0, x0, y0 float64) lambertAzimuthal {
	z := lambertAzimuthal{ellipsoid: l, lon0: lon0 * radians, x0: x0, y0: y0}
	z.qp = z.q(1)
	z.rq = l.a * math.Sqrt(z.qp/2)
	sin, cos := math.Sincos(lat0 * radians)
	z.sin0 = z.q(sin) / z.qp
	z.cos0 = math.Sqrt(1 - z.sin0*z.sin0)
	z.d = l.a * cos / math.Sqrt(1-l.e2*sin*sin) / (z.rq * z.cos0)
	return z
}

// q is Snyder's 3-12, a function of sin φ; q/qp is the sine of the authalic latitude.
func (z lambertAzimuthal) q(sin float64) float64 {
	return (1 - z.e2) * (sin/(1-z.e2*sin*sin) + math.Atanh(z.e*sin)/z.e)
}

func (z lambertAzimuthal) forward(p orb.Point) (x, y float64) {
	sinB := z.q(math.Sin(p[1]*radians)) / z.qp
	cosB := math.Sqrt(max(0, 1-sinB*sinB))
	sinL, cosL := math.Sincos(p[0]*radians - z.lon0)
	b := z.rq * math.Sqrt(2/(1+z.sin0*sinB+z.cos0*cosB*cosL))
	return z.x0 + b*z.d*cosB*sinL, z.y0 + b/z.d*(z.cos0*sinB-z.sin0*cosB*cosL)
}

func (z lambertAzimuthal) inverse(x, y float64) orb.Point {
	u, v := (x-z.x0)/z.d, (y-z.y0)*z.d
	// With c the angular distance from the centre: sin c/2 = ρ / 2R, so that
	// sin c/ρ and cos c need no division by ρ, which is 0 at the centre.
	half := math.Hypot(u, v) / (2 * z.rq)
	cosC := 1 - 2*half*half
	sinCOverRho := math.Sqrt(1-half*half) / z.rq
	sinB := cosC*z.sin0 + v*sinCOverRho*z.cos0
	lon := z.lon0 + math.Atan2(u*sinCOverRho, z.cos0*cosC-v*sinCOverRho*z.sin0)
	return orb.Point{lon * degree, z.geodetic(z.qp*sinB) * degree}
}

// geodetic inverts q by Newton's method (Snyder's 3-16). The authalic latitude
// it starts from is right to 3e-3, one step to 1e-6, two to 1e-12, three to the last digits.
func (z lambertAzimuthal) geodetic(q float64) float64 {
	phi := math.Asin(q / z.qp)
	for range 3 {
		sin, cos := math.Sincos(phi)
		w := 1 - z.e2*sin*sin
		phi += w * w / (2 * cos) * (q - z.q(sin)) / (1 - z.e2)
	}
	return phi
}

// transverseMercator is Krüger's series in the third flattening n to the fourth
// order, which errs by less than a micrometre within 30° of the central
// meridian (Krüger 1912; Karney, Transverse Mercator with an accuracy of a few
// nanometers, J. Geodesy 85, 2011, equations 7 to 12, 35 and 36).
type transverseMercator struct {
	ellipsoid
	lon0, ka, x0, y0 float64 // ka is k0 times the rectifying radius
	alpha, beta      [4]float64
}

func newTransverseMercator(l ellipsoid, lon0, k0, x0, y0 float64) transverseMercator {
	n := l.f / (2 - l.f)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	return transverseMercator{
		ellipsoid: l, lon0: lon0 * radians, x0: x0, y0: y0,
		ka: k0 * l.a / (1 + n) * (1 + n2/4 + n4/64),
		alpha: [4]float64{
			n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180,
			13*n2/48 - 3*n3/5 + 557*n4/1440,
			61*n3/240 - 103*n4/140,
			49561 * n4 / 161280,
		},
		beta: [4]float64{
			n/2 - 2*n2/3 + 37*n3/96 - n4/360,
			n2/48 + n3/15 - 437*n4/1440,
			17*n3/480 - 37*n4/840,
			4397 * n4 / 161280,
		},
	}
}

func (t transverseMercator) forward(p orb.Point) (x, y float64) {
	sinL, cosL := math.Sincos(p[0]*radians - t.lon0)
	sinh := math.Sinh(t.isometric(p[1] * radians))
	xi1, eta1 := math.Atan2(sinh, cosL), math.Asinh(sinL/math.Hypot(sinh, cosL))
	xi, eta := xi1, eta1
	for j, a := range t.alpha {
		k := float64(2 * (j + 1))
		xi += a * math.Sin(k*xi1) * math.Cosh(k*eta1)
		eta += a * math.Cos(k*xi1) * math.Sinh(k*eta1)
	}
	return t.x0 + t.ka*eta, t.y0 + t.ka*xi
}

func (t transverseMercator) inverse(x, y float64) orb.Point {
	xi, eta := (y-t.y0)/t.ka, (x-t.x0)/t.ka
	// The series repeats every turn of the meridian: farther than the pole, or
	// as far sideways, is nowhere.
	if math.Abs(xi) > math.Pi/2 || math.Abs(eta) > math.Pi/2 {
		return orb.Point{math.NaN(), math.NaN()}
	}
	xi1, eta1 := xi, eta
	for j, b := range t.beta {
		k := float64(2 * (j + 1))
		xi1 -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		eta1 -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	sinX, cosX := math.Sincos(xi1)
	sinh := math.Sinh(eta1)
	lon := t.lon0 + math.Atan2(sinh, cosX)
	lat := t.latitude(math.Asinh(sinX / math.Hypot(sinh, cosX)))
	return orb.Point{lon * degree, lat * degree}
}
