package geodata

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// hamlet is a territory with one of everything that contents may have.
func hamlet() Content {
	square := orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}}}
	return Content{
		Territory:  Territory{ID: "hamlet"},
		Catalogue:  DefaultCatalogue(),
		Population: Population{Cells: []Cell{{ID: "a"}}, Columns: []Column{{"ind", amounts("8")}, {"men", amounts("4")}}, Rule: Rule{Minimum: 11, Of: "men", Key: "sixteen letters."}},
		Facilities: []Facility{{ID: "f", Service: "alsh", Status: Existing, Catchment: OfCommune, Holidays: &WeeklyHours{{{480, 1080}}}}},
		Zones:      []Zone{{"secteurs", "s", "Sud", square}, {"iris", "1", "Centre", square}, {"secteurs", "n", "Nord", square}},
		Counts:     []Population{{Name: "pupils", Cells: []Cell{{ID: "y"}, {ID: "x"}}, Columns: []Column{{"pupils", amounts("2", "1")}}}},
		Census:     []CensusRow{{"49001", 2021, Male, 3, 5, Whole(4)}, {"49001", 2021, Male, 0, 2, Whole(2)}, {"49001", 2015, AnySex, 80, AndOver, Whole(1)}},
	}
}

func TestZonesCountsAndCensusAreSortedAndFound(t *testing.T) {
	s, err := NewSnapshot(hamlet())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.ZoneLayers(), " "); got != "iris secteurs" {
		t.Errorf("layers %q", got)
	}
	if zones, err := s.ZonesOf("secteurs"); err != nil || len(zones) != 2 || zones[0].ID != "n" {
		t.Errorf("secteurs: %v, %v", zones, err)
	}
	if _, err := s.ZonesOf("quartiers"); err == nil || err.Error() != `no layer of zones "quartiers": there is iris, secteurs` {
		t.Errorf("unknown layer: %v", err)
	}
	if p, err := s.CountsNamed("pupils"); err != nil || p.Cells[0].ID != "x" || p.Columns[0].Values[0] != Whole(1) {
		t.Errorf("pupils: %v, %v", p, err)
	}
	if _, err := s.CountsNamed("beds"); err == nil || err.Error() != `no set of counts "beds": there is pupils` {
		t.Errorf("unknown counts: %v", err)
	}
	if c := s.Census(); c[0].Year != 2015 || c[0].Ages() != "80+" || c[1].Ages() != "0-2" {
		t.Errorf("census: %v", c)
	}
	if y := s.CensusYears(); len(y) != 2 || y[1] != 2021 {
		t.Errorf("years: %v", y)
	}
}

// What is there says something, and so changes the name of the snapshot.
func TestEverythingIsPartOfTheID(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*Content){
		"nothing":        func(*Content) {},
		"no rule":        func(c *Content) { c.Population.Rule = Rule{} },
		"another key":    func(c *Content) { c.Population.Rule.Key = "seventeen letters" },
		"open to all":    func(c *Content) { c.Facilities[0].Catchment = Everybody },
		"no holidays":    func(c *Content) { c.Facilities[0].Holidays = nil },
		"a zone less":    func(c *Content) { c.Zones = c.Zones[:2] },
		"a zone renamed": func(c *Content) { c.Zones[0].Name = "" },
		"no zones":       func(c *Content) { c.Zones = nil },
		"counts renamed": func(c *Content) { c.Counts[0].Name = "beds" },
		"no counts":      func(c *Content) { c.Counts = nil },
		"one more man":   func(c *Content) { c.Census[0].Persons += Unit },
		"no census":      func(c *Content) { c.Census = nil },
	} {
		c := hamlet()
		change(&c)
		s, err := NewSnapshot(c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if other, same := seen[s.ID()]; same {
			t.Errorf("%s and %s have the same id", name, other)
		}
		seen[s.ID()] = name
	}
}

func TestSnapshotRefusesZonesCountsAndCensusThatAreWrong(t *testing.T) {
	for want, spoil := range map[string]func(*Content){
		"zones: s appears twice in secteurs":                                      func(c *Content) { c.Zones[2].ID = "s" },
		"zones: a zone without layer or id":                                       func(c *Content) { c.Zones[0].ID = "" },
		"counts: a set without a name":                                            func(c *Content) { c.Counts[0].Name = "" },
		"counts: pupils appears twice":                                            func(c *Content) { c.Counts = append(c.Counts, Population{Name: "pupils"}) },
		"counts pupils: population: column pupils has 1 values for 2 cells":       func(c *Content) { c.Counts[0].Columns[0].Values = amounts("1") },
		"secrecy: a minimum of 1: want at least 2":                                func(c *Content) { c.Population.Rule.Minimum = 1 },
		"secrecy: a key of 3 characters: want at least 16":                        func(c *Content) { c.Population.Rule.Key = "key" },
		`secrecy: the minimum counts column "homes", which is not there`:          func(c *Content) { c.Population.Rule.Of = "homes" },
		"census: commune 49001, 2021, ages 2-4, men overlaps ages 0-2":            func(c *Content) { c.Census[0].From, c.Census[0].To = 2, 4 },
		"census: commune 49001, 2021 has rows with a sex and rows without":        func(c *Content) { c.Census[1].Sex = AnySex },
		`sex "W": want F, M or nothing`:                                           func(c *Content) { c.Census[0].Sex = "W" },
		"census: commune 49001, 2021: ages 5 to 3: want a youngest and an oldest": func(c *Content) { c.Census[0].From, c.Census[0].To = 5, 3 },
		`facility f: unknown catchment "canton": want commune, epci`:              func(c *Content) { c.Facilities[0].Catchment = "canton" },
	} {
		c := hamlet()
		spoil(&c)
		if _, err := NewSnapshot(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}
