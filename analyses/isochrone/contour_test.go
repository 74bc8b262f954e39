package isochrone

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/paulmach/orb/planar"
	"github.com/peterstace/simplefeatures/geom"
)

// drawn makes a lattice of steps of 16 whose times are digits, '.' being beyond;
// rows from the north.
func drawn(picture string) *lattice {
	rows := strings.Fields(picture)
	l := &lattice{stepX: 16, step: 16, nx: len(rows[0]), ny: len(rows), beyond: 10}
	for y := range rows {
		for _, c := range rows[len(rows)-1-y] {
			t := l.beyond
			if c != '.' {
				t = uint32(c - '0')
			}
			l.times = append(l.times, t)
		}
	}
	return l
}

// rings writes polygons as 16ths of a step: outer rings, then their holes.
func rings(m orb.MultiPolygon) (out [][][][2]int) {
	for _, p := range m {
		var polygon [][][2]int
		for _, r := range p {
			var ring [][2]int
			for _, v := range r {
				ring = append(ring, [2]int{int(v[0]*degree + 0.5), int(v[1]*degree + 0.5)})
			}
			polygon = append(polygon, ring)
		}
		out = append(out, polygon)
	}
	return out
}

func TestABorderPassesWhereTheTimeIs(t *testing.T) {
	l := drawn(`
		...
		.2.
		...`)
	// From 2 to 10 over 16: the threshold 6 is half way.
	got := rings(l.area(6))
	want := map[[2]int]bool{{16, 8}: true, {24, 16}: true, {16, 24}: true, {8, 16}: true}
	if len(got) != 1 || len(got[0]) != 1 || len(got[0][0]) != 5 {
		t.Fatal(got)
	}
	for _, v := range got[0][0] {
		if !want[v] {
			t.Errorf("unexpected vertex %v", v)
		}
	}
	if a := l.area(6)[0][0].Orientation(); a != orb.CCW {
		t.Errorf("the outer ring turns %v", a)
	}
	// At the threshold itself the point is inside, with a little room around it.
	if got := l.area(2); len(got) != 1 || !planar.MultiPolygonContains(got, l.point(4)) {
		t.Errorf("the bound is not inclusive: %v", got)
	}
	if got := l.area(1); len(got) != 0 {
		t.Errorf("nothing is within 1: %v", got)
	}
}

func TestHolesAreKeptAndIslandsInThemToo(t *testing.T) {
	l := drawn(`
		.........
		.1111111.
		.1.....1.
		.1..1..1.
		.1.....1.
		.1111111.
		.........
		.1.......
		.........`)
	got := l.area(5)
	if len(got) != 3 {
		t.Fatalf("%d polygons, want the frame, the island in it and the one below", len(got))
	}
	holes := 0
	for _, p := range got {
		if holes += len(p) - 1; len(p) == 2 && (p[1].Orientation() != orb.CW || !planar.RingContains(p[0], p[1][0])) {
			t.Error("the hole turns the wrong way or lies elsewhere")
		}
	}
	if holes != 1 {
		t.Errorf("%d holes, want 1", holes)
	}
	valid(t, got)
}

func TestOppositeCornersMeetWhenTheMiddleIsWithin(t *testing.T) {
	apart := drawn(`
		....
		.1..
		..1.
		....`) // the middle: (1+1+10+10)/4 = 5.5
	if got := apart.area(5); len(got) != 2 {
		t.Errorf("%d polygons at 5, want 2", len(got))
	}
	if got := apart.area(6); len(got) != 1 {
		t.Errorf("%d polygons at 6, want 1", len(got))
	}
	other := drawn(`
		....
		..1.
		.1..
		....`)
	if a, b := len(other.area(5)), len(other.area(6)); a != 2 || b != 1 {
		t.Errorf("the other way round: %d and %d polygons, want 2 and 1", a, b)
	}
}

func geometry(t testing.TB, m orb.MultiPolygon) geom.Geometry {
	t.Helper()
	b, err := wkb.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	g, err := geom.UnmarshalWKB(b, geom.NoValidate{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func valid(t testing.TB, m orb.MultiPolygon) geom.Geometry {
	t.Helper()
	g := geometry(t, m)
	if err := g.Validate(); err != nil {
		t.Fatalf("invalid: %v", err)
	}
	return g
}

// nested checks that each area lies in the next one.
func nested(t testing.TB, areas []orb.MultiPolygon) {
	t.Helper()
	for k := 1; k < len(areas); k++ {
		if len(areas[k-1]) == 0 {
			continue
		}
		ok, err := geom.Covers(geometry(t, areas[k]), geometry(t, areas[k-1]))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			t.Fatalf("area %d does not lie in area %d", k-1, k)
		}
	}
}

func TestAreasOfRandomLatticesAreValidNestedAndExactAtThePoints(t *testing.T) {
	holes := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 4))
		l := &lattice{stepX: 1000 + r.Int64N(1000), step: 1000, west: r.Int64N(1e9), south: -r.Int64N(1e9), nx: 3 + r.IntN(14), ny: 3 + r.IntN(14)}
		most := 2 + r.IntN(40) // few values make many equal times and ambiguous squares
		l.beyond = uint32(most + 1)
		for i := range l.nx * l.ny {
			x, y := i%l.nx, i/l.nx
			time := l.beyond
			if x > 0 && y > 0 && x < l.nx-1 && y < l.ny-1 {
				time = uint32(r.IntN(most + 2))
			}
			l.times = append(l.times, time)
		}
		var areas []orb.MultiPolygon
		for limit := range uint32(most + 1) {
			area := l.area(limit)
			if len(area) > 0 {
				valid(t, area)
			}
			for i, time := range l.times {
				if in := planar.MultiPolygonContains(area, l.point(i)); in != (time <= limit) {
					t.Fatalf("lattice %d: point %d has %d and threshold %d, but lies in the area: %v", seed, i, time, limit, in)
				}
			}
			for _, p := range area {
				holes += len(p) - 1
			}
			areas = append(areas, area)
		}
		nested(t, areas)
	}
	if holes < 300 {
		t.Errorf("only %d holes: the lattices do not test them", holes)
	}
}
