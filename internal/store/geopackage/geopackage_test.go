package geopackage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/internal/store/storetest"
)

func seal(t testing.TB, c geodata.Content) *geodata.Snapshot {
	t.Helper()
	s, err := geodata.NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func roundTrip(t testing.TB, s *geodata.Snapshot) *geodata.Snapshot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(context.Background(), path, s, Options{}); err != nil {
		t.Fatal(err)
	}
	back, err := Read(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestEmptyTerritoryComesBack(t *testing.T) {
	s := seal(t, geodata.Content{Territory: geodata.Territory{ID: "nowhere"}})
	if got := roundTrip(t, s); got.ID() != s.ID() {
		t.Error("another id")
	}
	s = seal(t, geodata.Content{Territory: geodata.Territory{ID: "nowhere"}, Catalogue: geodata.Catalogue{}})
	if got := roundTrip(t, s); got.ID() != s.ID() {
		t.Error("an empty catalogue became none")
	}
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		s, err := geodata.NewSnapshot(storetest.Draw(t, storetest.Odd{NUL: true, Rings: true}))
		if err != nil {
			t.Fatal(err)
		}
		n++
		path := filepath.Join(dir, fmt.Sprint(n, ".gpkg"))
		if err := Write(context.Background(), path, s, Options{}); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path) //nolint:errcheck // in a temporary folder
		back, err := Read(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		if back.ID() != s.ID() {
			t.Errorf("another id: %s", cmp.Diff(s.Content(), back.Content(), cmpopts.EquateEmpty()))
		}
		// The id leaves out where things come from.
		if diff := cmp.Diff(s.Content(), back.Content(), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSameSnapshotGivesTheSameBytes(t *testing.T) {
	s := seal(t, smallTown(t))
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "t.gpkg")
		if err := Write(t.Context(), path, s, Options{}); err != nil {
			t.Fatal(err)
		}
		files[i], _ = os.ReadFile(path)
	}
	if len(files[0]) == 0 || !bytes.Equal(files[0], files[1]) {
		t.Error("two files of the same snapshot differ")
	}
}

func TestRecordsAFileCannotHoldAreNamed(t *testing.T) {
	for want, breakIt := range map[string]func(*geodata.Content){
		"commune without an id":                                        func(c *geodata.Content) { c.Communes[0].Code = "" },
		`commune "49001": "\xff" is not UTF-8 text`:                    func(c *geodata.Content) { c.Communes[0].Name = "\xff" },
		"way 1: tags must be sorted by key, each key once (a)":         func(c *geodata.Content) { c.Roads.Ways[0].Tags = geodata.Tags{{Key: "b"}, {Key: "a"}} },
		"way 1: tags must be sorted by key, each key once (b)":         func(c *geodata.Content) { c.Roads.Ways[0].Tags = geodata.Tags{{Key: "b"}, {Key: "b"}} },
		"facility creche-1: opening hours \"Mo 10:00-09:00\": spans o": func(c *geodata.Content) { c.Facilities[0].Hours = &geodata.WeeklyHours{{{From: 600, To: 540}}} },
	} {
		c := smallTown(t)
		breakIt(&c)
		dir := t.TempDir()
		err := Write(t.Context(), filepath.Join(dir, "t.gpkg"), seal(t, c), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		nothingIn(t, dir)
	}
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s was left behind", e.Name())
	}
}

func TestCancelledWritingLeavesNothing(t *testing.T) {
	s := seal(t, manyRoads(20_000))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	last := 0
	err := Write(ctx, filepath.Join(dir, "t.gpkg"), s, Options{Progress: func(done, total int) {
		if last = done; done > total/2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || last == 0 {
		t.Error(err, last)
	}
	nothingIn(t, dir)
	if _, err := Read(ctx, filepath.Join(dir, "t.gpkg")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestCancelledReadingStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.gpkg")
	if err := Write(t.Context(), path, seal(t, smallTown(t)), Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, path); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestProgressEndsAtTheTotal(t *testing.T) {
	s := seal(t, manyRoads(5000))
	last, sum := -1, 0
	err := Write(t.Context(), filepath.Join(t.TempDir(), "t.gpkg"), s, Options{Progress: func(done, total int) {
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last, sum = done, total
	}})
	if err != nil || last != sum || sum < 5000 {
		t.Error(err, last, sum)
	}
}

// manyRoads is a grid of streets with about as many nodes per way as a real network.
func manyRoads(ways int) geodata.Content {
	r := rand.New(rand.NewPCG(1, uint64(ways)))
	c := geodata.Content{Territory: geodata.Territory{ID: "roads", Name: "Roads"}, Catalogue: geodata.DefaultCatalogue()}
	classes := []string{"residential", "residential", "service", "tertiary", "unclassified", "track", "secondary"}
	shared := map[string]geodata.Tags{}
	id := int64(4_000_000_000)
	for w := range ways {
		lon, lat := r.Int32N(10_000_000)-758_000_000, r.Int32N(10_000_000)+388_000_000
		way := geodata.Way{ID: int64(10_000 + 7*w)}
		for range 2 + r.IntN(12) {
			id += 1 + r.Int64N(3)
			lon, lat = lon+r.Int32N(4000), lat+r.Int32N(4000)-2000
			way.Nodes = append(way.Nodes, int32(len(c.Roads.Nodes)))
			c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: id, Lon: lon, Lat: lat})
		}
		class, name := classes[r.IntN(len(classes))], fmt.Sprint("Road ", r.IntN(20_000))
		key := class + name
		if shared[key] == nil {
			shared[key] = geodata.Tags{{Key: "highway", Value: class}, {Key: "lanes", Value: "2"}, {Key: "name", Value: name}, {Key: "surface", Value: "asphalt"}}
		}
		way.Tags = shared[key]
		c.Roads.Ways = append(c.Roads.Ways, way)
		if w%20 == 0 {
			c.Roads.Tagged = append(c.Roads.Tagged, geodata.TaggedNode{Node: way.Nodes[0], Tags: geodata.Tags{{Key: "highway", Value: "traffic_signals"}}})
		}
	}
	return c
}

// FuzzUnpack gives the unpackers any bytes, with a check sum that is right: what
// they accept comes back when it is packed again.
func FuzzUnpack(f *testing.F) {
	c := manyRoads(20)
	s := seal(f, c)
	plan := planRoads(s.Roads())
	for k := range plan.chunks {
		f.Add(unsigned(plan.pack(k)))
	}
	p := seal(f, manyCells(20)).Population()
	f.Add(unsigned(packCells(p, []int32{0, 1, 5, 19})))
	for row := range pack(storetest.Full(f), shown{sets: make([]shownSet, 3)}, 1) {
		f.Add(unsigned(row[8].([]byte)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		chunk := (&packer{b: b}).bytes()
		if c, err := unpackCells(chunk, 1); err == nil {
			p := geodata.Population{Cells: c.cells, Columns: []geodata.Column{{Values: c.values[0]}}}
			at := make([]int32, len(c.cells))
			for i := range at {
				at[i] = int32(i)
				c.values[0][i] = max(0, c.values[0][i])
			}
			again, err := unpackCells(packCells(&p, at), 1)
			if err != nil || !reflect.DeepEqual(bitwise(c.cells), bitwise(again.cells)) || !slices.Equal(c.values[0], again.values[0]) {
				t.Fatal("cells", err)
			}
		}
		unpackCommune(chunk)                          //nolint:errcheck // it must only not panic
		unpackZone(chunk)                             //nolint:errcheck
		unpackCensus(chunk)                           //nolint:errcheck
		unpackFacilities(b)                           //nolint:errcheck
		unpackRoads(chunk, false, &sharedTags{})      //nolint:errcheck
		decodeNodes(nil, b)                           //nolint:errcheck
		decodeLines(nil, b)                           //nolint:errcheck
		_, err := unpackRoads(b, true, &sharedTags{}) // as likely as not without the sum
		if err == nil && len(b) < 4 {
			t.Fatal("a chunk without a check sum")
		}
	})
}

// unsigned is a chunk without its check sum.
func unsigned(chunk []byte) []byte { return chunk[:max(0, len(chunk)-4)] }

// bitwise writes cells so that NaN equals itself, and 0 not -0.
func bitwise(cells []geodata.Cell) (out []string) {
	for _, c := range cells {
		line := fmt.Sprintf("%q %q %v %v", c.ID, c.Commune, c.Study, c.Imputed)
		for _, p := range append(orb.Ring{c.Centre}, c.Outline...) {
			line += fmt.Sprintf(" %x %x", math.Float64bits(p[0]), math.Float64bits(p[1]))
		}
		out = append(out, line)
	}
	return out
}
