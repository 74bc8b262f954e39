package load

import (
	"context"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/profile"
)

// delaware is the extract that comes with the module paulmach/osm.
func delaware(t testing.TB) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	if err != nil || len(strings.TrimSpace(string(dir))) == 0 {
		t.Skipf("SKIPPED: the module github.com/paulmach/osm, which holds Delaware, is not there (%v)", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "testdata", "delaware-latest.osm.pbf")
}

// onWays counts the nodes on the ways that are chosen.
func onWays(r *geodata.Roads, chosen func(geodata.Tags) bool) int {
	on := make([]bool, len(r.Nodes))
	for _, w := range r.Ways {
		if chosen(w.Tags) {
			for _, n := range w.Nodes {
				on[n] = true
			}
		}
	}
	n := 0
	for _, ok := range on {
		if ok {
			n++
		}
	}
	return n
}

// drivableByClass is the count published with the data: nodes on the classes of
// motor roads and on all tracks, whatever their access tags say.
func drivableByClass(tags geodata.Tags) bool {
	class := strings.TrimSuffix(tags.Get("highway"), "_link")
	return slices.Contains(strings.Fields(`motorway trunk primary secondary tertiary
		unclassified residential living_street service road track`), class)
}

// The profile of the car leaves out private roads and the tracks that are not
// grade 1 or 2; the published counts of drivable nodes leave out neither. In
// these two countries of farmland and forest that is a third.
func TestRealExtracts(t *testing.T) {
	for _, c := range []struct {
		name                            string
		path                            func(testing.TB) string
		nodes, ways, tagged, turns      int
		drivable, published, car, bikes int
	}{
		{"Bayreuth", func(t testing.TB) string { return sharedFile(t, "bayreuth/north-bayreuth.osm.pbf") },
			14166, 2056, 30, 38, 12784, 12784, 7661, 13244},
		{"Liechtenstein", func(t testing.TB) string { return sharedFile(t, "liechtenstein/liechtenstein.osm.pbf") },
			54382, 4659, 65, 2, 32469, 32469, 21018, 51512},
		// Two of the published nodes stand alone on ways of a single node.
		{"Delaware", delaware, 360252, 52439, 1814, 506, 316181, 316183, 293029, 339845},
	} {
		t.Run(c.name, func(t *testing.T) {
			roads, reports := readRoads(t, Options{}, c.path(t))
			if len(roads.Nodes) != c.nodes || len(roads.Ways) != c.ways || len(roads.Tagged) != c.tagged || len(roads.Restrictions) != c.turns {
				t.Errorf("%d nodes, %d ways, %d tagged, %d restrictions; want %d, %d, %d, %d",
					len(roads.Nodes), len(roads.Ways), len(roads.Tagged), len(roads.Restrictions), c.nodes, c.ways, c.tagged, c.turns)
			}
			if got := onWays(&roads, drivableByClass); got != c.drivable || c.published-got > 2 {
				t.Errorf("%d nodes on drivable classes, want %d; published are %d", got, c.drivable, c.published)
			}
			for mode, want := range map[string]int{"car": c.car, "bike": c.bikes} {
				p, err := profile.For(mode)
				if err != nil {
					t.Fatal(err)
				}
				got := onWays(&roads, func(tags geodata.Tags) bool { w := p.Way(tags); return w.Forward+w.Backward > 0 })
				if got != want {
					t.Errorf("%s: %d nodes, want %d", mode, got, want)
				}
			}
			for _, x := range reports[0].Rejected {
				if x.Field != "nodes" {
					t.Errorf("rejected: %s", x)
				}
			}
		})
	}
}

func TestPBFAndXMLOfBayreuthAreTheSameRoads(t *testing.T) {
	pbf, _ := readRoads(t, Options{}, sharedFile(t, "bayreuth/north-bayreuth.osm.pbf"))
	xml, _ := readRoads(t, Options{}, sharedFile(t, "bayreuth/north-bayreuth.osm.gz"))
	if !reflect.DeepEqual(pbf, xml) {
		t.Error("the two formats of the same extract differ")
	}
	both, reports := readRoads(t, Options{}, sharedFile(t, "bayreuth/north-bayreuth.osm.gz"), sharedFile(t, "bayreuth/north-bayreuth.osm.pbf"))
	if !reflect.DeepEqual(pbf, both) {
		t.Error("the extract read twice differs from the extract")
	}
	wantNotes(t, reports[0], "2056 ways stand in another file as well", "2 turn restrictions were left out")
}

func TestRoadsOfAnjou(t *testing.T) {
	roads, reports := readRoads(t, Options{}, sharedFile(t, "anjou/roads_main.geojson"))
	if len(roads.Nodes) != 3717 || len(roads.Ways) != 687 || len(reports[0].Rejected) != 0 {
		t.Errorf("%d nodes, %d ways, %d rejected; want 3717, 687, 0", len(roads.Nodes), len(roads.Ways), len(reports[0].Rejected))
	}
	// The routes connect: nearly all of the network hangs together.
	if part := largestPart(&roads); part < 3700 {
		t.Errorf("only %d of %d vertices hang together", part, len(roads.Nodes))
	}
}

// largestPart counts the nodes of the largest connected part.
func largestPart(r *geodata.Roads) int {
	root := make([]int32, len(r.Nodes))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, w := range r.Ways {
		for _, n := range w.Nodes[1:] {
			root[find(n)] = find(w.Nodes[0])
		}
	}
	size := make([]int, len(root))
	largest := 0
	for i := range root {
		at := find(int32(i))
		size[at]++
		largest = max(largest, size[at])
	}
	return largest
}

func TestOSMFacilitiesOfLiechtenstein(t *testing.T) {
	path := sharedFile(t, "liechtenstein/liechtenstein.osm.pbf")
	got, rep, err := Facilities(context.Background(), path, FacilityOptions{Service: "town_hall", Catalogue: geodata.DefaultCatalogue()})
	if err != nil {
		t.Fatal(err)
	}
	// As mapped in 2015: the Rathaus of Vaduz, another, and the Landtag.
	if len(got) != 3 || len(rep.Rejected) != 0 {
		t.Errorf("%d town halls, %d rejected: %v", len(got), len(rep.Rejected), rep.Rejected)
	}
	if i := slices.IndexFunc(got, func(f geodata.Facility) bool { return f.Name == "Rathaus Vaduz" }); i < 0 {
		t.Error("no Rathaus Vaduz")
	} else if at := got[i].Location; math.Abs(at[0]-9.5219) > 1e-4 || math.Abs(at[1]-47.1407) > 1e-4 {
		t.Errorf("the Rathaus Vaduz, a building, stands at %v", at)
	}
}

func BenchmarkLiechtenstein(b *testing.B) {
	benchmarkRoads(b, sharedFile(b, "liechtenstein/liechtenstein.osm.pbf"))
}
func BenchmarkDelaware(b *testing.B) { benchmarkRoads(b, delaware(b)) }
func BenchmarkBayreuthXML(b *testing.B) {
	benchmarkRoads(b, sharedFile(b, "bayreuth/north-bayreuth.osm.gz"))
}

func benchmarkRoads(b *testing.B, path string) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Roads(context.Background(), []string{path}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
