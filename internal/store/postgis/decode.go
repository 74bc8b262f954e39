package postgis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"
	"github.com/twpayne/go-geom/encoding/wkbcommon"
)

// row reads the fields of a row in the binary form that encoder writes. The first
// that is not what it should be is kept in err; fields after it read as zero.
type row struct {
	fields [][]byte
	err    error
}

var errField = errors.New("not in the form it was written in")

func (r *row) wrong(i int) {
	if r.err == nil {
		r.err = fmt.Errorf("field %d: %w", i+1, errField)
	}
}

// fixed returns a field of so many bytes, which may not be null.
func (r *row) fixed(i, bytes int) []byte {
	if len(r.fields[i]) != bytes {
		r.wrong(i)
		return make([]byte, bytes)
	}
	return r.fields[i]
}

func (r *row) isNull(i int) bool   { return r.fields[i] == nil }
func (r *row) text(i int) string   { return string(r.fields[i]) }
func (r *row) bigint(i int) int64  { return int64(binary.BigEndian.Uint64(r.fixed(i, 8))) }
func (r *row) integer(i int) int32 { return int32(binary.BigEndian.Uint32(r.fixed(i, 4))) }
func (r *row) bool(i int) bool     { return r.fixed(i, 1)[0] != 0 }

// bigints returns how many elements an array of bigint has, and the elements, for
// element to take one out.
func (r *row) bigints(i int) (n int, elements []byte) {
	b := r.fields[i]
	if len(b) >= 12 && binary.BigEndian.Uint32(b) == 0 {
		return 0, nil
	}
	if len(b) < 20 || binary.BigEndian.Uint32(b) != 1 || binary.BigEndian.Uint32(b[4:]) != 0 {
		r.wrong(i)
		return 0, nil
	}
	n = int(binary.BigEndian.Uint32(b[12:]))
	if len(b)-20 != 12*n {
		r.wrong(i)
		return 0, nil
	}
	return n, b[20:]
}

// element is the k-th of the elements of an array.
func element(elements []byte, k int) int64 {
	return int64(binary.BigEndian.Uint64(elements[12*k+4:]))
}

// integers returns the elements of an array of integer.
func (r *row) integers(i int) []int32 {
	b := r.fields[i]
	if len(b) >= 12 && binary.BigEndian.Uint32(b) == 0 {
		return nil
	}
	if len(b) < 20 || binary.BigEndian.Uint32(b) != 1 || binary.BigEndian.Uint32(b[4:]) != 0 || len(b)-20 != 8*int(binary.BigEndian.Uint32(b[12:])) {
		r.wrong(i)
		return nil
	}
	out := make([]int32, (len(b)-20)/8)
	for k := range out {
		out[k] = int32(binary.BigEndian.Uint32(b[20+8*k+4:]))
	}
	return out
}

// geometry returns what follows the header of a geometry of that kind.
func (r *row) geometry(i int, kind uint32) []byte {
	b := r.fields[i]
	if len(b) < ewkbHeader || b[0] != 1 || binary.LittleEndian.Uint32(b[1:]) != kind|ewkbSRID || binary.LittleEndian.Uint32(b[5:]) != srid {
		r.wrong(i)
		return nil
	}
	return b[ewkbHeader:]
}

func position(b []byte) orb.Point {
	return orb.Point{math.Float64frombits(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))}
}

func (r *row) point(i int) orb.Point {
	b := r.geometry(i, ewkbPoint)
	if len(b) != bytesPerPosition {
		r.wrong(i)
		return orb.Point{}
	}
	return position(b)
}

// positions returns n and n positions where b is those.
func (r *row) positions(i int, b []byte) (n int, positions []byte) {
	if len(b) < 4 || len(b)-4 != bytesPerPosition*int(binary.LittleEndian.Uint32(b)) {
		r.wrong(i)
		return 0, nil
	}
	return int(binary.LittleEndian.Uint32(b)), b[4:]
}

// polygon reads a polygon of one ring.
func (r *row) polygon(i int) orb.Ring {
	b := r.geometry(i, ewkbPolygon)
	if len(b) < 4 || binary.LittleEndian.Uint32(b) != 1 {
		r.wrong(i)
		return nil
	}
	n, positions := r.positions(i, b[4:])
	ring := make(orb.Ring, n)
	for k := range ring {
		ring[k] = position(positions[bytesPerPosition*k:])
	}
	return ring
}

// A damaged outline must not ask for all the memory there is: no commune has so
// many points in a ring, rings in a polygon or polygons.
func init() { wkbcommon.MaxGeometryElements = [4]int{-1, 1 << 20, 1 << 16, 1 << 16} }

func (r *row) multiPolygon(i int) orb.MultiPolygon {
	g, err := ewkb.Unmarshal(r.fields[i])
	m, ok := g.(*geom.MultiPolygon)
	if err != nil || !ok {
		r.wrong(i)
		return nil
	}
	out := make(orb.MultiPolygon, m.NumPolygons())
	for p := range out {
		polygon := m.Polygon(p)
		out[p] = make(orb.Polygon, polygon.NumLinearRings())
		for k := range out[p] {
			flat := polygon.LinearRing(k).FlatCoords()
			out[p][k] = make(orb.Ring, len(flat)/2)
			for j := range out[p][k] {
				out[p][k][j] = orb.Point{flat[2*j], flat[2*j+1]}
			}
		}
	}
	return out
}
