package gpkg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

var shapes = map[string]orb.Geometry{
	"point":               orb.Point{-0.5, 47.6},
	"line":                orb.LineString{{0, 0}, {1, 1}},
	"empty line":          orb.LineString{},
	"polygon with a hole": orb.Polygon{{{0, 0}, {4, 0}, {4, 4}, {0, 0}}, {{1, 1}, {1, 2}, {2, 2}, {1, 1}}},
	"polygon of no ring":  orb.Polygon{},
	"points":              orb.MultiPoint{{1, 2}, {3, 4}},
	"lines":               orb.MultiLineString{{{0, 0}, {1, 1}}, {{2, 2}, {3, 3}}},
	"polygons":            orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}, {}},
	"collection":          orb.Collection{orb.Point{1, 2}, orb.LineString{{0, 0}, {1, 1}}},
}

func TestGeometryReadsBackAsWritten(t *testing.T) {
	for name, g := range shapes {
		blob, err := AppendGeometry(nil, g)
		if err != nil {
			t.Fatal(name, err)
		}
		got, srs, err := DecodeGeometry(blob)
		if err != nil || srs != SRID {
			t.Fatal(name, srs, err)
		}
		if diff := cmp.Diff(g, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCoordinatesKeepTheirBits(t *testing.T) {
	line := orb.LineString{{math.Copysign(0, -1), math.Nextafter(47, 48)}, {5e-324, math.MaxFloat64}, {math.NaN(), math.Inf(-1)}}
	blob, err := AppendGeometry(nil, line)
	if err != nil {
		t.Fatal(err)
	}
	g, _, err := DecodeGeometry(blob)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range g.(orb.LineString) {
		for k := range p {
			if math.Float64bits(p[k]) != math.Float64bits(line[i][k]) {
				t.Errorf("coordinate %d of point %d is %v, was %v", k, i, p[k], line[i][k])
			}
		}
	}
}

// The blob of POINT(1 2), taken apart by hand along §2.1.3 of the standard.
func TestPointBlobIsTheStandards(t *testing.T) {
	blob, err := AppendGeometry(nil, orb.Point{1, 2})
	want := "4750" + "00" + "01" + "e6100000" + // GP, version 0, little-endian without envelope, 4326
		"01" + "01000000" + "000000000000f03f" + "0000000000000040"
	if got := hex.EncodeToString(blob); err != nil || got != want {
		t.Errorf("%s, want %s, %v", got, want, err)
	}
}

func TestForeignGeometriesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		hex  string
		want orb.Geometry
	}{
		"big-endian":     {"47500000" + "000010e6" + "00" + "00000001" + "3ff0000000000000" + "4000000000000000", orb.Point{1, 2}},
		"with Z dropped": {"47500001" + "e6100000" + "01" + "e9030000" + "000000000000f03f" + "0000000000000040" + "0000000000000840", orb.Point{1, 2}},
	} {
		blob, _ := hex.DecodeString(c.hex)
		g, _, err := DecodeGeometry(blob)
		if err != nil || !orb.Equal(g, c.want) {
			t.Errorf("%s: %v %v", name, g, err)
		}
	}
}

func TestDamagedGeometriesAreRefused(t *testing.T) {
	for name, g := range shapes {
		blob, err := AppendGeometry(nil, g)
		if err != nil {
			t.Fatal(err)
		}
		for n := range blob {
			if _, _, err := DecodeGeometry(blob[:n]); !errors.Is(err, ErrGeometry) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(blob), err)
			}
		}
		if _, _, err := DecodeGeometry(append(blob, 0)); !errors.Is(err, ErrGeometry) {
			t.Errorf("%s with a byte too many: %v", name, err)
		}
	}
}

func FuzzDecodeGeometry(f *testing.F) {
	for _, g := range shapes {
		blob, err := AppendGeometry(nil, g)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		g, _, err := DecodeGeometry(blob)
		if err != nil {
			if !errors.Is(err, ErrGeometry) {
				t.Fatal(err)
			}
			return
		}
		// What is read writes to a blob that reads to the same, bit for bit.
		once, err := AppendGeometry(nil, g)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := DecodeGeometry(once)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := AppendGeometry(nil, again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatal("unstable", err)
		}
	})
}
