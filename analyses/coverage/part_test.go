package coverage

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/maillage/maillage/analyses/traveltime"
	"github.com/maillage/maillage/geodata"
	"github.com/maillage/maillage/geodata/load"
)

// country is a lattice of streets 700 m apart, some missing, some one-way, some
// turns forbidden, with a home beside each crossing; every 7 × 7 crossings are a commune,
// and each commune an EPCI.
func country(r *rand.Rand, communes int) geodata.Content {
	const side = 7
	size := communes * side
	step := 0.0063 // degrees, 700 m
	c := geodata.Content{Territory: geodata.Territory{ID: "country"}, Catalogue: geodata.DefaultCatalogue()}
	at := func(x, y float64) orb.Point { return orb.Point{x * step, y * step} }
	for i := range communes * communes {
		x, y := float64(i%communes*side)-0.5, float64(i/communes*side)-0.5
		ring := orb.Ring{at(x, y), at(x+side, y), at(x+side, y+side), at(x, y+side), at(x, y)}
		code := fmt.Sprintf("%05d", i+1)
		c.Communes = append(c.Communes, geodata.Commune{Code: code, EPCI: "E" + code, Study: true, Outline: orb.MultiPolygon{{ring}}})
	}
	ind := geodata.Column{Name: "ind"}
	for n := range size * size {
		x, y := n%size, n/size
		p := at(float64(x), float64(y))
		c.Roads.Nodes = append(c.Roads.Nodes, geodata.RoadNode{ID: int64(n + 1), Lon: geodata.Fixed(p[0]), Lat: geodata.Fixed(p[1])})
		c.Population.Cells = append(c.Population.Cells, geodata.Cell{ID: fmt.Sprintf("c%05d", n), Study: true, Commune: c.Communes[y/side*communes+x/side].Code,
			Centre: at(float64(x)+r.Float64()/2-0.25, float64(y)+r.Float64()/2-0.25)})
		ind.Values = append(ind.Values, geodata.Whole(int64(1+r.IntN(9))))
		for _, to := range []int{n + 1, n + size} {
			if to == n+1 && x+1 == size || to >= size*size || r.IntN(5) == 0 {
				continue
			}
			tags := geodata.Tags{{Key: "highway", Value: []string{"residential", "secondary"}[r.IntN(2)]}}
			if r.IntN(4) == 0 {
				tags = append(tags, geodata.Tag{Key: "oneway", Value: "yes"})
			}
			c.Roads.Ways = append(c.Roads.Ways, geodata.Way{ID: int64(len(c.Roads.Ways) + 1), Nodes: []int32{int32(n), int32(to)}, Tags: tags})
		}
	}
	for i := range c.Roads.Ways {
		w := c.Roads.Ways[r.IntN(len(c.Roads.Ways))]
		via := w.Nodes[1]
		for _, to := range c.Roads.Ways {
			if i%9 == 0 && to.Nodes[0] == via {
				c.Roads.Restrictions = append(c.Roads.Restrictions, geodata.Restriction{ID: int64(i + 1), From: w.ID, ViaNode: int64(via) + 1, To: to.ID,
					Tags: geodata.Tags{{Key: "restriction", Value: "no_straight_on"}}})
				break
			}
		}
	}
	c.Population.Columns = []geodata.Column{ind}
	for k := range 1 + r.IntN(4) {
		c.Facilities = append(c.Facilities, geodata.Facility{ID: fmt.Sprintf("f%d", k), Service: "town_hall", Status: geodata.Existing,
			Location: at(r.Float64()*float64(size), r.Float64()*float64(size))})
	}
	return c
}

// byEPCI answers by parts; it says how many metres around it took at most, and how
// many cells were left open.
func byEPCI(t *testing.T, s *geodata.Snapshot, p Params, buffer float64) (r *Result, most float64, open int) {
	t.Helper()
	var shares []*Share
	var done []string
	for _, m := range s.Communes() {
		if !m.Study || slices.Contains(done, m.EPCI) {
			continue
		}
		done = append(done, m.EPCI)
		share, err := RunPart(context.Background(), func(_ context.Context, part geodata.Part) (*geodata.Snapshot, error) { return geodata.Cut(s, part) }, p,
			geodata.Part{EPCI: m.EPCI, Buffer: buffer})
		if err != nil {
			t.Fatalf("EPCI %s: %v", m.EPCI, err)
		}
		b, err := json.Marshal(share) // as a run keeps it
		if err != nil {
			t.Fatal(err)
		}
		kept := new(Share)
		if err := json.Unmarshal(b, kept); err != nil {
			t.Fatal(err)
		}
		shares, most, open = append(shares, kept), max(most, share.Part.Buffer), open+len(share.Open)
	}
	r, err := Merge(context.Background(), s, p, shares)
	if err != nil {
		t.Fatal(err)
	}
	return r, most, open
}

