package gpkg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// SRID is the coordinate system of everything this package writes: WGS 84.
const SRID = 4326

// The WKB geometry types (OGC 06-103r4, table 7).
const (
	wkbPoint = iota + 1
	wkbLineString
	wkbPolygon
	wkbMultiPoint
	wkbMultiLineString
	wkbMultiPolygon
	wkbCollection
)

// AppendGeometry appends a GeoPackage geometry blob (§2.1.3): the header, with
// an envelope unless the geometry is a point or empty, then little-endian WKB.
// Coordinates are kept bit for bit. Types outside orb's own are an error.
func AppendGeometry(b []byte, g orb.Geometry) ([]byte, error) {
	const littleEndian, withEnvelope, isEmpty = 1, 1 << 1, 1 << 4
	flags := byte(littleEndian)
	e := envelopeOf(g)
	_, isPoint := g.(orb.Point)
	switch {
	case e.empty():
		flags |= isEmpty
	case !isPoint:
		flags |= withEnvelope
	}
	b = append(b, 'G', 'P', 0, flags)
	b = binary.LittleEndian.AppendUint32(b, SRID)
	if flags&withEnvelope != 0 {
		for _, v := range []float64{e.minX, e.maxX, e.minY, e.maxY} {
			b = appendFloat(b, v)
		}
	}
	return appendWKB(b, g)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func appendHead(b []byte, kind uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(b, 1), kind)
}

func appendCount(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }

func appendPoints(b []byte, ps []orb.Point) []byte {
	b = appendCount(b, len(ps))
	for _, p := range ps {
		b = appendFloat(appendFloat(b, p[0]), p[1])
	}
	return b
}

func appendWKB(b []byte, g orb.Geometry) ([]byte, error) {
	switch g := g.(type) {
	case orb.Point:
		return appendFloat(appendFloat(appendHead(b, wkbPoint), g[0]), g[1]), nil
	case orb.LineString:
		return appendPoints(appendHead(b, wkbLineString), g), nil
	case orb.Polygon:
		b = appendCount(appendHead(b, wkbPolygon), len(g))
		for _, ring := range g {
			b = appendPoints(b, ring)
		}
		return b, nil
	case orb.Ring:
		return appendWKB(b, orb.Polygon{g})
	case orb.Bound:
		return appendWKB(b, g.ToPolygon())
	case orb.MultiPoint:
		return appendParts(b, wkbMultiPoint, g)
	case orb.MultiLineString:
		return appendParts(b, wkbMultiLineString, g)
	case orb.MultiPolygon:
		return appendParts(b, wkbMultiPolygon, g)
	case orb.Collection:
		return appendParts(b, wkbCollection, g)
	}
	return nil, fmt.Errorf("geometry of type %T cannot be written", g)
}

