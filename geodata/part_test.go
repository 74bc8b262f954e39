package geodata

import (
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// block is a square of two hundredths of a degree around x, 0.
func block(x float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{x - 0.01, -0.01}, {x + 0.01, -0.01}, {x + 0.01, 0.01}, {x - 0.01, 0.01}, {x - 0.01, -0.01}}}}
}

// A row of three communes on the equator, half a degree apart, each with a cell and
// a town hall at its centre; one road runs through all, a lane only in the last.
func row(t *testing.T) *Snapshot {
	t.Helper()
	c := Content{Territory: Territory{ID: "row"}, Catalogue: Catalogue{{ID: "town_hall"}}}
	ind := Column{Name: "ind"}
	for i, code := range []string{"00001", "00002", "00003"} {
		x := float64(i) / 2
		at := orb.Point{x, 0}
		epci := []string{"A", "B", "B"}[i]
		c.Communes = append(c.Communes, Commune{Code: code, EPCI: epci, EPCIName: "Pays " + epci, Outline: block(x)})
		c.Population.Cells = append(c.Population.Cells, Cell{ID: "c" + code, Centre: at, Commune: code, Study: true})
		ind.Values = append(ind.Values, Amount(i+1)*Unit)
		c.Facilities = append(c.Facilities, Facility{ID: "f" + code, Service: "town_hall", Location: at, Status: Existing})
		c.Roads.Nodes = append(c.Roads.Nodes, RoadNode{ID: int64(i + 1), Lon: Fixed(x)})
		c.Zones = append(c.Zones, Zone{Layer: "sectors", ID: code, Outline: block(x)})
		c.Census = append(c.Census, CensusRow{Commune: code, Year: 2021, To: AndOver, Persons: Amount(i+1) * Unit})
	}
	c.Zones = append(c.Zones, Zone{Layer: "sectors", ID: "nowhere"})
	c.Census = append(c.Census, CensusRow{Commune: "00004", Year: 2021, To: AndOver}) // of no commune there is
	c.Population.Columns = []Column{ind}
	c.Population.Rule = Rule{Minimum: 11, Of: "ind", Key: "known to its owner"}
	c.Counts = []Population{{Name: "schools", Cells: c.Population.Cells, Columns: []Column{{"pupils", ind.Values}}, Rule: Rule{Minimum: 5, Of: "pupils", Key: "known to the schools"}}}
	c.Roads.Nodes = append(c.Roads.Nodes, RoadNode{ID: 4, Lon: Fixed(1), Lat: Fixed(0.005)}, RoadNode{ID: 5, Lon: Fixed(1), Lat: Fixed(0.006)})
	c.Roads.Ways = []Way{{ID: 10, Nodes: []int32{0, 1}}, {ID: 11, Nodes: []int32{1, 2}}, {ID: 12, Nodes: []int32{3, 4}}}
	c.Roads.Tagged = []TaggedNode{{Node: 3}}
	c.Roads.Restrictions = []Restriction{{ID: 1, From: 10, ViaNode: 2, To: 11}, {ID: 2, From: 11, ViaWays: []int64{12}, To: 11}}
	s, err := NewSnapshot(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCutKeepsAnEPCIAndItsSurroundings(t *testing.T) {
	s, err := Cut(row(t), Part{EPCI: "A", Buffer: 0})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Territory(); got.ID != "A" || got.Name != "Pays A" {
		t.Errorf("territory %+v", got)
	}
	if len(s.Communes()) != 1 || len(s.Population().Cells) != 1 || len(s.Facilities()) != 1 || s.Population().Columns[0].Values[0] != Unit {
		t.Errorf("without a buffer other communes are kept: %+v", s.Content())
	}
	// The road to the next commune begins here and is kept whole; the ones beyond are gone.
	if r := s.Roads(); len(r.Ways) != 1 || len(r.Nodes) != 2 || r.Ways[0].ID != 10 || len(r.Restrictions) != 0 || len(r.Tagged) != 0 {
		t.Errorf("roads %+v", r)
	}
}

func TestCutStudiesItsOwnCommunesOnly(t *testing.T) {
	// From the border of commune 00001 it is 0.48 degrees, 53.4 km, to that of 00002 and 54.5 km to its centre.
	for _, c := range []struct {
		metres                              float64
		communes, cells, ways, restrictions int // as many zones and census rows as communes, other counts as cells
	}{{53_000, 1, 1, 1, 0}, {54_000, 2, 1, 1, 0}, {55_000, 2, 2, 2, 1}, {200_000, 3, 3, 3, 2}} {
		s, err := Cut(row(t), Part{EPCI: "A", Buffer: c.metres})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Roads()
		if len(s.Communes()) != c.communes || len(s.Population().Cells) != c.cells || len(r.Ways) != c.ways || len(r.Restrictions) != c.restrictions {
			t.Errorf("%.0f m: %d communes, %d cells, %d ways, %d restrictions; want %+v", c.metres, len(s.Communes()), len(s.Population().Cells), len(r.Ways), len(r.Restrictions), c)
		}
		schools := s.Counts()[0]
		if len(s.Zones()) != c.communes || len(s.Census()) != c.communes || len(schools.Cells) != c.cells || len(schools.Columns[0].Values) != c.cells {
			t.Errorf("%.0f m: %d zones, %d census rows, %d schools; want %+v", c.metres, len(s.Zones()), len(s.Census()), len(schools.Cells), c)
		}
		if schools.Name != "schools" || schools.Rule.Key != "known to the schools" || s.Population().Rule != (Rule{Minimum: 11, Of: "ind", Key: "known to its owner"}) {
			t.Errorf("%.0f m: rules %+v and %+v", c.metres, s.Population().Rule, schools.Rule)
		}
		for _, cell := range slices.Concat(s.Population().Cells, schools.Cells) {
			if cell.Study != (cell.Commune == "00001") {
				t.Errorf("%.0f m: cell of %s studied: %v", c.metres, cell.Commune, cell.Study)
			}
		}
	}
}

func TestCuttingAPartOfAPartChangesNothing(t *testing.T) {
	whole, p := row(t), Part{EPCI: "B", Buffer: 60_000}
	once, err := Cut(whole, p)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Cut(once, p)
	if err != nil {
		t.Fatal(err)
	}
	if once.ID() != twice.ID() || once.ID() == whole.ID() {
		t.Errorf("once %s, twice %s, whole %s", once.ID(), twice.ID(), whole.ID())
	}
}

func TestCutNamesAnUnknownEPCI(t *testing.T) {
	for _, epci := range []string{"C", ""} {
		if _, err := Cut(row(t), Part{EPCI: epci}); err == nil || !strings.Contains(err.Error(), `"`+epci+`"`) {
			t.Errorf("EPCI %q: %v", epci, err)
		}
	}
}