func same(t *testing.T, s *geodata.Snapshot, p Params, got *Result) {
	t.Helper()
	want, err := Run(context.Background(), s, traveltime.NewNetworks(""), p)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if string(a) == string(b) {
		return
	}
	for k := range want.Cells.IDs {
		if got.Cells.Times[k] != want.Cells.Times[k] || got.Cells.Nearest[k] != want.Cells.Nearest[k] {
			t.Errorf("cell %s of %s: %d ms to %s, in one piece %d ms to %s", want.Cells.IDs[k], want.Cells.Communes[k],
				got.Cells.Times[k], got.Cells.Nearest[k], want.Cells.Times[k], want.Cells.Nearest[k])
		}
	}
	t.Fatalf("merged from its EPCIs\n%.2000s\nin one piece\n%.2000s", a, b)
}

func TestARegionByItsEPCIsIsTheRegionInOnePiece(t *testing.T) {
	widened, left := 0, 0
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 4))
		s, err := geodata.NewSnapshot(country(r, 3+r.IntN(3)))
		if err != nil {
			t.Fatal(err)
		}
		p := Params{Service: "town_hall", Mode: []string{"car", "foot"}[seed%2], Within: []Threshold{Minutes(2), Minutes(10)}}
		buffer := []float64{1000, 4000, 8000}[seed%3]
		got, most, open := byEPCI(t, s, p, buffer)
		same(t, s, p, got)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		if left += open; most > buffer {
			widened++
		}
	}
	if widened == 0 || left == 0 {
		t.Errorf("%d parts had to look farther, %d cells were left open: the test shows nothing about one of both", widened, left)
	}
}

func TestRealEPCIsMakeUpTheirRegion(t *testing.T) {
	const pack = "../../../shared/data/anjou/"
	if _, err := os.Stat(pack); err != nil {
		t.Skipf("SKIPPED: needs the open data pack in ../shared/data: %v", err)
	}
	s, _, err := load.Territory(context.Background(), load.Spec{ID: "region", Communes: []string{pack + "communes.geojson"}, Population: []string{pack + "census2021_1km.csv"},
		Roads: []string{pack + "roads_main.geojson"}, Facilities: []load.FacilityFile{{Service: "france_services", Path: pack + "france_services_2024-08-01.csv"}}}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Content()
	study := map[string]bool{}
	for i, m := range c.Communes {
		c.Communes[i].Study = m.EPCI != ""
		study[m.Code] = m.EPCI != ""
	}
	for i, cell := range c.Population.Cells {
		c.Population.Cells[i].Study = study[cell.Commune]
	}
	if s, err = geodata.NewSnapshot(c); err != nil {
		t.Fatal(err)
	}
	p := Params{Service: "france_services", Mode: "car"}
	got, most, open := byEPCI(t, s, p, 10_000)
	same(t, s, p, got)
	t.Logf("%d cells of %d communes; the widest part took %.0f km around; %d cells were left to the merging", len(got.Cells.IDs), len(got.Communes), most/1000, open)
}

func TestMergeWantsEveryCellOnce(t *testing.T) {
	s, err := geodata.NewSnapshot(country(rand.New(rand.NewPCG(1, 1)), 3))
	if err != nil {
		t.Fatal(err)
	}
	p := Params{Service: "town_hall", Within: []Threshold{Minutes(5)}}
	one, err := RunPart(context.Background(), func(_ context.Context, part geodata.Part) (*geodata.Snapshot, error) { return geodata.Cut(s, part) }, p,
		geodata.Part{EPCI: "E00001", Buffer: 5000})
	if err != nil {
		t.Fatal(err)
	}
	for want, shares := range map[string][]*Share{"no EPCI tells about cell": {one}, "is told about by E00001 and by E00001": {one, one}} {
		if _, err := Merge(context.Background(), s, p, shares); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d shares: %v, want %q", len(shares), err, want)
		}
	}
}