func appendParts[G orb.Geometry](b []byte, kind uint32, parts []G) ([]byte, error) {
	b = appendCount(appendHead(b, kind), len(parts))
	var err error
	for _, part := range parts {
		if b, err = appendWKB(b, part); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// envelope is the extent of the finite coordinates of a geometry.
type envelope struct{ minX, maxX, minY, maxY float64 }

func noEnvelope() envelope {
	return envelope{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
}

func (e envelope) empty() bool { return !(e.minX <= e.maxX && e.minY <= e.maxY) }

func (e *envelope) add(ps ...orb.Point) {
	for _, p := range ps {
		// Comparisons written so that NaN changes nothing.
		if p[0] < e.minX {
			e.minX = p[0]
		}
		if p[0] > e.maxX {
			e.maxX = p[0]
		}
		if p[1] < e.minY {
			e.minY = p[1]
		}
		if p[1] > e.maxY {
			e.maxY = p[1]
		}
	}
}

func (e *envelope) join(o envelope) {
	if !o.empty() {
		e.add(orb.Point{o.minX, o.minY}, orb.Point{o.maxX, o.maxY})
	}
}

func envelopeOf(g orb.Geometry) envelope {
	e := noEnvelope()
	switch g := g.(type) {
	case orb.Point:
		e.add(g)
	case orb.MultiPoint:
		e.add(g...)
	case orb.LineString:
		e.add(g...)
	case orb.Ring:
		e.add(g...)
	case orb.Bound:
		e.add(g.Min, g.Max)
	case orb.MultiLineString:
		for _, l := range g {
			e.add(l...)
		}
	case orb.Polygon:
		for _, r := range g {
			e.add(r...)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			e.join(envelopeOf(p))
		}
	case orb.Collection:
		for _, p := range g {
			e.join(envelopeOf(p))
		}
	}
	return e
}

// ErrGeometry is the reason a blob is not a GeoPackage geometry.
var ErrGeometry = errors.New("damaged geometry")

// DecodeGeometry reads a GeoPackage geometry blob by any writer: either byte
// order, any envelope, ISO WKB with Z or M (which are dropped). It returns the
// coordinate system's id as the header gives it. Anything else, and anything
// too short or too long, is an ErrGeometry; memory stays in proportion to the blob.
func DecodeGeometry(blob []byte) (g orb.Geometry, srs int, err error) {
	if len(blob) < 8 || blob[0] != 'G' || blob[1] != 'P' || blob[2] != 0 {
		return nil, 0, fmt.Errorf("%w: no GeoPackage header", ErrGeometry)
	}
	flags := blob[3]
	envelopeBytes := []int{0, 32, 48, 48, 64}
	if code := int(flags >> 1 & 7); code >= len(envelopeBytes) || len(blob) < 8+envelopeBytes[code] || flags&0x20 != 0 {
		return nil, 0, fmt.Errorf("%w: header flags %#x are not of a plain GeoPackage geometry", ErrGeometry, flags)
	}
	d := wkbDecoder{rest: blob[4:], little: flags&1 == 1}
	srs = int(int32(d.uint32()))
	d.rest = blob[8+envelopeBytes[flags>>1&7]:]
	g = d.geometry(0)
	if d.err == nil && len(d.rest) > 0 {
		d.fail("%d bytes too many", len(d.rest))
	}
	if d.err != nil {
		return nil, srs, d.err
	}
	return g, srs, nil
}

// wkbDecoder reads WKB from front to back; after the first error all its reads give zero.
type wkbDecoder struct {
	rest   []byte
	little bool
	dims   int
	err    error
}

func (d *wkbDecoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: "+format, append([]any{ErrGeometry}, args...)...)
	}
	d.rest = nil
}

func (d *wkbDecoder) take(n int) []byte {
	if len(d.rest) < n {
		d.fail("it ends in the middle")
		return make([]byte, n)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *wkbDecoder) uint32() uint32 {
	if d.little {
		return binary.LittleEndian.Uint32(d.take(4))
	}
	return binary.BigEndian.Uint32(d.take(4))
}

// count reads how many items follow, refusing more than the bytes left can hold.
func (d *wkbDecoder) count(bytesEach int) int {
	n := int64(d.uint32())
	if n*int64(bytesEach) > int64(len(d.rest)) {
		d.fail("it ends in the middle")
		return 0
	}
	return int(n)
}

func (d *wkbDecoder) point() (p orb.Point) {
	b := d.take(8 * d.dims)
	for i := range p {
		if d.little {
			p[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		} else {
			p[i] = math.Float64frombits(binary.BigEndian.Uint64(b[8*i:]))
		}
	}
	return p
}

func decodePoints[P ~[]orb.Point](d *wkbDecoder) P {
	ps := make(P, d.count(8*d.dims))
	for i := range ps {
		ps[i] = d.point()
	}
	return ps
}

// geometry reads one geometry; depth guards against collections nested without end.
func (d *wkbDecoder) geometry(depth int) orb.Geometry {
	if depth > 8 {
		d.fail("collections nested too deep")
	}
	order := d.take(1)[0]
	if order > 1 {
		d.fail("byte order %d", order)
	}
	d.little = order == 1
	kind := d.uint32()
	if d.dims = 2; kind >= 1000 {
		d.dims = []int{2, 3, 3, 4, 0}[min(kind/1000, 4)]
	}
	if d.dims == 0 || d.err != nil {
		d.fail("unknown geometry type %d", kind)
		return nil
	}
	switch kind % 1000 {
	case wkbPoint:
		return d.point()
	case wkbLineString:
		return decodePoints[orb.LineString](d)
	case wkbPolygon:
		poly := make(orb.Polygon, d.count(4))
		for i := range poly {
			poly[i] = decodePoints[orb.Ring](d)
		}
		return poly
	case wkbMultiPoint:
		return decodeParts[orb.Point](d, depth, orb.MultiPoint{})
	case wkbMultiLineString:
		return decodeParts[orb.LineString](d, depth, orb.MultiLineString{})
	case wkbMultiPolygon:
		return decodeParts[orb.Polygon](d, depth, orb.MultiPolygon{})
	case wkbCollection:
		return decodeParts[orb.Geometry](d, depth, orb.Collection{})
	}
	d.fail("unknown geometry type %d", kind)
	return nil
}

func decodeParts[G orb.Geometry, M ~[]G](d *wkbDecoder, depth int, parts M) M {
	for n := d.count(5); n > 0 && d.err == nil; n-- {
		part, ok := d.geometry(depth + 1).(G)
		if !ok {
			d.fail("a part is of another type than the whole")
			return nil
		}
		parts = append(parts, part)
	}
	return parts
}
